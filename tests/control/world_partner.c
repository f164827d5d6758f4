/* world_partner.c - partners with a queue and nodes, and the drivers that speak with them
 *
 * A driver dies with the daemon; what it sent arrives all the same. A partner starts jobs first
 * come, first served, when its own books say that there is room. A job has ended when all shims of
 * its newest run are gone; of an earlier run (a twin) it knows nothing. Partner 0 is like this
 * machine: an unanswered submit is either there or not at once, and ends are told unasked. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDED_SHOWN_US (60 * SECOND) /* how long a list names a job that has ended */

void world_partners_make(struct world *w)
{
    static const char *const names[PARTNERS] = { "here", "beta", "gamma" };

    for (int32_t p = 0; p < PARTNERS; p++) {
        struct world_partner *partner = &w->partners[p];

        (void)snprintf(partner->name, sizeof(partner->name), "%s", names[p]);
        partner->next_id = 100;
        partner->tells_ends = p == 0;
        for (int32_t n = 0; n < NODES; n++) {
            (void)snprintf(partner->nodes[n].name, sizeof(partner->nodes[n].name), "%c%" PRId32,
                names[p][0], n);
            partner->nodes[n].is_up = true;
        }
    }
}

/* ---- what the driver says ---- */

struct reply {
    enum mz_driver_event_kind kind;
    enum mz_driver_outcome outcome;
    int64_t job;
    int32_t n;
    char id[16];
    int64_t submit_s;
};

static void say_event(struct world *w, struct mz_driver_event *event)
{
    world_begin_turn(w);
    mz_core_driver_event(w->core, event);
    world_end_turn(w);
}

static void reply_now(struct world *w, int64_t epoch, int64_t p, void *data)
{
    const struct reply *reply = data;
    struct mz_driver_event event = { .kind = reply->kind,
        .partner = w->partners[p].name,
        .job = reply->job,
        .n = reply->n,
        .outcome = reply->outcome,
        .remote_id = reply->id,
        .remote_submit_s = reply->submit_s,
        .text = reply->outcome == MZ_DRIVER_OK ? "" : "no answer" };

    if (w->core && epoch == w->epoch)
        say_event(w, &event);
}

static void reply_later(
    struct world *w, int32_t p, int64_t epoch, int64_t delay_us, const struct reply *reply)
{
    struct reply *copy = mz_xcalloc(1, sizeof(*copy));

    *copy = *reply;
    world_later(w, delay_us, reply_now, epoch, p, copy);
}

/* ---- jobs there ---- */

static void remote_end(struct world *w, int32_t index, const char *reason)
{
    struct world_remote *remote = &w->remotes[index];

    if (remote->state == REMOTE_ENDED)
        return;
    remote->state = REMOTE_ENDED;
    remote->ended_us = w->now_us;
    (void)snprintf(remote->reason, sizeof(remote->reason), "%s", reason);
    world_say(w, "%s: %" PRId64 ".%" PRId32 " ended, %s", w->partners[remote->partner].name,
        remote->job, remote->n, reason);
    if (w->partners[remote->partner].tells_ends && strcmp(reason, "NODE_FAIL") != 0 &&
        !world_fault(w, 100))
        reply_later(w, remote->partner, w->epoch, world_between(w, 500, 5000),
            &(struct reply){ .kind = MZ_DRIVER_ENDED, .job = remote->job, .n = remote->n });
    world_pump(w, remote->partner);
}

void world_remote_check(struct world *w, int32_t index)
{
    struct world_remote *remote = &w->remotes[index];

    if (remote->state != REMOTE_RUNNING)
        return;
    for (int32_t s = 0; s < w->shim_count; s++) {
        if (w->shims[s].remote == index && w->shims[s].run == remote->run &&
            w->shims[s].state != SHIM_GONE)
            return;
    }
    remote_end(w, index, "COMPLETED");
}

static int32_t used_chips(const struct world *w, int32_t p, int32_t node)
{
    int32_t used = 0;

    for (int32_t i = 0; i < w->remote_count; i++) {
        const struct world_remote *remote = &w->remotes[i];

        if (remote->partner != p || remote->state != REMOTE_RUNNING || remote->is_forgotten)
            continue;
        for (int32_t r = 0; r < remote->node_count; r++)
            used += remote->nodes[r] == node ? remote->chips_per_node : 0;
    }
    return used;
}

static bool has_room(const struct world *w, const struct world_remote *remote)
{
    for (int32_t r = 0; r < remote->node_count; r++) {
        const struct world_node *node = &w->partners[remote->partner].nodes[remote->nodes[r]];

        if (!node->is_up || node->is_cut || node->is_drained ||
            used_chips(w, remote->partner, remote->nodes[r]) + remote->chips_per_node > NODE_CHIPS)
            return false;
    }
    return true;
}

static void start_remote(struct world *w, int32_t index)
{
    struct world_remote *remote = &w->remotes[index];

    remote->state = REMOTE_RUNNING;
    remote->run = 1;
    world_say(w, "%s: starts %" PRId64 ".%" PRId32, w->partners[remote->partner].name, remote->job,
        remote->n);
    world_shims_start(w, index, 0);
    if (remote->partner != 0 && world_fault(w, 60)) { /* the controller starts it once more */
        w->sums.twins++;
        w->remotes[index].run = 2;
        w->remotes[index].was_twinned = true;
        world_say(w, "%s: starts a twin of %" PRId64 ".%" PRId32,
            w->partners[w->remotes[index].partner].name, w->remotes[index].job,
            w->remotes[index].n);
        world_shims_start(w, index, world_between(w, 0, 10 * SECOND));
    }
}

static void pump(struct world *w, int64_t p, int64_t b, void *data)
{
    (void)b;
    (void)data;
    for (int32_t i = 0; i < w->remote_count; i++) {
        if (w->remotes[i].partner == p && w->remotes[i].state == REMOTE_QUEUED &&
            !w->remotes[i].is_forgotten && has_room(w, &w->remotes[i]))
            start_remote(w, i);
    }
}

void world_pump(struct world *w, int32_t p)
{
    int64_t delay_us = world_between(w, 1000, SECOND);

    if (p != 0 && world_fault(w, 30))
        delay_us = world_between(w, 0, 30 * SECOND); /* busy with others */
    world_later(w, delay_us, pump, p, 0, NULL);
}

/* ---- submit ---- */

struct order { /* on its way to a partner */
    struct world_remote remote;
    char name[MZ_ATTEMPT_NAME_MAX];
    int64_t epoch;
    enum mz_driver_outcome outcome; /* what the driver will say */
    int64_t answer_us;
    bool is_cancel;
};

static void receive_submit(struct world *w, int64_t p, int64_t b, void *data)
{
    const struct order *order = data;
    struct world_partner *partner = &w->partners[p];
    struct world_remote *remote;

    (void)b;
    if (partner->is_silent) { /* it waits in a socket there, or is lost */
        if (world_chance(w, 500)) {
            struct order *copy = mz_xcalloc(1, sizeof(*copy));

            *copy = *order;
            copy->outcome = MZ_DRIVER_UNKNOWN;
            world_later(w, world_between(w, 0, 20 * SECOND), receive_submit, p, 0, copy);
        }
        return;
    }
    if (w->remote_count == w->remote_capacity) {
        w->remote_capacity = w->remote_capacity ? 2 * w->remote_capacity : 64;
        w->remotes = mz_xrealloc(w->remotes, (size_t)w->remote_capacity, sizeof(*w->remotes));
    }
    remote = &w->remotes[w->remote_count++];
    *remote = order->remote;
    (void)snprintf(remote->id, sizeof(remote->id), "%" PRId64, partner->next_id++);
    remote->submit_s = (w->now_us + w->wall_us) / SECOND;
    world_say(w, "%s: accepts %" PRId64 ".%" PRId32 " as %s%s", partner->name, remote->job,
        remote->n, remote->id, order->outcome == MZ_DRIVER_OK ? "" : ", its answer is lost");
    if (order->outcome == MZ_DRIVER_OK) {
        struct reply reply = { .kind = MZ_DRIVER_SUBMITTED,
            .job = remote->job,
            .n = remote->n,
            .submit_s = remote->submit_s };

        memcpy(reply.id, remote->id, sizeof(reply.id));
        reply_later(w, (int32_t)p, order->epoch, order->answer_us, &reply);
    }
    world_pump(w, (int32_t)p);
}

static void read_nodes(const struct world *w, struct world_remote *remote, const char *text)
{
    char nodes[128];
    char *rest = NULL;

    (void)snprintf(nodes, sizeof(nodes), "%s", text);
    for (char *at = strtok_r(nodes, ",", &rest); at; at = strtok_r(NULL, ",", &rest)) {
        for (int32_t n = 0; n < NODES; n++) {
            if (strcmp(w->partners[remote->partner].nodes[n].name, at) == 0)
                remote->nodes[remote->node_count++] = n;
        }
    }
}

static void send_submit(struct world *w, int32_t p, const struct mz_attempt_row *attempt)
{
    struct order *order = mz_xcalloc(1, sizeof(*order));
    struct reply reply = { .kind = MZ_DRIVER_SUBMITTED, .job = attempt->job, .n = attempt->n };
    int64_t delay_us = world_between(w, 1000, 200000);
    bool is_lost = false;

    order->remote = (struct world_remote){ .partner = p,
        .job = attempt->job,
        .n = attempt->n,
        .chips_per_node = attempt->chips_per_node,
        .spec = w->jobs[attempt->job].spec };
    read_nodes(w, &order->remote, attempt->nodes);
    order->epoch = w->epoch;
    order->answer_us = world_between(w, 1000, 300000);
    if (world_fault(w, 60)) {
        reply.outcome = world_chance(w, 500) ? MZ_DRIVER_REFUSED : MZ_DRIVER_NOT_SENT;
        is_lost = true;
    } else if (w->partners[p].is_silent || world_fault(w, 80)) {
        reply.outcome = MZ_DRIVER_UNKNOWN;
        w->sums.unknown_submits++;
        is_lost = world_chance(w, 400);
        if (p != 0 && world_chance(w, 400)) { /* long behind the lists that lacked it */
            w->sums.late_accepts++;
            delay_us = world_between(w, 0, 60 * SECOND);
        }
    }
    order->outcome = reply.outcome;
    if (reply.outcome != MZ_DRIVER_OK)
        reply_later(w, p, w->epoch,
            reply.outcome == MZ_DRIVER_UNKNOWN ? world_between(w, SECOND / 2, 10 * SECOND) : 2000,
            &reply);
    world_say(w, "driver %s: submits %" PRId64 ".%" PRId32 ", outcome %d%s", w->partners[p].name,
        attempt->job, attempt->n, (int)reply.outcome, is_lost ? ", lost" : "");
    if (is_lost)
        free(order);
    else
        world_later(w, delay_us, receive_submit, p, 0, order);
}

/* ---- cancel ---- */

static void kill_run(struct world *w, int64_t index, int64_t run, void *data)
{
    (void)data;
    for (int32_t s = 0; s < w->shim_count; s++) {
        const struct world_shim *shim = &w->shims[s];

        if (shim->remote == index && shim->run == run && shim->state != SHIM_GONE &&
            !w->partners[w->remotes[index].partner].nodes[shim->node].is_cut)
            world_shim_kill(w, s);
    }
}

static void receive_cancel(struct world *w, int64_t p, int64_t b, void *data)
{
    const struct order *order = data;

    (void)b;
    if (w->partners[p].is_silent)
        return;
    for (int32_t i = 0; i < w->remote_count; i++) {
        struct world_remote *remote = &w->remotes[i];

        if (remote->partner != p || remote->is_forgotten || remote->job != order->remote.job ||
            remote->n != order->remote.n || remote->state == REMOTE_ENDED)
            continue;
        if (order->remote.id[0] != '\0' &&
            (strcmp(remote->id, order->remote.id) != 0 ||
                (order->remote.submit_s != 0 && remote->submit_s != order->remote.submit_s)))
            continue;
        world_say(
            w, "%s: cancels %" PRId64 ".%" PRId32, w->partners[p].name, remote->job, remote->n);
        if (remote->state == REMOTE_QUEUED)
            remote_end(w, i, "CANCELLED");
        else
            world_later(w, world_between(w, 1000, 5 * SECOND), kill_run, i, remote->run, NULL);
    }
}

static void send_cancel(struct world *w, int32_t p, const struct mz_driver_ref *ref)
{
    struct order *order = mz_xcalloc(1, sizeof(*order));

    order->remote =
        (struct world_remote){ .job = ref->job, .n = ref->n, .submit_s = ref->remote_submit_s };
    (void)snprintf(order->remote.id, sizeof(order->remote.id), "%s", ref->remote_id);
    world_say(w, "driver %s: cancels %s as '%s'", w->partners[p].name, ref->name, ref->remote_id);
    reply_later(w, p, w->epoch, world_between(w, 10000, SECOND),
        &(struct reply){ .kind = MZ_DRIVER_CANCELLED, .job = ref->job, .n = ref->n });
    if (world_fault(w, 100))
        free(order);
    else
        world_later(w, world_between(w, 1000, 500000), receive_cancel, p, 0, order);
}

/* ---- observe ---- */

struct list {
    int64_t begin_us; /* monotonic */
    int64_t epoch;
    bool is_silent;
    int32_t count;
    struct mz_remote_node nodes[NODES];
    struct mz_remote_job *jobs; /* behind the struct */
    int32_t *remotes;           /* which they are */
    char (*names)[MZ_ATTEMPT_NAME_MAX];
    char (*ids)[16];
};

static bool is_shut(const struct list *list, const struct world_remote *remote)
{
    for (int32_t r = 0; r < remote->node_count; r++) {
        const struct mz_remote_node *node = &list->nodes[remote->nodes[r]];

        if (!node->is_up || node->is_cordoned)
            return true;
    }
    return false;
}

/* Says the event, and has judged what the core made of the attempts that wait in its list. */
static void show_queued(struct world *w, const struct list *list, struct mz_driver_event *event)
{
    bool *was_waiting = mz_xcalloc((size_t)list->count + 1, sizeof(*was_waiting));

    for (int32_t i = 0; i < list->count; i++)
        was_waiting[i] = list->jobs[i].state == MZ_REMOTE_QUEUED &&
            world_is_waiting(w, &w->remotes[list->remotes[i]]);
    say_event(w, event);
    for (int32_t i = 0; w->core && i < list->count; i++) {
        struct world_remote *remote = &w->remotes[list->remotes[i]];

        if (list->jobs[i].state == MZ_REMOTE_QUEUED)
            world_check_queued(w, remote, is_shut(list, remote), was_waiting[i]);
    }
    free(was_waiting);
}

static void show_list(struct world *w, int64_t p, int64_t b, void *data)
{
    const struct list *list = data;
    struct mz_driver_event event = { .kind = MZ_DRIVER_OBSERVED,
        .partner = w->partners[p].name,
        .text = "",
        .remote_id = "",
        .begin_us = list->begin_us,
        .job_count = list->count,
        .jobs = list->jobs,
        .node_count = NODES,
        .nodes = list->nodes };

    (void)b;
    if (!w->core || list->epoch != w->epoch)
        return;
    if (list->is_silent) {
        event = (struct mz_driver_event){
            .kind = MZ_DRIVER_UNREACHABLE, .partner = event.partner, .text = "no answer"
        };
        world_say(w, "driver %s: no answer", event.partner);
        say_event(w, &event);
        return;
    }
    show_queued(w, list, &event);
}

static bool is_listed(const struct world *w, const struct world_remote *remote, int64_t p)
{
    return remote->partner == p && !remote->is_forgotten &&
        (remote->state != REMOTE_ENDED || w->now_us - remote->ended_us < ENDED_SHOWN_US);
}

static struct list *make_list(const struct world *w, int64_t p)
{
    size_t count = 0;
    size_t each = sizeof(struct mz_remote_job) + sizeof(int32_t) + MZ_ATTEMPT_NAME_MAX + 16;
    struct list *list;

    for (int32_t i = 0; i < w->remote_count; i++)
        count += is_listed(w, &w->remotes[i], p);
    list = mz_xcalloc(1, sizeof(*list) + count * each);
    list->jobs = (struct mz_remote_job *)(list + 1);
    list->remotes = (int32_t *)(list->jobs + count);
    list->names = (char(*)[MZ_ATTEMPT_NAME_MAX])(list->remotes + count);
    list->ids = (char(*)[16])(list->names + count);
    for (int32_t i = 0; i < w->remote_count; i++) {
        const struct world_remote *remote = &w->remotes[i];
        int32_t at = list->count;

        if (!is_listed(w, remote, p))
            continue;
        memcpy(list->ids[at], remote->id, sizeof(remote->id));
        list->remotes[at] = i;
        list->jobs[list->count++] = (struct mz_remote_job){ .name = mz_attempt_name(list->names[at],
                                                                "0123abcd", remote->job, remote->n),
            .remote_id = list->ids[at],
            .submit_s = remote->submit_s,
            .state = remote->state == REMOTE_QUEUED ? MZ_REMOTE_QUEUED
                : remote->state == REMOTE_RUNNING   ? MZ_REMOTE_RUNNING
                                                    : MZ_REMOTE_ENDED,
            .reason = remote->reason };
    }
    for (int32_t n = 0; n < NODES; n++)
        list->nodes[n] = (struct mz_remote_node){ .name = w->partners[p].nodes[n].name,
            .is_up = w->partners[p].nodes[n].is_up && !w->partners[p].nodes[n].is_cut &&
                (!w->partners[p].nodes[n].is_drained || used_chips(w, (int32_t)p, n) > 0),
            .is_cordoned = w->partners[p].nodes[n].is_drained,
            .chips = NODE_CHIPS,
            .chip = "h100",
            .reason = "" };
    return list;
}

static void take_list(struct world *w, int64_t p, int64_t begin_us, void *data)
{
    struct list *list = make_list(w, p);
    const struct reply *asked = data;
    int64_t delay_us = world_between(w, 1000, 100000);

    /* the reason of a job is read where it lies: it changes once, before it can be listed */
    list->begin_us = begin_us;
    list->epoch = asked->job;
    list->is_silent = w->partners[p].is_silent || world_fault(w, 10);
    if (list->is_silent)
        delay_us = world_between(w, SECOND, 5 * SECOND);
    else if (world_fault(w, 20))
        delay_us = world_between(w, 0, 8 * SECOND); /* old when it arrives */
    if (world_fault(w, 60))                         /* a lie */
        list->nodes[world_below(w, NODES)].is_up = false;
    for (int32_t i = 0; i < list->count; i++) {
        const char *reason = list->jobs[i].reason;

        list->jobs[i].reason = strcmp(reason, "NODE_FAIL") == 0 ? "NODE_FAIL"
            : strcmp(reason, "CANCELLED") == 0                  ? "CANCELLED"
            : strcmp(reason, "COMPLETED") == 0                  ? "COMPLETED"
                                                                : "";
    }
    world_later(w, delay_us, show_list, p, 0, list);
}

void world_act(struct world *w, enum mz_core_action action, int32_t p,
    const struct mz_attempt_row *attempt, const struct mz_driver_ref *ref)
{
    struct reply *asked;

    switch (action) {
    case MZ_ACT_SUBMIT:
        world_check_submit(w, attempt);
        send_submit(w, p, attempt);
        break;
    case MZ_ACT_CANCEL: send_cancel(w, p, ref); break;
    case MZ_ACT_OBSERVE:
        asked = mz_xcalloc(1, sizeof(*asked));
        asked->job = w->epoch;
        world_later(w, world_between(w, 1000, 100000), take_list, p, w->now_us + w->mono_us, asked);
        break;
    }
}

/* ---- losses ---- */

void world_lose_memory(struct world *w, int32_t p)
{
    world_say(
        w, "%s: its controller forgets its jobs and uses their ids again", w->partners[p].name);
    w->sums.lost_memories++;
    for (int32_t i = 0; i < w->remote_count; i++) {
        if (w->remotes[i].partner == p && w->remotes[i].state != REMOTE_ENDED &&
            world_chance(w, 600)) {
            w->remotes[i].is_forgotten = true;
            w->partners[p].next_id -= w->partners[p].next_id > 100;
        }
    }
    world_pump(w, p);
}

/* A node that is not heard: the jobs on it count as ended, the rest of them is killed. */
static void fail_jobs(struct world *w, int64_t p, int64_t node, void *data)
{
    (void)data;
    for (int32_t i = 0; i < w->remote_count; i++) {
        struct world_remote *remote = &w->remotes[i];
        bool is_there = false;

        for (int32_t r = 0; r < remote->node_count; r++)
            is_there = is_there || remote->nodes[r] == node;
        if (remote->partner != p || remote->state != REMOTE_RUNNING || !is_there ||
            remote->is_forgotten)
            continue;
        if (world_chance(w, 500))
            kill_run(w, i, remote->run, NULL);
        remote_end(w, i, "NODE_FAIL");
    }
}

static void node_back(struct world *w, int64_t p, int64_t node, void *data)
{
    (void)data;
    world_say(w, "%s: node %" PRId64 " is back", w->partners[p].name, node);
    w->partners[p].nodes[node].is_up = true;
    w->partners[p].nodes[node].is_cut = false;
    w->partners[p].nodes[node].is_drained = false;
    world_pump(w, (int32_t)p);
}

void world_lose_node(struct world *w, int32_t p, int32_t n, bool is_cut)
{
    struct world_node *node = &w->partners[p].nodes[n];

    if (!node->is_up || node->is_cut)
        return;
    w->sums.node_losses++;
    world_say(w, "%s: node %s is %s", w->partners[p].name, node->name, is_cut ? "cut off" : "lost");
    node->is_cut = is_cut;
    if (!is_cut) {
        node->is_up = false;
        node->boot++;
        for (int32_t s = 0; s < w->shim_count; s++) {
            if (w->remotes[w->shims[s].remote].partner == p && w->shims[s].node == n)
                world_shim_kill(w, s);
        }
    }
    if (world_chance(w, 700))
        world_later(w, world_between(w, 0, 30 * SECOND), fail_jobs, p, n, NULL);
    world_later(w, world_between(w, 5 * SECOND, 200 * SECOND), node_back, p, n, NULL);
}

/* As a controller does that finds an id twice: mostly where something waits. */
void world_drain_node(struct world *w, int32_t p)
{
    int32_t n = (int32_t)world_below(w, NODES);

    for (int32_t i = 0; i < w->remote_count; i++) {
        if (w->remotes[i].partner == p && w->remotes[i].state == REMOTE_QUEUED &&
            !w->remotes[i].is_forgotten && world_chance(w, 800))
            n = w->remotes[i].nodes[0];
    }
    if (w->partners[p].nodes[n].is_drained)
        return;
    w->sums.drains++;
    world_say(w, "%s: node %s is drained", w->partners[p].name, w->partners[p].nodes[n].name);
    w->partners[p].nodes[n].is_drained = true;
    world_later(w, world_between(w, 5 * SECOND, 300 * SECOND), node_back, p, n, NULL);
}
