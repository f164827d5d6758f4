/* world_impl.h - the inside of the worlds: world_make.c, world_books.c, world.c */
#ifndef MZ_TESTS_PLACE_WORLD_IMPL_H
#define MZ_TESTS_PLACE_WORLD_IMPL_H

#include "world.h"

#define SECOND INT64_C(1000000)

int32_t world_below(struct world *w, int32_t bound);
void world_make(struct world *w, uint64_t seed, const struct world_choice *choice);
void world_finish(struct world *w);

/* The first failure of a world is kept. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool world_ok(const struct world *w);

/* Books: a job takes the parts that the engine says it has, and gives them back. */
void world_take(struct world *w, int32_t job);
void world_give(struct world *w, int32_t job);

/* What has to hold when a job starts, and behind a step. */
void world_check_start(struct world *w, int32_t job);
void world_check_rest(struct world *w);

/* Would its team's quota let it start? */
bool world_admits(const struct world *w, int32_t job);

const struct mz_shape *world_shape(const struct world *w, int32_t job);

#endif
