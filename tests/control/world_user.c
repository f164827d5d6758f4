/* world_user.c - users, and whatever makes faults happen
 *
 * Users submit for the first part of a world, some with a key, and ask again with the same key when
 * the answer did not come. They cancel, hold, move and drain at random. What they left closed is
 * opened when the world calms down. */
#include "world_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBMITS_UNTIL_US (600 * SECOND)

enum user_kind {
    USER_SUBMIT,
    USER_CANCEL,
    USER_HOLD,
    USER_RELEASE,
    USER_MOVE,
    USER_PRIORITY,
    USER_DRAIN,
    USER_RESUME,
    USER_KINDS
};

static const struct mz_caller caller = {
    .uid = 1000, .name = "alice", .is_operator = true, .actor = "uid 1000"
};

/* ---- submit ---- */

static void submit(struct world *w, int64_t s, int64_t b, void *data);

static void make_spec(struct world *w, int32_t s)
{
    static const int64_t leases[] = { 20, 40, 90 };
    struct world_spec *spec = &w->specs[s];

    *spec = (struct world_spec){ .nodes =
                                     world_chance(w, 300) ? (int32_t)world_between(w, 2, 3) : 1,
        .chips_per_node = (int32_t)world_between(w, 1, NODE_CHIPS),
        .priority = (int32_t)world_between(w, 0, 3),
        .lease_us = leases[world_below(w, 3)] * SECOND,
        .stop_us = world_between(w, 1, 12) * SECOND,
        .work_us = world_between(w, 1, world_chance(w, 200) ? 300 : 60) * SECOND,
        .fails_permille = world_chance(w, 200) ? 400 : 0,
        .restart_on_failure = world_chance(w, 400),
        .preemptible = world_chance(w, 700),
        .is_held = world_chance(w, 50),
        .max_restarts = (int32_t)world_between(w, 0, 6),
        .on_loss = (enum mz_partner_loss)world_below(w, 3),
        .partner_mask = world_chance(w, 300) ? (uint64_t)world_between(w, 1, 7) : ~UINT64_C(0) };
    if (world_chance(w, 150)) {
        spec->array_count = (int32_t)world_between(w, 2, 5);
        spec->array_parallel = (int32_t)world_below(w, 3);
    }
    if (world_chance(w, 200) && w->newest_job > 0) {
        spec->dependency_count = (int32_t)world_between(w, 1, 2);
        for (int32_t d = 0; d < spec->dependency_count; d++)
            spec->dependencies[d] =
                (struct mz_dependency){ .kind = (enum mz_dependency_kind)world_below(w, 3),
                    .job = world_between(w, 1, w->newest_job) };
    }
    if (world_chance(w, 500))
        (void)snprintf(spec->key, sizeof(spec->key), "1000:key-%" PRId32, s);
}

/* As the API does: a key of the journal is answered from there. */
static bool answer_from_journal(struct world *w, int32_t s)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_key_row *row = NULL;
    bool is_known;

    (void)mz_store_key(w->store, arena, w->specs[s].key, &row, NULL);
    is_known = row != NULL;
    if (row) {
        w->sums.repeated_keys++;
        if (w->specs[s].job != 0 && row->job != w->specs[s].job)
            world_fail(w, "key '%s' is of job %" PRId64 " now, and was of %" PRId64, row->key,
                row->job, w->specs[s].job);
        w->specs[s].job = row->job;
        world_check_accepted(w, row->job, row->job_count);
    }
    mz_arena_free(arena);
    return is_known;
}

static void submit_to_core(struct world *w, int32_t s)
{
    static const int32_t indices[] = { 0, 1, 2, 3, 4 };
    const struct world_spec *spec = &w->specs[s];
    struct world_ticket *ticket = world_ticket_new(w, TICKET_USER);
    char json[16];
    struct mz_core_submit request = { .spec_json = json,
        .name = "job",
        .team = "",
        .priority = spec->priority,
        .is_held = spec->is_held,
        .need = world_need(w, s),
        .array_count = spec->array_count,
        .array_indices = indices };

    (void)snprintf(json, sizeof(json), "%" PRId32, s);
    ticket->use = USER_SUBMIT;
    ticket->spec = s;
    world_begin_turn(w);
    mz_core_submit(w->core, &caller, &request, 1, spec->key[0] ? spec->key : NULL,
        spec->key[0] ? "hash" : NULL, ticket);
    world_end_turn(w);
}

static void submit(struct world *w, int64_t s, int64_t b, void *data)
{
    (void)b;
    (void)data;
    if (!w->core) {
        world_later(w, world_between(w, 100000, 3 * SECOND), submit, s, 0, NULL);
        return;
    }
    if (w->specs[s].nodes == 0)
        make_spec(w, (int32_t)s);
    if (w->specs[s].key[0] == '\0' || !answer_from_journal(w, (int32_t)s))
        submit_to_core(w, (int32_t)s);
    if (w->specs[s].key[0] && world_fault(w, 100)) /* impatient */
        world_later(w, world_between(w, 0, 5000), submit, s, 0, NULL);
}

static void submitted(
    struct world *w, const struct world_ticket *ticket, const struct mz_core_answer *answer)
{
    struct world_spec *spec = &w->specs[ticket->spec];

    if (!answer) { /* the daemon is gone; with a key it is safe to ask again */
        if (spec->key[0])
            world_later(w, world_between(w, 1000, 3 * SECOND), submit, ticket->spec, 0, NULL);
        return;
    }
    if (answer->result != MZ_CORE_OK) {
        if (answer->result != MZ_CORE_INVALID || spec->dependency_count == 0)
            world_fail(w, "a submit was answered %d: %s", (int)answer->result, answer->text);
        return;
    }
    if (spec->job != 0 && spec->job != answer->job)
        world_fail(w, "key '%s' was answered with jobs %" PRId64 " and %" PRId64, spec->key,
            spec->job, answer->job);
    spec->job = answer->job;
    w->sums.repeated_keys += answer->is_repeated;
    if (answer->job_count != (spec->array_count > 0 ? spec->array_count : 1))
        world_fail(w, "a submit of %" PRId32 " jobs was answered with %" PRId32, spec->array_count,
            answer->job_count);
    world_check_accepted(w, answer->job, answer->job_count);
    if (spec->key[0] && world_fault(w, 100)) /* the answer got lost */
        world_later(w, world_between(w, 1000, 5 * SECOND), submit, ticket->spec, 0, NULL);
}

/* ---- everything else ---- */

static void ask(struct world *w, enum user_kind kind, int64_t job, int32_t p, bool whole)
{
    struct world_ticket *ticket = world_ticket_new(w, TICKET_USER);
    char place[48];

    ticket->use = (int32_t)kind;
    ticket->job = job;
    (void)snprintf(place, sizeof(place), "%s%s%s", w->partners[p].name, whole ? "" : "/",
        whole ? "" : w->partners[p].nodes[job % NODES].name);
    world_say(w, "user: request %d, job %" PRId64 ", '%s'", (int)kind, job, place);
    world_begin_turn(w);
    switch (kind) {
    case USER_CANCEL: mz_core_cancel(w->core, &caller, job, ticket); break;
    case USER_HOLD: mz_core_hold(w->core, &caller, job, ticket); break;
    case USER_RELEASE: mz_core_release(w->core, &caller, job, ticket); break;
    case USER_MOVE:
        mz_core_move(w->core, &caller, job, whole ? "" : w->partners[p].name, ticket);
        break;
    case USER_PRIORITY: mz_core_set_priority(w->core, &caller, job, p, ticket); break;
    case USER_DRAIN: mz_core_drain(w->core, &caller, place, world_chance(w, 500), ticket); break;
    case USER_RESUME: mz_core_resume(w->core, &caller, place, ticket); break;
    case USER_SUBMIT:
    case USER_KINDS: break;
    }
    world_end_turn(w);
}

void world_user_answer(
    struct world *w, const struct world_ticket *ticket, const struct mz_core_answer *answer)
{
    if (ticket->use == USER_SUBMIT)
        submitted(w, ticket, answer);
    else if (ticket->use == USER_CANCEL && answer && answer->result == MZ_CORE_OK)
        world_check_cancel(w, ticket->job);
}

static void meddle(struct world *w, int64_t a, int64_t b, void *data)
{
    static const enum user_kind kinds[] = { USER_CANCEL, USER_HOLD, USER_RELEASE, USER_RELEASE,
        USER_MOVE, USER_PRIORITY, USER_PRIORITY, USER_DRAIN, USER_RESUME, USER_RESUME };
    int64_t job = w->newest_job > 0 ? world_between(w, 1, w->newest_job) : 1;

    (void)a;
    (void)b;
    (void)data;
    if (w->is_calm)
        return;
    if (w->core)
        ask(w, kinds[world_below(w, 10)], job, (int32_t)world_below(w, PARTNERS),
            world_chance(w, 300));
    world_later(w, world_between(w, SECOND, 30 * SECOND), meddle, 0, 0, NULL);
}

/* ---- faults ---- */

static void partner_back(struct world *w, int64_t p, int64_t b, void *data)
{
    (void)b;
    (void)data;
    w->partners[p].is_silent = false;
    w->partners[p].shims_are_cut = false;
    world_say(w, "%s: answers again", w->partners[p].name);
}

static void fall_silent(struct world *w, int32_t p)
{
    int64_t for_us = world_between(w, SECOND, 180 * SECOND);

    if (w->partners[p].is_silent)
        return;
    w->partners[p].is_silent = true;
    w->partners[p].shims_are_cut = world_chance(w, 500);
    w->sums.outages++;
    world_say(w, "%s: is silent%s for %.0f s", w->partners[p].name,
        w->partners[p].shims_are_cut ? ", with its nodes," : "", (double)for_us / 1e6);
    world_later(w, for_us, partner_back, p, 0, NULL);
}

static void reconnect(struct world *w, int64_t shim, int64_t b, void *data)
{
    (void)b;
    (void)data;
    w->shims[shim].is_cut = false;
}

static void hurt_shim(struct world *w)
{
    int32_t s = (int32_t)world_below(w, w->shim_count);
    struct world_shim *shim = &w->shims[s];

    for (int32_t i = 0; i < 20 && shim->state == SHIM_GONE; i++) { /* one that lives */
        s = (int32_t)world_below(w, w->shim_count);
        shim = &w->shims[s];
    }
    switch (world_below(w, 3)) {
    case 0: world_shim_kill(w, s); break;
    case 1: world_shim_freeze(w, s, world_between(w, SECOND, 120 * SECOND)); break;
    case 2:
        shim->is_cut = true;
        world_later(w, world_between(w, SECOND, 100 * SECOND), reconnect, s, 0, NULL);
        break;
    }
}

static void harm(struct world *w, int64_t a, int64_t b, void *data)
{
    int32_t p = (int32_t)world_below(w, PARTNERS);

    (void)a;
    (void)b;
    (void)data;
    if (w->is_calm)
        return;
    switch (world_below(w, 9)) {
    case 0:
        world_crash(w,
            world_chance(w, 700) ? world_between(w, 1000, 3 * SECOND)
                                 : world_between(w, 0, 90 * SECOND));
        break;
    case 1: fall_silent(w, p); break;
    case 2:
        if (p != 0)
            world_lose_memory(w, p);
        break;
    case 3:
        world_lose_node(w, p, (int32_t)world_below(w, NODES), p != 0 && world_chance(w, 400));
        break;
    case 4: /* the clock on the wall is set */
        w->wall_us += world_between(w, -3600 * SECOND, 3600 * SECOND);
        break;
    case 5:
        if (p != 0)
            world_drain_node(w, p);
        break;
    default:
        if (w->shim_count > 0)
            hurt_shim(w);
        break;
    }
    world_later(w, world_between(w, SECOND, 40 * SECOND), harm, 0, 0, NULL);
}

/* ---- calm ---- */

static void open_all(struct world *w, int64_t a, int64_t b, void *data)
{
    (void)a;
    (void)b;
    (void)data;
    if (!w->core) {
        world_later(w, SECOND, open_all, 0, 0, NULL);
        return;
    }
    for (int32_t p = 0; p < PARTNERS; p++) {
        ask(w, USER_RESUME, 0, p, true);
        for (int32_t n = 0; n < NODES; n++)
            ask(w, USER_RESUME, n, p, false);
    }
    for (int64_t job = 1; job <= w->newest_job; job++) {
        if (w->jobs[job].id && !mz_run_state_is_end(w->jobs[job].state))
            ask(w, USER_RELEASE, job, 0, false);
    }
}

void world_calm(struct world *w)
{
    world_say(w, "all faults end");
    w->is_calm = true;
    for (int32_t p = 0; p < PARTNERS; p++)
        partner_back(w, p, 0, NULL);
    for (int32_t s = 0; s < w->shim_count; s++) {
        w->shims[s].is_cut = false;
        if (w->shims[s].never_starts)
            world_shim_kill(w, s);
    }
    world_later(w, 100 * SECOND, open_all, 0, 0, NULL); /* when the daemon is surely there */
}

void world_users_make(struct world *w)
{
    int32_t count = (int32_t)world_between(w, 10, 30);

    for (int32_t s = 0; s < count; s++)
        world_later(w, world_below(w, SUBMITS_UNTIL_US), submit, s, 0, NULL);
    w->spec_count = count;
    world_later(w, 5 * SECOND, meddle, 0, 0, NULL);
    world_later(w, 20 * SECOND, harm, 0, 0, NULL);
}
