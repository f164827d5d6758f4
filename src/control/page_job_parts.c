/* page_job_parts.c - attempts, output, checkpoints, history and commands of one job
 *
 * A log is whatever a program wrote: escape sequences are dropped, of a line that a program wrote
 * over with carriage returns the last form is shown, what is not UTF-8 is replaced. */
#include "control/page_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A panel with a link to what the API has of the job at this path. */
static void open_panel(struct mz_text *out, const struct mz_page_job *view, const char *name,
    const char *title, const char *on, const char *path)
{
    struct mz_text link = { 0 };

    mz_text_addf(&link, "<span class=\"links\"><a href=\"/v1/jobs/%" PRId64 "%s\">JSON</a></span>",
        view->row.job->id, path);
    mz_page_panel_open(out, name, title, on, 0, mz_text_string(&link));
    mz_text_finish(&link);
}

/* ---- attempts ---- */

static void add_attempt(
    struct mz_text *out, const struct mz_page_head *head, const struct mz_attempt_row *attempt)
{
    const char *reason = mz_end_reason_name(attempt->reason);
    int64_t end_us = attempt->ended_us > 0 ? attempt->ended_us : head->now_us;

    mz_text_addf(out, "<tr><th scope=\"row\" class=\"n\">%" PRId32 "</th><td>", attempt->n);
    mz_page_add_place(out, head, attempt->partner, attempt->site);
    mz_text_add(out, "</td><td>");
    if (attempt->state != MZ_ATTEMPT_ENDED || !*reason)
        mz_text_addf(out, "%s%s", mz_attempt_state_name(attempt->state), *reason ? ": " : "");
    mz_text_add(out, reason);
    if (attempt->exit_code != MZ_EXIT_NONE)
        mz_text_addf(out, " %" PRId32, attempt->exit_code);
    mz_text_add(out, "</td><td class=\"n\">");
    mz_page_add_count(out, attempt->chips);
    mz_text_add(out, "</td><td>");
    mz_page_add_time(out, attempt->started_us, head->now_us);
    mz_text_add(out, "</td><td>");
    mz_page_add_time(out, attempt->ended_us, head->now_us);
    mz_text_add(out, "</td><td class=\"n\">");
    if (attempt->started_us > 0)
        mz_page_add_span(out, end_us - attempt->started_us);
    else
        mz_page_add_dash(out);
    mz_text_add(out, "</td><td class=\"words\"><bdi>");
    mz_text_add_html(out, mz_page_string(attempt->nodes));
    mz_text_add(out, "</bdi></td><td class=\"words\"><bdi>");
    mz_text_add_html(out, mz_page_string(attempt->checkpoint));
    mz_text_add(out, "</bdi></td></tr>\n");
}

void mz_page_job_attempts_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;

    open_panel(out, view, "attempts", "Attempts", "job", "/attempts");
    if (view->attempt_count == 0) {
        mz_text_add(out, "<div class=\"empty\"><p>It has not been started yet.</p></div>");
        mz_page_panel_close(out);
        return;
    }
    mz_text_add(out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby="
        "\"h-attempts\"><table><thead><tr><th scope=\"col\" class=\"n\">No.</th>"
        "<th scope=\"col\">Place</th><th scope=\"col\">State or end</th>"
        "<th scope=\"col\" class=\"n\">Chips</th><th scope=\"col\">Started</th>"
        "<th scope=\"col\">Ended</th><th scope=\"col\" class=\"n\">Ran</th>"
        "<th scope=\"col\">Nodes</th><th scope=\"col\">From checkpoint</th></tr>"
        "</thead><tbody>\n");
    for (int32_t i = 0; i < view->attempt_count; i++)
        add_attempt(out, &view->head, &view->attempts[i]);
    mz_text_add(out, "</tbody></table></div>");
    mz_page_panel_close(out);
}

/* ---- output ---- */

/* Behind an escape sequence that begins at *at (ESC): CSI ... letter, OSC ... BEL or ESC \, or one
 * character. */
static const char *skip_escape(const char *at, const char *end)
{
    at++;
    if (at < end && *at == '[') {
        for (at++; at < end && ((unsigned char)*at < 0x40 || (unsigned char)*at > 0x7E); at++) {
            if (*at == '\n')
                return at;
        }
        return at < end ? at + 1 : end;
    }
    if (at < end && *at == ']') {
        while (at < end && *at != '\a' && *at != '\n' && *at != '\x1b')
            at++;
        if (at + 1 < end && *at == '\x1b' && at[1] == '\\')
            return at + 2;
        return at < end && *at == '\a' ? at + 1 : at;
    }
    return at < end && *at != '\n' ? at + 1 : at;
}

/* A line as a terminal would show it in the end. */
static void add_log_line(struct mz_text *plain, const char *line, const char *end)
{
    const char *from = line;

    if (end > line && end[-1] == '\r')
        end--;
    for (const char *at = line; at < end; at++) {
        if (*at == '\r')
            from = at + 1;
    }
    while (from < end) {
        if (*from == '\x1b') {
            from = skip_escape(from, end);
            continue;
        }
        mz_text_add_bytes(plain, *from ? from : "?", 1);
        from++;
    }
}

static void add_log(struct mz_text *out, const struct mz_page_log *log)
{
    size_t length = log->length < MZ_PAGE_LOG_MAX ? log->length : MZ_PAGE_LOG_MAX;
    const char *at = log->bytes + (log->length - length);
    const char *end = log->bytes + log->length;
    struct mz_text plain = { 0 };

    if ((int64_t)length < log->size) { /* begins in the middle of a line */
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        at = newline ? newline + 1 : at;
    }
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;

        add_log_line(&plain, at, line_end);
        if (newline)
            mz_text_add(&plain, "\n");
        at = newline ? newline + 1 : end;
    }
    mz_text_add_html(out, mz_text_string(&plain));
    mz_text_finish(&plain);
}

void mz_page_job_log_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;
    const struct mz_page_log *log = &view->log;
    struct mz_text extra = { 0 };

    if (log->attempt > 0) {
        mz_text_addf(&extra, "<span class=\"dim\">attempt %" PRId32 ", rank %" PRId32, log->attempt,
            log->rank);
        if (log->size > (int64_t)log->length || log->length > MZ_PAGE_LOG_MAX)
            mz_text_addf(&extra, ", the end of %.1f MiB", (double)log->size / 1048576);
        mz_text_addf(&extra,
            "</span><span class=\"links\"><a href=\"/v1/jobs/%" PRId64 "/logs?rank=%" PRId32
            "&amp;attempt=%" PRId32 "\">Whole</a></span>",
            view->row.job->id, log->rank, log->attempt);
    }
    mz_page_panel_open(
        out, "log", "Output", "job", mz_page_runs(&view->row) ? 5 : 0, mz_text_string(&extra));
    mz_text_finish(&extra);
    if (log->length > 0) {
        mz_text_add(out, "<pre class=\"log\" tabindex=\"0\" aria-label=\"Output, the end\">");
        add_log(out, log);
        mz_text_add(out, "</pre>");
    } else {
        mz_text_add(out, "<div class=\"empty\"><p>");
        if (mz_page_has(log->problem))
            mz_text_add_html(out, log->problem);
        else
            mz_text_add(out,
                log->attempt > 0 ? "It has written nothing yet." : "It has not been started yet.");
        mz_text_add(out, "</p></div>");
    }
    mz_page_panel_close(out);
}

/* ---- checkpoints, history ---- */

void mz_page_job_checkpoints_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;

    mz_page_panel_open(out, "checkpoints", "Checkpoints", "job", 0, NULL);
    if (view->checkpoint_count == 0) {
        mz_text_add(out,
            "<div class=\"empty\"><p>None was published. A restart begins from the "
            "start.</p></div>");
    } else {
        mz_text_add(out, "<ol class=\"events\">\n");
        for (int32_t i = 0; i < view->checkpoint_count && i < MZ_PAGE_EVENT_MAX; i++) {
            const struct mz_page_checkpoint *checkpoint = &view->checkpoints[i];

            mz_text_add(out, "<li>");
            mz_page_add_time(out, checkpoint->at_us, view->head.now_us);
            mz_text_add(out, "<span class=\"what\"><code>");
            mz_text_add_html(out, mz_page_string(checkpoint->path));
            mz_text_addf(out,
                "</code> <span class=\"dim\">attempt %" PRId32 "%s</span></span>"
                "</li>\n",
                checkpoint->attempt, i == 0 ? ", a restart begins here" : "");
        }
        mz_text_add(out, "</ol>");
    }
    mz_page_panel_close(out);
}

void mz_page_job_history_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;
    int32_t first =
        view->event_count > MZ_PAGE_EVENT_MAX ? view->event_count - MZ_PAGE_EVENT_MAX : 0;

    open_panel(out, view, "history", "History", "job", "/events");
    if (first > 0)
        mz_text_addf(out, "<p class=\"more\">%" PRId32 " older events are left out.</p>", first);
    mz_text_add(out, "<ol class=\"events\">\n");
    for (int32_t i = first; i < view->event_count; i++)
        mz_page_add_event(out, &view->head, &view->events[i], false);
    mz_text_add(out, "</ol>");
    if (view->event_count == 0)
        mz_text_add(out, "<div class=\"empty\"><p>Its events have been pruned.</p></div>");
    mz_page_panel_close(out);
}

/* ---- commands, spec ---- */

static void add_job_command(
    struct mz_text *out, const char *what, const char *before, int64_t job, const char *after)
{
    struct mz_text command = { 0 };

    mz_text_addf(&command, "mizan %s %" PRId64 "%s", before, job, after);
    mz_text_addf(out, "<div><dt>%s</dt><dd>", what);
    mz_page_add_command(out, mz_text_string(&command));
    mz_text_add(out, "</dd></div>");
    mz_text_finish(&command);
}

void mz_page_job_commands_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;
    const struct mz_job_row *job = view->row.job;
    bool is_over = mz_run_state_is_end(job->state);

    mz_page_panel_open(out, "commands", "What you can do", "", 0, NULL);
    mz_text_add(out, "<dl class=\"commands\">");
    add_job_command(out, is_over ? "Read its output" : "Follow its output",
        is_over ? "logs" : "logs -f", job->id, "");
    if (!is_over) {
        add_job_command(out, "Ask why", "why", job->id, "");
        if (job->state == MZ_RUN_HELD)
            add_job_command(out, "Let it start", "release", job->id, "");
        else if (mz_page_runs(&view->row))
            add_job_command(out, "Move it elsewhere", "move", job->id, "");
        else
            add_job_command(out, "Keep it from starting", "hold", job->id, "");
        add_job_command(out, "Cancel it", "cancel", job->id, "");
    }
    mz_text_add(out, "</dl>");
    mz_page_panel_close(out);
}

void mz_page_job_spec_write(const void *context, struct mz_text *out)
{
    const struct mz_page_job *view = context;

    open_panel(out, view, "spec", "What it runs", "", "");
    if (mz_page_has(view->command)) {
        mz_text_add(out, "<pre class=\"run\" tabindex=\"0\">");
        mz_text_add_html(out, view->command);
        mz_text_add(out, "</pre>");
    }
    if (mz_page_has(view->spec)) {
        mz_text_add(out, "<details><summary>Its spec, canonical</summary><pre tabindex=\"0\">");
        mz_text_add_html(out, view->spec);
        mz_text_add(out, "</pre></details>");
    }
    mz_page_panel_close(out);
}
