/* stack.h - what a training software does and does not do
 *
 * A stack is a set of documented facts (which overlap, which attention kernel, which gradient
 * format) and one factor: measured over predicted step time of that stack's published runs, drawn
 * to 1 when they are few, applied only when a caller asks for calibrated stacks
 * (tools/fit-stacks.py prints factors and bands); identical settings drift by 5.7 % (median) to 30 % (p90) between releases of one stack,
 * so figures below that are luck.
 */
#ifndef MZ_SIZE_STACK_H
#define MZ_SIZE_STACK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct mz_stack {
    const char *name;
    const char *source_prefix; /* validation rows whose source_id starts so, blank-separated; "" */
    bool flash;                /* fused attention that never writes the s x s scores */
    bool fused_loss;           /* cross entropy in few passes over the logits */
    bool tp_overlap;           /* tensor-parallel communication pipelined with its GEMMs */
    bool tp_backward_overlap;  /* only the backward one, behind the weight gradient */
    bool dp_overlap;           /* gradients and parameters behind compute */
    bool p2p_overlap;          /* pipeline transfers behind compute (interleaved schedules) */
    bool scatter_gather;       /* a stage sends 1/tp of the activation and gathers behind */
    bool interleave;           /* virtual stages are available */
    bool offload;              /* activations may go to the host's memory */
    bool full_flops;           /* its published FLOP count the whole attention square */
    double grad_bytes;         /* a gradient element on the wire */
    double graphs;             /* share of the host's launch time that captured graphs remove */
    double moe_bytes;          /* passes of the expert permutation over those of fused kernels */
    bool rack;                 /* graphs and fused permutation only inside NVLink racks */
    double factor;             /* measured over predicted; printed, applied only when calibrated */
    double band_dense;         /* half width of the 80 % band in log time, sources left out */
    double band_moe;           /* the same for models with experts, chips outside NVLink racks */
    double band_rack;          /* the same inside them */
    int rows_dense, rows_moe;  /* published runs behind factor and bands; 0: none */
};

/* The stack of that name. MZ_E_INPUT lists the names. */
enum mz_status mz_stack_find(
    const char *name, const struct mz_stack **ret_stack, struct mz_error *err);

/* The stack that published a validation source; the default one when none is listed. */
const struct mz_stack *mz_stack_of_source(const char *source_id);

/* "megatron-2025": what a current training job would run. */
const struct mz_stack *mz_stack_default(void);

/* graphs and moe_bytes on a machine of that scale-up domain: a stack with `rack` needs more than 16
 * chips in it, or falls back to launched kernels (0) and separate passes (2). */
double mz_stack_graphs(const struct mz_stack *stack, int scaleup_domain);
double mz_stack_moe_bytes(const struct mz_stack *stack, int scaleup_domain);

/* True when a machine of that scale-up domain is an NVLink rack: more than 16 chips. */
bool mz_stack_in_rack(int scaleup_domain);

size_t mz_stack_count(void);
const struct mz_stack *mz_stack_at(size_t index);

#endif
