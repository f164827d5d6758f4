/* model.c - what the rules share: index maps, money, throughputs, windows (declared in model.h) */
#include "plan/model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

int32_t *mz_model_indices(struct mz_model *model, size_t count)
{
    int32_t *indices = mz_arena_alloc(model->arena, count, sizeof(*indices));

    for (size_t i = 0; i < count; i++)
        indices[i] = -1;
    return indices;
}

void mz_model_add_limit(struct mz_model *model, const struct mz_limit *limit)
{
    model->limits = mz_arena_grow(model->arena, model->limits, model->limit_count,
        model->limit_count + 1, &model->limit_capacity, sizeof(*model->limits));
    model->limits[model->limit_count++] = *limit;
}

void mz_model_pay_objective(struct mz_model *model, int32_t column, int32_t t, double usd)
{
    model->lp.cost[column] += model->discount[t] * usd / MZ_MONEY_UNIT;
}

void mz_model_pay_cash(struct mz_model *model, int32_t column, int32_t t, double usd)
{
    if (model->cash_row[t] >= 0)
        mz_lp_add_entry(&model->lp, model->cash_row[t], column, usd / MZ_MONEY_UNIT);
}

void mz_model_pay(struct mz_model *model, int32_t column, int32_t t, double usd)
{
    mz_model_pay_objective(model, column, t, usd);
    mz_model_pay_cash(model, column, t, usd);
}

void mz_model_pay_capex(
    struct mz_model *model, int32_t column, int32_t s, int32_t lead_months, double usd)
{
    int32_t begin = model->periods[s].month_begin;

    if (lead_months == 0) {
        mz_model_pay(model, column, s, usd);
        return;
    }
    for (int32_t t = s; t < model->period_count; t++) {
        int32_t months = mz_period_months_in(&model->periods[t], begin, begin + lead_months);

        if (months > 0)
            mz_model_pay(model, column, t, usd * months / lead_months);
    }
}

int32_t mz_model_first_period_at(const struct mz_model *model, int32_t month)
{
    for (int32_t t = 0; t < model->period_count; t++) {
        if (model->periods[t].month_begin >= month)
            return t;
    }
    return -1;
}

int32_t mz_model_period_of(const struct mz_model *model, int32_t month)
{
    for (int32_t t = 0; t < model->period_count; t++) {
        if (month >= model->periods[t].month_begin && month < model->periods[t].month_end)
            return t;
    }
    return -1;
}

bool mz_model_in_window(const struct mz_model *model, int32_t t, int32_t from, int32_t to)
{
    return model->periods[t].month_begin >= from && model->periods[t].month_begin <= to;
}

void mz_model_add_pool_delivered(
    struct mz_model *model, int32_t row, int32_t pool, int32_t t, double factor)
{
    for (const struct mz_pool_member *m = model->pool_members[pool]; m->contract >= 0; m++) {
        int32_t column = model->contracts[m->contract].dlv[mz_at(model, m->pool, t)];

        if (column >= 0)
            mz_lp_add_entry(&model->lp, row, column, factor);
    }
}

bool mz_model_pool_has_delivered(const struct mz_model *model, int32_t pool, int32_t t)
{
    for (const struct mz_pool_member *m = model->pool_members[pool]; m->contract >= 0; m++) {
        if (model->contracts[m->contract].dlv[mz_at(model, m->pool, t)] >= 0)
            return true;
    }
    return false;
}

double mz_model_throughput(const struct mz_model *model, int32_t w, int32_t pool, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    const struct mz_series *series = mz_chip_series_find(
        workload->throughput_tokens_per_s, workload->throughput_count, model->pools[pool].chip);

    return series ? mz_series_mean(series, &model->periods[t]) : 0;
}

/* When no pool of the scenario suits, the best stated throughput stands in: a penalty has to have
 * some price, and this is the one that a pool of that chip would give it. */
double mz_model_best_throughput(const struct mz_model *model, int32_t w, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    double best = 0;

    for (int32_t k = 0; k < model->pool_count; k++)
        best = fmax(best, mz_model_throughput(model, w, k, t));
    for (int32_t i = 0; best == 0 && i < workload->throughput_count; i++)
        best = mz_series_mean(&workload->throughput_tokens_per_s[i].series, &model->periods[t]);
    return best;
}

static double per_mtok(double usd_per_chip_hour, double tokens_per_s)
{
    return tokens_per_s > 0 ? usd_per_chip_hour / (3600 * tokens_per_s) * 1e6 : usd_per_chip_hour;
}

double mz_model_usd_per_mtok(
    const struct mz_model *model, int32_t w, int32_t t, double usd_per_chip_hour)
{
    return per_mtok(usd_per_chip_hour, mz_model_best_throughput(model, w, t));
}

double mz_model_unserved_usd_per_mtok(const struct mz_model *model, int32_t w, int32_t t)
{
    const struct mz_workload *workload = &model->scenario->workloads[w];
    const struct mz_penalties *penalties = &model->scenario->penalties;
    double best = 0;

    if (mz_series_stated(&workload->unserved_usd_per_mtok))
        return mz_series_mean(&workload->unserved_usd_per_mtok, &model->periods[t]);
    if (workload->kind != MZ_WORKLOAD_TRAIN)
        return mz_model_usd_per_mtok(model, w, t,
            workload->critical ? penalties->unserved_critical_usd_per_chip_hour
                               : penalties->unserved_usd_per_chip_hour);
    for (int32_t i = 0; i < model->period_count; i++) {
        if (model->workloads[w].phi[i] > 0)
            best = fmax(best, mz_model_best_throughput(model, w, i));
    }
    return per_mtok(penalties->unserved_usd_per_chip_hour, best);
}

double mz_model_price(const struct mz_model *model, int32_t g, int32_t chip, int32_t t)
{
    const struct mz_contract *contract = &model->scenario->contracts[g];
    const struct mz_series *series;

    if (contract->kind == MZ_CONTRACT_OWN)
        return mz_series_mean(&contract->opex_usd_per_chip_hour, &model->periods[t]);
    series = mz_chip_series_find(contract->price_usd_per_chip_hour, contract->price_count, chip);
    assert(series); /* the loader has seen to it */
    return mz_series_mean(series, &model->periods[t]);
}

double mz_model_decided(const struct mz_model *model, const struct mz_decided *wanted)
{
    const struct mz_decisions *decisions = model->options.decisions;
    double amount = 0;

    for (size_t i = 0; i < decisions->count; i++) {
        const struct mz_decided *d = &decisions->list[i];

        if (d->kind == wanted->kind && d->month == wanted->month &&
            strcmp(d->name, wanted->name) == 0 &&
            (!wanted->site ||
                (strcmp(d->site, wanted->site) == 0 && strcmp(d->chip, wanted->chip) == 0)))
            amount += d->amount;
    }
    return amount;
}
