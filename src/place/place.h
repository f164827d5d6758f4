/* place.h - the engine: which job runs where, and when
 *
 * The engine holds a fleet, a queue and what runs. Its caller tells it what happened (a job was
 * submitted, ended, a node went down) and then asks for a step; the step yields decisions, which
 * are facts for the engine at once: a job that it starts holds its chips from then on. The caller
 * acts: the simulator puts the end into its event heap, the daemon starts a process. The engine
 * knows no clock, reads no file, draws no number: the same calls give the same decisions.
 *
 *   mz_engine_submit ──> waiting ──start──> running ──mz_engine_end──> gone
 *                           ^                  │ preempt decision: stopping until the caller
 *                           └──mz_engine_stopped─┘ says that it stopped
 *
 * Order policies (order.h). The queue is in the policy's order. `backfill` says what happens when
 * the first job does not fit: MZ_BACKFILL_NONE: it blocks; EASY: it gets a reservation, and others
 * start where they do not delay it; CONSERVATIVE: every waiting job (to a depth) has one.
 * A reservation, once promised, is kept: its job goes first until it starts, whoever comes later,
 * and its start can only become earlier, unless a node fails. It is of chips: it does not hold the
 * room of a contract or the quota of a team, and where one of these is used up at its time it lapses.
 *
 * Ties: everywhere by the lowest index. Times in microseconds. Memory grows with the jobs that
 * wait or run, in doubling steps; a decision does not allocate otherwise.
 * Algorithms and their cost: docs/placement.md.
 */
#ifndef MZ_PLACE_PLACE_H
#define MZ_PLACE_PLACE_H

#include "place/contract.h"
#include "place/fleet.h"
#include "place/job.h"
#include "place/pack.h"
#include "place/team.h"

#include <stdbool.h>
#include <stdint.h>

struct mz_engine;

enum mz_order {        /* who is first: order.c */
    MZ_ORDER_FIFO,     /* submit time */
    MZ_ORDER_SJF,      /* shortest estimate */
    MZ_ORDER_PRIORITY, /* priority with ageing: ageing_us of waiting count as one point */
    MZ_ORDER_FAIR,     /* team with the least use for its weight; inside it priority, then submit */
    MZ_ORDER_LAS,      /* least attained service: in classes of chip-seconds had so far */
    MZ_ORDER_DEADLINE  /* earliest deadline */
};

enum mz_backfill { MZ_BACKFILL_NONE, MZ_BACKFILL_EASY, MZ_BACKFILL_CONSERVATIVE };

struct mz_policy {
    const char *name; /* as the user wrote it: "fair+easy+preempt" */
    enum mz_order order;
    enum mz_backfill backfill;
    bool preempt;
    int64_t ageing_us;           /* priority: waiting worth one point; 0: no ageing */
    int64_t estimate_default_us; /* for jobs that state none */
    int64_t grace_us;            /* between the signal to a victim and its end */
    int64_t preempt_guard_us;    /* who was preempted is safe for so long after it starts again */
    int64_t fair_ahead_us;       /* fair: teams are compared as if what runs went on for so long */
    int64_t las_quantum_us;      /* chip-microseconds of the first class; each next is 8 times it */
    int32_t preempt_depth;  /* waiting jobs, from the first that does not fit, that may preempt */
    int32_t backfill_depth; /* waiting jobs looked at behind the first */
    int32_t reservation_depth;           /* conservative: waiting jobs with a reservation */
    struct mz_weights weights;           /* choice among partners: contract.h */
    enum mz_pack_policy pack;            /* which node for single-node jobs: pack.h */
    uint64_t pack_seed;                  /* of MZ_PACK_RANDOM */
    struct mz_pack_weights pack_weights; /* of MZ_PACK_FRAG */
};

/* "easy", "fifo+conservative", "fair+easy+preempt": an order, then what is added to it; "easy" and
 * "conservative" alone are fifo with it. Fills the rest with defaults. MZ_E_INPUT names the words
 * that there are. */
enum mz_status mz_policy_parse(
    const char *text, struct mz_policy *ret_policy, struct mz_error *err);

/* The engine borrows fleet, teams and contracts (NULL: none) and changes the fleet. */
struct mz_engine *mz_engine_create(struct mz_fleet *fleet, const struct mz_policy *policy,
    struct mz_teams *teams, struct mz_contracts *contracts);
void mz_engine_free(struct mz_engine *engine); /* NULL is fine */

/* The number of a shape, the same for equal ones. MZ_E_INPUT with the reason when no node or
 * domain of the fleet could ever hold it (all up and empty). */
enum mz_status mz_engine_shape(struct mz_engine *engine, const struct mz_shape *shape,
    int32_t *ret_shape, struct mz_error *err);

/* Makes room for so many jobs at once; more still fit, by doubling. */
void mz_engine_expect_jobs(struct mz_engine *engine, int32_t count);

/* A new waiting job; returns its number: 0, 1, 2, ... in the order of the calls. */
int32_t mz_engine_submit(
    struct mz_engine *engine, int64_t now_us, const struct mz_request *request);

enum mz_job_state {
    MZ_JOB_WAITING,
    MZ_JOB_RUNNING,
    MZ_JOB_STOPPING, /* preempted, inside its grace time */
    MZ_JOB_GONE
};

/* It ended or was cancelled, in whatever state: it leaves. */
void mz_engine_end(struct mz_engine *engine, int64_t now_us, int32_t job);

/* Its attempt stopped before it was done (preempted, failed): it waits again, with its old submit
 * time. estimate_us: what is left to run, for reservations. */
void mz_engine_stopped(struct mz_engine *engine, int64_t now_us, int32_t job, int64_t estimate_us);

/* A job that runs already, taken over: after a restart of the caller, or started by somebody else.
 * It holds these parts from now on as if a step had started it at start_us. Answers its number, or
 * -1 when not all of the parts are free; then nothing has changed. Its request's shape states what
 * it has of each node; contract -1: none. */
int32_t mz_engine_adopt(struct mz_engine *engine, int64_t now_us, const struct mz_request *request,
    const struct mz_part *parts, int32_t part_count, int32_t contract, int64_t start_us,
    int64_t end_us);

/* Moves the time at which it is expected to end (a run that turns out longer or shorter). */
void mz_engine_expect(struct mz_engine *engine, int32_t job, int64_t end_us);

/* The node's state changes. Jobs that run on a node that goes down stay until the caller says
 * mz_engine_stopped; mz_engine_jobs_on lists them. Reservations that need it are made anew. */
void mz_engine_set_node(struct mz_engine *engine, int32_t node, enum mz_node_state state);

/* Jobs with a part on a node of [node_begin, node_end): returns how many there are. With room for
 * all of them in ret_jobs (mz_engine_running_count is always enough) they are ascending. */
int32_t mz_engine_jobs_on(const struct mz_engine *engine, int32_t node_begin, int32_t node_end,
    int32_t *ret_jobs, int32_t max);

enum mz_place_decision_kind {
    MZ_DECIDE_START,   /* runs on its parts from now */
    MZ_DECIDE_RESERVE, /* will start at until_us or earlier */
    MZ_DECIDE_PREEMPT  /* has to stop until until_us, for the job `by` */
};

struct mz_place_decision {
    enum mz_place_decision_kind kind;
    int32_t job;
    int32_t by;         /* preempt: for whom; else -1 */
    int64_t until_us;   /* start: expected end; reserve: promised start; preempt: grace ends */
    const char *reason; /* static: "backfill", "priority 3 < 7" is the caller's to say */
};

/* Decides all that can be decided now. The decisions are valid until the next call. */
int32_t mz_engine_step(
    struct mz_engine *engine, int64_t now_us, const struct mz_place_decision **ret_decisions);

/* When the next step is due though nothing happens: at the next promise, and with las when a job
 * that runs leaves its class; MZ_TIME_NEVER: none. */
int64_t mz_engine_wake_us(const struct mz_engine *engine);

/* What a caller may look at. Valid until the next call that changes the engine. */
struct mz_job {
    struct mz_request request;
    enum mz_job_state state;
    int32_t attempt;    /* starts so far */
    int32_t part_count; /* while it runs */
    const struct mz_part *parts;
    int64_t start_us;                  /* of this attempt */
    int64_t end_us;                    /* expected */
    int64_t attained_us;               /* chip-microseconds of finished attempts */
    int64_t promise_us;                /* start promised; MZ_TIME_NEVER: none */
    int32_t contract;                  /* that it draws on; -1 */
    int64_t price_micro_per_chip_hour; /* of that contract */
};

struct mz_job mz_engine_job(const struct mz_engine *engine, int32_t job);
/* Parts of it alone: what runs where, and the state. */
const struct mz_part *mz_engine_parts(
    const struct mz_engine *engine, int32_t job, int32_t *ret_count);
enum mz_job_state mz_engine_state(const struct mz_engine *engine, int32_t job);

const struct mz_shape *mz_engine_shape_at(const struct mz_engine *engine, int32_t shape);
const struct mz_fleet *mz_engine_fleet(const struct mz_engine *engine);
int32_t mz_engine_job_count(const struct mz_engine *engine); /* ever submitted */
int32_t mz_engine_waiting_count(const struct mz_engine *engine);
int32_t mz_engine_running_count(const struct mz_engine *engine); /* stopping ones too */

/* The waiting job at a position of the queue (0: next), -1 behind the last. */
int32_t mz_engine_waiting_at(struct mz_engine *engine, int32_t position);

#endif
