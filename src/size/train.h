/* train.h - seconds of one training step, with every term kept
 *
 * step = (m t_max + (sum of the other stages) / v) + exposed data-parallel traffic + optimizer +
 * fixed with m micro-batches, v virtual stages, t_max the slowest stage (the last one carries the
 * head), and a stage's time the sum of compute, exposed communication, recomputation and, in
 * quadrature, the host's launches. Derivation and sources: docs/size-model.md "Step time".
 * Seconds and bytes; pure functions over caller's storage, no allocation.
 */
#ifndef MZ_SIZE_TRAIN_H
#define MZ_SIZE_TRAIN_H

#include "size/memory.h"

/* Where a step goes, seconds on the critical path; the terms add up to step_s. */
struct mz_train_terms {
    double gemm, attention, elementwise, gaps, recompute;
    double tensor, context, expert, pipeline, data; /* exposed communication */
    double slowdown; /* compute slowed by hidden communication and by stragglers */
    double host;     /* waiting for launches */
    double bubble, imbalance;
    double optimizer, fixed;
};

struct mz_train_result {
    double step_s;
    struct mz_train_terms terms;
    struct mz_train_memory memory;
    double micro_batches;
    bool fits;
};

/* One entry of the memo. */
struct mz_layer_entry {
    struct mz_layer_key key;
    struct mz_model_cost cost;
    struct mz_activation activation;
    uint32_t epoch; /* of the memo when it was filled */
};

enum { MZ_LAYER_MEMO_SIZE = 4096 };

/* Costs by key for one case; the caller owns it (2 MB, zeroed once: heap or static) and resets it
 * when the case changes. Not thread-safe. */
struct mz_layer_memo {
    struct mz_layer_entry entries[MZ_LAYER_MEMO_SIZE];
    uint32_t epoch;
    size_t count;  /* distinct layer timings */
    size_t lookup; /* calls */
};

/* Refuses what no layout could run: numbers out of range, a precision the chip lacks. */
enum mz_status mz_train_case_check(const struct mz_train_case *train, struct mz_error *err);

/* Refuses a layout that does not divide: MZ_E_INPUT with the reason. */
enum mz_status mz_layout_check(
    const struct mz_train_case *train, const struct mz_layout *layout, struct mz_error *err);

/* Complete evaluation; case and layout must have passed their checks (asserted only in part). */
void mz_train_step(const struct mz_train_case *train, const struct mz_layout *layout,
    struct mz_layer_memo *memo, struct mz_train_result *ret_result);

/* Forgets everything, in constant time. */
void mz_layer_memo_reset(struct mz_layer_memo *memo);

/* The costs for a key, computed once. Never NULL: a full memo recycles a slot. */
const struct mz_layer_entry *mz_layer_memo_find(
    const struct mz_train_case *train, const struct mz_layer_key *key, struct mz_layer_memo *memo);

/* Memory alone, and time alone of a layout whose entry the caller has at hand (search.c). */
void mz_train_time(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_layer_entry *entry, struct mz_train_result *result);

/* Seconds that no schedule goes below: GEMMs and attention spread over all chips. */
double mz_train_bound(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_layer_entry *entry);

#endif
