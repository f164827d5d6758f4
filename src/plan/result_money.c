/* result_money.c - the ledger, funding, totals and broken rules of a result
 * The ledger is added up here from what was delivered, signed and raised, not read from the
 * solver's cash columns: mz_result_ledger_error in verify.c compares the two. */
#include "plan/result_make.h"

#include <math.h>
#include <stdio.h>

/* --- funding ----------------------------------------------------------------------------- */

static void make_funding_of(
    struct mz_making *making, int32_t f, struct mz_funding_result *ret_funding)
{
    const struct mz_model *model = making->model;
    const struct mz_funding *funding = &model->scenario->finance.funding[f];
    double *raised = mz_making_row(making);
    double *repaid = mz_making_row(making);
    double *owed = mz_making_row(making);
    double total = 0;

    if (funding->kind == MZ_FUNDING_EQUITY_CERTAIN) {
        int32_t t = mz_model_period_of(model, funding->when_month);

        if (t >= 0)
            raised[t] = funding->amount_usd;
    }
    for (int32_t t = 0; t < model->period_count; t++) {
        if (funding->kind != MZ_FUNDING_EQUITY_CERTAIN)
            raised[t] = mz_making_value(making, model->funding[f].raise[t]) * MZ_MONEY_UNIT;
        total += raised[t];
    }
    for (int32_t s = 0; s < model->period_count && funding->kind == MZ_FUNDING_DEBT; s++) {
        int32_t back =
            mz_model_period_of(model, model->periods[s].month_begin + funding->term_months);

        if (back >= 0)
            repaid[back] += raised[s];
    }
    for (int32_t t = 0; t < model->period_count && funding->kind == MZ_FUNDING_DEBT; t++)
        owed[t] = (t > 0 ? owed[t - 1] : 0) + raised[t] - repaid[t];
    *ret_funding = (struct mz_funding_result){ f, raised, repaid, owed, total };
}

static void add_funding(struct mz_making *making, struct mz_ledger *ledger, int32_t t)
{
    const struct mz_model *model = making->model;

    for (int32_t f = 0; f < making->result->funding_count; f++) {
        const struct mz_funding *funding = &model->scenario->finance.funding[f];
        const struct mz_funding_result *result = &making->result->funding[f];

        switch (funding->kind) {
        case MZ_FUNDING_EQUITY_CERTAIN: ledger->equity_usd += result->raised_usd[t]; break;
        case MZ_FUNDING_EQUITY:
            ledger->equity_usd += result->raised_usd[t];
            ledger->fees_usd += result->raised_usd[t] * funding->fee;
            break;
        case MZ_FUNDING_DEBT:
            ledger->drawn_usd += result->raised_usd[t];
            ledger->fees_usd += result->raised_usd[t] * funding->fee;
            ledger->repaid_usd += result->repaid_usd[t];
            ledger->interest_usd += result->owed_usd[t] * funding->interest_per_year *
                model->periods[t].month_count / 12;
            break;
        }
    }
}

static double workload_revenue(const struct mz_making *making, int32_t t)
{
    const struct mz_model *model = making->model;
    double sum = 0;

    for (int32_t w = 0; w < model->scenario->workload_count; w++) {
        const struct mz_workload *workload = &model->scenario->workloads[w];
        const struct mz_workload_result *result = &making->result->workloads[w];

        if (workload->kind != MZ_WORKLOAD_TRAIN)
            sum += mz_series_mean(&workload->revenue_usd_per_mtok, &model->periods[t]) / 1e6 *
                (result->demand[t] - result->unserved[t]) * model->periods[t].hours / 24;
    }
    return sum;
}

static void fill_costs(const struct mz_making *making, struct mz_ledger *ledger, int32_t t)
{
    const struct mz_plan_result *result = making->result;

    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *contract = &result->contracts[g];

        ledger->spend_usd += contract->spend_usd[t];
        ledger->capex_usd += contract->capex_usd[t];
        ledger->energy_usd += contract->energy_usd[t];
        ledger->carbon_usd += contract->carbon_usd[t];
        ledger->short_usd += contract->short_usd[t];
    }
    for (int32_t i = 0; i < result->site_count; i++)
        ledger->capex_usd += result->sites[i].capex_usd[t];
}

void mz_make_money(struct mz_making *making)
{
    const struct mz_model *model = making->model;
    const struct mz_finance *finance = &model->scenario->finance;
    size_t count = (size_t)model->period_count;
    struct mz_ledger *ledger = mz_arena_alloc(making->arena, count, sizeof(*ledger));
    struct mz_funding_result *funding =
        mz_arena_alloc(making->arena, (size_t)finance->funding_count, sizeof(*funding));
    double cash = finance->cash_usd;

    for (int32_t f = 0; f < finance->funding_count; f++)
        make_funding_of(making, f, &funding[f]);
    making->result->funding = funding;
    making->result->funding_count = finance->funding_count;
    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_period *period = &model->periods[t];
        const struct mz_series *floor = &model->scenario->limits.cash_floor_usd;
        struct mz_ledger *l = &ledger[t];
        bool holds =
            finance->present && (!mz_series_stated(floor) || mz_series_holds(floor, period));

        fill_costs(making, l, t);
        add_funding(making, l, t);
        l->workload_revenue_usd = workload_revenue(making, t);
        l->other_revenue_usd = mz_series_sum(&finance->revenue_usd_per_month, period);
        l->costs_usd = mz_series_sum(&finance->costs_usd_per_month, period);
        l->gap_usd = mz_making_value(making, model->gap[t]) * MZ_MONEY_UNIT;
        l->cash_begin_usd = cash;
        cash += l->workload_revenue_usd + l->other_revenue_usd + l->equity_usd + l->drawn_usd +
            l->gap_usd - l->spend_usd - l->capex_usd - l->energy_usd - l->carbon_usd -
            l->short_usd - l->fees_usd - l->interest_usd - l->costs_usd - l->repaid_usd;
        l->cash_end_usd = finance->present ? cash : NAN;
        l->floor_usd = holds ? mz_series_mean(floor, period) : NAN;
    }
    making->result->ledger = ledger;
}

/* --- totals ------------------------------------------------------------------------------ */

static void make_served(struct mz_making *making, double *served, double *chips_short)
{
    const struct mz_model *model = making->model;

    for (int32_t t = 0; t < model->period_count; t++) {
        double wanted = 0;
        double missing = 0;

        for (int32_t w = 0; w < model->scenario->workload_count; w++) {
            const struct mz_workload_result *result = &making->result->workloads[w];
            double per_chip = mz_model_best_throughput(model, w, t) * 86400;

            if (model->scenario->workloads[w].kind == MZ_WORKLOAD_TRAIN || per_chip <= 0)
                continue;
            wanted += result->demand[t] / per_chip;
            missing += result->unserved[t] / per_chip;
        }
        served[t] = wanted > 0 ? 1 - missing / wanted : NAN;
        chips_short[t] = missing;
    }
}

static void make_build(struct mz_making *making, struct mz_plan_result *result)
{
    const struct mz_model *model = making->model;
    const struct mz_scenario *scenario = model->scenario;
    double *added = mz_making_row(making);
    double *limit = mz_making_row(making);
    double *goal = mz_making_row(making);
    double last = 0;

    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_period *period = &model->periods[t];
        double mw = 0;

        for (int32_t i = 0; i < scenario->site_count; i++) {
            if (scenario->sites[i].is_new)
                mw += making->site_power_mw[mz_at(model, i, t)];
        }
        added[t] = limit[t] = goal[t] = NAN;
        if (t > 0) {
            double weeks = (model->periods[t - 1].hours + period->hours) / 2 / 168;

            added[t] = (mw - last) / weeks;
            if (mz_series_holds(&scenario->limits.build_rate_mw_per_week, period))
                limit[t] = mz_series_mean(&scenario->limits.build_rate_mw_per_week, period);
            if (mz_series_holds(&scenario->goal_build_rate_mw_per_week, period))
                goal[t] = mz_series_mean(&scenario->goal_build_rate_mw_per_week, period);
        }
        last = mw;
    }
    result->added_mw_per_week = added;
    result->build_limit_mw_per_week = limit;
    result->build_goal_mw_per_week = goal;
}

void mz_make_totals(struct mz_making *making)
{
    const struct mz_model *model = making->model;
    struct mz_plan_result *result = making->result;
    double *power = mz_making_row(making);
    double *chips = mz_making_row(making);
    double *cost = mz_making_row(making);
    double *served = mz_making_row(making);
    double *chips_short = mz_making_row(making);
    double *energy = mz_making_row(making);
    double *carbon = mz_making_row(making);

    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_ledger *l = &result->ledger[t];

        for (int32_t k = 0; k < model->pool_count; k++)
            chips[t] += making->pool_delivered[mz_at(model, k, t)];
        for (int32_t i = 0; i < result->site_count; i++) {
            size_t at = mz_at(model, i, t);

            power[t] += making->site_power_mw[at];
            energy[t] += making->site_power_mw[at] * model->scenario->sites[i].draw *
                model->periods[t].hours;
            carbon[t] += making->site_carbon_t[at];
        }
        cost[t] = l->spend_usd + l->capex_usd + l->energy_usd + l->carbon_usd + l->short_usd +
            l->fees_usd + l->interest_usd;
        result->cost_usd += cost[t];
    }
    make_served(making, served, chips_short);
    make_build(making, result);
    result->power_mw = power;
    result->chips = chips;
    result->cost_by_period_usd = cost;
    result->served_fraction = served;
    result->chips_short = chips_short;
    result->energy_mwh = energy;
    result->carbon_t = carbon;
}

/* --- broken rules ------------------------------------------------------------------------ */

static const char *violation_key(const struct mz_limit *limit)
{
    switch (limit->rule) {
    case MZ_RULE_DEMAND: return "unserved_critical";
    case MZ_RULE_SURVIVE: return "n1";
    case MZ_RULE_CASH: return "cash_gap";
    case MZ_RULE_SHARE: return "share";
    case MZ_RULE_CARBON: return "carbon";
    default: return mz_rule_key(limit->rule);
    }
}

/* What a slack costs by its penalty alone, not discounted. The slack of critical demand loses
 * revenue as well; that is no penalty. */
static double penalty_usd(const struct mz_model *model, const struct mz_limit *limit, double amount)
{
    if (limit->rule == MZ_RULE_DEMAND)
        return amount * limit->scale / 1e6 *
            mz_model_unserved_usd_per_mtok(model, limit->entity, limit->period) *
            model->periods[limit->period].hours / 24;
    return amount * model->lp.cost[limit->slack] / model->discount[limit->period] * MZ_MONEY_UNIT;
}

/* Every hard slack above 0, with its price. */
void mz_make_violations(struct mz_making *making)
{
    const struct mz_model *model = making->model;
    struct mz_violation *list = NULL;
    size_t capacity = 0;
    size_t count = 0;

    for (size_t i = 0; i < model->limit_count; i++) {
        const struct mz_limit *limit = &model->limits[i];
        double amount = limit->hard ? mz_making_value(making, limit->slack) : 0;
        double usd;

        if (amount * limit->scale <= 1e-6 || amount < 1e-7)
            continue;
        usd = penalty_usd(model, limit, amount);
        list = mz_arena_grow(making->arena, list, count, count + 1, &capacity, sizeof(*list));
        list[count++] = (struct mz_violation){
            .rule = violation_key(limit),
            .what = mz_limit_what(making->arena, model, limit),
            .period = limit->period,
            .amount = amount * limit->scale,
            .unit = mz_limit_unit(model, limit),
            .usd = usd,
            .mark = *limit->mark,
        };
        making->result->penalty_usd += usd * model->discount[limit->period];
    }
    making->result->violations = list;
    making->result->violation_count = (int32_t)count;
}
