/* test_http_stream.c - answers that come in pieces */
#include "net/net_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static struct mz_http_request *begin(struct stage *stage, struct wire *wire, const char *request)
{
    wire_send(wire, request);
    stage_wait_count(stage, &stage->held_count, 1);
    stage->held_count = 0;
    mz_http_response_header(stage->held[0], "Cache-Control", "no-store");
    mz_http_stream_begin(stage->held[0], 200, "text/event-stream");
    return stage->held[0];
}

static void a_stream_is_chunked_and_the_connection_is_kept(void **state)
{
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    request = begin(&stage, &wire, GET("/stream"));
    wire_wait_for(&wire, "\r\n\r\n"); /* the head does not wait for the first piece */
    assert_true(wire_has(&wire, "\r\nTransfer-Encoding: chunked\r\n"));
    assert_true(wire_has(&wire, "\r\nContent-Type: text/event-stream\r\n"));
    assert_true(wire_has(&wire, "\r\nCache-Control: no-store\r\n"));
    assert_false(wire_has(&wire, "Content-Length"));
    assert_true(mz_http_stream_write(request, "data: 1\n\n", 9));
    wire_wait_for(&wire, "\r\n\r\n9\r\ndata: 1\n\n\r\n");
    assert_true(mz_http_stream_write(request, "", 0)); /* would be the end */
    assert_int_equal(mz_http_stream_pending(request), 0);
    wire_send(&wire, GET("/hello"));
    assert_true(mz_http_stream_write(request, "0123456789abcdef", 16));
    wire_wait_for(&wire, "10\r\n0123456789abcdef\r\n");
    assert_int_equal(stage.handled_count, 1);
    mz_http_stream_end(request);
    wire_wait_for(&wire, "\r\n0\r\n\r\nHTTP/1.1 200 OK");
    wire_wait_for(&wire, "hello");
    wire_close(&wire);
    stage_close(&stage);
}

static void for_http_1_0_the_end_of_the_connection_is_the_end(void **state)
{
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    request = begin(&stage, &wire, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_true(mz_http_stream_write(request, "abc", 3));
    assert_true(mz_http_stream_write(request, "def", 3));
    mz_http_stream_end(request);
    wire_wait_end(&wire);
    assert_true(wire_has(&wire, "\r\n\r\nabcdef"));
    assert_true(wire_has(&wire, "Connection: close\r\n"));
    assert_false(wire_has(&wire, "chunked"));
    wire_close(&wire);
    /* HEAD gets the head of a stream */
    wire = wire_tcp(&stage);
    request = begin(&stage, &wire, "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(mz_http_stream_write(request, "abc", 3));
    mz_http_stream_end(request);
    wire_send(&wire, GET("/hello"));
    wire_wait_for(&wire, "\r\n\r\nHTTP/1.1 200 OK");
    assert_false(wire_has(&wire, "abc"));
    wire_close(&wire);
    stage_close(&stage);
}

static void pieces_arrive_whole_through_a_narrow_socket(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;
    size_t written = 0;
    int narrow = 4096;
    char piece[3000];
    int32_t lines = 0;

    (void)state;
    memset(piece, 'y', sizeof(piece));
    limits.stream_pending_bytes_max = 1 << 26;
    stage_open(&stage, &limits);
    wire = wire_unix(&stage);
    (void)setsockopt(wire.fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof(narrow));
    request = begin(&stage, &wire, GET("/stream"));
    for (int i = 0; i < 5000; i++) {
        piece[0] = '\n';
        assert_true(mz_http_stream_write(request, piece, 1 + (size_t)i % sizeof(piece)));
        written += 1 + (size_t)i % sizeof(piece);
    }
    assert_true(mz_http_stream_pending(request) > 0);
    mz_http_stream_end(request);
    wire_wait_bytes(&wire, written);
    wire_send(&wire, GET("/hello"));
    wire_wait_for(&wire, "hello");
    for (size_t i = 0; i < wire.got.length; i++)
        lines += wire.got.bytes[i] == '\n' && (i == 0 || wire.got.bytes[i - 1] == '\n');
    assert_true(lines >= 5000); /* each piece follows its size's CRLF */
    wire_close(&wire);
    stage_close(&stage);
}

static void a_reader_that_does_not_read_loses_its_stream(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;
    char piece[1000];
    size_t written = 0;

    (void)state;
    memset(piece, 'z', sizeof(piece));
    limits.stream_pending_bytes_max = 100000;
    stage_open(&stage, &limits);
    for (int round = 0; round < 2; round++) {
        stage.gone_count = 0;
        wire = round ? wire_unix(&stage) : wire_tcp(&stage);
        request = begin(&stage, &wire, GET("/stream"));
        while (mz_http_stream_write(request, piece, sizeof(piece))) {
            written += sizeof(piece);
            assert_true(mz_http_stream_pending(request) <= 100000);
            assert_true(written < 100000000);
            (void)uv_run(&stage.loop, UV_RUN_NOWAIT);
        }
        assert_int_equal(stage.gone_count, 0); /* not from inside of write */
        assert_true(mz_http_request_is_gone(request));
        assert_false(mz_http_stream_write(request, piece, 1));
        assert_int_equal(mz_http_stream_pending(request), 0);
        if (round == 0)
            stage_wait_count(&stage, &stage.gone_count, 1);
        mz_http_stream_end(request);
        stage_turn_for(&stage, 10);
        assert_int_equal(stage.gone_count, round == 0); /* nobody is left to be told */
        wire_close(&wire);
    }
    stage_close(&stage);
}

static void a_reader_that_stops_for_good_is_cut_off_below_the_limit(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;
    char piece[1000] = { 0 };

    (void)state;
    limits.idle_ms = 200;
    stage_open(&stage, &limits);
    wire = wire_unix(&stage);
    request = begin(&stage, &wire, GET("/stream"));
    stage_turn_for(&stage, 400); /* a stream without a word is no idle connection */
    assert_int_equal(stage.gone_count, 0);
    while (mz_http_stream_pending(request) < 100000)
        assert_true(mz_http_stream_write(request, piece, sizeof(piece)));
    stage_wait_count(&stage, &stage.gone_count, 1);
    assert_false(mz_http_stream_write(request, piece, 1));
    mz_http_stream_end(request);
    wire_close(&wire);
    stage_close(&stage);
}

static void a_peer_that_leaves_a_stream_is_noticed(void **state)
{
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open(&stage, NULL);
    for (int round = 0; round < 2; round++) {
        stage.gone_count = 0;
        wire = round ? wire_unix(&stage) : wire_tcp(&stage);
        request = begin(&stage, &wire, GET("/stream"));
        assert_true(mz_http_stream_write(request, "x", 1));
        wire_close(&wire);
        stage_wait_count(&stage, &stage.gone_count, 1);
        assert_true(mz_http_request_is_gone(request));
        assert_false(mz_http_stream_write(request, "x", 1));
        mz_http_stream_end(request);
    }
    stage_close(&stage);
}

static void on_stopped(void *context)
{
    ((struct stage *)context)->is_stopped = true;
}

static void a_stream_that_ends_within_the_grace_arrives_whole(void **state)
{
    struct mz_http_request *request;
    struct stage stage;
    struct wire wire;
    char *bytes = calloc(1, 900000);

    (void)state;
    memset(bytes, 'w', 900000);
    stage_open(&stage, NULL);
    wire = wire_tcp(&stage);
    request = begin(&stage, &wire, GET("/stream"));
    mz_http_server_stop(stage.server, 20000, on_stopped, &stage);
    assert_true(mz_http_stream_write(request, bytes, 900000));
    mz_http_stream_end(request);
    wire_wait_end(&wire);
    assert_true(wire.got.length > 900000);
    assert_string_equal(wire.got.bytes + wire.got.length - 5, "0\r\n\r\n");
    while (!stage.is_stopped)
        stage_turn(&stage);
    free(bytes);
    wire_close(&wire);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_chunked_and_the_connection_is_kept),
        cmocka_unit_test(for_http_1_0_the_end_of_the_connection_is_the_end),
        cmocka_unit_test(pieces_arrive_whole_through_a_narrow_socket),
        cmocka_unit_test(a_reader_that_does_not_read_loses_its_stream),
        cmocka_unit_test(a_reader_that_stops_for_good_is_cut_off_below_the_limit),
        cmocka_unit_test(a_peer_that_leaves_a_stream_is_noticed),
        cmocka_unit_test(a_stream_that_ends_within_the_grace_arrives_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
