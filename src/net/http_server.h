/* http_server.h - an HTTP/1.1 server on the loop of the caller
 *
 * Listens on Unix sockets and TCP addresses, reads whole requests within named limits, hands each
 * to one handler, and sends what the handler answers: at once, later, or as a stream (server-sent
 * events, logs). One thread: the loop's. Parsing is by libhttp-parser in strict mode; what may be
 * read in two ways is refused with 400 and the connection closed: both Content-Length and
 * Transfer-Encoding, two lengths that differ, folded header lines, a bare LF as a line end, no or
 * two Host headers, a target that is not origin-form, NUL or control bytes in a target or header.
 *
 * Limits. A sender of slow headers or bodies is cut off by total deadlines, not by idle ones, so
 * that a byte a second does not hold a connection. Over the limit of connections the oldest idle
 * one is closed; without an idle one the one whose head or body has been coming for the longest, so
 * that slow senders cannot keep others out; without either the new one gets 503 and is closed. A
 * reader that does not read loses its stream when stream_pending_bytes_max wait for it.
 *
 * Life of a request. The handler is called once the body is there. It, or whoever it gives the
 * request to, calls exactly one of mz_http_respond or mz_http_stream_begin ... mz_http_stream_end;
 * the request is gone with the answer. When the peer leaves before, the request stays valid
 * (mz_http_request_is_gone says so, and on_gone was called) and still has to be answered.
 * A peer that ends only its sending side has left, too. Nothing is called from inside of the
 * functions below: neither a handler for the next request from respond, nor on_gone from a write
 * that fails; if the request was answered by then, on_gone is not called at all.
 */
#ifndef MZ_NET_HTTP_SERVER_H
#define MZ_NET_HTTP_SERVER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct mz_http_server;
struct mz_http_request;

struct mz_http_limits {
    size_t header_bytes_max;         /* request line and headers; over it: 431; 64 KiB at most */
    size_t body_bytes_max;           /* over it: 413, without reading it */
    int32_t connection_count_max;    /* TCP and Unix together */
    int32_t connections_per_uid_max; /* of one Unix user; over it: 503. 0: no such limit */
    int64_t header_deadline_ms;  /* from the first byte of a request to the end of its headers */
    int64_t body_deadline_ms;    /* from there to the end of its body */
    int64_t idle_ms;             /* between requests of a connection */
    size_t body_bytes_total_max; /* of all requests together; over it larger ones get 503 */
    size_t stream_pending_bytes_max;
};

/* 16 KiB, 8 MiB, 1024, 0, 10 s, 60 s, 120 s, 256 MiB, 1 MiB */
struct mz_http_limits mz_http_limits_default(void);

struct mz_http_peer {
    bool is_unix;
    bool is_loopback; /* TCP from this host; true for Unix sockets */
    uint32_t uid;     /* Unix: SO_PEERCRED; else UINT32_MAX */
    uint32_t gid;
    int32_t pid;
    const char *address; /* "unix" or "127.0.0.1:4711" */
};

/* The handler. Called on the loop. */
typedef void mz_http_handler(void *context, struct mz_http_request *request);

struct mz_http_server *mz_http_server_create(struct uv_loop_s *loop,
    const struct mz_http_limits *limits, mz_http_handler *handler, void *context);

/* "unix:/run/mizan.sock" (a stale socket that nobody listens on is replaced; mode 0666 with the
 * peer's uid deciding, or 0600), "127.0.0.1:8730", "[::1]:0". MZ_E_IO says why not. With port 0
 * the port chosen is found by mz_http_server_port. */
enum mz_status mz_http_server_listen(
    struct mz_http_server *server, const char *address, uint32_t unix_mode, struct mz_error *err);

/* TCP listeners made after this speak TLS 1.2 or newer with this certificate chain and key (PEM). */
enum mz_status mz_http_server_use_tls(struct mz_http_server *server, const char *certificate_path,
    const char *key_path, struct mz_error *err);

int32_t mz_http_server_port(const struct mz_http_server *server); /* of the last TCP listener; 0 */
int32_t mz_http_server_connection_count(const struct mz_http_server *server);

/* Stops listening, removes its Unix sockets, closes connections once what was written is out, at
 * the latest after grace_ms; then calls done (may be NULL) on the loop. Requests in the handler's
 * hands stay valid until they are answered. */
void mz_http_server_stop(
    struct mz_http_server *server, int64_t grace_ms, void (*done)(void *context), void *context);
/* After stop's done, or when the loop will not run again. NULL is fine. */
void mz_http_server_free(struct mz_http_server *server);

/* What was asked. Strings live as long as the request. */
const char *mz_http_request_method(const struct mz_http_request *request); /* "GET" */
/* Decoded path, "/v1/jobs/12"; a path with an encoded slash, NUL or an invalid escape, or with "."
 * or ".." segments, never reaches the handler (400). */
const char *mz_http_request_path(const struct mz_http_request *request);
/* Value of a query parameter, decoded ("+" is a blank); NULL: not there. "" when it stands without
 * a value. Repeated ones: the first. */
const char *mz_http_request_query(struct mz_http_request *request, const char *name);
/* The name of a query parameter that is not in the list (NULL at its end); NULL: all are. */
const char *mz_http_request_query_unknown(
    struct mz_http_request *request, const char *const *known);
/* Value of a header, name in any case; NULL: not there. Repeated ones: the first. */
const char *mz_http_request_header(const struct mz_http_request *request, const char *name);
const char *mz_http_request_body(
    const struct mz_http_request *request, size_t *ret_length); /* NUL-terminated */
const struct mz_http_peer *mz_http_request_peer(const struct mz_http_request *request);
bool mz_http_request_is_gone(const struct mz_http_request *request);
/* Called once if the peer leaves before the answer, or while a stream is open. It may answer. Set it
 * in the handler: it does not come for a peer that had left before. */
void mz_http_request_on_gone(struct mz_http_request *request,
    void (*on_gone)(void *context, struct mz_http_request *request), void *context);

/* One header more on the answer ("Location", "/v1/jobs/12"); before the answer. Values with
 * control bytes are a bug of the caller (assert). */
void mz_http_response_header(struct mz_http_request *request, const char *name, const char *value);

/* The answer. HEAD gets its headers alone. body is copied. Content-Length, Date and
 * X-Content-Type-Options are added. */
void mz_http_respond(struct mz_http_request *request, int32_t status, const char *content_type,
    const char *body, size_t length);

/* A stream: headers now, then pieces (chunked), then the end. write answers false when the peer is
 * gone or too slow; the stream must then be ended all the same. */
void mz_http_stream_begin(
    struct mz_http_request *request, int32_t status, const char *content_type);
bool mz_http_stream_write(struct mz_http_request *request, const char *bytes, size_t length);
size_t mz_http_stream_pending(const struct mz_http_request *request);
void mz_http_stream_end(struct mz_http_request *request);

#endif
