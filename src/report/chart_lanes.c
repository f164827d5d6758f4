/* chart_lanes.c - what ran where and when
 * Stacking is done in pixels, with the extents that are drawn, so a bar too short to be seen takes
 * its place too. The scale of sizes is searched: the largest of a few at which all lanes together
 * are not higher than LANES_PX, or than each of them being twice as high as its name needs. */
#include "report/chart_lanes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LANES_PX = 560,
    LANE_PX_MIN = 34,
    LANE_GAP_PX = 8,
    NAME_WIDTH_MAX = 180,
    NAME_GAP_PX = 12,
    RIGHT_PX = 6,
    BAR_PX_MIN = 3,
    BAR_WIDTH_MIN = 2,
    MARK_PX = 10,
    KEY_ROW_PX = 24,
    TEXT_BAR_PX = 14, /* bars as high as this carry their name */
    ROUND_COUNT = 12
};

struct box { /* of one bar, px; y from the bottom of its lane */
    double left;
    double right;
    double y;
    double height;
    int32_t bar;
};

struct drawing {
    const struct mz_chart *chart;
    const struct mz_chart_lanes *lanes;
    struct mz_plot plot;
    int32_t box_count;
    struct box *boxes; /* as the bars */
    double *heights;   /* of lanes */
};

static bool overlap(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right;
}

/* The lowest place for box i above those before it in its lane: tries 0 and the top of each. */
static double lowest_place(const struct drawing *drawing, int32_t i)
{
    const struct box *boxes = drawing->boxes;
    int32_t lane = drawing->lanes->bars[boxes[i].bar].lane;
    double y = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        for (int32_t j = 0; j < i; j++) {
            if (drawing->lanes->bars[boxes[j].bar].lane != lane || !overlap(&boxes[i], &boxes[j]))
                continue;
            if (y < boxes[j].y + boxes[j].height - 1e-9 &&
                boxes[j].y < y + boxes[i].height - 1e-9) {
                y = boxes[j].y + boxes[j].height;
                moved = true;
            }
        }
    }
    return y;
}

/* Stacks all bars at so many pixels a unit of size; returns the height of all lanes. */
static double stack(struct drawing *drawing, double px_per_size)
{
    double total = 0;

    for (int32_t l = 0; l < drawing->lanes->lane_count; l++)
        drawing->heights[l] = LANE_PX_MIN;
    for (int32_t i = 0; i < drawing->box_count; i++) {
        struct box *box = &drawing->boxes[i];
        const struct mz_lane_bar *bar = &drawing->lanes->bars[box->bar];

        box->height = fmax(round(bar->size * px_per_size), BAR_PX_MIN);
        box->y = lowest_place(drawing, i);
        drawing->heights[bar->lane] = fmax(drawing->heights[bar->lane], box->y + box->height);
    }
    for (int32_t l = 0; l < drawing->lanes->lane_count; l++)
        total += drawing->heights[l] + LANE_GAP_PX;
    return total;
}

static void find_scale(struct drawing *drawing)
{
    double most = fmax(LANES_PX, drawing->lanes->lane_count * 2.0 * (LANE_PX_MIN + LANE_GAP_PX));
    double largest = 0;
    double scale;

    for (int32_t i = 0; i < drawing->box_count; i++)
        largest = fmax(largest, drawing->lanes->bars[drawing->boxes[i].bar].size);
    scale = largest > 0 ? 120 / largest : 1; /* no bar is higher than this */
    for (int32_t round = 0; round < ROUND_COUNT; round++, scale *= 0.75) {
        if (stack(drawing, scale) <= most)
            return;
    }
}

static int compare_boxes(const void *left, const void *right)
{
    const struct box *a = left;
    const struct box *b = right;

    if (a->left != b->left)
        return a->left < b->left ? -1 : 1;
    return a->bar < b->bar ? -1 : a->bar > b->bar;
}

static void make_boxes(struct drawing *drawing)
{
    const struct mz_chart_lanes *lanes = drawing->lanes;

    for (int32_t i = 0; i < lanes->bar_count && i < MZ_LANE_BAR_COUNT_MAX; i++) {
        const struct mz_lane_bar *bar = &lanes->bars[i];
        struct box box = { .bar = i };

        if (bar->lane < 0 || bar->lane >= lanes->lane_count)
            continue;
        box.left = mz_xy_x(&lanes->axis, &drawing->plot, bar->begin);
        box.right = mz_xy_x(&lanes->axis, &drawing->plot, bar->end);
        if (box.right - box.left < BAR_WIDTH_MIN)
            box.right = box.left + BAR_WIDTH_MIN;
        drawing->boxes[drawing->box_count++] = box;
    }
    qsort(drawing->boxes, (size_t)drawing->box_count, sizeof(*drawing->boxes), compare_boxes);
}

/* A triangle cut out of the right end. */
static void draw_notch(struct mz_text *out, double x, double top, double bottom, double depth)
{
    struct mz_svg_pen pen = { .out = out };

    mz_text_add(out, "<path class=\"hb\" d=\"");
    mz_svg_pen_move(&pen, x, top);
    mz_svg_pen_line(&pen, x - depth, (top + bottom) / 2);
    mz_svg_pen_line(&pen, x, bottom);
    mz_svg_pen_end(&pen, true);
    mz_text_add(out, "\"/>");
}

/* The bar from left to right, its top and bottom, with the mark of its end. */
static void draw_bar(struct mz_text *out, double left, double right, double top, double bottom,
    int32_t color, enum mz_lane_end how)
{
    double mark = fmin(MARK_PX, (right - left) * 0.7);
    char class_name[8];
    char classes[16];

    (void)snprintf(classes, sizeof(classes), "%s n", mz_svg_color_class(class_name, 'f', color));
    mz_svg_add_rect(out, left, top, right - left, bottom - top, classes);
    switch (how) {
    case MZ_LANE_DONE:
    case MZ_LANE_END_COUNT: break;
    case MZ_LANE_FAILED:
        mz_svg_add_rect(out, right - mark, top + .5, mark, bottom - top - 1, "hx");
        break;
    case MZ_LANE_PREEMPTED: draw_notch(out, right + .5, top, bottom, mark * 0.8); break;
    case MZ_LANE_RECLAIMED:
        draw_notch(out, right + .5, top, (top + bottom) / 2, mark * 0.8);
        draw_notch(out, right + .5, (top + bottom) / 2, bottom, mark * 0.8);
        break;
    }
}

/* Light text on dark bars and dark on light ones cannot be had from classes: a halo does both. */
static void draw_bar_name(const struct drawing *drawing, const struct box *box, double base)
{
    const struct mz_lane_bar *bar = &drawing->lanes->bars[box->bar];
    double room = box->right - box->left - 10 - (bar->how == MZ_LANE_DONE ? 0 : MARK_PX);

    if (!bar->name || box->height < TEXT_BAR_PX ||
        mz_svg_text_width(bar->name, MZ_CHART_TEXT_PX, false) > room)
        return;
    mz_svg_add_text(
        drawing->chart->out, box->left + 5, base - box->y - box->height / 2 + 4, "h", bar->name);
}

static void draw_lane(const struct drawing *drawing, int32_t lane, double top)
{
    const struct mz_chart *chart = drawing->chart;
    const struct mz_lane *found = &drawing->lanes->lanes[lane];
    const struct mz_plot *plot = &drawing->plot;
    double base = top + drawing->heights[lane];
    double room = plot->left - NAME_GAP_PX;
    char color[8];
    char classes[16];

    mz_svg_add_line(chart->out, 0, base + 1, plot->right, base + 1, "g");
    (void)snprintf(classes, sizeof(classes), "%s b", mz_svg_color_class(color, 't', found->color));
    mz_svg_add_text(chart->out, 0, base - (found->text ? 19 : 5), classes,
        mz_svg_text_cut(chart->arena, found->name, MZ_CHART_TEXT_PX, true, room));
    if (found->text)
        mz_svg_add_text(chart->out, 0, base - 4, "k",
            mz_svg_text_cut(chart->arena, found->text, MZ_CHART_TEXT_PX, false, room));
    for (int32_t i = 0; i < drawing->box_count; i++) {
        const struct box *box = &drawing->boxes[i];
        const struct mz_lane_bar *bar = &drawing->lanes->bars[box->bar];

        if (bar->lane != lane)
            continue;
        draw_bar(chart->out, box->left, box->right, base - box->y - box->height, base - box->y,
            bar->color, bar->how);
        draw_bar_name(drawing, box, base);
    }
}

static bool has_end(const struct drawing *drawing, enum mz_lane_end how)
{
    for (int32_t i = 0; i < drawing->box_count; i++) {
        if (drawing->lanes->bars[drawing->boxes[i].bar].how == how)
            return true;
    }
    return false;
}

static void draw_key_row(const struct drawing *drawing, double y)
{
    double x = drawing->plot.left;

    for (int32_t e = MZ_LANE_FAILED; e < MZ_LANE_END_COUNT; e++) {
        const char *name = drawing->lanes->end_names[e];
        double width = mz_svg_text_width(name, MZ_CHART_TEXT_PX, false);

        if (!has_end(drawing, (enum mz_lane_end)e) || x + 32 + width > MZ_CHART_WIDTH)
            continue;
        draw_bar(
            drawing->chart->out, x, x + 26, y - 10, y + 1, MZ_COLOR_MUTED, (enum mz_lane_end)e);
        mz_svg_add_text(drawing->chart->out, x + 32, y, "k", name);
        x += 32 + width + 18;
    }
}

void mz_chart_lanes_draw(const struct mz_chart *chart, const struct mz_chart_lanes *lanes)
{
    struct drawing drawing = { .chart = chart, .lanes = lanes };
    double name_width = 0;
    double top = 0;
    double height;
    bool has_key = false;

    for (int32_t l = 0; l < lanes->lane_count; l++) {
        const struct mz_lane *lane = &lanes->lanes[l];

        name_width = fmax(name_width, mz_svg_text_width(lane->name, MZ_CHART_TEXT_PX, true));
        if (lane->text)
            name_width = fmax(name_width, mz_svg_text_width(lane->text, MZ_CHART_TEXT_PX, false));
    }
    drawing.plot.left = fmin(name_width, NAME_WIDTH_MAX) + NAME_GAP_PX;
    drawing.plot.right = MZ_CHART_WIDTH - RIGHT_PX;
    drawing.boxes = mz_arena_alloc(chart->arena, MZ_LANE_BAR_COUNT_MAX, sizeof(*drawing.boxes));
    drawing.heights =
        mz_arena_alloc(chart->arena, (size_t)lanes->lane_count + 1, sizeof(*drawing.heights));
    make_boxes(&drawing);
    find_scale(&drawing);
    for (int32_t l = 0; l < lanes->lane_count; l++)
        top += drawing.heights[l] + LANE_GAP_PX;
    for (int32_t e = MZ_LANE_FAILED; e < MZ_LANE_END_COUNT && !has_key; e++)
        has_key = has_end(&drawing, (enum mz_lane_end)e);
    drawing.plot.bottom = top;
    height = top + mz_xy_axis_height(&lanes->axis) + (has_key ? KEY_ROW_PX : 0);
    mz_chart_open(chart, height, NULL);
    top = 0;
    for (int32_t l = 0; l < lanes->lane_count; l++) {
        draw_lane(&drawing, l, top + LANE_GAP_PX);
        top += drawing.heights[l] + LANE_GAP_PX;
    }
    mz_xy_draw_axis(chart, &drawing.plot, &lanes->axis);
    if (has_key)
        draw_key_row(&drawing, height - 8);
    mz_chart_close(chart);
}
