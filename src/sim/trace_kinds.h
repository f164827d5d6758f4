/* trace_kinds.h - one reader for each kind of trace, and what they collect jobs into
 *
 * Only the files trace*.c and synth.c include this. A reader takes lines, adds jobs in the order of
 * the file, and counts what it skips; mz_trace_build_end sorts and makes the trace.
 */
#ifndef MZ_SIM_TRACE_KINDS_H
#define MZ_SIM_TRACE_KINDS_H

#include "scenario/names.h"
#include "sim/trace.h"
#include "sim/trace_lines.h"

/* Texts that come again and again, each kept once. */
struct mz_trace_words {
    struct mz_names *names; /* NULL while empty */
    const char **list;
    size_t capacity;
    int32_t count;
};

struct mz_trace_build {
    struct mz_arena *arena;    /* borrowed: where the trace will live */
    const char *name;          /* for messages; borrowed */
    struct mz_trace_job *jobs; /* heap */
    size_t job_count;
    size_t job_capacity;
    struct mz_trace_words teams;
    struct mz_trace_words users;
    struct mz_trace_words chips;
    struct mz_trace_words sites;
    int64_t skipped_count;
    int32_t line_count; /* of the file, once it is read */
};

void mz_trace_build_init(struct mz_trace_build *build, struct mz_arena *arena, const char *name);
void mz_trace_build_finish(struct mz_trace_build *build);

/* A job with nothing stated. */
struct mz_trace_job mz_trace_job_default(int32_t line);

enum mz_status mz_trace_build_add(
    struct mz_trace_build *build, const struct mz_trace_job *job, struct mz_error *err);

/* The index of a text, -1 for "". */
int32_t mz_trace_word(struct mz_trace_build *build, struct mz_trace_words *words, const char *text);

/* The kept copy of a text, NULL for "". */
const char *mz_trace_word_text(
    struct mz_trace_build *build, struct mz_trace_words *words, const char *text);

/* Sorts by submit time and copies the jobs into the arena. MZ_E_PARSE when some jobs have a submit
 * time and others none, or when there is no job. */
enum mz_status mz_trace_build_end(struct mz_trace_build *build, enum mz_trace_kind kind,
    struct mz_trace **ret_trace, struct mz_error *err);

/* "a|b": no alternative may be empty. */
bool mz_trace_chips_well_formed(const char *text);

enum mz_status mz_trace_read_philly(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);
enum mz_status mz_trace_read_openb(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);
enum mz_status mz_trace_read_swf(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);
enum mz_status mz_trace_read_sacct(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);
enum mz_status mz_trace_read_mizan(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err);

#endif
