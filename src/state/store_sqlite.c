/* store_sqlite.c - the journal in SQLite: opening, committing, closing
 *
 * DIR/journal.db (with -wal and -shm beside it) and DIR/lock, whose flock means "a daemon has
 * this" and whose text is that daemon's process id. The lock file is never removed: a second opener
 * could lock a file that is no longer there.
 *
 * Durability: write-ahead log, synchronous=FULL: a commit returns after fsync of the log; killing
 * the process at any point loses nothing that was committed. One case is left: fsync fails, commit
 * says so, and the machine dies before the next commit has overwritten the log's tail; then the
 * batch that was refused may stand after all. Whoever hears a refusal knows only that nothing was
 * promised.
 *
 * Checkpoints (moving the log into the database) are made by mz_store_tend, once those who wait for
 * a commit have been told; they never wait for readers. A commit does it itself only when the log
 * has grown to four times that, which is when nobody tends.
 */
#include "state/store_sqlite.h"

#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEND_PAGES = 1000, CHECKPOINT_PAGES = 4 * TEND_PAGES };
enum { LOCK_TRIES = 100, LOCK_PAUSE_NS = 10000000 };

struct mz_sqlite *mz_sqlite_of(struct mz_store *store)
{
    return (struct mz_sqlite *)store;
}

/* --- sentences --- */

enum mz_status mz_sqlite_fail(
    const char *path, sqlite3 *db, int result, const char *what, struct mz_error *err)
{
    int system_error = db ? sqlite3_system_errno(db) : 0;
    const char *said = db ? sqlite3_errmsg(db) : sqlite3_errstr(result);

    switch (result & 0xff) {
    case SQLITE_FULL:
        return mz_fail(err, MZ_E_IO, "journal '%s': the disk is full; %s", path, what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return mz_fail(err, MZ_E_IO, "journal '%s': another program has locked it for %d s; %s",
            path, MZ_SQLITE_BUSY_MS / 1000, what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return mz_fail(err, MZ_E_PARSE,
            "journal '%s' is damaged (%s); %s: restore a backup, or move the file away to begin "
            "anew",
            path, said, what);
    case SQLITE_CONSTRAINT:
        return mz_fail(err, MZ_E_INPUT, "journal '%s': %s; %s", path, said, what);
    default: break;
    }
    if (system_error != 0)
        return mz_fail(
            err, MZ_E_IO, "journal '%s': %s: %s; %s", path, said, strerror(system_error), what);
    return mz_fail(err, MZ_E_IO, "journal '%s': %s; %s", path, said, what);
}

enum mz_status mz_sqlite_prepare(const char *path, sqlite3 *db, const char *sql,
    sqlite3_stmt **ret_statement, struct mz_error *err)
{
    int result;

    if (*ret_statement)
        return MZ_OK;
    result = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL);
    if (result != SQLITE_OK)
        return mz_sqlite_fail(path, db, result, "nothing was done", err);
    return MZ_OK;
}

/* --- checkpoints --- */

/* Moves what no reader still needs where it is. What fails is tried again: the log keeps it. */
static void checkpoint(struct mz_sqlite *sqlite)
{
    (void)sqlite3_wal_checkpoint_v2(sqlite->writer, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sqlite->moved_pages = sqlite->wal_pages;
}

static int after_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct mz_sqlite *sqlite = context;

    (void)db;
    (void)name;
    sqlite->wal_pages = pages;
    if (pages < sqlite->moved_pages) /* the log has begun anew */
        sqlite->moved_pages = 0;
    if (pages - sqlite->moved_pages >= CHECKPOINT_PAGES)
        checkpoint(sqlite);
    return SQLITE_OK;
}

static void sqlite_tend(struct mz_store *store)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);

    if (sqlite->wal_pages - sqlite->moved_pages >= TEND_PAGES)
        checkpoint(sqlite);
}

/* --- the directory --- */

static enum mz_status make_directory(const char *directory, struct mz_error *err)
{
    char *path = mz_xcalloc(strlen(directory) + 1, 1);
    enum mz_status status = MZ_OK;

    (void)strcpy(path, directory);
    for (char *at = path + 1; status == MZ_OK && *at; at++) {
        bool is_last = at[1] == '\0';

        if (*at != '/' && !is_last)
            continue;
        if (!is_last)
            *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            status = mz_fail(err, MZ_E_IO, "cannot make the directory '%s' for the journal: %s",
                path, strerror(errno));
        if (!is_last)
            *at = '/';
    }
    free(path);
    return status;
}

/* The process that wrote its number into the lock file; 0: none did. */
static long holder_of(int fd)
{
    char text[32] = "";
    ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

    return length > 0 ? strtol(text, NULL, 10) : 0;
}

/* A daemon that was killed while it started a child leaves the lock to that child until it is
 * another program, a moment later: who is gone is waited for, who lives is not. */
static bool lock_file(int fd)
{
    struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

    for (int32_t i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        int error = errno;
        long process = holder_of(fd);
        bool is_gone = process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;

        errno = error;
        if (error != EWOULDBLOCK || !is_gone || i == LOCK_TRIES)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

static enum mz_status fail_in_use(const char *directory, int fd, struct mz_error *err)
{
    long process = holder_of(fd);

    if (process > 0)
        return mz_fail(
            err, MZ_E_IO, "journal in '%s' is in use by process %ld", directory, process);
    return mz_fail(err, MZ_E_IO, "journal in '%s' is in use by another process", directory);
}

static enum mz_status take_lock(
    struct mz_sqlite *sqlite, const char *directory, struct mz_error *err)
{
    char *path = mz_xcalloc(strlen(directory) + sizeof("/lock"), 1);
    char text[32];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    (void)strcat(strcpy(path, directory), "/lock");
    sqlite->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (sqlite->lock_fd < 0)
        return mz_fail(
            err, MZ_E_IO, "cannot make the file '%s/lock': %s", directory, strerror(errno));
    if (!lock_file(sqlite->lock_fd))
        return errno == EWOULDBLOCK
            ? fail_in_use(directory, sqlite->lock_fd, err)
            : mz_fail(err, MZ_E_IO, "cannot lock '%s/lock': %s", directory, strerror(errno));
    /* The number is for people: the lock holds without it, on a full disk too. */
    if (ftruncate(sqlite->lock_fd, 0) == 0)
        (void)!pwrite(sqlite->lock_fd, text, (size_t)length, 0);
    return MZ_OK;
}

/* SQLite would make the file with wider rights. Closed before SQLite opens it: closing later would
 * drop the locks that SQLite has on it. */
static enum mz_status make_file(const char *directory, const char *path, struct mz_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum mz_status status = MZ_OK;

    if (fd < 0 || folder < 0 || fchmod(fd, 0600) != 0 || fsync(folder) != 0)
        status = mz_fail(err, MZ_E_IO, "cannot open the journal '%s': %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    if (folder >= 0)
        (void)close(folder);
    return status;
}

/* --- opening and closing --- */

/* Without counting its memory, which takes a lock at each allocation; a sixth of a commit's time.
 * Refused, and no harm, when somebody else in the process has begun to use SQLite. */
static void configure_once(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum mz_status open_connection(
    const char *path, int flags, const char *pragmas, sqlite3 **ret_db, struct mz_error *err)
{
    int result = sqlite3_open_v2(path, ret_db, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(*ret_db, MZ_SQLITE_BUSY_MS);
    if (result == SQLITE_OK)
        result = sqlite3_exec(*ret_db, pragmas, NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return mz_sqlite_fail(path, *ret_db, result, "it was not opened", err);
    return MZ_OK;
}

/* The version is asked before the first statement that changes anything. */
static enum mz_status open_writer(struct mz_sqlite *sqlite, struct mz_error *err)
{
    const char *path = sqlite->path;
    enum mz_status status = open_connection(path, SQLITE_OPEN_READWRITE, "", &sqlite->writer, err);
    int result;

    if (status == MZ_OK)
        status = mz_sqlite_check(path, sqlite->writer, err);
    if (status != MZ_OK)
        return status;
    result = sqlite3_exec(sqlite->writer,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096",
        NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return mz_sqlite_fail(path, sqlite->writer, result, "it was not opened", err);
    status = mz_sqlite_migrate(path, sqlite->writer, err);
    (void)sqlite3_wal_hook(sqlite->writer, after_commit, sqlite);
    return status;
}

static void sqlite_free(struct mz_store *store)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);

    for (int i = 0; i < MZ_READ_COUNT; i++)
        (void)sqlite3_finalize(sqlite->reads[i]);
    (void)sqlite3_close(sqlite->reader);
    mz_sqlite_finish_commit(sqlite);
    (void)sqlite3_close(sqlite->writer);
    if (sqlite->lock_fd >= 0)
        (void)close(sqlite->lock_fd);
    free(sqlite->path);
    free(sqlite);
}

static const struct mz_store_calls sqlite_calls = {
    .free = sqlite_free,
    .put = mz_sqlite_put,
    .end = mz_sqlite_end_put,
    .load_live = mz_sqlite_load_live,
    .load_ended = mz_sqlite_load_ended,
    .maxima = mz_sqlite_maxima,
    .spec = mz_sqlite_spec,
    .key = mz_sqlite_key,
    .job = mz_sqlite_job,
    .attempts = mz_sqlite_attempts,
    .events = mz_sqlite_events,
    .spend = mz_sqlite_spend,
    .prune = mz_sqlite_prune,
    .tend = sqlite_tend,
};

enum mz_status mz_store_open_sqlite(
    const char *directory, struct mz_store **ret_store, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_xcalloc(1, sizeof(*sqlite));
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    enum mz_status status;

    (void)pthread_once(&once, configure_once);
    sqlite->store.calls = &sqlite_calls;
    sqlite->lock_fd = -1;
    sqlite->path = mz_xcalloc(strlen(directory) + sizeof("/journal.db"), 1);
    (void)strcat(strcpy(sqlite->path, directory), "/journal.db");
    status = make_directory(directory, err);
    if (status == MZ_OK)
        status = take_lock(sqlite, directory, err);
    if (status == MZ_OK)
        status = make_file(directory, sqlite->path, err);
    if (status == MZ_OK)
        status = open_writer(sqlite, err);
    if (status == MZ_OK)
        status = mz_sqlite_prepare_commit(sqlite, err);
    if (status == MZ_OK)
        status = open_connection(sqlite->path, SQLITE_OPEN_READWRITE,
            "PRAGMA query_only=ON; PRAGMA cache_size=-2048", &sqlite->reader, err);
    if (status != MZ_OK) {
        mz_store_free(&sqlite->store);
        return status;
    }
    *ret_store = &sqlite->store;
    return MZ_OK;
}
