/* fuzz_job_json.c - any bytes as the JSON of a job
 * What is read is written, read again and written to the same bytes; what is refused has a
 * sentence. Build with clang -fsanitize=fuzzer,address,undefined. */
#include "jobfile/jobfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_job_spec back = mz_job_spec_default();
    struct mz_error err = { MZ_OK, "" };
    struct mz_text first = { 0 };
    struct mz_text second = { 0 };

    if (mz_jobfile_read_json(arena, (const char *)data, size, &spec, &err) != MZ_OK) {
        if (err.text[0] == '\0' || memcmp(&spec, &back, sizeof(spec)) != 0)
            abort();
    } else {
        mz_jobfile_write_json(&spec, &first);
        if (mz_jobfile_read_json(arena, first.bytes, first.length, &back, &err) != MZ_OK)
            abort();
        mz_jobfile_write_json(&back, &second);
        if (strcmp(first.bytes, second.bytes) != 0 ||
            mz_jobfile_check(&spec, NULL) != mz_jobfile_check(&back, NULL))
            abort();
    }
    mz_text_finish(&first);
    mz_text_finish(&second);
    mz_arena_free(arena);
    return 0;
}
