/* packing.h - the packing experiment: how much of a fleet can be given away
 *
 * After FGD (Weng et al., USENIX ATC'23). The pods of the trace, then uniform re-samples of them
 * (with replacement) until the next would push the request above `tune` x capacity; shuffled;
 * placed one by one, no departures, no look-ahead; what fits nowhere is dropped. The policy knows
 * the distribution of pod types, not the list. Result: allocated milli-chips over capacity (a
 * fraction) when the arrived demand reaches 100 % and at the end (130 % by default). Exact
 * definitions: docs/placement.md, "Packing", and the head of packing.c.
 */
#ifndef MZ_SIM_PACKING_H
#define MZ_SIM_PACKING_H

#include "base/arena.h"
#include "base/status.h"
#include "place/pack.h"
#include "sim/trace.h"

#include <stdatomic.h>

struct mz_packing_seed {
    uint64_t seed;
    double alloc_at_100_percent; /* share of the capacity, 0 ... 1, when 100 % have arrived */
    double alloc_at_130_percent; /* at `tune` */
    int64_t pod_count;
    int64_t dropped_count;
    uint64_t hash; /* of every placement in order */
};

struct mz_packing_result {
    enum mz_pack_policy policy;
    double tune;
    int32_t seed_count;
    struct mz_packing_seed *seeds;
    double cpu_s; /* set by the caller that has a clock */
};

/* Runs one policy, frag with these constants, over the seeds; the fleet must be empty and is left
 * empty, also when stopped. MZ_E_INPUT when a pod needs several nodes or the trace or fleet is
 * empty, MZ_E_RANGE for tune, MZ_E_INTERRUPT. */
enum mz_status mz_packing_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, enum mz_pack_policy policy, double tune, const uint64_t *seeds,
    int32_t seed_count, const struct mz_pack_weights *weights, const atomic_bool *stop,
    struct mz_packing_result *ret_result, struct mz_error *err);

#endif
