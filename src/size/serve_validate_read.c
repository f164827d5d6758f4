/* serve_validate_read.c - inference.csv into rows
 *
 * A field is empty or a number in range; anything else stops with file:line. Two readings of
 * InferenceX rows as aiconfigurator ships them, both visible as pairs of rows with one figure:
 * tp 64, ep 8, moe_tp 8 on 64 chips is the run of tp 8, ep 8 on 8 chips (dp_attn 64 likewise), so
 * an ep that multiplies the whole instance is taken out; and chips 0 means not published. */
#include "size/serve_validate.h"

#include "base/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECODE_WORKERS_USUAL = 3 }; /* median of the rows that state it */
enum { CHIPS_KNOWN_MAX = 128, RANKS_MAX = 1 << 14, SPEC_TOKENS = 3 };

/* InferenceX draws lengths evenly from 0.8 to 1.0 of the nominal ones (validation/README.md). */
static const double INFERENCEX_LENGTHS = 0.9;
static const int32_t OFFLINE_BATCH_MAX = 2048; /* TensorRT-LLM's default max_batch_size */
static const double OPENORCA_IN = 294;         /* mean lengths of MLPerf's Llama-2 data set, */
static const double OPENORCA_OUT = 290;        /* recalled in the row's notes */

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

static void fail(struct reader *r, enum mz_status status, const char *column, const char *why)
{
    if (r->status == MZ_OK)
        r->status = mz_fail(
            r->err, status, "%.200s:%d: %s: %s", r->csv.name, (int)r->record.line, column, why);
}

static const char *text_of(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->header.count && i < r->record.count; i++)
        if (strcmp(r->header.fields[i], name) == 0)
            return r->record.fields[i];
    return "";
}

/* Number of a column, 0 when the field is empty. */
static double number_of(struct reader *r, const char *name, double high)
{
    const char *text = text_of(r, name);
    char *end;
    double value;

    if (!*text)
        return 0;
    value = strtod(text, &end);
    if (end == text || *end || !isfinite(value)) {
        fail(r, MZ_E_PARSE, name, "not a number");
        return 0;
    }
    if (value < 0 || value > high) {
        fail(r, MZ_E_RANGE, name, "out of range");
        return 0;
    }
    return value;
}

static int32_t int_of(struct reader *r, const char *name, int32_t high)
{
    double value = number_of(r, name, high);

    if (value != floor(value))
        fail(r, MZ_E_PARSE, name, "not a whole number");
    return (int32_t)value;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static const struct mz_size_chip *find_chip(struct reader *r, const char *name)
{
    struct mz_size_chip *chip;

    for (size_t i = 0; i < r->chip_count; i++)
        if (is(r->chips[i]->name, name))
            return r->chips[i];
    if (r->chip_count == CHIPS_KNOWN_MAX)
        return NULL;
    chip = mz_arena_alloc(r->arena, 1, sizeof(*chip));
    if (mz_size_chip_load(r->catalogue, name, chip, NULL) != MZ_OK)
        return NULL;
    r->chips[r->chip_count++] = chip;
    return chip;
}

static void read_shape(struct reader *r, struct mz_serve_row *row)
{
    struct mz_model_shape shape = { 0 };
    struct mz_error err;
    int layers;
    int hidden;
    int heads;
    int ffn;

    if (row->model[0] == '(') { /* "(gpt 13B: 40 layers, h 5120, 40 heads, ffn 20480)" */
        const char *colon = strchr(row->model, ':');

        if (!colon ||
            sscanf(colon, ": %d layers, h %d, %d heads, ffn %d", &layers, &hidden, &heads, &ffn) !=
                4) {
            row->skip = "a model without a name whose shape cannot be read";
            return;
        }
        shape.layers = layers;
        shape.hidden = hidden;
        shape.heads = heads;
        shape.ffn = ffn;
        shape.vocab = 50257;
        shape.tied = true;
        snprintf(shape.name, sizeof(shape.name), "%.60s", row->model);
        if (mz_model_shape_check(&shape, &err) != MZ_OK) {
            fail(r, MZ_E_RANGE, "model", err.text);
            return;
        }
    } else if (mz_model_shape_find(r->catalogue, row->model, &shape, &err) != MZ_OK) {
        row->skip = mz_arena_strdup(r->arena, err.text);
        return;
    }
    row->shape = shape;
}

static bool read_mode(const char *text, enum mz_serve_mode *ret_mode)
{
    for (int i = 0; i <= MZ_SERVE_DISAGG_DECODE; i++) {
        if (is(text, mz_serve_mode_name((enum mz_serve_mode)i))) {
            *ret_mode = (enum mz_serve_mode)i;
            return true;
        }
    }
    return false;
}

/* InferenceX measures 1k/1k, 1k/8k and 8k/1k; other lengths in its file are aiconfigurator's own
 * runs, all requests alike and the cache in the engine's default format: 8 bits where TensorRT-LLM
 * finds scales in the checkpoint, 16 elsewhere. */
static bool nominal_lengths(const struct mz_serve_case *c)
{
    double in = c->in_tokens;
    double out = c->out_tokens;

    return (in == 1024 || in == 8192) && (out == 1024 || out == 8192);
}

static void read_case(struct reader *r, struct mz_serve_row *row)
{
    struct mz_serve_case *c = &row->serve;
    const char *weights = text_of(r, "weight_precision");
    const char *kv = text_of(r, "kv_precision");

    c->engine = MZ_ENGINE_OTHER;
    if (is(row->engine, "vllm"))
        c->engine = MZ_ENGINE_VLLM;
    else if (is(row->engine, "sglang"))
        c->engine = MZ_ENGINE_SGLANG;
    else if (strncmp(row->engine, "t", 1) == 0)
        c->engine = MZ_ENGINE_TRTLLM;
    c->weights = MZ_WEIGHTS_16;
    if (strncmp(weights, "fp8", 3) == 0)
        c->weights = MZ_WEIGHTS_FP8;
    else if (strstr(weights, "fp4"))
        c->weights = MZ_WEIGHTS_FP4;
    c->in_tokens = number_of(r, "isl", 1e8);
    c->out_tokens = number_of(r, "osl", 1e8);
    row->out_nominal = c->out_tokens;
    c->equal_lengths = true;
    if (is(row->source_id, "inferencex") && nominal_lengths(c)) {
        c->in_tokens *= INFERENCEX_LENGTHS;
        c->out_tokens *= INFERENCEX_LENGTHS;
        c->equal_lengths = false;
    }
    c->kv_bytes = 2;
    if (*kv ? strncmp(kv, "fp8", 3) == 0
            : c->weights != MZ_WEIGHTS_16 && (!c->equal_lengths || c->engine == MZ_ENGINE_TRTLLM) &&
                (c->engine != MZ_ENGINE_SGLANG || row->shape.mla_kv_rank > 0))
        c->kv_bytes = 1;
    row->chips = int_of(r, "n_gpus", RANKS_MAX);
    row->load = number_of(r, "concurrency", 1e7);
    if (row->load <= 0)
        row->load = number_of(r, "batch", 1e7);
}

/* InferenceX does not mark runs that draft with the model's own multi-token head. Of TensorRT-LLM's
 * releases two served DeepSeek-R1 so: their figures are 0.5 to 0.6 of those of DeepSeek-V3 or of
 * the release before at the same setting. SPEC_TOKENS and accept: serve_params.h. */
static bool drafted(const struct mz_serve_row *row)
{
    return row->serve.engine == MZ_ENGINE_TRTLLM && is(row->model, "deepseek-r1") &&
        (is(row->version, "1.1.0rc2.post2") || is(row->version, "1.2.0rc6.post3"));
}

/* TensorRT-LLM got its kernel for grouped queries (XQA) after 0.6: "2.4x more Llama-70B throughput",
 * its blog of November 2023 (recalled). */
static bool before_grouped_kernels(const struct mz_serve_row *row)
{
    return row->serve.engine == MZ_ENGINE_TRTLLM &&
        (strncmp(row->version, "0.5", 3) == 0 || strncmp(row->version, "0.6", 3) == 0);
}

static int32_t at_least_1(int32_t value)
{
    return value < 1 ? 1 : value;
}

/* tp, ep, dp of an instance; an ep larger than tp x dp means that experts have ranks of their own,
 * which attention uses as replicas. */
static struct mz_serve_layout layout_of(int32_t tp, int32_t ep, int32_t dp, int32_t pp)
{
    struct mz_serve_layout l = {
        .tp = at_least_1(tp), .dp = at_least_1(dp), .ep = at_least_1(ep), .pp = at_least_1(pp)
    };

    if (l.dp > 1 && l.tp == l.dp) /* both count the same ranks: attention is replicated */
        l.tp = 1;
    if ((int64_t)l.tp * l.dp < l.ep && l.ep % l.tp == 0)
        l.dp = l.ep / l.tp;
    return l;
}

static void read_layout(struct reader *r, struct mz_serve_row *row)
{
    int32_t tp = int_of(r, "tp", RANKS_MAX);
    int32_t ep = int_of(r, "ep", RANKS_MAX);
    int32_t dp = int_of(r, "dp_attn", RANKS_MAX);
    int32_t pp = int_of(r, "pp", RANKS_MAX);
    int32_t moe_tp = int_of(r, "moe_tp", RANKS_MAX);

    if (strstr(text_of(r, "notes"), "attention DP enabled") && dp <= 1 && tp > 1) {
        dp = tp;
        tp = 1;
    }
    if (ep > 1 && moe_tp == ep) { /* see above */
        if (tp == ep * ep)
            tp = ep;
        else if (tp <= 1 && dp == ep * ep)
            dp = ep;
    }
    row->layout = layout_of(tp, ep, dp, pp);
    if (row->shape.experts < 1)
        row->layout.ep = 1;
}

static void read_pools(struct reader *r, struct mz_serve_row *row)
{
    struct mz_serve_pools *p = &row->pools;

    p->prefill_workers = int_of(r, "prefill_workers", RANKS_MAX);
    p->decode_workers = int_of(r, "decode_workers", RANKS_MAX);
    p->prefill = layout_of(int_of(r, "prefill_tp", RANKS_MAX), int_of(r, "prefill_ep", RANKS_MAX),
        int_of(r, "prefill_dp_attn", RANKS_MAX), 1);
    p->decode = layout_of(int_of(r, "decode_tp", RANKS_MAX), int_of(r, "decode_ep", RANKS_MAX),
        int_of(r, "decode_dp_attn", RANKS_MAX), 1);
    if (p->prefill_workers < 1 || p->decode_workers < 1) {
        int32_t ep = p->decode.ep;

        row->partial = true;
        if (p->decode_workers < 1)
            p->decode_workers = row->load < DECODE_WORKERS_USUAL ? 1 : DECODE_WORKERS_USUAL;
        if (p->decode.dp == 1 && ep > 1 && p->decode.tp > ep && p->decode.tp % ep == 0) {
            p->decode_workers = p->decode.tp / ep;
            p->decode.tp = ep;
        }
        p->prefill_workers = at_least_1(p->prefill_workers);
    }
}

static double first_number(const char *text)
{
    double value = strtod(text, NULL);

    return isfinite(value) && value > 0 && value < 1e12 ? value : 0;
}

static void read_measured(struct reader *r, struct mz_serve_row *row)
{
    double value = number_of(r, "value", 1e12);
    const char *metric = text_of(r, "metric");
    double chips = row->chips > 0 ? row->chips : 1;

    row->ttft_s = number_of(r, "ttft_ms", 1e12) * 1e-3;
    row->tpot_s = first_number(text_of(r, "tpot_ms")) * 1e-3; /* may be a range: "45.5-50" */
    row->tokens_s = number_of(r, "out_tok_s_per_gpu", 1e12);
    if (is(metric, "e2e_latency_mean") && value > 0)
        row->tokens_s = row->load * row->serve.out_tokens / (value * 1e-3) / chips;
    if (is(metric, "input_throughput_per_node"))
        row->tokens_s = value / 8;
}

/* More prompts a second than the chips can multiply and their links can sum up: part of them must
 * have come from a prefix cache, whose share nobody published. */
static bool beyond_peak(const struct mz_serve_row *row)
{
    const struct mz_serve_case *c = &row->serve;
    const struct mz_size_chip *chip = c->chip;
    double n = mz_serve_layout_chips(&row->layout);
    double tp = row->layout.tp;
    enum mz_dtype dtype = c->weights == MZ_WEIGHTS_FP4 ? MZ_DTYPE_NVFP4
        : c->weights == MZ_WEIGHTS_FP8                 ? MZ_DTYPE_FP8
                                                       : MZ_DTYPE_16;
    double rate = fmax(chip->gemm[dtype].flops_inf, chip->gemm[MZ_DTYPE_16].flops_inf);
    double flop = 2 * mz_model_active_params(&row->shape, false) * c->in_tokens;
    double bytes = 2.0 * row->shape.layers * 2 * c->in_tokens * row->shape.hidden;
    double links = bytes * 2 * (tp - 1) / tp / chip->scaleup[MZ_ALL_REDUCE].bytes_per_s;
    double prompt = flop / rate / n + links;

    return row->tokens_s * n / row->out_nominal * prompt > 0.9;
}

static bool workers_in_range(const struct mz_serve_pools *p, struct mz_error *err)
{
    int64_t chips = (int64_t)p->prefill_workers * mz_serve_layout_chips(&p->prefill) +
        (int64_t)p->decode_workers * mz_serve_layout_chips(&p->decode);

    return chips <= 1 << 20 || mz_fail(err, MZ_E_RANGE, "more than a million chips") == MZ_OK;
}

static void decide_skip(struct reader *r, struct mz_serve_row *row)
{
    struct mz_error err;
    bool pools = row->mode == MZ_SERVE_DISAGG;

    if (row->skip)
        return;
    if (strstr(text_of(r, "verified"), "recalled, unverified"))
        row->skip = "figure recalled, not read";
    else if (!row->serve.chip)
        row->skip = "chip without curves";
    else if (row->mode == MZ_SERVE_DISAGG_PREFILL)
        row->skip = "lengths not published, and most of its input came from a cache";
    else if (row->serve.in_tokens <= 0 ||
        (row->serve.out_tokens <= 0 && row->mode != MZ_SERVE_DISAGG_DECODE))
        row->skip = "lengths of requests not published";
    else if (pools && row->load <= 0)
        row->skip = "concurrency not published";
    else if (row->tokens_s <= 0 && row->tpot_s <= 0 && row->ttft_s <= 0)
        row->skip = "no figure to compare with";
    else if (mz_serve_layout_check(&row->serve, pools ? &row->pools.decode : &row->layout, &err) !=
            MZ_OK ||
        (pools && mz_serve_layout_check(&row->serve, &row->pools.prefill, &err) != MZ_OK) ||
        (pools && !workers_in_range(&row->pools, &err)))
        row->skip = mz_arena_printf(r->arena, "not one instance: %s", err.text);
    else if (row->mode == MZ_SERVE_AGG && row->chips == mz_serve_layout_chips(&row->layout) &&
        beyond_peak(row))
        row->skip =
            "more prompts a second than the chips could compute: a prefix cache served some";
}

static enum mz_status read_row(struct reader *r, struct mz_serve_row *row)
{
    struct mz_serve_case *c = &row->serve;

    row->line = r->record.line;
    row->id = text_of(r, "id");
    row->source_id = text_of(r, "source_id");
    row->model = text_of(r, "model");
    row->chip_name = text_of(r, "chip");
    row->engine = text_of(r, "engine");
    row->version = text_of(r, "engine_version");
    if (!read_mode(text_of(r, "mode"), &row->mode))
        fail(r, MZ_E_INPUT, "mode", "not a known way of serving");
    c->chip = find_chip(r, row->chip_name);
    read_shape(r, row);
    read_case(r, row);
    read_layout(r, row);
    read_pools(r, row);
    read_measured(r, row);
    c->shape = &row->shape;
    row->spec_unknown = row->shape.mtp_layers > 0 && is(row->source_id, "inferencex");
    c->head_by_head = before_grouped_kernels(row);
    if (drafted(row))
        c->spec_tokens = SPEC_TOKENS;
    switch (row->mode) {
    case MZ_SERVE_AGG:
    case MZ_SERVE_STATIC:
    case MZ_SERVE_FIRST_TOKEN:
    case MZ_SERVE_DISAGG_PREFILL: break;
    case MZ_SERVE_DISAGG: row->partial = row->partial || row->chips < 1; break;
    case MZ_SERVE_OFFLINE: c->batch_max = OFFLINE_BATCH_MAX; break;
    case MZ_SERVE_MLPERF:
        c->in_tokens = OPENORCA_IN;
        c->out_tokens = row->out_nominal = OPENORCA_OUT;
        c->batch_max = OFFLINE_BATCH_MAX;
        break;
    case MZ_SERVE_DISAGG_DECODE: break;
    }
    if (row->mode != MZ_SERVE_DISAGG)
        row->partial = false;
    if (r->status == MZ_OK)
        decide_skip(r, row);
    return r->status;
}

static const char *const wanted[] = { "id", "source_id", "engine", "model", "chip", "n_gpus",
    "mode", "tp", "weight_precision", "isl", "osl", "metric", "value" };

bool mz_serve_validation_recognise(const char *bytes, size_t length)
{
    static const char start[] = "id,source_id,engine,";

    return length >= sizeof(start) - 1 && memcmp(bytes, start, sizeof(start) - 1) == 0;
}

enum mz_status mz_serve_validation_read(struct mz_arena *arena,
    const struct mz_catalogue *catalogue, const char *name, const char *bytes, size_t length,
    struct mz_serve_validation *ret_validation, struct mz_error *err)
{
    struct reader *r = mz_arena_alloc(arena, 1, sizeof(*r));
    struct mz_serve_validation v = { 0 };
    size_t capacity = 0;
    bool more = false;

    if (length > MZ_SERVE_FILE_BYTES_MAX)
        return mz_fail(
            err, MZ_E_LIMIT, "%.200s:1: more than %d bytes", name, (int)MZ_SERVE_FILE_BYTES_MAX);
    r->arena = arena;
    r->catalogue = catalogue;
    r->err = err;
    mz_csv_init(&r->csv, name, bytes, length, arena);
    r->status = mz_csv_read(&r->csv, &r->header, &more, err);
    if (r->status == MZ_OK && !more)
        return mz_fail(err, MZ_E_PARSE, "%.200s:1: the file is empty", name);
    for (size_t i = 0; r->status == MZ_OK && i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        bool found = false;

        for (size_t j = 0; j < r->header.count; j++)
            found = found || is(r->header.fields[j], wanted[i]);
        if (!found)
            return mz_fail(err, MZ_E_INPUT, "%.200s:1: no column '%s'", name, wanted[i]);
    }
    while (r->status == MZ_OK) {
        r->status = mz_csv_read(&r->csv, &r->record, &more, err);
        if (r->status != MZ_OK || !more)
            break;
        if (v.count == MZ_SERVE_ROWS_MAX)
            return mz_fail(err, MZ_E_LIMIT, "%.200s:%d: more than %d rows", name,
                (int)r->record.line, (int)MZ_SERVE_ROWS_MAX);
        v.rows = mz_arena_grow(arena, v.rows, v.count, v.count + 1, &capacity, sizeof(*v.rows));
        memset(&v.rows[v.count], 0, sizeof(*v.rows));
        r->status = read_row(r, &v.rows[v.count]);
        v.skipped += v.rows[v.count].skip != NULL;
        v.partial += v.rows[v.count].partial && !v.rows[v.count].skip;
        v.count++;
    }
    if (r->status == MZ_OK)
        *ret_validation = v;
    return r->status;
}
