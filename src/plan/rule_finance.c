/* rule_finance.c - (R9) cash and funding, carbon cap
 * Everything that moves money has put its entries into cash_row[t] already, paid positive:
 *   cash_t - cash_t-1 - gap_t + paid = other revenue - costs
 */
#include "plan/model.h"

#include <math.h>

/* Dilution: cost * months/12 of every period from t on, in the objective only. */
static void pay_equity_cost(
    struct mz_model *model, const struct mz_funding *funding, int32_t column, int32_t t, double usd)
{
    for (int32_t i = t; i < model->period_count; i++)
        mz_model_pay_objective(
            model, column, i, usd * funding->cost_per_year * model->periods[i].month_count / 12);
}

static void add_certain(struct mz_model *model, const struct mz_funding *funding)
{
    int32_t t = mz_model_period_of(model, funding->when_month);

    if (t < 0)
        return;
    mz_model_pay_cash(model, model->constant, t, -funding->amount_usd);
    pay_equity_cost(model, funding, model->constant, t, funding->amount_usd);
}

static void add_raise_columns(struct mz_model *model, int32_t f)
{
    const struct mz_funding *funding = &model->scenario->finance.funding[f];

    for (int32_t t = 0; t < model->period_count; t++) {
        double lower = 0;
        double upper = MZ_INFINITY;
        int32_t column;

        if (!mz_model_in_window(model, t, funding->from_month, funding->to_month))
            continue;
        if (model->options.decisions) {
            struct mz_decided wanted = { MZ_DECIDED_RAISE, funding->name, NULL, NULL,
                model->periods[t].month_begin, 0 };

            lower = upper = mz_model_decided(model, &wanted);
        }
        column = mz_lp_add_column(&model->lp, lower, upper, 0);
        model->funding[f].raise[t] = column;
        mz_model_pay_cash(model, column, t, -MZ_MONEY_UNIT);
        mz_model_pay(model, column, t, funding->fee * MZ_MONEY_UNIT);
        if (funding->kind == MZ_FUNDING_EQUITY)
            pay_equity_cost(model, funding, column, t, MZ_MONEY_UNIT);
    }
}

static void add_funding_limit(
    struct mz_model *model, int32_t f, int32_t index, bool is_column, int32_t t)
{
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_FUNDING,
            .entity = f,
            .sub = -1,
            .period = t,
            .is_column = is_column,
            .is_upper = true,
            .index = index,
            .slack = -1,
            .scale = MZ_MONEY_UNIT,
            .mark = &model->scenario->finance.funding[f].mark });
}

static void add_equity(struct mz_model *model, int32_t f)
{
    const struct mz_funding *funding = &model->scenario->finance.funding[f];
    int32_t row = -1;

    add_raise_columns(model, f);
    if (model->options.decisions)
        return;
    for (int32_t t = 0; t < model->period_count; t++) {
        if (model->funding[f].raise[t] < 0)
            continue;
        if (row < 0) {
            row = mz_lp_add_row(&model->lp, -MZ_INFINITY, funding->max_usd / MZ_MONEY_UNIT);
            add_funding_limit(model, f, row, false, -1);
        }
        mz_lp_add_entry(&model->lp, row, model->funding[f].raise[t], 1);
    }
}

/* owed_t = owed_t-1 + drawn - repaid <= max; repaid whole in the period with month a_s + term */
static void add_debt(struct mz_model *model, int32_t f)
{
    const struct mz_funding *funding = &model->scenario->finance.funding[f];
    struct mz_funding_columns *columns = &model->funding[f];
    double most = model->options.decisions ? MZ_INFINITY : funding->max_usd / MZ_MONEY_UNIT;
    int32_t *rows = mz_model_indices(model, (size_t)model->period_count);

    add_raise_columns(model, f);
    for (int32_t t = 0; t < model->period_count; t++) {
        columns->owed[t] = mz_lp_add_column(&model->lp, 0, most, 0);
        rows[t] = mz_lp_add_row(&model->lp, 0, 0);
        mz_lp_add_entry(&model->lp, rows[t], columns->owed[t], 1);
        if (t > 0)
            mz_lp_add_entry(&model->lp, rows[t], columns->owed[t - 1], -1);
        mz_model_pay(model, columns->owed[t], t,
            funding->interest_per_year * model->periods[t].month_count / 12 * MZ_MONEY_UNIT);
        if (!model->options.decisions)
            add_funding_limit(model, f, columns->owed[t], true, t);
    }
    for (int32_t s = 0; s < model->period_count; s++) {
        int32_t back =
            mz_model_period_of(model, model->periods[s].month_begin + funding->term_months);

        if (columns->raise[s] < 0)
            continue;
        mz_lp_add_entry(&model->lp, rows[s], columns->raise[s], -1);
        if (back < 0)
            continue;
        mz_lp_add_entry(&model->lp, rows[back], columns->raise[s], 1);
        mz_model_pay_cash(model, columns->raise[s], back, MZ_MONEY_UNIT);
    }
}

static void add_cash(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_finance *finance = &scenario->finance;
    const struct mz_series *floor = &scenario->limits.cash_floor_usd;

    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_period *period = &model->periods[t];
        bool holds = !mz_series_stated(floor) || mz_series_holds(floor, period);
        double lower = holds ? mz_series_mean(floor, period) / MZ_MONEY_UNIT : -MZ_INFINITY;
        double known = mz_series_sum(&finance->revenue_usd_per_month, period) -
            mz_series_sum(&finance->costs_usd_per_month, period) + (t == 0 ? finance->cash_usd : 0);

        model->cash[t] = mz_lp_add_column(&model->lp, lower, MZ_INFINITY, 0);
        model->gap[t] = mz_lp_add_column(&model->lp, 0, model->options.strict ? 0 : MZ_INFINITY, 0);
        mz_model_pay_objective(
            model, model->gap[t], t, scenario->penalties.cash_gap_usd_per_usd * MZ_MONEY_UNIT);
        mz_lp_add_entry(&model->lp, model->cash_row[t], model->cash[t], 1);
        mz_lp_add_entry(&model->lp, model->cash_row[t], model->gap[t], -1);
        if (t > 0)
            mz_lp_add_entry(&model->lp, model->cash_row[t], model->cash[t - 1], -1);
        mz_model_pay_cash(model, model->constant, t, -known);
        if (holds)
            mz_model_add_limit(model,
                &(struct mz_limit){ .rule = MZ_RULE_CASH,
                    .entity = -1,
                    .sub = -1,
                    .period = t,
                    .is_column = true,
                    .hard = true,
                    .index = model->cash[t],
                    .slack = model->gap[t],
                    .scale = MZ_MONEY_UNIT,
                    .mark = floor->mark.line ? &floor->mark : &finance->mark });
    }
}

void mz_rules_finance(struct mz_model *model)
{
    const struct mz_finance *finance = &model->scenario->finance;
    size_t count = (size_t)model->period_count;

    model->funding =
        mz_arena_alloc(model->arena, (size_t)finance->funding_count, sizeof(*model->funding));
    if (!finance->present)
        return;
    for (int32_t f = 0; f < finance->funding_count; f++) {
        model->funding[f].raise = mz_model_indices(model, count);
        model->funding[f].owed = mz_model_indices(model, count);
        switch (finance->funding[f].kind) {
        case MZ_FUNDING_EQUITY_CERTAIN: add_certain(model, &finance->funding[f]); break;
        case MZ_FUNDING_EQUITY: add_equity(model, f); break;
        case MZ_FUNDING_DEBT: add_debt(model, f); break;
        }
    }
    add_cash(model);
}

/* --- carbon cap -------------------------------------------------------------------------- */

/* Carbon of everything delivered in t, in kt, into a row. */
static void add_carbon(struct mz_model *model, int32_t row, int32_t t)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_period *period = &model->periods[t];

    for (int32_t k = 0; k < model->pool_count; k++) {
        const struct mz_site *site = &scenario->sites[model->pools[k].site];

        if (site->energy_kind_count == 0)
            mz_model_add_pool_delivered(model, row, k, t,
                mz_series_mean(&site->carbon_g_per_kwh, period) * model->pool_kw[k] * site->draw *
                    period->hours / 1e3 / MZ_CARBON_UNIT);
    }
    for (int32_t i = 0; i < scenario->site_count; i++) {
        const struct mz_site *site = &scenario->sites[i];

        for (int32_t n = 0; n < site->energy_kind_count; n++) {
            const struct mz_series *carbon =
                mz_series_stated(&site->energy_kinds[n].carbon_g_per_kwh)
                ? &site->energy_kinds[n].carbon_g_per_kwh
                : &site->carbon_g_per_kwh;
            int32_t column = model->sites[i].energy[mz_at(model, n, t)];

            if (column >= 0)
                mz_lp_add_entry(&model->lp, row, column,
                    mz_series_mean(carbon, period) * period->hours / 1e3 / MZ_CARBON_UNIT);
        }
    }
}

void mz_rules_carbon(struct mz_model *model)
{
    const struct mz_series *cap = &model->scenario->limits.carbon_cap_t_per_year;

    model->carbon_slack = mz_model_indices(model, (size_t)model->period_count);
    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_period *period = &model->periods[t];
        int32_t row;

        if (!mz_series_holds(cap, period))
            continue;
        row = mz_lp_add_row(&model->lp, -MZ_INFINITY,
            mz_series_mean(cap, period) * period->month_count / 12 / MZ_CARBON_UNIT);
        add_carbon(model, row, t);
        model->carbon_slack[t] =
            mz_lp_add_column(&model->lp, 0, model->options.strict ? 0 : MZ_INFINITY, 0);
        mz_lp_add_entry(&model->lp, row, model->carbon_slack[t], -1);
        mz_model_pay_objective(model, model->carbon_slack[t], t,
            model->scenario->penalties.carbon_usd_per_t * MZ_CARBON_UNIT);
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_CARBON,
                .entity = -1,
                .sub = -1,
                .period = t,
                .is_upper = true,
                .hard = true,
                .index = row,
                .slack = model->carbon_slack[t],
                .scale = MZ_CARBON_UNIT,
                .mark = &cap->mark });
    }
}
