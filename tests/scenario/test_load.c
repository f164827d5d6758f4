/* test_load.c - what a file says arrives in the nouns, and what it does not say has its default */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { M = 2026 * 12 }; /* 2026-01 */

#define POOL "pools: {aws/a: [h100-sxm]}"

/* A site of our own has most of the quantities that a constant can be. */
struct quantity_case {
    const char *key;
    const char *text;
    double wanted;
};

static const struct quantity_case site_cases[] = {
    { "power", "400 MW", 400 },
    { "power", "1.2 GW", 1200 },
    { "power", "\"850 kW\"", 0.85 },
    { "pue", "1.2", 1.2 },
    { "slip", "2 years", 24 },
    { "slip", "1 month", 1 },
    { "availability", "97.5%", 0.975 },
    { "draw", "60 %", 0.60 },
    { "carbon", "320 g/kWh", 320 },
    { "carbon", "320 kg/MWh", 320 },
    { "energy", "0.05 USD/kWh", 50 },
    { "nodes", "3k", 3000 },
};

static double site_value(const struct mz_site *site, const char *key)
{
    if (strcmp(key, "power") == 0)
        return mz_series_at(&site->power_mw, M);
    if (strcmp(key, "pue") == 0)
        return site->pue;
    if (strcmp(key, "slip") == 0)
        return site->slip_months;
    if (strcmp(key, "availability") == 0)
        return site->availability;
    if (strcmp(key, "draw") == 0)
        return site->draw;
    if (strcmp(key, "carbon") == 0)
        return mz_series_at(&site->carbon_g_per_kwh, M);
    if (strcmp(key, "energy") == 0)
        return mz_series_at(&site->energy_usd_per_mwh, M);
    return mz_series_at(&site->nodes, M);
}

static void quantities_arrive_in_canonical_units(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(site_cases) / sizeof(site_cases[0]); i++) {
        const struct quantity_case *c = &site_cases[i];
        char text[512];
        struct loaded loaded;

        (void)snprintf(text, sizeof(text), HEAD "sites:\n  own/x: {%s: %s%s}\n", c->key, c->text,
            strcmp(c->key, "power") == 0 ? "" : ", power: 1 MW");
        loaded = load_right(text, NULL, 0);
        assert_true(
            fabs(site_value(&loaded.scenario->sites[0], c->key) - c->wanted) < 1e-12 * c->wanted);
        loaded_finish(&loaded);
    }
}

struct series_case {
    const char *demand; /* of tokens/day */
    double wanted[4];   /* in 2025-12, 2026-01, 2026-07, 2027-01 */
};

static const struct series_case series_cases[] = {
    { "demand: 5 tokens/day", { 5, 5, 5, 5 } },
    { "demand: {2026-01: 5 tokens/day}", { 0, 5, 5, 5 } },
    { "demand: {2026-01: 5 tokens/day, 2026-07: 8 tokens/day}", { 0, 5, 8, 8 } },
    { "demand: {ramp: linear, 2026-01: 10 tokens/day, 2027-01: 22 tokens/day}", { 0, 10, 16, 22 } },
    { "demand: {2026-01: 10 tokens/day, 2027-01: 22 tokens/day, ramp: linear}", { 0, 10, 16, 22 } },
    { "demand: {2026-01: 5 tokens/day}, growth: 300%/year", { 0, 5, 10, 20 } },
    { "demand: 5 tokens/day, growth: 300%/year", { 4.454493590701697, 5, 10, 20 } },
};

static void values_over_time_hold_in_their_months(void **state)
{
    static const int32_t months[4] = { M - 1, M, M + 6, M + 12 };

    (void)state;
    for (size_t i = 0; i < sizeof(series_cases) / sizeof(series_cases[0]); i++) {
        const struct series_case *c = &series_cases[i];
        char text[512];
        struct loaded loaded;

        (void)snprintf(text, sizeof(text),
            HEAD "workloads:\n  w: {kind: batch, throughput: 1 tokens/s, %s}\n", c->demand);
        loaded = load_right(text, NULL, 0);
        for (size_t j = 0; j < 4; j++)
            assert_true(
                fabs(mz_series_at(&loaded.scenario->workloads[0].demand_tokens_per_day, months[j]) -
                    c->wanted[j]) < 1e-9);
        loaded_finish(&loaded);
    }
}

static void each_series_knows_what_it_is_before_its_first_date(void **state)
{
    struct loaded loaded = load_right(HEAD
        "limits: {build_rate: {2026-05: 1 MW/week}, carbon: {price: {2026-05: 1 USD/t}}}\n"
        "sites: {own/x: {power: {2026-05: 1 MW}, carbon: {2026-05: 7 g/kWh}}}\n",
        NULL, 0);
    const struct mz_scenario *s = loaded.scenario;

    (void)state;
    assert_int_equal(s->sites[0].power_mw.before, MZ_BEFORE_ZERO);
    assert_int_equal(s->sites[0].carbon_g_per_kwh.before, MZ_BEFORE_FIRST);
    assert_int_equal(s->limits.build_rate_mw_per_week.before, MZ_BEFORE_NONE);
    assert_int_equal(s->limits.carbon_price_usd_per_t.before, MZ_BEFORE_FIRST);
    loaded_finish(&loaded);
}

static void periods_come_in_the_order_written(void **state)
{
    struct loaded loaded = load_right(
        "mizan: 1\nname: t\nstart: 2026-01\nperiods: {years: 1, months: 2, quarters: 1}\n", NULL,
        0);
    const struct mz_scenario *s = loaded.scenario;
    static const int32_t ends[] = { M + 12, M + 13, M + 14, M + 17 };

    (void)state;
    assert_int_equal(s->period_count, 4);
    for (int32_t i = 0; i < 4; i++)
        assert_int_equal(s->periods[i].month_end, ends[i]);
    assert_true(s->periods[0].hours == 8760);
    loaded_finish(&loaded);
}

static void what_a_contract_leaves_out_has_its_default(void **state)
{
    struct loaded loaded = load_right(HEAD AWS "contracts:\n  c: {kind: option, partner: aws, " POOL
                                               ", capacity: 5 chips, price: 1 USD/chip-hour}\n",
        NULL, 0);
    const struct mz_contract *c = &loaded.scenario->contracts[0];

    (void)state;
    assert_int_equal(c->start_month, M);
    assert_int_equal(c->end_month, MZ_MONTH_NEVER);
    assert_int_equal(c->sign_from_month, M);
    assert_int_equal(c->sign_to_month, M + 23);
    assert_int_equal(c->term_months, MZ_MONTH_NEVER);
    assert_int_equal(c->lead_months, 0);
    assert_true(c->take_or_pay == 1);
    assert_true(c->commit_usd == 0);
    assert_false(c->commit_per_year);
    assert_false(c->whole);
    assert_int_equal(c->rofr.holder, -1);
    assert_true(loaded.scenario->limits.critical_share == 1);
    assert_false(mz_series_stated(&loaded.scenario->limits.cash_floor_usd));
    assert_true(loaded.scenario->penalties.unserved_critical_usd_per_chip_hour == 200);
    assert_true(loaded.scenario->penalties.carbon_usd_per_t == 10000);
    assert_false(loaded.scenario->finance.present);
    loaded_finish(&loaded);
}

struct life_case {
    const char *kind_and_life;
    int32_t end_month;
    int32_t term_months;
};

static const struct life_case life_cases[] = {
    { "kind: on-demand, end: 2026-06", M + 6, MZ_MONTH_NEVER },
    { "kind: on-demand, term: 3 months", M + 3, 3 },
    { "kind: on-demand, term: 3 months, start: 2026-02", M + 4, 3 },
    { "kind: committed, capacity: 1 chip, term: 1 year, end: 2026-06", M + 6, 12 },
    { "kind: committed, capacity: 1 chip, term: 3 months, end: 2026-06", M + 3, 3 },
    { "kind: option, capacity: 1 chip, term: 3 months", MZ_MONTH_NEVER, 3 },
};

static void term_ends_what_is_not_signed_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(life_cases) / sizeof(life_cases[0]); i++) {
        char text[512];
        struct loaded loaded;

        (void)snprintf(text, sizeof(text),
            HEAD AWS "contracts:\n  c: {partner: aws, " POOL ", price: 1 USD/chip-hour, %s}\n",
            life_cases[i].kind_and_life);
        loaded = load_right(text, NULL, 0);
        assert_int_equal(loaded.scenario->contracts[0].end_month, life_cases[i].end_month);
        assert_int_equal(loaded.scenario->contracts[0].term_months, life_cases[i].term_months);
        loaded_finish(&loaded);
    }
}

static const struct mz_assumption *assumed(const struct mz_scenario *s, const char *key)
{
    for (int32_t i = 0; i < s->assumption_count; i++) {
        if (strcmp(s->assumptions[i].key, key) == 0)
            return &s->assumptions[i];
    }
    return NULL;
}

static void defaults_of_sites_and_chips_are_recorded_with_their_source(void **state)
{
    struct loaded loaded = load_right(HEAD
        "partners: {aws: {}}\n"
        "sites: {aws/us-east-1: {}, aws/nowhere: {pue: 1.1, draw: 70%}, own/x: {power: 1 MW}}\n"
        "chips: {x1: {power: 1 kW/chip}}\n"
        "contracts: {c: {kind: on-demand, partner: aws, pools: {aws/nowhere: [gb300-nvl72, x1]}, "
        "price: 1 USD/chip-hour}}\n",
        NULL, 0);
    const struct mz_scenario *s = loaded.scenario;

    (void)state;
    assert_string_equal(assumed(s, "chips.gb300-nvl72.power")->value, "1958 W/chip");
    assert_null(assumed(s, "chips.x1.power"));
    assert_string_not_equal(assumed(s, "sites.aws/us-east-1.pue")->source, "default of mizan");
    assert_null(assumed(s, "sites.aws/nowhere.pue"));
    assert_null(assumed(s, "sites.aws/nowhere.draw"));
    assert_string_equal(assumed(s, "sites.aws/nowhere.carbon")->value, "400 g/kWh");
    assert_string_equal(assumed(s, "sites.aws/nowhere.carbon")->source, "default of mizan");
    assert_string_equal(assumed(s, "sites.aws/nowhere.availability")->value, "95%");
    assert_string_equal(assumed(s, "sites.own/x.draw")->value, "80%");
    assert_string_equal(assumed(s, "sites.own/x.energy")->value, "70 USD/MWh");
    assert_string_equal(assumed(s, "sites.own/x.pue")->value, "1.25");
    assert_null(assumed(s, "sites.aws/nowhere.energy")); /* a rented price includes its power */
    assert_true(s->sites[0].pue >= 1);
    loaded_finish(&loaded);
}

static void chips_stand_in_order_of_first_appearance(void **state)
{
    struct loaded loaded = load_right(HEAD AWS
        "workloads: {w: {kind: batch, demand: 1 tokens/day, throughput: {tpu-v7: 1 tokens/s, "
        "h100-sxm: 1 tokens/s}}}\n"
        "contracts: {c: {kind: on-demand, partner: aws, price: {gb300-nvl72: 2 USD/chip-hour, "
        "h100-sxm: 1 USD/chip-hour}, pools: {aws/a: h100-sxm}}}\n"
        "limits: {chip_supply: {h200-sxm: 1 chips/month}}\n",
        NULL, 0);
    static const char *const wanted[] = { "tpu-v7", "h100-sxm", "gb300-nvl72", "h200-sxm" };

    (void)state;
    assert_int_equal(loaded.scenario->chip_count, 4);
    for (int32_t i = 0; i < 4; i++)
        assert_string_equal(loaded.scenario->chips[i].name, wanted[i]);
    loaded_finish(&loaded);
}

static void own_is_a_partner_without_an_entry(void **state)
{
    struct loaded loaded = load_right(HEAD
        "partners: {aws: {rofr: {holder: own}}}\n"
        "sites: {own/x: {power: 1 MW}, own/y: {expand: {max: 5 MW, life: 20 years}}}\n"
        "contracts: {c: {kind: own, pools: {own/x: h100-sxm}, life: 5 years}}\n",
        NULL, 0);
    const struct mz_scenario *s = loaded.scenario;

    (void)state;
    assert_int_equal(s->partner_count, 2);
    assert_string_equal(s->partners[1].name, "own");
    assert_true(s->partners[1].is_own);
    assert_int_equal(s->contracts[0].partner, 1);
    assert_int_equal(s->contracts[0].term_months, 60);
    assert_true(s->sites[0].is_new);
    assert_true(mz_series_stated(&s->sites[1].power_mw));
    assert_true(mz_series_at(&s->sites[1].power_mw, M) == 0);
    assert_int_equal(s->sites[1].expand.to_month, M + 23);
    loaded_finish(&loaded);
}

static void a_right_of_first_refusal_of_a_contract_wins_over_its_partners(void **state)
{
    struct loaded loaded = load_right(HEAD
        "partners: {aws: {rofr: {holder: azure, until: 2026-05}}, azure: {}, gcp: {}}\n"
        "sites: {aws/a: {}}\n"
        "contracts:\n"
        "  c: {kind: on-demand, partner: aws, " POOL ", price: 1 USD/chip-hour}\n"
        "  d: {kind: on-demand, partner: aws, " POOL ", price: 1 USD/chip-hour, "
        "rofr: {holder: gcp, until: 2026-07}}\n"
        "  e: {kind: on-demand, partner: aws, " POOL ", price: 1 USD/chip-hour, "
        "rofr: {holder: aws}}\n",
        NULL, 0);
    const struct mz_contract *c = loaded.scenario->contracts;

    (void)state;
    assert_int_equal(c[0].rofr.holder, 1);
    assert_int_equal(c[0].rofr.until_month, M + 4);
    assert_int_equal(c[1].rofr.holder, 2);
    assert_int_equal(c[1].rofr.until_month, M + 6);
    assert_int_equal(c[2].rofr.holder, -1);
    loaded_finish(&loaded);
}

static void slip_moves_power_that_comes_after_the_start(void **state)
{
    struct loaded loaded = load_right(HEAD
        "sites: {own/x: {slip: 3 months, power: {2025-06: 1 MW, 2026-01: 2 MW, 2026-02: 3 MW}}}\n",
        NULL, 0);
    const struct mz_series *power = &loaded.scenario->sites[0].power_mw;

    (void)state;
    assert_int_equal(power->steps[0].month, M - 7);
    assert_int_equal(power->steps[1].month, M);
    assert_int_equal(power->steps[2].month, M + 4);
    loaded_finish(&loaded);
}

static void the_loss_of_any_partner_means_those_with_a_contract_but_own(void **state)
{
    struct loaded loaded =
        load_right(HEAD AWS "limits: {survive_loss_of: any}\n"
                            "contracts:\n"
                            "  c: {kind: on-demand, partner: azure, pools: {azure/b: h100-sxm}, "
                            "price: 1 USD/chip-hour}\n",
            NULL, 0);

    (void)state;
    assert_int_equal(loaded.scenario->limits.survive_mask, 2);
    loaded_finish(&loaded);
}

static void a_fleet_needs_no_horizon(void **state)
{
    struct loaded loaded =
        load_right("mizan: 1\n"
                   "partners: {lab: {driver: slurm, env: {A: b}}}\n"
                   "sites: {lab/hall: {nodes: 16, chips_per_node: 8, chip: h100-sxm, "
                   "topology: {spines: 2}}, own/here: {}}\n"
                   "contracts: {c: {kind: on-demand, partner: lab, pools: {lab/hall: h100-sxm}, "
                   "price: 1 USD/chip-hour, capacity: {2026-03: 1 chip}}}\n",
            NULL, 0);
    const struct mz_scenario *s = loaded.scenario;

    (void)state;
    assert_true(s->is_fleet);
    assert_string_equal(s->name, "test");
    assert_int_equal(s->start_month, M + 2);
    assert_int_equal(s->period_count, 0);
    assert_string_equal(s->partners[0].driver.kind, "slurm");
    assert_string_equal(s->partners[0].driver.env_values[0], "b");
    assert_int_equal(s->sites[0].chips_per_node, 8);
    assert_int_equal(s->sites[0].topology.spines, 2);
    loaded_finish(&loaded);
}

static void a_file_of_a_hundred_thousand_lines_loads_in_no_time(void **state)
{
    struct mz_text text = { 0 };
    struct loaded loaded;

    (void)state;
    mz_text_add(&text, HEAD "partners: {aws: {}}\nsites:\n");
    for (int i = 0; i < 33000; i++)
        mz_text_addf(&text, "  aws/s%d:\n    pue: 1.2\n    regoin: us\n", i);
    loaded = load_text_changed(mz_text_string(&text), text.length, NULL, 0);
    assert_int_equal(loaded.status, MZ_E_INPUT);
    assert_int_equal(loaded.diags.error_count, 33001); /* and too many sites */
    assert_int_equal(loaded.diags.count, MZ_DIAG_COUNT_MAX);
    loaded_finish(&loaded);
    mz_text_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_arrive_in_canonical_units),
        cmocka_unit_test(values_over_time_hold_in_their_months),
        cmocka_unit_test(each_series_knows_what_it_is_before_its_first_date),
        cmocka_unit_test(periods_come_in_the_order_written),
        cmocka_unit_test(what_a_contract_leaves_out_has_its_default),
        cmocka_unit_test(term_ends_what_is_not_signed_later),
        cmocka_unit_test(defaults_of_sites_and_chips_are_recorded_with_their_source),
        cmocka_unit_test(chips_stand_in_order_of_first_appearance),
        cmocka_unit_test(own_is_a_partner_without_an_entry),
        cmocka_unit_test(a_right_of_first_refusal_of_a_contract_wins_over_its_partners),
        cmocka_unit_test(slip_moves_power_that_comes_after_the_start),
        cmocka_unit_test(the_loss_of_any_partner_means_those_with_a_contract_but_own),
        cmocka_unit_test(a_fleet_needs_no_horizon),
        cmocka_unit_test(a_file_of_a_hundred_thousand_lines_loads_in_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
