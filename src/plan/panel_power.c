/* panel_power.c - panel 6: can the sites carry it? is the build goal reached? */
#include "plan/panel_list.h"

#include "report/chart_multiples.h"
#include "report/chart_time.h"

#include <math.h>

enum { SITE_SHOWN_MAX = 40 };

/* A site counts as full that uses this share of its limit at its peak. */
static const double full_enough = 0.995;

static bool site_is_full(const struct mz_panels *panels, const struct mz_site_result *site)
{
    int32_t peak = 0;

    for (int32_t t = 0; t < panels->period_count; t++)
        peak = site->power_mw[t] > site->power_mw[peak] ? t : peak;
    return site->power_mw[peak] >= full_enough * site->limit_mw[peak];
}

/* Is the site among the SITE_SHOWN_MAX with the highest peaks (ties: the first)? */
static bool site_is_shown(const struct mz_panels *panels, const double *peaks, int32_t site)
{
    int32_t ahead = 0;

    for (int32_t s = 0; s < panels->result->site_count; s++)
        ahead += peaks[s] > peaks[site] || (peaks[s] == peaks[site] && s < site);
    return ahead < SITE_SHOWN_MAX;
}

static const char *headline(const struct mz_panels *panels, int32_t used, int32_t full)
{
    const struct mz_plan_result *result = panels->result;
    int32_t peak = 0;

    for (int32_t t = 0; t < panels->period_count; t++)
        peak = result->power_mw[t] > result->power_mw[peak] ? t : peak;
    return mz_panel_fill(panels, MZ_SAY_POW_HEAD,
        MZ_ARGS(mz_panel_power(panels, result->power_mw[peak]), panels->period_names[peak],
            mz_panel_count(panels, full), mz_panel_count(panels, used)));
}

static struct mz_chart_cell site_cell(
    const struct mz_panels *panels, const struct mz_site_result *site)
{
    const struct mz_site *place = &panels->scenario->sites[site->site];
    struct mz_chart_series *band = mz_arena_alloc(panels->arena, 1, sizeof(*band));
    struct mz_chart_series *line = mz_arena_alloc(panels->arena, 1, sizeof(*line));
    double peak = mz_panel_max(panels, site->power_mw);
    double limit = mz_panel_max(panels, site->limit_mw);
    bool full = site_is_full(panels, site);
    const char *limit_text = mz_panel_power(panels, limit);

    *band = (struct mz_chart_series){ .name = place->name,
        .color = mz_panel_partner_color(panels, place->partner),
        .values = mz_panel_scaled(panels, site->power_mw, 1e-3) };
    *line = (struct mz_chart_series){ .name = place->name,
        .color = MZ_COLOR_TEXT,
        .look = MZ_LOOK_LIMIT,
        .values = mz_panel_scaled(panels, site->limit_mw, 1e-3) };
    return (struct mz_chart_cell){ .name = place->name,
        .figure = full ? mz_panel_fill_plain(panels, MZ_SAY_POW_SITE_FULL, MZ_ARGS(limit_text))
                       : mz_panel_fill_plain(panels, MZ_SAY_POW_SITE,
                             MZ_ARGS(mz_panel_power(panels, peak), limit > 0 ? limit_text : "∞")),
        .bands = band,
        .band_count = 1,
        .lines = line,
        .line_count = 1 };
}

static void write_sites(struct mz_panels *panels, struct mz_chart_cell *cells, int32_t count)
{
    struct mz_panel_column *columns =
        mz_arena_alloc(panels->arena, (size_t)count, sizeof(*columns));
    struct mz_chart chart = mz_panel_chart(panels, "sites", mz_panel_say(panels, MZ_SAY_P_POWER),
        mz_panel_fill_plain(panels, MZ_SAY_POW_SUB, MZ_NO_ARGS), "GW", 0);
    struct mz_chart_multiples multiples = { cells, count, 4, 66, false };
    int32_t column_count = 0;

    for (int32_t i = 0; i < count && column_count < MZ_TABLE_COLUMN_COUNT_MAX - 1; i++)
        columns[column_count++] = (struct mz_panel_column){ cells[i].name, cells[i].name, "GW",
            cells[i].bands[0].values, 3 };
    mz_panel_figure(panels, &chart);
    mz_chart_multiples_draw(&chart, &multiples);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, column_count, 0), "site-power");
}

static const char *goal_sentence(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t held = 0;
    int32_t missed = 0;
    int32_t worst = 0;
    double worst_gap = 0;
    double goal = NAN;

    for (int32_t t = 0; t < panels->period_count; t++) {
        double gap = result->build_goal_mw_per_week[t] - result->added_mw_per_week[t];

        if (!isfinite(gap))
            continue;
        held++;
        goal = result->build_goal_mw_per_week[t];
        missed += gap > 0.05;
        if (gap > worst_gap) {
            worst_gap = gap;
            worst = t;
        }
    }
    if (held == 0)
        return mz_panel_fill(panels, MZ_SAY_POW_NO_GOAL, MZ_NO_ARGS);
    if (missed == 0)
        return mz_panel_fill(
            panels, MZ_SAY_POW_GOAL_REACHED, MZ_ARGS(mz_panel_power(panels, goal)));
    return mz_panel_fill(panels, MZ_SAY_POW_GOAL_MISSED,
        MZ_ARGS(mz_panel_power(panels, goal), mz_panel_count(panels, missed),
            mz_panel_count(panels, held), mz_panel_power(panels, worst_gap),
            panels->period_names[worst]));
}

static void write_added(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_chart_series column = { .name = mz_panel_say(panels, MZ_SAY_POW_ADDED),
        .color = MZ_COLOR_ACCENT,
        .values = result->added_mw_per_week };
    struct mz_chart_series lines[2];
    int32_t line_count = 0;
    struct mz_chart_time time = { .columns = &column, .column_count = 1, .lines = lines };
    const char *title = mz_panel_fill_plain(panels, MZ_SAY_POW_ADDED_HEAD,
        MZ_ARGS(mz_panel_power(panels, mz_panel_max(panels, result->added_mw_per_week))));
    const char *subtitle = mz_arena_printf(panels->arena, "%s %s",
        mz_panel_fill(panels, MZ_SAY_POW_ADDED_SUB, MZ_NO_ARGS), goal_sentence(panels));
    struct mz_chart chart = mz_panel_chart(panels, "added", title,
        mz_panel_fill_plain(panels, MZ_SAY_POW_ADDED_SUB, MZ_NO_ARGS), "MW / week", 260);
    const struct mz_panel_column columns[] = {
        { "added", column.name, "MW/week", result->added_mw_per_week, 1 },
        { "limit", mz_panel_say(panels, MZ_SAY_POW_LIMIT), "MW/week",
            result->build_limit_mw_per_week, 1 },
        { "goal", mz_panel_say(panels, MZ_SAY_GOAL), "MW/week", result->build_goal_mw_per_week, 1 },
    };

    if (!mz_panel_is_empty(panels, result->build_limit_mw_per_week))
        lines[line_count++] = (struct mz_chart_series){ .name = columns[1].title,
            .color = MZ_COLOR_WARN,
            .look = MZ_LOOK_LIMIT,
            .values = result->build_limit_mw_per_week };
    if (!mz_panel_is_empty(panels, result->build_goal_mw_per_week))
        lines[line_count++] = (struct mz_chart_series){ .name = columns[2].title,
            .color = MZ_COLOR_TEXT,
            .look = MZ_LOOK_DASHED,
            .values = result->build_goal_mw_per_week };
    time.line_count = line_count;
    mz_html_heading(&panels->html, title, subtitle);
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(&panels->html, mz_panel_time_table(panels, columns, 3, 0), "added-power");
}

void mz_panel_power_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    size_t room = (size_t)result->site_count + 1;
    struct mz_chart_cell *cells = mz_arena_alloc(panels->arena, room, sizeof(*cells));
    double *peaks = mz_arena_alloc(panels->arena, room, sizeof(*peaks));
    int32_t used = 0;
    int32_t count = 0;
    int32_t full = 0;

    for (int32_t s = 0; s < result->site_count; s++)
        peaks[s] = mz_panel_max(panels, result->sites[s].power_mw);
    for (int32_t s = 0; s < result->site_count; s++) {
        if (mz_panel_is_empty(panels, result->sites[s].power_mw))
            continue;
        used++;
        full += site_is_full(panels, &result->sites[s]);
        if (site_is_shown(panels, peaks, s))
            cells[count++] = site_cell(panels, &result->sites[s]);
    }
    if (count == 0) {
        mz_panel_empty(panels, "power", 6, MZ_SAY_P_POWER, MZ_SAY_POW_NONE);
        return;
    }
    mz_panel_open(panels, "power", 6, MZ_SAY_P_POWER, headline(panels, used, full),
        mz_panel_fill(panels, MZ_SAY_POW_SUB, MZ_NO_ARGS));
    write_sites(panels, cells, count);
    if (count < used)
        mz_html_paragraph(&panels->html, "note",
            mz_panel_fill(panels, MZ_SAY_POW_MORE,
                MZ_ARGS(mz_panel_count(panels, count), mz_panel_count(panels, used))));
    write_added(panels);
    mz_html_section_close(&panels->html);
}
