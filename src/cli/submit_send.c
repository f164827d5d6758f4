/* submit_send.c - handing in a job once, and waiting for its end
 * Every submission has an idempotency key, made here where none is given: so the same request may be
 * sent again when nobody knows what became of it, or when the daemon is away, and the job is there
 * once. A socket that does not exist is a daemon that was not started, more likely than one that
 * restarts: it is waited for less long. */
#include "cli/client_json.h"
#include "cli/commands.h"
#include "cli/submit.h"

#include "base/duration.h"
#include "jobfile/jobfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    KEY_BYTES = 16,
    KEY_LENGTH_MAX = 200,
    RETRY_FIRST_MS = 50,
    RETRY_MAX_MS = 1000,
    MISSING_MS = 2000,
    SAY_AFTER_MS = 500,
    POLL_FIRST_MS = 50,
    POLL_MAX_MS = 2000,
    AWAY_MAX_MS = 10 * 60 * 1000
};

/* 0, or the exit status. */
static int make_key(const struct mz_client *client, const char **ret_key)
{
    const char *given = mz_args_value(client->args, "idempotency-key");
    unsigned char bytes[KEY_BYTES];
    char *key;

    if (given) {
        size_t length = strlen(given);

        for (size_t i = 0; i < length; i++) {
            if (given[i] <= ' ' || given[i] > '~')
                length = 0;
        }
        if (length == 0 || length > KEY_LENGTH_MAX)
            return mz_cli_fail_use("submit",
                "a key has 1 to %d printable ASCII characters without blanks", KEY_LENGTH_MAX);
        *ret_key = given;
        return 0;
    }
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return mz_client_say_error(
            client, MZ_EXIT_FAILED, NULL, "the system gives no random bytes for a key");
    key = mz_arena_alloc(client->arena, 2 * KEY_BYTES + 1, 1);
    for (int i = 0; i < KEY_BYTES; i++)
        (void)sprintf(key + 2 * i, "%02x", bytes[i]);
    *ret_key = key;
    return 0;
}

static bool may_try_again(const struct mz_client_answer *answer)
{
    if (answer->outcome == MZ_HTTP_ANSWERED)
        return answer->status == 503 || answer->status == 502 || answer->status == 504;
    return answer->outcome == MZ_HTTP_NOT_SENT || answer->outcome == MZ_HTTP_UNKNOWN;
}

static int read_retry(const struct mz_client *client, int64_t *ret_ms)
{
    const char *text = mz_args_value(client->args, "retry");
    int64_t us = 15 * 1000 * (int64_t)1000;

    if (text && !mz_duration_parse(text, &us))
        return mz_cli_fail_use("submit", "--retry is a time such as 30s, not '%s'", text);
    *ret_ms = us / 1000;
    return 0;
}

/* POST until it is answered or the time is over. *ret_unknown: one of the requests may have been
 * taken. */
static void post(const struct mz_client *client, const char *key, const char *body,
    int64_t retry_ms, struct mz_client_answer *ret_answer, bool *ret_unknown)
{
    const char *headers[] = { mz_arena_printf(client->arena, "Idempotency-Key: %s", key), NULL };
    int64_t begin = mz_client_now_ms();
    int64_t pause = RETRY_FIRST_MS;
    bool was_there = false;
    bool said = false;

    *ret_unknown = false;
    for (;;) {
        int64_t passed;
        int64_t allowed = retry_ms;

        mz_client_call(client, "POST", "/v1/jobs", headers, body, NULL, ret_answer);
        if (!may_try_again(ret_answer))
            return;
        *ret_unknown = *ret_unknown || ret_answer->outcome == MZ_HTTP_UNKNOWN;
        was_there = was_there || ret_answer->outcome != MZ_HTTP_NOT_SENT || !client->unix_path ||
            access(client->unix_path, F_OK) == 0;
        if (!was_there && allowed > MISSING_MS)
            allowed = MISSING_MS;
        passed = mz_client_now_ms() - begin;
        if (passed + pause > allowed)
            return;
        if (!said && passed >= SAY_AFTER_MS) {
            mz_client_note(client, "mizan: submit: the daemon is away; trying for %lld s",
                (long long)((allowed + 999) / 1000));
            said = true;
        }
        if (!mz_client_sleep(pause)) {
            ret_answer->outcome = *ret_unknown ? MZ_HTTP_UNKNOWN : MZ_HTTP_CANCELLED;
            return;
        }
        pause = pause * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : pause * 2;
    }
}

static void say_accepted(const struct mz_client *client, const json_t *document, const char *name,
    const struct mz_submitted *submitted)
{
    const json_t *data = json_object_get(document, "data");
    const char *note = mz_json_text(data, "note");
    const char *how = mz_json_true(data, "repeated") ? "was accepted before" : "accepted";
    char printable[MZ_SPEC_NAME_MAX + 1];

    if (client->json) {
        mz_json_print(document, false);
    } else {
        mz_text_printable(printable, sizeof(printable), name);
        if (submitted->count > 1)
            printf("jobs %lld-%lld '%s' %s\n", (long long)submitted->id,
                (long long)(submitted->id + submitted->count - 1), printable, how);
        else
            printf("job %lld '%s' %s\n", (long long)submitted->id, printable, how);
    }
    (void)fflush(stdout);
    if (note && note[0])
        mz_client_note(client, "%s", note);
}

int mz_submit_send(
    const struct mz_client *client, const struct mz_job_spec *spec, struct mz_submitted *ret)
{
    struct mz_client_answer answer;
    struct mz_text body = { 0 };
    const char *key = NULL;
    int64_t retry_ms = 0;
    json_t *document;
    bool unknown;
    int status = make_key(client, &key);

    if (status == 0)
        status = read_retry(client, &retry_ms);
    if (status != 0)
        return status;
    mz_client_catch_signals();
    mz_jobfile_write_json(spec, &body);
    post(client, key, mz_text_string(&body), retry_ms, &answer, &unknown);
    mz_text_finish(&body);
    document = mz_client_json(client, &answer, &status);
    if (!document) {
        if (unknown) {
            mz_client_note(client,
                "  Nobody knows whether the job was accepted. The same again "
                "makes sure, and never makes a second one:");
            mz_client_note(client, "    mizan submit --idempotency-key %s ...", key);
        }
        return status;
    }
    *ret = (struct mz_submitted){
        .id = mz_json_integer(json_object_get(document, "data"), "id", 0),
        .count = mz_json_integer(json_object_get(document, "data"), "count", 1),
    };
    say_accepted(client, document, spec->name, ret);
    json_decref(document);
    return -1;
}

struct end { /* of one job */
    bool ended;
    int exit;
    char state[16];
};

/* False: it was not heard, and *ret_answer says why. */
static bool look(const struct mz_client *client, int64_t id, struct end *ret,
    struct mz_client_answer *ret_answer)
{
    json_t *document;
    const json_t *data;
    const char *state;
    int64_t code;

    mz_client_call(client, "GET", mz_arena_printf(client->arena, "/v1/jobs/%lld", (long long)id),
        NULL, NULL, NULL, ret_answer);
    if (!mz_client_is_good(ret_answer))
        return false;
    document = json_loadb(ret_answer->body, ret_answer->length, 0, NULL);
    data = json_object_get(document, "data");
    state = mz_json_text(data, "state");
    code = mz_json_integer(data, "exit_code", -1);
    *ret = (struct end){ .ended = mz_json_text(data, "ended_at") != NULL };
    mz_text_printable(ret->state, sizeof(ret->state), state ? state : "");
    if (state && strcmp(state, "done") == 0)
        ret->exit = MZ_EXIT_DONE;
    else
        ret->exit = code > 0 && code < 256 ? (int)code : MZ_EXIT_FAILED;
    json_decref(document);
    return true;
}

/* -1 when it has ended; else the exit status. */
static int wait_one(const struct mz_client *client, int64_t id, struct end *ret)
{
    int64_t pause = POLL_FIRST_MS;
    int64_t heard = mz_client_now_ms();

    for (;;) {
        struct mz_client inner = *client;
        struct mz_client_answer answer;
        int status = -1;
        bool is_heard;

        inner.arena = mz_arena_create();
        is_heard = look(&inner, id, ret, &answer);
        if (is_heard)
            heard = mz_client_now_ms();
        else if (!may_try_again(&answer) || mz_client_now_ms() - heard > AWAY_MAX_MS)
            status = mz_client_fail(&inner, &answer);
        mz_arena_free(inner.arena);
        if (mz_client_stopped() ||
            (status < 0 && !mz_client_sleep(is_heard && ret->ended ? 0 : pause))) {
            mz_client_note(client, "mizan: submit: job %lld goes on:  mizan logs -f %lld",
                (long long)id, (long long)id);
            return MZ_EXIT_STOPPED;
        }
        if (status >= 0 || (is_heard && ret->ended))
            return status;
        pause = pause * 3 / 2 > POLL_MAX_MS ? POLL_MAX_MS : pause * 3 / 2;
    }
}

int mz_submit_wait(const struct mz_client *client, const struct mz_submitted *submitted)
{
    int first = MZ_EXIT_DONE;

    for (int64_t i = 0; i < submitted->count; i++) {
        struct end end = { 0 };
        int status = wait_one(client, submitted->id + i, &end);

        if (status >= 0)
            return status;
        if (end.exit != MZ_EXIT_DONE)
            mz_client_note(client, "job %lld %s, exit status %d", (long long)(submitted->id + i),
                end.state, end.exit);
        if (first == MZ_EXIT_DONE)
            first = end.exit;
    }
    return first;
}
