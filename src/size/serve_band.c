/* serve_band.c - the table of serve_band.h */
#include "size/serve_band.h"

#include "size/stack.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* In log: the wider of two left-out quantiles 0.8 of tools/fit-serve-bands.py, of families of models,
 * which says what a new model costs, and of publishers, which says what another cluster and another
 * way to measure cost. Without a time per token among the published rows: that of tokens; without a
 * time to first token: that of the closed loop. Workers unknown: of the rows without worker counts,
 * none of which was fitted; their tokens: that of the time per token. */
static const struct {
    const char *name;
    double tokens, tpot, ttft;
    int32_t rows;
} table[MZ_KIND_COUNT] = {
    { "closed loop, dense", 0.155, 0.183, 0.598, 955 },
    { "closed loop, experts", 0.315, 0.310, 0.683, 615 },
    { "closed loop, drafts unknown", 0.331, 0.320, 1.093, 607 },
    { "pools", 0.373, 0.332, 1.157, 130 },
    { "pools, workers unknown", 0.652, 0.652, 2.568, 717 },
    { "full cache, dense", 0.150, 0.183, 0.598, 71 },
    { "full cache, experts", 0.362, 0.362, 0.683, 100 },
    { "static batch", 0.288, 0.288, 0.449, 46 },
};

/* A chip whose closed loops and pools err more than those of others adds the rest; full caches were
 * only published for a few of its chips, and users ask for the rack. */
static const struct {
    const char *name;
    double extra;
} chips_seen[] = { { "a100-80g-sxm", 0 }, { "h100-sxm", 0 }, { "h200-sxm", 0 }, { "b200-sxm", 0 },
    { "gb200-nvl72", 0.6 }, { "l40s", 0 }, { "a100-40g-sxm", 0 } };

/* A chip without a compared run. Argued, from the extra of those with runs and curves of their own,
 * which goes from 0 to 0.6: half of that for a sibling of the same vendor, all of it for a rack, and
 * for curves of another vendor, which know nothing of its software. */
static const double UNSEEN_SIBLING = 0.30;
static const double UNSEEN_RACK = 0.60;
static const double UNSEEN_VENDOR = 0.60;

const char *mz_serve_kind_name(enum mz_serve_kind kind)
{
    return kind < MZ_KIND_COUNT ? table[kind].name : "invalid";
}

struct mz_serve_band mz_serve_band(enum mz_serve_kind kind, const struct mz_size_chip *chip)
{
    struct mz_serve_band band = { .rows = table[kind].rows };
    double extra = chip->borrowed == MZ_BORROW_OTHER_VENDOR ? UNSEEN_VENDOR
        : mz_stack_in_rack(chip->scaleup_domain)            ? UNSEEN_RACK
                                                            : UNSEEN_SIBLING;

    assert(kind < MZ_KIND_COUNT);
    for (size_t i = 0; i < sizeof(chips_seen) / sizeof(chips_seen[0]); i++) {
        if (strcmp(chips_seen[i].name, chip->name) == 0) {
            band.chip_seen = true;
            extra = chips_seen[i].extra;
        }
    }
    band.tokens = exp(hypot(table[kind].tokens, extra));
    band.tpot = exp(hypot(table[kind].tpot, extra));
    band.ttft = exp(hypot(table[kind].ttft, extra));
    return band;
}
