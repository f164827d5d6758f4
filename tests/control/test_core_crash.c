/* test_core_crash.c - nothing is promised before it is durable, nothing durable is forgotten
 *
 * The last test plays one scenario, over and over, with the daemon's end at each batch: before it is
 * in the journal, and after it is there though nobody was told. */
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

/* ---- effects wait for the journal ---- */

static void a_submit_is_answered_when_it_is_durable(void **state)
{
    struct mz_need need = bench_need();
    struct bench_answer *answer;

    (void)state;
    b->is_slow = true;
    answer = bench_submit_key(b, &need, NULL, NULL, 0);
    assert_int_equal(answer->count, 0);
    bench_write(b, 1, false);
    assert_int_equal(answer->count, 0);
    mz_core_durable(b->core, 1);
    assert_int_equal(answer->count, 1);
    assert_int_equal(answer->job, 1);
}

static void a_partner_hears_of_an_attempt_when_it_is_durable(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    b->is_slow = true;
    bench_start(b, job, 0, "a");
    assert_int_equal(bench_acts(b, MZ_ACT_SUBMIT, job, 1), 0);
    bench_write(b, 1, true);
    assert_int_equal(bench_acts(b, MZ_ACT_SUBMIT, job, 1), 1);
}

static void an_attempt_that_was_withdrawn_meanwhile_is_never_sent(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_submit(b, &need);

    (void)state;
    b->is_slow = true;
    bench_start(b, job, 0, "a");
    (void)bench_cancel(b, job);
    bench_write(b, 2, true);
    assert_int_equal(bench_acts(b, MZ_ACT_SUBMIT, job, 1), 0);
    assert_int_equal(bench_acts(b, MZ_ACT_CANCEL, job, 1), 0);
    assert_state(b, job, MZ_RUN_CANCELLED);
}

static void answers_keep_their_order_behind_what_is_not_durable(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct bench_answer *refused;

    (void)state;
    b->is_slow = true;
    (void)bench_exit(b, job, 1, 0, "r", 0, "exit");
    refused = bench_lease(b, job, 1, 0, "r", 0);
    assert_int_equal(refused->count, 0); /* that it is over is not written down */
    bench_write(b, 1, true);
    assert_int_equal(refused->count, 1);
    assert_int_equal(refused->result, MZ_CORE_GONE);
}

static void a_key_means_the_same_job_while_it_is_on_its_way(void **state)
{
    struct mz_need need = bench_need();
    struct bench_answer *first;
    struct bench_answer *same;
    struct bench_answer *other;

    (void)state;
    b->is_slow = true;
    first = bench_submit_key(b, &need, "1000:k", "hash", 0);
    same = bench_submit_key(b, &need, "1000:k", "hash", 0);
    other = bench_submit_key(b, &need, "1000:k", "another", 0);
    bench_write(b, 1, true);
    assert_int_equal(first->result, MZ_CORE_OK);
    assert_true(same->is_repeated);
    assert_int_equal(same->job, first->job);
    assert_int_equal(other->result, MZ_CORE_CONFLICT);
    assert_int_equal(mz_core_known_count(b->core), 1);
}

/* ---- what a new core makes of the journal ---- */

static void what_could_not_be_written_never_was(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);
    struct bench_answer *lost;

    (void)state;
    b->is_slow = true;
    lost = bench_submit_key(b, &need, NULL, NULL, 0);
    (void)bench_exit(b, job, 1, 0, "r", 0, "exit");
    b->is_slow = false;
    bench_restart(b);
    assert_int_equal(lost->count, 0);
    assert_int_equal(mz_core_known_count(b->core), 1);
    assert_state(b, job, MZ_RUN_RUNNING);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_DONE);
}

static void a_restart_grants_every_lease_anew(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_pass(b, 50 * SECOND);
    b->now_us = 10 * SECOND;        /* another boot */
    b->wall_us += 1000000 * SECOND; /* and a clock that was set */
    bench_restart(b);
    assert_int_equal(bench_message(b, job)->kind, MZ_PLAN_ADOPT);
    bench_pass(b, (BENCH_LEASE_S + BENCH_GRACE_S) * SECOND - 1);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_pass(b, SECOND);
    assert_int_equal(bench_attempt(b, job), 0);
}

static void a_running_job_goes_on_over_a_restart(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2);

    (void)state;
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    bench_restart(b);
    assert_int_equal(bench_permit(b, job, 1, 1, "twin"), MZ_CORE_REFUSED);
    (void)bench_lease(b, job, 1, 1, "r", 0);
    assert_int_equal(bench_exit(b, job, 1, 1, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_DONE);
}

static void an_attempt_without_a_permit_is_looked_for_after_a_restart(void **state)
{
    struct mz_need need = bench_need();
    int64_t there = bench_submit(b, &need);
    int64_t gone = bench_submit(b, &need);

    (void)state;
    bench_start(b, there, 0, "a");
    bench_start(b, gone, 0, "a");
    bench_restart(b);
    bench_remote(b, 0, there, 1, "100", MZ_REMOTE_QUEUED, "");
    bench_pass(b, (BENCH_LOOK_S + 1) * SECOND);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, there), 1);
    assert_string_equal(mz_core_attempt(b->core, there)->remote_id, "100");
    assert_int_equal(bench_attempt(b, gone), 0);
    assert_true(bench_waits(b, gone));
    assert_int_equal(bench_acts(b, MZ_ACT_SUBMIT, there, 1), 1); /* not sent again */
}

/* A job is stopped for a reason; the daemon goes; what becomes of the job is what would have. */
static void an_order_to_stop_outlives_the_daemon(void **state)
{
    static const struct {
        const char *what;
        bool is_lost; /* nobody hears the shim when the order is given */
        enum mz_run_state state;
        int32_t restarts;
    } cases[] = {
        { "cancel", false, MZ_RUN_CANCELLED, 0 },
        { "cancel", true, MZ_RUN_CANCELLED, 0 },
        { "preempt", false, MZ_RUN_RESTARTING, 0 },
        { "preempt", true, MZ_RUN_RESTARTING, 0 },
        { "move", true, MZ_RUN_RESTARTING, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_need need = bench_need();
        int64_t job = bench_running(b, &need, 1);

        if (cases[i].is_lost)
            bench_pass(b, 40 * SECOND);
        if (strcmp(cases[i].what, "cancel") == 0)
            assert_int_equal(bench_cancel(b, job), MZ_CORE_OK);
        else if (strcmp(cases[i].what, "move") == 0)
            assert_int_equal(bench_move(b, job, "beta"), MZ_CORE_OK);
        else
            bench_preempt(b, job, job);
        bench_restart(b);
        assert_int_equal(bench_lease(b, job, 1, 0, "r", 0)->order, 1);
        assert_int_equal(bench_exit(b, job, 1, 0, "r", 143, "stopped"), MZ_CORE_OK);
        assert_state(b, job, cases[i].state);
        assert_int_equal(mz_core_job(b->core, job)->restart_count, cases[i].restarts);
        assert_string_equal(mz_core_waits_for(b->core, job, (char[8]){ 0 }, 8), "");
    }
}

static void why_a_rank_ended_outlives_the_daemon(void **state)
{
    static const struct {
        const char *cause;
        int32_t code;
        enum mz_run_state state;
        int32_t restarts;
    } cases[] = {
        { "exit", 3, MZ_RUN_FAILED, 0 },
        { "lease", 143, MZ_RUN_RESTARTING, 1 },
        { "lease", 0, MZ_RUN_RESTARTING, 1 },
        { "time", 143, MZ_RUN_FAILED, 0 },
        { "launch", 126, MZ_RUN_FAILED, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_need need = bench_need();
        int64_t job = bench_running(b, &need, 2);

        assert_int_equal(bench_exit(b, job, 1, 0, "r", cases[i].code, cases[i].cause), MZ_CORE_OK);
        bench_restart(b);
        assert_int_equal(bench_lease(b, job, 1, 1, "r", 0)->order, 1);
        assert_int_equal(bench_exit(b, job, 1, 1, "r", 143, "stopped"), MZ_CORE_OK);
        assert_state(b, job, cases[i].state);
        assert_int_equal(mz_core_job(b->core, job)->restart_count, cases[i].restarts);
        if (cases[i].state == MZ_RUN_FAILED)
            assert_int_equal(mz_core_job(b->core, job)->exit_code, cases[i].code);
    }
}

static void a_rank_that_was_stopped_well_is_not_done_after_a_restart(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2);

    (void)state;
    bench_preempt(b, job, job);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "stopped"), MZ_CORE_OK);
    bench_restart(b);
    assert_int_equal(bench_exit(b, job, 1, 1, "r", 0, "exit"), MZ_CORE_OK);
    assert_state(b, job, MZ_RUN_RESTARTING);
}

static void the_end_that_a_list_tells_first_after_a_restart_may_be_a_twins(void **state)
{
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 1);

    (void)state;
    bench_restart(b); /* perhaps it had just refused a twin */
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "FAILED");
    bench_pass(b, 50 * SECOND);
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 1);
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_RUNNING, "");
    (void)bench_lease(b, job, 1, 0, "r", 0);
    bench_observe(b, 0); /* it runs, long after the start of the daemon */
    bench_pass(b, 60 * SECOND);
    bench_remote(b, 0, job, 1, "100", MZ_REMOTE_ENDED, "FAILED");
    bench_observe(b, 0);
    assert_int_equal(bench_attempt(b, job), 0);
}

static void what_a_contract_was_drawn_is_the_same_after_a_restart(void **state)
{
    struct mz_core_spend before[4];
    struct mz_core_spend after[4];
    struct mz_need need = bench_need();
    int64_t job = bench_running(b, &need, 2); /* two chips at 3.60 USD an hour */

    (void)state;
    bench_pass(b, 10 * SECOND);
    assert_int_equal(mz_core_spend(b->core, before, 4), 1);
    assert_int_equal(before[0].running_micro, 20000);
    assert_int_equal(before[0].running_chips, 2);
    assert_int_equal(before[0].rate_micro_per_hour, 7200000);
    assert_int_equal(bench_exit(b, job, 1, 0, "r", 0, "exit"), MZ_CORE_OK);
    assert_int_equal(bench_exit(b, job, 1, 1, "r", 0, "exit"), MZ_CORE_OK);
    assert_int_equal(mz_core_spend(b->core, before, 4), 1);
    bench_restart(b);
    assert_int_equal(mz_core_spend(b->core, after, 4), 1);
    assert_string_equal(after[0].contract, "alpha");
    assert_int_equal(before[0].ended_micro, 20000);
    assert_int_equal(after[0].ended_micro, 20000);
    assert_int_equal(after[0].running_micro, 0);
}

static void drains_and_losses_outlive_the_daemon(void **state)
{
    (void)state;
    assert_int_equal(bench_drain(b, "beta", false), MZ_CORE_OK);
    for (int32_t i = 0; i <= BENCH_LOSS_S; i++) {
        bench_unreachable(b, 0);
        bench_pass(b, SECOND);
    }
    bench_restart(b);
    assert_false(mz_core_partner(b->core, 0).row.is_reachable);
    assert_true(mz_core_partner(b->core, 1).row.is_drained);
    assert_string_equal(mz_core_partner(b->core, 1).row.drained_by, "alice");
    assert_int_equal(b->messages[0].state, 2);
    assert_int_equal(b->messages[1].state, 1);
}

static struct mz_need *some_need(void *context, const struct mz_job_row *row)
{
    (void)context;
    (void)row;
    return mz_xcalloc(1, sizeof(struct mz_need));
}

static void a_partner_with_live_jobs_cannot_leave_the_fleet(void **state)
{
    static const struct mz_core_ops none = { 0 };
    struct mz_core_partner_setup other = { .name = "delta" };
    struct mz_need need = bench_need();
    struct mz_error err = { 0 };
    struct mz_core *core;

    (void)state;
    (void)bench_running(b, &need, 1);
    core = mz_core_create(&(struct mz_core_setup){
        .install = INSTALL, .partner_count = 1, .partners = &other, .ops = &none, .context = b });
    assert_int_equal(
        mz_core_load(core,
            &(struct mz_core_load){ .store = b->store, .ended_max = 10, .need_of = some_need },
            &err),
        MZ_E_INPUT);
    assert_non_null(strstr(err.text, "'alpha'"));
    mz_core_free(core);
}

/* ---- a crash at every batch ---- */

enum { STEPS_MAX = 400, REMOTES_MAX = 32 };

struct remote { /* at an honest partner */
    int64_t job;
    int32_t n;
    int32_t rank_count;
    int32_t left[2]; /* steps; 0: not begun, -1: over, -2: refused */
};

struct play {
    struct remote remotes[REMOTES_MAX];
    int32_t remote_count;
    int32_t acts_read;
    int32_t begun[3][REMOTES_MAX]; /* commands of a job and attempt */
    int64_t batches;
    int64_t crash_at;
    bool is_written; /* the batch at which it ends */
};

/* Writes what was handed over; at the chosen batch the daemon ends. */
static void play_write(struct play *play)
{
    while (b->batch_count > 0) {
        if (++play->batches == play->crash_at) {
            if (play->is_written)
                bench_write(b, 1, false);
            bench_restart(b);
            play->acts_read = b->act_count;
            continue;
        }
        bench_write(b, 1, true);
        bench_flush(b);
    }
}

static void play_partner(struct play *play)
{
    for (; play->acts_read < b->act_count; play->acts_read++) {
        const struct bench_act *act = &b->acts[play->acts_read];

        if (act->action == MZ_ACT_SUBMIT) {
            assert_true(play->remote_count < REMOTES_MAX);
            play->remotes[play->remote_count++] = (struct remote){
                .job = act->job, .n = act->n, .rank_count = act->job == 2 ? 2 : 1
            };
            bench_submitted(b, act->job, act->n, MZ_DRIVER_OK, "100");
        }
    }
    play_write(play);
    b->remote_count = 0;
    for (int32_t i = 0; i < play->remote_count; i++) {
        const struct remote *remote = &play->remotes[i];
        bool is_over = remote->left[0] < 0 && (remote->rank_count == 1 || remote->left[1] < 0);

        bench_remote(
            b, 0, remote->job, remote->n, "100", is_over ? MZ_REMOTE_ENDED : MZ_REMOTE_RUNNING, "");
    }
    bench_observe(b, 0);
    play_write(play);
}

static void play_rank(struct play *play, struct remote *remote, int32_t rank)
{
    int32_t answers = b->answer_count;

    if (remote->left[rank] == 0) {
        (void)bench_permit(b, remote->job, remote->n, rank, "r");
        play_write(play);
        if (b->answers[answers].count == 1 && b->answers[answers].result == MZ_CORE_OK) {
            remote->left[rank] = 3;
            play->begun[remote->job][remote->n]++;
        } else if (b->answers[answers].count == 1) {
            remote->left[rank] = -2;
        }
    } else if (remote->left[rank] > 1) {
        remote->left[rank]--;
        (void)bench_lease(b, remote->job, remote->n, rank, "r", 0);
        play_write(play);
    } else if (remote->left[rank] == 1) {
        (void)bench_exit(b, remote->job, remote->n, rank, "r", 0, "exit");
        play_write(play);
        if (b->answers[answers].count == 1)
            remote->left[rank] = -1;
    }
}

static bool play_step(struct play *play)
{
    for (int64_t job = 1; job <= 2; job++) {
        if (bench_waits(b, job))
            bench_start(b, job, 0, job == 2 ? "a,b" : "a");
    }
    play_write(play);
    play_partner(play);
    for (int32_t i = 0; i < play->remote_count; i++) {
        for (int32_t r = 0; r < play->remotes[i].rank_count; r++)
            play_rank(play, &play->remotes[i], r);
    }
    bench_pass(b, SECOND);
    play_write(play);
    b->answer_count = 0; /* tickets that are parked are of leases; nobody reads them */
    memset(b->answers, 0, sizeof(b->answers));
    return mz_core_live_count(b->core) == 0 && b->batch_count == 0;
}

/* A job, and a gang behind it. How many batches it took. */
static int64_t play_all(int64_t crash_at, bool is_written)
{
    static struct play play;
    struct mz_need need = bench_need();
    struct mz_dependency dependency = { .kind = MZ_AFTER_OK, .job = 1 };
    int32_t steps = 0;

    bench_make(b);
    (void)bench_submit(b, &need);
    need.dependency_count = 1;
    need.dependencies = &dependency;
    (void)bench_submit(b, &need);
    memset(&play, 0, sizeof(play));
    play.crash_at = crash_at;
    play.is_written = is_written;
    b->is_slow = true;
    while (!play_step(&play)) {
        if (++steps == STEPS_MAX)
            fail_msg("crash at batch %d: job 1 is %s, job 2 is %s", (int)crash_at,
                mz_run_state_name(bench_state(b, 1)), mz_run_state_name(bench_state(b, 2)));
    }
    for (int64_t job = 1; job <= 2; job++) {
        int32_t commands = 0;

        assert_state(b, job, MZ_RUN_DONE);
        for (int32_t n = 0; n < REMOTES_MAX; n++)
            commands += play.begun[job][n];
        assert_int_equal(commands, job == 2 ? 2 : 1); /* no work was done twice */
    }
    bench_finish(b);
    return play.batches;
}

static void a_crash_at_any_batch_loses_nothing_and_repeats_nothing(void **state)
{
    int64_t batches = play_all(0, false);

    (void)state;
    assert_true(batches >= 8);
    for (int64_t at = 1; at <= batches; at++) {
        (void)play_all(at, false);
        (void)play_all(at, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_submit_is_answered_when_it_is_durable),
        TEST(a_partner_hears_of_an_attempt_when_it_is_durable),
        TEST(an_attempt_that_was_withdrawn_meanwhile_is_never_sent),
        TEST(answers_keep_their_order_behind_what_is_not_durable),
        TEST(a_key_means_the_same_job_while_it_is_on_its_way),
        TEST(what_could_not_be_written_never_was),
        TEST(a_restart_grants_every_lease_anew),
        TEST(a_running_job_goes_on_over_a_restart),
        TEST(an_attempt_without_a_permit_is_looked_for_after_a_restart),
        TEST(an_order_to_stop_outlives_the_daemon),
        TEST(why_a_rank_ended_outlives_the_daemon),
        TEST(a_rank_that_was_stopped_well_is_not_done_after_a_restart),
        TEST(the_end_that_a_list_tells_first_after_a_restart_may_be_a_twins),
        TEST(what_a_contract_was_drawn_is_the_same_after_a_restart),
        TEST(drains_and_losses_outlive_the_daemon),
        TEST(a_partner_with_live_jobs_cannot_leave_the_fleet),
        cmocka_unit_test(a_crash_at_any_batch_loses_nothing_and_repeats_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
