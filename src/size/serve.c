/* serve.c - the fixed points of serve.h
 *
 * Engine time of an instance is shared by decode steps and prompts. While B requests pass, each
 * of them takes part in out / a steps (a tokens a step), and B prompts are computed between:
 *   cycle = out / a * t_decode(B) + B * t_prompt
 * which is also the time of one request from admission to its last token. Prompts of others are
 * what lengthens the time per token. */
#include "size/serve.h"

#include <math.h>
#include <string.h>

enum { FIXED_POINT_ROUNDS = 40 };
static const double CHUNK_TOKENS = 8192;
static const double TRANSFER_EFF = 0.6; /* of the interface: pages of a cache are small messages */

const char *mz_serve_limit_name(enum mz_serve_limit limit)
{
    switch (limit) {
    case MZ_LIMIT_MEMORY: return "memory";
    case MZ_LIMIT_BANDWIDTH: return "bandwidth";
    case MZ_LIMIT_COMPUTE: return "compute";
    case MZ_LIMIT_LATENCY: return "latency of launches and links";
    case MZ_LIMIT_TTFT: return "time to first token";
    case MZ_LIMIT_TPOT: return "time per token";
    case MZ_LIMIT_PREFILL: return "prefill pool";
    case MZ_LIMIT_DECODE: return "decode pool";
    }
    return "invalid";
}

static double new_tokens(const struct mz_serve_case *c)
{
    return fmax(1, c->in_tokens * (1 - c->prefix_hit));
}

static double per_step(const struct mz_serve_case *c)
{
    return mz_spec_tokens_per_step(c->spec_tokens, c->spec_accept);
}

static void decode_step(const struct mz_serve_case *c, const struct mz_serve_layout *l,
    double batch, struct mz_step_time *ret_step)
{
    struct mz_step_load load = { .batch = batch / l->pp,
        .context = c->in_tokens + c->out_tokens / 2 };

    mz_serve_step(c, l, &load, ret_step);
}

/* A prompt beside `batch` decoding sequences. alone: seconds until its last chunk is done;
 * marginal: engine time it adds to steps that would have run anyway. */
static void prompt_time(const struct mz_serve_case *c, const struct mz_serve_layout *l,
    double batch, const struct mz_step_time *decode, double *ret_alone, double *ret_marginal)
{
    double tokens = new_tokens(c);
    double chunk = fmin(tokens, c->chunk_tokens > 0 ? c->chunk_tokens : CHUNK_TOKENS);
    struct mz_step_load load = { .batch = batch / l->pp,
        .context = c->in_tokens + c->out_tokens / 2,
        .prefill_tokens = chunk * l->dp,
        .prefill_context = c->in_tokens * c->prefix_hit + tokens / 2 };
    struct mz_step_time step;
    double steps = tokens / chunk;
    double added;

    /* Attention replicas prefill side by side when there are requests for all of them. */
    mz_serve_step(c, l, &load, &step);
    added = (step.total - (batch > 0 ? decode->total : step.host));
    if (added < 0)
        added = 0;
    *ret_alone = steps * (added + (batch > 0 ? decode->total : step.host));
    *ret_marginal = steps * added / l->dp / l->pp;
}

static enum mz_serve_limit limit_of(const struct mz_serve_result *r, double concurrency)
{
    const struct mz_step_time *s = &r->step;
    double small = s->gaps + s->host + s->reduce + s->exchange;

    if (concurrency > r->batch_max)
        return MZ_LIMIT_MEMORY;
    if (r->prefill_share > 0.5)
        return MZ_LIMIT_COMPUTE;
    if (small > s->total / 2)
        return MZ_LIMIT_LATENCY;
    return s->floor_s > s->total / 4 ? MZ_LIMIT_BANDWIDTH : MZ_LIMIT_COMPUTE;
}

static void finish(const struct mz_serve_case *c, double concurrency, struct mz_serve_result *r)
{
    r->request_s = r->ttft_s + (c->out_tokens - 1) * r->tpot_s;
    r->tokens_s = concurrency * c->out_tokens / r->request_s;
    r->tokens_s_per_chip = r->tokens_s / r->chips;
    if (c->usd_per_chip_h > 0) {
        r->usd_per_m_out = c->usd_per_chip_h / 3600 / r->tokens_s_per_chip * 1e6;
        r->usd_per_m_all = r->usd_per_m_out * c->out_tokens / (c->in_tokens + c->out_tokens);
    }
}

static bool begin(
    const struct mz_serve_case *c, const struct mz_serve_layout *l, struct mz_serve_result *r)
{
    memset(r, 0, sizeof(*r));
    mz_serve_memory(c, l, &r->memory);
    r->batch_max = mz_serve_batch_max(c, l);
    r->chips = mz_serve_layout_chips(l);
    r->fits = r->batch_max >= 1;
    r->limit = MZ_LIMIT_MEMORY;
    return r->fits;
}

void mz_serve_solve(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    double concurrency, struct mz_serve_result *ret_result)
{
    struct mz_serve_result r;
    const struct mz_serve_params *p = serve->serve;
    struct mz_serve_stack stack;
    double out = serve->out_tokens;
    double admitted;
    bool first_come = serve->engine == MZ_ENGINE_SGLANG; /* prompts go before decoding */
    double bunch = serve->equal_lengths && first_come ? fmin(1, p->bunch) : 0;
    double cycle = 0;
    double first = 0;

    if (!begin(serve, layout, &r)) {
        *ret_result = r;
        return;
    }
    mz_serve_params_stack(p, serve->engine, &stack);
    admitted = fmin(concurrency, r.batch_max);
    r.batch = admitted;
    for (int i = 0; i < FIXED_POINT_ROUNDS; i++) {
        double alone;
        double load;
        double wait;
        double next;

        decode_step(serve, layout, r.batch, &r.step);
        prompt_time(serve, layout, r.batch, &r.step, &alone, &r.prompt_s);
        cycle = out / per_step(serve) * r.step.total + admitted * r.prompt_s;
        r.prefill_share = admitted * r.prompt_s / cycle;
        load = fmin(0.95, r.prefill_share * (admitted - 1) / admitted);
        wait = fmin(alone * load / (2 * (1 - load)), admitted * r.prompt_s);
        wait = (1 - bunch) * wait + (bunch + p->burst) * (admitted - 1) / 2 * r.prompt_s;
        first = alone + r.step.total / 2 + wait +
            (stack.front_ms + stack.client_ms * (admitted - 1)) * 1e-3;
        r.tpot_s =
            (out / per_step(serve) * r.step.total + (1 - bunch) * (admitted - 1) * r.prompt_s) /
            out;
        next = admitted * out * r.tpot_s / (out * r.tpot_s + first);
        if (fabs(next / r.batch - 1) < 1e-6)
            break;
        r.batch = (r.batch + next) / 2;
    }
    r.ttft_s = first + (concurrency - admitted) / admitted * (first + (out - 1) * r.tpot_s);
    r.limit = limit_of(&r, concurrency);
    finish(serve, concurrency, &r);
    *ret_result = r;
}

void mz_serve_solve_offline(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    struct mz_serve_result *ret_result)
{
    double batch = mz_serve_batch_max(serve, layout);

    mz_serve_solve(serve, layout, fmax(1, batch), ret_result);
    if (ret_result->fits)
        ret_result->limit = MZ_LIMIT_MEMORY;
}

void mz_serve_solve_static(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    double batch, struct mz_serve_result *ret_result)
{
    struct mz_serve_result r;
    struct mz_step_time empty = { 0 };
    double alone;
    double marginal;

    if (begin(serve, layout, &r)) {
        double whole = (serve->chip->hbm_bytes - r.memory.runtime - r.memory.weights) /
            (r.memory.usable - r.memory.runtime - r.memory.weights);

        /* A batch that somebody sized by hand fills what engines leave free for growth. */
        r.batch = batch;
        r.fits = r.batch_max * whole >= batch;
        decode_step(serve, layout, batch, &r.step);
        prompt_time(serve, layout, 0, &empty, &alone, &marginal);
        r.prompt_s = marginal;
        r.ttft_s = alone + (batch - 1) * marginal;
        r.tpot_s = r.step.total / per_step(serve);
        r.prefill_share = r.ttft_s / (r.ttft_s + (serve->out_tokens - 1) * r.tpot_s);
        r.limit = limit_of(&r, batch);
        finish(serve, batch, &r);
    }
    *ret_result = r;
}

/* Seconds for one request's cache to reach the decode instance. */
static double transfer_time(const struct mz_serve_case *c, const struct mz_serve_pools *pools)
{
    struct mz_serve_memory memory;
    int32_t tp = pools->prefill.tp < pools->decode.tp ? pools->prefill.tp : pools->decode.tp;
    double ranks = c->shape->mla_kv_rank > 0 ? 1 : tp; /* latent caches are whole on every rank */
    double bytes;

    mz_serve_memory(c, &pools->prefill, &memory);
    bytes = memory.kv_per_token * pools->prefill.pp * c->in_tokens *
        (c->shape->mla_kv_rank > 0 ? 1 : pools->prefill.tp);
    return bytes / (ranks * c->chip->nic_bytes_per_s * TRANSFER_EFF);
}

void mz_serve_solve_pools(const struct mz_serve_case *serve, const struct mz_serve_pools *pools,
    double concurrency, struct mz_serve_result *ret_result)
{
    struct mz_serve_stack stack;
    struct mz_serve_result r;
    struct mz_step_time empty = { 0 };
    double out = serve->out_tokens;
    double first = 0;
    double alone;
    double rate_max;
    double room;

    if (!begin(serve, &pools->decode, &r)) {
        *ret_result = r;
        return;
    }
    mz_serve_params_stack(serve->serve, serve->engine, &stack);
    r.chips = pools->prefill_workers * mz_serve_layout_chips(&pools->prefill) +
        pools->decode_workers * mz_serve_layout_chips(&pools->decode);
    prompt_time(serve, &pools->prefill, 0, &empty, &alone, &r.prompt_s);
    r.transfer_s = transfer_time(serve, pools);
    rate_max = pools->prefill_workers / r.prompt_s; /* requests a second */
    room = r.batch_max * pools->decode_workers;
    r.batch = fmin(concurrency, room);
    for (int i = 0; i < FIXED_POINT_ROUNDS; i++) {
        double rate;
        double load;
        double next;

        decode_step(serve, &pools->decode, fmax(1, r.batch / pools->decode_workers), &r.step);
        r.tpot_s = r.step.total / per_step(serve);
        rate = r.batch / (out * r.tpot_s);
        load = fmin(0.95, rate / rate_max);
        first = alone + r.transfer_s + r.step.total +
            (stack.front_ms + stack.client_ms * (r.batch - 1)) * 1e-3 +
            serve->serve->burst * (r.batch - 1) / 2 * r.prompt_s / pools->prefill_workers +
            alone * load / (2 * (1 - load) * pools->prefill_workers);
        next = concurrency * out * r.tpot_s / (out * r.tpot_s + first);
        next = fmin(fmin(next, room), rate_max * out * r.tpot_s);
        if (fabs(next / r.batch - 1) < 1e-6)
            break;
        r.batch = (r.batch + next) / 2;
    }
    r.ttft_s = fmax(first, concurrency / (r.batch / (out * r.tpot_s)) - out * r.tpot_s);
    r.prefill_share = r.batch / (out * r.tpot_s) / rate_max;
    r.limit = r.prefill_share > 0.9 ? MZ_LIMIT_PREFILL
        : r.batch >= 0.99 * room    ? MZ_LIMIT_MEMORY
                                    : MZ_LIMIT_DECODE;
    finish(serve, concurrency, &r);
    r.batch /= pools->decode_workers;
    *ret_result = r;
}
