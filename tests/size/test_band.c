/* test_band.c - what widens the band of a prediction */
#include "size/band.h"
#include "size/serve_band.h"
#include "size_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static double band_of(const char *model, const char *chip_name, const char *stack, int32_t chips)
{
    struct mz_model_shape shape = size_model(model);
    struct mz_size_chip chip = size_chip(chip_name);
    struct mz_train_case train = size_case(&shape, &chip, stack, chips, 8192, 1024);

    return mz_size_band(&train, false).factor;
}

static void a_band_is_wider_where_less_is_known(void **state)
{
    static const struct {
        const char *model[2], *chip[2], *stack[2];
        int32_t chips[2];
        const char *why;
    } cases[] = {
        { { "llama3-70b", "llama3-70b" }, { "h100-sxm", "h100-sxm" },
            { "megatron-bridge-26", "megatron-2025" }, { 64, 64 }, "a stack nobody published" },
        { { "llama3-70b", "qwen3-30b-a3b" }, { "h100-sxm", "h100-sxm" },
            { "megatron-bridge-26", "megatron-bridge-26" }, { 64, 64 }, "experts" },
        { { "qwen3-30b-a3b", "qwen3-30b-a3b" }, { "gb200-nvl72", "b200-sxm" },
            { "megatron-bridge-26", "megatron-bridge-26" }, { 64, 64 }, "experts over a network" },
        { { "qwen3-30b-a3b", "nemotron-3-nano-30b-a3b" }, { "h100-sxm", "h100-sxm" },
            { "megatron-2025", "megatron-2025" }, { 64, 64 }, "hybrids" },
        { { "llama3-70b", "llama3-70b" }, { "h100-sxm", "h800-sxm" }, { "mlperf-5", "mlperf-5" },
            { 64, 64 }, "a chip without runs" },
        { { "llama3-70b", "llama3-70b" }, { "h100-sxm", "mi355x" }, { "mlperf-5", "mlperf-5" },
            { 64, 64 }, "curves of another vendor" },
        { { "llama3-70b", "llama3-70b" }, { "mi355x", "tpu-v7" }, { "mlperf-5", "mlperf-5" },
            { 64, 64 }, "another vendor without runs" },
        { { "llama3-70b", "llama3-70b" }, { "h100-sxm", "h100-sxm" },
            { "megatron-2025", "megatron-2025" }, { 16384, 131072 }, "more chips than ever seen" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double known =
            band_of(cases[i].model[0], cases[i].chip[0], cases[i].stack[0], cases[i].chips[0]);
        double less =
            band_of(cases[i].model[1], cases[i].chip[1], cases[i].stack[1], cases[i].chips[1]);

        if (!(less > known && known > 1.05))
            fail_msg("%s: %.3f is not above %.3f", cases[i].why, less, known);
    }
}

static void every_stack_with_runs_has_a_band(void **state)
{
    (void)state;
    for (size_t i = 0; i < mz_stack_count(); i++) {
        const struct mz_stack *s = mz_stack_at(i);

        assert_int_equal(s->rows_dense > 0, s->band_dense > 0);
        assert_int_equal(s->rows_moe > 0, s->band_moe > 0 && s->band_rack > 0);
        assert_true(s->factor > 0.8 && s->factor < 1.25);
        if (s->rows_dense == 0)
            assert_true(s->factor == 1);
    }
}

static void a_searched_layout_is_less_certain(void **state)
{
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2025", 64, 8192, 1024);

    (void)state;
    assert_true(mz_size_band(&train, true).factor > mz_size_band(&train, false).factor);
    assert_false(mz_size_band(&train, false).same_stack);
}

static void serving_pools_of_unknown_size_are_the_least_certain(void **state)
{
    struct mz_size_chip chip = size_chip("h100-sxm");
    double widest = mz_serve_band(MZ_KIND_POOLS_UNKNOWN, &chip).tokens;

    (void)state;
    for (int kind = 0; kind < MZ_KIND_COUNT; kind++) {
        struct mz_serve_band band = mz_serve_band((enum mz_serve_kind)kind, &chip);

        assert_true(band.tokens <= widest && band.tokens > 1.1 && band.tpot > 1.1);
        assert_true(band.ttft > band.tokens && band.ttft > band.tpot);
        assert_true(band.rows > 0 && band.chip_seen);
    }
}

static void a_rack_is_less_certain_than_a_node(void **state)
{
    struct mz_size_chip node = size_chip("b200-sxm");
    struct mz_size_chip rack = size_chip("gb200-nvl72");
    struct mz_size_chip strange = size_chip("mi355x");

    (void)state;
    assert_true(
        mz_serve_band(MZ_KIND_POOLS, &rack).tokens > mz_serve_band(MZ_KIND_POOLS, &node).tokens);
    assert_true(mz_serve_band(MZ_KIND_FULL_EXPERTS, &rack).tokens >
        mz_serve_band(MZ_KIND_FULL_EXPERTS, &node).tokens);
    assert_true(mz_serve_band(MZ_KIND_LOOP_DENSE, &strange).ttft >
        mz_serve_band(MZ_KIND_LOOP_DENSE, &node).ttft);
    assert_false(mz_serve_band(MZ_KIND_LOOP_DENSE, &strange).chip_seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_band_is_wider_where_less_is_known),
        cmocka_unit_test(every_stack_with_runs_has_a_band),
        cmocka_unit_test(a_searched_layout_is_less_certain),
        cmocka_unit_test(serving_pools_of_unknown_size_are_the_least_certain),
        cmocka_unit_test(a_rack_is_less_certain_than_a_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
