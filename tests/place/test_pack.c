/* test_pack.c - the packer: names, choices by hand, and that it finds what a full scan finds
 *
 * The property makes random fleets (pools of several sites and chips, nodes of 0 to 12 chips, with
 * and without limits), then takes, gives, cordons and asks. Whether a node fits is judged here from
 * the fleet alone; which is best, by mz_pack_cost of every node. Argument: seeds (default 40). */
#include "place/pack.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int seed_count = 40;

static struct mz_shape shape_of(int32_t chips, int32_t milli, int32_t cpu_milli, int32_t memory_mib)
{
    return (struct mz_shape){ .chips = chips,
        .chip_milli = milli,
        .cpu_milli = cpu_milli,
        .memory_mib = memory_mib,
        .required = MZ_LEVEL_NODE,
        .chip_mask = ~UINT64_C(0),
        .partner_mask = ~UINT64_C(0) };
}

/* ---- by hand ---- */

static struct mz_fleet *small_fleet(
    struct mz_arena *arena, const struct mz_node_spec *nodes, int32_t count)
{
    static const char *const partners[] = { "local" };
    static const char *const chips[] = { "a", "b" };
    const struct mz_fleet_site site = { .name = "local" };
    struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = partners,
        .site_count = 1,
        .sites = &site,
        .chip_count = 2,
        .chip_names = chips,
        .node_count = count,
        .nodes = nodes };
    struct mz_fleet *fleet = NULL;
    struct mz_error err;

    assert_int_equal(mz_fleet_create(arena, &spec, &fleet, &err), MZ_OK);
    return fleet;
}

static const struct mz_node_spec three_nodes[] = {
    { .chips = 4, .cpu_milli = 64000, .memory_mib = 65536, .rack = -1, .spine = -1 },
    { .chips = 2, .cpu_milli = 16000, .memory_mib = 65536, .rack = -1, .spine = -1 },
    { .chips = 4, .cpu_milli = 8000, .memory_mib = 65536, .rack = -1, .spine = -1 },
};

static struct mz_pack *pack_of(
    const struct mz_fleet *fleet, enum mz_pack_policy policy, uint64_t seed)
{
    struct mz_pack_options options = mz_pack_options_default(policy, seed);

    return mz_pack_create(fleet, policy, &options);
}

static struct mz_part must_find(
    struct mz_pack *pack, const struct mz_shape *shape, int32_t shape_id, int32_t pool)
{
    struct mz_part part = { .node = -1 };

    assert_true(mz_pack_find(pack, shape, shape_id, pool, &part));
    return part;
}

static void names_are_read_back(void **state)
{
    enum mz_pack_policy policy;

    (void)state;
    for (int32_t p = MZ_PACK_BESTFIT; p <= MZ_PACK_FRAG; p++) {
        assert_true(mz_pack_policy_parse(mz_pack_policy_name((enum mz_pack_policy)p), &policy));
        assert_int_equal(policy, p);
    }
    assert_false(mz_pack_policy_parse("worstfit", &policy));
}

static void firstfit_takes_the_lowest_node_that_fits(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = small_fleet(arena, three_nodes, 3);
    struct mz_pack *pack = pack_of(fleet, MZ_PACK_FIRSTFIT, 1);
    struct mz_shape small = shape_of(1, MZ_MILLI, 1000, 1);
    struct mz_shape large = shape_of(4, MZ_MILLI, 1000, 1);
    struct mz_part part = must_find(pack, &small, 0, -1);

    (void)state;
    assert_int_equal(part.node, 0);
    assert_int_equal(part.chips, 1);
    mz_fleet_take(fleet, &part, 1000, 1);
    assert_int_equal(must_find(pack, &large, 1, -1).node, 2);
    mz_pack_free(pack);
    mz_arena_free(arena);
}

static void bestfit_leaves_the_least(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = small_fleet(arena, three_nodes, 3);
    struct mz_pack *pack = pack_of(fleet, MZ_PACK_BESTFIT, 1);
    struct mz_shape one = shape_of(1, MZ_MILLI, 8000, 1);
    struct mz_shape none = shape_of(1, MZ_MILLI, 64001, 1);
    struct mz_part part;

    (void)state;
    /* left of the largest node (64 CPU, 4 chips): 7/8 and 3/4; 1/8 and 1/4; 0 and 3/4 */
    assert_int_equal(must_find(pack, &one, 0, -1).node, 1);
    assert_false(mz_pack_find(pack, &none, 1, -1, &part));
    mz_pack_free(pack);
    mz_arena_free(arena);
}

static void a_fraction_of_the_baselines_goes_to_the_fullest_chip(void **state)
{
    const enum mz_pack_policy policies[] = { MZ_PACK_BESTFIT, MZ_PACK_FIRSTFIT, MZ_PACK_RANDOM };
    struct mz_shape shape = shape_of(1, 400, 0, 0);
    struct mz_pack_demand demand = { shape, 10 };

    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        struct mz_arena *arena = mz_arena_create();
        struct mz_fleet *fleet = small_fleet(arena, three_nodes, 1);
        struct mz_pack *pack = pack_of(fleet, policies[i], 1);
        struct mz_part used = { .node = 0, .milli = 600, .chips = 4 };
        struct mz_part part;

        mz_pack_expect(pack, &demand, 1);
        mz_fleet_take(fleet, &used, 0, 0);
        part = must_find(pack, &shape, 0, -1);
        assert_int_equal(part.chips, 4);
        assert_int_equal(part.milli, 400);
        mz_fleet_take(fleet, &part, 0, 0);
        assert_int_not_equal(must_find(pack, &shape, 0, -1).chips, 4);
        mz_pack_free(pack);
        mz_arena_free(arena);
    }
}

static void nodes_that_are_not_up_are_never_chosen(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = small_fleet(arena, three_nodes, 3);
    struct mz_pack *pack = pack_of(fleet, MZ_PACK_FIRSTFIT, 1);
    struct mz_shape shape = shape_of(0, MZ_MILLI, 0, 0);
    struct mz_part part;

    (void)state;
    assert_int_equal(must_find(pack, &shape, 0, -1).node, 0);
    mz_fleet_set_node_state(fleet, 0, MZ_NODE_CORDONED);
    assert_int_equal(must_find(pack, &shape, 0, -1).node, 1);
    mz_fleet_set_node_state(fleet, 1, MZ_NODE_DOWN);
    mz_fleet_set_node_state(fleet, 2, MZ_NODE_DOWN);
    assert_false(mz_pack_find(pack, &shape, 0, -1, &part));
    mz_fleet_set_node_state(fleet, 1, MZ_NODE_UP);
    assert_int_equal(must_find(pack, &shape, 0, -1).node, 1);
    mz_pack_free(pack);
    mz_arena_free(arena);
}

static void frag_keeps_wanted_chips_for_those_who_need_them(void **state)
{
    const struct mz_node_spec nodes[] = {
        { .chip = 0, .chips = 4, .cpu_milli = 64000, .memory_mib = 65536, .rack = -1, .spine = -1 },
        { .chip = 1, .chips = 4, .cpu_milli = 64000, .memory_mib = 65536, .rack = -1, .spine = -1 },
    };
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = small_fleet(arena, nodes, 2);
    struct mz_pack *pack = pack_of(fleet, MZ_PACK_FRAG, 1);
    struct mz_shape any = shape_of(1, MZ_MILLI, 1000, 1);
    struct mz_shape only_a = shape_of(1, MZ_MILLI, 1000, 1);
    struct mz_pack_demand demands[2];

    (void)state;
    only_a.chip_mask = 1;
    demands[0] = (struct mz_pack_demand){ any, 10 };
    demands[1] = (struct mz_pack_demand){ only_a, 10 };
    mz_pack_expect(pack, demands, 2);
    assert_int_equal(must_find(pack, &any, 0, -1).node, 1);
    assert_int_equal(must_find(pack, &only_a, 1, -1).node, 0);
    assert_int_equal(must_find(pack, &any, 0, 0).node, 0); /* asked for that pool */
    mz_pack_free(pack);
    mz_arena_free(arena);
}

static void random_is_spread_over_all_nodes(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = small_fleet(arena, three_nodes, 3);
    struct mz_shape shape = shape_of(1, MZ_MILLI, 1, 1);
    int32_t counts[3] = { 0 };

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct mz_pack *pack = pack_of(fleet, MZ_PACK_RANDOM, seed);

        counts[must_find(pack, &shape, 0, -1).node]++;
        mz_pack_free(pack);
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 70, 130);
    mz_arena_free(arena);
}

/* ---- the property ---- */

enum { SHAPE_MAX = 24, RUNNING_MAX = 4096, CHIP_KINDS = 3, PARTNERS = 2, SITES = 3 };

struct world {
    struct mz_random random;
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    struct mz_pack *pack;
    bool mixed_order;
    int32_t shape_count;
    struct mz_shape shapes[SHAPE_MAX];
    int32_t running_count;
    struct mz_part running[RUNNING_MAX];
    int32_t running_shape[RUNNING_MAX];
};

static int32_t below(struct world *w, int32_t bound)
{
    return (int32_t)mz_random_below(&w->random, (uint64_t)bound);
}

static void make_fleet(struct world *w, int32_t node_count)
{
    static const char *const partners[] = { "p0", "p1" };
    static const char *const chips[] = { "a", "b", "c" };
    const struct mz_fleet_site sites[SITES] = { { .name = "s0" }, { .name = "s1" },
        { .name = "s2", .partner = 1 } };
    struct mz_node_spec *nodes = mz_arena_alloc(w->arena, (size_t)node_count, sizeof(*nodes));
    bool limits = below(w, 4) > 0;
    struct mz_fleet_spec spec = { .partner_count = PARTNERS,
        .partner_names = partners,
        .site_count = SITES,
        .sites = sites,
        .chip_count = CHIP_KINDS,
        .chip_names = chips,
        .node_count = node_count,
        .nodes = nodes };
    struct mz_error err;

    for (int32_t n = 0; n < node_count; n++) {
        bool chipless = below(w, 8) == 0;

        nodes[n] = (struct mz_node_spec){ .site = (int32_t)((int64_t)n * SITES / node_count),
            .chip = chipless ? -1 : below(w, CHIP_KINDS),
            .chips = chipless ? 0 : 1 + below(w, 12),
            .cpu_milli = limits && below(w, 9) > 0 ? 8000 * (1 + below(w, 16)) : MZ_UNLIMITED,
            .memory_mib = limits && below(w, 9) > 0 ? 16384 * (1 + below(w, 32)) : MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 };
    }
    assert_int_equal(mz_fleet_create(w->arena, &spec, &w->fleet, &err), MZ_OK);
}

static void add_shape(struct world *w)
{
    int32_t kind = below(w, 4);
    int32_t chips = kind == 0 ? 0 : kind == 1 ? 1 : 1 + below(w, 8);
    int32_t milli = kind == 1 ? 10 * (1 + below(w, 99)) + below(w, 3) : MZ_MILLI;
    struct mz_shape shape = shape_of(chips, milli, below(w, 40) * 500, below(w, 64) * 1024);

    if (below(w, 3) == 0)
        shape.chip_mask = (uint64_t)(1 + below(w, 7));
    if (below(w, 5) == 0)
        shape.partner_mask = (uint64_t)(1 + below(w, 3));
    w->shapes[w->shape_count++] = shape;
}

static bool node_fits(const struct world *w, const struct mz_shape *shape, int32_t node)
{
    const struct mz_fleet *fleet = w->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[fleet->node_pool[node]];
    int32_t whole = 0;
    bool fraction = false;

    if (fleet->node_state[node] != MZ_NODE_UP ||
        !(shape->partner_mask >> fleet->sites[pool->site].partner & 1) ||
        fleet->cpu_free_milli[node] < shape->cpu_milli ||
        fleet->memory_free_mib[node] < shape->memory_mib)
        return false;
    if (shape->chips == 0)
        return true;
    for (int32_t c = 0; c < fleet->node_chips[node]; c++) {
        whole += mz_fleet_chip_free(fleet, node, c) == MZ_MILLI;
        fraction = fraction || mz_fleet_chip_free(fleet, node, c) >= shape->chip_milli;
    }
    return pool->chip >= 0 && (shape->chip_mask >> pool->chip & 1) &&
        (shape->chip_milli < MZ_MILLI ? fraction : whole >= shape->chips);
}

/* The best node by a full scan; -1: none. */
static int32_t scan(struct world *w, int32_t s, int32_t pool)
{
    int32_t best = -1;
    int32_t best_cost = 0;

    for (int32_t n = 0; n < w->fleet->node_count; n++) {
        bool fits = node_fits(w, &w->shapes[s], n);
        int32_t cost = 0;

        assert_int_equal(mz_pack_cost(w->pack, s, n, &cost), fits);
        if (!fits || (pool >= 0 && w->fleet->node_pool[n] != pool))
            continue;
        if (best >= 0 && cost == best_cost && w->mixed_order &&
            mz_pack_mix((uint64_t)n) < mz_pack_mix((uint64_t)best))
            best = n;
        if (best < 0 || cost < best_cost) {
            best = n;
            best_cost = cost;
        }
    }
    return best;
}

static void ask(struct world *w, bool check)
{
    int32_t s = below(w, w->shape_count);
    int32_t pool = below(w, 2) ? -1 : below(w, w->fleet->pool_count);
    const struct mz_shape *shape = &w->shapes[s];
    struct mz_part part = { .node = -1 };
    bool found = mz_pack_find(w->pack, shape, s, pool, &part);

    if (check) {
        struct mz_part again = { .node = -1 };

        assert_int_equal(found ? part.node : -1, scan(w, s, pool));
        assert_int_equal(mz_pack_find(w->pack, shape, s, pool, &again), found);
    }
    if (!found || w->running_count == RUNNING_MAX)
        return;
    assert_true(node_fits(w, shape, part.node));
    assert_int_equal(__builtin_popcountll(part.chips), shape->chips);
    mz_fleet_take(w->fleet, &part, shape->cpu_milli, shape->memory_mib);
    w->running_shape[w->running_count] = s;
    w->running[w->running_count++] = part;
}

static void end_one(struct world *w)
{
    const struct mz_shape *shape;
    int32_t at;

    if (w->running_count == 0)
        return;
    at = below(w, w->running_count);
    shape = &w->shapes[w->running_shape[at]];
    mz_fleet_give(w->fleet, &w->running[at], shape->cpu_milli, shape->memory_mib);
    w->running[at] = w->running[--w->running_count];
    w->running_shape[at] = w->running_shape[w->running_count];
}

static void expect(struct world *w)
{
    struct mz_pack_demand demands[SHAPE_MAX];

    for (int32_t s = 0; s < w->shape_count; s++)
        demands[s] = (struct mz_pack_demand){ w->shapes[s], below(w, 50) };
    mz_pack_expect(w->pack, demands, w->shape_count);
}

static void step(struct world *w, bool check)
{
    int32_t what = below(w, 100);

    if (what < 60)
        ask(w, check);
    else if (what < 90)
        end_one(w);
    else if (what < 97)
        mz_fleet_set_node_state(w->fleet, below(w, w->fleet->node_count),
            (enum mz_node_state)(below(w, 2) * below(w, 3)));
    else if (w->shape_count < SHAPE_MAX)
        add_shape(w);
}

static void play(
    uint64_t seed, enum mz_pack_policy policy, int32_t nodes, int32_t steps, int32_t check_every)
{
    struct world *w = calloc(1, sizeof(*w));
    struct mz_pack_options options = mz_pack_options_default(policy, seed);

    assert_non_null(w);
    mz_random_init(&w->random, seed * 8 + (uint64_t)policy);
    w->arena = mz_arena_create();
    make_fleet(w, nodes);
    options.mixed_order = w->mixed_order = below(w, 2) == 1;
    w->pack = mz_pack_create(w->fleet, policy, &options);
    for (int32_t i = 0; i < 8; i++)
        add_shape(w);
    if (below(w, 2))
        expect(w);
    for (int32_t i = 0; i < steps; i++) {
        step(w, i % check_every == 0);
        if (below(w, 200) == 0)
            expect(w);
    }
    mz_pack_free(w->pack);
    mz_arena_free(w->arena);
    free(w);
}

static void the_choice_is_that_of_a_full_scan(void **state)
{
    (void)state;
    for (int seed = 1; seed <= seed_count; seed++) {
        for (int32_t p = MZ_PACK_BESTFIT; p <= MZ_PACK_FRAG; p++) {
            print_message("seed %d %s\r", seed, mz_pack_policy_name((enum mz_pack_policy)p));
            play((uint64_t)seed, (enum mz_pack_policy)p, 1 + seed * 2, 400, 1);
        }
    }
}

/* Several cells, and more changes between two looks than their rings hold. */
static void large_pools_are_exact_up_to_the_window(void **state)
{
    (void)state;
    for (int32_t p = MZ_PACK_BESTFIT; p <= MZ_PACK_FRAG; p++)
        play(7, (enum mz_pack_policy)p, 20000, 6000, 150);
}

static void the_same_questions_give_the_same_answers(void **state)
{
    int32_t nodes[2][400];

    (void)state;
    for (int run = 0; run < 2; run++) {
        struct world w = { .shape_count = 0 };

        mz_random_init(&w.random, 5);
        w.arena = mz_arena_create();
        make_fleet(&w, 60);
        w.pack = pack_of(w.fleet, MZ_PACK_FRAG, 5); /* learns */
        for (int32_t i = 0; i < SHAPE_MAX; i++)
            add_shape(&w);
        for (int32_t i = 0; i < 400; i++) {
            ask(&w, false);
            nodes[run][i] = w.running_count > 0 ? w.running[w.running_count - 1].node : -1;
        }
        mz_pack_free(w.pack);
        mz_arena_free(w.arena);
    }
    assert_memory_equal(nodes[0], nodes[1], sizeof(nodes[0]));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(firstfit_takes_the_lowest_node_that_fits),
        cmocka_unit_test(bestfit_leaves_the_least),
        cmocka_unit_test(a_fraction_of_the_baselines_goes_to_the_fullest_chip),
        cmocka_unit_test(nodes_that_are_not_up_are_never_chosen),
        cmocka_unit_test(frag_keeps_wanted_chips_for_those_who_need_them),
        cmocka_unit_test(random_is_spread_over_all_nodes),
        cmocka_unit_test(the_choice_is_that_of_a_full_scan),
        cmocka_unit_test(large_pools_are_exact_up_to_the_window),
        cmocka_unit_test(the_same_questions_give_the_same_answers),
    };

    if (argc > 1)
        seed_count = atoi(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
