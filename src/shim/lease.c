/* lease.c - renewing the lease and obeying orders
 *
 * One call waits at the daemon all the time; its answer renews the lease from when the call was
 * SENT. It is asked to wait for a third of the lease at most, so that two calls can fail before the
 * job has to begin to stop. Between failures: 0.1 s to 5 s, less with a short lease. None is sent in
 * the first second: most short jobs end without one.
 *
 *     sent ........ renewed by the next ........ stop_us .. lead .. TERM .. kill .. kill_us | over
 *
 * kill_us lies a twentieth of the lease (half a second at most) before its end: what is left then
 * is killed whatever step it is in, also when the shim slept and wakes up too late.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <string.h>

#define FIRST_US MZ_SECOND_US
#define WAIT_MAX_US (30 * MZ_SECOND_US)
#define ANSWER_MAX (64 * 1024)
#define ANSWER_TIME_MAX_US (10 * MZ_SECOND_US)
#define PACE_US MZ_SECOND_US
#define LEASE_MAX_US (INT64_C(366) * 24 * 3600 * MZ_SECOND_US)

static int64_t min_us(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void mz_lease_begin(struct mz_shim *shim)
{
    struct mz_lease *lease = &shim->lease;

    lease->sent_us = shim->kept.sent_us;
    lease->length_us = shim->sheet.lease_us;
    lease->next_us = shim->now_us + min_us(FIRST_US, lease->length_us / 4);
}

int64_t mz_lease_stop_us(const struct mz_shim *shim)
{
    const struct mz_lease *lease = &shim->lease;
    int64_t lead_us = shim->sheet.checkpoint_signal != 0 ? shim->sheet.lead_us : 0;
    int64_t before_us = lease->length_us - lead_us - shim->sheet.kill_us;

    return lease->sent_us + (before_us > lease->length_us / 2 ? before_us : lease->length_us / 2);
}

int64_t mz_lease_kill_us(const struct mz_shim *shim)
{
    const struct mz_lease *lease = &shim->lease;

    return lease->sent_us + lease->length_us - min_us(lease->length_us / 20, MZ_SECOND_US / 2);
}

static void ask(struct mz_shim *shim)
{
    struct mz_lease *lease = &shim->lease;
    struct mz_buffer *body = mz_link_body(&shim->kept);
    int64_t patience_us = min_us(ANSWER_TIME_MAX_US, lease->length_us / 10);

    lease->wait_us = min_us(WAIT_MAX_US, lease->length_us / 3);
    mz_shim_identify(shim, body);
    mz_record_add_number(body, "seen", lease->seen);
    mz_record_add_number(body, "wait_ms", lease->wait_us / 1000);
    shim->kept_call = MZ_CALL_LEASE;
    mz_link_send(&shim->kept, MZ_SHIM_PATH_LEASE, ANSWER_MAX,
        lease->wait_us + (patience_us > MZ_SECOND_US / 5 ? patience_us : MZ_SECOND_US / 5));
}

void mz_lease_step(struct mz_shim *shim)
{
    int64_t stop_us = mz_lease_stop_us(shim);
    int64_t kill_us = mz_lease_kill_us(shim);

    if (shim->now_us >= kill_us) {
        if (!shim->stop.is_killed)
            mz_stop_now(shim, MZ_CAUSE_LEASE);
    } else {
        if (shim->now_us >= stop_us && !shim->stop.is_on)
            mz_stop_begin(shim, MZ_CAUSE_LEASE, shim->sheet.lead_us, shim->sheet.kill_us);
        mz_shim_wake(shim, shim->stop.is_on ? kill_us : stop_us);
    }
    if (shim->kept_call != MZ_CALL_NONE)
        return;
    if (shim->now_us >= shim->lease.next_us)
        ask(shim);
    else
        mz_shim_wake(shim, shim->lease.next_us);
}

static void obey(struct mz_shim *shim, const struct mz_record *order)
{
    const struct mz_sheet *sheet = &shim->sheet;

    if (mz_record_is(&(struct mz_record){ order->bytes, order->length, NULL, 0 }, "stop"))
        mz_stop_begin(shim, MZ_CAUSE_STOPPED, sheet->lead_us, sheet->kill_us);
    else if (mz_record_is(
                 &(struct mz_record){ order->bytes, order->length, NULL, 0 }, "checkpoint") &&
        sheet->checkpoint_signal != 0)
        mz_group_ask(&shim->group, (int)sheet->checkpoint_signal);
}

/* False: the answer cannot be read, so it renews nothing. */
static bool read_answer(struct mz_shim *shim, bool *ret_obeyed)
{
    struct mz_lease *lease = &shim->lease;
    struct mz_record order = { 0 };
    struct mz_record record;
    struct mz_records records;
    enum mz_record_read state;
    int64_t lease_ms = lease->length_us / 1000;
    int64_t number = 0;
    size_t length;

    records.next = mz_link_answer(&shim->kept, &length);
    records.end = records.next + length;
    while ((state = mz_record_next(&records, &record)) == MZ_RECORD_ONE) {
        if (mz_record_is(&record, "order"))
            order = record;
        else if (mz_record_is(&record, "order_number") &&
            !mz_record_number(&record, INT64_MAX, &number))
            return false;
        else if (mz_record_is(&record, "lease_ms") &&
            (!mz_record_number(&record, LEASE_MAX_US / 1000, &lease_ms) || lease_ms == 0))
            return false;
    }
    if (state == MZ_RECORD_BAD)
        return false;
    lease->sent_us = shim->kept.sent_us;
    lease->length_us = lease_ms * 1000;
    *ret_obeyed = number > lease->seen && order.bytes != NULL;
    if (*ret_obeyed) {
        lease->seen = number;
        obey(shim, &order);
    }
    return true;
}

void mz_lease_answered(struct mz_shim *shim)
{
    struct mz_lease *lease = &shim->lease;
    struct mz_link *link = &shim->kept;
    int status = link->result == MZ_LINK_ANSWERED ? link->answer.status : 0;
    bool obeyed = false;

    if (status == 409 || status == 410) {
        mz_shim_say(shim, "the attempt is over for the daemon");
        mz_stop_now(shim, MZ_CAUSE_LEASE);
        lease->next_us = MZ_NEVER_US;
    } else if (status == 200 && read_answer(shim, &obeyed)) {
        lease->backoff.wait_us = 0;
        lease->next_us = shim->now_us;
        if (!obeyed && shim->now_us - link->sent_us < lease->wait_us / 2) /* it did not wait */
            lease->next_us = link->sent_us + min_us(PACE_US, lease->wait_us);
    } else {
        int64_t max_us = min_us(5 * MZ_SECOND_US, lease->length_us / 20);

        lease->next_us = shim->now_us +
            mz_backoff_next(&lease->backoff, min_us(MZ_SECOND_US / 10, max_us), max_us);
    }
}
