/* chart_sankey.h - flows through three columns
 *
 * A flow goes from a node of the first column through one of the second to one of the third. At
 * most MZ_SANKEY_FLOW_COUNT_MAX flows are drawn, the largest; the rest is one flow through nodes
 * named "other". Heights are amounts; a node's number is the sum of the flows through it.
 * A flow has the colour of its node in the first column.
 */
#ifndef MZ_REPORT_CHART_SANKEY_H
#define MZ_REPORT_CHART_SANKEY_H

#include "report/chart.h"

enum { MZ_SANKEY_FLOW_COUNT_MAX = 12 };

struct mz_chart_flow {
    const char *names[3]; /* compared by text */
    int32_t color;
    double amount; /* > 0; others are dropped */
};

struct mz_chart_sankey {
    const struct mz_chart_flow *flows;
    int32_t flow_count;
    const char *column_titles[3];
    const char *other_name;
    /* Writes an amount for people into a buffer of MZ_NUMBER_MAX. */
    const char *(*format)(char *buffer, double amount);
};

void mz_chart_sankey_draw(const struct mz_chart *chart, const struct mz_chart_sankey *sankey);

/* The flows that are drawn: largest first, the rest summed up as the last one. Returns how many. */
int32_t mz_chart_sankey_reduce(const struct mz_chart_sankey *sankey,
    struct mz_chart_flow reduced[MZ_SANKEY_FLOW_COUNT_MAX + 1]);

#endif
