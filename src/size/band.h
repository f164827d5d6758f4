/* band.h - how wrong a prediction may be
 *
 * The 80 % band: measured lies in predicted / factor to predicted x factor for four of five unseen
 * runs. Widths are quantiles of the errors of sources that were left out when the constants were
 * chosen (tools/fit-train.py --sources, fit-stacks.py), per stack and kind of model; a stack whose
 * runs nobody published gets the errors of whole publishers left out. A chip without any compared
 * run widens it. Table: docs/size-model.md "Band".
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
