/* panel_context.h - what the panels of a plan's report share
 *
 * A panel is one function, mz_panel_<name>_write(panels), that writes one <section>. It computes
 * every word it says from the result; nothing is typed that a number decides.
 * Texts made here live in the arena of the report.
 */
#ifndef MZ_PLAN_PANEL_CONTEXT_H
#define MZ_PLAN_PANEL_CONTEXT_H

#include "plan/html_report.h"
#include "report/chart.h"
#include "report/html.h"

struct mz_panels {
    struct mz_html html;
    struct mz_arena *arena;
    enum mz_language language;
    const struct mz_html_report *report;
    const struct mz_plan_result *result;
    const struct mz_scenario *scenario;
    int32_t period_count;
    const struct mz_period *periods;
    const char *const *period_names; /* "2028Q1" */
};

/* Short names for what every panel does in every second line. */
const char *mz_panel_say(const struct mz_panels *panels, enum mz_phrase phrase);
const char *mz_panel_fill(
    const struct mz_panels *panels, enum mz_phrase phrase, const char *const *args); /* HTML */
const char *mz_panel_fill_plain(
    const struct mz_panels *panels, enum mz_phrase phrase, const char *const *args);

/* Numbers for people as arena texts: "$38.0B", "147k", "4.50 GW", "97.5%", "12". */
const char *mz_panel_usd(const struct mz_panels *panels, double usd);
const char *mz_panel_usd_change(const struct mz_panels *panels, double usd); /* "+$8.0B" */
const char *mz_panel_chips(const struct mz_panels *panels, double chips);
const char *mz_panel_power(const struct mz_panels *panels, double power_mw);
const char *mz_panel_percent(const struct mz_panels *panels, double fraction, int32_t decimals);
const char *mz_panel_fixed(const struct mz_panels *panels, double value, int32_t decimals);
const char *mz_panel_count(const struct mz_panels *panels, int32_t count);
/* "openai.yaml:12", "" without a place. The file without its folders. */
const char *mz_panel_mark(const struct mz_panels *panels, struct mz_mark mark);
/* "2028Q1" or "2028Q1 to 2029Q4". */
const char *mz_panel_range(const struct mz_panels *panels, int32_t from, int32_t to);
/* "2025-11 to 2032-12" of a month range; the end is the first month behind. */
const char *mz_panel_month(const struct mz_panels *panels, int32_t month);
/* A rule's name in the reader's language; unknown ones as they are. */
const char *mz_panel_rule(const struct mz_panels *panels, const char *rule);

int32_t mz_panel_partner_color(const struct mz_panels *panels, int32_t partner);
const char *mz_panel_partner_label(const struct mz_panels *panels, int32_t partner);

/* An array with one value a period, zeroed. */
double *mz_panel_series(const struct mz_panels *panels);
/* values[t] * factor. */
double *mz_panel_scaled(const struct mz_panels *panels, const double *values, double factor);
/* values[t] as a rate a year: * 12 / months * factor. */
double *mz_panel_yearly(const struct mz_panels *panels, const double *values, double factor);
bool mz_panel_is_empty(const struct mz_panels *panels, const double *values); /* all zero or gaps */
double mz_panel_sum(const struct mz_panels *panels, const double *values);
double mz_panel_max(const struct mz_panels *panels, const double *values); /* of the finite ones */

/* The limit that holds for a partner's share of power in period t; NAN: none. */
double mz_panel_share_limit(const struct mz_panels *panels, int32_t partner, int32_t t);
/* The partner (not own) with the largest share of power in t and its share; -1 where none has. */
int32_t mz_panel_largest_partner(const struct mz_panels *panels,
    const struct mz_plan_result *result, int32_t t, double *ret_share);
/* The same over all periods; *ret_period is where. */
int32_t mz_panel_largest_share(const struct mz_panels *panels, const struct mz_plan_result *result,
    double *ret_share, int32_t *ret_period);

/* Demand as delivered chips (or their power, MW) that serving everything needs: what is assigned,
 * divided by the availability of its site, plus what is missing. */
void mz_panel_demand(const struct mz_panels *panels, const struct mz_plan_result *result,
    double *ret_chips, double *ret_power_mw, double *ret_short_power_mw);

/* A data table with one row a period. */
struct mz_panel_column {
    const char *key;
    const char *title;
    const char *unit;
    const double *values;
    int32_t decimals;
};

/* The first `sum_count` columns are rounded so that each row sums to the column behind them (0:
 * no sum). Borrowed columns; the table lives in the arena. */
struct mz_table *mz_panel_time_table(const struct mz_panels *panels,
    const struct mz_panel_column *columns, int32_t column_count, int32_t sum_count);

/* Section with a computed headline; kicker and number as in the list of panels. */
void mz_panel_open(struct mz_panels *panels, const char *id, int32_t number, enum mz_phrase kicker,
    const char *headline_html, const char *subtitle_html);
/* A whole panel that has no data: the sentence in place of the chart. */
void mz_panel_empty(struct mz_panels *panels, const char *id, int32_t number, enum mz_phrase kicker,
    enum mz_phrase sentence);
/* A chart with the panels' periods; title and desc are plain text. */
struct mz_chart mz_panel_chart(struct mz_panels *panels, const char *id, const char *title,
    const char *desc, const char *unit, int32_t height);
/* Opens the figure of a chart: its title names the scroll container. */
void mz_panel_figure(struct mz_panels *panels, const struct mz_chart *chart);

#endif
