/* cmd_top.c - mizan top: partners and jobs, drawn again and again; q leaves
 * Onto something that is no terminal it is written once. */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "cli/screen.h"

#include <time.h>

enum { LINES_AROUND = 7 };

static const struct mz_arg_option options[] = {
    { "interval", 'n', "SECONDS", "between two looks; default 2" },
};

const struct mz_arg_command mz_top_args = {
    .name = "top",
    .synopsis = "mizan top                         partners and live jobs; q leaves\n",
    .options = options,
    .option_count = 1,
    .groups = MZ_ARGS_CLIENT,
};

struct look {
    json_t *partners;
    json_t *jobs;
    struct mz_client_answer failed; /* when one of them is NULL */
};

static json_t *ask(
    const struct mz_client *client, const char *path, struct mz_client_answer *answer)
{
    mz_client_call(client, "GET", path, NULL, NULL, NULL, answer);
    return mz_client_is_good(answer) ? json_loadb(answer->body, answer->length, 0, NULL) : NULL;
}

static bool look(const struct mz_client *client, struct look *ret)
{
    *ret = (struct look){ 0 };
    ret->partners = ask(client, "/v1/partners", &ret->failed);
    if (ret->partners)
        ret->jobs = ask(client, "/v1/jobs?state=live&limit=1000", &ret->failed);
    return ret->jobs != NULL;
}

static void finish(struct look *look)
{
    json_decref(look->partners);
    json_decref(look->jobs);
}

static void write_look(const struct mz_client *client, const struct look *look, int32_t width,
    int32_t height, struct mz_text *out)
{
    int32_t partners = (int32_t)json_array_size(json_object_get(look->partners, "data"));
    int32_t jobs_max = height - LINES_AROUND - partners;
    const char *bold = client->colour ? "\x1b[1m" : "";
    const char *plain = client->colour ? "\x1b[0m" : "";
    const char *at = mz_time_text(
        client->arena, mz_json_generated_at_s(look->jobs), mz_json_generated_at_s(look->jobs));

    mz_text_addf(out, "%smizan%s  %s  %s\n", bold, plain, at,
        mz_partners_summary(client->arena, look->partners));
    mz_text_addf(out, "%s\n\n", mz_jobs_summary(client->arena, look->jobs));
    mz_list_write(client, &mz_partners_list, look->partners, width, 0, out);
    mz_text_add(out, "\n");
    mz_list_write(client, &mz_jobs_list, look->jobs, width, jobs_max < 3 ? 3 : jobs_max, out);
}

static bool draw(void *context, int32_t width, int32_t height, struct mz_text *out)
{
    struct mz_client client = *(const struct mz_client *)context;
    struct look now;
    bool fresh;

    client.arena = mz_arena_create();
    fresh = look(&client, &now);
    if (fresh)
        write_look(&client, &now, width, height, out);
    else
        mz_screen_stale(out, mz_client_sentence(&client, &now.failed));
    finish(&now);
    mz_arena_free(client.arena);
    return fresh;
}

static int print_once(const struct mz_client *client, const struct look *look)
{
    int status = mz_list_print(client, &mz_partners_list, look->partners, NULL);

    if (status == MZ_EXIT_DONE) {
        printf("\n");
        status = mz_list_print(
            client, &mz_jobs_list, look->jobs, mz_jobs_summary(client->arena, look->jobs));
    }
    return status;
}

static int top(const struct mz_client *client)
{
    struct mz_client copy = *client;
    struct look now;
    int64_t seconds = 2;
    int status = mz_args_number(client->args, "interval", 1, 3600, &seconds);

    if (status >= 0)
        return status;
    status = MZ_EXIT_DONE;
    if (!look(client, &now))
        status = mz_client_fail(client, &now.failed);
    else if (!client->terminal)
        status = print_once(client, &now);
    finish(&now);
    return status != MZ_EXIT_DONE || !client->terminal ? status
                                                       : mz_screen_run(seconds * 1000, draw, &copy);
}

int mz_cmd_top(int argc, char **argv)
{
    return mz_client_main(&mz_top_args, argc, argv, top);
}
