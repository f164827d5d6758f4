/* page_impl.h - the inside of the dashboard's pages: pieces that more than one of them needs */
#ifndef MZ_CONTROL_PAGE_IMPL_H
#define MZ_CONTROL_PAGE_IMPL_H

#include "control/page.h"

/* ---- page.c ---- */

struct mz_page_panel {
    const char *name;
    /* Writes one element with id "panel-NAME". `view` is the page's struct. */
    void (*write)(const void *view, struct mz_text *out);
};

struct mz_page_frame {
    const struct mz_page_head *head;
    const char *title;
    const char *screen; /* class of <main>, and which link is the current one: "jobs" */
    int64_t job;        /* events of this one alone concern the page; 0: of all */
    const struct mz_page_panel *panels;
    int32_t panel_count;
    const void *view;
};

/* The whole page, or the panels named. False: one of them is unknown, and nothing was added. */
bool mz_page_write(const struct mz_page_frame *frame, const char *panels, struct mz_text *out);

/* <section> with a heading. `on`: which events make it stale: "job", "partner", "any", words with
 * blanks between. `every_s`: it is asked for again so often; 0: each minute as all. extra_html is
 * put beside the heading; NULL: nothing. */
void mz_page_panel_open(struct mz_text *out, const char *name, const char *title, const char *on,
    int32_t every_s, const char *extra_html);
void mz_page_panel_close(struct mz_text *out);

/* A command line to copy. `command` is plain text. */
void mz_page_add_command(struct mz_text *out, const char *command);

/* ---- page_text.c ---- */

const char *mz_page_string(const char *text); /* "" for NULL */
bool mz_page_has(const char *text);           /* not NULL, not "" */

/* RFC 3339 UTC to the second. Buffers of MZ_PAGE_TIME_MAX. */
enum { MZ_PAGE_TIME_MAX = 32 };
const char *mz_page_rfc3339(char *buffer, int64_t wall_us);
/* "14:07"; of another day "3 Mar 14:07"; of another year "2025-03-03". */
const char *mz_page_clock(char *buffer, int64_t wall_us, int64_t now_us);

/* <time> with the short form as text and the long one as title; a dash for 0. */
void mz_page_add_time(struct mz_text *out, int64_t wall_us, int64_t now_us);
void mz_page_add_span(struct mz_text *out, int64_t us);     /* "12 min" */
void mz_page_add_count(struct mz_text *out, int64_t count); /* "1,152" */
void mz_page_add_money(struct mz_text *out, int64_t micro); /* "$3,497"; cents below $100 */
/* "1 job", "3 jobs"; noun in the singular. */
void mz_page_add_counted(struct mz_text *out, int64_t count, const char *noun);
void mz_page_add_dash(struct mz_text *out); /* nothing is known, or nothing is there */

/* Its name, or "job 12" for one without. */
void mz_page_add_job_name(struct mz_text *out, const struct mz_job_row *job);

/* Mark and word of a state: never colour alone. */
void mz_page_add_state(struct mz_text *out, enum mz_run_state state);
const char *mz_page_state_class(enum mz_run_state state); /* "good", "warn", "bad", "idle" */

/* The class number of a partner's colour: "0" ... "13", "o" own, "m" not known. Buffer of 8. */
const char *mz_page_color(const struct mz_page_head *head, int32_t partner, char buffer[8]);
int32_t mz_page_partner_find(const struct mz_page_head *head, const char *name); /* -1 */
const char *mz_page_partner_label(const struct mz_page_head *head, int32_t partner);
void mz_page_add_swatch(struct mz_text *out, const struct mz_page_head *head, const char *name);
/* A swatch and the name. */
void mz_page_add_partner(struct mz_text *out, const struct mz_page_head *head, const char *name);
/* "aws/use1", with a swatch; a site's name may begin with its partner's. A dash without both. */
void mz_page_add_place(
    struct mz_text *out, const struct mz_page_head *head, const char *partner, const char *site);

/* "?name=value", then "&name=value", percent-encoded, ready for an attribute; "" is left out. */
void mz_page_add_query(struct mz_text *out, int32_t *count, const char *name, const char *value);
/* A word as a shell needs it. */
void mz_page_add_word(struct mz_text *command, const char *word);
/* " --name word"; "" is left out. */
void mz_page_add_option(struct mz_text *command, const char *name, const char *word);

/* A horizontal bar; parts are fractions of the whole and stand side by side. The words for it
 * stand beside it, so that it is decoration. */
struct mz_page_bar_part {
    double fraction;
    const char *class_names;
};
void mz_page_add_bar(struct mz_text *out, const struct mz_page_bar_part *parts, int32_t count);

/* Share of the time limit that is used by the attempt that runs; NAN: not known. */
double mz_page_progress(const struct mz_page_job_row *row, int64_t now_us);
/* USD micro per hour of the attempt that runs; -1: none runs. */
int64_t mz_page_rate(const struct mz_page_job_row *row);
/* Since the submission; of one that ended, of its life. */
int64_t mz_page_age(const struct mz_job_row *job, int64_t now_us);
bool mz_page_runs(const struct mz_page_job_row *row);

/* ---- panels of the overview that have their own files ---- */

void mz_page_gantt_write(const void *overview, struct mz_text *out);
void mz_page_partners_write(const void *overview, struct mz_text *out);
void mz_page_nodes_write(const void *overview, struct mz_text *out);
void mz_page_events_write(const void *overview, struct mz_text *out);

/* A link to the overview with another window or choice of events. */
void mz_page_add_choice(struct mz_text *out, const char *window, const char *events,
    const char *text, const char *label, bool is_current);

/* One line of an event list; without the job's number where `with_job` is false. */
void mz_page_add_event(struct mz_text *out, const struct mz_page_head *head,
    const struct mz_event_row *event, bool with_job);

/* ---- page_job_parts.c: panels of one job ---- */

void mz_page_job_attempts_write(const void *view, struct mz_text *out);
void mz_page_job_log_write(const void *view, struct mz_text *out);
void mz_page_job_checkpoints_write(const void *view, struct mz_text *out);
void mz_page_job_history_write(const void *view, struct mz_text *out);
void mz_page_job_commands_write(const void *view, struct mz_text *out);
void mz_page_job_spec_write(const void *view, struct mz_text *out);

#endif
