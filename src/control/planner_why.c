/* planner_why.c - why a job waits, where one would go, what the fleet looks like
 *
 * A question about a job that is not there enters it into the engine, asks, and takes it out again:
 * without a step in between nothing is decided by it. */
#include "control/planner_impl.h"

#include "control/clock.h"
#include "place/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct plan_job *job_of(const struct mz_planner *planner, int32_t engine_job)
{
    return engine_job < planner->engine_capacity ? planner->engine_jobs[engine_job] : NULL;
}

static int64_t job_number(void *context, int32_t engine_job)
{
    const struct plan_job *job = job_of(context, engine_job);

    return job ? job->id : -1;
}

static const char *job_name(void *context, int32_t engine_job)
{
    static _Thread_local char name[160];
    struct mz_planner *planner = context;
    const struct plan_job *job = job_of(planner, engine_job);

    if (job)
        return job->name;
    for (int32_t u = 0; u < planner->use_count; u++) {
        if (planner->uses[u].engine_job != engine_job)
            continue;
        (void)snprintf(name, sizeof(name), "%s's own job %s",
            planner->scenario->partners[planner->uses[u].partner].name, planner->uses[u].job);
        return name;
    }
    return "another job";
}

static json_t *time_or_null(int64_t us)
{
    char text[32];

    return us > 0 && us < MZ_TIME_NEVER ? json_string(mz_clock_format(text, us)) : json_null();
}

static int64_t used_by_others(const struct mz_planner *planner, int32_t pool)
{
    int64_t chips = 0;

    for (int32_t u = 0; u < planner->use_count; u++) {
        int32_t node =
            mz_planner_find_node(planner, planner->uses[u].partner, planner->uses[u].node);

        if (node >= 0 && planner->fleet->node_pool[node] == pool &&
            planner->uses[u].engine_job >= 0)
            chips += planner->uses[u].chips;
    }
    return chips;
}

static json_t *place_json(struct mz_planner *planner, const struct mz_why_place *place,
    const struct mz_request *request, int64_t now_us)
{
    const struct mz_fleet *fleet = planner->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[place->pool];
    const struct mz_fleet_site *site = &fleet->sites[pool->site];
    const struct mz_shape *shape = mz_engine_shape_at(planner->engine, request->shape);
    json_t *json = json_object();
    int32_t contract = -1;
    int64_t money = 0;
    bool has_contract;

    has_contract =
        mz_contracts_pick(planner->contracts, place->pool, (int64_t)shape->chips * MZ_MILLI,
            request->estimate_us > 0 ? request->estimate_us : planner->policy.estimate_default_us,
            now_us, &contract, &money);
    json_object_set_new(
        json, "partner", json_string(planner->scenario->partners[site->partner].name));
    json_object_set_new(json, "site", json_string(site->name));
    json_object_set_new(json, "chip", json_string(fleet->chip_names[pool->chip]));
    json_object_set_new(json, "free_chips", json_integer(place->free_chips));
    json_object_set_new(json, "need_chips", json_integer(place->need_chips));
    json_object_set_new(
        json, "used_by_others_chips", json_integer(used_by_others(planner, place->pool)));
    json_object_set_new(json, "why",
        place->why == MZ_WHY_QUEUE ? json_null() : json_string(mz_why_name(place->why)));
    json_object_set_new(json, "frees_at", time_or_null(place->frees_us));
    json_object_set_new(json, "contract",
        has_contract && contract >= 0 ? json_string(planner->contracts->contracts[contract].name)
                                      : json_null());
    json_object_set_new(json, "price_usd_per_chip_hour",
        has_contract && contract >= 0
            ? json_real(
                  (double)planner->contracts->contracts[contract].price_micro_per_chip_hour / 1e6)
            : json_null());
    json_object_set_new(
        json, "cost_usd", has_contract ? json_real((double)money / 1e6) : json_null());
    return json;
}

/* What others hold is not in the engine's words: a line for each partner where they do. */
static void add_others(struct mz_planner *planner, struct mz_text *text)
{
    for (int32_t p = 0; p < planner->partner_count; p++) {
        int32_t jobs = 0;
        int64_t chips = 0;

        for (int32_t u = 0; u < planner->use_count; u++) {
            if (planner->uses[u].partner == p && planner->uses[u].engine_job >= 0) {
                jobs++;
                chips += planner->uses[u].chips;
            }
        }
        if (jobs > 0)
            mz_text_addf(text, "  At %s other users hold %" PRId64 " chip%s (%" PRId32 " job%s).\n",
                planner->scenario->partners[p].name, chips, chips == 1 ? "" : "s", jobs,
                jobs == 1 ? "" : "s");
    }
}

static json_t *answer_json(
    struct mz_planner *planner, int64_t now_us, int32_t engine_job, bool is_preview)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_why_names names = { job_name, job_number, planner };
    struct mz_why_answer answer = mz_engine_why(planner->engine, arena, engine_job, now_us);
    struct mz_request request = mz_engine_job(planner->engine, engine_job).request;
    struct mz_text text = { 0 };
    json_t *places = json_array();
    bool chosen = false;
    json_t *data;

    mz_why_write(planner->engine, &answer, &names, now_us, &text);
    add_others(planner, &text);
    for (int32_t i = 0; i < answer.place_count; i++) {
        json_t *place = place_json(planner, &answer.places[i], &request, now_us);
        bool fits = answer.places[i].why == MZ_WHY_QUEUE;

        json_object_set_new(place, "is_chosen", json_boolean(fits && !chosen));
        chosen = chosen || fits;
        json_array_append_new(places, place);
    }
    data = mz_planner_why_text(mz_text_string(&text));
    json_object_set_new(data, "expected_start_at", time_or_null(answer.start_us));
    json_object_set_new(data, "is_promised", json_boolean(answer.is_promised));
    json_object_set_new(
        data, "position", is_preview ? json_null() : json_integer(answer.position + 1));
    json_object_set_new(data, "waiting", json_integer(answer.waiting_count - is_preview));
    json_object_set_new(data, "places", places);
    mz_text_finish(&text);
    mz_arena_free(arena);
    return data;
}

json_t *mz_planner_why_text(const char *text)
{
    json_t *data = json_object();
    json_t *line = json_string(text);

    json_object_set_new(data, "text", line ? line : json_string("?")); /* not UTF-8 */
    json_object_set_new(data, "expected_start_at", json_null());
    json_object_set_new(data, "is_promised", json_false());
    json_object_set_new(data, "position", json_null());
    json_object_set_new(data, "waiting", json_integer(0));
    json_object_set_new(data, "places", json_array());
    return data;
}

/* Why not even a request can be made of it; NULL: one can. */
static json_t *refuse_json(
    struct mz_planner *planner, const struct plan_job *job, struct mz_request *ret_request)
{
    struct mz_error err = { MZ_OK, "" };
    char reason[MZ_ERROR_TEXT_MAX + 64];

    if (!planner->engine)
        return mz_planner_why_text("No node of any partner is known yet.");
    if (mz_planner_request(planner, job, ret_request, &err) == MZ_OK)
        return NULL;
    (void)snprintf(reason, sizeof(reason), "As the fleet stands it cannot run: %s.", err.text);
    return mz_planner_why_text(reason);
}

json_t *mz_planner_why(struct mz_planner *planner, int64_t now_us, int64_t id)
{
    struct plan_job *job = mz_map_get(planner->jobs, (uint64_t)id);
    struct mz_request request;

    if (planner->is_stale)
        mz_planner_rebuild(planner, now_us);
    if (!job || job->state != PLAN_JOB_WAITS)
        return NULL;
    if (job->engine_job >= 0)
        return answer_json(planner, now_us, job->engine_job, false);
    return refuse_json(planner, job, &request);
}

json_t *mz_planner_preview(
    struct mz_planner *planner, int64_t now_us, const struct mz_need *need, const char *name)
{
    struct plan_job job = { .id = INT64_MAX,
        .name = (char *)name,
        .need = *need,
        .partner_mask = need->partner_mask,
        .priority = 50,
        .submitted_us = now_us,
        .engine_job = -1 };
    struct mz_request request;
    int32_t engine_job;
    json_t *data;

    if (planner->is_stale)
        mz_planner_rebuild(planner, now_us);
    data = refuse_json(planner, &job, &request);
    if (data)
        return data;
    engine_job = mz_engine_submit(planner->engine, now_us, &request);
    mz_planner_note_engine_job(planner, engine_job, &job);
    data = answer_json(planner, now_us, engine_job, true);
    mz_engine_end(planner->engine, now_us, engine_job);
    planner->engine_jobs[engine_job] = NULL;
    return data;
}

static struct mz_planner_node node_of(
    const struct mz_planner *planner, struct mz_arena *arena, int32_t n)
{
    const struct mz_fleet *fleet = planner->fleet;
    const struct mz_fleet_site *site = &fleet->sites[mz_fleet_site_of(fleet, n)];
    const struct plan_partner *partner = &planner->partners[site->partner];
    int32_t found = n - partner->first_node;
    const char *reason = NULL;
    char name[MZ_NODE_NAME_MAX];

    if (partner->finds_nodes && found < partner->node_count)
        reason = partner->nodes[found].reason;
    return (struct mz_planner_node){ .partner = site->partner,
        .site = mz_arena_strdup(arena, site->name),
        .name = mz_arena_strdup(arena, mz_fleet_node_name(fleet, n, name)),
        .state = (enum mz_node_state)fleet->node_state[n],
        .reason = mz_arena_strdup(arena, reason ? reason : ""),
        .chip = mz_arena_strdup(arena, fleet->chip_names[fleet->pools[fleet->node_pool[n]].chip]),
        .chips = fleet->node_chips[n],
        .chips_free = mz_fleet_whole_free(fleet, n),
        .pretend = site->pretend };
}

const struct mz_planner_node *mz_planner_nodes(
    const struct mz_planner *planner, struct mz_arena *arena, int32_t *ret_count)
{
    int32_t count = planner->fleet ? planner->fleet->node_count : 0;
    struct mz_planner_node *nodes = mz_arena_alloc(arena, (size_t)count + 1, sizeof(*nodes));

    for (int32_t n = 0; n < count; n++)
        nodes[n] = node_of(planner, arena, n);
    for (int32_t u = 0; u < planner->use_count; u++) {
        const struct plan_use *use = &planner->uses[u];
        int32_t n = mz_planner_find_node(planner, use->partner, use->node);

        if (n >= 0 && use->engine_job >= 0)
            nodes[n].chips_others += use->chips;
    }
    *ret_count = count;
    return nodes;
}
