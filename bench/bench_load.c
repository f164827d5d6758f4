/* bench_load.c - bench_load SCENARIO [FILE.mps]: read, build and load, timed
 * What `mizan plan` does before it solves. With FILE.mps the matrix is written there, which is not
 * counted: it is how the other sides of a comparison get the same matrix without a solve. */
#include "bench_common.h"

#include "base/file.h"

#include <stdio.h>

static void write_matrix(const struct mz_lp *lp, const char *path)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_text text;

    mz_text_init(&text);
    mz_lp_write_mps(lp, "bench", &text);
    mz_bench_require(mz_file_write(path, mz_text_string(&text), text.length, &err), &err);
    mz_text_finish(&text);
}

int main(int argc, char **argv)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_build_options build = { 0 };
    struct mz_bench_case bench;
    struct mz_model *model;
    struct mz_solver *solver;
    double begin = mz_cpu_seconds();
    double read;
    double built;
    double loaded;

    if (argc != 2 && argc != 3)
        mz_bench_fail("bench_load SCENARIO [FILE.mps]");
    mz_bench_case_load(&bench, argv[1], NULL, 0);
    read = mz_cpu_seconds();
    mz_bench_require(mz_model_build(bench.arena, bench.scenario, &build, &model, &err), &err);
    built = mz_cpu_seconds();
    mz_bench_require(
        mz_solver_create(&model->lp, &bench.study.options.solver, &solver, &err), &err);
    loaded = mz_cpu_seconds();
    printf("{\"columns\": %d, \"rows\": %d, \"entries\": %d, \"read_s\": %.6f, "
           "\"build_s\": %.6f, \"load_s\": %.6f, \"cpu_s\": %.6f}\n",
        (int)model->lp.column_count, (int)model->lp.row_count, (int)model->lp.entry_count,
        read - begin, built - read, loaded - built, loaded - begin);
    if (argc == 3)
        write_matrix(&model->lp, argv[2]);
    mz_solver_free(solver);
    mz_model_free(model);
    mz_bench_case_finish(&bench);
    return 0;
}
