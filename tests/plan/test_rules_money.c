/* test_rules_money.c - (R6) partner shares, (R7) take-or-pay, (R9) cash and funding, carbon
 * The examples of docs/plan-model.md, calculated by hand. */
#include "plan/plan_fixture.h"

#include <math.h>

/* 500 chips, at most 60% of them from one partner: 744 * (300 * 2 + 200 * 3) = 892,800.
 * At most 40% of the spend to the north: 2 a <= 40% * (2 a + 3 b), so a = b = 250:
 *   744 * (250 * 2 + 250 * 3) = 930,000 */
static const char share_text[] =
    "periods: {months: 1}\n"
    "limits: {partner_share: [{of: chips, max: 60%}]}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "  other: {kind: on-demand, partner: south, pools: {south/b: [c1]}, price: 3 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  of-spend: {limits.partner_share: [{of: spend, max: 40%, partner: north}]}\n";

static void no_partner_gets_more_than_its_share(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, share_text, "");
    assert_objective(f, 892800);
    assert_near(example_partner(f, "north")->chips[0], 300);
    assert_near(example_partner(f, "north")->share_fraction[0], 0.6);
    example_solve(f, share_text, "of-spend");
    assert_objective(f, 930000);
    assert_near(example_partner(f, "north")->spend_usd[0], 744 * 500);
    assert_near(example_partner(f, "south")->spend_usd[0], 744 * 750);
}

/* Nobody but the north: 40% of its 500 kW are too much, 200 kW * 744 h * 10 USD/kWh. A chip-hour
 * costs 2 + 0.4 * 10 = 6 USD that way, and not serving it 18 USD.
 *   744 * (500 * 2 + 200 * 10) = 744,000 + 1,488,000 = 2,232,000 */
static const char share_over_text[] =
    "periods: {months: 1}\n"
    "limits: {partner_share: [{of: power, max: 60%}]}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void a_share_that_cannot_be_kept_is_paid_for(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, share_over_text, "");
    assert_objective(f, 744000 + 1488000);
    assert_int_equal(f->result->violation_count, 1);
    assert_string_equal(f->result->violations[0].rule, "share");
    assert_near(f->result->violations[0].amount, 0.2);
    assert_near(f->result->violations[0].usd, 1488000);
    assert_near(f->result->cost_usd, 744000);
}

/* The life has 744 + 672 + 744 + 720 = 2880 hours, 1416 inside the horizon: 4M * 1416 / 2880 =
 * 1,966,666.67 of the commitment fall into it. On offer are 1000 * 1416 h * 2 USD (the lowest
 * price) = 2,832,000, whether the site has power for them or not. Due: 50% * 1,966,666.67 =
 * 983,333.33. 100 chips are used for 283,200; the rest, 700,133.33, is paid in February. Together
 * 983,333.33. */
static const char commit_text[] =
    "periods: {months: 2}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%, power: 0.1 MW}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1, c2]}\n"
    "    end: 2026-04\n"
    "    capacity: 1000 chips\n"
    "    price: {c1: 2 USD/chip-hour, c2: 5 USD/chip-hour}\n"
    "    commit: 4M USD\n"
    "    take_or_pay: 50%\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 21.6B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  headline: {contracts.lease.commit: 100M USD, contracts.lease.take_or_pay: 100%}\n"
    "  cheap-later:\n"
    "    chips.c2.from: 2027-01\n"
    "    contracts.lease.price: {c2: 1 USD/chip-hour}\n";

static void a_commitment_is_due_for_its_part_inside_the_horizon(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *lease;

    example_solve(f, commit_text, "");
    assert_objective(f, 0.5 * 4e6 * 1416 / 2880);
    lease = example_contract(f, "lease");
    assert_near(lease->due_usd, 0.5 * 4e6 * 1416 / 2880);
    assert_near(lease->spend_total_usd, 283200);
    assert_near(lease->short_usd[0], 0);
    assert_near(lease->short_usd[1], 0.5 * 4e6 * 1416 / 2880 - 283200);
}

/* 100M USD promised, all of it due: 49.2M for the two months, but only 2,832,000 are on offer.
 * With c2 for 1 USD the offer is worth 1000 * 1416 * 1 = 1,416,000, though c2 comes in 2027
 * only. */
static void nobody_owes_for_what_is_not_offered(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, commit_text, "headline");
    assert_objective(f, 2832000);
    assert_near(example_contract(f, "lease")->short_total_usd, 2832000 - 283200);
    example_solve(f, commit_text, "headline cheap-later");
    assert_objective(f, 1416000);
    assert_near(example_contract(f, "lease")->due_usd, 1416000);
    assert_near(example_contract(f, "lease")->chips[1], 100);
}

/* The life of two years has 17,520 hours. First contract year: January to June, 4344 hours inside,
 * 20M * 4344 / 17520 = 4,958,904.11 due, nothing used, paid in the second quarter. Second year:
 * July to December, 4416 hours, 5,041,095.89 due, 900 chips used for 900 * 2 * 4416 = 7,948,800.
 *   4,958,904.11 + 7,948,800 = 12,907,704.11
 * One period for the year: its spend counts for each contract year by hours, 4344 and 4416 of 8760.
 * Both fall short: 1,017,179.18 and 1,034,020.82; 10,000,000 in all. */
static const char commit_year_text[] =
    "periods: {quarters: 4}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%, power: {2026-07: 0.9 MW}}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    start: 2025-07\n"
    "    end: 2027-06\n"
    "    capacity: 1000 chips\n"
    "    price: 2 USD/chip-hour\n"
    "    commit: 20M USD\n"
    "    commit_per: year\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2026-07: 194.4B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "overrides:\n"
    "  coarse: {periods.quarters: null, periods.years: 1}\n";

static void each_contract_year_is_due_on_its_own(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_contract_result *lease;

    example_solve(f, commit_year_text, "");
    assert_objective(f, 20e6 * 4344 / 17520 + 900 * 2 * 4416);
    lease = example_contract(f, "lease");
    assert_near(lease->short_usd[1], 20e6 * 4344 / 17520);
    assert_near(lease->short_usd[3], 0);
    assert_near(lease->due_usd, 10e6);
    example_solve(f, commit_year_text, "coarse");
    assert_objective(f, 10e6);
    lease = example_contract(f, "lease");
    assert_near(lease->spend_total_usd, 7948800);
    assert_near(lease->short_usd[0], 10e6 - 7948800);
}

/* 744,000 to pay and 500,000 there: 244,000 are to be found in January, at 10 USD each. February:
 * 2,000,000 - 672,000 = 1,328,000 left.
 *   1,416,000 + 2,440,000 = 3,856,000
 * Strict: 244,000 USD less are spent, 122,000 chip-hours are not served at 90 USD each.
 *   1,416,000 - 244,000 + 10,980,000 = 12,152,000 */
static const char gap_text[] =
    "periods: {months: 2}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "finance:\n"
    "  cash: 0.5M USD\n"
    "  revenue: {2026-02: 2M USD/month}\n";

static void money_that_is_missing_is_a_gap_with_a_price(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, gap_text, "");
    assert_objective(f, 1416000 + 2440000);
    assert_near(f->result->ledger[0].gap_usd, 244000);
    assert_near(f->result->ledger[0].cash_end_usd, 0);
    assert_near(f->result->ledger[1].cash_end_usd, 1328000);
    assert_near(f->result->penalty_usd, 2440000);
    plan_fixture_solve(f, true, NULL);
    assert_objective(f, 1416000 - 244000 + 122000 * 90.0);
    assert_near(f->result->ledger[0].gap_usd, 0);
}

/* 2M USD arrive, the fee has been paid by whoever raised them. Cost of equity: 1% a month of 2M in
 * January and in February, in the objective and not in cash.
 *   1,416,000 + 2 * 20,000 = 1,456,000 */
static const char equity_certain_text[] =
    "periods: {months: 2}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "finance:\n"
    "  funding:\n"
    "    round: {kind: equity, when: 2026-01, amount: 2M USD, fee: 4%, cost: 12%/year}\n";

static void certain_equity_arrives_without_its_fee_and_costs_every_month(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, equity_certain_text, "");
    assert_objective(f, 1456000);
    assert_near(f->result->ledger[0].equity_usd, 2e6);
    assert_near(f->result->ledger[0].fees_usd, 0);
    assert_near(f->result->ledger[1].cash_end_usd, 584000);
    assert_near(f->result->cost_usd, 1416000);
}

/* Raised as it is needed, 4% of it lost: 744,000 / 0.96 = 775,000 and 672,000 / 0.96 = 700,000.
 * Fees 31,000 + 28,000; cost of equity 1% of 775,000, then of 1,475,000.
 *   1,416,000 + 59,000 + 7,750 + 14,750 = 1,497,500 */
static const char equity_chosen_text[] =
    "periods: {months: 2}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "finance:\n"
    "  funding:\n"
    "    round: {kind: equity, max: 20M USD, fee: 4%, cost: 12%/year}\n";

static void chosen_equity_is_raised_when_it_is_needed(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, equity_chosen_text, "");
    assert_objective(f, 1497500);
    assert_near(example_funding(f, "round")->raised_usd[0], 775000);
    assert_near(example_funding(f, "round")->raised_usd[1], 700000);
    assert_near(f->result->ledger[1].fees_usd, 28000);
    assert_near(f->result->cost_usd, 1475000);
}

/* January costs 500 * 1.98 * 744 = 736,560 and 1% of what is drawn: 744,000 are drawn, 7440 are
 * interest. They are repaid at the beginning of February, which costs 665,280.
 *   736,560 + 665,280 + 7440 = 1,409,280 */
static const char debt_text[] =
    "periods: {months: 2}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 1.98 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "finance:\n"
    "  revenue: {2026-02: 2M USD/month}\n"
    "  funding:\n"
    "    loan: {kind: debt, max: 20M USD, interest: 12%, term: 1 month}\n";

static void debt_is_repaid_whole_after_its_term(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, debt_text, "");
    assert_objective(f, 736560 + 665280 + 7440);
    assert_near(f->result->ledger[0].drawn_usd, 744000);
    assert_near(f->result->ledger[0].interest_usd, 7440);
    assert_near(f->result->ledger[1].repaid_usd, 744000);
    assert_near(f->result->ledger[1].cash_end_usd, 2000000 - 665280 - 744000);
}

/* The floor holds from February on. January ends at 800,000 - 744,000 - 100,000 = -44,000, which is
 * allowed; February at -816,000, so 916,000 are missing. With D = 1.1^(-0.5/12) and 1.1^(-1.5/12):
 *   744,000 D1 + 672,000 D2 + 9,160,000 D2 = 10,456,610.04 */
static const char floor_text[] =
    "periods: {months: 2}\n"
    "discount: 10%\n"
    "limits: {cash_floor: {2026-02: 0.1M USD}}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "finance:\n"
    "  cash: 0.8M USD\n"
    "  costs: 100k USD/month\n";

static void a_dated_cash_floor_does_not_hold_before_its_first_date(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, floor_text, "");
    assert_objective(f, 744000 * pow(1.1, -0.5 / 12) + (672000 + 9160000) * pow(1.1, -1.5 / 12));
    assert_near(f->result->ledger[0].cash_end_usd, -44000);
    assert_true(isnan(f->result->ledger[0].floor_usd));
    assert_near(f->result->ledger[1].gap_usd, 916000);
    assert_near(f->result->ledger[1].cash_end_usd, 100000);
}

/* 500 chips * 1.25 kW = 0.625 MW, drawing 80%: 0.5 MW * 744 h = 372 MWh * 400 g/kWh = 148.8 t, at
 * 40 USD 5952. A rented price includes power, so no energy is paid.
 *   744,000 + 5952 = 749,952 */
static const char carbon_price_text[] =
    "periods: {months: 1}\n"
    "limits: {carbon: {price: 40 USD/t}}\n"
    "sites:\n"
    "  north/a: {pue: 1.25, availability: 100%, draw: 80%, carbon: 400 g/kWh}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n";

static void carbon_of_rented_chips_has_its_price(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, carbon_price_text, "");
    assert_objective(f, 749952);
    assert_near(f->result->power_mw[0], 0.625);
    assert_near(f->result->energy_mwh[0], 372);
    assert_near(f->result->carbon_t[0], 148.8);
    assert_near(f->result->ledger[0].carbon_usd, 5952);
    assert_near(f->result->ledger[0].energy_usd, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(no_partner_gets_more_than_its_share),
        plan_test(a_share_that_cannot_be_kept_is_paid_for),
        plan_test(a_commitment_is_due_for_its_part_inside_the_horizon),
        plan_test(nobody_owes_for_what_is_not_offered),
        plan_test(each_contract_year_is_due_on_its_own),
        plan_test(money_that_is_missing_is_a_gap_with_a_price),
        plan_test(certain_equity_arrives_without_its_fee_and_costs_every_month),
        plan_test(chosen_equity_is_raised_when_it_is_needed),
        plan_test(debt_is_repaid_whole_after_its_term),
        plan_test(a_dated_cash_floor_does_not_hold_before_its_first_date),
        plan_test(carbon_of_rented_chips_has_its_price),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
