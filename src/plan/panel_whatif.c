/* panel_whatif.c - panel 11: what if a partner is lost? Scenarios planned anew, stress, sweeps and
 * alternatives, as far as they were asked for. */
#include "plan/panel_list.h"

#include "report/chart_multiples.h"

#include <math.h>

static bool has_plan(const struct mz_plan_result *result)
{
    return result && (result->status == MZ_PLAN_OPTIMAL || result->status == MZ_PLAN_FEASIBLE) &&
        result->period_count > 0;
}

/* Periods must be the base plan's: an override may have changed them. */
static bool same_periods(const struct mz_panels *panels, const struct mz_plan_result *result)
{
    return has_plan(result) && result->period_count == panels->period_count &&
        result->scenario->periods[0].month_begin == panels->periods[0].month_begin;
}

/* What another scenario does to the objective, which counts unserved work and lost revenue too:
 * a scenario may cost less only because it serves less. */
static double harm_usd(const struct mz_panels *panels, const struct mz_plan_result *result)
{
    return result->objective_usd - panels->result->objective_usd;
}

static const char *headline(const struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;
    int32_t worst = -1;
    double worst_usd = 0;

    for (int32_t i = 0; i < others->whatif_count; i++) {
        double change;

        if (!has_plan(others->whatifs[i].result))
            continue;
        change = harm_usd(panels, others->whatifs[i].result);
        if (worst < 0 || change > worst_usd) {
            worst = i;
            worst_usd = change;
        }
    }
    if (worst < 0)
        return mz_panel_fill(panels, MZ_SAY_WI_HEAD_NONE, MZ_NO_ARGS);
    if (worst_usd < 0.5e6)
        return mz_panel_fill(panels, MZ_SAY_WI_HEAD_GOOD,
            MZ_ARGS(mz_panel_count(panels, others->whatif_count), others->whatifs[worst].name,
                mz_panel_usd_change(panels, worst_usd)));
    return mz_panel_fill(panels, MZ_SAY_WI_HEAD,
        MZ_ARGS(mz_panel_count(panels, others->whatif_count), others->whatifs[worst].name,
            mz_panel_usd(panels, worst_usd)));
}

static struct mz_chart_cell make_cell(const struct mz_panels *panels,
    const struct mz_plan_result *result, const char *name, const char *figure)
{
    struct mz_chart_series *bands =
        mz_arena_alloc(panels->arena, (size_t)result->partner_count + 1, sizeof(*bands));
    struct mz_chart_series *line = mz_arena_alloc(panels->arena, 1, sizeof(*line));
    double *demand = mz_panel_series(panels);
    double *demand_mw = mz_panel_series(panels);
    double *short_mw = mz_panel_series(panels);
    double *missing_from = mz_panel_series(panels);
    int32_t count = 0;

    mz_panel_demand(panels, result, demand, demand_mw, short_mw);
    for (int32_t p = 0; p < result->partner_count; p++) {
        const struct mz_partner_result *partner = &result->partners[p];

        if (mz_panel_is_empty(panels, partner->chips))
            continue;
        bands[count++] = (struct mz_chart_series){ .name = "",
            .color = mz_panel_partner_color(panels, partner->partner),
            .values = mz_panel_scaled(panels, partner->chips, 1e-3) };
    }
    for (int32_t t = 0; t < panels->period_count; t++) {
        missing_from[t] = (demand[t] - fmax(result->chips_short[t], 0)) / 1e3;
        demand[t] /= 1e3;
    }
    *line = (struct mz_chart_series){
        .name = "", .color = MZ_COLOR_TEXT, .look = MZ_LOOK_DASHED, .values = demand
    };
    return (struct mz_chart_cell){ .name = name,
        .figure = figure,
        .bands = bands,
        .band_count = count,
        .lines = line,
        .line_count = 1,
        .missing_from = mz_panel_is_empty(panels, result->chips_short) ? NULL : missing_from,
        .missing_to = mz_panel_is_empty(panels, result->chips_short) ? NULL : demand };
}

static void write_cells(struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;
    size_t room = (size_t)others->whatif_count + 1;
    struct mz_chart_cell *cells = mz_arena_alloc(panels->arena, room, sizeof(*cells));
    struct mz_panel_column *columns = mz_arena_alloc(panels->arena, room, sizeof(*columns));
    struct mz_chart chart =
        mz_panel_chart(panels, "what-if-charts", mz_panel_say(panels, MZ_SAY_P_WHATIF),
            mz_panel_fill_plain(panels, MZ_SAY_WI_SUB, MZ_NO_ARGS), "k chips", 0);
    int32_t count = 0;
    struct mz_chart_multiples multiples = { cells, 0, 3, 120, true };

    cells[count] = make_cell(panels, panels->result, mz_panel_say(panels, MZ_SAY_WI_BASE), NULL);
    columns[count++] = (struct mz_panel_column){ "base", mz_panel_say(panels, MZ_SAY_WI_BASE),
        "k chips", mz_panel_scaled(panels, panels->result->chips, 1e-3), 1 };
    for (int32_t i = 0; i < others->whatif_count && count < MZ_TABLE_COLUMN_COUNT_MAX - 1; i++) {
        const struct mz_whatif *other = &others->whatifs[i];

        if (!same_periods(panels, other->result))
            continue;
        cells[count] = make_cell(panels, other->result, other->name,
            mz_panel_usd_change(panels, harm_usd(panels, other->result)));
        columns[count++] = (struct mz_panel_column){ other->name, other->name, "k chips",
            mz_panel_scaled(panels, other->result->chips, 1e-3), 1 };
    }
    if (count < 2)
        return;
    multiples.cell_count = count;
    mz_panel_figure(panels, &chart);
    mz_chart_multiples_draw(&chart, &multiples);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, count, 0), "what-if-capacity");
}

static void add_change(const struct mz_panels *panels, struct mz_table *table, double usd)
{
    mz_table_add_value(table, usd / 1e9, 2, usd == 0 ? "–" : mz_panel_usd_change(panels, usd));
}

static void add_difference(const struct mz_panels *panels, struct mz_table *table, const char *name,
    const struct mz_plan_result *result)
{
    int32_t served_period;
    int32_t cash_period;
    int32_t share_period;
    double share;
    double carbon_t = 0;

    mz_table_add(table, name);
    if (!has_plan(result)) {
        mz_table_add_value(table, NAN, 1, mz_panel_say(panels, MZ_SAY_WI_NO_PLAN));
        mz_table_look(table, MZ_CELL_WARN);
        for (int32_t i = 0; i < 6; i++)
            mz_table_add_number(table, NAN, 1);
        return;
    }
    for (int32_t t = 0; t < result->period_count; t++)
        carbon_t += result->carbon_t[t];
    (void)mz_panel_largest_share(panels, result, &share, &share_period);
    mz_table_add_number(table, result->cost_usd / 1e9, 1);
    add_change(panels, table, result->cost_usd - panels->result->cost_usd);
    add_change(panels, table, harm_usd(panels, result));
    mz_table_add_number(table, mz_served_worst(result, &served_period) * 100, 1);
    mz_table_add_number(table, mz_cash_lowest(result, &cash_period) / 1e9, 1);
    mz_table_add_number(table, share * 100, 1);
    mz_table_add_number(table, carbon_t / 1e6, 1);
}

static void write_differences(struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;
    const struct mz_column columns[] = {
        { "scenario", mz_panel_say(panels, MZ_SAY_SCENARIO), NULL, MZ_COLUMN_TEXT },
        { "cost_busd", mz_panel_say(panels, MZ_SAY_COST), "$B", MZ_COLUMN_NUMBER },
        { "change_busd", mz_panel_say(panels, MZ_SAY_CHANGE), NULL, MZ_COLUMN_NUMBER },
        { "objective_change_busd", mz_panel_say(panels, MZ_SAY_WI_OBJECTIVE), NULL,
            MZ_COLUMN_NUMBER },
        { "served_worst_percent", mz_panel_say(panels, MZ_SAY_WI_SERVED), "%", MZ_COLUMN_NUMBER },
        { "cash_lowest_busd", mz_panel_say(panels, MZ_SAY_WI_CASH), "$B", MZ_COLUMN_NUMBER },
        { "largest_share_percent", mz_panel_say(panels, MZ_SAY_WI_SHARE), "%", MZ_COLUMN_NUMBER },
        { "carbon_mt", mz_panel_say(panels, MZ_SAY_WI_CARBON), "Mt", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    mz_table_init(&table, panels->arena, columns, 8);
    add_difference(panels, &table, mz_panel_say(panels, MZ_SAY_WI_BASE), panels->result);
    for (int32_t i = 0; i < others->whatif_count; i++)
        add_difference(panels, &table, others->whatifs[i].name, others->whatifs[i].result);
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_WI_DIFF_HEAD), NULL);
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_WI_DIFF_HEAD), "what-if");
}

static void write_stress(struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;
    const struct mz_column columns[] = {
        { "scenario", mz_panel_say(panels, MZ_SAY_SCENARIO), NULL, MZ_COLUMN_TEXT },
        { "cost_busd", mz_panel_say(panels, MZ_SAY_COST), "$B", MZ_COLUMN_NUMBER },
        { "served_worst_percent", mz_panel_say(panels, MZ_SAY_WI_SERVED), "%", MZ_COLUMN_NUMBER },
        { "served_worst_period", mz_panel_say(panels, MZ_SAY_CON_N1_WORST), NULL, MZ_COLUMN_FIXED },
        { "cash_lowest_busd", mz_panel_say(panels, MZ_SAY_WI_CASH), "$B", MZ_COLUMN_NUMBER },
        { "to_be_found_busd", mz_panel_say(panels, MZ_SAY_SX_GAP), "$B", MZ_COLUMN_NUMBER },
        { "regret_busd", mz_panel_say(panels, MZ_SAY_SX_REGRET), "$B", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    if (others->stress_count == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 7);
    for (int32_t i = 0; i < others->stress_count; i++) {
        const struct mz_stress *stress = &others->stresses[i];

        mz_table_add(&table, stress->name);
        mz_table_add_number(&table, stress->cost_usd / 1e9, 1);
        mz_table_add_number(&table, stress->served_worst_fraction * 100, 1);
        mz_table_add(&table,
            mz_panel_range(panels, stress->served_worst_period, stress->served_worst_period));
        mz_table_add_number(&table, stress->cash_lowest_usd / 1e9, 1);
        mz_table_add_number(&table, stress->gap_usd / 1e9, 1);
        mz_table_add_number(&table, stress->regret_usd / 1e9, 1);
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_SX_HEAD),
        mz_panel_fill(panels, MZ_SAY_SX_SUB, MZ_NO_ARGS));
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_SX_HEAD), "stress");
}

static void write_sweep(struct mz_panels *panels, const struct mz_sweep *sweep, int32_t index)
{
    const struct mz_column columns[] = {
        { "factor", mz_panel_say(panels, MZ_SAY_SW_FACTOR), NULL, MZ_COLUMN_NUMBER },
        { "objective_busd", mz_panel_say(panels, MZ_SAY_SW_OBJECTIVE), "$B", MZ_COLUMN_NUMBER },
        { "cost_busd", mz_panel_say(panels, MZ_SAY_COST), "$B", MZ_COLUMN_NUMBER },
        { "served_worst_percent", mz_panel_say(panels, MZ_SAY_WI_SERVED), "%", MZ_COLUMN_NUMBER },
        { "cash_lowest_busd", mz_panel_say(panels, MZ_SAY_WI_CASH), "$B", MZ_COLUMN_NUMBER },
        { "largest_share_percent", mz_panel_say(panels, MZ_SAY_WI_SHARE), "%", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;
    const char *title = mz_panel_fill_plain(panels, MZ_SAY_SW_HEAD, MZ_ARGS(sweep->path));

    mz_table_init(&table, panels->arena, columns, 6);
    for (int32_t i = 0; i < sweep->point_count; i++) {
        const struct mz_sweep_point *point = &sweep->points[i];

        mz_table_add_number(&table, point->factor, 2);
        mz_table_add_number(&table, point->objective_usd / 1e9, 1);
        mz_table_add_number(&table, point->cost_usd / 1e9, 1);
        mz_table_add_number(&table, point->served_worst_fraction * 100, 1);
        mz_table_add_number(&table, point->cash_lowest_usd / 1e9, 1);
        mz_table_add_number(&table, point->largest_share_fraction * 100, 1);
    }
    if (index == 0)
        mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_SW_ALL), NULL);
    mz_html_folded_table(
        &panels->html, title, &table, mz_arena_printf(panels->arena, "sweep-%d", (int)index + 1));
}

static void write_alternatives(struct mz_panels *panels)
{
    const struct mz_alternatives *alternatives = panels->report->comparisons->alternatives;
    const struct mz_column columns[] = {
        { "partner", mz_panel_say(panels, MZ_SAY_PARTNER), NULL, MZ_COLUMN_TEXT },
        { "base_percent", mz_panel_say(panels, MZ_SAY_AL_BASE), "%", MZ_COLUMN_NUMBER },
        { "least_percent", mz_panel_say(panels, MZ_SAY_AL_LEAST), "%", MZ_COLUMN_NUMBER },
        { "most_percent", mz_panel_say(panels, MZ_SAY_AL_MOST), "%", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    if (!alternatives || alternatives->count == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 4);
    for (int32_t i = 0; i < alternatives->count; i++) {
        const struct mz_alternative *one = &alternatives->list[i];

        mz_table_add(&table, mz_panel_partner_label(panels, one->partner));
        mz_table_add_number(&table, one->base_fraction * 100, 1);
        mz_table_add_number(&table, one->least_fraction * 100, 1);
        mz_table_add_number(&table, one->most_fraction * 100, 1);
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_AL_HEAD),
        mz_panel_fill(panels, MZ_SAY_AL_SUB,
            MZ_ARGS(mz_panel_percent(panels, alternatives->extra, 1),
                mz_panel_usd(panels, alternatives->extra_usd))));
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_AL_HEAD), "alternatives");
}

void mz_panel_whatif_write(struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;

    if (!others ||
        (others->whatif_count == 0 && others->stress_count == 0 && others->sweep_count == 0 &&
            !others->alternatives)) {
        mz_panel_empty(panels, "what-if", 11, MZ_SAY_P_WHATIF, MZ_SAY_WI_NONE);
        return;
    }
    mz_panel_open(panels, "what-if", 11, MZ_SAY_P_WHATIF, headline(panels),
        others->whatif_count > 0 ? mz_panel_fill(panels, MZ_SAY_WI_SUB, MZ_NO_ARGS) : NULL);
    if (others->whatif_count > 0) {
        if (has_plan(panels->result))
            write_cells(panels);
        write_differences(panels);
    }
    write_stress(panels);
    for (int32_t i = 0; i < others->sweep_count; i++)
        write_sweep(panels, &others->sweeps[i], i);
    write_alternatives(panels);
    mz_html_section_close(&panels->html);
}
