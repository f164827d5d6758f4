/* rule_commitment.c - (R7) take-or-pay of committed contracts
 * What is due is computed here, outside the solver: the take-or-pay share of the smaller of the
 * commitment that falls into the horizon and of what is offered. */
#include "plan/model.h"

#include <math.h>

/* Chip-hours on offer in [begin, end) by months; `inside` only those of the horizon. */
static double offered_chip_hours(
    const struct mz_model *model, int32_t g, int32_t begin, int32_t end, bool inside)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    double sum = 0;

    for (int32_t m = begin; m < end; m++) {
        if (inside && mz_model_period_of(model, m) < 0)
            continue;
        sum += mz_contract_capacity_at(contract, m) * mz_month_hours(m);
    }
    return sum;
}

static double lowest_price(const struct mz_model *model, int32_t g, int32_t t)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    double lowest = HUGE_VAL;

    for (int32_t p = 0; p < contract->pool_count; p++)
        lowest = fmin(lowest, mz_model_price(model, g, contract->pools[p].chip, t));
    return lowest;
}

/* Hours of t in [begin, end) as a share of the hours of t in the life. */
static double share_of_life(
    const struct mz_model *model, int32_t g, int32_t t, int32_t begin, int32_t end)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_period *period = &model->periods[t];
    double life = mz_period_hours_in(period, contract->start_month, contract->end_month);

    return life > 0 ? mz_period_hours_in(period, begin, end) / life : 0;
}

/* One row for the months [begin, end) of the life: all of it, or one contract year. */
static void add_commitment(struct mz_model *model, int32_t g, int32_t begin, int32_t end)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    struct mz_contract_columns *columns = &model->contracts[g];
    double life_hours =
        offered_chip_hours(model, g, contract->start_month, contract->end_month, false);
    double sigma = life_hours > 0 ? offered_chip_hours(model, g, begin, end, true) / life_hours : 0;
    double offered = 0;
    double due;
    int32_t paid_in = -1;
    int32_t row;
    int32_t j = columns->short_count;

    for (int32_t t = 0; t < model->period_count; t++) {
        double share = share_of_life(model, g, t, begin, end);

        if (share > 0 && columns->cap[t] > 0) {
            offered +=
                share * columns->cap[t] * model->periods[t].hours * lowest_price(model, g, t);
            paid_in = t;
        }
    }
    due = contract->take_or_pay * fmin(contract->commit_usd * sigma, offered);
    if (paid_in < 0 || due <= 0)
        return;
    row = mz_lp_add_row(&model->lp, due / MZ_MONEY_UNIT, MZ_INFINITY);
    for (int32_t t = 0; t < model->period_count; t++) {
        double share = share_of_life(model, g, t, begin, end);

        for (int32_t p = 0; p < contract->pool_count && share > 0; p++) {
            if (columns->dlv[mz_at(model, p, t)] >= 0)
                mz_lp_add_entry(&model->lp, row, columns->dlv[mz_at(model, p, t)],
                    share * mz_model_price(model, g, contract->pools[p].chip, t) *
                        model->periods[t].hours * MZ_CHIP_UNIT / MZ_MONEY_UNIT);
        }
    }
    columns->shorts[j] = mz_lp_add_column(&model->lp, 0, MZ_INFINITY, 0);
    columns->short_period[j] = paid_in;
    columns->short_due[j] = due / MZ_MONEY_UNIT;
    columns->short_count++;
    mz_model_pay(model, columns->shorts[j], paid_in, MZ_MONEY_UNIT);
    mz_lp_add_entry(&model->lp, row, columns->shorts[j], 1);
    mz_model_add_limit(model,
        &(struct mz_limit){ .rule = MZ_RULE_COMMITMENT,
            .entity = g,
            .sub = contract->commit_per_year ? (begin - contract->start_month) / 12 : -1,
            .period = paid_in,
            .index = row,
            .slack = columns->shorts[j],
            .scale = MZ_MONEY_UNIT,
            .mark = &contract->commit_mark });
}

void mz_rules_commitment(struct mz_model *model)
{
    for (int32_t g = 0; g < model->scenario->contract_count; g++) {
        const struct mz_contract *contract = &model->scenario->contracts[g];
        struct mz_contract_columns *columns = &model->contracts[g];
        int32_t life = contract->end_month - contract->start_month;
        int32_t step = contract->commit_per_year ? 12 : life;
        size_t rows;

        if (contract->kind != MZ_CONTRACT_COMMITTED || contract->commit_usd <= 0 || life <= 0 ||
            contract->end_month >= MZ_MONTH_NEVER)
            continue;
        rows = (size_t)(life + step - 1) / (size_t)step;
        columns->shorts = mz_model_indices(model, rows);
        columns->short_period = mz_model_indices(model, rows);
        columns->short_due = mz_arena_alloc(model->arena, rows, sizeof(double));
        for (int32_t m = contract->start_month; m < contract->end_month; m += step) {
            int32_t end = m + step < contract->end_month ? m + step : contract->end_month;

            add_commitment(model, g, m, end);
        }
    }
}
