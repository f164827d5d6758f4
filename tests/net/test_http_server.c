/* test_http_server.c - requests and answers over real sockets */
#include "net/net_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static void a_request_is_answered_over_tcp_and_unix(void **state)
{
    struct stage stage;
    struct wire wires[2];

    (void)state;
    stage_open(&stage, NULL);
    wires[0] = wire_tcp(&stage);
    wires[1] = wire_unix(&stage);
    for (int i = 0; i < 2; i++) {
        wire_send(&wires[i], GET("/hello"));
        wire_wait_for(&wires[i], "\r\n\r\nhello");
        assert_true(wire_has(&wires[i], "HTTP/1.1 200 OK\r\n"));
        assert_true(wire_has(&wires[i], "\r\nContent-Length: 5\r\n"));
        assert_true(wire_has(&wires[i], "\r\nContent-Type: text/plain\r\n"));
        assert_true(wire_has(&wires[i], "\r\nX-Content-Type-Options: nosniff\r\n"));
        assert_true(wire_has(&wires[i], "\r\nDate: "));
        assert_true(wire_has(&wires[i], " GMT\r\n"));
        assert_false(wire_has(&wires[i], "Connection:"));
    }
    assert_int_equal(mz_http_server_connection_count(stage.server), 2);
    wire_close(&wires[0]);
    wire_close(&wires[1]);
    stage_turn_for(&stage, 20);
    assert_int_equal(mz_http_server_connection_count(stage.server), 0);
    stage_close(&stage);
}

static void a_handler_sees_what_was_asked(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire,
        "PUT /what/%41?b=1&a=x%26+y HTTP/1.1\r\nHost: h\r\nx-A: one\r\n"
        "X-A: two\r\nContent-Length: 4\r\n\r\nbody");
    wire_wait_for(&wire, "PUT /what/A a=x& y x=one n=4 peer=127.0.0.1:");
    wire_close(&wire);
    wire = wire_unix(&stage);
    wire_send(&wire, GET("/what"));
    wire_wait_for(&wire, "GET /what a=(none) x=(none) n=0 peer=unix");
    wire_close(&wire);
    stage_close(&stage);
}

static void peers_are_known(void **state)
{
    struct stage stage;
    struct wire tcp, local;
    const struct mz_http_peer *peer;

    (void)state;
    stage_open(&stage, NULL);
    tcp = wire_tcp(&stage);
    wire_send(&tcp, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 1);
    peer = mz_http_request_peer(stage.held[0]);
    assert_false(peer->is_unix);
    assert_true(peer->is_loopback);
    assert_true(peer->uid == UINT32_MAX);
    local = wire_unix(&stage);
    wire_send(&local, GET("/later?a&b=2"));
    stage_wait_count(&stage, &stage.held_count, 2);
    peer = mz_http_request_peer(stage.held[1]);
    assert_true(peer->is_unix);
    assert_true(peer->is_loopback);
    assert_int_equal(peer->uid, getuid());
    assert_int_equal(peer->gid, getgid());
    assert_int_equal(peer->pid, getpid());
    assert_null(
        mz_http_request_query_unknown(stage.held[1], (const char *const[]){ "b", "a", NULL }));
    assert_string_equal(
        mz_http_request_query_unknown(stage.held[1], (const char *const[]){ "a", NULL }), "b");
    mz_http_respond(stage.held[0], 200, "text/plain", "first", 5);
    mz_http_response_header(stage.held[1], "Location", "/v1/jobs/12");
    mz_http_respond(stage.held[1], 201, NULL, NULL, 0);
    wire_wait_for(&tcp, "first");
    wire_wait_for(&local, "\r\n\r\n");
    assert_true(wire_has(&local, "HTTP/1.1 201 Created\r\n"));
    assert_true(wire_has(&local, "\r\nLocation: /v1/jobs/12\r\n"));
    assert_true(wire_has(&local, "\r\nContent-Length: 0\r\n"));
    assert_false(wire_has(&local, "Content-Type:"));
    wire_close(&tcp);
    wire_close(&local);
    stage_close(&stage);
}

static void requests_of_one_connection_are_answered_in_turn(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire,
        GET("/hello") "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" GET("/later")
            GET("/hello") GET("/no") "GET /hello HT");
    stage_wait_count(&stage, &stage.held_count, 1);
    stage_turn_for(&stage, 20);
    assert_int_equal(stage.handled_count, 3); /* the fourth waits for the third's answer */
    mz_http_respond(stage.held[0], 200, "text/plain", "third", 5);
    assert_int_equal(stage.handled_count, 3); /* and is not handled inside of respond */
    wire_wait_for(&wire, "404 Not Found");
    wire_send(&wire, "TP/1.1\r\nHost: h\r\n\r\n");
    stage_wait_count(&stage, &stage.handled_count, 6);
    stage_turn_for(&stage, 20);
    assert_int_equal(wire_count(&wire, "HTTP/1.1 200 OK"), 5);
    assert_true(strstr(wire.got.bytes, "\r\n\r\nabc") < strstr(wire.got.bytes, "\r\n\r\nthird"));
    wire_close(&wire);
    stage_close(&stage);
}

static void many_pipelined_requests_are_all_answered(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_unix(&stage);
    for (int i = 0; i < 200; i++) {
        wire_send(&wire, GET("/hello") GET("/later") GET("/big?n=100000"));
        for (int32_t j = 0; j < stage.held_count; j++)
            mz_http_respond(stage.held[j], 200, NULL, NULL, 0);
        stage.held_count = 0;
    }
    while (stage.handled_count < 600) {
        stage_wait_count(&stage, &stage.held_count, 1);
        mz_http_respond(stage.held[0], 200, NULL, NULL, 0);
        stage.held_count = 0;
        wire_wait_bytes(&wire, wire.got.length + 1);
        while (stage.handled_count < 600 && stage.held_count == 0)
            wire_wait_bytes(&wire, wire.got.length + 1);
    }
    wire_wait_bytes(&wire, 200 * 100000);
    while (wire_count(&wire, "HTTP/1.1 200 OK") < 600)
        wire_wait_bytes(&wire, wire.got.length + 1);
    wire_close(&wire);
    stage_close(&stage);
}

static void connections_are_closed_when_asked_and_kept_otherwise(void **state)
{
    static const struct {
        const char *request;
        bool closes;
        const char *line;
    } cases[] = {
        { GET("/hello"), false, "HTTP/1.1 200 OK\r\n" },
        { "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true,
            "\r\nConnection: close\r\n" },
        { "GET /hello HTTP/1.0\r\n\r\n", true, "\r\nConnection: close\r\n" },
        { "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false,
            "\r\nConnection: keep-alive\r\n" },
        { "GET / HTTP/1.1\r\n\r\n", true, "HTTP/1.1 400 Bad Request\r\n" },
        { "GET / HTTP/1.1\nHost: h\n\n", true, "HTTP/1.1 400 Bad Request\r\n" },
        { "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", true, "HTTP/1.1 413 " },
        { "\x16\x03\x01\x02", true, "HTTP/1.1 400 Bad Request\r\n" },
    };
    struct stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wire wire = wire_tcp(&stage);

        wire_send(&wire, cases[i].request);
        wire_wait_for(&wire, "\r\n\r\n");
        assert_true(wire_has(&wire, cases[i].line));
        if (cases[i].closes) {
            wire_wait_end(&wire);
            assert_false(wire.was_reset);
        } else {
            stage_turn_for(&stage, 20);
            wire_send(&wire, GET("/no"));
            wire_wait_for(&wire, "404 Not Found");
        }
        wire_close(&wire);
    }
    stage_close(&stage);
}

static void head_gets_headers_alone(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire, "HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n" GET("/no"));
    wire_wait_for(&wire, "no\n");
    assert_true(wire_has(&wire, "\r\nContent-Length: 5\r\n"));
    assert_false(wire_has(&wire, "hello"));
    assert_true(wire_has(&wire, "\r\n\r\nHTTP/1.1 404"));
    wire_close(&wire);
    stage_close(&stage);
}

static void who_expects_100_gets_it_before_the_body(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire,
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    wire_wait_for(&wire, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(stage.handled_count, 0);
    wire_send(&wire, "abc");
    wire_wait_for(&wire, "\r\n\r\nabc");
    /* Nobody who sends the body at once needs it, and nobody whose body is refused gets it. */
    wire_send(&wire,
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\ndef");
    wire_wait_for(&wire, "\r\n\r\ndef");
    wire_send(&wire,
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n"
        "Expect: 100-continue\r\n\r\n");
    wire_wait_for(&wire, "HTTP/1.1 413 ");
    wire_wait_end(&wire);
    assert_int_equal(wire_count(&wire, "100 Continue"), 1);
    wire_close(&wire);
    stage_close(&stage);
}

static void a_large_body_is_refused_and_the_answer_still_arrives(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire wire;
    char *body = calloc(1, 200000);

    (void)state;
    limits.body_bytes_max = 100000;
    stage_open(&stage, &limits);
    wire = wire_tcp(&stage);
    wire_send(&wire, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    wire_send_bytes(&wire, body, 100000);
    wire_wait_bytes(&wire, 100000);
    wire_send(&wire, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n");
    wire_send_bytes(&wire, body, 50000);
    wire_wait_end(&wire);
    assert_false(wire.was_reset);
    assert_non_null(memmem(wire.got.bytes, wire.got.length, "HTTP/1.1 413 ", 13));
    assert_int_equal(stage.handled_count, 1);
    free(body);
    wire_close(&wire);
    stage_close(&stage);
}

static void large_answers_arrive_whole(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire, GET("/big?n=30000000") GET("/hello"));
    stage_turn_for(&stage, 50);
    wire_wait_for(&wire, "\r\n\r\nhello");
    assert_true(wire.got.length > 30000000);
    wire_close(&wire);
    /* Also to a peer that sends no more. */
    wire = wire_tcp(&stage);
    wire_send(&wire, GET("/big?n=20000000") GET("/hello"));
    (void)shutdown(wire.fd, SHUT_WR);
    wire_wait_for(&wire, "\r\n\r\nhello");
    wire_wait_end(&wire);
    wire_close(&wire);
    stage_close(&stage);
}

static void a_request_whose_peer_left_is_still_answered_to_nobody(void **state)
{
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    for (int round = 0; round < 2; round++) {
        stage.answers_when_gone = round == 1;
        stage.gone_count = 0;
        wire = round == 0 ? wire_tcp(&stage) : wire_unix(&stage);
        wire_send(&wire, GET("/later?a=7"));
        stage_wait_count(&stage, &stage.held_count, round + 1);
        assert_false(mz_http_request_is_gone(stage.held[round]));
        wire_close(&wire);
        stage_wait_count(&stage, &stage.gone_count, 1);
        assert_int_equal(mz_http_server_connection_count(stage.server), 0);
    }
    assert_int_equal(stage.gone_count, 1);
    assert_true(mz_http_request_is_gone(stage.held[0]));
    assert_string_equal(mz_http_request_query(stage.held[0], "a"), "7");
    mz_http_response_header(stage.held[0], "A", "b");
    mz_http_respond(stage.held[0], 200, "text/plain", "x", 1);
    stage_close(&stage);
}

static void a_request_outlives_the_server(void **state)
{
    struct stage stage;
    struct wire wire;
    struct mz_http_request *request;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    wire_send(&wire, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 1);
    request = stage.held[0];
    stage_close(&stage);
    assert_int_equal(stage.gone_count, 1);
    assert_string_equal(mz_http_request_path(request), "/later");
    mz_http_stream_begin(request, 200, "text/plain");
    assert_false(mz_http_stream_write(request, "x", 1));
    mz_http_stream_end(request);
    wire_close(&wire);
}

static void on_stopped(void *context)
{
    ((struct stage *)context)->is_stopped = true;
}

static void stopping_waits_for_answers_as_long_as_the_grace(void **state)
{
    struct stage stage;
    struct wire idle, half, later, never;
    int64_t begin;

    (void)state;
    stage_open(&stage, NULL);
    idle = wire_tcp(&stage);
    wire_send(&idle, GET("/hello"));
    wire_wait_for(&idle, "hello");
    half = wire_tcp(&stage);
    wire_send(&half, "GET /hello HT");
    later = wire_tcp(&stage);
    wire_send(&later, GET("/later"));
    never = wire_unix(&stage);
    stage_wait_count(&stage, &stage.held_count, 1);
    wire_send(&never, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 2);
    begin = stage_now_ms();
    mz_http_server_stop(stage.server, 300, on_stopped, &stage);
    assert_int_not_equal(access(stage.socket_path, F_OK), 0);
    wire_wait_end(&idle);
    wire_wait_end(&half);
    assert_false(stage.is_stopped);
    mz_http_respond(stage.held[0], 200, "text/plain", "at last", 7);
    wire_wait_end(&later);
    assert_true(wire_has(&later, "at last"));
    assert_true(wire_has(&later, "Connection: close"));
    assert_int_equal(stage.gone_count, 0);
    wire_wait_end(&never);
    while (!stage.is_stopped)
        stage_turn(&stage);
    assert_true(stage_now_ms() - begin >= 290);
    assert_int_equal(stage.gone_count, 1);
    mz_http_respond(stage.held[1], 200, NULL, NULL, 0);
    wire_close(&idle);
    wire_close(&half);
    wire_close(&later);
    wire_close(&never);
    stage_close(&stage);
}

static void a_server_without_connections_stops_at_once(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, NULL);
    mz_http_server_stop(stage.server, 60000, on_stopped, &stage);
    assert_false(stage.is_stopped);
    stage_turn_for(&stage, 20);
    assert_true(stage.is_stopped);
    stage_close(&stage);
    /* and one that never listened is just freed */
    stage_open_quiet(&stage, NULL);
    mz_http_server_free(stage.server);
    mz_http_server_free(NULL);
    stage.server = NULL;
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_over_tcp_and_unix),
        cmocka_unit_test(a_handler_sees_what_was_asked),
        cmocka_unit_test(peers_are_known),
        cmocka_unit_test(requests_of_one_connection_are_answered_in_turn),
        cmocka_unit_test(many_pipelined_requests_are_all_answered),
        cmocka_unit_test(connections_are_closed_when_asked_and_kept_otherwise),
        cmocka_unit_test(head_gets_headers_alone),
        cmocka_unit_test(who_expects_100_gets_it_before_the_body),
        cmocka_unit_test(a_large_body_is_refused_and_the_answer_still_arrives),
        cmocka_unit_test(large_answers_arrive_whole),
        cmocka_unit_test(a_request_whose_peer_left_is_still_answered_to_nobody),
        cmocka_unit_test(a_request_outlives_the_server),
        cmocka_unit_test(stopping_waits_for_answers_as_long_as_the_grace),
        cmocka_unit_test(a_server_without_connections_stops_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
