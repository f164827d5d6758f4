/* overlay.c - the fleet as it would be without some jobs
 *
 * Inside a region only the parts on its nodes are moved; `room` and `middle` count its nodes as the
 * overlay stands. Who enters another region has put everything back before.
 */
#include "place/overlay.h"

#include <string.h>

static void *copy_of(struct mz_arena *arena, const void *from, size_t count, size_t size)
{
    void *copy = mz_arena_alloc(arena, count, size);

    memcpy(copy, from, count * size);
    return copy;
}

struct mz_overlay *mz_overlay_create(
    struct mz_arena *arena, const struct mz_fleet *fleet, const struct mz_shape *shape)
{
    struct mz_overlay *o = mz_arena_alloc(arena, 1, sizeof(*o));
    size_t nodes = (size_t)fleet->node_count;
    size_t chips = (size_t)fleet->chip_total + 1;

    o->fleet = fleet;
    o->shape = shape;
    o->free = copy_of(arena, fleet->chips_free, nodes, sizeof(*o->free));
    o->shared = copy_of(arena, fleet->chips_shared, nodes, sizeof(*o->shared));
    o->reserved = mz_arena_alloc(arena, nodes, sizeof(*o->reserved));
    o->cpu_milli = copy_of(arena, fleet->cpu_free_milli, nodes, sizeof(*o->cpu_milli));
    o->memory_mib = copy_of(arena, fleet->memory_free_mib, nodes, sizeof(*o->memory_mib));
    o->reserved_cpu_milli = mz_arena_alloc(arena, nodes, sizeof(*o->reserved_cpu_milli));
    o->reserved_memory_mib = mz_arena_alloc(arena, nodes, sizeof(*o->reserved_memory_mib));
    o->milli = copy_of(arena, fleet->chip_milli, chips, sizeof(*o->milli));
    o->reserved_milli = mz_arena_alloc(arena, chips, sizeof(*o->reserved_milli));
    return o;
}

/* ---- what is free ---- */

static void move_limits(struct mz_overlay *o, int32_t node, const struct mz_use *use, int32_t sign)
{
    if (o->fleet->cpu_milli[node] != MZ_UNLIMITED)
        o->cpu_milli[node] += sign * use->cpu_milli;
    if (o->fleet->memory_mib[node] != MZ_UNLIMITED)
        o->memory_mib[node] += sign * use->memory_mib;
}

/* Of the one chip of a fractional part. */
static uint16_t *shared_milli(struct mz_overlay *o, const struct mz_part *part)
{
    return &o->milli[o->fleet->chip_first[part->node] + __builtin_ctzll(part->chips)];
}

static void give(struct mz_overlay *o, const struct mz_part *part, const struct mz_use *use)
{
    int32_t node = part->node;

    move_limits(o, node, use, 1);
    if (part->milli < MZ_MILLI && part->chips) {
        uint16_t *milli = shared_milli(o, part);

        *milli = (uint16_t)(*milli + part->milli);
        if (*milli < MZ_MILLI)
            return;
        o->shared[node] &= ~part->chips;
    }
    o->free[node] |= part->chips;
}

static void take(struct mz_overlay *o, const struct mz_part *part, const struct mz_use *use)
{
    int32_t node = part->node;

    move_limits(o, node, use, -1);
    if (part->milli < MZ_MILLI && part->chips) {
        uint16_t *milli = shared_milli(o, part);
        int32_t have = o->free[node] & part->chips ? MZ_MILLI : *milli;

        *milli = (uint16_t)(have - part->milli);
        o->shared[node] |= part->chips;
    }
    o->free[node] &= ~part->chips;
}

void mz_overlay_drop(struct mz_overlay *o, const struct mz_use *use)
{
    for (int32_t i = 0; i < use->part_count; i++)
        give(o, &use->parts[i], use);
}

void mz_overlay_reserve(struct mz_overlay *o, const struct mz_use *use)
{
    for (int32_t i = 0; i < use->part_count; i++) {
        const struct mz_part *part = &use->parts[i];
        int32_t node = part->node;

        o->reserved[node] |= part->chips;
        for (uint64_t chips = part->chips; chips; chips &= chips - 1) {
            int32_t at = o->fleet->chip_first[node] + __builtin_ctzll(chips);
            int32_t sum = o->reserved_milli[at] + part->milli;

            o->reserved_milli[at] = (uint16_t)(sum < MZ_MILLI ? sum : MZ_MILLI);
        }
        o->reserved_cpu_milli[node] += use->cpu_milli;
        o->reserved_memory_mib[node] += use->memory_mib;
    }
}

static bool has_free_fraction(const struct mz_overlay *o, int32_t node)
{
    for (uint64_t chips = o->free[node] | o->shared[node]; chips; chips &= chips - 1) {
        int32_t chip = __builtin_ctzll(chips);
        int32_t at = o->fleet->chip_first[node] + chip;
        int32_t free = o->free[node] & UINT64_C(1) << chip ? MZ_MILLI : o->milli[at];

        if (free - o->reserved_milli[at] >= o->shape->chip_milli)
            return true;
    }
    return false;
}

int32_t mz_overlay_offer(const struct mz_overlay *o, int32_t node)
{
    const struct mz_fleet *fleet = o->fleet;
    const struct mz_shape *shape = o->shape;

    if (fleet->node_state[node] != MZ_NODE_UP)
        return -1;
    if (shape->cpu_milli > 0 && fleet->cpu_milli[node] != MZ_UNLIMITED &&
        o->cpu_milli[node] - o->reserved_cpu_milli[node] < shape->cpu_milli)
        return -1;
    if (shape->memory_mib > 0 && fleet->memory_mib[node] != MZ_UNLIMITED &&
        o->memory_mib[node] - o->reserved_memory_mib[node] < shape->memory_mib)
        return -1;
    if (shape->chips > 0 && shape->chip_milli < MZ_MILLI)
        return has_free_fraction(o, node) ? 1 : 0;
    return mz_bit_count(o->free[node] & ~o->reserved[node]);
}

/* ---- a region ---- */

static void count_node(struct mz_overlay *o, int32_t node, int32_t sign)
{
    int32_t chips = mz_overlay_offer(o, node);

    if (chips >= o->region.per_node)
        o->room += sign;
    else if (o->region.rest > 0 && chips >= o->region.rest)
        o->middle += sign;
}

void mz_overlay_enter(struct mz_overlay *o, const struct mz_region *region)
{
    o->region = *region;
    o->room = 0;
    o->middle = 0;
    for (int32_t node = region->node_begin; node < region->node_end; node++) {
        if (mz_overlay_has(o, node))
            count_node(o, node, 1);
    }
}

void mz_overlay_move_part(struct mz_overlay *o, const struct mz_use *use, int32_t part, bool out)
{
    const struct mz_part *p = &use->parts[part];

    count_node(o, p->node, -1);
    if (out)
        give(o, p, use);
    else
        take(o, p, use);
    count_node(o, p->node, 1);
    o->moved++;
}

void mz_overlay_move(struct mz_overlay *o, const struct mz_use *use, bool out)
{
    for (int32_t i = 0; i < use->part_count; i++) {
        if (mz_overlay_has(o, use->parts[i].node))
            mz_overlay_move_part(o, use, i, out);
    }
}
