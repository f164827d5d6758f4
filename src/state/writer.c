/* writer.c - the thread that commits
 *
 * Two heaps of batches: `gathering`, filled by posts under the lock, and `writing`, which is the
 * thread's alone. The thread swaps them and commits `writing` in slices of whole batches, each at
 * most MZ_WRITER_ROWS_MAX rows unless one batch is larger. A heap owns one arena, freed when its
 * last batch is told.
 *
 * Waiting. Where many callers each wait for their own answer, the first to come back would start a
 * commit for itself alone and the others would wait for two. So the thread, once it has batches,
 * gives as many as came last time a moment to come again: at most a part of what that commit took
 * (GATHER_PART) and GATHER_NS_MAX. One caller alone is never kept waiting.
 *
 * States: taking ──commit fails──> refusing ──mz_writer_reset──> taking. While refusing, posts are
 * dropped. What was posted before the reset is dropped too.
 *
 * Lock: `lock` guards all but `writing` and the counts; done and the store are called without it.
 */
#include "state/writer.h"

#include "base/arena.h"
#include "state/store_impl.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    GATHER_PART = 4,
    GATHER_NS_MAX = 1000000,
    PRUNE_ROWS = 500 /* a commit between others: a few milliseconds */
};

struct batch {
    int64_t number;
    size_t end; /* of its records in the heap */
};

struct heap {
    struct mz_arena *arena;
    struct mz_record *records;
    size_t record_count;
    size_t record_capacity;
    struct batch *batches;
    size_t batch_count;
    size_t batch_capacity;
};

struct mz_writer {
    struct mz_store *store;
    mz_writer_done *done;
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* on CLOCK_MONOTONIC */
    struct heap gathering;
    struct heap writing;
    size_t wanted;     /* batches at which the thread is woken; 0: it is not asleep */
    int64_t last;      /* number posted last */
    int64_t durable;   /* the thread's alone */
    size_t group;      /* batches of the last commit; the thread's alone */
    int64_t commit_ns; /* that it took; the thread's alone */
    bool is_refusing;
    bool is_ending;
    bool prune_wanted;
    int64_t prune_jobs_before_us;
    int64_t prune_events_before_us;
    atomic_llong commit_count;
    atomic_llong row_count;
};

/* --- heaps --- */

static void heap_add(
    struct heap *heap, int64_t number, const struct mz_record *records, size_t count)
{
    if (!heap->arena)
        heap->arena = mz_arena_create();
    heap->records = mz_arena_grow(heap->arena, heap->records, heap->record_count,
        heap->record_count + count, &heap->record_capacity, sizeof(*heap->records));
    heap->batches = mz_arena_grow(heap->arena, heap->batches, heap->batch_count,
        heap->batch_count + 1, &heap->batch_capacity, sizeof(*heap->batches));
    for (size_t i = 0; i < count; i++)
        mz_record_copy(&heap->records[heap->record_count++], &records[i],
            mz_arena_alloc(heap->arena, mz_record_text_bytes(&records[i]), 1));
    heap->batches[heap->batch_count++] = (struct batch){ number, heap->record_count };
}

static void heap_clear(struct heap *heap)
{
    mz_arena_free(heap->arena);
    *heap = (struct heap){ .arena = NULL };
}

/* --- the thread --- */

static int64_t now_ns(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Gives those who were answered last a moment to come again. Called with the lock. */
static void gather(struct mz_writer *writer)
{
    int64_t window_ns = writer->commit_ns / GATHER_PART;
    int64_t until_ns;
    struct timespec until;

    if (window_ns > GATHER_NS_MAX)
        window_ns = GATHER_NS_MAX;
    until_ns = now_ns() + window_ns;
    until.tv_sec = (time_t)(until_ns / 1000000000);
    until.tv_nsec = (long)(until_ns % 1000000000);
    while (writer->gathering.batch_count < writer->group && !writer->is_ending &&
        !writer->prune_wanted) {
        writer->wanted = writer->group;
        if (pthread_cond_timedwait(&writer->wake, &writer->lock, &until) == ETIMEDOUT)
            break;
    }
    writer->wanted = 0;
}

/* Sleeps until there is something to do. Called with the lock. */
static void sleep_until_wanted(struct mz_writer *writer)
{
    while (writer->gathering.batch_count == 0 && !writer->is_ending && !writer->prune_wanted) {
        writer->wanted = 1;
        (void)pthread_cond_wait(&writer->wake, &writer->lock);
    }
    writer->wanted = 0;
}

/* The batches from `first` on that go into one commit; returns the one behind the last. */
static size_t slice_end(const struct heap *heap, size_t first, size_t begin)
{
    size_t end = first + 1;

    while (end < heap->batch_count && heap->batches[end].end - begin <= MZ_WRITER_ROWS_MAX)
        end++;
    return end;
}

static enum mz_status commit_slice(
    struct mz_writer *writer, size_t begin, size_t end, struct mz_error *err)
{
    enum mz_status status;

    if (begin == end)
        return MZ_OK;
    status = mz_store_commit(writer->store, &writer->writing.records[begin], end - begin, err);
    if (status == MZ_OK) {
        atomic_fetch_add_explicit(&writer->commit_count, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(
            &writer->row_count, (long long)(end - begin), memory_order_relaxed);
    }
    return status;
}

static void refuse(struct mz_writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->is_refusing = true;
    heap_clear(&writer->gathering);
    (void)pthread_mutex_unlock(&writer->lock);
}

/* Commits all of `writing`, and tells. */
static void write_heap(struct mz_writer *writer)
{
    struct heap *heap = &writer->writing;
    size_t begin = 0;

    for (size_t first = 0; first < heap->batch_count;) {
        size_t next = slice_end(heap, first, begin);
        size_t end = heap->batches[next - 1].end;
        struct mz_error err = { MZ_OK, "" };
        int64_t started_ns = now_ns();

        if (commit_slice(writer, begin, end, &err) != MZ_OK) {
            refuse(writer);
            writer->done(writer->context, writer->durable, heap->batches[first].number, &err);
            break;
        }
        writer->group = next - first;
        writer->commit_ns = now_ns() - started_ns;
        writer->durable = heap->batches[next - 1].number;
        writer->done(writer->context, writer->durable, 0, &err);
        first = next;
        begin = end;
    }
    heap_clear(heap);
    mz_store_tend(writer->store);
}

/* A bounded piece; what is left stays wanted. A failure is dropped: pruning is asked again. */
static void prune(struct mz_writer *writer, int64_t jobs_before_us, int64_t events_before_us)
{
    int64_t count = 0;
    enum mz_status status =
        mz_store_prune(writer->store, jobs_before_us, events_before_us, PRUNE_ROWS, &count, NULL);

    mz_store_tend(writer->store);
    if (status == MZ_OK && count > 0)
        return;
    (void)pthread_mutex_lock(&writer->lock);
    if (writer->prune_jobs_before_us == jobs_before_us &&
        writer->prune_events_before_us == events_before_us)
        writer->prune_wanted = false;
    (void)pthread_mutex_unlock(&writer->lock);
}

static void *work(void *context)
{
    struct mz_writer *writer = context;

    (void)pthread_mutex_lock(&writer->lock);
    for (;;) {
        bool prune_wanted;
        int64_t jobs_before_us;
        int64_t events_before_us;

        sleep_until_wanted(writer);
        if (writer->gathering.batch_count == 0 && writer->is_ending)
            break;
        if (writer->gathering.batch_count > 0)
            gather(writer);
        writer->writing = writer->gathering;
        writer->gathering = (struct heap){ .arena = NULL };
        prune_wanted = writer->prune_wanted && !writer->is_ending;
        jobs_before_us = writer->prune_jobs_before_us;
        events_before_us = writer->prune_events_before_us;
        (void)pthread_mutex_unlock(&writer->lock);
        write_heap(writer);
        if (prune_wanted)
            prune(writer, jobs_before_us, events_before_us);
        (void)pthread_mutex_lock(&writer->lock);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* --- the loop's side --- */

struct mz_writer *mz_writer_create(struct mz_store *store, mz_writer_done *done, void *context)
{
    struct mz_writer *writer = mz_xcalloc(1, sizeof(*writer));
    pthread_condattr_t attributes;
    int result;

    writer->store = store;
    writer->done = done;
    writer->context = context;
    (void)pthread_mutex_init(&writer->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&writer->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    result = pthread_create(&writer->thread, NULL, work, writer);
    assert(result == 0); /* as with memory, nobody has anything better to do */
    (void)result;
    return writer;
}

void mz_writer_free(struct mz_writer *writer)
{
    if (!writer)
        return;
    (void)pthread_mutex_lock(&writer->lock);
    writer->is_ending = true;
    (void)pthread_cond_signal(&writer->wake);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    heap_clear(&writer->gathering);
    (void)pthread_cond_destroy(&writer->wake);
    (void)pthread_mutex_destroy(&writer->lock);
    free(writer);
}

void mz_writer_post(
    struct mz_writer *writer, int64_t number, const struct mz_record *records, size_t count)
{
    (void)pthread_mutex_lock(&writer->lock);
    assert(number > writer->last && !writer->is_ending);
    writer->last = number;
    if (!writer->is_refusing) {
        heap_add(&writer->gathering, number, records, count);
        if (writer->wanted != 0 && writer->gathering.batch_count >= writer->wanted) {
            writer->wanted = 0;
            (void)pthread_cond_signal(&writer->wake);
        }
    }
    (void)pthread_mutex_unlock(&writer->lock);
}

void mz_writer_reset(struct mz_writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->is_refusing = false;
    (void)pthread_mutex_unlock(&writer->lock);
}

void mz_writer_prune(struct mz_writer *writer, int64_t jobs_before_us, int64_t events_before_us)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->prune_jobs_before_us = jobs_before_us;
    writer->prune_events_before_us = events_before_us;
    writer->prune_wanted = true;
    (void)pthread_cond_signal(&writer->wake);
    (void)pthread_mutex_unlock(&writer->lock);
}

void mz_writer_counts(const struct mz_writer *writer, int64_t *ret_commits, int64_t *ret_rows)
{
    *ret_commits = atomic_load_explicit(&writer->commit_count, memory_order_relaxed);
    *ret_rows = atomic_load_explicit(&writer->row_count, memory_order_relaxed);
}
