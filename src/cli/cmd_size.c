/* cmd_size.c - mizan size: what a model needs on a chip to train, and how right such answers were
 * Exit status 3 when no layout fits: the nearest miss is printed. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/print_diag.h"
#include "cli/print_result.h"
#include "cli/size_print.h"
#include "cli/size_serve.h"
#include "size/calibration.h"
#include "size/flops.h"
#include "size/serve_validate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_BYTES_MAX = 4 * 1024 * 1024 };

struct run {
    struct mz_arena *arena;
    struct mz_size_arguments *args;
    struct mz_catalogue catalogue;
    struct mz_layer_memo *memo;
    struct mz_model_shape shape;
    const char *model_text;
    struct mz_calibration calibration; /* factor 0: none */
};

/* ---- the question ---- */

enum mz_status mz_size_load_model(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const char *name, struct mz_model_shape *ret_shape, const char **ret_text, struct mz_error *err)
{
    char params[MZ_NUMBER_MAX];
    size_t name_length = strlen(name);
    bool is_file = access(name, F_OK) == 0;
    enum mz_status status;

    if (is_file || strchr(name, '/') ||
        (name_length > 5 && strcmp(name + name_length - 5, ".json") == 0)) {
        char *bytes;
        size_t length;

        if (!is_file)
            return mz_fail(err, MZ_E_INPUT, "there is no file '%s'", name);
        status = mz_file_read(arena, name, CONFIG_BYTES_MAX, &bytes, &length, err);
        if (status == MZ_OK)
            status = mz_model_shape_parse(name, bytes, length, ret_shape, err);
    } else {
        status = mz_model_shape_find(catalogue, name, ret_shape, err);
    }
    if (status == MZ_OK)
        *ret_text = mz_arena_printf(arena, "%s parameters, %s, %d layers, %d/%d heads     from %s",
            mz_format_count(params, mz_model_params(ret_shape)),
            ret_shape->experts > 0 ? "experts" : "dense", ret_shape->layers, ret_shape->heads,
            ret_shape->kv_heads, name);
    return status;
}

static double server_w_of(const struct run *run, const char *chip)
{
    const struct mz_catalogue_table *table = mz_catalogue_find_table(&run->catalogue, "chips");
    int32_t row = table ? mz_catalogue_find_row(table, chip) : -1;
    double value = 0;

    if (row < 0 || !mz_catalogue_number(table, (size_t)row, "server_w_per_chip", &value))
        return 0;
    return value;
}

static double peak_of(const struct mz_size_chip *chip, enum mz_precision precision)
{
    switch (precision) {
    case MZ_PRECISION_16: return chip->peak_flops[MZ_DTYPE_16];
    case MZ_PRECISION_FP8:
    case MZ_PRECISION_MXFP8: return chip->peak_flops[MZ_DTYPE_FP8];
    case MZ_PRECISION_NVFP4: return chip->peak_flops[MZ_DTYPE_NVFP4];
    }
    return 0;
}

/* Sequences a step. A batch in round tokens is no whole number of sequences, and layouts want one
 * that divides well: the multiple of the largest power of two within 5 % is what was meant. */
static double sequences_of(double batch_tokens, int32_t seq)
{
    double wanted = batch_tokens / seq;

    if (wanted == floor(wanted))
        return wanted;
    for (double unit = 1 << 20; unit > 1; unit /= 2) {
        double rounded = nearbyint(wanted / unit) * unit;

        if (rounded > 0 && fabs(rounded / wanted - 1) <= 0.05)
            return rounded;
    }
    return nearbyint(wanted);
}

static enum mz_status set_case(
    struct run *run, const char *chip, struct mz_size_answer *answer, struct mz_error *err)
{
    const struct mz_size_arguments *args = run->args;
    const struct mz_stack *stack = mz_stack_default();
    double sequences = sequences_of(args->batch_tokens, args->seq);
    enum mz_status status = mz_size_chip_load(&run->catalogue, chip, &answer->chip, err);

    if (status == MZ_OK && args->stack)
        status = mz_stack_find(args->stack, &stack, err);
    if (status == MZ_OK && sequences > INT32_MAX)
        status = mz_fail(err, MZ_E_RANGE, "--batch: %g sequences a step are too many", sequences);
    if (status != MZ_OK)
        return status;
    answer->server_w = server_w_of(run, chip);
    answer->train = (struct mz_train_case){ .shape = &run->shape,
        .chip = &answer->chip,
        .params = &args->params,
        .stack = stack,
        .precision = args->precision,
        .task = args->lora ? MZ_TASK_LORA : MZ_TASK_PRETRAIN,
        .chips = args->chips_total,
        .seq = args->seq,
        .batch = (int32_t)sequences };
    answer->tokens_per_step = sequences * args->seq;
    return mz_train_case_check(&answer->train, err);
}

/* ---- the answer ---- */

/* A layout that was given: dp is what is left of the chips. */
static enum mz_status evaluate_layout(
    struct run *run, struct mz_size_answer *answer, struct mz_error *err)
{
    struct mz_candidate candidate = { .layout = run->args->layout, .order = 1 };
    struct mz_layout *layout = &candidate.layout;
    int64_t others = (int64_t)layout->tp * layout->cp * layout->pp;
    enum mz_status status;

    if (others <= 0 || answer->train.chips % others != 0)
        return mz_fail(err, MZ_E_INPUT, "--layout: tp x cp x pp = %lld does not divide %d chips",
            (long long)others, answer->train.chips);
    if (layout->dp == 0)
        layout->dp = (int32_t)(answer->train.chips / others);
    if (layout->tp == 1)
        layout->sp = false;
    status = mz_layout_check(&answer->train, layout, err);
    if (status != MZ_OK)
        return status;
    mz_layer_memo_reset(run->memo);
    mz_train_step(&answer->train, layout, run->memo, &candidate.result);
    if (candidate.result.memory.used <= answer->chip.hbm_bytes)
        answer->search.best[answer->search.count++] = candidate;
    else
        answer->search.nearest = candidate;
    answer->search.evaluated = answer->search.considered = 1;
    return MZ_OK;
}

/* A measured factor stretches every part of a step alike: where it comes from is not known. */
static void scale_times(struct mz_size_answer *answer, double factor)
{
    for (int32_t i = 0; i < answer->search.count; i++) {
        struct mz_train_result *r = &answer->search.best[i].result;
        double terms[sizeof(r->terms) / sizeof(double)];

        memcpy(terms, &r->terms, sizeof(terms));
        for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++)
            terms[t] *= factor;
        memcpy(&r->terms, terms, sizeof(terms));
        r->step_s *= factor;
    }
}

static enum mz_status answer_chip(
    struct run *run, const char *chip, struct mz_size_answer *answer, struct mz_error *err)
{
    const struct mz_size_arguments *args = run->args;
    double peak;
    enum mz_status status = set_case(run, chip, answer, err);

    if (status != MZ_OK)
        return status;
    if (args->has_layout)
        status = evaluate_layout(run, answer, err);
    else
        mz_search(&answer->train, &args->search, run->memo, &answer->search);
    if (status != MZ_OK)
        return status;
    if (args->calibrated)
        scale_times(answer, answer->train.stack->factor);
    answer->band = mz_size_band(&answer->train, !args->has_layout);
    if (run->calibration.factor > 0) {
        scale_times(answer, run->calibration.factor);
        answer->band =
            (struct mz_size_band){ run->calibration.band, run->calibration.rows, true, true };
    }
    peak = peak_of(&answer->chip, args->precision);
    answer->mfu = NAN;
    if (answer->search.count > 0) {
        double step_s = answer->search.best[0].result.step_s;

        if (peak > 0)
            answer->mfu =
                mz_model_flops(&run->shape, MZ_FLOPS_MODEL_HALF, args->seq, answer->train.batch) /
                step_s / answer->train.chips / peak;
        if (args->tokens > 0)
            mz_training_run(&args->assumptions, step_s, answer->tokens_per_step, args->tokens,
                answer->train.chips, answer->server_w, &answer->run);
    }
    return MZ_OK;
}

static void print_text(const struct mz_text *text)
{
    (void)fwrite(mz_text_string(text), 1, text->length, stdout);
}

static void print_answers(struct run *run, const struct mz_size_answer *answers)
{
    const struct mz_size_arguments *args = run->args;
    struct mz_table table;
    struct mz_text out;

    if (args->json) {
        json_t *data = json_array();

        for (int32_t i = 0; i < args->chip_count; i++)
            json_array_append_new(data, mz_size_json(args, &answers[i]));
        if (args->chip_count == 1) {
            json_t *one = json_incref(json_array_get(data, 0));

            json_decref(data);
            data = one;
        }
        mz_result_print_json("mizan.size/1", data);
        return;
    }
    if (args->chip_count > 1) {
        mz_size_fill_compare(run->arena, answers, args->chip_count, &table);
        mz_result_print_table(&table, run->args->colour, run->args->no_header);
        return;
    }
    mz_text_init(&out);
    if (args->emit != MZ_SIZE_EMIT_NONE && answers[0].search.count > 0)
        mz_size_print_flags(args->emit, &answers[0], &out);
    else
        mz_size_print_train(args, &answers[0], run->model_text,
            mz_colour_wanted(stdout, args->colour), isatty(STDOUT_FILENO) ? mz_cli_width() : 0,
            &out);
    print_text(&out);
    mz_text_finish(&out);
}

static enum mz_status load_calibration(struct run *run, struct mz_error *err)
{
    const char *path = run->args->calibration_file;
    char *bytes;
    size_t length;
    enum mz_status status;

    if (!path)
        return MZ_OK;
    status = mz_file_read(run->arena, path, MZ_CALIBRATION_BYTES_MAX, &bytes, &length, err);
    return status == MZ_OK ? mz_calibration_parse(path, bytes, length, &run->calibration, err)
                           : status;
}

static int size_train(struct run *run)
{
    const struct mz_size_arguments *args = run->args;
    struct mz_size_answer *answers =
        mz_arena_alloc(run->arena, (size_t)args->chip_count, sizeof(*answers));
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status = mz_size_load_model(
        run->arena, &run->catalogue, args->model, &run->shape, &run->model_text, &err);
    bool any = false;

    if (status == MZ_OK)
        status = load_calibration(run, &err);

    for (int32_t i = 0; i < args->chip_count && status == MZ_OK; i++) {
        status = answer_chip(run, args->chips[i], &answers[i], &err);
        any = any || answers[i].search.count > 0;
    }
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    print_answers(run, answers);
    return any ? MZ_EXIT_DONE : MZ_EXIT_NO_ANSWER;
}

/* ---- validation ---- */

static void fill_groups(
    struct run *run, const struct mz_error_group *groups, size_t count, struct mz_table *ret_table)
{
    static const struct mz_column columns[] = {
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

    mz_table_init(ret_table, run->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < count; i++) {
        const struct mz_error_summary *s = &groups[i].summary;

        mz_table_add(ret_table, groups[i].name);
        mz_table_add_number(ret_table, (double)s->rows, 0);
        mz_table_add_number(ret_table, 100 * s->mean, 1);
        mz_table_add_number(ret_table, 100 * s->median, 1);
        mz_table_add_number(ret_table, 100 * s->p90, 1);
        mz_table_add_number(ret_table, 100 * s->max, 1);
        mz_table_add_number(ret_table, s->spearman, 3);
        mz_table_add_number(ret_table, 100 * s->inside, 0);
        mz_table_add_number(ret_table, (double)s->out_of_memory, 0);
    }
}

static json_t *summary_json(const char *name, const struct mz_error_summary *s)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", json_string(name));
    json_object_set_new(object, "used", json_integer((json_int_t)s->rows));
    json_object_set_new(object, "sources", json_integer((json_int_t)s->sources));
    json_object_set_new(object, "mean_abs_error_percent", json_real(100 * s->mean));
    json_object_set_new(object, "median_abs_error_percent", json_real(100 * s->median));
    json_object_set_new(object, "p90_abs_error_percent", json_real(100 * s->p90));
    json_object_set_new(object, "max_abs_error_percent", json_real(100 * s->max));
    json_object_set_new(
        object, "spearman", isfinite(s->spearman) ? json_real(s->spearman) : json_null());
    json_object_set_new(object, "inside_band_percent", json_real(100 * s->inside));
    json_object_set_new(object, "false_oom", json_integer((json_int_t)s->out_of_memory));
    return object;
}

static json_t *validation_json(const struct mz_validation *validation,
    const struct mz_error_summary *all, const struct mz_error_group *groups, size_t count)
{
    json_t *object = summary_json("all", all);
    json_t *skipped = json_array();
    json_t *list = json_array();

    for (size_t i = 0; i < validation->count; i++) {
        if (validation->rows[i].skip)
            json_array_append_new(skipped,
                json_pack("{s:s, s:i, s:s}", "id", validation->rows[i].id, "line",
                    (int)validation->rows[i].line, "reason", validation->rows[i].skip));
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, summary_json(groups[i].name, &groups[i].summary));
    json_object_set_new(object, "rows", json_integer((json_int_t)validation->count));
    json_object_set_new(object, "skipped", skipped);
    json_object_set_new(object, "groups", list);
    return object;
}

static enum mz_status write_rows(
    struct run *run, const struct mz_validation *validation, struct mz_error *err)
{
    struct mz_text out;
    enum mz_status status;

    if (!run->args->per_row_file)
        return MZ_OK;
    mz_text_init(&out);
    mz_text_add(&out, "id,predicted,measured,error\n");
    for (size_t i = 0; i < validation->count; i++) {
        const struct mz_validation_row *row = &validation->rows[i];
        char predicted[MZ_NUMBER_MAX];
        char measured[MZ_NUMBER_MAX];
        char error[MZ_NUMBER_MAX];

        if (row->skip)
            continue;
        mz_text_add_csv(&out, row->id);
        mz_text_addf(&out, ",%s,%s,%s\n", mz_format_exact(predicted, row->predicted),
            mz_format_exact(measured, row->measured), mz_format_exact(error, row->error));
    }
    status = mz_file_write(run->args->per_row_file, mz_text_string(&out), out.length, err);
    mz_text_finish(&out);
    return status;
}

static enum mz_status read_runs(
    struct run *run, char **ret_bytes, size_t *ret_length, struct mz_error *err)
{
    const char *path = run->args->validate_file;

    if (strcmp(path, "-") != 0 && access(path, F_OK) != 0 && errno == ENOENT)
        return mz_fail(err, MZ_E_INPUT, "there is no file '%s'", path);
    return mz_file_read(run->arena, path, MZ_VALIDATION_BYTES_MAX, ret_bytes, ret_length, err);
}

static enum mz_status read_validation(
    struct run *run, struct mz_validation *ret, struct mz_error *err)
{
    char *bytes;
    size_t length;
    enum mz_status status = read_runs(run, &bytes, &length, err);

    return status == MZ_OK ? mz_validation_read(run->arena, &run->catalogue,
                                 run->args->validate_file, bytes, length, ret, err)
                           : status;
}

static int size_validate(struct run *run)
{
    const struct mz_size_arguments *args = run->args;
    struct mz_validation validation;
    struct mz_error_group *groups;
    struct mz_error_group *all;
    struct mz_error err = { MZ_OK, "" };
    struct mz_table table;
    size_t count;
    size_t length;
    char *bytes;
    enum mz_status status = read_runs(run, &bytes, &length, &err);

    if (status == MZ_OK && mz_serve_validation_recognise(bytes, length))
        return mz_size_validate_serve(run->arena, &run->catalogue, args, bytes, length);
    if (status == MZ_OK)
        status = mz_validation_read(
            run->arena, &run->catalogue, args->validate_file, bytes, length, &validation, &err);
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    mz_validation_predict(&validation, &args->params, args->calibrated, run->memo);
    status = write_rows(run, &validation, &err);
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    if (mz_validation_group(run->arena, &validation, MZ_BY_ALL, &all) == 0)
        return mz_cli_fail_use("size", "%s: no row of it can be compared", args->validate_file);
    count = mz_validation_group(run->arena, &validation, args->by, &groups);
    if (args->json) {
        mz_result_print_json(
            "mizan.size/1", validation_json(&validation, &all[0].summary, groups, count));
        return MZ_EXIT_DONE;
    }
    fill_groups(run, groups, count, &table);
    mz_result_print_table(&table, run->args->colour, run->args->no_header);
    if (!args->quiet)
        (void)fprintf(stderr,
            "%zu rows, %zu skipped (--json says why); with equal weight per source: mean %.1f%%, "
            "median %.1f%%\n",
            validation.count, validation.skipped, 100 * all[0].summary.mean,
            100 * all[0].summary.median);
    return MZ_EXIT_DONE;
}

static int size_calibrate(struct run *run)
{
    const struct mz_size_arguments *args = run->args;
    struct mz_validation validation;
    struct mz_calibration calibration;
    struct mz_error err = { MZ_OK, "" };
    struct mz_text out;
    enum mz_status status = read_validation(run, &validation, &err);

    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    mz_validation_predict(&validation, &args->params, false, run->memo);
    status = mz_calibration_fit(&validation, &calibration, &err);
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    mz_text_init(&out);
    mz_calibration_write(&calibration, &out);
    status = mz_file_write(args->out_file, mz_text_string(&out), out.length, &err);
    mz_text_finish(&out);
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    if (!args->quiet)
        (void)fprintf(stderr,
            "%d runs: steps take %.3f times as long as predicted; 80%% of them lie within a factor "
            "%.3f of that. Use it with --calibration %s\n",
            calibration.rows, calibration.factor, calibration.band, args->out_file);
    return MZ_EXIT_DONE;
}

int mz_cmd_size(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_size_arguments *args = mz_arena_alloc(arena, 1, sizeof(*args));
    struct run run = { .arena = arena, .args = args };
    struct mz_error err;
    int status;

    if (argc > 1 && strcmp(argv[1], "serve") == 0) {
        mz_arena_free(arena);
        return mz_cmd_size_serve(argc - 1, argv + 1);
    }
    status = mz_size_read_arguments(arena, argc, argv, args);

    if (status == 0 && args->help) {
        printf("%s", mz_size_usage);
    } else if (status == 0 && mz_catalogue_open(arena, &run.catalogue, &err) != MZ_OK) {
        status = mz_cli_fail("size", &err);
    } else if (status == 0) {
        run.memo = mz_arena_alloc(arena, 1, sizeof(*run.memo));
        switch (args->what) {
        case MZ_SIZE_TRAIN: status = size_train(&run); break;
        case MZ_SIZE_VALIDATE: status = size_validate(&run); break;
        case MZ_SIZE_CALIBRATE: status = size_calibrate(&run); break;
        }
    }
    mz_arena_free(arena);
    return status;
}
