/* spool.c - the shim's own directory
 *
 * The default lies below /tmp, where anybody may have put a link or a folder of that name first. So
 * both levels are opened without following links and must belong to this user, closed to others.
 */
#include "shim/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

bool mz_spool_init(struct mz_spool *spool, const char *path, const char *name, int rank)
{
    char here[MZ_SPOOL_PATH_MAX] = "";
    int length;

    *spool = (struct mz_spool){ .fd = -1, .is_default = path == NULL };
    if (path == NULL) {
        length = snprintf(spool->path, sizeof(spool->path), "/tmp/mizan-%u/%s.%d",
            (unsigned)geteuid(), name, rank);
    } else {
        if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL)
            return false;
        length = snprintf(
            spool->path, sizeof(spool->path), "%s%s%s", here, path[0] != '/' ? "/" : "", path);
    }
    return length > 0 && (size_t)length < sizeof(spool->path);
}

/* Every folder above the last. */
static void make_parents(const char *path)
{
    char part[MZ_SPOOL_PATH_MAX];

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        (void)mkdir(part, FOLDER_MODE);
    }
}

static int open_own(int at, const char *path)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 022) == 0)
        return fd;
    (void)close(fd);
    errno = EPERM;
    return -1;
}

static int make_default(const struct mz_spool *spool, bool *ret_made)
{
    char base[MZ_SPOOL_PATH_MAX];
    const char *slash = strrchr(spool->path, '/');
    int above;
    int fd;
    int problem;

    memcpy(base, spool->path, (size_t)(slash - spool->path));
    base[slash - spool->path] = '\0';
    if (mkdir(base, FOLDER_MODE) != 0 && errno != EEXIST)
        return -1;
    above = open_own(AT_FDCWD, base);
    if (above < 0)
        return -1;
    *ret_made = mkdirat(above, slash + 1, FOLDER_MODE) == 0;
    fd = *ret_made || errno == EEXIST ? open_own(above, slash + 1) : -1;
    problem = errno;
    (void)close(above);
    errno = problem;
    return fd;
}

bool mz_spool_make(struct mz_spool *spool)
{
    if (spool->fd >= 0)
        return true;
    if (spool->is_default) {
        spool->fd = make_default(spool, &spool->was_made);
        return spool->fd >= 0;
    }
    spool->was_made = mkdir(spool->path, FOLDER_MODE) == 0;
    if (!spool->was_made && errno == ENOENT) {
        make_parents(spool->path);
        spool->was_made = mkdir(spool->path, FOLDER_MODE) == 0;
    }
    spool->fd = spool->was_made || errno == EEXIST ? open_own(AT_FDCWD, spool->path) : -1;
    return spool->fd >= 0;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

bool mz_spool_write(
    struct mz_spool *spool, const char *name, const char *bytes, size_t length, bool safe)
{
    char draft[64];
    bool done;
    int fd;

    (void)snprintf(draft, sizeof(draft), "%.48s.new", name);
    if (!mz_spool_make(spool))
        return false;
    (void)unlinkat(spool->fd, draft, 0);
    fd = openat(spool->fd, draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FOLDER_MODE);
    if (fd < 0)
        return false;
    done = write_all(fd, bytes, length) && (!safe || fsync(fd) == 0);
    done = close(fd) == 0 && done && renameat(spool->fd, draft, spool->fd, name) == 0 &&
        (!safe || fsync(spool->fd) == 0);
    if (!done)
        (void)unlinkat(spool->fd, draft, 0);
    return done;
}

int mz_spool_open(struct mz_spool *spool, const char *name)
{
    if (!mz_spool_make(spool))
        return -1;
    return openat(spool->fd, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

void mz_spool_remove(struct mz_spool *spool, const char *name)
{
    if (spool->fd >= 0)
        (void)unlinkat(spool->fd, name, 0);
}

void mz_spool_finish(struct mz_spool *spool)
{
    if (spool->fd < 0)
        return;
    (void)close(spool->fd);
    spool->fd = -1;
    if (spool->was_made)
        (void)rmdir(spool->path);
}
