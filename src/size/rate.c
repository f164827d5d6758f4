/* rate.c - the two searches with the defaults of mizan size (rate.h)
 *
 * Batch of a training step: 1024 tokens a chip (Llama 3 405B: 16.8M tokens on 16,384 chips), at
 * least 4M tokens, in sequences whose number contains the odd part of the number of chips, so that
 * data parallelism can divide it. */
#include "size/rate.h"

#include "size/band.h"
#include "size/layout_text.h"
#include "size/search.h"
#include "size/stack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define GIB 1073741824.0

enum { TOKENS_PER_CHIP = 1024, SEQUENCES_MIN = 512, CHIPS_MIN = 8 };

static const double MFU_GUESS = 0.4;

static int32_t sequences_of(int32_t chips)
{
    int64_t sequences = chips;
    int64_t wanted = (int64_t)chips * TOKENS_PER_CHIP / MZ_RATE_SEQ;

    while (sequences % 2 == 0)
        sequences /= 2;
    while (sequences < wanted || sequences < SEQUENCES_MIN)
        sequences *= 2;
    return (int32_t)sequences;
}

const char *mz_rate_command(struct mz_arena *arena, const struct mz_rate_question *question)
{
    const struct mz_rate_question *q = question;
    const char *command;

    if (q->train)
        return mz_arena_printf(arena,
            "mizan size train %s --chip %s --chips %d --seq %d --batch %lld", q->model, q->chip,
            (int)q->chips, MZ_RATE_SEQ, (long long)sequences_of(q->chips) * MZ_RATE_SEQ);
    command = mz_arena_printf(arena, "mizan size serve %s --chip %s --in %.12g --out %.12g",
        q->model, q->chip, q->in_tokens, q->out_tokens);
    if (q->ttft_s > 0)
        command = mz_arena_printf(arena, "%s --ttft %.12gs", command, q->ttft_s);
    if (q->tpot_s > 0)
        command = mz_arena_printf(arena, "%s --tpot %.12gs", command, q->tpot_s);
    return command;
}

enum mz_serve_kind mz_serve_kind_of(
    const struct mz_serve_case *serve, const struct mz_serve_options *options, bool disaggregated)
{
    bool experts = serve->shape->experts > 0;
    bool full = options->concurrency <= 0 && options->ttft_s <= 0 && options->tpot_s <= 0;

    if (disaggregated)
        return MZ_KIND_POOLS;
    if (full)
        return experts ? MZ_KIND_FULL_EXPERTS : MZ_KIND_FULL_DENSE;
    return experts ? MZ_KIND_LOOP_EXPERTS : MZ_KIND_LOOP_DENSE;
}

/* ---- serving ---- */

static const char *missed_targets(
    struct mz_arena *arena, const struct mz_rate_question *q, const struct mz_serve_candidate *best)
{
    return mz_arena_printf(arena,
        "no layout keeps %.3g s to the first token and %.3g ms a token: the best one takes %.3g s "
        "and %.3g ms",
        q->ttft_s, 1e3 * q->tpot_s, best->result.ttft_s, 1e3 * best->result.tpot_s);
}

static void answer_serve(struct mz_arena *arena, const struct mz_size_chip *chip,
    const struct mz_rate_question *q, struct mz_rate *rate)
{
    struct mz_size_params params;
    struct mz_serve_params serve_params;
    struct mz_serve_case serve = { .shape = q->shape,
        .chip = chip,
        .params = &params,
        .serve = &serve_params,
        .engine = MZ_ENGINE_TRTLLM,
        .weights = MZ_WEIGHTS_FP8,
        .kv_bytes = 1,
        .in_tokens = q->in_tokens,
        .out_tokens = q->out_tokens };
    struct mz_serve_options options;
    struct mz_serve_found found;
    struct mz_serve_band band;
    struct mz_error err = { MZ_OK, "" };

    mz_size_params_default(&params);
    mz_serve_params_default(&serve_params);
    mz_serve_options_default(&options);
    options.ttft_s = q->ttft_s;
    options.tpot_s = q->tpot_s;
    options.keep = 1;
    if (mz_serve_case_check(&serve, &err) != MZ_OK) {
        rate->reason = mz_arena_strdup(arena, err.text);
        return;
    }
    mz_serve_search(&serve, &options, &found);
    if (found.count == 0)
        rate->reason = mz_arena_printf(arena,
            "no layout holds the weights and one request of %.0f tokens (%llu tried)",
            q->in_tokens + q->out_tokens, (unsigned long long)found.considered);
    else if (!found.best[0].keeps)
        rate->reason = missed_targets(arena, q, &found.best[0]);
    if (rate->reason)
        return;
    band = mz_serve_band(mz_serve_kind_of(&serve, &options, false), chip);
    rate->tokens_per_s_per_chip = found.best[0].result.tokens_s_per_chip;
    rate->layout = mz_serve_layout_text(arena, &found.best[0]);
    rate->band = band.tokens;
    rate->band_rows = band.rows;
}

/* ---- training ---- */

static void answer_train(struct mz_arena *arena, const struct mz_size_chip *chip,
    const struct mz_rate_question *q, struct mz_rate *rate)
{
    struct mz_size_params params;
    struct mz_train_case train = { .shape = q->shape,
        .chip = chip,
        .params = &params,
        .stack = mz_stack_default(),
        .precision = MZ_PRECISION_16,
        .task = MZ_TASK_PRETRAIN,
        .chips = q->chips,
        .seq = MZ_RATE_SEQ,
        .batch = sequences_of(q->chips) };
    struct mz_search_options options;
    struct mz_search_result *search;
    struct mz_layer_memo *memo;
    struct mz_size_band band;
    struct mz_error err = { MZ_OK, "" };

    mz_size_params_default(&params);
    mz_search_options_default(&options);
    options.keep = 1;
    if (mz_train_case_check(&train, &err) != MZ_OK) {
        rate->reason = mz_arena_strdup(arena, err.text);
        return;
    }
    memo = mz_xcalloc(1, sizeof(*memo));
    search = mz_xcalloc(1, sizeof(*search));
    mz_search(&train, &options, memo, search);
    if (search->count > 0) {
        band = mz_size_band(&train, true);
        rate->tokens_per_s_per_chip =
            (double)train.batch * train.seq / search->best[0].result.step_s / train.chips;
        rate->layout = mz_layout_text(arena, &search->best[0].layout);
        rate->band = band.factor;
        rate->band_rows = band.rows;
    } else if (search->considered == 0) {
        rate->reason = mz_arena_printf(arena, "no layout divides %d chips", train.chips);
    } else {
        rate->reason =
            mz_arena_printf(arena, "no layout on %d chips fits: the nearest is %.1f GiB over",
                train.chips, (search->nearest.result.memory.used - chip->hbm_bytes) / GIB);
    }
    free(search);
    free(memo);
}

void mz_rate_answer(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const struct mz_rate_question *question, struct mz_rate *ret_rate)
{
    const struct mz_catalogue_table *chips = mz_catalogue_find_table(catalogue, "chips");
    struct mz_size_chip chip;
    struct mz_error err = { MZ_OK, "" };

    *ret_rate = (struct mz_rate){ 0 };
    if (!chips || mz_catalogue_find_row(chips, question->chip) < 0)
        ret_rate->reason = "the chip is not in the catalogue, so its throughput has to be stated";
    else if (mz_size_chip_load(catalogue, question->chip, &chip, &err) != MZ_OK)
        ret_rate->reason = mz_arena_strdup(arena, err.text);
    else if (question->train)
        answer_train(arena, &chip, question, ret_rate);
    else
        answer_serve(arena, &chip, question, ret_rate);
    assert((ret_rate->reason == NULL) == (ret_rate->tokens_per_s_per_chip > 0));
}

/* ---- the scale of a run ---- */

int32_t mz_rate_chips_between(double chips_min, double chips_max)
{
    double most = fmin(chips_max, MZ_RATE_CHIPS_MAX);
    double least = fmin(fmax(chips_min, 1), most);

    for (double unit = MZ_RATE_CHIPS_MAX; unit > 1; unit /= 2) {
        double chips = floor(most / unit) * unit;

        if (chips >= least)
            return (int32_t)chips;
    }
    return (int32_t)fmax(1, floor(most));
}

int32_t mz_rate_chips_for(const struct mz_catalogue *catalogue, const struct mz_model_shape *shape,
    const char *chip, double tokens, double seconds)
{
    struct mz_size_chip loaded;
    struct mz_error err = { MZ_OK, "" };
    double chips;

    if (mz_size_chip_load(catalogue, chip, &loaded, &err) != MZ_OK)
        return CHIPS_MIN;
    chips = 6 * mz_model_active_params(shape, true) * tokens /
        (loaded.peak_flops[MZ_DTYPE_16] * MFU_GUESS * seconds);
    chips = exp2(ceil(log2(fmax(chips, CHIPS_MIN))));
    return (int32_t)fmin(chips, MZ_RATE_CHIPS_MAX);
}
