/* test_store.c - what every store keeps: each test runs on SQLite and on memory */
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct place {
    struct mz_folder folder;
    struct mz_store *store;
    struct mz_arena *arena;
    bool is_sqlite;
};

static const bool sqlite = true;
static const bool memory = false;

static int setup(void **state)
{
    struct place *place = mz_xcalloc(1, sizeof(*place));

    place->is_sqlite = *(const bool *)*state;
    place->arena = mz_arena_create();
    folder_make(&place->folder);
    place->store = place->is_sqlite ? open_folder(&place->folder) : mz_store_create_memory();
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    mz_store_free(place->store);
    folder_remove(&place->folder);
    mz_arena_free(place->arena);
    free(place);
    return 0;
}

/* Closes and opens again; memory has nothing to open. */
static void reopen(struct place *place)
{
    if (!place->is_sqlite)
        return;
    mz_store_free(place->store);
    place->store = open_folder(&place->folder);
}

/* The lines that the store tells must be those of the records, in this order. */
static void loads_are(struct place *place, const struct mz_record *live, size_t live_count,
    const struct mz_record *ended, size_t ended_count)
{
    struct mz_text expected = { NULL, 0, 0 };
    struct mz_text found = { NULL, 0, 0 };

    mz_text_add(&expected, "live\n");
    for (size_t i = 0; i < live_count; i++)
        print_record(&expected, &live[i]);
    mz_text_add(&expected, "ended\n");
    for (size_t i = 0; i < ended_count; i++)
        print_record(&expected, &ended[i]);
    print_loads(&found, place->store, INT64_MAX);
    assert_string_equal(mz_text_string(&found), mz_text_string(&expected));
    mz_text_finish(&expected);
    mz_text_finish(&found);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define COMMIT(place, ...)                                                                         \
    do {                                                                                           \
        const struct mz_record batch[] = { __VA_ARGS__ };                                          \
        commit((place)->store, batch, COUNT(batch));                                               \
    } while (0)

static void every_row_comes_back_as_it_went_in(void **state)
{
    struct place *place = *state;
    char *long_json = mz_arena_alloc(place->arena, 300000, 1);
    const struct mz_record rows[] = { record_meta("install", "ab12cd34"), record_partner("aws"),
        record_token("ops"), record_job(7, MZ_RUN_RUNNING),
        record_attempt(7, 1, MZ_ATTEMPT_RUNNING), record_permit(7, 1, 0), record_permit(7, 1, 1) };
    struct mz_record ended = record_job(8, MZ_RUN_FAILED);
    struct mz_text expected = { NULL, 0, 0 };
    struct mz_text found = { NULL, 0, 0 };
    struct mz_record event = record_event(1, 7);
    struct mz_record key = record_key("key-1", 7);
    const struct mz_event_row *events;
    const struct mz_key_row *key_row;
    const char *json;
    int32_t count;

    memset(long_json, 'j', 299999);
    commit(place->store, rows, COUNT(rows));
    COMMIT(place, ended, record_spec(7, long_json), event, key);
    reopen(place);
    loads_are(place, rows, COUNT(rows), &ended, 1);
    assert_int_equal(mz_store_spec(place->store, place->arena, 7, &json, NULL), MZ_OK);
    assert_string_equal(json, long_json);
    assert_int_equal(
        mz_store_events(place->store, place->arena, 0, 0, false, 9, &events, &count, NULL), MZ_OK);
    assert_int_equal(count, 1);
    assert_int_equal(mz_store_key(place->store, place->arena, "key-1", &key_row, NULL), MZ_OK);
    print_record(&expected, &event);
    print_record(&expected, &key);
    print_record(&found, &(struct mz_record){ .kind = MZ_RECORD_EVENT, .event = events[0] });
    print_record(&found, &(struct mz_record){ .kind = MZ_RECORD_KEY, .key = *key_row });
    assert_string_equal(mz_text_string(&found), mz_text_string(&expected));
    mz_text_finish(&expected);
    mz_text_finish(&found);
}

static void what_is_not_there_is_said_so(void **state)
{
    struct place *place = *state;
    struct mz_store_maxima maxima = { 1, 1, 1 };
    const struct mz_attempt_row *attempts;
    const struct mz_event_row *events;
    const struct mz_spend_row *spend;
    const struct mz_job_row *job;
    const struct mz_key_row *key;
    const char *json;
    int32_t count = 1;

    assert_int_equal(mz_store_spec(place->store, place->arena, 7, &json, NULL), MZ_OK);
    assert_null(json);
    assert_int_equal(mz_store_key(place->store, place->arena, "k", &key, NULL), MZ_OK);
    assert_null(key);
    assert_int_equal(mz_store_job(place->store, place->arena, 7, &job, NULL), MZ_OK);
    assert_null(job);
    assert_int_equal(
        mz_store_attempts(place->store, place->arena, 7, &attempts, &count, NULL), MZ_OK);
    assert_int_equal(count, 0);
    count = 1;
    assert_int_equal(
        mz_store_events(place->store, place->arena, 0, 0, false, 9, &events, &count, NULL), MZ_OK);
    assert_int_equal(count, 0);
    count = 1;
    assert_int_equal(mz_store_spend(place->store, place->arena, &spend, &count, NULL), MZ_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mz_store_maxima(place->store, &maxima, NULL), MZ_OK);
    assert_int_equal(maxima.job + maxima.spec + maxima.event, 0);
    loads_are(place, NULL, 0, NULL, 0);
}

static void a_record_replaces_the_row_of_its_identity(void **state)
{
    struct place *place = *state;
    struct mz_record job = record_job(1, MZ_RUN_PENDING);
    struct mz_record attempt = record_attempt(1, 1, MZ_ATTEMPT_INTENT);
    struct mz_record permit = record_permit(1, 1, 0);
    const char *json;

    COMMIT(place, job, attempt, permit, record_partner("p"), record_meta("a", "1"),
        record_spec(1, "{}"));
    job.job.state = MZ_RUN_RUNNING;
    job.job.note = "";
    attempt.attempt.state = MZ_ATTEMPT_RUNNING;
    attempt.attempt.remote_id = "12:99";
    permit.permit.exit_code = 137;
    COMMIT(place, permit, attempt, job, record_meta("a", "2"), record_spec(1, "{\"a\":1}"));
    {
        const struct mz_record live[] = { record_meta("a", "2"), record_partner("p"), job, attempt,
            permit };

        loads_are(place, live, COUNT(live), NULL, 0);
    }
    assert_int_equal(mz_store_spec(place->store, place->arena, 1, &json, NULL), MZ_OK);
    assert_string_equal(json, "{\"a\":1}");
}

static void the_last_of_two_records_in_a_batch_stands(void **state)
{
    struct place *place = *state;
    const struct mz_record last = record_job(1, MZ_RUN_RUNNING);

    COMMIT(place, record_job(1, MZ_RUN_PENDING), record_job(1, MZ_RUN_DONE), last);
    loads_are(place, &last, 1, NULL, 0);
}

static void a_token_that_goes_is_gone(void **state)
{
    struct place *place = *state;
    const struct mz_record kept = record_token("kept");
    const struct mz_record back = record_token("back");

    COMMIT(place, record_token("gone"), kept);
    COMMIT(place, record_token_gone("gone"), record_token_gone("never was"));
    reopen(place);
    loads_are(place, &kept, 1, NULL, 0);
    /* the last word on a token stands, within a batch too */
    COMMIT(place, record_token_gone("back"), record_token("back"), record_token("x"),
        record_token_gone("x"), record_token_gone("kept"));
    loads_are(place, &back, 1, NULL, 0);
}

static void a_batch_stands_whole_or_not_at_all(void **state)
{
    struct place *place = *state;
    const struct mz_record first = record_job(1, MZ_RUN_PENDING);
    const struct mz_record bad[] = { record_job(1, MZ_RUN_DONE), record_job(2, MZ_RUN_PENDING),
        record_event(1, 2) };
    const struct mz_record twice[] = { record_job(2, MZ_RUN_PENDING), record_event(2, 2),
        record_event(2, 2) };
    struct mz_error err = { MZ_OK, "" };

    COMMIT(place, first, record_event(1, 1));
    assert_int_equal(
        mz_store_commit(place->store, bad, COUNT(bad), &err), MZ_E_INPUT); /* event 1 is there */
    assert_non_null(strstr(err.text, "written"));
    loads_are(place, &first, 1, NULL, 0);
    assert_int_equal(mz_store_commit(place->store, twice, COUNT(twice), &err), MZ_E_INPUT);
    loads_are(place, &first, 1, NULL, 0);
    assert_int_equal(mz_store_commit(place->store, NULL, 0, &err), MZ_OK);
    COMMIT(place, record_event(2, 1));
    reopen(place);
    loads_are(place, &first, 1, NULL, 0);
}

static void a_restart_reads_what_has_not_ended(void **state)
{
    struct place *place = *state;
    const struct mz_record live[] = { record_job(2, MZ_RUN_RESTARTING),
        record_attempt(2, 1, MZ_ATTEMPT_LOST), record_attempt(2, 3, MZ_ATTEMPT_ENDED),
        record_permit(2, 1, 0), record_permit(2, 3, 0), record_permit(2, 3, 1),
        record_job(4, MZ_RUN_UNKNOWN), record_job(9, MZ_RUN_STOPPING),
        record_attempt(9, 1, MZ_ATTEMPT_STOPPING), record_permit(9, 1, 0) };
    const struct mz_record ended[] = { record_job(8, MZ_RUN_CANCELLED),
        record_job(3, MZ_RUN_FAILED), record_job(1, MZ_RUN_DONE) };

    COMMIT(place, record_permit(2, 2, 0), record_attempt(2, 2, MZ_ATTEMPT_ENDED),
        record_permit(3, 1, 0), record_attempt(3, 1, MZ_ATTEMPT_ENDED),
        record_attempt(5, 1, MZ_ATTEMPT_INTENT) /* of no job */);
    for (size_t i = COUNT(live); i-- > 0;)
        commit(place->store, &live[i], 1);
    for (size_t i = COUNT(ended); i-- > 0;)
        commit(place->store, &ended[i], 1);
    loads_are(place, live, COUNT(live), ended, COUNT(ended));
    reopen(place);
    loads_are(place, live, COUNT(live), ended, COUNT(ended));
}

static void ended_jobs_come_newest_end_first_and_bounded(void **state)
{
    struct place *place = *state;
    struct mz_record jobs[4];
    struct mz_text expected = { NULL, 0, 0 };
    struct mz_text found = { NULL, 0, 0 };

    for (int i = 0; i < 4; i++) {
        jobs[i] = record_job(i + 1, MZ_RUN_DONE);
        jobs[i].job.ended_us = i == 3 ? 5 : 10; /* 3, 2, 1, then 4 */
    }
    commit(place->store, jobs, 4);
    mz_text_add(&expected, "live\nended\n");
    print_record(&expected, &jobs[2]);
    print_record(&expected, &jobs[1]);
    print_loads(&found, place->store, 2);
    assert_string_equal(mz_text_string(&found), mz_text_string(&expected));
    mz_text_finish(&expected);
    mz_text_finish(&found);
}

struct events_case {
    int64_t after;
    int64_t job;
    bool before;
    int32_t max;
    const char *seqs;
};

static const struct events_case events_cases[] = {
    { 0, 0, false, 100, "1 2 3 4 5 6 7 8 9 " },
    { 4, 0, false, 3, "5 6 7 " },
    { 9, 0, false, 3, "" },
    { 0, 0, false, 0, "" },
    { INT64_MAX, 0, false, 3, "" },
    { 0, 2, false, 100, "2 5 8 " },
    { 2, 2, false, 1, "5 " },
    { 0, 0, true, 2, "8 9 " },
    { 3, 0, true, 9, "1 2 " },
    { 8, 2, true, 1, "5 " },
    { 0, 2, true, 2, "5 8 " },
    { 0, 77, true, 2, "" },
};

static void events_are_read_in_order(void **state)
{
    struct place *place = *state;
    struct mz_record events[9];

    for (int i = 0; i < 9; i++)
        events[i] = record_event(i + 1, (i + 1) % 3); /* jobs 1 2 0 */
    commit(place->store, events, 9);
    for (size_t c = 0; c < COUNT(events_cases); c++) {
        const struct events_case *at = &events_cases[c];
        const struct mz_event_row *rows;
        struct mz_text seqs = { NULL, 0, 0 };
        int32_t count;

        assert_int_equal(mz_store_events(place->store, place->arena, at->after, at->job, at->before,
                             at->max, &rows, &count, NULL),
            MZ_OK);
        for (int32_t i = 0; i < count; i++)
            mz_text_addf(&seqs, "%d ", (int)rows[i].seq);
        assert_string_equal(mz_text_string(&seqs), at->seqs);
        mz_text_finish(&seqs);
    }
}

static void print_spend_row(struct place *place, const char *contract, int64_t usd_micro, int64_t s)
{
    const struct mz_spend_row *rows;
    int32_t count;

    assert_int_equal(mz_store_spend(place->store, place->arena, &rows, &count, NULL), MZ_OK);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(rows[i].contract, contract) == 0) {
            assert_int_equal(rows[i].spent_usd_micro, usd_micro);
            assert_int_equal(rows[i].chip_s, s);
            return;
        }
    }
    fail_msg("no row of %s", contract);
}

static void what_a_contract_was_drawn_outlives_pruning(void **state)
{
    struct place *place = *state;
    struct mz_record free_of_contract = record_attempt(1, 4, MZ_ATTEMPT_ENDED);
    struct mz_record never_started = record_attempt(1, 5, MZ_ATTEMPT_ENDED);
    struct mz_record months = record_attempt(2, 1, MZ_ATTEMPT_ENDED);
    int64_t count;

    free_of_contract.attempt.contract = "";
    never_started.attempt.started_us = 0;
    months.attempt.contract = "large"; /* 200,000 chips for 90 days at 98.32 USD */
    months.attempt.chips = 200000;
    months.attempt.price_micro_per_chip_hour = 98320000;
    months.attempt.ended_us = months.attempt.started_us + INT64_C(90) * 86400 * 1000000;
    COMMIT(place, record_job(1, MZ_RUN_DONE), record_attempt(1, 1, MZ_ATTEMPT_ENDED),
        record_attempt(1, 2, MZ_ATTEMPT_ENDED), record_attempt(1, 3, MZ_ATTEMPT_ENDED),
        free_of_contract, never_started, record_job(2, MZ_RUN_RUNNING), months,
        record_attempt(2, 2, MZ_ATTEMPT_RUNNING));
    for (int round = 0; round < 3; round++) {
        /* attempt n ran n hours on 16 chips at 2.50 USD */
        print_spend_row(place, "aws-2026", (1 + 3) * INT64_C(16) * 2500000, 4 * 16 * 3600);
        print_spend_row(place, "own", 2 * INT64_C(16) * 2500000, 2 * 16 * 3600);
        print_spend_row(
            place, "large", INT64_C(200000) * 90 * 24 * 98320000, INT64_C(200000) * 90 * 86400);
        assert_int_equal(
            mz_store_prune(place->store, INT64_MAX, 0, round == 0 ? 2 : 100, &count, NULL), MZ_OK);
        assert_int_equal(count, round == 0 ? 2 : round == 1 ? 4 : 0);
        reopen(place);
    }
}

static void pruning_takes_what_is_old_and_no_more_than_its_bound(void **state)
{
    struct place *place = *state;
    struct mz_record young = record_job(3, MZ_RUN_DONE);
    const struct mz_record live = record_job(4, MZ_RUN_RUNNING);
    struct mz_record shares = record_job(1, MZ_RUN_DONE);
    struct mz_record old = record_job(2, MZ_RUN_FAILED);
    struct mz_store_maxima maxima;
    const struct mz_event_row *events;
    const struct mz_key_row *key;
    const char *json;
    int64_t total = 0;
    int64_t count;
    int32_t left;

    shares.job.spec = 3; /* as job 3, which stays */
    young.job.ended_us = shares.job.ended_us + 100;
    COMMIT(place, shares, old, young, live, record_spec(2, "2"), record_spec(3, "3"),
        record_spec(99, "of none"), record_attempt(2, 1, MZ_ATTEMPT_ENDED), record_permit(2, 1, 0),
        record_permit(2, 1, 1), record_key("key-2", 2), record_key("key-4", 4), record_event(1, 2),
        record_event(2, 0), record_event(3, 4), record_event(4, 2), record_event(5, 3));
    do {
        assert_int_equal(
            mz_store_prune(place->store, young.job.ended_us, 2001, 2, &count, NULL), MZ_OK);
        assert_in_range(count, 0, 2);
        total += count;
    } while (count > 0);
    assert_int_equal(total, 2 + 1 + 1 + 2 + 1 + 2 + 1); /* jobs spec attempt permits key events */
    loads_are(place, &live, 1, &young, 1);
    assert_int_equal(mz_store_spec(place->store, place->arena, 2, &json, NULL), MZ_OK);
    assert_null(json);
    assert_int_equal(mz_store_spec(place->store, place->arena, 3, &json, NULL), MZ_OK);
    assert_non_null(json);
    assert_int_equal(mz_store_key(place->store, place->arena, "key-2", &key, NULL), MZ_OK);
    assert_null(key);
    assert_int_equal(mz_store_key(place->store, place->arena, "key-4", &key, NULL), MZ_OK);
    assert_non_null(key);
    assert_int_equal(
        mz_store_events(place->store, place->arena, 0, 0, false, 9, &events, &left, NULL), MZ_OK);
    assert_int_equal(left, 2);
    assert_int_equal(events[0].seq, 3);
    assert_int_equal(mz_store_maxima(place->store, &maxima, NULL), MZ_OK);
    assert_int_equal(maxima.spec, 99);
}

static void numbers_are_not_used_again_after_pruning(void **state)
{
    struct place *place = *state;
    struct mz_store_maxima maxima;
    int64_t count;

    COMMIT(place, record_job(41, MZ_RUN_DONE), record_spec(41, "{}"), record_event(77, 41));
    assert_int_equal(mz_store_prune(place->store, INT64_MAX, INT64_MAX, 50, &count, NULL), MZ_OK);
    assert_int_equal(count, 3);
    reopen(place);
    loads_are(place, NULL, 0, NULL, 0);
    assert_int_equal(mz_store_maxima(place->store, &maxima, NULL), MZ_OK);
    assert_int_equal(maxima.job, 41);
    assert_int_equal(maxima.spec, 41);
    assert_int_equal(maxima.event, 77);
}

struct asking {
    struct place *place;
    int32_t job_count;
};

static void ask_for_spec(void *context, const struct mz_job_row *row)
{
    struct asking *asking = context;
    struct place *place = asking->place;
    const struct mz_attempt_row *attempts;
    const struct mz_job_row *job;
    const char *json;
    int32_t count;

    assert_int_equal(mz_store_spec(place->store, place->arena, row->spec, &json, NULL), MZ_OK);
    assert_string_equal(json, "{}");
    assert_int_equal(mz_store_job(place->store, place->arena, row->id, &job, NULL), MZ_OK);
    assert_string_equal(job->note, row->note);
    assert_int_equal(
        mz_store_attempts(place->store, place->arena, row->id, &attempts, &count, NULL), MZ_OK);
    assert_int_equal(count, 1);
    asking->job_count++;
}

static void a_visitor_may_ask(void **state)
{
    struct place *place = *state;
    struct asking asking = { place, 0 };
    const struct mz_store_visitor visitor = { .context = &asking, .job = ask_for_spec };

    COMMIT(place, record_job(1, MZ_RUN_PENDING), record_spec(1, "{}"),
        record_attempt(1, 1, MZ_ATTEMPT_INTENT), record_job(2, MZ_RUN_DONE), record_spec(2, "{}"),
        record_attempt(2, 1, MZ_ATTEMPT_ENDED), record_job(3, MZ_RUN_HELD), record_spec(3, "{}"),
        record_attempt(3, 1, MZ_ATTEMPT_INTENT));
    assert_int_equal(mz_store_load_live(place->store, &visitor, NULL), MZ_OK);
    assert_int_equal(mz_store_load_ended(place->store, 9, &visitor, NULL), MZ_OK);
    assert_int_equal(asking.job_count, 3);
}

static void a_memory_store_fails_when_told(void **state)
{
    struct mz_store *store = mz_store_create_memory();
    const struct mz_record job = record_job(1, MZ_RUN_PENDING);
    const struct mz_job_row *row;
    struct mz_arena *arena = mz_arena_create();

    (void)state;
    mz_store_memory_fail(store, 2);
    assert_int_equal(mz_store_commit(store, &job, 1, NULL), MZ_E_IO);
    assert_int_equal(mz_store_commit(store, &job, 1, NULL), MZ_E_IO);
    assert_int_equal(mz_store_job(store, arena, 1, &row, NULL), MZ_OK);
    assert_null(row);
    assert_int_equal(mz_store_commit(store, &job, 1, NULL), MZ_OK);
    assert_int_equal(mz_store_job(store, arena, 1, &row, NULL), MZ_OK);
    assert_non_null(row);
    mz_arena_free(arena);
    mz_store_free(store);
    mz_store_free(NULL);
}

#define ON_BOTH(test)                                                                              \
    { #test " (sqlite)", test, setup, teardown, (void *)&sqlite },                                 \
    {                                                                                              \
#test " (memory)", test, setup, teardown, (void *)&memory                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_row_comes_back_as_it_went_in),
        ON_BOTH(what_is_not_there_is_said_so),
        ON_BOTH(a_record_replaces_the_row_of_its_identity),
        ON_BOTH(the_last_of_two_records_in_a_batch_stands),
        ON_BOTH(a_token_that_goes_is_gone),
        ON_BOTH(a_batch_stands_whole_or_not_at_all),
        ON_BOTH(a_restart_reads_what_has_not_ended),
        ON_BOTH(ended_jobs_come_newest_end_first_and_bounded),
        ON_BOTH(events_are_read_in_order),
        ON_BOTH(what_a_contract_was_drawn_outlives_pruning),
        ON_BOTH(pruning_takes_what_is_old_and_no_more_than_its_bound),
        ON_BOTH(numbers_are_not_used_again_after_pruning),
        ON_BOTH(a_visitor_may_ask),
        cmocka_unit_test(a_memory_store_fails_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
