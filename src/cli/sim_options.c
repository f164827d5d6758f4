/* sim_options.c - reading the options of mizan sim; one table, one function a hard one */
#include "cli/sim_options.h"

#include "base/duration.h"
#include "base/month.h"
#include "cli/commands.h"
#include "sim/tune.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char mz_sim_usage[] =
    "mizan sim fleet.yaml --trace mizan:jobs.csv --policy fifo,easy,fair+easy\n"
    "mizan sim --nodes 12x8 --trace philly:jobs.csv --vc 11cb48 --from 2017-10-01 \\\n"
    "          --to 2017-11-30 --policy fifo,sjf,easy --report sim.html\n"
    "mizan sim --nodes 100x8 --synth llm --load 0.9 --failures node=2000h,repair=2h\n"
    "mizan sim --pack --nodes nodes.csv --trace openb:pods.csv --tune 1.3 --seeds 42-51 \\\n"
    "          --policy frag,fgd,bestfit,firstfit,random\n"
    "\n"
    "Fleet\n"
    "  FLEET.yaml            a scenario file whose sites have nodes; --override, --set as in plan\n"
    "  --nodes 12x8[:CHIP]   12 nodes of 8 chips; or --nodes FILE.csv, an openb node list\n"
    "  --month 2026-01       the fleet as it stands then (default: when it first has nodes)\n"
    "  --scale nodes=N       fleet and arrivals replicated to at least N nodes\n"
    "Jobs\n"
    "  --trace KIND:FILE     philly, openb, swf, sacct or mizan; '-' is standard input\n"
    "  --synth llm           a synthetic trace; --load 0.9, --span 30d\n"
    "  --vc NAME, --from T, --to T    only this team, only what was submitted in this time\n"
    "Policies\n"
    "  --policy A,B          an order (fifo sjf priority fair las deadline), then +easy or\n"
    "                        +conservative, then +preempt; easy alone is fifo+easy\n"
    "  --place NAME          node for single-node jobs: bestfit, firstfit, frag, fgd, random\n"
    "  --quota TEAM=CHIPS[:BORROW[:LEND]]   --weight TEAM=N   --half-life 7d\n"
    "  --ageing 1h           waiting that counts as one point of priority; 0: none\n"
    "  --grace 30s           between the signal to a victim and its end\n"
    "  --default-limit 1d    run time planned for jobs that state none\n"
    "  --speed CHIP=F,...    how fast a chip is against the run times of the trace\n"
    "  --prefer KEY=USD,...  what counts beside the price, per chip-hour: time, power, share,\n"
    "                        risk:PARTNER; data per job; price=F scales the price itself\n"
    "Trouble\n"
    "  --failures LIST       node=1000h,rack=..,spine=..,site=..,partner=..,repair=1h: mean "
    "times;\n"
    "                        or FILE.csv: time,level,name,down_s\n"
    "  --checkpoint LIST     cost=60s,restart=5min,every=30min (every: else Young's)\n"
    "  --spot SITE=MEAN[/NOTICE],...   nodes of the site are reclaimed, each so often\n"
    "Results\n"
    "  --json                one document, schema mizan.sim/1\n"
    "  --events FILE.csv     every start, end, reservation ...: one policy only\n"
    "  --report FILE.html    the report; --lang ar for Arabic\n"
    "  --why JOB --at T      why that job waits at that time\n"
    "  --tune TRIALS         with --pack: random search of the weights of frag on half of the "
    "pods,\n"
    "                        judged on the other half; --score K=N,... uses what it prints\n"
    "  --seed N, --seeds A-B, --check, --no-header, --color WHEN, -q\n"
    "\n"
    "Exit status: 0 simulated, 1 failed, 2 wrong use or wrong file, 3 --why: it does not wait "
    "then,\n"
    "             4 stopped early\n";

enum {
    OPT_OVERRIDE = 256,
    OPT_SET,
    OPT_NODES,
    OPT_MONTH,
    OPT_SCALE,
    OPT_TRACE,
    OPT_SYNTH,
    OPT_LOAD,
    OPT_SPAN,
    OPT_VC,
    OPT_FROM,
    OPT_TO,
    OPT_POLICY,
    OPT_PLACE,
    OPT_QUOTA,
    OPT_WEIGHT,
    OPT_HALF_LIFE,
    OPT_AGEING,
    OPT_GRACE,
    OPT_LIMIT,
    OPT_SPEED,
    OPT_PREFER,
    OPT_FAILURES,
    OPT_CHECKPOINT,
    OPT_SPOT,
    OPT_JSON,
    OPT_EVENTS,
    OPT_REPORT,
    OPT_LANG,
    OPT_WHY,
    OPT_AT,
    OPT_TUNE,
    OPT_SCORE,
    OPT_SEED,
    OPT_SEEDS,
    OPT_PACK,
    OPT_CHECK,
    OPT_NO_HEADER,
    OPT_COLOUR
};

const struct option mz_sim_long_options[] = {
    { "override", required_argument, NULL, OPT_OVERRIDE },
    { "set", required_argument, NULL, OPT_SET },
    { "nodes", required_argument, NULL, OPT_NODES },
    { "month", required_argument, NULL, OPT_MONTH },
    { "scale", required_argument, NULL, OPT_SCALE },
    { "trace", required_argument, NULL, OPT_TRACE },
    { "synth", required_argument, NULL, OPT_SYNTH },
    { "load", required_argument, NULL, OPT_LOAD },
    { "span", required_argument, NULL, OPT_SPAN },
    { "vc", required_argument, NULL, OPT_VC },
    { "team", required_argument, NULL, OPT_VC },
    { "from", required_argument, NULL, OPT_FROM },
    { "to", required_argument, NULL, OPT_TO },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "place", required_argument, NULL, OPT_PLACE },
    { "quota", required_argument, NULL, OPT_QUOTA },
    { "weight", required_argument, NULL, OPT_WEIGHT },
    { "half-life", required_argument, NULL, OPT_HALF_LIFE },
    { "ageing", required_argument, NULL, OPT_AGEING },
    { "grace", required_argument, NULL, OPT_GRACE },
    { "default-limit", required_argument, NULL, OPT_LIMIT },
    { "speed", required_argument, NULL, OPT_SPEED },
    { "prefer", required_argument, NULL, OPT_PREFER },
    { "failures", required_argument, NULL, OPT_FAILURES },
    { "checkpoint", required_argument, NULL, OPT_CHECKPOINT },
    { "spot", required_argument, NULL, OPT_SPOT },
    { "json", no_argument, NULL, OPT_JSON },
    { "events", required_argument, NULL, OPT_EVENTS },
    { "report", required_argument, NULL, OPT_REPORT },
    { "lang", required_argument, NULL, OPT_LANG },
    { "why", required_argument, NULL, OPT_WHY },
    { "at", required_argument, NULL, OPT_AT },
    { "tune", required_argument, NULL, OPT_TUNE },
    { "score", required_argument, NULL, OPT_SCORE },
    { "seed", required_argument, NULL, OPT_SEED },
    { "seeds", required_argument, NULL, OPT_SEEDS },
    { "pack", no_argument, NULL, OPT_PACK },
    { "check", no_argument, NULL, OPT_CHECK },
    { "no-header", no_argument, NULL, OPT_NO_HEADER },
    { "color", required_argument, NULL, OPT_COLOUR },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/* ---- words and numbers ---- */

/* All of the text as a whole number in [min, max]. */
static bool read_whole(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < min || value > max)
        return false;
    *ret = value;
    return true;
}

static int read_duration(const char *option, const char *text, int64_t *ret_us)
{
    if (!mz_duration_parse(text, ret_us))
        return mz_cli_fail_use(
            "sim", "%s needs a time such as 30s, 15min, 2h or 7d, not '%s'", option, text);
    return 0;
}

static int read_time(const char *option, const char *text, bool is_end, int64_t *ret_us)
{
    int64_t seconds;

    if (read_whole(text, 0, MZ_TRACE_TIME_MAX_US / 1000000, &seconds)) {
        *ret_us = seconds * 1000000;
        return 0;
    }
    if (!mz_trace_parse_time(text, is_end, ret_us))
        return mz_cli_fail_use("sim",
            "%s needs a date such as 2017-10-01 or '2017-11-30 23:59', or seconds as in the trace, "
            "not '%s'",
            option, text);
    return 0;
}

static int read_trace(struct mz_sim_arguments *args, char *text)
{
    char *colon = strchr(text, ':');
    char *comma;

    if (!colon || colon[1] == '\0')
        return mz_cli_fail_use("sim",
            "--trace needs KIND:FILE, such as philly:jobs.csv, not '%s'; kinds are philly, openb, "
            "swf, sacct and mizan",
            text);
    *colon = '\0';
    if (!mz_trace_kind_parse(text, &args->kind))
        return mz_cli_fail_use(
            "sim", "trace kind '%s' is not known: philly, openb, swf, sacct and mizan are", text);
    args->trace_file = colon + 1;
    comma = strchr(colon + 1, ',');
    if (comma && args->kind == MZ_TRACE_OPENB) { /* pods, then nodes */
        *comma = '\0';
        args->nodes = comma + 1;
    }
    return 0;
}

static int read_policies(struct mz_arena *arena, struct mz_sim_arguments *args, const char *text)
{
    char *rest = mz_arena_strdup(arena, text);
    char *name;

    args->policy_count = 0;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (*name == '\0' || args->policy_count == MZ_SIM_POLICY_COUNT_MAX)
            return mz_cli_fail_use("sim",
                "--policy needs names with commas between, at most %d, not '%s'",
                (int)MZ_SIM_POLICY_COUNT_MAX, text);
        args->policies[args->policy_count++] = name;
    }
    return 0;
}

static int read_seeds(struct mz_sim_arguments *args, const char *option, const char *text)
{
    int64_t first;
    int64_t last;
    const char *dash = strchr(text, '-');
    char head[32] = "";

    if (dash && (size_t)(dash - text) < sizeof(head))
        memcpy(head, text, (size_t)(dash - text));
    if (dash ? !read_whole(head, 0, INT64_MAX, &first) ||
                !read_whole(dash + 1, first, INT64_MAX, &last) ||
                last - first >= MZ_SIM_SEED_COUNT_MAX
             : !read_whole(text, 0, INT64_MAX, &first))
        return mz_cli_fail_use("sim",
            "%s needs a whole number, or two with '-' between and at most %d of them, not '%s'",
            option, (int)MZ_SIM_SEED_COUNT_MAX, text);
    if (!dash)
        last = first;
    args->seed_count = 0;
    for (int64_t seed = first; seed <= last; seed++)
        args->seeds[args->seed_count++] = (uint64_t)seed;
    return 0;
}

static int read_scale(struct mz_sim_arguments *args, const char *text)
{
    if (strncmp(text, "nodes=", 6) != 0 ||
        !read_whole(text + 6, 1, MZ_NODE_COUNT_MAX, &args->scale_nodes))
        return mz_cli_fail_use(
            "sim", "--scale needs nodes=N with N up to %d, not '%s'", MZ_NODE_COUNT_MAX, text);
    return 0;
}

/* The setting of a team, made when new. NULL: too many. */
static struct mz_team_setting *team_setting(
    struct mz_arena *arena, struct mz_sim_arguments *args, const char *name, size_t length)
{
    struct mz_team_setting *setting;

    for (int32_t i = 0; i < args->teams.count; i++) {
        setting = &args->team_settings[i];
        if (strlen(setting->name) == length && strncmp(setting->name, name, length) == 0)
            return setting;
    }
    if (args->teams.count == MZ_SIM_SETTING_COUNT_MAX)
        return NULL;
    setting = &args->team_settings[args->teams.count++];
    *setting = (struct mz_team_setting){ .name = mz_arena_strndup(arena, name, length),
        .quota_chips = MZ_TEAM_NO_LIMIT,
        .borrow_chips_max = MZ_TEAM_NO_LIMIT,
        .lend_chips_max = MZ_TEAM_NO_LIMIT };
    return setting;
}

/* TEAM=CHIPS[:BORROW[:LEND]] or TEAM=WEIGHT */
static int read_team(
    struct mz_arena *arena, struct mz_sim_arguments *args, const char *text, bool is_weight)
{
    const char *equals = strrchr(text, '=');
    struct mz_team_setting *setting;
    int64_t values[3] = { MZ_TEAM_NO_LIMIT, MZ_TEAM_NO_LIMIT, MZ_TEAM_NO_LIMIT };
    int32_t count = 0;
    char *rest;
    char *word;

    if (equals && equals != text) {
        rest = mz_arena_strdup(arena, equals + 1);
        while ((word = strsep(&rest, ":")) != NULL && count < 3) {
            if (!read_whole(word, is_weight, INT32_MAX, &values[count++]))
                count = 4;
        }
        if (word)
            count = 4;
    }
    if (count < 1 || count > (is_weight ? 1 : 3))
        return mz_cli_fail_use("sim", "%s, not '%s'",
            is_weight ? "--weight needs TEAM=N with a whole N from 1 on"
                      : "--quota needs TEAM=CHIPS[:BORROW[:LEND]]",
            text);
    setting = team_setting(arena, args, text, (size_t)(equals - text));
    if (!setting)
        return mz_cli_fail_use("sim", "more than %d teams", (int)MZ_SIM_SETTING_COUNT_MAX);
    if (is_weight) {
        setting->weight = (int32_t)values[0];
    } else {
        setting->quota_chips = values[0];
        setting->borrow_chips_max = values[1];
        setting->lend_chips_max = values[2];
    }
    return 0;
}

static int read_tune(struct mz_sim_arguments *args, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    /* "1.3" is FGD's arrived demand; "200" is how many trials to make. */
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0 || value > 1e6 ||
        (value > 10 && value != floor(value)))
        return mz_cli_fail_use("sim",
            "--tune needs how much demand arrives with --pack (1.3), or how many trials to make "
            "(200), not '%s'",
            text);
    if (value <= 10)
        args->demand = value;
    else
        args->trials = (int32_t)value;
    return 0;
}

static int read_number(struct mz_sim_arguments *args, int option, const char *text)
{
    char *end;
    double value;

    if (option == OPT_MONTH) {
        if (!mz_month_parse(text, true, &args->month))
            return mz_cli_fail_use("sim", "--month needs a month such as 2026-01, not '%s'", text);
        return 0;
    }
    value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0 || value > 100)
        return mz_cli_fail_use("sim", "--load needs a factor such as 0.9, not '%s'", text);
    args->synth_load = value;
    return 0;
}

static int read_place(struct mz_sim_arguments *args, const char *text)
{
    if (!mz_pack_policy_parse(text, &args->settings.pack))
        return mz_cli_fail_use(
            "sim", "--place '%s' is not known: bestfit, firstfit, frag, fgd and random are", text);
    return 0;
}

static int read_score(struct mz_sim_arguments *args, const char *text)
{
    struct mz_error err;

    return mz_tune_read_weights(text, &args->settings.pack_weights, &err) == MZ_OK
        ? 0
        : mz_cli_fail_use("sim", "%s", err.text);
}

static int read_duration_option(struct mz_sim_arguments *args, int option, const char *text)
{
    switch (option) {
    case OPT_SPAN: return read_duration("--span", text, &args->synth_span_us);
    case OPT_HALF_LIFE: return read_duration("--half-life", text, &args->teams.half_life_us);
    case OPT_AGEING:
        args->has_ageing = true;
        return read_duration("--ageing", text, &args->settings.ageing_us);
    case OPT_GRACE:
        args->has_grace = true;
        return read_duration("--grace", text, &args->settings.grace_us);
    default:
        args->has_estimate = true;
        if (read_duration("--default-limit", text, &args->settings.estimate_default_us) != 0)
            return MZ_EXIT_USE;
        return args->settings.estimate_default_us > 0
            ? 0
            : mz_cli_fail_use("sim", "--default-limit has to be longer than 0");
    }
}

static int read_lang(struct mz_sim_arguments *args, const char *text)
{
    if (strcmp(text, "en") != 0 && strcmp(text, "ar") != 0)
        return mz_cli_fail_use("sim", "--lang is en or ar, not '%s'", text);
    args->language = strcmp(text, "ar") == 0 ? MZ_LANGUAGE_ARABIC : MZ_LANGUAGE_ENGLISH;
    return 0;
}

static int read_change(
    struct mz_arena *arena, struct mz_sim_arguments *args, int option, const char *text)
{
    const char *equals = strchr(text, '=');

    if (args->change_count == MZ_OVERRIDE_COUNT_MAX)
        return mz_cli_fail_use("sim", "more than %d changes", (int)MZ_OVERRIDE_COUNT_MAX);
    if (option == OPT_OVERRIDE) {
        args->changes[args->change_count++] =
            (struct mz_change){ .kind = MZ_CHANGE_OVERRIDE, .name = text };
        return 0;
    }
    if (!equals || equals == text)
        return mz_cli_fail_use("sim", "--set needs PATH=VALUE, not '%s'", text);
    args->changes[args->change_count++] = (struct mz_change){ .kind = MZ_CHANGE_SET,
        .path = mz_arena_strndup(arena, text, (size_t)(equals - text)),
        .value = equals + 1 };
    return 0;
}

static int read_plain(struct mz_sim_arguments *args, int option, const char *text, char **argv)
{
    switch (option) {
    case OPT_NODES: args->nodes = text; return 0;
    case OPT_SYNTH: args->synth = text; return 0;
    case OPT_VC: args->team = text; return 0;
    case OPT_SPEED: args->speeds = text; return 0;
    case OPT_PREFER: args->prefer = text; return 0;
    case OPT_FAILURES: args->failures = text; return 0;
    case OPT_CHECKPOINT: args->checkpoint = text; return 0;
    case OPT_SPOT: args->spot = text; return 0;
    case OPT_EVENTS: args->events_file = text; return 0;
    case OPT_REPORT: args->report_file = text; return 0;
    case OPT_WHY: args->why = text; return 0;
    case OPT_COLOUR: args->colour = text; return 0;
    case OPT_JSON: args->json = true; return 0;
    case OPT_PACK: args->pack = true; return 0;
    case OPT_CHECK: args->check = true; return 0;
    case OPT_NO_HEADER: args->no_header = true; return 0;
    case 'q': args->quiet = true; return 0;
    case 'h': args->help = true; return 0;
    default: return mz_cli_fail_option("sim", mz_sim_long_options, argv[optind - 1]);
    }
}

static int read_option(
    struct mz_arena *arena, struct mz_sim_arguments *args, int option, char **argv)
{
    switch (option) {
    case OPT_OVERRIDE:
    case OPT_SET: return read_change(arena, args, option, optarg);
    case OPT_MONTH:
    case OPT_LOAD: return read_number(args, option, optarg);
    case OPT_SCALE: return read_scale(args, optarg);
    case OPT_TRACE: return read_trace(args, mz_arena_strdup(arena, optarg));
    case OPT_FROM: return read_time("--from", optarg, false, &args->from_us);
    case OPT_TO: return read_time("--to", optarg, true, &args->to_us);
    case OPT_AT: return read_time("--at", optarg, false, &args->why_at_us);
    case OPT_POLICY: return read_policies(arena, args, optarg);
    case OPT_PLACE: return read_place(args, optarg);
    case OPT_QUOTA: return read_team(arena, args, optarg, false);
    case OPT_WEIGHT: return read_team(arena, args, optarg, true);
    case OPT_SPAN:
    case OPT_HALF_LIFE:
    case OPT_AGEING:
    case OPT_GRACE:
    case OPT_LIMIT: return read_duration_option(args, option, optarg);
    case OPT_LANG: return read_lang(args, optarg);
    case OPT_TUNE: return read_tune(args, optarg);
    case OPT_SEED: return read_seeds(args, "--seed", optarg);
    case OPT_SEEDS: return read_seeds(args, "--seeds", optarg);
    case OPT_SCORE: return read_score(args, optarg);
    default: return read_plain(args, option, optarg, argv);
    }
}

/* What does not go together. */
static int check_together(struct mz_sim_arguments *args)
{
    if (!args->fleet_file && !args->nodes)
        return mz_cli_fail_use("sim", "which fleet? Give FLEET.yaml, or --nodes 12x8");
    if (args->fleet_file && args->nodes)
        return mz_cli_fail_use("sim", "a fleet file and --nodes are two fleets; give one");
    if (!args->trace_file && !args->synth)
        return mz_cli_fail_use(
            "sim", "which jobs? Give --trace KIND:FILE, or --synth llm to begin without a trace");
    if (args->trace_file && args->synth)
        return mz_cli_fail_use("sim", "--trace and --synth are two traces; give one");
    if (args->pack && args->kind != MZ_TRACE_OPENB)
        return mz_cli_fail_use("sim", "--pack places pods of an openb trace: --trace openb:FILE");
    if (!args->fleet_file && (args->change_count > 0 || args->month >= 0))
        return mz_cli_fail_use(
            "sim", "--override, --set and --month change a fleet file; none is given");
    if (args->trials > 0 && !args->pack)
        return mz_cli_fail_use(
            "sim", "--tune TRIALS searches the weights of the frag score: give --pack");
    if (args->why && args->policy_count > 1)
        return mz_cli_fail_use("sim", "--why is of one policy; %d are given", args->policy_count);
    if (args->why && args->why_at_us < 0)
        return mz_cli_fail_use("sim", "--why needs --at TIME");
    if (args->events_file && args->policy_count > 1)
        return mz_cli_fail_use(
            "sim", "--events is of one policy; %d are given", args->policy_count);
    if (args->pack && (args->events_file || args->report_file || args->why))
        return mz_cli_fail_use("sim", "--pack has no events, report or waiting jobs");
    if (!args->pack && args->seed_count > 1)
        return mz_cli_fail_use("sim", "--seeds is for --pack; here one --seed");
    return 0;
}

int mz_sim_read_arguments(
    struct mz_arena *arena, int argc, char **argv, struct mz_sim_arguments *args)
{
    struct mz_error err;
    int option;
    int status = 0;

    (void)mz_policy_parse("fifo", &args->settings, &err);
    args->month = -1;
    args->from_us = -1;
    args->to_us = MZ_TIME_NEVER;
    args->why_at_us = -1;
    args->synth_load = 0.9;
    args->synth_span_us = INT64_C(30) * 86400 * 1000000;
    args->demand = 1.3;
    args->seed_count = 1;
    args->seeds[0] = 42;
    args->teams.settings = args->team_settings;
    args->teams.half_life_us = INT64_C(7) * 86400 * 1000000;
    optind = 0;
    opterr = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "hq", mz_sim_long_options, NULL)) != -1)
        status = read_option(arena, args, option, argv);
    if (status != 0 || args->help)
        return status;
    if (optind + 1 < argc)
        return mz_cli_fail_use("sim", "one fleet at a time, not also '%s'", argv[optind + 1]);
    if (optind < argc)
        args->fleet_file = argv[optind];
    if (args->policy_count == 0)
        args->policies[args->policy_count++] = args->pack ? "frag" : "easy";
    return check_together(args);
}
