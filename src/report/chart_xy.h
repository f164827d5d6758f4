/* chart_xy.h - areas, steps and curves over a numeric axis: dates, time since a beginning, durations
 *
 * As chart_time.h, whose x axis knows only months: the axis here is cut into cells of any width, one
 * value a cell; a cell is what the read-out shows, so the data table needs one row a cell, named
 * by mz_xy_cell_name. Bands are stacked from the bottom up, `missing` is hatched between two step
 * functions, lines lie on top and are labelled at the right edge by where they end. Lines differ by
 * their dashes, not only by colour.
 *
 * Scales. MZ_XY_DATES: seconds of Unix time, ticks at round times of the calendar (UTC), days and
 * years in a second row. MZ_XY_SINCE: seconds since the beginning, ticks in s, min, h or d.
 * MZ_XY_LOG: durations in seconds > 0 on a logarithmic scale of a decade at least, ticks at 1 s,
 * 10 s, 1 min, ... 1 d.
 */
#ifndef MZ_REPORT_CHART_XY_H
#define MZ_REPORT_CHART_XY_H

#include "report/chart.h"

enum mz_xy_scale { MZ_XY_DATES, MZ_XY_SINCE, MZ_XY_LOG };

struct mz_xy_axis {
    enum mz_xy_scale scale;
    double begin; /* seconds, at the left edge */
    double end;   /* > begin */
};

enum { MZ_XY_DASH_COUNT = 6 }; /* 0: solid, 1: dashed, 2: dotted (limits) and three more */

struct mz_xy_line {
    const char *name;
    int32_t color;        /* svg.h */
    int32_t dash;         /* 0 ... MZ_XY_DASH_COUNT - 1 */
    const double *values; /* [cell]; a gap where not finite */
    bool is_curve;        /* straight from the end of one cell to the end of the next; */
    double first;         /* its value at the beginning of the first; NAN: unknown */
};

struct mz_chart_xy {
    struct mz_xy_axis axis;
    const double *edges; /* [cell_count + 1], increasing, from axis.begin to axis.end */
    int32_t cell_count;  /* >= 1 */
    const struct mz_chart_series *bands; /* look is not used */
    int32_t band_count;
    const struct mz_xy_line *lines;
    int32_t line_count;
    const double *missing_from; /* NULL: none */
    const double *missing_to;
    const char *missing_name;
    double max;       /* least top of the value axis; 0: from the data */
    bool is_fraction; /* ticks in % */
};

/* Period fields of the chart are not used. MZ_CHART_SERIES_COUNT_MAX bands and lines together. */
void mz_chart_xy_draw(const struct mz_chart *chart, const struct mz_chart_xy *xy);

/* Pixels below the plot that the axis takes. */
double mz_xy_axis_height(const struct mz_xy_axis *axis);

/* Where a value lies between the edges of the plot; outside of it at its edge. */
double mz_xy_x(const struct mz_xy_axis *axis, const struct mz_plot *plot, double value);

/* Ticks and their names below the plot. */
void mz_xy_draw_axis(
    const struct mz_chart *chart, const struct mz_plot *plot, const struct mz_xy_axis *axis);

/* A point of the axis, as exact as its span asks for: "2017-10-01 12:30", "3 d 04:00", "2.5 min". */
const char *mz_xy_point_name(struct mz_arena *arena, const struct mz_xy_axis *axis, double value);

/* A duration for people: "0 s", "0.25 s", "45 s", "7.30 min", "2.10 h", "3.40 d"; "-" for NAN.
 * A no-break space before the unit. */
const char *mz_xy_duration(struct mz_arena *arena, double seconds);

#endif
