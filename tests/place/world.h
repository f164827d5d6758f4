/* world.h - a random fleet with random jobs, driven event by event, and watched from outside
 *
 * A world is a pure function of its seed. It calls the engine as the simulator does and keeps books
 * of its own: what every chip, CPU and memory gives, who waits, who was promised what. Each event
 * is followed by mz_engine_check. The first contradiction stops the world: `failure` says what.
 */
#ifndef MZ_TESTS_PLACE_WORLD_H
#define MZ_TESTS_PLACE_WORLD_H

#include "base/random.h"
#include "place/check.h"
#include "place/find.h"
#include "place/place.h"

enum {
    WORLD_NODES_MAX = 48,
    WORLD_JOBS_MAX = 64,
    WORLD_SHAPES_MAX = 12,
    WORLD_SITES_MAX = 8,
    WORLD_PARTS_MAX = WORLD_NODES_MAX,
    WORLD_TROUBLES_MAX = 8,
    WORLD_TEAMS = 4,
    WORLD_TEXT_MAX = 1024
};

struct world_job {
    struct mz_request request;
    int64_t run_us;    /* what is really left to run */
    int64_t cancel_us; /* MZ_TIME_NEVER: not */
    enum { JOB_COMING, JOB_WAITING, JOB_RUNNING, JOB_STOPPING, JOB_ENDED } state;
    int64_t start_us;
    int64_t end_us;     /* running: when it really ends; stopping: when it has to stop */
    int64_t promise_us; /* the first one since the last trouble; MZ_TIME_NEVER: none */
    int32_t part_count;
    struct mz_part parts[WORLD_PARTS_MAX];
};

struct world_trouble { /* a node that goes down or is cordoned, and comes back */
    int32_t node;
    enum mz_node_state state;
    int64_t begin_us;
    int64_t end_us;
};

struct world {
    uint64_t seed;
    struct mz_random random;
    struct mz_arena *arena;
    struct mz_node_spec nodes[WORLD_NODES_MAX];
    struct mz_fleet_site sites[WORLD_SITES_MAX];
    struct mz_fleet_spec spec;
    struct mz_fleet *fleet;
    struct mz_policy policy;
    struct mz_teams *teams; /* NULL: none */
    struct mz_engine *engine;
    struct mz_finder *finder; /* the world's own */
    struct mz_shape shapes[WORLD_SHAPES_MAX];
    int32_t shape_ids[WORLD_SHAPES_MAX]; /* of the engine */
    int32_t shape_count;
    struct world_job jobs[WORLD_JOBS_MAX]; /* by submit: their index is the engine's */
    int32_t job_count;
    struct world_trouble troubles[WORLD_TROUBLES_MAX];
    int32_t trouble_count;
    int64_t now_us;
    bool has_quotas; /* then a promise may fall to the quota of its team */
    bool step_each;  /* a step behind each event, not each time */
    bool curious;    /* asks why now and then */
    bool is_shown;   /* every event on stderr */
    struct mz_random asking;
    uint64_t trace;  /* hash of all decisions */
    int64_t wait_us; /* sum over jobs of their first start - submit */
    int32_t starts;
    int32_t promises;
    int32_t backfills;
    int32_t questions;
    int32_t node_used[WORLD_NODES_MAX][64]; /* thousandths */
    int64_t cpu_used[WORLD_NODES_MAX];
    int64_t memory_used[WORLD_NODES_MAX];
    char failure[WORLD_TEXT_MAX];
};

/* Which worlds: all orders and backfills unless one is set. */
struct world_choice {
    int order;    /* enum mz_order; -1: any */
    int backfill; /* enum mz_backfill; -1: any */
    int preempt;  /* 0, 1; -1: any */
    bool no_trouble;
    bool curious;
    bool is_shown;
};

/* Makes the world of a seed, runs it to its end and frees it; what is left to look at is the
 * counters and `failure`, empty when all was well. */
void world_run(struct world *world, uint64_t seed, const struct world_choice *choice);

#endif
