/* train.c - a step from the costs of its blocks */
#include "size/train.h"

#include "size/collective.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { CHIPS_MAX = 1 << 24, SEQ_MAX = 1 << 28, BATCH_MAX = 1 << 28 };

enum mz_status mz_train_case_check(const struct mz_train_case *train, struct mz_error *err)
{
    if (train->chips < 1 || train->chips > CHIPS_MAX)
        return mz_fail(
            err, MZ_E_RANGE, "%d chips: 1 to %d are possible", (int)train->chips, CHIPS_MAX);
    if (train->seq < 1 || train->seq > SEQ_MAX)
        return mz_fail(err, MZ_E_RANGE, "sequences of %d tokens: 1 to %d are possible",
            (int)train->seq, SEQ_MAX);
    if (train->batch < 1 || train->batch > BATCH_MAX)
        return mz_fail(err, MZ_E_RANGE, "a batch of %d sequences: 1 to %d are possible",
            (int)train->batch, BATCH_MAX);
    if (!mz_precision_curve(train->chip, train->precision))
        return mz_fail(err, MZ_E_INPUT, "chip '%s' has no measured %s rate", train->chip->name,
            mz_precision_name(train->precision));
    return MZ_OK;
}

enum mz_status mz_layout_check(
    const struct mz_train_case *train, const struct mz_layout *layout, struct mz_error *err)
{
    const struct mz_model_shape *s = train->shape;
    double ranks = (double)layout->tp * layout->cp * layout->pp * layout->dp;

    if (layout->tp < 1 || layout->cp < 1 || layout->pp < 1 || layout->vp < 1 || layout->ep < 1 ||
        layout->dp < 1 || layout->mbs < 1 || layout->zero < 0 || layout->zero > 3)
        return mz_fail(err, MZ_E_INPUT, "every degree of a layout is at least 1, ZeRO 0 to 3");
    if (ranks > train->chips)
        return mz_fail(err, MZ_E_INPUT, "tp %d x cp %d x pp %d x dp %d is %.0f chips of %d",
            (int)layout->tp, (int)layout->cp, (int)layout->pp, (int)layout->dp, ranks,
            (int)train->chips);
    if (layout->pp > s->layers)
        return mz_fail(
            err, MZ_E_INPUT, "pp %d is more than the %d layers", (int)layout->pp, (int)s->layers);
    if (layout->tp > s->heads)
        return mz_fail(
            err, MZ_E_INPUT, "tp %d is more than the %d heads", (int)layout->tp, (int)s->heads);
    if (layout->cp > train->seq || (double)layout->dp * layout->mbs > train->batch)
        return mz_fail(err, MZ_E_INPUT, "dp %d with micro-batches of %d needs a batch of %.0f",
            (int)layout->dp, (int)layout->mbs, (double)layout->dp * layout->mbs);
    if (layout->ep > 1 &&
        (s->experts % layout->ep != 0 ||
            (double)layout->ep > (double)layout->dp * layout->cp * layout->tp))
        return mz_fail(err, MZ_E_INPUT, "ep %d does not divide %d experts over dp x cp x tp",
            (int)layout->ep, (int)s->experts);
    return MZ_OK;
}

static bool same_key(const struct mz_layer_key *a, const struct mz_layer_key *b)
{
    return a->tp == b->tp && a->cp == b->cp && a->ep == b->ep && a->mbs == b->mbs && a->sp == b->sp;
}

void mz_layer_memo_reset(struct mz_layer_memo *memo)
{
    if (++memo->epoch == 0) { /* once in 2^32 resets */
        memset(memo, 0, sizeof(*memo));
        memo->epoch = 1;
    }
    memo->count = 0;
    memo->lookup = 0;
}

const struct mz_layer_entry *mz_layer_memo_find(
    const struct mz_train_case *train, const struct mz_layer_key *key, struct mz_layer_memo *memo)
{
    uint32_t hash = (uint32_t)key->tp * 0x9e3779b1u ^ (uint32_t)key->cp * 0x85ebca6bu ^
        (uint32_t)key->ep * 0xc2b2ae35u ^ (uint32_t)key->mbs * 0x27d4eb2fu ^ (uint32_t)key->sp;
    uint32_t start = (hash ^ hash >> 15) % MZ_LAYER_MEMO_SIZE;
    struct mz_layer_entry *entry = &memo->entries[start];

    assert(memo->epoch > 0); /* reset before first use */
    memo->lookup++;
    for (uint32_t i = 0; i < 64; i++) {
        entry = &memo->entries[(start + i) % MZ_LAYER_MEMO_SIZE];
        if (entry->epoch != memo->epoch)
            break;
        if (same_key(&entry->key, key))
            return entry;
    }
    entry->key = *key;
    entry->epoch = memo->epoch;
    memo->count++;
    mz_model_cost(train, key, &entry->cost);
    mz_model_activation(train, key, &entry->activation);
    return entry;
}

/* One direction of one micro-batch over a share of the blocks. */
struct pass {
    double gemm, attention, elementwise, gaps, recompute;
    double tensor, context, expert, slowdown, host;
    double total;
};

/* Communication of `raw` seconds, `share` of which hides behind compute. */
static double expose(double raw, double share, double window, double slow, double *slowdown)
{
    double hidden = raw * share;

    if (hidden > window)
        hidden = window;
    *slowdown += hidden * slow;
    return raw - hidden;
}

/* Launches run beside the device, which waits only when it is the faster one: fourth powers. Expert
 * blocks make the host wait for counts of tokens, so both add up in part: squares. */
static void finish_pass(struct pass *p, double host, double wait)
{
    double device = p->gemm + p->attention + p->elementwise + p->gaps + p->recompute + p->tensor +
        p->context + p->expert + p->slowdown;
    double d2 = device * device;
    double h2 = host * host;

    p->total = sqrt(sqrt(d2 * d2 + h2 * h2) + wait * wait);
    p->host = p->total - device;
}

static void forward_pass(const struct mz_train_case *train, const struct mz_layer_cost *c,
    const struct mz_layer_key *key, double graphs, struct pass *p)
{
    const struct mz_size_params *q = train->params;
    bool far = key->cp * key->tp > train->chip->scaleup_domain;

    memset(p, 0, sizeof(*p));
    p->gemm = c->gemm_f;
    p->attention = c->attn_f;
    p->elementwise = c->bytes_f;
    p->gaps = c->gaps_f;
    p->tensor = expose(c->tp_f, train->stack->tp_overlap ? q->tp_overlap : 0, c->gemm_f,
        q->slow_scaleup, &p->slowdown);
    p->context =
        expose(c->cp_f, 0.95, c->attn_f, far ? q->slow_nic : q->slow_scaleup, &p->slowdown);
    p->expert = expose(c->ep_f, train->stack->dp_overlap ? q->ep_overlap : 0, c->gemm_f,
        key->ep > train->chip->scaleup_domain ? q->slow_nic : q->slow_scaleup, &p->slowdown);
    finish_pass(p, c->host_f * (1 - graphs), c->wait_f * (1 - graphs));
}

static void backward_pass(const struct mz_train_case *train, const struct mz_layer_cost *c,
    const struct mz_layer_key *key, enum mz_recompute recompute, const struct pass *forward,
    double graphs, struct pass *p)
{
    const struct mz_size_params *q = train->params;
    bool far = key->cp * key->tp > train->chip->scaleup_domain;
    bool hide = train->stack->tp_overlap || train->stack->tp_backward_overlap;
    double host = c->host_b * (1 - graphs);
    double wait = c->wait_b * (1 - graphs);

    memset(p, 0, sizeof(*p));
    p->gemm = c->gemm_dgrad + c->gemm_wgrad;
    p->attention = c->attn_b;
    p->elementwise = c->bytes_b;
    p->gaps = c->gaps_b;
    p->tensor =
        expose(c->tp_b, hide ? q->tp_overlap : 0, c->gemm_wgrad, q->slow_scaleup, &p->slowdown);
    p->context =
        expose(c->cp_b, 0.95, c->attn_b, far ? q->slow_nic : q->slow_scaleup, &p->slowdown);
    p->expert = expose(c->ep_b, train->stack->dp_overlap ? q->ep_overlap : 0, p->gemm,
        key->ep > train->chip->scaleup_domain ? q->slow_nic : q->slow_scaleup, &p->slowdown);
    if (recompute == MZ_RECOMPUTE_FULL) {
        p->recompute = forward->total - forward->host;
        host += c->host_f * (1 - graphs);
        wait += c->wait_f * (1 - graphs);
    } else if (recompute == MZ_RECOMPUTE_SELECTIVE) {
        p->recompute = train->stack->flash ? 0.4 * c->bytes_f : c->core_f;
    }
    finish_pass(p, host, wait);
}

/* One kind of weights: gradients are reduced, parameters gathered, a share hidden. */
struct traffic {
    struct mz_group group;
    double params; /* on a rank, before sharding */
    double overlap;
};

static double traffic_exposed(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct traffic *kind, double forward_s, double backward_s, double micro_batches,
    double *slowdown)
{
    const struct mz_size_params *q = train->params;
    const struct mz_size_chip *chip = train->chip;
    double grad = train->task == MZ_TASK_LORA ? 0 : train->stack->grad_bytes * kind->params;
    double reduce;
    double gather = 0;

    if (kind->group.size <= 1 || kind->params <= 0)
        return 0;
    if (layout->zero == 0) {
        reduce = mz_collective_s(chip, q, MZ_ALL_REDUCE, kind->group, grad);
    } else {
        reduce = mz_collective_s(chip, q, MZ_REDUCE_SCATTER, kind->group, grad);
        gather = mz_collective_s(chip, q, MZ_ALL_GATHER, kind->group, 2 * kind->params);
    }
    if (layout->zero == 3) { /* every micro-batch gathers twice and scatters once */
        reduce *= micro_batches;
        gather *= 2 * micro_batches;
        forward_s *= micro_batches;
        backward_s *= micro_batches;
    }
    if (!train->stack->dp_overlap)
        return reduce + gather;
    return expose(reduce, kind->overlap, backward_s, q->slow_nic, slowdown) +
        expose(gather, kind->overlap, forward_s, q->slow_nic, slowdown);
}

/* Data-parallel traffic of a step that stays visible. forward_s, backward_s: of one micro-batch on
 * a stage, which can hide it. */
static double data_exposed(const struct mz_train_case *train, const struct mz_layout *layout,
    double forward_s, double backward_s, double micro_batches, double *slowdown)
{
    const struct mz_size_params *q = train->params;
    struct mz_rank_params rank;
    int32_t expert_size = layout->dp * layout->cp * layout->tp / layout->ep;
    struct traffic dense = { { layout->dp * layout->cp, layout->tp }, 0, q->dp_overlap };
    struct traffic expert = { { expert_size, layout->ep }, 0, q->dp_overlap_moe };

    if (train->task == MZ_TASK_LORA && layout->zero < 3)
        return 0;
    mz_rank_params(train, layout, &rank);
    dense.params = rank.dense + (layout->pp == 1 ? 2 : 1) * rank.edge;
    expert.params = rank.expert;
    return traffic_exposed(train, layout, &dense, forward_s, backward_s, micro_batches, slowdown) +
        traffic_exposed(train, layout, &expert, forward_s, backward_s, micro_batches, slowdown);
}

/* Pipeline transfers of one micro-batch on one stage: v sends forward and v backward. */
static double transfer_s(const struct mz_train_case *train, const struct mz_layout *layout)
{
    const struct mz_size_params *q = train->params;
    double bytes = 2.0 * layout->mbs * train->seq / layout->cp * train->shape->hidden;
    int32_t stride = layout->tp * layout->cp * layout->dp;
    double once;
    double gather = 0;
    struct mz_group tensor = { layout->tp, 1 };

    if (layout->pp == 1)
        return 0;
    if (layout->sp) {
        bytes /= layout->tp;
    } else if (train->stack->scatter_gather && layout->tp > 1) {
        gather = mz_collective_s(train->chip, q, MZ_ALL_GATHER, tensor, bytes);
        bytes /= layout->tp;
    }
    once = mz_send_s(train->chip, q, stride, bytes) + gather;
    if (layout->vp == 1)
        once *= q->p2p_blocking;
    else if (train->stack->p2p_overlap)
        once *= 1 - q->p2p_overlap;
    return 2 * once * layout->vp;
}

/* The stages of a pipeline: a mean stage, and the slowest one. Layers that divide are spread evenly and
 * the last stage has the head on top; others are spread in whole layers with embedding and head counted
 * in units of a layer, as current stacks do. */
static void stage_times(const struct mz_train_case *train, const struct mz_layout *layout,
    double blocks, double head, double embed, double *ret_mean, double *ret_max)
{
    double layers = train->shape->layers;
    double mean = (blocks + head + embed) / layout->pp;
    double even = blocks / layout->pp + (head > embed ? head : embed);
    double per = blocks / layers;
    double whole = ceil((blocks + head + embed) / per / layout->pp - 1e-9) * per;

    *ret_mean = mean;
    if (layout->pp == 1)
        *ret_max = mean;
    else if (fmod(layers, (double)layout->pp * layout->vp) == 0)
        *ret_max = even;
    else
        *ret_max = whole > mean ? whole : mean;
}

static void add_terms(struct mz_train_terms *t, const struct pass *p, double scale)
{
    t->gemm += scale * p->gemm;
    t->attention += scale * p->attention;
    t->elementwise += scale * p->elementwise;
    t->gaps += scale * p->gaps;
    t->recompute += scale * p->recompute;
    t->tensor += scale * p->tensor;
    t->context += scale * p->context;
    t->expert += scale * p->expert;
    t->slowdown += scale * p->slowdown;
    t->host += scale * p->host;
}

static double optimizer_s(const struct mz_train_case *train, const struct mz_layout *layout)
{
    struct mz_rank_params rank;
    double ranks = (double)layout->dp * layout->cp;
    double expert_ranks = ranks * layout->tp / layout->ep;
    double held;

    if (train->task == MZ_TASK_LORA)
        return 0;
    mz_rank_params(train, layout, &rank);
    held = rank.dense + (layout->pp == 1 ? 2 : 1) * rank.edge;
    if (layout->zero >= 1)
        held = held / ranks + rank.expert / (expert_ranks > 1 ? expert_ranks : 1);
    else
        held += rank.expert;
    return held * train->params->optimizer_bytes /
        (train->params->memory_eff * train->chip->hbm_bytes_per_s);
}

/* Activations that go to the host and back, beyond what the compute of the stage covers. */
static double offload_exposed(const struct mz_train_case *train,
    const struct mz_activation *activation, const struct mz_layout *layout, double micro_batches,
    double blocks_s)
{
    double moved = activation->kept[MZ_RECOMPUTE_NONE] - activation->kept[MZ_RECOMPUTE_OFFLOAD];
    double link = train->chip->host_bytes_per_s;
    double seconds = link > 0 ? 2 * moved / link : 1e9;
    double hidden = seconds < 0.9 * blocks_s ? seconds : 0.9 * blocks_s;

    return micro_batches / layout->pp * (seconds - hidden + hidden * train->params->slow_nic);
}

void mz_train_time(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_layer_entry *entry, struct mz_train_result *result)
{
    const struct mz_size_params *q = train->params;
    const struct mz_layer_key *key = &entry->key;
    const struct mz_model_cost *cost = &entry->cost;
    double graphs = mz_stack_graphs(train->stack, train->chip->scaleup_domain);
    double m = ceil((double)train->batch / ((double)layout->dp * layout->mbs));
    double pp = layout->pp;
    double nodes = (double)layout->dp * layout->tp / train->chip->scaleup_domain;
    double straggle = nodes > 1 ? q->straggler * log2(nodes) : 0;
    struct pass f, b, hf, hb;
    struct mz_train_terms *t = &result->terms;
    double blocks, head, embed, mean, max, transfer, late = 0;

    memset(t, 0, sizeof(*t));
    forward_pass(train, &cost->blocks, key, graphs, &f);
    backward_pass(train, &cost->blocks, key, layout->recompute, &f, graphs, &b);
    forward_pass(train, &cost->head, key, graphs, &hf);
    backward_pass(train, &cost->head, key, MZ_RECOMPUTE_NONE, &hf, graphs, &hb);
    blocks = f.total + b.total;
    head = hf.total + hb.total;
    embed = cost->embed_f + cost->embed_b;
    stage_times(train, layout, blocks, head, embed, &mean, &max);
    transfer = transfer_s(train, layout);
    /* The last stage sends and receives on one side only: half a transfer less to wait for. */
    max = mean + fmax(0, q->imbalance * (max - mean) - transfer / 2);
    add_terms(t, &f, m / pp);
    add_terms(t, &b, m / pp);
    add_terms(t, &hf, m / pp);
    add_terms(t, &hb, m / pp);
    t->elementwise += embed * m / pp;
    t->pipeline = transfer * (m + (pp - 1) / layout->vp);
    t->imbalance = m * (max - mean);
    t->bubble = (pp * mean - max) / layout->vp;
    t->data = data_exposed(train, layout, f.total / pp, b.total / pp, m, &late);
    if (layout->recompute == MZ_RECOMPUTE_OFFLOAD)
        late += offload_exposed(train, &entry->activation, layout, m, blocks);
    t->optimizer = optimizer_s(train, layout);
    t->fixed = q->step_fixed_ms * 1e-3;
    t->slowdown += late + straggle * m * max;
    result->micro_batches = m;
    result->step_s = m * max + t->bubble + t->pipeline + t->data + t->optimizer + t->fixed + late +
        straggle * m * max;
}

double mz_train_bound(const struct mz_train_case *train, const struct mz_layout *layout,
    const struct mz_layer_entry *entry)
{
    const struct mz_layer_cost *c = &entry->cost.blocks;
    const struct mz_layer_cost *h = &entry->cost.head;
    double m = ceil((double)train->batch / ((double)layout->dp * layout->mbs));

    return m / layout->pp *
        (c->gemm_f + c->gemm_dgrad + c->gemm_wgrad + c->attn_f + c->attn_b + c->bytes_f +
            c->bytes_b + h->gemm_f + h->gemm_dgrad + h->gemm_wgrad);
}

void mz_train_step(const struct mz_train_case *train, const struct mz_layout *layout,
    struct mz_layer_memo *memo, struct mz_train_result *ret_result)
{
    struct mz_layer_key key = { layout->tp, layout->cp, layout->ep, layout->mbs,
        layout->sp && layout->tp > 1 };
    const struct mz_layer_entry *entry = mz_layer_memo_find(train, &key, memo);

    assert(layout->dp >= 1 && layout->mbs >= 1);
    mz_train_time(train, layout, entry, ret_result);
    mz_train_memory(
        train, layout, &entry->activation, ret_result->micro_batches, &ret_result->memory);
    ret_result->fits = ret_result->memory.used <= train->chip->hbm_bytes;
}
