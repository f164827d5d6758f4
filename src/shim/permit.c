/* permit.c - the start permit, and what follows from it: the launch
 *
 * Asked until it is granted, refused, or the time for it is over; only a 200 with a sheet that can
 * be read starts anything. The lease counts from when the request was sent, so a grant that was
 * under way for longer than the lease allows is asked for again rather than used.
 * A full queue of connections at the daemon (many shims at once) is tried again sooner than a
 * daemon that is not there.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERMIT_TIMEOUT_US (30 * MZ_SECOND_US)
#define RETRY_MIN_US (MZ_SECOND_US / 5)
#define RETRY_MAX_US (5 * MZ_SECOND_US)
#define FULL_MIN_US (MZ_SECOND_US / 100)
#define FULL_MAX_US (MZ_SECOND_US / 5)

extern char **environ;

/* How many nodes the partner gave to all ranks together; 1 when it does not say. */
static int64_t node_count(void)
{
    const char *text = getenv("SLURM_JOB_NUM_NODES");
    long count;

    if (text == NULL)
        text = getenv("SLURM_NNODES");
    count = text == NULL ? 1 : strtol(text, NULL, 10);
    return count < 1 ? 1 : count;
}

static void ask(struct mz_shim *shim)
{
    struct mz_buffer *body = mz_link_body(&shim->kept);

    mz_shim_identify(shim, body);
    mz_record_add_text(body, "node", shim->node);
    mz_record_add_number(body, "node_count", node_count());
    mz_record_add_number(body, "pid", getpid());
    shim->kept_call = MZ_CALL_PERMIT;
    mz_link_send(&shim->kept, MZ_SHIM_PATH_PERMIT, MZ_SHIM_RECORD_BYTES_MAX, PERMIT_TIMEOUT_US);
}

static void refuse(struct mz_shim *shim, const char *why)
{
    mz_shim_say(shim, "%s", why);
    shim->exit_code = MZ_SHIM_EXIT_REFUSED;
    shim->phase = MZ_PHASE_OVER;
}

void mz_permit_step(struct mz_shim *shim)
{
    int64_t end_us = shim->begun_us + shim->options.permit_timeout_us;

    if (mz_shim_stop_signal != 0) {
        refuse(shim, "stopped before there was a permit");
        return;
    }
    if (shim->now_us >= end_us) {
        refuse(shim, "no start permit came");
        return;
    }
    mz_shim_wake(shim, end_us);
    if (shim->kept_call != MZ_CALL_NONE)
        return;
    if (shim->now_us >= shim->permit_next_us)
        ask(shim);
    else
        mz_shim_wake(shim, shim->permit_next_us);
}

static void ask_again(struct mz_shim *shim)
{
    bool was_full = shim->kept.result == MZ_LINK_FAILED && shim->kept.was_full;

    if (shim->kept.result == MZ_LINK_FAILED && !shim->kept.was_sent && !was_full)
        (void)mz_server_resolve(&shim->server);
    shim->permit_next_us = shim->now_us +
        mz_backoff_next(&shim->permit_backoff, was_full ? FULL_MIN_US : RETRY_MIN_US,
            was_full ? FULL_MAX_US : RETRY_MAX_US);
}

static bool place_script(struct mz_shim *shim, char *path, size_t path_size)
{
    bool is_used = false;

    for (int32_t i = 0; i < shim->sheet.arg_count; i++) {
        if (strcmp(shim->sheet.args[i], "{script}") == 0) {
            shim->sheet.args[i] = path;
            is_used = true;
        }
    }
    if (shim->sheet.script == NULL)
        return !is_used;
    (void)snprintf(path, path_size, "%s/script", shim->spool.path);
    return mz_spool_write(
        &shim->spool, "script", shim->sheet.script, shim->sheet.script_length, false);
}

/* True: the job runs; else text says why not. */
static bool start_job(struct mz_shim *shim, char *text, size_t text_size)
{
    static char script[MZ_SPOOL_PATH_MAX + 16];
    char name[128];
    char publish[160];
    char self[MZ_SPOOL_PATH_MAX + 16];
    char *added[] = { name, self, publish, NULL };
    struct mz_launch launch = { .args = shim->sheet.args, .workdir = shim->sheet.workdir };
    char **environment;
    bool started;

    if (!place_script(shim, script, sizeof(script))) {
        (void)snprintf(text, text_size, "cannot write the script into '%.300s': %s",
            shim->spool.path, strerror(errno));
        return false;
    }
    if (shim->sheet.output == NULL && !mz_output_open(shim)) {
        (void)snprintf(text, text_size, "cannot open a file for the output in '%.300s': %s",
            shim->spool.path, strerror(errno));
        return false;
    }
    (void)snprintf(name, sizeof(name), "MIZAN_ATTEMPT_NAME=%s", shim->options.attempt);
    (void)snprintf(self, sizeof(self), "MIZAN_SHIM=%s", shim->options.self);
    if (mz_publish_place(shim))
        (void)snprintf(publish, sizeof(publish), "MIZAN_PUBLISH=%s", shim->publish.path);
    else
        added[2] = NULL;
    environment = mz_sheet_environment(&shim->sheet, environ, added);
    if (environment == NULL) {
        (void)snprintf(text, text_size, "no memory");
        return false;
    }
    launch.environment = environment;
    launch.output = shim->sheet.output;
    launch.output_fd = shim->output.fd;
    started = mz_group_start(&shim->group, &launch, text, text_size);
    free(environment);
    return started;
}

static void launch(struct mz_shim *shim)
{
    struct mz_report *report = &shim->report;

    mz_lease_begin(shim);
    if (mz_clock_us() >= mz_lease_stop_us(shim)) {
        mz_sheet_finish(&shim->sheet);
        ask_again(shim);
        return;
    }
    if (!start_job(shim, report->text, sizeof(report->text))) {
        mz_shim_say(shim, "%s", report->text);
        mz_report_begin(shim, MZ_CAUSE_LAUNCH, MZ_SHIM_EXIT_LAUNCH);
        return;
    }
    shim->phase = MZ_PHASE_JOB;
    shim->started_us = mz_clock_us();
    shim->every_us =
        shim->sheet.every_us == 0 ? MZ_NEVER_US : shim->started_us + shim->sheet.every_us;
    shim->publish.open_us = shim->started_us + MZ_PUBLISH_WAIT_US;
}

void mz_permit_answered(struct mz_shim *shim)
{
    struct mz_link *link = &shim->kept;
    size_t from = link->answer.body;

    if (link->result == MZ_LINK_ANSWERED && link->answer.status == 409)
        refuse(shim, "the start permit was refused");
    else if (link->result == MZ_LINK_ANSWERED && link->answer.status == 200 &&
        mz_sheet_read(&shim->sheet, &link->in, from, link->answer.body_length))
        launch(shim);
    else
        ask_again(shim);
}
