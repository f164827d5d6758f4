/* job_ids.c - which jobs a command means, and doing the same to each of them */
#include "cli/job_ids.h"

#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

enum { IDS_SHOWN_MAX = 12 };

static int fail_word(const struct mz_client *client, const char *word)
{
    return mz_cli_fail_use(
        client->command, "'%s' is no job: write its number, such as 12, or 3-7", word);
}

/* A number at *s, which moves behind it; 0: there is none. */
static int64_t read_number(const char **s)
{
    size_t digits = strspn(*s, "0123456789");
    int64_t number = digits > 0 && digits <= 18 ? strtoll(*s, NULL, 10) : 0;

    *s += digits;
    return number;
}

static bool has_id(const struct mz_job_ids *ids, int64_t id)
{
    for (int32_t i = 0; i < ids->count; i++) {
        if (ids->ids[i] == id)
            return true;
    }
    return false;
}

static int read_word(const struct mz_client *client, const char *word, struct mz_job_ids *ids)
{
    const char *s = word;

    for (;;) {
        int64_t first = read_number(&s);
        int64_t last = first;

        if (first > 0 && *s == '-') {
            s++;
            last = read_number(&s);
        }
        if (first <= 0 || last < first || (*s != '\0' && *s != ','))
            return fail_word(client, word);
        if (last - first >= MZ_JOB_IDS_MAX)
            return mz_cli_fail_use(
                client->command, "'%s' is more than %d jobs at once", word, MZ_JOB_IDS_MAX);
        for (int64_t id = first; id <= last; id++) {
            if (has_id(ids, id))
                continue;
            if (ids->count == MZ_JOB_IDS_MAX)
                return mz_cli_fail_use(
                    client->command, "more than %d jobs at once", MZ_JOB_IDS_MAX);
            ids->ids[ids->count++] = id;
        }
        if (*s++ == '\0')
            return -1;
    }
}

int mz_job_ids_read(const struct mz_client *client, struct mz_job_ids *ret_ids)
{
    int status = -1;

    ret_ids->ids = mz_arena_alloc(client->arena, MZ_JOB_IDS_MAX, sizeof(ret_ids->ids[0]));
    ret_ids->count = 0;
    for (int32_t i = 0; status < 0 && i < client->args->word_count; i++)
        status = read_word(client, client->args->words[i], ret_ids);
    return status;
}

int mz_job_id_read(const struct mz_client *client, const char *word, int64_t *ret_id)
{
    const char *s = word;
    int64_t id = read_number(&s);

    if (id <= 0 || *s != '\0')
        return mz_cli_fail_use(
            client->command, "'%s' is no job: write its number, such as 12", word);
    *ret_id = id;
    return -1;
}

static void show(const struct mz_client *client, const struct mz_job_ids *ids, const char *verb)
{
    (void)fprintf(stderr, "%s %s:", verb, mz_count_text(client->arena, ids->count, "job"));
    for (int32_t i = 0; i < ids->count && i < IDS_SHOWN_MAX; i++)
        (void)fprintf(stderr, "%s %lld", i > 0 ? "," : "", (long long)ids->ids[i]);
    if (ids->count > IDS_SHOWN_MAX)
        (void)fprintf(stderr, ", ... %lld", (long long)ids->ids[ids->count - 1]);
    (void)fprintf(stderr, "\n");
}

static int change_one(const struct mz_client *client, int64_t id, const char *method,
    const char *action, const char *body, const char *done)
{
    const char *path = mz_arena_printf(client->arena, "/v1/jobs/%lld%s", (long long)id, action);
    int status = mz_client_change(client, method, path, body);

    if (status >= 0)
        return status;
    if (!client->json && !client->quiet)
        printf("job %lld %s\n", (long long)id, done);
    return MZ_EXIT_DONE;
}

int mz_jobs_change(const struct mz_client *client, const struct mz_job_ids *ids, const char *method,
    const char *action, const char *body, const char *verb, const char *done)
{
    int worst = MZ_EXIT_DONE;

    if (ids->count == 0) {
        mz_client_note(client, "There are no such jobs. Nothing was done.");
        return MZ_EXIT_DONE;
    }
    if (ids->count > 1 || mz_args_has(client->args, "dry-run")) {
        int status;

        if (!mz_args_has(client->args, "yes") || !client->quiet)
            show(client, ids, verb);
        status = mz_client_ask(client, "Nothing was done.");
        if (status >= 0)
            return status;
    }
    for (int32_t i = 0; i < ids->count; i++) {
        int status = change_one(client, ids->ids[i], method, action, body, done);

        if (status == MZ_EXIT_UNREACHABLE) {
            if (i > 0)
                mz_client_note(
                    client, "Done before that: %s.", mz_count_text(client->arena, i, "job"));
            return status;
        }
        /* A job that failed outweighs a wrong number. */
        if (status != MZ_EXIT_DONE && worst != MZ_EXIT_FAILED)
            worst = status;
    }
    return worst;
}
