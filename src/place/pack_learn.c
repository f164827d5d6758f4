/* pack_learn.c - which jobs are expected, and when tables are made from it
 *
 * Stated once (mz_pack_expect), or learned: each question counts for its shape, except when it
 * repeats the last one with nothing changed (the same job asks another pool) or when the shape's
 * last question failed (the same job asks again). At 1, 2, 4, ... questions counted, tables are
 * made anew: the first at once, for there is one shape; later ones in the background of queries,
 * one piece each, then put in place of the old. Rows and views are renewed where they are looked
 * at. So no query pays for more than a piece, and the same questions give the same answers.
 *
 * Limits, so that no sum of products in the tables exceeds 63 bits: counts are halved (to at least
 * one) until they are COUNT_TOTAL_MAX together; kinds beyond MZ_PACK_DEMAND_MAX are left out, the
 * least frequent ones.
 */
#include "place/pack_impl.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_TOTAL_MAX = 4 * 1024 * 1024 };

/* ---- classes of chips ---- */

static bool admit_the_same(const struct mz_pack_outlook *outlook, int32_t a, int32_t b)
{
    for (int32_t i = 0; i < outlook->kind_count; i++) {
        uint64_t mask = outlook->kinds[i].chip_mask;

        if (outlook->kinds[i].chips > 0 && ((mask >> a ^ mask >> b) & 1) != 0)
            return false;
    }
    return true;
}

void mz_pack_classes_make(struct mz_pack_classes *classes, const struct mz_pack_supply *supply,
    const struct mz_pack_outlook *outlook)
{
    *classes = (struct mz_pack_classes){ .chip = { -1 } };
    for (uint64_t bits = supply->chip_mask; bits; bits &= bits - 1) {
        int32_t chip = __builtin_ctzll(bits);
        int32_t class = 0;

        while (class < classes->count && !admit_the_same(outlook, chip, classes->chip[class]))
            class ++;
        classes->of_chip[chip] = class;
        if (class == classes->count)
            classes->chip[classes->count++] = chip;
    }
    if (classes->count == 0)
        classes->count = 1;
}

/* ---- outlook ---- */

/* One part of a shape, as one node sees it. False: nothing to expect. */
static bool kind_of(const struct mz_pack *pack, const struct mz_shape *shape, int64_t count,
    struct mz_pack_kind *ret_kind)
{
    const int64_t count_max = INT64_C(1) << 32;
    int32_t per_node =
        shape->chips_per_node > 0 ? shape->chips_per_node : pack->largest_milli / MZ_MILLI;

    if (count <= 0)
        return false;
    if (count > count_max)
        count = count_max;
    *ret_kind = (struct mz_pack_kind){ .count = count,
        .cpu_milli = shape->cpu_milli,
        .memory_mib = shape->memory_mib,
        .chips = shape->chips,
        .milli = shape->chips > 0 ? shape->chip_milli : 0,
        .chip_mask = shape->chip_mask };
    if (shape->chips <= per_node && shape->chips <= MZ_NODE_CHIP_COUNT_MAX)
        return true;
    /* A gang: its full nodes; the node for the rest of it is left out. */
    if (per_node < 1 || per_node > MZ_NODE_CHIP_COUNT_MAX)
        return false;
    ret_kind->chips = per_node;
    ret_kind->count = count * (shape->chips / per_node);
    return true;
}

static void add_kind(struct mz_pack *pack, const struct mz_shape *shape, int64_t count)
{
    struct mz_pack_outlook *outlook = pack->outlook;

    if (outlook->kind_count < MZ_PACK_DEMAND_MAX &&
        kind_of(pack, shape, count, &outlook->kinds[outlook->kind_count]))
        outlook->kind_count++;
}

static void limit_counts(struct mz_pack_outlook *outlook)
{
    for (;;) {
        int64_t total = 0;

        for (int32_t i = 0; i < outlook->kind_count; i++)
            total += outlook->kinds[i].count;
        if (total <= COUNT_TOTAL_MAX)
            return;
        for (int32_t i = 0; i < outlook->kind_count; i++)
            outlook->kinds[i].count = (outlook->kinds[i].count + 1) / 2;
    }
}

/* The least power of two such that few enough kinds are asked for more often than that. */
static int64_t threshold_of(
    const struct mz_pack_demand *demands, struct mz_pack_shape **shapes, int32_t count)
{
    int32_t bits = 0;

    for (int64_t over = count; over > MZ_PACK_DEMAND_MAX; bits++) {
        over = 0;
        for (int32_t i = 0; i < count; i++) {
            int64_t times = demands ? demands[i].count : shapes[i] ? shapes[i]->count : 0;

            over += times > INT64_C(1) << bits;
        }
    }
    return bits == 0 ? 0 : INT64_C(1) << (bits - 1);
}

static void fill_outlook(struct mz_pack *pack, const struct mz_pack_demand *demands,
    struct mz_pack_shape **shapes, int32_t count)
{
    int64_t threshold = threshold_of(demands, shapes, count);

    pack->outlook->kind_count = 0;
    for (int32_t i = 0; i < count; i++) {
        if (demands && demands[i].count > threshold)
            add_kind(pack, &demands[i].shape, demands[i].count);
        else if (!demands && shapes[i] && shapes[i]->count > threshold)
            add_kind(pack, &shapes[i]->shape, shapes[i]->count);
    }
    limit_counts(pack->outlook);
}

/* ---- making tables ---- */

static void make_piece(struct mz_pack *pack)
{
    void *old = pack->tables;

    pack->ops->piece(pack->next_tables, pack->outlook, pack->piece++);
    if (pack->piece < pack->piece_count)
        return;
    pack->tables = pack->next_tables;
    pack->next_tables = old;
    pack->piece_count = 0;
    pack->epoch++;
}

static void start(struct mz_pack *pack)
{
    pack->piece = 0;
    pack->piece_count = pack->ops->plan(pack->next_tables, pack->outlook);
}

static void finish(struct mz_pack *pack)
{
    while (pack->piece_count > 0)
        make_piece(pack);
}

void mz_pack_learn_create(struct mz_pack *pack)
{
    if (!pack->ops->create)
        return;
    pack->outlook = mz_xcalloc(1, sizeof(*pack->outlook));
    pack->next_tables = pack->ops->create(&pack->supply, &pack->options.weights);
    start(pack);
    finish(pack);
    pack->next_tables = pack->ops->create(&pack->supply, &pack->options.weights);
    pack->learn_at = 1;
    pack->asked_shape = -1;
}

void mz_pack_learn_free(struct mz_pack *pack)
{
    if (!pack->ops->free)
        return;
    pack->ops->free(pack->tables);
    pack->ops->free(pack->next_tables);
    free(pack->outlook);
}

void mz_pack_expect(
    struct mz_pack *pack, const struct mz_pack_demand *demands, int32_t demand_count)
{
    if (!pack->ops->create)
        return;
    pack->stated = true;
    fill_outlook(pack, demands, NULL, demand_count);
    start(pack);
    finish(pack);
}

void mz_pack_learn_before(struct mz_pack *pack, struct mz_pack_shape *shape)
{
    bool again = shape->failing ||
        (pack->asked_shape == shape->id && pack->asked_change == pack->change_count);

    if (!pack->ops->create || pack->stated)
        return;
    pack->asked_shape = shape->id;
    pack->asked_change = pack->change_count;
    if (!again) {
        shape->count++;
        pack->asked_count++;
    }
    if (pack->piece_count > 0) {
        make_piece(pack);
    } else if (pack->asked_count >= pack->learn_at) {
        fill_outlook(pack, NULL, pack->shapes, pack->shape_capacity);
        start(pack);
        if (pack->asked_count == 1)
            finish(pack);
        pack->learn_at = 2 * pack->asked_count;
    }
}

void mz_pack_learn_after(struct mz_pack *pack, struct mz_pack_shape *shape, bool found)
{
    (void)pack;
    shape->failing = !found;
}
