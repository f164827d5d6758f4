/* layer.c - costs of attention, state-space, dense and expert blocks, and of the head
 *
 * GEMM sizes are those of Megatron's split: columns, then rows. Backward of a GEMM is two GEMMs of
 * the same FLOP (input gradient, weight gradient) with their own shapes. Element-wise kernels
 * count the bytes they move: norm reads and writes (4 B a value), residual add 6 B, activation 4 B
 * (6 B gated), backward 1.8 times forward. Without sequence parallelism norms and residuals are
 * computed on every tensor rank in full. */
#include "size/layer.h"

#include "size/collective.h"
#include "size/kernel.h"

#include <math.h>
#include <string.h>

static const double BACKWARD_BYTES = 1.8;
static const double FLASH_BACKWARD_FLOPS = 2.5;

const char *mz_precision_name(enum mz_precision precision)
{
    switch (precision) {
    case MZ_PRECISION_16: return "bf16";
    case MZ_PRECISION_FP8: return "fp8";
    case MZ_PRECISION_MXFP8: return "mxfp8";
    case MZ_PRECISION_NVFP4: return "nvfp4";
    }
    return "invalid";
}

const struct mz_gemm_curve *mz_precision_curve(
    const struct mz_size_chip *chip, enum mz_precision precision)
{
    const struct mz_gemm_curve *curve = NULL;

    switch (precision) {
    case MZ_PRECISION_16: curve = &chip->gemm[MZ_DTYPE_16]; break;
    case MZ_PRECISION_FP8:
    case MZ_PRECISION_MXFP8: curve = &chip->gemm[MZ_DTYPE_FP8]; break;
    case MZ_PRECISION_NVFP4: curve = &chip->gemm[MZ_DTYPE_NVFP4]; break;
    }
    return curve && curve->flops_inf > 0 ? curve : NULL;
}

double mz_sustained(
    const struct mz_size_params *p, enum mz_chip_generation generation, enum mz_precision precision)
{
    if (generation == MZ_GENERATION_AMPERE)
        return p->sustained_a16;
    if (generation == MZ_GENERATION_HOPPER)
        return precision == MZ_PRECISION_16 ? p->sustained_h16 : p->sustained_h8;
    switch (precision) {
    case MZ_PRECISION_16: return p->sustained_b16;
    case MZ_PRECISION_FP8: return p->sustained_b8;
    case MZ_PRECISION_MXFP8: return p->sustained_bmx;
    case MZ_PRECISION_NVFP4: return p->sustained_b4;
    }
    return 1;
}

/* What the block functions share. */
struct scope {
    const struct mz_train_case *train;
    const struct mz_model_shape *shape;
    const struct mz_layer_key *key;
    struct mz_gemm_curve curve;
    double slow;       /* 1 / (sustained x vendor share) for GEMMs */
    double slow16;     /* same for 16-bit work */
    double tokens;     /* of the micro-batch on this rank */
    double split;      /* ranks that share norms and residuals */
    double byte_s;     /* seconds a byte */
    double attn_rate;  /* FLOP/s that attention shares refer to */
    double fp_kernels; /* kernels a GEMM adds for casts */
};

static struct scope make_scope(const struct mz_train_case *train, const struct mz_layer_key *key)
{
    const struct mz_size_params *params = train->params;
    const struct mz_size_chip *chip = train->chip;
    double vendor = chip->borrowed == MZ_BORROW_OTHER_VENDOR ? params->borrowed_eff : 1;
    struct scope s = { .train = train, .shape = train->shape, .key = key };

    s.curve = *mz_precision_curve(chip, train->precision);
    if (train->precision != MZ_PRECISION_16)
        s.curve.half_n *= chip->generation == MZ_GENERATION_BLACKWELL ? params->cast_blackwell
                                                                      : params->cast_hopper;
    s.slow = 1 / (mz_sustained(params, chip->generation, train->precision) * vendor);
    s.slow16 = 1 / (mz_sustained(params, chip->generation, MZ_PRECISION_16) * vendor);
    s.tokens = (double)key->mbs * train->seq / key->cp;
    s.split = key->sp ? key->tp : 1;
    s.byte_s = 1 / (params->memory_eff * chip->hbm_bytes_per_s);
    s.attn_rate = chip->gemm[MZ_DTYPE_16].flops_inf / s.slow16;
    s.fp_kernels = train->precision == MZ_PRECISION_16 ? 0 : 2;
    return s;
}

static void add_gemm(
    const struct scope *s, struct mz_layer_cost *cost, double m, double n, double k)
{
    cost->gemm_f += s->slow * mz_gemm_s(&s->curve, m, n, k);
    cost->gemm_dgrad += s->slow * mz_gemm_s(&s->curve, m, k, n);
    cost->gemm_wgrad += s->slow * mz_gemm_s(&s->curve, n, k, m);
}

static void add_kernels(const struct scope *s, struct mz_layer_cost *cost, double forward)
{
    const struct mz_size_params *p = s->train->params;
    double host = forward * 1e-6 * (s->train->stack->flash ? p->host_kernel_us : p->host_eager_us);

    cost->gaps_f += forward * p->gap_us * 1e-6;
    cost->gaps_b += 2 * forward * p->gap_us * 1e-6;
    cost->host_f += host;
    cost->host_b += 2 * host;
}

static void add_bytes(const struct scope *s, struct mz_layer_cost *cost, double bytes)
{
    cost->bytes_f += bytes * s->byte_s;
    cost->bytes_b += BACKWARD_BYTES * bytes * s->byte_s;
}

/* Norm before and residual after a block. */
static void add_norm(const struct scope *s, struct mz_layer_cost *cost)
{
    double per_value = s->train->stack->flash ? 10 : 11; /* older stacks: dropout and its mask */

    add_bytes(s, cost, per_value * s->tokens * s->shape->hidden / s->split);
}

/* Communication of one block over the tensor group: an all-reduce each way, or with sequence
 * parallelism an all-gather and a reduce-scatter, and in backward the input gathered again. */
static void add_tensor(const struct scope *s, struct mz_layer_cost *cost)
{
    struct mz_group group = { s->key->tp, 1 };
    double bytes = 2 * s->tokens * s->shape->hidden;
    const struct mz_train_case *t = s->train;

    if (s->key->tp == 1)
        return;
    if (s->key->sp) {
        double gather = mz_collective_s(t->chip, t->params, MZ_ALL_GATHER, group, bytes);
        double scatter = mz_collective_s(t->chip, t->params, MZ_REDUCE_SCATTER, group, bytes);

        cost->tp_f += gather + scatter;
        cost->tp_b += 2 * gather + scatter;
    } else {
        double reduce = mz_collective_s(t->chip, t->params, MZ_ALL_REDUCE, group, bytes);

        cost->tp_f += reduce;
        cost->tp_b += reduce;
    }
}

/* Projections of one attention block; returns the width of q.k plus that of v, per head. */
static double add_projections(const struct scope *s, struct mz_layer_cost *cost)
{
    const struct mz_model_shape *shape = s->shape;
    double tp = s->key->tp;
    double h = shape->hidden;
    double m = s->tokens;

    if (shape->mla_kv_rank > 0) {
        double qk = shape->mla_nope_dim + shape->mla_rope_dim;

        if (shape->mla_q_rank > 0) {
            add_gemm(s, cost, m, shape->mla_q_rank, h);
            add_gemm(s, cost, m, shape->heads * qk / tp, shape->mla_q_rank);
        } else {
            add_gemm(s, cost, m, shape->heads * qk / tp, h);
        }
        add_gemm(s, cost, m, shape->mla_kv_rank + shape->mla_rope_dim, h);
        add_gemm(s, cost, m, shape->heads * (double)(shape->mla_nope_dim + shape->mla_v_dim) / tp,
            shape->mla_kv_rank);
        add_gemm(s, cost, m, h, shape->heads * (double)shape->mla_v_dim / tp);
        add_bytes(s, cost, 8 * m * shape->heads * qk / tp + 8 * m * shape->mla_q_rank);
        add_kernels(s, cost, 8);
        return qk + shape->mla_v_dim;
    }
    add_gemm(s, cost, m, (shape->heads + 2.0 * shape->kv_heads) * shape->head_dim / tp, h);
    add_gemm(s, cost, m, h, (double)shape->heads * shape->head_dim / tp);
    if (s->train->task == MZ_TASK_LORA) { /* adapters read x in 16 bits and add to y */
        double qkv = (shape->heads + 2.0 * shape->kv_heads) * shape->head_dim / tp;

        add_bytes(s, cost, m * (4 * h + 3 * qkv + 3 * h));
        add_kernels(s, cost, 8);
    }
    add_bytes(s, cost, 4 * m * (shape->heads + 2.0 * shape->kv_heads) * shape->head_dim / tp);
    return 2.0 * shape->head_dim;
}

static double value_dim(const struct mz_model_shape *shape)
{
    return shape->mla_kv_rank > 0 ? shape->mla_v_dim : shape->head_dim;
}

/* Ring attention: keys and values pass around the context group, once forward, twice backward. */
static void add_context(const struct scope *s, struct mz_layer_cost *cost)
{
    const struct mz_train_case *t = s->train;
    struct mz_group group = { s->key->cp, s->key->tp };
    double width = s->shape->mla_kv_rank > 0 ? s->shape->heads *
            (double)(s->shape->mla_nope_dim + s->shape->mla_rope_dim + s->shape->mla_v_dim)
                                             : 2.0 * s->shape->kv_heads * s->shape->head_dim;
    double kv_tp = s->key->tp < s->shape->kv_heads ? s->key->tp : s->shape->kv_heads;
    double bytes = 2 * s->tokens * s->key->cp * width / kv_tp;
    double once;

    if (s->key->cp == 1)
        return;
    once = mz_collective_s(t->chip, t->params, MZ_ALL_GATHER, group, bytes);
    /* Every step of the ring rescales the output so far, in fp32. */
    add_bytes(s, cost,
        12.0 * s->key->cp * s->tokens * s->shape->heads * value_dim(s->shape) / s->key->tp);
    add_kernels(s, cost, 6 * s->key->cp);
    cost->cp_f += once;
    cost->cp_b += 2 * once;
}

/* Scores and their product with v of one block; `pairs` = query-key pairs of the micro-batch. */
static void add_core(
    const struct scope *s, struct mz_layer_cost *cost, double width, double pairs, bool windowed)
{
    const struct mz_size_params *p = s->train->params;
    double heads = (double)s->shape->heads / s->key->tp;
    double flops = 2 * pairs * heads * width;

    if (s->train->stack->flash || windowed) {
        /* Short sequences waste the diagonal and the last wave; narrow heads wait for exp(). */
        double local = (double)s->train->seq / s->key->cp;
        double share = local / (local + p->attn_half) * (width < 256 ? width / 256 : 1);

        cost->attn_f += flops / (p->attn_fwd * share * s->attn_rate);
        cost->attn_b += FLASH_BACKWARD_FLOPS * flops / (p->attn_bwd * share * s->attn_rate);
        add_kernels(s, cost, 7);
        return;
    }
    /* Unfused: the whole square, and the kernels between the two GEMMs: softmax 4 bytes a score,
     * dropout with its mask 5; backward 6 and 5. What the GEMMs write and read is in their rate. */
    {
        double square = 2 * pairs * heads;
        double gemms = 2 * flops / (p->attn_gemm * s->attn_rate);
        double forward = p->unfused_bytes * 9 * square * s->byte_s;

        cost->attn_f += gemms + forward;
        cost->attn_b += 2 * gemms + p->unfused_bytes * 11 * square * s->byte_s;
        cost->core_f += gemms + forward;
        add_kernels(s, cost, 12);
    }
}

static void attention_cost(const struct scope *s, struct mz_layer_cost *cost, bool windowed)
{
    double seq = s->train->seq;
    double pairs = s->key->mbs * seq * (seq / 2) / s->key->cp;
    double width = add_projections(s, cost);

    if (windowed && s->shape->window < seq)
        pairs = s->key->mbs *
            (seq * s->shape->window - 0.5 * (double)s->shape->window * s->shape->window) /
            s->key->cp;
    add_core(s, cost, width, pairs, windowed);
    add_norm(s, cost);
    add_tensor(s, cost);
    add_context(s, cost);
    add_kernels(s, cost, 3 + 2 * s->fp_kernels);
}

static void dense_cost(const struct scope *s, struct mz_layer_cost *cost)
{
    double width = (double)s->shape->ffn / s->key->tp;
    double h = s->shape->hidden;

    add_gemm(s, cost, s->tokens, (s->shape->gated ? 2 : 1) * width, h);
    add_gemm(s, cost, s->tokens, h, width);
    add_bytes(s, cost, (s->shape->gated ? 6 : 4) * s->tokens * width);
    add_norm(s, cost);
    add_tensor(s, cost);
    add_kernels(s, cost, 5 + 2 * s->fp_kernels);
}

/* Mamba-2 in chunks of 128 tokens: within a chunk like attention without softmax, between chunks a
 * state of `state` values a channel. */
static void mamba_cost(const struct scope *s, struct mz_layer_cost *cost)
{
    const struct mz_model_shape *shape = s->shape;
    double inner = (double)shape->mamba_inner / s->key->tp;
    double groups = 2.0 * shape->mamba_groups * shape->mamba_state / s->key->tp;
    double in = 2 * inner + groups + (double)shape->mamba_heads / s->key->tp;
    double flops = s->tokens * inner * (4.0 * shape->mamba_state + 2.0 * 128);
    double rate = s->train->params->mamba_eff * s->attn_rate;

    add_gemm(s, cost, s->tokens, in, shape->hidden);
    add_gemm(s, cost, s->tokens, shape->hidden, inner);
    cost->attn_f += flops / rate;
    cost->attn_b += 2.5 * flops / rate;
    add_bytes(s, cost, s->tokens * (8 * (inner + groups) + 10 * inner));
    add_norm(s, cost);
    add_tensor(s, cost);
    add_kernels(s, cost, 12 + 2 * s->fp_kernels);
}

/* Tokens to the experts and back. A token goes once to each distinct rank (inside a domain) and
 * once to each distinct domain (across the network). */
static void add_experts_exchange(const struct scope *s, struct mz_layer_cost *cost, double rows)
{
    const struct mz_train_case *t = s->train;
    struct mz_group group = { s->key->ep, 1 };
    double width = s->shape->latent > 0 ? s->shape->latent : s->shape->hidden;
    double ep = s->key->ep;
    double local = mz_group_local(t->chip, group);
    double copies = ep * (1 - pow(1 - 1 / ep, s->shape->topk));
    double inside = 2 * rows * width * copies * (local < ep ? local / ep : 1);
    struct mz_group domain = { (int32_t)local, 1 };
    double once;

    if (s->key->ep == 1)
        return;
    once = mz_collective_s(t->chip, t->params, MZ_ALL_TO_ALL, domain, inside);
    if (local < ep) {
        double domains = ceil(ep / local);
        double sent =
            domains * (1 - pow(1 - 1 / domains, s->shape->topk)) * (domains - 1) / domains;
        double nic = t->chip->nic_bytes_per_s * t->params->nic_eff /
            (1 + t->params->congestion * log2(domains));
        double out = 2 * rows * width * sent / nic + t->params->nic_alpha_us * 1e-6 * domains;

        once = out > once ? out : once;
    }
    once /= t->params->ep_eff;
    cost->ep_f += 2 * once;
    cost->ep_b += 2 * once;
}

static void expert_cost(const struct scope *s, struct mz_layer_cost *cost)
{
    const struct mz_model_shape *shape = s->shape;
    const struct mz_size_params *p = s->train->params;
    double rows = s->tokens / s->key->tp; /* each tensor rank routes its share of the tokens */
    double width = shape->latent > 0 ? shape->latent : shape->hidden;
    double local = (double)shape->experts / s->key->ep;
    double each = rows * s->key->ep * shape->topk / shape->experts;
    double up = (shape->gated ? 2.0 : 1.0) * shape->expert_ffn;
    double slow = s->slow / p->moe_eff;
    double launches = p->host_moe_ms * 1e-3;
    double passes;
    struct mz_layer_cost shared = { 0 };

    cost->gemm_f += slow *
        (mz_gemm_grouped_s(&s->curve, local, each, up, width) +
            mz_gemm_grouped_s(&s->curve, local, each, width, shape->expert_ffn));
    cost->gemm_dgrad += slow *
        (mz_gemm_grouped_s(&s->curve, local, each, width, up) +
            mz_gemm_grouped_s(&s->curve, local, each, shape->expert_ffn, width));
    cost->gemm_wgrad += slow *
        (mz_gemm_grouped_s(&s->curve, local, up, width, each) +
            mz_gemm_grouped_s(&s->curve, local, width, shape->expert_ffn, each));
    if (shape->latent > 0) {
        add_gemm(s, &shared, rows, width, shape->hidden);
        add_gemm(s, &shared, rows, shape->hidden, width);
    }
    if (shape->shared_ffn > 0) {
        double ffn = (double)shape->shared_ffn / s->key->tp;

        add_gemm(s, &shared, s->tokens, (shape->gated ? 2 : 1) * ffn, shape->hidden);
        add_gemm(s, &shared, s->tokens, shape->hidden, ffn);
        add_bytes(s, &shared, (shape->gated ? 6 : 4) * s->tokens * ffn);
        add_tensor(s, cost);
    }
    add_gemm(s, &shared, rows, shape->experts, shape->hidden);
    cost->gemm_f += shared.gemm_f;
    cost->gemm_dgrad += shared.gemm_dgrad;
    cost->gemm_wgrad += shared.gemm_wgrad;
    cost->bytes_f += shared.bytes_f;
    cost->bytes_b += shared.bytes_b;
    add_norm(s, cost);
    add_bytes(s, cost,
        (shape->gated ? 6 : 4) * rows * shape->topk * shape->expert_ffn +
            12 * rows * shape->experts);
    /* Permute, unpermute with its weights, and the copies of the dispatcher: 2 B each value. */
    passes = mz_stack_moe_bytes(s->train->stack, s->train->chip->scaleup_domain);
    add_bytes(s, cost, p->moe_bytes * passes * 12 * rows * shape->topk * width);
    if (shape->clamped && passes > 1) /* clamp, bias, sigmoid, products: one kernel each */
        add_bytes(s, cost, 34 * rows * shape->topk * shape->expert_ffn);
    cost->wait_f += launches / 3;
    cost->wait_b += launches * 2 / 3;
    cost->gaps_f += 30 * p->gap_us * 1e-6;
    cost->gaps_b += 60 * p->gap_us * 1e-6;
    add_experts_exchange(s, cost, rows);
}

static void add_scaled(struct mz_layer_cost *sum, const struct mz_layer_cost *one, double count)
{
    sum->gemm_f += count * one->gemm_f;
    sum->gemm_dgrad += count * one->gemm_dgrad;
    sum->gemm_wgrad += count * one->gemm_wgrad;
    sum->attn_f += count * one->attn_f;
    sum->attn_b += count * one->attn_b;
    sum->core_f += count * one->core_f;
    sum->bytes_f += count * one->bytes_f;
    sum->bytes_b += count * one->bytes_b;
    sum->gaps_f += count * one->gaps_f;
    sum->gaps_b += count * one->gaps_b;
    sum->host_f += count * one->host_f;
    sum->host_b += count * one->host_b;
    sum->wait_f += count * one->wait_f;
    sum->wait_b += count * one->wait_b;
    sum->tp_f += count * one->tp_f;
    sum->tp_b += count * one->tp_b;
    sum->cp_f += count * one->cp_f;
    sum->cp_b += count * one->cp_b;
    sum->ep_f += count * one->ep_f;
    sum->ep_b += count * one->ep_b;
}

/* Logits in 16 bits over vocab / tp columns; the loss passes over them in fp32: 16 bytes a logit
 * when fused, 40 in the framework's own cross entropy. */
static void head_cost(const struct scope *s, struct mz_layer_cost *cost)
{
    const struct mz_train_case *t = s->train;
    const struct mz_gemm_curve *curve = &t->chip->gemm[MZ_DTYPE_16];
    double columns = (double)s->shape->vocab / s->key->tp;
    double h = s->shape->hidden;
    struct mz_group group = { s->key->tp, 1 };
    double bytes = 2 * s->tokens * h;

    cost->gemm_f = s->slow16 * mz_gemm_s(curve, s->tokens, columns, h);
    cost->gemm_dgrad = s->slow16 * mz_gemm_s(curve, s->tokens, h, columns);
    cost->gemm_wgrad = s->slow16 * mz_gemm_s(curve, columns, h, s->tokens);
    cost->bytes_f = (t->stack->fused_loss ? 8 : 26) * s->tokens * columns * s->byte_s;
    cost->bytes_b = (t->stack->fused_loss ? 8 : 14) * s->tokens * columns * s->byte_s;
    cost->tp_f = s->key->sp ? mz_collective_s(t->chip, t->params, MZ_ALL_GATHER, group, bytes) : 0;
    cost->tp_b = mz_collective_s(
        t->chip, t->params, s->key->sp ? MZ_REDUCE_SCATTER : MZ_ALL_REDUCE, group, bytes);
    add_norm(s, cost);
    add_kernels(s, cost, 10);
}

void mz_model_cost(const struct mz_train_case *train, const struct mz_layer_key *key,
    struct mz_model_cost *ret_cost)
{
    const struct mz_model_shape *shape = train->shape;
    const struct {
        void (*add)(const struct scope *, struct mz_layer_cost *);
        double count;
    } kinds[] = {
        { mamba_cost, shape->mamba_layers },
        { dense_cost, shape->dense_layers },
        { expert_cost, shape->moe_layers },
    };
    struct scope s = make_scope(train, key);
    double extra = 1 + (double)shape->mtp_layers / shape->layers;
    struct mz_layer_cost one;

    memset(ret_cost, 0, sizeof(*ret_cost));
    for (int windowed = 0; windowed < 2; windowed++) {
        double count = windowed ? shape->window_layers : shape->attn_layers - shape->window_layers;

        if (count <= 0)
            continue;
        memset(&one, 0, sizeof(one));
        attention_cost(&s, &one, windowed);
        add_scaled(&ret_cost->blocks, &one, count * extra);
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].count <= 0)
            continue;
        memset(&one, 0, sizeof(one));
        kinds[i].add(&s, &one);
        add_scaled(&ret_cost->blocks, &one, kinds[i].count * extra);
    }
    memset(&one, 0, sizeof(one));
    head_cost(&s, &one);
    add_scaled(&ret_cost->head, &one, 1 + shape->mtp_layers);
    ret_cost->embed_f = 4 * s.tokens * shape->hidden * s.byte_s;
    ret_cost->embed_b = 10 * s.tokens * shape->hidden * s.byte_s;
    if (train->task == MZ_TASK_LORA) { /* frozen weights have no gradient; adapters add 3 % */
        ret_cost->blocks.gemm_wgrad *= 0.03;
        ret_cost->head.gemm_wgrad = 0;
    }
}
