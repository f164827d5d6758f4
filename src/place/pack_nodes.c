/* pack_nodes.c - views of nodes, and how changes of the fleet reach them
 *
 * Before each query the fleet's own journals are followed: of each of its cells that changed since
 * the last time, the nodes named there are read again (all of the cell's when the journal is too
 * short). A node whose view differs counts as one change of its cell here. When it has more of
 * anything than before, that is a gain, and goes to the ring of gains: only there can a shape find
 * a place that it did not find earlier.
 *
 * Invariant after mz_pack_nodes_follow(pack, -1): the view of each node says what the fleet says;
 * value and usable are those of the tables of the cell's epoch.
 */
#include "place/pack_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct ordered {
    uint64_t key;
    int32_t node;
};

static int compare_ordered(const void *a, const void *b)
{
    const struct ordered *x = a;
    const struct ordered *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

uint64_t mz_pack_mix(uint64_t node)
{
    uint64_t z = node + UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t mz_pack_order(const struct mz_pack *pack, int32_t node)
{
    return pack->options.mixed_order ? mz_pack_mix((uint64_t)node) : (uint64_t)node;
}

/* ---- reading a node ---- */

static void read_partials(
    const struct mz_fleet *fleet, int32_t node, uint16_t *partials, struct mz_pack_view *view)
{
    int32_t count = 0;

    for (uint64_t bits = fleet->chips_shared[node]; bits; bits &= bits - 1) {
        uint16_t milli = fleet->chip_milli[fleet->chip_first[node] + __builtin_ctzll(bits)];
        int32_t at = count++;

        for (; at > 0 && partials[at - 1] > milli; at--)
            partials[at] = partials[at - 1];
        partials[at] = milli;
        view->free_milli += milli;
    }
    view->partial_count = (uint16_t)count;
    view->most = count > 0 ? partials[count - 1] : 0;
}

static void read_state(
    const struct mz_fleet *fleet, int32_t node, uint16_t *partials, struct mz_pack_view *view)
{
    *view = (struct mz_pack_view){
        .node = node, .cpu_milli = -1, .partial_first = fleet->chip_first[node]
    };
    if (fleet->node_state[node] != MZ_NODE_UP)
        return;
    view->cpu_milli = fleet->cpu_free_milli[node];
    view->memory_mib = fleet->memory_free_mib[node];
    view->whole = (uint16_t)mz_fleet_whole_free(fleet, node);
    view->free_milli = view->whole * MZ_MILLI;
    read_partials(fleet, node, partials, view);
    if (view->whole > 0)
        view->most = MZ_MILLI;
}

static void fill_value(
    const struct mz_pack *pack, int32_t chip, const uint16_t *partials, struct mz_pack_view *view)
{
    if (pack->ops->view && pack->tables)
        pack->ops->view(pack->tables, chip, partials, view);
}

void mz_pack_nodes_read(
    const struct mz_pack *pack, int32_t node, uint16_t *partials, struct mz_pack_view *view)
{
    const struct mz_fleet *fleet = pack->fleet;

    read_state(fleet, node, partials, view);
    fill_value(pack, fleet->pools[fleet->node_pool[node]].chip, partials, view);
}

void mz_pack_cell_refresh(struct mz_pack *pack, int32_t cell)
{
    struct mz_pack_cell *c = &pack->cells[cell];
    int32_t chip = mz_pack_cell_chip(pack, c);

    for (int32_t i = 0; i < c->count; i++) {
        struct mz_pack_view *view = &pack->views[c->slot_begin + i];

        fill_value(pack, chip, &pack->partials[view->partial_first], view);
    }
    c->epoch = pack->epoch;
}

/* ---- following the fleet ---- */

static void note_gain(struct mz_pack *pack, int32_t cell, const struct mz_pack_view *view)
{
    pack->gains[pack->gain_count++ % MZ_PACK_GAIN_RING] =
        (struct mz_pack_gain){ .cpu_milli = view->cpu_milli,
            .memory_mib = view->memory_mib,
            .cell = cell,
            .whole = view->whole,
            .most = view->most };
}

static void follow_node(struct mz_pack *pack, int32_t node)
{
    uint16_t partials[MZ_NODE_CHIP_COUNT_MAX];
    int32_t slot = pack->slot_of[node];
    struct mz_pack_view *view = &pack->views[slot];
    uint16_t *old = &pack->partials[view->partial_first];
    struct mz_pack_cell *cell = &pack->cells[pack->cell_of[slot]];
    struct mz_pack_view now;
    bool gained;

    read_state(pack->fleet, node, partials, &now);
    if (now.cpu_milli == view->cpu_milli && now.memory_mib == view->memory_mib &&
        now.whole == view->whole && now.partial_count == view->partial_count &&
        memcmp(partials, old, now.partial_count * sizeof(*old)) == 0)
        return;
    gained = now.cpu_milli > view->cpu_milli || now.memory_mib > view->memory_mib ||
        now.whole > view->whole || now.most > view->most;
    memcpy(old, partials, now.partial_count * sizeof(*old));
    fill_value(pack, mz_pack_cell_chip(pack, cell), old, &now);
    cell->ring[cell->version++ & cell->ring_mask] =
        (struct mz_pack_change){ .cpu_milli = now.cpu_milli,
            .memory_mib = now.memory_mib,
            .whole = now.whole,
            .most = now.most,
            .at = (uint16_t)(slot - cell->slot_begin) };
    now.changed = cell->version;
    *view = now;
    pack->change_count++;
    if (gained)
        note_gain(pack, pack->cell_of[slot], view);
}

static void follow_cell(struct mz_pack *pack, int32_t c)
{
    const struct mz_fleet *fleet = pack->fleet;
    uint32_t seen = pack->fleet_version[c];
    uint32_t version = fleet->cell_version[c];
    int32_t begin = c * MZ_CELL_NODES;

    pack->fleet_version[c] = version;
    if (version - seen <= MZ_CELL_NODES) {
        for (; seen != version; seen++)
            follow_node(pack,
                begin + fleet->cell_journal[(size_t)c * MZ_CELL_NODES + seen % MZ_CELL_NODES]);
        return;
    }
    for (int32_t n = begin; n < fleet->node_count && n < begin + MZ_CELL_NODES; n++)
        follow_node(pack, n);
}

void mz_pack_nodes_follow(struct mz_pack *pack, int32_t pool)
{
    enum { AT_ONCE = 64 };
    const struct mz_fleet *fleet = pack->fleet;
    int32_t cell = 0;
    int32_t end = fleet->cell_count;

    if (pool >= 0) {
        cell = fleet->pools[pool].node_begin / MZ_CELL_NODES;
        end = (fleet->pools[pool].node_end - 1) / MZ_CELL_NODES + 1;
    }
    while (cell < end) {
        int32_t stop = end - cell > AT_ONCE ? cell + AT_ONCE : end;

        if (memcmp(&fleet->cell_version[cell], &pack->fleet_version[cell],
                (size_t)(stop - cell) * sizeof(uint32_t)) == 0) {
            cell = stop;
            continue;
        }
        for (; cell < stop; cell++) {
            if (fleet->cell_version[cell] != pack->fleet_version[cell])
                follow_cell(pack, cell);
        }
    }
}

/* ---- create ---- */

/* Nodes by pool, in the order of ties: a list of nodes, and where each pool begins. */
static int32_t *order_nodes(const struct mz_pack *pack, int32_t *ret_pool_begin)
{
    const struct mz_fleet *fleet = pack->fleet;
    struct ordered *all = mz_xcalloc((size_t)fleet->node_count, sizeof(*all));
    int32_t *nodes = mz_xcalloc((size_t)fleet->node_count, sizeof(*nodes));
    int32_t *fill = mz_xcalloc((size_t)fleet->pool_count + 1, sizeof(*fill));

    for (int32_t n = 0; n < fleet->node_count; n++)
        fill[fleet->node_pool[n] + 1]++;
    for (int32_t p = 0; p < fleet->pool_count; p++)
        fill[p + 1] += fill[p];
    memcpy(ret_pool_begin, fill, ((size_t)fleet->pool_count + 1) * sizeof(*fill));
    for (int32_t n = 0; n < fleet->node_count; n++)
        all[fill[fleet->node_pool[n]]++] =
            (struct ordered){ .key = mz_pack_order(pack, n), .node = n };
    for (int32_t p = 0; pack->options.mixed_order && p < fleet->pool_count; p++)
        qsort(&all[ret_pool_begin[p]], (size_t)(ret_pool_begin[p + 1] - ret_pool_begin[p]),
            sizeof(*all), compare_ordered);
    for (int32_t i = 0; i < fleet->node_count; i++)
        nodes[i] = all[i].node;
    free(all);
    free(fill);
    return nodes;
}

static int32_t ring_size(int32_t count)
{
    int32_t size = 32;

    while (size < count)
        size *= 2;
    return size;
}

static int32_t cells_of(int32_t nodes)
{
    return (nodes + MZ_PACK_CELL_NODES - 1) / MZ_PACK_CELL_NODES;
}

static void make_cells(struct mz_pack *pack, const int32_t *pool_begin)
{
    int32_t pool_count = pack->fleet->pool_count;
    int32_t cell = 0;
    size_t ring_total = 0;

    for (int32_t p = 0; p < pool_count; p++)
        pack->cell_count += cells_of(pool_begin[p + 1] - pool_begin[p]);
    pack->cells = mz_xcalloc((size_t)pack->cell_count, sizeof(*pack->cells));
    for (int32_t p = 0; p < pool_count; p++) {
        pack->pool_cell[p] = cell;
        for (int32_t slot = pool_begin[p]; slot < pool_begin[p + 1]; cell++) {
            struct mz_pack_cell *c = &pack->cells[cell];
            int32_t left = pool_begin[p + 1] - slot;

            c->slot_begin = slot;
            c->pool = p;
            c->count = left < MZ_PACK_CELL_NODES ? left : MZ_PACK_CELL_NODES;
            c->ring_mask = (uint32_t)ring_size(c->count) - 1;
            ring_total += c->ring_mask + 1;
            slot += c->count;
        }
    }
    pack->pool_cell[pool_count] = cell;
    pack->rings = mz_xcalloc(ring_total, sizeof(*pack->rings));
    ring_total = 0;
    for (int32_t i = 0; i < pack->cell_count; i++) {
        pack->cells[i].ring = &pack->rings[ring_total];
        ring_total += pack->cells[i].ring_mask + 1;
    }
}

static void fill_views(struct mz_pack *pack, const int32_t *nodes)
{
    const struct mz_fleet *fleet = pack->fleet;

    for (int32_t i = 0; i < pack->cell_count; i++) {
        const struct mz_pack_cell *cell = &pack->cells[i];

        for (int32_t slot = cell->slot_begin; slot < cell->slot_begin + cell->count; slot++) {
            int32_t node = nodes[slot];

            pack->slot_of[node] = slot;
            pack->cell_of[slot] = i;
            read_state(fleet, node, &pack->partials[fleet->chip_first[node]], &pack->views[slot]);
        }
    }
}

/* What all nodes have at most and together, whatever they have free now. */
static void count_supply(struct mz_pack *pack)
{
    const struct mz_fleet *fleet = pack->fleet;

    for (int32_t n = 0; n < fleet->node_count; n++) {
        int32_t milli = fleet->node_chips[n] * MZ_MILLI;
        int32_t chip = fleet->pools[fleet->node_pool[n]].chip;

        if (milli > pack->largest_milli)
            pack->largest_milli = milli;
        if (fleet->cpu_milli[n] != MZ_UNLIMITED && fleet->cpu_milli[n] > pack->largest_cpu_milli)
            pack->largest_cpu_milli = fleet->cpu_milli[n];
        pack->supply.milli_total += milli;
        if (chip >= 0 && milli > 0) {
            pack->supply.milli_by_chip[chip] += milli;
            pack->supply.chip_mask |= UINT64_C(1) << chip;
        }
    }
}

void mz_pack_nodes_create(struct mz_pack *pack)
{
    const struct mz_fleet *fleet = pack->fleet;
    size_t count = (size_t)fleet->node_count;
    int32_t *pool_begin = mz_xcalloc((size_t)fleet->pool_count + 1, sizeof(*pool_begin));
    int32_t *nodes = order_nodes(pack, pool_begin);

    pack->views = mz_xcalloc(count, sizeof(*pack->views));
    pack->partials = mz_xcalloc((size_t)fleet->chip_total + 1, sizeof(*pack->partials));
    pack->slot_of = mz_xcalloc(count, sizeof(*pack->slot_of));
    pack->cell_of = mz_xcalloc(count, sizeof(*pack->cell_of));
    pack->pool_cell = mz_xcalloc((size_t)fleet->pool_count + 1, sizeof(*pack->pool_cell));
    pack->fleet_version = mz_xcalloc((size_t)fleet->cell_count, sizeof(*pack->fleet_version));
    pack->gains = mz_xcalloc(MZ_PACK_GAIN_RING, sizeof(*pack->gains));
    memcpy(pack->fleet_version, fleet->cell_version,
        (size_t)fleet->cell_count * sizeof(*pack->fleet_version));
    count_supply(pack);
    make_cells(pack, pool_begin);
    fill_views(pack, nodes);
    free(nodes);
    free(pool_begin);
}

void mz_pack_nodes_free(struct mz_pack *pack)
{
    free(pack->views);
    free(pack->partials);
    free(pack->slot_of);
    free(pack->cell_of);
    free(pack->cells);
    free(pack->pool_cell);
    free(pack->rings);
    free(pack->fleet_version);
    free(pack->gains);
}
