/* api.c - routes, who is asking, problems (docs/api/openapi.yaml)
 *
 * Who is asking. Unix socket: the uid; the daemon's own uid and root are operators, others users.
 * TCP: a bearer token; without one a viewer, from this host only. Shims have tokens of their own
 * (api_shim.c). A page in a browser sends its requests from the same origin: a request that changes
 * something and carries an Origin that is not the Host is refused, and so is a Host on loopback
 * that is not a name of loopback (a rebound name). */
#include "control/daemon_impl.h"

#include "control/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USER_KEPT_US INT64_C(60000000)

/* ---- answers ---- */

json_t *mz_api_text(const char *text)
{
    json_t *json = text && *text ? json_string(text) : json_null();
    size_t size;
    char *printable;

    if (json)
        return json;
    /* Not UTF-8: bytes that somebody sent, or a letter that was cut in two. */
    size = strlen(text) + 1;
    printable = mz_xcalloc(size, 1);
    json = json_string(mz_text_printable(printable, size, text));
    free(printable);
    return json ? json : json_string("?");
}

json_t *mz_api_time(int64_t wall_us)
{
    char text[32];

    return wall_us > 0 ? json_string(mz_clock_format(text, wall_us)) : json_null();
}

static void send_json(
    struct mz_http_request *request, int32_t status, const char *type, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    json_decref(json);
    if (!text) {
        mz_http_respond(request, 500, "text/plain", "", 0);
        return;
    }
    mz_http_response_header(request, "Cache-Control", "no-store");
    mz_http_respond(request, status, type, text, strlen(text));
    free(text);
}

void mz_api_send(struct mz_http_request *request, int32_t status, const char *schema, json_t *data,
    json_t *extra)
{
    json_t *json = json_object();
    char now[32];

    json_object_set_new(json, "schema", json_string(schema));
    json_object_set_new(
        json, "generated_at", json_string(mz_clock_format(now, mz_clock_wall_us())));
    json_object_set_new(json, "data", data);
    if (extra) {
        json_object_update(json, extra);
        json_decref(extra);
    }
    send_json(request, status, "application/json", json);
}

void mz_api_problem(
    struct mz_http_request *request, int32_t status, const char *code, const char *format, ...)
{
    static const struct {
        int32_t status;
        const char *title;
    } titles[] = { { 400, "Bad request" }, { 401, "Who are you?" }, { 403, "Not allowed" },
        { 404, "Not found" }, { 405, "Not done to this" }, { 409, "Conflict" }, { 410, "Over" },
        { 413, "Too large" }, { 415, "Not this format" }, { 422, "Cannot be done" },
        { 429, "Too many" }, { 503, "Not now" } };
    json_t *json = json_object();
    char detail[1200];
    const char *title = "Error";
    va_list list;

    va_start(list, format);
    (void)vsnprintf(detail, sizeof(detail), format, list);
    va_end(list);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (titles[i].status == status)
            title = titles[i].title;
    }
    json_object_set_new(json, "type", json_string("about:blank"));
    json_object_set_new(json, "title", json_string(title));
    json_object_set_new(json, "status", json_integer(status));
    json_object_set_new(json, "code", json_string(code));
    json_object_set_new(json, "detail", mz_api_text(detail));
    if (status == 503)
        mz_http_response_header(request, "Retry-After", "1");
    send_json(request, status, "application/problem+json", json);
}

void mz_api_problem_of(struct mz_http_request *request, const struct mz_core_answer *answer)
{
    const char *text = answer->text ? answer->text : "";

    switch (answer->result) {
    case MZ_CORE_OK: break;
    case MZ_CORE_NOT_FOUND: mz_api_problem(request, 404, "M0602", "%s", text); break;
    case MZ_CORE_CONFLICT: mz_api_problem(request, 409, "M0603", "%s", text); break;
    case MZ_CORE_REFUSED: mz_api_problem(request, 409, "M0604", "%s", text); break;
    case MZ_CORE_GONE: mz_api_problem(request, 410, "M0605", "%s", text); break;
    case MZ_CORE_INVALID: mz_api_problem(request, 422, "M0606", "%s", text); break;
    case MZ_CORE_UNAVAILABLE: mz_api_problem(request, 503, "M0607", "%s", text); break;
    }
}

void mz_api_done(struct mz_ticket *ticket, const struct mz_core_answer *answer)
{
    json_t *data;

    if (answer->result != MZ_CORE_OK) {
        mz_api_problem_of(ticket->request, answer);
    } else {
        data = json_object();
        if (answer->job)
            json_object_set_new(data, "id", json_integer(answer->job));
        mz_api_send(ticket->request, 200, "mizan.done/1", data, NULL);
    }
    mz_ticket_end(ticket);
}

/* ---- who is asking ---- */

void mz_api_hex(const unsigned char *bytes, size_t length, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        ret_hex[2 * i] = digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_hex[2 * length] = '\0';
}

void mz_api_sha256(const char *bytes, size_t length, char *ret_hex)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    (void)SHA256((const unsigned char *)bytes, length, digest);
    mz_api_hex(digest, SHA256_DIGEST_LENGTH, ret_hex);
}

static const struct mz_token *find_token(struct mz_daemon *daemon, const char *secret)
{
    char hash[65];

    mz_api_sha256(secret, strlen(secret), hash);
    for (int32_t t = 0; t < daemon->token_count; t++) {
        if (CRYPTO_memcmp(daemon->tokens[t].hash, hash, 64) == 0)
            return &daemon->tokens[t];
    }
    return NULL;
}

/* The user's name, looked up once in a while: the lookup reads files, or asks a directory server. */
static const struct mz_user *find_user(struct mz_daemon *daemon, uint32_t uid)
{
    struct mz_user *user = &daemon->users[uid % MZ_USER_COUNT];
    int64_t now_us = mz_clock_mono_us();
    const struct passwd *row;
    char number[16];

    if (user->until_us > now_us && user->uid == uid)
        return user;
    row = getpwuid(uid);
    (void)snprintf(number, sizeof(number), "%" PRIu32, uid);
    (void)snprintf(user->name, sizeof(user->name), "%s", row ? row->pw_name : number);
    (void)snprintf(
        user->actor, sizeof(user->actor), "uid %s %s", number, row ? row->pw_name : number);
    user->uid = uid;
    user->until_us = now_us + USER_KEPT_US;
    return user;
}

static struct mz_caller unix_caller(
    struct mz_daemon *daemon, const struct mz_http_peer *peer, enum mz_role *ret_role)
{
    const struct mz_user *user = find_user(daemon, peer->uid);

    *ret_role = peer->uid == 0 || peer->uid == getuid() ? MZ_ROLE_OPERATOR : MZ_ROLE_USER;
    return (struct mz_caller){ .uid = peer->uid,
        .name = user->name,
        .is_operator = *ret_role == MZ_ROLE_OPERATOR,
        .actor = user->actor };
}

struct mz_caller mz_api_caller(
    struct mz_daemon *daemon, struct mz_http_request *request, enum mz_role *ret_role)
{
    static char actor[96];
    const struct mz_http_peer *peer = mz_http_request_peer(request);
    const char *header = mz_http_request_header(request, "Authorization");
    const struct mz_token *token = NULL;

    if (peer->is_unix)
        return unix_caller(daemon, peer, ret_role);
    *ret_role = peer->is_loopback && !header ? MZ_ROLE_VIEWER : MZ_ROLE_NONE;
    if (header && strncasecmp(header, "Bearer ", 7) == 0)
        token = find_token(daemon, header + 7);
    if (!token)
        return (struct mz_caller){ .uid = UINT32_MAX, .name = "", .actor = "" };
    *ret_role = token->role;
    (void)snprintf(actor, sizeof(actor), "token %s", token->name);
    return (struct mz_caller){ .uid = UINT32_MAX,
        .name = token->name,
        .is_operator = token->role == MZ_ROLE_OPERATOR,
        .actor = actor };
}

static bool is_loopback_name(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; host && i < 3; i++) {
        size_t length = strlen(names[i]);

        if (strncasecmp(host, names[i], length) == 0 &&
            (host[length] == '\0' || host[length] == ':'))
            return true;
    }
    return false;
}

/* A page of another site, or a name that was turned to point here. */
static bool is_foreign_page(struct mz_http_request *request, enum mz_role least)
{
    const struct mz_http_peer *peer = mz_http_request_peer(request);
    const char *origin = mz_http_request_header(request, "Origin");
    const char *host = mz_http_request_header(request, "Host");
    const char *rest = origin ? strstr(origin, "://") : NULL;

    if (peer->is_unix)
        return false;
    if (!mz_http_request_header(request, "Authorization") && !is_loopback_name(host))
        return true;
    return least > MZ_ROLE_VIEWER && origin && (!rest || !host || strcmp(rest + 3, host) != 0);
}

bool mz_api_allow(struct mz_daemon *daemon, struct mz_http_request *request, enum mz_role least,
    struct mz_caller *ret_caller)
{
    enum mz_role role;

    *ret_caller = mz_api_caller(daemon, request, &role);
    if (is_foreign_page(request, least)) {
        mz_api_problem(request, 403, "M0609", "a page of another site asked; nothing was done");
        return false;
    }
    if (role == MZ_ROLE_NONE) {
        mz_http_response_header(request, "WWW-Authenticate", "Bearer");
        mz_api_problem(request, 401, "M0608",
            "the token is missing or not known. An operator makes one: mizan token add NAME");
        return false;
    }
    if (role < least) {
        mz_api_problem(request, 403, "M0609",
            "this needs the role %s; nothing was changed. Over TCP give a token that has it, or "
            "use the daemon's Unix socket",
            least == MZ_ROLE_OPERATOR ? "operator" : "user");
        return false;
    }
    return true;
}

/* ---- bodies ---- */

json_t *mz_api_body(struct mz_http_request *request, const char *const *keys)
{
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    json_error_t problem;
    json_t *json;
    const char *key;
    json_t *value;

    if (length == 0)
        return json_object();
    json = json_loadb(body, length, JSON_REJECT_DUPLICATES, &problem);
    if (!json || !json_is_object(json)) {
        json_decref(json);
        mz_api_problem(request, 400, "M0601", "the body is no JSON object (line %d: %s)",
            problem.line, json ? "not an object" : problem.text);
        return NULL;
    }
    json_object_foreach(json, key, value)
    {
        size_t k = 0;

        while (keys[k] && strcmp(keys[k], key) != 0)
            k++;
        if (keys[k])
            continue;
        mz_api_problem(request, 400, "M0601", "'%.60s' is not a key of this request", key);
        json_decref(json);
        return NULL;
    }
    return json;
}

bool mz_api_read_number(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (!*text || *end || errno || number < min || number > max)
        return false;
    *ret_value = number;
    return true;
}

bool mz_api_number(struct mz_http_request *request, const char *name, const char *text, int64_t min,
    int64_t max, int64_t *value)
{
    if (!text || mz_api_read_number(text, min, max, value))
        return true;
    mz_api_problem(request, 400, "M0601",
        "'%s' is a number from %" PRId64 " to %" PRId64 ", not '%.40s'", name, min, max, text);
    return false;
}

bool mz_api_query_number(
    struct mz_http_request *request, const char *name, int64_t min, int64_t max, int64_t *value)
{
    return mz_api_number(request, name, mz_http_request_query(request, name), min, max, value);
}

/* ---- routes ---- */

static bool read_id(const char **path, int64_t *ret_id)
{
    int64_t id = 0;
    const char *at = *path;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (id > INT64_MAX / 10 - 10)
            return false;
        id = id * 10 + (*at - '0');
    }
    if (at == *path || id == 0)
        return false;
    *path = at;
    *ret_id = id;
    return true;
}

static void not_found(struct mz_http_request *request)
{
    mz_api_problem(request, 404, "M0602", "there is nothing at '%.200s'; see docs/api/openapi.yaml",
        mz_http_request_path(request));
}

static void route_job(struct mz_daemon *daemon, struct mz_http_request *request, const char *rest)
{
    int64_t id;

    if (!read_id(&rest, &id))
        not_found(request);
    else if (*rest == '\0')
        mz_api_job(daemon, request, id, "", "");
    else if (*rest == ':')
        mz_api_job(daemon, request, id, rest + 1, "");
    else if (*rest == '/')
        mz_api_job(daemon, request, id, "", rest + 1);
    else
        not_found(request);
}

static void route_partner(
    struct mz_daemon *daemon, struct mz_http_request *request, const char *rest)
{
    const char *colon = strrchr(rest, ':');
    char name[128];

    if (!colon || colon == rest || (size_t)(colon - rest) >= sizeof(name)) {
        not_found(request);
        return;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(colon - rest), rest);
    mz_api_partner_verb(daemon, request, name, colon + 1);
}

typedef void route(struct mz_daemon *daemon, struct mz_http_request *request);

static void all_events(struct mz_daemon *daemon, struct mz_http_request *request)
{
    mz_api_events(daemon, request, 0);
}

static void all_tokens(struct mz_daemon *daemon, struct mz_http_request *request)
{
    mz_api_tokens(daemon, request, "");
}

static void healthz(struct mz_daemon *daemon, struct mz_http_request *request)
{
    (void)daemon;
    mz_http_respond(request, 200, "text/plain", "ok\n", 3);
}

static void readyz(struct mz_daemon *daemon, struct mz_http_request *request)
{
    if (daemon->is_narrow)
        mz_http_respond(request, 503, "text/plain", "the journal cannot be written\n", 30);
    else
        mz_http_respond(request, 200, "text/plain", "ok\n", 3);
}

static const struct {
    const char *path;
    const char *methods;
    route *route;
} routes[] = {
    { "/v1/jobs", "GET POST", mz_api_jobs },
    { "/v1/partners", "GET", mz_api_partners },
    { "/v1/nodes", "GET", mz_api_nodes },
    { "/v1/contracts", "GET", mz_api_contracts },
    { "/v1/placements:preview", "POST", mz_api_preview },
    { "/v1/events", "GET", all_events },
    { "/v1/status", "GET", mz_api_status },
    { "/v1/tokens", "GET POST", all_tokens },
    { "/healthz", "GET", healthz },
    { "/readyz", "GET", readyz },
    { "/metrics", "GET", mz_api_metrics },
};

static bool allows_method(const char *methods, const char *method)
{
    const char *at = strstr(methods, strcmp(method, "HEAD") == 0 ? "GET" : method);

    return at != NULL;
}

static bool route_fixed(struct mz_daemon *daemon, struct mz_http_request *request)
{
    const char *path = mz_http_request_path(request);
    const char *method = mz_http_request_method(request);

    for (size_t r = 0; r < sizeof(routes) / sizeof(routes[0]); r++) {
        if (strcmp(routes[r].path, path) != 0)
            continue;
        if (!allows_method(routes[r].methods, method)) {
            mz_http_response_header(request, "Allow", routes[r].methods);
            mz_api_problem(request, 405, "M0610", "%.20s is not done to %s, only: %s", method, path,
                routes[r].methods);
        } else {
            routes[r].route(daemon, request);
        }
        return true;
    }
    return false;
}

void mz_api_handle(void *context, struct mz_http_request *request)
{
    struct mz_daemon *daemon = context;
    const char *path = mz_http_request_path(request);

    daemon->requests++;
    if (!daemon->core || daemon->is_stopping) {
        mz_api_problem(request, 503, "M0607", "the daemon is stopping; nothing was done");
        return;
    }
    mz_daemon_now(daemon);
    if (strncmp(path, "/shim/v1/", 9) == 0)
        mz_api_shim(daemon, request, path + 9);
    else if (route_fixed(daemon, request))
        return;
    else if (strncmp(path, "/v1/jobs/", 9) == 0)
        route_job(daemon, request, path + 9);
    else if (strncmp(path, "/v1/partners/", 13) == 0)
        route_partner(daemon, request, path + 13);
    else if (strncmp(path, "/v1/tokens/", 11) == 0 && path[11])
        mz_api_tokens(daemon, request, path + 11);
    else if (!mz_api_page(daemon, request))
        not_found(request);
}
