/* test_engine_properties.c - what holds for every fleet, every stream of jobs and every policy
 *
 * MIZAN_PLACE_FLEETS: how many random fleets a test runs; MIZAN_PLACE_SEED: only this one. A failing
 * seed is printed, also when the engine asserts. The worlds and what is checked: world.h,
 * world_books.c.
 */
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLEETS_DEFAULT = 150, FAILURES_SHOWN_MAX = 20 };

static uint64_t current_seed;

static void say_seed(int signal_number)
{
    char text[64];
    int length =
        snprintf(text, sizeof(text), "MIZAN_PLACE_SEED=%llu\n", (unsigned long long)current_seed);

    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(1);
    signal(signal_number, SIG_DFL);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoll(text, NULL, 10) : otherwise;
}

struct sums {
    int64_t fleets;
    int64_t starts;
    int64_t backfills;
    int64_t promises;
    int64_t questions;
    uint64_t trace;
};

static void run_worlds(const struct world_choice *choice, struct sums *sums)
{
    struct world *world = calloc(1, sizeof(*world));
    int64_t only = setting("MIZAN_PLACE_SEED", -1);
    int64_t count = setting("MIZAN_PLACE_FLEETS", FLEETS_DEFAULT);
    int32_t failed = 0;
    struct world_choice shown = *choice;
    int64_t begin = only >= 0 ? only : setting("MIZAN_PLACE_FROM", 1);

    assert_non_null(world);
    shown.is_shown = setting("MIZAN_PLACE_SHOW", 0) > 0;
    *sums = (struct sums){ 0 };
    for (int64_t seed = begin; seed < begin + (only >= 0 ? 1 : count); seed++) {
        current_seed = (uint64_t)seed;
        world_run(world, (uint64_t)seed, &shown);
        if (world->failure[0] != '\0') {
            print_error("MIZAN_PLACE_SEED=%lld: %s\n", (long long)seed, world->failure);
            if (++failed == FAILURES_SHOWN_MAX)
                break;
        }
        sums->fleets++;
        sums->starts += world->starts;
        sums->backfills += world->backfills;
        sums->promises += world->promises;
        sums->questions += world->questions;
        sums->trace = sums->trace * 31 + world->trace;
    }
    free(world);
    assert_int_equal(failed, 0);
}

static void no_chip_is_given_twice_and_every_job_ends_under_any_policy(void **state)
{
    const struct world_choice choice = { .order = -1, .backfill = -1, .preempt = -1 };
    struct sums sums;

    (void)state;
    run_worlds(&choice, &sums);
    print_message("%lld fleets, %lld starts, %lld backfilled, %lld promises\n",
        (long long)sums.fleets, (long long)sums.starts, (long long)sums.backfills,
        (long long)sums.promises);
}

/* The same worlds with questions asked between the steps take the same decisions. */
static void asking_why_changes_no_decision(void **state)
{
    const struct world_choice quiet = { .order = -1, .backfill = -1, .preempt = -1 };
    const struct world_choice curious = {
        .order = -1, .backfill = -1, .preempt = -1, .curious = true
    };
    struct sums a;
    struct sums b;

    (void)state;
    run_worlds(&quiet, &a);
    run_worlds(&curious, &b);
    print_message("%lld questions\n", (long long)b.questions);
    assert_true(b.questions > 0 || a.fleets < 10);
    assert_int_equal(a.starts, b.starts);
    assert_true(a.trace == b.trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_chip_is_given_twice_and_every_job_ends_under_any_policy),
        cmocka_unit_test(asking_why_changes_no_decision),
    };

    signal(SIGABRT, say_seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
