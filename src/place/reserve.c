/* reserve.c - promises: the earliest start of a job that does not fit now, and what keeps it
 *
 * The earliest start is found by looking ahead in the fleet itself: running jobs are given back in
 * the order of their expected ends until the job fits, then all are taken again. Without other
 * reservations that is monotone (more free, never less), so after some steps one by one the search
 * doubles its stride and then halves the interval. With others (conservative, preemption), the time
 * of every end is tried in order, and those that overlap the job's run are held.
 *
 * Of the chips that a node has then, a reservation prefers those that are busy now: what is free now
 * stays free for others. Parts are named chip by chip; two reservations that overlap in time never
 * share one.
 *
 * Why a promise is kept: at its start all its parts are free. Jobs that were running then have ended
 * (their ends were used); a job started since either ends before (it was tried with this reservation
 * let go because its expected end is not later) or took its parts while these were held. Both need
 * that no job outlives its estimate; callers that can not say so use mz_engine_expect.
 */
#include "place/engine_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Ends tried one by one before the stride doubles. */
enum { NEAR_STEP_COUNT = 16 };

/* Reservations settled in one turn, and turns in one step; what is left waits for the next. */
enum { SETTLE_COUNT_MAX = 256, SETTLE_TURNS_MAX = 3 };

/* ---- holding ---- */

static void hold_part(struct mz_engine *engine, const struct mz_shape *shape,
    const struct mz_part *part, int32_t cpu_milli, int32_t memory_mib)
{
    struct mz_held held = { .part = *part, .cpu_milli = cpu_milli, .memory_mib = memory_mib };

    (void)shape;
    if (engine->held_count == engine->held_capacity) {
        engine->held_capacity = engine->held_capacity ? 2 * engine->held_capacity : 64;
        engine->held =
            mz_xrealloc(engine->held, (size_t)engine->held_capacity, sizeof(*engine->held));
    }
    mz_fleet_take(engine->fleet, part, cpu_milli, memory_mib);
    engine->held[engine->held_count++] = held;
}

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Of one part: the wholly free chips at once, then each shared one with what it has left. */
static void hold_free_share(
    struct mz_engine *engine, const struct mz_shape *shape, const struct mz_part *part)
{
    const struct mz_fleet *fleet = engine->fleet;
    int32_t node = part->node;
    uint64_t whole = part->chips & fleet->chips_free[node];
    uint64_t shared = part->chips & fleet->chips_shared[node];
    int32_t cpu = least(shape->cpu_milli, fleet->cpu_free_milli[node]);
    int32_t memory = least(shape->memory_mib, fleet->memory_free_mib[node]);

    if (whole || cpu || memory) {
        struct mz_part held = { .node = node, .milli = part->milli, .chips = whole };

        hold_part(engine, shape, &held, cpu, memory);
    }
    while (shared) {
        int32_t chip = __builtin_ctzll(shared);
        int32_t free_milli = mz_fleet_chip_free(fleet, node, chip);
        struct mz_part held = {
            .node = node, .milli = least(part->milli, free_milli), .chips = UINT64_C(1) << chip
        };

        shared &= shared - 1;
        if (held.milli > 0)
            hold_part(engine, shape, &held, 0, 0);
    }
}

static void hold_next(struct mz_engine *engine)
{
    const struct mz_reservation *r = &engine->reservations[engine->held_reservations];
    const struct mz_shape *shape = &engine->shapes[engine->slots[r->job].request.shape].shape;

    engine->held_marks[engine->held_reservations++] = engine->held_count;
    for (int32_t i = 0; i < r->part_count; i++)
        hold_free_share(engine, shape, &r->parts[i]);
}

static void let_go_last(struct mz_engine *engine)
{
    int32_t mark = engine->held_marks[--engine->held_reservations];

    while (engine->held_count > mark) {
        const struct mz_held *held = &engine->held[--engine->held_count];

        mz_fleet_give(engine->fleet, &held->part, held->cpu_milli, held->memory_mib);
    }
}

int32_t mz_hold_until(struct mz_engine *engine, int64_t end_us)
{
    while (engine->held_reservations > 0 &&
        engine->reservations[engine->held_reservations - 1].start_us >= end_us)
        let_go_last(engine);
    while (engine->held_reservations < engine->reservation_count &&
        engine->reservations[engine->held_reservations].start_us < end_us)
        hold_next(engine);
    return engine->held_reservations;
}

/* ---- the list ---- */

static void number_reservations(struct mz_engine *engine)
{
    for (int32_t r = 0; r < engine->reservation_count; r++)
        engine->slots[engine->reservations[r].job].reservation = r;
}

static void insert(struct mz_engine *engine, struct mz_reservation reservation)
{
    int32_t at = engine->reservation_count;

    assert(engine->held_reservations == 0);
    if (at == engine->reservation_capacity) {
        engine->reservation_capacity = at ? 2 * at : 16;
        engine->reservations = mz_xrealloc(engine->reservations,
            (size_t)engine->reservation_capacity, sizeof(*engine->reservations));
        engine->held_marks = mz_xrealloc(
            engine->held_marks, (size_t)engine->reservation_capacity, sizeof(*engine->held_marks));
    }
    while (at > 0 &&
        (engine->reservations[at - 1].start_us > reservation.start_us ||
            (engine->reservations[at - 1].start_us == reservation.start_us &&
                engine->reservations[at - 1].job > reservation.job))) {
        engine->reservations[at] = engine->reservations[at - 1];
        at--;
    }
    engine->reservations[at] = reservation;
    engine->reservation_count++;
    /* What failed with the first h held fails with these and the new one: now the first h + 1. */
    for (int32_t s = 0; s < engine->shape_count; s++)
        engine->shapes[s].failed_held += engine->shapes[s].failed_held > at;
    number_reservations(engine);
}

/* Takes a reservation out of the list; its parts are the caller's. */
static struct mz_reservation extract(struct mz_engine *engine, int32_t r)
{
    struct mz_reservation taken = engine->reservations[r];

    assert(engine->held_reservations == 0);
    memmove(&engine->reservations[r], &engine->reservations[r + 1],
        (size_t)(engine->reservation_count - r - 1) * sizeof(taken));
    engine->reservation_count--;
    engine->slots[taken.job].reservation = -1;
    number_reservations(engine);
    return taken;
}

void mz_unreserve(struct mz_engine *engine, int32_t job)
{
    int32_t r = engine->slots[job].reservation;

    if (r >= 0)
        free(extract(engine, r).parts);
}

static struct mz_part *copy_parts(const struct mz_part *parts, int32_t count)
{
    struct mz_part *copy = mz_xcalloc((size_t)count, sizeof(*copy));

    memcpy(copy, parts, (size_t)count * sizeof(*copy));
    return copy;
}

static void promise(struct mz_engine *engine, int32_t job, int64_t start_us, const char *reason)
{
    /* Of several promises in one step only the last was ever made. */
    for (int32_t i = engine->decision_count - 1; i >= 0; i--) {
        struct mz_place_decision *decision = &engine->decisions[i];

        if (decision->kind == MZ_DECIDE_RESERVE && decision->job == job) {
            decision->until_us = start_us;
            return;
        }
    }
    mz_engine_decide(engine,
        (struct mz_place_decision){ .kind = MZ_DECIDE_RESERVE,
            .job = job,
            .by = -1,
            .until_us = start_us,
            .reason = reason });
}

void mz_reserve_parts(struct mz_engine *engine, int32_t job, int64_t start_us, int64_t end_us,
    const struct mz_part *parts, int32_t part_count, bool preempts)
{
    mz_hold_until(engine, INT64_MIN);
    mz_unreserve(engine, job);
    insert(engine,
        (struct mz_reservation){ .job = job,
            .start_us = start_us,
            .end_us = end_us,
            .preempts = preempts,
            .part_count = part_count,
            .parts = copy_parts(parts, part_count) });
    promise(engine, job, start_us, preempts ? "preemption" : "backfill");
}

/* ---- looking ahead ---- */

struct ahead {
    struct mz_engine *engine;
    int32_t job;
    const struct mz_shape *shape;
    int32_t ended_count; /* jobs known in order of their ends: engine->ended */
    int32_t given_count; /* of them, given back in the fleet */
    int64_t run_us;      /* of the job */
    int64_t start_us;    /* found */
    struct mz_placement placement;
    int32_t contract;
    int64_t price_micro;
};

/* Learns the next running job in order of ends; false: there is none. */
static bool learn_next(struct ahead *a)
{
    struct mz_engine *engine = a->engine;

    if (engine->scratch.count == 0)
        return false;
    if (a->ended_count == engine->ended_capacity) {
        engine->ended_capacity = engine->ended_capacity ? 2 * engine->ended_capacity : 64;
        engine->ended =
            mz_xrealloc(engine->ended, (size_t)engine->ended_capacity, sizeof(*engine->ended));
    }
    engine->ended[a->ended_count++] = engine->scratch.heap[0].job;
    mz_running_remove(&engine->scratch, NULL, 0);
    return true;
}

static int64_t end_of(const struct ahead *a, int32_t i)
{
    const struct mz_slot *slot = &a->engine->slots[a->engine->ended[i]];

    return slot->end_us > a->engine->now_us ? slot->end_us : a->engine->now_us;
}

/* The count of ended jobs that reaches at least `want` and ends a group of equal ends. */
static int32_t group_end(struct ahead *a, int32_t want)
{
    int32_t count = want;

    while (a->ended_count < count) {
        if (!learn_next(a))
            return a->ended_count;
    }
    for (;;) {
        if (count == a->ended_count && !learn_next(a))
            return count;
        if (end_of(a, count) != end_of(a, count - 1))
            return count;
        count++;
    }
}

static void give_until(struct ahead *a, int32_t count)
{
    struct mz_engine *engine = a->engine;

    while (a->given_count < count) {
        const struct mz_slot *slot = &engine->slots[engine->ended[a->given_count++]];

        mz_find_give(engine->fleet, &engine->shapes[slot->request.shape].shape, mz_slot_parts(slot),
            slot->part_count);
    }
    while (a->given_count > count) {
        const struct mz_slot *slot = &engine->slots[engine->ended[--a->given_count]];

        mz_find_take(engine->fleet, &engine->shapes[slot->request.shape].shape, mz_slot_parts(slot),
            slot->part_count);
    }
}

static bool fits(struct ahead *a)
{
    return mz_choose(a->engine, a->job, &a->placement, &a->contract, &a->price_micro);
}

/* No other reservation: fewest ended jobs with which it fits; -1: never. Leaves them given. */
static int32_t search_alone(struct ahead *a)
{
    int32_t failed = 0;
    int32_t stride = 1;

    for (int32_t tries = 0;; tries++) {
        int32_t count = group_end(a, failed + stride);

        if (count == failed)
            return -1;
        give_until(a, count);
        if (fits(a)) {
            int32_t low = failed;

            while (low + 1 < count) {
                int32_t middle = group_end(a, low + (count - low) / 2);

                if (middle >= count) {
                    middle = group_end(a, low + 1);
                    if (middle >= count)
                        break;
                }
                give_until(a, middle);
                if (fits(a))
                    count = middle;
                else
                    low = middle;
            }
            give_until(a, count);
            return fits(a) ? count : -1;
        }
        failed = count;
        if (tries >= NEAR_STEP_COUNT)
            stride *= 2;
    }
}

/* The next time at which something ends behind `after_us`, running or reserved. */
static int64_t next_end(struct ahead *a, int64_t after_us)
{
    struct mz_engine *engine = a->engine;
    int64_t next_us = MZ_TIME_NEVER;

    if (a->given_count < a->ended_count || learn_next(a))
        next_us = end_of(a, a->given_count);
    for (int32_t r = 0; r < engine->reservation_count; r++) {
        int64_t end_us = engine->reservations[r].end_us;

        if (end_us > after_us && end_us < next_us)
            next_us = end_us;
    }
    return next_us;
}

/* Holds what overlaps [start, start + run): all of it lies in one take, undone by release_held. */
static void hold_overlapping(struct ahead *a, int64_t start_us)
{
    struct mz_engine *engine = a->engine;
    int64_t end_us = start_us + a->run_us;

    for (int32_t r = 0; r < engine->reservation_count; r++) {
        const struct mz_reservation *reservation = &engine->reservations[r];
        const struct mz_shape *shape =
            &engine->shapes[engine->slots[reservation->job].request.shape].shape;

        if (reservation->start_us >= end_us)
            break;
        if (reservation->end_us <= start_us)
            continue;
        for (int32_t i = 0; i < reservation->part_count; i++)
            hold_free_share(engine, shape, &reservation->parts[i]);
    }
}

static void release_held(struct mz_engine *engine)
{
    while (engine->held_count > 0) {
        const struct mz_held *held = &engine->held[--engine->held_count];

        mz_fleet_give(engine->fleet, &held->part, held->cpu_milli, held->memory_mib);
    }
}

/* With other reservations: every end in order. Leaves the jobs given and the others held. */
static bool search_among(struct ahead *a)
{
    int64_t at_us = a->engine->now_us;

    for (;;) {
        while ((a->given_count < a->ended_count || learn_next(a)) &&
            end_of(a, a->given_count) <= at_us)
            give_until(a, a->given_count + 1);
        hold_overlapping(a, at_us);
        if (fits(a)) {
            a->start_us = at_us;
            return true;
        }
        release_held(a->engine);
        at_us = next_end(a, at_us);
        if (at_us == MZ_TIME_NEVER)
            return false;
    }
}

/* Of a node's chips that are free then, those that are busy now come first. */
static void prefer_busy_chips(
    const struct mz_engine *engine, struct mz_part *part, uint64_t free_then)
{
    uint64_t now = engine->fleet->chips_free[part->node];
    int32_t want = mz_bit_count(part->chips);
    uint64_t chips = 0;

    if (part->milli < MZ_MILLI)
        return;
    for (int32_t turn = 0; turn < 2; turn++) {
        uint64_t pick = free_then & (turn == 0 ? ~now : now);

        while (pick && want > 0) {
            chips |= pick & -pick;
            pick &= pick - 1;
            want--;
        }
    }
    part->chips = chips;
}

/* Earliest start of a job that has no reservation now. On success the parts are the caller's. */
static bool look_ahead(struct mz_engine *engine, int32_t job, struct mz_reservation *ret)
{
    const struct mz_slot *slot = &engine->slots[job];
    struct ahead a = { .engine = engine,
        .job = job,
        .shape = &engine->shapes[slot->request.shape].shape,
        .run_us = mz_engine_longest_run_us(engine, slot) };
    bool found;

    mz_hold_until(engine, INT64_MIN);
    mz_running_copy(&engine->scratch, &engine->running);
    if (engine->reservation_count == 0) {
        int32_t count = search_alone(&a);

        found = count >= 0;
        if (found)
            a.start_us = end_of(&a, count - 1);
    } else {
        found = search_among(&a);
    }
    if (found) {
        struct mz_part *parts = copy_parts(a.placement.parts, a.placement.part_count);
        uint64_t *free_then = mz_xcalloc((size_t)a.placement.part_count, sizeof(*free_then));

        for (int32_t i = 0; i < a.placement.part_count; i++)
            free_then[i] = engine->fleet->chips_free[parts[i].node];
        release_held(engine);
        give_until(&a, 0);
        for (int32_t i = 0; i < a.placement.part_count; i++)
            prefer_busy_chips(engine, &parts[i], free_then[i]);
        free(free_then);
        *ret = (struct mz_reservation){ .job = job,
            .start_us = a.start_us,
            .end_us = a.start_us + a.run_us,
            .part_count = a.placement.part_count,
            .parts = parts };
        return true;
    }
    release_held(engine);
    give_until(&a, 0);
    return false;
}

bool mz_reserve(struct mz_engine *engine, int32_t job)
{
    struct mz_reservation reservation;

    if (!look_ahead(engine, job, &reservation))
        return false;
    insert(engine, reservation);
    promise(engine, job, reservation.start_us, "backfill");
    return true;
}

enum mz_elsewhere mz_reserve_elsewhere(struct mz_engine *engine, int32_t job)
{
    const struct mz_shape *shape = &engine->shapes[engine->slots[job].request.shape].shape;
    struct mz_placement placement;
    struct mz_reservation old;
    struct mz_reservation new;
    struct mz_part *parts;
    int32_t contract;
    int64_t price_micro;
    bool moved;

    mz_hold_until(engine, INT64_MIN);
    if (!mz_choose(engine, job, &placement, &contract, &price_micro))
        return MZ_ELSEWHERE_NO_ROOM;
    if (engine->reservation_count != 1 || engine->reservations[0].preempts)
        return MZ_ELSEWHERE_REFUSED;
    parts = copy_parts(placement.parts, placement.part_count);
    placement.parts = parts;
    old = extract(engine, 0);
    mz_find_take(engine->fleet, shape, parts, placement.part_count);
    moved = look_ahead(engine, old.job, &new);
    mz_find_give(engine->fleet, shape, parts, placement.part_count);
    if (moved && new.start_us > old.start_us) {
        free(new.parts);
        moved = false;
    }
    if (moved) {
        free(old.parts);
        new.end_us += old.start_us - new.start_us;
        new.start_us = old.start_us; /* what was promised stands */
        insert(engine, new);
        mz_engine_start(engine, job, &placement, contract, price_micro, "backfill");
    } else {
        insert(engine, old);
    }
    free(parts);
    return moved ? MZ_ELSEWHERE_STARTED : MZ_ELSEWHERE_REFUSED;
}

/* ---- keeping ---- */

static bool lost_a_node(const struct mz_engine *engine, const struct mz_reservation *reservation)
{
    for (int32_t i = 0; i < reservation->part_count; i++) {
        if (engine->fleet->node_state[reservation->parts[i].node] != MZ_NODE_UP)
            return true;
    }
    return false;
}

static bool same_parts(
    const struct mz_reservation *reservation, const struct mz_placement *placement)
{
    if (reservation->part_count != placement->part_count)
        return false;
    for (int32_t i = 0; i < placement->part_count; i++) {
        if (reservation->parts[i].node != placement->parts[i].node ||
            reservation->parts[i].chips != placement->parts[i].chips)
            return false;
    }
    return true;
}

/* Starts the job of a reservation that is out of the list, if it fits beside the others. */
static bool start_reserved(struct mz_engine *engine, const struct mz_reservation *reservation)
{
    const struct mz_slot *slot = &engine->slots[reservation->job];
    struct mz_placement placement;
    int32_t contract;
    int64_t price_micro;

    mz_hold_until(engine, engine->now_us + mz_engine_longest_run_us(engine, slot));
    if (!mz_choose(engine, reservation->job, &placement, &contract, &price_micro))
        return false;
    if (reservation->start_us > engine->now_us || !same_parts(reservation, &placement))
        engine->reservations_stale =
            true; /* what was promised to it is free for others, or earlier */
    mz_engine_start(engine, reservation->job, &placement, contract, price_micro, "reserved");
    return true;
}

static bool part_is_free(
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *part)
{
    if (fleet->node_state[part->node] != MZ_NODE_UP)
        return false;
    if (fleet->has_limits &&
        (fleet->cpu_free_milli[part->node] < shape->cpu_milli ||
            fleet->memory_free_mib[part->node] < shape->memory_mib))
        return false;
    if (part->milli == MZ_MILLI || part->chips == 0)
        return (part->chips & ~fleet->chips_free[part->node]) == 0;
    return mz_fleet_chip_free(fleet, part->node, __builtin_ctzll(part->chips)) >= part->milli;
}

/* Starts the job on the very parts that were promised. Others may hold CPU, memory or thousandths
 * that are free only because these are waiting for it, so it may not fit beside them; but they were
 * promised theirs beside it. */
static bool start_on_promised(struct mz_engine *engine, const struct mz_reservation *reservation)
{
    const struct mz_shape *shape =
        &engine->shapes[engine->slots[reservation->job].request.shape].shape;
    struct mz_placement placement = { .part_count = reservation->part_count,
        .parts = reservation->parts };
    int32_t contract;
    int64_t price_micro;

    mz_hold_until(engine, INT64_MIN);
    if (reservation->start_us > engine->now_us)
        return false;
    for (int32_t i = 0; i < reservation->part_count; i++) {
        if (!part_is_free(engine->fleet, shape, &reservation->parts[i]))
            return false;
    }
    if (!mz_choose_contract(engine, reservation->job,
            engine->fleet->node_pool[reservation->parts[0].node], &contract, &price_micro))
        return false;
    mz_engine_start(engine, reservation->job, &placement, contract, price_micro, "reserved");
    return true;
}

/* One reservation in a step in which something may have become better, or its time has come. */
static void settle(struct mz_engine *engine, int32_t r)
{
    struct mz_reservation old;
    struct mz_reservation new;
    bool lost;

    mz_hold_until(engine, INT64_MIN);
    old = extract(engine, r);
    if (!mz_order_admits(engine, &engine->slots[old.job])) {
        /* Others of its team took the quota: chips must not stay empty for it. It waits as before. */
        engine->reservations_stale = true; /* the quota may be free, or what it was promised is */
        if (old.start_us > engine->now_us)
            insert(engine, old);
        else
            free(old.parts);
        return;
    }
    if (start_reserved(engine, &old) || start_on_promised(engine, &old)) {
        mz_hold_until(engine, INT64_MIN);
        free(old.parts);
        return;
    }
    mz_hold_until(engine, INT64_MIN);
    lost = lost_a_node(engine, &old);
    if ((old.preempts && !lost && old.start_us > engine->now_us) ||
        !look_ahead(engine, old.job, &new)) {
        if (lost)
            free(old.parts);
        else
            insert(engine, old);
        return;
    }
    if (new.start_us < old.start_us || lost || old.start_us < engine->now_us) {
        if (new.start_us < old.start_us && engine->reservation_count > 0)
            engine->reservations_stale = true;
        free(old.parts);
        if (new.start_us != old.start_us)
            promise(engine, new.job, new.start_us, lost ? "node lost" : "earlier");
        insert(engine, new);
        return;
    }
    free(new.parts);
    insert(engine, old);
}

/* One turn, in order of their starts as they stand now; settling one may move others in the list. */
static void settle_all(struct mz_engine *engine)
{
    int32_t jobs[SETTLE_COUNT_MAX];
    int32_t known = 0;
    bool cut = false;

    for (int32_t r = 0; r < engine->reservation_count && !cut; r++) {
        if (!engine->reservations_stale && engine->reservations[r].start_us > engine->now_us)
            break;
        cut = known == SETTLE_COUNT_MAX;
        if (!cut)
            jobs[known++] = engine->reservations[r].job;
    }
    engine->reservations_stale = cut; /* the others in the next step */
    for (int32_t i = 0; i < known; i++) {
        if (engine->slots[jobs[i]].reservation >= 0)
            settle(engine, engine->slots[jobs[i]].reservation);
    }
}

void mz_reserve_settle(struct mz_engine *engine)
{
    if (!engine->reservations_stale &&
        (engine->reservation_count == 0 || engine->reservations[0].start_us > engine->now_us))
        return;
    /* Who starts elsewhere, or earlier, leaves room: those before it may become better once more. */
    for (int32_t turn = 0; turn < SETTLE_TURNS_MAX; turn++) {
        settle_all(engine);
        if (!engine->reservations_stale)
            break;
    }
}
