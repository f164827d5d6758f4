/* panel_energy.c - panel 10: what does it cost the climate? */
#include "plan/panel_list.h"

#include "report/chart_multiples.h"
#include "report/chart_time.h"

#include <math.h>

static const char *headline(const struct mz_panels *panels, const double *intensity)
{
    const struct mz_plan_result *result = panels->result;
    int32_t first = 0;
    int32_t last = panels->period_count - 1;

    while (first < last && !isfinite(intensity[first]))
        first++;
    while (last > first && !isfinite(intensity[last]))
        last--;
    return mz_panel_fill(panels, MZ_SAY_EN_HEAD,
        MZ_ARGS(mz_arena_printf(
                    panels->arena, "%.1f TWh", mz_panel_sum(panels, result->energy_mwh) / 1e6),
            mz_arena_printf(panels->arena, "%.1f Mt", mz_panel_sum(panels, result->carbon_t) / 1e6),
            mz_arena_printf(panels->arena, "%.0f g", intensity[first]),
            mz_arena_printf(panels->arena, "%.0f g", intensity[last])));
}

static void write_energy(struct mz_panels *panels, const double *energy_twh_year,
    const struct mz_panel_column *columns, int32_t column_count)
{
    const struct mz_chart_series column = { .name = mz_panel_say(panels, MZ_SAY_EN_ENERGY),
        .color = MZ_COLOR_ACCENT,
        .values = energy_twh_year };
    const struct mz_chart_time time = { .columns = &column, .column_count = 1 };
    struct mz_chart chart =
        mz_panel_chart(panels, "energy-use", mz_panel_say(panels, MZ_SAY_EN_ENERGY),
            mz_panel_fill_plain(panels, MZ_SAY_EN_SUB, MZ_NO_ARGS), "TWh / year", 260);

    mz_panel_figure(panels, &chart);
    mz_chart_time_draw(&chart, &time);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, column_count, 0), "energy");
}

static void write_carbon(struct mz_panels *panels, const double *intensity,
    const double *carbon_mt_year, const struct mz_panel_column *columns, int32_t column_count)
{
    const char *const names[] = { mz_panel_say(panels, MZ_SAY_EN_INTENSITY),
        mz_panel_say(panels, MZ_SAY_EN_CARBON) };
    const char *const units[] = { "g/kWh", "Mt CO2e / year" };
    const double *const values[] = { intensity, carbon_mt_year };
    struct mz_chart_series lines[2];
    struct mz_chart_cell cells[2];
    struct mz_chart_multiples multiples = { cells, 2, 2, 130, false };
    struct mz_chart chart = mz_panel_chart(panels, "emissions", names[1],
        mz_arena_printf(panels->arena, "%s; %s", names[0], names[1]), "", 0);

    for (int32_t i = 0; i < 2; i++) {
        lines[i] = (struct mz_chart_series){
            .name = names[i], .color = MZ_COLOR_ACCENT, .values = values[i]
        };
        cells[i] = (struct mz_chart_cell){ .name = names[i],
            .unit = units[i],
            .bands = i == 1 ? &lines[i] : NULL,
            .band_count = i,
            .lines = i == 0 ? &lines[i] : NULL,
            .line_count = 1 - i };
    }
    mz_panel_figure(panels, &chart);
    mz_chart_multiples_draw(&chart, &multiples);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, column_count, 0), "emissions");
}

void mz_panel_energy_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    double *intensity = mz_panel_series(panels);
    double *carbon_usd = mz_panel_series(panels);
    double *energy_year = mz_panel_yearly(panels, result->energy_mwh, 1e-6);
    double *carbon_year = mz_panel_yearly(panels, result->carbon_t, 1e-6);
    const struct mz_panel_column columns[] = {
        { "energy_twh", mz_panel_say(panels, MZ_SAY_EN_ENERGY), "TWh",
            mz_panel_scaled(panels, result->energy_mwh, 1e-6), 3 },
        { "carbon_mt", mz_panel_say(panels, MZ_SAY_EN_CARBON), "Mt",
            mz_panel_scaled(panels, result->carbon_t, 1e-6), 3 },
        { "carbon_g_per_kwh", mz_panel_say(panels, MZ_SAY_EN_INTENSITY), "g/kWh", intensity, 1 },
        { "carbon_busd", mz_panel_say(panels, MZ_SAY_EN_COST), "$B", carbon_usd, 3 },
    };

    if (mz_panel_is_empty(panels, result->energy_mwh)) {
        mz_panel_empty(panels, "energy", 10, MZ_SAY_P_ENERGY, MZ_SAY_EN_NONE);
        return;
    }
    for (int32_t t = 0; t < panels->period_count; t++) {
        double energy = result->energy_mwh[t];

        intensity[t] = energy > 0 ? result->carbon_t[t] / energy * 1000 : NAN;
        carbon_usd[t] = result->ledger[t].carbon_usd / 1e9;
    }
    mz_panel_open(panels, "energy", 10, MZ_SAY_P_ENERGY, headline(panels, intensity),
        mz_panel_fill(panels, MZ_SAY_EN_SUB, MZ_NO_ARGS));
    write_energy(panels, energy_year, columns, 4);
    write_carbon(panels, intensity, carbon_year, columns, 4);
    mz_html_section_close(&panels->html);
}
