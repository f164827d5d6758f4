/* chart_gantt.h - terms as rows over time, the ramp as the height of the bar
 *
 * A row's bar is as high in a period as `values` is against the row's own peak. Held rows are
 * filled, others (to be decided) are outlined in addition; a triangle marks the month to decide by.
 */
#ifndef MZ_REPORT_CHART_GANTT_H
#define MZ_REPORT_CHART_GANTT_H

#include "report/chart.h"

struct mz_chart_gantt_row {
    const char *name;
    int32_t color;
    const double *values; /* [period]; 0 or gap: no bar */
    bool is_outlined;
    int32_t mark_month; /* -1: none */
    const char *text;   /* at the right: "peak 210k chips" */
};

void mz_chart_gantt_draw(
    const struct mz_chart *chart, const struct mz_chart_gantt_row *rows, int32_t row_count);

#endif
