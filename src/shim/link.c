/* link.c - one connection to the daemon
 *
 * CONNECTING -> SENDING -> RECEIVING -> answered; failed from anywhere. All sockets are
 * non-blocking. Invariant: result is BUSY exactly while fd >= 0 and a request is on its way.
 * Limits: a head of 16 KiB, a body of what the caller allows, one deadline over all of it.
 */
#include "shim/link.h"

#include "shim/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_BYTES = 16 * 1024 };

void mz_link_init(struct mz_link *link, const struct mz_server *server, const char *token)
{
    *link = (struct mz_link){ .server = server, .token = token, .fd = -1, .address = -1 };
}

void mz_link_close(struct mz_link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    link->result = MZ_LINK_IDLE;
    link->is_reused = false;
}

void mz_link_finish(struct mz_link *link)
{
    mz_link_close(link);
    mz_buffer_finish(&link->head);
    mz_buffer_finish(&link->body);
    mz_buffer_finish(&link->in);
}

static void fail(struct mz_link *link)
{
    mz_link_close(link);
    link->result = MZ_LINK_FAILED;
}

/* A socket that is connected or connecting to one of the addresses that are left. */
static void begin_connect(struct mz_link *link)
{
    const int one = 1;

    link->was_full = false;
    for (; link->address_left > 0; link->address_left--) {
        const struct mz_address *address;

        link->address = (link->address + 1) % link->server->address_count;
        address = &link->server->addresses[link->address];
        link->fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (link->fd < 0)
            continue;
        if (address->socket.ss_family != AF_UNIX)
            (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (connect(link->fd, (const struct sockaddr *)&address->socket, address->length) == 0) {
            link->phase = MZ_LINK_SENDING;
            return;
        }
        if (errno == EINPROGRESS) {
            link->phase = MZ_LINK_CONNECTING;
            link->address_left--;
            return;
        }
        link->was_full = link->was_full || errno == EAGAIN;
        (void)close(link->fd);
        link->fd = -1;
    }
    fail(link);
}

static void begin(struct mz_link *link)
{
    link->sent = 0;
    link->is_cut = false;
    link->in.length = 0;
    mz_answer_init(&link->answer, link->answer_max);
    link->result = MZ_LINK_BUSY;
    link->sent_us = mz_clock_us();
    if (link->fd >= 0) {
        link->is_reused = true;
        link->phase = MZ_LINK_SENDING;
        return;
    }
    link->is_reused = false;
    link->address_left = link->server->address_count;
    begin_connect(link);
}

/* The connection broke. A kept one may have died long ago: the request goes again, on a new one. */
static void broken(struct mz_link *link)
{
    if (!link->is_reused || link->in.length > 0) {
        fail(link);
        return;
    }
    mz_link_close(link);
    begin(link);
}

static void receive(struct mz_link *link)
{
    ssize_t count;

    if (!mz_buffer_reserve(&link->in, READ_BYTES)) {
        fail(link);
        return;
    }
    count =
        recv(link->fd, link->in.bytes + link->in.length, link->in.capacity - link->in.length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        broken(link);
        return;
    }
    link->in.length += (size_t)count;
    switch (mz_answer_feed(&link->answer, link->in.bytes, &link->in.length)) {
    case MZ_ANSWER_DONE:
        if (!link->answer.keep || link->answer.at < link->in.length || link->is_cut ||
            link->phase != MZ_LINK_RECEIVING)
            mz_link_close(link);
        link->result = MZ_LINK_ANSWERED;
        break;
    case MZ_ANSWER_BAD: fail(link); break;
    case MZ_ANSWER_HEAD:
    case MZ_ANSWER_BODY:
    case MZ_ANSWER_CHUNK_SIZE:
    case MZ_ANSWER_CHUNK:
    case MZ_ANSWER_CHUNK_END:
    case MZ_ANSWER_TRAILER: break;
    }
}

static void send_more(struct mz_link *link)
{
    size_t in_body = link->sent > link->head.length ? link->sent - link->head.length : 0;
    size_t in_head = link->sent < link->head.length ? link->sent : link->head.length;
    struct iovec parts[2] = {
        { link->head.bytes + in_head, link->head.length - in_head },
        { link->body.bytes + in_body, link->body.length - in_body },
    };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t count = sendmsg(link->fd, &message, MSG_NOSIGNAL);

    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count < 0) { /* it may have answered before it closed: 413 */
        link->is_cut = true;
        link->phase = MZ_LINK_RECEIVING;
        receive(link);
        return;
    }
    link->was_sent = true;
    link->sent += (size_t)count;
    if (link->sent == link->head.length + link->body.length)
        link->phase = MZ_LINK_RECEIVING;
}

static void finish_connect(struct mz_link *link)
{
    int problem = 0;
    socklen_t size = sizeof(problem);

    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0) {
        link->phase = MZ_LINK_SENDING;
        return;
    }
    (void)close(link->fd);
    link->fd = -1;
    begin_connect(link);
}

struct mz_buffer *mz_link_body(struct mz_link *link)
{
    if (link->result == MZ_LINK_BUSY)
        mz_link_close(link);
    mz_buffer_clear(&link->in);
    mz_buffer_clear(&link->body);
    return &link->body;
}

void mz_link_send(struct mz_link *link, const char *target, size_t answer_max, int64_t timeout_us)
{
    mz_buffer_clear(&link->head);
    mz_buffer_addf(&link->head, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n", target,
        link->server->authority, link->body.length);
    mz_buffer_add(&link->head, "Authorization: Bearer ", 22);
    mz_buffer_add(&link->head, link->token, strlen(link->token));
    mz_buffer_add(&link->head, "\r\nContent-Type: application/octet-stream\r\n\r\n", 44);
    link->answer_max = answer_max;
    link->was_sent = false;
    if (link->head.failed || link->body.failed) {
        fail(link);
        return;
    }
    begin(link);
    link->deadline_us = link->sent_us + timeout_us;
    mz_link_step(link, 0, link->sent_us);
}

short mz_link_events(const struct mz_link *link)
{
    if (link->result != MZ_LINK_BUSY)
        return 0;
    switch (link->phase) {
    case MZ_LINK_CONNECTING: return POLLOUT;
    case MZ_LINK_SENDING: return POLLIN | POLLOUT; /* it may refuse a body before it has it */
    case MZ_LINK_RECEIVING: return POLLIN;
    }
    return 0;
}

void mz_link_step(struct mz_link *link, short revents, int64_t now_us)
{
    if (link->result == MZ_LINK_BUSY && link->phase == MZ_LINK_CONNECTING && revents != 0)
        finish_connect(link);
    else if (link->result == MZ_LINK_BUSY && link->phase != MZ_LINK_CONNECTING &&
        (revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        receive(link);
    if (link->result == MZ_LINK_BUSY && link->phase == MZ_LINK_SENDING)
        send_more(link);
    if (link->result == MZ_LINK_BUSY && now_us >= link->deadline_us)
        fail(link);
}

char *mz_link_answer(struct mz_link *link, size_t *ret_length)
{
    *ret_length = link->answer.body_length;
    return link->in.bytes + link->answer.body;
}
