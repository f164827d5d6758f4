/* bench_whatif.c - bench_whatif SCENARIO COUNT: partners lost by bounds, warm against cold
 * The plan is solved once. Then for each of the first COUNT partners with contracts: nothing of
 * theirs is delivered from the middle of the horizon on. It is done by bounds alone: deliveries get
 * the upper bound 0, capacity rows too, rows that would keep deliveries from falling and the
 * commitment are let go. The program is solved from the plan's basis, then cold, by the same solver
 * object; both must find the same objective. Then the bounds go back.
 * An option of a lost partner that would live beyond the loss cannot be signed any more. */
#include "bench_common.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct whatif {
    const struct mz_model *model;
    struct mz_solver *base; /* holds the plan's basis */
    struct mz_solver *solver;
    int32_t partner;
    int32_t from; /* period of the loss */
};

static bool is_lost(const struct whatif *whatif, int32_t g)
{
    return whatif->model->scenario->contracts[g].partner == whatif->partner;
}

/* Which limits let go, which go to 0. */
static void lose_limit(const struct whatif *whatif, const struct mz_limit *limit)
{
    const struct mz_lp *lp = &whatif->model->lp;

    switch (limit->rule) {
    case MZ_RULE_CAPACITY:
    case MZ_RULE_DELIVERY:
    case MZ_RULE_COMMITMENT: break;
    default: return;
    }
    if (limit->is_column || !is_lost(whatif, limit->entity) ||
        (limit->period >= 0 && limit->period < whatif->from))
        return;
    if (limit->rule == MZ_RULE_CAPACITY && lp->row_lower[limit->index] <= 0)
        mz_solver_set_row(whatif->solver, limit->index, lp->row_lower[limit->index], 0);
    else if (limit->is_upper)
        mz_solver_set_row(whatif->solver, limit->index, lp->row_lower[limit->index], MZ_INFINITY);
    else
        mz_solver_set_row(whatif->solver, limit->index, -MZ_INFINITY, lp->row_upper[limit->index]);
}

static void lose(const struct whatif *whatif)
{
    const struct mz_model *model = whatif->model;

    for (int32_t g = 0; g < model->scenario->contract_count; g++) {
        for (int32_t p = 0; is_lost(whatif, g) && p < model->scenario->contracts[g].pool_count; p++)
            for (int32_t t = whatif->from; t < model->period_count; t++) {
                int32_t column = model->contracts[g].dlv[mz_at(model, p, t)];

                if (column >= 0)
                    mz_solver_set_column(whatif->solver, column, 0, 0);
            }
    }
    for (size_t i = 0; i < model->limit_count; i++)
        lose_limit(whatif, &model->limits[i]);
}

static void restore(const struct whatif *whatif)
{
    const struct mz_lp *lp = &whatif->model->lp;

    for (int32_t c = 0; c < lp->column_count; c++)
        mz_solver_set_column(whatif->solver, c, lp->col_lower[c], lp->col_upper[c]);
    for (int32_t r = 0; r < lp->row_count; r++)
        mz_solver_set_row(whatif->solver, r, lp->row_lower[r], lp->row_upper[r]);
}

static double solve(struct mz_solver *solver, enum mz_start start, double *ret_objective)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_solution solution;
    double begin = mz_cpu_seconds();

    mz_bench_require(mz_solver_solve(solver, start, true, &solution, &err), &err);
    if (solution.status != MZ_SOLVE_OPTIMAL)
        mz_bench_fail("a what-if has no optimum");
    *ret_objective = solution.objective;
    return mz_cpu_seconds() - begin;
}

static void bench_loss(const struct whatif *whatif, bool first)
{
    const struct mz_partner *partner = &whatif->model->scenario->partners[whatif->partner];
    double warm_objective;
    double cold_objective;
    double warm;
    double cold;

    lose(whatif);
    mz_solver_copy_basis(whatif->solver, whatif->base);
    warm = solve(whatif->solver, MZ_START_DUAL, &warm_objective);
    cold = solve(whatif->solver, MZ_START_COLD, &cold_objective);
    restore(whatif);
    if (fabs(warm_objective - cold_objective) > 1e-6 * fmax(1, fabs(cold_objective)))
        mz_bench_fail("warm and cold disagree");
    printf("%s{\"partner\": \"%s\", \"warm_s\": %.6f, \"cold_s\": %.6f, \"objective\": %.12g}",
        first ? "" : ", ", partner->name, warm, cold, cold_objective);
}

static bool has_contract(const struct mz_scenario *scenario, int32_t partner)
{
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        if (scenario->contracts[g].partner == partner &&
            scenario->contracts[g].kind != MZ_CONTRACT_OWN)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_build_options build = { 0 };
    struct mz_bench_case bench;
    struct mz_model *model;
    struct whatif whatif = { 0 };
    double objective;
    double first;
    int most = argc == 3 ? atoi(argv[2]) : 0;
    int done = 0;

    if (most <= 0)
        mz_bench_fail("bench_whatif SCENARIO COUNT");
    mz_bench_case_load(&bench, argv[1], NULL, 0);
    mz_bench_require(mz_model_build(bench.arena, bench.scenario, &build, &model, &err), &err);
    whatif.model = model;
    whatif.from = model->period_count / 2;
    mz_bench_require(
        mz_solver_create(&model->lp, &bench.study.options.solver, &whatif.base, &err), &err);
    mz_bench_require(
        mz_solver_create(&model->lp, &bench.study.options.solver, &whatif.solver, &err), &err);
    first = solve(whatif.base, MZ_START_COLD, &objective);
    printf("{\"columns\": %d, \"rows\": %d, \"first_s\": %.6f, \"losses\": [",
        (int)model->lp.column_count, (int)model->lp.row_count, first);
    for (whatif.partner = 0; whatif.partner < bench.scenario->partner_count && done < most;
         whatif.partner++) {
        if (has_contract(bench.scenario, whatif.partner))
            bench_loss(&whatif, done++ == 0);
    }
    printf("]}\n");
    mz_solver_free(whatif.solver);
    mz_solver_free(whatif.base);
    mz_model_free(model);
    mz_bench_case_finish(&bench);
    return 0;
}
