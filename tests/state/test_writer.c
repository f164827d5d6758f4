/* test_writer.c - group commit: order, failures, bounds, pruning between commits
 * Most tests use a store of their own (struct gate) whose commits wait until they are let through,
 * so that what gathers meanwhile is known. */
#include "state/writer.h"
#include "store_fixture.h"

#include "state/store_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMITS_MAX = 64 };

struct gate {
    struct mz_store store;
    pthread_mutex_t lock;
    pthread_cond_t change;
    int let; /* so many commits may pass; -1: all */
    int begun;
    int fail_at; /* the commit of this number fails; -1: none */
    size_t rows[COMMITS_MAX];
    int64_t first_job[COMMITS_MAX];
    int prune_count; /* so many calls of prune find something */
    int64_t pruned_before_us;
};

static struct gate *gate_of(struct mz_store *store)
{
    return (struct gate *)store;
}

static enum mz_status gate_put(
    struct mz_store *store, const struct mz_record *records, size_t count, struct mz_error *err)
{
    struct gate *gate = gate_of(store);

    (void)err;
    (void)pthread_mutex_lock(&gate->lock);
    if (gate->rows[gate->begun] == 0)
        gate->first_job[gate->begun] = records[0].job.id;
    gate->rows[gate->begun] += count;
    (void)pthread_mutex_unlock(&gate->lock);
    return MZ_OK;
}

static enum mz_status gate_end(struct mz_store *store, struct mz_error *err)
{
    struct gate *gate = gate_of(store);
    enum mz_status status = MZ_OK;
    int number;

    (void)pthread_mutex_lock(&gate->lock);
    number = gate->begun++;
    (void)pthread_cond_broadcast(&gate->change);
    while (gate->let == 0)
        (void)pthread_cond_wait(&gate->change, &gate->lock);
    if (gate->let > 0)
        gate->let--;
    if (gate->fail_at == number)
        status = mz_fail(err, MZ_E_IO, "the disk is full");
    (void)pthread_mutex_unlock(&gate->lock);
    return status;
}

static enum mz_status gate_prune(struct mz_store *store, int64_t jobs_before_us,
    int64_t events_before_us, int32_t max, int64_t *ret_count, struct mz_error *err)
{
    struct gate *gate = gate_of(store);

    (void)err;
    (void)events_before_us;
    (void)pthread_mutex_lock(&gate->lock);
    gate->pruned_before_us = jobs_before_us;
    *ret_count = gate->prune_count > 0 ? max : 0;
    if (gate->prune_count >= 0)
        gate->prune_count--;
    (void)pthread_cond_broadcast(&gate->change);
    (void)pthread_mutex_unlock(&gate->lock);
    return MZ_OK;
}

static void gate_tend(struct mz_store *store)
{
    (void)store;
}

static const struct mz_store_calls gate_calls = {
    .put = gate_put, .end = gate_end, .prune = gate_prune, .tend = gate_tend
};

/* What done has told. */
struct told {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int64_t durable;
    int64_t failed;
    int failure_count;
    char sentence[200];
};

static void done(void *context, int64_t durable, int64_t failed, const struct mz_error *err)
{
    struct told *told = context;

    (void)pthread_mutex_lock(&told->lock);
    if (durable < told->durable)
        abort(); /* numbers only rise */
    told->durable = durable;
    if (failed != 0) {
        told->failed = failed;
        told->failure_count++;
        (void)snprintf(told->sentence, sizeof(told->sentence), "%.190s", err->text);
    }
    (void)pthread_cond_broadcast(&told->change);
    (void)pthread_mutex_unlock(&told->lock);
}

struct scene {
    struct gate gate;
    struct told told;
    struct mz_writer *writer;
};

static int setup(void **state)
{
    struct scene *scene = mz_xcalloc(1, sizeof(*scene));

    scene->gate.store.calls = &gate_calls;
    scene->gate.fail_at = -1;
    scene->gate.prune_count = -1;
    (void)pthread_mutex_init(&scene->gate.lock, NULL);
    (void)pthread_cond_init(&scene->gate.change, NULL);
    (void)pthread_mutex_init(&scene->told.lock, NULL);
    (void)pthread_cond_init(&scene->told.change, NULL);
    scene->writer = mz_writer_create(&scene->gate.store, done, &scene->told);
    *state = scene;
    return 0;
}

static void let(struct scene *scene, int count)
{
    (void)pthread_mutex_lock(&scene->gate.lock);
    scene->gate.let = count;
    (void)pthread_cond_broadcast(&scene->gate.change);
    (void)pthread_mutex_unlock(&scene->gate.lock);
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    let(scene, -1);
    mz_writer_free(scene->writer);
    (void)pthread_mutex_destroy(&scene->gate.lock);
    (void)pthread_cond_destroy(&scene->gate.change);
    (void)pthread_mutex_destroy(&scene->told.lock);
    (void)pthread_cond_destroy(&scene->told.change);
    free(scene);
    return 0;
}

static void wait_begun(struct scene *scene, int count)
{
    (void)pthread_mutex_lock(&scene->gate.lock);
    while (scene->gate.begun < count)
        (void)pthread_cond_wait(&scene->gate.change, &scene->gate.lock);
    (void)pthread_mutex_unlock(&scene->gate.lock);
}

static void wait_durable(struct told *told, int64_t number)
{
    (void)pthread_mutex_lock(&told->lock);
    while (told->durable < number)
        (void)pthread_cond_wait(&told->change, &told->lock);
    (void)pthread_mutex_unlock(&told->lock);
}

static void wait_failure(struct told *told)
{
    (void)pthread_mutex_lock(&told->lock);
    while (told->failure_count == 0)
        (void)pthread_cond_wait(&told->change, &told->lock);
    (void)pthread_mutex_unlock(&told->lock);
}

static void post(struct scene *scene, int64_t number, size_t rows)
{
    struct mz_record *records = mz_xcalloc(rows, sizeof(*records));

    for (size_t i = 0; i < rows; i++)
        records[i] = record_job(number, MZ_RUN_PENDING);
    mz_writer_post(scene->writer, number, records, rows);
    free(records);
}

static void what_gathers_during_a_commit_goes_with_the_next(void **state)
{
    struct scene *scene = *state;
    int64_t commits;
    int64_t rows;

    post(scene, 1, 1);
    wait_begun(scene, 1);
    for (int64_t number = 2; number <= 40; number++)
        post(scene, number, 3);
    let(scene, -1);
    wait_durable(&scene->told, 40);
    assert_int_equal(scene->gate.begun, 2);
    assert_int_equal(scene->gate.rows[0], 1);
    assert_int_equal(scene->gate.rows[1], 39 * 3);
    mz_writer_counts(scene->writer, &commits, &rows);
    assert_int_equal(commits, 2);
    assert_int_equal(rows, 1 + 39 * 3);
}

static void a_commit_is_no_larger_than_its_bound(void **state)
{
    struct scene *scene = *state;
    static const size_t expected[] = { 1, 15000 + 5000, 5000 + 10000, 30000, 1 };

    post(scene, 1, 1);
    wait_begun(scene, 1);
    post(scene, 2, 15000);
    post(scene, 3, 5000);
    post(scene, 4, 5000);
    post(scene, 5, 10000);
    post(scene, 6, 30000); /* one batch is never cut */
    post(scene, 7, 1);
    let(scene, -1);
    wait_durable(&scene->told, 7);
    assert_int_equal(scene->gate.begun, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(scene->gate.rows[i], expected[i]);
}

static void behind_a_failure_all_is_dropped_until_reset(void **state)
{
    struct scene *scene = *state;
    int64_t commits;
    int64_t rows;

    scene->gate.fail_at = 1;
    post(scene, 10, 1);
    wait_begun(scene, 1);
    post(scene, 11, 1);
    post(scene, 12, 1);
    let(scene, 1);
    wait_begun(scene, 2); /* 11 and 12, which will fail */
    post(scene, 13, 1);
    let(scene, -1);
    wait_failure(&scene->told);
    assert_int_equal(scene->told.durable, 10);
    assert_int_equal(scene->told.failed, 11);
    assert_string_equal(scene->told.sentence, "the disk is full");
    post(scene, 14, 1);
    mz_writer_reset(scene->writer);
    post(scene, 15, 1);
    wait_durable(&scene->told, 15);
    assert_int_equal(scene->told.failure_count, 1);
    assert_int_equal(scene->gate.begun, 3);
    assert_int_equal(scene->gate.first_job[2], 15);
    assert_int_equal(scene->gate.rows[2], 1);
    mz_writer_counts(scene->writer, &commits, &rows);
    assert_int_equal(commits, 2);
    assert_int_equal(rows, 2);
}

static void an_empty_batch_is_durable_in_its_turn(void **state)
{
    struct scene *scene = *state;

    let(scene, -1);
    post(scene, 1, 0);
    wait_durable(&scene->told, 1);
    assert_int_equal(scene->gate.begun, 0);
    post(scene, 2, 1);
    post(scene, 3, 0);
    wait_durable(&scene->told, 3);
    assert_int_equal(scene->gate.begun, 1);
}

static void the_end_commits_what_was_handed_over(void **state)
{
    struct scene *scene = *state;

    post(scene, 1, 1);
    wait_begun(scene, 1);
    post(scene, 2, 1);
    post(scene, 3, 1);
    let(scene, -1);
    mz_writer_free(scene->writer);
    scene->writer = NULL;
    assert_int_equal(scene->told.durable, 3);
}

static void pruning_goes_on_until_nothing_is_old(void **state)
{
    struct scene *scene = *state;

    let(scene, -1);
    scene->gate.prune_count = 3;
    mz_writer_prune(scene->writer, 77, 88);
    post(scene, 1, 1);
    wait_durable(&scene->told, 1);
    (void)pthread_mutex_lock(&scene->gate.lock);
    while (scene->gate.prune_count >= 0)
        (void)pthread_cond_wait(&scene->gate.change, &scene->gate.lock);
    assert_int_equal(scene->gate.pruned_before_us, 77);
    (void)pthread_mutex_unlock(&scene->gate.lock);
}

/* --- with a real journal --- */

static void told_init(struct told *told)
{
    *told = (struct told){ .durable = 0 };
    (void)pthread_mutex_init(&told->lock, NULL);
    (void)pthread_cond_init(&told->change, NULL);
}

static void records_are_copied_and_read_while_others_are_written(void **state)
{
    struct mz_folder folder;
    struct mz_store *store;
    struct mz_writer *writer;
    struct mz_arena *arena = mz_arena_create();
    struct told told;
    char name[32];

    (void)state;
    folder_make(&folder);
    store = open_folder(&folder);
    told_init(&told);
    writer = mz_writer_create(store, done, &told);
    for (int64_t number = 1; number <= 2000; number++) {
        struct mz_record records[] = { record_job(number, MZ_RUN_PENDING),
            record_event(number, number) };
        const struct mz_job_row *row;

        (void)snprintf(name, sizeof(name), "job %d", (int)number);
        records[0].job.name = name;
        mz_writer_post(writer, number, records, 2);
        memset(name, '#', sizeof(name) - 1); /* the caller's again */
        if (number % 50 != 0)
            continue;
        wait_durable(&told, number);
        assert_int_equal(mz_store_job(store, arena, number, &row, NULL), MZ_OK);
        (void)snprintf(name, sizeof(name), "job %d", (int)number);
        assert_string_equal(row->name, name);
    }
    mz_writer_free(writer);
    mz_store_free(store);
    folder_remove(&folder);
    mz_arena_free(arena);
}

static void a_failed_commit_of_a_store_leaves_it_usable(void **state)
{
    struct mz_store *store = mz_store_create_memory();
    struct mz_writer *writer;
    struct mz_record job = record_job(1, MZ_RUN_PENDING);
    struct mz_store_maxima maxima;
    struct told told;

    (void)state;
    told_init(&told);
    mz_store_memory_fail(store, 1);
    writer = mz_writer_create(store, done, &told);
    mz_writer_post(writer, 1, &job, 1);
    wait_failure(&told);
    assert_int_equal(told.failed, 1);
    mz_writer_reset(writer);
    job.job.id = 2;
    mz_writer_post(writer, 2, &job, 1);
    wait_durable(&told, 2);
    assert_int_equal(mz_store_maxima(store, &maxima, NULL), MZ_OK);
    assert_int_equal(maxima.job, 2);
    mz_writer_free(writer);
    mz_writer_free(NULL);
    mz_store_free(store);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(what_gathers_during_a_commit_goes_with_the_next),
        SCENE(a_commit_is_no_larger_than_its_bound),
        SCENE(behind_a_failure_all_is_dropped_until_reset),
        SCENE(an_empty_batch_is_durable_in_its_turn),
        SCENE(the_end_commits_what_was_handed_over),
        SCENE(pruning_goes_on_until_nothing_is_old),
        cmocka_unit_test(records_are_copied_and_read_while_others_are_written),
        cmocka_unit_test(a_failed_commit_of_a_store_leaves_it_usable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
