/* memory.h - bytes of the fullest chip, in closed form
 *
 * Weights, gradients and optimizer by recipe and ZeRO stage; activations after Korthikanti et al.
 * 2022 (arXiv 2205.05198, table 2): for a GPT block sbh (34 + 5 a s / h) bytes over the tensor
 * group with sequence parallelism, the 5 a s / h only with unfused attention; generalised to gated
 * feed-forward blocks, grouped heads, latent attention, experts and state-space blocks by counting
 * what each GEMM and norm keeps. First and last pipeline stage are compared: the first holds most
 * micro-batches, the last the logits. Constants: 3.5 GB of runtime (context, communication
 * buffers), 5 % fragmentation.
 */
#ifndef MZ_SIZE_MEMORY_H
#define MZ_SIZE_MEMORY_H

#include "size/layer.h"

/* What is kept for backward: everything; all but what is cheap to compute again; inputs of blocks
 * only; everything, but three quarters of it in the host's memory. */
enum mz_recompute {
    MZ_RECOMPUTE_NONE,
    MZ_RECOMPUTE_SELECTIVE,
    MZ_RECOMPUTE_FULL,
    MZ_RECOMPUTE_OFFLOAD,
    MZ_RECOMPUTE_COUNT
};

/* A complete layout. tp * cp * pp * dp = chips; ep divides dp * cp * tp. */
struct mz_layout {
    int32_t tp, cp, pp, vp, ep, dp;
    int32_t mbs; /* sequences a micro-batch */
    int32_t
        zero; /* 0 nothing, 1 optimizer, 2 and gradients, 3 and weights are sharded over dp cp */
    enum mz_recompute recompute;
    bool sp; /* Megatron sequence parallelism */
};

/* Bytes. used = everything, with fragmentation. */
struct mz_train_memory {
    double weights, gradients, optimizer, activations, logits, buffers, runtime;
    double used;
};

/* Parameters held by one rank, before ZeRO: of the blocks that tensor parallelism splits and of
 * routed experts; `edge` is one embedding matrix. */
struct mz_rank_params {
    double dense, expert, edge;
};

void mz_rank_params(const struct mz_train_case *train, const struct mz_layout *layout,
    struct mz_rank_params *ret_params);

/* Bytes that all blocks of the model keep for one micro-batch until its backward, as if on one
 * rank; the part that depends on (tp, cp, ep, mbs, sp, recompute) only. `work` is the largest
 * single block, which recomputation needs once more. */
struct mz_activation {
    double kept[MZ_RECOMPUTE_COUNT];
    double work;
    double logits;
};

void mz_model_activation(const struct mz_train_case *train, const struct mz_layer_key *key,
    struct mz_activation *ret_activation);

/* Sum for a layout. micro_batches = batch / (dp mbs). Pure, no allocation. */
void mz_train_memory(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_activation *activation, double micro_batches,
    struct mz_train_memory *ret_memory);

#endif
