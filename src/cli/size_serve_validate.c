/* size_serve_validate.c - mizan size --validate on published serving runs */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/print_result.h"
#include "cli/size_serve.h"
#include "report/table.h"
#include "size/serve_validate.h"

#include <math.h>
#include <string.h>

static const struct {
    enum mz_serve_metric metric;
    const char *name;
} metrics[] = { { MZ_SERVE_BY_TOKENS, "tokens_per_s_per_chip" }, { MZ_SERVE_BY_TPOT, "tpot" },
    { MZ_SERVE_BY_TTFT, "ttft" } };

enum { METRIC_COUNT = sizeof(metrics) / sizeof(metrics[0]) };

static enum mz_serve_group_by group_by(enum mz_validation_by by)
{
    switch (by) {
    case MZ_BY_ALL: return MZ_SERVE_GROUP_ALL;
    case MZ_BY_SOURCE: return MZ_SERVE_GROUP_SOURCE;
    case MZ_BY_MODEL: return MZ_SERVE_GROUP_MODEL;
    case MZ_BY_CHIP: return MZ_SERVE_GROUP_CHIP;
    case MZ_BY_STACK: return MZ_SERVE_GROUP_ENGINE;
    }
    return MZ_SERVE_GROUP_ALL;
}

static json_t *summary_json(const char *name, const struct mz_serve_summary *s)
{
    json_t *object = json_pack("{s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:I}", "name", name, "used",
        (json_int_t)s->rows, "mean_abs_error_percent", 100 * s->mean, "median_abs_error_percent",
        100 * s->median, "p90_abs_error_percent", 100 * s->p90, "max_abs_error_percent",
        100 * s->max, "inside_band_percent", 100 * s->inside, "false_oom",
        (json_int_t)s->out_of_memory);

    json_object_set_new(
        object, "spearman", isfinite(s->spearman) ? json_real(s->spearman) : json_null());
    return object;
}

static json_t *metric_json(struct mz_arena *arena, const struct mz_serve_validation *v,
    enum mz_serve_metric metric, enum mz_serve_group_by by)
{
    struct mz_serve_group *groups;
    size_t count = mz_serve_validation_group(arena, v, MZ_SERVE_GROUP_ALL, metric, &groups);
    json_t *object = count > 0 ? summary_json("all", &groups[0].summary) : json_object();
    json_t *list = json_array();

    count = mz_serve_validation_group(arena, v, by, metric, &groups);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, summary_json(groups[i].name, &groups[i].summary));
    json_object_set_new(object, "groups", list);
    return object;
}

/* The same rows by kernels alone. Leaves these predictions in the rows. */
static json_t *bare_json(
    struct mz_arena *arena, struct mz_serve_validation *v, const struct mz_size_params *params)
{
    struct mz_serve_params bare;
    json_t *object = json_object();

    mz_serve_params_default(&bare);
    mz_serve_params_bare(&bare);
    mz_serve_validation_predict(v, params, &bare, false);
    for (int i = 0; i < METRIC_COUNT; i++) {
        struct mz_serve_group *groups;
        size_t count =
            mz_serve_validation_group(arena, v, MZ_SERVE_GROUP_ALL, metrics[i].metric, &groups);

        if (count > 0)
            json_object_set_new(object, metrics[i].name, summary_json("all", &groups[0].summary));
    }
    return object;
}

static void print_json(struct mz_arena *arena, struct mz_serve_validation *v,
    const struct mz_size_params *params, enum mz_serve_group_by by)
{
    json_t *data = metric_json(arena, v, MZ_SERVE_BY_TOKENS, by);
    json_t *skipped = json_array();

    for (size_t i = 0; i < v->count; i++) {
        if (v->rows[i].skip)
            json_array_append_new(skipped,
                json_pack("{s:s, s:i, s:s}", "id", v->rows[i].id, "line", (int)v->rows[i].line,
                    "reason", v->rows[i].skip));
    }
    json_object_set_new(data, "rows", json_integer((json_int_t)v->count));
    json_object_set_new(data, "without_worker_counts", json_integer((json_int_t)v->partial));
    json_object_set_new(data, "skipped", skipped);
    for (int i = 1; i < METRIC_COUNT; i++)
        json_object_set_new(data, metrics[i].name, metric_json(arena, v, metrics[i].metric, by));
    json_object_set_new(data, "without_stack_factors", bare_json(arena, v, params));
    mz_result_print_json("mizan.size/1", data);
}

static void fill_table(struct mz_arena *arena, const struct mz_serve_validation *v,
    enum mz_serve_group_by by, struct mz_table *ret)
{
    static const struct mz_column columns[] = {
        { "metric", "METRIC", NULL, MZ_COLUMN_FIXED },
        { "name", "GROUP", NULL, MZ_COLUMN_TEXT },
        { "rows", "ROWS", NULL, MZ_COLUMN_NUMBER },
        { "mean_abs_error_percent", "MEAN", "%", MZ_COLUMN_NUMBER },
        { "median_abs_error_percent", "MEDIAN", "%", MZ_COLUMN_NUMBER },
        { "p90_abs_error_percent", "P90", "%", MZ_COLUMN_NUMBER },
        { "max_abs_error_percent", "MAX", "%", MZ_COLUMN_NUMBER },
        { "spearman", "SPEARMAN", NULL, MZ_COLUMN_NUMBER },
        { "inside_band_percent", "IN BAND", "%", MZ_COLUMN_NUMBER },
        { "false_oom", "FALSE OOM", NULL, MZ_COLUMN_NUMBER },
    };

    mz_table_init(ret, arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int m = 0; m < METRIC_COUNT; m++) {
        struct mz_serve_group *groups;
        size_t count = mz_serve_validation_group(arena, v, by, metrics[m].metric, &groups);

        for (size_t i = 0; i < count; i++) {
            const struct mz_serve_summary *s = &groups[i].summary;

            mz_table_add(ret, metrics[m].name);
            mz_table_add(ret, groups[i].name);
            mz_table_add_number(ret, (double)s->rows, 0);
            mz_table_add_number(ret, 100 * s->mean, 1);
            mz_table_add_number(ret, 100 * s->median, 1);
            mz_table_add_number(ret, 100 * s->p90, 1);
            mz_table_add_number(ret, 100 * s->max, 1);
            mz_table_add_number(ret, s->spearman, 3);
            mz_table_add_number(ret, 100 * s->inside, 0);
            mz_table_add_number(ret, (double)s->out_of_memory, 0);
        }
    }
}

static void add_value(struct mz_text *out, double value)
{
    char text[MZ_NUMBER_MAX];

    mz_text_addf(out, ",%s", isfinite(value) && value > 0 ? mz_format_exact(text, value) : "");
}

/* id,predicted,measured,error of the tokens/s a chip where they were published, else of TPOT. */
static enum mz_status write_rows(
    const char *path, const struct mz_serve_validation *v, struct mz_error *err)
{
    struct mz_text out;
    enum mz_status status;

    if (!path)
        return MZ_OK;
    mz_text_init(&out);
    mz_text_add(&out, "id,predicted,measured,error\n");
    for (size_t i = 0; i < v->count; i++) {
        const struct mz_serve_row *row = &v->rows[i];
        bool has_tokens = isfinite(row->error_tokens);
        char error[MZ_NUMBER_MAX];

        if (row->skip || row->partial || (!has_tokens && !isfinite(row->error_tpot)))
            continue;
        mz_text_add_csv(&out, row->id);
        add_value(&out, has_tokens ? row->predicted_tokens_s : row->result.tpot_s);
        add_value(&out, has_tokens ? row->tokens_s : row->tpot_s);
        mz_text_addf(&out, ",%s\n",
            mz_format_exact(error, has_tokens ? row->error_tokens : row->error_tpot));
    }
    status = mz_file_write(path, mz_text_string(&out), out.length, err);
    mz_text_finish(&out);
    return status;
}

int mz_size_validate_serve(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const struct mz_size_arguments *args, const char *bytes, size_t length)
{
    struct mz_serve_validation v;
    struct mz_serve_params params;
    struct mz_table table;
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status =
        mz_serve_validation_read(arena, catalogue, args->validate_file, bytes, length, &v, &err);

    mz_serve_params_default(&params);
    if (status == MZ_OK) {
        mz_serve_validation_predict(&v, &args->params, &params, false);
        status = write_rows(args->per_row_file, &v, &err);
    }
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    if (args->json) {
        print_json(arena, &v, &args->params, group_by(args->by));
        return MZ_EXIT_DONE;
    }
    fill_table(arena, &v, group_by(args->by), &table);
    mz_result_print_table(&table, args->colour, args->no_header);
    if (!args->quiet)
        (void)fprintf(stderr,
            "%zu rows, %zu skipped (--json says why), %zu without worker counts\n", v.count,
            v.skipped, v.partial);
    return MZ_EXIT_DONE;
}
