/* why.c - one reason a place, and a time
 *
 * Looking changes the fleet and gives everything back before it returns:
 *   nodes that are down are called up, running jobs are given back in the order of their ends,
 *   reservations are held, and more of them are made for who is ahead (and taken away again).
 * The finder is replaced for that time by a plain one, because asking may teach the other one
 * (pack.h: random draws, what fgd and frag learn). So a later step decides as if nobody had asked:
 * tests/place/test_engine_properties.c.
 *
 * Expected start without a reservation: everybody ahead, to AHEAD_MAX, gets a reservation in order
 * (what quota keeps out does not), then the job. Without backfill nobody passes who is ahead, so it
 * starts no earlier than the last of them.
 * Cost: O(running log running), then for each place O(log running) answers of the finder, and for
 * the start what AHEAD_MAX reservations cost.
 */
#include "place/why.h"

#include "place/engine_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD_MAX = 32 };

struct asking {
    struct mz_engine *engine;
    struct mz_arena *arena;
    struct mz_finder *finder; /* the engine's own, set aside */
    int64_t asked_us;         /* the engine's time, set aside */
    int32_t job;
    const struct mz_slot *slot;
    const struct mz_shape *shape;
    bool may_span;
    struct mz_reservation own; /* of the job, out of the list while places are looked at */
    int32_t own_at;            /* -1: it has none */
    int32_t running_count;
    struct mz_running_entry *running; /* by end, then job */
};

/* ---- the looking and its end ---- */

static int compare_ends(const void *a, const void *b)
{
    const struct mz_running_entry *x = a;
    const struct mz_running_entry *y = b;

    if (x->end_us != y->end_us)
        return x->end_us < y->end_us ? -1 : 1;
    return (x->job > y->job) - (x->job < y->job);
}

static void begin(struct asking *a, int64_t now_us)
{
    struct mz_engine *engine = a->engine;

    assert(engine->held_reservations == 0);
    a->finder = engine->finder;
    engine->finder = mz_finder_create(engine->fleet, MZ_PACK_BESTFIT, 0, NULL);
    a->asked_us = engine->now_us;
    if (now_us > engine->now_us)
        engine->now_us = now_us;
    a->running_count = engine->running.count;
    a->running = mz_arena_alloc(a->arena, (size_t)a->running_count + 1, sizeof(*a->running));
    for (int32_t i = 0; i < a->running_count; i++) {
        a->running[i] = engine->running.heap[i];
        if (a->running[i].end_us < engine->now_us)
            a->running[i].end_us = engine->now_us;
    }
    qsort(a->running, (size_t)a->running_count, sizeof(*a->running), compare_ends);
}

static void finish(struct asking *a)
{
    mz_finder_free(a->engine->finder);
    a->engine->finder = a->finder;
    a->engine->now_us = a->asked_us;
}

/* The job's own reservation is no reason against it. The numbers in the slots stay as they are:
 * they are right again when it is back. */
static void set_own_aside(struct asking *a)
{
    struct mz_engine *engine = a->engine;

    a->own_at = a->slot->reservation;
    if (a->own_at < 0)
        return;
    a->own = engine->reservations[a->own_at];
    engine->reservation_count--;
    for (int32_t r = a->own_at; r < engine->reservation_count; r++)
        engine->reservations[r] = engine->reservations[r + 1];
}

static void put_own_back(struct asking *a)
{
    struct mz_engine *engine = a->engine;

    if (a->own_at < 0)
        return;
    for (int32_t r = engine->reservation_count; r > a->own_at; r--)
        engine->reservations[r] = engine->reservations[r - 1];
    engine->reservations[a->own_at] = a->own;
    engine->reservation_count++;
}

/* ---- one place ---- */

/* In the pool, or with others of its chip where the job may span sites. */
static bool fits(const struct asking *a, const struct mz_shape *shape, int32_t shape_id, int32_t p)
{
    struct mz_finder *finder = a->engine->finder;
    const struct mz_fleet_pool *pool = &a->engine->fleet->pools[p];
    int32_t partner = a->engine->fleet->sites[pool->site].partner;
    struct mz_placement placement;

    if (mz_find_in_pool(finder, shape, shape_id, p, &placement))
        return true;
    if (!a->may_span)
        return false;
    return mz_find_across(finder, shape, pool->chip, partner, &placement) ||
        (shape->required == MZ_LEVEL_FLEET &&
            mz_find_across(finder, shape, pool->chip, -1, &placement));
}

static bool fits_now(const struct asking *a, int32_t p)
{
    return fits(a, a->shape, a->slot->request.shape, p);
}

static bool fits_ever(const struct asking *a, int32_t p)
{
    struct mz_finder *finder = a->engine->finder;
    const struct mz_fleet_pool *pool = &a->engine->fleet->pools[p];
    int32_t partner = a->engine->fleet->sites[pool->site].partner;

    if (mz_find_ever_in_pool(finder, a->shape, p))
        return true;
    if (!a->may_span)
        return false;
    return mz_find_ever_across(finder, a->shape, pool->chip, partner) ||
        (a->shape->required == MZ_LEVEL_FLEET &&
            mz_find_ever_across(finder, a->shape, pool->chip, -1));
}

/* Does the node count for the place? Where a gang may span sites, every node may. */
static bool is_near(const struct asking *a, int32_t p, int32_t node)
{
    return a->may_span || a->engine->fleet->node_pool[node] == p;
}

static bool fits_if_up(const struct asking *a, int32_t p)
{
    struct mz_fleet *fleet = a->engine->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    int32_t begin_node = a->may_span ? 0 : pool->node_begin;
    int32_t end_node = a->may_span ? fleet->node_count : pool->node_end;
    uint8_t *states = mz_arena_alloc(a->arena, (size_t)(end_node - begin_node), sizeof(*states));
    bool any = false;
    bool found;

    for (int32_t node = begin_node; node < end_node; node++) {
        states[node - begin_node] = fleet->node_state[node];
        if (!is_near(a, p, node) || fleet->node_state[node] == MZ_NODE_UP)
            continue;
        mz_fleet_set_node_state(fleet, node, MZ_NODE_UP);
        any = true;
    }
    found = any && fits_now(a, p);
    for (int32_t node = begin_node; node < end_node; node++) {
        if (fleet->node_state[node] != states[node - begin_node])
            mz_fleet_set_node_state(fleet, node, (enum mz_node_state)states[node - begin_node]);
    }
    return found;
}

static const struct mz_shape *shape_of(const struct asking *a, int32_t job)
{
    return &a->engine->shapes[a->engine->slots[job].request.shape].shape;
}

/* The reservation beside which it does not fit, in the order of their starts; -1: it fits. */
static int32_t blocking_reservation(const struct asking *a, int32_t p)
{
    struct mz_engine *engine = a->engine;
    int64_t end_us = engine->now_us + mz_engine_longest_run_us(engine, a->slot);
    int32_t held = mz_hold_until(engine, end_us);
    int32_t blocker = -1;

    if (held > 0 && !fits_now(a, p)) {
        mz_hold_until(engine, INT64_MIN);
        for (int32_t r = 0; r < held && blocker < 0; r++) {
            mz_hold_until(engine, engine->reservations[r].start_us + 1);
            if (!fits_now(a, p))
                blocker = r;
        }
    }
    mz_hold_until(engine, INT64_MIN);
    return blocker;
}

/* Free thousandths in the pool, those of shared chips too. */
static int64_t free_milli(const struct mz_fleet *fleet, int32_t p)
{
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    int64_t milli = 0;

    for (int32_t node = pool->node_begin; node < pool->node_end; node++) {
        if (fleet->node_pool[node] != p || fleet->node_state[node] != MZ_NODE_UP)
            continue;
        for (int32_t chip = 0; chip < fleet->node_chips[node]; chip++)
            milli += mz_fleet_chip_free(fleet, node, chip);
    }
    return milli;
}

/* Why it does not fit although everything that is up could hold it. */
static enum mz_why what_lacks(const struct asking *a, int32_t p)
{
    const struct mz_fleet *fleet = a->engine->fleet;
    struct mz_shape bare = *a->shape;
    int64_t free_chips_milli =
        bare.chip_milli < MZ_MILLI ? free_milli(fleet, p) : fleet->pools[p].free_chips * MZ_MILLI;

    if ((int64_t)bare.chips * bare.chip_milli > free_chips_milli)
        return MZ_WHY_CHIPS;
    bare.cpu_milli = 0;
    bare.memory_mib = 0;
    /* An equal shape has an equal number, so this one needs a number that no other has. */
    return fits(a, &bare, a->engine->shape_count, p) ? MZ_WHY_CPU_MEMORY : MZ_WHY_SCATTERED;
}

static bool touches(const struct asking *a, int32_t job, int32_t p)
{
    const struct mz_slot *slot = &a->engine->slots[job];
    const struct mz_part *parts = mz_slot_parts(slot);

    for (int32_t i = 0; i < slot->part_count; i++) {
        if (is_near(a, p, parts[i].node))
            return true;
    }
    return false;
}

/* The first end at which enough is free there, if nobody else takes it. */
static void find_end(const struct asking *a, int32_t p, struct mz_why_place *place)
{
    struct mz_engine *engine = a->engine;
    int32_t *jobs = mz_arena_alloc(a->arena, (size_t)a->running_count + 1, sizeof(*jobs));
    int32_t count = 0;
    int32_t given = 0;
    int32_t low = 0; /* so many ends are not enough, */
    int32_t high;    /* and so many are, if all are */

    for (int32_t i = 0; i < a->running_count; i++) {
        if (touches(a, a->running[i].job, p))
            jobs[count++] = i;
    }
    high = count + 1;
    while (low + 1 < high || (low < count && high > count)) {
        int32_t middle = high > count ? count : low + (high - low) / 2;

        for (; given < middle; given++)
            mz_find_give(engine->fleet, shape_of(a, a->running[jobs[given]].job),
                mz_slot_parts(&engine->slots[a->running[jobs[given]].job]),
                engine->slots[a->running[jobs[given]].job].part_count);
        for (; given > middle; given--)
            mz_find_take(engine->fleet, shape_of(a, a->running[jobs[given - 1]].job),
                mz_slot_parts(&engine->slots[a->running[jobs[given - 1]].job]),
                engine->slots[a->running[jobs[given - 1]].job].part_count);
        if (fits_now(a, p))
            high = middle;
        else
            low = middle;
        if (low == count)
            break;
    }
    for (; given > 0; given--)
        mz_find_take(engine->fleet, shape_of(a, a->running[jobs[given - 1]].job),
            mz_slot_parts(&engine->slots[a->running[jobs[given - 1]].job]),
            engine->slots[a->running[jobs[given - 1]].job].part_count);
    if (high > count)
        return;
    place->frees_us = a->running[jobs[high - 1]].end_us;
    place->frees_job = a->running[jobs[high - 1]].job;
}

static bool is_admitted(const struct asking *a, int32_t job, int32_t *ret_blocker)
{
    const struct mz_engine *engine = a->engine;
    const struct mz_slot *slot = &engine->slots[job];

    if (!engine->teams || slot->request.team < 0)
        return true;
    return mz_teams_admits(
        engine->teams, slot->request.team, mz_slot_chips_milli(engine, slot), ret_blocker);
}

static bool is_part_of(const char *path, const char *parent)
{
    size_t length = strlen(parent);

    return strncmp(path, parent, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* The end in the team that is full with which its use has fallen by enough: a use less by x admits
 * as much as a wish less by x. */
static void find_quota_end(const struct asking *a, struct mz_why_place *place)
{
    const struct mz_engine *engine = a->engine;
    const char *full = mz_teams_path(engine->teams, place->blocker_team);
    int64_t want_milli = mz_slot_chips_milli(engine, a->slot);

    for (int32_t i = 0; i < a->running_count; i++) {
        const struct mz_slot *slot = &engine->slots[a->running[i].job];

        if (slot->request.team < 0 ||
            !is_part_of(mz_teams_path(engine->teams, slot->request.team), full))
            continue;
        want_milli -= mz_slot_chips_milli(engine, slot);
        /* With no wish left the use with this job is not above what it is now. */
        if (want_milli > 0 &&
            !mz_teams_admits(engine->teams, a->slot->request.team, want_milli, NULL))
            continue;
        place->frees_us = a->running[i].end_us;
        place->frees_job = a->running[i].job;
        return;
    }
}

static bool has_contract(const struct asking *a, int32_t p)
{
    const struct mz_engine *engine = a->engine;
    int64_t cost_micro;
    int32_t contract;

    return !engine->contracts ||
        mz_contracts_cost(engine->contracts, &engine->policy.weights, engine->fleet, a->shape,
            &a->slot->request, p, engine->now_us, &cost_micro, &contract);
}

static struct mz_why_place look_at(const struct asking *a, int32_t p)
{
    const struct mz_engine *engine = a->engine;
    struct mz_why_place place = { .pool = p,
        .free_chips = engine->fleet->pools[p].free_chips,
        .need_chips = a->shape->chips,
        .frees_us = MZ_TIME_NEVER,
        .frees_job = -1,
        .blocker_job = -1,
        .blocker_team = -1 };
    bool fits_free;
    int32_t blocker;

    if (!mz_find_allows(engine->fleet, a->shape, &engine->fleet->pools[p])) {
        place.why = MZ_WHY_NOT_ALLOWED;
        return place;
    }
    if (!fits_ever(a, p)) {
        place.why = MZ_WHY_TOO_SMALL;
        return place;
    }
    fits_free = fits_now(a, p);
    if (!fits_free && fits_if_up(a, p)) {
        place.why = MZ_WHY_DOWN;
        find_end(a, p, &place);
        return place;
    }
    if (!is_admitted(a, a->job, &place.blocker_team)) {
        place.why = MZ_WHY_QUOTA;
        find_quota_end(a, &place);
        return place;
    }
    if (!fits_free) {
        place.why = what_lacks(a, p);
        find_end(a, p, &place);
        return place;
    }
    blocker = blocking_reservation(a, p);
    if (blocker >= 0) {
        place.why = MZ_WHY_RESERVED;
        place.blocker_job = engine->reservations[blocker].job;
        place.frees_us = engine->reservations[blocker].end_us;
        return place;
    }
    place.why = has_contract(a, p) ? MZ_WHY_QUEUE : MZ_WHY_CONTRACT;
    return place;
}

/* ---- places in order ---- */

/* Nearest first: it fits; then by the time at which it will; then where nobody knows; then never. */
static int32_t distance(const struct mz_why_place *place)
{
    switch (place->why) {
    case MZ_WHY_QUEUE: return 0;
    case MZ_WHY_CONTRACT: return 2;
    case MZ_WHY_QUOTA:
    case MZ_WHY_RESERVED:
    case MZ_WHY_CHIPS:
    case MZ_WHY_SCATTERED:
    case MZ_WHY_CPU_MEMORY: return place->frees_us < MZ_TIME_NEVER ? 1 : 3;
    case MZ_WHY_DOWN: return place->frees_us < MZ_TIME_NEVER ? 1 : 4;
    case MZ_WHY_TOO_SMALL: return 5;
    case MZ_WHY_NOT_ALLOWED: return 6;
    }
    return 7;
}

static int compare_places(const void *a, const void *b)
{
    const struct mz_why_place *x = a;
    const struct mz_why_place *y = b;

    if (distance(x) != distance(y))
        return distance(x) - distance(y);
    if (x->frees_us != y->frees_us)
        return x->frees_us < y->frees_us ? -1 : 1;
    if (x->free_chips != y->free_chips)
        return x->free_chips > y->free_chips ? -1 : 1;
    return (x->pool > y->pool) - (x->pool < y->pool);
}

static void look_at_all(struct asking *a, struct mz_why_answer *answer)
{
    int32_t count = a->engine->fleet->pool_count;
    struct mz_why_place *places = mz_arena_alloc(a->arena, (size_t)count, sizeof(*places));

    set_own_aside(a);
    for (int32_t p = 0; p < count; p++)
        places[p] = look_at(a, p);
    put_own_back(a);
    qsort(places, (size_t)count, sizeof(*places), compare_places);
    answer->place_count = count;
    answer->places = places;
}

/* ---- the queue ---- */

static int32_t index_in(const struct mz_queue *queue, int32_t job)
{
    int32_t i = 0;

    while (mz_queue_at(queue, i)->job != job)
        i++;
    return i;
}

/* Is queue b looked at before queue q? Teams in fair order, who has none last. */
static bool queue_before(const struct mz_engine *engine, int32_t b, int32_t q)
{
    if (b == q || b == 0)
        return false;
    return q == 0 ||
        mz_teams_before(engine->teams, b - 1, q - 1, engine->now_us + engine->policy.fair_ahead_us);
}

/* The jobs before this one, first to last; all of them. */
static int32_t list_ahead(const struct asking *a, int32_t **ret_jobs)
{
    const struct mz_engine *engine = a->engine;
    int32_t own = mz_order_queue(engine, a->slot);
    int32_t *order = mz_arena_alloc(a->arena, (size_t)engine->queue_count, sizeof(*order));
    int32_t *jobs = mz_arena_alloc(a->arena, (size_t)engine->waiting_count + 1, sizeof(*jobs));
    int32_t queues = 0;
    int32_t count = 0;

    for (int32_t q = 0; q < engine->queue_count; q++) {
        int32_t at = queues;

        if (mz_queue_count(&engine->queues[q]) == 0 || !queue_before(engine, q, own))
            continue;
        for (; at > 0 && queue_before(engine, q, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = q;
        queues++;
    }
    for (int32_t i = 0; i <= queues; i++) {
        const struct mz_queue *queue = &engine->queues[i < queues ? order[i] : own];
        int32_t end = i < queues ? mz_queue_count(queue) : index_in(queue, a->job);

        for (int32_t k = 0; k < end; k++)
            jobs[count++] = mz_queue_at(queue, k)->job;
    }
    *ret_jobs = jobs;
    return count;
}

/* ---- the start ---- */

/* Reserves for a job as if it were its turn, no earlier than the engine's time, which may stand in
 * the future; MZ_TIME_NEVER: nothing that runs makes room. */
static int64_t start_in_turn(struct mz_engine *engine, int32_t job, int64_t now_us)
{
    int64_t run_us = mz_engine_longest_run_us(engine, &engine->slots[job]);
    struct mz_placement placement;
    int32_t contract;
    int64_t price_micro;
    bool fits_at_once = false;

    if (engine->now_us == now_us) {
        mz_hold_until(engine, now_us + run_us);
        fits_at_once = mz_choose(engine, job, &placement, &contract, &price_micro);
        mz_hold_until(engine, INT64_MIN);
    }
    if (fits_at_once) {
        mz_reserve_parts(
            engine, job, now_us, now_us + run_us, placement.parts, placement.part_count, false);
        return now_us;
    }
    if (!mz_reserve(engine, job))
        return MZ_TIME_NEVER;
    return engine->reservations[engine->slots[job].reservation].start_us;
}

static int64_t expected_start(struct asking *a, const int32_t *ahead, int32_t ahead_count)
{
    struct mz_engine *engine = a->engine;
    bool in_order = engine->policy.backfill == MZ_BACKFILL_NONE;
    int32_t decision_count = engine->decision_count;
    int64_t now_us = engine->now_us;
    int32_t tried[AHEAD_MAX];
    int32_t tried_count = 0;
    int64_t start_us = now_us;

    for (int32_t i = 0; i < ahead_count && tried_count < AHEAD_MAX; i++) {
        if (engine->slots[ahead[i]].reservation >= 0 || !is_admitted(a, ahead[i], NULL))
            continue;
        start_us = start_in_turn(engine, ahead[i], now_us);
        if (start_us == MZ_TIME_NEVER && in_order)
            break; /* it blocks the others for ever */
        if (start_us == MZ_TIME_NEVER)
            continue;
        tried[tried_count++] = ahead[i];
        if (in_order)
            engine->now_us = start_us;
    }
    if (!in_order || start_us < MZ_TIME_NEVER) {
        start_us = start_in_turn(engine, a->job, now_us);
        mz_unreserve(engine, a->job);
    }
    while (tried_count > 0)
        mz_unreserve(engine, tried[--tried_count]);
    engine->decision_count = decision_count;
    engine->now_us = now_us;
    return start_us;
}

/* A quota that is full puts the start off to the end that frees it; unknown: the start is too. */
static int64_t start_after_quota(const struct mz_why_answer *answer, int64_t start_us)
{
    for (int32_t i = 0; i < answer->place_count; i++) {
        const struct mz_why_place *place = &answer->places[i];

        if (place->why == MZ_WHY_QUOTA && place->frees_us > start_us)
            return place->frees_us;
    }
    return start_us;
}

struct mz_why_answer mz_engine_why(
    struct mz_engine *engine, struct mz_arena *arena, int32_t job, int64_t now_us)
{
    const struct mz_slot *slot = &engine->slots[job];
    const struct mz_shape_info *info = &engine->shapes[slot->request.shape];
    struct asking a = { .engine = engine,
        .arena = arena,
        .job = job,
        .slot = slot,
        .shape = &info->shape,
        .may_span = info->may_span };
    struct mz_why_answer answer = { .job = job, .waiting_count = engine->waiting_count };
    int32_t *ahead;

    assert(slot->state == MZ_JOB_WAITING);
    begin(&a, now_us);
    look_at_all(&a, &answer);
    answer.position = list_ahead(&a, &ahead);
    answer.ahead_job = answer.position > 0 ? ahead[answer.position - 1] : -1;
    /* A promise yields to the quota of the team. */
    answer.is_promised = slot->reservation >= 0 && is_admitted(&a, job, NULL);
    if (slot->reservation >= 0)
        answer.start_us = engine->reservations[slot->reservation].start_us;
    else
        answer.start_us = expected_start(&a, ahead, answer.position);
    answer.start_us = start_after_quota(&answer, answer.start_us);
    if (answer.start_us < engine->now_us)
        answer.start_us = engine->now_us; /* promised for a time that others have overrun */
    finish(&a);
    return answer;
}

const char *mz_why_name(enum mz_why why)
{
    switch (why) {
    case MZ_WHY_NOT_ALLOWED: return "not_allowed";
    case MZ_WHY_TOO_SMALL: return "too_small";
    case MZ_WHY_DOWN: return "down";
    case MZ_WHY_QUOTA: return "quota";
    case MZ_WHY_RESERVED: return "reserved";
    case MZ_WHY_CHIPS: return "chips";
    case MZ_WHY_SCATTERED: return "scattered";
    case MZ_WHY_CPU_MEMORY: return "cpu_memory";
    case MZ_WHY_CONTRACT: return "contract";
    case MZ_WHY_QUEUE: return "queue";
    }
    return "invalid";
}
