/* client.h - one command's way to the daemon
 *
 * Which daemon: --server, else MIZAN_SERVER, else $XDG_RUNTIME_DIR/mizan.sock, else
 * ${XDG_STATE_HOME:-~/.local/state}/mizan/mizan.sock (of the two sockets the one that exists; the
 * first one is named when neither does). A token comes from a file alone: --token-file, else
 * MIZAN_TOKEN_FILE.
 *
 * Every function that answers an exit status has said on stderr what went wrong, in the three
 * lines of "cannot reach" or in the sentence of the server; with --json as one object of schema
 * mizan.error/1. Statuses: a mistake in what was asked 2, refused or failed there 1, not reached 5.
 */
#ifndef MZ_CLI_CLIENT_H
#define MZ_CLI_CLIENT_H

#include "base/arena.h"
#include "base/text.h"
#include "cli/args.h"
#include "net/http_client.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct mz_client {
    struct mz_arena *arena; /* borrowed; bodies of answers live in it */
    const struct mz_args *args;
    const char *command;
    const char *server;    /* as people read it: the socket's path or the URL */
    const char *unix_path; /* NULL: TCP */
    const char *base_url;  /* without a slash at the end */
    const char *token;     /* NULL: none */
    bool json;
    bool jsonl;
    bool quiet;
    bool terminal;           /* stdout is one */
    bool colour;             /* of stdout */
    const char *colour_when; /* NULL: auto */
};

struct mz_client_answer {
    enum mz_http_outcome outcome;
    int32_t status;
    char *body; /* NUL-terminated, in the client's arena; "" */
    size_t length;
    struct mz_error err; /* when not answered */
};

/* -1: ready; else the exit status. */
int mz_client_open(struct mz_arena *arena, const struct mz_args *args, struct mz_client *ret);

struct mz_client_stream { /* for answers that are read while they come */
    void *context;
    bool (*on_data)(void *context, const char *bytes, size_t length);
};

/* One call. headers: NULL, or "Name: value" each, NULL at the end; body: NULL or JSON; stream: NULL
 * or where the bytes of a good answer go (then without a limit of time). */
void mz_client_call(const struct mz_client *client, const char *method, const char *path,
    const char *const *headers, const char *body, const struct mz_client_stream *stream,
    struct mz_client_answer *ret_answer);

bool mz_client_is_good(const struct mz_client_answer *answer); /* 2xx */

/* Says why a call was of no use; returns the exit status. */
int mz_client_fail(const struct mz_client *client, const struct mz_client_answer *answer);
/* The same as one sentence without the command's name, for screens that go on. */
const char *mz_client_sentence(
    const struct mz_client *client, const struct mz_client_answer *answer);
int mz_client_exit(const struct mz_client_answer *answer);

/* The JSON of a good answer (borrowed by nobody: json_decref it), or NULL after mz_client_fail. */
json_t *mz_client_json(
    const struct mz_client *client, const struct mz_client_answer *answer, int *ret_exit);

/* GET path as JSON, both of the above. */
json_t *mz_client_get(const struct mz_client *client, const char *path, int *ret_exit);

/* All pages of a list in one document: data of the pages after the first is added to its data. */
json_t *mz_client_get_pages(const struct mz_client *client, const char *path, int *ret_exit);

/* A request that changes something and answers Done: body may be NULL. -1 when it is done. */
int mz_client_change(
    const struct mz_client *client, const char *method, const char *path, const char *body);

/* One part of a path or a value of a query, percent-encoded. */
const char *mz_client_encode(struct mz_arena *arena, const char *text);
/* Adds "?name=value" or "&name=value"; a NULL value adds nothing. */
void mz_client_query(struct mz_text *path, const char *name, const char *value);

/* "mizan: ps: ..." on stderr, with --json as an object; returns status. */
int mz_client_say_error(const struct mz_client *client, int status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A note on stderr, unless quiet. */
void mz_client_note(const struct mz_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Asks "Proceed? [y/N]" on stderr after `what` was shown there. -1: go on; else the exit status:
 * with --dry-run 0, without a terminal and --yes 2, at no 1. */
int mz_client_ask(const struct mz_client *client, const char *nothing_done);

/* SIGINT and SIGTERM from now on set a mark that ends calls and waits, instead of the program. */
void mz_client_catch_signals(void);
bool mz_client_stopped(void);
/* Waits; false when stopped meanwhile. */
bool mz_client_sleep(int64_t ms);
int64_t mz_client_now_ms(void); /* monotonic */

#endif
