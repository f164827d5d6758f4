/* trace_lines.c - bounded reading of lines
 * Invariant: begin <= end <= BUFFER_BYTES, and buffer[end] exists, so that a last line without a
 * line end has room for its NUL. */
#include "sim/trace_lines.h"

#include "base/arena.h"
#include "sim/trace.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 4 * MZ_TRACE_LINE_MAX };
_Static_assert(BUFFER_BYTES > MZ_TRACE_LINE_MAX + 8, "a longest line, its end and a mark fit");

void mz_trace_lines_memory(
    struct mz_trace_lines *lines, const char *name, const char *bytes, size_t length)
{
    *lines = (struct mz_trace_lines){
        .name = name,
        .fd = -1,
        .memory = bytes,
        .memory_left = length,
        .buffer = mz_xcalloc(BUFFER_BYTES + 1, 1),
    };
}

enum mz_status mz_trace_lines_open(
    struct mz_trace_lines *lines, const char *path, struct mz_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return mz_fail(err, MZ_E_IO, "cannot read '%s': %s", path, strerror(errno));
    mz_trace_lines_memory(lines, standard ? "standard input" : path, NULL, 0);
    lines->fd = fd;
    return MZ_OK;
}

void mz_trace_lines_finish(struct mz_trace_lines *lines)
{
    if (lines->fd > STDIN_FILENO)
        (void)close(lines->fd);
    free(lines->buffer);
    *lines = (struct mz_trace_lines){ .fd = -1 };
}

/* Bytes that came, 0 at the end, -1 on an error of the system. */
static ssize_t read_some(struct mz_trace_lines *lines, char *room, size_t room_bytes)
{
    ssize_t got;

    if (lines->fd >= 0) {
        do {
            got = read(lines->fd, room, room_bytes);
        } while (got < 0 && errno == EINTR);
        return got;
    }
    if (room_bytes > lines->memory_left)
        room_bytes = lines->memory_left;
    if (room_bytes > 0) {
        memcpy(room, lines->memory, room_bytes);
        lines->memory += room_bytes;
        lines->memory_left -= room_bytes;
    }
    return (ssize_t)room_bytes;
}

/* Moves what is left to the front and fills the buffer up, or to the end of the file. */
static enum mz_status fill(struct mz_trace_lines *lines, struct mz_error *err)
{
    memmove(lines->buffer, lines->buffer + lines->begin, lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    while (lines->end < BUFFER_BYTES && !lines->ended) {
        ssize_t got = read_some(lines, lines->buffer + lines->end, BUFFER_BYTES - lines->end);

        if (got < 0)
            return mz_fail(err, MZ_E_IO, "cannot read '%s': %s", lines->name, strerror(errno));
        lines->ended = got == 0;
        lines->end += (size_t)got;
    }
    return MZ_OK;
}

/* The line is buffer[begin ... begin + length), its line end behind it unless the file ends. */
static enum mz_status give(
    struct mz_trace_lines *lines, size_t length, char **ret_line, struct mz_error *err)
{
    char *line = lines->buffer + lines->begin;

    lines->begin += length + (lines->begin + length < lines->end ? 1 : 0);
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (lines->line == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
        length -= 3;
    }
    if (length > MZ_TRACE_LINE_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%s:%d: a line of more than %d bytes", lines->name,
            (int)lines->line, (int)MZ_TRACE_LINE_MAX);
    if (memchr(line, '\0', length))
        return mz_fail(err, MZ_E_PARSE,
            "%s:%d: a NUL byte; is the file compressed, or UTF-16 instead of UTF-8?", lines->name,
            (int)lines->line);
    if (memchr(line, '\r', length))
        return mz_fail(err, MZ_E_PARSE,
            "%s:%d: a carriage return inside a line; lines have to end with LF or CRLF",
            lines->name, (int)lines->line);
    line[length] = '\0';
    *ret_line = line;
    return MZ_OK;
}

enum mz_status mz_trace_lines_next(
    struct mz_trace_lines *lines, char **ret_line, bool *ret_more, struct mz_error *err)
{
    for (;;) {
        size_t length = lines->end - lines->begin;
        char *line = lines->buffer + lines->begin;
        char *newline = length > 0 ? memchr(line, '\n', length) : NULL;
        enum mz_status status;

        if (newline || lines->ended || length > MZ_TRACE_LINE_MAX + 8) {
            *ret_more = length > 0;
            if (!*ret_more)
                return MZ_OK;
            if (lines->line == INT32_MAX)
                return mz_fail(err, MZ_E_LIMIT, "%s: more than %d lines", lines->name, INT32_MAX);
            lines->line++;
            return give(lines, newline ? (size_t)(newline - line) : length, ret_line, err);
        }
        status = fill(lines, err);
        if (status != MZ_OK)
            return status;
    }
}
