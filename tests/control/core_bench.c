/* core_bench.c - the hands of a core on a bench */
#include "core_bench.h"

#include "state/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mz_caller alice = {
    .uid = 1000, .name = "alice", .is_operator = true, .actor = "uid 1000"
};

static const char *const partner_names[BENCH_PARTNERS] = { "alpha", "beta", "gamma" };

/* ---- hands ---- */

static void on_commit(void *context, int64_t number, const struct mz_record *records, size_t count)
{
    struct bench *b = context;
    struct bench_batch *batch;
    size_t bytes = 1;
    char *room;

    b->batches = mz_xrealloc(b->batches, (size_t)b->batch_count + 1, sizeof(*b->batches));
    batch = &b->batches[b->batch_count++];
    for (size_t i = 0; i < count; i++)
        bytes += mz_record_text_bytes(&records[i]);
    *batch = (struct bench_batch){ .number = number,
        .count = count,
        .records = mz_xcalloc(count, sizeof(*records)),
        .room = mz_xcalloc(bytes, 1) };
    room = batch->room;
    for (size_t i = 0; i < count; i++) {
        mz_record_copy(&batch->records[i], &records[i], room);
        room += mz_record_text_bytes(&records[i]);
    }
}

static void on_answer(void *context, void *ticket, const struct mz_core_answer *answer)
{
    struct bench_answer *own = ticket;

    (void)context;
    own->count++;
    own->result = answer->result;
    own->job = answer->job;
    own->job_count = answer->job_count;
    own->is_repeated = answer->is_repeated;
    own->order = answer->order;
    own->order_stops = answer->order_stops;
    (void)snprintf(own->text, sizeof(own->text), "%s", answer->text);
}

static void on_act(void *context, enum mz_core_action action, int32_t partner,
    const struct mz_job_row *job, const struct mz_attempt_row *attempt,
    const struct mz_driver_ref *ref)
{
    struct bench *b = context;
    struct bench_act *act;

    if (action == MZ_ACT_OBSERVE || b->act_count == BENCH_LOG_MAX)
        return;
    act = &b->acts[b->act_count++];
    *act = (struct bench_act){ .action = action, .partner = partner };
    act->job = ref ? ref->job : job->id;
    act->n = ref ? ref->n : attempt->n;
    (void)snprintf(act->name, sizeof(act->name), "%s", ref ? ref->name : "");
    (void)snprintf(act->remote_id, sizeof(act->remote_id), "%s", ref ? ref->remote_id : "");
}

static void on_plan(void *context, const struct mz_plan_message *message)
{
    struct bench *b = context;

    if (b->message_count < BENCH_LOG_MAX)
        b->messages[b->message_count++] = (struct bench_message){ .kind = message->kind,
            .job = message->job,
            .wait = message->wait,
            .mask = message->partner_mask,
            .partner = message->partner,
            .state = message->state };
}

static void on_event(void *context, const struct mz_event_row *event)
{
    struct bench *b = context;

    b->events++;
    (void)snprintf(b->last_event, sizeof(b->last_event), "%s", event->kind);
}

/* ---- life ---- */

static struct mz_need *copy_need(const struct mz_need *need)
{
    struct mz_need *copy = mz_xcalloc(1, sizeof(*copy));

    *copy = *need;
    if (need->dependency_count > 0) {
        size_t size = (size_t)need->dependency_count * sizeof(*need->dependencies);

        copy->dependencies = mz_xcalloc(1, size);
        memcpy(copy->dependencies, need->dependencies, size);
    }
    return copy;
}

static struct mz_need *need_of(void *context, const struct mz_job_row *row)
{
    struct bench *b = context;
    struct mz_arena *arena = mz_arena_create();
    const char *json = NULL;
    struct mz_need *need = NULL;

    if (mz_store_spec(b->store, arena, row->spec, &json, NULL) == MZ_OK && json)
        need = copy_need(&b->needs[atoi(json)]);
    mz_arena_free(arena);
    return need;
}

static void new_core(struct bench *b)
{
    static const struct mz_core_ops ops = {
        .commit = on_commit, .answer = on_answer, .act = on_act, .plan = on_plan, .event = on_event
    };
    struct mz_core_partner_setup partners[BENCH_PARTNERS];
    struct mz_error err = { 0 };

    for (int32_t p = 0; p < BENCH_PARTNERS; p++)
        partners[p] = (struct mz_core_partner_setup){ .name = partner_names[p],
            .caps = { .observe_us = 3 * SECOND,
                .look_wait_us = BENCH_LOOK_S * SECOND,
                .loss_us = BENCH_LOSS_S * SECOND,
                .starts_twice = p == 1 } };
    b->core = mz_core_create(&(struct mz_core_setup){ .install = INSTALL,
        .partner_count = BENCH_PARTNERS,
        .partners = partners,
        .grace_us = BENCH_GRACE_S * SECOND,
        .queue_wait_us = BENCH_QUEUE_S * SECOND,
        .avoid_us = BENCH_AVOID_S * SECOND,
        .ops = &ops,
        .context = b });
    if (mz_core_load(b->core,
            &(struct mz_core_load){ .mono_us = b->now_us,
                .wall_us = b->now_us + b->wall_us,
                .store = b->store,
                .ended_max = b->ended_max,
                .need_of = need_of },
            &err) != MZ_OK)
        fail_msg("load: %s", err.text);
}

static void drop_batches(struct bench *b, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        free(b->batches[i].records);
        free(b->batches[i].room);
    }
    b->batch_count -= count;
    if (b->batch_count > 0)
        memmove(b->batches, b->batches + count, (size_t)b->batch_count * sizeof(*b->batches));
}

void bench_make(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->store = mz_store_create_memory();
    b->now_us = 1000 * SECOND;
    b->wall_us = INT64_C(1790000000) * SECOND;
    b->ended_max = 1000;
    new_core(b);
    bench_flush(b);
}

void bench_finish(struct bench *b)
{
    mz_core_free(b->core);
    mz_store_free(b->store);
    drop_batches(b, b->batch_count);
    free(b->batches);
    for (int32_t i = 0; i < b->need_count; i++)
        free(b->needs[i].dependencies);
}

int bench_setup(void **state)
{
    bench_make(*state);
    return 0;
}

int bench_teardown(void **state)
{
    bench_finish(*state);
    return 0;
}

void bench_restart(struct bench *b)
{
    mz_core_free(b->core);
    drop_batches(b, b->batch_count);
    b->message_count = 0;
    new_core(b);
    bench_flush(b);
}

void bench_write(struct bench *b, int32_t count, bool is_told)
{
    for (; count > 0 && b->batch_count > 0; count--) {
        int64_t number = b->batches[0].number;
        struct mz_error err = { 0 };

        if (mz_store_commit(b->store, b->batches[0].records, b->batches[0].count, &err) != MZ_OK)
            fail_msg("commit: %s", err.text);
        drop_batches(b, 1);
        b->batches_written++;
        if (is_told)
            mz_core_durable(b->core, number);
    }
}

void bench_flush(struct bench *b)
{
    do {
        (void)mz_core_flush(b->core);
        if (!b->is_slow)
            bench_write(b, b->batch_count, true);
    } while (!b->is_slow && b->batch_count > 0);
}

static void turn(struct bench *b)
{
    mz_core_time(b->core, b->now_us, b->now_us + b->wall_us);
}

void bench_pass(struct bench *b, int64_t us)
{
    int64_t until_us = b->now_us + us;

    for (;;) {
        int64_t wake_us = mz_core_wake_us(b->core);

        if (wake_us > until_us)
            break;
        b->now_us = wake_us > b->now_us ? wake_us : b->now_us;
        turn(b);
        mz_core_tick(b->core);
        bench_flush(b);
    }
    b->now_us = until_us;
    turn(b);
    mz_core_tick(b->core);
    bench_flush(b);
}

struct bench_answer *bench_ticket(struct bench *b)
{
    assert_true(b->answer_count < BENCH_LOG_MAX);
    return &b->answers[b->answer_count++];
}

/* ---- users ---- */

struct mz_need bench_need(void)
{
    return (struct mz_need){ .chips = 1,
        .chips_per_node = 1,
        .partner_mask = ~UINT64_C(0),
        .max_price_micro = -1,
        .lease_us = BENCH_LEASE_S * SECOND,
        .stop_us = 5 * SECOND,
        .max_restarts = 3,
        .preemptible = true };
}

struct bench_answer *bench_submit_key(struct bench *b, const struct mz_need *need, const char *key,
    const char *hash, int32_t array_count)
{
    static const int32_t indices[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    struct bench_answer *ticket = bench_ticket(b);
    struct mz_need *kept = copy_need(need);
    char json[16];
    struct mz_core_submit submit = { .spec_json = json,
        .name = "job",
        .team = "research",
        .priority = 50,
        .need = copy_need(need),
        .array_count = array_count,
        .array_indices = indices };

    assert_true(b->need_count < BENCH_NEEDS_MAX);
    (void)snprintf(json, sizeof(json), "%" PRId32, b->need_count);
    b->needs[b->need_count++] = *kept;
    free(kept);
    turn(b);
    mz_core_submit(b->core, &alice, &submit, 1, key, hash, ticket);
    bench_flush(b);
    return ticket;
}

int64_t bench_submit(struct bench *b, const struct mz_need *need)
{
    const struct bench_answer *answer = bench_submit_key(b, need, NULL, NULL, 0);

    assert_int_equal(answer->count, 1);
    assert_int_equal(answer->result, MZ_CORE_OK);
    return answer->job;
}

#define USER_CALL(name, call)                                                                      \
    enum mz_core_result name {                                                                     \
        struct bench_answer *ticket = bench_ticket(b); turn(b); call; bench_flush(b);              \
        assert_true(b->is_slow || ticket->count == 1);                                             \
        return ticket->result;                                                                     \
    }
USER_CALL(bench_cancel(struct bench *b, int64_t job), mz_core_cancel(b->core, &alice, job, ticket))
USER_CALL(bench_hold(struct bench *b, int64_t job), mz_core_hold(b->core, &alice, job, ticket))
USER_CALL(
    bench_release(struct bench *b, int64_t job), mz_core_release(b->core, &alice, job, ticket))
USER_CALL(bench_move(struct bench *b, int64_t job, const char *to),
    mz_core_move(b->core, &alice, job, to, ticket))
USER_CALL(bench_drain(struct bench *b, const char *place, bool move),
    mz_core_drain(b->core, &alice, place, move, ticket))

/* ---- planner and drivers ---- */

void bench_start(struct bench *b, int64_t job, int32_t partner, const char *nodes)
{
    struct mz_plan_decision decision = { .kind = MZ_PLAN_START,
        .job = job,
        .partner = partner,
        .site = partner_names[partner],
        .chip = "h100",
        .nodes = nodes,
        .node_count = 1,
        .chips_per_node = 1,
        .parts = "",
        .contract = partner_names[partner],
        .price_micro_per_chip_hour = 3600000,
        .text = "" };

    for (const char *at = nodes; *at; at++)
        decision.node_count += *at == ',';
    decision.chips = decision.node_count;
    turn(b);
    mz_core_decision(b->core, &decision);
    bench_flush(b);
}

void bench_preempt(struct bench *b, int64_t job, int64_t by)
{
    turn(b);
    mz_core_decision(b->core,
        &(struct mz_plan_decision){ .kind = MZ_PLAN_STOP, .job = job, .by = by, .text = "" });
    bench_flush(b);
}

static void driver_event(struct bench *b, const struct mz_driver_event *event)
{
    turn(b);
    mz_core_driver_event(b->core, event);
    bench_flush(b);
}

void bench_submitted(
    struct bench *b, int64_t job, int32_t n, enum mz_driver_outcome outcome, const char *remote_id)
{
    const struct mz_attempt_row *attempt = mz_core_attempt(b->core, job);
    struct mz_driver_event event = { .kind = MZ_DRIVER_SUBMITTED,
        .partner = attempt ? attempt->partner : "alpha",
        .job = job,
        .n = n,
        .outcome = outcome,
        .remote_id = remote_id,
        .remote_submit_s = 77,
        .text = outcome == MZ_DRIVER_OK ? "" : "the partner said no" };

    driver_event(b, &event);
}

void bench_remote(struct bench *b, int32_t partner, int64_t job, int32_t n, const char *remote_id,
    enum mz_remote_state state, const char *reason)
{
    char name[MZ_ATTEMPT_NAME_MAX];
    int32_t at = 0;

    (void)mz_attempt_name(name, INSTALL, job, n);
    while (at < b->remote_count &&
        (strcmp(b->names[at], name) != 0 || b->remote_partner[at] != partner ||
            (remote_id && strcmp(b->remotes[at].remote_id, remote_id) != 0)))
        at++;
    if (!remote_id) {
        if (at < b->remote_count)
            b->remote_partner[at] = -1;
        return;
    }
    assert_true(at < BENCH_REMOTES_MAX);
    if (at == b->remote_count)
        b->remote_count++;
    memcpy(b->names[at], name, sizeof(name));
    b->remote_partner[at] = partner;
    b->remotes[at] = (struct mz_remote_job){ .name = b->names[at],
        .remote_id = remote_id,
        .submit_s = 77,
        .state = state,
        .reason = reason };
}

void bench_node(struct bench *b, int32_t partner, const char *name, bool is_up, bool is_cordoned)
{
    int32_t i = 0;

    while (
        i < b->node_count && (b->node_partner[i] != partner || strcmp(b->nodes[i].name, name) != 0))
        i++;
    assert_true(i < BENCH_NODES_MAX);
    b->node_count = i == b->node_count ? i + 1 : b->node_count;
    b->node_partner[i] = partner;
    b->nodes[i] = (struct mz_remote_node){ .name = name,
        .is_up = is_up,
        .is_cordoned = is_cordoned,
        .chips = 8,
        .chip = "h100",
        .reason = "" };
}

void bench_observe_since(struct bench *b, int32_t partner, int64_t begin_us)
{
    struct mz_remote_job jobs[BENCH_REMOTES_MAX];
    struct mz_remote_node nodes[BENCH_NODES_MAX];
    struct mz_driver_event event = { .kind = MZ_DRIVER_OBSERVED,
        .partner = partner_names[partner],
        .begin_us = begin_us,
        .jobs = jobs,
        .nodes = nodes,
        .text = "" };

    for (int32_t i = 0; i < b->remote_count; i++) {
        if (b->remote_partner[i] == partner)
            jobs[event.job_count++] = b->remotes[i];
    }
    for (int32_t i = 0; i < b->node_count; i++) {
        if (b->node_partner[i] == partner)
            nodes[event.node_count++] = b->nodes[i];
    }
    driver_event(b, &event);
}

void bench_observe(struct bench *b, int32_t partner)
{
    bench_observe_since(b, partner, b->now_us);
}

void bench_unreachable(struct bench *b, int32_t partner)
{
    driver_event(b,
        &(struct mz_driver_event){ .kind = MZ_DRIVER_UNREACHABLE,
            .partner = partner_names[partner],
            .text = "no answer" });
}

/* ---- shims ---- */

struct who {
    struct mz_core_rank rank;
    char nonce[64];
    char boot[32];
    char node[8];
};

static struct mz_core_rank *who_is(
    struct who *who, int64_t job, int32_t n, int32_t rank, const char *run)
{
    (void)snprintf(who->nonce, sizeof(who->nonce), "%s/%" PRId32, run, rank);
    (void)snprintf(who->boot, sizeof(who->boot), "boot-%" PRId32, rank);
    (void)snprintf(who->node, sizeof(who->node), "%c", 'a' + rank);
    who->rank = (struct mz_core_rank){ .job = job,
        .n = n,
        .rank = rank,
        .nonce = who->nonce,
        .boot_id = who->boot,
        .node = who->node,
        .node_count = 1 };
    return &who->rank;
}

enum mz_core_result bench_permit(
    struct bench *b, int64_t job, int32_t n, int32_t rank, const char *run)
{
    struct bench_answer *ticket = bench_ticket(b);
    struct who who;

    turn(b);
    mz_core_permit(b->core, who_is(&who, job, n, rank, run), ticket);
    bench_flush(b);
    assert_true(b->is_slow || ticket->count == 1);
    return ticket->result;
}

struct bench_answer *bench_lease(
    struct bench *b, int64_t job, int32_t n, int32_t rank, const char *run, int32_t seen)
{
    struct bench_answer *ticket = bench_ticket(b);
    struct who who;

    turn(b);
    mz_core_lease(b->core, who_is(&who, job, n, rank, run), seen, 20 * SECOND, ticket);
    bench_flush(b);
    return ticket;
}

enum mz_core_result bench_exit(struct bench *b, int64_t job, int32_t n, int32_t rank,
    const char *run, int32_t code, const char *cause)
{
    struct bench_answer *ticket = bench_ticket(b);
    struct who who;

    turn(b);
    mz_core_exit(b->core, who_is(&who, job, n, rank, run), code, cause, "no such file", ticket);
    bench_flush(b);
    assert_true(b->is_slow || ticket->count == 1);
    return ticket->result;
}

enum mz_core_result bench_publish(
    struct bench *b, int64_t job, int32_t n, const char *run, const char *path)
{
    struct bench_answer *ticket = bench_ticket(b);
    struct who who;

    turn(b);
    mz_core_publish(b->core, who_is(&who, job, n, 0, run), path, ticket);
    bench_flush(b);
    return ticket->result;
}

int64_t bench_running(struct bench *b, const struct mz_need *need, int32_t ranks)
{
    static const char *const nodes[] = { "a", "a,b", "a,b,c" };
    int64_t job = bench_submit(b, need);

    bench_start(b, job, 0, nodes[ranks - 1]);
    bench_submitted(b, job, 1, MZ_DRIVER_OK, "100");
    for (int32_t r = 0; r < ranks; r++)
        assert_int_equal(bench_permit(b, job, 1, r, "r"), MZ_CORE_OK);
    assert_int_equal(bench_state(b, job), MZ_RUN_RUNNING);
    return job;
}

/* ---- what is to be seen ---- */

enum mz_run_state bench_state(const struct bench *b, int64_t job)
{
    const struct mz_job_row *row = mz_core_job(b->core, job);

    assert_non_null(row);
    return row->state;
}

int32_t bench_attempt(const struct bench *b, int64_t job)
{
    const struct mz_attempt_row *row = mz_core_attempt(b->core, job);

    return row ? row->n : 0;
}

int32_t bench_acts(const struct bench *b, enum mz_core_action action, int64_t job, int32_t n)
{
    int32_t count = 0;

    for (int32_t a = 0; a < b->act_count; a++)
        count += b->acts[a].action == action && b->acts[a].job == job && b->acts[a].n == n;
    return count;
}

const struct bench_message *bench_message(const struct bench *b, int64_t job)
{
    for (int32_t m = b->message_count - 1; m >= 0; m--) {
        const struct bench_message *message = &b->messages[m];

        if (message->job == job && job != 0)
            return message;
    }
    return NULL;
}

bool bench_waits(const struct bench *b, int64_t job)
{
    const struct bench_message *message = bench_message(b, job);

    return message && (message->kind == MZ_PLAN_WAIT || message->kind == MZ_PLAN_AGAIN) &&
        !mz_core_attempt(b->core, job);
}
