/* test_explain.c - a conflict is irreducible, short, and each remedy works
 *
 * Beside the shipped example, small random scenarios whose rules cannot hold together. The seed is
 * printed; MIZAN_EXPLAIN_SEED gives another first one, MIZAN_EXPLAIN_COUNT another number.
 */
#include "base/text.h"
#include "plan/explain.h"
#include "plan/plan_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INFEASIBLE_COUNT_MIN = 30, TRIED_COUNT_MAX = 400 };

static struct mz_study study_of(
    const struct plan_fixture *f, const struct mz_source *source, struct mz_diags *diags)
{
    struct mz_study study = { .arena = f->arena,
        .source = source,
        .catalogue = &f->catalogue,
        .options = { .strict = true },
        .diags = diags };

    mz_diags_init(diags, f->arena);
    return study;
}

static bool is_planned(const struct mz_plan *plan)
{
    return plan->result->status == MZ_PLAN_OPTIMAL || plan->result->status == MZ_PLAN_FEASIBLE;
}

/* Loaded and planned with one --set more, all rules strict. */
static bool works_with(
    const struct plan_fixture *f, const struct mz_source *source, const char *set)
{
    const char *equals = strchr(set, '=');
    struct mz_change change = { .kind = MZ_CHANGE_SET };
    struct mz_plan_options options = { .strict = true };
    struct mz_error err = { MZ_OK, "" };
    const struct mz_scenario *scenario = NULL;
    struct mz_diags diags;
    struct mz_plan *plan = NULL;
    bool works;

    assert_non_null(equals);
    change.path = mz_arena_strndup(f->arena, set, (size_t)(equals - set));
    change.value = equals + 1;
    mz_diags_init(&diags, f->arena);
    assert_int_equal(
        mz_scenario_load(f->arena, source, &f->catalogue, &change, 1, &diags, &scenario), MZ_OK);
    assert_int_equal(mz_plan_solve(f->arena, scenario, &options, &plan, &err), MZ_OK);
    works = is_planned(plan);
    mz_plan_free(plan);
    return works;
}

/* Infeasible together, possible without any one of them. Answers how many kinds of rule. */
static int32_t check_irreducible(struct mz_plan *plan, const char *what)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_conflict_set set;
    bool kinds[MZ_RULE_CARBON + 1] = { false };
    int32_t kind_count = 0;
    bool feasible = true;

    assert_int_equal(mz_conflict_find(plan, &set, &err), MZ_OK);
    assert_int_equal(mz_conflict_feasible(plan, &set, NULL, &feasible, &err), MZ_OK);
    if (feasible)
        print_error("%s: the rules of the conflict can hold together\n", what);
    assert_false(feasible);
    for (int32_t e = 0; e < set.element_count; e++) {
        const struct mz_element *element = &set.elements[e];

        if (!element->kept)
            continue;
        assert_int_equal(mz_conflict_feasible(plan, &set, element, &feasible, &err), MZ_OK);
        if (!feasible)
            print_error("%s: the conflict stands without rule %d on %d (%d) too\n", what,
                (int)element->rule, (int)element->entity, (int)element->sub);
        assert_true(feasible);
        if (!kinds[element->rule])
            kind_count++;
        kinds[element->rule] = true;
    }
    assert_true(kind_count > 0);
    return kind_count;
}

static void check_lines(const struct mz_infeasibility *why, int32_t kind_count, int32_t periods)
{
    assert_non_null(why);
    assert_true(why->conflict_count > 0);
    assert_true(why->conflict_count <= MZ_CONFLICT_COUNT_MAX);
    if (kind_count <= MZ_CONFLICT_COUNT_MAX)
        assert_int_equal(why->conflict_count, kind_count); /* no rule is left out */
    for (int32_t i = 0; i < why->conflict_count; i++) {
        const struct mz_conflict *line = &why->conflicts[i];

        assert_true(line->text[0] != '\0');
        assert_true(line->mark.line > 0);
        assert_true(line->from_period >= 0 && line->from_period <= line->to_period);
        assert_true(line->to_period < periods);
    }
}

/* All that is promised about an infeasible plan of f->scenario. Answers how many remedies. */
static int32_t check_explained(
    struct plan_fixture *f, const struct mz_source *source, const char *what)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_diags diags;
    struct mz_study study = study_of(f, source, &diags);
    int32_t kind_count = check_irreducible(f->plan, what);
    const struct mz_infeasibility *why;

    assert_int_equal(mz_plan_explain(&study, f->plan, &err), MZ_OK);
    why = f->plan->result->infeasibility;
    check_lines(why, kind_count, f->scenario->period_count);
    assert_true(why->remedy_count <= MZ_REMEDY_COUNT_MAX);
    for (int32_t i = 0; i < why->remedy_count; i++) {
        bool works = works_with(f, source, why->remedies[i].set);

        if (!works)
            print_error("%s: remedy does not help: %s\n", what, why->remedies[i].set);
        assert_true(works);
        if (i > 0)
            assert_true(why->remedies[i - 1].objective_usd <= why->remedies[i].objective_usd);
    }
    return why->remedy_count;
}

static void the_shipped_conflict_names_four_rules_and_remedies_that_work(void **state)
{
    struct plan_fixture *f = *state;
    const char *text = plan_fixture_file(f->arena, "examples/strict.yaml");
    struct mz_source source = { "strict.yaml", text, text ? strlen(text) : 0 };
    const struct mz_infeasibility *why;

    assert_non_null(text);
    plan_fixture_load(f, text, "");
    plan_fixture_solve(f, true, NULL);
    assert_int_equal(f->result->status, MZ_PLAN_INFEASIBLE);
    assert_true(check_explained(f, &source, "strict.yaml") >= 3);
    why = f->result->infeasibility;
    assert_int_equal(why->conflict_count, 4);
    for (int32_t i = 0; i < why->conflict_count; i++) {
        assert_int_equal(why->conflicts[i].from_period, 1); /* 2029 only */
        assert_int_equal(why->conflicts[i].to_period, 1);
    }
}

/* --- random scenarios -------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};

static double between(struct chance *chance, double low, double high)
{
    chance->state = chance->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (high - low) * (double)(chance->state >> 40) / (double)(1 << 24);
}

static bool maybe(struct chance *chance, double probability)
{
    return between(chance, 0, 1) < probability;
}

static void add_limits(struct mz_text *out, struct chance *chance, double chips)
{
    static const char *const measures[] = { "power", "chips", "spend" };

    mz_text_add(out, "limits:\n  critical_share: 70%\n");
    if (maybe(chance, 0.6))
        mz_text_addf(out, "  partner_share: [{of: %s, max: %.0f%%%s%s}]\n",
            measures[(int)between(chance, 0, 2.99)], between(chance, 20, 60),
            maybe(chance, 0.5) ? ", partner: north" : "",
            maybe(chance, 0.5) ? ", from: 2026-03" : "");
    if (maybe(chance, 0.4))
        mz_text_add(out, "  survive_loss_of: any\n");
    if (maybe(chance, 0.4))
        mz_text_addf(out, "  chip_supply: {c1: {2026-02: %.0f chips/month}}\n",
            between(chance, 0.02, 0.3) * chips);
    if (maybe(chance, 0.3))
        mz_text_addf(out, "  build_rate: {2026-01: %.4f MW/week}\n",
            between(chance, 0.001, 0.1) * chips / 1000);
    if (maybe(chance, 0.3))
        mz_text_addf(out, "  carbon: {cap: %.0f t/year}\n", between(chance, 0.5, 4) * chips);
    if (maybe(chance, 0.4))
        mz_text_addf(out, "  cash_floor: %.0f USD\n", between(chance, 0, 1000) * chips);
}

static void add_supply(struct mz_text *out, struct chance *chance, double chips)
{
    mz_text_addf(out,
        "sites:\n"
        "  north/a: {pue: 1.2, region: us, power: %.4f MW}\n"
        "  south/b: {pue: 1.1, region: eu, new: true, power: {2026-01: %.4f MW, 2026-05: %.4f "
        "MW}}\n"
        "  own/c: {pue: 1.3, region: us, power: %.4f MW%s}\n",
        between(chance, 0.3, 1.2) * chips / 1000, between(chance, 0, 0.4) * chips / 1000,
        between(chance, 0.2, 1) * chips / 1000, between(chance, 0, 0.3) * chips / 1000,
        maybe(chance, 0.3)
            ? ", expand: {lead: 2 months, max: 1 MW, capex: 9M USD/MW, life: 20 years}"
            : "");
    mz_text_addf(out,
        "contracts:\n"
        "  held: {kind: committed, partner: north, pools: {north/a: [c1]}, "
        "capacity: {2026-01: %.0f chips, 2026-06: %.0f chips}, price: 2 USD/chip-hour}\n"
        "  offer: {kind: option, partner: south, pools: {south/b: [c1, c2]}, lead: 1 months, "
        "term: 12 months, whole: %s, capacity: %.0f chips, price: 2.5 USD/chip-hour}\n"
        "  spot: {kind: on-demand, partner: south, pools: {south/b: [c1]}, capacity: %.0f chips, "
        "price: 5 USD/chip-hour}\n"
        "  mine: {kind: own, pools: {own/c: [c1]}, capex: 30k USD/chip, opex: 0.3 USD/chip-hour, "
        "life: 4 years, lead: 2 months, sign: {from: 2026-01, to: 2026-09}}\n",
        between(chance, 0.2, 0.8) * chips, between(chance, 0.2, 0.8) * chips,
        maybe(chance, 0.4) ? "true" : "false", between(chance, 0.2, 0.8) * chips,
        between(chance, 0, 0.2) * chips);
}

static const char *random_text(struct mz_arena *arena, uint64_t seed)
{
    struct chance chance = { seed * UINT64_C(0x9E3779B97F4A7C15) + 1 };
    double chips = between(&chance, 50, 5000);
    struct mz_text out = { 0 };
    const char *result;

    (void)between(&chance, 0, 1);
    mz_text_add(&out,
        "mizan: 1\nname: random\nstart: 2026-01\nperiods: {months: 4, quarters: 2}\n"
        "chips: {c1: {power: 1 kW/chip}, c2: {power: 2 kW/chip, from: 2026-04}}\n"
        "partners: {north: {}, south: {}}\n");
    add_limits(&out, &chance, chips);
    add_supply(&out, &chance, chips);
    mz_text_addf(&out,
        "workloads:\n"
        "  chat: {kind: serve, critical: true, demand: {2026-01: %.0f tokens/day, 2026-07: %.0f "
        "tokens/day}, %s throughput: 1000 tokens/s}\n"
        "  night: {kind: batch, demand: %.0f tokens/day, wait: 10 days, throughput: 900 "
        "tokens/s}\n",
        between(&chance, 0.1, 0.7) * chips * 86.4e6, between(&chance, 0.3, 1) * chips * 86.4e6,
        maybe(&chance, 0.3) ? "regions: {us: 60%, eu: 40%}," : "",
        between(&chance, 0, 0.4) * chips * 86.4e6);
    if (maybe(&chance, 0.5))
        mz_text_addf(&out,
            "finance: {cash: %.0f USD, costs: %.0f USD/month, revenue: %.0f "
            "USD/month, funding: {round: {kind: equity, from: 2026-03, max: %.0f USD, fee: "
            "2%%}}}\n",
            between(&chance, 0, 6000) * chips, between(&chance, 0, 500) * chips,
            between(&chance, 0, 3000) * chips, between(&chance, 0, 4000) * chips);
    result = mz_arena_strdup(arena, mz_text_string(&out));
    mz_text_finish(&out);
    return result;
}

static long number_of(const char *name, long fallback)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : fallback;
}

static void any_conflict_is_irreducible_and_its_remedies_work(void **state)
{
    struct plan_fixture *f = *state;
    uint64_t seed = (uint64_t)number_of("MIZAN_EXPLAIN_SEED", 1);
    long wanted = number_of("MIZAN_EXPLAIN_COUNT", INFEASIBLE_COUNT_MIN);
    long infeasible = 0;
    long with_remedy = 0;
    long remedies = 0;

    print_message("first seed %llu\n", (unsigned long long)seed);
    for (int tried = 0; tried < TRIED_COUNT_MAX && infeasible < wanted; tried++, seed++) {
        const char *text = random_text(f->arena, seed);
        struct mz_source source = { "random.yaml", text, strlen(text) };
        const char *what = mz_arena_printf(f->arena, "seed %llu", (unsigned long long)seed);
        int32_t count;

        plan_fixture_load(f, text, "");
        plan_fixture_solve(f, true, NULL);
        if (is_planned(f->plan))
            continue;
        assert_int_equal(f->result->status, MZ_PLAN_INFEASIBLE);
        infeasible++;
        count = check_explained(f, &source, what);
        remedies += count;
        with_remedy += count > 0;
    }
    print_message("%ld without a plan, %ld of them with a remedy, %ld remedies\n", infeasible,
        with_remedy, remedies);
    assert_true(infeasible >= wanted);
    assert_true(with_remedy * 3 >= infeasible);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(the_shipped_conflict_names_four_rules_and_remedies_that_work),
        plan_test(any_conflict_is_irreducible_and_its_remedies_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
