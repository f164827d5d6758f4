/* cmd_move.c - mizan move JOB... [--to PARTNER]: stop it where it is, start it elsewhere */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_ids.h"

#include <stdlib.h>

static const struct mz_arg_option options[] = {
    { "to", 0, "PARTNER", "there; without it anywhere but where it is" },
};

const struct mz_arg_command mz_move_args = {
    .name = "move",
    .synopsis = "mizan move 12                 checkpoint, stop, start at another partner\n"
                "mizan move 12 20-25 --to aws  several: asks first\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_CHANGE,
    .word = "job",
    .word_min = 1,
    .word_max = -1,
    .missing = "which job?",
};

static int move(const struct mz_client *client)
{
    const char *to = mz_args_value(client->args, "to");
    struct mz_job_ids ids;
    json_t *body;
    char *text;
    int status = mz_job_ids_read(client, &ids);

    if (status >= 0)
        return status;
    body = json_object();
    if (to && json_object_set_new(body, "to", json_string(to)) != 0)
        status = mz_cli_fail_use("move", "the name of the partner is not UTF-8");
    text = json_dumps(body, JSON_COMPACT);
    if (status < 0)
        status = mz_jobs_change(client, &ids, "POST", ":move", text,
            to ? mz_arena_printf(client->arena, "Move to %s", to) : "Move",
            to ? mz_arena_printf(client->arena, "moves to %s", to) : "moves");
    free(text);
    json_decref(body);
    return status;
}

int mz_cmd_move(int argc, char **argv)
{
    return mz_client_main(&mz_move_args, argc, argv, move);
}
