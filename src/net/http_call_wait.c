/* http_call_wait.c - one call for a command that has no loop
 *
 * A loop, a client and a call that live as long as the function. SIGPIPE is ignored meanwhile, and
 * afterwards is what it was: a command whose output nobody reads shall still end by it.
 */
#include "net/http_client.h"

#include "base/arena.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { INTERRUPT_MS = 100 };

struct wait {
    struct mz_http_call *call; /* NULL: done */
    uv_timer_t timer;
    bool (*interrupt)(void);
    void *context;
    bool (*on_data)(void *context, const char *bytes, size_t length);
    enum mz_http_outcome outcome;
    int32_t status;
    char *body;
    size_t length;
    struct mz_error error;
};

static bool on_data(void *context, const char *bytes, size_t length)
{
    struct wait *wait = context;

    return wait->on_data(wait->context, bytes, length);
}

static void on_done(void *context, const struct mz_http_answer *answer)
{
    struct wait *wait = context;

    wait->call = NULL;
    wait->outcome = answer->outcome;
    wait->status = answer->status;
    wait->length = answer->length;
    wait->body = mz_xcalloc(answer->length + 1, 1);
    memcpy(wait->body, answer->body, answer->length);
    (void)mz_fail(&wait->error, MZ_E_IO, "%s", answer->error);
    uv_close((uv_handle_t *)&wait->timer, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    struct wait *wait = timer->data;

    if (wait->call && wait->interrupt && wait->interrupt())
        mz_http_call_cancel(wait->call);
}

enum mz_status mz_http_call_wait(const struct mz_http_call_spec *spec, void *context,
    bool (*interrupt)(void), int32_t *ret_status, char **ret_body, size_t *ret_length,
    enum mz_http_outcome *ret_outcome, struct mz_error *err)
{
    struct sigaction before, ignore = { .sa_handler = SIG_IGN };
    struct mz_http_call_spec own = *spec;
    struct wait wait = { .interrupt = interrupt, .context = context, .on_data = spec->on_data };
    struct mz_http_client *client;
    uv_loop_t loop;
    int code = uv_loop_init(&loop);

    if (code != 0)
        return mz_fail(err, MZ_E_IO, "%s: %s", spec->url, uv_strerror(code));
    (void)sigaction(SIGPIPE, &ignore, &before);
    if (spec->on_data)
        own.on_data = on_data;
    client = mz_http_client_create(&loop, 1);
    (void)uv_timer_init(&loop, &wait.timer);
    wait.timer.data = &wait;
    if (interrupt)
        (void)uv_timer_start(&wait.timer, on_timer, INTERRUPT_MS, INTERRUPT_MS);
    wait.call = mz_http_call_start(client, &own, on_done, &wait);
    while (wait.call)
        (void)uv_run(&loop, UV_RUN_ONCE);
    mz_http_client_free(client);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&loop);
    assert(code == 0);
    (void)sigaction(SIGPIPE, &before, NULL);

    if (ret_outcome)
        *ret_outcome = wait.outcome;
    if (wait.outcome != MZ_HTTP_ANSWERED) {
        free(wait.body);
        return mz_fail(err, wait.outcome == MZ_HTTP_CANCELLED ? MZ_E_INTERRUPT : MZ_E_IO, "%s",
            wait.error.text);
    }
    *ret_status = wait.status;
    *ret_body = wait.body;
    *ret_length = wait.length;
    return MZ_OK;
}
