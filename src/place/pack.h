/* pack.h - which node for a job that lies on one node
 *
 *   bestfit   the node with the least left over, as a share of the largest node: the mean of CPU
 *             and chips, in whole per cent
 *   firstfit  the lowest node that fits
 *   random    any node that fits, all alike
 *   fgd       fragmentation gradient descent (Weng et al., USENIX ATC'23)
 *   frag      ours: docs/placement.md "Packing"
 *
 * Jobs of whole chips that state neither CPU nor memory take their node from the bit sets of the
 * pool under bestfit and firstfit, in constant time (find.c: there bestfit is the node with the
 * fewest free chips). Everything else is scored here.
 *
 * What is exact. Each pool is cut into cells of MZ_PACK_CELL_NODES nodes. A query takes the best
 * node of the first MZ_PACK_WINDOW cells of the pool in which any node fits; with pool -1, the best
 * of all pools. So the choice is the best of all nodes that fit as long as no pool has more than
 * MZ_PACK_CELL_NODES x MZ_PACK_WINDOW nodes; beyond, that of the window. Whether a node is found
 * at all is exact at any size. The choice is a function of the fleet, the shape and what is
 * expected, never of what was asked before (frag and fgd without mz_pack_expect aside: they learn).
 * What the window costs with 250,000 nodes, in points of allocation: frag 0.01 on openb's default
 * pods, 0.2 where a third of them name their chips. options.window widens it, at a price in time.
 *
 * Ties. Equal costs go to the node that comes first: by number, or by mz_pack_mix(number) where
 * `mixed_order` says so. A fraction takes the least free chip that fits, then the lowest; frag does
 * so among the chips that cost least, fgd takes the lowest of those. Integers only.
 *
 * Cost: a query replays what changed in the cells it looks at since the shape was last there; see
 * docs/placement.md for measurements. Memory: about 90 bytes a node, and rows of at most
 * MZ_PACK_ROW_BYTES_MAX.
 */
#ifndef MZ_PLACE_PACK_H
#define MZ_PLACE_PACK_H

#include "place/fleet.h"
#include "place/job.h"

enum mz_pack_policy {
    MZ_PACK_BESTFIT,
    MZ_PACK_FIRSTFIT,
    MZ_PACK_RANDOM,
    MZ_PACK_FGD,
    MZ_PACK_FRAG
};

enum {
    MZ_PACK_CELL_NODES = 1024,
    MZ_PACK_WINDOW = 8,                        /* unless the options say otherwise */
    MZ_PACK_ROW_BYTES_MAX = 256 * 1024 * 1024, /* rows over it are made anew when they are needed */
    MZ_PACK_DEMAND_MAX = 1024 /* kinds of job that are expected; more: the most frequent */
};

const char *mz_pack_policy_name(enum mz_pack_policy policy);
bool mz_pack_policy_parse(const char *text, enum mz_pack_policy *ret_policy);

/* How often a kind of job is asked for: what fgd and frag expect to come. */
struct mz_pack_demand {
    struct mz_shape shape;
    int64_t count;
};

/* The constants of frag; "_256" are in 256ths. What each means: docs/placement.md "Packing". They
 * were tuned on the openb variants in shared/traces; mz_packing_run tries others. */
struct mz_pack_weights {
    int32_t offers;        /* pods that a chip is offered when its worth is computed; 1 ... 256 */
    int32_t slack_256;     /* CPU and memory that a kind of job wants for each chip, times this */
    int32_t cpu_256;       /* weight of the balance between CPU and chips */
    int32_t memory_256;    /* the same for memory */
    int32_t multi_256;     /* weight of jobs of several chips */
    int32_t spare_milli;   /* an untouched chip counts for so much less */
    int32_t price_256;     /* weight of what is asked of scarce kinds of chip */
    int32_t price_cap_256; /* the most that a kind counts as asked for, per chip */
    int32_t use_256;       /* in the balance: free milli-chips; the rest of 256 is their worth */
    int32_t quantum_bits;  /* costs are compared in steps of 2^this milli-chips; 0 ... 10 */
};

struct mz_pack_weights mz_pack_weights_default(void);

struct mz_pack_options {
    uint64_t seed;    /* of random */
    int32_t window;   /* cells of a pool that are compared; 0: all, the choice is always exact */
    bool mixed_order; /* ties by mz_pack_mix(node) instead of the number of the node */
    struct mz_pack_weights weights;
};

/* Default weights; mixed order for fgd, whose published results depend on it, index order else. */
struct mz_pack_options mz_pack_options_default(enum mz_pack_policy policy, uint64_t seed);

/* The order key of a node under mixed_order: a fixed shuffle of the numbers. */
uint64_t mz_pack_mix(uint64_t node);

struct mz_pack; /* opaque */

/* The fleet is borrowed and may change through mz_fleet_take, give and set_node_state only. */
struct mz_pack *mz_pack_create(const struct mz_fleet *fleet, enum mz_pack_policy policy,
    const struct mz_pack_options *options);
void mz_pack_free(struct mz_pack *pack);

/* The kinds of job to expect; borrowed only during the call. Without it fgd and frag learn from
 * the shapes that they are asked for: anew when twice as many were asked as last time, a small
 * piece of the work in each query. */
void mz_pack_expect(
    struct mz_pack *pack, const struct mz_pack_demand *demands, int32_t demand_count);

/* The best node of a pool (-1: of all pools) for one part of a shape; shape_id is its number in the
 * engine: equal shapes have equal ids. False when no node fits. Does not change the fleet. */
bool mz_pack_find(struct mz_pack *pack, const struct mz_shape *shape, int32_t shape_id,
    int32_t pool, struct mz_part *ret_part);

/* What the policy says about a node for a shape that has been asked for with this id: lower is
 * better. False when it does not fit. For tests and explanations: reads the fleet afresh. */
bool mz_pack_cost(struct mz_pack *pack, int32_t shape_id, int32_t node, int32_t *ret_cost);

#endif
