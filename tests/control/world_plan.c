/* world_plan.c - a planner: first come, first served, first fit, on a list of nodes
 *
 * It answers late, in order, on what it knew; what the core tells it has to make sense: a job waits
 * once, waits again or ends only when it is known, is adopted only when it is not. Now and then it
 * stops a job of a lower priority for the first that waits, or promises, or despairs. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told { /* a decision on its way */
    enum mz_plan_decision_kind kind;
    int64_t job;
    int64_t wait;
    int64_t by;
    int32_t partner;
    int32_t node_count;
    int32_t chips_per_node;
    int32_t nodes[RANKS_MAX];
};

void world_plan_reset(struct world *w)
{
    w->plan_count = 0;
    w->plan_is_due = false;
    memset(w->plan_states, 0, sizeof(w->plan_states));
    memset(w->plan_nodes_up, 0, sizeof(w->plan_nodes_up));
    memset(w->plan_nodes_cordoned, 0, sizeof(w->plan_nodes_cordoned));
}

static struct plan_entry *find_entry(struct world *w, int64_t job)
{
    for (int32_t i = 0; i < w->plan_count; i++) {
        if (w->plans[i].job == job)
            return &w->plans[i];
    }
    return NULL;
}

static int32_t find_node(const struct world *w, int32_t p, const char *name)
{
    for (int32_t n = 0; n < NODES; n++) {
        if (strcmp(w->partners[p].nodes[n].name, name) == 0)
            return n;
    }
    return -1;
}

/* ---- decisions ---- */

static void text_of_nodes(const struct world *w, const struct told *told, char *buffer, size_t size)
{
    size_t length = 0;

    buffer[0] = '\0';
    for (int32_t r = 0; r < told->node_count; r++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", r > 0 ? "," : "",
            w->partners[told->partner].nodes[told->nodes[r]].name);
}

static void tell(struct world *w, int64_t epoch, int64_t b, void *data)
{
    const struct told *told = data;
    char nodes[128];
    struct mz_plan_decision decision = { .kind = told->kind,
        .job = told->job,
        .wait = told->wait,
        .by = told->by,
        .until_us = w->now_us + w->wall_us + 60 * SECOND,
        .text = told->kind == MZ_PLAN_NEVER ? "it fits nowhere" : "first",
        .partner = told->partner,
        .site = w->partners[told->partner].name,
        .chip = "h100",
        .nodes = nodes,
        .node_count = told->node_count,
        .chips_per_node = told->chips_per_node,
        .chips = told->chips_per_node * told->node_count,
        .parts = "",
        .contract = told->partner == 0 ? "" : w->partners[told->partner].name,
        .price_micro_per_chip_hour = 2500000 + told->partner };

    (void)b;
    if (!w->core || epoch != w->epoch)
        return;
    text_of_nodes(w, told, nodes, sizeof(nodes));
    world_begin_turn(w);
    mz_core_decision(w->core, &decision);
    world_end_turn(w);
}

static void decide(struct world *w, const struct told *told)
{
    struct told *copy = mz_xcalloc(1, sizeof(*copy));
    int64_t at_us = w->now_us + world_between(w, 100, 20000);

    *copy = *told;
    if (world_fault(w, 30))
        at_us += world_between(w, 0, 10 * SECOND);
    if (at_us < w->plan_told_us)
        at_us = w->plan_told_us; /* one queue */
    w->plan_told_us = at_us;
    world_later(w, at_us - w->now_us, tell, w->epoch, 0, copy);
}

static int32_t free_chips(const struct world *w, int32_t p, int32_t node)
{
    int32_t chips = NODE_CHIPS;

    for (int32_t i = 0; i < w->plan_count; i++) {
        const struct plan_entry *entry = &w->plans[i];

        for (int32_t r = 0; entry->runs && entry->partner == p && r < entry->node_count; r++)
            chips -= entry->nodes[r] == node ? entry->chips_per_node : 0;
    }
    return chips;
}

static bool place(struct world *w, struct plan_entry *entry)
{
    for (int32_t i = 0; i < PARTNERS; i++) {
        int32_t p = (int32_t)((i + entry->job) % PARTNERS);
        struct told told = { .kind = MZ_PLAN_START,
            .job = entry->job,
            .wait = entry->wait,
            .partner = p,
            .chips_per_node = entry->chips_per_node };

        if (!(entry->mask >> p & 1) || w->plan_states[p] != 0)
            continue;
        for (int32_t n = 0; n < NODES && told.node_count < entry->nodes_wanted; n++) {
            if (w->plan_nodes_up[p][n] && !w->plan_nodes_cordoned[p][n] &&
                free_chips(w, p, n) >= entry->chips_per_node)
                told.nodes[told.node_count++] = n;
        }
        if (told.node_count < entry->nodes_wanted)
            continue;
        entry->runs = true;
        entry->is_stopping = false;
        entry->partner = p;
        entry->node_count = told.node_count;
        memcpy(entry->nodes, told.nodes, sizeof(entry->nodes));
        decide(w, &told);
        return true;
    }
    return false;
}

static void preempt_for(struct world *w, const struct plan_entry *waits)
{
    for (int32_t i = 0; i < w->plan_count; i++) {
        struct plan_entry *entry = &w->plans[i];

        if (!entry->runs || entry->is_stopping || !entry->preemptible ||
            entry->priority >= waits->priority)
            continue;
        entry->is_stopping = true;
        w->sums.preemptions++;
        decide(w,
            &(struct told){
                .kind = MZ_PLAN_STOP, .job = entry->job, .wait = entry->wait, .by = waits->job });
        return;
    }
}

static void plan(struct world *w, int64_t epoch, int64_t b, void *data)
{
    (void)b;
    (void)data;
    if (!w->core || epoch != w->epoch)
        return;
    w->plan_is_due = false;
    for (int32_t i = 0; i < w->plan_count; i++) {
        struct plan_entry *entry = &w->plans[i];

        if (entry->runs || place(w, entry))
            continue;
        if (world_fault(w, 15))
            preempt_for(w, entry);
        if (world_chance(w, 50))
            decide(w,
                &(struct told){ .kind = world_chance(w, 500) ? MZ_PLAN_PROMISE : MZ_PLAN_NEVER,
                    .job = entry->job,
                    .wait = entry->wait });
    }
}

/* ---- messages ---- */

static void tell_job(struct world *w, const struct mz_plan_message *message)
{
    struct plan_entry *entry = find_entry(w, message->job);
    bool is_known = message->kind == MZ_PLAN_AGAIN;

    if ((entry != NULL) != is_known) {
        world_fail(w, "planner: job %" PRId64 " %s", message->job,
            entry ? "waits or is adopted twice" : "waits again and never did");
        return;
    }
    if (!entry) {
        w->plans = mz_xrealloc(w->plans, (size_t)w->plan_count + 1, sizeof(*w->plans));
        entry = &w->plans[w->plan_count++];
    }
    *entry = (struct plan_entry){ .job = message->job,
        .wait = message->wait,
        .chips_per_node = message->need->chips_per_node,
        .nodes_wanted = message->need->chips / message->need->chips_per_node,
        .mask = message->partner_mask,
        .priority = message->priority,
        .preemptible = message->need->preemptible };
    if (message->partner_mask == 0)
        world_fail(w, "planner: job %" PRId64 " waits for no partner", message->job);
}

static void tell_adopt(struct world *w, const struct mz_plan_message *message)
{
    struct plan_entry *entry;
    char nodes[128];
    char *rest = NULL;

    tell_job(w, message);
    entry = find_entry(w, message->job);
    if (!entry)
        return;
    entry->runs = true;
    entry->partner = message->partner;
    (void)snprintf(nodes, sizeof(nodes), "%s", message->attempt->nodes);
    for (char *at = strtok_r(nodes, ",", &rest); at; at = strtok_r(NULL, ",", &rest)) {
        int32_t node = find_node(w, message->partner, at);

        if (node < 0 || entry->node_count == RANKS_MAX)
            world_fail(w, "planner: adopted job %" PRId64 " runs on '%s'", message->job, at);
        else
            entry->nodes[entry->node_count++] = node;
    }
}

static void tell_end(struct world *w, const struct mz_plan_message *message)
{
    struct plan_entry *entry = find_entry(w, message->job);

    if (!entry) {
        world_fail(w, "planner: job %" PRId64 " ends and was never known", message->job);
        return;
    }
    w->plan_count--;
    memmove(entry, entry + 1, (size_t)(&w->plans[w->plan_count] - entry) * sizeof(*entry));
}

void world_plan_tell(struct world *w, const struct mz_plan_message *message)
{
    switch (message->kind) {
    case MZ_PLAN_WAIT:
    case MZ_PLAN_AGAIN: tell_job(w, message); break;
    case MZ_PLAN_END: tell_end(w, message); break;
    case MZ_PLAN_ADOPT: tell_adopt(w, message); break;
    case MZ_PLAN_NODES:
        memset(w->plan_nodes_up[message->partner], 0, sizeof(w->plan_nodes_up[0]));
        for (int32_t i = 0; i < message->node_count; i++) {
            int32_t node = find_node(w, message->partner, message->nodes[i].name);

            w->plan_nodes_up[message->partner][node] =
                message->nodes[i].is_up && !message->nodes[i].is_cordoned;
        }
        break;
    case MZ_PLAN_PARTNER: w->plan_states[message->partner] = message->state; break;
    case MZ_PLAN_NODE: {
        int32_t node = find_node(w, message->partner, message->node);

        if (node >= 0)
            w->plan_nodes_cordoned[message->partner][node] = message->state != 0;
        break;
    }
    case MZ_PLAN_USES:
    case MZ_PLAN_SPENT: break;
    }
    if (w->plan_is_due)
        return;
    w->plan_is_due = true;
    world_later(w,
        world_fault(w, 20) ? world_between(w, 0, 5 * SECOND) : world_between(w, 100, 50000), plan,
        w->epoch, 0, NULL);
}
