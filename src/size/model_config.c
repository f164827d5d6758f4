/* model_config.c - a Hugging Face config.json into a shape
 *
 * The file comes from anywhere: its size is bounded, numbers are taken only when they are integers
 * in range, and nesting is limited by jansson. Multimodal configs keep the language model in
 * "text_config". Field names differ between families; the first that is present wins. */
#include "size/model_shape.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { CONFIG_BYTES_MAX = 4 << 20 };

/* First of the names (a list separated by blanks) that holds a number; 0 when none does. */
static enum mz_status read_number(const char *model, const json_t *config, const char *names,
    int32_t *ret_value, struct mz_error *err)
{
    char name[64];
    const char *at = names;

    *ret_value = 0;
    while (*at) {
        size_t length = strcspn(at, " ");
        const json_t *value;

        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        at += length + (at[length] == ' ');
        value = json_object_get(config, name);
        if (!value || json_is_null(value))
            continue;
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > 1000000000)
            return mz_fail(
                err, MZ_E_RANGE, "%s: \"%s\" is not a whole number in 0..1000000000", model, name);
        *ret_value = (int32_t)json_integer_value(value);
        return MZ_OK;
    }
    return MZ_OK;
}

static enum mz_status read_numbers(
    const json_t *config, struct mz_model_shape *shape, struct mz_error *err)
{
    int32_t shared = 0;
    int32_t shared_width = 0;
    const struct {
        const char *names;
        int32_t *value;
    } fields[] = {
        { "num_hidden_layers n_layer n_layers num_layers", &shape->layers },
        { "hidden_size n_embd d_model", &shape->hidden },
        { "num_attention_heads n_head n_heads", &shape->heads },
        { "num_key_value_heads n_head_kv", &shape->kv_heads },
        { "head_dim", &shape->head_dim },
        { "intermediate_size_mlp intermediate_size n_inner ffn_hidden_size d_ff", &shape->ffn },
        { "vocab_size", &shape->vocab },
        { "n_routed_experts num_experts num_local_experts", &shape->experts },
        { "num_experts_per_tok num_experts_per_token moe_topk", &shape->topk },
        { "moe_intermediate_size", &shape->expert_ffn },
        { "shared_expert_intermediate_size moe_shared_expert_intermediate_size", &shared_width },
        { "n_shared_experts num_shared_experts", &shared },
        { "first_k_dense_replace", &shape->dense_layers },
        { "q_lora_rank", &shape->mla_q_rank },
        { "kv_lora_rank", &shape->mla_kv_rank },
        { "qk_rope_head_dim", &shape->mla_rope_dim },
        { "qk_nope_head_dim", &shape->mla_nope_dim },
        { "v_head_dim", &shape->mla_v_dim },
        { "sliding_window", &shape->window },
        { "num_nextn_predict_layers", &shape->mtp_layers },
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        enum mz_status status =
            read_number(shape->name, config, fields[i].names, fields[i].value, err);

        if (status != MZ_OK)
            return status;
    }
    if (shape->ffn == 0)
        shape->ffn = 4 * (shape->hidden < MZ_MODEL_HIDDEN_MAX / 4 ? shape->hidden : 0);
    if (shape->experts > 1 && shape->expert_ffn == 0)
        shape->expert_ffn = shape->ffn;
    if (shared_width > 0)
        shape->shared_ffn = shared_width;
    else if (shared > 0 && shared < 64)
        shape->shared_ffn =
            shared * (shape->expert_ffn < MZ_MODEL_HIDDEN_MAX ? shape->expert_ffn : 0);
    return MZ_OK;
}

static void read_kinds(const json_t *config, struct mz_model_shape *shape)
{
    const char *activation = json_string_value(json_object_get(config, "hidden_act"));
    const char *type = json_string_value(json_object_get(config, "model_type"));
    const json_t *kinds = json_object_get(config, "layer_types");
    const json_t *use_window = json_object_get(config, "use_sliding_window");
    size_t index;
    const json_t *kind;

    shape->clamped = json_is_number(json_object_get(config, "swiglu_limit"));
    shape->tied = json_is_true(json_object_get(config, "tie_word_embeddings"));
    shape->gated = !(type &&
                       (strcmp(type, "gpt2") == 0 || strcmp(type, "bloom") == 0 ||
                           strcmp(type, "nemotron") == 0)) &&
        !(activation && strcmp(activation, "relu2") == 0);
    if (use_window && json_is_false(use_window))
        shape->window = 0;
    if (shape->window == 0)
        return;
    if (!json_is_array(kinds)) {
        shape->window_layers = shape->layers;
        return;
    }
    json_array_foreach(kinds, index, kind)
    {
        const char *text = json_string_value(kind);

        if (text && strcmp(text, "sliding_attention") == 0 && index < MZ_MODEL_LAYERS_MAX)
            shape->window_layers++;
    }
}

static enum mz_status read_config(
    const json_t *root, struct mz_model_shape *shape, struct mz_error *err)
{
    const json_t *text = json_object_get(root, "text_config");
    const json_t *config = json_is_object(text) ? text : root;
    const char *type = json_string_value(json_object_get(config, "model_type"));
    enum mz_status status;

    if (json_object_get(config, "hybrid_override_pattern") ||
        json_object_get(config, "linear_num_key_heads"))
        return mz_fail(err, MZ_E_INPUT,
            "%s: blocks other than attention (%.40s) are not modelled from config.json",
            shape->name, type ? type : "unknown type");
    status = read_numbers(config, shape, err);
    if (status != MZ_OK)
        return status;
    if (shape->layers == 0 || shape->hidden == 0 || shape->heads == 0 || shape->vocab == 0)
        return mz_fail(err, MZ_E_INPUT,
            "%s: needs num_hidden_layers, hidden_size, num_attention_heads and vocab_size",
            shape->name);
    read_kinds(config, shape);
    return mz_model_shape_check(shape, err);
}

enum mz_status mz_model_shape_parse(const char *name, const char *bytes, size_t length,
    struct mz_model_shape *ret_shape, struct mz_error *err)
{
    struct mz_model_shape shape = { 0 };
    json_error_t where;
    json_t *root;
    enum mz_status status;

    if (length > CONFIG_BYTES_MAX)
        return mz_fail(err, MZ_E_LIMIT, "%.200s: larger than 4 MiB", name);
    root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return mz_fail(
            err, MZ_E_PARSE, "%.200s:%d:%d: %s", name, where.line, where.column, where.text);
    snprintf(shape.name, sizeof(shape.name), "%s", name);
    status = json_is_object(root)
        ? read_config(root, &shape, err)
        : mz_fail(err, MZ_E_PARSE, "%.200s: the top of the file is not an object", name);
    json_decref(root);
    if (status == MZ_OK)
        *ret_shape = shape;
    return status;
}
