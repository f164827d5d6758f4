/* size_fixture.c - see size_fixture.h */
#include "size_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct mz_arena *forever; /* of the catalogue: reachable, so no leak is reported */
static struct mz_catalogue catalogue;
static struct mz_layer_memo memo;
static struct mz_size_params params;

static void must(enum mz_status status, const struct mz_error *err)
{
    if (status == MZ_OK)
        return;
    fprintf(stderr, "fixture: %s\n", err->text);
    abort();
}

const struct mz_catalogue *size_catalogue(void)
{
    struct mz_error err;

    if (!forever) {
        forever = mz_arena_create();
        must(mz_catalogue_open(forever, &catalogue, &err), &err);
    }
    return &catalogue;
}

struct mz_layer_memo *size_memo(void)
{
    return &memo;
}

const struct mz_size_params *size_params(void)
{
    mz_size_params_default(&params);
    return &params;
}

struct mz_size_chip size_chip(const char *name)
{
    struct mz_size_chip chip;
    struct mz_error err;

    must(mz_size_chip_load(size_catalogue(), name, &chip, &err), &err);
    return chip;
}

struct mz_model_shape size_model(const char *name)
{
    struct mz_model_shape shape;
    struct mz_error err;

    must(mz_model_shape_find(size_catalogue(), name, &shape, &err), &err);
    return shape;
}

struct mz_train_case size_case(const struct mz_model_shape *shape, const struct mz_size_chip *chip,
    const char *stack, int32_t chips, int32_t seq, int32_t batch)
{
    struct mz_train_case train = { .shape = shape,
        .chip = chip,
        .params = size_params(),
        .chips = chips,
        .seq = seq,
        .batch = batch };
    struct mz_error err;

    must(mz_stack_find(stack, &train.stack, &err), &err);
    return train;
}
