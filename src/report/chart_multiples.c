/* chart_multiples.c - a grid of small charts over time */
#include "report/chart_multiples.h"

#include "report/chart_time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GAP_PX = 28, HEAD_PX = 40, FOOT_PX = 34, PLOT_PX = 76 };

static void widen(struct mz_plot *plot, double value)
{
    if (isfinite(value)) {
        plot->max = fmax(plot->max, value);
        plot->min = fmin(plot->min, value);
    }
}

static void find_range(struct mz_plot *plot, const struct mz_chart_cell *cell, const double *levels)
{
    for (int32_t t = 0; t < plot->period_count; t++) {
        widen(plot, levels[cell->band_count * plot->period_count + t]);
        for (int32_t l = 0; l < cell->line_count; l++)
            widen(plot, cell->lines[l].values[t]);
        if (cell->missing_to)
            widen(plot, cell->missing_to[t]);
    }
}

static void draw_head(const struct mz_chart *chart, const struct mz_chart_cell *cell,
    const struct mz_plot *plot, bool two_lines)
{
    double width = plot->right - plot->left;
    double figure_width =
        cell->figure ? mz_svg_text_width(cell->figure, MZ_CHART_TEXT_PX, false) : 0;
    double y = plot->top - 22;

    mz_svg_add_text(chart->out, plot->left, two_lines ? y - 15 : y, "tx b",
        mz_svg_text_cut(chart->arena, cell->name, MZ_CHART_TEXT_PX, true,
            two_lines ? width : width - figure_width - 6));
    if (!cell->figure)
        return;
    mz_svg_add_text(chart->out, two_lines ? plot->left : plot->right, y,
        two_lines ? (cell->is_warning ? "tr" : "k") : (cell->is_warning ? "tr e" : "k e"),
        mz_svg_text_cut(chart->arena, cell->figure, MZ_CHART_TEXT_PX, false, width));
}

/* The top tick with the unit, the zero line, first and last year. */
static void draw_axes(
    const struct mz_chart *chart, const struct mz_chart_cell *cell, const struct mz_plot *plot)
{
    struct mz_chart own = *chart;
    char number[MZ_NUMBER_MAX];
    char year[MZ_MONTH_TEXT_MAX];
    double min = plot->min;
    double max = plot->max;
    double step;
    int32_t decimals;

    mz_chart_ticks(&min, &max, &step, &decimals);
    mz_format_fixed(number, max, decimals);
    own.unit = cell->unit ? cell->unit : chart->unit;
    mz_svg_add_line(chart->out, plot->left, plot->top, plot->right, plot->top, "g");
    mz_svg_add_line(
        chart->out, plot->left, mz_plot_y(plot, 0), plot->right, mz_plot_y(plot, 0), "z");
    mz_svg_add_text(chart->out, plot->left, plot->top - 4, "k", mz_chart_tick_text(&own, number));
    mz_month_format(year, plot->periods[0].month_begin);
    year[4] = '\0';
    mz_svg_add_text(chart->out, plot->left, plot->bottom + 14, "k", year);
    mz_month_format(year, plot->periods[plot->period_count - 1].month_end - 1);
    year[4] = '\0';
    mz_svg_add_text(chart->out, plot->right, plot->bottom + 14, "k e", year);
}

static void draw_cell(const struct mz_chart *chart, const struct mz_chart_cell *cell,
    const struct mz_plot *plot, const double *levels, bool is_tall)
{
    draw_head(chart, cell, plot, is_tall);
    /* from the top down, each layer over the rest of the one above: half the bytes of bands */
    for (int32_t b = cell->band_count - 1; b >= 0; b--) {
        char color[8];

        mz_chart_draw_layer(chart, plot, levels + (size_t)((b + 1) * plot->period_count),
            mz_svg_color_class(color, 'f', cell->bands[b].color));
    }
    draw_axes(chart, cell, plot);
    if (cell->missing_from)
        mz_chart_draw_band(chart, plot, cell->missing_from, cell->missing_to, "hx");
    for (int32_t l = 0; l < cell->line_count; l++) {
        const struct mz_chart_series *line = &cell->lines[l];
        char classes[16];

        mz_chart_line_class(classes, line);
        if (line->is_balance)
            mz_chart_draw_ends(chart, plot, line->first, line->values, classes);
        else
            mz_chart_draw_steps(chart, plot, line->values, classes);
    }
}

/* Does any cell need its figure in a line of its own? Then all heads are taller. */
static bool heads_are_tall(const struct mz_chart_multiples *multiples, double cell_width)
{
    for (int32_t i = 0; i < multiples->cell_count; i++) {
        const struct mz_chart_cell *cell = &multiples->cells[i];
        double need = mz_svg_text_width(cell->name, MZ_CHART_TEXT_PX, true) + 8;

        if (cell->figure)
            need += mz_svg_text_width(cell->figure, MZ_CHART_TEXT_PX, false);
        if (cell->figure && need > cell_width)
            return true;
    }
    return false;
}

void mz_chart_multiples_draw(
    const struct mz_chart *chart, const struct mz_chart_multiples *multiples)
{
    int32_t columns = multiples->column_count;
    int32_t rows = (multiples->cell_count + columns - 1) / columns;
    double plot_height = multiples->cell_height ? multiples->cell_height : PLOT_PX;
    double width = (double)(MZ_CHART_WIDTH - GAP_PX * (columns - 1)) / columns;
    bool is_tall = heads_are_tall(multiples, width);
    double head = is_tall ? HEAD_PX + 15 : HEAD_PX;
    double row_height = head + plot_height + FOOT_PX;
    struct mz_plot shared = {
        .periods = chart->periods, .period_count = chart->period_count, .whole_pixels = true
    };
    const double **levels =
        mz_arena_alloc(chart->arena, (size_t)multiples->cell_count + 1, sizeof(*levels));

    for (int32_t i = 0; i < multiples->cell_count; i++) {
        const struct mz_chart_cell *cell = &multiples->cells[i];

        levels[i] =
            mz_chart_stack(chart->arena, cell->bands, cell->band_count, chart->period_count, false);
        find_range(&shared, cell, levels[i]);
    }
    mz_chart_open(chart, rows * row_height - 12, NULL);
    for (int32_t i = 0; i < multiples->cell_count; i++) {
        struct mz_plot plot = shared;

        if (!multiples->same_scale) {
            plot.min = plot.max = 0;
            find_range(&plot, &multiples->cells[i], levels[i]);
        }
        mz_chart_round_plot(&plot);
        plot.left = round((i % columns) * (width + GAP_PX));
        plot.right = plot.left + floor(width);
        plot.top = (double)(i / columns) * row_height + head;
        plot.bottom = plot.top + plot_height;
        draw_cell(chart, &multiples->cells[i], &plot, levels[i], is_tall);
    }
    mz_chart_close(chart);
}
