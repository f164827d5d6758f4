/* serve.h - time to first token, time per token and throughput of a served model
 *
 * A closed loop: `concurrency` clients each send the next request when the last one is answered.
 * What is solved is a fixed point between the sequences that decode at once and the time a request
 * takes, under the limit that the KV cache sets; equations in docs/size-serve.md, "Closed loop".
 * All functions are pure and never allocate. Times in seconds, of a mean request.
 */
#ifndef MZ_SIZE_SERVE_H
#define MZ_SIZE_SERVE_H

#include "size/serve_step.h"

/* What more load would run into first. */
enum mz_serve_limit {
    MZ_LIMIT_MEMORY,    /* the KV cache holds no more sequences */
    MZ_LIMIT_BANDWIDTH, /* reading weights and cache */
    MZ_LIMIT_COMPUTE,   /* matrix units, mostly prefill */
    MZ_LIMIT_LATENCY,   /* launches, links and host: work is too small for the chips */
    MZ_LIMIT_TTFT,      /* the wanted time to first token */
    MZ_LIMIT_TPOT,      /* the wanted time per token */
    MZ_LIMIT_PREFILL,   /* disaggregated: the prefill pool */
    MZ_LIMIT_DECODE,    /* disaggregated: the decode pool */
};

const char *mz_serve_limit_name(enum mz_serve_limit limit);

struct mz_serve_result {
    double ttft_s;
    double tpot_s; /* mean time between tokens of one request */
    double request_s;
    double tokens_s;          /* output tokens, all chips */
    double tokens_s_per_chip; /* output tokens */
    double usd_per_m_out;     /* all cost on output tokens; 0 without a price */
    double usd_per_m_all;     /* per million input and output tokens together */
    double batch;             /* sequences that decode at once, mean, per instance */
    double batch_max;         /* that fit */
    double prefill_share;     /* of engine time */
    double prompt_s;          /* engine time that one prompt costs */
    double transfer_s;        /* disaggregated: the cache over the network */
    int32_t chips;
    bool fits;
    enum mz_serve_limit limit;
    struct mz_step_time step; /* of decode at the fixed point */
    struct mz_serve_memory memory;
};

/* One instance that prefills and decodes. concurrency >= 1; layout must have passed its check.
 * fits is false, and times are 0, when not one request fits. */
void mz_serve_solve(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    double concurrency, struct mz_serve_result *ret_result);

/* All requests queued at once and the cache kept full: concurrency is what fits. */
void mz_serve_solve_offline(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    struct mz_serve_result *ret_result);

/* One batch: all prompts, then all tokens in step. tpot_s excludes prefill. */
void mz_serve_solve_static(const struct mz_serve_case *serve, const struct mz_serve_layout *layout,
    double batch, struct mz_serve_result *ret_result);

/* Pools of `workers` instances each. */
struct mz_serve_pools {
    struct mz_serve_layout prefill, decode;
    int32_t prefill_workers, decode_workers;
};

/* Prefill and decode on their own instances; the cache travels over the network interfaces of the
 * smaller instance. Rates match in the closed loop: whatever pool is slower holds the requests. */
void mz_serve_solve_pools(const struct mz_serve_case *serve, const struct mz_serve_pools *pools,
    double concurrency, struct mz_serve_result *ret_result);

#endif
