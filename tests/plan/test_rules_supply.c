/* test_rules_supply.c - (R1) each kind of contract, (R5) power, (R10) to (R13), decisions given
 * The examples of docs/plan-model.md, calculated by hand. */
#include "plan/plan_fixture.h"

#include <math.h>

/* 500 chips are needed in January only. February: the offer stays, so they stay. March: the offer
 * falls from 1000 to 500, so half of the 500 may go.
 *   2 * (500 * 744 + 500 * 672 + 250 * 744) = 744,000 + 672,000 + 372,000 = 1,788,000
 * The same offer on demand is paid in January only: 744,000. */
static const char committed_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: {2026-01: 1000 chips, 2026-03: 500 chips}\n"
    "    price: 2 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-01: 108B tokens/day, 2026-02: 0 tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  as-needed: {contracts.lease.kind: on-demand}\n";

static void committed_chips_fall_only_with_the_offer(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *lease;

    example_solve(f, committed_text, "");
    assert_objective(f, 2.0 * (500 * 744 + 500 * 672 + 250 * 744));
    lease = example_contract(f, "lease");
    assert_near(lease->chips[1], 500);
    assert_near(lease->chips[2], 250);
    assert_near(lease->used_fraction, 500 * 744 / (500 * 744 + 500 * 672 + 250 * 744.0));
    assert_int_equal(lease->decision, MZ_DECISION_HELD);
}

static void on_demand_chips_come_and_go(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *lease;

    example_solve(f, committed_text, "as-needed");
    assert_objective(f, 744000);
    lease = example_contract(f, "lease");
    assert_near(lease->chips[0], 500);
    assert_near(lease->chips[1], 0);
    assert_int_equal(lease->decision, MZ_DECISION_BUY);
}

/* What is signed in January is there in February and March, what is signed in February in March
 * and April. 1 USD/Mtok are 9 USD an hour and chip. 500 chips signed twice:
 *   500 * 9 * 744 + 500 * 2 * (672 + 2 * 744 + 720) = 3,348,000 + 2,880,000 = 6,228,000
 * (only in January 8,004,000; only in February 7,836,000). */
static const char option_text[] = "periods: {months: 4}\n"
                                  "sites:\n"
                                  "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                  "contracts:\n"
                                  "  offer:\n"
                                  "    kind: option\n"
                                  "    partner: north\n"
                                  "    pools: {north/a: [c1]}\n"
                                  "    capacity: 1000 chips\n"
                                  "    price: 2 USD/chip-hour\n"
                                  "    sign: {to: 2026-02}\n"
                                  "    lead: 1 month\n"
                                  "    term: 2 months\n"
                                  "workloads:\n"
                                  "  chat:\n"
                                  "    kind: serve\n"
                                  "    demand: 108B tokens/day\n"
                                  "    throughput: 2500 tokens/s\n"
                                  "    unserved: 1 USD/Mtok\n";

static void an_option_arrives_after_its_lead_and_ends_with_its_term(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *offer;

    example_solve(f, option_text, "");
    assert_objective(f, 500 * 9.0 * 744 + 500 * 2.0 * (672 + 2 * 744 + 720));
    offer = example_contract(f, "offer");
    assert_near(offer->chips[0], 0);
    assert_near(offer->chips[1], 500);
    assert_near(offer->chips[2], 1000);
    assert_near(offer->chips[3], 500);
    assert_int_equal(offer->signing_count, 2);
    assert_near(offer->signings[1].chips, 500);
    assert_int_equal(offer->signings[1].arrival_period, 2);
}

/* The offer halves in February and with it what was signed in January: 1000 are signed so that 500
 * are left. One more signed chip costs 2 * 744 + 2 * 672 / 2 = 2160 and saves 18 * 672 / 2 = 6048.
 * In March nothing is on offer any more, which does not forbid the signing.
 *   2 * (1000 * 744 + 500 * 672) + 500 * 18 * 744 = 2,160,000 + 6,696,000 = 8,856,000 */
static const char option_falls_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  offer:\n"
    "    kind: option\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: {2026-01: 1000 chips, 2026-02: 500 chips, 2026-03: 0 chips}\n"
    "    price: 2 USD/chip-hour\n"
    "    sign: {to: 2026-01}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void what_was_signed_falls_with_the_offer(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, option_falls_text, "");
    assert_objective(f, 2.0 * (1000 * 744 + 500 * 672) + 500 * 18 * 744);
    assert_near(example_contract(f, "offer")->signings[0].chips, 1000);
    assert_near(example_contract(f, "offer")->chips[1], 500);
    assert_near(example_workload(f, "chat")->unserved[1], 0);
    assert_near(example_contract(f, "offer")->chips[2], 0);
}

/* 500 * 2 * 2160 = 2,160,000. When the chip is not delivered before February, nothing can be signed
 * that would arrive in January: 500 * 18 * 744 + 500 * 2 * 1416 = 6,696,000 + 1,416,000. */
static const char option_chip_text[] = "periods: {months: 3}\n"
                                       "sites:\n"
                                       "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                       "contracts:\n"
                                       "  offer:\n"
                                       "    kind: option\n"
                                       "    partner: north\n"
                                       "    pools: {north/a: [c1]}\n"
                                       "    capacity: 1000 chips\n"
                                       "    price: 2 USD/chip-hour\n"
                                       "    sign: {to: 2026-02}\n"
                                       "workloads:\n"
                                       "  chat:\n"
                                       "    kind: serve\n"
                                       "    demand: 108B tokens/day\n"
                                       "    throughput: 2500 tokens/s\n"
                                       "    unserved: 2 USD/Mtok\n"
                                       "overrides:\n"
                                       "  late-chip: {chips.c1.from: 2026-02}\n";

static void nothing_is_signed_that_arrives_before_its_chip(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, option_chip_text, "");
    assert_objective(f, 2160000);
    example_solve(f, option_chip_text, "late-chip");
    assert_objective(f, 6696000 + 1416000);
    assert_int_equal(example_contract(f, "offer")->signings[0].period, 1);
    assert_near(example_contract(f, "offer")->chips[0], 0);
}

/* Signed in January for January and February: the second period, February to April, has 2136 hours,
 * of which it lives 672, so 1000 * 672 / 2136 = 314.606742 chips in the mean.
 * Taken:   1000 * 2 * (744 + 672) + (500 * 2136 - 1000 * 672) * 9
 *          = 2,832,000 + 396,000 * 9 = 6,396,000, against 500 * 9 * 2880 = 12,960,000 without.
 * At 0.2 USD/Mtok (1.80 USD an hour): 2,832,000 + 396,000 * 1.8 = 3,544,800 against 2,592,000. */
static const char whole_text[] = "periods: {months: 1, quarters: 1}\n"
                                 "sites:\n"
                                 "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                 "contracts:\n"
                                 "  offer:\n"
                                 "    kind: option\n"
                                 "    partner: north\n"
                                 "    pools: {north/a: [c1]}\n"
                                 "    whole: true\n"
                                 "    capacity: 1000 chips\n"
                                 "    price: 2 USD/chip-hour\n"
                                 "    sign: {to: 2026-01}\n"
                                 "    term: 2 months\n"
                                 "workloads:\n"
                                 "  chat:\n"
                                 "    kind: serve\n"
                                 "    demand: 108B tokens/day\n"
                                 "    throughput: 2500 tokens/s\n"
                                 "    unserved: 1 USD/Mtok\n"
                                 "overrides:\n"
                                 "  who-cares: {workloads.chat.unserved: 0.2 USD/Mtok}\n";

static void a_whole_option_is_taken_in_full_or_not_at_all(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, whole_text, "");
    assert_objective(f, 2832000 + 396000 * 9.0);
    assert_near(example_contract(f, "offer")->chips[0], 1000);
    assert_near(example_contract(f, "offer")->chips[1], 1000 * 672 / 2136.0);
    assert_int_equal(f->result->integer_count, 1);
    example_solve(f, whole_text, "who-cares");
    assert_objective(f, 500 * 1.8 * 2880);
    assert_near(example_contract(f, "offer")->chips[0], 0);
    assert_int_equal(example_contract(f, "offer")->decision, MZ_DECISION_UNUSED);
}

/* Signed in January, there in March. Capex 500 * 10,000 = 5M USD, a half in January and a half in
 * February. March: opex 500 * 0.5 * 744 = 186,000, energy 0.5 MW * 50% * 744 h * 100 = 18,600.
 * Nobody is served before: 500 * 18 * 1416 = 12,744,000. 23 of the 24 months of life lie behind the
 * horizon: credit 5M * 23 / 24 = 4,791,666.67.
 *   12,744,000 + 5,000,000 + 186,000 + 18,600 - 4,791,666.67 = 13,156,933.33
 * At 10% a year the same sums with D = 1.1^(-0.5/12), 1.1^(-1.5/12), 1.1^(-2.5/12), and the credit
 * with 1.1^(-3/12). */
static const char own_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  own/c: {pue: 1, availability: 100%, draw: 50%, power: 1 MW, energy: 100 USD/MWh}\n"
    "contracts:\n"
    "  fleet:\n"
    "    kind: own\n"
    "    pools: {own/c: [c1]}\n"
    "    capex: 10k USD/chip\n"
    "    opex: 0.5 USD/chip-hour\n"
    "    sign: {to: 2026-01}\n"
    "    lead: 2 months\n"
    "    life: 24 months\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n"
    "overrides:\n"
    "  impatient: {discount: 10%}\n";

static void own_chips_are_paid_while_they_are_built_and_credited_for_their_rest(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *fleet;
    double january = pow(1.1, -0.5 / 12);
    double february = pow(1.1, -1.5 / 12);
    double march = pow(1.1, -2.5 / 12);

    example_solve(f, own_text, "");
    assert_objective(f, 12744000 + 5e6 + 186000 + 18600 - 5e6 * 23 / 24);
    fleet = example_contract(f, "fleet");
    assert_near(fleet->capex_usd[0], 2.5e6);
    assert_near(fleet->capex_usd[1], 2.5e6);
    assert_near(fleet->capex_usd[2], 0);
    assert_near(fleet->energy_usd[2], 18600);
    assert_near(f->result->cost_usd, 5204600);
    assert_near(fleet->usd_per_chip_hour, (186000 + 18600 + 5e6 / 24) / (500 * 744));
    example_solve(f, own_text, "impatient");
    assert_objective(f,
        9000 * (744 * january + 672 * february) + 2.5e6 * (january + february) +
            (186000 + 18600) * march - pow(1.1, -3 / 12.0) * 5e6 * 23 / 24);
}

/* 1.25 kW a chip; the step of February comes in March: 240, 240, 400 chips of 500.
 *   1416 * (240 * 2 + 260 * 18) + 744 * (400 * 2 + 100 * 18) = 7,306,560 + 1,934,400 = 9,240,960 */
static const char power_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  north/a:\n"
    "    pue: 1.25\n"
    "    availability: 100%\n"
    "    draw: 100%\n"
    "    power: {2026-01: 0.3 MW, 2026-02: 0.5 MW}\n"
    "    slip: 1 month\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void slip_moves_the_dates_of_power_behind_the_start(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, power_text, "");
    assert_objective(f, 7306560 + 1934400);
    assert_near(f->result->chips[0], 240);
    assert_near(f->result->chips[2], 400);
    assert_near(example_site(f, "north/a")->limit_mw[1], 0.3);
    assert_near(example_site(f, "north/a")->power_mw[2], 0.5);
}

/* 0.042 MW/week * (744 + 672) / 2 / 168 h = 0.177 MW more in February than in January: 277 chips.
 *   100 * 2 * 744 + 672 * (277 * 2 + 723 * 18) = 148,800 + 9,117,696 = 9,266,496
 * A site that stands already: 148,800 + 1000 * 2 * 672 = 1,492,800. */
static const char build_rate_text[] =
    "periods: {months: 2}\n"
    "limits: {build_rate: {2026-02: 0.042 MW/week}}\n"
    "sites:\n"
    "  north/a:\n"
    "    new: true\n"
    "    pue: 1\n"
    "    availability: 100%\n"
    "    draw: 100%\n"
    "    power: {2026-01: 0.1 MW, 2026-02: 1 MW}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-01: 21.6B tokens/day, 2026-02: 216B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n"
    "overrides:\n"
    "  stands-already: {sites.north/a.new: false}\n";

static void new_campuses_grow_no_faster_than_the_build_rate(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, build_rate_text, "");
    assert_objective(f, 148800 + 672.0 * (277 * 2 + 723 * 18));
    assert_near(f->result->chips[1], 277);
    assert_near(f->result->added_mw_per_week[1], 0.042);
    example_solve(f, build_rate_text, "stands-already");
    assert_objective(f, 148800 + 1344000);
    assert_near(f->result->added_mw_per_week[1], 0);
}

/* An own site counts as new unless the file says otherwise: opex in place of the price, else the
 * numbers of the example before. */
static const char build_own_text[] =
    "periods: {months: 2}\n"
    "limits: {build_rate: {2026-02: 0.042 MW/week}}\n"
    "sites:\n"
    "  own/c:\n"
    "    new: false\n"
    "    pue: 1\n"
    "    availability: 100%\n"
    "    draw: 100%\n"
    "    energy: 0 USD/MWh\n"
    "    power: {2026-01: 0.1 MW, 2026-02: 1 MW}\n"
    "contracts:\n"
    "  fleet: {kind: own, pools: {own/c: [c1]}, opex: 2 USD/chip-hour, life: 5 years}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-01: 21.6B tokens/day, 2026-02: 216B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n"
    "overrides:\n"
    "  as-usual: {sites.own/c.new: null}\n";

static void an_own_site_that_is_said_to_stand_is_not_limited(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, build_own_text, "");
    assert_objective(f, 1492800);
    assert_near(example_contract(f, "fleet")->chips[1], 1000);
    example_solve(f, build_own_text, "as-usual");
    assert_objective(f, 9266496);
    assert_near(example_contract(f, "fleet")->chips[1], 277);
}

/* 177 kW more are wanted in February and nobody needs them. A kW costs 672 h * 20 USD = 13,440 USD,
 * to miss it 5000 USD: 100 * 20 * 1416 + 177 * 5000 = 2,832,000 + 885,000 = 3,717,000.
 * At 2 USD a chip-hour the kW costs 1344: 100 * 2 * 744 + 277 * 2 * 672 = 521,088. */
static const char goal_text[] =
    "periods: {months: 2}\n"
    "goals: {build_rate: {2026-02: 0.042 MW/week}}\n"
    "sites:\n"
    "  north/a:\n"
    "    new: true\n"
    "    pue: 1\n"
    "    availability: 100%\n"
    "    draw: 100%\n"
    "    power: {2026-01: 0.1 MW, 2026-02: 1 MW}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 20 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 21.6B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  cheap: {contracts.spot.price: 2 USD/chip-hour}\n";

static void a_goal_is_missed_when_that_is_cheaper(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, goal_text, "");
    assert_objective(f, 2832000 + 885000);
    assert_near(f->result->chips[1], 100);
    assert_near(f->result->build_goal_mw_per_week[1], 0.042);
    assert_int_equal(f->result->violation_count, 0);
    example_solve(f, goal_text, "cheap");
    assert_objective(f, 148800 + 372288);
    assert_near(f->result->chips[1], 277);
}

/* Free: 500 * 2 * 744 = 744,000. Under the right of `south` its committed chips have to be taken in
 * full before anything is signed: 744 * (200 * 10 + 300 * 2) = 1,934,400. A right on the contract
 * replaces the one on the partner, and a holder that is the contract's partner asks nobody. */
static const char rofr_text[] =
    "periods: {months: 1}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  offer:\n"
    "    kind: option\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: 1000 chips\n"
    "    price: 2 USD/chip-hour\n"
    "  first:\n"
    "    kind: committed\n"
    "    partner: south\n"
    "    pools: {south/b: [c1]}\n"
    "    capacity: 200 chips\n"
    "    price: 10 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  asked-first: {partners.north.rofr: {holder: south, until: 2026-02}}\n"
    "  waived: {contracts.offer.rofr: {holder: north}}\n";

static void a_holder_is_served_first_and_a_contracts_own_right_wins(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, rofr_text, "");
    assert_objective(f, 744000);
    example_solve(f, rofr_text, "asked-first");
    assert_objective(f, 744.0 * (200 * 10 + 300 * 2));
    assert_near(example_contract(f, "first")->chips[0], 200);
    assert_near(example_contract(f, "offer")->chips[0], 300);
    example_solve(f, rofr_text, "asked-first waived");
    assert_objective(f, 744000);
    assert_int_equal(f->result->integer_count, 0);
}

/* January: 500 chips, those of the holder first, 200 * 10 + 300 * 2 = 2600 an hour. February: 300
 * chips, and the north keeps what it has: nothing new, nothing to ask, 600 an hour. March is free
 * of the right: 1000 an hour.
 *   744 * 2600 + 672 * 600 + 744 * 1000 = 3,081,600 */
static const char rofr_demand_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot:\n"
    "    kind: on-demand\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    price: 2 USD/chip-hour\n"
    "    rofr: {holder: south, until: 2026-03}\n"
    "  other:\n"
    "    kind: on-demand\n"
    "    partner: south\n"
    "    pools: {south/b: [c1]}\n"
    "    capacity: 200 chips\n"
    "    price: 10 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-01: 108B tokens/day, 2026-02: 64.8B tokens/day, 2026-03: 108B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n";

static void a_right_of_first_refusal_is_about_more_and_ends_with_until(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, rofr_demand_text, "");
    assert_objective(f, 744 * 2600.0 + 672 * 600.0 + 744 * 1000.0);
    assert_near(example_contract(f, "other")->chips[0], 200);
    assert_near(example_contract(f, "spot")->chips[0], 300);
    assert_near(example_contract(f, "other")->chips[1], 0);
    assert_near(example_contract(f, "spot")->chips[2], 500);
}

/* A term of one month in a quarter: 1000 chips in the mean are 1000 * 2160 / 744 = 2903.2 signed.
 * The holder has no contracts, so it is always served, and the right must not limit what is signed.
 *   1000 * 2 * 2160 = 4,320,000 */
static const char short_term_text[] = "periods: {quarters: 1}\n"
                                      "sites: {north/a: {pue: 1, availability: 100%, draw: 100%}}\n"
                                      "contracts:\n"
                                      "  offer:\n"
                                      "    kind: option\n"
                                      "    partner: north\n"
                                      "    pools: {north/a: [c1]}\n"
                                      "    capacity: 1000 chips\n"
                                      "    price: 2 USD/chip-hour\n"
                                      "    term: 1 month\n"
                                      "    rofr: {holder: south, until: 2026-04}\n"
                                      "workloads:\n"
                                      "  chat:\n"
                                      "    kind: serve\n"
                                      "    demand: 216B tokens/day\n"
                                      "    throughput: 2500 tokens/s\n"
                                      "    unserved: 10 USD/Mtok\n";

static void a_right_whose_holder_is_served_limits_nothing(void **state)
{
    struct plan_fixture *f = *state;

    framed_solve(f, short_term_text, "");
    assert_near(f->result->objective_usd, 4320000);
    assert_near(example_contract(f, "offer")->signings[0].chips, 1000 * 2160 / 744.0);
}

/* 0.5 MW begun in January, lead 1 month and slip 1 month: there in March. 600,000 USD are paid in
 * January (lead 1 month, without the slip); 119 of 120 months lie behind the horizon. The chips
 * come with the power: 500 * 5000 = 2.5M USD, 24 of 25 months behind. Energy 0.5 MW * 744 h * 50
 * = 18,600.
 *   500 * 18 * 1416 + 600,000 / 120 + 2.5M / 25 + 18,600 = 12,744,000 + 5000 + 100,000 + 18,600 */
static const char expand_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  own/c:\n"
    "    pue: 1\n"
    "    availability: 100%\n"
    "    draw: 100%\n"
    "    energy: 50 USD/MWh\n"
    "    slip: 1 month\n"
    "    expand: {to: 2026-01, lead: 1 month, max: 1 GW, capex: 1.2M USD/MW, life: 10 years}\n"
    "contracts:\n"
    "  fleet: {kind: own, pools: {own/c: [c1]}, capex: 5k USD/chip, life: 25 months}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void power_that_is_built_comes_after_lead_and_slip(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_site_result *site;

    example_solve(f, expand_text, "");
    assert_objective(f, 12744000 + 5000 + 100000 + 18600);
    site = example_site(f, "own/c");
    assert_near(site->begun_mw[0], 0.5);
    assert_near(site->limit_mw[1], 0);
    assert_near(site->limit_mw[2], 0.5);
    assert_near(site->capex_usd[0], 600000);
    assert_near(f->result->cost_usd, 600000 + 2.5e6 + 18600);
}

/* 100 chips in January; 300 a quarter are 100 a month more.
 *   100 * 2 * 744 + 672 * (200 * 2 + 800 * 18) = 148,800 + 9,945,600 = 10,094,400 */
static const char supply_text[] =
    "periods: {months: 2}\n"
    "limits: {chip_supply: {c1: {2026-02: 300 chips/quarter}}}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot:\n"
    "    kind: on-demand\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: {2026-01: 100 chips, 2026-02: 1000 chips}\n"
    "    price: 2 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-01: 21.6B tokens/day, 2026-02: 216B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void chips_grow_no_faster_than_their_supply(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, supply_text, "");
    assert_objective(f, 148800 + 9945600);
    assert_near(f->result->chips[0], 100);
    assert_near(f->result->chips[1], 200);
    assert_near(example_workload(f, "chat")->unserved[1], 800 * 216e6);
}

/* 0.5 kW a chip in the mean: 0.2 MW of the grid carry 400 chips in January. The grid costs
 * 100 USD/MWh and 0.4 t * 50 USD = 20 of carbon, gas 50 + 25 = 75 from February on.
 *   744 * (400 * 0.5 + 100 * 18 + 0.2 * 120) + 672 * (500 * 0.5 + 0.25 * 75)
 *   = 744 * 2024 + 672 * 268.75 = 1,505,856 + 180,600 = 1,686,456 */
static const char energy_text[] =
    "periods: {months: 2}\n"
    "limits: {carbon: {price: 50 USD/t}}\n"
    "sites:\n"
    "  own/c:\n"
    "    pue: 1\n"
    "    availability: 100%\n"
    "    draw: 50%\n"
    "    power: 1 MW\n"
    "    carbon: 400 g/kWh\n"
    "    energy:\n"
    "      grid: {price: 100 USD/MWh, max: 0.2 MW}\n"
    "      gas: {price: 50 USD/MWh, carbon: 500 g/kWh, from: 2026-02}\n"
    "contracts:\n"
    "  fleet: {kind: own, pools: {own/c: [c1]}, opex: 0.5 USD/chip-hour, life: 25 months}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void energy_kinds_limit_delivery_and_the_cheapest_comes_first(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *fleet;

    example_solve(f, energy_text, "");
    assert_objective(f, 744 * 2024.0 + 672 * 268.75);
    fleet = example_contract(f, "fleet");
    assert_near(fleet->chips[0], 400);
    assert_near(fleet->energy_usd[0], 744 * 20);
    assert_near(fleet->carbon_usd[1], 672 * 0.25 * 25);
    assert_near(f->result->carbon_t[1], 672 * 0.25 * 0.5);
}

/* Free: 200 chips signed in January, 300 more in February:
 *   200 * 2 * 744 + 300 * 18 * 744 + 500 * 2 * 672 = 4,987,200.
 * The grid of February slips to March, the decisions are given: 500 are signed, 200 delivered and
 * paid, 200 * 2 * 1416 + 300 * 18 * 1416 = 8,212,800. */
static const char stress_text[] = "periods: {months: 2}\n"
                                  "sites:\n"
                                  "  north/a:\n"
                                  "    pue: 1\n"
                                  "    availability: 100%\n"
                                  "    draw: 100%\n"
                                  "    power: {2026-01: 0.2 MW, 2026-02: 0.5 MW}\n"
                                  "contracts:\n"
                                  "  offer:\n"
                                  "    kind: option\n"
                                  "    partner: north\n"
                                  "    pools: {north/a: [c1]}\n"
                                  "    capacity: 1000 chips\n"
                                  "    price: 2 USD/chip-hour\n"
                                  "workloads:\n"
                                  "  chat:\n"
                                  "    kind: serve\n"
                                  "    demand: 108B tokens/day\n"
                                  "    throughput: 2500 tokens/s\n"
                                  "    unserved: 2 USD/Mtok\n"
                                  "overrides:\n"
                                  "  late-grid: {sites.north/a.slip: 1 month}\n";

static void given_decisions_stand_though_less_is_delivered(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_decisions *decisions;

    example_solve(f, stress_text, "");
    assert_objective(f, 297600 + 4017600 + 672000);
    decisions = mz_plan_decisions(f->arena, f->plan);
    assert_int_equal(decisions->count, 2);
    example_load(f, stress_text, "late-grid");
    plan_fixture_solve(f, false, decisions);
    assert_objective(f, 566400 + 7646400);
    assert_int_equal(example_contract(f, "offer")->signing_count, 2);
    assert_near(example_contract(f, "offer")->signings[1].chips, 300);
    assert_near(example_contract(f, "offer")->chips[1], 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(committed_chips_fall_only_with_the_offer),
        plan_test(on_demand_chips_come_and_go),
        plan_test(an_option_arrives_after_its_lead_and_ends_with_its_term),
        plan_test(what_was_signed_falls_with_the_offer),
        plan_test(nothing_is_signed_that_arrives_before_its_chip),
        plan_test(a_whole_option_is_taken_in_full_or_not_at_all),
        plan_test(own_chips_are_paid_while_they_are_built_and_credited_for_their_rest),
        plan_test(slip_moves_the_dates_of_power_behind_the_start),
        plan_test(new_campuses_grow_no_faster_than_the_build_rate),
        plan_test(an_own_site_that_is_said_to_stand_is_not_limited),
        plan_test(a_goal_is_missed_when_that_is_cheaper),
        plan_test(a_holder_is_served_first_and_a_contracts_own_right_wins),
        plan_test(a_right_of_first_refusal_is_about_more_and_ends_with_until),
        plan_test(a_right_whose_holder_is_served_limits_nothing),
        plan_test(power_that_is_built_comes_after_lead_and_slip),
        plan_test(chips_grow_no_faster_than_their_supply),
        plan_test(energy_kinds_limit_delivery_and_the_cheapest_comes_first),
        plan_test(given_decisions_stand_though_less_is_delivered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
