/* test_core_shim.c - permits, leases, gangs, publications: what shims are told */
#include "core_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static struct bench bench;
static struct bench *const b = &bench;

/* ---- permits ---- */

static void a_twin_is_refused_and_the_first_run_goes_on(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_permit(b, job, 1, 0, "twin"), MZ_CORE_REFUSED);
    assert_string_equal(b->last_event, "twin-refused");
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_DONE);
}

static void the_same_instance_may_ask_again(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
}

static void a_copy_on_another_machine_is_refused(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct bench_answer *ticket = bench_ticket(b);

    (void)state;
    mz_core_permit(b->core,
        &(struct mz_core_rank){ .job = job,
            .n = 1,
            .nonce = "r/0",
            .boot_id = "another boot",
            .node = "a",
            .node_count = 1 },
        ticket);
    bench_flush(b);
    assert_int_equal(ticket->result, MZ_CORE_REFUSED);
}

static void strangers_get_no_permit(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    static const struct {
        int64_t job;
        int32_t n;
        int32_t rank;
    } cases[] = { { 99, 1, 0 }, { 1, 2, 0 }, { 1, 0, 0 }, { 1, 1, 1 }, { 1, 1, -1 }, { 0, 1, 0 } };

    (void)state;
    assert_int_equal(job, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            bench_permit(b, cases[i].job, cases[i].n, cases[i].rank, "r"), MZ_CORE_REFUSED);
}

static void a_wrong_nonce_neither_renews_nor_ends(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_lease(b, job, 1, 0, "x", 0)->result, MZ_CORE_GONE);
    assert_int_equal(bench_exit(b, job, 1, 0, "x", 0, "exit"), MZ_CORE_GONE);
    assert_int_equal(bench_publish(b, job, 1, "x", "/step-1"), MZ_CORE_REFUSED);
    assert_state(b, job, MZ_RUN_RUNNING);
}

static void nothing_is_permitted_behind_the_end(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_REFUSED);
    assert_int_equal(bench_lease(b, job, 1, 0, "r", 0)->result, MZ_CORE_GONE);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_GONE);
    assert_int_equal(bench_publish(b, job, 1, "r", "/step-1"), MZ_CORE_REFUSED);
}

static void a_shim_that_comes_after_a_withdrawal_is_refused(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    bench_pass(b, (BENCH_QUEUE_S + 1) * SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_REFUSED);
}

static void a_permit_may_come_before_the_submit_is_answered(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a");
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    bench_submitted(b, job, 1, MZ_DRIVER_REFUSED, "");
    assert_state(b, job, MZ_RUN_RUNNING);
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    assert_string_equal(mz_core_attempt(b->core, job)->remote_id, "100");
    assert_state(b, job, MZ_RUN_RUNNING);
}

static void a_wrong_number_of_nodes_is_refused(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);
    struct bench_answer *ticket = bench_ticket(b);

    (void)state;
    bench_start(b, job, 0, "a,b");
    mz_core_permit(b->core,
        &(struct mz_core_rank){
            .job = job, .n = 1, .nonce = "r/0", .boot_id = "boot-0", .node = "a", .node_count = 3 },
        ticket);
    bench_flush(b);
    assert_int_equal(ticket->result, MZ_CORE_REFUSED);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_note(b, job, "3 nodes");
}

/* ---- leases ---- */

static void a_silent_job_is_unknown_and_runs_again_when_it_is_heard(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, 40 * SECOND);
    assert_state(b, job, MZ_RUN_UNKNOWN);
    (void)bench_lease(b, job, 1, 0, "r", 0);
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_string_equal(b->last_event, "heard-again");
}

static void a_lease_that_is_renewed_is_not_written_down(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    int64_t written = b->batches_written;

    (void)state;
    for (int32_t i = 0; i < 100; i++) {
        struct bench_answer *answer = bench_lease(b, job, 1, 0, "r", 0);

        bench_pass(b, 20 * SECOND);
        assert_int_equal(answer->count, 1);
        assert_int_equal(answer->result, MZ_CORE_OK);
    }
    assert_true(b->batches_written == written);
    assert_state(b, job, MZ_RUN_RUNNING);
}

static void a_job_is_not_started_again_before_lease_and_grace_are_over(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, (BENCH_LEASE_S + BENCH_GRACE_S) * SECOND - 1);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_start(b, job, 1, "b");
    assert_int_equal(bench_attempt(b, job), 1);
    bench_pass(b, SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
    assert_state(b, job, MZ_RUN_RESTARTING);
    assert_true(bench_waits(b, job));
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 1);
    assert_int_equal(bench_lease(b, job, 1, 0, "r", 0)->result, MZ_CORE_GONE);
}

static void a_permit_that_is_asked_for_again_begins_its_lease_anew(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, 60 * SECOND); /* no answer reached the shim */
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_RUNNING);
    bench_pass(b, 60 * SECOND); /* it runs now, until then */
    assert_int_equal(bench_attempt(b, job), 1);
    bench_pass(b, 10 * SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
}

static void a_second_lease_request_ends_the_first(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct bench_answer *first = bench_lease(b, job, 1, 0, "r", 0);
    struct bench_answer *second = bench_lease(b, job, 1, 0, "r", 0);

    (void)state;
    assert_int_equal(first->count, 1);
    assert_int_equal(second->count, 0);
    mz_core_lease_forget(b->core, job, 0, second);
    bench_pass(b, 30 * SECOND);
    assert_int_equal(second->count, 0);
}

static void an_order_comes_at_once_and_not_again_when_it_was_seen(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct bench_answer *parked = bench_lease(b, job, 1, 0, "r", 0);

    (void)state;
    assert_int_equal(parked->count, 0);
    assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
    assert_int_equal(parked->count, 1);
    assert_int_equal(parked->order, 1);
    assert_true(parked->order_stops);
    assert_int_equal(bench_lease(b, job, 1, 0, "r", 0)->order, 1); /* the answer was lost */
    parked = bench_lease(b, job, 1, 0, "r", 1);
    assert_int_equal(parked->count, 0);
    bench_pass(b, 20 * SECOND);
    assert_int_equal(parked->order, 0);
}

static void who_does_not_stop_is_ended_at_the_partner(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
    for (int32_t i = 0; i < 5; i++) {
        (void)bench_lease(b, job, 1, 0, "r", 1);
        bench_pass(b, 5 * SECOND);
    }
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 1);
    assert_state(b, job, MZ_RUN_STOPPING);
}

static void an_exit_is_reported_once_however_often_it_is_told(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2);

    (void)state;
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_int_equal(bench_exit(b, job, 1, 1, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_DONE);
}

/* ---- how a command ends ---- */

static void each_cause_of_an_end_has_its_consequence(void **state)
{
    static const struct {
        const char *cause;
        int32_t code;
        bool restart_on_failure;
        enum mz_run_state state;
        int32_t exit_code;
        const char *note;
    } cases[] = {
        { "exit", 0, false, MZ_RUN_DONE, 0, "" },
        { "exit", 3, false, MZ_RUN_FAILED, 3, "exit code 3" },
        { "exit", 139, false, MZ_RUN_FAILED, 139, "signal 11" },
        { "exit", 3, true, MZ_RUN_RESTARTING, MZ_EXIT_NONE, "exit code 3" },
        { "lease", 143, false, MZ_RUN_RESTARTING, MZ_EXIT_NONE, "lease" },
        { "lease", 0, false, MZ_RUN_RESTARTING, MZ_EXIT_NONE, "lease" },
        { "time", 143, true, MZ_RUN_FAILED, 143, "time limit" },
        { "time", 0, false, MZ_RUN_FAILED, MZ_EXIT_NONE, "time limit" },
        { "launch", 126, true, MZ_RUN_FAILED, 126, "no such file" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_need need = bench_need();
        int64_t job;

        need.restart_on_failure = cases[i].restart_on_failure;
        job = bench_running(b, &need, 1);
        assert_int_equal(bench_exit(b, job, 1, 0, "r", cases[i].code, cases[i].cause), MZ_CORE_OK);
        assert_state(b, job, cases[i].state);
        assert_int_equal(mz_core_job(b->core, job)->exit_code, cases[i].exit_code);
        if (cases[i].note[0] != '\0')
            assert_note(b, job, cases[i].note);
    }
}

static void a_job_is_restarted_as_often_as_it_may_be(void **state)
{
    struct mz_need need = bench_need();
    int64_t job;

    (void)state;
    need.max_restarts = 2;
    job = bench_running(b, &need, 1);
    for (int32_t n = 1; n <= 3; n++) {
        if (n > 1) {
            bench_start(b, job, 0, "a");
            assert_int_equal(bench_permit(b, job, n, 0, "r"), MZ_CORE_OK);
        }
        assert_int_equal(bench_exit(b, job, n, 0, "r", 143, "lease"), MZ_CORE_OK);
    }
    assert_state(b, job, MZ_RUN_FAILED);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 2);
    assert_note(b, job, "limit");
}

/* ---- gangs ---- */

static void when_one_rank_fails_the_others_are_stopped(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2);
    struct bench_answer *parked = bench_lease(b, job, 1, 1, "r", 0);

    (void)state;
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 3, "exit"), MZ_CORE_OK);
    assert_int_equal(parked->order, 1);
    assert_true(parked->order_stops);
    assert_state(b, job, MZ_RUN_STOPPING);
    assert_int_equal(bench_exit(b, job, 1, 1, "r", 143, "stopped"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_FAILED);
    assert_int_equal(mz_core_job(b->core, job)->exit_code, 3);
}

static void all_ranks_have_to_be_of_one_run(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a,b");
    assert_int_equal(bench_permit(b, job, 1, 0, "one"), MZ_CORE_OK);
    assert_int_equal(bench_permit(b, job, 1, 1, "two"), MZ_CORE_REFUSED);
    assert_int_equal(bench_permit(b, job, 1, 1, "one"), MZ_CORE_OK);
}

static void a_gang_whose_rank_never_came_goes_elsewhere(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a,b");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    for (int32_t i = 0; i < BENCH_QUEUE_S / 10; i++) {
        assert_state(b, job, MZ_RUN_RUNNING);
        (void)bench_lease(b, job, 1, 0, "r", 0);
        bench_pass(b, 10 * SECOND);
    }
    bench_pass(b, SECOND);
    assert_state(b, job, MZ_RUN_STOPPING);
    assert_note(b, job, "1 of 2 ranks");
    assert_int_equal(bench_permit(b, job, 1, 1, "r"), MZ_CORE_REFUSED);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_RESTARTING);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 1);
}

static void ranks_wait_for_each_other_from_when_the_first_began(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    bench_start(b, job, 0, "a,b");
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    bench_pass(b, (BENCH_QUEUE_S - 1) * SECOND); /* in the partner's queue */
    assert_int_equal(bench_permit(b, job, 1, 0, "r"), MZ_CORE_OK);
    bench_pass(b, 5 * SECOND);
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_int_equal(bench_permit(b, job, 1, 1, "r"), MZ_CORE_OK);
}

static void a_rank_that_is_lost_for_good_stops_the_others(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2);
    int32_t orders = 0;

    (void)state;
    for (int32_t i = 0; i < 30 && orders == 0; i++) {
        const struct bench_answer *answer = bench_lease(b, job, 1, 0, "r", 0);

        bench_pass(b, 5 * SECOND);
        orders += answer->order;
    }
    assert_int_equal(orders, 1);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
    bench_pass(b, SECOND);
    assert_state(b, job, MZ_RUN_RESTARTING);
    assert_int_equal(mz_core_job(b->core, job)->restart_count, 1);
}

static void a_gang_is_done_when_every_rank_is(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 3);

    (void)state;
    for (int32_t r = 0; r < 3; r++) {
        assert_state(b, job, MZ_RUN_RUNNING);
        assert_int_equal(bench_exit(b, job, 1, 2 - r, "r", 0, "exit"), MZ_CORE_OK);
    }
    assert_state(b, job, MZ_RUN_DONE);
}

/* ---- checkpoints ---- */

static void the_next_attempt_begins_at_the_newest_checkpoint(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    assert_int_equal(bench_publish(b, job, 1, "r", "/step-1"), MZ_CORE_OK);
    assert_int_equal(bench_publish(b, job, 1, "r", "/step-2"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "lease"), MZ_CORE_OK);
    assert_int_equal(bench_publish(b, job, 1, "r", "/step-3"), MZ_CORE_REFUSED);
    bench_restart(b);
    bench_start(b, job, 1, "x");
    assert_string_equal(mz_core_attempt(b->core, job)->checkpoint, "/step-2");
    assert_int_equal(bench_permit(b, job, 2, 0, "s"), MZ_CORE_OK);
    assert_int_equal(bench_publish(b, job, 1, "r", "/step-4"), MZ_CORE_REFUSED);
    assert_int_equal(bench_publish(b, job, 2, "s", "/step-5"), MZ_CORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_twin_is_refused_and_the_first_run_goes_on),
        TEST(the_same_instance_may_ask_again),
        TEST(a_copy_on_another_machine_is_refused),
        TEST(strangers_get_no_permit),
        TEST(a_wrong_nonce_neither_renews_nor_ends),
        TEST(nothing_is_permitted_behind_the_end),
        TEST(a_shim_that_comes_after_a_withdrawal_is_refused),
        TEST(a_permit_may_come_before_the_submit_is_answered),
        TEST(a_wrong_number_of_nodes_is_refused),
        TEST(a_silent_job_is_unknown_and_runs_again_when_it_is_heard),
        TEST(a_lease_that_is_renewed_is_not_written_down),
        TEST(a_job_is_not_started_again_before_lease_and_grace_are_over),
        TEST(a_permit_that_is_asked_for_again_begins_its_lease_anew),
        TEST(a_second_lease_request_ends_the_first),
        TEST(an_order_comes_at_once_and_not_again_when_it_was_seen),
        TEST(who_does_not_stop_is_ended_at_the_partner),
        TEST(an_exit_is_reported_once_however_often_it_is_told),
        TEST(each_cause_of_an_end_has_its_consequence),
        TEST(a_job_is_restarted_as_often_as_it_may_be),
        TEST(when_one_rank_fails_the_others_are_stopped),
        TEST(all_ranks_have_to_be_of_one_run),
        TEST(a_gang_whose_rank_never_came_goes_elsewhere),
        TEST(ranks_wait_for_each_other_from_when_the_first_began),
        TEST(a_rank_that_is_lost_for_good_stops_the_others),
        TEST(a_gang_is_done_when_every_rank_is),
        TEST(the_next_attempt_begins_at_the_newest_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
