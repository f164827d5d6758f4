/* local_spawn.c - starting a shim from a process that may be large
 *
 * posix_spawn of the C library shares the memory until the shim runs (CLONE_VM | CLONE_VFORK), so
 * the time does not grow with the daemon. The shim gets a session of its own, default signals, a
 * small environment, and four descriptors: 0 and 1 are /dev/null, 2 is the shims' common log
 * (STATE/shim.log, where only trouble is said), 3 a pipe that holds the token.
 * Rank 0 names the attempt ("pid:starttime"); the others carry that name in MIZAN_LEADER, so that it
 * is known as long as one of them lives.
 * All sources of descriptors are numbers from FD_MIN on, so that none is overwritten on the way.
 */
#include "driver/local_impl.h"

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
#include <sys/wait.h>
#include <unistd.h>

enum { FD_MIN = 10, TOKEN_FD = 3, ARG_COUNT = 18 };

static int move_up(int fd)
{
    int moved;

    if (fd >= FD_MIN || fd < 0)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
    (void)close(fd);
    return moved;
}

/* A pipe with the token in it; the reading end, -1: errno. */
static int make_token_pipe(const char *token)
{
    size_t length = strlen(token);
    int fds[2];
    ssize_t count;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    count = write(fds[1], token, length); /* it is far smaller than a pipe */
    (void)close(fds[1]);
    assert(count == (ssize_t)length);
    return move_up(fds[0]);
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

static int spawn_rank(struct mz_local *local, const struct mz_driver_submit *submit, int32_t rank,
    char *nonce, char *leader, pid_t *ret_pid)
{
    char rank_text[16];
    char token_text[16];
    struct mz_text directory = { 0 };
    char *args[ARG_COUNT] = { local->shim_path, "--server", local->server, "--attempt",
        (char *)submit->name, "--nonce", nonce, "--rank", rank_text, "--token-fd", token_text,
        "--node", (char *)submit->nodes[rank] };
    int token_fd = make_token_pipe(submit->token);
    int problem;

    if (token_fd < 0)
        return errno;
    (void)snprintf(rank_text, sizeof(rank_text), "%" PRId32, rank);
    (void)snprintf(token_text, sizeof(token_text), "%d", TOKEN_FD);
    if (submit->directory) {
        mz_text_addf(
            &directory, "%s/.shim-%" PRId32 ".%" PRId32, submit->directory, submit->n, rank);
        args[13] = "--dir";
        args[14] = directory.bytes;
    }
    local->env[local->env_count] = leader; /* NULL for rank 0 */
    problem = spawn_process(local, args, local->env, token_fd, ret_pid);
    (void)close(token_fd);
    mz_text_finish(&directory);
    return problem;
}

/* The ranks that were started go again. None of them can have a permit yet: the daemon answers on
 * the thread that is here. */
static void take_back(struct mz_local_attempt *attempt)
{
    attempt->is_silent = true;
    for (int32_t i = 0; i < attempt->shim_count; i++)
        (void)mz_pidfd_signal(attempt->shims[i]->pidfd, SIGKILL);
}

static enum mz_driver_outcome fail(struct mz_local *local, struct mz_local_attempt *attempt,
    int problem, char *text, size_t text_size)
{
    bool is_passing = problem == EAGAIN || problem == ENOMEM || problem == EMFILE ||
        problem == ENFILE || problem == EINTR;

    (void)snprintf(
        text, text_size, "cannot start '%.150s': %s", local->shim_path, strerror(problem));
    take_back(attempt);
    return is_passing ? MZ_DRIVER_NOT_SENT : MZ_DRIVER_REFUSED;
}

enum mz_driver_outcome mz_local_spawn(struct mz_local *local, const struct mz_driver_submit *submit,
    struct mz_local_attempt *attempt, char *text, size_t text_size)
{
    char leader[sizeof("MIZAN_LEADER=") + MZ_LOCAL_REMOTE_ID_MAX];
    char nonce[17];
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return fail(local, attempt, errno, text, text_size);
    (void)snprintf(nonce, sizeof(nonce), "%016" PRIx64, random);
    for (int32_t rank = 0; rank < submit->node_count; rank++) {
        pid_t pid;
        int problem = spawn_rank(local, submit, rank, nonce, rank == 0 ? NULL : leader, &pid);
        int pidfd;

        if (problem != 0)
            return fail(local, attempt, problem, text, text_size);
        pidfd = mz_pidfd_open(pid); /* it is our child and not reaped: this is it */
        if (pidfd < 0 || !mz_local_watch(local, attempt, pid, pidfd, rank)) {
            problem = errno;
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
            return fail(local, attempt, problem, text, text_size);
        }
        if (rank > 0)
            continue;
        (void)snprintf(attempt->remote_id, sizeof(attempt->remote_id), "%d:%" PRId64, (int)pid,
            mz_proc_start(pid));
        (void)snprintf(leader, sizeof(leader), "MIZAN_LEADER=%s", attempt->remote_id);
    }
    return MZ_DRIVER_OK;
}
