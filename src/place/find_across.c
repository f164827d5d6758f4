/* find_across.c - a gang over several sites: the pools of one chip taken together
 *
 * Only pools whose nodes are as large as the largest of them count. Whole nodes come from the pool
 * with the most room first; the rest goes to the node with the fewest free chips of all pools.
 */
#include "place/find_impl.h"

#include <assert.h>

/* A set of pools of one chip, taken together. */
struct union_of_pools {
    struct mz_finder *finder;
    const struct mz_shape *shape;
    int32_t chip;
    int32_t partner;
    int32_t chips_per_node;
    bool ever;
};

static bool is_member(const struct union_of_pools *u, const struct mz_fleet_pool *pool)
{
    const struct mz_fleet *fleet = u->finder->fleet;

    return pool->chip == u->chip && mz_find_allows(fleet, u->shape, pool) &&
        (u->partner < 0 || fleet->sites[pool->site].partner == u->partner);
}

/* Room of a member; q is set up for it. */
static int32_t member_room(const struct union_of_pools *u, int32_t p, struct mz_question *q)
{
    const struct mz_fleet_pool *pool = &u->finder->fleet->pools[p];

    if (!is_member(u, pool) || pool->chips_per_node != u->chips_per_node)
        return -1;
    *q = mz_question_ask(u->finder, u->shape, p, u->ever);
    if (!mz_question_divide(q))
        return -1;
    if (q->counted)
        mz_question_count(q);
    return mz_question_room(q, MZ_LEVEL_SITE, pool->site);
}

/* The pool for the rest: smallest offer of all, then the lowest pool; -1: none. */
static int32_t rest_pool(const struct union_of_pools *u)
{
    int32_t best = -1;
    int32_t best_offer = INT32_MAX;

    for (int32_t p = 0; p < u->finder->fleet->pool_count; p++) {
        struct mz_question q;
        int32_t node;

        if (member_room(u, p, &q) < 0)
            continue;
        node = mz_question_rest(&q, q.pool->node_begin, q.pool->node_end);
        if (node >= 0 && mz_question_offer(&q, node) < best_offer) {
            best = p;
            best_offer = mz_question_offer(&q, node);
        }
    }
    return best;
}

/* Whole nodes of the union, most room first, until `count` are found. */
static void take_union(const struct union_of_pools *u, int32_t count)
{
    const struct mz_fleet *fleet = u->finder->fleet;
    int32_t limit = INT32_MAX;
    int32_t at = -1;
    struct mz_question q;

    while (count > 0) {
        int32_t most = -1;
        int32_t most_room = 0;
        int32_t used;

        for (int32_t p = 0; p < fleet->pool_count; p++) {
            int32_t room = member_room(u, p, &q);

            if (room > limit || (room == limit && p <= at))
                continue;
            if (room > most_room) {
                most = p;
                most_room = room;
            }
        }
        assert(most >= 0);
        used = most_room < count ? most_room : count;
        member_room(u, most, &q);
        mz_question_take_domain(&q, MZ_LEVEL_SITE, fleet->pools[most].site, used);
        count -= used;
        limit = most_room;
        at = most;
    }
}

static void take_union_rest(const struct union_of_pools *u, int32_t rest_in)
{
    int32_t best = -1;
    int32_t best_offer = INT32_MAX;
    struct mz_question q;

    if (rest_in >= 0) {
        member_room(u, rest_in, &q);
        mz_question_take_rest(&q, q.pool->node_begin, q.pool->node_end);
        return;
    }
    /* a whole node that the gang does not have: fewest free chips, then the lowest pool */
    for (int32_t p = 0; p < u->finder->fleet->pool_count; p++) {
        int32_t node;

        if (member_room(u, p, &q) <= 0)
            continue;
        node = mz_question_spare(&q, q.pool->node_begin, q.pool->node_end);
        if (node >= 0 && mz_question_offer(&q, node) < best_offer) {
            best = p;
            best_offer = mz_question_offer(&q, node);
        }
    }
    assert(best >= 0); /* room was counted before */
    member_room(u, best, &q);
    mz_question_take_rest(&q, q.pool->node_begin, q.pool->node_end);
}

static bool union_fits(struct union_of_pools *u, int64_t *ret_room, int32_t *ret_nodes,
    int32_t *ret_rest, int64_t *ret_free)
{
    const struct mz_fleet *fleet = u->finder->fleet;
    int32_t per_node;

    u->chips_per_node = 0;
    for (int32_t p = 0; p < fleet->pool_count; p++) {
        if (is_member(u, &fleet->pools[p]) && fleet->pools[p].chips_per_node > u->chips_per_node)
            u->chips_per_node = fleet->pools[p].chips_per_node;
    }
    per_node = u->shape->chips_per_node > 0 ? u->shape->chips_per_node : u->chips_per_node;
    if (per_node == 0 || u->shape->chips <= per_node)
        return false;
    *ret_nodes = u->shape->chips / per_node;
    *ret_rest = u->shape->chips % per_node;
    *ret_room = 0;
    *ret_free = 0;
    for (int32_t p = 0; p < fleet->pool_count; p++) {
        struct mz_question q;
        int32_t room = member_room(u, p, &q);

        if (room < 0)
            continue;
        *ret_room += room;
        *ret_free += mz_question_free_chips(&q, MZ_LEVEL_SITE, q.pool->site);
    }
    return *ret_room >= *ret_nodes;
}

bool mz_find_across(struct mz_finder *finder, const struct mz_shape *shape, int32_t chip,
    int32_t partner, struct mz_placement *ret_placement)
{
    struct union_of_pools u = {
        .finder = finder, .shape = shape, .chip = chip, .partner = partner
    };
    int32_t rest_in = -1;
    int32_t nodes;
    int32_t rest;
    int64_t room;
    int64_t free_chips;

    if (!union_fits(&u, &room, &nodes, &rest, &free_chips))
        return false;
    if (rest > 0) {
        rest_in = rest_pool(&u);
        if (rest_in < 0 && room == nodes)
            return false;
    }
    finder->part_count = 0;
    take_union(&u, nodes);
    mz_finder_sort(finder);
    if (rest > 0)
        take_union_rest(&u, rest_in);
    mz_finder_sort(finder);
    *ret_placement = (struct mz_placement){
        .level = partner < 0 ? MZ_LEVEL_FLEET : MZ_LEVEL_PARTNER,
        .domain = partner < 0 ? 0 : partner,
        .part_count = finder->part_count,
        .parts = finder->parts,
        .left_chips = free_chips - shape->chips,
    };
    return true;
}

bool mz_find_ever_across(
    struct mz_finder *finder, const struct mz_shape *shape, int32_t chip, int32_t partner)
{
    struct union_of_pools u = {
        .finder = finder, .shape = shape, .chip = chip, .partner = partner, .ever = true
    };
    int32_t nodes;
    int32_t rest;
    int64_t room;
    int64_t free_chips;

    return union_fits(&u, &room, &nodes, &rest, &free_chips) &&
        (rest == 0 || room > nodes || rest_pool(&u) >= 0);
}
