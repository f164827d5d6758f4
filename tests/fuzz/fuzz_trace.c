/* fuzz_trace.c - any bytes as a trace: read or refused with a sentence that names the place; what
 * is read keeps the promises of trace.h. The first byte selects the kind. */
#include "sim/trace.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KIND_COUNT = MZ_TRACE_MIZAN + 1, SELECT_NODES = KIND_COUNT, SELECT_TIME, SELECT_COUNT };

static bool is_time(int64_t us)
{
    return us >= -1 && us <= 2 * MZ_TRACE_TIME_MAX_US;
}

static void check_job(const struct mz_trace *trace, const struct mz_trace_job *job)
{
    assert(is_time(job->submit_us) && is_time(job->run_us) && is_time(job->limit_us));
    assert(is_time(job->deadline_us) && is_time(job->checkpoint_us));
    assert(job->team >= -1 && job->team < trace->team_count);
    assert(job->user >= -1 && job->user < trace->user_count);
    assert(job->line >= 1);
    assert(job->chips >= 0 && job->chips <= MZ_TRACE_CHIPS_MAX);
    assert(job->chip_milli >= 1 && job->chip_milli <= MZ_MILLI);
    assert(job->chip_milli == MZ_MILLI || job->chips == 1);
    assert(job->chips_per_node >= 0 && job->chips_per_node <= MZ_NODE_CHIP_COUNT_MAX);
    assert(job->chips_per_node == 0 || job->chips % job->chips_per_node == 0);
    assert(job->cpu_milli >= 0 && job->cpu_milli < MZ_UNLIMITED);
    assert(job->memory_mib >= 0 && job->memory_mib < MZ_UNLIMITED);
    assert(job->preferred <= job->required && job->required < MZ_LEVEL_COUNT);
    assert(!job->chip || *job->chip);
}

static void read_trace(
    struct mz_arena *arena, enum mz_trace_kind kind, const char *bytes, size_t length)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_trace *trace = NULL;

    if (mz_trace_read_bytes(arena, kind, "input", bytes, length, &trace, &err) != MZ_OK) {
        assert(!trace && err.status != MZ_OK);
        assert(strncmp(err.text, "input:", 6) == 0 && err.text[6] >= '1' && err.text[6] <= '9');
        return;
    }
    assert(trace->job_count >= 1 && (uint64_t)trace->job_count <= length);
    for (int64_t i = 0; i < trace->job_count; i++) {
        const struct mz_trace_job *job = &trace->jobs[i];

        check_job(trace, job);
        assert(i == 0 || job[-1].submit_us < job->submit_us ||
            (job[-1].submit_us == job->submit_us && job[-1].line < job->line));
    }
    assert(mz_trace_filter(trace, NULL, trace->jobs[0].submit_us < 0 ? 0 : trace->jobs[0].submit_us,
               INT64_MAX, &err) == MZ_OK);
    mz_trace_scale(trace, arena, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena;
    const char *bytes = (const char *)data + 1;
    int select;

    if (size == 0)
        return 0;
    arena = mz_arena_create();
    select = data[0] % SELECT_COUNT;
    if (select < KIND_COUNT) {
        read_trace(arena, (enum mz_trace_kind)select, bytes, size - 1);
    } else if (select == SELECT_NODES) {
        struct mz_fleet *fleet = NULL;
        struct mz_error err = { MZ_OK, "" };
        enum mz_status status = mz_trace_read_nodes_bytes(
            arena, "input", bytes, size - 1, 1 + (int32_t)(size % 3), &fleet, &err);

        assert((status == MZ_OK) == (fleet != NULL));
        assert(status == MZ_OK || err.text[0]);
    } else {
        int64_t us;

        (void)mz_trace_parse_time(mz_arena_strndup(arena, bytes, size - 1), size % 2, &us);
    }
    mz_arena_free(arena);
    return 0;
}
