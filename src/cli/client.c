/* client.c - finding the daemon, asking it, and what commands share on the way
 * The words for what went wrong are in client_fail.c. */
#include "cli/client.h"

#include "base/file.h"
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/print_diag.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TOKEN_BYTES_MAX = 4096,
    CALL_TIMEOUT_MS = 60 * 1000,
    ANSWER_BYTES_MAX = 256 * 1024 * 1024,
    PAGES_MAX = 1000,
    HEADERS_MAX = 6
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

void mz_client_catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool mz_client_stopped(void)
{
    return stopped != 0;
}

int64_t mz_client_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool mz_client_sleep(int64_t ms)
{
    int64_t end = mz_client_now_ms() + ms;

    for (int64_t left = ms; left > 0 && !stopped; left = end - mz_client_now_ms())
        (void)poll(NULL, 0, left > 100 ? 100 : (int)left);
    return !stopped;
}

static const char *default_socket(struct mz_arena *arena)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *in_state = mz_arena_printf(arena, "%s/mizan.sock", mz_state_directory(arena));
    const char *in_runtime;

    if (!runtime || runtime[0] != '/')
        return in_state;
    in_runtime = mz_arena_printf(arena, "%s/mizan.sock", runtime);
    return access(in_runtime, F_OK) != 0 && access(in_state, F_OK) == 0 ? in_state : in_runtime;
}

/* -1, or the exit status. */
static int find_server(struct mz_client *client, const char *address)
{
    size_t length;

    if (!address || !address[0])
        address = getenv("MIZAN_SERVER");
    if (!address || !address[0]) {
        client->unix_path = default_socket(client->arena);
    } else if (strncmp(address, "unix:", 5) == 0) {
        client->unix_path = strncmp(address, "unix://", 7) == 0 ? address + 7 : address + 5;
    } else if (address[0] == '/') {
        client->unix_path = address;
    } else if (strncmp(address, "http://", 7) == 0 || strncmp(address, "https://", 8) == 0) {
        length = strlen(address);
        while (length > 8 && address[length - 1] == '/')
            length--;
        client->base_url = mz_arena_strndup(client->arena, address, length);
        client->server = client->base_url;
        return -1;
    } else {
        return mz_cli_fail_use(client->command,
            "'%s' is not an address: write unix:PATH or http://HOST:PORT", address);
    }
    client->server = client->unix_path;
    client->base_url = "http://localhost";
    return -1;
}

static int read_token(struct mz_client *client, const char *path)
{
    struct mz_error err = { MZ_OK, "" };
    char *bytes = NULL;
    size_t length = 0;

    if (!path || !path[0])
        path = getenv("MIZAN_TOKEN_FILE");
    if (!path || !path[0])
        return -1;
    if (mz_file_read(client->arena, path, TOKEN_BYTES_MAX, &bytes, &length, &err) != MZ_OK)
        return mz_cli_fail(client->command, &err);
    while (length > 0 && strchr(" \t\r\n", bytes[length - 1]))
        bytes[--length] = '\0';
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] <= ' ' || bytes[i] > '~')
            length = 0;
    }
    if (length == 0)
        return mz_cli_fail_use(client->command, "the file '%s' holds no token", path);
    client->token = bytes;
    return -1;
}

int mz_client_open(struct mz_arena *arena, const struct mz_args *args, struct mz_client *ret)
{
    uint32_t groups = args->command->groups;
    int status;

    assert(groups & MZ_ARGS_CLIENT);
    *ret = (struct mz_client){
        .arena = arena,
        .args = args,
        .command = args->command->name,
        .json = (groups & MZ_ARGS_JSON) && mz_args_has(args, "json"),
        .jsonl = (groups & MZ_ARGS_LIST) && mz_args_has(args, "jsonl"),
        .quiet = mz_args_has(args, "quiet"),
        .terminal = isatty(STDOUT_FILENO) == 1,
        .colour_when = mz_args_value(args, "color"),
    };
    if (ret->colour_when && strcmp(ret->colour_when, "auto") != 0 &&
        strcmp(ret->colour_when, "always") != 0 && strcmp(ret->colour_when, "never") != 0)
        return mz_cli_fail_use(ret->command, "--color is auto, always or never");
    ret->colour = mz_colour_wanted(stdout, ret->colour_when);
    status = find_server(ret, mz_args_value(args, "server"));
    return status >= 0 ? status : read_token(ret, mz_args_value(args, "token-file"));
}

void mz_client_call(const struct mz_client *client, const char *method, const char *path,
    const char *const *headers, const char *body, const struct mz_client_stream *stream,
    struct mz_client_answer *ret_answer)
{
    const char *sent[HEADERS_MAX];
    char *bytes = NULL;
    struct mz_http_call_spec spec = {
        .method = method,
        .url = mz_arena_printf(client->arena, "%s%s", client->base_url, path),
        .unix_path = client->unix_path,
        .headers = sent,
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .timeout_ms = stream ? 0 : CALL_TIMEOUT_MS,
        .response_bytes_max = ANSWER_BYTES_MAX,
        .on_data = stream ? stream->on_data : NULL,
    };

    for (; headers && headers[spec.header_count]; spec.header_count++) {
        assert(spec.header_count < HEADERS_MAX - 2);
        sent[spec.header_count] = headers[spec.header_count];
    }
    if (client->token)
        sent[spec.header_count++] =
            mz_arena_printf(client->arena, "Authorization: Bearer %s", client->token);
    if (body)
        sent[spec.header_count++] = "Content-Type: application/json";
    *ret_answer = (struct mz_client_answer){ .outcome = MZ_HTTP_ANSWERED };
    (void)mz_http_call_wait(&spec, stream ? stream->context : NULL, mz_client_stopped,
        &ret_answer->status, &bytes, &ret_answer->length, &ret_answer->outcome, &ret_answer->err);
    ret_answer->body =
        mz_arena_strndup(client->arena, bytes ? bytes : "", bytes ? ret_answer->length : 0);
    free(bytes);
}

bool mz_client_is_good(const struct mz_client_answer *answer)
{
    return answer->outcome == MZ_HTTP_ANSWERED && answer->status >= 200 && answer->status < 300;
}

json_t *mz_client_json(
    const struct mz_client *client, const struct mz_client_answer *answer, int *ret_exit)
{
    json_error_t why;
    json_t *json;

    if (!mz_client_is_good(answer)) {
        *ret_exit = mz_client_fail(client, answer);
        return NULL;
    }
    json = json_loadb(answer->body, answer->length, 0, &why);
    if (!json_is_object(json)) {
        json_decref(json);
        *ret_exit = mz_client_say_error(client, MZ_EXIT_FAILED, NULL,
            "%s did not answer as a mizan daemon does: is it another program?", client->server);
        return NULL;
    }
    return json;
}

json_t *mz_client_get(const struct mz_client *client, const char *path, int *ret_exit)
{
    struct mz_client_answer answer;

    mz_client_call(client, "GET", path, NULL, NULL, NULL, &answer);
    return mz_client_json(client, &answer, ret_exit);
}

json_t *mz_client_get_pages(const struct mz_client *client, const char *path, int *ret_exit)
{
    json_t *all = mz_client_get(client, path, ret_exit);
    const char *cursor = mz_json_text(all, "next_cursor");

    for (int32_t page = 0; cursor && page < PAGES_MAX; page++) {
        const char *encoded = mz_client_encode(client->arena, cursor);
        json_t *next = mz_client_get(client,
            mz_arena_printf(
                client->arena, "%s%ccursor=%s", path, strchr(path, '?') ? '&' : '?', encoded),
            ret_exit);

        if (!next) {
            json_decref(all);
            return NULL;
        }
        json_array_extend(json_object_get(all, "data"), json_object_get(next, "data"));
        cursor = mz_json_text(next, "next_cursor");
        cursor = cursor ? mz_arena_strdup(client->arena, cursor) : NULL;
        json_decref(next);
    }
    if (all && json_object_get(all, "next_cursor"))
        json_object_set_new(all, "next_cursor", json_null());
    return all;
}

int mz_client_change(
    const struct mz_client *client, const char *method, const char *path, const char *body)
{
    struct mz_client_answer answer;

    mz_client_call(client, method, path, NULL, body, NULL, &answer);
    if (!mz_client_is_good(&answer))
        return mz_client_fail(client, &answer);
    if (client->json)
        (void)fputs(answer.body, stdout);
    return -1;
}

const char *mz_client_encode(struct mz_arena *arena, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = mz_arena_alloc(arena, strlen(text) * 3 + 1, 1);
    char *at = out;

    for (const char *s = text; *s; s++) {
        if (strchr(plain, *s))
            *at++ = *s;
        else
            at += sprintf(at, "%%%02X", (unsigned)(unsigned char)*s);
    }
    return out;
}

void mz_client_query(struct mz_text *path, const char *name, const char *value)
{
    struct mz_arena *call_arena;

    if (!value)
        return;
    call_arena = mz_arena_create();
    mz_text_addf(path, "%c%s=%s", strchr(mz_text_string(path), '?') ? '&' : '?', name,
        mz_client_encode(call_arena, value));
    mz_arena_free(call_arena);
}

void mz_client_note(const struct mz_client *client, const char *format, ...)
{
    char text[2048];
    char printable[2048];
    va_list args;

    if (client->quiet)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "%s\n", mz_text_printable(printable, sizeof(printable), text));
}

int mz_client_ask(const struct mz_client *client, const char *nothing_done)
{
    char line[64];

    if (mz_args_has(client->args, "dry-run")) {
        mz_client_note(client, "%s", nothing_done);
        return MZ_EXIT_DONE;
    }
    if (mz_args_has(client->args, "yes"))
        return -1;
    if (!isatty(STDIN_FILENO)) {
        return mz_client_say_error(client, MZ_EXIT_USE, NULL,
            "this asks first, and there is no terminal to ask on: give --yes. %s", nothing_done);
    }
    (void)fprintf(stderr, "Proceed? [y/N] ");
    (void)fflush(stderr);
    if (fgets(line, sizeof(line), stdin) &&
        (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0 || strcmp(line, "Y\n") == 0))
        return -1;
    (void)fprintf(stderr, "%s\n", nothing_done);
    return MZ_EXIT_FAILED;
}

int mz_client_main(const struct mz_arg_command *command, int argc, char **argv,
    int (*run)(const struct mz_client *client))
{
    struct mz_arena *command_arena = mz_arena_create();
    struct mz_client client;
    struct mz_args args;
    int status = mz_args_read(command_arena, command, argc, argv, &args);

    if (status < 0)
        status = mz_client_open(command_arena, &args, &client);
    if (status < 0)
        status = run(&client);
    mz_arena_free(command_arena);
    return status;
}
