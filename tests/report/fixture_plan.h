/* fixture_plan.h - a made-up plan for tests of the report
 *
 * As large as the shipped case (29 periods, 8 partners, 19 sites, 15 contracts, 7 workloads), every
 * number from a formula, all totals adding up. Nothing in it is true.
 */
#ifndef MZ_TESTS_REPORT_FIXTURE_PLAN_H
#define MZ_TESTS_REPORT_FIXTURE_PLAN_H

#include "plan/html_report.h"

struct fixture_plan {
    struct mz_arena *arena; /* owns everything; free it with mz_arena_free */
    struct mz_scenario scenario;
    struct mz_plan_result result;
    struct mz_comparisons comparisons;
    struct mz_html_report report;
};

/* Fills everything; the report points into `fixture`, which must stay where it is. */
void fixture_plan_init(struct fixture_plan *fixture, enum mz_language language);

/* The same with an infeasible result in place of the plan. */
void fixture_plan_init_infeasible(struct fixture_plan *fixture, enum mz_language language);

/* fixture_scenario.c */
void fixture_scenario_fill(struct mz_arena *arena, struct mz_scenario *scenario);

/* What the formulas need beside the scenario, by contract. */
struct fixture_terms {
    double chips; /* when the ramp is over */
    int32_t ramp_months;
    double price_usd; /* per chip-hour; own: opex */
    double capex_usd; /* per chip */
    bool held;
};

const struct fixture_terms *fixture_terms_of(int32_t contract);

#endif
