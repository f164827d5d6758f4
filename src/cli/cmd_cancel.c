/* cmd_cancel.c - mizan cancel JOB...: end jobs, wherever they are
 * One job is cancelled without a question; several, or --all, are shown and asked about. */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_filter.h"
#include "cli/job_ids.h"

#include <pwd.h>
#include <unistd.h>

static const struct mz_arg_option options[] = {
    { "all", 0, NULL, "all live jobs of --owner (default: yours) that the filters choose" },
    MZ_JOB_FILTER_OPTIONS,
};

const struct mz_arg_command mz_cancel_args = {
    .name = "cancel",
    .synopsis = "mizan cancel 12\n"
                "mizan cancel 12 20-25         several: asks first\n"
                "mizan cancel --all --state pending\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_max = -1,
    .exit_text = "0 cancelled, 1 refused or failed, 2 wrong use or no such job, 5 the daemon\n"
                 "             cannot be reached",
};

static const char *const filters[] = { "state", "team", "owner", "partner", "name" };
enum { FILTER_COUNT = sizeof(filters) / sizeof(filters[0]) };

static const char *user_name(const struct mz_client *client)
{
    const struct passwd *user = client->unix_path ? getpwuid(geteuid()) : NULL;

    return user && user->pw_name ? mz_arena_strdup(client->arena, user->pw_name) : NULL;
}

static int read_all(const struct mz_client *client, struct mz_job_ids *ret_ids)
{
    const char *owner = user_name(client);
    const char *path = NULL;
    json_t *document;
    json_t *row;
    size_t i;
    int status;

    if (!owner && !mz_args_has(client->args, "owner"))
        return mz_cli_fail_use(
            "cancel", "--all needs --owner with a server that is not on this machine's socket");
    status = mz_job_filter_path(client, "live", owner, &path);
    if (status >= 0)
        return status;
    document = mz_client_get_pages(client, path, &status);
    if (!document)
        return status;
    ret_ids->count = 0;
    ret_ids->ids = mz_arena_alloc(client->arena,
        json_array_size(json_object_get(document, "data")) + 1, sizeof(ret_ids->ids[0]));
    json_array_foreach(json_object_get(document, "data"), i, row)
    {
        int64_t id = mz_json_integer(row, "id", 0);

        if (id > 0)
            ret_ids->ids[ret_ids->count++] = id;
    }
    json_decref(document);
    return -1;
}

static int cancel(const struct mz_client *client)
{
    bool all = mz_args_has(client->args, "all");
    struct mz_job_ids ids = { 0 };
    int status;

    if (!all && client->args->word_count == 0)
        return mz_cli_fail_use("cancel", "which job? (--all: all of yours)");
    if (all && client->args->word_count > 0)
        return mz_cli_fail_use("cancel", "either --all or numbers of jobs");
    for (int i = 0; !all && i < FILTER_COUNT; i++) {
        if (mz_args_has(client->args, filters[i]))
            return mz_cli_fail_use("cancel", "--%s chooses among --all", filters[i]);
    }
    status = all ? read_all(client, &ids) : mz_job_ids_read(client, &ids);
    if (status >= 0)
        return status;
    return mz_jobs_change(client, &ids, "DELETE", "", NULL, "Cancel", "is being cancelled");
}

int mz_cmd_cancel(int argc, char **argv)
{
    return mz_client_main(&mz_cancel_args, argc, argv, cancel);
}
