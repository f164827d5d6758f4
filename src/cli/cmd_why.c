/* cmd_why.c - mizan why JOB: why it waits, place by place
 * The text is the server's, the same as on the dashboard. */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_ids.h"
#include "cli/print_text.h"

const struct mz_arg_command mz_why_args = {
    .name = "why",
    .synopsis =
        "mizan why 12          why job 12 waits: each place with the one reason against it\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON,
    .word = "job",
    .word_min = 1,
    .word_max = 1,
    .missing = "which job?",
};

static int why(const struct mz_client *client)
{
    int64_t id = 0;
    int status = mz_job_id_read(client, client->args->words[0], &id);
    json_t *document;
    const char *text;

    if (status >= 0)
        return status;
    document = mz_client_get(
        client, mz_arena_printf(client->arena, "/v1/jobs/%lld/why", (long long)id), &status);
    if (!document)
        return status;
    text = mz_json_text(json_object_get(document, "data"), "text");
    if (client->json)
        mz_json_print(document, false);
    else
        mz_print_text(stdout, text ? text : "");
    json_decref(document);
    return MZ_EXIT_DONE;
}

int mz_cmd_why(int argc, char **argv)
{
    return mz_client_main(&mz_why_args, argc, argv, why);
}
