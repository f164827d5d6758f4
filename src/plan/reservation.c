/* reservation.c - up to which price a contract is still taken
 *
 * The reservation price of a contract is the highest price per chip-hour, the same for all its
 * chips, at which the plan would still take some of it (all of it when it is `whole`) if nothing
 * obliged to: no commitment, nothing signed yet. Prices move the objective and the cash. Integers
 * stay as in the plan but for the contract's own.
 *
 * With V0 the best objective without the contract and V(p) the best at price p, V(p) rises with p
 * up to V0. The search keeps a bracket, taken at `low` and not taken at `high`, and steps along the
 * tangent of V (its slope comes from the duals), which never overshoots where V is concave; outside
 * the bracket or when it creeps, it halves. It ends at 0.05 %, inside the 0.1 % that is promised.
 * For kind own the price stands for its opex.
 */
#include "plan/plan.h"

#include <math.h>
#include <string.h>

enum { STEP_COUNT_MAX = 60 };
#define PRECISION 5e-4
#define PRICE_LEAST 1e-4 /* USD/chip-hour: below it is "not at any price" */
#define PRICE_MOST 1e4   /* "at any price" */
#define TAKEN_LEAST 1e-7 /* thousand chips, mean over the horizon */

struct variant {
    struct mz_plan *plan;
    struct mz_arena *arena; /* of one contract's search */
    int32_t g;
    int32_t fixed_sign; /* period in which a whole contract is signed; -1: not fixed */
    struct mz_solver *last;
    double objective;
    double slope;      /* of V, M USD per USD/chip-hour */
    double chips;      /* mean delivered over the horizon, thousands */
    int32_t best_sign; /* period with the largest share of a whole contract's signing */
    bool solved;
};

/* The scenario with one price for every chip of contract g, and no commitment on it. */
static const struct mz_scenario *with_price(const struct variant *variant, double price)
{
    const struct mz_scenario *base = variant->plan->scenario;
    struct mz_scenario *scenario = mz_arena_alloc(variant->arena, 1, sizeof(*scenario));
    struct mz_contract *contracts =
        mz_arena_alloc(variant->arena, (size_t)base->contract_count, sizeof(*contracts));
    struct mz_contract *contract = &contracts[variant->g];
    struct mz_step *step = mz_arena_alloc(variant->arena, 1, sizeof(*step));
    struct mz_chip_series *any = mz_arena_alloc(variant->arena, 1, sizeof(*any));

    *scenario = *base;
    memcpy(contracts, base->contracts, (size_t)base->contract_count * sizeof(*contracts));
    scenario->contracts = contracts;
    *step = (struct mz_step){ MZ_MONTH_ALWAYS, price };
    any->chip = -1;
    any->series = (struct mz_series){ .steps = step, .step_count = 1, .before = MZ_BEFORE_FIRST };
    contract->commit_usd = 0;
    if (contract->kind == MZ_CONTRACT_OWN) {
        contract->opex_usd_per_chip_hour = any->series;
    } else {
        contract->price_usd_per_chip_hour = any;
        contract->price_count = 1;
    }
    return scenario;
}

/* Integers at the values of the plan, in order: a variant has the same ones. Its own signing is
 * forbidden, free, or fixed. */
static void fix_integers(const struct variant *variant, const struct mz_model *model,
    struct mz_solver *solver, bool allowed)
{
    const struct mz_model *base = variant->plan->model;
    const struct mz_contract_columns *columns = &model->contracts[variant->g];
    int32_t b = 0;

    for (int32_t c = 0; c < model->lp.column_count; c++) {
        double whole;

        if (!model->lp.is_integer[c] || variant->plan->options.relax)
            continue;
        while (!base->lp.is_integer[b])
            b++;
        whole = nearbyint(variant->plan->solution.x[b++]);
        mz_solver_set_column(solver, c, whole, whole);
    }
    for (int32_t s = 0; s < model->period_count; s++) {
        if (columns->sign[s] < 0)
            continue;
        if (variant->fixed_sign < 0 || !allowed)
            mz_solver_set_column(solver, columns->sign[s], 0, allowed ? 1 : 0);
        else
            mz_solver_set_column(
                solver, columns->sign[s], s == variant->fixed_sign, s == variant->fixed_sign);
    }
}

static void forbid(
    const struct variant *variant, const struct mz_model *model, struct mz_solver *solver)
{
    for (int32_t p = 0; p < model->scenario->contracts[variant->g].pool_count; p++) {
        for (int32_t t = 0; t < model->period_count; t++) {
            int32_t column = model->contracts[variant->g].dlv[mz_at(model, p, t)];

            if (column >= 0)
                mz_solver_set_column(solver, column, 0, 0);
        }
    }
}

/* dV/dp: what a dollar more per chip-hour costs the plan at hand, cash duals included. */
static void read_point(
    struct variant *variant, const struct mz_model *model, const struct mz_solution *solution)
{
    double hours_all = 0;
    double best = 0;

    variant->slope = variant->chips = 0;
    variant->best_sign = -1;
    for (int32_t t = 0; t < model->period_count; t++) {
        double hours = model->periods[t].hours;
        double cash = model->cash_row[t] >= 0 ? solution->y[model->cash_row[t]] : 0;
        int32_t sign = model->contracts[variant->g].sign[t];

        hours_all += hours;
        for (int32_t p = 0; p < model->scenario->contracts[variant->g].pool_count; p++) {
            int32_t column = model->contracts[variant->g].dlv[mz_at(model, p, t)];
            double chips = column >= 0 ? fmax(0, solution->x[column]) : 0;

            variant->slope +=
                chips * hours * MZ_CHIP_UNIT / MZ_MONEY_UNIT * (model->discount[t] - cash);
            variant->chips += chips * hours;
        }
        if (sign >= 0 && solution->x[sign] > best) {
            best = solution->x[sign];
            variant->best_sign = t;
        }
    }
    variant->chips /= hours_all;
    variant->objective = solution->objective;
}

/* Solves at a price; without the contract when not allowed. */
static enum mz_status solve_at(
    struct variant *variant, double price, bool allowed, struct mz_error *err)
{
    struct mz_build_options build = { variant->plan->options.strict, NULL };
    struct mz_model *model;
    struct mz_solver *solver = NULL;
    struct mz_solution solution;
    enum mz_status status =
        mz_model_build(variant->arena, with_price(variant, price), &build, &model, err);

    if (status != MZ_OK)
        return status;
    status = mz_solver_create(&model->lp, &variant->plan->options.solver, &solver, err);
    if (status == MZ_OK) {
        fix_integers(variant, model, solver, allowed);
        if (!allowed)
            forbid(variant, model, solver);
        if (variant->last)
            mz_solver_copy_basis(solver, variant->last);
        status = mz_solver_solve(
            solver, variant->last ? MZ_START_DUAL : MZ_START_COLD, true, &solution, err);
    }
    if (status == MZ_OK) {
        variant->solved = solution.status == MZ_SOLVE_OPTIMAL;
        if (variant->solved)
            read_point(variant, model, &solution);
        mz_solver_free(variant->last);
        variant->last = solver;
    } else {
        mz_solver_free(solver);
    }
    mz_model_free(model);
    return status;
}

/* Is the contract worth taking at the point just solved? */
static bool is_taken(const struct variant *variant, double without)
{
    if (variant->fixed_sign >= 0)
        return variant->objective < without;
    return variant->chips > TAKEN_LEAST;
}

/* Where the search begins: what the contract costs on average now. */
static double stated_price(const struct variant *variant)
{
    const struct mz_model *model = variant->plan->model;
    const struct mz_contract *contract = &model->scenario->contracts[variant->g];
    double sum = 0;

    for (int32_t p = 0; p < contract->pool_count; p++)
        sum += mz_model_price(model, variant->g, contract->pools[p].chip, 0);
    return fmax(0.01, sum / contract->pool_count);
}

/* Narrows [low, high] until it is within the precision; starts from the stated price. */
static enum mz_status narrow(
    struct variant *variant, double without, double *ret_price, struct mz_error *err)
{
    double low = 0;
    double high = HUGE_VAL;
    double price = stated_price(variant);

    for (int32_t step = 0; step < STEP_COUNT_MAX; step++) {
        enum mz_status status = solve_at(variant, price, true, err);
        double tangent;

        if (status != MZ_OK)
            return status;
        if (!variant->solved)
            break; /* taken in full it fits nowhere: not at any price */
        if (is_taken(variant, without)) {
            low = price;
            tangent = price + (without - variant->objective) / fmax(variant->slope, 1e-12);
            /* a hair more, so that the next point closes the bracket instead of creeping to it */
            price = fmax(tangent * (1 + PRECISION / 2), low * (1 + PRECISION));
        } else {
            high = price;
            tangent = price - (variant->objective - without) / fmax(variant->slope, 1e-12);
            price = variant->fixed_sign >= 0 && tangent > low ? tangent * (1 - PRECISION / 2) : low;
        }
        if ((isfinite(high) && high - low <= PRECISION * high) || low > PRICE_MOST ||
            high < PRICE_LEAST)
            break;
        if (price <= low || price >= high)
            price = isinf(high) ? low * 2 : low > 0 ? (low + high) / 2 : high / 4;
    }
    *ret_price = low > PRICE_MOST ? HUGE_VAL : low;
    return MZ_OK;
}

static enum mz_status search(struct variant *variant, double *ret_price, struct mz_error *err)
{
    const struct mz_contract *contract = &variant->plan->scenario->contracts[variant->g];
    const struct mz_contract_result *result = &variant->plan->result->contracts[variant->g];
    double without;
    enum mz_status status = solve_at(variant, stated_price(variant), false, err);

    if (status != MZ_OK)
        return status;
    if (!variant->solved) { /* strict, and no plan at all without it */
        *ret_price = HUGE_VAL;
        return MZ_OK;
    }
    without = variant->objective;
    if (contract->whole) {
        variant->fixed_sign = result->signing_count > 0 ? result->signings[0].period : -1;
        if (variant->fixed_sign < 0) { /* the date that suits best when it costs nothing */
            status = solve_at(variant, 0, true, err);
            if (status != MZ_OK)
                return status;
            variant->fixed_sign = variant->best_sign;
        }
        if (variant->fixed_sign < 0) {
            *ret_price = 0;
            return MZ_OK;
        }
    }
    return narrow(variant, without, ret_price, err);
}

enum mz_status mz_plan_reservations(struct mz_plan *plan, struct mz_error *err)
{
    size_t count = (size_t)plan->result->contract_count;
    struct mz_contract_result *contracts = mz_arena_alloc(plan->arena, count, sizeof(*contracts));
    enum mz_status status = MZ_OK;

    if (count > 0)
        memcpy(contracts, plan->result->contracts, count * sizeof(*contracts));
    for (int32_t g = 0; g < (int32_t)count && status == MZ_OK; g++) {
        struct variant variant = {
            .plan = plan, .arena = mz_arena_create(), .g = g, .fixed_sign = -1
        };

        status = search(&variant, &contracts[g].reservation_usd_per_chip_hour, err);
        mz_solver_free(variant.last);
        mz_arena_free(variant.arena);
    }
    if (status == MZ_OK)
        plan->result->contracts = contracts;
    return status;
}
