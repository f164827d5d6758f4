/* client_fail.c - why a call to the daemon was of no use, in words and as an exit status */
#include "cli/client.h"
#include "cli/client_json.h"
#include "cli/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_json_error(int status, const char *code, const char *message, const char *help)
{
    json_t *object = json_object();
    char *line;

    json_object_set_new(object, "schema", json_string("mizan.error/1"));
    json_object_set_new(object, "code", code ? json_string(code) : json_null());
    json_object_set_new(object, "severity", json_string("error"));
    json_object_set_new(object, "message", json_string(message));
    json_object_set_new(object, "help", help ? json_string(help) : json_null());
    json_object_set_new(object, "exit_status", json_integer(status));
    line = json_dumps(object, JSON_COMPACT);
    (void)fprintf(stderr, "%s\n", line ? line : "{}");
    free(line);
    json_decref(object);
}

int mz_client_say_error(
    const struct mz_client *client, int status, const char *code, const char *format, ...)
{
    char text[2048];
    char printable[2048];
    char help[64];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    mz_text_printable(printable, sizeof(printable), text);
    (void)snprintf(help, sizeof(help), "mizan explain %.16s", code ? code : "");
    if (client->json || client->jsonl)
        print_json_error(status, code, printable, code ? help : NULL);
    else
        (void)fprintf(stderr, "mizan: %s: %s%s%s%s\n", client->command, printable, code ? " (" : "",
            code ? code : "", code ? ")" : "");
    return status;
}

static const char *why_not_reached(
    const struct mz_client *client, const struct mz_client_answer *answer, bool *ret_missing)
{
    struct stat st;

    *ret_missing = false;
    if (client->unix_path && stat(client->unix_path, &st) != 0) {
        *ret_missing = errno == ENOENT || errno == ENOTDIR;
        return *ret_missing ? "no such file" : strerror(errno);
    }
    if (client->unix_path && access(client->unix_path, W_OK) != 0)
        return strerror(errno);
    return answer->err.text[0] ? answer->err.text : "no connection";
}

/* The three lines: what, start it, or use another one. */
static int fail_unreachable(const struct mz_client *client, const struct mz_client_answer *answer)
{
    char printable[MZ_ERROR_TEXT_MAX];
    char server[512];
    bool missing;
    const char *why = why_not_reached(client, answer, &missing);

    mz_text_printable(printable, sizeof(printable), why);
    mz_text_printable(server, sizeof(server), client->server);
    if (client->json || client->jsonl) {
        char message[MZ_ERROR_TEXT_MAX + 600];

        (void)snprintf(
            message, sizeof(message), "cannot reach the daemon at %s: %s", server, printable);
        print_json_error(MZ_EXIT_UNREACHABLE, NULL, message, "mizan doctor");
        return MZ_EXIT_UNREACHABLE;
    }
    (void)fprintf(stderr, "mizan: cannot reach the daemon at %s: %s\n", server, printable);
    if (client->unix_path)
        (void)fprintf(stderr, "  %-42s  mizan up\n",
            missing ? "It is not running for this user. Start it:"
                    : "It does not answer there. Start it:");
    else
        (void)fprintf(
            stderr, "  %-42s  mizan up --http HOST:PORT\n", "Is it running there? Start it:");
    (void)fprintf(stderr, "  %-42s  mizan --server https://mizan.example:8730 %s\n",
        "Use another one:", client->command);
    return MZ_EXIT_UNREACHABLE;
}

struct problem {
    json_t *json; /* owned; NULL: the answer is no problem document */
    const char *code;
    const char *detail;
};

static struct problem read_problem(const struct mz_client_answer *answer)
{
    struct problem problem = { .json = json_loadb(answer->body, answer->length, 0, NULL) };

    problem.code = mz_json_text(problem.json, "code");
    problem.detail = mz_json_text(problem.json, "detail");
    if (!problem.detail)
        problem.detail = mz_json_text(problem.json, "title");
    return problem;
}

int mz_client_exit(const struct mz_client_answer *answer)
{
    if (answer->outcome != MZ_HTTP_ANSWERED)
        return answer->outcome == MZ_HTTP_CANCELLED ? MZ_EXIT_STOPPED : MZ_EXIT_UNREACHABLE;
    if (answer->status >= 200 && answer->status < 300)
        return MZ_EXIT_DONE;
    switch (answer->status) {
    case 401:
    case 403:
    case 408:
    case 429: return MZ_EXIT_FAILED;
    default: return answer->status >= 400 && answer->status < 500 ? MZ_EXIT_USE : MZ_EXIT_FAILED;
    }
}

const char *mz_client_sentence(
    const struct mz_client *client, const struct mz_client_answer *answer)
{
    struct problem problem;
    const char *text;
    bool missing;

    if (answer->outcome != MZ_HTTP_ANSWERED)
        return mz_arena_printf(client->arena, "cannot reach the daemon at %s: %s", client->server,
            why_not_reached(client, answer, &missing));
    problem = read_problem(answer);
    text = problem.detail ? mz_arena_strdup(client->arena, problem.detail)
                          : mz_arena_printf(client->arena, "%s answered with HTTP status %d",
                                client->server, answer->status);
    json_decref(problem.json);
    return text;
}

int mz_client_fail(const struct mz_client *client, const struct mz_client_answer *answer)
{
    struct problem problem;
    char code[16] = "";
    int status = mz_client_exit(answer);

    if (answer->outcome == MZ_HTTP_CANCELLED)
        return status;
    if (answer->outcome == MZ_HTTP_NOT_SENT)
        return fail_unreachable(client, answer);
    if (answer->outcome == MZ_HTTP_UNKNOWN)
        return mz_client_say_error(client, status, NULL, "the daemon at %s broke off: %s",
            client->server, answer->err.text);
    problem = read_problem(answer);
    if (problem.code && strlen(problem.code) < sizeof(code))
        mz_text_printable(code, sizeof(code), problem.code);
    json_decref(problem.json);
    mz_client_say_error(
        client, status, code[0] ? code : NULL, "%s", mz_client_sentence(client, answer));
    if (answer->status == 401 && !client->token && !client->json && !client->jsonl)
        (void)fprintf(stderr, "  A token is needed there:  export MIZAN_TOKEN_FILE=FILE\n");
    return status;
}
