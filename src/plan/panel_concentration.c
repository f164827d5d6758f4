/* panel_concentration.c - panel 5: how dependent are we, and on whom? */
#include "plan/panel_list.h"

#include "report/chart_time.h"

#include <math.h>

static const char *headline(const struct mz_panels *panels)
{
    double share;
    int32_t period;
    int32_t partner = mz_panel_largest_share(panels, panels->result, &share, &period);
    double limit = partner < 0 ? NAN : mz_panel_share_limit(panels, partner, period);
    const char *name = partner < 0 ? "-" : mz_panel_partner_label(panels, partner);
    const char *share_text = mz_panel_percent(panels, share, 1);

    if (isfinite(limit))
        return mz_panel_fill(panels, MZ_SAY_CON_WITHIN,
            MZ_ARGS(name, share_text, panels->period_names[period],
                mz_panel_percent(panels, limit, 0)));
    return mz_panel_fill(
        panels, MZ_SAY_CON_FREE, MZ_ARGS(name, share_text, panels->period_names[period]));
}

/* Sum of the squared shares of all, own included; 1 where there is one partner only. */
static double *concentration_index(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    double *index = mz_panel_series(panels);

    for (int32_t t = 0; t < panels->period_count; t++) {
        double sum = 0;

        for (int32_t p = 0; p < result->partner_count; p++) {
            double share = result->partners[p].share_fraction[t];

            sum += isfinite(share) ? share * share : 0;
        }
        index[t] = sum > 0 ? sum : NAN;
    }
    return index;
}

static void write_shares(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    struct mz_chart_series bands[MZ_PARTNER_COUNT_MAX];
    struct mz_panel_column columns[MZ_TABLE_COLUMN_COUNT_MAX];
    int32_t count = 0;
    double *index = concentration_index(panels);
    const struct mz_chart_series line = { .name = "HHI", .color = MZ_COLOR_TEXT, .values = index };
    struct mz_chart chart =
        mz_panel_chart(panels, "shares", mz_panel_say(panels, MZ_SAY_P_CONCENTRATION),
            mz_panel_fill_plain(panels, MZ_SAY_CON_SUB, MZ_NO_ARGS), "", 0);
    struct mz_chart_time time = {
        .bands = bands, .percent = true, .lines = &line, .line_count = 1
    };

    for (int32_t p = 0; p < result->partner_count && count < MZ_TABLE_COLUMN_COUNT_MAX - 2; p++) {
        const struct mz_partner_result *partner = &result->partners[p];
        const char *name = mz_panel_partner_label(panels, partner->partner);

        if (mz_panel_is_empty(panels, partner->share_fraction))
            continue;
        bands[count] = (struct mz_chart_series){ .name = name,
            .color = mz_panel_partner_color(panels, partner->partner),
            .values = partner->share_fraction };
        columns[count++] = (struct mz_panel_column){ name, name, "%",
            mz_panel_scaled(panels, partner->share_fraction, 100), 1 };
    }
    time.band_count = count;
    columns[count] =
        (struct mz_panel_column){ "hhi", "HHI", "%", mz_panel_scaled(panels, index, 100), 1 };
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, count + 1, 0), "shares");
}

static void write_largest(struct mz_panels *panels)
{
    double *share = mz_panel_series(panels);
    double *limit = mz_panel_series(panels);
    const struct mz_chart_series lines[] = {
        { .name = mz_panel_say(panels, MZ_SAY_LIMIT),
            .color = MZ_COLOR_WARN,
            .look = MZ_LOOK_LIMIT,
            .values = limit },
        { .name = mz_panel_say(panels, MZ_SAY_CON_LARGEST),
            .color = MZ_COLOR_ACCENT,
            .values = share },
    };
    const struct mz_chart_time time = { .lines = lines, .line_count = 2, .is_fraction = true };
    struct mz_chart chart =
        mz_panel_chart(panels, "largest", mz_panel_say(panels, MZ_SAY_CON_LARGEST_HEAD),
            mz_panel_fill_plain(panels, MZ_SAY_CON_LARGEST_SUB, MZ_NO_ARGS), "", 220);
    struct mz_panel_column columns[2];

    for (int32_t t = 0; t < panels->period_count; t++) {
        int32_t partner = mz_panel_largest_partner(panels, panels->result, t, &share[t]);

        limit[t] = mz_panel_share_limit(panels, partner, t);
    }
    columns[0] = (struct mz_panel_column){ "largest", lines[1].name, "%",
        mz_panel_scaled(panels, share, 100), 1 };
    columns[1] = (struct mz_panel_column){ "limit", lines[0].name, "%",
        mz_panel_scaled(panels, limit, 100), 1 };
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_CON_LARGEST_HEAD),
        mz_panel_fill(panels, MZ_SAY_CON_LARGEST_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, 2, 0), "largest-share");
}

/* How much of the critical work the others can do after the loss of one partner. */
static void write_losses(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_column columns[] = {
        { "partner", mz_panel_say(panels, MZ_SAY_PARTNER), NULL, MZ_COLUMN_TEXT },
        { "critical_served_percent", mz_panel_say(panels, MZ_SAY_CON_N1_SERVED), "%",
            MZ_COLUMN_NUMBER },
        { "worst_period", mz_panel_say(panels, MZ_SAY_CON_N1_WORST), NULL, MZ_COLUMN_FIXED },
    };
    struct mz_table table;
    double required = panels->scenario->limits.critical_share;

    mz_table_init(&table, panels->arena, columns, 3);
    for (int32_t p = 0; p < result->partner_count; p++) {
        const double *served = result->partners[p].critical_served_fraction;
        int32_t worst = -1;

        for (int32_t t = 0; served && t < panels->period_count; t++) {
            if (isfinite(served[t]) && (worst < 0 || served[t] < served[worst]))
                worst = t;
        }
        if (worst < 0)
            continue;
        mz_table_add(&table, mz_panel_partner_label(panels, result->partners[p].partner));
        mz_table_add_number(&table, served[worst] * 100, 1);
        mz_table_look(&table, served[worst] < required - 5e-4 ? MZ_CELL_WARN : MZ_CELL_PLAIN);
        mz_table_add(&table, panels->period_names[worst]);
    }
    if (mz_table_row_count(&table) == 0)
        return;
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_CON_N1_HEAD),
        mz_panel_fill(panels, MZ_SAY_CON_N1_SUB, MZ_ARGS(mz_panel_percent(panels, required, 0))));
    mz_html_table(
        &panels->html, &table, mz_panel_say(panels, MZ_SAY_CON_N1_HEAD), "loss-of-partner");
}

void mz_panel_concentration_write(struct mz_panels *panels)
{
    mz_panel_open(panels, "concentration", 5, MZ_SAY_P_CONCENTRATION, headline(panels),
        mz_panel_fill(panels, MZ_SAY_CON_SUB, MZ_NO_ARGS));
    write_shares(panels);
    write_largest(panels);
    write_losses(panels);
    mz_html_section_close(&panels->html);
}
