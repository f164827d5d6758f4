/* step.c - the pass over the queue: everything that can be decided now
 *
 * 1. Reservations whose time has come, or that something made better, are settled (reserve.c).
 * 2. The waiting jobs are tried in order. One that fits starts. The first that does not may preempt
 *    (if the policy does), else it blocks the rest, or gets a reservation and the rest is tried
 *    beside it, to the depth that the policy sets.
 * A job is tried with the reservations held that its run would overlap. When a shape did not fit
 * with h of them held, no job of that shape is tried again in this step with h or more.
 * With fair share there is a queue a team; the next job is the first of the team that is first, as
 * it will stand when what runs now has gone on for fair_ahead_us: so a start counts at once.
 */
#include "place/engine_impl.h"

#include <assert.h>

struct pass {
    struct mz_engine *engine;
    int32_t blocked_count; /* jobs that did not fit so far */
    int32_t looked_count;  /* jobs looked at since the first that did not */
    int32_t dead_count;    /* shapes that fit nowhere, whatever is held */
    bool is_over;
};

/* ---- the next job in order ---- */

static bool queue_has_more(const struct mz_engine *engine, int32_t q)
{
    return !engine->queue_done[q] && engine->cursors[q] < mz_queue_count(&engine->queues[q]);
}

/* The queue whose team is first; team -1 (queue 0) comes last. Only queues with jobs are listed. */
static int32_t next_queue(const struct mz_engine *engine)
{
    int32_t best = -1;

    if (engine->queue_count == 1)
        return queue_has_more(engine, 0) ? 0 : -1;
    for (int32_t i = 0; i < engine->active_count; i++) {
        int32_t q = engine->active[i];

        if (q > 0 && queue_has_more(engine, q) &&
            (best < 0 ||
                mz_teams_before(
                    engine->teams, q - 1, best - 1, engine->now_us + engine->policy.fair_ahead_us)))
            best = q;
    }
    if (best < 0 && queue_has_more(engine, 0))
        best = 0;
    return best;
}

/* The pass begins at the front of every queue that has jobs. */
static void rewind_queues(struct mz_engine *engine)
{
    engine->active_count = 0;
    for (int32_t q = 0; q < engine->queue_count; q++) {
        engine->cursors[q] = 0;
        engine->queue_done[q] = false;
        if (mz_queue_count(&engine->queues[q]) > 0)
            engine->active[engine->active_count++] = q;
    }
}

/* ---- one job ---- */

static bool failed_before(const struct mz_engine *engine, int32_t shape, int32_t held)
{
    const struct mz_shape_info *info = &engine->shapes[shape];

    return info->failed_step == engine->step && held >= info->failed_held;
}

static void note_failure(struct pass *pass, int32_t shape, int32_t held)
{
    struct mz_shape_info *info = &pass->engine->shapes[shape];
    bool is_new = info->failed_step != pass->engine->step;

    if (held == 0 && (is_new || info->failed_held > 0))
        pass->dead_count++;
    if (is_new || held < info->failed_held)
        info->failed_held = held;
    info->failed_step = pass->engine->step;
}

static bool try_start(struct pass *pass, int32_t job)
{
    struct mz_engine *engine = pass->engine;
    const struct mz_slot *slot = &engine->slots[job];
    struct mz_placement placement;
    int32_t contract;
    int64_t price_micro;
    int32_t held = 0;

    if (engine->reservation_count > 0)
        held = mz_hold_until(engine, engine->now_us + mz_engine_longest_run_us(engine, slot));
    if (failed_before(engine, slot->request.shape, held))
        return false;
    if (!mz_choose(engine, job, &placement, &contract, &price_micro)) {
        note_failure(pass, slot->request.shape, held);
        if (held != 1 || engine->policy.backfill != MZ_BACKFILL_EASY)
            return false;
        switch (mz_reserve_elsewhere(engine, job)) {
        case MZ_ELSEWHERE_STARTED: return true;
        case MZ_ELSEWHERE_REFUSED: return false;
        case MZ_ELSEWHERE_NO_ROOM: note_failure(pass, slot->request.shape, 0); return false;
        }
        return false;
    }
    mz_engine_start(engine, job, &placement, contract, price_micro,
        pass->blocked_count > 0 ? "backfill" : "order");
    return true;
}

static int32_t plain_reservations(const struct mz_engine *engine)
{
    int32_t count = 0;

    for (int32_t r = 0; r < engine->reservation_count; r++)
        count += !engine->reservations[r].preempts;
    return count;
}

/* Has a job of the same shape found nobody to stop in this step, that may stop whom this one may? */
static bool may_not_preempt(const struct mz_engine *engine, int32_t job)
{
    const struct mz_request *request = &engine->slots[job].request;
    const struct mz_shape_info *info = &engine->shapes[request->shape];
    const struct mz_slot *other = &engine->slots[info->preempt_failed_job];

    return info->preempt_failed_step == engine->step && other->request.team == request->team &&
        other->request.priority >= request->priority && other->key <= engine->slots[job].key &&
        other->request.deadline_us <= request->deadline_us &&
        mz_slot_estimate_us(engine, other) <= mz_slot_estimate_us(engine, &engine->slots[job]);
}

static bool try_preempt(struct pass *pass, int32_t job)
{
    struct mz_engine *engine = pass->engine;
    struct mz_shape_info *info = &engine->shapes[engine->slots[job].request.shape];

    if (!engine->policy.preempt || pass->blocked_count > engine->policy.preempt_depth ||
        may_not_preempt(engine, job))
        return false;
    if (mz_preempt(engine, job))
        return true;
    info->preempt_failed_step = engine->step;
    info->preempt_failed_job = job;
    return false;
}

/* What becomes of a job that does not fit. */
static void block(struct pass *pass, int32_t job)
{
    struct mz_engine *engine = pass->engine;
    int32_t depth =
        engine->policy.backfill == MZ_BACKFILL_CONSERVATIVE ? engine->policy.reservation_depth : 1;

    pass->blocked_count++;
    if (try_preempt(pass, job)) {
        if (engine->policy.backfill == MZ_BACKFILL_NONE)
            pass->is_over = true;
        return;
    }
    if (engine->policy.backfill == MZ_BACKFILL_NONE) {
        pass->is_over = true;
        return;
    }
    /* A job that nothing makes room for gets no promise and lets the next one have it. */
    if (plain_reservations(engine) < depth &&
        mz_order_admits_beside(engine, &engine->slots[job], MZ_TIME_NEVER))
        mz_reserve(engine, job);
}

/* The job at the cursor of a queue: starts, blocks, or is passed over. */
static void look_at(struct pass *pass, int32_t q)
{
    struct mz_engine *engine = pass->engine;
    int32_t job = mz_queue_at(&engine->queues[q], engine->cursors[q])->job;

    if (engine->slots[job].reservation >= 0) {
        engine->cursors[q]++;
        pass->blocked_count++;
        if (engine->policy.backfill == MZ_BACKFILL_NONE)
            pass->is_over = true;
        return;
    }
    if (pass->blocked_count > 0 && ++pass->looked_count > engine->policy.backfill_depth) {
        pass->is_over = true;
        return;
    }
    if (!mz_order_admits_beside(engine, &engine->slots[job],
            engine->reservation_count > 0 && engine->teams
                ? engine->now_us + mz_engine_longest_run_us(engine, &engine->slots[job])
                : INT64_MIN)) {
        /* Its quota is full: others of the team that need less may fit when backfilling. */
        engine->cursors[q]++;
        if (engine->policy.backfill == MZ_BACKFILL_NONE && engine->queue_count > 1)
            engine->queue_done[q] = true;
        return;
    }
    if (try_start(pass, job))
        return; /* it left the queue: the cursor points at the next */
    engine->cursors[q]++;
    block(pass, job);
}

/* Every shape that waits was tried without anything held, and fits nowhere: the rest of a long queue
 * need not be looked at, unless it may still preempt or be promised something. */
static bool nothing_fits(const struct pass *pass)
{
    const struct mz_engine *engine = pass->engine;

    return pass->dead_count > 0 && pass->dead_count >= engine->waiting_shape_count &&
        engine->policy.backfill != MZ_BACKFILL_CONSERVATIVE &&
        (!engine->policy.preempt || pass->blocked_count > engine->policy.preempt_depth);
}

int32_t mz_engine_step(
    struct mz_engine *engine, int64_t now_us, const struct mz_place_decision **ret_decisions)
{
    struct pass pass = { .engine = engine };

    assert(now_us >= engine->now_us);
    engine->now_us = now_us;
    engine->step++;
    engine->decision_count = 0;
    if (engine->waiting_count > 0) {
        mz_reserve_settle(engine);
        rewind_queues(engine);
        while (!pass.is_over && !nothing_fits(&pass)) {
            int32_t q = next_queue(engine);

            if (q < 0)
                break;
            look_at(&pass, q);
        }
        mz_hold_until(engine, INT64_MIN);
    }
    *ret_decisions = engine->decisions;
    return engine->decision_count;
}

int64_t mz_engine_wake_us(const struct mz_engine *engine)
{
    int64_t wake_us = MZ_TIME_NEVER;

    /* The end that a promise waited for may have come early, and then nothing else happens at its
     * time. */
    for (int32_t r = 0; r < engine->reservation_count && wake_us == MZ_TIME_NEVER; r++) {
        if (engine->reservations[r].start_us > engine->now_us)
            wake_us = engine->reservations[r].start_us;
    }
    if (engine->policy.order != MZ_ORDER_LAS || engine->waiting_count == 0)
        return wake_us;
    /* The next time at which a running job falls into a later class. */
    for (int32_t i = 0; i < engine->running.count; i++) {
        const struct mz_slot *slot = &engine->slots[engine->running.heap[i].job];
        int64_t chips_milli = mz_slot_chips_milli(engine, slot);
        int64_t limit_us = engine->policy.las_quantum_us;
        int32_t class = mz_las_class(engine, slot, engine->now_us);
        int64_t at_us;

        if (chips_milli == 0)
            continue;
        for (int32_t c = 0; c < class && limit_us < MZ_TIME_NEVER / 8; c++)
            limit_us *= 8;
        at_us = slot->start_us +
            (int64_t)(((__int128)(limit_us - slot->attained_us) * MZ_MILLI + chips_milli - 1) /
                chips_milli);
        if (at_us > engine->now_us && at_us < wake_us)
            wake_us = at_us;
    }
    return wake_us;
}

int32_t mz_engine_waiting_at(struct mz_engine *engine, int32_t position)
{
    /* One queue: by index. With teams: merged in fair order as of now, team by team. */
    if (engine->queue_count == 1)
        return position < mz_queue_count(&engine->queues[0])
            ? mz_queue_at(&engine->queues[0], position)->job
            : -1;
    rewind_queues(engine);
    for (;;) {
        int32_t q = next_queue(engine);

        if (q < 0)
            return -1;
        if (position-- == 0)
            return mz_queue_at(&engine->queues[q], engine->cursors[q])->job;
        engine->cursors[q]++;
    }
}
