/* result_work.c - workloads of a result, and how much of each contract they use */
#include "plan/result_make.h"

#include <math.h>

enum { SECONDS_PER_DAY = 86400 };

struct work_rows {
    double *demand;
    double *unserved;
    double *served;
    double *chips;
    double *pool_chips;
    double *cost;
    double *tokens;
    double *backlog;
    double *late;
};

static void add_assigned(struct mz_making *making, int32_t w, struct work_rows *rows)
{
    const struct mz_model *model = making->model;
    const struct mz_workload_columns *columns = &model->workloads[w];

    for (int32_t k = 0; k < model->pool_count; k++) {
        double availability = model->scenario->sites[model->pools[k].site].availability;

        for (int32_t t = 0; t < model->period_count; t++) {
            size_t at = mz_at(model, k, t);
            double chips = mz_making_value(making, columns->x[at]) * MZ_CHIP_UNIT;
            double available = making->pool_delivered[at] * availability;

            rows->pool_chips[at] = chips;
            rows->chips[t] += chips;
            rows->tokens[t] +=
                chips * mz_model_throughput(model, w, k, t) * 3600 * model->periods[t].hours;
            if (available > 0)
                rows->cost[t] += making->pool_cost_usd[at] * fmin(1, chips / available);
        }
    }
}

static void make_tokens_per_day(
    struct mz_making *making, int32_t w, struct work_rows *rows, struct mz_workload_result *result)
{
    const struct mz_model *model = making->model;
    const struct mz_workload_columns *columns = &model->workloads[w];

    for (int32_t t = 0; t < model->period_count; t++) {
        double days = model->periods[t].hours / 24;

        rows->demand[t] = mz_series_mean(
            &model->scenario->workloads[w].demand_tokens_per_day, &model->periods[t]);
        for (int32_t r = 0; r < columns->region_rows; r++)
            rows->unserved[t] += mz_making_value(making, columns->unserved[mz_at(model, r, t)]) *
                columns->unit_tokens;
        rows->backlog[t] = mz_making_value(making, columns->back[t]) * columns->unit_tokens;
        rows->served[t] = rows->demand[t] > 0 ? 1 - rows->unserved[t] / rows->demand[t] : NAN;
        result->tokens_wanted += rows->demand[t] * days;
        result->tokens_unserved += rows->unserved[t] * days;
        if (rows->demand[t] > 0 || rows->tokens[t] > 0)
            rows->tokens[t] = fmin(rows->tokens[t],
                (rows->demand[t] - rows->unserved[t]) * days + (t > 0 ? rows->backlog[t - 1] : 0) -
                    rows->backlog[t]);
    }
}

static void make_training(
    struct mz_making *making, int32_t w, struct work_rows *rows, struct mz_workload_result *result)
{
    const struct mz_model *model = making->model;
    const struct mz_workload_columns *columns = &model->workloads[w];
    double done = 0;

    result->tokens_wanted = columns->tokens;
    rows->demand[0] = columns->tokens;
    for (int32_t t = 0; t < model->period_count; t++) {
        double work = mz_making_value(making, columns->work[t]) * columns->unit_tokens;
        int32_t late_months =
            mz_period_months_in(&model->periods[t], model->scenario->workloads[w].window_end_month,
                model->scenario->workloads[w].window_end_month + 12);

        rows->tokens[t] = work;
        rows->served[t] = NAN;
        if (columns->late[t] >= 0)
            rows->late[t] = mz_making_value(making, columns->late[t]) / columns->late_unit;
        result->late_usd += rows->late[t] * late_months * columns->late_usd_per_month;
        done += work;
        if (columns->phi[t] > 0 && columns->tokens > 0)
            rows->served[t] = fmin(1, done / columns->tokens);
    }
    if (columns->tokens > 0 && columns->last_period >= 0) {
        result->tokens_unserved =
            mz_making_value(making, columns->unserved[0]) * columns->unit_tokens;
        rows->unserved[columns->last_period] = result->tokens_unserved;
    }
}

static void make_workload(struct mz_making *making, int32_t w, struct mz_workload_result *result)
{
    const struct mz_model *model = making->model;
    struct work_rows rows = { mz_making_row(making), mz_making_row(making), mz_making_row(making),
        mz_making_row(making),
        mz_arena_alloc(
            making->arena, (size_t)model->pool_count * (size_t)model->period_count, sizeof(double)),
        mz_making_row(making), mz_making_row(making), mz_making_row(making),
        mz_making_row(making) };

    *result = (struct mz_workload_result){ .workload = w,
        .demand = rows.demand,
        .unserved = rows.unserved,
        .served_fraction = rows.served,
        .chips = rows.chips,
        .pool_chips = rows.pool_chips,
        .cost_usd = rows.cost,
        .tokens = rows.tokens,
        .backlog = rows.backlog,
        .late_fraction = rows.late };
    add_assigned(making, w, &rows);
    if (model->scenario->workloads[w].kind == MZ_WORKLOAD_TRAIN)
        make_training(making, w, &rows, result);
    else
        make_tokens_per_day(making, w, &rows, result);
    result->served_total_fraction =
        result->tokens_wanted > 0 ? 1 - result->tokens_unserved / result->tokens_wanted : 1;
}

/* Assigned chips of what is available, over the contract's pools: a pool's chips are shared by its
 * contracts in proportion to what each delivers. */
static void set_used(struct mz_making *making, struct mz_contract_result *contract)
{
    const struct mz_model *model = making->model;
    int32_t g = contract->contract;
    double used = 0;
    double available = 0;

    for (int32_t p = 0; p < model->scenario->contracts[g].pool_count; p++) {
        int32_t k = model->contract_pools[g][p];
        double availability = model->scenario->sites[model->pools[k].site].availability;

        for (int32_t t = 0; t < model->period_count; t++) {
            double mine = contract->pool_chips[mz_at(model, p, t)];
            double all = making->pool_delivered[mz_at(model, k, t)];
            double assigned = 0;

            if (mine <= 0)
                continue;
            for (int32_t w = 0; w < making->result->workload_count; w++)
                assigned += making->result->workloads[w].pool_chips[mz_at(model, k, t)];
            used += assigned * mine / all * model->periods[t].hours;
            available += mine * availability * model->periods[t].hours;
        }
    }
    if (available > 0)
        contract->used_fraction = fmin(1, used / available);
}

void mz_make_workloads(struct mz_making *making)
{
    int32_t count = making->model->scenario->workload_count;
    struct mz_workload_result *workloads =
        mz_arena_alloc(making->arena, (size_t)count, sizeof(*workloads));

    for (int32_t w = 0; w < count; w++)
        make_workload(making, w, &workloads[w]);
    making->result->workloads = workloads;
    making->result->workload_count = count;
    for (int32_t g = 0; g < making->result->contract_count; g++)
        set_used(making, &making->contracts[g]);
}

/* --- partners ---------------------------------------------------------------------------- */

/* Tokens a second that a workload could have on everything delivered but the partner's. */
static double left_tokens_per_s(const struct mz_making *making, int32_t w, int32_t p, int32_t t)
{
    const struct mz_model *model = making->model;
    double sum = 0;

    for (int32_t k = 0; k < model->pool_count; k++) {
        const struct mz_site *site = &model->scenario->sites[model->pools[k].site];

        if (site->partner != p)
            sum += making->pool_delivered[mz_at(model, k, t)] * site->availability *
                mz_model_throughput(model, w, k, t);
    }
    return sum;
}

/* Share of all critical demand that can be served without the partner. One critical workload: what
 * is left, by arithmetic. Several share what is left: at least what the model's slack says. */
static double critical_left(const struct mz_making *making, int32_t p, int32_t t)
{
    const struct mz_model *model = making->model;
    double wanted = 0;
    double served = 0;
    double left = 0;
    int32_t asked = 0;

    for (int32_t w = 0; w < model->scenario->workload_count; w++) {
        int32_t column = model->n1[mz_at(model, w * model->scenario->partner_count + p, t)];
        double demand = mz_series_mean(
            &model->scenario->workloads[w].demand_tokens_per_day, &model->periods[t]);
        double thr = mz_model_best_throughput(model, w, t) * SECONDS_PER_DAY;

        if (column < 0 || thr <= 0)
            continue;
        asked++;
        wanted += demand / thr;
        served += (model->scenario->limits.critical_share * demand -
                      mz_making_value(making, column) * model->workloads[w].unit_tokens) /
            thr;
        left = left_tokens_per_s(making, w, p, t) * SECONDS_PER_DAY / thr;
    }
    if (asked == 0)
        return NAN;
    return fmin(1, asked == 1 ? left / wanted : served / wanted);
}

static void make_partner(struct mz_making *making, int32_t p, struct mz_partner_result *ret_partner)
{
    const struct mz_model *model = making->model;
    const struct mz_plan_result *result = making->result;
    double *power = mz_making_row(making);
    double *chips = mz_making_row(making);
    double *spend = mz_making_row(making);
    double *share = mz_making_row(making);
    double *left = mz_making_row(making);

    for (int32_t t = 0; t < model->period_count; t++) {
        double all = 0;

        for (int32_t g = 0; g < result->contract_count; g++) {
            all += result->contracts[g].power_mw[t];
            if (model->scenario->contracts[g].partner != p)
                continue;
            power[t] += result->contracts[g].power_mw[t];
            chips[t] += result->contracts[g].chips[t];
            spend[t] += result->contracts[g].spend_usd[t] + result->contracts[g].energy_usd[t];
        }
        share[t] = all > 0 ? power[t] / all : NAN;
        left[t] = critical_left(making, p, t);
    }
    *ret_partner = (struct mz_partner_result){ p, power, chips, spend, share, left };
}

void mz_make_partners(struct mz_making *making)
{
    int32_t count = making->model->scenario->partner_count;
    struct mz_partner_result *partners =
        mz_arena_alloc(making->arena, (size_t)count, sizeof(*partners));

    for (int32_t p = 0; p < count; p++)
        make_partner(making, p, &partners[p]);
    making->result->partners = partners;
    making->result->partner_count = count;
}
