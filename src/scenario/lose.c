/* lose.c - capacity ends in a month
 * It is done to the nouns and not to the file, because it has to reach contracts whose capacity
 * is a scalar, a line between dates, or not stated at all. */
#include "scenario/lose.h"

#include "base/text.h"
#include "domain/series.h"

/* The series up to the month and 0 from it on. A line between dates becomes its months: a cut
 * line would otherwise sink towards the 0. */
static void cut(struct mz_arena *arena, struct mz_series *series, int32_t month)
{
    int32_t last = series->steps[series->step_count - 1].month;
    int32_t first = series->steps[0].month;
    struct mz_step *steps;
    int32_t count = 0;

    if (series->linear && first == MZ_MONTH_ALWAYS && series->step_count > 1)
        first = series->steps[1].month;
    if (series->linear) {
        last = last < month ? last : month - 1;
        steps =
            mz_arena_alloc(arena, (size_t)(last > first ? last - first : 0) + 3, sizeof(*steps));
        if (series->steps[0].month == MZ_MONTH_ALWAYS)
            steps[count++] = series->steps[0];
        for (int32_t m = first; m <= last && m != MZ_MONTH_ALWAYS; m++)
            steps[count++] = (struct mz_step){ m, mz_series_at(series, m) };
    } else {
        steps = mz_arena_alloc(arena, (size_t)series->step_count + 1, sizeof(*steps));
        for (int32_t i = 0; i < series->step_count && series->steps[i].month < month; i++)
            steps[count++] = series->steps[i];
    }
    steps[count++] = (struct mz_step){ month, 0 };
    series->steps = steps;
    series->step_count = count;
    series->linear = false;
}

static void lose(struct mz_arena *arena, const struct mz_scenario *scenario,
    struct mz_contract *contracts, int32_t partner, int32_t month)
{
    for (int32_t i = 0; i < scenario->contract_count; i++) {
        struct mz_contract *contract = &contracts[i];

        if (contract->partner != partner)
            continue;
        if (mz_series_stated(&contract->capacity_chips))
            cut(arena, &contract->capacity_chips, month);
        else if (contract->end_month > month)
            contract->end_month = month;
    }
}

void mz_scenario_lose(struct mz_check *check, const struct mz_scenario *scenario,
    struct mz_contract *contracts, const struct mz_change *changes, size_t change_count,
    const struct mz_mark *marks)
{
    const char *known[MZ_PARTNER_COUNT_MAX + 1];

    for (int32_t i = 0; i < scenario->partner_count; i++)
        known[i] = scenario->partners[i].name;
    for (size_t i = 0; i < change_count; i++) {
        struct mz_diag *diag;
        int32_t partner;

        if (changes[i].kind != MZ_CHANGE_LOSE)
            continue;
        partner = mz_scenario_find_partner(scenario, changes[i].name);
        if (partner >= 0) {
            lose(check->arena, scenario, contracts, partner, changes[i].month);
            continue;
        }
        diag = mz_check_error(
            check, "M0120", marks[i], "there is no partner '%.80s'", changes[i].name);
        diag->suggestion = mz_nearest_word(changes[i].name, known, (size_t)scenario->partner_count);
        if (diag->suggestion)
            diag->label = mz_arena_printf(check->arena, "did you mean '%s'?", diag->suggestion);
    }
}
