/* store_sqlite_commit.c - one transaction a commit, in as many parts as are put
 *
 * A part is written table by table, since no row refers to another by more than its number and
 * only the order within a table matters (the last of two with one identity stands). That keeps a
 * table's pages at hand, and lets one statement write MANY rows: three quarters of the time that
 * MANY statements take.
 */
#include "state/store_sqlite.h"

#include <assert.h>
#include <stdlib.h>

enum { MANY = MZ_SQLITE_MANY };

static const char nothing_written[] = "nothing of it was written";

enum mz_status mz_sqlite_step(
    struct mz_sqlite *sqlite, sqlite3_stmt *statement, struct mz_error *err)
{
    enum mz_status status = MZ_OK;
    int result = sqlite3_step(statement);

    if (result != SQLITE_DONE && result != SQLITE_ROW)
        status = mz_sqlite_fail(sqlite->path, sqlite->writer, result, nothing_written, err);
    (void)sqlite3_reset(statement);
    return status;
}

enum mz_status mz_sqlite_begin(struct mz_sqlite *sqlite, struct mz_error *err)
{
    assert(sqlite3_get_autocommit(sqlite->writer));
    return mz_sqlite_step(sqlite, sqlite->begin, err);
}

enum mz_status mz_sqlite_end(struct mz_sqlite *sqlite, enum mz_status status, struct mz_error *err)
{
    if (status == MZ_OK)
        status = mz_sqlite_step(sqlite, sqlite->commit, err);
    /* some errors have taken the transaction back already */
    if (status != MZ_OK && !sqlite3_get_autocommit(sqlite->writer))
        (void)mz_sqlite_step(sqlite, sqlite->rollback, NULL);
    assert(sqlite3_get_autocommit(sqlite->writer));
    return status;
}

/* Writes `count` records, for which `statement` has parameters. */
static enum mz_status put(struct mz_sqlite *sqlite, sqlite3_stmt *statement,
    const struct mz_record *const *records, int count, struct mz_error *err)
{
    int first = 1;
    int result = SQLITE_OK;

    for (int i = 0; i < count && result == SQLITE_OK; i++)
        result = mz_sqlite_bind(statement, &first, records[i]);
    if (result != SQLITE_OK)
        return mz_sqlite_fail(sqlite->path, sqlite->writer, result, nothing_written, err);
    return mz_sqlite_step(sqlite, statement, err);
}

static bool is_of_table(const struct mz_record *record, enum mz_record_kind kind)
{
    return record->kind == kind ||
        (record->kind == MZ_RECORD_TOKEN_GONE && kind == MZ_RECORD_TOKEN);
}

static enum mz_status put_table(struct mz_sqlite *sqlite, enum mz_record_kind kind,
    const struct mz_record *records, size_t count, struct mz_error *err)
{
    const struct mz_record *gathered[MANY];
    int many = kind == MZ_RECORD_TOKEN ? 1 : MANY; /* tokens come and go in turns */
    enum mz_status status = MZ_OK;
    int n = 0;

    for (size_t i = 0; i < count && status == MZ_OK; i++) {
        if (!is_of_table(&records[i], kind))
            continue;
        gathered[n++] = &records[i];
        if (n < many)
            continue;
        status = put(sqlite, n == 1 ? sqlite->puts[records[i].kind] : sqlite->puts_many[kind],
            gathered, n, err);
        n = 0;
    }
    for (int i = 0; i < n && status == MZ_OK; i++)
        status = put(sqlite, sqlite->puts[kind], &gathered[i], 1, err);
    return status;
}

enum mz_status mz_sqlite_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    enum mz_status status = MZ_OK;

    if (sqlite3_get_autocommit(sqlite->writer)) /* the first part */
        status = mz_sqlite_begin(sqlite, err);
    if (status != MZ_OK)
        return status;
    for (int kind = 0; kind < MZ_RECORD_KIND_COUNT && status == MZ_OK; kind++) {
        if (kind == MZ_RECORD_TOKEN_GONE)
            continue; /* went with the tokens */
        status = put_table(sqlite, (enum mz_record_kind)kind, records, count, err);
    }
    return status == MZ_OK ? MZ_OK : mz_sqlite_end(sqlite, status, err);
}

enum mz_status mz_sqlite_end_put(struct mz_store *store, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);

    assert(!sqlite3_get_autocommit(sqlite->writer)); /* something was put */
    return mz_sqlite_end(sqlite, MZ_OK, err);
}

static enum mz_status prepare_put(struct mz_sqlite *sqlite, enum mz_record_kind kind, int rows,
    sqlite3_stmt **ret_statement, struct mz_error *err)
{
    char *sql = mz_sqlite_put_sql(kind, rows);
    enum mz_status status =
        mz_sqlite_prepare(sqlite->path, sqlite->writer, sql, ret_statement, err);

    free(sql);
    return status;
}

enum mz_status mz_sqlite_prepare_commit(struct mz_sqlite *sqlite, struct mz_error *err)
{
    sqlite3 *db = sqlite->writer;
    enum mz_status status =
        mz_sqlite_prepare(sqlite->path, db, "BEGIN IMMEDIATE", &sqlite->begin, err);

    if (status == MZ_OK)
        status = mz_sqlite_prepare(sqlite->path, db, "COMMIT", &sqlite->commit, err);
    if (status == MZ_OK)
        status = mz_sqlite_prepare(sqlite->path, db, "ROLLBACK", &sqlite->rollback, err);
    for (int kind = 0; kind < MZ_RECORD_KIND_COUNT && status == MZ_OK; kind++) {
        status = prepare_put(sqlite, (enum mz_record_kind)kind, 1, &sqlite->puts[kind], err);
        if (status == MZ_OK && kind != MZ_RECORD_TOKEN_GONE)
            status =
                prepare_put(sqlite, (enum mz_record_kind)kind, MANY, &sqlite->puts_many[kind], err);
    }
    return status;
}

void mz_sqlite_finish_commit(struct mz_sqlite *sqlite)
{
    for (int i = 0; i < MZ_RECORD_KIND_COUNT; i++) {
        (void)sqlite3_finalize(sqlite->puts[i]);
        (void)sqlite3_finalize(sqlite->puts_many[i]);
    }
    (void)sqlite3_finalize(sqlite->begin);
    (void)sqlite3_finalize(sqlite->commit);
    (void)sqlite3_finalize(sqlite->rollback);
}
