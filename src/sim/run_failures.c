/* run_failures.c - when what fails and comes back
 *
 * Each level has one pending failure: the next of all its domains together, whose rate is the sum
 * of theirs; when it comes, the domain is drawn. A domain that is down already fails again without
 * effect, which keeps the process memoryless. A node may be down for several causes at once and is up
 * again when the last is repaired. Failures are drawn only while jobs are left.
 */
#include "sim/run_impl.h"

#include "base/arena.h"

#include <stdlib.h>

static int32_t domain_count(const struct mz_run *run, int32_t level)
{
    return level == MZ_LEVEL_NODE ? run->fleet->node_count : run->fleet->domain_counts[level];
}

static void node_range(
    const struct mz_run *run, int32_t level, int32_t domain, int32_t *ret_begin, int32_t *ret_end)
{
    if (level == MZ_LEVEL_NODE) {
        *ret_begin = domain;
        *ret_end = domain + 1;
    } else {
        *ret_begin = run->fleet->domains[level][domain].node_begin;
        *ret_end = run->fleet->domains[level][domain].node_end;
    }
}

static int64_t draw_us(struct mz_random *random, double mean_us)
{
    double drawn_us = mz_random_exponential(random, mean_us);

    return drawn_us < (double)MZ_TRACE_TIME_MAX_US ? (int64_t)drawn_us + 1 : MZ_TRACE_TIME_MAX_US;
}

/* b is the domain of an event from a file, -1 for one that is drawn. */
static void plan_next(struct mz_run *run, int32_t level)
{
    int64_t mean_us = run->options->failures.rates[level].mean_us;

    if (mean_us > 0)
        mz_run_push(run,
            run->now_us +
                draw_us(&run->failure_random[level], (double)mean_us / domain_count(run, level)),
            MZ_RUN_FAIL, level, -1);
}

static void plan_next_spot(struct mz_run *run, int32_t s)
{
    const struct mz_spot *spot = &run->options->failures.spots[s];
    const struct mz_domain *site = &run->fleet->domains[MZ_LEVEL_SITE][spot->site];
    struct mz_random *random = &run->failure_random[MZ_LEVEL_COUNT + s];
    int32_t nodes = site->node_end - site->node_begin;

    if (nodes > 0)
        mz_run_push(run, run->now_us + draw_us(random, (double)spot->mean_us / nodes), MZ_RUN_FAIL,
            MZ_LEVEL_COUNT + s, -1);
}

void mz_run_plan_failures(struct mz_run *run)
{
    const struct mz_sim_failures *f = &run->options->failures;
    int32_t streams = MZ_LEVEL_COUNT + f->spot_count;

    run->failure_random = mz_arena_alloc(run->arena, (size_t)streams, sizeof(*run->failure_random));
    for (int32_t s = 0; s < streams; s++)
        mz_random_stream(&run->failure_random[s], run->options->seed, (uint64_t)s + 1);
    for (int32_t level = MZ_LEVEL_NODE; level <= MZ_LEVEL_PARTNER; level++)
        plan_next(run, level);
    for (int32_t s = 0; s < f->spot_count; s++)
        plan_next_spot(run, s);
    for (int64_t i = 0; i < f->event_count; i++)
        mz_run_push(run, f->events[i].at_us, MZ_RUN_FAIL, f->events[i].level, (int32_t)i);
}

static void stop_jobs_on(
    struct mz_run *run, int32_t begin, int32_t end, const char *reason, int64_t notice_us)
{
    int32_t running = mz_engine_running_count(run->engine);
    int32_t *jobs = mz_xcalloc((size_t)running + 1, sizeof(*jobs));
    int32_t count = mz_engine_jobs_on(run->engine, begin, end, jobs, running);

    for (int32_t i = 0; i < count; i++) {
        run->result->interruptions++;
        mz_run_stop_job(run, run->trace_job[jobs[i]], "fail", reason, notice_us);
    }
    free(jobs);
}

static void take_down(struct mz_run *run, int32_t begin, int32_t end)
{
    for (int32_t node = begin; node < end; node++) {
        if (run->down_causes[node]++ > 0)
            continue;
        mz_engine_set_node(run->engine, node, MZ_NODE_DOWN);
        run->metrics.values[3] += run->fleet->node_chips[node];
    }
}

static void bring_up(struct mz_run *run, int32_t begin, int32_t end)
{
    for (int32_t node = begin; node < end; node++) {
        if (--run->down_causes[node] > 0)
            continue;
        mz_engine_set_node(run->engine, node, MZ_NODE_UP);
        run->metrics.values[3] -= run->fleet->node_chips[node];
    }
}

static bool is_all_down(const struct mz_run *run, int32_t begin, int32_t end)
{
    for (int32_t node = begin; node < end; node++) {
        if (run->down_causes[node] == 0)
            return false;
    }
    return true;
}

/* Down now, up after down_us. Repairs carry the range of nodes. */
static void break_domain(struct mz_run *run, int32_t begin, int32_t end, int64_t down_us,
    const char *reason, int64_t notice_us)
{
    mz_run_mix(run, (uint64_t)run->now_us);
    mz_run_mix(run, (uint64_t)(uint32_t)begin << 32 | (uint32_t)end);
    mz_run_tell(run,
        &(struct mz_sim_event){ .time_us = run->now_us,
            .event = "fail",
            .job = -1,
            .node = begin,
            .until_us = run->now_us + down_us,
            .reason = reason });
    stop_jobs_on(run, begin, end, reason, notice_us);
    take_down(run, begin, end);
    mz_run_push(run, run->now_us + down_us, MZ_RUN_REPAIR, begin, end);
}

void mz_run_fail(struct mz_run *run, const struct mz_run_event *event)
{
    static const char *const reasons[MZ_LEVEL_COUNT] = { "node failed", "rack failed",
        "spine failed", "site failed", "partner failed", "fleet failed" };
    const struct mz_sim_failures *f = &run->options->failures;
    struct mz_random *random = &run->failure_random[event->a];
    int32_t level = event->a;
    int32_t begin;
    int32_t end;
    int64_t down_us;

    if (level >= MZ_LEVEL_COUNT) {
        const struct mz_spot *spot = &f->spots[level - MZ_LEVEL_COUNT];
        const struct mz_domain *site = &run->fleet->domains[MZ_LEVEL_SITE][spot->site];
        int32_t node = site->node_begin +
            (int32_t)mz_random_below(random, (uint64_t)(site->node_end - site->node_begin));

        if (run->down_causes[node] == 0) /* nothing new starts there */
            mz_engine_set_node(run->engine, node, MZ_NODE_CORDONED);
        mz_run_push(
            run, run->now_us + spot->notice_us, MZ_RUN_RECLAIM, node, level - MZ_LEVEL_COUNT);
        plan_next_spot(run, level - MZ_LEVEL_COUNT);
        return;
    }
    if (event->b >= 0) {
        node_range(run, level, f->events[event->b].domain, &begin, &end);
        down_us = f->events[event->b].down_us;
    } else {
        node_range(run, level, (int32_t)mz_random_below(random, (uint64_t)domain_count(run, level)),
            &begin, &end);
        down_us = draw_us(random, (double)f->repair_us);
        plan_next(run, level);
        run->failures_since_good++;
        if (is_all_down(run, begin, end))
            return;
    }
    run->result->failures++;
    break_domain(run, begin, end, down_us, reasons[level], -1);
}

void mz_run_reclaim(struct mz_run *run, const struct mz_run_event *event)
{
    const struct mz_sim_failures *f = &run->options->failures;
    struct mz_random *random = &run->failure_random[MZ_LEVEL_COUNT + event->b];

    run->failures_since_good++;
    if (run->down_causes[event->a] > 0)
        return;
    run->result->failures++;
    break_domain(run, event->a, event->a + 1, draw_us(random, (double)f->repair_us), "reclaimed",
        f->spots[event->b].notice_us);
}

void mz_run_repair(struct mz_run *run, const struct mz_run_event *event)
{
    bring_up(run, event->a, event->b);
}
