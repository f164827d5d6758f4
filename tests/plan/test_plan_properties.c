/* test_plan_properties.c - what holds for every plan
 * Random scenarios with everything in them: every kind of contract, of workload and of funding,
 * periods of all three lengths. The seed is printed; MIZAN_TEST_SEED repeats one run. */
#include "plan/plan_fixture.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCENARIO_COUNT = 25, SEED_DEFAULT = 20260101 };

/* --- random scenarios -------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};

/* splitmix64 */
static uint64_t draw(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A whole number in [least, most]. */
static int pick(struct chance *chance, int least, int most)
{
    return least + (int)(draw(chance) % (uint64_t)(most - least + 1));
}

static const char *pick_word(struct chance *chance, const char *a, const char *b)
{
    return draw(chance) % 2 ? a : b;
}

static uint64_t first_seed(void)
{
    const char *stated = getenv("MIZAN_TEST_SEED");

    return stated ? strtoull(stated, NULL, 10) : SEED_DEFAULT;
}

static void add_head(struct chance *chance, struct mz_text *text)
{
    mz_text_addf(text,
        "mizan: 1\nname: random\nstart: 2026-%02d\n"
        "periods: {months: %d, quarters: %d, years: %d}\ndiscount: %d%%\n",
        pick(chance, 1, 12), pick(chance, 1, 5), pick(chance, 1, 3), pick(chance, 0, 2),
        pick(chance, 0, 12));
    mz_text_addf(text,
        "limits:\n  partner_share: [{of: %s, max: %d%%, from: 2026-06}]\n"
        "  survive_loss_of: %s\n  survive_from: 2026-09\n  critical_share: %d%%\n"
        "  cash_floor: {2026-04: %dM USD}\n  build_rate: {2026-02: %d MW/week}\n"
        "  chip_supply: {c2: {2026-03: %dk chips/quarter}}\n"
        "  carbon: {price: %d USD/t, cap: %d kt/year}\n",
        pick_word(chance, "power", "spend"), pick(chance, 40, 90), pick_word(chance, "any", "none"),
        pick(chance, 30, 90), pick(chance, 1, 50), pick(chance, 1, 5), pick(chance, 5, 40),
        pick(chance, 0, 80), pick(chance, 50, 900));
    if (draw(chance) % 2)
        mz_text_addf(text, "goals: {build_rate: {2026-09: %d MW/week}}\n", pick(chance, 1, 4));
    mz_text_add(text,
        "chips: {c1: {power: 1.2 kW/chip}, c2: {power: 1.9 kW/chip, from: 2026-05}}\n"
        "partners: {north: {}, south: {rofr: {holder: north, until: 2026-08}}}\n");
}

static void add_sites(struct chance *chance, struct mz_text *text)
{
    mz_text_addf(text,
        "sites:\n"
        "  north/a: {region: us, power: {2026-01: %d MW, 2026-10: %d MW}, slip: %d months,"
        " carbon: 350 g/kWh}\n"
        "  south/b: {region: eu, new: true, pue: 1.1, power: %d MW, carbon: 90 g/kWh}\n"
        "  own/c:\n    region: %s\n    power: {2026-09: %d MW}\n"
        "    expand: {lead: %d months, max: %d MW, capex: 10M USD/MW, life: 15 years}\n"
        "    energy:\n      grid: {price: %d USD/MWh, carbon: 400 g/kWh}\n"
        "      gas: {price: 50 USD/MWh, carbon: 450 g/kWh, max: %d MW, from: 2026-11}\n",
        pick(chance, 5, 30), pick(chance, 30, 90), pick(chance, 0, 6), pick(chance, 5, 60),
        pick_word(chance, "us", "eu"), pick(chance, 0, 20), pick(chance, 0, 9), pick(chance, 5, 80),
        pick(chance, 60, 120), pick(chance, 2, 20));
}

static void add_contracts(struct chance *chance, struct mz_text *text)
{
    mz_text_addf(text,
        "contracts:\n"
        "  lease:\n    kind: committed\n    partner: north\n    pools: {north/a: [c1, c2]}\n"
        "    start: 2025-10\n    end: 2029-02\n"
        "    capacity: {ramp: linear, 2025-10: %dk chips, 2026-12: %dk chips}\n"
        "    price:\n      c1: 2.%d USD/chip-hour\n"
        "      c2: {2026-01: 4 USD/chip-hour, 2027-01: 3 USD/chip-hour}\n"
        "    commit: %dM USD\n    commit_per: %s\n    take_or_pay: %d%%\n",
        pick(chance, 2, 8), pick(chance, 8, 25), pick(chance, 0, 9), pick(chance, 100, 900),
        pick_word(chance, "life", "year"), pick(chance, 50, 100));
    mz_text_addf(text,
        "  offer:\n    kind: option\n    partner: south\n    pools: {south/b: [c1, c2]}\n"
        "    whole: %s\n    sign: {from: 2026-01, to: 2027-06}\n    lead: %d months\n"
        "    term: %d months\n    capacity: {2026-01: %dk chips, 2027-01: %dk chips}\n"
        "    price: %d.5 USD/chip-hour\n",
        pick_word(chance, "true", "false"), pick(chance, 0, 5), pick(chance, 6, 40),
        pick(chance, 3, 12), pick(chance, 2, 15), pick(chance, 1, 3));
    mz_text_addf(text,
        "  spot:\n    kind: on-demand\n    partner: south\n    pools: {south/b: [c1]}\n"
        "    capacity: {2026-01: %dk chips}\n    price: %d USD/chip-hour\n"
        "  fleet:\n    kind: own\n    pools: {own/c: [c1, c2]}\n"
        "    capex: {2026-01: %dk USD/chip}\n"
        "    opex: 0.%d USD/chip-hour\n    lead: %d months\n    life: %d months\n",
        pick(chance, 1, 9), pick(chance, 4, 7), pick(chance, 10, 50), pick(chance, 1, 9),
        pick(chance, 0, 8), pick(chance, 12, 60));
}

static void add_workloads(struct chance *chance, struct mz_text *text)
{
    mz_text_addf(text,
        "workloads:\n"
        "  chat:\n    kind: serve\n    critical: true\n    demand: {2026-01: %dB tokens/day}\n"
        "    growth: %d%%/year\n    regions: {us: 60%%, eu: 40%%}\n"
        "    throughput: {c1: 2000 tokens/s, c2: 3700 tokens/s}\n    revenue: 0.%d USD/Mtok\n",
        pick(chance, 200, 1500), pick(chance, 0, 150), pick(chance, 1, 9));
    mz_text_addf(text,
        "  api: {kind: serve, critical: %s, demand: %dB tokens/day, throughput: 900 tokens/s,"
        " unserved: %d USD/Mtok}\n"
        "  nightly: {kind: batch, demand: %dB tokens/day, wait: %d days,"
        " throughput: {c1: 1500 tokens/s}, unserved: 3 USD/Mtok, revenue: 0.2 USD/Mtok}\n",
        pick_word(chance, "true", "false"), pick(chance, 50, 500), pick(chance, 1, 20),
        pick(chance, 50, 600), pick(chance, 0, 30));
    mz_text_addf(text,
        "  frontier:\n    kind: train\n    tokens: %dT tokens\n"
        "    window: {from: 2026-%02d, to: 2026-12}\n    one_site: %s\n"
        "    chips: {min: %d, max: 6000}\n    throughput: {c1: 300 tokens/s, c2: 500 tokens/s}\n",
        pick(chance, 2, 20), pick(chance, 1, 12), pick_word(chance, "true", "false"),
        pick(chance, 0, 1) * 1000);
}

static void add_finance(struct chance *chance, struct mz_text *text)
{
    mz_text_addf(text,
        "finance:\n  cash: %dM USD\n  costs: %dM USD/month\n  revenue: {2026-01: %dM USD/month}\n"
        "  funding:\n"
        "    round: {kind: equity, when: 2026-%02d, amount: %dM USD, fee: 3%%, cost: 8%%/year}\n"
        "    next: {kind: equity, from: 2026-06, max: %dM USD, fee: 4%%, cost: 12%%/year}\n"
        "    loan: {kind: debt, max: %dM USD, interest: 8%%, term: %d months, fee: 1%%}\n",
        pick(chance, 10, 200), pick(chance, 0, 60), pick(chance, 0, 10), pick(chance, 1, 12),
        pick(chance, 20, 500), pick(chance, 10, 500), pick(chance, 10, 600), pick(chance, 3, 30));
}

static const char *random_scenario(struct plan_fixture *f, uint64_t seed)
{
    struct chance chance = { seed };
    struct mz_text text = { 0 };
    const char *copy;

    add_head(&chance, &text);
    add_sites(&chance, &text);
    add_contracts(&chance, &text);
    add_workloads(&chance, &text);
    add_finance(&chance, &text);
    copy = mz_arena_strdup(f->arena, mz_text_string(&text));
    mz_text_finish(&text);
    return copy;
}

/* --- properties -------------------------------------------------------------------------- */

/* Money adds up over millions of dollars: to 1e-9 of what is compared, and a cent. */
static bool equal(double a, double b)
{
    return fabs(a - b) <= 0.01 + 1e-9 * fmax(fabs(a), fabs(b));
}

/* What the solver keeps to its tolerance, in chips, MW and so on. */
static bool at_most(double value, double limit)
{
    return value <= limit + 1e-6 * (1 + fabs(limit));
}

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("period %d: %s\n", (int)t, #condition);                                    \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static void check_ledger(const struct plan_fixture *f, int32_t t)
{
    const struct mz_plan_result *result = f->result;
    const struct mz_ledger *l = &result->ledger[t];
    double in =
        l->workload_revenue_usd + l->other_revenue_usd + l->equity_usd + l->drawn_usd + l->gap_usd;
    double out = l->spend_usd + l->capex_usd + l->energy_usd + l->carbon_usd + l->short_usd +
        l->fees_usd + l->interest_usd + l->costs_usd + l->repaid_usd;
    double cash = f->plan->solution.x[f->plan->model->cash[t]] * MZ_MONEY_UNIT;

    HOLDS(equal(l->cash_end_usd, l->cash_begin_usd + in - out));
    HOLDS(fabs(l->cash_end_usd - cash) <= 1 + 1e-8 * (fabs(in) + fabs(out) + fabs(cash)));
    HOLDS(t == 0 || l->cash_begin_usd == result->ledger[t - 1].cash_end_usd);
    HOLDS(isnan(l->floor_usd) || l->cash_end_usd >= l->floor_usd - 1);
    HOLDS(equal(result->cost_by_period_usd[t], out - l->costs_usd - l->repaid_usd));
}

static void check_contract_rows(const struct plan_fixture *f, int32_t t)
{
    const struct mz_plan_result *result = f->result;
    const struct mz_ledger *l = &result->ledger[t];
    double chips = 0;
    double power = 0;
    double paid = 0;

    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *c = &result->contracts[g];
        double pools = 0;

        for (int32_t p = 0; p < f->scenario->contracts[g].pool_count; p++)
            pools += c->pool_chips[p * result->period_count + t];
        HOLDS(equal(pools, c->chips[t]));
        HOLDS(at_most(c->chips[t], c->capacity[t]));
        chips += c->chips[t];
        power += c->power_mw[t];
        paid += c->spend_usd[t] + c->capex_usd[t] + c->energy_usd[t] + c->carbon_usd[t] +
            c->short_usd[t];
    }
    for (int32_t i = 0; i < result->site_count; i++)
        paid += result->sites[i].capex_usd[t];
    HOLDS(equal(chips, result->chips[t]));
    HOLDS(equal(power, result->power_mw[t]));
    HOLDS(equal(paid, l->spend_usd + l->capex_usd + l->energy_usd + l->carbon_usd + l->short_usd));
}

static void check_other_rows(const struct plan_fixture *f, int32_t t)
{
    const struct mz_plan_result *result = f->result;
    double power = 0;
    double chips = 0;
    double share = 0;

    for (int32_t i = 0; i < result->site_count; i++) {
        power += result->sites[i].power_mw[t];
        HOLDS(at_most(result->sites[i].power_mw[t], result->sites[i].limit_mw[t]));
    }
    HOLDS(equal(power, result->power_mw[t]));
    for (int32_t p = 0; p < result->partner_count; p++) {
        chips += result->partners[p].chips[t];
        share += power > 0 ? result->partners[p].share_fraction[t] : 1.0 / result->partner_count;
    }
    HOLDS(equal(chips, result->chips[t]));
    HOLDS(equal(share, 1));
    for (int32_t k = 0; k < result->pool_count; k++) {
        double used = 0;

        for (int32_t w = 0; w < result->workload_count; w++)
            used += result->workloads[w].pool_chips[k * result->period_count + t];
        HOLDS(at_most(used, result->chips[t]));
    }
    for (int32_t w = 0; w < result->workload_count; w++)
        HOLDS(at_most(result->workloads[w].unserved[t], result->workloads[w].tokens_wanted));
}

static void check_totals(const struct plan_fixture *f)
{
    const struct mz_plan_result *result = f->result;
    int32_t t = 0;
    double cost = 0;
    double penalty = 0;
    double contracts = 0;
    double others = 0;

    for (; t < result->period_count; t++) {
        cost += result->cost_by_period_usd[t];
        others += result->ledger[t].fees_usd + result->ledger[t].interest_usd;
        for (int32_t i = 0; i < result->site_count; i++)
            others += result->sites[i].capex_usd[t];
    }
    for (int32_t i = 0; i < result->violation_count; i++)
        penalty +=
            result->violations[i].usd * f->plan->model->discount[result->violations[i].period];
    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *c = &result->contracts[g];

        contracts += c->total_usd;
        HOLDS(c->spend_total_usd + c->short_total_usd >= c->due_usd * (1 - 1e-6) - 1);
    }
    HOLDS(equal(result->cost_usd, cost));
    HOLDS(equal(result->cost_usd, contracts + others));
    HOLDS(equal(result->penalty_usd, penalty));
}

static void totals_equal_their_rows_and_the_ledger_equals_the_cash_column(void **state)
{
    struct plan_fixture *f = *state;
    uint64_t seed = first_seed();

    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < SCENARIO_COUNT; i++) {
        const char *text = random_scenario(f, seed + i);

        print_message("scenario of seed %llu\n", (unsigned long long)(seed + i));
        plan_fixture_load(f, text, "");
        plan_fixture_solve(f, false, NULL);
        assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
        for (int32_t t = 0; t < f->result->period_count; t++) {
            check_ledger(f, t);
            check_contract_rows(f, t);
            check_other_rows(f, t);
        }
        check_totals(f);
    }
}

/* Bytes, not tolerances: nothing but the scenario decides. */
static void the_same_scenario_gives_the_same_plan_twice(void **state)
{
    struct plan_fixture *f = *state;
    uint64_t seed = first_seed() + SCENARIO_COUNT;

    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < 5; i++) {
        const char *text = random_scenario(f, seed + i);
        size_t size;
        double *x;
        struct mz_plan_result first;

        plan_fixture_load(f, text, "");
        plan_fixture_solve(f, false, NULL);
        first = *f->result;
        size = (size_t)first.column_count * sizeof(double);
        x = mz_arena_alloc(f->arena, (size_t)first.column_count, sizeof(double));
        memcpy(x, f->plan->solution.x, size);
        plan_fixture_load(f, text, "");
        plan_fixture_solve(f, false, NULL);
        assert_int_equal(first.column_count, f->result->column_count);
        assert_memory_equal(x, f->plan->solution.x, size);
        assert_memory_equal(
            &first.objective_usd, &f->result->objective_usd, sizeof(first.objective_usd));
        assert_memory_equal(&first.cost_usd, &f->result->cost_usd, sizeof(first.cost_usd));
        assert_int_equal(first.binding_count, f->result->binding_count);
        assert_int_equal(first.violation_count, f->result->violation_count);
    }
}

/* --- scale ------------------------------------------------------------------------------- */

static void the_coefficients_of_the_shipped_case_lie_within_1e_minus_4_and_1e4(void **state)
{
    struct plan_fixture *f = *state;
    const char *text = plan_fixture_file(f->arena, "examples/openai-2025.yaml");
    struct mz_build_options options = { false, NULL };
    struct mz_model *model = NULL;
    struct mz_error err = { MZ_OK, "" };
    double least = HUGE_VAL;
    double most = 0;

    if (!text)
        skip();
    plan_fixture_load(f, text, "");
    assert_int_equal(mz_model_build(f->arena, f->scenario, &options, &model, &err), MZ_OK);
    for (int32_t c = 0; c < model->lp.column_count; c++) {
        if (c == model->constant)
            continue;
        for (int32_t i = model->lp.starts[c]; i < model->lp.starts[c + 1]; i++) {
            least = fmin(least, fabs(model->lp.values[i]));
            most = fmax(most, fabs(model->lp.values[i]));
        }
    }
    mz_model_free(model);
    print_message("coefficients from %.2g to %.2g\n", least, most);
    assert_true(least >= 1e-4);
    assert_true(most <= 1e4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(totals_equal_their_rows_and_the_ledger_equals_the_cash_column),
        plan_test(the_same_scenario_gives_the_same_plan_twice),
        plan_test(the_coefficients_of_the_shipped_case_lie_within_1e_minus_4_and_1e4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
