/* test_tune.c - the search of weights: what it reads, what it holds back, that it is repeatable */
#include "sim/tune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char nodes[] = "sn,cpu_milli,memory_mib,gpu,model\n"
                            "a,32000,65536,4,T4\n"
                            "b,32000,65536,4,T4\n"
                            "c,96000,131072,8,V100M32\n";

static const char pods[] = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n"
                           "p0,4000,4096,1,500\n"
                           "p1,8000,8192,1,1000\n"
                           "p2,16000,16384,2,1000\n"
                           "p3,2000,2048,1,300\n"
                           "p4,32000,32768,4,1000\n"
                           "p5,6000,8192,0,0\n"
                           "p6,4000,4096,1,700\n"
                           "p7,8000,8192,1,1000\n";

static void tune(struct mz_arena *arena, uint64_t seed, int32_t trials, const atomic_bool *stop,
    struct mz_tune_result *ret)
{
    struct mz_fleet *fleet;
    struct mz_trace *trace;
    struct mz_error err;

    assert_int_equal(
        mz_trace_read_nodes_bytes(arena, "nodes", nodes, sizeof(nodes) - 1, 1, &fleet, &err),
        MZ_OK);
    assert_int_equal(
        mz_trace_read_bytes(arena, MZ_TRACE_OPENB, "pods", pods, sizeof(pods) - 1, &trace, &err),
        MZ_OK);
    assert_int_equal(
        mz_tune_run(arena, fleet, trace, 1.3, trials, seed, stop, NULL, NULL, ret, &err), MZ_OK);
}

static void the_tuned_weights_are_at_least_as_good_where_they_were_searched(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_tune_result result;

    (void)state;
    tune(arena, 3, 20, NULL, &result);
    assert_int_equal(result.trial_count, 20);
    assert_int_equal(result.searched_pod_count, 4);
    assert_int_equal(result.held_pod_count, 4);
    assert_true(result.rows[1].searched_at_130 + result.rows[1].searched_at_100 / 4 >=
        result.rows[0].searched_at_130 + result.rows[0].searched_at_100 / 4);
    mz_arena_free(arena);
}

static void the_same_seed_finds_the_same_weights(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_tune_result one;
    struct mz_tune_result two;

    (void)state;
    tune(arena, 7, 10, NULL, &one);
    tune(arena, 7, 10, NULL, &two);
    assert_memory_equal(&one.rows[1].weights, &two.rows[1].weights, sizeof(one.rows[1].weights));
    assert_true(one.rows[1].held_at_130 == two.rows[1].held_at_130);
    mz_arena_free(arena);
}

static void a_stop_ends_the_search_and_still_answers(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_tune_result result;
    atomic_bool stop = true;

    (void)state;
    tune(arena, 3, 20, &stop, &result);
    assert_int_equal(result.trial_count, 0);
    assert_true(result.rows[1].held_at_130 == result.rows[0].held_at_130);
    mz_arena_free(arena);
}

static void weights_are_read_as_they_are_written(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_pack_weights weights = mz_pack_weights_default();
    struct mz_pack_weights again = mz_pack_weights_default();
    struct mz_error err;

    (void)state;
    weights.offers = 12;
    weights.use_256 = 256;
    assert_int_equal(
        mz_tune_read_weights(mz_tune_write_weights(arena, &weights), &again, &err), MZ_OK);
    assert_memory_equal(&weights, &again, sizeof(weights));
    mz_arena_free(arena);
}

static void wrong_weights_are_refused_with_the_nearest_word(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        { "offer=3", "did you mean 'offers'?" },
        { "offers=0", "offers needs a whole number from 1 to 256" },
        { "offers", "offers needs a whole number" },
        { "cpu_256=1.5", "cpu_256 needs a whole number" },
        { "use_256=257", "from 0 to 256" },
        { "=3", "is not a weight" },
        { "cpu_256=1,,", "is not a weight" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_pack_weights weights = mz_pack_weights_default();
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(mz_tune_read_weights(cases[i].text, &weights, &err), MZ_E_INPUT);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tuned_weights_are_at_least_as_good_where_they_were_searched),
        cmocka_unit_test(the_same_seed_finds_the_same_weights),
        cmocka_unit_test(a_stop_ends_the_search_and_still_answers),
        cmocka_unit_test(weights_are_read_as_they_are_written),
        cmocka_unit_test(wrong_weights_are_refused_with_the_nearest_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
