/* cmd_ps.c - mizan ps: what runs where
 * Live jobs, unless --all or --state says otherwise; with numbers those jobs, whatever their state.
 * -w draws the list anew every few seconds. */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/job_filter.h"
#include "cli/job_ids.h"
#include "cli/screen.h"

static const struct mz_arg_option options[] = {
    { "all", 'a', NULL, "jobs that have ended too" },
    MZ_JOB_FILTER_OPTIONS,
    { "watch", 'w', NULL, "again and again until q is pressed" },
    { "interval", 'n', "SECONDS", "with --watch: between two looks; default 2" },
};

const struct mz_arg_command mz_ps_args = {
    .name = "ps",
    .synopsis = "mizan ps                          live jobs\n"
                "mizan ps 12 20-25                 these jobs, ended ones too\n"
                "mizan ps --all --where owner=ada --sort -cost_usd_per_hour\n"
                "mizan ps -o id,state,exit_code    other columns; '-o wide' has all\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST,
    .word = "job",
    .word_max = -1,
    .closing = "PROGRESS is the part of the time limit that is used, ETA what is left of it, or "
               "~ the\ntime to the expected start. AGE counts from the submission.\n",
};

/* One document of the jobs that were named. */
static json_t *get_named(
    const struct mz_client *client, const struct mz_job_ids *ids, int *ret_exit)
{
    json_t *all = NULL;

    *ret_exit = MZ_EXIT_DONE;
    for (int32_t i = 0; i < ids->count; i++) {
        int status = MZ_EXIT_DONE;
        json_t *one = mz_client_get(client,
            mz_arena_printf(client->arena, "/v1/jobs/%lld", (long long)ids->ids[i]), &status);

        if (!one) {
            *ret_exit = status;
            if (status == MZ_EXIT_UNREACHABLE)
                break;
            continue;
        }
        if (!all) {
            all = json_object();
            json_object_set_new(all, "schema", json_string("mizan.ps/1"));
            json_object_set(all, "generated_at", json_object_get(one, "generated_at"));
            json_object_set_new(all, "data", json_array());
        }
        json_array_append(json_object_get(all, "data"), json_object_get(one, "data"));
        json_decref(one);
    }
    return all;
}

struct watch {
    const struct mz_client *client;
    const char *path;
};

static bool draw(void *context, int32_t width, int32_t height, struct mz_text *out)
{
    const struct watch *watch = context;
    struct mz_client client = *watch->client;
    struct mz_client_answer answer;
    json_t *document = NULL;

    client.arena = mz_arena_create();
    mz_client_call(&client, "GET", watch->path, NULL, NULL, NULL, &answer);
    if (mz_client_is_good(&answer))
        document = json_loadb(answer.body, answer.length, 0, NULL);
    if (document) {
        mz_list_write(&client, &mz_jobs_list, document, width, height - 3, out);
        mz_text_addf(out, "\n%s", mz_jobs_summary(client.arena, document));
    } else {
        mz_screen_stale(out, mz_client_sentence(&client, &answer));
    }
    json_decref(document);
    mz_arena_free(client.arena);
    return document != NULL;
}

static int watch(const struct mz_client *client, const char *path)
{
    struct watch watch = { client, path };
    int64_t seconds = 2;
    int status = mz_args_number(client->args, "interval", 1, 3600, &seconds);

    if (status >= 0)
        return status;
    if (!client->terminal || client->json || client->jsonl)
        return mz_cli_fail_use("ps", "--watch needs a terminal; for a stream: mizan events -f");
    return mz_screen_run(seconds * 1000, draw, &watch);
}

static int ps(const struct mz_client *client)
{
    struct mz_job_ids ids;
    const char *path = NULL;
    json_t *document;
    int missing = MZ_EXIT_DONE;
    int status = mz_job_ids_read(client, &ids);

    if (status < 0)
        status = mz_job_filter_path(
            client, mz_args_has(client->args, "all") ? NULL : "live", NULL, &path);
    if (status >= 0)
        return status;
    if (mz_args_has(client->args, "watch"))
        return watch(client, path);
    document = ids.count > 0 ? get_named(client, &ids, &missing)
                             : mz_client_get_pages(client, path, &missing);
    if (!document)
        return missing;
    status =
        mz_list_print(client, &mz_jobs_list, document, mz_jobs_summary(client->arena, document));
    json_decref(document);
    return missing != MZ_EXIT_DONE ? missing : status;
}

int mz_cmd_ps(int argc, char **argv)
{
    return mz_client_main(&mz_ps_args, argc, argv, ps);
}
