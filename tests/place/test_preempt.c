/* test_preempt.c - who has to stop for whom, by example
 * test_preempt_all.c holds the definition against all sets. */
#include "place/preempt.h"

#include "place/check.h"
#include "place/engine_impl.h"
#include "place_fixture.h"

enum { GRACE_US = 30 };

struct scene {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    struct mz_engine *engine;
    int64_t now_us;
};

static struct mz_policy policy_of(const char *text)
{
    struct mz_policy policy;
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_policy_parse(text, &policy, &err), MZ_OK);
    policy.grace_us = GRACE_US;
    policy.preempt_guard_us = 200;
    policy.estimate_default_us = 1000;
    return policy;
}

/* Nodes in racks of two. */
static struct scene scene_of(int32_t nodes, int32_t chips, const char *policy_text)
{
    static const char *const partner_names[] = { "p" };
    static const char *const chip_names[] = { "a" };
    static const struct mz_fleet_site site = { .name = "s" };
    struct mz_node_spec list[FIXTURE_NODE_MAX] = { { 0 } };
    struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = partner_names,
        .site_count = 1,
        .sites = &site,
        .chip_count = 1,
        .chip_names = chip_names,
        .node_count = nodes,
        .nodes = list };
    struct mz_policy policy = policy_of(policy_text);
    struct scene scene = { .arena = mz_arena_create() };
    struct mz_error err = { MZ_OK, "" };

    for (int32_t n = 0; n < nodes; n++)
        list[n] = (struct mz_node_spec){ .chips = chips,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = n / 2,
            .spine = -1 };
    assert_int_equal(mz_fleet_create(scene.arena, &spec, &scene.fleet, &err), MZ_OK);
    scene.engine = mz_engine_create(scene.fleet, &policy, NULL, NULL);
    return scene;
}

static void scene_finish(struct scene *scene)
{
    mz_engine_free(scene->engine);
    mz_arena_free(scene->arena);
}

struct wish {
    int32_t chips;
    int32_t priority;
    int64_t estimate_us;
    int64_t checkpoint_us;
    bool fixed; /* not preemptible */
    enum mz_level required;
};

static int32_t submit(struct scene *scene, struct wish wish)
{
    struct mz_shape shape = { .chips = wish.chips,
        .chip_milli = MZ_MILLI,
        .required = wish.required == MZ_LEVEL_NODE ? MZ_LEVEL_SITE : wish.required,
        .chip_mask = UINT64_MAX,
        .partner_mask = UINT64_MAX };
    struct mz_request request = { .submit_us = scene->now_us,
        .estimate_us = wish.estimate_us,
        .deadline_us = MZ_TIME_NEVER,
        .checkpoint_us = wish.checkpoint_us,
        .priority = wish.priority,
        .team = -1,
        .data_site = -1,
        .preemptible = !wish.fixed };
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_engine_shape(scene->engine, &shape, &request.shape, &err), MZ_OK);
    return mz_engine_submit(scene->engine, scene->now_us, &request);
}

/* "start 0; preempt 1 for 2 until 30; reserve 2 at 30;" */
static const char *step(struct scene *scene, int64_t now_us)
{
    const struct mz_place_decision *decisions;
    int32_t count;
    const char *text = "";
    struct mz_error err = { MZ_OK, "" };

    scene->now_us = now_us;
    count = mz_engine_step(scene->engine, now_us, &decisions);
    for (int32_t i = 0; i < count; i++) {
        const struct mz_place_decision *d = &decisions[i];

        switch (d->kind) {
        case MZ_DECIDE_START:
            text = mz_arena_printf(scene->arena, "%s start %d;", text, d->job);
            break;
        case MZ_DECIDE_RESERVE:
            text = mz_arena_printf(
                scene->arena, "%s reserve %d at %lld;", text, d->job, (long long)d->until_us);
            break;
        case MZ_DECIDE_PREEMPT:
            text = mz_arena_printf(scene->arena, "%s preempt %d for %d until %lld, %s;", text,
                d->job, d->by, (long long)d->until_us, d->reason);
            break;
        }
    }
    if (mz_engine_check(scene->engine, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return text;
}

static void a_job_of_higher_priority_stops_one_of_lower(void **state)
{
    struct scene s = scene_of(1, 4, "priority+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 4, .estimate_us = 1000 });
    assert_string_equal(step(&s, 0), " start 0;");
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    assert_string_equal(step(&s, 10), " preempt 0 for 1 until 40, priority; reserve 1 at 40;");
    assert_int_equal(mz_engine_job(s.engine, 0).state, MZ_JOB_STOPPING);
    assert_int_equal(mz_engine_job(s.engine, 0).end_us, 40);
    assert_string_equal(step(&s, 20), ""); /* and not once more */
    mz_engine_stopped(s.engine, 40, 0, 960);
    assert_string_equal(step(&s, 40), " start 1;");
    scene_finish(&s);
}

static void who_stops_early_lets_the_job_start_early(void **state)
{
    struct scene s = scene_of(1, 4, "priority+easy+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 4, .estimate_us = 1000 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 4, .priority = 1, .estimate_us = 50 });
    step(&s, 10);
    mz_engine_stopped(s.engine, 15, 0, 985);
    assert_string_equal(step(&s, 15), " start 1; reserve 0 at 65;");
    scene_finish(&s);
}

static void equal_or_higher_priority_and_fixed_jobs_are_left_alone(void **state)
{
    struct scene s = scene_of(1, 4, "priority+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 1, .priority = 3, .estimate_us = 1000 });
    submit(&s, (struct wish){ .chips = 1, .priority = 2, .estimate_us = 1000 });
    submit(&s, (struct wish){ .chips = 1, .priority = 1, .estimate_us = 1000, .fixed = true });
    submit(&s, (struct wish){ .chips = 1, .priority = 1, .estimate_us = 1000 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 2, .priority = 2, .estimate_us = 50 });
    assert_string_equal(step(&s, 1), "");
    submit(&s, (struct wish){ .chips = 1, .priority = 3, .estimate_us = 50 });
    assert_string_equal(step(&s, 2), " preempt 3 for 5 until 32, priority; reserve 5 at 32;");
    scene_finish(&s);
}

static void the_lowest_priority_goes_first_then_the_least_work(void **state)
{
    struct scene s = scene_of(4, 2, "priority+preempt");

    (void)state;
    for (int32_t n = 0; n < 4; n++) {
        submit(&s,
            (struct wish){ .chips = 2,
                .priority = n == 0 ? 1 : 0,
                .estimate_us = 10000,
                .checkpoint_us = n == 2 ? 70 : 0 });
        step(&s, n);
    }
    submit(&s, (struct wish){ .chips = 1, .priority = 5, .estimate_us = 50 });
    /* lost: 1 has 199, 2 has 198 mod 70 = 58, 3 has 197; 0 has a higher priority */
    assert_string_equal(step(&s, 200), " preempt 2 for 4 until 230, priority; reserve 4 at 230;");
    submit(&s, (struct wish){ .chips = 2, .priority = 5, .estimate_us = 50 });
    assert_string_equal(step(&s, 201), "");
    scene_finish(&s);
}

static void a_gang_stops_jobs_of_one_rack_only(void **state)
{
    struct scene s = scene_of(4, 2, "priority+easy+preempt");
    struct mz_preemption chosen;
    int32_t job;

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .priority = 0, .estimate_us = 5000 });
    submit(&s, (struct wish){ .chips = 2, .priority = 2, .estimate_us = 5000 });
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 5000 });
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 5000 });
    step(&s, 0);
    job = submit(&s,
        (struct wish){ .chips = 4, .priority = 3, .estimate_us = 50, .required = MZ_LEVEL_RACK });
    assert_true(mz_preempt_choose(s.engine, s.arena, job, &chosen));
    assert_int_equal(chosen.level, MZ_LEVEL_RACK);
    assert_int_equal(chosen.victim_count, 2);
    /* by priority they started in the order 1, 2, 3, 0: 1 and 2 share a rack, and so do 3 and 0 */
    assert_int_equal(chosen.victims[0], 0);
    assert_int_equal(chosen.victims[1], 3);
    assert_int_equal(chosen.domain, 1);
    assert_int_equal(chosen.part_count, 2);
    assert_true(chosen.is_exact);
    scene_finish(&s);
}

static void a_gang_as_victim_stops_everywhere(void **state)
{
    struct scene s = scene_of(4, 2, "priority+easy+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 8, .estimate_us = 5000 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    submit(&s, (struct wish){ .chips = 4, .priority = 1, .estimate_us = 50 });
    /* the second needs nobody: what the gang leaves is enough */
    assert_string_equal(
        step(&s, 1), " preempt 0 for 1 until 31, priority; reserve 1 at 31; reserve 2 at 31;");
    mz_engine_stopped(s.engine, 31, 0, 5000);
    assert_string_equal(step(&s, 31), " start 1; start 2; reserve 0 at 81;");
    scene_finish(&s);
}

static void nobody_stops_for_who_fits_when_the_grace_ends(void **state)
{
    struct scene s = scene_of(2, 2, "priority+easy+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 1000 });
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 40 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    assert_string_equal(step(&s, 15), " reserve 2 at 40;");
    scene_finish(&s);
}

static void who_runs_longer_than_expected_may_be_stopped(void **state)
{
    struct scene s = scene_of(1, 2, "priority+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 40 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    assert_string_equal(step(&s, 50), " preempt 0 for 1 until 80, priority; reserve 1 at 80;");
    scene_finish(&s);
}

static void what_is_reserved_is_not_taken(void **state)
{
    struct scene s = scene_of(1, 4, "priority+easy+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .priority = 9, .estimate_us = 100, .fixed = true });
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 500 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 4, .priority = 1, .estimate_us = 100 });
    assert_string_equal(step(&s, 1), " reserve 2 at 500;");
    /* it could take the chips of 1, but only until 500 */
    submit(&s, (struct wish){ .chips = 1, .priority = 2, .estimate_us = 1000 });
    assert_string_equal(step(&s, 2), "");
    submit(&s, (struct wish){ .chips = 1, .priority = 2, .estimate_us = 400 });
    assert_string_equal(step(&s, 3), " preempt 1 for 4 until 33, priority; reserve 4 at 33;");
    scene_finish(&s);
}

static void who_was_preempted_is_safe_after_its_next_start(void **state)
{
    struct scene s = scene_of(1, 2, "priority+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 5000 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    step(&s, 10);
    mz_engine_stopped(s.engine, 40, 0, 5000);
    step(&s, 40);
    mz_engine_end(s.engine, 90, 1);
    assert_string_equal(step(&s, 90), " start 0;");
    submit(&s, (struct wish){ .chips = 2, .priority = 1, .estimate_us = 50 });
    assert_string_equal(step(&s, 100), "");
    assert_string_equal(step(&s, 289), "");
    assert_string_equal(step(&s, 290), " preempt 0 for 2 until 320, priority; reserve 2 at 320;");
    scene_finish(&s);
}

static void a_place_that_is_free_before_the_grace_ends_does_not_wait_for_ever(void **state)
{
    struct scene s = scene_of(1, 4, "priority+preempt");

    (void)state;
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 25 });
    submit(&s, (struct wish){ .chips = 2, .estimate_us = 1000 });
    step(&s, 0);
    submit(&s, (struct wish){ .chips = 4, .priority = 1, .estimate_us = 50 });
    assert_string_equal(step(&s, 10), " preempt 1 for 2 until 40, priority; reserve 2 at 40;");
    mz_engine_stopped(s.engine, 15, 1, 1000);
    assert_string_equal(step(&s, 15), "");
    mz_engine_end(s.engine, 25, 0);
    step(&s, 25);
    /* either it started at once, or the engine asks to be woken: nothing else will happen */
    if (mz_engine_job(s.engine, 2).state == MZ_JOB_WAITING) {
        assert_int_equal(mz_engine_wake_us(s.engine), 40);
        assert_string_equal(step(&s, 40), " start 2;");
    }
    scene_finish(&s);
}

static void many_candidates_are_searched_within_bounds(void **state)
{
    struct scene s = scene_of(16, 64, "priority+preempt");
    struct mz_preemption chosen;
    int32_t job;

    (void)state;
    for (int32_t i = 0; i < 16 * 64; i++)
        submit(&s, (struct wish){ .chips = 1, .estimate_us = 5000, .checkpoint_us = i % 7 });
    step(&s, 0);
    job = submit(&s, (struct wish){ .chips = 200, .priority = 3, .estimate_us = 50 });
    s.engine->now_us = 100;
    assert_true(mz_preempt_choose(s.engine, s.arena, job, &chosen));
    assert_int_equal(chosen.level, MZ_LEVEL_SITE);
    assert_int_equal(chosen.victim_count, 200);
    assert_false(chosen.is_exact);
    scene_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_of_higher_priority_stops_one_of_lower),
        cmocka_unit_test(who_stops_early_lets_the_job_start_early),
        cmocka_unit_test(equal_or_higher_priority_and_fixed_jobs_are_left_alone),
        cmocka_unit_test(the_lowest_priority_goes_first_then_the_least_work),
        cmocka_unit_test(a_gang_stops_jobs_of_one_rack_only),
        cmocka_unit_test(a_gang_as_victim_stops_everywhere),
        cmocka_unit_test(nobody_stops_for_who_fits_when_the_grace_ends),
        cmocka_unit_test(who_runs_longer_than_expected_may_be_stopped),
        cmocka_unit_test(what_is_reserved_is_not_taken),
        cmocka_unit_test(who_was_preempted_is_safe_after_its_next_start),
        cmocka_unit_test(a_place_that_is_free_before_the_grace_ends_does_not_wait_for_ever),
        cmocka_unit_test(many_candidates_are_searched_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
