/* job.h - what is asked for: shapes and requests
 *
 * A shape is what a job needs of the fleet. Jobs with equal shapes are alike to the finder: when
 * one of them does not fit, no other does. Shapes are interned by the engine (mz_engine_shape), so a
 * job names its shape by a number.
 *
 * Gangs. A job of at most as many chips as a node has lies on one node. A larger one takes whole
 * nodes, and one more node for the rest; or, with chips_per_node, exactly so many chips on each of
 * chips / chips_per_node different nodes. All parts start at once or none.
 *
 * Levels. A gang lies within one domain of the level `required` (the partner unless stated). The
 * lowest level that fits is chosen, beginning with `preferred`; within it the domain with the least
 * left over; then the lowest index.
 */
#ifndef MZ_PLACE_JOB_H
#define MZ_PLACE_JOB_H

#include "place/fleet.h"

#define MZ_TIME_NEVER (INT64_C(1) << 62)

struct mz_shape {
    int32_t chips;          /* 0: CPU only */
    int32_t chip_milli;     /* of each chip; below MZ_MILLI only when chips is 1 */
    int32_t chips_per_node; /* 0: as many as a node has */
    int32_t cpu_milli;      /* on each node that it uses */
    int32_t memory_mib;     /* the same */
    enum mz_level required;
    enum mz_level preferred;
    uint64_t chip_mask;    /* kinds of chip that will do */
    uint64_t partner_mask; /* partners that it may run at */
};

struct mz_request {
    int64_t submit_us;
    int64_t estimate_us;   /* longest run time, for reservations; <= 0: the policy's default */
    int64_t deadline_us;   /* MZ_TIME_NEVER: none */
    int64_t checkpoint_us; /* interval: what a victim loses at most; 0: loses all it has done */
    int32_t shape;
    int32_t priority;  /* larger first */
    int32_t team;      /* index into the engine's teams; -1: none */
    int32_t data_site; /* -1: anywhere */
    bool preemptible;
};

#endif
