/* test_duration.c - lengths of time as people write them, and chance from a seed */
#include "base/bits.h"
#include "base/duration.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_duration_is_a_number_and_a_unit(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        { "30", 30000000 },
        { "30s", 30000000 },
        { "0.25 s", 250000 },
        { "15min", INT64_C(900000000) },
        { "2h", INT64_C(7200000000) },
        { "7 days", INT64_C(604800000000) },
        { "1w", INT64_C(604800000000) },
        { "0", 0 },
    };
    static const char *const bad[] = { "", "s", "-1s", "1 fortnight", "1e3", "nan", "inf", ".5s",
        "1s2", "99999999999999999", "400000 days", "1.2.3", " 3s" };
    int64_t us;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(mz_duration_parse(good[i].text, &us));
        assert_int_equal(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(mz_duration_parse(bad[i], &us));
}

static void a_duration_is_written_with_three_digits_at_most(void **state)
{
    char buffer[MZ_DURATION_TEXT_MAX];

    (void)state;
    assert_string_equal(mz_duration_format(buffer, 45000000), "45 s");
    assert_string_equal(mz_duration_format(buffer, INT64_C(720000000)), "12 min");
    assert_string_equal(mz_duration_format(buffer, INT64_C(9000000000)), "2.5 h");
    assert_string_equal(mz_duration_format(buffer, INT64_C(864000000000)), "10 d");
}

static void a_seed_gives_the_same_numbers_for_ever(void **state)
{
    struct mz_random random;

    (void)state;
    mz_random_init(&random, 42);
    assert_true(mz_random_next(&random) == UINT64_C(1546998764402558742));
    assert_true(mz_random_next(&random) == UINT64_C(6990951692964543102));
}

static void numbers_below_a_bound_are_below_it_and_even(void **state)
{
    struct mz_random random;
    int32_t counts[3] = { 0, 0, 0 };

    (void)state;
    mz_random_init(&random, 1);
    for (int32_t i = 0; i < 30000; i++) {
        uint64_t n = mz_random_below(&random, 3);

        assert_true(n < 3);
        counts[n]++;
    }
    for (int32_t i = 0; i < 3; i++)
        assert_true(counts[i] > 9700 && counts[i] < 10300);
}

static void streams_of_a_seed_differ(void **state)
{
    struct mz_random one;
    struct mz_random two;

    (void)state;
    mz_random_stream(&one, 5, 1);
    mz_random_stream(&two, 5, 2);
    assert_true(mz_random_next(&one) != mz_random_next(&two));
}

static void bits_are_counted(void **state)
{
    struct mz_random random;

    (void)state;
    mz_random_init(&random, 9);
    for (int32_t i = 0; i < 1000; i++) {
        uint64_t x = mz_random_next(&random) & mz_random_next(&random);
        int32_t count = 0;

        for (uint64_t rest = x; rest; rest &= rest - 1)
            count++;
        assert_int_equal(mz_bit_count(x), count);
    }
    assert_int_equal(mz_bit_count(0), 0);
    assert_int_equal(mz_bit_count(~UINT64_C(0)), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_a_number_and_a_unit),
        cmocka_unit_test(a_duration_is_written_with_three_digits_at_most),
        cmocka_unit_test(a_seed_gives_the_same_numbers_for_ever),
        cmocka_unit_test(numbers_below_a_bound_are_below_it_and_even),
        cmocka_unit_test(streams_of_a_seed_differ),
        cmocka_unit_test(bits_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
