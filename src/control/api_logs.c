/* api_logs.c - output of jobs: STATE/logs/JOB.ATTEMPT.RANK
 *
 * Where the partner is this machine the shim writes there itself; others send it, from the offset
 * that the daemon has. Paths are made of numbers only, so no request can name another file; files
 * are opened without following links. A follower is a stream that reads on at each tick until the
 * job has ended, over all attempts. */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "shim/shim.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_BYTES = 64 * 1024,
    TURN_PIECES = 64,
    PENDING_MAX = 512 * 1024,
    ANSWER_MAX = 8 * 1024 * 1024
};

struct mz_log_follower {
    struct mz_daemon *daemon;
    struct mz_http_request *request;
    int64_t job;
    int32_t n;
    int32_t rank;
    int64_t offset;
    bool follows; /* later attempts too */
    bool is_gone;
    struct mz_log_follower *next;
};

static int open_log(struct mz_daemon *daemon, int64_t job, int32_t n, int32_t rank, int flags)
{
    struct mz_text path = { 0 };
    int fd = open(mz_daemon_log_path(daemon, job, n, rank, &path),
        flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    mz_text_finish(&path);
    return fd;
}

static int64_t size_of(int fd)
{
    struct stat info;

    return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? (int64_t)info.st_size : -1;
}

/* ---- what shims send ---- */

static void send_size(struct mz_http_request *request, int32_t status, int64_t size)
{
    char value[32];
    char body[64];

    (void)snprintf(value, sizeof(value), "%" PRId64, size);
    (void)snprintf(body, sizeof(body), "size %zu\n%s\n", strlen(value), value);
    mz_http_respond(request, status, "text/plain", body, strlen(body));
}

void mz_logs_append(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job,
    int32_t n, int32_t rank, int64_t offset)
{
    int64_t max = daemon->setup.log_bytes_max;
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    const struct mz_job_row *row = mz_core_job(daemon->core, job);
    int64_t size;
    int fd;

    /* A token is good for its attempt's ranks, which are no more than the job has chips: not for
     * as many files as there are numbers. */
    if (!row || n > row->attempt_count || rank >= (row->chips > 0 ? row->chips : 1)) {
        mz_api_problem(request, 404, "M0602",
            "job %" PRId64 " has no rank %" PRId32 " in its attempt %" PRId32
            "; its output was not kept",
            job, rank, n);
        return;
    }
    fd = open_log(daemon, job, n, rank, O_WRONLY | O_CREAT | O_APPEND);
    size = size_of(fd);
    if (size < 0) {
        mz_api_problem(request, 503, "M0607", "the log cannot be written: %s", strerror(errno));
    } else if (size >= max) {
        send_size(request, 413, size);
    } else {
        if (offset <= size && offset + (int64_t)length > size) {
            size_t known = (size_t)(size - offset);
            size_t fresh = length - known;
            ssize_t wrote =
                write(fd, body + known, (int64_t)fresh < max - size ? fresh : (size_t)(max - size));

            size += wrote > 0 ? wrote : 0;
        }
        send_size(request, 200, size);
    }
    if (fd >= 0)
        (void)close(fd);
}

/* ---- what people read ---- */

static void drop(struct mz_log_follower *follower)
{
    struct mz_log_follower **at = &follower->daemon->followers;

    while (*at && *at != follower)
        at = &(*at)->next;
    if (*at)
        *at = follower->next;
    mz_http_stream_end(follower->request);
    free(follower);
}

static void follower_gone(void *context, struct mz_http_request *request)
{
    struct mz_daemon *daemon = context;

    for (struct mz_log_follower *f = daemon->followers; f; f = f->next) {
        if (f->request == request)
            f->is_gone = true; /* dropped at the next tick */
    }
}

/* Sends a piece of what is there, if the reader takes it. True while there may be more. */
static bool read_on(struct mz_log_follower *follower)
{
    static char bytes[PIECE_BYTES];
    ssize_t got;
    int fd;

    if (mz_http_stream_pending(follower->request) >= PENDING_MAX)
        return true;
    fd = open_log(follower->daemon, follower->job, follower->n, follower->rank, O_RDONLY);
    got = fd >= 0 ? pread(fd, bytes, sizeof(bytes), follower->offset) : 0;
    if (fd >= 0)
        (void)close(fd);
    if (got <= 0)
        return false;
    follower->offset += got;
    if (!mz_http_stream_write(follower->request, bytes, (size_t)got))
        follower->is_gone = true;
    return true;
}

enum progress { WAITS, HAS_MORE, IS_DROPPED };

static enum progress tick(struct mz_log_follower *follower)
{
    const struct mz_daemon *daemon = follower->daemon;
    const struct mz_job_row *row = mz_core_job(daemon->core, follower->job);
    const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, follower->job);
    bool over = !row || mz_run_state_is_end(row->state) ||
        (!follower->follows && (!attempt || attempt->n != follower->n));
    bool newer = follower->follows && row && row->attempt_count > follower->n &&
        (!attempt || attempt->started_us);

    if (!follower->is_gone && read_on(follower) && !follower->is_gone)
        return mz_http_stream_pending(follower->request) < PENDING_MAX ? HAS_MORE : WAITS;
    if (newer && !follower->is_gone) { /* all of the old one has been read */
        follower->n++;
        follower->offset = 0;
        return HAS_MORE;
    }
    if (!over && !follower->is_gone)
        return WAITS;
    drop(follower);
    return IS_DROPPED;
}

/* Each in turn, until so many pieces were sent: no turn of the loop lasts as long as what is read. */
bool mz_logs_tick(struct mz_daemon *daemon)
{
    struct mz_log_follower *last = daemon->followers;
    int32_t count = 0, pieces = 0;

    for (const struct mz_log_follower *f = last; f; f = f->next, count++)
        last = f->next ? f->next : last;
    for (int32_t i = 0; i < count && pieces < TURN_PIECES; i++) {
        struct mz_log_follower *first = daemon->followers;
        struct mz_log_follower *before = last == first ? NULL : last;
        enum progress progress;

        if (before) { /* to the end, so that the next turn goes on behind it */
            daemon->followers = first->next;
            first->next = NULL;
            last->next = first;
        }
        progress = tick(first);
        last = progress == IS_DROPPED ? before : first;
        pieces += progress == HAS_MORE;
    }
    return pieces > 0;
}

void mz_logs_close_all(struct mz_daemon *daemon)
{
    while (daemon->followers)
        drop(daemon->followers);
}

static void send_once(struct mz_http_request *request, int fd, int64_t offset, int64_t size)
{
    int64_t length = size - offset > ANSWER_MAX ? ANSWER_MAX : size - offset;
    char *bytes = mz_xcalloc((size_t)length + 1, 1);
    ssize_t got = pread(fd, bytes, (size_t)length, offset);
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRId64, offset + (got > 0 ? got : 0));
    mz_http_response_header(request, "Mizan-Next-Offset", text);
    (void)snprintf(text, sizeof(text), "%" PRId64, size);
    mz_http_response_header(request, "Mizan-Log-Size", text);
    mz_http_respond(request, 200, "text/plain; charset=utf-8", bytes, got > 0 ? (size_t)got : 0);
    free(bytes);
}

static void follow(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job,
    int32_t n, int32_t rank, int64_t offset, bool all)
{
    struct mz_log_follower *follower = mz_xcalloc(1, sizeof(*follower));

    *follower = (struct mz_log_follower){ .daemon = daemon,
        .request = request,
        .job = job,
        .n = n > 0 ? n : 1,
        .rank = rank,
        .offset = offset,
        .follows = all,
        .next = daemon->followers };
    daemon->followers = follower;
    mz_http_stream_begin(request, 200, "text/plain; charset=utf-8");
    mz_http_request_on_gone(request, follower_gone, daemon);
    (void)tick(follower);
}

static int32_t follower_count(const struct mz_daemon *daemon)
{
    int32_t count = 0;

    for (const struct mz_log_follower *f = daemon->followers; f; f = f->next)
        count++;
    return count;
}

void mz_api_logs(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job)
{
    const struct mz_job_row *row = mz_core_job(daemon->core, job);
    const char *follows = mz_http_request_query(request, "follow");
    int64_t rank = 0;
    int64_t attempt = row->attempt_count;
    int64_t offset = 0;
    int64_t size;
    int fd;

    if (!mz_api_query_number(request, "rank", 0, MZ_SPEC_NODES_MAX, &rank) ||
        !mz_api_query_number(request, "attempt", 1, INT32_MAX, &attempt) ||
        !mz_api_query_number(request, "offset", INT64_MIN / 2, INT64_MAX / 2, &offset))
        return;
    if (follows && strcmp(follows, "1") == 0 && follower_count(daemon) >= MZ_STREAM_COUNT_MAX) {
        mz_api_problem(request, 503, "M0607",
            "%d streams of output are open, which is the limit; ask without 'follow'",
            (int)MZ_STREAM_COUNT_MAX);
        return;
    }
    fd = open_log(daemon, job, (int32_t)attempt, (int32_t)rank, O_RDONLY);
    size = size_of(fd);
    if (offset < 0)
        offset = size + offset > 0 ? size + offset : 0;
    if (follows && strcmp(follows, "1") == 0)
        follow(daemon, request, job, (int32_t)attempt, (int32_t)rank, offset,
            !mz_http_request_query(request, "attempt"));
    else if (size < 0)
        mz_http_respond(request, 200, "text/plain; charset=utf-8", "", 0);
    else
        send_once(request, fd, offset > size ? size : offset, size);
    if (fd >= 0)
        (void)close(fd);
}
