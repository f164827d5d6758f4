/* http_client.h - calls to HTTP servers on the loop of the caller: libcurl's multi interface
 *
 * A call is started, and its done function is called once, on the loop, with what became of it.
 * What matters to a caller that must not do a thing twice is told apart: the server answered; the
 * request was certainly never sent (no connection); or nobody knows (a timeout or a break after
 * the connection stood). Redirects are not followed. No proxy from the environment, no .netrc.
 */
#ifndef MZ_NET_HTTP_CLIENT_H
#define MZ_NET_HTTP_CLIENT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct mz_http_client;
struct mz_http_call;

/* connections_max: to all servers together; calls over it wait inside, their timeout running. */
struct mz_http_client *mz_http_client_create(struct uv_loop_s *loop, int32_t connections_max);
/* Cancels what runs (done functions are called with MZ_HTTP_CANCELLED) and frees. NULL is fine.
 * The loop has to run once more afterwards for its handles to close. */
void mz_http_client_free(struct mz_http_client *client);

struct mz_http_call_spec { /* copied */
    const char *method;
    const char *url;       /* "http://127.0.0.1:17001/openapi" */
    const char *unix_path; /* NULL: by the URL's host; else through this socket */
    int32_t header_count;
    const char *const *headers; /* "Name: value"; with line breaks: a bug (assert) */
    const char *body;           /* NULL: none */
    size_t body_length;
    int64_t connect_timeout_ms; /* 0: 5 s */
    int64_t timeout_ms;         /* of the whole call; 0: none (streams) */
    size_t response_bytes_max;  /* over it: the call fails, ambiguous; 0: 16 MiB */
    /* Streams: called with each piece of a 2xx answer's body, which then is not gathered. False
     * ends the call, which then counts as answered. NULL: gathered. */
    bool (*on_data)(void *context, const char *bytes, size_t length);
};

enum mz_http_outcome {
    MZ_HTTP_ANSWERED,
    MZ_HTTP_NOT_SENT, /* no connection, a bad URL: the server has seen nothing */
    MZ_HTTP_UNKNOWN,  /* broke off or timed out after the connection stood */
    MZ_HTTP_CANCELLED
};

struct mz_http_answer {
    enum mz_http_outcome outcome;
    int32_t status; /* when answered */
    const char *body;
    size_t length;
    const char *error; /* a sentence, when not answered; else "" */
};

typedef void mz_http_done(void *context, const struct mz_http_answer *answer);

/* The handle is good for cancel until done is called. done is never called from inside start or
 * cancel; after a cancel it comes with MZ_HTTP_CANCELLED. Both may be called from done and on_data. */
struct mz_http_call *mz_http_call_start(struct mz_http_client *client,
    const struct mz_http_call_spec *spec, mz_http_done *done, void *context);
void mz_http_call_cancel(struct mz_http_call *call);

/* For commands: one call on a loop of its own, waited for. The answer's body is malloc'd into
 * *ret_body (caller frees). MZ_E_IO with a sentence when it was not answered; ret_outcome (may be
 * NULL) tells the kind. `interrupt` (may be NULL) is looked at every 100 ms: true ends the call
 * with MZ_E_INTERRUPT. */
enum mz_status mz_http_call_wait(const struct mz_http_call_spec *spec, void *context,
    bool (*interrupt)(void), int32_t *ret_status, char **ret_body, size_t *ret_length,
    enum mz_http_outcome *ret_outcome, struct mz_error *err);

#endif
