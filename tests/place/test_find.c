/* test_find.c - where a shape fits: rules by example, and everything tried on small fleets
 * The seed is printed; MIZAN_TEST_SEED repeats one run, MIZAN_TEST_CASES says how many. */
#include "place_fixture.h"

#include <stdlib.h>
#include <string.h>

enum { CASE_COUNT = 6000, SEED_DEFAULT = 20261123 };

static int arena_setup(void **state)
{
    *state = mz_arena_create();
    return 0;
}

static int arena_teardown(void **state)
{
    mz_arena_free(*state);
    return 0;
}

/* --- fleets by hand ---------------------------------------------------------------------- */

struct hand { /* one site, one partner */
    struct mz_node_spec nodes[FIXTURE_NODE_MAX];
    int32_t count;
};

static void add_nodes(
    struct hand *hand, int32_t count, int32_t chip, int32_t chips, int32_t rack, int32_t spine)
{
    for (int32_t i = 0; i < count; i++)
        hand->nodes[hand->count++] = (struct mz_node_spec){ .chip = chip,
            .chips = chips,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = rack,
            .spine = spine };
}

static struct mz_fleet *make(struct mz_arena *arena, const struct hand *hand)
{
    static const char *const partner_names[] = { "p" };
    static const char *const chip_names[] = { "a", "b" };
    static const struct mz_fleet_site site = { .name = "s" };
    struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = partner_names,
        .site_count = 1,
        .sites = &site,
        .chip_count = 2,
        .chip_names = chip_names,
        .node_count = hand->count,
        .nodes = hand->nodes };
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet;

    assert_int_equal(mz_fleet_create(arena, &spec, &fleet, &err), MZ_OK);
    return fleet;
}

static struct mz_shape gang(int32_t chips, enum mz_level required)
{
    return (struct mz_shape){ .chips = chips,
        .chip_milli = MZ_MILLI,
        .required = required,
        .chip_mask = UINT64_MAX,
        .partner_mask = UINT64_MAX };
}

static void take_chips(struct mz_fleet *fleet, int32_t node, int32_t chips)
{
    struct mz_part part = { .node = node, .milli = MZ_MILLI, .chips = (UINT64_C(1) << chips) - 1 };

    mz_fleet_take(fleet, &part, 0, 0);
}

/* "level domain left: node/chips node/chips", or "-". */
static const char *where(
    struct mz_arena *arena, struct mz_fleet *fleet, struct mz_shape shape, int32_t pool)
{
    struct mz_finder *finder = mz_finder_create(fleet, MZ_PACK_BESTFIT, 1, NULL);
    struct mz_placement placement;
    const char *text = "-";

    if (mz_find_in_pool(finder, &shape, 0, pool, &placement)) {
        text = mz_arena_printf(arena, "%s %d %lld:", mz_level_name(placement.level),
            placement.domain, (long long)placement.left_chips);
        for (int32_t i = 0; i < placement.part_count; i++)
            text = mz_arena_printf(arena, "%s %d/%d", text, placement.parts[i].node,
                __builtin_popcountll(placement.parts[i].chips));
    }
    mz_finder_free(finder);
    return text;
}

/* --- by example -------------------------------------------------------------------------- */

static void one_node_takes_the_fullest_that_fits(void **state)
{
    struct hand hand = { 0 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 4, -1, -1);
    fleet = make(*state, &hand);
    take_chips(fleet, 1, 1);
    take_chips(fleet, 2, 2);
    take_chips(fleet, 3, 2);
    assert_string_equal(where(*state, fleet, gang(2, MZ_LEVEL_NODE), 0), "node 2 0: 2/2");
    assert_string_equal(where(*state, fleet, gang(3, MZ_LEVEL_NODE), 0), "node 1 0: 1/3");
    assert_string_equal(where(*state, fleet, gang(4, MZ_LEVEL_NODE), 0), "node 0 0: 0/4");
    assert_string_equal(where(*state, fleet, gang(5, MZ_LEVEL_NODE), 0), "-");
}

static void a_gang_takes_the_lowest_level_and_leaves_the_least(void **state)
{
    struct hand hand = { 0 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 2, 0, 0);
    add_nodes(&hand, 2, 0, 2, 1, 0);
    add_nodes(&hand, 2, 0, 2, 2, 1);
    fleet = make(*state, &hand);
    assert_string_equal(where(*state, fleet, gang(4, MZ_LEVEL_PARTNER), 0), "rack 1 0: 4/2 5/2");
    take_chips(fleet, 5, 1);
    assert_string_equal(where(*state, fleet, gang(4, MZ_LEVEL_PARTNER), 0), "rack 2 0: 6/2 7/2");
    assert_string_equal(
        where(*state, fleet, gang(10, MZ_LEVEL_PARTNER), 0), "spine 0 1: 0/2 1/2 2/2 3/2 4/2");
    assert_string_equal(where(*state, fleet, gang(10, MZ_LEVEL_RACK), 0), "-");
    assert_string_equal(where(*state, fleet, gang(12, MZ_LEVEL_SPINE), 0), "-");
    assert_string_equal(
        where(*state, fleet, gang(12, MZ_LEVEL_SITE), 0), "site 0 3: 0/2 1/2 2/2 3/2 4/2 6/2");
}

static void preferred_is_where_the_search_begins(void **state)
{
    struct hand hand = { 0 };
    struct mz_shape shape = gang(4, MZ_LEVEL_SITE);
    struct mz_fleet *fleet;

    add_nodes(&hand, 2, 0, 2, 0, 0);
    add_nodes(&hand, 2, 0, 2, 1, 0);
    fleet = make(*state, &hand);
    shape.preferred = MZ_LEVEL_SPINE;
    assert_string_equal(where(*state, fleet, shape, 0), "spine 0 4: 0/2 1/2");
    shape.preferred = MZ_LEVEL_FLEET;
    assert_string_equal(where(*state, fleet, shape, 0), "site 0 4: 0/2 1/2");
}

static void the_rest_takes_the_node_with_the_fewest_free(void **state)
{
    struct hand hand = { 0 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 4, 0, 0);
    fleet = make(*state, &hand);
    take_chips(fleet, 1, 1);
    take_chips(fleet, 3, 2);
    assert_string_equal(where(*state, fleet, gang(10, MZ_LEVEL_RACK), 0), "rack 0 3: 0/4 2/4 3/2");
    assert_string_equal(where(*state, fleet, gang(11, MZ_LEVEL_RACK), 0), "rack 0 2: 0/4 1/3 2/4");
    assert_string_equal(where(*state, fleet, gang(5, MZ_LEVEL_RACK), 0), "rack 0 8: 0/4 3/1");
    assert_string_equal(where(*state, fleet, gang(12, MZ_LEVEL_RACK), 0), "-");
}

static void chips_per_node_spreads_a_gang(void **state)
{
    struct hand hand = { 0 };
    struct mz_shape shape = gang(6, MZ_LEVEL_RACK);
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 4, 0, 0);
    fleet = make(*state, &hand);
    take_chips(fleet, 0, 3);
    shape.chips_per_node = 2;
    assert_string_equal(where(*state, fleet, shape, 0), "rack 0 7: 1/2 2/2 3/2");
    shape.chips = 8;
    assert_string_equal(where(*state, fleet, shape, 0), "-");
    shape.chips = 7;
    assert_string_equal(where(*state, fleet, shape, 0), "rack 0 6: 0/1 1/2 2/2 3/2");
}

static void a_gang_that_requires_one_node_and_needs_more_fits_nowhere(void **state)
{
    struct hand hand = { 0 };
    struct mz_shape shape = gang(4, MZ_LEVEL_NODE);
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 4, 0, 0);
    fleet = make(*state, &hand);
    shape.chips_per_node = 2;
    assert_string_equal(where(*state, fleet, shape, 0), "-");
}

static void two_pools_of_a_site_do_not_count_for_each_other(void **state)
{
    struct hand hand = { 0 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 3, 0, 2, 0, 0);
    add_nodes(&hand, 3, 1, 2, 0, 0);
    fleet = make(*state, &hand);
    assert_string_equal(where(*state, fleet, gang(8, MZ_LEVEL_SITE), 0), "-");
    assert_string_equal(where(*state, fleet, gang(8, MZ_LEVEL_SITE), 1), "-");
    assert_string_equal(where(*state, fleet, gang(5, MZ_LEVEL_SITE), 1), "rack 0 1: 3/2 4/2 5/1");
}

static void nodes_that_are_not_up_take_nothing(void **state)
{
    struct hand hand = { 0 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 4, 0, 2, 0, 0);
    fleet = make(*state, &hand);
    mz_fleet_set_node_state(fleet, 0, MZ_NODE_DOWN);
    mz_fleet_set_node_state(fleet, 2, MZ_NODE_CORDONED);
    assert_string_equal(where(*state, fleet, gang(4, MZ_LEVEL_RACK), 0), "rack 0 0: 1/2 3/2");
    assert_string_equal(where(*state, fleet, gang(6, MZ_LEVEL_RACK), 0), "-");
    mz_fleet_set_node_state(fleet, 0, MZ_NODE_UP);
    assert_string_equal(where(*state, fleet, gang(6, MZ_LEVEL_RACK), 0), "rack 0 0: 0/2 1/2 3/2");
}

static void a_site_without_racks_promises_nothing_above_its_nodes(void **state)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet;

    assert_int_equal(mz_fleet_plain(*state, 4, 8, NULL, &fleet, &err), MZ_OK);
    assert_string_equal(where(*state, fleet, gang(16, MZ_LEVEL_SPINE), 0), "-");
    assert_string_equal(where(*state, fleet, gang(16, MZ_LEVEL_SITE), 0), "site 0 16: 0/8 1/8");
}

/* --- fleet.h ----------------------------------------------------------------------------- */

static void levels_have_names(void **state)
{
    enum mz_level level;

    (void)state;
    for (int32_t i = 0; i < MZ_LEVEL_COUNT; i++) {
        assert_true(mz_level_parse(mz_level_name((enum mz_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_true(mz_level_parse("nvlink", &level) && level == MZ_LEVEL_RACK);
    assert_false(mz_level_parse("row", &level));
}

static void a_fraction_leaves_the_rest_of_its_chip(void **state)
{
    struct hand hand = { 0 };
    struct mz_part part = { .milli = 300, .chips = 2 };
    struct mz_fleet *fleet;

    add_nodes(&hand, 1, 0, 4, -1, -1);
    fleet = make(*state, &hand);
    mz_fleet_take(fleet, &part, 0, 0);
    mz_fleet_take(fleet, &part, 0, 0);
    assert_int_equal(mz_fleet_whole_free(fleet, 0), 3);
    assert_int_equal(mz_fleet_chip_free(fleet, 0, 1), 400);
    assert_int_equal(mz_fleet_chip_free(fleet, 0, 0), 1000);
    mz_fleet_give(fleet, &part, 0, 0);
    mz_fleet_give(fleet, &part, 0, 0);
    assert_int_equal(mz_fleet_whole_free(fleet, 0), 4);
    assert_int_equal(fleet->pools[0].free_chips, 4);
}

/* A set of its own memory; a member is in it when its bit is, at every level. */
static void fill(struct mz_arena *arena, struct mz_bitset *set, const bool *members, int32_t size)
{
    *set = (struct mz_bitset){ .size = size };
    for (int32_t n = size; n > 0; n = n > 1 ? (n + 63) / 64 : 0) {
        if (set->level_count > 0 && n == 1 && set->level_count == 4)
            break;
        set->words[set->level_count++] =
            mz_arena_alloc(arena, (size_t)(n + 63) / 64, sizeof(uint64_t));
        if (n <= 64)
            break;
    }
    for (int32_t i = 0; i < size; i++) {
        int32_t at = i;

        if (!members[i])
            continue;
        set->count++;
        for (int32_t level = 0; level < set->level_count; level++) {
            set->words[level][at >> 6] |= UINT64_C(1) << (at & 63);
            at >>= 6;
        }
    }
}

static void check_set(struct mz_arena *arena, struct chance *chance, int32_t size, int32_t one_in)
{
    bool *members = mz_arena_alloc(arena, (size_t)size, sizeof(*members));
    int32_t *next = mz_arena_alloc(arena, (size_t)size + 1, sizeof(*next));
    struct mz_bitset set;

    for (int32_t i = 0; i < size; i++)
        members[i] = pick(chance, 0, one_in - 1) == 0;
    fill(arena, &set, members, size);
    next[size] = -1;
    for (int32_t i = size - 1; i >= 0; i--)
        next[i] = members[i] ? i : next[i + 1];
    for (int32_t from = 0; from <= size; from++) {
        if (mz_bitset_next(&set, from) != next[from])
            fail_msg(
                "size %d from %d: %d, not %d", size, from, mz_bitset_next(&set, from), next[from]);
    }
}

static void the_next_member_of_a_set_is_that_of_a_naive_one(void **state)
{
    static const int32_t sizes[] = { 1, 2, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 8192,
        262143, 262144, 262145 };
    static const int32_t densities[] = { 1, 2, 70, 5000, 1000000 };
    struct chance chance = { .state = fixture_seed(SEED_DEFAULT) };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t d = 0; d < sizeof(densities) / sizeof(densities[0]); d++)
            check_set(*state, &chance, sizes[i], densities[d]);
    }
}

/* The sets that a fleet keeps itself: what leaves at the end of a word is gone at all levels. */
static void the_sets_of_a_fleet_follow_its_nodes(void **state)
{
    enum { NODES = 64 * 64 + 1 };
    struct chance chance = { .state = fixture_seed(SEED_DEFAULT) };
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet;
    static bool busy[NODES];

    memset(busy, 0, sizeof(busy));
    assert_int_equal(mz_fleet_plain(*state, NODES, 1, NULL, &fleet, &err), MZ_OK);
    for (int32_t turn = 0; turn < 20000; turn++) {
        int32_t node = pick(&chance, 0, 3) == 0 ? NODES - 1 - pick(&chance, 0, 2)
                                                : pick(&chance, 0, NODES - 1);
        struct mz_part part = { .node = node, .milli = MZ_MILLI, .chips = 1 };
        int32_t from = pick(&chance, 0, NODES - 1);
        int32_t next = from;

        if (busy[node])
            mz_fleet_give(fleet, &part, 0, 0);
        else
            mz_fleet_take(fleet, &part, 0, 0);
        busy[node] = !busy[node];
        while (next < NODES && busy[next])
            next++;
        assert_int_equal(
            mz_bitset_next(&fleet->pools[0].free_sets[1], from), next < NODES ? next : -1);
    }
}

/* --- everything tried -------------------------------------------------------------------- */

struct trial {
    uint64_t seed;
    const struct view *view;
    const struct mz_shape *shape;
    int32_t shape_id; /* another one for each shape */
    const char *where;
};

static void say(const struct trial *t, const char *what, int64_t got, int64_t want)
{
    const struct mz_shape *s = t->shape;

    fail_msg(
        "seed %llu, %s: %s is %lld, should be %lld; %d chips x %d, %d per node, cpu %d, memory "
        "%d, %s..%s",
        (unsigned long long)t->seed, t->where, what, (long long)got, (long long)want, s->chips,
        s->chip_milli, s->chips_per_node, s->cpu_milli, s->memory_mib, mz_level_name(s->preferred),
        mz_level_name(s->required));
}

static void expect(const struct trial *t, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        say(t, what, got, want);
}

/* Every part is free, on a node of the domain, ascending. */
static void check_parts(
    const struct trial *t, const struct mz_placement *placement, const struct found *f)
{
    for (int32_t i = 0; i < placement->part_count; i++) {
        const struct mz_part *part = &placement->parts[i];

        expect(t, "node inside the domain", f->nodes >> part->node & 1, 1);
        expect(t, "nodes ascending", i == 0 || placement->parts[i - 1].node < part->node, 1);
        expect(t, "node usable", view_offer(t->view, t->shape, part->node) >= 0, 1);
        expect(
            t, "thousandths", part->milli, t->shape->chips == 1 ? t->shape->chip_milli : MZ_MILLI);
        for (int32_t c = 0; c < 64; c++) {
            if (part->chips >> c & 1)
                expect(t, "chip free",
                    c < FIXTURE_CHIP_MAX && t->view->milli[part->node][c] >= part->milli, 1);
        }
    }
}

/* Whole nodes in as few children as possible, the rest on the node with the fewest free. */
static void check_gang(
    const struct trial *t, const struct mz_placement *placement, const struct found *f)
{
    const struct mz_fleet *fleet = t->view->fleet;
    int32_t children = 0;
    int32_t last = -1;
    int32_t whole = 0;
    int32_t rest_node = -1;
    int32_t fewest = INT32_MAX;
    uint32_t used = 0;

    for (int32_t i = 0; i < placement->part_count; i++) {
        int32_t node = placement->parts[i].node;
        int32_t child = mz_fleet_domain_of(fleet, node, f->level - 1);
        int32_t chips = __builtin_popcountll(placement->parts[i].chips);

        if (chips != f->per_node) {
            expect(t, "chips of the rest", chips, f->rest);
            expect(t, "nodes with the rest", rest_node, -1);
            rest_node = node;
            continue;
        }
        used |= UINT32_C(1) << node;
        whole++;
        children += child != last;
        last = child;
    }
    expect(t, "whole nodes", whole, f->node_count);
    expect(t, "has a rest", rest_node >= 0, f->rest > 0);
    /* sites that span are taken whole, the one with most room first */
    if (f->level < MZ_LEVEL_FLEET)
        expect(t, "children used", children, f->child_count);
    if (rest_node < 0)
        return;
    for (int32_t n = 0; n < fleet->node_count; n++) {
        int32_t offer = view_offer(t->view, t->shape, n);

        if ((f->nodes >> n & 1) && !(used >> n & 1) && offer >= f->rest && offer < fewest)
            fewest = offer;
    }
    expect(t, "free on the node of the rest", view_offer(t->view, t->shape, rest_node), fewest);
}

static void check_same(const struct trial *t, bool found, const struct mz_placement *placement,
    bool exists, const struct found *f, bool any_node)
{
    expect(t, "fits", found, exists);
    if (!found)
        return;
    expect(t, "level", placement->level, f->level);
    if (f->level == MZ_LEVEL_NODE && any_node) {
        expect(t, "parts", placement->part_count, 1);
        expect(t, "offers enough",
            view_offer(t->view, t->shape, placement->parts[0].node) >= t->shape->chips, 1);
        return;
    }
    expect(t, "domain", placement->domain, f->domain);
    expect(t, "left_chips", placement->left_chips, f->left_chips);
    check_parts(t, placement, f);
    if (f->level > MZ_LEVEL_NODE)
        check_gang(t, placement, f);
}

/* Takes random parts, and keeps the books. */
static void occupy(struct chance *chance, struct mz_fleet *fleet, struct view *view)
{
    int32_t busy = pick(chance, 0, 100);
    struct mz_shape none = { 0 };

    for (int32_t n = 0; n < fleet->node_count; n++) {
        bool node_busy = is_lucky(chance, busy);

        for (int32_t c = 0; c < fleet->node_chips[n]; c++) {
            struct mz_part part = { .node = n, .milli = MZ_MILLI, .chips = UINT64_C(1) << c };
            struct mz_shape use = none;

            if (!node_busy || is_lucky(chance, 50))
                continue;
            if (is_lucky(chance, 30))
                part.milli = pick(chance, 1, 9) * 100;
            if (view->cpu_milli[n] >= 1000 && is_lucky(chance, 50))
                use.cpu_milli = 1000;
            if (view->memory_mib[n] >= 64 && is_lucky(chance, 50))
                use.memory_mib = 64;
            mz_fleet_take(fleet, &part, use.cpu_milli, use.memory_mib);
            view_take(view, &use, &part);
        }
    }
}

static void try_shape(struct trial *t, const struct mz_fleet *fleet, struct mz_finder *finder)
{
    bool any_node = t->shape->chip_milli < MZ_MILLI || t->shape->chips == 0 ||
        t->shape->cpu_milli > 0 || t->shape->memory_mib > 0;

    for (int32_t p = 0; p < fleet->pool_count; p++) {
        struct mz_placement placement = { 0 };
        struct found f;

        if (!mz_find_allows(fleet, t->shape, &fleet->pools[p]))
            continue;
        t->where = "one pool";
        check_same(t, mz_find_in_pool(finder, t->shape, t->shape_id, p, &placement), &placement,
            brute_in_pool(t->view, t->shape, p, &f), &f, any_node);
    }
    for (int32_t c = 0; c < fleet->chip_count; c++) {
        for (int32_t partner = -1; partner < fleet->partner_count; partner++) {
            struct mz_placement placement = { 0 };
            struct found f;

            t->where = "several sites";
            check_same(t, mz_find_across(finder, t->shape, c, partner, &placement), &placement,
                brute_across(t->view, t->shape, c, partner, &f), &f, false);
        }
    }
}

static void the_finder_agrees_with_trying_everything(void **state)
{
    uint64_t seed = fixture_seed(SEED_DEFAULT);
    int32_t count = fixture_cases(CASE_COUNT);

    (void)state;
    print_message("find: %d cases from seed %llu\n", count, (unsigned long long)seed);
    for (int32_t i = 0; i < count; i++, seed++) {
        struct chance chance = { .state = seed };
        struct mz_arena *arena = mz_arena_create();
        struct mz_fleet *fleet = random_fleet(arena, &chance);
        struct view view;
        struct mz_finder *finder;

        view_init(&view, fleet);
        occupy(&chance, fleet, &view);
        finder = mz_finder_create(fleet, MZ_PACK_BESTFIT, 1, NULL);
        for (int32_t turn = 0; turn < 4; turn++) {
            struct mz_shape shape = random_shape(&chance, fleet);
            struct trial trial = { .seed = seed, .view = &view, .shape = &shape, .shape_id = turn };

            try_shape(&trial, fleet, finder);
        }
        mz_finder_free(finder);
        mz_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            one_node_takes_the_fullest_that_fits, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            a_gang_takes_the_lowest_level_and_leaves_the_least, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            preferred_is_where_the_search_begins, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            the_rest_takes_the_node_with_the_fewest_free, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(chips_per_node_spreads_a_gang, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            a_gang_that_requires_one_node_and_needs_more_fits_nowhere, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            two_pools_of_a_site_do_not_count_for_each_other, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            nodes_that_are_not_up_take_nothing, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            a_site_without_racks_promises_nothing_above_its_nodes, arena_setup, arena_teardown),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test_setup_teardown(
            a_fraction_leaves_the_rest_of_its_chip, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            the_next_member_of_a_set_is_that_of_a_naive_one, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(
            the_sets_of_a_fleet_follow_its_nodes, arena_setup, arena_teardown),
        cmocka_unit_test(the_finder_agrees_with_trying_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
