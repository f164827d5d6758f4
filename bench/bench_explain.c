/* bench_explain.c - bench_explain SCENARIO [PATH=VALUE]...: an explanation, timed
 * The scenario, as an LP, must have no plan with all rules strict. Three solves of its own, so that
 * none starts from another's basis: with broken rules priced (cold), strict and then explained,
 * strict and then only the conflict looked for. */
#include "bench_common.h"

#include "plan/explain.h"

#include <stdio.h>

static struct mz_plan *solve(struct mz_bench_case *bench, bool strict, double *ret_seconds)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_plan_options options = bench->study.options;
    struct mz_plan *plan;
    double begin = mz_cpu_seconds();

    options.strict = strict;
    mz_bench_require(mz_plan_solve(bench->arena, bench->scenario, &options, &plan, &err), &err);
    if (strict != (plan->result->status == MZ_PLAN_INFEASIBLE))
        mz_bench_fail("the case should have a plan only where broken rules are priced");
    *ret_seconds = mz_cpu_seconds() - begin;
    return plan;
}

int main(int argc, char **argv)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_bench_case bench;
    struct mz_conflict_set set;
    struct mz_plan *plan;
    double cold;
    double strict;
    double begin;
    double explain;
    double conflict;
    int kept = 0;

    if (argc < 2)
        mz_bench_fail("bench_explain SCENARIO [PATH=VALUE]...");
    mz_bench_case_load(&bench, argv[1], argv + 2, argc - 2);
    bench.study.options.strict = true;
    plan = solve(&bench, false, &cold);
    mz_plan_free(plan);
    plan = solve(&bench, true, &conflict);
    begin = mz_cpu_seconds();
    mz_bench_require(mz_conflict_find(plan, &set, &err), &err);
    conflict = mz_cpu_seconds() - begin;
    mz_plan_free(plan);
    plan = solve(&bench, true, &strict);
    begin = mz_cpu_seconds();
    mz_bench_require(mz_plan_explain(&bench.study, plan, &err), &err);
    explain = mz_cpu_seconds() - begin;
    for (int32_t i = 0; i < set.element_count; i++)
        kept += set.elements[i].kept;
    printf("{\"columns\": %d, \"rows\": %d, \"elements\": %d, \"remedies\": %d, "
           "\"cold_s\": %.6f, \"strict_s\": %.6f, \"conflict_s\": %.6f, \"explain_s\": %.6f}\n",
        (int)plan->result->column_count, (int)plan->result->row_count, kept,
        (int)plan->result->infeasibility->remedy_count, cold, strict, conflict, explain);
    mz_plan_free(plan);
    mz_bench_case_finish(&bench);
    return 0;
}
