/* chart_gantt.c - terms as rows over time */
#include "report/chart_gantt.h"

#include <math.h>
#include <stdio.h>

enum {
    ROW_PX = 30,
    BAR_PX = 22,
    NAME_WIDTH_MAX = 200,
    TEXT_WIDTH_MAX = 170,
    GAP_PX = 12,
    BELOW_PX = 26
};

static void draw_row(const struct mz_chart *chart, const struct mz_chart_gantt_row *row,
    const struct mz_plot *frame, int32_t index)
{
    struct mz_plot plot = *frame;
    double *zeros = mz_arena_alloc(chart->arena, (size_t)plot.period_count, sizeof(*zeros));
    char color[8];
    char classes[16];

    plot.top = index * ROW_PX + (ROW_PX - BAR_PX);
    plot.bottom = (index + 1) * ROW_PX;
    plot.min = 0;
    plot.max = 0;
    for (int32_t t = 0; t < plot.period_count; t++) {
        if (isfinite(row->values[t]))
            plot.max = fmax(plot.max, row->values[t]);
    }
    mz_svg_add_line(chart->out, plot.left, plot.bottom, plot.right, plot.bottom, "g");
    if (plot.max <= 0)
        return;
    (void)snprintf(classes, sizeof(classes), "%s%s", mz_svg_color_class(color, 'f', row->color),
        row->is_outlined ? " v" : "");
    mz_chart_draw_band(chart, &plot, zeros, row->values, classes);
}

static void draw_mark(const struct mz_chart *chart, const struct mz_chart_gantt_row *row,
    const struct mz_plot *plot, int32_t index)
{
    int32_t begin = plot->periods[0].month_begin;
    int32_t end = plot->periods[plot->period_count - 1].month_end;
    int32_t month = row->mark_month < begin ? begin : row->mark_month;
    double x;
    double y = (index + 1) * ROW_PX;
    struct mz_svg_pen pen = { .out = chart->out };

    if (row->mark_month < 0 || month >= end)
        return;
    x = plot->left + (plot->right - plot->left) * (month - begin) / (end - begin);
    mz_text_add(chart->out, "<path class=\"fx\" d=\"");
    mz_svg_pen_move(&pen, x, y - 1);
    mz_svg_pen_line(&pen, x + 5, y - 10);
    mz_svg_pen_line(&pen, x - 5, y - 10);
    mz_svg_pen_end(&pen, true);
    mz_text_add(chart->out, "\"/>");
}

void mz_chart_gantt_draw(
    const struct mz_chart *chart, const struct mz_chart_gantt_row *rows, int32_t row_count)
{
    double name_width = 0;
    double text_width = 0;
    struct mz_plot plot = { .top = 0,
        .whole_pixels = true,
        .bottom = row_count * ROW_PX + 6,
        .periods = chart->periods,
        .period_count = chart->period_count };

    for (int32_t i = 0; i < row_count; i++) {
        name_width = fmax(name_width, mz_svg_text_width(rows[i].name, MZ_CHART_TEXT_PX, true));
        text_width = fmax(text_width, mz_svg_text_width(rows[i].text, MZ_CHART_TEXT_PX, false));
    }
    name_width = fmin(name_width, NAME_WIDTH_MAX);
    text_width = fmin(text_width, TEXT_WIDTH_MAX);
    plot.left = name_width + GAP_PX;
    plot.right = MZ_CHART_WIDTH - text_width - GAP_PX;
    mz_chart_open(chart, plot.bottom + BELOW_PX, NULL);
    for (int32_t i = 0; i < row_count; i++) {
        double base = (i + 1) * ROW_PX - 5;
        char color[8];
        char classes[16];

        (void)snprintf(
            classes, sizeof(classes), "%s b e", mz_svg_color_class(color, 't', rows[i].color));
        mz_svg_add_text(chart->out, name_width, base, classes,
            mz_svg_text_cut(chart->arena, rows[i].name, MZ_CHART_TEXT_PX, true, name_width));
        draw_row(chart, &rows[i], &plot, i);
        draw_mark(chart, &rows[i], &plot, i);
        mz_svg_add_text(chart->out, plot.right + GAP_PX, base, "k",
            mz_svg_text_cut(chart->arena, rows[i].text, MZ_CHART_TEXT_PX, false, text_width));
    }
    mz_chart_draw_time_axis(chart, &plot);
    mz_chart_close(chart);
}
