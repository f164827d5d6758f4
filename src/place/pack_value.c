/* pack_value.c - frag: what a node is worth to the jobs that are expected
 *
 * Worth of a node, in thousandths of a chip (Q16: times 65536):
 *
 *   V = sum over its chips of chip[row][free]        what random single-chip jobs would take of it
 *     + multi[row][whole]                            the same for jobs of several chips
 *     - (ca[r] x usable - cb[r] x cpu)               chips that will lack CPU
 *     - (ma[q] x usable - mb[q] x memory)            and memory
 *
 * `row` is how many of the CPU requests that occur the free CPU satisfies; r and q are the free CPU
 * in 1/16 milli and the memory in 1/4 MiB for each usable milli-chip. The balance terms are sums
 * over kinds of job of share x max(0, usable - resource / (slack x its ratio)), tabulated over the
 * ratio. The cost of a placement is what the node loses, plus the price of the kind of chip for
 * what the job takes, in steps of 2^quantum_bits milli-chips. Derivation: docs/placement.md.
 *
 * Kinds of chip that admit the same kinds of job share a class of tables. Tables are made row by
 * row (a piece), then per class the rest of them (its last piece). All of it is integers; the
 * outlook's counts are small enough for every product (pack_learn.c).
 */
#include "place/pack_impl.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROW_MAX = 64,     /* distinct CPU requests; more: the lightest join the next */
    RATIO_MAX = 2048, /* beyond it nothing lacks */
    STEP_COUNT = 101, /* free thousandths of a chip, in tens */
    STEP = 10,
    HINT_COUNT = 1025,
    HINT_SHIFT = 8,
    Q = 16,
    COST_BIAS_BITS = 40 /* keeps the shifted number positive */
};

struct value_class {
    int32_t chip[ROW_MAX + 1][STEP_COUNT];
    int64_t multi[ROW_MAX + 1][MZ_NODE_CHIP_COUNT_MAX + 1];
    int32_t use[STEP_COUNT];
    int32_t cpu_a[RATIO_MAX + 1]; /* Q16 */
    int32_t memory_a[RATIO_MAX + 1];
    int64_t cpu_b[RATIO_MAX + 1]; /* Q20 */
    int64_t memory_b[RATIO_MAX + 1];
    int64_t price;      /* Q16 */
    int32_t chip_index; /* a kind of chip of this class; -1: none */
};

struct value_tables {
    struct mz_pack_supply supply;
    struct mz_pack_weights weights;
    int32_t row_count;
    int32_t rows[MZ_PACK_DEMAND_MAX]; /* CPU requests, ascending */
    uint8_t hint[HINT_COUNT];         /* rows that cpu >> HINT_SHIFT surely satisfies */
    int64_t single_count;             /* jobs of one chip, of any chips, and demand of all */
    int64_t chip_job_count;
    int64_t demand_total;
    struct mz_pack_classes classes;
    struct value_class *tables; /* [class] */
    int32_t table_capacity;
};

static const struct value_class *class_at(const struct value_tables *t, int32_t chip)
{
    return &t->tables[chip < 0 ? 0 : t->classes.of_chip[chip]];
}

static int32_t row_of(const struct value_tables *t, int32_t cpu_milli)
{
    int32_t bucket = cpu_milli >> HINT_SHIFT;
    int32_t row = t->hint[bucket < HINT_COUNT ? bucket : HINT_COUNT - 1];

    while (row < t->row_count && t->rows[row] <= cpu_milli)
        row++;
    return row;
}

/* free thousandths / STEP, for 0 ... 1000 */
static int32_t step_of(int32_t milli)
{
    return (milli * 6554) >> 16;
}

/* ---- making the tables ---- */

static int compare_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static void merge_rows(struct value_tables *t, const struct mz_pack_outlook *outlook)
{
    int64_t weight[MZ_PACK_DEMAND_MAX] = { 0 };

    for (int32_t i = 0; i < outlook->kind_count; i++) {
        const struct mz_pack_kind *kind = &outlook->kinds[i];
        const int32_t *at = kind->chips == 0
            ? NULL
            : bsearch(
                  &kind->cpu_milli, t->rows, (size_t)t->row_count, sizeof(*t->rows), compare_int32);

        if (at)
            weight[at - t->rows] += kind->count * mz_pack_kind_demand(kind);
    }
    while (t->row_count > ROW_MAX) {
        int32_t least = 0;
        size_t behind;

        for (int32_t r = 1; r < t->row_count - 1; r++) {
            if (weight[r] < weight[least])
                least = r;
        }
        behind = (size_t)(t->row_count - least - 1);
        weight[least + 1] += weight[least];
        memmove(&t->rows[least], &t->rows[least + 1], behind * sizeof(*t->rows));
        memmove(&weight[least], &weight[least + 1], behind * sizeof(*weight));
        t->row_count--;
    }
}

static void plan_rows(struct value_tables *t, const struct mz_pack_outlook *outlook)
{
    int32_t count = 0;
    int32_t distinct = 0;

    for (int32_t i = 0; i < outlook->kind_count; i++) {
        if (outlook->kinds[i].chips > 0)
            t->rows[count++] = outlook->kinds[i].cpu_milli;
    }
    qsort(t->rows, (size_t)count, sizeof(*t->rows), compare_int32);
    for (int32_t r = 0; r < count; r++) {
        if (distinct == 0 || t->rows[r] != t->rows[distinct - 1])
            t->rows[distinct++] = t->rows[r];
    }
    t->row_count = distinct;
    merge_rows(t, outlook);
    for (int32_t b = 0; b < HINT_COUNT; b++) {
        int32_t row = 0;

        while (row < t->row_count && t->rows[row] <= b << HINT_SHIFT)
            row++;
        t->hint[b] = (uint8_t)row;
    }
}

/* The first row that serves a request. */
static int32_t row_for(const struct value_tables *t, int32_t cpu_milli)
{
    int32_t row = 0;

    while (row < t->row_count - 1 && t->rows[row] < cpu_milli)
        row++;
    return row + 1;
}

static int32_t plan(void *tables, const struct mz_pack_outlook *outlook)
{
    struct value_tables *t = tables;

    plan_rows(t, outlook);
    t->single_count = 0;
    t->chip_job_count = 0;
    t->demand_total = 0;
    for (int32_t i = 0; i < outlook->kind_count; i++) {
        const struct mz_pack_kind *kind = &outlook->kinds[i];

        t->single_count += kind->chips == 1 ? kind->count : 0;
        t->chip_job_count += kind->chips > 0 ? kind->count : 0;
        t->demand_total += kind->count * mz_pack_kind_demand(kind);
    }
    mz_pack_classes_make(&t->classes, &t->supply, outlook);
    if (t->classes.count > t->table_capacity) {
        t->table_capacity = t->classes.count;
        t->tables = mz_xrealloc(t->tables, (size_t)t->table_capacity, sizeof(*t->tables));
    }
    return t->classes.count * (t->row_count + 2);
}

/* How many jobs and how much of the demand ask for a chip by so many steps. */
struct offers {
    int64_t count[STEP_COUNT];
    int64_t milli[STEP_COUNT];
    int64_t multi[MZ_NODE_CHIP_COUNT_MAX + 1];
};

static void gather_offers(const struct value_tables *t, const struct mz_pack_outlook *outlook,
    int32_t chip, int32_t row, struct offers *ret_offers)
{
    memset(ret_offers, 0, sizeof(*ret_offers));
    for (int32_t i = 0; i < outlook->kind_count; i++) {
        const struct mz_pack_kind *kind = &outlook->kinds[i];

        if (kind->chips == 0 || !(kind->chip_mask & UINT64_C(1) << chip) ||
            row_for(t, kind->cpu_milli) > row)
            continue;
        if (kind->chips == 1) {
            int32_t step = (kind->milli + STEP - 1) / STEP;

            ret_offers->count[step] += kind->count;
            ret_offers->milli[step] += kind->count * kind->milli;
        } else {
            ret_offers->multi[kind->chips] += kind->count;
        }
    }
}

/* What `offers` random single-chip jobs are expected to take, each accepted if it fits. */
static void fill_chip_row(
    const struct value_tables *t, const struct offers *offers, int32_t *ret_row)
{
    int64_t worth[STEP_COUNT] = { 0 };
    int64_t next[STEP_COUNT];
    int32_t steps[STEP_COUNT];
    int32_t step_count = 0;

    for (int32_t s = 1; s < STEP_COUNT; s++) {
        if (offers->count[s] > 0)
            steps[step_count++] = s;
    }
    for (int32_t k = 0; k < t->weights.offers && step_count > 0; k++) {
        for (int32_t f = 0; f < STEP_COUNT; f++) {
            int64_t sum = 0;

            for (int32_t j = 0; j < step_count && steps[j] <= f; j++) {
                int32_t s = steps[j];

                sum += offers->milli[s] * (1 << Q) + offers->count[s] * (worth[f - s] - worth[f]);
            }
            next[f] = worth[f] + sum / t->single_count;
        }
        memcpy(worth, next, sizeof(worth));
    }
    for (int32_t f = 0; f < STEP_COUNT; f++)
        ret_row[f] = (int32_t)worth[f];
    ret_row[STEP_COUNT - 1] -= t->weights.spare_milli * (1 << Q);
}

static void fill_multi_row(
    const struct value_tables *t, const struct offers *offers, int64_t *ret_row)
{
    int64_t count = 0;

    ret_row[0] = 0;
    for (int32_t f = 1; f <= MZ_NODE_CHIP_COUNT_MAX; f++) {
        int64_t worth;

        count += offers->multi[f];
        worth = count == 0 ? 0 : count * MZ_MILLI * f * (1 << Q) / t->chip_job_count;
        ret_row[f] = worth * t->weights.multi_256 / 256;
    }
}

/* One balance term: per index, the share of the kinds that would lack the resource there (a) and
 * the chips that a unit of the resource serves for them (b). scale: index per unit of the ratio. */
static void fill_ratio(const struct value_tables *t, const struct mz_pack_outlook *outlook,
    int32_t chip, bool memory, int32_t *ret_a, int64_t *ret_b)
{
    int64_t weight = memory ? t->weights.memory_256 : t->weights.cpu_256;
    int64_t slack = t->weights.slack_256;
    int64_t scale = memory ? 4 : 16;
    int64_t a[RATIO_MAX + 1] = { 0 };
    int64_t b[RATIO_MAX + 1] = { 0 };

    for (int32_t i = 0; i < outlook->kind_count; i++) {
        const struct mz_pack_kind *kind = &outlook->kinds[i];
        int64_t demand = mz_pack_kind_demand(kind);
        int64_t need = memory ? kind->memory_mib : kind->cpu_milli;
        int64_t share;
        int64_t top;

        if (demand == 0 || need == 0 || !(kind->chip_mask & UINT64_C(1) << chip))
            continue;
        share = kind->count * demand * (1 << 20) / t->demand_total;
        top = (slack * need * scale + 256 * demand - 1) / (256 * demand);
        if (top > RATIO_MAX)
            top = RATIO_MAX;
        a[top - 1] += share;
        b[top - 1] += share * demand * 256 / (need * slack);
    }
    ret_a[RATIO_MAX] = 0;
    ret_b[RATIO_MAX] = 0;
    for (int32_t r = RATIO_MAX - 1; r >= 0; r--) {
        a[r] += a[r + 1];
        b[r] += b[r + 1];
        ret_a[r] = (int32_t)(a[r] * weight / 256 >> 4);
        ret_b[r] = b[r] * weight / 256;
    }
}

/* What is asked of this kind by jobs that cannot use all kinds, over its share of the supply. */
static int64_t price_of(
    const struct value_tables *t, const struct mz_pack_outlook *outlook, int32_t chip)
{
    const struct mz_pack_supply *supply = &t->supply;
    int64_t cap = (int64_t)t->weights.price_cap_256 * (1 << Q) / 256;
    int64_t price = 0;

    for (int32_t i = 0; i < outlook->kind_count; i++) {
        const struct mz_pack_kind *kind = &outlook->kinds[i];
        uint64_t usable = kind->chip_mask & supply->chip_mask;
        int64_t offered = 0;

        if (kind->chips == 0 || usable == supply->chip_mask ||
            !(kind->chip_mask & UINT64_C(1) << chip))
            continue;
        for (uint64_t bits = usable; bits; bits &= bits - 1)
            offered += supply->milli_by_chip[__builtin_ctzll(bits)];
        price += kind->count * mz_pack_kind_demand(kind) * (1 << Q) / t->demand_total *
            supply->milli_total / offered;
    }
    return (price > cap ? cap : price) * t->weights.price_256 / 256;
}

static void fill_rest(
    const struct value_tables *t, const struct mz_pack_outlook *outlook, struct value_class *c)
{
    int32_t use = t->weights.use_256;

    for (int32_t f = 0; f < STEP_COUNT; f++)
        c->use[f] = (use * STEP * f + (256 - use) * (c->chip[t->row_count][f] >> Q)) / 256;
    c->price = 0;
    memset(c->cpu_a, 0, sizeof(c->cpu_a));
    memset(c->cpu_b, 0, sizeof(c->cpu_b));
    memset(c->memory_a, 0, sizeof(c->memory_a));
    memset(c->memory_b, 0, sizeof(c->memory_b));
    if (c->chip_index < 0)
        return;
    fill_ratio(t, outlook, c->chip_index, false, c->cpu_a, c->cpu_b);
    fill_ratio(t, outlook, c->chip_index, true, c->memory_a, c->memory_b);
    c->price = price_of(t, outlook, c->chip_index);
}

static void piece(void *tables, const struct mz_pack_outlook *outlook, int32_t number)
{
    struct value_tables *t = tables;
    int32_t class = number / (t->row_count + 2);
    int32_t row = number % (t->row_count + 2);
    struct value_class *c = &t->tables[class];
    struct offers offers = { 0 };

    c->chip_index = t->classes.chip[class];
    if (row > t->row_count) {
        fill_rest(t, outlook, c);
        return;
    }
    if (c->chip_index >= 0)
        gather_offers(t, outlook, c->chip_index, row, &offers);
    fill_chip_row(t, &offers, c->chip[row]);
    fill_multi_row(t, &offers, c->multi[row]);
}

static void *create(const struct mz_pack_supply *supply, const struct mz_pack_weights *weights)
{
    struct value_tables *t = mz_xcalloc(1, sizeof(*t));

    t->supply = *supply;
    t->weights = *weights;
    return t;
}

static void destroy(void *tables)
{
    struct value_tables *t = tables;

    if (t)
        free(t->tables);
    free(t);
}

/* ---- using them ---- */

static int64_t worth_of_chips(
    const int32_t *row, const uint16_t *partials, int32_t partial_count, int32_t whole)
{
    int64_t worth = (int64_t)whole * row[STEP_COUNT - 1];

    for (int32_t i = 0; i < partial_count; i++)
        worth += row[step_of(partials[i])];
    return worth;
}

/* The terms that do not go by chip. */
static int64_t worth_of_rest(const struct value_class *c, int32_t row, int32_t cpu_milli,
    int32_t memory_mib, int32_t usable, int32_t whole)
{
    int64_t worth = c->multi[row][whole];
    uint32_t r = RATIO_MAX;
    uint32_t q = RATIO_MAX;

    if (usable <= 0)
        return worth;
    if (cpu_milli < 1 << 27)
        r = (uint32_t)cpu_milli * 16 / (uint32_t)usable;
    if (memory_mib < 1 << 29)
        q = (uint32_t)memory_mib * 4 / (uint32_t)usable;
    r = r < RATIO_MAX ? r : RATIO_MAX;
    q = q < RATIO_MAX ? q : RATIO_MAX;
    worth -= (int64_t)c->cpu_a[r] * usable - (c->cpu_b[r] * cpu_milli >> 4);
    worth -= (int64_t)c->memory_a[q] * usable - (c->memory_b[q] * memory_mib >> 4);
    return worth;
}

static void view(
    const void *tables, int32_t chip, const uint16_t *partials, struct mz_pack_view *view)
{
    const struct value_tables *t = tables;
    const struct value_class *c = class_at(t, chip);
    int32_t row;

    view->usable = 0;
    view->value = 0;
    if (view->cpu_milli < 0)
        return;
    row = row_of(t, view->cpu_milli);
    view->usable = view->whole * c->use[STEP_COUNT - 1];
    for (int32_t i = 0; i < view->partial_count; i++)
        view->usable += c->use[step_of(partials[i])];
    view->value = worth_of_chips(c->chip[row], partials, view->partial_count, view->whole) +
        worth_of_rest(c, row, view->cpu_milli, view->memory_mib, view->usable, view->whole);
}

/* The chip from which a fraction is best taken: how much it adds to the worth of the chips and the
 * rest, and how much is free there. Ties: the least free. */
struct fraction {
    int64_t worth;
    int32_t free_milli;
};

static struct fraction best_fraction(const struct value_class *c, int32_t row, int32_t cpu_milli,
    int32_t memory_mib, const struct mz_pack_view *view, const uint16_t *partials, int32_t milli)
{
    const int32_t *chip = c->chip[row];
    struct fraction best = { 0, 0 };
    int32_t last = 0;

    for (int32_t i = 0; i <= view->partial_count; i++) {
        bool whole = i == view->partial_count;
        int32_t free_milli = whole ? MZ_MILLI : partials[i];
        int32_t from = step_of(free_milli);
        int32_t to;
        int64_t worth;

        if (free_milli < milli || free_milli == last || (whole && view->whole == 0))
            continue;
        last = free_milli;
        to = step_of(free_milli - milli);
        worth = (int64_t)chip[to] - chip[from] +
            worth_of_rest(c, row, cpu_milli, memory_mib, view->usable - c->use[from] + c->use[to],
                view->whole - whole);
        if (best.free_milli == 0 || worth > best.worth)
            best = (struct fraction){ worth, free_milli };
    }
    return best;
}

static int32_t cost(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
    const struct mz_pack_shape *shape)
{
    const struct value_tables *t = pack->tables;
    const struct value_class *c = class_at(t, chip);
    const uint16_t *partials = &pack->partials[view->partial_first];
    int32_t cpu_milli = view->cpu_milli - shape->shape.cpu_milli;
    int32_t memory_mib = view->memory_mib - shape->shape.memory_mib;
    int32_t row = row_of(t, cpu_milli);
    int64_t worth = worth_of_chips(c->chip[row], partials, view->partial_count, view->whole);
    int64_t lost;

    if (shape->fraction)
        worth +=
            best_fraction(c, row, cpu_milli, memory_mib, view, partials, shape->shape.chip_milli)
                .worth;
    else
        worth +=
            worth_of_rest(c, row, cpu_milli, memory_mib,
                view->usable - shape->whole * c->use[STEP_COUNT - 1], view->whole - shape->whole) -
            (int64_t)shape->whole * c->chip[row][STEP_COUNT - 1];
    lost = view->value - worth + c->price * shape->demand + (INT64_C(1) << COST_BIAS_BITS);
    return (int32_t)(lost >> (Q + t->weights.quantum_bits));
}

static int32_t chip_for(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
    const struct mz_pack_shape *shape)
{
    const struct value_tables *t = pack->tables;
    int32_t cpu_milli = view->cpu_milli - shape->shape.cpu_milli;
    struct fraction best = best_fraction(class_at(t, chip), row_of(t, cpu_milli), cpu_milli,
        view->memory_mib - shape->shape.memory_mib, view, &pack->partials[view->partial_first],
        shape->shape.chip_milli);

    return mz_pack_chip_with(pack, view->node, best.free_milli);
}

const struct mz_pack_ops mz_pack_ops_frag = { .create = create,
    .free = destroy,
    .plan = plan,
    .piece = piece,
    .view = view,
    .cost = cost,
    .chip = chip_for };
