/* serve_search.h - layouts and loads of a served model, the best ones first
 *
 * Enumerated: tp (divides the heads, inside a scale-up domain), dp (attention replicas, models with
 * experts only; a replica of a dense model is another instance), ep (divides tp x dp), pp (where a
 * smaller instance would not hold the model). With a fixed concurrency every layout is asked once;
 * otherwise the largest concurrency that keeps the targets and fits the cache is found by
 * bisection, since both times grow with it. Order: kept targets first, then output tokens per
 * second and chip, then fewer chips, then order of enumeration: one answer on every machine.
 *
 * Disaggregated pools: the best prefill layouts (prompts a second and chip) meet the best decode
 * layouts; worker counts whose rates match best are solved in full. Never allocates.
 */
#ifndef MZ_SIZE_SERVE_SEARCH_H
#define MZ_SIZE_SERVE_SEARCH_H

#include "size/serve.h"

enum { MZ_SERVE_BEST_MAX = 16, MZ_SERVE_LAYOUTS_MAX = 512, MZ_SERVE_WORKERS_MAX = 8 };

struct mz_serve_options {
    double ttft_s;               /* wanted at most; 0: any */
    double tpot_s;               /* wanted at most; 0: any */
    double concurrency;          /* of all replicas; 0: as much as the targets allow */
    int32_t chips;               /* at most, filled with replicas; 0: one instance of any size */
    struct mz_serve_layout pins; /* 0 = free */
    bool pools;                  /* try disaggregated prefill and decode too */
    int32_t keep;                /* 1..MZ_SERVE_BEST_MAX */
};

struct mz_serve_candidate {
    struct mz_serve_layout layout; /* of an instance, or of the decode pool */
    struct mz_serve_pools pools;
    bool disaggregated;
    bool keeps; /* both targets */
    int32_t replicas;
    double concurrency;            /* of one replica */
    struct mz_serve_result result; /* of one replica; its limit names a target that binds */
    uint64_t order;
};

struct mz_serve_found {
    struct mz_serve_candidate best[MZ_SERVE_BEST_MAX]; /* best first */
    int32_t count;
    uint64_t considered; /* layouts that divide */
    uint64_t too_large;  /* that do not hold one request */
    uint64_t solved;     /* fixed points */
};

/* All free, 5 kept, no pools. */
void mz_serve_options_default(struct mz_serve_options *ret_options);

/* Checks the case: MZ_E_RANGE when a number is out of range, with its name. Call it once. */
enum mz_status mz_serve_case_check(const struct mz_serve_case *serve, struct mz_error *err);

/* All layouts of at most `chips` chips, in order of enumeration; the return value is their count.
 * ret_layouts has room for MZ_SERVE_LAYOUTS_MAX. */
size_t mz_serve_layouts(const struct mz_serve_case *serve, const struct mz_serve_layout *pins,
    int32_t chips, struct mz_serve_layout *ret_layouts);

/* A result without candidates, or whose first keeps no target, is an answer and not an error. */
void mz_serve_search(const struct mz_serve_case *serve, const struct mz_serve_options *options,
    struct mz_serve_found *ret_found);

#endif
