/* cmd_cancel.c - mizan cancel JOB...: end jobs, wherever they are
 * One job is cancelled without a question; several, or --all, are shown and asked about. */
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_filter.h"

static const struct mz_arg_option options[] = {
    MZ_JOB_CHOICE_OPTIONS("all live jobs"),
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

static int cancel(const struct mz_client *client)
{
    struct mz_job_ids ids = { 0 };
    int status = mz_jobs_chosen(client, "live", &ids);

    if (status >= 0)
        return status;
    return mz_jobs_change(client, &ids, "DELETE", "", NULL, "Cancel", "is being cancelled");
}

int mz_cmd_cancel(int argc, char **argv)
{
    return mz_client_main(&mz_cancel_args, argc, argv, cancel);
}
