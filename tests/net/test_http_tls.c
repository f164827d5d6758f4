/* test_http_tls.c - the server over TLS, with a certificate made here */
#include "net/net_fixture.h"

#include "net/http_client.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

struct tls_stage {
    struct stage stage;
    char certificate[128];
    char key[128];
    char other_key[128];
    char locked_key[128];
};

static void write_key(const char *path, EVP_PKEY *key, const char *password)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, key, password ? EVP_aes_128_cbc() : NULL, NULL, 0,
                         NULL, (void *)password),
        1);
    assert_int_equal(fclose(file), 0);
}

static void write_certificate(const char *path, EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(X509_set_version(certificate, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_NAME_add_entry_by_txt(
                         name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0),
        1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
}

static void path_in(const struct stage *stage, char *path, const char *name)
{
    (void)snprintf(path, 128, "%s/%s", stage->folder, name);
}

static void open_quiet(struct tls_stage *set, const struct mz_http_limits *limits)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");

    stage_open_quiet(&set->stage, limits);
    path_in(&set->stage, set->certificate, "cert.pem");
    path_in(&set->stage, set->key, "key.pem");
    path_in(&set->stage, set->other_key, "other.pem");
    path_in(&set->stage, set->locked_key, "locked.pem");
    write_certificate(set->certificate, key);
    write_key(set->key, key, NULL);
    write_key(set->other_key, other, NULL);
    write_key(set->locked_key, key, "secret");
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void open_tls(struct tls_stage *set, const struct mz_http_limits *limits)
{
    struct mz_error err = { 0 };

    open_quiet(set, limits);
    assert_int_equal(
        mz_http_server_use_tls(set->stage.server, set->certificate, set->key, &err), MZ_OK);
    assert_int_equal(mz_http_server_listen(set->stage.server, "127.0.0.1:0", 0, &err), MZ_OK);
}

static void close_tls(struct tls_stage *set)
{
    (void)unlink(set->certificate);
    (void)unlink(set->key);
    (void)unlink(set->other_key);
    (void)unlink(set->locked_key);
    stage_close(&set->stage);
}

/* A client whose cipher text goes through memory, so that the test decides how it is cut. */
struct client {
    struct wire wire;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;
    BIO *out;
    size_t taken; /* of wire.got */
    size_t cut;   /* bytes of cipher text at a time; 0: as they come */
    size_t plain_length;
    char plain[4096]; /* the first of it */
    char last[64];    /* the last of it */
    bool was_ended;   /* by close_notify */
};

static struct client *client_open(struct stage *stage, int version, size_t cut)
{
    struct client *client = calloc(1, sizeof(*client));

    client->wire = wire_tcp(stage);
    client->cut = cut;
    client->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(client->context, 0);
    (void)SSL_CTX_set_min_proto_version(client->context, version);
    (void)SSL_CTX_set_max_proto_version(client->context, version);
    client->ssl = SSL_new(client->context);
    client->in = BIO_new(BIO_s_mem());
    client->out = BIO_new(BIO_s_mem());
    SSL_set_bio(client->ssl, client->in, client->out);
    SSL_set_connect_state(client->ssl);
    (void)SSL_set_alpn_protos(client->ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    return client;
}

static void client_close(struct client *client)
{
    wire_close(&client->wire);
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    free(client);
    ERR_clear_error();
}

/* Moves bytes both ways, once. */
static void client_turn(struct client *client)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(client->out, &bytes);
    char plain[2048];
    int count;

    for (long at = 0; at < length;) {
        size_t part = client->cut ? client->cut : (size_t)length;

        if (part > (size_t)(length - at))
            part = (size_t)(length - at);
        wire_send_bytes(&client->wire, bytes + at, part);
        at += (long)part;
    }
    (void)BIO_reset(client->out);
    stage_turn(client->wire.stage);
    wire_receive(&client->wire);
    if (client->wire.got.length > client->taken)
        (void)BIO_write(client->in, client->wire.got.bytes + client->taken,
            (int)(client->wire.got.length - client->taken));
    client->taken = client->wire.got.length;
    while ((count = SSL_read(client->ssl, plain, sizeof(plain))) > 0) {
        for (int i = 0; i < count; i++, client->plain_length++) {
            if (client->plain_length < sizeof(client->plain) - 1)
                client->plain[client->plain_length] = plain[i];
            memmove(client->last, client->last + 1, 63);
            client->last[63] = plain[i];
        }
    }
    client->was_ended = SSL_get_error(client->ssl, count) == SSL_ERROR_ZERO_RETURN;
}

static void client_connect(struct client *client)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (!SSL_is_init_finished(client->ssl)) {
        assert_true(stage_now_ms() < end && !client->wire.has_ended);
        client_turn(client);
    }
}

static void client_say(struct client *client, const char *text)
{
    assert_int_equal(SSL_write(client->ssl, text, (int)strlen(text)), strlen(text));
    client_turn(client);
}

static void client_wait_for(struct client *client, const char *text)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (!strstr(client->plain, text)) {
        if (stage_now_ms() >= end || client->wire.has_ended)
            fail_msg("waited in vain for '%s'; so far: %.400s", text, client->plain);
        client_turn(client);
    }
}

static void client_wait_end(struct client *client)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (!client->wire.has_ended) {
        assert_true(stage_now_ms() < end);
        client_turn(client);
    }
}

static void requests_are_answered_over_tls_1_2_and_1_3(void **state)
{
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    static const size_t cuts[] = { 0, 1, 7 };
    struct tls_stage set;

    (void)state;
    open_tls(&set, NULL);
    for (size_t i = 0; i < COUNT(versions) * COUNT(cuts); i++) {
        struct client *client = client_open(&set.stage, versions[i % 2], cuts[i / 2]);
        const unsigned char *protocol;
        unsigned int length;

        client_connect(client);
        SSL_get0_alpn_selected(client->ssl, &protocol, &length);
        assert_int_equal(length, 8);
        assert_memory_equal(protocol, "http/1.1", 8);
        client_say(client,
            GET("/hello") "POST /echo HTTP/1.1\r\nHost: h\r\n"
                          "Content-Length: 5\r\n\r\nab");
        client_say(client, "cde");
        client_wait_for(client, "\r\n\r\nhello");
        client_wait_for(client, "\r\n\r\nabcde");
        client_say(client, "GET /no HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        client_wait_end(client);
        assert_non_null(strstr(client->plain, "404 Not Found"));
        assert_true(client->was_ended); /* and nobody cut it off on the way */
        client_close(client);
    }
    close_tls(&set);
}

static void large_answers_and_bodies_go_through_tls(void **state)
{
    struct tls_stage set;
    struct client *client;
    char *body = calloc(1, 1000000);

    (void)state;
    open_tls(&set, NULL);
    client = client_open(&set.stage, TLS1_3_VERSION, 0);
    client_connect(client);
    client_say(client, GET("/big?n=5000000") GET("/hello"));
    while (memcmp(client->last + 64 - 5, "hello", 5) != 0)
        client_turn(client);
    assert_true(client->plain_length > 5000000);
    client->plain_length = 0;
    client_say(client, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    memset(body, 'b', 1000000);
    assert_int_equal(SSL_write(client->ssl, body, 1000000), 1000000);
    while (client->plain_length < 1000000)
        client_turn(client);
    free(body);
    client_close(client);
    close_tls(&set);
}

static void streams_go_through_tls_and_end_with_their_reader(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct tls_stage set;
    struct client *client;
    char piece[1000] = { 0 };

    (void)state;
    limits.stream_pending_bytes_max = 100000;
    open_tls(&set, &limits);
    client = client_open(&set.stage, TLS1_3_VERSION, 0);
    client_connect(client);
    client_say(client, GET("/stream"));
    stage_wait_count(&set.stage, &set.stage.held_count, 1);
    mz_http_stream_begin(set.stage.held[0], 200, "text/event-stream");
    assert_true(mz_http_stream_write(set.stage.held[0], "data: 1\n\n", 9));
    client_wait_for(client, "9\r\ndata: 1\n\n\r\n");
    while (mz_http_stream_write(set.stage.held[0], piece, sizeof(piece)))
        assert_true(mz_http_stream_pending(set.stage.held[0]) <= 100000);
    mz_http_stream_end(set.stage.held[0]);
    client_close(client);

    client = client_open(&set.stage, TLS1_2_VERSION, 0);
    client_connect(client);
    client_say(client, GET("/later"));
    stage_wait_count(&set.stage, &set.stage.held_count, 2);
    (void)SSL_shutdown(client->ssl); /* says that it is done, and keeps the socket open */
    client_turn(client);
    stage_wait_count(&set.stage, &set.stage.gone_count, 1);
    mz_http_respond(set.stage.held[1], 200, NULL, NULL, 0);
    client_close(client);
    close_tls(&set);
}

static void what_is_not_tls_is_closed(void **state)
{
    static const char *const words[] = { GET("/hello"), "\x16\x03\x01\xFF\xFF", "\r\n",
        "\x16\x03\x01\x00\x05hello" };
    struct mz_http_limits limits = mz_http_limits_default();
    struct tls_stage set;
    int64_t begin;
    struct client *client;
    struct wire wire;

    (void)state;
    limits.header_deadline_ms = 300;
    open_tls(&set, &limits);
    for (size_t i = 0; i < COUNT(words); i++) {
        wire = wire_tcp(&set.stage);
        wire_send(&wire, words[i]);
        wire_wait_end(&wire);
        assert_false(wire_has(&wire, "HTTP/1.1"));
        wire_close(&wire);
    }
    wire = wire_tcp(&set.stage); /* nor does anyone wait for a handshake for ever */
    begin = stage_now_ms();
    wire_wait_end(&wire);
    assert_true(stage_now_ms() - begin >= 280 && stage_now_ms() - begin < 10000);
    wire_close(&wire);
    client = client_open(&set.stage, TLS1_1_VERSION, 0);
    client_wait_end(client);
    assert_false(SSL_is_init_finished(client->ssl));
    client_close(client);
    assert_int_equal(set.stage.handled_count, 0);
    stage_turn_for(&set.stage, 20);
    assert_int_equal(mz_http_server_connection_count(set.stage.server), 0);
    close_tls(&set);
}

static void certificates_that_do_not_fit_are_refused(void **state)
{
    struct tls_stage set;
    struct mz_http_server *server;
    struct mz_error err = { 0 };
    struct wire wire;

    (void)state;
    open_quiet(&set, NULL);
    server = set.stage.server;
    assert_int_equal(mz_http_server_use_tls(server, "/no/such", set.key, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "certificate '/no/such'"));
    assert_int_equal(mz_http_server_use_tls(server, set.certificate, "/no/such", &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "key '/no/such'"));
    assert_int_equal(mz_http_server_use_tls(server, set.certificate, set.other_key, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "mismatch"));
    assert_int_equal(
        mz_http_server_use_tls(server, set.certificate, set.locked_key, &err), MZ_E_IO);
    assert_int_equal(mz_http_server_use_tls(server, set.key, set.key, &err), MZ_E_IO);
    /* After all that the server speaks plain HTTP, and so does a listener made before TLS. */
    assert_int_equal(mz_http_server_listen(server, "127.0.0.1:0", 0, &err), MZ_OK);
    assert_int_equal(mz_http_server_use_tls(server, set.certificate, set.key, &err), MZ_OK);
    assert_int_equal(mz_http_server_use_tls(server, set.certificate, set.key, &err), MZ_OK);
    wire = wire_tcp(&set.stage);
    wire_send(&wire, GET("/hello"));
    wire_wait_for(&wire, "hello");
    wire_close(&wire);
    close_tls(&set);
}

static void key_updates_do_not_fill_the_memory(void **state)
{
    struct tls_stage set;
    struct client *client;
    size_t asked = 0;
    int narrow = 4096;

    (void)state;
    open_tls(&set, NULL);
    client = client_open(&set.stage, TLS1_3_VERSION, 0);
    (void)setsockopt(client->wire.fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof(narrow));
    client_connect(client);
    client_say(client, GET("/stream"));
    stage_wait_count(&set.stage, &set.stage.held_count, 1);
    mz_http_stream_begin(set.stage.held[0], 200, "text/event-stream");
    while (set.stage.gone_count == 0) { /* each is answered, and none of it is read */
        char *bytes = NULL;
        long length;

        for (int i = 0; i < 500; i++, asked++) {
            assert_int_equal(SSL_key_update(client->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
            assert_int_equal(SSL_do_handshake(client->ssl), 1);
        }
        assert_true(asked < 1000000);
        length = BIO_get_mem_data(client->out, &bytes);
        for (long at = 0; at < length && set.stage.gone_count == 0;) {
            ssize_t sent = send(
                client->wire.fd, bytes + at, (size_t)(length - at), MSG_DONTWAIT | MSG_NOSIGNAL);

            at += sent > 0 ? sent : 0;
            (void)uv_run(&set.stage.loop, UV_RUN_NOWAIT);
        }
        (void)BIO_reset(client->out);
    }
    mz_http_stream_end(set.stage.held[0]);
    client_close(client);
    close_tls(&set);
}

struct told {
    int32_t count;
    enum mz_http_outcome outcome;
    char error[256];
};

static void on_done(void *context, const struct mz_http_answer *answer)
{
    struct told *told = context;

    told->count++;
    told->outcome = answer->outcome;
    (void)snprintf(told->error, sizeof(told->error), "%.255s", answer->error);
}

static void a_client_sends_nothing_to_a_server_it_cannot_trust(void **state)
{
    struct tls_stage set;
    struct mz_http_client *client;
    struct told told = { 0 };
    char url[64];
    struct mz_http_call_spec spec = { .method = "POST", .url = url, .timeout_ms = 10000 };

    (void)state;
    open_tls(&set, NULL);
    (void)snprintf(
        url, sizeof(url), "https://127.0.0.1:%d/hello", (int)mz_http_server_port(set.stage.server));
    client = mz_http_client_create(&set.stage.loop, 2);
    (void)mz_http_call_start(client, &spec, on_done, &told);
    stage_wait_count(&set.stage, &told.count, 1);
    assert_int_equal(told.outcome, MZ_HTTP_NOT_SENT);
    assert_non_null(strstr(told.error, "certificate"));
    assert_int_equal(set.stage.handled_count, 0);
    mz_http_client_free(client);
    close_tls(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_over_tls_1_2_and_1_3),
        cmocka_unit_test(large_answers_and_bodies_go_through_tls),
        cmocka_unit_test(streams_go_through_tls_and_end_with_their_reader),
        cmocka_unit_test(key_updates_do_not_fill_the_memory),
        cmocka_unit_test(what_is_not_tls_is_closed),
        cmocka_unit_test(certificates_that_do_not_fit_are_refused),
        cmocka_unit_test(a_client_sends_nothing_to_a_server_it_cannot_trust),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
