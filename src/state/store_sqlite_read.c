/* store_sqlite_read.c - what a restart reads, and questions about the past
 *
 * Every call reads one moment: it opens a read transaction unless a call around it has one (a
 * visitor may ask). What a restart reads is three statements in the order of jobs' numbers, read
 * side by side, so that it costs one pass and not one question a job.
 */
#include "base/arena.h"
#include "state/store_sqlite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_FIRST = 16 };

/* Attempts that count for a live job: those that have not ended, and the last one. */
#define LIVE_ATTEMPT                                                                               \
    "(a.state <> 'ended' OR a.n = (SELECT max(b.n) FROM attempt b WHERE b.job = a.job))"
#define LIVE_JOBS "(SELECT id FROM job WHERE " MZ_SQL_LIVE ")"

static const struct {
    enum mz_record_kind kind;
    const char *rest; /* behind SELECT fields FROM table */
    const char *sql;  /* all of it, when it is not a table's rows */
} reads[MZ_READ_COUNT] = {
    [MZ_READ_META] = { MZ_RECORD_META, "ORDER BY name", NULL },
    [MZ_READ_PARTNERS] = { MZ_RECORD_PARTNER, "ORDER BY name", NULL },
    [MZ_READ_TOKENS] = { MZ_RECORD_TOKEN, "ORDER BY name", NULL },
    [MZ_READ_LIVE_JOBS] = { MZ_RECORD_JOB, "WHERE " MZ_SQL_LIVE " ORDER BY id", NULL },
    [MZ_READ_LIVE_ATTEMPTS] = { MZ_RECORD_ATTEMPT,
        "a WHERE a.job IN " LIVE_JOBS " AND " LIVE_ATTEMPT " ORDER BY a.job, a.n", NULL },
    [MZ_READ_LIVE_PERMITS] = { MZ_RECORD_PERMIT,
        "WHERE job IN " LIVE_JOBS " AND n IN (SELECT a.n FROM attempt a WHERE a.job = permit.job "
        "AND " LIVE_ATTEMPT ") ORDER BY job, n, rank",
        NULL },
    [MZ_READ_ENDED_JOBS] = { MZ_RECORD_JOB,
        "WHERE " MZ_SQL_ENDED " ORDER BY ended_us DESC, id DESC LIMIT ?1", NULL },
    [MZ_READ_SPEC] = { MZ_RECORD_SPEC, "WHERE id = ?1", NULL },
    [MZ_READ_KEY] = { MZ_RECORD_KEY, "WHERE key = ?1", NULL },
    [MZ_READ_JOB] = { MZ_RECORD_JOB, "WHERE id = ?1", NULL },
    [MZ_READ_ATTEMPTS] = { MZ_RECORD_ATTEMPT, "WHERE job = ?1 ORDER BY n", NULL },
    [MZ_READ_EVENTS] = { MZ_RECORD_EVENT, "WHERE seq > ?1 ORDER BY seq LIMIT ?2", NULL },
    [MZ_READ_EVENTS_OF_JOB] = { MZ_RECORD_EVENT,
        "WHERE job = ?3 AND job > 0 AND seq > ?1 ORDER BY seq LIMIT ?2", NULL },
    [MZ_READ_EVENTS_BEFORE] = { MZ_RECORD_EVENT, "WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
        NULL },
    [MZ_READ_EVENTS_BEFORE_OF_JOB] = { MZ_RECORD_EVENT,
        "WHERE job = ?3 AND job > 0 AND seq < ?1 ORDER BY seq DESC LIMIT ?2", NULL },
    [MZ_READ_MAXIMA] = { MZ_RECORD_META, NULL,
        "SELECT (SELECT max(id) FROM job), (SELECT max(id) FROM spec),"
        " (SELECT max(seq) FROM event), (SELECT value FROM high_water WHERE name = 'job'),"
        " (SELECT value FROM high_water WHERE name = 'spec'),"
        " (SELECT value FROM high_water WHERE name = 'event')" },
    [MZ_READ_SPEND] = { MZ_RECORD_META, NULL,
        "SELECT contract, chips, started_us, ended_us, price_micro_per_chip_hour FROM attempt"
        " WHERE state = 'ended' AND contract <> ''" },
    [MZ_READ_SPENT] = { MZ_RECORD_META, NULL,
        "SELECT contract, spent_usd_micro, chip_us FROM spent" },
};

/* --- transactions and steps --- */

static enum mz_status fail(struct mz_sqlite *sqlite, int result, struct mz_error *err)
{
    return mz_sqlite_fail(sqlite->path, sqlite->reader, result, "it was not read to its end", err);
}

static enum mz_status enter(struct mz_sqlite *sqlite, struct mz_error *err)
{
    int result = SQLITE_OK;

    if (sqlite->read_depth == 0)
        result = sqlite3_exec(sqlite->reader, "BEGIN", NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return fail(sqlite, result, err);
    sqlite->read_depth++;
    return MZ_OK;
}

static enum mz_status leave(struct mz_sqlite *sqlite, enum mz_status status)
{
    assert(sqlite->read_depth > 0);
    if (--sqlite->read_depth == 0 && !sqlite3_get_autocommit(sqlite->reader))
        (void)sqlite3_exec(sqlite->reader, "ROLLBACK", NULL, NULL, NULL); /* nothing was written */
    return status;
}

static enum mz_status statement_of(struct mz_sqlite *sqlite, enum mz_sqlite_read read,
    sqlite3_stmt **ret_statement, struct mz_error *err)
{
    char *made = reads[read].sql ? NULL : mz_sqlite_select_sql(reads[read].kind, reads[read].rest);
    enum mz_status status = mz_sqlite_prepare(
        sqlite->path, sqlite->reader, made ? made : reads[read].sql, &sqlite->reads[read], err);

    free(made);
    if (status != MZ_OK)
        return status;
    assert(!sqlite3_stmt_busy(sqlite->reads[read])); /* a visitor must not ask what it is told */
    *ret_statement = sqlite->reads[read];
    return MZ_OK;
}

/* One statement's rows, one after another: `has_row` while `record` holds one. */
struct cursor {
    struct mz_sqlite *sqlite;
    sqlite3_stmt *statement;
    enum mz_record_kind kind;
    bool has_row;
    struct mz_record record;
};

static enum mz_status cursor_next(struct cursor *cursor, struct mz_error *err)
{
    int result = sqlite3_step(cursor->statement);

    cursor->has_row = result == SQLITE_ROW;
    if (result == SQLITE_DONE)
        return MZ_OK;
    if (result != SQLITE_ROW)
        return fail(cursor->sqlite, result, err);
    return mz_sqlite_row(
        cursor->sqlite->path, cursor->statement, cursor->kind, &cursor->record, err);
}

/* With up to three numbers as parameters; those that the statement does not have are ignored. */
static enum mz_status cursor_open(struct cursor *cursor, struct mz_sqlite *sqlite,
    enum mz_sqlite_read read, const int64_t *numbers, struct mz_error *err)
{
    enum mz_status status;

    *cursor = (struct cursor){ .sqlite = sqlite, .kind = reads[read].kind };
    status = statement_of(sqlite, read, &cursor->statement, err);
    if (status != MZ_OK)
        return status;
    for (int i = 0; numbers && i < sqlite3_bind_parameter_count(cursor->statement); i++)
        (void)sqlite3_bind_int64(cursor->statement, i + 1, numbers[i]);
    return cursor_next(cursor, err);
}

static void cursor_close(struct cursor *cursor)
{
    if (cursor->statement)
        (void)sqlite3_reset(cursor->statement);
}

/* --- what a restart reads --- */

static void tell(const struct mz_store_visitor *visitor, const struct mz_record *record)
{
    switch (record->kind) {
    case MZ_RECORD_META: visitor->meta(visitor->context, &record->meta); break;
    case MZ_RECORD_PARTNER: visitor->partner(visitor->context, &record->partner); break;
    case MZ_RECORD_TOKEN: visitor->token(visitor->context, &record->token); break;
    case MZ_RECORD_JOB: visitor->job(visitor->context, &record->job); break;
    case MZ_RECORD_ATTEMPT: visitor->attempt(visitor->context, &record->attempt); break;
    case MZ_RECORD_PERMIT: visitor->permit(visitor->context, &record->permit); break;
    case MZ_RECORD_SPEC:
    case MZ_RECORD_EVENT:
    case MZ_RECORD_KEY:
    case MZ_RECORD_TOKEN_GONE: assert(false);
    }
}

static enum mz_status tell_all(struct mz_sqlite *sqlite, enum mz_sqlite_read read,
    const int64_t *numbers, const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct cursor cursor;
    enum mz_status status = cursor_open(&cursor, sqlite, read, numbers, err);

    while (status == MZ_OK && cursor.has_row) {
        tell(visitor, &cursor.record);
        status = cursor_next(&cursor, err);
    }
    cursor_close(&cursor);
    return status;
}

/* The rows of one job at the head of a cursor. Rows of jobs in between (none in a whole journal)
 * are passed over. */
static enum mz_status tell_of_job(struct cursor *cursor, bool is_wanted, int64_t job,
    const struct mz_store_visitor *visitor, struct mz_error *err)
{
    enum mz_status status = MZ_OK;

    while (status == MZ_OK && cursor->has_row) {
        int64_t of = cursor->kind == MZ_RECORD_ATTEMPT ? cursor->record.attempt.job
                                                       : cursor->record.permit.job;

        if (of > job)
            break;
        if (of == job && is_wanted)
            tell(visitor, &cursor->record);
        status = cursor_next(cursor, err);
    }
    return status;
}

static enum mz_status tell_live_jobs(
    struct mz_sqlite *sqlite, const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct cursor jobs = { .statement = NULL };
    struct cursor attempts = { .statement = NULL };
    struct cursor permits = { .statement = NULL };
    enum mz_status status = cursor_open(&jobs, sqlite, MZ_READ_LIVE_JOBS, NULL, err);

    if (status == MZ_OK)
        status = cursor_open(&attempts, sqlite, MZ_READ_LIVE_ATTEMPTS, NULL, err);
    if (status == MZ_OK)
        status = cursor_open(&permits, sqlite, MZ_READ_LIVE_PERMITS, NULL, err);
    while (status == MZ_OK && jobs.has_row) {
        int64_t job = jobs.record.job.id;

        if (visitor->job)
            tell(visitor, &jobs.record);
        status = tell_of_job(&attempts, visitor->attempt, job, visitor, err);
        if (status == MZ_OK)
            status = tell_of_job(&permits, visitor->permit, job, visitor, err);
        if (status == MZ_OK)
            status = cursor_next(&jobs, err);
    }
    cursor_close(&permits);
    cursor_close(&attempts);
    cursor_close(&jobs);
    return status;
}

enum mz_status mz_sqlite_load_live(
    struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    enum mz_status status = enter(sqlite, err);

    if (status != MZ_OK)
        return status;
    if (visitor->meta)
        status = tell_all(sqlite, MZ_READ_META, NULL, visitor, err);
    if (status == MZ_OK && visitor->partner)
        status = tell_all(sqlite, MZ_READ_PARTNERS, NULL, visitor, err);
    if (status == MZ_OK && visitor->token)
        status = tell_all(sqlite, MZ_READ_TOKENS, NULL, visitor, err);
    if (status == MZ_OK && (visitor->job || visitor->attempt || visitor->permit))
        status = tell_live_jobs(sqlite, visitor, err);
    return leave(sqlite, status);
}

enum mz_status mz_sqlite_load_ended(struct mz_store *store, int64_t max,
    const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    enum mz_status status = enter(sqlite, err);

    if (status != MZ_OK)
        return status;
    if (visitor->job)
        status = tell_all(sqlite, MZ_READ_ENDED_JOBS, &max, visitor, err);
    return leave(sqlite, status);
}

/* --- questions --- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

enum mz_status mz_sqlite_maxima(
    struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    sqlite3_stmt *statement;
    enum mz_status status = statement_of(sqlite, MZ_READ_MAXIMA, &statement, err);
    int result;

    if (status != MZ_OK)
        return status;
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *ret_maxima = (struct mz_store_maxima){
            .job = larger(sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 3)),
            .spec = larger(sqlite3_column_int64(statement, 1), sqlite3_column_int64(statement, 4)),
            .event = larger(sqlite3_column_int64(statement, 2), sqlite3_column_int64(statement, 5))
        };
    else
        status = fail(sqlite, result, err);
    (void)sqlite3_reset(statement);
    return status;
}

static struct mz_record *copy(struct mz_arena *arena, const struct mz_record *record)
{
    struct mz_record *row = mz_arena_alloc(arena, 1, sizeof(*row));

    mz_record_copy(row, record, mz_arena_alloc(arena, mz_record_text_bytes(record), 1));
    return row;
}

/* The one row of a number; *ret_record NULL: there is none. */
static enum mz_status look_up(struct mz_sqlite *sqlite, struct mz_arena *arena,
    enum mz_sqlite_read read, int64_t id, const struct mz_record **ret_record, struct mz_error *err)
{
    struct cursor cursor;
    enum mz_status status = cursor_open(&cursor, sqlite, read, &id, err);

    if (status == MZ_OK)
        *ret_record = cursor.has_row ? copy(arena, &cursor.record) : NULL;
    cursor_close(&cursor);
    return status;
}

enum mz_status mz_sqlite_spec(struct mz_store *store, struct mz_arena *arena, int64_t spec,
    const char **ret_json, struct mz_error *err)
{
    const struct mz_record *record;
    enum mz_status status = look_up(mz_sqlite_of(store), arena, MZ_READ_SPEC, spec, &record, err);

    if (status == MZ_OK)
        *ret_json = record ? record->spec.json : NULL;
    return status;
}

enum mz_status mz_sqlite_job(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_job_row **ret_row, struct mz_error *err)
{
    const struct mz_record *record;
    enum mz_status status = look_up(mz_sqlite_of(store), arena, MZ_READ_JOB, job, &record, err);

    if (status == MZ_OK)
        *ret_row = record ? &record->job : NULL;
    return status;
}

enum mz_status mz_sqlite_key(struct mz_store *store, struct mz_arena *arena, const char *key,
    const struct mz_key_row **ret_row, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    struct cursor cursor = { .sqlite = sqlite, .kind = MZ_RECORD_KEY };
    enum mz_status status = statement_of(sqlite, MZ_READ_KEY, &cursor.statement, err);

    if (status != MZ_OK)
        return status;
    (void)sqlite3_bind_text(cursor.statement, 1, key, -1, SQLITE_STATIC);
    status = cursor_next(&cursor, err);
    if (status == MZ_OK)
        *ret_row = cursor.has_row ? &copy(arena, &cursor.record)->key : NULL;
    cursor_close(&cursor);
    (void)sqlite3_clear_bindings(cursor.statement); /* the key is the caller's */
    return status;
}

enum mz_status mz_sqlite_attempts(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    struct cursor cursor;
    enum mz_status status = cursor_open(&cursor, mz_sqlite_of(store), MZ_READ_ATTEMPTS, &job, err);
    struct mz_attempt_row *rows = NULL;
    size_t capacity = 0;
    size_t count = 0;

    while (status == MZ_OK && cursor.has_row) {
        rows = mz_arena_grow(arena, rows, count, count + 1, &capacity, sizeof(*rows));
        rows[count++] = copy(arena, &cursor.record)->attempt;
        status = cursor_next(&cursor, err);
    }
    cursor_close(&cursor);
    if (status != MZ_OK)
        return status;
    *ret_rows = rows;
    *ret_count = (int32_t)count;
    return MZ_OK;
}

enum mz_status mz_sqlite_events(struct mz_store *store, struct mz_arena *arena, int64_t after,
    int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows, int32_t *ret_count,
    struct mz_error *err)
{
    enum mz_sqlite_read read = before ? MZ_READ_EVENTS_BEFORE : MZ_READ_EVENTS;
    const int64_t numbers[] = { before && after == 0 ? INT64_MAX : after, max, job };
    struct cursor cursor;
    enum mz_status status;
    struct mz_event_row *rows = NULL;
    size_t capacity = 0;
    size_t count = 0;

    if (job != 0)
        read = before ? MZ_READ_EVENTS_BEFORE_OF_JOB : MZ_READ_EVENTS_OF_JOB;
    status = cursor_open(&cursor, mz_sqlite_of(store), read, numbers, err);
    while (status == MZ_OK && cursor.has_row) {
        rows = mz_arena_grow(arena, rows, count, count + 1, &capacity, sizeof(*rows));
        rows[count++] = copy(arena, &cursor.record)->event;
        status = cursor_next(&cursor, err);
    }
    cursor_close(&cursor);
    if (status != MZ_OK)
        return status;
    for (size_t i = 0; before && i < count / 2; i++) { /* they came newest first */
        struct mz_event_row row = rows[i];

        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
    *ret_rows = rows;
    *ret_count = (int32_t)count;
    return MZ_OK;
}

/* --- what contracts were drawn --- */

static void add_spend(struct mz_spend_sums *sums, sqlite3_stmt *statement, enum mz_sqlite_read read)
{
    const char *contract = (const char *)sqlite3_column_text(statement, 0);
    struct mz_attempt_row row = { .state = MZ_ATTEMPT_ENDED };

    assert(contract); /* NOT NULL */
    if (read == MZ_READ_SPENT) {
        mz_spend_add(
            sums, contract, sqlite3_column_int64(statement, 1), sqlite3_column_int64(statement, 2));
        return;
    }
    row.contract = contract;
    row.chips = sqlite3_column_int(statement, 1);
    row.started_us = sqlite3_column_int64(statement, 2);
    row.ended_us = sqlite3_column_int64(statement, 3);
    row.price_micro_per_chip_hour = sqlite3_column_int64(statement, 4);
    mz_spend_add_attempt(sums, &row);
}

static enum mz_status add_spends(struct mz_sqlite *sqlite, struct mz_spend_sums *sums,
    enum mz_sqlite_read read, struct mz_error *err)
{
    sqlite3_stmt *statement;
    enum mz_status status = statement_of(sqlite, read, &statement, err);
    int result;

    if (status != MZ_OK)
        return status;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        add_spend(sums, statement, read);
    if (result != SQLITE_DONE)
        status = fail(sqlite, result, err);
    (void)sqlite3_reset(statement);
    return status;
}

enum mz_status mz_sqlite_spend(struct mz_store *store, struct mz_arena *arena,
    const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    struct mz_spend_sums sums = { .arena = arena };
    enum mz_status status = enter(sqlite, err);

    if (status != MZ_OK)
        return status;
    status = add_spends(sqlite, &sums, MZ_READ_SPENT, err);
    if (status == MZ_OK)
        status = add_spends(sqlite, &sums, MZ_READ_SPEND, err);
    if (status == MZ_OK)
        mz_spend_rows(&sums, ret_rows, ret_count);
    return leave(sqlite, status);
}
