/* daemon_keep.c - what ended jobs left goes after a time: rows by the writer's thread, outputs and
 * folders on a thread of the pool (retention.h) */
#include "control/daemon_impl.h"

#include "control/clock.h"
#include "control/retention.h"

#include <inttypes.h>
#include <stdlib.h>

#define SECOND_US INT64_C(1000000)
#define EVERY_US_MAX (3600 * SECOND_US)

struct cleaning {
    uv_work_t work;
    struct mz_daemon *daemon;
    struct mz_retention retention;
    struct mz_retention_result result;
    struct mz_error err;
    enum mz_status status;
};

static void clean(uv_work_t *work)
{
    struct cleaning *cleaning = work->data;

    cleaning->status = mz_retention_run(&cleaning->retention, &cleaning->result, &cleaning->err);
}

static void has_cleaned(uv_work_t *work, int status)
{
    struct cleaning *cleaning = work->data;
    const struct mz_retention_result *result = &cleaning->result;

    (void)status;
    if (cleaning->status != MZ_OK)
        mz_daemon_log(cleaning->daemon, "%s", cleaning->err.text);
    else if (result->logs_removed > 0)
        mz_daemon_log(cleaning->daemon,
            "removed %" PRId64 " outputs of ended jobs, %.1f MiB; %.1f MiB are kept",
            result->logs_removed, (double)result->bytes_removed / 1048576,
            (double)result->bytes_kept / 1048576);
    cleaning->daemon->is_cleaning = false;
    free(cleaning->retention.live);
    free(cleaning);
}

static void start_cleaning(struct mz_daemon *daemon)
{
    struct cleaning *cleaning = mz_xcalloc(1, sizeof(*cleaning));
    int32_t count = mz_core_live_count(daemon->core);
    int64_t *live = mz_xcalloc((size_t)count + 1, sizeof(*live));

    for (int32_t i = 0; i < count; i++)
        live[i] = mz_core_live_at(daemon->core, i);
    cleaning->work.data = cleaning;
    cleaning->daemon = daemon;
    cleaning->retention = (struct mz_retention){ .state_directory = daemon->setup.state_directory,
        .now_us = mz_clock_wall_us(),
        .keep_us = daemon->setup.keep_jobs_us,
        .log_bytes_max = daemon->setup.keep_log_bytes,
        .live = live,
        .live_count = count,
        .next_job = mz_core_next_job(daemon->core) };
    daemon->is_cleaning = true;
    if (uv_queue_work(&daemon->loop, &cleaning->work, clean, has_cleaned) != 0)
        has_cleaned(&cleaning->work, 0);
}

/* Each hour; ten times in the time that jobs are kept, when that is less. */
void mz_daemon_keep_house(struct mz_daemon *daemon, int64_t now_us)
{
    int64_t keep_us = daemon->setup.keep_jobs_us;
    int64_t every_us = keep_us / 10 < EVERY_US_MAX ? keep_us / 10 : EVERY_US_MAX;

    daemon->prune_us = now_us + (every_us > SECOND_US ? every_us : SECOND_US);
    mz_writer_prune(daemon->writer, mz_clock_wall_us() - keep_us, mz_clock_wall_us() - 3 * keep_us);
    if (!daemon->is_cleaning)
        start_cleaning(daemon);
}
