/* run.c - the loop over events
 *
 * Two sources, both in order of time: the submissions of the trace, and a heap of everything else,
 * keyed (time, kind, sequence). All events of one time are taken, then the engine decides once; what
 * it decides becomes new events. An end or grace event of an attempt that is over already (the job
 * failed meanwhile) is recognised by its attempt number and ignored.
 */
#include "sim/run_impl.h"

#include "place/check.h"
#include "place/why.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_EVERY = 4096 };

/* ---- the heap ---- */

static bool before(const struct mz_run_event *a, const struct mz_run_event *b)
{
    return a->time_us < b->time_us || (a->time_us == b->time_us && a->order < b->order);
}

void mz_run_push(
    struct mz_run *run, int64_t time_us, enum mz_run_event_kind kind, int32_t a, int32_t b)
{
    struct mz_run_heap *heap = &run->heap;
    struct mz_run_event event = {
        .time_us = time_us, .order = (uint64_t)kind << 56 | heap->sequence++, .a = a, .b = b
    };
    int64_t at = heap->count;

    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? 2 * heap->capacity : 1024;
        heap->events = mz_xrealloc(heap->events, (size_t)heap->capacity, sizeof(*heap->events));
    }
    heap->count++;
    while (at > 0 && before(&event, &heap->events[(at - 1) / 2])) {
        heap->events[at] = heap->events[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->events[at] = event;
}

static struct mz_run_event pop(struct mz_run_heap *heap)
{
    struct mz_run_event top = heap->events[0];
    struct mz_run_event last = heap->events[--heap->count];
    int64_t at = 0;

    for (;;) {
        int64_t child = 2 * at + 1;

        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(&heap->events[child + 1], &heap->events[child]))
            child++;
        if (!before(&heap->events[child], &last))
            break;
        heap->events[at] = heap->events[child];
        at = child;
    }
    heap->events[at] = last;
    return top;
}

/* ---- telling ---- */

void mz_run_tell(struct mz_run *run, const struct mz_sim_event *event)
{
    struct mz_sim_event copy;

    if (!run->options->sink)
        return;
    copy = *event;
    copy.seq = run->seq++;
    run->options->sink->event(run->options->sink->context, &copy);
}

/* One row a node that the job uses. */
static void tell_parts(struct mz_run *run, int32_t trace_job, const char *event,
    const struct mz_job *job, int64_t until_us, const char *reason)
{
    if (!run->options->sink)
        return;
    for (int32_t i = 0; i < job->part_count; i++) {
        const struct mz_part *part = &job->parts[i];

        mz_run_tell(run,
            &(struct mz_sim_event){ .time_us = run->now_us,
                .event = event,
                .job = trace_job,
                .attempt = run->jobs[trace_job].attempt,
                .node = part->node,
                .chips_milli = part->milli * mz_bit_count(part->chips),
                .chips = part->chips,
                .until_us = until_us,
                .reason = reason });
    }
}

static void tell_job(
    struct mz_run *run, int32_t trace_job, const char *event, int64_t until_us, const char *reason)
{
    if (!run->options->sink)
        return;
    mz_run_tell(run,
        &(struct mz_sim_event){ .time_us = run->now_us,
            .event = event,
            .job = trace_job,
            .attempt = run->jobs[trace_job].attempt,
            .node = -1,
            .until_us = until_us,
            .reason = reason });
}

static void keep_attempt(
    struct mz_run *run, int32_t trace_job, const struct mz_job *job, const char *outcome)
{
    struct mz_sim_result *result = run->result;

    if (!run->options->keep_attempts)
        return;
    run->attempts = mz_arena_grow(run->arena, run->attempts, (size_t)result->attempt_count,
        (size_t)result->attempt_count + 1, &run->attempt_capacity, sizeof(*run->attempts));
    run->attempts[result->attempt_count++] = (struct mz_sim_attempt){ .job = trace_job,
        .attempt = run->jobs[trace_job].attempt,
        .site = run->jobs[trace_job].site,
        .chips = run->trace->jobs[trace_job].chips,
        .start_us = job->start_us,
        .end_us = run->now_us,
        .outcome = outcome };
}

/* ---- a job leaves its chips ---- */

static void count_used(
    struct mz_run *run, const struct mz_part *parts, int32_t part_count, int32_t sign)
{
    for (int32_t i = 0; i < part_count; i++) {
        const struct mz_part *part = &parts[i];
        int64_t milli = (int64_t)part->milli * mz_bit_count(part->chips) * sign;

        run->metrics.values[0] += milli;
        run->metrics
            .values[MZ_RUN_VALUE_FIXED_COUNT + mz_fleet_partner_of(run->fleet, part->node)] +=
            milli;
    }
}

static void count_team(struct mz_run *run, int32_t trace_job, const struct mz_job *seen)
{
    const struct mz_trace_job *job = &run->trace->jobs[trace_job];

    if (job->team >= 0)
        run->team_chip_us[job->team] +=
            (double)(run->now_us - seen->start_us) * job->chips * job->chip_milli / MZ_MILLI;
}

static void count_waiting(struct mz_run *run, int32_t trace_job, int32_t sign)
{
    run->metrics.values[1] += sign;
    run->metrics.values[2] += sign * run->trace->jobs[trace_job].chips;
}

static int64_t chips_milli_of(const struct mz_run *run, int32_t trace_job)
{
    const struct mz_trace_job *job = &run->trace->jobs[trace_job];

    return (int64_t)job->chips * job->chip_milli;
}

static void count_spending(struct mz_run *run, int32_t trace_job, const struct mz_job *job)
{
    int32_t partner = mz_fleet_partner_of(run->fleet, job->parts[0].node);

    run->result->partners[partner].spent_usd +=
        (double)mz_price_times(chips_milli_of(run, trace_job), run->now_us - job->start_us,
            job->price_micro_per_chip_hour) /
        1e6;
}

void mz_run_stop_job(
    struct mz_run *run, int32_t trace_job, const char *event, const char *reason, int64_t notice_us)
{
    struct mz_run_job *job = &run->jobs[trace_job];
    struct mz_job seen = mz_engine_job(run->engine, job->engine_job);
    const struct mz_trace_job *from = &run->trace->jobs[trace_job];
    int64_t wall_us;

    count_used(run, seen.parts, seen.part_count, -1);
    count_team(run, trace_job, &seen);
    tell_parts(run, trace_job, event, &seen, -1, reason);
    keep_attempt(run, trace_job, &seen,
        strcmp(event, "preempt") == 0          ? "preempt"
            : strcmp(reason, "reclaimed") == 0 ? "reclaim"
                                               : "fail");
    count_spending(run, trace_job, &seen);
    if (notice_us > 0 && job->interval_us >= 0 &&
        notice_us >= run->options->failures.checkpoint_cost_us)
        tell_job(run, trace_job, "checkpoint", -1, "notice");
    mz_run_interrupt(
        run, job, chips_milli_of(run, trace_job), run->now_us - seen.start_us, notice_us);
    wall_us = mz_run_attempt_us(run, job, MZ_MILLI, true);
    if (from->limit_us > wall_us)
        wall_us = from->limit_us;
    mz_run_mix(run, (uint64_t)run->now_us);
    mz_run_mix(run, (uint64_t)trace_job << 2 | 3);
    mz_engine_stopped(run->engine, run->now_us, job->engine_job, wall_us > 0 ? wall_us : 1);
    job->since_us = run->now_us;
    count_waiting(run, trace_job, 1);
}

static void end_job(struct mz_run *run, int32_t trace_job)
{
    struct mz_run_job *job = &run->jobs[trace_job];
    struct mz_job seen = mz_engine_job(run->engine, job->engine_job);
    const struct mz_trace_job *from = &run->trace->jobs[trace_job];
    struct mz_sim_result *result = run->result;

    count_used(run, seen.parts, seen.part_count, -1);
    count_team(run, trace_job, &seen);
    tell_parts(run, trace_job, "end", &seen, -1, "done");
    keep_attempt(run, trace_job, &seen, "end");
    if (run->contracts)
        count_spending(run, trace_job, &seen);
    mz_run_finish_work(run, job, chips_milli_of(run, trace_job), run->now_us - seen.start_us);
    mz_engine_end(run->engine, run->now_us, job->engine_job);
    mz_run_mix(run, (uint64_t)run->now_us);
    mz_run_mix(run, (uint64_t)trace_job << 2 | 2);
    result->jobs++;
    run->left_count--;
    run->last_end_us = run->now_us;
    run->last_good_us = run->now_us;
    run->failures_since_good = 0;
    result->jct_s[trace_job] = (double)(run->now_us - from->submit_us) / 1e6;
    result->queue_s[trace_job] = (double)job->queue_us / 1e6;
    if (from->deadline_us >= 0) {
        result->deadline_count++;
        result->deadline_met += run->now_us <= from->deadline_us;
    }
}

/* ---- events ---- */

static void submit(struct mz_run *run, int32_t trace_job)
{
    struct mz_request request;
    const char *reason = NULL;

    run->jobs[trace_job].engine_job = -1;
    run->jobs[trace_job].since_us = run->now_us;
    run->last_good_us = run->now_us;
    run->failures_since_good = 0;
    tell_job(run, trace_job, "submit", -1, "");
    if (!mz_run_request(run, trace_job, &request, &reason)) {
        if (run->result->dropped++ == 0) {
            run->result->first_dropped = trace_job;
            run->result->drop_reason = reason;
        }
        run->left_count--;
        tell_job(run, trace_job, "drop", -1, reason);
        return;
    }
    run->jobs[trace_job].engine_job = mz_engine_submit(run->engine, run->now_us, &request);
    run->trace_job[run->jobs[trace_job].engine_job] = trace_job;
    count_waiting(run, trace_job, 1);
}

static const char *job_name(struct mz_run *run, int32_t trace_job)
{
    const struct mz_trace_job *job = &run->trace->jobs[trace_job];

    return job->name ? job->name : mz_arena_printf(run->arena, "%d", job->line);
}

static void preempt_job(struct mz_run *run, int32_t trace_job)
{
    const struct mz_run_job *job = &run->jobs[trace_job];
    const char *reason = job->stop_reason;

    run->result->preemptions++;
    if (run->options->sink)
        reason = mz_arena_printf(run->arena, "%s, for %s", reason, job_name(run, job->stopped_for));
    mz_run_stop_job(run, trace_job, "preempt", reason, run->policy->grace_us);
}

/* The next checkpoint of a running attempt, told when it is complete; only where somebody listens,
 * because it changes nothing. */
static void plan_checkpoint(struct mz_run *run, int32_t trace_job)
{
    struct mz_run_job *job = &run->jobs[trace_job];
    int64_t cost_us = run->options->failures.checkpoint_cost_us;

    if (run->options->sink && job->checkpoints_left-- > 0)
        mz_run_push(run, run->now_us + job->interval_us + cost_us, MZ_RUN_CHECKPOINT, trace_job,
            job->attempt);
}

static void take_event(struct mz_run *run, const struct mz_run_event *event)
{
    switch ((enum mz_run_event_kind)(event->order >> 56)) {
    case MZ_RUN_END:
        if (run->jobs[event->a].attempt == event->b &&
            mz_engine_state(run->engine, run->jobs[event->a].engine_job) != MZ_JOB_WAITING)
            end_job(run, event->a);
        break;
    case MZ_RUN_GRACE_END:
        if (run->jobs[event->a].attempt == event->b &&
            mz_engine_state(run->engine, run->jobs[event->a].engine_job) == MZ_JOB_STOPPING)
            preempt_job(run, event->a);
        break;
    case MZ_RUN_REPAIR: mz_run_repair(run, event); break;
    case MZ_RUN_RECLAIM: mz_run_reclaim(run, event); break;
    case MZ_RUN_FAIL: mz_run_fail(run, event); break;
    case MZ_RUN_WAKE: run->wake_us = MZ_TIME_NEVER; break;
    case MZ_RUN_CHECKPOINT:
        if (run->jobs[event->a].attempt == event->b &&
            mz_engine_state(run->engine, run->jobs[event->a].engine_job) == MZ_JOB_RUNNING) {
            tell_job(run, event->a, "checkpoint", -1, "interval");
            plan_checkpoint(run, event->a);
        }
        break;
    }
}

/* ---- decisions ---- */

static void plan_first_checkpoint(struct mz_run *run, int32_t trace_job)
{
    struct mz_run_job *job = &run->jobs[trace_job];
    const struct mz_sim_failures *f = &run->options->failures;
    int64_t restart_us = job->attempt > 1 ? f->restart_us : 0;
    int64_t count;

    /* none at the end of the work */
    count = mz_run_checkpoints(job, job->speed_milli);
    job->checkpoints_left = count < INT32_MAX ? (int32_t)count : INT32_MAX;
    if (job->checkpoints_left-- > 0)
        mz_run_push(run, run->now_us + restart_us + job->interval_us + f->checkpoint_cost_us,
            MZ_RUN_CHECKPOINT, trace_job, job->attempt);
}

static void start_job(struct mz_run *run, const struct mz_place_decision *decision)
{
    int32_t trace_job = run->trace_job[decision->job];
    struct mz_run_job *job = &run->jobs[trace_job];
    int32_t part_count;
    const struct mz_part *parts = mz_engine_parts(run->engine, decision->job, &part_count);
    const struct mz_fleet_pool *pool = &run->fleet->pools[run->fleet->node_pool[parts[0].node]];

    job->attempt++;
    job->site = pool->site;
    if (run->contracts && pool->chip >= 0)
        job->speed_milli = run->contracts->speed_milli[pool->chip];
    job->queue_us += run->now_us - job->since_us;
    mz_run_push(run, run->now_us + mz_run_attempt_us(run, job, job->speed_milli, job->attempt > 1),
        MZ_RUN_END, trace_job, job->attempt);
    if (run->options->sink && job->interval_us > 0)
        plan_first_checkpoint(run, trace_job);
    count_used(run, parts, part_count, 1);
    count_waiting(run, trace_job, -1);
    run->result->partners[run->fleet->sites[job->site].partner].start_count++;
    mz_run_mix(run, (uint64_t)run->now_us);
    mz_run_mix(run, (uint64_t)trace_job << 2);
    for (int32_t i = 0; i < part_count; i++) {
        mz_run_mix(run, (uint64_t)(uint32_t)parts[i].node << 32 | (uint32_t)parts[i].milli);
        mz_run_mix(run, parts[i].chips);
    }
    if (run->options->sink) {
        struct mz_job seen = mz_engine_job(run->engine, decision->job);

        tell_parts(run, trace_job, "start", &seen, decision->until_us, decision->reason);
    }
}

static void obey(struct mz_run *run, const struct mz_place_decision *decision)
{
    int32_t trace_job = run->trace_job[decision->job];

    switch (decision->kind) {
    case MZ_DECIDE_START: start_job(run, decision); break;
    case MZ_DECIDE_RESERVE:
        mz_run_mix(run, (uint64_t)decision->until_us);
        mz_run_mix(run, (uint64_t)trace_job << 2 | 1);
        tell_job(run, trace_job, "reserve", decision->until_us, decision->reason);
        break;
    case MZ_DECIDE_PREEMPT:
        run->jobs[trace_job].stopped_for = run->trace_job[decision->by];
        run->jobs[trace_job].stop_reason = decision->reason;
        mz_run_push(
            run, decision->until_us, MZ_RUN_GRACE_END, trace_job, run->jobs[trace_job].attempt);
        break;
    }
}

/* One step. A grace time of 0 ends at this very time: taken by the next turn of the loop. */
static enum mz_status decide(struct mz_run *run, struct mz_error *err)
{
    const struct mz_place_decision *decisions;
    int32_t count = mz_engine_step(run->engine, run->now_us, &decisions);
    int64_t wake_us;

    for (int32_t i = 0; i < count; i++)
        obey(run, &decisions[i]);
    run->result->decisions += count;
    run->result->events += count;
    wake_us = mz_engine_wake_us(run->engine);
    if (wake_us < run->wake_us) {
        run->wake_us = wake_us;
        mz_run_push(run, wake_us, MZ_RUN_WAKE, 0, 0);
    }
    return run->options->check ? mz_engine_check(run->engine, err) : MZ_OK;
}

static const char *why_job_name(void *context, int32_t engine_job)
{
    struct mz_run *run = context;

    return job_name(run, run->trace_job[engine_job]);
}

static void ask_why(struct mz_run *run)
{
    int32_t job = run->jobs[run->options->why_job].engine_job;
    struct mz_why_names names = { .name = why_job_name, .context = run };
    struct mz_why_answer answer;
    struct mz_text text;

    if (run->next_submit <= run->options->why_job || job < 0 ||
        mz_engine_job(run->engine, job).state != MZ_JOB_WAITING)
        return;
    answer = mz_engine_why(run->engine, run->arena, job, run->now_us);
    mz_text_init(&text);
    mz_why_write(run->engine, &answer, &names, run->now_us, &text);
    run->result->why_text = mz_arena_strdup(run->arena, mz_text_string(&text));
    mz_text_finish(&text);
}

/* All events of the next time; *ret_matters: there is something to decide. False: there are none. */
static bool take_next_time(struct mz_run *run, bool *ret_matters)
{
    const struct mz_trace *trace = run->trace;
    int64_t submit_us = run->next_submit < trace->job_count
        ? trace->jobs[run->next_submit].submit_us
        : MZ_TIME_NEVER;
    int64_t event_us = run->heap.count > 0 ? run->heap.events[0].time_us : MZ_TIME_NEVER;
    int64_t now_us = submit_us < event_us ? submit_us : event_us;

    if (run->left_count == 0 || now_us == MZ_TIME_NEVER)
        return false;
    if (run->options->why_job >= 0 && now_us > run->options->why_at_us)
        return false;
    mz_run_metrics_move(run, now_us);
    run->now_us = now_us;
    *ret_matters = false;
    while (run->heap.count > 0 && run->heap.events[0].time_us == now_us) {
        struct mz_run_event event = pop(&run->heap);

        take_event(run, &event);
        if (event.order >> 56 == MZ_RUN_CHECKPOINT)
            continue;
        run->result->events++;
        *ret_matters = true;
    }
    while (
        run->next_submit < trace->job_count && trace->jobs[run->next_submit].submit_us == now_us) {
        submit(run, (int32_t)run->next_submit++);
        run->result->events++;
        *ret_matters = true;
    }
    return true;
}

static bool is_stuck(struct mz_run *run)
{
    struct mz_sim_result *result = run->result;

    if (mz_engine_waiting_count(run->engine) + mz_engine_running_count(run->engine) == 0)
        return false; /* nobody is there who could be stuck */
    if (run->now_us - run->last_good_us < MZ_SIM_STUCK_US + 2 * run->longest_us &&
        run->failures_since_good < MZ_SIM_STUCK_FAILURES)
        return false;
    result->is_stuck = true;
    for (int64_t i = 0; i < run->next_submit && result->stuck_job < 0; i++) {
        if (run->jobs[i].engine_job < 0 ||
            mz_engine_state(run->engine, run->jobs[i].engine_job) == MZ_JOB_GONE)
            continue;
        result->stuck_job = (int32_t)i;
        result->stuck_attempts = run->jobs[i].attempt;
    }
    return true;
}

static bool is_stopped(struct mz_run *run, int64_t *next_progress)
{
    const struct mz_sim_options *options = run->options;

    if (options->progress && run->result->events >= *next_progress) {
        *next_progress = run->result->events + PROGRESS_EVERY;
        options->progress(options->progress_context, run->trace->job_count - run->left_count,
            run->trace->job_count, run->result->events, run->now_us);
    }
    if (is_stuck(run))
        return true;
    return options->stop && atomic_load_explicit(options->stop, memory_order_relaxed);
}

static enum mz_status loop(struct mz_run *run, struct mz_error *err)
{
    int64_t next_progress = PROGRESS_EVERY;
    enum mz_status status = MZ_OK;

    bool matters;

    while (status == MZ_OK && take_next_time(run, &matters)) {
        if (matters)
            status = decide(run, err);
        if (is_stopped(run, &next_progress))
            break;
    }
    run->result->unfinished = run->left_count;
    run->result->is_complete = run->left_count == 0;
    if (run->options->why_job >= 0)
        ask_why(run);
    return status;
}

static void make_result(struct mz_run *run)
{
    size_t count = (size_t)run->trace->job_count;
    struct mz_sim_result *result = mz_arena_alloc(run->arena, 1, sizeof(*result));

    run->result = result;
    result->policy = run->policy->name;
    result->seed = run->options->seed;
    result->first_dropped = -1;
    result->stuck_job = -1;
    result->job_count = run->trace->job_count;
    result->jct_s = mz_arena_alloc(run->arena, count, sizeof(double));
    result->queue_s = mz_arena_alloc(run->arena, count, sizeof(double));
    for (size_t i = 0; i < count; i++)
        result->jct_s[i] = result->queue_s[i] = NAN;
    result->partner_count = run->fleet->partner_count;
    result->partners =
        mz_arena_alloc(run->arena, (size_t)result->partner_count, sizeof(*result->partners));
}

enum mz_status mz_sim_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, const struct mz_policy *policy, const struct mz_sim_teams *teams,
    struct mz_contracts *contracts, const struct mz_sim_options *options,
    struct mz_sim_result **ret_result, struct mz_error *err)
{
    struct mz_run run = { .arena = arena,
        .fleet = fleet,
        .trace = trace,
        .policy = policy,
        .options = options,
        .contracts = contracts,
        .hash = UINT64_C(0x6D697A616E) };
    enum mz_status status = mz_run_setup(&run, teams, err);

    if (status == MZ_OK) {
        make_result(&run);
        mz_run_metrics_init(&run);
        run.now_us = run.metrics.begin_us;
        run.last_good_us = run.metrics.begin_us;
        mz_run_plan_failures(&run);
        status = loop(&run, err);
    }
    if (status == MZ_OK && run.result->dropped == trace->job_count)
        status =
            mz_fail(err, MZ_E_INPUT, "%s:%d: no job of the trace fits this fleet; the first: %s",
                trace->name, trace->jobs[0].line, run.result->drop_reason);
    if (status == MZ_OK) {
        mz_run_finish(&run);
        *ret_result = run.result;
    }
    free(run.heap.events);
    mz_engine_free(run.engine);
    mz_teams_free(run.teams);
    return status;
}
