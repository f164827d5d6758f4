/* flops.h - FLOP of a step in the conventions that papers use
 *
 * Published TFLOP/s divide one of these by time and chips; a comparison has to use the same one.
 *   model, half attention: 6 x parameters a token passes (with head) + causal half of the scores
 *   model, full attention: the same with the whole square (Megatron-LM, NeMo up to 25.04)
 *   hardware, SC'21: 96 B s l h^2 (1 + s/6h + V/16lh), which counts full recomputation
 *     (arXiv 2104.04473, equation 3); GPT blocks only
 */
#ifndef MZ_SIZE_FLOPS_H
#define MZ_SIZE_FLOPS_H

#include "size/model_shape.h"

enum mz_flops_kind { MZ_FLOPS_MODEL_HALF, MZ_FLOPS_MODEL_FULL, MZ_FLOPS_HARDWARE_SC21 };

/* FLOP of `sequences` sequences of `seq` tokens, forward and backward. */
double mz_model_flops(
    const struct mz_model_shape *shape, enum mz_flops_kind kind, double seq, double sequences);

#endif
