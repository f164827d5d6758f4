/* place_fixture.c - random small fleets, and a finder that tries everything */
#include "place_fixture.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t draw(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int32_t pick(struct chance *chance, int32_t least, int32_t most)
{
    return least + (int32_t)(draw(chance) % (uint64_t)(most - least + 1));
}

bool is_lucky(struct chance *chance, int32_t percent)
{
    return pick(chance, 0, 99) < percent;
}

uint64_t fixture_seed(uint64_t otherwise)
{
    const char *stated = getenv("MIZAN_TEST_SEED");

    return stated ? strtoull(stated, NULL, 10) : otherwise;
}

int32_t fixture_cases(int32_t otherwise)
{
    const char *stated = getenv("MIZAN_TEST_CASES");

    return stated ? (int32_t)strtol(stated, NULL, 10) : otherwise;
}

/* ---- random fleets and shapes ---- */

struct habits { /* of one site */
    int32_t nodes;
    int32_t chips;
    int32_t chip;
    bool mixed;
    bool two_chips;
    bool racks;
    bool spines;
};

static struct habits random_habits(struct chance *chance)
{
    struct habits h = { .nodes = pick(chance, 1, FIXTURE_NODE_MAX / FIXTURE_SITE_MAX),
        .chips = pick(chance, 1, FIXTURE_CHIP_MAX),
        .chip = pick(chance, 0, 1),
        .mixed = is_lucky(chance, 30),
        .two_chips = is_lucky(chance, 25),
        .racks = is_lucky(chance, 75) };

    h.spines = is_lucky(chance, 60);
    return h;
}

static int32_t add_site(
    struct chance *chance, struct mz_node_spec *nodes, int32_t site, bool limits)
{
    struct habits h = random_habits(chance);
    int32_t rack = 0;
    int32_t spine = 0;

    for (int32_t n = 0; n < h.nodes; n++) {
        struct mz_node_spec *node = &nodes[n];

        if (n > 0 && is_lucky(chance, 35)) {
            rack++;
            spine += is_lucky(chance, 50);
        }
        *node = (struct mz_node_spec){ .site = site,
            .chip = h.two_chips ? pick(chance, 0, 1) : h.chip,
            .chips = h.mixed ? pick(chance, 0, FIXTURE_CHIP_MAX) : h.chips,
            .cpu_milli = limits && is_lucky(chance, 60) ? pick(chance, 0, 6) * 1000 : MZ_UNLIMITED,
            .memory_mib = limits && is_lucky(chance, 40) ? pick(chance, 0, 6) * 64 : MZ_UNLIMITED,
            .rack = h.racks ? rack : -1,
            .spine = h.spines ? spine : -1 };
        if (node->chips == 0 && is_lucky(chance, 50))
            node->chip = -1;
    }
    return h.nodes;
}

struct mz_fleet *random_fleet(struct mz_arena *arena, struct chance *chance)
{
    static const char *const partner_names[] = { "p0", "p1", "p2" };
    static const char *const chip_names[] = { "c0", "c1" };
    static const char *const site_names[FIXTURE_SITE_MAX] = { "s0", "s1", "s2" };
    struct mz_fleet_site sites[FIXTURE_SITE_MAX] = { { 0 } };
    struct mz_node_spec nodes[FIXTURE_NODE_MAX];
    struct mz_fleet_spec spec = { .partner_count = 3,
        .partner_names = partner_names,
        .site_count = pick(chance, 1, FIXTURE_SITE_MAX),
        .sites = sites,
        .chip_count = 2,
        .chip_names = chip_names,
        .nodes = nodes };
    bool limits = is_lucky(chance, 40);
    int32_t partner = 0;
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet;

    for (int32_t s = 0; s < spec.site_count; s++) {
        partner += s > 0 && is_lucky(chance, 40);
        sites[s] = (struct mz_fleet_site){ .name = site_names[s], .partner = partner };
        spec.node_count += add_site(chance, &nodes[spec.node_count], s, limits);
    }
    assert_int_equal(mz_fleet_create(arena, &spec, &fleet, &err), MZ_OK);
    for (int32_t n = 0; n < fleet->node_count; n++) {
        if (is_lucky(chance, 6))
            mz_fleet_set_node_state(
                fleet, n, is_lucky(chance, 50) ? MZ_NODE_DOWN : MZ_NODE_CORDONED);
    }
    return fleet;
}

struct mz_shape random_shape(struct chance *chance, const struct mz_fleet *fleet)
{
    struct mz_shape shape = { .chips = pick(chance, 0, is_lucky(chance, 50) ? 4 : 12),
        .chip_milli = MZ_MILLI,
        .required = (enum mz_level)pick(chance, MZ_LEVEL_NODE, MZ_LEVEL_FLEET),
        .chip_mask = is_lucky(chance, 70) ? 3 : draw(chance) % 3 + 1,
        .partner_mask = is_lucky(chance, 80) ? 7 : draw(chance) % 7 + 1 };

    if (is_lucky(chance, 30))
        shape.preferred = (enum mz_level)pick(chance, MZ_LEVEL_NODE, (int32_t)shape.required);
    if (shape.chips == 1 && is_lucky(chance, 70))
        shape.chip_milli = pick(chance, 1, 9) * 100;
    if (shape.chips > 0 && shape.chip_milli == MZ_MILLI && is_lucky(chance, 30))
        shape.chips_per_node = pick(chance, 1, 3);
    if (fleet->has_limits && is_lucky(chance, 60))
        shape.cpu_milli = pick(chance, 0, 3) * 1000;
    if (fleet->has_limits && is_lucky(chance, 40))
        shape.memory_mib = pick(chance, 0, 3) * 64;
    return shape;
}

/* ---- views ---- */

void view_init(struct view *view, const struct mz_fleet *fleet)
{
    memset(view, 0, sizeof(*view));
    view->fleet = fleet;
    assert_true(fleet->node_count <= FIXTURE_NODE_MAX);
    for (int32_t n = 0; n < fleet->node_count; n++) {
        for (int32_t c = 0; c < fleet->node_chips[n]; c++)
            view->milli[n][c] = MZ_MILLI;
        view->cpu_milli[n] =
            fleet->cpu_milli[n] == MZ_UNLIMITED ? INT64_MAX / 2 : fleet->cpu_milli[n];
        view->memory_mib[n] =
            fleet->memory_mib[n] == MZ_UNLIMITED ? INT64_MAX / 2 : fleet->memory_mib[n];
    }
}

void view_take(struct view *view, const struct mz_shape *shape, const struct mz_part *part)
{
    for (int32_t c = 0; c < FIXTURE_CHIP_MAX; c++) {
        if (part->chips >> c & 1)
            view->milli[part->node][c] -= part->milli;
    }
    view->cpu_milli[part->node] -= shape->cpu_milli;
    view->memory_mib[part->node] -= shape->memory_mib;
}

int32_t view_offer(const struct view *view, const struct mz_shape *shape, int32_t node)
{
    int32_t whole = 0;
    int32_t most = 0;

    if (view->fleet->node_state[node] != MZ_NODE_UP || view->cpu_milli[node] < shape->cpu_milli ||
        view->memory_mib[node] < shape->memory_mib)
        return -1;
    for (int32_t c = 0; c < view->fleet->node_chips[node]; c++) {
        whole += view->milli[node][c] == MZ_MILLI;
        if (view->milli[node][c] > most)
            most = view->milli[node][c];
    }
    if (shape->chips == 1 && shape->chip_milli < MZ_MILLI)
        return most >= shape->chip_milli ? 1 : 0;
    return whole;
}

/* ---- the finder that tries everything ---- */

bool brute_is_one_node(const struct mz_shape *shape, const struct mz_fleet_pool *pool)
{
    int32_t largest = shape->chips_per_node > 0 ? shape->chips_per_node : pool->chips_per_node;

    return shape->chips <= largest;
}

static int32_t child_count_of(const struct mz_fleet *fleet, enum mz_level level, uint32_t nodes)
{
    int32_t count = 0;
    int32_t last = -1;

    for (int32_t n = 0; n < fleet->node_count; n++) {
        int32_t child = mz_fleet_domain_of(fleet, n, level - 1);

        if (!(nodes >> n & 1) || child == last)
            continue;
        last = child;
        count++;
    }
    return count;
}

/* Can the gang lie on these nodes? All sets of whole nodes, with every node for the rest. */
static bool brute_gang(const struct view *view, const struct mz_shape *shape, struct found *f)
{
    int32_t offers[FIXTURE_NODE_MAX];
    uint32_t enough = 0;
    uint32_t small = 0;

    f->child_count = INT32_MAX;
    f->left_chips = -shape->chips;
    for (int32_t n = 0; n < view->fleet->node_count; n++) {
        if (!(f->nodes >> n & 1))
            continue;
        offers[n] = view_offer(view, shape, n);
        f->left_chips += offers[n] > 0 ? offers[n] : 0;
        if (offers[n] >= f->per_node)
            enough |= UINT32_C(1) << n;
        if (f->rest > 0 && offers[n] >= f->rest)
            small |= UINT32_C(1) << n;
    }
    /* all subsets of the nodes with enough */
    for (uint32_t set = enough;; set = (set - 1) & enough) {
        if (__builtin_popcount(set) == f->node_count && (f->rest == 0 || (small & ~set))) {
            int32_t children = child_count_of(view->fleet, f->level, set);

            if (children < f->child_count)
                f->child_count = children;
        }
        if (set == 0)
            break;
    }
    return f->child_count < INT32_MAX;
}

static uint32_t nodes_of(const struct mz_fleet *fleet, int32_t pool, enum mz_level level, int32_t d)
{
    uint32_t nodes = 0;

    for (int32_t n = 0; n < fleet->node_count; n++) {
        if (fleet->node_pool[n] == pool && mz_fleet_domain_of(fleet, n, level) == d)
            nodes |= UINT32_C(1) << n;
    }
    return nodes;
}

static bool brute_node(
    const struct view *view, const struct mz_shape *shape, int32_t pool, struct found *ret)
{
    bool any = false;

    for (int32_t n = 0; n < view->fleet->node_count; n++) {
        int32_t offer = view_offer(view, shape, n);
        int32_t left = -(shape->chip_milli == MZ_MILLI ? shape->chips : 0);

        for (int32_t c = 0; c < view->fleet->node_chips[n]; c++)
            left += view->milli[n][c] == MZ_MILLI;
        if (view->fleet->node_pool[n] != pool || offer < shape->chips ||
            (any && left >= ret->left_chips))
            continue;
        any = true;
        *ret = (struct found){ .level = MZ_LEVEL_NODE,
            .domain = n,
            .left_chips = left,
            .per_node = shape->chips,
            .node_count = 1,
            .nodes = UINT32_C(1) << n };
    }
    return any;
}

static bool divide(const struct mz_shape *shape, int32_t chips_per_node, struct found *f)
{
    f->per_node = shape->chips_per_node > 0 ? shape->chips_per_node : chips_per_node;
    if (f->per_node == 0 || f->per_node > chips_per_node || shape->chips <= f->per_node)
        return false;
    f->node_count = shape->chips / f->per_node;
    f->rest = shape->chips % f->per_node;
    return true;
}

bool brute_in_pool(
    const struct view *view, const struct mz_shape *shape, int32_t pool, struct found *ret)
{
    const struct mz_fleet *fleet = view->fleet;
    enum mz_level highest = shape->required < MZ_LEVEL_SITE ? shape->required : MZ_LEVEL_SITE;
    enum mz_level level = shape->preferred > MZ_LEVEL_RACK ? shape->preferred : MZ_LEVEL_RACK;
    bool any = false;

    if (brute_is_one_node(shape, &fleet->pools[pool]))
        return brute_node(view, shape, pool, ret);
    for (level = level < highest ? level : highest;
         level > MZ_LEVEL_NODE && level <= highest && !any; level++) {
        for (int32_t d = 0; d < fleet->domain_counts[level]; d++) {
            struct found f = {
                .level = level, .domain = d, .nodes = nodes_of(fleet, pool, level, d)
            };

            if (!divide(shape, fleet->pools[pool].chips_per_node, &f) ||
                !brute_gang(view, shape, &f) || (any && f.left_chips >= ret->left_chips))
                continue;
            any = true;
            *ret = f;
        }
    }
    return any;
}

bool brute_across(const struct view *view, const struct mz_shape *shape, int32_t chip,
    int32_t partner, struct found *ret)
{
    const struct mz_fleet *fleet = view->fleet;
    struct found f = { .level = partner < 0 ? MZ_LEVEL_FLEET : MZ_LEVEL_PARTNER,
        .domain = partner < 0 ? 0 : partner };
    int32_t largest = 0;

    for (int32_t turn = 0; turn < 2; turn++) {
        for (int32_t n = 0; n < fleet->node_count; n++) {
            const struct mz_fleet_pool *pool = &fleet->pools[fleet->node_pool[n]];
            int32_t owner = fleet->sites[pool->site].partner;

            if (pool->chip != chip || !(shape->chip_mask >> chip & 1) ||
                !(shape->partner_mask >> owner & 1) || (partner >= 0 && owner != partner))
                continue;
            if (turn == 0 && pool->chips_per_node > largest)
                largest = pool->chips_per_node;
            if (turn == 1 && pool->chips_per_node == largest)
                f.nodes |= UINT32_C(1) << n;
        }
    }
    if (!divide(shape, largest, &f) || !brute_gang(view, shape, &f))
        return false;
    *ret = f;
    return true;
}
