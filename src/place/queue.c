/* queue.c - the sorted run of waiting jobs */
#include "place/queue.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void mz_queue_finish(struct mz_queue *queue)
{
    free(queue->entries);
    *queue = (struct mz_queue){ 0 };
}

static int before(const struct mz_queue_entry *entry, int64_t key, int32_t job)
{
    return entry->key < key || (entry->key == key && entry->job < job);
}

/* First place in [begin, end) that is not before (key, job). */
static int32_t find(const struct mz_queue *queue, int64_t key, int32_t job)
{
    int32_t low = queue->begin;
    int32_t high = queue->end;

    while (low < high) {
        int32_t middle = low + (high - low) / 2;

        if (before(&queue->entries[middle], key, job))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for one more behind the end: by moving to the front when half is free there, else by
 * doubling. */
static void make_room(struct mz_queue *queue)
{
    int32_t count = queue->end - queue->begin;

    if (queue->end < queue->capacity)
        return;
    if (queue->begin < queue->capacity / 2 || queue->capacity == 0) {
        queue->capacity = queue->capacity ? queue->capacity * 2 : 64;
        queue->entries =
            mz_xrealloc(queue->entries, (size_t)queue->capacity, sizeof(*queue->entries));
    }
    memmove(queue->entries, queue->entries + queue->begin, (size_t)count * sizeof(*queue->entries));
    queue->begin = 0;
    queue->end = count;
}

void mz_queue_add(struct mz_queue *queue, int64_t key, int32_t job)
{
    int32_t at;

    make_room(queue);
    at = queue->begin == queue->end || before(&queue->entries[queue->end - 1], key, job)
        ? queue->end
        : find(queue, key, job);
    memmove(queue->entries + at + 1, queue->entries + at,
        (size_t)(queue->end - at) * sizeof(*queue->entries));
    queue->entries[at] = (struct mz_queue_entry){ .key = key, .job = job };
    queue->end++;
}

void mz_queue_remove(struct mz_queue *queue, int64_t key, int32_t job)
{
    int32_t at = find(queue, key, job);

    assert(at < queue->end && queue->entries[at].job == job);
    if (at - queue->begin < queue->end - at - 1) {
        memmove(queue->entries + queue->begin + 1, queue->entries + queue->begin,
            (size_t)(at - queue->begin) * sizeof(*queue->entries));
        queue->begin++;
    } else {
        memmove(queue->entries + at, queue->entries + at + 1,
            (size_t)(queue->end - at - 1) * sizeof(*queue->entries));
        queue->end--;
    }
}
