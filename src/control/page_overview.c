/* page_overview.c - the overview: what is wrong, five figures, and the panels of other files */
#include "control/page_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- alerts ---- */

static void write_alerts(const void *context, struct mz_text *out)
{
    const struct mz_page_overview *view = context;

    mz_text_addf(out,
        "<section class=\"alerts\" id=\"panel-alerts\" data-panel=\"alerts\" "
        "data-on=\"any\" aria-label=\"Alerts\"%s><ul>",
        view->alert_count > 0 ? "" : " hidden");
    for (int32_t i = 0; i < view->alert_count; i++) {
        const struct mz_page_alert *alert = &view->alerts[i];

        mz_text_addf(out, "<li class=\"%s\"><i aria-hidden=\"true\">▲</i><span>",
            alert->level == MZ_PAGE_BAD ? "bad" : "warn");
        mz_text_add(out, "<bdi>");
        mz_text_add_html(out, mz_page_string(alert->text));
        mz_text_add(out, "</bdi>");
        mz_text_add(out, " ");
        if (alert->at_us > 0)
            mz_page_add_time(out, alert->at_us, view->head.now_us);
        if (alert->job > 0)
            mz_text_addf(
                out, " <a href=\"/jobs/%" PRId64 "\">job %" PRId64 "</a>", alert->job, alert->job);
        mz_text_add(out, "</span></li>");
    }
    mz_text_add(out, "</ul></section>\n");
}

/* ---- tiles ---- */

/* The run of values from `at` to the next gap, as a path; to the ground and back when closed. */
static int32_t add_run(
    struct mz_text *out, const double *values, int32_t count, int32_t at, double max, bool close)
{
    double step = 100.0 / (count - 1);
    int32_t end = at;

    for (; end < count && isfinite(values[end]); end++)
        mz_text_addf(out, "%s%.1f %.1f", end > at ? "L" : "M", step * end,
            max > 0 ? 23 - 21 * fmax(values[end], 0) / max : 23);
    if (close)
        mz_text_addf(out, "V24H%.1fz", step * at);
    return end;
}

/* A line over a faint area, from zero to `most` or the largest value. */
static void add_spark(struct mz_text *out, const struct mz_page_spark *spark, double most)
{
    int32_t count = spark->count < MZ_PAGE_SPARK_MAX ? spark->count : MZ_PAGE_SPARK_MAX;
    const double *values;

    if (count < 2)
        return;
    values = spark->values + (spark->count - count);
    for (int32_t i = 0; i < count; i++)
        most = isfinite(values[i]) ? fmax(most, values[i]) : most;
    mz_text_add(out,
        "<svg class=\"spark\" viewBox=\"0 0 100 24\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\">");
    for (int32_t look = 0; look < 2; look++) {
        mz_text_addf(out, "<path class=\"%s\" d=\"", look ? "line" : "area");
        for (int32_t i = 0; i < count; i++) {
            if (isfinite(values[i]))
                i = add_run(out, values, count, i, most, look == 0);
        }
        mz_text_add(out, "\"/>");
    }
    mz_text_add(out, "</svg>");
}

static void open_tile(struct mz_text *out, const char *label)
{
    mz_text_addf(out, "<div><dt>%s</dt><dd><strong>", label);
}

static void close_tile(struct mz_text *out, const struct mz_page_spark *spark, double max)
{
    mz_text_add(out, "</small>");
    add_spark(out, spark, max);
    mz_text_add(out, "</dd></div>");
}

static void add_tile_use(struct mz_text *out, const struct mz_page_tiles *tiles)
{
    char text[MZ_NUMBER_MAX];

    open_tile(out, "Chips in use");
    mz_page_add_count(out, tiles->chips_used);
    mz_text_add(out, "<span> / ");
    mz_page_add_count(out, tiles->chips);
    mz_text_add(out, "</span></strong><small>");
    if (tiles->chips > 0)
        mz_text_add(
            out, mz_format_percent(text, (double)tiles->chips_used / (double)tiles->chips, 1));
    else
        mz_text_add(out, "no node is known yet");
    if (tiles->chips_used_by_others > 0) {
        mz_text_add(out, " · ");
        mz_page_add_count(out, tiles->chips_used_by_others);
        mz_text_add(out, " by others");
    }
    close_tile(out, &tiles->use, (double)tiles->chips);
}

static void add_tile_waiting(struct mz_text *out, const struct mz_page_tiles *tiles, int64_t now_us)
{
    open_tile(out, "Waiting");
    if (tiles->jobs_waiting > 0) {
        mz_page_add_counted(out, tiles->jobs_waiting, "job");
        mz_text_add(out, "<span> · ");
        mz_page_add_counted(out, tiles->chips_waiting, "chip");
        mz_text_add(out, "</span></strong><small>");
        if (tiles->oldest_submitted_us > 0) {
            mz_text_add(out, "oldest ");
            mz_page_add_span(out, now_us - tiles->oldest_submitted_us);
        }
    } else {
        mz_text_add(out, "none</strong><small>every job has a place");
    }
    close_tile(out, &tiles->waiting, 0);
}

static void add_tile_ended(struct mz_text *out, const struct mz_page_tiles *tiles)
{
    open_tile(out, "Ended in 24 h");
    mz_page_add_count(out, tiles->ended_day_done);
    mz_text_add(out, "<span> done</span></strong><small>");
    if (tiles->ended_day_failed > 0)
        mz_text_add(out, "<b class=\"bad\"><i aria-hidden=\"true\">✗</i> ");
    mz_page_add_count(out, tiles->ended_day_failed);
    mz_text_add(out, tiles->ended_day_failed > 0 ? " failed</b>" : " failed");
    close_tile(out, &tiles->ended, 0);
}

static void add_tile_tokens(struct mz_text *out, const struct mz_page_tiles *tiles)
{
    char text[MZ_NUMBER_MAX];

    open_tile(out, "Tokens/s served");
    mz_text_addf(out, "%s</strong><small>", mz_format_count(text, tiles->tokens_per_s));
    if (isfinite(tiles->latency_p95_s))
        mz_text_addf(out, "p95 %s s", mz_format_fixed(text, tiles->latency_p95_s, 2));
    close_tile(out, &tiles->tokens, 0);
}

static void write_tiles(const void *context, struct mz_text *out)
{
    const struct mz_page_overview *view = context;
    const struct mz_page_tiles *tiles = &view->tiles;
    char text[MZ_NUMBER_MAX];

    mz_text_add(out,
        "<section class=\"tiles\" id=\"panel-tiles\" data-panel=\"tiles\" "
        "data-on=\"job partner\" aria-label=\"Key figures, the lines: 6 hours\"><dl>");
    add_tile_use(out, tiles);
    add_tile_waiting(out, tiles, view->head.now_us);
    open_tile(out, "Spend now");
    mz_page_add_money(out, tiles->cost_micro_per_hour);
    mz_text_add(out, "<span>/h</span></strong><small>");
    mz_page_add_counted(out, tiles->jobs_running, "job");
    mz_text_add(out, " running");
    close_tile(out, &tiles->cost, 0);
    if (isfinite(tiles->power_mw)) {
        open_tile(out, "Power");
        mz_text_addf(out, "%s</strong><small>", mz_format_power_mw(text, tiles->power_mw));
        if (isfinite(tiles->power_cap_mw))
            mz_text_addf(out, "cap %s", mz_format_power_mw(text, tiles->power_cap_mw));
        close_tile(out, &tiles->power, isfinite(tiles->power_cap_mw) ? tiles->power_cap_mw : 0);
    }
    if (isfinite(tiles->tokens_per_s))
        add_tile_tokens(out, tiles);
    else
        add_tile_ended(out, tiles);
    mz_text_add(out, "</dl></section>\n");
}

/* ---- the page ---- */

enum mz_page_window mz_page_window_parse(const char *text)
{
    if (text && strcmp(text, "6h") == 0)
        return MZ_PAGE_WINDOW_6H;
    return text && strcmp(text, "7d") == 0 ? MZ_PAGE_WINDOW_7D : MZ_PAGE_WINDOW_24H;
}

int64_t mz_page_window_us(enum mz_page_window window)
{
    static const int64_t hours[] = { 6, 24, 168 };

    return hours[window] * 3600 * 1000000;
}

enum mz_page_events_of mz_page_events_parse(const char *text)
{
    if (text && strcmp(text, "jobs") == 0)
        return MZ_PAGE_EVENTS_JOBS;
    return text && strcmp(text, "partners") == 0 ? MZ_PAGE_EVENTS_PARTNERS : MZ_PAGE_EVENTS_ALL;
}

void mz_page_add_choice(struct mz_text *out, const char *window, const char *events,
    const char *text, const char *label, bool is_current)
{
    int32_t count = 0;

    mz_text_add(out, "<a href=\"/");
    mz_page_add_query(out, &count, "window", strcmp(window, "24h") == 0 ? "" : window);
    mz_page_add_query(out, &count, "events", strcmp(events, "all") == 0 ? "" : events);
    mz_text_addf(out, "\"%s", is_current ? " aria-current=\"true\"" : "");
    if (*label)
        mz_text_addf(out, " aria-label=\"%s\"", label);
    mz_text_addf(out, ">%s</a>", text);
}

bool mz_page_overview_write(
    const struct mz_page_overview *view, const char *panels, struct mz_text *out)
{
    static const struct mz_page_panel all[] = { { "alerts", write_alerts },
        { "tiles", write_tiles }, { "gantt", mz_page_gantt_write },
        { "partners", mz_page_partners_write }, { "nodes", mz_page_nodes_write },
        { "events", mz_page_events_write } };
    struct mz_page_frame frame = { .head = &view->head,
        .title = "Overview",
        .screen = "overview",
        .panels = all,
        .panel_count = sizeof(all) / sizeof(all[0]),
        .view = view };

    return mz_page_write(&frame, panels, out);
}
