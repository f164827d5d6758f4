/* rule_loss.c - (R8) critical work after the loss of a partner
 * With one critical workload the chips that are left all go to it, so the columns xl are
 * not needed: what is left in t is a total less the lost partner's part, and the row is short.
 * With several the columns xl say who gets what. Both give the same optimum. */
#include "plan/model.h"

#include <math.h>

enum { SECONDS_PER_DAY = 86400 };

static double tokens_per_unit(const struct mz_model *model, int32_t w, int32_t k, int32_t t)
{
    return mz_model_throughput(model, w, k, t) * SECONDS_PER_DAY * MZ_CHIP_UNIT /
        model->workloads[w].unit_tokens;
}

static double critical_demand(const struct mz_model *model, int32_t w, int32_t t)
{
    return model->scenario->limits.critical_share *
        mz_series_mean(&model->scenario->workloads[w].demand_tokens_per_day, &model->periods[t]) /
        model->workloads[w].unit_tokens;
}

static bool is_lost(const struct mz_model *model, int32_t k, int32_t partner)
{
    return model->scenario->sites[model->pools[k].site].partner == partner;
}

/* The row "served + n1 >= critical demand" with its slack; the caller adds what serves. */
static int32_t add_critical_row(struct mz_model *model, int32_t w, int32_t p, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    double price =
        mz_model_usd_per_mtok(model, w, t, model->scenario->penalties.n1_usd_per_chip_hour);
    double mtok = model->workloads[w].unit_tokens / 1e6 * model->periods[t].hours / 24;
    int32_t row = mz_lp_add_row(&model->lp, critical_demand(model, w, t), MZ_INFINITY);
    int32_t slack = mz_lp_add_column(&model->lp, 0, model->options.strict ? 0 : MZ_INFINITY, 0);

    model->n1[mz_at(model, w * model->scenario->partner_count + p, t)] = slack;
    mz_model_pay_objective(model, slack, t, price * mtok);
    mz_lp_add_entry(&model->lp, row, slack, 1);
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_SURVIVE,
            .entity = w,
            .sub = p,
            .period = t,
            .hard = true,
            .index = row,
            .slack = slack,
            .scale = model->workloads[w].unit_tokens,
            .mark = model->scenario->limits.survive_mark.line
                ? &model->scenario->limits.survive_mark
                : &workload->mark });
    return row;
}

static void add_available(
    struct mz_model *model, int32_t row, int32_t w, int32_t partner, int32_t t, double factor)
{
    for (int32_t k = 0; k < model->pool_count; k++) {
        const struct mz_site *site = &model->scenario->sites[model->pools[k].site];
        double tokens = tokens_per_unit(model, w, k, t);

        if ((partner < 0 || is_lost(model, k, partner)) && tokens > 0)
            mz_model_add_pool_delivered(model, row, k, t, factor * site->availability * tokens);
    }
}

/* One critical workload: total_t - part of p + n1 >= demand */
static void add_single(struct mz_model *model, int32_t w, int32_t p, int32_t t)
{
    int32_t row;

    if (critical_demand(model, w, t) <= 0)
        return;
    if (model->loss_total[t] < 0) {
        model->loss_total[t] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
        row = mz_lp_add_row(&model->lp, 0, 0);
        mz_lp_add_entry(&model->lp, row, model->loss_total[t], -1);
        add_available(model, row, w, -1, t, 1);
    }
    row = add_critical_row(model, w, p, t);
    mz_lp_add_entry(&model->lp, row, model->loss_total[t], 1);
    add_available(model, row, w, p, t, -1);
}

/* Several: xl[w,k] on pools that are left, sum over w of xl <= availability * delivered */
static void add_several(struct mz_model *model, int32_t p, int32_t t)
{
    const struct mz_scenario *scenario = model->scenario;
    int32_t *rows = mz_model_indices(model, (size_t)scenario->workload_count);

    for (int32_t w = 0; w < scenario->workload_count; w++) {
        if (scenario->workloads[w].critical && critical_demand(model, w, t) > 0)
            rows[w] = add_critical_row(model, w, p, t);
    }
    for (int32_t k = 0; k < model->pool_count; k++) {
        int32_t use = -1;

        if (is_lost(model, k, p) || !mz_model_pool_has_delivered(model, k, t))
            continue;
        for (int32_t w = 0; w < scenario->workload_count; w++) {
            double tokens = rows[w] >= 0 ? tokens_per_unit(model, w, k, t) : 0;
            int32_t xl;

            if (tokens <= 0)
                continue;
            if (use < 0)
                use = mz_lp_add_row(&model->lp, -MZ_INFINITY, 0);
            xl = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
            mz_lp_add_entry(&model->lp, use, xl, 1);
            mz_lp_add_entry(&model->lp, rows[w], xl, tokens);
        }
        if (use >= 0)
            mz_model_add_pool_delivered(
                model, use, k, t, -scenario->sites[model->pools[k].site].availability);
    }
}

void mz_rules_loss(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    int32_t critical_count = 0;
    int32_t critical = -1;

    model->n1 = mz_model_indices(model,
        (size_t)scenario->workload_count * (size_t)scenario->partner_count *
            (size_t)model->period_count);
    model->loss_total = mz_model_indices(model, (size_t)model->period_count);
    for (int32_t w = 0; w < scenario->workload_count; w++) {
        if (scenario->workloads[w].critical) {
            critical_count++;
            critical = w;
        }
    }
    for (int32_t p = 0; p < scenario->partner_count && critical_count > 0; p++) {
        if (!(scenario->limits.survive_mask & (UINT64_C(1) << p)))
            continue;
        for (int32_t t = 0; t < model->period_count; t++) {
            if (model->periods[t].month_begin < scenario->limits.survive_from_month)
                continue;
            if (critical_count == 1)
                add_single(model, critical, p, t);
            else
                add_several(model, p, t);
        }
    }
}
