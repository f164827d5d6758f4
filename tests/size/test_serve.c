/* test_serve.c - the closed loop, static batches, pools and the search over them */
#include "serve_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Sanitizers slow the search down several times. */
#if defined(__SANITIZE_ADDRESS__)
#define SIZE_TIME_SLACK 20
#else
#define SIZE_TIME_SLACK 1
#endif

struct parts {
    struct mz_model_shape shape;
    struct mz_size_chip chip;
    struct mz_serve_params params;
    struct mz_serve_case c;
};

static void make(struct parts *p, const char *model, const char *chip)
{
    p->shape = size_model(model);
    p->chip = size_chip(chip);
    p->params = serve_params();
    p->c = serve_case(&p->shape, &p->chip, &p->params);
}

static void tokens_a_second_follow_from_the_two_times(void **state)
{
    struct parts p;
    struct mz_serve_layout tp4 = { 4, 1, 1, 1 };
    struct mz_serve_result r;

    (void)state;
    make(&p, "llama3-70b", "h100-sxm");
    mz_serve_solve(&p.c, &tp4, 32, &r);
    assert_true(r.fits);
    assert_true(fabs(32 * 300 / (r.ttft_s + 299 * r.tpot_s) / r.tokens_s - 1) < 1e-9);
    assert_true(fabs(r.tokens_s / 4 / r.tokens_s_per_chip - 1) < 1e-9);
    assert_true(fabs(2 / 3.6e3 / r.tokens_s_per_chip * 1e6 / r.usd_per_m_out - 1) < 1e-9);
    assert_true(r.batch > 0 && r.batch <= 32);
}

static void more_clients_wait_longer_and_get_more_in_all(void **state)
{
    static const char *const models[] = { "llama3-8b", "deepseek-v3", "gpt-oss-120b" };
    struct mz_serve_layout tp8 = { 8, 1, 1, 1 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct parts p;
        struct mz_serve_result last = { 0 };

        make(&p, models[i], "b200-sxm");
        for (double c = 1; c <= 512; c *= 2) {
            struct mz_serve_result r;

            mz_serve_solve(&p.c, &tp8, c, &r);
            assert_true(r.fits && r.tpot_s > last.tpot_s && r.ttft_s > last.ttft_s);
            assert_true(r.tokens_s > last.tokens_s);
            last = r;
        }
    }
}

static void what_the_cache_cannot_hold_waits_for_its_first_token(void **state)
{
    struct parts p;
    struct mz_serve_layout tp2 = { 2, 1, 1, 1 };
    struct mz_serve_result full, over;
    double batch;

    (void)state;
    make(&p, "llama3-70b", "h100-sxm");
    p.c.in_tokens = 8000;
    batch = floor(mz_serve_batch_max(&p.c, &tp2));
    mz_serve_solve(&p.c, &tp2, batch, &full);
    mz_serve_solve(&p.c, &tp2, 3 * batch, &over);
    assert_int_equal(over.limit, MZ_LIMIT_MEMORY);
    assert_true(fabs(over.tpot_s / full.tpot_s - 1) < 0.05);
    assert_true(over.ttft_s > full.ttft_s + full.request_s);
    assert_true(fabs(over.tokens_s / full.tokens_s - 1) < 0.05);
}

static void a_model_that_does_not_fit_says_so_and_gives_no_times(void **state)
{
    struct parts p;
    struct mz_serve_layout one = { 1, 1, 1, 1 };
    struct mz_serve_result r;

    (void)state;
    make(&p, "llama3.1-405b", "h100-sxm");
    mz_serve_solve(&p.c, &one, 4, &r);
    assert_false(r.fits);
    assert_int_equal(r.limit, MZ_LIMIT_MEMORY);
    assert_true(r.tpot_s <= 0 && r.memory.weights > r.memory.usable);
}

static void a_prefix_cache_shortens_the_wait_and_drafts_shorten_the_steps(void **state)
{
    struct parts p;
    struct mz_serve_layout tp8 = { 8, 1, 8, 1 };
    struct mz_serve_result base, hit, draft;

    (void)state;
    make(&p, "deepseek-v3", "b200-sxm");
    mz_serve_solve(&p.c, &tp8, 8, &base);
    p.c.prefix_hit = 0.8;
    mz_serve_solve(&p.c, &tp8, 8, &hit);
    p.c.prefix_hit = 0;
    p.c.spec_tokens = 3;
    p.c.spec_accept = 0.7;
    mz_serve_solve(&p.c, &tp8, 8, &draft);
    assert_true(hit.ttft_s < base.ttft_s);
    assert_true(draft.tpot_s < 0.8 * base.tpot_s);
}

static void a_static_batch_is_its_prompts_and_then_its_steps(void **state)
{
    struct parts p;
    struct mz_serve_layout one = { 1, 1, 1, 1 };
    struct mz_serve_result r;

    (void)state;
    make(&p, "llama3-8b", "h100-sxm");
    mz_serve_solve_static(&p.c, &one, 64, &r);
    assert_true(fabs(r.tpot_s / r.step.total - 1) < 1e-12);
    assert_true(fabs((r.ttft_s + 299 * r.tpot_s) / r.request_s - 1) < 1e-12);
}

static void the_slower_pool_sets_the_rate(void **state)
{
    struct parts p;
    struct mz_serve_pools pools = { .prefill = { 4, 1, 1, 1 }, .decode = { 4, 1, 1, 1 } };
    struct mz_serve_result one, four;

    (void)state;
    make(&p, "llama3-70b", "h200-sxm");
    p.c.in_tokens = 8000;
    p.c.out_tokens = 200;
    pools.prefill_workers = pools.decode_workers = 1;
    mz_serve_solve_pools(&p.c, &pools, 64, &one);
    assert_int_equal(one.limit, MZ_LIMIT_PREFILL);
    assert_true(one.tokens_s / 200 <= 1.001 / one.prompt_s);
    pools.prefill_workers = 4;
    mz_serve_solve_pools(&p.c, &pools, 64, &four);
    assert_true(four.tokens_s > 2 * one.tokens_s);
    assert_int_equal(four.chips, 20);
    assert_true(four.transfer_s > 0);
}

/* The best of every layout and every load, without bisection or a best list. */
static double best_by_hand(const struct mz_serve_case *c, const struct mz_serve_options *o)
{
    struct mz_serve_layout layouts[MZ_SERVE_LAYOUTS_MAX];
    size_t count = mz_serve_layouts(c, &o->pins, o->chips, layouts);
    double best = 0;

    for (size_t i = 0; i < count; i++) {
        double most = fmin(floor(mz_serve_batch_max(c, &layouts[i])), 600);

        for (double load = 1; load <= most; load++) {
            struct mz_serve_result r;

            mz_serve_solve(c, &layouts[i], load, &r);
            if (r.fits && r.ttft_s <= o->ttft_s && r.tpot_s <= o->tpot_s)
                best = fmax(best, r.tokens_s_per_chip);
        }
    }
    return best;
}

static void the_search_finds_what_trying_every_load_finds(void **state)
{
    static const char *const models[] = { "llama3-8b", "llama3-70b", "qwen3-235b-a22b" };
    static const char *const chips[] = { "h100-sxm", "b200-sxm" };
    unsigned seed = 20260823;

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 8; round++) {
        struct parts p;
        struct mz_serve_options options;
        struct mz_serve_found found;
        double by_hand;

        make(&p, models[rand() % 3], chips[rand() % 2]);
        p.c.in_tokens = 500 + rand() % 6000;
        p.c.out_tokens = 50 + rand() % 1000;
        mz_serve_options_default(&options);
        options.chips = 8;
        options.ttft_s = 0.3 + 0.001 * (rand() % 700);
        options.tpot_s = 0.008 + 0.00001 * (rand() % 800);
        mz_serve_search(&p.c, &options, &found);
        by_hand = best_by_hand(&p.c, &options);
        if (by_hand <= 0) {
            assert_false(found.count > 0 && found.best[0].keeps);
            continue;
        }
        assert_true(found.best[0].keeps);
        assert_true(found.best[0].result.ttft_s <= options.ttft_s);
        assert_true(found.best[0].result.tpot_s <= options.tpot_s);
        assert_true(found.best[0].result.tokens_s_per_chip > 0.96 * by_hand);
    }
}

static void the_list_is_ordered_and_a_second_search_gives_the_same(void **state)
{
    struct parts p;
    struct mz_serve_options options;
    struct mz_serve_found a, b;

    (void)state;
    make(&p, "deepseek-v3", "h200-sxm");
    mz_serve_options_default(&options);
    options.concurrency = 256;
    options.chips = 32;
    options.keep = MZ_SERVE_BEST_MAX;
    mz_serve_search(&p.c, &options, &a);
    mz_serve_search(&p.c, &options, &b);
    assert_true(a.count > 3);
    assert_int_equal(a.count, b.count);
    for (int32_t i = 0; i < a.count; i++) {
        assert_int_equal(a.best[i].order, b.best[i].order);
        assert_true(a.best[i].replicas * a.best[i].result.chips <= 32);
        assert_true(
            i == 0 || a.best[i].result.tokens_s_per_chip <= a.best[i - 1].result.tokens_s_per_chip);
    }
}

static void a_search_with_pools_takes_less_than_a_second(void **state)
{
    struct parts p;
    struct mz_serve_options options;
    struct mz_serve_found found;
    clock_t start = clock();

    (void)state;
    make(&p, "deepseek-v3", "gb300-nvl72");
    mz_serve_options_default(&options);
    options.ttft_s = 1;
    options.tpot_s = 0.03;
    options.pools = true;
    options.keep = MZ_SERVE_BEST_MAX;
    mz_serve_search(&p.c, &options, &found);
    assert_true(found.count == MZ_SERVE_BEST_MAX && found.best[0].keeps);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1 * SIZE_TIME_SLACK);
}

static void numbers_out_of_range_are_refused_by_name(void **state)
{
    struct parts p;
    struct mz_error err;

    (void)state;
    make(&p, "llama3-8b", "h100-sxm");
    assert_int_equal(mz_serve_case_check(&p.c, &err), MZ_OK);
    p.c.prefix_hit = 1;
    assert_int_equal(mz_serve_case_check(&p.c, &err), MZ_E_RANGE);
    assert_non_null(strstr(err.text, "prefix hit"));
    p.c.prefix_hit = 0;
    p.c.out_tokens = NAN;
    assert_int_equal(mz_serve_case_check(&p.c, &err), MZ_E_RANGE);
}

static void every_chip_of_the_catalogue_serves_in_finite_time(void **state)
{
    const struct mz_catalogue_table *chips = mz_catalogue_find_table(size_catalogue(), "chips");
    static const char *const models[] = { "llama3-8b", "gpt-oss-20b" };
    struct mz_serve_layout one = { 1, 1, 1, 1 };

    (void)state;
    for (size_t i = 0; i < chips->row_count; i++) {
        struct mz_size_chip chip;

        if (mz_size_chip_load(size_catalogue(), chips->rows[i][0], &chip, NULL) != MZ_OK)
            continue;
        for (int model = 0; model < 2; model++) {
            for (int weights = MZ_WEIGHTS_16; weights <= MZ_WEIGHTS_FP4; weights++) {
                struct parts p;
                struct mz_serve_result r;

                make(&p, models[model], chips->rows[i][0]);
                p.c.weights = (enum mz_serve_weights)weights;
                mz_serve_solve(&p.c, &one, 8, &r);
                assert_true(!r.fits || (isfinite(r.tpot_s) && r.tpot_s > r.step.floor_s / 2));
                assert_true(!r.fits || (isfinite(r.ttft_s) && r.tokens_s > 0));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_a_second_follow_from_the_two_times),
        cmocka_unit_test(more_clients_wait_longer_and_get_more_in_all),
        cmocka_unit_test(what_the_cache_cannot_hold_waits_for_its_first_token),
        cmocka_unit_test(a_model_that_does_not_fit_says_so_and_gives_no_times),
        cmocka_unit_test(a_prefix_cache_shortens_the_wait_and_drafts_shorten_the_steps),
        cmocka_unit_test(a_static_batch_is_its_prompts_and_then_its_steps),
        cmocka_unit_test(the_slower_pool_sets_the_rate),
        cmocka_unit_test(the_search_finds_what_trying_every_load_finds),
        cmocka_unit_test(the_list_is_ordered_and_a_second_search_gives_the_same),
        cmocka_unit_test(a_search_with_pools_takes_less_than_a_second),
        cmocka_unit_test(every_chip_of_the_catalogue_serves_in_finite_time),
        cmocka_unit_test(numbers_out_of_range_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
