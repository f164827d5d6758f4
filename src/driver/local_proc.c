/* local_proc.c - reading /proc, and signals to processes that cannot hit another one
 *
 * A process id names a process only until it is reaped. So one opens a pidfd first, reads what the
 * process is, and signals through the pidfd: if the id was used again in between, the pidfd is of
 * the old process, or what was read is of the new one and does not fit.
 */
#include "driver/local_impl.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int compare_pids(const void *a, const void *b)
{
    return *(const pid_t *)a - *(const pid_t *)b;
}

enum mz_status mz_proc_list_read(struct mz_proc_list *ret_list, struct mz_error *err)
{
    struct mz_proc_list list = { NULL, 0 };
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int32_t capacity = 0;

    if (!proc)
        return mz_fail(err, MZ_E_IO, "/proc: %s", strerror(errno));
    while ((entry = readdir(proc)) != NULL) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        if (list.count == capacity) {
            capacity = capacity == 0 ? 1024 : capacity * 2;
            list.pids = mz_xrealloc(list.pids, (size_t)capacity, sizeof(pid_t));
        }
        list.pids[list.count++] = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    (void)closedir(proc);
    if (list.count == 0) {
        free(list.pids);
        return mz_fail(err, MZ_E_IO, "/proc shows no processes");
    }
    qsort(list.pids, (size_t)list.count, sizeof(pid_t), compare_pids);
    *ret_list = list;
    return MZ_OK;
}

void mz_proc_list_finish(struct mz_proc_list *list)
{
    free(list->pids);
    *list = (struct mz_proc_list){ NULL, 0 };
}

size_t mz_proc_read(pid_t pid, const char *name, char *buffer, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t count = 1;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < size - 1 && count > 0) {
        count = read(fd, buffer + length, size - 1 - length);
        length += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    buffer[length] = '\0';
    return length;
}

int64_t mz_proc_start(pid_t pid)
{
    char text[1024];
    const char *at;

    if (mz_proc_read(pid, "stat", text, sizeof(text)) == 0)
        return 0;
    at = strrchr(text, ')'); /* the name before it may hold anything */
    for (int32_t field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoll(at + 1, NULL, 10) : 0;
}

bool mz_proc_is_own(pid_t pid)
{
    char path[32];
    struct stat info;

    (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return stat(path, &info) == 0 && info.st_uid == geteuid();
}

const char *mz_proc_find(const char *list, size_t length, const char *start)
{
    size_t start_length = strlen(start);

    for (const char *at = list; at < list + length; at += strlen(at) + 1)
        if (strncmp(at, start, start_length) == 0)
            return at;
    return NULL;
}

int mz_pidfd_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool mz_pidfd_signal(int pidfd, int signal_number)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0) == 0;
}
