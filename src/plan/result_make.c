/* result_make.c - the order of making a result (declared in result_make.h) */
#include "plan/result_make.h"

#include <math.h>

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
    struct mz_making making = {
        .arena = arena, .model = model, .x = solution->x, .result = result
    };

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
