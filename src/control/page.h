/* page.h - the dashboard's pages: Overview, Jobs, one job, and what is said when there is no page
 *
 * A page is a pure function of a view: the caller fills a plain struct from the rows it has and
 * gets the HTML of a whole page, complete without any script. Strings, rows and lists are borrowed
 * during the call; a NULL string is as good as "". Every text is escaped here. All times are wall
 * times in microseconds, 0: not known; the page's own time is head.now_us. Nothing reads a clock.
 *
 * Routes, all GET, role viewer:
 *   /                 mz_page_overview_write    ?window=6h|24h|7d  ?events=all|jobs|partners
 *   /jobs             mz_page_jobs_write        the query of /v1/jobs, less format
 *   /jobs/ID          mz_page_job_write
 *   /assets/NAME      mz_page_asset; ?v=HASH is in the links, so it may be cached for ever
 *   errors of these   mz_page_problem_write, with the status of the problem
 * Headers of pages: Content-Type "text/html; charset=utf-8", Cache-Control no-store, and
 * Content-Security-Policy MZ_PAGE_POLICY.
 *
 * Live update. The script opens /v1/events as a stream (Accept: text/event-stream, Last-Event-ID:
 * head.event_seq, later the newest id it has) and, some time after events, asks for the same URL
 * with `panel=NAME` or `panel=NAME,NAME` added; the answer is those panels alone, in the order
 * asked for, each one element with id "panel-NAME". The write functions take that value as
 * `panels`: NULL is the whole page. They answer false, and add nothing, when a panel is unknown:
 * 404. Comment lines (": ") in the stream count as signs of life: once one has come, 60 s of
 * silence count as a broken connection. Panels are asked for again each minute even so, since
 * ages grow.
 *
 * Partners keep their colour here and in reports: the n-th partner of the fleet file that is not
 * our own has colour n (svg.h). So head.partners lists all, in the order of the fleet file.
 *
 *   page.c            frame, header, footer, problems
 *   page_text.c       times, money, states, names as pages write them
 *   page_overview.c   alerts, tiles; page_gantt.c, page_fleet.c (partners, nodes), page_events.c
 *   page_jobs.c       filters and table; page_job.c, page_job_parts.c one job
 *   page_asset.c      style and script by name
 */
#ifndef MZ_CONTROL_PAGE_H
#define MZ_CONTROL_PAGE_H

#include "base/text.h"
#include "domain/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MZ_PAGE_POLICY                                                                             \
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

enum {
    MZ_PAGE_GANTT_ROW_MAX = 40,      /* rows drawn; the rest is counted */
    MZ_PAGE_SQUARE_COUNT_MAX = 2048, /* nodes drawn; above it one square stands for several */
    MZ_PAGE_SPARK_MAX = 96,          /* points of a spark line drawn; the newest */
    MZ_PAGE_EVENT_MAX = 200,         /* rows of an event list */
    MZ_PAGE_LOG_MAX = 64 * 1024      /* bytes of a log tail shown; the newest */
};

enum mz_page_role { MZ_PAGE_VIEWER, MZ_PAGE_USER, MZ_PAGE_OPERATOR };

struct mz_page_partner_name {
    const char *name;
    bool is_own; /* scenario's is_own: drawn nearly black */
};

struct mz_page_head {
    int64_t now_us;
    int64_t event_seq;  /* of the newest event that the rows know; 0: none yet */
    const char *caller; /* who is asking; "": anybody on this host */
    enum mz_page_role role;
    const char *version; /* of the program */
    const char *trouble; /* of the daemon itself, a sentence: "the journal cannot be written" */
    int32_t partner_count;
    const struct mz_page_partner_name *partners;
};

/* ---- jobs as rows ---- */

struct mz_page_job_row { /* one line of `mizan ps` */
    const struct mz_job_row *job;
    const struct mz_attempt_row *attempt; /* the live one, else the last; NULL: none yet */
    int64_t expected_us;                  /* expected start of one that waits */
    int64_t time_limit_us;
    const char *waits_for; /* mz_core_waits_for */
};

/* ---- overview ---- */

enum mz_page_level { MZ_PAGE_WARN, MZ_PAGE_BAD };

struct mz_page_alert {
    enum mz_page_level level;
    int64_t at_us;
    const char *text; /* "1 node lost at aws/use1" */
    int64_t job;      /* linked; 0 */
};

struct mz_page_spark { /* a value each step, oldest first, the last one now; NAN: a gap */
    int32_t count;     /* below 2: none is drawn */
    const double *values;
};

struct mz_page_tiles {
    int64_t chips;
    int64_t chips_used; /* by our jobs */
    int64_t chips_used_by_others;
    struct mz_page_spark use; /* chips, the last 6 hours, as all spark lines */
    int64_t jobs_waiting;
    int64_t chips_waiting; /* that they ask for */
    int64_t oldest_submitted_us;
    struct mz_page_spark waiting; /* chips */
    int64_t jobs_running;
    int64_t cost_micro_per_hour; /* of what runs */
    struct mz_page_spark cost;   /* USD per hour */
    double power_mw;             /* NAN: not known; the tile is left out */
    double power_cap_mw;         /* NAN: none */
    struct mz_page_spark power;  /* MW */
    int64_t ended_day_done;      /* in 24 hours: with success, and not */
    int64_t ended_day_failed;
    struct mz_page_spark ended; /* jobs ended in each step */
    double tokens_per_s;        /* served; NAN: nothing serves, the tile shows ended jobs */
    double latency_p95_s;       /* NAN: not known */
    struct mz_page_spark tokens;
};

enum mz_page_window { MZ_PAGE_WINDOW_6H, MZ_PAGE_WINDOW_24H, MZ_PAGE_WINDOW_7D };
/* "6h", "24h", "7d"; NULL and unknown words: 24 hours. */
enum mz_page_window mz_page_window_parse(const char *text);
int64_t mz_page_window_us(enum mz_page_window window);

struct mz_page_gantt_row { /* jobs that live, or ended inside the window; as they are to stand */
    const struct mz_job_row *job;
    int32_t attempt_count; /* those that overlap the window, by n; not started ones are skipped */
    const struct mz_attempt_row *const *attempts;
    int64_t expected_us; /* expected start of one that waits */
    int64_t limit_us;    /* when the running attempt reaches its time limit */
    const char *waits;   /* why it waits, in a few words: "quota team-eval"; "" */
};

struct mz_page_gantt {
    enum mz_page_window window;
    int32_t row_count;
    const struct mz_page_gantt_row *rows;
    int64_t left_out; /* jobs of the window that are not in the rows */
};

enum mz_page_partner_state {
    MZ_PAGE_PARTNER_OK,
    MZ_PAGE_PARTNER_FULL,
    MZ_PAGE_PARTNER_DRAINED,
    MZ_PAGE_PARTNER_LOST,
    MZ_PAGE_PARTNER_NEW /* not heard yet since the start */
};

struct mz_page_partner {
    int32_t partner; /* of head.partners */
    enum mz_page_partner_state state;
    const char *problem; /* the driver's last sentence */
    int32_t nodes;
    int32_t nodes_up;
    int32_t nodes_cordoned;
    int64_t chips;
    int64_t chips_used; /* all, with those used by others */
    int64_t chips_used_by_others;
    int32_t jobs;
    const char *contract;    /* the one drawn on now, or the largest; "" */
    double contract_percent; /* spent of what is due, 0 ... 100; NAN */
    int64_t cost_micro_per_hour;
    int64_t heard_us; /* wall time when it was last heard */
};

enum mz_page_node_state { MZ_PAGE_NODE_UP, MZ_PAGE_NODE_CORDONED, MZ_PAGE_NODE_DOWN };

struct mz_page_node {
    int32_t partner; /* of head.partners; nodes are sorted by it */
    const char *name;
    const char *site;
    const char *reason; /* why it is not up */
    enum mz_page_node_state state;
    int32_t chips;
    int32_t chips_free;
    int32_t chips_others;
};

enum mz_page_events_of { MZ_PAGE_EVENTS_ALL, MZ_PAGE_EVENTS_JOBS, MZ_PAGE_EVENTS_PARTNERS };
/* "all", "jobs", "partners"; NULL and unknown words: all. Jobs: event->job > 0. */
enum mz_page_events_of mz_page_events_parse(const char *text);

struct mz_page_overview {
    struct mz_page_head head;
    int32_t alert_count; /* most severe first; none: no strip */
    const struct mz_page_alert *alerts;
    struct mz_page_tiles tiles;
    struct mz_page_gantt gantt;
    int32_t partner_count;
    const struct mz_page_partner *partners;
    int32_t node_count;
    const struct mz_page_node *nodes;
    enum mz_page_events_of events_of;
    int32_t event_count; /* newest first, at most 30 or so */
    const struct mz_event_row *events;
    int64_t jobs_known; /* 0: the page says how to begin */
};

/* Panels: alerts, tiles, gantt, partners, nodes, events. */
bool mz_page_overview_write(
    const struct mz_page_overview *view, const char *panels, struct mz_text *out);

/* ---- the list of jobs ---- */

struct mz_page_filter { /* as asked for; "": not */
    const char *state;
    const char *team;
    const char *owner;
    const char *partner;
    const char *name;
    const char *cursor;
};

struct mz_page_summary { /* of all that match, not of the rows shown alone */
    int64_t live;
    int64_t running;
    int64_t running_chips;
    int64_t restarting;
    int64_t restarting_chips;
    int64_t pending;
    int64_t pending_chips;
    int64_t cost_micro_per_hour;
};

struct mz_page_jobs {
    struct mz_page_head head;
    struct mz_page_filter filter;
    int32_t row_count;
    const struct mz_page_job_row *rows;
    struct mz_page_summary summary;
    int64_t jobs_known;      /* without any filter; 0: none was ever submitted */
    const char *next_cursor; /* "": this is the end */
};

/* Panels: summary, jobs. */
bool mz_page_jobs_write(const struct mz_page_jobs *view, const char *panels, struct mz_text *out);

/* ---- one job ---- */

struct mz_page_log {
    int32_t attempt; /* 0: nothing to read yet */
    int32_t rank;
    int64_t size;      /* of the whole log, bytes */
    const char *bytes; /* its end: any bytes, also invalid UTF-8 and terminal sequences */
    size_t length;
    const char *problem; /* why it cannot be read: "it stays at the partner: mizan logs 12"; "" */
};

struct mz_page_checkpoint {
    int64_t at_us;
    int32_t attempt;
    const char *path;
};

struct mz_page_job {
    struct mz_page_head head;
    struct mz_page_job_row row;
    int32_t attempt_count; /* oldest first */
    const struct mz_attempt_row *attempts;
    int32_t event_count; /* oldest first: the history of its states */
    const struct mz_event_row *events;
    const char *why; /* the text of `mizan why`, several lines; "" */
    struct mz_page_log log;
    int64_t cost_micro;       /* so far, all attempts */
    int64_t chip_seconds;     /* so far */
    int32_t checkpoint_count; /* newest first */
    const struct mz_page_checkpoint *checkpoints;
    const char *command; /* what it runs, one line; "" */
    const char *spec;    /* canonical JSON; "" */
};

/* Panels: state, why, attempts, log, checkpoints, history. */
bool mz_page_job_write(const struct mz_page_job *view, const char *panels, struct mz_text *out);

/* ---- no page ---- */

struct mz_page_problem {
    struct mz_page_head head; /* only what may be told: without a caller's rights no partners */
    int32_t status;           /* 401, 403, 404, 500, 503, ... */
    const char *code;         /* "M0602"; "" */
    const char *detail;       /* the sentence of the problem document */
    const char *command;      /* one next thing to do: "mizan ps --all"; "" */
};

void mz_page_problem_write(const struct mz_page_problem *view, struct mz_text *out);

/* ---- style and script ---- */

struct mz_asset {
    const char *name;         /* "mizan.css" */
    const char *content_type; /* "text/css; charset=utf-8" */
    const char *bytes;
    size_t length;
    const char *hash; /* hex, of the bytes: for ETag (in quotes) and in links as ?v= */
};

const struct mz_asset *mz_page_asset(const char *name); /* NULL: there is none */

extern const struct mz_asset mz_page_assets[]; /* made by tools/embed_assets.py */
extern const int32_t mz_page_asset_count;

#endif
