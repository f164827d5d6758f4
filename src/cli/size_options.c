/* size_options.c - reading the options of mizan size */
#include "cli/size_options.h"

#include "base/text.h"
#include "cli/commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char mz_size_usage[] =
    "mizan size train llama-3.1-405b --chip h100-sxm --chips 16384 --seq 8192 --batch 16.8M\n"
    "mizan size train config.json --chip gb300-nvl72 --chips 512 --seq 4096 --batch 4M --tokens "
    "2T\n"
    "mizan size train MODEL ... --layout tp=8,pp=16,vp=8,mbs=1,zero=1      this layout, not a "
    "search\n"
    "mizan size train MODEL ... --compare h100-sxm,gb300-nvl72,mi355x      one row a chip\n"
    "mizan size serve MODEL --chip h100-sxm --in 2000 --out 300 --tpot 30ms   mizan size serve -h\n"
    "mizan size --validate training.csv --by source                       predicted and measured\n"
    "\n"
    "Training\n"
    "  MODEL                 a name of 'mizan catalogue models', or a Hugging Face config.json\n"
    "  --chip NAME           of 'mizan catalogue chips'; --compare A,B,C for several\n"
    "  --chips N             how many (--gpus is the same)\n"
    "  --seq N               tokens a sequence; --batch 16M: tokens a step\n"
    "  --tokens 15.6T        of the whole run: days, money, energy\n"
    "  --precision P         bf16 (default), fp8, mxfp8, nvfp4\n"
    "  --layout K=N,...      tp cp pp vp ep dp mbs zero recompute sp: all of it is taken as "
    "given;\n"
    "                        what is not named is 1 (dp: what is left)\n"
    "  --pin K=N,...         the same words, but the rest is searched\n"
    "  --stack NAME          training software (docs/size-model.md); --calibrated: its own factor\n"
    "  --lora                adapters only\n"
    "  --exhaustive          no pruning: the same answer, slower\n"
    "  --assume K=V,...      goodput, mtbf (hours of a node), checkpoint, restart (seconds), "
    "draw,\n"
    "                        pue, carbon (g/kWh), price (USD a chip-hour)\n"
    "  --emit NAME           megatron or torchtitan: launch flags of the best layout\n"
    "Validation\n"
    "  --validate FILE.csv   against published runs; --by source, model, chip or stack\n"
    "  --per-row FILE.csv    id, predicted, measured, error of every row\n"
    "  --calibrate RUNS.csv --out FILE      the factor and band of your own cluster, from your "
    "runs;\n"
    "  --calibration FILE                   uses them\n"
    "Results\n"
    "  --json, -v (every term), --no-header, --color WHEN, -q\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong use or wrong input, 3 no layout fits\n";

enum {
    OPT_CHIP = 256,
    OPT_CHIPS,
    OPT_SEQ,
    OPT_BATCH,
    OPT_TOKENS,
    OPT_PRECISION,
    OPT_LAYOUT,
    OPT_PIN,
    OPT_STACK,
    OPT_CALIBRATED,
    OPT_LORA,
    OPT_EXHAUSTIVE,
    OPT_ASSUME,
    OPT_EMIT,
    OPT_COMPARE,
    OPT_VALIDATE,
    OPT_CALIBRATE,
    OPT_CALIBRATION,
    OPT_OUT,
    OPT_BY,
    OPT_PER_ROW,
    OPT_SET,
    OPT_JSON,
    OPT_NO_HEADER,
    OPT_COLOUR
};

const struct option mz_size_long_options[] = {
    { "chip", required_argument, NULL, OPT_CHIP },
    { "chips", required_argument, NULL, OPT_CHIPS },
    { "gpus", required_argument, NULL, OPT_CHIPS },
    { "seq", required_argument, NULL, OPT_SEQ },
    { "batch", required_argument, NULL, OPT_BATCH },
    { "tokens", required_argument, NULL, OPT_TOKENS },
    { "precision", required_argument, NULL, OPT_PRECISION },
    { "layout", required_argument, NULL, OPT_LAYOUT },
    { "pin", required_argument, NULL, OPT_PIN },
    { "stack", required_argument, NULL, OPT_STACK },
    { "calibrated", no_argument, NULL, OPT_CALIBRATED },
    { "lora", no_argument, NULL, OPT_LORA },
    { "exhaustive", no_argument, NULL, OPT_EXHAUSTIVE },
    { "assume", required_argument, NULL, OPT_ASSUME },
    { "emit", required_argument, NULL, OPT_EMIT },
    { "compare", required_argument, NULL, OPT_COMPARE },
    { "validate", required_argument, NULL, OPT_VALIDATE },
    { "calibrate", required_argument, NULL, OPT_CALIBRATE },
    { "calibration", required_argument, NULL, OPT_CALIBRATION },
    { "out", required_argument, NULL, OPT_OUT },
    { "by", required_argument, NULL, OPT_BY },
    { "per-row", required_argument, NULL, OPT_PER_ROW },
    { "constant", required_argument, NULL, OPT_SET },
    { "json", no_argument, NULL, OPT_JSON },
    { "no-header", no_argument, NULL, OPT_NO_HEADER },
    { "color", required_argument, NULL, OPT_COLOUR },
    { "verbose", no_argument, NULL, 'v' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* "8192", "16.8M", "15.6T" */
static bool read_amount(const char *text, double max, double *ret)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value))
        return false;
    if (*end != '\0') {
        value *= *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : *end == 'B' ? 1e9 : *end == 'T' ? 1e12 : 0;
        end++;
    }
    if (*end != '\0' || !(value >= 1) || value > max)
        return false;
    *ret = value;
    return true;
}

static int read_amount_option(const char *name, const char *text, double max, double *ret)
{
    return read_amount(text, max, ret)
        ? 0
        : mz_cli_fail_use("size",
              "%s needs a number from 1 to %g such as 8192, 16.8M or 2T, not '%s'", name, max,
              text);
}

static int read_count(const char *name, const char *text, int32_t *ret)
{
    double value;
    int status = read_amount_option(name, text, 1 << 24, &value);

    if (status == 0)
        *ret = (int32_t)value;
    return status;
}

static int32_t *layout_field(struct mz_layout *layout, const char *name)
{
    return strcmp(name, "tp") == 0  ? &layout->tp
        : strcmp(name, "cp") == 0   ? &layout->cp
        : strcmp(name, "pp") == 0   ? &layout->pp
        : strcmp(name, "vp") == 0   ? &layout->vp
        : strcmp(name, "ep") == 0   ? &layout->ep
        : strcmp(name, "dp") == 0   ? &layout->dp
        : strcmp(name, "mbs") == 0  ? &layout->mbs
        : strcmp(name, "zero") == 0 ? &layout->zero
                                    : NULL;
}

static int32_t *pin_field(struct mz_search_pins *pins, const char *name)
{
    return strcmp(name, "tp") == 0  ? &pins->tp
        : strcmp(name, "cp") == 0   ? &pins->cp
        : strcmp(name, "pp") == 0   ? &pins->pp
        : strcmp(name, "vp") == 0   ? &pins->vp
        : strcmp(name, "ep") == 0   ? &pins->ep
        : strcmp(name, "mbs") == 0  ? &pins->mbs
        : strcmp(name, "zero") == 0 ? &pins->zero
        : strcmp(name, "sp") == 0   ? &pins->sp
                                    : NULL;
}

static int recompute_word(const char *text)
{
    static const char *const words[] = { "none", "selective", "full", "offload" };

    for (int i = 0; i < 4; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    return -1;
}

static int fail_layout(const char *option, const char *word)
{
    return mz_cli_fail_use("size",
        "%s: '%s' is not understood; words are tp cp pp vp ep %smbs (whole numbers from 1), zero "
        "(0 to 3), recompute (none, selective, full, offload), sp (0 or 1)",
        option, word, strcmp(option, "--layout") == 0 ? "dp " : "");
}

/* One KEY=VALUE of --layout (pins NULL) or --pin. */
static int read_layout_word(struct mz_size_arguments *args, char *word, bool is_pin)
{
    const char *option = is_pin ? "--pin" : "--layout";
    char *equals = strchr(word, '=');
    int32_t *field;
    double value;

    if (!equals)
        return fail_layout(option, word);
    *equals = '\0';
    if (strcmp(word, "recompute") == 0) {
        int kind = recompute_word(equals + 1);

        if (kind < 0)
            return fail_layout(option, equals + 1);
        args->layout.recompute = (enum mz_recompute)kind;
        args->search.pins.recompute = kind;
        return 0;
    }
    field = is_pin ? pin_field(&args->search.pins, word) : layout_field(&args->layout, word);
    if (strcmp(equals + 1, "0") == 0 && (strcmp(word, "zero") == 0 || strcmp(word, "sp") == 0))
        value = 0;
    else if (!read_amount(equals + 1, strcmp(word, "zero") == 0 ? 3 : 1 << 24, &value) ||
        value != floor(value))
        return fail_layout(option, equals + 1);
    if (!is_pin && strcmp(word, "sp") == 0) {
        args->layout.sp = value > 0;
        return 0;
    }
    if (!field)
        return fail_layout(option, word);
    *field = (int32_t)value;
    return 0;
}

static int read_layout(
    struct mz_arena *arena, struct mz_size_arguments *args, const char *text, bool is_pin)
{
    char *rest = mz_arena_strdup(arena, text);
    char *word;
    int status = 0;

    if (!is_pin) {
        args->has_layout = true;
        args->layout = (struct mz_layout){
            .tp = 1, .cp = 1, .pp = 1, .vp = 1, .ep = 1, .mbs = 1, .zero = 1, .sp = true
        };
    }
    while (status == 0 && (word = strsep(&rest, ",")) != NULL)
        status = read_layout_word(args, word, is_pin);
    return status;
}

static int read_chips(struct mz_arena *arena, struct mz_size_arguments *args, const char *text)
{
    char *rest = mz_arena_strdup(arena, text);
    char *name;

    args->chip_count = 0;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (*name == '\0' || args->chip_count == MZ_SIZE_COMPARE_COUNT_MAX)
            return mz_cli_fail_use("size",
                "names of at most %d chips with commas between, not '%s'",
                (int)MZ_SIZE_COMPARE_COUNT_MAX, text);
        args->chips[args->chip_count++] = name;
    }
    return 0;
}

static int read_word(
    const char *option, const char *text, const char *const *words, int count, int *ret)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i;
            return 0;
        }
    }
    return mz_cli_fail_use("size", "%s '%s' is not known; '%s' is, and %d others (-h)", option,
        text, words[0], count - 1);
}

static int read_precision(struct mz_size_arguments *args, const char *text)
{
    static const char *const words[] = { "bf16", "fp8", "mxfp8", "nvfp4" };
    int which = 0;
    int status = read_word("--precision", text, words, 4, &which);

    args->precision = (enum mz_precision)which;
    return status;
}

static int read_by(struct mz_size_arguments *args, const char *text)
{
    static const char *const words[] = { "all", "source", "model", "chip", "stack" };
    int which = 0;
    int status = read_word("--by", text, words, 5, &which);

    args->by = (enum mz_validation_by)which;
    return status;
}

static int read_emit(struct mz_size_arguments *args, const char *text)
{
    static const char *const words[] = { "none", "megatron", "torchtitan" };
    int which = 0;
    int status = read_word("--emit", text, words, 3, &which);

    args->emit = (enum mz_size_emit)which;
    return status;
}

static int read_sentence(enum mz_status status, const struct mz_error *err)
{
    return status == MZ_OK ? 0 : mz_cli_fail_use("size", "%s", err->text);
}

static int read_option(
    struct mz_arena *arena, struct mz_size_arguments *args, int option, char **argv)
{
    struct mz_error err;

    switch (option) {
    case OPT_CHIP:
    case OPT_COMPARE: return read_chips(arena, args, optarg);
    case OPT_CHIPS: return read_count("--chips", optarg, &args->chips_total);
    case OPT_SEQ: return read_count("--seq", optarg, &args->seq);
    case OPT_BATCH: return read_amount_option("--batch", optarg, 1e12, &args->batch_tokens);
    case OPT_TOKENS: return read_amount_option("--tokens", optarg, 1e18, &args->tokens);
    case OPT_PRECISION: return read_precision(args, optarg);
    case OPT_LAYOUT: return read_layout(arena, args, optarg, false);
    case OPT_PIN: return read_layout(arena, args, optarg, true);
    case OPT_STACK: args->stack = optarg; return 0;
    case OPT_CALIBRATED: args->calibrated = true; return 0;
    case OPT_LORA: args->lora = true; return 0;
    case OPT_EXHAUSTIVE: args->search.exhaustive = true; return 0;
    case OPT_ASSUME:
        return read_sentence(mz_training_assume(optarg, &args->assumptions, &err), &err);
    case OPT_SET: return read_sentence(mz_size_params_set(&args->params, optarg, &err), &err);
    case OPT_EMIT: return read_emit(args, optarg);
    case OPT_VALIDATE:
        args->what = MZ_SIZE_VALIDATE;
        args->validate_file = optarg;
        return 0;
    case OPT_CALIBRATE:
        args->what = MZ_SIZE_CALIBRATE;
        args->validate_file = optarg;
        return 0;
    case OPT_CALIBRATION: args->calibration_file = optarg; return 0;
    case OPT_OUT: args->out_file = optarg; return 0;
    case OPT_BY: return read_by(args, optarg);
    case OPT_PER_ROW: args->per_row_file = optarg; return 0;
    case OPT_JSON: args->json = true; return 0;
    case OPT_NO_HEADER: args->no_header = true; return 0;
    case OPT_COLOUR: args->colour = optarg; return 0;
    case 'v': args->verbose = true; return 0;
    case 'q': args->quiet = true; return 0;
    case 'h': args->help = true; return 0;
    default: return mz_cli_fail_option("size", mz_size_long_options, argv[optind - 1]);
    }
}

static int check_train(struct mz_size_arguments *args)
{
    if (!args->model)
        return mz_cli_fail_use(
            "size", "which model? A name of 'mizan catalogue models', or a config.json");
    if (args->chip_count == 0)
        return mz_cli_fail_use("size", "which chip? Give --chip, such as --chip h100-sxm");
    if (args->chips_total == 0)
        return mz_cli_fail_use("size", "how many chips? Give --chips, such as --chips 512");
    if (args->seq == 0)
        return mz_cli_fail_use("size", "how long is a sequence? Give --seq, such as --seq 8192");
    if (args->batch_tokens < args->seq)
        return mz_cli_fail_use("size",
            "--batch is in tokens a step, at least one sequence of %d: such as --batch 4M",
            args->seq);
    return 0;
}

int mz_size_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_size_arguments *args)
{
    int status = 0;
    int option;

    mz_search_options_default(&args->search);
    mz_size_params_default(&args->params);
    mz_training_assumptions_default(&args->assumptions);
    args->by = MZ_BY_SOURCE;
    optind = 0;
    opterr = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "hqv", mz_size_long_options, NULL)) != -1)
        status = read_option(arena, args, option, argv);
    if (status != 0 || args->help)
        return status;
    if (args->what == MZ_SIZE_CALIBRATE && !args->out_file)
        return mz_cli_fail_use("size", "--calibrate needs --out FILE for what it finds");
    if (args->what != MZ_SIZE_TRAIN)
        return optind == argc
            ? 0
            : mz_cli_fail_use("size", "one file of runs, not also '%s'", argv[optind]);
    if (optind == argc || strcmp(argv[optind], "train") != 0)
        return mz_cli_fail_use("size", "size what? 'train', 'serve', or --validate FILE");
    if (optind + 2 < argc)
        return mz_cli_fail_use("size", "one model at a time, not also '%s'", argv[optind + 2]);
    args->model = optind + 1 < argc ? argv[optind + 1] : NULL;
    return check_train(args);
}
