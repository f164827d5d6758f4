/* csv_out.c - the CSV files of --out DIR (declared in json.h)
 * One row a fact, numbers in full; period is the first month. Every file can be summed to the
 * totals of the plan: costs.csv to cost_usd, power.csv to the power of a period. */
#include "plan/json.h"

#include <math.h>
#include <string.h>

const char *const mz_plan_csv_names[] = { "decisions", "capacity", "assignment", "power", "cash",
    "costs", "n1", "duals" };
const int32_t mz_plan_csv_count = sizeof(mz_plan_csv_names) / sizeof(mz_plan_csv_names[0]);

static void add_number(struct mz_text *out, double value)
{
    char buffer[MZ_NUMBER_MAX];

    mz_text_add(out, ",");
    if (isfinite(value))
        mz_text_add(out, mz_format_exact(buffer, value));
}

static void add_word(struct mz_text *out, const char *word)
{
    mz_text_add(out, ",");
    mz_text_add_csv(out, word);
}

static void add_month(struct mz_text *out, int32_t month)
{
    char buffer[MZ_MONTH_TEXT_MAX];

    if (month >= 0)
        mz_text_add(out, mz_month_format(buffer, month));
}

static void add_period(struct mz_text *out, const struct mz_plan_result *result, int32_t t)
{
    add_month(out, result->scenario->periods[t].month_begin);
}

static void decisions(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out,
        "contract,partner,kind,decision,decide_by,signed,arrives,chips,commit_usd,"
        "due_usd,spend_usd,short_usd,total_usd,peak_power_mw,usd_per_chip_hour,"
        "reservation_usd_per_chip_hour\n");
    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *r = &result->contracts[g];
        const struct mz_contract *contract = &result->scenario->contracts[g];
        int32_t rows = r->signing_count > 0 ? r->signing_count : 1;

        for (int32_t i = 0; i < rows; i++) {
            bool first = i == 0; /* money once a contract, so that columns can be summed */

            mz_text_add_csv(out, contract->name);
            add_word(out, result->scenario->partners[contract->partner].name);
            add_word(out, mz_contract_kind_name(contract->kind));
            add_word(out, mz_decision_key(r->decision));
            mz_text_add(out, ",");
            add_month(out, r->decide_by_month);
            mz_text_add(out, ",");
            if (r->signing_count > 0)
                add_period(out, result, r->signings[i].period);
            mz_text_add(out, ",");
            if (r->signing_count > 0 && r->signings[i].arrival_period >= 0)
                add_period(out, result, r->signings[i].arrival_period);
            add_number(out, r->signing_count > 0 ? r->signings[i].chips : NAN);
            add_number(out, first && contract->commit_usd > 0 ? r->commit_usd : NAN);
            add_number(out, first ? r->due_usd : NAN);
            add_number(out, first ? r->spend_total_usd : NAN);
            add_number(out, first ? r->short_total_usd : NAN);
            add_number(out, first ? r->total_usd : NAN);
            add_number(out, r->peak_power_mw);
            add_number(out, r->usd_per_chip_hour);
            add_number(out, r->reservation_usd_per_chip_hour);
            mz_text_add(out, "\n");
        }
    }
}

static void capacity(const struct mz_plan_result *result, struct mz_text *out)
{
    const struct mz_scenario *scenario = result->scenario;

    mz_text_add(out, "period,contract,site,chip,chips\n");
    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract *contract = &scenario->contracts[g];

        for (int32_t p = 0; p < contract->pool_count; p++) {
            for (int32_t t = 0; t < result->period_count; t++) {
                double chips = result->contracts[g].pool_chips[p * result->period_count + t];

                if (chips <= 0)
                    continue;
                add_period(out, result, t);
                add_word(out, contract->name);
                add_word(out, scenario->sites[contract->pools[p].site].name);
                add_word(out, scenario->chips[contract->pools[p].chip].name);
                add_number(out, chips);
                mz_text_add(out, "\n");
            }
        }
    }
}

static void assignment(const struct mz_plan_result *result, struct mz_text *out)
{
    const struct mz_scenario *scenario = result->scenario;

    mz_text_add(out, "period,workload,site,chip,chips\n");
    for (int32_t w = 0; w < result->workload_count; w++) {
        for (int32_t k = 0; k < result->pool_count; k++) {
            for (int32_t t = 0; t < result->period_count; t++) {
                double chips = result->workloads[w].pool_chips[k * result->period_count + t];

                if (chips <= 0)
                    continue;
                add_period(out, result, t);
                add_word(out, scenario->workloads[w].name);
                add_word(out, scenario->sites[result->pools[k].site].name);
                add_word(out, scenario->chips[result->pools[k].chip].name);
                add_number(out, chips);
                mz_text_add(out, "\n");
            }
        }
    }
}

static void power(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out, "period,site,power_mw,limit_mw,begun_mw\n");
    for (int32_t i = 0; i < result->site_count; i++) {
        const struct mz_site_result *site = &result->sites[i];

        for (int32_t t = 0; t < result->period_count; t++) {
            add_period(out, result, t);
            add_word(out, result->scenario->sites[i].name);
            add_number(out, site->power_mw[t]);
            add_number(out, site->limit_mw[t]);
            add_number(out, site->begun_mw[t]);
            mz_text_add(out, "\n");
        }
    }
}

static void cash(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out,
        "period,cash_begin_usd,workload_revenue_usd,other_revenue_usd,equity_usd,"
        "drawn_usd,gap_usd,spend_usd,capex_usd,energy_usd,carbon_usd,short_usd,fees_usd,"
        "interest_usd,costs_usd,repaid_usd,cash_end_usd,floor_usd\n");
    for (int32_t t = 0; t < result->period_count; t++) {
        const struct mz_ledger *l = &result->ledger[t];
        const double columns[] = { l->cash_begin_usd, l->workload_revenue_usd, l->other_revenue_usd,
            l->equity_usd, l->drawn_usd, l->gap_usd, l->spend_usd, l->capex_usd, l->energy_usd,
            l->carbon_usd, l->short_usd, l->fees_usd, l->interest_usd, l->costs_usd, l->repaid_usd,
            l->cash_end_usd, l->floor_usd };

        add_period(out, result, t);
        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
            add_number(out, columns[i]);
        mz_text_add(out, "\n");
    }
}

static void add_cost(struct mz_text *out, const struct mz_plan_result *result, int32_t t,
    const char *what, const char *kind, double usd)
{
    if (usd == 0)
        return;
    add_period(out, result, t);
    add_word(out, what);
    add_word(out, kind);
    add_number(out, usd);
    mz_text_add(out, "\n");
}

static void costs(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out, "period,what,kind,usd\n");
    for (int32_t t = 0; t < result->period_count; t++) {
        for (int32_t g = 0; g < result->contract_count; g++) {
            const struct mz_contract_result *r = &result->contracts[g];
            const char *name = result->scenario->contracts[g].name;

            add_cost(out, result, t, name, "spend", r->spend_usd[t]);
            add_cost(out, result, t, name, "capex", r->capex_usd[t]);
            add_cost(out, result, t, name, "energy", r->energy_usd[t]);
            add_cost(out, result, t, name, "carbon", r->carbon_usd[t]);
            add_cost(out, result, t, name, "short", r->short_usd[t]);
        }
        for (int32_t i = 0; i < result->site_count; i++)
            add_cost(out, result, t, result->scenario->sites[i].name, "capex",
                result->sites[i].capex_usd[t]);
        add_cost(out, result, t, "funding", "fees", result->ledger[t].fees_usd);
        add_cost(out, result, t, "funding", "interest", result->ledger[t].interest_usd);
    }
}

static void n1(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out, "period,lost_partner,critical_served_percent\n");
    for (int32_t p = 0; p < result->partner_count; p++) {
        for (int32_t t = 0; t < result->period_count; t++) {
            double left = result->partners[p].critical_served_fraction[t];

            if (isnan(left))
                continue;
            add_period(out, result, t);
            add_word(out, result->scenario->partners[p].name);
            add_number(out, 100 * left);
            mz_text_add(out, "\n");
        }
    }
}

static void duals(const struct mz_plan_result *result, struct mz_text *out)
{
    mz_text_add(out, "rule,what,from,to,worth_usd,unit,level,level_unit,file,line\n");
    for (int32_t i = 0; i < result->binding_count; i++) {
        const struct mz_binding *binding = &result->bindings[i];

        mz_text_add_csv(out, binding->rule);
        add_word(out, binding->what);
        mz_text_add(out, ",");
        add_period(out, result, binding->from_period);
        mz_text_add(out, ",");
        add_period(out, result, binding->to_period);
        add_number(out, binding->worth_usd);
        add_word(out, binding->unit);
        add_number(out, binding->level);
        add_word(out, binding->level_unit);
        add_word(out, binding->mark.line > 0 ? binding->mark.file : "");
        add_number(out, binding->mark.line > 0 ? (double)binding->mark.line : (double)NAN);
        mz_text_add(out, "\n");
    }
}

void mz_plan_csv(const struct mz_plan_result *result, const char *name, struct mz_text *out)
{
    static void (*const writers[])(const struct mz_plan_result *, struct mz_text *) = { decisions,
        capacity, assignment, power, cash, costs, n1, duals };

    for (int32_t i = 0; i < mz_plan_csv_count; i++) {
        if (strcmp(mz_plan_csv_names[i], name) == 0)
            writers[i](result, out);
    }
}
