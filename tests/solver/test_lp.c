/* test_lp.c - building a matrix, writing it, checking points of it */
#include "base/text.h"
#include "support.h"

#include <coin/Clp_C_Interface.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* max 3a + 2b, a + b <= 4, a + 3b <= 6, a <= 3: a = 3, b = 1, as a minimum: -11. */
static void small_program(struct mz_lp *lp)
{
    mz_lp_init(lp);
    mz_lp_add_column(lp, 0, 3, -3);
    mz_lp_add_column(lp, 0, MZ_INFINITY, -2);
    mz_lp_add_row(lp, -MZ_INFINITY, 4);
    mz_lp_add_row(lp, -MZ_INFINITY, 6);
    mz_lp_add_entry(lp, 0, 0, 1);
    mz_lp_add_entry(lp, 0, 1, 1);
    mz_lp_add_entry(lp, 1, 0, 1);
    mz_lp_add_entry(lp, 1, 1, 3);
    mz_lp_compress(lp);
}

static void entries_in_any_order_give_the_same_matrix(void **state)
{
    enum { COUNT = 60 };
    struct test_rng rng = { 7 };
    struct mz_lp_entry entries[COUNT];
    struct mz_lp first;
    struct mz_lp second;

    (void)state;
    for (int32_t i = 0; i < COUNT; i++) /* places may repeat; values are exact in binary */
        entries[i] = (struct mz_lp_entry){ test_rng_between(&rng, 0, 5),
            test_rng_between(&rng, 0, 7), test_rng_between(&rng, 1, 64) / 8.0 };
    for (int32_t turn = 0; turn < 20; turn++) {
        struct mz_lp *lp = turn == 0 ? &first : &second;

        mz_lp_init(lp);
        for (int32_t r = 0; r < 6; r++)
            mz_lp_add_row(lp, 0, 1);
        for (int32_t c = 0; c < 8; c++)
            mz_lp_add_column(lp, 0, 1, 1);
        for (int32_t i = 0; i < COUNT; i++)
            mz_lp_add_entry(lp, entries[i].row, entries[i].column, entries[i].value);
        mz_lp_compress(lp);
        if (turn > 0) {
            assert_int_equal(first.entry_count, second.entry_count);
            assert_memory_equal(first.starts, second.starts, 9 * sizeof(int32_t));
            assert_memory_equal(
                first.rows, second.rows, (size_t)first.entry_count * sizeof(int32_t));
            assert_memory_equal(
                first.values, second.values, (size_t)first.entry_count * sizeof(double));
            mz_lp_finish(&second);
        }
        for (int32_t i = COUNT - 1; i > 0; i--) {
            int32_t other = test_rng_between(&rng, 0, i);
            struct mz_lp_entry entry = entries[i];

            entries[i] = entries[other];
            entries[other] = entry;
        }
    }
    mz_lp_finish(&first);
}

static void entries_that_cancel_vanish(void **state)
{
    struct mz_lp lp;

    (void)state;
    mz_lp_init(&lp);
    mz_lp_add_row(&lp, 0, 1);
    mz_lp_add_row(&lp, 0, 1);
    mz_lp_add_column(&lp, 0, 1, 0);
    mz_lp_add_column(&lp, 0, 1, 0);
    mz_lp_add_entry(&lp, 0, 0, 2.5);
    mz_lp_add_entry(&lp, 1, 0, 4);
    mz_lp_add_entry(&lp, 0, 0, -2.5);
    mz_lp_add_entry(&lp, 1, 1, 0);
    mz_lp_compress(&lp);
    assert_int_equal(lp.entry_count, 1);
    assert_int_equal(lp.rows[0], 1);
    assert_int_equal(lp.starts[1], 1);
    assert_int_equal(lp.starts[2], 1);
    mz_lp_finish(&lp);
}

static void a_copy_does_not_share(void **state)
{
    struct mz_lp lp;
    struct mz_lp copy;

    (void)state;
    small_program(&lp);
    mz_lp_copy(&lp, &copy);
    copy.cost[0] = 9;
    copy.values[0] = 9;
    copy.row_upper[0] = 9;
    assert_true(lp.cost[0] == -3 && lp.values[0] == 1 && lp.row_upper[0] == 4);
    mz_lp_finish(&lp);
    assert_true(copy.col_upper[0] == 3);
    mz_lp_finish(&copy);
}

static Clp_Simplex *read_back(const struct mz_lp *lp)
{
    char path[] = "/tmp/mz_test_lp_XXXXXX";
    int file = mkstemp(path);
    Clp_Simplex *model = Clp_newModel();
    struct mz_text text;

    assert_true(file >= 0);
    mz_text_init(&text);
    mz_lp_write_mps(lp, "a name with blanks", &text);
    assert_int_equal(write(file, text.bytes, text.length), text.length);
    (void)close(file);
    Clp_setLogLevel(model, 0);
    assert_int_equal(Clp_readMps(model, path, 1, 0), 0);
    (void)unlink(path);
    mz_text_finish(&text);
    return model;
}

static bool same_bound(double a, double b)
{
    return a == b || (fabs(a) > 1e27 && fabs(b) > 1e27 && (a > 0) == (b > 0));
}

static void what_is_written_as_mps_is_read_back_by_clp(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 80; seed++) {
        struct mz_solver_options options = { .kind = MZ_SOLVER_CLP };
        struct mz_solver *solver;
        struct mz_solution solution;
        struct mz_lp lp;
        Clp_Simplex *model;

        test_program_make(&lp, (enum test_kind)(seed % TEST_KIND_COUNT), seed);
        model = read_back(&lp);
        assert_int_equal(Clp_numberRows(model), lp.row_count);
        assert_int_equal(Clp_numberColumns(model), lp.column_count);
        for (int32_t c = 0; c < lp.column_count; c++) {
            assert_true(same_bound(Clp_columnLower(model)[c], lp.col_lower[c]));
            assert_true(same_bound(Clp_columnUpper(model)[c], lp.col_upper[c]));
            /* its reader of numbers is not exact in the last digit */
            assert_true(fabs(Clp_objective(model)[c] - lp.cost[c]) <= 1e-15 * fabs(lp.cost[c]));
            assert_int_equal(Clp_integerInformation(model) && Clp_integerInformation(model)[c],
                lp.is_integer[c]);
        }
        for (int32_t r = 0; r < lp.row_count; r++) {
            assert_true(same_bound(Clp_rowLower(model)[r], lp.row_lower[r]));
            assert_true(same_bound(Clp_rowUpper(model)[r], lp.row_upper[r]));
        }
        assert_int_equal(mz_solver_create(&lp, &options, &solver, NULL), MZ_OK);
        assert_int_equal(mz_solver_solve(solver, MZ_START_COLD, true, &solution, NULL), MZ_OK);
        if (solution.status == MZ_SOLVE_OPTIMAL) {
            Clp_dual(model, 0);
            assert_int_equal(Clp_status(model), 0);
            assert_true(fabs(Clp_objectiveValue(model) - solution.objective) <=
                1e-7 * fmax(1, fabs(solution.objective)));
        }
        Clp_deleteModel(model);
        mz_solver_free(solver);
        mz_lp_finish(&lp);
    }
}

static void the_check_finds_each_kind_of_violation(void **state)
{
    const double x[2] = { 3, 1 };
    const double y[2] = { -2, 0 };
    const double d[2] = { -1, 0 };
    struct mz_lp_check check;
    struct mz_lp lp;

    (void)state;
    small_program(&lp);
    mz_lp_check(&lp, x, y, d, &check);
    assert_true(check.objective == -11);
    assert_true(check.primal == 0 && check.dual == 0 && check.dual_equation == 0 &&
        check.complementarity == 0 && check.integrality == 0);

    mz_lp_check(&lp, (const double[]){ 3, 1.4 }, NULL, NULL, &check); /* row 1: 7.2 > 6 */
    assert_true(fabs(check.primal - 0.2) < 1e-12);
    mz_lp_check(&lp, (const double[]){ 3.3, 0 }, NULL, NULL, &check); /* bound of column 0 */
    assert_true(fabs(check.primal - 0.1) < 1e-12);
    mz_lp_check(&lp, (const double[]){ 3, -0.5 }, NULL, NULL, &check); /* lower bound 0 */
    assert_true(fabs(check.primal - 0.5) < 1e-12);
    lp.is_integer[1] = true;
    mz_lp_check(&lp, (const double[]){ 3, 0.75 }, NULL, NULL, &check);
    assert_true(fabs(check.integrality - 0.25) < 1e-12);
    lp.is_integer[1] = false;

    /* a multiplier that needs a lower side where the row has none */
    mz_lp_check(&lp, x, (const double[]){ 2, 0 }, (const double[]){ -5, -4 }, &check);
    assert_true(check.dual > 0.5 && check.dual_equation == 0);
    mz_lp_check(&lp, x, y, (const double[]){ -1, 0.3 }, &check); /* c - A'y - d */
    assert_true(fabs(check.dual_equation - 0.1) < 1e-12);
    /* optimal multipliers at a point that leaves row 0 slack */
    mz_lp_check(&lp, (const double[]){ 3, 0 }, y, d, &check);
    assert_true(check.complementarity > 0.1 && check.dual_equation == 0);
    mz_lp_finish(&lp);
}

static void multipliers_prove_infeasibility_only_with_the_right_signs(void **state)
{
    struct mz_lp lp;

    (void)state;
    small_program(&lp);
    lp.row_lower[0] = lp.row_upper[0] = 9; /* a + b = 9 against a + 3b <= 6 */
    assert_true(mz_lp_infeasibility(&lp, (const double[]){ 1, -1 }) > 2.9);
    assert_true(mz_lp_infeasibility(&lp, (const double[]){ 5, -5 }) > 2.9); /* scale is no matter */
    assert_true(mz_lp_infeasibility(&lp, (const double[]){ -1, 1 }) < 0);
    assert_true(mz_lp_infeasibility(&lp, (const double[]){ 1, 0 }) < 0); /* b has no upper bound */
    assert_true(mz_lp_infeasibility(&lp, (const double[]){ 0, 0 }) < 0);
    mz_lp_finish(&lp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_in_any_order_give_the_same_matrix),
        cmocka_unit_test(entries_that_cancel_vanish),
        cmocka_unit_test(a_copy_does_not_share),
        cmocka_unit_test(what_is_written_as_mps_is_read_back_by_clp),
        cmocka_unit_test(the_check_finds_each_kind_of_violation),
        cmocka_unit_test(multipliers_prove_infeasibility_only_with_the_right_signs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
