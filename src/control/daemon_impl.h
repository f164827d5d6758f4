/* daemon_impl.h - the inside of the daemon
 *
 *   daemon.c          start, turns, stop; what the core asks for
 *   daemon_open.c     journal, core, planner, drivers: made, and made anew after a failed commit
 *   daemon_keep.c     rows, outputs and folders of jobs that ended long ago go
 *   daemon_spec.c     specs by number, needs
 *   daemon_sheet.c    what a shim is told to run
 *   api.c             routes, who is asking, problems
 *   api_jobs.c        jobs; api_job_json.c their JSON
 *   api_fleet.c       partners, nodes, contracts, placements, why
 *   api_events.c      events and their streams
 *   api_logs.c        output of jobs
 *   api_shim.c        the shims' requests
 *   api_status.c      status, metrics, tokens, health
 *   api_pages.c       the dashboard
 *
 * A ticket stands for a request whose answer comes later: from the core, the planner, or a file. It
 * is in daemon->tickets until it is answered. */
#ifndef MZ_CONTROL_DAEMON_IMPL_H
#define MZ_CONTROL_DAEMON_IMPL_H

#include "base/text.h"
#include "control/core.h"
#include "control/daemon.h"
#include "control/map.h"
#include "control/page.h"
#include "control/planner_thread.h"
#include "driver/driver.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "state/store.h"
#include "state/writer.h"

#include <jansson.h>
#include <pthread.h>
#include <uv.h>

enum {
    MZ_SPEC_CACHE_COUNT = 256,
    MZ_PARTNER_CHIPS_MAX = 16,
    MZ_TOKEN_COUNT_MAX = 1000,
    MZ_STREAM_COUNT_MAX = 1000,
    MZ_USER_COUNT = 64
};

struct mz_daemon;
struct mz_ticket;

enum mz_role { MZ_ROLE_NONE, MZ_ROLE_VIEWER, MZ_ROLE_USER, MZ_ROLE_OPERATOR };

struct mz_ticket {
    struct mz_daemon *daemon;
    struct mz_http_request *request; /* NULL once answered */
    /* The core's answer; frees nothing: mz_ticket_end does. */
    void (*answer)(struct mz_ticket *ticket, const struct mz_core_answer *answer);
    void (*free)(void *data);
    void *data; /* of the route */
    int64_t job;
    int32_t n;
    int32_t rank;
    struct mz_ticket *next;
    struct mz_ticket *prev;
};

struct mz_spec_entry {
    int64_t id;
    int64_t used; /* counter of the last use */
    struct mz_arena *arena;
    struct mz_job_spec spec;
};

struct mz_stream { /* somebody who listens to events */
    struct mz_http_request *request;
    int64_t job;    /* 0: all */
    int64_t last;   /* the newest that was sent; 0: none */
    bool is_behind; /* the journal has more for it than was sent */
    struct mz_stream *next;
};

struct mz_log_follower;

enum { MZ_SAMPLE_COUNT = 96 }; /* over 6 hours */
struct mz_sample {             /* for spark lines */
    double used;
    double waiting;
    double cost;
    double ended;
};

struct mz_user { /* who came by the Unix socket */
    uint32_t uid;
    int64_t until_us; /* monotonic: the name is looked up again from then on; 0: an empty place */
    char name[64];
    char actor[96];
};

struct mz_token {
    char *name;
    char *hash;
    enum mz_role role;
    int64_t created_us;
};

struct mz_daemon {
    struct mz_daemon_setup setup;
    struct mz_arena *arena; /* as long as the daemon */
    const struct mz_scenario *scenario;
    const char *partner_names[MZ_PARTNER_COUNT_MAX];
    bool finds_nodes[MZ_PARTNER_COUNT_MAX];
    char install[MZ_INSTALL_ID_LENGTH + 1];
    unsigned char secret[32];
    char host[256];
    const char *shim_server; /* what local shims are told */
    int64_t started_us;

    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t timer;
    uv_async_t async;
    uv_signal_t signals[2];
    struct mz_http_server *server;
    struct mz_http_client *http;
    struct mz_store *store;
    struct mz_writer *writer;
    struct mz_core *core;
    struct mz_planner_thread *planner;
    struct mz_driver *drivers[MZ_PARTNER_COUNT_MAX];
    const char *chips[MZ_PARTNER_COUNT_MAX][MZ_PARTNER_CHIPS_MAX]; /* as partners call them */
    int64_t memory_share_mib[MZ_PARTNER_COUNT_MAX]; /* of a node, for each of its chips; 0 */
    struct mz_intern *intern;                       /* of needs */

    /* from the writer's thread */
    pthread_mutex_t lock;
    int64_t durable;
    int64_t failed;
    struct mz_error failure;

    int64_t last_number;  /* of the batches so far */
    int64_t first_number; /* the last one before this core */
    bool is_narrow;       /* the journal cannot be written */
    int64_t retry_us;
    bool is_stopping;
    int64_t prune_us;
    bool is_cleaning; /* on a thread of the pool */

    struct mz_ticket *tickets;
    struct mz_stream *streams;
    int64_t beat_us; /* when they get their next comment */
    struct mz_log_follower *followers;
    struct mz_spec_entry specs[MZ_SPEC_CACHE_COUNT];
    int64_t spec_use;
    struct mz_token *tokens;
    int32_t token_count;
    struct mz_user users[MZ_USER_COUNT]; /* by uid modulo their count */
    struct evp_mac_ctx_st *hmac; /* of attempts' tokens; made from the secret at its first use */
    struct mz_map *addresses;    /* gangs' attempts -> char *: where rank 0 is */
    struct mz_sample samples[MZ_SAMPLE_COUNT];
    int64_t sample_count;    /* ever taken; the ring holds the newest */
    int64_t sample_us;       /* when the next is due */
    double ended_since;      /* jobs since the last one */
    int64_t ended_untrimmed; /* jobs since memory was given back to the system */
    int64_t trim_us;         /* monotonic: not again before */
    int64_t requests;        /* for metrics */
    int64_t submitted;
};

/* daemon.c */
void mz_daemon_keep_house(struct mz_daemon *daemon, int64_t now_us);
void mz_daemon_now(struct mz_daemon *daemon); /* tells the core the time: before each use of it */
void mz_daemon_log(struct mz_daemon *daemon, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct mz_ticket *mz_ticket_create(struct mz_daemon *daemon, struct mz_http_request *request,
    void (*answer)(struct mz_ticket *ticket, const struct mz_core_answer *answer));
void mz_ticket_end(struct mz_ticket *ticket); /* after its request was answered */
void mz_ticket_fail_all(struct mz_daemon *daemon);

/* daemon_open.c */
enum mz_status mz_daemon_open_journal(struct mz_daemon *daemon, struct mz_error *err);
enum mz_status mz_daemon_open_drivers(struct mz_daemon *daemon, struct mz_error *err);
enum mz_status mz_daemon_open_core(struct mz_daemon *daemon, struct mz_error *err);
void mz_daemon_close_core(struct mz_daemon *daemon);
extern const struct mz_core_ops mz_daemon_ops;
/* A kind of chip as the partner calls it. */
const char *mz_daemon_partner_chip(struct mz_daemon *daemon, int32_t p, const char *chip);

/* daemon_spec.c */
/* Borrowed until 255 others have been asked for; NULL: the journal does not have it. */
const struct mz_job_spec *mz_daemon_spec(struct mz_daemon *daemon, int64_t spec);
struct mz_need *mz_daemon_need_of(void *context, const struct mz_job_row *row);

/* daemon_sheet.c */
void mz_daemon_sheet(struct mz_daemon *daemon, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt, int32_t rank, struct mz_text *out);
/* Hex; buffer of 65. */
const char *mz_daemon_attempt_token(struct mz_daemon *daemon, const char *name, char *buffer);
/* "STATE/logs/12.1.0" */
const char *mz_daemon_log_path(
    struct mz_daemon *daemon, int64_t job, int32_t n, int32_t rank, struct mz_text *path);
/* The job's own and, unless it is the same or the user's, that of its checkpoints, else NULL. spec
 * NULL: not known. */
void mz_daemon_directories(struct mz_daemon *daemon, struct mz_arena *arena,
    const struct mz_job_spec *spec, int64_t job, const char **ret_own,
    const char **ret_checkpoints);
void mz_daemon_make_directories(
    struct mz_daemon *daemon, const struct mz_job_spec *spec, int64_t job);
/* The i-th of a comma-separated list; "" behind the last. */
const char *mz_nth_name(const char *list, int32_t i, char *buffer, size_t size);

/* api.c */
void mz_api_handle(void *context, struct mz_http_request *request);
void mz_api_problem(struct mz_http_request *request, int32_t status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
void mz_api_problem_of(struct mz_http_request *request, const struct mz_core_answer *answer);
/* Sends {schema, generated_at, data, ...}; takes the reference to data. extra (may be NULL) is an
 * object whose members are added beside it. */
void mz_api_send(struct mz_http_request *request, int32_t status, const char *schema, json_t *data,
    json_t *extra);
struct mz_caller mz_api_caller(
    struct mz_daemon *daemon, struct mz_http_request *request, enum mz_role *ret_role);
/* False when it has been answered (401, 403). */
bool mz_api_allow(struct mz_daemon *daemon, struct mz_http_request *request, enum mz_role least,
    struct mz_caller *ret_caller);
/* An object of the body with no other keys than these (NULL at the end); NULL: answered. An empty
 * body is an empty object. */
json_t *mz_api_body(struct mz_http_request *request, const char *const *keys);
/* All of the text is a number within limits; else *ret_value stays. */
bool mz_api_read_number(const char *text, int64_t min, int64_t max, int64_t *ret_value);
/* A number of the request, within limits; NULL, or not in the query: *value stays. False:
 * answered. */
bool mz_api_number(struct mz_http_request *request, const char *name, const char *text, int64_t min,
    int64_t max, int64_t *value);
bool mz_api_query_number(
    struct mz_http_request *request, const char *name, int64_t min, int64_t max, int64_t *value);
json_t *mz_api_text(const char *text); /* null for "" and NULL */
json_t *mz_api_time(int64_t wall_us);  /* null for 0 */
void mz_api_done(struct mz_ticket *ticket, const struct mz_core_answer *answer);
void mz_api_sha256(const char *bytes, size_t length, char *ret_hex);       /* 65 bytes */
void mz_api_hex(const unsigned char *bytes, size_t length, char *ret_hex); /* 2 * length + 1 */

/* Routes: path parts behind the fixed ones are given. */
void mz_api_jobs(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_job(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job,
    const char *verb, const char *part);
void mz_api_partners(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_partner_verb(
    struct mz_daemon *daemon, struct mz_http_request *request, const char *name, const char *verb);
void mz_api_nodes(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_contracts(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_preview(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_why(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job);
void mz_api_events(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job);
void mz_api_logs(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job);
void mz_api_status(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_metrics(struct mz_daemon *daemon, struct mz_http_request *request);
void mz_api_tokens(struct mz_daemon *daemon, struct mz_http_request *request, const char *name);
void mz_api_shim(struct mz_daemon *daemon, struct mz_http_request *request, const char *verb);
/* Answers a lease request that waits for an order: renewed, no order. False: it is none. */
bool mz_api_shim_renew(struct mz_ticket *ticket);
bool mz_api_page(struct mz_daemon *daemon, struct mz_http_request *request); /* false: no page */
void mz_pages_tick(struct mz_daemon *daemon);
/* "running,pending", "live" as bits of states; false when a word is none. */
bool mz_api_read_states(const char *text, uint32_t *ret_states);

/* NULL: not known. */
const char *mz_daemon_address(struct mz_daemon *daemon, int64_t job, int32_t n);
void mz_daemon_forget_address(struct mz_daemon *daemon, int64_t job, int32_t n);

/* api_fleet.c */
struct mz_node_sum { /* of a partner, or of all */
    int32_t nodes;
    int32_t up;
    int32_t cordoned;
    int64_t chips;
    int64_t chips_used; /* by others too */
    int64_t chips_others;
};
struct mz_node_sum mz_api_sum_nodes(
    const struct mz_planner_node *nodes, int32_t count, int32_t partner); /* -1: all */
enum mz_page_partner_state mz_api_partner_state(
    const struct mz_core_partner_view *view, const struct mz_node_sum *sum);

/* api_job_json.c */
json_t *mz_json_job(struct mz_daemon *daemon, const struct mz_job_row *row);
json_t *mz_json_attempt(const struct mz_attempt_row *row);
json_t *mz_json_event(const struct mz_event_row *row);
json_t *mz_json_contracts(struct mz_daemon *daemon);

/* api_events.c */
void mz_stream_event(struct mz_daemon *daemon, const struct mz_event_row *event);
/* Each turn: a piece for one of those that are behind, and the comments that are due. True: there
 * may be more right away. */
bool mz_streams_tick(struct mz_daemon *daemon, int64_t now_us);
void mz_stream_close_all(struct mz_daemon *daemon);

/* api_logs.c */
bool mz_logs_tick(struct mz_daemon *daemon); /* true: there is more right away */
void mz_logs_close_all(struct mz_daemon *daemon);
/* What shims send; answers the request. */
void mz_logs_append(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job,
    int32_t n, int32_t rank, int64_t offset);

#endif
