/* contract.c - marginal prices, draw-down, and the cost of a place
 *
 * Several prices. A contract whose chips have different prices becomes one entry for each price,
 * side by side and with the same `name` pointer. Such entries are one contract: commitment,
 * drawn_micro, capacity and used_chips_milli are of the whole contract and kept equal in all of
 * them by draw and settle. Whoever sums over contracts counts entries with equal names once.
 *
 * What is due. committed and option: take_or_pay x the smaller of the commitment and of what is
 * offered over the whole life at the lowest price (docs/plan-model.md, R7). With commit_per: year
 * the commitment is the sum for the whole life just the same (R7), so it is not multiplied; that
 * more than is due in one year does not count in another is left out here: a price at the margin of
 * one year would need the years before. An option's commitment, which binds nothing in a plan,
 * counts here as that of a committed contract: the caller keeps contracts that nobody signed out of
 * the file. own: no commitment, price opex. Capacity and prices are those of the month given; dates
 * are months of Unix time.
 *
 * Arithmetic. A term is chips x hours x weight, exact in 128 bits and rounded half up to a
 * micro-USD; a term with a share is that result times the share, rounded half up again. Sums and
 * results that pass the range of int64_t stay at its end. A run counts for at most 10 years, so
 * that a run time that nobody knows cannot fill a draw-down: 1.3 M chips at 80 USD fit. */
#include "place/contract.h"

#include "base/month.h"

#include <assert.h>
#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

#define HOUR_US (INT64_C(3600) * 1000000)
#define DAY_US (24 * HOUR_US)
#define RUN_US_MAX (3652 * DAY_US)
#define USD_MICRO 1e6

/* ---- arithmetic ---- */

static int32_t bit_length(int64_t x)
{
    return x > 0 ? 64 - __builtin_clzll((uint64_t)x) : 0;
}

/* x / divisor, half up, at most INT64_MAX. */
static int64_t divide(u128 x, u128 divisor)
{
    u128 quotient = x / divisor + (x % divisor >= divisor - x % divisor);

    return quotient > INT64_MAX ? INT64_MAX : (int64_t)quotient;
}

static int64_t add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t mz_price_times(int64_t chips_milli, int64_t us, int64_t micro_per_chip_hour)
{
    assert(chips_milli >= 0 && us >= 0 && micro_per_chip_hour >= 0);
    /* A product of 128 bits or more is at least 2^125, and 2^125 / 3.6e12 is out of range. */
    if (bit_length(chips_milli) + bit_length(us) + bit_length(micro_per_chip_hour) > 127)
        return INT64_MAX;
    return divide(
        (u128)chips_milli * (u128)us * (u128)micro_per_chip_hour, (u128)(MZ_MILLI * HOUR_US));
}

/* amount x part / whole. */
static int64_t share_of(int64_t amount, int64_t part, int64_t whole)
{
    return whole > 0 ? divide((u128)amount * (u128)part, (u128)whole) : 0;
}

static int64_t counted_us(int64_t run_us)
{
    return run_us < 0 ? 0 : run_us < RUN_US_MAX ? run_us : RUN_US_MAX;
}

/* ---- from a scenario ---- */

static int64_t micro_of(double usd)
{
    double micro = usd * USD_MICRO;

    return !(micro > 0) ? 0 : micro >= 9e18 ? INT64_MAX : (int64_t)llround(micro);
}

static double price_usd(const struct mz_contract *contract, int32_t chip, int32_t month)
{
    const struct mz_series *price = contract->kind == MZ_CONTRACT_OWN
        ? &contract->opex_usd_per_chip_hour
        : mz_chip_series_find(contract->price_usd_per_chip_hour, contract->price_count, chip);

    return price ? mz_series_at(price, month) : 0;
}

/* Chip-hours on offer over the life, each at the lowest price of the contract's pools: R7. */
static double offered_usd(const struct mz_contract *contract)
{
    double sum = 0;

    if (contract->end_month >= MZ_MONTH_NEVER)
        return HUGE_VAL;
    for (int32_t m = contract->start_month; m < contract->end_month; m++) {
        double capacity = mz_contract_capacity_at(contract, m);
        double lowest = HUGE_VAL;

        for (int32_t k = 0; k < contract->pool_count; k++)
            lowest = fmin(lowest, price_usd(contract, contract->pools[k].chip, m));
        if (capacity > 0 && lowest > 0)
            sum += capacity * mz_month_hours(m) * lowest;
    }
    return sum;
}

static int64_t due_micro(const struct mz_contract *contract)
{
    switch (contract->kind) {
    case MZ_CONTRACT_COMMITTED:
    case MZ_CONTRACT_OPTION:
        if (contract->commit_usd <= 0)
            return 0;
        return micro_of(contract->take_or_pay * fmin(contract->commit_usd, offered_usd(contract)));
    case MZ_CONTRACT_ON_DEMAND:
    case MZ_CONTRACT_OWN: return 0;
    }
    return 0;
}

/* The first moment of a month as Unix time; Hinnant's days_from_civil, years from March. */
static int64_t month_us(int32_t month)
{
    int64_t year = month / 12 - (month % 12 < 2);
    int64_t from_march = (month % 12 + 10) % 12;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * from_march + 2) / 5;
    int64_t days =
        era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (days - 719468) * DAY_US;
}

static struct mz_place_contract entry_of(
    const struct mz_contract *contract, int32_t month, int64_t price_micro)
{
    double capacity = mz_contract_capacity_at(contract, month);

    return (struct mz_place_contract){ .name = contract->name,
        .partner = contract->partner,
        .kind = contract->kind,
        .price_micro_per_chip_hour = price_micro,
        .commit_micro = due_micro(contract),
        /* whole chips; a hair below one is one */
        .capacity_chips = capacity >= 1e15 ? -1 : (int64_t)floor(capacity + 1e-6),
        .begin_us = month_us(contract->start_month),
        .end_us =
            contract->end_month >= MZ_MONTH_NEVER ? INT64_MAX : month_us(contract->end_month) };
}

/* Index into the scenario of what the fleet calls so; -1: none ("any" is no chip). */
static int32_t site_named(const struct mz_scenario *scenario, const char *name)
{
    for (int32_t s = 0; s < scenario->site_count; s++) {
        if (strcmp(scenario->sites[s].name, name) == 0)
            return s;
    }
    return -1;
}

static int32_t chip_named(const struct mz_scenario *scenario, const char *name)
{
    for (int32_t c = 0; c < scenario->chip_count; c++) {
        if (strcmp(scenario->chips[c].name, name) == 0)
            return c;
    }
    return -1;
}

/* The chips whose prices the contract needs: of its pools; without pools (a fleet's contract about
 * all that its partner has) of the fleet's pools, each in its own place. */
static int32_t chips_priced(const struct mz_scenario *scenario, const struct mz_contract *contract,
    const struct mz_fleet *fleet, int32_t *ret_chips)
{
    if (contract->pool_count > 0) {
        for (int32_t k = 0; k < contract->pool_count; k++)
            ret_chips[k] = contract->pools[k].chip;
        return contract->pool_count;
    }
    for (int32_t p = 0; p < fleet->pool_count; p++)
        ret_chips[p] = fleet->pools[p].chip < 0
            ? -1
            : chip_named(scenario, fleet->chip_names[fleet->pools[p].chip]);
    return fleet->pool_count;
}

/* Entries of all contracts; ret_entries[g][k]: that of pool k of contract g (chips_priced). */
static void make_entries(struct mz_arena *arena, const struct mz_scenario *scenario, int32_t month,
    const struct mz_fleet *fleet, struct mz_contracts *contracts, int32_t **ret_entries)
{
    size_t pool_count = 0;
    int32_t most = fleet->pool_count;
    int32_t *chips;

    for (int32_t g = 0; g < scenario->contract_count; g++) {
        int32_t count = scenario->contracts[g].pool_count;

        pool_count += (size_t)(count > 0 ? count : fleet->pool_count);
        most = count > most ? count : most;
    }
    chips = mz_arena_alloc(arena, (size_t)most + 1, sizeof(*chips));
    contracts->contracts = mz_arena_alloc(arena, pool_count + 1, sizeof(*contracts->contracts));
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        const struct mz_contract *contract = &scenario->contracts[g];
        int32_t count = chips_priced(scenario, contract, fleet, chips);
        int32_t first = contracts->count;

        ret_entries[g] = mz_arena_alloc(arena, (size_t)count + 1, sizeof(*ret_entries[g]));
        for (int32_t k = 0; k < count; k++) {
            int64_t price = micro_of(price_usd(contract, chips[k], month));
            int32_t e = first;

            while (
                e < contracts->count && contracts->contracts[e].price_micro_per_chip_hour != price)
                e++;
            if (e == contracts->count)
                contracts->contracts[contracts->count++] = entry_of(contract, month, price);
            ret_entries[g][k] = e;
        }
    }
}

/* The entries that cover a pool; a pool of a chip that the file does not name takes whatever the
 * contract has at its site. */
static const int32_t *list_pool(struct mz_arena *arena, const struct mz_scenario *scenario,
    int32_t *const *entries, const struct mz_fleet *fleet, int32_t pool)
{
    const struct mz_fleet_site *place = &fleet->sites[fleet->pools[pool].site];
    int32_t site = site_named(scenario, place->name);
    int32_t chip = fleet->pools[pool].chip < 0
        ? -1
        : chip_named(scenario, fleet->chip_names[fleet->pools[pool].chip]);
    int32_t *list = mz_arena_alloc(arena, (size_t)scenario->contract_count + 1, sizeof(*list));
    int32_t count = 0;

    for (int32_t g = 0; g < scenario->contract_count; g++) {
        const struct mz_contract *contract = &scenario->contracts[g];

        if (contract->pool_count == 0 && contract->partner == place->partner)
            list[count++] = entries[g][pool];
        for (int32_t k = 0; k < contract->pool_count; k++) {
            if (contract->pools[k].site != site || (chip >= 0 && contract->pools[k].chip != chip))
                continue;
            list[count++] = entries[g][k];
            break;
        }
    }
    list[count] = -1;
    return list;
}

static struct mz_contracts *make_empty(struct mz_arena *arena, const struct mz_fleet *fleet)
{
    struct mz_contracts *contracts = mz_arena_alloc(arena, 1, sizeof(*contracts));
    int32_t *speeds = mz_arena_alloc(arena, (size_t)fleet->chip_count + 1, sizeof(*speeds));

    for (int32_t c = 0; c < fleet->chip_count; c++)
        speeds[c] = MZ_MILLI;
    contracts->speed_milli = speeds;
    return contracts;
}

struct mz_contracts *mz_contracts_from_scenario(struct mz_arena *arena,
    const struct mz_scenario *scenario, int32_t month, const struct mz_fleet *fleet)
{
    struct mz_contracts *contracts = make_empty(arena, fleet);
    int32_t **entries =
        mz_arena_alloc(arena, (size_t)scenario->contract_count + 1, sizeof(*entries));
    const int32_t **by_pool =
        mz_arena_alloc(arena, (size_t)fleet->pool_count + 1, sizeof(*by_pool));

    make_entries(arena, scenario, month, fleet, contracts, entries);
    for (int32_t p = 0; p < fleet->pool_count; p++)
        by_pool[p] = list_pool(arena, scenario, entries, fleet, p);
    contracts->by_pool = by_pool;
    return contracts;
}

struct mz_contracts *mz_contracts_none(struct mz_arena *arena, const struct mz_fleet *fleet)
{
    static const int32_t no_contract[] = { -1 };
    struct mz_contracts *contracts = make_empty(arena, fleet);
    const int32_t **by_pool =
        mz_arena_alloc(arena, (size_t)fleet->pool_count + 1, sizeof(*by_pool));

    for (int32_t p = 0; p < fleet->pool_count; p++)
        by_pool[p] = no_contract;
    contracts->by_pool = by_pool;
    return contracts;
}

/* ---- the margin ---- */

bool mz_contracts_pick(const struct mz_contracts *contracts, int32_t pool, int64_t chips_milli,
    int64_t run_us, int64_t now_us, int32_t *ret_contract, int64_t *ret_money_micro)
{
    const int32_t *list = contracts->by_pool[pool];
    int32_t best = -1;
    int64_t best_micro = 0;

    for (int32_t i = 0; list[i] >= 0; i++) {
        const struct mz_place_contract *c = &contracts->contracts[list[i]];
        int64_t paid_micro =
            c->commit_micro > c->drawn_micro ? c->commit_micro - c->drawn_micro : 0;
        int64_t micro;

        if (now_us < c->begin_us || now_us >= c->end_us)
            continue;
        if (c->capacity_chips >= 0 &&
            c->used_chips_milli + chips_milli > c->capacity_chips * MZ_MILLI)
            continue;
        micro = mz_price_times(chips_milli, counted_us(run_us), c->price_micro_per_chip_hour);
        micro = micro > paid_micro ? micro - paid_micro : 0;
        if (best < 0 || micro < best_micro) {
            best = list[i];
            best_micro = micro;
        }
    }
    if (best < 0 && list[0] >= 0)
        return false;
    *ret_contract = best;
    *ret_money_micro = best_micro;
    return true;
}

/* The entries of the contract that an entry belongs to move together. */
static void move(
    struct mz_contracts *contracts, int32_t entry, int64_t drawn_micro, int64_t chips_milli)
{
    const char *name = contracts->contracts[entry].name;
    int32_t first = entry;

    while (name && first > 0 && contracts->contracts[first - 1].name == name)
        first--;
    for (int32_t e = first;
         e == entry || (e < contracts->count && name && contracts->contracts[e].name == name);
         e++) {
        contracts->contracts[e].drawn_micro += drawn_micro;
        contracts->contracts[e].used_chips_milli += chips_milli;
        assert(contracts->contracts[e].used_chips_milli >= 0);
    }
}

void mz_contracts_draw(
    struct mz_contracts *contracts, int32_t contract, int64_t chips_milli, int64_t expected_us)
{
    move(contracts, contract,
        mz_price_times(chips_milli, counted_us(expected_us),
            contracts->contracts[contract].price_micro_per_chip_hour),
        chips_milli);
}

void mz_contracts_settle(struct mz_contracts *contracts, int32_t contract, int64_t chips_milli,
    int64_t expected_us, int64_t ran_us)
{
    int64_t price = contracts->contracts[contract].price_micro_per_chip_hour;

    move(contracts, contract,
        mz_price_times(chips_milli, counted_us(ran_us), price) -
            mz_price_times(chips_milli, counted_us(expected_us), price),
        -chips_milli);
}

/* ---- the cost of a place ---- */

/* As the engine reckons run times: cut to a microsecond. */
static int64_t run_there_us(int64_t estimate_us, int32_t speed_milli)
{
    assert(speed_milli > 0);
    return speed_milli == MZ_MILLI ? estimate_us
                                   : (int64_t)((u128)estimate_us * MZ_MILLI / (u128)speed_milli);
}

static int32_t fastest_milli(
    const struct mz_contracts *contracts, const struct mz_fleet *fleet, uint64_t chip_mask)
{
    int32_t fastest = 0;

    for (int32_t c = 0; c < fleet->chip_count; c++) {
        if ((chip_mask >> c & 1) && contracts->speed_milli[c] > fastest)
            fastest = contracts->speed_milli[c];
    }
    return fastest > 0 ? fastest : MZ_MILLI;
}

/* Chips of a domain that are not wholly free; those of nodes that are down count as in use. */
static int64_t used_chips(
    const struct mz_fleet *fleet, enum mz_level level, int32_t domain, int64_t *ret_total)
{
    const struct mz_domain *d = &fleet->domains[level][domain];

    *ret_total = d->node_end == d->node_begin ? 0
                                              : fleet->chip_first[d->node_end - 1] +
            fleet->node_chips[d->node_end - 1] - fleet->chip_first[d->node_begin];
    return *ret_total - d->free_chips;
}

bool mz_contracts_cost(const struct mz_contracts *contracts, const struct mz_weights *weights,
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_request *request,
    int32_t pool, int64_t now_us, int64_t *ret_cost_micro, int32_t *ret_contract)
{
    const struct mz_fleet_pool *there = &fleet->pools[pool];
    int32_t partner = fleet->sites[there->site].partner;
    int64_t chips = (int64_t)shape->chips * shape->chip_milli;
    int64_t stated_us = counted_us(request->estimate_us > 0 ? request->estimate_us : HOUR_US);
    int32_t speed = there->chip < 0 ? MZ_MILLI : contracts->speed_milli[there->chip];
    int64_t us = run_there_us(stated_us, speed);
    int64_t total;
    int64_t cost = 0;

    if (!mz_contracts_pick(contracts, pool, chips, us, now_us, ret_contract, &cost))
        return false;
    us = counted_us(us);
    cost = share_of(cost, weights->money_milli, MZ_MILLI);
    if (weights->time_micro > 0 && there->chip >= 0) {
        int64_t fastest_us =
            run_there_us(stated_us, fastest_milli(contracts, fleet, shape->chip_mask));

        if (us > fastest_us)
            cost = add(cost, mz_price_times(chips, us - fastest_us, weights->time_micro));
    }
    if (request->data_site >= 0 && request->data_site != there->site)
        cost = add(cost, weights->data_micro);
    if (weights->power_micro > 0) {
        int64_t used = used_chips(fleet, MZ_LEVEL_SITE, there->site, &total);

        cost = add(cost, share_of(mz_price_times(chips, us, weights->power_micro), used, total));
    }
    if (weights->share_micro > 0) {
        int64_t used = used_chips(fleet, MZ_LEVEL_PARTNER, partner, &total);
        int64_t used_all = used_chips(fleet, MZ_LEVEL_FLEET, 0, &total);

        cost = add(cost, share_of(mz_price_times(chips, us, weights->share_micro), used, used_all));
    }
    *ret_cost_micro = add(cost, mz_price_times(chips, us, weights->risk_micro[partner]));
    return true;
}

void mz_contracts_freeze(struct mz_contracts *contracts, int32_t month, int32_t scale)
{
    int64_t at_us = month_us(month);

    for (int32_t i = 0; i < contracts->count; i++) {
        struct mz_place_contract *contract = &contracts->contracts[i];
        bool holds = contract->begin_us <= at_us && at_us < contract->end_us;

        contract->begin_us = INT64_MIN;
        contract->end_us = holds ? MZ_TIME_NEVER : INT64_MIN;
        if (contract->capacity_chips >= 0)
            contract->capacity_chips *= scale;
        contract->commit_micro =
            contract->commit_micro > INT64_MAX / scale ? INT64_MAX : contract->commit_micro * scale;
    }
}
