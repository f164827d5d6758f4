/* model_shape.c - shapes of the catalogue, their checks, and parameter counts
 *
 * Hybrids: models.csv says "hybrid" but has no columns for their blocks. The counts below are the
 * published ones as remembered (unverified); parameter totals computed from them agree with the
 * names of the models (30B-A3B: 31.6B; 120B-A12B: 120B; 56B), which is the only check there is. */
#include "size/model_shape.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct hybrid {
    const char *model;
    int32_t attn, mamba, dense, moe;
    int32_t inner, state, groups, heads, latent, shared_ffn;
};

/* Gated delta blocks of Qwen3.5 (three of four mixers) are counted as state-space blocks: values of
 * 64 heads x 128, keys of 16 groups x 128. */
static const struct hybrid hybrids[] = {
    { "nemotron-3-nano-30b-a3b", 6, 23, 0, 23, 4096, 128, 8, 64, 0, 3712 },
    { "nemotron-3-super-120b-a12b", 8, 40, 0, 40, 8192, 128, 8, 128, 1024, 5376 },
    { "nemotron-h-56b", 10, 54, 54, 0, 16384, 256, 8, 256, 0, 0 },
    { "qwen3.5-397b-a17b", 15, 45, 0, 60, 8192, 128, 16, 64, 0, 1024 },
};

static enum mz_status check_range(const char *model, const char *field, int32_t value, int32_t low,
    int32_t high, struct mz_error *err)
{
    if (value >= low && value <= high)
        return MZ_OK;
    return mz_fail(err, MZ_E_RANGE, "model '%.60s': %s is %d, it has to be in %d..%d", model, field,
        (int)value, (int)low, (int)high);
}

static void complete(struct mz_model_shape *shape)
{
    if (shape->kv_heads == 0)
        shape->kv_heads = shape->heads;
    if (shape->head_dim == 0 && shape->heads > 0)
        shape->head_dim = shape->hidden / shape->heads;
    if (shape->attn_layers == 0 && shape->mamba_layers == 0)
        shape->attn_layers = shape->layers;
    if (shape->experts > 1 && shape->moe_layers == 0 && shape->mamba_layers == 0)
        shape->moe_layers = shape->layers - shape->dense_layers;
    if (shape->experts <= 1) {
        shape->experts = 0;
        shape->moe_layers = 0;
        shape->topk = 0;
        if (shape->mamba_layers == 0)
            shape->dense_layers = shape->layers;
    }
    if (shape->window == 0)
        shape->window_layers = 0;
}

enum mz_status mz_model_shape_check(struct mz_model_shape *shape, struct mz_error *err)
{
    complete(shape);
    const struct {
        const char *field;
        int32_t value, low, high;
    } limits[] = {
        { "layers", shape->layers, 1, MZ_MODEL_LAYERS_MAX },
        { "attention blocks", shape->attn_layers, 0, shape->layers },
        { "mamba blocks", shape->mamba_layers, 0, shape->layers },
        { "dense blocks", shape->dense_layers, 0, shape->layers },
        { "expert blocks", shape->moe_layers, 0, shape->layers },
        { "hidden", shape->hidden, 1, MZ_MODEL_HIDDEN_MAX },
        { "heads", shape->heads, 1, MZ_MODEL_HEADS_MAX },
        { "kv_heads", shape->kv_heads, 1, shape->heads },
        { "head_dim", shape->head_dim, 1, 1 << 14 },
        { "vocab", shape->vocab, 1, MZ_MODEL_VOCAB_MAX },
        { "ffn", shape->ffn, shape->dense_layers > 0, MZ_MODEL_HIDDEN_MAX },
        { "experts", shape->experts, 0, MZ_MODEL_EXPERTS_MAX },
        { "experts a token", shape->topk, shape->experts > 0, shape->experts },
        { "expert ffn", shape->expert_ffn, shape->experts > 0, MZ_MODEL_HIDDEN_MAX },
        { "shared ffn", shape->shared_ffn, 0, MZ_MODEL_HIDDEN_MAX },
        { "latent", shape->latent, 0, MZ_MODEL_HIDDEN_MAX },
        { "q rank", shape->mla_q_rank, 0, MZ_MODEL_HIDDEN_MAX },
        { "kv rank", shape->mla_kv_rank, 0, MZ_MODEL_HIDDEN_MAX },
        { "rope dim", shape->mla_rope_dim, 0, 1 << 14 },
        { "nope dim", shape->mla_nope_dim, shape->mla_kv_rank > 0, 1 << 14 },
        { "v dim", shape->mla_v_dim, shape->mla_kv_rank > 0, 1 << 14 },
        { "window", shape->window, 0, 1 << 28 },
        { "windowed blocks", shape->window_layers, 0, shape->attn_layers },
        { "mtp layers", shape->mtp_layers, 0, 16 },
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        enum mz_status status = check_range(
            shape->name, limits[i].field, limits[i].value, limits[i].low, limits[i].high, err);

        if (status != MZ_OK)
            return status;
    }
    return MZ_OK;
}

static int32_t read_int(const struct mz_catalogue_table *table, size_t row, const char *column)
{
    double value;

    if (!mz_catalogue_number(table, row, column, &value) || value < 0 || value > 1e9)
        return 0;
    return (int32_t)value;
}

static void read_columns(
    const struct mz_catalogue_table *table, size_t row, struct mz_model_shape *shape)
{
    const struct {
        const char *column;
        int32_t *value;
    } fields[] = {
        { "layers", &shape->layers },
        { "hidden", &shape->hidden },
        { "heads", &shape->heads },
        { "kv_heads", &shape->kv_heads },
        { "head_dim", &shape->head_dim },
        { "ffn", &shape->ffn },
        { "vocab", &shape->vocab },
        { "n_experts", &shape->experts },
        { "topk", &shape->topk },
        { "moe_ffn", &shape->expert_ffn },
        { "moe_layers", &shape->moe_layers },
        { "dense_layers", &shape->dense_layers },
        { "mla_q_rank", &shape->mla_q_rank },
        { "mla_kv_rank", &shape->mla_kv_rank },
        { "mla_rope_dim", &shape->mla_rope_dim },
        { "mla_nope_dim", &shape->mla_nope_dim },
        { "mla_v_dim", &shape->mla_v_dim },
        { "window", &shape->window },
        { "mtp_layers", &shape->mtp_layers },
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        *fields[i].value = read_int(table, row, fields[i].column);
    shape->gated = read_int(table, row, "gated") > 0;
    shape->tied = read_int(table, row, "tied_embed") > 0;
    if (read_int(table, row, "n_shared") > 0)
        shape->shared_ffn = read_int(table, row, "shared_ffn");
}

static bool apply_hybrid(struct mz_model_shape *shape)
{
    for (size_t i = 0; i < sizeof(hybrids) / sizeof(hybrids[0]); i++) {
        const struct hybrid *h = &hybrids[i];

        if (strcmp(h->model, shape->name) != 0)
            continue;
        shape->attn_layers = h->attn;
        shape->mamba_layers = h->mamba;
        shape->dense_layers = h->dense;
        shape->moe_layers = h->moe;
        shape->mamba_inner = h->inner;
        shape->mamba_state = h->state;
        shape->mamba_groups = h->groups;
        shape->mamba_heads = h->heads;
        shape->latent = h->latent;
        if (h->shared_ffn > 0)
            shape->shared_ffn = h->shared_ffn;
        return true;
    }
    return false;
}

enum mz_status mz_model_shape_find(const struct mz_catalogue *catalogue, const char *name,
    struct mz_model_shape *ret_shape, struct mz_error *err)
{
    const struct mz_catalogue_table *models = mz_catalogue_find_table(catalogue, "models");
    struct mz_model_shape shape = { 0 };
    int32_t row = models ? mz_catalogue_find_row(models, name) : -1;
    const char *attn;
    enum mz_status status;

    if (row < 0) {
        const char *names[512];
        size_t count = models && models->row_count < 512 ? models->row_count : 0;
        const char *near;

        for (size_t i = 0; i < count; i++)
            names[i] = models->rows[i][0];
        near = mz_nearest_word(name, names, count);
        return mz_fail(err, MZ_E_INPUT, "model '%.60s' is not in the catalogue%s%s%s", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    snprintf(shape.name, sizeof(shape.name), "%s", name);
    read_columns(models, (size_t)row, &shape);
    attn = mz_catalogue_field(models, (size_t)row, "attn");
    if (strncmp(attn, "hybrid", 6) == 0 && !apply_hybrid(&shape))
        return mz_fail(err, MZ_E_INPUT,
            "model '%.60s' mixes attention with %.40s blocks that this model of time does not know",
            name, attn + 6);
    shape.clamped = strcmp(mz_catalogue_field(models, (size_t)row, "family"), "gpt-oss") == 0;
    if (strcmp(attn, "gqa_alternating_window") == 0)
        shape.window_layers = shape.layers / 2;
    else if (shape.window > 0)
        shape.window_layers = shape.layers * 3 / 4; /* OLMo 3: three of four */
    status = mz_model_shape_check(&shape, err);
    if (status == MZ_OK)
        *ret_shape = shape;
    return status;
}

double mz_model_attn_params(const struct mz_model_shape *s)
{
    double h = s->hidden;
    double heads = s->heads;

    if (s->mla_kv_rank > 0) {
        double qk = s->mla_nope_dim + s->mla_rope_dim;
        double q =
            s->mla_q_rank > 0 ? h * s->mla_q_rank + s->mla_q_rank * heads * qk : h * heads * qk;

        return q + h * (s->mla_kv_rank + s->mla_rope_dim) +
            (double)s->mla_kv_rank * heads * (s->mla_nope_dim + s->mla_v_dim) +
            heads * s->mla_v_dim * h;
    }
    return h * s->head_dim * (2 * heads + 2.0 * s->kv_heads);
}

double mz_model_mamba_params(const struct mz_model_shape *s)
{
    double in = 2.0 * s->mamba_inner + 2.0 * s->mamba_groups * s->mamba_state + s->mamba_heads;

    return s->hidden * (in + s->mamba_inner);
}

double mz_model_dense_params(const struct mz_model_shape *s)
{
    return (s->gated ? 3.0 : 2.0) * s->hidden * s->ffn;
}

double mz_model_expert_params(const struct mz_model_shape *s)
{
    double width = s->latent > 0 ? s->latent : s->hidden;

    return (s->gated ? 3.0 : 2.0) * width * s->expert_ffn;
}

double mz_model_moe_fixed_params(const struct mz_model_shape *s)
{
    return (double)s->hidden * s->experts + (s->gated ? 3.0 : 2.0) * s->hidden * s->shared_ffn +
        2.0 * s->hidden * s->latent;
}

double mz_model_embedding_params(const struct mz_model_shape *s)
{
    return (double)s->vocab * s->hidden;
}

double mz_model_params(const struct mz_model_shape *s)
{
    return s->attn_layers * mz_model_attn_params(s) + s->mamba_layers * mz_model_mamba_params(s) +
        s->dense_layers * mz_model_dense_params(s) +
        s->moe_layers * (mz_model_moe_fixed_params(s) + s->experts * mz_model_expert_params(s)) +
        (s->tied ? 1 : 2) * mz_model_embedding_params(s);
}

double mz_model_active_params(const struct mz_model_shape *s, bool head)
{
    return s->attn_layers * mz_model_attn_params(s) + s->mamba_layers * mz_model_mamba_params(s) +
        s->dense_layers * mz_model_dense_params(s) +
        s->moe_layers * (mz_model_moe_fixed_params(s) + s->topk * mz_model_expert_params(s)) +
        (head ? mz_model_embedding_params(s) : 0);
}
