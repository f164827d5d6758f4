/* submit.h - the parts of mizan submit: sending, previewing, waiting */
#ifndef MZ_CLI_SUBMIT_H
#define MZ_CLI_SUBMIT_H

#include "cli/client.h"
#include "domain/job_spec.h"

#include <stdint.h>

struct mz_submitted {
    int64_t id;
    int64_t count; /* of jobs; their numbers follow one another */
};

/* Sends the job with an idempotency key, again and again while the daemon is away (at most
 * --retry), and says what was accepted. -1 when it is; else the exit status. */
int mz_submit_send(
    const struct mz_client *client, const struct mz_job_spec *spec, struct mz_submitted *ret);

/* Where it would go; nothing is submitted. Returns the exit status: 3 when no place will do. */
int mz_submit_preview(
    const struct mz_client *client, const struct mz_job_spec *spec, const char *from);

/* Waits for the end of all; the exit status is the job's exit code (the first that is not 0). */
int mz_submit_wait(const struct mz_client *client, const struct mz_submitted *submitted);

#endif
