/* local.c - this machine as a partner: shims as processes of the daemon's user
 *
 * Every rank of an attempt is a shim on this machine. They outlive the daemon; the table is made
 * anew from /proc by the first look.
 *
 * An attempt:  starting -> started or adopted -> its shims end -> ENDED
 *                                        └─ one was killed, or its end was not seen -> swept ──┘
 * A shim that ends by itself has ended everything below it first (shim/group.c), and a child's exit
 * status says that it did. Otherwise rounds over all processes kill what says that it belongs to the
 * attempt, and ENDED is told when two rounds in a row found nothing.
 *
 * Each shim is watched by a pidfd in an epoll set of the driver, which the loop watches: O(1) for an
 * end, no SIGCHLD, no wait for any child that is not the driver's. Limits: a descriptor for each
 * shim; when there is none left a submit is NOT_SENT.
 * Rounds of the sweep take at most a tenth of the loop's time.
 * Events are queued and given from an idle handle; the sink may call the driver again, or free it.
 */
#include "driver/local_impl.h"

#include "base/arena.h"
#include "net/sigpipe.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SWEEP_MS_MIN = 20, SWEEP_SHARE = 10, CLEAN_ROUNDS = 2, FD_MIN = 10, STOP_MS = 20000 };

#define LOG_BYTES_MAX (1024 * 1024)
#define OBSERVE_US 5000000
#define LOSS_US 10000000

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* ---- events ---- */

static void give_events(uv_idle_t *idle);

static void wake(struct mz_local *local)
{
    if (!local->is_freed)
        (void)uv_idle_start(&local->idle, give_events);
}

static struct mz_local_event *add_event(struct mz_local *local, enum mz_driver_event_kind kind,
    enum mz_driver_outcome outcome, int64_t job, int32_t n, const char *text)
{
    struct mz_local_event *event = mz_xcalloc(1, sizeof(*event));

    event->kind = kind;
    event->outcome = outcome;
    event->job = job;
    event->n = n;
    (void)snprintf(event->text, sizeof(event->text), "%s", text);
    *local->events_end = event;
    local->events_end = &event->next;
    wake(local);
    return event;
}

static void tell(struct mz_local *local, enum mz_driver_event_kind kind,
    enum mz_driver_outcome outcome, const struct mz_local_attempt *attempt, const char *text)
{
    struct mz_local_event *event = add_event(local, kind, outcome, attempt->job, attempt->n, text);

    memcpy(event->remote_id, attempt->remote_id, sizeof(event->remote_id));
}

static void give(struct mz_local *local, const struct mz_local_event *event)
{
    struct mz_driver_event told = { .kind = event->kind,
        .partner = local->base.partner,
        .job = event->job,
        .n = event->n,
        .outcome = event->outcome,
        .remote_id = event->remote_id,
        .text = event->text };

    local->setup.sink(local->setup.context, &told);
}

static void give_observation(struct mz_local *local)
{
    struct mz_driver_event told = { .kind = MZ_DRIVER_OBSERVED,
        .partner = local->base.partner,
        .remote_id = "",
        .text = "",
        .begin_us = (int64_t)uv_now(local->setup.loop) * 1000 };
    struct mz_arena *arena = mz_arena_create();
    struct mz_error err = { MZ_OK, "" };
    struct mz_remote_job *jobs;

    local->is_observing = false;
    if (mz_local_look(local, !local->has_looked_deep, &err) == MZ_OK) {
        local->has_looked_deep = true;
    } else {
        told.kind = MZ_DRIVER_UNREACHABLE;
        told.text = err.text;
    }
    jobs = mz_arena_alloc(arena, (size_t)local->attempt_count + 1, sizeof(*jobs));
    for (int32_t b = 0; b < MZ_LOCAL_BUCKET_COUNT; b++)
        for (const struct mz_local_attempt *at = local->buckets[b]; at; at = at->next)
            jobs[told.job_count++] = (struct mz_remote_job){ .name = at->name,
                .remote_id = at->remote_id,
                .state = MZ_REMOTE_RUNNING,
                .reason = "" };
    told.jobs = jobs;
    local->setup.sink(local->setup.context, &told);
    mz_arena_free(arena);
}

static void give_events(uv_idle_t *idle)
{
    struct mz_local *local = idle->data;
    struct mz_local_event *events = local->events;

    (void)uv_idle_stop(idle);
    local->events = NULL;
    local->events_end = &local->events;
    while (events) {
        struct mz_local_event *next = events->next;

        if (!local->is_freed)
            give(local, events);
        free(events);
        events = next;
    }
    if (local->is_observing && !local->is_freed)
        give_observation(local);
}

/* ---- the table ---- */

static struct mz_local_attempt **bucket_of(struct mz_local *local, int64_t job, int32_t n)
{
    uint64_t hash = ((uint64_t)job * 31 + (uint64_t)n) * UINT64_C(0x9e3779b97f4a7c15);

    return &local->buckets[(hash >> 32) % MZ_LOCAL_BUCKET_COUNT];
}

struct mz_local_attempt *mz_local_find(struct mz_local *local, int64_t job, int32_t n)
{
    struct mz_local_attempt *attempt = *bucket_of(local, job, n);

    while (attempt && (attempt->job != job || attempt->n != n))
        attempt = attempt->next;
    return attempt;
}

struct mz_local_attempt *mz_local_add(struct mz_local *local, const char *name,
    const char *remote_id, int64_t job, int32_t n, int32_t shim_count_max)
{
    struct mz_local_attempt **bucket = bucket_of(local, job, n);
    struct mz_local_attempt *attempt = mz_xcalloc(1, sizeof(*attempt));

    attempt->job = job;
    attempt->n = n;
    (void)snprintf(attempt->name, sizeof(attempt->name), "%s", name);
    (void)snprintf(attempt->remote_id, sizeof(attempt->remote_id), "%s", remote_id);
    attempt->shims = mz_xcalloc((size_t)shim_count_max + 1, sizeof(*attempt->shims));
    attempt->next = *bucket;
    *bucket = attempt;
    local->attempt_count++;
    return attempt;
}

/* Out of the epoll set first: a process that is just being started may still hold a copy of the
 * descriptor, which would keep it there. */
static void unwatch(struct mz_local *local, struct mz_local_shim *shim)
{
    (void)epoll_ctl(local->epoll_fd, EPOLL_CTL_DEL, shim->pidfd, NULL);
    (void)close(shim->pidfd);
    shim->pidfd = -1;
}

static void free_attempt(struct mz_local *local, struct mz_local_attempt *attempt)
{
    for (int32_t i = 0; i < attempt->shim_count; i++) {
        if (attempt->shims[i]->pidfd >= 0)
            unwatch(local, attempt->shims[i]);
        free(attempt->shims[i]);
    }
    free(attempt->shims);
    free(attempt);
    local->attempt_count--;
}

void mz_local_remove(struct mz_local *local, struct mz_local_attempt *attempt)
{
    struct mz_local_attempt **at = bucket_of(local, attempt->job, attempt->n);

    while (*at != attempt)
        at = &(*at)->next;
    *at = attempt->next;
    free_attempt(local, attempt);
}

/* ---- ends ---- */

bool mz_local_watch(
    struct mz_local *local, struct mz_local_attempt *attempt, pid_t pid, int pidfd, int32_t rank)
{
    struct mz_local_shim *shim = mz_xcalloc(1, sizeof(*shim));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = shim };

    *shim = (struct mz_local_shim){ attempt, pid, pidfd, rank };
    if (epoll_ctl(local->epoll_fd, EPOLL_CTL_ADD, pidfd, &event) != 0) {
        int problem = errno;

        (void)close(pidfd);
        free(shim);
        errno = problem;
        return false;
    }
    attempt->shims =
        mz_xrealloc(attempt->shims, (size_t)attempt->shim_count + 1, sizeof(*attempt->shims));
    attempt->shims[attempt->shim_count++] = shim;
    attempt->live_count++;
    return true;
}

void mz_local_ended(struct mz_local *local, struct mz_local_attempt *attempt)
{
    tell(local, MZ_DRIVER_ENDED, MZ_DRIVER_OK, attempt, attempt->text);
    mz_local_remove(local, attempt);
}

static void sweep_due(uv_timer_t *timer)
{
    struct mz_local *local = timer->data;
    struct mz_local_attempt **at = &local->swept;
    uint64_t begin_ns = uv_hrtime();
    uint64_t took_ms;

    for (struct mz_local_attempt *each = local->swept; each; each = each->next_swept)
        each->was_found = false;
    mz_local_sweep_round(local);
    while (*at) {
        struct mz_local_attempt *attempt = *at;

        attempt->clean_count = attempt->was_found ? 0 : attempt->clean_count + 1;
        if (attempt->clean_count < CLEAN_ROUNDS) {
            at = &attempt->next_swept;
            continue;
        }
        *at = attempt->next_swept;
        mz_local_ended(local, attempt);
    }
    took_ms = (uv_hrtime() - begin_ns) / 1000000 * SWEEP_SHARE;
    if (local->swept)
        (void)uv_timer_start(timer, sweep_due, took_ms > SWEEP_MS_MIN ? took_ms : SWEEP_MS_MIN, 0);
}

void mz_local_sweep(struct mz_local *local, struct mz_local_attempt *attempt)
{
    assert(attempt->live_count == 0 && !attempt->is_swept);
    attempt->is_swept = true;
    attempt->clean_count = 0;
    attempt->next_swept = local->swept;
    local->swept = attempt;
    if (!uv_is_active((uv_handle_t *)&local->timer))
        (void)uv_timer_start(&local->timer, sweep_due, 0, 0);
}

/* Takes the exit status in. False: it has not ended. */
static bool reap(struct mz_local_shim *shim)
{
    struct mz_local_attempt *attempt = shim->attempt;
    siginfo_t info = { 0 };

    if (waitid(P_PIDFD, (id_t)shim->pidfd, &info, WEXITED | WNOHANG) != 0) {
        attempt->wants_sweep = true; /* adopted, not our child: nobody says how it ended */
        return true;
    }
    if (info.si_pid == 0)
        return false;
    if (info.si_code != CLD_EXITED) {
        attempt->wants_sweep = true;
        (void)snprintf(attempt->text, sizeof(attempt->text), "its shim was killed by signal %d",
            info.si_status);
    }
    return true;
}

static void shim_ended(struct mz_local *local, struct mz_local_shim *shim)
{
    struct mz_local_attempt *attempt = shim->attempt;

    if (!reap(shim))
        return;
    unwatch(local, shim);
    if (--attempt->live_count > 0)
        return;
    if (attempt->wants_sweep)
        mz_local_sweep(local, attempt);
    else
        mz_local_ended(local, attempt);
}

static void shims_ended(uv_poll_t *poll, int status, int events)
{
    struct mz_local *local = poll->data;
    struct epoll_event ended[64];
    int count;

    (void)status;
    (void)events;
    count = epoll_wait(local->epoll_fd, ended, 64, 0); /* more: the loop comes again */
    for (int i = 0; i < count; i++)
        shim_ended(local, ended[i].data.ptr);
}

/* ---- calls ---- */

static struct mz_local *of(struct mz_driver *driver)
{
    return (struct mz_local *)driver;
}

static void submit(struct mz_driver *driver, const struct mz_driver_submit *spec)
{
    struct mz_local *local = of(driver);
    struct mz_local_attempt *attempt = mz_local_find(local, spec->job, spec->n);

    if (attempt && attempt->is_starting)
        return;    /* its answer is on the way */
    if (attempt) { /* it is here: the same answer again */
        tell(local, MZ_DRIVER_SUBMITTED, MZ_DRIVER_OK, attempt, "");
        return;
    }
    if (spec->node_count < 1 || spec->node_count > MZ_LOCAL_RANK_COUNT_MAX) {
        (void)add_event(local, MZ_DRIVER_SUBMITTED, MZ_DRIVER_REFUSED, spec->job, spec->n,
            "more nodes than one machine can stand for");
        return;
    }
    attempt = mz_local_add(local, spec->name, "", spec->job, spec->n, spec->node_count);
    attempt->is_starting = true;
    mz_local_start(local, spec, attempt);
}

static void stop(struct mz_local *local, struct mz_local_attempt *attempt);

void mz_local_started(struct mz_local *local, struct mz_local_attempt *attempt,
    enum mz_driver_outcome outcome, const char *text)
{
    attempt->is_starting = false;
    tell(local, MZ_DRIVER_SUBMITTED, outcome, attempt, text);
    if (outcome != MZ_DRIVER_OK)
        mz_local_remove(local, attempt);
    else if (attempt->is_stopping) /* cancelled meanwhile */
        stop(local, attempt);
}

/* The attempt, and no other that may have its number; NULL: nothing of it is known here. */
static struct mz_local_attempt *find_ref(struct mz_local *local, const struct mz_driver_ref *ref)
{
    struct mz_local_attempt *attempt = mz_local_find(local, ref->job, ref->n);

    if (attempt && ref->remote_id && ref->remote_id[0] != '\0' && attempt->remote_id[0] != '\0' &&
        strcmp(ref->remote_id, attempt->remote_id) != 0)
        return NULL;
    return attempt;
}

/* SIGTERM: a shim stops its job, which takes 15 s at most. One that is asked again after longer than
 * that hangs, and is killed; what it leaves is swept. */
static void stop(struct mz_local *local, struct mz_local_attempt *attempt)
{
    uint64_t now_ms = uv_now(local->setup.loop);
    bool hangs = attempt->is_stopping && now_ms - attempt->stop_ms >= STOP_MS;

    for (int32_t i = 0; i < attempt->shim_count; i++)
        if (attempt->shims[i]->pidfd >= 0)
            (void)mz_pidfd_signal(attempt->shims[i]->pidfd, hangs ? SIGKILL : SIGTERM);
    if (!attempt->is_stopping)
        attempt->stop_ms = now_ms;
    attempt->is_stopping = true;
}

static void cancel(struct mz_driver *driver, const struct mz_driver_ref *ref)
{
    struct mz_local *local = of(driver);
    struct mz_local_attempt *attempt = find_ref(local, ref);
    struct mz_error err = { MZ_OK, "" };

    if (!attempt && !local->has_looked_deep) { /* a daemon that has only just come back */
        if (mz_local_look(local, true, &err) != MZ_OK) {
            (void)add_event(
                local, MZ_DRIVER_CANCELLED, MZ_DRIVER_NOT_SENT, ref->job, ref->n, err.text);
            return;
        }
        local->has_looked_deep = true;
        attempt = find_ref(local, ref);
    }
    if (attempt)
        stop(local, attempt);
    (void)add_event(local, MZ_DRIVER_CANCELLED, MZ_DRIVER_OK, ref->job, ref->n, "");
}

static void observe(struct mz_driver *driver)
{
    struct mz_local *local = of(driver);

    local->is_observing = true;
    wake(local);
}

/* ---- life ---- */

static void release(struct mz_local *local)
{
    for (int32_t b = 0; b < MZ_LOCAL_BUCKET_COUNT; b++)
        while (local->buckets[b]) {
            struct mz_local_attempt *next = local->buckets[b]->next;

            free_attempt(local, local->buckets[b]);
            local->buckets[b] = next;
        }
    while (local->events) {
        struct mz_local_event *next = local->events->next;

        free(local->events);
        local->events = next;
    }
    if (local->epoll_fd >= 0)
        (void)close(local->epoll_fd);
    if (local->null_fd >= 0)
        (void)close(local->null_fd);
    if (local->log_fd >= 0)
        (void)close(local->log_fd);
    for (int32_t i = 0; i < local->env_count; i++)
        free(local->env[i]);
    free(local->env);
    free(local->shim_path);
    free(local->server);
    free(local->mark);
    free(local);
}

void mz_local_handle_closed(struct mz_local *local)
{
    if (--local->open_handle_count == 0)
        release(local);
}

static void handle_closed(uv_handle_t *handle)
{
    mz_local_handle_closed(handle->data);
}

static void local_free(struct mz_driver *driver)
{
    struct mz_local *local = of(driver);

    local->is_freed = true;
    uv_close((uv_handle_t *)&local->poll, handle_closed);
    uv_close((uv_handle_t *)&local->idle, handle_closed);
    uv_close((uv_handle_t *)&local->timer, handle_closed);
}

static char *join(const char *a, const char *b, const char *c)
{
    struct mz_text text = { 0 };

    mz_text_addf(&text, "%s%s%s", a, b, c);
    return text.bytes;
}

static void add_env(struct mz_local *local, const char *name, const char *value)
{
    if (value && local->env_count < MZ_LOCAL_ENV_COUNT_MAX)
        local->env[local->env_count++] = join(name, "=", value);
}

/* What a login would set, what the fleet file says, and whose shims these are. */
static void make_environment(struct mz_local *local)
{
    static const char *const kept[] = { "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG",
        "TMPDIR", "TZ" };
    const struct mz_driver_keys *keys = &local->setup.partner->driver;

    local->env = mz_xcalloc(MZ_LOCAL_ENV_COUNT_MAX + 1, sizeof(char *));
    add_env(local, "MIZAN_PARTNER", local->setup.partner->name);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        add_env(local, kept[i], getenv(kept[i]));
    for (int32_t i = 0; i < keys->env_count; i++)
        add_env(local, keys->env_names[i], keys->env_values[i]);
}

/* The shims' common log, begun anew when it has grown; without a directory: /dev/null. */
static int open_log(const char *directory)
{
    char *path = directory ? join(directory, "/", "shim.log") : join("/dev/null", "", "");
    struct stat info;
    int fd;

    if (directory && stat(path, &info) == 0 && info.st_size > LOG_BYTES_MAX) {
        char *old = join(path, ".", "old");

        (void)rename(path, old);
        free(old);
    }
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0600);
    free(path);
    return fd;
}

static int above(int fd) /* so that no descriptor of a shim overwrites it on the way */
{
    int moved = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);

    if (fd >= 0)
        (void)close(fd);
    return moved;
}

static enum mz_status open_files(struct mz_local *local, struct mz_error *err)
{
    local->null_fd = above(open("/dev/null", O_RDWR | O_CLOEXEC));
    local->log_fd = above(open_log(local->setup.directory));
    local->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (local->null_fd < 0 || local->log_fd < 0 || local->epoll_fd < 0)
        return mz_fail(err, MZ_E_IO, "partner '%s': cannot open what its shims need: %s",
            local->base.partner, strerror(errno));
    return MZ_OK;
}

static void start_handles(struct mz_local *local)
{
    struct uv_loop_s *loop = local->setup.loop;

    (void)uv_poll_init(loop, &local->poll, local->epoll_fd);
    (void)uv_idle_init(loop, &local->idle);
    (void)uv_timer_init(loop, &local->timer);
    local->poll.data = local->idle.data = local->timer.data = local;
    local->open_handle_count = 3;
    (void)uv_poll_start(&local->poll, UV_READABLE, shims_ended);
}

enum mz_status mz_driver_local_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    static const struct mz_driver_ops ops = { submit, cancel, observe, local_free };
    const struct mz_driver_keys *keys = &setup->partner->driver;
    const char *shim = keys->shim ? keys->shim : setup->shim_path;
    const char *server = keys->callback ? keys->callback : setup->shim_server;
    struct mz_local *local;
    enum mz_status status;

    if (!shim || access(shim, X_OK) != 0)
        return mz_fail(err, MZ_E_INPUT, "partner '%s': there is no shim to run at '%s'",
            setup->partner->name, shim ? shim : "");
    mz_net_sigpipe_ignore(); /* a shim may end before it has read its token */
    local = mz_xcalloc(1, sizeof(*local));
    local->setup = *setup;
    local->base.ops = &ops;
    local->base.partner = setup->partner->name;
    local->base.caps =
        (struct mz_driver_caps){ .observe_us = OBSERVE_US, .loss_us = LOSS_US, .runs_here = true };
    local->epoll_fd = local->null_fd = local->log_fd = -1;
    local->events_end = &local->events;
    local->shim_path = join(shim, "", "");
    local->server = join(server, "", "");
    local->mark = join("MIZAN_PARTNER=", setup->partner->name, "");
    (void)snprintf(
        local->comm, sizeof(local->comm), "%s", strrchr(shim, '/') ? strrchr(shim, '/') + 1 : shim);
    make_environment(local);
    status = open_files(local, err);
    if (status != MZ_OK) {
        release(local);
        return status;
    }
    start_handles(local);
    *ret_driver = &local->base;
    return MZ_OK;
}
