/* map.h - from a 64-bit key to a pointer; keys are walked in no stated order, so callers that need
 * one sort. Key 0 is not allowed. */
#ifndef MZ_CONTROL_MAP_H
#define MZ_CONTROL_MAP_H

#include <stddef.h>
#include <stdint.h>

struct mz_map;

/* A key for a name within a number (FNV-1a, never 0); a key of this may be the number of the next,
 * for a name of several parts. Two names may share one: a caller that must not mix them up compares
 * what it finds. */
uint64_t mz_map_key(uint64_t number, const char *name);

struct mz_map *mz_map_create(void);
void mz_map_free(struct mz_map *map); /* NULL is fine; values are the caller's */
void *mz_map_get(const struct mz_map *map, uint64_t key);
void mz_map_put(struct mz_map *map, uint64_t key, void *value);
void *mz_map_remove(struct mz_map *map, uint64_t key); /* what was there, or NULL */
size_t mz_map_count(const struct mz_map *map);
/* The value at a place of [0, mz_map_places), NULL for an empty place. */
size_t mz_map_places(const struct mz_map *map);
void *mz_map_at(const struct mz_map *map, size_t place);

#endif
