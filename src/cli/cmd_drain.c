/* cmd_drain.c - mizan drain PARTNER[/NODE], mizan resume PARTNER[/NODE]
 * A drain alone stops nothing that runs. With --move its jobs are stopped and started elsewhere:
 * they are shown, and it asks. A node is named PARTNER/NODE; a partner's name has no slash. */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_SHOWN_MAX = 8 };

static const struct mz_arg_option drain_options[] = {
    { "move", 0, NULL, "its jobs are moved elsewhere, checkpoints first; asks" },
};

const struct mz_arg_command mz_drain_args = {
    .name = "drain",
    .synopsis = "mizan drain aws               nothing new starts at aws\n"
                "mizan drain aws/n0231         ... on this node\n"
                "mizan drain aws --move        and what runs there moves elsewhere\n",
    .options = drain_options,
    .option_count = 1,
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "partner",
    .word_min = 1,
    .word_max = 1,
    .missing = "which partner?",
};

const struct mz_arg_command mz_resume_args = {
    .name = "resume",
    .synopsis = "mizan resume aws              jobs may start at aws again\n"
                "mizan resume aws/n0231        ... on this node\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON,
    .word = "partner",
    .word_min = 1,
    .word_max = 1,
    .missing = "which partner?",
};

struct place {
    const char *partner;
    const char *node; /* NULL: the partner */
    const char *word; /* as it was named */
};

static int read_place(const struct mz_client *client, struct place *ret)
{
    const char *word = client->args->words[0];
    const char *slash = strchr(word, '/');

    *ret = (struct place){ slash ? mz_arena_strndup(client->arena, word, (size_t)(slash - word))
                                 : word,
        slash ? slash + 1 : NULL, word };
    if (!ret->partner[0] || (slash && !slash[1]))
        return mz_cli_fail_use(client->command, "'%s' is not PARTNER or PARTNER/NODE", word);
    return -1;
}

static bool lists_node(const char *nodes, const char *node)
{
    size_t length = strlen(node);

    for (const char *s = nodes; s;) {
        size_t here = strcspn(s, ",");

        if (here == length && strncmp(s, node, length) == 0)
            return true;
        s = s[here] ? s + here + 1 : NULL;
    }
    return false;
}

/* Says which live jobs are there. -1, or the exit status. */
static int show_jobs(const struct mz_client *client, const struct place *place, bool move)
{
    struct mz_text path = { 0 };
    struct mz_text names = { 0 };
    int status = -1;
    int64_t count = 0;
    json_t *document;
    json_t *row;
    size_t i;

    mz_text_add(&path, "/v1/jobs?state=placing,running,stopping,unknown&limit=10000");
    mz_client_query(&path, "partner", place->partner);
    document = mz_client_get_pages(client, mz_text_string(&path), &status);
    mz_text_finish(&path);
    if (!document)
        return status;
    json_array_foreach(json_object_get(document, "data"), i, row)
    {
        const char *name = mz_json_text(row, "name");

        if (place->node && !lists_node(mz_json_text(row, "nodes"), place->node))
            continue;
        if (count++ < NAMES_SHOWN_MAX)
            mz_text_addf(&names, "%s %lld '%s'", count > 1 ? "," : "",
                (long long)mz_json_integer(row, "id", 0), name ? name : "");
    }
    mz_client_note(client, "Drain %s: nothing new starts there. %s %s%s%s%s", place->word,
        mz_count_text(client->arena, count, "job"),
        move ? "there will be moved" : "there will go on to the end", count > 0 ? ":" : "",
        mz_text_string(&names), count > NAMES_SHOWN_MAX ? ", ..." : "");
    mz_text_finish(&names);
    json_decref(document);
    return -1;
}

static int change(
    const struct mz_client *client, const struct place *place, const char *action, bool move)
{
    const char *path = mz_arena_printf(client->arena, "/v1/partners/%s:%s",
        mz_client_encode(client->arena, place->partner), action);
    json_t *body = json_object();
    char *text;
    int status;

    if (place->node)
        json_object_set_new(body, "node", json_string(place->node));
    if (move)
        json_object_set_new(body, "move", json_true());
    text = json_dumps(body, JSON_COMPACT);
    status = mz_client_change(client, "POST", path, text);
    free(text);
    json_decref(body);
    return status;
}

static int drain(const struct mz_client *client)
{
    bool move = mz_args_has(client->args, "move");
    bool asks = move || mz_args_has(client->args, "dry-run");
    struct place place;
    int status = read_place(client, &place);

    if (status < 0 && asks && !(mz_args_has(client->args, "yes") && client->quiet))
        status = show_jobs(client, &place, move);
    if (status < 0 && asks)
        status = mz_client_ask(client, "Nothing was done.");
    if (status < 0)
        status = change(client, &place, "drain", move);
    if (status >= 0)
        return status;
    if (!client->json && !client->quiet)
        printf("%s drained%s\n", place.word, move ? ", its jobs move" : "");
    return MZ_EXIT_DONE;
}

static int resume(const struct mz_client *client)
{
    struct place place;
    int status = read_place(client, &place);

    if (status < 0)
        status = change(client, &place, "resume", false);
    if (status >= 0)
        return status;
    if (!client->json && !client->quiet)
        printf("%s takes jobs again\n", place.word);
    return MZ_EXIT_DONE;
}

int mz_cmd_drain(int argc, char **argv)
{
    return mz_client_main(&mz_drain_args, argc, argv, drain);
}

int mz_cmd_resume(int argc, char **argv)
{
    return mz_client_main(&mz_resume_args, argc, argv, resume);
}
