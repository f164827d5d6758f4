/* rule_signing.c - (R1) columns of what is signed and built, (R10) right of first refusal
 * `live` is the hour share of a period in [arrival, arrival + term). What was signed falls with the
 * offer: the product of `fall` behind the arrival period.
 * Under --stress the decisions are given: their columns are fixed, and what cannot be delivered
 * (no power yet, no offer any more) may stay undelivered instead of making the plan impossible. Its
 * chip-hours are counted in one row, which plan.c holds at the least that is possible: nobody may
 * save money by leaving idle what was signed. */
#include "plan/model.h"

#include <math.h>

static bool is_signed_kind(const struct mz_contract *contract)
{
    return contract->kind == MZ_CONTRACT_OPTION || contract->kind == MZ_CONTRACT_OWN;
}

static double live_share(const struct mz_model *model, int32_t arrival, int32_t months, int32_t t)
{
    int32_t begin = model->periods[arrival].month_begin;
    int32_t end = months >= MZ_MONTH_NEVER ? MZ_MONTH_NEVER * 2 : begin + months;

    return mz_period_share_in(&model->periods[t], begin, end);
}

/* Is anything of a signing in s delivered in a period in which the pool cannot deliver? */
static bool delivers_before_possible(
    const struct mz_model *model, int32_t g, int32_t p, int32_t arrival)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    double kept = 1;

    for (int32_t t = arrival; t < model->period_count; t++) {
        if (t > arrival)
            kept *= columns->fall[t];
        if (kept * live_share(model, arrival, contract->term_months, t) > 0 &&
            columns->dlv[mz_at(model, p, t)] < 0)
            return true;
    }
    return false;
}

static void pay_capex(struct mz_model *model, int32_t column, int32_t g, int32_t s, int32_t arrival)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    double usd = mz_series_mean(&contract->capex_usd_per_chip, &model->periods[s]) * MZ_CHIP_UNIT;
    int32_t horizon_end = model->periods[model->period_count - 1].month_end;

    mz_model_pay_capex(model, column, s, contract->lead_months, usd);
    if (arrival >= 0) {
        int32_t behind = model->periods[arrival].month_begin + contract->term_months - horizon_end;

        if (behind > 0)
            model->lp.cost[column] -=
                model->discount_end * usd * behind / contract->term_months / MZ_MONEY_UNIT;
    }
}

static void add_partial_columns(struct mz_model *model, int32_t g, int32_t p)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];
    const struct mz_scenario *scenario = model->scenario;

    for (int32_t s = 0; s < model->period_count; s++) {
        double lower = 0;
        double upper = MZ_INFINITY;
        int32_t column;

        if (model->options.decisions) {
            struct mz_decided wanted = { MZ_DECIDED_NEW, contract->name,
                scenario->sites[contract->pools[p].site].name,
                scenario->chips[contract->pools[p].chip].name, model->periods[s].month_begin, 0 };

            lower = upper = mz_model_decided(model, &wanted);
            if (lower <= 0)
                continue;
        } else if (columns->arrival[s] < 0 ||
            !mz_model_in_window(model, s, contract->sign_from_month, contract->sign_to_month) ||
            delivers_before_possible(model, g, p, columns->arrival[s])) {
            continue;
        }
        column = mz_lp_add_column(&model->lp, lower, upper, 0);
        columns->new_chips[mz_at(model, p, s)] = column;
        if (contract->kind == MZ_CONTRACT_OWN)
            pay_capex(model, column, g, s, columns->arrival[s]);
    }
}

/* Chips of t that were decided and are not delivered: a column of the row, none without decisions. */
static void add_undelivered(struct mz_model *model, int32_t row, int32_t t)
{
    int32_t column;

    if (!model->options.decisions)
        return;
    column = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    mz_lp_add_entry(&model->lp, row, column, 1);
    mz_lp_add_entry(&model->lp, model->undelivered_row, column, model->periods[t].hours / 1e3);
    model->undelivered = mz_arena_grow(model->arena, model->undelivered, model->undelivered_count,
        model->undelivered_count + 1, &model->undelivered_capacity, sizeof(*model->undelivered));
    model->undelivered[model->undelivered_count++] = column;
}

/* dlv[k,t] = sum over s of live * kept * new[k,s] */
static void add_partial_rows(struct mz_model *model, int32_t g, int32_t p)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    int32_t *rows = mz_model_indices(model, (size_t)model->period_count);

    for (int32_t t = 0; t < model->period_count; t++) {
        if (columns->dlv[mz_at(model, p, t)] < 0)
            continue;
        rows[t] = mz_lp_add_row(&model->lp, 0, 0);
        mz_lp_add_entry(&model->lp, rows[t], columns->dlv[mz_at(model, p, t)], 1);
        add_undelivered(model, rows[t], t);
    }
    for (int32_t s = 0; s < model->period_count; s++) {
        int32_t arrival = columns->arrival[s];
        double kept = 1;

        if (columns->new_chips[mz_at(model, p, s)] < 0 || arrival < 0)
            continue;
        for (int32_t t = arrival; t < model->period_count; t++) {
            if (t > arrival)
                kept *= columns->fall[t];
            if (rows[t] >= 0)
                mz_lp_add_entry(&model->lp, rows[t], columns->new_chips[mz_at(model, p, s)],
                    -kept * live_share(model, arrival, contract->term_months, t));
        }
    }
}

static bool whole_is_possible(const struct mz_model *model, int32_t g, int32_t arrival)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];

    for (int32_t t = arrival; t < model->period_count; t++) {
        bool any = false;

        for (int32_t p = 0; p < contract->pool_count; p++)
            any = any || columns->dlv[mz_at(model, p, t)] >= 0;
        if (!any && columns->cap[t] > 0 && live_share(model, arrival, contract->term_months, t) > 0)
            return false;
    }
    return true;
}

static void add_whole_columns(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];
    int32_t once = mz_lp_add_row(&model->lp, -MZ_INFINITY, 1);

    for (int32_t s = 0; s < model->period_count; s++) {
        double lower = 0;
        double upper = 1;

        if (columns->arrival[s] < 0)
            continue;
        if (model->options.decisions) {
            struct mz_decided wanted = { MZ_DECIDED_SIGN, contract->name, NULL, NULL,
                model->periods[s].month_begin, 0 };

            lower = upper = mz_model_decided(model, &wanted);
            if (lower <= 0)
                continue;
        } else if (!mz_model_in_window(
                       model, s, contract->sign_from_month, contract->sign_to_month) ||
            !whole_is_possible(model, g, columns->arrival[s])) {
            continue;
        }
        columns->sign[s] = mz_lp_add_integer(&model->lp, lower, upper, 0);
        mz_lp_add_entry(&model->lp, once, columns->sign[s], 1);
    }
}

/* sum dlv = cap * sum live * sign, and dlv never falls but with the offer and the end of a term */
static void add_whole_rows(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    bool decided_already = model->options.decisions != NULL;

    for (int32_t t = 0; t < model->period_count; t++) {
        double cap = columns->cap[t] / MZ_CHIP_UNIT;
        int32_t row;

        if (cap <= 0)
            continue;
        row = mz_lp_add_row(&model->lp, 0, 0);
        add_undelivered(model, row, t);
        for (int32_t p = 0; p < contract->pool_count; p++) {
            if (columns->dlv[mz_at(model, p, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->dlv[mz_at(model, p, t)], 1);
        }
        for (int32_t s = 0; s < model->period_count; s++) {
            if (columns->sign[s] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->sign[s],
                    -cap * live_share(model, columns->arrival[s], contract->term_months, t));
        }
    }
    for (int32_t p = 0; p < contract->pool_count && !decided_already; p++) {
        for (int32_t t = 1; t < model->period_count; t++) {
            int32_t now = columns->dlv[mz_at(model, p, t)];
            int32_t last = columns->dlv[mz_at(model, p, t - 1)];
            double cap_last = columns->cap[t - 1] / MZ_CHIP_UNIT;
            int32_t row;

            if (last < 0 || (now < 0 && columns->fall[t] <= 0))
                continue;
            row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY);
            if (now >= 0)
                mz_lp_add_entry(&model->lp, row, now, 1);
            mz_lp_add_entry(&model->lp, row, last, -columns->fall[t]);
            for (int32_t s = 0; s < model->period_count; s++) {
                double ended;

                if (columns->sign[s] < 0)
                    continue;
                ended = live_share(model, columns->arrival[s], contract->term_months, t - 1) -
                    live_share(model, columns->arrival[s], contract->term_months, t);
                mz_lp_add_entry(&model->lp, row, columns->sign[s], cap_last * fmax(0, ended));
            }
        }
    }
}

static void add_signed(struct mz_model *model, int32_t g)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];
    size_t count = (size_t)model->period_count;

    columns->arrival = mz_model_indices(model, count);
    columns->sign = mz_model_indices(model, count);
    columns->new_chips = mz_model_indices(model, (size_t)contract->pool_count * count);
    if (!is_signed_kind(contract))
        return;
    for (int32_t s = 0; s < model->period_count; s++)
        columns->arrival[s] =
            mz_model_first_period_at(model, model->periods[s].month_begin + contract->lead_months);
    if (contract->whole) {
        add_whole_columns(model, g);
        add_whole_rows(model, g);
        return;
    }
    for (int32_t p = 0; p < contract->pool_count; p++) {
        add_partial_columns(model, g, p);
        add_partial_rows(model, g, p);
    }
}

/* --- (R10) ------------------------------------------------------------------------------- */

/* Does what the holder offers in t take part in `full`, and with which row? */
static void add_full_rows_of(struct mz_model *model, int32_t g, int32_t t, int32_t full)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    double wanted = 0;
    int32_t row;

    if (contract->kind == MZ_CONTRACT_COMMITTED || contract->kind == MZ_CONTRACT_ON_DEMAND) {
        if (!mz_series_stated(&contract->capacity_chips) || columns->cap[t] <= 0)
            return;
        row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY); /* sum dlv >= cap * full */
        for (int32_t p = 0; p < contract->pool_count; p++) {
            if (columns->dlv[mz_at(model, p, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->dlv[mz_at(model, p, t)], 1);
        }
        mz_lp_add_entry(&model->lp, row, full, -columns->cap[t] / MZ_CHIP_UNIT);
        return;
    }
    if (contract->kind != MZ_CONTRACT_OPTION ||
        !mz_model_in_window(model, t, contract->sign_from_month, contract->sign_to_month))
        return;
    row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY);
    for (int32_t s = 0; s <= t; s++) {
        if (columns->sign[s] >= 0)
            mz_lp_add_entry(&model->lp, row, columns->sign[s], 1);
        for (int32_t p = 0; p < contract->pool_count; p++) {
            if (columns->new_chips[mz_at(model, p, s)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->new_chips[mz_at(model, p, s)], 1);
        }
    }
    for (int32_t i = 0; i < model->period_count; i++)
        wanted = fmax(wanted, columns->cap[i] / MZ_CHIP_UNIT);
    mz_lp_add_entry(&model->lp, row, full, contract->whole ? -1 : -wanted);
}

/* A valid bound on what a contract can hold, thousand chips: its own capacity, else the power of
 * its sites, else the chips that all work of the scenario could use. */
static double most_chips(const struct mz_model *model, int32_t g)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    double by_capacity = 0;
    double by_power = 0;

    for (int32_t t = 0; t < model->period_count; t++)
        by_capacity = fmax(by_capacity, model->contracts[g].cap[t]);
    for (int32_t p = 0; p < contract->pool_count; p++) {
        const struct mz_site *site = &scenario->sites[contract->pools[p].site];
        double most_mw = site->expand.present ? site->expand.max_mw : 0;

        if (!mz_series_stated(&site->power_mw))
            by_power = HUGE_VAL;
        for (int32_t t = 0; t < model->period_count; t++)
            most_mw = fmax(most_mw,
                mz_series_mean(&site->power_mw, &model->periods[t]) +
                    (site->expand.present ? site->expand.max_mw : 0));
        by_power += most_mw / fmax(1e-6, model->pool_kw[model->contract_pools[g][p]]) * 1e3;
    }
    if (isfinite(fmin(by_capacity, by_power)))
        return fmin(by_capacity, by_power) / MZ_CHIP_UNIT;
    return 1e5; /* a hundred million chips */
}

/* What is signed in t is delivered in this share of its arrival period: a term that ends within it
 * lets more be signed than is ever delivered. */
static double least_live(const struct mz_model *model, int32_t g, int32_t t)
{
    int32_t arrival = model->contracts[g].arrival[t];

    return arrival < 0
        ? 1
        : live_share(model, arrival, model->scenario->contracts[g].term_months, arrival);
}

static void add_rofr(struct mz_model *model, int32_t g, int32_t t, int32_t full)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_contract_columns *columns = &model->contracts[g];
    double big = contract->whole ? 1 : most_chips(model, g) / least_live(model, g, t);
    int32_t row = mz_lp_add_row(&model->lp, -MZ_INFINITY, 0);

    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_ROFR,
            .entity = g,
            .sub = contract->rofr.holder,
            .period = t,
            .is_upper = true,
            .index = row,
            .slack = -1,
            .scale = contract->whole ? 1 : MZ_CHIP_UNIT,
            .mark = &contract->rofr.mark });
    mz_lp_add_entry(&model->lp, row, full, -big);
    if (columns->sign[t] >= 0)
        mz_lp_add_entry(&model->lp, row, columns->sign[t], 1);
    for (int32_t p = 0; p < contract->pool_count; p++) {
        if (contract->kind == MZ_CONTRACT_ON_DEMAND) {
            int32_t last = t > 0 ? columns->dlv[mz_at(model, p, t - 1)] : -1;

            if (columns->dlv[mz_at(model, p, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->dlv[mz_at(model, p, t)], 1);
            if (last >= 0)
                mz_lp_add_entry(&model->lp, row, last, -1);
        } else if (columns->new_chips[mz_at(model, p, t)] >= 0) {
            mz_lp_add_entry(&model->lp, row, columns->new_chips[mz_at(model, p, t)], 1);
        }
    }
}

static bool under_rofr(const struct mz_model *model, int32_t g, int32_t t)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];

    if (model->options.decisions && contract->kind != MZ_CONTRACT_ON_DEMAND)
        return false; /* what is decided is not asked again */
    return contract->rofr.holder >= 0 && contract->rofr.holder != contract->partner &&
        contract->kind != MZ_CONTRACT_COMMITTED &&
        model->periods[t].month_begin < contract->rofr.until_month;
}

static void add_rofr_rows(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    size_t count = (size_t)scenario->partner_count * (size_t)model->period_count;
    int32_t *full = mz_model_indices(model, count);

    for (int32_t g = 0; g < scenario->contract_count; g++) {
        for (int32_t t = 0; t < model->period_count; t++) {
            int32_t *column;

            if (!under_rofr(model, g, t))
                continue;
            column = &full[mz_at(model, scenario->contracts[g].rofr.holder, t)];
            if (*column < 0) {
                *column = mz_lp_add_integer(&model->lp, 0, 1, 0);
                for (int32_t h = 0; h < scenario->contract_count; h++) {
                    if (scenario->contracts[h].partner == scenario->contracts[g].rofr.holder)
                        add_full_rows_of(model, h, t, *column);
                }
            }
            add_rofr(model, g, t, *column);
        }
    }
}

void mz_rules_signing(struct mz_model *model)
{
    for (int32_t g = 0; g < model->scenario->contract_count; g++)
        add_signed(model, g);
    add_rofr_rows(model);
}
