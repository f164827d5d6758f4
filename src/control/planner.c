/* planner.c - messages in, decisions out
 *
 * A job is in the map from its first message to its end; the engine has it under a number of its
 * own, which changes when the engine is made anew. `again` of a job that ran goes to the engine as
 * stopped, which keeps what was promised for its sake; of one that waits as a new request. */
#include "control/planner_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENGINE_JOBS_MAX = 200000 }; /* seen by one engine, beyond four times those that live */

enum mz_status mz_planner_create(
    const struct mz_planner_setup *setup, struct mz_planner **ret_planner, struct mz_error *err)
{
    struct mz_planner *planner = mz_xcalloc(1, sizeof(*planner));
    enum mz_status status = mz_policy_parse(
        setup->policy ? setup->policy : "priority+easy+preempt", &planner->policy, err);

    if (status != MZ_OK) {
        free(planner);
        return status;
    }
    planner->scenario = setup->scenario;
    planner->catalogue = setup->catalogue;
    planner->cores = setup->cores > 0 ? setup->cores : 1;
    mz_core_set_text(&planner->host, setup->host);
    planner->intern = mz_intern_create();
    planner->partner_count = setup->scenario->partner_count;
    planner->partners = mz_xcalloc((size_t)planner->partner_count + 1, sizeof(*planner->partners));
    for (int32_t p = 0; p < planner->partner_count; p++)
        planner->partners[p].finds_nodes = setup->finds_nodes[p];
    planner->jobs = mz_map_create();
    planner->node_index = mz_map_create();
    planner->arena = mz_arena_create();
    planner->is_stale = true;
    *ret_planner = planner;
    return MZ_OK;
}

static void free_job(struct plan_job *job)
{
    free(job->name);
    free(job->parts);
    free(job);
}

static void free_nodes(struct plan_partner *partner)
{
    for (int32_t n = 0; n < partner->node_count; n++) {
        free(partner->nodes[n].name);
        free(partner->nodes[n].reason);
    }
    free(partner->nodes);
    partner->nodes = NULL;
    partner->node_count = 0;
}

void mz_planner_free(struct mz_planner *planner)
{
    if (!planner)
        return;
    for (size_t i = 0; i < mz_map_places(planner->jobs); i++) {
        if (mz_map_at(planner->jobs, i))
            free_job(mz_map_at(planner->jobs, i));
    }
    for (int32_t p = 0; p < planner->partner_count; p++)
        free_nodes(&planner->partners[p]);
    for (int32_t u = 0; u < planner->use_count; u++) {
        free(planner->uses[u].node);
        free(planner->uses[u].job);
    }
    for (int32_t c = 0; c < planner->cordoned_count; c++)
        free(planner->cordoned[c]);
    free(planner->cordoned);
    free(planner->uses);
    free(planner->spent);
    free(planner->partners);
    free(planner->engine_jobs);
    free(planner->host);
    mz_engine_free(planner->engine);
    mz_arena_free(planner->arena);
    mz_map_free(planner->jobs);
    mz_map_free(planner->node_index);
    mz_intern_free(planner->intern);
    free(planner);
}

/* ---- requests ---- */

/* "h100" means every chip called h100 or h100-something. */
static uint64_t chip_mask(const struct mz_fleet *fleet, const struct mz_need *need)
{
    uint64_t mask = 0;

    if (need->chip_count == 0)
        return ~UINT64_C(0);
    for (int32_t c = 0; c < fleet->chip_count; c++) {
        for (int32_t w = 0; w < need->chip_count; w++) {
            size_t length = strlen(need->chips_wanted[w]);

            if (strncmp(fleet->chip_names[c], need->chips_wanted[w], length) == 0 &&
                (fleet->chip_names[c][length] == '\0' || fleet->chip_names[c][length] == '-'))
                mask |= UINT64_C(1) << c;
        }
    }
    return mask;
}

/* Partners whose cheapest contract is within the price; a pool without a contract costs nothing. */
static uint64_t affordable(const struct mz_planner *planner, int64_t max_micro)
{
    uint64_t mask = 0;

    for (int32_t p = 0; p < planner->fleet->pool_count; p++) {
        const int32_t *list = planner->contracts->by_pool[p];
        bool fits = list[0] < 0 || max_micro < 0;

        for (int32_t i = 0; list[i] >= 0; i++)
            fits = fits ||
                planner->contracts->contracts[list[i]].price_micro_per_chip_hour <= max_micro;
        if (fits)
            mask |= UINT64_C(1) << planner->fleet->sites[planner->fleet->pools[p].site].partner;
    }
    return mask;
}

enum mz_status mz_planner_request(struct mz_planner *planner, const struct plan_job *job,
    struct mz_request *ret_request, struct mz_error *err)
{
    const struct mz_need *need = &job->need;
    struct mz_shape shape = { .chips = need->chips,
        .chip_milli = MZ_MILLI,
        .chips_per_node = need->chips_per_node,
        .cpu_milli = need->cpus_per_node < INT32_MAX / 1000 ? need->cpus_per_node * 1000 : 0,
        .memory_mib = need->memory_mib,
        .required = (enum mz_level)need->required,
        .preferred = (enum mz_level)need->preferred,
        .chip_mask = chip_mask(planner->fleet, need),
        .partner_mask = job->partner_mask & affordable(planner, need->max_price_micro) };

    *ret_request = (struct mz_request){ .submit_us = job->submitted_us,
        .estimate_us = need->time_us,
        .deadline_us = MZ_TIME_NEVER,
        .checkpoint_us = need->checkpoint_us,
        .priority = job->priority,
        .team = -1,
        .data_site = -1,
        .preemptible = need->preemptible };
    return mz_engine_shape(planner->engine, &shape, &ret_request->shape, err);
}

void mz_planner_note_engine_job(
    struct mz_planner *planner, int32_t engine_job, struct plan_job *job)
{
    if (engine_job >= planner->engine_capacity) {
        int32_t old = planner->engine_capacity;

        planner->engine_capacity = 2 * engine_job + 256;
        planner->engine_jobs = mz_xrealloc(
            planner->engine_jobs, (size_t)planner->engine_capacity, sizeof(struct plan_job *));
        memset(planner->engine_jobs + old, 0,
            (size_t)(planner->engine_capacity - old) * sizeof(struct plan_job *));
    }
    planner->engine_jobs[engine_job] = job;
}

/* "a1:3 a2:f" as parts; returns how many nodes are still there. */
static int32_t read_parts(const struct mz_planner *planner, const struct plan_job *job,
    struct mz_part *parts, int32_t max)
{
    int32_t count = 0;
    char name[MZ_NODE_NAME_MAX];

    for (const char *at = job->parts; at && *at && count < max;) {
        size_t length = strcspn(at, " ");
        const char *colon = memchr(at, ':', length);
        int32_t node;

        (void)snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - at) : 0, at);
        node = colon ? mz_planner_find_node(planner, job->partner, name) : -1;
        if (node >= 0)
            parts[count++] =
                (struct mz_part){ node, MZ_MILLI, (uint64_t)strtoull(colon + 1, NULL, 16) };
        at += length + (at[length] == ' ');
    }
    return count;
}

static int32_t contract_index(const struct mz_planner *planner, const char *name)
{
    for (int32_t c = 0; c < planner->contracts->count; c++) {
        if (name && *name && strcmp(planner->contracts->contracts[c].name, name) == 0)
            return c;
    }
    return -1;
}

static int compare_parts(const void *a, const void *b)
{
    const struct mz_part *x = a;
    const struct mz_part *y = b;

    return (x->node > y->node) - (x->node < y->node);
}

/* A running job: its parts as they are, in a shape of just that. */
static void enter_running(struct mz_planner *planner, struct plan_job *job, int64_t now_us)
{
    int32_t max = job->need.chips + 1;
    struct mz_part *parts = mz_xcalloc((size_t)max, sizeof(*parts));
    int32_t count = read_parts(planner, job, parts, max);
    struct mz_shape shape = { .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_FLEET,
        .preferred = MZ_LEVEL_NODE,
        .chip_mask = ~UINT64_C(0),
        .partner_mask = ~UINT64_C(0) };
    struct mz_request request = { .submit_us = job->submitted_us,
        .estimate_us = job->need.time_us,
        .deadline_us = MZ_TIME_NEVER,
        .checkpoint_us = job->need.checkpoint_us,
        .priority = job->priority,
        .team = -1,
        .data_site = -1,
        .preemptible = job->need.preemptible };

    qsort(parts, (size_t)count, sizeof(*parts), compare_parts);
    for (int32_t i = 0; i < count; i++)
        shape.chips += mz_bit_count(parts[i].chips);
    if (count > 0 && mz_engine_shape(planner->engine, &shape, &request.shape, NULL) == MZ_OK)
        job->engine_job = mz_engine_adopt(planner->engine, now_us, &request, parts, count,
            contract_index(planner, job->contract), job->start_us,
            job->end_us > now_us ? job->end_us : now_us + planner->policy.estimate_default_us);
    job->is_adopted = true;
    if (job->engine_job >= 0)
        mz_planner_note_engine_job(planner, job->engine_job, job);
    free(parts);
}

void mz_planner_enter(struct mz_planner *planner, struct plan_job *job, int64_t now_us)
{
    struct mz_request request;

    if (!planner->engine)
        return;
    if (job->state == PLAN_JOB_RUNS) {
        enter_running(planner, job, now_us);
        return;
    }
    if (mz_planner_request(planner, job, &request, NULL) != MZ_OK) {
        planner->has_never = true; /* it can never fit as the fleet stands: step says so */
        return;
    }
    job->engine_job = mz_engine_submit(planner->engine, now_us, &request);
    mz_planner_note_engine_job(planner, job->engine_job, job);
}

static void leave_engine(struct mz_planner *planner, struct plan_job *job, int64_t now_us)
{
    if (job->engine_job < 0 || !planner->engine)
        return;
    mz_engine_end(planner->engine, now_us, job->engine_job);
    planner->engine_jobs[job->engine_job] = NULL;
    job->engine_job = -1;
}

/* ---- what others use ---- */

static bool has_cores(const struct mz_planner *planner, int32_t node)
{
    const struct mz_fleet *fleet = planner->fleet;

    return strcmp(fleet->chip_names[fleet->pools[fleet->node_pool[node]].chip], "cpu") == 0;
}

static void let_use_go(struct mz_planner *planner, struct plan_use *use, int64_t now_us)
{
    if (use->engine_job >= 0 && planner->engine)
        mz_engine_end(planner->engine, now_us, use->engine_job);
    use->engine_job = -1;
    use->held_chips = 0;
}

/* Holds what it has now, however much it held before. */
void mz_planner_hold_use(struct mz_planner *planner, struct plan_use *use, int64_t now_us)
{
    int32_t node = mz_planner_find_node(planner, use->partner, use->node);
    struct mz_shape shape = { .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_FLEET,
        .chip_mask = ~UINT64_C(0),
        .partner_mask = ~UINT64_C(0) };
    struct mz_part part = { .node = node, .milli = MZ_MILLI };
    struct mz_request request = { .submit_us = now_us,
        .deadline_us = MZ_TIME_NEVER,
        .team = -1,
        .data_site = -1,
        .priority = INT32_MAX };

    if (node < 0)
        return;
    use->chips = has_cores(planner, node) ? use->cpus : use->accelerators;
    if (use->held_chips == use->chips ||
        (use->held_chips < use->chips && planner->fleet->chips_free[node] == 0))
        return; /* what it waits for is ours; looked at again with the next list */
    let_use_go(planner, use, now_us);
    /* Which of the chips is the partner's business: the highest that are free here. */
    for (int32_t c = MZ_NODE_CHIP_COUNT_MAX - 1; c >= 0 && shape.chips < use->chips; c--) {
        if (planner->fleet->chips_free[node] >> c & 1) {
            part.chips |= UINT64_C(1) << c;
            shape.chips++;
        }
    }
    if (shape.chips == 0 || mz_engine_shape(planner->engine, &shape, &request.shape, NULL) != MZ_OK)
        return;
    use->engine_job = mz_engine_adopt(planner->engine, now_us, &request, &part, 1, -1, now_us,
        use->end_us > now_us ? use->end_us : now_us + planner->policy.estimate_default_us);
    if (use->engine_job < 0)
        return;
    use->held_chips = shape.chips;
    mz_planner_note_engine_job(planner, use->engine_job, NULL);
}

static uint64_t use_key(int32_t partner, const char *node, const char *job)
{
    return mz_map_key(mz_map_key((uint64_t)partner, node), job);
}

static struct plan_use *add_use(
    struct mz_planner *planner, int32_t partner, const struct mz_remote_use *remote)
{
    struct plan_use *use;

    if (planner->use_count == planner->use_capacity) {
        planner->use_capacity = planner->use_capacity ? 2 * planner->use_capacity : 32;
        planner->uses =
            mz_xrealloc(planner->uses, (size_t)planner->use_capacity, sizeof(*planner->uses));
    }
    use = &planner->uses[planner->use_count++];
    *use = (struct plan_use){ .partner = partner, .engine_job = -1 };
    mz_core_set_text(&use->node, remote->node);
    mz_core_set_text(&use->job, remote->job);
    return use;
}

static void drop_stale_uses(struct mz_planner *planner, int64_t now_us)
{
    int32_t kept = 0;

    for (int32_t u = 0; u < planner->use_count; u++) {
        struct plan_use *use = &planner->uses[u];

        if (!use->is_stale) {
            planner->uses[kept++] = *use;
            continue;
        }
        let_use_go(planner, use, now_us);
        free(use->node);
        free(use->job);
    }
    planner->use_count = kept;
}

/* The list replaces the one before: who is not in it any more has ended. */
static void tell_uses(
    struct mz_planner *planner, int64_t now_us, const struct mz_plan_message *message)
{
    struct mz_map *known = mz_map_create();
    int32_t old_count = planner->use_count;

    for (int32_t u = 0; u < old_count; u++) {
        const struct plan_use *use = &planner->uses[u];

        planner->uses[u].is_stale = use->partner == message->partner;
        mz_map_put(known, use_key(use->partner, use->node, use->job), (void *)(intptr_t)(u + 1));
    }
    for (int32_t i = 0; i < message->use_count; i++) {
        const struct mz_remote_use *remote = &message->uses[i];
        int32_t u = (int32_t)(intptr_t)mz_map_get(
                        known, use_key(message->partner, remote->node, remote->job)) -
            1;
        struct plan_use *use =
            u >= 0 ? &planner->uses[u] : add_use(planner, message->partner, remote);

        use->is_stale = false;
        use->accelerators = remote->chips;
        use->cpus = remote->cpus;
        use->end_us = remote->end_unix_s * 1000000;
    }
    mz_map_free(known);
    drop_stale_uses(planner, now_us);
    for (int32_t u = 0; planner->engine && u < planner->use_count; u++) {
        if (planner->uses[u].partner == message->partner)
            mz_planner_hold_use(planner, &planner->uses[u], now_us);
    }
}

/* ---- nodes that were found ---- */

/* "h100" as a partner calls it is "h100-sxm" in the catalogue. */
static const char *catalogue_chip(struct mz_planner *planner, const char *name)
{
    const struct mz_catalogue_table *chips =
        planner->catalogue ? mz_catalogue_find_table(planner->catalogue, "chips") : NULL;
    size_t length = strlen(name);

    if (length == 0)
        return "";
    if (!chips || mz_catalogue_find_row(chips, name) >= 0)
        return mz_intern_text(planner->intern, name);
    for (size_t r = 0; r < chips->row_count; r++) {
        if (strncmp(chips->rows[r][0], name, length) == 0 && chips->rows[r][0][length] == '-')
            return mz_intern_text(planner->intern, chips->rows[r][0]);
    }
    return mz_intern_text(planner->intern, name);
}

static bool same_nodes(const struct plan_partner *partner, const struct mz_plan_message *message)
{
    if (partner->node_count != message->node_count)
        return false;
    for (int32_t n = 0; n < message->node_count; n++) {
        const struct mz_remote_node *node = &message->nodes[n];

        if (strcmp(partner->nodes[n].name, node->name) != 0 ||
            partner->nodes[n].chips != node->chips || partner->nodes[n].cpus != node->cpus)
            return false;
    }
    return true;
}

static void tell_nodes(struct mz_planner *planner, const struct mz_plan_message *message)
{
    struct plan_partner *partner = &planner->partners[message->partner];
    bool same = same_nodes(partner, message);

    if (!same) {
        free_nodes(partner);
        partner->nodes = mz_xcalloc((size_t)message->node_count + 1, sizeof(*partner->nodes));
        partner->node_count = message->node_count;
        planner->is_stale = true;
    }
    for (int32_t n = 0; n < message->node_count; n++) {
        const struct mz_remote_node *remote = &message->nodes[n];
        struct plan_node *node = &partner->nodes[n];

        if (!same) {
            mz_core_set_text(&node->name, remote->name);
            node->chip = catalogue_chip(planner, remote->chip);
            node->chips = remote->chips;
            node->cpus = remote->cpus;
            node->memory_mib = remote->memory_mib;
        }
        mz_core_set_text(&node->reason, remote->reason);
        node->is_up = remote->is_up;
        node->is_cordoned = remote->is_cordoned;
    }
    if (same)
        mz_planner_set_states(planner, message->partner);
}

static void tell_node(struct mz_planner *planner, const struct mz_plan_message *message)
{
    char place[MZ_CORE_NOTE_MAX];
    int32_t at = 0;

    (void)snprintf(place, sizeof(place), "%s/%s",
        planner->scenario->partners[message->partner].name, message->node);
    while (at < planner->cordoned_count && strcmp(planner->cordoned[at], place) != 0)
        at++;
    if (message->state != MZ_NODE_UP && at == planner->cordoned_count) {
        planner->cordoned =
            mz_xrealloc(planner->cordoned, (size_t)at + 1, sizeof(*planner->cordoned));
        planner->cordoned[at] = NULL;
        mz_core_set_text(&planner->cordoned[planner->cordoned_count++], place);
    } else if (message->state == MZ_NODE_UP && at < planner->cordoned_count) {
        free(planner->cordoned[at]);
        planner->cordoned[at] = planner->cordoned[--planner->cordoned_count];
    }
    mz_planner_set_states(planner, message->partner);
}

/* ---- jobs ---- */

static struct plan_job *take_job(struct mz_planner *planner, const struct mz_plan_message *message)
{
    struct plan_job *job = mz_map_get(planner->jobs, (uint64_t)message->job);

    if (!job) {
        job = mz_xcalloc(1, sizeof(*job));
        job->id = message->job;
        job->engine_job = -1;
        mz_map_put(planner->jobs, (uint64_t)message->job, job);
    }
    job->wait = message->wait;
    mz_core_set_text(&job->name, message->job_name);
    job->need = *message->need;
    job->need.dependencies = NULL;
    for (int32_t c = 0; c < job->need.chip_count; c++)
        job->need.chips_wanted[c] = mz_intern_text(planner->intern, job->need.chips_wanted[c]);
    job->partner_mask = message->partner_mask;
    job->team = mz_intern_text(planner->intern, message->team);
    job->priority = message->priority;
    job->submitted_us = message->submitted_us;
    return job;
}

static void tell_adopt(
    struct mz_planner *planner, int64_t now_us, const struct mz_plan_message *message)
{
    struct plan_job *job = take_job(planner, message);

    job->state = PLAN_JOB_RUNS;
    job->partner = message->partner;
    mz_core_set_text(&job->parts, message->attempt->parts);
    job->contract = mz_intern_text(planner->intern, message->attempt->contract);
    job->start_us = message->start_us;
    job->end_us = message->start_us +
        (job->need.time_us > 0 ? job->need.time_us : planner->policy.estimate_default_us);
    if (!planner->is_stale)
        mz_planner_enter(planner, job, now_us);
}

static void add_spent(struct mz_planner *planner, const char *contract, int64_t micro)
{
    for (int32_t s = 0; s < planner->spent_count; s++) {
        if (strcmp(planner->spent[s].contract, contract) == 0) {
            planner->spent[s].micro += micro;
            return;
        }
    }
    planner->spent =
        mz_xrealloc(planner->spent, (size_t)planner->spent_count + 1, sizeof(*planner->spent));
    planner->spent[planner->spent_count++] =
        (struct plan_spent){ mz_intern_text(planner->intern, contract), micro };
}

/* What a run that is over has drawn; the engine settles its own books. */
static void note_run(struct mz_planner *planner, const struct plan_job *job, int64_t now_us)
{
    if (job->state != PLAN_JOB_RUNS || job->engine_job < 0 || !job->contract || !*job->contract ||
        now_us <= job->start_us)
        return;
    add_spent(planner, job->contract,
        mz_price_times((int64_t)job->need.chips * MZ_MILLI, now_us - job->start_us,
            mz_engine_job(planner->engine, job->engine_job).price_micro_per_chip_hour));
}

static void tell_again(
    struct mz_planner *planner, int64_t now_us, const struct mz_plan_message *message)
{
    struct plan_job *job = mz_map_get(planner->jobs, (uint64_t)message->job);
    uint64_t mask = job ? job->partner_mask : 0;
    bool ran = job && job->state == PLAN_JOB_RUNS;

    if (ran)
        note_run(planner, job, now_us);
    job = take_job(planner, message);
    job->state = PLAN_JOB_WAITS;
    if (ran && job->engine_job >= 0 && mask == job->partner_mask && !job->is_adopted &&
        mz_engine_state(planner->engine, job->engine_job) == MZ_JOB_STOPPING) {
        mz_engine_stopped(planner->engine, now_us, job->engine_job, job->need.time_us);
        return;
    }
    leave_engine(planner, job, now_us);
    job->is_adopted = false;
    if (!planner->is_stale)
        mz_planner_enter(planner, job, now_us);
}

static void tell_end(struct mz_planner *planner, int64_t now_us, int64_t id)
{
    struct plan_job *job = mz_map_remove(planner->jobs, (uint64_t)id);

    if (!job)
        return;
    note_run(planner, job, now_us);
    leave_engine(planner, job, now_us);
    free_job(job);
}

void mz_planner_tell(
    struct mz_planner *planner, int64_t now_us, const struct mz_plan_message *message)
{
    switch (message->kind) {
    case MZ_PLAN_WAIT:
    case MZ_PLAN_AGAIN: tell_again(planner, now_us, message); break;
    case MZ_PLAN_END: tell_end(planner, now_us, message->job); break;
    case MZ_PLAN_ADOPT: tell_adopt(planner, now_us, message); break;
    case MZ_PLAN_NODES: tell_nodes(planner, message); break;
    case MZ_PLAN_USES: tell_uses(planner, now_us, message); break;
    case MZ_PLAN_PARTNER:
        planner->partners[message->partner].state = message->state == 2 ? MZ_NODE_DOWN
            : message->state == 1                                       ? MZ_NODE_CORDONED
                                                                        : MZ_NODE_UP;
        mz_planner_set_states(planner, message->partner);
        break;
    case MZ_PLAN_NODE: tell_node(planner, message); break;
    case MZ_PLAN_SPENT:
        add_spent(planner, message->contract, message->spent_micro);
        planner->is_stale = true;
        break;
    }
}

/* ---- decisions ---- */

static void decide_start(struct mz_planner *planner, struct plan_job *job,
    const struct mz_place_decision *decision, mz_planner_sink *sink, void *context)
{
    const struct mz_fleet *fleet = planner->fleet;
    struct mz_job engine_job = mz_engine_job(planner->engine, decision->job);
    struct mz_plan_decision out = { .kind = MZ_PLAN_START,
        .job = job->id,
        .wait = job->wait,
        .text = decision->reason ? decision->reason : "" };
    struct mz_text nodes = { 0 };
    struct mz_text parts = { 0 };
    char name[MZ_NODE_NAME_MAX];
    int32_t first = engine_job.parts[0].node;

    for (int32_t i = 0; i < engine_job.part_count; i++) {
        const struct mz_part *part = &engine_job.parts[i];
        const char *node = mz_fleet_node_name(fleet, part->node, name);

        mz_text_addf(&nodes, "%s%s", i ? "," : "", node);
        mz_text_addf(&parts, "%s%s:%" PRIx64, i ? " " : "", node, part->chips);
        out.chips += mz_bit_count(part->chips);
        if (mz_bit_count(part->chips) > out.chips_per_node)
            out.chips_per_node = mz_bit_count(part->chips);
    }
    out.partner = mz_fleet_partner_of(fleet, first);
    out.site = fleet->sites[mz_fleet_site_of(fleet, first)].name;
    out.chip = fleet->chip_names[fleet->pools[fleet->node_pool[first]].chip];
    out.chips_are_cores = strcmp(out.chip, "cpu") == 0;
    out.nodes = mz_text_string(&nodes);
    out.node_count = engine_job.part_count;
    out.parts = mz_text_string(&parts);
    out.contract =
        engine_job.contract >= 0 ? planner->contracts->contracts[engine_job.contract].name : "";
    out.price_micro_per_chip_hour =
        engine_job.contract >= 0 ? engine_job.price_micro_per_chip_hour : 0;
    job->state = PLAN_JOB_RUNS;
    job->partner = out.partner;
    mz_core_set_text(&job->parts, out.parts);
    job->contract = mz_intern_text(planner->intern, out.contract);
    job->start_us = engine_job.start_us;
    job->end_us = engine_job.end_us;
    sink(context, &out);
    mz_text_finish(&nodes);
    mz_text_finish(&parts);
}

static void decide(struct mz_planner *planner, const struct mz_place_decision *decision,
    mz_planner_sink *sink, void *context)
{
    struct plan_job *job = planner->engine_jobs[decision->job];
    struct plan_job *by = decision->by >= 0 ? planner->engine_jobs[decision->by] : NULL;
    struct mz_plan_decision out = { .until_us = decision->until_us, .text = "" };

    if (!job)
        return;
    out.job = job->id;
    out.wait = job->wait;
    switch (decision->kind) {
    case MZ_DECIDE_START: decide_start(planner, job, decision, sink, context); break;
    case MZ_DECIDE_RESERVE:
        out.kind = MZ_PLAN_PROMISE;
        sink(context, &out);
        break;
    case MZ_DECIDE_PREEMPT:
        out.kind = MZ_PLAN_STOP;
        out.by = by ? by->id : 0;
        sink(context, &out);
        break;
    }
}

/* Who can never fit as the fleet stands is told so once. */
static void tell_never(struct mz_planner *planner, mz_planner_sink *sink, void *context)
{
    for (size_t i = 0; i < mz_map_places(planner->jobs); i++) {
        struct plan_job *job = mz_map_at(planner->jobs, i);
        struct mz_request request;
        struct mz_error err = { MZ_OK, "" };

        if (!job || job->state != PLAN_JOB_WAITS || job->engine_job >= 0 || job->told_never)
            continue;
        if (mz_planner_request(planner, job, &request, &err) == MZ_OK)
            continue;
        job->told_never = true;
        sink(context,
            &(struct mz_plan_decision){
                .kind = MZ_PLAN_NEVER, .job = job->id, .wait = job->wait, .text = err.text });
    }
}

void mz_planner_step(
    struct mz_planner *planner, int64_t now_us, mz_planner_sink *sink, void *context)
{
    const struct mz_place_decision *decisions;
    int32_t count;

    if (planner->is_stale || planner->month != mz_planner_month(now_us) ||
        (planner->engine &&
            mz_engine_job_count(planner->engine) >
                ENGINE_JOBS_MAX + 4 * (int32_t)mz_map_count(planner->jobs)))
        mz_planner_rebuild(planner, now_us);
    if (!planner->engine)
        return;
    count = mz_engine_step(planner->engine, now_us, &decisions);
    for (int32_t d = 0; d < count; d++)
        decide(planner, &decisions[d], sink, context);
    if (planner->has_never)
        tell_never(planner, sink, context);
    planner->has_never = false;
}

int64_t mz_planner_wake_us(const struct mz_planner *planner)
{
    return planner->engine ? mz_engine_wake_us(planner->engine) : MZ_TIME_NEVER;
}
