/* output.c - the job's output, from DIR/output to the daemon
 *
 * The job writes into the file itself, so neither the shim nor the daemon can hold it up. The shim
 * looks twice a second and sends what is new by offset; the daemon answers with what it has, and
 * from there it goes on, whatever was lost on the way.
 * Limits: of what the daemon has not taken, SPOOL_MAX bytes are kept; past that, and when the daemon
 * keeps no more (413), the file is cut back again and again, and what is cut is lost. The job does
 * not notice: its file is open for appending. After the job, output that cannot be sent is given up
 * GIVE_UP_US after the last that could be.
 *
 * At a local partner the job writes where the daemon reads, and nothing is sent. That file is cut
 * back in the same way to output_max, so that one job cannot fill the disk of the journal.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_US (MZ_SECOND_US / 2)
#define SPOOL_MAX (INT64_C(1) << 30)
#define LOG_TIMEOUT_US (30 * MZ_SECOND_US)
#define GIVE_UP_US (INT64_C(600) * MZ_SECOND_US)

bool mz_output_open(struct mz_shim *shim)
{
    shim->output.fd = mz_spool_open(&shim->spool, "output");
    shim->output.is_over = shim->output.fd < 0;
    shim->output.next_us = shim->now_us + LOOK_US;
    shim->output.progress_us = shim->now_us;
    return shim->output.fd >= 0;
}

void mz_output_close(struct mz_shim *shim)
{
    if (shim->output.fd < 0)
        return;
    (void)close(shim->output.fd);
    shim->output.fd = -1;
    shim->output.is_over = true;
}

/* The size of the file, cut back to what is to be kept. */
static int64_t look(struct mz_output *output)
{
    int64_t limit = output->offset + (output->is_unwanted ? 0 : SPOOL_MAX);
    struct stat info;

    if (fstat(output->fd, &info) != 0)
        return 0;
    if (info.st_size > limit && ftruncate(output->fd, limit) == 0)
        return limit;
    return info.st_size;
}

static void send_piece(struct mz_shim *shim, int64_t size)
{
    struct mz_output *output = &shim->output;
    struct mz_buffer *body = mz_link_body(&shim->side);
    int64_t length = size - output->offset;
    char target[256];
    ssize_t count = -1;

    if (length > MZ_SHIM_LOG_BYTES_MAX)
        length = MZ_SHIM_LOG_BYTES_MAX;
    if (mz_buffer_reserve(body, (size_t)length))
        count = pread(output->fd, body->bytes, (size_t)length, output->offset);
    if (count <= 0) {
        output->next_us = shim->now_us + LOOK_US;
        return;
    }
    body->length = (size_t)count;
    (void)snprintf(target, sizeof(target), MZ_SHIM_PATH_LOG "?attempt=%s&rank=%d&offset=%lld",
        shim->options.attempt, (int)shim->options.rank, (long long)output->offset);
    shim->side_call = MZ_CALL_LOG;
    mz_link_send(&shim->side, target, 64 * 1024, LOG_TIMEOUT_US);
}

/* The file that the job writes to by itself, where it is the daemon's and not the user's. */
static void bound_own_file(struct mz_shim *shim)
{
    struct mz_output *output = &shim->output;
    const struct mz_sheet *sheet = &shim->sheet;
    struct stat info;

    if (sheet->output == NULL || sheet->output_max <= 0 || shim->phase < MZ_PHASE_JOB)
        return;
    if (shim->phase > MZ_PHASE_JOB || shim->now_us >= output->next_us) {
        if (lstat(sheet->output, &info) == 0 && S_ISREG(info.st_mode) &&
            info.st_size > sheet->output_max)
            (void)truncate(sheet->output, sheet->output_max);
        output->next_us = shim->now_us + LOOK_US;
    }
    if (shim->phase == MZ_PHASE_JOB)
        mz_shim_wake(shim, output->next_us);
}

void mz_output_step(struct mz_shim *shim)
{
    struct mz_output *output = &shim->output;
    int64_t size;

    if (output->fd < 0) {
        bound_own_file(shim);
        return;
    }
    if (output->is_over)
        return;
    if (shim->now_us < output->next_us &&
        (shim->phase == MZ_PHASE_JOB || output->backoff.wait_us)) {
        mz_shim_wake(shim, output->next_us);
        return;
    }
    if (shim->side_call != MZ_CALL_NONE)
        return;
    size = look(output);
    if (shim->phase == MZ_PHASE_REPORT &&
        (size <= output->offset || output->is_unwanted ||
            shim->now_us - output->progress_us > GIVE_UP_US)) {
        output->is_over = true;
        return;
    }
    output->next_us = shim->now_us + LOOK_US;
    if (size > output->offset)
        send_piece(shim, size);
    mz_shim_wake(shim, output->next_us);
}

static bool read_size(struct mz_shim *shim, int64_t *ret_size)
{
    struct mz_records records;
    struct mz_record record;
    size_t length;

    records.next = mz_link_answer(&shim->side, &length);
    records.end = records.next + length;
    while (mz_record_next(&records, &record) == MZ_RECORD_ONE)
        if (mz_record_is(&record, "size"))
            return mz_record_number(&record, INT64_MAX, ret_size);
    return false;
}

void mz_output_answered(struct mz_shim *shim)
{
    struct mz_output *output = &shim->output;
    struct mz_link *link = &shim->side;
    int status = link->result == MZ_LINK_ANSWERED ? link->answer.status : 0;
    int64_t offset = output->offset;
    int64_t size;

    if (status == 413 || status == 404 || status == 409 || status == 410) {
        output->is_unwanted = true;
        return;
    }
    if (status == 200 && read_size(shim, &size)) {
        int64_t there = look(output);

        output->offset = size < there ? size : there;
        if (output->offset > offset) {
            output->backoff.wait_us = 0;
            output->progress_us = output->next_us = shim->now_us;
            return;
        }
    } /* nothing was gained: a gap, or no answer */
    output->next_us =
        shim->now_us + mz_backoff_next(&output->backoff, MZ_SECOND_US / 5, 10 * MZ_SECOND_US);
}
