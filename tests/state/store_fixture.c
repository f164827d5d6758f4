/* store_fixture.c - rows, folders, and a store written out */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void folder_make(struct mz_folder *folder)
{
    (void)strcpy(folder->path, "/tmp/mizan-state-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static void remove_below(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) != 0)
            remove_below(fd, entry->d_name);
    }
    if (dir)
        (void)closedir(dir);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void folder_remove(const struct mz_folder *folder)
{
    remove_below(AT_FDCWD, folder->path);
}

/* --- rows --- */

struct mz_record record_spec(int64_t id, const char *json)
{
    return (struct mz_record){ .kind = MZ_RECORD_SPEC, .spec = { .id = id, .json = json } };
}

struct mz_record record_job(int64_t id, enum mz_run_state state)
{
    return (struct mz_record){ .kind = MZ_RECORD_JOB,
        .job = { .id = id,
            .spec = id,
            .array_job = id - 1,
            .array_index = 3,
            .state = state,
            .cancel_wanted = id % 2 == 0,
            .owner_uid = UINT32_MAX,
            .owner = "alice",
            .name = "llama-70b \"pretrain\"",
            .team = "research",
            .priority = -50,
            .chips = INT32_MAX,
            .attempt_count = 2,
            .restart_count = 1,
            .exit_code = MZ_EXIT_NONE,
            .submitted_us = INT64_C(1760000000000000) + id,
            .started_us = 0,
            .ended_us = mz_run_state_is_end(state) ? INT64_C(1770000000000000) + id : 0,
            .partner = "aws",
            .avoid = "",
            .want = "own",
            .note = "exit code 3 on a2; \xd9\x85\xd9\x8a\xd8\xb2\xd8\xa7\xd9\x86" } };
}

struct mz_record record_attempt(int64_t job, int32_t n, enum mz_attempt_state state)
{
    bool is_ended = state == MZ_ATTEMPT_ENDED;

    return (struct mz_record){ .kind = MZ_RECORD_ATTEMPT,
        .attempt = { .job = job,
            .n = n,
            .state = state,
            .reason = is_ended ? MZ_END_NODE_LOST : MZ_END_NONE,
            .partner = "aws",
            .site = "aws/use1",
            .nodes = "a1,a2",
            .node_count = 2,
            .chips_per_node = 8,
            .chips = 16,
            .parts = "a1:255:8000 a2:255:8000",
            .chip = "h100-sxm",
            .remote_id = "4711",
            .remote_submit_s = 1760000000,
            .contract = n % 2 == 1 ? "aws-2026" : "own",
            .price_micro_per_chip_hour = 2500000,
            .created_us = 5,
            .started_us = INT64_C(1760000000000000),
            .ended_us = is_ended ? INT64_C(1760000000000000) + n * INT64_C(3600000000) : 0,
            .exit_code = is_ended ? 3 : MZ_EXIT_NONE,
            .checkpoint = "step-100" } };
}

struct mz_record record_permit(int64_t job, int32_t n, int32_t rank)
{
    return (struct mz_record){ .kind = MZ_RECORD_PERMIT,
        .permit = { .job = job,
            .n = n,
            .rank = rank,
            .nonce = "0123456789abcdef",
            .node = "a1",
            .boot_id = "b",
            .granted_us = 7,
            .exit_code = MZ_EXIT_NONE,
            .ended_us = 0 } };
}

struct mz_record record_partner(const char *name)
{
    return (struct mz_record){ .kind = MZ_RECORD_PARTNER,
        .partner = { .name = name,
            .is_drained = true,
            .is_reachable = false,
            .lost_us = INT64_MAX,
            .drained_by = "uid 1000" } };
}

struct mz_record record_event(int64_t seq, int64_t job)
{
    return (struct mz_record){ .kind = MZ_RECORD_EVENT,
        .event = { .seq = seq,
            .at_us = 1000 * seq,
            .job = job,
            .attempt = 1,
            .kind = "placed",
            .partner = "aws",
            .actor = "",
            .text = "placed on a1, a2" } };
}

struct mz_record record_key(const char *key, int64_t job)
{
    return (struct mz_record){ .kind = MZ_RECORD_KEY,
        .key = { .key = key, .hash = "00ff", .job = job, .job_count = 1, .created_us = 9 } };
}

struct mz_record record_token(const char *name)
{
    return (struct mz_record){ .kind = MZ_RECORD_TOKEN,
        .token = { .name = name, .hash = "00ff", .role = "viewer", .created_us = 9 } };
}

struct mz_record record_token_gone(const char *name)
{
    return (struct mz_record){ .kind = MZ_RECORD_TOKEN_GONE, .token = { .name = name } };
}

struct mz_record record_meta(const char *name, const char *value)
{
    return (struct mz_record){ .kind = MZ_RECORD_META, .meta = { .name = name, .value = value } };
}

/* --- a store written out --- */

static void print_field(struct mz_text *text, const void *value, enum mz_field_type type)
{
    switch (type) {
    case MZ_FIELD_INT64: mz_text_addf(text, "%" PRId64, *(const int64_t *)value); break;
    case MZ_FIELD_INT32: mz_text_addf(text, "%" PRId32, *(const int32_t *)value); break;
    case MZ_FIELD_UINT32: mz_text_addf(text, "%" PRIu32, *(const uint32_t *)value); break;
    case MZ_FIELD_BOOL: mz_text_add(text, *(const bool *)value ? "yes" : "no"); break;
    case MZ_FIELD_TEXT: mz_text_addf(text, "'%s'", *(const char *const *)value); break;
    case MZ_FIELD_RUN_STATE:
        mz_text_add(text, mz_run_state_name(*(const enum mz_run_state *)value));
        break;
    case MZ_FIELD_ATTEMPT_STATE:
        mz_text_add(text, mz_attempt_state_name(*(const enum mz_attempt_state *)value));
        break;
    case MZ_FIELD_END_REASON:
        mz_text_addf(text, "'%s'", mz_end_reason_name(*(const enum mz_end_reason *)value));
        break;
    }
}

void print_record(struct mz_text *text, const struct mz_record *record)
{
    const struct mz_record_shape *shape = mz_record_shape(record->kind);

    mz_text_add(text, shape->table);
    for (int32_t f = 0; f < shape->field_count; f++) {
        mz_text_addf(text, " %s=", shape->fields[f].name);
        print_field(text, mz_record_field(record, &shape->fields[f]), shape->fields[f].type);
    }
    mz_text_add(text, "\n");
}

#define PRINT_ROW(member, kind_of)                                                                 \
    static void print_##member(void *context, const struct mz_##member##_row *row)                 \
    {                                                                                              \
        print_record(context, &(struct mz_record){ .kind = kind_of, .member = *row });             \
    }
PRINT_ROW(meta, MZ_RECORD_META)
PRINT_ROW(partner, MZ_RECORD_PARTNER)
PRINT_ROW(token, MZ_RECORD_TOKEN)
PRINT_ROW(job, MZ_RECORD_JOB)
PRINT_ROW(attempt, MZ_RECORD_ATTEMPT)
PRINT_ROW(permit, MZ_RECORD_PERMIT)
PRINT_ROW(event, MZ_RECORD_EVENT)
PRINT_ROW(key, MZ_RECORD_KEY)

static void require(enum mz_status status, const struct mz_error *err)
{
    if (status != MZ_OK)
        fail_msg("status %d: %s", (int)status, err->text);
}

void print_loads(struct mz_text *text, struct mz_store *store, int64_t ended_max)
{
    const struct mz_store_visitor visitor = { text, print_meta, print_partner, print_token,
        print_job, print_attempt, print_permit };
    struct mz_error err = { MZ_OK, "" };

    mz_text_add(text, "live\n");
    require(mz_store_load_live(store, &visitor, &err), &err);
    mz_text_add(text, "ended\n");
    require(mz_store_load_ended(store, ended_max, &visitor, &err), &err);
}

static void print_spend(struct mz_text *text, struct mz_store *store, struct mz_arena *arena)
{
    struct mz_error err = { MZ_OK, "" };
    const struct mz_spend_row *rows;
    int32_t count;

    require(mz_store_spend(store, arena, &rows, &count, &err), &err);
    for (int32_t i = 0; i < count; i++)
        mz_text_addf(text, "spend %s %" PRId64 " %" PRId64 "\n", rows[i].contract,
            rows[i].spent_usd_micro, rows[i].chip_s);
}

static void print_id(
    struct mz_text *text, struct mz_store *store, struct mz_arena *arena, int64_t id)
{
    struct mz_error err = { MZ_OK, "" };
    const struct mz_attempt_row *attempts;
    const struct mz_job_row *job;
    const struct mz_key_row *key;
    const char *json;
    char name[32];
    int32_t count;

    (void)snprintf(name, sizeof(name), "key-%" PRId64, id);
    require(mz_store_spec(store, arena, id, &json, &err), &err);
    mz_text_addf(text, "%" PRId64 " spec '%s'\n", id, json ? json : "(none)");
    require(mz_store_job(store, arena, id, &job, &err), &err);
    if (job)
        print_job(text, job);
    require(mz_store_attempts(store, arena, id, &attempts, &count, &err), &err);
    for (int32_t i = 0; i < count; i++)
        print_attempt(text, &attempts[i]);
    require(mz_store_key(store, arena, name, &key, &err), &err);
    if (key)
        print_key(text, key);
}

void print_store(struct mz_text *text, struct mz_store *store, int64_t id_max)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_error err = { MZ_OK, "" };
    const struct mz_event_row *events;
    struct mz_store_maxima maxima;
    int32_t count;

    print_loads(text, store, INT64_MAX);
    require(mz_store_maxima(store, &maxima, &err), &err);
    mz_text_addf(text, "maxima %" PRId64 " %" PRId64 " %" PRId64 "\n", maxima.job, maxima.spec,
        maxima.event);
    require(mz_store_events(store, arena, 0, 0, false, 10000, &events, &count, &err), &err);
    for (int32_t i = 0; i < count; i++)
        print_event(text, &events[i]);
    print_spend(text, store, arena);
    for (int64_t id = 1; id <= id_max; id++)
        print_id(text, store, arena, id);
    mz_arena_free(arena);
}

void commit(struct mz_store *store, const struct mz_record *records, size_t count)
{
    struct mz_error err = { MZ_OK, "" };

    require(mz_store_commit(store, records, count, &err), &err);
}

struct mz_store *open_folder(const struct mz_folder *folder)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_store *store = NULL;

    require(mz_store_open_sqlite(folder->path, &store, &err), &err);
    return store;
}
