/* engine_impl.h - the inside of the engine, for the files that make it up
 *
 *   engine.c   life of a job: submit, end, stopped; shapes; what callers look at
 *   order.c    keys and policies: who is first
 *   choose.c   one job: in which pool, by cost
 *   reserve.c  reservations: made, held, kept
 *   step.c     the pass over the queue
 *   preempt.c  who has to stop for whom
 *   why.c, check.c  read only
 *
 * Held chips. A reservation needs its parts from its start on. While a job is tried whose expected
 * run reaches past that start, the free share of those parts is taken in the fleet (mz_hold_until);
 * before the step ends everything held is given back (mz_hold_until with 0). So the finder knows
 * nothing of reservations.
 */
#ifndef MZ_PLACE_ENGINE_IMPL_H
#define MZ_PLACE_ENGINE_IMPL_H

#include "place/find.h"
#include "place/place.h"
#include "place/queue.h"
#include "place/running.h"

struct mz_slot { /* a job */
    struct mz_request request;
    int64_t key;      /* in its queue */
    int64_t start_us; /* of this attempt */
    int64_t end_us;   /* expected */
    int64_t guard_us; /* not preempted again before */
    int64_t attained_us;
    int64_t expected_us; /* run time drawn from the contract at the start */
    int64_t price_micro;
    struct mz_part one;   /* its part when it has one; */
    struct mz_part *many; /* else they stand here, malloc'd: gangs are few */
    int32_t part_count;
    int32_t contract;
    int32_t attempt;
    int32_t reservation; /* -1: none */
    uint8_t state;
};

struct mz_shape_info {
    struct mz_shape shape;
    int32_t waiting_count;
    int32_t pool_count; /* that allow it and could ever hold it */
    int32_t *pools;
    bool may_span; /* over sites */
    /* of the step that last tried it: did it fail, and with how many reservations held */
    int64_t failed_step;
    int32_t failed_held;
    /* of the step in which last a job of it found nobody to stop, and that job */
    int64_t preempt_failed_step;
    int32_t preempt_failed_job;
};

struct mz_reservation {
    int32_t job;
    int64_t start_us;
    int64_t end_us;
    bool preempts; /* its victims are stopping; start_us is when the last grace ends */
    int32_t part_count;
    struct mz_part *parts; /* malloc'd */
};

struct mz_held { /* a share of a part that is taken for a reservation */
    struct mz_part part;
    int32_t cpu_milli;
    int32_t memory_mib;
};

struct mz_engine {
    struct mz_fleet *fleet;
    struct mz_policy policy;
    struct mz_teams *teams;         /* NULL: none */
    struct mz_contracts *contracts; /* NULL: none */
    struct mz_finder *finder;
    int64_t now_us;

    struct mz_slot *slots;
    int32_t *heap_places; /* [job] */
    int32_t slot_count;
    int32_t slot_capacity;

    struct mz_shape_info *shapes;
    int32_t shape_count;
    int32_t shape_last; /* that was asked for last */
    int32_t shape_capacity;
    int32_t *shape_table; /* open addressing; -1: empty */
    int32_t shape_table_size;

    struct mz_queue *queues; /* one, or with MZ_ORDER_FAIR one a team and one for none */
    int32_t queue_count;
    int32_t waiting_count;
    int32_t waiting_shape_count; /* shapes of which some job waits */
    struct mz_running running;
    struct mz_running scratch; /* copy for looking ahead */

    struct mz_reservation *reservations; /* by start_us, then job */
    int32_t reservation_count;
    int32_t reservation_capacity;
    bool reservations_stale; /* something ended early or came up: they may start earlier */
    struct mz_held *held;    /* what is taken for the first `held_reservations` */
    int32_t held_count;
    int32_t held_capacity;
    int32_t *held_marks; /* [r]: held_count before reservation r was held */
    int32_t held_reservations;

    struct mz_place_decision *decisions;
    int32_t decision_count;
    int32_t decision_capacity;
    int64_t step;   /* number of this step */
    int32_t *ended; /* jobs given back while looking ahead */
    int32_t ended_capacity;
    int32_t *active; /* queues with jobs when the pass began */
    int32_t active_count;
    int32_t *cursors; /* [queue]: place of the pass in it */
    bool *queue_done; /* [queue] */
};

/* order.c */
int64_t mz_order_key(const struct mz_engine *engine, const struct mz_slot *slot);
int32_t mz_las_class(const struct mz_engine *engine, const struct mz_slot *slot, int64_t now_us);
int32_t mz_order_queue(const struct mz_engine *engine, const struct mz_slot *slot);
/* May `victim` be stopped for `job`: by the order of the policy alone. */
bool mz_order_may_preempt(
    const struct mz_engine *engine, const struct mz_slot *job, const struct mz_slot *victim);

/* Has its team room in its quota, or need it none? */
bool mz_order_admits(const struct mz_engine *engine, const struct mz_slot *slot);
/* The same for a run until end_us: what is promised from before then counts as used. */
bool mz_order_admits_beside(
    const struct mz_engine *engine, const struct mz_slot *slot, int64_t end_us);

/* engine.c */
const struct mz_part *mz_slot_parts(const struct mz_slot *slot);
int64_t mz_slot_chips_milli(const struct mz_engine *engine, const struct mz_slot *slot);
int64_t mz_slot_estimate_us(const struct mz_engine *engine, const struct mz_slot *slot);
/* Run time expected on a kind of chip. */
int64_t mz_engine_run_us(const struct mz_engine *engine, const struct mz_slot *slot, int32_t chip);
void mz_engine_decide(struct mz_engine *engine, struct mz_place_decision decision);
/* Takes the placement for the job: from waiting to running. */
void mz_engine_start(struct mz_engine *engine, int32_t job, const struct mz_placement *placement,
    int32_t contract, int64_t price_micro, const char *reason);

/* The longest of them over the pools that the job may use. */
int64_t mz_engine_longest_run_us(const struct mz_engine *engine, const struct mz_slot *slot);

/* choose.c: the placement that costs least. */
bool mz_choose(struct mz_engine *engine, int32_t job, struct mz_placement *ret_placement,
    int32_t *ret_contract, int64_t *ret_price_micro);

/* The contract that the job would draw in a pool, and its price. False: none has room. */
bool mz_choose_contract(struct mz_engine *engine, int32_t job, int32_t pool, int32_t *ret_contract,
    int64_t *ret_price_micro);

/* reserve.c */
/* Holds the reservations that start before end_us, and lets go the others. Returns how many are
 * held. The list of reservations must not change while any is held. */
int32_t mz_hold_until(struct mz_engine *engine, int64_t end_us);
/* Promises the job the earliest start; false when no end of a running job makes room. */
bool mz_reserve(struct mz_engine *engine, int32_t job);
/* A reservation with parts that are known: for preemption. */
void mz_reserve_parts(struct mz_engine *engine, int32_t job, int64_t start_us, int64_t end_us,
    const struct mz_part *parts, int32_t part_count, bool preempts);
void mz_unreserve(struct mz_engine *engine, int32_t job);
/* A job was refused only because of the chips that the one reservation names: may that one have
 * others at the same time? Then it gets them, and the job starts. */
enum mz_elsewhere {
    MZ_ELSEWHERE_STARTED,
    MZ_ELSEWHERE_REFUSED, /* it fits, but not beside the promise */
    MZ_ELSEWHERE_NO_ROOM  /* it fits nowhere, though nothing is held */
};
enum mz_elsewhere mz_reserve_elsewhere(struct mz_engine *engine, int32_t job);
/* Starts reserved jobs whose time has come, or that fit already; moves the others forward where
 * that is possible now; makes those anew that lost a node. */
void mz_reserve_settle(struct mz_engine *engine);

/* preempt.c: chooses victims for the job, decides that they stop, and reserves. */
bool mz_preempt(struct mz_engine *engine, int32_t job);

#endif
