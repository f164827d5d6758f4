/* victims.c - the search for the cheapest set of jobs that make room
 *
 * Invariants: between regions the overlay has every candidate in place. In the search inside a
 * region, every candidate that is not decided yet is out, and the shape fits: so putting one back
 * either is possible, or proves that it has to go beside those that went before.
 * All candidates of a region that are left after the first component have at most its priority, and
 * every set that suffices has exactly that; so from there on only the sums are compared.
 */
#include "place/victims.h"

#include "place/find.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct entry { /* a part of a candidate, listed by node */
    const struct mz_candidate *candidate;
    int32_t part;
};

struct cost {
    int32_t priority;
    __int128 lost_chip_us; /* a sum of int64_t */
    int64_t chips_milli;
    int32_t count;
};

struct node_price { /* what it costs to clear a node */
    int32_t node;
    struct cost cost;
};

struct search {
    const struct mz_victims_question *question;
    struct mz_overlay *overlay;
    int32_t *first_entry; /* [node]: its entries end where those of the next begin */
    struct entry *entries;
    int32_t *stamps; /* [candidate]: last region that listed it */
    int32_t stamp;
    bool *out;                        /* [candidate]: of the region */
    bool *wanted;                     /* [candidate]: of a greedy set */
    const struct mz_candidate **list; /* those with parts in the region */
    int32_t list_count;
    struct entry *local; /* those on one node */
    struct node_price *prices;
    int32_t *set;         /* being built */
    bool *members;        /* [pool] of a union */
    int64_t branch_begin; /* overlay->moved when this region's branch and bound began */
    int64_t branch_work;  /* of the regions before */
    bool was_cut;
    bool fits_without;
    struct cost best; /* of this level */
    int32_t *best_set;
    bool has_best;
};

/* ---- cost ---- */

static int32_t index_of(const struct search *s, const struct mz_candidate *candidate)
{
    return (int32_t)(candidate - s->question->candidates);
}

static void cost_add(struct cost *cost, const struct mz_candidate *candidate)
{
    if (cost->count == 0 || candidate->priority > cost->priority)
        cost->priority = candidate->priority;
    cost->lost_chip_us += candidate->lost_chip_us;
    cost->chips_milli += candidate->chips_milli;
    cost->count++;
}

static int compare_sums(const struct cost *a, const struct cost *b)
{
    if (a->lost_chip_us != b->lost_chip_us)
        return a->lost_chip_us < b->lost_chip_us ? -1 : 1;
    if (a->chips_milli != b->chips_milli)
        return a->chips_milli < b->chips_milli ? -1 : 1;
    return (a->count > b->count) - (a->count < b->count);
}

static int compare_int(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* The most expensive first; of equal ones the last, so that the lowest numbers go. */
static int by_cost(const void *a, const void *b)
{
    const struct mz_candidate *x = *(const struct mz_candidate *const *)a;
    const struct mz_candidate *y = *(const struct mz_candidate *const *)b;

    if (x->lost_chip_us != y->lost_chip_us)
        return x->lost_chip_us > y->lost_chip_us ? -1 : 1;
    if (x->chips_milli != y->chips_milli)
        return x->chips_milli > y->chips_milli ? -1 : 1;
    return (x->job < y->job) - (x->job > y->job);
}

/* An entry begins with its candidate. */
_Static_assert(offsetof(struct entry, candidate) == 0, "by_cost sorts entries too");

/* The most work lost for a chip first (a job without chips loses none); of those that lose alike
 * the smallest, so that few large ones go. */
static int by_density(const void *a, const void *b)
{
    const struct mz_candidate *x = *(const struct mz_candidate *const *)a;
    const struct mz_candidate *y = *(const struct mz_candidate *const *)b;
    __int128 of_x = (__int128)x->lost_chip_us * (y->chips_milli > 0 ? y->chips_milli : 1);
    __int128 of_y = (__int128)y->lost_chip_us * (x->chips_milli > 0 ? x->chips_milli : 1);

    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    if (x->chips_milli != y->chips_milli)
        return x->chips_milli < y->chips_milli ? -1 : 1;
    return (x->job < y->job) - (x->job > y->job);
}

static int by_priority(const void *a, const void *b)
{
    const struct mz_candidate *x = *(const struct mz_candidate *const *)a;
    const struct mz_candidate *y = *(const struct mz_candidate *const *)b;

    return (x->priority < y->priority) - (x->priority > y->priority);
}

static int by_price(const void *a, const void *b)
{
    const struct node_price *x = a;
    const struct node_price *y = b;
    int order = compare_sums(&x->cost, &y->cost);

    return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

/* A set that suffices, in any order: is it the best of the level so far? */
static void propose(struct search *s, const int32_t *set, int32_t count)
{
    struct cost cost = { 0 };
    int32_t *sorted = &s->best_set[s->question->candidate_count]; /* behind the best one */
    int order;

    for (int32_t i = 0; i < count; i++)
        cost_add(&cost, &s->question->candidates[set[i]]);
    assert(!s->has_best || cost.priority == s->best.priority);
    order = s->has_best ? compare_sums(&cost, &s->best) : -1;
    if (order > 0)
        return;
    memcpy(sorted, set, (size_t)count * sizeof(*set));
    qsort(sorted, (size_t)count, sizeof(*sorted), compare_int);
    for (int32_t i = 0; order == 0 && i < count; i++)
        order = compare_int(&sorted[i], &s->best_set[i]);
    if (order >= 0)
        return;
    memcpy(s->best_set, sorted, (size_t)count * sizeof(*sorted));
    s->best = cost;
    s->has_best = true;
}

/* ---- moving candidates ---- */

static void take_out(struct search *s, const struct mz_candidate *candidate)
{
    if (!s->out[index_of(s, candidate)])
        mz_overlay_move(s->overlay, &candidate->use, true);
    s->out[index_of(s, candidate)] = true;
}

static void put_back(struct search *s, const struct mz_candidate *candidate)
{
    if (s->out[index_of(s, candidate)])
        mz_overlay_move(s->overlay, &candidate->use, false);
    s->out[index_of(s, candidate)] = false;
}

static void list_candidates(struct search *s)
{
    const struct mz_region *region = &s->overlay->region;

    s->list_count = 0;
    s->stamp++;
    for (int32_t node = region->node_begin; node < region->node_end; node++) {
        if (!mz_overlay_has(s->overlay, node))
            continue;
        for (int32_t e = s->first_entry[node]; e < s->first_entry[node + 1]; e++) {
            int32_t c = index_of(s, s->entries[e].candidate);

            if (s->stamps[c] != s->stamp)
                s->list[s->list_count++] = s->entries[e].candidate;
            s->stamps[c] = s->stamp;
        }
    }
}

/* All of the list are out and it fits. Puts back who has a higher priority than the set needs, and
 * leaves the others in the list; returns the priority that the set has then. */
static int32_t restrict_priority(struct search *s)
{
    int32_t begin = 0;

    qsort(s->list, (size_t)s->list_count, sizeof(*s->list), by_priority);
    for (;;) {
        int32_t priority = s->list[begin]->priority;
        int32_t end = begin;

        while (end < s->list_count && s->list[end]->priority == priority)
            put_back(s, s->list[end++]);
        if (!mz_overlay_fits(s->overlay)) {
            for (int32_t i = begin; i < end; i++)
                take_out(s, s->list[i]);
            s->list_count -= begin;
            memmove(s->list, &s->list[begin], (size_t)s->list_count * sizeof(*s->list));
            return priority;
        }
        begin = end;
        assert(begin < s->list_count); /* it does not fit with all of them in place */
    }
}

/* ---- greedy ---- */

/* Of the wanted ones, who can stay stays, the most expensive first; proposes the others. Begins and
 * ends with all of the list out. */
static void reduce(struct search *s)
{
    int32_t count = 0;

    for (int32_t i = 0; i < s->list_count; i++) {
        if (!s->wanted[index_of(s, s->list[i])])
            put_back(s, s->list[i]);
    }
    if (mz_overlay_fits(s->overlay)) {
        for (int32_t i = 0; i < s->list_count; i++) {
            int32_t c = index_of(s, s->list[i]);

            if (!s->wanted[c])
                continue;
            put_back(s, s->list[i]);
            if (mz_overlay_fits(s->overlay))
                continue;
            take_out(s, s->list[i]);
            s->set[count++] = c;
        }
        propose(s, s->set, count);
    }
    for (int32_t i = 0; i < s->list_count; i++)
        take_out(s, s->list[i]);
}

/* Moves a listed part alone. */
static void move_entry(struct search *s, const struct entry *entry, bool out)
{
    mz_overlay_move_part(s->overlay, &entry->candidate->use, entry->part, out);
}

/* Who has to leave the node so that it offers `chips`; it does with all of the list out. Marks them
 * as wanted if told, and returns what they cost. */
static struct cost clear_node(struct search *s, int32_t node, int32_t chips, bool mark)
{
    struct cost cost = { 0 };
    int32_t count = 0;
    int32_t stay_count = 0;

    for (int32_t e = s->first_entry[node]; e < s->first_entry[node + 1]; e++) {
        if (s->out[index_of(s, s->entries[e].candidate)])
            s->local[count++] = s->entries[e];
    }
    qsort(s->local, (size_t)count, sizeof(*s->local), by_cost);
    for (int32_t i = 0; i < count; i++) {
        struct entry entry = s->local[i];

        move_entry(s, &entry, false);
        if (mz_overlay_offer(s->overlay, node) >= chips) {
            s->local[stay_count++] = entry;
            continue;
        }
        move_entry(s, &entry, true);
        cost_add(&cost, entry.candidate);
        if (mark)
            s->wanted[index_of(s, entry.candidate)] = true;
    }
    while (stay_count > 0)
        move_entry(s, &s->local[--stay_count], true);
    return cost;
}

/* Prices of the nodes from `begin` of s->prices on, cheapest first, for what each is to offer. */
static void price_nodes(struct search *s, int32_t begin, int32_t end, int32_t chips)
{
    for (int32_t i = begin; i < end; i++)
        s->prices[i].cost = clear_node(s, s->prices[i].node, chips, false);
    qsort(&s->prices[begin], (size_t)(end - begin), sizeof(*s->prices), by_price);
}

/* Wants those who stand on the nodes that are cheapest to clear. */
static void want_cheapest_nodes(struct search *s)
{
    const struct mz_region *region = &s->overlay->region;
    int32_t count = 0;
    int32_t small;

    for (int32_t node = region->node_begin; node < region->node_end; node++) {
        if (mz_overlay_has(s->overlay, node) &&
            mz_overlay_offer(s->overlay, node) >= region->per_node)
            s->prices[count++].node = node;
    }
    price_nodes(s, 0, count, region->per_node);
    for (int32_t i = 0; i < region->node_count; i++)
        clear_node(s, s->prices[i].node, region->per_node, true);
    if (region->rest == 0)
        return;
    small = count;
    for (int32_t node = region->node_begin; node < region->node_end; node++) {
        int32_t chips = mz_overlay_offer(s->overlay, node);

        if (mz_overlay_has(s->overlay, node) && chips >= region->rest && chips < region->per_node)
            s->prices[small++].node = node;
    }
    price_nodes(s, region->node_count, small, region->rest);
    clear_node(s, s->prices[region->node_count].node, region->rest, true);
}

/* ---- branch and bound ---- */

static bool is_over(struct search *s)
{
    int64_t work = s->overlay->moved - s->branch_begin;

    if (work <= MZ_VICTIMS_WORK_REGION && s->branch_work + work <= MZ_VICTIMS_WORK)
        return false;
    s->was_cut = true;
    return true;
}

/* The candidates before `i` are decided: `count` of them are in the set. Depth: list_count. */
static void branch(struct search *s, int32_t i, int32_t count, const struct cost *cost)
{
    struct cost more = *cost;

    if ((s->has_best && compare_sums(cost, &s->best) > 0) || is_over(s))
        return;
    if (i == s->list_count) {
        propose(s, s->set, count);
        return;
    }
    put_back(s, s->list[i]);
    if (mz_overlay_fits(s->overlay))
        branch(s, i + 1, count, cost);
    take_out(s, s->list[i]);
    s->set[count] = index_of(s, s->list[i]);
    cost_add(&more, s->list[i]);
    branch(s, i + 1, count + 1, &more);
}

/* ---- regions ---- */

static void want(struct search *s, bool wanted)
{
    for (int32_t i = 0; i < s->list_count; i++)
        s->wanted[index_of(s, s->list[i])] = wanted;
}

/* The sets of a region that cost least; those of the list are out, and it fits. */
static void search_sets(struct search *s)
{
    const struct mz_region *region = &s->overlay->region;

    want(s, true);
    qsort(s->list, (size_t)s->list_count, sizeof(*s->list), by_density);
    reduce(s);
    qsort(s->list, (size_t)s->list_count, sizeof(*s->list), by_cost);
    reduce(s);
    want(s, false);
    if (region->node_end - region->node_begin > 1) {
        want_cheapest_nodes(s);
        reduce(s);
        want(s, false);
    }
    if (s->list_count > MZ_VICTIMS_EXACT_MAX) {
        s->was_cut = true;
        return;
    }
    s->branch_begin = s->overlay->moved;
    branch(s, 0, 0, &(struct cost){ 0 });
    s->branch_work += s->overlay->moved - s->branch_begin;
}

/* Can no set of the list beat the best? None is below its lowest priority, and none costs less than
 * a set of one that is the cheapest, smallest and first of all. */
static bool is_beaten(const struct search *s)
{
    struct cost bound = {
        .priority = INT32_MAX, .lost_chip_us = INT64_MAX, .chips_milli = INT64_MAX, .count = 1
    };
    int32_t job = INT32_MAX;
    int order;

    for (int32_t i = 0; i < s->list_count; i++) {
        const struct mz_candidate *c = s->list[i];

        if (c->priority < bound.priority)
            bound.priority = c->priority;
        if (c->lost_chip_us < bound.lost_chip_us)
            bound.lost_chip_us = c->lost_chip_us;
        if (c->chips_milli < bound.chips_milli)
            bound.chips_milli = c->chips_milli;
        if (c->job < job)
            job = c->job;
    }
    if (!s->has_best || bound.priority != s->best.priority)
        return s->has_best && bound.priority > s->best.priority;
    order = compare_sums(&bound, &s->best);
    return order > 0 || (order == 0 && job > s->question->candidates[s->best_set[0]].job);
}

static void search_region(struct search *s, const struct mz_region *region)
{
    int32_t priority;

    mz_overlay_enter(s->overlay, region);
    list_candidates(s);
    if (is_beaten(s))
        return;
    for (int32_t i = 0; i < s->list_count; i++)
        take_out(s, s->list[i]);
    if (mz_overlay_fits(s->overlay)) {
        priority = restrict_priority(s);
        if (s->has_best && priority < s->best.priority) {
            s->has_best = false;
            s->was_cut = false;
        }
        if (!s->has_best || priority == s->best.priority)
            search_sets(s);
    }
    for (int32_t i = 0; i < s->list_count; i++)
        put_back(s, s->list[i]);
}

static void look_without(struct search *s, const struct mz_region *region)
{
    if (s->fits_without)
        return;
    mz_overlay_enter(s->overlay, region);
    s->fits_without = mz_overlay_fits(s->overlay);
}

typedef void visit_region(struct search *s, const struct mz_region *region);

static bool is_one_node(const struct mz_shape *shape, const struct mz_fleet_pool *pool)
{
    if (shape->chips_per_node > 0)
        return shape->chips <= shape->chips_per_node;
    return shape->chips <= pool->chips_per_node || shape->required == MZ_LEVEL_NODE;
}

/* How a gang divides into nodes. False: it cannot, or needs but one. */
static bool divide(const struct mz_shape *shape, int32_t chips_per_node, struct mz_region *region)
{
    int32_t per_node = shape->chips_per_node > 0 ? shape->chips_per_node : chips_per_node;

    if (per_node == 0 || per_node > chips_per_node || shape->chips <= per_node)
        return false;
    region->per_node = per_node;
    region->node_count = shape->chips / per_node;
    region->rest = shape->chips % per_node;
    return true;
}

static void visit_nodes(struct search *s, int32_t p, visit_region *visit)
{
    const struct mz_fleet *fleet = s->question->fleet;
    struct mz_region region = {
        .level = MZ_LEVEL_NODE, .pool = p, .node_count = 1, .per_node = s->question->shape->chips
    };

    for (int32_t node = fleet->pools[p].node_begin; node < fleet->pools[p].node_end; node++) {
        region.node_begin = node;
        region.node_end = node + 1;
        if (fleet->node_pool[node] == p)
            visit(s, &region);
    }
}

static void visit_domains(struct search *s, int32_t p, enum mz_level level, visit_region *visit)
{
    const struct mz_fleet *fleet = s->question->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    const struct mz_shape *shape = s->question->shape;
    enum mz_level highest = shape->required < MZ_LEVEL_SITE ? shape->required : MZ_LEVEL_SITE;
    enum mz_level lowest = shape->preferred > MZ_LEVEL_RACK ? shape->preferred : MZ_LEVEL_RACK;
    struct mz_region region = { .level = level, .pool = p };
    int32_t last;

    if (lowest > highest)
        lowest = highest;
    if (level < lowest || level > highest || level == MZ_LEVEL_NODE ||
        !divide(shape, pool->chips_per_node, &region))
        return;
    last = mz_fleet_domain_of(fleet, pool->node_end - 1, level);
    for (int32_t d = mz_fleet_domain_of(fleet, pool->node_begin, level); d <= last; d++) {
        region.node_begin = fleet->domains[level][d].node_begin;
        region.node_end = fleet->domains[level][d].node_end;
        visit(s, &region);
    }
}

/* The pools of a chip at a partner (-1: of all) whose nodes are as large as the largest of them. */
static void visit_union(struct search *s, int32_t chip, int32_t partner, visit_region *visit)
{
    const struct mz_fleet *fleet = s->question->fleet;
    enum mz_level level = partner < 0 ? MZ_LEVEL_FLEET : MZ_LEVEL_PARTNER;
    const struct mz_domain *domain = &fleet->domains[level][partner < 0 ? 0 : partner];
    struct mz_region region = { .level = level,
        .node_begin = domain->node_begin,
        .node_end = domain->node_end,
        .pool = -1,
        .members = s->members };
    int32_t most = 0;

    for (int32_t pass = 0; pass < 2; pass++) {
        for (int32_t p = 0; p < fleet->pool_count; p++) {
            const struct mz_fleet_pool *pool = &fleet->pools[p];
            bool is_member = pool->chip == chip &&
                mz_find_allows(fleet, s->question->shape, pool) &&
                (partner < 0 || fleet->sites[pool->site].partner == partner);

            s->members[p] = is_member && pool->chips_per_node == most;
            if (pass == 0 && is_member && pool->chips_per_node > most)
                most = pool->chips_per_node;
        }
    }
    if (divide(s->question->shape, most, &region))
        visit(s, &region);
}

static void visit_level(struct search *s, enum mz_level level, visit_region *visit)
{
    const struct mz_victims_question *q = s->question;

    if (level >= MZ_LEVEL_PARTNER) {
        int32_t partners = level == MZ_LEVEL_PARTNER ? q->fleet->partner_count : 1;

        for (int32_t p = 0; q->may_span && level <= q->shape->required && p < partners; p++) {
            for (int32_t c = 0; c < q->fleet->chip_count; c++)
                visit_union(s, c, level == MZ_LEVEL_PARTNER ? p : -1, visit);
        }
        return;
    }
    for (int32_t i = 0; i < q->pool_count; i++) {
        bool one = is_one_node(q->shape, &q->fleet->pools[q->pools[i]]);

        if (one && level == MZ_LEVEL_NODE)
            visit_nodes(s, q->pools[i], visit);
        else if (!one)
            visit_domains(s, q->pools[i], level, visit);
    }
}

/* ---- the question ---- */

static void list_entries(struct mz_arena *arena, struct search *s)
{
    const struct mz_victims_question *q = s->question;
    int32_t *first = mz_arena_alloc(arena, (size_t)q->fleet->node_count + 2, sizeof(*first));
    int32_t count = 0;

    /* first[node + 2] counts, then is where the next entry of the node goes, off by one node */
    for (int32_t c = 0; c < q->candidate_count; c++) {
        count += q->candidates[c].use.part_count;
        for (int32_t i = 0; i < q->candidates[c].use.part_count; i++)
            first[q->candidates[c].use.parts[i].node + 2]++;
    }
    for (int32_t node = 0; node < q->fleet->node_count; node++)
        first[node + 2] += first[node + 1];
    s->entries = mz_arena_alloc(arena, (size_t)count + 1, sizeof(*s->entries));
    for (int32_t c = 0; c < q->candidate_count; c++) {
        for (int32_t i = 0; i < q->candidates[c].use.part_count; i++)
            s->entries[first[q->candidates[c].use.parts[i].node + 1]++] =
                (struct entry){ .candidate = &q->candidates[c], .part = i };
    }
    s->first_entry = first;
}

static void prepare(struct mz_arena *arena, struct search *s)
{
    const struct mz_victims_question *q = s->question;
    size_t count = (size_t)q->candidate_count + 1;

    s->overlay = mz_overlay_create(arena, q->fleet, q->shape);
    for (int32_t i = 0; i < q->gone_count; i++)
        mz_overlay_drop(s->overlay, &q->gone[i]);
    for (int32_t i = 0; i < q->reserved_count; i++)
        mz_overlay_reserve(s->overlay, &q->reserved[i]);
    list_entries(arena, s);
    s->stamps = mz_arena_alloc(arena, count, sizeof(*s->stamps));
    s->out = mz_arena_alloc(arena, count, sizeof(*s->out));
    s->wanted = mz_arena_alloc(arena, count, sizeof(*s->wanted));
    s->list = mz_arena_alloc(arena, count, sizeof(*s->list));
    s->local = mz_arena_alloc(arena, count, sizeof(*s->local));
    s->set = mz_arena_alloc(arena, count, sizeof(*s->set));
    s->best_set = mz_arena_alloc(arena, 2 * count, sizeof(*s->best_set));
    s->members = mz_arena_alloc(arena, (size_t)q->fleet->pool_count, sizeof(*s->members));
    s->prices = mz_arena_alloc(arena, (size_t)q->fleet->node_count, sizeof(*s->prices));
}

bool mz_victims_choose(struct mz_arena *arena, const struct mz_victims_question *question,
    struct mz_victims *ret_victims)
{
    struct search s = { .question = question };

    prepare(arena, &s);
    for (int32_t level = 0; level < MZ_LEVEL_COUNT; level++)
        visit_level(&s, (enum mz_level)level, look_without);
    if (s.fits_without) {
        *ret_victims = (struct mz_victims){ .is_exact = true };
        return true;
    }
    for (int32_t level = 0; level < MZ_LEVEL_COUNT; level++) {
        visit_level(&s, (enum mz_level)level, search_region);
        if (!s.has_best)
            continue;
        *ret_victims = (struct mz_victims){ .level = (enum mz_level)level,
            .count = s.best.count,
            .chosen = s.best_set,
            .is_exact = !s.was_cut };
        return true;
    }
    return false;
}
