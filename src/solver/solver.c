/* solver.c - the steps that are the same for every library
 * LP: one solve. MIP: relaxation; when it is whole already, done; else our own branch and bound or
 * the library's integer solver, or the one after the other; then the LP with integers fixed at the
 * whole numbers found. */
#include "solver/solver.h"

#include "base/arena.h"
#include "solver/branch.h"

#include <stdlib.h>
#include <string.h>

/* A value this near to a whole number is one. */
#define WHOLE_TOLERANCE 1e-6
/* Farkas multipliers that prove less than this are not believed. */
#define RAY_PROOF 1e-7

struct mz_solver {
    const struct mz_solver_adapter *adapter;
    struct mz_solver_options options;
    struct mz_lp lp;
    void *state;
    double *x;
    double *y;
    double *d;
    double *ray;
};

static const struct mz_solver_adapter *adapter_of(enum mz_solver_kind kind)
{
    switch (kind) {
    case MZ_SOLVER_DEFAULT:
    case MZ_SOLVER_CLP:
    case MZ_SOLVER_CBC: return &mz_solver_clp;
    case MZ_SOLVER_HIGHS:
#ifdef MZ_HAVE_HIGHS
        return &mz_solver_highs;
#else
        return NULL;
#endif
    }
    return NULL;
}

/* HiGHS does its own integers: a second opinion is worth more than speed there. */
static bool uses_branch(enum mz_solver_kind kind)
{
    return kind == MZ_SOLVER_DEFAULT || kind == MZ_SOLVER_CLP;
}

bool mz_solver_available(enum mz_solver_kind kind)
{
    return adapter_of(kind) != NULL;
}

const char *mz_solver_name(enum mz_solver_kind kind, bool integers)
{
    const struct mz_solver_adapter *adapter = adapter_of(kind);

    if (!adapter)
        return "none";
    if (!integers)
        return adapter->lp_name();
    return uses_branch(kind) ? adapter->branch_name() : adapter->mip_name();
}

enum mz_status mz_solver_create(const struct mz_lp *lp, const struct mz_solver_options *options,
    struct mz_solver **ret_solver, struct mz_error *err)
{
    const struct mz_solver_adapter *adapter = adapter_of(options->kind);
    struct mz_solver *solver;

    if (!adapter)
        return mz_fail(err, MZ_E_INPUT,
            "this build has no HiGHS: use --solver clp, or build "
            "where pkg-config finds highs");
    solver = mz_xcalloc(1, sizeof(*solver));
    solver->adapter = adapter;
    solver->options = *options;
    mz_lp_copy(lp, &solver->lp);
    solver->state = adapter->create(lp);
    solver->x = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    solver->y = mz_xcalloc((size_t)lp->row_count, sizeof(double));
    solver->d = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    solver->ray = mz_xcalloc((size_t)lp->row_count, sizeof(double));
    *ret_solver = solver;
    return MZ_OK;
}

void mz_solver_free(struct mz_solver *solver)
{
    if (!solver)
        return;
    solver->adapter->destroy(solver->state);
    mz_lp_finish(&solver->lp);
    free(solver->x);
    free(solver->y);
    free(solver->d);
    free(solver->ray);
    free(solver);
}

void mz_solver_set_column(struct mz_solver *solver, int32_t column, double lower, double upper)
{
    solver->lp.col_lower[column] = lower;
    solver->lp.col_upper[column] = upper;
    solver->adapter->set_column(solver->state, column, lower, upper);
}

void mz_solver_set_row(struct mz_solver *solver, int32_t row, double lower, double upper)
{
    solver->lp.row_lower[row] = lower;
    solver->lp.row_upper[row] = upper;
    solver->adapter->set_row(solver->state, row, lower, upper);
}

void mz_solver_set_cost(struct mz_solver *solver, int32_t column, double cost)
{
    solver->lp.cost[column] = cost;
    solver->adapter->set_cost(solver->state, column, cost);
}

void mz_solver_copy_basis(struct mz_solver *to, const struct mz_solver *from)
{
    if (to->adapter == from->adapter && to->lp.row_count == from->lp.row_count &&
        to->lp.column_count == from->lp.column_count)
        to->adapter->copy_basis(to->state, from->state);
}

const struct mz_lp *mz_solver_lp(const struct mz_solver *solver)
{
    return &solver->lp;
}

static enum mz_solve_status solve_lp(
    struct mz_solver *solver, enum mz_start start, struct mz_solution *solution)
{
    struct mz_lp_check check;

    *solution = (struct mz_solution){ .x = solver->x,
        .y = solver->y,
        .d = solver->d,
        .ray = solver->ray,
        .nodes = solution->nodes,
        .iterations = solution->iterations,
        .solver = solution->solver };
    solution->status = solver->adapter->solve_lp(solver->state, start, &solver->options, solution);
    if (solution->status == MZ_SOLVE_INFEASIBLE &&
        !(solution->ray && mz_lp_infeasibility(&solver->lp, solution->ray) > RAY_PROOF)) {
        /* no proof; CLP's dual simplex may call an unbounded program infeasible */
        solution->ray = solver->ray;
        solution->status =
            solver->adapter->solve_lp(solver->state, MZ_START_PRIMAL, &solver->options, solution);
    }
    if (solution->status == MZ_SOLVE_OPTIMAL) {
        mz_lp_check(&solver->lp, solver->x, NULL, NULL, &check);
        solution->objective = check.objective;
        solution->bound = check.objective;
    }
    return solution->status;
}

static bool is_whole(const struct mz_solver *solver)
{
    for (int32_t c = 0; c < solver->lp.column_count; c++) {
        if (solver->lp.is_integer[c] &&
            fabs(solver->x[c] - nearbyint(solver->x[c])) > WHOLE_TOLERANCE)
            return false;
    }
    return true;
}

/* Fixes the integers at the whole numbers of solver->x, solves the LP, gives the bounds back. */
static enum mz_solve_status solve_fixed(struct mz_solver *solver, struct mz_solution *solution)
{
    int32_t count = solver->lp.column_count;
    double *lower = mz_xcalloc((size_t)count, sizeof(double));
    double *upper = mz_xcalloc((size_t)count, sizeof(double));
    const atomic_bool *stop = solver->options.stop;
    struct mz_lp_check check;
    enum mz_solve_status status;

    memcpy(lower, solver->lp.col_lower, (size_t)count * sizeof(double));
    memcpy(upper, solver->lp.col_upper, (size_t)count * sizeof(double));
    for (int32_t c = 0; c < count; c++) {
        if (solver->lp.is_integer[c]) {
            double whole = nearbyint(solver->x[c]);

            mz_solver_set_column(solver, c, whole, whole);
        }
    }
    solver->options.stop = NULL; /* short, and without it the plan that was found would be lost */
    status = solve_lp(solver, MZ_START_DUAL, solution);
    if (status == MZ_SOLVE_INFEASIBLE) /* a warm start misled by tolerances: once more, cold */
        status = solve_lp(solver, MZ_START_COLD, solution);
    solver->options.stop = stop;
    for (int32_t c = 0; c < count; c++) {
        if (!solver->lp.is_integer[c])
            continue;
        solver->x[c] = solver->lp.col_lower[c]; /* scaling may leave it a last digit off */
        mz_solver_set_column(solver, c, lower[c], upper[c]);
    }
    if (status == MZ_SOLVE_OPTIMAL) {
        mz_lp_check(&solver->lp, solver->x, NULL, NULL, &check);
        solution->objective = check.objective;
    }
    free(lower);
    free(upper);
    return status;
}

/* The library's own integer solver, with what is known so far. Keeps the better point and bound. */
static enum mz_solve_status hand_over(
    struct mz_solver *solver, double seconds_used, struct mz_solution *solution)
{
    bool has_point = solution->status == MZ_SOLVE_FEASIBLE;
    size_t size = (size_t)solver->lp.column_count * sizeof(double);
    struct mz_solver_options options = solver->options;
    struct mz_mip_start start = { NULL, solution->objective, solution->bound };
    double *known = NULL;
    struct mz_lp_check check;
    enum mz_solve_status status;

    if (options.seconds_max > 0)
        options.seconds_max = fmax(options.seconds_max - seconds_used, 0.01);
    if (has_point) {
        known = mz_xcalloc((size_t)solver->lp.column_count, sizeof(double));
        memcpy(known, solution->x, size);
        start.x = known;
    }
    status = solver->adapter->solve_mip(solver->state, &solver->lp, &options, &start, solution);
    solution->bound = fmax(solution->bound, start.bound);
    solution->solver = solver->adapter->mip_name();
    if (has_point) {
        bool has_new = status == MZ_SOLVE_OPTIMAL || status == MZ_SOLVE_FEASIBLE;

        mz_lp_check(&solver->lp, solution->x, NULL, NULL, &check);
        if (!has_new || start.objective < check.objective)
            memcpy(solution->x, known, size);
        status = status == MZ_SOLVE_OPTIMAL ? MZ_SOLVE_OPTIMAL : MZ_SOLVE_FEASIBLE;
    }
    free(known);
    return status;
}

/* The integers; the relaxation is solved and not whole. Fills x and bound. */
static enum mz_solve_status solve_integers(struct mz_solver *solver, struct mz_solution *solution)
{
    double (*now)(void) = solver->options.now;
    double begin = now ? now() : 0;

    if (!uses_branch(solver->options.kind)) {
        solution->solver = solver->adapter->mip_name();
        return solver->adapter->solve_mip(
            solver->state, &solver->lp, &solver->options, NULL, solution);
    }
    solution->solver = solver->adapter->branch_name();
    switch (
        mz_branch_solve(solver->adapter, solver->state, &solver->lp, &solver->options, solution)) {
    case MZ_BRANCH_DONE:
    case MZ_BRANCH_STOPPED: return solution->status;
    case MZ_BRANCH_LIMIT: break;
    }
    /* CBC cannot be interrupted: not begun when somebody waits already */
    if (solver->options.stop && atomic_load(solver->options.stop))
        return solution->status;
    return hand_over(solver, now ? now() - begin : 0, solution);
}

enum mz_status mz_solver_solve(struct mz_solver *solver, enum mz_start start, bool relaxed,
    struct mz_solution *ret_solution, struct mz_error *err)
{
    struct mz_solution solution = { .solver = solver->adapter->lp_name() };
    enum mz_solve_status proved;
    double bound;

    solve_lp(solver, start, &solution);
    if (!relaxed && solver->lp.integer_count > 0)
        solution.solver = mz_solver_name(solver->options.kind, true);
    if (solution.status == MZ_SOLVE_OPTIMAL && !relaxed && solver->lp.integer_count > 0) {
        bound = solution.bound;
        proved = MZ_SOLVE_OPTIMAL;
        if (!is_whole(solver)) {
            proved = solve_integers(solver, &solution);
            bound = fmax(bound, solution.bound);
        }
        if (proved == MZ_SOLVE_OPTIMAL || proved == MZ_SOLVE_FEASIBLE) {
            if (solve_fixed(solver, &solution) != MZ_SOLVE_OPTIMAL)
                return mz_fail(err, MZ_E_SOLVER,
                    "the solver's whole-number solution does not "
                    "hold when solved again with these numbers fixed; nothing is reported");
            solution.status = proved;
            solution.bound = fmin(bound, solution.objective);
        } else {
            solution.status = proved;
        }
    }
    *ret_solution = solution;
    return MZ_OK;
}
