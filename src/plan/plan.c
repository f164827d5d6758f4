/* plan.c - build, solve, check, read: one plan */
#include "plan/plan.h"

#include "base/cpu.h"
#include "plan/result_make.h"

#include <math.h>
#include <time.h>

static enum mz_plan_status status_of(enum mz_solve_status status)
{
    switch (status) {
    case MZ_SOLVE_OPTIMAL: return MZ_PLAN_OPTIMAL;
    case MZ_SOLVE_FEASIBLE: return MZ_PLAN_FEASIBLE;
    case MZ_SOLVE_INFEASIBLE: return MZ_PLAN_INFEASIBLE;
    case MZ_SOLVE_UNBOUNDED: return MZ_PLAN_UNBOUNDED;
    case MZ_SOLVE_STOPPED: return MZ_PLAN_STOPPED;
    }
    return MZ_PLAN_STOPPED;
}

/* The gap that is proved, relative to the objective; an objective near 0 counts as 1M USD. */
static double gap_of(const struct mz_solution *solution)
{
    double gap = solution->objective - solution->bound;

    return gap <= 1e-9 ? 0 : gap / fmax(1, fabs(solution->objective));
}

static void fill_head(struct mz_plan *plan)
{
    struct mz_plan_result *result = plan->result;
    const struct mz_lp *lp = &plan->model->lp;

    result->status = status_of(plan->solution.status);
    result->gap_asked = plan->options.solver.gap;
    result->solver = plan->solution.solver;
    result->row_count = lp->row_count;
    result->column_count = lp->column_count;
    result->integer_count = lp->integer_count;
    result->interrupted = plan->options.solver.stop && atomic_load(plan->options.solver.stop);
    result->relaxed = plan->options.relax && lp->integer_count > 0;
    result->scenario = plan->scenario;
}

static enum mz_status read_solution(struct mz_plan *plan, struct mz_error *err)
{
    struct mz_plan_result *result = plan->result;
    enum mz_status status;

    result->gap = gap_of(&plan->solution);
    mz_result_make(plan->arena, plan->model, &plan->solution, result);
    status = mz_plan_verify(plan->model, &plan->model->lp, &plan->solution, result, err);
    if (status != MZ_OK)
        return status;
    mz_bindings_make(plan->arena, plan->model, &plan->solution, result);
    return MZ_OK;
}

/* With given decisions: first the least that has to stay undelivered, which then is a limit. */
static enum mz_status hold_undelivered(struct mz_plan *plan, struct mz_error *err)
{
    struct mz_model *model = plan->model;
    struct mz_lp *lp = &model->lp;
    struct mz_solver *solver = NULL;
    struct mz_solution solution;
    enum mz_status status;

    if (model->undelivered_count == 0)
        return MZ_OK;
    status = mz_solver_create(lp, &plan->options.solver, &solver, err);
    if (status != MZ_OK)
        return status;
    for (int32_t c = 0; c < lp->column_count; c++)
        mz_solver_set_cost(solver, c, 0);
    for (size_t i = 0; i < model->undelivered_count; i++) {
        int32_t c = model->undelivered[i];

        mz_solver_set_cost(solver, c, lp->values[lp->starts[c]]);
    }
    status = mz_solver_solve(solver, MZ_START_COLD, true, &solution, err);
    if (status == MZ_OK && solution.status == MZ_SOLVE_OPTIMAL)
        lp->row_upper[model->undelivered_row] = fmax(0, solution.objective) * (1 + 1e-9) + 1e-7;
    mz_solver_free(solver);
    return status;
}

enum mz_status mz_plan_solve(struct mz_arena *arena, const struct mz_scenario *scenario,
    const struct mz_plan_options *options, struct mz_plan **ret_plan, struct mz_error *err)
{
    struct mz_plan *plan = mz_arena_alloc(arena, 1, sizeof(*plan));
    struct mz_build_options build = { options->strict, options->decisions };
    double begin = mz_cpu_seconds();
    double built;
    enum mz_status status;

    plan->arena = arena;
    plan->scenario = scenario;
    plan->options = *options;
    plan->result = mz_arena_alloc(arena, 1, sizeof(*plan->result));
    status = mz_model_build(arena, scenario, &build, &plan->model, err);
    if (status == MZ_OK)
        status = hold_undelivered(plan, err);
    if (status == MZ_OK)
        status = mz_solver_create(&plan->model->lp, &options->solver, &plan->solver, err);
    built = mz_cpu_seconds();
    if (status == MZ_OK) {
        if (options->basis)
            mz_solver_copy_basis(plan->solver, options->basis);
        status = mz_solver_solve(plan->solver, options->basis ? MZ_START_DUAL : MZ_START_COLD,
            options->relax, &plan->solution, err);
    }
    if (status == MZ_OK) {
        fill_head(plan);
        if (mz_plan_exists(plan->result->status))
            status = read_solution(plan, err);
    }
    if (status != MZ_OK) {
        mz_plan_free(plan);
        return status;
    }
    plan->result->seconds.build = built - begin;
    plan->result->seconds.solve = mz_cpu_seconds() - built;
    *ret_plan = plan;
    return MZ_OK;
}

void mz_plan_free(struct mz_plan *plan)
{
    if (!plan)
        return;
    mz_solver_free(plan->solver);
    mz_model_free(plan->model);
    plan->solver = NULL;
    plan->model = NULL;
}

/* --- decisions --------------------------------------------------------------------------- */

struct decision_list {
    struct mz_arena *arena;
    struct mz_decided *list;
    size_t count;
    size_t capacity;
};

static void add_decided(struct decision_list *decisions, const struct mz_decided *decided)
{
    if (decided->amount <= 1e-9)
        return;
    decisions->list = mz_arena_grow(decisions->arena, decisions->list, decisions->count,
        decisions->count + 1, &decisions->capacity, sizeof(*decisions->list));
    decisions->list[decisions->count++] = *decided;
}

static double value_of(const struct mz_plan *plan, int32_t column)
{
    return column >= 0 ? plan->solution.x[column] : 0;
}

static void add_contract_decisions(
    struct decision_list *decisions, const struct mz_plan *plan, int32_t g, int32_t s)
{
    const struct mz_scenario *scenario = plan->scenario;
    const struct mz_contract *contract = &scenario->contracts[g];
    const struct mz_contract_columns *columns = &plan->model->contracts[g];
    int32_t month = plan->model->periods[s].month_begin;

    if (value_of(plan, columns->sign[s]) > 0.5)
        add_decided(decisions,
            &(struct mz_decided){ MZ_DECIDED_SIGN, contract->name, NULL, NULL, month, 1 });
    for (int32_t p = 0; p < contract->pool_count; p++)
        add_decided(decisions,
            &(struct mz_decided){ MZ_DECIDED_NEW, contract->name,
                scenario->sites[contract->pools[p].site].name,
                scenario->chips[contract->pools[p].chip].name, month,
                value_of(plan, columns->new_chips[mz_at(plan->model, p, s)]) });
}

struct mz_decisions *mz_plan_decisions(struct mz_arena *arena, const struct mz_plan *plan)
{
    const struct mz_scenario *scenario = plan->scenario;
    struct decision_list decisions = { arena, NULL, 0, 0 };
    struct mz_decisions *result = mz_arena_alloc(arena, 1, sizeof(*result));

    for (int32_t s = 0; s < plan->model->period_count; s++) {
        int32_t month = plan->model->periods[s].month_begin;

        for (int32_t g = 0; g < scenario->contract_count; g++)
            add_contract_decisions(&decisions, plan, g, s);
        for (int32_t i = 0; i < scenario->site_count; i++)
            add_decided(&decisions,
                &(struct mz_decided){ MZ_DECIDED_ADD, scenario->sites[i].name, NULL, NULL, month,
                    value_of(plan, plan->model->sites[i].add[s]) });
        for (int32_t f = 0; f < scenario->finance.funding_count; f++) {
            if (scenario->finance.funding[f].kind != MZ_FUNDING_EQUITY_CERTAIN)
                add_decided(&decisions,
                    &(struct mz_decided){ MZ_DECIDED_RAISE, scenario->finance.funding[f].name, NULL,
                        NULL, month, value_of(plan, plan->model->funding[f].raise[s]) });
        }
    }
    *result = (struct mz_decisions){ decisions.count, decisions.list };
    return result;
}
