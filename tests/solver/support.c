/* support.c - random programs and enumeration */
#include "support.h"

#include <assert.h>
#include <stdlib.h>

uint32_t test_rng_next(struct test_rng *rng)
{
    uint64_t mixed;

    rng->state += 0x9E3779B97F4A7C15u; /* splitmix64 */
    mixed = rng->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((mixed ^ (mixed >> 31)) >> 16);
}

int32_t test_rng_between(struct test_rng *rng, int32_t from, int32_t to)
{
    return from + (int32_t)(test_rng_next(rng) % (uint32_t)(to - from + 1));
}

static void make_partition(struct mz_lp *lp, struct test_rng *rng)
{
    int32_t rows = test_rng_between(rng, 2, 6);
    int32_t columns = test_rng_between(rng, 4, 12);

    for (int32_t r = 0; r < rows; r++)
        mz_lp_add_row(lp, test_rng_between(rng, 0, 2) ? 1 : -MZ_INFINITY, 1);
    for (int32_t c = 0; c < columns; c++) {
        mz_lp_add_integer(lp, 0, 1, test_rng_between(rng, -15, 40));
        for (int32_t r = 0; r < rows; r++) {
            if (test_rng_between(rng, 0, 2) == 0)
                mz_lp_add_entry(lp, r, c, 1);
        }
    }
}

static void make_knapsack(struct mz_lp *lp, struct test_rng *rng)
{
    int32_t rows = test_rng_between(rng, 1, 3);
    int32_t columns = test_rng_between(rng, 3, 7);

    for (int32_t r = 0; r < rows; r++)
        mz_lp_add_row(lp, -MZ_INFINITY, test_rng_between(rng, 20, 80));
    for (int32_t c = 0; c < columns; c++) {
        mz_lp_add_integer(lp, 0, test_rng_between(rng, 1, 3), -test_rng_between(rng, 1, 30) / 7.0);
        for (int32_t r = 0; r < rows; r++)
            mz_lp_add_entry(lp, r, c, test_rng_between(rng, 3, 30));
    }
}

static void make_charge(struct mz_lp *lp, struct test_rng *rng)
{
    int32_t pairs = test_rng_between(rng, 3, 9);
    int32_t demands = test_rng_between(rng, 1, 3);

    for (int32_t r = 0; r < demands; r++)
        mz_lp_add_row(lp, test_rng_between(rng, 5, 40), MZ_INFINITY);
    for (int32_t p = 0; p < pairs; p++) {
        int32_t x = mz_lp_add_column(lp, 0, MZ_INFINITY, test_rng_between(rng, 1, 9));
        int32_t z = mz_lp_add_integer(lp, 0, 1, test_rng_between(rng, 5, 70));
        int32_t link = mz_lp_add_row(lp, -MZ_INFINITY, 0);

        mz_lp_add_entry(lp, link, x, 1);
        mz_lp_add_entry(lp, link, z, -test_rng_between(rng, 4, 25));
        for (int32_t r = 0; r < demands; r++) {
            if (test_rng_between(rng, 0, 3))
                mz_lp_add_entry(lp, r, x, test_rng_between(rng, 1, 8) / 4.0);
        }
    }
}

static void make_general(struct mz_lp *lp, struct test_rng *rng)
{
    int32_t rows = test_rng_between(rng, 1, 5);
    int32_t integers = test_rng_between(rng, 1, 4);
    int32_t columns = integers + test_rng_between(rng, 0, 5);

    for (int32_t r = 0; r < rows; r++) {
        int32_t side = test_rng_between(rng, -12, 12);

        switch (test_rng_between(rng, 0, 3)) {
        case 0: mz_lp_add_row(lp, side, MZ_INFINITY); break;
        case 1: mz_lp_add_row(lp, -MZ_INFINITY, side); break;
        case 2: mz_lp_add_row(lp, side, side + test_rng_between(rng, 0, 6)); break;
        case 3: mz_lp_add_row(lp, side, side); break;
        }
    }
    for (int32_t c = 0; c < columns; c++) {
        double lower = test_rng_between(rng, -8, 4) / 2.0;
        double upper = lower + test_rng_between(rng, 0, 12) / 2.0;
        double cost = test_rng_between(rng, -30, 30) / 3.0;

        if (c < integers)
            mz_lp_add_integer(lp, lower, upper, cost);
        else
            mz_lp_add_column(lp, lower, upper, cost);
        for (int32_t r = 0; r < rows; r++) {
            if (test_rng_between(rng, 0, 1))
                mz_lp_add_entry(lp, r, c, test_rng_between(rng, -9, 9) / 2.0);
        }
    }
}

void test_program_make(struct mz_lp *lp, enum test_kind kind, uint64_t seed)
{
    struct test_rng rng = { seed * 64 + (uint64_t)kind };

    mz_lp_init(lp);
    switch (kind) {
    case TEST_PARTITION: make_partition(lp, &rng); break;
    case TEST_KNAPSACK: make_knapsack(lp, &rng); break;
    case TEST_CHARGE: make_charge(lp, &rng); break;
    case TEST_GENERAL: make_general(lp, &rng); break;
    case TEST_KIND_COUNT: assert(false);
    }
    mz_lp_compress(lp);
}

struct enumeration {
    const struct mz_lp *lp;
    struct mz_solver *solver;
    bool has_best;
    double best;
};

static void enumerate(struct enumeration *all, int32_t column)
{
    struct mz_solution solution;

    while (column < all->lp->column_count && !all->lp->is_integer[column])
        column++;
    if (column == all->lp->column_count) {
        enum mz_status status = mz_solver_solve(all->solver, MZ_START_COLD, true, &solution, NULL);

        assert(status == MZ_OK);
        if (solution.status == MZ_SOLVE_OPTIMAL &&
            (!all->has_best || solution.objective < all->best)) {
            all->has_best = true;
            all->best = solution.objective;
        }
        return;
    }
    for (double value = ceil(all->lp->col_lower[column]); value <= all->lp->col_upper[column];
         value++) {
        mz_solver_set_column(all->solver, column, value, value);
        enumerate(all, column + 1);
    }
}

bool test_program_enumerate(const struct mz_lp *lp, double *ret_objective)
{
    struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
    struct enumeration all = { .lp = lp };
    enum mz_status status = mz_solver_create(lp, &options, &all.solver, NULL);

    assert(status == MZ_OK);
    enumerate(&all, 0);
    mz_solver_free(all.solver);
    *ret_objective = all.best;
    return all.has_best;
}
