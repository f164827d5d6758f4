/* run_impl.h - the inside of a simulation run, for the files that make it up
 *
 *   run.c           the loop over events, and what each does
 *   run_setup.c     jobs, shapes and teams of the trace as the engine takes them
 *   run_work.c      checkpoints: how long an attempt takes, what an interruption leaves
 *   run_failures.c  when what fails and comes back
 *   run_metrics.c   integrals over time, and the result
 */
#ifndef MZ_SIM_RUN_IMPL_H
#define MZ_SIM_RUN_IMPL_H

#include "base/random.h"
#include "sim/sim.h"

enum mz_run_event_kind { /* in the order in which events of one time are taken */
    MZ_RUN_END,
    MZ_RUN_GRACE_END, /* a preempted job stops */
    MZ_RUN_REPAIR,
    MZ_RUN_RECLAIM, /* notice is over */
    MZ_RUN_FAIL,
    MZ_RUN_WAKE,
    MZ_RUN_CHECKPOINT /* told only: of no effect on anything */
};

struct mz_run_event {
    int64_t time_us;
    uint64_t order; /* kind << 56 | sequence */
    int32_t a;      /* job; or level; or node */
    int32_t b;      /* attempt; or domain */
};

struct mz_run_heap {
    struct mz_run_event *events;
    int64_t count;
    int64_t capacity;
    uint64_t sequence;
};

struct mz_run_job {
    int64_t work_us;     /* at speed 1 */
    int64_t done_us;     /* of it, saved */
    int64_t interval_us; /* between checkpoints; -1: none, 0: saves without end */
    int64_t since_us;    /* waiting or running since */
    int64_t queue_us;
    int32_t engine_job; /* -1: not submitted, or dropped */
    int32_t attempt;
    int32_t speed_milli;      /* of this attempt */
    int32_t site;             /* of this attempt */
    int32_t checkpoints_left; /* of this attempt, to be told */
    bool over_quota;          /* more than its team may ever use */
    int32_t stopped_for;      /* the job for which it is being preempted */
    const char *stop_reason;
};

/* Value times time, spread over equal buckets whose width doubles when the run outgrows them. */
enum { MZ_RUN_BUCKET_COUNT = 256, MZ_RUN_VALUE_FIXED_COUNT = 4 };

struct mz_run_metrics {
    int64_t begin_us;
    int64_t last_us;
    int64_t width_us;
    int32_t value_count;   /* the fixed ones, then one a partner */
    int64_t *values;       /* now: used milli-chips, waiting jobs, waiting chips, down chips, ... */
    double *sums;          /* [bucket * value_count + value] */
    double *fragmentation; /* [bucket]: where the bucket was left; NAN */
    int32_t bucket;        /* of last_us */
};

struct mz_run {
    struct mz_arena *arena;
    struct mz_fleet *fleet;
    const struct mz_trace *trace;
    const struct mz_policy *policy;
    const struct mz_sim_options *options;
    struct mz_contracts *contracts;
    struct mz_teams *teams;
    struct mz_engine *engine;
    int32_t *team_of; /* [team of the trace]: of the engine */
    struct mz_run_job *jobs;
    int32_t *trace_job; /* [engine job] */
    int64_t next_submit;
    int64_t left_count; /* jobs submitted or to come that have not ended */
    struct mz_run_heap heap;
    struct mz_run_metrics metrics;
    struct mz_random *failure_random; /* [level], then one a spot */
    int16_t *down_causes;             /* [node] */
    int64_t wake_us;                  /* pending */
    int64_t now_us;
    int64_t failures_since_good;
    int64_t last_end_us;
    int64_t last_good_us; /* last end or submission */
    int64_t longest_us;   /* run of the trace */
    int64_t seq;          /* of events handed to the sink */
    uint64_t hash;
    struct mz_sim_result *result;
    size_t attempt_capacity;
    struct mz_sim_attempt *attempts;
    double useful_chip_us; /* work that counted */
    double lost_chip_us;
    double checkpoint_chip_us;
    double used_chip_us;
    double *team_chip_us; /* [team of the trace]: held by attempts that are over */
};

/* run_setup.c */
enum mz_status mz_run_setup(
    struct mz_run *run, const struct mz_sim_teams *teams, struct mz_error *err);
/* The request of a job of the trace. False: it can never fit; the reason is in the arena. */
bool mz_run_request(
    struct mz_run *run, int64_t i, struct mz_request *ret_request, const char **ret_reason);

/* The kinds of chip that a job of the trace allows, as a set. */
uint64_t mz_run_chip_mask(const struct mz_fleet *fleet, const char *chips);

/* run_work.c: what is left takes so long on chips of this speed; a restart before it or not. */
int64_t mz_run_attempt_us(
    const struct mz_run *run, const struct mz_run_job *job, int32_t speed_milli, bool restart);
/* Checkpoints of an attempt that is not disturbed. */
int64_t mz_run_checkpoints(const struct mz_run_job *job, int32_t speed_milli);
/* The interval for a job by the rules of sim.h. */
int64_t mz_run_interval_us(const struct mz_run *run, const struct mz_trace_job *job);
/* The running attempt stops after elapsed_us, `notice_us` of which it knew (-1: it
 * did not, so nothing is saved even where saving costs nothing): saves, and counts what
 * was useful, lost and written. */
void mz_run_interrupt(struct mz_run *run, struct mz_run_job *job, int64_t chips_milli,
    int64_t elapsed_us, int64_t notice_us);
void mz_run_finish_work(
    struct mz_run *run, struct mz_run_job *job, int64_t chips_milli, int64_t elapsed_us);

/* run_failures.c */
void mz_run_plan_failures(struct mz_run *run);
void mz_run_fail(struct mz_run *run, const struct mz_run_event *event);
void mz_run_repair(struct mz_run *run, const struct mz_run_event *event);
void mz_run_reclaim(struct mz_run *run, const struct mz_run_event *event);

/* run_metrics.c */
void mz_run_metrics_init(struct mz_run *run);
void mz_run_metrics_move(struct mz_run *run, int64_t now_us); /* before values change */
void mz_run_finish(struct mz_run *run);

/* run.c */
void mz_run_push(
    struct mz_run *run, int64_t time_us, enum mz_run_event_kind kind, int32_t a, int32_t b);
/* The job's attempt ends before it is done and waits again. */
void mz_run_stop_job(struct mz_run *run, int32_t trace_job, const char *event, const char *reason,
    int64_t notice_us);
void mz_run_tell(struct mz_run *run, const struct mz_sim_event *event);

static inline void mz_run_mix(struct mz_run *run, uint64_t value)
{
    run->hash = (run->hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    run->hash ^= run->hash >> 32;
}

#endif
