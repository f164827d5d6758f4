/* test_quantity.c - numbers with units: each kind right, wrong and without; suffixes; limits */
#include "base/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct kind_case {
    enum mz_quantity kind;
    const char *text;
    double value;
    const char *wrong; /* of another unit */
};

static const struct kind_case kind_cases[] = {
    { MZ_Q_CHIPS, "20k chips", 20000, "20 MW" },
    { MZ_Q_CHIPS, "1 chip", 1, "1 token" },
    { MZ_Q_CHIPS_OR_BARE, "20k chips", 20000, "20 MW" },
    { MZ_Q_CHIPS_OR_BARE, "20", 20, "20 nodes" },
    { MZ_Q_COUNT, "1.2", 1.2, "1.2 chips" },
    { MZ_Q_POWER, "400 MW", 400, "400 MWh" },
    { MZ_Q_POWER, "1.2 GW", 1200, "1.2 gw" },
    { MZ_Q_POWER, "90 kW", 0.09, "90 W" },
    { MZ_Q_POWER_PER_CHIP, "2.3 kW/chip", 2300, "2.3 kW" },
    { MZ_Q_POWER_PER_CHIP, "700 W/chip", 700, "700 chips" },
    { MZ_Q_MONEY, "38B USD", 38e9, "38B EUR" },
    { MZ_Q_USD_PER_CHIP_HOUR, "3.00 USD/chip-hour", 3, "3 USD/hour" },
    { MZ_Q_USD_PER_CHIP, "42k USD/chip", 42000, "42k USD" },
    { MZ_Q_USD_PER_POWER, "12M USD/MW", 12e6, "12M USD" },
    { MZ_Q_USD_PER_POWER, "12B USD/GW", 12e6, "12B USD/TW" },
    { MZ_Q_USD_PER_POWER, "12k USD/kW", 12e6, "12k USD/W" },
    { MZ_Q_USD_PER_ENERGY, "62 USD/MWh", 62, "62 USD/MW" },
    { MZ_Q_USD_PER_ENERGY, "0.062 USD/kWh", 62, "62 USD" },
    { MZ_Q_USD_PER_TOKENS, "1.80 USD/Mtok", 1.8, "1.80 USD/token" },
    { MZ_Q_USD_PER_CARBON, "40 USD/t", 40, "40 USD/kt" },
    { MZ_Q_USD_PER_MONTH, "1.9B USD/month", 1.9e9, "1.9B USD" },
    { MZ_Q_USD_PER_MONTH, "3B USD/quarter", 1e9, "3B USD/week" },
    { MZ_Q_USD_PER_MONTH, "12B USD/year", 1e9, "12B USD/day" },
    { MZ_Q_USD_PER_USD, "10 USD/USD", 10, "10 USD" },
    { MZ_Q_USD_PER_SHARE, "10 USD/kWh", 10, "10 USD/h" },
    { MZ_Q_USD_PER_WATT, "5 USD/W", 5, "5 USD/kW" },
    { MZ_Q_TOKENS, "60T tokens", 60e12, "60T chips" },
    { MZ_Q_TOKENS, "60T", 60e12, "60T tok" },
    { MZ_Q_TOKENS_PER_DAY, "1.2T tokens/day", 1.2e12, "1.2T tokens/s" },
    { MZ_Q_TOKENS_PER_S, "5200 tokens/s", 5200, "5200 tokens" },
    { MZ_Q_SHARE, "60%", 0.6, "60%/year" },
    { MZ_Q_SHARE, "60 %", 0.6, "60 percent" },
    { MZ_Q_RATE, "9%", 0.09, "9%/month" },
    { MZ_Q_RATE, "12%/year", 0.12, "12 USD" },
    { MZ_Q_GROWTH, "120%/year", 1.2, "120%" },
    { MZ_Q_GROWTH, "-20%/year", -0.2, "-20%/month" },
    { MZ_Q_MONTHS, "18 months", 18, "18 weeks" },
    { MZ_Q_MONTHS, "1 month", 1, "1 mon" },
    { MZ_Q_MONTHS, "5 years", 60, "5 y" },
    { MZ_Q_MONTHS, "0.5 years", 6, "0.5 decades" },
    { MZ_Q_SECONDS, "2 s", 2, "2 sec" },
    { MZ_Q_SECONDS, "50 ms", 0.05, "50 us" },
    { MZ_Q_DAYS, "14 days", 14, "14 months" },
    { MZ_Q_DAYS, "12 hours", 0.5, "12 h" },
    { MZ_Q_DAYS, "2 weeks", 14, "2 years" },
    { MZ_Q_CARBON_INTENSITY, "320 g/kWh", 320, "320 g" },
    { MZ_Q_CARBON_INTENSITY, "320 kg/MWh", 320, "320 kg/kWh" },
    { MZ_Q_CARBON_RATE, "3 Mt/year", 3e6, "3 Mt" },
    { MZ_Q_CARBON_RATE, "3 kt/year", 3e3, "3 kg/year" },
    { MZ_Q_POWER_RATE, "50 MW/week", 50, "50 MW/month" },
    { MZ_Q_POWER_RATE, "1 GW/week", 1000, "1 GW" },
    { MZ_Q_CHIP_RATE, "100k chips/month", 1e5, "100k chips" },
    { MZ_Q_CHIP_RATE, "300 chips/quarter", 100, "300 chips/week" },
    { MZ_Q_CHIP_RATE, "1200 chips/year", 100, "1200 tokens/year" },
};

static enum mz_status parse(const char *text, enum mz_quantity kind, double *ret_value)
{
    struct mz_error err = { MZ_OK, "" };
    double before = *ret_value;
    enum mz_status status = mz_quantity_parse(text, kind, ret_value, &err);

    if (status != MZ_OK) {
        assert_int_equal(status, MZ_E_PARSE);
        assert_true(err.text[0] != '\0');
        assert_true(*ret_value == before); /* a failed call changes nothing */
        assert_int_equal(mz_quantity_parse(text, kind, ret_value, NULL), MZ_E_PARSE);
    }
    return status;
}

static void each_kind_reads_its_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kind_cases); i++) {
        double value = -77;

        assert_int_equal(parse(kind_cases[i].text, kind_cases[i].kind, &value), MZ_OK);
        if (fabs(value - kind_cases[i].value) > 1e-12 * fabs(kind_cases[i].value))
            print_error("%s: %.17g\n", kind_cases[i].text, value);
        assert_true(fabs(value - kind_cases[i].value) <= 1e-12 * fabs(kind_cases[i].value));
    }
}

static void each_kind_refuses_another_unit_and_says_what_to_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kind_cases); i++) {
        struct mz_error err = { MZ_OK, "" };
        double value = -77;

        assert_int_equal(parse(kind_cases[i].wrong, kind_cases[i].kind, &value), MZ_E_PARSE);
        (void)mz_quantity_parse(kind_cases[i].wrong, kind_cases[i].kind, &value, &err);
        assert_non_null(strstr(err.text, "write \""));
        assert_non_null(strstr(err.text, mz_quantity_unit(kind_cases[i].kind)));
    }
}

static void a_bare_number_is_refused_where_a_unit_is_needed(void **state)
{
    bool seen[MZ_Q_KIND_COUNT] = { false };

    (void)state;
    for (size_t i = 0; i < COUNT(kind_cases); i++)
        seen[kind_cases[i].kind] = true;
    for (int kind = 0; kind < MZ_Q_KIND_COUNT; kind++) {
        double value = -77;
        enum mz_status status = parse("1050", (enum mz_quantity)kind, &value);

        assert_true(seen[kind]); /* every kind has cases above */
        assert_int_equal(status == MZ_OK, mz_quantity_may_be_bare((enum mz_quantity)kind));
        if (status == MZ_OK)
            assert_true(value == 1050);
        assert_non_null(mz_quantity_units((enum mz_quantity)kind));
        assert_true(mz_quantity_pattern((enum mz_quantity)kind)[0] == '^');
    }
}

struct number_case {
    const char *text;
    bool right;
    double value;
};

static void numbers_are_decimal_with_a_suffix_that_touches(void **state)
{
    static const struct number_case cases[] = {
        { "1k USD", true, 1e3 },
        { "1M USD", true, 1e6 },
        { "1B USD", true, 1e9 },
        { "1T USD", true, 1e12 },
        { "1.5e3 USD", true, 1500 },
        { "1E-2 USD", true, 0.01 },
        { "1e3k USD", true, 1e6 },
        { "-5 USD", true, -5 },
        { "+5 USD", true, 5 },
        { ".5 USD", true, 0.5 },
        { "5. USD", true, 5 },
        { "0 USD", true, 0 },
        { "5  USD", true, 5 },
        { "1e18 USD", true, 1e18 },
        { "-1e18 USD", true, -1e18 },
        { "1.0000001e18 USD", false, 0 },
        { "1000001T USD", false, 0 },
        { "1e999 USD", false, 0 },
        { "1e300T USD", false, 0 },
        { "1 k USD", false, 0 },
        { "1K USD", false, 0 },
        { "1G USD", false, 0 },
        { "1kk USD", false, 0 },
        { "1USD", false, 0 },
        { "1kUSD", false, 0 },
        { "1,000 USD", false, 0 },
        { "1_000 USD", false, 0 },
        { "0x10 USD", false, 0 },
        { "inf USD", false, 0 },
        { "nan USD", false, 0 },
        { "1e USD", false, 0 },
        { "e5 USD", false, 0 },
        { ". USD", false, 0 },
        { "- USD", false, 0 },
        { "--1 USD", false, 0 },
        { "", false, 0 },
        { " ", false, 0 },
        { "USD", false, 0 },
        { " 1 USD", false, 0 },
        { "1 USD ", false, 0 },
        { "1 USD USD", false, 0 },
        { "1\tUSD", false, 0 },
        { "\xD9\xA1 USD", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = -77;
        bool right = parse(cases[i].text, MZ_Q_MONEY, &value) == MZ_OK;

        if (right != cases[i].right)
            print_error("'%s'\n", cases[i].text);
        assert_int_equal(right, cases[i].right);
        if (right)
            assert_true(value == cases[i].value);
    }
}

static void months_are_whole(void **state)
{
    double value = -77;

    (void)state;
    assert_int_equal(parse("1.5 months", MZ_Q_MONTHS, &value), MZ_E_PARSE);
    assert_int_equal(parse("0.3 years", MZ_Q_MONTHS, &value), MZ_E_PARSE);
    assert_int_equal(parse("0.25 years", MZ_Q_MONTHS, &value), MZ_OK);
    assert_true(value == 3);
}

static void very_long_texts_are_refused_in_a_sentence(void **state)
{
    char text[5000];
    double value = -77;

    (void)state;
    memset(text, '9', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(text, MZ_Q_MONEY, &value), MZ_E_PARSE);
    memset(text, 'x', sizeof(text) - 1);
    text[0] = '1';
    text[1] = ' ';
    assert_int_equal(parse(text, MZ_Q_MONEY, &value), MZ_E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_reads_its_units),
        cmocka_unit_test(each_kind_refuses_another_unit_and_says_what_to_write),
        cmocka_unit_test(a_bare_number_is_refused_where_a_unit_is_needed),
        cmocka_unit_test(numbers_are_decimal_with_a_suffix_that_touches),
        cmocka_unit_test(months_are_whole),
        cmocka_unit_test(very_long_texts_are_refused_in_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
