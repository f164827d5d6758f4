/* test_preempt_all.c - who has to stop for whom: what holds always
 * Against all sets of candidates on small random fleets, judged by the definition in preempt.h; then
 * in random lives of a cluster, that what was promised is kept.
 * The seed is printed; MIZAN_TEST_SEED repeats one run, MIZAN_TEST_CASES says how many. */
#include "place/preempt.h"

#include "place/check.h"
#include "place/engine_impl.h"
#include "place_fixture.h"

enum {
    CASE_COUNT = 3000,
    CASES_PER_LIFE = 20,
    SEED_DEFAULT = 20261124,
    CANDIDATE_COUNT_MAX = 10, /* all sets of them are tried */
    GRACE_US = 30
};

static struct mz_policy policy_of(const char *text)
{
    struct mz_policy policy;
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_policy_parse(text, &policy, &err), MZ_OK);
    policy.grace_us = GRACE_US;
    policy.preempt_guard_us = 200;
    policy.estimate_default_us = 1000;
    return policy;
}

/* --- all sets tried ---------------------------------------------------------------------- */

struct trial {
    uint64_t seed;
    struct mz_engine *engine;
    int32_t job;
    const struct mz_shape *shape;
    int64_t start_us;
    int64_t end_us;
    int32_t candidates[CANDIDATE_COUNT_MAX];
    int32_t candidate_count;
};

struct price {
    int32_t priority;
    __int128 lost;
    int64_t chips_milli;
    int32_t count;
    uint32_t set; /* candidates ascend by job */
};

static bool gone_by_then(const struct trial *t, const struct mz_job *job)
{
    if (job->state == MZ_JOB_STOPPING)
        return job->end_us <= t->start_us;
    return job->end_us > t->engine->now_us && job->end_us <= t->start_us;
}

/* False: there are too many to try all sets. */
static bool list_candidates(struct trial *t)
{
    for (int32_t j = 0; j < mz_engine_job_count(t->engine); j++) {
        struct mz_job job = mz_engine_job(t->engine, j);

        if (job.state != MZ_JOB_RUNNING || !job.request.preemptible ||
            t->engine->slots[j].guard_us > t->engine->now_us || gone_by_then(t, &job) ||
            !mz_order_may_preempt(t->engine, &t->engine->slots[t->job], &t->engine->slots[j]))
            continue;
        if (t->candidate_count == CANDIDATE_COUNT_MAX)
            return false;
        t->candidates[t->candidate_count++] = j;
    }
    return true;
}

static void lessen(int64_t *free, int64_t by)
{
    *free = *free > by ? *free - by : 0;
}

/* What is free at T when the set is gone, less what is reserved. */
static struct view view_without(const struct trial *t, uint32_t set)
{
    const struct mz_engine *engine = t->engine;
    struct view view;

    view_init(&view, engine->fleet);
    for (int32_t j = 0; j < mz_engine_job_count(engine); j++) {
        struct mz_job job = mz_engine_job(engine, j);
        bool stays = !gone_by_then(t, &job);

        if (job.state != MZ_JOB_RUNNING && job.state != MZ_JOB_STOPPING)
            continue;
        for (int32_t c = 0; c < t->candidate_count; c++)
            stays = stays && !(t->candidates[c] == j && (set >> c & 1));
        for (int32_t i = 0; stays && i < job.part_count; i++)
            view_take(&view, mz_engine_shape_at(engine, job.request.shape), &job.parts[i]);
    }
    for (int32_t r = 0; r < engine->reservation_count; r++) {
        const struct mz_reservation *reservation = &engine->reservations[r];
        const struct mz_shape *shape =
            mz_engine_shape_at(engine, engine->slots[reservation->job].request.shape);

        for (int32_t i = 0; reservation->start_us < t->end_us && i < reservation->part_count; i++) {
            const struct mz_part *part = &reservation->parts[i];

            for (int32_t c = 0; c < FIXTURE_CHIP_MAX; c++) {
                int32_t *milli = &view.milli[part->node][c];

                if (part->chips >> c & 1)
                    *milli = *milli > part->milli ? *milli - part->milli : 0;
            }
            lessen(&view.cpu_milli[part->node], shape->cpu_milli);
            lessen(&view.memory_mib[part->node], shape->memory_mib);
        }
    }
    return view;
}

/* The finder's choice among pools, partners and chips. */
static bool place_without(const struct trial *t, uint32_t set, struct found *ret)
{
    const struct mz_fleet *fleet = t->engine->fleet;
    struct view view = view_without(t, set);
    bool any = false;

    for (int32_t p = 0; p < fleet->pool_count; p++) {
        struct found f;

        if (!mz_find_allows(fleet, t->shape, &fleet->pools[p]) ||
            !brute_in_pool(&view, t->shape, p, &f))
            continue;
        if (!any || f.level < ret->level ||
            (f.level == ret->level && f.left_chips < ret->left_chips))
            *ret = f;
        any = true;
    }
    for (int32_t partner = 0; t->shape->required >= MZ_LEVEL_PARTNER && partner <= 3; partner++) {
        for (int32_t chip = 0; chip < fleet->chip_count && !any; chip++) {
            if (partner < 3 || t->shape->required == MZ_LEVEL_FLEET)
                any = brute_across(&view, t->shape, chip, partner < 3 ? partner : -1, ret);
        }
    }
    return any;
}

static struct price price_of(const struct trial *t, uint32_t set)
{
    struct price price = { .priority = INT32_MIN, .set = set };

    for (int32_t c = 0; c < t->candidate_count; c++) {
        struct mz_job job = mz_engine_job(t->engine, t->candidates[c]);
        const struct mz_shape *shape = mz_engine_shape_at(t->engine, job.request.shape);
        int64_t chips_milli = (int64_t)shape->chips * shape->chip_milli;
        int64_t lost_us = t->engine->now_us - job.start_us;

        if (!(set >> c & 1))
            continue;
        if (job.request.checkpoint_us > 0)
            lost_us -= lost_us / job.request.checkpoint_us * job.request.checkpoint_us;
        if (job.request.priority > price.priority)
            price.priority = job.request.priority;
        price.lost += (__int128)lost_us * chips_milli / 1000;
        price.chips_milli += chips_milli;
        price.count++;
    }
    return price;
}

static bool cheaper(const struct price *a, const struct price *b)
{
    uint32_t differs = a->set ^ b->set;

    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->lost != b->lost)
        return a->lost < b->lost;
    if (a->chips_milli != b->chips_milli)
        return a->chips_milli < b->chips_milli;
    if (a->count != b->count)
        return a->count < b->count;
    return (a->set & differs & -differs) != 0; /* who has the lowest job that the other has not */
}

/* 0: nobody has to stop, or nothing helps. */
static uint32_t best_set(const struct trial *t, struct found *ret)
{
    uint32_t all = (UINT32_C(1) << t->candidate_count) - 1;
    struct price best = { 0 };
    struct found f;
    enum mz_level level;

    if (place_without(t, 0, &f) || !place_without(t, all, &f))
        return 0;
    level = f.level; /* fewer gone never fit lower */
    for (uint32_t set = 1; set <= all; set++) {
        struct price price = price_of(t, set);

        if ((best.set != 0 && !cheaper(&price, &best)) || !place_without(t, set, &f) ||
            f.level != level)
            continue;
        best = price;
        *ret = f;
    }
    return best.set;
}

static bool takes_any_node(const struct trial *t)
{
    return t->shape->chips == 0 || t->shape->chip_milli < MZ_MILLI ||
        (t->engine->fleet->has_limits && (t->shape->cpu_milli > 0 || t->shape->memory_mib > 0));
}

static void check_choice(const struct trial *t, bool found, const struct mz_preemption *chosen)
{
    struct found f = { 0 };
    uint32_t want = best_set(t, &f);
    uint32_t got = 0;

    for (int32_t i = 0; found && i < chosen->victim_count; i++) {
        for (int32_t c = 0; c < t->candidate_count; c++) {
            if (t->candidates[c] == chosen->victims[i])
                got |= UINT32_C(1) << c;
        }
    }
    if (found != (want != 0) || got != want)
        fail_msg("seed %llu job %d: victims %x, should be %x, of %d candidates",
            (unsigned long long)t->seed, t->job, got, want, t->candidate_count);
    if (!found)
        return;
    if (chosen->level != f.level ||
        (chosen->domain != f.domain && !(f.level == MZ_LEVEL_NODE && takes_any_node(t))))
        fail_msg("seed %llu job %d: level %d domain %d, should be %d, %d",
            (unsigned long long)t->seed, t->job, chosen->level, chosen->domain, f.level, f.domain);
    assert_true(chosen->is_exact);
    assert_int_equal(__builtin_popcount(got), chosen->victim_count);
    assert_true(chosen->start_us == t->start_us && chosen->end_us == t->end_us);
}

static struct mz_request random_request(struct chance *chance, int64_t now_us)
{
    return (struct mz_request){ .submit_us = now_us,
        .estimate_us = pick(chance, 0, 400),
        .deadline_us = now_us + pick(chance, 100, 1000),
        .checkpoint_us = is_lucky(chance, 50) ? pick(chance, 1, 40) : 0,
        .priority = pick(chance, 0, 3),
        .team = -1,
        .data_site = -1,
        .preemptible = is_lucky(chance, 85) };
}

/* A job of a random shape; -1: the shape can never fit. */
static int32_t submit_random(
    struct chance *chance, struct mz_engine *engine, int64_t now_us, int32_t chips_max)
{
    struct mz_request request = random_request(chance, now_us);
    struct mz_shape shape = random_shape(chance, engine->fleet);
    struct mz_error err = { MZ_OK, "" };

    if (shape.chips > chips_max || mz_engine_shape(engine, &shape, &request.shape, &err) != MZ_OK)
        return -1;
    return mz_engine_submit(engine, now_us, &request);
}

/* A small job like many others: between them it is the sums and the ties that decide. */
static void submit_plain(struct chance *chance, struct mz_engine *engine, int64_t now_us)
{
    struct mz_request request = random_request(chance, now_us);
    struct mz_shape shape = { .chips = pick(chance, 1, is_lucky(chance, 10) ? 6 : 2),
        .chip_milli = MZ_MILLI,
        .required = MZ_LEVEL_FLEET,
        .chip_mask = UINT64_MAX,
        .partner_mask = UINT64_MAX };
    struct mz_error err = { MZ_OK, "" };

    if (shape.chips == 1 && is_lucky(chance, 20))
        shape.chip_milli = 500;
    request.priority = is_lucky(chance, 20);
    request.checkpoint_us = pick(chance, 0, 4);
    request.estimate_us += 100;
    if (mz_engine_shape(engine, &shape, &request.shape, &err) == MZ_OK)
        mz_engine_submit(engine, now_us, &request);
}

static const char *random_policy(struct chance *chance)
{
    static const char *const words[] = { "priority+preempt", "priority+easy+preempt",
        "priority+conservative+preempt", "deadline+easy+preempt", "fair+easy+preempt",
        "las+easy+preempt" };

    return words[is_lucky(chance, 60) ? pick(chance, 0, 2) : pick(chance, 3, 5)];
}

static void end_some(struct chance *chance, struct mz_engine *engine, int64_t now_us)
{
    for (int32_t j = 0; j < engine->slot_count; j++) {
        const struct mz_slot *slot = &engine->slots[j];

        if (slot->state == MZ_JOB_STOPPING && slot->end_us <= now_us)
            mz_engine_stopped(engine, now_us, j, pick(chance, 1, 400));
        else if (slot->state == MZ_JOB_RUNNING && slot->end_us <= now_us && is_lucky(chance, 70))
            mz_engine_end(engine, now_us, j);
    }
}

/* Jobs come, run and end; some outlive what was expected; some are guarded. */
static void fill(struct chance *chance, struct mz_engine *engine)
{
    const struct mz_place_decision *decisions;
    int64_t now_us = 0;
    int32_t turns = pick(chance, 4, 16);
    bool plain = is_lucky(chance, 50);

    engine->policy.preempt = is_lucky(chance, 30);
    for (int32_t i = 0; i < turns; i++) {
        int32_t job = -1;

        if (plain)
            submit_plain(chance, engine, now_us);
        else
            job = submit_random(chance, engine, now_us, is_lucky(chance, 60) ? 3 : 12);
        mz_engine_step(engine, now_us, &decisions);
        now_us += pick(chance, 0, plain ? 3 : 40);
        if (job >= 0 && is_lucky(chance, 10))
            engine->slots[job].guard_us = now_us + pick(chance, -20, 100);
        end_some(chance, engine, now_us);
    }
    mz_engine_step(engine, now_us, &decisions);
    engine->policy.preempt = true;
}

/* Any shape, at any priority. */
static int32_t submit_asker(struct chance *chance, struct mz_engine *engine)
{
    struct mz_request request = random_request(chance, engine->now_us);
    struct mz_shape shape = random_shape(chance, engine->fleet);
    struct mz_error err = { MZ_OK, "" };

    request.priority = pick(chance, 1, 4);
    if (mz_engine_shape(engine, &shape, &request.shape, &err) != MZ_OK)
        return -1;
    return mz_engine_submit(engine, engine->now_us, &request);
}

static void try_jobs(struct chance *chance, struct mz_engine *engine, uint64_t seed, int32_t *tried)
{
    for (int32_t turn = 0; turn < 4; turn++) {
        struct trial t = { .seed = seed, .engine = engine };
        struct mz_arena *arena;
        struct mz_preemption chosen;
        struct mz_error err = { MZ_OK, "" };
        bool found;

        t.job = submit_asker(chance, engine);
        if (t.job < 0)
            continue;
        t.shape = mz_engine_shape_at(engine, engine->slots[t.job].request.shape);
        t.start_us = engine->now_us + GRACE_US;
        t.end_us = t.start_us + mz_engine_longest_run_us(engine, &engine->slots[t.job]);
        if (!list_candidates(&t))
            continue;
        arena = mz_arena_create();
        found = mz_preempt_choose(engine, arena, t.job, &chosen);
        check_choice(&t, found, &chosen);
        *tried += found;
        mz_arena_free(arena);
        engine->slots[t.job].request.priority = 0;    /* as its place in the queue is not moved, */
        mz_engine_end(engine, engine->now_us, t.job); /* it leaves */
        if (mz_engine_check(engine, &err) != MZ_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
    }
}

static void the_victims_are_the_best_of_all_sets(void **state)
{
    uint64_t seed = fixture_seed(SEED_DEFAULT);
    int32_t count = fixture_cases(CASE_COUNT);
    int32_t found = 0;

    (void)state;
    print_message("preempt: %d cases from seed %llu\n", count, (unsigned long long)seed);
    for (int32_t i = 0; i < count; i++, seed++) {
        struct chance chance = { .state = seed };
        struct mz_arena *arena = mz_arena_create();
        struct mz_policy policy = policy_of(random_policy(&chance));
        struct mz_engine *engine;

        policy.las_quantum_us = 20;
        policy.grace_us = GRACE_US;
        engine = mz_engine_create(random_fleet(arena, &chance), &policy, NULL, NULL);
        fill(&chance, engine);
        try_jobs(&chance, engine, seed, &found);
        mz_engine_free(engine);
        mz_arena_free(arena);
    }
    print_message("preempt: %d with victims\n", found);
    assert_true(count < 100 || found > count / 10);
}

/* --- lives ------------------------------------------------------------------------------- */

struct life {
    uint64_t seed;
    struct chance chance;
    struct mz_engine *engine;
    int64_t now_us;
    int64_t safe_until_us[256]; /* [job] */
    int64_t promise_us[256];    /* of a preemption; MZ_TIME_NEVER: none */
    int32_t preempted;
};

static void note(struct life *life, const struct mz_place_decision *decisions, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const struct mz_place_decision *d = &decisions[i];
        const struct mz_slot *slot = &life->engine->slots[d->job];

        switch (d->kind) {
        case MZ_DECIDE_START:
            if (life->now_us > life->promise_us[d->job])
                fail_msg("seed %llu: job %d starts at %lld, promised %lld",
                    (unsigned long long)life->seed, d->job, (long long)life->now_us,
                    (long long)life->promise_us[d->job]);
            life->promise_us[d->job] = MZ_TIME_NEVER;
            if (life->safe_until_us[d->job] == MZ_TIME_NEVER)
                life->safe_until_us[d->job] = life->now_us + life->engine->policy.preempt_guard_us;
            break;
        case MZ_DECIDE_RESERVE:
            if (d->until_us < life->promise_us[d->job])
                life->promise_us[d->job] = d->until_us;
            break;
        case MZ_DECIDE_PREEMPT:
            life->preempted++;
            assert_int_equal(slot->state, MZ_JOB_STOPPING);
            assert_true(slot->request.preemptible);
            assert_true(life->now_us >= life->safe_until_us[d->job]);
            assert_true(life->engine->slots[d->by].reservation >= 0);
            assert_true(d->until_us <= life->now_us + life->engine->policy.grace_us);
            life->safe_until_us[d->job] = MZ_TIME_NEVER;
            break;
        }
    }
}

static int64_t next_event(const struct life *life, int64_t until_us)
{
    const struct mz_engine *engine = life->engine;

    if (engine->running.count > 0 && engine->running.heap[0].end_us < until_us)
        until_us = engine->running.heap[0].end_us;
    return until_us;
}

static void live_until(struct life *life, int64_t until_us)
{
    struct mz_engine *engine = life->engine;

    while (life->now_us < until_us) {
        const struct mz_place_decision *decisions;
        struct mz_error err = { MZ_OK, "" };
        int32_t count;

        life->now_us = next_event(life, until_us);
        while (engine->running.count > 0 && engine->running.heap[0].end_us <= life->now_us) {
            int32_t job = engine->running.heap[0].job;

            if (engine->slots[job].state == MZ_JOB_STOPPING)
                mz_engine_stopped(engine, life->now_us, job, pick(&life->chance, 1, 300));
            else
                mz_engine_end(engine, life->now_us, job);
        }
        count = mz_engine_step(engine, life->now_us, &decisions);
        note(life, decisions, count);
        if (mz_engine_check(engine, &err) != MZ_OK)
            fail_msg("seed %llu at %lld: %s", (unsigned long long)life->seed,
                (long long)life->now_us, err.text);
    }
}

static void promises_and_guards_are_kept(void **state)
{
    uint64_t seed = fixture_seed(SEED_DEFAULT);
    int32_t count = fixture_cases(CASE_COUNT) / CASES_PER_LIFE;
    int32_t preempted = 0;

    (void)state;
    for (int32_t i = 0; i < count; i++, seed++) {
        struct life life = { .seed = seed, .chance = { .state = seed } };
        struct mz_arena *arena = mz_arena_create();
        struct mz_policy policy = policy_of(random_policy(&life.chance));

        for (int32_t j = 0; j < 256; j++) {
            life.promise_us[j] = MZ_TIME_NEVER;
            life.safe_until_us[j] = INT64_MIN;
        }
        policy.las_quantum_us = 20;
        life.engine = mz_engine_create(random_fleet(arena, &life.chance), &policy, NULL, NULL);
        for (int32_t turn = 0; turn < 40; turn++) {
            submit_random(&life.chance, life.engine, life.now_us, 12);
            live_until(&life, life.now_us + pick(&life.chance, 1, 60));
        }
        live_until(&life, life.now_us + 20000);
        preempted += life.preempted;
        mz_engine_free(life.engine);
        mz_arena_free(arena);
    }
    print_message("preempt: %d victims in %d lives\n", preempted, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_victims_are_the_best_of_all_sets),
        cmocka_unit_test(promises_and_guards_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
