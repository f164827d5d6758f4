/* panel_unit_cost.c - panel 9: does it get cheaper?
 * Cost of a workload (its share of the pools it runs on) by its tokens and by its chip-hours.
 * Workloads are drawn one by one in the accent colour: partner colours mean partners. */
#include "plan/panel_list.h"

#include "report/chart_multiples.h"

#include <math.h>
#include <stdlib.h>

struct unit_cost {
    const char *name;
    double *per_mtok; /* [t] NAN where it does not run */
    double *per_chip_hour;
    bool is_drawn; /* training runs for some months only: it stands in the table */
};

static int32_t first_value(const struct mz_panels *panels, const double *values)
{
    for (int32_t t = 0; t < panels->period_count; t++) {
        if (isfinite(values[t]))
            return t;
    }
    return -1;
}

static int32_t last_value(const struct mz_panels *panels, const double *values)
{
    for (int32_t t = panels->period_count - 1; t >= 0; t--) {
        if (isfinite(values[t]))
            return t;
    }
    return -1;
}

static int32_t collect(const struct mz_panels *panels, struct unit_cost *list)
{
    const struct mz_plan_result *result = panels->result;
    int32_t count = 0;

    for (int32_t w = 0; w < result->workload_count; w++) {
        const struct mz_workload_result *workload = &result->workloads[w];
        struct unit_cost *one = &list[count];

        if (mz_panel_is_empty(panels, workload->chips) ||
            count == MZ_TABLE_COLUMN_COUNT_MAX / 2 - 1)
            continue;
        *one = (struct unit_cost){ panels->scenario->workloads[workload->workload].name,
            mz_panel_series(panels), mz_panel_series(panels),
            panels->scenario->workloads[workload->workload].kind != MZ_WORKLOAD_TRAIN };
        for (int32_t t = 0; t < panels->period_count; t++) {
            double chip_hours = workload->chips[t] * panels->periods[t].hours;
            bool runs = workload->chips[t] > 0.5;

            one->per_chip_hour[t] = runs ? workload->cost_usd[t] / chip_hours : NAN;
            one->per_mtok[t] = runs && workload->tokens[t] > 0
                ? workload->cost_usd[t] / (workload->tokens[t] / 1e6)
                : NAN;
        }
        count++;
    }
    return count;
}

/* The workload that costs most in all. */
static const char *headline(
    const struct mz_panels *panels, const struct unit_cost *list, int32_t count)
{
    const struct mz_plan_result *result = panels->result;
    int32_t largest = -1;
    double largest_usd = 0;
    int32_t first;
    int32_t last;
    double change;

    for (int32_t i = 0; i < count; i++) {
        for (int32_t w = 0; w < result->workload_count; w++) {
            const struct mz_workload_result *workload = &result->workloads[w];
            double usd = mz_panel_sum(panels, workload->cost_usd);

            if (panels->scenario->workloads[workload->workload].name == list[i].name &&
                usd > largest_usd && first_value(panels, list[i].per_mtok) >= 0) {
                largest = i;
                largest_usd = usd;
            }
        }
    }
    if (largest < 0)
        return mz_panel_say(panels, MZ_SAY_P_UNIT_COST);
    first = first_value(panels, list[largest].per_mtok);
    last = last_value(panels, list[largest].per_mtok);
    change = list[largest].per_mtok[last] / list[largest].per_mtok[first] - 1;
    return mz_panel_fill(panels, change <= 0 ? MZ_SAY_UC_FALLS : MZ_SAY_UC_RISES,
        MZ_ARGS(list[largest].name, mz_panel_usd(panels, list[largest].per_mtok[last]),
            panels->period_names[last], mz_panel_percent(panels, fabs(change), 0),
            panels->period_names[first]));
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Values up to three times their median; higher ones cut there: where a workload uses little of a
 * pool that it pays for alone, one month would flatten all the others. */
static const double *cut_peaks(
    const struct mz_panels *panels, const double *values, bool *ret_any_cut)
{
    double *sorted = mz_panel_series(panels);
    double *cut = mz_panel_series(panels);
    int32_t count = 0;
    double most;

    for (int32_t t = 0; t < panels->period_count; t++) {
        if (isfinite(values[t]))
            sorted[count++] = values[t];
    }
    if (count == 0)
        return values;
    qsort(sorted, (size_t)count, sizeof(*sorted), compare_numbers);
    most = sorted[count / 2] * 3;
    for (int32_t t = 0; t < panels->period_count; t++) {
        cut[t] = values[t] > most ? most : values[t];
        *ret_any_cut = *ret_any_cut || values[t] > most;
    }
    return cut;
}

static struct mz_chart_cell make_cell(
    const struct mz_panels *panels, const char *name, const double *values, bool *ret_any_cut)
{
    struct mz_chart_series *line = mz_arena_alloc(panels->arena, 1, sizeof(*line));
    int32_t first = first_value(panels, values);
    int32_t last = last_value(panels, values);
    const char *figure = NULL;

    *line = (struct mz_chart_series){
        .name = name, .color = MZ_COLOR_ACCENT, .values = cut_peaks(panels, values, ret_any_cut)
    };
    if (first >= 0)
        figure = mz_arena_printf(panels->arena, "%s → %s", mz_panel_usd(panels, values[first]),
            mz_panel_usd(panels, values[last]));
    return (struct mz_chart_cell){ .name = name, .figure = figure, .lines = line, .line_count = 1 };
}

/* Returns whether any peak was cut. */
static bool write_measure(
    struct mz_panels *panels, const struct unit_cost *list, int32_t count, bool per_mtok)
{
    struct mz_chart_cell *cells = mz_arena_alloc(panels->arena, (size_t)count, sizeof(*cells));
    struct mz_panel_column *columns =
        mz_arena_alloc(panels->arena, (size_t)count, sizeof(*columns));
    struct mz_chart chart = mz_panel_chart(panels, per_mtok ? "cost-tokens" : "cost-hours",
        mz_panel_say(panels, per_mtok ? MZ_SAY_P_UNIT_COST : MZ_SAY_UC_HOUR_HEAD),
        mz_panel_fill_plain(panels, per_mtok ? MZ_SAY_UC_SUB : MZ_SAY_UC_HOUR_SUB, MZ_NO_ARGS),
        per_mtok ? "$/Mtok" : "$/chip-h", 0);
    struct mz_chart_multiples multiples = { cells, 0, 5, 90, !per_mtok };
    bool any_drawn = false;
    bool any_cut = false;

    for (int32_t i = 0; i < count; i++)
        any_drawn = any_drawn || list[i].is_drawn;
    for (int32_t i = 0; i < count; i++) {
        const double *values = per_mtok ? list[i].per_mtok : list[i].per_chip_hour;

        if (list[i].is_drawn || !any_drawn)
            cells[multiples.cell_count++] = make_cell(panels, list[i].name, values, &any_cut);
        columns[i] = (struct mz_panel_column){ list[i].name, list[i].name, chart.unit, values, 3 };
    }
    mz_panel_figure(panels, &chart);
    mz_chart_multiples_draw(&chart, &multiples);
    mz_html_figure_close(&panels->html, mz_panel_time_table(panels, columns, count, 0), chart.id);
    return any_cut;
}

void mz_panel_unit_cost_write(struct mz_panels *panels)
{
    struct unit_cost *list =
        mz_arena_alloc(panels->arena, (size_t)panels->result->workload_count + 1, sizeof(*list));
    int32_t count = collect(panels, list);
    bool any_cut;

    if (count == 0) {
        mz_panel_empty(panels, "unit-cost", 9, MZ_SAY_P_UNIT_COST, MZ_SAY_UC_NONE);
        return;
    }
    mz_panel_open(panels, "unit-cost", 9, MZ_SAY_P_UNIT_COST, headline(panels, list, count),
        mz_panel_fill(panels, MZ_SAY_UC_SUB, MZ_NO_ARGS));
    any_cut = write_measure(panels, list, count, true);
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_UC_HOUR_HEAD),
        mz_panel_fill(panels, MZ_SAY_UC_HOUR_SUB, MZ_NO_ARGS));
    any_cut = write_measure(panels, list, count, false) || any_cut;
    if (any_cut)
        mz_html_paragraph(&panels->html, "note", mz_panel_fill(panels, MZ_SAY_UC_CUT, MZ_NO_ARGS));
    mz_html_section_close(&panels->html);
}
