/* world_make.c - random fleets, shapes, jobs and policies */
#include "world_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const partner_names[] = { "p0", "p1", "p2", "p3" };
static const char *const chip_names[] = { "alpha", "beta", "gamma" };
static const char *const site_names[] = { "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7" };

int32_t world_below(struct world *w, int32_t bound)
{
    return (int32_t)mz_random_below(&w->random, (uint64_t)bound);
}

static bool chance(struct world *w, int32_t percent)
{
    return world_below(w, 100) < percent;
}

/* ---- fleet ---- */

static const int32_t node_sizes[] = { 1, 2, 3, 4, 8, 8, 16 };

static void add_site(struct world *w, int32_t s, bool limits)
{
    int32_t count = 1 + world_below(w, WORLD_NODES_MAX / w->spec.site_count - 1);
    int32_t chips = node_sizes[world_below(w, 7)];
    int32_t chip = world_below(w, 3);
    int32_t per_rack = chance(w, 60) ? 1 + world_below(w, 4) : 0;
    int32_t per_spine = chance(w, 60) ? 1 + world_below(w, 3) : 0;
    bool mixed = chance(w, 25);
    bool two_kinds = chance(w, 25);
    int32_t other = world_below(w, 3);
    int32_t turn = chance(w, 50) ? 1 + world_below(w, count) : 0; /* where the kind changes */

    for (int32_t n = 0; n < count; n++) {
        int32_t rack = per_rack > 0 ? n / per_rack : -1;
        bool is_other = two_kinds && (turn > 0 ? n >= turn : n % 2 == 1);

        w->nodes[w->spec.node_count++] = (struct mz_node_spec){ .site = s,
            .chip = is_other ? other : chip,
            .chips = mixed ? node_sizes[world_below(w, 7)] : chips,
            .cpu_milli = limits && chance(w, 80) ? 4000 * (1 + world_below(w, 4)) : MZ_UNLIMITED,
            .memory_mib = limits && chance(w, 50) ? 1000 * (1 + world_below(w, 8)) : MZ_UNLIMITED,
            .rack = rack,
            .spine = rack >= 0 && per_spine > 0 ? rack / per_spine : -1 };
    }
}

static void make_fleet(struct world *w)
{
    struct mz_error err;
    enum mz_status status;
    bool limits = chance(w, 40);
    int32_t partners = 1 + world_below(w, 4);

    w->spec = (struct mz_fleet_spec){ .partner_count = partners,
        .partner_names = partner_names,
        .site_count = partners + world_below(w, WORLD_SITES_MAX - partners + 1),
        .sites = w->sites,
        .chip_count = 3,
        .chip_names = chip_names,
        .nodes = w->nodes };
    if (chance(w, 25))
        w->spec.partner_count = w->spec.site_count = 1;
    for (int32_t s = 0; s < w->spec.site_count; s++) {
        w->sites[s] = (struct mz_fleet_site){ .name = site_names[s],
            .partner = s * w->spec.partner_count / w->spec.site_count };
        add_site(w, s, limits);
    }
    status = mz_fleet_create(w->arena, &w->spec, &w->fleet, &err);
    assert(status == MZ_OK);
}

/* ---- policy ---- */

static void make_policy(struct world *w, const struct world_choice *choice)
{
    struct mz_error err;
    enum mz_status status = mz_policy_parse("fifo", &w->policy, &err);
    int order = choice->order >= 0 ? choice->order : world_below(w, 6);
    int backfill = choice->backfill >= 0 ? choice->backfill : world_below(w, 3);

    assert(status == MZ_OK);
    w->policy.order = (enum mz_order)order;
    w->policy.backfill = (enum mz_backfill)backfill;
    w->policy.preempt = choice->preempt > 0 || (choice->preempt < 0 && chance(w, 30));
    w->policy.ageing_us = chance(w, 30) ? 0 : SECOND * (1 + world_below(w, 50));
    w->policy.grace_us = SECOND * world_below(w, 5);
    w->policy.preempt_guard_us = SECOND * world_below(w, 20);
    w->policy.fair_ahead_us = SECOND * world_below(w, 30);
    w->policy.las_quantum_us = SECOND * (1 + world_below(w, 100));
    w->policy.estimate_default_us = SECOND * 60;
    if (chance(w, 20))
        w->policy.reservation_depth = 1 + world_below(w, 4);
    if (chance(w, 10))
        w->policy.backfill_depth = world_below(w, 6);
    w->policy.pack = (enum mz_pack_policy)world_below(w, 5);
    w->policy.pack_seed = w->seed;
}

static const char *const team_paths[WORLD_TEAMS] = { "red", "red/one", "red/two", "blue" };

static void make_teams(struct world *w)
{
    w->has_quotas = chance(w, 60);
    w->teams = mz_teams_create(chance(w, 50) ? SECOND * 100 : 0, w->fleet->chip_total);
    for (int32_t t = 0; t < WORLD_TEAMS; t++) {
        struct mz_error err;
        int32_t team;
        enum mz_status status = mz_teams_add(w->teams, team_paths[t], &team, &err);

        assert(status == MZ_OK && team == t);
        mz_teams_set_weight(w->teams, t, 1 + world_below(w, 3));
        if (w->has_quotas && chance(w, 70))
            mz_teams_set_quota(w->teams, t, world_below(w, (int32_t)w->fleet->chip_total + 1),
                chance(w, 50) ? -1 : world_below(w, 20), chance(w, 50) ? -1 : world_below(w, 20));
    }
}

/* Up to two contracts for each pool, all with room: they move jobs among pools, no more. */
static struct mz_contracts *make_contracts(struct world *w)
{
    struct mz_contracts *all = mz_arena_alloc(w->arena, 1, sizeof(*all));
    int32_t pools = w->fleet->pool_count;
    struct mz_place_contract *list = mz_arena_alloc(w->arena, (size_t)pools + 2, sizeof(*list));
    const int32_t **by_pool = mz_arena_alloc(w->arena, (size_t)pools, sizeof(*by_pool));
    int32_t *speeds = mz_arena_alloc(w->arena, 3, sizeof(*speeds));

    for (int32_t c = 0; c < 3; c++)
        speeds[c] = MZ_MILLI;
    for (int32_t p = 0; p < pools; p++) {
        int32_t *numbers = mz_arena_alloc(w->arena, 3, sizeof(*numbers));
        int32_t second = world_below(w, pools + 1);

        numbers[0] = p;
        numbers[1] = second > p ? second : -1;
        numbers[2] = -1;
        by_pool[p] = numbers;
    }
    for (int32_t c = 0; c <= pools; c++)
        list[c] = (struct mz_place_contract){ .name = mz_arena_printf(w->arena, "c%d", c),
            .price_micro_per_chip_hour = 1000000 * (int64_t)world_below(w, 4),
            .commit_micro = chance(w, 50) ? 100000 * (int64_t)world_below(w, 1000) : 0,
            .capacity_chips = -1,
            .begin_us = INT64_MIN,
            .end_us = INT64_MAX };
    *all = (struct mz_contracts){
        .count = pools + 1, .contracts = list, .by_pool = by_pool, .speed_milli = speeds
    };
    return all;
}

/* ---- shapes and jobs ---- */

static enum mz_level random_level(struct world *w)
{
    return (enum mz_level)world_below(w, MZ_LEVEL_COUNT);
}

static struct mz_shape random_shape(struct world *w)
{
    struct mz_shape shape = { .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_PARTNER,
        .preferred = MZ_LEVEL_NODE,
        .chip_mask = 7,
        .partner_mask = 15 };
    int32_t kind = world_below(w, 10);

    shape.chips = 1 + world_below(w, 8);
    if (kind == 0) {
        shape.chips = 0;
        shape.cpu_milli = 1000;
    } else if (kind <= 2) {
        shape.chips = 1;
        shape.chip_milli = 100 * (1 + world_below(w, 9));
    } else if (kind <= 5) {
        shape.chips = 1 + world_below(w, 60);
    } else if (kind == 6) {
        shape.chips_per_node = 1 + world_below(w, 8);
        shape.chips = shape.chips_per_node * (1 + world_below(w, 6));
        if (chance(w, 20))
            shape.chips += world_below(w, shape.chips_per_node);
    }
    if (chance(w, 50))
        shape.required = random_level(w);
    if (chance(w, 30))
        shape.preferred = random_level(w);
    if (chance(w, 30))
        shape.chip_mask = 1 + (uint64_t)world_below(w, 7);
    if (chance(w, 30))
        shape.partner_mask = 1 + (uint64_t)world_below(w, 15);
    if (chance(w, 40))
        shape.cpu_milli = 500 * world_below(w, 12);
    if (chance(w, 30))
        shape.memory_mib = 250 * world_below(w, 10);
    return shape;
}

static void make_shapes(struct world *w)
{
    int32_t want = 2 + world_below(w, WORLD_SHAPES_MAX - 1);

    for (int32_t turn = 0; turn < 200 && w->shape_count < want; turn++) {
        struct mz_shape shape = random_shape(w);

        if (mz_engine_shape(w->engine, &shape, &w->shape_ids[w->shape_count], NULL) == MZ_OK)
            w->shapes[w->shape_count++] = shape;
    }
    assert(w->shape_count > 0);
}

static int64_t random_run(struct world *w)
{
    return SECOND * (chance(w, 70) ? 1 + world_below(w, 20) : 1 + world_below(w, 120));
}

static void make_jobs(struct world *w)
{
    int64_t at_us = 0;
    bool exact = chance(w, 30);
    int32_t gap = 1 + world_below(w, 8);

    w->job_count = 5 + world_below(w, WORLD_JOBS_MAX - 4);
    for (int32_t j = 0; j < w->job_count; j++) {
        struct world_job *job = &w->jobs[j];
        int32_t shape = world_below(w, w->shape_count);

        if (chance(w, 60))
            at_us += SECOND * world_below(w, gap + 1);
        job->run_us = random_run(w);
        job->request = (struct mz_request){ .submit_us = at_us,
            .estimate_us = job->run_us + (exact ? 0 : SECOND * world_below(w, 40)),
            .deadline_us = chance(w, 20) ? MZ_TIME_NEVER : at_us + SECOND * world_below(w, 300),
            .checkpoint_us = SECOND * world_below(w, 10),
            .shape = w->shape_ids[shape],
            .priority = world_below(w, 5),
            .team = w->teams ? world_below(w, WORLD_TEAMS + 1) - 1 : -1,
            .data_site = -1,
            .preemptible = chance(w, 70) };
        job->cancel_us = chance(w, 10) ? at_us + SECOND * world_below(w, 60) : MZ_TIME_NEVER;
        job->promise_us = MZ_TIME_NEVER;
    }
}

static void make_troubles(struct world *w)
{
    int64_t last_us = w->jobs[w->job_count - 1].request.submit_us;

    w->trouble_count = chance(w, 50) ? world_below(w, WORLD_TROUBLES_MAX + 1) : 0;
    for (int32_t t = 0; t < w->trouble_count; t++) {
        struct world_trouble *trouble = &w->troubles[t];

        trouble->node = world_below(w, w->spec.node_count);
        for (int32_t o = 0; o < t; o++) {
            if (w->troubles[o].node == trouble->node) { /* one trouble a node */
                w->trouble_count = t;
                return;
            }
        }
        trouble->state = chance(w, 70) ? MZ_NODE_DOWN : MZ_NODE_CORDONED;
        trouble->begin_us = SECOND * world_below(w, (int32_t)(last_us / SECOND) + 100);
        trouble->end_us = trouble->begin_us + SECOND * (1 + world_below(w, 60));
    }
}

static void show_fleet(const struct world *w)
{
    for (int32_t n = 0; n < w->spec.node_count; n++)
        fprintf(stderr,
            "node %d: site %d partner %d chip %d x%d cpu %d memory %d rack %d spine %d\n", n,
            w->nodes[n].site, w->sites[w->nodes[n].site].partner, w->nodes[n].chip,
            w->nodes[n].chips, w->nodes[n].cpu_milli, w->nodes[n].memory_mib, w->nodes[n].rack,
            w->nodes[n].spine);
    for (int32_t s = 0; s < w->shape_count; s++)
        fprintf(stderr,
            "shape %d: chips %d milli %d per_node %d cpu %d mem %d required %d preferred %d "
            "chip_mask %llx "
            "partners %llx\n",
            w->shape_ids[s], w->shapes[s].chips, w->shapes[s].chip_milli,
            w->shapes[s].chips_per_node, w->shapes[s].cpu_milli, w->shapes[s].memory_mib,
            (int)w->shapes[s].required, (int)w->shapes[s].preferred,
            (unsigned long long)w->shapes[s].chip_mask,
            (unsigned long long)w->shapes[s].partner_mask);
    fprintf(stderr, "order %d backfill %d preempt %d depth %d %d step_each %d pack %d\n",
        w->policy.order, w->policy.backfill, w->policy.preempt, w->policy.backfill_depth,
        w->policy.reservation_depth, w->step_each, w->policy.pack);
}

void world_make(struct world *w, uint64_t seed, const struct world_choice *choice)
{
    memset(w, 0, sizeof(*w));
    w->seed = seed;
    mz_random_init(&w->random, seed);
    mz_random_stream(&w->asking, seed, 1);
    w->arena = mz_arena_create();
    make_fleet(w);
    make_policy(w, choice);
    if (chance(w, w->policy.order == MZ_ORDER_FAIR ? 90 : 20))
        make_teams(w);
    w->engine =
        mz_engine_create(w->fleet, &w->policy, w->teams, chance(w, 30) ? make_contracts(w) : NULL);
    w->finder = mz_finder_create(w->fleet, MZ_PACK_BESTFIT, 0, NULL);
    make_shapes(w);
    make_jobs(w);
    if (!choice->no_trouble)
        make_troubles(w);
    w->step_each = chance(w, 20);
    w->curious = choice->curious;
    w->is_shown = choice->is_shown;
    if (w->is_shown)
        show_fleet(w);
}

void world_finish(struct world *w)
{
    mz_engine_free(w->engine);
    mz_finder_free(w->finder);
    mz_teams_free(w->teams);
    mz_arena_free(w->arena);
    w->engine = NULL;
    w->finder = NULL;
    w->teams = NULL;
    w->arena = NULL;
}
