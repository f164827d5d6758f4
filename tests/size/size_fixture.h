/* size_fixture.h - what the tests of the room size share: catalogue, cases, a memo */
#ifndef MZ_TESTS_SIZE_FIXTURE_H
#define MZ_TESTS_SIZE_FIXTURE_H

#include "size/search.h"

/* The built-in catalogue, opened once. */
const struct mz_catalogue *size_catalogue(void);
struct mz_layer_memo *size_memo(void);
const struct mz_size_params *size_params(void);
struct mz_size_chip size_chip(const char *name);
struct mz_model_shape size_model(const char *name);

/* A case over the given parts; pretraining in bf16 with the stack of that name. */
struct mz_train_case size_case(const struct mz_model_shape *shape, const struct mz_size_chip *chip,
    const char *stack, int32_t chips, int32_t seq, int32_t batch);

#endif
