/* search.c - enumeration, bound and the list of the best
 *
 * Loops run from the outside in: tp, cp, pp, mbs, ep (these fix micro-batches and the memo's key),
 * then vp, recomputation and ZeRO. Nothing allocates. */
#include "size/search.h"

#include <math.h>
#include <string.h>

enum { PP_MAX = 512, CP_MAX = 256, VP_MAX = 32, CP_TOKENS_MIN = 1024 };

struct walk {
    const struct mz_train_case *train;
    const struct mz_search_options *options;
    struct mz_layer_memo *memo;
    struct mz_search_result *result;
    double memory_bytes;
    uint64_t order;
};

void mz_search_options_default(struct mz_search_options *ret_options)
{
    memset(ret_options, 0, sizeof(*ret_options));
    ret_options->pins.zero = -1;
    ret_options->pins.recompute = -1;
    ret_options->pins.sp = -1;
    ret_options->keep = 5;
}

static bool before(const struct mz_candidate *a, const struct mz_candidate *b)
{
    if (a->result.step_s != b->result.step_s)
        return a->result.step_s < b->result.step_s;
    if (a->result.memory.used != b->result.memory.used)
        return a->result.memory.used < b->result.memory.used;
    return a->order < b->order;
}

static void insert(struct walk *w, const struct mz_candidate *candidate)
{
    struct mz_search_result *r = w->result;
    int32_t at = r->count;

    if (r->count == w->options->keep) {
        if (!before(candidate, &r->best[r->count - 1]))
            return;
        at = r->count - 1;
    } else {
        r->count++;
    }
    while (at > 0 && before(candidate, &r->best[at - 1])) {
        r->best[at] = r->best[at - 1];
        at--;
    }
    r->best[at] = *candidate;
}

static void consider(struct walk *w, const struct mz_layout *layout,
    const struct mz_layer_entry *entry, double micro_batches, double bound)
{
    struct mz_search_result *r = w->result;
    struct mz_candidate candidate;

    r->considered++;
    w->order++;
    candidate.layout = *layout;
    candidate.order = w->order;
    mz_train_memory(w->train, layout, &entry->activation, micro_batches, &candidate.result.memory);
    candidate.result.fits = candidate.result.memory.used <= w->memory_bytes;
    if (!candidate.result.fits) {
        r->too_large++;
        if (!w->options->exhaustive &&
            (r->nearest.order == 0 ||
                candidate.result.memory.used < r->nearest.result.memory.used)) {
            mz_train_time(w->train, layout, entry, &candidate.result);
            r->nearest = candidate;
        } else if (w->options->exhaustive) {
            r->evaluated++;
            mz_train_time(w->train, layout, entry, &candidate.result);
            if (r->nearest.order == 0 ||
                candidate.result.memory.used < r->nearest.result.memory.used)
                r->nearest = candidate;
        }
        return;
    }
    if (!w->options->exhaustive && r->count == w->options->keep &&
        bound > r->best[r->count - 1].result.step_s) {
        r->bounded++;
        return;
    }
    r->evaluated++;
    mz_train_time(w->train, layout, entry, &candidate.result);
    insert(w, &candidate);
}

static void walk_inner(struct walk *w, struct mz_layout *layout)
{
    static const int32_t zeros[] = { 0, 1, 3 };
    const struct mz_search_pins *pins = &w->options->pins;
    struct mz_layer_key key = { layout->tp, layout->cp, layout->ep, layout->mbs,
        layout->sp && layout->tp > 1 };
    const struct mz_layer_entry *entry = mz_layer_memo_find(w->train, &key, w->memo);
    double micro_batches = ceil((double)w->train->batch / ((double)layout->dp * layout->mbs));
    double bound = mz_train_bound(w->train, layout, entry);
    int32_t layers = w->train->shape->layers;
    int32_t per_stage = (layers + layout->pp - 1) / layout->pp;
    bool offload =
        w->train->stack->offload && (pins->recompute < 0 || pins->recompute == MZ_RECOMPUTE_NONE);

    for (int32_t vp = 1; vp <= VP_MAX; vp++) {
        if (pins->vp > 0 ? vp != pins->vp
                         : vp > 1 &&
                    (!w->train->stack->interleave || layout->pp == 1 || per_stage % vp != 0 ||
                        fmod(micro_batches, layout->pp) != 0))
            continue;
        layout->vp = vp;
        for (int32_t recompute = 0; recompute < MZ_RECOMPUTE_COUNT; recompute++) {
            if (recompute == MZ_RECOMPUTE_OFFLOAD
                    ? !offload
                    : pins->recompute >= 0 && recompute != pins->recompute)
                continue;
            layout->recompute = (enum mz_recompute)recompute;
            for (size_t z = 0; z < sizeof(zeros) / sizeof(zeros[0]); z++) {
                layout->zero = pins->zero >= 0 ? pins->zero : zeros[z];
                if (pins->zero >= 0 && z > 0)
                    break;
                if (pins->zero < 0 && layout->zero == 3 && layout->pp > 1)
                    continue;
                consider(w, layout, entry, micro_batches, bound);
            }
        }
    }
}

static void walk_experts(struct walk *w, struct mz_layout *layout)
{
    const struct mz_search_pins *pins = &w->options->pins;
    int32_t experts = w->train->shape->experts;
    int64_t ranks = (int64_t)layout->dp * layout->cp * layout->tp;

    if (experts == 0 || pins->ep > 0) {
        layout->ep = pins->ep > 0 && experts > 0 ? pins->ep : 1;
        walk_inner(w, layout);
        return;
    }
    for (int32_t ep = 1; ep <= experts && ep <= ranks; ep *= 2) {
        if (experts % ep != 0 || ranks % ep != 0)
            continue;
        layout->ep = ep;
        walk_inner(w, layout);
    }
}

static void walk_batches(struct walk *w, struct mz_layout *layout)
{
    const struct mz_search_pins *pins = &w->options->pins;
    int32_t most = w->options->mbs_max > 0 ? w->options->mbs_max : 16;

    if (pins->mbs > 0) {
        layout->mbs = pins->mbs;
        walk_experts(w, layout);
        return;
    }
    for (int32_t mbs = 1; mbs <= most; mbs *= 2) {
        if (w->train->batch % ((int64_t)layout->dp * mbs) != 0)
            continue;
        layout->mbs = mbs;
        walk_experts(w, layout);
    }
}

static void walk_pipeline(struct walk *w, struct mz_layout *layout, int32_t rest)
{
    const struct mz_search_pins *pins = &w->options->pins;
    int32_t layers = w->train->shape->layers;

    for (int32_t pp = 1; pp <= PP_MAX && pp <= rest; pp++) {
        if (pins->pp > 0 && pp != pins->pp)
            continue;
        if (pp > layers || (pins->pp == 0 && rest % pp != 0))
            continue;
        layout->pp = pp;
        layout->dp = rest / pp;
        if (pins->mbs == 0 && layout->dp > w->train->batch)
            continue;
        walk_batches(w, layout);
    }
}

void mz_search(const struct mz_train_case *train, const struct mz_search_options *options,
    struct mz_layer_memo *memo, struct mz_search_result *ret_result)
{
    struct walk w = { train, options, memo, ret_result,
        options->memory_bytes > 0 ? options->memory_bytes : train->chip->hbm_bytes, 0 };
    const struct mz_search_pins *pins = &options->pins;

    memset(ret_result, 0, sizeof(*ret_result));
    mz_layer_memo_reset(memo);
    for (int32_t tp = 1; tp <= train->shape->heads && tp <= train->chips; tp++) {
        if (pins->tp > 0 ? tp != pins->tp
                         : tp > train->chip->scaleup_domain || tp > 16 ||
                    train->shape->heads % tp != 0 || train->chips % tp != 0)
            continue;
        for (int32_t cp = 1; cp <= CP_MAX && cp <= train->chips / tp; cp++) {
            struct mz_layout layout = { .tp = tp, .cp = cp };
            int32_t rest = train->chips / tp / cp;

            if (pins->cp > 0 ? cp != pins->cp
                             : (cp & (cp - 1)) != 0 || train->chips / tp % cp != 0 ||
                        (cp > 1 && train->seq / cp < CP_TOKENS_MIN))
                continue;
            layout.sp = pins->sp >= 0 ? pins->sp && tp > 1 : tp > 1;
            walk_pipeline(&w, &layout, rest);
        }
    }
    ret_result->distinct = memo->count;
}
