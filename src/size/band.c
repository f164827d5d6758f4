/* band.c - the rule of band.h; the widths are printed by tools/fit-stacks.py, in log time */
#include "size/band.h"

#include <math.h>

enum band_class { CLASS_DENSE, CLASS_EXPERTS, CLASS_RACK, CLASS_HYBRID, CLASS_COUNT };

/* Runs of publishers that were left out, predicted as runs of the default stack. */
static const struct {
    double width;
    int32_t rows;
} strange[CLASS_COUNT] = { { 0.205, 211 }, { 0.361, 33 }, { 0.402, 47 }, { 0.416, 36 } };

/* Chips without a compared run: a sibling of the same vendor, or of another one. */
static const double UNSEEN_SIBLING = 0.15;
static const double UNSEEN_VENDOR = 0.35;
/* Runs were compared, but its curves are another vendor's. */
static const double BORROWED_VENDOR = 0.15;
/* A layout that nobody ran has no published error: the choice itself may be off. */
static const double SEARCHED = 0.05;
/* Beyond the largest compared run, for each doubling: what stragglers and congestion may differ. */
static const double LARGER = 0.03;
enum { CHIPS_SEEN = 16384 };

static double chip_extra(const struct mz_size_chip *chip)
{
    bool other = chip->borrowed == MZ_BORROW_OTHER_VENDOR;

    if (chip->runs_seen)
        return other ? BORROWED_VENDOR : 0;
    return other ? UNSEEN_VENDOR : UNSEEN_SIBLING;
}

struct mz_size_band mz_size_band(const struct mz_train_case *train, bool searched)
{
    const struct mz_stack *stack = train->stack;
    bool moe = train->shape->experts > 0;
    bool rack = mz_stack_in_rack(train->chip->scaleup_domain);
    bool hybrid = train->shape->mamba_layers > 0;
    enum band_class kind = moe ? rack ? CLASS_RACK : CLASS_EXPERTS : CLASS_DENSE;
    double width = moe ? rack ? stack->band_rack : stack->band_moe : stack->band_dense;
    double extra = searched ? SEARCHED : 0;
    struct mz_size_band band = { .rows = moe ? stack->rows_moe : stack->rows_dense };

    band.same_stack = width > 0 && (moe || !hybrid); /* no hybrid without experts was compared */
    if (!band.same_stack) {
        kind = hybrid ? CLASS_HYBRID : kind;
        width = strange[kind].width;
        band.rows = strange[kind].rows;
    }
    band.chip_seen = train->chip->runs_seen;
    extra = hypot(extra, chip_extra(train->chip));
    if (train->chips > CHIPS_SEEN)
        extra = hypot(extra, LARGER * log2((double)train->chips / CHIPS_SEEN));
    band.factor = exp(hypot(width, extra));
    return band;
}
