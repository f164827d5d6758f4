/* compare.h - plans beside plans: what-if, stress, sweep, alternatives
 *
 * Each is a list of small records that tables, JSON and the report read; the solving is in
 * plan/whatif.c, plan/stress.c, plan/sweep.c and plan/alternatives.c.
 */
#ifndef MZ_PLAN_COMPARE_H
#define MZ_PLAN_COMPARE_H

#include "plan/result.h"

struct mz_whatif {    /* one other scenario, planned anew */
    const char *name; /* "lose=aws@2028-01", "override=grid-slip" */
    const struct mz_plan_result *result;
};

struct mz_stress { /* the base plan's decisions fixed, operations anew, under one override */
    const char *name;
    enum mz_plan_status status;
    double cost_usd;
    double objective_usd;
    double served_worst_fraction;
    int32_t served_worst_period;
    double cash_lowest_usd; /* NAN without finance */
    int32_t cash_lowest_period;
    double gap_usd;               /* money still to be found, whole horizon */
    double perfect_objective_usd; /* decided with the override known from the start */
    double regret_usd;            /* objective - perfect objective, >= 0 but for the gap */
};

struct mz_sweep_point {
    double factor;
    enum mz_plan_status status;
    double objective_usd;
    double cost_usd;
    double served_worst_fraction;
    double cash_lowest_usd;
    double largest_share_fraction;
};

struct mz_sweep {
    const char *path;
    int32_t point_count;
    const struct mz_sweep_point *points;
};

struct mz_alternative { /* share of a partner in all power over the horizon, MW weighted by hours */
    int32_t partner;
    double base_fraction;
    double least_fraction;
    double most_fraction;
};

struct mz_alternatives {
    double extra;     /* 0.03 */
    double extra_usd; /* what that allows the objective to rise by */
    int32_t count;
    const struct mz_alternative *list;
};

struct mz_comparisons { /* everything a report may hold beside the base plan */
    int32_t whatif_count;
    const struct mz_whatif *whatifs;
    int32_t stress_count;
    const struct mz_stress *stresses;
    int32_t sweep_count;
    const struct mz_sweep *sweeps;
    const struct mz_alternatives *alternatives; /* NULL: not asked for */
};

#endif
