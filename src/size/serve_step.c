/* serve_step.c - GEMMs, experts, attention, links and host of one engine step
 *
 * Rows: a rank sees the tokens of its attention replica (T / dp) in attention, and all tokens of
 * the instance (T) in feed-forward blocks, which are split over every rank of the instance. GEMM
 * times come from the measured curves (kernel.h) without their launch; every kernel of a captured
 * graph costs the t0 of the chip's 16-bit GEMM beside its work. */
#include "size/serve_step.h"

#include "size/collective.h"
#include "size/kernel.h"
#include "size/layer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Kernels a block launches in the graphs of current engines, by reading their traces. */
enum { KERNELS_ATTENTION = 7, KERNELS_LATENT = 13, KERNELS_LINEAR = 10 };
enum { KERNELS_DENSE = 4, KERNELS_EXPERTS = 9, KERNELS_SHARED = 3, KERNELS_STEP = 12 };

static const double FP4_BYTES = 0.5625;    /* 4 bits and an 8-bit scale for every 16 values */
static const double FP8_BYTES = 1.0078125; /* and a 32-bit scale for every 128 x 128 or row */
static const double RUNTIME_BYTES = 2.5e9;
static const double SGLANG_LARGE = 160e9;
static const double SGLANG_RESERVE = 13e9;
static const double RAISED_SHARE = 0.95;
static const double L2_BYTES_PER_S = 5.5e12; /* H100 (Chips and Cheese 2023, recalled) */
/* Rows of a tile of grouped GEMMs: vLLM's fused_moe.py takes 64, and 16 for fewer tokens than experts
 * (recalled); 16 are the rows of one matrix instruction. */
static const double EXPERT_TILE = 64, EXPERT_TILE_FEW = 16;
static const double GATE_BYTES = 6; /* of an activation: two read, one written, 16 bits each */
static const double OWN_REDUCE_BYTES = 8388608; /* vLLM and SGLang, custom_all_reduce (recalled) */
static const double LATENT_ROWS = 64;           /* rows of a tile of latent attention kernels */
static const double FULL_WIDTH =
    256; /* of a head's q.k and v; below, the exponential sets the rate */

struct step {
    const struct mz_serve_case *c;
    const struct mz_serve_layout *l;
    struct mz_gemm_curve attention, ffn, head;
    bool widened; /* the chip has no matrix units for the experts' format */
    double f16;   /* large bf16 GEMM rate of the benchmark */
    struct mz_serve_stack stack;
    double t; /* tokens of the instance */
    double rank_t;
    double draft; /* tokens a sequence decodes in a step */
    double ranks; /* that share feed-forward blocks */
    struct mz_step_load load;
    struct mz_step_time time;
    double bytes;
};

int32_t mz_serve_layout_chips(const struct mz_serve_layout *layout)
{
    return layout->tp * layout->dp * layout->pp;
}

double mz_spec_tokens_per_step(int32_t spec_tokens, double accept)
{
    if (spec_tokens <= 0)
        return 1;
    if (accept >= 1)
        return spec_tokens + 1;
    return (1 - pow(accept, spec_tokens + 1)) / (1 - accept);
}

double mz_experts_touched(double experts, double topk, double tokens)
{
    if (experts <= 0 || tokens <= 0)
        return 0;
    return experts * (1 - pow(1 - topk / experts, tokens));
}

static enum mz_serve_weights attention_weights(const struct mz_serve_case *c)
{
    return c->weights == MZ_WEIGHTS_FP4 && c->shape->experts > 0 ? MZ_WEIGHTS_16 : c->weights;
}

static double weight_bytes(enum mz_serve_weights weights)
{
    switch (weights) {
    case MZ_WEIGHTS_16: return 2;
    case MZ_WEIGHTS_FP8: return FP8_BYTES;
    case MZ_WEIGHTS_FP4: return FP4_BYTES;
    }
    return 2;
}

/* The curve for weights kept so; where the chip has no such rate, 16-bit math on small weights. */
static struct mz_gemm_curve curve_for(
    const struct mz_serve_case *c, enum mz_serve_weights weights, bool experts)
{
    enum mz_dtype dtype = MZ_DTYPE_16;
    enum mz_precision held = MZ_PRECISION_16;
    struct mz_gemm_curve curve;
    double share;

    if (weights == MZ_WEIGHTS_FP4)
        dtype = MZ_DTYPE_NVFP4;
    else if (weights == MZ_WEIGHTS_FP8)
        dtype = experts ? MZ_DTYPE_FP8_BLOCK : MZ_DTYPE_FP8;
    curve = c->chip->gemm[dtype];
    if (curve.flops_inf <= 0 && dtype == MZ_DTYPE_FP8_BLOCK)
        curve = c->chip->gemm[MZ_DTYPE_FP8];
    if (curve.flops_inf <= 0) {
        curve = c->chip->gemm[MZ_DTYPE_16];
        curve.operand_bytes = weight_bytes(weights);
    } else if (dtype != MZ_DTYPE_16)
        held = dtype == MZ_DTYPE_NVFP4 ? MZ_PRECISION_NVFP4
            : dtype == MZ_DTYPE_FP8    ? MZ_PRECISION_FP8
                                       : MZ_PRECISION_MXFP8;
    share = mz_sustained(c->params, c->chip->generation, held);
    curve.flops_inf *= share;
    curve.half_m *= share;         /* a tile that waits for bytes draws no power */
    if (curve.operand_bytes < 1.5) /* most of the cast is fused, as in training (layer.c) */
        curve.half_n *= c->chip->generation == MZ_GENERATION_BLACKWELL ? c->params->cast_blackwell
                                                                       : c->params->cast_hopper;
    if (c->chip->borrowed == MZ_BORROW_OTHER_VENDOR)
        curve.flops_inf *= c->params->borrowed_eff;
    return curve;
}

static void add_gemm(struct step *s, double *term, const struct mz_gemm_curve *curve, double layers,
    double m, double n, double k)
{
    bool widened = curve->operand_bytes < 1.5 && curve->flops_inf <= s->head.flops_inf;
    double factor = widened ? s->c->serve->expand_time : 1;

    *term += layers * factor * mz_gemm_s(curve, m, n, k);
    s->bytes += layers * curve->operand_bytes * n * k;
}

static double split(double width, double ways)
{
    return ways > 0 ? ceil(width / ways) : width;
}

static bool modern(const struct step *s)
{
    return s->c->chip->generation == MZ_GENERATION_BLACKWELL;
}

/* Seconds to add up `bytes` of activations over n ranks. For small sums engines have a kernel of their
 * own, in one step through the switch for any n: the latency that the library has among two chips, then
 * the wire. Larger ones, and those that leave the scale-up domain, are the library's. */
static double reduce_s(const struct step *s, int32_t n, double bytes)
{
    const struct mz_collective_curve *link = &s->c->chip->scaleup[MZ_ALL_REDUCE];
    struct mz_group group = { .size = n, .stride = 1 };

    if (n <= 1 || bytes <= 0)
        return 0;
    if (bytes > OWN_REDUCE_BYTES || !mz_group_is_local(s->c->chip, group))
        return mz_collective_s(s->c->chip, s->c->params, MZ_ALL_REDUCE, group, bytes);
    return link->t0_s + link->alpha_s + 2 * bytes * (n - 1) / n / link->bytes_per_s;
}

static void attention_projections(struct step *s, double layers)
{
    const struct mz_model_shape *m = s->c->shape;
    double tp = s->l->tp;
    double h = m->hidden;
    double heads = split(m->heads, tp);
    double t = s->rank_t;
    double *term = &s->time.gemm;

    if (m->mla_kv_rank > 0) {
        double qk = m->mla_nope_dim + m->mla_rope_dim;
        double decode = s->load.batch * s->draft / s->l->dp;
        double in = m->mla_q_rank > 0 ? m->mla_q_rank : heads * qk;

        add_gemm(s, term, &s->attention, layers, t, in + m->mla_kv_rank + m->mla_rope_dim, h);
        if (m->mla_q_rank > 0)
            add_gemm(s, term, &s->attention, layers, t, heads * qk, m->mla_q_rank);
        /* Decode multiplies every head into the latent space and back; prefill expands the cache. */
        add_gemm(s, term, &s->head, layers, decode, heads * m->mla_kv_rank, m->mla_nope_dim);
        add_gemm(s, term, &s->head, layers, decode, heads * m->mla_v_dim, m->mla_kv_rank);
        add_gemm(s, term, &s->attention, layers, s->load.prefill_tokens / s->l->dp,
            heads * (m->mla_nope_dim + m->mla_v_dim), m->mla_kv_rank);
        add_gemm(s, term, &s->attention, layers, t, h, heads * m->mla_v_dim);
    } else {
        double kv = fmax(1, m->kv_heads / tp);

        add_gemm(s, term, &s->attention, layers, t, (heads + 2 * kv) * m->head_dim, h);
        add_gemm(s, term, &s->attention, layers, t, h, heads * m->head_dim);
    }
}

/* Share of the 16-bit rate: Hopper's kernels widen a cache of 8 bits before they multiply. */
static double latent_rate(const struct step *s)
{
    const struct mz_serve_params *p = s->c->serve;

    return s->c->kv_bytes < 1.5 && !modern(s) ? p->mla_rate_8_hopper : p->mla_rate;
}

/* Reading the cache and multiplying with it. Windowed blocks look back `window` tokens at most. */
static void attention_core(struct step *s, double layers, double window)
{
    const struct mz_model_shape *m = s->c->shape;
    const struct mz_serve_params *p = s->c->serve;
    double heads = split(m->heads, s->l->tp);
    double kv = fmax(1, (double)m->kv_heads / s->l->tp);
    double context = window > 0 ? fmin(s->load.context, window) : s->load.context;
    double back = window > 0 ? fmin(s->load.prefill_context, window) : s->load.prefill_context;
    double batch = s->load.batch / s->l->dp;
    double prefill = s->load.prefill_tokens / s->l->dp;
    bool mla = m->mla_kv_rank > 0;
    double width = mla ? m->mla_kv_rank + m->mla_rope_dim : 2 * kv * m->head_dim;
    double bytes = batch * context * width * s->c->kv_bytes;
    double read = bytes / (s->c->chip->hbm_bytes_per_s * (mla ? p->mla_bw : p->attn_bw));
    double qk_v = mla ? m->mla_nope_dim + m->mla_rope_dim + m->mla_v_dim : 2.0 * m->head_dim;
    double math = s->c->head_by_head ? bytes * heads / kv / L2_BYTES_PER_S : 0;

    if (mla) {
        double rows = fmax(heads * s->draft, LATENT_ROWS);

        math = 2 * batch * rows * context * (2.0 * m->mla_kv_rank + m->mla_rope_dim) /
            (s->f16 * latent_rate(s));
    }
    s->time.attention += layers *
        (fmax(read, math) +
            2 * prefill * back * heads * qk_v /
                (s->f16 * p->attn_prefill * fmin(1, qk_v / FULL_WIDTH)));
    s->bytes += layers * bytes;
}

static void linear_blocks(struct step *s)
{
    const struct mz_model_shape *m = s->c->shape;
    double layers = m->mamba_layers;
    double in = 2.0 * m->mamba_inner + 2.0 * m->mamba_groups * m->mamba_state + m->mamba_heads;
    double state = 4.0 * m->mamba_inner * m->mamba_state / s->l->tp;
    double batch = s->load.batch / s->l->dp;
    double bytes = 2 * batch * state;
    double scan = 8.0 * s->rank_t * m->mamba_inner * m->mamba_state / s->l->tp;

    if (layers <= 0)
        return;
    add_gemm(s, &s->time.gemm, &s->attention, layers, s->rank_t, split(in, s->l->tp), m->hidden);
    add_gemm(s, &s->time.gemm, &s->attention, layers, s->rank_t, m->hidden,
        split(m->mamba_inner, s->l->tp));
    s->time.attention += layers *
        (bytes / (s->c->chip->hbm_bytes_per_s * s->c->serve->attn_bw) +
            scan / (s->f16 * s->c->serve->linear_rate));
    s->bytes += layers * bytes;
}

static void dense_ffn(struct step *s, double layers, double width)
{
    const struct mz_model_shape *m = s->c->shape;
    double part = split(width, s->ranks);

    if (layers <= 0 || width <= 0)
        return;
    add_gemm(s, &s->time.gemm, &s->ffn, layers, s->t, (m->gated ? 2 : 1) * part, m->hidden);
    add_gemm(s, &s->time.gemm, &s->ffn, layers, s->t, m->hidden, part);
}

/* Attention replicas on more than one scale-up domain: tokens go only where their experts are. */
static bool dispatched(const struct step *s)
{
    struct mz_group all = { .size = s->l->tp * s->l->dp, .stride = 1 };

    return s->l->dp > 1 && !mz_group_is_local(s->c->chip, all);
}

/* The curve of a grouped GEMM: that of a plain one at the rate that training takes for it. The cast
 * of its rows (half_n) is part of their gathering. */
static struct mz_gemm_curve grouped_curve(const struct step *s)
{
    struct mz_gemm_curve curve = s->ffn;

    curve.flops_inf *= s->c->params->moe_eff;
    if (curve.operand_bytes < 1.5)
        curve.half_n = 0;
    curve.half_m = s->t <= s->c->shape->experts ? EXPERT_TILE_FEW : EXPERT_TILE;
    if (s->widened)
        curve.flops_inf /= s->c->serve->widen;
    return curve;
}

/* Rows of the fullest of `ranks` over the mean, if tokens choose experts independently: the largest
 * of as many Poisson numbers of mean `rows`. */
static double fullest(double rows, double ranks)
{
    return ranks > 1 ? fmin(ranks, 1 + sqrt(2 * log(ranks) / rows)) : 1;
}

/* Touched experts are read once, each multiplies its own rows, and the fullest rank counts. */
static void expert_blocks(struct step *s)
{
    const struct mz_model_shape *m = s->c->shape;
    struct mz_gemm_curve curve = grouped_curve(s);
    double layers = m->moe_layers;
    double ep = s->l->ep;
    double part = m->expert_ffn / (s->ranks / ep);
    double width = m->latent > 0 ? m->latent : m->hidden;
    double touched = fmax(1, mz_experts_touched(m->experts, m->topk, s->t) / ep);
    double rows = s->t * m->topk / ep;
    double moved;

    if (layers <= 0 || s->t <= 0)
        return;
    rows *= fullest(rows, ep);
    moved = rows * (s->c->serve->moe_bytes * width + GATE_BYTES * part);
    s->time.experts += layers * s->stack.experts *
        (mz_gemm_grouped_s(&curve, touched, rows / touched, (m->gated ? 2 : 1) * part, width) +
            mz_gemm_grouped_s(&curve, touched, rows / touched, width, part) +
            moved / (s->c->chip->hbm_bytes_per_s * s->c->params->memory_eff));
    s->bytes += layers * s->ffn.operand_bytes * touched * (m->gated ? 3 : 2) * part * width;
    add_gemm(s, &s->time.experts, &s->head, layers, s->t / s->l->dp, m->experts, m->hidden);
    dense_ffn(s, layers, m->shared_ffn);
    if (m->latent > 0) {
        add_gemm(s, &s->time.experts, &s->head, layers, s->t / s->l->dp, m->latent, m->hidden);
        add_gemm(s, &s->time.experts, &s->head, layers, s->t / s->l->dp, m->hidden, m->latent);
    }
}

/* Across scale-up domains tokens are sent to the ranks of their experts, in 8 bits, and come back in
 * 16, as DeepEP does, instead of to every rank. */
static double dispatch_s(const struct step *s, struct mz_group all)
{
    const struct mz_model_shape *m = s->c->shape;
    double values = s->rank_t * fmax(1, m->topk) * m->hidden;

    return mz_collective_s(s->c->chip, s->c->params, MZ_ALL_TO_ALL, all, values) +
        mz_collective_s(s->c->chip, s->c->params, MZ_ALL_TO_ALL, all, 2 * values);
}

/* Sums over tp after attention and over the instance after feed-forward blocks; with attention
 * replicas the latter is a gather and a scatter of all tokens, which costs the same. */
static void links(struct step *s)
{
    const struct mz_model_shape *m = s->c->shape;
    double h2 = 2.0 * m->hidden;
    double mixers = m->attn_layers + m->mamba_layers;
    double blocks = m->dense_layers + m->moe_layers;
    struct mz_group all = { .size = s->l->tp * s->l->dp, .stride = 1 };

    s->time.reduce += mixers * reduce_s(s, s->l->tp, s->rank_t * h2);
    if (dispatched(s))
        s->time.exchange += blocks * dispatch_s(s, all);
    else if (s->l->dp > 1)
        s->time.exchange += blocks * reduce_s(s, all.size, s->t * h2);
    else
        s->time.reduce += blocks * reduce_s(s, s->l->tp, s->t * h2);
    if (s->l->pp > 1)
        s->time.exchange +=
            (s->l->pp - 1) * mz_send_s(s->c->chip, s->c->params, s->l->tp * s->l->dp, s->t * h2);
}

static void small_kernels(struct step *s)
{
    const struct mz_model_shape *m = s->c->shape;
    const struct mz_serve_params *p = s->c->serve;
    double blocks = m->attn_layers + m->mamba_layers + m->dense_layers + m->moe_layers;
    double attention = m->mla_kv_rank > 0 ? KERNELS_LATENT : KERNELS_ATTENTION;
    double kernels = m->attn_layers * attention + m->mamba_layers * (double)KERNELS_LINEAR +
        m->dense_layers * (double)KERNELS_DENSE +
        m->moe_layers * (double)(KERNELS_EXPERTS + (m->shared_ffn > 0 ? KERNELS_SHARED : 0)) +
        KERNELS_STEP;
    double rows = s->t / s->l->dp;

    s->time.gaps += kernels * s->head.t0_s;
    s->time.host = (s->stack.host_us + s->stack.seq_us * s->load.batch / s->l->dp) * 1e-6;
    s->time.elementwise += blocks * p->element_passes * m->hidden * rows /
        (s->c->chip->hbm_bytes_per_s * s->c->params->memory_eff);
}

void mz_serve_step(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    const struct mz_step_load *load, struct mz_step_time *ret_step)
{
    const struct mz_model_shape *m = serve->shape;
    struct step s = { .c = serve, .l = layout, .load = *load };
    struct mz_step_time *time = &s.time;

    mz_serve_params_stack(serve->serve, serve->engine, &s.stack);
    s.attention = curve_for(serve, attention_weights(serve), false);
    s.ffn = curve_for(serve, serve->weights, m->experts > 0);
    s.head = curve_for(serve, MZ_WEIGHTS_16, false);
    s.widened = serve->weights != MZ_WEIGHTS_16 && s.ffn.flops_inf <= s.head.flops_inf;
    s.f16 =
        s.head.flops_inf / mz_sustained(serve->params, serve->chip->generation, MZ_PRECISION_16);
    s.draft = 1 + serve->spec_tokens;
    s.t = load->batch * s.draft + load->prefill_tokens;
    s.rank_t = s.t / layout->dp;
    s.ranks = (double)layout->tp * layout->dp;
    attention_projections(&s, m->attn_layers);
    attention_core(&s, m->attn_layers - m->window_layers, 0);
    if (m->window_layers > 0)
        attention_core(&s, m->window_layers, m->window);
    linear_blocks(&s);
    dense_ffn(&s, m->dense_layers, m->ffn);
    expert_blocks(&s);
    links(&s);
    small_kernels(&s);
    add_gemm(&s, &time->head, &s.head, 1, fmax(1, load->batch * s.draft / layout->dp),
        split(m->vocab, layout->tp), m->hidden);
    time->floor_s = s.bytes / serve->chip->hbm_bytes_per_s;
    time->total = time->gemm + time->experts + time->attention + time->elementwise + time->gaps +
        time->reduce + time->exchange + time->head + time->host;
    if (serve->spec_tokens > 0) { /* each draft passes one block and the head */
        double block = (time->total - time->host - time->head) / m->layers + time->head;

        time->host += serve->spec_tokens * block;
        time->total += serve->spec_tokens * block;
    }
    *ret_step = *time;
}

/* What weights, runtime and cache may fill, by each engine's default: vLLM a share of the whole
 * (gpu_memory_utilization), TensorRT-LLM a share of what weights and runtime leave
 * (free_gpu_memory_fraction), SGLang the whole but 1.5 MB for each token of a prefill chunk of
 * 8,192, on chips above 160 GB of 16,384 (recalled, unverified). Where the default would not hold
 * one request, operators raise it to what fits. */
static double usable_bytes(const struct mz_serve_case *serve, const struct mz_serve_memory *memory)
{
    const struct mz_serve_params *p = serve->serve;
    double all = serve->chip->hbm_bytes;
    double taken = memory->weights + memory->runtime;
    double least = taken + memory->state_per_sequence +
        memory->kv_per_token * (serve->in_tokens + serve->out_tokens);
    double usable = all * p->memory_share;

    if (serve->engine == MZ_ENGINE_SGLANG)
        usable = all + memory->runtime - (all > SGLANG_LARGE ? 2 : 1) * SGLANG_RESERVE;
    else if (serve->engine == MZ_ENGINE_TRTLLM && taken < all)
        usable = taken + (all - taken) * p->memory_share;
    return usable >= least ? usable : all * RAISED_SHARE;
}

void mz_serve_memory(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    struct mz_serve_memory *ret_memory)
{
    const struct mz_model_shape *m = serve->shape;
    double tp = layout->tp;
    double ranks = tp * layout->dp;
    double mixer =
        m->attn_layers * mz_model_attn_params(m) + m->mamba_layers * mz_model_mamba_params(m);
    double ffn = m->dense_layers * mz_model_dense_params(m) +
        m->moe_layers * (m->experts * mz_model_expert_params(m) + mz_model_moe_fixed_params(m));
    double edge = (m->tied ? 1 : 2) * mz_model_embedding_params(m) * 2;
    double width = m->mla_kv_rank > 0 ? m->mla_kv_rank + m->mla_rope_dim
                                      : 2 * fmax(1, m->kv_heads / tp) * m->head_dim;

    memset(ret_memory, 0, sizeof(*ret_memory));
    ret_memory->weights = (mixer * weight_bytes(attention_weights(serve)) / tp +
                              ffn * weight_bytes(serve->weights) / ranks + edge / tp) /
        layout->pp;
    ret_memory->kv_per_token = m->attn_layers * width * serve->kv_bytes / layout->pp;
    ret_memory->state_per_sequence =
        4.0 * m->mamba_layers * m->mamba_inner * m->mamba_state / tp / layout->pp;
    ret_memory->runtime = RUNTIME_BYTES;
    ret_memory->usable = usable_bytes(serve, ret_memory);
}

double mz_serve_batch_max(const struct mz_serve_case *serve, const struct mz_serve_layout *layout)
{
    const struct mz_model_shape *m = serve->shape;
    struct mz_serve_memory memory;
    double room;
    double full;
    double windowed = 0;
    double length = serve->in_tokens + serve->out_tokens;
    double batch;

    mz_serve_memory(serve, layout, &memory);
    room = memory.usable - memory.weights - memory.runtime;
    if (room <= 0)
        return 0;
    full = memory.kv_per_token * length;
    if (m->window_layers > 0 && m->attn_layers > 0)
        windowed = full * m->window_layers / m->attn_layers * (1 - fmin(1, m->window / length));
    batch = room / (full - windowed + memory.state_per_sequence) * layout->dp;
    if (serve->batch_max > 0 && batch > serve->batch_max)
        batch = serve->batch_max;
    return batch;
}

enum mz_status mz_serve_layout_check(
    const struct mz_serve_case *serve, const struct mz_serve_layout *layout, struct mz_error *err)
{
    const struct mz_model_shape *m = serve->shape;
    int64_t ranks = (int64_t)layout->tp * layout->dp;

    if (layout->tp < 1 || layout->dp < 1 || layout->ep < 1 || layout->pp < 1 ||
        ranks * layout->pp > 1 << 20)
        return mz_fail(err, MZ_E_RANGE, "layout: tp, dp, ep and pp are 1 or more");
    if (m->heads % layout->tp != 0)
        return mz_fail(err, MZ_E_INPUT, "layout: %d heads do not divide by tp %d", (int)m->heads,
            (int)layout->tp);
    if (layout->pp > m->layers)
        return mz_fail(err, MZ_E_INPUT, "layout: %d layers are fewer than pp %d", (int)m->layers,
            (int)layout->pp);
    if (layout->ep > 1 && (m->experts < 1 || layout->ep > m->experts))
        return mz_fail(err, MZ_E_INPUT, "layout: %d experts do not split over ep %d",
            (int)m->experts, (int)layout->ep);
    if (ranks % layout->ep != 0)
        return mz_fail(err, MZ_E_INPUT, "layout: ep %d does not divide tp x dp = %d",
            (int)layout->ep, (int)ranks);
    return MZ_OK;
}
