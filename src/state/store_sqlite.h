/* store_sqlite.h - the journal in SQLite, inside
 *
 * For the files store_sqlite*.c alone. Two connections: `writer` belongs to the thread that
 * commits, `reader` to the thread that reads; neither is used by another thread, so they are opened
 * without SQLite's own locks. A backup opens a third for itself.
 */
#ifndef MZ_STATE_STORE_SQLITE_H
#define MZ_STATE_STORE_SQLITE_H

#include "state/store_impl.h"

#include <sqlite3.h>

/* The states of jobs that have ended, and the others, as SQL: two indices are over these very texts,
 * and a query uses them only when it says the same. With IN, which builds a set each time, writing a
 * job took 1.5 times as long. */
#define MZ_SQL_ENDED "(state = 'done' OR state = 'failed' OR state = 'cancelled')"
#define MZ_SQL_LIVE "state <> 'done' AND state <> 'failed' AND state <> 'cancelled'"

enum { MZ_SQLITE_BUSY_MS = 5000, MZ_SQLITE_MANY = 8 };

/* Statements of the reader, made when first needed (store_sqlite_read.c). */
enum mz_sqlite_read {
    MZ_READ_META,
    MZ_READ_PARTNERS,
    MZ_READ_TOKENS,
    MZ_READ_LIVE_JOBS,
    MZ_READ_LIVE_ATTEMPTS,
    MZ_READ_LIVE_PERMITS,
    MZ_READ_ENDED_JOBS,
    MZ_READ_SPEC,
    MZ_READ_KEY,
    MZ_READ_JOB,
    MZ_READ_ATTEMPTS,
    MZ_READ_EVENTS,
    MZ_READ_EVENTS_OF_JOB,
    MZ_READ_EVENTS_BEFORE,
    MZ_READ_EVENTS_BEFORE_OF_JOB,
    MZ_READ_MAXIMA,
    MZ_READ_SPEND,
    MZ_READ_SPENT,
    MZ_READ_COUNT
};

struct mz_sqlite {
    struct mz_store store;
    char *path; /* of the database, for sentences */
    int lock_fd;
    sqlite3 *writer;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *rollback;
    sqlite3_stmt *puts[MZ_RECORD_KIND_COUNT];      /* one row */
    sqlite3_stmt *puts_many[MZ_RECORD_KIND_COUNT]; /* MZ_SQLITE_MANY rows */
    int wal_pages;                                 /* in the log as of the last commit */
    int moved_pages; /* of those, so many have been offered to a checkpoint */
    sqlite3 *reader;
    sqlite3_stmt *reads[MZ_READ_COUNT];
    int32_t read_depth; /* reads inside a visitor's call see the same moment */
};

struct mz_sqlite *mz_sqlite_of(struct mz_store *store);

/* The status and the sentence for what a connection has just refused; `result` is what SQLite
 * answered, `what` ends the sentence: "nothing of it was written". */
enum mz_status mz_sqlite_fail(
    const char *path, sqlite3 *db, int result, const char *what, struct mz_error *err);

/* Prepares a statement that is kept. *ret_statement is untouched when it exists already. */
enum mz_status mz_sqlite_prepare(const char *path, sqlite3 *db, const char *sql,
    sqlite3_stmt **ret_statement, struct mz_error *err);

/* store_sqlite_commit.c: the statements of the writer, made at opening, and its transactions. A statement that is done is reset. end: commits when `status` is
 * MZ_OK, else takes all back and returns `status`. */
enum mz_status mz_sqlite_prepare_commit(struct mz_sqlite *sqlite, struct mz_error *err);
void mz_sqlite_finish_commit(struct mz_sqlite *sqlite);
enum mz_status mz_sqlite_begin(struct mz_sqlite *sqlite, struct mz_error *err);
enum mz_status mz_sqlite_step(
    struct mz_sqlite *sqlite, sqlite3_stmt *statement, struct mz_error *err);
enum mz_status mz_sqlite_end(struct mz_sqlite *sqlite, enum mz_status status, struct mz_error *err);

/* store_sqlite_schema.c: refuses what is not a journal or is of a newer version, before anything
 * is changed; then brings an older one up to date, each version in a transaction of its own. */
enum mz_status mz_sqlite_check(const char *path, sqlite3 *db, struct mz_error *err);
enum mz_status mz_sqlite_migrate(const char *path, sqlite3 *db, struct mz_error *err);

/* The first column of the first row of a question. */
enum mz_status mz_sqlite_ask(
    const char *path, sqlite3 *db, const char *sql, int64_t *ret_number, struct mz_error *err);

/* store_sqlite_row.c: fields to parameters, columns to fields. */
char *mz_sqlite_put_sql(enum mz_record_kind kind, int rows); /* free() it */
/* From parameter *first on, which moves behind the last. What SQLite answers. */
int mz_sqlite_bind(sqlite3_stmt *statement, int *first, const struct mz_record *record);
char *mz_sqlite_select_sql(enum mz_record_kind kind, const char *rest); /* free() it */
/* Strings belong to the statement until its next step. MZ_E_PARSE with table and identity when a
 * word or a number is none that this program knows. */
enum mz_status mz_sqlite_row(const char *path, sqlite3_stmt *statement, enum mz_record_kind kind,
    struct mz_record *ret_record, struct mz_error *err);

enum mz_status mz_sqlite_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err);
enum mz_status mz_sqlite_end_put(struct mz_store *store, struct mz_error *err);

/* store_sqlite_read.c, store_sqlite_prune.c: calls of store.h. */
enum mz_status mz_sqlite_load_live(
    struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err);
enum mz_status mz_sqlite_load_ended(struct mz_store *store, int64_t max,
    const struct mz_store_visitor *visitor, struct mz_error *err);
enum mz_status mz_sqlite_maxima(
    struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err);
enum mz_status mz_sqlite_spec(struct mz_store *store, struct mz_arena *arena, int64_t spec,
    const char **ret_json, struct mz_error *err);
enum mz_status mz_sqlite_key(struct mz_store *store, struct mz_arena *arena, const char *key,
    const struct mz_key_row **ret_row, struct mz_error *err);
enum mz_status mz_sqlite_job(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_job_row **ret_row, struct mz_error *err);
enum mz_status mz_sqlite_attempts(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err);
enum mz_status mz_sqlite_events(struct mz_store *store, struct mz_arena *arena, int64_t after,
    int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows, int32_t *ret_count,
    struct mz_error *err);
enum mz_status mz_sqlite_spend(struct mz_store *store, struct mz_arena *arena,
    const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err);
enum mz_status mz_sqlite_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err);

#endif
