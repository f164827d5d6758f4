/* cmd_partners.c - mizan partners: who there is, what is in use, what is wrong */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

const struct mz_arg_command mz_partners_args = {
    .name = "partners",
    .synopsis = "mizan partners                    states, chips in use, money, problems\n"
                "mizan partners -o wide\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST,
};

static int partners(const struct mz_client *client)
{
    int status;
    json_t *document = mz_client_get(client, "/v1/partners", &status);

    if (!document)
        return status;
    status = mz_list_print(
        client, &mz_partners_list, document, mz_partners_summary(client->arena, document));
    json_decref(document);
    return status;
}

int mz_cmd_partners(int argc, char **argv)
{
    return mz_client_main(&mz_partners_args, argc, argv, partners);
}
