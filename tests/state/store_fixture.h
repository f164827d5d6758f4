/* store_fixture.h - what tests of the journal share: rows, folders, and a store written out */
#ifndef MZ_TESTS_STORE_FIXTURE_H
#define MZ_TESTS_STORE_FIXTURE_H

#include "base/text.h"
#include "state/record.h"

/* A folder below /tmp that is made anew; remove takes it away with all files in it. */
struct mz_folder {
    char path[64];
};
void folder_make(struct mz_folder *folder);
void folder_remove(const struct mz_folder *folder);

/* Rows with every field filled; identities are the caller's. */
struct mz_record record_spec(int64_t id, const char *json);
struct mz_record record_job(int64_t id, enum mz_run_state state);
struct mz_record record_attempt(int64_t job, int32_t n, enum mz_attempt_state state);
struct mz_record record_permit(int64_t job, int32_t n, int32_t rank);
struct mz_record record_partner(const char *name);
struct mz_record record_event(int64_t seq, int64_t job);
struct mz_record record_key(const char *key, int64_t job);
struct mz_record record_token(const char *name);
struct mz_record record_token_gone(const char *name);
struct mz_record record_meta(const char *name, const char *value);

/* "job id=7 spec=1 ...": a record as a line. */
void print_record(struct mz_text *text, const struct mz_record *record);
/* What mz_store_load_live, mz_store_load_ended (at most ended_max) tell, a line a row. */
void print_loads(struct mz_text *text, struct mz_store *store, int64_t ended_max);
/* The same, then maxima, all events, spend, and specs, jobs, attempts and keys up to a number
 * ("key-1" ...). */
void print_store(struct mz_text *text, struct mz_store *store, int64_t id_max);

/* Both fail the test with the sentence. */
void commit(struct mz_store *store, const struct mz_record *records, size_t count);
struct mz_store *open_folder(const struct mz_folder *folder);

#endif
