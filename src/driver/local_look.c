/* local_look.c - shims and leftovers among this machine's processes
 *
 * A shim is known by its name as the kernel has it, its command line (the attempt's name begins with
 * "mz-INSTALL-") and its environment (this partner). Those that the table has are not read again,
 * so that a look costs one small read for each other process of the machine. The first look of a
 * driver reads more of every process of this user, and finds leftovers too.
 *
 * A leftover is a process whose environment says MIZAN_ATTEMPT_NAME of an attempt that has no shim
 * any more: its shim was killed, and could not end the job. It is killed through a pidfd that was
 * opened before its environment was read. Processes that gave their environment away and had a
 * parent that died with the shim are not found; a shim that ends by itself leaves none.
 */
#include "driver/local_impl.h"

#include "base/arena.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 256 * 1024, COMMAND_MAX = 8 * 1024 };

static int compare_pids(const void *a, const void *b)
{
    return *(const pid_t *)a - *(const pid_t *)b;
}

/* The processes of the table, ascending. */
static struct mz_proc_list list_known(const struct mz_local *local)
{
    struct mz_proc_list known = { NULL, 0 };
    int32_t count = 0;

    for (int32_t b = 0; b < MZ_LOCAL_BUCKET_COUNT; b++)
        for (const struct mz_local_attempt *at = local->buckets[b]; at; at = at->next)
            count += at->live_count;
    known.pids = mz_xcalloc((size_t)count + 1, sizeof(pid_t));
    for (int32_t b = 0; b < MZ_LOCAL_BUCKET_COUNT; b++)
        for (const struct mz_local_attempt *at = local->buckets[b]; at; at = at->next)
            for (int32_t i = 0; i < at->shim_count; i++)
                if (at->shims[i]->pidfd >= 0)
                    known.pids[known.count++] = at->shims[i]->pid;
    qsort(known.pids, (size_t)known.count, sizeof(pid_t), compare_pids);
    return known;
}

/* The word behind `name` on a command line. */
static const char *find_option(const char *words, size_t length, const char *name)
{
    for (const char *at = words; at < words + length; at += strlen(at) + 1)
        if (strcmp(at, name) == 0 && at + strlen(at) + 1 < words + length)
            return at + strlen(at) + 1;
    return NULL;
}

/* False: no descriptor or memory for it. */
static bool adopt(struct mz_local *local, pid_t pid, const char *words, size_t length,
    const char *environment, size_t environment_length, int pidfd)
{
    const char *name = find_option(words, length, "--attempt");
    const char *rank = find_option(words, length, "--rank");
    const char *leader = mz_proc_find(environment, environment_length, "MIZAN_LEADER=");
    char remote_id[MZ_LOCAL_REMOTE_ID_MAX];
    struct mz_local_attempt *attempt;
    int64_t job;
    int32_t n;

    if (!name || !rank || !mz_attempt_name_parse(name, local->setup.install, &job, &n)) {
        (void)close(pidfd);
        return true;
    }
    if (leader)
        (void)snprintf(remote_id, sizeof(remote_id), "%s", strchr(leader, '=') + 1);
    else
        (void)snprintf(remote_id, sizeof(remote_id), "%d:%" PRId64, (int)pid, mz_proc_start(pid));
    attempt = mz_local_find(local, job, n);
    if (attempt && attempt->is_starting) { /* watched when its submit is answered */
        (void)close(pidfd);
        return true;
    }
    if (!attempt)
        attempt = mz_local_add(local, name, remote_id, job, n, 1);
    if (mz_local_watch(local, attempt, pid, pidfd, (int32_t)strtol(rank, NULL, 10)))
        return true;
    if (attempt->shim_count == 0)
        mz_local_remove(local, attempt);
    return false;
}

/* False: it may be a shim, and there is no descriptor or memory to find out. */
static bool look_at(struct mz_local *local, pid_t pid, char *environment, bool deep)
{
    char words[COMMAND_MAX];
    size_t length;
    size_t environment_length;
    int pidfd;

    if (!deep) { /* the first look does without: the shim may have had another name then */
        length = mz_proc_read(pid, "comm", words, sizeof(words));
        if (length == 0 || strncmp(words, local->comm, length - 1) != 0 ||
            local->comm[length - 1] != '\0')
            return true;
    }
    if (!mz_proc_is_own(pid))
        return true;
    pidfd = mz_pidfd_open(pid);
    if (pidfd < 0)
        return errno == ESRCH || errno == EINVAL;
    length = mz_proc_read(pid, "cmdline", words, sizeof(words));
    if (!find_option(words, length, "--attempt")) {
        (void)close(pidfd);
        return true;
    }
    environment_length = mz_proc_read(pid, "environ", environment, ENVIRONMENT_MAX);
    for (const char *at = environment; at < environment + environment_length; at += strlen(at) + 1)
        if (strcmp(at, local->mark) == 0)
            return adopt(local, pid, words, length, environment, environment_length, pidfd);
    (void)close(pidfd);
    return true;
}

/* Of a process of this partner: the attempt that it belongs to, by name; NULL: none. */
static const char *read_mark(struct mz_local *local, pid_t pid, char *environment)
{
    size_t length = mz_proc_read(pid, "environ", environment, ENVIRONMENT_MAX);
    const char *name = mz_proc_find(environment, length, "MIZAN_ATTEMPT_NAME=");
    const char *partner = mz_proc_find(environment, length, "MIZAN_PARTNER=");

    if (!name || !partner || strcmp(partner, local->mark) != 0)
        return NULL;
    return strchr(name, '=') + 1;
}

static void look_deep(struct mz_local *local, const struct mz_proc_list *list, char *environment)
{
    for (int32_t i = 0; i < list->count; i++) {
        const char *name;
        int64_t job;
        int32_t n;

        if (list->pids[i] == getpid() || !mz_proc_is_own(list->pids[i]))
            continue;
        name = read_mark(local, list->pids[i], environment);
        if (!name || !mz_attempt_name_parse(name, local->setup.install, &job, &n) ||
            mz_local_find(local, job, n))
            continue;
        mz_local_sweep(local, mz_local_add(local, name, "", job, n, 0));
    }
}

enum mz_status mz_local_look(struct mz_local *local, bool deep, struct mz_error *err)
{
    struct mz_proc_list list;
    struct mz_proc_list known;
    enum mz_status status = mz_proc_list_read(&list, err);
    char *environment;
    int32_t k = 0;

    if (status != MZ_OK)
        return status;
    known = list_known(local);
    environment = mz_xcalloc(1, ENVIRONMENT_MAX);
    for (int32_t i = 0; status == MZ_OK && i < list.count; i++) {
        while (k < known.count && known.pids[k] < list.pids[i])
            k++;
        if ((k == known.count || known.pids[k] != list.pids[i]) &&
            !look_at(local, list.pids[i], environment, deep))
            status = mz_fail(err, MZ_E_LIMIT, "cannot watch its shims: %s", strerror(errno));
    }
    if (deep && status == MZ_OK)
        look_deep(local, &list, environment);
    free(environment);
    mz_proc_list_finish(&known);
    mz_proc_list_finish(&list);
    return status;
}

void mz_local_sweep_round(struct mz_local *local)
{
    struct mz_proc_list list;
    char *environment;

    if (mz_proc_list_read(&list, NULL) != MZ_OK) {
        for (struct mz_local_attempt *at = local->swept; at; at = at->next_swept)
            at->was_found = true; /* nothing is known: no end may be told */
        return;
    }
    environment = mz_xcalloc(1, ENVIRONMENT_MAX);
    for (int32_t i = 0; i < list.count; i++) {
        struct mz_local_attempt *attempt;
        const char *name;
        int64_t job;
        int32_t n;
        int pidfd;

        if (list.pids[i] == getpid() || !mz_proc_is_own(list.pids[i]))
            continue;
        pidfd = mz_pidfd_open(list.pids[i]);
        if (pidfd < 0)
            continue;
        name = read_mark(local, list.pids[i], environment);
        attempt = name && mz_attempt_name_parse(name, local->setup.install, &job, &n)
            ? mz_local_find(local, job, n)
            : NULL;
        if (attempt && attempt->is_swept) {
            attempt->was_found = true;
            (void)mz_pidfd_signal(pidfd, SIGKILL);
        }
        (void)close(pidfd);
    }
    free(environment);
    mz_proc_list_finish(&list);
}
