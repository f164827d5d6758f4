/* page_gantt.c - jobs in time: where each ran, where it was lost, how long it will take
 *
 * One SVG a row, in percent of its width, so that it fits any window and its text is never
 * stretched. The last ninth of the axis is what is to come: the rest of a time limit as an outline,
 * the way to an expected start as dashes. */
#include "control/page_impl.h"

#include "report/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LANE_WIDE_PX = 420, LANE_NARROW_PX = 230, LABEL_PX = 11, LABEL_ROOM_PX = 12 };

struct axis {
    const struct mz_page_head *head;
    int64_t begin_us;
    int64_t end_us;
    enum mz_page_window window;
};

static double percent_at(const struct axis *axis, int64_t us)
{
    double x = 100.0 * (double)(us - axis->begin_us) / (double)(axis->end_us - axis->begin_us);

    return fmin(fmax(x, 0), 100);
}

static int64_t tick_step_us(enum mz_page_window window)
{
    static const int64_t hours[] = { 1, 4, 24 };

    return hours[window] * 3600 * 1000000;
}

static void add_grid(struct mz_text *out, const struct axis *axis)
{
    int64_t step = tick_step_us(axis->window);

    for (int64_t at = (axis->begin_us / step + 1) * step; at < axis->end_us; at += step)
        mz_text_addf(out, "<rect class=\"grid\" x=\"%.2f%%\" width=\"1\" height=\"100%%\"/>",
            percent_at(axis, at));
    mz_text_addf(out, "<rect class=\"now\" x=\"%.2f%%\" width=\"1\" height=\"100%%\"/>",
        percent_at(axis, axis->head->now_us));
}

static void add_axis(struct mz_text *out, const struct axis *axis)
{
    int64_t step = tick_step_us(axis->window);
    double now = percent_at(axis, axis->head->now_us);
    int32_t index = 0;

    mz_text_add(out, "<div class=\"axis\" aria-hidden=\"true\"><svg>");
    for (int64_t at = (axis->begin_us / step + 1) * step; at < axis->end_us; at += step, index++) {
        double x = percent_at(axis, at);
        char text[MZ_PAGE_TIME_MAX];

        if (x < 4 || fabs(x - now) < 7 || x > 97)
            continue;
        mz_page_clock(text, at, axis->window == MZ_PAGE_WINDOW_7D ? axis->head->now_us : at);
        if (axis->window == MZ_PAGE_WINDOW_7D && strlen(text) > 6)
            text[strlen(text) - 6] = '\0'; /* midnight need not be said */
        mz_text_addf(out, "<text x=\"%.2f%%\" y=\"13\"%s>%s</text>", x,
            index % 2 ? " class=\"odd\"" : "", text);
    }
    mz_text_addf(out, "<text class=\"b\" x=\"%.2f%%\" y=\"13\">now</text></svg></div>", now);
}

/* ---- segments ---- */

/* Did it end, or does it seem to have ended, without being asked to? The reason stands already
 * while an attempt is being stopped. */
static bool is_loss(const struct mz_attempt_row *attempt)
{
    if (attempt->state != MZ_ATTEMPT_ENDED)
        return attempt->state == MZ_ATTEMPT_LOST;
    return attempt->reason == MZ_END_NODE_LOST || attempt->reason == MZ_END_PARTNER_LOST ||
        attempt->reason == MZ_END_LAUNCH || attempt->reason == MZ_END_TIME_LIMIT ||
        (attempt->reason == MZ_END_EXIT && attempt->exit_code > 0);
}

/* "attempt 2 at aws/use1, 09:12 to 14:07, node-lost" */
static void add_attempt_words(
    struct mz_text *out, const struct axis *axis, const struct mz_attempt_row *attempt)
{
    const char *reason = mz_end_reason_name(attempt->reason);
    char clock[MZ_PAGE_TIME_MAX];

    mz_text_addf(out, "attempt %" PRId32 " at ", attempt->n);
    mz_text_add_html(
        out, mz_page_has(attempt->site) ? attempt->site : mz_page_string(attempt->partner));
    mz_text_addf(out, ", %s to ", mz_page_clock(clock, attempt->started_us, axis->head->now_us));
    if (attempt->ended_us > 0)
        mz_text_addf(out, "%s%s%s", mz_page_clock(clock, attempt->ended_us, axis->head->now_us),
            *reason ? ", " : "", reason);
    else
        mz_text_addf(out, "now, %s", mz_attempt_state_name(attempt->state));
}

static void add_label(struct mz_text *out, const char *color, const char *name, double width)
{
    double text_width = mz_svg_text_width(name, LABEL_PX, true) + LABEL_ROOM_PX;

    if (width / 100 * LANE_WIDE_PX < text_width)
        return;
    mz_text_addf(out, "<text class=\"k%s%s\" x=\"6\" y=\"12.5\">", color,
        width / 100 * LANE_NARROW_PX < text_width ? " short" : "");
    mz_text_add_html(out, name);
    mz_text_add(out, "</text>");
}

static void add_segment(
    struct mz_text *out, const struct axis *axis, const struct mz_attempt_row *attempt)
{
    int64_t end_us = attempt->ended_us > 0 ? attempt->ended_us : axis->head->now_us;
    double begin = percent_at(axis, attempt->started_us);
    double end = percent_at(axis, end_us);
    char color[8];

    if (end_us < axis->begin_us || attempt->started_us > axis->end_us)
        return;
    mz_page_color(axis->head, mz_page_partner_find(axis->head, attempt->partner), color);
    mz_text_addf(out,
        "<svg class=\"seg%s\" x=\"%.2f%%\" y=\"3\" width=\"%.2f%%\" height=\"18\">"
        "<title>",
        attempt->state == MZ_ATTEMPT_LOST ? " lost" : "", begin, fmax(end - begin, 0.3));
    add_attempt_words(out, axis, attempt);
    mz_text_addf(
        out, "</title><rect class=\"f%s\" width=\"100%%\" height=\"100%%\" rx=\"2\"/>", color);
    add_label(out, color, mz_page_string(attempt->partner), end - begin);
    mz_text_add(out, "</svg>");
    if (is_loss(attempt))
        mz_text_addf(out,
            "<svg class=\"cross\" x=\"%.2f%%\" y=\"3\" width=\"1\" height=\"18\" "
            "overflow=\"visible\"><path class=\"h\" d=\"M-4 5l8 8M-4 13l8-8\"/>"
            "<path d=\"M-4 5l8 8M-4 13l8-8\"/></svg>",
            end);
}

static void add_line(struct mz_text *out, const struct axis *axis, int64_t from_us, int64_t to_us)
{
    if (to_us > axis->begin_us && to_us > from_us)
        mz_text_addf(out, "<line class=\"wait\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"12\" y2=\"12\"/>",
            percent_at(axis, from_us), percent_at(axis, to_us));
}

/* Waiting: dashes from the submission, or from one end to the next start, to now, and on to the
 * expected start. */
static void add_waits(
    struct mz_text *out, const struct axis *axis, const struct mz_page_gantt_row *row)
{
    int64_t since_us = row->job->submitted_us;

    for (int32_t i = 0; i < row->attempt_count; i++) {
        const struct mz_attempt_row *attempt = row->attempts[i];

        if (attempt->started_us <= 0)
            continue;
        if (i > 0 || attempt->n == 1)
            add_line(out, axis, since_us, attempt->started_us);
        since_us = attempt->ended_us > 0 ? attempt->ended_us : INT64_MAX;
    }
    if (mz_run_state_is_end(row->job->state) || since_us == INT64_MAX)
        return;
    add_line(out, axis, since_us,
        row->expected_us > axis->head->now_us ? row->expected_us : axis->head->now_us);
    if (row->expected_us > axis->head->now_us && row->expected_us < axis->end_us)
        mz_text_addf(out, "<circle class=\"start\" cx=\"%.2f%%\" cy=\"12\" r=\"3.5\"/>",
            percent_at(axis, row->expected_us));
}

static void add_wait_words(
    struct mz_text *out, const struct axis *axis, const struct mz_page_gantt_row *row)
{
    double x = percent_at(axis, row->job->submitted_us);

    if (!mz_page_has(row->waits) || row->job->started_us > 0)
        return;
    if (x > 30)
        mz_text_addf(out,
            "<text class=\"words\" x=\"%.2f%%\" dx=\"-6\" y=\"16\" "
            "text-anchor=\"end\">waits: ",
            x);
    else
        mz_text_addf(out, "<text class=\"words over\" x=\"%.2f%%\" dx=\"8\" y=\"16\">waits: ", x);
    mz_text_add_html(out, row->waits);
    mz_text_add(out, "</text>");
}

static void add_rest(
    struct mz_text *out, const struct axis *axis, const struct mz_page_gantt_row *row)
{
    const struct mz_attempt_row *last =
        row->attempt_count > 0 ? row->attempts[row->attempt_count - 1] : NULL;
    double now = percent_at(axis, axis->head->now_us);
    char color[8];

    if (!last || last->ended_us > 0 || last->started_us <= 0 || row->limit_us <= axis->head->now_us)
        return;
    mz_page_color(axis->head, mz_page_partner_find(axis->head, last->partner), color);
    mz_text_addf(out,
        "<rect class=\"rest f%s\" x=\"%.2f%%\" y=\"3\" width=\"%.2f%%\" "
        "height=\"18\"/>",
        color, now, percent_at(axis, row->limit_us) - now);
}

static void add_row_words(
    struct mz_text *out, const struct axis *axis, const struct mz_page_gantt_row *row)
{
    char clock[MZ_PAGE_TIME_MAX];
    bool any = false;

    for (int32_t i = 0; i < row->attempt_count; i++) {
        if (row->attempts[i]->started_us <= 0)
            continue;
        mz_text_add(out, any ? "; " : "");
        add_attempt_words(out, axis, row->attempts[i]);
        any = true;
    }
    if (!any) {
        mz_text_addf(out, "waits since %s",
            mz_page_clock(clock, row->job->submitted_us, axis->head->now_us));
        if (mz_page_has(row->waits)) {
            mz_text_add(out, ": ");
            mz_text_add_html(out, row->waits);
        }
    }
}

static void add_row(
    struct mz_text *out, const struct axis *axis, const struct mz_page_gantt_row *row)
{
    mz_text_addf(out, "<li><a class=\"name\" href=\"/jobs/%" PRId64 "\" title=\"", row->job->id);
    mz_text_add_html(out, mz_page_string(row->job->name));
    mz_text_addf(
        out, " · job %" PRId64 " · %s\">", row->job->id, mz_run_state_name(row->job->state));
    mz_page_add_state(out, row->job->state);
    mz_text_add(out, " <bdi>");
    mz_page_add_job_name(out, row->job);
    mz_text_add(out, "</bdi></a><svg class=\"lane\" role=\"img\" aria-label=\"");
    add_row_words(out, axis, row);
    mz_text_add(out, "\">");
    add_grid(out, axis);
    add_waits(out, axis, row);
    add_rest(out, axis, row);
    for (int32_t i = 0; i < row->attempt_count; i++) {
        if (row->attempts[i]->started_us > 0)
            add_segment(out, axis, row->attempts[i]);
    }
    add_wait_words(out, axis, row);
    mz_text_add(out, "</svg></li>\n");
}

static void add_rows(struct mz_text *out, const struct mz_page_overview *view)
{
    const struct mz_page_gantt *gantt = &view->gantt;
    int64_t window_us = mz_page_window_us(gantt->window);
    struct axis axis = { .head = &view->head,
        .begin_us = view->head.now_us - window_us,
        .end_us = view->head.now_us + window_us / 8,
        .window = gantt->window };
    int32_t shown =
        gantt->row_count < MZ_PAGE_GANTT_ROW_MAX ? gantt->row_count : MZ_PAGE_GANTT_ROW_MAX;
    int64_t left_out = gantt->left_out + gantt->row_count - shown;

    mz_text_add(out, "<div class=\"gantt\"><ol data-rows>");
    for (int32_t i = 0; i < shown; i++)
        add_row(out, &axis, &gantt->rows[i]);
    mz_text_add(out, "</ol>");
    add_axis(out, &axis);
    mz_text_add(out, "</div>");
    if (left_out > 0) {
        mz_text_add(out, "<p class=\"more\">and ");
        mz_page_add_counted(out, left_out, "more job");
        mz_text_add(out, ": <a href=\"/jobs\">all jobs</a></p>");
    }
}

void mz_page_gantt_write(const void *overview, struct mz_text *out)
{
    static const char *const words[] = { "6h", "24h", "7d" };
    static const char *const spoken[] = { "6 hours", "24 hours", "7 days" };
    static const char *const events[] = { "all", "jobs", "partners" };
    const struct mz_page_overview *view = overview;
    struct mz_text extra = { 0 };

    mz_text_add(&extra, "<nav class=\"choice\" aria-label=\"Length of time\">");
    for (int32_t w = 0; w < 3; w++)
        mz_page_add_choice(&extra, words[w], events[view->events_of], words[w], spoken[w],
            w == (int32_t)view->gantt.window);
    mz_text_add(&extra, "</nav>");
    mz_page_panel_open(out, "gantt", "Jobs in time", "job", 0, mz_text_string(&extra));
    mz_text_finish(&extra);
    if (view->gantt.row_count > 0) {
        add_rows(out, view);
    } else if (view->jobs_known == 0) {
        mz_text_add(out, "<div class=\"empty\"><p>No jobs yet. Submit one:</p><p>");
        mz_page_add_command(out, "mizan submit -G 1 -- nvidia-smi");
        mz_text_add(out, "</p></div>");
    } else {
        mz_text_addf(out,
            "<div class=\"empty\"><p>No job ran or waited in the last %s. <a href=\"/jobs\">All "
            "jobs</a></p></div>",
            spoken[view->gantt.window]);
    }
    mz_page_panel_close(out);
}
