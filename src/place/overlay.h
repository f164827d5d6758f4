/* overlay.h - the fleet as it would be without some jobs
 *
 * A copy of what is free on each node, from which jobs can be taken out and put back cheaply, and
 * beside it what is reserved. The fleet is only read. One region of it is looked at at a time: the
 * overlay counts how many of its nodes offer enough, so that "does the shape fit" costs nothing.
 *
 * What a node offers: nothing when it is not up, or when its CPU or memory is below the shape's;
 * else its wholly free chips (for a fractional shape: whether one chip has that much free). Free is
 * what is free in the fleet, and what those held who were taken out, less what is reserved: chip by
 * chip, CPU and memory, never below zero.
 */
#ifndef MZ_PLACE_OVERLAY_H
#define MZ_PLACE_OVERLAY_H

#include "place/fleet.h"
#include "place/job.h"

struct mz_use { /* what one job holds, or has reserved */
    int32_t part_count;
    const struct mz_part *parts;
    int32_t cpu_milli; /* on each node */
    int32_t memory_mib;
};

struct mz_region { /* nodes among which a shape is to fit */
    enum mz_level level;
    int32_t node_begin;
    int32_t node_end;
    int32_t pool;        /* only its nodes; -1: those of the pools of `members` */
    const bool *members; /* [pool] */
    int32_t node_count;  /* so many nodes have to offer per_node, */
    int32_t per_node;
    int32_t rest; /* and another one the rest; 0: there is none */
};

struct mz_overlay {
    const struct mz_fleet *fleet;
    const struct mz_shape *shape;
    uint64_t *free; /* per node: chips wholly free, partly free, reserved or partly so */
    uint64_t *shared;
    uint64_t *reserved;
    int32_t *cpu_milli;
    int32_t *memory_mib;
    int64_t *reserved_cpu_milli;
    int64_t *reserved_memory_mib;
    uint16_t *milli;          /* per chip: free thousandths; true for shared ones */
    uint16_t *reserved_milli; /* per chip, at most MZ_MILLI */
    struct mz_region region;
    int32_t room;   /* its nodes that offer per_node */
    int32_t middle; /* that offer less, but the rest */
    int64_t moved;  /* parts moved so far: a measure of work */
};

/* As the fleet stands now. O(nodes + chips); lives in the arena. */
struct mz_overlay *mz_overlay_create(
    struct mz_arena *arena, const struct mz_fleet *fleet, const struct mz_shape *shape);

/* Before any region is entered: a job that is gone anyhow, a reservation. */
void mz_overlay_drop(struct mz_overlay *overlay, const struct mz_use *use);
void mz_overlay_reserve(struct mz_overlay *overlay, const struct mz_use *use);

void mz_overlay_enter(struct mz_overlay *overlay, const struct mz_region *region);

static inline bool mz_overlay_has(const struct mz_overlay *overlay, int32_t node)
{
    const struct mz_region *r = &overlay->region;
    int32_t pool = overlay->fleet->node_pool[node];

    return node >= r->node_begin && node < r->node_end &&
        (r->pool < 0 ? r->members[pool] : pool == r->pool);
}

/* Chips that the node offers; -1: it may not be used. */
int32_t mz_overlay_offer(const struct mz_overlay *overlay, int32_t node);

/* Takes one part, or all parts inside the region, out or puts them back. */
void mz_overlay_move_part(
    struct mz_overlay *overlay, const struct mz_use *use, int32_t part, bool out);
void mz_overlay_move(struct mz_overlay *overlay, const struct mz_use *use, bool out);

static inline bool mz_overlay_fits(const struct mz_overlay *overlay)
{
    const struct mz_region *r = &overlay->region;

    return overlay->room >= r->node_count &&
        (r->rest == 0 || overlay->room > r->node_count || overlay->middle > 0);
}

#endif
