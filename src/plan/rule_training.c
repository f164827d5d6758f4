/* rule_training.c - (R4) training runs
 * A run may work in its window and, late, in the 12 months behind it. Its tokens are counted in
 * the workload's unit; `late` is a share of the tokens. A run whose window lies outside the horizon
 * asks for nothing. */
#include "plan/model.h"

#include <math.h>

enum { LATE_MONTHS = 12 };

static double window_share_in_horizon(const struct mz_model *model, int32_t w)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    double inside = 0;
    double all = 0;

    for (int32_t m = workload->window_from_month; m < workload->window_end_month; m++) {
        all += mz_month_hours(m);
        if (mz_model_period_of(model, m) >= 0)
            inside += mz_month_hours(m);
    }
    return inside == all ? 1 : inside / all;
}

static double late_usd_per_month(const struct mz_model *model, int32_t w)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    double usd_per_mtok;

    if (workload->late_stated)
        return workload->late_usd_per_month;
    usd_per_mtok = mz_model_unserved_usd_per_mtok(model, w, model->workloads[w].last_period);
    return 0.05 * usd_per_mtok * model->workloads[w].tokens / 1e6;
}

/* sum over pools (at one site, or at all when site < 0) of x, as entries of a row */
static int32_t add_chips(struct mz_model *model, int32_t row, int32_t w, int32_t site, int32_t t)
{
    int32_t added = 0;

    for (int32_t k = 0; k < model->pool_count; k++) {
        int32_t x = model->workloads[w].x[mz_at(model, k, t)];

        if (x < 0 || (site >= 0 && model->pools[k].site != site))
            continue;
        mz_lp_add_entry(&model->lp, row, x, 1);
        added++;
    }
    return added;
}

/* work_t <= what the assigned chips do */
static void add_work(struct mz_model *model, int32_t w, int32_t t, int32_t total_row)
{
    struct mz_workload_columns *columns = &model->workloads[w];
    int32_t row;

    columns->work[t] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    mz_lp_add_entry(&model->lp, total_row, columns->work[t], 1);
    row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY);
    mz_lp_add_entry(&model->lp, row, columns->work[t], -1);
    for (int32_t k = 0; k < model->pool_count; k++) {
        int32_t x = columns->x[mz_at(model, k, t)];

        if (x >= 0)
            mz_lp_add_entry(&model->lp, row, x,
                3600 * model->periods[t].hours * mz_model_throughput(model, w, k, t) *
                    MZ_CHIP_UNIT / columns->unit_tokens);
    }
}

/* phi * min * run <= chips <= phi * max * run */
static void add_chip_bounds(struct mz_model *model, int32_t w, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    double most = columns->phi[t] * workload->chips_max / MZ_CHIP_UNIT;
    double least = columns->phi[t] * workload->chips_min / MZ_CHIP_UNIT;
    bool has_run = workload->chips_min > 0;
    int32_t row;

    if (workload->chips_max <= 0)
        return;
    row = mz_lp_add_row(&model->lp, -MZ_INFINITY, has_run ? 0 : most);
    add_chips(model, row, w, -1, t);
    if (has_run) {
        columns->run[t] = mz_lp_add_integer(&model->lp, 0, 1, 0);
        mz_lp_add_entry(&model->lp, row, columns->run[t], -most);
    }
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_CHIPS_MAX,
            .entity = w,
            .sub = -1,
            .period = t,
            .is_upper = true,
            .index = row,
            .slack = -1,
            .scale = MZ_CHIP_UNIT,
            .mark = &workload->mark });
    if (has_run) {
        row = mz_lp_add_row(&model->lp, 0, MZ_INFINITY);
        add_chips(model, row, w, -1, t);
        mz_lp_add_entry(&model->lp, row, columns->run[t], -least);
    }
}

/* The most chips that a site can have available for a run in t, thousands: by the power of the site
 * and by what its contracts offer. It does not change what is possible, but a bound of `phi * max`
 * on a site that can hold a tenth of it makes the relaxation think that a tenth of a run is one. */
static double most_at_site(const struct mz_model *model, int32_t w, int32_t site_index, int32_t t)
{
    const struct mz_site *site = &model->scenario->sites[site_index];
    double least_kw = HUGE_VAL;
    double offered = 0;
    double powered =
        model->sites[site_index].power_mw[t] + (site->expand.present ? site->expand.max_mw : 0);

    for (int32_t k = 0; k < model->pool_count; k++) {
        if (model->pools[k].site != site_index || model->workloads[w].x[mz_at(model, k, t)] < 0)
            continue;
        least_kw = fmin(least_kw, model->pool_kw[k]);
        for (const struct mz_pool_member *m = model->pool_members[k]; m->contract >= 0; m++)
            offered += model->contracts[m->contract].cap[t];
    }
    return site->availability *
        fmin(offered / MZ_CHIP_UNIT, least_kw > 0 ? powered / least_kw : HUGE_VAL);
}

/* Chips at a site <= bound * z. A site that cannot hold the least chips of the run holds none. */
static void add_site_row(struct mz_model *model, int32_t w, int32_t site, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    double bound = columns->phi[t] * workload->chips_max / MZ_CHIP_UNIT;
    double most = model->options.decisions ? HUGE_VAL : most_at_site(model, w, site, t);
    int32_t row = mz_lp_add_row(&model->lp, -MZ_INFINITY, 0);

    if (add_chips(model, row, w, site, t) == 0) {
        model->lp.row_count--; /* nothing can run there: no row */
        return;
    }
    if (most * (1 + 1e-9) < columns->phi[t] * workload->chips_min / MZ_CHIP_UNIT)
        return;
    if (columns->z[site] < 0)
        columns->z[site] = mz_lp_add_integer(&model->lp, 0, 1, 0);
    mz_lp_add_entry(&model->lp, row, columns->z[site], -fmin(bound, most));
}

/* One site for the whole run: sum z = 1. */
static void add_one_site(struct mz_model *model, int32_t w)
{
    struct mz_workload_columns *columns = &model->workloads[w];
    int32_t one = -1;

    for (int32_t site = 0; site < model->scenario->site_count; site++) {
        for (int32_t t = 0; t < model->period_count; t++)
            add_site_row(model, w, site, t);
        if (columns->z[site] < 0)
            continue;
        if (one < 0)
            one = mz_lp_add_row(&model->lp, 1, 1);
        mz_lp_add_entry(&model->lp, one, columns->z[site], 1);
    }
}

/* tokens * late_t + work before t + half the work of t >= tokens; late is counted in parts of 1/late_unit
 * of the tokens, so that its coefficient stays near 1 */
static void add_late(struct mz_model *model, int32_t w, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    int32_t months = mz_period_months_in(
        &model->periods[t], workload->window_end_month, workload->window_end_month + LATE_MONTHS);
    double scale = columns->tokens / columns->unit_tokens;
    int32_t row;

    if (months <= 0)
        return;
    columns->late[t] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    mz_model_pay_objective(
        model, columns->late[t], t, columns->late_usd_per_month * months / columns->late_unit);
    row = mz_lp_add_row(&model->lp, scale, MZ_INFINITY);
    mz_lp_add_entry(&model->lp, row, columns->late[t], scale / columns->late_unit);
    for (int32_t i = 0; i <= t; i++) {
        if (columns->work[i] >= 0)
            mz_lp_add_entry(&model->lp, row, columns->work[i], i < t ? 1 : 0.5);
    }
}

static void add_training(struct mz_model *model, int32_t w)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    struct mz_workload_columns *columns = &model->workloads[w];
    double wanted;
    int32_t row;

    columns->tokens = workload->tokens * window_share_in_horizon(model, w);
    if (columns->tokens <= 0 || columns->last_period < 0)
        return;
    wanted = columns->tokens / columns->unit_tokens;
    columns->late_usd_per_month = late_usd_per_month(model, w);
    columns->late_unit = pow(10, round(log10(wanted)));
    columns->unserved[0] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    mz_model_pay_objective(model, columns->unserved[0], columns->last_period,
        mz_model_unserved_usd_per_mtok(model, w, columns->last_period) * columns->unit_tokens /
            1e6);
    row = mz_lp_add_row(&model->lp, wanted, wanted);
    mz_lp_add_entry(&model->lp, row, columns->unserved[0], 1);
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_TRAINING,
            .entity = w,
            .sub = -1,
            .period = -1,
            .index = row,
            .slack = columns->unserved[0],
            .scale = columns->unit_tokens,
            .mark = &workload->mark });
    for (int32_t t = 0; t < model->period_count; t++) {
        if (columns->phi[t] <= 0)
            continue;
        add_work(model, w, t, row);
        add_chip_bounds(model, w, t);
        add_late(model, w, t);
    }
    if (workload->one_site)
        add_one_site(model, w);
}

void mz_rules_training(struct mz_model *model)
{
    for (int32_t w = 0; w < model->scenario->workload_count; w++) {
        if (model->scenario->workloads[w].kind == MZ_WORKLOAD_TRAIN)
            add_training(model, w);
    }
}
