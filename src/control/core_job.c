/* core_job.c - what users ask for, and what becomes of a job
 *
 *   held ──release──> pending ──planner──> placing ──permit──> running ──> done, failed
 *     <────hold─────────┘                     │                   │
 *                    restarting <──────── its attempt ended, another is due
 *
 * A job is told to the planner when nothing of its own stands in the way: it is not held, what it
 * depends on has ended as it should, its array has room, and there is a partner that it does not
 * avoid. mz_core_consider looks at all of that and is called whenever one of them may have changed.
 */
#include "control/core_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MISHAP_SHARE = 4 }; /* of the time for which a partner that refused is avoided */

/* ---- who may wait for a place ---- */

static uint64_t partners_of(const struct mz_core *core)
{
    return core->partner_count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << core->partner_count) - 1;
}

uint64_t mz_core_mask(const struct mz_core *core, const struct core_job *job)
{
    uint64_t mask = job->live->need->partner_mask & partners_of(core);

    for (int32_t p = 0; p < core->partner_count; p++) {
        if (strcmp(job->row.avoid, core->partners[p].name) == 0)
            mask &= ~(UINT64_C(1) << p);
        else if (*job->row.want && strcmp(job->row.want, core->partners[p].name) != 0)
            mask &= ~(UINT64_C(1) << p);
    }
    return mask & ~job->live->avoid_mask;
}

enum dependency_answer { DEPENDENCY_HOLDS, DEPENDENCY_OPEN, DEPENDENCY_NEVER };

static enum dependency_answer ask_dependency(
    const struct mz_core *core, const struct mz_dependency *dependency)
{
    const struct core_job *other = mz_core_find(core, dependency->job);

    if (!other) /* pruned long ago: it has ended, how is not known */
        return dependency->kind == MZ_AFTER_ANY ? DEPENDENCY_HOLDS : DEPENDENCY_NEVER;
    if (!mz_run_state_is_end(other->row.state))
        return DEPENDENCY_OPEN;
    switch (dependency->kind) {
    case MZ_AFTER_ANY: return DEPENDENCY_HOLDS;
    case MZ_AFTER_OK: return other->row.state == MZ_RUN_DONE ? DEPENDENCY_HOLDS : DEPENDENCY_NEVER;
    case MZ_AFTER_NOT_OK:
        return other->row.state == MZ_RUN_DONE ? DEPENDENCY_NEVER : DEPENDENCY_HOLDS;
    }
    return DEPENDENCY_NEVER;
}

static struct core_array *array_of(struct mz_core *core, const struct core_job *job)
{
    if (!job->row.array_job || job->live->need->array_parallel <= 0)
        return NULL;
    for (int32_t a = 0; a < core->array_count; a++) {
        if (core->arrays[a].array_job == job->row.array_job)
            return &core->arrays[a];
    }
    if (core->array_count == core->array_capacity) {
        core->array_capacity = core->array_capacity ? 2 * core->array_capacity : 8;
        core->arrays =
            mz_xrealloc(core->arrays, (size_t)core->array_capacity, sizeof(*core->arrays));
    }
    core->arrays[core->array_count] = (struct core_array){
        .array_job = job->row.array_job, .limit = job->live->need->array_parallel, .next = INT64_MAX
    };
    return &core->arrays[core->array_count++];
}

void mz_core_count_in_array(struct mz_core *core, struct core_job *job)
{
    struct core_array *array = array_of(core, job);

    if (array && !job->live->counts_in_array) {
        array->active++;
        job->live->counts_in_array = true;
    }
}

static void plan_wait(struct mz_core *core, struct core_job *job, enum mz_plan_kind kind)
{
    struct mz_plan_message message = { .kind = kind,
        .job = job->row.id,
        .wait = ++core->next_wait,
        .job_name = job->row.name,
        .need = job->live->need,
        .partner_mask = mz_core_mask(core, job),
        .team = job->row.team,
        .priority = job->row.priority,
        .submitted_us = job->row.submitted_us };

    job->live->in_planner = true;
    job->live->wait = message.wait;
    core->ops.plan(core->context, &message);
}

void mz_core_plan_end(struct mz_core *core, struct core_job *job)
{
    struct mz_plan_message message = { .kind = MZ_PLAN_END, .job = job->row.id };

    if (!job->live->in_planner)
        return;
    job->live->in_planner = false;
    job->live->promise_us = 0;
    core->ops.plan(core->context, &message);
}

static bool dependencies_hold(struct mz_core *core, struct core_job *job)
{
    const struct mz_need *need = job->live->need;
    bool open = false;

    for (int32_t d = 0; d < need->dependency_count; d++) {
        switch (ask_dependency(core, &need->dependencies[d])) {
        case DEPENDENCY_HOLDS: break;
        case DEPENDENCY_OPEN: open = true; break;
        case DEPENDENCY_NEVER:
            mz_core_set_note(core, job, "its condition %s:%" PRId64 " can no longer be met",
                mz_dependency_kind_name(need->dependencies[d].kind), need->dependencies[d].job);
            mz_core_end_job(core, job, MZ_RUN_CANCELLED, MZ_EXIT_NONE);
            return false;
        }
    }
    return !open;
}

void mz_core_consider(struct mz_core *core, struct core_job *job)
{
    struct core_live *live = job->live;
    struct core_array *array;

    if (!live || live->attempt ||
        (job->row.state != MZ_RUN_PENDING && job->row.state != MZ_RUN_RESTARTING))
        return;
    if (!live->in_planner && job->row.state == MZ_RUN_PENDING && !dependencies_hold(core, job))
        return;
    if (mz_core_mask(core, job) == 0) {
        mz_core_plan_end(core, job);
        return;
    }
    array = array_of(core, job);
    if (array && !live->counts_in_array) {
        if (array->active >= array->limit) {
            if (job->row.id < array->next)
                array->next = job->row.id;
            return;
        }
        mz_core_count_in_array(core, job);
    }
    plan_wait(core, job, live->in_planner ? MZ_PLAN_AGAIN : MZ_PLAN_WAIT);
}

/* An element of an array with a limit has ended: the next one may go. */
static void let_next_go(struct mz_core *core, int64_t array_job)
{
    for (int32_t a = 0; a < core->array_count; a++) {
        struct core_array *array = &core->arrays[a];
        int64_t from;

        if (array->array_job != array_job)
            continue;
        array->active--;
        from = array->next;
        array->next = INT64_MAX; /* whoever is turned away again says so */
        for (int64_t id = from; id < core->next_job; id++) {
            struct core_job *next = mz_core_find(core, id);

            if (next && next->row.array_job != array_job)
                return; /* its elements follow each other */
            if (next)
                mz_core_consider(core, next);
            if (core->arrays[a].next <= id)
                return; /* full */
        }
        return;
    }
}

void mz_core_link_dependencies(struct mz_core *core, struct core_job *job)
{
    const struct mz_need *need = job->live->need;

    for (int32_t d = 0; need && d < need->dependency_count; d++) {
        struct core_job *other = mz_core_find(core, need->dependencies[d].job);
        struct core_live *live = other ? other->live : NULL;

        if (!live)
            continue;
        if (live->dependent_count == live->dependent_capacity) {
            live->dependent_capacity = live->dependent_capacity ? 2 * live->dependent_capacity : 4;
            live->dependents = mz_xrealloc(
                live->dependents, (size_t)live->dependent_capacity, sizeof(*live->dependents));
        }
        live->dependents[live->dependent_count++] = job->row.id;
    }
}

/* One by one, not one inside the other: a chain of jobs may be as long as there are jobs. */
static void consider_later(struct mz_core *core, const int64_t *jobs, int32_t count)
{
    bool is_first = core->due_count == 0;

    if (count == 0)
        return;
    core->due = mz_xrealloc(core->due, core->due_count + (size_t)count, sizeof(*core->due));
    memcpy(core->due + core->due_count, jobs, (size_t)count * sizeof(*jobs));
    core->due_count += (size_t)count;
    if (!is_first)
        return;
    for (size_t d = 0; d < core->due_count; d++) {
        struct core_job *job = mz_core_find(core, core->due[d]);

        if (job && job->live && !job->live->in_planner)
            mz_core_consider(core, job);
    }
    core->due_count = 0;
    free(core->due);
    core->due = NULL;
}

void mz_core_end_job(
    struct mz_core *core, struct core_job *job, enum mz_run_state state, int32_t exit_code)
{
    bool in_array = job->live->counts_in_array;
    int32_t count = job->live->dependent_count;
    int64_t *dependents = job->live->dependents;

    assert(mz_run_state_is_end(state) && !job->live->attempt);
    mz_core_plan_end(core, job);
    mz_core_set_state(core, job, state);
    /* A command may end with 0 when it is stopped: that is not why the job failed. */
    job->row.exit_code = state == MZ_RUN_FAILED && exit_code == 0 ? MZ_EXIT_NONE : exit_code;
    job->row.ended_us = core->wall_us;
    mz_core_touch_job(core, job);
    mz_core_event(core, job, mz_run_state_name(state), job->row.partner, "", "%s",
        job->row.note ? job->row.note : "");
    job->live->dependents = NULL;
    mz_core_drop_live(core, job);
    consider_later(core, dependents, count);
    free(dependents);
    if (in_array)
        let_next_go(core, job->row.array_job);
}

/* ---- after an attempt ---- */

/* A refusal stands for a while. A withdrawal is a mishap, which is over soon: others are tried first,
 * but may have no room, and what was lost is to be placed again within half a minute. */
static void avoid(
    struct mz_core *core, struct core_job *job, int32_t partner, enum mz_end_reason reason)
{
    int64_t wait_us = reason == MZ_END_WITHDRAWN ? core->avoid_us / MISHAP_SHARE : core->avoid_us;

    job->live->avoid_mask |= UINT64_C(1) << partner;
    job->live->avoid_until_us = core->mono_us + wait_us;
    mz_core_wake_by(core, job->live->avoid_until_us);
}

static void again(struct mz_core *core, struct core_job *job)
{
    mz_core_set_state(core, job, job->row.started_us ? MZ_RUN_RESTARTING : MZ_RUN_PENDING);
    mz_core_consider(core, job);
}

static void count_restart(struct mz_core *core, struct core_job *job, int32_t exit_code)
{
    if (job->row.restart_count >= job->live->need->max_restarts) {
        mz_core_set_note(core, job, "%s; restarted %" PRId32 " times, which is its limit",
            job->row.note ? job->row.note : "lost", job->row.restart_count);
        mz_core_end_job(core, job, MZ_RUN_FAILED, exit_code);
        return;
    }
    job->row.restart_count++;
    mz_core_touch_job(core, job);
    again(core, job);
}

static void after_exit(struct mz_core *core, struct core_job *job, int32_t exit_code)
{
    if (exit_code == 0) {
        mz_core_set_note(core, job, "%s", "");
        mz_core_end_job(core, job, MZ_RUN_DONE, 0);
        return;
    }
    if (exit_code > 128)
        mz_core_set_note(core, job, "ended by signal %" PRId32, exit_code - 128);
    else
        mz_core_set_note(core, job, "exit code %" PRId32, exit_code);
    if (job->live->need->restart_on_failure)
        count_restart(core, job, exit_code);
    else
        mz_core_end_job(core, job, MZ_RUN_FAILED, exit_code);
}

void mz_core_after_attempt(struct mz_core *core, struct core_job *job, int32_t partner,
    enum mz_end_reason reason, int32_t exit_code)
{
    if (job->row.cancel_wanted && !(reason == MZ_END_EXIT && exit_code == 0)) {
        mz_core_set_note(core, job, "%s", "cancelled");
        mz_core_end_job(core, job, MZ_RUN_CANCELLED, exit_code);
        return;
    }
    switch (reason) {
    case MZ_END_NONE:
    case MZ_END_EXIT: after_exit(core, job, exit_code); break;
    case MZ_END_CANCELLED: mz_core_end_job(core, job, MZ_RUN_CANCELLED, exit_code); break;
    case MZ_END_PREEMPTED:
    case MZ_END_MOVED: again(core, job); break;
    case MZ_END_REFUSED:
    case MZ_END_WITHDRAWN:
        avoid(core, job, partner, reason);
        again(core, job);
        break;
    case MZ_END_NODE_LOST: count_restart(core, job, exit_code); break;
    case MZ_END_PARTNER_LOST:
        if (job->live->need->on_partner_loss == MZ_LOSS_FAIL)
            mz_core_end_job(core, job, MZ_RUN_FAILED, exit_code);
        else
            count_restart(core, job, exit_code);
        break;
    case MZ_END_TIME_LIMIT:
        mz_core_set_note(core, job, "%s", "stopped at its time limit");
        mz_core_end_job(core, job, MZ_RUN_FAILED, exit_code);
        break;
    case MZ_END_LAUNCH:
    case MZ_END_REASON_COUNT: mz_core_end_job(core, job, MZ_RUN_FAILED, exit_code); break;
    }
}

/* ---- submit ---- */

static const struct core_key *find_key(const struct mz_core *core, const char *key)
{
    for (int32_t k = 0; k < core->key_count; k++) {
        if (strcmp(core->keys[k].key, key) == 0)
            return &core->keys[k];
    }
    return NULL;
}

/* A key that is on its way to the journal: true when the request ends here. */
static bool answer_repeated(struct mz_core *core, const char *key, const char *hash, void *ticket)
{
    const struct core_key *known = key ? find_key(core, key) : NULL;

    if (!known)
        return false;
    if (strcmp(known->hash, hash) != 0)
        mz_core_fail(core, ticket, MZ_CORE_CONFLICT,
            "this Idempotency-Key was used with another body; nothing was submitted");
    else
        mz_core_answer(core, ticket,
            &(struct mz_core_answer){
                .job = known->job, .job_count = known->job_count, .is_repeated = true });
    return true;
}

static void remember_key(
    struct mz_core *core, const char *key, const char *hash, int64_t job, int32_t job_count)
{
    struct mz_record record = { .kind = MZ_RECORD_KEY };
    struct core_key *place;

    if (core->key_count == core->key_capacity) {
        core->key_capacity = core->key_capacity ? 2 * core->key_capacity : 16;
        core->keys = mz_xrealloc(core->keys, (size_t)core->key_capacity, sizeof(*core->keys));
    }
    place = &core->keys[core->key_count++];
    *place = (struct core_key){ .job = job, .job_count = job_count, .batch = core->number + 1 };
    mz_core_set_text(&place->key, key);
    mz_core_set_text(&place->hash, hash);
    record.key = (struct mz_key_row){ .key = mz_core_turn_text(core, key),
        .hash = mz_core_turn_text(core, hash),
        .job = job,
        .job_count = job_count,
        .created_us = core->wall_us };
    mz_core_add_record(core, &record);
}

static struct mz_need *copy_need(const struct mz_need *need)
{
    struct mz_need *copy = mz_xcalloc(1, sizeof(*copy));

    *copy = *need;
    if (need->dependency_count > 0) {
        copy->dependencies =
            mz_xcalloc((size_t)need->dependency_count, sizeof(*copy->dependencies));
        memcpy(copy->dependencies, need->dependencies,
            (size_t)need->dependency_count * sizeof(*copy->dependencies));
    }
    return copy;
}

static void accept_job(struct mz_core *core, const struct mz_caller *caller,
    const struct mz_core_submit *submit, int64_t spec, int64_t array_job, int32_t array_index,
    struct mz_need *need)
{
    struct core_job *job = mz_core_add_job(core, core->next_job);
    struct mz_job_row *row = &job->row;

    row->spec = spec;
    row->array_job = array_job;
    row->array_index = array_index;
    row->owner_uid = caller->uid;
    row->owner = mz_intern_text(core->intern, caller->name);
    mz_core_set_text((char **)&row->name, submit->name);
    row->team = mz_intern_text(core->intern, submit->team);
    row->priority = submit->priority;
    row->chips = need->chips;
    row->submitted_us = core->wall_us;
    job->live->need = need;
    mz_core_link_dependencies(core, job);
    mz_core_touch_job(core, job);
    if (submit->is_held)
        mz_core_set_state(core, job, MZ_RUN_HELD);
    mz_core_event(core, job, "submitted", "", caller->actor, "%" PRId32 " chip%s", need->chips,
        need->chips == 1 ? "" : "s");
    mz_core_consider(core, job);
}

static void accept(
    struct mz_core *core, const struct mz_caller *caller, const struct mz_core_submit *submit)
{
    struct mz_record record = { .kind = MZ_RECORD_SPEC };
    int32_t count = submit->array_count > 0 ? submit->array_count : 1;
    int64_t array_job = submit->array_count > 0 ? core->next_job : 0;

    for (int32_t c = 0; c < submit->need->chip_count; c++)
        submit->need->chips_wanted[c] = mz_intern_text(core->intern, submit->need->chips_wanted[c]);
    record.spec.id = core->next_spec++;
    record.spec.json = mz_core_turn_text(core, submit->spec_json);
    mz_core_add_record(core, &record);
    for (int32_t i = 0; i < count; i++)
        accept_job(core, caller, submit, record.spec.id, array_job,
            submit->array_count > 0 ? submit->array_indices[i] : 0,
            i == count - 1 ? submit->need : copy_need(submit->need));
}

static bool dependencies_are_known(struct mz_core *core, const struct mz_need *need, void *ticket)
{
    for (int32_t d = 0; d < need->dependency_count; d++) {
        if (mz_core_find(core, need->dependencies[d].job))
            continue;
        mz_core_fail(core, ticket, MZ_CORE_INVALID,
            "it depends on job %" PRId64 ", which is not known; nothing was submitted",
            need->dependencies[d].job);
        return false;
    }
    return true;
}

void mz_core_submit(struct mz_core *core, const struct mz_caller *caller,
    const struct mz_core_submit *submits, int32_t count, const char *key, const char *key_hash,
    void *ticket)
{
    struct mz_core_answer answer = { .job = core->next_job };
    int64_t total = 0;
    bool done = answer_repeated(core, key, key_hash, ticket);

    for (int32_t s = 0; s < count; s++) {
        total += submits[s].array_count > 0 ? submits[s].array_count : 1;
        done = done || !dependencies_are_known(core, submits[s].need, ticket);
    }
    if (!done &&
        (total > MZ_CORE_SUBMIT_MAX || core->known_count + total > MZ_CORE_JOBS_KNOWN_MAX)) {
        mz_core_fail(core, ticket, MZ_CORE_UNAVAILABLE,
            "%" PRId64 " jobs in one call, %" PRId64 " known: at most %d and %d; nothing was "
            "submitted",
            total, core->known_count, MZ_CORE_SUBMIT_MAX, MZ_CORE_JOBS_KNOWN_MAX);
        done = true;
    }
    if (done) {
        for (int32_t s = 0; s < count; s++)
            mz_need_free(submits[s].need);
        return;
    }
    for (int32_t s = 0; s < count; s++)
        accept(core, caller, &submits[s]);
    answer.job_count = (int32_t)total;
    if (key)
        remember_key(core, key, key_hash, answer.job, answer.job_count);
    mz_core_answer(core, ticket, &answer);
}

/* ---- what else users ask ---- */

/* NULL when the ticket has been answered. */
static struct core_job *find_live(struct mz_core *core, int64_t id, const char *what, void *ticket)
{
    struct core_job *job = mz_core_find(core, id);

    if (!job)
        mz_core_fail(core, ticket, MZ_CORE_NOT_FOUND, "there is no job %" PRId64, id);
    else if (!job->live)
        mz_core_fail(core, ticket, MZ_CORE_CONFLICT, "job %" PRId64 " is %s already; it was not %s",
            id, mz_run_state_name(job->row.state), what);
    return job && job->live ? job : NULL;
}

static void answer_ok(struct mz_core *core, const struct core_job *job, void *ticket)
{
    mz_core_answer(core, ticket, &(struct mz_core_answer){ .job = job->row.id });
}

void mz_core_cancel(struct mz_core *core, const struct mz_caller *caller, int64_t id, void *ticket)
{
    struct core_job *job = find_live(core, id, "cancelled", ticket);

    if (!job)
        return;
    if (!job->row.cancel_wanted) {
        job->row.cancel_wanted = true;
        mz_core_touch_job(core, job);
        mz_core_event(core, job, "cancel-asked", job->row.partner, caller->actor, "%s", "");
    }
    if (job->live->attempt) {
        mz_core_stop_attempt(core, job, MZ_END_CANCELLED);
    } else {
        mz_core_set_note(core, job, "%s", "cancelled");
        mz_core_end_job(core, job, MZ_RUN_CANCELLED, MZ_EXIT_NONE);
    }
    answer_ok(core, job, ticket);
}

void mz_core_hold(struct mz_core *core, const struct mz_caller *caller, int64_t id, void *ticket)
{
    struct core_job *job = find_live(core, id, "held", ticket);

    if (!job)
        return;
    if (job->row.state == MZ_RUN_HELD) {
        answer_ok(core, job, ticket);
        return;
    }
    if (job->live->attempt) {
        mz_core_fail(core, ticket, MZ_CORE_CONFLICT,
            "job %" PRId64 " is %s; only a job that waits can be held", id,
            mz_run_state_name(job->row.state));
        return;
    }
    mz_core_plan_end(core, job);
    mz_core_set_state(core, job, MZ_RUN_HELD);
    mz_core_event(core, job, "held", "", caller->actor, "%s", "");
    answer_ok(core, job, ticket);
}

void mz_core_release(struct mz_core *core, const struct mz_caller *caller, int64_t id, void *ticket)
{
    struct core_job *job = find_live(core, id, "released", ticket);

    if (!job)
        return;
    if (job->row.state == MZ_RUN_HELD) {
        mz_core_event(core, job, "released", "", caller->actor, "%s", "");
        mz_core_set_state(core, job, job->row.started_us ? MZ_RUN_RESTARTING : MZ_RUN_PENDING);
        mz_core_consider(core, job);
    }
    answer_ok(core, job, ticket);
}

void mz_core_set_priority(struct mz_core *core, const struct mz_caller *caller, int64_t id,
    int32_t priority, void *ticket)
{
    struct core_job *job = find_live(core, id, "changed", ticket);

    if (!job)
        return;
    mz_core_event(core, job, "priority", "", caller->actor, "from %" PRId32 " to %" PRId32,
        job->row.priority, priority);
    job->row.priority = priority;
    mz_core_touch_job(core, job);
    if (!job->live->attempt && job->live->in_planner)
        mz_core_consider(core, job);
    answer_ok(core, job, ticket);
}

void mz_core_move(
    struct mz_core *core, const struct mz_caller *caller, int64_t id, const char *to, void *ticket)
{
    struct core_job *job = find_live(core, id, "moved", ticket);
    const char *from;

    if (!job)
        return;
    if (*to && mz_core_find_partner(core, to) < 0) {
        mz_core_fail(core, ticket, MZ_CORE_NOT_FOUND,
            "there is no partner '%.80s'; job %" PRId64 " was not moved", to, id);
        return;
    }
    if (*to && !(job->live->need->partner_mask & UINT64_C(1) << mz_core_find_partner(core, to))) {
        mz_core_fail(core, ticket, MZ_CORE_CONFLICT,
            "job %" PRId64 " does not allow partner '%.80s'; it was not moved", id, to);
        return;
    }
    from = job->live->attempt ? core->partners[job->live->attempt->partner].name : "";
    if (!*to && *from &&
        !(job->live->need->partner_mask & partners_of(core) &
            ~(UINT64_C(1) << job->live->attempt->partner))) {
        mz_core_fail(core, ticket, MZ_CORE_CONFLICT,
            "job %" PRId64 " allows no partner but '%.80s'; it was not moved", id, from);
        return;
    }
    job->row.want = mz_intern_text(core->intern, to);
    job->row.avoid = *to ? "" : mz_intern_text(core->intern, from);
    mz_core_touch_job(core, job);
    mz_core_event(core, job, "move-asked", from, caller->actor, "to %s", *to ? to : "elsewhere");
    if (!job->live->attempt)
        mz_core_consider(core, job);
    else if (strcmp(from, to) != 0)
        mz_core_stop_attempt(core, job, MZ_END_MOVED);
    answer_ok(core, job, ticket);
}
