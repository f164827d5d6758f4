/* fake.c - a partner that misbehaves on request: the local driver behind faults
 *
 * Jobs really run, under their shims, on this machine. Faults are words in the file
 * DIRECTORY/faults, or in STATE/faults-PARTNER where the partner states no directory; it is read
 * before each call, so that a test or the demo changes them while the daemon runs:
 *   unreachable      no observation succeeds, nothing is taken
 *   dead             the same, and the shims of this partner are killed: the machines are gone
 *   refuse           every submit is refused
 *   drop-reply       a submit is done, and its outcome reported as unknown
 *   drop-request     a submit is not done, and its outcome reported as unknown
 *   forget           observations show no jobs
 * Words are separated by white space; no file, no faults. */
#include "driver/driver.h"

#include "base/arena.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { FAULTS_BYTES_MAX = 4096 };

struct later { /* an event that is given on the next turn of the loop */
    uv_timer_t timer;
    struct mz_driver_fake *fake;
    enum mz_driver_event_kind kind;
    enum mz_driver_outcome outcome;
    int64_t job;
    int32_t n;
    const char *text;
    struct later *next;
    bool is_done;
};

struct mz_driver_fake {
    struct mz_driver base;
    struct mz_driver *inner;
    struct mz_driver_setup setup;
    char *faults_path;
    struct later *laters; /* all that are not freed */
    bool is_freed;
};

static bool has_fault(const struct mz_driver_fake *fake, const char *word)
{
    char bytes[FAULTS_BYTES_MAX];
    FILE *file = fopen(fake->faults_path, "re");
    size_t length = file ? fread(bytes, 1, sizeof(bytes) - 1, file) : 0;
    char *rest = NULL;

    if (file)
        (void)fclose(file);
    bytes[length] = '\0';
    for (char *at = strtok_r(bytes, " \t\r\n", &rest); at; at = strtok_r(NULL, " \t\r\n", &rest)) {
        if (strcmp(at, word) == 0)
            return true;
    }
    return false;
}

static void free_later(uv_handle_t *handle)
{
    struct later *later = handle->data;
    struct mz_driver_fake *fake = later->fake;
    struct later **at = &fake->laters;

    while (*at && *at != later)
        at = &(*at)->next;
    if (*at)
        *at = later->next;
    free(later);
    if (fake->is_freed && !fake->laters) {
        free(fake->faults_path);
        free(fake);
    }
}

static void tell_later(uv_timer_t *timer)
{
    struct later *later = timer->data;
    struct mz_driver_event event = { .kind = later->kind,
        .partner = later->fake->base.partner,
        .job = later->job,
        .n = later->n,
        .outcome = later->outcome,
        .remote_id = "",
        .text = later->text };

    later->is_done = true;
    if (!later->fake->is_freed)
        later->fake->setup.sink(later->fake->setup.context, &event);
    uv_close((uv_handle_t *)timer, free_later);
}

static void tell(struct mz_driver_fake *fake, enum mz_driver_event_kind kind,
    enum mz_driver_outcome outcome, int64_t job, int32_t n, const char *text)
{
    struct later *later = mz_xcalloc(1, sizeof(*later));

    *later = (struct later){ .fake = fake,
        .kind = kind,
        .outcome = outcome,
        .job = job,
        .n = n,
        .text = text,
        .next = fake->laters };
    fake->laters = later;
    (void)uv_timer_init(fake->setup.loop, &later->timer);
    later->timer.data = later;
    (void)uv_timer_start(&later->timer, tell_later, 1, 0);
}

static bool is_gone(const struct mz_driver_fake *fake)
{
    return has_fault(fake, "unreachable") || has_fault(fake, "dead");
}

static void fake_submit(struct mz_driver *driver, const struct mz_driver_submit *submit)
{
    struct mz_driver_fake *fake = (struct mz_driver_fake *)driver;

    if (is_gone(fake)) {
        tell(fake, MZ_DRIVER_SUBMITTED, MZ_DRIVER_UNKNOWN, submit->job, submit->n,
            "no answer (a fault)");
    } else if (has_fault(fake, "refuse")) {
        tell(fake, MZ_DRIVER_SUBMITTED, MZ_DRIVER_REFUSED, submit->job, submit->n,
            "refused (a fault)");
    } else if (has_fault(fake, "drop-request")) {
        tell(fake, MZ_DRIVER_SUBMITTED, MZ_DRIVER_UNKNOWN, submit->job, submit->n,
            "the request was lost (a fault)");
    } else {
        fake->inner->ops->submit(fake->inner, submit);
    }
}

static void fake_cancel(struct mz_driver *driver, const struct mz_driver_ref *ref)
{
    struct mz_driver_fake *fake = (struct mz_driver_fake *)driver;

    if (is_gone(fake))
        tell(fake, MZ_DRIVER_CANCELLED, MZ_DRIVER_UNKNOWN, ref->job, ref->n, "no answer (a fault)");
    else
        fake->inner->ops->cancel(fake->inner, ref);
}

static void fake_observe(struct mz_driver *driver)
{
    struct mz_driver_fake *fake = (struct mz_driver_fake *)driver;

    if (is_gone(fake))
        tell(fake, MZ_DRIVER_UNREACHABLE, MZ_DRIVER_UNKNOWN, 0, 0,
            "no answer from its controller (a fault)");
    else
        fake->inner->ops->observe(fake->inner);
}

/* What the local driver tells, as the faults let it through. */
static void inner_told(void *context, const struct mz_driver_event *event)
{
    struct mz_driver_fake *fake = context;
    struct mz_driver_event changed = *event;

    if (fake->is_freed)
        return;
    if (event->kind == MZ_DRIVER_SUBMITTED && has_fault(fake, "drop-reply")) {
        changed.outcome = MZ_DRIVER_UNKNOWN;
        changed.remote_id = "";
        changed.text = "the answer was lost (a fault)";
    }
    if (event->kind == MZ_DRIVER_OBSERVED && has_fault(fake, "forget"))
        changed.job_count = 0;
    if (event->kind == MZ_DRIVER_ENDED && is_gone(fake))
        return; /* nobody there to tell */
    fake->setup.sink(fake->setup.context, &changed);
}

static void fake_free(struct mz_driver *driver)
{
    struct mz_driver_fake *fake = (struct mz_driver_fake *)driver;

    mz_driver_free(fake->inner);
    fake->is_freed = true;
    if (!fake->laters) {
        free(fake->faults_path);
        free(fake);
    }
}

enum mz_status mz_driver_fake_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    static const struct mz_driver_ops ops = { fake_submit, fake_cancel, fake_observe, fake_free };
    struct mz_driver_fake *fake = mz_xcalloc(1, sizeof(*fake));
    struct mz_driver_setup inner = *setup;
    struct mz_text path = { 0 };
    enum mz_status status;

    fake->setup = *setup;
    inner.sink = inner_told;
    inner.context = fake;
    status = mz_driver_local_create(&inner, &fake->inner, err);
    if (status != MZ_OK) {
        free(fake);
        return status;
    }
    if (setup->partner->driver.directory)
        mz_text_addf(&path, "%s/faults", setup->partner->driver.directory);
    else
        mz_text_addf(&path, "%s/faults-%s", setup->directory, setup->partner->name);
    fake->faults_path = mz_xcalloc(path.length + 1, 1);
    memcpy(fake->faults_path, mz_text_string(&path), path.length);
    mz_text_finish(&path);
    fake->base.ops = &ops;
    fake->base.caps = fake->inner->caps;
    fake->base.caps.look_wait_us = 1000000;
    fake->base.partner = fake->inner->partner;
    *ret_driver = &fake->base;
    return MZ_OK;
}
