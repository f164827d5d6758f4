/* http_conn.h - what the files of the server share: connection, request, server
 *
 * http_listen.c makes sockets, http_server.c accepts and stops, http_conn.c reads and keeps the
 * state of a connection, http_send.c sends, http_tls.c stands between both and the socket,
 * http_request.c is what handlers call.
 */
#ifndef MZ_NET_HTTP_CONN_H
#define MZ_NET_HTTP_CONN_H

#include "net/http_parse.h"
#include "net/http_server.h"

#include <sys/types.h>
#include <uv.h>

enum {
    MZ_HTTP_LISTENER_COUNT_MAX = 16,
    MZ_HTTP_READ_BYTES = 64 * 1024,
    MZ_HTTP_AHEAD_BYTES_MAX = 64 * 1024, /* read while a request is being answered */
    MZ_HTTP_BODY_SMALL = 64 * 1024,      /* not refused for want of memory */
    MZ_HTTP_SPARE_COUNT_MAX = 64,        /* requests kept for reuse */
    MZ_HTTP_REFUSED_COUNT_MAX = 64,      /* connections over the limit that still get their 503 */
    MZ_HTTP_ADDRESS_MAX = 64
};

/* The states and what leads from one to the other: http_conn.c. */
enum mz_http_conn_state {
    MZ_HTTP_CONN_IDLE,
    MZ_HTTP_CONN_HEAD,
    MZ_HTTP_CONN_BODY,
    MZ_HTTP_CONN_HANDLING,
    MZ_HTTP_CONN_STREAMING,
    MZ_HTTP_CONN_ANSWERING,
    MZ_HTTP_CONN_LINGERING,
    MZ_HTTP_CONN_CLOSED
};

struct mz_http_tls;
struct ssl_ctx_st;

struct mz_http_conn_list { /* oldest first */
    struct mz_http_conn *first;
    struct mz_http_conn *last;
};

struct mz_http_conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } io;
    uv_timer_t timer;
    uv_write_t write;
    struct mz_http_server *server;
    struct mz_http_conn *previous; /* all that are open */
    struct mz_http_conn *next;
    struct mz_http_conn *spare_previous; /* in spare_list */
    struct mz_http_conn *spare_next;
    struct mz_http_conn_list
        *spare_list;                 /* of those that may be closed for a new one; NULL: none */
    struct mz_http_request *request; /* being read, or in the handler's hands */
    struct mz_http_tls *tls;         /* NULL: none */
    enum mz_http_conn_state state;
    bool is_refused; /* over the limit: it gets 503 and does not count */
    bool is_reading;
    bool is_consuming; /* on the stack: whoever answers leaves the next request to it */
    bool is_writing;   /* out_now is the kernel's */
    bool has_ended;    /* the peer sends no more */
    bool keeps_alive;  /* behind the answer that is going out */
    bool resumes;      /* the timer runs out at once, to look at `ahead` */
    int32_t open_handles;
    uint64_t deadline_ms; /* loop time */
    uint64_t armed_ms;    /* what the timer is set to; 0: not */
    uint64_t began_ms;    /* head or body */
    size_t dropped_bytes; /* while lingering */
    struct mz_text ahead; /* bytes of later requests */
    struct mz_text out_now;
    struct mz_text out_next;
    struct mz_http_peer peer;
    char address[MZ_HTTP_ADDRESS_MAX];
};

struct mz_http_request {
    struct mz_http_parse parse;
    struct mz_http_server *server;
    struct mz_http_conn *conn; /* NULL: the peer is gone, and that was said */
    struct mz_http_request *next_spare;
    struct mz_text headers; /* of the answer, given by the handler */
    bool is_gone;
    bool is_streaming;
    bool is_chunked;
    void (*on_gone)(void *context, struct mz_http_request *request);
    void *on_gone_context;
    struct mz_http_peer peer;
    char address[MZ_HTTP_ADDRESS_MAX];
};

struct mz_http_listener {
    uv_poll_t poll;
    struct mz_http_server *server;
    struct ssl_ctx_st *tls; /* NULL: none */
    int fd;                 /* -1: closed */
    bool is_unix;
    char *path; /* of a Unix socket */
    dev_t device;
    ino_t inode;
};

struct mz_http_server {
    uv_loop_t *loop;
    struct mz_http_limits limits;
    mz_http_handler *handler;
    void *context;
    struct mz_http_listener *listeners[MZ_HTTP_LISTENER_COUNT_MAX];
    int32_t listener_count;
    int32_t port;
    struct ssl_ctx_st *tls; /* for listeners to come */
    struct mz_http_conn *conns;
    struct mz_http_conn_list idle;    /* idle and lingering ones */
    struct mz_http_conn_list reading; /* those whose request is not there yet */
    size_t body_bytes;                /* of all requests that live */
    int32_t conn_count;               /* open and counted */
    int32_t refused_count;
    int32_t alive_count; /* connections and listeners whose handles are not closed yet */
    struct mz_http_request *spares;
    int32_t spare_count;
    int32_t live_requests; /* in hands; the server's memory outlives them */
    uv_timer_t accept_timer;
    uv_timer_t stop_timer;
    bool is_stopping;
    bool is_stopped; /* every handle is closed */
    bool is_free;    /* the owner let go */
    void (*stop_done)(void *context);
    void *stop_context;
    time_t date_s;
    char date[40];
    struct mz_text scratch; /* head of the answer that is being written */
    char *read_buffer;      /* MZ_HTTP_READ_BYTES, of whoever reads just now */
};

/* http_server.c. check_free: frees it when nothing needs it any more. check_stopped: goes on with
 * stopping when the last connection or listener is closed; frees nothing itself. */
void mz_http_server_check_free(struct mz_http_server *server);
void mz_http_server_check_stopped(struct mz_http_server *server);

/* http_listen.c: a listening socket that does not block; errors as mz_http_server_listen. */
enum mz_status mz_http_listen_open(struct mz_http_listener *listener, const char *address,
    uint32_t unix_mode, int32_t *ret_port, struct mz_error *err);
/* Closes the socket and removes its file when it is still ours. */
void mz_http_listen_close(struct mz_http_listener *listener);
void mz_http_peer_read(int fd, bool is_unix, struct mz_http_peer *peer, char *address);

/* The connection that is missed least; NULL: none may be closed. */
struct mz_http_conn *mz_http_server_spare(const struct mz_http_server *server);

/* http_conn.c. open takes fd over; refused: it gets a 503 and is closed. */
void mz_http_conn_open(struct mz_http_listener *listener, int fd, bool is_refused);
void mz_http_conn_close(struct mz_http_conn *conn); /* nothing is called before the loop turns */
void mz_http_conn_input(struct mz_http_conn *conn, const char *bytes, size_t length);
void mz_http_conn_end(struct mz_http_conn *conn);      /* the peer sends no more */
void mz_http_conn_answered(struct mz_http_conn *conn); /* the answer was given to send */
void mz_http_conn_drained(struct mz_http_conn *conn);  /* everything was taken by the kernel */
void mz_http_conn_arm(struct mz_http_conn *conn);      /* the deadline of its state */

/* http_send.c. send: false when the connection is closed or was closed by it. */
bool mz_http_conn_send(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count);
bool mz_http_conn_send_raw(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count);
size_t mz_http_conn_pending(const struct mz_http_conn *conn);

/* http_request.c */
struct mz_http_request *mz_http_request_new(struct mz_http_conn *conn);
void mz_http_request_release(struct mz_http_request *request);
/* Answers what was not understood: status and a sentence; the connection ends with it. */
void mz_http_conn_refuse(struct mz_http_conn *conn, int32_t status, const char *why);

/* http_tls.c. input: false when the connection has to be closed. output: as send. */
struct mz_http_tls *mz_http_tls_create(struct ssl_ctx_st *context);
void mz_http_tls_free(struct mz_http_tls *tls);
bool mz_http_tls_input(struct mz_http_conn *conn, const char *bytes, size_t length);
bool mz_http_tls_output(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count);
void mz_http_tls_end(struct mz_http_conn *conn); /* says that no more will come */
enum mz_status mz_http_tls_context_create(const char *certificate_path, const char *key_path,
    struct ssl_ctx_st **ret_context, struct mz_error *err);
void mz_http_tls_context_ref(struct ssl_ctx_st *context);
void mz_http_tls_context_unref(struct ssl_ctx_st *context); /* NULL is fine */

#endif
