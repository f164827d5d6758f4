/* test_packing.c - the packing experiment: its procedure by hand, and the figures on openb
 * The traces are read from $MIZAN_SHARED/traces/openb or ../shared/traces/openb, packed by xz;
 * without them that part is skipped. */
#include "sim/packing.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mz_fleet *read_nodes(struct mz_arena *arena, const char *text)
{
    struct mz_fleet *fleet = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_trace_read_nodes_bytes(arena, "nodes", text, strlen(text), 1, &fleet, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return fleet;
}

static struct mz_trace *read_pods(struct mz_arena *arena, const char *text)
{
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_trace_read_bytes(arena, MZ_TRACE_OPENB, "pods", text, strlen(text), &trace, &err) !=
        MZ_OK)
        fail_msg("%s", err.text);
    return trace;
}

static const char two_nodes[] = "sn,cpu_milli,memory_mib,gpu,model\n"
                                "n0,64000,262144,2,T4\n"
                                "n1,64000,262144,2,P100\n";

static struct mz_packing_result run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, enum mz_pack_policy policy, double tune, int32_t seed_count)
{
    static const uint64_t seeds[] = { 42, 43, 44, 45, 46, 47, 48, 49, 50, 51 };
    const struct mz_pack_weights weights = mz_pack_weights_default();
    struct mz_packing_result result = { .seed_count = 0 };
    struct mz_error err = { MZ_OK, "" };

    if (mz_packing_run(arena, fleet, trace, policy, tune, seeds, seed_count, &weights, NULL,
            &result, &err) != MZ_OK)
        fail_msg("%s", err.text);
    assert_int_equal(result.seed_count, seed_count);
    return result;
}

/* ---- by hand ---- */

static void whole_pods_join_until_the_next_would_pass_the_target(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,1000,\n");
    struct mz_packing_result result = run(arena, fleet, trace, MZ_PACK_FRAG, 1.3, 2);

    (void)state;
    for (int i = 0; i < 2; i++) {
        /* 4 chips x 1.3: five pods arrive, the sixth would pass; the fleet holds four. */
        assert_int_equal(result.seeds[i].pod_count, 5);
        assert_int_equal(result.seeds[i].dropped_count, 1);
        assert_true(fabs(result.seeds[i].alloc_at_130_percent - 1) < 1e-12);
        assert_true(fabs(result.seeds[i].alloc_at_100_percent - 1) < 1e-12);
    }
    assert_int_equal(fleet->pools[0].free_chips + fleet->pools[1].free_chips, 4);
    mz_arena_free(arena);
}

static void the_drawn_pod_counts_its_chip_once_in_the_check(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,2,1000,\n");
    struct mz_packing_result result = run(arena, fleet, trace, MZ_PACK_BESTFIT, 1.3, 1);

    (void)state;
    /* 2, 4, then 4 + 1 <= 5.2: a third one comes though it makes 6; then 6 + 1 > 5.2. */
    assert_int_equal(result.seeds[0].pod_count, 3);
    assert_int_equal(result.seeds[0].dropped_count, 1);
    mz_arena_free(arena);
}

static void a_list_above_the_target_loses_pods(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,1000,\np1,1000,1024,1,1000,\np2,1000,1024,1,1000,\n"
        "p3,1000,1024,1,1000,\np4,1000,1024,1,1000,\np5,1000,1024,1,1000,\n");
    struct mz_packing_result result = run(arena, fleet, trace, MZ_PACK_FIRSTFIT, 0.6, 1);

    (void)state;
    assert_int_equal(result.seeds[0].pod_count, 2); /* at most 2.4 chips */
    assert_true(fabs(result.seeds[0].alloc_at_130_percent - 0.5) < 1e-12);
    assert_true(fabs(result.seeds[0].alloc_at_100_percent - 0.5) < 1e-12); /* never reached */
    mz_arena_free(arena);
}

static void a_pod_goes_only_to_the_models_that_it_names(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,1000,T4|A100\n");
    struct mz_trace *none = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,1000,A100\n");

    (void)state;
    for (int32_t p = MZ_PACK_BESTFIT; p <= MZ_PACK_FRAG; p++) {
        struct mz_packing_result result = run(arena, fleet, trace, (enum mz_pack_policy)p, 1.3, 1);

        assert_true(fabs(result.seeds[0].alloc_at_130_percent - 0.5) < 1e-12);
        result = run(arena, fleet, none, (enum mz_pack_policy)p, 1.3, 1);
        assert_int_equal(result.seeds[0].dropped_count, result.seeds[0].pod_count);
    }
    mz_arena_free(arena);
}

static void one_seed_gives_one_result(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,300,\np1,2000,2048,1,500,\np2,3000,512,0,0,\np3,1000,512,2,1000,T4\n");

    (void)state;
    for (int32_t p = MZ_PACK_BESTFIT; p <= MZ_PACK_FRAG; p++) {
        struct mz_packing_result a = run(arena, fleet, trace, (enum mz_pack_policy)p, 1.3, 10);
        struct mz_packing_result b = run(arena, fleet, trace, (enum mz_pack_policy)p, 1.3, 10);

        for (int i = 0; i < 10; i++)
            assert_true(a.seeds[i].hash == b.seeds[i].hash);
        assert_true(a.seeds[0].hash != a.seeds[1].hash || a.seeds[1].hash != a.seeds[2].hash);
    }
    mz_arena_free(arena);
}

static void stopping_leaves_the_fleet_empty(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = read_nodes(arena, two_nodes);
    struct mz_trace *trace = read_pods(arena,
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
        "p0,1000,1024,1,1000,\n");
    const struct mz_pack_weights weights = mz_pack_weights_default();
    const uint64_t seed = 1;
    atomic_bool stop = true;
    struct mz_packing_result result = { .seed_count = 0 };
    struct mz_error err;

    (void)state;
    assert_int_equal(mz_packing_run(arena, fleet, trace, MZ_PACK_FRAG, 1.3, &seed, 1, &weights,
                         &stop, &result, &err),
        MZ_E_INTERRUPT);
    assert_int_equal(result.seed_count, 0);
    assert_int_equal(fleet->pools[0].free_chips + fleet->pools[1].free_chips, 4);
    mz_arena_free(arena);
}

/* ---- openb ---- */

/* NULL when it cannot be read. */
static char *unpack(struct mz_arena *arena, const char *name)
{
    const char *shared = getenv("MIZAN_SHARED");
    char *command = mz_arena_printf(arena, "xz -dc '%s/traces/openb/%s.csv.xz' 2>/dev/null",
        shared ? shared : "../shared", name);
    struct mz_text text;
    char buffer[65536];
    size_t got;
    char *copy = NULL;
    FILE *pipe = popen(command, "r");

    if (!pipe)
        return NULL;
    mz_text_init(&text);
    while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0)
        mz_text_add_bytes(&text, buffer, got);
    if (pclose(pipe) == 0 && text.length > 0)
        copy = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return copy;
}

static double mean(const struct mz_packing_result *result)
{
    double sum = 0;

    for (int32_t i = 0; i < result->seed_count; i++)
        sum += result->seeds[i].alloc_at_130_percent;
    return 100 * sum / result->seed_count;
}

static void frag_packs_openb_better_than_fgd(void **state)
{
    static const char *const variants[] = { "default", "cpu050", "cpu250", "gpushare40",
        "gpuspec33", "multigpu30" };
    struct mz_arena *arena = mz_arena_create();
    char *text = unpack(arena, "openb_node_list_gpu_node");
    struct mz_fleet *fleet;

    (void)state;
    if (!text) {
        print_message("skipped: no openb traces at $MIZAN_SHARED/traces or ../shared/traces\n");
        mz_arena_free(arena);
        skip();
    }
    fleet = read_nodes(arena, text);
    assert_int_equal(fleet->chip_total, 6212);
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        struct mz_trace *trace;
        struct mz_packing_result frag;
        struct mz_packing_result fgd;
        int32_t seeds = i == 0 ? 10 : 3;

        text = unpack(arena, mz_arena_printf(arena, "openb_pod_list_%s", variants[i]));
        assert_non_null(text);
        trace = read_pods(arena, text);
        frag = run(arena, fleet, trace, MZ_PACK_FRAG, 1.3, seeds);
        fgd = run(arena, fleet, trace, MZ_PACK_FGD, 1.3, seeds);
        print_message("%-12s frag %.2f fgd %.2f\n", variants[i], mean(&frag), mean(&fgd));
        assert_true(mean(&frag) > mean(&fgd));
        if (i == 0) {
            assert_true(mean(&frag) >= 95.9);
            assert_true(fabs(mean(&fgd) - 95.39) <= 0.3);
        }
    }
    mz_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_pods_join_until_the_next_would_pass_the_target),
        cmocka_unit_test(the_drawn_pod_counts_its_chip_once_in_the_check),
        cmocka_unit_test(a_list_above_the_target_loses_pods),
        cmocka_unit_test(a_pod_goes_only_to_the_models_that_it_names),
        cmocka_unit_test(one_seed_gives_one_result),
        cmocka_unit_test(stopping_leaves_the_fleet_empty),
        cmocka_unit_test(frag_packs_openb_better_than_fgd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
