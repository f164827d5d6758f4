/* panel_cash.c - panel 7: when does money run short? */
#include "plan/panel_list.h"

#include "report/chart_time.h"

#include <math.h>

static const char *headline(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t period;
    double lowest = mz_cash_lowest(result, &period);
    double floor_usd = result->ledger[period].floor_usd;
    double gap = 0;
    int32_t first_gap = -1;
    const char *name = panels->period_names[period];

    for (int32_t t = 0; t < panels->period_count; t++) {
        gap += result->ledger[t].gap_usd;
        if (first_gap < 0 && result->ledger[t].gap_usd > 0.5)
            first_gap = t;
    }
    if (first_gap >= 0)
        return mz_panel_fill(panels, MZ_SAY_CASH_GAP,
            MZ_ARGS(mz_panel_usd(panels, gap), panels->period_names[first_gap]));
    if (!isfinite(floor_usd))
        return mz_panel_fill(panels, MZ_SAY_CASH_FREE, MZ_ARGS(name, mz_panel_usd(panels, lowest)));
    if (lowest - floor_usd < 0.5e6)
        return mz_panel_fill(
            panels, MZ_SAY_CASH_AT, MZ_ARGS(name, mz_panel_usd(panels, floor_usd)));
    return mz_panel_fill(panels, MZ_SAY_CASH_ABOVE,
        MZ_ARGS(name, mz_panel_usd(panels, lowest), mz_panel_usd(panels, lowest - floor_usd)));
}

static void write_balance(struct mz_panels *panels)
{
    const struct mz_ledger *ledger = panels->result->ledger;
    double *cash = mz_panel_series(panels);
    double *floor_usd = mz_panel_series(panels);
    double *bottom = mz_panel_series(panels);
    const struct mz_chart_series lines[] = {
        { .name = mz_panel_say(panels, MZ_SAY_CASH_FLOOR),
            .color = MZ_COLOR_WARN,
            .look = MZ_LOOK_LIMIT,
            .values = floor_usd },
        { .name = mz_panel_say(panels, MZ_SAY_CASH),
            .color = MZ_COLOR_ACCENT,
            .values = cash,
            .is_balance = true,
            .first = ledger[0].cash_begin_usd / 1e9 },
    };
    const struct mz_chart_time time = {
        .lines = lines, .line_count = 2, .missing_from = bottom, .missing_to = floor_usd
    };
    const struct mz_panel_column columns[] = {
        { "cash_end_busd", lines[1].name, "$B", cash, 2 },
        { "floor_busd", lines[0].name, "$B", floor_usd, 2 },
    };
    struct mz_chart chart =
        mz_panel_chart(panels, "cash-balance", mz_panel_say(panels, MZ_SAY_CASH),
            mz_panel_fill_plain(panels, MZ_SAY_CASH_SUB, MZ_NO_ARGS), "$B", 260);

    for (int32_t t = 0; t < panels->period_count; t++) {
        cash[t] = ledger[t].cash_end_usd / 1e9;
        floor_usd[t] = ledger[t].floor_usd / 1e9;
        bottom[t] = fmin(0, isfinite(cash[t]) ? cash[t] : 0);
    }
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(&panels->html, mz_panel_time_table(panels, columns, 2, 0), "cash");
}

struct flow { /* one kind of money in or out */
    enum mz_phrase phrase;
    int32_t color;
    double sign;
};

static const struct flow flows[] = {
    { MZ_SAY_CASH_REVENUE, MZ_COLOR_ACCENT, 1 },
    { MZ_SAY_CASH_FUNDING, MZ_COLOR_SOFT, 1 },
    { MZ_SAY_CASH_TO_FIND, MZ_COLOR_WARN, 1 },
    { MZ_SAY_CASH_COMPUTE, MZ_COLOR_OWN, -1 },
    { MZ_SAY_CASH_COSTS, MZ_COLOR_MUTED, -1 },
    { MZ_SAY_CASH_REPAID, MZ_COLOR_FAINT, -1 },
};
enum { FLOW_COUNT = 6 };

static double flow_usd(const struct mz_ledger *ledger, int32_t flow)
{
    const double amounts[FLOW_COUNT] = {
        ledger->workload_revenue_usd + ledger->other_revenue_usd,
        ledger->equity_usd + ledger->drawn_usd,
        ledger->gap_usd,
        ledger->spend_usd + ledger->capex_usd + ledger->energy_usd + ledger->carbon_usd +
            ledger->short_usd + ledger->fees_usd + ledger->interest_usd,
        ledger->costs_usd,
        ledger->repaid_usd,
    };

    return amounts[flow];
}

/* The calendar years of the horizon; the first and the last may be shorter. */
static int32_t make_years(const struct mz_panels *panels, struct mz_period **ret_years)
{
    int32_t begin = panels->periods[0].month_begin;
    int32_t end = panels->periods[panels->period_count - 1].month_end;
    int32_t count = (end - 1) / 12 - begin / 12 + 1;
    struct mz_period *years = mz_arena_alloc(panels->arena, (size_t)count, sizeof(*years));

    for (int32_t y = 0; y < count; y++) {
        int32_t year_begin = (begin / 12 + y) * 12;

        years[y] = mz_period_make(
            year_begin > begin ? year_begin : begin, year_begin + 12 < end ? year_begin + 12 : end);
    }
    *ret_years = years;
    return count;
}

/* A flow summed up by calendar year, billions: a period that reaches over a new year gives each
 * year its share of hours. */
static double *flow_by_year(
    const struct mz_panels *panels, int32_t flow, const struct mz_period *years, int32_t year_count)
{
    double *sums = mz_arena_alloc(panels->arena, (size_t)year_count, sizeof(*sums));

    for (int32_t t = 0; t < panels->period_count; t++) {
        double usd = flow_usd(&panels->result->ledger[t], flow) * flows[flow].sign;

        for (int32_t y = 0; y < year_count; y++)
            sums[y] += usd / 1e9 *
                mz_period_share_in(&panels->periods[t], years[y].month_begin, years[y].month_end);
    }
    return sums;
}

static struct mz_table *flows_table(struct mz_panels *panels, const struct mz_period *years,
    int32_t year_count, const struct mz_chart_series *series, int32_t count)
{
    struct mz_table *table = mz_arena_alloc(panels->arena, 1, sizeof(*table));
    struct mz_column *columns = mz_arena_alloc(panels->arena, (size_t)count + 1, sizeof(*columns));

    columns[0] =
        (struct mz_column){ "year", mz_panel_say(panels, MZ_SAY_YEAR), NULL, MZ_COLUMN_FIXED };
    for (int32_t i = 0; i < count; i++)
        columns[i + 1] =
            (struct mz_column){ series[i].name, series[i].name, "$B", MZ_COLUMN_NUMBER };
    mz_table_init(table, panels->arena, columns, count + 1);
    for (int32_t y = 0; y < year_count; y++) {
        mz_table_add(table, mz_arena_printf(panels->arena, "%d", (int)(years[y].month_begin / 12)));
        for (int32_t i = 0; i < count; i++)
            mz_table_add_number(table, series[i].values[y], 2);
    }
    return table;
}

static void write_flows(struct mz_panels *panels)
{
    struct mz_chart_series series[FLOW_COUNT];
    struct mz_period *years;
    int32_t year_count = make_years(panels, &years);
    int32_t count = 0;
    struct mz_chart chart =
        mz_panel_chart(panels, "cash-flows", mz_panel_say(panels, MZ_SAY_CASH_FLOWS_HEAD),
            mz_panel_fill_plain(panels, MZ_SAY_CASH_FLOWS_SUB, MZ_NO_ARGS), "$B", 340);
    struct mz_chart_time time = { .columns = series };

    for (int32_t f = 0; f < FLOW_COUNT; f++) {
        double *sums = flow_by_year(panels, f, years, year_count);
        double largest = 0;

        for (int32_t y = 0; y < year_count; y++)
            largest = fmax(largest, fabs(sums[y]));
        if (largest > 1e-6)
            series[count++] =
                (struct mz_chart_series){ .name = mz_panel_say(panels, flows[f].phrase),
                    .color = flows[f].color,
                    .values = sums };
    }
    time.column_count = count;
    chart.periods = years;
    chart.period_count = year_count;
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_CASH_FLOWS_HEAD),
        mz_panel_fill(panels, MZ_SAY_CASH_FLOWS_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(
        &panels->html, flows_table(panels, years, year_count, series, count), "cash-flows");
}

void mz_panel_cash_write(struct mz_panels *panels)
{
    int32_t period;

    if (!isfinite(mz_cash_lowest(panels->result, &period))) {
        mz_panel_empty(panels, "cash", 7, MZ_SAY_P_CASH, MZ_SAY_CASH_NONE);
        return;
    }
    mz_panel_open(panels, "cash", 7, MZ_SAY_P_CASH, headline(panels),
        mz_panel_fill(panels, MZ_SAY_CASH_SUB, MZ_NO_ARGS));
    write_balance(panels);
    write_flows(panels);
    mz_html_section_close(&panels->html);
}
