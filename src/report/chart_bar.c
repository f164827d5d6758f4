/* chart_bar.c - horizontal bars */
#include "report/chart_bar.h"

#include <math.h>
#include <string.h>

enum { ROW_PX = 30, BAR_PX = 16, NAME_WIDTH_MAX = 230, GAP_PX = 12, ABOVE_PX = 4 };

static double name_width_of(const char *name, double so_far)
{
    return fmin(NAME_WIDTH_MAX, fmax(so_far, mz_svg_text_width(name, MZ_CHART_TEXT_PX, true)));
}

static void draw_bar(const struct mz_chart *chart, const struct mz_chart_bar *bar, double y,
    double left, double px_per_unit)
{
    char color[8];
    double top = y + (ROW_PX - BAR_PX) / 2.0;

    if (isfinite(bar->whole) && bar->whole > 0)
        mz_svg_add_rect(chart->out, left, top, bar->whole * px_per_unit, BAR_PX, "w");
    if (isfinite(bar->value) && bar->value > 0)
        mz_svg_add_rect(chart->out, left, top, bar->value * px_per_unit, BAR_PX,
            mz_svg_color_class(color, 'f', bar->color));
    if (isfinite(bar->mark)) {
        double x = left + bar->mark * px_per_unit;

        mz_svg_add_line(chart->out, x, top - 4, x, top + BAR_PX + 4, "sx l");
    }
}

void mz_chart_bars_draw(
    const struct mz_chart *chart, const struct mz_chart_bar *bars, int32_t bar_count)
{
    double name_width = 0;
    double text_width = 0;
    double most = 0;
    double left;
    double right;

    for (int32_t i = 0; i < bar_count; i++) {
        name_width = name_width_of(bars[i].name, name_width);
        text_width = fmax(text_width, mz_svg_text_width(bars[i].text, MZ_CHART_TEXT_PX, false));
        most = fmax(most, isfinite(bars[i].value) ? bars[i].value : 0);
        most = fmax(most, isfinite(bars[i].whole) ? bars[i].whole : 0);
        most = fmax(most, isfinite(bars[i].mark) ? bars[i].mark : 0);
    }
    text_width = fmin(text_width, 300);
    left = name_width + GAP_PX;
    right = MZ_CHART_WIDTH - text_width - GAP_PX;
    mz_chart_open(chart, bar_count * ROW_PX + 2 * ABOVE_PX, NULL);
    for (int32_t i = 0; i < bar_count; i++) {
        double y = ABOVE_PX + i * ROW_PX;

        mz_svg_add_text(chart->out, name_width, y + ROW_PX / 2.0 + 4, "tx b e",
            mz_svg_text_cut(chart->arena, bars[i].name, MZ_CHART_TEXT_PX, true, name_width));
        draw_bar(chart, &bars[i], y, left, most > 0 ? (right - left) / most : 0);
        mz_svg_add_text(chart->out, right + GAP_PX, y + ROW_PX / 2.0 + 4,
            bars[i].is_warning ? "tr" : "k",
            mz_svg_text_cut(chart->arena, bars[i].text, MZ_CHART_TEXT_PX, false, text_width));
    }
    mz_svg_add_line(chart->out, left, 0, left, bar_count * ROW_PX + 2 * ABOVE_PX, "z");
    mz_chart_close(chart);
}

static double text_room(const struct mz_chart_tornado *rows, int32_t row_count)
{
    double width = 0;

    for (int32_t i = 0; i < row_count; i++) {
        width = fmax(width, mz_svg_text_width(rows[i].low_text, MZ_CHART_TEXT_PX, false));
        width = fmax(width, mz_svg_text_width(rows[i].high_text, MZ_CHART_TEXT_PX, false));
    }
    return fmin(width, 170) + 8;
}

/* One side of a row: from zero to `value`, its words behind its end. */
static void draw_side(const struct mz_chart *chart, double value, const char *text, double y,
    double zero, double px_per_unit, const char *class_name, bool text_left)
{
    double end;

    if (!isfinite(value))
        return;
    end = zero + value * px_per_unit;
    mz_svg_add_rect(chart->out, fmin(zero, end), y, fabs(end - zero), BAR_PX, class_name);
    mz_svg_add_text(chart->out, text_left ? fmin(zero, end) - 6 : fmax(zero, end) + 6,
        y + BAR_PX - 4, text_left ? "k e" : "k", text);
}

void mz_chart_tornado_draw(
    const struct mz_chart *chart, const struct mz_chart_tornado *rows, int32_t row_count)
{
    double name_width = 0;
    double least = 0;
    double most = 0;
    double room = text_room(rows, row_count);
    double px_per_unit;
    double zero;

    for (int32_t i = 0; i < row_count; i++) {
        name_width = name_width_of(rows[i].name, name_width);
        least = fmin(least,
            fmin(isfinite(rows[i].low) ? rows[i].low : 0,
                isfinite(rows[i].high) ? rows[i].high : 0));
        most = fmax(most,
            fmax(isfinite(rows[i].low) ? rows[i].low : 0,
                isfinite(rows[i].high) ? rows[i].high : 0));
    }
    px_per_unit = (MZ_CHART_WIDTH - name_width - GAP_PX - 2 * room) / fmax(most - least, 1e-9);
    zero = name_width + GAP_PX + room - least * px_per_unit;
    mz_chart_open(chart, row_count * ROW_PX + 2 * ABOVE_PX, NULL);
    for (int32_t i = 0; i < row_count; i++) {
        double y = ABOVE_PX + i * ROW_PX;
        double bar_y = y + (ROW_PX - BAR_PX) / 2.0;
        bool low_is_left = !(rows[i].low > rows[i].high);

        mz_svg_add_text(chart->out, name_width, y + ROW_PX / 2.0 + 4, "tx b e",
            mz_svg_text_cut(chart->arena, rows[i].name, MZ_CHART_TEXT_PX, true, name_width));
        draw_side(
            chart, rows[i].low, rows[i].low_text, bar_y, zero, px_per_unit, "fa", low_is_left);
        draw_side(
            chart, rows[i].high, rows[i].high_text, bar_y, zero, px_per_unit, "fm", !low_is_left);
    }
    mz_svg_add_line(chart->out, zero, 0, zero, row_count * ROW_PX + 2 * ABOVE_PX, "z");
    mz_chart_close(chart);
}
