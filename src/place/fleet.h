/* fleet.h - the machines on which jobs are placed: nodes, domains, what is free
 *
 * Layout. Nodes are numbered from 0 in the order of the fleet file (or node list); every domain is
 * a run of consecutive nodes, so "the nodes of rack 7" is two integers. Levels, smallest first:
 * node < rack < spine < site < partner < fleet. Where a site does not state a level, that level is
 * the one below it: a site without racks promises nothing above its nodes, so there each node is
 * its own rack and its own spine, and a gang that requires a rack has to fit one node.
 *
 * Chips. A chip is counted in thousandths (milli). Per node, a mask holds the chips that are wholly
 * free, another those that are shared; only shared chips have an entry of their own that counts
 * (chip_milli). So a job of whole chips costs a few bit operations.
 *
 * Kept up to date on every change, so that no decision has to count: the free chips and the wholly
 * free nodes of each domain at each level, and for each pool the set of nodes with exactly f
 * wholly free chips, f = 0 ... chips_per_node, as bit sets that yield their lowest node. Nodes that
 * are down or cordoned are in no set and count for no domain, but keep what runs on them.
 *
 * A pool is the nodes of one site with the same chip. It is `uniform` when they stand together and
 * have equally many chips: then the counts of domains speak for it. Gangs over several nodes lie
 * within pools of one chip.
 *
 * Nothing here allocates after mz_fleet_create. Integers only: the same calls give the same bytes
 * with every compiler. Errors of use (a chip given twice) are bugs and end the program by assert.
 */
#ifndef MZ_PLACE_FLEET_H
#define MZ_PLACE_FLEET_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/status.h"
#include "domain/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MZ_NODE_CHIP_COUNT_MAX = 64,
    MZ_NODE_COUNT_MAX = 4 * 1024 * 1024,
    MZ_FLEET_CHIP_COUNT_MAX = 64, /* kinds of chip: a set of them is one uint64_t */
    MZ_MILLI = 1000,              /* of one chip */
    MZ_CELL_NODES = 1024,
    MZ_UNLIMITED = INT32_MAX /* CPU or memory of a node that states none */
};

enum mz_level {
    MZ_LEVEL_NODE,
    MZ_LEVEL_RACK, /* rack or NVLink domain */
    MZ_LEVEL_SPINE,
    MZ_LEVEL_SITE,
    MZ_LEVEL_PARTNER,
    MZ_LEVEL_FLEET,
    MZ_LEVEL_COUNT
};

const char *mz_level_name(enum mz_level level);                  /* "rack" */
bool mz_level_parse(const char *text, enum mz_level *ret_level); /* also "block" and "nvlink" */

struct mz_domain {
    int32_t node_begin;
    int32_t node_end;
    int32_t parent; /* index at the next level; -1 at the top */
    int32_t free_chips;
    int32_t free_nodes; /* with all their chips free */
};

/* Nodes with exactly f wholly free chips: bits over the nodes of the pool, a summary bit for each
 * 64 of them, and so on. */
struct mz_bitset {
    uint64_t *words[4]; /* [0]: one bit a node; [l + 1]: one bit a word of [l] */
    int32_t level_count;
    int32_t size;  /* members lie in [0, size) */
    int32_t count; /* members */
};

struct mz_fleet_pool {
    int32_t site;
    int32_t chip;
    int32_t chips_per_node; /* the most of any node */
    bool uniform;
    int32_t node_begin; /* the nodes of the site; those of other pools are skipped */
    int32_t node_end;
    int64_t chip_total;
    int64_t free_chips;
    int32_t largest[MZ_LEVEL_COUNT]; /* nodes of the largest domain of each level at its site */
    struct mz_bitset *free_sets;     /* [chips_per_node + 1], of nodes that are up */
};

enum mz_node_state {
    MZ_NODE_UP,
    MZ_NODE_CORDONED, /* keeps what runs, takes nothing new: `mizan drain` */
    MZ_NODE_DOWN
};

struct mz_fleet_site {
    const char *name;
    int32_t partner;
    const char *region; /* NULL: none */
    bool pretend;
};

struct mz_fleet {
    struct mz_arena *arena;
    int32_t node_count;
    int64_t chip_total;
    int32_t chip_count; /* kinds */
    const char *const *chip_names;
    int32_t partner_count;
    const char *const *partner_names;
    int32_t site_count;
    const struct mz_fleet_site *sites;
    int32_t pool_count;
    struct mz_fleet_pool *pools;
    int32_t domain_counts[MZ_LEVEL_COUNT];
    struct mz_domain *domains[MZ_LEVEL_COUNT]; /* [MZ_LEVEL_NODE] is NULL: a node is its own */
    bool has_limits;                           /* any node states CPU or memory */
    /* per node */
    const char **node_names; /* NULL: all are called site/number */
    int32_t *node_rack;
    int32_t *node_pool;
    uint8_t *node_chips; /* how many it has */
    uint8_t *node_state;
    uint64_t *chips_free;   /* mask of chips wholly free */
    uint64_t *chips_shared; /* mask of chips partly used */
    int32_t *chip_first;    /* index of its first chip in chip_milli */
    uint16_t *chip_milli;   /* free thousandths; true for shared chips only */
    int32_t *cpu_milli;     /* capacity; MZ_UNLIMITED */
    int32_t *cpu_free_milli;
    int32_t *memory_mib;
    int32_t *memory_free_mib;
    int32_t *job_count;   /* parts of jobs that run there */
    int8_t *node_counted; /* wholly free chips for which it counts; -1: for nothing */
    /* What changed, for those who keep scores: nodes stand in cells of MZ_CELL_NODES; a change of
     * a node adds its offset to the ring of its cell. Who was there at version v replays the
     * entries behind it, or starts anew when more than MZ_CELL_NODES changes lie between. */
    int32_t cell_count;
    uint32_t *cell_version;
    uint16_t *cell_journal; /* [cell * MZ_CELL_NODES + version % MZ_CELL_NODES] */
};

/* One node of a list from which a fleet is made. Strings are borrowed until create returns. */
struct mz_node_spec {
    const char *name; /* NULL: site/number */
    int32_t site;     /* index into the sites given; nodes of a site stand together */
    int32_t chip;     /* index into the chip names; -1: none (CPU only) */
    int32_t chips;
    int32_t cpu_milli;  /* MZ_UNLIMITED: not stated */
    int32_t memory_mib; /* the same */
    int32_t rack;       /* number within the site, not decreasing; -1: no racks stated */
    int32_t spine;      /* the same */
};

struct mz_fleet_spec {
    int32_t partner_count;
    const char *const *partner_names;
    int32_t site_count;
    const struct mz_fleet_site *sites; /* those of a partner stand together */
    int32_t chip_count;
    const char *const *chip_names;
    int32_t node_count;
    const struct mz_node_spec *nodes;
};

/* Makes a fleet in the arena; names are copied. MZ_E_LIMIT, MZ_E_INPUT with the node named. */
enum mz_status mz_fleet_create(struct mz_arena *arena, const struct mz_fleet_spec *spec,
    struct mz_fleet **ret_fleet, struct mz_error *err);

/* The sites with nodes of a scenario as they stand in a month, replicated `scale` times (1: as
 * stated). Topology: racks are filled in node order, then spines. Partners without such sites keep
 * their index and have no nodes. MZ_E_INPUT when no site has nodes, naming what to write. */
enum mz_status mz_fleet_from_scenario(struct mz_arena *arena, const struct mz_scenario *scenario,
    int32_t month, int32_t scale, struct mz_fleet **ret_fleet, struct mz_error *err);

/* `nodes` equal nodes at one partner "local", site "local": "12x8". chip NULL: "any". */
enum mz_status mz_fleet_plain(struct mz_arena *arena, int32_t nodes, int32_t chips_per_node,
    const char *chip, struct mz_fleet **ret_fleet, struct mz_error *err);

/* A part of a job on one node. chips: mask of the node's chips; each of them gives `milli`. A part
 * with an empty mask uses only CPU and memory. */
struct mz_part {
    int32_t node;
    int32_t milli;
    uint64_t chips;
};

/* Takes and gives back a part. Taking asserts that all of it is free; the node may be down when it
 * is given back, and then counts nowhere until it is up. */
void mz_fleet_take(
    struct mz_fleet *fleet, const struct mz_part *part, int32_t cpu_milli, int32_t memory_mib);
void mz_fleet_give(
    struct mz_fleet *fleet, const struct mz_part *part, int32_t cpu_milli, int32_t memory_mib);

/* Up, cordoned, down. What runs there is the caller's to end. */
void mz_fleet_set_node_state(struct mz_fleet *fleet, int32_t node, enum mz_node_state state);

/* Free thousandths of one chip of a node. */
static inline int32_t mz_fleet_chip_free(const struct mz_fleet *fleet, int32_t node, int32_t chip)
{
    uint64_t bit = UINT64_C(1) << chip;

    if (fleet->chips_free[node] & bit)
        return MZ_MILLI;
    if (fleet->chips_shared[node] & bit)
        return fleet->chip_milli[fleet->chip_first[node] + chip];
    return 0;
}

static inline int32_t mz_fleet_whole_free(const struct mz_fleet *fleet, int32_t node)
{
    return mz_bit_count(fleet->chips_free[node]);
}

/* The domain of a node at a level (its own index at MZ_LEVEL_NODE). */
int32_t mz_fleet_domain_of(const struct mz_fleet *fleet, int32_t node, enum mz_level level);

/* The site and the partner of a node, through its pool. */
static inline int32_t mz_fleet_site_of(const struct mz_fleet *fleet, int32_t node)
{
    return fleet->pools[fleet->node_pool[node]].site;
}

static inline int32_t mz_fleet_partner_of(const struct mz_fleet *fleet, int32_t node)
{
    return fleet->sites[mz_fleet_site_of(fleet, node)].partner;
}

/* "aws/use1/0012", or the name that the node list gave. Buffer of MZ_NODE_NAME_MAX. */
enum { MZ_NODE_NAME_MAX = 160 };
const char *mz_fleet_node_name(const struct mz_fleet *fleet, int32_t node, char *buffer);

/* Lowest member at or behind `from`, relative to the pool's first node; -1: none. */
int32_t mz_bitset_next(const struct mz_bitset *set, int32_t from);

#endif
