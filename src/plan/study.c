/* study.c - loading and solving variants; what-if and stress */
#include "plan/study.h"

#include <math.h>
#include <string.h>

enum mz_status mz_study_load(const struct mz_study *study, struct mz_arena *arena,
    const struct mz_change *extra, size_t extra_count, struct mz_diags *diags,
    const struct mz_scenario **ret_scenario)
{
    struct mz_change *changes =
        mz_arena_alloc(arena, study->change_count + extra_count, sizeof(*changes));
    const struct mz_scenario *scenario;
    enum mz_status status;

    if (study->change_count > 0)
        memcpy(changes, study->changes, study->change_count * sizeof(*changes));
    if (extra_count > 0)
        memcpy(changes + study->change_count, extra, extra_count * sizeof(*changes));
    status = mz_scenario_load(arena, study->source, study->catalogue, changes,
        study->change_count + extra_count, diags, &scenario);
    if (status != MZ_OK)
        return status;
    return mz_throughput_fill(arena,
        study->rates ? study->rates : mz_rate_cache_create(arena, study->catalogue), scenario,
        diags, ret_scenario);
}

enum mz_status mz_whatif_parse(
    struct mz_arena *arena, const char *text, struct mz_change *ret_change, struct mz_error *err)
{
    const char *at = strchr(text, '@');
    struct mz_change change = { 0 };

    if (strncmp(text, "override=", 9) == 0 && text[9]) {
        change.kind = MZ_CHANGE_OVERRIDE;
        change.name = mz_arena_strdup(arena, text + 9);
        *ret_change = change;
        return MZ_OK;
    }
    if (strncmp(text, "lose=", 5) != 0 || !at || at == text + 5)
        return mz_fail(err, MZ_E_INPUT,
            "--what-if '%.80s' is not understood: write "
            "lose=PARTNER@PERIOD, such as lose=aws@2028Q1, or override=NAME",
            text);
    change.kind = MZ_CHANGE_LOSE;
    change.name = mz_arena_strndup(arena, text + 5, (size_t)(at - text - 5));
    if (!mz_month_parse(at + 1, true, &change.month))
        return mz_fail(err, MZ_E_INPUT,
            "--what-if '%.80s': '%.20s' is not a month: write it as "
            "2028-01, 2028Q1 or 2028",
            text, at + 1);
    *ret_change = change;
    return MZ_OK;
}

/* --- what-if ----------------------------------------------------------------------------- */

static enum mz_status solve_variant(const struct mz_study *study, const struct mz_change *change,
    const struct mz_decisions *decisions, const struct mz_plan_result **ret_result,
    struct mz_error *err)
{
    const struct mz_scenario *scenario;
    struct mz_plan_options options = study->options;
    struct mz_plan *plan;
    enum mz_status status;

    status = mz_study_load(study, study->arena, change, 1, study->diags, &scenario);
    if (status != MZ_OK)
        return mz_fail(err, status, "the scenario with this change has errors");
    options.decisions = decisions;
    status = mz_plan_solve(study->arena, scenario, &options, &plan, err);
    if (status != MZ_OK)
        return status;
    *ret_result = plan->result;
    mz_plan_free(plan);
    return MZ_OK;
}

enum mz_status mz_whatif_solve(const struct mz_study *study, const struct mz_change *changes,
    const char *const *names, int32_t count, const struct mz_whatif **ret_whatifs,
    struct mz_error *err)
{
    struct mz_whatif *list = mz_arena_alloc(study->arena, (size_t)count, sizeof(*list));

    for (int32_t i = 0; i < count; i++) {
        enum mz_status status;

        list[i].name = names[i];
        status = solve_variant(study, &changes[i], NULL, &list[i].result, err);
        if (status != MZ_OK)
            return status;
    }
    *ret_whatifs = list;
    return MZ_OK;
}

/* --- stress ------------------------------------------------------------------------------ */

static void fill_stress(struct mz_stress *stress, const struct mz_plan_result *fixed,
    const struct mz_plan_result *perfect)
{
    stress->status = fixed->status;
    stress->perfect_objective_usd = mz_plan_exists(perfect->status) ? perfect->objective_usd : NAN;
    stress->cost_usd = stress->objective_usd = stress->regret_usd = stress->gap_usd = NAN;
    stress->served_worst_fraction = stress->cash_lowest_usd = NAN;
    stress->served_worst_period = stress->cash_lowest_period = -1;
    if (!mz_plan_exists(fixed->status))
        return;
    stress->gap_usd = 0;
    stress->cost_usd = fixed->cost_usd;
    stress->objective_usd = fixed->objective_usd;
    stress->served_worst_fraction = mz_served_worst(fixed, &stress->served_worst_period);
    stress->cash_lowest_usd = mz_cash_lowest(fixed, &stress->cash_lowest_period);
    for (int32_t t = 0; t < fixed->period_count; t++)
        stress->gap_usd += fixed->ledger[t].gap_usd;
    stress->regret_usd = stress->objective_usd - stress->perfect_objective_usd;
}

enum mz_status mz_stress_solve(const struct mz_study *study, const struct mz_plan *base,
    const char *const *names, int32_t count, const struct mz_stress **ret_stresses,
    struct mz_error *err)
{
    struct mz_stress *list = mz_arena_alloc(study->arena, (size_t)count, sizeof(*list));
    const struct mz_decisions *decisions = mz_plan_decisions(study->arena, base);

    for (int32_t i = 0; i < count; i++) {
        struct mz_change change = { .kind = MZ_CHANGE_OVERRIDE, .name = names[i] };
        const struct mz_plan_result *fixed;
        const struct mz_plan_result *perfect;
        enum mz_status status = solve_variant(study, &change, decisions, &fixed, err);

        if (status == MZ_OK)
            status = solve_variant(study, &change, NULL, &perfect, err);
        if (status != MZ_OK)
            return status;
        list[i].name = names[i];
        fill_stress(&list[i], fixed, perfect);
    }
    *ret_stresses = list;
    return MZ_OK;
}
