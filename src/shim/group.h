/* group.h - the processes of the job
 *
 * The leader is the command: a session and a process group of its own, that dies with the shim.
 * Everything below it stays below the shim (sub-reaper), whatever it does to get away.
 */
#ifndef MZ_SHIM_GROUP_H
#define MZ_SHIM_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mz_group { /* zeroed: nothing runs */
    pid_t leader;
    bool leader_ended;
    int status;    /* as from waitpid, once the leader ended */
    bool is_empty; /* nothing of it is left */
};

struct mz_launch {
    char *const *args;
    char *const *environment;
    const char *workdir; /* NULL: stay */
    const char *output;  /* appended to; NULL: output_fd */
    int output_fd;
};

/* Starts the command. False: nothing runs, and text says why ("cannot start 'x': ..."). */
bool mz_group_start(
    struct mz_group *group, const struct mz_launch *launch, char *text, size_t text_size);

/* To every process of the job. */
void mz_group_signal(const struct mz_group *group, int signal_number);
/* To those that have a handler for it: the signal that asks for a checkpoint does not kill a shell
 * that stands between, nor a program that has not come so far. */
void mz_group_ask(const struct mz_group *group, int signal_number);
/* SIGKILL to everything that is ours to kill now; what it leaves becomes a child of the shim, for
 * the next call. Repeat until is_empty. */
void mz_group_kill(const struct mz_group *group);
/* Takes in what ended, without waiting. */
void mz_group_reap(struct mz_group *group);

#endif
