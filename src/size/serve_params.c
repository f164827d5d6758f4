/* serve_params.c - names, defaults and assignments of serve_params.h */
#include "size/serve_params.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    size_t offset;
    double value;
} table[MZ_SERVE_PARAM_COUNT] = {
#define MZ_SERVE_PARAM_ROW(name, value, text)                                                      \
    { #name, text, offsetof(struct mz_serve_params, name), value },
    MZ_SERVE_PARAMS(MZ_SERVE_PARAM_ROW)
#undef MZ_SERVE_PARAM_ROW
};

void mz_serve_params_default(struct mz_serve_params *ret_params)
{
#define MZ_SERVE_PARAM_SET(name, value, text) ret_params->name = value;
    MZ_SERVE_PARAMS(MZ_SERVE_PARAM_SET)
#undef MZ_SERVE_PARAM_SET
}

void mz_serve_params_stack(const struct mz_serve_params *params, enum mz_serve_engine engine,
    struct mz_serve_stack *ret_stack)
{
    const struct mz_serve_params *p = params;
    const struct mz_serve_stack stacks[] = {
        [MZ_ENGINE_VLLM] = { p->experts_vllm, p->host_vllm_us, p->seq_vllm_us, p->front_vllm_ms,
            p->client_vllm_ms },
        [MZ_ENGINE_SGLANG] = { p->experts_sglang, p->host_sglang_us, p->seq_sglang_us,
            p->front_sglang_ms, p->client_sglang_ms },
        [MZ_ENGINE_TRTLLM] = { p->experts_trtllm, p->host_trtllm_us, p->seq_trtllm_us,
            p->front_trtllm_ms, p->client_trtllm_ms },
    };

    memset(ret_stack, 0, sizeof(*ret_stack));
    if (engine <= MZ_ENGINE_TRTLLM) {
        *ret_stack = stacks[engine];
        return;
    }
    for (int i = 0; i <= MZ_ENGINE_TRTLLM; i++) {
        ret_stack->experts += stacks[i].experts / 3;
        ret_stack->host_us += stacks[i].host_us / 3;
        ret_stack->seq_us += stacks[i].seq_us / 3;
        ret_stack->front_ms += stacks[i].front_ms / 3;
        ret_stack->client_ms += stacks[i].client_ms / 3;
    }
}

void mz_serve_params_bare(struct mz_serve_params *params)
{
    params->widen = 1;
    params->bunch = 0;
    params->experts_vllm = params->experts_sglang = params->experts_trtllm = 1;
    params->host_vllm_us = params->host_sglang_us = params->host_trtllm_us = 0;
    params->seq_vllm_us = params->seq_sglang_us = params->seq_trtllm_us = 0;
    params->front_vllm_ms = params->front_sglang_ms = params->front_trtllm_ms = 0;
    params->client_vllm_ms = params->client_sglang_ms = params->client_trtllm_ms = 0;
}

const char *mz_serve_param_name(int index)
{
    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    return table[index].name;
}

const char *mz_serve_param_text(int index)
{
    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    return table[index].text;
}

double mz_serve_param_get(const struct mz_serve_params *params, int index)
{
    double value;

    assert(index >= 0 && index < MZ_SERVE_PARAM_COUNT);
    memcpy(&value, (const char *)params + table[index].offset, sizeof(value));
    return value;
}

enum mz_status mz_serve_params_set(
    struct mz_serve_params *params, const char *assignment, struct mz_error *err)
{
    const char *equals = strchr(assignment, '=');
    char *end;
    double value;

    for (int i = 0; equals && i < MZ_SERVE_PARAM_COUNT; i++) {
        size_t length = strlen(table[i].name);

        if ((size_t)(equals - assignment) != length ||
            strncmp(assignment, table[i].name, length) != 0)
            continue;
        value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end || !isfinite(value) || value < 0)
            return mz_fail(
                err, MZ_E_INPUT, "'%.80s': wants a number that is not negative", assignment);
        memcpy((char *)params + table[i].offset, &value, sizeof(value));
        return MZ_OK;
    }
    return mz_fail(err, MZ_E_INPUT, "'%.80s': no such constant of serving", assignment);
}
