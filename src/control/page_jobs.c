/* page_jobs.c - the list of jobs: filters that are the address, the columns of `mizan ps`
 *
 * Panels: filter (never refreshed: the reader types in it), summary, jobs. */
#include "control/page_impl.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool is_filtered(const struct mz_page_filter *filter)
{
    return mz_page_has(filter->state) || mz_page_has(filter->team) || mz_page_has(filter->owner) ||
        mz_page_has(filter->partner) || mz_page_has(filter->name);
}

/* path?state=..&team=..; all but the state, which is given. */
static int32_t add_address(
    struct mz_text *out, const char *path, const struct mz_page_filter *filter, const char *state)
{
    int32_t count = 0;

    mz_text_add(out, path);
    mz_page_add_query(out, &count, "state", state);
    mz_page_add_query(out, &count, "team", filter->team);
    mz_page_add_query(out, &count, "owner", filter->owner);
    mz_page_add_query(out, &count, "partner", filter->partner);
    mz_page_add_query(out, &count, "name", filter->name);
    return count;
}

/* ---- filter ---- */

static void add_states(struct mz_text *out, const struct mz_page_filter *filter)
{
    static const char *const states[][2] = { { "", "All" }, { "live", "Live" },
        { "running", "Running" }, { "pending,held", "Waiting" },
        { "restarting,unknown", "Troubled" }, { "done,failed,cancelled", "Ended" },
        { "failed", "Failed" } };
    const char *state = mz_page_string(filter->state);
    bool is_known = false;

    mz_text_add(out, "<nav class=\"choice\" aria-label=\"States\">");
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        bool is_current = strcmp(state, states[i][0]) == 0;

        mz_text_add(out, "<a href=\"");
        (void)add_address(out, "/jobs", filter, states[i][0]);
        mz_text_addf(out, "\"%s>%s</a>", is_current ? " aria-current=\"true\"" : "", states[i][1]);
        is_known = is_known || is_current;
    }
    if (!is_known) {
        mz_text_add(out, "<a href=\"");
        (void)add_address(out, "/jobs", filter, state);
        mz_text_add(out, "\" aria-current=\"true\">");
        mz_text_add_html(out, state);
        mz_text_add(out, "</a>");
    }
    mz_text_add(out, "</nav>");
}

static void add_input(
    struct mz_text *out, const char *name, const char *label, const char *type, const char *value)
{
    mz_text_addf(out,
        "<label><span>%s</span><input type=\"%s\" name=\"%s\" autocomplete=\"off\" "
        "maxlength=\"200\"%s value=\"",
        label, type, name, strcmp(name, "name") == 0 ? " id=\"search\"" : "");
    mz_text_add_html(out, mz_page_string(value));
    mz_text_add(out, "\"></label>");
}

static void add_partner_choice(struct mz_text *out, const struct mz_page_jobs *view)
{
    const char *wanted = mz_page_string(view->filter.partner);
    bool is_known = !*wanted;

    mz_text_add(out,
        "<label><span>Partner</span><select name=\"partner\"><option value=\"\">any"
        "</option>");
    for (int32_t p = 0; p < view->head.partner_count; p++) {
        bool is_wanted = strcmp(mz_page_partner_label(&view->head, p), wanted) == 0;

        mz_text_addf(out, "<option%s>", is_wanted ? " selected" : "");
        mz_text_add_html(out, mz_page_partner_label(&view->head, p));
        mz_text_add(out, "</option>");
        is_known = is_known || is_wanted;
    }
    if (!is_known) {
        mz_text_add(out, "<option selected>");
        mz_text_add_html(out, wanted);
        mz_text_add(out, "</option>");
    }
    mz_text_add(out, "</select></label>");
}

static void write_filter(const void *context, struct mz_text *out)
{
    const struct mz_page_jobs *view = context;
    const struct mz_page_filter *filter = &view->filter;

    mz_text_add(out, "<section class=\"filter\" id=\"panel-filter\" aria-label=\"Filter\">");
    add_states(out, filter);
    mz_text_add(out, "<form action=\"/jobs\" method=\"get\" role=\"search\">");
    if (mz_page_has(filter->state)) {
        mz_text_add(out, "<input type=\"hidden\" name=\"state\" value=\"");
        mz_text_add_html(out, filter->state);
        mz_text_add(out, "\">");
    }
    add_input(out, "name", "Name", "search", filter->name);
    add_input(out, "team", "Team", "text", filter->team);
    add_input(out, "owner", "Owner", "text", filter->owner);
    add_partner_choice(out, view);
    mz_text_add(out, "<button>Show</button>");
    if (is_filtered(filter))
        mz_text_add(out, "<a href=\"/jobs\">Clear</a>");
    mz_text_add(out, "</form></section>\n");
}

/* ---- summary ---- */

/* The command that lists the same. */
static void add_ps(struct mz_text *command, const struct mz_page_filter *filter)
{
    bool is_live = strcmp(mz_page_string(filter->state), "live") == 0;

    mz_text_add(command, mz_page_has(filter->state) ? "mizan ps" : "mizan ps --all");
    mz_page_add_option(command, "state", is_live ? "" : filter->state);
    mz_page_add_option(command, "team", filter->team);
    mz_page_add_option(command, "owner", filter->owner);
    mz_page_add_option(command, "partner", filter->partner);
    mz_page_add_option(command, "name", filter->name);
}

static void add_links(struct mz_text *out, const struct mz_page_jobs *view)
{
    struct mz_text command = { 0 };
    int32_t count;

    mz_text_add(out, "<p class=\"links\"><a href=\"");
    count = add_address(out, "/v1/jobs", &view->filter, view->filter.state);
    mz_page_add_query(out, &count, "format", "csv");
    mz_text_add(out, "\">CSV</a> <a href=\"");
    (void)add_address(out, "/v1/jobs", &view->filter, view->filter.state);
    mz_text_add(out, "\">JSON</a> ");
    add_ps(&command, &view->filter);
    mz_page_add_command(out, mz_text_string(&command));
    mz_text_finish(&command);
    mz_text_add(out, "</p>");
}

static void write_summary(const void *context, struct mz_text *out)
{
    const struct mz_page_jobs *view = context;
    const struct mz_page_summary *summary = &view->summary;

    mz_text_add(out,
        "<section class=\"summary\" id=\"panel-summary\" data-panel=\"summary\" "
        "data-on=\"job\" aria-label=\"Summary\"><p>");
    mz_text_add(out, "<b>");
    mz_page_add_count(out, summary->running);
    mz_text_add(out, " running</b> on ");
    mz_page_add_counted(out, summary->running_chips, "chip");
    if (summary->restarting > 0) {
        mz_text_add(out, " · <b>");
        mz_page_add_count(out, summary->restarting);
        mz_text_add(out, " restarting</b> (");
        mz_page_add_count(out, summary->restarting_chips);
        mz_text_add(out, ")");
    }
    if (summary->pending > 0) {
        mz_text_add(out, " · <b>");
        mz_page_add_count(out, summary->pending);
        mz_text_add(out, " pending</b> (");
        mz_page_add_count(out, summary->pending_chips);
        mz_text_add(out, ")");
    }
    mz_text_add(out, " · ");
    mz_page_add_money(out, summary->cost_micro_per_hour);
    mz_text_add(out, "/h</p>");
    add_links(out, view);
    mz_text_add(out, "</section>\n");
}

/* ---- table ---- */

static void add_progress(struct mz_text *out, double progress)
{
    struct mz_page_bar_part part = { progress, "fill" };

    if (!isfinite(progress)) {
        mz_page_add_dash(out);
        return;
    }
    mz_page_add_bar(out, &part, 1);
    mz_text_addf(out, "<span>%.0f%%</span>", floor(progress * 100));
}

/* What is left of the time limit, or "~" and the time to the expected start. */
static void add_eta(struct mz_text *out, const struct mz_page_job_row *row, int64_t now_us)
{
    if (mz_page_runs(row) && row->time_limit_us > 0) {
        mz_page_add_span(out, row->attempt->started_us + row->time_limit_us - now_us);
    } else if (!mz_run_state_is_end(row->job->state) && !mz_page_runs(row) &&
        row->expected_us > 0) {
        mz_text_add(out, "~");
        mz_page_add_span(out, row->expected_us - now_us);
    } else {
        mz_page_add_dash(out);
    }
}

static void add_name(struct mz_text *out, const struct mz_job_row *job)
{
    mz_text_addf(out, "<td class=\"name\"><a href=\"/jobs/%" PRId64 "\"><bdi>", job->id);
    mz_page_add_job_name(out, job);
    mz_text_add(out, "</bdi></a></td>");
}

static void add_row(
    struct mz_text *out, const struct mz_page_head *head, const struct mz_page_job_row *row)
{
    const struct mz_job_row *job = row->job;
    int64_t rate = mz_page_rate(row);

    mz_text_addf(out, "<tr><td class=\"n id\">%" PRId64 "</td>", job->id);
    add_name(out, job);
    mz_text_add(out, "<td>");
    mz_page_add_state(out, job->state);
    mz_text_add(out, "</td><td class=\"n\">");
    mz_page_add_count(out, job->chips);
    mz_text_add(out, "</td><td class=\"mid\">");
    mz_page_add_place(out, head, row->attempt ? row->attempt->partner : job->partner,
        row->attempt ? row->attempt->site : "");
    mz_text_add(out, "</td><td class=\"low\">");
    if (row->attempt && mz_page_has(row->attempt->chip))
        mz_text_add_html(out, row->attempt->chip);
    else
        mz_page_add_dash(out);
    mz_text_add(out, "</td><td class=\"n\">");
    mz_page_add_span(out, mz_page_age(job, head->now_us));
    mz_text_add(out, "</td><td class=\"low progress\">");
    add_progress(out, mz_page_progress(row, head->now_us));
    mz_text_add(out, "</td><td class=\"n mid\">");
    add_eta(out, row, head->now_us);
    mz_text_add(out, "</td><td class=\"n mid\">");
    if (rate >= 0)
        mz_page_add_money(out, rate);
    else
        mz_page_add_dash(out);
    mz_text_add(out, "</td><td class=\"low words\">");
    mz_text_add_html(out, mz_page_has(row->waits_for) ? row->waits_for : mz_page_string(job->note));
    mz_text_add(out, "</td></tr>\n");
}

static void add_table(struct mz_text *out, const struct mz_page_jobs *view)
{
    static const struct {
        const char *text;
        const char *class_name;
        const char *title;
    } columns[] = { { "Id", "n id", "" }, { "Name", "name", "" }, { "State", "", "" },
        { "Chips", "n", "" }, { "Partner/site", "mid", "" }, { "Chip", "low", "" },
        { "Age", "n", "since the submission; once it ended, of its life" },
        { "Progress", "low", "share of the time limit that is used" },
        { "ETA", "n mid", "left of the time limit; ~ to the expected start" },
        { "$/h", "n mid", "" }, { "Note", "low", "" } };

    mz_text_add(out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Jobs\">"
        "<table class=\"jobs\"><thead><tr>");
    for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
        mz_text_addf(out, "<th scope=\"col\" class=\"%s\"%s%s%s>%s</th>", columns[c].class_name,
            *columns[c].title ? " title=\"" : "", columns[c].title, *columns[c].title ? "\"" : "",
            columns[c].text);
    mz_text_add(out, "</tr></thead><tbody data-rows>\n");
    for (int32_t i = 0; i < view->row_count; i++)
        add_row(out, &view->head, &view->rows[i]);
    mz_text_add(out, "</tbody></table></div>");
}

static void add_empty(struct mz_text *out, const struct mz_page_jobs *view)
{
    mz_text_add(out, "<div class=\"empty\"><p>");
    if (view->jobs_known == 0 && !is_filtered(&view->filter)) {
        mz_text_add(out, "No jobs yet. Submit one:</p><p>");
        mz_page_add_command(out, "mizan submit -G 1 -- nvidia-smi");
    } else if (mz_page_has(view->filter.cursor)) {
        mz_text_add(out, "There are no older jobs. <a href=\"");
        (void)add_address(out, "/jobs", &view->filter, view->filter.state);
        mz_text_add(out, "\">To the newest</a>");
    } else {
        mz_text_add(out, "No job matches. <a href=\"/jobs\">Show all ");
        mz_page_add_count(out, view->jobs_known);
        mz_text_add(out, "</a>");
    }
    mz_text_add(out, "</p></div>");
}

static void write_jobs(const void *context, struct mz_text *out)
{
    const struct mz_page_jobs *view = context;
    int32_t count;

    mz_text_add(out,
        "<section class=\"panel\" id=\"panel-jobs\" data-panel=\"jobs\" "
        "data-on=\"job\" aria-label=\"List of jobs\">");
    if (view->row_count > 0)
        add_table(out, view);
    else
        add_empty(out, view);
    if (view->row_count > 0 &&
        (mz_page_has(view->next_cursor) || mz_page_has(view->filter.cursor))) {
        mz_text_add(out, "<p class=\"more\">");
        mz_page_add_counted(out, view->row_count, "job");
        mz_text_add(out, " on this page");
        if (mz_page_has(view->filter.cursor)) {
            mz_text_add(out, " · <a href=\"");
            (void)add_address(out, "/jobs", &view->filter, view->filter.state);
            mz_text_add(out, "\">Newest</a>");
        }
        if (mz_page_has(view->next_cursor)) {
            mz_text_add(out, " · <a rel=\"next\" href=\"");
            count = add_address(out, "/jobs", &view->filter, view->filter.state);
            mz_page_add_query(out, &count, "cursor", view->next_cursor);
            mz_text_add(out, "\">Older</a>");
        }
        mz_text_add(out, "</p>");
    }
    mz_text_add(out, "</section>\n");
}

bool mz_page_jobs_write(const struct mz_page_jobs *view, const char *panels, struct mz_text *out)
{
    static const struct mz_page_panel all[] = { { "filter", write_filter },
        { "summary", write_summary }, { "jobs", write_jobs } };
    struct mz_page_frame frame = { .head = &view->head,
        .title = "Jobs",
        .screen = "jobs",
        .panels = all,
        .panel_count = sizeof(all) / sizeof(all[0]),
        .view = view };

    return mz_page_write(&frame, panels, out);
}
