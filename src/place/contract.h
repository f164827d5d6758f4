/* contract.h - what a chip-hour costs at the margin, and the choice among partners
 *
 * A contract covers pools and has a price per chip-hour. What a job costs there is the money that
 * its start adds: while a commitment is not yet drawn down, its chips are already paid and cost 0;
 * beyond it, or without one, the price. Among the contracts of a pool with room left the cheapest
 * at the margin is drawn, then the lowest index; without any contract a pool costs the price 0.
 *
 * The cost of a place for a job, in micro-USD, is a weighted sum:
 *   money      chips x hours x marginal price (draw-down crossed in the middle: the part beyond)
 *   time       chips x hours x value_micro_per_chip_hour x (run time there / the fastest - 1)
 *   data       data_micro when the job's data lies at another site
 *   power      chips x hours x power_micro x share of the site's chips in use
 *   share      chips x hours x share_micro x share of the fleet's used chips at that partner
 *   risk       chips x hours x risk_micro of the partner
 * Weights are settings; all but money are 0 by default. Integers in micro-USD.
 */
#ifndef MZ_PLACE_CONTRACT_H
#define MZ_PLACE_CONTRACT_H

#include "base/arena.h"
#include "domain/scenario.h"
#include "place/fleet.h"
#include "place/job.h"

struct mz_weights {      /* micro-USD per chip-hour, except data: per job */
    int64_t money_milli; /* 1000: prices as they are; 0: price does not matter */
    int64_t time_micro;
    int64_t data_micro;
    int64_t power_micro;
    int64_t share_micro;
    int64_t risk_micro[MZ_PARTNER_COUNT_MAX];
};

struct mz_place_contract {
    const char *name;
    int32_t partner;
    enum mz_contract_kind kind;
    int64_t price_micro_per_chip_hour;
    int64_t commit_micro;   /* 0: none; what take-or-pay makes due */
    int64_t drawn_micro;    /* by jobs so far, those that run by their expected hours */
    int64_t capacity_chips; /* -1: unlimited */
    int64_t used_chips_milli;
    int64_t begin_us; /* when it can be drawn */
    int64_t end_us;
};

struct mz_contracts {
    int32_t count;
    struct mz_place_contract *contracts;
    const int32_t *const *by_pool; /* [pool]: indices of its contracts, ends with -1 */
    const int32_t *speed_milli;    /* [chip]: speed against the run time stated; 1000 */
};

/* The contracts of a scenario as they stand in a month, for the pools of a fleet made from it. */
struct mz_contracts *mz_contracts_from_scenario(struct mz_arena *arena,
    const struct mz_scenario *scenario, int32_t month, const struct mz_fleet *fleet);

/* For a simulation of the fleet of that month, whatever the dates of its trace: what holds in the
 * month holds always, what does not never; capacities and commitments times `scale`. */
void mz_contracts_freeze(struct mz_contracts *contracts, int32_t month, int32_t scale);

/* No contract at all: every place costs nothing. */
struct mz_contracts *mz_contracts_none(struct mz_arena *arena, const struct mz_fleet *fleet);

/* Which contract a job of so many chips (milli) and hours would draw in a pool now, and its
 * marginal money in micro-USD. ret_contract -1: the pool has no contract. False: all contracts of
 * the pool are full or over. */
bool mz_contracts_pick(const struct mz_contracts *contracts, int32_t pool, int64_t chips_milli,
    int64_t run_us, int64_t now_us, int32_t *ret_contract, int64_t *ret_money_micro);

/* The weighted cost of running a request in a pool. False: no contract with room. */
bool mz_contracts_cost(const struct mz_contracts *contracts, const struct mz_weights *weights,
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_request *request,
    int32_t pool, int64_t now_us, int64_t *ret_cost_micro, int32_t *ret_contract);

/* A job draws on a contract from its start; at its end what it did not use is given back. */
void mz_contracts_draw(
    struct mz_contracts *contracts, int32_t contract, int64_t chips_milli, int64_t expected_us);
void mz_contracts_settle(struct mz_contracts *contracts, int32_t contract, int64_t chips_milli,
    int64_t expected_us, int64_t ran_us);

/* Chip-milli x microseconds x micro-USD per chip-hour as micro-USD, rounded half up. */
int64_t mz_price_times(int64_t chips_milli, int64_t us, int64_t micro_per_chip_hour);

#endif
