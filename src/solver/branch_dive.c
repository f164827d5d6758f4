/* branch_dive.c - points found by diving, and what a point says about the columns
 *
 * A dive fixes integers a few at a time where the LP nearly has them, and solves again: the LP
 * repairs what the fixing broke. One wrong turn is taken back by trying the other side once; the
 * second ends the dive.
 *
 * Implied bounds serve one purpose: an LP stopped at the cutoff leaves a dual point with rounding
 * in its reduced costs; a reduced cost of -1e-7 on a column without an upper bound would make it
 * worthless as a proof. A point with objective `best` gives every column with a root reduced cost a
 * bound that all better points keep; rows carry those bounds to other columns. */
#include "solver/branch_tree.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIVE_STEPS_MAX = 60,
    DIVE_PATIENCE = 8, /* nodes */
    PROPAGATION_PASSES_MAX = 60
};
/* A dive that has lost this share of the objective leads nowhere. */
#define DIVE_SHARE 0.05
/* Rounding in a derived bound, relative; a root reduced cost that means something. */
#define IMPLIED_SLACK 1e-6
#define REDUCED_LEAST 1e-5

/* --- dives ------------------------------------------------------------------------------- */

/* The largest fractional member of an exact set; -1: none. */
static int32_t set_member(const struct mz_search *search)
{
    int32_t best = -1;

    for (int32_t s = 0; s < search->set_count; s++) {
        for (int32_t i = search->sets[s].begin; search->sets[s].is_exact && i < search->sets[s].end;
             i++) {
            int32_t k = search->members[i];
            double value = search->value[k];

            if (value > MZ_WHOLE_TOLERANCE && value < 1 - MZ_WHOLE_TOLERANCE &&
                (best < 0 || value > search->value[best]))
                best = k;
        }
    }
    return best;
}

/* The fractional integer that is cheapest to make whole, by what is known of the costs. */
static int32_t cheapest_fractional(const struct mz_search *search, double *ret_whole)
{
    double least = MZ_INFINITY;
    int32_t best = -1;

    for (int32_t k = 0; k < search->count; k++) {
        double below = floor(search->value[k]);
        double fraction = search->value[k] - below;
        double down = fraction * mz_pseudo_cost(search, k, false);
        double up = (1 - fraction) * mz_pseudo_cost(search, k, true);

        if (fraction <= MZ_WHOLE_TOLERANCE || fraction >= 1 - MZ_WHOLE_TOLERANCE)
            continue;
        if (best >= 0 && fmin(down, up) >= least)
            continue;
        least = fmin(down, up);
        best = k;
        *ret_whole = up <= down ? below + 1 : below;
    }
    return best;
}

static void fix(struct mz_search *search, int32_t k, double whole)
{
    if (whole >= search->now_lower[k] && whole <= search->now_upper[k])
        mz_search_set_bounds(search, k, whole, whole);
}

/* Fixes the cheapest fractional integer (a member of a set at 1). Returns its index. */
static int32_t dive_step(struct mz_search *search, double *ret_whole)
{
    int32_t k = set_member(search);

    *ret_whole = 1;
    if (k < 0)
        k = cheapest_fractional(search, ret_whole);
    if (k >= 0)
        fix(search, k, *ret_whole);
    return k;
}

void mz_search_dive(struct mz_search *search, const struct mz_node *node)
{
    double hopeless = node->bound + DIVE_SHARE * fmax(1, fabs(node->bound));
    bool is_turned = false;
    int32_t worst;
    double bound;

    if (!search->has_best && search->nodes >= DIVE_PATIENCE)
        hopeless = MZ_INFINITY; /* by now any point will do */
    if (!mz_search_enter(search, node))
        return;
    search->adapter->set_basis(search->state, node->basis->bytes);
    if (mz_search_solve(search, MZ_INFINITY, &bound) != MZ_LP_SOLVED)
        return;
    for (int32_t step = 0; step < DIVE_STEPS_MAX && !mz_search_is_stopped(search); step++) {
        double whole;
        int32_t k;

        if (bound > hopeless)
            return;
        if (mz_search_fraction(search, &worst) <= MZ_WHOLE_TOLERANCE) {
            (void)mz_search_try_whole(search, &bound);
            return;
        }
        k = dive_step(search, &whole);
        if (k < 0)
            return;
        if (mz_search_solve(search, MZ_INFINITY, &bound) == MZ_LP_SOLVED)
            continue;
        if (is_turned || search->lower[k] >= search->upper[k])
            return;
        is_turned = true;
        if (whole > search->lower[k])
            mz_search_set_bounds(search, k, search->lower[k], whole - 1);
        else
            mz_search_set_bounds(search, k, whole + 1, search->upper[k]);
        if (mz_search_solve(search, MZ_INFINITY, &bound) != MZ_LP_SOLVED)
            return;
    }
}

/* --- implied bounds ---------------------------------------------------------------------- */

/* Sums of the least (or most) that columns contribute to rows; contributions without limit are
 * counted instead. */
struct activity {
    double sum;
    int32_t unlimited;
};

static void add_activity(struct activity *activity, double value, double bound)
{
    if (isfinite(bound))
        activity->sum += value * bound;
    else
        activity->unlimited++;
}

static double rest_of(const struct activity *activity, double value, double bound)
{
    if (isfinite(bound))
        return activity->unlimited == 0 ? activity->sum - value * bound : MZ_INFINITY;
    return activity->unlimited == 1 ? activity->sum : MZ_INFINITY;
}

/* One pass over all columns without an upper (lower) bound; true: some has one now. */
static bool propagate(struct mz_search *search, struct activity *least, struct activity *most)
{
    const struct mz_lp *lp = search->lp;
    double *lower = search->implied_lower;
    double *upper = search->implied_upper;
    bool changed = false;

    memset(least, 0, (size_t)lp->row_count * sizeof(*least));
    memset(most, 0, (size_t)lp->row_count * sizeof(*most));
    for (int32_t c = 0; c < lp->column_count; c++) {
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++) {
            double value = lp->values[i];

            add_activity(&least[lp->rows[i]], value, value > 0 ? lower[c] : upper[c]);
            add_activity(&most[lp->rows[i]], value, value > 0 ? upper[c] : lower[c]);
        }
    }
    for (int32_t c = 0; c < lp->column_count; c++) {
        double above = upper[c];
        double below = lower[c];

        if (isfinite(above) && isfinite(below))
            continue;
        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++) {
            int32_t r = lp->rows[i];
            double value = lp->values[i];
            double room_up =
                lp->row_upper[r] - rest_of(&least[r], value, value > 0 ? lower[c] : upper[c]);
            double room_down =
                lp->row_lower[r] - rest_of(&most[r], value, value > 0 ? upper[c] : lower[c]);

            if (isfinite(room_up) && value > 0)
                above = fmin(above, room_up / value);
            else if (isfinite(room_up))
                below = fmax(below, room_up / value);
            if (isfinite(room_down) && value > 0)
                below = fmax(below, room_down / value);
            else if (isfinite(room_down))
                above = fmin(above, room_down / value);
        }
        changed = changed || (isfinite(above) && !isfinite(upper[c])) ||
            (isfinite(below) && !isfinite(lower[c]));
        /* the sums still count this column as unlimited, which only makes them weaker */
        if (!isfinite(upper[c]))
            upper[c] = above + IMPLIED_SLACK * fmax(1, fabs(above));
        if (!isfinite(lower[c]))
            lower[c] = below - IMPLIED_SLACK * fmax(1, fabs(below));
    }
    return changed;
}

void mz_search_imply_bounds(struct mz_search *search)
{
    const struct mz_lp *lp = search->lp;
    size_t rows = (size_t)lp->row_count;
    struct activity *sums = mz_xcalloc(rows * 2, sizeof(*sums));
    double room = search->best - search->root_objective;
    int32_t passes = 0;

    for (int32_t c = 0; c < lp->column_count; c++) {
        double reduced = search->root_reduced_all[c];
        double reach = fabs(reduced) > REDUCED_LEAST ? room / fabs(reduced) : MZ_INFINITY;

        search->implied_lower[c] = lp->col_lower[c];
        search->implied_upper[c] = lp->col_upper[c];
        if (reduced > 0 && !isfinite(lp->col_upper[c]) && isfinite(lp->col_lower[c]))
            search->implied_upper[c] = lp->col_lower[c] + reach;
        if (reduced < 0 && !isfinite(lp->col_lower[c]) && isfinite(lp->col_upper[c]))
            search->implied_lower[c] = lp->col_upper[c] - reach;
    }
    while (passes < PROPAGATION_PASSES_MAX && propagate(search, sums, sums + rows))
        passes++;
    search->has_implied = true;
    free(sums);
}
