/* size_main.c - drives the room size for the fits and tables of tools/fit-*.py and size-tables.py; users
 * have mizan size. */
#include "base/file.h"
#include "size/flops.h"
#include "size/search.h"
#include "size/validate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct mz_layer_memo memo;

static int die(const struct mz_error *err)
{
    fprintf(stderr, "size: %s\n", err->text);
    return 2;
}

static void print_groups(struct mz_arena *arena, const struct mz_validation *v, const char *title,
    enum mz_validation_by by)
{
    struct mz_error_group *groups;
    size_t count = mz_validation_group(arena, v, by, &groups);

    printf("%-36s %5s %4s %6s %6s %6s %6s %6s %8s %6s %4s\n", title, "rows", "src", "mean",
        "median", "p90", "max", "bias", "spearman", "inside", "oom");
    for (size_t i = 0; i < count; i++) {
        const struct mz_error_summary *s = &groups[i].summary;

        printf("%-36s %5zu %4zu %6.1f %6.1f %6.1f %6.1f %+6.1f %8.3f %6.0f %4zu\n", groups[i].name,
            s->rows, s->sources, 100 * s->mean, 100 * s->median, 100 * s->p90, 100 * s->max,
            100 * s->bias, s->spearman, 100 * s->inside, s->out_of_memory);
    }
    printf("\n");
}

static void print_row(const struct mz_validation_row *r)
{
    const struct mz_train_terms *t = &r->result.terms;

    if (r->skip) {
        printf("%-22s skipped: %s\n", r->id, r->skip);
        return;
    }
    printf(
        "%-22s %-18s %-12s %5d t%d c%d p%d v%d e%d d%d m%d z%d r%d %-6s meas %9.4g pred %9.4g "
        "%+6.1f%%"
        " | gemm %.3g attn %.3g elem %.3g gap %.3g rec %.3g tp %.3g cp %.3g ep %.3g pp %.3g dp %.3g"
        " slow %.3g host %.3g bub %.3g imb %.3g opt %.3g mem %.1f%s\n",
        r->id, r->model, r->chip_name, (int)r->chips, (int)r->layout.tp, (int)r->layout.cp,
        (int)r->layout.pp, (int)r->layout.vp, (int)r->layout.ep, (int)r->layout.dp,
        (int)r->layout.mbs, (int)r->layout.zero, (int)r->layout.recompute,
        mz_precision_name(r->precision), r->measured, r->predicted, 100 * r->error, t->gemm,
        t->attention, t->elementwise, t->gaps, t->recompute, t->tensor, t->context, t->expert,
        t->pipeline, t->data, t->slowdown, t->host, t->bubble, t->imbalance, t->optimizer,
        r->result.memory.used / 1073741824, r->out_of_memory ? " OOM" : "");
}

/* For the fits: log of predicted over measured time; the last column turns it into the metric. */
static void print_ratio(const struct mz_validation_row *r)
{
    int sign = r->metric == MZ_METRIC_STEP_S || r->metric == MZ_METRIC_GPU_HOURS ? 1 : -1;
    const char *kind = r->shape.mamba_layers > 0 ? "hybrid" : r->moe ? "moe" : "dense";

    printf("%s,%s,%s,%s,%s,%.17g,%d,%g,%d\n", r->id, r->source_id, r->chip_name, r->stack->name,
        kind, sign * log(r->predicted / r->measured), r->out_of_memory, r->band, sign);
}

struct wish {
    bool rows, ratios, calibrated;
    bool strange; /* every run as if its software were not known */
};

static int validate(struct mz_arena *arena, const struct mz_catalogue *catalogue, const char *path,
    const struct mz_size_params *params, const struct wish *wish)
{
    struct mz_validation v;
    struct mz_grid_choice *grids;
    struct mz_error err;
    char *bytes;
    size_t length;

    if (mz_file_read(arena, path, MZ_VALIDATION_BYTES_MAX, &bytes, &length, &err) != MZ_OK ||
        mz_validation_read(arena, catalogue, path, bytes, length, &v, &err) != MZ_OK)
        return die(&err);
    for (size_t i = 0; wish->strange && i < v.count; i++)
        v.rows[i].stack = mz_stack_default();
    mz_validation_predict(&v, params, wish->calibrated, &memo);
    for (size_t i = 0; wish->ratios && i < v.count; i++)
        if (!v.rows[i].skip)
            print_ratio(&v.rows[i]);
    if (wish->ratios)
        return 0;
    for (size_t i = 0; wish->rows && i < v.count; i++)
        print_row(&v.rows[i]);
    print_groups(arena, &v, "source", MZ_BY_SOURCE);
    print_groups(arena, &v, "chip", MZ_BY_CHIP);
    if (v.count < 800)
        print_groups(arena, &v, "model", MZ_BY_MODEL);
    print_groups(arena, &v, "stack", MZ_BY_STACK);
    print_groups(arena, &v, "all", MZ_BY_ALL);
    printf("rows %zu, skipped %zu\n", v.count, v.skipped);
    size_t count = mz_validation_grids(arena, &v, &grids);
    for (size_t i = 0; v.count < 800 && i < count; i++)
        if (grids[i].rows >= 4)
            printf("grid %-14s %-16s %5d chips %3zu rows: chosen layout %.1f%% behind the best, "
                   "best is our %zu\n",
                grids[i].source_id, grids[i].model, (int)grids[i].chips, grids[i].rows,
                100 * grids[i].loss, grids[i].rank);
    return 0;
}

static void print_search(
    const struct mz_train_case *train, const struct mz_search_result *r, double cpu_s)
{
    for (int i = 0; i < r->count; i++) {
        const struct mz_candidate *c = &r->best[i];
        double tokens = (double)train->seq * train->batch / c->result.step_s;

        printf("tp%d cp%d pp%d vp%d ep%d dp%d mbs%d zero%d recompute%d  %.4f s  %.0f tokens/s/chip "
               " %.1f TFLOP/s  %.1f GiB\n",
            (int)c->layout.tp, (int)c->layout.cp, (int)c->layout.pp, (int)c->layout.vp,
            (int)c->layout.ep, (int)c->layout.dp, (int)c->layout.mbs, (int)c->layout.zero,
            (int)c->layout.recompute, c->result.step_s, tokens / train->chips,
            mz_model_flops(train->shape, MZ_FLOPS_MODEL_HALF, train->seq, train->batch) /
                c->result.step_s / train->chips / 1e12,
            c->result.memory.used / 1073741824);
    }
    printf("%llu layouts, %llu too large, %llu bounded, %llu evaluated, %llu distinct timings, "
           "%.3f s CPU, %.2f M/s\n",
        (unsigned long long)r->considered, (unsigned long long)r->too_large,
        (unsigned long long)r->bounded, (unsigned long long)r->evaluated,
        (unsigned long long)r->distinct, cpu_s, (double)r->evaluated / cpu_s / 1e6);
}

static int search(
    const struct mz_catalogue *catalogue, char **argv, const struct mz_size_params *params)
{
    struct mz_model_shape shape;
    struct mz_size_chip chip;
    struct mz_error err;
    struct mz_train_case train = { .shape = &shape,
        .chip = &chip,
        .params = params,
        .stack = mz_stack_default(),
        .precision = MZ_PRECISION_16 };
    struct mz_search_options options;
    struct mz_search_result result;
    clock_t start;

    if (mz_model_shape_find(catalogue, argv[0], &shape, &err) != MZ_OK ||
        mz_size_chip_load(catalogue, argv[1], &chip, &err) != MZ_OK)
        return die(&err);
    train.chips = atoi(argv[2]);
    train.seq = atoi(argv[3]);
    train.batch = atoi(argv[4]);
    if (mz_train_case_check(&train, &err) != MZ_OK)
        return die(&err);
    for (int exhaustive = 0; exhaustive < 2; exhaustive++) {
        mz_search_options_default(&options);
        options.exhaustive = exhaustive;
        start = clock();
        mz_search(&train, &options, &memo, &result);
        print_search(&train, &result, (double)(clock() - start) / CLOCKS_PER_SEC);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_catalogue catalogue;
    struct mz_size_params params;
    struct mz_error err;
    struct wish wish = { 0 };
    int status = 2;
    int at = 1;

    mz_size_params_default(&params);
    for (; at < argc && argv[at][0] == '-' && strcmp(argv[at], "--validate") != 0; at++) {
        if (strcmp(argv[at], "--ratios") == 0)
            wish.ratios = true;
        else if (strcmp(argv[at], "--rows") == 0)
            wish.rows = true;
        else if (strcmp(argv[at], "--calibrated") == 0)
            wish.calibrated = true;
        else if (strcmp(argv[at], "--strange") == 0)
            wish.strange = true;
        else if (mz_size_params_set(&params, argv[at] + 2, &err) != MZ_OK)
            return die(&err);
    }
    if (argc - at == 1 && strcmp(argv[at], "constants") == 0) {
        for (int i = 0; i < MZ_SIZE_PARAM_COUNT; i++)
            printf("%-18s %9.4g  %s\n", mz_size_param_name(i), *mz_size_param_at(&params, i),
                mz_size_param_text(i));
        return 0;
    }
    if (mz_catalogue_open(arena, &catalogue, &err) != MZ_OK)
        return die(&err);
    if (argc - at == 2 && strcmp(argv[at], "--validate") == 0)
        status = validate(arena, &catalogue, argv[at + 1], &params, &wish);
    else if (argc - at == 6 && strcmp(argv[at], "train") == 0)
        status = search(&catalogue, argv + at + 1, &params);
    else
        fprintf(stderr,
            "size [--name=value] [--rows] [--calibrated] --validate FILE | train MODEL CHIP CHIPS "
            "SEQ BATCH\n");
    mz_arena_free(arena);
    return status;
}
