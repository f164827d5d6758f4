/* http_tls.c - TLS between a connection and its socket
 *
 * OpenSSL never sees the socket: what was read is put into one memory BIO, what it wants to send
 * is taken out of another and goes the way of all bytes (http_send.c). So it cannot block, and the
 * states of http_conn.c hold for TLS as well. TLS 1.2 with forward secrecy and authenticated
 * ciphers, or TLS 1.3; no renegotiation, no compression, no session store; ALPN says http/1.1.
 *
 *   handshake (inside SSL_read; deadline: the first request's) -> data -> end sent, or broken
 *
 * Invariant: the outgoing BIO is empty whenever control is not in this file.
 * Limits: QUIET_BYTES_MAX of answers to the protocol itself (key updates, alerts) may wait for a
 * peer that does not read them; more than that nobody needs who is not out to fill our memory.
 */
#include "net/http_conn.h"

#include "base/arena.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_BYTES = 16 * 1024, QUIET_BYTES_MAX = 64 * 1024, WRITE_BYTES_MAX = 32 * 1024 };

struct mz_http_tls {
    SSL *ssl;
    BIO *in;            /* owned by ssl */
    BIO *out;           /* owned by ssl */
    size_t quiet_bytes; /* what OpenSSL answered by itself since nothing waited */
    bool is_broken;
};

/* An encrypted key is refused; OpenSSL would ask at the terminal. */
static int no_password(char *buffer, int size, int is_for_writing, void *context)
{
    (void)buffer, (void)size, (void)is_for_writing, (void)context;
    return -1;
}

static int choose_protocol(SSL *ssl, const unsigned char **ret_chosen,
    unsigned char *ret_chosen_length, const unsigned char *offered, unsigned int offered_length,
    void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;

    (void)ssl, (void)context;
    if (SSL_select_next_proto(&chosen, ret_chosen_length, ours, sizeof(ours) - 1, offered,
            offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *ret_chosen = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum mz_status fail(struct mz_error *err, const char *what, const char *path)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    ERR_clear_error();
    return mz_fail(err, MZ_E_IO, "%s '%s': %s", what, path, reason ? reason : "cannot be used");
}

enum mz_status mz_http_tls_context_create(const char *certificate_path, const char *key_path,
    struct ssl_ctx_st **ret_context, struct mz_error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum mz_status status = MZ_OK;

    ERR_clear_error();
    if (!context)
        return fail(err, "TLS for certificate", certificate_path);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
        status = fail(err, "TLS for certificate", certificate_path);
    else if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1)
        status = fail(err, "certificate", certificate_path);
    else if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        status = fail(err, "key", key_path);
    if (status != MZ_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *ret_context = context;
    return MZ_OK;
}

void mz_http_tls_context_ref(struct ssl_ctx_st *context)
{
    (void)SSL_CTX_up_ref(context);
}

void mz_http_tls_context_unref(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}

struct mz_http_tls *mz_http_tls_create(struct ssl_ctx_st *context)
{
    struct mz_http_tls *tls = mz_xcalloc(1, sizeof(*tls));

    tls->ssl = SSL_new(context);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        SSL_free(tls->ssl);
        free(tls);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void mz_http_tls_free(struct mz_http_tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

/* Sends what OpenSSL has written. */
static bool flush(struct mz_http_conn *conn)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(conn->tls->out, &bytes);
    uv_buf_t piece = { .base = bytes, .len = (size_t)(length > 0 ? length : 0) };
    bool is_open = conn->state != MZ_HTTP_CONN_CLOSED;

    if (length > 0 && is_open)
        is_open = mz_http_conn_send_raw(conn, &piece, 1);
    (void)BIO_reset(conn->tls->out);
    return is_open;
}

bool mz_http_tls_input(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    struct mz_http_tls *tls = conn->tls;
    char plain[RECORD_BYTES];
    bool has_ended = false;

    assert(length <= INT_MAX);
    if (tls->is_broken || BIO_write(tls->in, bytes, (int)length) != (int)length)
        return false;
    while (conn->state != MZ_HTTP_CONN_CLOSED && !has_ended) {
        int count, code;

        ERR_clear_error();
        count = SSL_read(tls->ssl, plain, sizeof(plain));
        if (count > 0) {
            mz_http_conn_input(conn, plain, (size_t)count);
            continue;
        }
        code = SSL_get_error(tls->ssl, count);
        if (code == SSL_ERROR_WANT_READ)
            break;
        has_ended = code == SSL_ERROR_ZERO_RETURN;
        tls->is_broken = !has_ended;
        if (tls->is_broken)
            break;
    }
    ERR_clear_error();
    tls->quiet_bytes += BIO_ctrl_pending(tls->out); /* answers of ours have been flushed by now */
    if (!flush(conn) || tls->is_broken)             /* an alert may say why */
        return false;
    if (mz_http_conn_pending(conn) == 0)
        tls->quiet_bytes = 0;
    else if (tls->quiet_bytes > QUIET_BYTES_MAX)
        return false;
    if (has_ended)
        mz_http_conn_end(conn);
    return true;
}

/* In parts, since a BIO keeps the memory of the most that ever was in it. */
static bool write_plain(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    while (length > 0) {
        int part = length < WRITE_BYTES_MAX ? (int)length : WRITE_BYTES_MAX;

        ERR_clear_error();
        if (SSL_write(conn->tls->ssl, bytes, part) != part || !flush(conn))
            return false;
        bytes += part;
        length -= (size_t)part;
    }
    return true;
}

bool mz_http_tls_output(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count)
{
    struct mz_http_tls *tls = conn->tls;
    char record[RECORD_BYTES];
    size_t filled = 0;
    bool ok = !tls->is_broken;

    /* Small pieces share a record: head and body of most answers. */
    for (int32_t i = 0; i < count && ok; i++) {
        if (pieces[i].len <= sizeof(record) - filled) {
            memcpy(record + filled, pieces[i].base, pieces[i].len);
            filled += pieces[i].len;
            continue;
        }
        ok = write_plain(conn, record, filled) && write_plain(conn, pieces[i].base, pieces[i].len);
        filled = 0;
    }
    if (ok && write_plain(conn, record, filled))
        return true;
    tls->is_broken = true;
    ERR_clear_error();
    mz_http_conn_close(conn);
    return false;
}

void mz_http_tls_end(struct mz_http_conn *conn)
{
    if (!conn->tls->is_broken && SSL_is_init_finished(conn->tls->ssl))
        (void)SSL_shutdown(conn->tls->ssl);
    ERR_clear_error();
    (void)flush(conn);
}
