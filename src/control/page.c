/* page.c - the frame of every page, panels by name, and the page of a problem
 *
 * A page is a list of panels in the order in which they are read; the style sheet places them. The
 * header carries what the script needs in data attributes and nothing that only a script could
 * show: without one it says of what time the page is. */
#include "control/page_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- panels ---- */

void mz_page_panel_open(struct mz_text *out, const char *name, const char *title, const char *on,
    int32_t every_s, const char *extra_html)
{
    mz_text_addf(
        out, "<section class=\"panel\" id=\"panel-%s\" aria-labelledby=\"h-%s\"", name, name);
    if (*on)
        mz_text_addf(out, " data-panel=\"%s\" data-on=\"%s\"", name, on);
    if (every_s > 0)
        mz_text_addf(out, " data-every=\"%" PRId32 "\"", every_s);
    mz_text_addf(out, "><header><h2 id=\"h-%s\">%s</h2>%s</header>", name, title,
        mz_page_string(extra_html));
}

void mz_page_panel_close(struct mz_text *out)
{
    mz_text_add(out, "</section>\n");
}

/* The panel whose name is the first `length` bytes of name. */
static const struct mz_page_panel *find_panel(
    const struct mz_page_frame *frame, const char *name, size_t length)
{
    for (int32_t i = 0; i < frame->panel_count; i++) {
        if (strlen(frame->panels[i].name) == length &&
            strncmp(frame->panels[i].name, name, length) == 0)
            return &frame->panels[i];
    }
    return NULL;
}

static bool write_panels(const struct mz_page_frame *frame, const char *names, struct mz_text *out)
{
    enum { NAME_COUNT_MAX = 16 };
    const struct mz_page_panel *found[NAME_COUNT_MAX];
    int32_t count = 0;

    for (const char *at = names;; at++) {
        size_t length = strcspn(at, ",");

        if (count == NAME_COUNT_MAX)
            return false;
        found[count] = find_panel(frame, at, length);
        if (!found[count++])
            return false;
        at += length;
        if (*at == '\0')
            break;
    }
    for (int32_t i = 0; i < count; i++)
        found[i]->write(frame->view, out);
    return true;
}

/* ---- the frame ---- */

static void add_asset_link(
    struct mz_text *out, const char *before, const char *name, const char *after)
{
    const struct mz_asset *asset = mz_page_asset(name);

    mz_text_addf(out, "%s/assets/%s?v=%.16s%s", before, name, asset ? asset->hash : "", after);
}

static void add_nav(struct mz_text *out, const char *screen)
{
    static const struct {
        const char *screen;
        const char *href;
        const char *text;
    } links[] = { { "overview", "/", "Overview" }, { "jobs", "/jobs", "Jobs" } };

    mz_text_add(out, "<nav aria-label=\"Screens\">");
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        bool is_inside = strncmp(screen, links[i].screen, 3) == 0;
        const char *current = strcmp(screen, links[i].screen) == 0 ? " aria-current=\"page\""
            : is_inside                                            ? " aria-current=\"true\""
                                                                   : "";

        mz_text_addf(out, "<a href=\"%s\"%s>%s</a>", links[i].href, current, links[i].text);
    }
    mz_text_add(out, "</nav>");
}

static const char *role_name(enum mz_page_role role)
{
    switch (role) {
    case MZ_PAGE_VIEWER: return "viewer";
    case MZ_PAGE_USER: return "user";
    case MZ_PAGE_OPERATOR: return "operator";
    }
    return "viewer";
}

static void add_header(struct mz_text *out, const struct mz_page_frame *frame)
{
    const struct mz_page_head *head = frame->head;
    char time[MZ_PAGE_TIME_MAX];

    mz_page_rfc3339(time, head->now_us);
    mz_text_add(out,
        "<a class=\"skip\" href=\"#main\">Skip to content</a>\n<header class=\"top\">"
        "<a class=\"brand\" href=\"/\">Mizan</a>");
    add_nav(out, frame->screen);
    mz_text_addf(out,
        "<p class=\"live\" id=\"live\"><i aria-hidden=\"true\">○</i><span id=\"live-text\">as of"
        "</span> <time id=\"clock\" datetime=\"%s\">%.8s</time> <abbr title=\"Coordinated "
        "Universal Time\">UTC</abbr></p><span class=\"sr\" role=\"status\" id=\"live-say\"></span>",
        time, time + 11);
    mz_text_add(out,
        "<button type=\"button\" id=\"theme\" hidden>Theme</button>"
        "<button type=\"button\" id=\"keys-open\" aria-label=\"Keyboard\" hidden>?"
        "</button><span class=\"caller\">");
    if (mz_page_has(head->caller)) {
        mz_text_add(out, "<bdi>");
        mz_text_add_html(out, head->caller);
        mz_text_add(out, "</bdi> · ");
    }
    mz_text_addf(out, "%s</span></header>\n", role_name(head->role));
    if (mz_page_has(head->trouble)) {
        mz_text_add(out, "<p class=\"trouble\" role=\"alert\"><i aria-hidden=\"true\">▲</i>");
        mz_text_add_html(out, head->trouble);
        mz_text_add(out, "</p>\n");
    }
}

static void open_frame(struct mz_text *out, const struct mz_page_frame *frame)
{
    mz_text_add(out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        "<title>");
    mz_text_add_html(out, frame->title);
    mz_text_add(out, " · Mizan</title>");
    add_asset_link(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"", "mizan.svg", "\">");
    add_asset_link(out, "<link rel=\"stylesheet\" href=\"", "mizan.css", "\">");
    add_asset_link(out, "<script src=\"", "mizan.js", "\"></script>");
    mz_text_addf(out, "</head>\n<body data-seq=\"%" PRId64 "\" data-now=\"%" PRId64 "\"",
        frame->head->event_seq, frame->head->now_us / 1000);
    if (frame->job > 0)
        mz_text_addf(out, " data-job=\"%" PRId64 "\"", frame->job);
    mz_text_add(out, ">\n");
    add_header(out, frame);
    mz_text_addf(out, "<main id=\"main\" class=\"%s\" tabindex=\"-1\">\n", frame->screen);
    if (strcmp(frame->screen, "overview") == 0 || strcmp(frame->screen, "jobs") == 0)
        mz_text_addf(out, "<h1 class=\"sr\">%s</h1>\n", frame->title);
}

static void close_frame(struct mz_text *out, const struct mz_page_frame *frame)
{
    static const char *const keys[][2] = { { "/", "search jobs" }, { "j", "next row" },
        { "k", "row before" }, { "Enter", "open the row" }, { "Esc", "back" },
        { "g o", "Overview" }, { "g j", "Jobs" }, { "?", "this list" } };

    mz_text_add(out, "</main>\n<footer>");
    if (mz_page_has(frame->head->version)) {
        mz_text_add(out, "Mizan ");
        mz_text_add_html(out, frame->head->version);
        mz_text_add(out, " · ");
    }
    mz_text_add(out,
        "times in UTC · the same for programs: <a href=\"/v1/status\">/v1/status</a>"
        "</footer>\n<dialog id=\"keys\" aria-labelledby=\"h-keys\"><h2 id=\"h-keys\">"
        "Keyboard</h2><dl>");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        mz_text_addf(out, "<div><dt><kbd>%s</kbd></dt><dd>%s</dd></div>", keys[i][0], keys[i][1]);
    mz_text_add(out,
        "</dl><form method=\"dialog\"><button>Close</button></form></dialog>\n"
        "</body></html>\n");
}

bool mz_page_write(const struct mz_page_frame *frame, const char *panels, struct mz_text *out)
{
    if (panels)
        return write_panels(frame, panels, out);
    open_frame(out, frame);
    for (int32_t i = 0; i < frame->panel_count; i++)
        frame->panels[i].write(frame->view, out);
    close_frame(out, frame);
    return true;
}

void mz_page_add_command(struct mz_text *out, const char *command)
{
    mz_text_add(out, "<span class=\"cmd\"><code>");
    mz_text_add_html(out, command);
    mz_text_add(out, "</code><button type=\"button\" class=\"copy\" hidden>Copy</button></span>");
}

/* ---- problems ---- */

static const char *problem_title(int32_t status)
{
    static const struct {
        int32_t status;
        const char *title;
    } titles[] = { { 400, "This address asks for something that does not exist" },
        { 401, "Who are you?" }, { 403, "You may not see this" }, { 404, "There is nothing here" },
        { 429, "Too many requests" }, { 503, "Not now" } };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return "This page could not be made";
}

static void write_problem(const void *context, struct mz_text *out)
{
    const struct mz_page_problem *view = context;

    mz_text_addf(out,
        "<section class=\"panel problem\" id=\"panel-problem\" "
        "aria-labelledby=\"h-problem\"><p class=\"status\">%" PRId32,
        view->status);
    if (mz_page_has(view->code)) {
        mz_text_add(out, " · ");
        mz_text_add_html(out, view->code);
    }
    mz_text_addf(out, "</p><h1 id=\"h-problem\">%s</h1>", problem_title(view->status));
    if (mz_page_has(view->detail)) {
        mz_text_add(out, "<p>");
        mz_text_add_html(out, view->detail);
        mz_text_add(out, "</p>");
    }
    if (mz_page_has(view->command)) {
        mz_text_add(out, "<p class=\"do\">What you can do: ");
        mz_page_add_command(out, view->command);
        mz_text_add(out, "</p>");
    }
    if (mz_page_has(view->code)) {
        struct mz_text command = { 0 };

        mz_text_addf(&command, "mizan explain %.40s", view->code);
        mz_text_add(out, "<p class=\"do\">What the code means: ");
        mz_page_add_command(out, mz_text_string(&command));
        mz_text_add(out, "</p>");
        mz_text_finish(&command);
    }
    mz_text_add(out, "<p><a href=\"/\">Overview</a> · <a href=\"/jobs\">Jobs</a></p></section>\n");
}

void mz_page_problem_write(const struct mz_page_problem *view, struct mz_text *out)
{
    static const struct mz_page_panel panels[] = { { "problem", write_problem } };
    struct mz_page_frame frame = { .head = &view->head,
        .title = problem_title(view->status),
        .screen = "problem",
        .panels = panels,
        .panel_count = 1,
        .view = view };

    (void)mz_page_write(&frame, NULL, out);
}
