/* validate_read.c - training.csv and training_vtrain_single.csv into rows
 *
 * A field is empty or a number in range; anything else stops with file:line. Model names in
 * parentheses have only the shape of their row; others start from the catalogue and take
 * vocabulary and layers of the row. */
#include "size/validate.h"

#include "base/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHIPS_KNOWN_MAX = 128 };

struct reader {
    struct mz_arena *arena;
    const struct mz_catalogue *catalogue;
    struct mz_csv csv;
    struct mz_csv_record header;
    struct mz_csv_record record;
    const struct mz_size_chip *chips[CHIPS_KNOWN_MAX];
    size_t chip_count;
    struct mz_error *err;
    enum mz_status status; /* first failure sticks */
};

static enum mz_status fail(
    struct reader *r, enum mz_status status, const char *column, const char *why)
{
    if (r->status == MZ_OK)
        r->status = mz_fail(
            r->err, status, "%.200s:%d: %s: %s", r->csv.name, (int)r->record.line, column, why);
    return r->status;
}

static int column_of(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->header.count; i++)
        if (strcmp(r->header.fields[i], name) == 0)
            return (int)i;
    return -1;
}

static const char *text_of(const struct reader *r, const char *name)
{
    int column = column_of(r, name);

    return column >= 0 && (size_t)column < r->record.count ? r->record.fields[column] : "";
}

/* Number of a column, `missing` when the field is empty. */
static double number_of(struct reader *r, const char *name, double low, double high, double missing)
{
    const char *text = text_of(r, name);
    char *end;
    double value;

    if (!*text)
        return missing;
    value = strtod(text, &end);
    if (*end || !isfinite(value)) {
        fail(r, MZ_E_PARSE, name, "not a number");
        return missing;
    }
    if (value < low || value > high) {
        fail(r, MZ_E_RANGE, name, "out of range");
        return missing;
    }
    return value;
}

static int32_t int_of(struct reader *r, const char *name, int32_t high)
{
    double value = number_of(r, name, 0, high, 0);

    if (value != floor(value))
        fail(r, MZ_E_PARSE, name, "not a whole number");
    return (int32_t)value;
}

static const struct mz_size_chip *find_chip(struct reader *r, const char *name)
{
    struct mz_size_chip *chip;

    for (size_t i = 0; i < r->chip_count; i++)
        if (strcmp(r->chips[i]->name, name) == 0)
            return r->chips[i];
    if (r->chip_count == CHIPS_KNOWN_MAX)
        return NULL;
    chip = mz_arena_alloc(r->arena, 1, sizeof(*chip));
    if (mz_size_chip_load(r->catalogue, name, chip, NULL) != MZ_OK)
        return NULL;
    r->chips[r->chip_count++] = chip;
    return chip;
}

/* Some clusters have other interfaces than the catalogue's: "inter-node 800 Gb/s per 8-GPU node".
 * */
static const struct mz_size_chip *with_network(
    struct reader *r, const struct mz_size_chip *chip, const char *notes)
{
    const char *at = strstr(notes, "inter-node ");
    struct mz_size_chip *changed;
    char *end;
    double gbit;

    if (!chip || !at)
        return chip;
    gbit = strtod(at + strlen("inter-node "), &end);
    if (!(gbit >= 1 && gbit <= 1e5) || strncmp(end, " Gb/s per 8-GPU node", 20) != 0)
        return chip;
    changed = mz_arena_alloc(r->arena, 1, sizeof(*changed));
    *changed = *chip;
    changed->nic_bytes_per_s = gbit * 1e9 / 8 / 8;
    return changed;
}

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static void read_precision(const char *text, struct mz_validation_row *row)
{
    if (strncmp(text, "nvfp4", 5) == 0)
        row->precision = MZ_PRECISION_NVFP4;
    else if (contains(text, "mxfp8") || contains(text, "fp8-mx"))
        row->precision = MZ_PRECISION_MXFP8;
    else if (strncmp(text, "fp8", 3) == 0 || strncmp(text, "int8", 4) == 0)
        row->precision = MZ_PRECISION_FP8;
    else
        row->precision = MZ_PRECISION_16;
}

static void read_recompute(const char *text, struct mz_search_pins *pins)
{
    if (strncmp(text, "full", 4) == 0)
        pins->recompute = MZ_RECOMPUTE_FULL;
    else if (strcmp(text, "selective") == 0)
        pins->recompute = MZ_RECOMPUTE_SELECTIVE;
    else if (strcmp(text, "none") == 0)
        pins->recompute = MZ_RECOMPUTE_NONE;
    else
        pins->recompute = -1;
}

static void read_shape(struct reader *r, struct mz_validation_row *row)
{
    struct mz_model_shape shape = { 0 };
    int32_t layers = int_of(r, "layers", MZ_MODEL_LAYERS_MAX);
    int32_t vocab = int_of(r, "vocab", MZ_MODEL_VOCAB_MAX);
    struct mz_error err;

    if (row->model[0] != '(') {
        if (mz_model_shape_find(r->catalogue, row->model, &shape, &err) != MZ_OK) {
            row->skip = mz_arena_strdup(r->arena, err.text);
            return;
        }
        if (vocab > 0)
            shape.vocab = vocab;
    } else {
        snprintf(shape.name, sizeof(shape.name), "%s", row->model);
        shape.layers = layers;
        shape.hidden = int_of(r, "hidden", MZ_MODEL_HIDDEN_MAX);
        shape.heads = int_of(r, "heads", MZ_MODEL_HEADS_MAX);
        shape.kv_heads = int_of(r, "kv_heads", MZ_MODEL_HEADS_MAX);
        shape.ffn = int_of(r, "ffn", MZ_MODEL_HIDDEN_MAX);
        shape.gated = int_of(r, "gated", 1) > 0;
        shape.vocab = vocab;
        shape.experts = int_of(r, "n_experts", MZ_MODEL_EXPERTS_MAX);
        shape.topk = int_of(r, "topk", MZ_MODEL_EXPERTS_MAX);
        shape.expert_ffn = int_of(r, "moe_ffn", MZ_MODEL_HIDDEN_MAX);
        shape.tied = true;
    }
    if (contains(text_of(r, "notes"), "w/o MTP"))
        shape.mtp_layers = 0;
    if (contains(text_of(r, "notes"), "32k tokenizer"))
        shape.vocab = 32768;
    if (r->status == MZ_OK && mz_model_shape_check(&shape, &err) != MZ_OK)
        fail(r, MZ_E_RANGE, "shape", err.text);
    row->shape = shape;
    row->moe = shape.experts > 0;
}

static void read_layout(struct reader *r, struct mz_validation_row *row)
{
    struct mz_search_pins *pins = &row->pins;
    const char *sp = text_of(r, "seq_par");
    const char *zero = text_of(r, "zero");

    pins->tp = int_of(r, "tp", 1 << 20);
    pins->cp = int_of(r, "cp", 1 << 20);
    pins->pp = int_of(r, "pp", 1 << 20);
    pins->vp = int_of(r, "vp", 1 << 20);
    pins->ep = int_of(r, "ep", 1 << 20);
    pins->mbs = int_of(r, "mbs", 1 << 20);
    row->searched = pins->tp == 0;
    if (pins->tp > 0 && pins->cp == 0)
        pins->cp = 1;
    if (pins->pp == 1 && pins->vp == 0)
        pins->vp = 1;
    pins->sp = *sp ? int_of(r, "seq_par", 1) : -1;
    pins->zero = *zero >= '0' && *zero <= '3' ? *zero - '0' : -1;
    read_recompute(text_of(r, "recompute"), pins);
}

/* A row whose own degrees would need more replicas than it has sequences is misprinted: its dp
 * column then says how many there are, and the rest of the chips shares the sequences (context). */
static void mend_layout(struct reader *r, struct mz_validation_row *row)
{
    struct mz_search_pins *pins = &row->pins;
    double fixed = (double)pins->tp * (pins->pp > 0 ? pins->pp : 1);
    double dp = int_of(r, "dp", 1 << 20);

    if (pins->tp == 0 || dp == 0 || pins->cp == 0 ||
        row->chips / (fixed * pins->cp) <= row->batch || fmod(row->chips, fixed * dp) != 0)
        return;
    pins->cp = (int32_t)(row->chips / (fixed * dp));
}

static void read_metric(struct reader *r, struct mz_validation_row *row)
{
    static const char *const names[] = { "step_time_s", "tokens_per_s_per_gpu", "tflops_per_gpu",
        "gpu_hours" };
    const char *primary = text_of(r, "primary_metric");

    for (int i = 0; i < 4; i++) {
        if (strcmp(primary, names[i]) != 0)
            continue;
        row->metric = (enum mz_metric)i;
        row->measured = number_of(r, names[i], 1e-12, 1e18, 0);
        if (row->measured == 0 && !row->skip)
            row->skip = "the primary metric has no value";
        return;
    }
    fail(r, MZ_E_INPUT, "primary_metric", "not a column that can be compared");
}

static void read_skip(struct reader *r, struct mz_validation_row *row)
{
    const char *notes = text_of(r, "notes");

    if (contains(text_of(r, "verified"), "recalled, unverified"))
        row->skip = "recalled, unverified";
    else if (contains(notes, "KNOWN REGRESSION"))
        row->skip = "known regression of the container";
    else if (contains(notes, "INCLUDES evaluation"))
        row->skip = "the time includes evaluation";
}

static void read_training_row(struct reader *r, struct mz_validation_row *row)
{
    const char *task = text_of(r, "task");

    row->id = mz_arena_strdup(r->arena, text_of(r, "id"));
    row->source_id = mz_arena_strdup(r->arena, text_of(r, "source_id"));
    row->model = mz_arena_strdup(r->arena, text_of(r, "model"));
    row->chip_name = mz_arena_strdup(r->arena, text_of(r, "chip"));
    row->stack = mz_stack_of_source(row->source_id);
    row->task = strcmp(task, "lora") == 0 ? MZ_TASK_LORA : MZ_TASK_PRETRAIN;
    row->seq = int_of(r, "seq", 1 << 28);
    row->chips = int_of(r, "n_gpus", 1 << 24);
    row->batch = int_of(r, "gbs", 1 << 28);
    row->total_tokens = number_of(r, "total_tokens", 0, 1e18, 0);
    read_precision(text_of(r, "precision"), row);
    read_layout(r, row);
    mend_layout(r, row);
    read_skip(r, row);
    read_metric(r, row);
    if (!row->skip)
        read_shape(r, row);
    if (!row->skip && row->batch == 0)
        row->skip = "no batch published";
    if (row->chips == 0) /* GPU-hours only: one sequence a chip, at most 2,048 chips */
        row->chips = row->batch < 2048 ? row->batch : 2048;
    row->chip = with_network(r, find_chip(r, row->chip_name), text_of(r, "notes"));
    if (!row->chip && !row->skip)
        row->skip = "chip without curves";
    if (!row->skip && row->seq == 0)
        row->skip = "no sequence length published";
}

static void read_single_row(struct reader *r, struct mz_validation_row *row, size_t index)
{
    struct mz_model_shape *s = &row->shape;
    struct mz_error err;

    row->id = mz_arena_printf(r->arena, "vtrain-single-%04zu", index);
    row->source_id = "vtrain-single";
    row->chip_name = "a100-80g-sxm";
    row->stack = mz_stack_of_source("vtrain");
    row->chips = int_of(r, "n_gpus", 1 << 20);
    row->batch = int_of(r, "gbs", 1 << 28);
    row->seq = int_of(r, "seq", 1 << 28);
    row->pins = (struct mz_search_pins){
        .cp = 1, .vp = 1, .ep = 1, .zero = 0, .sp = 0, .recompute = MZ_RECOMPUTE_FULL
    };
    row->pins.tp = int_of(r, "tp", 1 << 20);
    row->pins.pp = int_of(r, "pp", 1 << 20);
    row->pins.mbs = int_of(r, "mbs", 1 << 20);
    s->layers = int_of(r, "layers", MZ_MODEL_LAYERS_MAX);
    s->hidden = int_of(r, "hidden", MZ_MODEL_HIDDEN_MAX / 4);
    s->heads = int_of(r, "heads", MZ_MODEL_HEADS_MAX);
    s->ffn = 4 * s->hidden;
    s->vocab = 50257;
    s->tied = true;
    row->model =
        mz_arena_printf(r->arena, "gpt-%dx%d-s%d", (int)s->layers, (int)s->hidden, (int)row->seq);
    snprintf(s->name, sizeof(s->name), "%s", row->model);
    row->metric = MZ_METRIC_STEP_S;
    row->measured = number_of(r, "step_time_ms", 1e-9, 1e12, 0) * 1e-3;
    row->chip = find_chip(r, row->chip_name);
    if (r->status == MZ_OK && mz_model_shape_check(s, &err) != MZ_OK)
        fail(r, MZ_E_RANGE, "shape", err.text);
    if (row->measured == 0 || !row->chip || row->pins.tp == 0 || row->pins.pp == 0 ||
        row->pins.mbs == 0)
        row->skip = "a field is empty";
}

/* What the checks of a case refuse becomes a reason to skip. */
static void check_row(struct reader *r, struct mz_validation_row *row)
{
    struct mz_train_case train = { .shape = &row->shape,
        .chip = row->chip,
        .stack = row->stack,
        .precision = row->precision,
        .task = row->task,
        .chips = row->chips,
        .seq = row->seq,
        .batch = row->batch };
    struct mz_layout layout = { .tp = 1, .cp = 1, .pp = 1, .vp = 1, .ep = 1, .dp = 1, .mbs = 1 };
    struct mz_error err;

    if (row->skip)
        return;
    if (mz_train_case_check(&train, &err) != MZ_OK) {
        row->skip = mz_arena_strdup(r->arena, err.text);
        return;
    }
    layout.tp = row->pins.tp > 0 ? row->pins.tp : 1;
    layout.cp = row->pins.cp > 0 ? row->pins.cp : 1;
    layout.pp = row->pins.pp > 0 ? row->pins.pp : 1;
    layout.mbs = row->pins.mbs > 0 ? row->pins.mbs : 1;
    if (mz_layout_check(&train, &layout, &err) != MZ_OK)
        row->skip = mz_arena_strdup(r->arena, err.text);
}

static enum mz_status read_rows(struct reader *r, bool single, struct mz_validation *v)
{
    size_t capacity = 0;
    bool more;

    for (;;) {
        enum mz_status status = mz_csv_read(&r->csv, &r->record, &more, r->err);

        if (status != MZ_OK)
            return status;
        if (!more)
            return MZ_OK;
        if (r->record.count == 1 && !r->record.fields[0][0])
            continue;
        if (r->record.count != r->header.count)
            return fail(r, MZ_E_PARSE, "record", "another number of fields than the header");
        if (v->count == MZ_VALIDATION_ROWS_MAX)
            return fail(r, MZ_E_LIMIT, "record", "more than 100000 rows");
        v->rows =
            mz_arena_grow(r->arena, v->rows, v->count, v->count + 1, &capacity, sizeof(*v->rows));
        memset(&v->rows[v->count], 0, sizeof(*v->rows));
        v->rows[v->count].line = r->record.line;
        if (single)
            read_single_row(r, &v->rows[v->count], v->count + 1);
        else
            read_training_row(r, &v->rows[v->count]);
        if (r->status != MZ_OK)
            return r->status;
        check_row(r, &v->rows[v->count]);
        v->skipped += v->rows[v->count].skip != NULL;
        v->count++;
    }
}

enum mz_status mz_validation_read(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const char *name, const char *bytes, size_t length, struct mz_validation *ret_validation,
    struct mz_error *err)
{
    struct reader *r = mz_arena_alloc(arena, 1, sizeof(*r));
    struct mz_validation validation = { 0 };
    bool more;
    bool single;
    enum mz_status status;

    if (length > MZ_VALIDATION_BYTES_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%.200s: larger than 64 MiB", name);
    r->arena = arena;
    r->catalogue = catalogue;
    r->err = err;
    mz_csv_init(&r->csv, name, bytes, length, arena);
    status = mz_csv_read(&r->csv, &r->header, &more, err);
    if (status != MZ_OK)
        return status;
    single = column_of(r, "step_time_ms") >= 0;
    if (!more || (!single && column_of(r, "primary_metric") < 0))
        return mz_fail(err, MZ_E_INPUT,
            "%.200s:1: neither primary_metric nor step_time_ms: not a training file", name);
    status = read_rows(r, single, &validation);
    if (status == MZ_OK)
        *ret_validation = validation;
    return status;
}
