/* panel_time.c - over time: chips in use by partner, the queue, fragmentation */
#include "sim/panel.h"

#include <math.h>

static const char *cell_width(const struct mz_sim_page *page, const struct mz_sim_cells *cells)
{
    return mz_sim_page_duration(page, cells->edges[1] - cells->edges[0]);
}

/* One line a drawn run, and the table of it. pick: which values of a series. */
static void write_lines(struct mz_sim_page *page, const char *id, const char *file_name,
    const char *title, const char *unit, bool is_fraction,
    const double *(*pick)(const struct mz_sim_series *series))
{
    struct mz_xy_line lines[MZ_SIM_RUN_SHOWN_MAX];
    struct mz_sim_column columns[MZ_SIM_RUN_SHOWN_MAX];
    struct mz_chart_xy xy = { .axis = page->all.axis,
        .edges = page->all.edges,
        .cell_count = page->all.count,
        .lines = lines,
        .line_count = page->shown_count,
        .is_fraction = is_fraction };
    struct mz_chart chart = mz_sim_page_figure(
        page, id, title, mz_sim_page_say(page, MZ_SAY_SIM_LINES_DESC), unit, 320);

    for (int32_t i = 0; i < page->shown_count; i++) {
        const struct mz_sim_series *series = &mz_sim_page_run(page, page->shown[i])->series;
        const double *values = mz_sim_page_resample(page, &page->all, series, pick(series));

        lines[i] = mz_sim_page_line(page, i, values);
        columns[i] =
            (struct mz_sim_column){ lines[i].name, lines[i].name, unit, values, 1, is_fraction };
    }
    mz_chart_xy_draw(&chart, &xy);
    mz_html_figure_close(&page->html,
        mz_sim_page_time_table(page, &page->all, columns, page->shown_count, 0), file_name);
}

static const double *used_of(const struct mz_sim_series *series)
{
    return series->used_chips;
}

static const double *jobs_of(const struct mz_sim_series *series)
{
    return series->waiting_jobs;
}

static const double *chips_of(const struct mz_sim_series *series)
{
    return series->waiting_chips;
}

static const double *fragments_of(const struct mz_sim_series *series)
{
    return series->fragmentation;
}

/* Chips in use */

struct used { /* of the best run, over the cells */
    struct mz_chart_series bands[MZ_SIM_BAND_COUNT_MAX + 1];
    int32_t band_count;
    double *total;
    double *capacity;
    double *down;
    double *up; /* capacity - down */
    bool has_down;
};

/* Partners by what they ran, the first so many of them; ties by index. */
static bool has_own_band(const struct mz_sim_result *result, int32_t partner)
{
    int32_t ahead = 0;
    double ours = result->partners[partner].used_chip_hours;

    for (int32_t p = 0; p < result->partner_count; p++) {
        double theirs = result->partners[p].used_chip_hours;

        ahead += theirs > ours || (theirs == ours && p < partner);
    }
    return ahead < MZ_SIM_BAND_COUNT_MAX;
}

static void add_bands(
    const struct mz_sim_page *page, const struct mz_sim_result *result, struct used *used)
{
    double *other = NULL;

    for (int32_t p = 0; p < result->partner_count; p++) {
        double *values = mz_sim_page_resample(
            page, &page->own, &result->series, result->series.partner_used_chips[p]);
        int32_t peak = mz_sim_page_peak(values, page->own.count);

        if (peak < 0 || !(values[peak] > 0))
            continue;
        if (has_own_band(result, p)) {
            used->bands[used->band_count++] =
                (struct mz_chart_series){ .name = mz_sim_page_name(page, result->partners[p].name),
                    .color = p % MZ_COLOR_COUNT,
                    .values = values };
            continue;
        }
        for (int32_t t = 0; other && t < page->own.count; t++)
            other[t] += isfinite(values[t]) ? values[t] : 0;
        other = other ? other : values;
    }
    if (other)
        used->bands[used->band_count++] = (struct mz_chart_series){
            .name = mz_sim_page_say(page, MZ_SAY_OTHER), .color = MZ_COLOR_MUTED, .values = other
        };
}

static void find_used(const struct mz_sim_page *page, struct used *used)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    double chips = (double)page->set->fleet->chip_total;

    *used = (struct used){ .total = mz_sim_page_resample(
                               page, &page->own, &result->series, result->series.used_chips),
        .down = mz_sim_page_resample(page, &page->own, &result->series, result->series.down_chips),
        .capacity = mz_sim_page_resample(page, &page->own, &result->series, NULL),
        .up = mz_sim_page_resample(page, &page->own, &result->series, NULL) };
    for (int32_t t = 0; t < page->own.count; t++) {
        double down = isfinite(used->down[t]) ? used->down[t] : 0;

        used->has_down = used->has_down || down > 0;
        used->capacity[t] = chips;
        used->up[t] = chips - down;
    }
    if (result->series.partner_used_chips && result->partner_count > 0)
        add_bands(page, result, used);
    if (used->band_count == 0)
        used->bands[used->band_count++] = (struct mz_chart_series){
            .name = page->run_names[page->best], .color = MZ_COLOR_ACCENT, .values = used->total
        };
}

static void write_partners(struct mz_sim_page *page, const struct used *used, const char *title)
{
    const struct mz_xy_line capacity = { .name = mz_sim_page_say(page, MZ_SAY_SIM_ALL_CHIPS),
        .color = MZ_COLOR_TEXT,
        .dash = 2,
        .values = used->capacity };
    const struct mz_chart_xy xy = { .axis = page->own.axis,
        .edges = page->own.edges,
        .cell_count = page->own.count,
        .bands = used->bands,
        .band_count = used->band_count,
        .lines = &capacity,
        .line_count = 1,
        .missing_from = used->has_down ? used->up : NULL,
        .missing_to = used->has_down ? used->capacity : NULL,
        .missing_name = mz_sim_page_say(page, MZ_SAY_SIM_DOWN) };
    struct mz_sim_column columns[MZ_SIM_BAND_COUNT_MAX + 3];
    struct mz_chart chart = mz_sim_page_figure(
        page, "used-partners", title, mz_sim_page_say(page, MZ_SAY_SIM_USED_DESC), "chips", 340);
    int32_t count = 0;

    mz_chart_xy_draw(&chart, &xy);
    for (int32_t b = 0; b < used->band_count; b++)
        columns[count++] = (struct mz_sim_column){ used->bands[b].name, used->bands[b].name,
            "chips", used->bands[b].values, 1, false };
    if (used->band_count > 1)
        columns[count++] = (struct mz_sim_column){ "total", mz_sim_page_say(page, MZ_SAY_TOTAL),
            "chips", used->total, 1, false };
    if (used->has_down)
        columns[count++] = (struct mz_sim_column){ "down", mz_sim_page_say(page, MZ_SAY_SIM_DOWN),
            "chips", used->down, 1, false };
    mz_html_figure_close(&page->html,
        mz_sim_page_time_table(
            page, &page->own, columns, count, used->band_count > 1 ? used->band_count : 0),
        "chips-in-use");
}

bool mz_sim_panel_used_has(const struct mz_sim_page *page)
{
    return page->own.count > 0;
}

void mz_sim_panel_used_write(struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    double chips = (double)page->set->fleet->chip_total;
    const char *name = page->run_names[page->best];
    const char *title = mz_sim_page_fill_plain(page, MZ_SAY_SIM_USED_PARTNERS, MZ_ARGS(name));
    struct used used;
    int32_t peak;

    find_used(page, &used);
    peak = mz_sim_page_peak(used.total, page->own.count);
    mz_sim_page_open(page, "used", MZ_SAY_SIM_P_USED,
        mz_sim_page_fill(page, MZ_SAY_SIM_USED_HEAD,
            MZ_ARGS(name, mz_sim_page_percent(page, best->utilisation),
                mz_sim_page_count(page, chips),
                mz_sim_page_percent(page, peak < 0 || chips <= 0 ? NAN : used.total[peak] / chips),
                peak < 0 ? "-" : mz_sim_page_when(page, page->own.names[peak]))),
        mz_sim_page_fill(page, MZ_SAY_SIM_USED_SUB, MZ_ARGS(cell_width(page, &page->own))));
    if (page->shown_count < 2) {
        write_partners(page, &used, title);
    } else {
        mz_html_switch_open(&page->html, "used-switch",
            mz_sim_page_say(page, MZ_SAY_SIM_USED_SWITCH),
            mz_sim_page_say(page, MZ_SAY_SIM_USED_BY_PARTNER),
            mz_sim_page_say(page, MZ_SAY_SIM_USED_POLICIES));
        write_partners(page, &used, title);
        mz_html_switch_middle(&page->html);
        write_lines(page, "used-policies", "chips-in-use-by-policy",
            mz_sim_page_say(page, MZ_SAY_SIM_USED_POLICIES), "chips", false, used_of);
        mz_html_switch_close(&page->html);
        mz_sim_page_note_drawn(page);
    }
    mz_html_section_close(&page->html);
}

/* Queue */

static const char *queue_headline(const struct mz_sim_page *page)
{
    const struct mz_sim_series *series = &mz_sim_page_best(page)->series;
    const char *name = page->run_names[page->best];
    const double *jobs = mz_sim_page_resample(page, &page->own, series, series->waiting_jobs);
    const double *chips = mz_sim_page_resample(page, &page->own, series, series->waiting_chips);
    int32_t peak = mz_sim_page_peak(jobs, page->own.count);

    if (peak < 0 || jobs[peak] < 0.05)
        return mz_sim_page_fill(page, MZ_SAY_SIM_QUEUE_NONE, MZ_ARGS(name));
    return mz_sim_page_fill(page, MZ_SAY_SIM_QUEUE_HEAD,
        MZ_ARGS(name, mz_sim_page_when(page, page->own.names[peak]),
            mz_sim_page_count(page, jobs[peak]), mz_sim_page_count(page, chips[peak])));
}

void mz_sim_panel_queue_write(struct mz_sim_page *page)
{
    const char *jobs = mz_sim_page_say(page, MZ_SAY_SIM_QUEUE_JOBS);
    const char *chips = mz_sim_page_say(page, MZ_SAY_SIM_QUEUE_CHIPS);

    mz_sim_page_open(page, "queue", MZ_SAY_SIM_P_QUEUE, queue_headline(page),
        mz_sim_page_fill(page, MZ_SAY_SIM_QUEUE_SUB, MZ_ARGS(cell_width(page, &page->all))));
    mz_html_switch_open(
        &page->html, "queue-switch", mz_sim_page_say(page, MZ_SAY_SIM_USED_SWITCH), jobs, chips);
    write_lines(page, "queue-jobs", "waiting-jobs", jobs, "jobs", false, jobs_of);
    mz_html_switch_middle(&page->html);
    write_lines(page, "queue-chips", "waiting-chips", chips, "chips", false, chips_of);
    mz_html_switch_close(&page->html);
    mz_sim_page_note_drawn(page);
    mz_html_section_close(&page->html);
}

/* Fragmentation */

/* Mean over the cells of the best run; NAN: there is none. */
static double mean_fragmentation(const struct mz_sim_page *page)
{
    const struct mz_sim_series *series;
    const double *values;
    double sum = 0;
    int32_t count = 0;

    if (page->best < 0 || page->own.count == 0)
        return NAN;
    series = &mz_sim_page_best(page)->series;
    values = mz_sim_page_resample(page, &page->own, series, series->fragmentation);
    for (int32_t t = 0; t < page->own.count; t++) {
        if (!isfinite(values[t]))
            continue;
        sum += values[t];
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

bool mz_sim_panel_fragments_has(const struct mz_sim_page *page)
{
    return isfinite(mean_fragmentation(page));
}

void mz_sim_panel_fragments_write(struct mz_sim_page *page)
{
    mz_sim_page_open(page, "fragmentation", MZ_SAY_SIM_P_FRAGMENTS,
        mz_sim_page_fill(page, MZ_SAY_SIM_FRAG_HEAD,
            MZ_ARGS(
                page->run_names[page->best], mz_sim_page_percent(page, mean_fragmentation(page)))),
        mz_sim_page_fill(page, MZ_SAY_SIM_FRAG_SUB, MZ_NO_ARGS));
    write_lines(page, "fragments", "fragmentation", mz_sim_page_say(page, MZ_SAY_SIM_P_FRAGMENTS),
        "", true, fragments_of);
    mz_sim_page_note_drawn(page);
    mz_html_section_close(&page->html);
}
