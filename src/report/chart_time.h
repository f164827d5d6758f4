/* chart_time.h - areas, columns and lines over time, in one frame
 *
 * Bands are stacked from the bottom up (stacked area). With `percent` they are stacked to 100% of
 * their own sum, and lines are fractions of 1 on the same axis. Columns are as wide as their
 * period; stacked ones go up from zero where positive and down where negative. Give rates (a year)
 * rather than amounts where periods differ in length: then area is amount. Lines lie on top.
 * `missing` is hatched between two step functions, above everything but lines.
 * Bands and columns are labelled top first at the right edge, then lines, by where they end.
 */
#ifndef MZ_REPORT_CHART_TIME_H
#define MZ_REPORT_CHART_TIME_H

#include "report/chart.h"

struct mz_chart_time {
    const struct mz_chart_series *bands;
    int32_t band_count;
    bool percent;
    const struct mz_chart_series *columns;
    int32_t column_count;
    bool is_grouped; /* columns side by side instead of stacked */
    const struct mz_chart_series *lines;
    int32_t line_count;
    const double *missing_from; /* NULL: none */
    const double *missing_to;
    const char *missing_name;
    double max;       /* least top of the axis; 0: from the data */
    bool is_fraction; /* without bands: values are fractions, ticks in % */
};

/* MZ_CHART_SERIES_COUNT_MAX bands, columns and lines together. */
void mz_chart_time_draw(const struct mz_chart *chart, const struct mz_chart_time *time);

/* The bands' bottoms and tops: [(band_count + 1) * period_count], level b is the bottom of band b.
 * Gaps count as 0. With `percent`, a period whose sum is 0 is a gap. For the small multiples. */
double *mz_chart_stack(struct mz_arena *arena, const struct mz_chart_series *bands,
    int32_t band_count, int32_t period_count, bool percent);

#endif
