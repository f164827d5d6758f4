/* sweep.c - one value scaled over several factors
 * The scenarios are loaded one after the other (their errors belong to one list); then two threads
 * take the points in turn, each with its own arena and its own solver. Order of the results is the
 * order of the factors, whichever thread solved them. */
#include "plan/study.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

struct sweep_job {
    const struct mz_scenario *scenario;
    struct mz_sweep_point point;
    enum mz_status status;
    struct mz_error error;
};

struct sweep_work {
    const struct mz_study *study;
    struct sweep_job *jobs;
    int32_t count;
    atomic_int next;
};

static void solve_point(const struct mz_study *study, struct sweep_job *job)
{
    struct mz_arena *point_arena = mz_arena_create();
    struct mz_plan_options options = study->options;
    struct mz_plan *plan = NULL;
    int32_t ignored;

    job->status = mz_plan_solve(point_arena, job->scenario, &options, &plan, &job->error);
    if (job->status == MZ_OK) {
        const struct mz_plan_result *result = plan->result;

        job->point.status = result->status;
        job->point.objective_usd = job->point.cost_usd = NAN;
        job->point.served_worst_fraction = job->point.cash_lowest_usd = NAN;
        job->point.largest_share_fraction = NAN;
        if (mz_plan_exists(result->status)) {
            job->point.objective_usd = result->objective_usd;
            job->point.cost_usd = result->cost_usd;
            job->point.served_worst_fraction = mz_served_worst(result, &ignored);
            job->point.cash_lowest_usd = mz_cash_lowest(result, &ignored);
            job->point.largest_share_fraction = mz_largest_share(result, &ignored, &ignored);
        }
        mz_plan_free(plan);
    }
    mz_arena_free(point_arena);
}

static void *work_on(void *argument)
{
    struct sweep_work *work = argument;

    for (;;) {
        int32_t i = atomic_fetch_add(&work->next, 1);

        if (i >= work->count)
            return NULL;
        solve_point(work->study, &work->jobs[i]);
    }
}

static void run_threads(struct sweep_work *work)
{
    pthread_t threads[MZ_SWEEP_THREAD_COUNT];
    int32_t started = 0;

    while (started < MZ_SWEEP_THREAD_COUNT - 1 && started < work->count - 1 &&
        pthread_create(&threads[started], NULL, work_on, work) == 0)
        started++;
    work_on(work); /* this thread is one of them; it does all of it when none could be started */
    for (int32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

enum mz_status mz_sweep_solve(const struct mz_study *study, const char *path, const double *factors,
    int32_t count, const struct mz_sweep **ret_sweep, struct mz_error *err)
{
    struct sweep_work work = { .study = study, .count = count };
    struct mz_sweep *sweep = mz_arena_alloc(study->arena, 1, sizeof(*sweep));
    struct mz_sweep_point *points = mz_arena_alloc(study->arena, (size_t)count, sizeof(*points));

    work.jobs = mz_arena_alloc(study->arena, (size_t)count, sizeof(*work.jobs));
    for (int32_t i = 0; i < count; i++) {
        struct mz_change change = { .kind = MZ_CHANGE_SCALE, .path = path, .factor = factors[i] };
        enum mz_status status =
            mz_study_load(study, study->arena, &change, 1, study->diags, &work.jobs[i].scenario);

        if (status != MZ_OK)
            return mz_fail(err, status, "the scenario with %s scaled has errors", path);
        work.jobs[i].point.factor = factors[i];
    }
    run_threads(&work);
    for (int32_t i = 0; i < count; i++) {
        if (work.jobs[i].status != MZ_OK) {
            *err = work.jobs[i].error;
            return work.jobs[i].status;
        }
        points[i] = work.jobs[i].point;
    }
    *sweep = (struct mz_sweep){ path, count, points };
    *ret_sweep = sweep;
    return MZ_OK;
}
