/* store_sqlite_backup.c - a consistent copy while the journal is in use
 *
 * VACUUM INTO reads one moment of the database and writes a compact one; the log keeps what comes
 * meanwhile. It goes to a temporary file beside the target, is flushed, and only then gets its
 * name, so that a file of that name is always a whole copy.
 */
#include "state/store_sqlite.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum mz_status fail_path(const char *path, struct mz_error *err)
{
    return mz_fail(err, MZ_E_IO, "backup '%s': %s; no backup was made", path, strerror(errno));
}

static enum mz_status copy_into(const char *from, const char *to, struct mz_error *err)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", to);
    sqlite3 *db = NULL;
    enum mz_status status = MZ_OK;
    int result = sqlite3_open_v2(from, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(db, MZ_SQLITE_BUSY_MS);
    if (result == SQLITE_OK)
        result = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    if (result != SQLITE_OK)
        status = mz_sqlite_fail(from, db, result, "no backup was made", err);
    sqlite3_free(sql);
    (void)sqlite3_close(db);
    return status;
}

static int flush(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int result = fd >= 0 ? fsync(fd) : -1;

    if (fd >= 0)
        (void)close(fd);
    return result;
}

static int flush_directory_of(const char *path)
{
    char *directory = strdup(path);
    char *slash = directory ? strrchr(directory, '/') : NULL;
    int result;

    if (slash)
        slash[slash == directory ? 1 : 0] = '\0';
    result = directory ? flush(slash ? directory : ".", O_RDONLY | O_DIRECTORY) : -1;
    free(directory);
    return result;
}

enum mz_status mz_sqlite_backup(struct mz_store *store, const char *path, struct mz_error *err)
{
    const char *from = mz_sqlite_of(store)->path;
    char *beside = mz_xcalloc(strlen(path) + sizeof(".XXXXXX"), 1);
    enum mz_status status = MZ_OK;
    int fd;

    (void)strcat(strcpy(beside, path), ".XXXXXX");
    fd = mkostemp(beside, O_CLOEXEC); /* mode 0600; SQLite writes into an empty file */
    if (fd < 0) {
        status = fail_path(path, err);
        free(beside);
        return status;
    }
    (void)close(fd);
    status = copy_into(from, beside, err);
    /* link() does not replace a file, rename() would */
    if (status == MZ_OK &&
        (flush(beside, O_RDWR) != 0 || link(beside, path) != 0 || flush_directory_of(path) != 0))
        status = fail_path(path, err);
    (void)unlink(beside);
    free(beside);
    return status;
}
