/* band.h - how wrong a prediction may be
 *
 * The 80 % band: measured lies in predicted / factor to predicted x factor for four of five unseen
 * runs. Widths are quantiles of the errors of runs whose source had no say in anything, per stack
 * and class of model (dense, experts, experts inside an NVLink rack), drawn to the width of other
 * publishers where a stack has few sources (tools/fit-train.py, fit-stacks.py). A stack whose runs
 * nobody published gets the errors of whole publishers, predicted as if their software were not
 * known. A chip without compared runs or with another vendor's curves, a layout chosen here and
 * more chips than any compared run widen it. Table: docs/size-model.md "Band".
 */
#ifndef MZ_SIZE_BAND_H
#define MZ_SIZE_BAND_H

#include "size/memory.h"

struct mz_size_band {
    double factor;   /* above 1 */
    int32_t rows;    /* published runs that the width was measured on */
    bool same_stack; /* they are of this stack; else of other publishers */
    bool chip_seen;  /* some published run was on this chip */
};

/* searched: the layout was chosen by this program, not given. */
struct mz_size_band mz_size_band(const struct mz_train_case *train, bool searched);

#endif
