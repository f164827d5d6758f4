/* sim_fixture.c - a toy scheduler that makes results which add up */
#include "sim/sim_fixture.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_PER_SITE = 40,
    SITE_COUNT = 4,
    PARTNER_COUNT = 3,
    CHIPS_PER_SITE = NODES_PER_SITE * 8,
    JOB_COUNT = 480,
    TEAM_COUNT = 5,
    SPAN_COUNT = 192 /* of a series */
};

static const int64_t begin_us = INT64_C(1759276800) * 1000000; /* 2025-10-01 */
static const int64_t hour_us = INT64_C(3600) * 1000000;

const char sim_fixture_command[] =
    "mizan sim fleet.yaml --trace mizan:jobs.csv --policy fifo,sjf,easy,fair+easy+preempt "
    "--seed 42 --report sim.html";

static struct mz_fleet *make_fleet(struct mz_arena *arena)
{
    static const char *const partners[] = { "aws", "azure", "own" };
    static const char *const chips[] = { "h100-sxm" };
    static const struct mz_fleet_site sites[SITE_COUNT] = { { .name = "use1", .partner = 0 },
        { .name = "usw2", .partner = 0 }, { .name = "westus3", .partner = 1 },
        { .name = "mi1", .partner = 2 } };
    struct mz_node_spec *nodes = mz_arena_alloc(arena, SITE_COUNT * NODES_PER_SITE, sizeof(*nodes));
    struct mz_fleet_spec spec = { PARTNER_COUNT, partners, SITE_COUNT, sites, 1, chips,
        SITE_COUNT * NODES_PER_SITE, nodes };
    struct mz_fleet *fleet = NULL;
    struct mz_error err = { 0 };

    for (int32_t n = 0; n < spec.node_count; n++)
        nodes[n] = (struct mz_node_spec){ .site = n / NODES_PER_SITE,
            .chips = 8,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 };
    if (mz_fleet_create(arena, &spec, &fleet, &err) != MZ_OK)
        abort();
    return fleet;
}

static void make_trace(struct mz_arena *arena, struct mz_trace *trace)
{
    static const char *const teams[TEAM_COUNT] = { "pretrain", "post", "eval", "serve",
        "research" };
    static const int32_t sizes[] = { 1, 2, 4, 8, 8, 16, 32, 32, 64, 128, 256 };
    struct mz_trace_job *jobs = mz_arena_alloc(arena, JOB_COUNT, sizeof(*jobs));
    struct mz_random random;
    int64_t at_us = begin_us;

    mz_random_init(&random, 7);
    for (int32_t i = 0; i < JOB_COUNT; i++) {
        int32_t chips = sizes[mz_random_below(&random, 11)];
        double hours = 0.05 + mz_random_exponential(&random, chips >= 32 ? 9 : 3);

        at_us += (int64_t)(mz_random_exponential(&random, 0.6) * (double)hour_us);
        jobs[i] = (struct mz_trace_job){ .submit_us = at_us,
            .run_us = (int64_t)(hours * (double)hour_us),
            .limit_us = -1,
            .deadline_us = -1,
            .checkpoint_us = -1,
            .team = (int32_t)mz_random_below(&random, TEAM_COUNT),
            .user = -1,
            .line = i + 2,
            .chips = chips,
            .chip_milli = MZ_MILLI };
        if (i % 3 == 0)
            jobs[i].name = mz_arena_printf(arena, "%s-%d", teams[jobs[i].team], (int)i);
    }
    *trace = (struct mz_trace){ .name = "jobs.csv",
        .kind = MZ_TRACE_MIZAN,
        .job_count = JOB_COUNT,
        .jobs = jobs,
        .team_count = TEAM_COUNT,
        .team_names = teams,
        .skipped_count = 12 };
}

/* A toy run */

struct run {
    const struct sim_fixture *fixture;
    struct mz_sim_result *result;
    struct mz_sim_attempt *attempts;
    int32_t count;
    bool in_order; /* no job starts before one that came earlier */
    bool any_site; /* where it can start first; else by its number */
    bool disturbed;
};

static int32_t used_at(const struct run *run, int32_t site, int64_t at_us)
{
    int32_t used = 0;

    for (int32_t i = 0; i < run->count; i++) {
        const struct mz_sim_attempt *attempt = &run->attempts[i];

        if (attempt->site == site && attempt->start_us <= at_us && attempt->end_us > at_us)
            used += attempt->chips;
    }
    return used;
}

static bool fits(const struct run *run, int32_t site, int32_t chips, int64_t from, int64_t to)
{
    if (used_at(run, site, from) + chips > CHIPS_PER_SITE)
        return false;
    for (int32_t i = 0; i < run->count; i++) {
        const struct mz_sim_attempt *attempt = &run->attempts[i];

        if (attempt->site == site && attempt->start_us > from && attempt->start_us < to &&
            used_at(run, site, attempt->start_us) + chips > CHIPS_PER_SITE)
            return false;
    }
    return true;
}

static int64_t earliest(
    const struct run *run, int32_t site, int32_t chips, int64_t from, int64_t length)
{
    int64_t best = INT64_MAX;

    if (fits(run, site, chips, from, from + length))
        return from;
    for (int32_t i = 0; i < run->count; i++) {
        int64_t at = run->attempts[i].end_us;

        if (run->attempts[i].site == site && at > from && at < best &&
            fits(run, site, chips, at, at + length))
            best = at;
    }
    return best;
}

static int64_t place(struct run *run, int32_t job, int32_t attempt, int64_t from, int64_t length,
    const char *outcome)
{
    int32_t chips = run->fixture->trace.jobs[job].chips;
    int32_t site = job % SITE_COUNT;
    int64_t start = earliest(run, site, chips, from, length);

    for (int32_t s = 0; s < SITE_COUNT && run->any_site; s++) {
        int64_t at = earliest(run, s, chips, from, length);

        site = at < start ? s : site;
        start = at < start ? at : start;
    }
    run->attempts[run->count++] =
        (struct mz_sim_attempt){ job, attempt, site, chips, start, start + length, outcome };
    return start;
}

static void place_job(struct run *run, int32_t i, int64_t *last_start)
{
    const struct mz_trace_job *job = &run->fixture->trace.jobs[i];
    struct mz_sim_result *result = run->result;
    int64_t from = run->in_order && *last_start > job->submit_us ? *last_start : job->submit_us;
    const char *outcome = i % 17 == 3 ? "fail"
        : i % 23 == 5                 ? "preempt"
        : i % 41 == 9                 ? "reclaim"
                                      : NULL;
    int64_t start;
    int64_t waited;
    int64_t end;

    if (!run->disturbed || !outcome) {
        start = place(run, i, 1, from, job->run_us, "end");
        waited = start - job->submit_us;
        end = start + job->run_us;
    } else {
        int64_t part = job->run_us * 2 / 3;
        int64_t again;

        start = place(run, i, 1, from, part, outcome);
        again = place(run, i, 2, start + part, job->run_us - part + job->run_us / 6, "end");
        waited = start - job->submit_us + again - start - part;
        end = again + job->run_us - part + job->run_us / 6;
        result->lost_chip_hours += job->chips * (double)(job->run_us / 6) / (double)hour_us;
        result->failures += outcome[0] == 'f';
        result->interruptions += outcome[0] != 'p';
        result->preemptions += outcome[0] == 'p';
    }
    *last_start = start;
    result->queue_s[i] = (double)waited / 1e6;
    result->jct_s[i] = (double)(end - job->submit_us) / 1e6;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double quantile(struct mz_arena *arena, const double *values, double at)
{
    double *sorted = mz_arena_alloc(arena, JOB_COUNT, sizeof(*sorted));

    memcpy(sorted, values, JOB_COUNT * sizeof(*sorted));
    qsort(sorted, JOB_COUNT, sizeof(*sorted), compare_numbers);
    return sorted[(int32_t)ceil(at * JOB_COUNT) - 1];
}

static double overlap(double from, double to, double begin, double end)
{
    return fmax(fmin(to, end) - fmax(from, begin), 0);
}

static void fill_series(struct mz_arena *arena, const struct run *run, int64_t end_us)
{
    struct mz_sim_series *series = &run->result->series;
    double **partners = mz_arena_alloc(arena, PARTNER_COUNT, sizeof(*partners));
    double width;

    *series = (struct mz_sim_series){ .begin_us = begin_us,
        .width_us = (end_us - begin_us) / SPAN_COUNT + 1,
        .count = SPAN_COUNT,
        .used_chips = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double)),
        .waiting_jobs = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double)),
        .waiting_chips = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double)),
        .down_chips = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double)),
        .fragmentation = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double)),
        .partner_used_chips = (double *const *)partners };
    width = (double)series->width_us;
    for (int32_t p = 0; p < PARTNER_COUNT; p++)
        partners[p] = mz_arena_alloc(arena, SPAN_COUNT, sizeof(double));
    for (int32_t t = 0; t < SPAN_COUNT; t++) {
        double from = (double)begin_us + t * width;

        for (int32_t i = 0; i < run->count; i++) {
            const struct mz_sim_attempt *attempt = &run->attempts[i];
            double part =
                overlap((double)attempt->start_us, (double)attempt->end_us, from, from + width) /
                width * attempt->chips;

            partners[run->fixture->fleet->sites[attempt->site].partner][t] += part;
            series->used_chips[t] += part;
        }
        for (int32_t i = 0; i < JOB_COUNT; i++) {
            const struct mz_trace_job *job = &run->fixture->trace.jobs[i];
            double part =
                overlap((double)job->submit_us,
                    (double)job->submit_us + run->result->queue_s[i] * 1e6, from, from + width) /
                width;

            series->waiting_jobs[t] += part;
            series->waiting_chips[t] += part * job->chips;
        }
        series->down_chips[t] = run->disturbed && t % 48 > 40 ? 24 + t % 5 * 8 : 0;
        series->fragmentation[t] = series->used_chips[t] > 1270
            ? NAN
            : 0.15 + 0.1 * sin(t * 0.2) + (run->any_site ? 0 : 0.1);
    }
}

static void fill_means(struct mz_arena *arena, const struct run *run)
{
    struct mz_sim_result *result = run->result;
    int64_t first_us = run->fixture->trace.jobs[0].submit_us;
    int64_t end_us = 0;
    double *counts = mz_arena_alloc(arena, TEAM_COUNT, sizeof(*counts));

    for (int32_t i = 0; i < run->count; i++) {
        const struct mz_sim_attempt *attempt = &run->attempts[i];
        double hours =
            attempt->chips * (double)(attempt->end_us - attempt->start_us) / (double)hour_us;
        struct mz_sim_partner *partner =
            &result->partners[run->fixture->fleet->sites[attempt->site].partner];

        end_us = attempt->end_us > end_us ? attempt->end_us : end_us;
        result->used_chip_hours += hours;
        partner->used_chip_hours += hours;
        partner->spent_usd += hours * 2.5;
        partner->start_count++;
        result->team_chip_hours[run->fixture->trace.jobs[attempt->job].team] += hours;
    }
    for (int32_t i = 0; i < JOB_COUNT; i++) {
        int32_t team = run->fixture->trace.jobs[i].team;

        result->avg_jct_s += result->jct_s[i] / JOB_COUNT;
        result->avg_queue_s += result->queue_s[i] / JOB_COUNT;
        result->team_avg_queue_s[team] += result->queue_s[i];
        counts[team]++;
    }
    for (int32_t t = 0; t < TEAM_COUNT; t++)
        result->team_avg_queue_s[t] /= counts[t];
    result->p50_jct_s = quantile(arena, result->jct_s, 0.5);
    result->p99_jct_s = quantile(arena, result->jct_s, 0.99);
    result->p50_queue_s = quantile(arena, result->queue_s, 0.5);
    result->p99_queue_s = quantile(arena, result->queue_s, 0.99);
    result->makespan_s = (double)(end_us - first_us) / 1e6;
    result->utilisation = result->used_chip_hours /
        (result->makespan_s / 3600 * (double)run->fixture->fleet->chip_total);
    result->checkpoint_chip_hours = run->disturbed ? result->used_chip_hours * 0.011 : 0;
    result->goodput =
        1 - (result->lost_chip_hours + result->checkpoint_chip_hours) / result->used_chip_hours;
    fill_series(arena, run, end_us);
}

static void make_run(struct sim_fixture *fixture, int32_t index)
{
    static const char *const names[] = { "fifo", "sjf", "easy", "fair+easy+preempt" };
    struct mz_arena *arena = fixture->arena;
    struct mz_sim_result *result = &fixture->results[index];
    struct run run = { .fixture = fixture,
        .result = result,
        .attempts = mz_arena_alloc(arena, 2 * JOB_COUNT, sizeof(*run.attempts)),
        .in_order = index == 0 || index % 5 == 4,
        .any_site = index % 4 == 2,
        .disturbed = index % 4 >= 2 };
    int64_t last_start = 0;

    *result = (struct mz_sim_result){
        .policy = index < 4 ? names[index] : mz_arena_printf(arena, "policy-%02d", (int)index),
        .seed = 42,
        .is_complete = true,
        .jobs = JOB_COUNT,
        .first_dropped = -1,
        .events = 2 * JOB_COUNT,
        .decisions = JOB_COUNT,
        .cpu_s = 0.0125,
        .events_per_s = 76800,
        .result_hash = UINT64_C(0x00c0ffee12345678) + (uint64_t)index,
        .job_count = JOB_COUNT,
        .jct_s = mz_arena_alloc(arena, JOB_COUNT, sizeof(double)),
        .queue_s = mz_arena_alloc(arena, JOB_COUNT, sizeof(double)),
        .partner_count = PARTNER_COUNT,
        .partners = mz_arena_alloc(arena, PARTNER_COUNT, sizeof(struct mz_sim_partner)),
        .contract_count = 3,
        .contracts = mz_arena_alloc(arena, 3, sizeof(struct mz_sim_contract)),
        .team_count = TEAM_COUNT,
        .team_names = fixture->trace.team_names,
        .team_avg_queue_s = mz_arena_alloc(arena, TEAM_COUNT, sizeof(double)),
        .team_chip_hours = mz_arena_alloc(arena, TEAM_COUNT, sizeof(double)),
    };
    for (int32_t p = 0; p < PARTNER_COUNT; p++) {
        result->partners[p].name = fixture->fleet->partner_names[p];
        result->partners[p].chip_total = p == 0 ? 2 * CHIPS_PER_SITE : CHIPS_PER_SITE;
    }
    for (int32_t i = 0; i < JOB_COUNT; i++)
        place_job(&run, i, &last_start);
    fill_means(arena, &run);
    result->contracts[0] =
        (struct mz_sim_contract){ "aws-38b", 900000, result->partners[0].spent_usd };
    result->contracts[1] =
        (struct mz_sim_contract){ "azure-250b", 150000, result->partners[1].spent_usd };
    result->contracts[2] = (struct mz_sim_contract){ "own", 0, result->partners[2].spent_usd };
    result->attempts = run.attempts;
    result->attempt_count = run.count;
    fixture->pointers[index] = result;
}

static void begin(struct sim_fixture *fixture, int32_t run_count)
{
    assert(run_count <= SIM_FIXTURE_RUN_COUNT_MAX);
    memset(fixture, 0, sizeof(*fixture));
    fixture->arena = mz_arena_create();
    fixture->fleet = make_fleet(fixture->arena);
    fixture->options = (struct mz_sim_options){ .seed = 42, .why_job = -1 };
    fixture->set = (struct mz_sim_run_set){ .fleet_text = "fleet.yaml: 160 nodes, 1,280 chips",
        .fleet = fixture->fleet,
        .trace = &fixture->trace,
        .count = run_count,
        .results = fixture->pointers,
        .options = &fixture->options };
}

void sim_fixture_init(struct sim_fixture *fixture, int32_t run_count)
{
    begin(fixture, run_count);
    make_trace(fixture->arena, &fixture->trace);
    for (int32_t i = 0; i < run_count; i++)
        make_run(fixture, i);
}

void sim_fixture_init_empty(struct sim_fixture *fixture)
{
    begin(fixture, 1);
    fixture->trace = (struct mz_trace){ .name = "empty.csv", .kind = MZ_TRACE_SWF };
    fixture->results[0] = (struct mz_sim_result){ .policy = "fifo",
        .is_complete = true,
        .first_dropped = -1,
        .avg_jct_s = NAN,
        .p50_jct_s = NAN,
        .p99_jct_s = NAN,
        .avg_queue_s = NAN,
        .p50_queue_s = NAN,
        .p99_queue_s = NAN,
        .makespan_s = NAN,
        .utilisation = NAN,
        .goodput = NAN };
    fixture->pointers[0] = &fixture->results[0];
}

struct sim_fixture *sim_fixture_new(int32_t run_count)
{
    struct sim_fixture *fixture = mz_xcalloc(1, sizeof(*fixture));

    if (run_count > 0)
        sim_fixture_init(fixture, run_count);
    else
        sim_fixture_init_empty(fixture);
    return fixture;
}

void sim_fixture_free(struct sim_fixture *fixture)
{
    mz_arena_free(fixture->arena);
    free(fixture);
}

void sim_fixture_make_plain(struct sim_fixture *fixture)
{
    fixture->set.count = 2;
    for (int32_t i = 0; i < 2; i++) {
        fixture->results[i] = (struct mz_sim_result){ .policy = i == 0 ? "fifo" : "sjf",
            .seed = 42,
            .is_complete = true,
            .jobs = 11897,
            .first_dropped = -1,
            .avg_jct_s = i == 0 ? 3691.594 : 3182.556,
            .p50_jct_s = 120,
            .p99_jct_s = 1e6,
            .avg_queue_s = i == 0 ? 821.914 : 312.871,
            .p50_queue_s = 0,
            .p99_queue_s = 12345.6,
            .makespan_s = 5444859,
            .utilisation = 0.43216,
            .goodput = 1,
            .decisions = 11897,
            .events = 23794,
            .cpu_s = 0.5,
            .events_per_s = 47588,
            .result_hash = UINT64_C(0x0123456789abcdef) };
        fixture->pointers[i] = &fixture->results[i];
    }
}
