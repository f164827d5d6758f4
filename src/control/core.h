/* core.h - the state machine of the daemon: what is known of every job, and what follows from it
 *
 * The core is one thread's, knows no clock, no socket and no file, and draws no number: its caller
 * tells it what happened and at what time, and carries out what it asks for. The daemon does so
 * with a loop, a writer's thread, a planner's thread and drivers; a test does so with a virtual
 * clock, a store in memory, and partners that lie (tests/control/world.c).
 *
 * Write ahead. Nothing leaves the core before the journal has what it rests on. Within a turn (the
 * calls between two mz_core_flush) the core changes its rows and collects effects: answers,
 * actions, events for listeners. flush hands the changed rows to ops->commit as one batch; when
 * the caller says mz_core_durable(number), the effects of the batches up to it happen, in order.
 * A row that is gated by nothing (a lease renewed) is not written.
 * When a commit fails, the caller throws the core away, answers its open tickets, and makes a new
 * one from the journal: nothing that was not durable has been promised to anybody.
 *
 *           submit, cancel, ...            permit, lease, exit            observed, ended
 *   users ───────────────────────> core <──────────────────── shims  core <─────────── drivers
 *          <── answers ──────────         ── sheets, orders ──>           ── submit, cancel ──>
 *                       needs, ends ── planner ── decisions
 *
 * The promise: of one job at most one attempt holds a start permit whose lease may be alive. A new
 * attempt is made only when the last one has ended, and an attempt that had a permit ends only when
 * (a) every rank that had one has reported its exit, or (b) the partner confirms the end and no rank
 * is heard (a list is not believed where a second run was refused: it may speak of that), or (c) the
 * lease of every rank that has not reported has run out, with its grace, counted from when the
 * daemon last heard it (or from its own start). An attempt without a permit may be ended at any
 * time: that is written down first, and from then on every permit is refused.
 *
 * Files: core.c (turns, effects, loading), core_job.c (submit, cancel, hold, move, ends),
 * core_attempt.c (life of attempts), core_shim.c (permit, lease, publish, exit), core_partner.c
 * (what drivers tell, losses), core_time.c (what is due).
 */
#ifndef MZ_CONTROL_CORE_H
#define MZ_CONTROL_CORE_H

#include "base/arena.h"
#include "control/intern.h"
#include "control/need.h"
#include "domain/run.h"
#include "driver/driver.h"
#include "state/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_core;

enum {
    MZ_CORE_PARTNER_MAX = 64,
    MZ_CORE_NOTE_MAX = 256, /* bytes of a job's note */
    MZ_CORE_JOBS_KNOWN_MAX = 2000000,
    MZ_CORE_SUBMIT_MAX = 100000 /* jobs in one call */
};

enum mz_core_result { /* of a request; the API makes HTTP of it */
    MZ_CORE_OK,
    MZ_CORE_NOT_FOUND,  /* no such job, partner, node */
    MZ_CORE_CONFLICT,   /* not in a state in which that can be done; a key with another body */
    MZ_CORE_REFUSED,    /* permit, publication: for good */
    MZ_CORE_GONE,       /* the attempt is over */
    MZ_CORE_INVALID,    /* the request is wrong */
    MZ_CORE_UNAVAILABLE /* not now: the journal cannot be written */
};

struct mz_core_answer {
    enum mz_core_result result;
    int64_t job;       /* submit: the first; else the one it is about */
    int32_t job_count; /* submit */
    bool is_repeated;  /* submit: the key was known, nothing new was made */
    int32_t n;         /* permit, lease: the attempt */
    int32_t rank;
    int32_t order;    /* lease: 0 none, else its number */
    bool order_stops; /* else: checkpoint */
    const char *text; /* a sentence when not OK; "" */
};

enum mz_core_action { MZ_ACT_SUBMIT, MZ_ACT_CANCEL, MZ_ACT_OBSERVE };

/* What the planner has to know, in this order and no other. */
enum mz_plan_kind {
    MZ_PLAN_WAIT,    /* the job waits for a place from now */
    MZ_PLAN_AGAIN,   /* its attempt stopped: it waits again */
    MZ_PLAN_END,     /* it is over, or waits no more */
    MZ_PLAN_ADOPT,   /* it runs already: parts */
    MZ_PLAN_NODES,   /* what nodes a partner has */
    MZ_PLAN_USES,    /* what others use of them */
    MZ_PLAN_PARTNER, /* up, cordoned or down as a whole */
    MZ_PLAN_NODE,    /* a node: cordoned or not */
    MZ_PLAN_SPENT    /* what was spent on a contract before the start */
};

struct mz_plan_message { /* borrowed during the call of ops->plan */
    enum mz_plan_kind kind;
    int64_t job;
    int64_t wait; /* wait, again, adopt: a new number each time */
    const char *job_name;
    const struct mz_need *need; /* wait, again, adopt */
    uint64_t partner_mask;      /* of need, less those it avoids now */
    const char *team;
    int32_t priority;
    int64_t submitted_us;                 /* wall */
    const struct mz_attempt_row *attempt; /* adopt */
    int64_t start_us;                     /* adopt, wall */
    int32_t partner;
    int32_t state; /* partner, node: enum mz_node_state */
    const char *node;
    int32_t node_count;
    const struct mz_remote_node *nodes;
    int32_t use_count;
    const struct mz_remote_use *uses;
    const char *contract;
    int64_t spent_micro;
};

enum mz_plan_decision_kind { MZ_PLAN_START, MZ_PLAN_STOP, MZ_PLAN_PROMISE, MZ_PLAN_NEVER };

struct mz_plan_decision { /* borrowed during the call */
    enum mz_plan_decision_kind kind;
    int64_t job;
    int64_t wait;     /* number of the newest message about the job that it rests on: a decision on
                         an older one is not carried out; 0: not known */
    int64_t by;       /* stop: for whom */
    int64_t until_us; /* promise: when it will start, wall */
    const char *text; /* never: why it can never fit; start: the reason ("backfill") */
    int32_t partner;  /* start, from here on */
    const char *site;
    const char *chip;
    const char *nodes; /* comma-separated, rank order */
    int32_t node_count;
    int32_t chips_per_node;
    int32_t chips;
    bool chips_are_cores;
    const char *parts;
    const char *contract;
    int64_t price_micro_per_chip_hour;
};

struct mz_core_ops {
    /* Hands a batch to the journal. Strings are borrowed during the call. */
    void (*commit)(void *context, int64_t number, const struct mz_record *records, size_t count);
    /* The answer to a ticket; the ticket is the caller's again. */
    void (*answer)(void *context, void *ticket, const struct mz_core_answer *answer);
    /* To be done at a partner, now that it is written down. job 0 for observe. */
    void (*act)(void *context, enum mz_core_action action, int32_t partner,
        const struct mz_job_row *job, const struct mz_attempt_row *attempt,
        const struct mz_driver_ref *ref);
    void (*plan)(void *context, const struct mz_plan_message *message);
    /* A durable event, for those who listen. */
    void (*event)(void *context, const struct mz_event_row *event);
};

struct mz_core_partner_setup {
    const char *name;
    struct mz_driver_caps caps;
};

struct mz_core_setup {
    const char *install;
    int32_t partner_count;
    const struct mz_core_partner_setup *partners; /* in the order of the fleet file */
    int64_t grace_us;                             /* beyond each lease; default when 0: 5 s */
    int64_t queue_wait_us; /* an attempt that has no permit after so long at a partner is taken
                              back and placed anew; default when 0: 120 s */
    int64_t avoid_us;      /* a partner that refused a job is avoided for so long; default when 0:
                              60 s; one from which it was withdrawn for a quarter of that */
    int64_t last_number;   /* of batches handed out before by another core; 0 */
    const struct mz_core_ops *ops;
    void *context;
};

struct mz_core *mz_core_create(const struct mz_core_setup *setup);
void mz_core_free(
    struct mz_core *core); /* NULL is fine; open tickets are forgotten, not answered */

/* From the journal, once, before anything else: live jobs with attempts and permits, then those
 * ended. need_of makes a job's need anew from its spec; NULL: that job is failed with a note. All
 * leases begin anew at this time. */
struct mz_core_load {
    int64_t mono_us;
    int64_t wall_us;
    struct mz_store *store;
    int64_t ended_max;
    struct mz_need *(*need_of)(void *context, const struct mz_job_row *row);
};
enum mz_status mz_core_load(
    struct mz_core *core, const struct mz_core_load *load, struct mz_error *err);

/* ---- turns ---- */

/* Before each turn: monotonic time, and the wall's for people. Neither may be read elsewhere. */
void mz_core_time(struct mz_core *core, int64_t mono_us, int64_t wall_us);
/* Ends the turn: true when there was something to commit. */
bool mz_core_flush(struct mz_core *core);
/* A row that says nothing, so that the next flush has something to commit. */
void mz_core_probe(struct mz_core *core);
void mz_core_durable(struct mz_core *core, int64_t number);
/* Does what is due by time: leases, losses, polls that end, looks. To be called at mz_core_wake_us
 * or a little later. */
void mz_core_tick(struct mz_core *core);
int64_t mz_core_wake_us(const struct mz_core *core);

/* ---- users; every one is answered through its ticket ---- */

struct mz_caller {
    uint32_t uid; /* UINT32_MAX: a token */
    const char *name;
    bool is_operator;
    const char *actor; /* for the audit: "uid 1000", "token ops" */
};

struct mz_core_submit { /* one spec; an array makes several jobs of it */
    const char *spec_json;
    const char *name;
    const char *team;
    int32_t priority;
    bool is_held;
    struct mz_need *need; /* taken over, also when it is refused */
    int32_t array_count;  /* 0: no array */
    const int32_t *array_indices;
};

/* key NULL: none. Several specs are accepted together or not at all. */
void mz_core_submit(struct mz_core *core, const struct mz_caller *caller,
    const struct mz_core_submit *submits, int32_t count, const char *key, const char *key_hash,
    void *ticket);
void mz_core_cancel(
    struct mz_core *core, const struct mz_caller *caller, int64_t job, void *ticket);
void mz_core_hold(struct mz_core *core, const struct mz_caller *caller, int64_t job, void *ticket);
void mz_core_release(
    struct mz_core *core, const struct mz_caller *caller, int64_t job, void *ticket);
/* to "": anywhere but where it is. */
void mz_core_move(struct mz_core *core, const struct mz_caller *caller, int64_t job, const char *to,
    void *ticket);
void mz_core_set_priority(struct mz_core *core, const struct mz_caller *caller, int64_t job,
    int32_t priority, void *ticket);
/* A partner, or one node of it ("alpha/a3"): takes nothing new until resumed; with move its jobs
 * are moved as well. */
void mz_core_drain(struct mz_core *core, const struct mz_caller *caller, const char *place,
    bool move, void *ticket);
void mz_core_resume(
    struct mz_core *core, const struct mz_caller *caller, const char *place, void *ticket);
/* Rows of the journal that the core only passes on (tokens, keys of configuration). */
void mz_core_write(struct mz_core *core, const struct mz_caller *caller,
    const struct mz_record *record, const char *event, const char *text, void *ticket);

/* ---- shims (shim/shim.h) ---- */

struct mz_core_rank { /* who speaks */
    int64_t job;
    int32_t n;
    int32_t rank;
    const char *nonce; /* "run/instance" */
    const char *boot_id;
    const char *node;   /* permit */
    int32_t node_count; /* permit: of the partner's allocation */
};

void mz_core_permit(struct mz_core *core, const struct mz_core_rank *rank, void *ticket);
/* Answered when there is an order beyond `seen`, or after wait_us, or when the attempt is over. */
void mz_core_lease(struct mz_core *core, const struct mz_core_rank *rank, int32_t seen,
    int64_t wait_us, void *ticket);
/* The shim hung up. True: the ticket will not be answered; false: its answer is on the way. */
bool mz_core_lease_forget(struct mz_core *core, int64_t job, int32_t rank, void *ticket);
void mz_core_publish(
    struct mz_core *core, const struct mz_core_rank *rank, const char *path, void *ticket);
void mz_core_exit(struct mz_core *core, const struct mz_core_rank *rank, int32_t exit_code,
    const char *cause, const char *text, void *ticket);

/* ---- partners and planner ---- */

void mz_core_driver_event(struct mz_core *core, const struct mz_driver_event *event);
void mz_core_decision(struct mz_core *core, const struct mz_plan_decision *decision);

/* ---- what may be looked at; valid until the next call. Texts of rows here and in ops->act that a
 * row owns (note, nodes, parts, remote_id, checkpoint, ...) are NULL when they are empty ---- */

/* NULL: not known (any more). */
const struct mz_job_row *mz_core_job(const struct mz_core *core, int64_t job);
const struct mz_need *mz_core_need(
    const struct mz_core *core, int64_t job); /* NULL once it ended */
const struct mz_attempt_row *mz_core_attempt(
    const struct mz_core *core, int64_t job); /* live one */
/* Where a rank of the live attempt n was, once it has reported its exit; else NULL. */
const char *mz_core_exited_node(const struct mz_core *core, int64_t job, int32_t n, int32_t rank);
int64_t mz_core_promise_us(const struct mz_core *core, int64_t job); /* wall; 0: none */
/* Why the core itself does not let it wait for a place yet: "after job 12", "array limit 4"; "". */
const char *mz_core_waits_for(const struct mz_core *core, int64_t job, char *buffer, size_t size);

/* Jobs by id, descending from `before` (0: the newest); state MZ_RUN_STATE_COUNT: any. Calls visit
 * until it answers false. */
void mz_core_each_job(const struct mz_core *core, int64_t before,
    bool (*visit)(void *context, const struct mz_job_row *row), void *context);
/* Those that have not ended. */
int32_t mz_core_live_count(const struct mz_core *core);
int64_t mz_core_next_job(const struct mz_core *core); /* the number that the next one gets */
int64_t mz_core_live_at(const struct mz_core *core, int32_t index);
int64_t mz_core_known_count(const struct mz_core *core);
int64_t mz_core_state_count(const struct mz_core *core, enum mz_run_state state);

struct mz_core_partner_view {
    struct mz_partner_row row;
    const char *problem; /* the driver's last sentence; "" */
    int64_t heard_us;    /* monotonic; 0: never */
    bool is_heard;       /* observed at least once since the start */
    int32_t live_attempts;
    int32_t cordoned_nodes;
};
int32_t mz_core_partner_count(const struct mz_core *core);
struct mz_core_partner_view mz_core_partner(const struct mz_core *core, int32_t partner);
int32_t mz_core_find_partner(const struct mz_core *core, const char *name); /* -1 */

struct mz_core_spend { /* of a contract, by attempts that ended and that run */
    const char *contract;
    int64_t ended_micro;
    int64_t running_micro;
    int64_t rate_micro_per_hour; /* of those that run */
    int64_t running_chips;
};
int32_t mz_core_spend(const struct mz_core *core, struct mz_core_spend *ret_spends, int32_t max);

int64_t mz_core_event_seq(const struct mz_core *core); /* newest */

#endif
