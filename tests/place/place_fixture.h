/* place_fixture.h - random small fleets, and a finder that tries everything
 *
 * The brute force here is written from find.h and job.h, not from find.c: it looks at a view, which
 * is nothing but what is free on each chip, and tries all sets of nodes. For fleets of at most
 * FIXTURE_NODE_MAX nodes.
 */
#ifndef TESTS_PLACE_FIXTURE_H
#define TESTS_PLACE_FIXTURE_H

#include "place/find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FIXTURE_NODE_MAX = 18, FIXTURE_CHIP_MAX = 4, FIXTURE_SITE_MAX = 3 };

struct chance {
    uint64_t state;
};

uint64_t draw(struct chance *chance);
int32_t pick(struct chance *chance, int32_t least, int32_t most); /* in [least, most] */
bool is_lucky(struct chance *chance, int32_t percent);

/* MIZAN_TEST_SEED or the default; how many cases: MIZAN_TEST_CASES or the default. */
uint64_t fixture_seed(uint64_t otherwise);
int32_t fixture_cases(int32_t otherwise);

/* Up to 3 sites of up to 6 nodes, of up to 4 chips: with and without racks and spines, one or two
 * kinds of chip, equal nodes and mixed ones, some with limits, some not up. */
struct mz_fleet *random_fleet(struct mz_arena *arena, struct chance *chance);

/* Any shape that such a fleet may be asked for. */
struct mz_shape random_shape(struct chance *chance, const struct mz_fleet *fleet);

/* What is free. */
struct view {
    const struct mz_fleet *fleet;
    int32_t milli[FIXTURE_NODE_MAX][FIXTURE_CHIP_MAX];
    int64_t cpu_milli[FIXTURE_NODE_MAX];
    int64_t memory_mib[FIXTURE_NODE_MAX];
};

void view_init(struct view *view, const struct mz_fleet *fleet); /* all */
void view_take(struct view *view, const struct mz_shape *shape, const struct mz_part *part);

/* Chips that a node offers to a shape; -1: it may not be used. A fraction counts as 1 or 0. */
int32_t view_offer(const struct view *view, const struct mz_shape *shape, int32_t node);

struct found {
    enum mz_level level;
    int32_t domain;
    int64_t left_chips;
    int32_t per_node;   /* of a gang, on whole nodes; of one node: its chips */
    int32_t node_count; /* whole nodes */
    int32_t rest;
    int32_t child_count; /* fewest children of the domain that hold the whole nodes */
    uint32_t nodes;      /* of the domain, that belong to the pool or pools */
};

bool brute_in_pool(
    const struct view *view, const struct mz_shape *shape, int32_t pool, struct found *ret);
bool brute_across(const struct view *view, const struct mz_shape *shape, int32_t chip,
    int32_t partner, struct found *ret);
bool brute_is_one_node(const struct mz_shape *shape, const struct mz_fleet_pool *pool);

#endif
