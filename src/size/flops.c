/* flops.c - the formulas of flops.h */
#include "size/flops.h"

/* Multiply-add pairs of q.k and p.v a token and block, over `span` keys. */
static double score_flops(const struct mz_model_shape *s, double span)
{
    double width = s->mla_kv_rank > 0 ? (double)s->mla_nope_dim + s->mla_rope_dim + s->mla_v_dim
                                      : 2.0 * s->head_dim;

    return 2 * span * s->heads * width;
}

double mz_model_flops(
    const struct mz_model_shape *shape, enum mz_flops_kind kind, double seq, double sequences)
{
    double tokens = seq * sequences;
    double full = shape->attn_layers - shape->window_layers;
    double span = kind == MZ_FLOPS_MODEL_HALF ? seq / 2 : seq;
    double window = shape->window > 0 && shape->window < span ? shape->window : span;
    double scores;

    if (kind == MZ_FLOPS_HARDWARE_SC21) {
        double h = shape->hidden;
        double l = shape->layers;

        return 96 * tokens * l * h * h * (1 + seq / (6 * h) + shape->vocab / (16 * l * h));
    }
    scores = full * score_flops(shape, span) + shape->window_layers * score_flops(shape, window);
    return tokens * (6 * mz_model_active_params(shape, true) + 3 * scores);
}
