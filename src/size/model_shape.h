/* model_shape.h - the shape of a transformer: what the performance model needs to know of a model
 *
 * Sources of a shape: a row of catalogue/models.csv, a Hugging Face config.json, or numbers given
 * one by one (a validation row). Blocks are counted by kind, because hybrids mix them:
 * `attn_layers` attention blocks, `mamba_layers` Mamba-2 blocks, `dense_layers` dense and
 * `moe_layers` expert feed-forward blocks. In a plain transformer attn_layers = dense_layers +
 * moe_layers = layers. Counts of parameters follow the shape; biases and positions are left out
 * (below 0.1 %).
 */
#ifndef MZ_SIZE_MODEL_SHAPE_H
#define MZ_SIZE_MODEL_SHAPE_H

#include "base/arena.h"
#include "base/status.h"
#include "catalogue/catalogue.h"
#include "size/chip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_model_shape {
    char name[MZ_SIZE_NAME_MAX];
    int32_t layers; /* as the model card counts them */
    int32_t attn_layers, mamba_layers, dense_layers, moe_layers;
    int32_t hidden, heads, kv_heads, head_dim;
    int32_t ffn;
    bool gated;   /* three matrices in a feed-forward block, not two */
    bool clamped; /* the gate is clamped and biased (gpt-oss): older stacks do it in many passes */
    bool tied;    /* one matrix for embedding and head */
    int32_t vocab;
    int32_t experts, topk, expert_ffn; /* experts 0: dense */
    int32_t shared_ffn;                /* width of all shared experts together */
    int32_t latent;                    /* experts work on this width instead of hidden; 0: no */
    int32_t mla_q_rank, mla_kv_rank, mla_rope_dim, mla_nope_dim, mla_v_dim; /* kv_rank 0: no MLA */
    int32_t window, window_layers; /* attention blocks that see only `window` tokens back */
    int32_t mamba_inner, mamba_state, mamba_groups, mamba_heads;
    int32_t mtp_layers; /* extra blocks for multi-token prediction, trained beside the model */
};

/* From the catalogue. MZ_E_INPUT: unknown (nearest name given) or a shape that the columns cannot
 * hold, said by name. */
enum mz_status mz_model_shape_find(const struct mz_catalogue *catalogue, const char *name,
    struct mz_model_shape *ret_shape, struct mz_error *err);

/* From the bytes of a Hugging Face config.json (model_config.c). Every number is checked against
 * sane limits; unknown architectures are taken by their fields. MZ_E_PARSE: not JSON;
 * MZ_E_INPUT: a field is missing; MZ_E_RANGE: a number that cannot be. `name` is for messages. */
enum mz_status mz_model_shape_parse(const char *name, const char *bytes, size_t length,
    struct mz_model_shape *ret_shape, struct mz_error *err);

/* Completes derived fields (head_dim, kv_heads, counts of blocks) and checks every number against
 * the limits below; call it after filling a shape by hand. MZ_E_RANGE with the field's name. */
enum mz_status mz_model_shape_check(struct mz_model_shape *shape, struct mz_error *err);

enum {
    MZ_MODEL_LAYERS_MAX = 2000,
    MZ_MODEL_HIDDEN_MAX = 1 << 20,
    MZ_MODEL_HEADS_MAX = 1 << 16,
    MZ_MODEL_VOCAB_MAX = 1 << 24,
    MZ_MODEL_EXPERTS_MAX = 1 << 16
};

/* Parameters of one block or of the whole. */
double mz_model_attn_params(const struct mz_model_shape *shape);
double mz_model_mamba_params(const struct mz_model_shape *shape);
double mz_model_dense_params(const struct mz_model_shape *shape);
double mz_model_expert_params(const struct mz_model_shape *shape);    /* one routed expert */
double mz_model_moe_fixed_params(const struct mz_model_shape *shape); /* router, shared, latent */
double mz_model_embedding_params(const struct mz_model_shape *shape); /* one matrix */
double mz_model_params(const struct mz_model_shape *shape);
/* Parameters a token passes through; `head` counts the output matrix, embedding never does. */
double mz_model_active_params(const struct mz_model_shape *shape, bool head);

#endif
