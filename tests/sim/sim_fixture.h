/* sim_fixture.h - made-up results of simulations for tests of the output
 *
 * A fleet of three partners, four sites and 1,280 chips, 480 jobs of five teams over twelve days
 * from 2025-10-01, and up to 50 runs of a toy scheduler: every attempt lies on chips that are free,
 * and all totals, series and shares are counted from the attempts. Nothing in it is true.
 */
#ifndef MZ_TESTS_SIM_FIXTURE_H
#define MZ_TESTS_SIM_FIXTURE_H

#include "sim/output.h"

enum { SIM_FIXTURE_RUN_COUNT_MAX = 50 };

struct sim_fixture {
    struct mz_arena *arena; /* owns everything; free it with mz_arena_free */
    struct mz_fleet *fleet;
    struct mz_trace trace;
    struct mz_sim_result results[SIM_FIXTURE_RUN_COUNT_MAX];
    const struct mz_sim_result *pointers[SIM_FIXTURE_RUN_COUNT_MAX];
    struct mz_sim_options options;
    struct mz_sim_run_set set; /* points into the fixture, which must stay where it is */
};

void sim_fixture_init(struct sim_fixture *fixture, int32_t run_count);

/* One run without a job, a series or a partner; all means are NAN. */
void sim_fixture_init_empty(struct sim_fixture *fixture);

/* On the heap; run_count 0: the empty one. */
struct sim_fixture *sim_fixture_new(int32_t run_count);
void sim_fixture_free(struct sim_fixture *fixture);

/* Makes its results two runs of round numbers, "fifo" and "sjf", without series or jobs. */
void sim_fixture_make_plain(struct sim_fixture *fixture);

extern const char sim_fixture_command[];

#endif
