/* scenario.h - the nouns of a scenario as plain structs
 *
 * What a scenario file says after reading, checking and resolving references: partners, chips,
 * sites, contracts, workloads, finance, limits. The scenario room fills it, every other room
 * reads it. Everything lives in the arena of the scenario and is constant after loading.
 *
 * References are indices into the arrays of struct mz_scenario; -1 means none. Units are in the
 * names. Money is in USD as a double: a plan is a linear program over years, whose solver works
 * in doubles; ledgers of what was really paid use integers elsewhere.
 * Meaning of every field: docs/plan-model.md, by the key of the same name.
 */
#ifndef MZ_DOMAIN_SCENARIO_H
#define MZ_DOMAIN_SCENARIO_H

#include "base/mark.h"
#include "domain/series.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MZ_PARTNER_COUNT_MAX = 64,
    MZ_CHIP_COUNT_MAX = 256,
    MZ_SITE_COUNT_MAX = 4096,
    MZ_CONTRACT_COUNT_MAX = 4096,
    MZ_WORKLOAD_COUNT_MAX = 1024,
    MZ_REGION_COUNT_MAX = 64,
    MZ_PERIOD_COUNT_MAX = 600
};

struct mz_rofr {         /* right of first refusal: (R10) */
    int32_t holder;      /* partner; -1: none */
    int32_t until_month; /* first month in which it no longer holds */
    struct mz_mark mark;
};

struct mz_chip {
    const char *name;
    double server_w;    /* IT power per chip with its share of the server, at full draw */
    int32_t from_month; /* no delivery before; MZ_MONTH_ALWAYS */
    struct mz_mark mark;
};

/* How the live commands reach a partner; the planner only carries it. All NULL or false in a file
 * that is only planned. */
struct mz_driver_keys {
    const char *kind; /* "slurm", "local", "fake"; NULL: none */
    const char *url;
    const char *user;
    const char *token_command;
    const char *partition;
    const char *ssh;
    const char *callback;  /* where its machines reach the daemon */
    const char *shim;      /* path of mizan-shim there */
    const char *directory; /* for the jobs' own files there */
    bool commands;
    int32_t env_count;
    const char *const *env_names;
    const char *const *env_values;
};

struct mz_partner {
    const char *name;
    const char *label; /* the name when not stated */
    bool is_own;
    struct mz_rofr rofr;
    int32_t back_count; /* who this partner backs; shown, not computed with */
    const char *const *backs;
    struct mz_driver_keys driver;
    struct mz_mark mark;
};

struct mz_energy_kind { /* (R13) */
    const char *name;
    struct mz_series price_usd_per_mwh;
    struct mz_series carbon_g_per_kwh; /* not stated: the site's */
    struct mz_series max_mw;           /* not stated: unlimited */
    int32_t from_month;
    struct mz_mark mark;
};

struct mz_expand { /* (R11) */
    bool present;
    int32_t from_month; /* first and last month in which work may begin */
    int32_t to_month;
    int32_t lead_months;
    int32_t life_months;
    double max_mw;
    struct mz_series capex_usd_per_mw;
    struct mz_mark mark;
};

struct mz_topology { /* node counts by level, largest first; 0: not stated */
    int32_t spines;
    int32_t racks_per_spine;
    int32_t nodes_per_rack;
};

struct mz_site {
    const char *name; /* "aws/us-east-1" */
    int32_t partner;
    int32_t region; /* -1: serves only what is anywhere */
    bool is_new;    /* a campus being built: counts for the build rate (R5) */
    double pue;
    double availability;
    double draw;
    int32_t slip_months;       /* already applied to power_mw; added to the lead of expand */
    struct mz_series power_mw; /* not stated: unlimited */
    struct mz_series carbon_g_per_kwh;
    struct mz_series energy_usd_per_mwh;
    int32_t energy_kind_count; /* 0: the one price above */
    const struct mz_energy_kind *energy_kinds;
    struct mz_expand expand;
    /* a fleet's site: what stands there */
    struct mz_series nodes; /* not stated: none */
    int32_t chips_per_node;
    int32_t chip; /* -1: not stated */
    bool pretend;
    struct mz_topology topology;
    struct mz_mark mark;
};

enum mz_contract_kind {
    MZ_CONTRACT_COMMITTED,
    MZ_CONTRACT_OPTION,
    MZ_CONTRACT_ON_DEMAND,
    MZ_CONTRACT_OWN
};

struct mz_pool {
    int32_t site;
    int32_t chip;
};

struct mz_chip_series { /* a value by chip; chip -1: for every chip */
    int32_t chip;
    struct mz_series series;
};

struct mz_contract {
    const char *name;
    int32_t partner;
    enum mz_contract_kind kind;
    int32_t pool_count;
    const struct mz_pool *pools;
    int32_t start_month;             /* default: start of the scenario */
    int32_t end_month;               /* first month behind the last; MZ_MONTH_NEVER: no end */
    struct mz_series capacity_chips; /* not stated: unlimited inside start ... end */
    int32_t price_count;             /* 0 for own */
    const struct mz_chip_series *price_usd_per_chip_hour;
    double commit_usd; /* 0: none */
    bool commit_per_year;
    double take_or_pay;
    int32_t sign_from_month; /* options and own; first and last month in which it may be signed */
    int32_t sign_to_month;
    int32_t lead_months;
    int32_t term_months; /* of options: MZ_MONTH_NEVER when not stated; of own: its life */
    bool whole;
    struct mz_series capex_usd_per_chip;     /* own */
    struct mz_series opex_usd_per_chip_hour; /* own */
    struct mz_rofr rofr; /* its own, else its partner's; holder -1: none or its own partner */
    struct mz_mark mark;
    struct mz_mark commit_mark;
    struct mz_mark sign_mark;
};

enum mz_workload_kind { MZ_WORKLOAD_SERVE, MZ_WORKLOAD_BATCH, MZ_WORKLOAD_TRAIN };

struct mz_region_share {
    int32_t region;
    double share;
};

struct mz_workload {
    const char *name;
    enum mz_workload_kind kind;
    const char *model; /* NULL: not stated */
    struct mz_mark model_mark;
    double tokens_in; /* of one request; 0: not stated */
    double tokens_out;
    double ttft_s; /* what a throughput from room size has to keep; 0: not stated */
    double tpot_s;
    double load; /* share of full load that the mean of the day is; 0: not stated */
    struct mz_series demand_tokens_per_day; /* serve, batch */
    int32_t region_count;                   /* 0: anywhere */
    const struct mz_region_share *regions;
    struct mz_series revenue_usd_per_mtok;
    struct mz_series unserved_usd_per_mtok; /* not stated: the default penalty */
    bool critical;
    int32_t throughput_count;
    const struct mz_chip_series *throughput_tokens_per_s; /* per chip */
    bool size_others;          /* chips without an entry above get theirs from room size */
    int32_t size_count;        /* these do, whatever of the others */
    const int32_t *size_chips; /* indices of chips */
    double wait_days;          /* batch */
    /* training */
    double tokens;
    int32_t window_from_month; /* first month */
    int32_t window_end_month;  /* first month behind the window */
    double chips_min;          /* 0: none */
    double chips_max;          /* 0: none */
    bool one_site;
    bool late_stated;
    double late_usd_per_month;
    struct mz_mark mark;
};

enum mz_funding_kind { MZ_FUNDING_EQUITY_CERTAIN, MZ_FUNDING_EQUITY, MZ_FUNDING_DEBT };

struct mz_funding {
    const char *name;
    enum mz_funding_kind kind;
    int32_t when_month; /* certain equity */
    double amount_usd;
    int32_t from_month; /* first and last month in which it may be raised */
    int32_t to_month;
    double max_usd;
    double fee;
    double cost_per_year;     /* equity */
    double interest_per_year; /* debt */
    int32_t term_months;
    struct mz_mark mark;
};

struct mz_finance {
    bool present;
    double cash_usd;
    struct mz_series costs_usd_per_month;
    struct mz_series revenue_usd_per_month;
    int32_t funding_count;
    const struct mz_funding *funding;
    struct mz_mark mark;
};

enum mz_share_measure { MZ_SHARE_POWER, MZ_SHARE_SPEND, MZ_SHARE_CHIPS };

struct mz_share_limit { /* (R6) */
    enum mz_share_measure of;
    double max;
    int32_t partner; /* -1: each */
    int32_t from_month;
    int32_t to_month; /* last month */
    struct mz_mark mark;
};

struct mz_chip_supply { /* (R12) */
    int32_t chip;
    struct mz_series chips_per_month;
};

struct mz_limits {
    int32_t share_count;
    const struct mz_share_limit *shares;
    uint64_t survive_mask; /* bit p: the loss of partner p has to be survived (R8) */
    int32_t survive_from_month;
    struct mz_mark survive_mark;
    double critical_share;
    struct mz_series cash_floor_usd; /* not stated: 0 throughout */
    struct mz_series build_rate_mw_per_week;
    int32_t chip_supply_count;
    const struct mz_chip_supply *chip_supply;
    struct mz_series carbon_price_usd_per_t;
    struct mz_series carbon_cap_t_per_year;
};

struct mz_penalties { /* defaults in docs/plan-model.md, "Penalties" */
    double unserved_critical_usd_per_chip_hour;
    double n1_usd_per_chip_hour;
    double cash_gap_usd_per_usd;
    double share_usd_per_unit;
    double carbon_usd_per_t;
    double goal_usd_per_w;
    double unserved_usd_per_chip_hour;
};

/* What room size said of a workload on a chip, beside the text of its assumption. */
struct mz_sized {
    int32_t workload;
    int32_t chip;
    double tokens_per_s_per_chip; /* as the plan uses it; 0: the chip is left out */
    double error_band;            /* 0.28: four of five unseen runs within a factor 1.28 */
    const char *layout;           /* NULL: the chip is left out */
};

/* A value that the program used and the file did not state, or stated and marked. */
struct mz_assumption {
    const char *key;              /* "sites.aws/us-east-1.pue" */
    const char *value;            /* "1.15" with its unit */
    const char *source;           /* of the catalogue row, or "default" */
    bool verified;                /* the catalogue marks what nobody has checked */
    struct mz_mark mark;          /* where it is needed */
    const struct mz_sized *sized; /* a throughput that room size computed; else NULL */
};

struct mz_scenario {
    const char *name;
    const char *file;
    bool is_fleet; /* has drivers or nodes; may lack what only a plan needs */
    int32_t start_month;
    int32_t period_count;
    const struct mz_period *periods; /* adjoining, the first begins at start_month */
    double discount_per_year;
    int32_t chip_count;
    const struct mz_chip *chips;
    int32_t partner_count;
    const struct mz_partner *partners;
    int32_t region_count;
    const char *const *regions;
    int32_t site_count;
    const struct mz_site *sites;
    int32_t contract_count;
    const struct mz_contract *contracts;
    int32_t workload_count;
    const struct mz_workload *workloads;
    struct mz_finance finance;
    struct mz_limits limits;
    struct mz_series goal_build_rate_mw_per_week;
    struct mz_penalties penalties;
    int32_t override_count; /* names that the file offers */
    const char *const *overrides;
    int32_t assumption_count;
    const struct mz_assumption *assumptions;
};

const char *mz_contract_kind_name(enum mz_contract_kind kind); /* "on-demand" */
const char *mz_workload_kind_name(enum mz_workload_kind kind);
const char *mz_share_measure_name(enum mz_share_measure of);

/* The series of a chip: its own entry, else the one for every chip, else NULL. */
const struct mz_series *mz_chip_series_find(
    const struct mz_chip_series *list, int32_t count, int32_t chip);

/* Index by name, -1 when there is none. */
int32_t mz_scenario_find_partner(const struct mz_scenario *scenario, const char *name);

/* Facility power of a chip at a site at full draw, kW: server watts * PUE / 1000. */
double mz_pool_kw(const struct mz_scenario *scenario, struct mz_pool pool);

/* Chips on offer in a month: 0 outside start ... end, HUGE_VAL when unlimited. */
double mz_contract_capacity_at(const struct mz_contract *contract, int32_t month);

/* The same in a period: mean of its months weighted by hours (HUGE_VAL when unlimited in any). */
double mz_contract_capacity_mean(
    const struct mz_contract *contract, const struct mz_period *period);

/* Has the partner a contract? Partners without one are part of no limit. */
bool mz_partner_has_contract(const struct mz_scenario *scenario, int32_t partner);

#endif
