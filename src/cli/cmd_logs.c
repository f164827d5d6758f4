/* cmd_logs.c - mizan logs JOB: its output
 * Bytes go out as the job wrote them, except onto a terminal, which the job's output must not
 * drive: colours stay, other control sequences do not (print_text.h), unless --raw.
 *
 * -f goes on over a restart of the daemon: the bytes of the attempt are counted, and the next call
 * begins behind them. When another attempt began meanwhile, it is shown from its beginning and a
 * note says so. Without -f an answer is a piece of a long log: it is asked for until there is no
 * more. --tail N asks for bytes from the end, more each time until they hold N lines, 8 MiB at
 * most. With -f and a longer log, what the job writes between the two calls may cost some of the N
 * lines, never a later one. */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_ids.h"
#include "cli/print_text.h"

#include <string.h>

enum {
    TAIL_LINES_MAX = 1000000,
    TAIL_BYTES_FIRST = 64 * 1024,
    TAIL_BYTES_MAX = 8 * 1024 * 1024, /* what the daemon gives in one answer */
    RETRY_FIRST_MS = 200,
    RETRY_MAX_MS = 3000,
    GIVE_UP_MS = 10 * 60 * 1000
};

static const struct mz_arg_option options[] = {
    { "follow", 'f', NULL, "go on until the job ends" },
    { "rank", 0, "N", "of this rank; default 0" },
    { "attempt", 0, "N", "of this attempt; default the newest" },
    { "tail", 'n', "N", "only the last N lines, of 8 MiB at most" },
    { "raw", 0, NULL, "onto a terminal too: every byte, as it is" },
};

const struct mz_arg_command mz_logs_args = {
    .name = "logs",
    .synopsis = "mizan logs 12                 what job 12 wrote\n"
                "mizan logs 12 -f --tail 20    the last 20 lines, and on\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT,
    .word = "job",
    .word_min = 1,
    .word_max = 1,
    .missing = "which job?",
};

struct logs {
    const struct mz_client *client;
    int64_t job;
    int64_t rank;
    int64_t attempt; /* 0: the newest */
    int64_t tail;    /* -1: all */
    bool tamed;
    struct mz_tame tame;
    int64_t received; /* bytes of the call that runs */
};

static bool write_bytes(struct logs *logs, const char *bytes, size_t length)
{
    if (logs->tamed)
        mz_tame_write(&logs->tame, stdout, bytes, length);
    else
        (void)fwrite(bytes, 1, length, stdout);
    return fflush(stdout) == 0;
}

static bool on_data(void *context, const char *bytes, size_t length)
{
    struct logs *logs = context;

    logs->received += (int64_t)length;
    return write_bytes(logs, bytes, length);
}

static const char *path_of(const struct logs *logs, int64_t offset, bool follow)
{
    return mz_arena_printf(logs->client->arena, "/v1/jobs/%lld/logs?rank=%lld%s%s&offset=%lld%s",
        (long long)logs->job, (long long)logs->rank, logs->attempt > 0 ? "&attempt=" : "",
        logs->attempt > 0 ? mz_arena_printf(logs->client->arena, "%lld", (long long)logs->attempt)
                          : "",
        (long long)offset, follow ? "&follow=1" : "");
}

/* Where the last `lines` lines begin. */
static size_t tail_start(const char *bytes, size_t length, int64_t lines)
{
    size_t at = length;

    if (at > 0 && bytes[at - 1] == '\n')
        at--;
    for (; at > 0; at--) {
        if (bytes[at - 1] == '\n' && --lines <= 0)
            return lines < 0 ? length : at;
    }
    return lines <= 0 ? length : 0;
}

/* Writes the tail, and finds where to go on: at a byte counted from the beginning when all of the
 * log was seen, else the tail is left to the stream, from so many bytes before the end. -1, or the
 * exit status. */
static int print_tail(struct logs *logs, bool on, int64_t *ret_offset)
{
    struct mz_client_answer answer;
    size_t start = 0;
    bool whole = false;

    for (int64_t bytes = TAIL_BYTES_FIRST;; bytes *= 2) {
        mz_client_call(
            logs->client, "GET", path_of(logs, -bytes, false), NULL, NULL, NULL, &answer);
        if (!mz_client_is_good(&answer))
            return mz_client_fail(logs->client, &answer);
        start = tail_start(answer.body, answer.length, logs->tail);
        whole = (int64_t)answer.length < bytes;
        if (start > 0 || whole || bytes >= TAIL_BYTES_MAX)
            break;
    }
    *ret_offset = whole ? (int64_t)answer.length : -(int64_t)(answer.length - start);
    if (on && *ret_offset < 0)
        return -1;
    return write_bytes(logs, answer.body + start, answer.length - start) ? -1 : MZ_EXIT_FAILED;
}

struct where { /* the job now */
    bool is_known;
    bool has_ended;
    int64_t attempts;
};

static struct where look(const struct logs *logs)
{
    struct mz_client_answer answer;
    struct where where = { 0 };
    json_t *document;
    const json_t *data;

    mz_client_call(logs->client, "GET",
        mz_arena_printf(logs->client->arena, "/v1/jobs/%lld", (long long)logs->job), NULL, NULL,
        NULL, &answer);
    if (!mz_client_is_good(&answer))
        return where;
    document = json_loadb(answer.body, answer.length, 0, NULL);
    data = json_object_get(document, "data");
    where = (struct where){ json_is_object(data), mz_json_text(data, "ended_at") != NULL,
        mz_json_integer(data, "attempts", 0) };
    json_decref(document);
    return where;
}

/* After a break: waits until the daemon answers. False: it does not. */
static bool wait_for_daemon(const struct logs *logs, struct where *ret_where)
{
    int64_t end = mz_client_now_ms() + GIVE_UP_MS;
    int64_t pause = RETRY_FIRST_MS;

    mz_client_note(logs->client, "mizan: logs: the daemon is not heard; waiting for it");
    while (mz_client_now_ms() < end && mz_client_sleep(pause)) {
        *ret_where = look(logs);
        if (ret_where->is_known)
            return true;
        pause = pause * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : pause * 2;
    }
    return false;
}

/* All there is from a byte on, piece by piece; *ret_offset: where it ended. */
static int print_rest(struct logs *logs, int64_t offset, int64_t *ret_offset)
{
    struct mz_client_stream stream = { logs, on_data };

    do {
        struct mz_client inner = *logs->client;
        struct mz_client_answer answer;
        int status = -1;

        inner.arena = mz_arena_create();
        logs->received = 0;
        mz_client_call(&inner, "GET", path_of(logs, offset, false), NULL, NULL, &stream, &answer);
        if (ferror(stdout))
            status = MZ_EXIT_FAILED;
        else if (!mz_client_is_good(&answer))
            status = mz_client_fail(&inner, &answer);
        mz_arena_free(inner.arena);
        if (status >= 0)
            return status;
        offset += logs->received;
    } while (logs->received > 0);
    *ret_offset = offset;
    return MZ_EXIT_DONE;
}

/* Where to go on after a stream that began at offset, when attempt *attempt was the newest. True:
 * it is known to the byte. */
static bool advance(
    const struct logs *logs, const struct where *now, int64_t *attempt, int64_t *offset)
{
    if (logs->attempt == 0 && now->attempts > *attempt) {
        *attempt = now->attempts;
        *offset = 0;
        return false;
    }
    if (*offset < 0 && logs->received > 0)
        *offset = -logs->received;
    else if (*offset >= 0)
        *offset += logs->received;
    return *offset >= 0;
}

/* A stream that ends well has ended with the job, or with the daemon: the job says which. */
static int follow(struct logs *logs, int64_t offset)
{
    const struct mz_client *client = logs->client;
    struct mz_client_stream stream = { logs, on_data };
    struct where now = look(logs);
    bool was_known = now.is_known;
    int64_t attempt = now.attempts > 1 ? now.attempts : 1;

    for (;;) {
        struct mz_client_answer answer;
        bool exact;

        logs->received = 0;
        mz_client_call(client, "GET", path_of(logs, offset, true), NULL, NULL, &stream, &answer);
        if (mz_client_stopped() || ferror(stdout))
            return mz_client_stopped() ? MZ_EXIT_DONE : MZ_EXIT_FAILED;
        if (!mz_client_is_good(&answer) &&
            (answer.outcome == MZ_HTTP_ANSWERED || (!was_known && logs->received == 0)))
            return mz_client_fail(client, &answer);
        now = look(logs);
        if (!now.is_known && !wait_for_daemon(logs, &now))
            return mz_client_stopped() ? MZ_EXIT_DONE : mz_client_fail(client, &answer);
        was_known = true;
        exact = advance(logs, &now, &attempt, &offset);
        if (now.has_ended && mz_client_is_good(&answer))
            return exact ? print_rest(logs, offset, &offset) : MZ_EXIT_DONE;
        if (!exact)
            mz_client_note(
                client, "mizan: logs: attempt %lld; some lines may come again", (long long)attempt);
        if (!mz_client_sleep(RETRY_FIRST_MS))
            return MZ_EXIT_DONE;
    }
}

static int print_all(struct logs *logs)
{
    int64_t offset = 0;
    int status = print_rest(logs, 0, &offset);

    if (status == MZ_EXIT_DONE && offset == 0)
        mz_client_note(logs->client, "mizan: logs: job %lld has written nothing%s",
            (long long)logs->job, look(logs).has_ended ? "" : " yet");
    return status;
}

static int print_logs(struct logs *logs)
{
    bool on = mz_args_has(logs->client->args, "follow");
    int64_t offset = 0;
    int status = -1;

    if (on)
        mz_client_catch_signals();
    if (logs->tail >= 0)
        status = print_tail(logs, on, &offset);
    if (status >= 0)
        return status;
    if (on)
        return follow(logs, offset);
    return logs->tail >= 0 ? MZ_EXIT_DONE : print_all(logs);
}

static int logs_of(const struct mz_client *client)
{
    struct logs logs = { .client = client, .tail = -1 };
    int status = mz_job_id_read(client, client->args->words[0], &logs.job);

    if (status < 0)
        status = mz_args_number(client->args, "rank", 0, 1 << 24, &logs.rank);
    if (status < 0)
        status = mz_args_number(client->args, "attempt", 1, 1 << 24, &logs.attempt);
    if (status < 0)
        status = mz_args_number(client->args, "tail", 0, TAIL_LINES_MAX, &logs.tail);
    if (status >= 0)
        return status;
    logs.tamed = client->terminal && !mz_args_has(client->args, "raw");
    status = print_logs(&logs);
    mz_tame_finish(&logs.tame, stdout);
    return status;
}

int mz_cmd_logs(int argc, char **argv)
{
    return mz_client_main(&mz_logs_args, argc, argv, logs_of);
}
