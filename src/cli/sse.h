/* sse.h - reading a stream of server-sent events (HTML standard, section 9.2.6)
 *
 * Bytes come in pieces of any size; an event is whole at its empty line. What stands at the end
 * without one is dropped, as the standard says, and comes again after a reconnect.
 */
#ifndef MZ_CLI_SSE_H
#define MZ_CLI_SSE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MZ_SSE_LINE_MAX = 1024 * 1024 };

struct mz_sse {
    struct mz_text line;
    struct mz_text data;
    int64_t id;        /* of the newest event that was whole; -1: none yet */
    int64_t id_next;   /* of the event that is being read */
    bool after_return; /* the byte before was \r */
    void *context;
    /* False ends the reading. data: NUL-terminated. */
    bool (*on_event)(void *context, const char *data, size_t length);
};

/* Sets everything but context and on_event, which the caller has set. */
void mz_sse_begin(struct mz_sse *sse, int64_t id);
void mz_sse_finish(struct mz_sse *sse);

/* False when on_event said so, or a line is longer than the limit. */
bool mz_sse_take(struct mz_sse *sse, const char *bytes, size_t length);

#endif
