/* clp_cbc.c - adapter for CLP (LP) and CBC (integers)
 * CLP: dual simplex with perturbation 50 on a presolve-free model, so that a warm start is only a
 * change of bounds. Columns without entries stay outside: CLP scales them by 1e20 and then loses
 * its way (a program with a free one it calls infeasible); their cost and bounds alone say where
 * they are. CLP counts row duals with the sign that this program uses: change of the objective per
 * unit of the right side; its infeasibility ray has the opposite one.
 * CBC is driven through its main entry, which keeps static state: a lock around it. */
#include "base/arena.h"
#include "solver/solver.h"

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>
#include <float.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bounds beyond it are none. */
#define CLP_INFINITE 1e27

static pthread_mutex_t cbc_lock = PTHREAD_MUTEX_INITIALIZER;

/* A column without entries; CLP has it fixed at 0 with cost 0. */
struct lone_column {
    int32_t column;
    double lower;
    double upper;
    double cost;
};

struct clp {
    Clp_Simplex *model;
    int32_t rows;
    int32_t columns;
    double cutoff; /* MZ_INFINITY: none */
    bool has_cutoff;
    bool solved;
    struct lone_column *lone;
    int32_t lone_count;
};

static void find_lone_columns(struct clp *clp, const struct mz_lp *lp)
{
    clp->lone = mz_xcalloc((size_t)lp->column_count, sizeof(*clp->lone));
    for (int32_t c = 0; c < lp->column_count; c++) {
        if (lp->starts[c] < lp->starts[c + 1])
            continue;
        clp->lone[clp->lone_count++] =
            (struct lone_column){ c, lp->col_lower[c], lp->col_upper[c], lp->cost[c] };
        Clp_columnLower(clp->model)[c] = 0;
        Clp_columnUpper(clp->model)[c] = 0;
        Clp_objective(clp->model)[c] = 0;
    }
}

static struct lone_column *lone_column(struct clp *clp, int32_t column)
{
    int32_t low = 0;
    int32_t high = clp->lone_count;

    while (low < high) {
        int32_t middle = low + (high - low) / 2;

        if (clp->lone[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < clp->lone_count && clp->lone[low].column == column ? &clp->lone[low] : NULL;
}

/* Where a lone column stands by its cost; infinite: without limit. */
static double lone_value(const struct lone_column *lone)
{
    if (lone->cost > 0)
        return lone->lower;
    if (lone->cost < 0)
        return lone->upper;
    return fmin(fmax(0, lone->lower), lone->upper);
}

static void *clp_create(const struct mz_lp *lp)
{
    struct clp *clp = mz_xcalloc(1, sizeof(*clp));

    clp->model = Clp_newModel();
    clp->rows = lp->row_count;
    clp->columns = lp->column_count;
    clp->cutoff = MZ_INFINITY;
    Clp_setLogLevel(clp->model, 0);
    Clp_loadProblem(clp->model, lp->column_count, lp->row_count, lp->starts, lp->rows, lp->values,
        lp->col_lower, lp->col_upper, lp->cost, lp->row_lower, lp->row_upper);
    find_lone_columns(clp, lp);
    Clp_setPerturbation(clp->model, 50);
    Clp_setPrimalTolerance(clp->model, 1e-8);
    Clp_setDualTolerance(clp->model, 1e-8);
    return clp;
}

static void clp_destroy(void *state)
{
    struct clp *clp = state;

    Clp_deleteModel(clp->model);
    free(clp->lone);
    free(clp);
}

static void clp_set_column(void *state, int32_t column, double lower, double upper)
{
    struct clp *clp = state;
    struct lone_column *lone = lone_column(clp, column);

    if (lone) {
        lone->lower = lower;
        lone->upper = upper;
        return;
    }
    Clp_columnLower(clp->model)[column] = lower;
    Clp_columnUpper(clp->model)[column] = upper;
}

static void clp_set_row(void *state, int32_t row, double lower, double upper)
{
    struct clp *clp = state;

    Clp_rowLower(clp->model)[row] = lower;
    Clp_rowUpper(clp->model)[row] = upper;
}

static void clp_set_cost(void *state, int32_t column, double cost)
{
    struct clp *clp = state;
    struct lone_column *lone = lone_column(clp, column);

    if (lone)
        lone->cost = cost;
    else
        Clp_objective(clp->model)[column] = cost;
}

static void clp_copy_basis(void *to, const void *from)
{
    const struct clp *source = from;
    struct clp *target = to;

    Clp_copyinStatus(target->model, Clp_statusArray(source->model));
}

static size_t clp_basis_size(const void *state)
{
    const struct clp *clp = state;

    return (size_t)clp->rows + (size_t)clp->columns;
}

static void clp_get_basis(void *state, void *ret_bytes)
{
    struct clp *clp = state;

    memcpy(ret_bytes, Clp_statusArray(clp->model), clp_basis_size(clp));
}

static void clp_set_basis(void *state, const void *bytes)
{
    struct clp *clp = state;

    Clp_copyinStatus(clp->model, bytes);
}

static void clp_set_cutoff(void *state, double cutoff)
{
    struct clp *clp = state;

    clp->cutoff = cutoff;
    clp->has_cutoff = isfinite(cutoff);
}

/* Every row basic, every column at its finite bound nearest to 0. */
static void forget_basis(struct clp *clp)
{
    enum { IS_FREE = 0, IS_BASIC = 1, AT_UPPER = 2, AT_LOWER = 3 };

    for (int32_t r = 0; r < clp->rows; r++)
        Clp_setRowStatus(clp->model, r, IS_BASIC);
    for (int32_t c = 0; c < clp->columns; c++) {
        double lower = Clp_columnLower(clp->model)[c];
        double upper = Clp_columnUpper(clp->model)[c];
        bool has_lower = lower > -CLP_INFINITE; /* CLP turns infinities into DBL_MAX */
        bool has_upper = upper < CLP_INFINITE;

        Clp_setColumnStatus(clp->model, c, has_lower ? AT_LOWER : has_upper ? AT_UPPER : IS_FREE);
        Clp_primalColumnSolution(clp->model)[c] = has_lower ? lower : has_upper ? upper : 0;
    }
}

/* "Infeasible" under a cutoff may mean no more than "past the cutoff"; the secondary status, which
 * should tell them apart, does not always. */
static enum mz_solve_status status_of(const struct clp *clp)
{
    switch (Clp_status(clp->model)) {
    case 0: return MZ_SOLVE_OPTIMAL;
    case 1: return clp->has_cutoff ? MZ_SOLVE_STOPPED : MZ_SOLVE_INFEASIBLE;
    case 2: return MZ_SOLVE_UNBOUNDED;
    default: return MZ_SOLVE_STOPPED;
    }
}

/* --- interrupts -------------------------------------------------------------------------- */

/* CLP has no way to be asked to stop through its C interface: its message callback prints whatever
 * it is called for, and solving in slices of iterations costs up to half again. But it compares its
 * iteration count with a limit in every iteration, so a thread that looks at the flag from time to
 * time and sets that limit to 0 stops it at once. The limit is one aligned int that CLP only
 * reads; it is given back when the thread has ended. */
struct watch {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_over;
    bool is_running;
    Clp_Simplex *model;
    const atomic_bool *stop;
};

enum {
    WATCH_PERIOD_NS = 50000000,
    WATCH_SIZE_MIN = 2000, /* rows and columns: below it a solve is over before anyone looks */
    NS_PER_S = 1000000000,
    ITERATIONS_UNLIMITED = INT32_MAX
};

static void *watch_run(void *data)
{
    struct watch *watch = data;
    struct timespec at;

    (void)clock_gettime(CLOCK_REALTIME, &at);
    pthread_mutex_lock(&watch->lock);
    while (!watch->is_over) {
        at.tv_nsec += WATCH_PERIOD_NS;
        if (at.tv_nsec >= NS_PER_S) {
            at.tv_nsec -= NS_PER_S;
            at.tv_sec++;
        }
        (void)pthread_cond_timedwait(&watch->ended, &watch->lock, &at);
        if (!watch->is_over && atomic_load(watch->stop))
            Clp_setMaximumIterations(watch->model, 0);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

static void watch_begin(struct watch *watch, const struct clp *clp, const atomic_bool *stop)
{
    *watch = (struct watch){ .model = clp->model, .stop = stop };
    if (!stop || clp->rows + clp->columns < WATCH_SIZE_MIN)
        return;
    (void)pthread_mutex_init(&watch->lock, NULL);
    (void)pthread_cond_init(&watch->ended, NULL);
    watch->is_running = pthread_create(&watch->thread, NULL, watch_run, watch) == 0;
}

static void watch_end(struct watch *watch)
{
    if (!watch->is_running)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->is_over = true;
    (void)pthread_cond_signal(&watch->ended);
    pthread_mutex_unlock(&watch->lock);
    (void)pthread_join(watch->thread, NULL);
    (void)pthread_cond_destroy(&watch->ended);
    (void)pthread_mutex_destroy(&watch->lock);
    Clp_setMaximumIterations(watch->model, ITERATIONS_UNLIMITED);
}

static bool is_stopped(const struct mz_solver_options *options)
{
    return options->stop && atomic_load(options->stop);
}

/* The cutoff that CLP sees is without the lone columns. False: they contradict their bounds. */
static bool begin_solve(struct clp *clp, enum mz_start start)
{
    double offset = 0;

    for (int32_t i = 0; i < clp->lone_count; i++) {
        double value = lone_value(&clp->lone[i]);

        if (clp->lone[i].lower > clp->lone[i].upper)
            return false;
        if (isfinite(value))
            offset += clp->lone[i].cost * value;
    }
    Clp_setDualObjectiveLimit(clp->model, clp->has_cutoff ? clp->cutoff - offset : DBL_MAX);
    if (start == MZ_START_COLD && clp->solved)
        forget_basis(clp);
    clp->solved = true;
    return true;
}

static enum mz_solve_status read_solution(
    struct clp *clp, enum mz_solve_status status, struct mz_solution *solution)
{
    size_t columns = (size_t)clp->columns * sizeof(double);

    memcpy(solution->x, Clp_primalColumnSolution(clp->model), columns);
    memcpy(solution->y, Clp_dualRowSolution(clp->model), (size_t)clp->rows * sizeof(double));
    memcpy(solution->d, Clp_dualColumnSolution(clp->model), columns);
    for (int32_t i = 0; i < clp->lone_count; i++) {
        const struct lone_column *lone = &clp->lone[i];
        double value = lone_value(lone);

        if (!isfinite(value) && status == MZ_SOLVE_OPTIMAL)
            status = MZ_SOLVE_UNBOUNDED;
        solution->x[lone->column] = isfinite(value) ? value : 0;
        solution->d[lone->column] = lone->cost;
    }
    if (status == MZ_SOLVE_INFEASIBLE && solution->ray) {
        double *ray = Clp_infeasibilityRay(clp->model);

        for (int32_t r = 0; ray && r < clp->rows; r++)
            solution->ray[r] = -ray[r];
        if (ray)
            Clp_freeRay(clp->model, ray);
        else
            solution->ray = NULL;
    } else {
        solution->ray = NULL;
    }
    return status;
}

/* From nothing: CLP's own entry for that, with presolve off. It takes half the time of a plain dual
 * on large programs, because it sets the factorization to their size. */
static void solve_cold(Clp_Simplex *model)
{
    enum { USE_DUAL = 0, PRESOLVE_OFF = 1, NO_EXTRA = -1, INTERRUPTS = 2, NOT_YOURS = 1 };
    Clp_Solve *how = ClpSolve_new();

    /* it would put its own handler in place of ours, which is process-wide as well */
    ClpSolve_setSpecialOption(how, INTERRUPTS, NOT_YOURS, NO_EXTRA);
    ClpSolve_setSolveType(how, USE_DUAL, NO_EXTRA);
    ClpSolve_setPresolveType(how, PRESOLVE_OFF, NO_EXTRA);
    Clp_initialSolveWithOptions(model, how);
    ClpSolve_delete(how);
}

static enum mz_solve_status clp_solve_lp(void *state, enum mz_start start,
    const struct mz_solver_options *options, struct mz_solution *solution)
{
    struct clp *clp = state;
    struct watch watch;
    enum mz_solve_status status;

    if (!begin_solve(clp, start)) {
        solution->ray = NULL;
        return MZ_SOLVE_INFEASIBLE;
    }
    watch_begin(&watch, clp, options->stop);
    if (start == MZ_START_COLD)
        solve_cold(clp->model);
    else if (start == MZ_START_PRIMAL)
        Clp_primal(clp->model, 0);
    else
        Clp_dual(clp->model, 0);
    status = status_of(clp);
    if (status == MZ_SOLVE_STOPPED && !clp->has_cutoff && !is_stopped(options)) {
        Clp_primal(clp->model, 0); /* numerical trouble: the other algorithm from where it stands */
        status = status_of(clp);
    }
    watch_end(&watch);
    solution->iterations += Clp_numberIterations(clp->model);
    return read_solution(clp, status, solution);
}

static Cbc_Model *cbc_create(const struct mz_lp *lp, const struct mz_solver_options *options)
{
    Cbc_Model *model = Cbc_newModel();
    char number[40];

    Cbc_loadProblem(model, lp->column_count, lp->row_count, lp->starts, lp->rows, lp->values,
        lp->col_lower, lp->col_upper, lp->cost, lp->row_lower, lp->row_upper);
    for (int32_t c = 0; c < lp->column_count; c++) {
        if (lp->is_integer[c])
            Cbc_setInteger(model, c);
    }
    Cbc_setParameter(model, "log", "0");
    Cbc_setParameter(model, "randomCbcSeed", "1");
    Cbc_setParameter(model, "randomSeed", "1");
    (void)snprintf(number, sizeof(number), "%.17g", options->gap);
    Cbc_setParameter(model, "ratioGap", number);
    Cbc_setParameter(model, "allowableGap", "0");
    if (options->seconds_max > 0) {
        (void)snprintf(number, sizeof(number), "%.3f", options->seconds_max);
        Cbc_setParameter(model, "sec", number);
        Cbc_setParameter(model, "timeMode", "elapsed");
    }
    return model;
}

/* The integers are enough: CBC fixes them and solves for the rest. */
static void cbc_start(Cbc_Model *model, const struct mz_lp *lp, const struct mz_mip_start *start)
{
    size_t count = (size_t)lp->integer_count;
    int *columns = mz_xcalloc(count, sizeof(int));
    double *values = mz_xcalloc(count, sizeof(double));
    int used = 0;

    for (int32_t c = 0; c < lp->column_count; c++) {
        if (lp->is_integer[c]) {
            columns[used] = c;
            values[used++] = nearbyint(start->x[c]);
        }
    }
    Cbc_setMIPStartI(model, used, columns, values);
    free(columns);
    free(values);
}

static enum mz_solve_status clp_solve_mip(void *state, const struct mz_lp *lp,
    const struct mz_solver_options *options, const struct mz_mip_start *start,
    struct mz_solution *solution)
{
    enum mz_solve_status status = MZ_SOLVE_STOPPED;
    const double *best;
    Cbc_Model *model;

    (void)state;
    pthread_mutex_lock(&cbc_lock);
    model = cbc_create(lp, options);
    if (start && start->x)
        cbc_start(model, lp, start);
    Cbc_solve(model);
    best = Cbc_bestSolution(model);
    if (Cbc_isProvenInfeasible(model) && !best)
        status = MZ_SOLVE_INFEASIBLE;
    else if (best)
        status = Cbc_isProvenOptimal(model) ? MZ_SOLVE_OPTIMAL : MZ_SOLVE_FEASIBLE;
    if (best)
        memcpy(solution->x, best, (size_t)lp->column_count * sizeof(double));
    solution->bound = best ? Cbc_getBestPossibleObjValue(model) : -MZ_INFINITY;
    solution->nodes += Cbc_getNodeCount(model);
    Cbc_deleteModel(model);
    pthread_mutex_unlock(&cbc_lock);
    return status;
}

static pthread_once_t names_once = PTHREAD_ONCE_INIT;
static char lp_name[40];
static char mip_name[40];
static char branch_name[64];

static void names_make(void)
{
    (void)snprintf(lp_name, sizeof(lp_name), "CLP %s", Clp_Version());
    (void)snprintf(mip_name, sizeof(mip_name), "CBC %s", Cbc_getVersion());
    (void)snprintf(branch_name, sizeof(branch_name), "%s + branch and bound", lp_name);
}

static const char *clp_lp_name(void)
{
    (void)pthread_once(&names_once, names_make);
    return lp_name;
}

static const char *clp_mip_name(void)
{
    (void)pthread_once(&names_once, names_make);
    return mip_name;
}

static const char *clp_branch_name(void)
{
    (void)pthread_once(&names_once, names_make);
    return branch_name;
}

const struct mz_solver_adapter mz_solver_clp = {
    .create = clp_create,
    .destroy = clp_destroy,
    .set_column = clp_set_column,
    .set_row = clp_set_row,
    .set_cost = clp_set_cost,
    .copy_basis = clp_copy_basis,
    .basis_size = clp_basis_size,
    .get_basis = clp_get_basis,
    .set_basis = clp_set_basis,
    .set_cutoff = clp_set_cutoff,
    .solve_lp = clp_solve_lp,
    .solve_mip = clp_solve_mip,
    .lp_name = clp_lp_name,
    .mip_name = clp_mip_name,
    .branch_name = clp_branch_name,
};
