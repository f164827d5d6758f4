/* planner_impl.h - the inside of the planner: planner.c (messages, steps), planner_fleet.c (fleet
 * and engine made anew), planner_why.c (answers) */
#ifndef MZ_CONTROL_PLANNER_IMPL_H
#define MZ_CONTROL_PLANNER_IMPL_H

#include "base/arena.h"
#include "base/text.h"
#include "control/map.h"
#include "control/planner.h"
#include "place/place.h"

enum plan_job_state { PLAN_JOB_WAITS, PLAN_JOB_RUNS };

struct plan_job {
    int64_t id;
    int64_t wait; /* of the newest message about it: every decision says on which it rests */
    char *name;
    struct mz_need need; /* dependencies NULL */
    uint64_t partner_mask;
    const char *team;
    int32_t priority;
    int64_t submitted_us;
    enum plan_job_state state;
    int32_t engine_job; /* -1: the engine does not have it */
    bool told_never;
    bool is_adopted; /* its shape in the engine is that of its parts, not of its need */
    /* while it runs, to make it anew */
    int32_t partner;
    char *parts;
    const char *contract;
    int64_t start_us;
    int64_t end_us;
};

struct plan_use { /* of a node by somebody else's job */
    int32_t partner;
    char *node;
    char *job;
    int32_t accelerators; /* as told */
    int32_t cpus;
    int32_t chips;      /* of these, what the node counts as chips: set when its node is known */
    int32_t held_chips; /* in the engine; fewer than chips while ours are on the rest */
    int64_t end_us;
    int32_t engine_job; /* -1: not (yet) held */
    bool is_stale;
};

struct plan_node { /* as observed */
    char *name;
    char *reason;
    const char *chip; /* interned */
    int32_t chips;
    int32_t cpus;
    int64_t memory_mib;
    bool is_up;
    bool is_cordoned; /* by the partner */
};

struct plan_partner {
    bool finds_nodes;
    int32_t state; /* enum mz_node_state of all */
    int32_t node_count;
    struct plan_node *nodes; /* found */
    int32_t first_node;      /* of those found, in the fleet */
};

struct plan_spent {
    const char *contract;
    int64_t micro;
};

struct mz_planner {
    const struct mz_scenario *scenario;
    const struct mz_catalogue *catalogue;
    struct mz_policy policy;
    int32_t cores;
    char *host;
    struct mz_intern *intern;
    int32_t partner_count;
    struct plan_partner *partners;

    struct mz_map *jobs; /* id -> struct plan_job */
    struct plan_use *uses;
    int32_t use_count;
    int32_t use_capacity;
    char **cordoned; /* "partner/node" */
    int32_t cordoned_count;
    struct plan_spent *spent;
    int32_t spent_count;

    /* made anew together */
    struct mz_arena *arena;
    struct mz_fleet *fleet; /* NULL: no node is known yet */
    struct mz_contracts *contracts;
    struct mz_engine *engine;
    struct mz_map *node_index;     /* hash of partner and name -> node + 1 */
    struct plan_job **engine_jobs; /* [engine job]; NULL: of others or gone */
    int32_t engine_capacity;
    int32_t month;
    bool is_stale;  /* nodes changed: make anew before the next step */
    bool has_never; /* somebody who waits can never fit */
};

/* planner_fleet.c */
void mz_planner_rebuild(struct mz_planner *planner, int64_t now_us);
int32_t mz_planner_find_node(const struct mz_planner *planner, int32_t partner, const char *name);
void mz_planner_set_states(struct mz_planner *planner, int32_t partner);

/* planner.c */
enum mz_status mz_planner_request(struct mz_planner *planner, const struct plan_job *job,
    struct mz_request *ret_request, struct mz_error *err);
void mz_planner_enter(struct mz_planner *planner, struct plan_job *job, int64_t now_us);
void mz_planner_hold_use(struct mz_planner *planner, struct plan_use *use, int64_t now_us);
void mz_planner_note_engine_job(
    struct mz_planner *planner, int32_t engine_job, struct plan_job *job);

#endif
