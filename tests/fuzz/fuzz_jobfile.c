/* fuzz_jobfile.c - any bytes as a job file, as YAML or, when they begin with #!, as a script
 * Read without an error, a job survives being written and read; refused, it says why and leaves the
 * job as it was. The name and value behind the last line are tried as an option over it. Build with
 * clang -fsanitize=fuzzer,address,undefined. */
#include "jobfile/jobfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(struct mz_arena *arena, const struct mz_job_spec *spec)
{
    struct mz_job_spec back = mz_job_spec_default();
    struct mz_text first = { 0 };
    struct mz_text second = { 0 };

    mz_jobfile_write_json(spec, &first);
    if (mz_jobfile_read_json(arena, first.bytes, first.length, &back, NULL) != MZ_OK)
        abort();
    mz_jobfile_write_json(&back, &second);
    if (first.length != second.length || memcmp(first.bytes, second.bytes, first.length) != 0)
        abort();
    if (mz_jobfile_check(spec, NULL) != mz_jobfile_check(&back, NULL))
        abort();
    mz_text_finish(&first);
    mz_text_finish(&second);
}

/* The last line as "name value". */
static void try_option(
    struct mz_arena *arena, const char *bytes, size_t size, struct mz_job_spec *spec)
{
    char *copy = mz_arena_strndup(arena, bytes, size);
    char *line = strrchr(copy, '\n') ? strrchr(copy, '\n') + 1 : copy;
    char *value = strchr(line, ' ');
    struct mz_error err = { MZ_OK, "" };
    struct mz_job_spec before = *spec;

    if (value)
        *value++ = '\0';
    if (mz_jobfile_option(arena, line, value, "/", spec, &err) == MZ_OK)
        check_round_trip(arena, spec);
    else if (err.text[0] == '\0' || memcmp(spec, &before, sizeof(before)) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_jobfile_source source = { "fuzz.yaml", (const char *)data, size, "/home/u" };
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_job_spec before = spec;
    struct mz_diags diags;
    enum mz_status status;

    mz_diags_init(&diags, arena);
    status = mz_jobfile_is_script(&source) ? mz_jobfile_read_script(arena, &source, &spec, &diags)
                                           : mz_jobfile_read_yaml(arena, &source, &spec, &diags);
    if ((status == MZ_OK) != (diags.error_count == 0))
        abort();
    if (status == MZ_OK)
        check_round_trip(arena, &spec);
    else if (memcmp(&spec, &before, sizeof(spec)) != 0)
        abort();
    if (!spec.name)
        spec.name = "job";
    try_option(arena, source.bytes, size, &spec);
    mz_arena_free(arena);
    return 0;
}
