/* serve_fixture.h - what the tests of serving share: one case over catalogue parts */
#ifndef MZ_TESTS_SERVE_FIXTURE_H
#define MZ_TESTS_SERVE_FIXTURE_H

#include "size/serve_search.h"
#include "size_fixture.h"

static inline struct mz_serve_case serve_case(const struct mz_model_shape *shape,
    const struct mz_size_chip *chip, const struct mz_serve_params *serve)
{
    return (struct mz_serve_case){ .shape = shape,
        .chip = chip,
        .params = size_params(),
        .serve = serve,
        .engine = MZ_ENGINE_TRTLLM,
        .weights = MZ_WEIGHTS_FP8,
        .kv_bytes = 1,
        .in_tokens = 2000,
        .out_tokens = 300,
        .usd_per_chip_h = 2 };
}

static inline struct mz_serve_params serve_params(void)
{
    struct mz_serve_params params;

    mz_serve_params_default(&params);
    return params;
}

#endif
