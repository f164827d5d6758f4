/* cmd_sim.c - mizan sim: a fleet, a trace, some policies; one row each
 * Files are written only when all policies could be simulated, except --events, which is a stream. */
#include "base/cpu.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/print_diag.h"
#include "cli/print_result.h"
#include "cli/progress.h"
#include "cli/sim_options.h"
#include "sim/output.h"
#include "sim/settings.h"
#include "sim/tune.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NODE_LIST_BYTES_MAX = 512 * 1024 * 1024 };

struct run {
    struct mz_arena *arena;
    struct mz_sim_arguments *args;
    struct mz_catalogue catalogue;
    struct mz_source source;
    struct mz_diags diags;
    const struct mz_scenario *scenario; /* NULL with --nodes */
    int32_t month;
    int32_t scale;
    struct mz_trace *trace;
    char *node_list; /* bytes of --nodes FILE.csv: a pipe can be read once */
    size_t node_list_length;
    const char *fleet_text;
    const char *command_line;
    struct mz_sim_options options;
    double begin_s; /* of the run in progress, for the progress line */
};

/* ---- the fleet ---- */

static int load_scenario(struct run *run)
{
    struct mz_error err = { MZ_OK, "" };
    const char *file = run->args->fleet_file;
    enum mz_status status;

    if (strcmp(file, "-") != 0 && access(file, F_OK) != 0 && errno == ENOENT)
        return mz_cli_fail_use("sim", "there is no file '%s'", file);
    status = mz_source_read(run->arena, file, &run->source, &err);
    if (status == MZ_OK)
        status = mz_catalogue_open(run->arena, &run->catalogue, &err);
    if (status != MZ_OK)
        return mz_cli_fail("sim", &err);
    status = mz_scenario_load(run->arena, &run->source, &run->catalogue, run->args->changes,
        run->args->change_count, &run->diags, &run->scenario);
    if (status == MZ_OK)
        return 0;
    if (run->args->json)
        mz_diags_print_json(stderr, &run->diags);
    else
        mz_diags_print(
            stderr, &run->diags, &run->source, mz_colour_wanted(stderr, run->args->colour));
    return MZ_EXIT_USE;
}

/* The first month in which some site has nodes. */
static int32_t first_month(const struct mz_scenario *scenario)
{
    int32_t first = MZ_MONTH_NEVER;

    for (int32_t s = 0; s < scenario->site_count; s++) {
        const struct mz_series *nodes = &scenario->sites[s].nodes;

        for (int32_t i = 0; i < nodes->step_count; i++) {
            if (nodes->steps[i].value >= 1 && nodes->steps[i].month < first)
                first = nodes->steps[i].month;
        }
    }
    return first > scenario->start_month && first != MZ_MONTH_NEVER ? first : scenario->start_month;
}

/* "12x8", "12x8:h100-sxm" */
static bool parse_nodes(struct mz_arena *arena, const char *text, int32_t *ret_nodes,
    int32_t *ret_chips, const char **ret_chip)
{
    char *end;
    long nodes = strtol(text, &end, 10);
    long chips;

    if (end == text || *end != 'x' || nodes < 1 || nodes > MZ_NODE_COUNT_MAX)
        return false;
    text = end + 1;
    chips = strtol(text, &end, 10);
    if (end == text || chips < 1 || chips > MZ_NODE_CHIP_COUNT_MAX ||
        (*end != '\0' && (*end != ':' || end[1] == '\0')))
        return false;
    *ret_nodes = (int32_t)nodes;
    *ret_chips = (int32_t)chips;
    *ret_chip = *end == ':' ? mz_arena_strdup(arena, end + 1) : NULL;
    return true;
}

static enum mz_status make_fleet(struct run *run, struct mz_arena *arena, int32_t scale,
    struct mz_fleet **ret_fleet, struct mz_error *err)
{
    const char *text = run->args->nodes;
    int32_t nodes;
    int32_t chips;
    const char *chip;

    if (run->scenario)
        return mz_fleet_from_scenario(arena, run->scenario, run->month, scale, ret_fleet, err);
    if (parse_nodes(arena, text, &nodes, &chips, &chip)) {
        if (nodes > MZ_NODE_COUNT_MAX / scale)
            return mz_fail(err, MZ_E_LIMIT, "more than %d nodes", MZ_NODE_COUNT_MAX);
        return mz_fleet_plain(arena, nodes * scale, chips, chip, ret_fleet, err);
    }
    if (!run->node_list && access(text, F_OK) != 0)
        return mz_fail(err, MZ_E_INPUT,
            "--nodes needs NODESxCHIPS such as 12x8 with up to %d chips, or a node list; there is "
            "no file '%s'",
            MZ_NODE_CHIP_COUNT_MAX, text);
    if (!run->node_list) {
        enum mz_status status = mz_file_read(
            run->arena, text, NODE_LIST_BYTES_MAX, &run->node_list, &run->node_list_length, err);

        if (status != MZ_OK)
            return status;
    }
    return mz_trace_read_nodes_bytes(
        arena, text, run->node_list, run->node_list_length, scale, ret_fleet, err);
}

/* Scale and a description, from a fleet made once. */
static enum mz_status learn_fleet(struct run *run, struct mz_error *err)
{
    struct mz_arena *scratch = mz_arena_create();
    struct mz_fleet *fleet;
    enum mz_status status;

    run->scale = 1;
    if (run->scenario)
        run->month = run->args->month >= 0 ? run->args->month : first_month(run->scenario);
    status = make_fleet(run, scratch, 1, &fleet, err);
    if (status == MZ_OK) {
        int64_t scale = 1;
        char nodes[MZ_NUMBER_MAX];
        char chips[MZ_NUMBER_MAX];

        if (run->args->scale_nodes > fleet->node_count)
            scale = (run->args->scale_nodes + fleet->node_count - 1) / fleet->node_count;
        run->scale = (int32_t)scale;
        run->fleet_text = mz_arena_printf(run->arena, "%s: %s nodes, %s chips",
            run->args->fleet_file ? run->args->fleet_file : run->args->nodes,
            mz_format_fixed(nodes, (double)(fleet->node_count * scale), 0),
            mz_format_fixed(chips, (double)(fleet->chip_total * scale), 0));
        if (run->args->synth) {
            struct mz_synth synth = { .name = run->args->synth,
                .chip_total = fleet->chip_total,
                .span_us = run->args->synth_span_us,
                .load = run->args->synth_load,
                .seed = run->args->seeds[0] };

            status = mz_trace_synthesise(run->arena, &synth, &run->trace, err);
        }
    }
    mz_arena_free(scratch);
    return status;
}

/* ---- the trace ---- */

static enum mz_status load_trace(struct run *run, struct mz_error *err)
{
    struct mz_sim_arguments *args = run->args;
    enum mz_status status = MZ_OK;

    if (args->trace_file)
        status = mz_trace_read(run->arena, args->kind, args->trace_file, &run->trace, err);
    if (status == MZ_OK && (args->team || args->from_us >= 0 || args->to_us != MZ_TIME_NEVER))
        status = mz_trace_filter(run->trace, args->team, args->from_us < 0 ? 0 : args->from_us,
            args->to_us == MZ_TIME_NEVER ? MZ_TRACE_TIME_MAX_US : args->to_us, err);
    if (status != MZ_OK || run->scale == 1)
        return status;
    if (run->trace->job_count > MZ_TRACE_JOB_COUNT_MAX / run->scale)
        return mz_fail(
            err, MZ_E_LIMIT, "the scaled trace has more than %d jobs", MZ_TRACE_JOB_COUNT_MAX);
    mz_trace_scale(run->trace, run->arena, run->scale);
    return MZ_OK;
}

static int find_why_job(struct run *run)
{
    char *end;
    long line;

    run->options.why_job = -1;
    if (!run->args->why)
        return 0;
    line = strtol(run->args->why, &end, 10);
    for (int64_t i = 0; i < run->trace->job_count; i++) {
        const struct mz_trace_job *job = &run->trace->jobs[i];

        if (job->name ? strcmp(job->name, run->args->why) == 0
                      : *end == '\0' && job->line == line) {
            run->options.why_job = (int32_t)i;
            run->options.why_at_us = run->args->why_at_us;
            return 0;
        }
    }
    return mz_cli_fail_use("sim",
        "--why: the trace has no job '%s'; jobs without a name go by the "
        "number of their line",
        run->args->why);
}

/* ---- one policy ---- */

static enum mz_status make_policy(struct run *run, const char *name, const struct mz_fleet *fleet,
    struct mz_policy *ret, struct mz_error *err)
{
    const struct mz_sim_arguments *args = run->args;
    enum mz_status status = mz_policy_parse(name, ret, err);

    if (status != MZ_OK)
        return status;
    ret->pack = args->settings.pack;
    ret->pack_seed = args->seeds[0];
    ret->pack_weights = args->settings.pack_weights;
    if (args->has_grace)
        ret->grace_us = args->settings.grace_us;
    if (args->has_estimate)
        ret->estimate_default_us = args->settings.estimate_default_us;
    if (args->has_ageing)
        ret->ageing_us = args->settings.ageing_us;
    return args->prefer ? mz_sim_read_preferences(fleet, args->prefer, &ret->weights, err) : MZ_OK;
}

static enum mz_status make_contracts(
    struct run *run, const struct mz_fleet *fleet, struct mz_contracts **ret, struct mz_error *err)
{
    const struct mz_sim_arguments *args = run->args;

    *ret = NULL;
    if (run->scenario && run->scenario->contract_count > 0) {
        *ret = mz_contracts_from_scenario(run->arena, run->scenario, run->month, fleet);
        mz_contracts_freeze(*ret, run->month, run->scale);
    }
    if (!*ret && (args->speeds || args->prefer))
        *ret = mz_contracts_none(run->arena, fleet);
    return args->speeds ? mz_sim_read_speeds(run->arena, fleet, args->speeds, *ret, err) : MZ_OK;
}

static enum mz_status make_failures(
    struct run *run, const struct mz_fleet *fleet, struct mz_error *err)
{
    const struct mz_sim_arguments *args = run->args;
    struct mz_sim_failures *failures = &run->options.failures;
    enum mz_status status = MZ_OK;

    *failures = (struct mz_sim_failures){ 0 };
    if (args->failures)
        status = mz_sim_read_failures(run->arena, fleet, args->failures, failures, err);
    if (status == MZ_OK && args->checkpoint)
        status = mz_sim_read_checkpoint(args->checkpoint, failures, err);
    if (status == MZ_OK && args->spot)
        status = mz_sim_read_spot(run->arena, fleet, args->spot, failures, err);
    return status;
}

static double wall_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void show_progress(
    void *context, int64_t done, int64_t total, int64_t events, int64_t now_us)
{
    struct run *run = context;
    const struct mz_trace_job *jobs = run->trace->jobs;
    double seconds = wall_seconds() - run->begin_s;
    char done_text[MZ_NUMBER_MAX];
    char total_text[MZ_NUMBER_MAX];
    char rate_text[MZ_NUMBER_MAX];
    char text[160];

    (void)snprintf(text, sizeof(text),
        "sim   %.0f%%   %s of %s jobs   virtual day %.0f of %.0f   %s events/s   %.0f s left",
        100.0 * (double)done / (double)total, mz_format_count(done_text, (double)done),
        mz_format_count(total_text, (double)total), (double)(now_us - jobs[0].submit_us) / 86400e6,
        (double)(jobs[total - 1].submit_us - jobs[0].submit_us) / 86400e6,
        mz_format_count(rate_text, seconds > 0 ? (double)events / seconds : 0),
        done > 0 ? seconds * (double)(total - done) / (double)done : 0);
    mz_progress_say(text);
}

static enum mz_status simulate(struct run *run, const char *name, const struct mz_sim_sink *sink,
    struct mz_fleet *fleet, struct mz_sim_result **ret, struct mz_error *err)
{
    struct mz_policy policy;
    struct mz_contracts *contracts;
    double begin;
    enum mz_status status = make_policy(run, name, fleet, &policy, err);

    if (status == MZ_OK)
        status = make_contracts(run, fleet, &contracts, err);
    if (status == MZ_OK)
        status = make_failures(run, fleet, err);
    if (status != MZ_OK)
        return status;
    run->options.sink = sink;
    run->begin_s = wall_seconds();
    begin = mz_cpu_seconds();
    status = mz_sim_run(run->arena, fleet, run->trace, &policy, &run->args->teams, contracts,
        &run->options, ret, err);
    if (status == MZ_OK) {
        (*ret)->cpu_s = mz_cpu_seconds() - begin;
        (*ret)->events_per_s = (*ret)->cpu_s > 0 ? (double)(*ret)->events / (*ret)->cpu_s : NAN;
    }
    return status;
}

/* With --events the first policy (there is one) writes them as it runs. */
static enum mz_status simulate_to_events(
    struct run *run, struct mz_fleet *fleet, struct mz_sim_result **ret, struct mz_error *err)
{
    const char *path = run->args->events_file;
    FILE *stream = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    struct mz_events_csv *csv;
    enum mz_status status;
    enum mz_status finished;
    struct mz_error late;

    if (!stream)
        return mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
    csv = mz_events_csv_create(stream, fleet, run->trace);
    status = simulate(run, run->args->policies[0], mz_events_csv_sink(csv), fleet, ret, err);
    finished = mz_events_csv_finish(csv, &late);
    if (stream != stdout && fclose(stream) != 0 && finished == MZ_OK)
        finished = mz_fail(&late, MZ_E_IO, "%s", strerror(errno));
    if (status == MZ_OK && finished != MZ_OK)
        status = mz_fail(err, finished, "events to '%s': %s", path, late.text);
    return status;
}

/* ---- results ---- */

static enum mz_status write_report(
    struct run *run, const struct mz_sim_run_set *set, struct mz_error *err)
{
    struct mz_text html;
    enum mz_status status;

    if (!run->args->report_file)
        return MZ_OK;
    mz_text_init(&html);
    mz_sim_write_html(set, run->args->language, run->command_line, &html);
    status = mz_file_write(run->args->report_file, mz_text_string(&html), html.length, err);
    mz_text_finish(&html);
    return status;
}

static void say_notes(const struct run *run, const struct mz_sim_run_set *set)
{
    const struct mz_sim_result *first = set->results[0];
    char printable[MZ_ERROR_TEXT_MAX];

    if (run->args->quiet)
        return;
    (void)fprintf(stderr, "%s\n",
        mz_text_printable(printable, sizeof(printable), mz_sim_summary(run->arena, set)));
    if (first->dropped > 0)
        (void)fprintf(stderr,
            "mizan: sim: warning: %lld jobs never fit and were dropped; line %d: %s\n",
            (long long)first->dropped, run->trace->jobs[first->first_dropped].line,
            mz_text_printable(printable, sizeof(printable), first->drop_reason));
    if (run->trace->skipped_count > 0)
        (void)fprintf(stderr,
            "mizan: sim: note: %lld rows of the trace never ran and were left out\n",
            (long long)run->trace->skipped_count);
    for (int32_t i = 0; i < set->count; i++) {
        const struct mz_sim_result *result = set->results[i];

        if (result->is_stuck)
            (void)fprintf(stderr,
                "mizan: sim: %s: nothing ended for ten years (or ten million failures), so it was "
                "stopped; the job of line "
                "%d "
                "had begun %d times. Failures come faster than it can start or save: checkpoint "
                "more often (--checkpoint every=...), or give it more spare nodes\n",
                result->policy, run->trace->jobs[result->stuck_job].line, result->stuck_attempts);
        if (!result->is_complete && run->options.why_job < 0)
            (void)fprintf(stderr, "mizan: sim: %s stopped early: %lld of %lld jobs had not ended\n",
                set->results[i]->policy, (long long)set->results[i]->unfinished,
                (long long)set->results[i]->job_count);
    }
}

static int print_why(const struct run *run, const struct mz_sim_run_set *set)
{
    const struct mz_sim_result *result = set->results[0];

    if (run->args->json) {
        mz_result_print_json("mizan.sim/1", mz_sim_json(set));
        return result->why_text ? MZ_EXIT_DONE : MZ_EXIT_NO_ANSWER;
    }
    if (!result->why_text) {
        (void)fprintf(stderr, "mizan: sim: job '%s' does not wait at that time\n", run->args->why);
        return MZ_EXIT_NO_ANSWER;
    }
    (void)fputs(result->why_text, stdout);
    return MZ_EXIT_DONE;
}

static int print_results(struct run *run, const struct mz_sim_run_set *set)
{
    struct mz_table table;

    if (run->options.why_job >= 0)
        return print_why(run, set);
    if (run->args->json) {
        mz_result_print_json("mizan.sim/1", mz_sim_json(set));
    } else if (!run->args->events_file || strcmp(run->args->events_file, "-") != 0) {
        mz_sim_fill_table(run->arena, set, &table);
        mz_result_print_table(&table, run->args->colour, run->args->no_header);
    }
    say_notes(run, set);
    for (int32_t i = 0; i < set->count; i++) {
        if (!set->results[i]->is_complete)
            return MZ_EXIT_STOPPED;
    }
    return MZ_EXIT_DONE;
}

/* A slip in the last name is said before the first has run for hours, or a file is begun. */
static enum mz_status check_policies(const struct mz_sim_arguments *args, struct mz_error *err)
{
    struct mz_policy policy;
    enum mz_status status = MZ_OK;

    for (int32_t i = 0; i < args->policy_count && status == MZ_OK; i++)
        status = mz_policy_parse(args->policies[i], &policy, err);
    return status;
}

static int sim_queue(struct run *run)
{
    struct mz_sim_arguments *args = run->args;
    struct mz_sim_result *results[MZ_SIM_POLICY_COUNT_MAX];
    struct mz_sim_run_set set = { .fleet_text = run->fleet_text,
        .trace = run->trace,
        .results = (const struct mz_sim_result *const *)results,
        .options = &run->options };
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status = check_policies(args, &err);

    for (int32_t i = 0; i < args->policy_count && status == MZ_OK; i++) {
        struct mz_fleet *fleet;

        if (i > 0 && atomic_load(&mz_progress_stop))
            break;
        status = make_fleet(run, run->arena, run->scale, &fleet, &err);
        if (status != MZ_OK)
            break;
        if (i == 0)
            set.fleet = fleet;
        status = args->events_file
            ? simulate_to_events(run, fleet, &results[i], &err)
            : simulate(run, args->policies[i], NULL, fleet, &results[i], &err);
        set.count += status == MZ_OK;
    }
    mz_progress_end();
    if (status == MZ_OK)
        status = write_report(run, &set, &err);
    return status == MZ_OK ? print_results(run, &set) : mz_cli_fail("sim", &err);
}

/* ---- packing and tuning ---- */

static enum mz_status pack_one(struct run *run, struct mz_fleet *fleet, const char *name,
    struct mz_packing_result *ret, struct mz_error *err)
{
    struct mz_sim_arguments *args = run->args;
    enum mz_pack_policy policy;
    double begin = mz_cpu_seconds();
    enum mz_status status;

    if (!mz_pack_policy_parse(name, &policy))
        return mz_fail(err, MZ_E_INPUT,
            "packing policy '%s' is not known: frag, fgd, bestfit, firstfit and random are", name);
    status = mz_packing_run(run->arena, fleet, run->trace, policy, args->demand, args->seeds,
        args->seed_count, &args->settings.pack_weights, &mz_progress_stop, ret, err);
    ret->cpu_s = mz_cpu_seconds() - begin;
    return status;
}

static void show_tuning(void *context, int32_t done, double best)
{
    struct run *run = context;
    char text[160];

    (void)snprintf(
        text, sizeof(text), "tune   %d of %d trials   best %.2f", done, run->args->trials, best);
    mz_progress_say(text);
}

static int sim_tune(struct run *run)
{
    struct mz_sim_arguments *args = run->args;
    struct mz_error err = { MZ_OK, "" };
    struct mz_tune_result result;
    struct mz_table table;
    struct mz_fleet *fleet;
    enum mz_status status = make_fleet(run, run->arena, run->scale, &fleet, &err);

    if (status == MZ_OK)
        status = mz_tune_run(run->arena, fleet, run->trace, args->demand, args->trials,
            args->seeds[0], &mz_progress_stop, show_tuning, run, &result, &err);
    mz_progress_end();
    if (status != MZ_OK)
        return mz_cli_fail("sim", &err);
    if (args->json) {
        mz_result_print_json("mizan.sim/1", mz_tune_json(run->arena, &result));
    } else {
        mz_tune_fill_table(run->arena, &result, &table);
        mz_result_print_table(&table, run->args->colour, run->args->no_header);
    }
    if (!args->quiet)
        (void)fprintf(stderr,
            "%d trials on %lld pods, judged on %lld others, which no choice has seen. Use it with "
            "--score %s\n",
            result.trial_count, (long long)result.searched_pod_count,
            (long long)result.held_pod_count,
            mz_tune_write_weights(run->arena, &result.rows[1].weights));
    return result.trial_count < args->trials ? MZ_EXIT_STOPPED : MZ_EXIT_DONE;
}

static int sim_pack(struct run *run)
{
    struct mz_sim_arguments *args = run->args;
    struct mz_packing_result results[MZ_SIM_POLICY_COUNT_MAX];
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet;
    struct mz_table table;
    enum mz_status status = make_fleet(run, run->arena, run->scale, &fleet, &err);
    int32_t done = 0;

    while (done < args->policy_count && status == MZ_OK) {
        mz_progress_say(args->policies[done]);
        status = pack_one(run, fleet, args->policies[done], &results[done], &err);
        done += status == MZ_OK;
    }
    mz_progress_end();
    if (status != MZ_OK && status != MZ_E_INTERRUPT)
        return mz_cli_fail("sim", &err);
    if (args->json) {
        mz_result_print_json("mizan.sim/1", mz_packing_json(results, done));
    } else {
        mz_packing_fill_table(run->arena, results, done, &table);
        mz_result_print_table(&table, run->args->colour, run->args->no_header);
    }
    if (done < args->policy_count)
        (void)fprintf(stderr, "mizan: sim: stopped early: %d of %d policies were packed\n", done,
            args->policy_count);
    return done < args->policy_count ? MZ_EXIT_STOPPED : MZ_EXIT_DONE;
}

static int sim_all(struct run *run)
{
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status;
    int exit_status;

    if (run->args->fleet_file) {
        exit_status = load_scenario(run);
        if (exit_status != 0)
            return exit_status;
    }
    if (run->args->trace_file && strcmp(run->args->trace_file, "-") != 0 &&
        access(run->args->trace_file, F_OK) != 0 && errno == ENOENT)
        return mz_cli_fail_use("sim", "there is no trace file '%s'", run->args->trace_file);
    status = learn_fleet(run, &err);
    if (status == MZ_OK)
        status = load_trace(run, &err);
    if (status != MZ_OK)
        return mz_cli_fail("sim", &err);
    exit_status = find_why_job(run);
    if (exit_status != 0)
        return exit_status;
    run->options.seed = run->args->seeds[0];
    run->options.begin_us = run->args->from_us;
    run->options.check = run->args->check;
    run->options.keep_attempts = run->args->report_file != NULL;
    run->options.stop = &mz_progress_stop;
    run->options.progress = show_progress;
    run->options.progress_context = run;
    if (run->args->trials > 0)
        return sim_tune(run);
    return run->args->pack ? sim_pack(run) : sim_queue(run);
}

int mz_cmd_sim(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_sim_arguments *args = mz_arena_alloc(arena, 1, sizeof(*args));
    struct run *run = mz_arena_alloc(arena, 1, sizeof(*run));
    int status;

    run->arena = arena;
    run->args = args;
    run->command_line = mz_cli_command_line(arena, argc, argv);
    mz_diags_init(&run->diags, arena);
    status = mz_sim_read_arguments(arena, argc, argv, args);
    if (status == 0 && args->help) {
        printf("%s", mz_sim_usage);
    } else if (status == 0) {
        mz_progress_begin(args->quiet);
        mz_progress_say("sim");
        status = sim_all(run);
        mz_progress_end();
    }
    mz_arena_free(arena);
    return status;
}
