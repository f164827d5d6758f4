/* http_send.c - bytes out of a connection
 *
 * Most answers fit into the socket's buffer: they are written at once from where they lie, head
 * and body in one call, without a copy. What does not fit is copied: out_now is being written by
 * the loop, out_next gathers what came after, so that a stream of small pieces becomes few writes.
 * Invariant: out_next is empty or a write is going on.
 * Limit: a stream's by its caller (stream_pending_bytes_max); an answer is as long as it is.
 */
#include "net/http_conn.h"

#include <assert.h>

enum { MEMORY_KEPT_MAX = 64 * 1024 };

static void start_write(struct mz_http_conn *conn);

static void clear(struct mz_text *text)
{
    if (text->capacity > MEMORY_KEPT_MAX)
        mz_text_finish(text);
    mz_text_clear(text);
}

static void on_written(uv_write_t *write, int status)
{
    struct mz_http_conn *conn = write->data;

    conn->is_writing = false;
    clear(&conn->out_now);
    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return;
    if (status < 0) {
        mz_http_conn_close(conn);
        return;
    }
    if (conn->state == MZ_HTTP_CONN_STREAMING)
        conn->deadline_ms = 0; /* it reads: what is left gets a new one */
    if (conn->out_next.length > 0)
        start_write(conn);
    else
        mz_http_conn_drained(conn);
    mz_http_conn_arm(conn);
}

static void start_write(struct mz_http_conn *conn)
{
    struct mz_text empty = conn->out_now;
    uv_buf_t piece;

    assert(!conn->is_writing && empty.length == 0 && conn->out_next.length > 0);
    conn->out_now = conn->out_next;
    conn->out_next = empty;
    piece.base = conn->out_now.bytes;
    piece.len = conn->out_now.length;
    conn->write.data = conn;
    conn->is_writing = true;
    if (uv_write(&conn->write, &conn->io.stream, &piece, 1, on_written) < 0) {
        conn->is_writing = false;
        mz_http_conn_close(conn);
    }
}

bool mz_http_conn_send_raw(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count)
{
    size_t sent = 0;

    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return false;
    if (!conn->is_writing) {
        int written = uv_try_write(&conn->io.stream, pieces, (unsigned int)count);

        if (written < 0 && written != UV_EAGAIN) {
            mz_http_conn_close(conn);
            return false;
        }
        sent = written > 0 ? (size_t)written : 0;
    }
    for (int32_t i = 0; i < count; i++) {
        size_t skip = sent < pieces[i].len ? sent : pieces[i].len;

        sent -= skip;
        if (skip < pieces[i].len)
            mz_text_add_bytes(&conn->out_next, pieces[i].base + skip, pieces[i].len - skip);
    }
    if (!conn->is_writing && conn->out_next.length > 0)
        start_write(conn);
    return conn->state != MZ_HTTP_CONN_CLOSED;
}

bool mz_http_conn_send(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count)
{
    if (conn->state == MZ_HTTP_CONN_CLOSED)
        return false;
    if (conn->tls)
        return mz_http_tls_output(conn, pieces, count);
    return mz_http_conn_send_raw(conn, pieces, count);
}

size_t mz_http_conn_pending(const struct mz_http_conn *conn)
{
    size_t now = conn->is_writing ? uv_stream_get_write_queue_size(&conn->io.stream) : 0;

    return now + conn->out_next.length;
}
