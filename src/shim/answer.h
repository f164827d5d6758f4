/* answer.h - one HTTP/1.1 answer, read as it comes
 *
 * Feed takes all that has come of one answer so far, joins chunks in place (so that the body lies
 * in one piece behind the head), and moves what follows; *length shrinks by what fell out. It is
 * strict: what may be read in two ways is BAD. Understood: "HTTP/1.1 NNN", Content-Length, chunked;
 * interim answers (1xx) are thrown away. An answer that ends with its connection is BAD: one cannot
 * tell it from one that was cut.
 */
#ifndef MZ_SHIM_ANSWER_H
#define MZ_SHIM_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MZ_ANSWER_HEAD_MAX = 16 * 1024,
    MZ_ANSWER_LINE_MAX = 256, /* of a chunk's size or a trailer */
    MZ_ANSWER_INTERIM_MAX = 8
};

enum mz_answer_state {
    MZ_ANSWER_HEAD,
    MZ_ANSWER_BODY,
    MZ_ANSWER_CHUNK_SIZE,
    MZ_ANSWER_CHUNK,
    MZ_ANSWER_CHUNK_END,
    MZ_ANSWER_TRAILER,
    MZ_ANSWER_DONE, /* bytes behind `at` belong to no answer */
    MZ_ANSWER_BAD
};

struct mz_answer {
    enum mz_answer_state state;
    int status;
    bool keep;          /* the connection may be used again */
    size_t body;        /* where the body begins */
    size_t body_length; /* of what has come */
    size_t body_max;
    size_t at;   /* what lies before it is read */
    size_t want; /* bytes of the body or the chunk that are still to come */
    int interim_count;
    int trailer_count;
};

void mz_answer_init(struct mz_answer *answer, size_t body_max);
enum mz_answer_state mz_answer_feed(struct mz_answer *answer, char *bytes, size_t *length);

#endif
