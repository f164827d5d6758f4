/* fuzz_model_config.c - any bytes as config.json: a shape inside its limits, or a refusal with a
 * sentence; a shape that is accepted can be counted and searched. */
#include "size/search.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_model_shape shape = { 0 };
    struct mz_error err = { MZ_OK, "" };

    if (mz_model_shape_parse("config.json", (const char *)data, size, &shape, &err) != MZ_OK) {
        assert(err.text[0]);
        return 0;
    }
    assert(shape.layers >= 1 && shape.layers <= MZ_MODEL_LAYERS_MAX);
    assert(isfinite(mz_model_params(&shape)) && mz_model_params(&shape) > 0);
    assert(mz_model_active_params(&shape, true) > 0);
    return 0;
}
