/* test_calibration.c - the factor of one's own cluster, by hand */
#include "size/calibration.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mz_validation_row row_of(enum mz_metric metric, double predicted, double measured)
{
    return (struct mz_validation_row){
        .metric = metric, .predicted = predicted, .measured = measured, .band = 0.15
    };
}

static void the_factor_is_the_median_of_measured_over_predicted_time(void **state)
{
    struct mz_validation_row rows[] = {
        row_of(MZ_METRIC_STEP_S, 10, 11),
        row_of(MZ_METRIC_STEP_S, 10, 12),
        row_of(MZ_METRIC_TOKENS_S, 130, 100), /* slower than predicted: a factor of 1.3 in time */
        row_of(MZ_METRIC_STEP_S, 10, 14),
        row_of(MZ_METRIC_STEP_S, 10, 15),
        row_of(MZ_METRIC_STEP_S, 10, 99),
    };
    struct mz_validation validation = { .rows = rows, .count = 6 };
    struct mz_calibration calibration;
    struct mz_error err;

    (void)state;
    rows[5].skip = "not asked for";
    assert_int_equal(mz_calibration_fit(&validation, &calibration, &err), MZ_OK);
    assert_true(fabs(calibration.factor - 1.3) < 1e-12);
    assert_int_equal(calibration.rows, 5);
    /* the 5th of 5 distances: 11 against 13 */
    assert_true(fabs(calibration.band - 1.3 / 1.1) < 1e-12);
}

static void few_runs_keep_the_band_of_the_model(void **state)
{
    struct mz_validation_row rows[] = { row_of(MZ_METRIC_STEP_S, 10, 11) };
    struct mz_validation validation = { .rows = rows, .count = 1 };
    struct mz_calibration calibration;
    struct mz_error err;

    (void)state;
    assert_int_equal(mz_calibration_fit(&validation, &calibration, &err), MZ_OK);
    assert_true(fabs(calibration.factor - 1.1) < 1e-12);
    assert_true(fabs(calibration.band - 1.15) < 1e-12);
}

static void it_reads_what_it_writes_and_refuses_the_rest(void **state)
{
    static const char *const bad[] = { "", "{", "[]", "{\"schema\": \"x\"}",
        "{\"schema\": \"mizan.size-calibration/1\", \"factor\": 0, \"band\": 1.1, \"rows\": 3}",
        "{\"schema\": \"mizan.size-calibration/1\", \"factor\": 1, \"band\": 0.9, \"rows\": 3}",
        "{\"schema\": \"mizan.size-calibration/1\", \"factor\": 1, \"band\": 1.1, \"rows\": 0}" };
    struct mz_calibration calibration = { .factor = 1.25, .band = 1.07, .rows = 9 };
    struct mz_calibration again;
    struct mz_text text = { 0 };
    struct mz_error err;

    (void)state;
    mz_calibration_write(&calibration, &text);
    assert_int_equal(
        mz_calibration_parse("c", mz_text_string(&text), text.length, &again, &err), MZ_OK);
    assert_true(again.factor == 1.25 && again.band == 1.07 && again.rows == 9);
    mz_text_finish(&text);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_not_equal(
            mz_calibration_parse("c", bad[i], strlen(bad[i]), &again, &err), MZ_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_factor_is_the_median_of_measured_over_predicted_time),
        cmocka_unit_test(few_runs_keep_the_band_of_the_model),
        cmocka_unit_test(it_reads_what_it_writes_and_refuses_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
