/* serve_band.c - the table of serve_band.h */
#include "size/serve_band.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* In log. Two left-out quantiles 0.8 of tools/fit-serve.py are averaged (geometric mean): whole
 * families of models, which says what a new model costs, and whole publishers, which says what
 * another cluster and another way to measure cost; a user has both. Without a time per token among
 * the published rows: that of tokens. Full caches and static batches: the larger of the two.
 * Workers unknown: of the rows without worker counts, none of which was fitted. */
static const struct {
    const char *name;
    double tokens, tpot;
    int32_t rows;
} table[MZ_KIND_COUNT] = {
    { "closed loop, dense", 0.182, 0.184, 946 },
    { "closed loop, experts", 0.331, 0.346, 615 },
    { "closed loop, drafts unknown", 0.274, 0.272, 606 },
    { "pools", 0.355, 0.278, 130 },
    { "pools, workers unknown", 0.73, 0.73, 717 },
    { "full cache, dense", 0.162, 0.162, 71 },
    { "full cache, experts", 0.362, 0.362, 100 },
    { "static batch", 0.225, 0.225, 28 },
};

static const char *const chips_seen[] = { "a100-80g-sxm", "h100-sxm", "h200-sxm", "b200-sxm",
    "gb200-nvl72", "l40s", "a100-40g-sxm" };

/* A chip without a compared run: a sibling of the same vendor, or curves of another vendor. */
static const double UNSEEN_SIBLING = 0.15;
static const double UNSEEN_VENDOR = 0.40;

const char *mz_serve_kind_name(enum mz_serve_kind kind)
{
    return kind < MZ_KIND_COUNT ? table[kind].name : "invalid";
}

struct mz_serve_band mz_serve_band(enum mz_serve_kind kind, const struct mz_size_chip *chip)
{
    struct mz_serve_band band = { .rows = table[kind].rows };
    double extra = chip->borrowed == MZ_BORROW_OTHER_VENDOR ? UNSEEN_VENDOR : UNSEEN_SIBLING;

    assert(kind < MZ_KIND_COUNT);
    for (size_t i = 0; i < sizeof(chips_seen) / sizeof(chips_seen[0]); i++)
        band.chip_seen = band.chip_seen || strcmp(chips_seen[i], chip->name) == 0;
    if (band.chip_seen)
        extra = 0;
    band.tokens = exp(hypot(table[kind].tokens, extra));
    band.tpot = exp(hypot(table[kind].tpot, extra));
    return band;
}
