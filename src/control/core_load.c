/* core_load.c - from the journal to a core: after a start, or after a commit that failed
 *
 * Jobs that have not ended come with their last attempt and its permits. A permit's lease begins
 * anew: nobody knows when its shim was last heard. An attempt without a permit is looked for at its
 * partner. */
#include "control/core_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX                                                                                 \
    (INT64_C(1) << 53)              /* of jobs, specs, events: JSON knows them exactly up to here */
#define SPAN_MAX (INT64_C(1) << 27) /* between a job's number and its nearest neighbour's */

struct loading {
    struct mz_core *core;
    const struct mz_core_load *load;
    struct mz_error problem; /* the first */
};

static void load_meta(void *context, const struct mz_meta_row *row)
{
    struct loading *loading = context;

    if (strncmp(row->name, "cordon:", 7) == 0 && strcmp(row->value, "1") == 0)
        mz_core_set_cordon(loading->core, row->name + 7, true);
}

static void load_partner(void *context, const struct mz_partner_row *row)
{
    struct loading *loading = context;
    int32_t p = mz_core_find_partner(loading->core, row->name);
    struct core_partner *partner;

    if (p < 0)
        return; /* no longer in the fleet file */
    partner = &loading->core->partners[p];
    partner->row.is_drained = row->is_drained;
    partner->row.drained_by = mz_intern_text(loading->core->intern, row->drained_by);
    partner->row.is_reachable = row->is_reachable;
    partner->row.lost_us = row->lost_us;
    if (!row->is_reachable)
        partner->silent_since_us = loading->load->mono_us;
}

/* Jobs lie in an array by their numbers: one far from the others is a damaged row, and would ask for
 * more memory than there is. */
static bool number_is_near(struct loading *loading, int64_t id)
{
    const struct mz_core *core = loading->core;
    int64_t last = core->first + core->job_count;

    if (id > 0 && id < NUMBER_MAX &&
        (core->job_count == 0 || (id - last < SPAN_MAX && core->first - id < SPAN_MAX)))
        return true;
    if (loading->problem.status == MZ_OK)
        (void)mz_fail(&loading->problem, MZ_E_INPUT,
            "job %" PRId64 " of the journal has a number far from the others: its row is damaged. "
            "Restore a backup, or correct the row",
            id);
    return false;
}

static void load_job(void *context, const struct mz_job_row *row)
{
    struct loading *loading = context;
    struct mz_core *core = loading->core;
    struct core_job *job;

    if (!number_is_near(loading, row->id) || mz_core_find(core, row->id))
        return;
    job = mz_core_add_job(core, row->id);
    core->state_counts[job->row.state]--;
    job->row = *row;
    core->state_counts[job->row.state]++;
    job->row.name = NULL;
    job->row.note = NULL;
    mz_core_set_text((char **)&job->row.name, row->name);
    mz_core_set_text((char **)&job->row.note, row->note);
    job->row.owner = mz_intern_text(core->intern, row->owner);
    job->row.team = mz_intern_text(core->intern, row->team);
    job->row.partner = mz_intern_text(core->intern, row->partner);
    job->row.avoid = mz_intern_text(core->intern, row->avoid);
    job->row.want = mz_intern_text(core->intern, row->want);
    if (mz_run_state_is_end(row->state))
        mz_core_drop_live(core, job);
    else
        job->live->need = loading->load->need_of(core->context, row);
}

/* An order to stop stands, also where nobody was heard to give it to (mz_core_note_reason). */
static void load_reason(const struct core_job *job, struct core_attempt *attempt)
{
    enum mz_end_reason reason = attempt->row.reason;
    bool is_its_own =
        reason == MZ_END_EXIT || reason == MZ_END_TIME_LIMIT || reason == MZ_END_LAUNCH;

    attempt->order_stops = attempt->row.state == MZ_ATTEMPT_STOPPING || reason != MZ_END_NONE ||
        job->row.cancel_wanted;
    attempt->order = attempt->order_stops ? 1 : 0;
    if (attempt->row.exit_code != MZ_EXIT_NONE) {
        attempt->first_reason = is_its_own ? reason : MZ_END_CANCELLED;
        attempt->first_code = attempt->row.exit_code;
    }
    if (!attempt->order_stops)
        return;
    attempt->stop_reason = job->row.cancel_wanted ? MZ_END_CANCELLED
        : is_its_own                              ? MZ_END_NONE
        : reason == MZ_END_NONE                   ? MZ_END_MOVED /* of an older daemon */
                                                  : reason;
}

static void load_attempt(void *context, const struct mz_attempt_row *row)
{
    struct loading *loading = context;
    struct mz_core *core = loading->core;
    struct core_job *job = mz_core_find(core, row->job);
    int32_t p = mz_core_find_partner(core, row->partner);
    struct mz_attempt_row own = *row;
    struct core_attempt *attempt;

    if (!job || !job->live || !job->live->need)
        return;
    if (*row->checkpoint)
        mz_core_set_text(&job->live->checkpoint, row->checkpoint);
    if (row->state == MZ_ATTEMPT_ENDED || row->n != job->row.attempt_count)
        return;
    if (p < 0) { /* nobody could say when it has ended */
        (void)mz_fail(&loading->problem, MZ_E_INPUT,
            "job %" PRId64
            " may run at partner '%.80s', which the fleet file no longer has: put it "
            "back until its jobs have ended",
            row->job, row->partner);
        return;
    }
    own.partner = core->partners[p].name;
    own.contract = mz_intern_text(core->intern, row->contract);
    attempt = mz_core_new_attempt(job, &own, p);
    attempt->act_us = attempt->loaded_us = loading->load->mono_us;
    attempt->may_have_twin = true; /* its refusal may have been told to the last core */
    attempt->is_sent = true;       /* perhaps: it is cancelled as if */
    attempt->is_known = *row->remote_id != '\0';
    load_reason(job, attempt);
    attempt->stop_us = loading->load->mono_us;
    core->partners[p].live_attempts++;
}

static void load_permit(void *context, const struct mz_permit_row *row)
{
    struct loading *loading = context;
    struct core_job *job = mz_core_find(loading->core, row->job);
    struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;
    struct core_rank *rank;

    if (!attempt || attempt->row.n != row->n || row->rank < 0 || row->rank >= attempt->rank_count)
        return;
    rank = &attempt->ranks[row->rank];
    rank->is_permitted = true;
    mz_core_set_text(&rank->nonce, row->nonce);
    mz_core_set_text(&rank->boot_id, row->boot_id);
    mz_core_set_text(&rank->node, row->node);
    rank->granted_us = row->granted_us;
    rank->heard_us = loading->load->mono_us;
    rank->expiry_us = loading->load->mono_us + job->live->need->lease_us + loading->core->grace_us;
    attempt->permitted_count++;
    if (row->ended_us == 0)
        return;
    rank->has_exited = true;
    rank->exit_code = row->exit_code;
    attempt->exited_count++;
    if (row->exit_code != 0 && attempt->first_reason == MZ_END_NONE) {
        attempt->first_reason = attempt->order_stops ? MZ_END_CANCELLED : MZ_END_EXIT;
        attempt->first_code = row->exit_code;
    }
}

static void adopt(struct mz_core *core, struct core_job *job)
{
    const struct core_attempt *attempt = job->live->attempt;
    struct mz_plan_message message = { .kind = MZ_PLAN_ADOPT,
        .job = job->row.id,
        .wait = ++core->next_wait,
        .job_name = job->row.name,
        .need = job->live->need,
        .partner_mask = job->live->need->partner_mask,
        .team = job->row.team,
        .priority = job->row.priority,
        .submitted_us = job->row.submitted_us,
        .attempt = &attempt->row,
        .start_us = attempt->row.started_us ? attempt->row.started_us : core->wall_us,
        .partner = attempt->partner };

    job->live->in_planner = true;
    job->live->wait = message.wait;
    core->ops.plan(core->context, &message);
}

/* How those ended that it depends on, though they ended long ago. */
static void load_depended_on(struct loading *loading, const struct core_job *job)
{
    const struct mz_need *need = job->live->need;

    for (int32_t d = 0; d < need->dependency_count; d++) {
        int64_t id = need->dependencies[d].job;
        const struct mz_job_row *row = NULL;
        struct mz_arena *arena;

        if (mz_core_find(loading->core, id))
            continue;
        arena = mz_arena_create();
        if (mz_store_job(loading->load->store, arena, id, &row, NULL) == MZ_OK && row)
            load_job(loading, row);
        mz_arena_free(arena);
    }
}

/* All is in memory: what waits for what, what runs where. */
static void link_all(struct loading *loading)
{
    struct mz_core *core = loading->core;

    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        struct core_job *job = core->live[i];

        if (job->live->need) {
            load_depended_on(loading, job);
            mz_core_link_dependencies(core, job);
            continue;
        }
        mz_core_set_note(core, job, "%s", "what it is can no longer be read");
        job->live->need = mz_xcalloc(1, sizeof(*job->live->need));
        mz_core_end_job(core, job, MZ_RUN_FAILED, MZ_EXIT_NONE);
    }
    for (int64_t j = 0; j < core->job_count; j++) { /* by number: the planner's order of arrival */
        struct core_job *job = core->jobs[j];

        if (job && job->live && job->live->attempt) {
            adopt(core, job);
            mz_core_count_in_array(core, job);
        }
    }
    for (int64_t j = 0; j < core->job_count; j++) {
        struct core_job *job = core->jobs[j];

        if (!job || !job->live)
            continue;
        if (job->live->attempt)
            mz_core_check_finished(core, job);
        else
            mz_core_consider(core, job);
    }
}

static enum mz_status load_spend(struct mz_core *core, struct mz_store *store, struct mz_error *err)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_spend_row *rows = NULL;
    int32_t count = 0;
    enum mz_status status = mz_store_spend(store, arena, &rows, &count, err);

    core->contracts = mz_xrealloc(core->contracts, (size_t)count + 1, sizeof(*core->contracts));
    for (int32_t i = 0; status == MZ_OK && i < count; i++) {
        struct core_contract contract = { .name = mz_intern_text(core->intern, rows[i].contract),
            .ended_micro = rows[i].spent_usd_micro };
        struct mz_plan_message message = {
            .kind = MZ_PLAN_SPENT, .contract = contract.name, .spent_micro = contract.ended_micro
        };

        core->contracts[core->contract_count++] = contract;
        core->ops.plan(core->context, &message);
    }
    mz_arena_free(arena);
    return status;
}

enum mz_status mz_core_load(
    struct mz_core *core, const struct mz_core_load *load, struct mz_error *err)
{
    struct loading loading = { .core = core, .load = load };
    struct mz_store_visitor visitor = { .context = &loading,
        .meta = load_meta,
        .partner = load_partner,
        .job = load_job,
        .attempt = load_attempt,
        .permit = load_permit };
    struct mz_store_maxima maxima;
    enum mz_status status;

    mz_core_time(core, load->mono_us, load->wall_us);
    status = mz_store_load_live(load->store, &visitor, err);
    if (status == MZ_OK)
        status = mz_store_load_ended(load->store, load->ended_max, &visitor, err);
    if (status == MZ_OK)
        status = mz_store_maxima(load->store, &maxima, err);
    if (status == MZ_OK && loading.problem.status != MZ_OK)
        status = mz_fail(err, loading.problem.status, "%s", loading.problem.text);
    if (status != MZ_OK)
        return status;
    if (maxima.job >= NUMBER_MAX || maxima.spec >= NUMBER_MAX || maxima.event >= NUMBER_MAX)
        return mz_fail(err, MZ_E_INPUT,
            "the journal has a job, spec or event of a number beyond %" PRId64
            ": a row is damaged. Restore a backup, or correct the row",
            NUMBER_MAX);
    core->next_job = maxima.job + 1;
    core->next_spec = maxima.spec + 1;
    core->next_event = maxima.event + 1;
    status = load_spend(core, load->store, err);
    if (status != MZ_OK)
        return status;
    mz_core_plan_partners(core);
    link_all(&loading);
    core->wake_us = load->mono_us;
    return MZ_OK;
}
