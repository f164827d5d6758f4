/* engine.c - the life of a job in the engine, and what callers look at
 *
 * waiting:  in exactly one queue, holds nothing (perhaps a reservation)
 * running:  in the heap of expected ends, holds its parts, counts for its team and contract
 * stopping: as running, but preempted: the caller has been told
 * gone:     nowhere
 */
#include "place/engine_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct mz_engine *mz_engine_create(struct mz_fleet *fleet, const struct mz_policy *policy,
    struct mz_teams *teams, struct mz_contracts *contracts)
{
    struct mz_engine *engine = mz_xcalloc(1, sizeof(*engine));

    engine->fleet = fleet;
    engine->policy = *policy;
    engine->teams = teams;
    engine->contracts = contracts;
    engine->finder =
        mz_finder_create(fleet, policy->pack, policy->pack_seed, &policy->pack_weights);
    engine->queue_count = policy->order == MZ_ORDER_FAIR && teams ? mz_teams_count(teams) + 1 : 1;
    engine->queues = mz_xcalloc((size_t)engine->queue_count, sizeof(*engine->queues));
    engine->active = mz_xcalloc((size_t)engine->queue_count, sizeof(*engine->active));
    engine->cursors = mz_xcalloc((size_t)engine->queue_count, sizeof(*engine->cursors));
    engine->queue_done = mz_xcalloc((size_t)engine->queue_count, sizeof(*engine->queue_done));
    engine->shape_table_size = 64;
    engine->shape_table = mz_xcalloc((size_t)engine->shape_table_size, sizeof(int32_t));
    memset(engine->shape_table, 0xFF, (size_t)engine->shape_table_size * sizeof(int32_t));
    return engine;
}

void mz_engine_free(struct mz_engine *engine)
{
    if (!engine)
        return;
    for (int32_t i = 0; i < engine->running.count; i++)
        free(engine->slots[engine->running.heap[i].job].many);
    for (int32_t s = 0; s < engine->shape_count; s++)
        free(engine->shapes[s].pools);
    for (int32_t r = 0; r < engine->reservation_count; r++)
        free(engine->reservations[r].parts);
    for (int32_t q = 0; q < engine->queue_count; q++)
        mz_queue_finish(&engine->queues[q]);
    mz_running_finish(&engine->running);
    mz_running_finish(&engine->scratch);
    mz_finder_free(engine->finder);
    free(engine->queues);
    free(engine->slots);
    free(engine->heap_places);
    free(engine->shapes);
    free(engine->shape_table);
    free(engine->reservations);
    free(engine->held);
    free(engine->held_marks);
    free(engine->decisions);
    free(engine->ended);
    free(engine->active);
    free(engine->cursors);
    free(engine->queue_done);
    free(engine);
}

/* ---- shapes ---- */

static uint64_t mix(uint64_t h, uint64_t value)
{
    h ^= value;
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 29);
}

static uint64_t shape_hash(const struct mz_shape *s)
{
    uint64_t h = mix(1, (uint64_t)(uint32_t)s->chips << 32 | (uint32_t)s->chip_milli);

    h = mix(h, (uint64_t)(uint32_t)s->chips_per_node << 32 | (uint32_t)s->cpu_milli);
    h = mix(
        h, (uint64_t)(uint32_t)s->memory_mib << 32 | (uint32_t)(s->required * 8 + s->preferred));
    return mix(mix(h, s->chip_mask), s->partner_mask);
}

static bool shape_equal(const struct mz_shape *a, const struct mz_shape *b)
{
    return a->chips == b->chips && a->chip_milli == b->chip_milli &&
        a->chips_per_node == b->chips_per_node && a->cpu_milli == b->cpu_milli &&
        a->memory_mib == b->memory_mib && a->required == b->required &&
        a->preferred == b->preferred && a->chip_mask == b->chip_mask &&
        a->partner_mask == b->partner_mask;
}

static int32_t *shape_place(struct mz_engine *engine, const struct mz_shape *shape)
{
    uint32_t mask = (uint32_t)engine->shape_table_size - 1;

    for (uint32_t at = (uint32_t)shape_hash(shape) & mask;; at = (at + 1) & mask) {
        int32_t s = engine->shape_table[at];

        if (s < 0 || shape_equal(&engine->shapes[s].shape, shape))
            return &engine->shape_table[at];
    }
}

static void grow_shape_table(struct mz_engine *engine)
{
    engine->shape_table_size *= 2;
    engine->shape_table = mz_xrealloc(
        engine->shape_table, (size_t)engine->shape_table_size, sizeof(*engine->shape_table));
    memset(engine->shape_table, 0xFF, (size_t)engine->shape_table_size * sizeof(int32_t));
    for (int32_t s = 0; s < engine->shape_count; s++)
        *shape_place(engine, &engine->shapes[s].shape) = s;
}

static bool spans(const struct mz_engine *engine, const struct mz_shape *shape)
{
    const struct mz_fleet *fleet = engine->fleet;

    if (shape->required < MZ_LEVEL_PARTNER)
        return false;
    for (int32_t c = 0; c < fleet->chip_count; c++) {
        if (shape->required == MZ_LEVEL_FLEET && mz_find_ever_across(engine->finder, shape, c, -1))
            return true;
        for (int32_t p = 0; p < fleet->partner_count; p++) {
            if (mz_find_ever_across(engine->finder, shape, c, p))
                return true;
        }
    }
    return false;
}

static enum mz_status check_shape(
    const struct mz_engine *engine, const struct mz_shape_info *info, struct mz_error *err)
{
    const struct mz_shape *shape = &info->shape;
    int32_t allowed = 0;

    if (info->pool_count > 0 || info->may_span)
        return MZ_OK;
    for (int32_t p = 0; p < engine->fleet->pool_count; p++)
        allowed += mz_find_allows(engine->fleet, shape, &engine->fleet->pools[p]);
    if (allowed == 0)
        return mz_fail(
            err, MZ_E_INPUT, "no pool of the fleet has a chip and partner that it allows");
    return mz_fail(err, MZ_E_INPUT,
        "it can never fit: %d chip%s%s within one %s, with %d milli-CPU and %d MiB on each node, "
        "is more than any of the %d pool%s that it allows has",
        shape->chips, shape->chips == 1 ? "" : "s", shape->chips_per_node ? " on fixed nodes" : "",
        mz_level_name(shape->required), shape->cpu_milli, shape->memory_mib, allowed,
        allowed == 1 ? "" : "s");
}

enum mz_status mz_engine_shape(struct mz_engine *engine, const struct mz_shape *shape,
    int32_t *ret_shape, struct mz_error *err)
{
    int32_t *place;
    struct mz_shape_info info = { .shape = *shape, .failed_step = -1, .preempt_failed_step = -1 };
    enum mz_status status;

    assert(shape->chips >= 0 && shape->chip_milli > 0 && shape->chip_milli <= MZ_MILLI);
    assert(shape->chip_milli == MZ_MILLI || shape->chips == 1);
    if (engine->shape_count > 0 && shape_equal(&engine->shapes[engine->shape_last].shape, shape)) {
        *ret_shape = engine->shape_last; /* most jobs are like the one before */
        return MZ_OK;
    }
    place = shape_place(engine, shape);
    if (*place >= 0) {
        engine->shape_last = *place;
        *ret_shape = *place;
        return MZ_OK;
    }
    info.pools = mz_xcalloc((size_t)engine->fleet->pool_count, sizeof(*info.pools));
    for (int32_t p = 0; p < engine->fleet->pool_count; p++) {
        if (mz_find_allows(engine->fleet, shape, &engine->fleet->pools[p]) &&
            mz_find_ever_in_pool(engine->finder, shape, p))
            info.pools[info.pool_count++] = p;
    }
    info.may_span = spans(engine, shape);
    status = check_shape(engine, &info, err);
    if (status != MZ_OK) {
        free(info.pools);
        return status;
    }
    if (engine->shape_count == engine->shape_capacity) {
        engine->shape_capacity = engine->shape_capacity ? 2 * engine->shape_capacity : 32;
        engine->shapes =
            mz_xrealloc(engine->shapes, (size_t)engine->shape_capacity, sizeof(*engine->shapes));
    }
    *place = engine->shape_count;
    *ret_shape = engine->shape_count;
    engine->shapes[engine->shape_count++] = info;
    if (2 * engine->shape_count > engine->shape_table_size)
        grow_shape_table(engine);
    return MZ_OK;
}

/* ---- a slot ---- */

const struct mz_part *mz_slot_parts(const struct mz_slot *slot)
{
    return slot->many ? slot->many : &slot->one;
}

int64_t mz_slot_chips_milli(const struct mz_engine *engine, const struct mz_slot *slot)
{
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;

    return (int64_t)shape->chips * shape->chip_milli;
}

int64_t mz_slot_estimate_us(const struct mz_engine *engine, const struct mz_slot *slot)
{
    return slot->request.estimate_us > 0 ? slot->request.estimate_us
                                         : engine->policy.estimate_default_us;
}

int64_t mz_engine_run_us(const struct mz_engine *engine, const struct mz_slot *slot, int32_t chip)
{
    int64_t run_us = mz_slot_estimate_us(engine, slot);

    if (!engine->contracts || chip < 0 || engine->contracts->speed_milli[chip] == MZ_MILLI)
        return run_us;
    return (int64_t)((__int128)run_us * MZ_MILLI / engine->contracts->speed_milli[chip]);
}

int64_t mz_engine_longest_run_us(const struct mz_engine *engine, const struct mz_slot *slot)
{
    const struct mz_shape_info *info = &engine->shapes[slot->request.shape];
    int64_t longest_us = mz_slot_estimate_us(engine, slot);

    if (!engine->contracts)
        return longest_us;
    for (int32_t p = 0; p < engine->fleet->pool_count; p++) {
        const struct mz_fleet_pool *pool = &engine->fleet->pools[p];
        int64_t run_us = mz_engine_run_us(engine, slot, pool->chip);

        if (run_us > longest_us && mz_find_allows(engine->fleet, &info->shape, pool))
            longest_us = run_us;
    }
    return longest_us;
}

static void enqueue(struct mz_engine *engine, int32_t job)
{
    struct mz_slot *slot = &engine->slots[job];

    slot->state = MZ_JOB_WAITING;
    slot->key = mz_order_key(engine, slot);
    mz_queue_add(&engine->queues[mz_order_queue(engine, slot)], slot->key, job);
    engine->waiting_count++;
    engine->waiting_shape_count += engine->shapes[slot->request.shape].waiting_count++ == 0;
}

static void dequeue(struct mz_engine *engine, int32_t job)
{
    struct mz_slot *slot = &engine->slots[job];

    mz_queue_remove(&engine->queues[mz_order_queue(engine, slot)], slot->key, job);
    engine->waiting_count--;
    engine->waiting_shape_count -= --engine->shapes[slot->request.shape].waiting_count == 0;
}

void mz_engine_expect_jobs(struct mz_engine *engine, int32_t count)
{
    if (count <= engine->slot_capacity)
        return;
    engine->slot_capacity = count;
    engine->slots = mz_xrealloc(engine->slots, (size_t)count, sizeof(*engine->slots));
    engine->heap_places =
        mz_xrealloc(engine->heap_places, (size_t)count, sizeof(*engine->heap_places));
}

int32_t mz_engine_submit(struct mz_engine *engine, int64_t now_us, const struct mz_request *request)
{
    int32_t job = engine->slot_count;

    assert(request->shape >= 0 && request->shape < engine->shape_count);
    engine->now_us = now_us;
    if (job == engine->slot_capacity)
        mz_engine_expect_jobs(engine, job ? 2 * job : 256);
    engine->slot_count++;
    engine->slots[job] = (struct mz_slot){
        .request = *request, .contract = -1, .reservation = -1, .guard_us = INT64_MIN
    };
    enqueue(engine, job);
    return job;
}

static void set_parts(struct mz_slot *slot, const struct mz_part *parts, int32_t count)
{
    slot->part_count = count;
    if (count == 1) {
        slot->one = parts[0];
        return;
    }
    slot->many = mz_xcalloc((size_t)count, sizeof(*slot->many));
    memcpy(slot->many, parts, (size_t)count * sizeof(*parts));
}

void mz_engine_decide(struct mz_engine *engine, struct mz_place_decision decision)
{
    if (engine->decision_count == engine->decision_capacity) {
        engine->decision_capacity = engine->decision_capacity ? 2 * engine->decision_capacity : 64;
        engine->decisions = mz_xrealloc(
            engine->decisions, (size_t)engine->decision_capacity, sizeof(*engine->decisions));
    }
    engine->decisions[engine->decision_count++] = decision;
}

void mz_engine_start(struct mz_engine *engine, int32_t job, const struct mz_placement *placement,
    int32_t contract, int64_t price_micro, const char *reason)
{
    struct mz_slot *slot = &engine->slots[job];
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;
    int32_t pool = engine->fleet->node_pool[placement->parts[0].node];

    dequeue(engine, job);
    set_parts(slot, placement->parts, placement->part_count);
    mz_find_take(engine->fleet, shape, mz_slot_parts(slot), slot->part_count);
    slot->state = MZ_JOB_RUNNING;
    slot->attempt++;
    slot->start_us = engine->now_us;
    slot->expected_us = mz_engine_run_us(engine, slot, engine->fleet->pools[pool].chip);
    slot->end_us = engine->now_us + slot->expected_us;
    if (slot->guard_us == MZ_TIME_NEVER) /* it was preempted: preempt.h */
        slot->guard_us = engine->now_us + engine->policy.preempt_guard_us;
    slot->contract = contract;
    slot->price_micro = price_micro;
    mz_running_add(&engine->running, engine->heap_places, slot->end_us, job);
    if (engine->teams && slot->request.team >= 0)
        mz_teams_take(
            engine->teams, slot->request.team, mz_slot_chips_milli(engine, slot), engine->now_us);
    if (contract >= 0)
        mz_contracts_draw(
            engine->contracts, contract, mz_slot_chips_milli(engine, slot), slot->expected_us);
    mz_engine_decide(engine,
        (struct mz_place_decision){ .kind = MZ_DECIDE_START,
            .job = job,
            .by = -1,
            .until_us = slot->end_us,
            .reason = reason });
}

static bool is_free(
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *part)
{
    return (fleet->chips_free[part->node] & part->chips) == part->chips &&
        fleet->cpu_free_milli[part->node] >= shape->cpu_milli &&
        fleet->memory_free_mib[part->node] >= shape->memory_mib;
}

int32_t mz_engine_adopt(struct mz_engine *engine, int64_t now_us, const struct mz_request *request,
    const struct mz_part *parts, int32_t part_count, int32_t contract, int64_t start_us,
    int64_t end_us)
{
    const struct mz_shape *shape = &engine->shapes[request->shape].shape;
    struct mz_slot *slot;
    int32_t job;

    assert(part_count > 0 && shape->chip_milli == MZ_MILLI);
    for (int32_t i = 0; i < part_count; i++) {
        if (!is_free(engine->fleet, shape, &parts[i]))
            return -1;
    }
    job = mz_engine_submit(engine, now_us, request);
    dequeue(engine, job);
    slot = &engine->slots[job];
    set_parts(slot, parts, part_count);
    mz_find_take(engine->fleet, shape, mz_slot_parts(slot), part_count);
    slot->state = MZ_JOB_RUNNING;
    slot->attempt = 1;
    slot->start_us = start_us;
    slot->end_us = end_us > now_us ? end_us : now_us + 1;
    slot->expected_us = slot->end_us - start_us;
    slot->contract = contract;
    if (contract >= 0)
        slot->price_micro = engine->contracts->contracts[contract].price_micro_per_chip_hour;
    mz_running_add(&engine->running, engine->heap_places, slot->end_us, job);
    if (engine->teams && request->team >= 0)
        mz_teams_take(engine->teams, request->team, mz_slot_chips_milli(engine, slot), now_us);
    if (contract >= 0)
        mz_contracts_draw(
            engine->contracts, contract, mz_slot_chips_milli(engine, slot), slot->expected_us);
    engine->reservations_stale = true;
    return job;
}

/* Gives everything back that the running job holds. */
static void release(struct mz_engine *engine, int32_t job)
{
    struct mz_slot *slot = &engine->slots[job];
    int64_t chips_milli = mz_slot_chips_milli(engine, slot);
    int64_t ran_us = engine->now_us - slot->start_us;

    mz_find_give(engine->fleet, &engine->shapes[slot->request.shape].shape, mz_slot_parts(slot),
        slot->part_count);
    mz_running_remove(&engine->running, engine->heap_places, engine->heap_places[job]);
    if (engine->now_us < slot->end_us)
        engine->reservations_stale = true;
    if (engine->teams && slot->request.team >= 0)
        mz_teams_give(engine->teams, slot->request.team, chips_milli, engine->now_us);
    if (slot->contract >= 0)
        mz_contracts_settle(
            engine->contracts, slot->contract, chips_milli, slot->expected_us, ran_us);
    slot->attained_us += chips_milli % MZ_MILLI == 0
        ? chips_milli / MZ_MILLI * ran_us
        : (int64_t)((__int128)chips_milli * ran_us / MZ_MILLI);
    free(slot->many);
    slot->many = NULL;
    slot->part_count = 0;
    slot->contract = -1;
}

void mz_engine_end(struct mz_engine *engine, int64_t now_us, int32_t job)
{
    struct mz_slot *slot = &engine->slots[job];

    assert(slot->state != MZ_JOB_GONE);
    engine->now_us = now_us;
    if (slot->state == MZ_JOB_WAITING) {
        dequeue(engine, job);
        mz_unreserve(engine, job);
        engine->reservations_stale = true;
    } else {
        release(engine, job);
    }
    slot->state = MZ_JOB_GONE;
}

void mz_engine_stopped(struct mz_engine *engine, int64_t now_us, int32_t job, int64_t estimate_us)
{
    struct mz_slot *slot = &engine->slots[job];

    assert(slot->state == MZ_JOB_RUNNING || slot->state == MZ_JOB_STOPPING);
    engine->now_us = now_us;
    release(engine, job);
    if (slot->state == MZ_JOB_STOPPING)
        engine->reservations_stale = true;
    slot->request.estimate_us = estimate_us;
    enqueue(engine, job);
}

void mz_engine_expect(struct mz_engine *engine, int32_t job, int64_t end_us)
{
    struct mz_slot *slot = &engine->slots[job];

    assert(slot->state == MZ_JOB_RUNNING || slot->state == MZ_JOB_STOPPING);
    mz_running_remove(&engine->running, engine->heap_places, engine->heap_places[job]);
    slot->end_us = end_us;
    mz_running_add(&engine->running, engine->heap_places, end_us, job);
    engine->reservations_stale = true;
}

void mz_engine_set_node(struct mz_engine *engine, int32_t node, enum mz_node_state state)
{
    mz_fleet_set_node_state(engine->fleet, node, state);
    engine->reservations_stale = true;
}

static int compare_jobs(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static bool runs_on(const struct mz_slot *slot, int32_t node_begin, int32_t node_end)
{
    const struct mz_part *parts = mz_slot_parts(slot);

    for (int32_t i = 0; i < slot->part_count; i++) {
        if (parts[i].node >= node_begin && parts[i].node < node_end)
            return true;
    }
    return false;
}

int32_t mz_engine_jobs_on(const struct mz_engine *engine, int32_t node_begin, int32_t node_end,
    int32_t *ret_jobs, int32_t max)
{
    int32_t found = 0;

    for (int32_t i = 0; i < engine->running.count; i++) {
        int32_t job = engine->running.heap[i].job;

        if (!runs_on(&engine->slots[job], node_begin, node_end))
            continue;
        if (found < max)
            ret_jobs[found] = job;
        found++;
    }
    qsort(ret_jobs, (size_t)(found < max ? found : max), sizeof(*ret_jobs), compare_jobs);
    return found;
}

/* ---- what callers look at ---- */

struct mz_job mz_engine_job(const struct mz_engine *engine, int32_t job)
{
    const struct mz_slot *slot = &engine->slots[job];

    return (struct mz_job){ .request = slot->request,
        .state = (enum mz_job_state)slot->state,
        .attempt = slot->attempt,
        .part_count = slot->part_count,
        .parts = mz_slot_parts(slot),
        .start_us = slot->start_us,
        .end_us = slot->end_us,
        .attained_us = slot->attained_us,
        .promise_us = slot->reservation < 0 ? MZ_TIME_NEVER
                                            : engine->reservations[slot->reservation].start_us,
        .contract = slot->contract,
        .price_micro_per_chip_hour = slot->price_micro };
}

const struct mz_part *mz_engine_parts(
    const struct mz_engine *engine, int32_t job, int32_t *ret_count)
{
    *ret_count = engine->slots[job].part_count;
    return mz_slot_parts(&engine->slots[job]);
}

enum mz_job_state mz_engine_state(const struct mz_engine *engine, int32_t job)
{
    return (enum mz_job_state)engine->slots[job].state;
}

const struct mz_shape *mz_engine_shape_at(const struct mz_engine *engine, int32_t shape)
{
    return &engine->shapes[shape].shape;
}

const struct mz_fleet *mz_engine_fleet(const struct mz_engine *engine)
{
    return engine->fleet;
}

int32_t mz_engine_job_count(const struct mz_engine *engine)
{
    return engine->slot_count;
}

int32_t mz_engine_waiting_count(const struct mz_engine *engine)
{
    return engine->waiting_count;
}

int32_t mz_engine_running_count(const struct mz_engine *engine)
{
    return engine->running.count;
}
