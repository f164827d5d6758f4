/* core_attempt.c - the life of an attempt, from its intent to its end
 *
 * An attempt is made when the planner has decided, and written down before the partner hears of it.
 * It ends once; ending is written down with all that follows from it in the same batch, so that no
 * restart of the daemon can find one without the other. From then on its shims are refused.
 */
#include "control/core_impl.h"

#include "place/contract.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define POLL_US (20 * SECOND_US)

/* A shim counts its lease from when it sent the request that was answered, so just before the next
 * answer it is two polls old; it begins to stop its job at half of the lease at the earliest. */
int64_t mz_core_poll_us(const struct core_live *live)
{
    int64_t sixth_us = live->need->lease_us / 6;

    return sixth_us < POLL_US ? sixth_us : POLL_US;
}

/* Not heard for so long: something is wrong, though the lease may live on. */
int64_t mz_core_silence_us(const struct core_live *live)
{
    int64_t poll_us = mz_core_poll_us(live);

    return 2 * poll_us < poll_us + 10 * SECOND_US ? 2 * poll_us : poll_us + 10 * SECOND_US;
}

struct core_attempt *mz_core_new_attempt(
    struct core_job *job, const struct mz_attempt_row *row, int32_t partner)
{
    struct core_attempt *attempt = mz_xcalloc(1, sizeof(*attempt));
    struct mz_attempt_row *own = &attempt->row;

    *own = *row;
    own->site = own->nodes = own->parts = own->chip = own->remote_id = own->checkpoint = NULL;
    mz_core_set_text((char **)&own->site, row->site);
    mz_core_set_text((char **)&own->nodes, row->nodes);
    mz_core_set_text((char **)&own->parts, row->parts);
    mz_core_set_text((char **)&own->chip, row->chip);
    mz_core_set_text((char **)&own->remote_id, row->remote_id);
    mz_core_set_text((char **)&own->checkpoint, row->checkpoint);
    attempt->partner = partner;
    attempt->rank_count = row->node_count;
    attempt->ranks = mz_xcalloc((size_t)row->node_count, sizeof(*attempt->ranks));
    job->live->attempt = attempt;
    return attempt;
}

void mz_core_free_attempt(struct core_attempt *attempt)
{
    if (!attempt)
        return;
    for (int32_t r = 0; r < attempt->rank_count; r++) {
        free(attempt->ranks[r].nonce);
        free(attempt->ranks[r].boot_id);
        free(attempt->ranks[r].node);
    }
    free(attempt->ranks);
    free((char *)attempt->row.site);
    free((char *)attempt->row.nodes);
    free((char *)attempt->row.parts);
    free((char *)attempt->row.chip);
    free((char *)attempt->row.remote_id);
    free((char *)attempt->row.checkpoint);
    free(attempt);
}

/* ---- decisions ---- */

static void start_attempt(
    struct mz_core *core, struct core_job *job, const struct mz_plan_decision *decision)
{
    struct mz_attempt_row row = { .job = job->row.id,
        .n = job->row.attempt_count + 1,
        .state = MZ_ATTEMPT_INTENT,
        .partner = core->partners[decision->partner].name,
        .site = decision->site,
        .nodes = decision->nodes,
        .node_count = decision->node_count,
        .chips_per_node = decision->chips_are_cores ? 0 : decision->chips_per_node,
        .chips = decision->chips,
        .parts = decision->parts,
        .chip = decision->chip,
        .contract = mz_intern_text(core->intern, decision->contract),
        .price_micro_per_chip_hour = decision->price_micro_per_chip_hour,
        .created_us = core->wall_us,
        .exit_code = MZ_EXIT_NONE,
        .checkpoint = job->live->checkpoint };
    struct core_attempt *attempt = mz_core_new_attempt(job, &row, decision->partner);

    attempt->act_us = core->mono_us;
    job->row.attempt_count = row.n;
    job->row.partner = row.partner;
    job->live->promise_us = 0;
    core->partners[decision->partner].live_attempts++;
    mz_core_set_state(core, job, MZ_RUN_PLACING);
    mz_core_touch_job(core, job);
    mz_core_touch_attempt(core, job);
    mz_core_event(
        core, job, "placed", row.partner, "", "%s on %s", decision->site, decision->nodes);
    mz_core_act(core, MZ_ACT_SUBMIT, decision->partner, job, NULL);
}

void mz_core_decision(struct mz_core *core, const struct mz_plan_decision *decision)
{
    struct core_job *job = mz_core_find(core, decision->job);
    const struct core_job *by;

    /* The planner decides on what it knew: who is no longer waiting there is not meant. */
    if (!job || !job->live || !job->live->in_planner ||
        (decision->wait && decision->wait != job->live->wait))
        return;
    switch (decision->kind) {
    case MZ_PLAN_START:
        if (job->live->attempt ||
            (job->row.state != MZ_RUN_PENDING && job->row.state != MZ_RUN_RESTARTING))
            break;
        if ((mz_core_mask(core, job) >> decision->partner & 1) &&
            mz_core_is_open(core, decision->partner, decision->nodes))
            start_attempt(core, job, decision);
        else /* closed meanwhile: the planner, who knows by now, is to choose again */
            mz_core_consider(core, job);
        break;
    case MZ_PLAN_STOP:
        by = mz_core_find(core, decision->by);
        if (!job->live->attempt || job->live->attempt->order_stops)
            break;
        mz_core_set_note(core, job, "preempted for job %" PRId64 " '%.80s'", decision->by,
            by && by->row.name ? by->row.name : "");
        mz_core_stop_attempt(core, job, MZ_END_PREEMPTED);
        break;
    case MZ_PLAN_PROMISE: job->live->promise_us = decision->until_us; break;
    case MZ_PLAN_NEVER: mz_core_set_note(core, job, "%.200s", decision->text); break;
    }
}

/* ---- stopping ---- */

void mz_core_cancel_there(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    char name[MZ_ATTEMPT_NAME_MAX];
    struct mz_driver_ref ref = { .job = job->row.id,
        .n = attempt->row.n,
        .name = mz_attempt_name(name, core->install, job->row.id, attempt->row.n),
        .remote_id = attempt->row.remote_id ? attempt->row.remote_id : "",
        .remote_submit_s = attempt->row.remote_submit_s };

    attempt->cancel_us = core->mono_us;
    mz_core_act(core, MZ_ACT_CANCEL, attempt->partner, job, &ref);
}

/* Parked lease requests get the order. */
static void wake_polls(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;

    for (int32_t r = 0; r < attempt->rank_count; r++) {
        void *ticket = attempt->ranks[r].poll;

        attempt->ranks[r].poll = NULL;
        if (ticket)
            mz_core_answer(core, ticket,
                &(struct mz_core_answer){ .job = job->row.id,
                    .n = attempt->row.n,
                    .rank = r,
                    .order = attempt->order,
                    .order_stops = attempt->order_stops });
    }
}

/* Why it will have ended, as far as is known: a core made from the journal goes on from there. An
 * exit code says that a rank has ended other than with 0 by itself. */
void mz_core_note_reason(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    bool is_its_own =
        attempt->first_reason != MZ_END_NONE && attempt->first_reason != MZ_END_CANCELLED;

    attempt->row.reason = is_its_own ? attempt->first_reason : attempt->stop_reason;
    attempt->row.exit_code =
        attempt->first_reason != MZ_END_NONE ? attempt->first_code : MZ_EXIT_NONE;
    mz_core_touch_attempt(core, job);
}

void mz_core_stop_attempt(struct mz_core *core, struct core_job *job, enum mz_end_reason reason)
{
    struct core_attempt *attempt = job->live->attempt;

    if (attempt->permitted_count == 0) {
        if (attempt->is_sent || attempt->is_known)
            mz_core_cancel_there(core, job);
        mz_core_end_attempt(core, job, reason, MZ_EXIT_NONE);
        return;
    }
    if (attempt->order_stops) {
        if (reason == MZ_END_CANCELLED) { /* he wanted it gone, whatever else is under way */
            attempt->stop_reason = reason;
            mz_core_note_reason(core, job);
        }
        return;
    }
    attempt->order++;
    attempt->order_stops = true;
    attempt->stop_reason = reason;
    attempt->stop_us = core->mono_us;
    if (attempt->row.state != MZ_ATTEMPT_LOST) {
        attempt->row.state = MZ_ATTEMPT_STOPPING;
        mz_core_set_state(core, job, MZ_RUN_STOPPING);
    }
    mz_core_note_reason(core, job);
    wake_polls(core, job);
    mz_core_check_finished(core, job);
}

/* ---- the end ---- */

static void add_spend(struct mz_core *core, const struct mz_attempt_row *row)
{
    int64_t ran_us = row->ended_us - row->started_us;
    int64_t micro;

    if (!row->started_us || !*row->contract || ran_us <= 0)
        return;
    micro = mz_price_times((int64_t)row->chips * MZ_MILLI, ran_us, row->price_micro_per_chip_hour);
    for (int32_t c = 0; c < core->contract_count; c++) {
        if (strcmp(core->contracts[c].name, row->contract) == 0) {
            core->contracts[c].ended_micro += micro;
            return;
        }
    }
    core->contracts =
        mz_xrealloc(core->contracts, (size_t)core->contract_count + 1, sizeof(*core->contracts));
    core->contracts[core->contract_count++] =
        (struct core_contract){ .name = row->contract, .ended_micro = micro };
}

void mz_core_end_attempt(
    struct mz_core *core, struct core_job *job, enum mz_end_reason reason, int32_t exit_code)
{
    struct core_attempt *attempt = job->live->attempt;
    int32_t partner = attempt->partner;

    attempt->row.state = MZ_ATTEMPT_ENDED;
    attempt->row.reason = reason;
    attempt->row.exit_code = exit_code;
    attempt->row.ended_us = core->wall_us;
    for (int32_t r = 0; r < attempt->rank_count; r++) {
        void *ticket = attempt->ranks[r].poll;

        attempt->ranks[r].poll = NULL;
        if (ticket)
            mz_core_answer(core, ticket,
                &(struct mz_core_answer){ .result = MZ_CORE_GONE, .job = job->row.id });
    }
    mz_core_write_attempt(core, attempt);
    add_spend(core, &attempt->row);
    mz_core_event(core, job, "attempt-ended", attempt->row.partner, "", "%s%s%s",
        mz_end_reason_name(reason), job->row.note ? ": " : "", job->row.note ? job->row.note : "");
    core->partners[partner].live_attempts--;
    job->live->attempt = NULL;
    mz_core_free_attempt(attempt);
    mz_core_after_attempt(core, job, partner, reason, exit_code);
}

void mz_core_check_finished(struct mz_core *core, struct core_job *job)
{
    struct core_attempt *attempt = job->live->attempt;
    enum mz_end_reason reason = attempt->first_reason;
    int32_t code = attempt->first_code;

    if (attempt->permitted_count == 0 || attempt->exited_count < attempt->permitted_count)
        return;
    if (attempt->permitted_count < attempt->rank_count && !attempt->order_stops)
        return;                  /* others are still to begin */
    if (reason == MZ_END_NONE) { /* every rank that began ended with 0 by itself */
        reason = MZ_END_EXIT;
        code = 0;
        if (attempt->permitted_count < attempt->rank_count) { /* ... but not all of them began */
            reason = attempt->stop_reason;
            code = MZ_EXIT_NONE;
        }
    } else if (reason == MZ_END_CANCELLED) { /* stopped by order */
        reason = attempt->stop_reason;
    }
    if (reason ==
        MZ_END_NONE) { /* ... but not by ours: a scancel there, a preemption, a shutdown */
        mz_core_set_note(core, job, "stopped by %s", attempt->row.partner);
        reason = MZ_END_NODE_LOST;
    }
    mz_core_end_attempt(core, job, reason, code);
}

void mz_core_confirm_end(struct mz_core *core, struct core_job *job, const char *why)
{
    struct core_attempt *attempt = job->live->attempt;
    bool timed_out = strcmp(why, "TIMEOUT") == 0;

    if (attempt->permitted_count == 0) {
        mz_core_set_note(core, job, "%s ended it before it began%s%s", attempt->row.partner,
            *why ? ": " : "", why);
        mz_core_end_attempt(core, job, MZ_END_WITHDRAWN, MZ_EXIT_NONE);
        return;
    }
    if (attempt->first_reason == MZ_END_NONE && !attempt->order_stops) {
        mz_core_set_note(core, job, "lost at %s%s%s", attempt->row.partner, *why ? ": " : "", why);
        mz_core_end_attempt(
            core, job, timed_out ? MZ_END_TIME_LIMIT : MZ_END_NODE_LOST, MZ_EXIT_NONE);
        return;
    }
    if (attempt->first_reason == MZ_END_NONE) {
        attempt->first_reason = MZ_END_CANCELLED;
        attempt->first_code = MZ_EXIT_NONE;
    }
    if (attempt->first_reason == MZ_END_CANCELLED && attempt->stop_reason == MZ_END_NONE)
        attempt->stop_reason = MZ_END_NODE_LOST;
    attempt->exited_count = attempt->permitted_count;
    attempt->order_stops = true;
    mz_core_check_finished(core, job);
}
