/* http_client.c - calls over libcurl's multi interface, driven by the caller's loop
 *
 *   waiting -a place is free-> running -libcurl is done-> done is called
 *   any -cancel-> cancelled, swept up by the timer in the next turn of the loop -> done is called
 *
 * Calls over connections_max wait here and not in libcurl, which would not count their time.
 * start and cancel touch no libcurl transfer: they only set the timer, so both may be called from
 * any callback, also from on_data, where libcurl forbids to.
 *
 * What became of a call. libcurl calls on_request once a connection stands (TLS included), right
 * before the first byte of the request goes out. Without that call the server has seen nothing:
 * NOT_SENT. After it everything but a whole answer is UNKNOWN. When a kept connection turns out to
 * be dead, libcurl sends the request again on a new one; that could do a thing twice, so the second
 * on_request stops it unless the method is safe (GET, HEAD, OPTIONS).
 * Limits: connections_max; response_bytes_max; a kept connection is used again for KEPT_MAX_S at
 * most, less than servers keep theirs.
 */
#include "net/http_client.h"

#include "base/arena.h"
#include "base/text.h"
#include "net/sigpipe.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

enum { CONNECT_TIMEOUT_MS = 5000, RESPONSE_BYTES_MAX = 16 * 1024 * 1024, KEPT_MAX_S = 30 };

struct mz_http_call {
    struct mz_http_client *client;
    struct mz_http_call *previous; /* in client->waiting or client->running */
    struct mz_http_call *next;
    CURL *easy; /* while running */
    struct curl_slist *headers;
    char *method;
    char *url;
    char *unix_path;
    char *body;
    size_t body_length;
    bool has_body;
    int64_t connect_timeout_ms;
    uint64_t deadline_ms; /* loop time; 0: none */
    size_t response_bytes_max;
    bool (*on_data)(void *context, const char *bytes, size_t length);
    mz_http_done *done;
    void *context;
    int32_t request_count; /* how often it was about to be sent */
    bool is_cancelled;
    bool has_head;    /* of a final answer, to its last line */
    bool was_ended;   /* by on_data */
    bool is_too_long; /* the answer */
    bool has_content_type;
    struct mz_text response;
    char error[CURL_ERROR_SIZE];
};

struct call_list {
    struct mz_http_call *first;
    struct mz_http_call *last;
};

struct mz_http_client {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t curl_timer; /* libcurl's */
    uv_timer_t timer;      /* ours: waiting calls */
    struct call_list waiting;
    struct call_list running;
    int32_t running_count;
    int32_t connections_max;
    int32_t open_handles;
    int32_t in_curl; /* libcurl is on the stack: it must not be called again */
    bool is_closing;
};

struct watch { /* a socket of libcurl's */
    uv_poll_t poll;
    struct mz_http_client *client;
    curl_socket_t fd;
};

static void on_timer(uv_timer_t *timer);

static void list_add(struct call_list *list, struct mz_http_call *call)
{
    call->previous = list->last;
    call->next = NULL;
    *(list->last ? &list->last->next : &list->first) = call;
    list->last = call;
}

static void list_remove(struct call_list *list, struct mz_http_call *call)
{
    *(call->previous ? &call->previous->next : &list->first) = call->next;
    *(call->next ? &call->next->previous : &list->last) = call->previous;
    call->previous = call->next = NULL;
}

static void call_free(struct mz_http_call *call)
{
    curl_slist_free_all(call->headers);
    free(call->method);
    free(call->url);
    free(call->unix_path);
    free(call->body);
    mz_text_finish(&call->response);
    free(call);
}

/* The call is in no list any more; its easy handle is out of the multi. */
static void finish(struct mz_http_call *call, enum mz_http_outcome outcome, const char *error)
{
    struct mz_http_answer answer = { .outcome = outcome, .error = error };
    long status = 0;

    if (call->easy && outcome == MZ_HTTP_ANSWERED) {
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        answer.status = (int32_t)status;
    }
    answer.body = mz_text_string(&call->response);
    answer.length = call->response.length;
    call->done(call->context, &answer);
    if (call->easy)
        curl_easy_cleanup(call->easy);
    call_free(call);
}

/* libcurl's verdict on a transfer in our words. */
static void finish_running(struct mz_http_call *call, CURLcode code)
{
    struct mz_text error = { 0 };
    bool was_sent = call->request_count > 0;

    if (!call->is_cancelled && ((code == CURLE_OK && call->has_head) || call->was_ended)) {
        finish(call, MZ_HTTP_ANSWERED, "");
        return;
    }
    if (call->is_cancelled)
        mz_text_add(&error, "cancelled");
    else if (call->is_too_long)
        mz_text_addf(
            &error, "%s: the answer is longer than %zu bytes", call->url, call->response_bytes_max);
    else if (code == CURLE_OK || (code == CURLE_ABORTED_BY_CALLBACK && was_sent))
        mz_text_addf(&error, "%s: the connection broke before the answer", call->url);
    else
        mz_text_addf(
            &error, "%s: %s", call->url, call->error[0] ? call->error : curl_easy_strerror(code));
    finish(call,
        call->is_cancelled ? MZ_HTTP_CANCELLED
            : was_sent     ? MZ_HTTP_UNKNOWN
                           : MZ_HTTP_NOT_SENT,
        mz_text_string(&error));
    mz_text_finish(&error);
}

static void finish_waiting(struct mz_http_call *call)
{
    struct mz_text error = { 0 };

    if (call->is_cancelled)
        mz_text_add(&error, "cancelled");
    else
        mz_text_addf(&error, "%s: timed out while it waited for a free connection", call->url);
    finish(call, call->is_cancelled ? MZ_HTTP_CANCELLED : MZ_HTTP_NOT_SENT, mz_text_string(&error));
    mz_text_finish(&error);
}

/* A call whose time is over or which was cancelled, while it waited or ran; NULL: none. */
static struct mz_http_call *find_ended(struct mz_http_client *client)
{
    uint64_t now = uv_now(client->loop);

    for (struct mz_http_call *call = client->waiting.first; call; call = call->next)
        if (call->is_cancelled || (call->deadline_ms > 0 && now >= call->deadline_ms))
            return call;
    for (struct mz_http_call *call = client->running.first; call; call = call->next)
        if (call->is_cancelled)
            return call;
    return NULL;
}

/* Sets our timer for what is next: at once, or the first deadline of a waiting call. */
static void set_timer(struct mz_http_client *client, bool at_once)
{
    uint64_t first = UINT64_MAX;
    uint64_t now = uv_now(client->loop);

    if (client->is_closing)
        return;
    if (at_once || find_ended(client)) {
        (void)uv_timer_start(&client->timer, on_timer, 0, 0);
        return;
    }
    for (const struct mz_http_call *call = client->waiting.first; call; call = call->next)
        if (call->deadline_ms > 0 && call->deadline_ms < first)
            first = call->deadline_ms;
    if (first < UINT64_MAX)
        (void)uv_timer_start(&client->timer, on_timer, first > now ? first - now : 0, 0);
}

/* Out of libcurl's hands. */
static void take_out(struct mz_http_call *call)
{
    struct mz_http_client *client = call->client;

    assert(client->in_curl == 0);
    list_remove(&client->running, call);
    client->running_count--;
    client->in_curl++;
    (void)curl_multi_remove_handle(client->multi, call->easy);
    client->in_curl--;
}

/* Calls the done functions of what libcurl has finished. They may free the client. */
static void gather(struct mz_http_client *client)
{
    CURLMsg *message;
    int left;

    while (!client->is_closing && (message = curl_multi_info_read(client->multi, &left))) {
        struct mz_http_call *call;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        take_out(call);
        finish_running(call, code);
    }
    if (!client->is_closing && client->waiting.first)
        set_timer(client, true);
}

static void act(struct mz_http_client *client, curl_socket_t fd, int events)
{
    int running;

    client->in_curl++;
    (void)curl_multi_socket_action(client->multi, fd, events, &running);
    client->in_curl--;
    gather(client);
}

static void on_curl_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int curl_set_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct mz_http_client *client = context;

    (void)multi;
    if (timeout_ms < 0 || client->is_closing)
        (void)uv_timer_stop(&client->curl_timer);
    else
        (void)uv_timer_start(&client->curl_timer, on_curl_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watch->client, watch->fd, flags);
}

static void handle_closed(struct mz_http_client *client)
{
    assert(client->open_handles > 0);
    if (--client->open_handles == 0)
        free(client);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct mz_http_client *client = watch->client;

    free(watch);
    handle_closed(client);
}

static void on_client_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static int curl_set_socket(
    CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct mz_http_client *client = context;
    struct watch *watch = socket_context;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            (void)uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
            (void)curl_multi_assign(client->multi, fd, NULL);
        }
        return 0;
    }
    if (!watch) {
        watch = mz_xcalloc(1, sizeof(*watch));
        watch->client = client;
        watch->fd = fd;
        if (uv_poll_init_socket(client->loop, &watch->poll, fd) != 0) {
            free(watch);
            return -1;
        }
        watch->poll.data = watch;
        client->open_handles++;
        (void)curl_multi_assign(client->multi, fd, watch);
    }
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    (void)uv_poll_start(&watch->poll, events, on_event);
    return 0;
}

/* A connection stands, and the request is about to be sent over it. */
static int on_request(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct mz_http_call *call = context;
    bool is_safe = strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0 ||
        strcmp(call->method, "OPTIONS") == 0;

    (void)remote, (void)local, (void)remote_port, (void)local_port;
    if (call->is_cancelled || (call->request_count > 0 && !is_safe)) {
        call->request_count += call->request_count > 0;
        return CURL_PREREQFUNC_ABORT;
    }
    call->request_count++;
    return CURL_PREREQFUNC_OK;
}

/* libcurl takes a head that breaks off for a whole one; it is whole with its empty line. */
static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct mz_http_call *call = context;
    size_t length = size * count;
    long status = 0;

    if (length <= 2 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->has_head = status >= 200;
    }
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct mz_http_call *call = context;
    size_t length = size * count;
    long status = 0;

    if (call->is_cancelled || call->was_ended)
        return 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (call->on_data && status >= 200 && status <= 299) {
        call->was_ended = !call->on_data(call->context, bytes, length);
        return call->was_ended ? 0 : length;
    }
    if (length > call->response_bytes_max - call->response.length) {
        call->is_too_long = true;
        return 0;
    }
    mz_text_add_bytes(&call->response, bytes, length);
    return length;
}

static bool set_request(struct mz_http_call *call)
{
    CURL *easy = call->easy;
    bool ok = true;

    if (strcmp(call->method, "HEAD") == 0) {
        ok = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    } else if (call->has_body) {
        ok = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length) ==
                CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body) == CURLE_OK &&
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
    } else {
        ok = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;
    }
    if (call->unix_path)
        ok = ok && curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->unix_path) == CURLE_OK;
    return ok;
}

/* Everything about a transfer that keeps it to what the header promises. */
static bool set_options(struct mz_http_call *call, int64_t timeout_ms)
{
    CURL *easy = call->easy;

    return curl_easy_setopt(easy, CURLOPT_URL, call->url) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PRIVATE, call) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "mizan") == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)KEPT_MAX_S) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_timeout_ms) ==
        CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, call) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK && set_request(call);
}

/* From waiting to running, or to its end. */
static void launch(struct mz_http_call *call)
{
    struct mz_http_client *client = call->client;
    uint64_t now = uv_now(client->loop);
    bool is_added = false;

    list_remove(&client->waiting, call);
    call->easy = curl_easy_init();
    if (call->easy &&
        set_options(call, call->deadline_ms > now ? (int64_t)(call->deadline_ms - now) : 0)) {
        client->in_curl++;
        is_added = curl_multi_add_handle(client->multi, call->easy) == CURLM_OK;
        client->in_curl--;
    }
    if (!is_added) {
        finish(call, MZ_HTTP_NOT_SENT, "libcurl does not take this call");
        return;
    }
    list_add(&client->running, call);
    client->running_count++;
}

static void on_timer(uv_timer_t *timer)
{
    struct mz_http_client *client = timer->data;
    struct mz_http_call *call;

    while (!client->is_closing && (call = find_ended(client))) {
        if (call->easy) {
            take_out(call);
            finish(call, MZ_HTTP_CANCELLED, "cancelled");
            continue;
        }
        list_remove(&client->waiting, call);
        finish_waiting(call);
    }
    while (!client->is_closing && client->waiting.first &&
        client->running_count < client->connections_max)
        launch(client->waiting.first);
    set_timer(client, false);
}

static void curl_init_once(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort(); /* no memory, or a libcurl without its TLS library */
}

struct mz_http_client *mz_http_client_create(struct uv_loop_s *loop, int32_t connections_max)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct mz_http_client *client = mz_xcalloc(1, sizeof(*client));

    assert(connections_max > 0);
    (void)pthread_once(&once, curl_init_once);
    mz_net_sigpipe_ignore();
    client->loop = loop;
    client->connections_max = connections_max;
    client->multi = curl_multi_init();
    if (!client->multi)
        abort(); /* out of memory */
    (void)uv_timer_init(loop, &client->curl_timer);
    (void)uv_timer_init(loop, &client->timer);
    client->curl_timer.data = client->timer.data = client;
    client->open_handles = 2;
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, curl_set_socket);
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, curl_set_timer);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    return client;
}

void mz_http_client_free(struct mz_http_client *client)
{
    struct mz_http_call *call;

    if (!client)
        return;
    assert(client->in_curl == 0 && !client->is_closing); /* not from on_data */
    client->is_closing = true;
    while ((call = client->running.first)) {
        take_out(call);
        finish(call, MZ_HTTP_CANCELLED, "cancelled");
    }
    while ((call = client->waiting.first)) {
        list_remove(&client->waiting, call);
        finish(call, MZ_HTTP_CANCELLED, "cancelled");
    }
    (void)curl_multi_cleanup(client->multi);
    uv_close((uv_handle_t *)&client->curl_timer, on_client_timer_closed);
    uv_close((uv_handle_t *)&client->timer, on_client_timer_closed);
}

static char *copy_bytes(const char *bytes, size_t length)
{
    char *copy = mz_xcalloc(length + 1, 1);

    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

static void add_header(struct mz_http_call *call, const char *line)
{
    struct curl_slist *list = curl_slist_append(call->headers, line);

    if (!list)
        abort(); /* out of memory */
    call->headers = list;
}

static bool wants_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
        strcmp(method, "PATCH") == 0;
}

static void check_line(const char *text)
{
    for (const char *c = text; *c; c++)
        assert(*c != '\r' && *c != '\n');
}

struct mz_http_call *mz_http_call_start(struct mz_http_client *client,
    const struct mz_http_call_spec *spec, mz_http_done *done, void *context)
{
    struct mz_http_call *call = mz_xcalloc(1, sizeof(*call));

    assert(!client->is_closing && done && spec->timeout_ms >= 0 && spec->connect_timeout_ms >= 0);
    check_line(spec->method);
    uv_update_time(client->loop); /* the timeout counts from now, not from when this turn began */
    call->client = client;
    call->done = done;
    call->context = context;
    call->method = copy_bytes(spec->method, strlen(spec->method));
    call->url = copy_bytes(spec->url, strlen(spec->url));
    if (spec->unix_path)
        call->unix_path = copy_bytes(spec->unix_path, strlen(spec->unix_path));
    call->has_body = spec->body || wants_body(spec->method);
    call->body_length = spec->body ? spec->body_length : 0;
    call->body = copy_bytes(spec->body, call->body_length);
    for (int32_t i = 0; i < spec->header_count; i++) {
        check_line(spec->headers[i]);
        if (strncasecmp(spec->headers[i], "Content-Type:", 13) == 0)
            call->has_content_type = true;
        add_header(call, spec->headers[i]);
    }
    if (!call->has_content_type)
        add_header(call, "Content-Type:"); /* libcurl would say that the body is a form */
    add_header(call, "Expect:");
    call->connect_timeout_ms =
        spec->connect_timeout_ms > 0 ? spec->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    if (spec->timeout_ms > 0)
        call->deadline_ms = uv_now(client->loop) + (uint64_t)spec->timeout_ms;
    call->response_bytes_max =
        spec->response_bytes_max > 0 ? spec->response_bytes_max : RESPONSE_BYTES_MAX;
    call->on_data = spec->on_data;
    list_add(&client->waiting, call);
    set_timer(client, true);
    return call;
}

void mz_http_call_cancel(struct mz_http_call *call)
{
    call->is_cancelled = true;
    set_timer(call->client, true);
}
