/* report.c - how it ended, said until somebody has written it down
 *
 * The first try goes out at once. When it is not acknowledged within SAVE_US, or fails, the record
 * is put on the disk (DIR/exit, synced) before the next: what the daemon has acknowledged needs no
 * copy, and until then the attempt's lease guards it, as it would if the machine went down before
 * the record could be written. So a job of a few milliseconds costs no sync.
 * The rest of the output goes first, for OUTPUT_US at most. Tries: 0.2 s to 30 s apart, for a week.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <errno.h>
#include <string.h>

#define SAVE_US (MZ_SECOND_US / 5)
#define OUTPUT_US (2 * MZ_SECOND_US)
#define EXIT_TIMEOUT_US (30 * MZ_SECOND_US)
#define RETRY_MIN_US (MZ_SECOND_US / 5)
#define RETRY_MAX_US (30 * MZ_SECOND_US)
#define GIVE_UP_US (INT64_C(7) * 24 * 3600 * MZ_SECOND_US)

static const char *cause_name(enum mz_cause cause)
{
    switch (cause) {
    case MZ_CAUSE_EXIT: return "exit";
    case MZ_CAUSE_STOPPED: return "stopped";
    case MZ_CAUSE_LEASE: return "lease";
    case MZ_CAUSE_TIME: return "time";
    case MZ_CAUSE_LAUNCH: return "launch";
    }
    return "";
}

static void save(struct mz_shim *shim)
{
    struct mz_report *report = &shim->report;

    if (report->is_saved || report->is_over)
        return;
    report->is_saved = true;
    if (!mz_spool_write(&shim->spool, "exit", report->record.bytes, report->record.length, true))
        mz_shim_say(shim, "cannot write '%s/exit': %s", shim->spool.path, strerror(errno));
}

void mz_report_begin(struct mz_shim *shim, enum mz_cause cause, int code)
{
    struct mz_report *report = &shim->report;

    shim->phase = MZ_PHASE_REPORT;
    shim->exit_code = code;
    if (shim->kept_call != MZ_CALL_NONE) { /* the lease's call waits at the daemon */
        mz_link_close(&shim->kept);
        shim->kept_call = MZ_CALL_NONE;
    }
    mz_publish_close(shim);
    report->begun_us = report->next_us = mz_clock_us();
    mz_shim_identify(shim, &report->record);
    mz_record_add_number(&report->record, "code", code);
    mz_record_add_text(&report->record, "cause", cause_name(cause));
    if (report->text[0] != '\0')
        mz_record_add_text(&report->record, "text", report->text);
    mz_record_add_number(&report->record, "run_ms",
        shim->started_us == 0 ? 0 : (report->begun_us - shim->started_us) / 1000);
}

static void send_record(struct mz_shim *shim)
{
    const struct mz_buffer *record = &shim->report.record;

    mz_buffer_add(mz_link_body(&shim->kept), record->bytes, record->length);
    shim->kept_call = MZ_CALL_EXIT;
    mz_link_send(&shim->kept, MZ_SHIM_PATH_EXIT, 64 * 1024, EXIT_TIMEOUT_US);
}

static void end_report(struct mz_shim *shim)
{
    shim->report.is_over = true;
    mz_spool_remove(&shim->spool, "exit");
}

void mz_report_step(struct mz_shim *shim)
{
    struct mz_report *report = &shim->report;
    int64_t send_us = report->next_us;

    if (!shim->output.is_over && send_us < report->begun_us + OUTPUT_US)
        send_us = report->begun_us + OUTPUT_US;
    if (!report->is_saved && !report->is_over) {
        if (shim->now_us >= report->begun_us + SAVE_US || mz_shim_stop_signal != 0)
            save(shim);
        else
            mz_shim_wake(shim, report->begun_us + SAVE_US);
    }
    if (report->is_over) {
        if (shim->output.is_over)
            shim->phase = MZ_PHASE_OVER;
        return;
    }
    if (shim->kept_call != MZ_CALL_NONE)
        return;
    if (shim->now_us < send_us)
        mz_shim_wake(shim, send_us);
    else
        send_record(shim);
}

void mz_report_answered(struct mz_shim *shim)
{
    struct mz_report *report = &shim->report;
    struct mz_link *link = &shim->kept;
    int status = link->result == MZ_LINK_ANSWERED ? link->answer.status : 0;

    if (status == 200 || status == 404 || status == 409 || status == 410) {
        end_report(shim);
        return;
    }
    save(shim);
    if (shim->now_us - report->begun_us >= GIVE_UP_US) {
        mz_shim_say(shim, "gave up reporting the end, see '%s/exit'", shim->spool.path);
        report->is_over = shim->output.is_over = true; /* the file stays */
        return;
    }
    if (status == 0 && !link->was_sent)
        (void)mz_server_resolve(&shim->server);
    report->next_us = shim->now_us + mz_backoff_next(&report->backoff, RETRY_MIN_US, RETRY_MAX_US);
}
