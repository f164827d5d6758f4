/* test_branch.c - properties of our own branch and bound, over random programs
 * usage: test_branch [SEED [COUNT]]; a failure prints the seed and kind of its program. */
#include "solver/branch.h"
#include "support.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t first_seed = 1;
static int32_t program_count = 120;

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

static struct mz_solution solve(
    const struct mz_lp *lp, const struct mz_solver_options *options, struct mz_solver **ret_solver)
{
    struct mz_error err = { 0 };
    struct mz_solution solution;

    assert_int_equal(mz_solver_create(lp, options, ret_solver, &err), MZ_OK);
    if (mz_solver_solve(*ret_solver, MZ_START_COLD, false, &solution, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return solution;
}

static void it_finds_the_optimum_that_enumeration_finds(void **state)
{
    (void)state;
    for (int32_t i = 0; i < program_count; i++) {
        enum test_kind kind = (enum test_kind)(i % TEST_KIND_COUNT);
        uint64_t seed = first_seed + (uint64_t)i;
        struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
        struct mz_lp_check check;
        struct mz_solution solution;
        struct mz_solver *solver;
        struct mz_lp lp;
        double best;

        test_program_make(&lp, kind, seed);
        solution = solve(&lp, &options, &solver);
        if (!test_program_enumerate(&lp, &best)) {
            if (solution.status != MZ_SOLVE_INFEASIBLE)
                fail_msg("seed %lu kind %d: infeasible, status %d", (unsigned long)seed, kind,
                    solution.status);
        } else {
            if (solution.status != MZ_SOLVE_OPTIMAL || !is_near(solution.objective, best))
                fail_msg("seed %lu kind %d: status %d, %.9g instead of %.9g", (unsigned long)seed,
                    kind, solution.status, solution.objective, best);
            mz_lp_check(&lp, solution.x, NULL, NULL, &check);
            assert_true(check.primal < 1e-6 && check.integrality == 0);
            assert_true(solution.bound <= solution.objective);
            assert_true(is_near(solution.bound, solution.objective));
        }
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

/* Programs too large to enumerate: two assignments of jobs to sites with capacities. */
static void assignment(struct mz_lp *lp, uint64_t seed)
{
    enum { JOBS = 9, SITES = 6 };
    struct test_rng rng = { seed };

    mz_lp_init(lp);
    for (int32_t j = 0; j < JOBS; j++)
        mz_lp_add_row(lp, 1, 1);
    for (int32_t s = 0; s < SITES; s++)
        mz_lp_add_row(lp, -MZ_INFINITY, test_rng_between(&rng, 18, 32));
    for (int32_t j = 0; j < JOBS; j++) {
        for (int32_t s = 0; s < SITES; s++) {
            int32_t z = mz_lp_add_integer(lp, 0, 1, test_rng_between(&rng, 10, 60));

            mz_lp_add_entry(lp, j, z, 1);
            mz_lp_add_entry(lp, JOBS + s, z, test_rng_between(&rng, 5, 17));
        }
    }
    mz_lp_compress(lp);
}

static void it_agrees_with_the_libraries_and_keeps_its_gap(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + 8; seed++) {
        struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
        struct mz_solver_options other = { .kind = MZ_SOLVER_CBC };
        struct mz_solver *solvers[4] = { NULL, NULL, NULL, NULL };
        struct mz_solution ours;
        struct mz_solution theirs;
        struct mz_solution rough;
        struct mz_lp lp;

        assignment(&lp, seed);
        ours = solve(&lp, &options, &solvers[0]);
        theirs = solve(&lp, &other, &solvers[1]);
        assert_int_equal(ours.status, theirs.status);
        options.gap = 0.05;
        rough = solve(&lp, &options, &solvers[2]);
        if (ours.status == MZ_SOLVE_OPTIMAL) {
            if (!is_near(ours.objective, theirs.objective))
                fail_msg("seed %lu: %.9g, CBC %.9g", (unsigned long)seed, ours.objective,
                    theirs.objective);
            assert_int_equal(rough.status, MZ_SOLVE_OPTIMAL);
            assert_true(rough.bound <= ours.objective + 1e-6);
            assert_true(rough.objective - rough.bound <= 0.05 * fabs(rough.objective) + 1e-9);
        }
        if (mz_solver_available(MZ_SOLVER_HIGHS)) {
            other.kind = MZ_SOLVER_HIGHS;
            theirs = solve(&lp, &other, &solvers[3]);
            assert_int_equal(ours.status, theirs.status);
            assert_true(
                ours.status != MZ_SOLVE_OPTIMAL || is_near(ours.objective, theirs.objective));
        }
        for (int32_t i = 0; i < 4; i++)
            mz_solver_free(solvers[i]);
        mz_lp_finish(&lp);
    }
}

struct job {
    const struct mz_lp *lp;
    double objective;
    int32_t nodes;
    int32_t iterations;
};

static void *run_job(void *data)
{
    struct job *job = data;
    struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
    struct mz_solver *solver = NULL;
    struct mz_solution solution = { .objective = NAN };

    if (mz_solver_create(job->lp, &options, &solver, NULL) == MZ_OK)
        (void)mz_solver_solve(solver, MZ_START_COLD, false, &solution, NULL);
    job->objective = solution.objective;
    job->nodes = solution.nodes;
    job->iterations = solution.iterations;
    mz_solver_free(solver);
    return NULL;
}

static void two_threads_take_the_same_path_as_one(void **state)
{
    struct mz_lp lp;
    struct job jobs[3];
    pthread_t threads[2];

    (void)state;
    assignment(&lp, 77);
    for (int32_t i = 0; i < 3; i++)
        jobs[i] = (struct job){ .lp = &lp };
    (void)run_job(&jobs[2]);
    for (int32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (int32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(jobs[2].nodes > 0);
    for (int32_t i = 0; i < 2; i++) {
        assert_true(jobs[i].objective == jobs[2].objective);
        assert_int_equal(jobs[i].nodes, jobs[2].nodes);
        assert_int_equal(jobs[i].iterations, jobs[2].iterations);
    }
    mz_lp_finish(&lp);
}

static double fake_now_s;

static double fake_now(void)
{
    fake_now_s += 0.25;
    return fake_now_s;
}

static void a_stop_or_a_time_limit_ends_it_with_a_true_bound(void **state)
{
    struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
    struct mz_solver *solver;
    struct mz_solution solution;
    struct mz_lp lp;
    atomic_bool stop;
    double best;

    (void)state;
    assignment(&lp, 5);
    solution = solve(&lp, &options, &solver);
    assert_int_equal(solution.status, MZ_SOLVE_OPTIMAL);
    best = solution.objective;
    mz_solver_free(solver);

    atomic_init(&stop, true);
    options.stop = &stop;
    solution = solve(&lp, &options, &solver);
    assert_int_equal(solution.status, MZ_SOLVE_STOPPED);
    assert_true(solution.bound <= best);
    mz_solver_free(solver);

    options.stop = NULL;
    options.now = fake_now;
    for (double seconds = 1; seconds < 200; seconds *= 2) {
        options.seconds_max = seconds;
        solution = solve(&lp, &options, &solver);
        assert_true(solution.status != MZ_SOLVE_INFEASIBLE);
        assert_true(solution.bound <= best + 1e-6);
        if (solution.status == MZ_SOLVE_OPTIMAL)
            assert_true(is_near(solution.objective, best));
        mz_solver_free(solver);
    }
    mz_lp_finish(&lp);
}

/* x is even plus 1/2 in disguise: no whole point, no bound that ends the search early. */
static void past_its_node_limit_it_hands_over_and_says_so(void **state)
{
    enum { COUNT = 17 };
    struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
    struct mz_solver *solver;
    struct mz_solution solution;
    struct mz_lp lp;
    int32_t slack;

    (void)state;
    mz_lp_init(&lp);
    mz_lp_add_row(&lp, COUNT, COUNT); /* sum of 2 x + slack = 17 */
    for (int32_t c = 0; c < COUNT; c++) {
        mz_lp_add_integer(&lp, 0, 1, -1);
        mz_lp_add_entry(&lp, 0, c, 2);
    }
    slack = mz_lp_add_integer(&lp, 0, 1, COUNT);
    mz_lp_add_entry(&lp, 0, slack, 1);
    mz_lp_compress(&lp);
    solution = solve(&lp, &options, &solver);
    assert_int_equal(solution.status, MZ_SOLVE_OPTIMAL);
    assert_true(is_near(solution.objective, COUNT - 8.0));
    assert_true(solution.nodes < 2000
            ? strstr(solution.solver, "branch and bound") != NULL
            : strcmp(solution.solver, mz_solver_name(MZ_SOLVER_CBC, true)) == 0);
    mz_solver_free(solver);
    mz_lp_finish(&lp);
}

#ifdef MZ_HAVE_HIGHS
static void it_works_over_the_other_library_too(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + 60; seed++) {
        struct mz_solver_options options = { .kind = MZ_SOLVER_HIGHS };
        struct mz_solution solution = { 0 };
        struct mz_solver *solver;
        struct mz_solution theirs;
        struct mz_lp lp;
        void *highs;

        test_program_make(&lp, (enum test_kind)(seed % TEST_KIND_COUNT), seed);
        theirs = solve(&lp, &options, &solver);
        highs = mz_solver_highs.create(&lp);
        solution.x = calloc((size_t)lp.column_count, sizeof(double));
        solution.d = calloc((size_t)lp.column_count, sizeof(double));
        solution.y = calloc((size_t)lp.row_count, sizeof(double));
        if (mz_solver_highs.solve_lp(highs, MZ_START_COLD, &options, &solution) ==
            MZ_SOLVE_OPTIMAL) {
            for (int32_t c = 0; c < lp.column_count; c++)
                solution.objective += lp.cost[c] * solution.x[c];
            assert_int_equal(
                mz_branch_solve(&mz_solver_highs, highs, &lp, &options, &solution), MZ_BRANCH_DONE);
            assert_int_equal(solution.status, theirs.status);
            assert_true(solution.status != MZ_SOLVE_OPTIMAL ||
                is_near(solution.objective, theirs.objective));
        }
        mz_solver_highs.destroy(highs);
        free(solution.x);
        free(solution.d);
        free(solution.y);
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}
#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_the_optimum_that_enumeration_finds),
        cmocka_unit_test(it_agrees_with_the_libraries_and_keeps_its_gap),
        cmocka_unit_test(two_threads_take_the_same_path_as_one),
        cmocka_unit_test(a_stop_or_a_time_limit_ends_it_with_a_true_bound),
        cmocka_unit_test(past_its_node_limit_it_hands_over_and_says_so),
#ifdef MZ_HAVE_HIGHS
        cmocka_unit_test(it_works_over_the_other_library_too),
#endif
    };

    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        program_count = (int32_t)strtol(argv[2], NULL, 10);
    (void)printf("seed %lu, %d programs\n", (unsigned long)first_seed, (int)program_count);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
