/* alternatives.c - how little and how much of each partner the same money could buy
 *
 * Near-optimal plans: the objective may rise by a share of the base plan's discounted cost. Within
 * that, the share of a partner in all power over the horizon (MW weighted by hours) is made least
 * and most. A share is a quotient N(x)/D(x); Dinkelbach's method turns it into a few LPs:
 * minimise N - r*D, go on with r = N/D until it stands. Integers stay as in the plan, so each end
 * of the range is a plan that can be had.
 */
#include "plan/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_COUNT_MAX = 20 };
#define SHARE_PRECISION 1e-6

struct search {
    struct mz_plan *plan;
    struct mz_solver *solver; /* the plan's matrix with one more row: the budget */
    double *power;            /* [columns] MW-hours of any partner's delivered chips, in GWh */
    int32_t *partner;         /* [columns] -1: no delivery */
};

static void set_power(struct search *search)
{
    const struct mz_model *model = search->plan->model;

    for (int32_t c = 0; c < model->lp.column_count; c++)
        search->partner[c] = -1;
    for (int32_t g = 0; g < model->scenario->contract_count; g++) {
        const struct mz_contract *contract = &model->scenario->contracts[g];

        for (int32_t p = 0; p < contract->pool_count; p++) {
            for (int32_t t = 0; t < model->period_count; t++) {
                int32_t column = model->contracts[g].dlv[mz_at(model, p, t)];

                if (column < 0)
                    continue;
                search->partner[column] = contract->partner;
                search->power[column] =
                    model->pool_kw[model->contract_pools[g][p]] * model->periods[t].hours / 1e3;
            }
        }
    }
}

/* The plan's program with cost . x <= budget as its last row and no cost. */
static enum mz_status add_budget(struct search *search, double budget, struct mz_error *err)
{
    const struct mz_lp *base = &search->plan->model->lp;
    struct mz_lp lp;
    int32_t row;
    enum mz_status status;

    mz_lp_init(&lp);
    for (int32_t c = 0; c < base->column_count; c++) {
        double whole = nearbyint(search->plan->solution.x[c]);

        if (base->is_integer[c] && !search->plan->options.relax)
            mz_lp_add_column(&lp, whole, whole, 0);
        else
            mz_lp_add_column(&lp, base->col_lower[c], base->col_upper[c], 0);
    }
    for (int32_t r = 0; r < base->row_count; r++)
        mz_lp_add_row(&lp, base->row_lower[r], base->row_upper[r]);
    row = mz_lp_add_row(&lp, -MZ_INFINITY, budget);
    for (int32_t c = 0; c < base->column_count; c++) {
        for (int32_t i = base->starts[c]; i < base->starts[c + 1]; i++)
            mz_lp_add_entry(&lp, base->rows[i], c, base->values[i]);
        mz_lp_add_entry(&lp, row, c, base->cost[c]);
    }
    mz_lp_compress(&lp);
    status = mz_solver_create(&lp, &search->plan->options.solver, &search->solver, err);
    mz_lp_finish(&lp);
    return status;
}

static double share_at(const struct search *search, const double *x, int32_t partner)
{
    double mine = 0;
    double all = 0;

    for (int32_t c = 0; c < search->plan->model->lp.column_count; c++) {
        if (search->partner[c] < 0)
            continue;
        all += search->power[c] * x[c];
        if (search->partner[c] == partner)
            mine += search->power[c] * x[c];
    }
    return all > 0 ? mine / all : 0;
}

/* sign 1: least, -1: most */
static enum mz_status extreme(
    struct search *search, int32_t partner, double sign, double *ret_share, struct mz_error *err)
{
    double share = share_at(search, search->plan->solution.x, partner);

    for (int32_t step = 0; step < STEP_COUNT_MAX; step++) {
        struct mz_solution solution;
        enum mz_status status;
        double next;

        for (int32_t c = 0; c < search->plan->model->lp.column_count; c++) {
            if (search->partner[c] >= 0)
                mz_solver_set_cost(search->solver, c,
                    sign * search->power[c] * ((search->partner[c] == partner) - share));
        }
        status = mz_solver_solve(search->solver, MZ_START_PRIMAL, true, &solution, err);
        if (status != MZ_OK)
            return status;
        if (solution.status != MZ_SOLVE_OPTIMAL)
            return mz_fail(err, MZ_E_SOLVER, "the search for other plans at this cost failed");
        next = share_at(search, solution.x, partner);
        if (sign * (share - next) <= SHARE_PRECISION)
            break;
        share = next;
    }
    *ret_share = share;
    return MZ_OK;
}

/* Discounted cost of the base plan: what the share of extra cost is taken of. */
static double discounted_cost(const struct mz_plan *plan)
{
    double sum = 0;

    for (int32_t t = 0; t < plan->result->period_count; t++)
        sum += plan->model->discount[t] * plan->result->cost_by_period_usd[t];
    return sum;
}

static enum mz_status search_all(
    struct search *search, struct mz_alternative *list, int32_t *ret_count, struct mz_error *err)
{
    const struct mz_scenario *scenario = search->plan->scenario;
    enum mz_status status = MZ_OK;
    int32_t count = 0;

    for (int32_t p = 0; p < scenario->partner_count && status == MZ_OK; p++) {
        struct mz_alternative *alternative = &list[count];

        if (!mz_partner_has_contract(scenario, p))
            continue;
        alternative->partner = p;
        alternative->base_fraction = share_at(search, search->plan->solution.x, p);
        status = extreme(search, p, 1, &alternative->least_fraction, err);
        if (status == MZ_OK)
            status = extreme(search, p, -1, &alternative->most_fraction, err);
        count++;
    }
    *ret_count = count;
    return status;
}

enum mz_status mz_plan_alternatives(struct mz_plan *plan, double extra,
    const struct mz_alternatives **ret_alternatives, struct mz_error *err)
{
    struct mz_alternatives *alternatives = mz_arena_alloc(plan->arena, 1, sizeof(*alternatives));
    struct mz_alternative *list =
        mz_arena_alloc(plan->arena, (size_t)plan->scenario->partner_count, sizeof(*list));
    size_t columns = (size_t)plan->model->lp.column_count;
    struct search search = { plan, NULL, mz_xcalloc(columns, sizeof(double)),
        mz_xcalloc(columns, sizeof(int32_t)) };
    enum mz_status status;

    alternatives->extra = extra;
    alternatives->extra_usd = extra * discounted_cost(plan);
    alternatives->list = list;
    set_power(&search);
    status = add_budget(
        &search, plan->solution.objective + alternatives->extra_usd / MZ_MONEY_UNIT, err);
    if (status == MZ_OK)
        status = search_all(&search, list, &alternatives->count, err);
    mz_solver_free(search.solver);
    free(search.power);
    free(search.partner);
    if (status == MZ_OK)
        *ret_alternatives = alternatives;
    return status;
}
