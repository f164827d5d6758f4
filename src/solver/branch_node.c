/* branch_node.c - nodes of the search, their bounds, their linear programs
 * A bound is trusted only when it follows from our own arithmetic or from an LP solved to its end:
 * an LP that stopped early (at the cutoff or at a limit) is worth the value of its dual point,
 * computed from the matrix. */
#include "solver/branch_tree.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A reduced cost this small that points to an infinite bound is an LP solver's rounding. */
#define DUAL_NOISE 1e-8
/* How far a limit is moved, in parts of what its dual point fell short. */
#define LIMIT_MOVED 1.5

double mz_search_cutoff(const struct mz_search *search)
{
    double gap = fmax(search->options->gap, MZ_CUT_TOLERANCE);

    return search->has_best ? search->best - gap * fmax(1, fabs(search->best)) : MZ_INFINITY;
}

bool mz_search_is_stopped(struct mz_search *search)
{
    const struct mz_solver_options *options = search->options;

    if (options->stop && atomic_load(options->stop))
        search->interrupted = true;
    if (options->now && options->seconds_max > 0 && options->now() > search->deadline)
        search->interrupted = true;
    return search->interrupted;
}

/* --- nodes ------------------------------------------------------------------------------- */

struct mz_basis *mz_basis_save(struct mz_search *search)
{
    size_t size = search->adapter->basis_size(search->state);
    struct mz_basis *basis = mz_xcalloc(1, sizeof(*basis) + size);

    search->adapter->get_basis(search->state, basis->bytes);
    basis->users = 1;
    return basis;
}

struct mz_basis *mz_basis_use(struct mz_basis *basis)
{
    if (basis)
        basis->users++;
    return basis;
}

void mz_basis_release(struct mz_basis *basis)
{
    if (basis && --basis->users == 0)
        free(basis);
}

struct mz_node *mz_node_create(struct mz_search *search, const struct mz_node *parent,
    const struct mz_bound_change *changes, int32_t count)
{
    int32_t before = parent ? parent->change_count : 0;
    size_t total = (size_t)(before + count);
    struct mz_node *node = mz_xcalloc(1, sizeof(*node) + total * sizeof(node->changes[0]));

    node->seq = search->seq++;
    node->depth = parent ? parent->depth + 1 : 0;
    node->bound = parent ? parent->bound : -MZ_INFINITY;
    node->step.index = -1;
    node->change_count = before + count;
    if (before > 0)
        memcpy(node->changes, parent->changes, (size_t)before * sizeof(node->changes[0]));
    if (count > 0)
        memcpy(node->changes + before, changes, (size_t)count * sizeof(node->changes[0]));
    return node;
}

void mz_node_free(struct mz_node *node)
{
    if (!node)
        return;
    mz_basis_release(node->basis);
    free(node);
}

static bool is_before(const struct mz_node *a, const struct mz_node *b)
{
    if (a->bound != b->bound)
        return a->bound < b->bound;
    return a->seq > b->seq; /* equal bounds: the newest, which is nearest to a whole point */
}

void mz_open_push(struct mz_search *search, struct mz_node *node)
{
    int32_t at = search->open_count++;

    assert(at < MZ_BRANCH_OPEN_MAX);
    while (at > 0 && is_before(node, search->open[(at - 1) / 2])) {
        search->open[at] = search->open[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    search->open[at] = node;
}

struct mz_node *mz_open_pop(struct mz_search *search)
{
    struct mz_node *first;
    struct mz_node *last;
    int32_t at = 0;

    if (search->open_count == 0)
        return NULL;
    first = search->open[0];
    last = search->open[--search->open_count];
    for (;;) {
        int32_t next = 2 * at + 1;

        if (next >= search->open_count)
            break;
        if (next + 1 < search->open_count && is_before(search->open[next + 1], search->open[next]))
            next++;
        if (!is_before(search->open[next], last))
            break;
        search->open[at] = search->open[next];
        at = next;
    }
    search->open[at] = last;
    return first;
}

/* --- bounds ------------------------------------------------------------------------------ */

void mz_search_set_bounds(struct mz_search *search, int32_t index, double lower, double upper)
{
    if (search->now_lower[index] == lower && search->now_upper[index] == upper)
        return;
    search->now_lower[index] = lower;
    search->now_upper[index] = upper;
    search->adapter->set_column(search->state, search->columns[index], lower, upper);
}

bool mz_search_enter(struct mz_search *search, const struct mz_node *node)
{
    double *lower = mz_xcalloc((size_t)search->count, sizeof(double));
    double *upper = mz_xcalloc((size_t)search->count, sizeof(double));
    bool possible = true;

    memcpy(lower, search->lower, (size_t)search->count * sizeof(double));
    memcpy(upper, search->upper, (size_t)search->count * sizeof(double));
    for (int32_t i = 0; i < node->change_count; i++) {
        const struct mz_bound_change *change = &node->changes[i];

        lower[change->index] = fmax(lower[change->index], change->lower);
        upper[change->index] = fmin(upper[change->index], change->upper);
        possible = possible && lower[change->index] <= upper[change->index];
    }
    for (int32_t k = 0; possible && k < search->count; k++)
        mz_search_set_bounds(search, k, lower[k], upper[k]);
    free(lower);
    free(upper);
    return possible;
}

/* --- linear programs --------------------------------------------------------------------- */

static int32_t index_bounds(
    const struct mz_search *search, int32_t c, int32_t index, double *ret_lower, double *ret_upper)
{
    if (index < search->count && search->columns[index] == c) {
        *ret_lower = search->now_lower[index];
        *ret_upper = search->now_upper[index];
        return index + 1;
    }
    *ret_lower = search->lp->col_lower[c];
    *ret_upper = search->lp->col_upper[c];
    return index;
}

/* The value of a dual point: a lower bound of the LP whatever the point is. Multipliers of a wrong
 * sign count as 0; a reduced cost towards an infinite bound makes it worthless. */
static double bound_of_dual(struct mz_search *search)
{
    const struct mz_lp *lp = search->lp;
    const double *y = search->lp_solution->y;
    double *usable = search->scratch;
    double total = 0;
    int32_t index = 0;

    for (int32_t r = 0; r < lp->row_count; r++) {
        double side = y[r] > 0 ? lp->row_lower[r] : lp->row_upper[r];

        usable[r] = isfinite(side) && isfinite(y[r]) ? y[r] : 0;
        if (usable[r] != 0)
            total += usable[r] * side;
    }
    for (int32_t c = 0; c < lp->column_count; c++) {
        double rest = lp->cost[c];
        double lower;
        double upper;
        double bound;

        index = index_bounds(search, c, index, &lower, &upper);
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            rest -= lp->values[i] * usable[lp->rows[i]];
        bound = rest > 0 ? lower : upper;
        if (!isfinite(bound) && search->has_implied)
            bound = rest > 0 ? search->implied_lower[c] : search->implied_upper[c];
        if (isfinite(bound))
            total += rest * bound;
        else if (fabs(rest) > DUAL_NOISE)
            return -MZ_INFINITY;
    }
    return total;
}

static double objective_of(const struct mz_search *search, const double *x)
{
    double total = 0;

    for (int32_t c = 0; c < search->lp->column_count; c++)
        total += search->lp->cost[c] * x[c];
    return total;
}

static enum mz_solve_status solve_once(struct mz_search *search, enum mz_start start, double cutoff)
{
    int32_t before = search->lp_solution->iterations;
    enum mz_solve_status status;

    search->adapter->set_cutoff(search->state, cutoff);
    status = search->adapter->solve_lp(search->state, start, search->options, search->lp_solution);
    search->adapter->set_cutoff(search->state, MZ_INFINITY);
    search->iterations += search->lp_solution->iterations - before;
    return status;
}

static void read_values(struct mz_search *search)
{
    for (int32_t k = 0; k < search->count; k++) {
        search->value[k] = search->lp_solution->x[search->columns[k]];
        search->reduced[k] = search->lp_solution->d[search->columns[k]];
    }
}

/* An LP stopped at its limit: its dual point may fall short of it, because the library's
 * objective is that of perturbed costs. Looks again with the limit moved by what was missing, then
 * without. */
static enum mz_solve_status solve_to_cutoff(
    struct mz_search *search, double cutoff, double *ret_bound)
{
    double missing = cutoff - *ret_bound;
    enum mz_solve_status status;

    if (isfinite(missing)) {
        status = solve_once(search, MZ_START_DUAL, cutoff + LIMIT_MOVED * missing);
        if (status != MZ_SOLVE_STOPPED)
            return status;
        *ret_bound = bound_of_dual(search);
        if (*ret_bound >= cutoff || mz_search_is_stopped(search))
            return status;
    }
    status = solve_once(search, MZ_START_DUAL, MZ_INFINITY);
    if (status != MZ_SOLVE_OPTIMAL && status != MZ_SOLVE_INFEASIBLE &&
        !mz_search_is_stopped(search))
        status = solve_once(search, MZ_START_COLD, MZ_INFINITY);
    *ret_bound = -MZ_INFINITY;
    return status;
}

enum mz_lp_end mz_search_solve(struct mz_search *search, double limit, double *ret_bound)
{
    double cutoff = mz_search_cutoff(search);
    enum mz_solve_status status = solve_once(search, MZ_START_DUAL, fmin(cutoff, limit));

    if (status == MZ_SOLVE_STOPPED) {
        *ret_bound = bound_of_dual(search);
        if (*ret_bound >= cutoff)
            return MZ_LP_CUT;
        if (limit < cutoff || mz_search_is_stopped(search))
            return MZ_LP_UNSURE;
        status = solve_to_cutoff(search, cutoff, ret_bound);
        if (status == MZ_SOLVE_STOPPED && *ret_bound >= cutoff)
            return MZ_LP_CUT;
    }
    switch (status) {
    case MZ_SOLVE_OPTIMAL:
        read_values(search);
        *ret_bound = objective_of(search, search->lp_solution->x);
        return *ret_bound >= cutoff ? MZ_LP_CUT : MZ_LP_SOLVED;
    case MZ_SOLVE_INFEASIBLE: *ret_bound = MZ_INFINITY; return MZ_LP_CUT;
    case MZ_SOLVE_FEASIBLE:
    case MZ_SOLVE_UNBOUNDED:
    case MZ_SOLVE_STOPPED: break;
    }
    *ret_bound = -MZ_INFINITY;
    search->trouble = search->trouble || !mz_search_is_stopped(search);
    return MZ_LP_UNSURE;
}

double mz_search_fraction(const struct mz_search *search, int32_t *ret_index)
{
    double worst = 0;

    *ret_index = -1;
    for (int32_t k = 0; k < search->count; k++) {
        double fraction = fabs(search->value[k] - nearbyint(search->value[k]));

        if (fraction > worst) {
            worst = fraction;
            *ret_index = k;
        }
    }
    return worst;
}

bool mz_search_try_whole(struct mz_search *search, double *ret_objective)
{
    size_t size = (size_t)search->count * sizeof(double);
    double *bounds = mz_xcalloc((size_t)search->count * 2, sizeof(double));
    double *upper = bounds + search->count;
    enum mz_solve_status status;

    memcpy(bounds, search->now_lower, size);
    memcpy(upper, search->now_upper, size);
    for (int32_t k = 0; k < search->count; k++) {
        double whole = fmin(fmax(nearbyint(search->value[k]), bounds[k]), upper[k]);

        mz_search_set_bounds(search, k, whole, whole);
    }
    status = solve_once(search, MZ_START_DUAL, MZ_INFINITY);
    if (status == MZ_SOLVE_OPTIMAL) {
        *ret_objective = objective_of(search, search->lp_solution->x);
        if (!search->has_best || *ret_objective < search->best) {
            search->has_best = true;
            search->best = *ret_objective;
            memcpy(search->best_x, search->lp_solution->x,
                (size_t)search->lp->column_count * sizeof(double));
            for (int32_t k = 0; k < search->count; k++)
                search->best_x[search->columns[k]] = search->now_lower[k];
        }
    }
    for (int32_t k = 0; k < search->count; k++)
        mz_search_set_bounds(search, k, bounds[k], upper[k]);
    free(bounds);
    return status == MZ_SOLVE_OPTIMAL;
}
