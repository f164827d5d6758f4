/* serve_main.c - drives the serving half of the size library from the command line, for tests and
 * tables; the real command is src/cli/cmd_size.c
 * usage: serve FILE.csv [--rows] [--skips] [--partial] [--bare] [name=value ...]
 *        serve constants
 *        serve --search MODEL CHIP IN OUT TTFT_MS TPOT_MS CONCURRENCY CHIPS POOLS */
#include "base/file.h"
#include "size/serve_search.h"
#include "size/serve_validate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int die(const struct mz_error *err)
{
    fprintf(stderr, "serve: %s\n", err->text);
    return 2;
}

static void print_groups(struct mz_arena *arena, const struct mz_serve_validation *v,
    const char *title, enum mz_serve_group_by by, enum mz_serve_metric metric)
{
    struct mz_serve_group *groups;
    size_t count = mz_serve_validation_group(arena, v, by, metric, &groups);

    printf("%-36s %5s %6s %6s %6s %6s %6s %8s %6s %4s\n", title, "rows", "mean", "median", "p90",
        "max", "bias", "spearman", "inside", "oom");
    for (size_t i = 0; i < count; i++) {
        const struct mz_serve_summary *s = &groups[i].summary;

        printf("%-36.36s %5zu %6.1f %6.1f %6.1f %6.1f %+6.1f %8.3f %6.0f %4zu\n", groups[i].name,
            s->rows, 100 * s->mean, 100 * s->median, 100 * s->p90, 100 * s->max, 100 * s->bias,
            s->spearman, 100 * s->inside, s->out_of_memory);
    }
    printf("\n");
}

/* One line a row, for the fit: tab-separated. */
static void print_row(const struct mz_serve_row *r)
{
    const struct mz_step_time *s = &r->result.step;

    if (r->skip)
        return;
    printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%g\t%g\t%g\t%.6g\t%.6g\t%.6g\t%.4f\t%.4f\t%.4f"
           "\t%d\t%d\t%.4f\t",
        r->id, r->source_id, r->model, r->chip_name, r->engine, r->version,
        mz_serve_mode_name(r->mode), r->layout.tp, r->layout.ep, r->layout.dp, r->serve.in_tokens,
        r->serve.out_tokens, r->load, r->tokens_s, r->tpot_s, r->ttft_s, log1p(r->error_tokens),
        log1p(r->error_tpot), log1p(r->error_ttft), r->partial, r->out_of_memory, r->band.tokens);
    printf("w%d b%.1f/%.0f pre%.2f | ms: gemm %.2f exp %.2f attn %.2f elem %.2f gap %.2f red %.2f "
           "exch %.2f head %.2f host %.2f tot %.2f prompt %.1f\t%s\t%.4f\t%.4f\n",
        r->serve.weights, r->result.batch, r->result.batch_max, r->result.prefill_share,
        1e3 * s->gemm, 1e3 * s->experts, 1e3 * s->attention, 1e3 * s->elementwise, 1e3 * s->gaps,
        1e3 * s->reduce, 1e3 * s->exchange, 1e3 * s->head, 1e3 * s->host, 1e3 * s->total,
        1e3 * r->result.prompt_s, mz_serve_kind_name(r->kind), r->band.tpot, r->band.ttft);
}

static void print_tables(struct mz_arena *arena, const struct mz_serve_validation *v)
{
    static const struct {
        enum mz_serve_group_by by;
        const char *name;
    } groups[] = { { MZ_SERVE_GROUP_ALL, "all" }, { MZ_SERVE_GROUP_SOURCE, "source" },
        { MZ_SERVE_GROUP_MODE, "mode" }, { MZ_SERVE_GROUP_MODEL, "model" },
        { MZ_SERVE_GROUP_CHIP, "chip" }, { MZ_SERVE_GROUP_ENGINE, "engine" } };
    static const char *const metrics[] = { "tokens/s/chip", "tpot", "ttft" };

    printf(
        "%zu rows, %zu skipped, %zu without worker counts\n\n", v->count, v->skipped, v->partial);
    for (int metric = 0; metric < 3; metric++) {
        for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
            char title[64];

            if (metric == MZ_SERVE_BY_TTFT && i > 1)
                break;
            snprintf(title, sizeof(title), "%s by %s", metrics[metric], groups[i].name);
            print_groups(arena, v, title, groups[i].by, (enum mz_serve_metric)metric);
        }
    }
}

static void print_skips(const struct mz_serve_validation *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->rows[i].skip)
            printf("%d\t%s\t%s\n", v->rows[i].line, v->rows[i].id, v->rows[i].skip);
}

static void print_found(const struct mz_serve_found *found)
{
    for (int32_t i = 0; i < found->count; i++) {
        const struct mz_serve_candidate *c = &found->best[i];
        const struct mz_serve_result *r = &c->result;

        if (c->disaggregated)
            printf("%dx(tp%d dp%d ep%d pp%d) + %dx", c->pools.prefill_workers, c->pools.prefill.tp,
                c->pools.prefill.dp, c->pools.prefill.ep, c->pools.prefill.pp,
                c->pools.decode_workers);
        printf("(tp%d dp%d ep%d pp%d) x%d C %.0f  ttft %.0f ms  tpot %.2f ms  %.0f tok/s/chip  "
               "$%.3f/M out  batch %.0f of %.0f  %s%s\n",
            c->layout.tp, c->layout.dp, c->layout.ep, c->layout.pp, c->replicas, c->concurrency,
            1e3 * r->ttft_s, 1e3 * r->tpot_s, r->tokens_s_per_chip, r->usd_per_m_out, r->batch,
            r->batch_max, mz_serve_limit_name(r->limit), c->keeps ? "" : "  MISSES THE TARGET");
    }
    printf("considered %llu, too large %llu, solved %llu\n", (unsigned long long)found->considered,
        (unsigned long long)found->too_large, (unsigned long long)found->solved);
}

static int search(const struct mz_catalogue *catalogue, char **argv,
    const struct mz_size_params *params, const struct mz_serve_params *serve)
{
    struct mz_model_shape shape;
    struct mz_size_chip chip;
    struct mz_error err;
    struct mz_serve_options options;
    struct mz_serve_found found;
    struct mz_serve_case c = { .shape = &shape,
        .chip = &chip,
        .params = params,
        .serve = serve,
        .engine = MZ_ENGINE_TRTLLM,
        .weights = MZ_WEIGHTS_FP8,
        .kv_bytes = 1,
        .in_tokens = atof(argv[2]),
        .out_tokens = atof(argv[3]),
        .usd_per_chip_h = 2 };
    clock_t start;

    if (mz_model_shape_find(catalogue, argv[0], &shape, &err) != MZ_OK ||
        mz_size_chip_load(catalogue, argv[1], &chip, &err) != MZ_OK ||
        mz_serve_case_check(&c, &err) != MZ_OK)
        return die(&err);
    mz_serve_options_default(&options);
    options.ttft_s = atof(argv[4]) * 1e-3;
    options.tpot_s = atof(argv[5]) * 1e-3;
    options.concurrency = atof(argv[6]);
    options.chips = atoi(argv[7]);
    options.pools = atoi(argv[8]) != 0;
    options.keep = 8;
    start = clock();
    mz_serve_search(&c, &options, &found);
    print_found(&found);
    printf("%.3f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    return 0;
}

int main(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_catalogue catalogue;
    struct mz_error err;
    struct mz_serve_validation v;
    struct mz_size_params params;
    struct mz_serve_params serve;
    char *bytes;
    size_t length;
    bool rows = false, skips = false, partial = false;

    mz_size_params_default(&params);
    mz_serve_params_default(&serve);
    if (argc < 2)
        return 2;
    if (argc == 2 && strcmp(argv[1], "constants") == 0) {
        for (int i = 0; i < MZ_SERVE_PARAM_COUNT; i++)
            printf("%-23s %6.4g  %s\n", mz_serve_param_name(i), mz_serve_param_get(&serve, i),
                mz_serve_param_text(i));
        mz_arena_free(arena);
        return 0;
    }
    if (argc == 11 && strcmp(argv[1], "--search") == 0) {
        if (mz_catalogue_open(arena, &catalogue, &err) != MZ_OK)
            return die(&err);
        return search(&catalogue, argv + 2, &params, &serve);
    }
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--rows") == 0)
            rows = true;
        else if (strcmp(argv[i], "--skips") == 0)
            skips = true;
        else if (strcmp(argv[i], "--partial") == 0)
            partial = true;
        else if (strcmp(argv[i], "--bare") == 0)
            mz_serve_params_bare(&serve);
        else if (mz_serve_params_set(&serve, argv[i], &err) != MZ_OK)
            return die(&err);
    }
    if (mz_catalogue_open(arena, &catalogue, &err) != MZ_OK ||
        mz_file_read(arena, argv[1], MZ_SERVE_FILE_BYTES_MAX, &bytes, &length, &err) != MZ_OK ||
        mz_serve_validation_read(arena, &catalogue, argv[1], bytes, length, &v, &err) != MZ_OK)
        return die(&err);
    mz_serve_validation_predict(&v, &params, &serve, partial);
    if (rows)
        for (size_t i = 0; i < v.count; i++)
            print_row(&v.rows[i]);
    else if (skips)
        print_skips(&v);
    else
        print_tables(arena, &v);
    mz_arena_free(arena);
    return 0;
}
