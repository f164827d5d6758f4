/* result_supply.c - sites and contracts of a result: power, energy, carbon, what was signed */
#include "plan/result_make.h"

#include <math.h>

/* --- sites ------------------------------------------------------------------------------- */

static void set_pool_delivered(struct mz_making *making)
{
    const struct mz_model *model = making->model;

    for (int32_t k = 0; k < model->pool_count; k++) {
        for (int32_t t = 0; t < model->period_count; t++) {
            double chips = 0;

            for (const struct mz_pool_member *m = model->pool_members[k]; m->contract >= 0; m++)
                chips += mz_making_value(
                             making, model->contracts[m->contract].dlv[mz_at(model, m->pool, t)]) *
                    MZ_CHIP_UNIT;
            making->pool_delivered[mz_at(model, k, t)] = chips;
            making->site_power_mw[mz_at(model, model->pools[k].site, t)] +=
                chips * model->pool_kw[k] / 1e3;
        }
    }
}

/* Energy and carbon of a site in a period: of its kinds, else of its draw. Rented sites pay no
 * energy: their price includes it. */
static void set_site_energy(struct mz_making *making, int32_t i, int32_t t)
{
    const struct mz_model *model = making->model;
    const struct mz_site *site = &model->scenario->sites[i];
    const struct mz_period *period = &model->periods[t];
    size_t at = mz_at(model, i, t);
    double draw_mwh = making->site_power_mw[at] * site->draw * period->hours;

    if (site->energy_kind_count == 0) {
        making->site_energy_usd[at] = draw_mwh * mz_series_mean(&site->energy_usd_per_mwh, period);
        making->site_carbon_t[at] =
            draw_mwh * mz_series_mean(&site->carbon_g_per_kwh, period) / 1e3;
        return;
    }
    for (int32_t n = 0; n < site->energy_kind_count; n++) {
        const struct mz_energy_kind *kind = &site->energy_kinds[n];
        double mwh =
            mz_making_value(making, model->sites[i].energy[mz_at(model, n, t)]) * period->hours;

        making->site_energy_usd[at] += mwh * mz_series_mean(&kind->price_usd_per_mwh, period);
        making->site_carbon_t[at] += mwh *
            mz_series_mean(mz_series_stated(&kind->carbon_g_per_kwh) ? &kind->carbon_g_per_kwh
                                                                     : &site->carbon_g_per_kwh,
                period) /
            1e3;
    }
}

/* `usd` in equal parts over lead months from period s, as the model pays it. */
static void spread_payments(
    const struct mz_model *model, double *row, int32_t s, int32_t lead_months, double usd)
{
    int32_t begin = model->periods[s].month_begin;

    if (lead_months == 0) {
        row[s] += usd;
        return;
    }
    for (int32_t t = s; t < model->period_count; t++)
        row[t] +=
            usd * mz_period_months_in(&model->periods[t], begin, begin + lead_months) / lead_months;
}

/* `usd` over the months of its life, for cost by chip-hour and by workload */
static void spread_life(
    const struct mz_model *model, double *row, int32_t arrival, int32_t life_months, double usd)
{
    int32_t begin = model->periods[arrival].month_begin;

    for (int32_t t = arrival; t < model->period_count; t++)
        row[t] +=
            usd * mz_period_months_in(&model->periods[t], begin, begin + life_months) / life_months;
}

static void make_site(struct mz_making *making, int32_t i, struct mz_site_result *ret_site)
{
    const struct mz_model *model = making->model;
    const struct mz_site *site = &model->scenario->sites[i];
    double *limit = mz_making_row(making);
    double *begun = mz_making_row(making);
    double *capex = mz_making_row(making);

    for (int32_t t = 0; t < model->period_count; t++) {
        limit[t] += model->sites[i].power_mw[t];
        set_site_energy(making, i, t);
    }
    for (int32_t s = 0; s < model->period_count; s++) {
        double mw = mz_making_value(making, model->sites[i].add[s]);
        int32_t arrival = model->sites[i].arrival[s];
        double usd = mw * mz_series_mean(&site->expand.capex_usd_per_mw, &model->periods[s]);

        begun[s] = mw;
        if (mw <= 0)
            continue;
        spread_payments(model, capex, s, site->expand.lead_months, usd);
        if (arrival < 0)
            continue;
        spread_life(model, &making->site_capex_spread_usd[mz_at(model, i, 0)], arrival,
            site->expand.life_months, usd);
        for (int32_t t = arrival; t < model->period_count; t++) {
            int32_t begin = model->periods[arrival].month_begin;

            limit[t] += mw *
                mz_period_share_in(&model->periods[t], begin, begin + site->expand.life_months);
        }
    }
    *ret_site = (struct mz_site_result){ i, &making->site_power_mw[mz_at(model, i, 0)], limit,
        begun, capex };
}

void mz_make_sites(struct mz_making *making)
{
    int32_t count = making->model->scenario->site_count;
    struct mz_site_result *sites = mz_arena_alloc(making->arena, (size_t)count, sizeof(*sites));

    set_pool_delivered(making);
    for (int32_t i = 0; i < count; i++)
        make_site(making, i, &sites[i]);
    making->result->sites = sites;
    making->result->site_count = count;
}

/* --- contracts --------------------------------------------------------------------------- */

struct contract_rows {
    double *pool_chips;
    double *chips;
    double *spend;
    double *capex;
    double *capex_spread;
    double *energy;
    double *carbon;
    double *shorts;
    double *power;
};

/* The contract's part of the energy and carbon of its sites, by power. */
static void add_delivered_money(struct mz_making *making, int32_t g, struct contract_rows *rows)
{
    const struct mz_model *model = making->model;
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];

    for (int32_t p = 0; p < contract->pool_count; p++) {
        int32_t k = model->contract_pools[g][p];

        for (int32_t t = 0; t < model->period_count; t++) {
            size_t site_at = mz_at(model, contract->pools[p].site, t);
            double chips =
                mz_making_value(making, model->contracts[g].dlv[mz_at(model, p, t)]) * MZ_CHIP_UNIT;
            double mw = chips * model->pool_kw[k] / 1e3;
            double part =
                making->site_power_mw[site_at] > 0 ? mw / making->site_power_mw[site_at] : 0;
            double carbon_price =
                mz_series_mean(&scenario->limits.carbon_price_usd_per_t, &model->periods[t]);

            rows->pool_chips[mz_at(model, p, t)] = chips;
            rows->chips[t] += chips;
            rows->power[t] += mw;
            rows->spend[t] += chips * model->periods[t].hours *
                mz_model_price(model, g, contract->pools[p].chip, t);
            if (contract->kind == MZ_CONTRACT_OWN) {
                rows->energy[t] += part * making->site_energy_usd[site_at];
                rows->capex_spread[t] += part * making->site_capex_spread_usd[site_at];
            }
            rows->carbon[t] += part * making->site_carbon_t[site_at] * carbon_price;
        }
    }
}

static double signed_chips(struct mz_making *making, int32_t g, int32_t s)
{
    const struct mz_model *model = making->model;
    const struct mz_contract_columns *columns = &model->contracts[g];
    double chips = 0;

    for (int32_t p = 0; p < model->scenario->contracts[g].pool_count; p++)
        chips += mz_making_value(making, columns->new_chips[mz_at(model, p, s)]) * MZ_CHIP_UNIT;
    if (mz_making_value(making, columns->sign[s]) > 0.5)
        chips += columns->cap[columns->arrival[s]];
    return chips;
}

static void add_signings(struct mz_making *making, int32_t g, struct contract_rows *rows,
    struct mz_contract_result *result)
{
    const struct mz_model *model = making->model;
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    struct mz_signing *signings =
        mz_arena_alloc(making->arena, (size_t)model->period_count, sizeof(*signings));

    for (int32_t s = 0; s < model->period_count; s++) {
        double chips = signed_chips(making, g, s);
        double usd = chips * mz_series_mean(&contract->capex_usd_per_chip, &model->periods[s]);

        if (chips <= 0)
            continue;
        signings[result->signing_count++] = (struct mz_signing){ s, columns->arrival[s], chips };
        if (contract->kind != MZ_CONTRACT_OWN)
            continue;
        spread_payments(model, rows->capex, s, contract->lead_months, usd);
        if (columns->arrival[s] >= 0)
            spread_life(model, rows->capex_spread, columns->arrival[s], contract->term_months, usd);
    }
    result->signings = signings;
}

static int32_t first_used(const struct mz_model *model, const double *chips)
{
    for (int32_t t = 0; t < model->period_count; t++) {
        if (chips[t] > 0)
            return t;
    }
    return -1;
}

static void set_decision(const struct mz_model *model, struct mz_contract_result *result)
{
    const struct mz_contract *contract = &model->scenario->contracts[result->contract];
    int32_t first = first_used(model, result->chips);

    result->decide_by_month = -1;
    switch (contract->kind) {
    case MZ_CONTRACT_COMMITTED: result->decision = MZ_DECISION_HELD; return;
    case MZ_CONTRACT_ON_DEMAND:
        result->decision = first >= 0 ? MZ_DECISION_BUY : MZ_DECISION_UNUSED;
        if (first >= 0)
            result->decide_by_month = model->periods[first].month_begin;
        return;
    case MZ_CONTRACT_OPTION:
    case MZ_CONTRACT_OWN: break;
    }
    if (result->signing_count == 0) {
        result->decision = MZ_DECISION_UNUSED;
        if (contract->sign_to_month < model->periods[model->period_count - 1].month_end)
            result->decide_by_month = contract->sign_to_month;
        return;
    }
    result->decision = contract->kind == MZ_CONTRACT_OWN ? MZ_DECISION_BUILD : MZ_DECISION_SIGN;
    result->decide_by_month = model->periods[result->signings[0].period].month_begin;
    if (result->signings[0].arrival_period >= 0) {
        int32_t latest =
            model->periods[result->signings[0].arrival_period].month_begin - contract->lead_months;

        if (latest > contract->sign_to_month)
            latest = contract->sign_to_month;
        if (latest > result->decide_by_month)
            result->decide_by_month = latest;
    }
}

static void sum_contract(const struct mz_making *making, const struct contract_rows *rows,
    struct mz_contract_result *result)
{
    double spread = 0;

    for (int32_t t = 0; t < making->model->period_count; t++) {
        result->spend_total_usd += rows->spend[t];
        result->short_total_usd += rows->shorts[t];
        result->total_usd +=
            rows->spend[t] + rows->capex[t] + rows->energy[t] + rows->carbon[t] + rows->shorts[t];
        spread += rows->spend[t] + rows->capex_spread[t] + rows->energy[t] + rows->carbon[t] +
            rows->shorts[t];
        result->peak_power_mw = fmax(result->peak_power_mw, rows->power[t]);
        result->chip_hours += rows->chips[t] * making->model->periods[t].hours;
    }
    result->usd_per_chip_hour = result->chip_hours > 0 ? spread / result->chip_hours : NAN;
}

/* What a contract's pools cost in t goes to the pools by chips. What is paid for chips that were not
 * taken is nobody's work. */
static void add_pool_costs(struct mz_making *making, int32_t g, const struct contract_rows *rows)
{
    const struct mz_model *model = making->model;

    for (int32_t t = 0; t < model->period_count; t++) {
        double usd = rows->spend[t] + rows->capex_spread[t] + rows->energy[t] + rows->carbon[t];

        for (int32_t p = 0; p < model->scenario->contracts[g].pool_count; p++) {
            if (rows->chips[t] > 0)
                making->pool_cost_usd[mz_at(model, model->contract_pools[g][p], t)] +=
                    usd * rows->pool_chips[mz_at(model, p, t)] / rows->chips[t];
        }
    }
}

static void make_contract(struct mz_making *making, int32_t g, struct mz_contract_result *result)
{
    const struct mz_model *model = making->model;
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    struct contract_rows rows = {
        mz_arena_alloc(making->arena, (size_t)contract->pool_count * (size_t)model->period_count,
            sizeof(double)),
        mz_making_row(making), mz_making_row(making), mz_making_row(making), mz_making_row(making),
        mz_making_row(making), mz_making_row(making), mz_making_row(making), mz_making_row(making)
    };

    *result = (struct mz_contract_result){ .contract = g,
        .commit_usd = contract->commit_usd,
        .pool_chips = rows.pool_chips,
        .chips = rows.chips,
        .capacity = columns->cap,
        .spend_usd = rows.spend,
        .capex_usd = rows.capex,
        .energy_usd = rows.energy,
        .carbon_usd = rows.carbon,
        .short_usd = rows.shorts,
        .power_mw = rows.power,
        .used_fraction = NAN,
        .reservation_usd_per_chip_hour = NAN };
    add_delivered_money(making, g, &rows);
    add_signings(making, g, &rows, result);
    for (int32_t j = 0; j < columns->short_count; j++) {
        rows.shorts[columns->short_period[j]] +=
            mz_making_value(making, columns->shorts[j]) * MZ_MONEY_UNIT;
        result->due_usd += columns->short_due[j] * MZ_MONEY_UNIT;
    }
    set_decision(model, result);
    sum_contract(making, &rows, result);
    add_pool_costs(making, g, &rows);
}

void mz_make_contracts(struct mz_making *making)
{
    int32_t count = making->model->scenario->contract_count;
    making->contracts = mz_arena_alloc(making->arena, (size_t)count, sizeof(*making->contracts));
    for (int32_t g = 0; g < count; g++)
        make_contract(making, g, &making->contracts[g]);
    making->result->contracts = making->contracts;
    making->result->contract_count = count;
}
