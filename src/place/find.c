/* find.c - one node, or one domain of a pool: where a shape fits
 *
 * A gang needs `node_count` nodes with `per_node` free chips each, and with `rest` > 0 one more
 * node with that many. `room` of a domain is how many of its nodes qualify. In a uniform pool
 * without CPU and memory limits, and per_node all chips of a node, that is the fleet's own count of
 * free nodes; else it is counted afresh into the finder's arrays (`counted`).
 */
#include "place/find_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct mz_finder *mz_finder_create(const struct mz_fleet *fleet, enum mz_pack_policy pack,
    uint64_t pack_seed, const struct mz_pack_weights *weights)
{
    struct mz_pack_options options = mz_pack_options_default(pack, pack_seed);
    struct mz_finder *finder = mz_xcalloc(1, sizeof(*finder));

    finder->fleet = fleet;
    finder->policy = pack;
    if (weights)
        options.weights = *weights;
    finder->pack = mz_pack_create(fleet, pack, &options);
    for (int32_t level = MZ_LEVEL_RACK; level < MZ_LEVEL_PARTNER; level++) {
        size_t count = (size_t)fleet->domain_counts[level];

        finder->room[level] = mz_xcalloc(count, sizeof(int32_t));
        finder->free_chips[level] = mz_xcalloc(count, sizeof(int32_t));
    }
    finder->part_capacity = 64;
    finder->parts = mz_xcalloc((size_t)finder->part_capacity, sizeof(*finder->parts));
    return finder;
}

void mz_finder_free(struct mz_finder *finder)
{
    if (!finder)
        return;
    mz_pack_free(finder->pack);
    for (int32_t level = 0; level < MZ_LEVEL_PARTNER; level++) {
        free(finder->room[level]);
        free(finder->free_chips[level]);
    }
    free(finder->parts);
    free(finder);
}

struct mz_pack *mz_finder_pack(struct mz_finder *finder)
{
    return finder->pack;
}

bool mz_find_allows(
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_fleet_pool *pool)
{
    int32_t partner = fleet->sites[pool->site].partner;

    if (!(shape->partner_mask & UINT64_C(1) << partner))
        return false;
    if (shape->chips == 0)
        return true;
    return pool->chip >= 0 && (shape->chip_mask & UINT64_C(1) << pool->chip) != 0;
}

/* ---- one node ---- */

static bool wants_limits(const struct mz_fleet *fleet, const struct mz_shape *shape)
{
    return fleet->has_limits && (shape->cpu_milli > 0 || shape->memory_mib > 0);
}

static uint64_t lowest_chips(uint64_t free, int32_t count)
{
    uint64_t rest = free;

    if (mz_bit_count(free) == count)
        return free;
    for (int32_t i = 0; i < count; i++)
        rest &= rest - 1;
    return free & ~rest;
}

static void answer_node(struct mz_question *q, int32_t node, struct mz_placement *ret)
{
    struct mz_finder *finder = q->finder;
    uint64_t chips = lowest_chips(q->fleet->chips_free[node], q->shape->chips);

    finder->parts[0] = (struct mz_part){ .node = node, .milli = MZ_MILLI, .chips = chips };
    *ret = (struct mz_placement){ .level = MZ_LEVEL_NODE,
        .domain = node,
        .part_count = 1,
        .parts = finder->parts,
        .left_chips = mz_fleet_whole_free(q->fleet, node) - q->shape->chips };
}

static bool find_node(struct mz_question *q, struct mz_placement *ret)
{
    const struct mz_fleet_pool *pool = q->pool;
    int32_t best = -1;

    for (int32_t f = q->shape->chips; f <= pool->chips_per_node; f++) {
        int32_t at = mz_bitset_next(&pool->free_sets[f], 0);

        if (at < 0)
            continue;
        if (best < 0 || at < best)
            best = at;
        if (q->finder->policy == MZ_PACK_BESTFIT)
            break;
    }
    if (best < 0)
        return false;
    answer_node(q, pool->node_begin + best, ret);
    return true;
}

static bool find_scored_node(struct mz_question *q, int32_t shape_id, struct mz_placement *ret)
{
    struct mz_finder *finder = q->finder;

    if (!mz_pack_find(finder->pack, q->shape, shape_id, q->pool_index, &finder->parts[0]))
        return false;
    *ret = (struct mz_placement){ .level = MZ_LEVEL_NODE,
        .domain = finder->parts[0].node,
        .part_count = 1,
        .parts = finder->parts,
        .left_chips = mz_fleet_whole_free(q->fleet, finder->parts[0].node) -
            (q->shape->chip_milli == MZ_MILLI ? q->shape->chips : 0) };
    return true;
}

static bool is_scored(const struct mz_question *q)
{
    return q->shape->chips == 0 || q->shape->chip_milli < MZ_MILLI || q->limits ||
        q->finder->policy > MZ_PACK_FIRSTFIT;
}

/* ---- several nodes ---- */

/* Chips that a node offers to this question, -1 when it may not be used. */
int32_t mz_question_offer(const struct mz_question *q, int32_t node)
{
    const struct mz_fleet *fleet = q->fleet;

    if (fleet->node_pool[node] != q->pool_index)
        return -1;
    if (q->ever) {
        if (fleet->cpu_milli[node] < q->shape->cpu_milli ||
            fleet->memory_mib[node] < q->shape->memory_mib)
            return -1;
        return fleet->node_chips[node];
    }
    if (fleet->node_state[node] != MZ_NODE_UP)
        return -1;
    if (q->limits &&
        (fleet->cpu_free_milli[node] < q->shape->cpu_milli ||
            fleet->memory_free_mib[node] < q->shape->memory_mib))
        return -1;
    return mz_fleet_whole_free(fleet, node);
}

/* Fills room and free chips of all domains of the pool. */
void mz_question_count(struct mz_question *q)
{
    const struct mz_fleet *fleet = q->fleet;
    struct mz_finder *finder = q->finder;

    const struct mz_domain *site = &fleet->domains[MZ_LEVEL_SITE][q->pool->site];

    /* Of the whole site: its other pools have no room for this question. */
    for (int32_t level = MZ_LEVEL_RACK; level <= MZ_LEVEL_SITE; level++) {
        int32_t first = mz_fleet_domain_of(fleet, site->node_begin, (enum mz_level)level);
        int32_t last = mz_fleet_domain_of(fleet, site->node_end - 1, (enum mz_level)level);
        size_t count = (size_t)(last - first + 1);

        memset(&finder->room[level][first], 0, count * sizeof(int32_t));
        memset(&finder->free_chips[level][first], 0, count * sizeof(int32_t));
    }
    for (int32_t node = q->pool->node_begin; node < q->pool->node_end; node++) {
        int32_t offer = mz_question_offer(q, node);
        int32_t domain = fleet->node_rack[node];

        if (offer < 0)
            continue;
        for (int32_t level = MZ_LEVEL_RACK; level <= MZ_LEVEL_SITE; level++) {
            finder->room[level][domain] += offer >= q->per_node;
            finder->free_chips[level][domain] += offer;
            domain = fleet->domains[level][domain].parent;
        }
    }
}

int32_t mz_question_room(const struct mz_question *q, int32_t level, int32_t domain)
{
    return q->counted ? q->finder->room[level][domain]
                      : q->fleet->domains[level][domain].free_nodes;
}

int32_t mz_question_free_chips(const struct mz_question *q, int32_t level, int32_t domain)
{
    return q->counted ? q->finder->free_chips[level][domain]
                      : q->fleet->domains[level][domain].free_chips;
}

/* The node for the rest in [begin, end): fewest free chips, below per_node; -1: none. */
int32_t mz_question_rest(const struct mz_question *q, int32_t begin, int32_t end)
{
    int32_t best = -1;
    int32_t best_offer = q->per_node;

    if (!q->counted) {
        for (int32_t f = q->rest; f < q->per_node; f++) {
            int32_t at = mz_bitset_next(&q->pool->free_sets[f], begin - q->pool->node_begin);

            if (at >= 0 && at + q->pool->node_begin < end)
                return at + q->pool->node_begin;
        }
        return -1;
    }
    for (int32_t node = begin; node < end; node++) {
        int32_t offer = mz_question_offer(q, node);

        if (offer >= q->rest && offer < best_offer) {
            best = node;
            best_offer = offer;
        }
    }
    return best;
}

static bool domain_fits(const struct mz_question *q, int32_t level, int32_t domain)
{
    int32_t room = mz_question_room(q, level, domain);
    const struct mz_domain *d = &q->fleet->domains[level][domain];

    if (room < q->node_count)
        return false;
    return q->rest == 0 || room > q->node_count ||
        mz_question_rest(q, d->node_begin, d->node_end) >= 0;
}

static void add_part(struct mz_question *q, int32_t node, int32_t chips)
{
    struct mz_finder *finder = q->finder;

    if (finder->part_count == finder->part_capacity) {
        finder->part_capacity *= 2;
        finder->parts =
            mz_xrealloc(finder->parts, (size_t)finder->part_capacity, sizeof(*finder->parts));
    }
    finder->parts[finder->part_count++] = (struct mz_part){
        .node = node, .milli = MZ_MILLI, .chips = lowest_chips(q->fleet->chips_free[node], chips)
    };
}

/* The first `count` qualifying nodes of a rack. */
static void take_nodes(struct mz_question *q, int32_t begin, int32_t end, int32_t count)
{
    int32_t node = begin;

    while (count > 0) {
        if (!q->counted) {
            node = q->pool->node_begin +
                mz_bitset_next(&q->pool->free_sets[q->per_node], node - q->pool->node_begin);
            assert(node >= begin && node < end);
        } else if (mz_question_offer(q, node) < q->per_node) {
            node++;
            assert(node < end);
            continue;
        }
        add_part(q, node, q->per_node);
        count--;
        node++;
    }
}

/* `count` nodes of a domain, in as few children as possible. */
void mz_question_take_domain(struct mz_question *q, int32_t level, int32_t domain, int32_t count)
{
    const struct mz_domain *d = &q->fleet->domains[level][domain];
    int32_t below = level - 1;
    int32_t first;
    int32_t last;
    int32_t limit =
        INT32_MAX; /* children with more room, or as much and before `at`, are used up */
    int32_t at = -1;

    if (level == MZ_LEVEL_RACK || q->pool->largest[below] == 1) {
        take_nodes(q, d->node_begin, d->node_end, count);
        return;
    }
    first = mz_fleet_domain_of(q->fleet, d->node_begin, (enum mz_level)below);
    last = mz_fleet_domain_of(q->fleet, d->node_end - 1, (enum mz_level)below);
    while (count > 0) {
        int32_t most = -1;
        int32_t least = -1;
        int32_t most_room = 0;
        int32_t least_room = INT32_MAX;
        int32_t used;

        for (int32_t c = first; c <= last; c++) {
            int32_t room = mz_question_room(q, below, c);

            if (room == 0 || room > limit || (room == limit && c <= at))
                continue;
            if (room > most_room) {
                most = c;
                most_room = room;
            }
            if (room >= count && room < least_room) {
                least = c;
                least_room = room;
            }
        }
        assert(most >= 0);
        used = least >= 0 ? least : most;
        mz_question_take_domain(q, below, used, least >= 0 ? count : most_room);
        count -= least >= 0 ? count : most_room;
        limit = most_room;
        at = used;
        /* the next ones with as much room, until what is left fits one of them */
        for (int32_t c = at + 1; least < 0 && c <= last && count > most_room; c++) {
            if (mz_question_room(q, below, c) != most_room)
                continue;
            mz_question_take_domain(q, below, c, most_room);
            count -= most_room;
            at = c;
        }
    }
}

static int compare_parts(const void *a, const void *b)
{
    const struct mz_part *x = a;
    const struct mz_part *y = b;

    return (x->node > y->node) - (x->node < y->node);
}

/* The node in [begin, end) with the fewest free chips that can hold the rest and is not one of the
 * parts, which are sorted; -1: none. */
int32_t mz_question_spare(const struct mz_question *q, int32_t begin, int32_t end)
{
    const struct mz_finder *finder = q->finder;
    int32_t best = mz_question_rest(q, begin, end);
    int32_t best_offer = INT32_MAX;
    int32_t next = 0;

    if (best >= 0)
        return best;
    /* no smaller one: of the qualifying nodes; those of a uniform pool are alike */
    for (int32_t node = begin; node < end && (q->counted || best < 0); node++) {
        int32_t offer = mz_question_offer(q, node);

        while (next < finder->part_count && finder->parts[next].node < node)
            next++;
        if (next < finder->part_count && finder->parts[next].node == node)
            continue;
        if (offer >= q->per_node && offer < best_offer) {
            best = node;
            best_offer = offer;
        }
    }
    return best;
}

/* The node for the rest of a gang whose whole nodes are chosen. */
void mz_question_take_rest(struct mz_question *q, int32_t begin, int32_t end)
{
    int32_t node = mz_question_spare(q, begin, end);

    assert(node >= 0);
    add_part(q, node, q->rest);
}

void mz_finder_sort(struct mz_finder *finder)
{
    for (int32_t i = 1; i < finder->part_count; i++) {
        if (finder->parts[i - 1].node > finder->parts[i].node) {
            qsort(finder->parts, (size_t)finder->part_count, sizeof(*finder->parts), compare_parts);
            return;
        }
    }
}

static void answer_domain(
    struct mz_question *q, int32_t level, int32_t domain, struct mz_placement *ret)
{
    struct mz_finder *finder = q->finder;
    const struct mz_domain *d = &q->fleet->domains[level][domain];

    finder->part_count = 0;
    mz_question_take_domain(q, level, domain, q->node_count);
    mz_finder_sort(finder);
    if (q->rest > 0) {
        mz_question_take_rest(q,
            d->node_begin > q->pool->node_begin ? d->node_begin : q->pool->node_begin,
            d->node_end < q->pool->node_end ? d->node_end : q->pool->node_end);
        mz_finder_sort(finder);
    }
    *ret = (struct mz_placement){ .level = (enum mz_level)level,
        .domain = domain,
        .part_count = finder->part_count,
        .parts = finder->parts,
        .left_chips = mz_question_free_chips(q, level, domain) - q->shape->chips };
}

/* How the gang divides into nodes of this pool. False: it cannot. */
bool mz_question_divide(struct mz_question *q)
{
    const struct mz_shape *shape = q->shape;
    int32_t per_node = shape->chips_per_node > 0 ? shape->chips_per_node : q->pool->chips_per_node;

    if (per_node == 0 || per_node > q->pool->chips_per_node)
        return false;
    q->per_node = per_node;
    q->node_count = shape->chips / per_node;
    q->rest = shape->chips % per_node;
    q->counted = q->ever || q->limits || !q->pool->uniform || per_node != q->pool->chips_per_node;
    return true;
}

/* The best domain of one level; -1: none has room. */
static int32_t best_domain(const struct mz_question *q, int32_t level)
{
    int32_t first = mz_fleet_domain_of(q->fleet, q->pool->node_begin, (enum mz_level)level);
    int32_t last = mz_fleet_domain_of(q->fleet, q->pool->node_end - 1, (enum mz_level)level);
    int32_t best = -1;
    int32_t best_left = INT32_MAX;

    for (int32_t d = first; d <= last; d++) {
        int32_t left = mz_question_free_chips(q, level, d) - q->shape->chips;

        if (left < 0 || left >= best_left || !domain_fits(q, level, d))
            continue;
        best = d;
        best_left = left;
    }
    return best;
}

static bool find_gang(struct mz_question *q, struct mz_placement *ret)
{
    int32_t lowest =
        q->shape->preferred > MZ_LEVEL_RACK ? (int32_t)q->shape->preferred : MZ_LEVEL_RACK;
    int32_t highest =
        q->shape->required < MZ_LEVEL_SITE ? (int32_t)q->shape->required : MZ_LEVEL_SITE;

    if (highest < MZ_LEVEL_RACK || (!q->ever && q->pool->free_chips < q->shape->chips))
        return false; /* several nodes are never within one */
    if (!mz_question_divide(q))
        return false;
    if (q->counted)
        mz_question_count(q);
    if (lowest > highest)
        lowest = highest;
    for (int32_t level = lowest; level <= highest; level++) {
        int32_t domain;

        if (q->pool->largest[level] < q->node_count + (q->rest > 0))
            continue;
        domain = best_domain(q, level);
        if (domain < 0)
            continue;
        if (!q->ever)
            answer_domain(q, level, domain, ret);
        return true;
    }
    return false;
}

static bool is_one_node(const struct mz_shape *shape, const struct mz_fleet_pool *pool)
{
    if (shape->chips_per_node > 0)
        return shape->chips <= shape->chips_per_node;
    return shape->chips <= pool->chips_per_node || shape->required == MZ_LEVEL_NODE;
}

struct mz_question mz_question_ask(
    struct mz_finder *finder, const struct mz_shape *shape, int32_t pool, bool ever)
{
    return (struct mz_question){ .finder = finder,
        .fleet = finder->fleet,
        .shape = shape,
        .pool = &finder->fleet->pools[pool],
        .pool_index = pool,
        .ever = ever,
        .limits = wants_limits(finder->fleet, shape) };
}

bool mz_find_in_pool(struct mz_finder *finder, const struct mz_shape *shape, int32_t shape_id,
    int32_t pool, struct mz_placement *ret_placement)
{
    struct mz_question q = mz_question_ask(finder, shape, pool, false);

    if (!is_one_node(shape, q.pool))
        return find_gang(&q, ret_placement);
    if (shape->chips > q.pool->chips_per_node)
        return false;
    return is_scored(&q) ? find_scored_node(&q, shape_id, ret_placement)
                         : find_node(&q, ret_placement);
}

bool mz_find_ever_in_pool(struct mz_finder *finder, const struct mz_shape *shape, int32_t pool)
{
    struct mz_question q = mz_question_ask(finder, shape, pool, true);

    if (!is_one_node(shape, q.pool))
        return find_gang(&q, NULL);
    for (int32_t node = q.pool->node_begin; node < q.pool->node_end; node++) {
        if (mz_question_offer(&q, node) >= shape->chips)
            return true;
    }
    return false;
}

void mz_find_take(struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *parts,
    int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        mz_fleet_take(fleet, &parts[i], shape->cpu_milli, shape->memory_mib);
}

void mz_find_give(struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *parts,
    int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        mz_fleet_give(fleet, &parts[i], shape->cpu_milli, shape->memory_mib);
}
