/* bench_pack.c - how fast nodes are chosen in a large fleet
 *
 *   bench_pack NODES.csv PODS.csv [scale=206] [policy=frag] [mode=fill|steady] [by=pack|pools]
 *              [learn=0|1] [window=CELLS] [new=N] [level=0.87] [decisions=1000000] [seed=42]
 *
 * The openb node list `scale` times, pods drawn uniformly from the pod list. fill: until the pods
 * that arrived ask for 1.3 x the capacity. steady: fills up to `level`, then one pod comes and
 * random ones end until the level is kept, `decisions` times. by=pack asks mz_pack_find once for
 * all pools; by=pools asks mz_find_in_pool pool by pool until one has room, as the engine does.
 * learn=1: nothing is said about what to expect. new=N: N pods of kinds never seen, in the middle,
 * each followed by another of its kind. window=CELLS: instead of pack.h's (0: exact), with by=pack.
 *
 * A decision is the search, taking the chips, and the ends before it. One JSON line; times are
 * thread CPU time, the clock's own cost included (about 0.2 us each).
 */
#include "base/random.h"
#include "place/find.h"
#include "sim/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct running {
    struct mz_part part;
    int32_t shape;
};

struct bench {
    struct mz_fleet *fleet;
    struct mz_finder *finder;
    struct mz_pack *pack;
    struct mz_random random;
    struct mz_pack_demand *demands;
    int32_t shape_count;
    int32_t *pods;
    int64_t pod_count;
    struct running *running;
    int64_t running_count;
    int64_t allocated_milli;
    int64_t arrived_milli;
    int64_t capacity_milli;
    uint32_t *samples_ns;
    int64_t sample_count;
    int64_t sample_max;
    int64_t decision_count;
    int64_t placed_count;
    int64_t last_ns;
    int64_t new_max_ns;
    bool by_pools;
};

enum { SAMPLE_MAX = 8 * 1024 * 1024 };

static int64_t cpu_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void require(enum mz_status status, const struct mz_error *err)
{
    if (status == MZ_OK)
        return;
    fprintf(stderr, "bench_pack: %s\n", err->text);
    exit(1);
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t length = strlen(name);

    for (int i = 3; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    }
    return otherwise;
}

static uint64_t mask_of(const struct mz_fleet *fleet, const char *chips)
{
    uint64_t mask = 0;
    char text[256];

    if (!chips)
        return ~UINT64_C(0);
    snprintf(text, sizeof(text), "%s", chips);
    for (char *word = strtok(text, "|"); word; word = strtok(NULL, "|")) {
        for (int32_t c = 0; c < fleet->chip_count; c++) {
            if (strcmp(word, fleet->chip_names[c]) == 0)
                mask |= UINT64_C(1) << c;
        }
    }
    return mask;
}

static int32_t add_shape(struct bench *b, const struct mz_shape *shape)
{
    int32_t s = 0;

    while (s < b->shape_count && memcmp(&b->demands[s].shape, shape, sizeof(*shape)) != 0)
        s++;
    if (s == b->shape_count) {
        b->demands = mz_xrealloc(b->demands, (size_t)s + 1, sizeof(*b->demands));
        memset(&b->demands[s], 0, sizeof(b->demands[s]));
        b->demands[b->shape_count++].shape = *shape;
    }
    b->demands[s].count++;
    return s;
}

static void read_pods(struct bench *b, const struct mz_trace *trace)
{
    b->pods = mz_xcalloc((size_t)trace->job_count, sizeof(*b->pods));
    for (int64_t j = 0; j < trace->job_count; j++) {
        const struct mz_trace_job *job = &trace->jobs[j];
        struct mz_shape shape;

        memset(&shape, 0, sizeof(shape)); /* compared by bytes */
        shape.chips = job->chips;
        shape.chip_milli = job->chips > 0 ? job->chip_milli : MZ_MILLI;
        shape.cpu_milli = job->cpu_milli;
        shape.memory_mib = job->memory_mib;
        shape.required = MZ_LEVEL_NODE;
        shape.chip_mask = mask_of(b->fleet, job->chip);
        shape.partner_mask = ~UINT64_C(0);
        b->pods[b->pod_count++] = add_shape(b, &shape);
    }
}

static int64_t demand_of(const struct mz_shape *shape)
{
    return (int64_t)shape->chips * shape->chip_milli;
}

static bool find(struct bench *b, int32_t s, struct mz_part *ret_part)
{
    const struct mz_shape *shape = &b->demands[s].shape;
    struct mz_placement placement;

    if (!b->by_pools)
        return mz_pack_find(b->pack, shape, s, -1, ret_part);
    for (int32_t p = 0; p < b->fleet->pool_count; p++) {
        if (mz_find_allows(b->fleet, shape, &b->fleet->pools[p]) &&
            mz_find_in_pool(b->finder, shape, s, p, &placement)) {
            *ret_part = placement.parts[0];
            return true;
        }
    }
    return false;
}

static int64_t decide(struct bench *b, int32_t s)
{
    const struct mz_shape *shape = &b->demands[s].shape;
    struct mz_part part;
    int64_t now;
    int64_t spent;

    b->arrived_milli += demand_of(shape);
    if (find(b, s, &part)) {
        mz_fleet_take(b->fleet, &part, shape->cpu_milli, shape->memory_mib);
        b->running[b->running_count++] = (struct running){ part, s };
        b->allocated_milli += demand_of(shape);
        b->placed_count++;
    }
    b->decision_count++;
    now = cpu_ns();
    spent = now - b->last_ns;
    b->last_ns = now;
    if (b->sample_count < SAMPLE_MAX)
        b->samples_ns[b->sample_count++] = spent > UINT32_MAX ? UINT32_MAX : (uint32_t)spent;
    return spent;
}

static void end_one(struct bench *b)
{
    int64_t at = (int64_t)mz_random_below(&b->random, (uint64_t)b->running_count);
    struct running ended = b->running[at];
    const struct mz_shape *shape = &b->demands[ended.shape].shape;

    b->running[at] = b->running[--b->running_count];
    mz_fleet_give(b->fleet, &ended.part, shape->cpu_milli, shape->memory_mib);
    b->allocated_milli -= demand_of(shape);
}

static int32_t draw(struct bench *b)
{
    return b->pods[mz_random_below(&b->random, (uint64_t)b->pod_count)];
}

/* Kinds never seen: odd amounts of CPU and memory, fractions and whole chips. */
static void decide_new(struct bench *b, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        struct mz_shape shape = b->demands[draw(b)].shape;
        int32_t s;
        int64_t spent;

        shape.cpu_milli += 7 + i;
        shape.memory_mib += 11 + i;
        s = add_shape(b, &shape);
        b->last_ns = cpu_ns();
        spent = decide(b, s);
        if (spent > b->new_max_ns)
            b->new_max_ns = spent;
        decide(b, s);
    }
}

static void fill(struct bench *b, int32_t new_count)
{
    int64_t target = b->capacity_milli * 13 / 10;
    bool new_done = new_count == 0;

    b->last_ns = cpu_ns();
    while (b->arrived_milli < target && b->running_count < b->sample_max) {
        if (!new_done && b->arrived_milli > target * 7 / 10) {
            new_done = true;
            decide_new(b, new_count);
        }
        decide(b, draw(b));
    }
}

static void keep_level(struct bench *b, double level, int64_t decisions, int32_t new_count)
{
    int64_t most = (int64_t)((double)b->capacity_milli * level);

    b->last_ns = cpu_ns();
    while (b->allocated_milli < most && b->running_count < b->sample_max)
        decide(b, draw(b));
    b->sample_count = 0;
    b->decision_count = 0;
    b->placed_count = 0;
    for (int64_t i = 0; i < decisions && b->running_count < b->sample_max; i++) {
        if (i == decisions / 2)
            decide_new(b, new_count);
        while (b->allocated_milli > most)
            end_one(b);
        decide(b, draw(b));
    }
}

static int compare_uint32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void print(struct bench *b, const char *policy, const char *mode)
{
    struct rusage usage;
    double total = 0;
    double us[4];
    const double at[4] = { 0.5, 0.99, 0.9999, 1 };

    getrusage(RUSAGE_SELF, &usage);
    for (int64_t i = 0; i < b->sample_count; i++)
        total += 1e-9 * b->samples_ns[i];
    qsort(b->samples_ns, (size_t)b->sample_count, sizeof(*b->samples_ns), compare_uint32);
    for (int i = 0; i < 4; i++) {
        int64_t index = (int64_t)(at[i] * (double)(b->sample_count - 1));

        us[i] = b->sample_count > 0 ? b->samples_ns[index] * 1e-3 : 0;
    }
    printf("{\"policy\": \"%s\", \"mode\": \"%s\", \"by\": \"%s\", \"nodes\": %d, \"chips\": %lld, "
           "\"decisions\": %lld, \"placed\": %lld, \"cpu_s\": %.2f, \"decisions_per_s\": %.0f, "
           "\"p50_us\": %.2f, \"p99_us\": %.1f, \"p9999_us\": %.1f, \"max_us\": %.1f, "
           "\"new_max_us\": %.1f, \"rss_mib\": %ld, \"allocated\": %.4f}\n",
        policy, mode, b->by_pools ? "pools" : "pack", b->fleet->node_count,
        (long long)b->fleet->chip_total, (long long)b->decision_count, (long long)b->placed_count,
        total, total > 0 ? (double)b->sample_count / total : 0, us[0], us[1], us[2], us[3],
        (double)b->new_max_ns * 1e-3, usage.ru_maxrss / 1024,
        (double)b->allocated_milli / (double)b->capacity_milli);
}

int main(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct bench b = { .sample_max = SAMPLE_MAX };
    const char *policy_name = option(argc, argv, "policy", "frag");
    const char *mode = option(argc, argv, "mode", "fill");
    int32_t new_count = atoi(option(argc, argv, "new", "0"));
    struct mz_trace *trace;
    struct mz_error err;
    enum mz_pack_policy policy;
    struct mz_pack_options options;

    if (argc < 3 || !mz_pack_policy_parse(policy_name, &policy)) {
        fprintf(stderr, "bench_pack NODES.csv PODS.csv [OPTION=VALUE ...]: see bench_pack.c\n");
        return 2;
    }
    require(mz_trace_read_nodes(
                arena, argv[1], atoi(option(argc, argv, "scale", "206")), &b.fleet, &err),
        &err);
    require(mz_trace_read(arena, MZ_TRACE_OPENB, argv[2], &trace, &err), &err);
    mz_random_init(&b.random, (uint64_t)atoll(option(argc, argv, "seed", "42")));
    b.capacity_milli = b.fleet->chip_total * MZ_MILLI;
    b.by_pools = strcmp(option(argc, argv, "by", "pack"), "pools") == 0;
    b.running = mz_xcalloc(SAMPLE_MAX, sizeof(*b.running));
    b.samples_ns = mz_xcalloc(SAMPLE_MAX, sizeof(*b.samples_ns));
    read_pods(&b, trace);
    options = mz_pack_options_default(policy, 42);
    options.window = atoi(option(argc, argv, "window", "8"));
    if (b.by_pools)
        b.finder = mz_finder_create(b.fleet, policy, 42, NULL);
    b.pack = b.by_pools ? mz_finder_pack(b.finder) : mz_pack_create(b.fleet, policy, &options);
    if (atoi(option(argc, argv, "learn", "0")) == 0)
        mz_pack_expect(b.pack, b.demands, b.shape_count);
    if (strcmp(mode, "steady") == 0)
        keep_level(&b, atof(option(argc, argv, "level", "0.87")),
            atoll(option(argc, argv, "decisions", "1000000")), new_count);
    else
        fill(&b, new_count);
    print(&b, policy_name, mode);
    if (!b.by_pools)
        mz_pack_free(b.pack);
    mz_finder_free(b.finder);
    free(b.pods);
    free(b.demands);
    free(b.running);
    free(b.samples_ns);
    mz_arena_free(arena);
    return 0;
}
