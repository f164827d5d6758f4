/* chart_bar.h - horizontal bars: with marks, and tornado bars around a middle
 *
 * Bars: one row each, name at the left, a filled bar for `value`, an outline for `whole` (what it
 * is part of), a heavy tick at `mark` (what it is judged by), words at the right.
 * Tornado: the change to the left and right of zero by a low and a high case, in the order
 * given.
 */
#ifndef MZ_REPORT_CHART_BAR_H
#define MZ_REPORT_CHART_BAR_H

#include "report/chart.h"

struct mz_chart_bar {
    const char *name;
    int32_t color;
    double value;
    double whole; /* NAN: none */
    double mark;  /* NAN: none */
    const char *text;
    bool is_warning; /* the words in the colour of warnings; they must say so themselves */
};

struct mz_chart_tornado {
    const char *name;
    double low;           /* change by the low case, any sign; NAN: none */
    double high;          /* change by the high case */
    const char *low_text; /* "-10%: -$4.1B" */
    const char *high_text;
};

/* Period fields of the chart are not used; nor is the unit: the words carry it. */
void mz_chart_bars_draw(
    const struct mz_chart *chart, const struct mz_chart_bar *bars, int32_t bar_count);

void mz_chart_tornado_draw(
    const struct mz_chart *chart, const struct mz_chart_tornado *rows, int32_t row_count);

#endif
