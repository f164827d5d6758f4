/* store_sqlite_backup.c - a consistent copy while the journal is in use, and a journal from it
 *
 * VACUUM INTO reads one moment of the database and writes a compact one; the log keeps what comes
 * meanwhile. It goes to a temporary file beside the target, is flushed, and only then gets its
 * name, so that a file of that name is always a whole one.
 */
#include "state/store_sqlite.h"

#include "base/arena.h"
#include "domain/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NUMBERS_AHEAD = 1000000 };

static char *join(const char *first, const char *second)
{
    size_t size = strlen(first) + strlen(second) + 1;
    char *both = mz_xcalloc(size, 1);

    (void)snprintf(both, size, "%s%s", first, second);
    return both;
}

static enum mz_status copy_into(
    const char *from, int flags, const char *to, const char *undone, struct mz_error *err)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", to);
    sqlite3 *db = NULL;
    enum mz_status status = MZ_OK;
    int result = sqlite3_open_v2(from, &db, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(db, MZ_SQLITE_BUSY_MS);
    if (result == SQLITE_OK)
        status = mz_sqlite_check(from, db, err);
    if (result == SQLITE_OK && status == MZ_OK)
        result = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    if (result != SQLITE_OK)
        status = mz_sqlite_fail(from, db, result, undone, err);
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

/* An empty file beside the target, for its owner alone. NULL: errno says why. */
static char *make_beside(const char *path)
{
    char *beside = join(path, ".XXXXXX");
    int fd = mkostemp(beside, O_CLOEXEC);

    if (fd >= 0) {
        (void)close(fd); /* SQLite writes into an empty file */
        return beside;
    }
    free(beside);
    return NULL;
}

/* link() does not replace a file, rename() would. */
static int give_name(const char *beside, const char *path)
{
    return flush(beside, O_RDWR) != 0 || link(beside, path) != 0 || flush_directory_of(path) != 0
        ? -1
        : 0;
}

enum mz_status mz_store_backup_sqlite(const char *directory, const char *path, struct mz_error *err)
{
    char *from = join(directory, "/journal.db");
    char *beside = NULL;
    enum mz_status status;

    if (access(from, R_OK) != 0)
        status =
            mz_fail(err, MZ_E_INPUT, "journal '%s': %s; no backup was made", from, strerror(errno));
    else if (!(beside = make_beside(path)))
        status =
            mz_fail(err, MZ_E_IO, "backup '%s': %s; no backup was made", path, strerror(errno));
    else
        status = copy_into(from, SQLITE_OPEN_READWRITE, beside, "no backup was made", err);
    if (status == MZ_OK && give_name(beside, path) != 0)
        status =
            mz_fail(err, MZ_E_IO, "backup '%s': %s; no backup was made", path, strerror(errno));
    if (beside)
        (void)unlink(beside);
    free(beside);
    free(from);
    return status;
}

/* --- a journal from a backup --- */

/* What the backup says of jobs that had not ended is old. An attempt's draw ends with what the
 * backup knows. Numbers that came after it may have been told to people. */
static char *amend_sql(const struct mz_store_restored *restored, int64_t now_us)
{
    return sqlite3_mprintf(
        "BEGIN IMMEDIATE;"
        "UPDATE attempt SET state = 'ended', reason = CASE WHEN started_us > 0 THEN '%s' ELSE '%s'"
        " END, ended_us = max(%lld, started_us, created_us) WHERE state <> 'ended';"
        "UPDATE job SET state = 'cancelled', ended_us = %lld WHERE cancel_wanted <> 0 "
        "AND " MZ_SQL_LIVE ";"
        "UPDATE job SET state = 'held', note = 'held: the journal was restored from a backup'"
        " WHERE " MZ_SQL_LIVE ";"
        "INSERT INTO high_water(name, value) SELECT name, value + %d FROM"
        " (SELECT 'job' AS name, coalesce(max(id), 0) AS value FROM job UNION ALL"
        " SELECT 'spec', coalesce(max(id), 0) FROM spec UNION ALL"
        " SELECT 'event', coalesce(max(seq), 0) FROM event)"
        " WHERE true ON CONFLICT DO UPDATE SET value = max(value + %d, excluded.value);"
        "INSERT INTO event(seq, at_us, job, attempt, kind, partner, actor, text)"
        " SELECT value, %lld, 0, 0, 'restored', '', '', 'from a backup; %lld jobs are held'"
        " FROM high_water WHERE name = 'event';"
        "COMMIT",
        mz_end_reason_name(MZ_END_PARTNER_LOST), mz_end_reason_name(MZ_END_WITHDRAWN),
        (long long)restored->newest_us, (long long)now_us, NUMBERS_AHEAD, NUMBERS_AHEAD,
        (long long)now_us, (long long)restored->held_count);
}

static enum mz_status count_restored(
    const char *path, sqlite3 *db, struct mz_store_restored *ret_restored, struct mz_error *err)
{
    enum mz_status status =
        mz_sqlite_ask(path, db, "SELECT count(*) FROM job", &ret_restored->job_count, err);

    if (status == MZ_OK)
        status = mz_sqlite_ask(path, db,
            "SELECT count(*) FROM job WHERE cancel_wanted = 0 AND " MZ_SQL_LIVE,
            &ret_restored->held_count, err);
    if (status == MZ_OK)
        status = mz_sqlite_ask(
            path, db, "SELECT coalesce(max(at_us), 0) FROM event", &ret_restored->newest_us, err);
    return status;
}

static enum mz_status amend(
    const char *path, int64_t now_us, struct mz_store_restored *ret_restored, struct mz_error *err)
{
    sqlite3 *db = NULL;
    char *sql = NULL;
    int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    enum mz_status status = result == SQLITE_OK ? mz_sqlite_migrate(path, db, err) : MZ_OK;

    if (result == SQLITE_OK && status == MZ_OK)
        status = count_restored(path, db, ret_restored, err);
    if (result == SQLITE_OK && status == MZ_OK) {
        sql = amend_sql(ret_restored, now_us);
        result = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
    }
    if (result != SQLITE_OK)
        status = mz_sqlite_fail(path, db, result, "nothing was restored", err);
    sqlite3_free(sql);
    (void)sqlite3_close(db);
    return status;
}

enum mz_status mz_store_restore_sqlite(const char *path, const char *directory, int64_t now_us,
    struct mz_store_restored *ret_restored, struct mz_error *err)
{
    char *to = join(directory, "/journal.db");
    char *beside = NULL;
    struct stat info;
    enum mz_status status = MZ_OK;

    if (lstat(to, &info) == 0)
        status = mz_fail(err, MZ_E_INPUT,
            "'%s' is a journal already; nothing was restored: move it away, or restore elsewhere",
            to);
    else if ((mkdir(directory, 0700) != 0 && errno != EEXIST) || !(beside = make_beside(to)))
        status =
            mz_fail(err, MZ_E_IO, "'%s': %s; nothing was restored", directory, strerror(errno));
    if (status == MZ_OK)
        status = copy_into(path, SQLITE_OPEN_READONLY, beside, "nothing was restored", err);
    if (status == MZ_OK)
        status = amend(beside, now_us, ret_restored, err);
    if (status == MZ_OK && give_name(beside, to) != 0)
        status = mz_fail(err, MZ_E_IO, "'%s': %s; nothing was restored", to, strerror(errno));
    if (beside)
        (void)unlink(beside);
    free(beside);
    free(to);
    return status;
}
