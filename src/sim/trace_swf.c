/* trace_swf.c - Standard Workload Format 2.2 (Chapin and others, 1999; Parallel Workloads Archive)
 *
 * A line is 18 numbers with blanks between them; -1 is unknown; ';' begins a comment. Read are, by
 * number: 1 job, 2 submit time, 4 run time, 5 allocated and 8 requested processors, 9 requested
 * time, 11 status, 12 user, 15 queue, 16 partition. A processor is a chip. Of the comments,
 * "; UnixStartTime: N" is what submit times count from; without it they count from 1970.
 *
 * Skipped and counted: a job without run time or without processors (it was cancelled before it
 * started), and the lines of status 2, 3 and 4, which are parts of a job that has its own line.
 */
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

#include <stdio.h>
#include <string.h>

enum { FIELD_COUNT = 18, SECOND_US = 1000 * 1000 };

enum {
    FIELD_JOB = 1,
    FIELD_SUBMIT = 2,
    FIELD_RUN = 4,
    FIELD_ALLOCATED = 5,
    FIELD_REQUESTED = 8,
    FIELD_LIMIT = 9,
    FIELD_STATUS = 11,
    FIELD_USER = 12,
    FIELD_QUEUE = 15,
    FIELD_PARTITION = 16
};

static const char *const field_names[FIELD_COUNT + 1] = { "", "1 job number", "2 submit time",
    "3 wait time", "4 run time", "5 allocated processors", "6 CPU time", "7 memory",
    "8 requested processors", "9 requested time", "10 requested memory", "11 status", "12 user",
    "13 group", "14 executable", "15 queue", "16 partition", "17 preceding job", "18 think time" };

struct swf {
    struct mz_trace_lines *lines;
    struct mz_trace_build *build;
    char *fields[FIELD_COUNT + 1]; /* from 1, as the format counts */
    int64_t numbers[FIELD_COUNT + 1];
    int64_t start_us; /* what submit times count from */
};

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

/* "; UnixStartTime: 1025222400"; other comments say nothing that is needed. */
static enum mz_status read_comment(struct swf *swf, const char *text, struct mz_error *err)
{
    static const char key[] = "UnixStartTime";
    const struct mz_trace_place place = { swf->lines->name, key, swf->lines->line };
    char number[32];
    size_t length;

    text = skip_blanks(text + strspn(text, ";"));
    if (strncmp(text, key, sizeof(key) - 1) != 0)
        return MZ_OK;
    text = skip_blanks(text + sizeof(key) - 1);
    if (*text != ':')
        return MZ_OK;
    text = skip_blanks(text + 1);
    length = strcspn(text, " \t");
    if (length >= sizeof(number) || *skip_blanks(text + length))
        return mz_trace_field_fail(
            &place, MZ_E_PARSE, text, "seconds since 1970 are expected", err);
    memcpy(number, text, length);
    number[length] = '\0';
    if (swf->build->job_count > 0 || swf->build->skipped_count > 0)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: %s has to stand before the first job", place.file,
            (int)place.line, key);
    return mz_trace_field_seconds(&place, number, &swf->start_us, err);
}

static enum mz_status split(struct swf *swf, char *line, struct mz_error *err)
{
    int count = 0;

    while (*(line += strspn(line, " \t"))) {
        if (count == FIELD_COUNT)
            return mz_fail(err, MZ_E_PARSE, "%s:%d: more than %d fields", swf->lines->name,
                (int)swf->lines->line, (int)FIELD_COUNT);
        swf->fields[++count] = line;
        line += strcspn(line, " \t");
        if (*line)
            *line++ = '\0';
    }
    if (count < FIELD_COUNT)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: %d fields, where the format has %d",
            swf->lines->name, (int)swf->lines->line, count, (int)FIELD_COUNT);
    return MZ_OK;
}

static enum mz_status read_numbers(struct swf *swf, struct mz_error *err)
{
    static const struct {
        int32_t field;
        int64_t min;
        int64_t max;
    } wanted[] = {
        { FIELD_JOB, 0, INT64_MAX / 16 },
        { FIELD_SUBMIT, 0, MZ_TRACE_TIME_MAX_US / 2 / SECOND_US },
        { FIELD_RUN, -1, MZ_TRACE_TIME_MAX_US / SECOND_US },
        { FIELD_ALLOCATED, -1, MZ_TRACE_CHIPS_MAX },
        { FIELD_REQUESTED, -1, MZ_TRACE_CHIPS_MAX },
        { FIELD_LIMIT, -1, MZ_TRACE_TIME_MAX_US / SECOND_US },
        { FIELD_STATUS, -1, 5 },
        { FIELD_USER, -1, INT32_MAX },
        { FIELD_QUEUE, -1, INT32_MAX },
        { FIELD_PARTITION, -1, INT32_MAX },
    };

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        int32_t field = wanted[i].field;
        struct mz_trace_place place = { swf->lines->name, field_names[field], swf->lines->line };
        enum mz_status status = mz_trace_field_integer(
            &place, swf->fields[field], wanted[i].min, wanted[i].max, &swf->numbers[field], err);

        if (status != MZ_OK)
            return status;
    }
    return MZ_OK;
}

/* "queue-3", "partition-1", or none. */
static int32_t read_team(const struct swf *swf)
{
    bool has_queue = swf->numbers[FIELD_QUEUE] >= 0;
    int32_t field = has_queue ? FIELD_QUEUE : FIELD_PARTITION;
    char name[40];

    if (swf->numbers[field] < 0)
        return -1;
    (void)snprintf(name, sizeof(name), "%s-%lld", has_queue ? "queue" : "partition",
        (long long)swf->numbers[field]);
    return mz_trace_word(swf->build, &swf->build->teams, name);
}

static enum mz_status read_job(struct swf *swf, struct mz_error *err)
{
    struct mz_trace_job job = mz_trace_job_default(swf->lines->line);
    int64_t status = swf->numbers[FIELD_STATUS];
    int64_t run_s = swf->numbers[FIELD_RUN];
    int64_t chips = swf->numbers[FIELD_ALLOCATED];

    if (chips <= 0)
        chips = swf->numbers[FIELD_REQUESTED];
    if (run_s <= 0 || chips <= 0 || (status >= 2 && status <= 4)) {
        swf->build->skipped_count++;
        return MZ_OK;
    }
    job.submit_us = swf->start_us + swf->numbers[FIELD_SUBMIT] * SECOND_US;
    if (job.submit_us > MZ_TRACE_TIME_MAX_US)
        return mz_fail(err, MZ_E_RANGE, "%s:%d: the submit time is too far in the future",
            swf->lines->name, (int)swf->lines->line);
    job.run_us = run_s * SECOND_US;
    if (swf->numbers[FIELD_LIMIT] > 0)
        job.limit_us = swf->numbers[FIELD_LIMIT] * SECOND_US;
    job.chips = (int32_t)chips;
    job.name = mz_arena_strdup(swf->build->arena, swf->fields[FIELD_JOB]);
    job.team = read_team(swf);
    if (swf->numbers[FIELD_USER] >= 0)
        job.user = mz_trace_word(swf->build, &swf->build->users, swf->fields[FIELD_USER]);
    return mz_trace_build_add(swf->build, &job, err);
}

enum mz_status mz_trace_read_swf(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct swf swf = { .lines = lines, .build = build };

    for (;;) {
        char *line = NULL;
        bool more = false;
        enum mz_status status = mz_trace_lines_next(lines, &line, &more, err);

        if (status != MZ_OK || !more)
            return status;
        line += strspn(line, " \t");
        if (*line == ';') {
            status = read_comment(&swf, line, err);
        } else if (*line) {
            status = split(&swf, line, err);
            if (status == MZ_OK)
                status = read_numbers(&swf, err);
            if (status == MZ_OK)
                status = read_job(&swf, err);
        }
        if (status != MZ_OK)
            return status;
    }
}
