/* world_shim.c - shims as shim/shim.h describes them, and the network between them and the daemon
 *
 *   STARTING ──> ASKING ──permit──> RUNNING ──command ended──> REPORTING ──acknowledged──> GONE
 *                   └──refused, given up──────────killed, over for the daemon────────────────┘
 *
 * A shim counts its lease from when the answered request was sent, begins to stop its command in
 * time, and ends it when the lease is over. Frozen, it does nothing, while its command runs on;
 * thawed, it first looks at the clock. Requests and answers are lost, late, or come twice; a shim
 * reads the answer to its newest request alone. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIVE_UP_US (600 * SECOND)

struct message { /* a request on its way, or its answer */
    enum ticket_kind kind;
    enum mz_core_result result;
    int32_t seen;
    int32_t exit_code;
    const char *cause; /* static */
    int32_t order;
    bool order_stops;
    char path[48];
};

static const struct world_spec *spec_of(const struct world *w, const struct world_shim *shim)
{
    return &w->specs[w->remotes[shim->remote].spec];
}

static const struct world_remote *remote_of(const struct world *w, const struct world_shim *shim)
{
    return &w->remotes[shim->remote];
}

static void say_shim(struct world *w, int32_t index, const char *what)
{
    const struct world_shim *shim = &w->shims[index];

    world_say(w, "shim %" PRId64 ".%" PRId32 "/%" PRId32 " run %" PRId32 ": %s",
        remote_of(w, shim)->job, remote_of(w, shim)->n, shim->rank, shim->run, what);
}

static bool can_reach(const struct world *w, const struct world_shim *shim)
{
    const struct world_partner *partner = &w->partners[remote_of(w, shim)->partner];

    /* Nobody could tell that the first run goes on, if it were cut off while the partner says that
     * the second, which the daemon never heard of, has ended (core_partner.c, may_run_on). */
    if (remote_of(w, shim)->was_twinned && !remote_of(w, shim)->twin_is_known)
        return true;
    return !shim->is_cut && !partner->shims_are_cut && !partner->nodes[shim->node].is_cut;
}

/* Comes back behind the thaw: true when the step has to wait for it. */
static bool waits_for_thaw(
    struct world *w, int64_t index, int64_t number, world_step *step, const void *data, size_t size)
{
    void *copy = NULL;

    if (!w->shims[index].is_frozen)
        return false;
    if (data) {
        copy = mz_xcalloc(1, size);
        memcpy(copy, data, size);
    }
    world_later(w, w->shims[index].thaw_us - w->now_us + 1 + world_below(w, 1000), step, index,
        number, copy);
    return true;
}

/* ---- the network ---- */

static void send_request(struct world *w, int32_t index, enum ticket_kind kind);

static void try_again(struct world *w, int64_t index, int64_t request, void *data)
{
    struct world_shim *shim = &w->shims[index];

    (void)data;
    if (shim->request != request || waits_for_thaw(w, index, request, try_again, NULL, 0))
        return;
    switch (shim->state) {
    case SHIM_ASKING:
        if (w->now_us - shim->asked_since_us > GIVE_UP_US) {
            say_shim(w, (int32_t)index, "gives up");
            world_shim_kill(w, (int32_t)index);
        } else {
            send_request(w, (int32_t)index, TICKET_PERMIT);
        }
        break;
    case SHIM_RUNNING: send_request(w, (int32_t)index, TICKET_LEASE); break;
    case SHIM_REPORTING: send_request(w, (int32_t)index, TICKET_EXIT); break;
    case SHIM_STARTING:
    case SHIM_GONE: break;
    }
}

static void try_later(struct world *w, int32_t index)
{
    struct world_shim *shim = &w->shims[index];
    int64_t delay_us = SECOND / 10 << (shim->tries < 6 ? shim->tries : 6);

    shim->tries++;
    shim->request++;
    world_later(
        w, delay_us < 5 * SECOND ? delay_us : 5 * SECOND, try_again, index, shim->request, NULL);
}

static void failed(struct world *w, int64_t index, int64_t request, void *data)
{
    (void)data;
    if (w->shims[index].request == request && w->shims[index].state != SHIM_GONE &&
        !waits_for_thaw(w, index, request, failed, NULL, 0))
        try_later(w, (int32_t)index);
}

static void call_core(struct world *w, const struct world_shim *shim, const struct message *message,
    struct world_ticket *ticket)
{
    const struct world_partner *partner = &w->partners[remote_of(w, shim)->partner];
    char nonce[48];
    char boot[48];
    struct mz_core_rank who = { .job = remote_of(w, shim)->job,
        .n = remote_of(w, shim)->n,
        .rank = shim->rank,
        .nonce = nonce,
        .boot_id = boot,
        .node = partner->nodes[shim->node].name,
        .node_count = remote_of(w, shim)->node_count };

    (void)snprintf(nonce, sizeof(nonce), "r%" PRId32 "x%" PRId32 "/%td", shim->remote, shim->run,
        shim - w->shims);
    (void)snprintf(boot, sizeof(boot), "%s#%" PRId32, partner->nodes[shim->node].name, shim->boot);
    world_begin_turn(w);
    switch (message->kind) {
    case TICKET_PERMIT: mz_core_permit(w->core, &who, ticket); break;
    case TICKET_LEASE:
        mz_core_lease(w->core, &who, message->seen, spec_of(w, shim)->lease_us / 4, ticket);
        break;
    case TICKET_PUBLISH: mz_core_publish(w->core, &who, message->path, ticket); break;
    case TICKET_EXIT:
        mz_core_exit(w->core, &who, message->exit_code, message->cause, "", ticket);
        break;
    case TICKET_USER: break;
    }
    world_end_turn(w);
}

static void arrive(struct world *w, int64_t index, int64_t request, void *data)
{
    const struct message *message = data;
    const struct world_shim *shim = &w->shims[index];
    struct world_ticket *ticket;

    if (!can_reach(w, shim))
        return;
    if (!w->core) { /* connection refused */
        world_later(w, 2000, failed, index, request, NULL);
        return;
    }
    ticket = world_ticket_new(w, message->kind);
    ticket->shim = (int32_t)index;
    ticket->request = request;
    memcpy(ticket->path, message->path, sizeof(ticket->path));
    call_core(w, shim, message, ticket);
}

static int64_t network_us(struct world *w)
{
    if (world_fault(w, 20))
        return world_between(w, 0, 20 * SECOND);
    return world_between(w, 200, 20000);
}

static void deliver(struct world *w, int32_t index, const struct message *message)
{
    struct world_shim *shim = &w->shims[index];
    int32_t copies = world_fault(w, 20) ? 0 : world_fault(w, 30) ? 2 : 1;

    while (copies-- > 0) {
        struct message *copy = mz_xcalloc(1, sizeof(*copy));

        *copy = *message;
        world_later(w, network_us(w), arrive, index,
            message->kind == TICKET_PUBLISH ? 0 : shim->request, copy);
    }
}

static void send_request(struct world *w, int32_t index, enum ticket_kind kind)
{
    struct world_shim *shim = &w->shims[index];
    struct message message = {
        .kind = kind, .seen = shim->seen, .exit_code = shim->exit_code, .cause = shim->cause
    };
    int64_t timeout_us = spec_of(w, shim)->lease_us / 4 + 2 * SECOND;

    shim->request++;
    shim->sent_us = w->now_us;
    deliver(w, index, &message);
    world_later(w, timeout_us, failed, index, shim->request, NULL);
}

void world_shim_dropped(struct world *w, const struct world_ticket *ticket)
{
    if (ticket->request)
        world_later(w, 3000, failed, ticket->shim, ticket->request, NULL);
}

/* ---- the command ---- */

static void gone(struct world *w, int32_t index)
{
    struct world_shim *shim = &w->shims[index];

    for (int32_t t = w->ticket_count - 1; t >= 0; t--) { /* its connections close */
        struct world_ticket *ticket = w->tickets[t];

        if (ticket->kind == TICKET_LEASE && ticket->shim == index && w->core &&
            world_chance(w, 700)) {
            mz_core_lease_forget(w->core, remote_of(w, shim)->job, shim->rank, ticket);
            ticket->request = 0;
        }
    }
    shim->state = SHIM_GONE;
    shim->request++;
    shim->end_no++;
    world_remote_check(w, shim->remote);
}

static void end_command(struct world *w, int32_t index, bool by_itself)
{
    struct world_shim *shim = &w->shims[index];
    struct world_run *run = shim->record >= 0 ? &w->runs[shim->record] : NULL;

    shim->end_no++;
    if (!run || run->end_us)
        return;
    run->end_us = w->now_us;
    run->exit_code = shim->exit_code;
    run->ended_itself = by_itself;
}

static void report(struct world *w, int64_t index, int64_t number, void *data)
{
    (void)data;
    if (waits_for_thaw(w, index, number, report, NULL, 0) || w->shims[index].state != SHIM_RUNNING)
        return;
    w->shims[index].state = SHIM_REPORTING;
    w->shims[index].tries = 0;
    send_request(w, (int32_t)index, TICKET_EXIT);
}

/* Collectives hang when a rank is gone. */
static bool hangs(const struct world *w, const struct world_shim *shim)
{
    const struct world_run *own = &w->runs[shim->record];

    for (int32_t r = 0; r < w->run_count; r++) {
        const struct world_run *run = &w->runs[r];

        if (run->job == own->job && run->n == own->n && run->end_us && !run->ended_itself)
            return own->job % 2 == 0;
    }
    return false;
}

static void command_ends(struct world *w, int64_t index, int64_t end_no, void *data)
{
    struct world_shim *shim = &w->shims[index];
    const char *stop = data; /* why the shim stops it; NULL: it ends by itself */

    if (shim->end_no != end_no || shim->state != SHIM_RUNNING)
        return;
    if (!stop && hangs(w, shim)) {
        world_later(w, 10 * SECOND, command_ends, index, end_no, NULL);
        return;
    }
    if (stop && waits_for_thaw(w, index, end_no, command_ends, stop, strlen(stop) + 1))
        return;
    if (stop) {
        shim->exit_code = world_chance(w, 200) ? 0 : 143;
        shim->cause = strcmp(stop, "lease") == 0 ? "lease" : "stopped";
    } else {
        shim->exit_code = shim->exit_code < 0 ? 0 : shim->exit_code;
        shim->cause = "exit";
    }
    say_shim(w, (int32_t)index,
        stop                       ? stop
            : shim->exit_code == 0 ? "command done"
                                   : "command fails");
    end_command(w, (int32_t)index, !stop);
    report(w, index, 0, NULL);
}

static void stop_command(struct world *w, int32_t index, const char *why)
{
    struct world_shim *shim = &w->shims[index];
    int64_t left_us = shim->lease_end_us - w->now_us;
    int64_t takes_us = world_below(w, spec_of(w, shim)->stop_us + 1);
    char *copy = mz_xcalloc(16, 1);

    (void)snprintf(copy, 16, "%s", why);
    if (takes_us > left_us)
        takes_us = left_us;
    if (!shim->is_stopping || takes_us <= 0) {
        shim->is_stopping = true;
        shim->end_no++;
        world_later(w, takes_us, command_ends, index, shim->end_no, copy);
        return;
    }
    free(copy);
}

static void lease_due(struct world *w, int64_t index, int64_t lease_no, void *data)
{
    struct world_shim *shim = &w->shims[index];

    (void)data;
    if (shim->state != SHIM_RUNNING || shim->lease_no != lease_no ||
        waits_for_thaw(w, index, lease_no, lease_due, NULL, 0))
        return;
    w->sums.self_stops++;
    say_shim(w, (int32_t)index, "cannot renew its lease");
    stop_command(w, (int32_t)index, "lease");
    if (w->now_us >= shim->lease_end_us) { /* thawed too late */
        char *copy = mz_xcalloc(16, 1);

        (void)snprintf(copy, 16, "lease");
        shim->end_no++;
        world_later(w, 0, command_ends, index, shim->end_no, copy);
    }
}

static void renew(struct world *w, int32_t index)
{
    struct world_shim *shim = &w->shims[index];
    const struct world_spec *spec = spec_of(w, shim);
    int64_t due_us = shim->sent_us + spec->lease_us - spec->stop_us;

    if (due_us < shim->sent_us + spec->lease_us / 2)
        due_us = shim->sent_us + spec->lease_us / 2;
    shim->lease_end_us = shim->sent_us + spec->lease_us;
    shim->lease_no++;
    world_later(w, due_us - w->now_us, lease_due, index, shim->lease_no, NULL);
}

static void publish(struct world *w, int64_t index, int64_t b, void *data)
{
    struct world_shim *shim = &w->shims[index];
    struct message message = { .kind = TICKET_PUBLISH };

    (void)b;
    (void)data;
    if (shim->state != SHIM_RUNNING || waits_for_thaw(w, index, 0, publish, NULL, 0))
        return;
    (void)snprintf(message.path, sizeof(message.path), "%" PRId64 "/%" PRId32 "/%" PRId32,
        remote_of(w, shim)->job, remote_of(w, shim)->n, ++shim->published);
    deliver(w, (int32_t)index, &message);
    world_later(w, world_between(w, SECOND, 20 * SECOND), publish, index, 0, NULL);
}

static void begin(struct world *w, int32_t index)
{
    struct world_shim *shim = &w->shims[index];
    const struct world_spec *spec = spec_of(w, shim);
    int64_t work_us = spec->work_us + world_below(w, SECOND);

    say_shim(w, index, "begins");
    shim->state = SHIM_RUNNING;
    shim->tries = 0;
    shim->exit_code = -1;
    renew(w, index);
    shim->record = world_run_begin(w, shim);
    if (!w->is_calm && world_chance(w, spec->fails_permille)) {
        shim->exit_code = 3;
        work_us = world_below(w, work_us + 1);
    }
    shim->end_no++;
    world_later(w, work_us, command_ends, index, shim->end_no, NULL);
    if (shim->rank == 0)
        world_later(w, world_between(w, SECOND, 10 * SECOND), publish, index, 0, NULL);
    send_request(w, index, TICKET_LEASE);
}

/* ---- answers ---- */

static void read_permit(struct world *w, int32_t index, const struct message *message)
{
    struct world_shim *shim = &w->shims[index];

    if (message->result == MZ_CORE_REFUSED) {
        w->sums.refused_permits++;
        say_shim(w, index, "is refused");
        gone(w, index);
    } else if (message->result != MZ_CORE_OK) {
        try_later(w, index);
    } else if (w->now_us >= shim->sent_us + spec_of(w, shim)->lease_us / 2) {
        try_later(w, index); /* too old to begin on */
    } else {
        begin(w, index);
    }
}

static void read_lease(struct world *w, int32_t index, const struct message *message)
{
    struct world_shim *shim = &w->shims[index];

    if (message->result == MZ_CORE_GONE || message->result == MZ_CORE_REFUSED) {
        shim->exit_code = 137;
        say_shim(w, index, "is over for the daemon");
        end_command(w, index, false);
        gone(w, index);
        return;
    }
    if (message->result != MZ_CORE_OK) {
        try_later(w, index);
        return;
    }
    shim->tries = 0;
    renew(w, index);
    if (message->order > shim->seen) {
        shim->seen = message->order;
        if (message->order_stops) {
            say_shim(w, index, "has the order to stop");
            stop_command(w, index, "stopped");
        }
    }
    send_request(w, index, TICKET_LEASE);
}

static void answered(struct world *w, int64_t index, int64_t request, void *data)
{
    const struct message *message = data;
    struct world_shim *shim = &w->shims[index];

    if (shim->request != request || shim->state == SHIM_GONE || !can_reach(w, shim) ||
        waits_for_thaw(w, index, request, answered, message, sizeof(*message)))
        return;
    if (message->kind == TICKET_PERMIT && shim->state == SHIM_ASKING) {
        read_permit(w, (int32_t)index, message);
    } else if (message->kind == TICKET_LEASE && shim->state == SHIM_RUNNING) {
        read_lease(w, (int32_t)index, message);
    } else if (message->kind == TICKET_EXIT && shim->state == SHIM_REPORTING) {
        if (message->result == MZ_CORE_UNAVAILABLE)
            try_later(w, (int32_t)index);
        else
            gone(w, (int32_t)index);
    }
}

void world_shim_answer(
    struct world *w, const struct world_ticket *ticket, const struct mz_core_answer *answer)
{
    const struct world_shim *shim = &w->shims[ticket->shim];
    struct message *message;

    if (ticket->kind == TICKET_PERMIT && answer->result == MZ_CORE_OK)
        world_check_permit(w, shim);
    if (ticket->kind == TICKET_PERMIT && answer->result == MZ_CORE_REFUSED)
        w->remotes[shim->remote].twin_is_known = true;
    if (ticket->kind == TICKET_PUBLISH && answer->result == MZ_CORE_OK)
        world_check_publication(w, remote_of(w, shim)->job, remote_of(w, shim)->n, ticket->path);
    if (!ticket->request || world_fault(w, 20))
        return;
    message = mz_xcalloc(1, sizeof(*message));
    *message = (struct message){ .kind = ticket->kind,
        .result = answer->result,
        .order = answer->order,
        .order_stops = answer->order_stops };
    world_later(w, network_us(w), answered, ticket->shim, ticket->request, message);
}

/* ---- beginning and end of shims ---- */

static void ask_first(struct world *w, int64_t index, int64_t b, void *data)
{
    struct world_shim *shim = &w->shims[index];

    (void)b;
    (void)data;
    if (shim->state != SHIM_STARTING)
        return;
    shim->state = SHIM_ASKING;
    shim->asked_since_us = w->now_us;
    send_request(w, (int32_t)index, TICKET_PERMIT);
}

void world_shims_start(struct world *w, int32_t index, int64_t after_us)
{
    const struct world_remote *remote = &w->remotes[index];

    for (int32_t r = 0; r < remote->node_count; r++) {
        struct world_shim *shim;

        if (w->shim_count == w->shim_capacity) {
            w->shim_capacity = w->shim_capacity ? 2 * w->shim_capacity : 64;
            w->shims = mz_xrealloc(w->shims, (size_t)w->shim_capacity, sizeof(*w->shims));
        }
        shim = &w->shims[w->shim_count++];
        *shim = (struct world_shim){ .remote = index,
            .run = remote->run,
            .rank = r,
            .node = remote->nodes[r],
            .boot = w->partners[remote->partner].nodes[remote->nodes[r]].boot,
            .record = -1,
            .cause = "exit",
            .never_starts = world_fault(w, 10) };
        if (!shim->never_starts)
            world_later(w, after_us + world_between(w, 1000, 2 * SECOND), ask_first,
                w->shim_count - 1, 0, NULL);
    }
}

/* With its command: PDEATHSIG. */
void world_shim_kill(struct world *w, int32_t index)
{
    struct world_shim *shim = &w->shims[index];

    if (shim->state == SHIM_GONE)
        return;
    say_shim(w, index, "is killed");
    shim->exit_code = 137;
    end_command(w, index, false);
    gone(w, index);
}

static void thaw(struct world *w, int64_t index, int64_t b, void *data)
{
    struct world_shim *shim = &w->shims[index];
    struct world_run *run = shim->record >= 0 ? &w->runs[shim->record] : NULL;

    (void)b;
    (void)data;
    shim->is_frozen = false;
    say_shim(w, (int32_t)index, "is thawed");
    if (run && run->window_count > 0)
        run->windows[run->window_count - 1][1] = w->now_us + 10000; /* until it has looked around */
    if (shim->state == SHIM_RUNNING && w->now_us >= shim->lease_end_us)
        lease_due(w, index, shim->lease_no, NULL);
}

void world_shim_freeze(struct world *w, int32_t index, int64_t for_us)
{
    struct world_shim *shim = &w->shims[index];
    struct world_run *run = shim->record >= 0 ? &w->runs[shim->record] : NULL;

    if (shim->is_frozen || shim->state == SHIM_GONE || (run && run->window_count == WINDOWS_MAX))
        return;
    say_shim(w, index, "is frozen");
    w->sums.freezes++;
    shim->is_frozen = true;
    shim->thaw_us = w->now_us + for_us;
    if (run) {
        run->windows[run->window_count][0] = w->now_us;
        run->windows[run->window_count++][1] = INT64_MAX;
    }
    world_later(w, for_us, thaw, index, 0, NULL);
}
