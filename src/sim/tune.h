/* tune.h - random search of the weights of the frag score on a user's own pods
 *
 * The pods are dealt into two halves by a shuffle. Trials draw weights around the built-in ones and
 * are judged on the first half; the best few are judged again with more seeds; the winner and the
 * built-in weights are then run on the second half, which no choice has seen. When the gain there is
 * much smaller than on the first half, the weights are fitted to chance and better left alone.
 */
#ifndef MZ_SIM_TUNE_H
#define MZ_SIM_TUNE_H

#include "sim/packing.h"

enum { MZ_TUNE_TRIAL_COUNT_MAX = 100000, MZ_TUNE_FIELD_COUNT = 9 };

struct mz_tune_row {
    const char *name; /* "built in", "tuned" */
    struct mz_pack_weights weights;
    double searched_at_100; /* percent of the capacity: on the half that was searched */
    double searched_at_130;
    double held_at_100; /* on the half that was held back */
    double held_at_130;
};

struct mz_tune_result {
    struct mz_tune_row rows[2];
    int32_t trial_count; /* done; fewer than asked when stopped */
    int64_t searched_pod_count;
    int64_t held_pod_count;
};

enum mz_status mz_tune_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, double demand, int32_t trial_count, uint64_t seed,
    const atomic_bool *stop, void (*progress)(void *context, int32_t done, double best),
    void *context, struct mz_tune_result *ret_result, struct mz_error *err);

/* "offers=48,cpu_256=96,...": what --score reads. Lives in the arena. */
const char *mz_tune_write_weights(struct mz_arena *arena, const struct mz_pack_weights *weights);
enum mz_status mz_tune_read_weights(
    const char *text, struct mz_pack_weights *weights, struct mz_error *err);

#endif
