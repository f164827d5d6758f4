/* job_ids.h - which jobs a command means: "12", "3-7", "3,5" */
#ifndef MZ_CLI_JOB_IDS_H
#define MZ_CLI_JOB_IDS_H

#include "cli/client.h"

#include <stdint.h>

enum { MZ_JOB_IDS_MAX = 10000 };

struct mz_job_ids {
    int64_t *ids;
    int32_t count;
};

/* From the command's words, each job once, in the order named. -1, or the exit status. */
int mz_job_ids_read(const struct mz_client *client, struct mz_job_ids *ret_ids);

/* Exactly one job, for commands that take one word. -1, or the exit status. */
int mz_job_id_read(const struct mz_client *client, const char *word, int64_t *ret_id);

/* Sends method /v1/jobs/{id}{action} with body (may be NULL) for each, and says "job 12 cancelled"
 * (`done`) a line each. Goes on after one that failed. Asks first where there is more than one, with
 * "Cancel 3 jobs: 3, 4, 5" (`verb`). Returns the exit status: the worst. */
int mz_jobs_change(const struct mz_client *client, const struct mz_job_ids *ids, const char *method,
    const char *action, const char *body, const char *verb, const char *done);

#endif
