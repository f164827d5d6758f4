/* layer.h - seconds of the blocks of a model for one micro-batch on one rank
 *
 * Everything here depends on (tp, sp, cp, ep, micro-batch size, precision) only, so a search keeps
 * it in a memo; pipeline, data parallelism and recomputation come later (train.h). Sums over all
 * blocks of the model, as if one rank held them all at this tensor, context and expert split.
 * Formulas: docs/size-model.md "Layers".
 */
#ifndef MZ_SIZE_LAYER_H
#define MZ_SIZE_LAYER_H

#include "size/model_shape.h"
#include "size/params.h"
#include "size/stack.h"

enum mz_precision { MZ_PRECISION_16, MZ_PRECISION_FP8, MZ_PRECISION_MXFP8, MZ_PRECISION_NVFP4 };

enum mz_train_task { MZ_TASK_PRETRAIN, MZ_TASK_LORA };

/* What is trained, where, with what: constant during a search. Pointers are borrowed. */
struct mz_train_case {
    const struct mz_model_shape *shape;
    const struct mz_size_chip *chip;
    const struct mz_size_params *params;
    const struct mz_stack *stack;
    enum mz_precision precision;
    enum mz_train_task task;
    int32_t chips;
    int32_t seq;   /* tokens a sequence */
    int32_t batch; /* sequences a step */
};

/* What the memo is keyed by. */
struct mz_layer_key {
    int32_t tp, cp, ep, mbs;
    bool sp;
};

/* Device seconds without overlap; _f forward, _b backward. */
struct mz_layer_cost {
    double gemm_f, gemm_dgrad, gemm_wgrad;
    double attn_f, attn_b;
    double core_f; /* the part of attn_f + bytes_f that selective recomputation repeats */
    double bytes_f, bytes_b;
    double gaps_f, gaps_b; /* between kernels */
    double host_f, host_b; /* host time to launch them */
    double wait_f, wait_b; /* host time of expert blocks, with its waits for the device */
    double tp_f, tp_b;     /* communication */
    double cp_f, cp_b;
    double ep_f, ep_b;
};

struct mz_model_cost {
    struct mz_layer_cost blocks; /* all blocks of the model */
    struct mz_layer_cost head;   /* final norm, logits and loss */
    double embed_f, embed_b;     /* lookup and its gradient */
};

/* Fills *ret_cost. The case must be valid (mz_train_case_check in train.h). */
void mz_model_cost(const struct mz_train_case *train, const struct mz_layer_key *key,
    struct mz_model_cost *ret_cost);

/* Curve and sustained share used for GEMMs in this precision; NULL when the chip has none. */
const struct mz_gemm_curve *mz_precision_curve(
    const struct mz_size_chip *chip, enum mz_precision precision);

/* Share of the curve's rate that a chip holds for minutes. */
double mz_sustained(const struct mz_size_params *p, enum mz_chip_generation generation,
    enum mz_precision precision);

const char *mz_precision_name(enum mz_precision precision);

#endif
