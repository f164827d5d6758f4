/* test_engine.c - what the engine decides: one sentence a rule
 *
 * A case submits jobs and steps; the decisions of a step are one line of text:
 * "start 0, reserve 1@100". Times are in seconds.
 */
#include "base/text.h"
#include "place/check.h"
#include "place/engine_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SECOND INT64_C(1000000)

struct fixture {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    struct mz_policy policy;
    struct mz_teams *teams;
    struct mz_contracts *contracts;
    struct mz_engine *engine;
    struct mz_text text;
    int64_t now_us;
};

static int setup(void **state)
{
    struct fixture *f = mz_xcalloc(1, sizeof(*f));

    f->arena = mz_arena_create();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    mz_engine_free(f->engine);
    mz_teams_free(f->teams);
    mz_arena_free(f->arena);
    mz_text_finish(&f->text);
    free(f);
    return 0;
}

/* `nodes` nodes of `chips` chips at one site, and an engine with the policy. */
static void open_fleet(struct fixture *f, int32_t nodes, int32_t chips, const char *policy)
{
    struct mz_error err;

    assert_int_equal(mz_fleet_plain(f->arena, nodes, chips, NULL, &f->fleet, &err), MZ_OK);
    assert_int_equal(mz_policy_parse(policy, &f->policy, &err), MZ_OK);
}

static void open_engine(struct fixture *f)
{
    f->engine = mz_engine_create(f->fleet, &f->policy, f->teams, f->contracts);
}

static void open_plain(struct fixture *f, int32_t nodes, int32_t chips, const char *policy)
{
    open_fleet(f, nodes, chips, policy);
    open_engine(f);
}

static const struct mz_shape any_shape = { .chips = 1,
    .chip_milli = MZ_MILLI,
    .required = MZ_LEVEL_PARTNER,
    .chip_mask = ~UINT64_C(0),
    .partner_mask = ~UINT64_C(0) };

static struct mz_request request_of(struct fixture *f, struct mz_shape shape, int64_t run_s)
{
    struct mz_request request = { .submit_us = f->now_us,
        .estimate_us = run_s * SECOND,
        .deadline_us = MZ_TIME_NEVER,
        .team = -1,
        .data_site = -1 };

    assert_int_equal(mz_engine_shape(f->engine, &shape, &request.shape, NULL), MZ_OK);
    return request;
}

static struct mz_request chips_for(struct fixture *f, int32_t chips, int64_t run_s)
{
    struct mz_shape shape = any_shape;

    shape.chips = chips;
    return request_of(f, shape, run_s);
}

static int32_t submit_request(struct fixture *f, struct mz_request request)
{
    return mz_engine_submit(f->engine, f->now_us, &request);
}

static int32_t submit(struct fixture *f, int32_t chips, int64_t run_s)
{
    return submit_request(f, chips_for(f, chips, run_s));
}

static void assert_consistent(struct fixture *f)
{
    struct mz_error err = { MZ_OK, "" };

    if (mz_engine_check(f->engine, &err) != MZ_OK)
        fail_msg("%s", err.text);
}

/* The decisions of a step at a time, "" for none. */
static const char *step(struct fixture *f, int64_t now_s)
{
    static const char *const words[] = { "start", "reserve", "preempt" };
    const struct mz_place_decision *decisions;
    int32_t count;

    f->now_us = now_s * SECOND;
    count = mz_engine_step(f->engine, f->now_us, &decisions);
    assert_consistent(f);
    mz_text_clear(&f->text);
    for (int32_t i = 0; i < count; i++) {
        mz_text_addf(
            &f->text, "%s%s %d", i > 0 ? ", " : "", words[decisions[i].kind], decisions[i].job);
        if (decisions[i].kind != MZ_DECIDE_START)
            mz_text_addf(&f->text, "@%lld", (long long)(decisions[i].until_us / SECOND));
    }
    return mz_text_string(&f->text);
}

static void end_job(struct fixture *f, int64_t now_s, int32_t job)
{
    f->now_us = now_s * SECOND;
    mz_engine_end(f->engine, f->now_us, job);
}

/* ---- order ---- */

static void fifo_blocks_behind_a_head_that_does_not_fit(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "fifo");
    submit(f, 6, 100);
    submit(f, 4, 10);
    submit(f, 1, 10);
    assert_string_equal(step(f, 0), "start 0");
    assert_string_equal(step(f, 50), "");
    end_job(f, 100, 0);
    assert_string_equal(step(f, 100), "start 1, start 2");
}

static void sjf_starts_the_shortest_first(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "sjf");
    submit(f, 8, 100);
    assert_string_equal(step(f, 0), "start 0");
    submit(f, 8, 50);
    submit(f, 8, 10);
    submit(f, 8, 50);
    end_job(f, 100, 0);
    assert_string_equal(step(f, 100), "start 2");
    end_job(f, 110, 2);
    assert_string_equal(step(f, 110), "start 1");
}

static void submit_with_priority(struct fixture *f, int32_t priority)
{
    struct mz_request request = chips_for(f, 8, 10);

    request.priority = priority;
    submit_request(f, request);
}

static void the_highest_priority_goes_first(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "priority");
    f->policy.ageing_us = 0;
    open_engine(f);
    submit_with_priority(f, 1);
    submit_with_priority(f, 3);
    submit_with_priority(f, 3);
    submit_with_priority(f, 2);
    assert_string_equal(step(f, 0), "start 1");
    end_job(f, 10, 1);
    assert_string_equal(step(f, 10), "start 2");
}

static void ageing_lets_who_waited_long_enough_go_first(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "priority");
    f->policy.ageing_us = 10 * SECOND; /* ten seconds count as one point */
    open_engine(f);
    submit(f, 8, 100);
    submit_with_priority(f, 1);
    assert_string_equal(step(f, 0), "start 1");
    submit_with_priority(f, 1);
    f->now_us = 19 * SECOND;
    submit_with_priority(f, 3); /* 2 points are 20 s of waiting: 19 s late it is before job 2 */
    f->now_us = 21 * SECOND;
    submit_with_priority(f, 3); /* and 21 s late behind it */
    end_job(f, 30, 1);
    assert_string_equal(step(f, 30), "start 3");
    end_job(f, 40, 3);
    assert_string_equal(step(f, 40), "start 2");
}

static void the_earliest_deadline_goes_first_and_none_is_last(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "deadline");
    submit(f, 8, 10);
    for (int32_t i = 0; i < 2; i++) {
        struct mz_request request = chips_for(f, 8, 10);

        request.deadline_us = (100 - i) * SECOND;
        submit_request(f, request);
    }
    assert_string_equal(step(f, 0), "start 2");
    end_job(f, 10, 2);
    assert_string_equal(step(f, 10), "start 1");
    end_job(f, 20, 1);
    assert_string_equal(step(f, 20), "start 0");
}

static void las_lets_who_had_less_go_first(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "las");
    f->policy.las_quantum_us = 100 * SECOND; /* chip-seconds of the first class */
    open_engine(f);
    submit(f, 8, 100);
    assert_string_equal(step(f, 0), "start 0");
    f->now_us = 20 * SECOND;
    mz_engine_stopped(f->engine, f->now_us, 0, 80 * SECOND); /* it had 160: the second class */
    submit(f, 8, 10);
    assert_string_equal(step(f, 20), "start 1");
    assert_true(mz_engine_job(f->engine, 0).attained_us == 160 * SECOND);
}

static void fair_share_lets_the_team_with_less_use_go_first(void **state)
{
    struct fixture *f = *state;
    struct mz_request request;
    int32_t team;

    open_fleet(f, 1, 8, "fair");
    f->teams = mz_teams_create(0, 8);
    mz_teams_add(f->teams, "red", &team, NULL);
    mz_teams_add(f->teams, "blue", &team, NULL);
    open_engine(f);
    for (int32_t i = 0; i < 4; i++) {
        request = chips_for(f, 8, 10);
        request.team = i < 3 ? 0 : 1; /* three of red, then one of blue */
        submit_request(f, request);
    }
    assert_string_equal(step(f, 0), "start 0");
    end_job(f, 10, 0);
    assert_string_equal(step(f, 10), "start 3");
    assert_int_equal(mz_teams_used_milli(f->teams, 1), 8000);
}

static void a_full_quota_lets_other_teams_pass(void **state)
{
    struct fixture *f = *state;
    struct mz_request request;
    int32_t team;

    open_fleet(f, 2, 8, "fair");
    f->teams = mz_teams_create(0, 16);
    mz_teams_add(f->teams, "red", &team, NULL);
    mz_teams_add(f->teams, "blue", &team, NULL);
    mz_teams_set_quota(f->teams, 0, 8, 0, -1);
    mz_teams_set_quota(f->teams, 1, 8, 0, -1);
    open_engine(f);
    for (int32_t i = 0; i < 3; i++) {
        request = chips_for(f, 8, 10);
        request.team = i < 2 ? 0 : 1;
        submit_request(f, request);
    }
    assert_string_equal(step(f, 0), "start 0, start 2");
    end_job(f, 10, 2);
    assert_string_equal(step(f, 10), "");
    end_job(f, 10, 0);
    assert_string_equal(step(f, 10), "start 1");
}

/* ---- backfill ---- */

static void easy_promises_the_head_its_earliest_start_and_keeps_it(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 6, 100);
    submit(f, 4, 10);
    submit(f, 2, 100);  /* ends with job 0 */
    submit(f, 1, 1000); /* beside the head there is room for it: but nothing is free now */
    assert_string_equal(step(f, 0), "start 0, reserve 1@100, start 2");
    assert_true(mz_engine_job(f->engine, 1).promise_us == 100 * SECOND);
    end_job(f, 100, 0);
    end_job(f, 100, 2);
    assert_string_equal(step(f, 100), "start 1, start 3");
}

static void backfill_that_would_delay_the_head_is_refused(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 6, 100);
    submit(f, 8, 10);
    submit(f, 2, 101); /* one second too long */
    submit(f, 1, 100);
    assert_string_equal(step(f, 0), "start 0, reserve 1@100, start 3");
}

static void a_long_job_may_run_beside_the_promise(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 6, 100);
    submit(f, 4, 10);
    submit(f, 2, 1000); /* 6 + 2 - 2: the promise takes chips that are busy now */
    assert_string_equal(step(f, 0), "start 0, reserve 1@100, start 2");
}

static void an_early_end_moves_the_promise_forward(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 4, 100);
    submit(f, 4, 50);
    submit(f, 8, 10);
    assert_string_equal(step(f, 0), "start 0, start 1, reserve 2@100");
    end_job(f, 20, 0);
    assert_string_equal(step(f, 20), "reserve 2@50");
    end_job(f, 30, 1);
    assert_string_equal(step(f, 30), "start 2");
}

static void a_promise_is_kept_though_a_shorter_job_comes(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "sjf+easy");
    submit(f, 8, 100);
    assert_string_equal(step(f, 0), "start 0");
    submit(f, 8, 50);
    assert_string_equal(step(f, 10), "reserve 1@100");
    submit(f, 8, 1);
    assert_string_equal(step(f, 20), "");
    end_job(f, 100, 0);
    assert_string_equal(step(f, 100), "start 1, reserve 2@150");
}

static void the_engine_asks_for_a_step_at_the_time_of_a_promise(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 6, 100);
    submit(f, 4, 10);
    assert_string_equal(step(f, 0), "start 0, reserve 1@100");
    assert_true(mz_engine_wake_us(f->engine) == 100 * SECOND);
}

static void conservative_promises_everybody(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "conservative");
    submit(f, 8, 100);
    submit(f, 8, 50);
    submit(f, 4, 20);
    submit(f, 4, 30);
    submit(f, 8, 10);
    assert_string_equal(
        step(f, 0), "start 0, reserve 1@100, reserve 2@150, reserve 3@150, reserve 4@180");
}

static void conservative_refuses_what_would_delay_any_promise(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "conservative");
    submit(f, 6, 100);
    submit(f, 4, 20);
    submit(f, 8, 10);
    submit(f, 2, 150); /* it would run beside job 1, but delay job 2 */
    assert_string_equal(step(f, 0), "start 0, reserve 1@100, reserve 2@120, reserve 3@130");
}

static void the_depth_of_backfill_limits_who_is_looked_at(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "easy");
    f->policy.backfill_depth = 1;
    open_engine(f);
    submit(f, 6, 100);
    submit(f, 8, 10);
    submit(f, 4, 10); /* looked at: does not fit */
    submit(f, 1, 10); /* not looked at */
    assert_string_equal(step(f, 0), "start 0, reserve 1@100");
}

/* Free CPU that waits for another promise is not in the way of the one whose time has come. */
static void a_promise_of_cpu_is_kept_beside_a_later_one(void **state)
{
    static const char *const names[] = { "p" };
    static const struct mz_fleet_site site = { .name = "s" };
    static const struct mz_node_spec node = {
        .chips = 2, .cpu_milli = 8000, .memory_mib = MZ_UNLIMITED, .rack = -1, .spine = -1
    };
    static const struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = names,
        .site_count = 1,
        .sites = &site,
        .chip_count = 1,
        .chip_names = names,
        .node_count = 1,
        .nodes = &node };
    struct fixture *f = *state;
    struct mz_shape shape = any_shape;

    assert_int_equal(mz_fleet_create(f->arena, &spec, &f->fleet, NULL), MZ_OK);
    assert_int_equal(mz_policy_parse("conservative", &f->policy, NULL), MZ_OK);
    open_engine(f);
    shape.cpu_milli = 4000;
    submit_request(f, request_of(f, shape, 100));
    submit_request(f, request_of(f, shape, 50));
    submit_request(f, request_of(f, shape, 100));
    submit_request(f, request_of(f, shape, 100));
    assert_string_equal(step(f, 0), "start 0, start 1, reserve 2@50, reserve 3@100");
    end_job(f, 50, 1);
    assert_string_equal(step(f, 50), "start 2");
}

/* ---- events ---- */

static void who_waits_can_be_cancelled_and_his_promise_with_him(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 6, 100);
    submit(f, 8, 10);
    submit(f, 2, 1000);
    assert_string_equal(step(f, 0), "start 0, reserve 1@100");
    end_job(f, 10, 1);
    assert_int_equal(mz_engine_job(f->engine, 1).state, MZ_JOB_GONE);
    assert_string_equal(step(f, 10), "start 2");
    assert_int_equal(mz_engine_waiting_count(f->engine), 0);
}

static void who_runs_can_be_cancelled_and_gives_his_chips_back(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 2, 8, "fifo");
    submit(f, 16, 100);
    submit(f, 16, 100);
    assert_string_equal(step(f, 0), "start 0");
    assert_int_equal(mz_engine_job(f->engine, 0).part_count, 2);
    end_job(f, 10, 0);
    assert_string_equal(step(f, 10), "start 1");
    assert_int_equal(mz_engine_running_count(f->engine), 1);
}

static void who_was_stopped_waits_again_with_his_old_submit_time(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "fifo");
    submit(f, 8, 100);
    assert_string_equal(step(f, 0), "start 0");
    f->now_us = 10 * SECOND;
    submit(f, 8, 10);
    mz_engine_stopped(f->engine, 20 * SECOND, 0, 85 * SECOND);
    assert_int_equal(mz_engine_waiting_at(f->engine, 0), 0);
    assert_string_equal(step(f, 20), "start 0");
    assert_int_equal(mz_engine_job(f->engine, 0).attempt, 2);
    assert_true(mz_engine_job(f->engine, 0).end_us == 105 * SECOND);
    assert_true(mz_engine_job(f->engine, 0).attained_us == 160 * SECOND);
}

static void nothing_new_starts_on_a_cordoned_node(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 2, 8, "fifo");
    submit(f, 4, 100);
    assert_string_equal(step(f, 0), "start 0");
    mz_engine_set_node(f->engine, 0, MZ_NODE_CORDONED);
    submit(f, 4, 100);
    submit(f, 8, 100);
    assert_string_equal(step(f, 1), "start 1");
    assert_int_equal(mz_engine_job(f->engine, 1).parts[0].node, 1);
    end_job(f, 2, 0);
    assert_string_equal(step(f, 2), "");
    mz_engine_set_node(f->engine, 0, MZ_NODE_UP);
    assert_string_equal(step(f, 3), "start 2");
}

static void a_node_that_goes_down_takes_promises_with_it(void **state)
{
    struct fixture *f = *state;
    int32_t jobs[4];

    open_plain(f, 2, 8, "easy");
    submit(f, 8, 100);
    submit(f, 8, 50);
    submit(f, 8, 10);
    assert_string_equal(step(f, 0), "start 0, start 1, reserve 2@50");
    mz_engine_set_node(f->engine, 1, MZ_NODE_DOWN);
    assert_int_equal(mz_engine_jobs_on(f->engine, 1, 2, jobs, 4), 1);
    assert_int_equal(jobs[0], 1);
    mz_engine_stopped(f->engine, 10 * SECOND, 1, 50 * SECOND);
    /* it was submitted before job 2, but job 2 has a promise */
    assert_string_equal(step(f, 10), "reserve 2@100");
    mz_engine_set_node(f->engine, 1, MZ_NODE_UP);
    assert_string_equal(step(f, 20), "start 2, reserve 1@30");
}

static void who_runs_longer_than_expected_moves_the_promise(void **state)
{
    struct fixture *f = *state;

    open_plain(f, 1, 8, "easy");
    submit(f, 8, 100);
    submit(f, 8, 10);
    assert_string_equal(step(f, 0), "start 0, reserve 1@100");
    assert_string_equal(step(f, 110), "reserve 1@110");
    end_job(f, 120, 0);
    assert_string_equal(step(f, 120), "start 1");
}

static void a_higher_priority_stops_a_lower_one_and_starts_after_its_grace(void **state)
{
    struct fixture *f = *state;
    struct mz_request request;

    open_fleet(f, 1, 8, "priority+preempt");
    f->policy.grace_us = 30 * SECOND;
    open_engine(f);
    request = chips_for(f, 8, 1000);
    request.preemptible = true;
    submit_request(f, request);
    assert_string_equal(step(f, 0), "start 0");
    request.priority = 5;
    submit_request(f, request);
    assert_string_equal(step(f, 10), "preempt 0@40, reserve 1@40");
    assert_int_equal(mz_engine_job(f->engine, 0).state, MZ_JOB_STOPPING);
    mz_engine_stopped(f->engine, 35 * SECOND, 0, 970 * SECOND);
    assert_string_equal(step(f, 35), "start 1");
    assert_int_equal(mz_engine_waiting_at(f->engine, 0), 0);
}

static void who_may_not_be_preempted_runs_on(void **state)
{
    struct fixture *f = *state;
    struct mz_request request;

    open_plain(f, 1, 8, "priority+preempt");
    request = chips_for(f, 8, 1000);
    submit_request(f, request);
    assert_string_equal(step(f, 0), "start 0");
    request.priority = 5;
    submit_request(f, request);
    assert_string_equal(step(f, 10), "");
}

/* ---- contracts ---- */

/* One pool, one contract of so many chips at 2 USD. */
static void add_contract(struct fixture *f, int64_t capacity_chips)
{
    static const int32_t list[] = { 0, -1 };
    static const int32_t *const by_pool[] = { list };
    static const int32_t speeds[] = { MZ_MILLI };
    struct mz_place_contract *contract = mz_arena_alloc(f->arena, 1, sizeof(*contract));

    *contract = (struct mz_place_contract){ .name = "c",
        .price_micro_per_chip_hour = 2000000,
        .capacity_chips = capacity_chips,
        .begin_us = INT64_MIN,
        .end_us = INT64_MAX };
    f->contracts = mz_arena_alloc(f->arena, 1, sizeof(*f->contracts));
    *f->contracts = (struct mz_contracts){
        .count = 1, .contracts = contract, .by_pool = by_pool, .speed_milli = speeds
    };
}

static void a_job_draws_on_the_contract_of_its_pool_while_it_runs(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "fifo");
    add_contract(f, -1);
    open_engine(f);
    submit(f, 4, 3600);
    assert_string_equal(step(f, 0), "start 0");
    assert_int_equal(mz_engine_job(f->engine, 0).contract, 0);
    assert_true(mz_engine_job(f->engine, 0).price_micro_per_chip_hour == 2000000);
    assert_true(f->contracts->contracts[0].used_chips_milli == 4000);
    assert_true(f->contracts->contracts[0].drawn_micro == 8000000);
    end_job(f, 1800, 0);
    assert_true(f->contracts->contracts[0].used_chips_milli == 0);
    assert_true(f->contracts->contracts[0].drawn_micro == 4000000);
}

static void a_job_waits_while_no_contract_has_room(void **state)
{
    struct fixture *f = *state;

    open_fleet(f, 1, 8, "fifo");
    add_contract(f, 4);
    open_engine(f);
    submit(f, 4, 100);
    submit(f, 1, 100);
    assert_string_equal(step(f, 0), "start 0");
    end_job(f, 100, 0);
    assert_string_equal(step(f, 100), "start 1");
}

/* ---- shapes ---- */

struct shape_case {
    int32_t chips;
    int32_t chips_per_node;
    enum mz_level required;
    uint64_t partner_mask;
    enum mz_status status;
};

static void who_runs_already_is_taken_over_where_it_runs(void **state)
{
    struct fixture *f = *state;
    struct mz_part parts[2] = { { 0, MZ_MILLI, 0x3 }, { 1, MZ_MILLI, 0x3 } };
    struct mz_request two;
    struct mz_request four;

    open_plain(f, 2, 4, "easy");
    two = chips_for(f, 2, 100);
    four = chips_for(f, 4, 100);
    assert_int_equal(mz_engine_adopt(f->engine, 0, &four, parts, 2, -1, -SECOND, 50 * SECOND), 0);
    assert_consistent(f);
    /* a part of it is taken: refused, and nothing has changed */
    assert_int_equal(mz_engine_adopt(f->engine, 0, &two, parts, 1, -1, 0, 50 * SECOND), -1);
    assert_consistent(f);
    submit(f, 4, 10);
    assert_string_equal(step(f, 1), "reserve 1@50");
    mz_engine_end(f->engine, 2 * SECOND, 0);
    assert_string_equal(step(f, 2), "start 1");
}

static void a_shape_that_can_never_fit_is_refused(void **state)
{
    static const struct shape_case cases[] = {
        { 8, 0, MZ_LEVEL_NODE, 1, MZ_OK },
        { 9, 0, MZ_LEVEL_NODE, 1, MZ_E_INPUT },
        { 16, 0, MZ_LEVEL_SITE, 1, MZ_OK },
        { 16, 0, MZ_LEVEL_RACK, 1, MZ_E_INPUT }, /* no racks are stated: a node is its own */
        { 17, 0, MZ_LEVEL_FLEET, 1, MZ_E_INPUT },
        { 4, 2, MZ_LEVEL_SITE, 1, MZ_OK },
        { 4, 2, MZ_LEVEL_NODE, 1, MZ_E_INPUT },
        { 6, 2, MZ_LEVEL_SITE, 1, MZ_E_INPUT }, /* three nodes of two */
        { 16, 9, MZ_LEVEL_SITE, 1, MZ_E_INPUT },
        { 1, 0, MZ_LEVEL_SITE, 2, MZ_E_INPUT },
    };
    struct fixture *f = *state;

    open_plain(f, 2, 8, "fifo");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_shape shape = any_shape;
        struct mz_error err = { MZ_OK, "" };
        int32_t id;

        shape.chips = cases[i].chips;
        shape.chips_per_node = cases[i].chips_per_node;
        shape.required = cases[i].required;
        shape.partner_mask = cases[i].partner_mask;
        if (mz_engine_shape(f->engine, &shape, &id, &err) != cases[i].status)
            fail_msg("case %zu: %s", i, err.text);
        if (cases[i].status != MZ_OK)
            assert_true(err.text[0] != '\0');
    }
}

static void equal_shapes_have_one_number(void **state)
{
    struct fixture *f = *state;
    struct mz_shape shape = any_shape;
    int32_t first;
    int32_t again;

    open_plain(f, 40, 8, "fifo");
    for (int32_t chips = 1; chips <= 200; chips++) { /* past the first size of the table */
        shape.chips = chips;
        assert_int_equal(mz_engine_shape(f->engine, &shape, &first, NULL), MZ_OK);
        assert_int_equal(first, chips - 1);
    }
    for (int32_t chips = 1; chips <= 200; chips++) {
        shape.chips = chips;
        assert_int_equal(mz_engine_shape(f->engine, &shape, &again, NULL), MZ_OK);
        assert_int_equal(again, chips - 1);
    }
}

/* ---- the check ---- */

static void break_mask(struct mz_engine *e)
{
    e->fleet->chips_free[1] ^= 1;
}

static void break_domain(struct mz_engine *e)
{
    e->fleet->domains[MZ_LEVEL_SITE][0].free_chips++;
}

static void break_pool(struct mz_engine *e)
{
    e->fleet->pools[0].free_chips--;
}

static void break_set(struct mz_engine *e)
{
    e->fleet->pools[0].free_sets[8].words[0][0] ^= 2;
}

static void break_node_jobs(struct mz_engine *e)
{
    e->fleet->job_count[0]++;
}

static void break_gang(struct mz_engine *e)
{
    e->slots[0].many[1].node = e->slots[0].many[0].node;
}

static void break_heap(struct mz_engine *e)
{
    e->running.heap[0].end_us++;
}

static void break_queue(struct mz_engine *e)
{
    e->queues[0].entries[e->queues[0].begin].key++;
}

static void break_waiting(struct mz_engine *e)
{
    e->waiting_count--;
}

static void break_reservation(struct mz_engine *e)
{
    e->slots[1].reservation = -1;
}

static void break_state(struct mz_engine *e)
{
    e->slots[1].state = MZ_JOB_GONE;
}

static void break_held(struct mz_engine *e)
{
    e->held_count = 1;
}

static void the_check_finds_what_is_broken(void **state)
{
    static void (*const breaks[])(struct mz_engine *) = { break_mask, break_domain, break_pool,
        break_set, break_node_jobs, break_gang, break_heap, break_queue, break_waiting,
        break_reservation, break_state, break_held };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(breaks); i++) {
        struct mz_error err = { MZ_OK, "" };

        open_plain(f, 3, 8, "easy");
        f->now_us = 0;
        submit(f, 16, 100);
        submit(f, 24, 100);
        assert_string_equal(step(f, 0), "start 0, reserve 1@100");
        breaks[i](f->engine);
        if (mz_engine_check(f->engine, &err) != MZ_E_INPUT)
            fail_msg("break %zu is not found", i);
        f->engine->held_count = 0;
        mz_engine_free(f->engine);
        f->engine = NULL;
    }
}

#define engine_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(fifo_blocks_behind_a_head_that_does_not_fit),
        engine_test(sjf_starts_the_shortest_first),
        engine_test(the_highest_priority_goes_first),
        engine_test(ageing_lets_who_waited_long_enough_go_first),
        engine_test(the_earliest_deadline_goes_first_and_none_is_last),
        engine_test(las_lets_who_had_less_go_first),
        engine_test(fair_share_lets_the_team_with_less_use_go_first),
        engine_test(a_full_quota_lets_other_teams_pass),
        engine_test(easy_promises_the_head_its_earliest_start_and_keeps_it),
        engine_test(backfill_that_would_delay_the_head_is_refused),
        engine_test(a_long_job_may_run_beside_the_promise),
        engine_test(an_early_end_moves_the_promise_forward),
        engine_test(a_promise_is_kept_though_a_shorter_job_comes),
        engine_test(the_engine_asks_for_a_step_at_the_time_of_a_promise),
        engine_test(conservative_promises_everybody),
        engine_test(conservative_refuses_what_would_delay_any_promise),
        engine_test(the_depth_of_backfill_limits_who_is_looked_at),
        engine_test(a_promise_of_cpu_is_kept_beside_a_later_one),
        engine_test(who_waits_can_be_cancelled_and_his_promise_with_him),
        engine_test(who_runs_can_be_cancelled_and_gives_his_chips_back),
        engine_test(who_was_stopped_waits_again_with_his_old_submit_time),
        engine_test(nothing_new_starts_on_a_cordoned_node),
        engine_test(a_node_that_goes_down_takes_promises_with_it),
        engine_test(who_runs_longer_than_expected_moves_the_promise),
        engine_test(a_higher_priority_stops_a_lower_one_and_starts_after_its_grace),
        engine_test(who_may_not_be_preempted_runs_on),
        engine_test(a_job_draws_on_the_contract_of_its_pool_while_it_runs),
        engine_test(a_job_waits_while_no_contract_has_room),
        engine_test(who_runs_already_is_taken_over_where_it_runs),
        engine_test(a_shape_that_can_never_fit_is_refused),
        engine_test(equal_shapes_have_one_number),
        engine_test(the_check_finds_what_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
