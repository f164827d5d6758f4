/* cmd_token.c - mizan token add NAME --role ROLE | ls | rm NAME
 * The secret is shown once, on stdout or into a new file that only its owner reads (--out). */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mz_arg_option options[] = {
    { "role", 0, "ROLE", "viewer (reads), user (its own jobs) or operator (everything)" },
    { "out", 0, "FILE", "with add: the token into this new file, mode 0600" },
};

const struct mz_arg_command mz_token_args = {
    .name = "token",
    .synopsis = "mizan token add ci --role user --out ci.token\n"
                "mizan token ls                names and roles; never the tokens\n"
                "mizan token rm ci             whoever holds it is refused from now on\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST | MZ_ARGS_CHANGE,
    .word = "add ls rm",
    .word_min = 1,
    .word_max = 2,
    .missing = "add, ls or rm?",
};

static const struct mz_list_column columns[] = {
    { "name", "NAME", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "role", "ROLE", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "created_at", "CREATED", MZ_COLUMN_FIXED, mz_cell_time, false, 0 },
};

static const struct mz_list list = { columns, sizeof(columns) / sizeof(columns[0]),
    "No tokens: only this machine's users reach the daemon, through its socket." };

static int list_tokens(const struct mz_client *client)
{
    int status;
    json_t *document = mz_client_get(client, "/v1/tokens", &status);

    if (!document)
        return status;
    status = mz_list_print(client, &list, document, NULL);
    json_decref(document);
    return status;
}

/* The file is opened before the token is made: a token that nobody can read is not made. */
static int open_out(const char *path, int *ret_fd)
{
    *ret_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (*ret_fd >= 0)
        return -1;
    return mz_cli_fail_use("token", "'%s': %s. No token was made", path, strerror(errno));
}

static int give_out(
    const struct mz_client *client, json_t *document, const char *name, const char *path, int fd)
{
    const char *token = mz_json_text(json_object_get(document, "data"), "token");

    if (!token)
        return mz_client_say_error(
            client, MZ_EXIT_FAILED, NULL, "the daemon's answer holds no token");
    if (fd >= 0) {
        if (dprintf(fd, "%s\n", token) < 0 || fsync(fd) != 0)
            return mz_client_say_error(client, MZ_EXIT_FAILED, NULL,
                "'%s': %s. Take the token back: mizan token rm %s", path, strerror(errno), name);
        mz_client_note(
            client, "The token of '%s' is in %s:  export MIZAN_TOKEN_FILE=%s", name, path, path);
        return MZ_EXIT_DONE;
    }
    if (client->json) {
        mz_json_print(document, false);
        return MZ_EXIT_DONE;
    }
    printf("%s\n", token);
    (void)fflush(stdout);
    mz_client_note(client, "It is shown this once. Keep it in a file:  MIZAN_TOKEN_FILE=FILE");
    return MZ_EXIT_DONE;
}

static int add_token(const struct mz_client *client, const char *name)
{
    const char *role = mz_args_value(client->args, "role");
    const char *path = mz_args_value(client->args, "out");
    struct mz_client_answer answer;
    json_t *document;
    char *body;
    int fd = -1;
    int status = -1;

    if (!role ||
        (strcmp(role, "viewer") != 0 && strcmp(role, "user") != 0 && strcmp(role, "operator") != 0))
        return mz_cli_fail_use("token", "--role is viewer, user or operator");
    if (mz_args_has(client->args, "dry-run")) {
        mz_client_note(
            client, "A token '%s' of role %s would be made. Nothing was done.", name, role);
        return MZ_EXIT_DONE;
    }
    if (path)
        status = open_out(path, &fd);
    if (status >= 0)
        return status;
    document = json_pack("{s:s, s:s}", "name", name, "role", role);
    body = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (!body) {
        status = mz_cli_fail_use("token", "the name is not UTF-8");
        goto finish;
    }
    mz_client_call(client, "POST", "/v1/tokens", NULL, body, NULL, &answer);
    document = mz_client_json(client, &answer, &status);
    if (document)
        status = give_out(client, document, name, path, fd);
    json_decref(document);
finish:
    free(body);
    if (fd >= 0 && close(fd) == 0 && status != MZ_EXIT_DONE)
        (void)unlink(path);
    return status;
}

static int remove_token(const struct mz_client *client, const char *name)
{
    int status;

    mz_client_note(client, "Remove the token '%s': whoever holds it is refused.", name);
    status = mz_client_ask(client, "Nothing was done.");
    if (status < 0)
        status = mz_client_change(client, "DELETE",
            mz_arena_printf(client->arena, "/v1/tokens/%s", mz_client_encode(client->arena, name)),
            NULL);
    if (status >= 0)
        return status;
    if (!client->json && !client->quiet)
        printf("token %s removed\n", name);
    return MZ_EXIT_DONE;
}

static int token(const struct mz_client *client)
{
    char **words = client->args->words;
    int32_t count = client->args->word_count;

    if (strcmp(words[0], "ls") == 0 && count == 1)
        return list_tokens(client);
    if (strcmp(words[0], "add") == 0 && count == 2)
        return add_token(client, words[1]);
    if (strcmp(words[0], "rm") == 0 && count == 2)
        return remove_token(client, words[1]);
    return mz_cli_fail_use("token", "write: token add NAME --role ROLE, token ls or token rm NAME");
}

int mz_cmd_token(int argc, char **argv)
{
    return mz_client_main(&mz_token_args, argc, argv, token);
}
