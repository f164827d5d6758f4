/* cmd_submit.c - mizan submit [options] FILE | [options] -- COMMAND...: hand in a job
 * The job is made here, from the file and then the options over it, and goes to the daemon in its
 * canonical JSON. Options that are not the command's own are those of the room jobfile, so that the
 * command line and #SBATCH lines mean the same. The environment is not copied. */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/print_diag.h"
#include "cli/submit.h"

#include "base/diag.h"
#include "base/file.h"
#include "jobfile/jobfile.h"
#include "jobfile/options.h"
#include "jobfile/read.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static const struct mz_arg_option options[] = {
    { "dry-run", 0, NULL, "where it would go, and when; nothing is submitted" },
    { "wait", 'W', NULL, "until it has ended; the exit status is its exit code" },
    { "idempotency-key", 0, "KEY", "the same key and job again is the same job; default: random" },
    { "retry", 0, "TIME", "how long to try while the daemon is away; default 15s, 0: once" },
};

/* The options of the room jobfile that mizan submit names, for help and completion. */
static const struct mz_arg_option *job_option_at(int32_t at, struct mz_arg_option *buffer)
{
    for (size_t i = 0; i < mz_job_option_count; i++) {
        const struct mz_job_option *option = &mz_job_options[i];

        if ((option->where & MZ_IN_MIZAN) && at-- == 0) {
            *buffer = (struct mz_arg_option){ option->name, option->letter,
                option->value == MZ_VALUE_NEEDED ? "VALUE" : NULL, option->doc };
            return buffer;
        }
    }
    return NULL;
}

const struct mz_arg_command mz_submit_args = {
    .name = "submit",
    .synopsis = "mizan submit job.yaml             a job file\n"
                "mizan submit -G 512 train.sh      a script; its #SBATCH lines are read\n"
                "mizan submit -G 8 -- python train.py --lr 3e-4\n"
                "mizan submit train.sh -- --lr 3e-4    arguments of the script\n"
                "mizan submit - < train.sh         from standard input\n"
                "mizan submit train.sh --dry-run   where it would go\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON,
    .word = "file",
    .word_min = 1,
    .word_max = -1,
    .missing = "which job file, script or command (behind --)?",
    .takes_rest = true,
    .foreign_arity = mz_jobfile_option_arity,
    .foreign_at = job_option_at,
    .exit_text = "0 accepted, 1 failed, 2 wrong use or wrong job, 3 no place will do (--dry-run),\n"
                 "             5 the daemon cannot be reached; with --wait the job's exit code",
};

/* Prints diagnostics; -1 when they are warnings at most. */
static int say_diags(
    const struct mz_client *client, const struct mz_diags *diags, const struct mz_source *source)
{
    if (client->json)
        mz_diags_print_json(stderr, diags);
    else if (diags->error_count > 0 || !client->quiet)
        mz_diags_print(stderr, diags, source, mz_colour_wanted(stderr, client->colour_when));
    return diags->error_count > 0 ? MZ_EXIT_USE : -1;
}

static int read_file(const struct mz_client *client, const char *path, const char *directory,
    struct mz_job_spec *spec)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_diags diags;
    struct mz_jobfile_source source = { .file = path, .directory = directory };
    struct mz_source shown;
    char *bytes = NULL;

    if (mz_file_read(client->arena, path, MZ_SPEC_TEXT_BYTES_MAX, &bytes, &source.length, &err) !=
        MZ_OK)
        return mz_cli_fail("submit", &err);
    source.bytes = bytes;
    mz_diags_init(&diags, client->arena);
    if (mz_jobfile_is_script(&source))
        (void)mz_jobfile_read_script(client->arena, &source, spec, &diags);
    else
        (void)mz_jobfile_read_yaml(client->arena, &source, spec, &diags);
    shown = (struct mz_source){ path, bytes, source.length };
    return say_diags(client, &diags, &shown);
}

/* The options over what the file said. */
static int read_options(
    const struct mz_client *client, const char *directory, struct mz_job_spec *spec)
{
    for (int32_t i = 0; i < client->args->value_count; i++) {
        const struct mz_arg_value *given = &client->args->values[i];
        struct mz_error err = { MZ_OK, "" };
        const char *ignored;

        if (given->option)
            continue;
        if (mz_jobfile_option(client->arena, given->name, given->value, directory, spec, &err) !=
            MZ_OK)
            return mz_client_say_error(client, MZ_EXIT_USE, NULL, "%s", err.text);
        ignored = mz_jobfile_option_ignored(given->name);
        if (ignored)
            mz_client_note(client, "mizan: submit: '%s' is ignored: %s", given->name, ignored);
    }
    return -1;
}

/* The arguments of a script: words behind the file, and what stands behind --. */
static int add_arguments(const struct mz_client *client, struct mz_job_spec *spec)
{
    const struct mz_args *args = client->args;
    int32_t count = args->word_count - 1 + args->rest_count;
    const char **all;

    if (count == 0)
        return -1;
    if (!spec->script)
        return mz_cli_fail_use("submit", "'%s': only a script takes arguments",
            args->word_count > 1 ? args->words[1] : args->rest[0]);
    all = mz_arena_alloc(client->arena, (size_t)count, sizeof(*all));
    for (int32_t i = 0; i < count; i++)
        all[i] =
            i < args->word_count - 1 ? args->words[i + 1] : args->rest[i - (args->word_count - 1)];
    spec->script_argc = count;
    spec->script_argv = all;
    return -1;
}

static int add_command(
    const struct mz_client *client, const char *directory, struct mz_job_spec *spec)
{
    if (client->args->rest_count == 0)
        return mz_cli_fail_use("submit", "which command?");
    spec->argc = client->args->rest_count;
    spec->argv = (const char *const *)client->args->rest;
    if (!spec->name)
        spec->name = mz_job_default_name(client->arena, NULL, spec);
    if (!spec->workdir)
        spec->workdir = directory;
    return -1;
}

static int make_spec(const struct mz_client *client, struct mz_job_spec *ret_spec)
{
    struct mz_error err = { MZ_OK, "" };
    char buffer[PATH_MAX];
    const char *directory = getcwd(buffer, sizeof(buffer));
    int status = -1;

    if (!directory || directory[0] != '/')
        return mz_client_say_error(client, MZ_EXIT_FAILED, NULL,
            "the working directory is not known: %s", strerror(errno));
    directory = mz_arena_strdup(client->arena, directory);
    *ret_spec = mz_job_spec_default();
    if (client->args->word_count > 0)
        status = read_file(client, client->args->words[0], directory, ret_spec);
    if (status < 0)
        status = read_options(client, directory, ret_spec);
    if (status < 0)
        status = client->args->word_count > 0 ? add_arguments(client, ret_spec)
                                              : add_command(client, directory, ret_spec);
    if (status < 0 && mz_jobfile_check(ret_spec, &err) != MZ_OK)
        status = mz_client_say_error(client, MZ_EXIT_USE, NULL, "%s", err.text);
    return status;
}

static int submit(const struct mz_client *client)
{
    struct mz_submitted submitted;
    struct mz_job_spec spec;
    int status;

    status = make_spec(client, &spec);
    if (status >= 0)
        return status;
    if (mz_args_has(client->args, "dry-run"))
        return mz_submit_preview(client, &spec,
            client->args->word_count > 0 ? client->args->words[0] : "the command line");
    status = mz_submit_send(client, &spec, &submitted);
    if (status >= 0)
        return status;
    return mz_args_has(client->args, "wait") ? mz_submit_wait(client, &submitted) : MZ_EXIT_DONE;
}

int mz_cmd_submit(int argc, char **argv)
{
    return mz_client_main(&mz_submit_args, argc, argv, submit);
}
