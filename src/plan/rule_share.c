/* rule_share.c - (R6) no partner above its share
 * The total of a measure in a period is a column of its own, so that the rows of the partners stay
 * as short as the partner's own pools. */
#include "plan/model.h"

#include <math.h>

/* factor * measure of one contract into a row; returns how many entries */
static int32_t add_contract_measure(struct mz_model *model, int32_t row, enum mz_share_measure of,
    int32_t g, int32_t t, double factor)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    const struct mz_period *period = &model->periods[t];
    int32_t added = 0;

    for (int32_t p = 0; p < contract->pool_count; p++) {
        int32_t column = model->contracts[g].dlv[mz_at(model, p, t)];
        struct mz_pool pool = contract->pools[p];
        const struct mz_site *site = &scenario->sites[pool.site];
        double kw = model->pool_kw[model->contract_pools[g][p]];
        double value = 1; /* chips: thousands */

        if (column < 0)
            continue;
        if (of == MZ_SHARE_POWER)
            value = kw;
        if (of == MZ_SHARE_SPEND)
            value = mz_model_price(model, g, pool.chip, t) * period->hours * MZ_CHIP_UNIT /
                MZ_MONEY_UNIT;
        if (of == MZ_SHARE_SPEND && contract->kind == MZ_CONTRACT_OWN &&
            site->energy_kind_count == 0)
            value += mz_series_mean(&site->energy_usd_per_mwh, period) * kw * site->draw *
                period->hours / MZ_MONEY_UNIT;
        mz_lp_add_entry(&model->lp, row, column, factor * value);
        added += value != 0;
    }
    return added;
}

/* Energy of kinds is paid by the partner of the site: own. */
static int32_t add_energy_measure(
    struct mz_model *model, int32_t row, int32_t partner, int32_t t, double factor)
{
    const struct mz_scenario *scenario = model->scenario;
    int32_t added = 0;

    for (int32_t i = 0; i < scenario->site_count; i++) {
        const struct mz_site *site = &scenario->sites[i];

        if (partner >= 0 && site->partner != partner)
            continue;
        for (int32_t kind = 0; kind < site->energy_kind_count; kind++) {
            int32_t column = model->sites[i].energy[mz_at(model, kind, t)];

            if (column < 0)
                continue;
            mz_lp_add_entry(&model->lp, row, column,
                factor *
                    mz_series_mean(
                        &site->energy_kinds[kind].price_usd_per_mwh, &model->periods[t]) *
                    model->periods[t].hours / MZ_MONEY_UNIT);
            added++;
        }
    }
    return added;
}

static int32_t add_measure(struct mz_model *model, int32_t row, enum mz_share_measure of,
    int32_t partner, int32_t t, double factor)
{
    int32_t added = 0;

    for (int32_t g = 0; g < model->scenario->contract_count; g++) {
        if (partner < 0 || model->scenario->contracts[g].partner == partner)
            added += add_contract_measure(model, row, of, g, t, factor);
    }
    if (of == MZ_SHARE_SPEND)
        added += add_energy_measure(model, row, partner, t, factor);
    return added;
}

/* What one unit of `over` costs: USD, MW for the hours of t in kWh, or thousand chips for them. */
static double over_usd(const struct mz_model *model, enum mz_share_measure of, int32_t t)
{
    double hours = model->periods[t].hours;
    double price = model->scenario->penalties.share_usd_per_unit;

    switch (of) {
    case MZ_SHARE_POWER: return price * hours * 1e3;
    case MZ_SHARE_SPEND: return price * MZ_MONEY_UNIT;
    case MZ_SHARE_CHIPS: return price * hours * MZ_CHIP_UNIT;
    }
    return 0;
}

static double over_scale(enum mz_share_measure of)
{
    switch (of) {
    case MZ_SHARE_POWER: return 1;
    case MZ_SHARE_SPEND: return MZ_MONEY_UNIT;
    case MZ_SHARE_CHIPS: return MZ_CHIP_UNIT;
    }
    return 1;
}

static int32_t total_column(
    struct mz_model *model, int32_t *totals, enum mz_share_measure of, int32_t t)
{
    int32_t *column = &totals[mz_at(model, (int32_t)of, t)];
    int32_t row;

    if (*column >= 0)
        return *column;
    *column = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    row = mz_lp_add_row(&model->lp, 0, 0);
    mz_lp_add_entry(&model->lp, row, *column, -1);
    add_measure(model, row, of, -1, t, 1);
    return *column;
}

static void add_share_row(
    struct mz_model *model, int32_t *totals, int32_t index, int32_t partner, int32_t t)
{
    const struct mz_share_limit *share = &model->scenario->limits.shares[index];
    int32_t total = total_column(model, totals, share->of, t);
    int32_t row = mz_lp_add_row(&model->lp, -MZ_INFINITY, 0);
    size_t at = mz_at(model, index * model->scenario->partner_count + partner, t);
    int32_t over;

    if (add_measure(model, row, share->of, partner, t, 1) == 0) {
        model->lp.row_count--; /* a partner that delivers nothing in t */
        return;
    }
    mz_lp_add_entry(&model->lp, row, total, -share->max);
    over = mz_lp_add_column(&model->lp, 0, model->options.strict ? 0 : MZ_INFINITY, 0);
    model->over[at] = over;
    mz_model_pay_objective(model, over, t, over_usd(model, share->of, t));
    mz_lp_add_entry(&model->lp, row, over, -1);
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_SHARE,
            .entity = index,
            .sub = partner,
            .period = t,
            .is_upper = true,
            .hard = true,
            .index = row,
            .slack = over,
            .scale = over_scale(share->of),
            .mark = &share->mark });
}

void mz_rules_share(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    const struct mz_limits *limits = &scenario->limits;
    int32_t *totals = mz_model_indices(model, 3 * (size_t)model->period_count);

    model->over = mz_model_indices(model,
        (size_t)limits->share_count * (size_t)scenario->partner_count *
            (size_t)model->period_count);
    for (int32_t i = 0; i < limits->share_count; i++) {
        const struct mz_share_limit *share = &limits->shares[i];

        for (int32_t p = 0; p < scenario->partner_count; p++) {
            if (share->partner >= 0 ? p != share->partner : scenario->partners[p].is_own)
                continue;
            for (int32_t t = 0; t < model->period_count; t++) {
                if (mz_model_in_window(model, t, share->from_month, share->to_month))
                    add_share_row(model, totals, i, p, t);
            }
        }
    }
}
