/* json.c - the mizan.plan/1 document (jansson keeps the order in which keys are set) */
#include "plan/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *text(const char *string)
{
    json_t *value = string ? json_string(string) : json_null();

    return value ? value
                 : json_null(); /* not UTF-8: the loader has refused it, a path may not be */
}

static json_t *month(int32_t value)
{
    char buffer[MZ_MONTH_TEXT_MAX];

    return value < 0 ? json_null() : text(mz_month_format(buffer, value));
}

static json_t *period(const struct mz_plan_result *result, int32_t t)
{
    return t < 0 || t >= result->period_count ? json_null()
                                              : month(result->scenario->periods[t].month_begin);
}

static json_t *contract_json(const struct mz_plan_result *result, int32_t g)
{
    const struct mz_contract *contract = &result->scenario->contracts[g];
    const struct mz_contract_result *r = &result->contracts[g];
    json_t *object = json_object();
    json_t *signings = json_array();

    for (int32_t i = 0; i < r->signing_count; i++) {
        json_t *signing = json_object();

        json_object_set_new(signing, "period", period(result, r->signings[i].period));
        json_object_set_new(signing, "arrives", period(result, r->signings[i].arrival_period));
        json_object_set_new(signing, "chips", number(r->signings[i].chips));
        json_array_append_new(signings, signing);
    }
    json_object_set_new(object, "id", text(contract->name));
    json_object_set_new(
        object, "partner", text(result->scenario->partners[contract->partner].name));
    json_object_set_new(object, "kind", text(mz_contract_kind_name(contract->kind)));
    json_object_set_new(object, "decision", text(mz_decision_key(r->decision)));
    json_object_set_new(object, "decide_by", month(r->decide_by_month));
    json_object_set_new(
        object, "commit_usd", contract->commit_usd > 0 ? number(r->commit_usd) : json_null());
    json_object_set_new(object, "due_usd", number(r->due_usd));
    json_object_set_new(object, "spend_usd", number(r->spend_total_usd));
    json_object_set_new(object, "short_usd", number(r->short_total_usd));
    json_object_set_new(object, "total_usd", number(r->total_usd));
    json_object_set_new(object, "peak_power_mw", number(r->peak_power_mw));
    json_object_set_new(object, "chip_hours", number(r->chip_hours));
    json_object_set_new(object, "used_percent", number(100 * r->used_fraction));
    json_object_set_new(object, "usd_per_chip_hour", number(r->usd_per_chip_hour));
    json_object_set_new(
        object, "reservation_usd_per_chip_hour", number(r->reservation_usd_per_chip_hour));
    json_object_set_new(object, "signed", signings);
    return object;
}

static json_t *timeline_json(const struct mz_plan_result *result, int32_t t)
{
    json_t *object = json_object();
    json_t *chips = json_object();
    json_t *shares = json_object();

    for (int32_t p = 0; p < result->partner_count; p++) {
        const struct mz_partner_result *partner = &result->partners[p];
        const char *name = result->scenario->partners[p].name;

        if (!mz_partner_has_contract(result->scenario, p))
            continue;
        json_object_set_new(chips, name, number(partner->chips[t]));
        json_object_set_new(shares, name,
            number(isnan(partner->share_fraction[t]) ? 0 : 100 * partner->share_fraction[t]));
    }
    json_object_set_new(object, "period", period(result, t));
    json_object_set_new(
        object, "months", json_integer((json_int_t)result->scenario->periods[t].month_count));
    json_object_set_new(object, "power_mw", number(result->power_mw[t]));
    json_object_set_new(object, "chips", chips);
    json_object_set_new(object, "share_percent", shares);
    json_object_set_new(object, "cost_usd", number(result->cost_by_period_usd[t]));
    json_object_set_new(object, "cash_usd", number(result->ledger[t].cash_end_usd));
    json_object_set_new(object, "served_percent", number(100 * result->served_fraction[t]));
    json_object_set_new(object, "chips_short", number(result->chips_short[t]));
    json_object_set_new(object, "energy_mwh", number(result->energy_mwh[t]));
    json_object_set_new(object, "carbon_t", number(result->carbon_t[t]));
    json_object_set_new(object, "added_mw_per_week", number(result->added_mw_per_week[t]));
    return object;
}

static json_t *workload_json(const struct mz_plan_result *result, int32_t w)
{
    const struct mz_workload *workload = &result->scenario->workloads[w];
    const struct mz_workload_result *r = &result->workloads[w];
    json_t *object = json_object();
    json_t *by_period = json_array();

    for (int32_t t = 0; t < result->period_count; t++)
        json_array_append_new(by_period, number(100 * r->served_fraction[t]));
    json_object_set_new(object, "id", text(workload->name));
    json_object_set_new(object, "kind", text(mz_workload_kind_name(workload->kind)));
    json_object_set_new(object, "served_percent", number(100 * r->served_total_fraction));
    json_object_set_new(object, "unserved", number(r->tokens_unserved));
    json_object_set_new(object, "unserved_unit", text("tokens"));
    json_object_set_new(object, "wanted_tokens", number(r->tokens_wanted));
    json_object_set_new(object, "late_usd", number(r->late_usd));
    json_object_set_new(object, "served_percent_by_period", by_period);
    return object;
}

static json_t *n1_json(const struct mz_plan_result *result)
{
    json_t *array = json_array();

    for (int32_t p = 0; p < result->partner_count; p++) {
        for (int32_t t = 0; t < result->period_count; t++) {
            double left = result->partners[p].critical_served_fraction[t];
            json_t *object;

            if (isnan(left))
                continue;
            object = json_object();
            json_object_set_new(object, "partner", text(result->scenario->partners[p].name));
            json_object_set_new(object, "period", period(result, t));
            json_object_set_new(object, "critical_served_percent", number(100 * left));
            json_array_append_new(array, object);
        }
    }
    return array;
}

static json_t *place_json(json_t *object, const struct mz_mark *mark)
{
    json_object_set_new(object, "file", mark->line > 0 ? text(mark->file) : json_null());
    json_object_set_new(object, "line", mark->line > 0 ? json_integer(mark->line) : json_null());
    return object;
}

static json_t *binding_json(const struct mz_plan_result *result)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < result->binding_count; i++) {
        const struct mz_binding *binding = &result->bindings[i];
        json_t *object = json_object();

        json_object_set_new(object, "rule", text(binding->rule));
        json_object_set_new(object, "what", text(binding->what));
        place_json(object, &binding->mark);
        json_object_set_new(object, "from", period(result, binding->from_period));
        json_object_set_new(object, "to", period(result, binding->to_period));
        json_object_set_new(object, "worth_usd", number(binding->worth_usd));
        json_object_set_new(object, "unit", text(binding->unit));
        json_object_set_new(object, "level", number(binding->level));
        json_object_set_new(object, "level_unit", text(binding->level_unit));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *violations_json(
    const struct mz_plan_result *result, const struct mz_violation *list, int32_t count)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < count; i++) {
        json_t *object = json_object();

        json_object_set_new(object, "rule", text(list[i].rule));
        json_object_set_new(object, "what", text(list[i].what));
        json_object_set_new(object, "period", period(result, list[i].period));
        json_object_set_new(object, "amount", number(list[i].amount));
        json_object_set_new(object, "unit", text(list[i].unit));
        json_object_set_new(object, "penalty_usd", number(list[i].usd));
        json_array_append_new(array, place_json(object, &list[i].mark));
    }
    return array;
}

static void set_infeasibility(json_t *data, const struct mz_plan_result *result)
{
    const struct mz_infeasibility *why = result->infeasibility;
    json_t *conflict = json_array();
    json_t *remedies = json_array();

    for (int32_t i = 0; i < why->conflict_count; i++) {
        json_t *object = json_object();

        json_object_set_new(object, "rule", text(why->conflicts[i].rule));
        json_object_set_new(object, "what", text(why->conflicts[i].what));
        json_object_set_new(object, "text", text(why->conflicts[i].text));
        json_object_set_new(object, "from", period(result, why->conflicts[i].from_period));
        json_object_set_new(object, "to", period(result, why->conflicts[i].to_period));
        json_array_append_new(conflict, place_json(object, &why->conflicts[i].mark));
    }
    for (int32_t i = 0; i < why->remedy_count; i++) {
        json_t *object = json_object();

        json_object_set_new(object, "text", text(why->remedies[i].text));
        json_object_set_new(object, "set", text(why->remedies[i].set));
        json_object_set_new(object, "cost_usd", number(why->remedies[i].cost_usd));
        json_array_append_new(remedies, place_json(object, &why->remedies[i].mark));
    }
    json_object_set_new(data, "conflict", conflict);
    json_object_set_new(
        data, "short", violations_json(result, why->shortages, why->shortage_count));
    json_object_set_new(data, "why", text(why->why));
    json_object_set_new(data, "remedies", remedies);
}

/* A chip that was left out has null for all three. */
static void set_sized(json_t *object, const struct mz_sized *sized)
{
    json_object_set_new(object, "layout", sized->layout ? text(sized->layout) : json_null());
    json_object_set_new(object, "error_band_percent",
        sized->layout ? number(100 * sized->error_band) : json_null());
    json_object_set_new(object, "tokens_per_s_per_chip",
        sized->layout ? number(sized->tokens_per_s_per_chip) : json_null());
}

static json_t *assumptions_json(const struct mz_scenario *scenario)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < scenario->assumption_count; i++) {
        const struct mz_assumption *assumption = &scenario->assumptions[i];
        json_t *object = json_object();

        json_object_set_new(object, "key", text(assumption->key));
        json_object_set_new(object, "value", text(assumption->value));
        json_object_set_new(object, "source", text(assumption->source));
        json_object_set_new(object, "verified", json_boolean(assumption->verified));
        if (assumption->sized)
            set_sized(object, assumption->sized);
        json_array_append_new(array, place_json(object, &assumption->mark));
    }
    return array;
}

static json_t *whatif_json(const struct mz_whatif *whatif)
{
    const struct mz_plan_result *result = whatif->result;
    bool planned = mz_plan_exists(result->status);
    json_t *object = json_object();
    double worst = 1;

    for (int32_t t = 0; planned && t < result->period_count; t++)
        worst = fmin(worst, result->served_fraction[t]);
    json_object_set_new(object, "name", text(whatif->name));
    json_object_set_new(object, "status", text(mz_plan_status_word(result->status)));
    json_object_set_new(
        object, "objective_usd", planned ? number(result->objective_usd) : json_null());
    json_object_set_new(object, "cost_usd", planned ? number(result->cost_usd) : json_null());
    json_object_set_new(
        object, "served_worst_percent", planned ? number(100 * worst) : json_null());
    return object;
}

static json_t *stress_json(const struct mz_plan_result *result, const struct mz_stress *stress)
{
    json_t *object = json_object();

    json_object_set_new(object, "name", text(stress->name));
    json_object_set_new(object, "status", text(mz_plan_status_word(stress->status)));
    json_object_set_new(object, "cost_usd", number(stress->cost_usd));
    json_object_set_new(object, "objective_usd", number(stress->objective_usd));
    json_object_set_new(
        object, "served_worst_percent", number(100 * stress->served_worst_fraction));
    json_object_set_new(object, "served_worst_period", period(result, stress->served_worst_period));
    json_object_set_new(object, "cash_lowest_usd", number(stress->cash_lowest_usd));
    json_object_set_new(object, "cash_lowest_period", period(result, stress->cash_lowest_period));
    json_object_set_new(object, "gap_usd", number(stress->gap_usd));
    json_object_set_new(object, "perfect_objective_usd", number(stress->perfect_objective_usd));
    json_object_set_new(object, "regret_usd", number(stress->regret_usd));
    return object;
}

static json_t *sweep_json(const struct mz_sweep *sweep)
{
    json_t *object = json_object();
    json_t *points = json_array();

    for (int32_t i = 0; i < sweep->point_count; i++) {
        const struct mz_sweep_point *point = &sweep->points[i];
        json_t *row = json_object();

        json_object_set_new(row, "factor", number(point->factor));
        json_object_set_new(row, "status", text(mz_plan_status_word(point->status)));
        json_object_set_new(row, "objective_usd", number(point->objective_usd));
        json_object_set_new(row, "cost_usd", number(point->cost_usd));
        json_object_set_new(
            row, "served_worst_percent", number(100 * point->served_worst_fraction));
        json_object_set_new(row, "cash_lowest_usd", number(point->cash_lowest_usd));
        json_object_set_new(
            row, "largest_share_percent", number(100 * point->largest_share_fraction));
        json_array_append_new(points, row);
    }
    json_object_set_new(object, "path", text(sweep->path));
    json_object_set_new(object, "points", points);
    return object;
}

static json_t *alternatives_json(
    const struct mz_plan_result *result, const struct mz_alternatives *alternatives)
{
    json_t *object = json_object();
    json_t *array = json_array();

    for (int32_t i = 0; i < alternatives->count; i++) {
        const struct mz_alternative *one = &alternatives->list[i];
        json_t *row = json_object();

        json_object_set_new(row, "partner", text(result->scenario->partners[one->partner].name));
        json_object_set_new(row, "share_percent", number(100 * one->base_fraction));
        json_object_set_new(row, "least_percent", number(100 * one->least_fraction));
        json_object_set_new(row, "most_percent", number(100 * one->most_fraction));
        json_array_append_new(array, row);
    }
    json_object_set_new(object, "extra_percent", number(100 * alternatives->extra));
    json_object_set_new(object, "extra_usd", number(alternatives->extra_usd));
    json_object_set_new(object, "partners", array);
    return object;
}

static void set_comparisons(
    json_t *data, const struct mz_plan_result *result, const struct mz_comparisons *comparisons)
{
    if (comparisons->whatif_count > 0) {
        json_t *array = json_array();

        for (int32_t i = 0; i < comparisons->whatif_count; i++)
            json_array_append_new(array, whatif_json(&comparisons->whatifs[i]));
        json_object_set_new(data, "what_if", array);
    }
    if (comparisons->stress_count > 0) {
        json_t *array = json_array();

        for (int32_t i = 0; i < comparisons->stress_count; i++)
            json_array_append_new(array, stress_json(result, &comparisons->stresses[i]));
        json_object_set_new(data, "stress", array);
    }
    if (comparisons->sweep_count > 0) {
        json_t *array = json_array();

        for (int32_t i = 0; i < comparisons->sweep_count; i++)
            json_array_append_new(array, sweep_json(&comparisons->sweeps[i]));
        json_object_set_new(data, "sweep", array);
    }
    if (comparisons->alternatives)
        json_object_set_new(
            data, "alternatives", alternatives_json(result, comparisons->alternatives));
}

static void set_head(json_t *data, const struct mz_plan_result *result, bool timed)
{
    bool planned = mz_plan_exists(result->status);

    json_object_set_new(data, "status", text(mz_plan_status_word(result->status)));
    json_object_set_new(data, "gap", planned ? number(result->gap) : json_null());
    json_object_set_new(
        data, "objective_usd", planned ? number(result->objective_usd) : json_null());
    json_object_set_new(data, "bound_usd", planned ? number(result->bound_usd) : json_null());
    json_object_set_new(data, "cost_usd", planned ? number(result->cost_usd) : json_null());
    json_object_set_new(data, "penalty_usd", planned ? number(result->penalty_usd) : json_null());
    json_object_set_new(data, "solver", text(result->solver));
    json_object_set_new(data, "rows", json_integer(result->row_count));
    json_object_set_new(data, "columns", json_integer(result->column_count));
    json_object_set_new(data, "integers", json_integer(result->integer_count));
    if (timed)
        json_object_set_new(data, "seconds",
            json_pack("{s:f,s:f,s:f,s:f}", "read", result->seconds.read, "build",
                result->seconds.build, "solve", result->seconds.solve, "report",
                result->seconds.report));
}

static void set_plan(json_t *data, const struct mz_plan_result *result)
{
    json_t *contracts = json_array();
    json_t *timeline = json_array();
    json_t *workloads = json_array();

    for (int32_t g = 0; g < result->contract_count; g++)
        json_array_append_new(contracts, contract_json(result, g));
    for (int32_t t = 0; t < result->period_count; t++)
        json_array_append_new(timeline, timeline_json(result, t));
    for (int32_t w = 0; w < result->workload_count; w++)
        json_array_append_new(workloads, workload_json(result, w));
    json_object_set_new(data, "contracts", contracts);
    json_object_set_new(data, "timeline", timeline);
    json_object_set_new(data, "workloads", workloads);
    json_object_set_new(data, "n1", n1_json(result));
    json_object_set_new(
        data, "broken", violations_json(result, result->violations, result->violation_count));
    json_object_set_new(data, "binding", binding_json(result));
}

void mz_plan_json(const struct mz_plan_result *result, const struct mz_comparisons *comparisons,
    const char *generated_at, struct mz_text *out)
{
    json_t *document = json_object();
    json_t *data = json_object();
    char *bytes;

    json_object_set_new(document, "schema", text("mizan.plan/1"));
    if (generated_at)
        json_object_set_new(document, "generated_at", text(generated_at));
    set_head(data, result, generated_at != NULL);
    if (mz_plan_exists(result->status))
        set_plan(data, result);
    if (result->infeasibility)
        set_infeasibility(data, result);
    json_object_set_new(data, "assumptions", assumptions_json(result->scenario));
    set_comparisons(data, result, comparisons);
    json_object_set_new(document, "data", data);
    bytes = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    if (bytes)
        mz_text_add(out, bytes);
    mz_text_add(out, "\n");
    free(bytes);
    json_decref(document);
}
