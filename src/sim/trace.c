/* trace.c - what all kinds of trace share: collecting, sorting, choosing, replicating
 *
 * While a trace is read its jobs are in one heap array that doubles; then the array is sorted and
 * copied into the arena, so that the arena holds each job once. Sorting moves keys of 16 bytes, not
 * jobs, and does nothing for a trace that is in order.
 */
#include "sim/trace.h"

#include "base/text.h"
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef enum mz_status trace_reader(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);

static const struct {
    const char *name;
    trace_reader *read;
} kinds[] = {
    [MZ_TRACE_PHILLY] = { "philly", mz_trace_read_philly },
    [MZ_TRACE_OPENB] = { "openb", mz_trace_read_openb },
    [MZ_TRACE_SWF] = { "swf", mz_trace_read_swf },
    [MZ_TRACE_SACCT] = { "sacct", mz_trace_read_sacct },
    [MZ_TRACE_MIZAN] = { "mizan", mz_trace_read_mizan },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *mz_trace_kind_name(enum mz_trace_kind kind)
{
    return (size_t)kind < KIND_COUNT ? kinds[kind].name : "invalid";
}

bool mz_trace_kind_parse(const char *text, enum mz_trace_kind *ret_kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, text) == 0) {
            *ret_kind = (enum mz_trace_kind)i;
            return true;
        }
    }
    return false;
}

/* Collecting */

void mz_trace_build_init(struct mz_trace_build *build, struct mz_arena *arena, const char *name)
{
    *build = (struct mz_trace_build){ .arena = arena, .name = name };
}

void mz_trace_build_finish(struct mz_trace_build *build)
{
    free(build->jobs);
    build->jobs = NULL;
}

struct mz_trace_job mz_trace_job_default(int32_t line)
{
    return (struct mz_trace_job){
        .submit_us = -1,
        .run_us = -1,
        .limit_us = -1,
        .deadline_us = -1,
        .checkpoint_us = -1,
        .team = -1,
        .user = -1,
        .line = line,
        .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_PARTNER,
        .preferred = MZ_LEVEL_NODE,
        .preemptible = true,
    };
}

enum mz_status mz_trace_build_add(
    struct mz_trace_build *build, const struct mz_trace_job *job, struct mz_error *err)
{
    if (build->job_count == MZ_TRACE_JOB_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%s:%d: more than %d jobs", build->name, (int)job->line,
            (int)MZ_TRACE_JOB_COUNT_MAX);
    if (build->job_count == build->job_capacity) {
        build->job_capacity = build->job_capacity ? build->job_capacity * 2 : 1024;
        build->jobs = mz_xrealloc(build->jobs, build->job_capacity, sizeof(*build->jobs));
    }
    build->jobs[build->job_count++] = *job;
    return MZ_OK;
}

int32_t mz_trace_word(struct mz_trace_build *build, struct mz_trace_words *words, const char *text)
{
    int32_t index;

    if (!*text)
        return -1;
    if (!words->names)
        words->names = mz_names_create(build->arena);
    index = mz_names_find(words->names, text);
    if (index >= 0)
        return index;
    words->list = mz_arena_grow(build->arena, words->list, (size_t)words->count,
        (size_t)words->count + 1, &words->capacity, sizeof(*words->list));
    words->list[words->count] = mz_arena_strdup(build->arena, text);
    (void)mz_names_add(words->names, words->list[words->count], words->count);
    return words->count++;
}

const char *mz_trace_word_text(
    struct mz_trace_build *build, struct mz_trace_words *words, const char *text)
{
    int32_t index = mz_trace_word(build, words, text);

    return index < 0 ? NULL : words->list[index];
}

bool mz_trace_chips_well_formed(const char *text)
{
    size_t length = strlen(text);

    return length == 0 || (text[0] != '|' && text[length - 1] != '|' && !strstr(text, "||"));
}

/* Sorting */

struct key {
    int64_t submit_us;
    size_t index;
};

/* Merges runs of doubling length, back and forth; equal keys keep their order. Returns the array
 * that holds the result. */
static struct key *sort_keys(struct key *keys, struct key *other, size_t count)
{
    for (size_t run = 1; run < count; run *= 2) {
        struct key *swap = keys;

        for (size_t begin = 0; begin < count; begin += 2 * run) {
            size_t middle = begin + run < count ? begin + run : count;
            size_t end = middle + run < count ? middle + run : count;
            size_t a = begin;
            size_t b = middle;

            for (size_t to = begin; to < end; to++) {
                if (a < middle && (b == end || keys[a].submit_us <= keys[b].submit_us))
                    other[to] = keys[a++];
                else
                    other[to] = keys[b++];
            }
        }
        keys = other;
        other = swap;
    }
    return keys;
}

static bool in_order(const struct mz_trace_job *jobs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (jobs[i - 1].submit_us > jobs[i].submit_us)
            return false;
    }
    return true;
}

static struct mz_trace_job *sorted_copy(struct mz_trace_build *build)
{
    size_t count = build->job_count;
    struct mz_trace_job *sorted = mz_arena_alloc(build->arena, count, sizeof(*sorted));
    struct key *keys;
    struct key *result;

    if (in_order(build->jobs, count)) {
        memcpy(sorted, build->jobs, count * sizeof(*sorted));
        return sorted;
    }
    keys = mz_xcalloc(2 * count, sizeof(*keys));
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct key){ build->jobs[i].submit_us, i };
    result = sort_keys(keys, keys + count, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = build->jobs[result[i].index];
    free(keys);
    return sorted;
}

enum mz_status mz_trace_build_end(struct mz_trace_build *build, enum mz_trace_kind kind,
    struct mz_trace **ret_trace, struct mz_error *err)
{
    struct mz_trace *trace;

    if (build->job_count == 0)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: no job in it, %lld rows skipped", build->name,
            (int)build->line_count, (long long)build->skipped_count);
    for (size_t i = 1; i < build->job_count; i++) {
        const struct mz_trace_job *first = &build->jobs[0];

        if ((build->jobs[i].submit_us < 0) != (first->submit_us < 0))
            return mz_fail(err, MZ_E_PARSE,
                "%s:%d: %s submit time, unlike line %d; all jobs need one, or none", build->name,
                (int)build->jobs[i].line, first->submit_us < 0 ? "a" : "no", (int)first->line);
    }
    trace = mz_arena_alloc(build->arena, 1, sizeof(*trace));
    *trace = (struct mz_trace){
        .name = mz_arena_strdup(build->arena, build->name),
        .kind = kind,
        .job_count = (int64_t)build->job_count,
        .jobs = sorted_copy(build),
        .team_count = build->teams.count,
        .team_names = build->teams.list,
        .user_count = build->users.count,
        .user_names = build->users.list,
        .skipped_count = build->skipped_count,
    };
    *ret_trace = trace;
    return MZ_OK;
}

/* Reading */

static enum mz_status read_lines(struct mz_arena *arena, enum mz_trace_kind kind,
    struct mz_trace_lines *lines, struct mz_trace **ret_trace, struct mz_error *err)
{
    struct mz_trace_build build;
    enum mz_status status;

    assert((size_t)kind < KIND_COUNT);
    mz_trace_build_init(&build, arena, lines->name);
    status = kinds[kind].read(&build, lines, err);
    build.line_count = lines->line > 0 ? lines->line : 1;
    if (status == MZ_OK)
        status = mz_trace_build_end(&build, kind, ret_trace, err);
    mz_trace_build_finish(&build);
    return status;
}

enum mz_status mz_trace_read(struct mz_arena *arena, enum mz_trace_kind kind, const char *path,
    struct mz_trace **ret_trace, struct mz_error *err)
{
    struct mz_trace_lines lines;
    enum mz_status status = mz_trace_lines_open(&lines, path, err);

    if (status != MZ_OK)
        return status;
    status = read_lines(arena, kind, &lines, ret_trace, err);
    mz_trace_lines_finish(&lines);
    return status;
}

enum mz_status mz_trace_read_bytes(struct mz_arena *arena, enum mz_trace_kind kind,
    const char *name, const char *bytes, size_t length, struct mz_trace **ret_trace,
    struct mz_error *err)
{
    struct mz_trace_lines lines;
    enum mz_status status;

    mz_trace_lines_memory(&lines, name, bytes, length);
    status = read_lines(arena, kind, &lines, ret_trace, err);
    mz_trace_lines_finish(&lines);
    return status;
}

/* Choosing and replicating */

static bool is_kept(const struct mz_trace_job *job, int32_t team, int64_t from_us, int64_t to_us)
{
    if (team >= 0 && job->team != team)
        return false;
    if (job->submit_us < 0) /* a trace without times: only what bounds nothing keeps it */
        return from_us <= 0 && to_us >= MZ_TRACE_TIME_MAX_US;
    return from_us <= job->submit_us && job->submit_us <= to_us;
}

static enum mz_status fail_team(
    const struct mz_trace *trace, const char *team, struct mz_error *err)
{
    const char *nearest = mz_nearest_word(team, trace->team_names, (size_t)trace->team_count);

    return mz_fail(err, MZ_E_INPUT, "%s: no job of team '%s'%s%s%s", trace->name, team,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

enum mz_status mz_trace_filter(
    struct mz_trace *trace, const char *team, int64_t from_us, int64_t to_us, struct mz_error *err)
{
    int32_t index = -1;
    int64_t kept = 0;

    if (team) {
        for (int32_t i = 0; i < trace->team_count && index < 0; i++) {
            if (strcmp(trace->team_names[i], team) == 0)
                index = i;
        }
        if (index < 0)
            return fail_team(trace, team, err);
    }
    for (int64_t i = 0; i < trace->job_count; i++)
        kept += is_kept(&trace->jobs[i], index, from_us, to_us) ? 1 : 0;
    if (kept == 0 && trace->job_count > 0 && trace->jobs[0].submit_us < 0)
        return mz_fail(err, MZ_E_INPUT,
            "%s: its jobs have no submit times, so none can be chosen by time", trace->name);
    if (kept == 0)
        return mz_fail(err, MZ_E_INPUT, "%s: no job %s%s%swas submitted in the time asked for",
            trace->name, team ? "of team '" : "", team ? team : "", team ? "' " : "");
    kept = 0;
    for (int64_t i = 0; i < trace->job_count; i++) {
        if (is_kept(&trace->jobs[i], index, from_us, to_us))
            trace->jobs[kept++] = trace->jobs[i];
    }
    trace->job_count = kept;
    return MZ_OK;
}

bool mz_trace_parse_time(const char *text, bool is_end, int64_t *ret_us)
{
    const int64_t day_us = INT64_C(24) * 3600 * 1000 * 1000;
    bool day_only;
    int64_t us;

    if (!mz_trace_date_parse(text, &us, &day_only))
        return false;
    *ret_us = us + (is_end && day_only ? day_us - 1 : 0);
    return true;
}

void mz_trace_scale(struct mz_trace *trace, struct mz_arena *arena, int32_t scale)
{
    struct mz_trace_job *jobs;

    assert(scale >= 1 && trace->job_count <= MZ_TRACE_JOB_COUNT_MAX / scale);
    if (scale == 1)
        return;
    jobs = mz_arena_alloc(arena, (size_t)trace->job_count * (size_t)scale, sizeof(*jobs));
    for (int64_t i = 0; i < trace->job_count; i++) {
        for (int32_t copy = 0; copy < scale; copy++) {
            struct mz_trace_job *job = &jobs[i * scale + copy];

            *job = trace->jobs[i];
            if (copy > 0 && job->name) /* as the copies of nodes */
                job->name = mz_arena_printf(arena, "%s.%d", job->name, copy + 1);
            else if (copy > 0)
                job->name = mz_arena_printf(arena, "%d.%d", job->line, copy + 1);
        }
    }
    trace->jobs = jobs;
    trace->job_count *= scale;
}
