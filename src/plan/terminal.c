/* terminal.c - the first block, contracts, years, what binds */
#include "plan/terminal.h"

#include "plan/study.h"
#include "report/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BINDING_SHOWN_MAX = 8, YEAR_COUNT_MAX = 60, ROOMY_WIDTH = 110 };

/* One unit a column, chosen by the size of the plan: a small lab is not shown in billions. */
struct scale {
    double usd;
    const char *usd_unit;
    double mw;
    const char *mw_unit;
    double chips;
    const char *chips_unit;
};

static struct scale scale_of(const struct mz_plan_result *result)
{
    double mw = 0;
    double chips = 0;
    struct scale scale;

    for (int32_t t = 0; t < result->period_count; t++) {
        mw = fmax(mw, result->power_mw[t]);
        chips = fmax(chips, result->chips[t]);
    }
    if (result->cost_usd >= 20e9)
        scale = (struct scale){ .usd = 1e9, .usd_unit = "$B" };
    else if (result->cost_usd >= 20e6)
        scale = (struct scale){ .usd = 1e6, .usd_unit = "$M" };
    else
        scale = (struct scale){ .usd = 1e3, .usd_unit = "$k" };
    scale.mw = mw >= 100 ? 1e3 : mw >= 1 ? 1 : 1e-3;
    scale.mw_unit = mw >= 100 ? "GW" : mw >= 1 ? "MW" : "kW";
    scale.chips = chips >= 20e3 ? 1e3 : 1;
    scale.chips_unit = chips >= 20e3 ? "k" : "";
    return scale;
}

double mz_terminal_usd_unit(const struct mz_plan_result *result, const char **ret_name)
{
    struct scale scale = scale_of(result);

    *ret_name = scale.usd_unit;
    return scale.usd;
}

static const char *at_end(struct mz_arena *arena, const char *unit)
{
    return mz_arena_printf(arena, "%s, end", unit);
}

void mz_terminal_table(const struct mz_terminal *terminal, const struct mz_table *table,
    const char *name, struct mz_text *out)
{
    struct mz_table_style style = { terminal->width, terminal->colour };

    if (terminal->is_terminal) {
        mz_table_write_terminal(table, &style, out);
    } else {
        mz_text_addf(out, "#%s\n", name);
        mz_table_write_pipe(table, terminal->no_header, out);
    }
    mz_text_add(out, "\n");
}

/* --- first block ------------------------------------------------------------------------- */

static const char *warn(const struct mz_terminal *terminal)
{
    return terminal->is_terminal ? "\xE2\x96\xB2 " : "! ";
}

static void add_cost_line(const struct mz_plan_result *result, struct mz_text *out)
{
    char cost[MZ_NUMBER_MAX];
    double hours = 0;
    double months = 0;

    for (int32_t g = 0; g < result->contract_count; g++)
        hours += result->contracts[g].chip_hours;
    for (int32_t t = 0; t < result->period_count; t++)
        months += result->scenario->periods[t].month_count;
    mz_text_addf(
        out, "  Cost     %s over %.3g years", mz_format_usd(cost, result->cost_usd), months / 12);
    if (hours > 0)
        mz_text_addf(out, "   $%.2f per chip-hour delivered", result->cost_usd / hours);
    mz_text_add(out, "\n");
}

static void add_served_line(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    int32_t worst_period;
    double worst = mz_served_worst(result, &worst_period);
    char label[MZ_MONTH_TEXT_MAX];
    char chips[MZ_NUMBER_MAX];

    if (worst > 1 - 5e-5) {
        mz_text_add(out, "  Served   100% throughout\n");
        return;
    }
    mz_text_addf(out, "  Served   %.1f%% at worst, %s   %s%s chips short there\n", 100 * worst,
        mz_period_label(label, &result->scenario->periods[worst_period]), warn(terminal),
        mz_format_count(chips, result->chips_short[worst_period]));
    for (int32_t w = 0; w < result->workload_count; w++) {
        const struct mz_workload_result *workload = &result->workloads[w];
        const struct mz_workload *noun = &result->scenario->workloads[w];
        char name[80];

        if (workload->served_total_fraction < 1 - 5e-4)
            mz_text_addf(out, "           %s%s: %.1f%% of its tokens\n",
                noun->critical ? warn(terminal) : "",
                mz_text_printable(name, sizeof(name), noun->name),
                100 * workload->served_total_fraction);
    }
}

static void add_power_line(const struct mz_plan_result *result, struct mz_text *out)
{
    char end[MZ_NUMBER_MAX];
    double mwh = 0;
    double tonnes = 0;

    for (int32_t t = 0; t < result->period_count; t++) {
        mwh += result->energy_mwh[t];
        tonnes += result->carbon_t[t];
    }
    mz_text_addf(out, "  Power    %s at the end   %.3g %s and %.3g %s CO2e in all\n",
        mz_format_power_mw(end, result->power_mw[result->period_count - 1]),
        mwh >= 1e5 ? mwh / 1e6 : mwh, mwh >= 1e5 ? "TWh" : "MWh",
        tonnes >= 1e5 ? tonnes / 1e6 : tonnes, tonnes >= 1e5 ? "Mt" : "t");
}

static void add_cash_line(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    int32_t t;
    double lowest = mz_cash_lowest(result, &t);
    char cash[MZ_NUMBER_MAX];
    char floor[MZ_NUMBER_MAX];
    char label[MZ_MONTH_TEXT_MAX];
    double gap = 0;

    if (isnan(lowest))
        return;
    mz_text_addf(out, "  Cash     lowest %s in %s", mz_format_usd(cash, lowest),
        mz_period_label(label, &result->scenario->periods[t]));
    if (isfinite(result->ledger[t].floor_usd))
        mz_text_addf(out, "   floor %s", mz_format_usd(floor, result->ledger[t].floor_usd));
    for (int32_t i = 0; i < result->period_count; i++)
        gap += result->ledger[i].gap_usd;
    if (gap > 1)
        mz_text_addf(out, "   %s%s still to be found", warn(terminal), mz_format_usd(cash, gap));
    mz_text_add(out, "\n");
}

static void add_broken(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    char amount[MZ_NUMBER_MAX];
    char usd[MZ_NUMBER_MAX];
    char label[MZ_MONTH_TEXT_MAX];
    char what[120];

    for (int32_t i = 0; i < result->violation_count && i < BINDING_SHOWN_MAX; i++) {
        const struct mz_violation *v = &result->violations[i];

        mz_text_addf(out, "  %sbroken %s, %s in %s: %s %s (penalty %s)\n", warn(terminal), v->rule,
            mz_text_printable(what, sizeof(what), v->what),
            mz_period_label(label, &result->scenario->periods[v->period]),
            mz_format_count(amount, v->amount), v->unit, mz_format_usd(usd, v->usd));
    }
    if (result->violation_count > BINDING_SHOWN_MAX)
        mz_text_addf(out, "  %s%d more broken rules: see --json or the report\n", warn(terminal),
            (int)(result->violation_count - BINDING_SHOWN_MAX));
}

static void add_head(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    char line[160];
    char first[MZ_MONTH_TEXT_MAX];
    char last[MZ_MONTH_TEXT_MAX];
    const struct mz_period *periods = result->scenario->periods;

    mz_plan_status_line(result, line, sizeof(line));
    mz_text_addf(out, "%sPlan  %s%s   %s to %s   %d rows, %d columns, %d integers, %s\n",
        terminal->colour ? "\033[1m" : "", line, terminal->colour ? "\033[0m" : "",
        mz_month_format(first, periods[0].month_begin),
        mz_month_format(last, periods[result->period_count - 1].month_end - 1),
        (int)result->row_count, (int)result->column_count, (int)result->integer_count,
        result->solver);
    add_cost_line(result, out);
    add_served_line(terminal, result, out);
    add_power_line(result, out);
    add_cash_line(terminal, result, out);
    add_broken(terminal, result, out);
    mz_text_add(out, "\n");
}

/* --- contracts --------------------------------------------------------------------------- */

static const char *term_of(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, int32_t g)
{
    const double *chips = result->contracts[g].chips;
    const struct mz_period *periods = result->scenario->periods;
    int32_t first = -1;
    int32_t last = -1;

    for (int32_t t = 0; t < result->period_count; t++) {
        if (chips[t] > 0) {
            first = first < 0 ? t : first;
            last = t;
        }
    }
    if (first < 0)
        return "-";
    return mz_arena_printf(terminal->arena, "%d-%d", (int)(periods[first].month_begin / 12),
        (int)((periods[last].month_end - 1) / 12));
}

static const char *decision_of(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, int32_t g)
{
    const struct mz_contract_result *r = &result->contracts[g];
    char label[MZ_MONTH_TEXT_MAX];

    if (r->signing_count == 0)
        return mz_decision_word(r->decision);
    mz_period_label(label, &result->scenario->periods[r->signings[0].period]);
    return mz_arena_printf(terminal->arena, "%s%s %s", mz_decision_word(r->decision),
        r->signing_count > 1 ? " from" : "", label);
}

/* A terminal that cannot show all columns shows what decides; a pipe always gets all of them. */
static bool is_narrow(const struct mz_terminal *terminal)
{
    return terminal->is_terminal && !terminal->wide && terminal->width < ROOMY_WIDTH;
}

static void add_contract_row(const struct mz_terminal *terminal,
    const struct mz_plan_result *result, const struct scale *scale, int32_t g,
    struct mz_table *table)
{
    const struct mz_contract_result *r = &result->contracts[g];
    const struct mz_contract *contract = &result->scenario->contracts[g];
    char month[MZ_MONTH_TEXT_MAX];

    mz_table_add(table, contract->name);
    mz_table_add(table, result->scenario->partners[contract->partner].name);
    if (terminal->wide)
        mz_table_add(table, mz_contract_kind_name(contract->kind));
    if (!is_narrow(terminal)) {
        mz_table_add(table, term_of(terminal, result, g));
        mz_table_add_number(table, contract->commit_usd > 0 ? r->commit_usd / scale->usd : NAN, 1);
    }
    if (terminal->wide)
        mz_table_add_number(table, r->due_usd > 0 ? r->due_usd / scale->usd : NAN, 1);
    mz_table_add_number(table, r->total_usd / scale->usd, 1);
    if (!is_narrow(terminal))
        mz_table_add_number(
            table, r->short_total_usd > 0 ? r->short_total_usd / scale->usd : NAN, 2);
    mz_table_add_number(table, 100 * r->used_fraction, 1);
    if (!is_narrow(terminal))
        mz_table_add_number(table, r->peak_power_mw / scale->mw, 2);
    mz_table_add_number(table, r->usd_per_chip_hour, 2);
    if (terminal->wide && isinf(r->reservation_usd_per_chip_hour))
        mz_table_add_value(table, r->reservation_usd_per_chip_hour, 2, "any");
    else if (terminal->wide)
        mz_table_add_number(table, r->reservation_usd_per_chip_hour, 3);
    mz_table_add(table, decision_of(terminal, result, g));
    if (r->decision == MZ_DECISION_SIGN || r->decision == MZ_DECISION_BUILD)
        mz_table_look(table, MZ_CELL_GOOD);
    else if (r->decision == MZ_DECISION_UNUSED)
        mz_table_look(table, MZ_CELL_DIM);
    mz_table_add(table, r->decide_by_month >= 0 ? mz_month_format(month, r->decide_by_month) : "-");
}

static void add_contracts(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    static const struct mz_column all[] = {
        { "contract", "CONTRACT", NULL, MZ_COLUMN_FIXED },
        { "partner", "PARTNER", NULL, MZ_COLUMN_TEXT },
        { "kind", "KIND", NULL, MZ_COLUMN_FIXED },
        { "term", "TERM", NULL, MZ_COLUMN_FIXED },
        { "commit", "COMMIT", "$B", MZ_COLUMN_NUMBER },
        { "due", "DUE", "$B", MZ_COLUMN_NUMBER },
        { "cost", "COST", "$B", MZ_COLUMN_NUMBER },
        { "short", "SHORT", "$B", MZ_COLUMN_NUMBER },
        { "used_percent", "USED", "%", MZ_COLUMN_NUMBER },
        { "peak_power", "PEAK", "GW", MZ_COLUMN_NUMBER },
        { "usd_per_chip_hour", "$/CHIP-H", "", MZ_COLUMN_NUMBER },
        { "reservation_usd_per_chip_hour", "TAKEN TO", "$/chip-h", MZ_COLUMN_NUMBER },
        { "decision", "DECISION", NULL, MZ_COLUMN_FIXED },
        { "decide_by", "DECIDE BY", NULL, MZ_COLUMN_FIXED },
    };
    struct mz_column columns[sizeof(all) / sizeof(all[0])];
    struct scale scale = scale_of(result);
    struct mz_table table;
    int32_t count = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        bool only_wide = strcmp(all[i].key, "kind") == 0 || strcmp(all[i].key, "due") == 0 ||
            strcmp(all[i].key, "reservation_usd_per_chip_hour") == 0;

        bool only_roomy = strcmp(all[i].key, "term") == 0 || strcmp(all[i].key, "commit") == 0 ||
            strcmp(all[i].key, "short") == 0 || strcmp(all[i].key, "peak_power") == 0;

        if ((only_wide && !terminal->wide) || (only_roomy && is_narrow(terminal)))
            continue;
        columns[count] = all[i];
        if (columns[count].unit && strcmp(columns[count].unit, "$B") == 0)
            columns[count].unit = scale.usd_unit;
        if (columns[count].unit && strcmp(columns[count].unit, "GW") == 0)
            columns[count].unit = scale.mw_unit;
        count++;
    }
    mz_table_init(&table, terminal->arena, columns, count);
    for (int32_t g = 0; g < result->contract_count; g++)
        add_contract_row(terminal, result, &scale, g, &table);
    if (result->contract_count > 0)
        mz_terminal_table(terminal, &table, "contracts", out);
}

/* --- years ------------------------------------------------------------------------------- */

struct year {
    int32_t year;
    double hours;
    double chips; /* sums weighted by hours, until divided */
    double served;
    double served_hours;
    double cost_usd;
    double power_mw; /* at the end */
    double cash_usd; /* at the end */
    double share;
    int32_t largest;
};

/* A period belongs to the calendar year it ends in; periods across a new year are rare. */
static int32_t sum_years(const struct mz_plan_result *result, struct year *years)
{
    int32_t count = 0;

    for (int32_t t = 0; t < result->period_count; t++) {
        const struct mz_period *period = &result->scenario->periods[t];
        int32_t year = (period->month_end - 1) / 12;
        struct year *y;

        if (count == 0 || years[count - 1].year != year) {
            if (count == YEAR_COUNT_MAX)
                break;
            years[count++] = (struct year){ .year = year, .largest = -1 };
        }
        y = &years[count - 1];
        y->hours += period->hours;
        y->chips += result->chips[t] * period->hours;
        if (!isnan(result->served_fraction[t])) {
            y->served += result->served_fraction[t] * period->hours;
            y->served_hours += period->hours;
        }
        y->cost_usd += result->cost_by_period_usd[t];
        y->power_mw = result->power_mw[t];
        y->cash_usd = result->ledger[t].cash_end_usd;
        y->share = 0;
        for (int32_t p = 0; p < result->partner_count; p++) {
            double share = result->partners[p].share_fraction[t];

            if (share > y->share) {
                y->share = share;
                y->largest = p;
            }
        }
    }
    return count;
}

static void add_years(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    struct scale scale = scale_of(result);
    const struct mz_column columns[] = {
        { "year", "YEAR", NULL, MZ_COLUMN_FIXED },
        { "chips", "CHIPS", scale.chips_unit, MZ_COLUMN_NUMBER },
        { "served_percent", "SERVED", "%", MZ_COLUMN_NUMBER },
        { "power", "POWER", at_end(terminal->arena, scale.mw_unit), MZ_COLUMN_NUMBER },
        { "cost", "COST", scale.usd_unit, MZ_COLUMN_NUMBER },
        { "cash", "CASH", at_end(terminal->arena, scale.usd_unit), MZ_COLUMN_NUMBER },
        { "largest_partner", "LARGEST", "partner, end", MZ_COLUMN_TEXT },
        { "largest_share_percent", "SHARE", "%", MZ_COLUMN_NUMBER },
    };
    struct year years[YEAR_COUNT_MAX];
    double costs[YEAR_COUNT_MAX] = { 0 };
    double chips[YEAR_COUNT_MAX] = { 0 };
    int32_t count = sum_years(result, years);
    struct mz_table table;

    for (int32_t i = 0; i < count; i++) {
        costs[i] = years[i].cost_usd / scale.usd;
        chips[i] = years[i].chips / years[i].hours;
    }
    (void)mz_round_to_total(costs, count, 1, costs);
    mz_table_init(&table, terminal->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < count; i++) {
        const struct year *y = &years[i];

        mz_table_add(&table, mz_arena_printf(terminal->arena, "%d", (int)y->year));
        mz_table_add_number(&table, chips[i] / scale.chips, chips[i] / scale.chips < 99.5 ? 1 : 0);
        mz_table_add_number(
            &table, y->served_hours > 0 ? 100 * y->served / y->served_hours : NAN, 1);
        mz_table_add_number(&table, y->power_mw / scale.mw, 2);
        mz_table_add_number(&table, costs[i], 1);
        mz_table_add_number(&table, y->cash_usd / scale.usd, 1);
        mz_table_add(&table, y->largest >= 0 ? result->scenario->partners[y->largest].name : "-");
        mz_table_add_number(&table, y->largest >= 0 ? 100 * y->share : NAN, 1);
    }
    mz_terminal_table(terminal, &table, "years", out);
    if (terminal->is_terminal) {
        out->length -= 1; /* the spark line belongs to the table */
        mz_text_add(out, "chips by year  ");
        mz_spark_add(out, chips, count);
        mz_text_add(out, "\n\n");
    }
}

/* --- what binds -------------------------------------------------------------------------- */

static void add_bindings(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    static const struct mz_column columns[] = {
        { "rule", "RULE", NULL, MZ_COLUMN_FIXED },
        { "what", "OF", NULL, MZ_COLUMN_TEXT },
        { "when", "WHEN", NULL, MZ_COLUMN_FIXED },
        { "worth", "WORTH", NULL, MZ_COLUMN_NUMBER },
        { "unit", "OF ONE MORE", NULL, MZ_COLUMN_FIXED },
        { "line", "LINE", NULL, MZ_COLUMN_NUMBER },
    };
    const struct mz_period *periods = result->scenario->periods;
    struct mz_table table;

    if (result->binding_count == 0)
        return;
    if (terminal->is_terminal)
        mz_text_addf(out, "What binds, and what one more unit throughout is worth%s\n",
            result->integer_count > 0 ? " (with these contracts fixed)" : "");
    mz_table_init(&table, terminal->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < result->binding_count && i < BINDING_SHOWN_MAX; i++) {
        const struct mz_binding *b = &result->bindings[i];
        char from[MZ_MONTH_TEXT_MAX];
        char to[MZ_MONTH_TEXT_MAX];
        char usd[MZ_NUMBER_MAX];

        mz_period_label(from, &periods[b->from_period]);
        mz_period_label(to, &periods[b->to_period]);
        mz_table_add(&table, b->rule);
        mz_table_add(&table, b->what);
        mz_table_add(&table,
            b->from_period == b->to_period
                ? from
                : mz_arena_printf(terminal->arena, "%s to %s", from, to));
        mz_table_add_value(&table, b->worth_usd, 0, mz_format_usd(usd, b->worth_usd));
        mz_table_add(&table, b->unit);
        mz_table_add_number(&table, b->mark.line > 0 ? b->mark.line : (double)NAN, 0);
    }
    mz_terminal_table(terminal, &table, "binding", out);
}

void mz_terminal_plan(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    add_head(terminal, result, out);
    add_contracts(terminal, result, out);
    add_years(terminal, result, out);
    add_bindings(terminal, result, out);
    mz_terminal_throughputs(terminal, result->scenario, out);
}
