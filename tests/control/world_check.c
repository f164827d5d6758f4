/* world_check.c - the judge: what rows were written, what shims did, and what must never be
 *
 * Of the journal, batch by batch: events are numbered without gaps; a job has at most one attempt
 * that has not ended, numbers grow by one, what has ended stays so; an array keeps its limit; who
 * depends on others is placed when they ended as they should; a new attempt begins at the newest
 * checkpoint.
 * Of answers: an accepted job, a permit, a publication is in the journal when it is told; the same
 * key means the same job; no publication comes behind one of a newer attempt.
 * Of lists: what waits for a node that two in a row show shut is taken back, what one shows is not.
 * Of commands: one for each attempt and rank, ever, all of one run of the partner's script; none of an attempt runs when the journal says
 * that the attempt has ended, but for what a frozen shim could not stop.
 * Of the end: every accepted job has ended, once; a done one has run to its end on every rank of
 * its last attempt; a cancelled one was asked to be, or waited for what cannot come; restarts keep
 * to their limit; nothing is left over at partners; the core's spend is the journal's. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world_attempt *world_find_attempt(struct world *w, int64_t job, int32_t n)
{
    for (int32_t a = w->attempt_count - 1; a >= 0; a--) {
        if (w->attempts[a].job == job && w->attempts[a].n == n)
            return &w->attempts[a];
    }
    return NULL;
}

/* ---- commands and freezes ---- */

/* Was the shim frozen all the time from begin to end? */
static bool is_excused(const struct world_run *run, int64_t begin_us, int64_t end_us)
{
    for (int32_t i = 0; i < run->window_count; i++) {
        if (run->windows[i][0] <= begin_us && end_us <= run->windows[i][1])
            return true;
    }
    return false;
}

int32_t world_run_begin(struct world *w, const struct world_shim *shim)
{
    int64_t job = w->remotes[shim->remote].job;
    int32_t n = w->remotes[shim->remote].n;
    int32_t rank = shim->rank;
    const struct world_attempt *attempt = world_find_attempt(w, job, n);

    for (int32_t r = 0; r < w->run_count; r++) {
        const struct world_run *run = &w->runs[r];

        if (run->job != job || run->n != n)
            continue;
        if (run->rank == rank)
            world_fail(w, "rank %" PRId32 " of %" PRId64 ".%" PRId32 " begins twice", rank, job, n);
        if (run->run != shim->run)
            world_fail(w, "ranks of two runs begin in %" PRId64 ".%" PRId32, job, n);
    }
    if (!attempt || attempt->state == MZ_ATTEMPT_ENDED)
        world_fail(w, "%" PRId64 ".%" PRId32 " begins and has ended", job, n);
    if (w->run_count == RUNS_MAX) {
        world_fail(w, "more than %d commands", RUNS_MAX);
        return 0;
    }
    w->sums.commands++;
    w->runs[w->run_count] = (struct world_run){
        .job = job, .n = n, .rank = rank, .run = shim->run, .begin_us = w->now_us
    };
    return w->run_count++;
}

/* The journal says that the attempt has ended: what of it still runs? */
static void check_ended(struct world *w, const struct world_attempt *attempt)
{
    for (int32_t r = 0; r < w->run_count; r++) {
        const struct world_run *run = &w->runs[r];

        if (run->job == attempt->job && run->n == attempt->n && run->end_us == 0 &&
            !is_excused(run, w->now_us, w->now_us))
            world_fail(w, "%" PRId64 ".%" PRId32 " has ended and its rank %" PRId32 " runs on",
                attempt->job, attempt->n, run->rank);
    }
}

static void check_overlaps(struct world *w)
{
    for (int32_t a = 0; a < w->run_count; a++) {
        for (int32_t b = 0; b < w->run_count; b++) {
            const struct world_run *old = &w->runs[a];
            const struct world_run *young = &w->runs[b];
            int64_t end_us = old->end_us ? old->end_us : INT64_MAX - 1;
            int64_t until_us = young->end_us && young->end_us < end_us ? young->end_us : end_us;

            if (old->job != young->job || old->n >= young->n || young->begin_us >= end_us)
                continue;
            w->sums.overlaps++;
            if (!is_excused(old, young->begin_us, until_us))
                world_fail(w,
                    "attempts %" PRId32 " and %" PRId32 " of job %" PRId64 " ran at once at %.3f s",
                    old->n, young->n, old->job, (double)young->begin_us / 1e6);
        }
    }
}

/* ---- rows ---- */

static bool dependency_holds(const struct world *w, const struct mz_dependency *dependency)
{
    enum mz_run_state state = w->jobs[dependency->job].state;

    switch (dependency->kind) {
    case MZ_AFTER_OK: return state == MZ_RUN_DONE;
    case MZ_AFTER_ANY: return mz_run_state_is_end(state);
    case MZ_AFTER_NOT_OK: return state == MZ_RUN_FAILED || state == MZ_RUN_CANCELLED;
    }
    return false;
}

static bool dependencies_hold(const struct world *w, const struct world_job *job)
{
    const struct world_spec *spec = &w->specs[job->spec];

    for (int32_t d = 0; d < spec->dependency_count; d++) {
        if (!dependency_holds(w, &spec->dependencies[d]))
            return false;
    }
    return true;
}

static void check_new_attempt(struct world *w, const struct mz_attempt_row *row)
{
    struct world_job *job = &w->jobs[row->job];

    if (w->attempt_count == ATTEMPTS_MAX) {
        world_fail(w, "more than %d attempts", ATTEMPTS_MAX);
        return;
    }
    if (row->n != ++job->attempt_count)
        world_fail(w, "job %" PRId64 ": attempt %" PRId32 " behind %" PRId32, row->job, row->n,
            job->attempt_count - 1);
    if (strcmp(row->checkpoint, job->checkpoint) != 0)
        world_fail(w, "%" PRId64 ".%" PRId32 " begins at checkpoint '%s', the newest is '%s'",
            row->job, row->n, row->checkpoint, job->checkpoint);
    if (job->id && row->n == 1 && !dependencies_hold(w, job))
        world_fail(w, "job %" PRId64 " is placed before what it depends on", row->job);
    w->sums.attempts++;
    w->attempts[w->attempt_count++] = (struct world_attempt){
        .job = row->job, .n = row->n, .node_count = row->node_count, .state = MZ_ATTEMPT_INTENT
    };
    job->live_attempts++;
}

static void check_attempt(struct world *w, const struct mz_attempt_row *row)
{
    struct world_job *job = &w->jobs[row->job];
    struct world_attempt *attempt = world_find_attempt(w, row->job, row->n);

    job->is_touched = true;
    if (!attempt) {
        check_new_attempt(w, row);
        attempt = world_find_attempt(w, row->job, row->n);
        if (!attempt)
            return;
    }
    if (attempt->state == MZ_ATTEMPT_ENDED)
        world_fail(w, "%" PRId64 ".%" PRId32 " changes behind its end", row->job, row->n);
    (void)snprintf(job->checkpoint, sizeof(job->checkpoint), "%s", row->checkpoint);
    if (attempt->state != row->state)
        world_say(w, "journal: attempt %" PRId64 ".%" PRId32 " is %s %s", row->job, row->n,
            mz_attempt_state_name(row->state), mz_end_reason_name(row->reason));
    attempt->state = row->state;
    if (row->state != MZ_ATTEMPT_ENDED)
        return;
    attempt->ended_at_us = w->now_us;
    job->live_attempts--;
    check_ended(w, attempt);
}

static void check_job(struct world *w, const struct mz_job_row *row)
{
    struct world_job *job;

    if (row->id >= JOBS_MAX) {
        world_fail(w, "job %" PRId64 " is too many", row->id);
        return;
    }
    job = &w->jobs[row->id];
    if (job->id == 0) {
        job->id = row->id;
        job->spec = w->spec_of_row[row->spec];
        job->array_job = row->array_job;
        w->newest_job = row->id > w->newest_job ? row->id : w->newest_job;
        w->sums.jobs++;
    } else if (mz_run_state_is_end(job->state)) {
        world_fail(w, "job %" PRId64 " changes from %s to %s", row->id,
            mz_run_state_name(job->state), mz_run_state_name(row->state));
    }
    if (row->restart_count > w->specs[job->spec].max_restarts)
        world_fail(w, "job %" PRId64 " was restarted %" PRId32 " times, its limit is %" PRId32,
            row->id, row->restart_count, w->specs[job->spec].max_restarts);
    if (job->state != row->state)
        world_say(w, "journal: job %" PRId64 " is %s: %s", row->id, mz_run_state_name(row->state),
            row->note);
    if (job->cancel_is_wanted && !row->cancel_wanted)
        world_fail(w, "job %" PRId64 ": that it was cancelled is forgotten", row->id);
    job->cancel_is_wanted = row->cancel_wanted;
    job->state = row->state;
    job->exit_code = row->exit_code;
    job->restart_count = row->restart_count;
    job->is_touched = true;
    if (mz_run_state_is_end(row->state))
        job->ended_at_us = w->now_us;
}

void world_check_record(struct world *w, const struct mz_record *record)
{
    w->sums.trace = w->sums.trace * 31 + (uint64_t)record->kind;
    switch (record->kind) {
    case MZ_RECORD_SPEC: w->spec_of_row[record->spec.id] = atoi(record->spec.json); break;
    case MZ_RECORD_JOB:
        w->sums.trace += (uint64_t)(record->job.id * 16 + (int64_t)record->job.state);
        check_job(w, &record->job);
        break;
    case MZ_RECORD_ATTEMPT:
        w->sums.trace += (uint64_t)(record->attempt.job * 16 + (int64_t)record->attempt.state);
        check_attempt(w, &record->attempt);
        break;
    case MZ_RECORD_EVENT:
        if (record->event.seq != w->event_seq + 1)
            world_fail(w, "event %" PRId64 " behind %" PRId64, record->event.seq, w->event_seq);
        w->event_seq = record->event.seq;
        break;
    case MZ_RECORD_PERMIT:
    case MZ_RECORD_PARTNER:
    case MZ_RECORD_KEY:
    case MZ_RECORD_TOKEN:
    case MZ_RECORD_TOKEN_GONE:
    case MZ_RECORD_META: break;
    }
}

static void check_array(struct world *w, const struct world_job *job)
{
    int32_t limit = w->specs[job->spec].array_parallel;
    int32_t running = 0;

    for (int64_t j = 1; job->array_job && limit > 0 && j <= w->newest_job; j++)
        running += w->jobs[j].array_job == job->array_job && w->jobs[j].live_attempts > 0;
    if (limit > 0 && running > limit)
        world_fail(w, "array %" PRId64 " runs %" PRId32 " at once, its limit is %" PRId32,
            job->array_job, running, limit);
}

void world_check_batch(struct world *w)
{
    for (int64_t j = 1; j <= w->newest_job; j++) {
        struct world_job *job = &w->jobs[j];

        if (!job->is_touched)
            continue;
        job->is_touched = false;
        if (job->live_attempts > 1)
            world_fail(
                w, "job %" PRId64 " has %" PRId32 " attempts at once", j, job->live_attempts);
        if (mz_run_state_is_end(job->state) && job->live_attempts > 0)
            world_fail(w, "job %" PRId64 " has ended, its attempt has not", j);
        check_array(w, job);
    }
}

/* ---- answers ---- */

struct wanted_permit {
    const struct world_shim *shim;
    int64_t job;
    int32_t n;
    bool is_found;
};

static void see_permit(void *context, const struct mz_permit_row *row)
{
    struct wanted_permit *wanted = context;

    if (row->job == wanted->job && row->n == wanted->n && row->rank == wanted->shim->rank)
        wanted->is_found = true;
}

void world_check_permit(struct world *w, const struct world_shim *shim)
{
    const struct world_remote *remote = &w->remotes[shim->remote];
    struct wanted_permit wanted = { .shim = shim, .job = remote->job, .n = remote->n };
    struct mz_store_visitor visitor = { .context = &wanted, .permit = see_permit };
    const struct world_attempt *attempt = world_find_attempt(w, remote->job, remote->n);

    if (attempt && attempt->state == MZ_ATTEMPT_ENDED)
        return; /* it ended while the answer waited: the partner has confirmed its end */
    (void)mz_store_load_live(w->store, &visitor, NULL);
    if (!wanted.is_found)
        world_fail(w, "%" PRId64 ".%" PRId32 " got a permit that is not written down", remote->job,
            remote->n);
}

void world_check_submit(struct world *w, const struct mz_attempt_row *row)
{
    const struct world_attempt *attempt = world_find_attempt(w, row->job, row->n);

    if (!attempt || attempt->state == MZ_ATTEMPT_ENDED)
        world_fail(
            w, "%" PRId64 ".%" PRId32 " is submitted and not in the journal", row->job, row->n);
}

void world_check_publication(struct world *w, int64_t j, int32_t n, const char *path)
{
    struct world_job *job = &w->jobs[j];

    w->sums.publications++;
    if (n < job->published_n)
        world_fail(w, "job %" PRId64 ": attempt %" PRId32 " publishes '%s' behind attempt %" PRId32,
            j, n, path, job->published_n);
    job->published_n = n;
    if (job->checkpoint[0] == '\0')
        world_fail(w, "publication '%s' is not written down", path);
}

void world_check_accepted(struct world *w, int64_t first, int32_t count)
{
    for (int64_t j = first; j < first + count; j++) {
        if (j >= JOBS_MAX || w->jobs[j].id == 0)
            world_fail(w, "job %" PRId64 " was accepted and is not in the journal", j);
        else
            w->jobs[j].is_accepted = true;
    }
}

void world_check_cancel(struct world *w, int64_t j)
{
    w->jobs[j].cancel_is_confirmed = true;
    if (!w->jobs[j].cancel_is_wanted)
        world_fail(w, "job %" PRId64 ": its cancel was confirmed and is not written down", j);
}

/* ---- lists ---- */

bool world_is_waiting(const struct world *w, const struct world_remote *remote)
{
    const struct mz_attempt_row *row = mz_core_attempt(w->core, remote->job);

    return row && row->n == remote->n &&
        (row->state == MZ_ATTEMPT_INTENT || row->state == MZ_ATTEMPT_RELEASED);
}

void world_check_queued(
    struct world *w, struct world_remote *remote, bool is_shut, bool was_waiting)
{
    bool is_waiting = world_is_waiting(w, remote);

    if (remote->list_epoch != w->epoch)
        remote->shut_lists = 0;
    remote->list_epoch = w->epoch;
    if (!is_shut) {
        w->sums.false_alarms += was_waiting && remote->shut_lists == 1;
        remote->shut_lists = 0;
    } else if (was_waiting) {
        remote->shut_lists++;
    }
    if (was_waiting && !is_waiting && remote->shut_lists < 2)
        world_fail(w, "%" PRId64 ".%" PRId32 " was taken back from the queue though %s",
            remote->job, remote->n, is_shut ? "only one list shows its node shut" : "it may start");
    if (was_waiting && remote->shut_lists == 2) {
        w->sums.shut_waits++;
        if (is_waiting)
            world_fail(w, "%" PRId64 ".%" PRId32 " waits for a node that two lists show shut",
                remote->job, remote->n);
    }
}

/* ---- the end ---- */

static void check_done(struct world *w, const struct world_job *job)
{
    const struct world_attempt *last = world_find_attempt(w, job->id, job->attempt_count);
    int32_t good = 0;

    for (int32_t r = 0; r < w->run_count; r++) {
        const struct world_run *run = &w->runs[r];

        good += run->job == job->id && run->n == job->attempt_count && run->ended_itself &&
            run->exit_code == 0;
    }
    if (!last || good != last->node_count)
        world_fail(
            w, "job %" PRId64 " is done, %" PRId32 " ranks of its last attempt are", job->id, good);
    if (job->exit_code != 0)
        world_fail(w, "job %" PRId64 " is done with exit code %" PRId32, job->id, job->exit_code);
}

static void check_terminal(struct world *w, const struct world_job *job)
{
    const struct world_spec *spec = &w->specs[job->spec];

    switch (job->state) {
    case MZ_RUN_DONE:
        w->sums.done++;
        check_done(w, job);
        break;
    case MZ_RUN_FAILED:
        w->sums.failed++;
        if (job->exit_code == 0)
            world_fail(w, "job %" PRId64 " failed with exit code 0", job->id);
        if (job->exit_code == MZ_EXIT_NONE && job->restart_count < spec->max_restarts &&
            spec->on_loss != MZ_LOSS_FAIL)
            world_fail(w, "job %" PRId64 " failed of nothing", job->id);
        if (spec->fails_permille == 0 && job->restart_count < spec->max_restarts &&
            spec->on_loss != MZ_LOSS_FAIL)
            world_fail(w, "job %" PRId64 " failed with exit code %" PRId32 ", its command does not",
                job->id, job->exit_code);
        break;
    case MZ_RUN_CANCELLED:
        w->sums.cancelled++;
        if (!job->cancel_is_wanted && dependencies_hold(w, job))
            world_fail(w, "job %" PRId64 " was cancelled by nobody", job->id);
        break;
    case MZ_RUN_PENDING:
    case MZ_RUN_HELD:
    case MZ_RUN_PLACING:
    case MZ_RUN_RUNNING:
    case MZ_RUN_RESTARTING:
    case MZ_RUN_STOPPING:
    case MZ_RUN_UNKNOWN:
    case MZ_RUN_STATE_COUNT: {
        char why[128];

        world_fail(w, "job %" PRId64 " is stuck: %s; %s", job->id, mz_run_state_name(job->state),
            w->core ? mz_core_waits_for(w->core, job->id, why, sizeof(why)) : "");
        break;
    }
    }
    if (job->cancel_is_confirmed && job->state == MZ_RUN_FAILED)
        world_fail(w, "job %" PRId64 " was cancelled and failed", job->id);
}

static void check_spend(struct world *w)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_core_spend spends[8];
    const struct mz_spend_row *rows = NULL;
    int32_t count = 0;
    int32_t known = mz_core_spend(w->core, spends, 8);

    (void)mz_store_spend(w->store, arena, &rows, &count, NULL);
    for (int32_t i = 0; i < count; i++) {
        int64_t micro = 0;

        for (int32_t k = 0; k < known; k++)
            micro += strcmp(spends[k].contract, rows[i].contract) == 0 ? spends[k].ended_micro : 0;
        if (llabs(micro - rows[i].spent_usd_micro) > w->attempt_count)
            world_fail(w, "contract %s: the core says %" PRId64 ", the journal %" PRId64,
                rows[i].contract, micro, rows[i].spent_usd_micro);
    }
    mz_arena_free(arena);
}

void world_check_end(struct world *w)
{
    for (int32_t i = 0; i < w->remote_count; i++) {
        if (w->remotes[i].state != REMOTE_ENDED && !w->remotes[i].is_forgotten)
            world_fail(w, "%" PRId64 ".%" PRId32 " is left over at its partner", w->remotes[i].job,
                w->remotes[i].n);
    }
    for (int64_t j = 1; j <= w->newest_job; j++)
        check_terminal(w, &w->jobs[j]);
    for (int32_t r = 0; r < w->run_count; r++) {
        if (w->runs[r].end_us == 0)
            world_fail(w, "%" PRId64 ".%" PRId32 " runs for ever", w->runs[r].job, w->runs[r].n);
    }
    check_overlaps(w);
    if (!w->core)
        world_fail(w, "there is no daemon at the end");
    else
        check_spend(w);
}
