/* writer.c - the thread that commits
 *
 * Two heaps of batches: `gathering`, filled by posts under the lock, and `writing`, which is the
 * thread's alone. The thread swaps them and puts `writing` into the open commit, again and again
 * while more comes, then ends it: rows are written while the loop still hands over. Whole batches
 * go into a commit, at most MZ_WRITER_ROWS_MAX rows unless one batch is larger. Both heaps keep
 * their memory, up to a bound: an arena made and freed for each commit cost as much as the copying.
 *
 * Waiting. Where many callers each wait for their own answer, the first to come back would start a
 * commit for itself alone and the others would wait for two. So an open commit gives as many as
 * came last time a moment to come again: in all at most a part of what the last end took
 * (GATHER_PART) and GATHER_NS_MAX. One caller alone is never kept waiting. A stream that does not
 * end cannot keep a commit open: it takes at most GROUP_GROWTH times the last one and GROUP_FREE.
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
    KEEP_BYTES = 1 << 20,
    KEEP_RECORDS = 4096,
    GATHER_PART = 4,
    GATHER_NS_MAX = 1000000,
    GROUP_GROWTH = 2,
    GROUP_FREE = 64,
    PRUNE_ROWS = 500 /* a commit between others: a few milliseconds */
};

struct batch {
    int64_t number;
    size_t end; /* of its records in the heap */
};

/* Memory that stays for the next batches, up to KEEP_BYTES of strings; what does not fit goes to an
 * arena that is freed with the batches. */
struct heap {
    struct mz_record *records;
    size_t record_count;
    size_t record_capacity;
    struct batch *batches;
    size_t batch_count;
    size_t batch_capacity;
    char *text;
    size_t text_used;
    size_t text_capacity;
    struct mz_arena *overflow; /* NULL: all fitted */
};

/* What was put and not ended. */
struct open_commit {
    int64_t first; /* numbers */
    int64_t last;
    size_t batches; /* 0: nothing is open */
    size_t rows;
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
    bool is_asleep;
    int64_t last;            /* number posted last */
    struct open_commit open; /* this and the next three are the thread's alone */
    int64_t durable;
    size_t group;      /* batches of the last commit */
    int64_t commit_ns; /* that its end took */
    bool is_refusing;
    bool is_ending;
    bool prune_wanted;
    int64_t prune_jobs_before_us;
    int64_t prune_events_before_us;
    atomic_llong commit_count;
    atomic_llong row_count;
};

/* --- heaps --- */

static void *grow(void *old, size_t need, size_t *capacity, size_t size)
{
    if (need <= *capacity)
        return old;
    while (*capacity < need)
        *capacity = *capacity ? 2 * *capacity : 64;
    return mz_xrealloc(old, *capacity, size);
}

static char *heap_text(struct heap *heap, size_t bytes)
{
    if (heap->text_capacity - heap->text_used >= bytes) {
        heap->text_used += bytes;
        return heap->text + (heap->text_used - bytes);
    }
    if (!heap->overflow)
        heap->overflow = mz_arena_create();
    return mz_arena_alloc(heap->overflow, bytes, 1);
}

static void heap_add(
    struct heap *heap, int64_t number, const struct mz_record *records, size_t count)
{
    heap->records = grow(
        heap->records, heap->record_count + count, &heap->record_capacity, sizeof(*heap->records));
    heap->batches =
        grow(heap->batches, heap->batch_count + 1, &heap->batch_capacity, sizeof(*heap->batches));
    for (size_t i = 0; i < count; i++)
        mz_record_copy(&heap->records[heap->record_count++], &records[i],
            heap_text(heap, mz_record_text_bytes(&records[i])));
    heap->batches[heap->batch_count++] = (struct batch){ number, heap->record_count };
}

static void heap_finish(struct heap *heap)
{
    mz_arena_free(heap->overflow);
    free(heap->text);
    free(heap->records);
    free(heap->batches);
    *heap = (struct heap){ .records = NULL };
}

/* Empties it for the next batches. After an unusual load it gives its memory back. */
static void heap_clear(struct heap *heap)
{
    size_t wanted = heap->overflow ? 2 * (heap->text_used + mz_arena_bytes(heap->overflow)) : 0;

    if (heap->record_capacity > KEEP_RECORDS || wanted > KEEP_BYTES) {
        heap_finish(heap);
        return;
    }
    mz_arena_free(heap->overflow);
    heap->overflow = NULL;
    if (wanted > heap->text_capacity) {
        free(heap->text);
        heap->text = mz_xcalloc(wanted, 1);
        heap->text_capacity = wanted;
    }
    heap->record_count = 0;
    heap->batch_count = 0;
    heap->text_used = 0;
}

/* --- the thread --- */

static int64_t now_ns(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Sleeps until there is something to do. Called with the lock. */
static void sleep_until_wanted(struct mz_writer *writer)
{
    while (writer->gathering.batch_count == 0 && !writer->is_ending && !writer->prune_wanted) {
        writer->is_asleep = true;
        (void)pthread_cond_wait(&writer->wake, &writer->lock);
    }
    writer->is_asleep = false;
}

static void refuse(struct mz_writer *writer)
{
    (void)pthread_mutex_lock(&writer->lock);
    writer->is_refusing = true;
    heap_clear(&writer->gathering);
    (void)pthread_mutex_unlock(&writer->lock);
}

/* What was put is lost, and what is behind it dropped. */
static void fail_open(struct mz_writer *writer, const struct mz_error *err)
{
    heap_clear(&writer->writing);
    refuse(writer);
    writer->done(writer->context, writer->durable, writer->open.first, err);
    writer->open = (struct open_commit){ .batches = 0 };
}

/* Makes durable what was put, and tells. False: it failed. */
static bool end_open(struct mz_writer *writer)
{
    struct open_commit *open = &writer->open;
    struct mz_error err = { MZ_OK, "" };
    int64_t started_ns = now_ns();

    if (open->rows > 0) {
        if (mz_store_end(writer->store, &err) != MZ_OK) {
            fail_open(writer, &err);
            return false;
        }
        atomic_fetch_add_explicit(&writer->commit_count, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&writer->row_count, (long long)open->rows, memory_order_relaxed);
        writer->commit_ns = now_ns() - started_ns;
    }
    writer->group = open->batches;
    writer->durable = open->last;
    *open = (struct open_commit){ .batches = 0 };
    writer->done(writer->context, writer->durable, 0, &err);
    return true;
}

/* The batches from `first` on that the open commit has room for; returns the one behind the last,
 * `first` when there is none. A batch that is larger than the bound goes alone. */
static size_t slice_end(const struct mz_writer *writer, size_t first, size_t begin)
{
    const struct heap *heap = &writer->writing;
    size_t rows = writer->open.rows;
    size_t end = first;

    while (end < heap->batch_count && rows + (heap->batches[end].end - begin) <= MZ_WRITER_ROWS_MAX)
        end++;
    return end == first && rows == 0 ? first + 1 : end;
}

/* Puts all of `writing`. False: something failed, and it was told. */
static bool put_heap(struct mz_writer *writer)
{
    struct heap *heap = &writer->writing;
    size_t begin = 0;

    for (size_t first = 0; first < heap->batch_count;) {
        size_t next = slice_end(writer, first, begin);
        size_t rows = next > first ? heap->batches[next - 1].end - begin : 0;
        struct mz_error err = { MZ_OK, "" };

        if (next == first) { /* no room: a commit of its own */
            if (!end_open(writer))
                return false;
            continue;
        }
        if (writer->open.batches == 0)
            writer->open.first = heap->batches[first].number;
        writer->open.last = heap->batches[next - 1].number;
        writer->open.batches += next - first;
        writer->open.rows += rows;
        if (rows > 0 && mz_store_put(writer->store, &heap->records[begin], rows, &err) != MZ_OK) {
            fail_open(writer, &err);
            return false;
        }
        first = next;
        begin += rows;
    }
    heap_clear(heap);
    return true;
}

/* Is there more for the open commit, at once or in a moment? Called with the lock. */
static bool more_comes(struct mz_writer *writer, int64_t *wait_ns)
{
    int64_t started_ns = now_ns();
    int64_t until_ns = started_ns + *wait_ns;
    const struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000),
        .tv_nsec = (long)(until_ns % 1000000000) };

    while (writer->gathering.batch_count == 0 && writer->open.batches < writer->group &&
        !writer->is_ending && !writer->prune_wanted) {
        writer->is_asleep = true;
        if (pthread_cond_timedwait(&writer->wake, &writer->lock, &until) == ETIMEDOUT)
            break;
    }
    writer->is_asleep = false;
    *wait_ns -= now_ns() - started_ns;
    if (*wait_ns < 0)
        *wait_ns = 0;
    return writer->gathering.batch_count > 0 &&
        writer->open.batches < GROUP_GROWTH * writer->group + GROUP_FREE;
}

static void swap_heaps(struct mz_writer *writer)
{
    struct heap gathered = writer->gathering;

    writer->gathering = writer->writing;
    writer->writing = gathered;
    assert(writer->gathering.batch_count == 0);
}

/* One commit of what has gathered and of what comes while it is put. Called with the lock. */
static void write_gathered(struct mz_writer *writer)
{
    int64_t wait_ns = writer->commit_ns / GATHER_PART;
    bool is_good;

    if (wait_ns > GATHER_NS_MAX)
        wait_ns = GATHER_NS_MAX;
    do {
        swap_heaps(writer);
        (void)pthread_mutex_unlock(&writer->lock);
        is_good = put_heap(writer);
        (void)pthread_mutex_lock(&writer->lock);
    } while (is_good && more_comes(writer, &wait_ns));
    (void)pthread_mutex_unlock(&writer->lock);
    if (is_good)
        (void)end_open(writer);
    mz_store_tend(writer->store);
    (void)pthread_mutex_lock(&writer->lock);
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
        sleep_until_wanted(writer);
        if (writer->gathering.batch_count == 0 && writer->is_ending)
            break;
        if (writer->gathering.batch_count > 0)
            write_gathered(writer);
        if (writer->prune_wanted && !writer->is_ending) {
            int64_t jobs_before_us = writer->prune_jobs_before_us;
            int64_t events_before_us = writer->prune_events_before_us;

            (void)pthread_mutex_unlock(&writer->lock);
            prune(writer, jobs_before_us, events_before_us);
            (void)pthread_mutex_lock(&writer->lock);
        }
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
    heap_finish(&writer->gathering);
    heap_finish(&writer->writing);
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
        if (writer->is_asleep) {
            writer->is_asleep = false;
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
