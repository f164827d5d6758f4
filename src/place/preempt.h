/* preempt.h - who has to stop for whom: the definition
 *
 * A job that does not fit may make others stop. They get the policy's grace to save their work, so
 * its place is free at T = now + grace_us; it runs from T to T + its longest run (engine_impl.h).
 *
 * Candidates: running jobs (not those that are stopping already) that are preemptible, whose guard
 * is over (now >= guard_us), that the order of the policy lets the job stop (mz_order_may_preempt),
 * and that are not gone by T anyhow.
 * Gone by T: jobs that are stopping and have to be out at T or before; and running jobs whose
 * expected end lies behind now and not behind T. Nobody has to stop for what they leave free. Who
 * runs longer than expected is not gone.
 * Reserved: what other jobs have reserved from a start before T + the longest run. A chip that
 * somebody frees does not help the job if it is reserved.
 *
 * Victims: the set of candidates that comes first by
 *   1. the level: the lowest one at which the job fits a domain when they are gone, of those levels
 *      at which it may lie (find.h: a node for a job that fits one; else from `preferred` to
 *      `required` within the pools of a site; then a partner's sites together, then the fleet);
 *   2. its cost, over all domains of that level:
 *      a. the highest priority in it;
 *      b. the work lost, summed, in chip-microseconds: what a job has done in this attempt, and
 *         with checkpoint_us > 0 only what is left of that modulo checkpoint_us; each job's
 *         rounded down;
 *      c. the chips (milli) of its jobs, summed, also those outside the domain;
 *      d. the number of jobs;
 *      e. the lowest job numbers: ascending, the first that differs.
 * Less is better. A job that fits at T without any victim stops nobody, at whatever level.
 * Every victim has a part in the domain, and stops everywhere. Where the same set makes room in
 * several domains, and which chips are taken there, is the finder's choice with the victims gone
 * and the reservations held: cheapest pool, then fewest chips left over, lowest pool, lowest index.
 * With contracts: a pool counts when one of its contracts has room once all candidates are gone;
 * and when none has once the victims are, nobody stops.
 *
 * Exact as far as victims.h says; is_exact tells.
 *
 * Afterwards each victim is MZ_JOB_STOPPING with an expected end of at most T, and its guard_us is
 * MZ_TIME_NEVER until its next start sets it to that start + preempt_guard_us. The job has
 * a reservation of its parts from T. A job that has one already stops nobody.
 */
#ifndef MZ_PLACE_PREEMPT_H
#define MZ_PLACE_PREEMPT_H

#include "place/find.h"
#include "place/place.h"

struct mz_preemption {
    int64_t start_us; /* T */
    int64_t end_us;   /* of the job's longest run from there */
    int32_t victim_count;
    const int32_t *victims; /* jobs, ascending */
    enum mz_level level;
    int32_t domain;
    int32_t part_count;
    const struct mz_part *parts; /* of the job */
    bool is_exact;
};

/* What mz_preempt (engine_impl.h) would do for the waiting job; false: nothing. Decides nothing,
 * and leaves the fleet as it is without reservations held. The answer lives in the arena. */
bool mz_preempt_choose(struct mz_engine *engine, struct mz_arena *arena, int32_t job,
    struct mz_preemption *ret_preemption);

#endif
