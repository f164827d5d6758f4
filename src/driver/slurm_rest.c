/* slurm_rest.c - the transport by slurmrestd: calls, readiness, and the observation
 *
 * Before anything is sent there has to be a token that has not expired (slurm_token.c) and a
 * version (GET /openapi, the highest that both know). While these are missing, works wait in their
 * queues; when they cannot be had, works end NOT_SENT and the observation UNREACHABLE.
 *
 * The observation asks for jobs and nodes at once, on two connections, and reads both answers on a
 * thread of the loop's pool: 2,000 jobs are 10 MB of JSON. When one of the calls fails it has
 * failed, and what waits in the queues ends NOT_SENT: a controller that does not answer would hold
 * each of them for 10 s. slurmrestd answers a bad token (within 15 ms) and a dead controller (after
 * 9 s) with the same words; the time tells them apart. */
#include "driver/slurm_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENAPI_TIMEOUT_MS = 5000, CONNECT_TIMEOUT_MS = 3000, QUICK_US = 2000000 };

struct rest_call *mz_slurm_rest_call(struct slurm_rest *rest, struct mz_slurm_work *work)
{
    struct rest_call *call = mz_xcalloc(1, sizeof(*call));

    call->rest = rest;
    call->work = work;
    call->next = rest->calls;
    if (rest->calls)
        rest->calls->previous = call;
    rest->calls = call;
    rest->slurm->busy++;
    rest->work_calls += work ? 1 : 0;
    return call;
}

void mz_slurm_rest_call_free(struct rest_call *call)
{
    struct slurm_rest *rest = call->rest;

    if (call->next)
        call->next->previous = call->previous;
    if (call->previous)
        call->previous->next = call->next;
    else
        rest->calls = call->next;
    rest->work_calls -= call->work ? 1 : 0;
    free(call->ids);
    free(call);
    mz_slurm_release(rest->slurm);
}

static void on_http(void *context, const struct mz_http_answer *answer)
{
    struct rest_call *call = context;

    call->http = NULL;
    call->step(call, answer);
}

static void start(struct rest_call *call, const char *method, const char *url,
    const struct mz_text *body, int64_t timeout_ms)
{
    struct slurm_rest *rest = call->rest;
    const char *user = rest->slurm->keys->user;
    const char *headers[3] = { "Content-Type: application/json" };
    struct mz_text user_header = { 0 };
    struct mz_text token_header = { 0 };
    struct mz_http_call_spec spec = { .method = method,
        .url = url,
        .header_count = 1,
        .headers = headers,
        .unix_path = rest->unix_path,
        .timeout_ms = timeout_ms,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .response_bytes_max = MZ_SLURM_LIST_BYTES_MAX };

    if (!user && rest->token.user[0])
        user = rest->token.user;
    if (user) {
        mz_text_addf(&user_header, "X-SLURM-USER-NAME: %s", user);
        headers[spec.header_count++] = mz_text_string(&user_header);
    }
    if (rest->token.bytes) {
        mz_text_addf(&token_header, "X-SLURM-USER-TOKEN: %s", rest->token.bytes);
        headers[spec.header_count++] = mz_text_string(&token_header);
    }
    if (body) {
        spec.body = mz_text_string(body);
        spec.body_length = body->length;
    }
    call->begin_us = mz_slurm_now_us(rest->slurm);
    call->http = mz_http_call_start(rest->slurm->setup.http, &spec, on_http, call);
    mz_text_finish(&user_header);
    mz_text_finish(&token_header);
}

void mz_slurm_rest_start(struct rest_call *call, const char *method, const char *path,
    const struct mz_text *body, int64_t timeout_ms,
    void (*step)(struct rest_call *call, const struct mz_http_answer *answer))
{
    struct mz_text url = { 0 };

    mz_text_addf(&url, "%s/slurm/v0.0.%d/%s", call->rest->base, call->rest->version, path);
    call->step = step;
    start(call, method, mz_text_string(&url), body, timeout_ms);
    mz_text_finish(&url);
}

const char *mz_slurm_rest_problem(
    struct rest_call *call, const struct mz_http_answer *answer, int64_t *ret_number, char *buffer)
{
    struct slurm_rest *rest = call->rest;
    struct mz_slurm_errors errors = { 0 };
    bool is_quick = mz_slurm_now_us(rest->slurm) - call->begin_us < QUICK_US;

    *ret_number = 0;
    if (answer->outcome == MZ_HTTP_UNKNOWN) {
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX,
            "slurmrestd: %s; slurmctld is down or frozen, or slurmrestd is", answer->error);
        return buffer;
    }
    if (answer->outcome != MZ_HTTP_ANSWERED) {
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "slurmrestd: %s", answer->error);
        return buffer;
    }
    mz_slurm_json_errors(answer->body, answer->length, &errors);
    *ret_number = errors.number;
    if (answer->status == 401 || answer->status == 403) {
        mz_slurm_token_suspect(&rest->token);
        (void)snprintf(
            buffer, MZ_SLURM_TEXT_MAX, "slurmrestd refused the token (HTTP %d)", answer->status);
    } else if (answer->status == 404 && !errors.any) {
        rest->version = 0; /* another slurmrestd stands there now */
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "slurmrestd does not know the path (HTTP 404)");
    } else if (errors.number == -1 || errors.number == 1007 || (errors.any && !errors.number)) {
        if (is_quick)
            mz_slurm_token_suspect(&rest->token);
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX,
            is_quick ? "the token was refused, or slurmctld is down (%.400s)"
                     : "slurmctld is down or does not answer slurmrestd (%.400s)",
            errors.text);
    } else {
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "%.400s (HTTP %d)",
            errors.text[0] ? errors.text : "slurmrestd failed without a word", answer->status);
    }
    return buffer;
}

/* Nothing can be sent now: says so to all that waits. */
static void fail_all(struct slurm_rest *rest, const char *text)
{
    struct mz_slurm *slurm = rest->slurm;

    rest->is_observe_waiting = false;
    mz_slurm_queues_fail(slurm, MZ_DRIVER_NOT_SENT, text);
    mz_slurm_unreachable(slurm, text);
}

static void on_openapi(struct rest_call *call, const struct mz_http_answer *answer)
{
    struct slurm_rest *rest = call->rest;
    struct mz_slurm *slurm = rest->slurm;
    char buffer[MZ_SLURM_TEXT_MAX];
    int64_t number;

    rest->is_asking = false;
    if (slurm->is_freed) {
        mz_slurm_rest_call_free(call);
        return;
    }
    if (answer->outcome == MZ_HTTP_ANSWERED && answer->status == 200) {
        rest->version = mz_slurm_json_version(answer->body, answer->length);
        if (!rest->version)
            fail_all(rest, "slurmrestd offers none of the versions v0.0.36 to v0.0.42");
    } else {
        fail_all(rest, mz_slurm_rest_problem(call, answer, &number, buffer));
    }
    mz_slurm_pump_soon(slurm);
    mz_slurm_rest_call_free(call);
}

static bool is_ready(struct slurm_rest *rest)
{
    struct rest_call *call;
    struct mz_text url = { 0 };

    switch (mz_slurm_token_ready(&rest->token)) {
    case SLURM_READY: break;
    case SLURM_WAIT: return false;
    case SLURM_FAILED: fail_all(rest, rest->token.problem); return false;
    }
    if (rest->version || rest->is_asking)
        return rest->version != 0;
    rest->is_asking = true;
    call = mz_slurm_rest_call(rest, NULL);
    call->step = on_openapi;
    mz_text_addf(&url, "%s/openapi", rest->base);
    start(call, "GET", mz_text_string(&url), NULL, OPENAPI_TIMEOUT_MS);
    mz_text_finish(&url);
    return false;
}

static void observation_free(struct rest_observation *observation)
{
    free(observation->bodies[0]);
    free(observation->bodies[1]);
    mz_arena_free(observation->arena);
    free(observation);
}

static void read_lists(uv_work_t *work) /* on a thread of the pool */
{
    struct rest_observation *observation = work->data;
    struct mz_slurm_list *list = &observation->list;

    observation->arena = mz_arena_create();
    list->arena = observation->arena;
    observation->status = mz_slurm_json_jobs(
        list, observation->bodies[0], observation->lengths[0], &observation->error);
    if (!observation->status)
        observation->status = mz_slurm_json_nodes(
            list, observation->bodies[1], observation->lengths[1], &observation->error);
}

static void on_read(uv_work_t *work, int status)
{
    struct rest_observation *observation = work->data;
    struct mz_slurm *slurm = observation->slurm;
    const struct slurm_rest *rest = slurm->transport;

    if (!slurm->is_freed && status == 0) {
        const char *user = slurm->keys->user ? slurm->keys->user : rest->token.user;

        observation->list.user = user;
        if (observation->status)
            mz_slurm_unreachable(slurm, observation->error.text);
        else
            mz_slurm_observed(slurm, &observation->list);
    }
    observation_free(observation);
    mz_slurm_release(slurm);
}

static void observation_fail(struct rest_observation *observation, const char *text)
{
    struct slurm_rest *rest = observation->rest;
    struct mz_slurm *slurm = rest->slurm;

    rest->observation = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (observation->calls[i] && observation->calls[i]->http)
            mz_http_call_cancel(observation->calls[i]->http); /* comes back with step on_dropped */
    }
    observation_free(observation);
    fail_all(rest, text);
    mz_slurm_pump_soon(slurm);
}

static void on_dropped(struct rest_call *call, const struct mz_http_answer *answer)
{
    (void)answer;
    mz_slurm_rest_call_free(call);
}

static void on_list(struct rest_call *call, const struct mz_http_answer *answer)
{
    struct slurm_rest *rest = call->rest;
    struct mz_slurm *slurm = rest->slurm;
    struct rest_observation *observation = rest->observation;
    size_t at = observation->calls[0] == call ? 0 : 1;
    char buffer[MZ_SLURM_TEXT_MAX];
    int64_t number;

    observation->calls[at] = NULL;
    if (answer->outcome != MZ_HTTP_ANSWERED || answer->status != 200) {
        const char *text = mz_slurm_rest_problem(call, answer, &number, buffer);

        if (observation->calls[1 - at])
            observation->calls[1 - at]->step = on_dropped;
        observation_fail(observation, text);
    } else {
        observation->bodies[at] = mz_xcalloc(answer->length + 1, 1);
        memcpy(observation->bodies[at], answer->body, answer->length);
        observation->lengths[at] = answer->length;
        if (!observation->calls[1 - at]) {
            rest->observation = NULL;
            observation->work.data = observation;
            slurm->busy++;
            if (uv_queue_work(slurm->setup.loop, &observation->work, read_lists, on_read) != 0)
                on_read(&observation->work, -1);
        }
    }
    mz_slurm_rest_call_free(call);
}

static void start_observation(struct slurm_rest *rest)
{
    struct rest_observation *observation = mz_xcalloc(1, sizeof(*observation));
    int64_t timeout_ms = mz_slurm_observe_timeout_ms(rest->slurm);

    rest->is_observe_waiting = false;
    rest->observation = observation;
    observation->rest = rest;
    observation->slurm = rest->slurm;
    for (size_t i = 0; i < 2; i++) {
        observation->calls[i] = mz_slurm_rest_call(rest, NULL);
        mz_slurm_rest_start(
            observation->calls[i], "GET", i ? "nodes" : "jobs", NULL, timeout_ms, on_list);
    }
}

static void rest_pump(struct mz_slurm *slurm)
{
    struct slurm_rest *rest = slurm->transport;

    if (!rest->is_observe_waiting && !slurm->cancels.head && !slurm->submits.head)
        return;
    if (!is_ready(rest))
        return;
    if (rest->is_observe_waiting && !rest->observation)
        start_observation(rest);
    while (rest->work_calls < REST_WORK_CALLS_MAX) {
        struct mz_slurm_work *work = mz_slurm_queue_take(&slurm->cancels);

        if (work) {
            mz_slurm_rest_cancel(mz_slurm_rest_call(rest, work));
            continue;
        }
        work = mz_slurm_queue_take(&slurm->submits);
        if (!work)
            break;
        mz_slurm_rest_submit(mz_slurm_rest_call(rest, work));
    }
}

static void rest_observe(struct mz_slurm *slurm)
{
    struct slurm_rest *rest = slurm->transport;

    rest->is_observe_waiting = true; /* the pump follows */
}

static void rest_stop(struct mz_slurm *slurm)
{
    struct slurm_rest *rest = slurm->transport;
    struct rest_call *next;

    mz_slurm_token_stop(&rest->token);
    if (rest->observation) {
        for (size_t i = 0; i < 2; i++) {
            if (rest->observation->calls[i])
                rest->observation->calls[i]->step = on_dropped;
        }
        observation_free(rest->observation);
        rest->observation = NULL;
    }
    for (struct rest_call *call = rest->calls; call; call = next) {
        next = call->next;
        if (call->http)
            mz_http_call_cancel(call->http);
    }
}

static void rest_free(void *transport)
{
    struct slurm_rest *rest = transport;

    mz_slurm_token_finish(&rest->token);
    free(rest->base);
    free(rest->unix_path);
    free(rest);
}

static const struct mz_slurm_transport_ops rest_ops = { rest_pump, rest_observe, rest_stop,
    rest_free };

enum mz_status mz_slurm_rest_create(struct mz_slurm *slurm, struct mz_error *err)
{
    const char *url = slurm->keys->url;
    struct slurm_rest *rest;
    struct mz_text base = { 0 };

    if (strncmp(url, "unix:/", 6) != 0 && strncmp(url, "http://", 7) != 0 &&
        strncmp(url, "https://", 8) != 0)
        return mz_fail(err, MZ_E_INPUT,
            "partner '%s': url '%s' is neither http(s)://host:port nor "
            "unix:/path",
            slurm->setup.partner->name, url);
    if (slurm->keys->user && strpbrk(slurm->keys->user, "\r\n"))
        return mz_fail(
            err, MZ_E_INPUT, "partner '%s': user has a line break", slurm->setup.partner->name);
    rest = mz_xcalloc(1, sizeof(*rest));
    rest->slurm = slurm;
    rest->token.slurm = slurm;
    if (strncmp(url, "unix:", 5) == 0) {
        rest->unix_path = mz_xcalloc(strlen(url), 1);
        memcpy(rest->unix_path, url + 5, strlen(url) - 5);
        mz_text_add(&base, "http://localhost");
    } else {
        size_t length = strlen(url);

        while (length > 0 && url[length - 1] == '/')
            length--;
        mz_text_add_bytes(&base, url, length);
    }
    rest->base = base.bytes;
    slurm->ops = &rest_ops;
    slurm->transport = rest;
    return MZ_OK;
}
