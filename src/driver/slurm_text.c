/* slurm_text.c - the output of squeue, scontrol and sbatch into plain structs
 *
 * Lines of a script's own begin with the mark of its call (slurm_shell.h); all others are what
 * commands printed. squeue's lines are such lines too, with byte 31 between their fields and the
 * job's name, which may hold anything but a line's end, at their end. A name with a line's end goes
 * on in a line without the mark, which is skipped.
 *
 * scontrol's one line a node is "Key=value Key=value ..." with blanks inside some values; the keys
 * that are wanted are looked for up to the free text (Reason=, Comment=, Extra=), which comes last.
 * Unknown keys and lines are skipped. */
#include "driver/slurm_shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_FIELDS = 11, TIME_FIELDS = 3 };

struct lines {
    const char *at;
    const char *end;
    const char *mark;
    size_t mark_length;
};

struct line {
    const char *begin; /* behind the mark */
    const char *end;
    bool is_ours;
};

static struct lines lines_of(const char *mark, const char *bytes, size_t length)
{
    return (struct lines){
        .at = bytes, .end = bytes + length, .mark = mark, .mark_length = strlen(mark)
    };
}

static bool next_line(struct lines *lines, struct line *line)
{
    const char *end;

    if (lines->at >= lines->end)
        return false;
    end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    if (!end)
        end = lines->end;
    line->begin = lines->at;
    line->end = end;
    line->is_ours = (size_t)(end - line->begin) > lines->mark_length &&
        memcmp(line->begin, lines->mark, lines->mark_length) == 0 &&
        line->begin[lines->mark_length] == ' ';
    if (line->is_ours)
        line->begin += lines->mark_length + 1;
    lines->at = end < lines->end ? end + 1 : end;
    return true;
}

/* The rest of a line behind "word ", or NULL. */
static const char *behind(const struct line *line, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(line->end - line->begin) < length || memcmp(line->begin, word, length) != 0)
        return NULL;
    return line->begin + length;
}

/* Splits what stands behind the first separator; the last field takes the rest. */
static bool split(
    struct mz_arena *arena, const char *at, const char *end, const char **fields, int32_t count)
{
    if (at >= end || *at++ != SLURM_SEPARATOR[0])
        return false;
    for (int32_t i = 0; i < count; i++) {
        const char *next = i + 1 < count ? memchr(at, SLURM_SEPARATOR[0], (size_t)(end - at)) : end;

        if (!next)
            return false;
        fields[i] = mz_arena_strndup(arena, at, (size_t)(next - at));
        at = next < end ? next + 1 : end;
    }
    return true;
}

static int64_t count_of(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    return end == text || *end || value < 0 ? 0 : value;
}

static void read_job(struct mz_slurm_list *list, const char *at, const char *end)
{
    const char *fields[JOB_FIELDS];
    struct mz_slurm_job *job;
    char kind[MZ_SLURM_NAME_MAX];
    int32_t chips = -1;

    if (!split(list->arena, at, end, fields, JOB_FIELDS))
        return;
    job = mz_slurm_list_add_job(list);
    job->id = fields[0];
    job->submit_s = mz_slurm_unix_s(count_of(fields[1]));
    job->state = mz_slurm_job_state(fields[3]);
    job->end_s = job->state == MZ_REMOTE_RUNNING ? mz_slurm_unix_s(count_of(fields[2])) : 0;
    job->user = fields[4];
    job->reason = job->state == MZ_REMOTE_QUEUED ? fields[9] : fields[3];
    if (strcmp(job->reason, "RUNNING") == 0)
        job->reason = "";
    job->name = fields[10];
    if (job->state == MZ_REMOTE_ENDED || !fields[8][0])
        return;
    if (strcmp(fields[7], "N/A") != 0 && fields[7][0])
        chips = mz_slurm_gres(fields[7], kind);
    mz_slurm_job_share(list, job, fields[8], mz_slurm_count(count_of(fields[5])), chips,
        mz_slurm_memory_mib(fields[6]));
}

/* The value of " Key=" in a node's line, up to the next blank (or the end, for a free text). */
static const char *value_of(
    struct mz_arena *arena, const struct line *line, const char *key, bool is_free)
{
    size_t length = strlen(key);

    for (const char *at = line->begin; at + length <= line->end; at++) {
        const char *begin = at + length;
        const char *end = begin;

        if (memcmp(at, key, length) != 0 || (at > line->begin && at[-1] != ' '))
            continue;
        if (is_free)
            end = line->end;
        while (end < line->end && *end != ' ')
            end++;
        return mz_arena_strndup(arena, begin, (size_t)(end - begin));
    }
    return "";
}

static void cut_free_text(struct line *line)
{
    static const char *const keys[] = { " Reason=", " Comment=", " Extra=" };

    for (const char *at = line->begin; at < line->end; at++) {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            size_t length = strlen(keys[i]);

            if ((size_t)(line->end - at) >= length && memcmp(at, keys[i], length) == 0) {
                line->end = at;
                return;
            }
        }
    }
}

static void read_node(struct mz_slurm_list *list, const struct line *whole)
{
    struct mz_arena *arena = list->arena;
    struct line line = *whole;
    struct mz_slurm_node_words words = { 0 };
    struct mz_slurm_node *node;
    char kind[MZ_SLURM_NAME_MAX];
    const char *used;

    cut_free_text(&line);
    node = mz_slurm_list_add_node(list);
    node->name = value_of(arena, &line, "NodeName=", false);
    node->partitions = value_of(arena, &line, "Partitions=", false);
    node->cpus = mz_slurm_count(count_of(value_of(arena, &line, "CPUTot=", false)));
    node->memory_mib = mz_slurm_mib(count_of(value_of(arena, &line, "RealMemory=", false)));
    node->chips = mz_slurm_gres(value_of(arena, &line, "Gres=", false), kind);
    node->chip = mz_arena_strdup(arena, kind);
    used = value_of(arena, &line, "GresUsed=", false);
    node->used_chips = used[0] ? mz_slurm_gres(used, kind) : -1;
    node->used_cpus = mz_slurm_count(count_of(value_of(arena, &line, "CPUAlloc=", false)));
    node->used_memory_mib = mz_slurm_mib(count_of(value_of(arena, &line, "AllocMem=", false)));
    node->reason = value_of(arena, whole, "Reason=", true);
    mz_slurm_node_word(&words, value_of(arena, &line, "State=", false));
    mz_slurm_node_settle(&words, node);
}

enum mz_status mz_slurm_text_observed(struct mz_slurm_list *list, const char *mark,
    const char *bytes, size_t length, struct mz_error *err)
{
    struct lines lines = lines_of(mark, bytes, length);
    struct line line;
    bool has_nodes = false;
    bool has_jobs = false;
    char said[MZ_SLURM_TEXT_MAX] = "";

    while (next_line(&lines, &line)) {
        const char *rest = NULL;

        if (!line.is_ours && behind(&line, "NodeName=")) {
            if (!has_nodes && list->node_count < MZ_SLURM_NODE_COUNT_MAX)
                read_node(list, &line);
        } else if (!line.is_ours) {
            if (!said[0] && line.end > line.begin)
                (void)snprintf(said, sizeof(said), "%.*s",
                    (int)(line.end - line.begin > 300 ? 300 : line.end - line.begin), line.begin);
        } else if ((rest = behind(&line, "job "))) {
            read_job(list, rest, line.end);
        } else if ((rest = behind(&line, "user "))) {
            list->user = mz_arena_strndup(list->arena, rest, (size_t)(line.end - rest));
        } else if (behind(&line, "nodes 0")) {
            has_nodes = true;
        } else if (behind(&line, "jobs 0")) {
            has_jobs = true;
        }
    }
    if (!has_nodes || !has_jobs)
        return mz_fail(err, MZ_E_IO, "%s", said[0] ? said : "squeue or scontrol failed");
    return MZ_OK;
}

static void add_said(
    struct mz_arena *arena, struct mz_slurm_text_result *result, const struct line *line)
{
    size_t length = (size_t)(line->end - line->begin);

    if (length == 0 || strlen(result->said) > MZ_SLURM_TEXT_MAX)
        return;
    result->said = mz_arena_printf(arena, "%s%s%.*s", result->said, result->said[0] ? " " : "",
        (int)(length > MZ_SLURM_TEXT_MAX ? MZ_SLURM_TEXT_MAX : length), line->begin);
}

static void read_time(struct mz_arena *arena, const char *at, const char *end,
    struct mz_slurm_text_result *results, int32_t count)
{
    const char *fields[TIME_FIELDS];

    if (!split(arena, at, end, fields, TIME_FIELDS))
        return;
    for (int32_t i = 0; i < count; i++) {
        if (results[i].has_ended && results[i].exit_code == 0 &&
            strcmp(results[i].id, fields[0]) == 0)
            results[i].submit_s = mz_slurm_unix_s(count_of(fields[1]));
    }
}

void mz_slurm_text_results(struct mz_arena *arena, const char *mark, const char *bytes,
    size_t length, struct mz_slurm_text_result *results, int32_t count, bool *ret_is_whole)
{
    struct lines lines = lines_of(mark, bytes, length);
    struct mz_slurm_text_result *open = NULL;
    struct line line;

    *ret_is_whole = false;
    for (int32_t i = 0; i < count; i++)
        results[i] = (struct mz_slurm_text_result){ .said = "", .id = "" };
    while (next_line(&lines, &line)) {
        char head[64];
        int number = -1;
        int code = -1;
        const char *rest;

        if (!line.is_ours) {
            if (open)
                add_said(arena, open, &line);
            continue;
        }
        (void)snprintf(head, sizeof(head), "%.*s",
            (int)(line.end - line.begin > 60 ? 60 : line.end - line.begin), line.begin);
        if (sscanf(head, "begin %9d", &number) == 1 && number >= 0 && number < count) {
            open = &results[number];
            open->has_begun = true;
        } else if (sscanf(head, "end %9d %9d", &number, &code) == 2 && number >= 0 &&
            number < count) {
            open = NULL;
            results[number].has_ended = true;
            results[number].exit_code = code;
            results[number].id = mz_arena_strndup(
                arena, results[number].said, strspn(results[number].said, "0123456789"));
        } else if ((rest = behind(&line, "time "))) {
            read_time(arena, rest, line.end, results, count);
        } else if (strcmp(head, "whole") == 0) {
            *ret_is_whole = true;
        }
    }
}

enum mz_driver_outcome mz_slurm_text_outcome(int32_t exit_code, const char *said)
{
    /* The controller was not reached, or would not have it now: nothing of the job is there. */
    static const char *const not_sent[] = { "Unable to contact slurm controller (connect failure)",
        "standby mode", "temporarily unavailable" };
    /* It may or may not be there. */
    static const char *const unknown[] = { "timed out", "Zero Bytes", "Unexpected message",
        "Unable to contact", "send/recv", "Message receive failure", "Message send failure",
        "Connection reset", "Protocol authentication", "Invalid authentication", "Broken pipe" };

    if (exit_code == 126 || exit_code == 127) /* there is no such command */
        return MZ_DRIVER_NOT_SENT;
    if (exit_code > 128) /* a signal ended it */
        return MZ_DRIVER_UNKNOWN;
    for (size_t i = 0; i < sizeof(not_sent) / sizeof(not_sent[0]); i++) {
        if (strstr(said, not_sent[i]))
            return MZ_DRIVER_NOT_SENT;
    }
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        if (strstr(said, unknown[i]))
            return MZ_DRIVER_UNKNOWN;
    }
    return MZ_DRIVER_REFUSED;
}
