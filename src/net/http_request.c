/* http_request.c - what handlers call: what was asked, and the answer
 *
 * A request is its own object, since it outlives its connection when the peer leaves. Requests are
 * kept for reuse (MZ_HTTP_SPARE_COUNT_MAX), with their memory for head and body, so that a small
 * request on a kept connection allocates nothing.
 * States: being read (by http_conn.c) -> in hands -> streaming -> gone with its answer.
 * Invariant: is_gone with conn set means that on_gone is still to be called.
 */
#include "net/http_conn.h"

#include "base/arena.h"

#include <assert.h>
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct mz_http_request *mz_http_request_new(struct mz_http_conn *conn)
{
    struct mz_http_server *server = conn->server;
    struct mz_http_request *request = server->spares;

    if (request) {
        server->spares = request->next_spare;
        server->spare_count--;
    } else {
        request = mz_xcalloc(1, sizeof(*request));
    }
    mz_http_parse_begin(
        &request->parse, server->limits.header_bytes_max, server->limits.body_bytes_max);
    request->server = server;
    request->conn = conn;
    request->next_spare = NULL;
    mz_text_clear(&request->headers);
    request->is_gone = request->is_streaming = request->is_chunked = false;
    request->on_gone = NULL;
    request->on_gone_context = NULL;
    request->peer = conn->peer;
    memcpy(request->address, conn->address, sizeof(request->address));
    request->peer.address = request->address;
    server->live_requests++;
    return request;
}

void mz_http_request_release(struct mz_http_request *request)
{
    struct mz_http_server *server = request->server;

    request->conn = NULL;
    server->live_requests--;
    server->body_bytes -= request->parse.body.length;
    mz_http_parse_empty(&request->parse);
    if (server->is_free || server->spare_count == MZ_HTTP_SPARE_COUNT_MAX) {
        mz_http_parse_finish(&request->parse);
        mz_text_finish(&request->headers);
        free(request);
    } else {
        request->next_spare = server->spares;
        server->spares = request;
        server->spare_count++;
    }
    mz_http_server_check_free(server);
}

const char *mz_http_request_method(const struct mz_http_request *request)
{
    return request->parse.method;
}

const char *mz_http_request_path(const struct mz_http_request *request)
{
    return request->parse.path;
}

const char *mz_http_request_query(struct mz_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->parse.param_count; i++)
        if (strcmp(request->parse.params[i].name, name) == 0)
            return request->parse.params[i].value;
    return NULL;
}

const char *mz_http_request_query_unknown(struct mz_http_request *request, const char *const *known)
{
    for (size_t i = 0; i < request->parse.param_count; i++) {
        const char *const *word = known;

        while (*word && strcmp(*word, request->parse.params[i].name) != 0)
            word++;
        if (!*word)
            return request->parse.params[i].name;
    }
    return NULL;
}

const char *mz_http_request_header(const struct mz_http_request *request, const char *name)
{
    return mz_http_parse_field(&request->parse, name);
}

const char *mz_http_request_body(const struct mz_http_request *request, size_t *ret_length)
{
    if (ret_length)
        *ret_length = request->parse.body.length;
    return mz_text_string(&request->parse.body);
}

const struct mz_http_peer *mz_http_request_peer(const struct mz_http_request *request)
{
    return &request->peer;
}

bool mz_http_request_is_gone(const struct mz_http_request *request)
{
    return request->is_gone;
}

void mz_http_request_on_gone(struct mz_http_request *request,
    void (*on_gone)(void *context, struct mz_http_request *request), void *context)
{
    request->on_gone = on_gone;
    request->on_gone_context = context;
}

void mz_http_response_header(struct mz_http_request *request, const char *name, const char *value)
{
    assert(!request->is_streaming && name[0]);
    for (const char *c = name; *c; c++)
        assert(*c > ' ' && *c < 0x7F && *c != ':');
    for (const char *c = value; *c; c++)
        assert((unsigned char)*c >= ' ' && *c != 0x7F);
    mz_text_add(&request->headers, name);
    mz_text_add_bytes(&request->headers, ": ", 2);
    mz_text_add(&request->headers, value);
    mz_text_add_bytes(&request->headers, "\r\n", 2);
}

static const char *date_now(struct mz_http_server *server)
{
    time_t now = time(NULL);
    struct tm parts;

    if (now != server->date_s && gmtime_r(&now, &parts)) {
        (void)strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        server->date_s = now;
    }
    return server->date;
}

/* The lines that every answer begins with. */
static void begin_head(struct mz_http_conn *conn, int32_t status, const char *content_type)
{
    struct mz_text *head = &conn->server->scratch;

    assert(status >= 200 && status <= 599);
    mz_text_clear(head);
    mz_text_addf(head, "HTTP/1.1 %d ", (int)status);
    mz_text_add(head, http_status_str((enum http_status)status));
    mz_text_add(head, "\r\nDate: ");
    mz_text_add(head, date_now(conn->server));
    mz_text_add(head, "\r\nX-Content-Type-Options: nosniff\r\n");
    if (content_type) {
        mz_text_add(head, "Content-Type: ");
        mz_text_add(head, content_type);
        mz_text_add(head, "\r\n");
    }
}

static void end_head(struct mz_http_conn *conn, bool is_http_1_0, const struct mz_text *headers)
{
    struct mz_text *head = &conn->server->scratch;

    if (conn->server->is_stopping)
        conn->keeps_alive = false;
    if (!conn->keeps_alive)
        mz_text_add(head, "Connection: close\r\n");
    else if (is_http_1_0)
        mz_text_add(head, "Connection: keep-alive\r\n");
    if (headers && headers->length > 0)
        mz_text_add_bytes(head, headers->bytes, headers->length);
    mz_text_add_bytes(head, "\r\n", 2);
}

/* The request leaves its connection. NULL: it has none any more, and is released. */
static struct mz_http_conn *detach(struct mz_http_request *request)
{
    struct mz_http_conn *conn = request->conn;

    if (conn) {
        assert(conn->request == request);
        conn->request = NULL;
    }
    if (!request->is_gone)
        return conn;
    mz_http_request_release(request);
    return NULL;
}

void mz_http_respond(struct mz_http_request *request, int32_t status, const char *content_type,
    const char *body, size_t length)
{
    struct mz_http_conn *conn;
    struct mz_text *head;
    uv_buf_t pieces[2];
    bool has_body = status != 204 && status != 304;

    assert(!request->is_streaming && (has_body || length == 0));
    conn = detach(request);
    if (!conn)
        return;
    assert(conn->state == MZ_HTTP_CONN_HANDLING);
    begin_head(conn, status, content_type);
    head = &conn->server->scratch;
    if (has_body)
        mz_text_addf(head, "Content-Length: %zu\r\n", length);
    end_head(conn, request->parse.is_http_1_0, &request->headers);
    pieces[0] = (uv_buf_t){ .base = head->bytes, .len = head->length };
    pieces[1] = (uv_buf_t){ .base = (char *)body, .len = length };
    (void)mz_http_conn_send(conn, pieces, length > 0 && !request->parse.is_head ? 2 : 1);
    mz_http_request_release(request);
    mz_http_conn_answered(conn);
}

void mz_http_conn_refuse(struct mz_http_conn *conn, int32_t status, const char *why)
{
    struct mz_text *head = &conn->server->scratch;
    uv_buf_t pieces[3];

    if (conn->request)
        mz_http_request_release(conn->request);
    conn->request = NULL;
    conn->keeps_alive = false;
    begin_head(conn, status, "text/plain; charset=utf-8");
    mz_text_addf(head, "Content-Length: %zu\r\n", strlen(why) + 1);
    end_head(conn, false, NULL);
    pieces[0] = (uv_buf_t){ .base = head->bytes, .len = head->length };
    pieces[1] = (uv_buf_t){ .base = (char *)why, .len = strlen(why) };
    pieces[2] = (uv_buf_t){ .base = (char *)"\n", .len = 1 };
    (void)mz_http_conn_send(conn, pieces, 3);
    mz_http_conn_answered(conn);
}

void mz_http_stream_begin(struct mz_http_request *request, int32_t status, const char *content_type)
{
    struct mz_http_conn *conn = request->conn;
    uv_buf_t piece;

    assert(!request->is_streaming && status != 204 && status != 304);
    if (!request->is_gone) {
        assert(conn && conn->state == MZ_HTTP_CONN_HANDLING);
        request->is_chunked = !request->parse.is_http_1_0;
        if (!request->is_chunked)
            conn->keeps_alive = false; /* the end of the connection is the end of the body */
        begin_head(conn, status, content_type);
        if (request->is_chunked)
            mz_text_add(&conn->server->scratch, "Transfer-Encoding: chunked\r\n");
        end_head(conn, request->parse.is_http_1_0, &request->headers);
        piece =
            (uv_buf_t){ .base = conn->server->scratch.bytes, .len = conn->server->scratch.length };
        conn->state = MZ_HTTP_CONN_STREAMING;
        (void)mz_http_conn_send(conn, &piece, 1);
        mz_http_conn_arm(conn);
    }
    request->is_streaming = true;
}

bool mz_http_stream_write(struct mz_http_request *request, const char *bytes, size_t length)
{
    struct mz_http_conn *conn = request->conn;
    char size[24];
    uv_buf_t pieces[3];
    int32_t count = 0;

    assert(request->is_streaming);
    if (request->is_gone)
        return false;
    if (length == 0 || request->parse.is_head)
        return true;
    if (request->is_chunked) {
        pieces[count].base = size;
        pieces[count++].len = (size_t)snprintf(size, sizeof(size), "%zx\r\n", length);
    }
    pieces[count++] = (uv_buf_t){ .base = (char *)bytes, .len = length };
    if (request->is_chunked)
        pieces[count++] = (uv_buf_t){ .base = (char *)"\r\n", .len = 2 };
    if (!mz_http_conn_send(conn, pieces, count))
        return false;
    if (mz_http_conn_pending(conn) > conn->server->limits.stream_pending_bytes_max)
        mz_http_conn_close(conn); /* sets is_gone */
    mz_http_conn_arm(conn);
    return !request->is_gone;
}

size_t mz_http_stream_pending(const struct mz_http_request *request)
{
    assert(request->is_streaming);
    return request->is_gone ? 0 : mz_http_conn_pending(request->conn);
}

void mz_http_stream_end(struct mz_http_request *request)
{
    struct mz_http_conn *conn;
    uv_buf_t piece = { .base = (char *)"0\r\n\r\n", .len = 5 };

    assert(request->is_streaming);
    conn = detach(request);
    if (!conn)
        return;
    assert(conn->state == MZ_HTTP_CONN_STREAMING);
    if (request->is_chunked && !request->parse.is_head)
        (void)mz_http_conn_send(conn, &piece, 1);
    mz_http_request_release(request);
    mz_http_conn_answered(conn);
}
