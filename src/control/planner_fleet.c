/* planner_fleet.c - the fleet, the contracts and the engine, made anew from all that is known
 *
 * Order of taking over: our running jobs by number, then the use of others, then those who wait by
 * number. What does not fit any more (a node went away under it) is held as far as the nodes are
 * still there: mz_planner_enter. */
#include "control/planner_impl.h"

#include "base/month.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int32_t mz_planner_month(int64_t now_us)
{
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm utc;

    (void)gmtime_r(&seconds, &utc);
    return (utc.tm_year + 1900) * 12 + utc.tm_mon;
}

/* ---- nodes ---- */

struct draft {
    struct mz_arena *scratch;
    struct mz_fleet_site *sites;
    int32_t site_count;
    struct mz_node_spec *nodes;
    size_t node_count;
    size_t node_capacity;
    const char *chips[MZ_FLEET_CHIP_COUNT_MAX];
    int32_t chip_count;
};

static int32_t chip_index(struct draft *draft, const char *name)
{
    for (int32_t c = 0; c < draft->chip_count; c++) {
        if (strcmp(draft->chips[c], name) == 0)
            return c;
    }
    if (draft->chip_count == MZ_FLEET_CHIP_COUNT_MAX)
        return MZ_FLEET_CHIP_COUNT_MAX - 1;
    draft->chips[draft->chip_count] = name;
    return draft->chip_count++;
}

static void add_node(struct draft *draft, const struct mz_node_spec *node)
{
    draft->nodes = mz_arena_grow(draft->scratch, draft->nodes, draft->node_count,
        draft->node_count + 1, &draft->node_capacity, sizeof(*draft->nodes));
    draft->nodes[draft->node_count++] = *node;
}

static int32_t at_most(int64_t value, int32_t max)
{
    return value > max ? max : (int32_t)value;
}

/* The one site that the file states for the partner, else the partner's own name. */
static const char *site_name(const struct mz_planner *planner, int32_t p)
{
    const struct mz_scenario *scenario = planner->scenario;
    const char *name = NULL;

    for (int32_t s = 0; s < scenario->site_count; s++) {
        if (scenario->sites[s].partner == p) {
            if (name)
                return scenario->partners[p].name;
            name = scenario->sites[s].name;
        }
    }
    return name ? name : scenario->partners[p].name;
}

static void draft_found(struct mz_planner *planner, int32_t p, struct draft *draft)
{
    struct plan_partner *partner = &planner->partners[p];
    int32_t site = draft->site_count;

    partner->first_node = (int32_t)draft->node_count;
    if (partner->node_count == 0)
        return;
    draft->sites[draft->site_count++] =
        (struct mz_fleet_site){ .name = site_name(planner, p), .partner = p };
    for (int32_t n = 0; n < partner->node_count; n++) {
        const struct plan_node *node = &partner->nodes[n];
        bool cores = node->chips == 0;

        add_node(draft,
            &(struct mz_node_spec){ .name = node->name,
                .site = site,
                .chip = chip_index(draft, cores ? "cpu" : node->chip),
                .chips = at_most(cores ? node->cpus : node->chips, MZ_NODE_CHIP_COUNT_MAX),
                .cpu_milli = cores || node->cpus <= 0
                    ? MZ_UNLIMITED
                    : at_most((int64_t)node->cpus * 1000, MZ_UNLIMITED - 1),
                .memory_mib = node->memory_mib <= 0 ? MZ_UNLIMITED
                                                    : at_most(node->memory_mib, MZ_UNLIMITED - 1),
                .rack = -1,
                .spine = -1 });
    }
}

/* Nodes of a site as the file states them. */
static void draft_site(const struct mz_planner *planner, const struct mz_site *site, int32_t nodes,
    struct draft *draft)
{
    const struct mz_topology *topology = &site->topology;
    int32_t index = draft->site_count;
    const char *chip = site->chip < 0 ? "cpu" : planner->scenario->chips[site->chip].name;

    draft->sites[draft->site_count++] = (struct mz_fleet_site){
        .name = site->name, .partner = site->partner, .pretend = site->pretend
    };
    for (int32_t n = 0; n < nodes; n++) {
        int32_t rack = topology->nodes_per_rack > 0 ? n / topology->nodes_per_rack : -1;
        int32_t spine =
            rack >= 0 && topology->racks_per_spine > 0 ? rack / topology->racks_per_spine : -1;

        add_node(draft,
            &(struct mz_node_spec){ .site = index,
                .chip = chip_index(draft, chip),
                .chips = at_most(site->chips_per_node, MZ_NODE_CHIP_COUNT_MAX),
                .cpu_milli = MZ_UNLIMITED,
                .memory_mib = MZ_UNLIMITED,
                .rack = rack,
                .spine = spine });
    }
}

static void draft_stated(
    const struct mz_planner *planner, int32_t p, int32_t month, struct draft *draft)
{
    const struct mz_scenario *scenario = planner->scenario;
    int32_t before = draft->site_count;

    for (int32_t s = 0; s < scenario->site_count; s++) {
        const struct mz_site *site = &scenario->sites[s];
        double nodes = mz_series_at(&site->nodes, month);

        if (site->partner == p && nodes >= 1)
            draft_site(planner, site, at_most((int64_t)nodes, 1 << 20), draft);
    }
    if (draft->site_count > before || !scenario->partners[p].driver.kind ||
        strcmp(scenario->partners[p].driver.kind, "local") != 0)
        return;
    /* A local partner that states nothing: this machine. */
    draft->sites[draft->site_count++] =
        (struct mz_fleet_site){ .name = scenario->partners[p].name, .partner = p };
    add_node(draft,
        &(struct mz_node_spec){ .name = planner->host,
            .site = draft->site_count - 1,
            .chip = chip_index(draft, "cpu"),
            .chips = at_most(planner->cores, MZ_NODE_CHIP_COUNT_MAX),
            .cpu_milli = MZ_UNLIMITED,
            .memory_mib = MZ_UNLIMITED,
            .rack = -1,
            .spine = -1 });
}

/* ---- names of nodes ---- */

static void index_nodes(struct mz_planner *planner)
{
    char name[MZ_NODE_NAME_MAX];

    mz_map_free(planner->node_index);
    planner->node_index = mz_map_create();
    for (int32_t n = 0; n < planner->fleet->node_count; n++) {
        uint64_t key = mz_map_key((uint64_t)mz_fleet_partner_of(planner->fleet, n),
            mz_fleet_node_name(planner->fleet, n, name));

        mz_map_put(planner->node_index, key, (void *)(intptr_t)(n + 1));
    }
}

int32_t mz_planner_find_node(const struct mz_planner *planner, int32_t partner, const char *name)
{
    char own[MZ_NODE_NAME_MAX];
    int32_t n;

    if (!planner->fleet)
        return -1;
    n = (int32_t)(intptr_t)mz_map_get(planner->node_index, mz_map_key((uint64_t)partner, name)) - 1;
    if (n < 0 || mz_fleet_partner_of(planner->fleet, n) != partner ||
        strcmp(mz_fleet_node_name(planner->fleet, n, own), name) != 0)
        return -1;
    return n;
}

static bool is_cordoned(const struct mz_planner *planner, int32_t p, const char *node)
{
    const char *partner = planner->scenario->partners[p].name;
    size_t length = strlen(partner);

    for (int32_t c = 0; c < planner->cordoned_count; c++) {
        const char *place = planner->cordoned[c];

        if (strncmp(place, partner, length) == 0 && place[length] == '/' &&
            strcmp(place + length + 1, node) == 0)
            return true;
    }
    return false;
}

void mz_planner_set_states(struct mz_planner *planner, int32_t p)
{
    const struct mz_fleet *fleet = planner->fleet;
    const struct plan_partner *partner = &planner->partners[p];
    int32_t found = 0;
    char name[MZ_NODE_NAME_MAX];

    if (!fleet || planner->is_stale) /* its nodes are no longer those: rebuild sets all states */
        return;
    for (int32_t n = 0; n < fleet->node_count; n++) {
        int32_t state = partner->state;

        if (mz_fleet_partner_of(fleet, n) != p)
            continue;
        if (partner->finds_nodes) { /* in the order in which they were found */
            const struct plan_node *node = &partner->nodes[found++];

            if (!node->is_up)
                state = MZ_NODE_DOWN;
            else if (node->is_cordoned && state == MZ_NODE_UP)
                state = MZ_NODE_CORDONED;
        }
        if (state == MZ_NODE_UP && is_cordoned(planner, p, mz_fleet_node_name(fleet, n, name)))
            state = MZ_NODE_CORDONED;
        if (fleet->node_state[n] != state)
            mz_engine_set_node(planner->engine, n, (enum mz_node_state)state);
    }
}

/* ---- all of it ---- */

static void restore_spent(struct mz_planner *planner)
{
    for (int32_t s = 0; s < planner->spent_count; s++) {
        for (int32_t c = 0; c < planner->contracts->count; c++) {
            if (strcmp(planner->contracts->contracts[c].name, planner->spent[s].contract) == 0)
                planner->contracts->contracts[c].drawn_micro = planner->spent[s].micro;
        }
    }
}

static int compare_jobs(const void *a, const void *b)
{
    const struct plan_job *x = *(struct plan_job *const *)a;
    const struct plan_job *y = *(struct plan_job *const *)b;

    return (x->id > y->id) - (x->id < y->id);
}

static void enter_all(struct mz_planner *planner, int64_t now_us)
{
    size_t count = 0;
    struct plan_job **list = mz_xcalloc(mz_map_count(planner->jobs) + 1, sizeof(*list));

    for (size_t i = 0; i < mz_map_places(planner->jobs); i++) {
        struct plan_job *job = mz_map_at(planner->jobs, i);

        if (job)
            list[count++] = job;
    }
    qsort(list, count, sizeof(struct plan_job *), compare_jobs);
    for (size_t i = 0; i < count; i++) {
        list[i]->engine_job = -1;
        if (list[i]->state == PLAN_JOB_RUNS)
            mz_planner_enter(planner, list[i], now_us);
    }
    for (int32_t u = 0; u < planner->use_count; u++) {
        planner->uses[u].engine_job = -1;
        planner->uses[u].held_chips = 0;
        mz_planner_hold_use(planner, &planner->uses[u], now_us);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i]->state == PLAN_JOB_WAITS)
            mz_planner_enter(planner, list[i], now_us);
    }
    free(list);
}

static void forget(struct mz_planner *planner)
{
    mz_engine_free(planner->engine);
    mz_arena_free(planner->arena);
    planner->engine = NULL;
    planner->fleet = NULL;
    planner->contracts = NULL;
    planner->arena = mz_arena_create();
    if (planner->engine_jobs)
        memset(
            planner->engine_jobs, 0, (size_t)planner->engine_capacity * sizeof(struct plan_job *));
}

void mz_planner_rebuild(struct mz_planner *planner, int64_t now_us)
{
    struct draft draft = { .scratch = mz_arena_create() };
    const char **names =
        mz_arena_alloc(draft.scratch, (size_t)planner->partner_count + 1, sizeof(*names));
    struct mz_fleet_spec spec = { .partner_count = planner->partner_count, .partner_names = names };

    forget(planner);
    planner->is_stale = false;
    planner->month = mz_planner_month(now_us);
    draft.sites = mz_arena_alloc(draft.scratch,
        (size_t)(planner->scenario->site_count + planner->partner_count) + 1, sizeof(*draft.sites));
    for (int32_t p = 0; p < planner->partner_count; p++) {
        names[p] = planner->scenario->partners[p].name;
        if (planner->partners[p].finds_nodes)
            draft_found(planner, p, &draft);
        else
            draft_stated(planner, p, planner->month, &draft);
    }
    spec.site_count = draft.site_count;
    spec.sites = draft.sites;
    spec.chip_count = draft.chip_count;
    spec.chip_names = draft.chips;
    spec.node_count = (int32_t)draft.node_count;
    spec.nodes = draft.nodes;
    if (draft.node_count > 0 && draft.node_count <= MZ_NODE_COUNT_MAX &&
        mz_fleet_create(planner->arena, &spec, &planner->fleet, NULL) == MZ_OK) {
        planner->contracts = mz_contracts_from_scenario(
            planner->arena, planner->scenario, planner->month, planner->fleet);
        restore_spent(planner);
        planner->engine =
            mz_engine_create(planner->fleet, &planner->policy, NULL, planner->contracts);
        index_nodes(planner);
        for (int32_t p = 0; p < planner->partner_count; p++)
            mz_planner_set_states(planner, p);
    }
    mz_arena_free(draft.scratch);
    enter_all(planner, now_us);
}
