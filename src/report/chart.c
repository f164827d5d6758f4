/* chart.c - frame, axes and labels of all charts
 * Ticks: the smallest of 1, 2, 2.5, 5 x 10^k that needs no more than the allowed number. */
#include "report/chart.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double mz_plot_y(const struct mz_plot *plot, double value)
{
    double share = (value - plot->min) / (plot->max - plot->min);

    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return plot->bottom - share * (plot->bottom - plot->top);
}

double mz_plot_x(const struct mz_plot *plot, int32_t period)
{
    int32_t begin = plot->periods[0].month_begin;
    int32_t end = plot->periods[plot->period_count - 1].month_end;
    int32_t month = period < plot->period_count ? plot->periods[period].month_begin : end;

    return plot->left + (plot->right - plot->left) * (month - begin) / (end - begin);
}

void mz_chart_ticks(double *min, double *max, double *ret_step, int32_t *ret_decimals)
{
    static const double steps[] = { 1, 2, 2.5, 5 };
    double low = isfinite(*min) && *min < 0 ? *min : 0;
    double high = isfinite(*max) && *max > 0 ? *max : 0;
    double power;

    if (high - low < 1e-9)
        high = low + 1;
    power = pow(10, floor(log10((high - low) / MZ_CHART_TICK_COUNT_MAX)));
    for (;; power *= 10) {
        for (int32_t i = 0; i < 4; i++) {
            double step = steps[i] * power;
            double first = ceil(low / step - 1e-9);
            double last = ceil(high / step - 1e-9);
            int32_t digits = (int32_t)floor(log10(step) + 1e-9);

            if (last - first + 1 > MZ_CHART_TICK_COUNT_MAX)
                continue;
            *min = low;
            *max = last * step;
            *ret_step = step;
            *ret_decimals = digits >= 1 || (digits == 0 && i != 2) ? 0 : (i == 2) - digits;
            return;
        }
    }
}

void mz_chart_round_plot(struct mz_plot *plot)
{
    double step;
    int32_t decimals;

    mz_chart_ticks(&plot->min, &plot->max, &step, &decimals);
}

static const char *tick_text(
    char buffer[MZ_NUMBER_MAX], double value, int32_t decimals, bool percent)
{
    if (percent)
        return mz_format_percent(buffer, value, decimals > 2 ? decimals - 2 : 0);
    return mz_format_fixed(buffer, value, decimals);
}

double mz_chart_axis_width(const struct mz_plot *plot, bool percent)
{
    double min = plot->min;
    double max = plot->max;
    double step;
    double widest = 0;
    int32_t decimals;

    mz_chart_ticks(&min, &max, &step, &decimals);
    for (double value = ceil(min / step - 1e-9) * step; value < max + step / 2; value += step) {
        char buffer[MZ_NUMBER_MAX];
        double width =
            mz_svg_text_width(tick_text(buffer, value, decimals, percent), MZ_CHART_TEXT_PX, false);

        widest = fmax(widest, width);
    }
    return widest + 8;
}

void mz_chart_draw_value_axis(
    const struct mz_chart *chart, const struct mz_plot *plot, bool percent)
{
    double min = plot->min;
    double max = plot->max;
    double step;
    double first;
    int32_t decimals;
    int32_t count;

    mz_chart_ticks(&min, &max, &step, &decimals);
    first = ceil(min / step - 1e-9);
    count = (int32_t)lround(max / step - first) + 1;
    for (int32_t i = 0; i < count; i++) {
        char number[MZ_NUMBER_MAX];
        double value = (first + i) * step;
        double y = mz_plot_y(plot, value);
        bool is_top = i == count - 1;

        value = fabs(value) < step / 1e6 ? 0 : value;
        mz_svg_add_line(chart->out, plot->left, y, plot->right, y, value == 0 ? "z" : "g");
        tick_text(number, value, decimals, percent);
        if (is_top && chart->unit && chart->unit[0] != '\0') {
            mz_svg_add_text(chart->out, 0, y - 6, "k", mz_chart_tick_text(chart, number));
        } else {
            mz_svg_add_text(chart->out, plot->left - 8, y + 4, "k e", number);
        }
    }
}

const char *mz_chart_tick_text(const struct mz_chart *chart, const char *number)
{
    if (chart->unit[0] == '$')
        return mz_arena_printf(chart->arena, "$%s%s", number, chart->unit + 1);
    return mz_arena_printf(chart->arena, "%s %s", number, chart->unit);
}

/* Months between two marks of the time axis such that their names fit. */
static int32_t mark_distance(const struct mz_plot *plot, int32_t months)
{
    static const int32_t distances[] = { 1, 3, 6, 12, 24, 60, 120, 240, 600 };
    double px_per_month = (plot->right - plot->left) / months;

    for (int32_t i = 0; i < 9; i++) {
        double need =
            mz_svg_text_width(distances[i] < 12 ? "2026-01" : "2026", MZ_CHART_TEXT_PX, false);

        if (distances[i] < 12 && months > 30)
            continue;
        if (distances[i] * px_per_month >= need + 6)
            return distances[i];
    }
    return 600;
}

void mz_chart_draw_time_axis(const struct mz_chart *chart, const struct mz_plot *plot)
{
    int32_t begin = plot->periods[0].month_begin;
    int32_t end = plot->periods[plot->period_count - 1].month_end;
    int32_t distance = mark_distance(plot, end - begin);
    double px_per_month = (plot->right - plot->left) / (end - begin);

    for (int32_t month = begin - begin % distance; month < end; month += distance) {
        char name[MZ_MONTH_TEXT_MAX];
        int32_t from = month < begin ? begin : month;
        int32_t to = month + distance < end ? month + distance : end;
        double x = plot->left + (from - begin) * px_per_month;
        double width = (to - from) * px_per_month;

        if (month >= begin)
            mz_svg_add_line(chart->out, x, plot->bottom, x, plot->bottom + 5, "z");
        mz_month_format(name, distance < 12 ? from : month);
        if (distance >= 12)
            name[4] = '\0';
        if (width >= mz_svg_text_width(name, MZ_CHART_TEXT_PX, false) + 2)
            mz_svg_add_text(chart->out, x + width / 2, plot->bottom + 18, "k m", name);
    }
}

void mz_chart_open(const struct mz_chart *chart, double height, const struct mz_plot *plot)
{
    struct mz_text *out = chart->out;

    mz_text_addf(out, "<svg viewBox=\"0 0 %d ", MZ_CHART_WIDTH);
    mz_svg_add_number(out, height);
    mz_text_addf(out, "\" role=\"img\" aria-labelledby=\"%s-t %s-d\"", chart->id, chart->id);
    if (plot) {
        mz_text_add(out, " data-x=\"");
        for (int32_t t = 0; t <= plot->period_count; t++) {
            mz_text_add(out, t > 0 ? " " : "");
            mz_svg_add_number(out, mz_plot_x(plot, t));
        }
        mz_text_add(out, "\" data-y=\"");
        mz_svg_add_number(out, plot->top);
        mz_svg_add_next(out, plot->bottom);
        mz_text_add(out, "\"");
    }
    mz_text_addf(out, "><title id=\"%s-t\">", chart->id);
    mz_text_add_html(out, chart->title);
    mz_text_addf(out, "</title><desc id=\"%s-d\">", chart->id);
    mz_text_add_html(out, chart->desc);
    mz_text_add(out, "</desc>");
}

void mz_chart_close(const struct mz_chart *chart)
{
    mz_text_add(chart->out, "</svg>\n");
}

static bool is_empty_at(const double *from, const double *to, int32_t t)
{
    return !isfinite(from[t]) || !isfinite(to[t]) || to[t] - from[t] <= 1e-9;
}

void mz_chart_draw_band(const struct mz_chart *chart, const struct mz_plot *plot,
    const double *from, const double *to, const char *class_names)
{
    struct mz_svg_pen pen = { .out = chart->out, .whole_pixels = plot->whole_pixels };
    bool open = false;
    int32_t end;

    for (int32_t begin = 0; begin < plot->period_count; begin = end + 1) {
        end = begin;
        while (end < plot->period_count && !is_empty_at(from, to, end))
            end++;
        if (end == begin)
            continue;
        if (!open)
            mz_text_addf(chart->out, "<path class=\"%s\" d=\"", class_names);
        open = true;
        mz_svg_pen_move(&pen, mz_plot_x(plot, begin), mz_plot_y(plot, from[begin]));
        for (int32_t t = begin; t < end; t++) {
            mz_svg_pen_line(&pen, mz_plot_x(plot, t), mz_plot_y(plot, to[t]));
            mz_svg_pen_line(&pen, mz_plot_x(plot, t + 1), mz_plot_y(plot, to[t]));
        }
        for (int32_t t = end - 1; t >= begin; t--) {
            mz_svg_pen_line(&pen, mz_plot_x(plot, t + 1), mz_plot_y(plot, from[t]));
            mz_svg_pen_line(&pen, mz_plot_x(plot, t), mz_plot_y(plot, from[t]));
        }
        mz_svg_pen_end(&pen, true);
    }
    if (open)
        mz_text_add(chart->out, "\"/>");
}

void mz_chart_draw_layer(const struct mz_chart *chart, const struct mz_plot *plot, const double *to,
    const char *class_names)
{
    struct mz_svg_pen pen = { .out = chart->out, .whole_pixels = plot->whole_pixels };
    double zero = mz_plot_y(plot, 0);
    int32_t begin = 0;
    int32_t end = plot->period_count;

    while (begin < end && !(to[begin] > 0))
        begin++;
    while (end > begin && !(to[end - 1] > 0))
        end--;
    if (begin == end)
        return;
    mz_text_addf(chart->out, "<path class=\"%s\" d=\"", class_names);
    mz_svg_pen_move(&pen, mz_plot_x(plot, begin), zero);
    for (int32_t t = begin; t < end; t++) {
        double y = isfinite(to[t]) ? mz_plot_y(plot, to[t]) : zero;

        mz_svg_pen_line(&pen, mz_plot_x(plot, t), y);
        mz_svg_pen_line(&pen, mz_plot_x(plot, t + 1), y);
    }
    mz_svg_pen_line(&pen, mz_plot_x(plot, end), zero);
    mz_svg_pen_end(&pen, true);
    mz_text_add(chart->out, "\"/>");
}

void mz_chart_draw_steps(const struct mz_chart *chart, const struct mz_plot *plot,
    const double *values, const char *class_names)
{
    struct mz_svg_pen pen = { .out = chart->out, .whole_pixels = plot->whole_pixels };
    bool drawing = false;

    mz_text_addf(chart->out, "<path class=\"%s\" d=\"", class_names);
    for (int32_t t = 0; t < plot->period_count; t++) {
        if (!isfinite(values[t])) {
            drawing = false;
            continue;
        }
        if (!drawing)
            mz_svg_pen_move(&pen, mz_plot_x(plot, t), mz_plot_y(plot, values[t]));
        else
            mz_svg_pen_line(&pen, mz_plot_x(plot, t), mz_plot_y(plot, values[t]));
        mz_svg_pen_line(&pen, mz_plot_x(plot, t + 1), mz_plot_y(plot, values[t]));
        drawing = true;
    }
    mz_svg_pen_end(&pen, false);
    mz_text_add(chart->out, "\"/>");
}

void mz_chart_draw_ends(const struct mz_chart *chart, const struct mz_plot *plot, double first,
    const double *values, const char *class_names)
{
    struct mz_svg_pen pen = { .out = chart->out, .whole_pixels = plot->whole_pixels };
    bool drawing = isfinite(first);

    mz_text_addf(chart->out, "<path class=\"%s\" d=\"", class_names);
    if (drawing)
        mz_svg_pen_move(&pen, plot->left, mz_plot_y(plot, first));
    for (int32_t t = 0; t < plot->period_count; t++) {
        double x = mz_plot_x(plot, t + 1);

        if (isfinite(values[t]) && drawing)
            mz_svg_pen_line(&pen, x, mz_plot_y(plot, values[t]));
        else if (isfinite(values[t]))
            mz_svg_pen_move(&pen, x, mz_plot_y(plot, values[t]));
        drawing = isfinite(values[t]);
    }
    mz_svg_pen_end(&pen, false);
    mz_text_add(chart->out, "\"/>");
}

const char *mz_chart_line_class(char buffer[16], const struct mz_chart_series *series)
{
    char color[8];
    const char *look = series->look == MZ_LOOK_DASHED ? " d"
        : series->look == MZ_LOOK_LIMIT               ? " q"
                                                      : "";

    (void)snprintf(buffer, 16, "%s l%s", mz_svg_color_class(color, 's', series->color), look);
    return buffer;
}

enum { SWATCH_PX = 10, LABEL_GAP_PX = 16, LABEL_DISTANCE_PX = 15 };

double mz_chart_labels_width(const struct mz_chart_label *labels, int32_t count, double most)
{
    double widest = 0;

    for (int32_t i = 0; i < count; i++)
        widest = fmax(widest, mz_svg_text_width(labels[i].text, MZ_CHART_TEXT_PX, true));
    widest += LABEL_GAP_PX + SWATCH_PX + 6 + 2;
    return fmin(widest, most);
}

/* Insertion sort by y, stable: a chart has a dozen labels. */
static void sort_labels(struct mz_chart_label *labels, int32_t count)
{
    for (int32_t i = 1; i < count; i++) {
        struct mz_chart_label label = labels[i];
        int32_t j = i;

        while (j > 0 && labels[j - 1].y > label.y) {
            labels[j] = labels[j - 1];
            j--;
        }
        labels[j] = label;
    }
}

void mz_chart_labels_spread(
    struct mz_chart_label *labels, int32_t count, double top, double bottom, double distance)
{
    double room = count > 1 ? (bottom - top) / (count - 1) : distance;
    double apart = fmin(distance, room); /* too many labels: as far apart as they can be */

    sort_labels(labels, count);
    for (int32_t i = 0; i < count; i++) {
        double least = i > 0 ? labels[i - 1].y + apart : top;

        labels[i].y = fmax(labels[i].y, least);
    }
    for (int32_t i = count - 1; i >= 0; i--) {
        double most = i < count - 1 ? labels[i + 1].y - apart : bottom;

        labels[i].y = fmin(labels[i].y, most);
    }
}

static void draw_key(const struct mz_chart *chart, const struct mz_chart_label *label, double x)
{
    char color[8];
    char classes[16];
    const struct mz_chart_series series = { .color = label->color, .look = label->look };

    if (label->swatch)
        mz_svg_add_rect(chart->out, x, label->y - SWATCH_PX / 2.0, SWATCH_PX, SWATCH_PX,
            label->color == MZ_COLOR_WARN ? "hx" : mz_svg_color_class(color, 'f', label->color));
    else
        mz_svg_add_line(chart->out, x - 2, label->y, x + SWATCH_PX, label->y,
            mz_chart_line_class(classes, &series));
}

void mz_chart_draw_labels(const struct mz_chart *chart, const struct mz_plot *plot,
    struct mz_chart_label *labels, int32_t count, double width)
{
    double x = plot->right + LABEL_GAP_PX;
    double text_width = width - LABEL_GAP_PX - SWATCH_PX - 6;
    double *wanted = mz_arena_alloc(chart->arena, (size_t)count + 1, sizeof(*wanted));

    sort_labels(labels, count);
    for (int32_t i = 0; i < count; i++)
        wanted[i] = labels[i].y;
    mz_chart_labels_spread(
        labels, count, fmin(plot->top, plot->bottom - 8) + 2, plot->bottom - 2, LABEL_DISTANCE_PX);
    for (int32_t i = 0; i < count; i++) {
        char color[8];
        char classes[16];

        mz_svg_add_line(chart->out, plot->right + 2, wanted[i], x - 4, labels[i].y, "g");
        draw_key(chart, &labels[i], x);
        (void)snprintf(
            classes, sizeof(classes), "%s b", mz_svg_color_class(color, 't', labels[i].color));
        mz_svg_add_text(chart->out, x + SWATCH_PX + 6, labels[i].y + 4, classes,
            mz_svg_text_cut(chart->arena, labels[i].text, MZ_CHART_TEXT_PX, true, text_width));
    }
}

double mz_chart_last(const double *values, int32_t count)
{
    for (int32_t t = count - 1; t >= 0; t--) {
        if (isfinite(values[t]))
            return values[t];
    }
    return NAN;
}
