/* bench_common.c - reading a scenario for a bench program */
#include "bench_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 1e-3 /* the default of the program */

void mz_bench_fail(const char *sentence)
{
    (void)fprintf(stderr, "bench: %s\n", sentence);
    exit(1);
}

void mz_bench_require(enum mz_status status, const struct mz_error *err)
{
    if (status != MZ_OK)
        mz_bench_fail(err->text[0] ? err->text : "failed");
}

static void read_settings(struct mz_bench_case *bench, char *const *settings, int count)
{
    bench->changes = mz_arena_alloc(bench->arena, (size_t)count + 1, sizeof(*bench->changes));
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(settings[i], '=');

        if (!equals)
            mz_bench_fail("a change is PATH=VALUE");
        bench->changes[i] = (struct mz_change){ .kind = MZ_CHANGE_SET,
            .path = mz_arena_strndup(bench->arena, settings[i], (size_t)(equals - settings[i])),
            .value = equals + 1 };
    }
}

void mz_bench_case_load(
    struct mz_bench_case *bench, const char *path, char *const *settings, int setting_count)
{
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status;

    memset(bench, 0, sizeof(*bench));
    bench->arena = mz_arena_create();
    mz_diags_init(&bench->diags, bench->arena);
    mz_bench_require(mz_source_read(bench->arena, path, &bench->source, &err), &err);
    mz_bench_require(mz_catalogue_open(bench->arena, &bench->catalogue, &err), &err);
    read_settings(bench, settings, setting_count);
    bench->study = (struct mz_study){ .arena = bench->arena,
        .source = &bench->source,
        .catalogue = &bench->catalogue,
        .changes = bench->changes,
        .change_count = (size_t)setting_count,
        .options = { .relax = true, .solver.gap = GAP },
        .diags = &bench->diags };
    status = mz_study_load(&bench->study, bench->arena, NULL, 0, &bench->diags, &bench->scenario);
    if (status != MZ_OK && bench->diags.count > 0)
        mz_bench_fail(bench->diags.list[0].message);
    mz_bench_require(status, &err);
}

void mz_bench_case_finish(struct mz_bench_case *bench)
{
    mz_arena_free(bench->arena);
}
