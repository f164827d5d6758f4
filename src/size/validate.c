/* validate.c - predictions for rows and statistics of their errors */
#include "size/validate.h"

#include "size/band.h"
#include "size/flops.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double to_metric(const struct mz_validation_row *row, double step_s)
{
    double tokens = (double)row->batch * row->seq;
    double rate = tokens / step_s / row->chips;
    enum mz_flops_kind kind = row->stack->full_flops ? MZ_FLOPS_MODEL_FULL : MZ_FLOPS_MODEL_HALF;

    switch (row->metric) {
    case MZ_METRIC_STEP_S: return step_s;
    case MZ_METRIC_TOKENS_S: return rate;
    case MZ_METRIC_GPU_HOURS: return row->total_tokens / rate / 3600;
    case MZ_METRIC_TFLOPS:
        if (!row->stack->flash) /* the papers of that time count hardware FLOP */
            kind = MZ_FLOPS_HARDWARE_SC21;
        return mz_model_flops(&row->shape, kind, row->seq, row->batch) / step_s / row->chips / 1e12;
    }
    return 0;
}

static void predict_row(struct mz_validation_row *row, const struct mz_size_params *params,
    bool calibrated, struct mz_layer_memo *memo)
{
    struct mz_train_case train = { .shape = &row->shape,
        .chip = row->chip,
        .params = params,
        .stack = row->stack,
        .precision = row->precision,
        .task = row->task,
        .chips = row->chips,
        .seq = row->seq,
        .batch = row->batch };
    struct mz_search_options options;
    struct mz_search_result found;
    const struct mz_candidate *best;

    mz_search_options_default(&options);
    options.pins = row->pins;
    options.keep = 1;
    mz_search(&train, &options, memo, &found);
    best = found.count > 0 ? &found.best[0] : &found.nearest;
    row->out_of_memory = found.count == 0 && found.nearest.order > 0;
    if (best->order == 0) {
        row->skip = "no layout divides as the row says";
        return;
    }
    row->layout = best->layout;
    row->result = best->result;
    row->predicted = to_metric(row, best->result.step_s * (calibrated ? row->stack->factor : 1));
    row->error = row->predicted / row->measured - 1;
    row->band = mz_size_band(&train, row->searched).factor - 1;
}

void mz_validation_predict(struct mz_validation *validation, const struct mz_size_params *params,
    bool calibrated, struct mz_layer_memo *memo)
{
    validation->skipped = 0;
    for (size_t i = 0; i < validation->count; i++) {
        if (!validation->rows[i].skip)
            predict_row(&validation->rows[i], params, calibrated, memo);
        validation->skipped += validation->rows[i].skip != NULL;
    }
}

static const char *group_name(const struct mz_validation_row *row, enum mz_validation_by by)
{
    switch (by) {
    case MZ_BY_ALL: return "all";
    case MZ_BY_SOURCE: return row->source_id;
    case MZ_BY_MODEL: return row->model;
    case MZ_BY_CHIP: return row->chip_name;
    case MZ_BY_STACK: return row->stack->name;
    }
    return "";
}

struct weighted {
    double value, weight;
};

static int compare_weighted(const void *a, const void *b)
{
    const struct weighted *x = a;
    const struct weighted *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

static double quantile(const struct weighted *sorted, size_t count, double share)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += sorted[i].weight;
        if (sum >= share - 1e-12)
            return sorted[i].value;
    }
    return count > 0 ? sorted[count - 1].value : NAN;
}

/* Ranks with ties averaged. */
static void rank_values(struct mz_arena *arena, const double *values, size_t count, double *ranks)
{
    (void)arena;
    for (size_t i = 0; i < count; i++) {
        size_t below = 0;
        size_t same = 0;

        for (size_t j = 0; j < count; j++) {
            below += values[j] < values[i];
            same += values[j] == values[i];
        }
        ranks[i] = (double)below + ((double)same + 1) / 2;
    }
}

static double spearman(struct mz_arena *arena, const double *a, const double *b, size_t count)
{
    double *ra = mz_arena_alloc(arena, count, sizeof(*ra));
    double *rb = mz_arena_alloc(arena, count, sizeof(*rb));
    double mean = ((double)count + 1) / 2;
    double ab = 0, aa = 0, bb = 0;

    if (count < 3)
        return NAN;
    rank_values(arena, a, count, ra);
    rank_values(arena, b, count, rb);
    for (size_t i = 0; i < count; i++) {
        ab += (ra[i] - mean) * (rb[i] - mean);
        aa += (ra[i] - mean) * (ra[i] - mean);
        bb += (rb[i] - mean) * (rb[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* Rows of a group, with weights 1 / (sources x rows of the source). */
static void summarise(struct mz_arena *arena, const struct mz_validation *v,
    enum mz_validation_by by, const char *name, struct mz_error_summary *s)
{
    struct weighted *errors = mz_arena_alloc(arena, v->count, sizeof(*errors));
    double *predicted = mz_arena_alloc(arena, v->count, sizeof(*predicted));
    double *measured = mz_arena_alloc(arena, v->count, sizeof(*measured));
    const struct mz_validation_row **rows = mz_arena_alloc(arena, v->count, sizeof(*rows));
    size_t count = 0;

    memset(s, 0, sizeof(*s));
    for (size_t i = 0; i < v->count; i++)
        if (!v->rows[i].skip && strcmp(group_name(&v->rows[i], by), name) == 0)
            rows[count++] = &v->rows[i];
    s->rows = count;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        bool first = true;

        for (size_t j = 0; j < count; j++) {
            bool equal = strcmp(rows[i]->source_id, rows[j]->source_id) == 0;

            same += equal;
            first = first && !(equal && j < i);
        }
        s->sources += first;
        errors[i].value = fabs(rows[i]->error);
        errors[i].weight = 1.0 / (double)same;
    }
    for (size_t i = 0; i < count; i++) {
        double weight = errors[i].weight / (double)s->sources;
        double ratio = log(rows[i]->predicted / rows[i]->measured);

        errors[i].weight = weight;
        s->mean += weight * errors[i].value;
        s->bias += weight * ratio;
        s->inside += fabs(ratio) <= log1p(rows[i]->band) ? weight : 0;
        s->out_of_memory += rows[i]->out_of_memory;
        predicted[i] = rows[i]->predicted;
        measured[i] = rows[i]->measured;
    }
    s->spearman = spearman(arena, predicted, measured, count);
    qsort(errors, count, sizeof(*errors), compare_weighted);
    s->median = quantile(errors, count, 0.5);
    s->p90 = quantile(errors, count, 0.9);
    s->max = count > 0 ? errors[count - 1].value : NAN;
}

size_t mz_validation_group(struct mz_arena *arena, const struct mz_validation *validation,
    enum mz_validation_by by, struct mz_error_group **ret_groups)
{
    struct mz_error_group *groups = mz_arena_alloc(arena, validation->count + 1, sizeof(*groups));
    size_t count = 0;

    for (size_t i = 0; i < validation->count; i++) {
        const char *name = group_name(&validation->rows[i], by);
        bool known = validation->rows[i].skip != NULL;

        for (size_t g = 0; g < count && !known; g++)
            known = strcmp(groups[g].name, name) == 0;
        if (known)
            continue;
        groups[count].name = name;
        summarise(arena, validation, by, name, &groups[count].summary);
        count++;
    }
    *ret_groups = groups;
    return count;
}

static bool same_grid(const struct mz_validation_row *a, const struct mz_validation_row *b)
{
    return !a->skip && !b->skip && a->chips == b->chips && a->seq == b->seq &&
        a->batch == b->batch && a->metric == MZ_METRIC_STEP_S && b->metric == MZ_METRIC_STEP_S &&
        strcmp(a->model, b->model) == 0 && strcmp(a->source_id, b->source_id) == 0;
}

static void judge_grid(const struct mz_validation *v, size_t first, struct mz_grid_choice *grid)
{
    const struct mz_validation_row *chosen = NULL;
    const struct mz_validation_row *fastest = NULL;

    for (size_t i = first; i < v->count; i++) {
        const struct mz_validation_row *row = &v->rows[i];

        if (!same_grid(&v->rows[first], row))
            continue;
        grid->rows++;
        if (!chosen || row->predicted < chosen->predicted)
            chosen = row;
        if (!fastest || row->measured < fastest->measured)
            fastest = row;
    }
    assert(chosen && fastest); /* the first row is in its own grid */
    grid->loss = chosen->measured / fastest->measured - 1;
    grid->rank = 1;
    for (size_t i = first; i < v->count; i++)
        grid->rank +=
            same_grid(&v->rows[first], &v->rows[i]) && v->rows[i].predicted < fastest->predicted;
}

size_t mz_validation_grids(struct mz_arena *arena, const struct mz_validation *validation,
    struct mz_grid_choice **ret_grids)
{
    struct mz_grid_choice *grids = mz_arena_alloc(arena, validation->count + 1, sizeof(*grids));
    size_t count = 0;

    for (size_t i = 0; i < validation->count; i++) {
        const struct mz_validation_row *row = &validation->rows[i];
        struct mz_grid_choice grid = { row->source_id, row->model, row->chips, 0, 0, 0 };
        bool seen = row->skip || row->metric != MZ_METRIC_STEP_S || row->searched;

        for (size_t j = 0; j < i && !seen; j++)
            seen = same_grid(&validation->rows[j], row);
        if (seen)
            continue;
        judge_grid(validation, i, &grid);
        if (grid.rows >= 4)
            grids[count++] = grid;
    }
    *ret_grids = grids;
    return count;
}
