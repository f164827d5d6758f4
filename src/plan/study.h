/* study.h - the same scenario, changed: what-if, stress, sweep
 *
 * A study holds the file and everything that was asked of the base plan, and loads and solves
 * variants of it. Each variant has its own model; results live in the study's arena. What is wrong
 * with a change (an unknown override, a path that leads nowhere) goes to `diags`, as for the file.
 */
#ifndef MZ_PLAN_STUDY_H
#define MZ_PLAN_STUDY_H

#include "plan/plan.h"
#include "plan/throughput.h"

enum { MZ_SWEEP_POINT_COUNT_MAX = 100, MZ_SWEEP_THREAD_COUNT = 2 };

struct mz_study {
    struct mz_arena *arena;
    const struct mz_source *source;
    const struct mz_catalogue *catalogue;
    const struct mz_change *changes; /* of the base plan: --override, --set */
    size_t change_count;
    struct mz_plan_options options;
    struct mz_diags *diags;
    struct mz_rate_cache *rates; /* NULL: every load asks room size anew */
};

/* The scenario with `extra` on top of the base changes, throughputs from room size filled in. Not
 * for several threads at once: the answers of room size are kept in study->rates. */
enum mz_status mz_study_load(const struct mz_study *study, struct mz_arena *arena,
    const struct mz_change *extra, size_t extra_count, struct mz_diags *diags,
    const struct mz_scenario **ret_scenario);

/* Reads "lose=aws@2028Q1" or "override=NAME" into a change (texts are copied into the arena). */
enum mz_status mz_whatif_parse(
    struct mz_arena *arena, const char *text, struct mz_change *ret_change, struct mz_error *err);

/* One plan anew for each change. */
enum mz_status mz_whatif_solve(const struct mz_study *study, const struct mz_change *changes,
    const char *const *names, int32_t count, const struct mz_whatif **ret_whatifs,
    struct mz_error *err);

/* The base plan's decisions under each override, against a plan that knew of it. */
enum mz_status mz_stress_solve(const struct mz_study *study, const struct mz_plan *base,
    const char *const *names, int32_t count, const struct mz_stress **ret_stresses,
    struct mz_error *err);

/* The value at `path` times each factor; points are solved by two threads. */
enum mz_status mz_sweep_solve(const struct mz_study *study, const char *path, const double *factors,
    int32_t count, const struct mz_sweep **ret_sweep, struct mz_error *err);

#endif
