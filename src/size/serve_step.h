/* serve_step.h - seconds of one engine step of a model on one instance
 *
 * A step decodes `batch` sequences by one token each (or by one draft of `spec_tokens`) and may
 * carry a chunk of prefill. The instance is tp x dp x pp chips: attention is split over tp ranks
 * and replicated dp times (attention data parallelism), experts are split ep ways and their width
 * over the rest. Formulas and sources: docs/size-serve.md, "One step". All functions are pure and
 * never allocate. Units: seconds, bytes, tokens.
 */
#ifndef MZ_SIZE_SERVE_STEP_H
#define MZ_SIZE_SERVE_STEP_H

#include "size/model_shape.h"
#include "size/params.h"
#include "size/serve_params.h"

/* How weights are kept. FP4: nvfp4 or mxfp4 with scales; of models with experts only the experts
 * and dense feed-forward blocks, attention stays in 16 bits. A chip without such a rate expands
 * them to 16 bits on the way to its matrix units. */
enum mz_serve_weights { MZ_WEIGHTS_16, MZ_WEIGHTS_FP8, MZ_WEIGHTS_FP4 };

/* What is served and how; constant during a search. Pointers are borrowed. */
struct mz_serve_case {
    const struct mz_model_shape *shape;
    const struct mz_size_chip *chip;
    const struct mz_size_params *params;
    const struct mz_serve_params *serve;
    enum mz_serve_engine engine;
    enum mz_serve_weights weights;
    double kv_bytes;   /* of one cached value: 2 or 1 */
    double in_tokens;  /* of a request, > 0 */
    double out_tokens; /* of a request, >= 1 */
    bool
        equal_lengths; /* all requests have the same lengths, so those that start together end so */
    double prefix_hit; /* share of prompt tokens found in the prefix cache, 0 to below 1 */
    int32_t spec_tokens;   /* drafted a step; 0: no speculation */
    double spec_accept;    /* chance that the next draft token is accepted, 0..1 */
    int32_t batch_max;     /* sequences an engine admits; 0: only memory limits */
    double chunk_tokens;   /* of prefill in one step; 0: 8192 */
    bool head_by_head;     /* kernels that read a shared cache once for every query head */
    double usd_per_chip_h; /* price; 0: no cost is told */
};

struct mz_serve_layout {
    int32_t tp, dp, ep, pp;
};

int32_t mz_serve_layout_chips(const struct mz_serve_layout *layout);

/* MZ_E_RANGE or MZ_E_INPUT with the reason when the layout cannot be run: a split that does not
 * divide heads or experts, or a model that needs more than is there. */
enum mz_status mz_serve_layout_check(
    const struct mz_serve_case *serve, const struct mz_serve_layout *layout, struct mz_error *err);

/* What a step carries, for the whole instance. */
struct mz_step_load {
    double batch;           /* sequences that decode */
    double context;         /* mean tokens cached for each of them */
    double prefill_tokens;  /* prompt tokens in the step */
    double prefill_context; /* mean tokens that each of them looks back to */
};

/* Seconds; total is their sum. floor_s: the time at which bytes of weights and cache alone would
 * pass at full HBM bandwidth, part of the terms and not of the sum. */
struct mz_step_time {
    double gemm, experts, attention, elementwise, gaps, reduce, exchange, head, host;
    double total;
    double floor_s;
};

void mz_serve_step(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    const struct mz_step_load *load, struct mz_step_time *ret_step);

/* Tokens that one step of a sequence yields: (1 - a^(k+1)) / (1 - a); k = 0: one. */
double mz_spec_tokens_per_step(int32_t spec_tokens, double accept);

/* Share of `experts` that `tokens` tokens of `topk` draws touch, routed independently. */
double mz_experts_touched(double experts, double topk, double tokens);

/* Bytes on the fullest chip. */
struct mz_serve_memory {
    double weights;
    double kv_per_token;       /* of one token of one sequence that this chip holds a part of */
    double state_per_sequence; /* of state-space or linear attention blocks */
    double runtime;            /* context, graphs, communication and activation buffers */
    double usable;             /* what engines may fill */
};

void mz_serve_memory(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    struct mz_serve_memory *ret_memory);

/* Sequences of in_tokens + out_tokens that an instance holds at once; 0: weights do not fit. */
double mz_serve_batch_max(const struct mz_serve_case *serve, const struct mz_serve_layout *layout);

#endif
