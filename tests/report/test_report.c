/* test_report.c - facts about tables, drawings and the report of a plan */
#include "report/fixture_plan.h"

#include "report/chart_sankey.h"
#include "report/chart_time.h"
#include "report/html.h"
#include "report/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/sha256.h"
#include "report/xml_check.h"

static const struct mz_column three_columns[] = { { "name", "NAME", NULL, MZ_COLUMN_TEXT },
    { "state", "STATE", NULL, MZ_COLUMN_FIXED }, { "cost_usd", "COST", "$B", MZ_COLUMN_NUMBER } };

static void a_terminal_table_is_aligned_and_fits(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_table table;
    struct mz_text out = { 0 };

    (void)state;
    mz_table_init(&table, arena, three_columns, 3);
    mz_table_add(&table, "a very long name that nobody needs");
    mz_table_add(&table, "running");
    mz_table_add_number(&table, 1234.56, 1);
    mz_table_add(&table, "b");
    mz_table_add(&table, "held");
    mz_table_add_number(&table, NAN, 1);
    mz_table_write_terminal(&table, &(struct mz_table_style){ .width = 32 }, &out);
    assert_string_equal(mz_text_string(&out),
        "NAME            STATE       COST\n"
        "                              $B\n"
        "a very long n…  running  1,234.6\n"
        "b               held           -\n");
    mz_text_finish(&out);
    mz_arena_free(arena);
}

static void a_pipe_gets_tabs_whole_texts_and_no_escapes(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_table table;
    struct mz_text out = { 0 };

    (void)state;
    mz_table_init(&table, arena, three_columns, 3);
    mz_table_add_look(&table, "a very long name that nobody needs \x1b[31mred\ttab", MZ_CELL_BAD);
    mz_table_add(&table, "held");
    mz_table_add_number(&table, 2, 1);
    mz_table_write_pipe(&table, false, &out);
    assert_string_equal(mz_text_string(&out),
        "NAME\tSTATE\tCOST $B\na very long name that nobody needs ?[31mred?tab\theld\t2.0\n");
    mz_text_clear(&out);
    mz_table_write_pipe(&table, true, &out);
    assert_null(strstr(mz_text_string(&out), "NAME"));
    mz_text_clear(&out);
    mz_table_write_terminal(&table, &(struct mz_table_style){ .width = 30, .colour = true }, &out);
    assert_non_null(strstr(mz_text_string(&out), "\x1b[31ma very"));
    assert_null(strstr(mz_text_string(&out), "\x1b[31mred"));
    mz_text_finish(&out);
    mz_arena_free(arena);
}

static void csv_has_plain_numbers_and_quoted_texts(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_table table;
    struct mz_text out = { 0 };

    (void)state;
    mz_table_init(&table, arena, three_columns, 3);
    mz_table_add(&table, "a, \"b\"");
    mz_table_add(&table, "held");
    mz_table_add_number(&table, 12345.67, 1);
    mz_table_write_csv(&table, &out);
    assert_string_equal(
        mz_text_string(&out), "name,state,cost_usd\r\n\"a, \"\"b\"\"\",held,12345.7\r\n");
    mz_text_finish(&out);
    mz_arena_free(arena);
}

static void a_spark_line_reaches_from_lowest_to_highest_block(void **state)
{
    struct mz_text out = { 0 };
    const double values[] = { 0, 1, 2, 4, 6, NAN, 7, 8 };

    (void)state;
    mz_spark_add(&out, values, 8);
    assert_string_equal(mz_text_string(&out), "▁▂▃▅▇ ██");
    mz_text_clear(&out);
    mz_spark_add(&out, (const double[]){ 0, 0 }, 2);
    assert_string_equal(mz_text_string(&out), "▁▁");
    mz_text_finish(&out);
}

struct rounding_case {
    double values[4];
    double rounded[4];
    double total;
};

static const struct rounding_case rounding_cases[] = {
    { { 1.4, 1.4, 1.4, 1.8 }, { 1, 1, 2, 2 }, 6 },
    { { 0.5, 0.5, 0.5, 0.5 }, { 1, 1, 0, 0 }, 2 },
    { { -1.5, 2.25, 3.25, 0 }, { -2, 2, 4, 0 }, 4 },
    { { 10, 20, 30, 40 }, { 10, 20, 30, 40 }, 100 },
};

static void rounded_rows_sum_to_the_rounded_total(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rounding_cases) / sizeof(rounding_cases[0]); i++) {
        const struct rounding_case *one = &rounding_cases[i];
        double rounded[4];
        double sum = 0;
        double total = mz_round_to_total(one->values, 4, 0, rounded);

        for (int32_t j = 0; j < 4; j++) {
            assert_true(fabs(rounded[j] - one->values[j]) < 1);
            sum += rounded[j];
        }
        assert_true(fabs(total - one->total) < 1e-9);
        assert_true(fabs(sum - total) < 1e-9);
    }
}

static void ticks_are_round_few_and_cover_the_data(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 4000; i++) {
        double high = pow(10, -4 + (i % 1000) / 100.0);
        double low = i < 2000 ? 0 : -high * (i % 7) / 3;
        double min = low;
        double max = high;
        double step;
        int32_t decimals;

        mz_chart_ticks(&min, &max, &step, &decimals);
        assert_true(min <= low + 1e-9 * step && max >= high - 1e-9 * step);
        assert_true(round(max / step) - ceil(min / step - 1e-6) + 1 <= MZ_CHART_TICK_COUNT_MAX);
        assert_true(fabs(max / step - round(max / step)) < 1e-6);
        assert_true(fabs(step * pow(10, decimals) - round(step * pow(10, decimals))) <
            1e-6 * pow(10, decimals) * step + 1e-9);
    }
}

static void labels_are_moved_apart_and_stay_inside(void **state)
{
    struct mz_chart_label labels[9];

    (void)state;
    for (int32_t i = 0; i < 9; i++)
        labels[i] = (struct mz_chart_label){ .text = "x", .y = i < 5 ? 250 : 10 };
    mz_chart_labels_spread(labels, 9, 20, 300, 15);
    assert_true(labels[0].y >= 20 && labels[8].y <= 300);
    for (int32_t i = 1; i < 9; i++)
        assert_true(labels[i].y - labels[i - 1].y >= 15 - 1e-9);
}

static void a_sankey_keeps_the_largest_flows_and_the_sum(void **state)
{
    struct mz_chart_flow flows[40];
    struct mz_chart_flow reduced[MZ_SANKEY_FLOW_COUNT_MAX + 1];
    struct mz_chart_sankey sankey = { .flows = flows, .flow_count = 40, .other_name = "other" };
    double sum = 0;
    double reduced_sum = 0;
    int32_t count;

    (void)state;
    for (int32_t i = 0; i < 40; i++) {
        flows[i] = (struct mz_chart_flow){ { "a", "b", "c" }, 0, (i * 17) % 41 };
        sum += flows[i].amount;
    }
    count = mz_chart_sankey_reduce(&sankey, reduced);
    assert_int_equal(count, MZ_SANKEY_FLOW_COUNT_MAX + 1);
    for (int32_t i = 0; i < count; i++)
        reduced_sum += reduced[i].amount;
    for (int32_t i = 0; i < MZ_SANKEY_FLOW_COUNT_MAX; i++)
        assert_true(reduced[i].amount == 40 - i);
    assert_string_equal(reduced[count - 1].names[0], "other");
    assert_true(fabs(sum - reduced_sum) < 1e-9);
}

static void every_phrase_has_the_same_places_in_both_languages(void **state)
{
    (void)state;
    for (int32_t i = 0; i < MZ_PHRASE_COUNT; i++) {
        const char *english = mz_say(MZ_LANGUAGE_ENGLISH, (enum mz_phrase)i);
        const char *arabic = mz_say(MZ_LANGUAGE_ARABIC, (enum mz_phrase)i);

        assert_true(english[0] != '\0' && arabic[0] != '\0');
        for (char place = '0'; place <= '9'; place++) {
            const char text[] = { '{', place, '}', '\0' };

            if (!!strstr(english, text) != !!strstr(arabic, text))
                fail_msg("'%s': %s only in one language", english, text);
        }
    }
}

static void render(struct fixture_plan *fixture, struct mz_text *out)
{
    mz_text_clear(out);
    mz_html_report_write(&fixture->report, out);
}

static void the_report_is_well_formed_and_every_id_is_unique(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 4; i++) {
        struct fixture_plan fixture;
        struct mz_text out = { 0 };
        enum mz_language language = i % 2 ? MZ_LANGUAGE_ARABIC : MZ_LANGUAGE_ENGLISH;

        if (i < 2)
            fixture_plan_init(&fixture, language);
        else
            fixture_plan_init_infeasible(&fixture, language);
        render(&fixture, &out);
        assert_null(xml_check_drawings(mz_text_string(&out)));
        assert_null(xml_check_ids(mz_text_string(&out)));
        assert_null(strstr(mz_text_string(&out), ">nan"));
        assert_null(strstr(mz_text_string(&out), "inf<"));
        mz_text_finish(&out);
        mz_arena_free(fixture.arena);
    }
}

/* Bytes outside of <details> and of the JSON. */
static size_t visible_bytes(const char *page)
{
    size_t total = strlen(page);
    const char *const parts[][2] = { { "<details", "</details>" },
        { "<script type=\"application/json\"", "</script>" } };

    for (int32_t i = 0; i < 2; i++) {
        const char *begin = page;

        while ((begin = strstr(begin, parts[i][0]))) {
            const char *end = strstr(begin, parts[i][1]);

            assert_non_null(end);
            total -= (size_t)(end - begin);
            begin = end;
        }
    }
    return total;
}

static void the_report_is_small_and_always_the_same(void **state)
{
    (void)state;
    for (int32_t i = 0; i < 2; i++) {
        struct fixture_plan fixture;
        struct mz_text out = { 0 };
        struct mz_text again = { 0 };

        fixture_plan_init(&fixture, i ? MZ_LANGUAGE_ARABIC : MZ_LANGUAGE_ENGLISH);
        render(&fixture, &out);
        render(&fixture, &again);
        assert_string_equal(mz_text_string(&out), mz_text_string(&again));
        assert_true(visible_bytes(mz_text_string(&out)) < 150000);
        assert_true(out.length < 600000);
        mz_text_finish(&out);
        mz_text_finish(&again);
        mz_arena_free(fixture.arena);
    }
}

static void hostile_names_cannot_break_the_page(void **state)
{
    static const char script[] = "<script>alert(1)</script>";
    static const char quote[] = "\" onload=\"x' \x1b[31m\xff]]>&amp;";
    struct fixture_plan fixture;
    struct mz_text out = { 0 };

    (void)state;
    for (int32_t language = 0; language < 2; language++) {
        fixture_plan_init(&fixture, (enum mz_language)language);
        fixture.scenario.name = script;
        ((struct mz_partner *)(uintptr_t)fixture.scenario.partners)[0].label = script;
        ((struct mz_partner *)(uintptr_t)fixture.scenario.partners)[1].label = quote;
        ((struct mz_contract *)(uintptr_t)fixture.scenario.contracts)[0].name = quote;
        ((struct mz_contract *)(uintptr_t)fixture.scenario.contracts)[1].name = script;
        ((struct mz_site *)(uintptr_t)fixture.scenario.sites)[0].name = script;
        ((struct mz_workload *)(uintptr_t)fixture.scenario.workloads)[0].name = script;
        ((struct mz_chip *)(uintptr_t)fixture.scenario.chips)[0].name = quote;
        ((struct mz_whatif *)(uintptr_t)fixture.comparisons.whatifs)[0].name = script;
        fixture.report.scenario_text = script;
        fixture.report.command_line = quote;
        fixture.report.solver_log = script;
        fixture.report.result_json = "{\"a\":\"</script><script>alert(1)</script>\"}";
        render(&fixture, &out);
        assert_null(strstr(mz_text_string(&out), "<script>alert"));
        assert_null(strstr(mz_text_string(&out), "\" onload=\"x"));
        assert_null(strchr(mz_text_string(&out), '\x1b'));
        assert_null(xml_check_drawings(mz_text_string(&out)));
        mz_arena_free(fixture.arena);
    }
    mz_text_finish(&out);
}

/* The data table of panel 2: partners sum to the total in each row, as printed. */
static void the_printed_partners_sum_to_the_printed_total(void **state)
{
    struct fixture_plan fixture;
    struct mz_text out = { 0 };
    const char *row;
    int32_t rows = 0;

    (void)state;
    fixture_plan_init(&fixture, MZ_LANGUAGE_ENGLISH);
    render(&fixture, &out);
    row = strstr(mz_text_string(&out), "download=\"capacity-chips.csv\"");
    assert_non_null(row);
    for (row = strstr(row, "%0D%0A"); row && rows < 29; row = strstr(row + 6, "%0D%0A"), rows++) {
        double cells[12] = { 0 };
        double sum = 0;
        const char *at = row + 6;

        for (int32_t i = 0; i < 12; i++) {
            char *end;

            cells[i] = i == 0 ? 0 : strtod(at, &end);
            at = strchr(at, ',');
            if (!at)
                break;
            at++;
        }
        for (int32_t i = 1; i <= 8; i++)
            sum += cells[i];
        assert_true(fabs(sum - cells[9]) < 1e-6);
    }
    assert_int_equal(rows, 29);
    mz_text_finish(&out);
    mz_arena_free(fixture.arena);
}

/* The decisions table: contracts and the rest sum to the total, which is the plan's cost. */
static void the_printed_decisions_sum_to_the_cost(void **state)
{
    struct fixture_plan fixture;
    struct mz_text out = { 0 };
    const char *row;
    double sum = 0;
    double last = 0;
    int32_t rows = 0;

    (void)state;
    fixture_plan_init(&fixture, MZ_LANGUAGE_ENGLISH);
    render(&fixture, &out);
    row = strstr(mz_text_string(&out), "download=\"decisions.csv\"");
    assert_non_null(row);
    for (row = strstr(row, "%0D%0A"); row && rows < 17; row = strstr(row + 6, "%0D%0A"), rows++) {
        const char *at = row + 6;

        if (strncmp(at, "%22", 3) == 0) /* a quoted name has commas of its own */
            at = strstr(at + 3, "%22");
        for (int32_t i = 0; i < 4; i++)
            at = strchr(at, ',') + 1;
        sum += last;
        last = strtod(at, NULL);
    }
    assert_int_equal(rows, 17);
    assert_true(fabs(sum - last) < 1e-6);
    assert_true(fabs(last - fixture.result.cost_usd / 1e9) <= 0.05 + 1e-9);
    mz_text_finish(&out);
    mz_arena_free(fixture.arena);
}

static void the_policy_admits_exactly_the_script_of_the_page(void **state)
{
    char hash[SHA256_BASE64_MAX];

    (void)state;
    sha256_base64(mz_html_script, strlen(mz_html_script), hash);
    if (strcmp(hash, mz_html_script_hash) != 0)
        fail_msg("mz_html_script_hash has to be \"%s\"", hash);
    assert_true(strlen(mz_html_script) <= 1024);
}

static void a_scenario_with_little_in_it_says_so_in_sentences(void **state)
{
    struct fixture_plan fixture;
    struct mz_text out = { 0 };

    (void)state;
    fixture_plan_init(&fixture, MZ_LANGUAGE_ENGLISH);
    fixture.report.comparisons = NULL;
    fixture.result.contract_count = 0;
    fixture.result.workload_count = 0;
    fixture.result.site_count = 0;
    fixture.result.binding_count = 0;
    fixture.result.violation_count = 0;
    for (int32_t t = 0; t < 29; t++) {
        ((struct mz_ledger *)(uintptr_t)fixture.result.ledger)[t].cash_end_usd = NAN;
        ((double *)(uintptr_t)fixture.result.energy_mwh)[t] = 0;
    }
    render(&fixture, &out);
    assert_non_null(strstr(mz_text_string(&out), "No contract of this scenario has a commitment."));
    assert_non_null(strstr(mz_text_string(&out), "No site delivers anything"));
    assert_non_null(strstr(mz_text_string(&out), "The scenario has no finance section"));
    assert_non_null(strstr(mz_text_string(&out), "Nothing is assigned"));
    assert_non_null(strstr(mz_text_string(&out), "No workload runs"));
    assert_non_null(strstr(mz_text_string(&out), "No other scenario was planned"));
    assert_null(xml_check_drawings(mz_text_string(&out)));
    mz_text_finish(&out);
    mz_arena_free(fixture.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_table_is_aligned_and_fits),
        cmocka_unit_test(a_pipe_gets_tabs_whole_texts_and_no_escapes),
        cmocka_unit_test(csv_has_plain_numbers_and_quoted_texts),
        cmocka_unit_test(a_spark_line_reaches_from_lowest_to_highest_block),
        cmocka_unit_test(rounded_rows_sum_to_the_rounded_total),
        cmocka_unit_test(ticks_are_round_few_and_cover_the_data),
        cmocka_unit_test(labels_are_moved_apart_and_stay_inside),
        cmocka_unit_test(a_sankey_keeps_the_largest_flows_and_the_sum),
        cmocka_unit_test(every_phrase_has_the_same_places_in_both_languages),
        cmocka_unit_test(the_report_is_well_formed_and_every_id_is_unique),
        cmocka_unit_test(the_report_is_small_and_always_the_same),
        cmocka_unit_test(hostile_names_cannot_break_the_page),
        cmocka_unit_test(the_printed_partners_sum_to_the_printed_total),
        cmocka_unit_test(the_printed_decisions_sum_to_the_cost),
        cmocka_unit_test(the_policy_admits_exactly_the_script_of_the_page),
        cmocka_unit_test(a_scenario_with_little_in_it_says_so_in_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
