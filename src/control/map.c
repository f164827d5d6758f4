/* map.c - open addressing, linear probing, backward shift on removal */
#include "control/map.h"

#include "base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

struct place {
    uint64_t key; /* 0: empty */
    void *value;
};

struct mz_map {
    struct place *places;
    size_t size; /* a power of two */
    size_t count;
};

struct mz_map *mz_map_create(void)
{
    struct mz_map *map = mz_xcalloc(1, sizeof(*map));

    map->size = 64;
    map->places = mz_xcalloc(map->size, sizeof(*map->places));
    return map;
}

void mz_map_free(struct mz_map *map)
{
    if (!map)
        return;
    free(map->places);
    free(map);
}

uint64_t mz_map_key(uint64_t number, const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ number;

    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return h | 1;
}

static size_t home_of(const struct mz_map *map, uint64_t key)
{
    key *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(key ^ (key >> 32)) & (map->size - 1);
}

static size_t find(const struct mz_map *map, uint64_t key)
{
    size_t at = home_of(map, key);

    while (map->places[at].key && map->places[at].key != key)
        at = (at + 1) & (map->size - 1);
    return at;
}

void *mz_map_get(const struct mz_map *map, uint64_t key)
{
    return map->places[find(map, key)].value;
}

static void grow(struct mz_map *map)
{
    struct place *old = map->places;
    size_t old_size = map->size;

    map->size *= 2;
    map->places = mz_xcalloc(map->size, sizeof(*map->places));
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].key)
            map->places[find(map, old[i].key)] = old[i];
    }
    free(old);
}

void mz_map_put(struct mz_map *map, uint64_t key, void *value)
{
    size_t at;

    assert(key != 0 && value);
    at = find(map, key);
    if (!map->places[at].key)
        map->count++;
    map->places[at] = (struct place){ key, value };
    if (2 * map->count > map->size)
        grow(map);
}

void *mz_map_remove(struct mz_map *map, uint64_t key)
{
    size_t mask = map->size - 1;
    size_t hole = find(map, key);
    void *value = map->places[hole].value;

    if (!map->places[hole].key)
        return NULL;
    map->count--;
    for (size_t at = (hole + 1) & mask; map->places[at].key; at = (at + 1) & mask) {
        size_t home = home_of(map, map->places[at].key);

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->places[hole] = map->places[at];
            hole = at;
        }
    }
    map->places[hole] = (struct place){ 0, NULL };
    return value;
}

size_t mz_map_count(const struct mz_map *map)
{
    return map->count;
}

size_t mz_map_places(const struct mz_map *map)
{
    return map->size;
}

void *mz_map_at(const struct mz_map *map, size_t place)
{
    return map->places[place].value;
}
