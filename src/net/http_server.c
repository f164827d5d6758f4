/* http_server.c - making a server, accepting connections, and stopping
 *
 * Accepting is done here and not by uv_listen, because without descriptors left (EMFILE) libuv
 * either drops what waits or turns in a circle. Here accepting pauses for ACCEPT_PAUSE_MS after
 * one connection (the oldest idle one, or the slowest sender) was closed; what waits stays in the kernel's queue.
 *
 *   running -stop-> stopping: listeners closed, idle and half-read connections closed, answers go
 *   out -last connection closed, or the grace is over and they are closed-> both timers closed ->
 *   stopped (done is called)
 *
 * Memory: the server goes when it is stopped, its owner called free, and no request is in a
 * handler's hands (check_free).
 * Limits: limits.connection_count_max, of which connections_per_uid_max; beyond it
 * MZ_HTTP_REFUSED_COUNT_MAX at a time get a 503; ACCEPT_BATCH_MAX for each turn of the loop.
 */
#include "net/http_conn.h"

#include "base/arena.h"
#include "net/sigpipe.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_PAUSE_MS = 100, ACCEPT_BATCH_MAX = 64 };

struct mz_http_limits mz_http_limits_default(void)
{
    return (struct mz_http_limits){ .header_bytes_max = 16 * 1024,
        .body_bytes_max = 8 * 1024 * 1024,
        .connection_count_max = 1024,
        .connections_per_uid_max = 0,
        .header_deadline_ms = 10 * 1000,
        .body_deadline_ms = 60 * 1000,
        .idle_ms = 120 * 1000,
        .body_bytes_total_max = (size_t)256 * 1024 * 1024,
        .stream_pending_bytes_max = 1024 * 1024 };
}

struct mz_http_server *mz_http_server_create(struct uv_loop_s *loop,
    const struct mz_http_limits *limits, mz_http_handler *handler, void *context)
{
    struct mz_http_server *server = mz_xcalloc(1, sizeof(*server));

    assert(limits->header_bytes_max > 0 && limits->header_bytes_max <= MZ_HTTP_HEAD_BYTES_MAX);
    assert(limits->connection_count_max > 0 && limits->connections_per_uid_max >= 0);
    assert(limits->header_deadline_ms > 0 && limits->body_deadline_ms > 0 && limits->idle_ms > 0);
    mz_net_sigpipe_ignore();
    server->loop = loop;
    server->limits = *limits;
    server->handler = handler;
    server->context = context;
    server->read_buffer = mz_xcalloc(MZ_HTTP_READ_BYTES, 1);
    (void)uv_timer_init(loop, &server->accept_timer);
    (void)uv_timer_init(loop, &server->stop_timer);
    server->accept_timer.data = server->stop_timer.data = server;
    return server;
}

static bool is_over_uid_limit(const struct mz_http_server *server, int fd)
{
    struct mz_http_peer peer;
    char address[MZ_HTTP_ADDRESS_MAX];
    int32_t count = 0;

    if (server->limits.connections_per_uid_max == 0)
        return false;
    mz_http_peer_read(fd, true, &peer, address);
    for (const struct mz_http_conn *conn = server->conns; conn; conn = conn->next)
        if (conn->peer.is_unix && !conn->is_refused && conn->peer.uid == peer.uid)
            count++;
    return count >= server->limits.connections_per_uid_max;
}

struct mz_http_conn *mz_http_server_spare(const struct mz_http_server *server)
{
    return server->idle.first ? server->idle.first : server->reading.first;
}

static void take_in(struct mz_http_listener *listener, int fd)
{
    struct mz_http_server *server = listener->server;
    bool is_refused = listener->is_unix && is_over_uid_limit(server, fd);

    if (!is_refused && server->conn_count >= server->limits.connection_count_max) {
        struct mz_http_conn *spare = mz_http_server_spare(server);

        if (spare)
            mz_http_conn_close(spare);
        else
            is_refused = true;
    }
    /* Over TLS a 503 would cost a handshake, which is more than a full server has to give. */
    if (is_refused && (listener->tls || server->refused_count >= MZ_HTTP_REFUSED_COUNT_MAX))
        (void)close(fd);
    else
        mz_http_conn_open(listener, fd, is_refused);
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_accept_timer(uv_timer_t *timer)
{
    struct mz_http_server *server = timer->data;

    for (int32_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i]->fd >= 0)
            (void)uv_poll_start(&server->listeners[i]->poll, UV_READABLE, on_connection);
}

static void pause_accepting(struct mz_http_server *server)
{
    struct mz_http_conn *spare = mz_http_server_spare(server);

    if (spare)
        mz_http_conn_close(spare);
    for (int32_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i]->fd >= 0)
            (void)uv_poll_stop(&server->listeners[i]->poll);
    (void)uv_timer_start(&server->accept_timer, on_accept_timer, ACCEPT_PAUSE_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct mz_http_listener *listener = poll->data;

    (void)events;
    for (int32_t i = 0; i < ACCEPT_BATCH_MAX && status == 0 && listener->fd >= 0; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0) {
            take_in(listener, fd);
        } else if (errno == EAGAIN || i > 0) {
            return; /* the kernel says EMFILE also when nobody waits; if one does, poll tells */
        } else if (errno != EINTR && errno != ECONNABORTED) {
            status = -1; /* out of descriptors or memory, or something that may last as long */
        }
    }
    if (status != 0)
        pause_accepting(listener->server);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct mz_http_listener *listener = handle->data;
    struct mz_http_server *server = listener->server;

    mz_http_listen_close(listener);
    mz_http_tls_context_unref(listener->tls);
    free(listener);
    server->alive_count--;
    mz_http_server_check_stopped(server);
}

enum mz_status mz_http_server_listen(
    struct mz_http_server *server, const char *address, uint32_t unix_mode, struct mz_error *err)
{
    struct mz_http_listener *listener;
    int32_t port = 0;
    enum mz_status status;

    assert(!server->is_stopping);
    if (server->listener_count == MZ_HTTP_LISTENER_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "cannot listen on '%s': %d addresses at most", address,
            (int)MZ_HTTP_LISTENER_COUNT_MAX);
    listener = mz_xcalloc(1, sizeof(*listener));
    listener->server = server;
    listener->poll.data = listener;
    status = mz_http_listen_open(listener, address, unix_mode, &port, err);
    if (status != MZ_OK)
        goto fail;
    if (uv_poll_init(server->loop, &listener->poll, listener->fd) != 0) {
        status = mz_fail(err, MZ_E_IO, "cannot listen on '%s': the loop does not take it", address);
        goto fail;
    }
    if (!listener->is_unix) {
        server->port = port;
        listener->tls = server->tls;
        if (listener->tls)
            mz_http_tls_context_ref(listener->tls);
    }
    server->listeners[server->listener_count++] = listener;
    server->alive_count++;
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_connection);
    return MZ_OK;
fail:
    mz_http_listen_close(listener);
    free(listener);
    return status;
}

int32_t mz_http_server_port(const struct mz_http_server *server)
{
    return server->port;
}

int32_t mz_http_server_connection_count(const struct mz_http_server *server)
{
    return server->conn_count;
}

void mz_http_server_check_free(struct mz_http_server *server)
{
    if (!server->is_free || !server->is_stopped || server->live_requests > 0)
        return;
    while (server->spares) {
        struct mz_http_request *request = server->spares;

        server->spares = request->next_spare;
        mz_http_parse_finish(&request->parse);
        mz_text_finish(&request->headers);
        free(request);
    }
    mz_http_tls_context_unref(server->tls);
    mz_text_finish(&server->scratch);
    free(server->read_buffer);
    free(server);
}

static void on_stop_timer_closed(uv_handle_t *handle)
{
    struct mz_http_server *server = handle->data;
    void (*done)(void *context) = server->stop_done;

    server->is_stopped = true;
    server->stop_done = NULL;
    if (done && !server->is_free) {
        done(server->stop_context); /* may free the server */
        return;
    }
    mz_http_server_check_free(server);
}

static void on_accept_timer_closed(uv_handle_t *handle)
{
    struct mz_http_server *server = handle->data;

    uv_close((uv_handle_t *)&server->stop_timer, on_stop_timer_closed);
}

void mz_http_server_check_stopped(struct mz_http_server *server)
{
    if (server->is_stopping && server->alive_count == 0 &&
        !uv_is_closing((uv_handle_t *)&server->accept_timer))
        uv_close((uv_handle_t *)&server->accept_timer, on_accept_timer_closed);
}

static void close_all(struct mz_http_server *server, bool also_answering)
{
    struct mz_http_conn *next;

    for (struct mz_http_conn *conn = server->conns; conn; conn = next) {
        bool is_owed = conn->state == MZ_HTTP_CONN_HANDLING ||
            conn->state == MZ_HTTP_CONN_STREAMING || conn->state == MZ_HTTP_CONN_ANSWERING;

        next = conn->next;
        if (also_answering || !is_owed)
            mz_http_conn_close(conn);
    }
}

static void on_stop_timer(uv_timer_t *timer)
{
    close_all(timer->data, true);
}

void mz_http_server_stop(
    struct mz_http_server *server, int64_t grace_ms, void (*done)(void *context), void *context)
{
    assert(!server->is_stopping && grace_ms >= 0);
    server->is_stopping = true;
    server->stop_done = done;
    server->stop_context = context;
    for (int32_t i = 0; i < server->listener_count; i++) {
        struct mz_http_listener *listener = server->listeners[i];

        (void)uv_poll_stop(&listener->poll);
        uv_close((uv_handle_t *)&listener->poll, on_listener_closed);
        mz_http_listen_close(listener);
    }
    server->listener_count = 0;
    (void)uv_timer_stop(&server->accept_timer);
    close_all(server, grace_ms == 0);
    (void)uv_timer_start(&server->stop_timer, on_stop_timer, (uint64_t)grace_ms, 0);
    mz_http_server_check_stopped(server);
}

void mz_http_server_free(struct mz_http_server *server)
{
    if (!server)
        return;
    server->is_free = true;
    server->stop_done = NULL;
    if (!server->is_stopping)
        mz_http_server_stop(server, 0, NULL, NULL);
    mz_http_server_check_free(server);
}

enum mz_status mz_http_server_use_tls(struct mz_http_server *server, const char *certificate_path,
    const char *key_path, struct mz_error *err)
{
    struct ssl_ctx_st *context = NULL;
    enum mz_status status = mz_http_tls_context_create(certificate_path, key_path, &context, err);

    if (status != MZ_OK)
        return status;
    mz_http_tls_context_unref(server->tls);
    server->tls = context;
    return MZ_OK;
}
