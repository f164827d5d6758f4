/* job_filter.c - options that choose jobs by what they are */
#include "cli/job_filter.h"

#include "cli/client_json.h"
#include "cli/commands.h"
#include "domain/run.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

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
    owner = owner ? owner : owner_default;
    mz_client_query(&path, "owner", owner && strcmp(owner, "*") == 0 ? NULL : owner);
    mz_client_query(&path, "partner", mz_args_value(args, "partner"));
    mz_client_query(&path, "name", mz_args_value(args, "name"));
    mz_client_query(&path, "limit", "10000");
    *ret_path = mz_arena_strdup(client->arena, mz_text_string(&path));
    mz_text_finish(&path);
    return -1;
}

static const char *const filters[] = { "state", "team", "owner", "partner", "name" };
enum { FILTER_COUNT = sizeof(filters) / sizeof(filters[0]) };

static const char *user_name(const struct mz_client *client)
{
    const struct passwd *user = client->unix_path ? getpwuid(geteuid()) : NULL;

    return user && user->pw_name ? mz_arena_strdup(client->arena, user->pw_name) : NULL;
}

static int read_all(
    const struct mz_client *client, const char *state_default, struct mz_job_ids *ret_ids)
{
    const char *owner = user_name(client);
    const char *path = NULL;
    json_t *document;
    json_t *row;
    size_t i;
    int status;

    if (!owner && !mz_args_has(client->args, "owner"))
        return mz_cli_fail_use(client->command,
            "--all needs --owner with a server that is not on this machine's socket");
    status = mz_job_filter_path(client, state_default, owner, &path);
    if (status >= 0)
        return status;
    document = mz_client_get_pages(client, path, &status);
    if (!document)
        return status;
    ret_ids->count = 0;
    ret_ids->ids = mz_arena_alloc(client->arena,
        json_array_size(json_object_get(document, "data")) + 1, sizeof(ret_ids->ids[0]));
    json_array_foreach(json_object_get(document, "data"), i, row)
    {
        int64_t id = mz_json_integer(row, "id", 0);

        if (id > 0)
            ret_ids->ids[ret_ids->count++] = id;
    }
    json_decref(document);
    return -1;
}

int mz_jobs_chosen(
    const struct mz_client *client, const char *state_default, struct mz_job_ids *ret_ids)
{
    bool all = mz_args_has(client->args, "all");

    if (!all && client->args->word_count == 0)
        return mz_cli_fail_use(client->command, "which job? (--all: all of yours)");
    if (all && client->args->word_count > 0)
        return mz_cli_fail_use(client->command, "either --all or numbers of jobs");
    for (int i = 0; !all && i < FILTER_COUNT; i++) {
        if (mz_args_has(client->args, filters[i]))
            return mz_cli_fail_use(client->command, "--%s chooses among --all", filters[i]);
    }
    return all ? read_all(client, state_default, ret_ids) : mz_job_ids_read(client, ret_ids);
}
