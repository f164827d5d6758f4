/* throughput.h - tokens per second that a scenario leaves to room size
 *
 * A workload with a model and without a throughput (or with `size` in place of some) is asked about
 * on every chip that a contract has: serving by the search of layouts that keep its targets,
 * batch work by the same search without targets, training at the scale of its chips. Each answer
 * becomes an assumption with layout, band and the command that repeats it; a chip that cannot run
 * the workload is left out, and the assumption says why. docs/plan-model.md, "Throughput from
 * mizan size", has defaults and formulas.
 *
 * Values are rounded to four digits, so that the number shown is the number planned with.
 */
#ifndef MZ_PLAN_THROUGHPUT_H
#define MZ_PLAN_THROUGHPUT_H

#include "base/diag.h"
#include "base/status.h"
#include "catalogue/catalogue.h"
#include "domain/scenario.h"

enum { MZ_RATE_QUESTION_COUNT_MAX = 4096, MZ_MODEL_CONFIG_BYTES_MAX = 4 * 1024 * 1024 };

/* Answers of one run, so that variants of a scenario ask each question once. Not thread-safe. */
struct mz_rate_cache;

/* Lives in the arena. */
struct mz_rate_cache *mz_rate_cache_create(
    struct mz_arena *arena, const struct mz_catalogue *catalogue);

/* *ret_scenario is `scenario` itself where it leaves nothing open, else a copy in the arena that
 * shares everything but workloads and assumptions. Texts live in the arena or in the cache's.
 * A model that is a path is read beside the scenario's file. MZ_E_INPUT: a model that cannot be
 * read, or a workload that no chip can run; each is in `diags`, with its place. */
enum mz_status mz_throughput_fill(struct mz_arena *arena, struct mz_rate_cache *cache,
    const struct mz_scenario *scenario, struct mz_diags *diags,
    const struct mz_scenario **ret_scenario);

#endif
