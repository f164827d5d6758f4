/* slurm.c - the driver of partners that run Slurm: two queues, one observation, one transport
 *
 * A call of the driver copies what it is given into a queue and starts a timer of zero length; the
 * transport works from the timer, so that no event comes from inside a call and submits that come
 * together travel together. The transport takes works from the queues (cancels first), and every
 * work ends in mz_slurm_work_done, exactly once. There is at most one observation at a time.
 *
 * Observations adapt: observe_us is five times what the last one took, between 1 s and 8 s, so that
 * a long list costs a controller a fifth of one thread at most. The timeout of one follows the same
 * figure (four times the last, 3.5 s to 8 s): a frozen controller is told within 8 s.
 *
 * No poll with update_time: slurmrestd up to v0.0.38 does not tell the time of its list, so that it
 * could only be guessed from another machine's clock; and a list that nothing changed in is short
 * of work anyway. Every list is whole: it may prove that a job is not there.
 *
 * Life. free stops the transport; what is under way comes back later and finds is_freed. The
 * memory goes when nothing is under way (`busy`) and the timer's handle is closed.
 * Only the loop's thread touches any of it; the reading of long answers runs on threads of its own
 * which are given nothing but the bytes and an arena. */
#include "driver/slurm_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { OBSERVE_US_MIN = 1000000, OBSERVE_US_MAX = 8000000, TIMEOUT_MS_MIN = 3500 };

struct mz_slurm_kept { /* a string of a work */
    struct mz_slurm_kept *next;
    char bytes[];
};

static struct mz_slurm *of(struct mz_driver *driver)
{
    return (struct mz_slurm *)driver;
}

static const char *keep(struct mz_slurm_work *work, const char *text)
{
    size_t size = strlen(text ? text : "") + 1;
    struct mz_slurm_kept *kept = mz_xcalloc(1, sizeof(*kept) + size);

    memcpy(kept->bytes, text ? text : "", size);
    kept->next = work->kept;
    work->kept = kept;
    return kept->bytes;
}

static const char *const *keep_all(
    struct mz_slurm_work *work, const char *const *texts, int32_t count)
{
    size_t size = ((size_t)count + 1) * sizeof(char *);
    struct mz_slurm_kept *kept = mz_xcalloc(1, sizeof(*kept) + size);
    const char **list = (const char **)(void *)kept->bytes;

    kept->next = work->kept;
    work->kept = kept;
    for (int32_t i = 0; i < count; i++)
        list[i] = keep(work, texts[i]);
    return list;
}

static void work_free(struct mz_slurm_work *work)
{
    while (work->kept) {
        struct mz_slurm_kept *next = work->kept->next;

        free(work->kept);
        work->kept = next;
    }
    free(work);
}

struct mz_slurm_work *mz_slurm_queue_take(struct mz_slurm_queue *queue)
{
    struct mz_slurm_work *work = queue->head;

    if (!work)
        return NULL;
    queue->head = work->next;
    if (!queue->head)
        queue->tail = NULL;
    queue->count--;
    work->next = NULL;
    return work;
}

void mz_slurm_queue_put(struct mz_slurm_queue *queue, struct mz_slurm_work *work)
{
    if (queue->tail)
        queue->tail->next = work;
    else
        queue->head = work;
    queue->tail = work;
    queue->count++;
}

int64_t mz_slurm_now_us(const struct mz_slurm *slurm)
{
    return (int64_t)uv_now(slurm->setup.loop) * 1000;
}

int64_t mz_slurm_observe_timeout_ms(const struct mz_slurm *slurm)
{
    int64_t ms = slurm->driver.caps.observe_us / 5 * 4 / 1000;

    return ms < TIMEOUT_MS_MIN
        ? TIMEOUT_MS_MIN
        : (ms > MZ_SLURM_OBSERVE_TIMEOUT_MS ? MZ_SLURM_OBSERVE_TIMEOUT_MS : ms);
}

static void send_event(struct mz_slurm *slurm, struct mz_driver_event *event)
{
    event->partner = slurm->driver.partner;
    if (!event->remote_id)
        event->remote_id = "";
    if (!event->text)
        event->text = "";
    if (!slurm->is_freed)
        slurm->setup.sink(slurm->setup.context, event);
}

void mz_slurm_work_done(struct mz_slurm *slurm, struct mz_slurm_work *work,
    enum mz_driver_outcome outcome, const char *remote_id, int64_t remote_submit_s,
    const char *text)
{
    struct mz_driver_event event = {
        .kind = work->is_cancel ? MZ_DRIVER_CANCELLED : MZ_DRIVER_SUBMITTED,
        .job = work->submit.job,
        .n = work->submit.n,
        .outcome = outcome,
        .remote_id = remote_id,
        .remote_submit_s = remote_submit_s,
        .text = text,
    };

    send_event(slurm, &event);
    work_free(work);
    mz_slurm_pump_soon(slurm);
}

void mz_slurm_queues_fail(struct mz_slurm *slurm, enum mz_driver_outcome outcome, const char *text)
{
    struct mz_slurm_queue *queues[] = { &slurm->cancels, &slurm->submits };

    for (size_t i = 0; i < 2; i++) {
        int32_t count = queues[i]->count; /* the sink may queue more */

        while (count-- > 0 && queues[i]->head)
            mz_slurm_work_done(slurm, mz_slurm_queue_take(queues[i]), outcome, "", 0, text);
    }
}

static void observation_over(struct mz_slurm *slurm)
{
    int64_t took_us = mz_slurm_now_us(slurm) - slurm->observe_begin_us;
    int64_t next_us = took_us * 5;

    slurm->driver.caps.observe_us = next_us < OBSERVE_US_MIN
        ? OBSERVE_US_MIN
        : (next_us > OBSERVE_US_MAX ? OBSERVE_US_MAX : next_us);
    slurm->is_observing = false;
}

void mz_slurm_unreachable(struct mz_slurm *slurm, const char *text)
{
    struct mz_driver_event event = {
        .kind = MZ_DRIVER_UNREACHABLE, .text = text, .begin_us = slurm->observe_begin_us
    };

    if (!slurm->is_observing)
        return;
    slurm->is_observing = false; /* its time says nothing about the length of the list */
    send_event(slurm, &event);
}

void mz_slurm_observed(struct mz_slurm *slurm, const struct mz_slurm_list *list)
{
    struct mz_driver_event event = { .kind = MZ_DRIVER_OBSERVED,
        .begin_us = slurm->observe_begin_us };

    if (!slurm->is_observing)
        return;
    mz_slurm_observe_event(slurm, list, &event);
    observation_over(slurm);
    send_event(slurm, &event);
}

static void free_memory(struct mz_slurm *slurm)
{
    struct mz_slurm_queue *queues[] = { &slurm->cancels, &slurm->submits, &slurm->refused };

    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        while (queues[i]->head)
            work_free(mz_slurm_queue_take(queues[i]));
    }
    if (slurm->transport)
        slurm->ops->free(slurm->transport);
    free(slurm->rest_uses);
    free(slurm);
}

void mz_slurm_release(struct mz_slurm *slurm)
{
    assert(slurm->busy > 0);
    slurm->busy--;
    if (slurm->is_freed && slurm->is_closed && slurm->busy == 0)
        free_memory(slurm);
}

static void on_closed(uv_handle_t *handle)
{
    struct mz_slurm *slurm = handle->data;

    slurm->is_closed = true;
    if (slurm->busy == 0)
        free_memory(slurm);
}

static void on_timer(uv_timer_t *timer)
{
    struct mz_slurm *slurm = timer->data;
    int32_t count = slurm->refused.count;

    while (count-- > 0 && slurm->refused.head && !slurm->is_freed) {
        struct mz_slurm_work *work = mz_slurm_queue_take(&slurm->refused);

        mz_slurm_work_done(slurm, work, work->refusal_outcome, "", 0, work->refusal);
    }
    if (slurm->is_freed)
        return;
    if (slurm->is_observe_due) {
        slurm->is_observe_due = false;
        slurm->observe_begin_us = mz_slurm_now_us(slurm);
        slurm->ops->observe(slurm);
    }
    if (!slurm->is_freed)
        slurm->ops->pump(slurm);
}

void mz_slurm_pump_soon(struct mz_slurm *slurm)
{
    if (!slurm->is_freed && !uv_is_active((uv_handle_t *)&slurm->timer))
        (void)uv_timer_start(&slurm->timer, on_timer, 0, 0);
}

static void refuse(struct mz_slurm *slurm, struct mz_slurm_work *work,
    enum mz_driver_outcome outcome, const char *text)
{
    work->refusal = keep(work, text);
    work->refusal_outcome = outcome;
    mz_slurm_queue_put(&slurm->refused, work);
}

/* A submit that still waits here is taken back: nobody has seen it. */
static void withdraw(struct mz_slurm *slurm, int64_t job, int32_t n)
{
    struct mz_slurm_queue kept = { 0 };
    struct mz_slurm_work *work;

    while ((work = mz_slurm_queue_take(&slurm->submits))) {
        if (work->submit.job == job && work->submit.n == n)
            refuse(slurm, work, MZ_DRIVER_NOT_SENT, "slurm: cancelled before it was sent");
        else
            mz_slurm_queue_put(&kept, work);
    }
    slurm->submits = kept;
}

static void slurm_submit(struct mz_driver *driver, const struct mz_driver_submit *submit)
{
    struct mz_slurm *slurm = of(driver);
    struct mz_slurm_work *work = mz_xcalloc(1, sizeof(*work));
    struct mz_text script = { 0 };
    char buffer[MZ_SLURM_TEXT_MAX];
    const char *refusal = mz_slurm_submit_check(submit, buffer);
    enum mz_driver_outcome outcome = MZ_DRIVER_REFUSED;

    work->submit = *submit;
    work->name = keep(work, submit->name);
    work->remote_id = "";
    mz_slurm_pump_soon(slurm);
    if (!refusal && slurm->submits.count >= MZ_SLURM_QUEUE_MAX) {
        refusal = "slurm: too many submits wait for this partner";
        outcome = MZ_DRIVER_NOT_SENT;
    }
    if (refusal) {
        refuse(slurm, work, outcome, refusal);
        return;
    }
    work->submit.name = work->name;
    work->submit.nodes = keep_all(work, submit->nodes, submit->node_count);
    work->submit.chip = keep(work, submit->chip);
    work->submit.comment = keep(work, submit->comment);
    work->submit.pass_names = keep_all(work, submit->pass_names, submit->pass_count);
    work->submit.pass_values = keep_all(work, submit->pass_values, submit->pass_count);
    mz_slurm_script(&script, &slurm->setup, submit);
    work->script = keep(work, mz_text_string(&script));
    mz_text_finish(&script);
    work->submit.token = ""; /* it is in the script */
    work->submit.directory = NULL;
    mz_slurm_queue_put(&slurm->submits, work);
}

static void slurm_cancel(struct mz_driver *driver, const struct mz_driver_ref *ref)
{
    struct mz_slurm *slurm = of(driver);
    struct mz_slurm_work *work = mz_xcalloc(1, sizeof(*work));

    work->is_cancel = true;
    work->submit.job = ref->job;
    work->submit.n = ref->n;
    work->name = keep(work, ref->name);
    work->remote_id = keep(work, ref->remote_id);
    work->remote_submit_s = ref->remote_submit_s;
    mz_slurm_pump_soon(slurm);
    if (work->remote_id[strspn(work->remote_id, "0123456789")] != '\0') {
        refuse(slurm, work, MZ_DRIVER_REFUSED, "slurm: the job's id is not a number");
        return;
    }
    if (!work->remote_id[0])
        withdraw(slurm, ref->job, ref->n);
    mz_slurm_queue_put(&slurm->cancels, work);
}

static void slurm_observe(struct mz_driver *driver)
{
    struct mz_slurm *slurm = of(driver);

    if (slurm->is_observing)
        return;
    slurm->is_observing = true;
    slurm->is_observe_due = true;
    mz_slurm_pump_soon(slurm);
}

static void slurm_free(struct mz_driver *driver)
{
    struct mz_slurm *slurm = of(driver);

    assert(!slurm->is_freed);
    slurm->is_freed = true;
    slurm->busy++; /* stop may bring things back at once */
    slurm->ops->stop(slurm);
    uv_close((uv_handle_t *)&slurm->timer, on_closed);
    mz_slurm_release(slurm);
}

static const struct mz_driver_ops slurm_ops = { slurm_submit, slurm_cancel, slurm_observe,
    slurm_free };

enum mz_status mz_driver_slurm_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    const struct mz_driver_keys *keys = &setup->partner->driver;
    struct mz_slurm *slurm;
    enum mz_status status;

    if (keys->url && (keys->ssh || keys->commands))
        return mz_fail(err, MZ_E_INPUT,
            "partner '%s': url is slurmrestd's; ssh and commands are "
            "for the command line tools: give one of them",
            setup->partner->name);
    if (!keys->url && !keys->ssh && !keys->commands)
        return mz_fail(err, MZ_E_INPUT,
            "partner '%s': slurm needs url (slurmrestd), ssh or "
            "'commands: yes'",
            setup->partner->name);
    if (!keys->shim && !setup->shim_path)
        return mz_fail(err, MZ_E_INPUT,
            "partner '%s': slurm needs shim, the path of mizan-shim "
            "on its nodes",
            setup->partner->name);
    if (!keys->callback && !setup->shim_server)
        return mz_fail(err, MZ_E_INPUT,
            "partner '%s': slurm needs callback, where its nodes reach "
            "this daemon",
            setup->partner->name);
    slurm = mz_xcalloc(1, sizeof(*slurm));
    slurm->setup = *setup;
    slurm->keys = keys;
    slurm->driver.ops = &slurm_ops;
    slurm->driver.partner = setup->partner->name;
    slurm->driver.caps = (struct mz_driver_caps){ .observe_us = OBSERVE_US_MIN,
        .look_wait_us = 15000000,
        .starts_twice = true,
        .loss_us = 8000000,
        .finds_nodes = true };
    status = keys->url ? mz_slurm_rest_create(slurm, err) : mz_slurm_commands_create(slurm, err);
    if (status) {
        free(slurm);
        return status;
    }
    (void)uv_timer_init(setup->loop, &slurm->timer);
    slurm->timer.data = slurm;
    *ret_driver = &slurm->driver;
    return MZ_OK;
}
