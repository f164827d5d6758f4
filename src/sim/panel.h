/* panel.h - what the panels of a simulation's report share, and the panels in their order
 *
 * A panel is one function that writes one <section>; every word it says is computed from the
 * results. `best` is the run that finishes jobs soonest among those that finished most of them;
 * panels that can show only one run show it. Lines are drawn for at most MZ_SIM_RUN_SHOWN_MAX runs:
 * the best, the first given, then the next best; `shown` lists them, best first.
 *
 * Time. The series of the runs begin and end where their runs did, so they are drawn over common
 * cells, those of one run over its own, at most MZ_SIM_CELL_COUNT_MAX: what a page of tables can
 * hold. Times are dates where the trace has real ones, else time since its beginning. Texts live in
 * the arena of the report; names from files are cut to MZ_SIM_NAME_MAX letters.
 */
#ifndef MZ_SIM_PANEL_H
#define MZ_SIM_PANEL_H

#include "report/chart_xy.h"
#include "report/html.h"
#include "sim/output.h"

enum {
    MZ_SIM_RUN_SHOWN_MAX = 6,
    MZ_SIM_CELL_COUNT_MAX = 160,
    MZ_SIM_NAME_MAX = 40,
    MZ_SIM_BAND_COUNT_MAX = 11 /* partners with a band of their own; the others share one */
};

/* Equal spans of time that a chart and its table have in common. */
struct mz_sim_cells {
    struct mz_xy_axis axis;
    int32_t count; /* 0: no run has a series */
    double *edges; /* [count + 1], seconds of the axis */
    const char **names;
};

struct mz_sim_page {
    struct mz_html html;
    struct mz_arena *arena;
    enum mz_language language;
    const struct mz_sim_run_set *set;
    const char *command;
    const char **run_names; /* "easy"; "easy, seed 43" where a policy ran with several seeds */
    int32_t best;           /* -1: there is no run */
    int32_t rival;          /* what the best is compared with; -1: nothing */
    int32_t shown_count;
    int32_t shown[MZ_SIM_RUN_SHOWN_MAX];
    struct mz_sim_cells all; /* of all drawn runs together */
    struct mz_sim_cells own; /* of the best run alone */
    int32_t number;          /* of the next panel */
};

/* Short names for what every panel does in every second line. */
const char *mz_sim_page_say(const struct mz_sim_page *page, enum mz_phrase phrase);
const char *mz_sim_page_fill(
    const struct mz_sim_page *page, enum mz_phrase phrase, const char *const *args); /* HTML */
const char *mz_sim_page_fill_plain(
    const struct mz_sim_page *page, enum mz_phrase phrase, const char *const *args);

const char *mz_sim_page_name(const struct mz_sim_page *page, const char *name); /* cut */
const char *mz_sim_page_cut(const struct mz_sim_page *page, const char *text, int32_t most);
/* With places to break words that are wider than a telephone; mz_sim_page_fill does it too. */
const char *mz_sim_page_breakable(const struct mz_sim_page *page, const char *text);
const char *mz_sim_page_job(const struct mz_sim_page *page, int32_t job); /* cut */
const char *mz_sim_page_count(const struct mz_sim_page *page, double count);
const char *mz_sim_page_percent(const struct mz_sim_page *page, double fraction);
const char *mz_sim_page_duration(const struct mz_sim_page *page, double seconds);
/* A date or time that is not broken between two lines. */
const char *mz_sim_page_when(const struct mz_sim_page *page, const char *name);
const char *mz_sim_page_usd(const struct mz_sim_page *page, double usd);
const struct mz_sim_result *mz_sim_page_run(const struct mz_sim_page *page, int32_t run);
const struct mz_sim_result *mz_sim_page_best(const struct mz_sim_page *page);

/* The n-th drawn run as a line over `values`. */
struct mz_xy_line mz_sim_page_line(
    const struct mz_sim_page *page, int32_t shown, const double *values);

/* Sets best, rival and shown; then the cells. */
void mz_sim_page_choose(struct mz_sim_page *page);
void mz_sim_page_make_cells(struct mz_sim_page *page);

/* The means of a series over cells; NAN where it has no value. NULL values: all NAN. */
double *mz_sim_page_resample(const struct mz_sim_page *page, const struct mz_sim_cells *cells,
    const struct mz_sim_series *series, const double *values);

/* The index of the largest finite value; -1 when there is none. */
int32_t mz_sim_page_peak(const double *values, int32_t count);

/* A table with one row a cell. The first `sum_count` columns are rounded so that each row sums to the
 * column behind them (0: no sum). Columns are borrowed. */
struct mz_sim_column {
    const char *key;
    const char *title;
    const char *unit;
    const double *values;
    int32_t decimals;
    bool is_fraction; /* shown in % */
};
struct mz_table *mz_sim_page_time_table(const struct mz_sim_page *page,
    const struct mz_sim_cells *cells, const struct mz_sim_column *columns, int32_t count,
    int32_t sum_count);

/* Section with a computed headline, numbered on. */
void mz_sim_page_open(struct mz_sim_page *page, const char *id, enum mz_phrase kicker,
    const char *headline_html, const char *subtitle_html);
/* A chart and its open figure; title and desc are plain text. */
struct mz_chart mz_sim_page_figure(struct mz_sim_page *page, const char *id, const char *title,
    const char *desc, const char *unit, int32_t height);
/* "6 of 50 runs are drawn", when they are not all. */
void mz_sim_page_note_drawn(struct mz_sim_page *page);

/* The panels. has says whether there is anything to show. */
void mz_sim_panel_summary_write(struct mz_sim_page *page);
void mz_sim_panel_policies_write(struct mz_sim_page *page);
bool mz_sim_panel_used_has(const struct mz_sim_page *page);
void mz_sim_panel_used_write(struct mz_sim_page *page);
void mz_sim_panel_queue_write(struct mz_sim_page *page);
bool mz_sim_panel_waiting_has(const struct mz_sim_page *page);
void mz_sim_panel_waiting_write(struct mz_sim_page *page);
bool mz_sim_panel_fragments_has(const struct mz_sim_page *page);
void mz_sim_panel_fragments_write(struct mz_sim_page *page);
bool mz_sim_panel_places_has(const struct mz_sim_page *page);
void mz_sim_panel_places_write(struct mz_sim_page *page);
bool mz_sim_panel_failures_has(const struct mz_sim_page *page);
void mz_sim_panel_failures_write(struct mz_sim_page *page);
bool mz_sim_panel_contracts_has(const struct mz_sim_page *page);
void mz_sim_panel_contracts_write(struct mz_sim_page *page);
bool mz_sim_panel_teams_has(const struct mz_sim_page *page);
void mz_sim_panel_teams_write(struct mz_sim_page *page);
void mz_sim_panel_appendix_write(struct mz_sim_page *page);

#endif
