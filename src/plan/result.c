/* result.c - words of a result, and the order of making one */
#include "plan/result.h"

#include "plan/result_make.h"

#include <math.h>
#include <stdio.h>

const char *mz_plan_status_word(enum mz_plan_status status)
{
    switch (status) {
    case MZ_PLAN_OPTIMAL: return "optimal";
    case MZ_PLAN_FEASIBLE: return "feasible";
    case MZ_PLAN_INFEASIBLE: return "infeasible";
    case MZ_PLAN_UNBOUNDED: return "unbounded";
    case MZ_PLAN_STOPPED: return "stopped";
    }
    return "invalid";
}

const char *mz_decision_word(enum mz_decision decision)
{
    switch (decision) {
    case MZ_DECISION_HELD: return "held";
    case MZ_DECISION_SIGN: return "+ sign";
    case MZ_DECISION_BUILD: return "+ build";
    case MZ_DECISION_BUY: return "+ buy";
    case MZ_DECISION_UNUSED: return "- not used";
    }
    return "invalid";
}

const char *mz_decision_key(enum mz_decision decision)
{
    switch (decision) {
    case MZ_DECISION_HELD: return "held";
    case MZ_DECISION_SIGN: return "sign";
    case MZ_DECISION_BUILD: return "build";
    case MZ_DECISION_BUY: return "buy";
    case MZ_DECISION_UNUSED: return "unused";
    }
    return "invalid";
}

void mz_plan_status_line(const struct mz_plan_result *result, char *buffer, int32_t buffer_size)
{
    size_t size = (size_t)buffer_size;

    switch (result->status) {
    case MZ_PLAN_OPTIMAL:
        if (result->relaxed)
            (void)snprintf(buffer, size, "optimal with whole contracts and runs as parts");
        else if (result->gap <= 0)
            (void)snprintf(buffer, size, "optimal");
        else
            (void)snprintf(buffer, size, "optimal within %.2g%%",
                100 * fmax(result->gap, result->gap_asked));
        return;
    case MZ_PLAN_FEASIBLE:
        (void)snprintf(buffer, size, "feasible, gap %.2g%% (time limit)", 100 * result->gap);
        return;
    case MZ_PLAN_INFEASIBLE: (void)snprintf(buffer, size, "infeasible"); return;
    case MZ_PLAN_UNBOUNDED: (void)snprintf(buffer, size, "unbounded"); return;
    case MZ_PLAN_STOPPED:
        (void)snprintf(buffer, size, "stopped before a plan was found");
        return;
    }
}

double mz_making_value(const struct mz_making *making, int32_t column)
{
    double value = column >= 0 ? making->x[column] : 0;

    return fabs(value) < 1e-9 ? 0 : value;
}

double *mz_making_row(const struct mz_making *making)
{
    return mz_arena_alloc(making->arena, (size_t)making->model->period_count, sizeof(double));
}

void mz_result_make(struct mz_arena *arena, const struct mz_model *model,
    const struct mz_solution *solution, struct mz_plan_result *result)
{
    const struct mz_scenario *scenario = model->scenario;
    size_t periods = (size_t)model->period_count;
    size_t pools = (size_t)model->pool_count * periods;
    size_t sites = (size_t)scenario->site_count * periods;
    struct mz_making making = { .arena = arena, .model = model, .x = solution->x,
        .result = result };

    making.pool_delivered = mz_arena_alloc(arena, pools, sizeof(double));
    making.pool_cost_usd = mz_arena_alloc(arena, pools, sizeof(double));
    making.site_power_mw = mz_arena_alloc(arena, sites, sizeof(double));
    making.site_energy_usd = mz_arena_alloc(arena, sites, sizeof(double));
    making.site_carbon_t = mz_arena_alloc(arena, sites, sizeof(double));
    making.site_capex_spread_usd = mz_arena_alloc(arena, sites, sizeof(double));
    result->scenario = scenario;
    result->pool_count = model->pool_count;
    result->pools = model->pools;
    result->period_count = model->period_count;
    result->objective_usd = solution->objective * MZ_MONEY_UNIT;
    result->bound_usd = solution->bound * MZ_MONEY_UNIT;
    mz_make_sites(&making);
    mz_make_contracts(&making);
    mz_make_workloads(&making);
    mz_make_partners(&making);
    mz_make_money(&making);
    mz_make_totals(&making);
    mz_make_violations(&making);
}
