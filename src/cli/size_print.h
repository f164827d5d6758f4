/* size_print.h - what mizan size found, for people and programs */
#ifndef MZ_CLI_SIZE_PRINT_H
#define MZ_CLI_SIZE_PRINT_H

#include "cli/size_options.h"
#include "size/band.h"

#include "base/text.h"
#include "report/table.h"

#include <jansson.h>

/* One chip's answer. */
struct mz_size_answer {
    struct mz_train_case train;
    struct mz_size_chip chip;
    struct mz_search_result search; /* one candidate when the layout was given */
    struct mz_training_run run;     /* with tokens */
    struct mz_size_band band;
    double tokens_per_step;
    double mfu; /* model FLOP, causal half, over the vendor's dense peak; NAN: no peak known */
    double server_w;
};

/* Lines for a terminal; `verbose` adds every term. */
void mz_size_print_train(const struct mz_size_arguments *args, const struct mz_size_answer *answer,
    const char *model_text, bool colour, int width, struct mz_text *out);

/* One row a chip. */
void mz_size_fill_compare(struct mz_arena *arena, const struct mz_size_answer *answers,
    int32_t count, struct mz_table *ret_table);

json_t *mz_size_json(const struct mz_size_arguments *args, const struct mz_size_answer *answer);

/* Launch flags of a layout. */
void mz_size_print_flags(
    enum mz_size_emit emit, const struct mz_size_answer *answer, struct mz_text *out);

#endif
