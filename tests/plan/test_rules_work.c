/* test_rules_work.c - (R2) use, (R3) serving and batch, (R4) training, (R8) loss, default penalties
 * The examples of docs/plan-model.md, calculated by hand. */
#include "plan/plan_fixture.h"

/* 500 chips of work at an availability of 80% need 500 / 0.8 = 625 chips.
 *   625 * 2 * 744 = 930,000 */
static const char use_text[] = "periods: {months: 1}\n"
                               "sites:\n"
                               "  north/a: {pue: 1, availability: 80%, draw: 100%}\n"
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
                               "    unserved: 10 USD/Mtok\n";

static void only_the_available_share_of_chips_does_work(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, use_text, "");
    assert_objective(f, 930000);
    assert_near(example_contract(f, "lease")->chips[0], 625);
    assert_near(example_workload(f, "chat")->chips[0], 500);
    assert_near(example_contract(f, "lease")->used_fraction, 1);
}

/* us wants 300 chips and has them; eu wants 200 and has 100, and us may not help. Revenue of a
 * served chip-hour 9 USD, penalty of a missing one 18 USD:
 *   744 * (300 * 2 + 100 * 3 + 100 * 18 - 400 * 9) = 744 * -900 = -669,600
 * Anywhere: all 500 in the north, 744 * (500 * 2 - 500 * 9) = -2,604,000. */
static const char regions_text[] =
    "periods: {months: 1}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%, region: us}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%, region: eu}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: 1000 chips\n"
    "    price: 2 USD/chip-hour\n"
    "  small:\n"
    "    kind: committed\n"
    "    partner: south\n"
    "    pools: {south/b: [c1]}\n"
    "    capacity: 100 chips\n"
    "    price: 3 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 108B tokens/day\n"
    "    regions: {us: 60%, eu: 40%}\n"
    "    throughput: 2500 tokens/s\n"
    "    revenue: 1 USD/Mtok\n"
    "    unserved: 2 USD/Mtok\n"
    "overrides:\n"
    "  anywhere: {workloads.chat.regions: null}\n";

static void each_region_is_served_by_its_own_sites(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, regions_text, "");
    assert_objective(f, 744.0 * (300 * 2 + 100 * 3 + 100 * 18 - 400 * 9));
    assert_near(example_workload(f, "chat")->served_fraction[0], 0.8);
    assert_near(example_contract(f, "lease")->chips[0], 300);
    assert_near(f->result->ledger[0].workload_revenue_usd, 744 * 3600);
    assert_near(f->result->cost_usd, 744 * 900);
    assert_near(f->result->chips_short[0], 100);
    example_solve(f, regions_text, "anywhere");
    assert_objective(f, 744.0 * (500 * 2 - 500 * 9));
    assert_near(example_contract(f, "small")->chips[0], 0);
}

/* Ten days of work may wait for the cheaper February: January works 21 of its 31 days, February
 * 28 + 10.
 *   500 * 24 * (21 * 3 + 38 * 1) = 756,000 + 456,000 = 1,212,000 */
static const char batch_text[] = "periods: {months: 2}\n"
                                 "sites:\n"
                                 "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                 "contracts:\n"
                                 "  spot:\n"
                                 "    kind: on-demand\n"
                                 "    partner: north\n"
                                 "    pools: {north/a: [c1]}\n"
                                 "    price: {2026-01: 3 USD/chip-hour, 2026-02: 1 USD/chip-hour}\n"
                                 "workloads:\n"
                                 "  nightly:\n"
                                 "    kind: batch\n"
                                 "    demand: 108B tokens/day\n"
                                 "    wait: 10 days\n"
                                 "    throughput: 2500 tokens/s\n"
                                 "    unserved: 10 USD/Mtok\n";

static void batch_work_waits_for_cheaper_chips(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, batch_text, "");
    assert_objective(f, 500.0 * 24 * (21 * 3 + 38 * 1));
    assert_near(example_workload(f, "nightly")->backlog[0], 1080e9);
    assert_near(example_workload(f, "nightly")->chips[0], 500 * 21 / 31.0);
    assert_near(example_workload(f, "nightly")->chips[1], 500 * 38 / 28.0);
    assert_near(example_workload(f, "nightly")->tokens_unserved, 0);
}

/* 6.696T tokens are 1000 chips * 744 h * 9 Mtok; 500 chips do a half of it in January. February
 * does a = 0.5 * 672 / 744 = 0.451613, March the rest 0.048387. Mean share not done:
 *   February 1 - 0.5 - a / 2 = 0.274194, March (0.5 - a) / 2 = 0.024194
 *   744,000 chip-hours * 2 + 1M * (0.274194 + 0.024194) = 1,488,000 + 298,387.10 = 1,786,387.10 */
static const char train_text[] = "periods: {months: 3}\n"
                                 "sites:\n"
                                 "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                 "contracts:\n"
                                 "  spot:\n"
                                 "    kind: on-demand\n"
                                 "    partner: north\n"
                                 "    pools: {north/a: [c1]}\n"
                                 "    capacity: 500 chips\n"
                                 "    price: 2 USD/chip-hour\n"
                                 "workloads:\n"
                                 "  frontier:\n"
                                 "    kind: train\n"
                                 "    tokens: 6.696T tokens\n"
                                 "    window: {from: 2026-01, to: 2026-01}\n"
                                 "    throughput: 2500 tokens/s\n"
                                 "    late: 1M USD/month\n"
                                 "    unserved: 100 USD/Mtok\n";

static void a_late_run_pays_for_the_mean_share_not_done(void **state)
{
    struct plan_fixture *f = *state;
    const struct mz_workload_result *frontier;
    double a = 0.5 * 672 / 744;

    example_solve(f, train_text, "");
    assert_objective(f, 1488000 + 1e6 * (0.5 - a / 2) + 1e6 * (0.5 - a) / 2);
    frontier = example_workload(f, "frontier");
    assert_near(frontier->late_fraction[1], 0.5 - a / 2);
    assert_near(frontier->late_usd, 1e6 * (0.5 - a / 2) + 1e6 * (0.5 - a) / 2);
    assert_near(frontier->served_fraction[0], 0.5);
    assert_near(frontier->tokens_unserved, 0);
}

/* December lies before the start: a half of the window's 1488 hours is inside, so 6.696T of 13.392T
 * tokens are to be done. `late` is not stated: 5% * 10 USD/Mtok * 6.696T = 3.348M USD a month.
 * January does a half, February a = 0.5 * 672 / 744; 0.5 - a = 324,000 Mtok are never done.
 *   2 * 500 * 1416 + 3.348M * (0.5 - a / 2) + 10 * 324,000
 *   = 1,416,000 + 918,000 + 3,240,000 = 5,574,000 */
static const char train_cut_text[] = "periods: {months: 2}\n"
                                     "sites:\n"
                                     "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                     "contracts:\n"
                                     "  spot:\n"
                                     "    kind: on-demand\n"
                                     "    partner: north\n"
                                     "    pools: {north/a: [c1]}\n"
                                     "    capacity: 500 chips\n"
                                     "    price: 2 USD/chip-hour\n"
                                     "workloads:\n"
                                     "  frontier:\n"
                                     "    kind: train\n"
                                     "    tokens: 13.392T tokens\n"
                                     "    window: {from: 2025-12, to: 2026-01}\n"
                                     "    throughput: 2500 tokens/s\n"
                                     "    unserved: 10 USD/Mtok\n";

static void a_window_partly_outside_the_horizon_scales_tokens_and_lateness(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, train_cut_text, "");
    assert_objective(f, 1416000 + 918000 + 3240000);
    assert_near(example_workload(f, "frontier")->tokens_wanted, 6.696e12);
    assert_near(example_workload(f, "frontier")->tokens_unserved, 324e9);
    assert_near(example_workload(f, "frontier")->late_usd, 918000);
}

/* The work of 300 chips for a month, on never less than 400: 400 * 2 * 744 = 595,200. */
static const char train_min_text[] =
    "periods: {months: 1}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "workloads:\n"
    "  frontier:\n"
    "    kind: train\n"
    "    tokens: 2.0088T tokens\n"
    "    window: {from: 2026-01, to: 2026-01}\n"
    "    chips: {min: 400, max: 1000}\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 100 USD/Mtok\n";

static void a_run_with_least_chips_takes_them_all_period(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, train_min_text, "");
    assert_objective(f, 595200);
    assert_near(example_workload(f, "frontier")->chips[0], 400);
    assert_near(example_workload(f, "frontier")->tokens[0], 2.0088e12);
    assert_int_equal(f->result->integer_count, 1);
}

/* The work of 500 chips for a month, and 300 chips at each of two sites. At one site 200 chips * 9
 * Mtok * 10 USD are missing: 744 * (300 * 2 + 200 * 90) = 13,838,400.
 * Over both: 744 * (300 * 2 + 200 * 3) = 892,800. */
static const char train_site_text[] = "periods: {months: 1}\n"
                                      "sites:\n"
                                      "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
                                      "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
                                      "contracts:\n"
                                      "  spot:\n"
                                      "    kind: on-demand\n"
                                      "    partner: north\n"
                                      "    pools: {north/a: [c1]}\n"
                                      "    capacity: 300 chips\n"
                                      "    price: 2 USD/chip-hour\n"
                                      "  other:\n"
                                      "    kind: on-demand\n"
                                      "    partner: south\n"
                                      "    pools: {south/b: [c1]}\n"
                                      "    capacity: 300 chips\n"
                                      "    price: 3 USD/chip-hour\n"
                                      "workloads:\n"
                                      "  frontier:\n"
                                      "    kind: train\n"
                                      "    tokens: 3.348T tokens\n"
                                      "    window: {from: 2026-01, to: 2026-01}\n"
                                      "    chips: {max: 1000}\n"
                                      "    one_site: true\n"
                                      "    throughput: 2500 tokens/s\n"
                                      "    unserved: 10 USD/Mtok\n"
                                      "overrides:\n"
                                      "  split: {workloads.frontier.one_site: false}\n";

static void a_run_at_one_site_cannot_use_another(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, train_site_text, "");
    assert_objective(f, 744.0 * (300 * 2 + 200 * 90));
    assert_near(example_contract(f, "spot")->chips[0], 300);
    assert_near(example_contract(f, "other")->chips[0], 0);
    assert_near(example_workload(f, "frontier")->tokens_unserved, 200 * 744 * 9e6);
    example_solve(f, train_site_text, "split");
    assert_objective(f, 892800);
}

/* Without the north 80% of 500 chips have to be in the south, and the other way round: 400 each.
 *   744 * (400 * 2 + 400 * 3) = 1,488,000
 * The north alone: nothing is left after its loss, 400 chips are missing at 100 USD/chip-hour.
 *   744 * (500 * 2 + 400 * 100) = 30,504,000 */
static const char survive_text[] =
    "periods: {months: 1}\n"
    "limits: {survive_loss_of: any, critical_share: 80%}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "  other: {kind: on-demand, partner: south, pools: {south/b: [c1]}, price: 3 USD/chip-hour}\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    critical: true\n"
    "    demand: 108B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 100 USD/Mtok\n"
    "overrides:\n"
    "  alone: {contracts.other: null, limits.survive_loss_of: [north]}\n";

static void critical_work_survives_the_loss_of_each_partner(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, survive_text, "");
    assert_objective(f, 1488000);
    assert_near(example_contract(f, "spot")->chips[0], 400);
    assert_near(example_contract(f, "other")->chips[0], 400);
    assert_near(example_partner(f, "north")->critical_served_fraction[0], 0.8);
    example_solve(f, survive_text, "alone");
    assert_objective(f, 30504000);
    assert_int_equal(f->result->violation_count, 1);
    assert_string_equal(f->result->violations[0].rule, "n1");
    assert_near(f->result->violations[0].amount, 0.8 * 108e9);
    assert_near(f->result->violations[0].usd, 744 * 40000);
}

/* 80% of 500 + 250 chips are 600 at each partner; search yields, and fits into 1200 anyway.
 *   744 * (600 * 2 + 600 * 3) = 2,232,000 */
static const char survive_two_text[] =
    "periods: {months: 1}\n"
    "limits: {survive_loss_of: any, critical_share: 80%}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "  south/b: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, price: 2 USD/chip-hour}\n"
    "  other: {kind: on-demand, partner: south, pools: {south/b: [c1]}, price: 3 USD/chip-hour}\n"
    "workloads:\n"
    "  chat: {kind: serve, critical: true, demand: 108B tokens/day, throughput: 2500 tokens/s}\n"
    "  voice: {kind: serve, critical: true, demand: 54B tokens/day, throughput: 2500 tokens/s}\n"
    "  search: {kind: serve, demand: 21.6B tokens/day, throughput: 2500 tokens/s}\n";

static void critical_workloads_share_what_is_left(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, survive_two_text, "");
    assert_objective(f, 2232000);
    assert_near(example_contract(f, "spot")->chips[0], 600);
    assert_near(example_contract(f, "other")->chips[0], 600);
    assert_near(example_partner(f, "south")->critical_served_fraction[0], 0.8);
}

/* 216B tokens/day are 500 chips c2; 100 are on offer, 400 missing at the price of the best chip:
 *   744 * (100 * 2 + 400 * 20) = 148,800 + 5,952,000 = 6,100,800
 * Critical, 200 USD/chip-hour: 148,800 + 59,520,000 = 59,668,800.
 * When no pool has a chip that suits, the best throughput that the workload states is taken:
 *   500 * 20 * 744 = 7,440,000, and the committed chips stay unused. */
static const char penalty_text[] =
    "periods: {months: 1}\n"
    "sites:\n"
    "  north/a: {pue: 1, availability: 100%, draw: 100%}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1, c2]}\n"
    "    capacity: 100 chips\n"
    "    price: 2 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    demand: 216B tokens/day\n"
    "    throughput: {c1: 2500 tokens/s, c2: 5000 tokens/s}\n"
    "overrides:\n"
    "  critical: {workloads.chat.critical: true}\n"
    "  unsuited: {contracts.lease.pools: {north/a: [c1]}, workloads.chat.throughput: {c1: null}}\n";

static void unserved_tokens_are_priced_by_the_best_chip(void **state)
{
    struct plan_fixture *f = *state;

    example_solve(f, penalty_text, "");
    assert_objective(f, 148800 + 5952000);
    assert_near(example_contract(f, "lease")->pool_chips[0], 0);
    assert_near(example_contract(f, "lease")->pool_chips[1], 100);
    assert_int_equal(f->result->violation_count, 0);
    example_solve(f, penalty_text, "critical");
    assert_objective(f, 148800 + 59520000);
    assert_int_equal(f->result->violation_count, 1);
    assert_near(f->result->violations[0].usd, 59520000);
    example_solve(f, penalty_text, "unsuited");
    assert_objective(f, 7440000);
    assert_near(f->result->chips[0], 0);
}

/* 900 chips of critical work are missing: 90 USD an hour each at 10 USD/Mtok are the penalty; the
 * revenue that is lost with them, 9 USD, is not. Served: 100 chips, 2 USD paid and 9 USD earned.
 *   744 * (100 * (2 - 9) + 900 * 90) = 59,743,200 */
static const char lost_revenue_text[] =
    "periods: {months: 1}\n"
    "sites: {north/a: {pue: 1, availability: 100%, draw: 100%}}\n"
    "contracts:\n"
    "  lease:\n"
    "    kind: committed\n"
    "    partner: north\n"
    "    pools: {north/a: [c1]}\n"
    "    capacity: 100 chips\n"
    "    price: 2 USD/chip-hour\n"
    "workloads:\n"
    "  chat:\n"
    "    kind: serve\n"
    "    critical: true\n"
    "    demand: 216B tokens/day\n"
    "    throughput: 2500 tokens/s\n"
    "    unserved: 10 USD/Mtok\n"
    "    revenue: 1 USD/Mtok\n";

static void a_penalty_is_reported_without_the_revenue_lost(void **state)
{
    struct plan_fixture *f = *state;

    framed_solve(f, lost_revenue_text, "");
    assert_near(f->result->objective_usd, 744 * (100 * (2 - 9) + 900 * 90));
    assert_int_equal(f->result->violation_count, 1);
    assert_near(f->result->violations[0].usd, 744 * 900 * 90);
    assert_near(f->result->penalty_usd, 744 * 900 * 90);
}

/* Strict: 400 chips of critical work cannot be served, so there is no plan at all. */
static void strict_forbids_what_else_has_a_price(void **state)
{
    struct plan_fixture *f = *state;

    example_load(f, penalty_text, "critical");
    plan_fixture_solve(f, true, NULL);
    assert_int_equal(f->result->status, MZ_PLAN_INFEASIBLE);
    example_load(f, penalty_text, "");
    plan_fixture_solve(f, true, NULL);
    assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(only_the_available_share_of_chips_does_work),
        plan_test(each_region_is_served_by_its_own_sites),
        plan_test(batch_work_waits_for_cheaper_chips),
        plan_test(a_late_run_pays_for_the_mean_share_not_done),
        plan_test(a_window_partly_outside_the_horizon_scales_tokens_and_lateness),
        plan_test(a_run_with_least_chips_takes_them_all_period),
        plan_test(a_run_at_one_site_cannot_use_another),
        plan_test(critical_work_survives_the_loss_of_each_partner),
        plan_test(critical_workloads_share_what_is_left),
        plan_test(unserved_tokens_are_priced_by_the_best_chip),
        plan_test(a_penalty_is_reported_without_the_revenue_lost),
        plan_test(strict_forbids_what_else_has_a_price),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
