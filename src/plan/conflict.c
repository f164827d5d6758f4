/* conflict.c - an irreducible set of rules that cannot hold together
 * One solver is kept warm; dropping a limit frees its row or its bound. Invariant of the filters:
 * what is kept is infeasible. */
#include "plan/explain.h"

#include <math.h>
#include <stdlib.h>

struct filter {
    struct mz_plan *plan;
    struct mz_solver *solver;
    struct mz_conflict_set *set;
    bool relaxed;
};

static void set_limit(struct filter *filter, const struct mz_limit *limit, bool on)
{
    const struct mz_lp *lp = &filter->plan->model->lp;
    int32_t i = limit->index;

    if (limit->is_column)
        mz_solver_set_column(filter->solver, i,
            on || limit->is_upper ? lp->col_lower[i] : -MZ_INFINITY,
            on || !limit->is_upper ? lp->col_upper[i] : MZ_INFINITY);
    else if (on)
        mz_solver_set_row(filter->solver, i, lp->row_lower[i], lp->row_upper[i]);
    else
        mz_solver_set_row(filter->solver, i, -MZ_INFINITY, MZ_INFINITY);
}

bool mz_limit_kept(const struct mz_conflict_set *set, const struct mz_element *element,
    const struct mz_limit *limit)
{
    return element->kept && (limit->period < 0 || set->period_kept[limit->period]);
}

static void apply(struct filter *filter, const struct mz_element *without)
{
    for (int32_t e = 0; e < filter->set->element_count; e++) {
        const struct mz_element *element = &filter->set->elements[e];

        for (int32_t i = 0; i < element->limit_count; i++)
            set_limit(filter, element->limits[i],
                element != without && mz_limit_kept(filter->set, element, element->limits[i]));
    }
}

static enum mz_status is_feasible(struct filter *filter, bool *ret_feasible, struct mz_error *err)
{
    struct mz_solution solution;
    enum mz_status status =
        mz_solver_solve(filter->solver, MZ_START_DUAL, filter->relaxed, &solution, err);

    /* a warm start that got stuck (all costs are 0, so every basis is as good): from nothing */
    if (status == MZ_OK && solution.status == MZ_SOLVE_STOPPED)
        status = mz_solver_solve(filter->solver, MZ_START_COLD, filter->relaxed, &solution, err);
    if (status == MZ_OK && solution.status == MZ_SOLVE_STOPPED)
        status = mz_solver_solve(filter->solver, MZ_START_PRIMAL, filter->relaxed, &solution, err);
    if (status != MZ_OK)
        return status;
    /* without limits the objective may have no floor: a plan exists all the same */
    *ret_feasible = solution.status != MZ_SOLVE_INFEASIBLE;
    if (solution.status == MZ_SOLVE_STOPPED)
        return mz_fail(err, MZ_E_INTERRUPT, "stopped while looking for the reason");
    return MZ_OK;
}

/* --- elements ---------------------------------------------------------------------------- */

/* Rules with a soft slack can never make a plan impossible. */
static bool can_conflict(const struct mz_limit *limit)
{
    return limit->hard || limit->slack < 0;
}

static struct mz_element *find_element(struct mz_conflict_set *set, const struct mz_limit *limit)
{
    for (int32_t e = set->element_count - 1; e >= 0; e--) {
        struct mz_element *element = &set->elements[e];

        if (element->rule == limit->rule && element->entity == limit->entity &&
            element->sub == limit->sub)
            return element;
    }
    return NULL;
}

static void collect(struct mz_plan *plan, struct mz_conflict_set *set)
{
    const struct mz_model *model = plan->model;
    struct mz_arena *arena = plan->arena;

    set->elements = mz_arena_alloc(arena, MZ_ELEMENT_COUNT_MAX, sizeof(*set->elements));
    set->period_kept =
        mz_arena_alloc(arena, (size_t)model->period_count, sizeof(*set->period_kept));
    for (int32_t t = 0; t < model->period_count; t++)
        set->period_kept[t] = true;
    for (size_t i = 0; i < model->limit_count; i++) {
        struct mz_element *element;

        if (!can_conflict(&model->limits[i]))
            continue;
        element = find_element(set, &model->limits[i]);
        if (!element && set->element_count == MZ_ELEMENT_COUNT_MAX)
            continue; /* stays on for good: part of the physics, as far as this search goes */
        if (!element) {
            element = &set->elements[set->element_count++];
            *element = (struct mz_element){ .rule = model->limits[i].rule,
                .entity = model->limits[i].entity,
                .sub = model->limits[i].sub,
                .kept = true };
            element->limits =
                mz_arena_alloc(arena, (size_t)model->period_count + 1, sizeof(struct mz_limit *));
        }
        if (element->limit_count <= model->period_count)
            element->limits[element->limit_count++] = &model->limits[i];
    }
}

/* --- the filters ------------------------------------------------------------------------- */

/* Weight of a limit in the Farkas proof: of its row, or of the column whose bound it is. */
static double weight_of(
    const struct mz_limit *limit, const struct mz_solution *solution, const double *column_sums)
{
    return fabs(limit->is_column ? column_sums[limit->index] : solution->ray[limit->index]);
}

/* Keeps only rules and periods that the proof uses. */
static void keep_support(struct filter *filter, const double *column_sums)
{
    struct mz_conflict_set *set = filter->set;

    for (int32_t t = 0; t < filter->plan->model->period_count; t++)
        set->period_kept[t] = false;
    for (int32_t e = 0; e < set->element_count; e++) {
        struct mz_element *element = &set->elements[e];

        element->kept = false;
        for (int32_t i = 0; i < element->limit_count; i++) {
            const struct mz_limit *limit = element->limits[i];

            if (weight_of(limit, &filter->plan->solution, column_sums) <= 1e-9)
                continue;
            element->kept = true;
            if (limit->period >= 0)
                set->period_kept[limit->period] = true;
        }
    }
}

static void keep_all(struct filter *filter)
{
    for (int32_t t = 0; t < filter->plan->model->period_count; t++)
        filter->set->period_kept[t] = true;
    for (int32_t e = 0; e < filter->set->element_count; e++)
        filter->set->elements[e].kept = true;
}

/* Begins with what the Farkas proof uses, when that alone is infeasible; else with everything. */
static enum mz_status use_ray(struct filter *filter, struct mz_error *err)
{
    const struct mz_solution *solution = &filter->plan->solution;
    const struct mz_lp *lp = &filter->plan->model->lp;
    double *sums;
    bool feasible = false;
    enum mz_status status;

    if (!solution->ray || !filter->relaxed)
        return MZ_OK;
    sums = mz_arena_alloc(filter->plan->arena, (size_t)lp->column_count, sizeof(*sums));
    for (int32_t c = 0; c < lp->column_count; c++) {
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            sums[c] += lp->values[i] * solution->ray[lp->rows[i]];
    }
    keep_support(filter, sums);
    apply(filter, NULL);
    status = is_feasible(filter, &feasible, err);
    if (feasible)
        keep_all(filter);
    return status;
}

static enum mz_status drop_periods(struct filter *filter, struct mz_error *err)
{
    for (int32_t t = filter->plan->model->period_count - 1; t >= 0; t--) {
        bool feasible;
        enum mz_status status;

        if (!filter->set->period_kept[t])
            continue;
        filter->set->period_kept[t] = false;
        apply(filter, NULL);
        status = is_feasible(filter, &feasible, err);
        if (status != MZ_OK)
            return status;
        filter->set->period_kept[t] = feasible;
    }
    return MZ_OK;
}

static bool has_kept_limit(const struct mz_conflict_set *set, const struct mz_element *element)
{
    for (int32_t i = 0; i < element->limit_count; i++) {
        if (mz_limit_kept(set, element, element->limits[i]))
            return true;
    }
    return false;
}

static enum mz_status drop_elements(struct filter *filter, struct mz_error *err)
{
    for (int32_t e = 0; e < filter->set->element_count; e++) {
        struct mz_element *element = &filter->set->elements[e];
        bool feasible;
        enum mz_status status;

        if (!element->kept)
            continue;
        if (!has_kept_limit(filter->set, element)) {
            element->kept = false;
            continue;
        }
        element->kept = false;
        apply(filter, NULL);
        status = is_feasible(filter, &feasible, err);
        if (status != MZ_OK)
            return status;
        element->kept = feasible;
    }
    return MZ_OK;
}

/* The objective plays no part: without costs nothing is unbounded and re-solves are short. */
static enum mz_status open_solver(struct filter *filter, struct mz_plan *plan, struct mz_error *err)
{
    enum mz_status status =
        mz_solver_create(&plan->model->lp, &plan->options.solver, &filter->solver, err);

    for (int32_t c = 0; status == MZ_OK && c < plan->model->lp.column_count; c++)
        mz_solver_set_cost(filter->solver, c, 0);
    return status;
}

enum mz_status mz_conflict_find(
    struct mz_plan *plan, struct mz_conflict_set *ret_set, struct mz_error *err)
{
    struct filter filter = { .plan = plan, .set = ret_set, .relaxed = true };
    bool feasible = true;
    enum mz_status status;

    *ret_set = (struct mz_conflict_set){ 0 };
    collect(plan, ret_set);
    status = open_solver(&filter, plan, err);
    if (plan->solution.ray) /* the LP was proved infeasible already */
        feasible = false;
    else if (status == MZ_OK)
        status = is_feasible(&filter, &feasible, err);
    if (status == MZ_OK && feasible) { /* only the whole numbers are in the way */
        filter.relaxed = false;
        ret_set->integers = true;
    }
    if (status == MZ_OK)
        status = use_ray(&filter, err);
    if (status == MZ_OK)
        status = drop_periods(&filter, err);
    if (status == MZ_OK)
        status = drop_elements(&filter, err);
    mz_solver_free(filter.solver);
    return status;
}

enum mz_status mz_conflict_feasible(struct mz_plan *plan, const struct mz_conflict_set *set,
    const struct mz_element *without, bool *ret_feasible, struct mz_error *err)
{
    struct mz_conflict_set copy = *set;
    struct filter filter = { .plan = plan, .set = &copy, .relaxed = !set->integers };
    enum mz_status status = open_solver(&filter, plan, err);

    if (status == MZ_OK) {
        apply(&filter, without);
        status = is_feasible(&filter, ret_feasible, err);
    }
    mz_solver_free(filter.solver);
    return status;
}
