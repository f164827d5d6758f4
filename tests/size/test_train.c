/* test_train.c - memory against the published formulas, time against published runs */
#include "size/flops.h"
#include "size/train.h"
#include "size_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Korthikanti et al. 2022, table 2: sbh (34 + 5 a s / h) / t with sequence parallelism, without it
 * sbh (10 + 24/t + 5 a s / (h t)), full recomputation 2 sbh. */
static void activations_are_those_of_the_paper(void **state)
{
    struct mz_model_shape shape = size_model("gpt-22b");
    struct mz_size_chip chip = size_chip("a100-80g-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2022", 8, 2048, 4);
    double sbh = 2048.0 * 4 * shape.hidden;
    double scores = 5.0 * shape.heads * 2048 / shape.hidden;
    struct mz_layer_key key = { .tp = 8, .cp = 1, .ep = 1, .mbs = 4, .sp = true };
    struct mz_activation a;

    (void)state;
    mz_model_activation(&train, &key, &a);
    assert_true(fabs(a.kept[MZ_RECOMPUTE_NONE] / (48 * sbh * (34 + scores) / 8) - 1) < 1e-9);
    assert_true(fabs(a.kept[MZ_RECOMPUTE_SELECTIVE] / (48 * sbh * 34 / 8) - 1) < 1e-9);
    key.sp = false;
    mz_model_activation(&train, &key, &a);
    assert_true(
        fabs(a.kept[MZ_RECOMPUTE_NONE] / (48 * sbh * (10 + 24.0 / 8 + scores / 8)) - 1) < 1e-9);
    assert_true(fabs(a.kept[MZ_RECOMPUTE_FULL] / (48 * 2 * sbh) - 1) < 1e-9);
}

static void weights_and_optimizer_take_18_bytes_a_parameter(void **state)
{
    struct mz_model_shape shape = size_model("gpt3-175b");
    struct mz_size_chip chip = size_chip("a100-80g-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "meta-2024", 1024, 2048, 1536);
    struct mz_layout layout = { .tp = 8,
        .cp = 1,
        .pp = 8,
        .vp = 1,
        .ep = 1,
        .dp = 16,
        .mbs = 1,
        .zero = 0,
        .recompute = MZ_RECOMPUTE_FULL,
        .sp = true };
    struct mz_layer_key key = { 8, 1, 1, 1, true };
    struct mz_activation a;
    struct mz_train_memory all;
    struct mz_train_memory sharded;
    struct mz_rank_params rank;

    (void)state;
    mz_model_activation(&train, &key, &a);
    mz_rank_params(&train, &layout, &rank);
    mz_train_memory(&train, &layout, &a, 96, &all);
    assert_true(
        fabs((all.weights + all.gradients + all.optimizer) / (18 * (rank.dense + rank.edge)) - 1) <
        1e-9);
    layout.zero = 1;
    mz_train_memory(&train, &layout, &a, 96, &sharded);
    assert_true(fabs(sharded.optimizer / (all.optimizer / 16) - 1) < 1e-9);
    layout.zero = 3;
    mz_train_memory(&train, &layout, &a, 96, &sharded);
    assert_true(fabs(sharded.weights / (all.weights / 16) - 1) < 1e-9);
}

static double sum_terms(const struct mz_train_terms *t)
{
    return t->gemm + t->attention + t->elementwise + t->gaps + t->recompute + t->tensor +
        t->context + t->expert + t->pipeline + t->data + t->slowdown + t->host + t->bubble +
        t->imbalance + t->optimizer + t->fixed;
}

static const struct {
    const char *model, *chip, *stack;
    struct mz_layout layout;
} step_cases[] = {
    { "llama3-70b", "h100-sxm", "nemo-2024",
        { .tp = 4, .cp = 2, .pp = 4, .vp = 5, .ep = 1, .dp = 2, .mbs = 1, .zero = 1, .sp = true } },
    { "deepseek-v3", "gb200-nvl72", "megatron-bridge-25",
        { .tp = 1,
            .cp = 1,
            .pp = 4,
            .vp = 4,
            .ep = 16,
            .dp = 16,
            .mbs = 1,
            .zero = 1,
            .recompute = MZ_RECOMPUTE_FULL } },
    { "llama3-70b", "gb200-nvl72", "megatron-bridge-25",
        { .tp = 1,
            .cp = 1,
            .pp = 1,
            .vp = 1,
            .ep = 1,
            .dp = 64,
            .mbs = 2,
            .zero = 3,
            .recompute = MZ_RECOMPUTE_OFFLOAD } },
    { "gpt3-175b", "a100-80g-sxm", "megatron-2021",
        { .tp = 8,
            .cp = 1,
            .pp = 8,
            .vp = 1,
            .ep = 1,
            .dp = 1,
            .mbs = 2,
            .recompute = MZ_RECOMPUTE_SELECTIVE } },
    { "nemotron-3-nano-30b-a3b", "b200-sxm", "megatron-2025",
        { .tp = 2,
            .cp = 1,
            .pp = 1,
            .vp = 1,
            .ep = 8,
            .dp = 32,
            .mbs = 1,
            .zero = 2,
            .sp = true } },
};

static void the_terms_add_up_to_the_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(step_cases) / sizeof(step_cases[0]); i++) {
        struct mz_model_shape shape = size_model(step_cases[i].model);
        struct mz_size_chip chip = size_chip(step_cases[i].chip);
        struct mz_train_case train = size_case(&shape, &chip, step_cases[i].stack, 64, 4096, 128);
        struct mz_train_result result;
        const struct mz_layer_entry *entry;
        struct mz_layer_key key = { step_cases[i].layout.tp, step_cases[i].layout.cp,
            step_cases[i].layout.ep, step_cases[i].layout.mbs, step_cases[i].layout.sp };

        mz_layer_memo_reset(size_memo());
        assert_int_equal(mz_layout_check(&train, &step_cases[i].layout, NULL), MZ_OK);
        mz_train_step(&train, &step_cases[i].layout, size_memo(), &result);
        assert_true(fabs(sum_terms(&result.terms) / result.step_s - 1) < 1e-9);
        assert_true(result.memory.used > result.memory.runtime);
        entry = mz_layer_memo_find(&train, &key, size_memo());
        assert_true(mz_train_bound(&train, &step_cases[i].layout, entry) <= result.step_s);
    }
}

/* Korthikanti et al. 2022, table 5: model, chips, layout, recomputation, seconds. */
static void table_5_is_met_within_its_goals(void **state)
{
    static const struct {
        const char *model;
        int32_t chips, batch, pp, vp, mbs;
        bool selective;
        double measured_s;
    } rows[] = {
        { "gpt-22b", 8, 4, 1, 1, 4, false, 1.42 },
        { "gpt-22b", 8, 4, 1, 1, 4, true, 1.10 },
        { "gpt3-175b", 64, 64, 8, 3, 1, false, 18.13 },
        { "gpt3-175b", 64, 64, 8, 3, 1, true, 13.75 },
        { "gpt-530b", 280, 280, 35, 3, 1, false, 49.05 },
        { "gpt-530b", 280, 280, 35, 3, 1, true, 37.83 },
        { "gpt-1t", 512, 512, 64, 1, 1, false, 94.42 },
        { "gpt-1t", 512, 512, 64, 1, 1, true, 71.49 },
    };
    double sum = 0;
    double worst = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mz_model_shape shape = size_model(rows[i].model);
        struct mz_size_chip chip = size_chip("a100-80g-sxm");
        struct mz_train_case train =
            size_case(&shape, &chip, "megatron-2022", rows[i].chips, 2048, rows[i].batch);
        struct mz_layout layout = { .tp = 8,
            .cp = 1,
            .pp = rows[i].pp,
            .vp = rows[i].vp,
            .ep = 1,
            .dp = 1,
            .mbs = rows[i].mbs,
            .recompute = rows[i].selective ? MZ_RECOMPUTE_SELECTIVE : MZ_RECOMPUTE_FULL,
            .sp = rows[i].selective };
        struct mz_train_result result;
        double error;

        mz_layer_memo_reset(size_memo());
        mz_train_step(&train, &layout, size_memo(), &result);
        error = fabs(result.step_s / rows[i].measured_s - 1);
        assert_true(result.fits);
        sum += error;
        worst = error > worst ? error : worst;
    }
    print_message("table 5: mean %.1f %%, worst %.1f %%\n", 100 * sum / 8, 100 * worst);
    assert_true(sum / 8 <= 0.03);
    assert_true(worst <= 0.06);
}

static void flops_follow_the_three_conventions(void **state)
{
    struct mz_model_shape gpt = size_model("gpt-145b");
    struct mz_model_shape llama = size_model("llama3-8b");
    double half = mz_model_flops(&llama, MZ_FLOPS_MODEL_HALF, 8192, 1) / 8192;
    double full = mz_model_flops(&llama, MZ_FLOPS_MODEL_FULL, 8192, 1) / 8192;

    (void)state;
    /* SC'21 table 1: 145.6B, 1,536 chips, batch 2,304 at 148 TFLOP/s and 24.817 s. */
    assert_true(
        fabs(mz_model_flops(&gpt, MZ_FLOPS_HARDWARE_SC21, 2048, 2304) / 1536 / 24.817 / 148e12 -
            1) < 0.002);
    /* NeMo 24.07: 12,273 tokens/s are 711 TFLOP/s; Megatron-Bridge 25.11: 31,508 are 1,622. */
    assert_true(fabs(full * 12273 / 711e12 - 1) < 0.005);
    assert_true(fabs(half * 31508 / 1622e12 - 1) < 0.005);
}

static void layouts_that_do_not_divide_are_refused(void **state)
{
    struct mz_model_shape shape = size_model("mixtral-8x7b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2025", 64, 4096, 64);
    static const struct mz_layout bad[] = {
        { .tp = 0, .cp = 1, .pp = 1, .vp = 1, .ep = 1, .dp = 1, .mbs = 1 },
        { .tp = 64, .cp = 1, .pp = 1, .vp = 1, .ep = 1, .dp = 1, .mbs = 1 },
        { .tp = 1, .cp = 1, .pp = 64, .vp = 1, .ep = 1, .dp = 1, .mbs = 1 },
        { .tp = 8, .cp = 2, .pp = 8, .vp = 1, .ep = 1, .dp = 8, .mbs = 1 },
        { .tp = 1, .cp = 1, .pp = 1, .vp = 1, .ep = 3, .dp = 64, .mbs = 1 },
        { .tp = 1, .cp = 1, .pp = 1, .vp = 1, .ep = 1, .dp = 64, .mbs = 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(mz_layout_check(&train, &bad[i], &err), MZ_E_INPUT);
        assert_true(err.text[0]);
    }
    train.precision = MZ_PRECISION_NVFP4;
    assert_int_equal(mz_train_case_check(&train, NULL), MZ_E_INPUT);
    train.precision = MZ_PRECISION_16;
    train.batch = 0;
    assert_int_equal(mz_train_case_check(&train, NULL), MZ_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_are_those_of_the_paper),
        cmocka_unit_test(weights_and_optimizer_take_18_bytes_a_parameter),
        cmocka_unit_test(the_terms_add_up_to_the_step),
        cmocka_unit_test(table_5_is_met_within_its_goals),
        cmocka_unit_test(flops_follow_the_three_conventions),
        cmocka_unit_test(layouts_that_do_not_divide_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
