/* params.h - the few global constants of the performance model
 *
 * Everything that a micro-benchmark measures is in catalogue/kernels.csv and collectives.csv. What
 * is left are the constants below: one value for every run, counted, documented or argued, each
 * with its source in docs/size-model.md, "Constants". Published runs moved two of them, the stack
 * factors mamba_eff and host_moe_ms (tools/fit-train.py). None depends on a model, a row or a source
 * of measurements.
 */
#ifndef MZ_SIZE_PARAMS_H
#define MZ_SIZE_PARAMS_H

#include "base/status.h"

/* X(name, default, unit and meaning) */
#define MZ_SIZE_PARAMS(X)                                                                          \
    X(attn_fwd, 0.83, "flash attention forward, share of the chip's large bf16 GEMM rate")         \
    X(attn_half, 1000, "tokens a context rank at which flash attention reaches half its rate")     \
    X(attn_bwd, 0.72, "flash attention backward (2.5 x the forward FLOP), same share")             \
    X(attn_gemm, 0.57, "batched GEMMs of unfused attention, same share")                           \
    X(unfused_bytes, 1, "passes over the scores of unfused attention, over their count")           \
    X(memory_eff, 0.88, "share of the HBM bandwidth reached by element-wise kernels")              \
    X(sustained_a16, 0.87, "rate held in a whole step over a micro-benchmark's: A100, 16 bits")    \
    X(sustained_h16, 0.87, "same, H100 and H200, 16 bits")                                         \
    X(sustained_h8, 0.87, "same, H100 and H200, fp8")                                              \
    X(sustained_b16, 0.87, "same, Blackwell, 16 bits")                                             \
    X(sustained_b8, 0.87, "same, Blackwell, fp8 with one scale a tensor")                          \
    X(sustained_bmx, 0.87, "same, Blackwell, fp8 with block scales (mxfp8)")                       \
    X(sustained_b4, 0.87, "same, Blackwell, nvfp4")                                                \
    X(cast_hopper, 0.7,                                                                            \
        "cast and transpose of GEMM inputs below 16 bits: share not fused, Hopper")                \
    X(cast_blackwell, 0.4, "same, Blackwell, whose GEMMs need no transposed copy")                 \
    X(nic_eff, 0.80, "share of the network interface's line rate reached by large collectives")    \
    X(nic_alpha_us, 10.0, "microseconds a message between nodes")                                  \
    X(congestion, 0.03, "loss of network bandwidth per doubling of the nodes in a group")          \
    X(tp_overlap, 0.75, "share of tensor-parallel communication hidden where the stack does it")   \
    X(slow_scaleup, 0.15, "slow-down of compute while the scale-up links are busy")                \
    X(slow_nic, 0.02, "slow-down of compute while the network interface is busy")                  \
    X(ep_overlap, 0.8, "share of the expert all-to-all hidden where the stack does it")            \
    X(ep_eff, 0.86, "expert all-to-all: share of the measured bandwidth of a plain all-to-all")    \
    X(host_kernel_us, 10, "host time to launch a kernel; binds when the device is faster")         \
    X(host_eager_us, 43, "same for stacks before fused attention, most of it interpreter")         \
    X(host_moe_ms, 8.15, "host time of an expert block, forward and backward, with its waits")     \
    X(gap_us, 2, "idle device time between two kernels")                                           \
    X(moe_eff, 0.8, "grouped GEMM over a plain GEMM of the same rows")                             \
    X(moe_bytes, 1, "bytes of permutation, routing and padding over their count")                  \
    X(optimizer_bytes, 40, "bytes read and written a parameter in the optimizer step")             \
    X(step_fixed_ms, 10, "milliseconds a step that nothing hides: data, norm, logging")            \
    X(p2p_blocking, 1, "share of pipeline transfers that 1F1B without interleaving waits for")     \
    X(imbalance, 1, "share of the head's extra time on the last stage that delays the others")     \
    X(p2p_overlap, 0.8, "share of pipeline transfers hidden in interleaved schedules")             \
    X(straggler, 0.015, "slow-down per doubling of the nodes that data parallelism keeps in step") \
    X(mamba_eff, 0.0158, "state-space scan, share of the bf16 GEMM rate")                          \
    X(borrowed_eff, 0.75, "chip of another vendor than its sibling: share of the scaled rate")     \
    X(dp_overlap_moe, 0.8, "same for the gradients and parameters of experts")                     \
    X(dp_overlap, 0.8, "most of gradient and parameter traffic that can be hidden")

struct mz_size_params {
#define MZ_SIZE_PARAM_FIELD(name, value, text) double name;
    MZ_SIZE_PARAMS(MZ_SIZE_PARAM_FIELD)
#undef MZ_SIZE_PARAM_FIELD
};

enum {
#define MZ_SIZE_PARAM_COUNT_ONE(name, value, text) +1
    MZ_SIZE_PARAM_COUNT = 0 MZ_SIZE_PARAMS(MZ_SIZE_PARAM_COUNT_ONE)
#undef MZ_SIZE_PARAM_COUNT_ONE
};

/* The values above. */
void mz_size_params_default(struct mz_size_params *ret_params);

/* Name and meaning of parameter `index`; value is read and written through mz_size_param_at. */
const char *mz_size_param_name(int index);
const char *mz_size_param_text(int index);
double *mz_size_param_at(struct mz_size_params *params, int index);

/* Sets one by "name=value". MZ_E_INPUT: no such name, or not a finite number >= 0. */
enum mz_status mz_size_params_set(
    struct mz_size_params *params, const char *assignment, struct mz_error *err);

#endif
