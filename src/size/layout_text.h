/* layout_text.h - layouts in one line, the same words wherever one is shown */
#ifndef MZ_SIZE_LAYOUT_TEXT_H
#define MZ_SIZE_LAYOUT_TEXT_H

#include "base/arena.h"
#include "size/memory.h"
#include "size/serve_search.h"

/* "tp8 pp16 dp128 v8 mbs1 zero1"; what is 1 and may be left out is. Lives in the arena. */
const char *mz_layout_text(struct mz_arena *arena, const struct mz_layout *layout);

/* "tp8 dp1 ep8 pp1", or both pools of a disaggregated candidate. Lives in the arena. */
const char *mz_serve_layout_text(
    struct mz_arena *arena, const struct mz_serve_candidate *candidate);

/* "none", "selective", "full", "offload" */
const char *mz_recompute_name(enum mz_recompute recompute);

#endif
