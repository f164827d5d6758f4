/* highs.c - adapter for HiGHS, when the build found it
 * LP: dual simplex without presolve, so that a warm start is only a change of bounds and a proof of
 * infeasibility refers to the program as given. Row duals and the dual ray have our sign.
 * MIP: a second object with the same program, gap as asked, one thread, a fixed seed; stopped by
 * its interrupt callback. */
#include "base/arena.h"
#include "solver/solver.h"

/* the header declares a static function that it does not define; gcc says so at the end of the
 * file, out of reach of a push and pop */
#pragma GCC diagnostic ignored "-Wunused-function"
#include <interfaces/highs_c_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(HighsInt) == sizeof(int32_t), "matrices are passed as they are");

enum {
    STRATEGY_DUAL = 1, /* of the option simplex_strategy */
    STRATEGY_PRIMAL = 4
};

struct highs {
    void *model;
    int32_t rows;
    int32_t columns;
    const atomic_bool *stop; /* of the solve at hand */
};

static void on_interrupt_check(int type, const char *message, const HighsCallbackDataOut *out,
    HighsCallbackDataIn *in, void *data)
{
    const struct highs *highs = data;

    (void)type;
    (void)message;
    (void)out;
    if (in && highs->stop && atomic_load(highs->stop))
        in->user_interrupt = 1;
}

/* A setting that this version does not know is left alone: none of them changes what is right. */
static void *model_create(
    const struct mz_lp *lp, const HighsInt *integrality, struct highs *interrupt_data)
{
    void *model = Highs_create();

    (void)Highs_setBoolOptionValue(model, "output_flag", 0);
    (void)Highs_setIntOptionValue(model, "threads", 1);
    (void)Highs_setStringOptionValue(model, "parallel", "off");
    (void)Highs_setIntOptionValue(model, "random_seed", 1);
    (void)Highs_setDoubleOptionValue(model, "primal_feasibility_tolerance", 1e-8);
    (void)Highs_setDoubleOptionValue(model, "dual_feasibility_tolerance", 1e-8);
    if (integrality)
        (void)Highs_passMip(model, lp->column_count, lp->row_count, lp->entry_count,
            kHighsMatrixFormatColwise, kHighsObjSenseMinimize, 0, lp->cost, lp->col_lower,
            lp->col_upper, lp->row_lower, lp->row_upper, lp->starts, lp->rows, lp->values,
            integrality);
    else
        (void)Highs_passLp(model, lp->column_count, lp->row_count, lp->entry_count,
            kHighsMatrixFormatColwise, kHighsObjSenseMinimize, 0, lp->cost, lp->col_lower,
            lp->col_upper, lp->row_lower, lp->row_upper, lp->starts, lp->rows, lp->values);
    (void)Highs_setCallback(model, on_interrupt_check, interrupt_data);
    (void)Highs_startCallback(
        model, integrality ? kHighsCallbackMipInterrupt : kHighsCallbackSimplexInterrupt);
    return model;
}

static void *highs_create(const struct mz_lp *lp)
{
    struct highs *highs = mz_xcalloc(1, sizeof(*highs));

    highs->rows = lp->row_count;
    highs->columns = lp->column_count;
    highs->model = model_create(lp, NULL, highs);
    (void)Highs_setStringOptionValue(highs->model, "solver", "simplex");
    (void)Highs_setStringOptionValue(highs->model, "presolve", "off");
    return highs;
}

static void highs_destroy(void *state)
{
    struct highs *highs = state;

    Highs_destroy(highs->model);
    free(highs);
}

static void highs_set_column(void *state, int32_t column, double lower, double upper)
{
    struct highs *highs = state;

    (void)Highs_changeColBounds(highs->model, column, lower, upper);
}

static void highs_set_row(void *state, int32_t row, double lower, double upper)
{
    struct highs *highs = state;

    (void)Highs_changeRowBounds(highs->model, row, lower, upper);
}

static void highs_set_cost(void *state, int32_t column, double cost)
{
    struct highs *highs = state;

    (void)Highs_changeColCost(highs->model, column, cost);
}

static size_t highs_basis_size(const void *state)
{
    const struct highs *highs = state;

    return ((size_t)highs->rows + (size_t)highs->columns) * sizeof(HighsInt);
}

static void highs_get_basis(void *state, void *ret_bytes)
{
    struct highs *highs = state;
    HighsInt *statuses = ret_bytes;

    (void)Highs_getBasis(highs->model, statuses, statuses + highs->columns);
}

static void highs_set_basis(void *state, const void *bytes)
{
    struct highs *highs = state;
    const HighsInt *statuses = bytes;

    (void)Highs_setBasis(highs->model, statuses, statuses + highs->columns);
}

static void highs_copy_basis(void *to, const void *from)
{
    struct highs *source = (struct highs *)from; /* reading a basis changes nothing */
    void *bytes = mz_xcalloc(1, highs_basis_size(source));

    highs_get_basis(source, bytes);
    highs_set_basis(to, bytes);
    free(bytes);
}

static void highs_set_cutoff(void *state, double cutoff)
{
    struct highs *highs = state;

    (void)Highs_setDoubleOptionValue(highs->model, "objective_bound", cutoff);
}

static enum mz_solve_status status_of(void *model)
{
    HighsInt status = Highs_getModelStatus(model);

    if (status == kHighsModelStatusOptimal || status == kHighsModelStatusModelEmpty)
        return MZ_SOLVE_OPTIMAL;
    if (status == kHighsModelStatusInfeasible)
        return MZ_SOLVE_INFEASIBLE;
    if (status == kHighsModelStatusUnbounded || status == kHighsModelStatusUnboundedOrInfeasible)
        return MZ_SOLVE_UNBOUNDED;
    return MZ_SOLVE_STOPPED;
}

static void read_ray(struct highs *highs, struct mz_solution *solution)
{
    HighsInt has_ray = 0;

    if (!solution->ray)
        return;
    (void)Highs_getDualRay(highs->model, &has_ray, solution->ray);
    if (!has_ray)
        solution->ray = NULL;
}

static enum mz_solve_status highs_solve_lp(void *state, enum mz_start start,
    const struct mz_solver_options *options, struct mz_solution *solution)
{
    struct highs *highs = state;
    double *activity = mz_xcalloc((size_t)highs->rows, sizeof(double));
    HighsInt iterations = 0;
    enum mz_solve_status status;

    highs->stop = options->stop;
    if (start == MZ_START_COLD)
        (void)Highs_clearSolver(highs->model);
    (void)Highs_setIntOptionValue(highs->model, "simplex_strategy",
        start == MZ_START_PRIMAL ? STRATEGY_PRIMAL : STRATEGY_DUAL);
    (void)Highs_run(highs->model);
    if (Highs_getModelStatus(highs->model) == kHighsModelStatusUnboundedOrInfeasible) {
        /* the primal simplex looks for a feasible point before anything else */
        (void)Highs_clearSolver(highs->model);
        (void)Highs_setIntOptionValue(highs->model, "simplex_strategy", STRATEGY_PRIMAL);
        (void)Highs_run(highs->model);
    }
    status = status_of(highs->model);
    (void)Highs_getIntInfoValue(highs->model, "simplex_iteration_count", &iterations);
    solution->iterations += iterations > 0 ? iterations : 0;
    (void)Highs_getSolution(highs->model, solution->x, solution->d, activity, solution->y);
    if (status == MZ_SOLVE_INFEASIBLE)
        read_ray(highs, solution);
    else
        solution->ray = NULL;
    free(activity);
    return status;
}

static void read_mip(
    void *model, const struct mz_lp *lp, bool has_point, struct mz_solution *solution)
{
    size_t rows = (size_t)lp->row_count;
    double *unused = mz_xcalloc(rows * 2 + (size_t)lp->column_count, sizeof(double));
    double bound = -MZ_INFINITY;
    int64_t nodes = 0;

    (void)Highs_getDoubleInfoValue(model, "mip_dual_bound", &bound);
    (void)Highs_getInt64InfoValue(model, "mip_node_count", &nodes);
    solution->bound = bound;
    solution->nodes += nodes > 0 ? (int32_t)(nodes < INT32_MAX / 2 ? nodes : INT32_MAX / 2) : 0;
    if (has_point)
        (void)Highs_getSolution(model, solution->x, unused + 2 * rows, unused, unused + rows);
    free(unused);
}

static enum mz_solve_status highs_solve_mip(void *state, const struct mz_lp *lp,
    const struct mz_solver_options *options, const struct mz_mip_start *start,
    struct mz_solution *solution)
{
    struct highs highs = {
        .rows = lp->row_count, .columns = lp->column_count, .stop = options->stop
    };
    HighsInt *integrality = mz_xcalloc((size_t)lp->column_count, sizeof(HighsInt));
    HighsInt primal = 0;
    enum mz_solve_status status;

    (void)state;
    for (int32_t c = 0; c < lp->column_count; c++)
        integrality[c] = lp->is_integer[c] ? kHighsVarTypeInteger : kHighsVarTypeContinuous;
    highs.model = model_create(lp, integrality, &highs);
    (void)Highs_setDoubleOptionValue(highs.model, "mip_rel_gap", options->gap);
    (void)Highs_setDoubleOptionValue(highs.model, "mip_abs_gap", 0);
    (void)Highs_setDoubleOptionValue(highs.model, "mip_feasibility_tolerance", 1e-7);
    if (options->seconds_max > 0)
        (void)Highs_setDoubleOptionValue(highs.model, "time_limit", options->seconds_max);
    if (start && start->x)
        (void)Highs_setSolution(highs.model, start->x, NULL, NULL, NULL);
    (void)Highs_run(highs.model);
    status = status_of(highs.model);
    (void)Highs_getIntInfoValue(highs.model, "primal_solution_status", &primal);
    if (status == MZ_SOLVE_STOPPED && primal == kHighsSolutionStatusFeasible)
        status = MZ_SOLVE_FEASIBLE;
    read_mip(highs.model, lp, status == MZ_SOLVE_OPTIMAL || status == MZ_SOLVE_FEASIBLE, solution);
    Highs_destroy(highs.model);
    free(integrality);
    return status;
}

static pthread_once_t names_once = PTHREAD_ONCE_INIT;
static char name[40];
static char branch_name[64];

static void names_make(void)
{
    (void)snprintf(name, sizeof(name), "HiGHS %s", Highs_version());
    (void)snprintf(branch_name, sizeof(branch_name), "%s + branch and bound", name);
}

static const char *highs_name(void)
{
    (void)pthread_once(&names_once, names_make);
    return name;
}

static const char *highs_branch_name(void)
{
    (void)pthread_once(&names_once, names_make);
    return branch_name;
}

const struct mz_solver_adapter mz_solver_highs = {
    .create = highs_create,
    .destroy = highs_destroy,
    .set_column = highs_set_column,
    .set_row = highs_set_row,
    .set_cost = highs_set_cost,
    .copy_basis = highs_copy_basis,
    .basis_size = highs_basis_size,
    .get_basis = highs_get_basis,
    .set_basis = highs_set_basis,
    .set_cutoff = highs_set_cutoff,
    .solve_lp = highs_solve_lp,
    .solve_mip = highs_solve_mip,
    .lp_name = highs_name,
    .mip_name = highs_name,
    .branch_name = highs_branch_name,
};
