/* test_fleet.c - what was signed, written as a fleet file and read again */
#include "base/text.h"
#include "plan/plan_fixture.h"

#include <math.h>
#include <string.h>

struct emitted {
    const char *text;
    const struct mz_scenario *fleet;
};

/* Plans the text (integers as parts when relaxed), writes the fleet and loads it. */
static struct emitted emit(struct plan_fixture *f, const char *text, bool relax)
{
    struct mz_plan_options options = { .relax = relax };
    struct mz_error err = { MZ_OK, "" };
    struct mz_text out = { 0 };
    struct emitted emitted = { NULL, NULL };
    struct mz_source source = { "fleet.yaml", NULL, 0 };
    struct mz_diags diags;
    enum mz_status status;

    assert_non_null(text);
    plan_fixture_load(f, text, "");
    assert_int_equal(mz_plan_solve(f->arena, f->scenario, &options, &f->plan, &err), MZ_OK);
    f->result = f->plan->result;
    assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
    mz_plan_emit_fleet(f->result, &f->catalogue, &out);
    emitted.text = mz_arena_strdup(f->arena, mz_text_string(&out));
    mz_text_finish(&out);
    source.bytes = emitted.text;
    source.length = strlen(emitted.text);
    mz_diags_init(&diags, f->arena);
    status = mz_scenario_load(f->arena, &source, &f->catalogue, NULL, 0, &diags, &emitted.fleet);
    for (size_t i = 0; i < diags.count && i < 5; i++)
        print_error("fleet.yaml:%d: %s %s\n", (int)diags.list[i].mark.line, diags.list[i].code,
            diags.list[i].message);
    assert_int_equal(status, MZ_OK);
    assert_true(emitted.fleet->is_fleet);
    return emitted;
}

static double rounded(const struct plan_fixture *f, int32_t g, int32_t p, int32_t t)
{
    return nearbyint(f->result->contracts[g].pool_chips[p * f->result->period_count + t]);
}

static double rounded_sum(const struct plan_fixture *f, int32_t g, int32_t t)
{
    double sum = 0;

    for (int32_t p = 0; p < f->scenario->contracts[g].pool_count; p++)
        sum += rounded(f, g, p, t);
    return sum;
}

/* Per contract and period: the chips delivered, in whole ones. */
static void check_capacities(const struct plan_fixture *f, const struct mz_scenario *fleet)
{
    int32_t found = 0;

    for (int32_t g = 0; g < f->scenario->contract_count; g++) {
        int32_t again = find_contract(fleet, f->scenario->contracts[g].name);
        double most = 0;

        for (int32_t t = 0; t < f->scenario->period_count; t++) {
            double chips = rounded_sum(f, g, t);
            int32_t month = f->scenario->periods[t].month_begin;
            int32_t last = f->scenario->periods[t].month_end - 1;

            most = fmax(most, chips);
            if (again < 0)
                continue;
            assert_true(mz_contract_capacity_at(&fleet->contracts[again], month) == chips);
            assert_true(mz_contract_capacity_at(&fleet->contracts[again], last) == chips);
        }
        assert_true((again >= 0) == (most > 0));
        found += again >= 0;
        if (again >= 0)
            assert_string_equal(fleet->partners[fleet->contracts[again].partner].name,
                f->scenario->partners[f->scenario->contracts[g].partner].name);
    }
    assert_int_equal(found, fleet->contract_count);
}

/* Nodes of a site of the fleet hold what all contracts deliver there, with less than a node spare
 * to none. */
static void check_nodes(const struct plan_fixture *f, const struct mz_scenario *fleet)
{
    for (int32_t i = 0; i < fleet->site_count; i++) {
        const struct mz_site *site = &fleet->sites[i];

        assert_true(site->chip >= 0);
        assert_true(site->chips_per_node > 0);
        for (int32_t t = 0; t < f->scenario->period_count; t++) {
            double nodes = mz_series_at(&site->nodes, f->scenario->periods[t].month_begin);
            double chips = 0;

            for (int32_t g = 0; g < f->scenario->contract_count; g++) {
                const struct mz_contract *contract = &f->scenario->contracts[g];

                for (int32_t p = 0; p < contract->pool_count; p++) {
                    const char *name = mz_arena_printf(f->arena, "%s/%s",
                        f->scenario->sites[contract->pools[p].site].name,
                        f->scenario->chips[contract->pools[p].chip].name);

                    if (strcmp(name, site->name) == 0)
                        chips += rounded(f, g, p, t);
                }
            }
            assert_true(nodes == floor(nodes));
            assert_true(nodes * site->chips_per_node >= chips);
            assert_true((nodes - 1) * site->chips_per_node < chips || nodes == 0);
        }
    }
}

static void the_small_lab_comes_back_as_it_was_planned(void **state)
{
    struct plan_fixture *f = *state;
    struct emitted emitted = emit(f, plan_fixture_file(f->arena, "examples/small-lab.yaml"), false);

    check_capacities(f, emitted.fleet);
    check_nodes(f, emitted.fleet);
}

static void the_shipped_case_comes_back_as_it_was_planned(void **state)
{
    struct plan_fixture *f = *state;
    struct emitted emitted =
        emit(f, plan_fixture_file(f->arena, "examples/openai-2025.yaml"), true);

    check_capacities(f, emitted.fleet);
    check_nodes(f, emitted.fleet);
}

/* A case with one contract of this name, at a site, of a chip, of a partner. A chip with a month's
 * name would make its price a value over time. */
static const char *named(struct mz_arena *arena, const char *name)
{
    int32_t month;
    const char *chip = mz_month_parse(name, false, &month) ? "chip" : name;

    return mz_arena_printf(arena,
        "mizan: 1\nname: \"%s\"\nstart: 2026-01\nperiods: {months: 2}\n"
        "chips: {\"%s\": {power: 1 kW/chip}}\n"
        "partners: {\"%s\": {label: \"%s\"}}\n"
        "sites: {\"%s/%s\": {pue: 1.2, region: \"%s\"}}\n"
        "contracts:\n  \"%s\": {kind: on-demand, partner: \"%s\", pools: {\"%s/%s\": [\"%s\"]},\n"
        "    capacity: 103 chips, price: 2 USD/chip-hour}\n"
        "workloads:\n  w: {kind: serve, demand: 8.64B tokens/day, throughput: 1000 tokens/s}\n",
        name, chip, name, name, name, name, name, name, name, name, name, chip);
}

static void odd_names_come_back_letter_by_letter(void **state)
{
    static const char *const names[] = { "plain", "true", "null", "~", "-", "- a", "a b", "a: b",
        "# no", "{x}", "[y]", "*z", "&z", "!t", "|", ">", "%a", "@a", "`a", "'q'", "a'b",
        "\\\"quoted\\\"", "back\\\\slash", "123", "1e5", "0x1F", "yes", "Null", "NULL", "2026-01",
        "\xc3\xa9t\xc3\xa9", "\xd9\x85\xd9\x8a\xd8\xb2\xd8\xa7\xd9\x86", "a,b", "?", "? a", "=",
        "<<", "a#b", "a #b", " lead", "trail ", "tab\\tin", "line\\nbreak", "\\x1b[31m" };
    struct plan_fixture *f = *state;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = named(f->arena, names[i]);
        struct mz_source source = { "named.yaml", text, strlen(text) };
        const struct mz_scenario *scenario = NULL;
        struct mz_diags diags;
        struct emitted emitted;

        mz_diags_init(&diags, f->arena);
        if (mz_scenario_load(f->arena, &source, &f->catalogue, NULL, 0, &diags, &scenario) != MZ_OK)
            continue; /* not a name for this reader */
        emitted = emit(f, text, false);
        if (strcmp(emitted.fleet->contracts[0].name, f->scenario->contracts[0].name) != 0)
            print_error("name %s:\n%s", names[i], emitted.text);
        assert_string_equal(emitted.fleet->name, f->scenario->name);
        assert_int_equal(emitted.fleet->contract_count, 1);
        assert_string_equal(emitted.fleet->contracts[0].name, f->scenario->contracts[0].name);
        assert_string_equal(emitted.fleet->partners[emitted.fleet->contracts[0].partner].label,
            f->scenario->partners[f->scenario->contracts[0].partner].label);
        check_capacities(f, emitted.fleet);
        check_nodes(f, emitted.fleet);
        mz_plan_free(f->plan);
        f->plan = NULL;
    }
}

static void labels_with_control_characters_come_back_too(void **state)
{
    struct plan_fixture *f = *state;
    struct emitted emitted = emit(f,
        "mizan: 1\nname: \"case\\e]0;title\\a\\nof two lines\"\nstart: 2026-01\n"
        "periods: {months: 2}\nchips: {c: {power: 1 kW/chip}}\n"
        "partners: {p: {label: \"a\\e[31mb\\tc\\nd\\x01 \\u2028\"}}\nsites: {p/a: {pue: 1.2}}\n"
        "contracts: {g: {kind: on-demand, partner: p, pools: {p/a: [c]}, capacity: 10 chips, "
        "price: 2 USD/chip-hour}}\n"
        "workloads: {w: {kind: serve, demand: 1B tokens/day, throughput: 1000 tokens/s}}\n",
        false);

    assert_null(strchr(emitted.text, '\x1b'));
    assert_string_equal(emitted.fleet->name, f->scenario->name);
    assert_string_equal(emitted.fleet->partners[0].label, f->scenario->partners[0].label);
}

static void a_plan_that_signs_nothing_is_an_empty_fleet(void **state)
{
    struct plan_fixture *f = *state;
    struct emitted emitted = emit(f,
        "mizan: 1\nname: none\nstart: 2026-01\nperiods: {months: 2}\n"
        "partners: {p: {}}\nchips: {c: {power: 1 kW/chip}}\nsites: {p/a: {pue: 1.2}}\n"
        "contracts: {g: {kind: on-demand, partner: p, pools: {p/a: [c]}, capacity: 10 chips, "
        "price: 2 USD/chip-hour}}\n",
        false);

    assert_int_equal(emitted.fleet->contract_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(the_small_lab_comes_back_as_it_was_planned),
        plan_test(the_shipped_case_comes_back_as_it_was_planned),
        plan_test(odd_names_come_back_letter_by_letter),
        plan_test(labels_with_control_characters_come_back_too),
        plan_test(a_plan_that_signs_nothing_is_an_empty_fleet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
