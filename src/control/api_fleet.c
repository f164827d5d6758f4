/* api_fleet.c - partners, nodes, contracts, why, placements
 *
 * What the planner knows is asked of its thread: the ticket goes there and back. */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "control/clock.h"
#include "jobfile/jobfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct question {
    struct mz_ticket *ticket; /* NULL: its request has been answered otherwise */
    struct mz_daemon *daemon;
    struct mz_arena *arena;
    const struct mz_planner_node *nodes;
    int32_t node_count;
    const char *partner; /* whose nodes; "": all */
    int64_t job;
    struct mz_need *need;
    const char *name;
    json_t *why; /* from the planner; NULL: the job does not wait for a place */
};

static void forget_ticket(void *data)
{
    struct question *question = data;

    question->ticket = NULL; /* the planner's thread still has it: freed when it comes back */
}

static void free_question(struct question *question)
{
    mz_need_free(question->need);
    json_decref(question->why);
    mz_arena_free(question->arena);
    free(question);
}

static struct question *new_question(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct question *question = mz_xcalloc(1, sizeof(*question));

    question->daemon = daemon;
    question->arena = mz_arena_create();
    question->ticket = mz_ticket_create(daemon, request, NULL);
    question->ticket->data = question;
    question->ticket->free = forget_ticket;
    return question;
}

/* Ends the ticket and the question. */
static void end_question(struct question *question)
{
    if (question->ticket)
        mz_ticket_end(question->ticket);
    free_question(question);
}

static void ask_nodes(struct mz_planner *planner, int64_t now_us, void *context)
{
    struct question *question = context;

    (void)now_us;
    question->nodes = mz_planner_nodes(planner, question->arena, &question->node_count);
}

/* ---- partners ---- */

struct mz_node_sum mz_api_sum_nodes(
    const struct mz_planner_node *nodes, int32_t count, int32_t partner)
{
    struct mz_node_sum sum = { 0 };

    for (int32_t n = 0; n < count; n++) {
        if (partner >= 0 && nodes[n].partner != partner)
            continue;
        sum.nodes++;
        sum.up += nodes[n].state == MZ_NODE_UP;
        sum.cordoned += nodes[n].state == MZ_NODE_CORDONED;
        sum.chips += nodes[n].chips;
        sum.chips_used += nodes[n].chips - nodes[n].chips_free;
        sum.chips_others += nodes[n].chips_others;
    }
    return sum;
}

enum mz_page_partner_state mz_api_partner_state(
    const struct mz_core_partner_view *view, const struct mz_node_sum *sum)
{
    if (!view->row.is_reachable)
        return MZ_PAGE_PARTNER_LOST;
    if (view->row.is_drained)
        return MZ_PAGE_PARTNER_DRAINED;
    if (!view->is_heard)
        return MZ_PAGE_PARTNER_NEW;
    return sum->chips > 0 && sum->chips_used >= sum->chips ? MZ_PAGE_PARTNER_FULL
                                                           : MZ_PAGE_PARTNER_OK;
}

static json_t *names_of_contracts(struct mz_daemon *daemon, int32_t p)
{
    json_t *list = json_array();

    for (int32_t c = 0; c < daemon->scenario->contract_count; c++) {
        if (daemon->scenario->contracts[c].partner == p)
            json_array_append_new(list, mz_api_text(daemon->scenario->contracts[c].name));
    }
    return list;
}

static double rate_at(struct mz_daemon *daemon, const char *partner)
{
    int64_t micro = 0;

    for (int32_t i = 0; i < mz_core_live_count(daemon->core); i++) {
        const struct mz_attempt_row *attempt =
            mz_core_attempt(daemon->core, mz_core_live_at(daemon->core, i));

        if (attempt && strcmp(attempt->partner, partner) == 0)
            micro += mz_attempt_rate(attempt);
    }
    return (double)micro / 1e6;
}

static json_t *partner_json(const struct question *question, int32_t p)
{
    static const char *const states[] = { [MZ_PAGE_PARTNER_OK] = "ok",
        [MZ_PAGE_PARTNER_FULL] = "full",
        [MZ_PAGE_PARTNER_DRAINED] = "drained",
        [MZ_PAGE_PARTNER_LOST] = "lost",
        [MZ_PAGE_PARTNER_NEW] = "new" };
    struct mz_daemon *daemon = question->daemon;
    const struct mz_partner *partner = &daemon->scenario->partners[p];
    struct mz_core_partner_view view = mz_core_partner(daemon->core, p);
    struct mz_node_sum sum = mz_api_sum_nodes(question->nodes, question->node_count, p);
    json_t *j = json_object();

    json_object_set_new(j, "name", mz_api_text(partner->name));
    json_object_set_new(j, "label", mz_api_text(partner->label));
    json_object_set_new(j, "driver", mz_api_text(partner->driver.kind));
    json_object_set_new(j, "state", json_string(states[mz_api_partner_state(&view, &sum)]));
    json_object_set_new(j, "problem", mz_api_text(view.problem));
    json_object_set_new(j, "nodes", json_integer(sum.nodes));
    json_object_set_new(j, "nodes_up", json_integer(sum.up));
    json_object_set_new(j, "chips", json_integer(sum.chips));
    json_object_set_new(j, "chips_used", json_integer(sum.chips_used));
    json_object_set_new(j, "chips_used_by_others", json_integer(sum.chips_others));
    json_object_set_new(j, "jobs", json_integer(view.live_attempts));
    json_object_set_new(j, "contracts", names_of_contracts(daemon, p));
    json_object_set_new(j, "cost_usd_per_hour", json_real(rate_at(daemon, partner->name)));
    json_object_set_new(j, "heard_s",
        view.heard_us ? json_real((double)(mz_clock_mono_us() - view.heard_us) / 1e6)
                      : json_null());
    return j;
}

static void send_partners(void *context)
{
    struct question *question = context;
    json_t *list = json_array();

    if (question->ticket) {
        for (int32_t p = 0; p < question->daemon->scenario->partner_count; p++)
            json_array_append_new(list, partner_json(question, p));
        mz_api_send(question->ticket->request, 200, "mizan.partners/1", list, NULL);
    } else {
        json_decref(list);
    }
    end_question(question);
}

void mz_api_partners(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct mz_caller caller;

    if (mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        mz_planner_thread_ask(
            daemon->planner, ask_nodes, send_partners, new_question(daemon, request));
}

void mz_api_partner_verb(
    struct mz_daemon *daemon, struct mz_http_request *request, const char *name, const char *verb)
{
    static const char *const keys[] = { "node", "move", NULL };
    bool drains = strcmp(verb, "drain") == 0;
    struct mz_caller caller;
    json_t *body;
    const char *node;
    char place[512];

    if ((!drains && strcmp(verb, "resume") != 0) ||
        strcmp(mz_http_request_method(request), "POST") != 0) {
        mz_api_problem(request, 404, "M0602", "POST :drain and :resume are what is done here");
        return;
    }
    if (!mz_api_allow(daemon, request, MZ_ROLE_OPERATOR, &caller))
        return;
    body = mz_api_body(request, keys);
    if (!body)
        return;
    node = json_string_value(json_object_get(body, "node"));
    (void)snprintf(
        place, sizeof(place), "%s%s%.300s", name, node && *node ? "/" : "", node ? node : "");
    if (drains)
        mz_core_drain(daemon->core, &caller, place, json_is_true(json_object_get(body, "move")),
            mz_ticket_create(daemon, request, mz_api_done));
    else
        mz_core_resume(
            daemon->core, &caller, place, mz_ticket_create(daemon, request, mz_api_done));
    json_decref(body);
}

/* ---- nodes ---- */

/* The jobs of each node, by partner and name. */
static void index_jobs(struct mz_daemon *daemon, struct mz_map *map)
{
    char name[256];

    for (int32_t i = 0; i < mz_core_live_count(daemon->core); i++) {
        const struct mz_attempt_row *attempt =
            mz_core_attempt(daemon->core, mz_core_live_at(daemon->core, i));
        int32_t p = attempt ? mz_core_find_partner(daemon->core, attempt->partner) : -1;

        for (int32_t n = 0; attempt && attempt->nodes && n < attempt->node_count; n++) {
            uint64_t key =
                mz_map_key((uint64_t)p, mz_nth_name(attempt->nodes, n, name, sizeof(name)));
            json_t *jobs = mz_map_get(map, key);

            if (!jobs) {
                jobs = json_array();
                mz_map_put(map, key, jobs);
            }
            json_array_append_new(jobs, json_integer(attempt->job));
        }
    }
}

static json_t *node_json(
    const struct question *question, const struct mz_planner_node *node, json_t *jobs)
{
    static const char *const states[] = { "up", "cordoned", "down" };
    json_t *j = json_object();

    json_object_set_new(j, "partner", mz_api_text(question->daemon->partner_names[node->partner]));
    json_object_set_new(j, "site", mz_api_text(node->site));
    json_object_set_new(j, "name", mz_api_text(node->name));
    json_object_set_new(j, "state", json_string(states[node->state % 3]));
    json_object_set_new(j, "reason", mz_api_text(node->reason));
    json_object_set_new(j, "chip", mz_api_text(node->chip));
    json_object_set_new(j, "chips", json_integer(node->chips));
    json_object_set_new(j, "chips_free", json_integer(node->chips_free));
    json_object_set_new(j, "chips_used_by_others", json_integer(node->chips_others));
    json_object_set_new(j, "jobs", jobs ? json_incref(jobs) : json_array());
    json_object_set_new(j, "pretend", json_boolean(node->pretend));
    return j;
}

static void send_nodes(void *context)
{
    struct question *question = context;
    struct mz_daemon *daemon = question->daemon;
    struct mz_map *jobs;
    json_t *list;

    if (!question->ticket) {
        end_question(question);
        return;
    }
    jobs = mz_map_create();
    list = json_array();
    index_jobs(daemon, jobs);
    for (int32_t n = 0; n < question->node_count; n++) {
        const struct mz_planner_node *node = &question->nodes[n];

        if (!question->partner[0] ||
            strcmp(question->partner, daemon->partner_names[node->partner]) == 0)
            json_array_append_new(list,
                node_json(question, node,
                    mz_map_get(jobs, mz_map_key((uint64_t)node->partner, node->name))));
    }
    for (size_t i = 0; i < mz_map_places(jobs); i++) {
        if (mz_map_at(jobs, i))
            json_decref(mz_map_at(jobs, i));
    }
    mz_map_free(jobs);
    mz_api_send(question->ticket->request, 200, "mizan.nodes/1", list, NULL);
    end_question(question);
}

void mz_api_nodes(struct mz_daemon *daemon, struct mz_http_request *request)
{
    const char *partner = mz_http_request_query(request, "partner");
    struct question *question;
    struct mz_caller caller;

    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        return;
    if (partner && *partner && mz_core_find_partner(daemon->core, partner) < 0) {
        mz_api_problem(request, 404, "M0602", "there is no partner '%.80s'", partner);
        return;
    }
    question = new_question(daemon, request);
    question->partner = mz_arena_strdup(question->arena, partner ? partner : "");
    mz_planner_thread_ask(daemon->planner, ask_nodes, send_nodes, question);
}

void mz_api_contracts(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct mz_caller caller;

    if (mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        mz_api_send(request, 200, "mizan.contracts/1", mz_json_contracts(daemon), NULL);
}

/* ---- why, and what would be ---- */

static void send_why(struct question *question, int64_t job, const char *state)
{
    json_t *data = question->why;

    question->why = NULL;
    json_object_set_new(data, "id", job ? json_integer(job) : json_null());
    json_object_set_new(data, "state", mz_api_text(state));
    mz_api_send(question->ticket->request, 200, "mizan.why/1", data, NULL);
}

/* Why a job is where it is, when the planner has nothing to say about it. */
static json_t *tell_state(struct mz_daemon *daemon, const struct mz_job_row *row)
{
    const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, row->id);
    struct mz_text text = { 0 };
    char waits[256];
    char when[32];
    json_t *data;

    mz_text_addf(&text, "Job %" PRId64 " '%s' is %s", row->id, row->name ? row->name : "",
        mz_run_state_name(row->state));
    if (attempt)
        mz_text_addf(&text, " at %s (%s), attempt %" PRId32, attempt->site ? attempt->site : "",
            attempt->nodes ? attempt->nodes : "", attempt->n);
    else if (mz_run_state_is_end(row->state))
        mz_text_addf(&text, " since %s", mz_clock_format(when, row->ended_us));
    mz_text_add(&text, ".\n");
    (void)mz_core_waits_for(daemon->core, row->id, waits, sizeof(waits));
    if (*waits)
        mz_text_addf(&text, "  It is not in the queue for a place: %s.\n", waits);
    if (row->note && *row->note)
        mz_text_addf(&text, "  Last note: %s.\n", row->note);
    if (row->state == MZ_RUN_UNKNOWN)
        mz_text_add(&text,
            "  Nothing is heard from it. It starts elsewhere only when its lease has run out, so\n"
            "  that it never runs twice.\n");
    if (row->state == MZ_RUN_PLACING)
        mz_text_add(
            &text, "  It was sent to the partner; its start permit has not been asked for.\n");
    data = mz_planner_why_text(mz_text_string(&text));
    mz_text_finish(&text);
    return data;
}

static void ask_why(struct mz_planner *planner, int64_t now_us, void *context)
{
    struct question *question = context;

    question->why = mz_planner_why(planner, now_us, question->job);
}

static void answer_why(void *context)
{
    struct question *question = context;
    const struct mz_job_row *row =
        question->ticket ? mz_core_job(question->daemon->core, question->job) : NULL;

    if (row && !question->why)
        question->why = tell_state(question->daemon, row);
    if (row)
        send_why(question, row->id, mz_run_state_name(row->state));
    else if (question->ticket)
        mz_api_problem(question->ticket->request, 404, "M0602", "the job is gone");
    end_question(question);
}

void mz_api_why(struct mz_daemon *daemon, struct mz_http_request *request, int64_t job)
{
    struct question *question = new_question(daemon, request);

    question->job = job;
    mz_planner_thread_ask(daemon->planner, ask_why, answer_why, question);
}

static void ask_preview(struct mz_planner *planner, int64_t now_us, void *context)
{
    struct question *question = context;

    question->why = mz_planner_preview(planner, now_us, question->need, question->name);
}

static void answer_preview(void *context)
{
    struct question *question = context;

    if (question->ticket)
        send_why(question, 0, "preview");
    end_question(question);
}

void mz_api_preview(struct mz_daemon *daemon, struct mz_http_request *request)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_need *need = NULL;
    struct mz_error err = { MZ_OK, "" };
    struct question *question;
    struct mz_caller caller;
    size_t length;
    const char *body = mz_http_request_body(request, &length);
    enum mz_status status;

    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller)) {
        mz_arena_free(arena);
        return;
    }
    status = mz_jobfile_read_json(arena, body, length, &spec, &err);
    if (status == MZ_OK)
        status = mz_jobfile_check(&spec, &err);
    if (status == MZ_OK)
        status = mz_need_from_spec(
            NULL, &spec, daemon->partner_names, daemon->scenario->partner_count, &need, &err);
    if (status != MZ_OK) {
        mz_api_problem(request, 422, "M0606", "%s", err.text);
    } else {
        question = new_question(daemon, request);
        question->need = need;
        for (int32_t c = 0; c < need->chip_count; c++)
            need->chips_wanted[c] = mz_arena_strdup(question->arena, need->chips_wanted[c]);
        question->name = mz_arena_strdup(question->arena, spec.name ? spec.name : "job");
        mz_planner_thread_ask(daemon->planner, ask_preview, answer_preview, question);
    }
    mz_arena_free(arena);
}
