/* serve_params.h - the constants of serving beside the curves of catalogue/kernels.csv
 *
 * Kernels and links: from micro-benchmarks of GEMMs, published figures of kernels, counted or from
 * a manual; published runs move none of them.
 * Stack factors, from `widen` on: what a serving stack adds, fitted to published runs by
 * tools/fit-serve.py; mz_serve_params_bare leaves them out. docs/size-serve.md, "Constants", says
 * where each comes from.
 */
#ifndef MZ_SIZE_SERVE_PARAMS_H
#define MZ_SIZE_SERVE_PARAMS_H

#include "base/status.h"

enum mz_serve_engine {
    MZ_ENGINE_VLLM,
    MZ_ENGINE_SGLANG,
    MZ_ENGINE_TRTLLM,
    MZ_ENGINE_OTHER,
    MZ_ENGINE_COUNT
};

/* X(name, default, unit and meaning) */
#define MZ_SERVE_PARAMS(X)                                                                         \
    X(moe_bytes, 6, "bytes moved for each value of a routed token: gathered and summed")           \
    X(expand_time, 1.07, "dense GEMM on widened weights over a plain one of the same bytes")       \
    X(attn_bw, 0.84, "share of HBM bandwidth that decode attention reads the KV cache with")       \
    X(attn_prefill, 0.72, "prefill attention, share of the chip's large bf16 GEMM rate")           \
    X(mla_bw, 0.9, "attn_bw of attention with latent heads")                                       \
    X(mla_rate, 0.73, "decode attention with latent heads over the large bf16 GEMM rate")          \
    X(mla_rate_8_hopper, 0.51, "same, cache in 8 bits, which is widened first")                    \
    X(linear_rate, 0.0625, "linear attention of prompts over the large bf16 GEMM rate")            \
    X(element_passes, 16, "passes of 2-byte activations over a block outside of GEMMs")            \
    X(burst, 0.1, "share of requests that arrive together with all others: the start of a run")    \
    X(memory_share, 0.9,                                                                           \
        "share of the memory that vLLM fills; of what weights leave, TensorRT-LLM")                \
    X(spec_accept, 0.65, "chance that the next drafted token is accepted")                         \
    X(widen, 1.909, "stack: time of grouped GEMMs that widen their weights over 16-bit ones")      \
    X(experts_vllm, 1.008, "stack: time of experts' kernels over the grouped curve, vLLM")         \
    X(experts_sglang, 1.183, "same, SGLang")                                                       \
    X(experts_trtllm, 1.348, "same, TensorRT-LLM")                                                 \
    X(bunch, 0.385, "stack: share of equal requests that SGLang keeps in step")                    \
    X(host_vllm_us, 689.5, "stack: microseconds a step that the device waits for the host, vLLM")  \
    X(seq_vllm_us, 19.24,                                                                          \
        "stack: microseconds more for each sequence: sampling, scheduling, vLLM")                  \
    X(front_vllm_ms, 19.45, "stack: milliseconds of front end before a first token, vLLM")         \
    X(client_vllm_ms, 1.126,                                                                       \
        "stack: milliseconds more for each client: start of a run, queues, vLLM")                  \
    X(host_sglang_us, 675.7, "same, SGLang")                                                       \
    X(seq_sglang_us, 22.21, "same, SGLang")                                                        \
    X(front_sglang_ms, 258.6, "same, SGLang")                                                      \
    X(client_sglang_ms, 4.442, "same, SGLang")                                                     \
    X(host_trtllm_us, 348.7, "same, TensorRT-LLM")                                                 \
    X(seq_trtllm_us, 7.823, "same, TensorRT-LLM")                                                  \
    X(front_trtllm_ms, 86.04, "same, TensorRT-LLM")                                                \
    X(client_trtllm_ms, 1.795, "same, TensorRT-LLM")

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

/* What a serving stack adds to its kernels: the only constants that published runs may move. */
struct mz_serve_stack {
    double experts, host_us, seq_us, front_ms, client_ms;
};

/* The stack of an engine; Others: the mean of the three. */
void mz_serve_params_stack(const struct mz_serve_params *params, enum mz_serve_engine engine,
    struct mz_serve_stack *ret_stack);

/* A stack that costs nothing: kernels alone. */
void mz_serve_params_bare(struct mz_serve_params *params);

/* The values above. */
void mz_serve_params_default(struct mz_serve_params *ret_params);

const char *mz_serve_param_name(int index);
const char *mz_serve_param_text(int index);
double mz_serve_param_get(const struct mz_serve_params *params, int index);

/* Sets one by "name=value". MZ_E_INPUT: no such name, or not a finite number >= 0. */
enum mz_status mz_serve_params_set(
    struct mz_serve_params *params, const char *assignment, struct mz_error *err);

#endif
