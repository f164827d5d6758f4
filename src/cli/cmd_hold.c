/* cmd_hold.c - mizan hold JOB..., mizan release JOB... */
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_ids.h"

const struct mz_arg_command mz_hold_args = {
    .name = "hold",
    .synopsis = "mizan hold 12 20-25       keep waiting jobs from starting\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_min = 1,
    .word_max = -1,
    .missing = "which job?",
};

const struct mz_arg_command mz_release_args = {
    .name = "release",
    .synopsis = "mizan release 12 20-25    let held jobs start\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_min = 1,
    .word_max = -1,
    .missing = "which job?",
};

static int hold(const struct mz_client *client)
{
    struct mz_job_ids ids;
    int status = mz_job_ids_read(client, &ids);

    return status >= 0 ? status
                       : mz_jobs_change(client, &ids, "POST", ":hold", NULL, "Hold", "held");
}

static int release(const struct mz_client *client)
{
    struct mz_job_ids ids;
    int status = mz_job_ids_read(client, &ids);

    return status >= 0
        ? status
        : mz_jobs_change(client, &ids, "POST", ":release", NULL, "Release", "released");
}

int mz_cmd_hold(int argc, char **argv)
{
    return mz_client_main(&mz_hold_args, argc, argv, hold);
}

int mz_cmd_release(int argc, char **argv)
{
    return mz_client_main(&mz_release_args, argc, argv, release);
}
