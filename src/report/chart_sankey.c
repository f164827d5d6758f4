/* chart_sankey.c - flows through three columns
 * Nodes keep the order in which the largest flows first name them, which keeps big ribbons apart;
 * "other" comes last. Inside a node ribbons are ordered by the node they go to. */
#include "report/chart_sankey.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    NODE_COUNT_MAX = MZ_SANKEY_FLOW_COUNT_MAX + 1,
    NODE_WIDTH_PX = 10,
    NODE_GAP_PX = 16,
    TOP_PX = 28,
    SIDE_PX = 172,
    HEIGHT_PX = 400
};

struct node {
    const char *name;
    int32_t color;
    double amount;
    double y;       /* top */
    double used_in; /* how much of it ribbons have taken on either side, px */
    double used_out;
};

struct column {
    struct node nodes[NODE_COUNT_MAX];
    int32_t count;
    double x;
};

int32_t mz_chart_sankey_reduce(const struct mz_chart_sankey *sankey,
    struct mz_chart_flow reduced[MZ_SANKEY_FLOW_COUNT_MAX + 1])
{
    struct mz_chart_flow rest = { { sankey->other_name, sankey->other_name, sankey->other_name },
        MZ_COLOR_MUTED, 0 };
    int32_t count = 0;

    for (int32_t i = 0; i < sankey->flow_count; i++) {
        const struct mz_chart_flow *flow = &sankey->flows[i];
        int32_t at = count;

        if (!(flow->amount > 0))
            continue;
        while (at > 0 && reduced[at - 1].amount < flow->amount)
            at--;
        if (count == MZ_SANKEY_FLOW_COUNT_MAX) {
            rest.amount += at < count ? reduced[count - 1].amount : flow->amount;
            count -= at < count;
        }
        if (at > count || (at == count && count == MZ_SANKEY_FLOW_COUNT_MAX))
            continue;
        memmove(&reduced[at + 1], &reduced[at], (size_t)(count - at) * sizeof(reduced[0]));
        reduced[at] = *flow;
        count++;
    }
    if (rest.amount > 0)
        reduced[count++] = rest;
    return count;
}

static int32_t node_find(struct column *column, const struct mz_chart_flow *flow, int32_t side)
{
    for (int32_t i = 0; i < column->count; i++) {
        if (strcmp(column->nodes[i].name, flow->names[side]) == 0)
            return i;
    }
    assert(column->count < NODE_COUNT_MAX);
    column->nodes[column->count] = (struct node){ .name = flow->names[side],
        .color = side == 0 ? flow->color : MZ_COLOR_MUTED };
    return column->count++;
}

static double column_amount(const struct column *column)
{
    double sum = 0;

    for (int32_t i = 0; i < column->count; i++)
        sum += column->nodes[i].amount;
    return sum;
}

/* px per amount, so that the fullest column fits with its gaps. */
static double lay_out(struct column columns[3])
{
    int32_t most = 1;
    double sum = column_amount(&columns[0]);
    double scale;

    for (int32_t c = 0; c < 3; c++)
        most = columns[c].count > most ? columns[c].count : most;
    scale = (HEIGHT_PX - TOP_PX - 4 - NODE_GAP_PX * (most - 1)) / fmax(sum, 1e-300);
    for (int32_t c = 0; c < 3; c++) {
        double used = sum * scale + NODE_GAP_PX * (columns[c].count - 1);
        double y = TOP_PX + (HEIGHT_PX - TOP_PX - 4 - used) / 2;

        columns[c].x = SIDE_PX + (MZ_CHART_WIDTH - 2 * SIDE_PX - NODE_WIDTH_PX) / 2.0 * c;
        for (int32_t i = 0; i < columns[c].count; i++) {
            columns[c].nodes[i].y = y;
            y += columns[c].nodes[i].amount * scale + NODE_GAP_PX;
        }
    }
    return scale;
}

static void draw_ribbon(const struct mz_chart *chart, const struct column *from_column,
    const struct column *to_column, struct node *from, struct node *to, double thickness,
    int32_t color)
{
    struct mz_text *out = chart->out;
    double x1 = from_column->x + NODE_WIDTH_PX;
    double x2 = to_column->x;
    double middle = (x1 + x2) / 2;
    double y1 = from->y + from->used_out;
    double y2 = to->y + to->used_in;
    char class_name[8];
    const double points[] = { middle, y1, middle, y2, x2, y2 };
    const double back[] = { middle, y2 + thickness, middle, y1 + thickness, x1, y1 + thickness };

    from->used_out += thickness;
    to->used_in += thickness;
    mz_text_addf(out, "<path class=\"%s y\" d=\"M", mz_svg_color_class(class_name, 'f', color));
    mz_svg_add_number(out, x1);
    mz_svg_add_next(out, y1);
    mz_text_add(out, "C");
    for (int32_t i = 0; i < 6; i++)
        mz_svg_add_next(out, points[i]);
    mz_text_add(out, "V");
    mz_svg_add_number(out, y2 + thickness);
    mz_text_add(out, "C");
    for (int32_t i = 0; i < 6; i++)
        mz_svg_add_next(out, back[i]);
    mz_text_add(out, "z\"/>");
}

static void draw_nodes(const struct mz_chart *chart, const struct mz_chart_sankey *sankey,
    const struct column *column, int32_t side, double scale)
{
    double text_x = side == 0 ? column->x - 8 : column->x + NODE_WIDTH_PX + 8;

    mz_svg_add_text(
        chart->out, text_x, 12, side == 0 ? "k b e" : "k b", sankey->column_titles[side]);
    for (int32_t i = 0; i < column->count; i++) {
        const struct node *node = &column->nodes[i];
        double height = node->amount * scale;
        char number[MZ_NUMBER_MAX];
        char color[8];
        const char *text;

        mz_svg_add_rect(chart->out, column->x, node->y, NODE_WIDTH_PX, fmax(height, 1),
            mz_svg_color_class(color, 'f', side == 0 ? node->color : MZ_COLOR_TEXT));
        sankey->format(number, node->amount);
        text = mz_svg_text_cut(chart->arena, node->name, MZ_CHART_TEXT_PX, false,
            SIDE_PX - 16 - mz_svg_text_width(number, MZ_CHART_TEXT_PX, false));
        mz_svg_add_text(chart->out, text_x, node->y + height / 2 + 4, side == 0 ? "tx h e" : "tx h",
            mz_arena_printf(chart->arena, "%s %s", text, number));
    }
}

/* Ribbons of one gap in the order of both ends, so that they cross as little as they can. */
static void draw_gap(const struct mz_chart *chart, struct column columns[3], int32_t gap,
    const struct mz_chart_flow *flows, int32_t flow_count, double scale)
{
    for (int32_t a = 0; a < columns[gap].count; a++) {
        for (int32_t b = 0; b < columns[gap + 1].count; b++) {
            for (int32_t i = 0; i < flow_count; i++) {
                if (node_find(&columns[gap], &flows[i], gap) != a ||
                    node_find(&columns[gap + 1], &flows[i], gap + 1) != b)
                    continue;
                draw_ribbon(chart, &columns[gap], &columns[gap + 1], &columns[gap].nodes[a],
                    &columns[gap + 1].nodes[b], flows[i].amount * scale, flows[i].color);
            }
        }
    }
}

void mz_chart_sankey_draw(const struct mz_chart *chart, const struct mz_chart_sankey *sankey)
{
    struct mz_chart_flow flows[MZ_SANKEY_FLOW_COUNT_MAX + 1];
    int32_t flow_count = mz_chart_sankey_reduce(sankey, flows);
    struct column columns[3] = { 0 };
    double scale;

    for (int32_t i = 0; i < flow_count; i++) {
        for (int32_t c = 0; c < 3; c++) {
            int32_t at = node_find(&columns[c], &flows[i], c);

            columns[c].nodes[at].amount += flows[i].amount;
        }
    }
    scale = lay_out(columns);
    mz_chart_open(chart, HEIGHT_PX, NULL);
    draw_gap(chart, columns, 0, flows, flow_count, scale);
    draw_gap(chart, columns, 1, flows, flow_count, scale);
    for (int32_t c = 0; c < 3; c++)
        draw_nodes(chart, sankey, &columns[c], c, scale);
    mz_chart_close(chart);
}
