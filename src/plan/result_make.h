/* result_make.h - from a solution to plain numbers, in steps (internal to the plan room)
 *
 * Order matters: contracts and sites first, then workloads, money and totals, which read them.
 * Values below the solver's tolerance are set to 0, so that nobody signs a millionth of a chip.
 */
#ifndef MZ_PLAN_RESULT_MAKE_H
#define MZ_PLAN_RESULT_MAKE_H

#include "plan/model.h"
#include "plan/result.h"
#include "solver/solver.h"

struct mz_making {
    struct mz_arena *arena;
    const struct mz_model *model;
    const double *x;
    struct mz_plan_result *result;
    struct mz_contract_result *contracts; /* the result's own, while they are being filled */
    double *pool_delivered;               /* [k * T + t] chips */
    double *pool_cost_usd;                /* [k * T + t] with capex spread over life */
    double *site_power_mw;                /* [site * T + t] at full draw */
    double *site_energy_usd;              /* [site * T + t] 0 where the price includes it */
    double *site_carbon_t;                /* [site * T + t] */
    double *site_capex_spread_usd;        /* [site * T + t] */
};

/* x of a column in its unit, 0 for a missing column and below 1e-9. */
double mz_making_value(const struct mz_making *making, int32_t column);
double *mz_making_row(const struct mz_making *making); /* a fresh [T] array of zeros */

void mz_make_sites(struct mz_making *making);
void mz_make_contracts(struct mz_making *making);
void mz_make_workloads(struct mz_making *making);
void mz_make_partners(struct mz_making *making);
void mz_make_money(struct mz_making *making);
void mz_make_totals(struct mz_making *making);
void mz_make_violations(struct mz_making *making);

/* All of the above. The result's status, gap, solver and seconds are the caller's. */
void mz_result_make(struct mz_arena *arena, const struct mz_model *model,
    const struct mz_solution *solution, struct mz_plan_result *result);

/* Which rules bind, from duals; largest worth first. */
void mz_bindings_make(struct mz_arena *arena, const struct mz_model *model,
    const struct mz_solution *solution, struct mz_plan_result *result);

/* Words of a limit: rule key, what it is about, unit. */
const char *mz_rule_key(enum mz_rule rule);
const char *mz_limit_what(
    struct mz_arena *arena, const struct mz_model *model, const struct mz_limit *limit);
const char *mz_limit_unit(const struct mz_model *model, const struct mz_limit *limit);

/* What the limit stands at, in the user's unit. */
double mz_limit_level(const struct mz_model *model, const struct mz_limit *limit);

#endif
