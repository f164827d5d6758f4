/* core_time.c - what is due: polls that end, silences, leases that run out, waits at partners
 *
 * One pass over the live jobs, at most each TICK_US while anything runs; the time of the next is
 * kept in wake_us. All on the monotonic clock. */
#include "control/core_impl.h"

#include <inttypes.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define TICK_US (SECOND_US / 5)
#define STOP_MARGIN_US                                                                             \
    (15 * SECOND_US) /* beyond the job's own time to stop: the partner is asked */
#define CANCEL_AGAIN_US (30 * SECOND_US)

static void end_polls(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;

    for (int32_t r = 0; r < attempt->rank_count; r++) {
        struct core_rank *rank = &attempt->ranks[r];
        struct mz_core_answer answer = { .job = job->row.id, .n = attempt->row.n, .rank = r };
        void *ticket = rank->poll;

        if (!ticket)
            continue;
        if (core->mono_us < rank->poll_until_us) {
            mz_core_wake_by(core, rank->poll_until_us);
            continue;
        }
        rank->poll = NULL;
        rank->heard_us = core->mono_us; /* it was there until now */
        mz_core_answer_now(core, ticket, &answer);
    }
}

/* Ranks that have a permit and have not reported. */
struct silence {
    int64_t oldest_heard_us;
    int64_t first_expiry_us;
    int64_t last_expiry_us;
    int32_t open;
};

static struct silence listen(const struct core_attempt *attempt, int64_t now_us)
{
    struct silence silence = { .oldest_heard_us = now_us, .first_expiry_us = INT64_MAX };

    for (int32_t r = 0; r < attempt->rank_count; r++) {
        const struct core_rank *rank = &attempt->ranks[r];
        int64_t heard_us = rank->poll ? now_us : rank->heard_us;

        if (!rank->is_permitted || rank->has_exited)
            continue;
        silence.open++;
        if (heard_us < silence.oldest_heard_us)
            silence.oldest_heard_us = heard_us;
        if (rank->expiry_us < silence.first_expiry_us)
            silence.first_expiry_us = rank->expiry_us;
        if (rank->expiry_us > silence.last_expiry_us)
            silence.last_expiry_us = rank->expiry_us;
    }
    return silence;
}

static void fall_silent(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;

    attempt->row.state = MZ_ATTEMPT_LOST;
    mz_core_touch_attempt(core, job);
    mz_core_set_note(core, job, "not heard from at %s", attempt->row.partner);
    mz_core_set_state(core, job, MZ_RUN_UNKNOWN);
    mz_core_event(core, job, "silent", attempt->row.partner, "",
        "its lease runs out in %" PRId64 " s at the latest",
        (job->live->need->lease_us + core->grace_us) / SECOND_US);
}

/* Every lease has run out: nothing of it runs. */
static void lease_over(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    bool lost = !core->partners[attempt->partner].row.is_reachable;

    if (lost && job->live->need->on_partner_loss == MZ_LOSS_WAIT && !attempt->order_stops) {
        mz_core_wake_by(core, core->mono_us + SECOND_US);
        return;
    }
    mz_core_cancel_there(core, job);
    if (attempt->first_reason != MZ_END_NONE && attempt->first_reason != MZ_END_CANCELLED) {
        mz_core_end_attempt(core, job, attempt->first_reason, attempt->first_code);
        return; /* a rank had failed by itself: what became of the others changes nothing */
    }
    mz_core_set_note(core, job, "lost at %s: its lease ran out", attempt->row.partner);
    if (attempt->order_stops && attempt->stop_reason != MZ_END_NONE)
        mz_core_end_attempt(core, job, attempt->stop_reason, MZ_EXIT_NONE);
    else
        mz_core_end_attempt(core, job, lost ? MZ_END_PARTNER_LOST : MZ_END_NODE_LOST, MZ_EXIT_NONE);
}

/* The lease of a rank has run out, others are heard: without it they are of no use. */
static void lose_rank(struct mz_core *core, struct core_job *job)
{
    bool lost = !core->partners[job->live->attempt->partner].row.is_reachable;

    if (lost && job->live->need->on_partner_loss == MZ_LOSS_WAIT)
        return;
    mz_core_set_note(
        core, job, "lost a rank at %s: its lease ran out", job->live->attempt->row.partner);
    mz_core_stop_attempt(core, job, lost ? MZ_END_PARTNER_LOST : MZ_END_NODE_LOST);
}

static void watch_running(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    struct silence silence;

    end_polls(core, job);
    silence = listen(attempt, core->mono_us);
    if (silence.open == 0)
        return; /* the rest has no permit yet: watch_waiting */
    if (core->mono_us >= silence.last_expiry_us) {
        lease_over(core, job);
        return;
    }
    mz_core_wake_by(core, silence.last_expiry_us);
    mz_core_wake_by(core, silence.first_expiry_us);
    if (core->mono_us >= silence.first_expiry_us && !attempt->order_stops)
        lose_rank(core, job);
    if (attempt->row.state != MZ_ATTEMPT_LOST) {
        int64_t silent_us = silence.oldest_heard_us + mz_core_silence_us(job->live);

        if (core->mono_us > silent_us)
            fall_silent(core, job);
        else
            mz_core_wake_by(core, silent_us + 1);
    }
    if (attempt->order_stops) {
        int64_t late_us = attempt->stop_us + job->live->need->stop_us + STOP_MARGIN_US;

        if (core->mono_us >= late_us &&
            (!attempt->cancel_us || core->mono_us - attempt->cancel_us >= CANCEL_AGAIN_US))
            mz_core_cancel_there(core, job);
        mz_core_wake_by(core, core->mono_us < late_us ? late_us : core->mono_us + SECOND_US);
    }
}

/* No permit, or not all of them, after a long time at the partner: elsewhere, then. */
static void watch_waiting(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    int64_t due_us = attempt->act_us + core->queue_wait_us;

    if (core->mono_us < due_us) {
        mz_core_wake_by(core, due_us);
        return;
    }
    if (attempt->permitted_count > 0) {
        mz_core_set_note(core, job, "%" PRId32 " of %" PRId32 " ranks never came up at %s",
            attempt->rank_count - attempt->permitted_count, attempt->rank_count,
            attempt->row.partner);
        mz_core_stop_attempt(core, job, MZ_END_NODE_LOST);
        return;
    }
    mz_core_set_note(core, job, "%s did not start it within %" PRId64 " s%s", attempt->row.partner,
        core->queue_wait_us / SECOND_US,
        attempt->is_known && !attempt->is_queued ? ": its shim was not heard" : "");
    mz_core_stop_attempt(core, job, MZ_END_WITHDRAWN);
}

static void watch(struct mz_core *core, struct core_job *job)
{
    struct core_live *live = job->live;

    if (live->avoid_mask && core->mono_us >= live->avoid_until_us) {
        live->avoid_mask = 0;
        if (!live->attempt)
            mz_core_consider(core, job);
    } else if (live->avoid_mask) {
        mz_core_wake_by(core, live->avoid_until_us);
    }
    if (job->live && live->attempt && live->attempt->permitted_count > 0)
        watch_running(core, job);
    if (job->live && live->attempt && !live->attempt->order_stops &&
        live->attempt->permitted_count < live->attempt->rank_count)
        watch_waiting(core, job);
}

static void observe_due(struct mz_core *core)
{
    for (int32_t p = 0; p < core->partner_count; p++) {
        struct core_partner *partner = &core->partners[p];

        if (!partner->is_asked && core->mono_us >= partner->next_observe_us) {
            partner->is_asked = true;
            core->ops.act(core->context, MZ_ACT_OBSERVE, p, NULL, NULL, NULL);
        }
        if (!partner->is_asked)
            mz_core_wake_by(core, partner->next_observe_us);
    }
}

void mz_core_tick(struct mz_core *core)
{
    int64_t soonest_us = core->mono_us + TICK_US;

    core->wake_us = INT64_MAX;
    observe_due(core);
    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        if (i < core->live_count)
            watch(core, core->live[i]);
    }
    if (core->wake_us < soonest_us)
        core->wake_us = soonest_us;
}
