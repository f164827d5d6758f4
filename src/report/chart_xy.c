/* chart_xy.c - areas, steps and curves over a numeric axis
 * The cells are handed to chart.c as its periods: their edges in millionths of the axis take the
 * place of months, so bands, frame and read-out are drawn by the same code as those of a plan. */
#include "report/chart_xy.h"

#include "report/chart_time.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { LABEL_WIDTH_MAX = 190, AXIS_ABOVE_PX = 24, LABEL_GAP_PX = 16, KEY_PX = 18, PARTS = 1000000 };

static const char *const dash_arrays[MZ_XY_DASH_COUNT] = { "", "", "", "11 3 2 3", "2 3", "14 5" };

static const struct mz_period *make_periods(struct mz_arena *arena, const struct mz_chart_xy *xy)
{
    struct mz_period *periods = mz_arena_alloc(arena, (size_t)xy->cell_count, sizeof(*periods));
    const struct mz_plot unit = { .left = 0, .right = PARTS };

    for (int32_t t = 0; t < xy->cell_count; t++) {
        periods[t].month_begin = (int32_t)lround(mz_xy_x(&xy->axis, &unit, xy->edges[t]));
        periods[t].month_end = (int32_t)lround(mz_xy_x(&xy->axis, &unit, xy->edges[t + 1]));
    }
    return periods;
}

static void widen(struct mz_plot *plot, double value)
{
    if (!isfinite(value))
        return;
    plot->min = fmin(plot->min, value);
    plot->max = fmax(plot->max, value);
}

static void find_range(struct mz_plot *plot, const struct mz_chart_xy *xy, const double *levels)
{
    plot->min = 0;
    plot->max = xy->max;
    for (int32_t t = 0; t < xy->cell_count; t++) {
        widen(plot, levels[xy->band_count * xy->cell_count + t]);
        if (xy->missing_to)
            widen(plot, xy->missing_to[t]);
        for (int32_t l = 0; l < xy->line_count; l++)
            widen(plot, xy->lines[l].values[t]);
    }
    for (int32_t l = 0; l < xy->line_count; l++) {
        if (xy->lines[l].is_curve)
            widen(plot, xy->lines[l].first);
    }
}

static void open_line(const struct mz_chart *chart, int32_t color, int32_t dash, bool halo)
{
    char class_name[8];

    if (halo) {
        mz_text_add(chart->out, "<path class=\"u\" d=\"");
        return;
    }
    mz_text_addf(chart->out, "<path class=\"%s l%s\"", mz_svg_color_class(class_name, 's', color),
        dash == 1       ? " d"
            : dash == 2 ? " q"
                        : "");
    if (dash_arrays[dash][0] != '\0')
        mz_text_addf(chart->out, " stroke-dasharray=\"%s\"", dash_arrays[dash]);
    mz_text_add(chart->out, " d=\"");
}

static void draw_line(const struct mz_chart *chart, const struct mz_plot *plot,
    const struct mz_xy_line *line, bool halo)
{
    struct mz_svg_pen pen = { .out = chart->out };
    bool drawing = line->is_curve && isfinite(line->first);

    if (!isfinite(mz_chart_last(line->values, plot->period_count)))
        return;
    open_line(chart, line->color, line->dash, halo);
    if (drawing)
        mz_svg_pen_move(&pen, plot->left, mz_plot_y(plot, line->first));
    for (int32_t t = 0; t < plot->period_count; t++) {
        double y = mz_plot_y(plot, line->values[t]);
        bool here = isfinite(line->values[t]);

        if (here && !line->is_curve) {
            if (drawing)
                mz_svg_pen_line(&pen, mz_plot_x(plot, t), y);
            else
                mz_svg_pen_move(&pen, mz_plot_x(plot, t), y);
        }
        if (here && (drawing || !line->is_curve))
            mz_svg_pen_line(&pen, mz_plot_x(plot, t + 1), y);
        else if (here)
            mz_svg_pen_move(&pen, mz_plot_x(plot, t + 1), y);
        drawing = here;
    }
    mz_svg_pen_end(&pen, false);
    mz_text_add(chart->out, "\"/>");
}

/* A label and how its key looks: dash -1 is a filled square. */
struct key {
    struct mz_chart_label label;
    int32_t dash;
};

static void add_key(const struct mz_plot *plot, struct key *keys, int32_t *count, const char *name,
    int32_t color, int32_t dash, double value)
{
    struct key key = { { .text = name, .color = color, .y = mz_plot_y(plot, value) }, dash };
    int32_t i = *count;

    if (!isfinite(value))
        return;
    assert(*count < MZ_CHART_SERIES_COUNT_MAX);
    for (; i > 0 && keys[i - 1].label.y > key.label.y; i--) /* by height; ties as they come */
        keys[i] = keys[i - 1];
    keys[i] = key;
    (*count)++;
}

static int32_t make_keys(const struct mz_plot *plot, const struct mz_chart_xy *xy,
    const double *levels, struct key *keys)
{
    int32_t last = xy->cell_count - 1;
    int32_t count = 0;

    for (int32_t l = 0; l < xy->line_count; l++)
        add_key(plot, keys, &count, xy->lines[l].name, xy->lines[l].color, xy->lines[l].dash,
            mz_chart_last(xy->lines[l].values, xy->cell_count));
    if (xy->missing_from && xy->missing_name) {
        double middle = (xy->missing_from[last] + xy->missing_to[last]) / 2;

        add_key(plot, keys, &count, xy->missing_name, MZ_COLOR_WARN, -1,
            isfinite(middle) ? middle : plot->max);
    }
    for (int32_t b = xy->band_count - 1; b >= 0; b--) {
        const double *level = levels + (size_t)b * (size_t)xy->cell_count;

        add_key(plot, keys, &count, xy->bands[b].name, xy->bands[b].color, -1,
            (level[last] + level[xy->cell_count + last]) / 2);
    }
    return count;
}

static double keys_width(const struct key *keys, int32_t count)
{
    double widest = 0;

    for (int32_t i = 0; i < count; i++)
        widest = fmax(widest, mz_svg_text_width(keys[i].label.text, MZ_CHART_TEXT_PX, true));
    return count > 0 ? fmin(widest + LABEL_GAP_PX + KEY_PX + 8, LABEL_WIDTH_MAX) : 8;
}

static void draw_key(const struct mz_chart *chart, const struct key *key, double x)
{
    struct mz_svg_pen pen = { .out = chart->out };
    char class_name[8];
    double y = key->label.y;

    if (key->dash < 0) {
        mz_svg_add_rect(chart->out, x + KEY_PX - 10, y - 5, 10, 10,
            key->label.color == MZ_COLOR_WARN
                ? "hx"
                : mz_svg_color_class(class_name, 'f', key->label.color));
        return;
    }
    open_line(chart, key->label.color, key->dash, false);
    mz_svg_pen_move(&pen, x, y);
    mz_svg_pen_line(&pen, x + KEY_PX, y);
    mz_svg_pen_end(&pen, false);
    mz_text_add(chart->out, "\"/>");
}

/* keys are sorted by height, so that moving them apart keeps their order. */
static void draw_keys(const struct mz_chart *chart, const struct mz_plot *plot, struct key *keys,
    int32_t count, double width)
{
    struct mz_chart_label *labels =
        mz_arena_alloc(chart->arena, (size_t)count + 1, sizeof(*labels));
    double x = plot->right + LABEL_GAP_PX;
    double room = width - LABEL_GAP_PX - KEY_PX - 6;

    for (int32_t i = 0; i < count; i++)
        labels[i] = keys[i].label;
    mz_chart_labels_spread(labels, count, plot->top + 2, plot->bottom - 2, 15);
    for (int32_t i = 0; i < count; i++) {
        char color[8];
        char classes[16];

        mz_svg_add_line(chart->out, plot->right + 2, keys[i].label.y, x - 3, labels[i].y, "g");
        keys[i].label.y = labels[i].y;
        draw_key(chart, &keys[i], x);
        (void)snprintf(
            classes, sizeof(classes), "%s b", mz_svg_color_class(color, 't', keys[i].label.color));
        mz_svg_add_text(chart->out, x + KEY_PX + 6, labels[i].y + 4, classes,
            mz_svg_text_cut(chart->arena, keys[i].label.text, MZ_CHART_TEXT_PX, true, room));
    }
}

static void draw_content(const struct mz_chart *chart, const struct mz_plot *plot,
    const struct mz_chart_xy *xy, const double *levels)
{
    for (int32_t b = 0; b < xy->band_count; b++) {
        const double *level = levels + (size_t)b * (size_t)xy->cell_count;
        char color[8];

        mz_chart_draw_band(chart, plot, level, level + xy->cell_count,
            mz_svg_color_class(color, 'f', xy->bands[b].color));
    }
    if (xy->missing_from)
        mz_chart_draw_band(chart, plot, xy->missing_from, xy->missing_to, "hx");
    for (int32_t l = 0; l < xy->line_count; l++) {
        if (xy->band_count > 0 && xy->lines[l].dash != 2)
            draw_line(chart, plot, &xy->lines[l], true); /* a halo above the areas */
        draw_line(chart, plot, &xy->lines[l], false);
    }
}

void mz_chart_xy_draw(const struct mz_chart *chart, const struct mz_chart_xy *xy)
{
    double height = chart->height ? chart->height : MZ_CHART_HEIGHT;
    struct mz_plot plot = { .top = AXIS_ABOVE_PX,
        .bottom = height - mz_xy_axis_height(&xy->axis),
        .periods = make_periods(chart->arena, xy),
        .period_count = xy->cell_count };
    struct key keys[MZ_CHART_SERIES_COUNT_MAX];
    const double *levels =
        mz_chart_stack(chart->arena, xy->bands, xy->band_count, xy->cell_count, false);
    double width;
    int32_t key_count;

    assert(xy->cell_count >= 1);
    find_range(&plot, xy, levels);
    mz_chart_round_plot(&plot);
    key_count = make_keys(&plot, xy, levels, keys);
    width = keys_width(keys, key_count);
    plot.left = mz_chart_axis_width(&plot, xy->is_fraction);
    plot.right = MZ_CHART_WIDTH - width;
    mz_chart_open(chart, height, &plot);
    mz_chart_draw_value_axis(chart, &plot, xy->is_fraction);
    draw_content(chart, &plot, xy, levels);
    mz_xy_draw_axis(chart, &plot, &xy->axis);
    draw_keys(chart, &plot, keys, key_count, width);
    mz_chart_close(chart);
}
