/* names.c - open addressing with linear probing, at most half full */
#include "scenario/names.h"

#include <string.h>

struct slot {
    const char *name; /* NULL: free */
    int32_t value;
};

struct mz_names {
    struct mz_arena *arena;
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
};

enum { SLOT_COUNT_FIRST = 32 };

struct mz_names *mz_names_create(struct mz_arena *arena)
{
    struct mz_names *names = mz_arena_alloc(arena, 1, sizeof(*names));

    names->arena = arena;
    names->slot_count = SLOT_COUNT_FIRST;
    names->slots = mz_arena_alloc(arena, names->slot_count, sizeof(*names->slots));
    return names;
}

/* FNV-1a, folded, so that the low bits depend on every byte. */
static size_t hash(const char *name)
{
    uint64_t value = 14695981039346656037u;

    for (const unsigned char *s = (const unsigned char *)name; *s; s++)
        value = (value ^ *s) * 1099511628211u;
    return (size_t)(value ^ value >> 29);
}

static struct slot *probe(const struct mz_names *names, const char *name)
{
    size_t i = hash(name) & (names->slot_count - 1);

    while (names->slots[i].name && strcmp(names->slots[i].name, name) != 0)
        i = (i + 1) & (names->slot_count - 1);
    return &names->slots[i];
}

static void grow(struct mz_names *names)
{
    struct slot *old = names->slots;
    size_t old_count = names->slot_count;

    names->slot_count *= 2;
    names->slots = mz_arena_alloc(names->arena, names->slot_count, sizeof(*names->slots));
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].name)
            *probe(names, old[i].name) = old[i];
    }
}

int32_t mz_names_add(struct mz_names *names, const char *name, int32_t value)
{
    struct slot *slot = probe(names, name);

    if (slot->name)
        return slot->value;
    *slot = (struct slot){ name, value };
    if (++names->used * 2 > names->slot_count)
        grow(names);
    return -1;
}

void mz_names_put(struct mz_names *names, const char *name, int32_t value)
{
    if (mz_names_add(names, name, value) >= 0)
        probe(names, name)->value = value;
}

int32_t mz_names_find(const struct mz_names *names, const char *name)
{
    const struct slot *slot = names ? probe(names, name) : NULL;

    return slot && slot->name ? slot->value : -1;
}
