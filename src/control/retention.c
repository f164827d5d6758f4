/* retention.c - see retention.h */
#include "control/retention.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 512, DEPTH_MAX = 32 };

struct output {
    int64_t job;
    int32_t n;
    int32_t rank;
    int64_t bytes; /* on disk: an output may have holes */
    int64_t written_us;
};

struct outputs {
    struct output *rows;
    size_t count;
    size_t capacity;
    int64_t bytes;
};

static int64_t written_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000;
}

static int compare_job(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static bool has_ended(const struct mz_retention *retention, int64_t job)
{
    return job < retention->next_job &&
        (retention->live_count == 0 ||
            !bsearch(
                &job, retention->live, (size_t)retention->live_count, sizeof(job), compare_job));
}

/* A number from 1 without a sign or leading zeros, then `end`. */
static const char *read_number(const char *at, int64_t min, int64_t max, char end, int64_t *ret)
{
    char *behind;
    bool is_plain = (*at >= '1' && *at <= '9') || (*at == '0' && at[1] == end);

    errno = 0;
    *ret = is_plain ? strtoll(at, &behind, 10) : -1;
    return is_plain && !errno && *behind == end && *ret >= min && *ret <= max ? behind + (end != 0)
                                                                              : NULL;
}

static bool read_name(const char *name, struct output *ret)
{
    int64_t n = 0;
    int64_t rank = 0;
    const char *at = read_number(name, 1, INT64_MAX, '.', &ret->job);

    at = at ? read_number(at, 1, INT32_MAX, '.', &n) : NULL;
    at = at ? read_number(at, 0, INT32_MAX, '\0', &rank) : NULL;
    ret->n = (int32_t)n;
    ret->rank = (int32_t)rank;
    return at != NULL;
}

/* The folder STATE/NAME; NULL: it is not there, or cannot be read (*ret_status). */
static DIR *open_folder(const struct mz_retention *retention, const char *name,
    enum mz_status *ret_status, struct mz_error *err)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/%s", retention->state_directory, name);
    int fd = length > 0 && (size_t)length < sizeof(path)
        ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        : -1;
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    *ret_status = MZ_OK;
    if (!folder && errno != ENOENT)
        *ret_status = mz_fail(err, MZ_E_IO, "'%s' cannot be read: %s; nothing was removed there",
            path, strerror(errno));
    if (!folder && fd >= 0)
        (void)close(fd);
    return folder;
}

static void add(struct outputs *outputs, const struct output *output)
{
    if (outputs->count == outputs->capacity) {
        outputs->capacity = outputs->capacity ? outputs->capacity * 2 : 256;
        outputs->rows = mz_xrealloc(outputs->rows, outputs->capacity, sizeof(*outputs->rows));
    }
    outputs->rows[outputs->count++] = *output;
}

/* Every output counts for the sum; those of ended jobs are kept to choose from. */
static void read_outputs(const struct mz_retention *retention, DIR *folder, struct outputs *outputs)
{
    struct dirent *entry;

    while ((entry = readdir(folder))) {
        struct output output;
        struct stat info;

        if (!read_name(entry->d_name, &output) ||
            fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        output.bytes = (int64_t)info.st_blocks * BLOCK_BYTES;
        output.written_us = written_us(&info);
        outputs->bytes += output.bytes;
        if (has_ended(retention, output.job))
            add(outputs, &output);
    }
}

static int compare_output(const void *a, const void *b)
{
    const struct output *left = a;
    const struct output *right = b;

    if (left->written_us != right->written_us)
        return left->written_us < right->written_us ? -1 : 1;
    return compare_job(&left->job, &right->job);
}

static enum mz_status remove_outputs(
    const struct mz_retention *retention, struct mz_retention_result *result, struct mz_error *err)
{
    struct outputs outputs = { 0 };
    enum mz_status status;
    DIR *folder = open_folder(retention, "logs", &status, err);

    if (!folder)
        return status;
    read_outputs(retention, folder, &outputs);
    if (outputs.count > 0)
        qsort(outputs.rows, outputs.count, sizeof(*outputs.rows), compare_output);
    for (size_t i = 0; i < outputs.count; i++) {
        const struct output *output = &outputs.rows[i];
        char name[64];

        if (output->written_us >= retention->now_us - retention->keep_us &&
            outputs.bytes <= retention->log_bytes_max)
            break;
        (void)snprintf(name, sizeof(name), "%" PRId64 ".%" PRId32 ".%" PRId32, output->job,
            output->n, output->rank);
        if (unlinkat(dirfd(folder), name, 0) != 0)
            continue;
        outputs.bytes -= output->bytes;
        result->logs_removed++;
        result->bytes_removed += output->bytes;
    }
    result->bytes_kept = outputs.bytes;
    free(outputs.rows);
    (void)closedir(folder);
    return MZ_OK;
}

/* All below a folder, and the folder. What cannot be removed stays, with what it lies in. */
static bool remove_tree(int parent, const char *name, int32_t depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 && depth < DEPTH_MAX ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!folder) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) != 0 && (errno == EISDIR || errno == EPERM))
            (void)remove_tree(dirfd(folder), entry->d_name, depth + 1);
    }
    (void)closedir(folder);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static enum mz_status remove_folders(
    const struct mz_retention *retention, struct mz_retention_result *result, struct mz_error *err)
{
    enum mz_status status;
    DIR *folder = open_folder(retention, "jobs", &status, err);
    struct dirent *entry;

    if (!folder)
        return status;
    while ((entry = readdir(folder))) {
        struct stat info;
        int64_t job;

        if (!read_number(entry->d_name, 1, INT64_MAX, '\0', &job) || !has_ended(retention, job) ||
            fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(info.st_mode) || written_us(&info) >= retention->now_us - retention->keep_us)
            continue;
        result->folders_removed += remove_tree(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
    return MZ_OK;
}

enum mz_status mz_retention_run(const struct mz_retention *retention,
    struct mz_retention_result *ret_result, struct mz_error *err)
{
    enum mz_status status;

    memset(ret_result, 0, sizeof(*ret_result));
    if (retention->live_count > 0)
        qsort(
            retention->live, (size_t)retention->live_count, sizeof(*retention->live), compare_job);
    status = remove_outputs(retention, ret_result, err);
    return status == MZ_OK ? remove_folders(retention, ret_result, err) : status;
}
