/* victims.h - which of these jobs have to go so that a shape fits
 *
 * Knows neither engine nor policy: candidates, what is gone by then anyhow, and what is reserved
 * are given. What a node offers then: overlay.h.
 *
 * Regions. A shape of one node (find.h) has every node of its pools as a region of level node. A
 * gang has the domains of each level from `preferred` to `required` (find.h), each with the nodes
 * of one pool; and when it may span sites, the pools of one chip at a partner together, then in the
 * fleet. It fits a region when enough nodes offer enough, and another one the rest.
 *
 * The answer is a set of candidates without which the shape fits some region:
 *   first   of the lowest level at which any set does;
 *   then    of the least cost over all regions of that level: the highest priority in it, the sum
 *           of work lost, the sum of chips, their number, the lowest job numbers, in this order.
 * A set that costs least holds nobody superfluous, so every victim has a part in the region.
 *
 * Search. The first component is found at once: candidates come back by priority, highest first,
 * until the shape no longer fits. Below that, greedy sets: all but those that can stay, the most
 * expensive staying first, or the most expensive for a chip; and those on the nodes that are
 * cheapest to clear. Then branch and bound: candidates by cost, the most expensive first, each kept
 * if the shape fits without all that follow, then removed. It ends at MZ_VICTIMS_WORK_REGION parts
 * moved in a region and MZ_VICTIMS_WORK in all, and is not begun with more than
 * MZ_VICTIMS_EXACT_MAX candidates in a region; then the best set so far counts, and is_exact is
 * false.
 * Cost: O(chips + levels x (nodes + parts of candidates x log) + that work).
 */
#ifndef MZ_PLACE_VICTIMS_H
#define MZ_PLACE_VICTIMS_H

#include "place/overlay.h"

enum { MZ_VICTIMS_EXACT_MAX = 64, MZ_VICTIMS_WORK_REGION = 1 << 16, MZ_VICTIMS_WORK = 1 << 19 };

struct mz_candidate {
    int32_t job;
    int32_t priority;
    int64_t lost_chip_us; /* work lost when it stops */
    int64_t chips_milli;
    struct mz_use use;
};

struct mz_victims_question {
    const struct mz_fleet *fleet;
    const struct mz_shape *shape;
    int32_t pool_count; /* that the shape may use */
    const int32_t *pools;
    bool may_span; /* over sites */
    int32_t candidate_count;
    const struct mz_candidate *candidates; /* ascending by job */
    int32_t gone_count;
    const struct mz_use *gone;
    int32_t reserved_count;
    const struct mz_use *reserved;
};

struct mz_victims {
    enum mz_level level;   /* with count 0: not set */
    int32_t count;         /* 0: it fits without, at whatever level */
    const int32_t *chosen; /* indices of candidates, ascending */
    bool is_exact;         /* no limit was met */
};

/* False when it does not fit even without all candidates. Memory from the arena. */
bool mz_victims_choose(struct mz_arena *arena, const struct mz_victims_question *question,
    struct mz_victims *ret_victims);

#endif
