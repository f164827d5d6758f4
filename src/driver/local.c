/* local.c - this machine as a partner: shims as processes of the daemon's user
 *
 * Each rank of an attempt is a mizan-shim in a session of its own, so that it outlives the daemon.
 * Nothing is remembered here that the journal does not know: a new daemon finds the shims by their
 * command lines (local_find.c) and adopts them. Every shim, child or adopted, is watched through a
 * pidfd; when the last one of an attempt is gone the core is told ENDED.
 *
 * A shim that ends by itself has ended all that it started. One that was killed has not: then
 * processes that carry MIZAN_ATTEMPT_NAME of the attempt are killed first (local_find.c), so that
 * ENDED always means that nothing of it runs.
 *
 * remote_id is "PID:START" of rank 0, START as in /proc/PID/stat: a pid alone is used again. The
 * token goes through a pipe, never through an argument or the environment. */
#include "driver/local_impl.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define FIND_EVERY_US (30 * SECOND_US)

/* ---- events, on the next turn of the loop ---- */

static void tell_due(uv_timer_t *timer)
{
    struct local_driver *local = timer->data;

    while (local->events) {
        struct local_event *event = local->events;
        struct mz_driver_event told = { .kind = event->kind,
            .partner = local->base.partner,
            .job = event->job,
            .n = event->n,
            .outcome = event->outcome,
            .remote_id = event->remote_id,
            .remote_submit_s = event->submit_s,
            .text = event->text };

        local->events = event->next;
        if (!local->events)
            local->last_event = &local->events;
        local->setup.sink(local->setup.context, &told);
        free(event);
    }
}

static void tell(struct local_driver *local, enum mz_driver_event_kind kind,
    enum mz_driver_outcome outcome, int64_t job, int32_t n, const struct local_attempt *attempt,
    const char *text)
{
    struct local_event *event = mz_xcalloc(1, sizeof(*event));

    *event = (struct local_event) { .kind = kind, .outcome = outcome, .job = job, .n = n };
    if (attempt) {
        (void)snprintf(event->remote_id, sizeof(event->remote_id), "%s", attempt->remote_id);
        event->submit_s = attempt->submit_s;
    }
    (void)snprintf(event->text, sizeof(event->text), "%s", text);
    *local->last_event = event;
    local->last_event = &event->next;
    (void)uv_timer_start(&local->timer, tell_due, 0, 0);
}

/* ---- attempts ---- */

struct local_attempt *mz_local_find_attempt(struct local_driver *local, int64_t job, int32_t n)
{
    for (struct local_attempt *a = local->buckets[job % LOCAL_BUCKETS]; a; a = a->next) {
        if (a->job == job && a->n == n)
            return a;
    }
    return NULL;
}

struct local_attempt *mz_local_add_attempt(struct local_driver *local, int64_t job, int32_t n)
{
    struct local_attempt *attempt = mz_xcalloc(1, sizeof(*attempt));
    struct local_attempt **bucket = &local->buckets[job % LOCAL_BUCKETS];

    attempt->local = local;
    attempt->job = job;
    attempt->n = n;
    attempt->submit_s = (int64_t)time(NULL);
    attempt->next = *bucket;
    *bucket = attempt;
    local->attempt_count++;
    return attempt;
}

static void free_attempt(struct local_attempt *attempt)
{
    struct local_attempt **at = &attempt->local->buckets[attempt->job % LOCAL_BUCKETS];

    while (*at != attempt)
        at = &(*at)->next;
    *at = attempt->next;
    attempt->local->attempt_count--;
    free(attempt);
}

static void shim_closed(uv_handle_t *handle)
{
    struct local_shim *shim = handle->data;

    (void)close(shim->pidfd);
    free(shim);
}

/* The last of its shims is gone. */
static void attempt_over(struct local_attempt *attempt, const char *why)
{
    struct local_driver *local = attempt->local;

    if (attempt->was_killed)
        mz_local_sweep(local, attempt->job, attempt->n);
    tell(local, MZ_DRIVER_ENDED, MZ_DRIVER_OK, attempt->job, attempt->n, attempt, why);
    free_attempt(attempt);
}

static void shim_ended(uv_poll_t *poll, int status, int events)
{
    struct local_shim *shim = poll->data;
    struct local_attempt *attempt = shim->attempt;
    struct local_shim **at = &attempt->shims;
    int code = 0;
    pid_t reaped;

    (void)status;
    (void)events;
    reaped = waitpid(shim->pid, &code, WNOHANG);
    if (reaped == 0)
        return; /* not yet */
    /* Adopted ones are nobody's children here: how they ended is not known. */
    if (reaped < 0 || !WIFEXITED(code))
        attempt->was_killed = true;
    while (*at != shim)
        at = &(*at)->next;
    *at = shim->next;
    (void)uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, shim_closed);
    if (!attempt->shims)
        attempt_over(attempt, attempt->was_killed ? "its shim was killed" : "");
}

bool mz_local_watch(struct local_attempt *attempt, pid_t pid, int64_t start)
{
    struct local_shim *shim = mz_xcalloc(1, sizeof(*shim));

    shim->pid = pid;
    shim->start = start;
    shim->attempt = attempt;
    shim->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (shim->pidfd < 0 ||
        uv_poll_init(attempt->local->setup.loop, &shim->poll, shim->pidfd) != 0) {
        if (shim->pidfd >= 0)
            (void)close(shim->pidfd);
        free(shim);
        return false;
    }
    shim->poll.data = shim;
    shim->next = attempt->shims;
    attempt->shims = shim;
    (void)uv_poll_start(&shim->poll, UV_READABLE, shim_ended);
    return true;
}

/* ---- submit ---- */

struct launch { /* of one rank */
    const char *argv[20];
    char rank[16];
    char nonce[40];
    char directory[512];
};

static void make_nonce(char *nonce)
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        abort(); /* never on Linux for so few bytes */
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
}

static void fill_launch(struct local_driver *local, const struct mz_driver_submit *submit,
    int32_t rank, const char *nonce, struct launch *launch)
{
    int32_t a = 0;

    (void)snprintf(launch->rank, sizeof(launch->rank), "%" PRId32, rank);
    (void)snprintf(launch->nonce, sizeof(launch->nonce), "%s", nonce);
    (void)snprintf(launch->directory, sizeof(launch->directory),
        "%.300s/shim-%.100s-%" PRId32 ".%" PRId32, submit->directory, local->base.partner,
        submit->n, rank);
    launch->argv[a++] = local->shim_path;
    launch->argv[a++] = "--server";
    launch->argv[a++] = local->server;
    launch->argv[a++] = "--attempt";
    launch->argv[a++] = submit->name;
    launch->argv[a++] = "--nonce";
    launch->argv[a++] = launch->nonce;
    launch->argv[a++] = "--rank";
    launch->argv[a++] = launch->rank;
    launch->argv[a++] = "--token-fd";
    launch->argv[a++] = "0";
    launch->argv[a++] = "--dir";
    launch->argv[a++] = launch->directory;
    launch->argv[a++] = "--node";
    launch->argv[a++] = submit->nodes[rank];
    launch->argv[a] = NULL;
}

/* One shim; -1 with errno when it could not be started. */
static pid_t spawn(struct local_driver *local, const struct launch *launch, const char *token)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    pid_t pid = -1;
    int ends[2];
    int status;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    (void)!write(ends[1], token, strlen(token)); /* fits the pipe's buffer */
    (void)!write(ends[1], "\n", 1);
    (void)close(ends[1]);
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    (void)posix_spawnattr_setflags(&attributes,
        POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    status = posix_spawn(&pid, launch->argv[0], &actions, &attributes,
        (char *const *)launch->argv, local->environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[0]);
    errno = status;
    return status == 0 ? pid : -1;
}

static void local_submit(struct mz_driver *driver, const struct mz_driver_submit *submit)
{
    struct local_driver *local = (struct local_driver *)driver;
    struct local_attempt *attempt = mz_local_find_attempt(local, submit->job, submit->n);
    char nonce[40];
    char text[200];
    int problem = 0;

    if (attempt) { /* it is there already: told again */
        tell(local, MZ_DRIVER_SUBMITTED, MZ_DRIVER_OK, submit->job, submit->n, attempt, "");
        return;
    }
    attempt = mz_local_add_attempt(local, submit->job, submit->n);
    make_nonce(nonce);
    for (int32_t rank = 0; rank < submit->node_count && !problem; rank++) {
        struct launch launch;
        int64_t start;
        pid_t pid;

        fill_launch(local, submit, rank, nonce, &launch);
        pid = spawn(local, &launch, submit->token);
        problem = pid < 0 ? errno : 0;
        if (problem)
            break;
        start = mz_local_start_time(pid);
        if (!mz_local_watch(attempt, pid, start)) {
            problem = errno;
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
        } else if (rank == 0) {
            (void)snprintf(attempt->remote_id, sizeof(attempt->remote_id), "%d:%" PRId64,
                (int)pid, start);
        }
    }
    if (!problem) {
        tell(local, MZ_DRIVER_SUBMITTED, MZ_DRIVER_OK, submit->job, submit->n, attempt, "");
        return;
    }
    (void)snprintf(text, sizeof(text), "%.100s: %s", local->shim_path, strerror(problem));
    tell(local, MZ_DRIVER_SUBMITTED, MZ_DRIVER_REFUSED, submit->job, submit->n, NULL, text);
    for (struct local_shim *shim = attempt->shims; shim; shim = shim->next)
        (void)kill(shim->pid, SIGKILL); /* no permit yet: nothing of the user's runs */
    if (!attempt->shims)
        free_attempt(attempt);
}

/* ---- cancel, observe ---- */

/* SIGTERM: the shim stops its job in order. Asked again, SIGKILL and the sweep that follows. */
static void local_cancel(struct mz_driver *driver, const struct mz_driver_ref *ref)
{
    struct local_driver *local = (struct local_driver *)driver;
    struct local_attempt *attempt = mz_local_find_attempt(local, ref->job, ref->n);

    for (struct local_shim *shim = attempt ? attempt->shims : NULL; shim; shim = shim->next)
        (void)syscall(SYS_pidfd_send_signal, shim->pidfd,
            attempt->cancel_count > 0 ? SIGKILL : SIGTERM, NULL, 0);
    if (attempt)
        attempt->cancel_count++;
    tell(local, MZ_DRIVER_CANCELLED, MZ_DRIVER_OK, ref->job, ref->n, attempt, "");
}

static void observe_due(uv_timer_t *timer)
{
    struct local_driver *local = timer->data;
    int64_t now_us = (int64_t)(uv_hrtime() / 1000);
    struct mz_driver_event event = { .kind = MZ_DRIVER_OBSERVED,
        .partner = local->base.partner,
        .remote_id = "",
        .text = "",
        .begin_us = (int64_t)uv_now(local->setup.loop) * 1000 };
    struct mz_remote_job *jobs;
    char(*names)[MZ_ATTEMPT_NAME_MAX];
    int32_t count = 0;

    local->is_observing = false;
    if (now_us >= local->find_us) {
        local->find_us = now_us + FIND_EVERY_US;
        mz_local_adopt_all(local);
    }
    jobs = mz_xcalloc((size_t)local->attempt_count + 1, sizeof(*jobs));
    names = mz_xcalloc((size_t)local->attempt_count + 1, sizeof(*names));
    for (int32_t b = 0; b < LOCAL_BUCKETS; b++) {
        for (const struct local_attempt *a = local->buckets[b]; a; a = a->next) {
            jobs[count] = (struct mz_remote_job) { .name = mz_attempt_name(names[count],
                                                       local->setup.install, a->job, a->n),
                .remote_id = a->remote_id,
                .submit_s = a->submit_s,
                .state = MZ_REMOTE_RUNNING,
                .reason = "" };
            count++;
        }
    }
    event.job_count = count;
    event.jobs = jobs;
    local->setup.sink(local->setup.context, &event);
    free(jobs);
    free(names);
}

static void local_observe(struct mz_driver *driver)
{
    struct local_driver *local = (struct local_driver *)driver;

    if (local->is_observing)
        return;
    local->is_observing = true;
    (void)uv_timer_start(&local->observe_timer, observe_due, 0, 0);
}

/* ---- life ---- */

static void timer_closed(uv_handle_t *handle)
{
    struct local_driver *local = handle->data;

    if (--local->open_handles > 0)
        return;
    for (char **entry = local->environment; entry && *entry; entry++)
        free(*entry);
    free(local->environment);
    free(local);
}

static void local_free(struct mz_driver *driver)
{
    struct local_driver *local = (struct local_driver *)driver;

    for (int32_t b = 0; b < LOCAL_BUCKETS; b++) {
        while (local->buckets[b]) {
            struct local_attempt *attempt = local->buckets[b];

            while (attempt->shims) {
                struct local_shim *shim = attempt->shims;

                attempt->shims = shim->next;
                (void)uv_poll_stop(&shim->poll);
                uv_close((uv_handle_t *)&shim->poll, shim_closed);
            }
            free_attempt(attempt);
        }
    }
    while (local->events) {
        struct local_event *event = local->events;

        local->events = event->next;
        free(event);
    }
    local->open_handles = 2;
    uv_close((uv_handle_t *)&local->timer, timer_closed);
    uv_close((uv_handle_t *)&local->observe_timer, timer_closed);
}

/* What a shim finds: little, and nothing of the daemon's own. */
static char **make_environment(void)
{
    static const char *const kept[] = { "LANG", "TZ", "TMPDIR", "PATH", "HOME", "USER", "LOGNAME",
        "SHELL" };
    const struct passwd *user = getpwuid(getuid());
    char **list = mz_xcalloc(16, sizeof(*list));
    int32_t count = 0;

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *value = getenv(kept[i]);

        if (user && strcmp(kept[i], "HOME") == 0)
            value = user->pw_dir;
        else if (user && (strcmp(kept[i], "USER") == 0 || strcmp(kept[i], "LOGNAME") == 0))
            value = user->pw_name;
        else if (user && strcmp(kept[i], "SHELL") == 0)
            value = user->pw_shell;
        if (strcmp(kept[i], "PATH") == 0 && (!value || !*value))
            value = "/usr/local/bin:/usr/bin:/bin";
        if (value) {
            size_t size = strlen(kept[i]) + strlen(value) + 2;

            list[count] = mz_xcalloc(size, 1);
            (void)snprintf(list[count++], size, "%s=%s", kept[i], value);
        }
    }
    return list;
}

enum mz_status mz_driver_local_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    static const struct mz_driver_ops ops = { local_submit, local_cancel, local_observe,
        local_free };
    const struct mz_driver_keys *keys = &setup->partner->driver;
    const char *shim = keys->shim ? keys->shim : setup->shim_path;
    struct local_driver *local;

    if (!shim || access(shim, X_OK) != 0)
        return mz_fail(err, MZ_E_INPUT, "partner '%s': '%s' cannot be run: %s",
            setup->partner->name, shim ? shim : "mizan-shim", strerror(errno));
    local = mz_xcalloc(1, sizeof(*local));
    local->base = (struct mz_driver) { .ops = &ops,
        .caps = { .observe_us = 2 * SECOND_US, .loss_us = 5 * SECOND_US, .runs_here = true },
        .partner = setup->partner->name };
    local->setup = *setup;
    local->shim_path = shim;
    local->server = keys->callback ? keys->callback : setup->shim_server;
    local->environment = make_environment();
    local->last_event = &local->events;
    (void)uv_timer_init(setup->loop, &local->timer);
    (void)uv_timer_init(setup->loop, &local->observe_timer);
    local->timer.data = local->observe_timer.data = local;
    *ret_driver = &local->base;
    return MZ_OK;
}
