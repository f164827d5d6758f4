/* run.c - the loop of the shim
 *
 *   PERMIT --granted--> JOB --nothing of it is left--> REPORT --acknowledged--> OVER
 *      └─refused, too late──────────────────────────────────────────────────────┘
 *
 * One thread. Each round: look at the clock, move the links, hand out answers, let the topics of the
 * phase do what is due, wait. Signals are blocked except while it waits. ppoll counts time without
 * the machine's sleep and leases count with it, so while a job runs, waits of more than a second
 * also have a timer on the boot clock, which ends them when the machine wakes up.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIDE_IDLE_US (3 * MZ_SECOND_US)
#define TERM_LEAD_MAX_US (5 * MZ_SECOND_US) /* a partner that says SIGTERM soon says SIGKILL */
#define TERM_KILL_MAX_US (10 * MZ_SECOND_US)

enum {
    POLL_KEPT,
    POLL_SIDE,
    POLL_TIMER,
    POLL_PUBLISH,
    POLL_CLIENT,
    POLL_COUNT = POLL_CLIENT + MZ_PUBLISH_CLIENT_COUNT
};

volatile sig_atomic_t mz_shim_child_signal;
volatile sig_atomic_t mz_shim_stop_signal;

void mz_shim_wake(struct mz_shim *shim, int64_t at_us)
{
    if (at_us < shim->wake_us)
        shim->wake_us = at_us;
}

void mz_shim_say(const struct mz_shim *shim, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)dprintf(STDERR_FILENO, "mizan-shim: %s rank %d: %s\n", shim->options.attempt,
        (int)shim->options.rank, text);
}

void mz_shim_identify(const struct mz_shim *shim, struct mz_buffer *body)
{
    mz_record_add_text(body, "attempt", shim->options.attempt);
    mz_record_add_number(body, "rank", shim->options.rank);
    mz_record_add_text(body, "nonce", shim->options.nonce);
    mz_record_add_text(body, "instance", shim->instance);
    mz_record_add_text(body, "boot", shim->boot);
    mz_record_add_number(body, "version", MZ_SHIM_VERSION);
}

static void hand_out(struct mz_shim *shim, const struct mz_link *link, enum mz_call *call)
{
    enum mz_call answered = *call;

    if (answered == MZ_CALL_NONE || link->result == MZ_LINK_BUSY)
        return;
    *call = MZ_CALL_NONE;
    switch (answered) {
    case MZ_CALL_PERMIT: mz_permit_answered(shim); break;
    case MZ_CALL_LEASE: mz_lease_answered(shim); break;
    case MZ_CALL_EXIT: mz_report_answered(shim); break;
    case MZ_CALL_PUBLISH: mz_publish_answered(shim); break;
    case MZ_CALL_LOG: mz_output_answered(shim); break;
    case MZ_CALL_NONE: break;
    }
}

/* Nothing of the job is left. */
static void end_job(struct mz_shim *shim)
{
    int status = shim->group.status;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

    mz_report_begin(shim, shim->stop.is_on ? shim->stop.cause : MZ_CAUSE_EXIT, code);
}

static void step_job(struct mz_shim *shim)
{
    const struct mz_sheet *sheet = &shim->sheet;
    int64_t end_us = sheet->time_us == 0 ? MZ_NEVER_US : shim->started_us + sheet->time_us;

    if (shim->group.is_empty) {
        end_job(shim);
        return;
    }
    if (mz_shim_stop_signal != 0) {
        mz_shim_stop_signal = 0;
        mz_stop_begin(shim, MZ_CAUSE_STOPPED,
            sheet->lead_us < TERM_LEAD_MAX_US ? sheet->lead_us : TERM_LEAD_MAX_US,
            sheet->kill_us < TERM_KILL_MAX_US ? sheet->kill_us : TERM_KILL_MAX_US);
    }
    if (!shim->stop.is_on && shim->now_us >= end_us)
        mz_stop_begin(shim, MZ_CAUSE_TIME, sheet->lead_us, sheet->kill_us);
    mz_lease_step(shim);
    mz_stop_step(shim);
    if (!shim->stop.is_on) {
        if (shim->now_us >= shim->every_us) {
            if (sheet->checkpoint_signal != 0)
                mz_group_ask(&shim->group, (int)sheet->checkpoint_signal);
            shim->every_us = shim->now_us + sheet->every_us;
        }
        mz_shim_wake(shim, shim->every_us);
        mz_shim_wake(shim, end_us);
    }
    mz_publish_step(shim);
    mz_output_step(shim);
}

/* The second connection does not stay open for nothing: there may be thousands of shims. */
static void step_side(struct mz_shim *shim)
{
    if (shim->side.fd < 0)
        return;
    if (shim->side_call != MZ_CALL_NONE)
        shim->side_idle_us = shim->now_us;
    else if (shim->now_us - shim->side_idle_us >= SIDE_IDLE_US)
        mz_link_close(&shim->side);
    else
        mz_shim_wake(shim, shim->side_idle_us + SIDE_IDLE_US);
}

static void step(struct mz_shim *shim, const struct pollfd *polled)
{
    shim->now_us = mz_clock_us();
    shim->wake_us = MZ_NEVER_US;
    if (mz_shim_child_signal != 0) {
        mz_shim_child_signal = 0;
        if (!shim->group.is_empty)
            mz_group_reap(&shim->group);
    }
    mz_link_step(&shim->kept, polled[POLL_KEPT].revents, shim->now_us);
    mz_link_step(&shim->side, polled[POLL_SIDE].revents, shim->now_us);
    hand_out(shim, &shim->kept, &shim->kept_call);
    hand_out(shim, &shim->side, &shim->side_call);
    if (shim->phase == MZ_PHASE_PERMIT)
        mz_permit_step(shim);
    if (shim->phase == MZ_PHASE_JOB)
        step_job(shim);
    if (shim->phase == MZ_PHASE_REPORT) {
        mz_output_step(shim);
        mz_report_step(shim);
    }
    step_side(shim);
    if (shim->kept.result == MZ_LINK_BUSY)
        mz_shim_wake(shim, shim->kept.deadline_us);
    else if (shim->kept_call != MZ_CALL_NONE)
        mz_shim_wake(shim, 0);
    if (shim->side.result == MZ_LINK_BUSY)
        mz_shim_wake(shim, shim->side.deadline_us);
    else if (shim->side_call != MZ_CALL_NONE)
        mz_shim_wake(shim, 0);
}

/* Sets the timer on the boot clock for waits that are long enough to be slept through. */
static void set_timer(struct mz_shim *shim, int64_t wait_us)
{
    struct itimerspec at = { .it_value = { .tv_sec = shim->wake_us / MZ_SECOND_US,
                                 .tv_nsec = shim->wake_us % MZ_SECOND_US * 1000 } };

    if (wait_us <= MZ_SECOND_US || shim->wake_us == shim->timer_us)
        return;
    if (shim->timer < 0)
        shim->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (shim->timer >= 0 && timerfd_settime(shim->timer, TFD_TIMER_ABSTIME, &at, NULL) == 0)
        shim->timer_us = shim->wake_us;
}

static void list_polled(struct mz_shim *shim, struct pollfd *polled)
{
    const struct mz_publish *publish = &shim->publish;
    bool has_room = false;

    for (int i = 0; i < POLL_COUNT; i++)
        polled[i] = (struct pollfd){ .fd = -1 };
    if (mz_link_events(&shim->kept) != 0)
        polled[POLL_KEPT] = (struct pollfd){ shim->kept.fd, mz_link_events(&shim->kept), 0 };
    if (mz_link_events(&shim->side) != 0)
        polled[POLL_SIDE] = (struct pollfd){ shim->side.fd, mz_link_events(&shim->side), 0 };
    if (shim->timer_us != 0)
        polled[POLL_TIMER] = (struct pollfd){ shim->timer, POLLIN, 0 };
    if (publish->fd < 0 || shim->stop.is_killed)
        return;
    for (int32_t i = 0; i < MZ_PUBLISH_CLIENT_COUNT; i++) {
        has_room = has_room || publish->clients[i].fd < 0;
        if (publish->clients[i].fd >= 0 && !publish->clients[i].is_asked)
            polled[POLL_CLIENT + i] = (struct pollfd){ publish->clients[i].fd, POLLIN, 0 };
    }
    if (has_room)
        polled[POLL_PUBLISH] = (struct pollfd){ publish->fd, POLLIN, 0 };
}

static void wait_for_more(struct mz_shim *shim, struct pollfd *polled, const sigset_t *mask)
{
    int64_t wait_us = shim->wake_us == MZ_NEVER_US ? MZ_NEVER_US : shim->wake_us - mz_clock_us();
    struct timespec timeout;

    if (wait_us < 0)
        wait_us = 0;
    if (shim->wake_us != MZ_NEVER_US && shim->phase == MZ_PHASE_JOB)
        set_timer(shim, wait_us);
    timeout.tv_sec = wait_us / MZ_SECOND_US;
    timeout.tv_nsec = wait_us % MZ_SECOND_US * 1000;
    list_polled(shim, polled);
    if (ppoll(polled, POLL_COUNT, shim->wake_us == MZ_NEVER_US ? NULL : &timeout, mask) < 0)
        for (int i = 0; i < POLL_COUNT; i++)
            polled[i].revents = 0;
    if (polled[POLL_TIMER].revents != 0)
        shim->timer_us = 0; /* it is set anew when it is needed; that makes it quiet */
}

static void on_signal(int number)
{
    if (number == SIGCHLD)
        mz_shim_child_signal = 1;
    else
        mz_shim_stop_signal = 1;
}

static void catch_signals(sigset_t *ret_open)
{
    static const int caught[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t all;

    sigfillset(&all);
    action.sa_mask = all;
    (void)sigprocmask(SIG_SETMASK, &all, ret_open);
    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
        (void)sigaction(caught[i], &action, NULL);
        sigdelset(ret_open, caught[i]);
    }
}

int mz_shim_run(struct mz_shim *shim)
{
    struct pollfd polled[POLL_COUNT] = { 0 };
    sigset_t open;

    catch_signals(&open);
    shim->begun_us = mz_clock_us();
    for (;;) {
        step(shim, polled);
        if (shim->phase == MZ_PHASE_OVER)
            break;
        wait_for_more(shim, polled, &open);
    }
    mz_link_finish(&shim->kept);
    mz_link_finish(&shim->side);
    mz_output_close(shim);
    mz_sheet_finish(&shim->sheet);
    mz_buffer_finish(&shim->report.record);
    return shim->exit_code;
}
