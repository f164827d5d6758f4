/* plan_options.c - reading the options of mizan plan; one table, one function a hard one */
#include "cli/plan_options.h"

#include "base/quantity.h"
#include "cli/commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char mz_plan_usage[] =
    "mizan plan case.yaml                              the plan as tables\n"
    "mizan plan case.yaml --report plan.html           ... and as a report\n"
    "mizan plan case.yaml --what-if lose=aws@2028Q1 --what-if override=grid-slip\n"
    "mizan plan case.yaml --stress grid-slip,no-ipo    what is signed stays signed\n"
    "mizan plan case.yaml --json | jq .data.contracts\n"
    "\n"
    "Scenario\n"
    "  --override NAME       apply a change that the file offers; may be given again\n"
    "  --set PATH=VALUE      put a value at a path; may be given again\n"
    "Plan\n"
    "  --gap G               stop when the plan is proved within this share of the best\n"
    "                        (0.001, 0.1% or 0; default 0.1%)\n"
    "  --time-limit S        stop a whole-number solve after S seconds with the best plan so far\n"
    "  --solver NAME         clp (default) or highs, when built in\n"
    "  --strict              rules with a hard price may not be broken; says why when impossible\n"
    "  --relax               whole contracts and runs may be parts: a bound, and fast\n"
    "Compare\n"
    "  --what-if CHANGE      lose=PARTNER@PERIOD or override=NAME, planned anew\n"
    "  --stress A,B          the plan's decisions fixed, operations anew under each override\n"
    "  --sweep PATH=F,F      the value at PATH times each factor\n"
    "  --alternatives 3%     least and most of each partner at that extra cost\n"
    "  --reservation WHEN    price up to which each contract is taken: auto (small cases),\n"
    "                        yes or no\n"
    "Results\n"
    "  --json                one document, schema mizan.plan/1\n"
    "  --report FILE.html    the report; --lang ar for Arabic\n"
    "  --out DIR             CSV files and status.json\n"
    "  --emit-fleet FILE     the signed contracts as a fleet file\n"
    "  --write-mps FILE      the very matrix that was solved\n"
    "  -o wide, --no-header, --color WHEN, -q\n"
    "\n"
    "Exit status: 0 planned, 1 failed, 2 wrong use or wrong file, 3 no plan is possible,\n"
    "             4 stopped early with a plan\n";

enum {
    OPT_OVERRIDE = 256,
    OPT_SET,
    OPT_GAP,
    OPT_TIME,
    OPT_SOLVER,
    OPT_STRICT,
    OPT_RELAX,
    OPT_WHATIF,
    OPT_STRESS,
    OPT_SWEEP,
    OPT_ALTERNATIVES,
    OPT_RESERVATION,
    OPT_JSON,
    OPT_REPORT,
    OPT_LANG,
    OPT_OUT,
    OPT_FLEET,
    OPT_MPS,
    OPT_NO_HEADER,
    OPT_COLOUR
};

const struct option mz_plan_long_options[] = {
    { "override", required_argument, NULL, OPT_OVERRIDE },
    { "set", required_argument, NULL, OPT_SET },
    { "gap", required_argument, NULL, OPT_GAP },
    { "time-limit", required_argument, NULL, OPT_TIME },
    { "solver", required_argument, NULL, OPT_SOLVER },
    { "strict", no_argument, NULL, OPT_STRICT },
    { "relax", no_argument, NULL, OPT_RELAX },
    { "what-if", required_argument, NULL, OPT_WHATIF },
    { "stress", required_argument, NULL, OPT_STRESS },
    { "sweep", required_argument, NULL, OPT_SWEEP },
    { "alternatives", required_argument, NULL, OPT_ALTERNATIVES },
    { "reservation", required_argument, NULL, OPT_RESERVATION },
    { "json", no_argument, NULL, OPT_JSON },
    { "report", required_argument, NULL, OPT_REPORT },
    { "lang", required_argument, NULL, OPT_LANG },
    { "out", required_argument, NULL, OPT_OUT },
    { "emit-fleet", required_argument, NULL, OPT_FLEET },
    { "write-mps", required_argument, NULL, OPT_MPS },
    { "no-header", no_argument, NULL, OPT_NO_HEADER },
    { "color", required_argument, NULL, OPT_COLOUR },
    { "output", required_argument, NULL, 'o' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static int add_change(struct mz_plan_arguments *args, const struct mz_change *change)
{
    if (args->change_count == MZ_OVERRIDE_COUNT_MAX)
        return mz_cli_fail_use("plan", "more than %d changes", (int)MZ_OVERRIDE_COUNT_MAX);
    args->changes[args->change_count++] = *change;
    return 0;
}

static int read_set(struct mz_arena *arena, struct mz_plan_arguments *args, const char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return mz_cli_fail_use("plan", "--set needs PATH=VALUE, not '%s'", text);
    return add_change(args,
        &(struct mz_change){ .kind = MZ_CHANGE_SET,
            .path = mz_arena_strndup(arena, text, (size_t)(equals - text)),
            .value = equals + 1 });
}

/* "0.001", "0.1%" */
static bool read_share(const char *text, double *ret_share)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value) || value < 0)
        return false;
    if (strcmp(end, "%") == 0)
        value /= 100;
    else if (*end != '\0')
        return false;
    *ret_share = value;
    return true;
}

static int read_whatif(struct mz_arena *arena, struct mz_plan_arguments *args, const char *text)
{
    struct mz_error err = { MZ_OK, "" };

    if (args->whatif_count == MZ_LIST_COUNT_MAX)
        return mz_cli_fail_use("plan", "more than %d what-ifs", (int)MZ_LIST_COUNT_MAX);
    if (mz_whatif_parse(arena, text, &args->whatifs[args->whatif_count], &err) != MZ_OK)
        return mz_cli_fail_use("plan", "%s", err.text);
    args->whatif_names[args->whatif_count++] = text;
    return 0;
}

static int read_stress(struct mz_arena *arena, struct mz_plan_arguments *args, const char *text)
{
    char *copy = mz_arena_strdup(arena, text);
    char *rest = copy;
    char *name;

    while ((name = strsep(&rest, ",")) != NULL) {
        if (*name == '\0' || args->stress_count == MZ_LIST_COUNT_MAX)
            return mz_cli_fail_use("plan",
                "--stress needs names of overrides with commas "
                "between, at most %d, not '%s'",
                (int)MZ_LIST_COUNT_MAX, text);
        args->stresses[args->stress_count++] = name;
    }
    return 0;
}

/* PATH=0.8,0.9,1.0: the last '=' parts path and factors */
static int read_sweep(struct mz_arena *arena, struct mz_plan_arguments *args, const char *text)
{
    const char *equals = strrchr(text, '=');
    struct mz_sweep_request *sweep = mz_arena_alloc(arena, 1, sizeof(*sweep));
    const char *next;

    if (!equals || equals == text || args->sweep_count == MZ_LIST_COUNT_MAX)
        return mz_cli_fail_use("plan", "--sweep needs PATH=FACTOR,FACTOR, not '%s'", text);
    sweep->path = mz_arena_strndup(arena, text, (size_t)(equals - text));
    next = equals + 1;
    for (;;) {
        char *end;
        double factor = strtod(next, &end);

        if (end == next || !isfinite(factor) || factor < 0 || factor > 1e6 ||
            (*end != ',' && *end != '\0') || sweep->count == MZ_SWEEP_POINT_COUNT_MAX)
            return mz_cli_fail_use("plan",
                "--sweep needs at most %d factors from 0 on with "
                "commas between, not '%s'",
                (int)MZ_SWEEP_POINT_COUNT_MAX, equals + 1);
        sweep->factors[sweep->count++] = factor;
        if (*end == '\0')
            break;
        next = end + 1;
    }
    args->sweeps[args->sweep_count++] = sweep;
    return 0;
}

static int read_solver(struct mz_plan_arguments *args, const char *name)
{
    static const char *const names[] = { "clp", "highs" };
    const char *nearest;

    if (strcmp(name, "clp") == 0 || strcmp(name, "cbc") == 0)
        args->plan.solver.kind = strcmp(name, "clp") == 0 ? MZ_SOLVER_DEFAULT : MZ_SOLVER_CBC;
    else if (strcmp(name, "highs") == 0)
        args->plan.solver.kind = MZ_SOLVER_HIGHS;
    else {
        nearest = mz_nearest_word(name, names, 2);
        return mz_cli_fail_use("plan", "solver '%s' is not known; clp, cbc and highs are%s%s%s",
            name, nearest ? ". Did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    if (!mz_solver_available(args->plan.solver.kind))
        return mz_cli_fail_use("plan",
            "this build has no HiGHS: use --solver clp, or build "
            "where pkg-config finds highs");
    return 0;
}

static int read_reservation(struct mz_plan_arguments *args, const char *word)
{
    if (strcmp(word, "auto") == 0)
        args->reservation = MZ_RESERVATION_AUTO;
    else if (strcmp(word, "yes") == 0)
        args->reservation = MZ_RESERVATION_YES;
    else if (strcmp(word, "no") == 0)
        args->reservation = MZ_RESERVATION_NO;
    else
        return mz_cli_fail_use("plan", "--reservation is auto, yes or no, not '%s'", word);
    return 0;
}

static int read_number_option(struct mz_plan_arguments *args, int option, const char *text)
{
    double value;

    if (option == OPT_TIME) {
        char *end;

        value = strtod(text, &end);
        if (end == text || *end != '\0' || !(value > 0) || value > 1e7)
            return mz_cli_fail_use("plan", "--time-limit needs seconds, not '%s'", text);
        args->plan.solver.seconds_max = value;
        return 0;
    }
    if (!read_share(text, &value) || value > 1)
        return mz_cli_fail_use("plan", "%s needs a share such as 0.001 or 0.1%%, not '%s'",
            option == OPT_GAP ? "--gap" : "--alternatives", text);
    if (option == OPT_GAP)
        args->plan.solver.gap = value;
    else
        args->alternatives = value;
    return 0;
}

static int read_text_option(struct mz_plan_arguments *args, int option, const char *text)
{
    switch (option) {
    case OPT_REPORT: args->report_file = text; return 0;
    case OPT_OUT: args->out_dir = text; return 0;
    case OPT_FLEET: args->fleet_file = text; return 0;
    case OPT_MPS: args->mps_file = text; return 0;
    case OPT_COLOUR: args->colour = text; return 0;
    case OPT_LANG:
        if (strcmp(text, "en") != 0 && strcmp(text, "ar") != 0)
            return mz_cli_fail_use("plan", "--lang is en or ar, not '%s'", text);
        args->language = strcmp(text, "ar") == 0 ? MZ_LANGUAGE_ARABIC : MZ_LANGUAGE_ENGLISH;
        return 0;
    default:
        if (strcmp(text, "wide") != 0)
            return mz_cli_fail_use("plan", "-o knows 'wide', not '%s'", text);
        args->wide = true;
        return 0;
    }
}

static int read_option(
    struct mz_arena *arena, struct mz_plan_arguments *args, int option, char **argv)
{
    switch (option) {
    case OPT_OVERRIDE:
        return add_change(args, &(struct mz_change){ .kind = MZ_CHANGE_OVERRIDE, .name = optarg });
    case OPT_SET: return read_set(arena, args, optarg);
    case OPT_GAP:
    case OPT_TIME:
    case OPT_ALTERNATIVES: return read_number_option(args, option, optarg);
    case OPT_SOLVER: return read_solver(args, optarg);
    case OPT_STRICT: args->plan.strict = true; return 0;
    case OPT_RELAX: args->relax = true; return 0;
    case OPT_WHATIF: return read_whatif(arena, args, optarg);
    case OPT_STRESS: return read_stress(arena, args, optarg);
    case OPT_SWEEP: return read_sweep(arena, args, optarg);
    case OPT_RESERVATION: return read_reservation(args, optarg);
    case OPT_JSON: args->json = true; return 0;
    case OPT_NO_HEADER: args->no_header = true; return 0;
    case 'q': args->quiet = true; return 0;
    case 'h': args->help = true; return 0;
    case OPT_REPORT:
    case OPT_LANG:
    case OPT_OUT:
    case OPT_FLEET:
    case OPT_MPS:
    case OPT_COLOUR:
    case 'o': return read_text_option(args, option, optarg);
    default: return mz_cli_fail_option("plan", mz_plan_long_options, argv[optind - 1]);
    }
}

int mz_plan_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_plan_arguments *args)
{
    int option;

    args->plan.solver.gap = 1e-3;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "hqo:", mz_plan_long_options, NULL)) != -1) {
        int status = read_option(arena, args, option, argv);

        if (status != 0)
            return status;
    }
    if (args->help)
        return 0;
    if (optind == argc)
        return mz_cli_fail_use("plan", "which scenario file?");
    if (optind + 1 < argc)
        return mz_cli_fail_use("plan", "one file at a time, not also '%s'", argv[optind + 1]);
    args->file = argv[optind];
    return 0;
}
