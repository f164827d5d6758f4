/* net_fixture.c - see net_fixture.h */
#include "net/net_fixture.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t stage_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_gone(void *context, struct mz_http_request *request)
{
    struct stage *stage = context;

    stage->gone_count++;
    assert_true(mz_http_request_is_gone(request));
    if (!stage->answers_when_gone)
        return;
    for (int32_t i = 0; i < stage->held_count; i++)
        if (stage->held[i] == request)
            stage->held[i] = stage->held[--stage->held_count];
    mz_http_respond(request, 200, NULL, NULL, 0);
}

static void tell(struct mz_http_request *request)
{
    struct mz_text text = { 0 };
    const char *query = mz_http_request_query(request, "a");
    const char *header = mz_http_request_header(request, "x-a");
    size_t length;

    (void)mz_http_request_body(request, &length);
    mz_text_addf(&text, "%s %s a=%s x=%s n=%zu peer=%s", mz_http_request_method(request),
        mz_http_request_path(request), query ? query : "(none)", header ? header : "(none)", length,
        mz_http_request_peer(request)->address);
    mz_http_respond(request, 200, "text/plain", text.bytes, text.length);
    mz_text_finish(&text);
}

static void handle(void *context, struct mz_http_request *request)
{
    struct stage *stage = context;
    const char *path = mz_http_request_path(request);
    const char *body;
    size_t length;

    stage->handled_count++;
    body = mz_http_request_body(request, &length);
    assert_int_equal(body[length], 0);
    if (strcmp(path, "/hello") == 0) {
        mz_http_respond(request, 200, "text/plain", "hello", 5);
    } else if (strcmp(path, "/echo") == 0) {
        mz_http_respond(request, 200, "text/plain", body, length);
    } else if (strcmp(path, "/big") == 0) {
        size_t size = (size_t)atol(mz_http_request_query(request, "n"));
        char *bytes = malloc(size);

        memset(bytes, 'x', size);
        mz_http_respond(request, 200, "text/plain", bytes, size);
        free(bytes);
    } else if (strcmp(path, "/later") == 0 || strcmp(path, "/stream") == 0) {
        assert_true(stage->held_count < HELD_MAX);
        stage->held[stage->held_count++] = request;
        mz_http_request_on_gone(request, on_gone, stage);
    } else if (strncmp(path, "/what", 5) == 0) {
        tell(request);
    } else {
        mz_http_respond(request, 404, "text/plain", "no\n", 3);
    }
}

void stage_open_quiet(struct stage *stage, const struct mz_http_limits *limits)
{
    struct mz_http_limits usual = mz_http_limits_default();

    memset(stage, 0, sizeof(*stage));
    assert_int_equal(uv_loop_init(&stage->loop), 0);
    (void)strcpy(stage->folder, "/tmp/mizan-net-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    (void)snprintf(stage->socket_path, sizeof(stage->socket_path), "%s/s", stage->folder);
    stage->server = mz_http_server_create(&stage->loop, limits ? limits : &usual, handle, stage);
}

void stage_open(struct stage *stage, const struct mz_http_limits *limits)
{
    struct mz_error err = { 0 };
    char address[160];

    stage_open_quiet(stage, limits);
    assert_int_equal(mz_http_server_listen(stage->server, "127.0.0.1:0", 0, &err), MZ_OK);
    (void)snprintf(address, sizeof(address), "unix:%s", stage->socket_path);
    assert_int_equal(mz_http_server_listen(stage->server, address, 0600, &err), MZ_OK);
}

static void on_stopped(void *context)
{
    struct stage *stage = context;

    stage->is_stopped = true;
}

void stage_close(struct stage *stage)
{
    if (!stage->is_stopped && stage->server)
        mz_http_server_stop(stage->server, 0, on_stopped, stage);
    while (!stage->is_stopped && stage->server)
        assert_true(uv_run(&stage->loop, UV_RUN_ONCE) || stage->is_stopped);
    mz_http_server_free(stage->server);
    (void)uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    assert_int_not_equal(access(stage->socket_path, F_OK), 0);
    assert_int_equal(rmdir(stage->folder), 0);
}

void stage_turn(struct stage *stage)
{
    struct pollfd wait = { .fd = uv_backend_fd(&stage->loop), .events = POLLIN };

    (void)uv_run(&stage->loop, UV_RUN_NOWAIT);
    (void)poll(&wait, 1, 1);
}

void stage_turn_for(struct stage *stage, int64_t ms)
{
    int64_t end = stage_now_ms() + ms;

    while (stage_now_ms() < end)
        stage_turn(stage);
}

void stage_wait_count(struct stage *stage, const int32_t *count, int32_t least)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (*count < least) {
        assert_true(stage_now_ms() < end);
        stage_turn(stage);
    }
}

static struct wire wire_open(struct stage *stage, const struct sockaddr *address, socklen_t length)
{
    struct wire wire = { .stage = stage };

    wire.fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(wire.fd >= 0);
    assert_int_equal(connect(wire.fd, address, length), 0);
    return wire;
}

struct wire wire_tcp(struct stage *stage)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
        .sin_port = htons((uint16_t)mz_http_server_port(stage->server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return wire_open(stage, (const struct sockaddr *)&address, sizeof(address));
}

struct wire wire_unix(struct stage *stage)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    (void)strcpy(address.sun_path, stage->socket_path);
    return wire_open(stage, (const struct sockaddr *)&address, sizeof(address));
}

void wire_close(struct wire *wire)
{
    (void)close(wire->fd);
    mz_text_finish(&wire->got);
}

void wire_receive(struct wire *wire)
{
    char buffer[65536];
    ssize_t length = 0;

    while (!wire->has_ended) {
        length = recv(wire->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
        if (length > 0) {
            mz_text_add_bytes(&wire->got, buffer, (size_t)length);
            continue;
        }
        if (length < 0 && errno == EAGAIN)
            return;
        wire->has_ended = true;
        wire->was_reset = length < 0;
    }
}

void wire_send_bytes(struct wire *wire, const char *bytes, size_t length)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (length > 0) {
        ssize_t sent = send(wire->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

        assert_true(stage_now_ms() < end);
        if (sent < 0 && errno != EAGAIN)
            return; /* it was closed on us; what was received tells more */
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
        stage_turn(wire->stage);
        wire_receive(wire);
    }
}

void wire_send(struct wire *wire, const char *text)
{
    wire_send_bytes(wire, text, strlen(text));
}

bool wire_has(const struct wire *wire, const char *text)
{
    return wire_count(wire, text) > 0;
}

int32_t wire_count(const struct wire *wire, const char *text)
{
    int32_t count = 0;
    const char *at = mz_text_string(&wire->got);

    while ((at = strstr(at, text))) {
        count++;
        at++;
    }
    return count;
}

static void wire_turn(struct wire *wire, int64_t end)
{
    if (stage_now_ms() >= end)
        fail_msg("waited in vain; so far: %.400s", mz_text_string(&wire->got));
    stage_turn(wire->stage);
    wire_receive(wire);
}

void wire_wait_for(struct wire *wire, const char *text)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (!wire_has(wire, text)) {
        if (wire->has_ended)
            fail_msg(
                "the peer ended before '%s'; so far: %.400s", text, mz_text_string(&wire->got));
        wire_turn(wire, end);
    }
}

void wire_wait_bytes(struct wire *wire, size_t length)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (wire->got.length < length && !wire->has_ended)
        wire_turn(wire, end);
    assert_true(wire->got.length >= length);
}

void wire_wait_end(struct wire *wire)
{
    int64_t end = stage_now_ms() + WAIT_MS;

    while (!wire->has_ended)
        wire_turn(wire, end);
}
