/* net_fixture.h - a server on a loop of its own, and peers that speak raw bytes to it
 *
 * Everything is in one thread: whatever waits for bytes turns the loop meanwhile. Waiting ends
 * after WAIT_MS and fails the test.
 *
 * The handler answers by path: /hello says "hello"; /echo gives the body back; /what tells method,
 * path, the parameter "a", the header X-A and the body's length; /big?n= gives n bytes; /later and
 * /stream are kept in `held`; anything else 404.
 */
#ifndef MZ_TESTS_NET_FIXTURE_H
#define MZ_TESTS_NET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "net/http_server.h"

#include <stdbool.h>
#include <uv.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum { WAIT_MS = 20000, HELD_MAX = 64 };

struct stage {
    uv_loop_t loop;
    struct mz_http_server *server;
    struct mz_http_request *held[HELD_MAX];
    int32_t held_count;
    int32_t handled_count;
    int32_t gone_count;
    bool is_stopped;
    bool answers_when_gone;
    char folder[64];
    char socket_path[128];
};

/* Listens on 127.0.0.1, port 0, and on socket_path. */
void stage_open(struct stage *stage, const struct mz_http_limits *limits);
/* The same without listening. */
void stage_open_quiet(struct stage *stage, const struct mz_http_limits *limits);
/* Stops the server, closes the loop and checks that nothing is left. */
void stage_close(struct stage *stage);
void stage_turn(struct stage *stage); /* once, waiting a millisecond at most */
void stage_turn_for(struct stage *stage, int64_t ms);
int64_t stage_now_ms(void);
/* Turns the loop until *count is at least `least`. */
void stage_wait_count(struct stage *stage, const int32_t *count, int32_t least);

struct wire {
    struct stage *stage;
    int fd;
    struct mz_text got;
    bool has_ended; /* EOF or a reset */
    bool was_reset;
};

struct wire wire_tcp(struct stage *stage);
struct wire wire_unix(struct stage *stage);
void wire_close(struct wire *wire);
void wire_send(struct wire *wire, const char *text);
void wire_send_bytes(struct wire *wire, const char *bytes, size_t length);
void wire_receive(struct wire *wire); /* what is there, without turning the loop */
/* Until the text was received; fails when the peer ends before. */
void wire_wait_for(struct wire *wire, const char *text);
/* Until the peer ends. */
void wire_wait_end(struct wire *wire);
void wire_wait_bytes(struct wire *wire, size_t length);
bool wire_has(const struct wire *wire, const char *text);
/* How often. */
int32_t wire_count(const struct wire *wire, const char *text);

#endif
