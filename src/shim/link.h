/* link.h - one connection to the daemon, one request on it at a time
 *
 * Begin a request: fill mz_link_body, then mz_link_send; then step it whenever poll says so and
 * whenever its deadline may have passed, until result is not BUSY. It never waits. A connection is
 * kept between requests; when a kept one turns out to be dead before a byte of the answer came, the
 * request is sent once more on a new one: all requests of the shim may be repeated.
 */
#ifndef MZ_SHIM_LINK_H
#define MZ_SHIM_LINK_H

#include "shim/address.h"
#include "shim/answer.h"
#include "shim/buffer.h"

enum mz_link_result { MZ_LINK_IDLE, MZ_LINK_BUSY, MZ_LINK_ANSWERED, MZ_LINK_FAILED };
enum mz_link_phase { MZ_LINK_CONNECTING, MZ_LINK_SENDING, MZ_LINK_RECEIVING };

struct mz_link {
    const struct mz_server *server;
    const char *token;
    int fd; /* -1: not connected */
    enum mz_link_result result;
    enum mz_link_phase phase;
    bool is_reused;  /* the connection carried a request before this one */
    bool was_full;   /* failed, and the daemon's queue of connections was full: ask again soon */
    bool was_sent;   /* some of the request may have reached the daemon */
    bool is_cut;     /* sending failed: only an answer that came before can be had */
    int32_t address; /* in use */
    int32_t address_left;
    struct mz_buffer head;
    struct mz_buffer body;
    size_t sent;
    struct mz_buffer in;
    struct mz_answer answer;
    size_t answer_max;
    int64_t deadline_us;
    int64_t sent_us; /* when sending began: a lease counts from here */
};

void mz_link_init(struct mz_link *link, const struct mz_server *server, const char *token);
void mz_link_finish(struct mz_link *link);

/* The empty body of the next request; a request that still runs is given up. */
struct mz_buffer *mz_link_body(struct mz_link *link);
void mz_link_send(struct mz_link *link, const char *target, size_t answer_max, int64_t timeout_us);

short mz_link_events(const struct mz_link *link); /* for poll; 0 when not busy */
void mz_link_step(struct mz_link *link, short revents, int64_t now_us);
void mz_link_close(struct mz_link *link); /* and forgets the request */

/* Of an answered request, until the next. */
char *mz_link_answer(struct mz_link *link, size_t *ret_length);

#endif
