/* serve_band.h - how wrong a prediction of serving may be
 *
 * The 80 % band: four of five unseen runs lie in predicted / factor to predicted x factor. Widths
 * come from |log(predicted / measured)| of rows that were predicted by stack factors fitted without
 * their family of models, and without their publisher (tools/fit-serve.py --leave-out, then
 * tools/fit-serve-bands.py); docs/size-serve.md, "Band".
 */
#ifndef MZ_SIZE_SERVE_BAND_H
#define MZ_SIZE_SERVE_BAND_H

#include "size/serve_step.h"

/* What decides how far off a prediction is, all of it known before a run. */
enum mz_serve_kind {
    MZ_KIND_LOOP_DENSE,    /* closed loop on one kind of instance, dense model */
    MZ_KIND_LOOP_EXPERTS,  /* model with experts */
    MZ_KIND_LOOP_DRAFT,    /* model that can draft its own tokens, and whether it did is not said */
    MZ_KIND_POOLS,         /* disaggregated prefill and decode */
    MZ_KIND_POOLS_UNKNOWN, /* the same, and the number of workers is a guess */
    MZ_KIND_FULL_DENSE,    /* everything queued at once: what the cache holds */
    MZ_KIND_FULL_EXPERTS,
    MZ_KIND_STATIC, /* one batch by hand */
    MZ_KIND_COUNT
};

const char *mz_serve_kind_name(enum mz_serve_kind kind);

struct mz_serve_band {
    double tokens;  /* factors above 1: of tokens per second */
    double tpot;    /* of time per token */
    double ttft;    /* of time to first token: wide, since it holds queues and the start of a run */
    int32_t rows;   /* published runs behind the width */
    bool chip_seen; /* some of them were on this chip */
};

struct mz_serve_band mz_serve_band(enum mz_serve_kind kind, const struct mz_size_chip *chip);

#endif
