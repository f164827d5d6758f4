/* test_engine_reference.c - the engine against a simulator that shares nothing with it
 *
 * The reference knows one fleet: equal nodes of whole chips at one site without racks. It keeps the
 * free chips of each node as a number, goes over the whole queue at every event and plans ahead by
 * copying these numbers. A job of at most a node lies on the fullest node that holds it (then the
 * lowest); a larger one takes the lowest empty nodes, and for its rest the fullest of the others.
 *
 * fifo and sjf: every job starts at the same microsecond. easy: the reference gives the head the
 * earliest start that it has when jobs end as estimated, remembers on which nodes, and lets others
 * start that end before, or leave these nodes enough. The engine may differ: its promise names
 * chips, prefers those that are busy now and lasts until the job starts, while the reference plans
 * anew at each event. So only the averages are compared, with a margin.
 */
#include "base/random.h"
#include "place/check.h"
#include "place/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 24, JOBS_MAX = 200, LOADS_DEFAULT = 100 };

#define SECOND INT64_C(1000000)

struct job {
    int64_t submit_us;
    int64_t run_us;
    int64_t estimate_us;
    int32_t chips;
    int64_t start_us;
    int64_t end_us;        /* expected */
    int32_t on[NODES_MAX]; /* chips on each node while it runs */
    enum { COMING, WAITING, RUNNING, ENDED } state;
};

struct load {
    int32_t node_count;
    int32_t node_chips;
    int32_t job_count;
    enum mz_order order;
    enum mz_backfill backfill;
    struct job jobs[JOBS_MAX];
    struct job *promised; /* it goes first until it starts */
};

/* ---- the reference ---- */

struct cluster {
    const struct load *load;
    int32_t free[NODES_MAX];
};

/* The fullest node in which `chips` fit and that is not taken; -1: none. */
static int32_t fullest(const struct cluster *c, int32_t chips, const int32_t *taken)
{
    int32_t best = -1;

    for (int32_t n = 0; n < c->load->node_count; n++) {
        if (c->free[n] >= chips && taken[n] == 0 && (best < 0 || c->free[n] < c->free[best]))
            best = n;
    }
    return best;
}

static bool find_place(const struct cluster *c, int32_t chips, int32_t ret_on[NODES_MAX])
{
    int32_t size = c->load->node_chips;
    int32_t whole = chips > size ? chips / size : 0;
    int32_t rest = chips > size ? chips % size : chips;
    int32_t node;

    memset(ret_on, 0, NODES_MAX * sizeof(*ret_on));
    for (int32_t n = 0; n < c->load->node_count && whole > 0; n++) {
        if (c->free[n] == size) {
            ret_on[n] = size;
            whole--;
        }
    }
    if (whole > 0)
        return false;
    if (rest == 0)
        return true;
    node = fullest(c, rest, ret_on);
    if (node < 0)
        return false;
    ret_on[node] = rest;
    return true;
}

static void change(struct cluster *c, const int32_t on[NODES_MAX], int32_t sign)
{
    for (int32_t n = 0; n < c->load->node_count; n++) {
        c->free[n] += sign * on[n];
        assert_in_range(c->free[n], 0, c->load->node_chips);
    }
}

static bool is_before(const struct load *load, const struct job *a, const struct job *b)
{
    if (load->order == MZ_ORDER_SJF && a->estimate_us != b->estimate_us)
        return a->estimate_us < b->estimate_us;
    return a < b;
}

static struct job *first_waiting(struct load *load, const struct job *behind)
{
    struct job *first = NULL;

    for (int32_t j = 0; j < load->job_count; j++) {
        struct job *job = &load->jobs[j];

        if (job->state != WAITING || (behind && !is_before(load, behind, job)))
            continue;
        if (!first || is_before(load, job, first))
            first = job;
    }
    return first;
}

static bool start_if_it_fits(struct cluster *c, struct job *job, int64_t now_us)
{
    if (!find_place(c, job->chips, job->on))
        return false;
    change(c, job->on, -1);
    job->state = RUNNING;
    job->start_us = now_us;
    job->end_us = now_us + job->estimate_us;
    return true;
}

/* When the job can start if all end as expected, and where. */
static int64_t plan(const struct cluster *c, struct load *load, const struct job *job,
    int64_t now_us, int32_t ret_on[NODES_MAX])
{
    struct cluster then = *c;
    bool given[JOBS_MAX] = { false };

    for (;;) {
        int64_t next_us = MZ_TIME_NEVER;

        for (int32_t j = 0; j < load->job_count; j++) {
            if (load->jobs[j].state == RUNNING && !given[j] && load->jobs[j].end_us < next_us)
                next_us = load->jobs[j].end_us;
        }
        assert_true(next_us < MZ_TIME_NEVER && next_us >= now_us);
        for (int32_t j = 0; j < load->job_count; j++) {
            if (load->jobs[j].state == RUNNING && !given[j] && load->jobs[j].end_us == next_us) {
                change(&then, load->jobs[j].on, 1);
                given[j] = true;
            }
        }
        if (find_place(&then, job->chips, ret_on))
            return next_us;
    }
}

/* Would the head still find its place at its time if this one ran beyond it? */
static bool leaves_room(const struct cluster *c, struct load *load, const struct job *head,
    int64_t shadow_us, const struct job *job)
{
    struct cluster then = *c;
    int32_t on[NODES_MAX];

    if (!find_place(c, job->chips, on))
        return false;
    change(&then, on, -1);
    for (int32_t j = 0; j < load->job_count; j++) {
        if (load->jobs[j].state == RUNNING && load->jobs[j].end_us <= shadow_us)
            change(&then, load->jobs[j].on, 1);
    }
    return find_place(&then, head->chips, on);
}

/* Others beside the head: those that are gone at its time, or that leave it room then. */
static void backfill(struct cluster *c, struct load *load, const struct job *head, int64_t now_us)
{
    int32_t on[NODES_MAX];
    int64_t shadow_us = plan(c, load, head, now_us, on);

    for (struct job *job = first_waiting(load, NULL); job; job = first_waiting(load, job)) {
        if (job != head &&
            (now_us + job->estimate_us <= shadow_us || leaves_room(c, load, head, shadow_us, job)))
            start_if_it_fits(c, job, now_us);
    }
}

static void decide(struct cluster *c, struct load *load, int64_t now_us)
{
    struct job *job = load->promised;

    if (job && !start_if_it_fits(c, job, now_us)) {
        backfill(c, load, job, now_us);
        return;
    }
    load->promised = NULL;
    job = first_waiting(load, NULL);
    while (job && start_if_it_fits(c, job, now_us))
        job = first_waiting(load, NULL);
    if (!job || load->backfill == MZ_BACKFILL_NONE)
        return;
    load->promised = job;
    backfill(c, load, job, now_us);
}

static int64_t next_event(const struct load *load)
{
    int64_t next_us = MZ_TIME_NEVER;

    for (int32_t j = 0; j < load->job_count; j++) {
        const struct job *job = &load->jobs[j];
        int64_t at_us = job->state == COMING ? job->submit_us
            : job->state == RUNNING          ? job->start_us + job->run_us
                                             : MZ_TIME_NEVER;

        if (at_us < next_us)
            next_us = at_us;
    }
    return next_us;
}

static void run_reference(struct load *load)
{
    struct cluster c = { .load = load };

    for (int32_t n = 0; n < load->node_count; n++)
        c.free[n] = load->node_chips;
    for (;;) {
        int64_t now_us = next_event(load);

        if (now_us == MZ_TIME_NEVER)
            return;
        for (int32_t j = 0; j < load->job_count; j++) {
            struct job *job = &load->jobs[j];

            if (job->state == COMING && job->submit_us == now_us) {
                job->state = WAITING;
            } else if (job->state == RUNNING && job->start_us + job->run_us == now_us) {
                change(&c, job->on, 1);
                job->state = ENDED;
            }
        }
        decide(&c, load, now_us);
    }
}

/* ---- the engine on the same load ---- */

static void run_engine(struct load *load)
{
    static const char *const words[] = { "fifo", "sjf" };
    struct mz_arena *arena = mz_arena_create();
    struct mz_policy policy;
    struct mz_fleet *fleet;
    struct mz_engine *engine;

    assert_int_equal(
        mz_fleet_plain(arena, load->node_count, load->node_chips, NULL, &fleet, NULL), MZ_OK);
    assert_int_equal(mz_policy_parse(words[load->order], &policy, NULL), MZ_OK);
    policy.backfill = load->backfill;
    engine = mz_engine_create(fleet, &policy, NULL, NULL);
    for (;;) {
        const struct mz_place_decision *decisions;
        int64_t now_us = next_event(load);
        int64_t wake_us = mz_engine_wake_us(engine);
        int32_t count;

        if (now_us == MZ_TIME_NEVER)
            break;
        if (wake_us < now_us)
            now_us = wake_us;
        for (int32_t j = 0; j < load->job_count; j++) {
            struct job *job = &load->jobs[j];
            struct mz_shape shape = { .chips = job->chips,
                .chip_milli = MZ_MILLI,
                .required = MZ_LEVEL_PARTNER,
                .chip_mask = 1,
                .partner_mask = 1 };
            struct mz_request request = { .submit_us = job->submit_us,
                .estimate_us = job->estimate_us,
                .deadline_us = MZ_TIME_NEVER,
                .team = -1,
                .data_site = -1 };

            if (job->state == COMING && job->submit_us == now_us) {
                assert_int_equal(mz_engine_shape(engine, &shape, &request.shape, NULL), MZ_OK);
                assert_int_equal(mz_engine_submit(engine, now_us, &request), j);
                job->state = WAITING;
            } else if (job->state == RUNNING && job->start_us + job->run_us == now_us) {
                mz_engine_end(engine, now_us, j);
                job->state = ENDED;
            }
        }
        count = mz_engine_step(engine, now_us, &decisions);
        for (int32_t i = 0; i < count; i++) {
            if (decisions[i].kind != MZ_DECIDE_START)
                continue;
            load->jobs[decisions[i].job].state = RUNNING;
            load->jobs[decisions[i].job].start_us = now_us;
        }
    }
    mz_engine_free(engine);
    mz_arena_free(arena);
}

/* ---- loads ---- */

static void make_load(
    struct load *load, uint64_t seed, enum mz_order order, enum mz_backfill backfill, bool exact)
{
    static const int32_t sizes[] = { 1, 2, 4, 8, 8, 16 };
    struct mz_random random;
    int64_t at_us = 0;
    int32_t gap_s;

    mz_random_init(&random, seed);
    memset(load, 0, sizeof(*load));
    load->order = order;
    load->backfill = backfill;
    load->node_count = 1 + (int32_t)mz_random_below(&random, NODES_MAX);
    load->node_chips = sizes[mz_random_below(&random, 6)];
    load->job_count = 20 + (int32_t)mz_random_below(&random, JOBS_MAX - 19);
    gap_s = 1 + (int32_t)mz_random_below(&random, 60);
    for (int32_t j = 0; j < load->job_count; j++) {
        struct job *job = &load->jobs[j];
        int32_t total = load->node_count * load->node_chips;
        int32_t most = mz_random_below(&random, 4) == 0 ? total : (total + 3) / 4;

        at_us += SECOND * (int64_t)mz_random_below(&random, (uint64_t)gap_s);
        job->submit_us = at_us;
        job->chips = 1 + (int32_t)mz_random_below(&random, (uint64_t)most);
        job->run_us = SECOND * (1 + (int64_t)mz_random_below(&random, 300));
        job->estimate_us =
            exact ? job->run_us : job->run_us + SECOND * (int64_t)mz_random_below(&random, 300);
    }
}

static double average_wait_s(const struct load *load)
{
    double sum_s = 0;

    for (int32_t j = 0; j < load->job_count; j++)
        sum_s += (double)(load->jobs[j].start_us - load->jobs[j].submit_us) / (double)SECOND;
    return sum_s / load->job_count;
}

static int64_t load_count(void)
{
    const char *text = getenv("MIZAN_PLACE_FLEETS");

    return text ? strtoll(text, NULL, 10) : LOADS_DEFAULT;
}

static void compare_starts(enum mz_order order)
{
    static struct load reference;
    static struct load engine;

    for (int64_t seed = 1; seed <= load_count(); seed++) {
        make_load(&reference, (uint64_t)seed, order, MZ_BACKFILL_NONE, seed % 2 == 0);
        engine = reference;
        run_reference(&reference);
        run_engine(&engine);
        for (int32_t j = 0; j < reference.job_count; j++) {
            if (reference.jobs[j].start_us != engine.jobs[j].start_us)
                fail_msg("seed %lld: job %d starts at %lld s, by the reference at %lld s",
                    (long long)seed, j, (long long)(engine.jobs[j].start_us / SECOND),
                    (long long)(reference.jobs[j].start_us / SECOND));
        }
    }
}

static void fifo_starts_every_job_when_the_reference_does(void **state)
{
    (void)state;
    compare_starts(MZ_ORDER_FIFO);
}

static void sjf_starts_every_job_when_the_reference_does(void **state)
{
    (void)state;
    compare_starts(MZ_ORDER_SJF);
}

struct sums {
    double reference_s;
    double engine_s;
    int64_t better;
    int64_t worse;
};

static struct sums compare_easy(enum mz_order order, bool exact)
{
    static struct load reference;
    static struct load engine;
    struct sums sums = { 0 };

    for (int64_t seed = 1; seed <= load_count(); seed++) {
        double wait_s;

        make_load(&reference, (uint64_t)seed, order, MZ_BACKFILL_EASY, exact);
        engine = reference;
        run_reference(&reference);
        run_engine(&engine);
        wait_s = average_wait_s(&reference);
        sums.reference_s += wait_s;
        sums.engine_s += average_wait_s(&engine);
        sums.better += average_wait_s(&engine) < wait_s;
        sums.worse += average_wait_s(&engine) > wait_s;
    }
    return sums;
}

static void easy_waits_no_longer_than_the_reference_but_for_a_margin(void **state)
{
    static const char *const words[] = { "fifo", "sjf" };
    static const double margins[] = { 1.005, 1.01 };

    (void)state;
    for (int32_t i = 0; i < 4; i++) {
        struct sums sums = compare_easy(i / 2 == 0 ? MZ_ORDER_FIFO : MZ_ORDER_SJF, i % 2 == 0);

        print_message(
            "%s+easy, %s estimates: %.2f s on average, the reference %.2f s; better %lld, "
            "worse %lld of %lld\n",
            words[i / 2], i % 2 == 0 ? "exact" : "long", sums.engine_s / (double)load_count(),
            sums.reference_s / (double)load_count(), (long long)sums.better, (long long)sums.worse,
            (long long)load_count());
        if (load_count() >= LOADS_DEFAULT)
            assert_true(sums.engine_s <= margins[i / 2] * sums.reference_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifo_starts_every_job_when_the_reference_does),
        cmocka_unit_test(sjf_starts_every_job_when_the_reference_does),
        cmocka_unit_test(easy_waits_no_longer_than_the_reference_but_for_a_margin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
