/* pack_fgd.c - fragmentation gradient descent (Weng et al., USENIX ATC'23), exact in integers
 *
 * Typical jobs are the most frequent kinds (CPU, chips, fraction, allowed chips; memory is ignored)
 * until they are 95 % of all jobs. The fragment of a node is what its free chips are worth less
 * than nothing to: for each typical job, weighted by its frequency, the free milli-chips that it
 * could not use: all of them if the node's CPU or kind of chip does not suit, else those of chips
 * with less free than it wants. The score of a placement is int(100 x sigmoid(d)), where d is the
 * fragment before less the fragment behind it, in chips; the highest score wins.
 *
 * With N typical jobs everything is kept times N, and the sigmoid becomes a search among the 99
 * limits N x ln(k / (100 - k)). Per kind of chip and CPU row (how many of the CPU requests that
 * occur are satisfied) tables give how many of the N jobs could use a chip with so much free, and
 * a node with so many whole chips.
 */
#include "place/pack_impl.h"

#include <stdlib.h>
#include <string.h>

enum {
    TYPE_MAX = 255,
    STEP_COUNT = 101,
    STEP = 10,
    SCORE_COUNT = 100,
    HINT_COUNT = 1025,
    HINT_SHIFT = 8
};

/* floor(10^9 ln(k / (100 - k))), k = 51 ... 99 */
static const int64_t log_odds_nano[49] = {
    INT64_C(40005334),
    INT64_C(80042707),
    INT64_C(120144311),
    INT64_C(160342650),
    INT64_C(200670695),
    INT64_C(241162056),
    INT64_C(281851152),
    INT64_C(322773392),
    INT64_C(363965377),
    INT64_C(405465108),
    INT64_C(447312218),
    INT64_C(489548225),
    INT64_C(532216813),
    INT64_C(575364144),
    INT64_C(619039208),
    INT64_C(663294217),
    INT64_C(708185057),
    INT64_C(753771802),
    INT64_C(800119300),
    INT64_C(847297860),
    INT64_C(895384047),
    INT64_C(944461608),
    INT64_C(994622575),
    INT64_C(1045968555),
    INT64_C(1098612288),
    INT64_C(1152679509),
    INT64_C(1208311205),
    INT64_C(1265666373),
    INT64_C(1324925414),
    INT64_C(1386294361),
    INT64_C(1450010175),
    INT64_C(1516347489),
    INT64_C(1585627263),
    INT64_C(1658228076),
    INT64_C(1734601055),
    INT64_C(1815289966),
    INT64_C(1900958761),
    INT64_C(1992430164),
    INT64_C(2090741096),
    INT64_C(2197224577),
    INT64_C(2313634929),
    INT64_C(2442347035),
    INT64_C(2586689344),
    INT64_C(2751535313),
    INT64_C(2944438979),
    INT64_C(3178053830),
    INT64_C(3476098689),
    INT64_C(3891820298),
    INT64_C(4595119850),
};

struct fgd_type {
    int32_t cpu_milli;
    int32_t chips;
    int32_t milli;
    int32_t first; /* order in the outlook */
    uint64_t chip_mask;
    int64_t count;
};

/* Of one class of chips and one row: jobs that could use ... */
struct fgd_row {
    int64_t chip[STEP_COUNT];                  /* ... one chip with so much free */
    int64_t multi[MZ_NODE_CHIP_COUNT_MAX + 1]; /* ... so many whole chips of a node */
};

struct fgd_tables {
    struct mz_pack_supply supply;
    struct mz_pack_classes classes;
    int32_t type_count;
    struct fgd_type types[MZ_PACK_DEMAND_MAX];
    int64_t job_count; /* N */
    int64_t limits[SCORE_COUNT];
    int32_t row_count;
    int32_t rows[TYPE_MAX]; /* CPU requests, ascending */
    uint8_t hint[HINT_COUNT];
    struct fgd_row *table; /* [class * (row_count + 1) + row] */
    int32_t table_capacity;
};

static int32_t row_of(const struct fgd_tables *t, int32_t cpu_milli)
{
    int32_t bucket = cpu_milli >> HINT_SHIFT;
    int32_t row = t->hint[bucket < HINT_COUNT ? bucket : HINT_COUNT - 1];

    while (row < t->row_count && t->rows[row] <= cpu_milli)
        row++;
    return row;
}

static int32_t step_of(int32_t milli)
{
    return (milli * 6554) >> 16; /* milli / 10 for 0 ... 1000 */
}

static const struct fgd_row *row_at(const struct fgd_tables *t, int32_t chip, int32_t row)
{
    int32_t class = chip < 0 ? 0 : t->classes.of_chip[chip];

    return &t->table[class * (t->row_count + 1) + row];
}

/* ---- making the tables ---- */

static int compare_types(const void *a, const void *b)
{
    const struct fgd_type *x = a;
    const struct fgd_type *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

static int compare_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static void add_type(struct fgd_tables *t, const struct mz_pack_kind *kind)
{
    struct fgd_type *type = t->types;

    for (; type < t->types + t->type_count; type++) {
        if (type->cpu_milli == kind->cpu_milli && type->chips == kind->chips &&
            type->milli == kind->milli && type->chip_mask == kind->chip_mask) {
            type->count += kind->count;
            return;
        }
    }
    *type = (struct fgd_type){ .cpu_milli = kind->cpu_milli,
        .chips = kind->chips,
        .milli = kind->milli,
        .first = t->type_count,
        .chip_mask = kind->chip_mask,
        .count = kind->count };
    t->type_count++;
}

static void plan_types(struct fgd_tables *t, const struct mz_pack_outlook *outlook)
{
    int64_t total = 0;
    int32_t kept = 0;

    t->type_count = 0;
    t->job_count = 0;
    for (int32_t i = 0; i < outlook->kind_count; i++) {
        add_type(t, &outlook->kinds[i]);
        total += outlook->kinds[i].count;
    }
    qsort(t->types, (size_t)t->type_count, sizeof(*t->types), compare_types);
    while (kept < t->type_count && kept < TYPE_MAX && t->job_count * 100 < total * 95)
        t->job_count += t->types[kept++].count;
    t->type_count = kept;
}

static void plan_rows(struct fgd_tables *t)
{
    int32_t distinct = 0;

    for (int32_t i = 0; i < t->type_count; i++)
        t->rows[i] = t->types[i].cpu_milli;
    qsort(t->rows, (size_t)t->type_count, sizeof(*t->rows), compare_int32);
    for (int32_t i = 0; i < t->type_count; i++) {
        if (distinct == 0 || t->rows[i] != t->rows[distinct - 1])
            t->rows[distinct++] = t->rows[i];
    }
    t->row_count = distinct;
    for (int32_t b = 0; b < HINT_COUNT; b++) {
        int32_t row = 0;

        while (row < t->row_count && t->rows[row] <= b << HINT_SHIFT)
            row++;
        t->hint[b] = (uint8_t)row;
    }
}

/* A score of at least k needs d x N >= limits[k]. */
static void plan_limits(struct fgd_tables *t)
{
    t->limits[0] = INT64_MIN;
    t->limits[50] = 0;
    for (int32_t k = 51; k < SCORE_COUNT; k++) {
        int64_t limit = t->job_count * log_odds_nano[k - 51] / 1000000;

        t->limits[k] = limit + 1;
        t->limits[SCORE_COUNT - k] = -limit;
    }
}

static int32_t plan(void *tables, const struct mz_pack_outlook *outlook)
{
    struct fgd_tables *t = tables;
    int32_t count;

    plan_types(t, outlook);
    plan_rows(t);
    plan_limits(t);
    mz_pack_classes_make(&t->classes, &t->supply, outlook);
    count = t->classes.count * (t->row_count + 1);
    if (count > t->table_capacity) {
        t->table_capacity = count;
        t->table = mz_xrealloc(t->table, (size_t)count, sizeof(*t->table));
    }
    return count;
}

static void piece(void *tables, const struct mz_pack_outlook *outlook, int32_t number)
{
    struct fgd_tables *t = tables;
    struct fgd_row *row = &t->table[number];
    int32_t chip = t->classes.chip[number / (t->row_count + 1)];
    int32_t satisfied = number % (t->row_count + 1);

    (void)outlook;
    memset(row, 0, sizeof(*row));
    for (int32_t i = 0; i < t->type_count; i++) {
        const struct fgd_type *type = &t->types[i];

        if (type->chips == 0 || satisfied == 0 || chip < 0 ||
            type->cpu_milli > t->rows[satisfied - 1] || !(type->chip_mask & UINT64_C(1) << chip))
            continue;
        if (type->chips == 1)
            row->chip[(type->milli + STEP - 1) / STEP] += type->count;
        else
            row->multi[type->chips] += type->count;
    }
    for (int32_t f = 1; f < STEP_COUNT; f++)
        row->chip[f] += row->chip[f - 1];
    for (int32_t f = 1; f <= MZ_NODE_CHIP_COUNT_MAX; f++)
        row->multi[f] += row->multi[f - 1];
}

static void *create(const struct mz_pack_supply *supply, const struct mz_pack_weights *weights)
{
    struct fgd_tables *t = mz_xcalloc(1, sizeof(*t));

    (void)weights;
    t->supply = *supply;
    return t;
}

static void destroy(void *tables)
{
    struct fgd_tables *t = tables;

    if (t)
        free(t->table);
    free(t);
}

/* ---- using them ---- */

/* Free milli-chips that are no fragment, times N. */
static int64_t usable_of(
    const struct fgd_row *row, const uint16_t *partials, int32_t partial_count, int32_t whole)
{
    int64_t usable = whole * MZ_MILLI * (row->chip[STEP_COUNT - 1] + row->multi[whole]);

    for (int32_t i = 0; i < partial_count; i++)
        usable += row->chip[step_of(partials[i])] * partials[i];
    return usable;
}

static void view(
    const void *tables, int32_t chip, const uint16_t *partials, struct mz_pack_view *view)
{
    const struct fgd_tables *t = tables;

    view->value = 0;
    if (view->cpu_milli < 0)
        return;
    view->value = view->free_milli * t->job_count -
        usable_of(row_at(t, chip, row_of(t, view->cpu_milli)), partials, view->partial_count,
            view->whole);
}

static int32_t score_of(const struct fgd_tables *t, int64_t gained)
{
    int32_t low = 0;
    int32_t high = SCORE_COUNT - 1;

    while (low < high) {
        int32_t middle = (low + high + 1) / 2;

        if (gained >= t->limits[middle])
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Score of taking a fraction of a chip with `free_milli` free; base: usable before it. */
static int32_t score_of_fraction(const struct fgd_tables *t, const struct fgd_row *row,
    const struct mz_pack_view *view, int64_t base, int32_t free_milli, int32_t milli)
{
    int32_t left = free_milli - milli;
    int64_t whole = view->whole;
    int64_t usable =
        base - row->chip[step_of(free_milli)] * free_milli + row->chip[step_of(left)] * left;

    if (free_milli == MZ_MILLI)
        usable += MZ_MILLI * (row->multi[whole - 1] * (whole - 1) - row->multi[whole] * whole);
    return score_of(t, view->value - ((view->free_milli - milli) * t->job_count - usable));
}

static int32_t best_fraction(const struct fgd_tables *t, const struct fgd_row *row,
    const struct mz_pack_view *view, const uint16_t *partials, int32_t milli)
{
    int64_t base = usable_of(row, partials, view->partial_count, view->whole);
    int32_t best = -1;
    int32_t last = 0;

    for (int32_t i = 0; i <= view->partial_count; i++) {
        int32_t free_milli = i == view->partial_count ? MZ_MILLI : partials[i];
        int32_t score;

        if (free_milli < milli || free_milli == last ||
            (i == view->partial_count && view->whole == 0))
            continue;
        last = free_milli;
        score = score_of_fraction(t, row, view, base, free_milli, milli);
        best = score > best ? score : best;
    }
    return best;
}

static int32_t cost(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
    const struct mz_pack_shape *shape)
{
    const struct fgd_tables *t = pack->tables;
    const uint16_t *partials = &pack->partials[view->partial_first];
    const struct fgd_row *row =
        row_at(t, chip, row_of(t, view->cpu_milli - shape->shape.cpu_milli));
    int64_t usable;

    if (shape->fraction)
        return -best_fraction(t, row, view, partials, shape->shape.chip_milli);
    usable = usable_of(row, partials, view->partial_count, view->whole - shape->whole);
    return -score_of(t, view->value - ((view->free_milli - shape->demand) * t->job_count - usable));
}

/* The lowest chip with the best score. */
static int32_t chip_for(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
    const struct mz_pack_shape *shape)
{
    const struct fgd_tables *t = pack->tables;
    const uint16_t *partials = &pack->partials[view->partial_first];
    const struct fgd_row *row =
        row_at(t, chip, row_of(t, view->cpu_milli - shape->shape.cpu_milli));
    int64_t base = usable_of(row, partials, view->partial_count, view->whole);
    int32_t milli = shape->shape.chip_milli;
    int32_t best = -1;
    int32_t best_score = -1;

    for (int32_t c = 0; c < pack->fleet->node_chips[view->node]; c++) {
        int32_t free_milli = mz_fleet_chip_free(pack->fleet, view->node, c);
        int32_t score;

        if (free_milli < milli)
            continue;
        score = score_of_fraction(t, row, view, base, free_milli, milli);
        if (score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

const struct mz_pack_ops mz_pack_ops_fgd = { .create = create,
    .free = destroy,
    .plan = plan,
    .piece = piece,
    .view = view,
    .cost = cost,
    .chip = chip_for };
