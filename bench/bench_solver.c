/* bench_solver.c - our branch and bound against bare CBC on one matrix
 *
 *     bench_solver FILE.mps [GAP [RUNS]]
 *
 * FILE.mps is what `mizan plan --write-mps` writes. Each of RUNS (3) times both solve it, in turn,
 * in this process; CPU seconds count from the matrix in memory to the checked solution. Prints one
 * line of JSON; exits 1 when the two objectives differ by more than the gap asked for. */
#include "base/arena.h"
#include "solver/solver.h"

#include <coin/Clp_C_Interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUN_COUNT_MAX = 100 };

struct sample {
    double seconds;
    double objective;
    int32_t nodes;
    const char *solver;
};

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double bound_of(double value)
{
    return value > 1e27 ? MZ_INFINITY : value < -1e27 ? -MZ_INFINITY : value;
}

static bool read_mps(const char *path, struct mz_lp *lp)
{
    Clp_Simplex *model = Clp_newModel();
    const char *integer;

    Clp_setLogLevel(model, 0);
    if (Clp_readMps(model, path, 0, 0) != 0) {
        Clp_deleteModel(model);
        return false;
    }
    integer = Clp_integerInformation(model);
    mz_lp_init(lp);
    for (int32_t r = 0; r < Clp_numberRows(model); r++)
        mz_lp_add_row(lp, bound_of(Clp_rowLower(model)[r]), bound_of(Clp_rowUpper(model)[r]));
    for (int32_t c = 0; c < Clp_numberColumns(model); c++) {
        double lower = bound_of(Clp_columnLower(model)[c]);
        double upper = bound_of(Clp_columnUpper(model)[c]);
        int32_t begin = Clp_getVectorStarts(model)[c];
        int32_t end = begin + Clp_getVectorLengths(model)[c];

        if (integer && integer[c])
            mz_lp_add_integer(lp, lower, upper, Clp_objective(model)[c]);
        else
            mz_lp_add_column(lp, lower, upper, Clp_objective(model)[c]);
        for (int32_t i = begin; i < end; i++)
            mz_lp_add_entry(lp, Clp_getIndices(model)[i], c, Clp_getElements(model)[i]);
    }
    mz_lp_compress(lp);
    Clp_deleteModel(model);
    return true;
}

static bool measure(
    const struct mz_lp *lp, enum mz_solver_kind kind, double gap, struct sample *ret_sample)
{
    struct mz_solver_options options = { .kind = kind, .gap = gap };
    struct mz_solver *solver = NULL;
    struct mz_solution solution;
    struct mz_error err = { 0 };
    double begin = cpu_seconds();
    enum mz_status status = mz_solver_create(lp, &options, &solver, &err);

    if (status == MZ_OK)
        status = mz_solver_solve(solver, MZ_START_COLD, false, &solution, &err);
    if (status == MZ_OK)
        *ret_sample = (struct sample){ cpu_seconds() - begin, solution.objective, solution.nodes,
            solution.solver };
    else
        (void)fprintf(stderr, "bench_solver: %s\n", err.text);
    mz_solver_free(solver);
    return status == MZ_OK;
}

static int compare_double(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static void print_spread(const char *name, double *values, int32_t count)
{
    qsort(values, (size_t)count, sizeof(double), compare_double);
    (void)printf("\"%s\": {\"min\": %.3f, \"median\": %.3f, \"max\": %.3f}", name, values[0],
        (values[(count - 1) / 2] + values[count / 2]) / 2, values[count - 1]);
}

int main(int argc, char **argv)
{
    double gap = argc > 2 ? strtod(argv[2], NULL) : 1e-3;
    int32_t runs = argc > 3 ? (int32_t)strtol(argv[3], NULL, 10) : 3;
    double seconds[2][RUN_COUNT_MAX];
    double ratio[RUN_COUNT_MAX];
    struct sample ours = { 0 };
    struct sample cbc = { 0 };
    struct mz_lp lp;
    bool agree;

    if (argc < 2 || runs < 1 || runs > RUN_COUNT_MAX || !read_mps(argv[1], &lp)) {
        (void)fprintf(stderr, "usage: bench_solver FILE.mps [GAP [RUNS]]\n");
        return 2;
    }
    for (int32_t i = 0; i < runs; i++) {
        if (!measure(&lp, MZ_SOLVER_CLP, gap, &ours) || !measure(&lp, MZ_SOLVER_CBC, gap, &cbc))
            return 1;
        seconds[0][i] = ours.seconds;
        seconds[1][i] = cbc.seconds;
        ratio[i] = ours.seconds / cbc.seconds;
    }
    agree = fabs(ours.objective - cbc.objective) <= fmax(gap, 1e-6) * fmax(1, fabs(cbc.objective));
    (void)printf("{\"bench\": \"solver\", \"rows\": %d, \"columns\": %d, \"integers\": %d, "
                 "\"gap\": %g, \"runs\": %d, \"solver\": \"%s\", \"against\": \"%s\", ",
        (int)lp.row_count, (int)lp.column_count, (int)lp.integer_count, gap, (int)runs, ours.solver,
        cbc.solver);
    print_spread("cpu_s", seconds[0], runs);
    (void)printf(", ");
    print_spread("against_cpu_s", seconds[1], runs);
    (void)printf(", ");
    print_spread("ratio", ratio, runs);
    (void)printf(", \"nodes\": %d, \"objective\": %.8f, \"against_objective\": %.8f, "
                 "\"agree\": %s}\n",
        (int)ours.nodes, ours.objective, cbc.objective, agree ? "true" : "false");
    mz_lp_finish(&lp);
    return agree ? 0 : 1;
}
