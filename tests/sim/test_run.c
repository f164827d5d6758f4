/* test_run.c - what a simulation counts, by hand on small traces */
#include "sim/output.h"
#include "sim/settings.h"
#include "sim/sim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000)
#define HOUR (3600 * S)

struct scene {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    struct mz_trace *trace;
    struct mz_policy policy;
    struct mz_sim_options options;
    struct mz_contracts *contracts;
    struct mz_sim_teams teams;
    struct mz_sim_result *result;
};

/* A trace in the `mizan` kind on nodes of 8 chips. */
static struct scene scene_of(int32_t nodes, const char *policy, const char *trace)
{
    struct scene s = { .arena = mz_arena_create(), .options = { .begin_us = -1, .why_job = -1 } };
    struct mz_error err;

    assert_int_equal(mz_fleet_plain(s.arena, nodes, 8, NULL, &s.fleet, &err), MZ_OK);
    assert_int_equal(
        mz_trace_read_bytes(s.arena, MZ_TRACE_MIZAN, "t", trace, strlen(trace), &s.trace, &err),
        MZ_OK);
    assert_int_equal(mz_policy_parse(policy, &s.policy, &err), MZ_OK);
    return s;
}

static const struct mz_sim_result *simulate(struct scene *s)
{
    struct mz_error err;

    s->options.check = true;
    if (mz_sim_run(s->arena, s->fleet, s->trace, &s->policy, &s->teams, s->contracts, &s->options,
            &s->result, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return s->result;
}

static void close_to(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-9 * (1 + fabs(expected))))
        fail_msg("%.12g is not %.12g", found, expected);
}

static void percentiles_are_the_nearest_rank(void **state)
{
    char trace[8000] = "submit,run_s,chips\n";
    struct scene s;

    (void)state;
    /* 200 jobs one after the other on all chips of a node: waits 0, 1, 2 ... 199 s */
    for (int i = 0; i < 200; i++)
        strcat(trace, "0,1,8\n");
    s = scene_of(1, "fifo", trace);
    simulate(&s);
    close_to(s.result->avg_queue_s, 99.5);
    close_to(s.result->p50_queue_s, 99);  /* the 100th of 200 */
    close_to(s.result->p99_queue_s, 197); /* the 198th */
    close_to(s.result->p99_jct_s, 198);
    close_to(s.result->makespan_s, 200);
    close_to(s.result->utilisation, 1);
    mz_arena_free(s.arena);
}

static void a_deadline_is_met_or_missed(void **state)
{
    struct scene s = scene_of(1, "fifo",
        "submit,run_s,chips,deadline\n"
        "0,10,8,10\n"
        "0,10,8,19\n"
        "0,10,8,30\n"
        "0,10,8,\n");

    (void)state;
    simulate(&s);
    assert_int_equal(s.result->deadline_count, 3);
    assert_int_equal(s.result->deadline_met, 2); /* at 10 and 30; the second ends at 20 */
    mz_arena_free(s.arena);
}

static void fragmentation_is_the_share_of_free_chips_on_used_nodes(void **state)
{
    /* 2 of 8 chips of one node for the whole time: 6 of 14 free chips are not on a whole node. */
    struct scene s = scene_of(2, "fifo", "submit,run_s,chips\n0,100,2\n100,100,2\n");
    const struct mz_sim_series *series = &simulate(&s)->series;
    int32_t seen = 0;

    (void)state;
    for (int32_t i = 0; i + 1 < series->count; i++) {
        if (isnan(series->fragmentation[i]))
            continue;
        close_to(series->fragmentation[i], 6.0 / 14);
        seen++;
    }
    assert_true(seen > 10);
    mz_arena_free(s.arena);
}

static void the_parts_of_a_time_series_add_up_to_what_was_used(void **state)
{
    struct scene s = scene_of(2, "fifo",
        "submit,run_s,chips,chip_milli\n"
        "0,100,16,\n"
        "0,50,4,\n"
        "10,20,1,500\n");
    const struct mz_sim_result *r = simulate(&s);
    double chip_s = 0;
    double waiting_s = 0;

    (void)state;
    for (int32_t i = 0; i < r->series.count; i++) {
        double begin = (double)i * (double)r->series.width_us;
        double end = begin + (double)r->series.width_us;

        end = end < r->makespan_s * 1e6 ? end : r->makespan_s * 1e6;
        chip_s += r->series.used_chips[i] * (end - begin) / 1e6;
        waiting_s += r->series.waiting_jobs[i] * (end - begin) / 1e6;
    }
    assert_true(fabs(chip_s - (1600 + 200 + 10)) < 1e-6);
    assert_true(fabs(waiting_s - (100 + 90)) < 1e-6);
    close_to(r->used_chip_hours, 1810.0 / 3600);
    mz_arena_free(s.arena);
}

static void read_failures(struct scene *s, int64_t at_us, int64_t down_us)
{
    struct mz_failure_event *event = mz_arena_alloc(s->arena, 1, sizeof(*event));

    *event =
        (struct mz_failure_event){ .at_us = at_us, .down_us = down_us, .level = MZ_LEVEL_NODE };
    s->options.failures.events = event;
    s->options.failures.event_count = 1;
    s->options.failures.repair_us = HOUR;
}

static void a_failure_loses_all_without_checkpoints(void **state)
{
    struct scene s = scene_of(1, "fifo", "submit,run_s,chips\n0,7200,8\n");
    const struct mz_sim_result *r;

    (void)state;
    read_failures(&s, HOUR, 600 * S);
    r = simulate(&s);
    /* an hour lost, ten minutes down, two hours again */
    close_to(r->avg_jct_s, 3600 + 600 + 7200);
    close_to(r->avg_queue_s, 600);
    close_to(r->lost_chip_hours, 8);
    close_to(r->goodput, 2.0 / 3);
    assert_int_equal(r->interruptions, 1);
    mz_arena_free(s.arena);
}

static void a_failure_loses_what_was_done_since_the_last_checkpoint(void **state)
{
    struct scene s = scene_of(1, "fifo", "submit,run_s,chips,checkpoint_s\n0,7200,8,1000\n");
    const struct mz_sim_result *r;

    (void)state;
    s.options.failures.checkpoint_cost_us = 100 * S;
    s.options.failures.restart_us = 50 * S;
    read_failures(&s, HOUR, 600 * S);
    r = simulate(&s);
    /* 3,600 s hold three cycles of 1,100 s and 300 s of work that is lost; 4,200 s are left, with
     * four checkpoints, behind a restart of 50 s */
    close_to(r->avg_jct_s, 3600 + 600 + 50 + 4200 + 4 * 100);
    close_to(r->lost_chip_hours, 8 * (300.0 + 50) / 3600);
    close_to(r->checkpoint_chip_hours, 8 * 700.0 / 3600);
    close_to(r->goodput, 7200.0 / (7200 + 700 + 350));
    mz_arena_free(s.arena);
}

static void a_failure_gives_no_notice_even_where_saving_is_free(void **state)
{
    struct scene s = scene_of(1, "fifo", "submit,run_s,chips,checkpoint_s\n0,7200,8,2000\n");
    const struct mz_sim_result *r;

    (void)state;
    read_failures(&s, HOUR, 600 * S);
    r = simulate(&s);
    close_to(r->lost_chip_hours, 8 * 1600.0 / 3600); /* 3,600 s less one checkpoint at 2,000 */
    mz_arena_free(s.arena);
}

static void failures_before_the_first_job_end_nothing(void **state)
{
    struct scene s = scene_of(1, "fifo", "submit,run_s,chips\n2017-10-01 00:00:00,60,8\n");
    int64_t begin_us;

    (void)state;
    assert_true(mz_trace_parse_time("2017-09-01", false, &begin_us));
    s.options.begin_us = begin_us;
    read_failures(&s, begin_us + HOUR, 600 * S);
    assert_true(simulate(&s)->is_complete);
    assert_int_equal(s.result->jobs, 1);
    mz_arena_free(s.arena);
}

static void las_has_classes_of_eight_times_the_one_before(void **state)
{
    /* A has had 1,000 chip-seconds of a quantum of 500 when B and C come: class 1 (below 4,000). C
     * is new, B too; without preemption both go first when A's node is free again only after A. With
     * preemption A stops for them, and runs on when they are done. */
    struct scene s = scene_of(1, "las+preempt",
        "name,submit,run_s,chips,checkpoint_s\n"
        "A,0,1000,8,1\n"
        "B,125,10,8,1\n");

    (void)state;
    s.policy.las_quantum_us = 500 * S;
    s.policy.grace_us = 0;
    simulate(&s);
    assert_int_equal(s.result->preemptions, 1);
    close_to(s.result->jct_s[1], 10);
    close_to(s.result->jct_s[0], 1010);
    mz_arena_free(s.arena);
    /* At 50 s A has had 400 of 500: the same class as B, so nobody stops until it leaves it (62.5). */
    s = scene_of(1, "las+preempt",
        "name,submit,run_s,chips,checkpoint_s\n"
        "A,0,1000,8,1\n"
        "B,50,10,8,1\n");
    s.policy.las_quantum_us = 500 * S;
    s.policy.grace_us = 0;
    simulate(&s);
    close_to(s.result->queue_s[1], 12.5);
    mz_arena_free(s.arena);
}

static void the_second_class_of_las_ends_at_eight_quanta(void **state)
{
    struct scene s = scene_of(1, "las+preempt",
        "name,submit,run_s,chips,checkpoint_s\n"
        "A,0,1000,8,1\n"
        "B,100,1000,8,1\n");

    (void)state;
    s.policy.las_quantum_us = 500 * S;
    s.policy.grace_us = 0;
    s.policy.preempt_guard_us = 0;
    simulate(&s);
    /* A leaves class 0 before B comes, so B stops it at 100. At 600 B has had 4,000 chip-seconds and
     * leaves class 1; A, with 800, is in it and stops B, has had 4,000 itself at 1,000, stays as
     * nobody is before it, and ends at 1,500; B at 2,000. */
    assert_int_equal(s.result->preemptions, 2);
    close_to(s.result->jct_s[0], 1500);
    close_to(s.result->jct_s[1], 1900);
    mz_arena_free(s.arena);
}

static void the_price_decides_unless_it_is_told_not_to(void **state)
{
    static const char *const chips[] = { "x" };
    static const char *const partners[] = { "dear", "cheap" };
    static const struct mz_fleet_site sites[] = { { .name = "d", .partner = 0 },
        { .name = "c", .partner = 1 } };
    static const struct mz_node_spec nodes[] = {
        { .site = 0,
            .chip = 0,
            .chips = 8,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 },
        { .site = 1,
            .chip = 0,
            .chips = 8,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 },
    };
    const struct mz_fleet_spec spec = { 2, partners, 2, sites, 1, chips, 2, nodes };
    int64_t starts[2];

    (void)state;
    for (int free_of_price = 0; free_of_price < 2; free_of_price++) {
        struct scene s = scene_of(1, "fifo", "submit,run_s,chips\n0,3600,8\n");
        static struct mz_place_contract list[2];
        static const int32_t first[] = { 0, -1 };
        static const int32_t second[] = { 1, -1 };
        static const int32_t *const by_pool[] = { first, second };
        static const int32_t speeds[] = { MZ_MILLI };
        struct mz_contracts contracts = { 2, list, by_pool, speeds };
        struct mz_error err;

        list[0] = (struct mz_place_contract){ .name = "dear",
            .price_micro_per_chip_hour = 5 * S,
            .capacity_chips = -1,
            .begin_us = INT64_MIN,
            .end_us = MZ_TIME_NEVER };
        list[1] = list[0];
        list[1].name = "cheap";
        list[1].partner = 1;
        list[1].price_micro_per_chip_hour = 2 * S;
        assert_int_equal(mz_fleet_create(s.arena, &spec, &s.fleet, &err), MZ_OK);
        s.contracts = &contracts;
        if (free_of_price)
            assert_int_equal(
                mz_sim_read_preferences(s.fleet, "price=0", &s.policy.weights, &err), MZ_OK);
        simulate(&s);
        starts[free_of_price] = s.result->partners[1].start_count;
        close_to(s.result->partners[free_of_price ? 0 : 1].spent_usd, free_of_price ? 40 : 16);
        mz_arena_free(s.arena);
    }
    assert_int_equal(starts[0], 1); /* the cheap one */
    assert_int_equal(starts[1], 0); /* the first one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_the_nearest_rank),
        cmocka_unit_test(a_deadline_is_met_or_missed),
        cmocka_unit_test(fragmentation_is_the_share_of_free_chips_on_used_nodes),
        cmocka_unit_test(the_parts_of_a_time_series_add_up_to_what_was_used),
        cmocka_unit_test(a_failure_loses_all_without_checkpoints),
        cmocka_unit_test(a_failure_loses_what_was_done_since_the_last_checkpoint),
        cmocka_unit_test(a_failure_gives_no_notice_even_where_saving_is_free),
        cmocka_unit_test(failures_before_the_first_job_end_nothing),
        cmocka_unit_test(las_has_classes_of_eight_times_the_one_before),
        cmocka_unit_test(the_second_class_of_las_ends_at_eight_quanta),
        cmocka_unit_test(the_price_decides_unless_it_is_told_not_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
