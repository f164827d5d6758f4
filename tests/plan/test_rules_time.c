/* test_rules_time.c - values over time, periods, discount, overrides
 * The examples of docs/plan-model.md, calculated by hand. */
#include "plan/plan_fixture.h"

#include <math.h>

/* Price: January lies before the first date and has the first value, 2 USD; so the mean by hours is
 *   (1416 h * 2 + 744 h * 3) / 2160 h = 5064 / 2160 = 2.344444 USD/chip-hour.
 * Demand: January lies before the first date and has none; 500 chips in February and March, so
 *   500 * 1416 / 2160 = 327.777778 chips in the mean.
 * Products are products of means: 327.777778 * 2160 h * 2.344444 = 1,659,866.67. */
static const char steps_text[] = "periods: {quarters: 1}\n"
                                 "sites:\n"
                                 "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                 "contracts:\n"
                                 "  spot:\n"
                                 "    kind: on-demand\n"
                                 "    partner: north\n"
                                 "    pools: {north/a: [c1]}\n"
                                 "    price: {2026-02: 2 USD/chip-hour, 2026-03: 3 USD/chip-hour}\n"
                                 "workloads:\n"
                                 "  chat:\n"
                                 "    kind: serve\n"
                                 "    demand: {2026-02: 108B tokens/day}\n"
                                 "    throughput: 2500 tokens/s\n"
                                 "    unserved: 10 USD/Mtok\n";

static void a_period_is_worth_the_mean_of_its_months_by_hours(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, steps_text, "");
    assert_objective(f, 500 * 1416.0 * 5064 / 2160);
    assert_near(example_contract(f, "spot")->chips[0], 500 * 1416 / 2160.0);
    assert_near(example_workload(f, "chat")->demand[0], 108e9 * 1416 / 2160);
    assert_near(example_workload(f, "chat")->unserved[0], 0);
}

/* A line from 0 in December to 432B tokens/day (2000 chips) in April: 500, 1000, 1500 chips at the
 * beginning of January, February, March; constant from April on.
 *   2 * (500 * 744 + 1000 * 672 + 1500 * 744 + 2000 * 720 + 2000 * 744) = 10,176,000 */
static const char ramp_text[] =
    "periods: {months: 5}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {ramp: linear, 2025-12: 0 tokens/day, 2026-04: 432B tokens/day}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n";

static void a_ramp_is_counted_in_months_and_constant_behind_its_last_date(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, ramp_text, "");
    assert_objective(f, 2.0 * (500 * 744 + 1000 * 672 + 1500 * 744 + 2000 * 720 + 2000 * 744));
    assert_near(f->result->chips[1], 1000);
    assert_near(f->result->chips[4], 2000);
    assert_near(f->result->cost_usd, f->result->objective_usd);
}

/* 300% a year is a factor of 4. January is 6 months behind July: 54B * 4^(6/12) = 108B, 500 chips.
 * February has a step of its own: 108B, 500 chips. March: 500 * 4^(1/12) = 561.231024 chips.
 *   2 * (500 * 744 + 500 * 672 + 561.231024 * 744) = 2,251,111.76 */
static const char growth_text[] =
    "periods: {months: 3}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: {2025-07: 54B tokens/day, 2026-02: 108B tokens/day}\n"
    "    growth: 300%/year\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n";

static void every_step_grows_from_its_own_date(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, growth_text, "");
    assert_objective(f, 1000 * (744 + 672 + 744 * pow(4, 1 / 12.0)));
    assert_near(f->result->chips[0], 500);
    assert_near(f->result->chips[1], 500);
    assert_near(f->result->chips[2], 500 * pow(4, 1 / 12.0));
}

/* Capacity is 0 in January and March: 900 * 672 / 2160 = 280 chips in the mean of the quarter.
 *   280 * 2160 * 2 + (500 - 280) * 2160 * 18 = 1,209,600 + 8,553,600 = 9,763,200 */
static const char life_text[] = "periods: {quarters: 1}\n"
                                "sites:\n"
                                "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                "contracts:\n"
                                "  lease:\n"
                                "    kind: committed\n"
                                "    partner: north\n"
                                "    pools: {north/a: [c1]}\n"
                                "    start: 2026-02\n"
                                "    end: 2026-02\n"
                                "    capacity: 900 chips\n"
                                "    price: 2 USD/chip-hour\n"
                                "workloads:\n"
                                "  chat:\n"
                                "    kind: serve\n"
                                "    demand: 108B tokens/day\n"
                                "    throughput: 2500 tokens/s\n"
                                "    unserved: 2 USD/Mtok\n";

static void capacity_outside_the_life_of_a_contract_is_0_month_by_month(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, life_text, "");
    assert_objective(f, 280 * 2160 * 2.0 + 220 * 2160 * 18.0);
    assert_near(example_contract(f, "lease")->capacity[0], 280);
    assert_near(example_contract(f, "lease")->spend_usd[0], 1209600);
    assert_near(example_workload(f, "chat")->unserved[0], 220 * 216e6);
}

/* The middle of January is 0.5 months behind the start, that of February to April 2.5 months;
 * February to April have 672 + 744 + 720 = 2136 hours. 500 chips for 2 USD are 1000 USD an hour:
 *   1000 * (744 * 1.1^(-0.5/12) + 2136 * 1.1^(-2.5/12)) = 2,835,056.52; not discounted 2,880,000 */
static const char discount_text[] =
    "periods: {months: 1, quarters: 1}\n"
    "discount: 10%\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n";

static void money_is_discounted_to_the_middle_of_its_period(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, discount_text, "");
    assert_objective(f, 1000 * (744 * pow(1.1, -0.5 / 12) + 2136 * pow(1.1, -2.5 / 12)));
    assert_near(f->result->cost_usd, 2880000);
    assert_near(f->result->ledger[1].spend_usd, 2136000);
}

/* Without: 500 * 2 * 1416 = 1,416,000. The date map lands on a scalar, which stays up to the map's
 * first date: 1000 chips in January, 200 from February on.
 *   500 * 2 * 744 + 200 * 2 * 672 + 300 * 18 * 672 = 744,000 + 268,800 + 3,628,800 = 4,641,600
 * Closed as well: the workload is gone and nothing is delivered. */
static const char overrides_text[] = "periods: {months: 2}\n"
                                     "sites:\n"
                                     "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                     "contracts:\n"
                                     "  lease:\n"
                                     "    kind: committed\n"
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
                                     "  outage: {contracts.lease.capacity: {2026-02: 200 chips}}\n"
                                     "  closed: {workloads.chat: null}\n";

static void a_date_map_over_a_scalar_keeps_it_before_its_first_date(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, overrides_text, "");
    assert_objective(f, 1416000);
    example_solve(f, overrides_text, "outage");
    assert_objective(f, 744000 + 268800 + 3628800);
    assert_near(example_contract(f, "lease")->capacity[0], 1000);
    assert_near(example_contract(f, "lease")->chips[1], 200);
    example_solve(f, overrides_text, "outage closed");
    assert_objective(f, 0);
    assert_int_equal(f->result->workload_count, 0);
}

/* The first quarter begins before 2026-02: no cap, though 500 kW * 2160 h * 400 g/kWh = 432 t.
 * The second one may emit 1200 t / 12 * 3 = 300 t; 500 kW * 2184 h * 400 g/kWh = 436.8 t are
 * 136.8 t too much at 10,000 USD/t. A chip-hour (0.4 kg: 4 USD) is still worth its 18 USD.
 *   1000 * (2160 + 2184) + 136.8 * 10,000 = 4,344,000 + 1,368,000 = 5,712,000 */
static const char carbon_cap_text[] =
    "periods: {quarters: 2}\n"
    "limits: {carbon: {cap: {2026-02: 1.2 kt/year}}}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%, carbon: 400 g/kWh}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 2 USD/Mtok\n";

static void a_limit_holds_in_periods_that_begin_at_or_after_its_first_date(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, carbon_cap_text, "");
    assert_objective(f, 4344000 + 1368000);
    assert_near(f->result->carbon_t[0], 432);
    assert_near(f->result->carbon_t[1], 436.8);
    assert_int_equal(f->result->violation_count, 1);
    assert_int_equal(f->result->violations[0].period, 1);
    assert_near(f->result->violations[0].amount, 136.8);
    assert_near(f->result->violations[0].usd, 1368000);
    assert_near(f->result->penalty_usd, 1368000);
    assert_near(f->result->cost_usd, 4344000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(a_period_is_worth_the_mean_of_its_months_by_hours),
        plan_test(a_ramp_is_counted_in_months_and_constant_behind_its_last_date),
        plan_test(every_step_grows_from_its_own_date),
        plan_test(capacity_outside_the_life_of_a_contract_is_0_month_by_month),
        plan_test(money_is_discounted_to_the_middle_of_its_period),
        plan_test(a_date_map_over_a_scalar_keeps_it_before_its_first_date),
        plan_test(a_limit_holds_in_periods_that_begin_at_or_after_its_first_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
