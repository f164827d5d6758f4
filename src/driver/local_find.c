/* local_find.c - shims and leftovers as /proc knows them
 *
 * A shim is known by its command line: "--attempt NAME" with a name of this installation, and
 * "--dir .../shim-PARTNER-N.RANK": several local partners of one installation may share a machine.
 * Only processes of the daemon's own user are looked at: others' environments cannot be read. */
#include "driver/local_impl.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CMDLINE_MAX = 8192, ENVIRON_MAX = 1024 * 1024, SWEEP_ROUNDS = 50 };

static ssize_t read_file(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t total = 0;
    ssize_t got = 0;

    if (fd < 0)
        return -1;
    while ((size_t)total < size - 1 &&
        (got = read(fd, bytes + total, size - 1 - (size_t)total)) > 0)
        total += got;
    (void)close(fd);
    bytes[total] = '\0';
    return got < 0 && total == 0 ? -1 : total;
}

int64_t mz_local_start_time(pid_t pid)
{
    char path[64];
    char stat[1024];
    const char *at;
    long long start = -1;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (read_file(path, stat, sizeof(stat)) <= 0)
        return -1;
    at = strrchr(stat, ')'); /* the name may hold anything */
    if (!at ||
        sscanf(at + 2,
            "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lld",
            &start) != 1)
        return -1;
    return start;
}

/* The word behind `option` in a list of words, each ended by NUL. */
static const char *word_behind(const char *bytes, ssize_t length, const char *option)
{
    const char *end = bytes + length;

    for (const char *at = bytes; at < end; at += strlen(at) + 1) {
        const char *next = at + strlen(at) + 1;

        if (strcmp(at, option) == 0 && next < end)
            return next;
    }
    return NULL;
}

static void adopt(struct local_driver *local, pid_t pid)
{
    char path[64];
    char line[CMDLINE_MAX];
    ssize_t length;
    const char *name;
    const char *rank;
    const char *directory;
    char expected[256];
    struct local_attempt *attempt;
    int64_t start;
    int64_t job;
    int32_t n;

    (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    length = read_file(path, line, sizeof(line));
    name = length > 0 ? word_behind(line, length, "--attempt") : NULL;
    rank = name ? word_behind(line, length, "--rank") : NULL;
    directory = rank ? word_behind(line, length, "--dir") : NULL;
    if (!directory || !mz_attempt_name_parse(name, local->setup.install, &job, &n))
        return;
    (void)snprintf(expected, sizeof(expected), "/shim-%.100s-%" PRId32 ".%.20s",
        local->base.partner, n, rank);
    if (strlen(directory) < strlen(expected) ||
        strcmp(directory + strlen(directory) - strlen(expected), expected) != 0)
        return; /* another partner's on this machine */
    start = mz_local_start_time(pid);
    attempt = mz_local_find_attempt(local, job, n);
    for (const struct local_shim *s = attempt ? attempt->shims : NULL; s; s = s->next) {
        if (s->pid == pid && s->start == start)
            return;
    }
    if (start < 0)
        return;
    if (!attempt)
        attempt = mz_local_add_attempt(local, job, n);
    if (strcmp(rank, "0") == 0)
        (void)snprintf(attempt->remote_id, sizeof(attempt->remote_id), "%d:%" PRId64, (int)pid,
            start);
    attempt->submit_s = 0; /* not known: the id tells */
    (void)mz_local_watch(attempt, pid, start);
}

void mz_local_adopt_all(struct local_driver *local)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;

    while (processes && (entry = readdir(processes))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            adopt(local, (pid_t)atoi(entry->d_name));
    }
    if (processes)
        (void)closedir(processes);
}

/* One round over all processes; how many were found. */
static int32_t kill_marked(const char *mark, char *bytes)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    int32_t found = 0;

    while (processes && (entry = readdir(processes))) {
        char path[300];
        ssize_t length;
        int pidfd;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        pidfd = (int)syscall(SYS_pidfd_open, atoi(entry->d_name), 0);
        (void)snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
        length = pidfd >= 0 ? read_file(path, bytes, ENVIRON_MAX) : -1;
        for (const char *at = bytes; length > 0 && at < bytes + length; at += strlen(at) + 1) {
            if (strcmp(at, mark) != 0)
                continue;
            found++;
            (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
            break;
        }
        if (pidfd >= 0)
            (void)close(pidfd);
    }
    if (processes)
        (void)closedir(processes);
    return found;
}

void mz_local_sweep(struct local_driver *local, int64_t job, int32_t n)
{
    char name[MZ_ATTEMPT_NAME_MAX];
    char mark[MZ_ATTEMPT_NAME_MAX + 32];
    char *bytes = mz_xcalloc(ENVIRON_MAX, 1);

    (void)snprintf(mark, sizeof(mark), "MIZAN_ATTEMPT_NAME=%s",
        mz_attempt_name(name, local->setup.install, job, n));
    /* A process may fork while it is looked for: until a round finds none. Killed ones take a
     * moment to go, so rounds are a little apart. */
    for (int32_t round = 0; round < SWEEP_ROUNDS && kill_marked(mark, bytes) > 0; round++) {
        struct timespec pause = { 0, 2000000 };

        (void)nanosleep(&pause, NULL);
    }
    free(bytes);
}
