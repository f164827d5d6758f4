/* test_why.c - each reason against a place, and the answer as text */
#include "base/text.h"
#include "place/check.h"
#include "place/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#define SECOND INT64_C(1000000)

/* Two partners: own has two nodes of 8 (16 CPU each), aws two of 4 without a limit. */
struct fixture {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    struct mz_teams *teams;
    struct mz_engine *engine;
};

static void open_engine(struct fixture *f, const char *words)
{
    static const char *const partners[] = { "own", "aws" };
    static const char *const chips[] = { "h100", "b200" };
    static const struct mz_fleet_site sites[] = { { .name = "mi1", .partner = 0 },
        { .name = "use1", .partner = 1 } };
    static const struct mz_node_spec nodes[] = {
        { NULL, 0, 0, 8, 16000, MZ_UNLIMITED, -1, -1 },
        { NULL, 0, 0, 8, 16000, MZ_UNLIMITED, -1, -1 },
        { NULL, 1, 1, 4, MZ_UNLIMITED, MZ_UNLIMITED, -1, -1 },
        { NULL, 1, 1, 4, MZ_UNLIMITED, MZ_UNLIMITED, -1, -1 },
    };
    static const struct mz_fleet_spec spec = { .partner_count = 2,
        .partner_names = partners,
        .site_count = 2,
        .sites = sites,
        .chip_count = 2,
        .chip_names = chips,
        .node_count = 4,
        .nodes = nodes };
    struct mz_policy policy;

    assert_int_equal(mz_fleet_create(f->arena, &spec, &f->fleet, NULL), MZ_OK);
    assert_int_equal(mz_policy_parse(words, &policy, NULL), MZ_OK);
    f->engine = mz_engine_create(f->fleet, &policy, f->teams, NULL);
}

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
    free(f);
    return 0;
}

static struct mz_shape shape_of(int32_t chips, uint64_t chip_mask)
{
    return (struct mz_shape){ .chips = chips,
        .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_SITE,
        .chip_mask = chip_mask,
        .partner_mask = 3 };
}

static int32_t submit(struct fixture *f, struct mz_shape shape, int64_t run_s, int32_t team)
{
    struct mz_request request = {
        .estimate_us = run_s * SECOND, .deadline_us = MZ_TIME_NEVER, .team = team, .data_site = -1
    };

    assert_int_equal(mz_engine_shape(f->engine, &shape, &request.shape, NULL), MZ_OK);
    return mz_engine_submit(f->engine, 0, &request);
}

static void step(struct fixture *f, int64_t now_s)
{
    const struct mz_place_decision *decisions;
    struct mz_error err = { MZ_OK, "" };

    mz_engine_step(f->engine, now_s * SECOND, &decisions);
    if (mz_engine_check(f->engine, &err) != MZ_OK)
        fail_msg("%s", err.text);
}

static struct mz_why_answer ask(struct fixture *f, int32_t job, int64_t now_s)
{
    struct mz_why_answer answer = mz_engine_why(f->engine, f->arena, job, now_s * SECOND);
    struct mz_error err = { MZ_OK, "" };

    if (mz_engine_check(f->engine, &err) != MZ_OK)
        fail_msg("after the question: %s", err.text);
    return answer;
}

static enum mz_why reason_at(const struct mz_why_answer *answer, int32_t pool)
{
    for (int32_t i = 0; i < answer->place_count; i++) {
        if (answer->places[i].pool == pool)
            return answer->places[i].why;
    }
    fail_msg("pool %d is not in the answer", pool);
    return MZ_WHY_QUEUE;
}

static void too_few_chips_and_when_enough_are_free(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;

    open_engine(f, "fifo");
    submit(f, shape_of(16, 1), 100, -1);
    submit(f, shape_of(16, 3), 50, -1);
    step(f, 0);
    answer = ask(f, 1, 10);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_CHIPS);
    assert_int_equal(reason_at(&answer, 1), MZ_WHY_TOO_SMALL);
    assert_int_equal(answer.places[0].pool, 0);
    assert_int_equal(answer.places[0].frees_job, 0);
    assert_true(answer.places[0].frees_us == 100 * SECOND);
    assert_true(answer.start_us == 100 * SECOND);
    assert_false(answer.is_promised);
    assert_int_equal(answer.position, 0);
    assert_int_equal(answer.ahead_job, -1);
}

static void free_but_scattered_and_not_allowed(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;

    open_engine(f, "fifo");
    submit(f, shape_of(6, 1), 100, -1);
    submit(f, shape_of(5, 1), 50, -1);
    submit(f, shape_of(4, 1), 50, -1);
    step(f, 0);
    answer = ask(f, 2, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_SCATTERED); /* 2 + 3 chips are free */
    assert_int_equal(reason_at(&answer, 1), MZ_WHY_NOT_ALLOWED);
    assert_true(answer.start_us == 50 * SECOND);
}

static void too_little_cpu(void **state)
{
    struct fixture *f = *state;
    struct mz_shape shape = shape_of(1, 1);
    struct mz_why_answer answer;

    open_engine(f, "fifo");
    shape.cpu_milli = 16000;
    submit(f, shape, 100, -1);
    submit(f, shape, 70, -1);
    submit(f, shape, 50, -1);
    step(f, 0);
    answer = ask(f, 2, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_CPU_MEMORY);
    assert_true(answer.start_us == 70 * SECOND);
}

static void nodes_that_are_down(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;

    open_engine(f, "fifo");
    submit(f, shape_of(16, 1), 100, -1);
    mz_engine_set_node(f->engine, 1, MZ_NODE_DOWN);
    step(f, 0);
    answer = ask(f, 0, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_DOWN);
    assert_true(answer.start_us == MZ_TIME_NEVER);
    assert_int_equal(f->fleet->node_state[1], MZ_NODE_DOWN);
}

static void a_full_quota_names_the_team_and_the_end_that_frees_it(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;
    int32_t team;

    f->teams = mz_teams_create(0, 24);
    assert_int_equal(mz_teams_add(f->teams, "eval", &team, NULL), MZ_OK);
    mz_teams_set_quota(f->teams, team, 8, 0, -1);
    open_engine(f, "fair");
    submit(f, shape_of(8, 1), 100, 0);
    submit(f, shape_of(4, 1), 10, 0);
    step(f, 0);
    answer = ask(f, 1, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_QUOTA);
    assert_int_equal(answer.places[0].blocker_team, 0);
    assert_int_equal(answer.places[0].frees_job, 0);
    assert_true(answer.start_us == 100 * SECOND);
}

static void reserved_for_another_job_and_others_ahead(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;

    open_engine(f, "easy");
    submit(f, shape_of(8, 1), 100, -1);
    submit(f, shape_of(16, 1), 30, -1);
    submit(f, shape_of(8, 1), 200, -1);
    step(f, 0);
    answer = ask(f, 2, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_RESERVED);
    assert_int_equal(answer.places[0].blocker_job, 1);
    assert_true(answer.start_us == 130 * SECOND);
    assert_int_equal(answer.ahead_job, 1);
    answer = ask(f, 1, 0);
    assert_true(answer.is_promised);
    assert_true(answer.start_us == 100 * SECOND);
}

static void who_fits_waits_for_those_ahead(void **state)
{
    struct fixture *f = *state;
    struct mz_why_answer answer;

    open_engine(f, "fifo");
    submit(f, shape_of(8, 1), 100, -1);
    submit(f, shape_of(16, 1), 30, -1);
    submit(f, shape_of(2, 1), 1, -1);
    step(f, 0);
    answer = ask(f, 2, 0);
    assert_int_equal(reason_at(&answer, 0), MZ_WHY_QUEUE);
    assert_true(answer.start_us == 130 * SECOND); /* behind job 1, that takes everything */
}

static const char *name_of(void *context, int32_t job)
{
    static const char *const names[] = { "pretrain", "post\033-rl", "evals" };

    (void)context;
    return names[job];
}

static void the_text_lists_places_and_the_queue(void **state)
{
    struct fixture *f = *state;
    struct mz_text text = { 0 };
    struct mz_why_answer answer;

    open_engine(f, "easy");
    submit(f, shape_of(8, 1), 6000, -1);
    submit(f, shape_of(16, 1), 1800, -1);
    submit(f, shape_of(8, 3), 12000, -1);
    mz_engine_set_node(f->engine, 3, MZ_NODE_CORDONED);
    step(f, 0);
    answer = ask(f, 2, 600);
    mz_why_write(
        f->engine, &answer, &(struct mz_why_names){ .name = name_of }, 600 * SECOND, &text);
    assert_string_equal(mz_text_string(&text),
        "Job 2 'evals' waits (10 min). Expected start in 2 h, confidence: fair.\n"
        "\n"
        "  Nearest place   own/mi1        8 free ≥    8 needed   blocked: reserved for 1 "
        "'post?-rl', for at most 2 h\n"
        "  2nd             aws/use1       4 free <    8 needed   nodes are down or cordoned that "
        "would hold it\n"
        "  Order in queue  2nd of 2, behind 1 'post?-rl'\n");
    mz_text_finish(&text);
}

#define why_test(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        why_test(too_few_chips_and_when_enough_are_free),
        why_test(free_but_scattered_and_not_allowed),
        why_test(too_little_cpu),
        why_test(nodes_that_are_down),
        why_test(a_full_quota_names_the_team_and_the_end_that_frees_it),
        why_test(reserved_for_another_job_and_others_ahead),
        why_test(who_fits_waits_for_those_ahead),
        why_test(the_text_lists_places_and_the_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
