/* preempt.c - who has to stop for whom
 *
 * preempt.h says what is chosen, victims.c searches for it. Here the engine's jobs become
 * candidates, the answer is tried in the fleet itself (victims given back, reservations held, the
 * chooser asked, all undone), and then carried out.
 * Quick answers first: most blocked jobs find no candidate, and then nothing is allocated.
 */
#include "place/preempt.h"

#include "place/engine_impl.h"
#include "place/victims.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct attempt {
    struct mz_engine *engine;
    struct mz_arena *arena;
    int32_t job;
    int64_t start_us; /* when the grace ends */
    int64_t end_us;
    struct mz_candidate *candidates; /* ascending by job */
    int32_t candidate_count;
    int32_t *gone; /* jobs */
    int32_t gone_count;
};

/* ---- candidates ---- */

static bool is_gone(const struct mz_engine *engine, const struct mz_slot *slot, int64_t at_us)
{
    return slot->end_us <= at_us &&
        (slot->state == MZ_JOB_STOPPING || slot->end_us > engine->now_us);
}

static bool is_candidate(const struct attempt *a, const struct mz_slot *slot)
{
    const struct mz_engine *engine = a->engine;

    return slot->state == MZ_JOB_RUNNING && slot->request.preemptible &&
        engine->now_us >= slot->guard_us && !is_gone(engine, slot, a->start_us) &&
        mz_order_may_preempt(engine, &engine->slots[a->job], slot);
}

static bool has_candidate(const struct attempt *a)
{
    const struct mz_running *running = &a->engine->running;

    for (int32_t i = 0; i < running->count; i++) {
        if (is_candidate(a, &a->engine->slots[running->heap[i].job]))
            return true;
    }
    return false;
}

static int64_t lost_chip_us(const struct mz_engine *engine, const struct mz_slot *slot)
{
    int64_t lost_us = engine->now_us - slot->start_us;

    if (slot->request.checkpoint_us > 0)
        lost_us %= slot->request.checkpoint_us;
    return (int64_t)((__int128)mz_slot_chips_milli(engine, slot) * lost_us / MZ_MILLI);
}

static struct mz_use use_of(
    const struct mz_engine *engine, int32_t shape, const struct mz_part *parts, int32_t part_count)
{
    return (struct mz_use){ .part_count = part_count,
        .parts = parts,
        .cpu_milli = engine->shapes[shape].shape.cpu_milli,
        .memory_mib = engine->shapes[shape].shape.memory_mib };
}

static int compare_candidates(const void *a, const void *b)
{
    const struct mz_candidate *x = a;
    const struct mz_candidate *y = b;

    return (x->job > y->job) - (x->job < y->job);
}

static void list_jobs(struct attempt *a)
{
    const struct mz_engine *engine = a->engine;
    size_t count = (size_t)engine->running.count;

    a->candidates = mz_arena_alloc(a->arena, count, sizeof(*a->candidates));
    a->gone = mz_arena_alloc(a->arena, count, sizeof(*a->gone));
    for (int32_t i = 0; i < engine->running.count; i++) {
        int32_t job = engine->running.heap[i].job;
        const struct mz_slot *slot = &engine->slots[job];

        if (is_gone(engine, slot, a->start_us))
            a->gone[a->gone_count++] = job;
        else if (is_candidate(a, slot))
            a->candidates[a->candidate_count++] = (struct mz_candidate){ .job = job,
                .priority = slot->request.priority,
                .lost_chip_us = lost_chip_us(engine, slot),
                .chips_milli = mz_slot_chips_milli(engine, slot),
                .use = use_of(engine, slot->request.shape, mz_slot_parts(slot), slot->part_count) };
    }
    qsort(a->candidates, (size_t)a->candidate_count, sizeof(*a->candidates), compare_candidates);
}

/* ---- as if they were gone ---- */

/* Gives back, or takes again, what a job holds of the fleet and of its contract. */
static void suppose(struct mz_engine *engine, int32_t job, bool gone)
{
    const struct mz_slot *slot = &engine->slots[job];
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;
    int64_t chips_milli = mz_slot_chips_milli(engine, slot);

    if (gone)
        mz_find_give(engine->fleet, shape, mz_slot_parts(slot), slot->part_count);
    else
        mz_find_take(engine->fleet, shape, mz_slot_parts(slot), slot->part_count);
    if (slot->contract >= 0)
        engine->contracts->contracts[slot->contract].used_chips_milli +=
            gone ? -chips_milli : chips_milli;
}

/* Contracts only: of all who could be gone. */
static void suppose_contracts(struct attempt *a, int64_t sign)
{
    const struct mz_engine *engine = a->engine;

    for (int32_t i = 0; i < a->gone_count + a->candidate_count; i++) {
        int32_t job = i < a->gone_count ? a->gone[i] : a->candidates[i - a->gone_count].job;
        const struct mz_slot *slot = &engine->slots[job];

        if (slot->contract >= 0)
            engine->contracts->contracts[slot->contract].used_chips_milli -=
                sign * mz_slot_chips_milli(engine, slot);
    }
}

/* The pools of the shape in which a contract may have room then. */
static int32_t list_pools(struct attempt *a, int32_t *pools)
{
    const struct mz_engine *engine = a->engine;
    const struct mz_slot *slot = &engine->slots[a->job];
    const struct mz_shape_info *info = &engine->shapes[slot->request.shape];
    int32_t count = 0;

    if (engine->contracts)
        suppose_contracts(a, 1);
    for (int32_t i = 0; i < info->pool_count; i++) {
        int64_t cost_micro;
        int32_t contract;

        if (!engine->contracts ||
            mz_contracts_cost(engine->contracts, &engine->policy.weights, engine->fleet,
                &info->shape, &slot->request, info->pools[i], engine->now_us, &cost_micro,
                &contract))
            pools[count++] = info->pools[i];
    }
    if (engine->contracts)
        suppose_contracts(a, -1);
    return count;
}

/* ---- the choice ---- */

static bool search(struct attempt *a, struct mz_victims *ret_victims)
{
    const struct mz_engine *engine = a->engine;
    const struct mz_shape_info *info = &engine->shapes[engine->slots[a->job].request.shape];
    int32_t *pools = mz_arena_alloc(a->arena, (size_t)info->pool_count + 1, sizeof(*pools));
    struct mz_use *gone = mz_arena_alloc(a->arena, (size_t)a->gone_count + 1, sizeof(*gone));
    struct mz_use *reserved =
        mz_arena_alloc(a->arena, (size_t)engine->reservation_count + 1, sizeof(*reserved));
    struct mz_victims_question question = { .fleet = engine->fleet,
        .shape = &info->shape,
        .pool_count = list_pools(a, pools),
        .pools = pools,
        .may_span = info->may_span,
        .candidate_count = a->candidate_count,
        .candidates = a->candidates,
        .gone_count = a->gone_count,
        .gone = gone,
        .reserved = reserved };

    for (int32_t i = 0; i < a->gone_count; i++) {
        const struct mz_slot *slot = &engine->slots[a->gone[i]];

        gone[i] = use_of(engine, slot->request.shape, mz_slot_parts(slot), slot->part_count);
    }
    for (int32_t r = 0; r < engine->reservation_count; r++) {
        const struct mz_reservation *reservation = &engine->reservations[r];

        if (reservation->start_us < a->end_us)
            reserved[question.reserved_count++] =
                use_of(engine, engine->slots[reservation->job].request.shape, reservation->parts,
                    reservation->part_count);
    }
    return mz_victims_choose(a->arena, &question, ret_victims);
}

/* Where the job lies when they are gone. */
static bool place(struct attempt *a, struct mz_preemption *ret)
{
    struct mz_engine *engine = a->engine;
    struct mz_placement placement;
    int32_t contract;
    int64_t price_micro;
    bool found;

    for (int32_t i = 0; i < a->gone_count; i++)
        suppose(engine, a->gone[i], true);
    for (int32_t i = 0; i < ret->victim_count; i++)
        suppose(engine, ret->victims[i], true);
    mz_hold_until(engine, a->end_us);
    found = mz_choose(engine, a->job, &placement, &contract, &price_micro);
    if (found) {
        struct mz_part *parts =
            mz_arena_alloc(a->arena, (size_t)placement.part_count, sizeof(*parts));

        memcpy(parts, placement.parts, (size_t)placement.part_count * sizeof(*parts));
        ret->level = placement.level;
        ret->domain = placement.domain;
        ret->part_count = placement.part_count;
        ret->parts = parts;
    }
    mz_hold_until(engine, INT64_MIN);
    for (int32_t i = ret->victim_count - 1; i >= 0; i--)
        suppose(engine, ret->victims[i], false);
    for (int32_t i = a->gone_count - 1; i >= 0; i--)
        suppose(engine, a->gone[i], false);
    return found;
}

/* Answers from the arena: kept apart so that a job without candidates needs none. */
static bool choose(struct attempt *a, struct mz_preemption *ret)
{
    struct mz_victims found;
    int32_t *victims;

    list_jobs(a);
    if (!search(a, &found) || found.count == 0)
        return false;
    victims = mz_arena_alloc(a->arena, (size_t)found.count, sizeof(*victims));
    for (int32_t i = 0; i < found.count; i++)
        victims[i] = a->candidates[found.chosen[i]].job;
    *ret = (struct mz_preemption){ .start_us = a->start_us,
        .end_us = a->end_us,
        .victim_count = found.count,
        .victims = victims,
        .is_exact = found.is_exact };
    return place(a, ret);
}

static bool begin(struct mz_engine *engine, int32_t job, struct attempt *ret)
{
    const struct mz_slot *slot = &engine->slots[job];
    int64_t start_us = engine->now_us + engine->policy.grace_us;

    assert(slot->state == MZ_JOB_WAITING);
    *ret = (struct attempt){ .engine = engine,
        .job = job,
        .start_us = start_us,
        .end_us = start_us + mz_engine_longest_run_us(engine, slot) };
    return slot->reservation < 0 && engine->policy.order != MZ_ORDER_FIFO &&
        engine->policy.order != MZ_ORDER_SJF && has_candidate(ret);
}

bool mz_preempt_choose(struct mz_engine *engine, struct mz_arena *arena, int32_t job,
    struct mz_preemption *ret_preemption)
{
    struct attempt attempt;

    mz_hold_until(engine, INT64_MIN);
    if (!begin(engine, job, &attempt))
        return false;
    attempt.arena = arena;
    return choose(&attempt, ret_preemption);
}

/* ---- carrying it out ---- */

static const char *reason_of(const struct mz_engine *engine, int32_t job, int32_t victim)
{
    switch (engine->policy.order) {
    case MZ_ORDER_FIFO:
    case MZ_ORDER_SJF: break;
    case MZ_ORDER_PRIORITY: return "priority";
    case MZ_ORDER_FAIR:
        return engine->slots[job].request.team == engine->slots[victim].request.team ? "priority"
                                                                                     : "reclaim";
    case MZ_ORDER_LAS: return "service";
    case MZ_ORDER_DEADLINE: return "deadline";
    }
    return "order";
}

static void stop(struct mz_engine *engine, int32_t victim, int32_t job, int64_t until_us)
{
    struct mz_slot *slot = &engine->slots[victim];

    /* A candidate is not gone by then: its end lies behind it, or was missed already. */
    slot->state = MZ_JOB_STOPPING;
    slot->guard_us = MZ_TIME_NEVER;
    mz_engine_expect(engine, victim, until_us);
    mz_engine_decide(engine,
        (struct mz_place_decision){ .kind = MZ_DECIDE_PREEMPT,
            .job = victim,
            .by = job,
            .until_us = until_us,
            .reason = reason_of(engine, job, victim) });
}

bool mz_preempt(struct mz_engine *engine, int32_t job)
{
    struct attempt attempt;
    struct mz_preemption chosen;
    struct mz_arena *arena;
    bool found;

    if (!begin(engine, job, &attempt))
        return false;
    mz_hold_until(engine, INT64_MIN);
    arena = mz_arena_create(); /* of this preemption */
    attempt.arena = arena;
    found = choose(&attempt, &chosen);
    if (found) {
        for (int32_t i = 0; i < chosen.victim_count; i++)
            stop(engine, chosen.victims[i], job, chosen.start_us);
        mz_reserve_parts(
            engine, job, chosen.start_us, chosen.end_us, chosen.parts, chosen.part_count, true);
    }
    mz_arena_free(arena);
    return found;
}
