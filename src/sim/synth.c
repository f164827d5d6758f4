/* synth.c - made traces, labelled as such wherever they are shown
 *
 * "llm": a cluster that trains large language models, fitted to Kalos, one of the two clusters of
 * Hu and others, "Characterization of Large Language Model Development in the Datacenter", NSDI'24
 * (Acme). What it is fitted to, and what is assumed: docs/placement.md, "Synthetic traces".
 *
 * Three types of job. A submission is one pretraining job, one debugging (or other) job, or a batch
 * of evaluation jobs with the same owner and time. Chips come from a table, run times from a
 * log-normal distribution cut at the longest run time of Kalos; both were chosen so that the mean
 * and median of chips and run times, and each type's share of jobs and chip time, agree with the
 * source for a fleet of the size of Kalos. For other fleets the sizes of pretraining and debugging
 * jobs are scaled by a power of two, so that the largest is about as large a part of the fleet.
 *
 * Jobs are drawn until their chip time reaches load x chips x span; then all run times are scaled
 * by what is left of the difference, a factor near 1. Arrivals are a Poisson process whose rate has a
 * period of a day. Each kind of choice has its own random stream.
 */
#include "base/random.h"
#include "base/text.h"
#include "sim/trace_kinds.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TYPE_PRETRAIN, TYPE_DEBUG, TYPE_EVALUATION, TYPE_COUNT };
enum stream { STREAM_TYPE, STREAM_SIZE, STREAM_RUN, STREAM_ARRIVAL, STREAM_OWNER, STREAM_LIMIT };

enum {
    TEAM_COUNT = 8,
    USERS_PER_TEAM = 12,
    BATCH_MAX = 63,          /* evaluations in a batch: 1 to so many */
    KALOS_CHIPS = 2416,      /* of the cluster that the tables are fitted to */
    KALOS_LARGEST = 1024,    /* its largest job */
    LARGEST_MAX = 16 * 1024, /* Llama 3 (2024): the largest published training job */
    RUN_S_MAX = 625740,      /* the longest run of Kalos */
    LIMIT_STEP_S = 300       /* owners ask for whole five minutes */
};

struct size {
    int32_t chips;
    double share; /* of the jobs of its type */
};

struct model {
    const char *name;
    double job_share;
    double run_s_median;
    double run_s_mean;    /* after the cut; follows from median, sigma and cut */
    double run_sigma;     /* of the logarithm */
    int64_t checkpoint_s; /* -1: writes none */
    int32_t priority;
    bool scaled; /* sizes grow and shrink with the fleet */
    struct size sizes[10];
};

static const struct model models[TYPE_COUNT] = {
    [TYPE_PRETRAIN] = { "pretrain", 0.032, 800, 11924, 2.642, 1800, 3, true,
        { { 32, 0.04 }, { 64, 0.05 }, { 128, 0.07 }, { 256, 0.12 }, { 512, 0.24 },
            { 1024, 0.48 } } },
    [TYPE_DEBUG] = { "debug", 0.039, 300, 5199, 2.547, -1, 2, true,
        { { 1, 0.36 }, { 8, 0.31 }, { 16, 0.10 }, { 32, 0.04 }, { 64, 0.03 }, { 128, 0.01 },
            { 256, 0.08 }, { 512, 0.07 } } },
    [TYPE_EVALUATION] = { "eval", 0.929, 115, 721, 1.919, -1, 1, false,
        { { 1, 0.60 }, { 2, 0.06 }, { 4, 0.09 }, { 8, 0.23 }, { 16, 0.02 } } },
};

static const char source[] =
    "synthetic 'llm': fitted to the cluster Kalos of Acme (Hu and others, NSDI'24, table 2 and "
    "section 3; github.com/InternLM/AcmeTrace data/cluster_summary.csv): mean 26.8 and median 1 "
    "chips, mean 1260 s and median 124 s run time, pretraining 3.2% of jobs and 94.0% of chip "
    "time, "
    "evaluation 0.8% of chip time";

struct synth {
    const struct mz_synth *wish;
    struct mz_trace_build *build;
    struct mz_random streams[STREAM_LIMIT + 1];
    int32_t largest; /* chips of the largest job */
    double work_s;   /* chip-seconds drawn so far */
    double *run_s;   /* heap; of each job, before scaling */
    size_t run_capacity;
};

static double unit(struct synth *synth, enum stream stream)
{
    return mz_random_unit(&synth->streams[stream]);
}

/* The largest power of two that is at most as large a part of the fleet as in Kalos, at least 1. */
static int32_t largest_job(int64_t chip_total)
{
    int32_t chips = 1;

    while (chips < LARGEST_MAX && (int64_t)chips * 2 * KALOS_CHIPS <= chip_total * KALOS_LARGEST)
        chips *= 2;
    return chips;
}

static int32_t scaled_chips(const struct synth *synth, const struct model *model, int32_t chips)
{
    int64_t scaled = model->scaled ? (int64_t)chips * synth->largest / KALOS_LARGEST : chips;

    if (scaled > synth->largest)
        return synth->largest;
    return scaled < 1 ? 1 : (int32_t)scaled;
}

static int32_t draw_chips(struct synth *synth, const struct model *model)
{
    double left = unit(synth, STREAM_SIZE);
    size_t i = 0;

    for (; i + 1 < sizeof(model->sizes) / sizeof(model->sizes[0]); i++) {
        left -= model->sizes[i].share;
        if (left < 0 || model->sizes[i + 1].chips == 0)
            break;
    }
    return scaled_chips(synth, model, model->sizes[i].chips);
}

static double draw_run_s(struct synth *synth, const struct model *model)
{
    double run_s;

    do { /* beyond the cut lies less than one draw in a hundred */
        run_s = model->run_s_median *
            exp(model->run_sigma * mz_random_normal(&synth->streams[STREAM_RUN]));
    } while (run_s > RUN_S_MAX);
    return run_s < 1 ? 1 : run_s;
}

/* A batch counts its mean number of jobs, so that the shares are of jobs and not of submissions. */
static enum type draw_type(struct synth *synth)
{
    const double batch_mean = (BATCH_MAX + 1) / 2.0;
    double evaluation = models[TYPE_EVALUATION].job_share / batch_mean;
    double pretrain = models[TYPE_PRETRAIN].job_share;
    double debug = models[TYPE_DEBUG].job_share;
    double left = unit(synth, STREAM_TYPE) * (evaluation + pretrain + debug);

    if (left < pretrain)
        return TYPE_PRETRAIN;
    return left < pretrain + debug ? TYPE_DEBUG : TYPE_EVALUATION;
}

/* Rejection: the rate is 1 + 0.5 cos, highest at 15:00; time 0 is midnight. Whole microseconds. */
static int64_t draw_arrival_us(struct synth *synth)
{
    const double pi = 3.14159265358979323846;
    const double day_us = 24 * 3600 * 1e6;
    double at_us;
    double rate;

    do {
        at_us = unit(synth, STREAM_ARRIVAL) * (double)synth->wish->span_us;
        rate = 1 + 0.5 * cos(2 * pi * (at_us / day_us - 15.0 / 24));
    } while (unit(synth, STREAM_ARRIVAL) * 1.5 >= rate);
    return (int64_t)at_us;
}

/* Team t has a share that falls as 1 / (t + 1); its users are alike. */
static void draw_owner(struct synth *synth, struct mz_trace_job *job)
{
    double total = 0;
    double left;
    int32_t team = 0;
    uint64_t user = mz_random_below(&synth->streams[STREAM_OWNER], USERS_PER_TEAM);
    char name[32];

    for (int32_t t = 0; t < TEAM_COUNT; t++)
        total += 1.0 / (t + 1);
    left = unit(synth, STREAM_OWNER) * total;
    while (team + 1 < TEAM_COUNT && (left -= 1.0 / (team + 1)) >= 0)
        team++;
    (void)snprintf(name, sizeof(name), "team-%d", (int)team + 1);
    job->team = mz_trace_word(synth->build, &synth->build->teams, name);
    (void)snprintf(name, sizeof(name), "user-%d-%d", (int)team + 1, (int)user + 1);
    job->user = mz_trace_word(synth->build, &synth->build->users, name);
}

static enum mz_status add_job(struct synth *synth, const struct model *model,
    const struct mz_trace_job *owner, struct mz_error *err)
{
    struct mz_trace_build *build = synth->build;
    struct mz_trace_job job = *owner;
    enum mz_status status;

    job.line = (int32_t)build->job_count + 1;
    job.chips = draw_chips(synth, model);
    job.priority = model->priority;
    if (model->checkpoint_s > 0)
        job.checkpoint_us = model->checkpoint_s * 1000 * 1000;
    status = mz_trace_build_add(build, &job, err);
    if (status != MZ_OK)
        return status;
    if (build->job_count > synth->run_capacity) {
        synth->run_capacity = build->job_capacity;
        synth->run_s = mz_xrealloc(synth->run_s, synth->run_capacity, sizeof(*synth->run_s));
    }
    synth->run_s[build->job_count - 1] = draw_run_s(synth, model);
    synth->work_s += job.chips * synth->run_s[build->job_count - 1];
    build->jobs[build->job_count - 1].name =
        mz_arena_printf(build->arena, "%s-%d", model->name, (int)job.line);
    return MZ_OK;
}

/* Draws submissions until the work is done. */
static enum mz_status draw_jobs(struct synth *synth, double wanted_s, struct mz_error *err)
{
    while (synth->work_s < wanted_s) {
        enum type type = draw_type(synth);
        struct mz_trace_job job = mz_trace_job_default(0);
        uint64_t count = 1;

        if (type == TYPE_EVALUATION)
            count = 1 + mz_random_below(&synth->streams[STREAM_TYPE], BATCH_MAX);
        draw_owner(synth, &job);
        job.submit_us = draw_arrival_us(synth);
        for (; count > 0 && synth->work_s < wanted_s; count--) {
            enum mz_status status = add_job(synth, &models[type], &job, err);

            if (status != MZ_OK)
                return status;
        }
    }
    return MZ_OK;
}

/* Drops the last job when the work is nearer without it, and scales what remains. */
static void set_times(struct synth *synth, double wanted_s)
{
    struct mz_trace_build *build = synth->build;
    size_t last = build->job_count - 1;
    double last_s = build->jobs[last].chips * synth->run_s[last];
    double factor;

    if (last > 0 && synth->work_s - wanted_s > wanted_s - (synth->work_s - last_s)) {
        synth->work_s -= last_s;
        build->job_count--;
    }
    factor = wanted_s / synth->work_s;
    for (size_t i = 0; i < build->job_count; i++) {
        struct mz_trace_job *job = &build->jobs[i];
        double run_us = floor(synth->run_s[i] * factor * 1e6);
        double asked = 1 + mz_random_exponential(&synth->streams[STREAM_LIMIT], 1);
        double steps;

        job->run_us = run_us < 1 ? 1 : (int64_t)run_us;
        steps = ceil((double)job->run_us * asked / (LIMIT_STEP_S * 1e6));
        job->limit_us = (int64_t)steps * LIMIT_STEP_S * 1000 * 1000;
    }
}

/* Chip-seconds of the mean job: to notice a trace that would be too long before it is drawn. */
static double mean_work_s(const struct synth *synth)
{
    double work_s = 0;

    for (int type = 0; type < TYPE_COUNT; type++) {
        const struct model *model = &models[type];
        double chips = 0;

        for (size_t i = 0; i < sizeof(model->sizes) / sizeof(model->sizes[0]); i++)
            chips += model->sizes[i].share *
                (model->sizes[i].chips ? scaled_chips(synth, model, model->sizes[i].chips) : 0);
        work_s += model->job_share * chips * model->run_s_mean;
    }
    return work_s;
}

static enum mz_status check(const struct mz_synth *wish, struct mz_error *err)
{
    static const char *const known[] = { "llm" };
    const char *nearest = mz_nearest_word(wish->name, known, 1);

    if (strcmp(wish->name, known[0]) != 0)
        return mz_fail(err, MZ_E_INPUT, "no synthetic trace is called '%s'%s; there is: llm",
            wish->name, nearest ? "; did you mean 'llm'?" : "");
    if (wish->chip_total < 1 ||
        wish->chip_total > (int64_t)MZ_NODE_COUNT_MAX * MZ_NODE_CHIP_COUNT_MAX)
        return mz_fail(err, MZ_E_RANGE, "a synthetic trace needs a fleet with chips");
    if (wish->span_us < 1 || wish->span_us > MZ_TRACE_TIME_MAX_US)
        return mz_fail(err, MZ_E_RANGE, "the span of a synthetic trace has to be positive");
    if (!(wish->load > 0 && wish->load <= 1000))
        return mz_fail(err, MZ_E_RANGE,
            "the load of a synthetic trace has to be above 0 and at most 1000; 1 asks for all "
            "chips all the time");
    return MZ_OK;
}

enum mz_status mz_trace_synthesise(struct mz_arena *arena, const struct mz_synth *wish,
    struct mz_trace **ret_trace, struct mz_error *err)
{
    struct mz_trace_build build;
    struct synth synth = { .wish = wish, .build = &build };
    struct mz_trace *trace = NULL;
    double wanted_s;
    enum mz_status status = check(wish, err);

    if (status != MZ_OK)
        return status;
    for (uint64_t stream = 0; stream <= STREAM_LIMIT; stream++)
        mz_random_stream(&synth.streams[stream], wish->seed, stream);
    synth.largest = largest_job(wish->chip_total);
    wanted_s = wish->load * (double)wish->chip_total * ((double)wish->span_us / 1e6);
    if (wanted_s / mean_work_s(&synth) > 0.9 * MZ_TRACE_JOB_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT,
            "a synthetic trace of this load and span would have about %.0f jobs, more than %d",
            wanted_s / mean_work_s(&synth), (int)MZ_TRACE_JOB_COUNT_MAX);
    mz_trace_build_init(&build, arena, wish->name);
    status = draw_jobs(&synth, wanted_s, err);
    if (status == MZ_OK) {
        set_times(&synth, wanted_s);
        status = mz_trace_build_end(&build, MZ_TRACE_MIZAN, &trace, err);
    }
    if (status == MZ_OK) {
        trace->synthetic = true;
        trace->synthetic_source = source;
        *ret_trace = trace;
    }
    free(synth.run_s);
    mz_trace_build_finish(&build);
    return status;
}
