/* lp_check.c - does a point really solve the program? Plain arithmetic, no solver involved.
 * Tolerances are the caller's; this only measures. Sums use Neumaier compensation, because the
 * objective is compared to 1e-6 between programs that add in other orders. */
#include "base/arena.h"
#include "solver/lp.h"

#include <stdlib.h>

struct sum {
    double total;
    double rest;
};

static void sum_add(struct sum *sum, double value)
{
    double next = sum->total + value;

    if (fabs(sum->total) >= fabs(value))
        sum->rest += (sum->total - next) + value;
    else
        sum->rest += (value - next) + sum->total;
    sum->total = next;
}

static double outside(double value, double lower, double upper)
{
    if (value < lower)
        return (lower - value) / fmax(1, fabs(lower));
    if (value > upper)
        return (value - upper) / fmax(1, fabs(upper));
    return 0;
}

static void check_primal(
    const struct mz_lp *lp, const double *x, double *activity, struct mz_lp_check *check)
{
    struct sum objective = { 0, 0 };

    for (int32_t c = 0; c < lp->column_count; c++) {
        sum_add(&objective, lp->cost[c] * x[c]);
        check->primal = fmax(check->primal, outside(x[c], lp->col_lower[c], lp->col_upper[c]));
        if (lp->is_integer[c])
            check->integrality = fmax(check->integrality, fabs(x[c] - nearbyint(x[c])));
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            activity[lp->rows[i]] += lp->values[i] * x[c];
    }
    for (int32_t r = 0; r < lp->row_count; r++)
        check->primal =
            fmax(check->primal, outside(activity[r], lp->row_lower[r], lp->row_upper[r]));
    check->objective = objective.total + objective.rest;
}

/* A positive multiplier needs a lower bound that holds it, a negative one an upper bound. */
static void check_pair(struct mz_lp_check *check, double value, double multiplier, double lower,
    double upper, double cost_scale, double objective_scale)
{
    double bound = multiplier > 0 ? lower : upper;

    if (multiplier == 0)
        return;
    if (!isfinite(bound)) {
        check->dual = fmax(check->dual, fabs(multiplier) / cost_scale);
        return;
    }
    check->complementarity =
        fmax(check->complementarity, fabs(multiplier * (value - bound)) / objective_scale);
}

void mz_lp_check(const struct mz_lp *lp, const double *x, const double *y, const double *d,
    struct mz_lp_check *ret_check)
{
    double *activity = mz_xcalloc((size_t)lp->row_count, sizeof(double));
    struct mz_lp_check check = { 0 };
    double cost_scale = 1;
    double objective_scale;

    check_primal(lp, x, activity, &check);
    objective_scale = fmax(1, fabs(check.objective));
    for (int32_t c = 0; y && c < lp->column_count; c++)
        cost_scale = fmax(cost_scale, lp->col_lower[c] < lp->col_upper[c] ? fabs(lp->cost[c]) : 0);
    for (int32_t c = 0; y && c < lp->column_count; c++) {
        double rest = lp->cost[c] - d[c];

        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            rest -= lp->values[i] * y[lp->rows[i]];
        check.dual_equation = fmax(check.dual_equation, fabs(rest) / cost_scale);
        check_pair(
            &check, x[c], d[c], lp->col_lower[c], lp->col_upper[c], cost_scale, objective_scale);
    }
    for (int32_t r = 0; y && r < lp->row_count; r++)
        check_pair(&check, activity[r], y[r], lp->row_lower[r], lp->row_upper[r], cost_scale,
            objective_scale);
    free(activity);
    *ret_check = check;
}

/* A multiplier or coefficient below this, with the largest multiplier at 1, is rounding. */
#define RAY_NOISE 1e-9

double mz_lp_infeasibility(const struct mz_lp *lp, const double *y)
{
    struct sum proof = { 0, 0 };
    double largest = 0;

    for (int32_t r = 0; r < lp->row_count; r++)
        largest = fmax(largest, fabs(y[r]));
    if (largest == 0)
        return -MZ_INFINITY;
    for (int32_t r = 0; r < lp->row_count; r++) {
        double side = y[r] > 0 ? lp->row_lower[r] : lp->row_upper[r];

        if (isfinite(side))
            sum_add(&proof, y[r] / largest * side);
        else if (fabs(y[r]) > RAY_NOISE * largest)
            return -MZ_INFINITY;
    }
    for (int32_t c = 0; c < lp->column_count; c++) {
        double weight = 0;
        double bound;

        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++)
            weight += lp->values[i] * (y[lp->rows[i]] / largest);
        bound = weight > 0 ? lp->col_upper[c] : lp->col_lower[c];
        if (isfinite(bound))
            sum_add(&proof, -weight * bound);
        else if (fabs(weight) > RAY_NOISE)
            return -MZ_INFINITY;
    }
    return proof.total + proof.rest;
}
