/* fuzz_serve_validation.c - any bytes as inference.csv: rows or a refusal with file and line; rows
 * that are accepted are predicted with finite numbers. */
#include "catalogue/catalogue.h"
#include "size/serve_validate.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mz_catalogue catalogue;
    static struct mz_arena *forever; /* the catalogue's */
    struct mz_arena *arena = mz_arena_create();
    struct mz_serve_validation v = { 0 };
    struct mz_size_params params;
    struct mz_serve_params serve;
    struct mz_error err = { MZ_OK, "" };

    if (!forever) {
        forever = mz_arena_create();
        assert(mz_catalogue_open(forever, &catalogue, NULL) == MZ_OK);
    }
    mz_size_params_default(&params);
    mz_serve_params_default(&serve);
    if (mz_serve_validation_read(arena, &catalogue, "file", (const char *)data, size, &v, &err) !=
        MZ_OK) {
        assert(strstr(err.text, "file") != NULL);
    } else if (v.count <= 20) {
        mz_serve_validation_predict(&v, &params, &serve, true);
        for (size_t i = 0; i < v.count; i++)
            assert(v.rows[i].skip || !v.rows[i].result.fits ||
                (isfinite(v.rows[i].predicted_tokens_s) && v.rows[i].predicted_tokens_s >= 0));
    }
    mz_arena_free(arena);
    return 0;
}
