/* cmd_size_serve.c - mizan size serve: how a model serves on a chip
 * Exit status 3 when no layout holds the model, or none keeps the targets that were asked for. */
#include "base/duration.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/print_result.h"
#include "cli/size_serve.h"
#include "report/table.h"
#include "size/layout_text.h"
#include "size/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_CHIP = 256,
    OPT_CHIPS,
    OPT_IN,
    OPT_OUT,
    OPT_TTFT,
    OPT_TPOT,
    OPT_CONCURRENCY,
    OPT_LAYOUT,
    OPT_ENGINE,
    OPT_WEIGHTS,
    OPT_KV,
    OPT_PREFIX,
    OPT_SPEC,
    OPT_POOLS,
    OPT_PRICE,
    OPT_JSON,
    OPT_NO_HEADER,
    OPT_COLOUR
};

const struct option mz_size_serve_long_options[] = {
    { "chip", required_argument, NULL, OPT_CHIP },
    { "chips", required_argument, NULL, OPT_CHIPS },
    { "gpus", required_argument, NULL, OPT_CHIPS },
    { "in", required_argument, NULL, OPT_IN },
    { "out", required_argument, NULL, OPT_OUT },
    { "ttft", required_argument, NULL, OPT_TTFT },
    { "tpot", required_argument, NULL, OPT_TPOT },
    { "concurrency", required_argument, NULL, OPT_CONCURRENCY },
    { "layout", required_argument, NULL, OPT_LAYOUT },
    { "engine", required_argument, NULL, OPT_ENGINE },
    { "weights", required_argument, NULL, OPT_WEIGHTS },
    { "kv", required_argument, NULL, OPT_KV },
    { "prefix-hit", required_argument, NULL, OPT_PREFIX },
    { "spec", required_argument, NULL, OPT_SPEC },
    { "pools", no_argument, NULL, OPT_POOLS },
    { "price", required_argument, NULL, OPT_PRICE },
    { "json", no_argument, NULL, OPT_JSON },
    { "no-header", no_argument, NULL, OPT_NO_HEADER },
    { "color", required_argument, NULL, OPT_COLOUR },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "mizan size serve llama3-70b --chip h100-sxm --in 2000 --out 300 --tpot 30ms --ttft 1s\n"
    "mizan size serve deepseek-v3 --chip gb300-nvl72 --in 8000 --out 1000 --concurrency 64 --chips "
    "8\n"
    "\n"
    "  MODEL                 a name of 'mizan catalogue models', or a Hugging Face config.json\n"
    "  --chip NAME           of 'mizan catalogue chips'; --chips N: at most, filled with replicas\n"
    "  --in N, --out N       tokens of a request\n"
    "  --ttft T, --tpot T    time to the first token and between tokens, at most (0.5s, 30ms)\n"
    "  --concurrency N       requests kept in flight; else as many as the targets allow\n"
    "  --layout K=N,...      only layouts with these: tp dp ep pp\n"
    "  --engine NAME         vllm, sglang, trtllm (default)\n"
    "  --weights F, --kv F   bf16, fp8 (default), fp4; cache in bf16 or fp8\n"
    "  --prefix-hit 0.3      share of prompt tokens found in the prefix cache\n"
    "  --spec K:A            K tokens drafted a step, each accepted with chance A\n"
    "  --pools               prefill and decode on instances of their own, too\n"
    "  --price USD           a chip-hour: cost per million tokens\n"
    "  --json, --no-header, --color WHEN\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong use or wrong input, 3 nothing fits or keeps the "
    "targets\n";

struct arguments {
    const char *model;
    const char *chip;
    struct mz_serve_case serve;
    struct mz_serve_options options;
    bool json;
    bool no_header;
    bool help;
    const char *colour;
};

/* ---- options ---- */

static int read_number(const char *name, const char *text, double min, double max, double *ret)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= min && value <= max))
        return mz_cli_fail_use(
            "size", "%s needs a number from %g to %g, not '%s'", name, min, max, text);
    *ret = value;
    return 0;
}

/* "0.5s", "30ms" */
static int read_time(const char *name, const char *text, double *ret_s)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || !(value > 0) || value > 1e6 ||
        (strcmp(end, "s") != 0 && strcmp(end, "ms") != 0 && *end != '\0'))
        return mz_cli_fail_use(
            "size", "%s needs a time such as 0.5s or 30ms, not '%s'", name, text);
    *ret_s = strcmp(end, "ms") == 0 ? value / 1e3 : value;
    return 0;
}

static int read_word(
    const char *name, const char *text, const char *const *words, int count, int *ret)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return 0;
        }
    }
    return mz_cli_fail_use("size", "%s '%s' is not known: %s, %s%s%s are", name, text, words[0],
        words[1], count > 2 ? ", " : "", count > 2 ? words[2] : "");
}

static int read_layout(struct mz_serve_layout *pins, const char *text)
{
    while (*text) {
        int32_t *field = strncmp(text, "tp=", 3) == 0 ? &pins->tp
            : strncmp(text, "dp=", 3) == 0            ? &pins->dp
            : strncmp(text, "ep=", 3) == 0            ? &pins->ep
            : strncmp(text, "pp=", 3) == 0            ? &pins->pp
                                                      : NULL;
        char *end = NULL;
        long value = field ? strtol(text + 3, &end, 10) : 0;

        if (!field || end == text + 3 || value < 1 || value > 4096 || (*end != ',' && *end != '\0'))
            return mz_cli_fail_use(
                "size", "--layout needs tp=, dp=, ep= or pp= with whole numbers, not '%s'", text);
        *field = (int32_t)value;
        text = *end == ',' ? end + 1 : end;
    }
    return 0;
}

static int read_spec(struct mz_serve_case *serve, const char *text)
{
    char *end;
    long count = strtol(text, &end, 10);
    double accept = *end == ':' ? strtod(end + 1, &end) : -1;

    if (count < 0 || count > 16 || *end != '\0' || !(accept >= 0 && accept <= 1))
        return mz_cli_fail_use("size", "--spec needs K:A such as 3:0.7, not '%s'", text);
    serve->spec_tokens = (int32_t)count;
    serve->spec_accept = accept;
    return 0;
}

static int read_case_option(struct arguments *args, int option, const char *text)
{
    static const char *const engines[] = { "vllm", "sglang", "trtllm" };
    static const char *const weights[] = { "bf16", "fp8", "fp4" };
    static const char *const caches[] = { "bf16", "fp8" };
    int which = 0;
    int status;

    switch (option) {
    case OPT_ENGINE:
        status = read_word("--engine", text, engines, 3, &which);
        args->serve.engine = (enum mz_serve_engine)which;
        return status;
    case OPT_WEIGHTS:
        status = read_word("--weights", text, weights, 3, &which);
        args->serve.weights = (enum mz_serve_weights)which;
        return status;
    case OPT_KV:
        status = read_word("--kv", text, caches, 2, &which);
        args->serve.kv_bytes = which == 0 ? 2 : 1;
        return status;
    case OPT_PREFIX: return read_number("--prefix-hit", text, 0, 0.999, &args->serve.prefix_hit);
    case OPT_SPEC: return read_spec(&args->serve, text);
    default: return read_number("--price", text, 0, 1e6, &args->serve.usd_per_chip_h);
    }
}

static int read_option(struct arguments *args, int option, char **argv)
{
    double value = 0;
    int status;

    switch (option) {
    case OPT_CHIP: args->chip = optarg; return 0;
    case OPT_CHIPS:
        status = read_number("--chips", optarg, 1, 1e6, &value);
        args->options.chips = (int32_t)value;
        return status;
    case OPT_IN: return read_number("--in", optarg, 1, 1e7, &args->serve.in_tokens);
    case OPT_OUT: return read_number("--out", optarg, 1, 1e7, &args->serve.out_tokens);
    case OPT_TTFT: return read_time("--ttft", optarg, &args->options.ttft_s);
    case OPT_TPOT: return read_time("--tpot", optarg, &args->options.tpot_s);
    case OPT_CONCURRENCY:
        return read_number("--concurrency", optarg, 1, 1e7, &args->options.concurrency);
    case OPT_LAYOUT: return read_layout(&args->options.pins, optarg);
    case OPT_POOLS: args->options.pools = true; return 0;
    case OPT_JSON: args->json = true; return 0;
    case OPT_NO_HEADER: args->no_header = true; return 0;
    case OPT_COLOUR: args->colour = optarg; return 0;
    case 'h': args->help = true; return 0;
    case OPT_ENGINE:
    case OPT_WEIGHTS:
    case OPT_KV:
    case OPT_PREFIX:
    case OPT_SPEC:
    case OPT_PRICE: return read_case_option(args, option, optarg);
    default: return mz_cli_fail_option("size", mz_size_serve_long_options, argv[optind - 1]);
    }
}

/* argv[0] is "serve". */
static int read_arguments(int argc, char **argv, struct arguments *args)
{
    int option;
    int status = 0;

    mz_serve_options_default(&args->options);
    args->serve = (struct mz_serve_case){
        .engine = MZ_ENGINE_TRTLLM, .weights = MZ_WEIGHTS_FP8, .kv_bytes = 1
    };
    optind = 0;
    opterr = 0;
    while (status == 0 &&
        (option = getopt_long(argc, argv, "h", mz_size_serve_long_options, NULL)) != -1)
        status = read_option(args, option, argv);
    if (status != 0 || args->help)
        return status;
    if (optind + 1 < argc)
        return mz_cli_fail_use("size", "one model at a time, not also '%s'", argv[optind + 1]);
    if (optind == argc)
        return mz_cli_fail_use(
            "size", "which model? A name of 'mizan catalogue models', or a config.json");
    args->model = argv[optind];
    if (!args->chip)
        return mz_cli_fail_use("size", "which chip? Give --chip, such as --chip h100-sxm");
    if (args->serve.in_tokens == 0 || args->serve.out_tokens == 0)
        return mz_cli_fail_use("size", "how long is a request? Give --in and --out in tokens");
    return 0;
}

/* ---- results ---- */

static void fill_table(
    struct mz_arena *arena, const struct mz_serve_found *found, struct mz_table *ret)
{
    static const struct mz_column columns[] = {
        { "layout", "LAYOUT", NULL, MZ_COLUMN_TEXT },
        { "replicas", "REPLICAS", NULL, MZ_COLUMN_NUMBER },
        { "concurrency", "REQUESTS", "each", MZ_COLUMN_NUMBER },
        { "ttft_s", "TTFT", "ms", MZ_COLUMN_NUMBER },
        { "tpot_s", "TPOT", "ms", MZ_COLUMN_NUMBER },
        { "tokens_per_s_per_chip", "TOKENS", "/s/chip", MZ_COLUMN_NUMBER },
        { "usd_per_mtok_out", "$ / M out", NULL, MZ_COLUMN_NUMBER },
        { "limit", "LIMIT", NULL, MZ_COLUMN_FIXED },
        { "note", "NOTE", NULL, MZ_COLUMN_TEXT },
    };

    mz_table_init(ret, arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < found->count; i++) {
        const struct mz_serve_candidate *c = &found->best[i];
        const struct mz_serve_result *r = &c->result;

        mz_table_add(ret, mz_serve_layout_text(arena, c));
        mz_table_add_number(ret, c->replicas, 0);
        mz_table_add_number(ret, c->concurrency, 0);
        mz_table_add_number(ret, 1e3 * r->ttft_s, 0);
        mz_table_add_number(ret, 1e3 * r->tpot_s, 2);
        mz_table_add_number(ret, r->tokens_s_per_chip, 1);
        mz_table_add_number(ret, r->usd_per_m_out > 0 ? r->usd_per_m_out : NAN, 3);
        mz_table_add(ret, mz_serve_limit_name(r->limit));
        mz_table_add(ret, c->keeps ? "" : "misses the target");
    }
}

static json_t *candidate_json(struct mz_arena *arena, const struct mz_serve_candidate *c)
{
    const struct mz_serve_result *r = &c->result;
    const struct mz_step_time *s = &r->step;
    json_t *terms = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "gemm", s->gemm,
        "experts", s->experts, "attention", s->attention, "elementwise", s->elementwise, "gaps",
        s->gaps, "reduce", s->reduce, "exchange", s->exchange, "head", s->head, "host", s->host);
    json_t *memory = json_pack("{s:f, s:f, s:f, s:f}", "weights", r->memory.weights, "kv_per_token",
        r->memory.kv_per_token, "runtime", r->memory.runtime, "usable", r->memory.usable);
    json_t *object = json_pack("{s:s, s:i, s:f, s:b, s:b, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:s}",
        "layout", mz_serve_layout_text(arena, c), "replicas", c->replicas, "concurrency",
        c->concurrency, "disaggregated", c->disaggregated, "keeps_targets", c->keeps, "ttft_s",
        r->ttft_s, "tpot_s", r->tpot_s, "tokens_per_s_per_chip", r->tokens_s_per_chip,
        "usd_per_mtok_out", r->usd_per_m_out, "usd_per_mtok_all", r->usd_per_m_all, "batch",
        r->batch, "batch_max", r->batch_max, "limit", mz_serve_limit_name(r->limit));

    json_object_set_new(object, "step_terms_s", terms);
    json_object_set_new(object, "memory_bytes", memory);
    return object;
}

static void print_json(
    struct mz_arena *arena, const struct mz_serve_found *found, const struct mz_serve_band *band)
{
    json_t *list = json_array();
    json_t *data;

    for (int32_t i = 0; i < found->count; i++)
        json_array_append_new(list, candidate_json(arena, &found->best[i]));
    data = json_pack("{s:o, s:f, s:f, s:f, s:i, s:b, s:I, s:I}", "candidates", list,
        "error_band_percent", 100 * (band->tokens - 1), "tpot_error_band_percent",
        100 * (band->tpot - 1), "ttft_error_band_percent", 100 * (band->ttft - 1), "similar_rows",
        band->rows, "band_chip_seen", band->chip_seen, "considered", (json_int_t)found->considered,
        "too_large", (json_int_t)found->too_large);
    mz_result_print_json("mizan.size/1", data);
}

static void print_found(struct mz_arena *arena, const struct arguments *args,
    const struct mz_serve_found *found, const struct mz_serve_band *band)
{
    struct mz_table table;

    fill_table(arena, found, &table);
    mz_result_print_table(&table, args->colour, args->no_header);
    (void)fprintf(stderr,
        "80%% of unseen runs lie within a factor %.2f of these tokens/s, %.2f of TPOT and %.2f of "
        "TTFT (%d published runs%s)\n",
        band->tokens, band->tpot, band->ttft, band->rows,
        band->chip_seen ? "" : ", none on this chip");
}

static int serve_model(struct mz_arena *arena, struct arguments *args)
{
    struct mz_catalogue catalogue;
    struct mz_model_shape shape;
    struct mz_size_chip chip;
    struct mz_size_params params;
    struct mz_serve_params serve_params;
    struct mz_serve_found *found = mz_arena_alloc(arena, 1, sizeof(*found));
    struct mz_serve_band band;
    const char *text;
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status = mz_catalogue_open(arena, &catalogue, &err);

    mz_size_params_default(&params);
    mz_serve_params_default(&serve_params);
    if (status == MZ_OK)
        status = mz_size_load_model(arena, &catalogue, args->model, &shape, &text, &err);
    if (status == MZ_OK)
        status = mz_size_chip_load(&catalogue, args->chip, &chip, &err);
    args->serve.shape = &shape;
    args->serve.chip = &chip;
    args->serve.params = &params;
    args->serve.serve = &serve_params;
    if (status == MZ_OK)
        status = mz_serve_case_check(&args->serve, &err);
    if (status != MZ_OK)
        return mz_cli_fail("size", &err);
    mz_serve_search(&args->serve, &args->options, found);
    if (found->count == 0) {
        (void)fprintf(stderr,
            "mizan: size: no layout of %s on at most %d x %s holds the weights and one request of "
            "%.0f tokens (%llu tried)\n",
            args->model, args->options.chips, args->chip,
            args->serve.in_tokens + args->serve.out_tokens, (unsigned long long)found->considered);
        return MZ_EXIT_NO_ANSWER;
    }
    band = mz_serve_band(
        mz_serve_kind_of(&args->serve, &args->options, found->best[0].disaggregated), &chip);
    if (args->json)
        print_json(arena, found, &band);
    else
        print_found(arena, args, found, &band);
    return found->best[0].keeps ? MZ_EXIT_DONE : MZ_EXIT_NO_ANSWER;
}

int mz_cmd_size_serve(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct arguments *args = mz_arena_alloc(arena, 1, sizeof(*args));
    int status = read_arguments(argc, argv, args);

    if (status == 0 && args->help)
        printf("%s", usage);
    else if (status == 0)
        status = serve_model(arena, args);
    mz_arena_free(arena);
    return status;
}
