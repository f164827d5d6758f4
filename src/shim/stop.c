/* stop.c - from the first signal to the last SIGKILL
 *
 *   begin: checkpoint signal --lead--> SIGTERM (and SIGCONT) --kill--> SIGKILL, in rounds
 *
 * Without a checkpoint signal there is nothing to wait for before SIGTERM, and lead counts as 0. A
 * second reason to stop can only bring the steps forward; the first one stays the cause. When the
 * leader has ended, whatever else is left of the job is killed at once.
 */
#include "shim/state.h"

#define ROUND_MIN_US (MZ_SECOND_US / 50)
#define ROUND_MAX_US MZ_SECOND_US

void mz_stop_begin(struct mz_shim *shim, enum mz_cause cause, int64_t lead_us, int64_t kill_us)
{
    struct mz_stop *stop = &shim->stop;
    bool has_signal = shim->sheet.checkpoint_signal != 0;
    int64_t now_us = mz_clock_us();
    int64_t term_us = now_us + (has_signal ? lead_us : 0);
    int64_t end_us = mz_lease_kill_us(shim);

    if (cause == MZ_CAUSE_LEASE && term_us > end_us - kill_us)
        term_us = end_us - kill_us > now_us ? end_us - kill_us : now_us;
    if (stop->is_on) {
        stop->term_us = term_us < stop->term_us ? term_us : stop->term_us;
        stop->kill_us =
            stop->term_us + kill_us < stop->kill_us ? stop->term_us + kill_us : stop->kill_us;
        return;
    }
    *stop = (struct mz_stop){
        .is_on = true, .cause = cause, .term_us = term_us, .kill_us = term_us + kill_us
    };
    if (has_signal)
        mz_group_ask(&shim->group, (int)shim->sheet.checkpoint_signal);
}

void mz_stop_now(struct mz_shim *shim, enum mz_cause cause)
{
    struct mz_stop *stop = &shim->stop;

    if (!stop->is_on)
        stop->cause = cause;
    stop->is_on = stop->is_termed = stop->is_killed = true;
    stop->round_us = 0;
}

static void kill_round(struct mz_shim *shim)
{
    struct mz_stop *stop = &shim->stop;

    if (shim->now_us >= stop->round_us) {
        mz_group_kill(&shim->group);
        stop->round_wait_us = stop->round_wait_us == 0 ? ROUND_MIN_US : stop->round_wait_us * 2;
        if (stop->round_wait_us > ROUND_MAX_US)
            stop->round_wait_us = ROUND_MAX_US;
        stop->round_us = mz_clock_us() + stop->round_wait_us;
    }
    mz_shim_wake(shim, stop->round_us);
}

void mz_stop_step(struct mz_shim *shim)
{
    struct mz_stop *stop = &shim->stop;

    if (stop->is_on && !stop->is_termed && shim->now_us >= stop->term_us) {
        stop->is_termed = true;
        mz_group_signal(&shim->group, SIGTERM);
        mz_group_signal(&shim->group, SIGCONT);
    }
    if (stop->is_on && stop->is_termed && shim->now_us >= stop->kill_us)
        stop->is_killed = true;
    if (stop->is_killed || shim->group.leader_ended)
        kill_round(shim);
    else if (stop->is_on)
        mz_shim_wake(shim, stop->is_termed ? stop->kill_us : stop->term_us);
}
