/* team.h - quotas and fair shares of teams, in a tree
 *
 * A team's name is a path: "research/nlp" is part of "research". Every team may have a quota (chips
 * that are its own), limits on borrowing and lending, and a weight.
 *
 * Quota. A team may use its quota, and borrow what other teams under the same parent do not use of
 * theirs, up to its borrow limit; a team lends at most its lend limit. The same holds one level up
 * for the parent as a whole, to the root, which has the fleet. A team without a quota has 0 of its
 * own and borrows. When no team at all states a quota, quotas do not bind.
 * Reclaim. Who is inside its own quota may take back what others borrowed (preempt.h).
 *
 * Fair share. Use is chip-microseconds with a half-life: what was used t ago counts 2^(-t/h). The
 * team with the least use for its weight goes first; at each level of the tree first, so that a
 * parent's share does not grow with the number of its children. Ties: the lowest index.
 * Use is kept in integers scaled by a common factor that grows with time instead of decaying each
 * team, so order does not depend on when it is looked at.
 */
#ifndef MZ_PLACE_TEAM_H
#define MZ_PLACE_TEAM_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { MZ_TEAM_COUNT_MAX = 65536, MZ_TEAM_DEPTH_MAX = 16 };

struct mz_teams; /* opaque */

/* half_life_us <= 0: use does not fade. root_chips: what the root has to give. */
struct mz_teams *mz_teams_create(int64_t half_life_us, int64_t root_chips);
void mz_teams_free(struct mz_teams *teams);

/* The index of a team, made with all its parents when new. MZ_E_INPUT for an empty part of the
 * path, MZ_E_LIMIT past the depth or count. Indices count from 0 in order of making. */
enum mz_status mz_teams_add(
    struct mz_teams *teams, const char *path, int32_t *ret_team, struct mz_error *err);

enum { MZ_TEAM_NO_LIMIT = -1 };

/* Chips; borrow and lend MZ_TEAM_NO_LIMIT by default. weight > 0 (1 by default). */
void mz_teams_set_quota(struct mz_teams *teams, int32_t team, int64_t quota_chips,
    int64_t borrow_chips_max, int64_t lend_chips_max);
void mz_teams_set_weight(struct mz_teams *teams, int32_t team, int32_t weight);

int32_t mz_teams_count(const struct mz_teams *teams);
const char *mz_teams_path(const struct mz_teams *teams, int32_t team);

/* May the team use so many chips (milli) more? ret_blocker (may be NULL): the team at whose level
 * it fails, itself or a parent. */
bool mz_teams_admits(
    const struct mz_teams *teams, int32_t team, int64_t chips_milli, int32_t *ret_blocker);

/* A job of the team holds chips from now on, or lets them go. */
void mz_teams_take(struct mz_teams *teams, int32_t team, int64_t chips_milli, int64_t now_us);
void mz_teams_give(struct mz_teams *teams, int32_t team, int64_t chips_milli, int64_t now_us);

/* Chips (milli) in use, quota, and what it borrows: use beyond its quota. */
int64_t mz_teams_used_milli(const struct mz_teams *teams, int32_t team);
int64_t mz_teams_quota_chips(const struct mz_teams *teams, int32_t team);
int64_t mz_teams_borrowed_milli(const struct mz_teams *teams, int32_t team);

/* With so many chips more, does the team (and each parent up to where it meets `other`) stay inside
 * its own quota, while `other`, or a parent of it below that point, borrows? Then it may reclaim
 * from it. */
bool mz_teams_may_reclaim(
    const struct mz_teams *teams, int32_t team, int64_t chips_milli, int32_t other);

/* Is `a` before `b` in fair-share order at this time? A total order. */
bool mz_teams_before(const struct mz_teams *teams, int32_t a, int32_t b, int64_t now_us);

/* Use so far with its fading, chip-hours: for people. */
double mz_teams_use_chip_hours(const struct mz_teams *teams, int32_t team, int64_t now_us);

#endif
