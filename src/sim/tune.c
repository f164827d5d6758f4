/* tune.c - trials, the best few again, and the half that was held back */
#include "sim/tune.h"

#include "base/random.h"
#include "base/text.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIAL_SEED_COUNT = 2,  /* of each trial */
    FINAL_SEED_COUNT = 10, /* of the best few, and on the held half */
    FINALIST_COUNT = 4
};

/* What is searched. quantum_bits stays: it decides ties, not worth. */
static const struct {
    const char *name;
    size_t offset;
    int32_t min;
    int32_t max;
} fields[MZ_TUNE_FIELD_COUNT] = {
    { "offers", offsetof(struct mz_pack_weights, offers), 1, 256 },
    { "slack_256", offsetof(struct mz_pack_weights, slack_256), 1, 4096 },
    { "cpu_256", offsetof(struct mz_pack_weights, cpu_256), 0, 4096 },
    { "memory_256", offsetof(struct mz_pack_weights, memory_256), 0, 4096 },
    { "multi_256", offsetof(struct mz_pack_weights, multi_256), 0, 4096 },
    { "spare_milli", offsetof(struct mz_pack_weights, spare_milli), 0, 999 },
    { "price_256", offsetof(struct mz_pack_weights, price_256), 0, 4096 },
    { "price_cap_256", offsetof(struct mz_pack_weights, price_cap_256), 0, 4096 },
    { "use_256", offsetof(struct mz_pack_weights, use_256), 0, 256 },
};

static int32_t *field_of(struct mz_pack_weights *weights, int32_t i)
{
    return (int32_t *)(void *)((char *)weights + fields[i].offset);
}

/* Half of the weights times 2^(-1.5 ... 1.5). */
static struct mz_pack_weights draw_weights(struct mz_random *random)
{
    struct mz_pack_weights weights = mz_pack_weights_default();

    for (int32_t i = 0; i < MZ_TUNE_FIELD_COUNT; i++) {
        int32_t *value = field_of(&weights, i);
        double factor = exp2(3 * mz_random_unit(random) - 1.5);
        bool kept = mz_random_below(random, 2) == 0;
        double drawn = nearbyint(*value * factor);

        if (!kept)
            *value = drawn < fields[i].min ? fields[i].min
                : drawn > fields[i].max    ? fields[i].max
                                           : (int32_t)drawn;
    }
    return weights;
}

const char *mz_tune_write_weights(struct mz_arena *arena, const struct mz_pack_weights *weights)
{
    struct mz_pack_weights copy = *weights;
    struct mz_text text;
    const char *result;

    mz_text_init(&text);
    for (int32_t i = 0; i < MZ_TUNE_FIELD_COUNT; i++)
        mz_text_addf(&text, "%s%s=%d", i ? "," : "", fields[i].name, *field_of(&copy, i));
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

enum mz_status mz_tune_read_weights(
    const char *text, struct mz_pack_weights *weights, struct mz_error *err)
{
    const char *known[MZ_TUNE_FIELD_COUNT];

    for (int32_t i = 0; i < MZ_TUNE_FIELD_COUNT; i++)
        known[i] = fields[i].name;
    while (*text) {
        size_t length = strcspn(text, "=,");
        char name[32] = "";
        int32_t found = -1;
        char *end;
        long value;

        memcpy(name, text, length < sizeof(name) - 1 ? length : sizeof(name) - 1);
        for (int32_t i = 0; i < MZ_TUNE_FIELD_COUNT; i++)
            found = strcmp(fields[i].name, name) == 0 ? i : found;
        if (found < 0) {
            const char *nearest = mz_nearest_word(name, known, MZ_TUNE_FIELD_COUNT);

            return mz_fail(err, MZ_E_INPUT, "--score: '%s' is not a weight%s%s%s", name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        }
        value = text[length] == '=' ? strtol(text + length + 1, &end, 10) : -1;
        if (text[length] != '=' || end == text + length + 1 || (*end != ',' && *end != '\0') ||
            value < fields[found].min || value > fields[found].max)
            return mz_fail(err, MZ_E_INPUT, "--score: %s needs a whole number from %d to %d", name,
                fields[found].min, fields[found].max);
        *field_of(weights, found) = (int32_t)value;
        text = *end == ',' ? end + 1 : end;
    }
    return MZ_OK;
}

/* ---- halves ---- */

struct tuning {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    double demand;
    uint64_t seed;
    const atomic_bool *stop;
    struct mz_trace halves[2];
    struct mz_error *err;
};

static void deal(struct tuning *t, const struct mz_trace *trace)
{
    size_t count = (size_t)trace->job_count;
    struct mz_trace_job *jobs = mz_arena_alloc(t->arena, count, sizeof(*jobs));
    struct mz_random random;

    memcpy(jobs, trace->jobs, count * sizeof(*jobs));
    mz_random_stream(&random, t->seed, 1);
    for (size_t i = count; i > 1; i--) {
        size_t j = mz_random_below(&random, i);
        struct mz_trace_job held = jobs[i - 1];

        jobs[i - 1] = jobs[j];
        jobs[j] = held;
    }
    t->halves[0] = t->halves[1] = *trace;
    t->halves[0].jobs = jobs;
    t->halves[0].job_count = trace->job_count / 2;
    t->halves[1].jobs = jobs + count / 2;
    t->halves[1].job_count = trace->job_count - trace->job_count / 2;
}

static enum mz_status judge(struct tuning *t, int32_t half, const struct mz_pack_weights *weights,
    int32_t seed_count, double *ret_at_100, double *ret_at_130)
{
    struct mz_arena *arena = mz_arena_create(); /* of one trial */
    struct mz_packing_result result;
    uint64_t seeds[FINAL_SEED_COUNT];
    enum mz_status status;

    for (int32_t i = 0; i < seed_count; i++)
        seeds[i] = t->seed + (uint64_t)i + 1;
    status = mz_packing_run(arena, t->fleet, &t->halves[half], MZ_PACK_FRAG, t->demand, seeds,
        seed_count, weights, t->stop, &result, t->err);
    *ret_at_100 = *ret_at_130 = 0;
    for (int32_t i = 0; i < seed_count && status == MZ_OK; i++) {
        *ret_at_100 += 100 * result.seeds[i].alloc_at_100_percent / seed_count;
        *ret_at_130 += 100 * result.seeds[i].alloc_at_130_percent / seed_count;
    }
    mz_arena_free(arena);
    return status;
}

/* What is made most: allocation at the end, and a quarter as much what was given on the way. */
static double worth(double at_100, double at_130)
{
    return at_130 + at_100 / 4;
}

struct finalist {
    struct mz_pack_weights weights;
    double worth;
};

/* Keeps the best, best first. */
static void offer(struct finalist best[FINALIST_COUNT], const struct finalist *new)
{
    int32_t at = FINALIST_COUNT;

    while (at > 0 && new->worth > best[at - 1].worth) {
        if (at < FINALIST_COUNT)
            best[at] = best[at - 1];
        at--;
    }
    if (at < FINALIST_COUNT)
        best[at] = *new;
}

static bool is_stopped(const struct tuning *t)
{
    return t->stop && atomic_load_explicit(t->stop, memory_order_relaxed);
}

/* The best of the finalists, and the built-in weights among them, with all seeds. */
static enum mz_status decide(
    struct tuning *t, const struct finalist *best, struct mz_pack_weights *ret_weights)
{
    double most = -1;
    enum mz_status status = MZ_OK;

    for (int32_t i = -1; i < FINALIST_COUNT && status == MZ_OK; i++) {
        struct mz_pack_weights weights = i < 0 ? mz_pack_weights_default() : best[i].weights;
        double at_100;
        double at_130;

        if (i >= 0 && best[i].worth < 0)
            break;
        status = judge(t, 0, &weights, FINAL_SEED_COUNT, &at_100, &at_130);
        if (status == MZ_OK && worth(at_100, at_130) > most) {
            most = worth(at_100, at_130);
            *ret_weights = weights;
        }
    }
    return status;
}

static enum mz_status fill_row(struct tuning *t, struct mz_tune_row *row)
{
    enum mz_status status =
        judge(t, 0, &row->weights, FINAL_SEED_COUNT, &row->searched_at_100, &row->searched_at_130);

    if (status == MZ_OK)
        status = judge(t, 1, &row->weights, FINAL_SEED_COUNT, &row->held_at_100, &row->held_at_130);
    return status;
}

enum mz_status mz_tune_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, double demand, int32_t trial_count, uint64_t seed,
    const atomic_bool *stop, void (*progress)(void *context, int32_t done, double best),
    void *context, struct mz_tune_result *ret_result, struct mz_error *err)
{
    struct tuning t = {
        .arena = arena, .fleet = fleet, .demand = demand, .seed = seed, .err = err
    };
    struct finalist best[FINALIST_COUNT];
    struct mz_random random;
    enum mz_status status = MZ_OK;

    if (trace->job_count < 2)
        return mz_fail(err, MZ_E_INPUT, "%s: too few pods to hold half of them back", trace->name);
    deal(&t, trace);
    mz_random_stream(&random, seed, 2);
    for (int32_t i = 0; i < FINALIST_COUNT; i++)
        best[i].worth = -1;
    *ret_result = (struct mz_tune_result){
        .rows = { { .name = "built in", .weights = mz_pack_weights_default() },
            { .name = "tuned", .weights = mz_pack_weights_default() } },
        .searched_pod_count = t.halves[0].job_count,
        .held_pod_count = t.halves[1].job_count
    };
    t.stop = stop;
    while (ret_result->trial_count < trial_count && !is_stopped(&t)) {
        struct finalist new = { .weights = draw_weights(&random) };
        double at_100;
        double at_130;

        status = judge(&t, 0, &new.weights, TRIAL_SEED_COUNT, &at_100, &at_130);
        if (status != MZ_OK)
            break;
        new.worth = worth(at_100, at_130);
        offer(best, &new);
        ret_result->trial_count++;
        if (progress)
            progress(context, ret_result->trial_count, best[0].worth);
    }
    if (status != MZ_OK && status != MZ_E_INTERRUPT)
        return status;
    t.stop = NULL; /* Ctrl-C ends the search; the figures of what was found are quick */
    status = decide(&t, best, &ret_result->rows[1].weights);
    for (int32_t i = 0; i < 2 && status == MZ_OK; i++)
        status = fill_row(&t, &ret_result->rows[i]);
    return status;
}
