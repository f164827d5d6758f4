/* fleet_make.c - a fleet from a list of nodes, a scenario, or a number
 *
 * Domains are found by walking the nodes in order: a new rack begins where the number of the rack,
 * the spine or the site changes. Pools are the (site, chip) pairs in order of their first node.
 */
#include "place/fleet.h"

#include "base/month.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Sites keep their index as domains even when they have no nodes; so do partners. */
static void make_upper_domains(struct mz_fleet *fleet, const struct mz_fleet_spec *spec)
{
    struct mz_domain *sites = mz_arena_alloc(fleet->arena, spec->site_count, sizeof(*sites));
    struct mz_domain *partners =
        mz_arena_alloc(fleet->arena, spec->partner_count, sizeof(*partners));
    struct mz_domain *all = mz_arena_alloc(fleet->arena, 1, sizeof(*all));
    int32_t node = 0;

    for (int32_t s = 0; s < spec->site_count; s++) {
        sites[s] = (struct mz_domain){ .node_begin = node, .parent = spec->sites[s].partner };
        while (node < spec->node_count && spec->nodes[node].site == s)
            node++;
        sites[s].node_end = node;
    }
    for (int32_t p = 0; p < spec->partner_count; p++) {
        bool first = true;

        partners[p] = (struct mz_domain){ .parent = 0 };
        for (int32_t s = 0; s < spec->site_count; s++) {
            if (spec->sites[s].partner != p || sites[s].node_begin == sites[s].node_end)
                continue;
            if (first)
                partners[p].node_begin = sites[s].node_begin;
            partners[p].node_end = sites[s].node_end;
            first = false;
        }
    }
    *all = (struct mz_domain){ .node_begin = 0, .node_end = spec->node_count, .parent = -1 };
    fleet->domains[MZ_LEVEL_SITE] = sites;
    fleet->domains[MZ_LEVEL_PARTNER] = partners;
    fleet->domains[MZ_LEVEL_FLEET] = all;
    fleet->domain_counts[MZ_LEVEL_SITE] = spec->site_count;
    fleet->domain_counts[MZ_LEVEL_PARTNER] = spec->partner_count;
    fleet->domain_counts[MZ_LEVEL_FLEET] = 1;
}

static void make_racks(struct mz_fleet *fleet, const struct mz_fleet_spec *spec)
{
    struct mz_domain *racks = mz_arena_alloc(fleet->arena, spec->node_count, sizeof(*racks));
    struct mz_domain *spines = mz_arena_alloc(fleet->arena, spec->node_count, sizeof(*spines));
    int32_t rack_count = 0;
    int32_t spine_count = 0;

    for (int32_t n = 0; n < spec->node_count; n++) {
        const struct mz_node_spec *node = &spec->nodes[n];
        const struct mz_node_spec *before = n > 0 ? &spec->nodes[n - 1] : NULL;
        bool new_site = !before || before->site != node->site;
        bool new_rack = new_site || node->rack < 0 || node->rack != before->rack ||
            node->spine != before->spine;
        bool new_spine = new_site || (node->spine < 0 ? new_rack : node->spine != before->spine);

        if (new_spine)
            spines[spine_count++] = (struct mz_domain){ .node_begin = n, .parent = node->site };
        if (new_rack)
            racks[rack_count++] = (struct mz_domain){ .node_begin = n, .parent = spine_count - 1 };
        racks[rack_count - 1].node_end = n + 1;
        spines[spine_count - 1].node_end = n + 1;
        fleet->node_rack[n] = rack_count - 1;
    }
    fleet->domains[MZ_LEVEL_RACK] = racks;
    fleet->domains[MZ_LEVEL_SPINE] = spines;
    fleet->domain_counts[MZ_LEVEL_RACK] = rack_count;
    fleet->domain_counts[MZ_LEVEL_SPINE] = spine_count;
}

static int32_t find_pool(struct mz_fleet *fleet, const struct mz_node_spec *node)
{
    for (int32_t p = fleet->pool_count - 1; p >= 0; p--) {
        if (fleet->pools[p].site == node->site && fleet->pools[p].chip == node->chip)
            return p;
    }
    return -1;
}

static void make_bitset(struct mz_fleet *fleet, struct mz_bitset *set, int32_t size)
{
    set->size = size;
    while (size > 0) {
        int32_t words = (size + 63) / 64;

        assert(set->level_count < 4);
        set->words[set->level_count++] =
            mz_arena_alloc(fleet->arena, (size_t)words, sizeof(uint64_t));
        size = words > 1 ? words : 0;
    }
}

/* Pools: first who belongs to which, then their bit sets. */
static void make_pools(struct mz_fleet *fleet, const struct mz_fleet_spec *spec)
{
    size_t capacity = 0;

    for (int32_t n = 0; n < spec->node_count; n++) {
        const struct mz_node_spec *node = &spec->nodes[n];
        int32_t p = find_pool(fleet, node);
        struct mz_fleet_pool *pool;

        if (p < 0) {
            fleet->pools = mz_arena_grow(fleet->arena, fleet->pools, (size_t)fleet->pool_count,
                (size_t)fleet->pool_count + 1, &capacity, sizeof(*fleet->pools));
            p = fleet->pool_count++;
            fleet->pools[p] = (struct mz_fleet_pool){ .site = node->site,
                .chip = node->chip,
                .chips_per_node = node->chips,
                .uniform = true,
                .node_begin = n };
        }
        pool = &fleet->pools[p];
        if (node->chips != pool->chips_per_node)
            pool->uniform = false;
        if (node->chips > pool->chips_per_node)
            pool->chips_per_node = node->chips;
        if (n > 0 && pool->node_end != n && pool->node_end > 0)
            pool->uniform = false; /* others stand between */
        pool->chip_total += node->chips;
        pool->node_end = n + 1;
        fleet->node_pool[n] = p;
    }
    for (int32_t p = 0; p < fleet->pool_count; p++) {
        struct mz_fleet_pool *pool = &fleet->pools[p];

        /* The counts of a site's domains speak for a pool only when it is the whole site. */
        if (p > 0 && fleet->pools[p - 1].site == pool->site)
            fleet->pools[p - 1].uniform = pool->uniform = false;
        pool->free_sets = mz_arena_alloc(
            fleet->arena, (size_t)pool->chips_per_node + 1, sizeof(*pool->free_sets));
        for (int32_t f = 0; f <= pool->chips_per_node; f++)
            make_bitset(fleet, &pool->free_sets[f], pool->node_end - pool->node_begin);
    }
}

/* The largest domain of each level at the site of each pool. */
static void measure_domains(struct mz_fleet *fleet)
{
    for (int32_t p = 0; p < fleet->pool_count; p++) {
        struct mz_fleet_pool *pool = &fleet->pools[p];
        const struct mz_domain *site = &fleet->domains[MZ_LEVEL_SITE][pool->site];

        if (p > 0 && fleet->pools[p - 1].site == pool->site) {
            memcpy(pool->largest, fleet->pools[p - 1].largest, sizeof(pool->largest));
            continue;
        }
        for (int32_t level = MZ_LEVEL_RACK; level <= MZ_LEVEL_SITE; level++) {
            int32_t d = mz_fleet_domain_of(fleet, site->node_begin, (enum mz_level)level);
            int32_t last = mz_fleet_domain_of(fleet, site->node_end - 1, (enum mz_level)level);

            for (; d <= last; d++) {
                int32_t nodes =
                    fleet->domains[level][d].node_end - fleet->domains[level][d].node_begin;

                if (nodes > pool->largest[level])
                    pool->largest[level] = nodes;
            }
        }
    }
}

static void make_node_arrays(struct mz_fleet *fleet, int32_t count)
{
    size_t n = (size_t)count;

    fleet->node_rack = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->node_rack));
    fleet->node_pool = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->node_pool));
    fleet->node_chips = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->node_chips));
    fleet->node_state = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->node_state));
    fleet->chips_free = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->chips_free));
    fleet->chips_shared = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->chips_shared));
    fleet->chip_first = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->chip_first));
    fleet->cpu_milli = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->cpu_milli));
    fleet->cpu_free_milli = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->cpu_free_milli));
    fleet->memory_mib = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->memory_mib));
    fleet->memory_free_mib = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->memory_free_mib));
    fleet->node_counted = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->node_counted));
    fleet->job_count = mz_arena_alloc(fleet->arena, n, sizeof(*fleet->job_count));
    fleet->cell_count = (count + MZ_CELL_NODES - 1) / MZ_CELL_NODES;
    fleet->cell_version =
        mz_arena_alloc(fleet->arena, (size_t)fleet->cell_count, sizeof(*fleet->cell_version));
    fleet->cell_journal = mz_arena_alloc(
        fleet->arena, (size_t)fleet->cell_count * MZ_CELL_NODES, sizeof(*fleet->cell_journal));
}

static void fill_nodes(struct mz_fleet *fleet, const struct mz_fleet_spec *spec)
{
    bool named = false;

    for (int32_t n = 0; n < spec->node_count; n++) {
        const struct mz_node_spec *node = &spec->nodes[n];

        fleet->node_chips[n] = (uint8_t)node->chips;
        fleet->chips_free[n] = node->chips == 64 ? ~UINT64_C(0) : (UINT64_C(1) << node->chips) - 1;
        fleet->chip_first[n] = (int32_t)fleet->chip_total;
        fleet->chip_total += node->chips;
        fleet->cpu_milli[n] = fleet->cpu_free_milli[n] = node->cpu_milli;
        fleet->memory_mib[n] = fleet->memory_free_mib[n] = node->memory_mib;
        if (node->cpu_milli != MZ_UNLIMITED || node->memory_mib != MZ_UNLIMITED)
            fleet->has_limits = true;
        named = named || node->name;
    }
    fleet->chip_milli =
        mz_arena_alloc(fleet->arena, (size_t)fleet->chip_total + 1, sizeof(*fleet->chip_milli));
    if (!named)
        return;
    fleet->node_names =
        mz_arena_alloc(fleet->arena, (size_t)spec->node_count, sizeof(*fleet->node_names));
    for (int32_t n = 0; n < spec->node_count; n++) {
        if (spec->nodes[n].name)
            fleet->node_names[n] = mz_arena_strdup(fleet->arena, spec->nodes[n].name);
    }
}

static enum mz_status check_spec(const struct mz_fleet_spec *spec, struct mz_error *err)
{
    int64_t chips = 0;

    if (spec->node_count < 1)
        return mz_fail(err, MZ_E_INPUT, "the fleet has no nodes");
    if (spec->node_count > MZ_NODE_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "the fleet has %d nodes; at most %d are supported",
            spec->node_count, MZ_NODE_COUNT_MAX);
    if (spec->chip_count > MZ_FLEET_CHIP_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "the fleet has %d kinds of chip; at most %d are supported",
            spec->chip_count, MZ_FLEET_CHIP_COUNT_MAX);
    for (int32_t n = 0; n < spec->node_count; n++) {
        const struct mz_node_spec *node = &spec->nodes[n];

        assert(node->site >= 0 && node->site < spec->site_count);
        assert(n == 0 || node->site >= spec->nodes[n - 1].site);
        if (node->chips < 0 || node->chips > MZ_NODE_CHIP_COUNT_MAX)
            return mz_fail(err, MZ_E_LIMIT, "node %d (%s) has %d chips; 0 to %d are supported", n,
                node->name ? node->name : spec->sites[node->site].name, node->chips,
                MZ_NODE_CHIP_COUNT_MAX);
        if (node->cpu_milli < 0 || node->memory_mib < 0)
            return mz_fail(err, MZ_E_RANGE, "node %d (%s) has less than no CPU or memory", n,
                node->name ? node->name : spec->sites[node->site].name);
        chips += node->chips;
    }
    if (chips > INT32_MAX)
        return mz_fail(err, MZ_E_LIMIT, "the fleet has %lld chips; at most %d are supported",
            (long long)chips, INT32_MAX);
    return MZ_OK;
}

static void copy_names(struct mz_fleet *fleet, const struct mz_fleet_spec *spec)
{
    const char **partners =
        mz_arena_alloc(fleet->arena, (size_t)spec->partner_count, sizeof(*partners));
    const char **chips = mz_arena_alloc(fleet->arena, (size_t)spec->chip_count + 1, sizeof(*chips));
    struct mz_fleet_site *sites =
        mz_arena_alloc(fleet->arena, (size_t)spec->site_count, sizeof(*sites));

    for (int32_t p = 0; p < spec->partner_count; p++)
        partners[p] = mz_arena_strdup(fleet->arena, spec->partner_names[p]);
    for (int32_t c = 0; c < spec->chip_count; c++)
        chips[c] = mz_arena_strdup(fleet->arena, spec->chip_names[c]);
    for (int32_t s = 0; s < spec->site_count; s++) {
        sites[s] = spec->sites[s];
        sites[s].name = mz_arena_strdup(fleet->arena, spec->sites[s].name);
        if (sites[s].region)
            sites[s].region = mz_arena_strdup(fleet->arena, sites[s].region);
    }
    fleet->partner_names = partners;
    fleet->partner_count = spec->partner_count;
    fleet->chip_names = chips;
    fleet->chip_count = spec->chip_count;
    fleet->sites = sites;
    fleet->site_count = spec->site_count;
}

enum mz_status mz_fleet_create(struct mz_arena *arena, const struct mz_fleet_spec *spec,
    struct mz_fleet **ret_fleet, struct mz_error *err)
{
    enum mz_status status = check_spec(spec, err);
    struct mz_fleet *fleet;

    if (status != MZ_OK)
        return status;
    fleet = mz_arena_alloc(arena, 1, sizeof(*fleet));
    fleet->arena = arena;
    fleet->node_count = spec->node_count;
    copy_names(fleet, spec);
    make_node_arrays(fleet, spec->node_count);
    fill_nodes(fleet, spec);
    make_pools(fleet, spec);
    make_upper_domains(fleet, spec);
    make_racks(fleet, spec);
    measure_domains(fleet);
    /* All nodes come up at once: the counts follow node by node. */
    for (int32_t n = 0; n < spec->node_count; n++) {
        fleet->node_state[n] = MZ_NODE_DOWN;
        fleet->node_counted[n] = -1;
    }
    for (int32_t n = 0; n < spec->node_count; n++)
        mz_fleet_set_node_state(fleet, n, MZ_NODE_UP);
    *ret_fleet = fleet;
    return MZ_OK;
}

enum mz_status mz_fleet_plain(struct mz_arena *arena, int32_t nodes, int32_t chips_per_node,
    const char *chip, struct mz_fleet **ret_fleet, struct mz_error *err)
{
    static const char *const partner_names[] = { "local" };
    const char *chip_names[] = { chip ? chip : "any" };
    struct mz_fleet_site site = { .name = "local" };
    struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = partner_names,
        .site_count = 1,
        .sites = &site,
        .chip_count = 1,
        .chip_names = chip_names,
        .node_count = nodes };
    struct mz_node_spec *list;
    struct mz_arena *scratch;
    enum mz_status status;

    if (nodes < 1 || nodes > MZ_NODE_COUNT_MAX)
        return mz_fail(
            err, MZ_E_LIMIT, "%d nodes: 1 to %d are supported", nodes, MZ_NODE_COUNT_MAX);
    scratch = mz_arena_create();
    list = mz_arena_alloc(scratch, (size_t)nodes, sizeof(*list));
    for (int32_t n = 0; n < nodes; n++)
        list[n] = (struct mz_node_spec){ .chips = chips_per_node,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 };
    spec.nodes = list;
    status = mz_fleet_create(arena, &spec, ret_fleet, err);
    mz_arena_free(scratch);
    return status;
}

/* Sites in the order of their partners, so that a partner's nodes stand together. */
struct placed_site {
    const struct mz_site *site;
    int32_t nodes;
    int32_t chip; /* in the fleet */
};

struct collection {
    struct placed_site *sites;
    int32_t site_count;
    const char *chip_names[MZ_CHIP_COUNT_MAX];
    int32_t chip_count;
    int64_t node_count;
};

static int32_t chip_index(struct collection *all, const char *name)
{
    for (int32_t c = 0; c < all->chip_count; c++) {
        if (strcmp(all->chip_names[c], name) == 0)
            return c;
    }
    all->chip_names[all->chip_count] = name;
    return all->chip_count++;
}

static enum mz_status check_site(
    const struct mz_site *site, double nodes, int32_t scale, struct mz_error *err)
{
    const struct mz_topology *topology = &site->topology;
    double room = (double)topology->spines * topology->racks_per_spine * topology->nodes_per_rack;

    if (nodes > MZ_NODE_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "site '%s' has %.0f nodes; at most %d are supported",
            site->name, nodes, MZ_NODE_COUNT_MAX);
    if (site->chips_per_node < 0 || site->chips_per_node > MZ_NODE_CHIP_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "site '%s' has %d chips per node; 0 to %d are supported",
            site->name, site->chips_per_node, MZ_NODE_CHIP_COUNT_MAX);
    if (room > 0 && room * scale < nodes)
        return mz_fail(err, MZ_E_INPUT,
            "site '%s' has %.0f nodes, but its topology only %d x %d x %d", site->name,
            nodes / scale, topology->spines, topology->racks_per_spine, topology->nodes_per_rack);
    return MZ_OK;
}

static enum mz_status collect_sites(struct mz_arena *scratch, const struct mz_scenario *scenario,
    int32_t month, int32_t scale, struct collection *all, struct mz_error *err)
{
    all->sites = mz_arena_alloc(scratch, (size_t)scenario->site_count + 1, sizeof(*all->sites));
    for (int32_t p = 0; p < scenario->partner_count; p++) {
        for (int32_t s = 0; s < scenario->site_count; s++) {
            const struct mz_site *site = &scenario->sites[s];
            double nodes = mz_series_at(&site->nodes, month) * scale;
            enum mz_status status;

            if (site->partner != p || nodes < 1)
                continue;
            status = check_site(site, nodes, scale, err);
            if (status != MZ_OK)
                return status;
            all->sites[all->site_count++] = (struct placed_site){ .site = site,
                .nodes = (int32_t)nodes,
                .chip =
                    chip_index(all, site->chip < 0 ? "any" : scenario->chips[site->chip].name) };
            all->node_count += (int32_t)nodes;
        }
    }
    if (all->node_count == 0) {
        char text[MZ_MONTH_TEXT_MAX];

        return mz_fail(err, MZ_E_INPUT,
            "no site has nodes in %s: write 'nodes', 'chips_per_node' and 'chip' at the sites, "
            "or let 'mizan plan --emit-fleet' write the file",
            mz_month_format(text, month));
    }
    if (all->node_count > MZ_NODE_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "the fleet has %lld nodes; at most %d are supported",
            (long long)all->node_count, MZ_NODE_COUNT_MAX);
    return MZ_OK;
}

static void list_nodes(const struct collection *all, int32_t s, struct mz_node_spec *list)
{
    const struct mz_site *site = all->sites[s].site;
    const struct mz_topology *topology = &site->topology;

    for (int32_t n = 0; n < all->sites[s].nodes; n++) {
        int32_t rack = topology->nodes_per_rack > 0 ? n / topology->nodes_per_rack : -1;
        int32_t spine =
            rack >= 0 && topology->racks_per_spine > 0 ? rack / topology->racks_per_spine : -1;

        list[n] = (struct mz_node_spec){ .site = s,
            .chip = all->sites[s].chip,
            .chips = site->chips_per_node,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = rack,
            .spine = spine };
    }
}

enum mz_status mz_fleet_from_scenario(struct mz_arena *arena, const struct mz_scenario *scenario,
    int32_t month, int32_t scale, struct mz_fleet **ret_fleet, struct mz_error *err)
{
    struct mz_arena *scratch = mz_arena_create();
    struct collection all = { 0 };
    enum mz_status status = collect_sites(scratch, scenario, month, scale, &all, err);
    struct mz_fleet_spec spec = { .partner_count = scenario->partner_count,
        .chip_names = all.chip_names };

    if (status == MZ_OK) {
        const char **partners =
            mz_arena_alloc(scratch, (size_t)scenario->partner_count, sizeof(*partners));
        struct mz_fleet_site *sites =
            mz_arena_alloc(scratch, (size_t)all.site_count, sizeof(*sites));
        struct mz_node_spec *list = mz_arena_alloc(scratch, (size_t)all.node_count, sizeof(*list));

        for (int32_t p = 0; p < scenario->partner_count; p++)
            partners[p] = scenario->partners[p].name;
        spec.nodes = list;
        spec.node_count = (int32_t)all.node_count;
        for (int32_t s = 0; s < all.site_count; s++) {
            const struct mz_site *site = all.sites[s].site;

            sites[s] = (struct mz_fleet_site){ .name = site->name,
                .partner = site->partner,
                .region = site->region < 0 ? NULL : scenario->regions[site->region],
                .pretend = site->pretend };
            list_nodes(&all, s, list);
            list += all.sites[s].nodes;
        }
        spec.partner_names = partners;
        spec.sites = sites;
        spec.site_count = all.site_count;
        spec.chip_count = all.chip_count;
        status = mz_fleet_create(arena, &spec, ret_fleet, err);
    }
    mz_arena_free(scratch);
    return status;
}
