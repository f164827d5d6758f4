/* check.c - is the engine consistent? What follows from the jobs is derived again and compared
 *
 * Order: jobs (their parts, which also gives what is taken of every chip, CPU and memory), nodes,
 * domains, pools with their bit sets, the heap of ends, queues, reservations, teams and contracts.
 * Nothing is trusted but the slots, the shapes and what the fleet is by construction (which node
 * has how many chips and lies in which rack and pool).
 */
#include "place/check.h"

#include "place/engine_impl.h"

#include <assert.h>
#include <string.h>

struct check {
    const struct mz_engine *engine;
    const struct mz_fleet *fleet;
    struct mz_arena *arena;
    struct mz_error *err;
    int32_t *chip_used; /* [chip_first + chip]: thousandths */
    int64_t *cpu_used;
    int64_t *memory_used;
    int32_t *part_count;   /* [node] */
    int32_t running_count; /* jobs that hold something */
    int32_t waiting_count;
};

static bool holds(const struct mz_slot *slot)
{
    return slot->state == MZ_JOB_RUNNING || slot->state == MZ_JOB_STOPPING;
}

static uint64_t all_chips(const struct mz_fleet *fleet, int32_t node)
{
    return fleet->node_chips[node] == 64 ? ~UINT64_C(0)
                                         : (UINT64_C(1) << fleet->node_chips[node]) - 1;
}

/* ---- the parts of a job, running or reserved ---- */

static enum mz_status check_part(const struct check *c, int32_t job, const struct mz_shape *shape,
    const struct mz_part *part, const char *what)
{
    const struct mz_fleet *fleet = c->fleet;
    int32_t node = part->node;

    if (node < 0 || node >= fleet->node_count)
        return mz_fail(c->err, MZ_E_INPUT, "job %d: %s part on node %d of %d", job, what, node,
            fleet->node_count);
    if (part->chips & ~all_chips(fleet, node))
        return mz_fail(c->err, MZ_E_INPUT,
            "job %d: %s part has chips %llx on node %d, which has %d chips", job, what,
            (unsigned long long)part->chips, node, fleet->node_chips[node]);
    if (part->chips && part->milli != shape->chip_milli)
        return mz_fail(c->err, MZ_E_INPUT,
            "job %d: %s part on node %d has %d milli of a chip, expected %d", job, what, node,
            part->milli, shape->chip_milli);
    if (!mz_find_allows(fleet, shape, &fleet->pools[fleet->node_pool[node]]))
        return mz_fail(c->err, MZ_E_INPUT,
            "job %d: %s part on node %d, whose chip or partner it does not allow", job, what, node);
    return MZ_OK;
}

static int32_t chips_of(const struct mz_part *part)
{
    return mz_bit_count(part->chips);
}

/* Whole, in one domain, of one kind of chip, and divided as job.h says. */
static enum mz_status check_gang(const struct check *c, int32_t job, const struct mz_shape *shape,
    const struct mz_part *parts, int32_t count, const char *what)
{
    const struct mz_fleet *fleet = c->fleet;
    int64_t chips = 0;
    int32_t most = 0;
    int32_t smaller = 0;

    if (count < 1)
        return mz_fail(c->err, MZ_E_INPUT, "job %d: %s without a part", job, what);
    for (int32_t i = 0; i < count; i++) {
        enum mz_status status = check_part(c, job, shape, &parts[i], what);

        if (status != MZ_OK)
            return status;
        if (i > 0 && parts[i].node <= parts[i - 1].node)
            return mz_fail(c->err, MZ_E_INPUT, "job %d: %s part on node %d follows node %d", job,
                what, parts[i].node, parts[i - 1].node);
        if (mz_fleet_domain_of(fleet, parts[i].node, shape->required) !=
            mz_fleet_domain_of(fleet, parts[0].node, shape->required))
            return mz_fail(c->err, MZ_E_INPUT, "job %d: %s on nodes %d and %d, not in one %s", job,
                what, parts[0].node, parts[i].node, mz_level_name(shape->required));
        if (fleet->pools[fleet->node_pool[parts[i].node]].chip !=
            fleet->pools[fleet->node_pool[parts[0].node]].chip)
            return mz_fail(c->err, MZ_E_INPUT, "job %d: %s on nodes %d and %d of different chips",
                job, what, parts[0].node, parts[i].node);
        chips += chips_of(&parts[i]);
        if (chips_of(&parts[i]) > most)
            most = chips_of(&parts[i]);
    }
    if (chips != shape->chips)
        return mz_fail(c->err, MZ_E_INPUT, "job %d: %s has %lld chips, its shape %d", job, what,
            (long long)chips, shape->chips);
    for (int32_t i = 0; i < count; i++)
        smaller += chips_of(&parts[i]) < most;
    if (smaller > 1 || (count > 1 && shape->chips_per_node > 0 && most != shape->chips_per_node))
        return mz_fail(c->err, MZ_E_INPUT,
            "job %d: %s has up to %d chips on each of %d nodes, %d of them with fewer; its shape "
            "has %d on a node",
            job, what, most, count, smaller, shape->chips_per_node);
    return MZ_OK;
}

/* ---- jobs ---- */

static void add_use(struct check *c, const struct mz_shape *shape, const struct mz_part *part)
{
    uint64_t chips = part->chips;

    for (; chips; chips &= chips - 1)
        c->chip_used[c->fleet->chip_first[part->node] + __builtin_ctzll(chips)] += part->milli;
    c->cpu_used[part->node] += shape->cpu_milli;
    c->memory_used[part->node] += shape->memory_mib;
    c->part_count[part->node]++;
}

static enum mz_status check_holder(struct check *c, int32_t job)
{
    const struct mz_engine *engine = c->engine;
    const struct mz_slot *slot = &engine->slots[job];
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;
    const struct mz_part *parts = mz_slot_parts(slot);
    int32_t at = engine->heap_places[job];
    enum mz_status status = check_gang(c, job, shape, parts, slot->part_count, "it runs");

    if (status != MZ_OK)
        return status;
    for (int32_t i = 0; i < slot->part_count; i++)
        add_use(c, shape, &parts[i]);
    c->running_count++;
    if (slot->reservation >= 0)
        return mz_fail(
            c->err, MZ_E_INPUT, "job %d runs and has reservation %d", job, slot->reservation);
    if (at < 0 || at >= engine->running.count || engine->running.heap[at].job != job ||
        engine->running.heap[at].end_us != slot->end_us)
        return mz_fail(c->err, MZ_E_INPUT,
            "job %d: not at place %d of the heap of ends with its end %lld", job, at,
            (long long)slot->end_us);
    return MZ_OK;
}

static enum mz_status check_jobs(struct check *c)
{
    const struct mz_engine *engine = c->engine;

    for (int32_t job = 0; job < engine->slot_count; job++) {
        const struct mz_slot *slot = &engine->slots[job];

        if (slot->request.shape < 0 || slot->request.shape >= engine->shape_count)
            return mz_fail(c->err, MZ_E_INPUT, "job %d: shape %d of %d", job, slot->request.shape,
                engine->shape_count);
        if (holds(slot)) {
            enum mz_status status = check_holder(c, job);

            if (status != MZ_OK)
                return status;
            continue;
        }
        c->waiting_count += slot->state == MZ_JOB_WAITING;
        if (slot->part_count != 0 || slot->many || slot->contract >= 0)
            return mz_fail(c->err, MZ_E_INPUT,
                "job %d does not run but has %d parts and contract %d", job, slot->part_count,
                slot->contract);
        if (slot->state == MZ_JOB_GONE && slot->reservation >= 0)
            return mz_fail(c->err, MZ_E_INPUT, "job %d is gone and has reservation %d", job,
                slot->reservation);
    }
    return MZ_OK;
}

/* ---- nodes, domains, pools ---- */

static enum mz_status check_chips(const struct check *c, int32_t node)
{
    const struct mz_fleet *fleet = c->fleet;

    for (int32_t chip = 0; chip < fleet->node_chips[node]; chip++) {
        int32_t used = c->chip_used[fleet->chip_first[node] + chip];

        if (used > MZ_MILLI)
            return mz_fail(c->err, MZ_E_INPUT, "chip %d of node %d: jobs have %d milli of it", chip,
                node, used);
        if (mz_fleet_chip_free(fleet, node, chip) != MZ_MILLI - used)
            return mz_fail(c->err, MZ_E_INPUT, "chip %d of node %d: %d milli free, expected %d",
                chip, node, mz_fleet_chip_free(fleet, node, chip), MZ_MILLI - used);
        if (used > 0 && used < MZ_MILLI && !(fleet->chips_shared[node] >> chip & 1))
            return mz_fail(
                c->err, MZ_E_INPUT, "chip %d of node %d is shared but not in the mask", chip, node);
    }
    if ((fleet->chips_free[node] | fleet->chips_shared[node]) & ~all_chips(fleet, node))
        return mz_fail(c->err, MZ_E_INPUT, "node %d: masks name chips it does not have", node);
    if (fleet->chips_free[node] & fleet->chips_shared[node])
        return mz_fail(c->err, MZ_E_INPUT, "node %d: chips %llx are free and shared", node,
            (unsigned long long)(fleet->chips_free[node] & fleet->chips_shared[node]));
    return MZ_OK;
}

static enum mz_status check_amount(const struct check *c, int32_t node, const char *what,
    int32_t has, int64_t used, int32_t is_free)
{
    int64_t expected = has == MZ_UNLIMITED ? has : has - used;

    if (expected < 0)
        return mz_fail(c->err, MZ_E_INPUT, "node %d: jobs have %lld of %d %s", node,
            (long long)used, has, what);
    if (c->fleet->has_limits && is_free != expected)
        return mz_fail(c->err, MZ_E_INPUT, "node %d: %d %s free, expected %lld", node, is_free,
            what, (long long)expected);
    return MZ_OK;
}

static enum mz_status check_nodes(const struct check *c)
{
    const struct mz_fleet *fleet = c->fleet;

    for (int32_t node = 0; node < fleet->node_count; node++) {
        enum mz_status status = check_chips(c, node);

        if (status == MZ_OK)
            status = check_amount(c, node, "milli-CPU", fleet->cpu_milli[node], c->cpu_used[node],
                fleet->cpu_free_milli[node]);
        if (status == MZ_OK)
            status = check_amount(c, node, "MiB", fleet->memory_mib[node], c->memory_used[node],
                fleet->memory_free_mib[node]);
        if (status != MZ_OK)
            return status;
        if (fleet->job_count[node] != c->part_count[node])
            return mz_fail(c->err, MZ_E_INPUT, "node %d: %d parts counted, expected %d", node,
                fleet->job_count[node], c->part_count[node]);
    }
    return MZ_OK;
}

struct counts {
    int32_t chips;
    int32_t nodes;
};

static enum mz_status check_domains(const struct check *c)
{
    const struct mz_fleet *fleet = c->fleet;

    for (int32_t level = MZ_LEVEL_RACK; level < MZ_LEVEL_COUNT; level++) {
        struct counts *counts =
            mz_arena_alloc(c->arena, (size_t)fleet->domain_counts[level], sizeof(*counts));

        for (int32_t node = 0; node < fleet->node_count; node++) {
            int32_t domain = mz_fleet_domain_of(fleet, node, (enum mz_level)level);
            int32_t chips = mz_fleet_whole_free(fleet, node);

            if (fleet->node_state[node] != MZ_NODE_UP)
                continue;
            counts[domain].chips += chips;
            counts[domain].nodes += chips > 0 && chips == fleet->node_chips[node];
        }
        for (int32_t d = 0; d < fleet->domain_counts[level]; d++) {
            const struct mz_domain *domain = &fleet->domains[level][d];

            if (domain->free_chips != counts[d].chips || domain->free_nodes != counts[d].nodes)
                return mz_fail(c->err, MZ_E_INPUT,
                    "%s %d: %d free chips and %d free nodes, expected %d and %d",
                    mz_level_name((enum mz_level)level), d, domain->free_chips, domain->free_nodes,
                    counts[d].chips, counts[d].nodes);
        }
    }
    return MZ_OK;
}

static bool has_bit(const struct mz_bitset *set, int32_t at)
{
    return set->words[0][at >> 6] >> (at & 63) & 1;
}

/* Every word of a level has its bit in the level above exactly when it is not empty. */
static bool summary_agrees(const struct mz_bitset *set)
{
    int32_t size = set->size;

    for (int32_t level = 0; level + 1 < set->level_count; level++) {
        size = (size + 63) / 64;
        for (int32_t w = 0; w < size; w++) {
            bool bit = set->words[level + 1][w >> 6] >> (w & 63) & 1;

            if (bit != (set->words[level][w] != 0))
                return false;
        }
    }
    return true;
}

static enum mz_status check_pool(const struct check *c, int32_t p)
{
    const struct mz_fleet *fleet = c->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    int64_t free_chips = 0;

    for (int32_t f = 0; f <= pool->chips_per_node; f++) {
        const struct mz_bitset *set = &pool->free_sets[f];
        int32_t members = 0;

        for (int32_t node = pool->node_begin; node < pool->node_end; node++) {
            bool expected = fleet->node_pool[node] == p && fleet->node_state[node] == MZ_NODE_UP &&
                mz_fleet_whole_free(fleet, node) == f;

            if (has_bit(set, node - pool->node_begin) != expected)
                return mz_fail(c->err, MZ_E_INPUT,
                    "pool %d: node %d %s in the set of nodes with %d free chips", p, node,
                    expected ? "is not" : "is", f);
            members += expected;
            free_chips += expected ? f : 0;
        }
        if (set->count != members)
            return mz_fail(c->err, MZ_E_INPUT, "pool %d: %d nodes with %d free chips, expected %d",
                p, set->count, f, members);
        if (!summary_agrees(set))
            return mz_fail(c->err, MZ_E_INPUT,
                "pool %d: the summary of the set of nodes with %d free chips disagrees", p, f);
    }
    if (pool->free_chips != free_chips)
        return mz_fail(c->err, MZ_E_INPUT, "pool %d: %lld free chips, expected %lld", p,
            (long long)pool->free_chips, (long long)free_chips);
    return MZ_OK;
}

static enum mz_status check_pools(const struct check *c)
{
    enum mz_status status = MZ_OK;

    for (int32_t p = 0; p < c->fleet->pool_count && status == MZ_OK; p++)
        status = check_pool(c, p);
    return status;
}

/* ---- heap and queues ---- */

static enum mz_status check_heap(const struct check *c)
{
    const struct mz_running *running = &c->engine->running;

    if (running->count != c->running_count)
        return mz_fail(c->err, MZ_E_INPUT, "the heap of ends has %d jobs, expected %d",
            running->count, c->running_count);
    for (int32_t i = 1; i < running->count; i++) {
        const struct mz_running_entry *above = &running->heap[(i - 1) / 2];
        const struct mz_running_entry *entry = &running->heap[i];

        if (above->end_us > entry->end_us ||
            (above->end_us == entry->end_us && above->job > entry->job))
            return mz_fail(c->err, MZ_E_INPUT,
                "the heap of ends: job %d stands above job %d, which ends before", above->job,
                entry->job);
    }
    return MZ_OK;
}

/* Jobs in the queues are as many as wait, each waits and stands once, so each that waits is there. */
static enum mz_status check_queues(const struct check *c)
{
    const struct mz_engine *engine = c->engine;
    int32_t count = 0;

    for (int32_t q = 0; q < engine->queue_count; q++) {
        for (int32_t i = 0; i < mz_queue_count(&engine->queues[q]); i++) {
            const struct mz_queue_entry *entry = mz_queue_at(&engine->queues[q], i);
            const struct mz_queue_entry *before = i > 0 ? entry - 1 : NULL;
            const struct mz_slot *slot;

            if (entry->job < 0 || entry->job >= engine->slot_count)
                return mz_fail(
                    c->err, MZ_E_INPUT, "queue %d: job %d at place %d", q, entry->job, i);
            slot = &engine->slots[entry->job];
            if (slot->state != MZ_JOB_WAITING || mz_order_queue(engine, slot) != q)
                return mz_fail(c->err, MZ_E_INPUT,
                    "queue %d: job %d at place %d, which does not wait there", q, entry->job, i);
            if (entry->key != slot->key || slot->key != mz_order_key(engine, slot))
                return mz_fail(c->err, MZ_E_INPUT, "queue %d: job %d has key %lld, expected %lld",
                    q, entry->job, (long long)entry->key, (long long)mz_order_key(engine, slot));
            if (before &&
                (before->key > entry->key ||
                    (before->key == entry->key && before->job >= entry->job)))
                return mz_fail(c->err, MZ_E_INPUT, "queue %d: job %d stands behind job %d", q,
                    entry->job, before->job);
            count++;
        }
    }
    if (count != c->waiting_count || engine->waiting_count != c->waiting_count)
        return mz_fail(c->err, MZ_E_INPUT, "%d jobs wait; %d are counted and %d stand in queues",
            c->waiting_count, engine->waiting_count, count);
    return MZ_OK;
}

/* ---- reservations ---- */

/* Two reservations that overlap in time: do they ask more of a chip than it has? */
static enum mz_status check_overlap(
    const struct check *c, const struct mz_reservation *a, const struct mz_reservation *b)
{
    int32_t i = 0;
    int32_t j = 0;

    while (i < a->part_count && j < b->part_count) {
        const struct mz_part *x = &a->parts[i];
        const struct mz_part *y = &b->parts[j];

        if (x->node == y->node && (x->chips & y->chips) && x->milli + y->milli > MZ_MILLI)
            return mz_fail(c->err, MZ_E_INPUT,
                "jobs %d and %d have reservations at the same time for chips %llx of node %d",
                a->job, b->job, (unsigned long long)(x->chips & y->chips), x->node);
        i += x->node <= y->node;
        j += y->node <= x->node;
    }
    return MZ_OK;
}

static enum mz_status check_reservation(const struct check *c, int32_t r)
{
    const struct mz_engine *engine = c->engine;
    const struct mz_reservation *reservation = &engine->reservations[r];
    const struct mz_reservation *before = r > 0 ? reservation - 1 : NULL;
    const struct mz_slot *slot;
    enum mz_status status;

    if (reservation->job < 0 || reservation->job >= engine->slot_count)
        return mz_fail(c->err, MZ_E_INPUT, "reservation %d is for job %d", r, reservation->job);
    slot = &engine->slots[reservation->job];
    if (slot->state != MZ_JOB_WAITING || slot->reservation != r)
        return mz_fail(c->err, MZ_E_INPUT,
            "reservation %d is for job %d, which is in state %d and has reservation %d", r,
            reservation->job, slot->state, slot->reservation);
    if (before &&
        (before->start_us > reservation->start_us ||
            (before->start_us == reservation->start_us && before->job >= reservation->job)))
        return mz_fail(c->err, MZ_E_INPUT, "reservation %d starts before the one ahead of it", r);
    status = check_gang(c, reservation->job, &engine->shapes[slot->request.shape].shape,
        reservation->parts, reservation->part_count, "its reservation");
    for (int32_t o = 0; o < r && status == MZ_OK; o++) {
        const struct mz_reservation *other = &engine->reservations[o];

        if (other->end_us > reservation->start_us && reservation->end_us > other->start_us)
            status = check_overlap(c, other, reservation);
    }
    return status;
}

static enum mz_status check_reservations(const struct check *c)
{
    const struct mz_engine *engine = c->engine;
    int32_t reserved = 0;

    if (engine->held_count != 0 || engine->held_reservations != 0)
        return mz_fail(c->err, MZ_E_INPUT, "%d parts of %d reservations are held between steps",
            engine->held_count, engine->held_reservations);
    for (int32_t r = 0; r < engine->reservation_count; r++) {
        enum mz_status status = check_reservation(c, r);

        if (status != MZ_OK)
            return status;
    }
    for (int32_t job = 0; job < engine->slot_count; job++)
        reserved += engine->slots[job].reservation >= 0;
    if (reserved != engine->reservation_count)
        return mz_fail(c->err, MZ_E_INPUT, "%d jobs have one of %d reservations", reserved,
            engine->reservation_count);
    return MZ_OK;
}

/* ---- teams and contracts ---- */

static bool is_part_of(const char *path, const char *parent)
{
    size_t length = strlen(parent);

    return strncmp(path, parent, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static enum mz_status check_teams(const struct check *c)
{
    const struct mz_engine *engine = c->engine;
    int32_t count = engine->teams ? mz_teams_count(engine->teams) : 0;
    int64_t *used = mz_arena_alloc(c->arena, (size_t)count + 1, sizeof(*used));
    int64_t *total = mz_arena_alloc(c->arena, (size_t)count + 1, sizeof(*total));

    for (int32_t job = 0; job < engine->slot_count && count > 0; job++) {
        const struct mz_slot *slot = &engine->slots[job];

        if (holds(slot) && slot->request.team >= 0)
            used[slot->request.team] += mz_slot_chips_milli(engine, slot);
    }
    for (int32_t team = 0; team < count; team++) {
        for (int32_t parent = 0; parent <= team && used[team] > 0; parent++) {
            if (is_part_of(
                    mz_teams_path(engine->teams, team), mz_teams_path(engine->teams, parent)))
                total[parent] += used[team];
        }
    }
    for (int32_t team = 0; team < count; team++) {
        if (mz_teams_used_milli(engine->teams, team) != total[team])
            return mz_fail(c->err, MZ_E_INPUT, "team '%s': %lld milli-chips used, expected %lld",
                mz_teams_path(engine->teams, team),
                (long long)mz_teams_used_milli(engine->teams, team), (long long)total[team]);
    }
    return MZ_OK;
}

/* Neighbours that share their name's pointer are one contract at several prices (contract.c). */
static int64_t used_together(const struct mz_contracts *contracts, int32_t at, const int64_t *used)
{
    const char *name = contracts->contracts[at].name;
    int64_t sum = used[at];

    for (int32_t i = at - 1; name && i >= 0 && contracts->contracts[i].name == name; i--)
        sum += used[i];
    for (int32_t i = at + 1; name && i < contracts->count && contracts->contracts[i].name == name;
         i++)
        sum += used[i];
    return sum;
}

static enum mz_status check_contracts(const struct check *c)
{
    const struct mz_engine *engine = c->engine;
    int32_t count = engine->contracts ? engine->contracts->count : 0;
    int64_t *used = mz_arena_alloc(c->arena, (size_t)count + 1, sizeof(*used));

    for (int32_t job = 0; job < engine->slot_count; job++) {
        const struct mz_slot *slot = &engine->slots[job];

        if (!holds(slot) || slot->contract < 0)
            continue;
        if (slot->contract >= count)
            return mz_fail(c->err, MZ_E_INPUT, "job %d draws on contract %d of %d", job,
                slot->contract, count);
        used[slot->contract] += mz_slot_chips_milli(engine, slot);
    }
    for (int32_t i = 0; i < count; i++) {
        const struct mz_place_contract *contract = &engine->contracts->contracts[i];
        int64_t sum = used_together(engine->contracts, i, used);

        if (contract->used_chips_milli != sum)
            return mz_fail(c->err, MZ_E_INPUT,
                "contract '%s': %lld milli-chips used, expected %lld", contract->name,
                (long long)contract->used_chips_milli, (long long)sum);
        if (contract->capacity_chips >= 0 && sum > contract->capacity_chips * MZ_MILLI)
            return mz_fail(c->err, MZ_E_INPUT, "contract '%s': %lld milli-chips of %lld chips used",
                contract->name, (long long)sum, (long long)contract->capacity_chips);
    }
    return MZ_OK;
}

enum mz_status mz_engine_check(const struct mz_engine *engine, struct mz_error *err)
{
    const struct mz_fleet *fleet = engine->fleet;
    struct check c = { .engine = engine, .fleet = fleet, .err = err, .arena = mz_arena_create() };
    size_t nodes = (size_t)fleet->node_count;
    enum mz_status status;

    c.chip_used = mz_arena_alloc(c.arena, (size_t)fleet->chip_total + 1, sizeof(*c.chip_used));
    c.cpu_used = mz_arena_alloc(c.arena, nodes, sizeof(*c.cpu_used));
    c.memory_used = mz_arena_alloc(c.arena, nodes, sizeof(*c.memory_used));
    c.part_count = mz_arena_alloc(c.arena, nodes, sizeof(*c.part_count));
    status = check_jobs(&c);
    if (status == MZ_OK)
        status = check_nodes(&c);
    if (status == MZ_OK)
        status = check_domains(&c);
    if (status == MZ_OK)
        status = check_pools(&c);
    if (status == MZ_OK)
        status = check_heap(&c);
    if (status == MZ_OK)
        status = check_queues(&c);
    if (status == MZ_OK)
        status = check_reservations(&c);
    if (status == MZ_OK)
        status = check_teams(&c);
    if (status == MZ_OK)
        status = check_contracts(&c);
    mz_arena_free(c.arena);
    return status;
}
