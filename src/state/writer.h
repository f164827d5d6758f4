/* writer.h - the thread that commits: group commit without waiting
 *
 * The loop hands over batches; the writer joins all that has gathered since its last commit into
 * one transaction, and tells when it is durable. A batch's number is the promise's handle: done is
 * called with the number up to which all batches are durable. When a commit fails, done tells the
 * first number that is not, and every batch behind it is dropped until mz_writer_reset: what comes
 * later may build on what failed.
 *
 * While one commit waits for the disk the next one gathers, so the wait of a caller is at most two
 * commits, and at a low rate one. Where several callers were answered together, the next commit
 * gives them a moment to come again: at most a quarter of what the last took, and 1 ms. At most
 * MZ_WRITER_ROWS_MAX rows are joined (one batch is never cut), so that one commit does not grow
 * without bound. What gathers is bounded by the caller, who knows what was posted and not told.
 */
#ifndef MZ_STATE_WRITER_H
#define MZ_STATE_WRITER_H

#include "state/store.h"

enum { MZ_WRITER_ROWS_MAX = 20000 };

struct mz_writer;

/* Called on the writer's thread: the caller wakes its own loop. durable: all batches up to this
 * number stand. failed: 0, or the number of the first batch that does not, with the reason. */
typedef void mz_writer_done(
    void *context, int64_t durable, int64_t failed, const struct mz_error *err);

/* The writer borrows the store and is from now on the only one that commits to it. */
struct mz_writer *mz_writer_create(struct mz_store *store, mz_writer_done *done, void *context);

/* Commits what is handed over, then ends the thread. NULL is fine. */
void mz_writer_free(struct mz_writer *writer);

/* Hands over a batch with its number (ascending). The records and their strings are copied before
 * this returns; it never blocks on the disk. */
void mz_writer_post(
    struct mz_writer *writer, int64_t number, const struct mz_record *records, size_t count);

/* After a failure: forget it, and take batches again. */
void mz_writer_reset(struct mz_writer *writer);

/* Asks the writer to prune between commits (store.h). */
void mz_writer_prune(struct mz_writer *writer, int64_t jobs_before_us, int64_t events_before_us);

/* Commits done so far, and rows; for metrics and benches. */
void mz_writer_counts(const struct mz_writer *writer, int64_t *ret_commits, int64_t *ret_rows);

#endif
