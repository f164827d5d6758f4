/* verify.c - is the solver's answer what it claims to be?
 * Everything is recomputed by plain arithmetic. A solution that fails is not reported: a wrong
 * number that looks right is worse than none. */
#include "plan/plan.h"
#include "plan/result_make.h"

#include <math.h>

/* Relative to max(1, |bound|), to the largest cost, to the objective: see mz_lp_check. */
#define PRIMAL_TOLERANCE 1e-6
#define DUAL_TOLERANCE 1e-6
#define LEDGER_TOLERANCE_USD 1.0 /* and 1e-9 of the money that moved */

static enum mz_status check_cash(const struct mz_model *model, const struct mz_solution *solution,
    const struct mz_plan_result *result, struct mz_error *err)
{
    double moved = 0;

    for (int32_t t = 0; t < model->period_count; t++) {
        double in_lp;
        double error;

        if (model->cash[t] < 0)
            continue;
        moved += fabs(result->ledger[t].workload_revenue_usd) + result->ledger[t].spend_usd +
            result->ledger[t].capex_usd + fabs(result->ledger[t].cash_end_usd);
        in_lp = solution->x[model->cash[t]] * MZ_MONEY_UNIT;
        error = fabs(result->ledger[t].cash_end_usd - in_lp);
        if (error > LEDGER_TOLERANCE_USD + 1e-8 * moved)
            return mz_fail(err, MZ_E_SOLVER,
                "the cash ledger of period %d, added up outside the "
                "solver, is off by %.2f USD; nothing is reported",
                (int)t + 1, error);
    }
    return MZ_OK;
}

/* Spend over the horizon and what is paid for shortfall has to reach what is due. */
static enum mz_status check_commitments(const struct mz_plan_result *result, struct mz_error *err)
{
    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *contract = &result->contracts[g];
        double paid = contract->spend_total_usd + contract->short_total_usd;

        if (paid < contract->due_usd - LEDGER_TOLERANCE_USD - 1e-6 * contract->due_usd)
            return mz_fail(err, MZ_E_SOLVER,
                "contract '%s' is paid %.0f USD where %.0f USD are "
                "due; nothing is reported",
                result->scenario->contracts[g].name, paid, contract->due_usd);
    }
    return MZ_OK;
}

enum mz_status mz_plan_verify(const struct mz_model *model, const struct mz_lp *lp,
    const struct mz_solution *solution, const struct mz_plan_result *result, struct mz_error *err)
{
    struct mz_lp_check check;
    enum mz_status status;

    mz_lp_check(lp, solution->x, NULL, NULL, &check);
    if (result->relaxed)
        check.integrality = 0;
    if (check.primal > PRIMAL_TOLERANCE || check.integrality > PRIMAL_TOLERANCE)
        return mz_fail(err, MZ_E_SOLVER,
            "the solver's answer breaks a rule by %.1e; nothing is "
            "reported",
            fmax(check.primal, check.integrality));
    if (lp->integer_count == 0 ||
        result->relaxed) { /* with integers the duals belong to the LP with them fixed */
        mz_lp_check(lp, solution->x, solution->y, solution->d, &check);
        if (fmax(check.dual, fmax(check.dual_equation, check.complementarity)) > DUAL_TOLERANCE)
            return mz_fail(err, MZ_E_SOLVER,
                "the solver's proof of optimality does not check "
                "(dual %.1e, equation %.1e, complementarity %.1e); nothing is reported",
                check.dual, check.dual_equation, check.complementarity);
    }
    status = check_cash(model, solution, result, err);
    return status == MZ_OK ? check_commitments(result, err) : status;
}
