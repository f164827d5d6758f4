/* explain.c - the lines of a conflict, what is short, and the order of the steps */
#include "plan/explain.h"

#include "plan/result_make.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_SHOWN_MAX = 4 };

static const struct mz_limit *first_kept(
    const struct mz_conflict_set *set, const struct mz_element *element)
{
    for (int32_t i = 0; i < element->limit_count; i++) {
        if (mz_limit_kept(set, element, element->limits[i]))
            return element->limits[i];
    }
    return NULL;
}

/* What a rule of this kind says, without names and numbers. */
static const char *rule_words(enum mz_rule rule)
{
    switch (rule) {
    case MZ_RULE_CAPACITY: return "capacity of";
    case MZ_RULE_DEMAND: return "all demand served of critical";
    case MZ_RULE_POWER: return "power of";
    case MZ_RULE_BUILD_RATE: return "limits.build_rate of";
    case MZ_RULE_SHARE: return "limits.partner_share,";
    case MZ_RULE_SURVIVE: return "limits.survive_loss_of,";
    case MZ_RULE_CASH: return "cash floor, and no money still to be found:";
    case MZ_RULE_FUNDING: return "most that can be raised by";
    case MZ_RULE_EXPAND: return "most new power of";
    case MZ_RULE_CHIP_SUPPLY: return "limits.chip_supply of";
    case MZ_RULE_ENERGY: return "most energy of";
    case MZ_RULE_CARBON: return "limits.carbon.cap:";
    case MZ_RULE_ROFR: return "right of first refusal on";
    case MZ_RULE_CHIPS_MAX: return "most chips of";
    case MZ_RULE_DELIVERY:
    case MZ_RULE_USE:
    case MZ_RULE_BACKLOG:
    case MZ_RULE_TRAINING:
    case MZ_RULE_GOAL:
    case MZ_RULE_COMMITMENT: return mz_rule_key(rule);
    }
    return "";
}

/* One line for all kept elements of a rule kind: names, the sum of their levels in the first
 * period that is kept, and the periods. */
static bool make_line(const struct mz_plan *plan, const struct mz_conflict_set *set,
    enum mz_rule rule, struct mz_conflict *ret_line)
{
    const struct mz_model *model = plan->model;
    struct mz_text names;
    double level = 0;
    int32_t count = 0;
    int32_t from = model->period_count;
    int32_t to = -1;
    const struct mz_limit *any = NULL;
    char number[MZ_NUMBER_MAX];
    char amount[80];
    char from_label[MZ_MONTH_TEXT_MAX];
    char to_label[MZ_MONTH_TEXT_MAX];

    mz_text_init(&names);
    for (int32_t e = 0; e < set->element_count; e++) {
        const struct mz_element *element = &set->elements[e];
        const struct mz_limit *first =
            element->kept && element->rule == rule ? first_kept(set, element) : NULL;

        if (!first)
            continue;
        any = any ? any : first;
        level += mz_limit_level(model, first);
        if (count < NAMES_SHOWN_MAX)
            mz_text_addf(
                &names, "%s%s", count > 0 ? ", " : "", mz_limit_what(plan->arena, model, first));
        count++;
        for (int32_t i = 0; i < element->limit_count; i++) {
            int32_t t = element->limits[i]->period;

            if (!mz_limit_kept(set, element, element->limits[i]))
                continue;
            from = t < 0 ? 0 : t < from ? t : from;
            to = t < 0 ? model->period_count - 1 : t > to ? t : to;
        }
    }
    if (count > NAMES_SHOWN_MAX)
        mz_text_addf(&names, " and %d more", (int)(count - NAMES_SHOWN_MAX));
    if (any && rule == MZ_RULE_SHARE)
        (void)snprintf(
            amount, sizeof(amount), "%.4g%%", 100 * plan->scenario->limits.shares[any->entity].max);
    else if (any && rule == MZ_RULE_SURVIVE)
        (void)snprintf(amount, sizeof(amount), "%.4g%% of its demand",
            100 * plan->scenario->limits.critical_share);
    else if (any)
        (void)snprintf(amount, sizeof(amount), "%s %s", mz_format_count(number, level),
            mz_limit_unit(model, any));
    if (any) {
        mz_period_label(from_label, &model->periods[from]);
        mz_period_label(to_label, &model->periods[to]);
        *ret_line = (struct mz_conflict){
            .rule = mz_rule_key(rule),
            .what = mz_arena_strdup(plan->arena, mz_text_string(&names)),
            .text = mz_arena_printf(plan->arena, "%s %s   %s   %s%s%s", rule_words(rule),
                mz_text_string(&names), amount, from_label, from < to ? " to " : "",
                from < to ? to_label : ""),
            .from_period = from,
            .to_period = to,
            .mark = *any->mark,
        };
    }
    mz_text_finish(&names);
    return any != NULL;
}

static void make_lines(const struct mz_plan *plan, const struct mz_conflict_set *set,
    struct mz_infeasibility *infeasibility)
{
    struct mz_conflict *lines = mz_arena_alloc(plan->arena, MZ_CONFLICT_COUNT_MAX, sizeof(*lines));
    int32_t count = 0;

    for (int rule = MZ_RULE_CAPACITY; rule <= MZ_RULE_CARBON; rule++) {
        if (count < MZ_CONFLICT_COUNT_MAX &&
            make_line(plan, set, (enum mz_rule)rule, &lines[count]))
            count++;
    }
    infeasibility->conflicts = lines;
    infeasibility->conflict_count = count;
}

/* The plan with broken rules priced: its violations are what is short. */
static enum mz_status find_shortage(const struct mz_study *study, struct mz_plan *plan,
    struct mz_infeasibility *infeasibility, struct mz_plan **ret_elastic, struct mz_error *err)
{
    struct mz_plan_options options = study->options;
    struct mz_plan *elastic;
    char label[MZ_MONTH_TEXT_MAX];
    char amount[MZ_NUMBER_MAX];
    enum mz_status status;

    options.strict = false;
    status = mz_plan_solve(plan->arena, plan->scenario, &options, &elastic, err);
    if (status != MZ_OK)
        return status;
    infeasibility->shortages = elastic->result->violations;
    infeasibility->shortage_count = elastic->result->violation_count;
    if (infeasibility->shortage_count > 0) {
        const struct mz_violation *worst = &infeasibility->shortages[0];

        for (int32_t i = 1; i < infeasibility->shortage_count; i++) {
            if (infeasibility->shortages[i].usd > worst->usd)
                worst = &infeasibility->shortages[i];
        }
        infeasibility->why = mz_arena_printf(plan->arena,
            "with every broken rule priced, the cheapest plan still breaks %s (%s) by %s %s in "
            "%s%s",
            worst->rule, worst->what, mz_format_count(amount, worst->amount), worst->unit,
            mz_period_label(label, &plan->model->periods[worst->period]),
            infeasibility->shortage_count > 1 ? ", the largest of several shortages" : "");
    }
    *ret_elastic = elastic;
    return MZ_OK;
}

enum mz_status mz_plan_explain(
    const struct mz_study *study, struct mz_plan *plan, struct mz_error *err)
{
    struct mz_infeasibility *infeasibility = mz_arena_alloc(plan->arena, 1, sizeof(*infeasibility));
    struct mz_plan *elastic = NULL;
    struct mz_conflict_set set;
    enum mz_status status = mz_conflict_find(plan, &set, err);

    if (status == MZ_OK) {
        make_lines(plan, &set, infeasibility);
        status = find_shortage(study, plan, infeasibility, &elastic, err);
    }
    if (status == MZ_OK)
        status = mz_remedies_find(study, plan, elastic, &set, infeasibility, err);
    mz_plan_free(elastic);
    if (status == MZ_OK)
        plan->result->infeasibility = infeasibility;
    return status;
}
