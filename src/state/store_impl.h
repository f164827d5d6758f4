/* store_impl.h - what a store is made of
 *
 * Inside the room only. Each store begins with struct mz_store and fills a table of calls; store.c
 * passes the calls of store.h on. Pruning and spending are defined here once, so that all stores
 * agree.
 */
#ifndef MZ_STATE_STORE_IMPL_H
#define MZ_STATE_STORE_IMPL_H

#include "state/record.h"

/* The calls of store.h, of the same names. */
struct mz_store_calls {
    void (*free)(struct mz_store *store);
    enum mz_status (*put)(struct mz_store *store, const struct mz_record *records, size_t count,
        struct mz_error *err);
    enum mz_status (*end)(struct mz_store *store, struct mz_error *err);
    enum mz_status (*load_live)(
        struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err);
    enum mz_status (*load_ended)(struct mz_store *store, int64_t max,
        const struct mz_store_visitor *visitor, struct mz_error *err);
    enum mz_status (*maxima)(
        struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err);
    enum mz_status (*spec)(struct mz_store *store, struct mz_arena *arena, int64_t spec,
        const char **ret_json, struct mz_error *err);
    enum mz_status (*key)(struct mz_store *store, struct mz_arena *arena, const char *key,
        const struct mz_key_row **ret_row, struct mz_error *err);
    enum mz_status (*job)(struct mz_store *store, struct mz_arena *arena, int64_t job,
        const struct mz_job_row **ret_row, struct mz_error *err);
    enum mz_status (*attempts)(struct mz_store *store, struct mz_arena *arena, int64_t job,
        const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err);
    enum mz_status (*events)(struct mz_store *store, struct mz_arena *arena, int64_t after,
        int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows,
        int32_t *ret_count, struct mz_error *err);
    enum mz_status (*spend)(struct mz_store *store, struct mz_arena *arena,
        const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err);
    enum mz_status (*prune)(struct mz_store *store, int64_t jobs_before_us,
        int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err);
    void (*tend)(struct mz_store *store);
};

struct mz_store {
    const struct mz_store_calls *calls;
};

/* A commit in parts: put writes what the next end makes durable, and nobody reads it before. When
 * either fails nothing of any part stands, and the next put begins anew. mz_store_commit is one of
 * each. */
enum mz_status mz_store_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err);
enum mz_status mz_store_end(struct mz_store *store, struct mz_error *err);

/* What can be put off until those who wait for a commit have been told: moving what was logged into
 * the database. Called by the thread that commits; what fails is tried again later. */
void mz_store_tend(struct mz_store *store);

/* Pruning, in this order, at most `max` rows: jobs by end and number; of each its permits,
 * attempts, events, keys, its spec unless another job has it, and last the job, so that what a
 * bound cut off is found again. Then of the MZ_PRUNE_LOOK * max oldest events those before the
 * time. */
enum { MZ_PRUNE_LOOK = 4 };

/* Sums by contract, rows added in any order. Micro-USD are rounded down for each attempt, so that
 * the sum stays the same when some attempts have been pruned and only their sum is kept. */
struct mz_spend_sum {
    const char *contract; /* in the arena */
    int64_t spent_usd_micro;
    int64_t chip_us;
};

struct mz_spend_sums {
    struct mz_arena *arena;
    struct mz_spend_sum *list; /* sorted by contract */
    size_t count;
    size_t capacity;
};

void mz_spend_add(
    struct mz_spend_sums *sums, const char *contract, int64_t spent_usd_micro, int64_t chip_us);
/* Only an attempt that ended, had started and drew on a contract counts. */
void mz_spend_add_attempt(struct mz_spend_sums *sums, const struct mz_attempt_row *row);
void mz_spend_rows(
    const struct mz_spend_sums *sums, const struct mz_spend_row **ret_rows, int32_t *ret_count);

#endif
