/* cmd_events.c - mizan events: what happened; -f: and what happens
 * The stream is resumed behind the last event that was shown, so a restart of the daemon or of the
 * network neither loses nor repeats one. --job is the job's own list; with -f it is chosen here. */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/sse.h"

#include <stdlib.h>
#include <string.h>

enum { RETRY_FIRST_MS = 200, RETRY_MAX_MS = 3000, STREAM_MIN_MS = 1000 };

static const struct mz_arg_option options[] = {
    { "follow", 'f', NULL, "go on with what happens" },
    { "job", 0, "N", "of this job" },
    { "after", 0, "SEQ", "behind this one" },
    { "limit", 'n', "N", "the newest N, or with --after the first N; default 100, with -f 10" },
};

const struct mz_arg_command mz_events_args = {
    .name = "events",
    .synopsis = "mizan events                      the newest 100\n"
                "mizan events -f --jsonl           a stream for programs\n"
                "mizan events --job 12\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST,
};

static const char *cell_job(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    int64_t attempt = mz_json_integer(row, "attempt", 0);
    const char *job = mz_json_plain(context->arena, json_object_get(row, column->key));

    (void)ret_look;
    return job[0] && attempt > 1
        ? mz_arena_printf(context->arena, "%s.%lld", job, (long long)attempt)
        : job;
}

static const struct mz_list_column columns[] = {
    { "seq", "SEQ", MZ_COLUMN_NUMBER, mz_cell_plain, true, 0 },
    { "at", "TIME", MZ_COLUMN_FIXED, mz_cell_time, false, 0 },
    { "job", "JOB", MZ_COLUMN_NUMBER, cell_job, false, 0 },
    { "attempt", "ATTEMPT", MZ_COLUMN_NUMBER, mz_cell_plain, true, 0 },
    { "kind", "KIND", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "partner", "PARTNER", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "actor", "ACTOR", MZ_COLUMN_TEXT, mz_cell_dim, true, 0 },
    { "text", "WHAT", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
};

static const struct mz_list list = { columns, sizeof(columns) / sizeof(columns[0]), "No events." };

struct follow {
    const struct mz_client *client;
    struct mz_sse sse;
    int64_t job; /* 0: all */
    bool failed; /* stdout */
};

/* One line of a stream: widths that fit most, since what comes is not known. */
static void print_line(const struct follow *follow, const json_t *row)
{
    static const char *const widths[] = { "%-6s", "  %6s", "  %-14s", "  %-10s", "  %s" };
    struct mz_arena *line_arena = mz_arena_create();
    struct mz_list_context context = { line_arena, mz_time_parse(mz_json_text(row, "at")), true };
    int32_t at = 0;

    for (int c = 0; c < list.column_count; c++) {
        enum mz_cell_look look;
        const char *text;
        char *printable;

        if (columns[c].is_wide)
            continue;
        text = columns[c].cell(&context, row, &columns[c], &look);
        text = text && text[0] ? text : "-";
        printable = mz_arena_alloc(line_arena, strlen(text) + 1, 1);
        mz_text_printable(printable, strlen(text) + 1, text);
        if (follow->client->terminal)
            printf(widths[at], printable);
        else
            printf("%s%s", at > 0 ? "\t" : "", printable);
        at++;
    }
    printf("\n");
    mz_arena_free(line_arena);
}

static bool on_event(void *context, const char *data, size_t length)
{
    struct follow *follow = context;
    json_t *row = json_loadb(data, length, 0, NULL);

    if (json_is_object(row) &&
        (follow->job == 0 || mz_json_integer(row, "job", 0) == follow->job)) {
        if (follow->client->json || follow->client->jsonl)
            mz_json_print(row, true);
        else
            print_line(follow, row);
    }
    json_decref(row);
    if (fflush(stdout) == 0)
        return true;
    follow->failed = true;
    return false;
}

static bool on_data(void *context, const char *bytes, size_t length)
{
    struct follow *follow = context;

    return mz_sse_take(&follow->sse, bytes, length) && !mz_client_stopped();
}

static int stream(struct follow *follow)
{
    const struct mz_client *client = follow->client;
    int64_t pause = RETRY_FIRST_MS;
    bool was_heard = true;

    for (;;) {
        struct mz_client_stream sink = { follow, on_data };
        struct mz_client inner = *client;
        const char *headers[] = { "Accept: text/event-stream", NULL, NULL };
        struct mz_client_answer answer;
        int64_t begin = mz_client_now_ms();
        int status = -1;

        inner.arena = mz_arena_create();
        headers[1] = mz_arena_printf(inner.arena, "Last-Event-ID: %lld", (long long)follow->sse.id);
        mz_sse_begin(&follow->sse, follow->sse.id);
        mz_client_call(&inner, "GET",
            mz_arena_printf(inner.arena, "/v1/events?after=%lld", (long long)follow->sse.id),
            headers, NULL, &sink, &answer);
        if (mz_client_stopped())
            status = MZ_EXIT_DONE;
        else if (follow->failed)
            status = MZ_EXIT_FAILED;
        else if (answer.outcome == MZ_HTTP_ANSWERED && !mz_client_is_good(&answer) &&
            answer.status != 503)
            status = mz_client_fail(&inner, &answer);
        mz_arena_free(inner.arena);
        if (status >= 0)
            return status;
        if (mz_client_now_ms() - begin >= STREAM_MIN_MS) {
            pause = RETRY_FIRST_MS;
            was_heard = true;
        }
        if (was_heard)
            mz_client_note(client, "mizan: events: the stream broke off; it goes on behind %lld",
                (long long)follow->sse.id);
        was_heard = false;
        if (!mz_client_sleep(pause))
            return MZ_EXIT_DONE;
        pause = pause * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : pause * 2;
    }
}

/* The events there are, oldest first, and what comes. */
static int follow_events(const struct mz_client *client, int64_t job, json_t *document)
{
    struct follow follow = { .client = client, .job = job };
    json_t *rows = json_object_get(document, "data");
    json_t *row;
    size_t i;
    int status;

    follow.sse.context = &follow;
    follow.sse.on_event = on_event;
    mz_sse_begin(&follow.sse, 0);
    json_array_foreach(rows, i, row)
    {
        int64_t seq = mz_json_integer(row, "seq", 0);
        char *text = json_dumps(row, JSON_COMPACT);

        if (seq > follow.sse.id)
            follow.sse.id = seq;
        if (text && !follow.failed)
            (void)on_event(&follow, text, strlen(text));
        free(text);
    }
    mz_client_catch_signals();
    status = follow.failed ? MZ_EXIT_FAILED : stream(&follow);
    mz_sse_finish(&follow.sse);
    return status;
}

static int events(const struct mz_client *client)
{
    bool on = mz_args_has(client->args, "follow");
    struct mz_text path = { 0 };
    int64_t job = 0;
    int64_t limit = on ? 10 : 100;
    int64_t after = -1;
    json_t *document;
    int status = mz_args_number(client->args, "job", 1, INT64_MAX, &job);

    if (status < 0)
        status = mz_args_number(client->args, "limit", 1, 10000, &limit);
    if (status < 0)
        status = mz_args_number(client->args, "after", 0, INT64_MAX, &after);
    if (status >= 0)
        return status;
    if (job > 0 && !on)
        mz_text_addf(&path, "/v1/jobs/%lld/events", (long long)job);
    else
        mz_text_addf(&path, "/v1/events?limit=%lld", (long long)limit);
    if (after >= 0 && (job == 0 || on))
        mz_text_addf(&path, "&after=%lld", (long long)after);
    document = mz_client_get(client, mz_text_string(&path), &status);
    mz_text_finish(&path);
    if (!document)
        return status;
    status =
        on ? follow_events(client, job, document) : mz_list_print(client, &list, document, NULL);
    json_decref(document);
    return status;
}

int mz_cmd_events(int argc, char **argv)
{
    return mz_client_main(&mz_events_args, argc, argv, events);
}
