/* http_parse.h - bytes of a connection to one request, or to a refusal; no sockets
 *
 * Feed bytes as they come. feed takes what belongs to this request and answers how much that was:
 * it stops behind the head, so that the caller may answer "100 Continue", and behind the request.
 * However the bytes are cut, the result is the same. What may be read in two ways is refused.
 */
#ifndef MZ_NET_HTTP_PARSE_H
#define MZ_NET_HTTP_PARSE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MZ_HTTP_HEAD_BYTES_MAX = 64 * 1024, /* libhttp-parser itself gives up at 80 KiB */
    MZ_HTTP_FIELD_COUNT_MAX = 100,      /* header lines; over it: 431 */
    MZ_HTTP_PARAM_COUNT_MAX = 64,       /* query parameters; over it: 400 */
    MZ_HTTP_CHUNK_EXTRA_MAX = 4096      /* chunk extensions and trailers of a request, together */
};

enum mz_http_step {
    MZ_HTTP_STEP_HEAD, /* the head is not whole yet */
    MZ_HTTP_STEP_BODY, /* the head is read, the body is not whole yet */
    MZ_HTTP_STEP_DONE,
    MZ_HTTP_STEP_REFUSED /* refusal_status and refusal_why; the connection is of no more use */
};

struct mz_http_pair {
    const char *name;
    const char *value;
};

struct mz_http_parse {
    size_t head_bytes_max;
    size_t body_bytes_max;
    enum mz_http_step step;
    int32_t refusal_status;
    const char *refusal_why; /* static */

    /* Good from STEP_BODY on, as long as the parse is. */
    const char *method;
    const char *path; /* decoded */
    struct mz_http_pair fields[MZ_HTTP_FIELD_COUNT_MAX];
    size_t field_count;
    struct mz_http_pair params[MZ_HTTP_PARAM_COUNT_MAX]; /* decoded */
    size_t param_count;
    bool is_http_1_0;
    bool is_head; /* the answer has no body */
    bool keeps_alive;
    bool expects_continue;
    struct mz_text body; /* good at STEP_DONE */

    /* The parser's own. */
    struct mz_text head;
    size_t head_seen; /* bytes, with empty lines before the request line */
    size_t line_count;
    int line_state;
    bool is_chunked;
    int chunk_state;
    int32_t chunk_digits;
    size_t chunk_extra;
    size_t body_left; /* of the body, or of the chunk */
};

/* The storage is zeroed or was used before; memory of an earlier request is kept for this one. */
void mz_http_parse_begin(struct mz_http_parse *parse, size_t head_bytes_max, size_t body_bytes_max);
void mz_http_parse_empty(struct mz_http_parse *parse); /* gives a large body's memory back */
void mz_http_parse_finish(struct mz_http_parse *parse);

size_t mz_http_parse_feed(struct mz_http_parse *parse, const char *bytes, size_t length);

/* The first value of this name, in any case; NULL: none. */
const char *mz_http_parse_field(const struct mz_http_parse *parse, const char *name);

/* Of http_target.c. target: "/v1/jobs?state=queued", NUL-terminated, changed in place. False when
 * it is not origin-form or has an escape that is not allowed; *ret_why is static then. */
bool mz_http_target_read(struct mz_http_parse *parse, char *target, const char **ret_why);

#endif
