/* test_override.c - every rule of overrides, --set, --sweep and lost partners */
#include "support.h"

#include <stdio.h>
#include <string.h>

enum { M = 2026 * 12 }; /* 2026-01 */

#define CONTRACT(capacity)                                                                         \
    HEAD AWS "contracts:\n"                                                                        \
             "  c: {kind: on-demand, partner: aws, pools: {aws/a: [h100-sxm, h200-sxm]}, "         \
             "capacity: " capacity ", price: {h100-sxm: 2 USD/chip-hour, h200-sxm: "               \
             "{2026-01: 3 USD/chip-hour, 2027-01: 2 USD/chip-hour}}}\n"

struct capacity_case {
    const char *old;
    const char *set;
    const char *wanted; /* month:value of each step */
    bool linear;
};

static const struct capacity_case capacity_cases[] = {
    { "5 chips", "9 chips", "0:9", false },
    /* a map of dates keeps what lies before its own first date and replaces the rest */
    { "{2026-01: 1 chips, 2026-06: 2 chips, 2027-01: 3 chips}", "{2026-06: 9 chips}",
        "24312:1 24317:9", false },
    { "{2026-01: 1 chips, 2026-06: 2 chips}", "{2026-03: 7 chips, 2026-04: 8 chips}",
        "24312:1 24314:7 24315:8", false },
    { "{2026-06: 2 chips}", "{2026-01: 9 chips}", "24312:9", false },
    { "{2026-01: 2 chips}", "9 chips", "0:9", false },
    /* a scalar becomes the value since ever */
    { "5 chips", "{2026-06: 9 chips}", "0:5 24317:9", false },
    /* the ramp is the override's if it has one, else the old one */
    { "{ramp: linear, 2026-01: 1 chips, 2027-01: 2 chips}", "{2026-06: 9 chips}", "24312:1 24317:9",
        true },
    { "{2026-01: 1 chips, 2027-01: 2 chips}", "{ramp: linear, 2026-06: 9 chips}", "24312:1 24317:9",
        true },
    { "{2026-01: 1 chips, 2027-01: 2 chips}", "{ramp: linear}", "24312:1 24324:2", true },
    { "{ramp: linear, 2026-01: 1 chips, 2027-01: 2 chips}", "{ramp: null, 2026-06: 9 chips}",
        "24312:1 24317:9", false },
    /* null in a map of dates cuts */
    { "{2026-01: 1 chips, 2026-06: 2 chips, 2027-01: 3 chips}", "{2026-06: null}", "24312:1",
        false },
    { "5 chips", "null", "", false },
    { "5 chips", "~", "", false },
};

static const char *steps_text(char *buffer, size_t size, const struct mz_series *series)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (int32_t i = 0; i < series->step_count; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%d:%.10g", i ? " " : "",
            (int)series->steps[i].month, series->steps[i].value);
    return buffer;
}

static void a_value_that_is_set_merges_by_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(capacity_cases) / sizeof(capacity_cases[0]); i++) {
        const struct capacity_case *c = &capacity_cases[i];
        struct mz_change change = {
            .kind = MZ_CHANGE_SET, .path = "contracts.c.capacity", .value = c->set
        };
        char text[2048];
        char steps[512];
        struct loaded loaded;

        (void)snprintf(text, sizeof(text), CONTRACT("%s"), c->old);
        loaded = load_right(text, &change, 1);
        assert_string_equal(
            steps_text(steps, sizeof(steps), &loaded.scenario->contracts[0].capacity_chips),
            c->wanted);
        assert_int_equal(loaded.scenario->contracts[0].capacity_chips.linear, c->linear);
        loaded_finish(&loaded);
    }
}

static void the_value_before_the_first_date_of_a_scalar_holds_since_ever(void **state)
{
    struct mz_change change = {
        .kind = MZ_CHANGE_SET, .path = "contracts.c.capacity", .value = "{2026-06: 9 chips}"
    };
    struct loaded loaded = load_right(CONTRACT("5 chips"), &change, 1);
    const struct mz_series *capacity = &loaded.scenario->contracts[0].capacity_chips;

    (void)state;
    assert_true(mz_series_at(capacity, M) == 5);
    assert_true(mz_series_at(capacity, M + 5) == 9);
    loaded_finish(&loaded);
}

static void maps_by_chip_merge_chip_by_chip(void **state)
{
    struct mz_change change = { .kind = MZ_CHANGE_SET,
        .path = "contracts.c.price",
        .value = "{h200-sxm: {2026-07: 9 USD/chip-hour}}" };
    struct loaded loaded = load_right(CONTRACT("5 chips"), &change, 1);
    const struct mz_contract *contract = &loaded.scenario->contracts[0];
    char steps[512];

    (void)state;
    assert_int_equal(contract->price_count, 2);
    assert_string_equal(
        steps_text(steps, sizeof(steps), &contract->price_usd_per_chip_hour[0].series), "0:2");
    assert_string_equal(
        steps_text(steps, sizeof(steps), &contract->price_usd_per_chip_hour[1].series),
        "24312:3 24318:9");
    loaded_finish(&loaded);
}

static void changes_apply_in_the_order_given(void **state)
{
    static const char text[] =
        CONTRACT("5 chips") "overrides:\n"
                            "  more: {contracts.c.capacity: 7 chips}\n"
                            "  less: {contracts.c.capacity: 3 chips, contracts.d: null}\n";
    struct mz_change changes[] = {
        { .kind = MZ_CHANGE_OVERRIDE, .name = "less" },
        { .kind = MZ_CHANGE_SET, .path = "contracts.c.capacity", .value = "4 chips" },
        { .kind = MZ_CHANGE_OVERRIDE, .name = "more" },
        { .kind = MZ_CHANGE_SCALE, .path = "contracts.c.capacity", .factor = 1.5 },
    };
    static const double wanted[] = { 5, 3, 4, 7, 10.5 };

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct loaded loaded = load_right(text, changes, i);

        assert_true(mz_series_at(&loaded.scenario->contracts[0].capacity_chips, M) == wanted[i]);
        assert_int_equal(loaded.scenario->override_count, 2);
        assert_int_equal(loaded.diags.warning_count, 1); /* contracts.d, applied or not */
        loaded_finish(&loaded);
    }
}

static void null_removes_and_a_new_last_key_is_added(void **state)
{
    struct mz_change changes[] = {
        { .kind = MZ_CHANGE_SET, .path = "contracts.c", .value = "null" },
        { .kind = MZ_CHANGE_SET, .path = "sites.aws/new", .value = "{power: 5 MW, pue: null}" },
        { .kind = MZ_CHANGE_SET, .path = "limits", .value = "{cash_floor: 5 USD}" },
        { .kind = MZ_CHANGE_SET, .path = "limits.critical_share", .value = "50%" },
    };
    struct loaded loaded = load_right(CONTRACT("5 chips"), changes, 4);

    (void)state;
    assert_int_equal(loaded.scenario->contract_count, 0);
    assert_int_equal(loaded.scenario->site_count, 3);
    assert_string_equal(loaded.scenario->sites[2].name, "aws/new");
    assert_true(loaded.scenario->limits.critical_share == 0.5);
    assert_true(mz_series_at(&loaded.scenario->limits.cash_floor_usd, M) == 5);
    loaded_finish(&loaded);
}

struct scale_case {
    const char *path;
    double factor;
    const char *capacity;
    double price_second; /* first step of the second chip */
};

static const struct scale_case scale_cases[] = {
    { "contracts.c.capacity", 1.1, "24312:11000 24317:22000", 3 },
    { "contracts.c.price", 2, "24312:10000 24317:20000", 6 },
    { "contracts.c.price.h200-sxm", 0.5, "24312:10000 24317:20000", 1.5 },
};

static void scaling_multiplies_every_quantity_at_the_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scale_cases) / sizeof(scale_cases[0]); i++) {
        struct mz_change change = {
            .kind = MZ_CHANGE_SCALE, .path = scale_cases[i].path, .factor = scale_cases[i].factor
        };
        struct loaded loaded =
            load_right(CONTRACT("{2026-01: 10k chips, 2026-06: 20k chips}"), &change, 1);
        const struct mz_contract *contract = &loaded.scenario->contracts[0];
        char steps[512];

        assert_string_equal(
            steps_text(steps, sizeof(steps), &contract->capacity_chips), scale_cases[i].capacity);
        assert_true(contract->price_usd_per_chip_hour[1].series.steps[0].value ==
            scale_cases[i].price_second);
        loaded_finish(&loaded);
    }
}

struct lose_case {
    const char *capacity; /* "": not stated */
    int32_t month;
    const char *wanted;
    int32_t end_month;
};

static const struct lose_case lose_cases[] = {
    { "capacity: {2026-01: 1 chips, 2026-06: 2 chips, 2027-01: 3 chips},", M + 6,
        "24312:1 24317:2 24318:0", MZ_MONTH_NEVER },
    { "capacity: 5 chips,", M + 6, "0:5 24318:0", MZ_MONTH_NEVER },
    { "", M + 6, "", M + 6 },
    { "capacity: {2026-06: 2 chips},", M, "24312:0", MZ_MONTH_NEVER },
    /* a line is cut, not bent towards 0 */
    { "capacity: {ramp: linear, 2026-01: 0 chips, 2026-05: 8 chips},", M + 2,
        "24312:0 24313:2 24314:0", MZ_MONTH_NEVER },
    { "capacity: {ramp: linear, 2026-01: 0 chips, 2026-03: 8 chips},", M + 5,
        "24312:0 24313:4 24314:8 24317:0", MZ_MONTH_NEVER },
};

static void a_lost_partner_delivers_nothing_from_the_month_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lose_cases) / sizeof(lose_cases[0]); i++) {
        const struct lose_case *c = &lose_cases[i];
        struct mz_change change = { .kind = MZ_CHANGE_LOSE, .name = "aws", .month = c->month };
        char text[1024];
        char steps[512];
        struct loaded loaded;

        (void)snprintf(text, sizeof(text),
            HEAD AWS
            "contracts:\n  c: {kind: on-demand, partner: aws, %s pools: {aws/a: h100-sxm}, "
            "price: 1 USD/chip-hour}\n"
            "  d: {kind: on-demand, partner: azure, pools: {azure/b: h100-sxm}, "
            "price: 1 USD/chip-hour}\n",
            c->capacity);
        loaded = load_right(text, &change, 1);
        assert_string_equal(
            steps_text(steps, sizeof(steps), &loaded.scenario->contracts[0].capacity_chips),
            c->wanted);
        assert_int_equal(loaded.scenario->contracts[0].end_month, c->end_month);
        assert_int_equal(loaded.scenario->contracts[1].end_month, MZ_MONTH_NEVER);
        loaded_finish(&loaded);
    }
}

struct failed_case {
    struct mz_change change;
    const char *code;
    const char *suggestion; /* NULL: none */
    int32_t column;
    const char *shown;
};

static const struct failed_case failed_cases[] = {
    { { .kind = MZ_CHANGE_OVERRIDE, .name = "los-aws" }, "M0130", "lose-aws", 1, "los-aws" },
    { { .kind = MZ_CHANGE_LOSE, .name = "awz" }, "M0120", "aws", 1, "awz" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts.d.price", .value = "1 USD/chip-hour" }, "M0131",
        "c", 11, "contracts.d.price=1 USD/chip-hour" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts.c.price", .value = "1" }, "M0112",
        "1 USD/chip-hour", 19, "contracts.c.price=1" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts.c.price", .value = "{2026-01: 1" }, "M0101", NULL,
        19, "contracts.c.price={2026-01: 1" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts.c.price", .value = "" }, "M0103", NULL, 19,
        "contracts.c.price=" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts..price", .value = "1" }, "M0131", NULL, 1,
        "contracts..price=1" },
    { { .kind = MZ_CHANGE_SET, .path = "contracts.c.pric", .value = "1" }, "M0107", "price", 13,
        "contracts.c.pric=1" },
    { { .kind = MZ_CHANGE_SCALE, .path = "contracts.c.pools", .factor = 2 }, "M0134", NULL, 13,
        "contracts.c.pools" },
    { { .kind = MZ_CHANGE_SCALE, .path = "contracts.c.capacit", .factor = 2 }, "M0131", NULL, 13,
        "contracts.c.capacit" },
    { { .kind = MZ_CHANGE_SCALE, .path = "sites.aws/a.region", .factor = 2 }, "M0134", NULL, 13,
        "sites.aws/a.region" },
};

static void a_change_that_fails_says_where_in_its_own_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(failed_cases) / sizeof(failed_cases[0]); i++) {
        const struct failed_case *c = &failed_cases[i];
        struct loaded loaded = load_lines(HEAD AWS
            "contracts:\n  c: {kind: on-demand, partner: aws, pools: {aws/a: h100-sxm}, "
            "price: 1 USD/chip-hour}\n"
            "overrides: {lose-aws: {contracts.c.capacity: 0 chips}}\n",
            &c->change, 1);
        const struct mz_diag *diag = &loaded.diags.list[0];

        assert_int_equal(loaded.status, MZ_E_INPUT);
        assert_int_equal(loaded.diags.error_count, 1);
        assert_string_equal(diag->code, c->code);
        assert_int_equal(diag->mark.line, 0);
        assert_int_equal(diag->mark.column, c->column);
        assert_string_equal(diag->shown, c->shown);
        if (c->suggestion)
            assert_string_equal(diag->suggestion, c->suggestion);
        else
            assert_null(diag->suggestion);
        loaded_finish(&loaded);
    }
}

static void the_file_itself_is_not_changed_by_an_override(void **state)
{
    static const char text[] = CONTRACT(
        "{2026-01: 1 chips, 2027-01: 2 chips}") "overrides:\n"
                                                "  a: {contracts.c.capacity: {2026-06: 9 chips}, "
                                                "contracts.c.price.h100-sxm: null}\n"
                                                "  b: {contracts.c.capacity: {2026-09: 8 chips}}\n";
    struct mz_change b = { .kind = MZ_CHANGE_OVERRIDE, .name = "b" };
    struct loaded loaded = load_right(text, &b, 1);
    char steps[512];

    (void)state; /* `a` was tried on a copy when it was checked */
    assert_string_equal(
        steps_text(steps, sizeof(steps), &loaded.scenario->contracts[0].capacity_chips),
        "24312:1 24320:8");
    assert_int_equal(loaded.scenario->contracts[0].price_count, 2);
    loaded_finish(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_that_is_set_merges_by_the_rules),
        cmocka_unit_test(the_value_before_the_first_date_of_a_scalar_holds_since_ever),
        cmocka_unit_test(maps_by_chip_merge_chip_by_chip),
        cmocka_unit_test(changes_apply_in_the_order_given),
        cmocka_unit_test(null_removes_and_a_new_last_key_is_added),
        cmocka_unit_test(scaling_multiplies_every_quantity_at_the_path),
        cmocka_unit_test(a_lost_partner_delivers_nothing_from_the_month_on),
        cmocka_unit_test(a_change_that_fails_says_where_in_its_own_text),
        cmocka_unit_test(the_file_itself_is_not_changed_by_an_override),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
