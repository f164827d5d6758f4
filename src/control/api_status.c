/* api_status.c - the daemon about itself: status, metrics, tokens */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "control/clock.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

/* ---- status ---- */

static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*s %lld", &pages) != 1)
        pages = 0;
    (void)fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static json_t *clock_state(void)
{
    struct timex state = { 0 };
    int answer = adjtimex(&state);

    return answer < 0 ? json_null() : json_boolean(answer != TIME_ERROR);
}

void mz_api_status(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct statvfs disk;
    json_t *j;
    struct mz_caller caller;
    int64_t commits = 0;
    int64_t rows = 0;

    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        return;
    j = json_object();
    mz_writer_counts(daemon->writer, &commits, &rows);
    json_object_set_new(j, "version", mz_api_text(daemon->setup.version));
    json_object_set_new(j, "pid", json_integer(getpid()));
    json_object_set_new(j, "install", mz_api_text(daemon->install));
    json_object_set_new(j, "started_at", mz_api_time(daemon->started_us));
    json_object_set_new(j, "state_directory", mz_api_text(daemon->setup.state_directory));
    json_object_set_new(j, "journal", json_string("sqlite " SQLITE_VERSION));
    json_object_set_new(j, "journal_is_writable", json_boolean(!daemon->is_narrow));
    json_object_set_new(j, "jobs_known", json_integer(mz_core_known_count(daemon->core)));
    json_object_set_new(j, "jobs_live", json_integer(mz_core_live_count(daemon->core)));
    json_object_set_new(j, "event_seq", json_integer(mz_core_event_seq(daemon->core)));
    json_object_set_new(j, "disk_free_bytes",
        statvfs(daemon->setup.state_directory, &disk) == 0
            ? json_integer((int64_t)disk.f_bavail * (int64_t)disk.f_frsize)
            : json_null());
    json_object_set_new(j, "rss_bytes", json_integer(resident_bytes()));
    json_object_set_new(j, "commits", json_integer(commits));
    json_object_set_new(j, "fleet", mz_api_text(daemon->setup.fleet_file));
    json_object_set_new(j, "http", json_null());
    for (int32_t i = 0; i < daemon->setup.listen_count; i++) {
        if (strncmp(daemon->setup.listen[i], "unix:", 5) != 0)
            json_object_set_new(j, "http", mz_api_text(daemon->setup.listen[i]));
    }
    json_object_set_new(j, "clock_synchronised", clock_state());
    mz_api_send(request, 200, "mizan.status/1", j, NULL);
}

/* ---- metrics ---- */

static void metric(struct mz_text *out, const char *name, const char *type, const char *help)
{
    mz_text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void label(struct mz_text *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            mz_text_addf(out, "\\%c", *value);
        else if (*value == '\n')
            mz_text_add(out, "\\n");
        else
            mz_text_add_bytes(out, value, 1);
    }
}

static void add_partners(struct mz_daemon *daemon, struct mz_text *out)
{
    metric(out, "mizan_partner_up", "gauge", "1 when the partner answers.");
    for (int32_t p = 0; p < mz_core_partner_count(daemon->core); p++) {
        mz_text_add(out, "mizan_partner_up{partner=\"");
        label(out, daemon->partner_names[p]);
        mz_text_addf(out, "\"} %d\n", mz_core_partner(daemon->core, p).row.is_reachable);
    }
    metric(out, "mizan_partner_attempts", "gauge", "Attempts that have not ended, by partner.");
    for (int32_t p = 0; p < mz_core_partner_count(daemon->core); p++) {
        mz_text_add(out, "mizan_partner_attempts{partner=\"");
        label(out, daemon->partner_names[p]);
        mz_text_addf(out, "\"} %" PRId32 "\n", mz_core_partner(daemon->core, p).live_attempts);
    }
}

static void add_contracts(struct mz_daemon *daemon, struct mz_text *out)
{
    struct mz_core_spend spends[256];
    int32_t count = mz_core_spend(daemon->core, spends, 256);

    metric(out, "mizan_contract_spent_usd", "gauge", "Spent so far, by contract.");
    for (int32_t c = 0; c < count; c++) {
        mz_text_add(out, "mizan_contract_spent_usd{contract=\"");
        label(out, spends[c].contract);
        mz_text_addf(
            out, "\"} %.6f\n", (double)(spends[c].ended_micro + spends[c].running_micro) / 1e6);
    }
}

void mz_api_metrics(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct mz_text out = { 0 };
    struct mz_caller caller;
    int64_t commits = 0;
    int64_t rows = 0;

    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        return;
    mz_writer_counts(daemon->writer, &commits, &rows);
    metric(&out, "mizan_jobs", "gauge", "Jobs that are known, by state.");
    for (int32_t s = 0; s < MZ_RUN_STATE_COUNT; s++)
        mz_text_addf(&out, "mizan_jobs{state=\"%s\"} %" PRId64 "\n",
            mz_run_state_name((enum mz_run_state)s),
            mz_core_state_count(daemon->core, (enum mz_run_state)s));
    add_partners(daemon, &out);
    add_contracts(daemon, &out);
    metric(&out, "mizan_requests_total", "counter", "Requests since the start.");
    mz_text_addf(&out, "mizan_requests_total %" PRId64 "\n", daemon->requests);
    metric(&out, "mizan_jobs_submitted_total", "counter", "Jobs handed in since the start.");
    mz_text_addf(&out, "mizan_jobs_submitted_total %" PRId64 "\n", daemon->submitted);
    metric(&out, "mizan_journal_commits_total", "counter", "Commits since the start.");
    mz_text_addf(&out, "mizan_journal_commits_total %" PRId64 "\n", commits);
    metric(&out, "mizan_journal_rows_total", "counter", "Rows committed since the start.");
    mz_text_addf(&out, "mizan_journal_rows_total %" PRId64 "\n", rows);
    metric(&out, "mizan_journal_writable", "gauge", "0 while the journal cannot be written.");
    mz_text_addf(&out, "mizan_journal_writable %d\n", !daemon->is_narrow);
    metric(&out, "mizan_connections", "gauge", "Open connections.");
    mz_text_addf(
        &out, "mizan_connections %" PRId32 "\n", mz_http_server_connection_count(daemon->server));
    metric(&out, "mizan_resident_bytes", "gauge", "Memory of the daemon.");
    mz_text_addf(&out, "mizan_resident_bytes %" PRId64 "\n", resident_bytes());
    metric(&out, "mizan_start_time_seconds", "gauge", "Unix time of the start.");
    mz_text_addf(&out, "mizan_start_time_seconds %.3f\n", (double)daemon->started_us / 1e6);
    mz_http_respond(
        request, 200, "text/plain; version=0.0.4; charset=utf-8", mz_text_string(&out), out.length);
    mz_text_finish(&out);
}

/* ---- tokens ---- */

struct making {
    char name[128];
    char secret[80];
    char hash[65];
    enum mz_role role;
};

static const char *role_name(enum mz_role role)
{
    return role == MZ_ROLE_OPERATOR ? "operator" : role == MZ_ROLE_USER ? "user" : "viewer";
}

static int32_t find_token(const struct mz_daemon *daemon, const char *name)
{
    for (int32_t t = 0; t < daemon->token_count; t++) {
        if (strcmp(daemon->tokens[t].name, name) == 0)
            return t;
    }
    return -1;
}

static void list_tokens(struct mz_daemon *daemon, struct mz_http_request *request)
{
    json_t *list = json_array();

    for (int32_t t = 0; t < daemon->token_count; t++) {
        json_t *j = json_object();

        json_object_set_new(j, "name", mz_api_text(daemon->tokens[t].name));
        json_object_set_new(j, "role", json_string(role_name(daemon->tokens[t].role)));
        json_object_set_new(j, "created_at", mz_api_time(daemon->tokens[t].created_us));
        json_array_append_new(list, j);
    }
    mz_api_send(request, 200, "mizan.tokens/1", list, NULL);
}

/* It counts from when the journal has it. */
static void token_made(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    struct mz_daemon *daemon = ticket->daemon;
    const struct making *making = ticket->data;
    struct mz_token *token;
    json_t *data;

    if (answer->result != MZ_CORE_OK) {
        mz_api_problem_of(ticket->request, answer);
        mz_ticket_end(ticket);
        return;
    }
    daemon->tokens =
        mz_xrealloc(daemon->tokens, (size_t)daemon->token_count + 1, sizeof(*daemon->tokens));
    token = &daemon->tokens[daemon->token_count++];
    *token = (struct mz_token){ .role = making->role, .created_us = mz_clock_wall_us() };
    mz_core_set_text(&token->name, making->name);
    mz_core_set_text(&token->hash, making->hash);
    data = json_object();
    json_object_set_new(data, "name", mz_api_text(making->name));
    json_object_set_new(data, "role", json_string(role_name(making->role)));
    json_object_set_new(data, "token", json_string(making->secret));
    mz_api_send(ticket->request, 201, "mizan.token/1", data, NULL);
    mz_ticket_end(ticket);
}

/* One of this name is on its way to the journal. */
static bool is_being_made(const struct mz_daemon *daemon, const char *name)
{
    for (const struct mz_ticket *ticket = daemon->tickets; ticket; ticket = ticket->next) {
        if (ticket->answer == token_made &&
            strcmp(((const struct making *)ticket->data)->name, name) == 0)
            return true;
    }
    return false;
}

static bool read_role(const char *text, enum mz_role *ret_role)
{
    for (int32_t r = MZ_ROLE_VIEWER; text && r <= MZ_ROLE_OPERATOR; r++) {
        if (strcmp(text, role_name((enum mz_role)r)) == 0) {
            *ret_role = (enum mz_role)r;
            return true;
        }
    }
    return false;
}

static bool name_is_plain(const char *name)
{
    size_t length = name ? strspn(name,
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789._-")
                         : 0;

    return length > 0 && length < 100 && !name[length];
}

static void make_token(
    struct mz_daemon *daemon, struct mz_http_request *request, const struct mz_caller *caller)
{
    static const char *const keys[] = { "name", "role", NULL };
    json_t *body = mz_api_body(request, keys);
    const char *name = body ? json_string_value(json_object_get(body, "name")) : NULL;
    struct making *making;
    struct mz_record record = { .kind = MZ_RECORD_TOKEN };
    struct mz_ticket *ticket;
    unsigned char bytes[32];
    enum mz_role role;

    if (!body)
        return;
    if (!name_is_plain(name) ||
        !read_role(json_string_value(json_object_get(body, "role")), &role) ||
        RAND_bytes(bytes, sizeof(bytes)) != 1) {
        mz_api_problem(request, 400, "M0601",
            "'name' is letters, digits, '.', '_', '-'; 'role' is viewer, user or operator");
    } else if (daemon->token_count >= MZ_TOKEN_COUNT_MAX) {
        mz_api_problem(request, 409, "M0603", "there are %d tokens, which is the limit",
            (int)MZ_TOKEN_COUNT_MAX);
    } else if (find_token(daemon, name) >= 0 || is_being_made(daemon, name)) {
        mz_api_problem(request, 409, "M0603", "there is a token '%s' already", name);
    } else {
        making = mz_xcalloc(1, sizeof(*making));
        (void)snprintf(making->name, sizeof(making->name), "%s", name);
        making->role = role;
        (void)snprintf(making->secret, sizeof(making->secret), "mizan_");
        for (size_t i = 0; i < sizeof(bytes); i++)
            (void)snprintf(making->secret + 6 + 2 * i, 3, "%02x", bytes[i]);
        mz_api_sha256(making->secret, strlen(making->secret), making->hash);
        ticket = mz_ticket_create(daemon, request, token_made);
        ticket->data = making;
        ticket->free = free;
        record.token = (struct mz_token_row){ .name = making->name,
            .hash = making->hash,
            .role = role_name(role),
            .created_us = mz_clock_wall_us() };
        mz_core_write(daemon->core, caller, &record, "token-made", making->name, ticket);
    }
    json_decref(body);
}

static void remove_token(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_caller *caller, const char *name)
{
    int32_t at = find_token(daemon, name);
    struct mz_record record = { .kind = MZ_RECORD_TOKEN_GONE };

    if (at < 0) {
        mz_api_problem(request, 404, "M0602", "there is no token '%.100s'", name);
        return;
    }
    record.token = (struct mz_token_row){
        .name = mz_http_request_path(request) + strlen("/v1/tokens/"), .hash = "", .role = ""
    };
    mz_core_write(daemon->core, caller, &record, "token-removed", record.token.name,
        mz_ticket_create(daemon, request, mz_api_done));
    free(daemon->tokens[at].name);
    free(daemon->tokens[at].hash);
    daemon->tokens[at] = daemon->tokens[--daemon->token_count];
}

void mz_api_tokens(struct mz_daemon *daemon, struct mz_http_request *request, const char *name)
{
    const char *method = mz_http_request_method(request);
    struct mz_caller caller;

    if (!mz_api_allow(daemon, request, MZ_ROLE_OPERATOR, &caller))
        return;
    if (!*name && strcmp(method, "POST") == 0)
        make_token(daemon, request, &caller);
    else if (!*name)
        list_tokens(daemon, request);
    else if (strcmp(method, "DELETE") == 0)
        remove_token(daemon, request, &caller, name);
    else
        mz_api_problem(request, 405, "M0610", "a token is made by POST to /v1/tokens");
}
