/* fleet.c - taking and giving chips, and the counts and sets that follow
 *
 * Invariant, for every node: the counts of its domains, the free chips of its pool and its place in
 * the pool's bit sets say what node_counted says, and between calls that is what chips_free says, if
 * it is up; nothing (-1), if it is not. Checked by check.c.
 */
#include "place/fleet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const level_names[MZ_LEVEL_COUNT] = { "node", "rack", "spine", "site", "partner",
    "fleet" };

const char *mz_level_name(enum mz_level level)
{
    return level_names[level];
}

bool mz_level_parse(const char *text, enum mz_level *ret_level)
{
    if (strcmp(text, "nvlink") == 0 || strcmp(text, "block") == 0) {
        *ret_level = MZ_LEVEL_RACK;
        return true;
    }
    for (int32_t i = 0; i < MZ_LEVEL_COUNT; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum mz_level)i;
            return true;
        }
    }
    return false;
}

static void bitset_add(struct mz_bitset *set, int32_t at)
{
    for (int32_t level = 0; level < set->level_count; level++) {
        uint64_t *word = &set->words[level][at >> 6];
        uint64_t old = *word;

        *word = old | UINT64_C(1) << (at & 63);
        if (old)
            break;
        at >>= 6;
    }
    set->count++;
}

static void bitset_remove(struct mz_bitset *set, int32_t at)
{
    for (int32_t level = 0; level < set->level_count; level++) {
        uint64_t *word = &set->words[level][at >> 6];

        *word &= ~(UINT64_C(1) << (at & 63));
        if (*word)
            break;
        at >>= 6;
    }
    set->count--;
}

int32_t mz_bitset_next(const struct mz_bitset *set, int32_t from)
{
    int32_t size = set->size;
    int32_t level = 0;

    /* up, until a word has a bit at or behind the place; */
    for (;; level++) {
        uint64_t bits;

        if (level == set->level_count || from >= size)
            return -1;
        bits = set->words[level][from >> 6] & (~UINT64_C(0) << (from & 63));
        if (bits) {
            from = (from & ~63) + __builtin_ctzll(bits);
            break;
        }
        from = (from >> 6) + 1;
        size = (size + 63) >> 6;
    }
    /* then down to its lowest bit. */
    while (level-- > 0)
        from = (from << 6) + __builtin_ctzll(set->words[level][from]);
    return from;
}

/* What a node adds to its domains, its pool and the pool's sets changes from `old_chips` wholly free
 * ones to `new_chips`; -1: nothing, because it is not up. */
static void recount(struct mz_fleet *fleet, int32_t node, int32_t old_chips, int32_t new_chips)
{
    struct mz_fleet_pool *pool = &fleet->pools[fleet->node_pool[node]];
    int32_t all = fleet->node_chips[node];
    int32_t chips = (new_chips < 0 ? 0 : new_chips) - (old_chips < 0 ? 0 : old_chips);
    int32_t nodes = (all > 0 && new_chips == all) - (all > 0 && old_chips == all);
    int32_t domain = fleet->node_rack[node];

    if (chips != 0 || nodes != 0) {
        for (int32_t level = MZ_LEVEL_RACK; level < MZ_LEVEL_COUNT; level++) {
            struct mz_domain *d = &fleet->domains[level][domain];

            d->free_chips += chips;
            d->free_nodes += nodes;
            domain = d->parent;
        }
        pool->free_chips += chips;
    }
    if (old_chips == new_chips)
        return;
    if (old_chips >= 0)
        bitset_remove(&pool->free_sets[old_chips], node - pool->node_begin);
    if (new_chips >= 0)
        bitset_add(&pool->free_sets[new_chips], node - pool->node_begin);
}

/* Brings everything that is kept about a node up to date with its masks and state. */
static void changed(struct mz_fleet *fleet, int32_t node)
{
    int32_t cell = node / MZ_CELL_NODES;
    uint32_t version = fleet->cell_version[cell]++;
    int32_t new_chips =
        fleet->node_state[node] == MZ_NODE_UP ? mz_bit_count(fleet->chips_free[node]) : -1;

    recount(fleet, node, fleet->node_counted[node], new_chips);
    fleet->node_counted[node] = (int8_t)new_chips;
    fleet->cell_journal[(size_t)cell * MZ_CELL_NODES + version % MZ_CELL_NODES] =
        (uint16_t)(node % MZ_CELL_NODES);
}

/* The one chip of a fractional part. */
static void take_shared(struct mz_fleet *fleet, const struct mz_part *part)
{
    int32_t chip = __builtin_ctzll(part->chips);
    uint16_t *milli = &fleet->chip_milli[fleet->chip_first[part->node] + chip];
    int32_t have = mz_fleet_chip_free(fleet, part->node, chip);

    assert(part->chips == UINT64_C(1) << chip && have >= part->milli);
    *milli = (uint16_t)(have - part->milli);
    fleet->chips_free[part->node] &= ~part->chips;
    fleet->chips_shared[part->node] |= part->chips;
}

static void give_shared(struct mz_fleet *fleet, const struct mz_part *part)
{
    int32_t chip = __builtin_ctzll(part->chips);
    uint16_t *milli = &fleet->chip_milli[fleet->chip_first[part->node] + chip];

    assert((fleet->chips_shared[part->node] & part->chips) && *milli + part->milli <= MZ_MILLI);
    *milli = (uint16_t)(*milli + part->milli);
    if (*milli == MZ_MILLI) {
        fleet->chips_shared[part->node] &= ~part->chips;
        fleet->chips_free[part->node] |= part->chips;
    }
}

void mz_fleet_take(
    struct mz_fleet *fleet, const struct mz_part *part, int32_t cpu_milli, int32_t memory_mib)
{
    int32_t node = part->node;

    if (part->milli < MZ_MILLI && part->chips) {
        take_shared(fleet, part);
    } else {
        assert((fleet->chips_free[node] & part->chips) == part->chips);
        fleet->chips_free[node] &= ~part->chips;
    }
    if (fleet->has_limits) {
        assert(fleet->cpu_free_milli[node] >= cpu_milli);
        assert(fleet->memory_free_mib[node] >= memory_mib);
        if (fleet->cpu_milli[node] != MZ_UNLIMITED)
            fleet->cpu_free_milli[node] -= cpu_milli;
        if (fleet->memory_mib[node] != MZ_UNLIMITED)
            fleet->memory_free_mib[node] -= memory_mib;
    }
    fleet->job_count[node]++;
    changed(fleet, node);
}

void mz_fleet_give(
    struct mz_fleet *fleet, const struct mz_part *part, int32_t cpu_milli, int32_t memory_mib)
{
    int32_t node = part->node;

    if (part->milli < MZ_MILLI && part->chips) {
        give_shared(fleet, part);
    } else {
        assert(((fleet->chips_free[node] | fleet->chips_shared[node]) & part->chips) == 0);
        fleet->chips_free[node] |= part->chips;
    }
    if (fleet->has_limits) {
        if (fleet->cpu_milli[node] != MZ_UNLIMITED)
            fleet->cpu_free_milli[node] += cpu_milli;
        if (fleet->memory_mib[node] != MZ_UNLIMITED)
            fleet->memory_free_mib[node] += memory_mib;
        assert(fleet->cpu_free_milli[node] <= fleet->cpu_milli[node]);
        assert(fleet->memory_free_mib[node] <= fleet->memory_mib[node]);
    }
    fleet->job_count[node]--;
    assert(fleet->job_count[node] >= 0);
    changed(fleet, node);
}

void mz_fleet_set_node_state(struct mz_fleet *fleet, int32_t node, enum mz_node_state state)
{
    fleet->node_state[node] = (uint8_t)state;
    changed(fleet, node);
}

int32_t mz_fleet_domain_of(const struct mz_fleet *fleet, int32_t node, enum mz_level level)
{
    int32_t domain = node;

    if (level == MZ_LEVEL_NODE)
        return node;
    domain = fleet->node_rack[node];
    for (int32_t l = MZ_LEVEL_RACK; l < (int32_t)level; l++)
        domain = fleet->domains[l][domain].parent;
    return domain;
}

const char *mz_fleet_node_name(const struct mz_fleet *fleet, int32_t node, char *buffer)
{
    int32_t site = mz_fleet_site_of(fleet, node);
    int32_t first = fleet->domains[MZ_LEVEL_SITE][site].node_begin;

    if (fleet->node_names && fleet->node_names[node])
        return fleet->node_names[node];
    snprintf(buffer, MZ_NODE_NAME_MAX, "%.140s/%04d", fleet->sites[site].name, node - first);
    return buffer;
}
