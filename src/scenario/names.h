/* names.h - from a name to a small number
 *
 * An insert-only hash table in an arena: keys of large maps, partners, sites, chips, regions.
 * Order never depends on it: whoever needs an order keeps an array.
 */
#ifndef MZ_SCENARIO_NAMES_H
#define MZ_SCENARIO_NAMES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_names;

struct mz_names *mz_names_create(struct mz_arena *arena);

/* Adds name -> value (>= 0). Names are borrowed. When the name is there already nothing changes and
 * the answer is its value; else -1. */
int32_t mz_names_add(struct mz_names *names, const char *name, int32_t value);

/* As mz_names_add, but a value that is there is replaced. */
void mz_names_put(struct mz_names *names, const char *name, int32_t value);

/* -1 when there is none. NULL for `names` is an empty table. */
int32_t mz_names_find(const struct mz_names *names, const char *name);

#endif
