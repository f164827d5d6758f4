/* test_core.c - what users, the planner and partners make of a job */
#include "core_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench bench;
static struct bench *const b = &bench;

/* ---- cancel, hold, move ---- */

static void a_job_can_be_cancelled_in_every_state(void **state)
{
    struct mz_need need = bench_need();
    int64_t pending = bench_submit(b, &need);
    int64_t held = bench_submit(b, &need);
    int64_t placing = bench_submit(b, &need);
    int64_t running = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_hold(b, held), MZ_CORE_OK);
    bench_start(b, placing, 0, "a");
    assert_int_equal(bench_cancel(b, pending), MZ_CORE_OK);
    assert_state(b, pending, MZ_RUN_CANCELLED);
    assert_int_equal(bench_message(b, pending)->kind, MZ_PLAN_END);
    assert_int_equal(bench_cancel(b, held), MZ_CORE_OK);
    assert_state(b, held, MZ_RUN_CANCELLED);
    assert_int_equal(bench_cancel(b, placing), MZ_CORE_OK);
    assert_state(b, placing, MZ_RUN_CANCELLED);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, placing, 1), 1);
    assert_int_equal(bench_permit(b, placing, 1, 0, "r"), MZ_CORE_REFUSED);
    assert_int_equal(bench_cancel(b, running), MZ_CORE_OK);
    assert_state(b, running, MZ_RUN_STOPPING);
    assert_int_equal(bench_exit(b, running, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    assert_state(b, running, MZ_RUN_CANCELLED);
    assert_int_equal(bench_cancel(b, running), MZ_CORE_CONFLICT);
    assert_int_equal(bench_cancel(b, 99), MZ_CORE_NOT_FOUND);
}

static void a_cancelled_job_that_was_lost_ends_with_its_lease(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, 40 * SECOND);
    assert_state(b, job, MZ_RUN_UNKNOWN);
    assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
    bench_pass(b, 30 * SECOND);
    assert_state(b, job, MZ_RUN_CANCELLED);
}

static void a_job_that_ended_well_before_it_could_be_stopped_is_done(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_DONE);
}

static void a_held_job_waits_until_it_is_released(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    assert_int_equal(bench_hold(b, job), MZ_CORE_OK);
    assert_int_equal(bench_message(b, job)->kind, MZ_PLAN_END);
    bench_start(b, job, 0, "a"); /* decided before it was held */
    assert_int_equal(bench_attempt(b, job), 0);
    assert_int_equal(bench_release(b, job), MZ_CORE_OK);
    assert_true(bench_waits(b, job));
    bench_start(b, job, 0, "a");
    assert_int_equal(bench_hold(b, job), MZ_CORE_CONFLICT);
}

static void a_moved_job_goes_where_it_was_sent(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_move(b, job, "beta"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    assert_int_equal(bench_message(b, job)->kind, MZ_PLAN_AGAIN);
    assert_int_equal(bench_message(b, job)->mask, 2);
    bench_start(b, job, 1, "x");
    assert_int_equal(bench_permit(b, job, 2, 0, "s"), MZ_CORE_OK);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 0);
}

static void a_move_is_over_when_the_job_has_begun_there(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_move(b, job, "beta"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    bench_start(b, job, 1, "x");
    assert_int_equal(bench_permit(b, job, 2, 0, "s"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 2, 0, "s", 143, "lease"), MZ_CORE_OK);
    assert_int_equal(bench_message(b, job)->mask, 7); /* beta may be lost: anywhere again */
}

static void a_job_is_moved_elsewhere_only_when_there_is_an_elsewhere(void **state)
{
    struct mz_need need = bench_need();
    int64_t free_job = bench_running(b, &need, 1);
    int64_t bound;

    (void)state;
    need.partner_mask = 1;
    bound = bench_running(b, &need, 1);
    assert_int_equal(bench_move(b, bound, ""), MZ_CORE_CONFLICT);
    assert_state(b, bound, MZ_RUN_RUNNING);
    assert_int_equal(bench_move(b, bound, "beta"), MZ_CORE_CONFLICT);
    assert_int_equal(bench_move(b, bound, "nowhere"), MZ_CORE_NOT_FOUND);
    assert_int_equal(bench_move(b, free_job, ""), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, free_job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    assert_int_equal(bench_message(b, free_job)->mask, 6);
}

/* ---- drain ---- */

static void a_drained_partner_takes_nothing_new_and_keeps_what_runs(void **state)
{
    struct mz_need need = bench_need();
    int64_t running = bench_running(b, &need, 1);
    int64_t waiting = bench_submit(b, &need);
    int32_t messages;

    (void)state;
    assert_int_equal(bench_drain(b, "alpha", false), MZ_CORE_OK);
    assert_state(b, running, MZ_RUN_RUNNING);
    messages = b->message_count;
    bench_start(b, waiting, 0, "a"); /* decided before */
    assert_int_equal(bench_attempt(b, waiting), 0);
    assert_int_equal(b->message_count, messages + 1); /* the planner is to choose again */
    assert_true(bench_waits(b, waiting));
    bench_start(b, waiting, 1, "x");
    assert_int_equal(bench_attempt(b, waiting), 1);
    assert_int_equal(bench_drain(b, "nowhere", false), MZ_CORE_NOT_FOUND);
}

static void a_cordoned_node_takes_nothing_new(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    assert_int_equal(bench_drain(b, "alpha/b", false), MZ_CORE_OK);
    bench_start(b, job, 0, "a,b");
    assert_int_equal(bench_attempt(b, job), 0);
    bench_start(b, job, 0, "a,bb");
    assert_int_equal(bench_attempt(b, job), 1);
    bench_restart(b);
    assert_int_equal(mz_core_partner(b->core, 0).cordoned_nodes, 1);
}

static void drain_with_move_sends_the_jobs_of_that_place_away(void **state)
{
    struct mz_need need = bench_need();
    int64_t here = bench_running(b, &need, 2);  /* on a,b */
    int64_t there = bench_running(b, &need, 1); /* on a */
    int64_t placing = bench_submit(b, &need);

    (void)state;
    bench_start(b, placing, 0, "c");
    assert_int_equal(bench_drain(b, "alpha/b", true), MZ_CORE_OK);
    assert_state(b, here, MZ_RUN_STOPPING);
    assert_state(b, there, MZ_RUN_RUNNING);
    assert_int_equal(bench_drain(b, "alpha", true), MZ_CORE_OK);
    assert_state(b, there, MZ_RUN_STOPPING);
    assert_state(b, placing, MZ_RUN_PENDING);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, placing, 1), 1);
}

/* ---- the planner ---- */

static void a_drain_with_move_ends_the_wish_to_go_there(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_move(b, job, "beta"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    bench_start(b, job, 1, "x");
    assert_int_equal(bench_drain(b, "beta", true), MZ_CORE_OK); /* before it began there */
    assert_int_equal(bench_attempt(b, job), 0);
    assert_int_equal(bench_message(b, job)->mask, 7);
}

static void a_decision_on_a_wait_that_is_over_is_not_carried_out(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);
    struct mz_plan_decision decision = { .kind = MZ_PLAN_START,
        .job = job,
        .wait = bench_message(b, job)->wait,
        .partner = 0,
        .site = "alpha",
        .chip = "",
        .nodes = "a",
        .node_count = 1,
        .chips_per_node = 1,
        .chips = 1,
        .parts = "",
        .contract = "",
        .text = "" };

    (void)state;
    assert_true(decision.wait != 0);
    assert_int_equal(bench_hold(b, job), MZ_CORE_OK);
    assert_int_equal(bench_release(b, job), MZ_CORE_OK);
    mz_core_decision(b->core, &decision);
    bench_flush(b);
    assert_int_equal(bench_attempt(b, job), 0);
    decision.wait = bench_message(b, job)->wait;
    mz_core_decision(b->core, &decision);
    bench_flush(b);
    assert_int_equal(bench_attempt(b, job), 1);
}

static void a_preempted_job_waits_again_and_counts_no_restart(void **state)
{
    struct mz_need need = bench_need();
    int64_t victim = bench_running(b, &need, 1);
    int64_t urgent = bench_submit(b, &need);

    (void)state;
    bench_preempt(b, victim, urgent);
    assert_state(b, victim, MZ_RUN_STOPPING);
    assert_note(b, victim, "preempted");
    assert_int_equal(bench_exit(b, victim, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    assert_state(b, victim, MZ_RUN_RESTARTING);
    assert_true(bench_waits(b, victim));
    assert_int_equal(mz_core_job(b->core, victim)->restart_count, 0);
}

/* ---- arrays ---- */

static int32_t waiting_of(int64_t first, int32_t count)
{
    int32_t waiting = 0;

    for (int64_t job = first; job < first + count; job++)
        waiting += bench_waits(b, job) || bench_attempt(b, job) > 0;
    return waiting;
}

static void an_array_keeps_its_limit(void **state)
{
    struct mz_need need = bench_need();
    const struct bench_answer *answer;

    (void)state;
    need.array_parallel = 2;
    answer = bench_submit_key(b, &need, NULL, NULL, 5);
    assert_int_equal(answer->job_count, 5);
    assert_int_equal(waiting_of(answer->job, 5), 2);
    bench_start(b, answer->job, 0, "a");
    bench_start(b, answer->job + 1, 0, "a");
    assert_int_equal(bench_cancel(b, answer->job + 1), MZ_CORE_OK);
    assert_int_equal(waiting_of(answer->job, 5), 2);
    assert_true(bench_waits(b, answer->job + 2));
}

static void an_array_keeps_its_limit_over_a_restart(void **state)
{
    struct mz_need need = bench_need();
    int64_t first;

    (void)state;
    need.array_parallel = 2;
    first = bench_submit_key(b, &need, NULL, NULL, 5)->job;
    bench_start(b, first, 0, "a");
    bench_start(b, first + 1, 0, "a");
    bench_restart(b);
    assert_int_equal(waiting_of(first, 5), 2);
    assert_int_equal(bench_cancel(b, first), MZ_CORE_OK);
    assert_true(bench_waits(b, first + 2));
}

static void an_element_that_was_held_gets_its_turn(void **state)
{
    struct mz_need need = bench_need();
    int64_t first;

    (void)state;
    need.array_parallel = 1;
    first = bench_submit_key(b, &need, NULL, NULL, 3)->job;
    assert_int_equal(bench_hold(b, first + 1), MZ_CORE_OK);
    assert_int_equal(bench_cancel(b, first), MZ_CORE_OK);
    assert_true(bench_waits(b, first + 2));
    assert_int_equal(bench_release(b, first + 1), MZ_CORE_OK);
    assert_false(bench_waits(b, first + 1));
    assert_int_equal(bench_cancel(b, first + 2), MZ_CORE_OK);
    assert_true(bench_waits(b, first + 1));
}

static void an_array_goes_on_though_its_first_elements_are_not_in_memory(void **state)
{
    struct mz_need need = bench_need();
    int64_t first;

    (void)state;
    need.array_parallel = 1;
    first = bench_submit_key(b, &need, NULL, NULL, 4)->job;
    assert_int_equal(bench_cancel(b, first), MZ_CORE_OK);
    b->ended_max = 0;
    bench_restart(b);
    assert_true(bench_waits(b, first + 1));
    assert_int_equal(bench_cancel(b, first + 1), MZ_CORE_OK);
    assert_true(bench_waits(b, first + 2));
}

/* ---- dependencies ---- */

static int64_t ended_as(enum mz_run_state state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    if (state == MZ_RUN_CANCELLED)
        assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", state == MZ_RUN_DONE ? 0 : 3,
                         state == MZ_RUN_CANCELLED ? "stopped" : "exit"),
        MZ_CORE_OK);
    assert_state(b, job, state);
    return job;
}

static void a_dependency_holds_or_never_will(void **state)
{
    static const struct {
        enum mz_dependency_kind kind;
        enum mz_run_state end;
        bool holds;
    } cases[] = {
        { MZ_AFTER_OK, MZ_RUN_DONE, true },
        { MZ_AFTER_OK, MZ_RUN_FAILED, false },
        { MZ_AFTER_OK, MZ_RUN_CANCELLED, false },
        { MZ_AFTER_ANY, MZ_RUN_DONE, true },
        { MZ_AFTER_ANY, MZ_RUN_FAILED, true },
        { MZ_AFTER_ANY, MZ_RUN_CANCELLED, true },
        { MZ_AFTER_NOT_OK, MZ_RUN_DONE, false },
        { MZ_AFTER_NOT_OK, MZ_RUN_FAILED, true },
        { MZ_AFTER_NOT_OK, MZ_RUN_CANCELLED, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_dependency dependency = { .kind = cases[i].kind, .job = ended_as(cases[i].end) };
        struct mz_need need = bench_need();
        int64_t job;

        need.dependency_count = 1;
        need.dependencies = &dependency;
        job = bench_submit(b, &need);
        assert_true(bench_waits(b, job) == cases[i].holds);
        assert_state(b, job, cases[i].holds ? MZ_RUN_PENDING : MZ_RUN_CANCELLED);
        if (!cases[i].holds)
            assert_note(b, job, "can no longer be met");
    }
}

static void a_job_waits_for_all_it_depends_on(void **state)
{
    struct mz_need need = bench_need();
    struct mz_dependency dependencies[2] = { { MZ_AFTER_OK, bench_running(b, &need, 1) },
        { MZ_AFTER_ANY, bench_running(b, &need, 1) } };
    char why[128];
    int64_t job;

    (void)state;
    need.dependency_count = 2;
    need.dependencies = dependencies;
    job = bench_submit(b, &need);
    assert_int_equal(bench_exit(b, dependencies[0].job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_false(bench_waits(b, job));
    assert_string_equal(
        mz_core_waits_for(b->core, job, why, sizeof(why)), "waits for job 2 (afterany)");
    assert_int_equal(bench_exit(b, dependencies[1].job, 1, 0, "r", 3, "exit"), MZ_CORE_OK);
    assert_true(bench_waits(b, job));
    dependencies[0].job = 99;
    need.dependency_count = 1;
    assert_int_equal(bench_submit_key(b, &need, NULL, NULL, 0)->result, MZ_CORE_INVALID);
}

static void a_job_that_ended_long_ago_still_counts_for_those_behind_it(void **state)
{
    struct mz_need need = bench_need();
    struct mz_dependency dependencies[2] = { { MZ_AFTER_OK, ended_as(MZ_RUN_DONE) },
        { MZ_AFTER_OK, bench_running(b, &need, 1) } };
    int64_t job;

    (void)state;
    need.dependency_count = 2;
    need.dependencies = dependencies;
    job = bench_submit(b, &need);
    b->ended_max = 0; /* only the newest are loaded */
    bench_restart(b);
    assert_state(b, job, MZ_RUN_PENDING);
    assert_int_equal(bench_exit(b, dependencies[1].job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_true(bench_waits(b, job));
}

static void a_long_chain_of_jobs_ends_when_its_first_is_cancelled(void **state)
{
    enum { LENGTH = 100000 };
    struct mz_dependency dependency = { .kind = MZ_AFTER_OK };
    struct mz_need need = bench_need();
    int64_t first = bench_submit(b, &need);

    (void)state;
    need.dependency_count = 1;
    need.dependencies = &dependency;
    for (int64_t job = first; job < first + LENGTH; job++) {
        dependency.job = job;
        (void)bench_submit(b, &need);
        b->answer_count = 0;
        b->answers[0].count = 0;
        free(b->needs[--b->need_count].dependencies);
    }
    assert_int_equal(bench_cancel(b, first), MZ_CORE_OK);
    assert_int_equal(mz_core_live_count(b->core), 0);
    assert_int_equal(mz_core_state_count(b->core, MZ_RUN_CANCELLED), LENGTH + 1);
}

/* ---- submits that go wrong ---- */

static void an_unanswered_submit_is_looked_for_before_it_is_sent_again(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);
    int64_t sent_us;

    (void)state;
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_UNKNOWN, "");
    sent_us = b->now_us;
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1); /* too early to say */
    bench_pass(b, 2 * BENCH_LOOK_S * SECOND);
    bench_observe_since(b, 0, sent_us + BENCH_LOOK_S * SECOND - 1);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_true(bench_waits(b, job));
    assert_int_equal(bench_message(b, job)->mask, 7); /* no reason to avoid it */
    bench_start(b, job, 0, "a");
    assert_int_equal(bench_acts(b, MZ_ACT_SUBMIT, job, 2), 1);
    /* the first one was executed after all */
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_QUEUED, "");
    bench_observe(b, 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_int_equal(bench_attempt(b, job), 2);
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_REFUSED);
}

static void an_unanswered_submit_that_was_accepted_is_adopted(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_UNKNOWN, "");
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_RUNNING, "");
    bench_remote(b, 0, job, 1, "101", MZ_REMOTE_QUEUED, ""); /* and a second one */
    bench_observe(b, 0);
    assert_string_equal(mz_core_attempt(b->core, job)->remote_id, "100");
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_string_equal(b->acts[b->act_count - 1].remote_id, "101");
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
}

static void a_partner_that_refused_is_avoided_for_a_while(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);
    char why[128];

    (void)state;
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_REFUSED, "");
    assert_state(b, job, MZ_RUN_PENDING);
    assert_int_equal(bench_message(b, job)->mask, 6);
    bench_start(b, job, 1, "a");
    bench_submitted(b, job, 2, MZ_DRIVER_NOT_SENT, "");
    bench_start(b, job, 2, "a");
    bench_submitted(b, job, 3, MZ_DRIVER_REFUSED, "");
    assert_int_equal(bench_message(b, job)->kind, MZ_PLAN_END); /* nobody is left */
    assert_non_null(strstr(mz_core_waits_for(b->core, job, why, sizeof(why)), "no partner to try"));
    bench_pass(b, (BENCH_AVOID_S + 1) * SECOND);
    assert_true(bench_waits(b, job));
    assert_int_equal(bench_message(b, job)->mask, 7);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 0);
}

static void a_partner_is_soon_tried_again_after_a_mishap(void **state)
{
    struct mz_need need = bench_need();
    int64_t job;

    (void)state;
    need.partner_mask = 3;
    job = bench_submit(b, &need);
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "CANCELLED");
    bench_observe(b, 0);
    assert_note(b, job, "alpha ended it before it began: CANCELLED");
    assert_int_equal(bench_message(b, job)->mask, 2);
    bench_pass(b, (BENCH_AVOID_S / 4 - 1) * SECOND);
    assert_int_equal(bench_message(b, job)->mask, 2);
    bench_pass(b, 2 * SECOND); /* beta has no room, it seems */
    assert_int_equal(bench_message(b, job)->mask, 3);
    bench_start(b, job, 1, "a");
    bench_submitted(b, job, 2, MZ_DRIVER_REFUSED, "");
    bench_pass(b, (BENCH_AVOID_S - 1) * SECOND);
    assert_int_equal(bench_message(b, job)->mask, 1);
}

static void leftovers_at_a_partner_are_swept(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_RUNNING, "");
    bench_remote(b, 0, 77, 3, "50", MZ_REMOTE_QUEUED, "");    /* never heard of */
    bench_remote(b, 1, job, 1, "100", MZ_REMOTE_RUNNING, ""); /* not there */
    bench_observe(b, 0);
    bench_observe(b, 1);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, 77, 3), 1);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_int_equal(b->acts[b->act_count - 1].partner, 1);
    assert_state(b, job, MZ_RUN_RUNNING);
}

static void a_job_that_ended_by_itself_has_time_to_end_at_its_partner(void **state)
{
    struct mz_need need = bench_need();
    int64_t done = bench_running(b, &need, 1);
    int64_t stopped = bench_submit(b, &need);

    (void)state;
    bench_start(b, stopped, 0, "a");
    bench_submitted(b, stopped, 1, MZ_DRIVER_OK, "101");
    assert_int_equal(bench_exit(b, done, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_int_equal(bench_cancel(b, stopped), MZ_CORE_OK);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, stopped, 1), 1);
    bench_remote(b, 0, done, 1, "100", MZ_REMOTE_RUNNING, "");
    bench_remote(b, 0, stopped, 1, "101", MZ_REMOTE_QUEUED, "");
    bench_pass(b, SECOND);
    bench_observe(b, 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, done, 1), 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, stopped, 1), 2);
    bench_pass(b, 20 * SECOND);
    bench_observe(b, 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, done, 1), 1);
}

static void a_queued_job_that_a_controller_forgot_is_placed_anew(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    bench_pass(b, SECOND);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_true(bench_waits(b, job));
}

/* A job that is queued at partner 0 for nodes a and c. */
static int64_t queued_on_two_nodes(void)
{
    struct mz_need need = bench_need();
    int64_t job;

    need.chips = 2;
    job = bench_submit(b, &need);
    bench_start(b, job, 0, "a,c");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_QUEUED, "ReqNodeNotAvail");
    bench_node(b, 0, "a", true, false);
    bench_node(b, 0, "b", false, false); /* none of its */
    bench_node(b, 0, "c", true, false);
    return job;
}

static void an_attempt_that_waits_for_a_node_that_was_shut_goes_elsewhere(void **state)
{
    static const bool ups[] = { false, true }; /* down or drained; drained with work on it */

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int64_t job = queued_on_two_nodes();

        bench_observe(b, 0);
        bench_observe(b, 0);
        assert_int_equal(bench_attempt(b, job), 1);
        bench_node(b, 0, "c", ups[i], ups[i]);
        bench_observe(b, 0);
        assert_int_equal(bench_attempt(b, job), 1);
        bench_observe(b, 0);
        assert_int_equal(bench_attempt(b, job), 0);
        assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
        assert_true(bench_waits(b, job));
        assert_int_equal(bench_message(b, job)->mask, 7); /* another node of alpha will do */
        assert_note(b, job, "alpha/c went down or was drained before it began");
        assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_REFUSED);
        bench_start(b, job, 0, "a,d");
        assert_int_equal(bench_attempt(b, job), 2);
        bench_finish(b);
        bench_make(b);
    }
}

static void one_list_that_shows_a_node_shut_is_not_believed(void **state)
{
    int64_t job = queued_on_two_nodes();

    (void)state;
    for (int32_t i = 0; i < 5; i++) {
        bench_node(b, 0, "c", false, false);
        bench_observe(b, 0);
        bench_node(b, 0, "c", true, false);
        bench_observe(b, 0);
    }
    assert_int_equal(bench_attempt(b, job), 1);
    bench_node(b, 0, "c", false, false); /* it began all the same */
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_RUNNING, "");
    bench_observe(b, 0);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_QUEUED, "");
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    bench_observe(b, 0);
    bench_observe(b, 0);
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 0);
}

/* ---- the partner's word ---- */

static void a_running_job_that_a_list_lacks_runs_on(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    for (int32_t i = 0; i < 10; i++) {
        (void)bench_lease(b, job, 1, 0, "r", 0);
        bench_pass(b, 10 * SECOND);
        bench_observe(b, 0);
    }
    assert_state(b, job, MZ_RUN_RUNNING);
}

static void a_partner_confirms_the_end_of_a_job_that_is_not_heard(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, 40 * SECOND);
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "NODE_FAIL");
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1); /* the node may run on */
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "CANCELLED");
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_state(b, job, MZ_RUN_RESTARTING);
}

static void a_list_is_not_believed_against_a_rank_that_is_heard(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "FAILED");
    for (int32_t i = 0; i < 20; i++) {
        (void)bench_lease(b, job, 1, 0, "r", 0);
        bench_observe(b, 0);
        bench_pass(b, 10 * SECOND);
    }
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_int_equal(bench_attempt(b, job), 1);
}

static void after_a_twin_only_the_lease_tells_the_end(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_permit(b, job, 1, 0, "twin"), MZ_CORE_REFUSED);
    bench_pass(b, 50 * SECOND); /* the first is cut off, the second has ended */
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "FAILED");
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_pass(b, 20 * SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
}

static void where_a_job_may_start_twice_only_the_lease_tells_the_end(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 1, "x");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    bench_pass(b, 50 * SECOND); /* it is cut off; a twin was killed before it asked */
    bench_remote(b, 1, job, 1, "100", MZ_REMOTE_ENDED, "COMPLETED");
    bench_observe(b, 1);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_pass(b, 20 * SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
}

static void a_driver_that_saw_the_shims_go_is_believed_at_once(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct mz_driver_event event = {
        .kind = MZ_DRIVER_ENDED, .partner = "alpha", .job = job, .n = 1, .text = ""
    };

    (void)state;
    event.n = 2; /* not that one */
    mz_core_driver_event(b->core, &event);
    assert_int_equal(bench_attempt(b, job), 1);
    event.n = 1;
    mz_core_driver_event(b->core, &event);
    bench_flush(b);
    assert_state(b, job, MZ_RUN_RESTARTING);
}

/* ---- a partner is lost ---- */

static void lose(int32_t partner)
{
    for (int32_t i = 0; i <= BENCH_LOSS_S; i++) {
        bench_unreachable(b, partner);
        bench_pass(b, SECOND);
    }
    assert_false(mz_core_partner(b->core, partner).row.is_reachable);
}

static void a_lost_partner_means_what_the_job_says(void **state)
{
    static const struct {
        enum mz_partner_loss loss;
        enum mz_run_state state;
    } cases[] = {
        { MZ_LOSS_MOVE, MZ_RUN_RESTARTING },
        { MZ_LOSS_WAIT, MZ_RUN_UNKNOWN },
        { MZ_LOSS_FAIL, MZ_RUN_FAILED },
    };
    int64_t jobs[3];

    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        struct mz_need need = bench_need();

        need.on_partner_loss = cases[i].loss;
        jobs[i] = bench_running(b, &need, 1);
    }
    lose(0);
    assert_state(b, jobs[0], MZ_RUN_RUNNING); /* its lease lives */
    for (int32_t i = 0; i < 40; i++) {
        bench_unreachable(b, 0);
        bench_pass(b, 2 * SECOND);
    }
    for (int32_t i = 0; i < 3; i++)
        assert_state(b, jobs[i], cases[i].state);
    bench_observe(b, 0);
    assert_true(mz_core_partner(b->core, 0).row.is_reachable);
    bench_pass(b, 2 * SECOND);
    assert_state(b, jobs[1], MZ_RUN_RESTARTING); /* its partner answers, its shim does not */
}

static void a_job_that_is_heard_survives_the_loss_of_its_partner(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    int64_t placing = bench_submit(b, &need);

    (void)state;
    bench_start(b, placing, 0, "b");
    (void)bench_lease(b, job, 1, 0, "r", 0);
    lose(0);
    assert_state(b, placing, MZ_RUN_PENDING); /* without a permit: elsewhere at once */
    assert_int_equal(bench_message(b, placing)->mask, 6);
    for (int32_t i = 0; i < 20; i++) {
        (void)bench_lease(b, job, 1, 0, "r", 0);
        bench_unreachable(b, 0);
        bench_pass(b, 10 * SECOND);
    }
    assert_state(b, job, MZ_RUN_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_can_be_cancelled_in_every_state),
        TEST(a_cancelled_job_that_was_lost_ends_with_its_lease),
        TEST(a_job_that_ended_well_before_it_could_be_stopped_is_done),
        TEST(a_held_job_waits_until_it_is_released),
        TEST(a_moved_job_goes_where_it_was_sent),
        TEST(a_move_is_over_when_the_job_has_begun_there),
        TEST(a_job_is_moved_elsewhere_only_when_there_is_an_elsewhere),
        TEST(a_drained_partner_takes_nothing_new_and_keeps_what_runs),
        TEST(a_cordoned_node_takes_nothing_new),
        TEST(drain_with_move_sends_the_jobs_of_that_place_away),
        TEST(a_drain_with_move_ends_the_wish_to_go_there),
        TEST(a_decision_on_a_wait_that_is_over_is_not_carried_out),
        TEST(a_preempted_job_waits_again_and_counts_no_restart),
        TEST(an_array_keeps_its_limit),
        TEST(an_array_keeps_its_limit_over_a_restart),
        TEST(an_element_that_was_held_gets_its_turn),
        TEST(an_array_goes_on_though_its_first_elements_are_not_in_memory),
        TEST(a_dependency_holds_or_never_will),
        TEST(a_job_waits_for_all_it_depends_on),
        TEST(a_job_that_ended_long_ago_still_counts_for_those_behind_it),
        TEST(a_long_chain_of_jobs_ends_when_its_first_is_cancelled),
        TEST(an_unanswered_submit_is_looked_for_before_it_is_sent_again),
        TEST(an_unanswered_submit_that_was_accepted_is_adopted),
        TEST(a_partner_that_refused_is_avoided_for_a_while),
        TEST(a_partner_is_soon_tried_again_after_a_mishap),
        TEST(leftovers_at_a_partner_are_swept),
        TEST(a_job_that_ended_by_itself_has_time_to_end_at_its_partner),
        TEST(a_queued_job_that_a_controller_forgot_is_placed_anew),
        TEST(an_attempt_that_waits_for_a_node_that_was_shut_goes_elsewhere),
        TEST(one_list_that_shows_a_node_shut_is_not_believed),
        TEST(a_running_job_that_a_list_lacks_runs_on),
        TEST(a_partner_confirms_the_end_of_a_job_that_is_not_heard),
        TEST(a_list_is_not_believed_against_a_rank_that_is_heard),
        TEST(after_a_twin_only_the_lease_tells_the_end),
        TEST(where_a_job_may_start_twice_only_the_lease_tells_the_end),
        TEST(a_driver_that_saw_the_shims_go_is_believed_at_once),
        TEST(a_lost_partner_means_what_the_job_says),
        TEST(a_job_that_is_heard_survives_the_loss_of_its_partner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
