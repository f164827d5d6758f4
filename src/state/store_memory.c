/* store_memory.c - a journal in memory, for tests: the same answers as SQLite's, nothing kept
 *
 * Each table is an array of rows sorted by identity; a row is one block of memory with its strings
 * behind it. A commit first checks all that can fail, then changes. One lock guards everything; it
 * is recursive because a visitor may ask for more.
 */
#include "base/arena.h"
#include "state/store_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct table {
    struct mz_record **rows;
    size_t count;
    size_t capacity;
};

struct memory {
    struct mz_store store;
    pthread_mutex_t lock;
    int32_t fail_count;  /* so many commits fail */
    int32_t visit_depth; /* no commit while a visitor runs */
    struct table tables[MZ_RECORD_KIND_COUNT];
    struct mz_record **put; /* for the next end */
    size_t put_count;
    size_t put_capacity;
    struct mz_store_maxima pruned; /* numbers that are used though their rows are gone */
    struct mz_arena *spend_arena;
    struct mz_spend_sums spent; /* by attempts that were pruned */
};

static struct memory *memory_of(struct mz_store *store)
{
    return (struct memory *)store;
}

static void enter(struct memory *memory)
{
    (void)pthread_mutex_lock(&memory->lock);
}

static enum mz_status leave(struct memory *memory, enum mz_status status)
{
    (void)pthread_mutex_unlock(&memory->lock);
    return status;
}

/* --- tables --- */

static struct table *table_of(struct memory *memory, enum mz_record_kind kind)
{
    return &memory->tables[kind == MZ_RECORD_TOKEN_GONE ? MZ_RECORD_TOKEN : kind];
}

/* The first row whose first `key_count` fields are not below those of `key`. */
static size_t find(const struct table *table, const struct mz_record *key, int32_t key_count)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (mz_record_compare(table->rows[middle], key, key_count) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool matches(
    const struct table *table, size_t at, const struct mz_record *key, int32_t key_count)
{
    return at < table->count && mz_record_compare(table->rows[at], key, key_count) == 0;
}

static const struct mz_record *get(struct memory *memory, const struct mz_record *key)
{
    const struct table *table = table_of(memory, key->kind);
    int32_t key_count = mz_record_shape(key->kind)->key_count;
    size_t at = find(table, key, key_count);

    return matches(table, at, key, key_count) ? table->rows[at] : NULL;
}

static void remove_at(struct table *table, size_t at, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = at; i < at + count; i++)
        free(table->rows[i]);
    memmove(&table->rows[at], &table->rows[at + count],
        (table->count - at - count) * sizeof(struct mz_record *));
    table->count -= count;
}

static struct mz_record *row_create(const struct mz_record *record)
{
    struct mz_record *row = mz_xcalloc(1, sizeof(*row) + mz_record_text_bytes(record));

    mz_record_copy(row, record, (char *)(row + 1));
    return row;
}

/* Takes the row over. */
static void apply(struct memory *memory, struct mz_record *record)
{
    struct table *table = table_of(memory, record->kind);
    int32_t key_count = mz_record_shape(record->kind)->key_count;
    size_t at = find(table, record, key_count);
    bool exists = matches(table, at, record, key_count);

    if (record->kind == MZ_RECORD_TOKEN_GONE) {
        if (exists)
            remove_at(table, at, 1);
        free(record);
        return;
    }
    if (exists) {
        free(table->rows[at]);
        table->rows[at] = record;
        return;
    }
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 16;
        table->rows = mz_xrealloc(table->rows, table->capacity, sizeof(struct mz_record *));
    }
    memmove(
        &table->rows[at + 1], &table->rows[at], (table->count - at) * sizeof(struct mz_record *));
    table->rows[at] = record;
    table->count++;
}

/* --- commit --- */

static bool event_is_known(struct memory *memory, size_t before, int64_t seq)
{
    const struct mz_record key = { .kind = MZ_RECORD_EVENT, .event = { .seq = seq } };

    for (size_t i = 0; i < before; i++) {
        if (memory->put[i]->kind == MZ_RECORD_EVENT && memory->put[i]->event.seq == seq)
            return true;
    }
    return get(memory, &key) != NULL;
}

static enum mz_status check(struct memory *memory, struct mz_error *err)
{
    int64_t highest = 0;

    if (memory->fail_count > 0) {
        memory->fail_count--;
        return mz_fail(err, MZ_E_IO, "journal in memory: told to fail; nothing was written");
    }
    for (size_t i = 0; i < memory->put_count; i++) {
        int64_t seq = memory->put[i]->event.seq;

        if (memory->put[i]->kind != MZ_RECORD_EVENT)
            continue;
        if (event_is_known(memory, seq > highest ? 0 : i, seq))
            return mz_fail(err, MZ_E_INPUT,
                "journal in memory: event %" PRId64 " is there already; nothing was written", seq);
        highest = seq > highest ? seq : highest;
    }
    return MZ_OK;
}

static enum mz_status memory_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err)
{
    struct memory *memory = memory_of(store);

    (void)err;
    enter(memory);
    while (memory->put_capacity < memory->put_count + count) {
        memory->put_capacity = memory->put_capacity ? 2 * memory->put_capacity : 16;
        memory->put = mz_xrealloc(memory->put, memory->put_capacity, sizeof(*memory->put));
    }
    for (size_t i = 0; i < count; i++)
        memory->put[memory->put_count++] = row_create(&records[i]);
    return leave(memory, MZ_OK);
}

static enum mz_status memory_end(struct mz_store *store, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    enum mz_status status;

    enter(memory);
    assert(memory->visit_depth == 0);
    status = check(memory, err);
    for (size_t i = 0; i < memory->put_count; i++) {
        if (status == MZ_OK)
            apply(memory, memory->put[i]);
        else
            free(memory->put[i]);
    }
    memory->put_count = 0;
    return leave(memory, status);
}

/* --- what a restart reads --- */

static const struct mz_attempt_row *attempt_at(const struct table *attempts, size_t at)
{
    return &attempts->rows[at]->attempt;
}

/* The attempts of one job lie from *ret_begin to before *ret_end. */
static void attempts_of(
    const struct table *attempts, int64_t job, size_t *ret_begin, size_t *ret_end)
{
    const struct mz_record key = { .kind = MZ_RECORD_ATTEMPT, .attempt = { .job = job } };
    size_t at = find(attempts, &key, 1);

    *ret_begin = at;
    while (matches(attempts, at, &key, 1))
        at++;
    *ret_end = at;
}

static void visit_permits(
    const struct memory *memory, const struct mz_store_visitor *visitor, int64_t job, int32_t n)
{
    const struct table *permits = &memory->tables[MZ_RECORD_PERMIT];
    const struct mz_record key = { .kind = MZ_RECORD_PERMIT, .permit = { .job = job, .n = n } };

    for (size_t at = find(permits, &key, 2); matches(permits, at, &key, 2); at++)
        visitor->permit(visitor->context, &permits->rows[at]->permit);
}

static void visit_live(const struct memory *memory, const struct mz_store_visitor *visitor,
    const struct mz_job_row *job)
{
    const struct table *attempts = &memory->tables[MZ_RECORD_ATTEMPT];
    size_t begin;
    size_t end;

    if (visitor->job)
        visitor->job(visitor->context, job);
    attempts_of(attempts, job->id, &begin, &end);
    for (size_t i = begin; visitor->attempt && i < end; i++) {
        if (attempt_at(attempts, i)->state != MZ_ATTEMPT_ENDED || i + 1 == end)
            visitor->attempt(visitor->context, attempt_at(attempts, i));
    }
    for (size_t i = begin; visitor->permit && i < end; i++) {
        if (attempt_at(attempts, i)->state != MZ_ATTEMPT_ENDED || i + 1 == end)
            visit_permits(memory, visitor, job->id, attempt_at(attempts, i)->n);
    }
}

static enum mz_status memory_load_live(
    struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct table *tables = memory->tables;

    (void)err;
    enter(memory);
    memory->visit_depth++;
    for (size_t i = 0; visitor->meta && i < tables[MZ_RECORD_META].count; i++)
        visitor->meta(visitor->context, &tables[MZ_RECORD_META].rows[i]->meta);
    for (size_t i = 0; visitor->partner && i < tables[MZ_RECORD_PARTNER].count; i++)
        visitor->partner(visitor->context, &tables[MZ_RECORD_PARTNER].rows[i]->partner);
    for (size_t i = 0; visitor->token && i < tables[MZ_RECORD_TOKEN].count; i++)
        visitor->token(visitor->context, &tables[MZ_RECORD_TOKEN].rows[i]->token);
    for (size_t i = 0; i < tables[MZ_RECORD_JOB].count; i++) {
        const struct mz_job_row *job = &tables[MZ_RECORD_JOB].rows[i]->job;

        if (!mz_run_state_is_end(job->state))
            visit_live(memory, visitor, job);
    }
    memory->visit_depth--;
    return leave(memory, MZ_OK);
}

static int older_first(const void *a, const void *b)
{
    const struct mz_job_row *x = &(*(const struct mz_record *const *)a)->job;
    const struct mz_job_row *y = &(*(const struct mz_record *const *)b)->job;

    if (x->ended_us != y->ended_us)
        return x->ended_us < y->ended_us ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* The jobs that have ended, oldest end first; free() the list. */
static const struct mz_record **ended_jobs(struct memory *memory, size_t *ret_count)
{
    const struct table *jobs = &memory->tables[MZ_RECORD_JOB];
    const struct mz_record **list = mz_xcalloc(jobs->count, sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        if (mz_run_state_is_end(jobs->rows[i]->job.state))
            list[count++] = jobs->rows[i];
    }
    qsort(list, count, sizeof(*list), older_first);
    *ret_count = count;
    return list;
}

static enum mz_status memory_load_ended(struct mz_store *store, int64_t max,
    const struct mz_store_visitor *visitor, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct mz_record **list;
    size_t count;

    (void)err;
    enter(memory);
    memory->visit_depth++;
    list = ended_jobs(memory, &count);
    for (int64_t i = 0; visitor->job && i < max && (size_t)i < count; i++)
        visitor->job(visitor->context, &list[count - 1 - (size_t)i]->job);
    free(list);
    memory->visit_depth--;
    return leave(memory, MZ_OK);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static struct mz_store_maxima maxima_now(const struct memory *memory)
{
    const struct table *jobs = &memory->tables[MZ_RECORD_JOB];
    const struct table *specs = &memory->tables[MZ_RECORD_SPEC];
    const struct table *events = &memory->tables[MZ_RECORD_EVENT];
    struct mz_store_maxima maxima = memory->pruned;

    if (jobs->count > 0)
        maxima.job = larger(maxima.job, jobs->rows[jobs->count - 1]->job.id);
    if (specs->count > 0)
        maxima.spec = larger(maxima.spec, specs->rows[specs->count - 1]->spec.id);
    if (events->count > 0)
        maxima.event = larger(maxima.event, events->rows[events->count - 1]->event.seq);
    return maxima;
}

static enum mz_status memory_maxima(
    struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err)
{
    struct memory *memory = memory_of(store);

    (void)err;
    enter(memory);
    *ret_maxima = maxima_now(memory);
    return leave(memory, MZ_OK);
}

/* --- questions about the past --- */

static struct mz_record *copy(struct mz_arena *arena, const struct mz_record *record)
{
    struct mz_record *row = mz_arena_alloc(arena, 1, sizeof(*row));

    mz_record_copy(row, record, mz_arena_alloc(arena, mz_record_text_bytes(record), 1));
    return row;
}

/* A copy of the row of this identity; NULL: there is none. */
static const struct mz_record *look_up(
    struct mz_store *store, struct mz_arena *arena, const struct mz_record *key)
{
    struct memory *memory = memory_of(store);
    const struct mz_record *row;

    enter(memory);
    row = get(memory, key);
    row = row ? copy(arena, row) : NULL;
    (void)leave(memory, MZ_OK);
    return row;
}

static enum mz_status memory_spec(struct mz_store *store, struct mz_arena *arena, int64_t spec,
    const char **ret_json, struct mz_error *err)
{
    const struct mz_record key = { .kind = MZ_RECORD_SPEC, .spec = { .id = spec } };
    const struct mz_record *row = look_up(store, arena, &key);

    (void)err;
    *ret_json = row ? row->spec.json : NULL;
    return MZ_OK;
}

static enum mz_status memory_key(struct mz_store *store, struct mz_arena *arena, const char *key,
    const struct mz_key_row **ret_row, struct mz_error *err)
{
    const struct mz_record wanted = { .kind = MZ_RECORD_KEY, .key = { .key = key } };
    const struct mz_record *row = look_up(store, arena, &wanted);

    (void)err;
    *ret_row = row ? &row->key : NULL;
    return MZ_OK;
}

static enum mz_status memory_job(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_job_row **ret_row, struct mz_error *err)
{
    const struct mz_record key = { .kind = MZ_RECORD_JOB, .job = { .id = job } };
    const struct mz_record *row = look_up(store, arena, &key);

    (void)err;
    *ret_row = row ? &row->job : NULL;
    return MZ_OK;
}

static enum mz_status memory_attempts(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct table *attempts = &memory->tables[MZ_RECORD_ATTEMPT];
    struct mz_attempt_row *rows;
    size_t begin;
    size_t end;

    (void)err;
    enter(memory);
    attempts_of(attempts, job, &begin, &end);
    rows = mz_arena_alloc(arena, end - begin, sizeof(*rows));
    for (size_t i = begin; i < end; i++)
        rows[i - begin] = copy(arena, attempts->rows[i])->attempt;
    *ret_rows = rows;
    *ret_count = (int32_t)(end - begin);
    return leave(memory, MZ_OK);
}

static enum mz_status memory_events(struct mz_store *store, struct mz_arena *arena, int64_t after,
    int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows, int32_t *ret_count,
    struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct table *events = &memory->tables[MZ_RECORD_EVENT];
    const struct mz_record key = { .kind = MZ_RECORD_EVENT,
        .event = { .seq = before || after == INT64_MAX ? after : after + 1 } };
    struct mz_event_row *rows = mz_arena_alloc(arena, (size_t)max, sizeof(*rows));
    int32_t count = 0;
    size_t at;

    (void)err;
    enter(memory);
    at = before && after == 0 ? events->count : find(events, &key, 1);
    while (count < max && (before ? at > 0 : at < events->count)) {
        const struct mz_record *row = events->rows[before ? --at : at++];

        if (job == 0 || row->event.job == job)
            rows[before ? max - ++count : count++] = copy(arena, row)->event;
    }
    *ret_rows = before ? rows + (max - count) : rows;
    *ret_count = count;
    return leave(memory, MZ_OK);
}

static enum mz_status memory_spend(struct mz_store *store, struct mz_arena *arena,
    const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct table *attempts = &memory->tables[MZ_RECORD_ATTEMPT];
    struct mz_spend_sums sums = { .arena = arena };

    (void)err;
    enter(memory);
    for (size_t i = 0; i < memory->spent.count; i++)
        mz_spend_add(&sums, memory->spent.list[i].contract, memory->spent.list[i].spent_usd_micro,
            memory->spent.list[i].chip_us);
    for (size_t i = 0; i < attempts->count; i++)
        mz_spend_add_attempt(&sums, attempt_at(attempts, i));
    mz_spend_rows(&sums, ret_rows, ret_count);
    return leave(memory, MZ_OK);
}

/* --- pruning --- */

/* Removes at most `left` rows whose first field is the job's number. */
static int32_t prune_of_job(
    struct memory *memory, enum mz_record_kind kind, int64_t job, int32_t left)
{
    struct table *table = &memory->tables[kind];
    struct mz_record key = { .kind = kind };
    int32_t count = 0;
    size_t at;

    assert(kind == MZ_RECORD_PERMIT || kind == MZ_RECORD_ATTEMPT);
    if (kind == MZ_RECORD_PERMIT)
        key.permit.job = job;
    else
        key.attempt.job = job;
    at = find(table, &key, 1);
    for (; count < left && matches(table, at + (size_t)count, &key, 1); count++) {
        if (kind == MZ_RECORD_ATTEMPT)
            mz_spend_add_attempt(&memory->spent, attempt_at(table, at + (size_t)count));
    }
    remove_at(table, at, (size_t)count);
    return count;
}

/* Removes at most `left` events and keys that speak of the job. */
static int32_t prune_about_job(
    struct memory *memory, enum mz_record_kind kind, int64_t job, int32_t left)
{
    struct table *table = &memory->tables[kind];
    int32_t count = 0;

    assert(kind == MZ_RECORD_EVENT || kind == MZ_RECORD_KEY);
    for (size_t at = 0; at < table->count && count < left;) {
        const struct mz_record *row = table->rows[at];

        if ((kind == MZ_RECORD_EVENT ? row->event.job : row->key.job) == job) {
            remove_at(table, at, 1);
            count++;
        } else {
            at++;
        }
    }
    return count;
}

static bool spec_is_shared(const struct memory *memory, const struct mz_job_row *job)
{
    const struct table *jobs = &memory->tables[MZ_RECORD_JOB];

    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->rows[i]->job.spec == job->spec && jobs->rows[i]->job.id != job->id)
            return true;
    }
    return false;
}

/* Removes one row of this identity, if it is there and may still go. */
static int32_t prune_row(struct memory *memory, const struct mz_record *key, int32_t left)
{
    struct table *table = table_of(memory, key->kind);
    size_t at = find(table, key, 1);

    if (left == 0 || !matches(table, at, key, 1))
        return 0;
    remove_at(table, at, 1);
    return 1;
}

static int32_t prune_job(struct memory *memory, const struct mz_job_row *job, int32_t max)
{
    const struct mz_record spec_key = { .kind = MZ_RECORD_SPEC, .spec = { .id = job->spec } };
    const struct mz_record job_key = { .kind = MZ_RECORD_JOB, .job = { .id = job->id } };
    int64_t id = job->id;
    int32_t left = max;

    left -= prune_of_job(memory, MZ_RECORD_PERMIT, id, left);
    left -= prune_of_job(memory, MZ_RECORD_ATTEMPT, id, left);
    left -= prune_about_job(memory, MZ_RECORD_EVENT, id, left);
    left -= prune_about_job(memory, MZ_RECORD_KEY, id, left);
    if (!spec_is_shared(memory, job))
        left -= prune_row(memory, &spec_key, left);
    left -= prune_row(memory, &job_key, left);
    return max - left;
}

static int32_t prune_events(struct memory *memory, int64_t before_us, int32_t max)
{
    struct table *events = &memory->tables[MZ_RECORD_EVENT];
    size_t look = (size_t)max * MZ_PRUNE_LOOK;
    int32_t count = 0;

    look = look < events->count ? look : events->count;
    for (size_t at = 0, seen = 0; seen < look && count < max; seen++) {
        if (events->rows[at]->event.at_us < before_us) {
            remove_at(events, at, 1);
            count++;
        } else {
            at++;
        }
    }
    return count;
}

static enum mz_status memory_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err)
{
    struct memory *memory = memory_of(store);
    const struct mz_record **list;
    int32_t left = max;
    size_t count;

    (void)err;
    enter(memory);
    assert(memory->visit_depth == 0);
    memory->pruned = maxima_now(memory);
    list = ended_jobs(memory, &count);
    for (size_t i = 0; i < count && left > 0 && list[i]->job.ended_us < jobs_before_us; i++)
        left -= prune_job(memory, &list[i]->job, left);
    free(list);
    left -= prune_events(memory, events_before_us, left);
    *ret_count = max - left;
    return leave(memory, MZ_OK);
}

static void memory_tend(struct mz_store *store)
{
    (void)store;
}

/* --- life --- */

static void memory_free(struct mz_store *store)
{
    struct memory *memory = memory_of(store);

    for (int kind = 0; kind < MZ_RECORD_KIND_COUNT; kind++) {
        for (size_t i = 0; i < memory->tables[kind].count; i++)
            free(memory->tables[kind].rows[i]);
        free(memory->tables[kind].rows);
    }
    for (size_t i = 0; i < memory->put_count; i++)
        free(memory->put[i]);
    free(memory->put);
    mz_arena_free(memory->spend_arena);
    (void)pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct mz_store_calls memory_calls = {
    .free = memory_free,
    .put = memory_put,
    .end = memory_end,
    .load_live = memory_load_live,
    .load_ended = memory_load_ended,
    .maxima = memory_maxima,
    .spec = memory_spec,
    .key = memory_key,
    .job = memory_job,
    .attempts = memory_attempts,
    .events = memory_events,
    .spend = memory_spend,
    .prune = memory_prune,
    .tend = memory_tend,
};

struct mz_store *mz_store_create_memory(void)
{
    struct memory *memory = mz_xcalloc(1, sizeof(*memory));
    pthread_mutexattr_t attributes;

    memory->store.calls = &memory_calls;
    memory->spend_arena = mz_arena_create();
    memory->spent.arena = memory->spend_arena;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&memory->lock, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
    return &memory->store;
}

void mz_store_memory_fail(struct mz_store *store, int32_t count)
{
    struct memory *memory = memory_of(store);

    assert(store->calls == &memory_calls);
    enter(memory);
    memory->fail_count = count;
    (void)leave(memory, MZ_OK);
}
