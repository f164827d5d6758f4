/* api_events.c - events, as lists and as streams
 *
 * A stream begins with what the journal has behind Last-Event-ID and goes on with what becomes
 * durable: both on the loop's thread, so nothing falls between, and by number, so nothing comes
 * twice. The journal is read in pieces, one for each turn of the loop and only for who has taken the
 * one before: however many listeners ask for everything, the shims' requests do not wait for them.
 * A listener that is too slow loses its stream and comes back with its last id. A
 * comment every five seconds tells a quiet stream from one whose other end is gone, on both sides. */
#include "control/daemon_impl.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEAT_EVERY_US INT64_C(5000000)

enum { PIECE = 250, PENDING_MAX = 64 * 1024, LIMIT_DEFAULT = 100, LIMIT_MAX = 10000 };

static void add_event(struct mz_text *out, const struct mz_event_row *row)
{
    json_t *json = mz_json_event(row);
    char *text = json_dumps(json, JSON_COMPACT);

    mz_text_addf(
        out, "id: %" PRId64 "\nevent: %s\ndata: %s\n\n", row->seq, row->kind, text ? text : "{}");
    free(text);
    json_decref(json);
}

static void drop_stream(struct mz_daemon *daemon, const struct mz_http_request *request)
{
    for (struct mz_stream **at = &daemon->streams; *at; at = &(*at)->next) {
        struct mz_stream *stream = *at;

        if (stream->request != request)
            continue;
        *at = stream->next;
        mz_http_stream_end(stream->request);
        free(stream);
        return;
    }
}

static void stream_gone(void *context, struct mz_http_request *request)
{
    drop_stream(context, request);
}

void mz_stream_event(struct mz_daemon *daemon, const struct mz_event_row *event)
{
    struct mz_text text = { 0 };
    struct mz_stream *next;

    if (!daemon->streams)
        return;
    add_event(&text, event);
    for (struct mz_stream *stream = daemon->streams; stream; stream = next) {
        next = stream->next;
        /* One that is behind finds it in the journal; or has found it there, just before. */
        if (stream->is_behind || event->seq <= stream->last ||
            (stream->job && stream->job != event->job))
            continue;
        stream->last = event->seq;
        if (!mz_http_stream_write(stream->request, mz_text_string(&text), text.length))
            drop_stream(daemon, stream->request);
    }
    mz_text_finish(&text);
}

static void send_beats(struct mz_daemon *daemon, int64_t now_us)
{
    static const char beat[] = ": beat\n\n";
    struct mz_stream *next;

    if (now_us < daemon->beat_us)
        return;
    daemon->beat_us = now_us + BEAT_EVERY_US;
    for (struct mz_stream *stream = daemon->streams; stream; stream = next) {
        next = stream->next;
        if (!mz_http_stream_write(stream->request, beat, sizeof(beat) - 1))
            drop_stream(daemon, stream->request);
    }
}

void mz_stream_close_all(struct mz_daemon *daemon)
{
    while (daemon->streams)
        drop_stream(daemon, daemon->streams->request);
}

/* The next piece of what the journal has for a stream; false: the stream has to end. */
static bool catch_up(struct mz_daemon *daemon, struct mz_stream *stream)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_event_row *rows = NULL;
    struct mz_text text = { 0 };
    struct mz_error err = { MZ_OK, "" };
    int32_t count = 0;
    bool ok = mz_store_events(daemon->store, arena, stream->last, stream->job, false, PIECE, &rows,
                  &count, &err) == MZ_OK;

    for (int32_t i = 0; i < count; i++)
        add_event(&text, &rows[i]);
    if (count > 0)
        stream->last = rows[count - 1].seq;
    stream->is_behind = count == PIECE;
    if (!ok)
        mz_daemon_log(daemon, "a stream of events ends: %s", err.text);
    else if (count > 0)
        ok = mz_http_stream_write(stream->request, mz_text_string(&text), text.length);
    mz_text_finish(&text);
    mz_arena_free(arena);
    return ok;
}

bool mz_streams_tick(struct mz_daemon *daemon, int64_t now_us)
{
    struct mz_stream **at = &daemon->streams;
    struct mz_stream *stream;

    send_beats(daemon, now_us);
    while (*at && (!(*at)->is_behind || mz_http_stream_pending((*at)->request) > PENDING_MAX))
        at = &(*at)->next;
    stream = *at;
    if (!stream)
        return false;
    *at = stream->next; /* to the end: the others get their turns */
    while (*at)
        at = &(*at)->next;
    *at = stream;
    stream->next = NULL;
    if (!catch_up(daemon, stream))
        drop_stream(daemon, stream->request);
    return true;
}

static void open_stream(
    struct mz_daemon *daemon, struct mz_http_request *request, int64_t after, int64_t job)
{
    struct mz_stream *stream;
    int32_t count = 0;

    for (stream = daemon->streams; stream; stream = stream->next)
        count++;
    if (count >= MZ_STREAM_COUNT_MAX) {
        mz_api_problem(request, 503, "M0607", "%d streams are open, which is the limit", count);
        return;
    }
    mz_http_response_header(request, "Cache-Control", "no-store");
    mz_http_stream_begin(request, 200, "text/event-stream");
    if (!mz_http_stream_write(request, "retry: 2000\n\n", 13)) {
        mz_http_stream_end(request);
        return;
    }
    if (after >
        mz_core_event_seq(daemon->core)) /* of another journal: it would hear nothing more */
        after = mz_core_event_seq(daemon->core);
    stream = mz_xcalloc(1, sizeof(*stream));
    *stream =
        (struct mz_stream){ request, job, after > 0 ? after : 0, after >= 0, daemon->streams };
    daemon->streams = stream;
    mz_http_request_on_gone(request, stream_gone, daemon);
}

/* After the event `after`; below 0: the newest. */
static void send_list(struct mz_daemon *daemon, struct mz_http_request *request, int64_t after,
    int64_t job, int32_t limit)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_event_row *rows = NULL;
    int32_t count = 0;
    struct mz_error err = { MZ_OK, "" };
    json_t *list;

    if (mz_store_events(daemon->store, arena, after < 0 ? 0 : after, job, after < 0, limit, &rows,
            &count, &err) != MZ_OK) {
        mz_api_problem(request, 503, "M0607", "%s", err.text);
        mz_arena_free(arena);
        return;
    }
    list = json_array();
    for (int32_t i = 0; i < count; i++)
        json_array_append_new(list, mz_json_event(&rows[i]));
    mz_api_send(request, 200, "mizan.events/1", list, NULL);
    mz_arena_free(arena);
}

void mz_api_events(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job)
{
    const char *accept = mz_http_request_header(request, "Accept");
    const char *last = mz_http_request_header(request, "Last-Event-ID");
    int64_t after = -1; /* not said */
    int64_t limit = LIMIT_DEFAULT;
    struct mz_caller caller;

    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller) ||
        !mz_api_query_number(request, "limit", 1, LIMIT_MAX, &limit) ||
        !mz_api_query_number(request, "after", 0, INT64_MAX, &after) ||
        !mz_api_number(request, "Last-Event-ID", last, 0, INT64_MAX, &after))
        return;
    if (accept && strstr(accept, "text/event-stream"))
        open_stream(daemon, request, after, job);
    else
        send_list(daemon, request, after, job, (int32_t)limit);
}
