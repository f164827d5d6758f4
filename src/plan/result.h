/* result.h - what a plan says, as plain numbers
 *
 * Filled by the plan room from a solution, read by tables, JSON, CSV and the report's panels. All
 * of it is recomputed from the delivered, signed and assigned chips by plain arithmetic outside
 * the solver (plan/result.c), so that every total equals its rows. Arrays `[t]` have one entry a
 * period; everything lives in the arena of the plan. Money in USD, not discounted, unless the name
 * says otherwise; chips as a number, means over the period; power is facility power at full draw.
 */
#ifndef MZ_PLAN_RESULT_H
#define MZ_PLAN_RESULT_H

#include "base/mark.h"
#include "domain/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum mz_plan_status {
    MZ_PLAN_OPTIMAL,    /* proved, within the gap asked for */
    MZ_PLAN_FEASIBLE,   /* stopped early: gap is proved, but larger than asked for */
    MZ_PLAN_INFEASIBLE, /* proved; only with --strict */
    MZ_PLAN_UNBOUNDED,
    MZ_PLAN_STOPPED /* stopped before any plan was found */
};

enum mz_decision {
    MZ_DECISION_HELD, /* already signed */
    MZ_DECISION_SIGN,
    MZ_DECISION_BUILD,
    MZ_DECISION_BUY,   /* on demand, used */
    MZ_DECISION_UNUSED /* offered, not taken */
};

struct mz_signing { /* chips signed or bought in one period */
    int32_t period;
    int32_t arrival_period;
    double chips;
};

struct mz_contract_result {
    int32_t contract;
    enum mz_decision decision;
    int32_t decide_by_month; /* last month that delivers in time what the plan wants first; -1 */
    int32_t signing_count;
    const struct mz_signing *signings;
    const double *pool_chips; /* [pool * period_count + t] delivered */
    const double *chips;      /* [t] over its pools */
    const double *capacity;   /* [t] on offer; HUGE_VAL unlimited */
    const double *spend_usd;  /* [t] price * hours * chips; own: opex */
    const double *capex_usd;  /* [t] own */
    const double *energy_usd; /* [t] own */
    const double *carbon_usd; /* [t] */
    const double *short_usd;  /* [t] paid for what was not taken */
    const double *power_mw;   /* [t] */
    double commit_usd;        /* headline; 0: none */
    double due_usd;           /* least to be paid inside the horizon: take-or-pay share of it */
    double spend_total_usd;
    double short_total_usd;
    double total_usd; /* spend + capex + energy + carbon + short */
    double peak_power_mw;
    double chip_hours;        /* delivered */
    double used_fraction;     /* assigned of what is available; NAN when nothing is delivered */
    double usd_per_chip_hour; /* everything but capex, plus capex spread over the life of what was
                                 bought (its building too), by delivered chip-hour; NAN */
    double reservation_usd_per_chip_hour; /* NAN: not computed; HUGE_VAL: at any price */
};

struct mz_workload_result {
    int32_t workload;
    const double *demand;   /* [t] tokens/day; training: tokens that were to be done, in t 0 */
    const double *unserved; /* [t] tokens/day; training: tokens never done, in its last period */
    const double *served_fraction; /* [t] NAN where nothing is wanted */
    const double *chips;           /* [t] assigned */
    const double *pool_chips;      /* [pool_index * period_count + t], index in plan's pools */
    const double *cost_usd;        /* [t] its share of the cost of the pools it runs on, by chips
                                      assigned; capex spread over the life of what was bought */
    const double *tokens;          /* [t] tokens done in the period */
    const double *backlog;         /* [t] batch: tokens waiting at the end */
    const double *late_fraction;   /* [t] training: share not done, in late periods */
    double tokens_wanted;          /* whole horizon */
    double tokens_unserved;
    double served_total_fraction;
    double late_usd;
};

struct mz_site_result {
    int32_t site;
    const double *power_mw;  /* [t] of what is delivered, at full draw */
    const double *limit_mw;  /* [t] with what was added; HUGE_VAL unlimited */
    const double *begun_mw;  /* [t] expansion begun */
    const double *capex_usd; /* [t] paid for expansion */
};

struct mz_partner_result {
    int32_t partner;
    const double *power_mw;
    const double *chips;
    const double *spend_usd;                /* as R6 measures it */
    const double *share_fraction;           /* [t] of power; NAN where there is none */
    const double *critical_served_fraction; /* [t] after its loss; NAN: not asked for */
};

struct mz_funding_result {
    int32_t funding;
    const double *raised_usd; /* [t] */
    const double *repaid_usd;
    const double *owed_usd;
    double total_usd;
};

/* The ledger of one period; cash_end = cash_begin + all inflows - all outflows, exactly. */
struct mz_ledger {
    double cash_begin_usd;
    double workload_revenue_usd;
    double other_revenue_usd;
    double equity_usd;
    double drawn_usd;
    double gap_usd; /* money still to be found */
    double spend_usd;
    double capex_usd;
    double energy_usd;
    double carbon_usd;
    double short_usd;
    double fees_usd;
    double interest_usd;
    double costs_usd;
    double repaid_usd;
    double cash_end_usd; /* NAN without finance */
    double floor_usd;    /* NAN where none holds */
};

struct mz_violation { /* a hard rule that was broken at its price */
    const char *rule; /* "cash_gap", "share", "n1", "carbon", "unserved_critical" */
    const char *what; /* "azure", "chat us" */
    int32_t period;
    double amount;
    const char *unit;
    double usd; /* penalty, not discounted */
    struct mz_mark mark;
};

/* A rule that blocks: one more unit of it is worth this much. Merged over neighbouring periods. */
struct mz_binding {
    const char *rule; /* "power", "capacity", "chip_supply", "build_rate", "partner_share", ... */
    const char *what; /* "own/milam-tx", "aws-38b" */
    int32_t from_period;
    int32_t to_period; /* last */
    double worth_usd;  /* of one more `unit`, in every period of from ... to, discounted, >= 0 */
    double unit_size;
    const char *unit; /* "MW", "1k chips", "1M USD" */
    double level;     /* what the limit stands at in its first period, in `level_unit` */
    const char *level_unit;
    struct mz_mark mark;
};

struct mz_remedy {    /* one change that makes an infeasible plan possible; re-solved */
    const char *text; /* "sites.own/mi1.power 1050 MW -> 1252 MW in 2029" */
    const char *set;  /* what to give to --set */
    double cost_usd;  /* of the plan with the change */
    double objective_usd;
    struct mz_mark mark;
};

struct mz_conflict { /* one rule of an irreducible set */
    const char *rule;
    const char *what;
    const char *text; /* "sites.own/mi1.power: 1050 MW from 2029-01 to 2029-12" */
    int32_t from_period;
    int32_t to_period;
    struct mz_mark mark;
};

struct mz_infeasibility {
    int32_t conflict_count;
    const struct mz_conflict *conflicts; /* at most MZ_CONFLICT_COUNT_MAX */
    int32_t shortage_count;              /* what is short: the elastic plan's violations */
    const struct mz_violation *shortages;
    int32_t remedy_count;
    const struct mz_remedy *remedies;
    const char *why; /* the arithmetic in the user's units; NULL: none known */
};

enum { MZ_CONFLICT_COUNT_MAX = 10 };

struct mz_seconds { /* CPU seconds */
    double read;
    double build;
    double solve;
    double report;
};

struct mz_plan_result {
    enum mz_plan_status status;
    double gap; /* proved relative gap of the objective; 0 for an LP */
    double gap_asked;
    bool interrupted; /* by the user, not by the time limit */
    bool relaxed;     /* whole numbers were allowed to be parts: the objective is a bound */
    double objective_usd;
    double bound_usd;
    double cost_usd;    /* sum of the ledger's cost columns */
    double penalty_usd; /* discounted penalties of broken hard rules, inside the objective */
    const char *solver; /* "CLP 1.17.6", "CBC 2.10.8" */
    int32_t row_count;
    int32_t column_count;
    int32_t integer_count;
    struct mz_seconds seconds;

    const struct mz_scenario *scenario;
    int32_t pool_count; /* distinct (site, chip) */
    const struct mz_pool *pools;

    int32_t contract_count; /* as in the scenario, same order */
    const struct mz_contract_result *contracts;
    int32_t workload_count;
    const struct mz_workload_result *workloads;
    int32_t site_count;
    const struct mz_site_result *sites;
    int32_t partner_count;
    const struct mz_partner_result *partners;
    int32_t funding_count;
    const struct mz_funding_result *funding;
    int32_t period_count;
    const struct mz_ledger *ledger; /* [t] */

    const double *power_mw;           /* [t] */
    const double *chips;              /* [t] */
    const double *cost_by_period_usd; /* [t] */
    const double *served_fraction;   /* [t] of all that is wanted, weighted by the chips it needs */
    const double *chips_short;       /* [t] chips that would serve the rest, by best throughput */
    const double *energy_mwh;        /* [t] mean draw of everything delivered */
    const double *carbon_t;          /* [t] */
    const double *added_mw_per_week; /* [t] at new sites, as R5 measures; NAN in the first */
    const double *build_limit_mw_per_week; /* [t] NAN where none holds */
    const double *build_goal_mw_per_week;  /* [t] NAN where none holds */

    int32_t violation_count;
    const struct mz_violation *violations;
    int32_t binding_count; /* largest worth first */
    const struct mz_binding *bindings;
    const struct mz_infeasibility *infeasibility; /* NULL unless infeasible */
};

/* Is there a plan to read, proved or stopped early? */
bool mz_plan_exists(enum mz_plan_status status);

const char *mz_plan_status_word(enum mz_plan_status status); /* "optimal" */
const char *mz_decision_word(enum mz_decision decision);     /* "+ sign" */
const char *mz_decision_key(enum mz_decision decision);      /* "sign" */

/* "optimal within 0.1%", "feasible, gap 0.8% (time limit)": never optimal with an unproved gap. */
void mz_plan_status_line(const struct mz_plan_result *result, char *buffer, int32_t buffer_size);

/* Lowest served share and lowest cash of a plan, and in which period. */
double mz_served_worst(const struct mz_plan_result *result, int32_t *ret_period);
double mz_cash_lowest(const struct mz_plan_result *result, int32_t *ret_period);
double mz_largest_share(
    const struct mz_plan_result *result, int32_t *ret_partner, int32_t *ret_period);

#endif
