/* api_jobs.c - jobs: submit, list, one of them, and what is done to it
 *
 * An Idempotency-Key is of its caller: "uid 1000:KEY". It is looked for in the journal first; one
 * that is on its way there is known to the core. The hash is of the body's bytes. */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "control/clock.h"
#include "jobfile/jobfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

enum { PAGE_DEFAULT = 1000, PAGE_MAX = 10000, KEY_BYTES_MAX = 200 };

struct listing {
    struct mz_daemon *daemon;
    uint32_t states; /* bits */
    const char *team;
    const char *owner;
    const char *partner;
    const char *name;
    int64_t limit;
    int64_t last;
    bool has_more;
    json_t *list;
};

static bool wanted(const struct listing *listing, const struct mz_job_row *row)
{
    return (listing->states >> row->state & 1) &&
        (!listing->team || strcmp(row->team, listing->team) == 0) &&
        (!listing->owner || strcmp(row->owner, listing->owner) == 0) &&
        (!listing->partner || strcmp(row->partner, listing->partner) == 0) &&
        (!listing->name || (row->name && strstr(row->name, listing->name)));
}

static bool list_job(void *context, const struct mz_job_row *row)
{
    struct listing *listing = context;

    if (!wanted(listing, row))
        return true;
    if ((int64_t)json_array_size(listing->list) == listing->limit) {
        listing->has_more = true;
        return false;
    }
    json_array_append_new(listing->list, mz_json_job(listing->daemon, row));
    listing->last = row->id;
    return true;
}

bool mz_api_read_states(const char *text, uint32_t *ret_states)
{
    uint32_t states = 0;

    while (*text) {
        size_t length = strcspn(text, ",");
        char word[32];
        enum mz_run_state state;

        (void)snprintf(word, sizeof(word), "%.*s", length < 31 ? (int)length : 31, text);
        if (strcmp(word, "live") == 0)
            states |= ~(1U << MZ_RUN_DONE | 1U << MZ_RUN_FAILED | 1U << MZ_RUN_CANCELLED);
        else if (mz_run_state_parse(word, &state))
            states |= 1U << state;
        else
            return false;
        text += length + (text[length] == ',');
    }
    *ret_states = states;
    return true;
}

static json_t *summary(struct mz_daemon *daemon)
{
    json_t *j = json_object();
    int64_t chips[2] = { 0, 0 };
    int64_t rate_micro = 0;

    for (int32_t i = 0; i < mz_core_live_count(daemon->core); i++) {
        int64_t id = mz_core_live_at(daemon->core, i);
        const struct mz_job_row *row = mz_core_job(daemon->core, id);

        chips[0] += row->state == MZ_RUN_RUNNING ? row->chips : 0;
        chips[1] += row->state == MZ_RUN_PENDING ? row->chips : 0;
        rate_micro += mz_attempt_rate(mz_core_attempt(daemon->core, id));
    }
    json_object_set_new(j, "live", json_integer(mz_core_live_count(daemon->core)));
    json_object_set_new(
        j, "running", json_integer(mz_core_state_count(daemon->core, MZ_RUN_RUNNING)));
    json_object_set_new(j, "running_chips", json_integer(chips[0]));
    json_object_set_new(
        j, "pending", json_integer(mz_core_state_count(daemon->core, MZ_RUN_PENDING)));
    json_object_set_new(j, "pending_chips", json_integer(chips[1]));
    json_object_set_new(
        j, "restarting", json_integer(mz_core_state_count(daemon->core, MZ_RUN_RESTARTING)));
    json_object_set_new(j, "cost_usd_per_hour", json_real((double)rate_micro / 1e6));
    return j;
}

/* A spreadsheet takes text that begins like a formula for one, quoted or not, and runs it: a name
 * that somebody chose must not. The mark in front is the one that spreadsheets know for text. */
static void add_csv_text(struct mz_text *out, const char *text)
{
    struct mz_text marked = { 0 };

    if (!*text || !strchr("=+-@\t\r", *text)) {
        mz_text_add_csv(out, text);
        return;
    }
    mz_text_addf(&marked, "'%s", text);
    mz_text_add_csv(out, mz_text_string(&marked));
    mz_text_finish(&marked);
}

static void send_csv(struct mz_http_request *request, json_t *list)
{
    static const char *const columns[] = { "id", "name", "state", "chips", "partner", "site",
        "chip", "submitted_at", "started_at", "ended_at", "exit_code", "attempts", "team", "owner",
        "cost_usd_per_hour", "note" };
    struct mz_text out = { 0 };
    size_t i;
    json_t *job;

    for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
        mz_text_addf(&out, "%s%s", c ? "," : "", columns[c]);
    mz_text_add(&out, "\r\n");
    json_array_foreach(list, i, job)
    {
        for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
            const json_t *value = json_object_get(job, columns[c]);
            char *text = json_is_string(value) || json_is_null(value)
                ? NULL
                : json_dumps(value, JSON_ENCODE_ANY);

            mz_text_add(&out, c ? "," : "");
            if (!text && !json_is_null(value))
                add_csv_text(&out, json_string_value(value));
            else
                mz_text_add_csv(&out, text ? text : "");
            free(text);
        }
        mz_text_add(&out, "\r\n");
    }
    json_decref(list);
    mz_http_respond(request, 200, "text/csv; charset=utf-8", mz_text_string(&out), out.length);
    mz_text_finish(&out);
}

static void list_jobs(struct mz_daemon *daemon, struct mz_http_request *request)
{
    static const char *const known[] = { "state", "team", "owner", "partner", "name", "limit",
        "cursor", "format", NULL };
    struct listing listing = { .daemon = daemon, .states = ~0U, .limit = PAGE_DEFAULT };
    const char *states = mz_http_request_query(request, "state");
    const char *format = mz_http_request_query(request, "format");
    const char *unknown = mz_http_request_query_unknown(request, known);
    int64_t before = 0;
    char cursor[32];
    json_t *extra;

    if (unknown) {
        mz_api_problem(request, 400, "M0601", "'%.60s' is no parameter of this list", unknown);
        return;
    }
    if (states && *states && !mz_api_read_states(states, &listing.states)) {
        mz_api_problem(request, 400, "M0601",
            "'%.60s' is no list of states: pending held placing running restarting stopping "
            "unknown done failed cancelled live",
            states);
        return;
    }
    if (!mz_api_query_number(request, "limit", 1, PAGE_MAX, &listing.limit) ||
        !mz_api_query_number(request, "cursor", 1, INT64_MAX, &before))
        return;
    listing.team = mz_http_request_query(request, "team");
    listing.owner = mz_http_request_query(request, "owner");
    listing.partner = mz_http_request_query(request, "partner");
    listing.name = mz_http_request_query(request, "name");
    listing.list = json_array();
    mz_core_each_job(daemon->core, before, list_job, &listing);
    if (format && strcmp(format, "csv") == 0) {
        send_csv(request, listing.list);
        return;
    }
    extra = json_object();
    (void)snprintf(cursor, sizeof(cursor), "%" PRId64, listing.last);
    json_object_set_new(extra, "next_cursor", listing.has_more ? json_string(cursor) : json_null());
    json_object_set_new(extra, "summary", summary(daemon));
    mz_api_send(request, 200, "mizan.ps/1", listing.list, extra);
}

/* ---- submit ---- */

struct submission {
    struct mz_arena *arena;
    struct mz_core_submit *submits;
    int32_t count;
};

/* As mz_api_send, written out: an accept is what has to be quick, and this is all of its answer. */
static void send_submitted(
    struct mz_http_request *request, int64_t job, int32_t count, bool is_repeated)
{
    char location[64];
    char body[256];
    char now[32];
    int length = snprintf(body, sizeof(body),
        "{\"schema\":\"mizan.submit/1\",\"generated_at\":\"%s\",\"data\":{\"id\":%" PRId64
        ",\"count\":%" PRId32 ",\"repeated\":%s}}",
        mz_clock_format(now, mz_clock_wall_us()), job, count, is_repeated ? "true" : "false");

    (void)snprintf(location, sizeof(location), "/v1/jobs/%" PRId64, job);
    mz_http_response_header(request, "Location", location);
    mz_http_response_header(request, "Cache-Control", "no-store");
    mz_http_respond(request, is_repeated ? 200 : 201, "application/json", body, (size_t)length);
}

static void submitted(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    if (answer->result != MZ_CORE_OK)
        mz_api_problem_of(ticket->request, answer);
    else
        send_submitted(ticket->request, answer->job, answer->job_count, answer->is_repeated);
    mz_ticket_end(ticket);
}

static void free_arena(void *data)
{
    mz_arena_free(data);
}

static enum mz_status take_spec(struct mz_daemon *daemon, struct submission *submission,
    const char *bytes, size_t length, int32_t i, struct mz_error *err)
{
    struct mz_core_submit *submit = &submission->submits[i];
    struct mz_job_spec *spec = mz_arena_alloc(submission->arena, 1, sizeof(*spec));
    struct mz_text canonical = { 0 };
    enum mz_status status;

    *spec = mz_job_spec_default();
    status = mz_jobfile_read_json(submission->arena, bytes, length, spec, err);
    if (status == MZ_OK)
        status = mz_jobfile_check(spec, err);
    if (status == MZ_OK)
        status = mz_need_from_spec(
            NULL, spec, daemon->partner_names, daemon->scenario->partner_count, &submit->need, err);
    if (status != MZ_OK)
        return status;
    mz_jobfile_write_json(spec, &canonical);
    submit->spec_json = mz_arena_strdup(submission->arena, mz_text_string(&canonical));
    mz_text_finish(&canonical);
    submit->name = spec->name ? spec->name : "job";
    submit->team = spec->team ? spec->team : "";
    submit->priority = spec->priority;
    submit->is_held = spec->hold;
    submit->array_count = spec->array_count;
    submit->array_indices = spec->array_indices;
    return MZ_OK;
}

/* One spec of the body; false: answered. */
static bool read_spec(struct mz_daemon *daemon, struct mz_http_request *request,
    struct submission *submission, json_t *json, int32_t i)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status =
        take_spec(daemon, submission, text ? text : "", text ? strlen(text) : 0, i, &err);

    free(text);
    if (status == MZ_OK)
        return true;
    mz_api_problem(request, 422, "M0606", "%s%s; nothing was submitted",
        submission->count > 1 ? "one of the jobs: " : "", err.text);
    return false;
}

/* The key of the caller in the journal: true when the request ends here. */
static bool known_key(struct mz_daemon *daemon, struct mz_http_request *request,
    struct mz_arena *arena, const char *key, const char *hash)
{
    const struct mz_key_row *row = NULL;
    struct mz_error err;

    if (mz_store_key(daemon->store, arena, key, &row, &err) != MZ_OK) {
        mz_api_problem(request, 503, "M0607", "%s; nothing was submitted", err.text);
        return true;
    }
    if (!row)
        return false;
    if (strcmp(row->hash, hash) != 0)
        mz_api_problem(request, 409, "M0603",
            "this Idempotency-Key was used with another body; nothing was submitted");
    else
        send_submitted(request, row->job, row->job_count, true);
    return true;
}

/* A body that is one job is read as it stands, once; false: it is not, or has mistakes. */
static bool read_one(
    struct mz_daemon *daemon, struct mz_http_request *request, struct submission *submission)
{
    const char *type = mz_http_request_header(request, "Content-Type");
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    struct mz_error err;

    if (length == 0 || body[0] != '{' || (type && strncmp(type, "application/json", 16) != 0))
        return false;
    submission->arena = mz_arena_create();
    submission->count = 1;
    submission->submits = mz_arena_alloc(submission->arena, 1, sizeof(*submission->submits));
    if (take_spec(daemon, submission, body, length, 0, &err) == MZ_OK)
        return true;
    mz_arena_free(submission->arena);
    return false;
}

static json_t *read_body(struct mz_http_request *request)
{
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    const char *type = mz_http_request_header(request, "Content-Type");
    json_error_t problem;
    json_t *json;

    if (type && strncmp(type, "application/json", 16) != 0) {
        mz_api_problem(request, 415, "M0601",
            "the body is application/json here; mizan submit makes it from a job file");
        return NULL;
    }
    json = json_loadb(body, length, JSON_REJECT_DUPLICATES, &problem);
    if (json && (json_is_object(json) || (json_is_array(json) && json_array_size(json) > 0)))
        return json;
    mz_api_problem(request, 400, "M0601", "the body is no job, nor a list of jobs (line %d: %s)",
        json ? 1 : problem.line, json ? "not an object" : problem.text);
    json_decref(json);
    return NULL;
}

static void hand_over(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_caller *caller, struct submission *submission)
{
    const char *given = mz_http_request_header(request, "Idempotency-Key");
    const char *key = NULL;
    const char *body;
    size_t length;
    char hash[65] = "";
    struct mz_ticket *ticket;

    if (given && *given) {
        body = mz_http_request_body(request, &length);
        mz_api_sha256(body, length, hash);
        key = mz_arena_printf(submission->arena, "%s:%s", caller->actor, given);
        if (known_key(daemon, request, submission->arena, key, hash)) {
            for (int32_t i = 0; i < submission->count; i++)
                mz_need_free(submission->submits[i].need);
            mz_arena_free(submission->arena);
            return;
        }
    }
    ticket = mz_ticket_create(daemon, request, submitted);
    ticket->data = submission->arena;
    ticket->free = free_arena;
    daemon->submitted += submission->count;
    mz_core_submit(daemon->core, caller, submission->submits, submission->count, key, hash, ticket);
}

/* A key that were cut would be another one's: its jobs would count as submitted already. */
static bool key_is_short(struct mz_http_request *request)
{
    const char *key = mz_http_request_header(request, "Idempotency-Key");

    if (!key || strlen(key) <= KEY_BYTES_MAX)
        return true;
    mz_api_problem(request, 400, "M0601",
        "the Idempotency-Key is longer than %d bytes; nothing was submitted", KEY_BYTES_MAX);
    return false;
}

static bool is_within_call(struct mz_http_request *request, int64_t total)
{
    if (total > MZ_CORE_SUBMIT_MAX)
        mz_api_problem(request, 422, "M0606",
            "these are more than the %d jobs that one call may submit; nothing was submitted. "
            "Submit them in several calls",
            MZ_CORE_SUBMIT_MAX);
    return total <= MZ_CORE_SUBMIT_MAX;
}

/* Counts as it reads: a body of a few MiB can ask for more jobs, and longer arrays, than there is
 * memory. False: answered. */
static bool read_specs(struct mz_daemon *daemon, struct mz_http_request *request,
    struct submission *submission, json_t *json)
{
    int64_t total = 0;
    bool ok = true;

    for (int32_t i = 0; ok && i < submission->count; i++) {
        ok = read_spec(daemon, request, submission,
            json_is_array(json) ? json_array_get(json, (size_t)i) : json, i);
        if (!ok)
            break;
        total += submission->submits[i].array_count > 0 ? submission->submits[i].array_count : 1;
        ok = is_within_call(request, total + submission->count - i - 1);
    }
    return ok;
}

static void submit_jobs(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct submission submission = { 0 };
    struct mz_caller caller;
    json_t *json;
    bool ok;

    if (!mz_api_allow(daemon, request, MZ_ROLE_USER, &caller) || !key_is_short(request))
        return;
    if (daemon->is_narrow) {
        mz_api_problem(request, 503, "M0607",
            "the journal cannot be written just now (is the disk full?); nothing was submitted");
        return;
    }
    if (read_one(daemon, request, &submission)) {
        hand_over(daemon, request, &caller, &submission);
        return;
    }
    json = read_body(request); /* several, or mistakes to be told */
    if (!json)
        return;
    if (json_is_array(json) && !is_within_call(request, (int64_t)json_array_size(json))) {
        json_decref(json);
        return;
    }
    submission.arena = mz_arena_create();
    submission.count = json_is_array(json) ? (int32_t)json_array_size(json) : 1;
    submission.submits =
        mz_arena_alloc(submission.arena, (size_t)submission.count, sizeof(*submission.submits));
    ok = read_specs(daemon, request, &submission, json);
    json_decref(json);
    if (ok) {
        hand_over(daemon, request, &caller, &submission);
        return;
    }
    for (int32_t i = 0; i < submission.count; i++)
        mz_need_free(submission.submits[i].need);
    mz_arena_free(submission.arena);
}

void mz_api_jobs(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct mz_caller caller;

    if (strcmp(mz_http_request_method(request), "POST") == 0)
        submit_jobs(daemon, request);
    else if (mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        list_jobs(daemon, request);
}

/* ---- one job ---- */

static json_t *attempts_of(struct mz_daemon *daemon, int64_t job)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_attempt_row *rows = NULL;
    int32_t count = 0;
    json_t *list = json_array();
    struct mz_error err;

    if (mz_store_attempts(daemon->store, arena, job, &rows, &count, &err) != MZ_OK)
        mz_daemon_log(daemon, "%s", err.text);
    for (int32_t i = 0; i < count; i++)
        json_array_append_new(list, mz_json_attempt(&rows[i]));
    mz_arena_free(arena);
    return list;
}

static void send_detail(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_job_row *row, bool with_spec)
{
    struct mz_arena *arena = mz_arena_create();
    json_t *j = mz_json_job(daemon, row);
    const char *spec = NULL;
    char waits[256];

    if (with_spec) /* arguments and environment may hold secrets */
        (void)mz_store_spec(daemon->store, arena, row->spec, &spec, NULL);
    json_object_set_new(j, "spec", spec ? json_loads(spec, 0, NULL) : json_null());
    json_object_set_new(j, "attempt_list", attempts_of(daemon, row->id));
    json_object_set_new(j, "waits_for",
        mz_api_text(mz_core_waits_for(daemon->core, row->id, waits, sizeof(waits))));
    mz_api_send(request, 200, "mizan.job/1", j, NULL);
    mz_arena_free(arena);
}

static void read_part(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_job_row *row, const char *part, bool is_owner)
{
    if (strcmp(part, "") == 0)
        send_detail(daemon, request, row, is_owner);
    else if (strcmp(part, "attempts") == 0)
        mz_api_send(request, 200, "mizan.attempts/1", attempts_of(daemon, row->id), NULL);
    else if (strcmp(part, "events") == 0)
        mz_api_events(daemon, request, row->id);
    else if (strcmp(part, "logs") == 0)
        mz_api_logs(daemon, request, row->id);
    else if (strcmp(part, "why") == 0)
        mz_api_why(daemon, request, row->id);
    else
        mz_api_problem(request, 404, "M0602", "a job has no '%.40s'", part);
}

static void change_priority(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_caller *caller, int64_t id)
{
    static const char *const keys[] = { "priority", NULL };
    json_t *body = mz_api_body(request, keys);
    const json_t *priority = body ? json_object_get(body, "priority") : NULL;

    if (!body)
        return;
    if (!json_is_integer(priority) || json_integer_value(priority) < -1000000 ||
        json_integer_value(priority) > 1000000)
        mz_api_problem(request, 400, "M0601", "'priority' is a number within a million");
    else
        mz_core_set_priority(daemon->core, caller, id, (int32_t)json_integer_value(priority),
            mz_ticket_create(daemon, request, mz_api_done));
    json_decref(body);
}

static void move_job(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_caller *caller, int64_t id)
{
    static const char *const keys[] = { "to", NULL };
    json_t *body = mz_api_body(request, keys);
    const char *to = body ? json_string_value(json_object_get(body, "to")) : NULL;

    if (!body)
        return;
    mz_core_move(
        daemon->core, caller, id, to ? to : "", mz_ticket_create(daemon, request, mz_api_done));
    json_decref(body);
}

static void change_job(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct mz_caller *caller, int64_t id, const char *verb)
{
    const char *method = mz_http_request_method(request);
    bool posts = strcmp(method, "POST") == 0;

    if (strcmp(verb, "") == 0 && strcmp(method, "DELETE") == 0)
        mz_core_cancel(daemon->core, caller, id, mz_ticket_create(daemon, request, mz_api_done));
    else if (strcmp(verb, "") == 0 && strcmp(method, "PATCH") == 0)
        change_priority(daemon, request, caller, id);
    else if (posts && strcmp(verb, "hold") == 0)
        mz_core_hold(daemon->core, caller, id, mz_ticket_create(daemon, request, mz_api_done));
    else if (posts && strcmp(verb, "release") == 0)
        mz_core_release(daemon->core, caller, id, mz_ticket_create(daemon, request, mz_api_done));
    else if (posts && strcmp(verb, "move") == 0)
        move_job(daemon, request, caller, id);
    else
        mz_api_problem(request, 405, "M0610", "%.20s%s%.20s is not done to a job", method,
            *verb ? " :" : "", verb);
}

/* Output and spec are the owner's and operators'; everybody may see that a job is there. */
static bool owns(const struct mz_job_row *row, const struct mz_caller *caller, enum mz_role role)
{
    return role == MZ_ROLE_OPERATOR ||
        (row->owner_uid != UINT32_MAX && row->owner_uid == caller->uid) ||
        (row->owner_uid == UINT32_MAX && caller->uid == UINT32_MAX && role >= MZ_ROLE_USER &&
            strcmp(row->owner, caller->name) == 0);
}

void mz_api_job(struct mz_daemon *daemon, struct mz_http_request *request, int64_t id,
    const char *verb, const char *part)
{
    const char *method = mz_http_request_method(request);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    const struct mz_job_row *row = mz_core_job(daemon->core, id);
    struct mz_caller caller;
    enum mz_role role;

    if (!mz_api_allow(daemon, request, reads && !*verb ? MZ_ROLE_VIEWER : MZ_ROLE_USER, &caller))
        return;
    (void)mz_api_caller(daemon, request, &role);
    if (!row) {
        mz_api_problem(request, 404, "M0602",
            "there is no job %" PRId64 "; `mizan ps --all` lists those that are known", id);
        return;
    }
    if (reads && !*verb) {
        if (strcmp(part, "logs") != 0 || owns(row, &caller, role))
            read_part(daemon, request, row, part, owns(row, &caller, role));
        else
            mz_api_problem(request, 403, "M0609",
                "the output of job %" PRId64 " is for its owner, %s, and for operators", id,
                row->owner);
        return;
    }
    if (!owns(row, &caller, role)) {
        mz_api_problem(request, 403, "M0609",
            "job %" PRId64
            " is %s's: only its owner and operators may change it. Nothing was changed",
            id, row->owner);
        return;
    }
    if (*part)
        mz_api_problem(request, 405, "M0610", "%.20s is not done to '%.40s'", method, part);
    else
        change_job(daemon, request, &caller, id, verb);
}
