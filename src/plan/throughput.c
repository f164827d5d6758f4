/* throughput.c - questions to room size, their answers as throughputs and assumptions
 *
 * serve   tokens/s = rate at full load under the targets x load
 * batch   tokens/s = rate without targets
 * train   tokens/s = rate of a useful step x goodput of that many chips
 * Questions are told apart by the command that repeats them (mz_rate_command). */
#include "plan/throughput.h"

#include "base/file.h"
#include "base/text.h"
#include "scenario/names.h"
#include "size/rate.h"
#include "size/training_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a file does not state; each becomes an assumption of its own. Targets: faster than people
 * read. Load: demand is a mean of the day, chips have to stand for its peak hour. */
static const double TTFT_S = 2;
static const double TPOT_S = 0.05;
static const double LOAD = 0.6;
static const double TOKENS_IN = 1000;
static const double TOKENS_OUT = 1000;
static const double SECONDS_PER_MONTH = 365.25 / 12 * 86400;

enum { REASON_COUNT_MAX = 3 };

struct mz_rate_cache {
    struct mz_arena *arena;
    const struct mz_catalogue *catalogue;
    struct mz_names *commands; /* -> index into rates */
    struct mz_rate *rates;
    size_t rate_count, rate_capacity;
    struct mz_names *models; /* -> index into shapes */
    const struct mz_model_shape **shapes;
    size_t shape_count, shape_capacity;
};

struct fill {
    struct mz_arena *arena;
    struct mz_rate_cache *cache;
    struct mz_diags *diags;
    const struct mz_scenario *from;
    const bool *on_offer; /* by chip: a contract has it */
    struct mz_assumption *assumptions;
    size_t assumption_count, assumption_capacity;
    bool too_many; /* reported */
};

struct mz_rate_cache *mz_rate_cache_create(
    struct mz_arena *arena, const struct mz_catalogue *catalogue)
{
    struct mz_rate_cache *cache = mz_arena_alloc(arena, 1, sizeof(*cache));

    cache->arena = arena;
    cache->catalogue = catalogue;
    cache->commands = mz_names_create(arena);
    cache->models = mz_names_create(arena);
    return cache;
}

static void assume(struct fill *fill, const struct mz_workload *workload, const char *key,
    const char *value, const char *source, const struct mz_sized *sized)
{
    fill->assumptions = mz_arena_grow(fill->arena, fill->assumptions, fill->assumption_count,
        fill->assumption_count + 1, &fill->assumption_capacity, sizeof(*fill->assumptions));
    fill->assumptions[fill->assumption_count++] = (struct mz_assumption){
        .key = mz_arena_printf(fill->arena, "workloads.%s.%s", workload->name, key),
        .value = value,
        .source = source,
        .mark = workload->mark,
        .sized = sized
    };
}

/* ---- the model ---- */

/* As a command line would name it: a path is meant beside the scenario's file. */
static const char *model_name(struct fill *fill, const struct mz_workload *workload, bool *ret_path)
{
    const char *model = workload->model;
    const char *slash = strrchr(fill->from->file, '/');
    size_t length = strlen(model);

    *ret_path = strchr(model, '/') || (length > 5 && strcmp(model + length - 5, ".json") == 0);
    if (!*ret_path || model[0] == '/' || !slash)
        return model;
    return mz_arena_printf(
        fill->arena, "%.*s/%s", (int)(slash - fill->from->file), fill->from->file, model);
}

static enum mz_status read_shape(struct mz_rate_cache *cache, const char *name, bool is_path,
    struct mz_model_shape *ret_shape, struct mz_error *err)
{
    char *bytes;
    size_t length;
    enum mz_status status;

    if (!is_path)
        return mz_model_shape_find(cache->catalogue, name, ret_shape, err);
    status = mz_file_read(cache->arena, name, MZ_MODEL_CONFIG_BYTES_MAX, &bytes, &length, err);
    return status == MZ_OK ? mz_model_shape_parse(name, bytes, length, ret_shape, err) : status;
}

/* NULL: reported. */
static const struct mz_model_shape *find_shape(
    struct fill *fill, const struct mz_workload *workload, const char **ret_name)
{
    struct mz_rate_cache *cache = fill->cache;
    struct mz_model_shape *shape;
    struct mz_error err = { MZ_OK, "" };
    bool is_path;
    const char *name = model_name(fill, workload, &is_path);
    int32_t known = mz_names_find(cache->models, name);

    *ret_name = name;
    if (known >= 0)
        return cache->shapes[known];
    shape = mz_arena_alloc(cache->arena, 1, sizeof(*shape));
    if (read_shape(cache, name, is_path, shape, &err) != MZ_OK) {
        struct mz_diag *diag =
            mz_diags_add(fill->diags, MZ_SEVERITY_ERROR, "M0137", workload->model_mark,
                "the throughput of '%.80s' cannot be computed from its model", workload->name);

        diag->label = mz_arena_strdup(fill->arena, err.text);
        diag->note = "state 'throughput', or name a model of 'mizan catalogue models' or a "
                     "config.json beside this file";
        return NULL;
    }
    cache->shapes = mz_arena_grow(cache->arena, cache->shapes, cache->shape_count,
        cache->shape_count + 1, &cache->shape_capacity, sizeof(*cache->shapes));
    mz_names_add(cache->models, mz_arena_strdup(cache->arena, name), (int32_t)cache->shape_count);
    cache->shapes[cache->shape_count++] = shape;
    return shape;
}

/* ---- the questions of a workload ---- */

struct asked {
    struct mz_rate_question question; /* but chip, and of training chips */
    const struct mz_workload *workload;
    int32_t w;
    struct mz_chip_series *list; /* throughputs, stated ones first */
    int32_t count;
    int32_t fitted; /* answers among them */
    const char *reasons[REASON_COUNT_MAX];
    int32_t left_out;
};

static double stated_or(struct fill *fill, const struct mz_workload *workload, const char *key,
    double stated, double fallback, const char *shown)
{
    if (stated > 0)
        return stated;
    assume(fill, workload, key, shown, "default", NULL);
    return fallback;
}

static void set_requests(struct fill *fill, struct asked *asked)
{
    const struct mz_workload *w = asked->workload;
    struct mz_rate_question *q = &asked->question;

    if (w->kind == MZ_WORKLOAD_TRAIN)
        return;
    q->in_tokens = stated_or(fill, w, "tokens.in", w->tokens_in, TOKENS_IN, "1000 tokens");
    q->out_tokens = stated_or(fill, w, "tokens.out", w->tokens_out, TOKENS_OUT, "1000 tokens");
    if (w->kind == MZ_WORKLOAD_BATCH)
        return;
    q->ttft_s = stated_or(fill, w, "ttft", w->ttft_s, TTFT_S, "2 s");
    q->tpot_s = stated_or(fill, w, "tpot", w->tpot_s, TPOT_S, "50 ms");
    (void)stated_or(fill, w, "load", w->load, LOAD, "60%");
}

/* As many as end it in its window, inside what the file allows: the scale that a plan would use. */
static int32_t training_chips(struct fill *fill, const struct asked *asked)
{
    const struct mz_workload *w = asked->workload;
    double months = fmax(1, w->window_end_month - w->window_from_month);
    int32_t needed = mz_rate_chips_for(fill->cache->catalogue, asked->question.shape,
        asked->question.chip, w->tokens, months * SECONDS_PER_MONTH);
    double least = fmax(needed, w->chips_min);

    if (w->chips_max <= 0)
        return needed;
    least = fmin(least, w->chips_max);
    return mz_rate_chips_between(least, fmin(2 * least, w->chips_max));
}

/* NULL when there are too many questions, which was reported. */
static const struct mz_rate *answer(struct fill *fill, const struct asked *asked)
{
    struct mz_rate_cache *cache = fill->cache;
    const char *command = mz_rate_command(cache->arena, &asked->question);
    int32_t known = mz_names_find(cache->commands, command);

    if (known >= 0)
        return &cache->rates[known];
    if (cache->rate_count == MZ_RATE_QUESTION_COUNT_MAX) {
        if (!fill->too_many)
            mz_diags_add(fill->diags, MZ_SEVERITY_ERROR, "M0127", asked->workload->mark,
                "more than %d throughputs are left to mizan size", MZ_RATE_QUESTION_COUNT_MAX)
                ->note = "state those of other workloads";
        fill->too_many = true;
        return NULL;
    }
    cache->rates = mz_arena_grow(cache->arena, cache->rates, cache->rate_count,
        cache->rate_count + 1, &cache->rate_capacity, sizeof(*cache->rates));
    mz_names_add(cache->commands, command, (int32_t)cache->rate_count);
    mz_rate_answer(
        cache->arena, cache->catalogue, &asked->question, &cache->rates[cache->rate_count]);
    return &cache->rates[cache->rate_count++];
}

static double four_digits(double value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%.4g", value);
    return strtod(text, NULL);
}

/* Share of the rate that is left in the mean of a plan's period, and how a source says it. */
static double share_left(struct fill *fill, const struct asked *asked, const char **ret_text)
{
    const struct mz_workload *w = asked->workload;
    struct mz_training_assumptions failures;
    char percent[MZ_NUMBER_MAX];
    double share = 1;

    *ret_text = "";
    if (w->kind == MZ_WORKLOAD_TRAIN) {
        mz_training_assumptions_default(&failures);
        share = mz_training_goodput(&failures, asked->question.chips);
    } else if (w->kind == MZ_WORKLOAD_SERVE) {
        share = w->load > 0 ? w->load : LOAD;
    }
    if (share < 1)
        *ret_text =
            mz_arena_printf(fill->arena, ", times %s %s", mz_format_percent(percent, share, 1),
                w->kind == MZ_WORKLOAD_TRAIN ? "goodput" : "load");
    return share;
}

static void add_series(struct fill *fill, struct asked *asked, int32_t chip, double tokens_per_s)
{
    struct mz_step *step = mz_arena_alloc(fill->arena, 1, sizeof(*step));

    *step = (struct mz_step){ MZ_MONTH_ALWAYS, tokens_per_s };
    asked->list[asked->count++] = (struct mz_chip_series){
        chip,
        { .steps = step, .step_count = 1, .before = MZ_BEFORE_FIRST, .mark = asked->workload->mark }
    };
}

static void ask_chip(struct fill *fill, struct asked *asked, int32_t chip)
{
    const char *name = fill->from->chips[chip].name;
    const char *key = mz_arena_printf(fill->arena, "throughput.%s", name);
    struct mz_sized *sized = mz_arena_alloc(fill->arena, 1, sizeof(*sized));
    const struct mz_rate *rate;
    const char *command;
    const char *times;

    *sized = (struct mz_sized){ .workload = asked->w, .chip = chip };
    asked->question.chip = name;
    if (asked->question.train)
        asked->question.chips = training_chips(fill, asked);
    rate = answer(fill, asked);
    if (!rate)
        return;
    command = mz_rate_command(fill->arena, &asked->question);
    if (rate->reason) {
        if (asked->left_out < REASON_COUNT_MAX)
            asked->reasons[asked->left_out] =
                mz_arena_printf(fill->arena, "%s: %s", name, rate->reason);
        asked->left_out++;
        assume(fill, asked->workload, key, "left out",
            mz_arena_printf(fill->arena, "%s: %s", command, rate->reason), sized);
        return;
    }
    sized->tokens_per_s_per_chip =
        four_digits(rate->tokens_per_s_per_chip * share_left(fill, asked, &times));
    sized->error_band = rate->band - 1;
    sized->layout = rate->layout;
    asked->fitted++;
    add_series(fill, asked, chip, sized->tokens_per_s_per_chip);
    assume(fill, asked->workload, key,
        mz_arena_printf(fill->arena, "%.12g tokens/s", sized->tokens_per_s_per_chip),
        mz_arena_printf(fill->arena, "%s%s", command, times), sized);
}

static void report_no_chip(struct fill *fill, const struct asked *asked)
{
    struct mz_diag *diag =
        mz_diags_add(fill->diags, MZ_SEVERITY_ERROR, "M0138", asked->workload->mark,
            "no chip that the contracts have can run '%.80s'", asked->workload->name);
    const char *note = asked->left_out == 0 ? "no pool of any contract is there to ask about" : "";

    for (int32_t i = 0; i < asked->left_out && i < REASON_COUNT_MAX; i++)
        note = mz_arena_printf(fill->arena, "%s%s%s", note, i > 0 ? "; " : "", asked->reasons[i]);
    if (asked->left_out > REASON_COUNT_MAX)
        note = mz_arena_printf(
            fill->arena, "%s; and %d more", note, (int)(asked->left_out - REASON_COUNT_MAX));
    diag->label = "state its 'throughput', or offer a chip that holds its model";
    diag->note = note;
}

/* ---- the scenario ---- */

static bool is_open(const struct mz_workload *workload)
{
    return workload->size_others || workload->size_count > 0;
}

static bool is_asked(const struct fill *fill, const struct mz_workload *workload, int32_t chip)
{
    for (int32_t i = 0; i < workload->size_count; i++) {
        if (workload->size_chips[i] == chip)
            return true;
    }
    return workload->size_others && fill->on_offer[chip] &&
        !mz_chip_series_find(workload->throughput_tokens_per_s, workload->throughput_count, chip);
}

static void fill_workload(struct fill *fill, int32_t w, struct mz_workload *workload)
{
    size_t room = (size_t)workload->throughput_count + (size_t)fill->from->chip_count;
    size_t diags = fill->diags->error_count;
    struct asked asked = { .workload = &fill->from->workloads[w], .w = w };
    bool any =
        workload->throughput_count == 0; /* then it is an error that no chip is asked about */

    for (int32_t chip = 0; chip < fill->from->chip_count; chip++)
        any = any || is_asked(fill, workload, chip);
    if (!any)
        return;
    asked.question.train = workload->kind == MZ_WORKLOAD_TRAIN;
    asked.question.shape = find_shape(fill, workload, &asked.question.model);
    if (!asked.question.shape)
        return;
    set_requests(fill, &asked);
    asked.list = mz_arena_alloc(fill->arena, room, sizeof(*asked.list));
    asked.count = workload->throughput_count;
    if (asked.count > 0)
        memcpy(asked.list, workload->throughput_tokens_per_s,
            (size_t)asked.count * sizeof(*asked.list));
    for (int32_t chip = 0; chip < fill->from->chip_count; chip++) {
        if (is_asked(fill, workload, chip))
            ask_chip(fill, &asked, chip);
    }
    if (asked.count == 0 && fill->diags->error_count == diags)
        report_no_chip(fill, &asked);
    workload->throughput_tokens_per_s = asked.list;
    workload->throughput_count = asked.count;
}

static const bool *chips_on_offer(struct mz_arena *arena, const struct mz_scenario *scenario)
{
    bool *on_offer = mz_arena_alloc(arena, (size_t)scenario->chip_count + 1, sizeof(*on_offer));

    for (int32_t g = 0; g < scenario->contract_count; g++) {
        for (int32_t i = 0; i < scenario->contracts[g].pool_count; i++)
            on_offer[scenario->contracts[g].pools[i].chip] = true;
    }
    return on_offer;
}

enum mz_status mz_throughput_fill(struct mz_arena *arena, struct mz_rate_cache *cache,
    const struct mz_scenario *scenario, struct mz_diags *diags,
    const struct mz_scenario **ret_scenario)
{
    struct fill fill = { .arena = arena, .cache = cache, .diags = diags, .from = scenario };
    size_t count = (size_t)scenario->workload_count;
    size_t errors = diags->error_count;
    struct mz_workload *workloads = NULL;
    struct mz_scenario *filled;

    for (int32_t w = 0; w < scenario->workload_count; w++) {
        if (!is_open(&scenario->workloads[w]))
            continue;
        if (!workloads) {
            workloads = mz_arena_alloc(arena, count, sizeof(*workloads));
            memcpy(workloads, scenario->workloads, count * sizeof(*workloads));
            fill.on_offer = chips_on_offer(arena, scenario);
            for (int32_t i = 0; i < scenario->assumption_count; i++) {
                fill.assumptions = mz_arena_grow(arena, fill.assumptions, fill.assumption_count,
                    fill.assumption_count + 1, &fill.assumption_capacity,
                    sizeof(*fill.assumptions));
                fill.assumptions[fill.assumption_count++] = scenario->assumptions[i];
            }
        }
        fill_workload(&fill, w, &workloads[w]);
    }
    if (diags->error_count > errors) {
        mz_diags_sort(diags);
        return MZ_E_INPUT;
    }
    *ret_scenario = scenario;
    if (!workloads)
        return MZ_OK;
    filled = mz_arena_alloc(arena, 1, sizeof(*filled));
    *filled = *scenario;
    filled->workloads = workloads;
    filled->assumptions = fill.assumptions;
    filled->assumption_count = (int32_t)fill.assumption_count;
    *ret_scenario = filled;
    return MZ_OK;
}
