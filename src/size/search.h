/* search.h - all layouts of a training case, the best ones first
 *
 * Enumerated: tp, cp, pp, vp, ep, mbs, ZeRO stage, recomputation, sequence parallelism; dp follows.
 * A layout is considered when heads divide by tp, experts by ep, the batch by dp x mbs, chips by
 * pp, the layers of the largest stage by vp, and tp stays inside a scale-up domain; interleaving needs micro-batches that divide by pp. Memory rejects
 * before any time is computed; then a bound (compute spread evenly) skips layouts that cannot
 * enter the best list. With `exhaustive` the bound is off: the answer is the same, which a
 * property test checks. Order: shorter step, then less memory, then order of enumeration: one
 * answer on every machine.
 */
#ifndef MZ_SIZE_SEARCH_H
#define MZ_SIZE_SEARCH_H

#include "size/train.h"

enum { MZ_SEARCH_BEST_MAX = 16 };

/* 0 = free, in every field; booleans and enums: -1 = free. */
struct mz_search_pins {
    int32_t tp, cp, pp, vp, ep, mbs;
    int32_t zero;      /* -1: 0, 1 and 3 are tried */
    int32_t recompute; /* enum mz_recompute, -1: free */
    int32_t sp;        /* -1: on when tp > 1 */
};

struct mz_search_options {
    struct mz_search_pins pins;
    bool exhaustive;
    int32_t keep;        /* how many of the best to keep, 1..MZ_SEARCH_BEST_MAX */
    int32_t mbs_max;     /* 0: 16 */
    double memory_bytes; /* 0: the chip's */
};

struct mz_candidate {
    struct mz_layout layout;
    struct mz_train_result result;
    uint64_t order;
};

struct mz_search_result {
    struct mz_candidate best[MZ_SEARCH_BEST_MAX]; /* fitting layouts, best first */
    int32_t count;
    struct mz_candidate nearest; /* least memory of those that do not fit; order 0: none */
    uint64_t considered;         /* layouts that divide */
    uint64_t too_large;          /* rejected by memory */
    uint64_t bounded;            /* skipped by the bound */
    uint64_t evaluated;          /* complete evaluations */
    uint64_t distinct;           /* layer timings computed, the rest were memo hits */
};

/* All pins free, 5 kept. */
void mz_search_options_default(struct mz_search_options *ret_options);

/* `memo` is reset first. The case must have passed mz_train_case_check. A result without
 * candidates is an answer, not an error: see nearest. */
void mz_search(const struct mz_train_case *train, const struct mz_search_options *options,
    struct mz_layer_memo *memo, struct mz_search_result *ret_result);

#endif
