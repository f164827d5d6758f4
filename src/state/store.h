/* store.h - the journal: what must never be forgotten
 *
 * A store keeps rows (domain/run.h). Writing is by batches of records; a batch is committed whole
 * or not at all, and commit returns only when it is durable (fsync). A record replaces the row of
 * its identity, or deletes it; events are only added. Reading is for a restart (everything that has
 * not ended, then the ended ones newest first) and for questions about the past.
 *
 * One interface, so that PostgreSQL can stand beside SQLite (store_sqlite.c: WAL,
 * synchronous=FULL, one writer connection and one reader connection; numbered migrations; a newer
 * schema is refused) and tests have store_memory.c, which can be told to fail.
 *
 * Threads. commit is called by one thread at a time (the writer's, writer.h); the reading calls by
 * another (the loop's). Neither waits for the other.
 */
#ifndef MZ_STATE_STORE_H
#define MZ_STATE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "domain/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_record_kind {
    MZ_RECORD_SPEC,
    MZ_RECORD_JOB,
    MZ_RECORD_ATTEMPT,
    MZ_RECORD_PERMIT,
    MZ_RECORD_PARTNER,
    MZ_RECORD_EVENT,
    MZ_RECORD_KEY, /* an Idempotency-Key */
    MZ_RECORD_TOKEN,
    MZ_RECORD_TOKEN_GONE,
    MZ_RECORD_META /* a name and a value */
};

struct mz_key_row {   /* of one caller: the same key and body get the same answer */
    const char *key;  /* "uid:key" */
    const char *hash; /* SHA-256 of the body, hex */
    int64_t job;      /* first of the jobs made */
    int32_t job_count;
    int64_t created_us;
};

struct mz_meta_row {
    const char *name;
    const char *value;
};

struct mz_record {
    enum mz_record_kind kind;
    union {
        struct mz_spec_row spec;
        struct mz_job_row job;
        struct mz_attempt_row attempt;
        struct mz_permit_row permit;
        struct mz_partner_row partner;
        struct mz_event_row event;
        struct mz_key_row key;
        struct mz_token_row token; /* gone: the name alone */
        struct mz_meta_row meta;
    };
};

struct mz_store;

/* What a restart reads. Called once for each row, in this order of kinds: meta, partners, tokens,
 * then jobs by id with their attempts and permits (each by number) behind them. Rows are valid
 * during the call alone. NULL: not wanted. A visitor may call the reading calls below, but not what
 * commits. */
struct mz_store_visitor {
    void *context;
    void (*meta)(void *context, const struct mz_meta_row *row);
    void (*partner)(void *context, const struct mz_partner_row *row);
    void (*token)(void *context, const struct mz_token_row *row);
    void (*job)(void *context, const struct mz_job_row *row);
    void (*attempt)(void *context, const struct mz_attempt_row *row);
    void (*permit)(void *context, const struct mz_permit_row *row);
};

/* Opens or makes the journal in a directory (made with mode 0700 when it is not there): journal.db,
 * and lock, which names the process. For one daemon: MZ_E_IO "in use by process N" when another one
 * has it. A journal of a newer version: MZ_E_INPUT, and nothing is changed. A damaged one:
 * MZ_E_PARSE, here or when what is damaged is read. */
enum mz_status mz_store_open_sqlite(
    const char *directory, struct mz_store **ret_store, struct mz_error *err);

/* In memory, for tests. */
struct mz_store *mz_store_create_memory(void);
/* The next `count` commits of a memory store fail with MZ_E_IO, changing nothing. */
void mz_store_memory_fail(struct mz_store *store, int32_t count);

void mz_store_free(struct mz_store *store); /* closes; NULL is fine */

/* Durable when it returns MZ_OK; otherwise nothing of it stands: MZ_E_IO for a disk that is full or
 * fails, MZ_E_INPUT for an event whose number is taken. It can be called again. */
enum mz_status mz_store_commit(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err);

/* live_only: jobs that have not ended; their attempts that have not ended, and the last one; permits
 * of those. Otherwise jobs that have ended, alone, at most `max` of them, newest end first. A row
 * with a word or a number that this program does not know: MZ_E_PARSE with table and identity. */
enum mz_status mz_store_load_live(
    struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err);
enum mz_status mz_store_load_ended(struct mz_store *store, int64_t max,
    const struct mz_store_visitor *visitor, struct mz_error *err);

/* The largest numbers ever used, pruned ones too; 0: none. */
struct mz_store_maxima {
    int64_t job;
    int64_t spec;
    int64_t event;
};
enum mz_status mz_store_maxima(
    struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err);

/* Reads; results live in the arena. *ret_json NULL, *ret_row NULL or count 0: there is none. */
enum mz_status mz_store_spec(struct mz_store *store, struct mz_arena *arena, int64_t spec,
    const char **ret_json, struct mz_error *err);
enum mz_status mz_store_key(struct mz_store *store, struct mz_arena *arena, const char *key,
    const struct mz_key_row **ret_row, struct mz_error *err);
enum mz_status mz_store_job(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_job_row **ret_row, struct mz_error *err);
enum mz_status mz_store_attempts(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err);
/* Events behind seq, ascending, at most max; job 0: of all. before: the newest `max` events below
 * seq `after` instead (0: the newest), still ascending. */
enum mz_status mz_store_events(struct mz_store *store, struct mz_arena *arena, int64_t after,
    int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows, int32_t *ret_count,
    struct mz_error *err);

/* What each contract has been drawn by attempts that ended, pruned ones too: chip-microseconds times
 * price, for each attempt rounded down to whole micro-USD. */
struct mz_spend_row {
    const char *contract;
    int64_t spent_usd_micro;
    int64_t chip_s;
};
enum mz_status mz_store_spend(struct mz_store *store, struct mz_arena *arena,
    const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err);

/* Removes jobs that ended before a time with all that belongs to them, and events before a time;
 * at most `max` rows a call, so that commits are not held up. Returns how many went. Called by the
 * writer's thread. */
enum mz_status mz_store_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err);

/* A consistent copy of the journal in a directory into a file that must not exist, while a daemon
 * uses it or not; any thread, any process. */
enum mz_status mz_store_backup_sqlite(
    const char *directory, const char *path, struct mz_error *err);

/* A journal from a backup, in a directory that has none. What was true at the time of the backup is
 * not true any more: a job that had not ended may have ended since, or run. So nothing of it starts
 * by itself: such jobs come back held, their attempts have ended, cancelled ones are cancelled. Jobs
 * and events that came later are not known; so that no number is used twice, both go on a million
 * further. All of it stands, or no journal is there. */
struct mz_store_restored {
    int64_t job_count;
    int64_t held_count;
    int64_t newest_us; /* event in the backup; 0: none */
};
enum mz_status mz_store_restore_sqlite(const char *path, const char *directory, int64_t now_us,
    struct mz_store_restored *ret_restored, struct mz_error *err);

#endif
