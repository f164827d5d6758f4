/* world.c - the clock, the daemon around the core, its journal
 *
 * One heap of events, ordered by time and then by number. A turn of the daemon is one or several
 * calls of the core, then a flush, a little later. Batches are written in order, one or several at
 * a time, late; the core hears of it later still: a crash can fall between any two of these. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_US (900 * SECOND)
#define END_US (4 * 3600 * SECOND)

/* ---- chance ---- */

int64_t world_below(struct world *w, int64_t bound)
{
    return (int64_t)mz_random_below(&w->random, (uint64_t)bound);
}

bool world_chance(struct world *w, int32_t permille)
{
    return world_below(w, 1000) < permille;
}

bool world_fault(struct world *w, int32_t permille)
{
    return !w->is_calm && world_chance(w, permille);
}

int64_t world_between(struct world *w, int64_t low_us, int64_t high_us)
{
    return low_us + world_below(w, high_us - low_us + 1);
}

/* ---- events ---- */

static bool before(const struct world_event *a, const struct world_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->seq < b->seq;
}

void world_later(
    struct world *w, int64_t delay_us, world_step *step, int64_t a, int64_t b, void *data)
{
    struct world_event event = { .at_us = w->now_us + (delay_us > 0 ? delay_us : 0),
        .seq = w->next_seq++,
        .step = step,
        .a = a,
        .b = b,
        .data = data };
    int32_t at = w->heap_count++;

    if (at == w->heap_capacity) {
        w->heap_capacity = w->heap_capacity ? 2 * w->heap_capacity : 256;
        w->heap = mz_xrealloc(w->heap, (size_t)w->heap_capacity, sizeof(*w->heap));
    }
    while (at > 0 && before(&event, &w->heap[(at - 1) / 2])) {
        w->heap[at] = w->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->heap[at] = event;
}

static struct world_event take_first(struct world *w)
{
    struct world_event first = w->heap[0];
    struct world_event last = w->heap[--w->heap_count];
    int32_t at = 0;

    for (;;) {
        int32_t child = 2 * at + 1;

        if (child >= w->heap_count)
            break;
        if (child + 1 < w->heap_count && before(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (!before(&w->heap[child], &last))
            break;
        w->heap[at] = w->heap[child];
        at = child;
    }
    w->heap[at] = last;
    return first;
}

/* ---- words ---- */

void world_say(struct world *w, const char *format, ...)
{
    char *line = w->lines[w->line_count++ % WORLD_TRACE_LINES];
    int length = snprintf(line, WORLD_LINE_MAX, "%10.3f ", (double)w->now_us / 1e6);
    va_list list;

    va_start(list, format);
    (void)vsnprintf(line + length, (size_t)(WORLD_LINE_MAX - length), format, list);
    va_end(list);
    if (w->is_shown)
        (void)fprintf(stderr, "%s\n", line);
}

void world_fail(struct world *w, const char *format, ...)
{
    va_list list;

    if (w->failure[0] != '\0')
        return;
    va_start(list, format);
    (void)vsnprintf(w->failure, sizeof(w->failure), format, list);
    va_end(list);
    world_say(w, "FAILED: %s", w->failure);
}

/* ---- tickets ---- */

struct world_ticket *world_ticket_new(struct world *w, enum ticket_kind kind)
{
    struct world_ticket *ticket = mz_xcalloc(1, sizeof(*ticket));

    if (w->ticket_count == w->ticket_capacity) {
        w->ticket_capacity = w->ticket_capacity ? 2 * w->ticket_capacity : 64;
        w->tickets =
            mz_xrealloc(w->tickets, (size_t)w->ticket_capacity, sizeof(struct world_ticket *));
    }
    ticket->kind = kind;
    ticket->number = ++w->next_ticket;
    ticket->index = w->ticket_count;
    w->tickets[w->ticket_count++] = ticket;
    return ticket;
}

struct world_ticket *world_ticket_find(struct world *w, int64_t number)
{
    for (int32_t t = 0; t < w->ticket_count; t++) {
        if (w->tickets[t]->number == number)
            return w->tickets[t];
    }
    return NULL;
}

void world_ticket_free(struct world *w, struct world_ticket *ticket)
{
    w->tickets[ticket->index] = w->tickets[--w->ticket_count];
    w->tickets[ticket->index]->index = ticket->index;
    free(ticket);
}

/* The daemon forgot them all: whoever waits sees the connection break. */
static void drop_tickets(struct world *w)
{
    while (w->ticket_count > 0) {
        struct world_ticket *ticket = w->tickets[w->ticket_count - 1];
        struct world_ticket copy = *ticket;

        world_ticket_free(w, ticket);
        if (copy.kind != TICKET_USER)
            world_shim_dropped(w, &copy);
        else
            world_user_answer(w, &copy, NULL);
    }
}

/* ---- the core's hands ---- */

static void on_answer(void *context, void *handle, const struct mz_core_answer *answer)
{
    struct world *w = context;
    struct world_ticket *ticket = handle;
    struct world_ticket copy = *ticket;

    world_ticket_free(w, ticket);
    if (copy.kind == TICKET_USER)
        world_user_answer(w, &copy, answer);
    else
        world_shim_answer(w, &copy, answer);
}

static void on_commit(void *context, int64_t number, const struct mz_record *records, size_t count)
{
    struct world *w = context;
    struct world_batch *batch;
    size_t bytes = 1;
    char *room;

    if (w->batch_count == w->batch_capacity) {
        w->batch_capacity = w->batch_capacity ? 2 * w->batch_capacity : 16;
        w->batches = mz_xrealloc(w->batches, (size_t)w->batch_capacity, sizeof(*w->batches));
    }
    batch = &w->batches[w->batch_count++];
    for (size_t i = 0; i < count; i++)
        bytes += mz_record_text_bytes(&records[i]);
    *batch = (struct world_batch){ .number = number,
        .count = count,
        .records = mz_xcalloc(count, sizeof(*records)),
        .room = mz_xcalloc(bytes, 1) };
    room = batch->room;
    for (size_t i = 0; i < count; i++) {
        mz_record_copy(&batch->records[i], &records[i], room);
        room += mz_record_text_bytes(&records[i]);
    }
}

static void on_act(void *context, enum mz_core_action action, int32_t partner,
    const struct mz_job_row *job, const struct mz_attempt_row *attempt,
    const struct mz_driver_ref *ref)
{
    (void)job;
    world_act(context, action, partner, attempt, ref);
}

static void on_plan(void *context, const struct mz_plan_message *message)
{
    world_plan_tell(context, message);
}

static void on_event(void *context, const struct mz_event_row *event)
{
    struct world *w = context;

    w->sums.events++;
    if (event->seq > w->event_seq)
        world_fail(w, "event %" PRId64 " was told before it was written down", event->seq);
}

/* ---- the journal ---- */

static void drop_batches(struct world *w, int32_t count)
{
    for (int32_t b = 0; b < count; b++) {
        free(w->batches[b].records);
        free(w->batches[b].room);
    }
    w->batch_count -= count;
    if (w->batch_count > 0)
        memmove(w->batches, w->batches + count, (size_t)w->batch_count * sizeof(*w->batches));
}

static bool write_first(struct world *w)
{
    const struct world_batch *batch = &w->batches[0];
    struct mz_error err = { 0 };

    if (mz_store_commit(w->store, batch->records, batch->count, &err) != MZ_OK)
        return false;
    for (size_t i = 0; i < batch->count; i++)
        world_check_record(w, &batch->records[i]);
    world_check_batch(w);
    drop_batches(w, 1);
    return true;
}

static void become_durable(struct world *w, int64_t epoch, int64_t number, void *data)
{
    (void)data;
    if (!w->core || epoch != w->epoch)
        return;
    world_begin_turn(w);
    mz_core_durable(w->core, number);
    world_end_turn(w);
}

static void start_writing(struct world *w);
static void start_core(struct world *w, int64_t a, int64_t b, void *data);

static void drop_core(struct world *w)
{
    mz_core_free(w->core);
    w->core = NULL;
    w->epoch++;
    w->is_writing = false;
    w->flush_is_due = false;
    w->tick_us = 0;
    drop_batches(w, w->batch_count);
    drop_tickets(w);
}

static void write_some(struct world *w, int64_t epoch, int64_t b, void *data)
{
    int32_t count = 1;
    int64_t number = 0;

    (void)b;
    (void)data;
    if (!w->core || epoch != w->epoch)
        return;
    w->is_writing = false;
    while (count < w->batch_count && world_chance(w, 700))
        count++;
    if (world_fault(w, 4))
        mz_store_memory_fail(w->store, 1);
    for (; count > 0; count--) {
        number = w->batches[0].number;
        if (!write_first(w)) {
            world_say(w, "daemon: batch %" PRId64 " could not be written", number);
            w->sums.failed_commits++;
            drop_core(w);
            start_core(w, w->epoch, 0, NULL);
            return;
        }
    }
    world_later(w, world_between(w, 0, 1000), become_durable, w->epoch, number, NULL);
    start_writing(w);
}

static void start_writing(struct world *w)
{
    int64_t delay_us = world_between(w, 200, 3000);

    if (w->is_writing || w->batch_count == 0)
        return;
    w->is_writing = true;
    if (world_fault(w, 10))
        delay_us = world_between(w, 0, 5 * SECOND); /* a slow disk */
    world_later(w, delay_us, write_some, w->epoch, 0, NULL);
}

/* ---- turns ---- */

static void flush(struct world *w, int64_t epoch, int64_t b, void *data)
{
    (void)b;
    (void)data;
    if (!w->core || epoch != w->epoch)
        return;
    w->flush_is_due = false;
    mz_core_time(w->core, w->now_us + w->mono_us, w->now_us + w->wall_us);
    (void)mz_core_flush(w->core);
    start_writing(w);
}

static void tick(struct world *w, int64_t epoch, int64_t at_us, void *data)
{
    (void)data;
    if (!w->core || epoch != w->epoch || w->tick_us != at_us)
        return;
    w->tick_us = 0;
    world_begin_turn(w);
    mz_core_tick(w->core);
    world_end_turn(w);
}

void world_begin_turn(struct world *w)
{
    mz_core_time(w->core, w->now_us + w->mono_us, w->now_us + w->wall_us);
}

void world_end_turn(struct world *w)
{
    int64_t wake_us = mz_core_wake_us(w->core);

    if (!w->flush_is_due) {
        w->flush_is_due = true;
        if (world_chance(w, 500))
            flush(w, w->epoch, 0, NULL);
        else
            world_later(w, world_between(w, 0, 2000), flush, w->epoch, 0, NULL);
    }
    if (wake_us == INT64_MAX)
        return;
    wake_us -= w->mono_us;
    wake_us = wake_us > w->now_us ? wake_us : w->now_us;
    if (w->tick_us == 0 || wake_us < w->tick_us) {
        w->tick_us = wake_us > 0 ? wake_us : 1;
        world_later(
            w, w->tick_us - w->now_us + world_below(w, 1000), tick, w->epoch, w->tick_us, NULL);
    }
}

/* ---- its life ---- */

struct mz_need *world_need(struct world *w, int32_t s)
{
    const struct world_spec *spec = &w->specs[s];
    struct mz_need *need = mz_xcalloc(1, sizeof(*need));

    need->chips = spec->nodes * spec->chips_per_node;
    need->chips_per_node = spec->chips_per_node;
    need->partner_mask = spec->partner_mask;
    need->max_price_micro = -1;
    need->lease_us = spec->lease_us;
    need->stop_us = spec->stop_us;
    need->max_restarts = spec->max_restarts;
    need->array_parallel = spec->array_parallel;
    need->on_partner_loss = spec->on_loss;
    need->restart_on_failure = spec->restart_on_failure;
    need->preemptible = spec->preemptible;
    need->dependency_count = spec->dependency_count;
    if (spec->dependency_count > 0) {
        need->dependencies =
            mz_xcalloc((size_t)spec->dependency_count, sizeof(struct mz_dependency));
        memcpy(need->dependencies, spec->dependencies,
            (size_t)spec->dependency_count * sizeof(struct mz_dependency));
    }
    return need;
}

/* The spec in the journal is the number of the world's. */
static struct mz_need *need_of(void *context, const struct mz_job_row *row)
{
    struct world *w = context;
    struct mz_arena *arena = mz_arena_create();
    const char *json = NULL;
    struct mz_need *need = NULL;

    if (mz_store_spec(w->store, arena, row->spec, &json, NULL) == MZ_OK && json)
        need = world_need(w, atoi(json));
    mz_arena_free(arena);
    return need;
}

static struct mz_core *new_core(struct world *w)
{
    static const struct mz_core_ops ops = {
        .commit = on_commit, .answer = on_answer, .act = on_act, .plan = on_plan, .event = on_event
    };
    struct mz_core_partner_setup partners[PARTNERS];

    for (int32_t p = 0; p < PARTNERS; p++)
        partners[p] = (struct mz_core_partner_setup){ .name = w->partners[p].name,
            .caps = { .observe_us = (2 + p) * SECOND,
                .look_wait_us = p == 0 ? 0 : 15 * SECOND,
                .starts_twice = p != 0,
                .loss_us = (10 + 5 * p) * SECOND,
                .finds_nodes = true } };
    return mz_core_create(&(struct mz_core_setup){ .install = "0123abcd",
        .partner_count = PARTNERS,
        .partners = partners,
        .queue_wait_us = 60 * SECOND,
        .avoid_us = 20 * SECOND,
        .ops = &ops,
        .context = w });
}

static void start_core(struct world *w, int64_t epoch, int64_t b, void *data)
{
    struct mz_core_load load;
    struct mz_error err = { 0 };

    (void)b;
    (void)data;
    if (w->core || epoch != w->epoch)
        return;
    world_say(w, "daemon: starts");
    world_plan_reset(w);
    if (world_chance(w, 300)) /* the machine was started anew */
        w->mono_us = world_between(w, 0, 1000 * SECOND) - w->now_us;
    w->core = new_core(w);
    load = (struct mz_core_load){ .mono_us = w->now_us + w->mono_us,
        .wall_us = w->now_us + w->wall_us,
        .store = w->store,
        .ended_max = world_chance(w, 500) ? 1000 : world_below(w, 10),
        .need_of = need_of };
    if (mz_core_load(w->core, &load, &err) != MZ_OK) {
        world_fail(w, "the journal could not be loaded: %s", err.text);
        return;
    }
    world_end_turn(w);
}

void world_crash(struct world *w, int64_t down_us)
{
    int32_t written;

    if (!w->core)
        return;
    /* what was handed over may be in the journal though nobody was told */
    written = (int32_t)world_below(w, w->batch_count + 1);
    world_say(w, "daemon: dies, %" PRId32 " of %" PRId32 " batches are written; down for %.3f s",
        written, w->batch_count, (double)down_us / 1e6);
    w->sums.crashes++;
    while (written-- > 0)
        (void)write_first(w);
    drop_core(w);
    world_later(w, down_us, start_core, w->epoch, 0, NULL);
}

/* ---- all of it ---- */

static void end_faults(struct world *w, int64_t a, int64_t b, void *data)
{
    (void)a;
    (void)b;
    (void)data;
    world_calm(w);
}

static void finish(struct world *w)
{
    for (int32_t e = 0; e < w->heap_count; e++)
        free(w->heap[e].data);
    for (int32_t t = 0; t < w->ticket_count; t++)
        free(w->tickets[t]);
    drop_batches(w, w->batch_count);
    mz_core_free(w->core);
    mz_store_free(w->store);
    free(w->batches);
    free(w->tickets);
    free(w->heap);
    free(w->plans);
    free(w->remotes);
    free(w->shims);
}

static bool is_over(const struct world *w)
{
    if (!w->is_calm || !w->core || w->batch_count > 0 || w->flush_is_due ||
        mz_core_live_count(w->core) > 0)
        return false;
    for (int32_t s = 0; s < w->shim_count; s++) {
        if (w->shims[s].state != SHIM_GONE && !w->shims[s].never_starts)
            return false;
    }
    for (int32_t i = 0; i < w->remote_count; i++) {
        if (w->remotes[i].state != REMOTE_ENDED && !w->remotes[i].is_forgotten)
            return false;
    }
    return true;
}

void world_run(uint64_t seed, bool is_shown, struct world_result *ret_result)
{
    struct world *w = mz_xcalloc(1, sizeof(*w));

    mz_random_init(&w->random, seed);
    w->is_shown = is_shown;
    w->wall_us = INT64_C(1790000000) * SECOND;
    w->mono_us = 1000 * SECOND;
    w->store = mz_store_create_memory();
    world_partners_make(w);
    start_core(w, w->epoch, 0, NULL);
    world_users_make(w);
    world_later(w, FAULTS_US, end_faults, 0, 0, NULL);
    while (w->failure[0] == '\0' && w->heap_count > 0 && !is_over(w)) {
        struct world_event event = take_first(w);

        w->now_us = event.at_us;
        if (w->now_us > END_US)
            w->heap_count = 0;
        else
            event.step(w, event.a, event.b, event.data);
        free(event.data);
    }
    if (w->failure[0] == '\0')
        world_check_end(w);
    *ret_result = (struct world_result){ .sums = w->sums };
    memcpy(ret_result->failure, w->failure, sizeof(w->failure));
    if (w->failure[0] != '\0') {
        ret_result->lines = mz_xcalloc(WORLD_TRACE_LINES, sizeof(*ret_result->lines));
        for (int64_t l = 0; l < WORLD_TRACE_LINES; l++)
            memcpy(ret_result->lines[l], w->lines[(w->line_count + l) % WORLD_TRACE_LINES],
                WORLD_LINE_MAX);
    }
    finish(w);
    free(w);
}

void world_result_finish(struct world_result *result)
{
    free(result->lines);
    result->lines = NULL;
}
