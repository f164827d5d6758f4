/* result.c - words of a result, and small questions to it */
#include "plan/result.h"

#include <math.h>
#include <stdio.h>

bool mz_plan_exists(enum mz_plan_status status)
{
    return status == MZ_PLAN_OPTIMAL || status == MZ_PLAN_FEASIBLE;
}

const char *mz_plan_status_word(enum mz_plan_status status)
{
    switch (status) {
    case MZ_PLAN_OPTIMAL: return "optimal";
    case MZ_PLAN_FEASIBLE: return "feasible";
    case MZ_PLAN_INFEASIBLE: return "infeasible";
    case MZ_PLAN_UNBOUNDED: return "unbounded";
    case MZ_PLAN_STOPPED: return "stopped";
    }
    return "invalid";
}

const char *mz_decision_word(enum mz_decision decision)
{
    switch (decision) {
    case MZ_DECISION_HELD: return "held";
    case MZ_DECISION_SIGN: return "+ sign";
    case MZ_DECISION_BUILD: return "+ build";
    case MZ_DECISION_BUY: return "+ buy";
    case MZ_DECISION_UNUSED: return "- not used";
    }
    return "invalid";
}

const char *mz_decision_key(enum mz_decision decision)
{
    switch (decision) {
    case MZ_DECISION_HELD: return "held";
    case MZ_DECISION_SIGN: return "sign";
    case MZ_DECISION_BUILD: return "build";
    case MZ_DECISION_BUY: return "buy";
    case MZ_DECISION_UNUSED: return "unused";
    }
    return "invalid";
}

void mz_plan_status_line(const struct mz_plan_result *result, char *buffer, int32_t buffer_size)
{
    size_t size = (size_t)buffer_size;

    switch (result->status) {
    case MZ_PLAN_OPTIMAL:
        if (result->relaxed)
            (void)snprintf(buffer, size, "optimal with whole contracts and runs as parts");
        else if (result->gap <= 0)
            (void)snprintf(buffer, size, "optimal");
        else
            (void)snprintf(
                buffer, size, "optimal within %.2g%%", 100 * fmax(result->gap, result->gap_asked));
        return;
    case MZ_PLAN_FEASIBLE:
        (void)snprintf(buffer, size, "feasible, gap %.2g%% (%s)", 100 * result->gap,
            result->interrupted ? "stopped" : "time limit");
        return;
    case MZ_PLAN_INFEASIBLE: (void)snprintf(buffer, size, "infeasible"); return;
    case MZ_PLAN_UNBOUNDED: (void)snprintf(buffer, size, "unbounded"); return;
    case MZ_PLAN_STOPPED: (void)snprintf(buffer, size, "stopped before a plan was found"); return;
    }
}

double mz_served_worst(const struct mz_plan_result *result, int32_t *ret_period)
{
    double worst = 1;

    *ret_period = 0;
    for (int32_t t = 0; t < result->period_count; t++) {
        if (result->served_fraction[t] < worst) {
            worst = result->served_fraction[t];
            *ret_period = t;
        }
    }
    return worst;
}

double mz_cash_lowest(const struct mz_plan_result *result, int32_t *ret_period)
{
    double lowest = NAN;

    *ret_period = 0;
    for (int32_t t = 0; t < result->period_count; t++) {
        double cash = result->ledger[t].cash_end_usd;

        if (isnan(lowest) || cash < lowest) {
            lowest = cash;
            *ret_period = t;
        }
    }
    return lowest;
}

double mz_largest_share(
    const struct mz_plan_result *result, int32_t *ret_partner, int32_t *ret_period)
{
    double largest = 0;

    *ret_partner = *ret_period = 0;
    for (int32_t p = 0; p < result->partner_count; p++) {
        for (int32_t t = 0; t < result->period_count; t++) {
            if (result->partners[p].share_fraction[t] > largest) {
                largest = result->partners[p].share_fraction[t];
                *ret_partner = p;
                *ret_period = t;
            }
        }
    }
    return largest;
}
