/* http_conn.c - the life of one connection of the server
 *
 *   IDLE -first byte-> HEAD -> BODY -> HANDLING -respond-> ANSWERING -> IDLE
 *                                          -stream_begin-> STREAMING -stream_end-> ANSWERING
 *   ANSWERING -last answer-> LINGERING -peer closes-> CLOSED;  any -> CLOSED
 *
 * One request at a time: bytes behind it wait in `ahead`, and when that is full nothing is read,
 * until the answer is out. LINGERING has shut down our side and drops what still comes, because
 * closing a socket with unread bytes would make the kernel throw the answer away.
 * A peer that ends its sending side while its request is in the handler's hands has left; while an
 * answer is going out it may still read it.
 *
 * Deadlines: one timer a connection. deadline_ms is moved at will; the timer is set again only when
 * it would be late, and looks at deadline_ms when it runs out. HEAD and BODY count from their first
 * byte, IDLE from the last answer, ANSWERING gets idle_ms and a second for each 64 KB, STREAMING
 * idle_ms from the last time that the kernel took something, LINGERING two seconds.
 * Re-entry: handlers and on_gone run on the loop's stack only; close and respond call nobody.
 * Invariants: `request` is set in HEAD, BODY, HANDLING and STREAMING only; a connection that is
 * CLOSED is in no list and its memory goes with its last handle.
 */
#include "net/http_conn.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 2000, SLOWEST_READER_BYTES_PER_MS = 64, KEEPALIVE_S = 60 };

static void consume(struct mz_http_conn *conn, const char *bytes, size_t length);

/* Those that may be closed to make room: idle ones by age, lingering ones before them; in a list
 * of their own those whose head or body is still coming, whose requests nobody has seen. */
static void list_remove(struct mz_http_conn *conn)
{
    struct mz_http_conn_list *list = conn->spare_list;

    if (!list)
        return;
    conn->spare_list = NULL;
    *(conn->spare_previous ? &conn->spare_previous->spare_next : &list->first) = conn->spare_next;
    *(conn->spare_next ? &conn->spare_next->spare_previous : &list->last) = conn->spare_previous;
    conn->spare_previous = conn->spare_next = NULL;
}

static void list_add(struct mz_http_conn *conn, struct mz_http_conn_list *list, bool first)
{
    assert(!conn->spare_list);
    conn->spare_list = list;
    conn->spare_previous = first ? NULL : list->last;
    conn->spare_next = first ? list->first : NULL;
    *(conn->spare_previous ? &conn->spare_previous->spare_next : &list->first) = conn;
    *(conn->spare_next ? &conn->spare_next->spare_previous : &list->last) = conn;
}

static void set_state(struct mz_http_conn *conn, enum mz_http_conn_state state)
{
    const struct mz_http_limits *limits = &conn->server->limits;
    uint64_t now = uv_now(conn->server->loop);

    list_remove(conn);
    conn->state = state;
    conn->deadline_ms = 0;
    switch (state) {
    case MZ_HTTP_CONN_IDLE:
        list_add(conn, &conn->server->idle, false);
        conn->deadline_ms = now + (uint64_t)limits->idle_ms;
        break;
    case MZ_HTTP_CONN_HEAD:
        list_add(conn, &conn->server->reading, false);
        conn->deadline_ms = now + (uint64_t)limits->header_deadline_ms;
        break;
    case MZ_HTTP_CONN_BODY:
        list_add(conn, &conn->server->reading, false);
        conn->deadline_ms = now + (uint64_t)limits->body_deadline_ms;
        break;
    case MZ_HTTP_CONN_ANSWERING:
        conn->deadline_ms = now + (uint64_t)limits->idle_ms +
            mz_http_conn_pending(conn) / SLOWEST_READER_BYTES_PER_MS;
        break;
    case MZ_HTTP_CONN_LINGERING:
        if (!conn->is_refused)
            list_add(conn, &conn->server->idle, true);
        conn->deadline_ms = now + LINGER_MS;
        break;
    case MZ_HTTP_CONN_HANDLING:
    case MZ_HTTP_CONN_STREAMING: /* from the first byte that waits: see arm */
    case MZ_HTTP_CONN_CLOSED: break;
    }
}

static void on_timer(uv_timer_t *timer);

void mz_http_conn_arm(struct mz_http_conn *conn)
{
    uint64_t now = uv_now(conn->server->loop);
    uint64_t deadline;

    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    if (conn->state == MZ_HTTP_CONN_STREAMING) {
        if (mz_http_conn_pending(conn) == 0)
            conn->deadline_ms = 0;
        else if (conn->deadline_ms == 0)
            conn->deadline_ms = now + (uint64_t)conn->server->limits.idle_ms;
    }
    deadline = conn->resumes ? now : conn->deadline_ms;
    if ((deadline == 0 && !conn->resumes) || (conn->armed_ms != 0 && conn->armed_ms <= deadline))
        return;
    conn->armed_ms = deadline > 0 ? deadline : 1;
    (void)uv_timer_start(&conn->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

static void set_reading(struct mz_http_conn *conn, bool reads);

static void on_handle_closed(uv_handle_t *handle)
{
    struct mz_http_conn *conn = handle->data;
    struct mz_http_server *server = conn->server;
    struct mz_http_request *request = conn->request;

    assert(conn->open_handles > 0);
    if (--conn->open_handles > 0)
        return;
    conn->request = NULL;
    if (request) {
        request->conn = NULL;
        if (request->on_gone)
            request->on_gone(request->on_gone_context, request);
    }
    mz_http_tls_free(conn->tls);
    mz_text_finish(&conn->ahead);
    mz_text_finish(&conn->out_now);
    mz_text_finish(&conn->out_next);
    free(conn);
    server->alive_count--;
    mz_http_server_check_stopped(server);
}

void mz_http_conn_close(struct mz_http_conn *conn)
{
    struct mz_http_server *server = conn->server;
    bool in_hands = conn->state == MZ_HTTP_CONN_HANDLING || conn->state == MZ_HTTP_CONN_STREAMING;

    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    set_state(conn, MZ_HTTP_CONN_CLOSED);
    if (conn->request && in_hands) {
        conn->request->is_gone = true; /* on_gone is called when the handles are closed */
    } else if (conn->request) {
        mz_http_request_release(conn->request);
        conn->request = NULL;
    }
    *(conn->previous ? &conn->previous->next : &server->conns) = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    *(conn->is_refused ? &server->refused_count : &server->conn_count) -= 1;
    uv_close(&conn->io.handle, on_handle_closed);
    uv_close((uv_handle_t *)&conn->timer, on_handle_closed);
}

/* Shuts our side and waits a little for the peer to read the last answer. */
static void linger(struct mz_http_conn *conn)
{
    uv_os_fd_t fd;

    if (conn->has_ended || conn->server->is_stopping) {
        mz_http_conn_close(conn);
        return;
    }
    set_state(conn, MZ_HTTP_CONN_LINGERING);
    if (conn->tls)
        mz_http_tls_end(conn);
    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    mz_text_finish(&conn->ahead);
    if (!conn->is_writing && uv_fileno(&conn->io.handle, &fd) == 0)
        (void)shutdown(fd, SHUT_WR);
    set_reading(conn, true);
}

void mz_http_conn_drained(struct mz_http_conn *conn)
{
    if (conn->state != MZ_HTTP_CONN_ANSWERING)
        return;
    if (!conn->keeps_alive || conn->server->is_stopping) {
        linger(conn);
        return;
    }
    set_state(conn, MZ_HTTP_CONN_IDLE);
    conn->resumes = conn->ahead.length > 0 || conn->has_ended;
}

void mz_http_conn_answered(struct mz_http_conn *conn)
{
    assert(!conn->request);
    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    set_state(conn, MZ_HTTP_CONN_ANSWERING);
    if (mz_http_conn_pending(conn) == 0)
        mz_http_conn_drained(conn);
    if (!conn->is_consuming)
        mz_http_conn_arm(conn);
}

static void stash(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    mz_text_add_bytes(&conn->ahead, bytes, length);
    if (conn->ahead.length >= MZ_HTTP_AHEAD_BYTES_MAX)
        set_reading(conn, false);
}

static bool wants_request(const struct mz_http_conn *conn)
{
    return conn->state == MZ_HTTP_CONN_IDLE || conn->state == MZ_HTTP_CONN_HEAD ||
        conn->state == MZ_HTTP_CONN_BODY;
}

/* False: it was refused. Small bodies always pass, so that large ones of strangers, who are not
 * asked for a token before their request is whole, do not keep out what shims say. */
static bool count_body(struct mz_http_conn *conn, size_t length_before)
{
    struct mz_http_server *server = conn->server;
    const struct mz_http_parse *parse = &conn->request->parse;

    server->body_bytes += parse->body.length - length_before;
    if (parse->step != MZ_HTTP_STEP_BODY || parse->body.length <= MZ_HTTP_BODY_SMALL ||
        server->body_bytes <= server->limits.body_bytes_total_max)
        return true;
    mz_http_conn_refuse(conn, 503, "too many large bodies are being read; try again");
    return false;
}

/* What the parser has come to. */
static void advance(struct mz_http_conn *conn, bool is_last_byte)
{
    struct mz_http_parse *parse = &conn->request->parse;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t piece = { .base = (char *)go_on, .len = sizeof(go_on) - 1 };

    switch (parse->step) {
    case MZ_HTTP_STEP_HEAD: return;
    case MZ_HTTP_STEP_BODY:
        if (conn->state == MZ_HTTP_CONN_BODY)
            return;
        set_state(conn, MZ_HTTP_CONN_BODY);
        if (parse->expects_continue && is_last_byte) /* else it did not wait for it */
            (void)mz_http_conn_send(conn, &piece, 1);
        return;
    case MZ_HTTP_STEP_DONE:
        set_state(conn, MZ_HTTP_CONN_HANDLING);
        conn->keeps_alive = parse->keeps_alive;
        conn->server->handler(conn->server->context, conn->request);
        return;
    case MZ_HTTP_STEP_REFUSED:
        mz_http_conn_refuse(conn, parse->refusal_status, parse->refusal_why);
        return;
    }
}

static void consume(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    assert(!conn->is_consuming && conn->ahead.length == 0);
    conn->is_consuming = true;
    while (length > 0 && wants_request(conn)) {
        size_t used, body;

        if (!conn->request) {
            conn->request = mz_http_request_new(conn);
            set_state(conn, MZ_HTTP_CONN_HEAD);
        }
        body = conn->request->parse.body.length;
        used = mz_http_parse_feed(&conn->request->parse, bytes, length);
        assert(used > 0 || conn->request->parse.step == MZ_HTTP_STEP_REFUSED);
        bytes += used;
        length -= used;
        if (count_body(conn, body))
            advance(conn, length == 0);
    }
    conn->is_consuming = false;
    if (length > 0 && conn->keeps_alive && conn->state != MZ_HTTP_CONN_CLOSED)
        stash(conn, bytes, length);
}

void mz_http_conn_input(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    if (conn->state == MZ_HTTP_CONN_LINGERING) {
        conn->dropped_bytes += length;
        if (conn->dropped_bytes > conn->server->limits.body_bytes_max)
            mz_http_conn_close(conn);
    } else if (wants_request(conn) && !conn->resumes) {
        consume(conn, bytes, length);
    } else if (conn->keeps_alive) {
        stash(conn, bytes, length);
    }
    mz_http_conn_arm(conn);
}

void mz_http_conn_end(struct mz_http_conn *conn)
{
    conn->has_ended = true;
    set_reading(conn, false);
    if (conn->state != MZ_HTTP_CONN_ANSWERING && !conn->resumes)
        mz_http_conn_close(conn);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct mz_http_conn *conn = stream->data;

    if (length == UV_EOF)
        mz_http_conn_end(conn);
    else if (length < 0)
        mz_http_conn_close(conn);
    else if (length > 0 && conn->tls) {
        if (!mz_http_tls_input(conn, buffer->base, (size_t)length))
            mz_http_conn_close(conn);
    } else if (length > 0)
        mz_http_conn_input(conn, buffer->base, (size_t)length);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    struct mz_http_conn *conn = handle->data;

    (void)wanted;
    ret_buffer->base = conn->server->read_buffer;
    ret_buffer->len = MZ_HTTP_READ_BYTES;
}

static void set_reading(struct mz_http_conn *conn, bool reads)
{
    if (reads == conn->is_reading || conn->state == MZ_HTTP_CONN_CLOSED ||
        (reads && conn->has_ended))
        return;
    conn->is_reading = reads;
    if (!reads)
        (void)uv_read_stop(&conn->io.stream);
    else if (uv_read_start(&conn->io.stream, on_alloc, on_read) < 0)
        mz_http_conn_close(conn);
}

/* The answer is out, and bytes of later requests are here already. */
static void resume(struct mz_http_conn *conn)
{
    struct mz_text ahead = conn->ahead;

    conn->resumes = false;
    conn->ahead = (struct mz_text){ 0 };
    if (ahead.length > 0 && wants_request(conn))
        consume(conn, ahead.bytes, ahead.length);
    mz_text_finish(&ahead);
    if (conn->has_ended && conn->state != MZ_HTTP_CONN_ANSWERING)
        mz_http_conn_close(conn); /* there is no more to come, or it left before the answer */
    else if (conn->ahead.length < MZ_HTTP_AHEAD_BYTES_MAX)
        set_reading(conn, true);
}

static void on_timer(uv_timer_t *timer)
{
    struct mz_http_conn *conn = timer->data;
    bool is_over = conn->deadline_ms != 0 && uv_now(conn->server->loop) >= conn->deadline_ms;

    conn->armed_ms = 0;
    if (conn->resumes)
        resume(conn);
    else if (is_over && conn->state == MZ_HTTP_CONN_HEAD)
        mz_http_conn_refuse(conn, 408, "the head of the request did not come in time");
    else if (is_over && conn->state == MZ_HTTP_CONN_BODY)
        mz_http_conn_refuse(conn, 408, "the body of the request did not come in time");
    else if (is_over)
        mz_http_conn_close(conn);
    mz_http_conn_arm(conn);
}

static bool open_io(struct mz_http_conn *conn, int fd)
{
    uv_loop_t *loop = conn->server->loop;

    if (conn->peer.is_unix) {
        if (uv_pipe_init(loop, &conn->io.pipe, 0) != 0)
            abort(); /* cannot fail: it only fills the handle in */
        return uv_pipe_open(&conn->io.pipe, fd) == 0;
    }
    if (uv_tcp_init(loop, &conn->io.tcp) != 0)
        abort();
    if (uv_tcp_open(&conn->io.tcp, fd) != 0)
        return false;
    (void)uv_tcp_nodelay(&conn->io.tcp, 1);
    if (!conn->peer.is_loopback)
        (void)uv_tcp_keepalive(&conn->io.tcp, 1, KEEPALIVE_S);
    return true;
}

void mz_http_conn_open(struct mz_http_listener *listener, int fd, bool is_refused)
{
    struct mz_http_server *server = listener->server;
    struct mz_http_conn *conn = mz_xcalloc(1, sizeof(*conn));
    bool is_open;

    conn->server = server;
    conn->is_refused = is_refused;
    mz_http_peer_read(fd, listener->is_unix, &conn->peer, conn->address);
    conn->peer.address = conn->address;
    is_open = open_io(conn, fd);
    if (!is_open)
        (void)close(fd);
    (void)uv_timer_init(server->loop, &conn->timer);
    conn->io.handle.data = conn->timer.data = conn;
    conn->open_handles = 2;
    conn->keeps_alive = true;
    server->alive_count++;
    conn->next = server->conns;
    if (conn->next)
        conn->next->previous = conn;
    server->conns = conn;
    *(is_refused ? &server->refused_count : &server->conn_count) += 1;
    set_state(conn, MZ_HTTP_CONN_IDLE);
    if (listener->tls) {
        conn->tls = mz_http_tls_create(listener->tls);
        /* The handshake has no deadline of its own: the first request's head has to be there. */
        conn->deadline_ms = uv_now(server->loop) + (uint64_t)server->limits.header_deadline_ms;
    }
    if (!is_open || (listener->tls && !conn->tls)) {
        mz_http_conn_close(conn);
        return;
    }
    set_reading(conn, true);
    if (is_refused)
        mz_http_conn_refuse(conn, 503, "too many connections");
    mz_http_conn_arm(conn);
}
