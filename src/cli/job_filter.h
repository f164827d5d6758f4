/* job_filter.h - options that choose jobs by what they are: ps; --all of cancel, hold and release */
#ifndef MZ_CLI_JOB_FILTER_H
#define MZ_CLI_JOB_FILTER_H

#include "cli/client.h"
#include "cli/job_ids.h"

/* For a command's table of options. */
#define MZ_JOB_FILTER_OPTIONS                                                                      \
    { "state", 0, "STATE,...", "jobs in these states" },                                           \
        { "team", 0, "TEAM", "jobs of this team" }, { "owner", 0, "USER", "jobs of this user" },   \
        { "partner", 0, "PARTNER", "jobs that run there, or ran there last" },                     \
    {                                                                                              \
        "name", 0, "PART", "jobs with this in their name"                                          \
    }

/* For the table of a command that changes jobs: numbers, or --all of them. */
#define MZ_JOB_CHOICE_OPTIONS(which)                                                               \
    { "all", 0, NULL,                                                                              \
        which " of --owner (default: yours; '*': everybody's) that fit the filters" },             \
        MZ_JOB_FILTER_OPTIONS

/* The jobs of the command's words, or those that --all means. -1, or the exit status. */
int mz_jobs_chosen(
    const struct mz_client *client, const char *state_default, struct mz_job_ids *ret_ids);

/* The path of the list with the filters: state_default is sent where --state is not given; NULL:
 * all states. owner_default likewise. -1, or the exit status. */
int mz_job_filter_path(const struct mz_client *client, const char *state_default,
    const char *owner_default, const char **ret_path);

#endif
