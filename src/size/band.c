/* band.c - the rule of band.h */
#include "size/band.h"

#include <math.h>

/* Whole publishers left out: the honest width for a stack that published nothing; in log time. */
static const struct {
    double width;
    int32_t rows;
} unknown_stack[2] = { { 0.15, 211 }, { 0.30, 116 } }; /* dense, experts */

/* Chips without a compared run: a sibling of the same vendor, or of another one. */
static const double UNSEEN_SIBLING = 0.15;
static const double UNSEEN_VENDOR = 0.35;
/* A layout that nobody ran has no published error: the choice itself may be off. */
static const double SEARCHED = 0.05;

struct mz_size_band mz_size_band(const struct mz_train_case *train, bool searched)
{
    const struct mz_stack *stack = train->stack;
    bool moe = train->shape->experts > 0;
    int32_t rows = moe ? stack->rows_moe : stack->rows_dense;
    bool hybrid = train->shape->mamba_layers > 0 && !moe; /* no such run was seen */
    int kind = moe || hybrid;
    double width = moe ? stack->band_moe : stack->band_dense;
    double extra = 0;
    struct mz_size_band band = { .rows = rows, .same_stack = rows > 0 && !hybrid };

    if (!band.same_stack) {
        width = unknown_stack[kind].width;
        band.rows = unknown_stack[kind].rows;
        extra = searched ? SEARCHED : 0;
    }
    band.chip_seen = train->chip->runs_seen;
    if (!band.chip_seen)
        extra = hypot(extra,
            train->chip->borrowed == MZ_BORROW_OTHER_VENDOR ? UNSEEN_VENDOR : UNSEEN_SIBLING);
    band.factor = exp(hypot(width, extra));
    return band;
}
