/* running.c - the heap of expected ends */
#include "place/running.h"

#include "base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool before(const struct mz_running_entry *a, const struct mz_running_entry *b)
{
    return a->end_us < b->end_us || (a->end_us == b->end_us && a->job < b->job);
}

static void put(
    struct mz_running *running, int32_t *places, int32_t at, struct mz_running_entry entry)
{
    running->heap[at] = entry;
    if (places)
        places[entry.job] = at;
}

static void rise(struct mz_running *running, int32_t *places, int32_t at)
{
    struct mz_running_entry entry = running->heap[at];

    while (at > 0 && before(&entry, &running->heap[(at - 1) / 2])) {
        put(running, places, at, running->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(running, places, at, entry);
}

static void sink(struct mz_running *running, int32_t *places, int32_t at)
{
    struct mz_running_entry entry = running->heap[at];

    for (;;) {
        int32_t child = 2 * at + 1;

        if (child >= running->count)
            break;
        if (child + 1 < running->count && before(&running->heap[child + 1], &running->heap[child]))
            child++;
        if (!before(&running->heap[child], &entry))
            break;
        put(running, places, at, running->heap[child]);
        at = child;
    }
    put(running, places, at, entry);
}

static void reserve(struct mz_running *running, int32_t count)
{
    if (count <= running->capacity)
        return;
    running->capacity = count > 2 * running->capacity ? count + 64 : 2 * running->capacity;
    running->heap = mz_xrealloc(running->heap, (size_t)running->capacity, sizeof(*running->heap));
}

void mz_running_add(struct mz_running *running, int32_t *places, int64_t end_us, int32_t job)
{
    reserve(running, running->count + 1);
    put(running, places, running->count, (struct mz_running_entry){ .end_us = end_us, .job = job });
    rise(running, places, running->count++);
}

void mz_running_remove(struct mz_running *running, int32_t *places, int32_t at)
{
    struct mz_running_entry last = running->heap[--running->count];

    if (at == running->count)
        return;
    put(running, places, at, last);
    rise(running, places, at);
    if (running->heap[at].job == last.job)
        sink(running, places, at);
}

void mz_running_copy(struct mz_running *copy, const struct mz_running *from)
{
    reserve(copy, from->count);
    copy->count = from->count;
    if (from->count > 0)
        memcpy(copy->heap, from->heap, (size_t)from->count * sizeof(*copy->heap));
}

void mz_running_finish(struct mz_running *running)
{
    free(running->heap);
    *running = (struct mz_running){ 0 };
}
