/* test_month.c - months: reading, writing, hours */
#include "base/month.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define MONTH(year, month) ((year)*12 + (month)-1)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct month_case {
    const char *text;
    bool strict; /* read when strict */
    bool loose;  /* read when loose */
    int32_t month;
};

static void a_month_is_read_in_its_forms(void **state)
{
    static const struct month_case cases[] = {
        { "2025-11", true, true, MONTH(2025, 11) },
        { "1900-01", true, true, MZ_MONTH_MIN },
        { "2199-12", true, true, MZ_MONTH_MAX },
        { "2028Q1", false, true, MONTH(2028, 1) },
        { "2028Q4", false, true, MONTH(2028, 10) },
        { "2028", false, true, MONTH(2028, 1) },
        { "1899-12", false, false, 0 },
        { "2200-01", false, false, 0 },
        { "2025-00", false, false, 0 },
        { "2025-13", false, false, 0 },
        { "2025-1", false, false, 0 },
        { "2025-011", false, false, 0 },
        { "2025-11-01", false, false, 0 },
        { "2028Q0", false, false, 0 },
        { "2028Q5", false, false, 0 },
        { "2028Q11", false, false, 0 },
        { "2028q1", false, false, 0 },
        { "28-01", false, false, 0 },
        { "", false, false, 0 },
        { "202", false, false, 0 },
        { " 2025-11", false, false, 0 },
        { "2025-11 ", false, false, 0 },
        { "2025/11", false, false, 0 },
        { "+025-11", false, false, 0 },
        { "-2025", false, false, 0 },
        { "2025-", false, false, 0 },
        { "2025Q", false, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t month = -77;

        assert_int_equal(mz_month_parse(cases[i].text, false, &month), cases[i].strict);
        assert_int_equal(month, cases[i].strict ? cases[i].month : -77);
        month = -77;
        assert_int_equal(mz_month_parse(cases[i].text, true, &month), cases[i].loose);
        assert_int_equal(month, cases[i].loose ? cases[i].month : -77);
    }
}

static void every_month_reads_back(void **state)
{
    (void)state;
    for (int32_t month = MZ_MONTH_MIN; month <= MZ_MONTH_MAX; month++) {
        char buffer[MZ_MONTH_TEXT_MAX];
        int32_t again;

        assert_true(mz_month_parse(mz_month_format(buffer, month), false, &again));
        assert_int_equal(again, month);
    }
}

static void never_has_a_word(void **state)
{
    char buffer[MZ_MONTH_TEXT_MAX];

    (void)state;
    assert_string_equal(mz_month_format(buffer, MZ_MONTH_NEVER), "never");
}

struct hours_case {
    int32_t year;
    double february;
};

static void february_is_longer_in_leap_years(void **state)
{
    static const struct hours_case cases[] = { { 2023, 672 }, { 2024, 696 }, { 2026, 672 },
        { 2028, 696 }, { 1900, 672 }, { 2000, 696 }, { 2100, 672 }, { 2096, 696 } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double year = 0;

        assert_true(mz_month_hours(MONTH(cases[i].year, 2)) == cases[i].february);
        for (int32_t m = 1; m <= 12; m++)
            year += mz_month_hours(MONTH(cases[i].year, m));
        assert_true(year == (cases[i].february == 696 ? 8784 : 8760));
    }
    assert_true(mz_month_hours(MONTH(2026, 1)) == 744);
    assert_true(mz_month_hours(MONTH(2026, 4)) == 720);
    assert_true(mz_month_hours(MONTH(2026, 12)) == 744);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_is_read_in_its_forms),
        cmocka_unit_test(every_month_reads_back),
        cmocka_unit_test(never_has_a_word),
        cmocka_unit_test(february_is_longer_in_leap_years),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
