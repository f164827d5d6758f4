/* page_events.c - what happened, newest first */
#include "control/page_impl.h"

#include <inttypes.h>
#include <string.h>

/* Which kinds are good or bad news; the word itself says it too. */
static const char *kind_class(const char *kind)
{
    static const char *const bad[] = { "failed", "partner-lost", "silent", "node-lost",
        "twin-refused", "submit-unknown" };
    static const char *const good[] = { "started", "done", "partner-back", "heard-again",
        "checkpoint" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (strcmp(kind, bad[i]) == 0)
            return "bad";
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (strcmp(kind, good[i]) == 0)
            return "good";
    }
    return "idle";
}

/* Does the sentence begin with the partner, so that its name need not be said before it? */
static bool says_partner(const struct mz_event_row *event)
{
    size_t length = strlen(event->partner);
    const char *text = mz_page_string(event->text);

    return strncmp(text, event->partner, length) == 0 && strchr("/ :", text[length]);
}

void mz_page_add_event(struct mz_text *out, const struct mz_page_head *head,
    const struct mz_event_row *event, bool with_job)
{
    const char *kind = mz_page_string(event->kind);

    mz_text_add(out, "<li>");
    mz_page_add_time(out, event->at_us, head->now_us);
    mz_text_add(out, "<span class=\"what\">");
    if (with_job && event->job > 0)
        mz_text_addf(out, "<a href=\"/jobs/%" PRId64 "\">%" PRId64 "</a> ", event->job, event->job);
    mz_text_addf(out, "<b class=\"%s\">", kind_class(kind));
    mz_text_add_html(out, kind);
    mz_text_add(out, "</b> ");
    if (mz_page_has(event->partner) && says_partner(event)) {
        mz_page_add_swatch(out, head, event->partner);
    } else if (mz_page_has(event->partner)) {
        mz_page_add_partner(out, head, event->partner);
        mz_text_add(out, " ");
    }
    mz_text_add(out, "<bdi>");
    mz_text_add_html(out, mz_page_string(event->text));
    mz_text_add(out, "</bdi>");
    if (mz_page_has(event->actor)) {
        mz_text_add(out, " <span class=\"dim\">by ");
        mz_text_add_html(out, event->actor);
        mz_text_add(out, "</span>");
    }
    mz_text_add(out, "</span></li>\n");
}

void mz_page_events_write(const void *overview, struct mz_text *out)
{
    static const char *const windows[] = { "6h", "24h", "7d" };
    static const char *const words[] = { "all", "jobs", "partners" };
    const struct mz_page_overview *view = overview;
    int32_t count = view->event_count < MZ_PAGE_EVENT_MAX ? view->event_count : MZ_PAGE_EVENT_MAX;
    struct mz_text extra = { 0 };

    mz_text_add(&extra, "<nav class=\"choice\" aria-label=\"Events of\">");
    for (int32_t w = 0; w < 3; w++)
        mz_page_add_choice(&extra, windows[view->gantt.window], words[w], words[w], "",
            w == (int32_t)view->events_of);
    mz_text_add(&extra, "</nav>");
    mz_page_panel_open(out, "events", "Events", "any", 0, mz_text_string(&extra));
    mz_text_finish(&extra);
    if (count == 0)
        mz_text_addf(out, "<div class=\"empty\"><p>%s</p></div>",
            view->events_of == MZ_PAGE_EVENTS_ALL ? "Nothing has happened yet."
                                                  : "Nothing of this kind has happened.");
    else
        mz_text_add(out,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
            "aria-labelledby=\"h-events\"><ol class=\"events\">\n");
    for (int32_t i = 0; i < count; i++)
        mz_page_add_event(out, &view->head, &view->events[i], true);
    if (count > 0)
        mz_text_add(out,
            "</ol></div><p class=\"more\"><a href=\"/v1/events?limit=1000\">JSON</a> "
            "· ");
    if (count > 0) {
        mz_page_add_command(out, "mizan events -f");
        mz_text_add(out, "</p>");
    }
    mz_page_panel_close(out);
}
