/* intern.c - open addressing over strings in one arena */
#include "control/intern.h"

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct mz_intern {
    struct mz_arena *arena;
    const char **table; /* NULL: empty */
    uint32_t size;      /* a power of two */
    uint32_t count;
};

struct mz_intern *mz_intern_create(void)
{
    struct mz_intern *intern = mz_xcalloc(1, sizeof(*intern));

    intern->arena = mz_arena_create();
    intern->size = 64;
    intern->table = mz_xcalloc(intern->size, sizeof(*intern->table));
    return intern;
}

void mz_intern_free(struct mz_intern *intern)
{
    if (!intern)
        return;
    mz_arena_free(intern->arena);
    free(intern->table);
    free(intern);
}

static uint32_t hash_of(const char *text)
{
    uint32_t h = 2166136261U;

    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619U;
    return h ^ (h >> 15);
}

static const char **place_of(struct mz_intern *intern, const char *text)
{
    uint32_t mask = intern->size - 1;

    for (uint32_t at = hash_of(text) & mask;; at = (at + 1) & mask) {
        if (!intern->table[at] || strcmp(intern->table[at], text) == 0)
            return &intern->table[at];
    }
}

static void grow(struct mz_intern *intern)
{
    const char **old = intern->table;
    uint32_t old_size = intern->size;

    intern->size *= 2;
    intern->table = mz_xcalloc(intern->size, sizeof(*intern->table));
    for (uint32_t i = 0; i < old_size; i++) {
        if (old[i])
            *place_of(intern, old[i]) = old[i];
    }
    free(old);
}

const char *mz_intern_text(struct mz_intern *intern, const char *text)
{
    const char **place;

    if (!text || !*text)
        return "";
    place = place_of(intern, text);
    if (*place)
        return *place;
    *place = mz_arena_strdup(intern->arena, text);
    text = *place;
    if (2 * ++intern->count > intern->size)
        grow(intern);
    return text;
}
