/* http_tls.c - not yet */
#include "net/http_conn.h"

enum mz_status mz_http_tls_context_create(const char *certificate_path, const char *key_path,
    struct ssl_ctx_st **ret_context, struct mz_error *err)
{
    (void)key_path;
    (void)ret_context;
    return mz_fail(err, MZ_E_IO, "certificate '%s': TLS is not built in", certificate_path);
}
struct mz_http_tls *mz_http_tls_create(struct ssl_ctx_st *context)
{
    (void)context;
    return NULL;
}
void mz_http_tls_free(struct mz_http_tls *tls)
{
    (void)tls;
}
bool mz_http_tls_input(struct mz_http_conn *conn, const char *bytes, size_t length)
{
    (void)conn, (void)bytes, (void)length;
    return false;
}
bool mz_http_tls_output(struct mz_http_conn *conn, const uv_buf_t *pieces, int32_t count)
{
    (void)conn, (void)pieces, (void)count;
    return false;
}
void mz_http_tls_end(struct mz_http_conn *conn)
{
    (void)conn;
}
void mz_http_tls_context_ref(struct ssl_ctx_st *context)
{
    (void)context;
}
void mz_http_tls_context_unref(struct ssl_ctx_st *context)
{
    (void)context;
}
