/* chart.h - what all charts share: frame, axes, series, labels
 *
 * A chart is one <svg role="img"> with <title> and <desc>, of fixed pixel size in its viewBox. The
 * page scales it down at most to MZ_CHART_WIDTH_MIN and then scrolls (html.h). Rules of all charts:
 * - Time runs left to right in true widths: a quarter is as wide as three months, in any language.
 * - The y axis begins at zero (below it where values are negative) and has at most 6 ticks at round
 *   numbers; the unit stands on the top tick only.
 * - Series are labelled directly, at the right edge beside their last value. Labels never overlap:
 *   they are moved apart, and a thin leader shows where they belong.
 * - Nothing is told by colour alone: order, position, dashes and words tell it too.
 * - Text is measured before it is placed, so nothing is cut at the edge.
 * Charts over time carry data-x (the period boundaries) and data-y (top and bottom of the plot) for
 * the read-out script.
 *
 * Values are in the unit of the axis already (k chips, GW, B USD). NAN is a gap; infinite values
 * (no limit) are gaps too.
 */
#ifndef MZ_REPORT_CHART_H
#define MZ_REPORT_CHART_H

#include "base/arena.h"
#include "base/text.h"
#include "domain/series.h"
#include "report/svg.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MZ_CHART_WIDTH = 860,
    MZ_CHART_HEIGHT = 340,
    MZ_CHART_TICK_COUNT_MAX = 6,
    MZ_CHART_SERIES_COUNT_MAX = 100,
    MZ_CHART_TEXT_PX = 12 /* size of the text in all charts */
};

struct mz_chart {
    struct mz_text *out;
    struct mz_arena *arena; /* of the report */
    const char *id;         /* unique in the page: [a-z0-9-]+ */
    const char *title;      /* for readers who do not see it; escaped here */
    const char *desc;
    const char *unit; /* on the top tick: "GW" behind the number, "$B" around it: $40B */
    int32_t height;   /* 0: MZ_CHART_HEIGHT */
    const struct mz_period *periods;
    int32_t period_count;
};

enum mz_chart_look {
    MZ_LOOK_SOLID,
    MZ_LOOK_DASHED, /* a need or a plan */
    MZ_LOOK_LIMIT   /* a limit: dotted */
};

struct mz_chart_series {
    const char *name;
    int32_t color; /* svg.h */
    enum mz_chart_look look;
    const double *values; /* [period] */
    bool is_balance;      /* a line through the ends of the periods, not a step function; */
    double first;         /* its value at the beginning of the first; NAN: unknown */
};

/* Where values are drawn. */
struct mz_plot {
    double left;
    double right;
    double top;
    double bottom;
    double min; /* value at bottom */
    double max; /* value at top */
    const struct mz_period *periods;
    int32_t period_count;
    bool whole_pixels; /* coarse coordinates: for small charts */
};

double mz_plot_y(const struct mz_plot *plot, double value);
/* Left edge of a period; of period_count: the right edge of the last. */
double mz_plot_x(const struct mz_plot *plot, int32_t period);

/* Round ticks that cover [min, max], zero among them; *ret_step is their distance and
 * *ret_decimals how many decimals they need. The last tick is the new max; the first is at or above
 * the new min, which is the old one or zero. At most MZ_CHART_TICK_COUNT_MAX. */
void mz_chart_ticks(double *min, double *max, double *ret_step, int32_t *ret_decimals);

/* <svg ...><title><desc>; hover: with data-x, data-y of the plot (NULL: none). */
void mz_chart_open(const struct mz_chart *chart, double height, const struct mz_plot *plot);
void mz_chart_close(const struct mz_chart *chart);

/* Horizontal rules and tick numbers at the left; years (or months) below. Takes plot->min and
 * plot->max as wanted by the data and rounds them outwards. `percent`: fractions, ticks in %. */
void mz_chart_round_plot(struct mz_plot *plot);
void mz_chart_draw_value_axis(
    const struct mz_chart *chart, const struct mz_plot *plot, bool percent);
void mz_chart_draw_time_axis(const struct mz_chart *chart, const struct mz_plot *plot);

/* Room for the widest tick number, so that plot->left can be set; after mz_chart_round_plot. */
double mz_chart_axis_width(const struct mz_plot *plot, bool percent);

/* The area between two step functions, drawn only where it is not empty. */
void mz_chart_draw_band(const struct mz_chart *chart, const struct mz_plot *plot,
    const double *from, const double *to, const char *class_names);

/* The area from the zero line up to a step function, over all periods in which it is above. */
void mz_chart_draw_layer(const struct mz_chart *chart, const struct mz_plot *plot, const double *to,
    const char *class_names);

/* A step function, interrupted by gaps; values beyond the plot are cut at its edge. */
void mz_chart_draw_steps(const struct mz_chart *chart, const struct mz_plot *plot,
    const double *values, const char *class_names);

/* Straight from the end of one period to the end of the next: for balances. `first` is the value
 * at the beginning of the first period (NAN: begins at the end of the first). */
void mz_chart_draw_ends(const struct mz_chart *chart, const struct mz_plot *plot, double first,
    const double *values, const char *class_names);

/* The number of the top tick with its unit: "4,000 k chips", "$40B", "$2.5/Mtok". */
const char *mz_chart_tick_text(const struct mz_chart *chart, const char *number);

/* "s3 l", "so l d": the classes of a line of this series. Buffer of 16 bytes. */
const char *mz_chart_line_class(char buffer[16], const struct mz_chart_series *series);

/* A label beside the right edge. */
struct mz_chart_label {
    const char *text;
    int32_t color;
    bool swatch; /* a filled square (areas); else a short line in the look of the series */
    enum mz_chart_look look;
    double y; /* where it belongs; set to where it is */
};

/* Width that labels need beside the plot, at most `most`. */
double mz_chart_labels_width(const struct mz_chart_label *labels, int32_t count, double most);

/* Moves labels apart inside top ... bottom; the order of `y` stays (ties: as given). */
void mz_chart_labels_spread(
    struct mz_chart_label *labels, int32_t count, double top, double bottom, double distance);

/* Draws them right of the plot, spread, with leaders; texts cut to `width`. */
void mz_chart_draw_labels(const struct mz_chart *chart, const struct mz_plot *plot,
    struct mz_chart_label *labels, int32_t count, double width);

/* The last value that is not a gap; NAN when there is none. */
double mz_chart_last(const double *values, int32_t count);

#endif
