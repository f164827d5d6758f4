/* serve_params.h - the constants of serving that no micro-benchmark gives
 *
 * One value for every run, or one per engine where the software itself is meant (the host's share
 * of a step). 13 come from benchmarks of collectives and memory, formulas and manuals; 15 are
 * chosen by tools/fit-serve.py, with a prior each, because no open benchmark has kernels of engines;
 * docs/size-serve.md lists which, and how far the error grows on models that were not seen.
 */
#ifndef MZ_SIZE_SERVE_PARAMS_H
#define MZ_SIZE_SERVE_PARAMS_H

#include "base/status.h"

/* X(name, default, unit and meaning) */
#define MZ_SERVE_PARAMS(X)                                                                         \
    X(gemm_16, 1, "time of a 16-bit GEMM in an engine over the micro-benchmark's")                 \
    X(gemm_8, 1.09, "same, 8 bits: engines fuse the cast that the benchmark times")                \
    X(gemm_4, 0.809, "same, 4 bits")                                                               \
    X(moe_time, 1.43, "time of the experts' grouped GEMMs over one GEMM of the same bytes")        \
    X(moe_fp4, 0.725, "same for fp4 weights on chips with fp4 matrix units")                       \
    X(expand_time, 1.86, "same for weights that the chip has to widen before it multiplies")       \
    X(route_skew, 0.612, "share of tokens that route as if independently: fewer experts touched")  \
    X(imbalance, 0.521, "load of the fullest expert rank over the mean, minus 1, per doubling")    \
    X(attn_bw, 0.84, "share of HBM bandwidth that decode attention reads the KV cache with")       \
    X(attn_prefill, 0.72, "prefill attention, share of the chip's large bf16 GEMM rate")           \
    X(mla_rate, 0.7, "decode attention with latent heads, same share")                             \
    X(element_passes, 24.9, "passes of 2-byte activations over a block outside of GEMMs")          \
    X(gap_us, 2.22, "microseconds between two kernels of a captured graph")                        \
    X(linear_us, 28, "microseconds of a linear attention block outside of its GEMMs and state")    \
    X(reduce_us, 6.45, "microseconds of a small all-reduce among two chips")                       \
    X(reduce_hop_us, 1.55, "microseconds more for each further chip")                              \
    X(reduce_bw, 1.0, "all-reduce of activations: share of the measured link bandwidth")           \
    X(host_vllm_us, 658, "microseconds a step that the device waits for the host, vLLM")           \
    X(host_sglang_us, 766, "same, SGLang")                                                         \
    X(host_trtllm_us, 512, "same, TensorRT-LLM")                                                   \
    X(seq_us, 10.6, "microseconds a step for each sequence: sampling, scheduling, detokenising")   \
    X(prefill_time, 1, "time of prefill in an engine over the sum of its kernels")                 \
    X(ttft_ms, 94.6, "milliseconds of front end before a first token")                             \
    X(queue, 1, "waiting for other prompts over that of a random arrival")                         \
    X(burst, 0.1, "share of requests that arrive together with all others: the start of a run")    \
    X(bunch, 0.2, "share of equal requests that an engine which prefills first keeps in step")     \
    X(memory_share, 0.9,                                                                           \
        "share of the memory that vLLM fills; of what weights leave, TensorRT-LLM")                \
    X(spec_accept, 0.65, "chance that the next drafted token is accepted")

struct mz_serve_params {
#define MZ_SERVE_PARAM_FIELD(name, value, text) double name;
    MZ_SERVE_PARAMS(MZ_SERVE_PARAM_FIELD)
#undef MZ_SERVE_PARAM_FIELD
};

enum {
#define MZ_SERVE_PARAM_COUNT_ONE(name, value, text) +1
    MZ_SERVE_PARAM_COUNT = 0 MZ_SERVE_PARAMS(MZ_SERVE_PARAM_COUNT_ONE)
#undef MZ_SERVE_PARAM_COUNT_ONE
};

/* The values above. */
void mz_serve_params_default(struct mz_serve_params *ret_params);

const char *mz_serve_param_name(int index);
const char *mz_serve_param_text(int index);
double mz_serve_param_get(const struct mz_serve_params *params, int index);

/* Sets one by "name=value". MZ_E_INPUT: no such name, or not a finite number >= 0. */
enum mz_status mz_serve_params_set(
    struct mz_serve_params *params, const char *assignment, struct mz_error *err);

#endif
