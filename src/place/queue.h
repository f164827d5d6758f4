/* queue.h - waiting jobs in the order of their keys
 *
 * A sorted run of (key, job) in one array: the order is by key, then by job number, so equal keys
 * keep submission order. The first is at 0. Adding behind the last and removing the first are O(1);
 * elsewhere a binary search and a move of the shorter side.
 */
#ifndef MZ_PLACE_QUEUE_H
#define MZ_PLACE_QUEUE_H

#include <stdint.h>

struct mz_queue_entry {
    int64_t key;
    int32_t job;
};

struct mz_queue {
    struct mz_queue_entry *entries; /* [begin, end) are in use */
    int32_t begin;
    int32_t end;
    int32_t capacity;
};

void mz_queue_finish(struct mz_queue *queue);
void mz_queue_add(struct mz_queue *queue, int64_t key, int32_t job);
void mz_queue_remove(struct mz_queue *queue, int64_t key, int32_t job); /* asserts it is there */

static inline int32_t mz_queue_count(const struct mz_queue *queue)
{
    return queue->end - queue->begin;
}

static inline const struct mz_queue_entry *mz_queue_at(const struct mz_queue *queue, int32_t i)
{
    return &queue->entries[queue->begin + i];
}

#endif
