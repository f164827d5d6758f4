/* layout_text.c - the words of layout_text.h */
#include "size/layout_text.h"

#include "base/text.h"

static const char *const recompute_words[MZ_RECOMPUTE_COUNT] = { "none", "selective", "full",
    "offload" };

const char *mz_recompute_name(enum mz_recompute recompute)
{
    return recompute < MZ_RECOMPUTE_COUNT ? recompute_words[recompute] : "invalid";
}

const char *mz_layout_text(struct mz_arena *arena, const struct mz_layout *layout)
{
    struct mz_text text;
    const char *result;

    mz_text_init(&text);
    mz_text_addf(&text, "tp%d", layout->tp);
    if (layout->cp > 1)
        mz_text_addf(&text, " cp%d", layout->cp);
    mz_text_addf(&text, " pp%d dp%d", layout->pp, layout->dp);
    if (layout->ep > 1)
        mz_text_addf(&text, " ep%d", layout->ep);
    if (layout->vp > 1)
        mz_text_addf(&text, " v%d", layout->vp);
    mz_text_addf(&text, " mbs%d zero%d", layout->mbs, layout->zero);
    if (layout->recompute != MZ_RECOMPUTE_NONE)
        mz_text_addf(&text, " recompute-%s", mz_recompute_name(layout->recompute));
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

const char *mz_serve_layout_text(struct mz_arena *arena, const struct mz_serve_candidate *candidate)
{
    const struct mz_serve_layout *l = &candidate->layout;
    const struct mz_serve_pools *pools = &candidate->pools;

    if (candidate->disaggregated)
        return mz_arena_printf(arena,
            "%d x (tp%d dp%d ep%d) prefill + %d x (tp%d dp%d ep%d) decode", pools->prefill_workers,
            pools->prefill.tp, pools->prefill.dp, pools->prefill.ep, pools->decode_workers, l->tp,
            l->dp, l->ep);
    return mz_arena_printf(arena, "tp%d dp%d ep%d pp%d", l->tp, l->dp, l->ep, l->pp);
}
