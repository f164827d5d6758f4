/* core_partner.c - what drivers tell: attempts taken or refused, what is there, losses and returns
 *
 * Absence. That a list lacks an attempt proves something only for one without a permit, and only
 * when the partner was asked late enough after the attempt was sent. One with a permit is alive
 * while its shims are heard, whatever the partner says; the partner's word counts for its end, not
 * for its absence: a controller that lost its memory still has jobs running on its nodes. */
#include "control/core_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

#define LOOK_AGAIN_US (SECOND_US / 5)
#define ENDING_US (15 * SECOND_US) /* from the last exit until the partner is told to end it */

enum {
    MISSED_MAX = 2, /* lists in a row that lack an attempt that the partner had taken */
    SHUT_MAX = 2,   /* lists in a row that show it queued for a node that takes nothing */
    MISHAPS_MAX = 3
};

int32_t mz_core_find_partner(const struct mz_core *core, const char *name)
{
    for (int32_t p = 0; p < core->partner_count; p++) {
        if (strcmp(core->partners[p].name, name) == 0)
            return p;
    }
    return -1;
}

static struct core_job *job_of(struct mz_core *core, int64_t id, int32_t n)
{
    struct core_job *job = mz_core_find(core, id);

    if (!job || !job->live || !job->live->attempt || job->live->attempt->row.n != n)
        return NULL;
    return job;
}

static void taken(
    struct mz_core *core, struct core_job *job, const char *remote_id, int64_t submit_s)
{
    struct core_attempt *attempt = job->live->attempt;

    attempt->is_known = true;
    attempt->missed = 0;
    if (attempt->row.remote_id)
        return;
    mz_core_set_text((char **)&attempt->row.remote_id, remote_id);
    attempt->row.remote_submit_s = submit_s;
    if (attempt->row.state == MZ_ATTEMPT_INTENT)
        attempt->row.state = MZ_ATTEMPT_RELEASED;
    mz_core_touch_attempt(core, job);
}

static void submitted(struct mz_core *core, const struct mz_driver_event *event)
{
    struct core_job *job = job_of(core, event->job, event->n);
    struct core_attempt *attempt = job ? job->live->attempt : NULL;

    if (!job) /* it ended meanwhile; what is there is found by the next observation */
        return;
    switch (event->outcome) {
    case MZ_DRIVER_OK:
        taken(core, job, event->remote_id, event->remote_submit_s);
        mz_core_wake_by(core, core->mono_us + core->queue_wait_us);
        break;
    case MZ_DRIVER_UNKNOWN: /* look for it */
        attempt->act_us = core->mono_us;
        core->partners[attempt->partner].next_observe_us = core->mono_us;
        mz_core_wake_by(core, core->mono_us);
        mz_core_event(core, job, "submit-unknown", attempt->row.partner, "", "%s", event->text);
        break;
    case MZ_DRIVER_REFUSED:
    case MZ_DRIVER_NOT_SENT:
        if (attempt->permitted_count > 0)
            break; /* it runs, whatever the driver thinks */
        mz_core_set_note(core, job, "%s: %.180s", attempt->row.partner, event->text);
        mz_core_end_attempt(core, job,
            event->outcome == MZ_DRIVER_REFUSED ? MZ_END_REFUSED : MZ_END_WITHDRAWN, MZ_EXIT_NONE);
        break;
    }
}

/* ---- lists ---- */

static void cancel_leftover(struct mz_core *core, int32_t partner, int64_t id, int32_t n,
    const struct mz_remote_job *remote)
{
    struct mz_driver_ref ref = { .job = id,
        .n = n,
        .name = remote->name,
        .remote_id = remote->remote_id,
        .remote_submit_s = remote->submit_s };

    mz_core_act(core, MZ_ACT_CANCEL, partner, NULL, &ref);
}

/* Its ranks have reported their exits, and the partner has not come to its own end of it yet. */
static bool is_ending(const struct mz_core *core, int64_t id, int32_t n)
{
    const struct core_job *job = mz_core_find(core, id);
    int64_t ago_us = job ? core->wall_us - job->row.ended_us : 0;

    return job && !job->live && job->row.attempt_count == n && job->row.exit_code != MZ_EXIT_NONE &&
        ago_us >= 0 && ago_us < ENDING_US;
}

static bool is_ours(const struct core_attempt *attempt, const struct mz_remote_job *remote)
{
    return !attempt->row.remote_id ||
        (strcmp(attempt->row.remote_id, remote->remote_id) == 0 &&
            (attempt->row.remote_submit_s == remote->submit_s ||
                attempt->row.remote_submit_s == 0));
}

/* A partner that started an attempt twice knows of the second run alone, which was refused, or died
 * before it asked, and has ended: the word of a list is not taken against a rank that is heard, nor
 * where there was a twin or may have been one. Then the ranks' own reports tell, or the lease. */
static bool may_run_on(const struct mz_core *core, const struct core_job *job)
{
    const struct core_attempt *attempt = job->live->attempt;
    int64_t silence_us = mz_core_silence_us(job->live);

    if (attempt->permitted_count > 0 &&
        (attempt->may_have_twin || core->partners[attempt->partner].caps.starts_twice))
        return true;
    for (int32_t r = 0; r < attempt->rank_count; r++) {
        const struct core_rank *rank = &attempt->ranks[r];

        if (rank->is_permitted && !rank->has_exited &&
            (rank->poll || core->mono_us - rank->heard_us <= silence_us))
            return true;
    }
    return false;
}

static void seen(struct mz_core *core, struct core_job *job, const struct mz_remote_job *remote,
    int64_t begin_us)
{
    struct core_attempt *attempt = job->live->attempt;
    int64_t settled_us = attempt->loaded_us + core->partners[attempt->partner].caps.look_wait_us;

    attempt->seen_pass = core->pass;
    attempt->is_queued = remote->state == MZ_REMOTE_QUEUED;
    if (remote->state != MZ_REMOTE_ENDED) {
        taken(core, job, remote->remote_id, remote->submit_s);
        if (attempt->loaded_us && begin_us > settled_us) { /* a twin would have ended by now */
            attempt->loaded_us = 0;
            attempt->may_have_twin = false;
        }
        return;
    }
    /* A node that does not answer may run on: then only the lease tells. */
    if (attempt->permitted_count > 0 && strcmp(remote->reason, "NODE_FAIL") == 0)
        return;
    if (may_run_on(core, job))
        return;
    mz_core_confirm_end(core, job, remote->reason);
}

static void read_jobs(struct mz_core *core, int32_t partner, const struct mz_driver_event *event)
{
    for (int32_t i = 0; i < event->job_count; i++) {
        const struct mz_remote_job *remote = &event->jobs[i];
        struct core_job *job;
        int64_t id;
        int32_t n;

        if (!mz_attempt_name_parse(remote->name, core->install, &id, &n))
            continue;
        job = job_of(core, id, n);
        if (job && job->live->attempt->partner == partner && is_ours(job->live->attempt, remote)) {
            if (job->live->attempt->seen_pass != core->pass)
                seen(core, job, remote, event->begin_us);
        } else if (remote->state != MZ_REMOTE_ENDED && !is_ending(core, id, n)) {
            cancel_leftover(core, partner, id, n, remote);
        }
    }
}

static void look_by(struct mz_core *core, int32_t p, int64_t mono_us)
{
    if (mono_us < core->partners[p].next_observe_us)
        core->partners[p].next_observe_us = mono_us;
    mz_core_wake_by(core, core->partners[p].next_observe_us);
}

/* Attempts without a permit that the list should have had. */
static void find_missing(struct mz_core *core, int32_t p, const struct mz_driver_event *event)
{
    int64_t wait_us = core->partners[p].caps.look_wait_us;

    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        struct core_job *job = i < core->live_count ? core->live[i] : NULL;
        struct core_attempt *attempt = job ? job->live->attempt : NULL;
        int64_t proof_us;
        bool was_known;

        if (!attempt || attempt->partner != p || attempt->seen_pass == core->pass ||
            attempt->permitted_count > 0)
            continue;
        /* Not even sent, or sent but not answered and still under way: looked at again soon */
        was_known = attempt->is_known;
        proof_us = attempt->act_us + 1 + (was_known ? 0 : wait_us);
        if (event->begin_us < proof_us) {
            look_by(core, p, proof_us + LOOK_AGAIN_US);
            continue;
        }
        if (++attempt->missed < (was_known ? MISSED_MAX : 1)) {
            look_by(core, p, core->mono_us + LOOK_AGAIN_US);
            continue;
        }
        mz_core_set_note(core, job, "%s does not have it", attempt->row.partner);
        mz_core_end_attempt(core, job, MZ_END_WITHDRAWN, MZ_EXIT_NONE);
        /* A mishap of the partner's, not a refusal: it may go there again, but not again and again. */
        if (job->live && ++job->live->mishap_count < MISHAPS_MAX)
            job->live->avoid_mask &= ~(UINT64_C(1) << p);
        mz_core_consider(core, job);
    }
}

/* Is the node among those of the attempt? */
static bool runs_on(const struct core_attempt *attempt, const char *node)
{
    size_t length = strlen(node);

    for (const char *at = attempt->row.nodes; at && *at;) {
        size_t size = strcspn(at, ",");

        if (size == length && strncmp(at, node, length) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

/* A node of the attempt that takes nothing new, as this list has it; NULL: none. */
static const char *shut_node(
    const struct core_attempt *attempt, const struct mz_driver_event *event)
{
    for (int32_t i = 0; i < event->node_count; i++) {
        const struct mz_remote_node *node = &event->nodes[i];

        if ((!node->is_up || node->is_cordoned) && runs_on(attempt, node->name))
            return node->name;
    }
    return NULL;
}

static bool has_shut_nodes(const struct mz_driver_event *event)
{
    for (int32_t i = 0; i < event->node_count; i++) {
        if (!event->nodes[i].is_up || event->nodes[i].is_cordoned)
            return true;
    }
    return false;
}

/* Attempts that wait in the partner's queue for a node that is down or drained: it names its nodes,
 * so it would wait until somebody mends that one. The planner knows of the node; the partner itself
 * is not avoided. */
static void leave_shut_nodes(struct mz_core *core, int32_t p, const struct mz_driver_event *event)
{
    bool any = has_shut_nodes(event);

    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        struct core_job *job = i < core->live_count ? core->live[i] : NULL;
        struct core_attempt *attempt = job ? job->live->attempt : NULL;
        const char *node = NULL;

        if (!attempt || attempt->partner != p || attempt->permitted_count > 0)
            continue;
        if (any && attempt->seen_pass == core->pass && attempt->is_queued)
            node = shut_node(attempt, event);
        attempt->shut_seen = node ? attempt->shut_seen + 1 : 0;
        if (attempt->shut_seen < SHUT_MAX)
            continue;
        mz_core_set_note(core, job, "%s/%s went down or was drained before it began",
            attempt->row.partner, node);
        mz_core_stop_attempt(core, job, MZ_END_WITHDRAWN);
        if (job->live)
            job->live->avoid_mask &= ~(UINT64_C(1) << p);
        mz_core_consider(core, job);
    }
}

static void plan_partner(struct mz_core *core, int32_t p)
{
    const struct core_partner *partner = &core->partners[p];
    struct mz_plan_message message = { .kind = MZ_PLAN_PARTNER,
        .partner = p,
        .state = !partner->row.is_reachable ? 2
            : partner->row.is_drained       ? 1
                                            : 0 };

    core->ops.plan(core->context, &message);
}

static void observed(struct mz_core *core, int32_t p, const struct mz_driver_event *event)
{
    struct core_partner *partner = &core->partners[p];

    partner->heard_us = core->mono_us;
    partner->silent_since_us = 0;
    partner->is_asked = false;
    partner->is_heard = true;
    partner->next_observe_us = core->mono_us + partner->caps.observe_us;
    mz_core_wake_by(core, partner->next_observe_us);
    mz_core_set_text(&partner->problem, NULL);
    if (partner->caps.finds_nodes) {
        struct mz_plan_message nodes = { .kind = MZ_PLAN_NODES,
            .partner = p,
            .node_count = event->node_count,
            .nodes = event->nodes };

        core->ops.plan(core->context, &nodes);
    }
    if (!partner->row.is_reachable) {
        partner->row.is_reachable = true;
        partner->row.lost_us = 0;
        partner->is_touched = true;
        mz_core_event(core, NULL, "partner-back", partner->name, "", "%s", "");
        plan_partner(core, p);
    }
    core->pass++;
    read_jobs(core, p, event);
    find_missing(core, p, event);
    leave_shut_nodes(core, p, event);
    if (partner->caps.finds_nodes) {
        struct mz_plan_message uses = {
            .kind = MZ_PLAN_USES, .partner = p, .use_count = event->use_count, .uses = event->uses
        };

        core->ops.plan(core->context, &uses);
    }
}

static void lose(struct mz_core *core, int32_t p)
{
    struct core_partner *partner = &core->partners[p];

    partner->row.is_reachable = false;
    partner->row.lost_us = core->wall_us;
    partner->is_touched = true;
    mz_core_event(core, NULL, "partner-lost", partner->name, "", "%s",
        partner->problem ? partner->problem : "");
    plan_partner(core, p);
    /* Whoever had no permit there goes elsewhere now; it can no longer get one. */
    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        struct core_job *job = i < core->live_count ? core->live[i] : NULL;
        struct core_attempt *attempt = job ? job->live->attempt : NULL;

        if (!attempt || attempt->partner != p || attempt->permitted_count > 0)
            continue;
        mz_core_set_note(core, job, "%s was lost before it began", partner->name);
        mz_core_end_attempt(core, job, MZ_END_WITHDRAWN, MZ_EXIT_NONE);
    }
}

static void unreachable(struct mz_core *core, int32_t p, const struct mz_driver_event *event)
{
    struct core_partner *partner = &core->partners[p];

    partner->is_asked = false;
    partner->next_observe_us = core->mono_us + partner->caps.observe_us;
    mz_core_wake_by(core, partner->next_observe_us);
    mz_core_set_text(&partner->problem, event->text);
    if (!partner->silent_since_us) /* from when it was last heard, or asked in vain */
        partner->silent_since_us = partner->heard_us ? partner->heard_us : core->mono_us;
    if (partner->row.is_reachable &&
        core->mono_us - partner->silent_since_us >= partner->caps.loss_us)
        lose(core, p);
}

void mz_core_driver_event(struct mz_core *core, const struct mz_driver_event *event)
{
    int32_t p = mz_core_find_partner(core, event->partner);
    struct core_job *job;

    if (p < 0)
        return;
    switch (event->kind) {
    case MZ_DRIVER_SUBMITTED: submitted(core, event); break;
    case MZ_DRIVER_CANCELLED: break; /* what it did is seen in the next list */
    case MZ_DRIVER_OBSERVED: observed(core, p, event); break;
    case MZ_DRIVER_UNREACHABLE: unreachable(core, p, event); break;
    case MZ_DRIVER_ENDED:
        job = job_of(core, event->job, event->n);
        if (job && job->live->attempt->partner == p)
            mz_core_confirm_end(core, job, event->text ? event->text : "");
        break;
    }
}

/* ---- drain ---- */

static int32_t find_cordoned(const struct mz_core *core, const char *place)
{
    for (int32_t c = 0; c < core->cordoned_count; c++) {
        if (strcmp(core->cordoned[c], place) == 0)
            return c;
    }
    return -1;
}

static void write_cordon(struct mz_core *core, const char *place, bool is_cordoned)
{
    struct mz_record record = { .kind = MZ_RECORD_META };
    char name[MZ_CORE_NOTE_MAX];

    (void)snprintf(name, sizeof(name), "cordon:%s", place);
    record.meta = (struct mz_meta_row){ .name = mz_core_turn_text(core, name),
        .value = is_cordoned ? "1" : "0" };
    mz_core_add_record(core, &record);
}

void mz_core_set_cordon(struct mz_core *core, const char *place, bool is_cordoned)
{
    int32_t at = find_cordoned(core, place);

    if (is_cordoned && at < 0) {
        core->cordoned =
            mz_xrealloc(core->cordoned, (size_t)core->cordoned_count + 1, sizeof(*core->cordoned));
        core->cordoned[core->cordoned_count] = NULL;
        mz_core_set_text(&core->cordoned[core->cordoned_count++], place);
    } else if (!is_cordoned && at >= 0) {
        free(core->cordoned[at]);
        core->cordoned[at] = core->cordoned[--core->cordoned_count];
    }
}

void mz_core_plan_cordon(struct mz_core *core, const char *place, bool is_cordoned)
{
    const char *slash = strchr(place, '/');
    struct mz_plan_message message = { .kind = MZ_PLAN_NODE, .state = is_cordoned ? 1 : 0 };
    char name[MZ_CORE_NOTE_MAX];

    (void)snprintf(name, sizeof(name), "%.*s", slash ? (int)(slash - place) : 0, place);
    message.partner = mz_core_find_partner(core, name);
    message.node = slash ? slash + 1 : "";
    if (message.partner >= 0)
        core->ops.plan(core->context, &message);
}

bool mz_core_is_open(const struct mz_core *core, int32_t p, const char *nodes)
{
    const struct core_partner *partner = &core->partners[p];
    char place[MZ_CORE_NOTE_MAX];

    if (partner->row.is_drained || !partner->row.is_reachable)
        return false;
    for (const char *at = nodes; core->cordoned_count > 0 && *at;) {
        size_t size = strcspn(at, ",");

        (void)snprintf(place, sizeof(place), "%s/%.*s", partner->name, (int)size, at);
        if (find_cordoned(core, place) >= 0)
            return false;
        at += size + (at[size] == ',');
    }
    return true;
}

/* Who was sent to the partner and has not begun there would wait until it is resumed. */
static void end_wish(struct mz_core *core, struct core_job *job, int32_t p)
{
    if (strcmp(job->row.want, core->partners[p].name) != 0)
        return;
    job->row.want = "";
    mz_core_touch_job(core, job);
    mz_core_consider(core, job);
}

static void move_away(
    struct mz_core *core, const struct mz_caller *caller, int32_t p, const char *node)
{
    for (int32_t i = core->live_count - 1; i >= 0; i--) {
        struct core_job *job = i < core->live_count ? core->live[i] : NULL;
        struct core_attempt *attempt = job ? job->live->attempt : NULL;

        if (job && !node)
            end_wish(core, job, p);
        if (!attempt || attempt->partner != p || (node && !runs_on(attempt, node)))
            continue;
        mz_core_event(core, job, "move-asked", core->partners[p].name, caller->actor, "drained");
        mz_core_stop_attempt(core, job, MZ_END_MOVED);
    }
}

/* Partner index and node (NULL: all of it) of a place; false when it has been answered. */
static bool find_place(struct mz_core *core, const char *place, int32_t *ret_partner,
    const char **ret_node, void *ticket)
{
    const char *slash = strchr(place, '/');
    char name[MZ_CORE_NOTE_MAX];

    (void)snprintf(
        name, sizeof(name), "%.*s", (int)(slash ? slash - place : (int)strlen(place)), place);
    *ret_partner = mz_core_find_partner(core, name);
    *ret_node = slash ? slash + 1 : NULL;
    if (*ret_partner < 0)
        mz_core_fail(core, ticket, MZ_CORE_NOT_FOUND, "there is no partner '%.80s'", name);
    return *ret_partner >= 0;
}

void mz_core_drain(struct mz_core *core, const struct mz_caller *caller, const char *place,
    bool move, void *ticket)
{
    struct core_partner *partner;
    const char *node;
    int32_t p;

    if (!find_place(core, place, &p, &node, ticket))
        return;
    partner = &core->partners[p];
    if (node) {
        mz_core_set_cordon(core, place, true);
        write_cordon(core, place, true);
        mz_core_plan_cordon(core, place, true);
    } else {
        partner->row.is_drained = true;
        partner->row.drained_by = mz_intern_text(core->intern, caller->name);
        partner->is_touched = true;
        plan_partner(core, p);
    }
    mz_core_event(core, NULL, "drained", partner->name, caller->actor, "%s%s", place,
        move ? ", its jobs move" : "");
    if (move)
        move_away(core, caller, p, node);
    mz_core_answer(core, ticket, &(struct mz_core_answer){ .result = MZ_CORE_OK });
}

void mz_core_resume(
    struct mz_core *core, const struct mz_caller *caller, const char *place, void *ticket)
{
    struct core_partner *partner;
    const char *node;
    int32_t p;

    if (!find_place(core, place, &p, &node, ticket))
        return;
    partner = &core->partners[p];
    if (node) {
        mz_core_set_cordon(core, place, false);
        write_cordon(core, place, false);
        mz_core_plan_cordon(core, place, false);
    } else {
        partner->row.is_drained = false;
        partner->row.drained_by = "";
        partner->is_touched = true;
        plan_partner(core, p);
    }
    mz_core_event(core, NULL, "resumed", partner->name, caller->actor, "%s", place);
    mz_core_answer(core, ticket, &(struct mz_core_answer){ .result = MZ_CORE_OK });
}

void mz_core_plan_partners(struct mz_core *core)
{
    for (int32_t p = 0; p < core->partner_count; p++) {
        if (!core->partners[p].row.is_reachable || core->partners[p].row.is_drained)
            plan_partner(core, p);
    }
    for (int32_t c = 0; c < core->cordoned_count; c++)
        mz_core_plan_cordon(core, core->cordoned[c], true);
}
