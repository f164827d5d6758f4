/* serve_validate.c - predicts rows and sums up errors
 *
 * The published rate of InferenceX rows is concurrency x nominal osl / (ttft + (osl - 1) tpot) /
 * chips, so the prediction of it is put together the same way from the predicted times. */
#include "size/serve_validate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *mz_serve_mode_name(enum mz_serve_mode mode)
{
    switch (mode) {
    case MZ_SERVE_AGG: return "agg";
    case MZ_SERVE_DISAGG: return "disagg";
    case MZ_SERVE_STATIC: return "static_batch";
    case MZ_SERVE_OFFLINE: return "offline_max_throughput";
    case MZ_SERVE_FIRST_TOKEN: return "first_token_latency";
    case MZ_SERVE_MLPERF: return "mlperf_offline";
    case MZ_SERVE_DISAGG_PREFILL: return "disagg_prefill";
    case MZ_SERVE_DISAGG_DECODE: return "disagg_decode";
    }
    return "invalid";
}

static double error_of(double predicted, double measured)
{
    return measured > 0 && predicted > 0 ? predicted / measured - 1 : NAN;
}

/* The loop of a decode pool alone: batch from the published time per token. */
static void solve_decode_pool(struct mz_serve_row *row)
{
    double low = 1;
    double high = 1;
    struct mz_serve_result *r = &row->result;

    row->serve.out_tokens = 1;
    high = mz_serve_batch_max(&row->serve, &row->layout);
    for (int i = 0; i < 40 && high > low; i++) {
        double middle = (low + high) / 2;

        mz_serve_solve_static(&row->serve, &row->layout, middle, r);
        if (r->tpot_s < row->tpot_s)
            low = middle;
        else
            high = middle;
    }
    row->predicted_tokens_s = low / row->tpot_s / mz_serve_layout_chips(&row->layout);
}

static void predict(struct mz_serve_row *row)
{
    struct mz_serve_result *r = &row->result;
    double instance = mz_serve_layout_chips(&row->layout);
    double chips = instance;

    switch (row->mode) {
    case MZ_SERVE_AGG:
        mz_serve_solve(&row->serve, &row->layout, fmax(1, row->load), r);
        chips = row->chips > 0 ? row->chips : instance;
        break;
    case MZ_SERVE_DISAGG:
        mz_serve_solve_pools(&row->serve, &row->pools, fmax(1, row->load), r);
        chips = row->chips > 0 ? row->chips : r->chips;
        break;
    case MZ_SERVE_STATIC:
    case MZ_SERVE_FIRST_TOKEN:
        mz_serve_solve_static(&row->serve, &row->layout, fmax(1, row->load), r);
        break;
    case MZ_SERVE_OFFLINE:
    case MZ_SERVE_MLPERF: mz_serve_solve_offline(&row->serve, &row->layout, r); break;
    case MZ_SERVE_DISAGG_PREFILL: break;
    case MZ_SERVE_DISAGG_DECODE: solve_decode_pool(row); break;
    }
    /* A layout that was guessed proves nothing about memory. */
    row->out_of_memory = !r->fits && row->mode != MZ_SERVE_DISAGG_DECODE && !row->partial;
    if (row->mode == MZ_SERVE_AGG || row->mode == MZ_SERVE_DISAGG)
        row->predicted_tokens_s =
            row->load * row->out_nominal / (r->ttft_s + (row->out_nominal - 1) * r->tpot_s) / chips;
    else if (row->mode != MZ_SERVE_DISAGG_DECODE)
        row->predicted_tokens_s = r->tokens_s_per_chip;
}

static enum mz_serve_kind kind_of(const struct mz_serve_row *row)
{
    bool experts = row->shape.experts > 0;

    switch (row->mode) {
    case MZ_SERVE_AGG:
        return row->spec_unknown ? MZ_KIND_LOOP_DRAFT
            : experts            ? MZ_KIND_LOOP_EXPERTS
                                 : MZ_KIND_LOOP_DENSE;
    case MZ_SERVE_DISAGG:
    case MZ_SERVE_DISAGG_PREFILL: return row->partial ? MZ_KIND_POOLS_UNKNOWN : MZ_KIND_POOLS;
    case MZ_SERVE_DISAGG_DECODE: return MZ_KIND_POOLS_UNKNOWN;
    case MZ_SERVE_STATIC:
    case MZ_SERVE_FIRST_TOKEN: return MZ_KIND_STATIC;
    case MZ_SERVE_OFFLINE:
    case MZ_SERVE_MLPERF: return experts ? MZ_KIND_FULL_EXPERTS : MZ_KIND_FULL_DENSE;
    }
    return MZ_KIND_POOLS_UNKNOWN;
}

void mz_serve_validation_predict(struct mz_serve_validation *validation,
    const struct mz_size_params *params, const struct mz_serve_params *serve, bool partial)
{
    for (size_t i = 0; i < validation->count; i++) {
        struct mz_serve_row *row = &validation->rows[i];

        row->error_tokens = row->error_tpot = row->error_ttft = NAN;
        if (row->skip || (row->partial && !partial))
            continue;
        row->serve.shape = &row->shape; /* the array may have moved while it grew */
        row->serve.params = params;
        row->serve.serve = serve;
        row->serve.spec_accept = serve->spec_accept;
        row->kind = kind_of(row);
        row->band = mz_serve_band(row->kind, row->serve.chip);
        predict(row);
        if (!row->result.fits && row->mode != MZ_SERVE_DISAGG_DECODE)
            continue;
        row->error_tpot =
            row->mode == MZ_SERVE_DISAGG_DECODE ? NAN : error_of(row->result.tpot_s, row->tpot_s);
        row->error_ttft = error_of(row->result.ttft_s, row->ttft_s);
        row->error_tokens = error_of(row->predicted_tokens_s, row->tokens_s);
    }
}

static double error_in(const struct mz_serve_row *row, enum mz_serve_metric metric)
{
    switch (metric) {
    case MZ_SERVE_BY_TOKENS: return row->error_tokens;
    case MZ_SERVE_BY_TPOT: return row->error_tpot;
    case MZ_SERVE_BY_TTFT: return row->error_ttft;
    }
    return NAN;
}

static double band_in(const struct mz_serve_row *row, enum mz_serve_metric metric)
{
    switch (metric) {
    case MZ_SERVE_BY_TOKENS: return row->band.tokens;
    case MZ_SERVE_BY_TPOT: return row->band.tpot;
    case MZ_SERVE_BY_TTFT: return row->band.ttft;
    }
    return NAN;
}

static double measured_in(const struct mz_serve_row *row, enum mz_serve_metric metric)
{
    switch (metric) {
    case MZ_SERVE_BY_TOKENS: return row->tokens_s;
    case MZ_SERVE_BY_TPOT: return row->tpot_s;
    case MZ_SERVE_BY_TTFT: return row->ttft_s;
    }
    return NAN;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

struct ranked {
    double value;
    size_t at;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Replaces values by ranks, equal ones by their mean rank. */
static void to_ranks(double *values, struct ranked *work, size_t count)
{
    for (size_t i = 0; i < count; i++)
        work[i] = (struct ranked){ values[i], i };
    qsort(work, count, sizeof(*work), by_rank);
    for (size_t i = 0; i < count;) {
        size_t end = i;

        while (end < count && !(work[end].value > work[i].value))
            end++;
        for (size_t j = i; j < end; j++)
            values[work[j].at] = (double)(i + end - 1) / 2;
        i = end;
    }
}

static double correlation(const double *x, const double *y, size_t count)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

    for (size_t i = 0; i < count; i++) {
        mx += x[i] / (double)count;
        my += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static const char *group_name(const struct mz_serve_row *row, enum mz_serve_group_by by)
{
    switch (by) {
    case MZ_SERVE_GROUP_ALL: return "all";
    case MZ_SERVE_GROUP_SOURCE: return row->source_id;
    case MZ_SERVE_GROUP_MODEL: return row->model;
    case MZ_SERVE_GROUP_CHIP: return row->chip_name;
    case MZ_SERVE_GROUP_ENGINE: return row->engine;
    case MZ_SERVE_GROUP_MODE: return mz_serve_mode_name(row->mode);
    }
    return "";
}

static void summarise(struct mz_arena *arena, const struct mz_serve_validation *v,
    enum mz_serve_group_by by, enum mz_serve_metric metric, struct mz_serve_group *group)
{
    struct mz_serve_summary *s = &group->summary;
    double *sorted = mz_arena_alloc(arena, v->count, sizeof(*sorted));
    double *predicted = mz_arena_alloc(arena, v->count, sizeof(*predicted));
    double *measured = mz_arena_alloc(arena, v->count, sizeof(*measured));
    struct ranked *work = mz_arena_alloc(arena, v->count, sizeof(*work));
    size_t n = 0;

    for (size_t i = 0; i < v->count; i++) {
        const struct mz_serve_row *row = &v->rows[i];
        double error = error_in(row, metric);

        if (strcmp(group_name(row, by), group->name) != 0)
            continue;
        s->out_of_memory += row->out_of_memory;
        if (!isfinite(error))
            continue;
        measured[n] = measured_in(row, metric);
        predicted[n] = measured[n] * (1 + error);
        sorted[n] = fabs(error);
        s->mean += fabs(error);
        s->bias += log1p(error);
        s->inside += fabs(log1p(error)) <= log(band_in(row, metric));
        n++;
    }
    s->rows = n;
    if (n == 0)
        return;
    s->mean /= (double)n;
    s->bias /= (double)n;
    s->inside /= (double)n;
    qsort(sorted, n, sizeof(*sorted), by_value);
    s->median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    s->p90 = sorted[(size_t)ceil(0.9 * (double)n) - 1];
    s->max = sorted[n - 1];
    to_ranks(predicted, work, n);
    to_ranks(measured, work, n);
    s->spearman = n >= 3 ? correlation(predicted, measured, n) : NAN;
}

size_t mz_serve_validation_group(struct mz_arena *arena,
    const struct mz_serve_validation *validation, enum mz_serve_group_by by,
    enum mz_serve_metric metric, struct mz_serve_group **ret_groups)
{
    struct mz_serve_group *groups = mz_arena_alloc(arena, validation->count + 1, sizeof(*groups));
    size_t count = 0;

    for (size_t i = 0; i < validation->count; i++) {
        const char *name = group_name(&validation->rows[i], by);
        size_t at = 0;

        if (validation->rows[i].skip)
            continue;
        while (at < count && strcmp(groups[at].name, name) != 0)
            at++;
        if (at < count)
            continue;
        memset(&groups[count], 0, sizeof(*groups));
        groups[count].name = name;
        summarise(arena, validation, by, metric, &groups[count]);
        count += groups[count].summary.rows > 0 || groups[count].summary.out_of_memory > 0;
    }
    *ret_groups = groups;
    return count;
}
