/* build.c - a scenario becomes a matrix: sets and numbers, then rule after rule
 * The order of the rules matters: what is delivered before what is signed and powered, all of that
 * before work, and money last, because everything before puts its payments into the cash rows. */
#include "plan/model.h"

#include <math.h>

/* Discount factors: to the middle of each period, and to the end of the horizon. */
static void set_discounts(struct mz_model *model)
{
    double base = 1 + model->scenario->discount_per_year;
    int32_t start = model->scenario->start_month;

    model->discount =
        mz_arena_alloc(model->arena, (size_t)model->period_count, sizeof(*model->discount));
    for (int32_t t = 0; t < model->period_count; t++) {
        const struct mz_period *period = &model->periods[t];
        double months = (period->month_begin + period->month_end) / 2.0 - start;

        model->discount[t] = pow(base, -months / 12);
        model->discount_end = pow(base, -(period->month_end - start) / 12.0);
    }
}

static int32_t pool_index(struct mz_model *model, struct mz_pool pool)
{
    for (int32_t k = 0; k < model->pool_count; k++) {
        if (model->pools[k].site == pool.site && model->pools[k].chip == pool.chip)
            return k;
    }
    model->pools[model->pool_count] = pool;
    model->pool_kw[model->pool_count] = mz_pool_kw(model->scenario, pool);
    return model->pool_count++;
}

static void set_pools(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;
    size_t most = 0;

    for (int32_t g = 0; g < scenario->contract_count; g++)
        most += (size_t)scenario->contracts[g].pool_count;
    model->pools = mz_arena_alloc(model->arena, most, sizeof(*model->pools));
    model->pool_kw = mz_arena_alloc(model->arena, most, sizeof(*model->pool_kw));
    model->contract_pools = mz_arena_alloc(
        model->arena, (size_t)scenario->contract_count, sizeof(*model->contract_pools));
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        const struct mz_contract *contract = &scenario->contracts[g];

        model->contract_pools[g] =
            mz_arena_alloc(model->arena, (size_t)contract->pool_count, sizeof(int32_t));
        for (int32_t p = 0; p < contract->pool_count; p++)
            model->contract_pools[g][p] = pool_index(model, contract->pools[p]);
    }
}

static void set_pool_members(struct mz_model *model)
{
    const struct mz_scenario *scenario = model->scenario;

    model->pool_members =
        mz_arena_alloc(model->arena, (size_t)model->pool_count, sizeof(*model->pool_members));
    for (int32_t k = 0; k < model->pool_count; k++) {
        size_t used = 0;
        size_t capacity = 0;
        struct mz_pool_member *members = NULL;

        for (int32_t g = 0; g < scenario->contract_count; g++) {
            for (int32_t p = 0; p < scenario->contracts[g].pool_count; p++) {
                if (model->contract_pools[g][p] != k)
                    continue;
                members = mz_arena_grow(
                    model->arena, members, used, used + 2, &capacity, sizeof(*members));
                members[used++] = (struct mz_pool_member){ g, p };
            }
        }
        members[used] = (struct mz_pool_member){ -1, -1 };
        model->pool_members[k] = members;
    }
}

/* The constant of the objective, and cash rows before anything is paid from them. */
static void set_frame(struct mz_model *model)
{
    int32_t count = model->period_count;

    model->constant = mz_lp_add_column(&model->lp, 1, 1, 0);
    model->cash_row = mz_model_indices(model, (size_t)count);
    model->cash = mz_model_indices(model, (size_t)count);
    model->gap = mz_model_indices(model, (size_t)count);
    if (!model->scenario->finance.present)
        return;
    for (int32_t t = 0; t < count; t++)
        model->cash_row[t] = mz_lp_add_row(&model->lp, 0, 0);
}

enum mz_status mz_model_build(struct mz_arena *arena, const struct mz_scenario *scenario,
    const struct mz_build_options *options, struct mz_model **ret_model, struct mz_error *err)
{
    struct mz_model *model = mz_arena_alloc(arena, 1, sizeof(*model));

    if (scenario->period_count == 0)
        return mz_fail(err, MZ_E_INPUT,
            "'%s' has no periods, so there is nothing to plan: add "
            "start and periods",
            scenario->file);
    model->arena = arena;
    model->scenario = scenario;
    model->options = *options;
    model->period_count = scenario->period_count;
    model->periods = scenario->periods;
    mz_lp_init(&model->lp);
    set_discounts(model);
    set_pools(model);
    set_pool_members(model);
    set_frame(model);
    model->undelivered_row =
        options->decisions ? mz_lp_add_row(&model->lp, -MZ_INFINITY, MZ_INFINITY) : -1;
    mz_rules_delivery(model);
    mz_rules_signing(model);
    mz_rules_power(model);
    mz_rules_work(model);
    mz_rules_training(model);
    mz_rules_share(model);
    mz_rules_commitment(model);
    mz_rules_loss(model);
    mz_rules_carbon(model);
    mz_rules_finance(model);
    mz_lp_compress(&model->lp);
    *ret_model = model;
    return MZ_OK;
}

void mz_model_free(struct mz_model *model)
{
    if (model)
        mz_lp_finish(&model->lp);
}
