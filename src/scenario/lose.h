/* lose.h - a partner that delivers nothing any more from a month on (MZ_CHANGE_LOSE) */
#ifndef MZ_SCENARIO_LOSE_H
#define MZ_SCENARIO_LOSE_H

#include "scenario/check.h"
#include "scenario/scenario.h"

/* Applies every MZ_CHANGE_LOSE of the list to the contracts of the scenario. */
void mz_scenario_lose(struct mz_check *check, const struct mz_scenario *scenario,
    struct mz_contract *contracts, const struct mz_change *changes, size_t change_count,
    const struct mz_mark *marks);

#endif
