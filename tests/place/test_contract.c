/* test_contract.c - marginal prices, draw-down, and the choice among partners */
#include "place/contract.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) ((int32_t)(sizeof(list) / sizeof((list)[0])))
#define MONTH(year, month) ((year)*12 + (month)-1)
#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define CHIPS(n) ((n)*INT64_C(1000))
#define USD(n) ((int64_t)((n)*1e6))
#define NOW INT64_C(1772323200000000) /* 2026-03-01 */

static uint64_t test_seed(void)
{
    const char *stated = getenv("MIZAN_TEST_SEED");
    uint64_t seed = stated ? strtoull(stated, NULL, 10) : 20260702;

    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static int arena_setup(void **state)
{
    *state = mz_arena_create();
    return 0;
}

static int arena_teardown(void **state)
{
    mz_arena_free(*state);
    return 0;
}

/* ---- a fleet: north/a with h100 and b200, north/b with b200, south/c with chips "any" ---- */

static const char *const chip_names[] = { "h100", "b200", "any" };
static const char *const partner_names[] = { "north", "south", "own" };
static const struct mz_fleet_site fleet_sites[] = {
    { "north/a", 0, NULL, false },
    { "north/b", 0, NULL, false },
    { "south/c", 1, NULL, false },
};

enum { POOL_A_H100, POOL_A_B200, POOL_B_B200, POOL_C_ANY };

static struct mz_fleet *make_fleet(struct mz_arena *arena)
{
    static const struct {
        int32_t site;
        int32_t chip;
    } nodes[] = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 0, 1 }, { 1, 1 }, { 1, 1 }, { 2, 2 }, { 2, 2 } };
    struct mz_node_spec specs[COUNT(nodes)];
    struct mz_fleet_spec spec = { .partner_count = 3,
        .partner_names = partner_names,
        .site_count = 3,
        .sites = fleet_sites,
        .chip_count = 3,
        .chip_names = chip_names,
        .node_count = COUNT(nodes),
        .nodes = specs };
    struct mz_error err = { MZ_OK, "" };
    struct mz_fleet *fleet = NULL;

    for (int32_t n = 0; n < COUNT(nodes); n++)
        specs[n] = (struct mz_node_spec){ .site = nodes[n].site,
            .chip = nodes[n].chip,
            .chips = 8,
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 };
    if (mz_fleet_create(arena, &spec, &fleet, &err) != MZ_OK)
        fail_msg("%s", err.text);
    assert_int_equal(fleet->pool_count, 4);
    return fleet;
}

static void use_chips(struct mz_fleet *fleet, int32_t node, int32_t chips)
{
    struct mz_part part = { node, MZ_MILLI, (UINT64_C(1) << chips) - 1 };

    mz_fleet_take(fleet, &part, 0, 0);
}

/* ---- and a scenario with the same names, in another order ---- */

#define STEPS(name, ...) static const struct mz_step name[] = { __VA_ARGS__ }
#define AMOUNT(list)                                                                               \
    {                                                                                              \
        .steps = (list), .step_count = COUNT(list), .before = MZ_BEFORE_ZERO                       \
    }
#define PRICE(list)                                                                                \
    {                                                                                              \
        .steps = (list), .step_count = COUNT(list), .before = MZ_BEFORE_FIRST                      \
    }

STEPS(two_usd, { MZ_MONTH_ALWAYS, 2 });
STEPS(falling, { MZ_MONTH_ALWAYS, 3.5 }, { MONTH(2026, 3), 3 }, { MONTH(2027, 1), 1 });
STEPS(spot_usd, { MZ_MONTH_ALWAYS, 9.999999 });
STEPS(opex_usd, { MZ_MONTH_ALWAYS, 0.25 });
STEPS(ramp, { MONTH(2026, 1), 16 }, { MONTH(2026, 3), 24 });
STEPS(small, { MONTH(2026, 1), 0.5 });

static const struct mz_chip scenario_chips[] = { { .name = "b200" }, { .name = "h100" } };
static const struct mz_partner scenario_partners[] = { { .name = "north" }, { .name = "south" },
    { .name = "own" } };
static const struct mz_site scenario_sites[] = { { .name = "south/c", .partner = 1 },
    { .name = "north/b" }, { .name = "north/a" }, { .name = "north/empty" } };

enum { B200, H100 };
enum { SITE_C, SITE_B, SITE_A, SITE_EMPTY };

static const struct mz_pool north_pools[] = { { SITE_A, H100 }, { SITE_A, B200 },
    { SITE_B, B200 } };
static const struct mz_pool b_pools[] = { { SITE_B, B200 } };
static const struct mz_pool c_pools[] = { { SITE_C, H100 } };
static const struct mz_chip_series north_prices[] = { { H100, PRICE(two_usd) },
    { B200, PRICE(falling) } };
static const struct mz_chip_series spot_prices[] = { { -1, PRICE(spot_usd) } };

static const struct mz_contract scenario_contracts[] = {
    { .name = "lease",
        .kind = MZ_CONTRACT_COMMITTED,
        .pool_count = COUNT(north_pools),
        .pools = north_pools,
        .start_month = MONTH(2026, 1),
        .end_month = MONTH(2026, 5),
        .capacity_chips = AMOUNT(ramp),
        .price_count = COUNT(north_prices),
        .price_usd_per_chip_hour = north_prices,
        .commit_usd = 100000,
        .commit_per_year = true,
        .take_or_pay = 0.8 },
    { .name = "spot",
        .kind = MZ_CONTRACT_ON_DEMAND,
        .pool_count = COUNT(b_pools),
        .pools = b_pools,
        .start_month = MONTH(2026, 1),
        .end_month = MZ_MONTH_NEVER,
        .price_count = COUNT(spot_prices),
        .price_usd_per_chip_hour = spot_prices,
        .take_or_pay = 1 },
    { .name = "bought",
        .kind = MZ_CONTRACT_OWN,
        .partner = 1,
        .pool_count = COUNT(c_pools),
        .pools = c_pools,
        .start_month = MONTH(2026, 1),
        .end_month = MZ_MONTH_NEVER,
        .opex_usd_per_chip_hour = PRICE(opex_usd),
        .take_or_pay = 1 },
    { .name = "offer",
        .kind = MZ_CONTRACT_OPTION,
        .pool_count = COUNT(b_pools),
        .pools = b_pools,
        .start_month = MONTH(2026, 3),
        .end_month = MONTH(2026, 4),
        .capacity_chips = AMOUNT(small),
        .price_count = COUNT(north_prices),
        .price_usd_per_chip_hour = north_prices,
        .commit_usd = 100000,
        .take_or_pay = 1 },
};

static const struct mz_scenario scenario = {
    .chip_count = COUNT(scenario_chips),
    .chips = scenario_chips,
    .partner_count = COUNT(scenario_partners),
    .partners = scenario_partners,
    .site_count = COUNT(scenario_sites),
    .sites = scenario_sites,
    .contract_count = COUNT(scenario_contracts),
    .contracts = scenario_contracts,
};

/* ---- arithmetic ---- */

static void money_is_exact_and_rounded_half_up(void **state)
{
    static const struct {
        int64_t chips_milli;
        int64_t us;
        int64_t price;
        int64_t micro;
    } cases[] = {
        { 0, HOUR, USD(2), 0 },
        { CHIPS(8), 0, USD(2), 0 },
        { CHIPS(8), HOUR, USD(2), USD(16) },
        { 500, HOUR, 1, 1 }, /* half a micro-USD up */
        { 499, HOUR, 1, 0 },
        { 500, HOUR - 1, 1, 0 },
        { 1500, HOUR, 1, 2 },
        { CHIPS(1300000), 87600 * HOUR, USD(3), INT64_C(341640000000000000) },
        { CHIPS(1300000), 87600 * HOUR + 1, USD(3), INT64_C(341640000000001083) },
        { CHIPS(1300000), 87600 * HOUR, USD(200), INT64_MAX },
        { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
        { INT64_MAX, 1, INT64_MAX, INT64_MAX },
        { INT64_C(1) << 62, INT64_C(1) << 62, 16, INT64_MAX }, /* 2^128 */
        { 1, INT64_MAX, 1, 2562048 },
    };

    (void)state;
    for (int32_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(
            mz_price_times(cases[i].chips_milli, cases[i].us, cases[i].price), cases[i].micro);
}

/* ---- from a scenario ---- */

static void a_contract_with_two_prices_is_two_entries_of_one_name(void **state)
{
    static const struct {
        const char *name;
        int32_t contract;
        double price;
        double commit;
        int64_t capacity;
    } cases[] = {
        { "lease", 0, 2, 80000, 24 }, /* 80 % of 100,000, which is less than the offer */
        { "lease", 0, 3, 80000, 24 }, { "spot", 1, 9.999999, 0, -1 }, { "bought", 2, 0.25, 0, -1 },
        { "offer", 3, 3, 744 * 0.5 * 3, 0 }, /* no more is due than is offered: half a chip */
    };
    static const int32_t by_pool[][4] = { { 0, -1 }, { 1, -1 }, { 1, 2, 4, -1 }, { 3, -1 } };
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);

    assert_int_equal(contracts->count, COUNT(cases));
    for (int32_t i = 0; i < COUNT(cases); i++) {
        const struct mz_place_contract *c = &contracts->contracts[i];
        const struct mz_contract *from = &scenario_contracts[cases[i].contract];

        assert_ptr_equal(c->name, from->name);
        assert_int_equal(c->kind, from->kind);
        assert_int_equal(c->partner, from->partner);
        assert_int_equal(c->price_micro_per_chip_hour, llround(cases[i].price * 1e6));
        assert_int_equal(c->commit_micro, llround(cases[i].commit * 1e6));
        assert_int_equal(c->capacity_chips, cases[i].capacity);
        assert_int_equal(c->drawn_micro, 0);
    }
    for (int32_t p = 0; p < COUNT(by_pool); p++) {
        for (int32_t i = 0; i == 0 || by_pool[p][i - 1] >= 0; i++)
            assert_int_equal(contracts->by_pool[p][i], by_pool[p][i]);
    }
    assert_int_equal(contracts->contracts[0].begin_us, INT64_C(1767225600000000)); /* 2026-01-01 */
    assert_int_equal(contracts->contracts[0].end_us, INT64_C(1777593600000000));   /* 2026-05-01 */
    assert_true(contracts->contracts[2].end_us == INT64_MAX);
    for (int32_t c = 0; c < fleet->chip_count; c++)
        assert_int_equal(contracts->speed_milli[c], 1000);
}

static void months_are_unix_time(void **state)
{
    static const struct {
        int32_t month;
        int64_t day;
    } cases[] = { { MONTH(1970, 1), 0 }, { MONTH(1970, 3), 59 }, { MONTH(1969, 12), -31 },
        { MONTH(2000, 3), 11017 }, { MONTH(2024, 3), 19783 }, { MONTH(2100, 3), 47541 },
        { MONTH(2026, 11), 20758 } };
    struct mz_fleet *fleet = make_fleet(*state);

    for (int32_t i = 0; i < COUNT(cases); i++) {
        struct mz_contract contract = scenario_contracts[1];
        struct mz_scenario one = scenario;
        struct mz_contracts *contracts;

        contract.start_month = cases[i].month;
        one.contract_count = 1;
        one.contracts = &contract;
        contracts = mz_contracts_from_scenario(*state, &one, cases[i].month, fleet);
        assert_int_equal(contracts->contracts[0].begin_us, cases[i].day * 24 * HOUR);
    }
}

static void outside_its_dates_a_contract_is_not_drawn(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);
    const struct mz_place_contract *lease = &contracts->contracts[0];
    int32_t contract = 77;
    int64_t micro = 77;

    assert_false(mz_contracts_pick(
        contracts, POOL_A_H100, CHIPS(1), HOUR, lease->begin_us - 1, &contract, &micro));
    assert_false(mz_contracts_pick(
        contracts, POOL_A_H100, CHIPS(1), HOUR, lease->end_us, &contract, &micro));
    assert_int_equal(contract, 77);
    assert_int_equal(micro, 77);
    assert_true(mz_contracts_pick(
        contracts, POOL_A_H100, CHIPS(1), HOUR, lease->begin_us, &contract, &micro));
    assert_int_equal(contract, 0);
    contracts = mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 6), fleet);
    assert_int_equal(contracts->contracts[0].capacity_chips, 0);
}

static void without_contracts_every_place_costs_nothing(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts = mz_contracts_none(*state, fleet);

    for (int32_t p = 0; p < fleet->pool_count; p++) {
        int32_t contract = 77;
        int64_t micro = 77;

        assert_true(mz_contracts_pick(contracts, p, CHIPS(64), HOUR, INT64_MAX, &contract, &micro));
        assert_int_equal(contract, -1);
        assert_int_equal(micro, 0);
    }
}

/* ---- the margin ---- */

/* Entries are numbered as in the table above: 1 lease at 3, 2 spot at 9.999999. */
static void the_commitment_is_drawn_first_and_the_crossing_pays_the_part_beyond(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);
    int32_t contract;
    int64_t micro;

    /* docs/placement.md: 8 b200 for 1000 hours are 24,000 USD; 80,000 are paid already */
    for (int32_t i = 0; i < 3; i++) {
        assert_true(mz_contracts_pick(
            contracts, POOL_B_B200, CHIPS(8), 1000 * HOUR, NOW, &contract, &micro));
        assert_int_equal(contract, 1);
        assert_int_equal(micro, 0);
        mz_contracts_draw(contracts, contract, CHIPS(8), 1000 * HOUR);
    }
    /* 24 chips are in use: full. On demand is left, at its price */
    assert_true(mz_contracts_pick(contracts, POOL_B_B200, CHIPS(1), HOUR, NOW, &contract, &micro));
    assert_int_equal(contract, 2);
    assert_int_equal(micro, 9999999);
    assert_false(mz_contracts_pick(contracts, POOL_A_H100, CHIPS(1), HOUR, NOW, &contract, &micro));
    mz_contracts_settle(contracts, 1, CHIPS(8), 1000 * HOUR, 1000 * HOUR);
    /* 72,000 drawn, 8,000 left: 8 chips at 2 USD for 1000 hours pay 8,000 */
    assert_true(
        mz_contracts_pick(contracts, POOL_A_H100, CHIPS(8), 1000 * HOUR, NOW, &contract, &micro));
    assert_int_equal(contract, 0);
    assert_int_equal(micro, USD(8000));
    assert_true(
        mz_contracts_pick(contracts, POOL_A_H100, CHIPS(8), 500 * HOUR, NOW, &contract, &micro));
    assert_int_equal(micro, 0);
    assert_true(
        mz_contracts_pick(contracts, POOL_B_B200, CHIPS(8), 1000 * HOUR, NOW, &contract, &micro));
    assert_int_equal(contract, 1);
    assert_int_equal(micro, USD(16000));
}

static void equal_costs_go_to_the_lowest_index(void **state)
{
    static const int32_t lists[][4] = { { 0, 1, 2, -1 }, { 1, 2, -1, -1 } };
    const int32_t *const by_pool[] = { lists[0], lists[1] };
    struct mz_place_contract entries[3] = {
        { .name = "x", .price_micro_per_chip_hour = 5, .capacity_chips = -1, .end_us = INT64_MAX },
        { .name = "y", .price_micro_per_chip_hour = 3, .capacity_chips = -1, .end_us = INT64_MAX },
        { .name = "z", .price_micro_per_chip_hour = 3, .capacity_chips = -1, .end_us = INT64_MAX },
    };
    struct mz_contracts contracts = { .count = 3, .contracts = entries, .by_pool = by_pool };
    int32_t contract = -1;
    int64_t micro;

    (void)state;
    assert_true(mz_contracts_pick(&contracts, 0, CHIPS(1), HOUR, 0, &contract, &micro));
    assert_int_equal(contract, 1);
    assert_int_equal(micro, 3);
    entries[2].commit_micro = 1;
    assert_true(mz_contracts_pick(&contracts, 1, CHIPS(1), HOUR, 0, &contract, &micro));
    assert_int_equal(contract, 2);
    assert_int_equal(micro, 2);
    entries[2].commit_micro = entries[0].commit_micro = 7;
    assert_true(mz_contracts_pick(&contracts, 0, CHIPS(1), HOUR, 0, &contract, &micro));
    assert_int_equal(contract, 0);
    assert_int_equal(micro, 0);
}

enum { JOB_MAX = 40 };

struct drawn {
    int32_t contract;
    int64_t milli;
    int64_t expected_us;
};

/* Draw and settle in random order: what is left is what ran; entries of one contract agree. */
static void settling_a_draw_leaves_exactly_what_ran(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_random random;

    mz_random_init(&random, test_seed());
    for (int32_t round = 0; round < 300; round++) {
        struct mz_contracts *contracts =
            mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);
        struct drawn jobs[JOB_MAX];
        int64_t ran_micro[2] = { 0, 0 }; /* lease, spot */
        int64_t used[2] = { 0, 0 };
        int32_t count = 0;

        for (int32_t step = 0; step < 200; step++) {
            struct mz_place_contract before[5];
            int64_t milli = (int64_t)mz_random_below(&random, 9000);
            int64_t us = (int64_t)mz_random_below(&random, 400 * HOUR);
            int64_t micro;
            int32_t contract;

            memcpy(before, contracts->contracts, sizeof(before));
            if (count < JOB_MAX && mz_random_below(&random, 2) &&
                mz_contracts_pick(contracts, (int32_t)mz_random_below(&random, 3), milli, us, NOW,
                    &contract, &micro)) {
                mz_contracts_draw(contracts, contract, milli, us);
                mz_contracts_settle(contracts, contract, milli, us, 0);
                for (int32_t e = 0; e < 5; e++) {
                    assert_int_equal(contracts->contracts[e].drawn_micro, before[e].drawn_micro);
                    assert_int_equal(
                        contracts->contracts[e].used_chips_milli, before[e].used_chips_milli);
                }
                mz_contracts_draw(contracts, contract, milli, us);
                jobs[count++] = (struct drawn){ contract, milli, us };
                used[contract == 2] += milli;
                assert_true(used[0] <= CHIPS(24));
            } else if (count > 0) {
                struct drawn job = jobs[mz_random_below(&random, (uint64_t)count)];
                int32_t at = 0;

                while (jobs[at].contract != job.contract || jobs[at].milli != job.milli ||
                    jobs[at].expected_us != job.expected_us)
                    at++;
                jobs[at] = jobs[--count];
                mz_contracts_settle(contracts, job.contract, job.milli, job.expected_us, us);
                ran_micro[job.contract == 2] += mz_price_times(
                    job.milli, us, contracts->contracts[job.contract].price_micro_per_chip_hour);
                used[job.contract == 2] -= job.milli;
            }
            assert_int_equal(
                contracts->contracts[0].drawn_micro, contracts->contracts[1].drawn_micro);
            assert_int_equal(contracts->contracts[0].used_chips_milli, used[0]);
            assert_int_equal(contracts->contracts[1].used_chips_milli, used[0]);
            assert_int_equal(contracts->contracts[2].used_chips_milli, used[1]);
            assert_int_equal(contracts->contracts[4].drawn_micro, 0);
        }
        while (count > 0) {
            struct drawn job = jobs[--count];

            mz_contracts_settle(contracts, job.contract, job.milli, job.expected_us, 0);
        }
        assert_int_equal(contracts->contracts[0].drawn_micro, ran_micro[0]);
        assert_int_equal(contracts->contracts[2].drawn_micro, ran_micro[1]);
        assert_int_equal(contracts->contracts[0].used_chips_milli, 0);
    }
}

/* ---- the cost of a place ---- */

static const int32_t speeds[] = { 1000, 2000, 500 };

static int64_t cost_of(const struct mz_contracts *contracts, const struct mz_weights *weights,
    const struct mz_fleet *fleet, int32_t chips, int64_t estimate_us, int32_t pool)
{
    struct mz_shape shape = { .chips = chips, .chip_milli = MZ_MILLI, .chip_mask = 3 };
    struct mz_request request = { .estimate_us = estimate_us, .data_site = 1 };
    int64_t cost = -1;
    int32_t contract = 77;

    assert_true(mz_contracts_cost(
        contracts, weights, fleet, &shape, &request, pool, NOW, &cost, &contract));
    return cost;
}

static void each_weight_adds_its_term(void **state)
{
    static const struct {
        struct mz_weights weights;
        int64_t micro[4]; /* by pool */
    } cases[] = {
        { { 0 }, { 0, 0, 0, 0 } },
        /* 8 chips; 2 hours on h100, 1 on b200, 4 on the others */
        { { .money_milli = 1000 }, { USD(32), USD(24), USD(24), USD(8) } },
        { { .money_milli = 1500 }, { USD(48), USD(36), USD(36), USD(12) } },
        { { .time_micro = 10 }, { 80, 0, 0, 240 } },
        { { .data_micro = 7 }, { 7, 7, 0, 7 } },
        /* 12 of 32 chips of north/a are in use, none of north/b, 4 of 16 of south/c */
        { { .power_micro = 100 }, { 600, 300, 0, 800 } },
        /* 12 of 16 used chips are at north, 4 at south */
        { { .share_micro = 100 }, { 1200, 600, 600, 800 } },
        { { .risk_micro = { 3, 5 } }, { 48, 24, 24, 160 } },
        { { 1000, 10, 7, 100, 100, { 3, 5 } },
            { USD(32) + 80 + 7 + 600 + 1200 + 48, USD(24) + 7 + 300 + 600 + 24, USD(24) + 600 + 24,
                USD(8) + 240 + 7 + 800 + 800 + 160 } },
    };
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);

    contracts->speed_milli = speeds;
    for (int32_t e = 0; e < contracts->count; e++)
        contracts->contracts[e].commit_micro = 0;
    use_chips(fleet, 0, 8);
    use_chips(fleet, 2, 4);
    use_chips(fleet, 6, 4);
    for (int32_t i = 0; i < COUNT(cases); i++) {
        for (int32_t p = 0; p < 4; p++)
            assert_int_equal(
                cost_of(contracts, &cases[i].weights, fleet, 8, 2 * HOUR, p), cases[i].micro[p]);
    }
}

static void an_empty_fleet_has_no_shares(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_weights weights = { .power_micro = 100, .share_micro = 100 };

    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(cost_of(mz_contracts_none(*state, fleet), &weights, fleet, 8, HOUR, p), 0);
}

/* A run time that nobody knows counts as an hour, one without end as ten years. */
static void a_run_time_is_at_least_known_and_at_most_ten_years(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);
    struct mz_weights weights = { .money_milli = 1000, .risk_micro = { 0, 1 } };
    int64_t before = contracts->contracts[3].drawn_micro;

    assert_int_equal(cost_of(contracts, &weights, fleet, 4, 0, POOL_C_ANY), USD(1) + 4);
    assert_int_equal(
        cost_of(contracts, &weights, fleet, 4, MZ_TIME_NEVER, POOL_C_ANY), 87648 * (USD(1) + 4));
    mz_contracts_draw(contracts, 3, CHIPS(4), MZ_TIME_NEVER);
    assert_int_equal(contracts->contracts[3].drawn_micro, 87648 * USD(1));
    mz_contracts_settle(contracts, 3, CHIPS(4), MZ_TIME_NEVER, 0);
    assert_int_equal(contracts->contracts[3].drawn_micro, before);
}

static void without_room_in_any_contract_there_is_no_cost(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_contracts *contracts =
        mz_contracts_from_scenario(*state, &scenario, MONTH(2026, 3), fleet);
    struct mz_weights weights = { .money_milli = 1000 };
    struct mz_shape shape = { .chips = 25, .chip_milli = MZ_MILLI, .chip_mask = 3 };
    struct mz_request request = { .estimate_us = HOUR, .data_site = -1 };
    int64_t cost;
    int32_t contract;

    assert_false(mz_contracts_cost(
        contracts, &weights, fleet, &shape, &request, POOL_A_H100, NOW, &cost, &contract));
    shape.chips = 24;
    assert_true(mz_contracts_cost(
        contracts, &weights, fleet, &shape, &request, POOL_A_H100, NOW, &cost, &contract));
}

/* More chips, longer runs, larger weights and a further draw-down never cost less. */
static void cost_grows_with_all_it_depends_on(void **state)
{
    struct mz_fleet *fleet = make_fleet(*state);
    struct mz_random random;
    int64_t grew = 0;

    use_chips(fleet, 0, 5);
    use_chips(fleet, 4, 2);
    mz_random_init(&random, test_seed());
    for (int32_t round = 0; round < 20000; round++) {
        struct mz_place_contract entry = { .name = "c",
            .price_micro_per_chip_hour = (int64_t)mz_random_below(&random, USD(20)),
            .commit_micro = (int64_t)mz_random_below(&random, USD(2000)),
            .capacity_chips = -1,
            .end_us = INT64_MAX };
        static const int32_t list[] = { 0, -1 };
        const int32_t *const by_pool[] = { list, list, list, list };
        struct mz_contracts contracts = {
            .count = 1, .contracts = &entry, .by_pool = by_pool, .speed_milli = speeds
        };
        struct mz_weights weights = { (int64_t)mz_random_below(&random, 3000),
            (int64_t)mz_random_below(&random, USD(1)), (int64_t)mz_random_below(&random, USD(1)),
            (int64_t)mz_random_below(&random, USD(1)), (int64_t)mz_random_below(&random, USD(1)),
            { (int64_t)mz_random_below(&random, USD(1)) } };
        int32_t pool = (int32_t)mz_random_below(&random, 3);
        int32_t chips = 1 + (int32_t)mz_random_below(&random, 16);
        int64_t us = 1 + (int64_t)mz_random_below(&random, 100 * HOUR);
        int64_t cost = cost_of(&contracts, &weights, fleet, chips, us, pool);
        int64_t more;

        switch (mz_random_below(&random, 5)) {
        case 0: chips++; break;
        case 1: us += (int64_t)mz_random_below(&random, HOUR); break;
        case 2: entry.drawn_micro += (int64_t)mz_random_below(&random, USD(1000)); break;
        case 3: entry.price_micro_per_chip_hour += 1000; break;
        default: weights.power_micro += 1000; break;
        }
        more = cost_of(&contracts, &weights, fleet, chips, us, pool);
        assert_true(more >= cost);
        grew += more > cost;
    }
    assert_true(grew > 10000);
}

#define contract_test(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_exact_and_rounded_half_up),
        contract_test(a_contract_with_two_prices_is_two_entries_of_one_name),
        contract_test(months_are_unix_time),
        contract_test(outside_its_dates_a_contract_is_not_drawn),
        contract_test(without_contracts_every_place_costs_nothing),
        contract_test(the_commitment_is_drawn_first_and_the_crossing_pays_the_part_beyond),
        cmocka_unit_test(equal_costs_go_to_the_lowest_index),
        contract_test(settling_a_draw_leaves_exactly_what_ran),
        contract_test(each_weight_adds_its_term),
        contract_test(an_empty_fleet_has_no_shares),
        contract_test(a_run_time_is_at_least_known_and_at_most_ten_years),
        contract_test(without_room_in_any_contract_there_is_no_cost),
        contract_test(cost_grows_with_all_it_depends_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
