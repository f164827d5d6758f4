/* chart_lanes.h - what ran where and when: bars in lanes over a numeric time axis
 *
 * A lane is a place, its bars are what ran there, from begin to end, as high as what they used
 * (`size`, the same scale in all lanes, but at least 3 px). Inside a lane bars are stacked so that
 * none covers another: each takes the lowest place that is free for as long as it is drawn, in the
 * order of their beginnings (ties: as given). How it ended is shown at its right end
 * by a mark, not by colour; a line below the lanes explains the marks that occur.
 */
#ifndef MZ_REPORT_CHART_LANES_H
#define MZ_REPORT_CHART_LANES_H

#include "report/chart_xy.h"

enum { MZ_LANE_BAR_COUNT_MAX = 400 };

enum mz_lane_end {
    MZ_LANE_DONE,      /* no mark */
    MZ_LANE_FAILED,    /* hatched end */
    MZ_LANE_PREEMPTED, /* notch */
    MZ_LANE_RECLAIMED, /* two notches */
    MZ_LANE_END_COUNT
};

struct mz_lane {
    const char *name;
    const char *text; /* below the name; NULL: none */
    int32_t color;    /* svg.h; of the name */
};

struct mz_lane_bar {
    int32_t lane;
    double begin; /* seconds, as the axis */
    double end;
    double size;
    int32_t color;
    const char *name; /* written inside where there is room; NULL: none */
    enum mz_lane_end how;
};

struct mz_chart_lanes {
    struct mz_xy_axis axis;
    const struct mz_lane *lanes;
    int32_t lane_count;
    const struct mz_lane_bar *bars; /* at most MZ_LANE_BAR_COUNT_MAX are drawn */
    int32_t bar_count;
    const char *const *end_names; /* [MZ_LANE_END_COUNT] */
};

/* Unit, height and periods of the chart are not used: it is as high as it has to be. */
void mz_chart_lanes_draw(const struct mz_chart *chart, const struct mz_chart_lanes *lanes);

#endif
