/* run.h - jobs, attempts and partners as the journal keeps them
 *
 * One row is the whole truth about one thing at one time; the journal replaces rows, it never edits
 * them. The control room keeps the same structs in memory. Identities are numbers from 1 that are
 * never used twice. Times of the wall are microseconds since 1970 and are for people: no decision
 * that keeps a promise depends on them (leases count on a monotonic clock and begin anew after a
 * restart). Strings are borrowed from whoever owns the row; "" means none, never NULL.
 */
#ifndef MZ_DOMAIN_RUN_H
#define MZ_DOMAIN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a job is doing. The words are those that users see; written to the journal as words. */
enum mz_run_state {
    MZ_RUN_PENDING,    /* accepted; waits for a place */
    MZ_RUN_HELD,       /* waits for a release by its owner */
    MZ_RUN_PLACING,    /* has a place; its attempt has no start permit yet */
    MZ_RUN_RUNNING,    /* its attempt holds a permit and a lease */
    MZ_RUN_RESTARTING, /* an attempt ended and another is due; waits for a place */
    MZ_RUN_STOPPING,   /* ordered to stop: cancelled, preempted, moved */
    MZ_RUN_UNKNOWN,    /* its partner or its shim is not heard; its lease runs down */
    MZ_RUN_DONE,       /* exit code 0 */
    MZ_RUN_FAILED,
    MZ_RUN_CANCELLED,
    MZ_RUN_STATE_COUNT
};

const char *mz_run_state_name(enum mz_run_state state);
bool mz_run_state_parse(const char *text, enum mz_run_state *ret_state);
bool mz_run_state_is_end(enum mz_run_state state); /* done, failed, cancelled */

/* What an attempt is doing. Only these steps exist; ENDED is final:
 *
 *   INTENT ──> SUBMITTED ──> RELEASED ──> RUNNING ──> STOPPING ──> ENDED
 *     └───────────┴─────────────┴───────────┴────────────────────────┘
 * LOST stands between RUNNING or STOPPING and ENDED: nobody hears it, its lease runs down; it goes
 * back when its shim is heard in time. */
enum mz_attempt_state {
    MZ_ATTEMPT_INTENT,    /* written down; the partner may or may not have it */
    MZ_ATTEMPT_SUBMITTED, /* the partner has it, held, under remote_id */
    MZ_ATTEMPT_RELEASED,  /* the partner may start it */
    MZ_ATTEMPT_RUNNING,   /* a shim has the start permit */
    MZ_ATTEMPT_STOPPING,
    MZ_ATTEMPT_LOST,
    MZ_ATTEMPT_ENDED,
    MZ_ATTEMPT_STATE_COUNT
};

const char *mz_attempt_state_name(enum mz_attempt_state state);
bool mz_attempt_state_parse(const char *text, enum mz_attempt_state *ret_state);

enum mz_end_reason { /* why an attempt ended */
    MZ_END_NONE,
    MZ_END_EXIT,      /* the command ended by itself: exit_code */
    MZ_END_CANCELLED, /* by its owner or an operator */
    MZ_END_PREEMPTED,
    MZ_END_MOVED,     /* an operator moved it or drained its partner */
    MZ_END_REFUSED,   /* the partner would not take it */
    MZ_END_WITHDRAWN, /* taken back before it had a permit */
    MZ_END_NODE_LOST, /* its shim or node was lost; its lease ran out */
    MZ_END_PARTNER_LOST,
    MZ_END_TIME_LIMIT,
    MZ_END_LAUNCH, /* the command could not be started */
    MZ_END_REASON_COUNT
};

const char *mz_end_reason_name(enum mz_end_reason reason); /* "node-lost" */
bool mz_end_reason_parse(const char *text, enum mz_end_reason *ret_reason);

enum { MZ_EXIT_NONE = -1 };

struct mz_job_row {
    int64_t id;
    int64_t spec;      /* of struct mz_spec_row */
    int64_t array_job; /* first job of the array that it belongs to; 0: none */
    int32_t array_index;
    enum mz_run_state state;
    bool cancel_wanted;
    uint32_t owner_uid;
    const char *owner; /* user's name, or the token's */
    const char *name;
    const char *team;
    int32_t priority;
    int32_t chips;
    int32_t attempt_count;
    int32_t restart_count; /* those that count against max_restarts */
    int32_t exit_code;     /* MZ_EXIT_NONE until it ended */
    int64_t submitted_us;
    int64_t started_us;  /* of the first attempt; 0: not yet */
    int64_t ended_us;    /* 0: not yet */
    const char *partner; /* where it runs or ran last */
    const char *avoid;   /* partner that `move` took it from; "" */
    const char *want;    /* partner that `move` sends it to; "" */
    const char *note;    /* the last thing worth saying about it: "exit code 3 on a2" */
};

struct mz_spec_row {
    int64_t id;
    const char *json; /* canonical (jobfile.h) */
};

struct mz_attempt_row {
    int64_t job;
    int32_t n; /* 1, 2, ...: fences the publication of checkpoints */
    enum mz_attempt_state state;
    enum mz_end_reason reason; /* before the end: why it is being stopped; NONE: it is not */
    const char *partner;
    const char *site;  /* "aws/use1" */
    const char *nodes; /* names as the partner knows them, comma-separated, in rank order */
    int32_t node_count;
    int32_t chips_per_node; /* of the first node */
    int32_t chips;
    const char *parts; /* engine parts, "node:mask:milli ..." by node name; for adoption */
    const char *chip;
    const char *remote_id;   /* "4711" in Slurm, "pid:starttime" locally; "" until known */
    int64_t remote_submit_s; /* the partner's own submit time; with name and id the identity */
    const char *contract;    /* drawn on; "" */
    int64_t price_micro_per_chip_hour; /* at the start */
    int64_t created_us;
    int64_t started_us; /* permit of rank 0 */
    int64_t ended_us;
    int32_t exit_code;
    const char *checkpoint; /* newest published when it started; "" */
};

/* What it costs an hour from its start on, in micro-USD; 0 before that, and for NULL. */
int64_t mz_attempt_rate(const struct mz_attempt_row *attempt);

struct mz_permit_row { /* who holds the start permit of a rank: granted once */
    int64_t job;
    int32_t n;
    int32_t rank;
    const char *nonce; /* of the run, made by the script at the partner */
    const char *node;
    const char *boot_id;
    int64_t granted_us;
    int32_t exit_code; /* MZ_EXIT_NONE until its exit record came */
    int64_t ended_us;
};

struct mz_partner_row {
    const char *name;
    bool is_drained; /* takes nothing new */
    bool is_reachable;
    int64_t lost_us; /* wall time of the loss; 0 */
    const char *drained_by;
};

struct mz_event_row {
    int64_t seq; /* from 1, without gaps in the journal */
    int64_t at_us;
    int64_t job; /* 0: not of a job */
    int32_t attempt;
    const char *kind;    /* "submitted", "placed", "started", "ended", "partner-lost", ... */
    const char *partner; /* "" */
    const char *actor;   /* who asked: "uid 1000", "token ops"; "" for the daemon itself */
    const char *text;    /* a sentence */
};

struct mz_token_row {
    const char *name;
    const char *hash; /* SHA-256 of the token, hex */
    const char *role; /* "viewer", "user", "operator" */
    int64_t created_us;
};

/* The name of an attempt at its partner: "mz-<install>-<job>-<attempt>", never used twice. Buffer
 * of MZ_ATTEMPT_NAME_MAX. The other way round answers false for a foreign name. */
enum { MZ_INSTALL_ID_LENGTH = 8, MZ_ATTEMPT_NAME_MAX = 48 };
const char *mz_attempt_name(char *buffer, const char *install, int64_t job, int32_t n);
bool mz_attempt_name_parse(const char *name, const char *install, int64_t *ret_job, int32_t *ret_n);

#endif
