/* model.h - the matrix of a plan, with a map back to the scenario
 *
 * Internal to the plan room. mz_model_build turns a scenario into an LP after docs/plan-model.md;
 * one rule_*.c file a group of rules. Columns are scaled so that coefficients stay near 1:
 * chips in thousands, power in MW, money in M USD, carbon in kt, tokens of a workload in
 * its own power of ten (`unit_tokens`).
 *
 * Column maps hold -1 where a column does not exist (nothing can be delivered, nothing is wanted):
 * a missing column is worth 0.
 *
 * struct mz_limit lists every place where a rule that the user wrote can bind: it is the way back
 * from solver rows and bounds to file, line and key, for duals, for the elastic explanation and
 * for remedies.
 */
#ifndef MZ_PLAN_MODEL_H
#define MZ_PLAN_MODEL_H

#include "base/arena.h"
#include "base/status.h"
#include "domain/scenario.h"
#include "solver/lp.h"

#define MZ_CHIP_UNIT 1e3   /* chips in one unit of a chip column */
#define MZ_MONEY_UNIT 1e6  /* USD in one unit of a money column and of the objective */
#define MZ_CARBON_UNIT 1e3 /* t in one unit of the carbon slack */

enum mz_rule {
    MZ_RULE_CAPACITY,    /* R1: entity contract */
    MZ_RULE_DELIVERY,    /* R1: never falls but with the offer */
    MZ_RULE_USE,         /* R2: entity pool */
    MZ_RULE_DEMAND,      /* R3: entity workload, sub region */
    MZ_RULE_BACKLOG,     /* R3 batch: entity workload */
    MZ_RULE_TRAINING,    /* R4: entity workload */
    MZ_RULE_CHIPS_MAX,   /* R4 */
    MZ_RULE_POWER,       /* R5: entity site */
    MZ_RULE_BUILD_RATE,  /* R5 */
    MZ_RULE_GOAL,        /* R5 */
    MZ_RULE_SHARE,       /* R6: entity limit, sub partner */
    MZ_RULE_COMMITMENT,  /* R7: entity contract */
    MZ_RULE_SURVIVE,     /* R8: entity workload, sub partner */
    MZ_RULE_CASH,        /* R9: cash floor */
    MZ_RULE_FUNDING,     /* R9: entity funding, its max */
    MZ_RULE_ROFR,        /* R10: entity contract */
    MZ_RULE_EXPAND,      /* R11: entity site, its max */
    MZ_RULE_CHIP_SUPPLY, /* R12: entity limit */
    MZ_RULE_ENERGY,      /* R13: entity site, sub kind: its max */
    MZ_RULE_CARBON       /* cap */
};

struct mz_limit {
    enum mz_rule rule;
    int32_t entity;
    int32_t sub;    /* -1: none */
    int32_t period; /* -1: over the whole horizon */
    bool is_column; /* a bound of a column, else of a row */
    bool is_upper;  /* the side that the rule sets */
    bool hard;      /* has a hard slack, which --strict fixes at 0 */
    int32_t index;  /* row or column */
    int32_t slack;  /* column of its slack; -1: none */
    double scale;   /* user's units in one unit of the row or bound */
    const struct mz_mark *mark;
};

/* Decisions of another plan that operations have to live with (--stress). */
struct mz_decided {
    enum { MZ_DECIDED_NEW, MZ_DECIDED_SIGN, MZ_DECIDED_ADD, MZ_DECIDED_RAISE } kind;
    const char *name; /* contract, site or funding */
    const char *site; /* of the pool, for NEW */
    const char *chip;
    int32_t month; /* first month of the period it was decided in */
    double amount; /* in column units */
};

struct mz_decisions {
    size_t count;
    const struct mz_decided *list;
};

struct mz_build_options {
    bool strict;                          /* hard slacks fixed at 0 */
    const struct mz_decisions *decisions; /* NULL: free */
};

/* Columns of one contract. Index of a pool in the contract is `p`. */
struct mz_contract_columns {
    double *cap;           /* [t] chips on offer; HUGE_VAL: unlimited */
    double *fall;          /* [t] */
    int32_t *dlv;          /* [p * T + t] */
    int32_t *new_chips;    /* [p * T + s] partial options and own */
    int32_t *sign;         /* [s] whole options */
    int32_t *arrival;      /* [s] period of arrival, -1: none in the horizon */
    int32_t *shorts;       /* [j] commitment years */
    int32_t *short_period; /* [j] */
    double *short_due;     /* [j] least to be paid, M USD */
    int32_t short_count;
};

struct mz_workload_columns {
    double unit_tokens; /* tokens (or tokens a day) in one unit of its columns */
    int32_t *x;         /* [k * T + t] */
    int32_t *unserved;  /* [r * T + t], regions or 1; training: [0] */
    int32_t *back;      /* [t] batch */
    int32_t *work;      /* [t] training */
    int32_t *late;      /* [t] */
    int32_t *run;       /* [t] */
    int32_t *z;         /* [site] */
    double *phi;        /* [t] training: hour share in window and late months */
    double tokens;      /* training: what has to be done inside the horizon */
    double late_usd_per_month;
    double late_unit;    /* columns of `late` hold the share not done times this */
    int32_t region_rows; /* regions or 1 */
    int32_t last_period; /* training: last period of its own; -1: none */
};

struct mz_site_columns {
    int32_t *add;     /* [s] */
    int32_t *arrival; /* [s] */
    int32_t *energy;  /* [kind * T + t] */
    double *power_mw; /* [t] HUGE_VAL: unlimited; without what is added */
};

struct mz_funding_columns {
    int32_t *raise; /* [t] */
    int32_t *owed;  /* [t] debt */
};

struct mz_pool_member {
    int32_t contract;
    int32_t pool; /* index in the contract */
};

struct mz_model {
    struct mz_arena *arena; /* borrowed: of the plan */
    const struct mz_scenario *scenario;
    struct mz_build_options options;
    struct mz_lp lp;
    int32_t period_count;
    const struct mz_period *periods;
    double *discount; /* [t] D_t */
    double discount_end;
    int32_t pool_count;
    struct mz_pool *pools; /* distinct (site, chip), in order of first appearance */
    double *pool_kw;
    int32_t **contract_pools;             /* [g][p] -> k */
    struct mz_pool_member **pool_members; /* [k]: who delivers into it, ended by contract -1 */
    struct mz_contract_columns *contracts;
    struct mz_workload_columns *workloads;
    struct mz_site_columns *sites;
    struct mz_funding_columns *funding;
    int32_t constant;        /* the column fixed at 1 */
    int32_t *miss;           /* [t] */
    int32_t *cash;           /* [t] */
    int32_t *gap;            /* [t] */
    int32_t *cash_row;       /* [t] */
    int32_t *over;           /* [share limit * partners * T + ...] */
    int32_t *carbon_slack;   /* [t] */
    int32_t *n1;             /* [(w * P + p) * T + t] */
    int32_t *loss_total;     /* [t] see rule_loss.c */
    int32_t undelivered_row; /* total of what was decided and cannot be delivered; -1: none */
    int32_t *undelivered;    /* its columns */
    size_t undelivered_count;
    size_t undelivered_capacity;
    struct mz_limit *limits;
    size_t limit_count;
    size_t limit_capacity;
};

/* Builds the matrix. The model borrows the scenario, which must outlive it. */
enum mz_status mz_model_build(struct mz_arena *arena, const struct mz_scenario *scenario,
    const struct mz_build_options *options, struct mz_model **ret_model, struct mz_error *err);
void mz_model_free(struct mz_model *model); /* frees the matrix; the rest is the arena's */

/* --- for the rule files ------------------------------------------------------------------ */

static inline size_t mz_at(const struct mz_model *model, int32_t row, int32_t period)
{
    return (size_t)row * (size_t)model->period_count + (size_t)period;
}

/* Arrays of `count` column indices, all -1. */
int32_t *mz_model_indices(struct mz_model *model, size_t count);

/* Money that column `column` moves in period t: usd per column unit, > 0 paid. Goes into the
 * objective (discounted) and, when there is finance, out of cash. */
void mz_model_pay(struct mz_model *model, int32_t column, int32_t t, double usd);
void mz_model_pay_cash(struct mz_model *model, int32_t column, int32_t t, double usd);
void mz_model_pay_objective(struct mz_model *model, int32_t column, int32_t t, double usd);

void mz_model_add_limit(struct mz_model *model, const struct mz_limit *limit);

/* Chips of a pool as entries of a row: factor * sum over contracts of dlv. */
void mz_model_add_pool_delivered(
    struct mz_model *model, int32_t row, int32_t pool, int32_t t, double factor);
bool mz_model_pool_has_delivered(const struct mz_model *model, int32_t pool, int32_t t);

/* Throughput of a workload on a pool in a period, tokens/s per chip; 0 when it has none. */
double mz_model_throughput(const struct mz_model *model, int32_t w, int32_t pool, int32_t t);
double mz_model_best_throughput(const struct mz_model *model, int32_t w, int32_t t);

/* Penalty of leaving a token undone, USD/Mtok: the workload's own, else the default of its family
 * turned by its best throughput. Training: at its last period. */
double mz_model_unserved_usd_per_mtok(const struct mz_model *model, int32_t w, int32_t t);

/* A share of money per chip-hour as USD/Mtok for w in t. */
double mz_model_usd_per_mtok(
    const struct mz_model *model, int32_t w, int32_t t, double usd_per_chip_hour);

/* First period that begins at or after the month; -1: none. */
int32_t mz_model_first_period_at(const struct mz_model *model, int32_t month);
/* Period that holds the month; -1: outside the horizon. */
int32_t mz_model_period_of(const struct mz_model *model, int32_t month);
bool mz_model_in_window(const struct mz_model *model, int32_t t, int32_t from, int32_t to);

/* Equal payments of `usd` per unit over `lead` months from the first month of s. */
void mz_model_pay_capex(
    struct mz_model *model, int32_t column, int32_t s, int32_t lead_months, double usd);

/* Money per chip in a period, M USD per thousand chips over its hours. */
double mz_model_price(const struct mz_model *model, int32_t g, int32_t chip, int32_t t);
/* Amount that the given decisions hold for one column (its kind, name, pool and month), 0 when
 * none; only with decisions. */
double mz_model_decided(const struct mz_model *model, const struct mz_decided *wanted);

void mz_rules_delivery(struct mz_model *model);   /* R1 */
void mz_rules_signing(struct mz_model *model);    /* R10 and columns of what is signed */
void mz_rules_work(struct mz_model *model);       /* R2, R3 */
void mz_rules_training(struct mz_model *model);   /* R4 */
void mz_rules_power(struct mz_model *model);      /* R5, R11, R12, R13 */
void mz_rules_share(struct mz_model *model);      /* R6 */
void mz_rules_commitment(struct mz_model *model); /* R7 */
void mz_rules_loss(struct mz_model *model);       /* R8 */
void mz_rules_finance(struct mz_model *model);    /* R9: cash, funding */
void mz_rules_carbon(struct mz_model *model);

#endif
