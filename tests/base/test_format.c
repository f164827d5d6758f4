/* test_format.c - numbers for people, and numbers that read back */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct shown {
    double value;
    const char *text;
};

static void money_has_three_or_four_digits(void **state)
{
    static const struct shown cases[] = {
        { 0, "$0" },
        { 0.004, "$0" },
        { -0.004, "$0" },
        { 38e9, "$38.0B" },
        { -4.8e9, "-$4.80B" },
        { 250e9, "$250.0B" },
        { 999.96e9, "$1.00T" },
        { 999.4e6, "$999.4M" },
        { 1234, "$1.23k" },
        { 12, "$12" },
        { 0.5, "$0.50" },
        { 999.7, "$1.00k" },
    };
    char buffer[MZ_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(mz_format_usd(buffer, cases[i].value), cases[i].text);
    assert_string_equal(mz_format_usd(buffer, (double)NAN), "-");
    assert_string_equal(mz_format_usd(buffer, HUGE_VAL), "-");
}

static void counts_have_thousands_then_suffixes(void **state)
{
    static const struct shown cases[] = {
        { 0, "0" },
        { 7, "7" },
        { 2.5, "2.50" },
        { 1480, "1,480" },
        { 155000, "155,000" },
        { 999499, "999,499" },
        { 999.6e3, "1.00M" },
        { 27.3e6, "27.3M" },
        { -27.3e6, "-27.3M" },
        { 6e12, "6.00T" },
    };
    char buffer[MZ_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(mz_format_count(buffer, cases[i].value), cases[i].text);
    assert_string_equal(mz_format_count(buffer, (double)NAN), "-");
    assert_string_equal(mz_format_count(buffer, -HUGE_VAL), "-");
}

static void power_takes_the_unit_that_fits(void **state)
{
    static const struct shown cases[] = {
        { 0, "0 MW" },
        { 4500, "4.50 GW" },
        { 95, "95.0 MW" },
        { 0.012, "12.0 kW" },
        { 999.9, "1.00 GW" },
        { -250, "-250.0 MW" },
    };
    char buffer[MZ_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(mz_format_power_mw(buffer, cases[i].value), cases[i].text);
    assert_string_equal(mz_format_power_mw(buffer, (double)NAN), "-");
}

struct fixed {
    double value;
    int32_t decimals;
    const char *text;
};

static void fixed_numbers_have_thousands_and_no_minus_zero(void **state)
{
    static const struct fixed cases[] = {
        { 12345.6, 1, "12,345.6" },
        { 0, 0, "0" },
        { 999, 0, "999" },
        { 1000, 0, "1,000" },
        { 999.96, 1, "1,000.0" },
        { -1234567.891, 2, "-1,234,567.89" },
        { -0.04, 1, "0.0" },
        { -0.06, 1, "-0.1" },
        { 123456789012345.0, 0, "123,456,789,012,345" },
        { 123456789012345.0, 9, "123,456,789,012,345.000000000" },
        { 1e15, 0, "-" },
    };
    char buffer[MZ_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            mz_format_fixed(buffer, cases[i].value, cases[i].decimals), cases[i].text);
    assert_string_equal(mz_format_fixed(buffer, (double)NAN, 2), "-");
}

static void a_fraction_becomes_percent(void **state)
{
    static const struct fixed cases[] = {
        { 0.975, 1, "97.5%" },
        { 1, 0, "100%" },
        { 0, 1, "0.0%" },
        { -0.0, 1, "0.0%" },
        { 0.38044, 2, "38.04%" },
        { -0.011, 1, "-1.1%" },
    };
    char buffer[MZ_NUMBER_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            mz_format_percent(buffer, cases[i].value, cases[i].decimals), cases[i].text);
    assert_string_equal(mz_format_percent(buffer, (double)NAN, 1), "-");
    mz_format_percent(buffer, 1e300, 9); /* too long: cut, not overrun */
    assert_true(strlen(buffer) < MZ_NUMBER_MAX);
}

static void an_exact_number_is_the_shortest_that_reads_back(void **state)
{
    static const struct shown cases[] = {
        { 60, "60" },
        { 0.1, "0.1" },
        { 1050, "1050" },
        { 1e6, "1000000" },
        { 123456789, "123456789" },
        { 0.00025, "0.00025" },
        { 0.29999999999999999, "0.3" },
        { 1.0 / 3, "0.3333333333333333" },
        { 0, "0" },
        { -2.5, "-2.5" },
    };
    char buffer[MZ_NUMBER_MAX];
    uint64_t random = 88172645463325252u;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(mz_format_exact(buffer, cases[i].value), cases[i].text);
    for (int i = 0; i < 100000; i++) {
        double value;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memcpy(&value, &random, sizeof(value));
        if (i % 2)
            value = (double)(random >> 11) / 1e6; /* sizes that people write */
        if (!isfinite(value))
            continue;
        mz_format_exact(buffer, value);
        assert_true(strtod(buffer, NULL) == value);
        assert_true(strlen(buffer) < MZ_NUMBER_MAX);
        if (fabs(value) >= 1e-5 && fabs(value) < 1e15)
            assert_null(strchr(buffer, 'e'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_has_three_or_four_digits),
        cmocka_unit_test(counts_have_thousands_then_suffixes),
        cmocka_unit_test(power_takes_the_unit_that_fits),
        cmocka_unit_test(fixed_numbers_have_thousands_and_no_minus_zero),
        cmocka_unit_test(a_fraction_becomes_percent),
        cmocka_unit_test(an_exact_number_is_the_shortest_that_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
