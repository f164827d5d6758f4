/* fixture_plan.c - the numbers of the made-up plan
 * Delivered chips follow each contract's ramp; they are shared out over workloads by fixed weights;
 * everything else is arithmetic on those two. */
#include "report/fixture_plan.h"

#include <math.h>
#include <string.h>

struct change {           /* what a what-if changes */
    int32_t lost_partner; /* -1 */
    double lost_from_month;
    double demand_factor;
};

struct maker {
    struct mz_arena *arena;
    const struct mz_scenario *scenario;
    struct change change;
    int32_t T;
    struct mz_pool *pools;
    int32_t pool_count;
    double *delivered;     /* [pool][t] */
    double *delivered_usd; /* [pool][t] cost of it */
    struct mz_contract_result *contracts;
    struct mz_workload_result *workloads;
    struct mz_site_result *sites;
    struct mz_partner_result *partners;
    struct mz_ledger *ledger;
};

static double *series(const struct maker *maker, int32_t rows)
{
    return mz_arena_alloc(maker->arena, (size_t)(rows * maker->T), sizeof(double));
}

static int32_t pool_of(struct maker *maker, struct mz_pool pool)
{
    for (int32_t k = 0; k < maker->pool_count; k++) {
        if (maker->pools[k].site == pool.site && maker->pools[k].chip == pool.chip)
            return k;
    }
    maker->pools[maker->pool_count] = pool;
    return maker->pool_count++;
}

static double ramp_at(const struct maker *maker, int32_t g, int32_t t)
{
    const struct mz_contract *contract = &maker->scenario->contracts[g];
    const struct fixture_terms *terms = fixture_terms_of(g);
    const struct mz_period *period = &maker->scenario->periods[t];
    double share = mz_period_share_in(period, contract->start_month, contract->end_month);
    double age = (period->month_begin + period->month_end) / 2.0 - contract->start_month;
    bool lost = contract->partner == maker->change.lost_partner &&
        period->month_begin >= maker->change.lost_from_month;

    return lost ? 0 : terms->chips * share * fmin(1, fmax(0, (age + 1) / (terms->ramp_months + 1)));
}

static void fill_money(struct maker *maker, int32_t g, struct mz_contract_result *result,
    double *const out[5], int32_t t)
{
    const struct mz_contract *contract = &maker->scenario->contracts[g];
    const struct fixture_terms *terms = fixture_terms_of(g);
    double hours = maker->scenario->periods[t].hours;
    double before = t > 0 ? result->chips[t - 1] : 0;
    double energy_mwh = result->power_mw[t] * 0.8 * hours;

    out[0][t] = terms->price_usd * hours * result->chips[t];
    out[1][t] = terms->capex_usd * fmax(0, result->chips[t] - before);
    out[2][t] = contract->kind == MZ_CONTRACT_OWN ? 65 * energy_mwh : 0;
    out[3][t] = energy_mwh * 0.32 * 40;
    out[4][t] = 0;
    for (int32_t i = 0; i < contract->pool_count; i++) {
        int32_t k = pool_of(maker, contract->pools[i]);
        double part =
            result->chips[t] > 0 ? result->pool_chips[i * maker->T + t] / result->chips[t] : 0;

        maker->delivered_usd[k * maker->T + t] +=
            part * (out[0][t] + out[1][t] / 5 + out[2][t] + out[3][t]);
    }
}

static void fill_contract(struct maker *maker, int32_t g)
{
    const struct mz_contract *contract = &maker->scenario->contracts[g];
    struct mz_contract_result *result = &maker->contracts[g];
    double *pool_chips = series(maker, contract->pool_count);
    double *chips = series(maker, 1);
    double *power = series(maker, 1);
    double *money[5];

    for (int32_t i = 0; i < 5; i++)
        money[i] = series(maker, 1);
    *result = (struct mz_contract_result){ .contract = g, .decide_by_month = -1 };
    result->pool_chips = pool_chips;
    result->chips = result->capacity = chips;
    result->power_mw = power;
    result->spend_usd = money[0];
    result->capex_usd = money[1];
    result->energy_usd = money[2];
    result->carbon_usd = money[3];
    result->short_usd = money[4];
    for (int32_t t = 0; t < maker->T; t++) {
        chips[t] = ramp_at(maker, g, t);
        for (int32_t i = 0; i < contract->pool_count; i++) {
            int32_t k = pool_of(maker, contract->pools[i]);
            double weight = (double)(contract->pool_count - i) * 2 /
                (contract->pool_count * (contract->pool_count + 1));

            pool_chips[i * maker->T + t] = chips[t] * weight;
            maker->delivered[k * maker->T + t] += chips[t] * weight;
            power[t] += chips[t] * weight * mz_pool_kw(maker->scenario, contract->pools[i]) / 1000;
        }
        fill_money(maker, g, result, money, t);
    }
}

static void total_contract(struct maker *maker, int32_t g)
{
    const struct mz_contract *contract = &maker->scenario->contracts[g];
    struct mz_contract_result *result = &maker->contracts[g];
    double *short_usd = (double *)(uintptr_t)result->short_usd;
    bool used = fixture_terms_of(g)->chips > 0;

    for (int32_t t = 0; t < maker->T; t++) {
        result->spend_total_usd += result->spend_usd[t];
        result->chip_hours += result->chips[t] * maker->scenario->periods[t].hours;
        result->peak_power_mw = fmax(result->peak_power_mw, result->power_mw[t]);
        result->total_usd += result->spend_usd[t] + result->capex_usd[t] + result->energy_usd[t] +
            result->carbon_usd[t];
    }
    result->commit_usd = contract->commit_usd;
    result->due_usd = contract->commit_usd * contract->take_or_pay * 0.92;
    result->short_total_usd = fmax(0, result->due_usd - result->spend_total_usd);
    short_usd[maker->T - 1] = result->short_total_usd;
    result->total_usd += result->short_total_usd;
    result->used_fraction = used ? 0.955 + 0.003 * (g % 9) : NAN;
    result->usd_per_chip_hour = used ? result->total_usd / result->chip_hours : NAN;
    result->reservation_usd_per_chip_hour = g % 4 == 1 ? HUGE_VAL
        : g % 4 == 2                                   ? NAN
                                                       : result->usd_per_chip_hour * 1.3;
    result->decision = fixture_terms_of(g)->held ? MZ_DECISION_HELD
        : !used                                  ? MZ_DECISION_UNUSED
        : contract->kind == MZ_CONTRACT_OWN      ? MZ_DECISION_BUILD
                                                 : MZ_DECISION_SIGN;
    if (used && !fixture_terms_of(g)->held)
        result->decide_by_month =
            contract->start_month - (contract->kind == MZ_CONTRACT_OWN ? 15 : 9);
}

static double work_weight(const struct maker *maker, int32_t w, int32_t k, int32_t t)
{
    static const double weights[] = { 42, 22, 12, 8, 16, 60, 70 };
    const struct mz_workload *work = &maker->scenario->workloads[w];
    const struct mz_period *period = &maker->scenario->periods[t];
    double weight =
        weights[w] * mz_period_share_in(period, work->window_from_month, work->window_end_month);

    if (work->kind == MZ_WORKLOAD_TRAIN)
        return k % 7 == 3 ? weight : 0;
    return weight * (w == 0 ? 1 : 1 + 0.02 * t);
}

static double tokens_per_s(const struct maker *maker, int32_t w, int32_t k)
{
    static const double by_chip[] = { 180, 560, 760, 1330, 330, 480, 810, 550 };
    static const double by_work[] = { 1, 0.94, 0.7, 2.6, 1.18, 0.25, 0.25 };

    return by_chip[maker->pools[k].chip] * by_work[w];
}

static void fill_workloads(struct maker *maker)
{
    int32_t count = maker->scenario->workload_count;

    for (int32_t w = 0; w < count; w++) {
        struct mz_workload_result *result = &maker->workloads[w];
        double *chips = series(maker, 1);
        double *pool_chips = series(maker, maker->pool_count);
        double *cost = series(maker, 1);
        double *tokens = series(maker, 1);
        double *served = series(maker, 1);

        for (int32_t t = 0; t < maker->T; t++) {
            double seconds = maker->scenario->periods[t].hours * 3600;

            served[t] = w == 1 && t >= 27 ? 0.93 - 0.04 * (t - 27) : 1;
            for (int32_t k = 0; k < maker->pool_count; k++) {
                int32_t at = k * maker->T + t;
                double sum = 0;
                double load = 0.955 - 0.04 * (t < 27) * (1 + sin(t * 1.3)) / 2;

                for (int32_t v = 0; v < count; v++)
                    sum += work_weight(maker, v, k, t);
                pool_chips[at] =
                    maker->delivered[at] * fmin(0.95, load) * work_weight(maker, w, k, t) / sum;
                chips[t] += pool_chips[at];
                cost[t] += maker->delivered_usd[at] * work_weight(maker, w, k, t) / sum;
                tokens[t] += pool_chips[at] * tokens_per_s(maker, w, k) * seconds;
            }
        }
        *result = (struct mz_workload_result){ .workload = w,
            .demand = tokens,
            .unserved = series(maker, 1),
            .served_fraction = served,
            .chips = chips,
            .pool_chips = pool_chips,
            .cost_usd = cost,
            .tokens = tokens,
            .backlog = series(maker, 1),
            .late_fraction = series(maker, 1),
            .served_total_fraction = 1 };
    }
}

static void fill_sites(struct maker *maker)
{
    for (int32_t s = 0; s < maker->scenario->site_count; s++) {
        double *power = series(maker, 1);
        double *limit = series(maker, 1);
        double most = 0;

        for (int32_t t = 0; t < maker->T; t++) {
            for (int32_t k = 0; k < maker->pool_count; k++) {
                if (maker->pools[k].site == s)
                    power[t] += maker->delivered[k * maker->T + t] *
                        mz_pool_kw(maker->scenario, maker->pools[k]) / 1000;
            }
            most = fmax(most, power[t]);
            limit[t] = ceil(most * (s % 3 == 1 ? 1 : 1.25) / 20) * 20;
            if (s % 3 == 1 && t > 14)
                limit[t] = most;
        }
        maker->sites[s] =
            (struct mz_site_result){ s, power, limit, series(maker, 1), series(maker, 1) };
    }
}

static void fill_partners(struct maker *maker, const double *power_mw)
{
    for (int32_t p = 0; p < maker->scenario->partner_count; p++) {
        double *power = series(maker, 1);
        double *chips = series(maker, 1);
        double *spend = series(maker, 1);
        double *share = series(maker, 1);
        double *critical = series(maker, 1);

        for (int32_t t = 0; t < maker->T; t++) {
            for (int32_t g = 0; g < maker->scenario->contract_count; g++) {
                if (maker->scenario->contracts[g].partner != p)
                    continue;
                power[t] += maker->contracts[g].power_mw[t];
                chips[t] += maker->contracts[g].chips[t];
                spend[t] += maker->contracts[g].spend_usd[t];
            }
            share[t] = power_mw[t] > 0 ? power[t] / power_mw[t] : NAN;
            critical[t] = t < 14 || p == 7 ? NAN : fmin(1, (1 - share[t]) * 1.6);
        }
        maker->partners[p] = (struct mz_partner_result){ p, power, chips, spend, share, critical };
    }
}

static void fill_ledger(struct maker *maker, double *cost)
{
    double cash = 17e9;

    for (int32_t t = 0; t < maker->T; t++) {
        struct mz_ledger *ledger = &maker->ledger[t];
        double months = maker->scenario->periods[t].month_count;

        ledger->cash_begin_usd = cash;
        for (int32_t g = 0; g < maker->scenario->contract_count; g++) {
            ledger->spend_usd += maker->contracts[g].spend_usd[t];
            ledger->capex_usd += maker->contracts[g].capex_usd[t];
            ledger->energy_usd += maker->contracts[g].energy_usd[t];
            ledger->carbon_usd += maker->contracts[g].carbon_usd[t];
            ledger->short_usd += maker->contracts[g].short_usd[t];
        }
        ledger->equity_usd = t == 3 ? 75e9 : t == 16 || t == 17 ? 17.5e9 : 0;
        ledger->drawn_usd = t == 18 ? 20e9 : 0;
        ledger->repaid_usd = t == 27 ? 20e9 : 0;
        ledger->interest_usd = t >= 18 && t < 27 ? 20e9 * 0.08 * months / 12 : 0;
        ledger->fees_usd = ledger->equity_usd * 0.01;
        ledger->costs_usd = (1.0e9 + 0.16e9 * t) * months;
        ledger->other_revenue_usd = 50e6 * months;
        cost[t] = ledger->spend_usd + ledger->capex_usd + ledger->energy_usd + ledger->carbon_usd +
            ledger->short_usd + ledger->fees_usd + ledger->interest_usd;
        ledger->workload_revenue_usd =
            (cost[t] * (t < 20 ? 0.86 : 1.05) + ledger->costs_usd * (t < 20 ? 0.7 : 1));
        cash += ledger->workload_revenue_usd + ledger->other_revenue_usd + ledger->equity_usd +
            ledger->drawn_usd - cost[t] - ledger->costs_usd - ledger->repaid_usd;
        ledger->cash_end_usd = cash;
        ledger->floor_usd = 5e9;
    }
}

static void fill_totals(struct maker *maker, struct mz_plan_result *result)
{
    double *chips = series(maker, 1);
    double *served = series(maker, 1);
    double *missing = series(maker, 1);
    double *energy = series(maker, 1);
    double *carbon = series(maker, 1);
    double *added = series(maker, 1);
    double *limit = series(maker, 1);
    double *goal = series(maker, 1);

    for (int32_t t = 0; t < maker->T; t++) {
        double hours = maker->scenario->periods[t].hours;
        double grown = t > 0 ? result->power_mw[t] - result->power_mw[t - 1] : 0;
        double weeks = t > 0 ? (hours + maker->scenario->periods[t - 1].hours) / 2 / 168 : 1;

        for (int32_t k = 0; k < maker->pool_count; k++)
            chips[t] += maker->delivered[k * maker->T + t];
        missing[t] = fmax(0, chips[t] * (maker->change.demand_factor - 1));
        missing[t] += t >= 27 ? chips[t] * 0.015 * (t - 26) : 0;
        served[t] = chips[t] / (chips[t] + missing[t]);
        energy[t] = result->power_mw[t] * 0.8 * hours;
        carbon[t] = energy[t] * (0.35 - 0.0025 * t);
        added[t] = t > 0 ? fmax(0, grown * 0.6 / weeks) : NAN;
        limit[t] = t < 2 ? NAN : t < 18 ? 60 : t < 26 ? 90 : 120;
        goal[t] = t < 24 ? NAN : 140;
    }
    result->chips = chips;
    result->served_fraction = served;
    result->chips_short = missing;
    result->energy_mwh = energy;
    result->carbon_t = carbon;
    result->added_mw_per_week = added;
    result->build_limit_mw_per_week = limit;
    result->build_goal_mw_per_week = goal;
}

static void fill_reasons(struct mz_arena *arena, struct mz_plan_result *result)
{
    static const char *const rules[] = { "power", "capacity", "chip_supply", "build_rate",
        "partner_share", "cash_floor" };
    struct mz_binding *bindings = mz_arena_alloc(arena, 18, sizeof(*bindings));
    struct mz_violation *violations = mz_arena_alloc(arena, 2, sizeof(*violations));

    for (int32_t i = 0; i < 18; i++)
        bindings[i] = (struct mz_binding){ .rule = rules[i % 6],
            .what = i % 6 == 0 ? result->scenario->sites[(i * 5) % 19].name
                               : result->scenario->contracts[(i * 4) % 15].name,
            .from_period = i,
            .to_period = i + i % 5,
            .worth_usd = 940e6 / (1 + i * 0.7),
            .unit_size = 1,
            .unit = i % 6 == 0 ? "MW"
                : i % 6 == 5   ? "1M USD"
                               : "1k chips",
            .level = 300 + 40 * i,
            .level_unit = i % 6 == 0 ? "MW" : "k chips",
            .mark = { "examples/openai-2025.yaml", 20 + 3 * i, 5, 0 } };
    violations[0] = (struct mz_violation){ "n1", "azure", 27, 42000, "chips", 1.2e9,
        { "examples/openai-2025.yaml", 15, 3, 0 } };
    violations[1] = (struct mz_violation){ "share", "oracle", 28, 61.5, "MW", 3.4e9,
        { "examples/openai-2025.yaml", 12, 7, 0 } };
    result->binding_count = 18;
    result->bindings = bindings;
    result->violation_count = 2;
    result->violations = violations;
}

static void make_result(struct mz_arena *arena, const struct mz_scenario *scenario,
    struct change change, struct mz_plan_result *result)
{
    struct maker maker = {
        .arena = arena, .scenario = scenario, .change = change, .T = scenario->period_count
    };
    double *power = series(&maker, 1);
    double *cost = series(&maker, 1);

    maker.pools = mz_arena_alloc(arena, 64, sizeof(*maker.pools));
    maker.delivered = series(&maker, 64);
    maker.delivered_usd = series(&maker, 64);
    maker.contracts = mz_arena_alloc(arena, 15, sizeof(*maker.contracts));
    maker.workloads = mz_arena_alloc(arena, 7, sizeof(*maker.workloads));
    maker.sites = mz_arena_alloc(arena, 19, sizeof(*maker.sites));
    maker.partners = mz_arena_alloc(arena, 8, sizeof(*maker.partners));
    maker.ledger = mz_arena_alloc(arena, (size_t)maker.T, sizeof(*maker.ledger));
    *result = (struct mz_plan_result){ .status = MZ_PLAN_OPTIMAL,
        .gap = 0.0008,
        .gap_asked = 0.001,
        .solver = "CBC 2.10.8",
        .row_count = 9412,
        .column_count = 11870,
        .integer_count = 96,
        .seconds = { 0.02, 0.05, 1.91, 0.03 },
        .scenario = scenario };
    for (int32_t g = 0; g < 15; g++)
        fill_contract(&maker, g);
    for (int32_t g = 0; g < 15; g++) {
        total_contract(&maker, g);
        for (int32_t t = 0; t < maker.T; t++)
            power[t] += maker.contracts[g].power_mw[t];
    }
    fill_workloads(&maker);
    fill_sites(&maker);
    fill_partners(&maker, power);
    fill_ledger(&maker, cost);
    for (int32_t t = 0; t < maker.T; t++)
        result->cost_usd += cost[t];
    result->objective_usd = -0.3 * result->cost_usd;
    result->pool_count = maker.pool_count;
    result->pools = maker.pools;
    result->contract_count = 15;
    result->contracts = maker.contracts;
    result->workload_count = 7;
    result->workloads = maker.workloads;
    result->site_count = 19;
    result->sites = maker.sites;
    result->partner_count = 8;
    result->partners = maker.partners;
    result->period_count = maker.T;
    result->ledger = maker.ledger;
    result->power_mw = power;
    result->cost_by_period_usd = cost;
    fill_totals(&maker, result);
    fill_reasons(arena, result);
}

static void fill_comparisons(struct fixture_plan *fixture)
{
    static const struct {
        const char *name;
        struct change change;
    } others[] = { { "lose=aws@2028-01", { 1, 2028 * 12, 1 } },
        { "lose=azure@2028-01", { 0, 2028 * 12, 1.04 } },
        { "override=grid-slip", { 6, 2027 * 12, 1.01 } },
        { "override=demand-boom", { -1, 0, 1.12 } }, { "override=no-ipo", { 7, 2031 * 12, 1 } } };
    static const char *const paths[] = { "contracts.*.price", "workloads.chat.demand",
        "limits.build_rate", "finance.funding.ipo.max" };
    struct mz_whatif *whatifs = mz_arena_alloc(fixture->arena, 5, sizeof(*whatifs));
    struct mz_stress *stresses = mz_arena_alloc(fixture->arena, 3, sizeof(*stresses));
    struct mz_sweep *sweeps = mz_arena_alloc(fixture->arena, 4, sizeof(*sweeps));
    struct mz_alternative *list = mz_arena_alloc(fixture->arena, 8, sizeof(*list));
    struct mz_alternatives *alternatives = mz_arena_alloc(fixture->arena, 1, sizeof(*alternatives));
    double objective = fixture->result.objective_usd;

    for (int32_t i = 0; i < 5; i++) {
        struct mz_plan_result *result = mz_arena_alloc(fixture->arena, 1, sizeof(*result));

        make_result(fixture->arena, &fixture->scenario, others[i].change, result);
        result->violation_count = 0;
        whatifs[i] = (struct mz_whatif){ others[i].name, result };
    }
    for (int32_t i = 0; i < 3; i++)
        stresses[i] = (struct mz_stress){ others[i].name, MZ_PLAN_OPTIMAL, 700e9 + 9e9 * i,
            objective, 0.961 - 0.02 * i, 22 + i, 11e9 - 3e9 * i, 24, 1.5e9 * i, objective,
            2.2e9 * (i + 1) };
    for (int32_t i = 0; i < 4; i++) {
        struct mz_sweep_point *points = mz_arena_alloc(fixture->arena, 5, sizeof(*points));

        for (int32_t j = 0; j < 5; j++)
            points[j] = (struct mz_sweep_point){ 0.8 + 0.1 * j, MZ_PLAN_OPTIMAL,
                objective + (j - 2) * 14e9 * (i % 2 ? -1 : 1) / (i + 1), 690e9 + j * 4e9,
                0.955 + 0.005 * j, 12e9 + j * 2e9, 0.44 };
        sweeps[i] = (struct mz_sweep){ paths[i], 5, points };
    }
    for (int32_t p = 0; p < 8; p++)
        list[p] = (struct mz_alternative){ p, 0.2 - 0.02 * p, 0.15 - 0.015 * p, 0.26 - 0.02 * p };
    *alternatives = (struct mz_alternatives){ 0.03, 4.4e9, 8, list };
    fixture->comparisons =
        (struct mz_comparisons){ 5, whatifs, 3, stresses, 4, sweeps, alternatives };
}

void fixture_plan_init(struct fixture_plan *fixture, enum mz_language language)
{
    *fixture = (struct fixture_plan){ .arena = mz_arena_create() };
    fixture_scenario_fill(fixture->arena, &fixture->scenario);
    make_result(fixture->arena, &fixture->scenario, (struct change){ -1, 0, 1 }, &fixture->result);
    fill_comparisons(fixture);
    fixture->report = (struct mz_html_report){ .result = &fixture->result,
        .comparisons = &fixture->comparisons,
        .language = language,
        .version = "0.1.0",
        .generated_at = "2026-01-15T09:30:00Z",
        .scenario_text = "mizan: 1\nname: openai-2025\n# a <b>bold</b> & \"quoted\" comment\n",
        .scenario_hash = "3b7e9f0c5a1d4e2288aa90f1c3d2b4e6f708192a3b4c5d6e7f8091a2b3c4d5e6",
        .command_line = "mizan plan examples/openai-2025.yaml --report plan.html",
        .result_json = "{\"schema\":\"mizan.plan/1\",\"note\":\"</script><b>\"}",
        .solver_log = "read 0.02 s\nbuild 0.05 s: 9,412 rows\nsolve 1.91 s: gap 0.08%\n" };
}

void fixture_plan_init_infeasible(struct fixture_plan *fixture, enum mz_language language)
{
    static const struct mz_conflict conflicts[] = {
        { "demand", "chat", "workloads.chat: unserved 0%, at least 4,026k of 4,150k chips", 18, 21,
            { "strict.yaml", 14, 3, 0 } },
        { "partner_share", "oracle", "limits.partner_share oracle 38% from 2029-01", 18, 28,
            { "strict.yaml", 31, 5, 0 } },
        { "power", "own/mi1", "sites.own/mi1.power 1050 MW", 18, 18, { "strict.yaml", 78, 5, 0 } }
    };
    static const struct mz_remedy remedies[] = { { "sites.own/mi1.power 1050 MW → 1252 MW in 2029",
                                                     "sites.own/mi1.power={2029-01: 1252 MW}",
                                                     2.1e9, 0, { "strict.yaml", 78, 5, 0 } },
        { "limits.partner_share oracle 38% → 40.4%", "limits.partner_share.0.max=40.4%", 0, 0,
            { "strict.yaml", 31, 5, 0 } } };
    static const struct mz_violation shortages[] = { { "unserved_critical", "chat us", 18, 155e3,
        "chips", 5.4e9, { "strict.yaml", 14, 3, 0 } } };
    static const struct mz_infeasibility why = { 3, conflicts, 1, shortages, 2, remedies,
        "All partners but Oracle offer 2,400k chips in 2029. With Oracle held to 38% of the total, "
        "the total cannot pass 2,400k / (1 − 0.38) = 3,871k. The rules need 4,026k." };

    fixture_plan_init(fixture, language);
    fixture->result = (struct mz_plan_result){ .status = MZ_PLAN_INFEASIBLE,
        .solver = "CLP 1.17.6",
        .scenario = &fixture->scenario,
        .infeasibility = &why };
    fixture->report.comparisons = NULL;
}
