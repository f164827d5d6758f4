/* trace_philly.c - Philly (Microsoft, 2017): submit_time,duration_s,num_gpus,vc
 *
 * submit_time is "YYYY-MM-DD HH:MM:SS" in the cluster's local time, taken as UTC; duration_s the
 * time that all attempts ran; num_gpus at least 1; vc the virtual cluster, which is the team. The
 * columns come in any order; others may be there and are not read.
 */
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

enum { COLUMN_SUBMIT, COLUMN_DURATION, COLUMN_GPUS, COLUMN_VC, COLUMN_COUNT };

static const char *const names[] = { "submit_time", "duration_s", "num_gpus", "vc" };
static const struct mz_trace_columns columns = {
    .kind = "a philly trace",
    .names = names,
    .count = COLUMN_COUNT,
    .required = (UINT32_C(1) << COLUMN_COUNT) - 1,
    .others = true,
};

static enum mz_status read_job(const struct mz_trace_table *table, struct mz_trace_build *build,
    struct mz_trace_job *job, struct mz_error *err)
{
    const char *vc = "";
    enum mz_status status = mz_trace_table_time(table, COLUMN_SUBMIT, false, &job->submit_us, err);

    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, COLUMN_DURATION, &job->run_us, err);
    if (status == MZ_OK)
        status = mz_trace_table_int32(table, COLUMN_GPUS, 1, MZ_TRACE_CHIPS_MAX, &job->chips, err);
    if (status == MZ_OK)
        status = mz_trace_table_text(table, COLUMN_VC, &vc, err);
    if (status == MZ_OK)
        job->team = mz_trace_word(build, &build->teams, vc);
    return status;
}

enum mz_status mz_trace_read_philly(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct mz_trace_table table;
    enum mz_status status = mz_trace_table_begin(&table, lines, &columns, err);
    bool more = true;

    while (status == MZ_OK) {
        struct mz_trace_job job;

        status = mz_trace_table_next(&table, &more, err);
        if (status != MZ_OK || !more)
            break;
        job = mz_trace_job_default(lines->line);
        status = read_job(&table, build, &job, err);
        if (status == MZ_OK)
            status = mz_trace_build_add(build, &job, err);
    }
    return status;
}
