/* check.h - is the engine consistent? Everything derived is derived again and compared
 *
 * From the jobs alone: which chips, CPU and memory are taken; that no chip is given twice and no
 * fraction beyond a whole; that gangs are whole, inside one domain of the level they require, on
 * allowed chips and partners; then that the fleet's masks, counts of domains, pools and bit sets,
 * the heap of ends, the queues, the reservations (no shared chip while they overlap, nothing held
 * between steps), the teams' use and the contracts' use say the same. O(everything): for tests,
 * and for the simulator and the daemon when asked.
 */
#ifndef MZ_PLACE_CHECK_H
#define MZ_PLACE_CHECK_H

#include "place/place.h"

/* MZ_OK, or MZ_E_INPUT with the first contradiction: what, where, expected and found. */
enum mz_status mz_engine_check(const struct mz_engine *engine, struct mz_error *err);

#endif
