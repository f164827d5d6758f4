/* sim.h - a trace through the placement engine, on a virtual clock
 *
 * Next event, never ticks. The events of one time are taken together, in this order: ends, ends of
 * grace times, repairs, failures, submissions; then the engine decides once. A run is a pure
 * function of (fleet, trace, policy, options, seed); result_hash is a hash of every start, end,
 * preemption, failure and reservation with its time and its chips, in order.
 *
 * A job runs for run_us on the chips that it states, times the speed of the chip it gets; the engine
 * plans with limit_us where the trace states one that is not below the run time (a limit is what
 * would end the job), else with the run time itself (oracle).
 *
 * Checkpoints. A job of interval t and cost d works t, then writes for d, and so on; none at the end.
 * Behind an interruption it begins with restart_us and works on from its last complete checkpoint. The
 * interval is the job's own, else the one that the options set, else, with failures and d > 0,
 * Young's sqrt(2 d M), M the mean time between interruptions of as many nodes as it needs; with
 * failures and d = 0 it saves without end and loses nothing. A job with none of these begins again from
 * zero. Who is preempted or reclaimed with at least d of notice saves what it has done.
 * Sources: J. W. Young, CACM 17(9) 1974; J. T. Daly, FGCS 22(3) 2006.
 *
 * Failures: exponential, each class (node, rack, spine, site, partner) with its own stream of
 * chance, or from a file. What fails is down for an exponential repair time. Spot: the nodes of a
 * site are reclaimed at a rate, with notice, and come back as after a repair.
 *
 * jct_s is end - submit, queue_s what of it the job held no chips, makespan_s from the beginning of
 * the clock to the last end. utilisation: chip-time held / (chips x makespan). goodput: chip-time
 * of useful work / chip-time held. lost_chip_hours: work done again, and restarts.
 */
#ifndef MZ_SIM_SIM_H
#define MZ_SIM_SIM_H

#include "base/arena.h"
#include "base/status.h"
#include "place/place.h"
#include "sim/trace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Ten years of the virtual clock in which no job ends and none is submitted: failures come faster
 * than what is left can start or save. */
#define MZ_SIM_STUCK_US (INT64_C(3652) * 86400 * 1000000)
enum { MZ_SIM_STUCK_FAILURES = 10 * 1000 * 1000 }; /* or so many failures */

struct mz_failure_rate {
    int64_t mean_us; /* between failures of one domain of this level; 0: none */
};

struct mz_failure_event { /* of a file */
    int64_t at_us;
    int64_t down_us;
    enum mz_level level;
    int32_t domain;
};

struct mz_spot {
    int32_t site;
    int64_t mean_us; /* between reclaims of one node */
    int64_t notice_us;
};

struct mz_sim_failures {
    struct mz_failure_rate rates[MZ_LEVEL_COUNT]; /* MZ_LEVEL_NODE ... MZ_LEVEL_PARTNER */
    int64_t repair_us;                            /* mean */
    int64_t event_count;
    const struct mz_failure_event *events; /* by time */
    int32_t spot_count;
    const struct mz_spot *spots;
    int64_t checkpoint_us;      /* interval for all that state none; 0: Young's */
    int64_t checkpoint_cost_us; /* d */
    int64_t restart_us;
};

/* Rows of --events; called in order of time. `node` is -1 when the event has none. */
struct mz_sim_event {
    int64_t time_us;
    int64_t seq;
    const char *event; /* submit reserve start end preempt fail checkpoint drop */
    int32_t job;       /* index into the trace; -1: none */
    int32_t attempt;
    int32_t node;
    int32_t chips_milli;
    uint64_t chips;   /* mask on the node */
    int64_t until_us; /* -1: none */
    const char *reason;
};

struct mz_sim_sink {
    void *context;
    void (*event)(void *context, const struct mz_sim_event *event);
};

struct mz_sim_options {
    uint64_t seed;
    int64_t begin_us; /* when the clock begins; -1: with the first submission */
    struct mz_sim_failures failures;
    bool check;                     /* mz_engine_check after every step */
    bool keep_attempts;             /* for reports */
    const struct mz_sim_sink *sink; /* NULL: none */
    const atomic_bool *stop;        /* NULL: never */
    /* Now and then: jobs that ended of all, events so far, the virtual time. NULL: not told. */
    void (*progress)(void *context, int64_t done, int64_t total, int64_t events, int64_t now_us);
    void *progress_context;
    int64_t why_at_us; /* with why_job >= 0: stop there and ask why the job waits */
    int32_t why_job;   /* index into the trace; -1: none */
};

/* Means over equal spans of time; fragmentation as it stood at the end of each. */
struct mz_sim_series {
    int64_t begin_us;
    int64_t width_us;
    int32_t count;
    double *used_chips;
    double *waiting_jobs;
    double *waiting_chips;
    double *down_chips;
    double *fragmentation; /* of free chips, the share not on wholly free nodes; NAN: none free */
    double *const *partner_used_chips; /* [partner][i] */
};

struct mz_sim_attempt {
    int32_t job;
    int32_t attempt;
    int32_t site; /* of its first part */
    int32_t chips;
    int64_t start_us;
    int64_t end_us;
    const char *outcome; /* "end" "fail" "preempt" "reclaim" */
};

struct mz_sim_partner {
    const char *name;
    int64_t chip_total;
    double used_chip_hours;
    double spent_usd; /* at the prices of the contracts drawn on, committed or not */
    int64_t start_count;
};

struct mz_sim_contract {
    const char *name;
    double commit_usd; /* 0: none */
    double drawn_usd;
};

struct mz_sim_result {
    const char *policy;
    uint64_t seed;
    bool is_complete;      /* false: stopped early; then figures are of the jobs that ended */
    int64_t jobs;          /* that ended */
    int64_t dropped;       /* that can never fit: named in `first_dropped` */
    int32_t first_dropped; /* index into the trace; -1 */
    const char *drop_reason;
    int64_t unfinished;
    bool is_stuck;     /* nothing ended for MZ_SIM_STUCK_US and twice the longest run: stopped */
    int32_t stuck_job; /* the first that had not ended then; -1 */
    int32_t stuck_attempts; /* of it */
    double avg_jct_s;
    double p50_jct_s;
    double p99_jct_s;
    double avg_queue_s;
    double p50_queue_s;
    double p99_queue_s;
    double makespan_s;
    double utilisation;
    double goodput;
    int64_t preemptions;
    int64_t failures;      /* of nodes, racks, ... */
    int64_t interruptions; /* of jobs by failures and reclaims */
    double lost_chip_hours;
    double checkpoint_chip_hours;
    double used_chip_hours;
    int64_t decisions; /* starts, reservations, preemptions */
    int64_t events;    /* submissions, ends, failures, repairs ..., and decisions */
    double cpu_s;      /* set by the caller that has a clock */
    double events_per_s;
    uint64_t result_hash;
    int64_t deadline_count; /* jobs that stated one, */
    int64_t deadline_met;   /* and ended in time */
    int64_t job_count;      /* of the arrays below: jobs of the trace */
    double *jct_s;          /* NAN: did not end */
    double *queue_s;
    struct mz_sim_series series;
    int64_t attempt_count; /* with keep_attempts */
    const struct mz_sim_attempt *attempts;
    int32_t partner_count;
    struct mz_sim_partner *partners;
    int32_t contract_count;
    struct mz_sim_contract *contracts;
    int32_t team_count;
    const char *const *team_names;
    double *team_avg_queue_s;
    double *team_chip_hours;
    const char *why_text; /* the answer, when asked and the job waited then; NULL */
};

/* Quotas and weights of teams, by the names of the trace (or parents of them). */
struct mz_team_setting {
    const char *name;
    int64_t quota_chips; /* MZ_TEAM_NO_LIMIT: not stated */
    int64_t borrow_chips_max;
    int64_t lend_chips_max;
    int32_t weight; /* 0: not stated */
};

struct mz_sim_teams {
    int32_t count;
    const struct mz_team_setting *settings;
    int64_t half_life_us;
};

/* Runs the trace. The fleet must be empty and is changed; everything of the result lives in the
 * arena. contracts NULL: no prices. MZ_E_INPUT when the trace has no times, names an unknown
 * site, or nothing of it fits (a job whose chips the fleet does not have is dropped); MZ_E_LIMIT; with `check` also the first contradiction. */
enum mz_status mz_sim_run(struct mz_arena *arena, struct mz_fleet *fleet,
    const struct mz_trace *trace, const struct mz_policy *policy, const struct mz_sim_teams *teams,
    struct mz_contracts *contracts, const struct mz_sim_options *options,
    struct mz_sim_result **ret_result, struct mz_error *err);

#endif
