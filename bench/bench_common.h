/* bench_common.h - what the bench programs share: a scenario from a file, a clock
 * A bench program prints one JSON object; what goes wrong ends it with a sentence and status 1. */
#ifndef MZ_BENCH_COMMON_H
#define MZ_BENCH_COMMON_H

#include "base/cpu.h"
#include "plan/study.h"

struct mz_bench_case {
    struct mz_arena *arena; /* of everything here */
    struct mz_catalogue catalogue;
    struct mz_source source;
    struct mz_change *changes;
    struct mz_diags diags;
    struct mz_study study; /* plan options: as an LP; gap 0.001, the program's default */
    const struct mz_scenario *scenario;
};

/* Reads the file with changes "PATH=VALUE". Finish it with mz_bench_case_finish. */
void mz_bench_case_load(
    struct mz_bench_case *bench, const char *path, char *const *settings, int setting_count);
void mz_bench_case_finish(struct mz_bench_case *bench);

/* Ends the program unless status is MZ_OK. */
void mz_bench_require(enum mz_status status, const struct mz_error *err);
void mz_bench_fail(const char *sentence) __attribute__((noreturn));

#endif
