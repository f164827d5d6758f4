/* cmd_hold.c - mizan hold JOB..., mizan release JOB... */
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_filter.h"

static const struct mz_arg_option hold_options[] = {
    MZ_JOB_CHOICE_OPTIONS("all waiting jobs"),
};

static const struct mz_arg_option release_options[] = {
    MZ_JOB_CHOICE_OPTIONS("all held jobs"),
};

const struct mz_arg_command mz_hold_args = {
    .name = "hold",
    .synopsis = "mizan hold 12 20-25       keep waiting jobs from starting\n"
                "mizan hold --all --team research\n",
    .options = hold_options,
    .option_count = sizeof(hold_options) / sizeof(hold_options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_max = -1,
};

const struct mz_arg_command mz_release_args = {
    .name = "release",
    .synopsis = "mizan release 12 20-25    let held jobs start\n"
                "mizan release --all --owner '*'\n",
    .options = release_options,
    .option_count = sizeof(release_options) / sizeof(release_options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_max = -1,
};

static int hold(const struct mz_client *client)
{
    struct mz_job_ids ids = { 0 };
    int status = mz_jobs_chosen(client, "pending,restarting", &ids);

    return status >= 0 ? status
                       : mz_jobs_change(client, &ids, "POST", ":hold", NULL, "Hold", "held");
}

static int release(const struct mz_client *client)
{
    struct mz_job_ids ids = { 0 };
    int status = mz_jobs_chosen(client, "held", &ids);

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
