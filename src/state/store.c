/* store.c - passing calls on to the store behind them; what contracts were drawn */
#include "state/store_impl.h"

#include <assert.h>
#include <string.h>

void mz_store_free(struct mz_store *store)
{
    if (store)
        store->calls->free(store);
}

enum mz_status mz_store_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err)
{
    assert(records && count > 0);
    return store->calls->put(store, records, count, err);
}

enum mz_status mz_store_end(struct mz_store *store, struct mz_error *err)
{
    return store->calls->end(store, err);
}

enum mz_status mz_store_commit(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err)
{
    enum mz_status status = MZ_OK;

    assert(records || count == 0);
    if (count == 0)
        return MZ_OK;
    status = mz_store_put(store, records, count, err);
    return status == MZ_OK ? mz_store_end(store, err) : status;
}

enum mz_status mz_store_load_live(
    struct mz_store *store, const struct mz_store_visitor *visitor, struct mz_error *err)
{
    return store->calls->load_live(store, visitor, err);
}

enum mz_status mz_store_load_ended(struct mz_store *store, int64_t max,
    const struct mz_store_visitor *visitor, struct mz_error *err)
{
    assert(max >= 0);
    return store->calls->load_ended(store, max, visitor, err);
}

enum mz_status mz_store_maxima(
    struct mz_store *store, struct mz_store_maxima *ret_maxima, struct mz_error *err)
{
    return store->calls->maxima(store, ret_maxima, err);
}

enum mz_status mz_store_spec(struct mz_store *store, struct mz_arena *arena, int64_t spec,
    const char **ret_json, struct mz_error *err)
{
    return store->calls->spec(store, arena, spec, ret_json, err);
}

enum mz_status mz_store_key(struct mz_store *store, struct mz_arena *arena, const char *key,
    const struct mz_key_row **ret_row, struct mz_error *err)
{
    return store->calls->key(store, arena, key, ret_row, err);
}

enum mz_status mz_store_job(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_job_row **ret_row, struct mz_error *err)
{
    return store->calls->job(store, arena, job, ret_row, err);
}

enum mz_status mz_store_attempts(struct mz_store *store, struct mz_arena *arena, int64_t job,
    const struct mz_attempt_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    return store->calls->attempts(store, arena, job, ret_rows, ret_count, err);
}

enum mz_status mz_store_events(struct mz_store *store, struct mz_arena *arena, int64_t after,
    int64_t job, bool before, int32_t max, const struct mz_event_row **ret_rows, int32_t *ret_count,
    struct mz_error *err)
{
    assert(max >= 0);
    return store->calls->events(store, arena, after, job, before, max, ret_rows, ret_count, err);
}

enum mz_status mz_store_spend(struct mz_store *store, struct mz_arena *arena,
    const struct mz_spend_row **ret_rows, int32_t *ret_count, struct mz_error *err)
{
    return store->calls->spend(store, arena, ret_rows, ret_count, err);
}

enum mz_status mz_store_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err)
{
    assert(max >= 0 && max <= INT32_MAX / MZ_PRUNE_LOOK);
    return store->calls->prune(store, jobs_before_us, events_before_us, max, ret_count, err);
}

void mz_store_tend(struct mz_store *store)
{
    store->calls->tend(store);
}

/* --- what contracts were drawn --- */

static const int64_t hour_us = INT64_C(3600) * 1000000;

/* Sums and products that no real fleet reaches end at the largest number, not in disorder. */
static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t multiply(int64_t a, int64_t b)
{
    int64_t product;

    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

void mz_spend_add(
    struct mz_spend_sums *sums, const char *contract, int64_t spent_usd_micro, int64_t chip_us)
{
    size_t at = 0;

    while (at < sums->count && strcmp(sums->list[at].contract, contract) < 0)
        at++;
    if (at == sums->count || strcmp(sums->list[at].contract, contract) != 0) {
        sums->list = mz_arena_grow(sums->arena, sums->list, sums->count, sums->count + 1,
            &sums->capacity, sizeof(*sums->list));
        memmove(&sums->list[at + 1], &sums->list[at], (sums->count - at) * sizeof(*sums->list));
        sums->list[at] =
            (struct mz_spend_sum){ .contract = mz_arena_strdup(sums->arena, contract) };
        sums->count++;
    }
    sums->list[at].spent_usd_micro = add(sums->list[at].spent_usd_micro, spent_usd_micro);
    sums->list[at].chip_us = add(sums->list[at].chip_us, chip_us);
}

void mz_spend_add_attempt(struct mz_spend_sums *sums, const struct mz_attempt_row *row)
{
    int64_t price = row->price_micro_per_chip_hour;
    int64_t chip_us;

    if (row->state != MZ_ATTEMPT_ENDED || row->contract[0] == '\0' || row->started_us <= 0 ||
        row->ended_us <= row->started_us)
        return;
    chip_us = multiply(row->ended_us - row->started_us, row->chips);
    /* whole chip-hours apart: the rest times a price up to 2,500 USD stays below 2^63 */
    mz_spend_add(sums, row->contract,
        add(multiply(chip_us / hour_us, price), multiply(chip_us % hour_us, price) / hour_us),
        chip_us);
}

void mz_spend_rows(
    const struct mz_spend_sums *sums, const struct mz_spend_row **ret_rows, int32_t *ret_count)
{
    struct mz_spend_row *rows = mz_arena_alloc(sums->arena, sums->count, sizeof(*rows));

    for (size_t i = 0; i < sums->count; i++) {
        rows[i] = (struct mz_spend_row){ .contract = sums->list[i].contract,
            .spent_usd_micro = sums->list[i].spent_usd_micro,
            .chip_s = sums->list[i].chip_us / 1000000 };
    }
    *ret_rows = rows;
    *ret_count = (int32_t)sums->count;
}
