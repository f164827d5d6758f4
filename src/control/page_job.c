/* page_job.c - one job opened: how it stands, and why
 *
 * Panels, in the order of the questions: state, why, attempts, log, checkpoints, history; then
 * commands and spec, which never change and are not refreshed. */
#include "control/page_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void open_fact(struct mz_text *out, const char *label)
{
    mz_text_addf(out, "<div><dt>%s</dt><dd>", label);
}

static void close_fact(struct mz_text *out)
{
    mz_text_add(out, "</dd></div>");
}

static void add_fact(struct mz_text *out, const char *label, const char *text)
{
    if (!mz_page_has(text))
        return;
    open_fact(out, label);
    mz_text_add(out, "<bdi>");
    mz_text_add_html(out, text);
    mz_text_add(out, "</bdi>");
    close_fact(out);
}

static void add_time_fact(struct mz_text *out, const char *label, int64_t at_us, int64_t now_us)
{
    if (at_us <= 0)
        return;
    open_fact(out, label);
    mz_page_add_time(out, at_us, now_us);
    close_fact(out);
}

/* ---- the figures ---- */

static void add_place_fact(struct mz_text *out, const struct mz_page_job *view)
{
    const struct mz_attempt_row *attempt = view->row.attempt;

    open_fact(out, mz_run_state_is_end(view->row.job->state) ? "Ran last at" : "Place");
    mz_page_add_place(out, &view->head, attempt ? attempt->partner : view->row.job->partner,
        attempt ? attempt->site : "");
    close_fact(out);
    open_fact(out, "Chips");
    mz_page_add_count(out, view->row.job->chips);
    if (attempt && mz_page_has(attempt->chip)) {
        mz_text_add(out, " × ");
        mz_text_add_html(out, attempt->chip);
    }
    if (attempt && attempt->node_count > 0) {
        mz_text_add(out, " <span class=\"dim\">on ");
        mz_page_add_counted(out, attempt->node_count, "node");
        mz_text_add(out, "</span>");
    }
    close_fact(out);
}

static void add_progress_fact(struct mz_text *out, const struct mz_page_job *view)
{
    double progress = mz_page_progress(&view->row, view->head.now_us);
    struct mz_page_bar_part part = { progress, "fill" };

    if (isfinite(progress)) {
        open_fact(out, "Time limit used");
        mz_page_add_bar(out, &part, 1);
        mz_text_addf(out, " %.0f%% <span class=\"dim nw\">of ", floor(progress * 100));
        mz_page_add_span(out, view->row.time_limit_us);
        mz_text_add(out, "</span>");
        close_fact(out);
        add_time_fact(out, "Ends at the latest",
            view->row.attempt->started_us + view->row.time_limit_us, view->head.now_us);
    } else if (view->row.time_limit_us > 0) {
        open_fact(out, "Time limit");
        mz_page_add_span(out, view->row.time_limit_us);
        close_fact(out);
    }
    if (!mz_page_runs(&view->row) && !mz_run_state_is_end(view->row.job->state))
        add_time_fact(out, "Expected start", view->row.expected_us, view->head.now_us);
}

static void add_money_facts(struct mz_text *out, const struct mz_page_job *view)
{
    int64_t rate = mz_page_rate(&view->row);

    if (rate >= 0) {
        open_fact(out, "Cost per hour");
        mz_page_add_money(out, rate);
        mz_text_add(out, "/h");
        if (view->row.attempt && mz_page_has(view->row.attempt->contract)) {
            mz_text_add(out, " <span class=\"dim\">drawn on <bdi>");
            mz_text_add_html(out, view->row.attempt->contract);
            mz_text_add(out, "</bdi></span>");
        }
        close_fact(out);
    }
    open_fact(out, "Cost so far");
    mz_page_add_money(out, view->cost_micro);
    mz_text_add(out, " <span class=\"dim\">");
    mz_page_add_counted(out, view->chip_seconds / 3600, "chip-hour");
    mz_text_add(out, "</span>");
    close_fact(out);
}

static void add_people_facts(struct mz_text *out, const struct mz_job_row *job)
{
    char text[48];

    add_fact(out, "Team", job->team);
    add_fact(out, "Owner", job->owner);
    (void)snprintf(text, sizeof(text), "%" PRId32, job->priority);
    add_fact(out, "Priority", text);
    if (job->array_job > 0) {
        (void)snprintf(
            text, sizeof(text), "%" PRId32 " of job %" PRId64, job->array_index, job->array_job);
        add_fact(out, "Array index", text);
    }
    if (job->attempt_count > 0) {
        (void)snprintf(text, sizeof(text), "%" PRId32 " · %" PRId32 " restart%s",
            job->attempt_count, job->restart_count, job->restart_count == 1 ? "" : "s");
        add_fact(out, "Attempts", text);
    }
    if (job->exit_code != MZ_EXIT_NONE) {
        (void)snprintf(text, sizeof(text), "%" PRId32, job->exit_code);
        add_fact(out, "Exit code", text);
    }
}

static void write_state(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;
    const struct mz_job_row *job = view->row.job;

    mz_text_add(out,
        "<section class=\"panel state\" id=\"panel-state\" data-panel=\"state\" "
        "data-on=\"job\" aria-labelledby=\"h-state\"><p class=\"crumb\">"
        "<a href=\"/jobs\">Jobs</a> / ");
    mz_text_addf(out, "%" PRId64 "</p><h1 id=\"h-state\"><bdi>", job->id);
    mz_page_add_job_name(out, job);
    mz_text_add(out, "</bdi> ");
    mz_page_add_state(out, job->state);
    if (job->cancel_wanted && !mz_run_state_is_end(job->state))
        mz_text_add(out, " <span class=\"st warn\">cancel asked for</span>");
    mz_text_add(out, "</h1>");
    if (mz_page_has(job->note)) {
        mz_text_add(out, "<p class=\"note\">");
        mz_text_add_html(out, job->note);
        mz_text_add(out, "</p>");
    }
    mz_text_add(out, "<dl class=\"facts\">");
    add_place_fact(out, view);
    add_progress_fact(out, view);
    add_money_facts(out, view);
    add_people_facts(out, job);
    add_time_fact(out, "Submitted", job->submitted_us, view->head.now_us);
    add_time_fact(out, "First start", job->started_us, view->head.now_us);
    add_time_fact(out, "Ended", job->ended_us, view->head.now_us);
    open_fact(out, job->ended_us > 0 ? "Lived" : "Age");
    mz_page_add_span(out, mz_page_age(job, view->head.now_us));
    close_fact(out);
    mz_text_add(out, "</dl></section>\n");
}

/* ---- why ---- */

static void write_why(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;
    bool waits = !mz_page_runs(&view->row) && !mz_run_state_is_end(view->row.job->state);

    mz_page_panel_open(
        out, "why", waits ? "Why it waits" : "Why it is where it is", "job", waits ? 15 : 0, NULL);
    if (mz_page_has(view->why)) {
        mz_text_add(out, "<pre class=\"why\" tabindex=\"0\">");
        mz_text_add_html(out, view->why);
        mz_text_add(out, "</pre>");
    } else {
        mz_text_add(out, "<div class=\"empty\"><p>Nothing more is known.</p></div>");
    }
    mz_page_panel_close(out);
}

bool mz_page_job_write(const struct mz_page_job *view, const char *panels, struct mz_text *out)
{
    static const struct mz_page_panel all[] = { { "state", write_state }, { "why", write_why },
        { "commands", mz_page_job_commands_write }, { "attempts", mz_page_job_attempts_write },
        { "log", mz_page_job_log_write }, { "checkpoints", mz_page_job_checkpoints_write },
        { "history", mz_page_job_history_write }, { "spec", mz_page_job_spec_write } };
    struct mz_text title = { 0 };
    struct mz_page_frame frame = { .head = &view->head,
        .screen = "job",
        .job = view->row.job->id,
        .panels = all,
        .panel_count = sizeof(all) / sizeof(all[0]),
        .view = view };
    bool is_known;

    mz_text_addf(&title, "%" PRId64 " %s", view->row.job->id, mz_page_string(view->row.job->name));
    frame.title = mz_text_string(&title);
    is_known = mz_page_write(&frame, panels, out);
    mz_text_finish(&title);
    return is_known;
}
