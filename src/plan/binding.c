/* binding.c - which rules bind and what one more unit is worth
 * A dual is the change of the objective per unit of a bound. Rules of the same kind and subject are
 * merged over neighbouring periods: "one more MW in each of these periods is worth ...". For a plan
 * with integers the duals are those of the LP with the integers fixed. */
#include "plan/result_make.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *mz_rule_key(enum mz_rule rule)
{
    switch (rule) {
    case MZ_RULE_CAPACITY: return "capacity";
    case MZ_RULE_DELIVERY: return "delivery";
    case MZ_RULE_USE: return "use";
    case MZ_RULE_DEMAND: return "demand";
    case MZ_RULE_BACKLOG: return "demand";
    case MZ_RULE_TRAINING: return "training";
    case MZ_RULE_CHIPS_MAX: return "chips_max";
    case MZ_RULE_POWER: return "power";
    case MZ_RULE_BUILD_RATE: return "build_rate";
    case MZ_RULE_GOAL: return "goal";
    case MZ_RULE_SHARE: return "partner_share";
    case MZ_RULE_COMMITMENT: return "take_or_pay";
    case MZ_RULE_SURVIVE: return "survive_loss_of";
    case MZ_RULE_CASH: return "cash_floor";
    case MZ_RULE_FUNDING: return "funding";
    case MZ_RULE_ROFR: return "rofr";
    case MZ_RULE_EXPAND: return "expand";
    case MZ_RULE_CHIP_SUPPLY: return "chip_supply";
    case MZ_RULE_ENERGY: return "energy";
    case MZ_RULE_CARBON: return "carbon_cap";
    }
    return "invalid";
}

const char *mz_limit_what(
    struct mz_arena *arena, const struct mz_model *model, const struct mz_limit *limit)
{
    const struct mz_scenario *scenario = model->scenario;

    switch (limit->rule) {
    case MZ_RULE_CAPACITY:
    case MZ_RULE_DELIVERY:
    case MZ_RULE_COMMITMENT:
    case MZ_RULE_ROFR: return scenario->contracts[limit->entity].name;
    case MZ_RULE_USE: return scenario->sites[model->pools[limit->entity].site].name;
    case MZ_RULE_DEMAND:
        if (limit->sub >= 0)
            return mz_arena_printf(arena, "%s %s", scenario->workloads[limit->entity].name,
                scenario->regions[scenario->workloads[limit->entity].regions[limit->sub].region]);
        return scenario->workloads[limit->entity].name;
    case MZ_RULE_BACKLOG:
    case MZ_RULE_TRAINING:
    case MZ_RULE_CHIPS_MAX: return scenario->workloads[limit->entity].name;
    case MZ_RULE_POWER:
    case MZ_RULE_EXPAND: return scenario->sites[limit->entity].name;
    case MZ_RULE_BUILD_RATE:
    case MZ_RULE_GOAL: return "new sites";
    case MZ_RULE_SHARE:
        return mz_arena_printf(arena, "%s of %s", scenario->partners[limit->sub].name,
            mz_share_measure_name(scenario->limits.shares[limit->entity].of));
    case MZ_RULE_SURVIVE:
        return mz_arena_printf(arena, "%s without %s", scenario->workloads[limit->entity].name,
            scenario->partners[limit->sub].name);
    case MZ_RULE_CASH: return "cash";
    case MZ_RULE_FUNDING: return scenario->finance.funding[limit->entity].name;
    case MZ_RULE_CHIP_SUPPLY:
        return scenario->chips[scenario->limits.chip_supply[limit->entity].chip].name;
    case MZ_RULE_ENERGY:
        return mz_arena_printf(arena, "%s %s", scenario->sites[limit->entity].name,
            scenario->sites[limit->entity].energy_kinds[limit->sub].name);
    case MZ_RULE_CARBON: return "carbon";
    }
    return "";
}

const char *mz_limit_unit(const struct mz_model *model, const struct mz_limit *limit)
{
    switch (limit->rule) {
    case MZ_RULE_CAPACITY:
    case MZ_RULE_DELIVERY:
    case MZ_RULE_USE:
    case MZ_RULE_CHIPS_MAX:
    case MZ_RULE_CHIP_SUPPLY: return "chips";
    case MZ_RULE_ROFR:
        return model->scenario->contracts[limit->entity].whole ? "contract" : "chips";
    case MZ_RULE_DEMAND:
    case MZ_RULE_SURVIVE: return "tokens/day";
    case MZ_RULE_BACKLOG:
    case MZ_RULE_TRAINING: return "tokens";
    case MZ_RULE_POWER:
    case MZ_RULE_BUILD_RATE:
    case MZ_RULE_GOAL:
    case MZ_RULE_EXPAND:
    case MZ_RULE_ENERGY: return "MW";
    case MZ_RULE_SHARE:
        switch (model->scenario->limits.shares[limit->entity].of) {
        case MZ_SHARE_POWER: return "MW";
        case MZ_SHARE_SPEND: return "USD";
        case MZ_SHARE_CHIPS: return "chips";
        }
        return "";
    case MZ_RULE_COMMITMENT:
    case MZ_RULE_CASH:
    case MZ_RULE_FUNDING: return "USD";
    case MZ_RULE_CARBON: return "t";
    }
    return "";
}

/* A unit that people count in: 1,000 chips, 1 MW, a million dollars, a billion tokens. */
static double unit_size(const char *unit)
{
    if (strcmp(unit, "chips") == 0 || strcmp(unit, "t") == 0)
        return 1e3;
    if (strcmp(unit, "USD") == 0)
        return 1e6;
    if (strncmp(unit, "tokens", 6) == 0)
        return 1e9;
    return 1;
}

static const char *unit_words(struct mz_arena *arena, const char *unit)
{
    if (strcmp(unit, "chips") == 0)
        return "1k chips";
    if (strcmp(unit, "t") == 0)
        return "1 kt";
    if (strcmp(unit, "USD") == 0)
        return "1M USD";
    if (strncmp(unit, "tokens", 6) == 0)
        return mz_arena_printf(arena, "1B %s", unit);
    return mz_arena_printf(arena, "1 %s", unit);
}

/* Worth of one model unit of the bound, M USD, >= 0; 0 when it does not bind. */
static double multiplier_of(const struct mz_limit *limit, const struct mz_solution *solution)
{
    double dual = limit->is_column ? solution->d[limit->index] : solution->y[limit->index];

    if (limit->is_upper ? dual >= 0 : dual <= 0)
        return 0;
    /* demand has a dual wherever serving costs something: it binds where some is not served */
    if ((limit->rule == MZ_RULE_DEMAND || limit->rule == MZ_RULE_BACKLOG ||
            limit->rule == MZ_RULE_TRAINING) &&
        (limit->slack < 0 || solution->x[limit->slack] < 1e-7))
        return 0;
    return fabs(dual);
}

double mz_limit_level(const struct mz_model *model, const struct mz_limit *limit)
{
    const struct mz_lp *lp = &model->lp;
    double bound = limit->is_column
        ? (limit->is_upper ? lp->col_upper[limit->index] : lp->col_lower[limit->index])
        : (limit->is_upper ? lp->row_upper[limit->index] : lp->row_lower[limit->index]);

    return bound * limit->scale;
}

static bool continues(const struct mz_limit *a, const struct mz_limit *b, int32_t to_period)
{
    return a->rule == b->rule && a->entity == b->entity && a->sub == b->sub && b->period >= 0 &&
        b->period == to_period + 1;
}

static int by_worth(const void *a, const void *b)
{
    const struct mz_binding *left = a;
    const struct mz_binding *right = b;

    if (left->worth_usd != right->worth_usd)
        return left->worth_usd > right->worth_usd ? -1 : 1;
    if (left->mark.line != right->mark.line)
        return left->mark.line < right->mark.line ? -1 : 1;
    return left->from_period - right->from_period;
}

void mz_bindings_make(struct mz_arena *arena, const struct mz_model *model,
    const struct mz_solution *solution, struct mz_plan_result *result)
{
    struct mz_binding *list = NULL;
    size_t capacity = 0;
    size_t count = 0;
    const struct mz_limit *last = NULL;

    for (size_t i = 0; i < model->limit_count; i++) {
        const struct mz_limit *limit = &model->limits[i];
        double multiplier = multiplier_of(limit, solution);
        const char *unit = mz_limit_unit(model, limit);
        double worth = multiplier * MZ_MONEY_UNIT / limit->scale * unit_size(unit);

        if (worth < 1) /* less than a dollar a unit is the solver's noise */
            continue;
        if (last && continues(last, limit, list[count - 1].to_period)) {
            list[count - 1].to_period = limit->period;
            list[count - 1].worth_usd += worth;
            continue;
        }
        list = mz_arena_grow(arena, list, count, count + 1, &capacity, sizeof(*list));
        list[count++] = (struct mz_binding){
            .rule = mz_rule_key(limit->rule),
            .what = mz_limit_what(arena, model, limit),
            .from_period = limit->period < 0 ? 0 : limit->period,
            .to_period = limit->period < 0 ? model->period_count - 1 : limit->period,
            .worth_usd = worth,
            .unit_size = unit_size(unit),
            .unit = unit_words(arena, unit),
            .level = mz_limit_level(model, limit),
            .level_unit = unit,
            .mark = *limit->mark,
        };
        last = limit;
    }
    if (count > 0)
        qsort(list, count, sizeof(*list), by_worth);
    result->bindings = list;
    result->binding_count = (int32_t)count;
}
