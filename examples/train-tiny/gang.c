/* gang.c - ranks that share a batch through rank 0 over TCP
 *
 * Join: hello (4 words: magic, key, rank, rank_count) to rank 0; when all are there: the packed
 * model to each. Every step: word (2 step + save wanted) and the rank's shares to rank 0; back:
 * word and the sum. Words and doubles in the machine's order: all ranks are of one kind.
 *
 * Whatever happens to one rank ends all: a closed connection is seen at once, silence after
 * timeout_s. Who says another hello (another attempt, a stranger) is hung up on. */
#include "tiny.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { HELLO_WORDS = 4, HELLO_TIMEOUT_S = 5 };
static const uint64_t hello_magic = 0x676e6167796e6974U; /* "tinygang", little-endian */

static void limit_set(int fd, int timeout_s)
{
    struct timeval limit = { .tv_sec = timeout_s };
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* Sends or receives all of it, with the other rank's name for the sentence. */
static bool move(
    struct tiny_gang *gang, bool out, int rank, void *bytes, size_t size, struct tiny_error *err)
{
    char *at = bytes;
    ssize_t done;

    for (; size > 0; at += done, size -= (size_t)done) {
        done =
            out ? send(gang->fd[rank], at, size, MSG_NOSIGNAL) : recv(gang->fd[rank], at, size, 0);
        if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return tiny_fail(err, "rank %d did nothing for %d s", rank, gang->timeout_s);
        if (done <= 0)
            return tiny_fail(
                err, "rank %d is gone: %s", rank, done < 0 ? strerror(errno) : "connection closed");
    }
    return true;
}

static int64_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* A socket that listens (host NULL) or is connected; -1. */
static int open_socket(const char *host, const char *port, int timeout_s)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = host ? 0 : AI_PASSIVE };
    struct addrinfo *list = NULL;
    int fd = -1, on = 1;

    if (getaddrinfo(host, port, &hints, &list) != 0)
        errno = EADDRNOTAVAIL;
    for (struct addrinfo *it = list; it && fd < 0; it = it->ai_next) {
        fd = socket(it->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        limit_set(fd, timeout_s);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (host ? connect(fd, it->ai_addr, it->ai_addrlen) == 0
                 : bind(fd, it->ai_addr, it->ai_addrlen) == 0 && listen(fd, 64) == 0)
            break;
        close(fd);
        fd = -1;
    }
    if (list)
        freeaddrinfo(list);
    return fd;
}

static bool join_as_first(
    struct tiny_gang *gang, const char *port, uint64_t key, struct tiny_error *err)
{
    int64_t end_s = now_s() + gang->timeout_s;
    int here = 1, listener = open_socket(NULL, port, 1);

    if (listener < 0)
        return tiny_fail(err, "port %s: %s", port, strerror(errno));
    while (here < gang->rank_count && now_s() < end_s) {
        uint64_t hello[HELLO_WORDS] = { 0 };
        int fd = accept(listener, NULL, NULL); /* for a second at most */

        if (fd < 0)
            continue;
        limit_set(fd, HELLO_TIMEOUT_S);
        if (recv(fd, hello, sizeof(hello), MSG_WAITALL) == sizeof(hello) &&
            hello[0] == hello_magic && hello[1] == key && hello[2] > 0 &&
            hello[2] < (uint64_t)gang->rank_count && hello[3] == (uint64_t)gang->rank_count &&
            gang->fd[hello[2]] < 0) {
            limit_set(fd, gang->timeout_s);
            gang->fd[hello[2]] = fd;
            here++;
            continue;
        }
        fprintf(stderr, "train-tiny: hung up on one who is not of this run\n");
        close(fd);
    }
    close(listener);
    return here == gang->rank_count ||
        tiny_fail(err, "%d of %d ranks came within %d s", here, gang->rank_count, gang->timeout_s);
}

static bool join_another(struct tiny_gang *gang, const char *host, const char *port, uint64_t key,
    struct tiny_error *err)
{
    uint64_t hello[] = { hello_magic, key, (uint64_t)gang->rank, (uint64_t)gang->rank_count };
    int64_t end_s = now_s() + gang->timeout_s;

    while ((gang->fd[0] = open_socket(host, port, gang->timeout_s)) < 0) {
        if (now_s() >= end_s)
            return tiny_fail(err, "rank 0 at %s port %s: %s", host, port, strerror(errno));
        nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000 * 1000 }, NULL);
    }
    return move(gang, true, 0, hello, sizeof(hello), err);
}

bool tiny_gang_join(struct tiny_gang *gang, const char *host, const char *port, uint64_t key,
    struct tiny_model *model, struct tiny_error *err)
{
    size_t size = tiny_model_packed_bytes(model);
    uint8_t *bytes = malloc(size);
    bool first = gang->rank == 0;
    bool ok = bytes || tiny_fail(err, "no memory");

    for (int i = 0; i < TINY_RANK_COUNT_MAX; i++)
        gang->fd[i] = -1;
    if (ok)
        ok = first ? join_as_first(gang, port, key, err) : join_another(gang, host, port, key, err);
    if (ok && first)
        tiny_model_pack(model, bytes);
    for (int i = 1; ok && first && i < gang->rank_count; i++)
        ok = move(gang, true, i, bytes, size, err);
    if (ok && !first)
        ok = move(gang, false, 0, bytes, size, err) && tiny_model_unpack(model, bytes, size, err);
    free(bytes);
    return ok;
}

/* The word and the shares of one rank, to or from rank 0. */
static bool move_shares(struct tiny_gang *gang, bool out, int rank, size_t count, double *grad,
    uint64_t *word, struct tiny_error *err)
{
    int peer = out ? 0 : rank;
    bool ok = move(gang, out, peer, word, sizeof(*word), err);

    for (int s = rank; ok && s < TINY_SHARE_COUNT; s += gang->rank_count)
        ok = move(gang, out, peer, grad + (size_t)s * count, count * sizeof(double), err);
    return ok;
}

bool tiny_gang_sum(struct tiny_gang *gang, const struct tiny_model *model, double *grad, bool *save,
    struct tiny_error *err)
{
    size_t count = model->param_count + 1;
    uint64_t word = 2 * model->step + *save, all = word;

    if (gang->rank > 0) {
        if (!move_shares(gang, true, gang->rank, count, grad, &word, err) ||
            !move(gang, false, 0, &all, sizeof(all), err) ||
            !move(gang, false, 0, grad, count * sizeof(double), err))
            return false;
        *save = all & 1;
        return true;
    }
    for (int rank = 1; rank < gang->rank_count; rank++) {
        if (!move_shares(gang, false, rank, count, grad, &word, err))
            return false;
        if (word / 2 != model->step)
            return tiny_fail(err, "rank %d is at another step", rank);
        all |= word;
    }
    for (size_t s = 1; s < TINY_SHARE_COUNT; s++)
        for (size_t i = 0; i < count; i++)
            grad[i] += grad[s * count + i];
    for (int rank = 1; rank < gang->rank_count; rank++)
        if (!move(gang, true, rank, &all, sizeof(all), err) ||
            !move(gang, true, rank, grad, count * sizeof(double), err))
            return false;
    *save = all & 1;
    return true;
}
