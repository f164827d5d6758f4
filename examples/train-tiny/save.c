/* save.c - checkpoints on disk, their publication, and the loss file
 *
 * A checkpoint's bytes depend on seed, hidden and step alone, so two attempts that overlap may end
 * at the same name: either rename leaves the same file. Temporary names hold the attempt. */
#include "tiny.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void path_make(char *ret_path, const char *dir, uint64_t step)
{
    snprintf(ret_path, TINY_PATH_BYTES, "%s/step-%08" PRIu64 ".ckpt", dir, step);
}

bool tiny_save_write(const char *dir, const char *attempt, const struct tiny_model *model,
    char *ret_path, struct tiny_error *err)
{
    size_t size = tiny_model_packed_bytes(model);
    uint8_t *bytes = malloc(size);
    char temporary[TINY_PATH_BYTES + 64];
    FILE *file;
    int folder;
    bool ok;

    path_make(ret_path, dir, model->step);
    snprintf(temporary, sizeof(temporary), "%s.tmp-%.40s", ret_path, attempt);
    if (!bytes)
        return tiny_fail(err, "checkpoint '%s': no memory", ret_path);
    tiny_model_pack(model, bytes);
    file = fopen(temporary, "wbe");
    ok = file && fwrite(bytes, 1, size, file) == size && fflush(file) == 0 &&
        fsync(fileno(file)) == 0;
    free(bytes);
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok || rename(temporary, ret_path) != 0) {
        tiny_fail(err, "checkpoint '%s': %s", ret_path, strerror(errno));
        unlink(temporary);
        return false;
    }
    folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = folder >= 0 && fsync(folder) == 0; /* the name is durable, too */
    if (!ok)
        tiny_fail(err, "directory '%s': %s", dir, strerror(errno));
    if (folder >= 0)
        close(folder);
    return ok;
}

/* The newest checkpoint in dir before step `limit`. */
static bool find_before(const char *dir, uint64_t limit, uint64_t *ret_step)
{
    DIR *folder = opendir(dir);
    bool found = false;

    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[TINY_PATH_BYTES];
        uint64_t step;

        if (sscanf(entry->d_name, "step-%" SCNu64 ".ckpt", &step) != 1 || step >= limit ||
            (found && step <= *ret_step))
            continue;
        path_make(name, "", step); /* "/step-N.ckpt": the name has to be ours to the end */
        if (strcmp(name + 1, entry->d_name) == 0) {
            *ret_step = step;
            found = true;
        }
    }
    if (folder)
        closedir(folder);
    return found;
}

void tiny_save_prune(const char *dir, uint64_t step)
{
    char path[TINY_PATH_BYTES];

    for (int kept = 1; find_before(dir, step, &step); kept++)
        if (kept >= TINY_KEEP_COUNT) {
            path_make(path, dir, step);
            unlink(path);
        }
}

static bool read_one(const char *path, struct tiny_model *model, struct tiny_error *err)
{
    size_t room = tiny_model_packed_bytes(model) + 1; /* the last shows that a file is longer */
    uint8_t *bytes = malloc(room);
    FILE *file = bytes ? fopen(path, "rbe") : NULL;
    size_t size = file ? fread(bytes, 1, room, file) : 0;
    bool ok = file && !ferror(file);

    ok = ok ? tiny_model_unpack(model, bytes, size, err) : tiny_fail(err, "%s", strerror(errno));
    if (file)
        fclose(file);
    free(bytes);
    return ok;
}

bool tiny_save_restore(const char *dir, const char *first, struct tiny_model *model, char *ret_path,
    struct tiny_error *err)
{
    uint64_t step = UINT64_MAX;
    bool any = first != NULL;

    if (first)
        snprintf(ret_path, TINY_PATH_BYTES, "%s", first);
    while (first || (dir && find_before(dir, step, &step))) {
        if (!first)
            path_make(ret_path, dir, step);
        if (read_one(ret_path, model, err))
            return true;
        fprintf(stderr, "train-tiny: checkpoint '%s': %s\n", ret_path, err->text);
        any = true;
        first = NULL;
    }
    *ret_path = '\0';
    return !any || tiny_fail(err, "no checkpoint is usable; remove them to begin anew");
}

bool tiny_save_publish(
    const char *socket_path, const char *path, int timeout_s, struct tiny_error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct timeval limit = { .tv_sec = timeout_s };
    char *real = realpath(path, NULL), answer[256] = "";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *file = fd >= 0 ? fdopen(fd, "r+") : NULL;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
    if (!real || strchr(real, '\n'))
        tiny_fail(err, "'%s' is not a path that can be sent", path);
    else if (!file || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        fprintf(file, "%s\n", real) < 0 || fflush(file) != 0)
        tiny_fail(err, "'%s': %s", socket_path, strerror(errno));
    else if (!fgets(answer, sizeof(answer), file))
        tiny_fail(err, "'%s': no answer", socket_path);
    else
        tiny_fail(err, "%.*s", (int)strcspn(answer, "\n"), answer);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    free(real);
    return strcmp(answer, "ok\n") == 0;
}

int tiny_save_losses(const char *path, uint64_t step, uint64_t *ret_last, struct tiny_error *err)
{
    FILE *file = fopen(path, "a+e");
    char line[128];
    uint64_t at;
    long keep = 0;
    int fd = -1;

    *ret_last = 0;
    if (file)
        rewind(file);
    while (file && fgets(line, sizeof(line), file) && strchr(line, '\n') && /* torn lines go */
        sscanf(line, "step %" SCNu64 " loss ", &at) == 1 && at <= step) {
        *ret_last = at;
        keep = ftell(file);
    }
    if (file && ftruncate(fileno(file), keep) == 0)
        fd = dup(fileno(file));
    if (fd < 0)
        tiny_fail(err, "loss file '%s': %s", path, strerror(errno));
    if (file)
        fclose(file);
    return fd;
}
