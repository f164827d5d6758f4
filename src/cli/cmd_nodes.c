/* cmd_nodes.c - mizan nodes [PARTNER]: every node, what is free on it, what is wrong with it */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <string.h>

static const struct mz_list_column columns[] = {
    { "partner", "PARTNER", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "site", "SITE", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "name", "NODE", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "state", "STATE", MZ_COLUMN_FIXED, mz_cell_state, false, 0 },
    { "chip", "CHIP", MZ_COLUMN_FIXED, mz_cell_plain, false, 1 },
    { "chips", "CHIPS", MZ_COLUMN_NUMBER, mz_cell_count, false, 0 },
    { "chips_free", "FREE", MZ_COLUMN_NUMBER, mz_cell_count, false, 0 },
    { "jobs", "JOBS", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "pretend", "PRETEND", MZ_COLUMN_FIXED, mz_cell_yes, true, 0 },
    { "reason", "REASON", MZ_COLUMN_TEXT, mz_cell_warn, false, 0 },
};

static const struct mz_list list = { columns, sizeof(columns) / sizeof(columns[0]), "No nodes." };

const struct mz_arg_command mz_nodes_args = {
    .name = "nodes",
    .synopsis = "mizan nodes                       all nodes\n"
                "mizan nodes aws --where state=down\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST,
    .word = "partner",
    .word_max = 1,
};

static const char *summary_of(struct mz_arena *arena, const json_t *document)
{
    const json_t *rows = json_object_get(document, "data");
    char free_text[MZ_NUMBER_MAX];
    int64_t chips = 0;
    int64_t chips_free = 0;
    int64_t out = 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *state = mz_json_text(row, "state");

        chips += mz_json_integer(row, "chips", 0);
        chips_free += mz_json_integer(row, "chips_free", 0);
        out += state && strcmp(state, "up") != 0;
    }
    return mz_arena_printf(arena, "%s, %lld not up \xC2\xB7 %s of %s free",
        mz_count_text(arena, (int64_t)json_array_size(rows), "node"), (long long)out,
        mz_format_fixed(free_text, (double)chips_free, 0), mz_count_text(arena, chips, "chip"));
}

static int nodes(const struct mz_client *client)
{
    struct mz_text path = { 0 };
    int status = MZ_EXIT_DONE;
    json_t *document;

    mz_text_add(&path, "/v1/nodes");
    mz_client_query(&path, "partner", client->args->words[0]);
    document = mz_client_get_pages(client, mz_text_string(&path), &status);
    mz_text_finish(&path);
    if (!document)
        return status;
    status = mz_list_print(client, &list, document, summary_of(client->arena, document));
    json_decref(document);
    return status;
}

int mz_cmd_nodes(int argc, char **argv)
{
    return mz_client_main(&mz_nodes_args, argc, argv, nodes);
}
