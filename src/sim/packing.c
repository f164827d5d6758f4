/* packing.c - the packing experiment: packing.h, docs/placement.md "Packing"
 *
 * The list of a seed, as published for FGD: all pods of the trace; if they ask for more than the
 * target, uniformly random ones leave until they do not; else uniform draws with replacement join
 * until the next one would pass the target. What a pod asks is chips x chip_milli; only the drawn
 * pod of that last check counts chip_milli once. Then the list is shuffled (Fisher and Yates, from
 * the end). The figure at 100 % is taken behind the first pod with which all that arrived, placed
 * or not, reaches the capacity; where none does, it is the last figure.
 *
 * Order of nodes at ties: frag goes by file order. The baselines go by a fixed shuffle (pack.h,
 * mixed_order): in file order fgd loses up to 1.7 points (cpu250), while any shuffled order gives
 * its published means.
 */
#include "sim/packing.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { STOP_EVERY = 256 /* pods between looks at `stop` */ };

struct packing {
    struct mz_arena *arena; /* of this call */
    struct mz_fleet *fleet;
    const atomic_bool *stop;
    struct mz_pack_weights weights;
    int64_t capacity_milli;
    int64_t target_milli;
    struct mz_pack_demand *demands; /* [shape], in order of first appearance */
    int32_t shape_count;
    size_t shape_capacity;
    int32_t *pods; /* [job of the trace]: shape */
    int64_t pod_count;
    int32_t *list; /* of the seed: shapes */
    int64_t list_count;
    size_t list_capacity;
    struct placed *placed; /* what has to be given back */
    int64_t placed_count;
    size_t placed_capacity;
};

struct placed {
    struct mz_part part;
    int32_t shape;
};

/* ---- shapes ---- */

/* "A|B" as a set of the fleet's kinds; those that it does not have are nowhere. NULL: any. */
static uint64_t chip_mask_of(const struct mz_fleet *fleet, const char *chips)
{
    uint64_t mask = 0;

    if (!chips)
        return ~UINT64_C(0);
    for (;;) {
        size_t length = strcspn(chips, "|");

        for (int32_t c = 0; c < fleet->chip_count; c++) {
            if (strlen(fleet->chip_names[c]) == length &&
                strncmp(fleet->chip_names[c], chips, length) == 0)
                mask |= UINT64_C(1) << c;
        }
        if (chips[length] == '\0')
            return mask;
        chips += length + 1;
    }
}

static int64_t demand_of(const struct mz_shape *shape)
{
    return (int64_t)shape->chips * shape->chip_milli;
}

static bool same_shape(const struct mz_shape *a, const struct mz_shape *b)
{
    return a->chips == b->chips && a->chip_milli == b->chip_milli && a->cpu_milli == b->cpu_milli &&
        a->memory_mib == b->memory_mib && a->chip_mask == b->chip_mask;
}

static uint64_t hash_shape(const struct mz_shape *shape)
{
    uint64_t hash = mz_pack_mix((uint64_t)shape->chips << 32 | (uint32_t)shape->chip_milli);

    hash = mz_pack_mix(hash ^ ((uint64_t)shape->cpu_milli << 32 | (uint32_t)shape->memory_mib));
    return mz_pack_mix(hash ^ shape->chip_mask);
}

static int compare_lines(const void *a, const void *b)
{
    const struct mz_trace_job *x = *(const struct mz_trace_job *const *)a;
    const struct mz_trace_job *y = *(const struct mz_trace_job *const *)b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x > y) - (x < y); /* copies: in the order of the array */
}

/* The jobs as in the file: with times they come sorted by those. */
static const struct mz_trace_job **order_by_line(
    struct mz_arena *arena, const struct mz_trace *trace)
{
    const struct mz_trace_job **jobs =
        mz_arena_alloc(arena, (size_t)trace->job_count + 1, sizeof(struct mz_trace_job *));

    for (int64_t j = 0; j < trace->job_count; j++)
        jobs[j] = &trace->jobs[j];
    qsort(jobs, (size_t)trace->job_count, sizeof(struct mz_trace_job *), compare_lines);
    return jobs;
}

/* Number of the shape of each pod; `table` is a hash table of 2^bits numbers plus one. */
static void intern_pods(struct packing *p, const struct mz_trace *trace)
{
    const struct mz_trace_job **jobs = order_by_line(p->arena, trace);
    int32_t bits = 4;
    int32_t *table;

    while ((INT64_C(1) << bits) < 2 * trace->job_count)
        bits++;
    table = mz_arena_alloc(p->arena, (size_t)1 << bits, sizeof(*table));
    p->pods = mz_arena_alloc(p->arena, (size_t)trace->job_count + 1, sizeof(*p->pods));
    for (int64_t j = 0; j < trace->job_count; j++) {
        const struct mz_trace_job *job = jobs[j];
        struct mz_shape shape = { .chips = job->chips,
            .chip_milli = job->chips > 0 ? job->chip_milli : MZ_MILLI,
            .cpu_milli = job->cpu_milli,
            .memory_mib = job->memory_mib,
            .required = MZ_LEVEL_NODE,
            .chip_mask = chip_mask_of(p->fleet, job->chip),
            .partner_mask = ~UINT64_C(0) };
        uint64_t at = hash_shape(&shape) >> (64 - bits);

        while (table[at] && !same_shape(&p->demands[table[at] - 1].shape, &shape))
            at = (at + 1) & ((UINT64_C(1) << bits) - 1);
        if (!table[at]) {
            p->demands = mz_arena_grow(p->arena, p->demands, (size_t)p->shape_count,
                (size_t)p->shape_count + 1, &p->shape_capacity, sizeof(*p->demands));
            p->demands[p->shape_count] = (struct mz_pack_demand){ .shape = shape };
            table[at] = ++p->shape_count;
        }
        p->pods[j] = table[at] - 1;
        p->demands[p->pods[j]].count++;
    }
    p->pod_count = trace->job_count;
}

static enum mz_status check_trace(const struct mz_trace *trace, struct mz_error *err)
{
    int64_t chips = 0;

    if (trace->job_count == 0)
        return mz_fail(err, MZ_E_INPUT, "trace '%s' has no pods to place", trace->name);
    for (int64_t j = 0; j < trace->job_count; j++) {
        const struct mz_trace_job *job = &trace->jobs[j];

        if (job->chips > MZ_NODE_CHIP_COUNT_MAX || job->chips_per_node > 0)
            return mz_fail(err, MZ_E_INPUT,
                "trace '%s', line %d: a pod of %d chips does not lie on one node; --pack places "
                "each pod on one node: run the trace without --pack",
                trace->name, job->line, job->chips);
        chips += job->chips;
    }
    if (chips == 0) /* no draw would ever fill the demand */
        return mz_fail(err, MZ_E_INPUT,
            "trace '%s': no pod asks for a chip, so there is nothing to pack; give pods with "
            "num_gpu above 0",
            trace->name);
    return MZ_OK;
}

/* ---- the list of a seed ---- */

static void add_pod(struct packing *p, int32_t shape)
{
    if ((size_t)p->list_count == p->list_capacity) {
        p->list_capacity = p->list_capacity > 0 ? 2 * p->list_capacity : 1024;
        p->list = mz_xrealloc(p->list, p->list_capacity, sizeof(*p->list));
    }
    p->list[p->list_count++] = shape;
}

static void remove_pod(struct packing *p, int64_t at)
{
    size_t behind = (size_t)(--p->list_count - at);

    memmove(&p->list[at], &p->list[at + 1], behind * sizeof(*p->list));
}

/* Uniform in [0, bound): the remainder, drawn again where it would be biased. Not mz_random_below:
 * the figures in docs/placement.md were made with these lists. */
static int64_t draw(struct mz_random *random, int64_t bound)
{
    uint64_t size = (uint64_t)bound;
    uint64_t number;

    do
        number = mz_random_next(random);
    while (number < -size % size);
    return (int64_t)(number % size);
}

static void make_list(struct packing *p, uint64_t seed)
{
    struct mz_random random;
    int64_t asked = 0;

    mz_random_init(&random, seed);
    p->list_count = 0;
    for (int64_t i = 0; i < p->pod_count; i++) {
        add_pod(p, p->pods[i]);
        asked += demand_of(&p->demands[p->pods[i]].shape);
    }
    if (asked > p->target_milli) {
        while (asked > p->target_milli) {
            int64_t at = draw(&random, p->list_count);

            asked -= demand_of(&p->demands[p->list[at]].shape);
            remove_pod(p, at);
        }
    } else {
        for (;;) {
            int32_t pod = p->pods[draw(&random, p->pod_count)];
            const struct mz_shape *shape = &p->demands[pod].shape;

            if (asked + (shape->chips > 0 ? shape->chip_milli : 0) > p->target_milli)
                break;
            asked += demand_of(shape);
            add_pod(p, pod);
        }
    }
    for (int64_t i = p->list_count - 1; i > 0; i--) {
        int64_t j = draw(&random, i + 1);
        int32_t pod = p->list[i];

        p->list[i] = p->list[j];
        p->list[j] = pod;
    }
}

/* ---- placing it ---- */

static void place(struct packing *p, int32_t shape, const struct mz_part *part)
{
    const struct mz_shape *s = &p->demands[shape].shape;

    mz_fleet_take(p->fleet, part, s->cpu_milli, s->memory_mib);
    if ((size_t)p->placed_count == p->placed_capacity) {
        p->placed_capacity = p->placed_capacity > 0 ? 2 * p->placed_capacity : 1024;
        p->placed = mz_xrealloc(p->placed, p->placed_capacity, sizeof(*p->placed));
    }
    p->placed[p->placed_count++] = (struct placed){ .part = *part, .shape = shape };
}

static void give_all_back(struct packing *p)
{
    while (p->placed_count > 0) {
        const struct placed *placed = &p->placed[--p->placed_count];
        const struct mz_shape *s = &p->demands[placed->shape].shape;

        mz_fleet_give(p->fleet, &placed->part, s->cpu_milli, s->memory_mib);
    }
}

/* False when it was stopped. */
static bool place_list(struct packing *p, struct mz_pack *pack, struct mz_packing_seed *seed)
{
    int64_t arrived = 0;
    int64_t allocated = 0;

    seed->hash = UINT64_C(14695981039346656037);
    seed->pod_count = p->list_count;
    seed->alloc_at_100_percent = -1;
    for (int64_t i = 0; i < p->list_count; i++) {
        int32_t shape = p->list[i];
        const struct mz_shape *s = &p->demands[shape].shape;
        struct mz_part part = { .node = -1 };

        if (i % STOP_EVERY == 0 && p->stop && atomic_load(p->stop))
            return false;
        arrived += demand_of(s);
        if (mz_pack_find(pack, s, shape, -1, &part)) {
            place(p, shape, &part);
            allocated += demand_of(s);
        } else {
            seed->dropped_count++;
        }
        seed->hash = (seed->hash ^ (uint64_t)(part.node + 1)) * UINT64_C(1099511628211);
        seed->hash = (seed->hash ^ part.chips) * UINT64_C(1099511628211);
        if (seed->alloc_at_100_percent < 0 && arrived >= p->capacity_milli)
            seed->alloc_at_100_percent = (double)allocated / (double)p->capacity_milli;
    }
    seed->alloc_at_130_percent = (double)allocated / (double)p->capacity_milli;
    if (seed->alloc_at_100_percent < 0)
        seed->alloc_at_100_percent = seed->alloc_at_130_percent;
    return true;
}

static enum mz_status run_seed(struct packing *p, enum mz_pack_policy policy,
    struct mz_packing_seed *seed, struct mz_error *err)
{
    struct mz_pack_options options = mz_pack_options_default(policy, seed->seed);
    struct mz_pack *pack;
    bool done;

    options.mixed_order = policy != MZ_PACK_FRAG;
    options.weights = p->weights;
    pack = mz_pack_create(p->fleet, policy, &options);
    mz_pack_expect(pack, p->demands, p->shape_count);
    make_list(p, seed->seed);
    done = place_list(p, pack, seed);
    give_all_back(p);
    mz_pack_free(pack);
    if (!done)
        return mz_fail(err, MZ_E_INTERRUPT, "stopped");
    return MZ_OK;
}

enum mz_status mz_packing_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, enum mz_pack_policy policy, double tune, const uint64_t *seeds,
    int32_t seed_count, const struct mz_pack_weights *weights, const atomic_bool *stop,
    struct mz_packing_result *ret_result, struct mz_error *err)
{
    struct mz_packing_result result = { .policy = policy, .tune = tune, .seed_count = seed_count };
    struct packing p = { .fleet = fleet, .stop = stop, .weights = *weights };
    enum mz_status status = check_trace(trace, err);

    if (status != MZ_OK)
        return status;
    if (fleet->chip_total == 0)
        return mz_fail(err, MZ_E_INPUT, "the fleet has no chips to give away");
    if (!(tune > 0 && tune <= 1000))
        return mz_fail(err, MZ_E_RANGE, "tune %g is not above 0 and at most 1000", tune);
    p.arena = mz_arena_create();
    p.capacity_milli = fleet->chip_total * MZ_MILLI;
    p.target_milli = (int64_t)((double)p.capacity_milli * tune + 1e-6);
    result.seeds = mz_arena_alloc(arena, (size_t)seed_count + 1, sizeof(*result.seeds));
    intern_pods(&p, trace);
    for (int32_t i = 0; i < seed_count && status == MZ_OK; i++) {
        result.seeds[i].seed = seeds[i];
        status = run_seed(&p, policy, &result.seeds[i], err);
    }
    free(p.list);
    free(p.placed);
    mz_arena_free(p.arena);
    if (status == MZ_OK)
        *ret_result = result;
    return status;
}
