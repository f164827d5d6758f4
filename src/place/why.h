/* why.h - why does this job wait, and until when
 *
 * For a waiting job: every place (pool) with the one reason against it, nearest first, its place in
 * the queue with who is ahead, and the expected start. The reason of a place is the first of these
 * that holds: not allowed, too small even when empty, down or cordoned, quota, reserved for another
 * job, not enough chips free, free but spread over too many domains or nodes, CPU or memory, no
 * contract with room, behind others in the queue.
 * The expected start is the reservation's when the job has one; else found by looking ahead as if
 * it were the next in line after those ahead of it to a depth, and then its confidence is "fair"
 * (the ends are estimates), or none when nothing that runs makes room.
 * Changes nothing that a decision depends on.
 */
#ifndef MZ_PLACE_WHY_H
#define MZ_PLACE_WHY_H

#include "base/arena.h"
#include "base/text.h"
#include "place/place.h"

enum mz_why {
    MZ_WHY_NOT_ALLOWED, /* its chip or partner is not among those that the job takes */
    MZ_WHY_TOO_SMALL,   /* even empty it does not hold the job */
    MZ_WHY_DOWN,        /* with the nodes that are down or cordoned it would fit */
    MZ_WHY_QUOTA,       /* of the team */
    MZ_WHY_RESERVED,    /* fits, but not beside a reservation */
    MZ_WHY_CHIPS,       /* too few free */
    MZ_WHY_SCATTERED,   /* enough free, but not on one node or in one domain */
    MZ_WHY_CPU_MEMORY,  /* chips are free where CPU or memory is not */
    MZ_WHY_CONTRACT,    /* no contract there has room */
    MZ_WHY_QUEUE        /* it fits: others are ahead */
};

struct mz_why_place {
    int32_t pool;
    enum mz_why why;
    int64_t free_chips; /* in the pool now */
    int64_t need_chips;
    int64_t frees_us;     /* when enough ends there by itself; MZ_TIME_NEVER: not known */
    int32_t frees_job;    /* whose end it is; -1 */
    int32_t blocker_job;  /* who holds the reservation; -1 */
    int32_t blocker_team; /* whose quota is full; -1 */
};

struct mz_why_answer {
    int32_t job;
    int32_t position; /* in the queue, from 0 */
    int32_t waiting_count;
    int32_t ahead_job; /* the one before it; -1 */
    int64_t start_us;  /* expected; MZ_TIME_NEVER: nothing that runs makes room */
    bool is_promised;  /* by a reservation */
    int32_t place_count;
    const struct mz_why_place *places;
};

/* The job must be waiting. Everything lives in the arena. */
struct mz_why_answer mz_engine_why(
    struct mz_engine *engine, struct mz_arena *arena, int32_t job, int64_t now_us);

const char *mz_why_name(enum mz_why why); /* "chips": for JSON */

/* How jobs are called in the text: "4139 'distill'". number NULL: the engine's own numbers; below 0:
 * the name alone, as it is. name NULL: numbers alone. */
struct mz_why_names {
    const char *(*name)(void *context, int32_t job);
    int64_t (*number)(void *context, int32_t job);
    void *context;
};

/* The answer as people read it. */
void mz_why_write(const struct mz_engine *engine, const struct mz_why_answer *answer,
    const struct mz_why_names *names, int64_t now_us, struct mz_text *out);

#endif
