/* pack_rows.c - costs of a shape in a cell, kept up to date; the search over cells
 *
 * A shape knows for each cell whether a node there may fit. A clear bit is certain: it is cleared
 * when a look found nothing, and set again when a gain of the cell suffices for the shape (the ring
 * of gains; when it is too short, all bits). Cells with the bit set are looked at in order.
 *
 * A look brings the shape's row of that cell up to date: the nodes changed since `seen` get new
 * costs, or all of them do when the ring of the cell is too short or the tables are new. The least
 * cost of each block of nodes is kept, and the least of those, so that a change costs a few steps.
 * A row is made when a cell first has a node that fits; its memory is bounded: the hand of a clock
 * frees rows that nobody used since it last came by. That changes what a query costs, never its
 * answer.
 */
#include "place/pack_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ---- */

static int32_t word_count(const struct mz_pack *pack)
{
    return (pack->cell_count + 63) / 64;
}

static bool pool_allows(const struct mz_pack *pack, const struct mz_pack_shape *shape, int32_t p)
{
    const struct mz_fleet_pool *pool = &pack->fleet->pools[p];
    int32_t partner = pack->fleet->sites[pool->site].partner;

    if (!(shape->shape.partner_mask & UINT64_C(1) << partner))
        return false;
    return shape->shape.chips == 0 ||
        (pool->chip >= 0 && (shape->shape.chip_mask & UINT64_C(1) << pool->chip) != 0 &&
            pool->chips_per_node >= shape->whole);
}

static void set_all_may_fit(struct mz_pack *pack, struct mz_pack_shape *shape)
{
    for (int32_t p = 0; p < pack->fleet->pool_count; p++) {
        if (!pool_allows(pack, shape, p))
            continue;
        for (int32_t c = pack->pool_cell[p]; c < pack->pool_cell[p + 1]; c++)
            shape->may_fit[c >> 6] |= UINT64_C(1) << (c & 63);
    }
    shape->gain_seen = pack->gain_count;
}

static void grow_shapes(struct mz_pack *pack, int32_t shape_id)
{
    int32_t capacity = pack->shape_capacity > 0 ? pack->shape_capacity : 64;

    while (capacity <= shape_id)
        capacity *= 2;
    pack->shapes = mz_xrealloc(pack->shapes, (size_t)capacity, sizeof(struct mz_pack_shape *));
    memset(&pack->shapes[pack->shape_capacity], 0,
        (size_t)(capacity - pack->shape_capacity) * sizeof(struct mz_pack_shape *));
    pack->shape_capacity = capacity;
}

struct mz_pack_shape *mz_pack_shape_at(
    struct mz_pack *pack, const struct mz_shape *shape, int32_t shape_id)
{
    struct mz_pack_shape *s;

    assert(shape_id >= 0);
    if (shape_id >= pack->shape_capacity)
        grow_shapes(pack, shape_id);
    s = pack->shapes[shape_id];
    if (s)
        return s;
    s = mz_xcalloc(1, sizeof(*s));
    s->shape = *shape;
    s->id = shape_id;
    s->fraction = shape->chips > 0 && shape->chip_milli < MZ_MILLI;
    s->whole = s->fraction ? 0 : shape->chips;
    s->most = s->fraction ? shape->chip_milli : 0;
    s->demand = shape->chips * (s->fraction ? shape->chip_milli : MZ_MILLI);
    assert(!s->fraction || shape->chips == 1);
    s->may_fit = mz_xcalloc((size_t)word_count(pack), sizeof(*s->may_fit));
    s->rows = mz_xcalloc((size_t)pack->cell_count, sizeof(struct mz_pack_row *));
    set_all_may_fit(pack, s);
    pack->shapes[shape_id] = s;
    return s;
}

static void follow_gains(struct mz_pack *pack, struct mz_pack_shape *shape)
{
    if (pack->gain_count - shape->gain_seen > MZ_PACK_GAIN_RING) {
        set_all_may_fit(pack, shape);
        return;
    }
    for (; shape->gain_seen < pack->gain_count; shape->gain_seen++) {
        const struct mz_pack_gain *gain = &pack->gains[shape->gain_seen % MZ_PACK_GAIN_RING];

        if (gain->cpu_milli < shape->shape.cpu_milli ||
            gain->memory_mib < shape->shape.memory_mib || gain->whole < shape->whole ||
            gain->most < shape->most)
            continue;
        if (pool_allows(pack, shape, pack->cells[gain->cell].pool))
            shape->may_fit[gain->cell >> 6] |= UINT64_C(1) << (gain->cell & 63);
    }
}

/* The first cell of [from, end) that may fit; end: none. */
static int32_t next_may_fit(const struct mz_pack_shape *shape, int32_t from, int32_t end)
{
    while (from < end) {
        uint64_t bits = shape->may_fit[from >> 6] >> (from & 63);

        if (bits) {
            from += __builtin_ctzll(bits);
            return from < end ? from : end;
        }
        from = (from | 63) + 1;
    }
    return end;
}

/* ---- rows ---- */

static int32_t block_count(const struct mz_pack_cell *cell)
{
    return (cell->count + MZ_PACK_BLOCK - 1) / MZ_PACK_BLOCK;
}

static size_t row_bytes(const struct mz_pack_cell *cell)
{
    return sizeof(struct mz_pack_row) + (size_t)block_count(cell) * MZ_PACK_BLOCK * sizeof(int32_t);
}

static void free_row(struct mz_pack *pack, struct mz_pack_row *row)
{
    struct mz_pack_row *last = pack->rows[--pack->row_count];

    pack->rows[row->list_at] = last;
    last->list_at = row->list_at;
    pack->row_bytes -= row_bytes(&pack->cells[row->cell]);
    pack->shapes[row->shape_id]->rows[row->cell] = NULL;
    free(row);
}

/* Frees rows not used lately until `need` more bytes fit. */
static void make_room(struct mz_pack *pack, size_t need)
{
    while (pack->row_count > 0 && pack->row_bytes + need > MZ_PACK_ROW_BYTES_MAX) {
        struct mz_pack_row *row;

        if (pack->clock_hand >= pack->row_count)
            pack->clock_hand = 0;
        row = pack->rows[pack->clock_hand];
        if (row->used) {
            row->used = false;
            pack->clock_hand++;
        } else {
            free_row(pack, row);
        }
    }
}

static struct mz_pack_row *new_row(struct mz_pack *pack, struct mz_pack_shape *shape, int32_t cell)
{
    size_t bytes = row_bytes(&pack->cells[cell]);
    struct mz_pack_row *row;

    make_room(pack, bytes);
    if (pack->row_count == pack->row_capacity) {
        pack->row_capacity = pack->row_capacity > 0 ? 2 * pack->row_capacity : 256;
        pack->rows =
            mz_xrealloc(pack->rows, (size_t)pack->row_capacity, sizeof(struct mz_pack_row *));
    }
    row = mz_xcalloc(1, bytes);
    row->cell = cell;
    row->shape_id = shape->id;
    row->list_at = pack->row_count;
    pack->rows[pack->row_count++] = row;
    pack->row_bytes += bytes;
    shape->rows[cell] = row;
    return row;
}

static int32_t least_of_block(const struct mz_pack_row *row, int32_t block)
{
    const int32_t *costs = &row->costs[block * MZ_PACK_BLOCK];
    int32_t least = costs[0];

    for (int32_t i = 1; i < MZ_PACK_BLOCK; i++)
        least = costs[i] < least ? costs[i] : least;
    return least;
}

/* The lowest node with the least cost. */
static void find_best(struct mz_pack_row *row, int32_t blocks)
{
    int32_t block = 0;
    int32_t at;

    for (int32_t b = 1; b < blocks; b++) {
        if (row->block_best[b] < row->block_best[block])
            block = b;
    }
    row->best = row->block_best[block];
    at = block * MZ_PACK_BLOCK;
    while (row->costs[at] != row->best)
        at++;
    row->best_at = at;
    row->stale_best = false;
}

static int32_t cost_of(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
    const struct mz_pack_shape *shape)
{
    return mz_pack_view_fits(view, shape) ? pack->ops->cost(pack, chip, view, shape)
                                          : MZ_PACK_COST_NONE;
}

static void set_cost(struct mz_pack_row *row, int32_t at, int32_t cost)
{
    int32_t block = at / MZ_PACK_BLOCK;
    int32_t old = row->costs[at];

    if (cost == old)
        return;
    row->costs[at] = cost;
    if (cost == MZ_PACK_COST_NONE)
        row->fits[at >> 6] &= ~(UINT64_C(1) << (at & 63));
    else
        row->fits[at >> 6] |= UINT64_C(1) << (at & 63);
    if (cost < row->block_best[block])
        row->block_best[block] = cost;
    else if (old == row->block_best[block])
        row->block_best[block] = least_of_block(row, block);
    if (cost < row->best || (cost == row->best && at < row->best_at)) {
        row->best = cost;
        row->best_at = at;
    } else if (at == row->best_at) {
        row->stale_best = true;
    }
}

static void fill_row(
    const struct mz_pack *pack, const struct mz_pack_shape *shape, struct mz_pack_row *row)
{
    const struct mz_pack_cell *cell = &pack->cells[row->cell];
    const struct mz_pack_view *views = &pack->views[cell->slot_begin];
    int32_t chip = mz_pack_cell_chip(pack, cell);
    int32_t blocks = block_count(cell);

    memset(row->fits, 0, sizeof(row->fits));
    for (int32_t i = 0; i < cell->count; i++) {
        row->costs[i] = cost_of(pack, chip, &views[i], shape);
        row->fits[i >> 6] |= (uint64_t)(row->costs[i] != MZ_PACK_COST_NONE) << (i & 63);
    }
    for (int32_t i = cell->count; i < blocks * MZ_PACK_BLOCK; i++)
        row->costs[i] = MZ_PACK_COST_NONE;
    for (int32_t b = 0; b < blocks; b++)
        row->block_best[b] = least_of_block(row, b);
    find_best(row, blocks);
    row->epoch = pack->epoch;
}

static bool change_fits(const struct mz_pack_change *change, const struct mz_pack_shape *shape)
{
    return (change->cpu_milli >= shape->shape.cpu_milli) &
        (change->memory_mib >= shape->shape.memory_mib) & (change->whole >= shape->whole) &
        (change->most >= shape->most);
}

static void replay_row(
    const struct mz_pack *pack, const struct mz_pack_shape *shape, struct mz_pack_row *row)
{
    const struct mz_pack_cell *cell = &pack->cells[row->cell];
    const struct mz_pack_view *views = &pack->views[cell->slot_begin];
    int32_t chip = mz_pack_cell_chip(pack, cell);

    for (uint32_t v = row->seen; v != cell->version; v++) {
        const struct mz_pack_change *change = &cell->ring[v & cell->ring_mask];
        int32_t at = change->at;

        if (!change_fits(change, shape) && !(row->fits[at >> 6] >> (at & 63) & 1))
            continue;
        if (views[at].changed == v + 1) /* else a later entry speaks for it */
            set_cost(row, at, cost_of(pack, chip, &views[at], shape));
    }
    if (row->stale_best)
        find_best(row, block_count(cell));
}

static bool any_fits(
    const struct mz_pack *pack, const struct mz_pack_shape *shape, const struct mz_pack_cell *cell)
{
    const struct mz_pack_view *views = &pack->views[cell->slot_begin];

    for (int32_t i = 0; i < cell->count; i++) {
        if (mz_pack_view_fits(&views[i], shape))
            return true;
    }
    return false;
}

/* The row of a cell, up to date; NULL: no node there fits. */
static struct mz_pack_row *look(struct mz_pack *pack, struct mz_pack_shape *shape, int32_t c)
{
    struct mz_pack_cell *cell = &pack->cells[c];
    struct mz_pack_row *row = shape->rows[c];

    if (cell->epoch != pack->epoch)
        mz_pack_cell_refresh(pack, c);
    if (!row && !any_fits(pack, shape, cell))
        return NULL;
    if (!row) {
        row = new_row(pack, shape, c);
        fill_row(pack, shape, row);
    } else if (row->epoch != pack->epoch || cell->version - row->seen > cell->ring_mask) {
        fill_row(pack, shape, row);
    } else if (row->seen != cell->version) {
        replay_row(pack, shape, row);
    }
    row->seen = cell->version;
    row->used = true;
    return row->best == MZ_PACK_COST_NONE ? NULL : row;
}

/* ---- search ---- */

struct candidate {
    int32_t cost;
    int32_t slot; /* -1: none */
};

static void offer(const struct mz_pack *pack, const struct mz_pack_row *row, struct candidate *best)
{
    int32_t slot = pack->cells[row->cell].slot_begin + row->best_at;

    if (best->slot >= 0 && row->best > best->cost)
        return;
    if (best->slot >= 0 && row->best == best->cost &&
        mz_pack_order(pack, pack->views[slot].node) >
            mz_pack_order(pack, pack->views[best->slot].node))
        return;
    *best = (struct candidate){ .cost = row->best, .slot = slot };
}

static void search_pool(
    struct mz_pack *pack, struct mz_pack_shape *shape, int32_t pool, struct candidate *best)
{
    int32_t end = pack->pool_cell[pool + 1];
    int32_t found = 0;

    for (int32_t c = next_may_fit(shape, pack->pool_cell[pool], end);
         c < end && found < pack->options.window; c = next_may_fit(shape, c + 1, end)) {
        const struct mz_pack_row *row = look(pack, shape, c);

        if (!row) {
            shape->may_fit[c >> 6] &= ~(UINT64_C(1) << (c & 63));
            continue;
        }
        found++;
        offer(pack, row, best);
    }
}

/* Rows are cold in a large fleet: asks for the heads of those that a search will need first, so
 * that the waits overlap. */
static void prefetch_pool(
    const struct mz_pack *pack, const struct mz_pack_shape *shape, int32_t pool)
{
    int32_t end = pack->pool_cell[pool + 1];
    int32_t c = next_may_fit(shape, pack->pool_cell[pool], end);

    for (int32_t i = 0; i < MZ_PACK_WINDOW && c < end; i++) {
        const struct mz_pack_row *row = shape->rows[c];

        if (row) {
            __builtin_prefetch(row);
            __builtin_prefetch(&row->fits[8]);
        }
        c = next_may_fit(shape, c + 1, end);
    }
}

int32_t mz_pack_rows_find(struct mz_pack *pack, struct mz_pack_shape *shape, int32_t pool)
{
    struct candidate best = { .slot = -1 };
    int32_t begin = pool < 0 ? 0 : pool;
    int32_t end = pool < 0 ? pack->fleet->pool_count : pool + 1;

    follow_gains(pack, shape);
    for (int32_t p = begin; p < end; p++)
        prefetch_pool(pack, shape, p);
    for (int32_t p = begin; p < end; p++)
        search_pool(pack, shape, p, &best);
    return best.slot;
}

void mz_pack_rows_free(struct mz_pack *pack)
{
    for (int32_t r = 0; r < pack->row_count; r++)
        free(pack->rows[r]);
    free(pack->rows);
    for (int32_t s = 0; s < pack->shape_capacity; s++) {
        if (!pack->shapes[s])
            continue;
        free(pack->shapes[s]->may_fit);
        free(pack->shapes[s]->rows);
        free(pack->shapes[s]);
    }
    free(pack->shapes);
}
