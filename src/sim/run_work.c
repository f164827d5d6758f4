/* run_work.c - checkpoints: how long an attempt takes, what an interruption leaves
 *
 * An attempt is: a restart (not the first), then cycles of t work and d writing, then what is left
 * of the work. Times of work are on the clock of the wall; the saved share is kept at speed 1.
 */
#include "sim/run_impl.h"

#include <math.h>

static int64_t at_speed(int64_t work_us, int32_t speed_milli)
{
    return speed_milli == MZ_MILLI
        ? work_us
        : (int64_t)(((__int128)work_us * MZ_MILLI + speed_milli - 1) / speed_milli);
}

static int64_t to_work(int64_t wall_us, int32_t speed_milli)
{
    return speed_milli == MZ_MILLI ? wall_us
                                   : (int64_t)((__int128)wall_us * speed_milli / MZ_MILLI);
}

int64_t mz_run_checkpoints(const struct mz_run_job *job, int32_t speed_milli)
{
    int64_t left_us = at_speed(job->work_us - job->done_us, speed_milli);

    return job->interval_us > 0 && left_us > 0 ? (left_us - 1) / job->interval_us : 0;
}

int64_t mz_run_attempt_us(
    const struct mz_run *run, const struct mz_run_job *job, int32_t speed_milli, bool restart)
{
    const struct mz_sim_failures *f = &run->options->failures;
    int64_t left_us = at_speed(job->work_us - job->done_us, speed_milli);
    int64_t wall_us = left_us + (restart ? f->restart_us : 0);

    wall_us += mz_run_checkpoints(job, speed_milli) * f->checkpoint_cost_us;
    return wall_us < MZ_TRACE_TIME_MAX_US ? wall_us : MZ_TRACE_TIME_MAX_US;
}

/* Interruptions a microsecond of as many nodes as the job needs, whole domains of each level. */
static double interruption_rate(const struct mz_run *run, const struct mz_trace_job *job)
{
    const struct mz_sim_failures *f = &run->options->failures;
    const struct mz_fleet *fleet = run->fleet;
    int32_t per_node = job->chips_per_node;
    double nodes = 1;
    double rate = 0;

    /* The first pool that it may use: where others have larger nodes the interval is a little short. */
    for (int32_t p = 0; per_node == 0 && p < fleet->pool_count; p++) {
        if (fleet->pools[p].chip >= 0 &&
            (mz_run_chip_mask(fleet, job->chip) >> fleet->pools[p].chip & 1))
            per_node = fleet->pools[p].chips_per_node;
    }
    if (per_node > 0 && job->chips > per_node)
        nodes = ceil((double)job->chips / per_node);
    for (int32_t level = MZ_LEVEL_NODE; level <= MZ_LEVEL_PARTNER; level++) {
        double in_domain =
            level == MZ_LEVEL_NODE ? 1 : (double)fleet->node_count / fleet->domain_counts[level];

        if (f->rates[level].mean_us > 0)
            rate += ceil(nodes / in_domain) / (double)f->rates[level].mean_us;
    }
    for (int32_t s = 0; s < f->spot_count; s++)
        rate += nodes / (double)f->spots[s].mean_us / f->spot_count;
    return rate;
}

int64_t mz_run_interval_us(const struct mz_run *run, const struct mz_trace_job *job)
{
    const struct mz_sim_failures *f = &run->options->failures;
    double rate;
    double interval_us;

    if (job->checkpoint_us > 0)
        return job->checkpoint_us;
    if (f->checkpoint_us > 0)
        return f->checkpoint_us;
    if (f->repair_us == 0)
        return -1; /* nothing fails */
    rate = interruption_rate(run, job);
    if (rate <= 0)
        return -1;
    interval_us = sqrt(2 * (double)f->checkpoint_cost_us / rate);
    return interval_us < 1                           ? f->checkpoint_cost_us > 0
        : interval_us > (double)MZ_TRACE_TIME_MAX_US ? MZ_TRACE_TIME_MAX_US
                                                     : (int64_t)interval_us;
}

void mz_run_interrupt(struct mz_run *run, struct mz_run_job *job, int64_t chips_milli,
    int64_t elapsed_us, int64_t notice_us)
{
    const struct mz_sim_failures *f = &run->options->failures;
    double chips = (double)chips_milli / MZ_MILLI;
    int64_t restart_us = job->attempt > 1 ? f->restart_us : 0;
    int64_t cost_us = f->checkpoint_cost_us;
    int64_t work_us = elapsed_us > restart_us ? elapsed_us - restart_us : 0; /* and writing */
    int64_t saved_us = 0;
    int64_t written_us = 0;
    int64_t left_us = at_speed(job->work_us - job->done_us, job->speed_milli);

    if (job->interval_us == 0) {
        saved_us = work_us;
    } else if (job->interval_us > 0) {
        int64_t cycle_us = job->interval_us + cost_us;
        int64_t warned_us = notice_us >= cost_us && work_us >= cost_us ? work_us - cost_us : -1;
        int64_t cycles = (warned_us >= 0 ? warned_us : work_us) / cycle_us;

        saved_us = cycles * job->interval_us;
        written_us = cycles * cost_us;
        if (warned_us >= 0) {
            int64_t more_us = warned_us - cycles * cycle_us;

            saved_us += more_us < job->interval_us ? more_us : job->interval_us;
            written_us += cost_us;
        }
    }
    if (saved_us > left_us)
        saved_us = left_us;
    job->done_us += to_work(saved_us, job->speed_milli);
    run->useful_chip_us += chips * (double)saved_us;
    run->checkpoint_chip_us += chips * (double)written_us;
    run->lost_chip_us += chips * (double)(elapsed_us - saved_us - written_us);
}

void mz_run_finish_work(
    struct mz_run *run, struct mz_run_job *job, int64_t chips_milli, int64_t elapsed_us)
{
    double chips = (double)chips_milli / MZ_MILLI;
    int64_t restart_us = job->attempt > 1 ? run->options->failures.restart_us : 0;
    int64_t left_us = at_speed(job->work_us - job->done_us, job->speed_milli);

    run->useful_chip_us += chips * (double)left_us;
    run->lost_chip_us += chips * (double)restart_us;
    run->checkpoint_chip_us += chips * (double)(elapsed_us - restart_us - left_us);
    job->done_us = job->work_us;
}
