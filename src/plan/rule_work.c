/* rule_work.c - (R2) use, (R3) serving and batch work
 * The columns of a workload count tokens in the workload's own unit, a power of ten near what a
 * thousand chips do in a day, so that coefficients stay near 1 for every size of model. */
#include "plan/model.h"

#include <math.h>

enum { SECONDS_PER_DAY = 86400 };

/* Tokens in one unit: the power of ten nearest to a day's work of a thousand of its best chips. */
static double unit_tokens(const struct mz_model *model, int32_t w)
{
    double best = 0;

    for (int32_t t = 0; t < model->period_count; t++)
        best = fmax(best, mz_model_best_throughput(model, w, t));
    return best > 0 ? pow(10, round(log10(best * SECONDS_PER_DAY * MZ_CHIP_UNIT))) : 1e9;
}

/* Does the pool serve this workload in t? Regional work runs only in its regions. */
static bool may_run(const struct mz_model *model, int32_t w, int32_t k, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    int32_t region = model->scenario->sites[model->pools[k].site].region;
    bool in_region = workload->region_count == 0;

    for (int32_t r = 0; r < workload->region_count; r++)
        in_region = in_region || workload->regions[r].region == region;
    return in_region && mz_model_throughput(model, w, k, t) > 0 &&
        mz_model_pool_has_delivered(model, k, t);
}

static double demand_units(const struct mz_model *model, int32_t w, int32_t t)
{
    return mz_series_mean(
               &model->scenario->workloads[w].demand_tokens_per_day, &model->periods[t]) /
        model->workloads[w].unit_tokens;
}

static void add_assigned(struct mz_model *model, int32_t w)
{
    struct mz_workload_columns *columns = &model->workloads[w];

    for (int32_t k = 0; k < model->pool_count; k++) {
        for (int32_t t = 0; t < model->period_count; t++) {
            bool wanted = model->scenario->workloads[w].kind == MZ_WORKLOAD_TRAIN
                ? columns->phi[t] > 0
                : true;

            if (wanted && may_run(model, w, k, t))
                columns->x[mz_at(model, k, t)] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
        }
    }
}

/* Unserved tokens a day of one region (or of all), with their price and the revenue lost. */
static int32_t add_unserved(struct mz_model *model, int32_t w, int32_t r, int32_t t, double most)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    const struct mz_period *period = &model->periods[t];
    double mtok = model->workloads[w].unit_tokens / 1e6 * period->hours / 24;
    double revenue = mz_series_mean(&workload->revenue_usd_per_mtok, period);
    bool fixed = model->options.strict && workload->critical;
    int32_t column = mz_lp_add_column(&model->lp, 0, fixed ? 0 : most, 0);

    model->workloads[w].unserved[mz_at(model, r, t)] = column;
    mz_model_pay_objective(model, column, t, mz_model_unserved_usd_per_mtok(model, w, t) * mtok);
    mz_model_pay(model, column, t, revenue * mtok);
    mz_model_pay(model, model->constant, t, -revenue * mtok * most);
    return column;
}

static void add_serve_row(struct mz_model *model, int32_t w, int32_t r, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    double share = workload->region_count ? workload->regions[r].share : 1;
    double wanted = share * demand_units(model, w, t);
    int32_t unserved;
    int32_t row;

    if (wanted <= 0)
        return;
    unserved = add_unserved(model, w, r, t, wanted);
    row = mz_lp_add_row(&model->lp, wanted, MZ_INFINITY);
    mz_lp_add_entry(&model->lp, row, unserved, 1);
    for (int32_t k = 0; k < model->pool_count; k++) {
        int32_t region = model->scenario->sites[model->pools[k].site].region;

        if (columns->x[mz_at(model, k, t)] >= 0 &&
            (workload->region_count == 0 || workload->regions[r].region == region))
            mz_lp_add_entry(&model->lp, row, columns->x[mz_at(model, k, t)],
                mz_model_throughput(model, w, k, t) * SECONDS_PER_DAY * MZ_CHIP_UNIT /
                    columns->unit_tokens);
    }
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_DEMAND,
            .entity = w,
            .sub = workload->region_count ? r : -1,
            .period = t,
            .hard = workload->critical,
            .index = row,
            .slack = unserved,
            .scale = columns->unit_tokens,
            .mark = &workload->mark });
}

/* back_t = back_t-1 + days * (demand - u) - work */
static void add_batch_rows(struct mz_model *model, int32_t w)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    int32_t last_back = -1;

    for (int32_t t = 0; t < model->period_count; t++) {
        double days = model->periods[t].hours / 24;
        double demand = demand_units(model, w, t);
        int32_t row = mz_lp_add_row(&model->lp, days * demand, days * demand);
        bool is_last = t == model->period_count - 1;

        if (workload->wait_days > 0 && demand > 0 && !is_last) {
            columns->back[t] = mz_lp_add_column(&model->lp, 0, workload->wait_days * demand, 0);
            mz_lp_add_entry(&model->lp, row, columns->back[t], 1);
        }
        if (last_back >= 0)
            mz_lp_add_entry(&model->lp, row, last_back, -1);
        if (demand > 0)
            mz_lp_add_entry(&model->lp, row, add_unserved(model, w, 0, t, demand), days);
        for (int32_t k = 0; k < model->pool_count; k++) {
            if (columns->x[mz_at(model, k, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->x[mz_at(model, k, t)],
                    mz_model_throughput(model, w, k, t) * SECONDS_PER_DAY * days * MZ_CHIP_UNIT /
                        columns->unit_tokens);
        }
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_BACKLOG,
                .entity = w,
                .sub = -1,
                .period = t,
                .index = row,
                .slack = columns->unserved[t],
                .scale = columns->unit_tokens,
                .mark = &workload->mark });
        last_back = columns->back[t];
    }
}

/* (R2) sum over workloads of x <= availability * delivered */
static void add_use_rows(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;

    for (int32_t k = 0; k < model->pool_count; k++) {
        for (int32_t t = 0; t < model->period_count; t++) {
            int32_t row = -1;

            for (int32_t w = 0; w < scenario->workload_count; w++) {
                int32_t x = model->workloads[w].x[mz_at(model, k, t)];

                if (x < 0)
                    continue;
                if (row < 0)
                    row = mz_lp_add_row(&model->lp, -MZ_INFINITY, 0);
                mz_lp_add_entry(&model->lp, row, x, 1);
            }
            if (row >= 0)
                mz_model_add_pool_delivered(
                    model, row, k, t, -scenario->sites[model->pools[k].site].availability);
        }
    }
}

static void set_columns(struct mz_model *model, int32_t w)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    size_t count = (size_t)model->period_count;

    columns->unit_tokens = unit_tokens(model, w);
    columns->region_rows = workload->region_count ? workload->region_count : 1;
    columns->x = mz_model_indices(model, (size_t)model->pool_count * count);
    columns->unserved = mz_model_indices(model, (size_t)columns->region_rows * count);
    columns->back = mz_model_indices(model, count);
    columns->work = mz_model_indices(model, count);
    columns->late = mz_model_indices(model, count);
    columns->run = mz_model_indices(model, count);
    columns->z = mz_model_indices(model, (size_t)model->scenario->site_count);
    columns->phi = mz_arena_alloc(model->arena, count, sizeof(double));
    columns->last_period = -1;
    for (int32_t t = 0; t < model->period_count && workload->kind == MZ_WORKLOAD_TRAIN; t++) {
        columns->phi[t] = mz_period_share_in(
            &model->periods[t], workload->window_from_month, workload->window_end_month + 12);
        if (columns->phi[t] > 0)
            columns->last_period = t;
    }
}

void mz_rules_work(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;

    model->workloads =
        mz_arena_alloc(model->arena, (size_t)scenario->workload_count, sizeof(*model->workloads));
    for (int32_t w = 0; w < scenario->workload_count; w++) {
        set_columns(model, w);
        add_assigned(model, w);
    }
    add_use_rows(model);
    for (int32_t w = 0; w < scenario->workload_count; w++) {
        if (scenario->workloads[w].kind == MZ_WORKLOAD_BATCH)
            add_batch_rows(model, w);
        for (int32_t r = 0; r < model->workloads[w].region_rows &&
             scenario->workloads[w].kind == MZ_WORKLOAD_SERVE;
             r++) {
            for (int32_t t = 0; t < model->period_count; t++)
                add_serve_row(model, w, r, t);
        }
    }
}
