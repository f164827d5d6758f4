/* file.c - whole files in and out */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum mz_status read_stream(struct mz_arena *arena, FILE *stream, const char *path,
    size_t max_bytes, char **ret_bytes, size_t *ret_length, struct mz_error *err)
{
    size_t capacity = 0;
    size_t used = 0;
    char *bytes = NULL;

    for (;;) {
        size_t got;

        bytes = mz_arena_grow(arena, bytes, used, used + 16384, &capacity, 1);
        got = fread(bytes + used, 1, capacity - used - 1, stream);
        used += got;
        if (used > max_bytes)
            return mz_fail(err, MZ_E_LIMIT, "'%s' is larger than %zu bytes; nothing was read", path,
                max_bytes);
        if (got == 0)
            break;
    }
    if (ferror(stream))
        return mz_fail(err, MZ_E_IO, "cannot read '%s': %s", path, strerror(errno));
    bytes[used] = '\0';
    *ret_bytes = bytes;
    *ret_length = used;
    return MZ_OK;
}

enum mz_status mz_file_read(struct mz_arena *arena, const char *path, size_t max_bytes,
    char **ret_bytes, size_t *ret_length, struct mz_error *err)
{
    enum mz_status status;
    FILE *stream;

    if (strcmp(path, "-") == 0)
        return read_stream(arena, stdin, path, max_bytes, ret_bytes, ret_length, err);
    stream = fopen(path, "rb");
    if (!stream)
        return mz_fail(err, MZ_E_IO, "cannot read '%s': %s", path, strerror(errno));
    status = read_stream(arena, stream, path, max_bytes, ret_bytes, ret_length, err);
    (void)fclose(stream);
    return status;
}

static enum mz_status write_all(
    int fd, const char *path, const char *bytes, size_t length, struct mz_error *err)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
        bytes += put;
        length -= (size_t)put;
    }
    return MZ_OK;
}

static enum mz_status write_straight(
    const char *path, const char *bytes, size_t length, struct mz_error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    enum mz_status status;

    if (fd < 0)
        return mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
    status = write_all(fd, path, bytes, length, err);
    (void)close(fd);
    return status;
}

/* Rights of the file that is replaced, else what the umask leaves. */
static mode_t rights_for(const struct stat *old)
{
    mode_t mask;

    if (old)
        return old->st_mode & 07777;
    mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* Writes beside the target and renames into place. */
static enum mz_status write_beside(
    const char *path, mode_t rights, const char *bytes, size_t length, struct mz_error *err)
{
    enum mz_status status;
    char *beside = mz_xcalloc(strlen(path) + 16, 1);
    int fd;

    (void)strcpy(beside, path);
    (void)strcat(beside, ".XXXXXX");
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        status = mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
        free(beside);
        return status;
    }
    status = write_all(fd, path, bytes, length, err);
    if (status == MZ_OK && (fchmod(fd, rights) != 0 || fsync(fd) != 0))
        status = mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
    if (close(fd) != 0 && status == MZ_OK)
        status = mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
    if (status == MZ_OK && rename(beside, path) != 0)
        status = mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path, strerror(errno));
    if (status != MZ_OK)
        (void)unlink(beside);
    free(beside);
    return status;
}

enum mz_status mz_file_write(
    const char *path, const char *bytes, size_t length, struct mz_error *err)
{
    struct stat info;
    bool exists = stat(path, &info) == 0;
    char *target; /* where a link leads: the link stays a link */
    enum mz_status status;

    if (strcmp(path, "-") == 0)
        return write_all(STDOUT_FILENO, "standard output", bytes, length, err);
    if (exists && !S_ISREG(info.st_mode))
        return write_straight(path, bytes, length, err);
    target = exists ? realpath(path, NULL) : NULL;
    status =
        write_beside(target ? target : path, rights_for(exists ? &info : NULL), bytes, length, err);
    free(target);
    return status;
}
