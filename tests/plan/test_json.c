/* test_json.c - the mizan.plan/1 document and the CSV files: keys, and totals that equal their rows */
#include "base/csv.h"
#include "base/text.h"
#include "plan/explain.h"
#include "plan/json.h"
#include "plan/plan_fixture.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums are of rounded decimals (15 digits) and of hundreds of rows. */
#define NEAR 1e-9

struct document {
    json_t *root;
    json_t *data;
};

static void plan_text(struct plan_fixture *f, const char *text, bool strict, bool relax)
{
    struct mz_plan_options options = { .strict = strict, .relax = relax };
    struct mz_error err = { MZ_OK, "" };

    assert_non_null(text);
    plan_fixture_load(f, text, "");
    mz_plan_free(f->plan);
    f->plan = NULL;
    assert_int_equal(mz_plan_solve(f->arena, f->scenario, &options, &f->plan, &err), MZ_OK);
    f->result = f->plan->result;
}

static struct document write_json(const struct plan_fixture *f, const char *generated_at)
{
    struct mz_comparisons none = { 0 };
    struct mz_text out = { 0 };
    struct document document;
    json_error_t error;

    mz_plan_json(f->result, &none, generated_at, &out);
    document.root = json_loads(mz_text_string(&out), JSON_REJECT_DUPLICATES, &error);
    if (!document.root)
        print_error("line %d: %s\n", error.line, error.text);
    assert_non_null(document.root);
    document.data = json_object_get(document.root, "data");
    assert_non_null(document.data);
    mz_text_finish(&out);
    return document;
}

static void has_keys(const json_t *object, const char *what, const char *keys)
{
    while (*keys) {
        size_t length = strcspn(keys, " ");
        char key[64];

        assert_true(length < sizeof(key));
        memcpy(key, keys, length);
        key[length] = '\0';
        if (!json_object_get(object, key))
            print_error("%s has no '%s'\n", what, key);
        assert_non_null(json_object_get(object, key));
        keys += length + strspn(keys + length, " ");
    }
}

static void rows_have_keys(const json_t *data, const char *list, const char *keys, bool some)
{
    const json_t *rows = json_object_get(data, list);

    assert_true(json_is_array(rows));
    if (some && json_array_size(rows) == 0)
        print_error("'%s' is empty\n", list);
    assert_true(!some || json_array_size(rows) > 0);
    for (size_t i = 0; i < json_array_size(rows); i++)
        has_keys(json_array_get(rows, i), list, keys);
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void the_document_has_the_keys_that_programs_read(void **state)
{
    struct plan_fixture *f = *state;
    struct document d;

    plan_text(f, plan_fixture_file(f->arena, "examples/small-lab.yaml"), false, false);
    d = write_json(f, "2026-01-01T00:00:00Z");
    assert_string_equal(json_string_value(json_object_get(d.root, "schema")), "mizan.plan/1");
    assert_string_equal(
        json_string_value(json_object_get(d.root, "generated_at")), "2026-01-01T00:00:00Z");
    has_keys(d.data, "data",
        "status gap objective_usd cost_usd solver rows columns integers "
        "seconds contracts timeline workloads n1 binding assumptions");
    has_keys(json_object_get(d.data, "seconds"), "seconds", "read build solve report");
    rows_have_keys(d.data, "contracts",
        "id partner kind decision decide_by commit_usd spend_usd "
        "short_usd peak_power_mw usd_per_chip_hour reservation_usd_per_chip_hour",
        true);
    rows_have_keys(d.data, "timeline",
        "period months power_mw chips share_percent cost_usd "
        "cash_usd served_percent",
        true);
    rows_have_keys(d.data, "workloads", "id kind served_percent unserved", true);
    rows_have_keys(d.data, "n1", "partner period critical_served_percent", true);
    rows_have_keys(d.data, "binding", "rule file line from to worth_usd unit", true);
    rows_have_keys(d.data, "assumptions", "key value source file line", true);
    assert_null(json_object_get(d.data, "remedies"));
    assert_int_equal(
        json_array_size(json_object_get(d.data, "contracts")), f->scenario->contract_count);
    assert_int_equal(
        json_array_size(json_object_get(d.data, "timeline")), f->scenario->period_count);
    json_decref(d.root);
}

static void an_impossible_plan_has_remedies_and_no_numbers(void **state)
{
    struct plan_fixture *f = *state;
    const char *text = plan_fixture_file(f->arena, "examples/strict.yaml");
    struct mz_source source = { "strict.yaml", text, text ? strlen(text) : 0 };
    struct mz_error err = { MZ_OK, "" };
    struct mz_diags diags;
    struct mz_study study = { f->arena, &source, &f->catalogue, NULL, 0, { .strict = true }, &diags,
        NULL };
    struct document d;

    plan_text(f, text, true, false);
    mz_diags_init(&diags, f->arena);
    assert_int_equal(mz_plan_explain(&study, f->plan, &err), MZ_OK);
    d = write_json(f, NULL);
    assert_string_equal(json_string_value(json_object_get(d.data, "status")), "infeasible");
    assert_true(json_is_null(json_object_get(d.data, "objective_usd")));
    assert_true(json_is_null(json_object_get(d.data, "cost_usd")));
    assert_true(json_is_null(json_object_get(d.data, "gap")));
    rows_have_keys(d.data, "remedies", "text set cost_usd file line", true);
    rows_have_keys(d.data, "conflict", "rule what text from to file line", true);
    json_decref(d.root);
}

static void without_a_time_the_document_is_the_same_each_time(void **state)
{
    struct plan_fixture *f = *state;
    struct mz_comparisons none = { 0 };
    struct mz_text one = { 0 };
    struct mz_text two = { 0 };

    plan_text(f, plan_fixture_file(f->arena, "examples/small-lab.yaml"), false, false);
    mz_plan_json(f->result, &none, NULL, &one);
    f->plan->result->seconds.solve += 1;
    mz_plan_json(f->result, &none, NULL, &two);
    assert_string_equal(mz_text_string(&one), mz_text_string(&two));
    assert_null(strstr(mz_text_string(&one), "generated_at"));
    assert_null(strstr(mz_text_string(&one), "\"seconds\""));
    mz_text_finish(&one);
    mz_text_finish(&two);
}

/* Shares add up to 100 where anything is delivered; costs of the periods to the cost of all. */
static void check_timeline(const json_t *data)
{
    const json_t *timeline = json_object_get(data, "timeline");
    double cost = 0;
    size_t with_power = 0;

    for (size_t i = 0; i < json_array_size(timeline); i++) {
        json_t *row = json_array_get(timeline, i);
        json_t *shares = json_object_get(row, "share_percent");
        double power = number_of(row, "power_mw");
        const char *key;
        json_t *value;
        double sum = 0;

        json_object_foreach(shares, key, value)
        {
            assert_true(json_number_value(value) >= 0 && json_number_value(value) <= 100 + NEAR);
            sum += json_number_value(value);
        }
        if (power > 1e-9) {
            assert_true(fabs(sum - 100) < 1e-6);
            with_power++;
        } else {
            assert_true(sum == 0);
        }
        assert_true(number_of(row, "served_percent") <= 100 + NEAR);
        cost += number_of(row, "cost_usd");
    }
    assert_true(with_power > 0);
    assert_true(fabs(cost - number_of(data, "cost_usd")) <= NEAR * fmax(1, fabs(cost)));
}

/* --- CSV --------------------------------------------------------------------------------- */

struct table {
    struct mz_csv_record head;
    struct mz_csv_record *rows;
    size_t count;
    size_t capacity;
};

static struct table read_csv(const struct plan_fixture *f, const char *name)
{
    struct mz_text out = { 0 };
    struct mz_error err = { MZ_OK, "" };
    struct table table = { .count = 0 };
    struct mz_csv csv;
    struct mz_csv_record record;
    bool more = true;

    mz_plan_csv(f->result, name, &out);
    mz_csv_init(&csv, name, mz_arena_strdup(f->arena, mz_text_string(&out)), out.length, f->arena);
    assert_int_equal(mz_csv_read(&csv, &table.head, &more, &err), MZ_OK);
    assert_true(more);
    while (mz_csv_read(&csv, &record, &more, &err) == MZ_OK && more) {
        assert_int_equal(record.count, table.head.count);
        table.rows = mz_arena_grow(
            f->arena, table.rows, table.count, table.count + 1, &table.capacity, sizeof(record));
        table.rows[table.count++] = record;
    }
    assert_false(more);
    mz_text_finish(&out);
    return table;
}

static size_t column_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->head.count; i++) {
        if (strcmp(table->head.fields[i], name) == 0)
            return i;
    }
    print_error("there is no column '%s'\n", name);
    fail();
    return 0;
}

static double field(const struct table *table, size_t row, const char *column)
{
    const char *text = table->rows[row].fields[column_of(table, column)];
    char *end;
    double value;

    if (*text == '\0')
        return 0;
    value = strtod(text, &end);
    assert_true(*end == '\0');
    return value;
}

static double sum_where(
    const struct table *table, const char *column, const char *key, const char *value)
{
    double sum = 0;

    for (size_t i = 0; i < table->count; i++) {
        if (!key || strcmp(table->rows[i].fields[column_of(table, key)], value) == 0)
            sum += field(table, i, column);
    }
    return sum;
}

static void near(double found, double expected, const char *what)
{
    if (fabs(found - expected) > NEAR * fmax(1e3, fabs(expected)))
        print_error("%s: %.12g, expected %.12g\n", what, found, expected);
    assert_true(fabs(found - expected) <= NEAR * fmax(1e3, fabs(expected)));
}

static void check_costs(const struct plan_fixture *f)
{
    struct table costs = read_csv(f, "costs");
    struct table decisions = read_csv(f, "decisions");
    char month[MZ_MONTH_TEXT_MAX];

    near(sum_where(&costs, "usd", NULL, NULL), f->result->cost_usd, "costs.csv");
    for (int32_t t = 0; t < f->result->period_count; t++)
        near(sum_where(&costs, "usd", "period",
                 mz_month_format(month, f->scenario->periods[t].month_begin)),
            f->result->cost_by_period_usd[t], "costs.csv of a period");
    for (int32_t g = 0; g < f->result->contract_count; g++) {
        const char *name = f->scenario->contracts[g].name;

        near(sum_where(&costs, "usd", "what", name), f->result->contracts[g].total_usd, name);
        near(sum_where(&decisions, "total_usd", "contract", name),
            f->result->contracts[g].total_usd, name);
    }
    near(sum_where(&costs, "usd", "kind", "spend"), sum_where(&decisions, "spend_usd", NULL, NULL),
        "spend");
    near(sum_where(&costs, "usd", "kind", "short"), sum_where(&decisions, "short_usd", NULL, NULL),
        "short");
}

static void check_cash(const struct plan_fixture *f)
{
    static const char *const in[] = { "workload_revenue_usd", "other_revenue_usd", "equity_usd",
        "drawn_usd", "gap_usd" };
    static const char *const out[] = { "spend_usd", "capex_usd", "energy_usd", "carbon_usd",
        "short_usd", "fees_usd", "interest_usd", "costs_usd", "repaid_usd" };
    struct table cash = read_csv(f, "cash");
    double before = NAN;

    if (!f->scenario->finance.present)
        return;
    assert_int_equal(cash.count, f->result->period_count);
    for (size_t i = 0; i < cash.count; i++) {
        double sum = field(&cash, i, "cash_begin_usd");

        if (i > 0)
            near(sum, before, "cash_begin_usd");
        for (size_t k = 0; k < sizeof(in) / sizeof(in[0]); k++)
            sum += field(&cash, i, in[k]);
        for (size_t k = 0; k < sizeof(out) / sizeof(out[0]); k++)
            sum -= field(&cash, i, out[k]);
        before = field(&cash, i, "cash_end_usd");
        near(before, sum, "cash_end_usd");
    }
}

static void check_power(const struct plan_fixture *f)
{
    struct table power = read_csv(f, "power");
    struct table capacity = read_csv(f, "capacity");
    char month[MZ_MONTH_TEXT_MAX];

    for (int32_t t = 0; t < f->result->period_count; t++) {
        mz_month_format(month, f->scenario->periods[t].month_begin);
        near(sum_where(&power, "power_mw", "period", month), f->result->power_mw[t], "power.csv");
        near(sum_where(&capacity, "chips", "period", month), f->result->chips[t], "capacity.csv");
    }
}

static void check_assignment(const struct plan_fixture *f)
{
    struct table assignment = read_csv(f, "assignment");

    for (int32_t w = 0; w < f->result->workload_count; w++) {
        double chips = 0;

        for (int32_t t = 0; t < f->result->period_count; t++)
            chips += f->result->workloads[w].chips[t];
        near(sum_where(&assignment, "chips", "workload", f->scenario->workloads[w].name), chips,
            "assignment.csv");
    }
}

static void totals_equal_their_rows(void **state)
{
    static const char *const cases[] = { "examples/small-lab.yaml", "examples/strict.yaml",
        "examples/openai-2025.yaml" };
    struct plan_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document d;

        print_message("%s\n", cases[i]);
        plan_text(f, plan_fixture_file(f->arena, cases[i]), false, i == 2);
        assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
        d = write_json(f, NULL);
        check_timeline(d.data);
        near(number_of(d.data, "cost_usd"), f->result->cost_usd, "cost_usd");
        json_decref(d.root);
        check_costs(f);
        check_cash(f);
        check_power(f);
        check_assignment(f);
    }
}

static void every_csv_file_can_be_read(void **state)
{
    struct plan_fixture *f = *state;

    plan_text(f,
        "mizan: 1\nname: x\nstart: 2026-01\nperiods: {months: 2}\n"
        "chips: {c: {power: 1 kW/chip}}\npartners: {'p,\"q': {}}\nsites: {'p,\"q/a': {pue: 1.2}}\n"
        "contracts: {'g \"x\", y': {kind: on-demand, partner: 'p,\"q', pools: {'p,\"q/a': [c]}, "
        "capacity: 10 chips, price: 2 USD/chip-hour}}\n"
        "workloads: {'w,': {kind: serve, demand: 8B tokens/day, throughput: 1000 tokens/s}}\n"
        "limits: {survive_loss_of: any}\n",
        false, false);
    assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
    for (int32_t i = 0; i < mz_plan_csv_count; i++) {
        struct table table = read_csv(f, mz_plan_csv_names[i]);

        assert_true(table.head.count > 1);
        if (strcmp(mz_plan_csv_names[i], "capacity") == 0) {
            assert_true(table.count == 2);
            assert_string_equal(table.rows[0].fields[column_of(&table, "contract")], "g \"x\", y");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(the_document_has_the_keys_that_programs_read),
        plan_test(an_impossible_plan_has_remedies_and_no_numbers),
        plan_test(without_a_time_the_document_is_the_same_each_time),
        plan_test(totals_equal_their_rows),
        plan_test(every_csv_file_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
