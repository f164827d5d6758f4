/* arena.c - a list of blocks, each twice as large as the one before up to a bound
 * The first is small: most arenas live for one request, and all that is taken is zeroed.
 * Invariant: `used <= size` in every block; only the newest block takes new requests. */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES_MIN = 4 * 1024, BLOCK_BYTES_MAX = 8 * 1024 * 1024 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct mz_arena {
    struct block *newest;
    size_t bytes_total;
};

static void out_of_memory(size_t bytes)
{
    (void)fprintf(stderr, "mizan: out of memory (%zu bytes wanted)\n", bytes);
    abort();
}

static size_t product_or_die(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size)
        out_of_memory(SIZE_MAX);
    return count * size;
}

void *mz_xcalloc(size_t count, size_t size)
{
    size_t bytes = product_or_die(count, size);
    void *memory = calloc(1, bytes ? bytes : 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

void *mz_xrealloc(void *old, size_t count, size_t size)
{
    size_t bytes = product_or_die(count, size);
    void *memory = realloc(old, bytes ? bytes : 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

struct mz_arena *mz_arena_create(void)
{
    return mz_xcalloc(1, sizeof(struct mz_arena));
}

void mz_arena_free(struct mz_arena *arena)
{
    if (!arena)
        return;
    while (arena->newest) {
        struct block *next = arena->newest->next;

        free(arena->newest);
        arena->newest = next;
    }
    free(arena);
}

static struct block *block_add(struct mz_arena *arena, size_t bytes)
{
    size_t size = arena->newest ? arena->newest->size * 2 : BLOCK_BYTES_MIN;
    struct block *block;

    if (size > BLOCK_BYTES_MAX)
        size = BLOCK_BYTES_MAX;
    if (size < bytes)
        size = bytes;
    block = mz_xcalloc(1, sizeof(*block) + size);
    block->size = size;
    block->next = arena->newest;
    arena->newest = block;
    return block;
}

void *mz_arena_alloc(struct mz_arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t bytes = (product_or_die(count, size) + align - 1) / align * align;
    struct block *block = arena->newest;
    void *memory;

    if (bytes == 0)
        bytes = align;
    if (!block || block->size - block->used < bytes)
        block = block_add(arena, bytes);
    memory = block->bytes + block->used;
    block->used += bytes;
    arena->bytes_total += bytes;
    assert(block->used <= block->size);
    return memory;
}

void *mz_arena_grow(
    struct mz_arena *arena, void *old, size_t used, size_t need, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity : 8;
    void *room;

    if (need <= *capacity)
        return old;
    while (wanted < need)
        wanted *= 2;
    room = mz_arena_alloc(arena, wanted, size);
    if (used > 0)
        memcpy(room, old, used * size);
    *capacity = wanted;
    return room;
}

char *mz_arena_strndup(struct mz_arena *arena, const char *text, size_t length)
{
    char *copy = mz_arena_alloc(arena, length + 1, 1);

    memcpy(copy, text, length);
    return copy;
}

char *mz_arena_strdup(struct mz_arena *arena, const char *text)
{
    return mz_arena_strndup(arena, text, strlen(text));
}

char *mz_arena_printf(struct mz_arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    char brief[512]; /* formatting is the dear part: twice only where it does not fit */
    int length;
    char *text;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(brief, sizeof(brief), format, args);
    va_end(args);
    assert(length >= 0);
    text = mz_arena_alloc(arena, (size_t)length + 1, 1);
    if ((size_t)length < sizeof(brief))
        memcpy(text, brief, (size_t)length + 1);
    else
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t mz_arena_bytes(const struct mz_arena *arena)
{
    return arena->bytes_total;
}
