/* job_filter.c - options that choose jobs by what they are */
#include "cli/job_filter.h"

#include "cli/commands.h"
#include "domain/run.h"

#include <string.h>

static int check_states(const struct mz_client *client, const char *states)
{
    for (const char *s = states; s;) {
        size_t length = strcspn(s, ",");
        const char *word = mz_arena_strndup(client->arena, s, length);
        const char *names[MZ_RUN_STATE_COUNT + 1] = { "live" };
        enum mz_run_state state;
        const char *nearest;

        if (strcmp(word, "live") != 0 && !mz_run_state_parse(word, &state)) {
            for (int i = 0; i < MZ_RUN_STATE_COUNT; i++)
                names[i + 1] = mz_run_state_name((enum mz_run_state)i);
            nearest = mz_nearest_word(word, names, MZ_RUN_STATE_COUNT + 1);
            return mz_cli_fail_use(client->command, "'%s' is no state of a job%s%s%s", word,
                nearest ? ". Did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        }
        s = s[length] ? s + length + 1 : NULL;
    }
    return -1;
}

int mz_job_filter_path(const struct mz_client *client, const char *state_default,
    const char *owner_default, const char **ret_path)
{
    const struct mz_args *args = client->args;
    const char *states = mz_args_value(args, "state");
    const char *owner = mz_args_value(args, "owner");
    struct mz_text path = { 0 };
    int status = check_states(client, states);

    if (status >= 0)
        return status;
    mz_text_add(&path, "/v1/jobs");
    mz_client_query(&path, "state", states ? states : state_default);
    mz_client_query(&path, "team", mz_args_value(args, "team"));
    mz_client_query(&path, "owner", owner ? owner : owner_default);
    mz_client_query(&path, "partner", mz_args_value(args, "partner"));
    mz_client_query(&path, "name", mz_args_value(args, "name"));
    mz_client_query(&path, "limit", "10000");
    *ret_path = mz_arena_strdup(client->arena, mz_text_string(&path));
    mz_text_finish(&path);
    return -1;
}
