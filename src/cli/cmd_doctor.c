/* cmd_doctor.c - mizan doctor: is everything this needs in order, and how is it mended?
 * One line a check: a mark and a word for how bad it is, what was found, what to do. Exit status 1
 * when one of them is an error. Nothing is changed. */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#ifndef MZ_VERSION
#define MZ_VERSION "0.1.0"
#endif

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_ERROR };

static const struct {
    const char *mark;
    const char *word;
    const char *escape;
} levels[] = {
    { "\xE2\x9C\x93", "ok", "\x1b[32m" },
    { "\xE2\x96\xB2", "warning", "\x1b[33m" },
    { "\xE2\x9C\x97", "error", "\x1b[31m" },
};

static const double disk_bytes_low = 1e9;

struct doctor {
    const struct mz_client *client;
    json_t *checks;
    bool has_error;
    const char *state_directory; /* of the daemon when it says so */
};

static void add(
    struct doctor *doctor, enum level level, const char *check, const char *text, const char *fix)
{
    json_t *row = json_object();

    json_object_set_new(row, "level", json_string(levels[level].word));
    json_object_set_new(row, "check", json_string(check));
    json_object_set_new(row, "text", json_string(text));
    json_object_set_new(row, "fix", fix ? json_string(fix) : json_null());
    json_array_append_new(doctor->checks, row);
    doctor->has_error = doctor->has_error || level == LEVEL_ERROR;
}

static void check_data(struct doctor *doctor)
{
    struct mz_arena *arena = doctor->client->arena;
    const char *path = doctor->state_directory;
    struct statvfs disk;
    double free_bytes;

    if (access(path, F_OK) != 0 && errno == ENOENT) {
        add(doctor, LEVEL_OK, "data",
            mz_arena_printf(arena, "%s  is made by the first start", path), NULL);
        return;
    }
    if (access(path, W_OK | X_OK) != 0 || statvfs(path, &disk) != 0) {
        add(doctor, LEVEL_ERROR, "data", mz_arena_printf(arena, "%s  %s", path, strerror(errno)),
            mz_arena_printf(arena, "make it writable: chmod u+rwx %s", path));
        return;
    }
    free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    add(doctor, free_bytes < disk_bytes_low ? LEVEL_WARNING : LEVEL_OK, "data",
        mz_arena_printf(arena, "%s  writable, %.*f GB free", path, free_bytes < 9.95e9 ? 1 : 0,
            free_bytes / 1e9),
        free_bytes < disk_bytes_low
            ? "make room: with a full disk no job is accepted; running ones go on"
            : NULL);
}

struct heard { /* of the daemon */
    struct mz_client_answer answer;
    int64_t took_ms;
    json_t *document; /* owned; NULL: nothing was */
};

static void ask_daemon(struct doctor *doctor, struct heard *ret)
{
    int64_t begin = mz_client_now_ms();
    const char *directory;

    mz_client_call(doctor->client, "GET", "/v1/status", NULL, NULL, NULL, &ret->answer);
    ret->took_ms = mz_client_now_ms() - begin;
    ret->document = mz_client_is_good(&ret->answer)
        ? json_loadb(ret->answer.body, ret->answer.length, 0, NULL)
        : NULL;
    directory = mz_json_text(json_object_get(ret->document, "data"), "state_directory");
    if (directory && doctor->client->unix_path)
        doctor->state_directory = mz_arena_strdup(doctor->client->arena, directory);
}

static void check_daemon(struct doctor *doctor, const struct heard *heard)
{
    const struct mz_client *client = doctor->client;
    const json_t *data = json_object_get(heard->document, "data");
    const char *version = mz_json_text(data, "version");
    bool other = version && strcmp(version, MZ_VERSION) != 0;

    if (!json_is_object(data)) {
        add(doctor, LEVEL_ERROR, "daemon", mz_client_sentence(client, &heard->answer),
            heard->answer.outcome == MZ_HTTP_ANSWERED
                ? "see its log, or name another: --server ADDRESS"
                : "mizan up");
        return;
    }
    add(doctor, other ? LEVEL_WARNING : LEVEL_OK, "daemon",
        mz_arena_printf(client->arena, "running, pid %lld, version %s, %s ok, %lld ms",
            (long long)mz_json_integer(data, "pid", 0), version ? version : "unknown",
            client->unix_path ? "socket" : "HTTP", (long long)heard->took_ms),
        other ? "restart the daemon: it is of another version than this program" : NULL);
}

/* This machine's clock; where the daemon is elsewhere, that one's word. */
static void check_time(struct doctor *doctor, const json_t *status)
{
    const json_t *word = json_object_get(json_object_get(status, "data"), "clock_synchronised");
    struct timex timex = { 0 };
    int state = adjtimex(&timex);
    bool known = state >= 0;
    bool synchronised = state != TIME_ERROR && !(timex.status & STA_UNSYNC);

    if (!doctor->client->unix_path) {
        known = json_is_boolean(word);
        synchronised = json_is_true(word);
    }
    if (!known)
        add(doctor, LEVEL_WARNING, "time", "cannot tell whether the clock is synchronised", NULL);
    else if (synchronised)
        add(doctor, LEVEL_OK, "time", "clock synchronised", NULL);
    else
        add(doctor, LEVEL_WARNING, "time",
            "clock not synchronised; times in accounts may be off by minutes",
            "systemctl enable --now systemd-timesyncd");
}

static void check_partner(struct doctor *doctor, const json_t *row)
{
    struct mz_arena *arena = doctor->client->arena;
    const char *name = mz_json_text(row, "name");
    const char *state = mz_json_text(row, "state");
    const char *problem = mz_json_text(row, "problem");
    const char *check = mz_arena_printf(arena, "partner %s", name ? name : "?");
    const char *heard = mz_span_text(arena, mz_json_number(row, "heard_s"));
    const char *text = mz_arena_printf(arena, "%s, %lld of %lld nodes up%s%s%s%s%s",
        state ? state : "unknown", (long long)mz_json_integer(row, "nodes_up", 0),
        (long long)mz_json_integer(row, "nodes", 0), heard ? ", heard " : "", heard ? heard : "",
        heard ? " ago" : "", problem ? ": " : "", problem ? problem : "");

    if (state && strcmp(state, "lost") == 0)
        add(doctor, LEVEL_ERROR, check, text, "look there; its jobs move when their leases end");
    else if (state && strcmp(state, "drained") == 0)
        add(doctor, LEVEL_WARNING, check, text, mz_arena_printf(arena, "mizan resume %s", name));
    else
        add(doctor, problem || (state && strcmp(state, "new") == 0) ? LEVEL_WARNING : LEVEL_OK,
            check, text, NULL);
}

static void check_partners(struct doctor *doctor)
{
    struct mz_client_answer answer;
    json_t *document;
    json_t *row;
    size_t i;

    mz_client_call(doctor->client, "GET", "/v1/partners", NULL, NULL, NULL, &answer);
    document = mz_client_is_good(&answer) ? json_loadb(answer.body, answer.length, 0, NULL) : NULL;
    if (!document)
        add(doctor, LEVEL_ERROR, "partners", mz_client_sentence(doctor->client, &answer), NULL);
    json_array_foreach(json_object_get(document, "data"), i, row) check_partner(doctor, row);
    json_decref(document);
}

static enum level level_of(const json_t *row)
{
    const char *word = mz_json_text(row, "level");

    for (int i = LEVEL_OK; i < LEVEL_ERROR; i++) {
        if (word && strcmp(levels[i].word, word) == 0)
            return (enum level)i;
    }
    return LEVEL_ERROR;
}

static int32_t widest_check(const json_t *checks)
{
    int32_t width = 0;
    size_t i;
    json_t *row;

    json_array_foreach(checks, i, row)
    {
        int32_t columns = mz_text_columns(mz_json_text(row, "check"));

        width = columns > width ? columns : width;
    }
    return width;
}

static void print_checks(const struct doctor *doctor)
{
    const struct mz_client *client = doctor->client;
    int32_t width = widest_check(doctor->checks);
    size_t i;
    json_t *row;

    json_array_foreach(doctor->checks, i, row)
    {
        enum level level = level_of(row);
        const char *fix = mz_json_text(row, "fix");
        char check[128];
        char text[1024];
        char fix_text[512];

        mz_text_printable(check, sizeof(check), mz_json_text(row, "check"));
        mz_text_printable(text, sizeof(text), mz_json_text(row, "text"));
        mz_text_printable(fix_text, sizeof(fix_text), fix ? fix : "");
        if (client->terminal)
            printf("%s%s%s %s%*s  %s%s%s\n", client->colour ? levels[level].escape : "",
                levels[level].mark, client->colour ? "\x1b[0m" : "", check,
                (int)(width - mz_text_columns(check)), "", text, fix ? "     fix: " : "", fix_text);
        else
            printf("%s\t%s\t%s\t%s\n", levels[level].word, check, text, fix_text);
    }
}

const struct mz_arg_command mz_doctor_args = {
    .name = "doctor",
    .synopsis = "mizan doctor                      what is in order, what is not, and the fix\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON,
    .exit_text = "0 no error (warnings at most), 1 an error, 2 wrong use",
};

static int doctor(const struct mz_client *client)
{
    struct doctor all = { .client = client, .checks = json_array() };
    struct heard heard;
    json_t *document;

    all.state_directory = mz_state_directory(client->arena);
    ask_daemon(&all, &heard);
    add(&all, LEVEL_OK, "binary",
        mz_arena_printf(client->arena, "%s, sqlite %s", MZ_VERSION, sqlite3_libversion()), NULL);
    if (client->unix_path)
        check_data(&all);
    check_daemon(&all, &heard);
    check_time(&all, heard.document);
    if (heard.document)
        check_partners(&all);
    json_decref(heard.document);
    document = mz_json_envelope("mizan.doctor/1", all.checks);
    if (client->json)
        mz_json_print(document, false);
    else
        print_checks(&all);
    json_decref(document);
    return all.has_error ? MZ_EXIT_FAILED : MZ_EXIT_DONE;
}

int mz_cmd_doctor(int argc, char **argv)
{
    return mz_client_main(&mz_doctor_args, argc, argv, doctor);
}
