/* planner.h - the engine of room `place`, fed by the core
 *
 * The planner owns the fleet as it is known now, the engine, and the contracts. It is told what the
 * core tells it (struct mz_plan_message), in order, and yields decisions when it is asked to step.
 * It keeps what it needs to make everything anew: when the nodes of a partner change, when a month
 * begins (prices), and when the engine has seen so many jobs that its memory should be made small.
 *
 * Nodes come from the fleet file (partners whose driver finds none itself) and from observations.
 * A node without accelerators has its cores as chips of the kind "cpu", at most 64 of them. Jobs
 * of others hold chips as jobs without a queue: `why` names them.
 *
 * One thread uses a planner (planner_thread.h). It knows no clock: now_us is the wall's time, made
 * steady by the caller. */
#ifndef MZ_CONTROL_PLANNER_H
#define MZ_CONTROL_PLANNER_H

#include "base/status.h"
#include "catalogue/catalogue.h"
#include "control/core.h"
#include "domain/scenario.h"
#include "place/fleet.h"

#include <jansson.h>

struct mz_planner;

struct mz_planner_setup {
    const struct mz_scenario *scenario;
    const struct mz_catalogue *catalogue; /* names of chips */
    const bool *finds_nodes;              /* [partner] */
    const char *policy;                   /* mz_policy_parse; NULL: "priority+easy+preempt" */
    int32_t cores;                        /* of this machine: for a local partner without sites */
    const char *host;                     /* the name of its node */
};

enum mz_status mz_planner_create(
    const struct mz_planner_setup *setup, struct mz_planner **ret_planner, struct mz_error *err);
void mz_planner_free(struct mz_planner *planner); /* NULL is fine */

void mz_planner_tell(
    struct mz_planner *planner, int64_t now_us, const struct mz_plan_message *message);

typedef void mz_planner_sink(void *context, const struct mz_plan_decision *decision);
void mz_planner_step(
    struct mz_planner *planner, int64_t now_us, mz_planner_sink *sink, void *context);
int64_t mz_planner_wake_us(const struct mz_planner *planner); /* MZ_TIME_NEVER: none */

/* Why the job waits: what openapi.yaml calls Why, less the job's id and state. The caller owns it
 * and nothing of it is kept here, so another thread may take it whole. NULL: it does not wait here. */
json_t *mz_planner_why(struct mz_planner *planner, int64_t now_us, int64_t job);
/* The same for a job that is not there; never NULL. */
json_t *mz_planner_preview(
    struct mz_planner *planner, int64_t now_us, const struct mz_need *need, const char *name);
/* The same where there is nothing to say but a text: no place, no start. Asks no planner. */
json_t *mz_planner_why_text(const char *text);

struct mz_planner_node {
    int32_t partner;
    const char *site;
    const char *name;
    enum mz_node_state state;
    const char *reason;
    const char *chip;
    int32_t chips;
    int32_t chips_free;
    int32_t chips_others;
    bool pretend;
};
/* All of them as they are now, with their texts, in the arena: another thread may take it whole. */
const struct mz_planner_node *mz_planner_nodes(
    const struct mz_planner *planner, struct mz_arena *arena, int32_t *ret_count);

/* The month of a wall time, as base/month.h counts. */
int32_t mz_planner_month(int64_t wall_us);

#endif
