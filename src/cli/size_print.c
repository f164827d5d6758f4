/* size_print.c - what mizan size found: lines and tables, JSON, launch flags */
#include "cli/size_print.h"

#include "size/layout_text.h"

#include <math.h>
#include <string.h>

#define GIB 1073741824.0

enum { BAR_WIDTH = 22 };

/* ---- terms ---- */

struct term {
    const char *name;
    double value;
};

/* Groups for people: the terms of train.h by what they are. */
static int list_groups(const struct mz_train_terms *t, struct term groups[8])
{
    int count = 0;

    groups[count++] = (struct term){ "compute", t->gemm + t->attention + t->elementwise + t->gaps };
    groups[count++] = (struct term){ "recompute", t->recompute };
    groups[count++] = (struct term){ "bubble", t->bubble + t->imbalance };
    groups[count++] = (struct term){ "tensor", t->tensor + t->context };
    groups[count++] = (struct term){ "expert", t->expert };
    groups[count++] = (struct term){ "data", t->data };
    groups[count++] = (struct term){ "pipeline", t->pipeline };
    groups[count++] = (struct term){ "other", t->slowdown + t->host + t->optimizer + t->fixed };
    return count;
}

static int list_terms(const struct mz_train_terms *t, struct term terms[16])
{
    int count = 0;

    terms[count++] = (struct term){ "gemm", t->gemm };
    terms[count++] = (struct term){ "attention", t->attention };
    terms[count++] = (struct term){ "elementwise", t->elementwise };
    terms[count++] = (struct term){ "gaps", t->gaps };
    terms[count++] = (struct term){ "recompute", t->recompute };
    terms[count++] = (struct term){ "tensor", t->tensor };
    terms[count++] = (struct term){ "context", t->context };
    terms[count++] = (struct term){ "expert", t->expert };
    terms[count++] = (struct term){ "pipeline", t->pipeline };
    terms[count++] = (struct term){ "data", t->data };
    terms[count++] = (struct term){ "slowdown", t->slowdown };
    terms[count++] = (struct term){ "host", t->host };
    terms[count++] = (struct term){ "bubble", t->bubble };
    terms[count++] = (struct term){ "imbalance", t->imbalance };
    terms[count++] = (struct term){ "optimizer", t->optimizer };
    terms[count++] = (struct term){ "fixed", t->fixed };
    return count;
}

static int list_memory(const struct mz_train_memory *m, struct term parts[7])
{
    int count = 0;

    parts[count++] = (struct term){ "activations", m->activations };
    parts[count++] = (struct term){ "weights", m->weights };
    parts[count++] = (struct term){ "gradients", m->gradients };
    parts[count++] = (struct term){ "optimizer", m->optimizer };
    parts[count++] = (struct term){ "logits", m->logits };
    parts[count++] = (struct term){ "buffers", m->buffers };
    parts[count++] = (struct term){ "runtime", m->runtime };
    return count;
}

/* ---- layouts ---- */

static void add_bar(struct mz_text *out, double share)
{
    int cells = (int)lround(share * BAR_WIDTH);

    for (int i = 0; i < BAR_WIDTH; i++)
        mz_text_add(out, i < cells ? "█" : " ");
}

static void print_parts(struct mz_text *out, const struct term *parts, int count, double whole,
    double unit, const char *unit_name)
{
    for (int i = 0; i < count; i++) {
        if (parts[i].value <= 0.0005 * whole)
            continue;
        mz_text_addf(out, "  %-11s ", parts[i].name);
        add_bar(out, parts[i].value / whole);
        mz_text_addf(out, " %5.1f%%  %.3g %s\n", 100 * parts[i].value / whole,
            parts[i].value / unit, unit_name);
    }
}

static void print_run(
    const struct mz_size_arguments *args, const struct mz_size_answer *answer, struct mz_text *out)
{
    const struct mz_training_run *run = &answer->run;
    char steps[MZ_NUMBER_MAX];
    char hours[MZ_NUMBER_MAX];
    char usd[MZ_NUMBER_MAX];

    if (args->tokens <= 0)
        return;
    mz_text_addf(out, "  Whole run  %s steps   %.1f days at %.1f%% goodput   (%.1f at 100%%)\n",
        mz_format_count(steps, run->steps), run->days, 100 * run->goodput, run->ideal_days);
    mz_text_addf(out, "  Cost       %s chip-h", mz_format_count(hours, run->chip_hours));
    if (!isnan(run->cost_usd))
        mz_text_addf(out, "   %s at $%.2f", mz_format_usd(usd, run->cost_usd),
            args->assumptions.price_usd_per_chip_hour);
    if (!isnan(run->power_mw))
        mz_text_addf(out, "   %.1f GWh, %.2f MW, %.2f kt CO2e", run->energy_mwh / 1e3,
            run->power_mw, run->carbon_t / 1e3);
    mz_text_add(out, "\n");
}

static void print_layouts(
    const struct mz_size_answer *answer, bool colour, int width, struct mz_text *out)
{
    static const struct mz_column columns[] = {
        { "layout", "LAYOUT", NULL, MZ_COLUMN_FIXED },
        { "step_s", "STEP", "s", MZ_COLUMN_NUMBER },
        { "memory_gib", "MEM", "GiB", MZ_COLUMN_NUMBER },
        { "note", "NOTE", NULL, MZ_COLUMN_TEXT },
    };
    struct mz_arena *arena = mz_arena_create();
    const struct mz_search_result *s = &answer->search;
    struct mz_table table;

    mz_table_init(&table, arena, columns, 4);
    for (int32_t i = 0; i < s->count; i++) {
        double slower = s->best[i].result.step_s / s->best[0].result.step_s - 1;

        mz_table_add(&table, mz_layout_text(arena, &s->best[i].layout));
        mz_table_add_value(&table, s->best[i].result.step_s, 4,
            mz_arena_printf(arena, "%.4g", s->best[i].result.step_s));
        mz_table_add_number(&table, s->best[i].result.memory.used / GIB, 1);
        mz_table_add(
            &table, i == 0 ? "best" : mz_arena_printf(arena, "%.1f%% slower", 100 * slower));
    }
    if (s->nearest.result.memory.used > answer->chip.hbm_bytes) {
        double over = s->nearest.result.memory.used - answer->chip.hbm_bytes;

        mz_table_add(&table, mz_layout_text(arena, &s->nearest.layout));
        mz_table_add_number(&table, NAN, 1);
        mz_table_add_number(&table, s->nearest.result.memory.used / GIB, 1);
        mz_table_add(&table, mz_arena_printf(arena, "does not fit: %.1f GiB over", over / GIB));
    }
    mz_table_write_terminal(&table, &(struct mz_table_style){ width, colour }, out);
    mz_arena_free(arena);
}

static void print_notes(
    const struct mz_size_arguments *args, const struct mz_size_answer *answer, struct mz_text *out)
{
    const struct mz_size_chip *chip = &answer->chip;

    mz_text_addf(out,
        "\nBand    80%% of unseen runs lie within a factor %.2f of this (%d published runs%s%s)\n",
        answer->band.factor, answer->band.rows,
        answer->band.same_stack ? " of this stack" : " of other publishers",
        answer->band.chip_seen ? "" : "; none on this chip");
    if (chip->borrowed != MZ_BORROW_NONE)
        mz_text_addf(out,
            "        %s has no public kernel timings: the curves of %s are scaled by peak rates\n",
            chip->name, chip->sibling);
    mz_text_addf(out, "Assumed stack %s", answer->train.stack->name);
    if (args->tokens > 0)
        mz_text_addf(out, ", goodput %.3f, PUE %.2f, %.2f kW per chip, %.0f g/kWh",
            answer->run.goodput, args->assumptions.pue,
            answer->server_w * args->assumptions.draw / 1e3, args->assumptions.carbon_g_per_kwh);
    mz_text_add(out, ". Change with --stack and --assume; every term with -v.\n");
}

void mz_size_print_train(const struct mz_size_arguments *args, const struct mz_size_answer *answer,
    const char *model_text, bool colour, int width, struct mz_text *out)
{
    const struct mz_candidate *best = &answer->search.best[0];
    const struct mz_train_result *r = &best->result;
    struct mz_arena *arena = mz_arena_create();
    struct term parts[16];
    int count;
    char tokens[MZ_NUMBER_MAX];
    char batch[MZ_NUMBER_MAX];

    mz_text_addf(out, "Model   %s\n", model_text);
    mz_text_addf(out, "Run     %d x %s, %d-token sequences, %s tokens a step, %s\n\n",
        answer->train.chips, answer->chip.name, answer->train.seq,
        mz_format_count(batch, answer->tokens_per_step),
        mz_precision_name(answer->train.precision));
    if (answer->search.count == 0 && answer->search.considered == 0) {
        mz_text_addf(out,
            "No layout divides: %d sequences a step and %d layers over %d chips. Take a batch or a "
            "number of chips with more factors of two.\n",
            answer->train.batch, answer->train.shape->layers, answer->train.chips);
        mz_arena_free(arena);
        return;
    }
    if (answer->search.count == 0) {
        mz_text_add(out, "No layout fits. The nearest miss:\n");
        print_layouts(answer, colour, width, out);
        mz_arena_free(arena);
        return;
    }
    mz_text_addf(out, "%s   %s\n", args->has_layout ? "Layout" : "Best layout",
        mz_layout_text(arena, &best->layout));
    mz_text_addf(out, "  Step       %.4g s   %s tokens/s   %.0f tokens/s per chip\n", r->step_s,
        mz_format_count(tokens, answer->tokens_per_step / r->step_s),
        answer->tokens_per_step / r->step_s / answer->train.chips);
    if (!isnan(answer->mfu))
        mz_text_addf(out, "  MFU        %.1f%%\n", 100 * answer->mfu);
    print_run(args, answer, out);
    mz_text_add(out, "\nWhere a step goes\n");
    count = args->verbose ? list_terms(&r->terms, parts) : list_groups(&r->terms, parts);
    print_parts(out, parts, count, r->step_s, 1, "s");
    mz_text_add(out, "\nMemory of the fullest chip\n");
    count = list_memory(&r->memory, parts);
    print_parts(out, parts, count, answer->chip.hbm_bytes, GIB, "GiB");
    mz_text_addf(out, "  used %.1f of %.1f GiB with fragmentation, free %.1f\n\n",
        r->memory.used / GIB, answer->chip.hbm_bytes / GIB,
        (answer->chip.hbm_bytes - r->memory.used) / GIB);
    if (!args->has_layout)
        print_layouts(answer, colour, width, out);
    print_notes(args, answer, out);
    mz_arena_free(arena);
}

void mz_size_fill_compare(struct mz_arena *arena, const struct mz_size_answer *answers,
    int32_t count, struct mz_table *ret_table)
{
    static const struct mz_column columns[] = {
        { "chip", "CHIP", NULL, MZ_COLUMN_FIXED },
        { "layout", "LAYOUT", NULL, MZ_COLUMN_TEXT },
        { "step_s", "STEP", "s", MZ_COLUMN_NUMBER },
        { "tokens_per_s_per_chip", "TOKENS", "/s/chip", MZ_COLUMN_NUMBER },
        { "mfu_percent", "MFU", "%", MZ_COLUMN_NUMBER },
        { "memory_gib", "MEM", "GiB", MZ_COLUMN_NUMBER },
        { "days", "DAYS", NULL, MZ_COLUMN_NUMBER },
        { "band_factor", "BAND", "x", MZ_COLUMN_NUMBER },
        { "note", "NOTE", NULL, MZ_COLUMN_TEXT },
    };

    mz_table_init(ret_table, arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < count; i++) {
        const struct mz_size_answer *a = &answers[i];
        bool fits = a->search.count > 0;
        const struct mz_candidate *c = fits ? &a->search.best[0] : &a->search.nearest;

        mz_table_add(ret_table, a->chip.name);
        mz_table_add(ret_table, mz_layout_text(arena, &c->layout));
        mz_table_add_number(ret_table, fits ? c->result.step_s : NAN, 3);
        mz_table_add_number(
            ret_table, fits ? a->tokens_per_step / c->result.step_s / a->train.chips : NAN, 0);
        mz_table_add_number(ret_table, fits ? 100 * a->mfu : NAN, 1);
        mz_table_add_number(ret_table, c->result.memory.used / GIB, 1);
        mz_table_add_number(ret_table, fits && a->run.days > 0 ? a->run.days : NAN, 1);
        mz_table_add_number(ret_table, a->band.factor, 2);
        mz_table_add(ret_table,
            !fits && a->search.considered == 0 ? "no layout divides"
                : !fits ? mz_arena_printf(arena, "does not fit: %.1f GiB over",
                              (c->result.memory.used - a->chip.hbm_bytes) / GIB)
                : a->chip.borrowed != MZ_BORROW_NONE
                ? mz_arena_printf(arena, "curves of %s, scaled", a->chip.sibling)
                : "");
    }
}

/* ---- JSON ---- */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *layout_json(const struct mz_layout *l)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:b}", "tp", l->tp, "cp", l->cp,
        "pp", l->pp, "vp", l->vp, "ep", l->ep, "dp", l->dp, "mbs", l->mbs, "zero", l->zero,
        "recompute", mz_recompute_name(l->recompute), "sp", l->sp);
}

static json_t *parts_json(const struct term *parts, int count)
{
    json_t *object = json_object();

    for (int i = 0; i < count; i++)
        json_object_set_new(object, parts[i].name, number(parts[i].value));
    return object;
}

static json_t *candidate_json(const struct mz_size_answer *answer, const struct mz_candidate *c)
{
    struct term parts[16];
    json_t *object = json_object();
    json_t *memory = parts_json(parts, list_memory(&c->result.memory, parts));

    json_object_set_new(memory, "used", number(c->result.memory.used));
    json_object_set_new(memory, "capacity", number(answer->chip.hbm_bytes));
    json_object_set_new(object, "layout", layout_json(&c->layout));
    json_object_set_new(
        object, "fits", json_boolean(c->result.memory.used <= answer->chip.hbm_bytes));
    json_object_set_new(object, "step_s", number(c->result.step_s));
    json_object_set_new(object, "tokens_per_s_per_chip",
        number(answer->tokens_per_step / c->result.step_s / answer->train.chips));
    json_object_set_new(object, "terms_s", parts_json(parts, list_terms(&c->result.terms, parts)));
    json_object_set_new(object, "memory_bytes", memory);
    return object;
}

static json_t *run_json(const struct mz_training_run *run)
{
    json_t *object = json_object();

    json_object_set_new(object, "steps", number(run->steps));
    json_object_set_new(object, "goodput", number(run->goodput));
    json_object_set_new(object, "days", number(run->days));
    json_object_set_new(object, "ideal_days", number(run->ideal_days));
    json_object_set_new(object, "chip_hours", number(run->chip_hours));
    json_object_set_new(object, "cost_usd", number(run->cost_usd));
    json_object_set_new(object, "power_mw", number(run->power_mw));
    json_object_set_new(object, "energy_mwh", number(run->energy_mwh));
    json_object_set_new(object, "carbon_t", number(run->carbon_t));
    return object;
}

json_t *mz_size_json(const struct mz_size_arguments *args, const struct mz_size_answer *answer)
{
    const struct mz_search_result *s = &answer->search;
    json_t *object =
        s->count > 0 ? candidate_json(answer, &s->best[0]) : candidate_json(answer, &s->nearest);
    json_t *others = json_array();

    json_object_set_new(object, "chip", json_string(answer->chip.name));
    json_object_set_new(object, "curves_of", json_string(answer->chip.sibling));
    json_object_set_new(object, "chips", json_integer(answer->train.chips));
    json_object_set_new(object, "stack", json_string(answer->train.stack->name));
    json_object_set_new(
        object, "precision", json_string(mz_precision_name(answer->train.precision)));
    json_object_set_new(object, "mfu", number(answer->mfu));
    json_object_set_new(object, "error_band_percent", number(100 * (answer->band.factor - 1)));
    json_object_set_new(object, "similar_rows", json_integer(answer->band.rows));
    json_object_set_new(object, "band_of_same_stack", json_boolean(answer->band.same_stack));
    json_object_set_new(
        object, "run", args->tokens > 0 && s->count > 0 ? run_json(&answer->run) : json_null());
    for (int32_t i = 1; i < s->count; i++)
        json_array_append_new(others, candidate_json(answer, &s->best[i]));
    json_object_set_new(object, "others", others);
    json_object_set_new(object, "search",
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "considered", (json_int_t)s->considered, "too_large",
            (json_int_t)s->too_large, "bounded", (json_int_t)s->bounded, "evaluated",
            (json_int_t)s->evaluated, "distinct_timings", (json_int_t)s->distinct));
    return object;
}

/* ---- launch flags ---- */

static void print_megatron(const struct mz_size_answer *answer, struct mz_text *out)
{
    const struct mz_layout *l = &answer->search.best[0].layout;

    mz_text_addf(out, "--tensor-model-parallel-size %d \\\n--pipeline-model-parallel-size %d \\\n",
        l->tp, l->pp);
    if (l->vp > 1)
        mz_text_addf(out, "--num-virtual-stages-per-pipeline-rank %d \\\n", l->vp);
    if (l->cp > 1)
        mz_text_addf(out, "--context-parallel-size %d \\\n", l->cp);
    if (l->ep > 1)
        mz_text_addf(out, "--expert-model-parallel-size %d \\\n", l->ep);
    if (l->sp)
        mz_text_add(out, "--sequence-parallel \\\n");
    if (l->zero >= 1)
        mz_text_add(out, "--use-distributed-optimizer \\\n");
    if (l->recompute == MZ_RECOMPUTE_FULL)
        mz_text_add(out,
            "--recompute-granularity full --recompute-method uniform "
            "--recompute-num-layers 1 \\\n");
    if (l->recompute == MZ_RECOMPUTE_SELECTIVE)
        mz_text_add(out, "--recompute-granularity selective \\\n");
    mz_text_addf(out, "--micro-batch-size %d \\\n--global-batch-size %d \\\n--seq-length %d\n",
        l->mbs, answer->train.batch, answer->train.seq);
}

static void print_torchtitan(const struct mz_size_answer *answer, struct mz_text *out)
{
    const struct mz_layout *l = &answer->search.best[0].layout;

    mz_text_addf(out,
        "--parallelism.tensor_parallel_degree %d\n--parallelism.pipeline_parallel_degree %d\n"
        "--parallelism.context_parallel_degree %d\n--parallelism.expert_parallel_degree %d\n"
        "--parallelism.data_parallel_%s_degree %d\n--training.local_batch_size %d\n"
        "--training.global_batch_size %d\n--training.seq_len %d\n--activation_checkpoint.mode %s\n",
        l->tp, l->pp, l->cp, l->ep, l->zero >= 3 ? "shard" : "replicate", l->dp, l->mbs,
        answer->train.batch, answer->train.seq,
        l->recompute == MZ_RECOMPUTE_FULL       ? "full"
            : l->recompute == MZ_RECOMPUTE_NONE ? "none"
                                                : "selective");
}

void mz_size_print_flags(
    enum mz_size_emit emit, const struct mz_size_answer *answer, struct mz_text *out)
{
    switch (emit) {
    case MZ_SIZE_EMIT_NONE: return;
    case MZ_SIZE_EMIT_MEGATRON: print_megatron(answer, out); return;
    case MZ_SIZE_EMIT_TORCHTITAN: print_torchtitan(answer, out); return;
    }
}
