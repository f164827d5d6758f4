/* rule_power.c - (R5) power and build rate, (R11) new power, (R12) chip supply, (R13) energy kinds */
#include "plan/model.h"

#include <math.h>

enum { KWH_PER_MWH = 1000 };

/* --- (R11) ------------------------------------------------------------------------------- */

static void pay_expansion(struct mz_model *model, int32_t column, int32_t site_index, int32_t s)
{
    const struct mz_expand *expand = &model->scenario->sites[site_index].expand;
    int32_t arrival = model->sites[site_index].arrival[s];
    double usd = mz_series_mean(&expand->capex_usd_per_mw, &model->periods[s]);
    int32_t horizon_end = model->periods[model->period_count - 1].month_end;

    mz_model_pay_capex(model, column, s, expand->lead_months, usd);
    if (arrival >= 0) {
        int32_t behind = model->periods[arrival].month_begin + expand->life_months - horizon_end;

        if (behind > 0)
            model->lp.cost[column] -=
                model->discount_end * usd * behind / expand->life_months / MZ_MONEY_UNIT;
    }
}

static void add_expansion(struct mz_model *model, int32_t site_index)
{
    const struct mz_site *site = &model->scenario->sites[site_index];
    struct mz_site_columns *columns = &model->sites[site_index];
    int32_t total = -1;

    for (int32_t s = 0; s < model->period_count; s++) {
        double lower = 0;
        double upper = MZ_INFINITY;

        columns->arrival[s] = mz_model_first_period_at(
            model, model->periods[s].month_begin + site->expand.lead_months + site->slip_months);
        if (model->options.decisions) {
            struct mz_decided wanted = { MZ_DECIDED_ADD, site->name, NULL, NULL,
                model->periods[s].month_begin, 0 };

            lower = upper = mz_model_decided(model, &wanted);
            if (lower <= 0)
                continue;
        } else if (columns->arrival[s] < 0 ||
            !mz_model_in_window(model, s, site->expand.from_month, site->expand.to_month)) {
            continue;
        }
        columns->add[s] = mz_lp_add_column(&model->lp, lower, upper, 0);
        pay_expansion(model, columns->add[s], site_index, s);
        if (model->options.decisions)
            continue;
        if (total < 0) {
            total = mz_lp_add_row(&model->lp, -MZ_INFINITY, site->expand.max_mw);
            mz_model_add_limit(model,
                &(struct mz_limit){ .rule = MZ_RULE_EXPAND,
                    .entity = site_index,
                    .sub = -1,
                    .period = -1,
                    .is_upper = true,
                    .index = total,
                    .slack = -1,
                    .scale = 1,
                    .mark = &site->expand.mark });
        }
        mz_lp_add_entry(&model->lp, total, columns->add[s], 1);
    }
}

/* --- (R5) -------------------------------------------------------------------------------- */

/* factor * sum of kW * dlv at a site, MW; returns how many entries */
static int32_t add_site_power(
    struct mz_model *model, int32_t row, int32_t site, int32_t t, double factor)
{
    int32_t added = 0;

    for (int32_t k = 0; k < model->pool_count; k++) {
        if (model->pools[k].site != site || !mz_model_pool_has_delivered(model, k, t))
            continue;
        mz_model_add_pool_delivered(model, row, k, t, factor * model->pool_kw[k]);
        added++;
    }
    return added;
}

static bool site_delivers(const struct mz_model *model, int32_t site, int32_t t)
{
    for (int32_t k = 0; k < model->pool_count; k++) {
        if (model->pools[k].site == site && mz_model_pool_has_delivered(model, k, t))
            return true;
    }
    return false;
}

static void add_power_rows(struct mz_model *model, int32_t site_index)
{
    const struct mz_site *site = &model->scenario->sites[site_index];
    struct mz_site_columns *columns = &model->sites[site_index];

    for (int32_t t = 0; t < model->period_count; t++) {
        int32_t row;

        columns->power_mw[t] = mz_series_stated(&site->power_mw)
            ? mz_series_mean(&site->power_mw, &model->periods[t])
            : HUGE_VAL;
        if (isinf(columns->power_mw[t]) || !site_delivers(model, site_index, t))
            continue;
        row = mz_lp_add_row(&model->lp, -MZ_INFINITY, columns->power_mw[t]);
        add_site_power(model, row, site_index, t, 1);
        for (int32_t s = 0; s < model->period_count; s++) {
            if (columns->add[s] >= 0 && columns->arrival[s] >= 0) {
                int32_t begin = model->periods[columns->arrival[s]].month_begin;

                mz_lp_add_entry(&model->lp, row, columns->add[s],
                    -mz_period_share_in(
                        &model->periods[t], begin, begin + site->expand.life_months));
            }
        }
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_POWER,
                .entity = site_index,
                .sub = -1,
                .period = t,
                .is_upper = true,
                .index = row,
                .slack = -1,
                .scale = 1,
                .mark = site->power_mw.mark.line ? &site->power_mw.mark : &site->mark });
    }
}

static double mean_weeks(const struct mz_model *model, int32_t t)
{
    return (model->periods[t - 1].hours + model->periods[t].hours) / 2 / 168;
}

/* P_t - P_t-1 over new sites into a row */
static void add_new_power(struct mz_model *model, int32_t row, int32_t t)
{
    for (int32_t site = 0; site < model->scenario->site_count; site++) {
        if (!model->scenario->sites[site].is_new)
            continue;
        add_site_power(model, row, site, t, 1);
        add_site_power(model, row, site, t - 1, -1);
    }
}

static void add_build_rows(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_series *limit = &scenario->limits.build_rate_mw_per_week;
    const struct mz_series *goal = &scenario->goal_build_rate_mw_per_week;

    model->miss = mz_model_indices(model, (size_t)model->period_count);
    for (int32_t t = 1; t < model->period_count; t++) {
        if (mz_series_holds(limit, &model->periods[t])) {
            int32_t row = mz_lp_add_row(&model->lp, -MZ_INFINITY,
                mz_series_mean(limit, &model->periods[t]) * mean_weeks(model, t));

            add_new_power(model, row, t);
            mz_model_add_limit(model,
                &(struct mz_limit){ .rule = MZ_RULE_BUILD_RATE,
                    .entity = -1,
                    .sub = -1,
                    .period = t,
                    .is_upper = true,
                    .index = row,
                    .slack = -1,
                    .scale = 1,
                    .mark = &limit->mark });
        }
        if (mz_series_holds(goal, &model->periods[t])) {
            double mw = mz_series_mean(goal, &model->periods[t]) * mean_weeks(model, t);
            int32_t row = mz_lp_add_row(&model->lp, mw, MZ_INFINITY);

            model->miss[t] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
            mz_model_pay_objective(
                model, model->miss[t], t, scenario->penalties.goal_usd_per_w * 1e6);
            mz_lp_add_entry(&model->lp, row, model->miss[t], 1);
            add_new_power(model, row, t);
            mz_model_add_limit(model,
                &(struct mz_limit){ .rule = MZ_RULE_GOAL,
                    .entity = -1,
                    .sub = -1,
                    .period = t,
                    .index = row,
                    .slack = model->miss[t],
                    .scale = 1,
                    .mark = &goal->mark });
        }
    }
}

/* --- (R12) ------------------------------------------------------------------------------- */

static void add_chip_supply(struct mz_model *model, int32_t index)
{
    const struct mz_chip_supply *supply = &model->scenario->limits.chip_supply[index];

    for (int32_t t = 1; t < model->period_count; t++) {
        double months = (model->periods[t - 1].month_count + model->periods[t].month_count) / 2;
        int32_t row;

        if (!mz_series_holds(&supply->chips_per_month, &model->periods[t]))
            continue;
        row = mz_lp_add_row(&model->lp, -MZ_INFINITY,
            mz_series_mean(&supply->chips_per_month, &model->periods[t]) * months / MZ_CHIP_UNIT);
        for (int32_t k = 0; k < model->pool_count; k++) {
            if (model->pools[k].chip != supply->chip)
                continue;
            mz_model_add_pool_delivered(model, row, k, t, 1);
            mz_model_add_pool_delivered(model, row, k, t - 1, -1);
        }
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_CHIP_SUPPLY,
                .entity = index,
                .sub = -1,
                .period = t,
                .is_upper = true,
                .index = row,
                .slack = -1,
                .scale = MZ_CHIP_UNIT,
                .mark = &supply->chips_per_month.mark });
    }
}

/* --- (R13) ------------------------------------------------------------------------------- */

static void add_energy_column(struct mz_model *model, int32_t site_index, int32_t i, int32_t t)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_site *site = &scenario->sites[site_index];
    const struct mz_energy_kind *kind = &site->energy_kinds[i];
    const struct mz_period *period = &model->periods[t];
    bool limited = mz_series_stated(&kind->max_mw);
    double most = limited ? mz_series_mean(&kind->max_mw, period) : MZ_INFINITY;
    double carbon =
        mz_series_mean(mz_series_stated(&kind->carbon_g_per_kwh) ? &kind->carbon_g_per_kwh
                                                                 : &site->carbon_g_per_kwh,
            period);
    double carbon_price = mz_series_mean(&scenario->limits.carbon_price_usd_per_t, period);
    int32_t column;

    if (period->month_begin < kind->from_month)
        return;
    column = mz_lp_add_column(&model->lp, 0, most, 0);
    model->sites[site_index].energy[mz_at(model, i, t)] = column;
    mz_model_pay(
        model, column, t, mz_series_mean(&kind->price_usd_per_mwh, period) * period->hours);
    mz_model_pay(model, column, t, carbon_price * carbon * period->hours * KWH_PER_MWH / 1e6);
    if (limited)
        mz_model_add_limit(model,
            &(struct mz_limit){ .rule = MZ_RULE_ENERGY,
                .entity = site_index,
                .sub = i,
                .period = t,
                .is_column = true,
                .is_upper = true,
                .index = column,
                .slack = -1,
                .scale = 1,
                .mark = kind->max_mw.mark.line ? &kind->max_mw.mark : &kind->mark });
}

/* sum over kinds of e = mean draw of what is delivered */
static void add_energy(struct mz_model *model, int32_t site_index)
{
    const struct mz_site *site = &model->scenario->sites[site_index];

    for (int32_t t = 0; t < model->period_count; t++) {
        int32_t row;

        if (!site_delivers(model, site_index, t))
            continue;
        row = mz_lp_add_row(&model->lp, 0, 0);
        add_site_power(model, row, site_index, t, -site->draw);
        for (int32_t i = 0; i < site->energy_kind_count; i++) {
            add_energy_column(model, site_index, i, t);
            if (model->sites[site_index].energy[mz_at(model, i, t)] >= 0)
                mz_lp_add_entry(
                    &model->lp, row, model->sites[site_index].energy[mz_at(model, i, t)], 1);
        }
    }
}

void mz_rules_power(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    size_t count = (size_t)model->period_count;

    model->sites =
        mz_arena_alloc(model->arena, (size_t)scenario->site_count, sizeof(*model->sites));
    for (int32_t i = 0; i < scenario->site_count; i++) {
        struct mz_site_columns *columns = &model->sites[i];

        columns->add = mz_model_indices(model, count);
        columns->arrival = mz_model_indices(model, count);
        columns->energy =
            mz_model_indices(model, count * (size_t)scenario->sites[i].energy_kind_count);
        columns->power_mw = mz_arena_alloc(model->arena, count, sizeof(double));
        if (scenario->sites[i].expand.present)
            add_expansion(model, i);
        add_power_rows(model, i);
        if (scenario->sites[i].energy_kind_count > 0)
            add_energy(model, i);
    }
    add_build_rows(model);
    for (int32_t i = 0; i < scenario->limits.chip_supply_count; i++)
        add_chip_supply(model, i);
}
