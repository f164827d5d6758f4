/* test_solver.c - the interface over the libraries: every kind that the build has */
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const enum mz_solver_kind kinds[] = { MZ_SOLVER_CLP, MZ_SOLVER_CBC, MZ_SOLVER_HIGHS };
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static struct mz_solver *make_solver(const struct mz_lp *lp, enum mz_solver_kind kind)
{
    struct mz_solver_options options = { .kind = kind };
    struct mz_solver *solver = NULL;

    assert_int_equal(mz_solver_create(lp, &options, &solver, NULL), MZ_OK);
    return solver;
}

static struct mz_solution solve(struct mz_solver *solver, enum mz_start start, bool relaxed)
{
    struct mz_error err = { 0 };
    struct mz_solution solution;

    if (mz_solver_solve(solver, start, relaxed, &solution, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return solution;
}

/* A transport problem of some size: every source ships to every sink. */
static void transport(struct mz_lp *lp, uint64_t seed)
{
    enum { SOURCES = 12, SINKS = 15 };
    struct test_rng rng = { seed };

    mz_lp_init(lp);
    for (int32_t s = 0; s < SOURCES; s++)
        mz_lp_add_row(lp, -MZ_INFINITY, test_rng_between(&rng, 40, 60));
    for (int32_t t = 0; t < SINKS; t++)
        mz_lp_add_row(lp, test_rng_between(&rng, 10, 25), MZ_INFINITY);
    for (int32_t s = 0; s < SOURCES; s++) {
        for (int32_t t = 0; t < SINKS; t++) {
            int32_t c = mz_lp_add_column(lp, 0, 30, test_rng_between(&rng, 10, 99) / 10.0);

            mz_lp_add_entry(lp, s, c, 1);
            mz_lp_add_entry(lp, SOURCES + t, c, 1);
        }
    }
    mz_lp_compress(lp);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-7 * fmax(1, fabs(b));
}

static void an_optimum_passes_the_check_with_its_duals(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct mz_lp_check check;
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;

        if (!mz_solver_available(kinds[k]))
            continue;
        transport(&lp, 3);
        solver = make_solver(&lp, kinds[k]);
        solution = solve(solver, MZ_START_COLD, false);
        assert_int_equal(solution.status, MZ_SOLVE_OPTIMAL);
        mz_lp_check(&lp, solution.x, solution.y, solution.d, &check);
        assert_true(check.primal < 1e-7 && check.dual < 1e-7 && check.dual_equation < 1e-7 &&
            check.complementarity < 1e-7);
        assert_true(is_near(solution.objective, check.objective));
        assert_string_equal(solution.solver, mz_solver_name(kinds[k], false));
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

static void a_dual_is_the_change_per_unit_of_the_right_side(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;
        double before;
        double dual;

        if (!mz_solver_available(kinds[k]))
            continue;
        transport(&lp, 5);
        solver = make_solver(&lp, kinds[k]);
        solution = solve(solver, MZ_START_COLD, true);
        before = solution.objective;
        dual = solution.y[14]; /* a sink */
        assert_true(dual > 0);
        mz_solver_set_row(solver, 14, lp.row_lower[14] + 1e-3, MZ_INFINITY);
        solution = solve(solver, MZ_START_DUAL, true);
        assert_true(fabs((solution.objective - before) / 1e-3 - dual) < 1e-4);
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

static void a_warm_start_finds_what_a_cold_one_finds(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct test_rng rng = { 11 };
        struct mz_solver *warm;
        struct mz_lp lp;

        if (!mz_solver_available(kinds[k]))
            continue;
        transport(&lp, 9);
        warm = make_solver(&lp, kinds[k]);
        (void)solve(warm, MZ_START_COLD, true);
        for (int32_t turn = 0; turn < 30; turn++) {
            int32_t c = test_rng_between(&rng, 0, lp.column_count - 1);
            struct mz_solver *cold;
            struct mz_solution a;
            struct mz_solution b;

            if (turn % 3 == 2)
                mz_solver_set_cost(warm, c, test_rng_between(&rng, 1, 99) / 10.0);
            else
                mz_solver_set_column(warm, c, 0, test_rng_between(&rng, 0, 20));
            cold = make_solver(mz_solver_lp(warm), kinds[k]);
            a = solve(warm, turn % 3 == 2 ? MZ_START_PRIMAL : MZ_START_DUAL, true);
            b = solve(cold, MZ_START_COLD, true);
            assert_int_equal(a.status, b.status);
            if (a.status == MZ_SOLVE_OPTIMAL)
                assert_true(is_near(a.objective, b.objective));
            mz_solver_copy_basis(cold, warm);
            b = solve(cold, MZ_START_DUAL, true);
            assert_int_equal(a.status, b.status);
            mz_solver_free(cold);
        }
        mz_solver_free(warm);
        mz_lp_finish(&lp);
    }
}

static void an_infeasible_program_comes_with_a_proof(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;

        if (!mz_solver_available(kinds[k]))
            continue;
        transport(&lp, 4);
        solver = make_solver(&lp, kinds[k]);
        mz_solver_set_row(solver, 20, 5000, MZ_INFINITY);
        solution = solve(solver, MZ_START_COLD, true);
        assert_int_equal(solution.status, MZ_SOLVE_INFEASIBLE);
        assert_non_null(solution.ray);
        assert_true(mz_lp_infeasibility(mz_solver_lp(solver), solution.ray) > 1e-7);
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

static void unbounded_is_told_from_infeasible(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;
        int32_t lone;
        int32_t row;
        int32_t c;

        if (!mz_solver_available(kinds[k]))
            continue;
        mz_lp_init(&lp);
        c = mz_lp_add_column(&lp, 0, MZ_INFINITY, -1);
        lone = mz_lp_add_column(&lp, -MZ_INFINITY, 7.5, -2); /* no entry: a column on its own */
        row = mz_lp_add_row(&lp, 1, MZ_INFINITY);
        mz_lp_add_entry(&lp, row, c, 2);
        mz_lp_compress(&lp);
        solver = make_solver(&lp, kinds[k]);
        assert_int_equal(solve(solver, MZ_START_COLD, true).status, MZ_SOLVE_UNBOUNDED);
        mz_solver_set_column(solver, c, 0, 3);
        solution = solve(solver, MZ_START_DUAL, true);
        assert_int_equal(solution.status, MZ_SOLVE_OPTIMAL);
        assert_true(is_near(solution.objective, -18));
        mz_solver_set_cost(solver, lone, 1);
        assert_int_equal(solve(solver, MZ_START_COLD, true).status, MZ_SOLVE_UNBOUNDED);
        mz_solver_set_cost(solver, lone, -2);
        mz_solver_set_column(solver, c, 0, 0.25);
        assert_int_equal(solve(solver, MZ_START_COLD, true).status, MZ_SOLVE_INFEASIBLE);
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

static void integers_are_exactly_whole_and_the_name_says_who_found_them(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KIND_COUNT; k++) {
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;
        double best;

        if (!mz_solver_available(kinds[k]))
            continue;
        test_program_make(&lp, TEST_KNAPSACK, 21);
        assert_true(test_program_enumerate(&lp, &best));
        solver = make_solver(&lp, kinds[k]);
        solution = solve(solver, MZ_START_COLD, false);
        assert_int_equal(solution.status, MZ_SOLVE_OPTIMAL);
        assert_true(is_near(solution.objective, best));
        assert_true(solution.bound <= solution.objective);
        for (int32_t c = 0; c < lp.column_count; c++)
            assert_true(!lp.is_integer[c] || solution.x[c] == nearbyint(solution.x[c]));
        assert_string_equal(solution.solver, mz_solver_name(kinds[k], true));
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
    assert_non_null(strstr(mz_solver_name(MZ_SOLVER_CLP, true), "branch and bound"));
    assert_non_null(strstr(mz_solver_name(MZ_SOLVER_CBC, true), "CBC"));
}

static void a_kind_that_the_build_lacks_is_refused_with_a_sentence(void **state)
{
    struct mz_solver_options options = { .kind = MZ_SOLVER_HIGHS };
    struct mz_solver *solver = NULL;
    struct mz_error err = { 0 };
    struct mz_lp lp;

    (void)state;
    if (mz_solver_available(MZ_SOLVER_HIGHS))
        skip();
    transport(&lp, 1);
    assert_int_equal(mz_solver_create(&lp, &options, &solver, &err), MZ_E_INPUT);
    assert_null(solver);
    assert_non_null(strstr(err.text, "HiGHS"));
    mz_lp_finish(&lp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_optimum_passes_the_check_with_its_duals),
        cmocka_unit_test(a_dual_is_the_change_per_unit_of_the_right_side),
        cmocka_unit_test(a_warm_start_finds_what_a_cold_one_finds),
        cmocka_unit_test(an_infeasible_program_comes_with_a_proof),
        cmocka_unit_test(unbounded_is_told_from_infeasible),
        cmocka_unit_test(integers_are_exactly_whole_and_the_name_says_who_found_them),
        cmocka_unit_test(a_kind_that_the_build_lacks_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
