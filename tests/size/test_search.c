/* test_search.c - the pruned search finds what the exhaustive one finds, every time the same */
#include "size_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static bool same_layout(const struct mz_layout *a, const struct mz_layout *b)
{
    return a->tp == b->tp && a->cp == b->cp && a->pp == b->pp && a->vp == b->vp && a->ep == b->ep &&
        a->dp == b->dp && a->mbs == b->mbs && a->zero == b->zero && a->recompute == b->recompute &&
        a->sp == b->sp;
}

static void expect_same(const struct mz_search_result *a, const struct mz_search_result *b)
{
    assert_int_equal(a->count, b->count);
    for (int32_t i = 0; i < a->count; i++) {
        assert_true(same_layout(&a->best[i].layout, &b->best[i].layout));
        assert_true(a->best[i].result.step_s == b->best[i].result.step_s);
        assert_true(i == 0 || a->best[i - 1].result.step_s <= a->best[i].result.step_s);
    }
    assert_int_equal(a->nearest.order != 0, b->nearest.order != 0);
    if (a->nearest.order)
        assert_true(same_layout(&a->nearest.layout, &b->nearest.layout));
}

static uint32_t draw(uint64_t *seed, uint32_t count)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % count;
}

static void pruned_and_exhaustive_agree_on_random_cases(void **state)
{
    static const char *const models[] = { "gpt-22b", "gpt3-175b", "llama3-8b", "llama3-70b",
        "llama3.1-405b", "mixtral-8x7b", "deepseek-v3", "gpt-oss-120b", "nemotron-3-nano-30b-a3b",
        "qwen3-235b-a22b" };
    static const char *const chips[] = { "a100-80g-sxm", "h100-sxm", "b200-sxm", "gb300-nvl72",
        "mi355x" };
    const char *given = getenv("MIZAN_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20260801;
    uint64_t bounded = 0;

    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 150; round++) {
        struct mz_model_shape shape = size_model(models[draw(&seed, 10)]);
        struct mz_size_chip chip = size_chip(chips[draw(&seed, 5)]);
        struct mz_train_case train = size_case(&shape, &chip, "megatron-2025", 8 << draw(&seed, 9),
            1024 << draw(&seed, 5), 64 << draw(&seed, 7));
        struct mz_search_options options;
        struct mz_search_result pruned;
        struct mz_search_result full;

        train.precision = draw(&seed, 2) && chip.gemm[MZ_DTYPE_FP8].flops_inf > 0 ? MZ_PRECISION_FP8
                                                                                  : MZ_PRECISION_16;
        mz_search_options_default(&options);
        options.keep = 1 + (int32_t)draw(&seed, 8);
        mz_search(&train, &options, size_memo(), &pruned);
        options.exhaustive = true;
        mz_search(&train, &options, size_memo(), &full);
        expect_same(&pruned, &full);
        assert_int_equal(pruned.considered, full.considered);
        assert_int_equal(full.evaluated, full.considered);
        bounded += pruned.bounded;
    }
    assert_true(bounded > 0);
}

static void pins_are_kept(void **state)
{
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2025", 64, 8192, 128);
    struct mz_search_options options;
    struct mz_search_result found;

    (void)state;
    mz_search_options_default(&options);
    options.pins.tp = 4;
    options.pins.pp = 4;
    options.pins.vp = 5;
    options.pins.mbs = 1;
    mz_search(&train, &options, size_memo(), &found);
    assert_true(found.count > 0);
    for (int32_t i = 0; i < found.count; i++) {
        assert_int_equal(found.best[i].layout.tp, 4);
        assert_int_equal(found.best[i].layout.pp, 4);
        assert_int_equal(found.best[i].layout.vp, 5);
        assert_true(found.best[i].result.memory.used <= chip.hbm_bytes);
    }
}

static void what_cannot_fit_names_the_nearest(void **state)
{
    struct mz_model_shape shape = size_model("gpt-1t");
    struct mz_size_chip chip = size_chip("a100-80g-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2021", 8, 2048, 8);
    struct mz_search_options options;
    struct mz_search_result found;

    (void)state;
    mz_search_options_default(&options);
    mz_search(&train, &options, size_memo(), &found);
    assert_int_equal(found.count, 0);
    assert_true(found.nearest.order > 0);
    assert_true(found.nearest.result.memory.used > chip.hbm_bytes);
}

/* GPT-3 175B on 4,096 chips: the whole space in 10 s, pruned in 0.2 s, a million a second. */
static void the_goals_for_speed_are_met(void **state)
{
    struct mz_model_shape shape = size_model("gpt3-175b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_train_case train = size_case(&shape, &chip, "megatron-2025", 4096, 2048, 4096);
    struct mz_search_options options;
    struct mz_search_result found;
    double seconds[2];
    uint64_t evaluated = 0;

    (void)state;
    mz_search_options_default(&options);
    for (int exhaustive = 0; exhaustive < 2; exhaustive++) {
        clock_t start = clock();

        options.exhaustive = exhaustive;
        for (int i = 0; i < 20; i++) {
            mz_search(&train, &options, size_memo(), &found);
            evaluated += exhaustive ? found.evaluated : 0;
        }
        seconds[exhaustive] = (double)(clock() - start) / CLOCKS_PER_SEC;
    }
    print_message("pruned %.4f s, exhaustive %.4f s, %.2f M evaluations a second\n",
        seconds[0] / 20, seconds[1] / 20, (double)evaluated / seconds[1] / 1e6);
    assert_true(seconds[0] / 20 < 0.2);
    assert_true(seconds[1] / 20 < 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pruned_and_exhaustive_agree_on_random_cases),
        cmocka_unit_test(pins_are_kept),
        cmocka_unit_test(what_cannot_fit_names_the_nearest),
        cmocka_unit_test(the_goals_for_speed_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
