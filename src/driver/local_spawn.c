/* local_spawn.c - starting shims from a process that may be large, beside its loop
 *
 * posix_spawn of the C library shares the memory until the shim runs (CLONE_VM | CLONE_VFORK), so
 * the time does not grow with the daemon; but who calls it waits until the new process has had a
 * processor, which is long on a busy machine. So the threads of libuv's pool do it. They also make
 * the job's directories, which is most of what a start costs in some file systems.
 *
 *   loop: copy -> thread: directories, every rank, or none -> loop: watch all, then give the tokens
 *
 * Without its token a shim asks for nothing, so none has a permit before all of them are watched:
 * an attempt of which a rank could not be started is taken back without having run anywhere.
 *
 * The shim gets a session of its own, default signals, a small environment, and four descriptors:
 * 0 and 1 are /dev/null, 2 is the shims' common log (STATE/shim.log, where only trouble is said),
 * 3 a pipe from which it reads its token, a line.
 * Rank 0 names the attempt ("pid:starttime"); the others carry that name in MIZAN_LEADER, so that it
 * is known as long as one of them lives.
 * All sources of descriptors are numbers from FD_MIN on, so that none is overwritten on the way.
 */
#include "driver/local_impl.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FD_MIN = 10, TOKEN_FD = 3, ARG_COUNT = 18 };

struct rank { /* one that was started */
    pid_t pid;
    int pidfd;
    int token_fd; /* where it waits for its token */
};

/* A submit under way. The thread that works on it has it for itself until on_started. */
struct start {
    uv_work_t work;
    struct mz_local *local;
    struct mz_local_attempt *attempt; /* the loop's */
    struct mz_arena *arena;
    struct mz_driver_submit submit; /* what is needed of it lives in the arena */
    char **env;                     /* of the shims, with room for the leader */
    char remote_id[MZ_LOCAL_REMOTE_ID_MAX];
    char leader[sizeof("MIZAN_LEADER=") + MZ_LOCAL_REMOTE_ID_MAX];
    char nonce[17];
    struct rank *ranks;
    int32_t rank_count; /* started so far */
    enum mz_driver_outcome outcome;
    char text[256];
};

/* ---- on a thread of the pool ---- */

static int move_up(int fd)
{
    int moved;

    if (fd >= FD_MIN || fd < 0)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
    (void)close(fd);
    return moved;
}

/* 0 or an error number. */
static int spawn_process(
    struct mz_local *local, char *const *args, char *const *env, int token_fd, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int problem;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    sigemptyset(&signals);
    (void)posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    (void)posix_spawnattr_setsigdefault(&attributes, &signals);
    (void)posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    problem = posix_spawn_file_actions_adddup2(&actions, local->null_fd, 0);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(&actions, local->null_fd, 1);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(&actions, local->log_fd, 2);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(&actions, token_fd, TOKEN_FD);
    if (problem == 0)
        problem = posix_spawn_file_actions_addclosefrom_np(&actions, TOKEN_FD + 1);
    if (problem == 0)
        problem = posix_spawn(ret_pid, local->shim_path, &actions, &attributes, args, env);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return problem;
}

/* 0 or an error number; then nothing is left of it. */
static int spawn_rank(struct start *start, int32_t rank)
{
    const struct mz_driver_submit *submit = &start->submit;
    struct mz_local *local = start->local;
    struct rank *started = &start->ranks[rank];
    char rank_text[16];
    char token_text[16];
    char *args[ARG_COUNT] = { local->shim_path, "--server", local->server, "--attempt",
        (char *)submit->name, "--nonce", start->nonce, "--rank", rank_text, "--token-fd",
        token_text, "--node", (char *)submit->nodes[rank] };
    int fds[2];
    int problem;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno;
    fds[0] = move_up(fds[0]);
    (void)snprintf(rank_text, sizeof(rank_text), "%" PRId32, rank);
    (void)snprintf(token_text, sizeof(token_text), "%d", TOKEN_FD);
    if (submit->directory) {
        args[13] = "--dir";
        args[14] = mz_arena_printf(
            start->arena, "%s/.shim-%" PRId32 ".%" PRId32, submit->directory, submit->n, rank);
    }
    if (fds[0] < 0)
        problem = errno;
    else
        problem = spawn_process(local, args, start->env, fds[0], &started->pid);
    if (fds[0] >= 0)
        (void)close(fds[0]);
    if (problem == 0) {
        started->token_fd = fds[1];
        started->pidfd = mz_pidfd_open(started->pid); /* our child and not reaped: this is it */
        if (started->pidfd >= 0)
            return 0;
        problem = errno;
        (void)kill(started->pid, SIGKILL);
        (void)waitpid(started->pid, NULL, 0);
    }
    (void)close(fds[1]);
    return problem;
}

/* None of them has had its token. */
static void take_back(struct start *start)
{
    for (int32_t rank = 0; rank < start->rank_count; rank++) {
        (void)kill(start->ranks[rank].pid, SIGKILL);
        (void)waitpid(start->ranks[rank].pid, NULL, 0);
        (void)close(start->ranks[rank].token_fd);
        if (start->ranks[rank].pidfd >= 0)
            (void)close(start->ranks[rank].pidfd);
    }
    start->rank_count = 0;
}

static void fail(struct start *start, int problem)
{
    bool is_passing = problem == EAGAIN || problem == ENOMEM || problem == EMFILE ||
        problem == ENFILE || problem == EINTR || problem == ENOSPC;

    (void)snprintf(start->text, sizeof(start->text), "cannot start '%.150s': %s",
        start->local->shim_path, strerror(problem));
    take_back(start);
    start->outcome = is_passing ? MZ_DRIVER_NOT_SENT : MZ_DRIVER_REFUSED;
}

static void name_leader(struct start *start)
{
    int32_t last = start->local->env_count;

    (void)snprintf(start->remote_id, sizeof(start->remote_id), "%d:%" PRId64,
        (int)start->ranks[0].pid, mz_proc_start(start->ranks[0].pid));
    (void)snprintf(start->leader, sizeof(start->leader), "MIZAN_LEADER=%s", start->remote_id);
    start->env[last] = start->leader;
}

static void start_shims(uv_work_t *work)
{
    struct start *start = work->data;
    uint64_t random;

    /* What fails here is said by the shim, which cannot enter it. */
    if (start->submit.directory)
        (void)mkdir(start->submit.directory, 0700);
    if (start->submit.checkpoints)
        (void)mkdir(start->submit.checkpoints, 0700);
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        fail(start, errno);
        return;
    }
    (void)snprintf(start->nonce, sizeof(start->nonce), "%016" PRIx64, random);
    while (start->rank_count < start->submit.node_count) {
        int problem = spawn_rank(start, start->rank_count);

        if (problem != 0) {
            fail(start, problem);
            return;
        }
        if (start->rank_count++ == 0)
            name_leader(start);
    }
}

/* ---- on the loop ---- */

/* 0 or an error number. */
static int watch_all(struct start *start)
{
    struct mz_local_attempt *attempt = start->attempt;

    memcpy(attempt->remote_id, start->remote_id, sizeof(attempt->remote_id));
    for (int32_t rank = 0; rank < start->rank_count; rank++) {
        struct rank *started = &start->ranks[rank];
        int pidfd = started->pidfd;

        started->pidfd = -1; /* the table's */
        if (!mz_local_watch(start->local, attempt, started->pid, pidfd, rank))
            return errno;
    }
    return 0;
}

static void give_tokens(struct start *start)
{
    size_t length = strlen(start->submit.token);

    for (int32_t rank = 0; rank < start->rank_count; rank++) {
        /* Far smaller than a pipe; a shim that is gone does not want it. */
        (void)!write(start->ranks[rank].token_fd, start->submit.token, length);
        (void)close(start->ranks[rank].token_fd);
        if (start->ranks[rank].pidfd >= 0)
            (void)close(start->ranks[rank].pidfd);
    }
}

/* A driver that was freed meanwhile tells and watches nothing; its shims run on for the next one. */
static void on_started(uv_work_t *work, int status)
{
    struct start *start = work->data;
    struct mz_local *local = start->local;

    (void)status; /* nobody cancels it */
    if (!local->is_freed) {
        int problem = watch_all(start);

        if (problem != 0)
            fail(start, problem);
        mz_local_started(local, start->attempt, start->outcome, start->text);
    }
    give_tokens(start);
    free(start->ranks);
    mz_arena_free(start->arena);
    free(start);
    mz_local_handle_closed(local);
}

static const char *copy(struct start *start, const char *text)
{
    return text ? mz_arena_strdup(start->arena, text) : NULL;
}

void mz_local_start(
    struct mz_local *local, const struct mz_driver_submit *submit, struct mz_local_attempt *attempt)
{
    struct start *start = mz_xcalloc(1, sizeof(*start));
    const char **nodes;

    *start = (struct start){ .work.data = start,
        .local = local,
        .attempt = attempt,
        .arena = mz_arena_create(),
        .outcome = MZ_DRIVER_OK,
        .ranks = mz_xcalloc((size_t)submit->node_count, sizeof(*start->ranks)) };
    nodes = mz_arena_alloc(start->arena, (size_t)submit->node_count, sizeof(*nodes));
    for (int32_t rank = 0; rank < submit->node_count; rank++)
        nodes[rank] = copy(start, submit->nodes[rank]);
    start->submit = (struct mz_driver_submit){ .job = submit->job,
        .n = submit->n,
        .name = copy(start, submit->name),
        .node_count = submit->node_count,
        .nodes = nodes,
        .token = mz_arena_printf(start->arena, "%s\n", submit->token),
        .directory = copy(start, submit->directory),
        .checkpoints = copy(start, submit->checkpoints) };
    start->env = mz_arena_alloc(start->arena, (size_t)local->env_count + 2, sizeof(*start->env));
    memcpy(start->env, local->env, (size_t)local->env_count * sizeof(*start->env));
    local->open_handle_count++; /* it keeps the driver's memory */
    if (uv_queue_work(local->setup.loop, &start->work, start_shims, on_started) != 0)
        abort(); /* it fails for want of a function only */
}
