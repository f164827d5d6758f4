/* settings.h - lists of KEY=VALUE for a simulation, against the fleet that they name
 *
 *   failures    node=1000h,rack=20000h,site=1y...,repair=1h  or a CSV file: time,level,name,down_s
 *   checkpoint  cost=60s,restart=5min,every=30min
 *   spot        SITE=MEAN[/NOTICE],...
 *   speed       CHIP=FACTOR,...
 *   prefer      time=USD,power=USD,share=USD,risk:PARTNER=USD (a chip-hour), data=USD (a job),
 *               price=FACTOR
 * MZ_E_INPUT names the word that is wrong and what is known.
 */
#ifndef MZ_SIM_SETTINGS_H
#define MZ_SIM_SETTINGS_H

#include "sim/sim.h"

enum mz_status mz_sim_read_failures(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_sim_failures *failures, struct mz_error *err);
enum mz_status mz_sim_read_checkpoint(
    const char *text, struct mz_sim_failures *failures, struct mz_error *err);
enum mz_status mz_sim_read_spot(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_sim_failures *failures, struct mz_error *err);
enum mz_status mz_sim_read_speeds(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_contracts *contracts, struct mz_error *err);
enum mz_status mz_sim_read_preferences(const struct mz_fleet *fleet, const char *text,
    struct mz_weights *weights, struct mz_error *err);

#endif
