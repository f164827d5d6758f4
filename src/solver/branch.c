/* branch.c - branch and bound: the search
 *
 * One node at a time: its LP is solved from its parent's basis, it is dropped, found whole, or
 * branched (branch_pick.c). The child with the least bound is next (plunging: its LP is nearly
 * solved and it leads to points), the others wait in the heap; when a plunge ends, the node with
 * the least bound is next. Ties are broken by sequence: the same program takes the same path.
 *
 * Dropping: a node whose proved bound reaches the cutoff. The least of those bounds, of the open
 * nodes' bounds and of the best point's objective is the bound that is reported.
 */
#include "solver/branch.h"

#include "base/arena.h"
#include "solver/branch_tree.h"

#include <stdlib.h>
#include <string.h>

enum { NODE_COUNT_MAX = 2000, DIVE_NODE_FIRST = 4 };

static void search_init(struct mz_search *search)
{
    const struct mz_lp *lp = search->lp;
    size_t count = (size_t)lp->integer_count;
    size_t most = (size_t)(lp->row_count > lp->column_count ? lp->row_count : lp->column_count);

    search->columns = mz_xcalloc(count, sizeof(int32_t));
    for (int32_t c = 0; c < lp->column_count; c++) {
        if (lp->is_integer[c])
            search->columns[search->count++] = c;
    }
    search->lower = mz_xcalloc(count, sizeof(double));
    search->upper = mz_xcalloc(count, sizeof(double));
    search->now_lower = mz_xcalloc(count, sizeof(double));
    search->now_upper = mz_xcalloc(count, sizeof(double));
    search->pseudo = mz_xcalloc(count, sizeof(*search->pseudo));
    search->value = mz_xcalloc(count, sizeof(double));
    search->reduced = mz_xcalloc(count, sizeof(double));
    search->root_value = mz_xcalloc(count, sizeof(double));
    search->root_reduced = mz_xcalloc(count, sizeof(double));
    search->scratch = mz_xcalloc(most, sizeof(double));
    search->root_reduced_all = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    search->implied_lower = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    search->implied_upper = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    memcpy(search->root_reduced_all, search->lp_solution->d,
        (size_t)lp->column_count * sizeof(double));
    search->best_x = mz_xcalloc((size_t)lp->column_count, sizeof(double));
    search->open = mz_xcalloc(MZ_BRANCH_OPEN_MAX, sizeof(struct mz_node *));
    search->dropped_bound = MZ_INFINITY;
    search->root_objective = search->lp_solution->objective;
    for (int32_t k = 0; k < search->count; k++) {
        int32_t c = search->columns[k];

        /* an integer's bounds are whole; a column at 2.5 to 2.6 has none, which stays visible */
        search->now_lower[k] = lp->col_lower[c];
        search->now_upper[k] = lp->col_upper[c];
        search->lower[k] = ceil(lp->col_lower[c] - MZ_WHOLE_TOLERANCE);
        search->upper[k] = floor(lp->col_upper[c] + MZ_WHOLE_TOLERANCE);
        search->root_value[k] = search->lp_solution->x[c];
        search->root_reduced[k] = search->lp_solution->d[c];
    }
    mz_sets_find(search);
}

static void search_finish(struct mz_search *search)
{
    for (int32_t k = 0; k < search->count; k++) {
        int32_t c = search->columns[k];

        mz_search_set_bounds(search, k, search->lp->col_lower[c], search->lp->col_upper[c]);
    }
    while (search->open_count > 0)
        mz_node_free(mz_open_pop(search));
    free(search->columns);
    free(search->lower);
    free(search->upper);
    free(search->now_lower);
    free(search->now_upper);
    free(search->pseudo);
    free(search->sets);
    free(search->members);
    free(search->value);
    free(search->reduced);
    free(search->root_value);
    free(search->root_reduced);
    free(search->root_reduced_all);
    free(search->implied_lower);
    free(search->implied_upper);
    free(search->scratch);
    free(search->best_x);
    free(search->open);
}

/* --- reduced costs ----------------------------------------------------------------------- */

/* Bounds of an integer within which the objective can stay under the cutoff: an LP value at a bound
 * with reduced cost d moves the objective by at least |d| a unit. True: they are tighter. */
static bool tighten(struct mz_search *search, double objective, double value, double reduced,
    double *lower, double *upper)
{
    double room = mz_search_cutoff(search) - objective;
    double steps;

    if (!isfinite(room) || fabs(reduced) < 1e-7 || *lower == *upper)
        return false;
    steps = floor(fmax(0, room) / fabs(reduced) + 1e-6);
    if (reduced > 0 && value <= *lower + 1e-9 && *lower + steps < *upper)
        *upper = *lower + steps;
    else if (reduced < 0 && value >= *upper - 1e-9 && *upper - steps > *lower)
        *lower = *upper - steps;
    else
        return false;
    search->dropped_bound = fmin(search->dropped_bound, objective + fabs(reduced) * (steps + 1));
    return true;
}

static void tighten_root(struct mz_search *search)
{
    for (int32_t k = 0; k < search->count; k++)
        (void)tighten(search, search->root_objective, search->root_value[k],
            search->root_reduced[k], &search->lower[k], &search->upper[k]);
}

/* The node with bounds tightened by its own reduced costs; takes the node. */
static struct mz_node *tighten_node(
    struct mz_search *search, struct mz_node *node, double objective)
{
    struct mz_bound_change *changes = mz_xcalloc((size_t)search->count, sizeof(*changes));
    struct mz_node *tight;
    int32_t count = 0;

    for (int32_t k = 0; k < search->count; k++) {
        double lower = search->now_lower[k];
        double upper = search->now_upper[k];

        if (tighten(search, objective, search->value[k], search->reduced[k], &lower, &upper))
            changes[count++] = (struct mz_bound_change){ k, lower, upper };
    }
    tight = mz_node_create(search, node, changes, count);
    tight->depth = node->depth;
    tight->basis = mz_basis_use(node->basis);
    for (int32_t i = 0; i < count; i++)
        mz_search_set_bounds(search, changes[i].index, changes[i].lower, changes[i].upper);
    free(changes);
    mz_node_free(node);
    return tight;
}

/* --- the search -------------------------------------------------------------------------- */

static void drop(struct mz_search *search, struct mz_node *node)
{
    search->dropped_bound = fmin(search->dropped_bound, node->bound);
    mz_node_free(node);
}

/* Children become nodes: returns the best, the others wait. Takes the node. */
static struct mz_node *descend(
    struct mz_search *search, struct mz_node *node, const struct mz_branching *way)
{
    struct mz_node *best = NULL;
    double best_guess = MZ_INFINITY;

    for (int32_t i = 0; i < way->child_count; i++) {
        const struct mz_child *child = &way->children[i];
        struct mz_node *next;

        if (child->is_dead)
            continue;
        next = mz_node_create(search, node, way->changes + child->begin, child->end - child->begin);
        next->bound = fmax(node->bound, child->bound);
        next->basis = mz_basis_use(child->basis ? child->basis : node->basis);
        if (!child->basis) /* else strong branching has learnt from it */
            next->step = child->step;
        if (best && best_guess <= child->guess) {
            mz_open_push(search, next);
            continue;
        }
        if (best)
            mz_open_push(search, best);
        best = next;
        best_guess = child->guess;
    }
    mz_node_free(node);
    return best;
}

/* A node whose LP is whole within the tolerance: true when nothing better is below it. */
static bool is_finished(struct mz_search *search, double objective, double fraction)
{
    double whole;

    if (!mz_search_try_whole(search, &whole)) {
        search->trouble = search->trouble || fraction <= MZ_CUT_TOLERANCE;
        return fraction <= MZ_CUT_TOLERANCE;
    }
    return fraction <= MZ_CUT_TOLERANCE ||
        whole <= objective + MZ_CUT_TOLERANCE * fmax(1, fabs(objective));
}

/* Works on a node whose bounds are in force; returns the node to go on with, or NULL. */
static struct mz_node *branch_node(struct mz_search *search, struct mz_node *node)
{
    struct mz_branching way = { 0 };
    double objective;
    int32_t worst;
    double fraction;

    switch (mz_search_solve(search, MZ_INFINITY, &objective)) {
    case MZ_LP_CUT:
        node->bound = fmax(node->bound, objective);
        mz_pseudo_learn(search, &node->step, objective);
        drop(search, node);
        return NULL;
    case MZ_LP_UNSURE: mz_open_push(search, node); return NULL;
    case MZ_LP_SOLVED: break;
    }
    mz_pseudo_learn(search, &node->step, objective);
    node->bound = fmax(node->bound, objective);
    mz_basis_release(node->basis);
    node->basis = mz_basis_save(search);
    fraction = mz_search_fraction(search, &worst);
    if (fraction <= MZ_WHOLE_TOLERANCE && is_finished(search, objective, fraction)) {
        drop(search, node);
        return NULL;
    }
    node = tighten_node(search, node, objective);
    mz_branching_choose(search, node, objective, node->basis, &way);
    node = descend(search, node, &way);
    mz_branching_finish(&way);
    return node;
}

static bool is_exhausted(const struct mz_search *search)
{
    return search->nodes >= NODE_COUNT_MAX || search->trouble ||
        search->open_count + 2 * MZ_BRANCH_CHILDREN_MAX > MZ_BRANCH_OPEN_MAX;
}

/* Dives become rarer; the first nodes decide where to dive. */
static bool is_dive_due(const struct mz_search *search)
{
    return search->nodes >= DIVE_NODE_FIRST && (search->nodes & (search->nodes - 1)) == 0;
}

static void run(struct mz_search *search)
{
    struct mz_node *node = mz_node_create(search, NULL, NULL, 0);
    double best = MZ_INFINITY;

    node->bound = search->root_objective;
    node->basis = mz_basis_save(search);
    while (node || (node = mz_open_pop(search))) {
        if (mz_search_is_stopped(search) || is_exhausted(search)) {
            mz_open_push(search, node);
            return;
        }
        if (search->has_best && search->best < best) {
            best = search->best;
            tighten_root(search);
            mz_search_imply_bounds(search);
        }
        if (node->bound >= mz_search_cutoff(search)) {
            drop(search, node);
            node = NULL;
            continue;
        }
        if (!mz_search_enter(search, node)) {
            mz_node_free(node);
            node = NULL;
            continue;
        }
        search->nodes++;
        search->adapter->set_basis(search->state, node->basis->bytes);
        node = branch_node(search, node);
        if (node && is_dive_due(search))
            mz_search_dive(search, node);
    }
}

static enum mz_branch_end read_end(struct mz_search *search, struct mz_solution *solution)
{
    bool done = search->open_count == 0 && !search->trouble && !search->interrupted;
    double bound = search->dropped_bound;

    if (search->open_count > 0)
        bound = fmin(bound, search->open[0]->bound);
    if (search->trouble)
        bound = fmin(bound, search->root_objective);
    if (search->has_best) {
        bound = fmin(bound, search->best);
        memcpy(solution->x, search->best_x, (size_t)search->lp->column_count * sizeof(double));
        solution->objective = search->best;
        done = done || bound >= mz_search_cutoff(search);
        solution->status = done ? MZ_SOLVE_OPTIMAL : MZ_SOLVE_FEASIBLE;
    } else {
        solution->status = done ? MZ_SOLVE_INFEASIBLE : MZ_SOLVE_STOPPED;
    }
    solution->bound = fmax(bound, search->root_objective);
    solution->nodes += search->nodes;
    if (done)
        return MZ_BRANCH_DONE;
    return search->interrupted ? MZ_BRANCH_STOPPED : MZ_BRANCH_LIMIT;
}

enum mz_branch_end mz_branch_solve(const struct mz_solver_adapter *adapter, void *state,
    const struct mz_lp *lp, const struct mz_solver_options *options, struct mz_solution *solution)
{
    struct mz_search search = {
        .adapter = adapter, .state = state, .lp = lp, .options = options, .lp_solution = solution
    };
    enum mz_branch_end end;

    if (options->now && options->seconds_max > 0)
        search.deadline = options->now() + options->seconds_max;
    solution->ray = NULL; /* nobody asks why a node is infeasible */
    search_init(&search);
    run(&search);
    end = read_end(&search, solution);
    search_finish(&search);
    return end;
}
