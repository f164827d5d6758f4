/* bench_gang.c - bench_gang [GANGS]: gangs of 16,384 chips with a spine constraint in a large fleet
 *
 * 163,840 nodes of 8 chips (1.31 million), racks of 32 nodes, spines of 128 racks (4,096 nodes), at
 * one site. Filled to 85% with jobs of 1 to 512 chips, each spine to a different degree, so that few
 * spines hold the gang. Then, again and again: some jobs end and others start, a gang of 16,384 chips
 * that requires a spine is submitted, a step decides, the gang ends. Only its step is timed, with the
 * CPU clock of the thread. Prints one JSON line. */
#include "base/random.h"
#include "bench_common.h"
#include "place/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum {
    NODE_COUNT = 163840,
    NODES_PER_RACK = 32,
    NODES_PER_SPINE = 4096,
    GANG_CHIPS = 16384,
    CHURN_COUNT = 200,
    GANG_COUNT_MAX = 100000
};

static double thread_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct mz_fleet *make_fleet(struct mz_arena *arena)
{
    static const char *const partner_names[] = { "own" };
    static const char *const chip_names[] = { "gb300" };
    struct mz_fleet_site site = { .name = "own/a" };
    struct mz_node_spec *nodes = mz_xcalloc(NODE_COUNT, sizeof(*nodes));
    struct mz_fleet_spec spec = { .partner_count = 1,
        .partner_names = partner_names,
        .site_count = 1,
        .sites = &site,
        .chip_count = 1,
        .chip_names = chip_names,
        .node_count = NODE_COUNT,
        .nodes = nodes };
    struct mz_fleet *fleet;
    struct mz_error err;

    for (int32_t n = 0; n < NODE_COUNT; n++)
        nodes[n] = (struct mz_node_spec){ .chips = 8,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = n / NODES_PER_RACK,
            .spine = n / NODES_PER_SPINE };
    mz_bench_require(mz_fleet_create(arena, &spec, &fleet, &err), &err);
    free(nodes);
    return fleet;
}

static int32_t submit(
    struct mz_engine *engine, int64_t now_us, int32_t chips, enum mz_level required)
{
    struct mz_shape shape = { .chips = chips,
        .chip_milli = MZ_MILLI,
        .required = required,
        .preferred = MZ_LEVEL_NODE,
        .chip_mask = ~UINT64_C(0),
        .partner_mask = ~UINT64_C(0) };
    struct mz_request request = {
        .submit_us = now_us, .estimate_us = 1000000, .deadline_us = MZ_TIME_NEVER, .team = -1
    };
    struct mz_error err;

    mz_bench_require(mz_engine_shape(engine, &shape, &request.shape, &err), &err);
    return mz_engine_submit(engine, now_us, &request);
}

static int32_t some_chips(struct mz_random *random)
{
    static const int32_t sizes[] = { 1, 1, 2, 4, 8, 8, 16, 32, 64, 128, 256, 512 };

    return sizes[mz_random_below(random, sizeof(sizes) / sizeof(sizes[0]))];
}

struct load {
    struct mz_engine *engine;
    struct mz_random random;
    int32_t *jobs; /* that run */
    int32_t count;
    int64_t now_us;
};

static void start_one(struct load *load, int32_t chips)
{
    const struct mz_place_decision *decisions;

    load->jobs[load->count++] = submit(load->engine, load->now_us, chips, MZ_LEVEL_SITE);
    (void)mz_engine_step(load->engine, load->now_us, &decisions);
    if (mz_engine_state(load->engine, load->jobs[load->count - 1]) != MZ_JOB_RUNNING)
        mz_engine_end(load->engine, load->now_us, load->jobs[--load->count]);
}

static void end_one(struct load *load)
{
    int32_t at = (int32_t)mz_random_below(&load->random, (uint64_t)load->count);

    mz_engine_end(load->engine, load->now_us, load->jobs[at]);
    load->jobs[at] = load->jobs[--load->count];
}

static double used_share(const struct mz_fleet *fleet)
{
    return 1 - (double)fleet->domains[MZ_LEVEL_FLEET][0].free_chips / (double)fleet->chip_total;
}

/* Full first; then spines are thinned out, those with a low number more, down to 85%. */
static void fill(struct load *load, const struct mz_fleet *fleet)
{
    while (used_share(fleet) < 0.97)
        start_one(load, some_chips(&load->random));
    while (used_share(fleet) > 0.85) {
        int32_t at = (int32_t)mz_random_below(&load->random, (uint64_t)load->count);
        int32_t part_count;
        const struct mz_part *parts = mz_engine_parts(load->engine, load->jobs[at], &part_count);
        uint64_t spine = (uint64_t)(parts[0].node / NODES_PER_SPINE);

        if (mz_random_below(&load->random, NODE_COUNT / NODES_PER_SPINE) < spine * 3)
            continue;
        mz_engine_end(load->engine, load->now_us, load->jobs[at]);
        load->jobs[at] = load->jobs[--load->count];
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int32_t gang_count = argc > 1 ? atoi(argv[1]) : 2000;
    struct mz_arena *arena = mz_arena_create();
    struct mz_fleet *fleet = make_fleet(arena);
    struct mz_policy policy;
    struct mz_error err;
    struct load load = { .jobs = mz_xcalloc(4 * NODE_COUNT, sizeof(int32_t)) };
    double *times;
    int32_t placed = 0;
    int32_t in_spine = 0;
    struct rusage usage;

    if (gang_count < 1 || gang_count > GANG_COUNT_MAX)
        mz_bench_fail("bench_gang [GANGS]");
    times = mz_xcalloc((size_t)gang_count, sizeof(*times));
    mz_bench_require(mz_policy_parse("fifo", &policy, &err), &err);
    load.engine = mz_engine_create(fleet, &policy, NULL, NULL);
    mz_random_init(&load.random, 1);
    fill(&load, fleet);
    for (int32_t i = 0; i < gang_count; i++) {
        const struct mz_place_decision *decisions;
        int32_t job;
        double begin;

        load.now_us++;
        for (int32_t c = 0; c < CHURN_COUNT; c++) {
            end_one(&load);
            while (used_share(fleet) < 0.85)
                start_one(&load, some_chips(&load.random));
        }
        job = submit(load.engine, load.now_us, GANG_CHIPS, MZ_LEVEL_SPINE);
        begin = thread_us();
        (void)mz_engine_step(load.engine, load.now_us, &decisions);
        times[i] = thread_us() - begin;
        if (mz_engine_state(load.engine, job) == MZ_JOB_RUNNING) {
            int32_t part_count;
            const struct mz_part *parts = mz_engine_parts(load.engine, job, &part_count);

            placed++;
            in_spine +=
                parts[0].node / NODES_PER_SPINE == parts[part_count - 1].node / NODES_PER_SPINE;
        }
        mz_engine_end(load.engine, load.now_us, job);
    }
    qsort(times, (size_t)gang_count, sizeof(*times), compare);
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("{\"nodes\": %d, \"chips\": %lld, \"used\": %.3f, \"gangs\": %d, \"placed\": %d, "
           "\"in_one_spine\": %d, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, "
           "\"rss_mib\": %.0f}\n",
        NODE_COUNT, (long long)fleet->chip_total, used_share(fleet), gang_count, placed, in_spine,
        times[gang_count / 2], times[(gang_count * 99) / 100], times[gang_count - 1],
        (double)usage.ru_maxrss / 1024);
    mz_engine_free(load.engine);
    mz_arena_free(arena);
    free(load.jobs);
    free(times);
    return 0;
}
