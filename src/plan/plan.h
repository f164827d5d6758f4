/* plan.h - from a scenario to a checked plan
 *
 *     struct mz_plan *plan;
 *     status = mz_plan_solve(arena, scenario, &options, &plan, &err);
 *     ... plan->result ...
 *     mz_plan_free(plan);
 *
 * A plan keeps its matrix and its solver, so that what-ifs by bounds start from its basis. An
 * infeasible plan (only with strict) is a result, not an error: status MZ_OK, result->status
 * MZ_PLAN_INFEASIBLE; explain.h says why. MZ_E_SOLVER means that the solver's answer did not pass
 * the checks of verify.c; nothing of it is reported.
 * The scenario and the arena must outlive the plan.
 */
#ifndef MZ_PLAN_PLAN_H
#define MZ_PLAN_PLAN_H

#include "plan/compare.h"
#include "plan/model.h"
#include "plan/result.h"
#include "scenario/scenario.h"
#include "solver/solver.h"

struct mz_plan_options {
    bool strict;
    struct mz_solver_options solver;
    bool relax;                           /* whole numbers may be parts: a bound, as an LP */
    const struct mz_decisions *decisions; /* of another plan, for --stress; NULL: free */
    const struct mz_solver *basis; /* of a like plan, to start from where sizes agree; NULL: none */
};

struct mz_plan {
    struct mz_arena *arena; /* borrowed */
    const struct mz_scenario *scenario;
    struct mz_plan_options options;
    struct mz_model *model;
    struct mz_solver *solver;
    struct mz_solution solution;
    struct mz_plan_result *result;
};

enum mz_status mz_plan_solve(struct mz_arena *arena, const struct mz_scenario *scenario,
    const struct mz_plan_options *options, struct mz_plan **ret_plan, struct mz_error *err);
void mz_plan_free(struct mz_plan *plan);

/* Checks a solution by plain arithmetic: rows, bounds, integers, dual signs, complementarity, and
 * the cash and commitment ledgers added up outside the LP against its own columns. */
enum mz_status mz_plan_verify(const struct mz_model *model, const struct mz_lp *lp,
    const struct mz_solution *solution, const struct mz_plan_result *result, struct mz_error *err);

/* What the plan signed, built and raised, to fix it in another plan. */
struct mz_decisions *mz_plan_decisions(struct mz_arena *arena, const struct mz_plan *plan);

/* Highest price at which any of each contract would be taken (its obligations aside): fills
 * reservation_usd_per_chip_hour of every contract, to 0.1 %. See reservation.c. */
enum mz_status mz_plan_reservations(struct mz_plan *plan, struct mz_error *err);

/* Least and most of each partner's share at `extra` more cost, integers as in the plan. */
enum mz_status mz_plan_alternatives(struct mz_plan *plan, double extra,
    const struct mz_alternatives **ret_alternatives, struct mz_error *err);

/* The signed contracts as a fleet file (YAML). See fleet.c. */
void mz_plan_emit_fleet(
    const struct mz_plan_result *result, const struct mz_catalogue *catalogue, struct mz_text *out);

#endif
