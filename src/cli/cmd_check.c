/* cmd_check.c - mizan check FILE: is this scenario right?
 * Exit status: 0 right, 1 the file could not be read, 2 wrong use or a wrong file. */
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/print_diag.h"
#include "plan/throughput.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_OVERRIDE = 256, OPTION_SET, OPTION_JSON, OPTION_SCHEMA, OPTION_COLOUR };

const struct option mz_check_long_options[] = {
    { "override", required_argument, NULL, OPTION_OVERRIDE },
    { "set", required_argument, NULL, OPTION_SET },
    { "json", no_argument, NULL, OPTION_JSON },
    { "schema", no_argument, NULL, OPTION_SCHEMA },
    { "color", required_argument, NULL, OPTION_COLOUR },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "mizan check case.yaml                         is this scenario right? nothing is run\n"
    "mizan check case.yaml --override lose-aws     with a change that the file offers\n"
    "mizan check case.yaml --set 'sites.own/milam-tx.slip=12 months'\n"
    "mizan check --schema > scenario.schema.json   the JSON Schema, for editors\n"
    "\n"
    "  --override NAME    apply a named override; may be given again, in order\n"
    "  --set PATH=VALUE   put a value at a path; may be given again, in order\n"
    "  --json             one JSON object for the result, one a line for each error\n"
    "  --color WHEN       auto, always or never\n"
    "\n"
    "Exit status: 0 right, 1 the file could not be read, 2 wrong use or a wrong file.\n";

struct arguments {
    const char *file;
    struct mz_change *changes;
    size_t change_count;
    bool json;
    bool schema;
    bool help;
    const char *colour;
};

static int add_set(struct arguments *args, char *text)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return mz_cli_fail_use("check", "--set needs PATH=VALUE, not '%s'", text);
    *equals = '\0';
    args->changes[args->change_count++] =
        (struct mz_change){ .kind = MZ_CHANGE_SET, .path = text, .value = equals + 1 };
    return 0;
}

/* 0, or the exit status of wrong use. */
static int read_arguments(int argc, char **argv, struct arguments *args)
{
    int status = 0;
    int option;

    optind = 0;
    opterr = 0;
    while (
        status == 0 && (option = getopt_long(argc, argv, "h", mz_check_long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_OVERRIDE:
            args->changes[args->change_count++] =
                (struct mz_change){ .kind = MZ_CHANGE_OVERRIDE, .name = optarg };
            break;
        case OPTION_SET: status = add_set(args, optarg); break;
        case OPTION_JSON: args->json = true; break;
        case OPTION_SCHEMA: args->schema = true; break;
        case OPTION_COLOUR: args->colour = optarg; break;
        case 'h': args->help = true; break;
        default:
            status = mz_cli_fail_option("check", mz_check_long_options, argv[optind - 1]);
            break;
        }
    }
    if (status != 0 || args->help || args->schema)
        return status;
    if (optind == argc)
        return mz_cli_fail_use("check", "which file?");
    if (optind + 1 < argc)
        return mz_cli_fail_use("check", "one file at a time, not also '%s'", argv[optind + 1]);
    args->file = argv[optind];
    return 0;
}

static void print_summary(const struct mz_scenario *s, const struct mz_diags *diags)
{
    char file[512];
    char first[MZ_MONTH_TEXT_MAX];
    char last[MZ_MONTH_TEXT_MAX];

    printf("%s: %d partner%s, %d site%s, %d contract%s, %d workload%s",
        mz_text_printable(file, sizeof(file), s->file), (int)s->partner_count,
        s->partner_count == 1 ? "" : "s", (int)s->site_count, s->site_count == 1 ? "" : "s",
        (int)s->contract_count, s->contract_count == 1 ? "" : "s", (int)s->workload_count,
        s->workload_count == 1 ? "" : "s");
    if (s->period_count > 0)
        printf(", %d period%s %s to %s", (int)s->period_count, s->period_count == 1 ? "" : "s",
            mz_month_format(first, s->start_month),
            mz_month_format(last, s->periods[s->period_count - 1].month_end - 1));
    printf("; no errors");
    if (diags->warning_count > 0)
        printf(", %zu warning%s", diags->warning_count, diags->warning_count == 1 ? "" : "s");
    printf("\n");
}

static void print_json(const struct mz_scenario *s, const struct mz_diags *diags)
{
    char first[MZ_MONTH_TEXT_MAX];
    char file[512];
    char now[32];
    const char *generated_at = mz_cli_generated_at(now);
    json_t *data;
    char *text;

    data = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:b, s:s, s:i}", "file",
        mz_text_printable(file, sizeof(file), s->file), "partner_count", (int)s->partner_count,
        "site_count", (int)s->site_count, "contract_count", (int)s->contract_count,
        "workload_count", (int)s->workload_count, "period_count", (int)s->period_count, "is_fleet",
        (int)s->is_fleet, "start", mz_month_format(first, s->start_month), "warning_count",
        (int)diags->warning_count);
    data = json_pack(
        "{s:s, s:s?, s:o}", "schema", "mizan.check/1", "generated_at", generated_at, "data", data);
    text = json_dumps(data, JSON_COMPACT);
    printf("%s\n", text ? text : "{}");
    free(text);
    json_decref(data);
}

static int check_file(struct mz_arena *arena, const struct arguments *args)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_catalogue catalogue;
    struct mz_source source;
    struct mz_diags diags;
    const struct mz_scenario *scenario = NULL;
    enum mz_status status;

    if (strcmp(args->file, "-") != 0 && access(args->file, F_OK) != 0 && errno == ENOENT)
        return mz_cli_fail_use("check", "there is no file '%s'", args->file);
    status = mz_source_read(arena, args->file, &source, &err);
    if (status == MZ_OK)
        status = mz_catalogue_open(arena, &catalogue, &err);
    if (status != MZ_OK) {
        err.status = status;
        return mz_cli_fail("check", &err);
    }
    mz_diags_init(&diags, arena);
    status = mz_scenario_load(
        arena, &source, &catalogue, args->changes, args->change_count, &diags, &scenario);
    if (status == MZ_OK)
        status = mz_throughput_fill(
            arena, mz_rate_cache_create(arena, &catalogue), scenario, &diags, &scenario);
    if (args->json)
        mz_diags_print_json(stderr, &diags);
    else
        mz_diags_print(stderr, &diags, &source, mz_colour_wanted(stderr, args->colour));
    if (status != MZ_OK)
        return 2;
    if (args->json)
        print_json(scenario, &diags);
    else
        print_summary(scenario, &diags);
    return 0;
}

int mz_cmd_check(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct arguments args = { 0 };
    struct mz_text schema = { 0 };
    int status;

    args.changes = mz_arena_alloc(arena, (size_t)argc + 1, sizeof(*args.changes));
    status = read_arguments(argc, argv, &args);
    if (status == 0 && args.help) {
        printf("%s", usage);
    } else if (status == 0 && args.schema) {
        mz_scenario_schema_json(&schema);
        printf("%s", mz_text_string(&schema));
        mz_text_finish(&schema);
    } else if (status == 0) {
        status = check_file(arena, &args);
    }
    mz_arena_free(arena);
    return status;
}
