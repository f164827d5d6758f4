/* test_world.c - the promise of the core, in many worlds that do what they can to break it
 *
 * MIZAN_WORLD_SEEDS: how many worlds; MIZAN_WORLD_SEED: only this one; MIZAN_WORLD_FROM: the first;
 * MIZAN_WORLD_SHOW=1: with all that happens. A failing seed is printed with the last events, also
 * when the core asserts. What a world is and what is asked of it: world.h, world_check.c. */
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEEDS_DEFAULT = 400, FAILURES_SHOWN_MAX = 5 };

static uint64_t current_seed;

static void say_seed(int signal_number)
{
    char text[64];
    int length =
        snprintf(text, sizeof(text), "MIZAN_WORLD_SEED=%llu\n", (unsigned long long)current_seed);

    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(1);
    (void)signal(signal_number, SIG_DFL);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoll(text, NULL, 10) : otherwise;
}

static void show_failure(int64_t seed, const struct world_result *result)
{
    print_error("MIZAN_WORLD_SEED=%" PRId64 ": %s\n", seed, result->failure);
    for (int32_t l = 0; l < WORLD_TRACE_LINES; l++) {
        if (result->lines[l][0] != '\0')
            print_error("    %s\n", result->lines[l]);
    }
}

static void add_sums(struct world_sums *to, const struct world_sums *sums)
{
    int64_t *into = (int64_t *)to;
    const int64_t *from = (const int64_t *)sums;

    for (size_t i = 0; i < offsetof(struct world_sums, trace) / sizeof(int64_t); i++)
        into[i] += from[i];
    to->trace = to->trace * 31 + sums->trace;
}

static void show_sums(const struct world_sums *s)
{
    print_message("jobs %" PRId64 " (done %" PRId64 ", failed %" PRId64 ", cancelled %" PRId64
                  "), attempts %" PRId64 ", commands %" PRId64 ", crashes %" PRId64
                  ", failed commits %" PRId64 ", twins %" PRId64 ", lost memories %" PRId64
                  ", outages %" PRId64 ", node losses %" PRId64 ", freezes %" PRId64 "\n",
        s->jobs, s->done, s->failed, s->cancelled, s->attempts, s->commands, s->crashes,
        s->failed_commits, s->twins, s->lost_memories, s->outages, s->node_losses, s->freezes);
    print_message("drains %" PRId64 ", waits for shut nodes %" PRId64 ", false alarms %" PRId64
                  "\n",
        s->drains, s->shut_waits, s->false_alarms);
    print_message("unknown submits %" PRId64 ", late accepts %" PRId64 ", preemptions %" PRId64
                  ", publications %" PRId64 ", refused permits %" PRId64 ", self stops %" PRId64
                  ", overlaps while frozen %" PRId64 ", repeated keys %" PRId64 ", events %" PRId64
                  ", trace %016" PRIx64 "\n",
        s->unknown_submits, s->late_accepts, s->preemptions, s->publications, s->refused_permits,
        s->self_stops, s->overlaps, s->repeated_keys, s->events, s->trace);
}

static void no_job_is_lost_and_none_runs_twice(void **state)
{
    int64_t only = setting("MIZAN_WORLD_SEED", -1);
    int64_t begin = only >= 0 ? only : setting("MIZAN_WORLD_FROM", 1);
    int64_t count = only >= 0 ? 1 : setting("MIZAN_WORLD_SEEDS", SEEDS_DEFAULT);
    bool is_shown = setting("MIZAN_WORLD_SHOW", 0) > 0;
    struct world_sums sums = { 0 };
    int32_t failures = 0;

    (void)state;
    for (int64_t seed = begin; seed < begin + count && failures < FAILURES_SHOWN_MAX; seed++) {
        struct world_result result;

        current_seed = (uint64_t)seed;
        world_run((uint64_t)seed, is_shown, &result);
        if (result.failure[0] != '\0') {
            show_failure(seed, &result);
            failures++;
        }
        add_sums(&sums, &result.sums);
        world_result_finish(&result);
    }
    show_sums(&sums);
    assert_int_equal(failures, 0);
    if (count < SEEDS_DEFAULT)
        return;
    /* every fault has been there, and most jobs come to a good end all the same */
    assert_true(sums.done > sums.jobs / 2);
    assert_true(sums.crashes > count && sums.failed_commits > count && sums.twins > count / 4);
    assert_true(sums.lost_memories > count && sums.outages > count && sums.node_losses > count);
    assert_true(sums.drains > count && sums.shut_waits > 20 && sums.false_alarms > 5);
    assert_true(sums.freezes > count && sums.unknown_submits > count && sums.late_accepts > 20);
    assert_true(sums.preemptions > 20 && sums.publications > count && sums.self_stops > count);
    assert_true(sums.refused_permits > count && sums.repeated_keys > count && sums.overlaps > 0);
}

static void one_seed_is_one_run(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world_result one;
        struct world_result two;

        current_seed = seed;
        world_run(seed, false, &one);
        world_run(seed, false, &two);
        assert_true(one.sums.trace == two.sums.trace && one.sums.events == two.sums.events);
        world_result_finish(&one);
        world_result_finish(&two);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_job_is_lost_and_none_runs_twice),
        cmocka_unit_test(one_seed_is_one_run),
    };

    (void)signal(SIGABRT, say_seed);
    (void)signal(SIGSEGV, say_seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
