/* panel_waiting.c - how many jobs wait how long: one curve a policy
 * Waits are counted into cells of equal width on a logarithmic scale; no copy is sorted, so a trace
 * of any size costs one pass a run. */
#include "sim/panel.h"

#include <math.h>

enum { CELLS_PER_DECADE = 20, WAIT_CELL_COUNT_MAX = 120 };

struct waits {
    struct mz_xy_axis axis;
    int32_t cell_count;
    double edges[WAIT_CELL_COUNT_MAX + 1];
};

static bool has_waits(const struct mz_sim_result *result)
{
    for (int64_t i = 0; result->queue_s && i < result->job_count; i++) {
        if (isfinite(result->queue_s[i]))
            return true;
    }
    return false;
}

bool mz_sim_panel_waiting_has(const struct mz_sim_page *page)
{
    for (int32_t i = 0; i < page->shown_count; i++) {
        if (has_waits(mz_sim_page_run(page, page->shown[i])))
            return true;
    }
    return false;
}

static void find_axis(const struct mz_sim_page *page, struct waits *waits)
{
    double most = 0;
    double begin;
    double decades;

    for (int32_t i = 0; i < page->shown_count; i++) {
        const struct mz_sim_result *result = mz_sim_page_run(page, page->shown[i]);

        for (int64_t j = 0; result->queue_s && j < result->job_count; j++)
            most = isfinite(result->queue_s[j]) ? fmax(most, result->queue_s[j]) : most;
    }
    begin = most > 10 ? 1 : .01;
    most = fmax(most, begin * 10);
    decades = log10(most / begin);
    waits->cell_count = (int32_t)fmin(ceil(decades * CELLS_PER_DECADE), WAIT_CELL_COUNT_MAX);
    waits->axis = (struct mz_xy_axis){ MZ_XY_LOG, begin, most };
    for (int32_t t = 0; t <= waits->cell_count; t++)
        waits->edges[t] = begin * pow(10, decades * t / waits->cell_count);
    waits->edges[waits->cell_count] = most;
}

/* The first edge at or above a wait. */
static int32_t edge_above(const struct waits *waits, double wait)
{
    int32_t low = 0;
    int32_t high = waits->cell_count;

    while (low < high) {
        int32_t middle = (low + high) / 2;

        if (waits->edges[middle] >= wait)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Shares of the jobs that wait at most so long, at each edge: [cell_count + 1]; all NAN when none
 * ended. */
static double *shares_of(
    const struct mz_sim_page *page, const struct waits *waits, const struct mz_sim_result *result)
{
    double *shares = mz_arena_alloc(page->arena, (size_t)waits->cell_count + 1, sizeof(*shares));
    double count = 0;

    for (int64_t i = 0; result->queue_s && i < result->job_count; i++) {
        if (!isfinite(result->queue_s[i]))
            continue;
        shares[edge_above(waits, result->queue_s[i])] += 1;
        count += 1;
    }
    for (int32_t t = 1; t <= waits->cell_count; t++)
        shares[t] += shares[t - 1];
    for (int32_t t = 0; t <= waits->cell_count; t++)
        shares[t] = count > 0 ? shares[t] / count : NAN;
    return shares;
}

static struct mz_table *make_table(const struct mz_sim_page *page, const struct waits *waits,
    const struct mz_xy_line *lines, int32_t line_count)
{
    struct mz_table *table = mz_arena_alloc(page->arena, 1, sizeof(*table));
    struct mz_column *heads = mz_arena_alloc(page->arena, (size_t)line_count + 2, sizeof(*heads));

    heads[0] = (struct mz_column){ "wait", mz_sim_page_say(page, MZ_SAY_SIM_WAIT_AT_MOST), NULL,
        MZ_COLUMN_FIXED };
    for (int32_t l = 0; l < line_count; l++)
        heads[l + 1] = (struct mz_column){ lines[l].name, lines[l].name, NULL, MZ_COLUMN_NUMBER };
    heads[line_count + 1] = (struct mz_column){ "wait_s",
        mz_sim_page_say(page, MZ_SAY_SIM_WAIT_SECONDS), NULL, MZ_COLUMN_NUMBER };
    mz_table_init(table, page->arena, heads, line_count + 2);
    for (int32_t t = 0; t < waits->cell_count; t++) {
        double edge = waits->edges[t + 1];

        mz_table_add(table, mz_sim_page_duration(page, edge));
        for (int32_t l = 0; l < line_count; l++) {
            double share = lines[l].values[t];

            mz_table_add_value(table, share, 5, mz_sim_page_percent(page, share));
        }
        mz_table_add_number(table, edge, edge < 100 ? 2 : 0);
    }
    return table;
}

static const char *headline(const struct mz_sim_page *page, const struct waits *waits)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    const double *shares = shares_of(page, waits, best);

    return mz_sim_page_fill(page, MZ_SAY_SIM_WAIT_HEAD,
        MZ_ARGS(page->run_names[page->best], mz_sim_page_percent(page, shares[0]),
            mz_sim_page_duration(page, waits->axis.begin),
            mz_sim_page_duration(page, best->p99_queue_s)));
}

void mz_sim_panel_waiting_write(struct mz_sim_page *page)
{
    struct waits waits;
    struct mz_xy_line lines[MZ_SIM_RUN_SHOWN_MAX];
    struct mz_chart_xy xy = { .lines = lines, .max = 1, .is_fraction = true };
    const char *title = mz_sim_page_say(page, MZ_SAY_SIM_P_WAITING);
    struct mz_chart chart;

    find_axis(page, &waits);
    for (int32_t i = 0; i < page->shown_count; i++) {
        const double *shares = shares_of(page, &waits, mz_sim_page_run(page, page->shown[i]));

        lines[i] = mz_sim_page_line(page, i, shares + 1);
        lines[i].is_curve = true;
        lines[i].first = shares[0];
    }
    xy.axis = waits.axis;
    xy.edges = waits.edges;
    xy.cell_count = waits.cell_count;
    xy.line_count = page->shown_count;
    mz_sim_page_open(page, "waiting", MZ_SAY_SIM_P_WAITING, headline(page, &waits),
        mz_sim_page_fill(page, MZ_SAY_SIM_WAIT_SUB, MZ_NO_ARGS));
    chart = mz_sim_page_figure(
        page, "waits", title, mz_sim_page_say(page, MZ_SAY_SIM_WAIT_SUB), "", 320);
    mz_chart_xy_draw(&chart, &xy);
    mz_html_figure_close(
        &page->html, make_table(page, &waits, lines, page->shown_count), "waiting");
    mz_sim_page_note_drawn(page);
    mz_html_section_close(&page->html);
}
