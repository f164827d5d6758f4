/* test_rate.c - the one number that a plan asks for, and the command that repeats it */
#include "size_fixture.h"

#include "size/rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mz_rate_question chat(const struct mz_model_shape *shape, const char *chip)
{
    return (struct mz_rate_question){ .model = shape->name,
        .shape = shape,
        .chip = chip,
        .in_tokens = 1500,
        .out_tokens = 400,
        .ttft_s = 2,
        .tpot_s = 0.05 };
}

static struct mz_rate_question pretraining(
    const struct mz_model_shape *shape, const char *chip, int32_t chips)
{
    return (struct mz_rate_question){
        .train = true, .model = shape->name, .shape = shape, .chip = chip, .chips = chips
    };
}

static struct mz_rate ask(struct mz_arena *arena, struct mz_rate_question question)
{
    struct mz_rate rate;

    mz_rate_answer(arena, size_catalogue(), &question, &rate);
    return rate;
}

static void targets_cost_throughput_and_no_target_costs_certainty(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_model_shape shape = size_model("deepseek-v3");
    struct mz_rate_question question = chat(&shape, "gb200-nvl72");
    struct mz_rate kept = ask(arena, question);
    struct mz_rate again = ask(arena, question);
    struct mz_rate free_of;

    (void)state;
    question.ttft_s = question.tpot_s = 0;
    free_of = ask(arena, question);
    assert_null(kept.reason);
    assert_string_equal(kept.layout, again.layout);
    assert_true(kept.tokens_per_s_per_chip == again.tokens_per_s_per_chip);
    assert_true(free_of.tokens_per_s_per_chip > kept.tokens_per_s_per_chip);
    assert_true(kept.band > 1 && free_of.band > kept.band && kept.band_rows > 100);
    mz_arena_free(arena);
}

static void what_cannot_be_answered_says_why(void **state)
{
    static const struct {
        const char *model, *chip;
        double tpot_s;
        const char *word;
    } cases[] = {
        { "llama3-8b", "xpu-1", 0.05, "not in the catalogue" },
        { "llama3.1-405b", "rtx-4090", 0.05, "no layout holds the weights" },
        { "llama3.1-405b", "h100-sxm", 0.0005,
            "no layout keeps 2 s to the first token and 0.5 ms" },
    };
    struct mz_arena *arena = mz_arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_model_shape shape = size_model(cases[i].model);
        struct mz_rate_question question = chat(&shape, cases[i].chip);
        struct mz_rate rate;

        question.tpot_s = cases[i].tpot_s;
        rate = ask(arena, question);
        assert_true(rate.tokens_per_s_per_chip == 0);
        assert_non_null(rate.reason);
        if (!strstr(rate.reason, cases[i].word))
            fail_msg("'%s' lacks '%s'", rate.reason, cases[i].word);
    }
    mz_arena_free(arena);
}

static void training_fits_or_says_how_far_it_is_over(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_model_shape shape = size_model("llama3.1-405b");
    struct mz_rate large = ask(arena, pretraining(&shape, "h100-sxm", 16384));
    struct mz_rate small = ask(arena, pretraining(&shape, "h100-sxm", 8));

    (void)state;
    assert_null(large.reason);
    assert_true(large.tokens_per_s_per_chip > 100 && large.tokens_per_s_per_chip < 300);
    assert_non_null(strstr(small.reason, "GiB over"));
    mz_arena_free(arena);
}

static void a_number_of_chips_without_factors_of_two_is_no_obstacle(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_model_shape shape = size_model("llama3-70b");

    (void)state;
    for (int32_t chips = 40; chips <= 1000; chips += 120) {
        struct mz_rate rate = ask(arena, pretraining(&shape, "h200-sxm", chips));

        if (rate.reason)
            fail_msg("%d chips: %s", (int)chips, rate.reason);
    }
    mz_arena_free(arena);
}

static void a_run_takes_the_largest_scale_that_divides_well(void **state)
{
    struct mz_model_shape shape = size_model("deepseek-v3");

    (void)state;
    assert_int_equal(mz_rate_chips_between(40e3, 140e3), 131072);
    assert_int_equal(mz_rate_chips_between(0, 400e3), 262144);
    assert_int_equal(mz_rate_chips_between(100e3, 100e3), 100000);
    assert_int_equal(mz_rate_chips_between(70e3, 100e3), 98304);
    assert_int_equal(mz_rate_chips_between(1, 1), 1);
    assert_int_equal(mz_rate_chips_between(0, 0.5), 1);
    assert_int_equal(mz_rate_chips_between(3e6, 5e6), MZ_RATE_CHIPS_MAX);
    /* 6 x 37e9 x 14.8e12 FLOP in 60 days of 989 TFLOP/s at 40 %: 1,600 chips */
    assert_int_equal(
        mz_rate_chips_for(size_catalogue(), &shape, "h100-sxm", 14.8e12, 60 * 86400.0), 2048);
    assert_int_equal(mz_rate_chips_for(size_catalogue(), &shape, "xpu-1", 1e12, 1e6), 8);
    assert_int_equal(mz_rate_chips_for(size_catalogue(), &shape, "h100-sxm", 1, 1e9), 8);
}

static void the_command_names_the_whole_question(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_model_shape shape = size_model("gpt-oss-120b");
    struct mz_rate_question serve = chat(&shape, "h100-sxm");
    struct mz_rate_question train = pretraining(&shape, "h100-sxm", 131072);

    (void)state;
    assert_string_equal(mz_rate_command(arena, &serve),
        "mizan size serve gpt-oss-120b --chip h100-sxm --in 1500 --out 400 --ttft 2s --tpot 0.05s");
    serve.ttft_s = serve.tpot_s = 0;
    assert_string_equal(mz_rate_command(arena, &serve),
        "mizan size serve gpt-oss-120b --chip h100-sxm --in 1500 --out 400");
    assert_string_equal(mz_rate_command(arena, &train),
        "mizan size train gpt-oss-120b --chip h100-sxm --chips 131072 --seq 8192 --batch "
        "134217728");
    mz_arena_free(arena);
}

static void a_chip_announced_without_a_16_bit_rate_has_half_its_fp8_rate(void **state)
{
    struct mz_size_chip chip = size_chip("vera-rubin-nvl144");

    (void)state;
    assert_true(chip.peak_flops[MZ_DTYPE_16] == chip.peak_flops[MZ_DTYPE_FP8] / 2);
    assert_int_equal(chip.borrowed, MZ_BORROW_SIBLING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_cost_throughput_and_no_target_costs_certainty),
        cmocka_unit_test(what_cannot_be_answered_says_why),
        cmocka_unit_test(training_fits_or_says_how_far_it_is_over),
        cmocka_unit_test(a_number_of_chips_without_factors_of_two_is_no_obstacle),
        cmocka_unit_test(a_run_takes_the_largest_scale_that_divides_well),
        cmocka_unit_test(the_command_names_the_whole_question),
        cmocka_unit_test(a_chip_announced_without_a_16_bit_rate_has_half_its_fp8_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
