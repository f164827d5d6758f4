/* trace_lines.h - the lines of a file or of memory, one at a time, in one buffer of fixed size
 *
 * A line ends with LF or CRLF, the last one also with the end of the file; the line end is not part
 * of it. A byte order mark of UTF-8 before the first line is skipped. Refused, with "FILE:LINE:":
 * a line longer than MZ_TRACE_LINE_MAX; a NUL byte, as in compressed files and UTF-16; a CR within
 * a line. A line that is too long is noticed within one buffer, so that a file of any size is
 * refused at once.
 */
#ifndef MZ_SIM_TRACE_LINES_H
#define MZ_SIM_TRACE_LINES_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_trace_lines {
    const char *name;   /* for messages; borrowed */
    int fd;             /* -1: memory */
    const char *memory; /* what of it is not in the buffer yet; borrowed */
    size_t memory_left;
    char *buffer; /* heap */
    size_t begin; /* of what was not given out */
    size_t end;   /* of what was read */
    bool ended;   /* nothing comes behind the buffer */
    int32_t line; /* number of the line that was given out last; from 1 */
};

/* "-" is standard input. MZ_E_IO. After MZ_OK, and only then, call finish. */
enum mz_status mz_trace_lines_open(
    struct mz_trace_lines *lines, const char *path, struct mz_error *err);
void mz_trace_lines_memory(
    struct mz_trace_lines *lines, const char *name, const char *bytes, size_t length);
void mz_trace_lines_finish(struct mz_trace_lines *lines);

/* The next line, NUL-terminated, the caller's to change until the next call. *ret_more is false at
 * the end (the line untouched). MZ_E_IO, MZ_E_PARSE, MZ_E_LIMIT. */
enum mz_status mz_trace_lines_next(
    struct mz_trace_lines *lines, char **ret_line, bool *ret_more, struct mz_error *err);

#endif
