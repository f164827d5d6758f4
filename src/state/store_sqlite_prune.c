/* store_sqlite_prune.c - forgetting what ended long ago, a bounded number of rows a commit
 * Order and bound: store_impl.h. Statements are made for each call: it comes a few times a day. */
#include "state/store_sqlite.h"

#include "base/arena.h"

#include <assert.h>

struct old_job {
    int64_t id;
    int64_t spec;
};

struct pruning {
    struct mz_sqlite *sqlite;
    struct mz_error *err;
    enum mz_status status;
    int64_t left;
    struct mz_spend_sums spent; /* by attempts that go */
    struct old_job *jobs;
    size_t job_count;
    size_t job_capacity;
};

/* Runs one statement with up to two numbers. Once something failed, nothing more is done. */
static void run(struct pruning *pruning, const char *sql, int64_t a, int64_t b)
{
    struct mz_sqlite *sqlite = pruning->sqlite;
    const int64_t numbers[] = { a, b };
    sqlite3_stmt *statement = NULL;

    if (pruning->status == MZ_OK)
        pruning->status =
            mz_sqlite_prepare(sqlite->path, sqlite->writer, sql, &statement, pruning->err);
    if (pruning->status != MZ_OK)
        return;
    for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
        (void)sqlite3_bind_int64(statement, i + 1, numbers[i]);
    pruning->status = mz_sqlite_step(sqlite, statement, pruning->err);
    (void)sqlite3_finalize(statement);
}

/* Deletes at most what is left: ?1 is the number, ?2 the bound. */
static void prune(struct pruning *pruning, const char *sql, int64_t number)
{
    if (pruning->left == 0)
        return;
    run(pruning, sql, number, pruning->left);
    if (pruning->status == MZ_OK)
        pruning->left -= sqlite3_changes(pruning->sqlite->writer);
    assert(pruning->left >= 0);
}

/* Calls `row` for each row of a question with two numbers. */
static void ask(struct pruning *pruning, const char *sql, int64_t a, int64_t b,
    void (*row)(struct pruning *pruning, sqlite3_stmt *statement))
{
    struct mz_sqlite *sqlite = pruning->sqlite;
    sqlite3_stmt *statement = NULL;
    int result;

    if (pruning->status == MZ_OK)
        pruning->status =
            mz_sqlite_prepare(sqlite->path, sqlite->writer, sql, &statement, pruning->err);
    if (pruning->status != MZ_OK)
        return;
    (void)sqlite3_bind_int64(statement, 1, a);
    (void)sqlite3_bind_int64(statement, 2, b);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && pruning->status == MZ_OK)
        row(pruning, statement);
    if (result != SQLITE_DONE && pruning->status == MZ_OK)
        pruning->status = mz_sqlite_fail(
            sqlite->path, sqlite->writer, result, "nothing of it was pruned", pruning->err);
    (void)sqlite3_finalize(statement);
}

static void keep_spend(struct pruning *pruning, sqlite3_stmt *statement)
{
    const struct mz_attempt_row row = { .state = MZ_ATTEMPT_ENDED,
        .contract = (const char *)sqlite3_column_text(statement, 0),
        .chips = sqlite3_column_int(statement, 1),
        .started_us = sqlite3_column_int64(statement, 2),
        .ended_us = sqlite3_column_int64(statement, 3),
        .price_micro_per_chip_hour = sqlite3_column_int64(statement, 4) };

    mz_spend_add_attempt(&pruning->spent, &row);
}

static void write_spend(struct pruning *pruning)
{
    struct mz_sqlite *sqlite = pruning->sqlite;
    sqlite3_stmt *statement = NULL;

    if (pruning->status != MZ_OK || pruning->spent.count == 0)
        return;
    pruning->status = mz_sqlite_prepare(sqlite->path, sqlite->writer,
        "INSERT INTO spent(contract, spent_usd_micro, chip_us) VALUES(?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET spent_usd_micro = spent_usd_micro + excluded.spent_usd_micro,"
        " chip_us = chip_us + excluded.chip_us",
        &statement, pruning->err);
    for (size_t i = 0; i < pruning->spent.count && pruning->status == MZ_OK; i++) {
        const struct mz_spend_sum *sum = &pruning->spent.list[i];

        (void)sqlite3_bind_text(statement, 1, sum->contract, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 2, sum->spent_usd_micro);
        (void)sqlite3_bind_int64(statement, 3, sum->chip_us);
        pruning->status = mz_sqlite_step(sqlite, statement, pruning->err);
    }
    (void)sqlite3_finalize(statement);
}

static void prune_job(struct pruning *pruning, int64_t job, int64_t spec)
{
    prune(pruning,
        "DELETE FROM permit WHERE job = ?1 AND (n, rank) IN"
        " (SELECT n, rank FROM permit WHERE job = ?1 ORDER BY n, rank LIMIT ?2)",
        job);
    if (pruning->left > 0)
        ask(pruning,
            "SELECT contract, chips, started_us, ended_us, price_micro_per_chip_hour FROM"
            " (SELECT * FROM attempt WHERE job = ?1 ORDER BY n LIMIT ?2)"
            " WHERE state = 'ended' AND contract <> ''",
            job, pruning->left, keep_spend);
    prune(pruning,
        "DELETE FROM attempt WHERE job = ?1 AND n IN"
        " (SELECT n FROM attempt WHERE job = ?1 ORDER BY n LIMIT ?2)",
        job);
    prune(pruning,
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE job = ?1 AND job > 0"
        " ORDER BY seq LIMIT ?2)",
        job);
    prune(pruning,
        "DELETE FROM idempotency_key WHERE key IN (SELECT key FROM idempotency_key"
        " WHERE job = ?1 ORDER BY key LIMIT ?2)",
        job);
    prune(pruning,
        "DELETE FROM spec WHERE id = ?1 AND"
        " (SELECT count(*) FROM (SELECT 1 FROM job WHERE spec = ?1 LIMIT 2)) < 2",
        spec);
    prune(pruning, "DELETE FROM job WHERE id = ?1", job);
}

/* Jobs are listed before the first goes: a question is not asked of a table that changes. */
static void list_job(struct pruning *pruning, sqlite3_stmt *statement)
{
    pruning->jobs = mz_arena_grow(pruning->spent.arena, pruning->jobs, pruning->job_count,
        pruning->job_count + 1, &pruning->job_capacity, sizeof(*pruning->jobs));
    pruning->jobs[pruning->job_count++] =
        (struct old_job){ .id = sqlite3_column_int64(statement, 0),
            .spec = sqlite3_column_int64(statement, 1) };
}

/* Before rows go, the numbers that they used are kept. */
static void keep_maxima(struct pruning *pruning)
{
    run(pruning,
        "INSERT INTO high_water(name, value) SELECT name, value FROM"
        " (SELECT 'job' AS name, max(id) AS value FROM job UNION ALL"
        " SELECT 'spec', max(id) FROM spec UNION ALL SELECT 'event', max(seq) FROM event)"
        " WHERE value > 0 ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        0, 0);
}

static void prune_all(struct pruning *pruning, int64_t jobs_before_us, int64_t events_before_us)
{
    keep_maxima(pruning);
    /* each job that goes takes one row at least, so no more of them than rows */
    ask(pruning,
        "SELECT id, spec FROM job WHERE " MZ_SQL_ENDED " AND ended_us < ?1"
        " ORDER BY ended_us, id LIMIT ?2",
        jobs_before_us, pruning->left, list_job);
    for (size_t i = 0; i < pruning->job_count && pruning->left > 0; i++)
        prune_job(pruning, pruning->jobs[i].id, pruning->jobs[i].spec);
    prune(pruning,
        "DELETE FROM event WHERE seq IN (SELECT seq FROM"
        " (SELECT seq, at_us FROM event ORDER BY seq LIMIT 4 * ?2)"
        " WHERE at_us < ?1 ORDER BY seq LIMIT ?2)",
        events_before_us);
    _Static_assert(MZ_PRUNE_LOOK == 4, "the statement above says so");
    write_spend(pruning);
}

enum mz_status mz_sqlite_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err)
{
    struct mz_sqlite *sqlite = mz_sqlite_of(store);
    enum mz_status status = mz_sqlite_begin(sqlite, err);
    struct mz_arena *arena;
    struct pruning pruning;

    if (status != MZ_OK)
        return status;
    arena = mz_arena_create();
    pruning =
        (struct pruning){ .sqlite = sqlite, .err = err, .left = max, .spent = { .arena = arena } };
    prune_all(&pruning, jobs_before_us, events_before_us);
    status = pruning.status;
    if (status == MZ_OK && pruning.left == max)
        status = mz_sqlite_step(sqlite, sqlite->rollback, err); /* nothing to write */
    else
        status = mz_sqlite_end(sqlite, status, err);
    if (status == MZ_OK)
        *ret_count = max - pruning.left;
    mz_arena_free(arena);
    return status;
}
