/* stack.c - the table of training software; the meaning of the columns is in stack.h
 *
 * Facts: SC'21 and January 2021 runs use the unfused attention of Megatron-LM 2.x, float16 gradient
 * all-reduce without overlap (distributed data parallel of that time); Korthikanti et al. 2022
 * section 4 overlaps the backward all-gather with the weight gradient; Megatron-DeepSpeed (vTrain,
 * MT-NLG, BLOOM) has no interleaving, and its pipeline engine splits what a stage sends over the
 * tensor ranks (is_pipe_partitioned = is_model_parallel, deepspeed/runtime/pipe/engine.py); NeMo
 * 24.x and later use fused attention, distributed optimizer with overlap and tensor-parallel
 * overlap; Megatron-Bridge 26.06 captures the expert layers in graphs and fuses the permutation:
 * one pass instead of two. */
#include "size/stack.h"

#include "base/text.h"

#include <string.h>

static const struct mz_stack stacks[] = {
    /* name, sources, flash, loss, tp, tpb, dp, p2p, sg, vp, offload, full, grad, graphs, moe, rack,
     * factor, bands: dense, experts elsewhere, experts in a rack, rows dense, rows experts (all of
     * the last line are printed by tools/fit-stacks.py) */
    { "megatron-2025", "", true, true, true, true, true, true, true, true, false, false, 2, 0.6, 1,
        true, 1, 0, 0, 0, 0, 0 },
    { "megatron-2020", "megatron-jan21", false, false, false, false, true, false, false, false,
        false, false, 2, 0, 1, false, 0.999, 0.093, 0, 0, 7, 0 },
    { "megatron-2021", "sc21", false, false, false, false, false, false, true, true, false, false,
        2, 0, 1, false, 1.001, 0.082, 0, 0, 9, 0 },
    { "megatron-2022", "korthikanti22", false, false, false, true, false, false, true, true, false,
        false, 2, 0, 1, false, 0.998, 0.087, 0, 0, 8, 0 },
    { "megatron-deepspeed-2021", "mtnlg bloom", false, false, false, false, false, false, true,
        false, false, false, 2, 0, 1, false, 1.091, 0.224, 0, 0, 3, 0 },
    { "megatron-deepspeed-2023", "vtrain", false, false, false, true, false, false, true, false,
        false, false, 2, 0, 1, false, 1.044, 0.102, 0, 0, 67, 0 },
    { "megatron-core-0.8", "mcore08", true, false, true, true, true, true, true, true, false, true,
        4, 0, 2, false, 1.025, 0.122, 0, 0, 5, 0 },
    { "nemo-2024", "nemo2407 nemo-longseq", true, true, true, true, true, true, true, true, false,
        true, 2, 0, 2, false, 1.01, 0.1, 0, 0, 23, 0 },
    { "mlperf-4", "mlperf-v4", true, true, true, true, true, true, true, true, false, false, 2, 0.8,
        2, false, 1.015, 0.086, 0, 0, 16, 0 },
    { "mlperf-5", "mlperf-v5", true, true, true, true, true, true, true, true, false, false, 2, 1,
        1, false, 0.979, 0.243, 0, 0, 22, 0 },
    { "megatron-bridge-25", "mbridge-25 mbridge-26.02 mbridge-26.04", true, true, true, true, true,
        true, true, true, true, false, 2, 0, 2, false, 1.031, 0.095, 0.258, 0.131, 35, 83 },
    { "megatron-bridge-26", "mbridge-26", true, true, true, true, true, true, true, true, true,
        false, 2, 0.6, 1, true, 0.979, 0.098, 0.258, 0.166, 9, 33 },
    { "meta-2024", "llama3", true, true, false, true, true, true, true, true, false, false, 4, 0, 2,
        false, 1.026, 0.1, 0, 0, 3, 0 },
    { "fsdp-2023", "llama1 llama2 olmo", true, false, false, false, true, false, false, false,
        false, false, 2, 0, 2, false, 1.028, 0.141, 0, 0, 4, 0 },
};

enum { RACK_MIN = 16 };

bool mz_stack_in_rack(int scaleup_domain)
{
    return scaleup_domain > RACK_MIN;
}

double mz_stack_graphs(const struct mz_stack *stack, int scaleup_domain)
{
    return stack->rack && !mz_stack_in_rack(scaleup_domain) ? 0 : stack->graphs;
}

double mz_stack_moe_bytes(const struct mz_stack *stack, int scaleup_domain)
{
    return stack->rack && !mz_stack_in_rack(scaleup_domain) ? 2 : stack->moe_bytes;
}

size_t mz_stack_count(void)
{
    return sizeof(stacks) / sizeof(stacks[0]);
}

const struct mz_stack *mz_stack_at(size_t index)
{
    return index < mz_stack_count() ? &stacks[index] : NULL;
}

const struct mz_stack *mz_stack_default(void)
{
    return &stacks[0];
}

enum mz_status mz_stack_find(
    const char *name, const struct mz_stack **ret_stack, struct mz_error *err)
{
    const char *names[sizeof(stacks) / sizeof(stacks[0])];
    const char *near;

    for (size_t i = 0; i < mz_stack_count(); i++) {
        names[i] = stacks[i].name;
        if (strcmp(stacks[i].name, name) == 0) {
            *ret_stack = &stacks[i];
            return MZ_OK;
        }
    }
    near = mz_nearest_word(name, names, mz_stack_count());
    return mz_fail(err, MZ_E_INPUT, "no software stack '%.60s'%s%s%s", name,
        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const struct mz_stack *mz_stack_of_source(const char *source_id)
{
    for (size_t i = 0; i < mz_stack_count(); i++) {
        const char *at = stacks[i].source_prefix;

        while (*at) {
            size_t length = strcspn(at, " ");

            if (strncmp(source_id, at, length) == 0)
                return &stacks[i];
            at += length + (at[length] == ' ');
        }
    }
    return mz_stack_default();
}
