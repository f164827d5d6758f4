/* memory.c - the counts of memory.h */
#include "size/memory.h"

#include <math.h>
#include <string.h>

static const double RUNTIME_BYTES = 3.5e9;
static const double FRAGMENTATION = 1.05;
static const double MASTER_BYTES = 12; /* fp32 copy and two moments of Adam */

void mz_rank_params(const struct mz_train_case *train, const struct mz_layout *layout,
    struct mz_rank_params *ret_params)
{
    const struct mz_model_shape *s = train->shape;
    double extra = 1 + (double)s->mtp_layers / s->layers;
    double dense = s->attn_layers * mz_model_attn_params(s) +
        s->mamba_layers * mz_model_mamba_params(s) + s->dense_layers * mz_model_dense_params(s) +
        s->moe_layers * mz_model_moe_fixed_params(s);

    ret_params->dense = dense * extra / layout->tp / layout->pp;
    ret_params->expert = s->experts > 0
        ? extra * s->moe_layers * s->experts * mz_model_expert_params(s) / layout->ep / layout->pp
        : 0;
    ret_params->edge = mz_model_embedding_params(s) / layout->tp;
}

/* Values kept a token, split by who shares them: over the tensor group always, or only with
 * sequence parallelism; in bytes. `cheap` of it selective recomputation frees. */
struct kept {
    double split, full, cheap_split, cheap_full;
};

static void keep_attention(
    const struct mz_train_case *train, const struct mz_model_shape *s, double gemm, struct kept *k)
{
    bool flash = train->stack->flash;
    double heads = (double)s->heads * s->head_dim;

    k->full += 2.0 * s->hidden + gemm * s->hidden + (flash ? 0 : s->hidden);
    if (s->mla_kv_rank > 0) {
        double qk = s->heads * (double)(s->mla_nope_dim + s->mla_rope_dim);

        k->full += 2.0 * (s->mla_q_rank + s->mla_kv_rank + s->mla_rope_dim);
        k->split += 4 * qk + 4.0 * s->heads * s->mla_v_dim;
        k->cheap_split += 4 * qk + 2.0 * s->heads * s->mla_v_dim;
    } else {
        k->split += 2 * heads + 4.0 * s->kv_heads * s->head_dim + gemm * heads +
            (flash ? (2 - gemm) * heads : 0);
    }
    if (!flash) {
        k->split += 5.0 * s->heads * train->seq;
        k->cheap_split += 5.0 * s->heads * train->seq;
    } else {
        k->cheap_full += gemm * s->hidden;
    }
}

static void keep_ffn(const struct mz_train_case *train, double hidden, double ffn, bool gated,
    double gemm, struct kept *k)
{
    bool flash = train->stack->flash;

    k->full += 2 * hidden + gemm * hidden + (flash ? 0 : hidden);
    k->split += (gated ? 4 : 2) * ffn + gemm * ffn;
    if (flash) {
        k->cheap_full += gemm * hidden;
        k->cheap_split += gemm * ffn;
    }
}

static void keep_experts(const struct mz_train_case *train, double gemm, struct kept *k)
{
    const struct mz_model_shape *s = train->shape;
    double width = s->latent > 0 ? s->latent : s->hidden;
    double rows = s->topk;

    k->full += 2.0 * s->hidden + 8.0 * s->experts;
    k->split += rows *
        (gemm * width + (s->gated ? 4 : 2) * s->expert_ffn + gemm * s->expert_ffn + 2 * width);
    k->cheap_split += rows * (gemm * s->expert_ffn + 2 * width);
    if (s->shared_ffn > 0)
        k->split += (s->gated ? 4 : 2) * s->shared_ffn + gemm * s->shared_ffn + gemm * s->hidden;
}

static void keep_mamba(const struct mz_model_shape *s, double gemm, struct kept *k)
{
    k->full += 2.0 * s->hidden + gemm * s->hidden;
    k->split += 8.0 * s->mamba_inner + 4.0 * s->mamba_groups * s->mamba_state;
    k->cheap_split += 4.0 * s->mamba_inner;
}

static double total(const struct kept *k, double tokens, double tp, double split)
{
    return tokens * (k->split / tp + k->full / split);
}

static double cheap(const struct kept *k, double tokens, double tp, double split)
{
    return tokens * (k->cheap_split / tp + k->cheap_full / split);
}

void mz_model_activation(const struct mz_train_case *train, const struct mz_layer_key *key,
    struct mz_activation *ret_activation)
{
    const struct mz_model_shape *s = train->shape;
    double gemm = train->precision == MZ_PRECISION_16 ? 2 : 1; /* kept inputs of GEMMs */
    double tokens = (double)key->mbs * train->seq / key->cp;
    double split = key->sp ? key->tp : 1;
    double extra = 1 + (double)s->mtp_layers / s->layers;
    struct kept kinds[4];
    double counts[4] = { s->attn_layers, s->dense_layers, s->moe_layers, s->mamba_layers };

    memset(kinds, 0, sizeof(kinds));
    memset(ret_activation, 0, sizeof(*ret_activation));
    keep_attention(train, s, gemm, &kinds[0]);
    keep_ffn(train, s->hidden, s->ffn, s->gated, gemm, &kinds[1]);
    keep_experts(train, gemm, &kinds[2]);
    keep_mamba(s, gemm, &kinds[3]);
    for (int i = 0; i < 4; i++) {
        double all = total(&kinds[i], tokens, key->tp, split);

        if (counts[i] <= 0)
            continue;
        ret_activation->kept[MZ_RECOMPUTE_NONE] += extra * counts[i] * all;
        ret_activation->kept[MZ_RECOMPUTE_SELECTIVE] +=
            extra * counts[i] * (all - cheap(&kinds[i], tokens, key->tp, split));
        ret_activation->work += all; /* a block and the one behind it */
    }
    ret_activation->kept[MZ_RECOMPUTE_OFFLOAD] = ret_activation->kept[MZ_RECOMPUTE_NONE] / 4;
    ret_activation->kept[MZ_RECOMPUTE_FULL] = extra * s->layers * 2 * tokens * s->hidden / split;
    ret_activation->logits = (train->stack->fused_loss ? 6.0 : 10.0) * tokens * s->vocab / key->tp;
}

static void shard(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_rank_params *rank, double edges, struct mz_train_memory *m)
{
    bool lora = train->task == MZ_TASK_LORA;
    double ranks = (double)layout->dp * layout->cp;
    double expert_ranks = ranks * layout->tp / layout->ep;
    double dense = rank->dense + edges * rank->edge;
    double weight = 2;
    double trained = lora ? 0.01 : 1;
    double grad = train->stack->grad_bytes;

    if (expert_ranks < 1)
        expert_ranks = 1;
    m->weights = weight *
        (layout->zero >= 3 ? dense / ranks + rank->expert / expert_ranks : dense + rank->expert);
    m->gradients = trained * grad *
        (layout->zero >= 2 ? dense / ranks + rank->expert / expert_ranks : dense + rank->expert);
    m->optimizer = trained * MASTER_BYTES *
        (layout->zero >= 1 ? dense / ranks + rank->expert / expert_ranks : dense + rank->expert);
    if (layout->zero >= 3) /* two blocks are gathered at a time */
        m->buffers +=
            2 * (2 + grad) * (rank->dense + rank->expert) * layout->pp / train->shape->layers;
}

void mz_train_memory(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_activation *activation, double micro_batches,
    struct mz_train_memory *ret_memory)
{
    struct mz_rank_params rank;
    double kept = activation->kept[layout->recompute];
    double work = layout->recompute == MZ_RECOMPUTE_NONE ? 0 : activation->work;
    double pp = layout->pp;
    double stages = layout->vp > 1 ? pp + (pp - 1) / layout->vp : pp;
    double uneven = ceil(train->shape->layers / pp) * pp / train->shape->layers; /* fullest stage */
    struct mz_train_memory best = { 0 };

    mz_rank_params(train, layout, &rank);
    rank.dense *= uneven;
    rank.expert *= uneven;
    for (int last = 0; last <= (pp > 1); last++) {
        struct mz_train_memory m = { 0 };
        double flight = last ? (layout->vp > 1 ? 1 + (pp - 1) / layout->vp : 1) : stages;
        double edges = pp > 1 ? 1 : (train->shape->tied ? 1 : 2);

        if (flight > micro_batches)
            flight = micro_batches;
        shard(train, layout, &rank, edges, &m);
        m.activations = uneven * kept / pp * flight + work;
        m.logits = last || pp == 1 ? activation->logits : 0;
        m.buffers += 2 * 2.0 * layout->mbs * train->seq / layout->cp * train->shape->hidden;
        m.runtime = RUNTIME_BYTES;
        m.used = FRAGMENTATION *
                (m.weights + m.gradients + m.optimizer + m.activations + m.logits + m.buffers) +
            m.runtime;
        if (m.used > best.used)
            best = m;
    }
    *ret_memory = best;
}
