/* retention.h - what ended jobs left on disk goes after a time, and sooner when there is too much
 *
 * STATE/logs/JOB.ATTEMPT.RANK are outputs, STATE/jobs/JOB the folders that shims and batch jobs
 * used. Both go when nothing was written to them for `keep_us`; outputs go earlier, the ones that
 * were written longest ago first, while all outputs together take more than `log_bytes_max` of the
 * disk. What belongs to a job that has not ended is never touched, and neither are checkpoints,
 * which are their owner's. Any other name in these folders stays as it is; links are not followed.
 *
 * Walks folders: runs beside the loop, on a thread of libuv's pool. */
#ifndef MZ_CONTROL_RETENTION_H
#define MZ_CONTROL_RETENTION_H

#include "base/status.h"

#include <stdint.h>

struct mz_retention {
    const char *state_directory;
    int64_t now_us; /* wall, as the file system's times are */
    int64_t keep_us;
    int64_t log_bytes_max;
    int64_t *live; /* jobs that have not ended; it is put in order */
    int64_t live_count;
    int64_t next_job; /* from this number on jobs are newer than `live` */
};

struct mz_retention_result {
    int64_t logs_removed;
    int64_t folders_removed;
    int64_t bytes_removed; /* of outputs */
    int64_t bytes_kept;
};

/* MZ_E_IO: a folder could not be read; what was found before is done, the rest was left. Folders
 * that are not there are fine. */
enum mz_status mz_retention_run(const struct mz_retention *retention,
    struct mz_retention_result *ret_result, struct mz_error *err);

#endif
