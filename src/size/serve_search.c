/* serve_search.c - enumeration, bisection over the load, and the best list of serve_search.h */
#include "size/serve_search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { POOL_LAYOUTS = 6, WORKER_PAIRS = 2, INSTANCE_CHIPS_MAX = 1024 };

struct search {
    const struct mz_serve_case *c;
    const struct mz_serve_options *o;
    struct mz_serve_found *found;
};

void mz_serve_options_default(struct mz_serve_options *ret_options)
{
    *ret_options = (struct mz_serve_options){ .keep = 5 };
}

enum mz_status mz_serve_case_check(const struct mz_serve_case *serve, struct mz_error *err)
{
    const struct {
        const char *name;
        double value, low, high;
    } limits[] = {
        { "input tokens", serve->in_tokens, 1, 1e8 },
        { "output tokens", serve->out_tokens, 1, 1e8 },
        { "bytes of a cached value", serve->kv_bytes, 0.25, 4 },
        { "prefix hit ratio", serve->prefix_hit, 0, 0.999 },
        { "draft tokens", serve->spec_tokens, 0, 64 },
        { "acceptance", serve->spec_accept, 0, 1 },
        { "largest batch", serve->batch_max, 0, 1e9 },
        { "chunk tokens", serve->chunk_tokens, 0, 1e8 },
        { "price", serve->usd_per_chip_h, 0, 1e6 },
    };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (!(limits[i].value >= limits[i].low && limits[i].value <= limits[i].high))
            return mz_fail(err, MZ_E_RANGE, "serve: %s is %g, wants %g to %g", limits[i].name,
                limits[i].value, limits[i].low, limits[i].high);
    return MZ_OK;
}

static bool free_or(int32_t pin, int32_t value)
{
    return pin <= 0 || pin == value;
}

/* Whether the model fits with half the stages: then a pipeline only adds latency. */
static bool holds(const struct mz_serve_case *serve, const struct mz_serve_layout *layout)
{
    struct mz_serve_layout half = *layout;

    half.pp /= 2;
    return mz_serve_batch_max(serve, &half) >= 1;
}

size_t mz_serve_layouts(const struct mz_serve_case *serve, const struct mz_serve_layout *pins,
    int32_t chips, struct mz_serve_layout *ret_layouts)
{
    const struct mz_model_shape *m = serve->shape;
    int32_t domain = serve->chip->scaleup_domain;
    int32_t most = chips > 0 && chips < INSTANCE_CHIPS_MAX ? chips : INSTANCE_CHIPS_MAX;
    int32_t dp_max = m->experts > 0 || pins->dp > 1 ? most : 1;
    size_t count = 0;

    for (int32_t pp = 1; pp <= 16 && pp <= m->layers && pp <= most; pp *= 2) {
        for (int32_t tp = 1; tp <= most / pp; tp++) {
            if (!free_or(pins->tp, tp) || !free_or(pins->pp, pp) || m->heads % tp != 0 ||
                (tp & (tp - 1) && pins->tp != tp) || (tp > domain && pins->tp != tp))
                continue;
            for (int32_t dp = 1; dp <= dp_max && tp * dp * pp <= most; dp *= 2) {
                if (!free_or(pins->dp, dp) || (chips <= 0 && tp * dp > 2 * domain))
                    continue;
                for (int32_t ep = 1; ep <= tp * dp; ep *= 2) {
                    struct mz_serve_layout l = { .tp = tp, .dp = dp, .ep = ep, .pp = pp };

                    if (pp > 1 && pins->pp != pp && holds(serve, &l))
                        continue;
                    if (!free_or(pins->ep, ep) || (ep > 1 && m->experts < 1) ||
                        mz_serve_layout_check(serve, &l, NULL) != MZ_OK)
                        continue;
                    if (count == MZ_SERVE_LAYOUTS_MAX)
                        return count;
                    ret_layouts[count++] = l;
                }
            }
        }
    }
    return count;
}

static bool keeps(const struct search *s, const struct mz_serve_result *r)
{
    return r->fits && (s->o->ttft_s <= 0 || r->ttft_s <= s->o->ttft_s) &&
        (s->o->tpot_s <= 0 || r->tpot_s <= s->o->tpot_s);
}

static void solve(struct search *s, struct mz_serve_candidate *c, double concurrency)
{
    s->found->solved++;
    c->concurrency = concurrency;
    if (c->disaggregated)
        mz_serve_solve_pools(s->c, &c->pools, concurrency, &c->result);
    else
        mz_serve_solve(s->c, &c->layout, concurrency, &c->result);
    c->keeps = keeps(s, &c->result);
}

/* The largest load in low..high that keeps the targets; low when none does. */
static void solve_most(struct search *s, struct mz_serve_candidate *c, double high)
{
    struct mz_serve_candidate best = *c;
    double low = 1;

    solve(s, c, floor(fmax(1, high)));
    if (c->keeps)
        return;
    high = c->concurrency;
    solve(s, &best, 1);
    if (!best.keeps) {
        *c = best;
        return;
    }
    while (high - low > fmax(1, low / 64)) {
        struct mz_serve_candidate middle = *c;

        solve(s, &middle, floor((low + high) / 2));
        if (middle.keeps) {
            low = middle.concurrency;
            best = middle;
        } else {
            high = middle.concurrency;
            c->result.ttft_s = middle.result.ttft_s; /* what broke nearest to the answer */
            c->result.tpot_s = middle.result.tpot_s;
        }
    }
    best.result.limit =
        s->o->tpot_s > 0 && c->result.tpot_s > s->o->tpot_s ? MZ_LIMIT_TPOT : MZ_LIMIT_TTFT;
    *c = best;
}

static bool before(const struct mz_serve_candidate *a, const struct mz_serve_candidate *b)
{
    if (a->keeps != b->keeps)
        return a->keeps;
    if (a->result.tokens_s_per_chip < b->result.tokens_s_per_chip ||
        a->result.tokens_s_per_chip > b->result.tokens_s_per_chip)
        return a->result.tokens_s_per_chip > b->result.tokens_s_per_chip;
    if (a->result.chips != b->result.chips)
        return a->result.chips < b->result.chips;
    return a->order < b->order;
}

static void offer(struct search *s, const struct mz_serve_candidate *c)
{
    struct mz_serve_found *f = s->found;
    int32_t at = f->count;

    while (at > 0 && before(c, &f->best[at - 1]))
        at--;
    if (at >= s->o->keep)
        return;
    if (f->count < s->o->keep)
        f->count++;
    memmove(&f->best[at + 1], &f->best[at], (size_t)(f->count - 1 - at) * sizeof(f->best[0]));
    f->best[at] = *c;
}

/* Replicas that fill the chips, and the load of each. */
static void ask(struct search *s, struct mz_serve_candidate *c, int32_t chips, double batch_max)
{
    const struct mz_serve_options *o = s->o;

    c->replicas = o->chips > 0 ? o->chips / chips : 1;
    if (o->concurrency > 0 && c->replicas > o->concurrency)
        c->replicas = (int32_t)o->concurrency;
    if (o->concurrency > 0)
        solve(s, c, ceil(o->concurrency / c->replicas));
    else
        solve_most(s, c, batch_max);
    offer(s, c);
}

/* The POOL_LAYOUTS best of `count` layouts by score, as indices; returns how many have one. */
static size_t top(const double *score, size_t count, size_t *ret_at)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = found;

        if (score[i] <= 0)
            continue;
        while (at > 0 && score[i] > score[ret_at[at - 1]])
            at--;
        if (at >= POOL_LAYOUTS)
            continue;
        if (found < POOL_LAYOUTS)
            found++;
        memmove(&ret_at[at + 1], &ret_at[at], (found - 1 - at) * sizeof(*ret_at));
        ret_at[at] = i;
    }
    return found;
}

struct pool_rates {
    double prefill[MZ_SERVE_LAYOUTS_MAX]; /* prompts a second of one instance; 0: too slow */
    double decode[MZ_SERVE_LAYOUTS_MAX];  /* answers a second */
    double prefill_score[MZ_SERVE_LAYOUTS_MAX];
    double decode_score[MZ_SERVE_LAYOUTS_MAX];
};

/* What each layout does alone as one of the pools. */
static void rate_pools(
    struct search *s, const struct mz_serve_layout *layouts, size_t count, struct pool_rates *rates)
{
    struct mz_serve_case decode = *s->c;
    struct mz_serve_options options = { .tpot_s = s->o->tpot_s };
    struct search alone = { .c = &decode, .o = &options, .found = s->found };

    /* A decode pool computes one token of a prompt; its cache holds the whole. */
    decode.prefix_hit = 1 - 1 / fmax(2, decode.in_tokens);
    memset(rates, 0, sizeof(*rates));
    for (size_t i = 0; i < count; i++) {
        struct mz_serve_candidate c = { .layout = layouts[i] };
        struct mz_serve_result r;
        double chips = mz_serve_layout_chips(&layouts[i]);
        double batch = mz_serve_batch_max(s->c, &layouts[i]);

        if (batch < 1)
            continue;
        mz_serve_solve_static(s->c, &layouts[i], 1, &r);
        s->found->solved++;
        if (s->o->ttft_s <= 0 || r.ttft_s < s->o->ttft_s) {
            rates->prefill[i] = 1 / r.prompt_s;
            rates->prefill_score[i] = rates->prefill[i] / chips;
        }
        solve_most(&alone, &c, batch);
        if (c.keeps) {
            rates->decode[i] = c.result.tokens_s / s->c->out_tokens;
            rates->decode_score[i] = rates->decode[i] / chips;
        }
    }
}

/* Worker counts of one pair of layouts, the best matched WORKER_PAIRS of them. */
static void match_workers(
    struct search *s, struct mz_serve_candidate *c, double prefill_rate, double decode_rate)
{
    int32_t a = mz_serve_layout_chips(&c->pools.prefill);
    int32_t b = mz_serve_layout_chips(&c->pools.decode);
    double limit = INFINITY;

    for (int pair = 0; pair < WORKER_PAIRS; pair++) {
        double best = 0;

        for (int32_t p = 1; p <= MZ_SERVE_WORKERS_MAX; p++) {
            for (int32_t d = 1; d <= MZ_SERVE_WORKERS_MAX; d++) {
                double rate = fmin(0.9 * p * prefill_rate, d * decode_rate) / (p * a + d * b);

                if ((s->o->chips > 0 && p * a + d * b > s->o->chips) || rate <= best ||
                    rate >= limit)
                    continue;
                best = rate;
                c->pools.prefill_workers = p;
                c->pools.decode_workers = d;
            }
        }
        if (best <= 0)
            return;
        limit = best;
        c->order = MZ_SERVE_LAYOUTS_MAX + s->found->considered++;
        ask(s, c, c->pools.prefill_workers * a + c->pools.decode_workers * b,
            mz_serve_batch_max(s->c, &c->pools.decode) * c->pools.decode_workers);
    }
}

static void search_pools(struct search *s, const struct mz_serve_layout *layouts, size_t count)
{
    struct pool_rates rates;
    size_t prefill[POOL_LAYOUTS + 1];
    size_t decode[POOL_LAYOUTS + 1];
    size_t prefills;
    size_t decodes;

    rate_pools(s, layouts, count, &rates);
    prefills = top(rates.prefill_score, count, prefill);
    decodes = top(rates.decode_score, count, decode);
    for (size_t i = 0; i < prefills; i++) {
        for (size_t j = 0; j < decodes; j++) {
            struct mz_serve_candidate c = { .disaggregated = true };

            c.layout = c.pools.decode = layouts[decode[j]];
            c.pools.prefill = layouts[prefill[i]];
            match_workers(s, &c, rates.prefill[prefill[i]], rates.decode[decode[j]]);
        }
    }
}

void mz_serve_search(const struct mz_serve_case *serve, const struct mz_serve_options *options,
    struct mz_serve_found *ret_found)
{
    struct search s = { .c = serve, .o = options, .found = ret_found };
    struct mz_serve_layout layouts[MZ_SERVE_LAYOUTS_MAX];
    size_t count = mz_serve_layouts(serve, &options->pins, options->chips, layouts);

    assert(options->keep >= 1 && options->keep <= MZ_SERVE_BEST_MAX);
    memset(ret_found, 0, sizeof(*ret_found));
    for (size_t i = 0; i < count; i++) {
        struct mz_serve_candidate c = { .layout = layouts[i] };
        double batch = mz_serve_batch_max(serve, &layouts[i]);

        c.order = ret_found->considered++;
        if (batch < 1) {
            ret_found->too_large++;
            continue;
        }
        ask(&s, &c, mz_serve_layout_chips(&layouts[i]), batch);
    }
    if (options->pools)
        search_pools(&s, layouts, count);
}
