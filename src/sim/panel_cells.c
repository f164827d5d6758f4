/* panel_cells.c - the time axis of one run, and the one that several runs have in common
 * A cell is a whole number of the widest spans of the runs, so that no value is made up: it is the
 * mean of those spans, weighted by how much of them lies in the cell. */
#include "sim/panel.h"

#include <math.h>

/* A trace with times before this counts from some beginning of its own: 1990-01-01. */
static const double dates_from_s = 631152000;

static double seconds(int64_t us)
{
    return (double)us / 1e6;
}

static bool has_series(const struct mz_sim_result *result)
{
    return result->series.count > 0 && result->series.width_us > 0;
}

static struct mz_sim_cells make_cells(
    const struct mz_sim_page *page, const int32_t *runs, int32_t run_count)
{
    struct mz_sim_cells cells = { 0 };
    double width = 0;
    double begin = HUGE_VAL;
    double end = -HUGE_VAL;
    double spans;
    double together;

    for (int32_t i = 0; i < run_count; i++) {
        const struct mz_sim_result *result = mz_sim_page_run(page, runs[i]);
        const struct mz_sim_series *series = &result->series;

        if (!has_series(result))
            continue;
        width = fmax(width, seconds(series->width_us));
        begin = fmin(begin, seconds(series->begin_us));
        end = fmax(end, seconds(series->begin_us) + seconds(series->width_us) * series->count);
    }
    if (!(end > begin))
        return cells;
    spans = ceil((end - begin) / width - 1e-9);
    together = ceil(spans / MZ_SIM_CELL_COUNT_MAX);
    cells.count = (int32_t)ceil(spans / together);
    cells.axis.scale = begin >= dates_from_s ? MZ_XY_DATES : MZ_XY_SINCE;
    cells.axis.begin = begin;
    cells.axis.end = end;
    cells.edges = mz_arena_alloc(page->arena, (size_t)cells.count + 1, sizeof(double));
    cells.names = mz_arena_alloc(page->arena, (size_t)cells.count + 1, sizeof(char *));
    for (int32_t t = 0; t <= cells.count; t++) {
        cells.edges[t] = t < cells.count ? begin + t * together * width : end;
        cells.names[t] = mz_xy_point_name(page->arena, &cells.axis, cells.edges[t]);
    }
    return cells;
}

void mz_sim_page_make_cells(struct mz_sim_page *page)
{
    page->all = make_cells(page, page->shown, page->shown_count);
    page->own = make_cells(page, page->shown, page->shown_count > 0 ? 1 : 0);
}

double *mz_sim_page_resample(const struct mz_sim_page *page, const struct mz_sim_cells *cells,
    const struct mz_sim_series *series, const double *values)
{
    double *means = mz_arena_alloc(page->arena, (size_t)cells->count + 1, sizeof(*means));
    double *weights = mz_arena_alloc(page->arena, (size_t)cells->count + 1, sizeof(*weights));
    double begin = seconds(series->begin_us);
    double width = seconds(series->width_us);
    int32_t t = 0;

    for (int32_t i = 0; values && width > 0 && i < series->count; i++) {
        double from = begin + i * width;
        double to = begin + (i + 1) * width;

        while (t < cells->count - 1 && cells->edges[t + 1] <= from)
            t++;
        for (int32_t u = t; u < cells->count && cells->edges[u] < to; u++) {
            double part = fmin(to, cells->edges[u + 1]) - fmax(from, cells->edges[u]);

            if (!(part > 0) || !isfinite(values[i]))
                continue;
            means[u] += values[i] * part;
            weights[u] += part;
        }
    }
    for (int32_t u = 0; u < cells->count; u++)
        means[u] = weights[u] > 1e-6 * (cells->edges[u + 1] - cells->edges[u])
            ? means[u] / weights[u]
            : NAN;
    return means;
}
