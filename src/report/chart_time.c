/* chart_time.c - areas, columns and lines over time */
#include "report/chart_time.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { LABEL_WIDTH_MAX = 190, AXIS_BELOW_PX = 26, AXIS_ABOVE_PX = 24 };

static double or_zero(double value)
{
    return isfinite(value) ? value : 0;
}

double *mz_chart_stack(struct mz_arena *arena, const struct mz_chart_series *bands,
    int32_t band_count, int32_t period_count, bool percent)
{
    double *levels =
        mz_arena_alloc(arena, (size_t)(band_count + 1) * (size_t)period_count, sizeof(*levels));

    for (int32_t t = 0; t < period_count; t++) {
        double sum = 0;

        for (int32_t b = 0; b < band_count; b++) {
            sum += fmax(or_zero(bands[b].values[t]), 0);
            levels[(b + 1) * period_count + t] = sum;
        }
        for (int32_t b = 0; percent && b <= band_count; b++)
            levels[b * period_count + t] = sum > 0 ? levels[b * period_count + t] / sum : NAN;
    }
    return levels;
}

/* The y where column c begins and ends in period t. */
static void column_span(
    const struct mz_chart_time *time, int32_t c, int32_t t, double *ret_from, double *ret_to)
{
    double value = or_zero(time->columns[c].values[t]);
    double from = 0;

    for (int32_t i = 0; i < c && !time->is_grouped; i++) {
        double below = or_zero(time->columns[i].values[t]);

        if ((below < 0) == (value < 0))
            from += below;
    }
    *ret_from = from;
    *ret_to = from + value;
}

static void widen(struct mz_plot *plot, double value)
{
    if (!isfinite(value))
        return;
    plot->min = fmin(plot->min, value);
    plot->max = fmax(plot->max, value);
}

static void find_range(struct mz_plot *plot, const struct mz_chart_time *time, const double *levels)
{
    plot->min = 0;
    plot->max = time->max;
    if (time->percent) {
        plot->max = 1;
        return;
    }
    for (int32_t t = 0; t < plot->period_count; t++) {
        widen(plot, levels[time->band_count * plot->period_count + t]);
        for (int32_t c = 0; c < time->column_count; c++) {
            double from;
            double to;

            column_span(time, c, t, &from, &to);
            widen(plot, to);
        }
        for (int32_t l = 0; l < time->line_count; l++)
            widen(plot, time->lines[l].values[t]);
        if (time->missing_from) {
            widen(plot, time->missing_from[t]);
            widen(plot, time->missing_to[t]);
        }
    }
    for (int32_t l = 0; l < time->line_count; l++) {
        if (time->lines[l].is_balance)
            widen(plot, time->lines[l].first);
    }
}

static void draw_column(const struct mz_chart *chart, const struct mz_plot *plot,
    const struct mz_chart_time *time, int32_t c)
{
    struct mz_svg_pen pen = { .out = chart->out };
    char color[8];
    bool open = false;
    int32_t lanes = time->is_grouped ? time->column_count : 1;
    int32_t lane = time->is_grouped ? c : 0;

    for (int32_t t = 0; t < plot->period_count; t++) {
        double begin = mz_plot_x(plot, t);
        double width = mz_plot_x(plot, t + 1) - begin;
        double gap = width > 6 ? 1.2 : width > 3 ? 0.6 : 0;
        double lane_width = (width - gap) / lanes;
        double x = begin + gap / 2 + lane * lane_width;
        double from;
        double to;

        column_span(time, c, t, &from, &to);
        if (fabs(mz_plot_y(plot, from) - mz_plot_y(plot, to)) < 0.05)
            continue;
        if (!open)
            mz_text_addf(chart->out, "<path class=\"%s\" d=\"",
                mz_svg_color_class(color, 'f', time->columns[c].color));
        open = true;
        mz_svg_pen_move(&pen, x, mz_plot_y(plot, from));
        mz_svg_pen_line(&pen, x, mz_plot_y(plot, to));
        mz_svg_pen_line(&pen, x + lane_width, mz_plot_y(plot, to));
        mz_svg_pen_line(&pen, x + lane_width, mz_plot_y(plot, from));
        mz_svg_pen_end(&pen, true);
    }
    if (open)
        mz_text_add(chart->out, "\"/>");
}

static void add_label(const struct mz_plot *plot, struct mz_chart_label *labels, int32_t *count,
    const struct mz_chart_series *series, bool swatch, double value)
{
    if (!isfinite(value))
        return;
    assert(*count < MZ_CHART_SERIES_COUNT_MAX);
    labels[(*count)++] = (struct mz_chart_label){ .text = series->name,
        .color = series->color,
        .swatch = swatch,
        .look = series->look,
        .y = mz_plot_y(plot, value) };
}

/* Top band first: labels at one place keep the order of the stack. */
static int32_t make_labels(const struct mz_plot *plot, const struct mz_chart_time *time,
    const double *levels, struct mz_chart_label *labels)
{
    int32_t count = 0;
    int32_t last = plot->period_count - 1;

    for (int32_t l = 0; l < time->line_count; l++)
        add_label(plot, labels, &count, &time->lines[l], false,
            mz_chart_last(time->lines[l].values, plot->period_count));
    if (time->missing_name && time->missing_from) {
        const struct mz_chart_series missing = { .name = time->missing_name,
            .color = MZ_COLOR_WARN };
        double middle = (time->missing_from[last] + time->missing_to[last]) / 2;

        add_label(plot, labels, &count, &missing, true, isfinite(middle) ? middle : plot->max);
    }
    for (int32_t b = time->band_count - 1; b >= 0; b--) {
        const double *level = levels + (size_t)(b * plot->period_count);

        add_label(plot, labels, &count, &time->bands[b], true,
            (or_zero(level[last]) + or_zero(level[plot->period_count + last])) / 2);
    }
    for (int32_t c = time->column_count - 1; c >= 0; c--) {
        double from;
        double to;

        column_span(time, c, last, &from, &to);
        add_label(plot, labels, &count, &time->columns[c], true, (from + to) / 2);
    }
    return count;
}

static void draw_content(const struct mz_chart *chart, const struct mz_plot *plot,
    const struct mz_chart_time *time, const double *levels)
{
    for (int32_t b = 0; b < time->band_count; b++) {
        const double *level = levels + (size_t)(b * plot->period_count);
        char color[8];
        char classes[16];

        (void)snprintf(
            classes, sizeof(classes), "%s n", mz_svg_color_class(color, 'f', time->bands[b].color));
        mz_chart_draw_band(chart, plot, level, level + plot->period_count, classes);
    }
    for (int32_t c = 0; c < time->column_count; c++)
        draw_column(chart, plot, time, c);
    if (time->missing_from)
        mz_chart_draw_band(chart, plot, time->missing_from, time->missing_to, "hx");
    for (int32_t l = 0; l < time->line_count; l++) {
        const struct mz_chart_series *line = &time->lines[l];
        char classes[16];

        if (time->band_count > 0 && line->look != MZ_LOOK_LIMIT)
            mz_chart_draw_steps(chart, plot, line->values, "u"); /* a halo above the areas */
        if (line->is_balance)
            mz_chart_draw_ends(
                chart, plot, line->first, line->values, mz_chart_line_class(classes, line));
        else
            mz_chart_draw_steps(chart, plot, line->values, mz_chart_line_class(classes, line));
    }
}

void mz_chart_time_draw(const struct mz_chart *chart, const struct mz_chart_time *time)
{
    double height = chart->height ? chart->height : MZ_CHART_HEIGHT;
    struct mz_plot plot = { .top = AXIS_ABOVE_PX,
        .bottom = height - AXIS_BELOW_PX,
        .periods = chart->periods,
        .period_count = chart->period_count };
    struct mz_chart_label labels[MZ_CHART_SERIES_COUNT_MAX];
    const double *levels = mz_chart_stack(
        chart->arena, time->bands, time->band_count, chart->period_count, time->percent);
    bool percent = time->percent || time->is_fraction;
    double label_width;
    int32_t label_count;

    find_range(&plot, time, levels);
    mz_chart_round_plot(&plot);
    label_count = make_labels(&plot, time, levels, labels);
    label_width = mz_chart_labels_width(labels, label_count, LABEL_WIDTH_MAX);
    plot.left = mz_chart_axis_width(&plot, percent);
    plot.right = MZ_CHART_WIDTH - label_width;
    mz_chart_open(chart, height, &plot);
    mz_chart_draw_value_axis(chart, &plot, percent);
    draw_content(chart, &plot, time, levels);
    if (plot.min < 0)
        mz_svg_add_line(
            chart->out, plot.left, mz_plot_y(&plot, 0), plot.right, mz_plot_y(&plot, 0), "z");
    mz_chart_draw_time_axis(chart, &plot);
    mz_chart_draw_labels(chart, &plot, labels, label_count, label_width);
    mz_chart_close(chart);
}
