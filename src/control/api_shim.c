/* api_shim.c - the shims' requests (shim/shim.h)
 *
 * A shim shows the token of its attempt, which is made from the installation's secret and the
 * attempt's name: nothing has to be looked up to refuse a wrong one. Ranks above 0 of a gang get
 * their sheet when rank 0 has its permit, because only then is it known where rank 0 is
 * (MASTER_ADDR); rank 0 never waits. */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "shim/shim.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

struct fields { /* borrowed from an arena; NULL: not there */
    const char *attempt;
    const char *rank;
    const char *nonce;
    const char *instance;
    const char *boot;
    const char *node;
    const char *node_count;
    const char *seen;
    const char *wait_ms;
    const char *path;
    const char *code;
    const char *cause;
    const char *text;
};

static const char **field_of(struct fields *fields, const char *key, size_t length)
{
    static const struct {
        const char *name;
        size_t offset;
    } names[] = { { "attempt", offsetof(struct fields, attempt) },
        { "rank", offsetof(struct fields, rank) }, { "nonce", offsetof(struct fields, nonce) },
        { "instance", offsetof(struct fields, instance) },
        { "boot", offsetof(struct fields, boot) }, { "node", offsetof(struct fields, node) },
        { "node_count", offsetof(struct fields, node_count) },
        { "seen", offsetof(struct fields, seen) }, { "wait_ms", offsetof(struct fields, wait_ms) },
        { "path", offsetof(struct fields, path) }, { "code", offsetof(struct fields, code) },
        { "cause", offsetof(struct fields, cause) }, { "text", offsetof(struct fields, text) } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == length && memcmp(names[i].name, key, length) == 0)
            return (const char **)(void *)((char *)fields + names[i].offset);
    }
    return NULL;
}

/* "KEY SP LENGTH LF BYTES LF" over and over. */
static bool read_records(
    struct mz_arena *arena, const char *bytes, size_t length, struct fields *ret_fields)
{
    const char *at = bytes;
    const char *end = bytes + length;

    while (at < end) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        const char *line = space ? memchr(space, '\n', (size_t)(end - space)) : NULL;
        size_t size = 0;
        const char **field;

        if (!line || line == space + 1 || line - space > 9)
            return false;
        for (const char *digit = space + 1; digit < line; digit++) {
            if (*digit < '0' || *digit > '9')
                return false;
            size = size * 10 + (size_t)(*digit - '0');
        }
        if (size >= (size_t)(end - line) - 1 + 1 || (size_t)(end - line - 1) < size + 1 ||
            line[1 + size] != '\n')
            return false;
        field = field_of(ret_fields, at, (size_t)(space - at));
        if (field && !memchr(line + 1, '\0', size))
            *field = mz_arena_strndup(arena, line + 1, size);
        at = line + 1 + size + 1;
    }
    return true;
}

static bool read_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    return text && strlen(text) <= 18 && mz_api_read_number(text, min, max, ret_value);
}

/* ---- who speaks ---- */

static bool token_is_right(
    struct mz_daemon *daemon, struct mz_http_request *request, const char *attempt)
{
    const char *header = mz_http_request_header(request, "Authorization");
    char token[65];

    (void)mz_daemon_attempt_token(daemon, attempt, token);
    return header && strncasecmp(header, "Bearer ", 7) == 0 && strlen(header + 7) == 64 &&
        CRYPTO_memcmp(header + 7, token, 64) == 0;
}

/* False: answered. The nonce of the whole is "run/instance". */
static bool read_who(struct mz_daemon *daemon, struct mz_http_request *request,
    struct mz_arena *arena, const struct fields *fields, struct mz_core_rank *ret_who)
{
    int64_t rank = 0;
    int64_t count = 0;

    if (!fields->attempt || !token_is_right(daemon, request, fields->attempt)) {
        mz_api_problem(request, 401, "M0608", "the attempt's token is missing or wrong");
        return false;
    }
    if (!mz_attempt_name_parse(fields->attempt, daemon->install, &ret_who->job, &ret_who->n) ||
        !read_int(fields->rank, 0, MZ_SPEC_NODES_MAX, &rank) || !fields->nonce ||
        !fields->instance || strlen(fields->nonce) > 128 || strlen(fields->instance) > 64 ||
        !*fields->nonce || strchr(fields->nonce, '/')) {
        mz_api_problem(request, 400, "M0601", "not what a shim says (docs/control.md)");
        return false;
    }
    (void)read_int(fields->node_count, 0, MZ_SPEC_NODES_MAX, &count);
    ret_who->rank = (int32_t)rank;
    ret_who->nonce = mz_arena_printf(arena, "%s/%s", fields->nonce, fields->instance);
    ret_who->boot_id = fields->boot && strlen(fields->boot) < 128 ? fields->boot : "";
    ret_who->node = fields->node && strlen(fields->node) < 256 ? fields->node : "";
    ret_who->node_count = (int32_t)count;
    return true;
}

/* ---- permit ---- */

static void send_sheet(struct mz_ticket *ticket)
{
    struct mz_daemon *daemon = ticket->daemon;
    const struct mz_job_row *job = mz_core_job(daemon->core, ticket->job);
    const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, ticket->job);
    struct mz_text sheet = { 0 };

    if (job && attempt && attempt->n == ticket->n)
        mz_daemon_sheet(daemon, job, attempt, ticket->rank, &sheet);
    if (sheet.length > 0)
        mz_http_respond(ticket->request, 200, "text/plain", mz_text_string(&sheet), sheet.length);
    else
        mz_api_problem(ticket->request, 409, "M0604", "the attempt is over");
    mz_text_finish(&sheet);
    mz_ticket_end(ticket);
}

static uint64_t address_key(int64_t job, int32_t n)
{
    return (uint64_t)job << 16 | (uint16_t)n;
}

const char *mz_daemon_address(struct mz_daemon *daemon, int64_t job, int32_t n)
{
    return mz_map_get(daemon->addresses, address_key(job, n));
}

void mz_daemon_forget_address(struct mz_daemon *daemon, int64_t job, int32_t n)
{
    free(mz_map_remove(daemon->addresses, address_key(job, n)));
}

static bool put_address(struct mz_daemon *daemon, int64_t job, int32_t n, const char *address)
{
    const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, job);
    char *copy = NULL;

    if (!attempt || attempt->n != n || attempt->node_count < 2)
        return false; /* nobody asks */
    mz_daemon_forget_address(daemon, job, n);
    mz_core_set_text(&copy, address);
    mz_map_put(daemon->addresses, address_key(job, n), copy);
    return true;
}

/* Where rank 0 is, as others reach it: this host for who came by the Unix socket. */
static bool note_address(
    struct mz_daemon *daemon, struct mz_http_request *request, int64_t job, int32_t n)
{
    const struct mz_http_peer *peer = mz_http_request_peer(request);
    const char *colon = strrchr(peer->address, ':');
    char text[256];

    if (peer->is_unix || !colon)
        (void)snprintf(text, sizeof(text), "127.0.0.1");
    else
        (void)snprintf(text, sizeof(text), "%.*s", (int)(colon - peer->address), peer->address);
    return put_address(daemon, job, n, text);
}

/* Addresses do not outlive the daemon. After a restart rank 0 is known again when it renews its
 * lease; one that has ended says nothing any more, and the others are told its node's name. */
static bool rank0_is_known(struct mz_ticket *ticket)
{
    struct mz_daemon *daemon = ticket->daemon;
    const char *node;

    if (!mz_daemon_address(daemon, ticket->job, ticket->n)) {
        node = mz_core_exited_node(daemon->core, ticket->job, ticket->n, 0);
        if (node)
            (void)put_address(daemon, ticket->job, ticket->n, node);
    }
    return mz_daemon_address(daemon, ticket->job, ticket->n) != NULL;
}

static void wait_for_rank0(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    (void)ticket;
    (void)answer; /* released by rank 0, or by the shim's own patience */
}

static void release_others(struct mz_daemon *daemon, int64_t job, int32_t n)
{
    struct mz_ticket *next;

    for (struct mz_ticket *ticket = daemon->tickets; ticket; ticket = next) {
        next = ticket->next;
        if (ticket->answer == wait_for_rank0 && ticket->job == job && ticket->n == n)
            send_sheet(ticket);
    }
}

static void hear_rank0(
    struct mz_daemon *daemon, struct mz_http_request *request, const struct mz_core_rank *who)
{
    if (who->rank == 0 && !mz_daemon_address(daemon, who->job, who->n) &&
        note_address(daemon, request, who->job, who->n))
        release_others(daemon, who->job, who->n);
}

static void permit_gone(void *context, struct mz_http_request *request)
{
    struct mz_daemon *daemon = context;
    struct mz_ticket *next;

    for (struct mz_ticket *ticket = daemon->tickets; ticket; ticket = next) {
        next = ticket->next;
        if (ticket->answer == wait_for_rank0 && ticket->request == request)
            send_sheet(ticket);
    }
}

static void permitted(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    struct mz_daemon *daemon = ticket->daemon;
    int64_t job = answer->job;
    int32_t n = answer->n;

    if (answer->result != MZ_CORE_OK) {
        mz_api_problem_of(ticket->request, answer);
        mz_ticket_end(ticket);
        return;
    }
    ticket->job = job;
    ticket->n = n;
    ticket->rank = answer->rank;
    if (answer->rank > 0 && !rank0_is_known(ticket)) {
        ticket->answer = wait_for_rank0;
        mz_http_request_on_gone(ticket->request, permit_gone, daemon);
        return;
    }
    if (answer->rank == 0)
        (void)note_address(daemon, ticket->request, job, n);
    send_sheet(ticket);
    if (answer->rank == 0)
        release_others(daemon, job, n);
}

/* ---- lease, publish, exit ---- */

static void leased(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    const struct mz_need *need;
    char body[256];
    char number[32];
    char lease[32];

    if (answer->result != MZ_CORE_OK) {
        mz_api_problem_of(ticket->request, answer);
        mz_ticket_end(ticket);
        return;
    }
    need = mz_core_need(ticket->daemon->core, answer->job);
    (void)snprintf(lease, sizeof(lease), "%" PRId64, need ? need->lease_us / 1000 : INT64_C(1000));
    (void)snprintf(number, sizeof(number), "%" PRId32, answer->order);
    if (answer->order > 0)
        (void)snprintf(body, sizeof(body), "lease_ms %zu\n%s\norder %d\n%s\norder_number %zu\n%s\n",
            strlen(lease), lease, answer->order_stops ? 4 : 10,
            answer->order_stops ? "stop" : "checkpoint", strlen(number), number);
    else
        (void)snprintf(body, sizeof(body), "lease_ms %zu\n%s\n", strlen(lease), lease);
    mz_http_respond(ticket->request, 200, "text/plain", body, strlen(body));
    mz_ticket_end(ticket);
}

static void lease_gone(void *context, struct mz_http_request *request)
{
    struct mz_ticket *ticket = context;

    (void)request;
    if (!mz_core_lease_forget(ticket->daemon->core, ticket->job, ticket->rank, ticket))
        return;
    mz_http_respond(ticket->request, 200, "text/plain", "", 0);
    mz_ticket_end(ticket);
}

bool mz_api_shim_renew(struct mz_ticket *ticket)
{
    struct mz_core_answer answer = { .job = ticket->job };

    if (ticket->answer != leased || !ticket->daemon->core ||
        !mz_core_lease_forget(ticket->daemon->core, ticket->job, ticket->rank, ticket))
        return false;
    leased(ticket, &answer);
    return true;
}

static void plain_answer(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    if (answer->result == MZ_CORE_OK)
        mz_http_respond(ticket->request, 200, "text/plain", "", 0);
    else
        mz_api_problem_of(ticket->request, answer);
    mz_ticket_end(ticket);
}

static void lease(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct fields *fields, const struct mz_core_rank *who)
{
    int64_t seen = 0;
    int64_t wait_ms = 0;
    struct mz_ticket *ticket;

    (void)read_int(fields->seen, 0, INT32_MAX, &seen);
    (void)read_int(fields->wait_ms, 0, 600000, &wait_ms);
    ticket = mz_ticket_create(daemon, request, leased);
    ticket->job = who->job;
    ticket->rank = who->rank;
    mz_http_request_on_gone(request, lease_gone, ticket);
    hear_rank0(daemon, request, who);
    mz_core_lease(daemon->core, who, (int32_t)seen, wait_ms * 1000, ticket);
}

static void publish(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct fields *fields, const struct mz_core_rank *who)
{
    if (!fields->path || !*fields->path || strlen(fields->path) > 4096) {
        mz_api_problem(request, 400, "M0601", "a publication names its path");
        return;
    }
    mz_core_publish(
        daemon->core, who, fields->path, mz_ticket_create(daemon, request, plain_answer));
}

static void leave(struct mz_daemon *daemon, struct mz_http_request *request,
    const struct fields *fields, const struct mz_core_rank *who)
{
    int64_t code = 0;

    hear_rank0(daemon, request, who);
    if (!read_int(fields->code, 0, 255, &code) || !fields->cause) {
        mz_api_problem(request, 400, "M0601", "an exit has a code and a cause");
        return;
    }
    mz_core_exit(daemon->core, who, (int32_t)code, fields->cause, fields->text ? fields->text : "",
        mz_ticket_create(daemon, request, plain_answer));
}

static void log_bytes(struct mz_daemon *daemon, struct mz_http_request *request)
{
    const char *name = mz_http_request_query(request, "attempt");
    int64_t rank = 0;
    int64_t offset = 0;
    int64_t job;
    int32_t n;

    if (!name || !token_is_right(daemon, request, name)) {
        mz_api_problem(request, 401, "M0608", "the attempt's token is missing or wrong");
        return;
    }
    if (!mz_attempt_name_parse(name, daemon->install, &job, &n) ||
        !read_int(mz_http_request_query(request, "rank"), 0, MZ_SPEC_NODES_MAX, &rank) ||
        !read_int(mz_http_request_query(request, "offset"), 0, INT64_MAX / 4, &offset)) {
        mz_api_problem(request, 400, "M0601", "not what a shim says (docs/control.md)");
        return;
    }
    mz_logs_append(daemon, request, job, n, (int32_t)rank, offset);
}

void mz_api_shim(struct mz_daemon *daemon, struct mz_http_request *request, const char *verb)
{
    struct mz_arena *arena;
    struct fields fields = { 0 };
    struct mz_core_rank who = { 0 };
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    bool leases = strcmp(verb, "lease") == 0;

    if (strcmp(mz_http_request_method(request), "POST") != 0) {
        mz_api_problem(request, 405, "M0610", "shims POST");
        return;
    }
    if (daemon->is_narrow && !leases) {
        mz_api_problem(request, 503, "M0607", "the journal cannot be written just now");
        return;
    }
    if (strcmp(verb, "log") == 0) {
        log_bytes(daemon, request);
        return;
    }
    arena = mz_arena_create();
    if (!read_records(arena, body, length, &fields))
        mz_api_problem(request, 400, "M0601", "not what a shim says (docs/control.md)");
    else if (!read_who(daemon, request, arena, &fields, &who))
        (void)0; /* answered */
    else if (strcmp(verb, "permit") == 0)
        mz_core_permit(daemon->core, &who, mz_ticket_create(daemon, request, permitted));
    else if (leases)
        lease(daemon, request, &fields, &who);
    else if (strcmp(verb, "publish") == 0)
        publish(daemon, request, &fields, &who);
    else if (strcmp(verb, "exit") == 0)
        leave(daemon, request, &fields, &who);
    else
        mz_api_problem(request, 404, "M0602", "shims do not ask for '%.40s'", verb);
    mz_arena_free(arena);
}
