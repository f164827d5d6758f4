/* terminal_compare.c - what-if, stress, sweep, alternatives and the explanation as text */
#include "plan/study.h"
#include "plan/terminal.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { WHATIF_SHOWN_MAX = 6 };

/* --- what-if: one row a measure, one pair of columns a variant ----------------------------- */

enum measure {
    MEASURE_COST,
    MEASURE_OBJECTIVE,
    MEASURE_SERVED,
    MEASURE_CASH,
    MEASURE_GAP,
    MEASURE_SHARE,
    MEASURE_POWER,
    MEASURE_CARBON,
    MEASURE_COUNT
};

static const char *const measure_names[MEASURE_COUNT] = { "cost", "objective",
    "served, worst period", "cash, lowest", "money still to be found", "largest share",
    "power at the end", "CO2e" };

static double measure(const struct mz_plan_result *result, enum measure which)
{
    double sum = 0;
    int32_t period;
    int32_t partner;

    switch (which) {
    case MEASURE_COST: return result->cost_usd;
    case MEASURE_OBJECTIVE: return result->objective_usd;
    case MEASURE_SERVED: return mz_served_worst(result, &period);
    case MEASURE_CASH: return mz_cash_lowest(result, &period);
    case MEASURE_GAP:
        for (int32_t t = 0; t < result->period_count; t++)
            sum += result->ledger[t].gap_usd;
        return sum;
    case MEASURE_SHARE: return mz_largest_share(result, &partner, &period);
    case MEASURE_POWER: return result->power_mw[result->period_count - 1];
    case MEASURE_CARBON:
        for (int32_t t = 0; t < result->period_count; t++)
            sum += result->carbon_t[t];
        return sum;
    case MEASURE_COUNT: break;
    }
    return NAN;
}

static const char *format_measure(
    struct mz_arena *arena, enum measure which, double value, bool is_change)
{
    const char *sign = is_change && value > 0 ? "+" : "";
    char number[MZ_NUMBER_MAX];

    if (!isfinite(value))
        return "-";
    if (is_change &&
        fabs(value) < (which <= MEASURE_OBJECTIVE || which == MEASURE_CASH || which == MEASURE_GAP
                              ? 1.0
                              : 1e-6))
        return "-"; /* less than a dollar, a millionth of the rest */
    switch (which) {
    case MEASURE_COST:
    case MEASURE_OBJECTIVE:
    case MEASURE_CASH:
    case MEASURE_GAP: mz_format_usd(number, value); break;
    case MEASURE_SERVED:
    case MEASURE_SHARE: mz_format_percent(number, value, 1); break;
    case MEASURE_POWER: mz_format_power_mw(number, value); break;
    case MEASURE_CARBON:
    case MEASURE_COUNT: return mz_arena_printf(arena, "%s%.3g Mt", sign, value / 1e6);
    }
    return mz_arena_printf(arena, "%s%s", sign, number);
}

void mz_terminal_whatifs(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_comparisons *comparisons, struct mz_text *out)
{
    struct mz_column columns[2 + 2 * WHATIF_SHOWN_MAX] = { { "measure", "", NULL, MZ_COLUMN_FIXED },
        { "base", "BASE", NULL, MZ_COLUMN_NUMBER } };
    int32_t shown =
        comparisons->whatif_count < WHATIF_SHOWN_MAX ? comparisons->whatif_count : WHATIF_SHOWN_MAX;
    struct mz_table table;

    for (int32_t i = 0; i < shown; i++) {
        columns[2 + 2 * i] = (struct mz_column){ comparisons->whatifs[i].name,
            comparisons->whatifs[i].name, NULL, MZ_COLUMN_NUMBER };
        columns[3 + 2 * i] = (struct mz_column){ "change", "CHANGE", NULL, MZ_COLUMN_NUMBER };
    }
    mz_table_init(&table, terminal->arena, columns, 2 + 2 * shown);
    for (int m = 0; m < MEASURE_COUNT; m++) {
        double before = measure(base, (enum measure)m);

        mz_table_add(&table, measure_names[m]);
        mz_table_add_value(
            &table, before, 6, format_measure(terminal->arena, (enum measure)m, before, false));
        for (int32_t i = 0; i < shown; i++) {
            const struct mz_plan_result *other = comparisons->whatifs[i].result;
            double after =
                mz_plan_exists(other->status) ? measure(other, (enum measure)m) : (double)NAN;

            mz_table_add_value(&table, after, 6,
                mz_plan_exists(other->status)
                    ? format_measure(terminal->arena, (enum measure)m, after, false)
                    : mz_plan_status_word(other->status));
            mz_table_add_value(&table, after - before, 6,
                format_measure(terminal->arena, (enum measure)m, after - before, true));
        }
    }
    mz_terminal_table(terminal, &table, "what_if", out);
    for (int32_t i = 0; i < shown; i++) {
        const struct mz_plan_result *other = comparisons->whatifs[i].result;
        bool any = false;

        for (int32_t g = 0;
             mz_plan_exists(other->status) && g < base->contract_count && g < other->contract_count;
             g++) {
            double change = other->contracts[g].total_usd - base->contracts[g].total_usd;
            char usd[MZ_NUMBER_MAX];
            char name[80];

            if (fabs(change) < 0.002 * fabs(base->cost_usd) ||
                strcmp(base->scenario->contracts[g].name, other->scenario->contracts[g].name) != 0)
                continue;
            if (!any)
                mz_text_addf(out, "Moves under %s\n", comparisons->whatifs[i].name);
            any = true;
            mz_text_addf(out, "  %s %-20s %s%s\n", change > 0 ? "+" : "-",
                mz_text_printable(name, sizeof(name), base->scenario->contracts[g].name),
                change > 0 ? "+" : "", mz_format_usd(usd, change));
        }
        if (any)
            mz_text_add(out, "\n");
    }
}

/* --- stress, sweep, alternatives --------------------------------------------------------- */

static void add_stress(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_comparisons *comparisons, struct mz_text *out)
{
    const char *usd;
    double unit = mz_terminal_usd_unit(base, &usd);
    const struct mz_column columns[] = {
        { "stress", "STRESS", "signed, built, raised as planned", MZ_COLUMN_FIXED },
        { "cost", "COST", usd, MZ_COLUMN_NUMBER },
        { "served_percent", "SERVED", "%, worst", MZ_COLUMN_NUMBER },
        { "cash", "CASH, lowest", usd, MZ_COLUMN_NUMBER },
        { "gap", "TO FIND", usd, MZ_COLUMN_NUMBER },
        { "regret", "REGRET", usd, MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    mz_table_init(&table, terminal->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < comparisons->stress_count; i++) {
        const struct mz_stress *s = &comparisons->stresses[i];
        bool planned = mz_plan_exists(s->status);

        mz_table_add(&table,
            planned ? s->name
                    : mz_arena_printf(
                          terminal->arena, "%s (%s)", s->name, mz_plan_status_word(s->status)));
        mz_table_add_number(&table, planned ? s->cost_usd / unit : (double)NAN, 1);
        mz_table_add_number(&table, planned ? 100 * s->served_worst_fraction : (double)NAN, 1);
        mz_table_add_number(&table, planned ? s->cash_lowest_usd / unit : (double)NAN, 1);
        mz_table_add_number(&table, planned ? s->gap_usd / unit : (double)NAN, 1);
        mz_table_add_number(&table, planned ? s->regret_usd / unit : (double)NAN, 2);
    }
    mz_terminal_table(terminal, &table, "stress", out);
}

static void add_sweep(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_sweep *sweep, struct mz_text *out)
{
    const char *usd;
    double unit = mz_terminal_usd_unit(base, &usd);
    const struct mz_column columns[] = {
        { "factor", "FACTOR", NULL, MZ_COLUMN_NUMBER },
        { "status", "STATUS", NULL, MZ_COLUMN_FIXED },
        { "cost", "COST", usd, MZ_COLUMN_NUMBER },
        { "objective", "OBJECTIVE", usd, MZ_COLUMN_NUMBER },
        { "served_percent", "SERVED", "%, worst", MZ_COLUMN_NUMBER },
        { "cash", "CASH, lowest", usd, MZ_COLUMN_NUMBER },
        { "share_percent", "SHARE", "%, largest", MZ_COLUMN_NUMBER },
    };
    char path[200];
    struct mz_table table;

    if (terminal->is_terminal)
        mz_text_addf(out, "Sweep of %s\n", mz_text_printable(path, sizeof(path), sweep->path));
    mz_table_init(&table, terminal->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < sweep->point_count; i++) {
        const struct mz_sweep_point *p = &sweep->points[i];
        bool planned = mz_plan_exists(p->status);

        mz_table_add_number(&table, p->factor, 3);
        mz_table_add(&table, mz_plan_status_word(p->status));
        mz_table_add_number(&table, planned ? p->cost_usd / unit : (double)NAN, 2);
        mz_table_add_number(&table, planned ? p->objective_usd / unit : (double)NAN, 2);
        mz_table_add_number(&table, planned ? 100 * p->served_worst_fraction : (double)NAN, 1);
        mz_table_add_number(&table, planned ? p->cash_lowest_usd / unit : (double)NAN, 2);
        mz_table_add_number(&table, planned ? 100 * p->largest_share_fraction : (double)NAN, 1);
    }
    mz_terminal_table(terminal, &table, "sweep", out);
}

static void add_alternatives(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_alternatives *alternatives, struct mz_text *out)
{
    static const struct mz_column columns[] = {
        { "partner", "PARTNER", "share of power, whole horizon", MZ_COLUMN_FIXED },
        { "least_percent", "LEAST", "%", MZ_COLUMN_NUMBER },
        { "share_percent", "PLAN", "%", MZ_COLUMN_NUMBER },
        { "most_percent", "MOST", "%", MZ_COLUMN_NUMBER },
    };
    char usd[MZ_NUMBER_MAX];
    struct mz_table table;

    if (terminal->is_terminal)
        mz_text_addf(out,
            "What %.3g%% more cost could buy (%s, discounted; whole contracts and "
            "runs as in the plan)\n",
            100 * alternatives->extra, mz_format_usd(usd, alternatives->extra_usd));
    mz_table_init(&table, terminal->arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < alternatives->count; i++) {
        const struct mz_alternative *one = &alternatives->list[i];

        mz_table_add(&table, base->scenario->partners[one->partner].name);
        mz_table_add_number(&table, 100 * one->least_fraction, 1);
        mz_table_add_number(&table, 100 * one->base_fraction, 1);
        mz_table_add_number(&table, 100 * one->most_fraction, 1);
    }
    mz_terminal_table(terminal, &table, "alternatives", out);
}

void mz_terminal_comparisons(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_comparisons *comparisons, struct mz_text *out)
{
    if (comparisons->whatif_count > 0)
        mz_terminal_whatifs(terminal, base, comparisons, out);
    if (comparisons->stress_count > 0)
        add_stress(terminal, base, comparisons, out);
    for (int32_t i = 0; i < comparisons->sweep_count; i++)
        add_sweep(terminal, base, &comparisons->sweeps[i], out);
    if (comparisons->alternatives)
        add_alternatives(terminal, base, comparisons->alternatives, out);
}

/* --- an infeasible plan ------------------------------------------------------------------ */

void mz_terminal_infeasible(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out)
{
    const struct mz_infeasibility *why = result->infeasibility;
    char name[512];
    char usd[MZ_NUMBER_MAX];

    (void)terminal;
    mz_text_addf(out, "error[M0301]: no plan satisfies these rules together\n\n");
    for (int32_t i = 0; i < why->conflict_count; i++) {
        const struct mz_conflict *c = &why->conflicts[i];

        mz_text_addf(out, "  %s:%d:%d   %s\n",
            c->mark.line > 0 ? mz_text_printable(name, sizeof(name), c->mark.file) : "default",
            (int)c->mark.line, (int)c->mark.column, c->text);
    }
    if (why->why)
        mz_text_addf(out, "\n  Why: %s\n", why->why);
    if (why->remedy_count > 0)
        mz_text_add(out, "\n  Any ONE of these makes a plan possible:\n");
    for (int32_t i = 0; i < why->remedy_count; i++) {
        mz_text_addf(out, "    %d  %s", (int)i + 1, why->remedies[i].text);
        if (isfinite(why->remedies[i].cost_usd))
            mz_text_addf(out, "   (plan costs %s)", mz_format_usd(usd, why->remedies[i].cost_usd));
        mz_text_add(out, "\n");
    }
    if (why->remedy_count > 0)
        mz_text_addf(out, "\n  Try one:   --strict --set '%s'\n", why->remedies[0].set);
    else
        mz_text_add(out, "\n  No change of a single rule was found that makes a plan possible.\n");
    mz_text_add(out, "  Without --strict: the cheapest plan with every broken rule priced.\n");
}
