/* test_planner.c - what the planner makes of what it is told
 *
 * Without threads and sockets: messages go in as the core sends them, decisions and answers come
 * out. Three partners: the nodes of alpha and beta are found, those of own stand in the file. */
#include "control/planner.h"

#include "place/fleet.h"
#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { ALPHA, BETA, OWN };
enum { NODES_MAX = 4, DECISIONS_MAX = 16 };

#define HOUR_US INT64_C(3600000000)
#define JUNE_2026_US (INT64_C(1780272000) * 1000000)

static const char fleet[] =
    "mizan: 1\n"
    "partners:\n"
    "  alpha: {driver: fake}\n"
    "  beta: {driver: fake}\n"
    "  own: {driver: fake}\n"
    "sites:\n"
    "  own/lab: {nodes: 2, chips_per_node: 8, chip: h100-sxm, pretend: true}\n"
    "contracts:\n"
    "  alpha-paid: {partner: alpha, kind: committed, commit: 1k USD, price: 4 USD/chip-hour, "
    "start: 2026-01, end: 2035-12}\n"
    "  beta-list: {partner: beta, kind: on-demand, price: 3 USD/chip-hour}\n";

struct decision { /* a copy */
    enum mz_plan_decision_kind kind;
    int64_t job;
    int64_t wait;
    int32_t partner;
    int32_t chips;
    int64_t price_micro;
    const char *nodes;
    const char *contract;
    const char *chip;
};

struct stage {
    struct mz_arena *arena;
    struct mz_catalogue catalogue;
    struct mz_planner *planner;
    int64_t now_us;
    int64_t wait;
    struct decision decisions[DECISIONS_MAX]; /* of the last step */
    int32_t decision_count;
};

static int setup(void **state)
{
    static const bool finds_nodes[] = { true, true, false };
    struct stage *s = mz_xcalloc(1, sizeof(*s));
    struct mz_source source = { "fleet.yaml", fleet, sizeof(fleet) - 1 };
    struct mz_planner_setup planner = { .finds_nodes = finds_nodes, .cores = 4, .host = "here" };
    struct mz_diags diags;
    struct mz_error err = { MZ_OK, "" };

    s->arena = mz_arena_create();
    s->now_us = JUNE_2026_US;
    mz_diags_init(&diags, s->arena);
    assert_int_equal(mz_catalogue_open(s->arena, &s->catalogue, &err), MZ_OK);
    assert_int_equal(
        mz_scenario_load(s->arena, &source, &s->catalogue, NULL, 0, &diags, &planner.scenario),
        MZ_OK);
    planner.catalogue = &s->catalogue;
    assert_int_equal(mz_planner_create(&planner, &s->planner, &err), MZ_OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;

    mz_planner_free(s->planner);
    mz_arena_free(s->arena);
    free(s);
    return 0;
}

/* ---- what it is told ---- */

static void tell(struct stage *s, const struct mz_plan_message *message)
{
    mz_planner_tell(s->planner, s->now_us, message);
}

static struct mz_remote_node node(const char *name)
{
    return (struct mz_remote_node){
        .name = name, .is_up = true, .chips = 8, .chip = "h100", .cpus = 96, .reason = ""
    };
}

static void tell_nodes(
    struct stage *s, int32_t partner, const struct mz_remote_node *nodes, int32_t count)
{
    tell(s,
        &(struct mz_plan_message){
            .kind = MZ_PLAN_NODES, .partner = partner, .nodes = nodes, .node_count = count });
}

/* Nodes of eight chips, up: "a1 a2". */
static void tell_names(struct stage *s, int32_t partner, const char *names)
{
    struct mz_remote_node nodes[NODES_MAX];
    int32_t count = 0;

    for (char *at = strtok(mz_arena_strdup(s->arena, names), " "); at; at = strtok(NULL, " "))
        nodes[count++] = node(at);
    tell_nodes(s, partner, nodes, count);
}

static void tell_uses(
    struct stage *s, int32_t partner, const struct mz_remote_use *uses, int32_t count)
{
    tell(s,
        &(struct mz_plan_message){
            .kind = MZ_PLAN_USES, .partner = partner, .uses = uses, .use_count = count });
}

static struct mz_need need_of(int32_t chips, uint64_t partner_mask)
{
    return (struct mz_need){ .chips = chips,
        .required = MZ_LEVEL_PARTNER,
        .preferred = MZ_LEVEL_NODE,
        .partner_mask = partner_mask,
        .max_price_micro = -1,
        .time_us = HOUR_US };
}

static struct mz_plan_message about(struct stage *s, int64_t job, const struct mz_need *need)
{
    return (struct mz_plan_message){ .kind = MZ_PLAN_WAIT,
        .job = job,
        .wait = ++s->wait,
        .job_name = "train",
        .need = need,
        .partner_mask = need->partner_mask,
        .team = "",
        .priority = 50,
        .submitted_us = s->now_us };
}

#define AT(partner) (UINT64_C(1) << (partner))

static void tell_wait(struct stage *s, int64_t job, int32_t chips, uint64_t partner_mask)
{
    struct mz_need need = need_of(chips, partner_mask);
    struct mz_plan_message message = about(s, job, &need);

    tell(s, &message);
}

static void tell_end(struct stage *s, int64_t job)
{
    tell(s, &(struct mz_plan_message){ .kind = MZ_PLAN_END, .job = job });
}

static void tell_partner(struct stage *s, int32_t partner, enum mz_node_state state)
{
    tell(s,
        &(struct mz_plan_message){ .kind = MZ_PLAN_PARTNER, .partner = partner, .state = state });
}

static void tell_cordon(
    struct stage *s, int32_t partner, const char *name, enum mz_node_state state)
{
    tell(s,
        &(struct mz_plan_message){
            .kind = MZ_PLAN_NODE, .partner = partner, .node = name, .state = state });
}

static void tell_spent(struct stage *s, const char *contract, int64_t usd)
{
    tell(s,
        &(struct mz_plan_message){
            .kind = MZ_PLAN_SPENT, .contract = contract, .spent_micro = usd * 1000000 });
}

/* ---- what it says ---- */

static const char *kept(struct stage *s, const char *text)
{
    return mz_arena_strdup(s->arena, text ? text : "");
}

static void keep_decision(void *context, const struct mz_plan_decision *decision)
{
    struct stage *s = context;

    assert_true(s->decision_count < DECISIONS_MAX);
    s->decisions[s->decision_count++] = (struct decision){ .kind = decision->kind,
        .job = decision->job,
        .wait = decision->wait,
        .partner = decision->partner,
        .chips = decision->chips,
        .price_micro = decision->price_micro_per_chip_hour,
        .nodes = kept(s, decision->nodes),
        .contract = kept(s, decision->contract),
        .chip = kept(s, decision->chip) };
}

/* A step, and what it decided about the job; NULL: nothing of that kind. */
static const struct decision *decided(struct stage *s, enum mz_plan_decision_kind kind, int64_t job)
{
    s->decision_count = 0;
    mz_planner_step(s->planner, s->now_us, keep_decision, s);
    for (int32_t d = 0; d < s->decision_count; d++) {
        if (s->decisions[d].kind == kind && s->decisions[d].job == job)
            return &s->decisions[d];
    }
    return NULL;
}

static const struct decision *start_of(struct stage *s, int64_t job)
{
    return decided(s, MZ_PLAN_START, job);
}

static void assert_starts(struct stage *s, int64_t job, int32_t partner, const char *nodes)
{
    const struct decision *start = start_of(s, job);

    assert_non_null(start);
    assert_int_equal(start->partner, partner);
    assert_string_equal(start->nodes, nodes);
}

static struct mz_planner_node node_at(struct stage *s, int32_t partner, const char *name)
{
    int32_t count;
    const struct mz_planner_node *nodes = mz_planner_nodes(s->planner, s->arena, &count);
    int32_t n = 0;

    while (n < count && (nodes[n].partner != partner || strcmp(nodes[n].name, name) != 0))
        n++;
    if (n == count)
        fail_msg("there is no node %s", name);
    return nodes[n];
}

static void assert_chips(
    struct stage *s, int32_t partner, const char *name, int32_t free, int32_t others)
{
    struct mz_planner_node found = node_at(s, partner, name);

    assert_int_equal(found.chips_free, free);
    assert_int_equal(found.chips_others, others);
}

/* The place of a partner in an answer; borrowed. */
static json_t *place_at(json_t *why, const char *partner)
{
    size_t i;
    json_t *place;

    json_array_foreach(json_object_get(why, "places"), i, place)
    {
        if (strcmp(json_string_value(json_object_get(place, "partner")), partner) == 0)
            return place;
    }
    fail_msg("the answer has no place at %s", partner);
    return NULL;
}

static void assert_why(json_t *why, const char *partner, const char *reason)
{
    const char *said = json_string_value(json_object_get(place_at(why, partner), "why"));

    assert_string_equal(said ? said : "fits", reason);
}

/* What a job of eight chips for an hour would cost there now. */
static double cost_usd(struct stage *s, const char *partner)
{
    struct mz_need need = need_of(8, AT(ALPHA) | AT(BETA));
    json_t *why = mz_planner_preview(s->planner, s->now_us, &need, "one");
    double usd = json_number_value(json_object_get(place_at(why, partner), "cost_usd"));

    json_decref(why);
    return usd;
}

/* ---- the use of others ---- */

static void what_others_use_is_not_given_away(void **state)
{
    static const struct mz_remote_use bobs[] = { { .node = "a1", .job = "7 of bob", .chips = 6 } };
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1");
    tell_uses(s, ALPHA, bobs, 1);
    tell_wait(s, 1, 4, AT(ALPHA));
    assert_null(start_of(s, 1));
    assert_chips(s, ALPHA, "a1", 2, 6);
    tell_uses(s, ALPHA, NULL, 0);
    assert_starts(s, 1, ALPHA, "a1");
    assert_chips(s, ALPHA, "a1", 4, 0);
}

static void a_list_of_uses_replaces_the_one_before_at_that_partner(void **state)
{
    static const struct mz_remote_use before[] = { { .node = "n", .job = "1", .chips = 2 },
        { .node = "n", .job = "2", .chips = 3 } };
    static const struct mz_remote_use after[] = { { .node = "n", .job = "2", .chips = 3 },
        { .node = "n", .job = "3", .chips = 1 } };
    struct stage *s = *state;

    tell_names(s, ALPHA, "n");
    tell_names(s, BETA, "n"); /* of the same name: another node */
    (void)start_of(s, 0);
    tell_uses(s, ALPHA, before, 2);
    tell_uses(s, BETA, before, 1);
    assert_chips(s, ALPHA, "n", 3, 5);
    assert_chips(s, BETA, "n", 6, 2);
    tell_uses(s, ALPHA, after, 2);
    assert_chips(s, ALPHA, "n", 4, 4);
    assert_chips(s, BETA, "n", 6, 2);
}

static void a_use_that_grows_or_shrinks_holds_what_it_has_now(void **state)
{
    static const int32_t chips[] = { 3, 7, 1 };
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1");
    (void)start_of(s, 0);
    for (int32_t i = 0; i < 3; i++) {
        tell_uses(
            s, ALPHA, &(struct mz_remote_use){ .node = "a1", .job = "7", .chips = chips[i] }, 1);
        assert_chips(s, ALPHA, "a1", 8 - chips[i], chips[i]);
    }
}

static void a_use_gets_the_rest_of_its_chips_when_ours_are_free(void **state)
{
    static const struct mz_remote_use bobs[] = { { .node = "a1", .job = "7", .chips = 6 } };
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1");
    tell_wait(s, 1, 4, AT(ALPHA));
    assert_starts(s, 1, ALPHA, "a1");
    tell_uses(s, ALPHA, bobs, 1); /* it has two of ours, whose end is not known here yet */
    assert_int_equal(node_at(s, ALPHA, "a1").chips_free, 0);
    tell_end(s, 1);
    tell_uses(s, ALPHA, bobs, 1);
    assert_chips(s, ALPHA, "a1", 2, 6);
}

static void cores_are_the_chips_of_a_node_without_any(void **state)
{
    static const struct mz_remote_use bobs[] = { { .node = "c1", .job = "7", .cpus = 12 } };
    struct mz_remote_node cores = { .name = "c1", .is_up = true, .chip = "", .cpus = 96 };
    struct stage *s = *state;

    tell_nodes(s, ALPHA, &cores, 1);
    tell_uses(s, ALPHA, bobs, 1);
    (void)start_of(s, 0);
    assert_string_equal(node_at(s, ALPHA, "c1").chip, "cpu");
    assert_chips(s, ALPHA, "c1", 64 - 12, 12); /* as many as one mask has */
}

/* ---- nodes ---- */

static void a_node_that_is_down_or_cordoned_takes_nothing(void **state)
{
    struct mz_remote_node nodes[] = { node("a1"), node("a2"), node("a3") };
    struct stage *s = *state;

    nodes[0].is_up = false;
    nodes[0].reason = "power";
    nodes[1].is_cordoned = true;
    tell_nodes(s, ALPHA, nodes, 3);
    tell_cordon(s, ALPHA, "a3", MZ_NODE_CORDONED);
    tell_wait(s, 1, 8, AT(ALPHA));
    assert_null(start_of(s, 1));
    assert_int_equal(node_at(s, ALPHA, "a1").state, MZ_NODE_DOWN);
    assert_string_equal(node_at(s, ALPHA, "a1").reason, "power");
    assert_int_equal(node_at(s, ALPHA, "a2").state, MZ_NODE_CORDONED);
    assert_int_equal(node_at(s, ALPHA, "a3").state, MZ_NODE_CORDONED);
    tell_cordon(s, ALPHA, "a3", MZ_NODE_UP);
    assert_starts(s, 1, ALPHA, "a3");
    nodes[1].is_cordoned = false;
    tell_nodes(s, ALPHA, nodes, 3);
    tell_wait(s, 2, 8, AT(ALPHA));
    assert_starts(s, 2, ALPHA, "a2");
    nodes[0].is_up = true;
    tell_nodes(s, ALPHA, nodes, 3);
    tell_wait(s, 3, 8, AT(ALPHA));
    assert_starts(s, 3, ALPHA, "a1");
}

static void a_node_that_goes_down_keeps_what_runs_on_it(void **state)
{
    struct mz_remote_node nodes[] = { node("a1"), node("a2") };
    struct stage *s = *state;

    tell_nodes(s, ALPHA, nodes, 2);
    tell_wait(s, 1, 8, AT(ALPHA));
    assert_starts(s, 1, ALPHA, "a1");
    nodes[0].is_up = false;
    tell_nodes(s, ALPHA, nodes, 2);
    tell_wait(s, 2, 8, AT(ALPHA));
    assert_starts(s, 2, ALPHA, "a2");
    assert_int_equal(s->decision_count, 1);
    assert_int_equal(node_at(s, ALPHA, "a1").chips_free, 0); /* whose end the core tells */
}

static void a_drained_partner_takes_nothing_and_keeps_what_runs(void **state)
{
    struct stage *s = *state;

    tell_wait(s, 1, 8, AT(OWN));
    assert_non_null(start_of(s, 1));
    tell_partner(s, OWN, MZ_NODE_CORDONED);
    tell_wait(s, 2, 8, AT(OWN));
    assert_null(start_of(s, 2));
    assert_null(decided(s, MZ_PLAN_STOP, 1));
    tell_partner(s, OWN, MZ_NODE_UP);
    assert_non_null(start_of(s, 2));
}

static void nodes_that_change_keep_what_runs_and_who_waits(void **state)
{
    static const struct mz_remote_use bobs[] = { { .node = "a2", .job = "7", .chips = 5 } };
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1 a2");
    tell_wait(s, 1, 8, AT(ALPHA));
    assert_starts(s, 1, ALPHA, "a1");
    tell_uses(s, ALPHA, bobs, 1);
    tell_wait(s, 2, 8, AT(ALPHA));
    assert_null(start_of(s, 2));
    tell_names(s, ALPHA, "a1 a2 a3");
    assert_starts(s, 2, ALPHA, "a3");
    assert_chips(s, ALPHA, "a1", 0, 0);
    assert_chips(s, ALPHA, "a2", 3, 5);
    tell_end(s, 1);
    assert_chips(s, ALPHA, "a1", 8, 0);
}

static void nodes_that_have_gone_are_not_asked_before_the_next_step(void **state)
{
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1 a2 a3 a4");
    (void)start_of(s, 0);
    tell_names(s, ALPHA, "a4");
    tell_names(s, ALPHA, "a4"); /* the same as before, but not as the fleet still has them */
    tell_partner(s, ALPHA, MZ_NODE_CORDONED);
    tell_wait(s, 1, 8, AT(ALPHA));
    assert_null(start_of(s, 1));
    tell_partner(s, ALPHA, MZ_NODE_UP);
    assert_starts(s, 1, ALPHA, "a4");
}

static void an_adopted_job_holds_the_parts_that_are_still_there(void **state)
{
    struct stage *s = *state;
    struct mz_need need = need_of(12, AT(ALPHA));
    struct mz_plan_message message = about(s, 1, &need);
    struct mz_attempt_row attempt = { .parts = "a1:f0 gone:ff", .contract = "alpha-paid" };

    message.kind = MZ_PLAN_ADOPT;
    message.partner = ALPHA;
    message.attempt = &attempt;
    message.start_us = s->now_us;
    tell_names(s, ALPHA, "a1");
    tell(s, &message);
    assert_null(start_of(s, 1));
    assert_chips(s, ALPHA, "a1", 4, 0);
    tell_end(s, 1);
    assert_chips(s, ALPHA, "a1", 8, 0);
}

/* ---- contracts ---- */

static void what_is_paid_already_is_drawn_before_what_is_cheaper(void **state)
{
    struct stage *s = *state;
    const struct decision *start;

    tell_names(s, ALPHA, "a1 a2");
    tell_names(s, BETA, "b1");
    tell_wait(s, 1, 8, AT(ALPHA) | AT(BETA));
    start = start_of(s, 1);
    assert_non_null(start);
    assert_string_equal(start->contract, "alpha-paid");
    assert_int_equal(start->price_micro, 4000000);
    tell_end(s, 1);
    assert_true(cost_usd(s, "alpha") == 0);
    assert_true(cost_usd(s, "beta") == 24);
    tell_spent(s, "alpha-paid", 990);
    assert_true(cost_usd(s, "alpha") == 22); /* 32, of which 10 are paid */
    tell_spent(s, "alpha-paid", 10);
    assert_true(cost_usd(s, "alpha") == 32);
    tell_wait(s, 2, 8, AT(ALPHA) | AT(BETA));
    start = start_of(s, 2);
    assert_non_null(start);
    assert_string_equal(start->contract, "beta-list");
    assert_int_equal(start->price_micro, 3000000);
}

static void what_runs_draws_on_the_commitment_over_a_change_of_nodes(void **state)
{
    struct stage *s = *state;
    struct mz_need need = need_of(8, AT(ALPHA) | AT(BETA));
    struct mz_plan_message message = about(s, 1, &need);

    need.time_us = 30 * HOUR_US; /* 960 USD of the 1000 */
    tell_names(s, ALPHA, "a1 a2");
    tell_names(s, BETA, "b1");
    tell(s, &message);
    assert_starts(s, 1, ALPHA, "a1");
    assert_true(cost_usd(s, "alpha") == 0);
    tell_wait(s, 2, 8, AT(ALPHA));
    assert_starts(s, 2, ALPHA, "a2");
    assert_true(cost_usd(s, "alpha") == 24); /* 992 are drawn */
    s->now_us += 30 * HOUR_US;
    tell_end(s, 1);
    tell_end(s, 2);
    tell_names(s, ALPHA, "a1 a2 a3");
    (void)start_of(s, 0);
    assert_true(cost_usd(s, "alpha") == 32); /* both ran 30 hours */
}

static void a_price_limit_keeps_a_job_from_dearer_partners(void **state)
{
    struct stage *s = *state;
    struct mz_need need = need_of(8, AT(ALPHA) | AT(BETA));
    struct mz_plan_message message = about(s, 1, &need);

    need.max_price_micro = 3500000;
    tell_names(s, ALPHA, "a1");
    tell_names(s, BETA, "b1");
    tell(s, &message);
    assert_starts(s, 1, BETA, "b1");
}

/* ---- decisions and answers ---- */

static void a_decision_names_the_message_that_it_rests_on(void **state)
{
    struct stage *s = *state;
    const struct decision *start;

    tell_names(s, ALPHA, "a1");
    tell_wait(s, 1, 8, AT(BETA));
    assert_null(start_of(s, 1));
    tell_wait(s, 1, 8, AT(ALPHA));
    start = start_of(s, 1);
    assert_non_null(start);
    assert_int_equal(start->wait, 2);
    assert_int_equal(start->chips, 8);
    assert_string_equal(start->chip, "h100-sxm"); /* as the catalogue calls the partner's h100 */
}

static void what_can_never_fit_is_told_once(void **state)
{
    struct stage *s = *state;

    tell_names(s, ALPHA, "a1");
    tell_wait(s, 1, 100, AT(ALPHA));
    assert_non_null(decided(s, MZ_PLAN_NEVER, 1));
    assert_null(decided(s, MZ_PLAN_NEVER, 1));
    assert_null(start_of(s, 1));
}

static void why_has_a_reason_for_each_place(void **state)
{
    static const struct mz_remote_use bobs[] = { { .node = "a1", .job = "7 of bob", .chips = 6 } };
    struct mz_remote_node down = node("b1");
    struct stage *s = *state;
    const char *text;
    json_t *why;

    down.is_up = false;
    tell_names(s, ALPHA, "a1");
    tell_nodes(s, BETA, &down, 1);
    tell_uses(s, ALPHA, bobs, 1);
    tell_wait(s, 1, 8, AT(ALPHA) | AT(BETA));
    assert_null(start_of(s, 1));
    why = mz_planner_why(s->planner, s->now_us, 1);
    assert_non_null(why);
    assert_int_equal(json_array_size(json_object_get(why, "places")), 3);
    assert_why(why, "alpha", "chips");
    assert_why(why, "beta", "down");
    assert_why(why, "own", "not_allowed");
    assert_int_equal(
        json_integer_value(json_object_get(place_at(why, "alpha"), "used_by_others_chips")), 6);
    assert_int_equal(json_integer_value(json_object_get(why, "position")), 1);
    assert_int_equal(json_integer_value(json_object_get(why, "waiting")), 1);
    text = json_string_value(json_object_get(why, "text"));
    assert_non_null(strstr(text, "1 'train'"));
    assert_non_null(strstr(text, "alpha other users hold 6 chips (1 job)"));
    json_decref(why);
    tell_uses(s, ALPHA, NULL, 0);
    assert_starts(s, 1, ALPHA, "a1");
    assert_null(mz_planner_why(s->planner, s->now_us, 1)); /* it waits no more */
}

static void a_preview_decides_nothing(void **state)
{
    struct mz_need need = need_of(8, AT(ALPHA));
    struct stage *s = *state;
    json_t *why;

    tell_names(s, ALPHA, "a1");
    why = mz_planner_preview(s->planner, s->now_us, &need, "perhaps");
    assert_why(why, "alpha", "fits");
    assert_true(json_is_true(json_object_get(place_at(why, "alpha"), "is_chosen")));
    assert_true(json_is_null(json_object_get(why, "position")));
    assert_int_equal(json_integer_value(json_object_get(why, "waiting")), 0);
    json_decref(why);
    (void)start_of(s, 0);
    assert_int_equal(s->decision_count, 0);
    assert_chips(s, ALPHA, "a1", 8, 0);
    need.chips = 100;
    why = mz_planner_preview(s->planner, s->now_us, &need, "large");
    assert_non_null(strstr(json_string_value(json_object_get(why, "text")), "As the fleet stands"));
    json_decref(why);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_others_use_is_not_given_away),
        TEST(a_list_of_uses_replaces_the_one_before_at_that_partner),
        TEST(a_use_that_grows_or_shrinks_holds_what_it_has_now),
        TEST(a_use_gets_the_rest_of_its_chips_when_ours_are_free),
        TEST(cores_are_the_chips_of_a_node_without_any),
        TEST(a_node_that_is_down_or_cordoned_takes_nothing),
        TEST(a_node_that_goes_down_keeps_what_runs_on_it),
        TEST(a_drained_partner_takes_nothing_and_keeps_what_runs),
        TEST(nodes_that_change_keep_what_runs_and_who_waits),
        TEST(nodes_that_have_gone_are_not_asked_before_the_next_step),
        TEST(an_adopted_job_holds_the_parts_that_are_still_there),
        TEST(what_is_paid_already_is_drawn_before_what_is_cheaper),
        TEST(what_runs_draws_on_the_commitment_over_a_change_of_nodes),
        TEST(a_price_limit_keeps_a_job_from_dearer_partners),
        TEST(a_decision_names_the_message_that_it_rests_on),
        TEST(what_can_never_fit_is_told_once),
        TEST(why_has_a_reason_for_each_place),
        TEST(a_preview_decides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
