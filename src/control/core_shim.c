/* core_shim.c - what shims ask: permit, lease, publication, exit
 *
 * A shim is believed when it names a live attempt, a rank of it, and (after the permit) the nonce
 * and the boot id that got the permit. Everything else is refused: a twin that a partner started by
 * mistake, a late shim of an attempt that is over, a copy of a machine. */
#include "control/core_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct core_attempt *find_attempt(
    struct mz_core *core, const struct mz_core_rank *who, struct core_job **ret_job)
{
    struct core_job *job = mz_core_find(core, who->job);
    struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;

    *ret_job = job;
    if (!attempt || attempt->row.n != who->n || who->rank < 0 || who->rank >= attempt->rank_count)
        return NULL;
    return attempt;
}

static int64_t expiry_us(const struct mz_core *core, const struct core_job *job)
{
    return core->mono_us + job->live->need->lease_us + core->grace_us;
}

static void write_permit(
    struct mz_core *core, const struct core_job *job, int32_t r, int64_t ended_us)
{
    const struct core_rank *rank = &job->live->attempt->ranks[r];
    struct mz_record record = { .kind = MZ_RECORD_PERMIT };

    record.permit = (struct mz_permit_row){ .job = job->row.id,
        .n = job->live->attempt->row.n,
        .rank = r,
        .nonce = mz_core_turn_text(core, rank->nonce),
        .node = mz_core_turn_text(core, rank->node),
        .boot_id = mz_core_turn_text(core, rank->boot_id),
        .granted_us = rank->granted_us,
        .exit_code = rank->has_exited ? rank->exit_code : MZ_EXIT_NONE,
        .ended_us = ended_us };
    mz_core_add_record(core, &record);
}

static struct mz_core_answer answer_of(const struct core_job *job, int32_t rank)
{
    return (
        struct mz_core_answer){ .job = job->row.id, .n = job->live->attempt->row.n, .rank = rank };
}

/* All ranks come from one run of the partner's script: the part of the nonce before '/'. */
static bool same_run(const struct core_attempt *attempt, const char *nonce)
{
    size_t length = strcspn(nonce, "/");

    for (int32_t r = 0; r < attempt->rank_count; r++) {
        const char *other = attempt->ranks[r].nonce;

        if (other && (strncmp(other, nonce, length) != 0 || other[length] != '/'))
            return false;
    }
    return true;
}

static void grant(
    struct mz_core *core, struct core_job *job, const struct mz_core_rank *who, void *ticket)
{
    struct core_attempt *attempt = job->live->attempt;
    struct core_rank *rank = &attempt->ranks[who->rank];
    struct mz_core_answer answer;

    rank->is_permitted = true;
    mz_core_set_text(&rank->nonce, who->nonce);
    mz_core_set_text(&rank->boot_id, who->boot_id);
    mz_core_set_text(&rank->node, who->node);
    rank->granted_us = core->wall_us;
    rank->heard_us = core->mono_us;
    rank->expiry_us = expiry_us(core, job);
    job->live->mishap_count = 0;
    if (attempt->permitted_count++ == 0) {
        attempt->row.state = MZ_ATTEMPT_RUNNING;
        attempt->row.started_us = core->wall_us;
        attempt->act_us = core->mono_us; /* from now on the other ranks have their time */
        mz_core_touch_attempt(core, job);
        job->row.want = job->row.avoid = ""; /* it has moved */
        if (!job->row.started_us)
            job->row.started_us = core->wall_us;
        mz_core_set_note(core, job, "%s", "");
        mz_core_set_state(core, job, MZ_RUN_RUNNING);
        mz_core_event(core, job, "started", attempt->row.partner, "", "attempt %" PRId32 " at %s",
            attempt->row.n, attempt->row.nodes ? attempt->row.nodes : who->node);
    }
    write_permit(core, job, who->rank, 0);
    mz_core_wake_by(core, core->mono_us + mz_core_silence_us(job->live));
    answer = answer_of(job, who->rank);
    mz_core_answer(core, ticket, &answer);
}

static void heard(struct mz_core *core, struct core_job *job, struct core_rank *rank)
{
    struct core_attempt *attempt = job->live->attempt;

    rank->heard_us = core->mono_us;
    rank->expiry_us = expiry_us(core, job);
    if (attempt->row.state != MZ_ATTEMPT_LOST)
        return;
    for (int32_t r = 0; r < attempt->rank_count; r++) {
        const struct core_rank *other = &attempt->ranks[r];

        if (other->is_permitted && !other->has_exited &&
            core->mono_us - other->heard_us > mz_core_silence_us(job->live))
            return; /* another one is still not heard */
    }
    attempt->row.state = attempt->order_stops ? MZ_ATTEMPT_STOPPING : MZ_ATTEMPT_RUNNING;
    mz_core_touch_attempt(core, job);
    mz_core_set_note(core, job, "%s", "");
    mz_core_set_state(core, job, attempt->order_stops ? MZ_RUN_STOPPING : MZ_RUN_RUNNING);
    mz_core_event(core, job, "heard-again", attempt->row.partner, "", "%s", "");
}

void mz_core_permit(struct mz_core *core, const struct mz_core_rank *who, void *ticket)
{
    struct core_job *job;
    struct core_attempt *attempt = find_attempt(core, who, &job);
    struct core_rank *rank = attempt ? &attempt->ranks[who->rank] : NULL;
    struct mz_core_answer answer;

    if (!attempt) {
        mz_core_fail(core, ticket, MZ_CORE_REFUSED,
            "job %" PRId64 ", attempt %" PRId32 " is over or was never made", who->job, who->n);
        return;
    }
    if (rank->is_permitted && strcmp(rank->nonce, who->nonce) == 0 &&
        strcmp(rank->boot_id, who->boot_id) == 0 && !rank->has_exited) {
        /* The answer was lost: the same again. The shim's lease begins with this request. */
        heard(core, job, rank);
        answer = answer_of(job, who->rank);
        mz_core_answer(core, ticket, &answer);
        return;
    }
    if (rank->is_permitted || !same_run(attempt, who->nonce)) {
        attempt->loaded_us = 0;
        if (!attempt->may_have_twin) /* once: whoever asks without end shall not fill the journal */
            mz_core_event(core, job, "twin-refused", attempt->row.partner, "",
                "a second run at %s asked for a start permit", who->node);
        attempt->may_have_twin = true;
        mz_core_fail(core, ticket, MZ_CORE_REFUSED, "another run has the start permit");
        return;
    }
    if (attempt->order_stops) {
        mz_core_fail(core, ticket, MZ_CORE_REFUSED, "the attempt is being stopped");
        return;
    }
    if (who->node_count > 1 && who->node_count != attempt->row.node_count) {
        mz_core_set_note(core, job, "%s gave %" PRId32 " nodes, %" PRId32 " were asked for",
            attempt->row.partner, who->node_count, attempt->row.node_count);
        mz_core_fail(core, ticket, MZ_CORE_REFUSED, "wrong number of nodes");
        mz_core_stop_attempt(core, job, MZ_END_WITHDRAWN);
        return;
    }
    grant(core, job, who, ticket);
}

/* The rank that speaks, when it is who it says. */
static struct core_rank *find_rank(
    struct mz_core *core, const struct mz_core_rank *who, struct core_job **ret_job)
{
    struct core_attempt *attempt = find_attempt(core, who, ret_job);
    struct core_rank *rank = attempt ? &attempt->ranks[who->rank] : NULL;

    if (!rank || !rank->is_permitted || strcmp(rank->nonce, who->nonce) != 0 ||
        strcmp(rank->boot_id, who->boot_id) != 0)
        return NULL;
    return rank;
}

void mz_core_lease(struct mz_core *core, const struct mz_core_rank *who, int32_t seen,
    int64_t wait_us, void *ticket)
{
    struct core_job *job;
    struct core_rank *rank = find_rank(core, who, &job);
    struct mz_core_answer answer;
    int64_t poll_us;

    if (!rank || rank->has_exited) {
        mz_core_fail(core, ticket, MZ_CORE_GONE, "the attempt is over");
        return;
    }
    heard(core, job, rank);
    answer = answer_of(job, who->rank);
    if (rank->poll) { /* a second request of the same shim: its first connection is gone */
        mz_core_answer_now(core, rank->poll, &answer);
        rank->poll = NULL;
    }
    poll_us = mz_core_poll_us(job->live);
    poll_us = wait_us < poll_us ? wait_us : poll_us;
    if (job->live->attempt->order > seen || poll_us <= 0) {
        if (job->live->attempt->order > seen) {
            answer.order = job->live->attempt->order;
            answer.order_stops = job->live->attempt->order_stops;
        }
        mz_core_answer(core, ticket, &answer);
        return;
    }
    rank->poll = ticket;
    rank->poll_until_us = core->mono_us + poll_us;
    mz_core_wake_by(core, rank->poll_until_us);
}

bool mz_core_lease_forget(struct mz_core *core, int64_t id, int32_t r, void *ticket)
{
    struct core_job *job = mz_core_find(core, id);
    struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;

    if (!attempt || r < 0 || r >= attempt->rank_count || attempt->ranks[r].poll != ticket)
        return false;
    attempt->ranks[r].poll = NULL;
    return true;
}

void mz_core_publish(
    struct mz_core *core, const struct mz_core_rank *who, const char *path, void *ticket)
{
    struct core_job *job;
    struct core_rank *rank = find_rank(core, who, &job);
    struct mz_core_answer answer;

    if (!rank) {
        mz_core_fail(
            core, ticket, MZ_CORE_REFUSED, "a newer attempt has taken over, or it is over");
        return;
    }
    mz_core_set_text(&job->live->checkpoint, path);
    mz_core_set_text((char **)&job->live->attempt->row.checkpoint, path);
    mz_core_touch_attempt(core, job);
    mz_core_event(core, job, "checkpoint", job->live->attempt->row.partner, "", "%s", path);
    answer = answer_of(job, who->rank);
    mz_core_answer(core, ticket, &answer);
}

static enum mz_end_reason reason_of(const char *cause, int32_t exit_code)
{
    if (strcmp(cause, "stopped") == 0)
        return MZ_END_CANCELLED; /* by order: check_finished puts the order's reason */
    if (strcmp(cause, "lease") == 0)
        return MZ_END_NODE_LOST;
    if (strcmp(cause, "time") == 0)
        return MZ_END_TIME_LIMIT;
    if (strcmp(cause, "launch") == 0)
        return MZ_END_LAUNCH;
    return exit_code == 0 ? MZ_END_NONE : MZ_END_EXIT;
}

void mz_core_exit(struct mz_core *core, const struct mz_core_rank *who, int32_t exit_code,
    const char *cause, const char *text, void *ticket)
{
    struct core_job *job;
    struct core_rank *rank = find_rank(core, who, &job);
    enum mz_end_reason reason = reason_of(cause, exit_code);
    struct core_attempt *attempt;
    struct mz_core_answer answer;

    if (!rank) {
        mz_core_fail(core, ticket, MZ_CORE_GONE, "the attempt is over");
        return;
    }
    attempt = job->live->attempt;
    answer = answer_of(job, who->rank);
    mz_core_answer(core, ticket, &answer);
    if (rank->has_exited)
        return; /* told again */
    rank->has_exited = true;
    rank->exit_code = exit_code;
    if (rank->poll)
        mz_core_answer(core, rank->poll, &answer);
    rank->poll = NULL;
    attempt->exited_count++;
    write_permit(core, job, who->rank, core->wall_us);
    if (reason == MZ_END_LAUNCH && *text)
        mz_core_set_note(core, job, "could not be started: %.180s", text);
    if (reason == MZ_END_NODE_LOST)
        mz_core_set_note(core, job, "%s", "stopped itself: its lease could not be renewed");
    /* A rank that was stopped because another one failed does not hide why that one did. */
    if (reason != MZ_END_NONE && attempt->first_reason == MZ_END_NONE) {
        attempt->first_reason = reason;
        attempt->first_code = exit_code;
        mz_core_note_reason(core, job);
        if (attempt->rank_count > 1 && !attempt->order_stops) {
            mz_core_stop_attempt(core, job, MZ_END_NONE); /* ends it when this was the last */
            return;
        }
    }
    mz_core_check_finished(core, job);
}
