/* test_kernel.c - curves of kernels and collectives, and what borrowed chips get */
#include "size/collective.h"
#include "size/kernel.h"
#include "size_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct mz_gemm_curve plain = { .flops_inf = 1e14,
    .half_m = 0,
    .half_n = 0,
    .half_k = 0,
    .m_power = 2,
    .wave_power = 0,
    .bytes_per_s = 1e12,
    .edge = 50,
    .t0_s = 5e-6,
    .sm_count = 100,
    .operand_bytes = 2 };

static void a_large_gemm_takes_its_flop_over_the_rate(void **state)
{
    double expect = 2.0 * 8192 * 8192 * 8192 / 1e14;

    (void)state;
    assert_true(fabs(mz_gemm_s(&plain, 8192, 8192, 8192) / expect - 1) < 1e-9);
    assert_true(fabs(mz_gemm_alone_s(&plain, 8192, 8192, 8192) - expect - 5e-6) < 1e-9);
}

static void a_thin_gemm_takes_its_bytes_over_the_bandwidth(void **state)
{
    double bytes = 2.0 * (1 * 8192 + 8192.0 * 8192) + 2.0 * 8192;

    (void)state;
    assert_true(fabs(mz_gemm_s(&plain, 1, 8192, 8192) / (bytes / 1e12) - 1) < 1e-9);
}

static void a_tile_that_is_not_full_costs_as_much_as_a_full_one(void **state)
{
    struct mz_gemm_curve curve = plain;
    double one;

    (void)state;
    curve.half_m = 128;
    curve.m_power = 8;
    curve.bytes_per_s = 1e18;
    one = mz_gemm_s(&curve, 1, 8192, 8192);
    assert_true(fabs(mz_gemm_s(&curve, 64, 8192, 8192) / one - 1) < 0.01);
    assert_true(fabs(mz_gemm_s(&curve, 1024, 8192, 8192) / one - 8) < 0.01);
}

static void waves_round_up(void **state)
{
    struct mz_gemm_curve curve = plain;

    (void)state;
    curve.wave_power = 1;
    /* 101 tiles on 100 multiprocessors take as long as 200. */
    assert_true(fabs(mz_gemm_s(&curve, 128.0 * 101, 128, 65536) /
                        mz_gemm_s(&curve, 128.0 * 200, 128, 65536) -
                    1) < 1e-6);
    /* Two groups of 50 tiles fill one wave together. */
    assert_true(mz_gemm_grouped_s(&curve, 2, 128.0 * 50, 128, 65536) <
        1.01 * mz_gemm_s(&curve, 128.0 * 100, 128, 65536));
    assert_true(mz_gemm_s(&curve, 0, 128, 128) == 0);
}

/* The fit against published rows of the calibration files: chip, m, n, k, microseconds. */
static void fitted_curves_meet_measured_kernels(void **state)
{
    static const struct {
        const char *chip;
        double m, n, k, us, tolerance;
    } rows[] = {
        { "a100-80g-sxm", 4096, 12288, 8192, 3168.36, 0.08 },
        { "a100-80g-sxm", 4096, 8192, 4096, 1022.23, 0.08 },
        { "h100-sxm", 8192, 8192, 4096, 700.71, 0.08 },
        { "b200-sxm", 8192, 8192, 7168, 674.28, 0.12 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mz_size_chip chip = size_chip(rows[i].chip);
        double us = 1e6 * mz_gemm_alone_s(&chip.gemm[MZ_DTYPE_16], rows[i].m, rows[i].n, rows[i].k);

        assert_true(fabs(us / rows[i].us - 1) < rows[i].tolerance);
    }
}

static void a_borrowed_chip_scales_its_siblings_curve(void **state)
{
    struct mz_size_chip chip = size_chip("gb300-nvl72");
    struct mz_size_chip from = size_chip("b300-sxm");
    struct mz_error err;

    (void)state;
    assert_int_equal(chip.borrowed, MZ_BORROW_SIBLING);
    assert_string_equal(chip.sibling, "b300-sxm");
    assert_true(fabs(chip.gemm[MZ_DTYPE_16].flops_inf / from.gemm[MZ_DTYPE_16].flops_inf -
                    2500.0 / 2250) < 1e-9);
    assert_int_equal(size_chip("mi300x").borrowed, MZ_BORROW_OTHER_VENDOR);
    assert_int_equal(size_chip("mi300x").gemm[MZ_DTYPE_NVFP4].flops_inf, 0);
    assert_int_equal(mz_size_chip_load(size_catalogue(), "h100-sxn", &chip, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "h100-sxm"));
}

static void collectives_grow_with_bytes_and_members(void **state)
{
    struct mz_size_chip chip = size_chip("h100-sxm");
    const struct mz_size_params *params = size_params();
    struct mz_group pair = { 2, 1 };
    struct mz_group node = { 8, 1 };
    struct mz_group rail = { 8, 8 };

    (void)state;
    for (int op = 0; op < MZ_COLLECTIVE_COUNT; op++) {
        enum mz_collective c = (enum mz_collective)op;

        assert_true(mz_collective_s(&chip, params, c, node, 1e9) >
            5 * mz_collective_s(&chip, params, c, node, 1e8));
        assert_true(mz_collective_s(&chip, params, c, node, 1e3) >
            mz_collective_s(&chip, params, c, pair, 1e3));
        assert_true(mz_collective_s(&chip, params, c, rail, 1e9) >
            mz_collective_s(&chip, params, c, node, 1e9));
    }
    assert_true(mz_collective_s(&chip, params, MZ_ALL_REDUCE, (struct mz_group){ 1, 1 }, 1e9) == 0);
    /* 8 H100, all-gather of 512 MiB: 1,398 us measured. */
    assert_true(fabs(mz_collective_s(&chip, params, MZ_ALL_GATHER, node, 536870912.0) / 1398e-6 -
                    1) < 0.08);
    assert_int_equal(mz_group_local(&chip, (struct mz_group){ 64, 2 }), 4);
    assert_false(mz_group_is_local(&chip, (struct mz_group){ 2, 8 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_gemm_takes_its_flop_over_the_rate),
        cmocka_unit_test(a_thin_gemm_takes_its_bytes_over_the_bandwidth),
        cmocka_unit_test(a_tile_that_is_not_full_costs_as_much_as_a_full_one),
        cmocka_unit_test(waves_round_up),
        cmocka_unit_test(fitted_curves_meet_measured_kernels),
        cmocka_unit_test(a_borrowed_chip_scales_its_siblings_curve),
        cmocka_unit_test(collectives_grow_with_bytes_and_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
