/* chart_multiples.h - many small charts over time, alike in form, in one drawing
 *
 * A grid of cells, each with a name, a figure (a few words at its right), stacked bands and lines.
 * With `same_scale` all cells share one y axis, so heights may be compared; else each has its own,
 * whose top is printed. Only the first and last year are named below.
 */
#ifndef MZ_REPORT_CHART_MULTIPLES_H
#define MZ_REPORT_CHART_MULTIPLES_H

#include "report/chart.h"

struct mz_chart_cell {
    const char *name;
    const char *figure; /* "97% of 1.2 GW"; NULL: none */
    const char *unit;   /* on its top tick; NULL: the chart's */
    bool is_warning;    /* the figure needs attention: marked and in the colour of warnings */
    const struct mz_chart_series *bands;
    int32_t band_count;
    const struct mz_chart_series *lines;
    int32_t line_count;
    const double *missing_from; /* NULL: none */
    const double *missing_to;
};

struct mz_chart_multiples {
    const struct mz_chart_cell *cells;
    int32_t cell_count;
    int32_t column_count; /* 2 ... 5 */
    int32_t cell_height;  /* of the plot, px; 0: 76 */
    bool same_scale;
};

/* chart->unit stands on the top tick of each cell, chart->height is ignored. */
void mz_chart_multiples_draw(
    const struct mz_chart *chart, const struct mz_chart_multiples *multiples);

#endif
