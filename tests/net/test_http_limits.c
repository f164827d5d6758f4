/* test_http_limits.c - slow senders, slow readers, too many connections, no descriptors left */
#include "net/net_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

/* Sends a byte every 20 ms until the server ends it; how long that took. */
static int64_t drip(struct wire *wire, const char *text)
{
    int64_t begin = stage_now_ms();

    while (!wire->has_ended && stage_now_ms() - begin < WAIT_MS) {
        wire_send_bytes(wire, *text ? text++ : "x", 1);
        stage_turn_for(wire->stage, 20);
        wire_receive(wire);
    }
    return stage_now_ms() - begin;
}

static void a_byte_at_a_time_does_not_hold_a_connection(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire wire;
    int64_t took;

    (void)state;
    limits.header_deadline_ms = 300;
    limits.body_deadline_ms = 600;
    stage_open(&stage, &limits);
    wire = wire_tcp(&stage);
    took = drip(&wire, "GET /hello HTTP/1.1\r\nHost: h\r\nA: ");
    assert_true(took >= 280 && took < 5000);
    assert_true(wire_has(&wire, "HTTP/1.1 408 "));
    wire_close(&wire);
    /* The head's deadline counts from its first byte, not from the connection's. */
    wire = wire_unix(&stage);
    stage_turn_for(&stage, 400);
    wire_send(&wire, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    took = drip(&wire, "");
    assert_true(took >= 580 && took < 5000);
    assert_true(wire_has(&wire, "HTTP/1.1 408 "));
    wire_close(&wire);
    assert_int_equal(stage.handled_count, 0);
    stage_close(&stage);
}

static void idle_connections_are_closed(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire fresh, used, busy;
    int64_t begin;

    (void)state;
    limits.idle_ms = 200;
    stage_open(&stage, &limits);
    begin = stage_now_ms();
    fresh = wire_tcp(&stage);
    busy = wire_tcp(&stage);
    wire_send(&busy, GET("/later"));
    used = wire_tcp(&stage);
    for (int i = 0; i < 4; i++) {
        wire_send(&used, GET("/hello"));
        stage_turn_for(&stage, 100);
    }
    wire_wait_end(&fresh);
    wire_wait_for(&used, "hello");
    assert_int_equal(wire_count(&used, "\r\n\r\nhello"), 4);
    assert_int_equal(fresh.got.length, 0);
    wire_wait_end(&used);
    assert_true(stage_now_ms() - begin >= 500);
    /* A request in the handler's hands has all the time it wants. */
    mz_http_respond(stage.held[0], 200, "text/plain", "done", 4);
    wire_wait_for(&busy, "done");
    wire_close(&fresh);
    wire_close(&used);
    wire_close(&busy);
    stage_close(&stage);
}

static void a_peer_that_does_not_read_its_answer_is_cut_off(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire wire;
    int64_t begin;

    (void)state;
    limits.idle_ms = 100;
    stage_open(&stage, &limits);
    wire = wire_unix(&stage);
    begin = stage_now_ms();
    assert_true(send(wire.fd, GET("/big?n=320000"), strlen(GET("/big?n=320000")), 0) > 0);
    stage_wait_count(&stage, &stage.handled_count, 1);
    while (mz_http_server_connection_count(stage.server) > 0) {
        assert_true(stage_now_ms() - begin < WAIT_MS);
        stage_turn(&stage);
    }
    assert_true(stage_now_ms() - begin >= 300); /* what the kernel did not take has its time */
    wire_close(&wire);
    stage_close(&stage);
}

static void a_new_connection_takes_the_place_of_the_oldest_idle_one(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire wires[4];

    (void)state;
    limits.connection_count_max = 3;
    stage_open(&stage, &limits);
    for (int i = 0; i < 3; i++) {
        wires[i] = wire_tcp(&stage);
        wire_send(&wires[i], GET("/hello"));
        wire_wait_for(&wires[i], "hello");
    }
    wire_send(&wires[0], GET("/no")); /* now the second is the oldest */
    wire_wait_for(&wires[0], "404");
    wires[3] = wire_unix(&stage);
    wire_send(&wires[3], GET("/hello"));
    wire_wait_for(&wires[3], "hello");
    wire_wait_end(&wires[1]);
    assert_int_equal(mz_http_server_connection_count(stage.server), 3);
    wire_send(&wires[0], GET("/later"));
    wire_send(&wires[2], GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 2);
    for (int i = 0; i < 4; i++)
        wire_close(&wires[i]);
    stage_wait_count(&stage, &stage.gone_count, 2);
    mz_http_respond(stage.held[0], 200, NULL, NULL, 0);
    mz_http_respond(stage.held[1], 200, NULL, NULL, 0);
    stage_close(&stage);
}

static void slow_senders_make_room_the_slowest_first(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire slow[2], held, fresh[2];

    (void)state;
    limits.connection_count_max = 3;
    stage_open(&stage, &limits);
    held = wire_tcp(&stage);
    wire_send(&held, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 1);
    slow[0] = wire_tcp(&stage);
    wire_send(&slow[0], "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf");
    stage_turn_for(&stage, 20);
    slow[1] = wire_tcp(&stage);
    wire_send(&slow[1], "GET /hello HTTP/1.1\r\nHo");
    stage_turn_for(&stage, 20);
    fresh[0] = wire_unix(&stage);
    wire_send(&fresh[0], GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 2);
    wire_wait_end(&slow[0]);
    fresh[1] = wire_unix(&stage);
    wire_send(&fresh[1], GET("/hello"));
    wire_wait_for(&fresh[1], "hello");
    wire_wait_end(&slow[1]);
    assert_false(wire_has(&slow[1], "HTTP/"));
    mz_http_respond(stage.held[0], 200, "text/plain", "kept", 4); /* whoever waits is not closed */
    mz_http_respond(stage.held[1], 200, "text/plain", "kept", 4);
    wire_wait_for(&held, "kept");
    wire_wait_for(&fresh[0], "kept");
    wire_close(&held);
    for (int i = 0; i < 2; i++) {
        wire_close(&slow[i]);
        wire_close(&fresh[i]);
    }
    stage_close(&stage);
}

static void large_bodies_share_a_bound_and_small_ones_pass(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    static char part[200 * 1024];
    struct stage stage;
    struct wire large[2], small;

    (void)state;
    memset(part, 'x', sizeof(part));
    limits.body_bytes_total_max = 300 * 1024;
    stage_open(&stage, &limits);
    for (int i = 0; i < 2; i++) {
        large[i] = wire_tcp(&stage);
        wire_send(&large[i], "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n");
        wire_send_bytes(&large[i], part, sizeof(part));
        stage_turn_for(&stage, 20);
    }
    wire_wait_for(&large[1], "HTTP/1.1 503 ");
    wire_receive(&large[0]);
    assert_false(wire_has(&large[0], "HTTP/"));
    small = wire_tcp(&stage);
    wire_send(&small, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nsmall");
    wire_wait_for(&small, "small");
    wire_close(&large[0]); /* what it had sent is free again */
    wire_close(&large[1]);
    stage_turn_for(&stage, 50);
    large[1] = wire_tcp(&stage);
    wire_send(&large[1], "POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 204800\r\n\r\n");
    wire_send_bytes(&large[1], part, sizeof(part));
    wire_wait_for(&large[1], "HTTP/1.1 404 ");
    wire_close(&large[1]);
    wire_close(&small);
    stage_close(&stage);
}

static void without_an_idle_one_the_new_connection_gets_503(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire busy[2], late[100];

    (void)state;
    limits.connection_count_max = 2;
    stage_open(&stage, &limits);
    for (int i = 0; i < 2; i++) {
        busy[i] = wire_tcp(&stage);
        wire_send(&busy[i], GET("/later"));
        stage_wait_count(&stage, &stage.held_count, i + 1);
    }
    for (int i = 0; i < 100; i++) {
        late[i] = wire_unix(&stage);
        wire_send(&late[i], GET("/hello"));
    }
    for (int i = 0; i < 100; i++) {
        wire_wait_end(&late[i]);
        assert_false(wire_has(&late[i], "hello"));
        if (i < 32)
            assert_true(wire_has(&late[i], "HTTP/1.1 503 Service Unavailable\r\n"));
        wire_close(&late[i]);
    }
    assert_int_equal(mz_http_server_connection_count(stage.server), 2);
    mz_http_respond(stage.held[0], 200, "text/plain", "one", 3);
    mz_http_respond(stage.held[1], 200, "text/plain", "two", 3);
    wire_wait_for(&busy[0], "one");
    wire_wait_for(&busy[1], "two");
    late[0] = wire_tcp(&stage); /* there is an idle one again */
    wire_send(&late[0], GET("/hello"));
    wire_wait_for(&late[0], "hello");
    wire_close(&late[0]);
    wire_close(&busy[0]);
    wire_close(&busy[1]);
    stage_close(&stage);
}

static void one_unix_user_has_a_limit_of_its_own(void **state)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct stage stage;
    struct wire wires[2], third, tcp;

    (void)state;
    limits.connections_per_uid_max = 2;
    stage_open(&stage, &limits);
    for (int i = 0; i < 2; i++) {
        wires[i] = wire_unix(&stage);
        wire_send(&wires[i], GET("/hello"));
        wire_wait_for(&wires[i], "hello");
    }
    third = wire_unix(&stage);
    wire_wait_end(&third);
    assert_true(wire_has(&third, "HTTP/1.1 503 "));
    wire_close(&third);
    tcp = wire_tcp(&stage);
    wire_send(&tcp, GET("/hello"));
    wire_wait_for(&tcp, "hello");
    wire_close(&wires[0]);
    stage_turn_for(&stage, 20);
    third = wire_unix(&stage);
    wire_send(&third, GET("/hello"));
    wire_wait_for(&third, "hello");
    wire_close(&third);
    wire_close(&tcp);
    wire_close(&wires[1]);
    stage_close(&stage);
}

static void without_descriptors_accepting_waits_and_does_not_spin(void **state)
{
    struct stage stage;
    struct wire first, second;
    struct rlimit before, low;
    int fds[256];
    int count = 0;
    clock_t used;

    (void)state;
    stage_open(&stage, NULL);
    first = wire_tcp(&stage);
    wire_send(&first, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 1);
    second = wire_tcp(&stage); /* in the kernel's queue */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    while (count < 256 && (fds[count] = dup(0)) >= 0)
        count++;
    assert_true(count < 256);
    used = clock();
    stage_turn_for(&stage, 500);
    assert_true((clock() - used) * 1000 / CLOCKS_PER_SEC < 400);
    assert_int_equal(mz_http_server_connection_count(stage.server), 1);
    while (count > 0)
        (void)close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    wire_send(&second, GET("/hello"));
    wire_wait_for(&second, "hello");
    mz_http_respond(stage.held[0], 200, "text/plain", "done", 4);
    wire_wait_for(&first, "done");
    wire_close(&first);
    wire_close(&second);
    stage_close(&stage);
}

static void without_descriptors_an_idle_connection_makes_room(void **state)
{
    struct stage stage;
    struct wire first, second;
    struct rlimit before, low;
    int fds[256];
    int count = 0;

    (void)state;
    stage_open(&stage, NULL);
    first = wire_tcp(&stage);
    wire_send(&first, GET("/hello"));
    wire_wait_for(&first, "hello");
    second = wire_tcp(&stage);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 128;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    while (count < 256 && (fds[count] = dup(0)) >= 0)
        count++;
    wire_send(&second, GET("/hello"));
    wire_wait_for(&second, "hello");
    wire_wait_end(&first);
    while (count > 0)
        (void)close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    wire_close(&first);
    wire_close(&second);
    stage_close(&stage);
}

static void many_connections_are_served_at_once(void **state)
{
    enum { WIRES = 400 };
    static struct wire wires[WIRES];
    struct stage stage;

    (void)state;
    stage_open(&stage, NULL);
    for (int i = 0; i < WIRES; i++) {
        wires[i] = i % 2 ? wire_tcp(&stage) : wire_unix(&stage);
        wire_send(&wires[i], "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na");
    }
    assert_int_equal(mz_http_server_connection_count(stage.server), WIRES);
    for (int i = WIRES - 1; i >= 0; i--)
        wire_send(&wires[i], "bc");
    for (int i = 0; i < WIRES; i++)
        wire_wait_for(&wires[i], "\r\n\r\nabc");
    for (int i = 0; i < WIRES; i++)
        wire_close(&wires[i]);
    stage_close(&stage);
}

static void what_is_read_ahead_has_a_bound(void **state)
{
    struct stage stage;
    struct wire wire;
    char *bytes = malloc(1 << 20);
    size_t sent = 0;
    int64_t last = stage_now_ms();

    (void)state;
    memset(bytes, 'x', 1 << 20);
    stage_open(&stage, NULL);
    wire = wire_unix(&stage);
    wire_send(&wire, GET("/later"));
    stage_wait_count(&stage, &stage.held_count, 1);
    while (stage_now_ms() - last < 200) { /* until nothing has moved for a while */
        ssize_t length = send(wire.fd, bytes, 1 << 20, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (length > 0) {
            sent += (size_t)length;
            last = stage_now_ms();
        }
        stage_turn(&stage);
    }
    assert_true(sent < 4 << 20);
    mz_http_respond(stage.held[0], 200, "text/plain", "done", 4);
    wire_wait_end(&wire);
    assert_true(wire_has(&wire, "done"));
    assert_true(wire_has(&wire, "HTTP/1.1 4"));
    free(bytes);
    wire_close(&wire);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_at_a_time_does_not_hold_a_connection),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(a_peer_that_does_not_read_its_answer_is_cut_off),
        cmocka_unit_test(a_new_connection_takes_the_place_of_the_oldest_idle_one),
        cmocka_unit_test(slow_senders_make_room_the_slowest_first),
        cmocka_unit_test(large_bodies_share_a_bound_and_small_ones_pass),
        cmocka_unit_test(without_an_idle_one_the_new_connection_gets_503),
        cmocka_unit_test(one_unix_user_has_a_limit_of_its_own),
        cmocka_unit_test(without_descriptors_accepting_waits_and_does_not_spin),
        cmocka_unit_test(without_descriptors_an_idle_connection_makes_room),
        cmocka_unit_test(many_connections_are_served_at_once),
        cmocka_unit_test(what_is_read_ahead_has_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
