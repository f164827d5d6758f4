/* test_compare.c - plans beside plans: what-if, stress, sweep, alternatives, reservation prices */
#include "base/text.h"
#include "plan/plan_fixture.h"
#include "plan/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Two partners, every kind of contract, integers, money: all that a comparison can touch. */
static const char small[] =
    "mizan: 1\n"
    "name: compare\n"
    "start: 2026-01\n"
    "periods: {months: 6, quarters: 2}\n"
    "discount: 8%\n"
    "chips: {c1: {power: 1 kW/chip}, c2: {power: 2 kW/chip, from: 2026-03}}\n"
    "limits: {partner_share: [{of: power, max: 70%, from: 2026-04}], survive_loss_of: any, "
    "critical_share: 50%, cash_floor: 1M USD}\n"
    "partners: {north: {}, south: {}}\n"
    "sites:\n"
    "  north/a: {pue: 1.2, power: 1.3 MW}\n"
    "  south/b: {pue: 1.1, power: {2026-01: 0.4 MW, 2026-06: 1.5 MW}}\n"
    "  own/c: {pue: 1.3, power: 0.2 MW, energy: 60 USD/MWh,\n"
    "    expand: {lead: 2 months, max: 0.5 MW, capex: 6M USD/MW, life: 20 years}}\n"
    "contracts:\n"
    "  held: {kind: committed, partner: north, pools: {north/a: [c1]}, commit: 9M USD,\n"
    "    take_or_pay: 80%, end: 2027-12, capacity: {2026-01: 500 chips, 2026-06: 700 chips},\n"
    "    price: 2 USD/chip-hour}\n"
    "  offer: {kind: option, partner: south, pools: {south/b: [c1, c2]}, lead: 1 months,\n"
    "    term: 6 months, capacity: 450 chips, price: {c1: 2.2 USD/chip-hour, c2: 3 "
    "USD/chip-hour}}\n"
    "  block: {kind: option, partner: south, pools: {south/b: [c1]}, lead: 1 months, term: 8 "
    "months,\n"
    "    whole: true, capacity: 300 chips, price: 1.7 USD/chip-hour}\n"
    "  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, capacity: 250 chips,\n"
    "    price: 5 USD/chip-hour}\n"
    "  mine: {kind: own, pools: {own/c: [c1]}, capex: 20k USD/chip, opex: 0.3 USD/chip-hour,\n"
    "    life: 5 years, lead: 1 months, sign: {from: 2026-01, to: 2026-09}}\n"
    "workloads:\n"
    "  chat: {kind: serve, critical: true, demand: 50B tokens/day, growth: 100%/year,\n"
    "    revenue: 0.9 USD/Mtok, throughput: {c1: 1000 tokens/s, c2: 2100 tokens/s}}\n"
    "  night: {kind: batch, demand: 12B tokens/day, wait: 10 days, unserved: 1.5 USD/Mtok,\n"
    "    throughput: {c1: 1000 tokens/s, c2: 2000 tokens/s}}\n"
    "  train: {kind: train, tokens: 3T tokens, window: {from: 2026-03, to: 2026-06},\n"
    "    one_site: true, chips: {min: 50 chips, max: 400 chips}, unserved: 1 USD/Mtok,\n"
    "    throughput: {c1: 900 tokens/s, c2: 1900 tokens/s}}\n"
    "finance: {cash: 5M USD, costs: 1M USD/month, revenue: 1.2M USD/month,\n"
    "  funding: {round: {kind: equity, from: 2026-04, max: 20M USD, fee: 3%, cost: 10%/year},\n"
    "    credit: {kind: debt, from: 2026-02, max: 5M USD, interest: 9%, term: 4 months}}}\n"
    "overrides:\n"
    "  lose-south-by-hand: {contracts.offer.capacity: {2026-05: 0 chips},\n"
    "    contracts.block.capacity: {2026-05: 0 chips}}\n"
    "  nothing: {contracts.held.price: 2 USD/chip-hour}\n"
    "  dearer: {contracts.held.price: 4 USD/chip-hour}\n"
    "  more-users: {workloads.chat.growth: 200%/year}\n"
    "  late-power: {sites.south/b.slip: 3 months}\n"
    "  no-round: {finance.funding.round: null}\n";

struct shop { /* a study of one text, and its base plan */
    struct mz_source source;
    struct mz_diags diags;
    struct mz_study study;
    const struct mz_scenario *scenario;
    struct mz_plan *base;
};

static void shop_open(struct plan_fixture *f, struct shop *shop, const char *text, bool relax)
{
    struct mz_error err = { MZ_OK, "" };

    assert_non_null(text);
    *shop = (struct shop){ .source = { "compare.yaml", text, strlen(text) } };
    mz_diags_init(&shop->diags, f->arena);
    shop->study = (struct mz_study){ .arena = f->arena,
        .source = &shop->source,
        .catalogue = &f->catalogue,
        .options = { .relax = relax },
        .diags = &shop->diags };
    if (mz_study_load(&shop->study, f->arena, NULL, 0, &shop->diags, &shop->scenario) != MZ_OK)
        print_error("%s\n", shop->diags.count > 0 ? shop->diags.list[0].message : "?");
    assert_non_null(shop->scenario);
    assert_int_equal(
        mz_plan_solve(f->arena, shop->scenario, &shop->study.options, &shop->base, &err), MZ_OK);
    assert_int_equal(shop->base->result->status, MZ_PLAN_OPTIMAL);
}

static void shop_close(struct shop *shop)
{
    mz_plan_free(shop->base);
}

static double scale_of(const struct shop *shop)
{
    return fmax(1e6, fabs(shop->base->result->objective_usd));
}

/* --- what-if ----------------------------------------------------------------------------- */

static double whatif_objective(struct plan_fixture *f, struct shop *shop, const char *text)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_change change = { 0 };
    const struct mz_whatif *whatifs = NULL;

    assert_int_equal(mz_whatif_parse(f->arena, text, &change, &err), MZ_OK);
    assert_int_equal(mz_whatif_solve(&shop->study, &change, &text, 1, &whatifs, &err), MZ_OK);
    assert_string_equal(whatifs[0].name, text);
    assert_int_equal(whatifs[0].result->status, MZ_PLAN_OPTIMAL);
    return whatifs[0].result->objective_usd;
}

static void losing_a_partner_is_its_capacities_at_zero_from_then_on(void **state)
{
    struct plan_fixture *f = *state;
    struct shop shop;
    double lost;

    shop_open(f, &shop, small, false);
    lost = whatif_objective(f, &shop, "lose=south@2026-05");
    assert_near(lost, whatif_objective(f, &shop, "override=lose-south-by-hand"));
    assert_true(lost > shop.base->result->objective_usd + 1);
    assert_near(whatif_objective(f, &shop, "lose=south@2030-01"),
        shop.base->result->objective_usd); /* behind the horizon */
    shop_close(&shop);
}

struct whatif_case {
    const char *text;
    enum mz_status status;
};

static void a_whatif_is_a_loss_with_a_date_or_an_override(void **state)
{
    static const struct whatif_case cases[] = {
        { "lose=aws@2028Q1", MZ_OK },
        { "lose=aws@2028-03", MZ_OK },
        { "lose=aws@2028", MZ_OK },
        { "override=grid-slip", MZ_OK },
        { "lose=aws", MZ_E_INPUT },
        { "lose=@2028", MZ_E_INPUT },
        { "lose=aws@", MZ_E_INPUT },
        { "lose=aws@2028Q5", MZ_E_INPUT },
        { "lose=aws@2028-13", MZ_E_INPUT },
        { "override=", MZ_E_INPUT },
        { "loose=aws@2028", MZ_E_INPUT },
        { "", MZ_E_INPUT },
    };
    struct plan_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_error err = { MZ_OK, "" };
        struct mz_change change = { 0 };

        assert_int_equal(mz_whatif_parse(f->arena, cases[i].text, &change, &err), cases[i].status);
    }
}

/* --- stress ------------------------------------------------------------------------------ */

static const struct mz_stress *stress_of(struct shop *shop, const char *const *names, int32_t count)
{
    struct mz_error err = { MZ_OK, "" };
    const struct mz_stress *list = NULL;
    enum mz_status status = mz_stress_solve(&shop->study, shop->base, names, count, &list, &err);

    if (status != MZ_OK)
        print_error("%s\n", err.text);
    assert_int_equal(status, MZ_OK);
    return list;
}

static void stress_never_beats_a_plan_that_knew(void **state)
{
    static const char *const names[] = { "nothing", "dearer", "more-users", "late-power",
        "lose-south-by-hand", "no-round" };
    struct plan_fixture *f = *state;
    struct shop shop;
    const struct mz_stress *list;

    shop_open(f, &shop, small, false);
    list = stress_of(&shop, names, 6);
    for (int32_t i = 0; i < 6; i++) {
        assert_string_equal(list[i].name, names[i]);
        assert_int_equal(list[i].status, MZ_PLAN_OPTIMAL);
        if (list[i].regret_usd < -1e-6 * scale_of(&shop))
            print_error("%s: objective %.2f, perfect %.2f\n", names[i], list[i].objective_usd,
                list[i].perfect_objective_usd);
        assert_true(list[i].regret_usd >= -1e-6 * scale_of(&shop));
        assert_near(list[i].regret_usd, list[i].objective_usd - list[i].perfect_objective_usd);
    }
    /* what changes nothing costs nothing */
    assert_true(fabs(list[0].regret_usd) <= 1e-6 * scale_of(&shop));
    assert_near(list[0].objective_usd, shop.base->result->objective_usd);
    assert_true(list[1].perfect_objective_usd > shop.base->result->objective_usd);
    shop_close(&shop);
}

/* Column of a signing in another model of the same file. */
static double signed_chips(const struct mz_plan *plan, int32_t g, int32_t p, int32_t s)
{
    int32_t column = plan->model->contracts[g].new_chips[mz_at(plan->model, p, s)];

    return column >= 0 ? plan->solution.x[column] : 0;
}

static double whole_signed(const struct mz_plan *plan, int32_t g, int32_t s)
{
    int32_t column = plan->model->contracts[g].sign[s];

    return column >= 0 ? plan->solution.x[column] : 0;
}

static void decisions_stay_as_signed_when_the_world_changes(void **state)
{
    struct plan_fixture *f = *state;
    struct shop shop;
    struct mz_error err = { MZ_OK, "" };
    struct mz_change change = { .kind = MZ_CHANGE_OVERRIDE, .name = "more-users" };
    struct mz_plan_options options = { 0 };
    const struct mz_scenario *scenario;
    struct mz_plan *fixed;
    double taken = 0;

    shop_open(f, &shop, small, false);
    options.decisions = mz_plan_decisions(f->arena, shop.base);
    assert_true(options.decisions->count > 0);
    assert_int_equal(
        mz_study_load(&shop.study, f->arena, &change, 1, &shop.diags, &scenario), MZ_OK);
    assert_int_equal(mz_plan_solve(f->arena, scenario, &options, &fixed, &err), MZ_OK);
    assert_int_equal(fixed->result->status, MZ_PLAN_OPTIMAL);
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        for (int32_t s = 0; s < scenario->period_count; s++) {
            assert_true(fabs(whole_signed(fixed, g, s) - whole_signed(shop.base, g, s)) < 1e-6);
            for (int32_t p = 0; p < scenario->contracts[g].pool_count; p++) {
                double base = signed_chips(shop.base, g, p, s);

                assert_true(fabs(signed_chips(fixed, g, p, s) - base) < 1e-6);
                taken += base;
            }
        }
    }
    assert_true(taken > 0);
    mz_plan_free(fixed);
    shop_close(&shop);
}

static void an_unknown_override_is_an_error_with_its_name(void **state)
{
    static const char *const name = "grid-slipp";
    struct plan_fixture *f = *state;
    struct shop shop;
    struct mz_error err = { MZ_OK, "" };
    const struct mz_stress *list = NULL;

    shop_open(f, &shop, small, false);
    assert_int_not_equal(mz_stress_solve(&shop.study, shop.base, &name, 1, &list, &err), MZ_OK);
    assert_true(shop.diags.error_count > 0);
    assert_non_null(strstr(shop.diags.list[0].message, "grid-slipp"));
    shop_close(&shop);
}

/* --- sweep ------------------------------------------------------------------------------- */

static const struct mz_sweep *sweep_of(
    struct shop *shop, const char *path, const double *factors, int32_t count)
{
    struct mz_error err = { MZ_OK, "" };
    const struct mz_sweep *sweep = NULL;
    enum mz_status status = mz_sweep_solve(&shop->study, path, factors, count, &sweep, &err);

    if (status != MZ_OK)
        print_error("%s\n", err.text);
    assert_int_equal(status, MZ_OK);
    return sweep;
}

static void a_sweep_keeps_its_order_and_factor_one_is_the_base(void **state)
{
    static const double factors[] = { 1.5, 0.5, 1, 0, 2, 1 };
    struct plan_fixture *f = *state;
    struct shop shop;
    const struct mz_sweep *sweep;

    shop_open(f, &shop, small, false);
    sweep = sweep_of(&shop, "contracts.held.price", factors, 6);
    assert_string_equal(sweep->path, "contracts.held.price");
    assert_int_equal(sweep->point_count, 6);
    for (int32_t i = 0; i < 6; i++) {
        assert_true(sweep->points[i].factor == factors[i]);
        assert_int_equal(sweep->points[i].status, MZ_PLAN_OPTIMAL);
    }
    assert_near(sweep->points[2].objective_usd, shop.base->result->objective_usd);
    assert_near(sweep->points[2].cost_usd, shop.base->result->cost_usd);
    assert_true(sweep->points[5].objective_usd == sweep->points[2].objective_usd);
    assert_true(sweep->points[3].objective_usd <= sweep->points[1].objective_usd);
    assert_true(sweep->points[1].objective_usd <= sweep->points[2].objective_usd);
    assert_true(sweep->points[2].objective_usd <= sweep->points[0].objective_usd);
    assert_true(sweep->points[0].objective_usd <= sweep->points[4].objective_usd);
    shop_close(&shop);
}

static void two_threads_give_what_one_gives(void **state)
{
    enum { COUNT = 12 };
    double factors[COUNT];
    struct plan_fixture *f = *state;
    struct shop shop;
    const struct mz_sweep *together;

    for (int32_t i = 0; i < COUNT; i++)
        factors[i] = 0.4 + 0.1 * i;
    shop_open(f, &shop, small, false);
    together = sweep_of(&shop, "workloads.chat.demand", factors, COUNT);
    for (int32_t i = 0; i < COUNT; i++) {
        const struct mz_sweep *alone = sweep_of(&shop, "workloads.chat.demand", &factors[i], 1);

        assert_true(alone->points[0].objective_usd == together->points[i].objective_usd);
        assert_true(alone->points[0].cost_usd == together->points[i].cost_usd);
        assert_true(
            alone->points[0].served_worst_fraction == together->points[i].served_worst_fraction);
    }
    shop_close(&shop);
}

/* --- alternatives ------------------------------------------------------------------------ */

/* The share of partner p in power when it is made least (sign 1) or most, by bisection over
 * "share <= s is possible within the budget": another way than the program's own. */
static bool share_possible(
    const struct mz_plan *plan, double budget, int32_t partner, double share, double sign)
{
    const struct mz_model *model = plan->model;
    struct mz_solver_options options = { 0 };
    struct mz_error err = { MZ_OK, "" };
    struct mz_solution solution;
    struct mz_solver *solver;
    struct mz_lp lp;
    int32_t money;
    int32_t row;
    bool possible;

    mz_lp_init(&lp);
    for (int32_t c = 0; c < model->lp.column_count; c++) {
        double x = nearbyint(plan->solution.x[c]);
        bool whole = model->lp.is_integer[c];

        mz_lp_add_column(
            &lp, whole ? x : model->lp.col_lower[c], whole ? x : model->lp.col_upper[c], 0);
    }
    for (int32_t r = 0; r < model->lp.row_count; r++)
        mz_lp_add_row(&lp, model->lp.row_lower[r], model->lp.row_upper[r]);
    money = mz_lp_add_row(&lp, -MZ_INFINITY, budget);
    row = mz_lp_add_row(&lp, -MZ_INFINITY, 0); /* sign * (N - share * D) <= 0 */
    for (int32_t c = 0; c < model->lp.column_count; c++) {
        for (int32_t i = model->lp.starts[c]; i < model->lp.starts[c + 1]; i++)
            mz_lp_add_entry(&lp, model->lp.rows[i], c, model->lp.values[i]);
        mz_lp_add_entry(&lp, money, c, model->lp.cost[c]);
    }
    for (int32_t g = 0; g < model->scenario->contract_count; g++) {
        for (int32_t p = 0; p < model->scenario->contracts[g].pool_count; p++) {
            for (int32_t t = 0; t < model->period_count; t++) {
                int32_t c = model->contracts[g].dlv[mz_at(model, p, t)];
                bool mine = model->scenario->contracts[g].partner == partner;

                if (c >= 0)
                    mz_lp_add_entry(&lp, row, c,
                        sign * ((mine ? 1 : 0) - share) *
                            model->pool_kw[model->contract_pools[g][p]] * model->periods[t].hours /
                            1e3);
            }
        }
    }
    mz_lp_compress(&lp);
    assert_int_equal(mz_solver_create(&lp, &options, &solver, &err), MZ_OK);
    assert_int_equal(mz_solver_solve(solver, MZ_START_COLD, true, &solution, &err), MZ_OK);
    possible = solution.status == MZ_SOLVE_OPTIMAL;
    mz_solver_free(solver);
    mz_lp_finish(&lp);
    return possible;
}

static void each_end_of_a_range_can_be_had_and_nothing_beyond_it(void **state)
{
    struct plan_fixture *f = *state;
    struct shop shop;
    struct mz_error err = { MZ_OK, "" };
    const struct mz_alternatives *found = NULL;
    double budget;

    shop_open(f, &shop, small, false);
    assert_int_equal(mz_plan_alternatives(shop.base, 0.05, &found, &err), MZ_OK);
    assert_true(found->extra == 0.05);
    assert_int_equal(found->count, 3); /* north, south, own */
    budget = (shop.base->result->objective_usd + found->extra_usd) / MZ_MONEY_UNIT;
    for (int32_t i = 0; i < found->count; i++) {
        const struct mz_alternative *one = &found->list[i];

        assert_true(one->least_fraction <= one->base_fraction + 1e-9);
        assert_true(one->base_fraction <= one->most_fraction + 1e-9);
        assert_true(one->least_fraction >= -1e-9 && one->most_fraction <= 1 + 1e-9);
        assert_true(
            share_possible(shop.base, budget + 1e-6, one->partner, one->least_fraction + 1e-5, 1));
        assert_true(
            share_possible(shop.base, budget + 1e-6, one->partner, one->most_fraction - 1e-5, -1));
        if (one->least_fraction > 1e-3)
            assert_false(
                share_possible(shop.base, budget, one->partner, one->least_fraction - 1e-3, 1));
        if (one->most_fraction < 1 - 1e-3)
            assert_false(
                share_possible(shop.base, budget, one->partner, one->most_fraction + 1e-3, -1));
    }
    shop_close(&shop);
}

static void more_money_widens_the_ranges(void **state)
{
    struct plan_fixture *f = *state;
    struct shop shop;
    struct mz_error err = { MZ_OK, "" };
    const struct mz_alternatives *little = NULL;
    const struct mz_alternatives *much = NULL;

    shop_open(f, &shop, small, false);
    assert_int_equal(mz_plan_alternatives(shop.base, 0.01, &little, &err), MZ_OK);
    assert_int_equal(mz_plan_alternatives(shop.base, 0.2, &much, &err), MZ_OK);
    for (int32_t i = 0; i < little->count; i++) {
        assert_true(much->list[i].least_fraction <= little->list[i].least_fraction + 1e-5);
        assert_true(much->list[i].most_fraction >= little->list[i].most_fraction - 1e-5);
        assert_true(much->list[i].base_fraction == little->list[i].base_fraction);
    }
    shop_close(&shop);
}

static void a_relaxed_plan_has_alternatives_too(void **state)
{
    struct plan_fixture *f = *state;
    struct shop shop;
    struct mz_error err = { MZ_OK, "" };
    const struct mz_alternatives *found = NULL;
    enum mz_status status;

    shop_open(f, &shop, small, true);
    status = mz_plan_alternatives(shop.base, 0.03, &found, &err);
    if (status != MZ_OK)
        print_error("%s\n", err.text);
    assert_int_equal(status, MZ_OK);
    shop_close(&shop);
}

/* --- reservation prices ------------------------------------------------------------------ */

/* One option, no integers: the whole plan again at a price says whether any of it is taken. */
static const char *option_text(struct mz_arena *arena, double price, int kind)
{
    static const char *const kinds[] = {
        "kind: option, partner: south, pools: {south/b: [c1, c2]}, lead: 1 months, term: 5 months,",
        "kind: option, partner: south, pools: {south/b: [c2]}, sign: {from: 2026-03, to: 2026-05},",
        "kind: on-demand, partner: south, pools: {south/b: [c1]},",
        "kind: committed, partner: south, end: 2026-12, pools: {south/b: [c1]},",
    };

    return mz_arena_printf(arena,
        "mizan: 1\nname: price\nstart: 2026-01\nperiods: {months: 6, quarters: 2}\n"
        "discount: 10%%\nchips: {c1: {power: 1 kW/chip}, c2: {power: 2 kW/chip}}\n"
        "partners: {north: {}, south: {}}\n"
        "sites: {north/a: {pue: 1.2}, south/b: {pue: 1.1}}\n"
        "contracts:\n"
        "  asked: {%s capacity: 300 chips, price: %.17g USD/chip-hour}\n"
        "  cheap: {kind: on-demand, partner: north, pools: {north/a: [c1]}, capacity: 200 chips,\n"
        "    price: 2 USD/chip-hour}\n"
        "  dear: {kind: on-demand, partner: north, pools: {north/a: [c1]}, capacity: 250 chips,\n"
        "    price: 6 USD/chip-hour}\n"
        "workloads:\n"
        "  chat: {kind: serve, demand: 30B tokens/day, growth: 150%%/year, unserved: 3 USD/Mtok,\n"
        "    throughput: {c1: 1000 tokens/s, c2: 1700 tokens/s}}\n",
        kinds[kind], price);
}

static double taken_at(struct plan_fixture *f, double price, int kind)
{
    struct shop shop;
    double taken = 0;

    shop_open(f, &shop, option_text(f->arena, price, kind), false);
    for (int32_t t = 0; t < shop.base->result->period_count; t++)
        taken += shop.base->result->contracts[0].chips[t];
    shop_close(&shop);
    return taken;
}

static void below_its_reservation_price_a_contract_is_taken_and_above_it_is_not(void **state)
{
    struct plan_fixture *f = *state;
    struct mz_error err = { MZ_OK, "" };

    for (int kind = 0; kind < 4; kind++) {
        struct shop shop;
        double price;

        shop_open(f, &shop, option_text(f->arena, 3, kind), false);
        assert_true(isnan(shop.base->result->contracts[0].reservation_usd_per_chip_hour));
        assert_int_equal(mz_plan_reservations(shop.base, &err), MZ_OK);
        price = shop.base->result->contracts[0].reservation_usd_per_chip_hour;
        shop_close(&shop);
        assert_true(isfinite(price) && price > 0);
        if (taken_at(f, price * 0.998, kind) <= 1e-6 || taken_at(f, price * 1.002, kind) > 1e-6)
            print_error("kind %d: %.6g USD/chip-hour: %.6g chips below, %.6g above\n", kind, price,
                taken_at(f, price * 0.998, kind), taken_at(f, price * 1.002, kind));
        assert_true(taken_at(f, price * 0.998, kind) > 1e-6);
        assert_true(taken_at(f, price * 1.002, kind) <= 1e-6);
    }
}

static void a_price_far_off_does_not_move_the_reservation_price(void **state)
{
    struct plan_fixture *f = *state;
    struct mz_error err = { MZ_OK, "" };
    double found[3];

    for (int i = 0; i < 3; i++) {
        static const double stated[] = { 0.05, 3, 400 };
        struct shop shop;

        shop_open(f, &shop, option_text(f->arena, stated[i], 0), false);
        assert_int_equal(mz_plan_reservations(shop.base, &err), MZ_OK);
        found[i] = shop.base->result->contracts[0].reservation_usd_per_chip_hour;
        shop_close(&shop);
    }
    assert_true(fabs(found[0] - found[1]) <= 2e-3 * found[1]);
    assert_true(fabs(found[2] - found[1]) <= 2e-3 * found[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(losing_a_partner_is_its_capacities_at_zero_from_then_on),
        plan_test(a_whatif_is_a_loss_with_a_date_or_an_override),
        plan_test(stress_never_beats_a_plan_that_knew),
        plan_test(decisions_stay_as_signed_when_the_world_changes),
        plan_test(an_unknown_override_is_an_error_with_its_name),
        plan_test(a_sweep_keeps_its_order_and_factor_one_is_the_base),
        plan_test(two_threads_give_what_one_gives),
        plan_test(each_end_of_a_range_can_be_had_and_nothing_beyond_it),
        plan_test(more_money_widens_the_ranges),
        plan_test(a_relaxed_plan_has_alternatives_too),
        plan_test(below_its_reservation_price_a_contract_is_taken_and_above_it_is_not),
        plan_test(a_price_far_off_does_not_move_the_reservation_price),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
