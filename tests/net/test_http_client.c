/* test_http_client.c - what became of a call, against servers that behave and servers that do not
 *
 * The rude server accepts connections on the loop and follows a script: what to say, when to close.
 */
#include "net/net_fixture.h"

#include "net/http_client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct told {
    int32_t count;
    enum mz_http_outcome outcome;
    int32_t status;
    char body[256];
    size_t length;
    char error[256];
    size_t streamed;
    size_t stream_max; /* on_data says false from there on */
    struct mz_http_client *client;
    struct mz_http_call *cancels; /* from on_data */
    struct told *starts;          /* from done: another call */
    const struct mz_http_call_spec *spec;
};

static void on_done(void *context, const struct mz_http_answer *answer)
{
    struct told *told = context;

    told->count++;
    told->outcome = answer->outcome;
    told->status = answer->status;
    told->length = answer->length;
    (void)snprintf(told->body, sizeof(told->body), "%.255s", answer->body);
    (void)snprintf(told->error, sizeof(told->error), "%.255s", answer->error);
    assert_int_equal(answer->error[0] == '\0', answer->outcome == MZ_HTTP_ANSWERED);
    if (told->starts)
        (void)mz_http_call_start(told->client, told->spec, on_done, told->starts);
}

static bool on_data(void *context, const char *bytes, size_t length)
{
    struct told *told = context;

    (void)bytes;
    told->streamed += length;
    if (told->cancels)
        mz_http_call_cancel(told->cancels);
    told->cancels = NULL;
    return told->stream_max == 0 || told->streamed < told->stream_max;
}

struct set {
    struct stage stage;
    struct mz_http_client *client;
    char url[256];
};

static void set_open(struct set *set, int32_t connections_max)
{
    stage_open(&set->stage, NULL);
    set->client = mz_http_client_create(&set->stage.loop, connections_max);
}

static void set_close(struct set *set)
{
    mz_http_client_free(set->client);
    stage_close(&set->stage);
}

static struct mz_http_call_spec spec_for(struct set *set, const char *method, const char *path)
{
    (void)snprintf(set->url, sizeof(set->url), "http://127.0.0.1:%d%s",
        (int)mz_http_server_port(set->stage.server), path);
    return (struct mz_http_call_spec){ .method = method, .url = set->url, .timeout_ms = 10000 };
}

static struct told call(struct set *set, const struct mz_http_call_spec *spec)
{
    struct told told = { 0 };

    (void)mz_http_call_start(set->client, spec, on_done, &told);
    assert_int_equal(told.count, 0);
    stage_wait_count(&set->stage, &told.count, 1);
    return told;
}

static void a_call_is_answered(void **state)
{
    static const char *const headers[] = { "X-A: one", "Content-Type: application/json" };
    struct mz_http_call_spec spec;
    struct told told;
    struct set set;

    (void)state;
    set_open(&set, 4);
    spec = spec_for(&set, "POST", "/what?a=1");
    spec.header_count = 2;
    spec.headers = headers;
    spec.body = "{}xx";
    spec.body_length = 2;
    told = call(&set, &spec);
    assert_int_equal(told.outcome, MZ_HTTP_ANSWERED);
    assert_int_equal(told.status, 200);
    assert_non_null(strstr(told.body, "POST /what a=1 x=one n=2 peer=127.0.0.1"));
    spec = spec_for(&set, "GET", "/none");
    told = call(&set, &spec);
    assert_int_equal(told.status, 404);
    assert_string_equal(told.body, "no\n");
    spec = spec_for(&set, "HEAD", "/hello");
    told = call(&set, &spec);
    assert_int_equal(told.status, 200);
    assert_int_equal(told.length, 0);
    spec = spec_for(&set, "DELETE", "/what");
    assert_non_null(strstr(call(&set, &spec).body, "DELETE /what"));
    spec = spec_for(&set, "POST", "/what");
    assert_non_null(strstr(call(&set, &spec).body, "POST /what a=(none) x=(none) n=0"));
    spec.unix_path = set.stage.socket_path;
    spec.url = "http://localhost/what";
    assert_non_null(strstr(call(&set, &spec).body, "peer=unix"));
    set_close(&set);
}

static void many_calls_share_few_connections(void **state)
{
    enum { CALLS = 300, CONNECTIONS = 3 };
    static struct told told[CALLS];
    struct mz_http_call_spec spec;
    struct set set;
    int32_t most = 0;

    (void)state;
    memset(told, 0, sizeof(told));
    set_open(&set, CONNECTIONS);
    spec = spec_for(&set, "POST", "/echo");
    spec.body = "same";
    spec.body_length = 4;
    for (int i = 0; i < CALLS; i++)
        (void)mz_http_call_start(set.client, &spec, on_done, &told[i]);
    for (int i = 0; i < CALLS; i++) {
        while (told[i].count == 0) {
            int32_t now = mz_http_server_connection_count(set.stage.server);

            stage_turn(&set.stage);
            most = now > most ? now : most;
        }
        assert_int_equal(told[i].outcome, MZ_HTTP_ANSWERED);
        assert_string_equal(told[i].body, "same");
    }
    assert_true(most <= CONNECTIONS);
    set_close(&set);
}

static void without_a_connection_nothing_was_sent(void **state)
{
    static const char *const urls[] = { "http://127.0.0.1:1/", "nonsense://x/", "http://", "",
        "file:///etc/passwd", "ftp://127.0.0.1/", "http://no-such-host.invalid/", "http://[::1" };
    struct mz_http_call_spec spec = {
        .method = "POST", .body = "x", .body_length = 1, .timeout_ms = 5000
    };
    struct told told;
    struct set set;

    (void)state;
    set_open(&set, 4);
    for (size_t i = 0; i < COUNT(urls); i++) {
        spec.url = urls[i];
        told = call(&set, &spec);
        if (told.outcome != MZ_HTTP_NOT_SENT)
            fail_msg("%s: outcome %d", urls[i], (int)told.outcome);
    }
    spec.url = "http://localhost/";
    spec.unix_path = "/no/such/socket";
    assert_int_equal(call(&set, &spec).outcome, MZ_HTTP_NOT_SENT);
    set_close(&set);
}

static void a_call_that_waits_for_a_place_times_out_unsent(void **state)
{
    struct mz_http_call_spec spec;
    struct told first = { 0 }, second = { 0 };
    struct set set;

    (void)state;
    set_open(&set, 1);
    spec = spec_for(&set, "POST", "/later");
    spec.timeout_ms = 0;
    (void)mz_http_call_start(set.client, &spec, on_done, &first);
    stage_wait_count(&set.stage, &set.stage.held_count, 1);
    spec.timeout_ms = 50;
    (void)mz_http_call_start(set.client, &spec, on_done, &second);
    stage_wait_count(&set.stage, &second.count, 1);
    assert_int_equal(second.outcome, MZ_HTTP_NOT_SENT);
    assert_non_null(strstr(second.error, "timed out"));
    assert_int_equal(first.count, 0);
    mz_http_respond(set.stage.held[0], 200, NULL, NULL, 0);
    stage_wait_count(&set.stage, &first.count, 1);
    set_close(&set);
}

static void a_timeout_behind_the_connection_is_unknown(void **state)
{
    struct mz_http_call_spec spec;
    struct told told;
    struct set set;

    (void)state;
    set_open(&set, 1);
    spec = spec_for(&set, "POST", "/later");
    spec.timeout_ms = 100;
    told = call(&set, &spec);
    assert_int_equal(told.outcome, MZ_HTTP_UNKNOWN);
    assert_int_equal(set.stage.held_count, 1);
    stage_wait_count(&set.stage, &set.stage.gone_count, 1);
    mz_http_respond(set.stage.held[0], 200, NULL, NULL, 0);
    set_close(&set);
}

/* The rude server. */
struct rude {
    const char *says[4]; /* to the connections in turn; NULL: nothing */
    bool keeps[4];       /* the connection open; else it is closed behind the words */
    int32_t accepted;
    int32_t request_count; /* pieces that were read */
    uv_tcp_t listener;
    uv_tcp_t conns[4];
    uv_write_t writes[4];
    int32_t port;
};

static void rude_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    static char buffer[65536];

    (void)handle, (void)wanted;
    *ret_buffer = uv_buf_init(buffer, sizeof(buffer));
}

static void rude_written(uv_write_t *write, int status)
{
    (void)status;
    if (write->data && !uv_is_closing(write->data))
        uv_close(write->data, NULL);
}

static void rude_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct rude *rude = stream->data;
    int32_t i = (int32_t)((uv_tcp_t *)stream - rude->conns);
    uv_buf_t piece;

    (void)buffer;
    if (length < 0) {
        if (!uv_is_closing((uv_handle_t *)stream))
            uv_close((uv_handle_t *)stream, NULL);
        return;
    }
    rude->request_count++;
    if (!rude->says[i] && !rude->keeps[i] && !uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, NULL);
    if (!rude->says[i])
        return;
    piece = uv_buf_init((char *)rude->says[i], (unsigned int)strlen(rude->says[i]));
    rude->says[i] = NULL; /* once */
    rude->writes[i].data = rude->keeps[i] ? NULL : stream;
    rude->keeps[i] = false;
    assert_int_equal(uv_write(&rude->writes[i], stream, &piece, 1, rude_written), 0);
}

static void rude_accept(uv_stream_t *listener, int status)
{
    struct rude *rude = listener->data;
    uv_tcp_t *conn = &rude->conns[rude->accepted];

    assert_int_equal(status, 0);
    assert_true(rude->accepted < 4);
    assert_int_equal(uv_tcp_init(listener->loop, conn), 0);
    conn->data = rude;
    assert_int_equal(uv_accept(listener, (uv_stream_t *)conn), 0);
    assert_int_equal(uv_read_start((uv_stream_t *)conn, rude_alloc, rude_read), 0);
    rude->accepted++;
}

static void rude_open(struct rude *rude, struct set *set)
{
    struct sockaddr_in address;
    int length = sizeof(address);

    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    assert_int_equal(uv_tcp_init(&set->stage.loop, &rude->listener), 0);
    rude->listener.data = rude;
    assert_int_equal(uv_tcp_bind(&rude->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&rude->listener, 8, rude_accept), 0);
    assert_int_equal(uv_tcp_getsockname(&rude->listener, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(set->url, sizeof(set->url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
}

static void rude_close(struct rude *rude)
{
    uv_close((uv_handle_t *)&rude->listener, NULL);
    for (int32_t i = 0; i < rude->accepted; i++)
        if (!uv_is_closing((uv_handle_t *)&rude->conns[i]))
            uv_close((uv_handle_t *)&rude->conns[i], NULL);
}

static void a_server_that_breaks_off_leaves_the_call_unknown(void **state)
{
    static const char *const words[] = { NULL, "HT", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" };
    struct set set;

    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        for (int method = 0; method < 2; method++) {
            struct rude rude = { .says = { words[i] } };
            struct mz_http_call_spec spec = {
                .method = method ? "POST" : "GET", .url = set.url, .timeout_ms = 5000
            };
            struct told told;

            set_open(&set, 4);
            rude_open(&rude, &set);
            told = call(&set, &spec);
            if (told.outcome != MZ_HTTP_UNKNOWN)
                fail_msg("case %zu: %d %s", i, (int)told.outcome, told.error);
            assert_int_equal(rude.accepted, 1);
            rude_close(&rude);
            set_close(&set);
        }
    }
}

static void a_kept_connection_that_breaks_sends_nothing_twice(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct set set;

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct rude rude = { .says = { answer, answer }, .keeps = { true, true } };
        struct mz_http_call_spec spec = {
            .method = round ? "GET" : "POST", .url = set.url, .timeout_ms = 5000
        };
        struct told told;

        set_open(&set, 4);
        rude_open(&rude, &set);
        told = call(&set, &spec);
        assert_int_equal(told.outcome, MZ_HTTP_ANSWERED);
        told = call(&set, &spec); /* over the same connection, which is closed at that */
        assert_int_equal(rude.request_count, round ? 3 : 2);
        assert_int_equal(told.outcome, round ? MZ_HTTP_ANSWERED : MZ_HTTP_UNKNOWN);
        rude_close(&rude);
        set_close(&set);
    }
}

static void redirects_are_not_followed_and_proxies_not_asked(void **state)
{
    static const char answer[] =
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    struct rude rude = { .says = { answer }, .keeps = { true } };
    struct mz_http_call_spec spec = { .method = "GET", .timeout_ms = 5000 };
    struct told told;
    struct set set;

    (void)state;
    (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
    (void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    set_open(&set, 4);
    rude_open(&rude, &set);
    spec.url = set.url;
    told = call(&set, &spec);
    assert_int_equal(told.outcome, MZ_HTTP_ANSWERED);
    assert_int_equal(told.status, 302);
    rude_close(&rude);
    set_close(&set);
    (void)unsetenv("http_proxy");
    (void)unsetenv("ALL_PROXY");
}

static void an_answer_over_the_limit_is_unknown(void **state)
{
    struct mz_http_call_spec spec;
    struct told told;
    struct set set;

    (void)state;
    set_open(&set, 4);
    spec = spec_for(&set, "GET", "/big?n=5000");
    spec.response_bytes_max = 5000;
    told = call(&set, &spec);
    assert_int_equal(told.outcome, MZ_HTTP_ANSWERED);
    assert_int_equal(told.length, 5000);
    spec.response_bytes_max = 4999;
    told = call(&set, &spec);
    assert_int_equal(told.outcome, MZ_HTTP_UNKNOWN);
    assert_non_null(strstr(told.error, "longer than 4999 bytes"));
    set_close(&set);
}

static void streams_come_in_pieces_and_end_when_told(void **state)
{
    struct mz_http_call_spec spec;
    struct told told = { 0 }, other = { 0 };
    struct set set;

    (void)state;
    set_open(&set, 4);
    spec = spec_for(&set, "GET", "/stream");
    spec.timeout_ms = 0;
    spec.on_data = on_data;
    told.stream_max = 6;
    (void)mz_http_call_start(set.client, &spec, on_done, &told);
    stage_wait_count(&set.stage, &set.stage.held_count, 1);
    mz_http_stream_begin(set.stage.held[0], 200, "text/event-stream");
    assert_true(mz_http_stream_write(set.stage.held[0], "abc", 3));
    while (told.streamed < 3)
        stage_turn(&set.stage);
    assert_int_equal(told.count, 0);
    /* From on_data another call is cancelled, and this one ended. */
    spec = spec_for(&set, "POST", "/later");
    told.cancels = mz_http_call_start(set.client, &spec, on_done, &other);
    stage_wait_count(&set.stage, &set.stage.held_count, 2);
    assert_true(mz_http_stream_write(set.stage.held[0], "def", 3));
    stage_wait_count(&set.stage, &told.count, 1);
    stage_wait_count(&set.stage, &other.count, 1);
    assert_int_equal(told.outcome, MZ_HTTP_ANSWERED);
    assert_int_equal(told.length, 0);
    assert_int_equal(other.outcome, MZ_HTTP_CANCELLED);
    stage_wait_count(&set.stage, &set.stage.gone_count, 2);
    mz_http_stream_end(set.stage.held[0]);
    mz_http_respond(set.stage.held[1], 200, NULL, NULL, 0);
    /* An answer that is no success is gathered, not streamed. */
    spec = spec_for(&set, "GET", "/none");
    spec.on_data = on_data;
    told = call(&set, &spec);
    assert_int_equal(told.streamed, 0);
    assert_string_equal(told.body, "no\n");
    set_close(&set);
}

static void cancelled_calls_are_told_once_and_later(void **state)
{
    struct mz_http_call_spec spec;
    struct told told[3] = { { 0 } };
    struct mz_http_call *calls[3];
    struct set set;

    (void)state;
    set_open(&set, 1);
    spec = spec_for(&set, "POST", "/later");
    for (int i = 0; i < 3; i++)
        calls[i] = mz_http_call_start(set.client, &spec, on_done, &told[i]);
    mz_http_call_cancel(calls[2]); /* before it began */
    stage_wait_count(&set.stage, &told[2].count, 1);
    stage_wait_count(&set.stage, &set.stage.held_count, 1);
    mz_http_call_cancel(calls[0]); /* while it runs */
    mz_http_call_cancel(calls[0]);
    assert_int_equal(told[0].count, 0);
    stage_wait_count(&set.stage, &told[0].count, 1);
    stage_wait_count(&set.stage, &set.stage.held_count, 2); /* the next has its place */
    assert_int_equal(told[1].count, 0);
    mz_http_client_free(set.client);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(told[i].count, 1);
        assert_int_equal(told[i].outcome, MZ_HTTP_CANCELLED);
    }
    stage_wait_count(&set.stage, &set.stage.gone_count, 2);
    mz_http_respond(set.stage.held[0], 200, NULL, NULL, 0);
    mz_http_respond(set.stage.held[1], 200, NULL, NULL, 0);
    mz_http_client_free(NULL);
    stage_close(&set.stage);
}

static void done_may_start_the_next_call(void **state)
{
    struct mz_http_call_spec spec;
    struct told second = { 0 }, first = { 0 };
    struct set set;

    (void)state;
    set_open(&set, 1);
    spec = spec_for(&set, "GET", "/hello");
    first.client = set.client;
    first.spec = &spec;
    first.starts = &second;
    (void)mz_http_call_start(set.client, &spec, on_done, &first);
    stage_wait_count(&set.stage, &second.count, 1);
    assert_int_equal(second.outcome, MZ_HTTP_ANSWERED);
    set_close(&set);
}

/* A server in a thread, for the call that waits. */
struct threaded {
    struct stage stage;
    uv_async_t ends;
    pthread_t thread;
    int32_t is_ready;
};

static void on_ends(uv_async_t *async)
{
    struct threaded *threaded = async->data;

    while (threaded->stage.held_count > 0)
        mz_http_respond(threaded->stage.held[--threaded->stage.held_count], 200, NULL, NULL, 0);
    uv_close((uv_handle_t *)async, NULL);
    uv_stop(&threaded->stage.loop);
}

static void *serve(void *context)
{
    struct threaded *threaded = context;

    (void)uv_run(&threaded->stage.loop, UV_RUN_DEFAULT);
    return NULL;
}

static bool interrupted(void)
{
    return true;
}

static void a_command_can_wait_for_a_call(void **state)
{
    struct threaded threaded;
    struct mz_http_call_spec spec = { .method = "GET", .timeout_ms = 10000 };
    enum mz_http_outcome outcome = MZ_HTTP_UNKNOWN;
    struct mz_error err = { 0 };
    struct told told = { 0 };
    char url[128];
    char *body = NULL;
    size_t length = 0;
    int32_t status = 0;

    (void)state;
    stage_open(&threaded.stage, NULL);
    threaded.ends.data = &threaded;
    assert_int_equal(uv_async_init(&threaded.stage.loop, &threaded.ends, on_ends), 0);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/hello",
        (int)mz_http_server_port(threaded.stage.server));
    spec.url = url;
    assert_int_equal(pthread_create(&threaded.thread, NULL, serve, &threaded), 0);
    assert_int_equal(
        mz_http_call_wait(&spec, NULL, NULL, &status, &body, &length, NULL, &err), MZ_OK);
    assert_int_equal(status, 200);
    assert_string_equal(body, "hello");
    assert_int_equal(length, 5);
    free(body);
    spec.on_data = on_data;
    assert_int_equal(
        mz_http_call_wait(&spec, &told, NULL, &status, &body, &length, &outcome, &err), MZ_OK);
    assert_int_equal(told.streamed, 5);
    assert_int_equal(length, 0);
    free(body);
    spec.on_data = NULL;
    (void)strcpy(strrchr(url, '/'), "/later");
    assert_int_equal(
        mz_http_call_wait(&spec, NULL, interrupted, &status, &body, &length, &outcome, &err),
        MZ_E_INTERRUPT);
    assert_int_equal(outcome, MZ_HTTP_CANCELLED);
    spec.url = "http://127.0.0.1:1/";
    assert_int_equal(
        mz_http_call_wait(&spec, NULL, interrupted, &status, &body, &length, &outcome, &err),
        MZ_E_IO);
    assert_int_equal(outcome, MZ_HTTP_NOT_SENT);
    assert_true(strlen(err.text) > 10);
    assert_int_equal(uv_async_send(&threaded.ends), 0);
    assert_int_equal(pthread_join(threaded.thread, NULL), 0);
    stage_close(&threaded.stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered),
        cmocka_unit_test(many_calls_share_few_connections),
        cmocka_unit_test(without_a_connection_nothing_was_sent),
        cmocka_unit_test(a_call_that_waits_for_a_place_times_out_unsent),
        cmocka_unit_test(a_timeout_behind_the_connection_is_unknown),
        cmocka_unit_test(a_server_that_breaks_off_leaves_the_call_unknown),
        cmocka_unit_test(a_kept_connection_that_breaks_sends_nothing_twice),
        cmocka_unit_test(redirects_are_not_followed_and_proxies_not_asked),
        cmocka_unit_test(an_answer_over_the_limit_is_unknown),
        cmocka_unit_test(streams_come_in_pieces_and_end_when_told),
        cmocka_unit_test(cancelled_calls_are_told_once_and_later),
        cmocka_unit_test(done_may_start_the_next_call),
        cmocka_unit_test(a_command_can_wait_for_a_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
