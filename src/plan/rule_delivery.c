/* rule_delivery.c - (R1) what is delivered, and the money it moves
 * For every contract: capacity on offer, how fast it may fall, columns for delivered chips and for
 * what is signed, and the rows that tie them. docs/plan-model.md, "R1 delivery". */
#include "plan/model.h"

#include <math.h>

static void set_offer(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];
    size_t count = (size_t)model->period_count;

    columns->cap = mz_arena_alloc(model->arena, count, sizeof(double));
    columns->fall = mz_arena_alloc(model->arena, count, sizeof(double));
    for (int32_t t = 0; t < model->period_count; t++) {
        double cap = mz_contract_capacity_mean(contract, &model->periods[t]);
        double last = t > 0 ? columns->cap[t - 1] : 0;

        columns->cap[t] = cap;
        columns->fall[t] = last == 0 || isinf(cap) ? 1 : fmin(1, cap / last);
    }
}

/* Cost and cash of a thousand delivered chips. */
static void pay_delivered(struct mz_model *model, int32_t column, int32_t g, int32_t p, int32_t t)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    const struct mz_period *period = &model->periods[t];
    struct mz_pool pool = contract->pools[p];
    const struct mz_site *site = &scenario->sites[pool.site];
    double draw_mwh = model->pool_kw[model->contract_pools[g][p]] * site->draw * period->hours;

    mz_model_pay(
        model, column, t, mz_model_price(model, g, pool.chip, t) * period->hours * MZ_CHIP_UNIT);
    if (site->energy_kind_count > 0)
        return; /* energy and carbon are paid by the kinds: rule_power.c */
    if (contract->kind == MZ_CONTRACT_OWN)
        mz_model_pay(
            model, column, t, mz_series_mean(&site->energy_usd_per_mwh, period) * draw_mwh);
    mz_model_pay(model, column, t,
        mz_series_mean(&scenario->limits.carbon_price_usd_per_t, period) *
            mz_series_mean(&site->carbon_g_per_kwh, period) * draw_mwh / 1e3);
}

static void add_delivered(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];

    columns->dlv =
        mz_model_indices(model, (size_t)contract->pool_count * (size_t)model->period_count);
    for (int32_t p = 0; p < contract->pool_count; p++) {
        int32_t from = model->scenario->chips[contract->pools[p].chip].from_month;

        for (int32_t t = 0; t < model->period_count; t++) {
            int32_t column;

            if (columns->cap[t] <= 0 || model->periods[t].month_begin < from)
                continue;
            column = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
            columns->dlv[mz_at(model, p, t)] = column;
            pay_delivered(model, column, g, p, t);
        }
    }
}

/* sum over pools of dlv <= cap */
static void add_capacity_rows(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];

    for (int32_t t = 0; t < model->period_count; t++) {
        int32_t row;

        if (isinf(columns->cap[t]) || columns->cap[t] <= 0)
            continue;
        row = mz_lp_add_row(&model->lp, -MZ_INFINITY, columns->cap[t] / MZ_CHIP_UNIT);
        for (int32_t p = 0; p < contract->pool_count; p++) {
            if (columns->dlv[mz_at(model, p, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->dlv[mz_at(model, p, t)], 1);
        }
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_CAPACITY,
                .entity = g,
                .sub = -1,
                .period = t,
                .is_upper = true,
                .index = row,
                .slack = -1,
                .scale = MZ_CHIP_UNIT,
                .mark = contract->capacity_chips.mark.line ? &contract->capacity_chips.mark
                                                           : &contract->mark });
    }
}

/* committed: dlv_t >= fall_t * dlv_t-1 in each pool */
static void add_never_falls(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];

    for (int32_t p = 0; p < contract->pool_count; p++) {
        for (int32_t t = 1; t < model->period_count; t++) {
            int32_t now = columns->dlv[mz_at(model, p, t)];
            int32_t last = columns->dlv[mz_at(model, p, t - 1)];
            int32_t row;

            if (now < 0 || last < 0 || columns->fall[t] <= 0)
                continue;
            row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY);
            mz_lp_add_entry(&model->lp, row, now, 1);
            mz_lp_add_entry(&model->lp, row, last, -columns->fall[t]);
        }
    }
}

void mz_rules_delivery(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;

    model->contracts =
        mz_arena_alloc(model->arena, (size_t)scenario->contract_count, sizeof(*model->contracts));
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        set_offer(model, g);
        add_delivered(model, g);
        if (!scenario->contracts[g].whole)
            add_capacity_rows(model, g);
        if (scenario->contracts[g].kind == MZ_CONTRACT_COMMITTED)
            add_never_falls(model, g);
    }
}
