/* training_run.h - a whole training run from the time of one step: days, money, energy
 *
 * Useful days = steps x step time. Calendar days = useful days / goodput. The goodput is given, or
 * comes from failures: with M the mean time between interruptions of all nodes, checkpoints of cost
 * d every t = sqrt(2 d M) (Young 1974) and restarts of R, it is t / (M e^(R/M) (e^((t+d)/M) - 1))
 * (Daly 2006); `mizan sim` measures the same. Default: a node of 8 chips is interrupted every 6,335
 * hours (Llama 3: 419 unexpected interruptions of 16,384 chips in 54 days, arXiv 2407.21783).
 * Power: the server's share per chip in the catalogue times `draw`, the part of its rating that a
 * training step takes (0.81: 8.0 to 8.8 kW of 10.2 kW for 8 H100 under load, MLPerf v4.1 power
 * logs), times PUE.
 */
#ifndef MZ_SIZE_TRAINING_RUN_H
#define MZ_SIZE_TRAINING_RUN_H

#include "base/status.h"
#include "catalogue/catalogue.h"

#include <stdint.h>

struct mz_training_assumptions {
    double goodput;         /* 0: from the next three */
    double node_mtbf_hours; /* of a node of 8 chips */
    double checkpoint_s;
    double restart_s;
    double draw;
    double pue;
    double carbon_g_per_kwh;
    double price_usd_per_chip_hour; /* 0: not stated */
};

void mz_training_assumptions_default(struct mz_training_assumptions *ret_assumptions);

/* "goodput=0.9,pue=1.1,price=2.5": changes what is named. MZ_E_INPUT names the word. */
enum mz_status mz_training_assume(
    const char *text, struct mz_training_assumptions *assumptions, struct mz_error *err);

struct mz_training_run {
    double steps;
    double goodput;
    double ideal_days;
    double days;
    double chip_hours;
    double cost_usd; /* NAN: no price */
    double power_mw;
    double energy_mwh;
    double carbon_t;
};

/* server_w: of one chip with its share of the server (chips.csv); 0 makes power and energy NAN. */
void mz_training_run(const struct mz_training_assumptions *assumptions, double step_s,
    double tokens_per_step, double tokens, int32_t chips, double server_w,
    struct mz_training_run *ret_run);

/* Goodput by Daly's formula for so many chips. */
double mz_training_goodput(const struct mz_training_assumptions *assumptions, int32_t chips);

#endif
