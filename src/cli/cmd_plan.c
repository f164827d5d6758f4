/* cmd_plan.c - mizan plan FILE: load, solve, compare, write
 * Results are written only when all of them could be computed; a file that cannot be written is an
 * error that names it and says what was written before. */
#include "base/cpu.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/plan_options.h"
#include "cli/print_diag.h"
#include "cli/progress.h"
#include "plan/explain.h"
#include "plan/json.h"
#include "plan/terminal.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef MZ_VERSION
#define MZ_VERSION "0.1.0"
#endif

/* Reservation prices take some re-solves a contract: on their own only where that is quick. */
enum { RESERVATION_AUTO_COLUMNS = 1500 };

struct run {
    struct mz_arena *arena;
    struct mz_plan_arguments *args;
    struct mz_catalogue catalogue;
    struct mz_source source;
    struct mz_diags diags;
    struct mz_study study;
    struct mz_plan *plan;
    struct mz_comparisons comparisons;
    char generated_buffer[32];
    const char *generated_at;
    const char *command_line;
    bool stopped_early; /* Ctrl-C during a comparison: the plan is whole, the rest is not */
};

static double wall_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool has_plan(const struct run *run)
{
    return mz_plan_exists(run->plan->result->status);
}

static int fail_diags(struct run *run)
{
    mz_progress_end();
    if (run->args->json)
        mz_diags_print_json(stderr, &run->diags);
    else
        mz_diags_print(
            stderr, &run->diags, &run->source, mz_colour_wanted(stderr, run->args->colour));
    return MZ_EXIT_USE;
}

/* A failed step: diagnostics when there are errors in the file or a change, else the sentence. */
static int fail(struct run *run, const struct mz_error *err)
{
    if (run->diags.error_count > 0)
        return fail_diags(run);
    mz_progress_end();
    return mz_cli_fail("plan", err);
}

static int load(struct run *run, const struct mz_scenario **ret_scenario)
{
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status;

    if (strcmp(run->args->file, "-") != 0 && access(run->args->file, F_OK) != 0 && errno == ENOENT)
        return mz_cli_fail_use("plan", "there is no file '%s'", run->args->file);
    status = mz_source_read(run->arena, run->args->file, &run->source, &err);
    if (status == MZ_OK)
        status = mz_catalogue_open(run->arena, &run->catalogue, &err);
    if (status != MZ_OK)
        return mz_cli_fail("plan", &err);
    run->study = (struct mz_study){ run->arena, &run->source, &run->catalogue, run->args->changes,
        run->args->change_count, run->args->plan, &run->diags,
        mz_rate_cache_create(run->arena, &run->catalogue) };
    status = mz_study_load(&run->study, run->arena, NULL, 0, &run->diags, ret_scenario);
    return status == MZ_OK ? 0 : fail_diags(run);
}

/* Everything asked for beside the plan. Ctrl-C leaves out the rest: the plan is worth more. */
static enum mz_status compare_all(struct run *run, struct mz_error *err)
{
    struct mz_plan_arguments *args = run->args;
    struct mz_sweep *sweeps =
        mz_arena_alloc(run->arena, (size_t)args->sweep_count, sizeof(*sweeps));
    enum mz_status status = MZ_OK;

    if (args->reservation == MZ_RESERVATION_YES ||
        (args->reservation == MZ_RESERVATION_AUTO &&
            run->plan->result->column_count <= RESERVATION_AUTO_COLUMNS)) {
        mz_progress_say("reservation prices");
        status = mz_plan_reservations(run->plan, err);
    }
    if (status == MZ_OK && args->whatif_count > 0) {
        mz_progress_say("what if");
        status = mz_whatif_solve(&run->study, args->whatifs, args->whatif_names, args->whatif_count,
            &run->comparisons.whatifs, err);
        run->comparisons.whatif_count = args->whatif_count;
    }
    if (status == MZ_OK && args->stress_count > 0) {
        mz_progress_say("stress");
        status = mz_stress_solve(&run->study, run->plan, args->stresses, args->stress_count,
            &run->comparisons.stresses, err);
        run->comparisons.stress_count = args->stress_count;
    }
    for (int32_t i = 0; i < args->sweep_count && status == MZ_OK; i++) {
        const struct mz_sweep *sweep = NULL;

        mz_progress_say("sweep");
        status = mz_sweep_solve(&run->study, args->sweeps[i]->path, args->sweeps[i]->factors,
            args->sweeps[i]->count, &sweep, err);
        if (status == MZ_OK)
            sweeps[i] = *sweep;
    }
    run->comparisons.sweeps = sweeps;
    run->comparisons.sweep_count = args->sweep_count;
    if (status == MZ_OK && args->alternatives > 0) {
        mz_progress_say("alternatives");
        status = mz_plan_alternatives(
            run->plan, args->alternatives, &run->comparisons.alternatives, err);
    }
    return status;
}

static enum mz_status compare(struct run *run, struct mz_error *err)
{
    const struct mz_plan_arguments *args = run->args;
    enum mz_status status = compare_all(run, err);

    run->stopped_early = atomic_load(&mz_progress_stop) &&
        (args->whatif_count > 0 || args->stress_count > 0 || args->sweep_count > 0 ||
            args->alternatives > 0 || args->reservation == MZ_RESERVATION_YES);
    if (status == MZ_OK || !atomic_load(&mz_progress_stop))
        return status;
    run->comparisons = (struct mz_comparisons){ 0 };
    (void)fprintf(stderr, "mizan: plan: stopped; comparisons are left out\n");
    return MZ_OK;
}

/* --- writing ----------------------------------------------------------------------------- */

static enum mz_status write_text(const char *path, const struct mz_text *text, struct mz_error *err)
{
    return mz_file_write(path, mz_text_string(text), text->length, err);
}

static enum mz_status write_out_dir(struct run *run, struct mz_error *err)
{
    const char *dir = run->args->out_dir;
    enum mz_status status = MZ_OK;
    struct mz_text text;

    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return mz_fail(err, MZ_E_IO, "cannot make the folder '%s': %s", dir, strerror(errno));
    mz_text_init(&text);
    for (int32_t i = 0; i < mz_plan_csv_count && status == MZ_OK && has_plan(run); i++) {
        mz_text_clear(&text);
        mz_plan_csv(run->plan->result, mz_plan_csv_names[i], &text);
        status = write_text(
            mz_arena_printf(run->arena, "%s/%s.csv", dir, mz_plan_csv_names[i]), &text, err);
    }
    if (status == MZ_OK) {
        mz_text_clear(&text);
        mz_plan_json(run->plan->result, &run->comparisons, run->generated_at, &text);
        status = write_text(mz_arena_printf(run->arena, "%s/status.json", dir), &text, err);
    }
    mz_text_finish(&text);
    return status;
}

/* SHA-256 of the file's bytes: which text a report belongs to. */
static const char *hash_of(struct mz_arena *arena, const struct mz_source *source)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char *text;

    if (EVP_Digest(source->bytes, source->length, digest, &length, EVP_sha256(), NULL) != 1)
        return "";
    text = mz_arena_alloc(arena, 2 * (size_t)length + 1, 1);
    for (unsigned int i = 0; i < length; i++)
        (void)snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
    return text;
}

static enum mz_status write_report(struct run *run, struct mz_error *err)
{
    const struct mz_plan_result *r = run->plan->result;
    struct mz_text json;
    struct mz_text html;
    enum mz_status status;
    struct mz_html_report report = { .result = r,
        .comparisons = &run->comparisons,
        .language = run->args->language,
        .version = MZ_VERSION,
        .generated_at = run->generated_at,
        .scenario_text = run->source.bytes,
        .scenario_hash = hash_of(run->arena, &run->source),
        .command_line = run->command_line };

    mz_text_init(&json);
    mz_text_init(&html);
    mz_plan_json(r, &run->comparisons, run->generated_at, &json);
    report.result_json = mz_text_string(&json);
    report.solver_log = mz_arena_printf(run->arena,
        "%s: %d rows, %d columns, %d integers\n%s, objective %.2f USD, bound %.2f USD, gap %.2g",
        r->solver, (int)r->row_count, (int)r->column_count, (int)r->integer_count,
        mz_plan_status_word(r->status), r->objective_usd, r->bound_usd, r->gap);
    mz_html_report_write(&report, &html);
    status = write_text(run->args->report_file, &html, err);
    mz_text_finish(&json);
    mz_text_finish(&html);
    return status;
}

static enum mz_status write_files(struct run *run, struct mz_error *err)
{
    struct mz_plan_arguments *args = run->args;
    enum mz_status status = MZ_OK;
    struct mz_text text;

    mz_text_init(&text);
    if (args->mps_file) {
        mz_lp_write_mps(&run->plan->model->lp, run->plan->scenario->name, &text);
        status = write_text(args->mps_file, &text, err);
    }
    if (status == MZ_OK && args->fleet_file && has_plan(run)) {
        mz_text_clear(&text);
        mz_plan_emit_fleet(run->plan->result, &run->catalogue, &text);
        status = write_text(args->fleet_file, &text, err);
    }
    mz_text_finish(&text);
    if (status == MZ_OK && args->out_dir)
        status = write_out_dir(run, err);
    if (status == MZ_OK && args->report_file)
        status = write_report(run, err);
    return status;
}

static void print_result(struct run *run)
{
    const struct mz_plan_result *result = run->plan->result;
    struct mz_terminal terminal = { run->arena, isatty(STDOUT_FILENO),
        mz_colour_wanted(stdout, run->args->colour), run->args->no_header, run->args->wide,
        mz_cli_width() };
    struct mz_text text;

    mz_text_init(&text);
    if (run->args->json) {
        mz_plan_json(result, &run->comparisons, run->generated_at, &text);
    } else if (has_plan(run)) {
        mz_terminal_plan(&terminal, result, &text);
        mz_terminal_comparisons(&terminal, result, &run->comparisons, &text);
    }
    (void)fwrite(mz_text_string(&text), 1, text.length, stdout);
    mz_text_clear(&text);
    if (result->infeasibility && !run->args->json)
        mz_terminal_infeasible(&terminal, result, &text);
    else if (result->status == MZ_PLAN_UNBOUNDED)
        mz_text_add(&text,
            "mizan: plan: the cost has no lower bound: something earns money "
            "without a limit. Give every contract a price and a capacity.\n");
    else if (result->status == MZ_PLAN_INFEASIBLE && !run->args->json)
        mz_text_add(&text, "mizan: plan: no plan satisfies all rules.\n");
    else if (result->status == MZ_PLAN_STOPPED)
        mz_text_add(&text, "mizan: plan: stopped before a plan was found; nothing was written.\n");
    (void)fwrite(mz_text_string(&text), 1, text.length, stderr);
    mz_text_finish(&text);
}

static int exit_of(const struct run *run)
{
    switch (run->plan->result->status) {
    case MZ_PLAN_OPTIMAL: return run->stopped_early ? MZ_EXIT_STOPPED : MZ_EXIT_DONE;
    case MZ_PLAN_FEASIBLE: return MZ_EXIT_STOPPED;
    case MZ_PLAN_INFEASIBLE:
    case MZ_PLAN_UNBOUNDED: return MZ_EXIT_NO_ANSWER;
    case MZ_PLAN_STOPPED: return MZ_EXIT_FAILED;
    }
    return MZ_EXIT_FAILED;
}

static int plan_file(struct run *run)
{
    const struct mz_scenario *scenario;
    struct mz_error err = { MZ_OK, "" };
    double begin = mz_cpu_seconds();
    double read;
    double solved;
    enum mz_status status;
    int exit_status = load(run, &scenario);

    if (exit_status != 0)
        return exit_status;
    read = mz_cpu_seconds();
    mz_progress_say("solve");
    status = mz_plan_solve(run->arena, scenario, &run->study.options, &run->plan, &err);
    if (status == MZ_OK && has_plan(run))
        status = compare(run, &err);
    if (status == MZ_OK && run->plan->result->status == MZ_PLAN_INFEASIBLE) {
        mz_progress_say("solve: infeasible; looking for the reason");
        status = mz_plan_explain(&run->study, run->plan, &err);
    }
    if (status != MZ_OK)
        return fail(run, &err);
    solved = mz_cpu_seconds();
    run->plan->result->seconds.read = read - begin;
    mz_progress_say("write");
    status = write_files(run, &err);
    run->plan->result->seconds.report = mz_cpu_seconds() - solved;
    mz_progress_end();
    if (status != MZ_OK)
        return mz_cli_fail("plan", &err);
    if (run->diags.warning_count > 0 && !run->args->quiet && !run->args->json)
        mz_diags_print(
            stderr, &run->diags, &run->source, mz_colour_wanted(stderr, run->args->colour));
    print_result(run);
    return exit_of(run);
}

int mz_cmd_plan(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_plan_arguments *args = mz_arena_alloc(arena, 1, sizeof(*args));
    struct run run = { .arena = arena, .args = args };
    int status;

    run.command_line = mz_cli_command_line(arena, argc, argv);
    run.generated_at = mz_cli_generated_at(run.generated_buffer);
    mz_diags_init(&run.diags, arena);
    status = mz_plan_read_arguments(arena, argc, argv, args);
    if (status == 0 && args->help) {
        printf("%s", mz_plan_usage);
    } else if (status == 0) {
        args->plan.solver.stop = &mz_progress_stop;
        args->plan.solver.now = wall_seconds;
        args->plan.relax = args->relax;
        mz_progress_begin(args->quiet);
        status = plan_file(&run);
        mz_progress_end();
    }
    mz_plan_free(run.plan);
    mz_arena_free(arena);
    return status;
}
