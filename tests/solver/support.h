/* support.h - for the tests of the solver room: random programs and their optimum by enumeration */
#ifndef MZ_TESTS_SOLVER_SUPPORT_H
#define MZ_TESTS_SOLVER_SUPPORT_H

#include "solver/solver.h"

/* A small generator of its own: one seed, one program, on every machine. */
struct test_rng {
    uint64_t state;
};

uint32_t test_rng_next(struct test_rng *rng);
int32_t test_rng_between(struct test_rng *rng, int32_t from, int32_t to); /* inclusive */

enum test_kind {
    TEST_PARTITION, /* rows sum = 1 and sum <= 1 over 0/1 columns, costs of both signs */
    TEST_KNAPSACK,  /* positive weights, integers up to 3 */
    TEST_CHARGE,    /* fixed charges: x <= u z, demand over x */
    TEST_GENERAL,   /* any rows over integers in -4..6 and bounded continuous columns */
    TEST_KIND_COUNT
};

/* A program whose integer columns have at most about 1e4 combinations. */
void test_program_make(struct mz_lp *lp, enum test_kind kind, uint64_t seed);

/* The optimum by trying every combination of the integers, each an LP. False: infeasible. */
bool test_program_enumerate(const struct mz_lp *lp, double *ret_objective);

#endif
