/* store_sqlite_schema.c - the tables, and how they became what they are
 *
 * user_version is the number of the last migration that was made; 0 is an empty file. A migration
 * is never changed once released: what is to change gets a next one. Columns are the fields of the
 * rows (domain/run.h, store.h) under the same names, for people who ask the file questions; enums
 * are words.
 *
 * WITHOUT ROWID where the identity is not one number: one tree instead of two. Indices: jobs that
 * have not ended (restart), jobs that have ended by their end (restart, pruning), both by their
 * spec (pruning), events and keys of a job, and what ended attempts drew, all of it in the index.
 * An accept is what must be quick: it writes two of them, job_live and event_job.
 *
 * high_water: numbers that were used, though pruning took their rows. spent: what attempts drew
 * that pruning took.
 */
#include "state/store_sqlite.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { APPLICATION_ID = 0x4d7a616e }; /* "Mzan" */

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE partner(name TEXT PRIMARY KEY, is_drained INTEGER NOT NULL,"
    " is_reachable INTEGER NOT NULL, lost_us INTEGER NOT NULL, drained_by TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE token(name TEXT PRIMARY KEY, hash TEXT NOT NULL, role TEXT NOT NULL,"
    " created_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE spec(id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;"
    "CREATE TABLE job(id INTEGER PRIMARY KEY, spec INTEGER NOT NULL, array_job INTEGER NOT NULL,"
    " array_index INTEGER NOT NULL, state TEXT NOT NULL, cancel_wanted INTEGER NOT NULL,"
    " owner_uid INTEGER NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, team TEXT NOT NULL,"
    " priority INTEGER NOT NULL, chips INTEGER NOT NULL, attempt_count INTEGER NOT NULL,"
    " restart_count INTEGER NOT NULL, exit_code INTEGER NOT NULL, submitted_us INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, partner TEXT NOT NULL,"
    " avoid TEXT NOT NULL, want TEXT NOT NULL, note TEXT NOT NULL) STRICT;"
    "CREATE INDEX job_live ON job(spec) WHERE " MZ_SQL_LIVE ";"
    "CREATE INDEX job_ended ON job(ended_us) WHERE " MZ_SQL_ENDED ";"
    "CREATE INDEX job_ended_spec ON job(spec) WHERE " MZ_SQL_ENDED ";"
    "CREATE TABLE attempt(job INTEGER NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL,"
    " reason TEXT NOT NULL, partner TEXT NOT NULL, site TEXT NOT NULL, nodes TEXT NOT NULL,"
    " node_count INTEGER NOT NULL, chips_per_node INTEGER NOT NULL, chips INTEGER NOT NULL,"
    " parts TEXT NOT NULL, chip TEXT NOT NULL, remote_id TEXT NOT NULL,"
    " remote_submit_s INTEGER NOT NULL, contract TEXT NOT NULL,"
    " price_micro_per_chip_hour INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, exit_code INTEGER NOT NULL,"
    " checkpoint TEXT NOT NULL, PRIMARY KEY(job, n)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX attempt_drawn ON attempt(contract, chips, started_us, ended_us,"
    " price_micro_per_chip_hour) WHERE state = 'ended' AND contract <> '';"
    "CREATE TABLE permit(job INTEGER NOT NULL, n INTEGER NOT NULL, rank INTEGER NOT NULL,"
    " nonce TEXT NOT NULL, node TEXT NOT NULL, boot_id TEXT NOT NULL,"
    " granted_us INTEGER NOT NULL, exit_code INTEGER NOT NULL, ended_us INTEGER NOT NULL,"
    " PRIMARY KEY(job, n, rank)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event(seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, job INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, kind TEXT NOT NULL, partner TEXT NOT NULL, actor TEXT NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE INDEX event_job ON event(job) WHERE job > 0;"
    "CREATE TABLE idempotency_key(key TEXT PRIMARY KEY, hash TEXT NOT NULL, job INTEGER NOT NULL,"
    " job_count INTEGER NOT NULL, created_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_key_job ON idempotency_key(job);"
    "CREATE TABLE high_water(name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE spent(contract TEXT PRIMARY KEY, spent_usd_micro INTEGER NOT NULL,"
    " chip_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
};

enum { VERSION = sizeof(migrations) / sizeof(migrations[0]) };

enum mz_status mz_sqlite_ask(
    const char *path, sqlite3 *db, const char *sql, int64_t *ret_number, struct mz_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum mz_status status = mz_sqlite_prepare(path, db, sql, &statement, err);
    int result;

    if (status != MZ_OK)
        return status;
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *ret_number = sqlite3_column_int64(statement, 0);
    else
        status = mz_sqlite_fail(path, db, result, "nothing was read", err);
    (void)sqlite3_finalize(statement);
    return status;
}

enum mz_status mz_sqlite_check(const char *path, sqlite3 *db, struct mz_error *err)
{
    int64_t version = 0;
    int64_t application = 0;
    int64_t table_count = 0;
    enum mz_status status = mz_sqlite_ask(path, db, "PRAGMA user_version", &version, err);

    if (status == MZ_OK)
        status = mz_sqlite_ask(path, db, "PRAGMA application_id", &application, err);
    if (status == MZ_OK)
        status = mz_sqlite_ask(path, db, "SELECT count(*) FROM sqlite_schema", &table_count, err);
    if (status != MZ_OK)
        return status;
    if (application != APPLICATION_ID && (version != 0 || application != 0 || table_count != 0))
        return mz_fail(
            err, MZ_E_INPUT, "'%s' is the database of another program; nothing was changed", path);
    if (version < 0 || version > VERSION)
        return mz_fail(err, MZ_E_INPUT,
            "journal '%s' has version %" PRId64
            ", this program knows versions up to %d; nothing was "
            "changed: use the newer program",
            path, version, VERSION);
    return MZ_OK;
}

static enum mz_status migrate_to(
    const char *path, sqlite3 *db, int64_t version, struct mz_error *err)
{
    char *sql = sqlite3_mprintf("BEGIN IMMEDIATE;%s;PRAGMA application_id=%d;"
                                "PRAGMA user_version=%lld;COMMIT",
        migrations[version - 1], APPLICATION_ID, (long long)version);
    enum mz_status status = MZ_OK;
    int result = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

    if (result != SQLITE_OK) {
        status = mz_sqlite_fail(path, db, result, "its version was not changed", err);
        if (!sqlite3_get_autocommit(db))
            (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_free(sql);
    return status;
}

enum mz_status mz_sqlite_migrate(const char *path, sqlite3 *db, struct mz_error *err)
{
    int64_t version = 0;
    enum mz_status status = mz_sqlite_ask(path, db, "PRAGMA user_version", &version, err);

    while (status == MZ_OK && version < VERSION)
        status = migrate_to(path, db, ++version, err);
    return status;
}
