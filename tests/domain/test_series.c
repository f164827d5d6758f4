/* test_series.c - values over time: steps, lines, growth, before the first date, means of periods */
#include "domain/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define MONTH(year, month) ((year)*12 + (month)-1)
#define COUNT(list) ((int32_t)(sizeof(list) / sizeof((list)[0])))

static const struct mz_step stairs[] = { { MONTH(2026, 3), 10 }, { MONTH(2026, 6), 40 },
    { MONTH(2027, 1), 25 } };

static struct mz_series series_of(const struct mz_step *steps, int32_t count, enum mz_before before)
{
    return (struct mz_series){ .steps = steps, .step_count = count, .before = before };
}

static void near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12 * fmax(1, fabs(expected))))
        print_error("%.17g, expected %.17g\n", found, expected);
    assert_true(fabs(found - expected) <= 1e-12 * fmax(1, fabs(expected)));
}

static void a_step_holds_from_its_month_until_the_next(void **state)
{
    struct mz_series s = series_of(stairs, 3, MZ_BEFORE_ZERO);

    (void)state;
    near(mz_series_at(&s, MONTH(2026, 3)), 10);
    near(mz_series_at(&s, MONTH(2026, 5)), 10);
    near(mz_series_at(&s, MONTH(2026, 6)), 40);
    near(mz_series_at(&s, MONTH(2026, 12)), 40);
    near(mz_series_at(&s, MONTH(2027, 1)), 25);
    near(mz_series_at(&s, MONTH(2199, 12)), 25);
}

static void before_the_first_date_it_depends_on_what_the_series_is(void **state)
{
    struct mz_series amount = series_of(stairs, 3, MZ_BEFORE_ZERO);
    struct mz_series price = series_of(stairs, 3, MZ_BEFORE_FIRST);
    struct mz_series limit = series_of(stairs, 3, MZ_BEFORE_NONE);
    struct mz_period before = mz_period_make(MONTH(2026, 1), MONTH(2026, 4));
    struct mz_period from = mz_period_make(MONTH(2026, 3), MONTH(2026, 4));
    struct mz_period after = mz_period_make(MONTH(2026, 4), MONTH(2026, 7));

    (void)state;
    near(mz_series_at(&amount, MONTH(2026, 2)), 0);
    near(mz_series_at(&price, MONTH(2026, 2)), 10);
    near(mz_series_at(&price, MONTH(1990, 1)), 10);
    assert_false(mz_series_holds(&limit, &before)); /* begins before the first date */
    assert_true(mz_series_holds(&limit, &from));
    assert_true(mz_series_holds(&limit, &after));
}

static void what_is_not_stated_is_nothing(void **state)
{
    struct mz_series none = series_of(NULL, 0, MZ_BEFORE_FIRST);
    struct mz_period period = mz_period_make(MONTH(2026, 1), MONTH(2027, 1));

    (void)state;
    assert_false(mz_series_stated(&none));
    assert_false(mz_series_holds(&none, &period));
    near(mz_series_at(&none, MONTH(2026, 1)), 0);
    near(mz_series_mean(&none, &period), 0);
    near(mz_series_sum(&none, &period), 0);
}

static void a_scalar_holds_since_ever(void **state)
{
    static const struct mz_step always[] = { { MZ_MONTH_ALWAYS, 7 } };
    struct mz_series s = series_of(always, 1, MZ_BEFORE_ZERO);
    struct mz_period first = mz_period_make(MZ_MONTH_MIN, MZ_MONTH_MIN + 1);

    (void)state;
    near(mz_series_at(&s, MZ_MONTH_MIN), 7);
    near(mz_series_at(&s, MZ_MONTH_MAX), 7);
    assert_true(mz_series_holds(&s, &first));
    s.before = MZ_BEFORE_NONE;
    assert_true(mz_series_holds(&s, &first));
}

static void a_scalar_and_dates_go_together(void **state)
{
    static const struct mz_step steps[] = { { MZ_MONTH_ALWAYS, 7 }, { MONTH(2028, 1), 0 } };
    struct mz_series s = series_of(steps, 2, MZ_BEFORE_ZERO);

    (void)state;
    near(mz_series_at(&s, MONTH(2027, 12)), 7);
    near(mz_series_at(&s, MONTH(2028, 1)), 0);
    s.linear = true; /* no line comes from "since ever" */
    near(mz_series_at(&s, MONTH(2027, 12)), 7);
    near(mz_series_at(&s, MONTH(2028, 1)), 0);
}

static void a_line_is_counted_in_months(void **state)
{
    static const struct mz_step points[] = { { MONTH(2026, 1), 0 }, { MONTH(2026, 4), 900 },
        { MONTH(2026, 6), 100 } };
    struct mz_series s = series_of(points, 3, MZ_BEFORE_ZERO);

    (void)state;
    s.linear = true;
    near(mz_series_at(&s, MONTH(2025, 12)), 0);
    near(mz_series_at(&s, MONTH(2026, 1)), 0);
    near(mz_series_at(&s, MONTH(2026, 2)), 300); /* not 900 * 31 / 90 */
    near(mz_series_at(&s, MONTH(2026, 3)), 600);
    near(mz_series_at(&s, MONTH(2026, 4)), 900);
    near(mz_series_at(&s, MONTH(2026, 5)), 500);
    near(mz_series_at(&s, MONTH(2026, 6)), 100);
    near(mz_series_at(&s, MONTH(2030, 1)), 100); /* constant after the last date */
}

static void each_step_grows_from_its_own_date(void **state)
{
    struct mz_series s = series_of(stairs, 3, MZ_BEFORE_ZERO);

    (void)state;
    s.growth_per_year = 3; /* four times a year on: twice in half a year */
    near(mz_series_at(&s, MONTH(2026, 2)), 0);
    near(mz_series_at(&s, MONTH(2026, 3)), 10);
    near(mz_series_at(&s, MONTH(2026, 5)), 10 * pow(4, 2 / 12.0));
    near(mz_series_at(&s, MONTH(2026, 6)), 40);
    near(mz_series_at(&s, MONTH(2026, 12)), 80);
    near(mz_series_at(&s, MONTH(2027, 1)), 25);
    near(mz_series_at(&s, MONTH(2027, 7)), 50);
    near(mz_series_at(&s, MONTH(2028, 1)), 100);
}

static void growth_may_shrink_and_a_scalar_grows_from_the_start(void **state)
{
    static const struct mz_step always[] = { { MZ_MONTH_ALWAYS, 100 } };
    struct mz_series s = series_of(always, 1, MZ_BEFORE_ZERO);

    (void)state;
    s.growth_month = MONTH(2026, 1);
    s.growth_per_year = -0.75;
    near(mz_series_at(&s, MONTH(2026, 1)), 100);
    near(mz_series_at(&s, MONTH(2026, 7)), 50);
    near(mz_series_at(&s, MONTH(2027, 1)), 25);
    near(mz_series_at(&s, MONTH(2025, 7)), 200); /* and was larger before */
}

static void a_mean_weighs_months_by_their_hours(void **state)
{
    static const struct mz_step steps[] = { { MONTH(2028, 1), 1 }, { MONTH(2028, 2), 10 },
        { MONTH(2028, 3), 100 } };
    struct mz_series s = series_of(steps, 3, MZ_BEFORE_ZERO);
    struct mz_period leap = mz_period_make(MONTH(2028, 1), MONTH(2028, 4));
    struct mz_period early = mz_period_make(MONTH(2027, 12), MONTH(2028, 3));

    (void)state;
    near(leap.hours, 744 + 696 + 744);
    near(leap.month_count, 3);
    near(mz_series_mean(&s, &leap), (744 * 1.0 + 696 * 10.0 + 744 * 100.0) / 2184);
    near(mz_series_mean(&s, &early), (744 * 0.0 + 744 * 1.0 + 696 * 10.0) / 2184);
    near(mz_series_sum(&s, &leap), 111); /* months, not hours */
}

static void a_constant_is_its_own_mean_exactly(void **state)
{
    static const struct mz_step always[] = { { MZ_MONTH_ALWAYS, 0.1 } };
    struct mz_series s = series_of(always, 1, MZ_BEFORE_FIRST);

    (void)state;
    for (int32_t length = 1; length <= 40; length++) {
        struct mz_period period = mz_period_make(MONTH(2026, 2), MONTH(2026, 2) + length);

        assert_true(mz_series_mean(&s, &period) == 0.1);
    }
}

struct overlap_case {
    int32_t begin;
    int32_t end;
    double hours;
    int32_t months;
};

static void a_part_of_a_period_has_its_hours_and_months(void **state)
{
    static const struct overlap_case cases[] = {
        { MONTH(2028, 1), MONTH(2028, 4), 2184, 3 },
        { MZ_MONTH_ALWAYS, MZ_MONTH_NEVER, 2184, 3 },
        { MONTH(2028, 2), MONTH(2028, 3), 696, 1 },
        { MONTH(2028, 3), MONTH(2030, 1), 744, 1 },
        { MONTH(2027, 1), MONTH(2028, 2), 744, 1 },
        { MONTH(2028, 4), MONTH(2029, 1), 0, 0 },
        { MONTH(2027, 1), MONTH(2028, 1), 0, 0 },
        { MONTH(2028, 3), MONTH(2028, 2), 0, 0 },
    };
    struct mz_period period = mz_period_make(MONTH(2028, 1), MONTH(2028, 4));

    (void)state;
    for (int32_t i = 0; i < COUNT(cases); i++) {
        near(mz_period_hours_in(&period, cases[i].begin, cases[i].end), cases[i].hours);
        near(mz_period_share_in(&period, cases[i].begin, cases[i].end), cases[i].hours / 2184);
        assert_int_equal(
            mz_period_months_in(&period, cases[i].begin, cases[i].end), cases[i].months);
    }
}

struct label_case {
    int32_t begin;
    int32_t months;
    const char *label;
};

static void a_period_is_named_by_what_it_is(void **state)
{
    static const struct label_case cases[] = {
        { MONTH(2026, 1), 1, "2026-01" },
        { MONTH(2028, 1), 3, "2028Q1" },
        { MONTH(2028, 10), 3, "2028Q4" },
        { MONTH(2030, 1), 12, "2030" },
        { MONTH(2028, 2), 3, "2028-02" },
        { MONTH(2030, 7), 12, "2030-07" },
        { MONTH(2030, 1), 6, "2030-01" },
    };
    char buffer[MZ_MONTH_TEXT_MAX];

    (void)state;
    for (int32_t i = 0; i < COUNT(cases); i++) {
        struct mz_period period = mz_period_make(cases[i].begin, cases[i].begin + cases[i].months);

        assert_string_equal(mz_period_label(buffer, &period), cases[i].label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_holds_from_its_month_until_the_next),
        cmocka_unit_test(before_the_first_date_it_depends_on_what_the_series_is),
        cmocka_unit_test(what_is_not_stated_is_nothing),
        cmocka_unit_test(a_scalar_holds_since_ever),
        cmocka_unit_test(a_scalar_and_dates_go_together),
        cmocka_unit_test(a_line_is_counted_in_months),
        cmocka_unit_test(each_step_grows_from_its_own_date),
        cmocka_unit_test(growth_may_shrink_and_a_scalar_grows_from_the_start),
        cmocka_unit_test(a_mean_weighs_months_by_their_hours),
        cmocka_unit_test(a_constant_is_its_own_mean_exactly),
        cmocka_unit_test(a_part_of_a_period_has_its_hours_and_months),
        cmocka_unit_test(a_period_is_named_by_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
