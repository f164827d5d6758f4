/* panel_capacity.c - panel 2: do we have enough, from whom, until when? */
#include "plan/panel_list.h"

#include "report/chart_time.h"

#include <math.h>

struct view { /* one of the two measures */
    const char *id;
    const char *unit;
    const char *key;
    int32_t decimals;
    struct mz_chart_series bands[MZ_PARTNER_COUNT_MAX];
    int32_t band_count;
    const double *total;
    const double *demand;
    const double *missing;
};

static const char *headline(const struct mz_panels *panels, const double *demand)
{
    const struct mz_plan_result *result = panels->result;
    int32_t short_count = 0;
    int32_t first = -1;
    int32_t worst = 0;
    int32_t tightest = 0;
    double least_spare = HUGE_VAL;
    const char *worst_text;

    for (int32_t t = 0; t < panels->period_count; t++) {
        double spare = result->chips[t] > 0 ? 1 - demand[t] / result->chips[t] : HUGE_VAL;

        if (spare < least_spare) {
            least_spare = spare;
            tightest = t;
        }
        if (!(result->chips_short[t] >= 0.5))
            continue;
        first = first < 0 ? t : first;
        short_count++;
        worst = result->chips_short[t] > result->chips_short[worst] ? t : worst;
    }
    if (short_count == 0)
        return mz_panel_fill(panels, MZ_SAY_CAP_ENOUGH,
            MZ_ARGS(panels->period_names[tightest],
                mz_panel_percent(panels, isfinite(least_spare) ? fmax(least_spare, 0) : 0, 1)));
    worst_text = mz_panel_chips(panels, result->chips_short[worst]);
    if (first > 0 && first + short_count == panels->period_count)
        return mz_panel_fill(panels, MZ_SAY_CAP_UNTIL,
            MZ_ARGS(panels->period_names[first - 1], worst_text, panels->period_names[worst]));
    return mz_panel_fill(panels, MZ_SAY_CAP_PART,
        MZ_ARGS(mz_panel_count(panels, short_count), mz_panel_count(panels, panels->period_count),
            panels->period_names[worst], worst_text));
}

static void write_view(struct mz_panels *panels, const struct view *view, const char *title)
{
    double *missing_from = mz_panel_series(panels);
    struct mz_chart_series demand = { .name = mz_panel_say(panels, MZ_SAY_DEMAND),
        .color = MZ_COLOR_TEXT,
        .look = MZ_LOOK_DASHED,
        .values = view->demand };
    struct mz_chart chart = mz_panel_chart(
        panels, view->id, title, mz_panel_say(panels, MZ_SAY_CAP_DESC), view->unit, 380);
    struct mz_panel_column columns[MZ_PARTNER_COUNT_MAX + 3];
    int32_t count = 0;
    struct mz_chart_time time = { .bands = view->bands,
        .band_count = view->band_count,
        .lines = &demand,
        .line_count = 1,
        .missing_from = missing_from,
        .missing_to = view->demand,
        .missing_name = mz_panel_say(panels, MZ_SAY_MISSING) };

    for (int32_t t = 0; t < panels->period_count; t++)
        missing_from[t] = view->demand[t] - view->missing[t];
    if (mz_panel_is_empty(panels, view->missing))
        time.missing_from = time.missing_to = NULL;
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    for (int32_t b = 0; b < view->band_count; b++)
        columns[count++] = (struct mz_panel_column){ view->bands[b].name, view->bands[b].name,
            view->unit, view->bands[b].values, view->decimals };
    columns[count++] = (struct mz_panel_column){ "total", mz_panel_say(panels, MZ_SAY_TOTAL),
        view->unit, view->total, view->decimals };
    columns[count++] = (struct mz_panel_column){ "demand", mz_panel_say(panels, MZ_SAY_DEMAND),
        view->unit, view->demand, view->decimals };
    columns[count++] = (struct mz_panel_column){ "missing", mz_panel_say(panels, MZ_SAY_MISSING),
        view->unit, view->missing, view->decimals };
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, count, view->band_count), view->key);
}

void mz_panel_capacity_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    double *demand = mz_panel_series(panels);
    double *demand_mw = mz_panel_series(panels);
    double *short_mw = mz_panel_series(panels);
    struct view chips = {
        .id = "cap-chips", .unit = "k chips", .key = "capacity-chips", .decimals = 1
    };
    struct view power = { .id = "cap-gw", .unit = "GW", .key = "capacity-gw", .decimals = 3 };
    const char *title = mz_panel_say(panels, MZ_SAY_P_CAPACITY);

    mz_panel_demand(panels, result, demand, demand_mw, short_mw);
    for (int32_t p = 0; p < result->partner_count; p++) {
        const struct mz_partner_result *partner = &result->partners[p];
        struct mz_chart_series band = { .name = mz_panel_partner_label(panels, partner->partner),
            .color = mz_panel_partner_color(panels, partner->partner) };

        if (mz_panel_is_empty(panels, partner->chips))
            continue;
        band.values = mz_panel_scaled(panels, partner->chips, 1e-3);
        chips.bands[chips.band_count++] = band;
        band.values = mz_panel_scaled(panels, partner->power_mw, 1e-3);
        power.bands[power.band_count++] = band;
    }
    chips.total = mz_panel_scaled(panels, result->chips, 1e-3);
    chips.demand = mz_panel_scaled(panels, demand, 1e-3);
    chips.missing = mz_panel_scaled(panels, result->chips_short, 1e-3);
    power.total = mz_panel_scaled(panels, result->power_mw, 1e-3);
    power.demand = mz_panel_scaled(panels, demand_mw, 1e-3);
    power.missing = mz_panel_scaled(panels, short_mw, 1e-3);
    mz_panel_open(panels, "capacity", 2, MZ_SAY_P_CAPACITY, headline(panels, demand),
        mz_panel_fill(panels, MZ_SAY_CAP_SUB, MZ_NO_ARGS));
    mz_html_switch_open(&panels->html, "capacity-unit", mz_panel_say(panels, MZ_SAY_CAP_SWITCH),
        mz_panel_say(panels, MZ_SAY_CAP_CHIPS), mz_panel_say(panels, MZ_SAY_CAP_GW));
    write_view(panels, &chips, title);
    mz_html_switch_middle(&panels->html);
    write_view(panels, &power, title);
    mz_html_switch_close(&panels->html);
    mz_html_section_close(&panels->html);
}
