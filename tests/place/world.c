/* world.c - the events of a world, in the order of their times */
#include "world_impl.h"

#include "place/why.h"

#include <stdio.h>
#include <string.h>

static void mix(struct world *w, int64_t value)
{
    w->trace = (w->trace ^ (uint64_t)value) * UINT64_C(0x9E3779B97F4A7C15);
    w->trace ^= w->trace >> 29;
}

static void check(struct world *w, const char *when)
{
    struct mz_error err;

    if (mz_engine_check(w->engine, &err) != MZ_OK)
        world_fail(w, "%s: %.700s", when, err.text);
}

/* ---- decisions ---- */

static void decide_start(struct world *w, const struct mz_place_decision *decision)
{
    struct world_job *job = &w->jobs[decision->job];

    if (job->state != JOB_WAITING) {
        world_fail(w, "job %d starts in state %d", decision->job, (int)job->state);
        return;
    }
    world_check_start(w, decision->job);
    if (w->now_us + job->request.estimate_us != decision->until_us)
        world_fail(w, "job %d ends at %lld", decision->job, (long long)decision->until_us);
    job->state = JOB_RUNNING;
    job->start_us = w->now_us;
    job->end_us = w->now_us + job->run_us;
    job->promise_us = MZ_TIME_NEVER;
    w->starts++;
    w->backfills += strcmp(decision->reason, "backfill") == 0;
    w->wait_us += w->now_us - job->request.submit_us;
    world_take(w, decision->job);
}

static void decide_preempt(struct world *w, const struct mz_place_decision *decision)
{
    struct world_job *job = &w->jobs[decision->job];

    if (job->state != JOB_RUNNING || !w->policy.preempt || !job->request.preemptible) {
        world_fail(w, "job %d is preempted in state %d", decision->job, (int)job->state);
        return;
    }
    if (job->end_us > decision->until_us) {
        job->end_us = decision->until_us;
        job->state = JOB_STOPPING;
    }
}

static void act(struct world *w, const struct mz_place_decision *decision)
{
    struct world_job *job = &w->jobs[decision->job];

    if (w->is_shown)
        fprintf(stderr, "%lld: %s job %d (shape %d) until %lld %s\n",
            (long long)(w->now_us / SECOND),
            (const char *const[]){ "start", "reserve", "preempt" }[decision->kind], decision->job,
            job->request.shape, (long long)(decision->until_us / SECOND), decision->reason);
    mix(w, decision->kind);
    mix(w, decision->job);
    mix(w, decision->until_us);
    switch (decision->kind) {
    case MZ_DECIDE_START: decide_start(w, decision); break;
    case MZ_DECIDE_RESERVE:
        w->promises++;
        if (decision->until_us < w->now_us || job->state != JOB_WAITING)
            world_fail(w, "job %d is promised a start at %lld s", decision->job,
                (long long)(decision->until_us / SECOND));
        if (job->promise_us == MZ_TIME_NEVER)
            job->promise_us = decision->until_us;
        break;
    case MZ_DECIDE_PREEMPT: decide_preempt(w, decision); break;
    }
}

/* Behind troubles the promises that still stand are the first ones. */
static void renew_promises(struct world *w)
{
    for (int32_t j = 0; j < w->job_count; j++) {
        if (w->jobs[j].state == JOB_WAITING && w->jobs[j].promise_us == MZ_TIME_NEVER)
            w->jobs[j].promise_us = mz_engine_job(w->engine, j).promise_us;
    }
}

static const char *no_name(void *context, int32_t job)
{
    (void)context;
    (void)job;
    return "x";
}

/* Asks; the answer must change nothing. */
static void ask_why(struct world *w)
{
    struct mz_arena *arena;
    struct mz_text text = { 0 };
    struct mz_why_answer answer;
    int32_t count = mz_engine_waiting_count(w->engine);
    int32_t job;

    if (count == 0 || mz_random_below(&w->asking, 3) != 0)
        return;
    arena = mz_arena_create();
    job = mz_engine_waiting_at(w->engine, (int32_t)mz_random_below(&w->asking, (uint64_t)count));
    answer = mz_engine_why(w->engine, arena, job, w->now_us);
    if (mz_engine_waiting_at(w->engine, answer.position) != job)
        world_fail(w, "job %d is told place %d", job, answer.position);
    if (answer.ahead_job !=
        (answer.position > 0 ? mz_engine_waiting_at(w->engine, answer.position - 1) : -1))
        world_fail(w, "job %d is told that job %d is ahead", job, answer.ahead_job);
    if (answer.place_count != w->fleet->pool_count || answer.start_us < w->now_us)
        world_fail(w, "job %d is told %d places and %lld", job, answer.place_count,
            (long long)answer.start_us);
    mz_why_write(w->engine, &answer, &(struct mz_why_names){ .name = no_name }, w->now_us, &text);
    if (w->is_shown)
        fputs(mz_text_string(&text), stderr);
    w->questions++;
    mz_text_finish(&text);
    mz_arena_free(arena);
    check(w, "after a question");
}

static void step(struct world *w, bool is_last)
{
    const struct mz_place_decision *decisions;
    int32_t count;

    check(w, "before a step");
    if (!world_ok(w))
        return;
    count = mz_engine_step(w->engine, w->now_us, &decisions);
    mix(w, w->now_us);
    for (int32_t i = 0; i < count && world_ok(w); i++)
        act(w, &decisions[i]);
    if (!world_ok(w))
        return;
    check(w, "after a step");
    renew_promises(w);
    if (world_ok(w) && is_last)
        world_check_rest(w);
    if (world_ok(w) && w->curious)
        ask_why(w);
}

/* ---- events ---- */

static void submit(struct world *w, int32_t j)
{
    if (w->is_shown)
        fprintf(stderr, "%lld: submit job %d (shape %d) estimate %lld\n",
            (long long)(w->now_us / SECOND), j, w->jobs[j].request.shape,
            (long long)(w->jobs[j].request.estimate_us / SECOND));
    if (mz_engine_submit(w->engine, w->now_us, &w->jobs[j].request) != j)
        world_fail(w, "job %d gets another number", j);
    w->jobs[j].state = JOB_WAITING;
}

static void end(struct world *w, int32_t j)
{
    struct world_job *job = &w->jobs[j];

    if (w->is_shown)
        fprintf(stderr, "%lld: end job %d\n", (long long)(w->now_us / SECOND), j);
    if (job->state == JOB_RUNNING || job->state == JOB_STOPPING)
        world_give(w, j);
    mz_engine_end(w->engine, w->now_us, j);
    job->state = JOB_ENDED;
}

/* The attempt is over; what is left begins at the last checkpoint. */
static void stop(struct world *w, int32_t j)
{
    struct world_job *job = &w->jobs[j];
    int64_t ran_us = w->now_us - job->start_us;
    int64_t kept_us = job->request.checkpoint_us > 0
        ? ran_us / job->request.checkpoint_us * job->request.checkpoint_us
        : 0;

    if (kept_us >= job->run_us)
        kept_us = 0;
    world_give(w, j);
    job->run_us -= kept_us;
    job->request.estimate_us -= kept_us;
    mz_engine_stopped(w->engine, w->now_us, j, job->request.estimate_us);
    job->state = JOB_WAITING;
    job->promise_us = MZ_TIME_NEVER;
}

static void fail_node(struct world *w, const struct world_trouble *trouble)
{
    int32_t jobs[WORLD_JOBS_MAX];
    int32_t count;

    if (w->is_shown)
        fprintf(stderr, "%lld: node %d gets state %d\n", (long long)(w->now_us / SECOND),
            trouble->node, (int)trouble->state);
    mz_engine_set_node(w->engine, trouble->node, trouble->state);
    for (int32_t j = 0; j < w->job_count; j++)
        w->jobs[j].promise_us = MZ_TIME_NEVER;
    if (trouble->state != MZ_NODE_DOWN)
        return;
    count = mz_engine_jobs_on(w->engine, trouble->node, trouble->node + 1, jobs, WORLD_JOBS_MAX);
    for (int32_t i = 0; i < count; i++) {
        if (i % 3 == 2)
            end(w, jobs[i]);
        else
            stop(w, jobs[i]);
    }
}

/* When something happens next; MZ_TIME_NEVER: nothing more. */
static int64_t next_time(const struct world *w)
{
    int64_t at_us = mz_engine_wake_us(w->engine);

    for (int32_t j = 0; j < w->job_count; j++) {
        const struct world_job *job = &w->jobs[j];
        int64_t job_us = MZ_TIME_NEVER;

        if (job->state == JOB_COMING)
            job_us = job->request.submit_us;
        else if (job->state == JOB_RUNNING || job->state == JOB_STOPPING)
            job_us = job->end_us;
        if (job->state != JOB_ENDED && job->state != JOB_COMING && job->cancel_us < job_us)
            job_us = job->cancel_us > w->now_us ? job->cancel_us : w->now_us;
        if (job_us < at_us)
            at_us = job_us;
    }
    for (int32_t t = 0; t < w->trouble_count; t++) {
        const struct world_trouble *trouble = &w->troubles[t];

        if (trouble->begin_us < at_us && trouble->begin_us >= 0)
            at_us = trouble->begin_us;
        if (trouble->end_us < at_us)
            at_us = trouble->end_us;
    }
    return at_us;
}

static bool job_event(struct world *w, int32_t j)
{
    struct world_job *job = &w->jobs[j];

    switch (job->state) {
    case JOB_COMING:
        if (job->request.submit_us > w->now_us)
            return false;
        submit(w, j);
        return true;
    case JOB_RUNNING:
    case JOB_STOPPING:
        if (job->cancel_us > w->now_us && job->end_us > w->now_us)
            return false;
        if (job->state == JOB_STOPPING && job->cancel_us > w->now_us &&
            job->end_us < job->start_us + job->run_us)
            stop(w, j);
        else
            end(w, j);
        return true;
    case JOB_WAITING:
        if (job->cancel_us > w->now_us)
            return false;
        end(w, j);
        return true;
    case JOB_ENDED: return false;
    }
    return false;
}

static bool trouble_event(struct world *w, struct world_trouble *trouble)
{
    if (trouble->begin_us >= 0 && trouble->begin_us <= w->now_us) {
        fail_node(w, trouble);
        trouble->begin_us = -1;
        return true;
    }
    if (trouble->end_us <= w->now_us) {
        mz_engine_set_node(w->engine, trouble->node, MZ_NODE_UP);
        trouble->end_us = MZ_TIME_NEVER;
        trouble->begin_us = MZ_TIME_NEVER;
        return true;
    }
    return false;
}

static void happen(struct world *w)
{
    for (int32_t j = 0; j < w->job_count && world_ok(w); j++) {
        if (job_event(w, j) && w->step_each)
            step(w, false);
    }
    for (int32_t t = 0; t < w->trouble_count && world_ok(w); t++) {
        if (trouble_event(w, &w->troubles[t]) && w->step_each)
            step(w, false);
    }
    if (world_ok(w))
        step(w, true);
}

/* At the end all nodes are up and nothing runs: who waits still is over a quota, or behind such a
 * one of its team. */
static void check_end(struct world *w)
{
    uint64_t full = 0;

    for (int32_t j = 0; j < w->job_count; j++) {
        if (w->jobs[j].state == JOB_WAITING && !world_admits(w, j))
            full |= UINT64_C(1) << w->jobs[j].request.team;
    }
    for (int32_t j = 0; j < w->job_count; j++) {
        int32_t team = w->jobs[j].request.team;

        if (w->jobs[j].state == JOB_ENDED)
            continue;
        if (w->jobs[j].state == JOB_WAITING && team >= 0 &&
            (w->policy.backfill == MZ_BACKFILL_NONE ? full >> team & 1 : !world_admits(w, j)))
            continue;
        world_fail(w, "job %d never ends: it is in state %d", j, (int)w->jobs[j].state);
    }
    for (int32_t n = 0; n < w->spec.node_count; n++) {
        for (int32_t c = 0; c < 64; c++) {
            if (w->node_used[n][c] != 0)
                world_fail(w, "chip %d of node %d gives %d at the end", c, n, w->node_used[n][c]);
        }
    }
}

void world_run(struct world *w, uint64_t seed, const struct world_choice *choice)
{
    world_make(w, seed, choice);
    for (int32_t turn = 0; world_ok(w); turn++) {
        int64_t at_us = next_time(w);

        if (at_us == MZ_TIME_NEVER)
            break;
        if (at_us < w->now_us || turn > 20000) {
            world_fail(w, "the world does not end");
            break;
        }
        w->now_us = at_us;
        happen(w);
    }
    if (world_ok(w))
        check_end(w);
    world_finish(w);
}
