/* test_team.c - quotas, borrowing, reclaim and fair shares of teams */
#include "place/team.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) ((int32_t)(sizeof(list) / sizeof((list)[0])))
#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define YEAR (365 * DAY)
#define CHIPS(n) ((n)*INT64_C(1000))
#define NO MZ_TEAM_NO_LIMIT

/* MIZAN_TEST_SEED repeats a run. */
static uint64_t test_seed(void)
{
    const char *stated = getenv("MIZAN_TEST_SEED");
    uint64_t seed = stated ? strtoull(stated, NULL, 10) : 20260701;

    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static int32_t team_add(struct mz_teams *teams, const char *path)
{
    struct mz_error err = { MZ_OK, "" };
    int32_t team = -1;

    if (mz_teams_add(teams, path, &team, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return team;
}

struct quota {
    const char *path;
    int64_t own; /* NO: states none */
    int64_t borrow;
    int64_t lend;
    int64_t used; /* by the team's own jobs */
};

static struct mz_teams *make(int64_t root_chips, const struct quota *quotas, int32_t count)
{
    struct mz_teams *teams = mz_teams_create(0, root_chips);

    for (int32_t i = 0; i < count; i++) {
        int32_t team = team_add(teams, quotas[i].path);

        mz_teams_set_quota(teams, team, quotas[i].own, quotas[i].borrow, quotas[i].lend);
        mz_teams_take(teams, team, CHIPS(quotas[i].used), 0);
    }
    return teams;
}

/* ---- names ---- */

static void a_path_makes_its_parents_once(void **state)
{
    struct mz_teams *teams = mz_teams_create(HOUR, 8);

    (void)state;
    assert_int_equal(team_add(teams, "research/nlp/chat"), 2);
    assert_int_equal(team_add(teams, "research"), 0);
    assert_int_equal(team_add(teams, "research/nlp"), 1);
    assert_int_equal(team_add(teams, "research/vision"), 3);
    assert_int_equal(team_add(teams, "nlp"), 4);
    assert_int_equal(team_add(teams, "research/nlp/chat"), 2);
    assert_int_equal(mz_teams_count(teams), 5);
    assert_string_equal(mz_teams_path(teams, 1), "research/nlp");
    assert_string_equal(mz_teams_path(teams, 4), "nlp");
    mz_teams_free(teams);
    mz_teams_free(NULL);
}

static void a_wrong_path_changes_nothing(void **state)
{
    static const struct {
        const char *path;
        enum mz_status status;
    } cases[] = {
        { "", MZ_E_INPUT },
        { "/", MZ_E_INPUT },
        { "/a", MZ_E_INPUT },
        { "a/", MZ_E_INPUT },
        { "a//b", MZ_E_INPUT },
        { "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", MZ_E_LIMIT },
    };
    struct mz_teams *teams = mz_teams_create(0, 8);
    int32_t team = 77;

    (void)state;
    for (int32_t i = 0; i < COUNT(cases); i++) {
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(mz_teams_add(teams, cases[i].path, &team, &err), cases[i].status);
        assert_int_equal(team, 77);
        assert_true(strlen(err.text) > 20);
        assert_int_equal(mz_teams_count(teams), 0);
    }
    assert_int_equal(team_add(teams, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"), 15);
    mz_teams_free(teams);
}

static void there_are_as_many_teams_as_the_limit_says(void **state)
{
    struct mz_teams *teams = mz_teams_create(0, 8);
    char path[64];
    int32_t team = -1;

    (void)state;
    for (int32_t i = 0; i < MZ_TEAM_COUNT_MAX - 1; i++) {
        (void)snprintf(path, sizeof(path), "t%d", (int)i);
        assert_int_equal(team_add(teams, path), i);
    }
    assert_int_equal(mz_teams_add(teams, "a/b", &team, NULL), MZ_E_LIMIT);
    assert_int_equal(mz_teams_count(teams), MZ_TEAM_COUNT_MAX - 1);
    assert_int_equal(team_add(teams, "last"), MZ_TEAM_COUNT_MAX - 1);
    assert_int_equal(mz_teams_add(teams, "x", &team, NULL), MZ_E_LIMIT);
    assert_int_equal(team_add(teams, "t4711"), 4711);
    mz_teams_free(teams);
}

/* ---- quota ---- */

/* The example of docs/placement.md: a fleet of 100 chips. */
static const struct quota lab[] = {
    { "research", 60, 5, NO, 0 },         /* 0 */
    { "research/nlp", 40, NO, 10, 10 },   /* 1 */
    { "research/vision", 10, 15, NO, 5 }, /* 2 */
    { "serving", 30, NO, 0, 0 },          /* 3 */
    { "guest", NO, NO, NO, 0 },           /* 4 */
};

static void a_team_gets_its_quota_and_what_others_lend(void **state)
{
    static const struct {
        int32_t team;
        int64_t chips;
        int32_t blocker; /* -1: admitted */
    } cases[] = {
        { 1, 30, -1 }, /* nlp up to its quota of 40 */
        { 1, 50, -1 }, /* 60, and 5 of vision: the 65 of research with what it may borrow */
        { 1, 51, 0 },
        { 2, 5, -1 },
        { 2, 20, -1 }, /* 10 of its own, 15 borrowed */
        { 2, 21, 2 },  /* its borrow limit */
        { 3, 30, -1 },
        { 3, 65, -1 }, /* all but the 30 that nlp keeps and the 5 that vision uses */
        { 3, 66, 3 },
        { 4, 35, -1 }, /* serving keeps 30, nlp 30, vision uses 5 */
        { 4, 36, 4 },
    };
    struct mz_teams *teams = make(100, lab, COUNT(lab));

    (void)state;
    for (int32_t i = 0; i < COUNT(cases); i++) {
        int32_t blocker = -1;
        bool admitted = mz_teams_admits(teams, cases[i].team, CHIPS(cases[i].chips), &blocker);

        if (admitted != (cases[i].blocker < 0) || blocker != cases[i].blocker)
            fail_msg("case %d: admitted %d, blocker %d", (int)i, admitted, (int)blocker);
        if (!admitted)
            assert_true(mz_teams_admits(teams, cases[i].team, CHIPS(cases[i].chips) - 1000, NULL));
    }
    mz_teams_free(teams);
}

static void without_any_quota_nothing_binds(void **state)
{
    struct mz_teams *teams = mz_teams_create(HOUR, 8);
    int32_t a = team_add(teams, "a");
    int32_t b = team_add(teams, "b");

    (void)state;
    assert_true(mz_teams_admits(teams, a, CHIPS(1000), NULL));
    mz_teams_take(teams, a, CHIPS(1000), 5);
    assert_int_equal(mz_teams_borrowed_milli(teams, a), CHIPS(1000));
    assert_false(mz_teams_may_reclaim(teams, b, 1, a));
    mz_teams_set_quota(teams, b, 0, NO, NO); /* a quota of 0 is one */
    assert_false(mz_teams_admits(teams, a, 1, NULL));
    mz_teams_set_quota(teams, b, NO, NO, NO);
    assert_true(mz_teams_admits(teams, a, 1, NULL));
    mz_teams_free(teams);
}

static void who_is_inside_its_quota_may_reclaim_from_who_borrows(void **state)
{
    static const struct quota full[] = {
        { "research", 60, NO, NO, 0 },         /* 0 */
        { "research/nlp", 40, NO, NO, 20 },    /* 1: inside */
        { "research/vision", 10, NO, NO, 30 }, /* 2: borrows 20 */
        { "serving", 30, NO, NO, 10 },         /* 3: inside */
        { "guest", NO, NO, NO, 40 },           /* 4: borrows 40 */
    };
    static const struct {
        int32_t team;
        int64_t chips;
        int32_t other;
        bool may;
    } cases[] = {
        { 1, 20, 2, true },  /* up to 40 of its own, from its sister */
        { 1, 21, 2, false }, /* beyond */
        { 1, 10, 4, true },  /* research has 50 of 60 */
        { 1, 11, 4, false }, /* nlp would be inside, research not */
        { 2, 1, 4, false },  /* borrows itself */
        { 2, 1, 1, false },
        { 3, 20, 4, true },
        { 3, 21, 4, false },
        { 3, 20, 2, true },  /* vision borrows, though research as a whole does not */
        { 3, 20, 1, false }, /* nlp does not borrow, nor does research */
        { 4, 1, 2, false },
        { 3, 20, 3, false }, /* nobody from himself */
        { 0, 10, 2, true },  /* direct jobs of research: 60 - 40 - 10 have no other owner */
        { 0, 11, 2, false },
    };
    struct mz_teams *teams = make(100, full, COUNT(full));

    (void)state;
    assert_int_equal(mz_teams_borrowed_milli(teams, 2), CHIPS(20));
    assert_int_equal(mz_teams_borrowed_milli(teams, 0), 0);
    assert_int_equal(mz_teams_used_milli(teams, 0), CHIPS(50));
    assert_int_equal(mz_teams_quota_chips(teams, 4), 0);
    for (int32_t i = 0; i < COUNT(cases); i++) {
        if (mz_teams_may_reclaim(teams, cases[i].team, CHIPS(cases[i].chips), cases[i].other) !=
            cases[i].may)
            fail_msg("case %d", (int)i);
    }
    /* Everything is lent out, but its quota admits the team: it goes on to reclaim. */
    assert_true(mz_teams_admits(teams, 3, CHIPS(20), NULL));
    assert_false(mz_teams_admits(teams, 4, 1, NULL));
    mz_teams_free(teams);
}

/* ---- quota: the definition, from scratch ---- */

enum { TREE_MAX = 14 };

struct tree {
    int32_t count;
    int32_t parent[TREE_MAX]; /* -1: the root */
    int64_t own[TREE_MAX];
    int64_t borrow[TREE_MAX];
    int64_t lend[TREE_MAX];
    int64_t direct[TREE_MAX]; /* milli */
    int32_t weight[TREE_MAX];
    int64_t root;
    bool any;
};

static int64_t tree_used(const struct tree *t, int32_t v)
{
    int64_t sum = v < 0 ? 0 : t->direct[v];

    for (int32_t c = 0; c < t->count; c++)
        sum += t->parent[c] == v ? tree_used(t, c) : 0;
    return sum;
}

static int64_t tree_own(const struct tree *t, int32_t v)
{
    return v < 0 ? CHIPS(t->root) : t->own[v] < 0 ? 0 : CHIPS(t->own[v]);
}

/* What a team takes away from the others: what is used by it and below, and what is not lent. */
static int64_t tree_demand(const struct tree *t, int32_t v);

static int64_t tree_need(const struct tree *t, int32_t v)
{
    int64_t unlent = t->lend[v] < 0 ? 0 : tree_own(t, v) - CHIPS(t->lend[v]);
    int64_t demand = tree_demand(t, v);

    return unlent > demand ? unlent : demand;
}

static int64_t tree_demand(const struct tree *t, int32_t v)
{
    int64_t sum = v < 0 ? 0 : t->direct[v];

    for (int32_t c = 0; c < t->count; c++)
        sum += t->parent[c] == v ? tree_need(t, c) : 0;
    return sum;
}

static int64_t tree_rest(const struct tree *t, int32_t v)
{
    int64_t rest = tree_own(t, v);

    for (int32_t c = 0; c < t->count; c++)
        rest -= t->parent[c] == v ? tree_own(t, c) : 0;
    return rest < 0 ? 0 : rest;
}

static bool tree_admits(const struct tree *before, int32_t team, int64_t milli)
{
    struct tree after = *before;
    bool borrows;
    bool grew = true;

    if (!before->any || milli == 0)
        return true;
    after.direct[team] += milli;
    borrows = after.direct[team] > tree_rest(&after, team);
    for (int32_t v = team; v >= 0; v = after.parent[v]) {
        bool limited = after.borrow[v] >= 0;
        int64_t most = tree_own(&after, v) + CHIPS(after.borrow[v]);

        if (limited && tree_used(&after, v) > most)
            return false;
        if (limited && borrows && grew && tree_demand(&after, v) > most)
            return false;
        borrows = tree_used(&after, v) > tree_own(&after, v) ||
            (borrows && tree_demand(&after, v) > tree_own(&after, v));
        grew = tree_need(&after, v) > tree_need(before, v);
    }
    return !borrows || !grew || tree_demand(&after, -1) <= tree_own(&after, -1);
}

static bool tree_is_below(const struct tree *t, int32_t v, int32_t above)
{
    while (v >= 0 && v != above)
        v = t->parent[v];
    return v == above;
}

static bool tree_may_reclaim(const struct tree *t, int32_t team, int64_t milli, int32_t other)
{
    int32_t meet = team;
    bool borrows = false;

    if (!t->any || team == other)
        return false;
    while (!tree_is_below(t, other, meet))
        meet = t->parent[meet];
    if (team == meet && t->direct[team] + milli > tree_rest(t, team))
        return false;
    for (int32_t v = team; v != meet; v = t->parent[v]) {
        if (tree_used(t, v) + milli > tree_own(t, v))
            return false;
    }
    for (int32_t v = other; v != meet; v = t->parent[v])
        borrows = borrows || tree_used(t, v) > tree_own(t, v);
    return borrows || (other == meet && t->direct[other] > tree_rest(t, other));
}

static int64_t draw_limit(struct mz_random *random)
{
    return mz_random_below(random, 3) == 0 ? NO : (int64_t)mz_random_below(random, 12);
}

/* A tree whose teams are numbered as mz_teams numbers them: parents first. */
static struct mz_teams *random_tree(struct mz_random *random, struct tree *t, int64_t half_life_us)
{
    struct mz_teams *teams;
    char paths[TREE_MAX][66];

    memset(t, 0, sizeof(*t));
    t->count = 1 + (int32_t)mz_random_below(random, TREE_MAX);
    t->root = (int64_t)mz_random_below(random, 40);
    teams = mz_teams_create(half_life_us, t->root);
    for (int32_t v = 0; v < t->count; v++) {
        t->parent[v] = (int32_t)mz_random_below(random, (uint64_t)v + 1) - 1;
        t->own[v] = mz_random_below(random, 4) == 0 ? NO : (int64_t)mz_random_below(random, 15);
        t->borrow[v] = draw_limit(random);
        t->lend[v] = draw_limit(random);
        t->weight[v] = 1 + (int32_t)mz_random_below(random, 4);
        t->any = t->any || t->own[v] >= 0;
        (void)snprintf(paths[v], sizeof(paths[v]), "%s%s%c",
            t->parent[v] < 0 ? "" : paths[t->parent[v]], t->parent[v] < 0 ? "" : "/", 'a' + v);
        assert_int_equal(team_add(teams, paths[v]), v);
        mz_teams_set_quota(teams, v, t->own[v], t->borrow[v], t->lend[v]);
        mz_teams_set_weight(teams, v, t->weight[v]);
    }
    return teams;
}

static void check_tree(const struct tree *t, const struct mz_teams *teams)
{
    for (int32_t v = 0; v < t->count; v++) {
        int64_t used = tree_used(t, v);

        assert_int_equal(mz_teams_used_milli(teams, v), used);
        assert_int_equal(
            mz_teams_borrowed_milli(teams, v), used > tree_own(t, v) ? used - tree_own(t, v) : 0);
    }
}

/* Asks for chips, then takes them when admitted, or gives some back. */
static void random_step(
    struct mz_random *random, struct tree *t, struct mz_teams *teams, int32_t step, int32_t seen[3])
{
    int32_t v = (int32_t)mz_random_below(random, (uint64_t)t->count);
    int32_t other = (int32_t)mz_random_below(random, (uint64_t)t->count);
    int64_t milli =
        (int64_t)mz_random_below(random, 6) * 1000 + (mz_random_below(random, 4) == 0 ? 500 : 0);
    int32_t blocker = -1;
    bool admits = mz_teams_admits(teams, v, milli, &blocker);
    bool may = mz_teams_may_reclaim(teams, v, milli, other);

    if (admits != tree_admits(t, v, milli) || may != tree_may_reclaim(t, v, milli, other))
        fail_msg("step %d team %d: %d %d", (int)step, (int)v, admits, may);
    assert_true(admits ? blocker == -1 : tree_is_below(t, v, blocker));
    seen[admits]++;
    seen[2] += may;
    if (mz_random_below(random, 3) == 0) {
        int64_t back = milli < t->direct[v] ? milli : t->direct[v];

        mz_teams_give(teams, v, back, step);
        t->direct[v] -= back;
    } else if (admits) {
        mz_teams_take(teams, v, milli, step);
        t->direct[v] += milli;
        for (int32_t u = 0; u < t->count && t->any; u++)
            assert_true(
                t->borrow[u] < 0 || tree_used(t, u) <= tree_own(t, u) + CHIPS(t->borrow[u]));
    }
    check_tree(t, teams);
}

static void random_takes_and_gives_agree_with_the_definition(void **state)
{
    struct mz_random random;
    int32_t seen[3] = { 0 }; /* refused, admitted, may reclaim */

    (void)state;
    mz_random_init(&random, test_seed());
    for (int32_t round = 0; round < 2000; round++) {
        struct tree t;
        struct mz_teams *teams = random_tree(&random, &t, DAY);

        for (int32_t step = 0; step < 40; step++)
            random_step(&random, &t, teams, step, seen);
        for (int32_t v = 0; v < t.count; v += 3) { /* what is used may then be beyond a quota */
            t.own[v] = (int64_t)mz_random_below(&random, 15);
            t.lend[v] = draw_limit(&random);
            t.any = true;
            mz_teams_set_quota(teams, v, t.own[v], t.borrow[v], t.lend[v]);
        }
        for (int32_t v = 0; v < t.count; v++)
            assert_int_equal(mz_teams_admits(teams, v, 1000, NULL), tree_admits(&t, v, 1000));
        mz_teams_free(teams);
    }
    assert_true(seen[0] > 5000 && seen[1] > 5000 && seen[2] > 1000);
}

/* ---- fair share ---- */

enum { HISTORY_MAX = 400 };

struct spell { /* a job that ran */
    int32_t team;
    int64_t milli;
    int64_t begin_us;
    int64_t end_us; /* INT64_MAX: it still runs */
};

struct history {
    int64_t half_life_us;
    int32_t count;
    struct spell spells[HISTORY_MAX];
};

/* Decayed chip-milli-microseconds at now, from the whole history. */
static long double history_use(
    const struct history *h, const struct tree *t, int32_t team, bool direct, int64_t now_us)
{
    long double sum = 0;
    long double half = (long double)h->half_life_us;

    for (int32_t i = 0; i < h->count; i++) {
        const struct spell *s = &h->spells[i];
        int64_t end = s->end_us < now_us ? s->end_us : now_us;
        long double ran = (long double)(end - s->begin_us);

        if (end <= s->begin_us || (direct ? s->team != team : !tree_is_below(t, s->team, team)))
            continue;
        if (h->half_life_us <= 0)
            sum += (long double)s->milli * ran;
        else
            sum += (long double)s->milli * half / logl(2) *
                exp2l(-(long double)(now_us - end) / half) * -expm1l(-ran / half * logl(2));
    }
    return sum;
}

/* Below 0: a first; 0 when they differ by less than a relative 1e-9. */
static int32_t history_order(
    const struct history *h, const struct tree *t, int32_t a, int32_t b, int64_t now_us)
{
    int32_t meet = a;
    int32_t a_child = -1;
    int32_t b_child = -1;
    long double x;
    long double y;

    while (!tree_is_below(t, b, meet)) {
        a_child = meet;
        meet = t->parent[meet];
    }
    for (int32_t v = b; v != meet; v = t->parent[v])
        b_child = v;
    x = a_child < 0 ? history_use(h, t, meet, true, now_us)
                    : history_use(h, t, a_child, false, now_us) / t->weight[a_child];
    y = b_child < 0 ? history_use(h, t, meet, true, now_us)
                    : history_use(h, t, b_child, false, now_us) / t->weight[b_child];
    if (fabsl(x - y) <= 1e-9L * fmaxl(x, y))
        return 0;
    return x < y ? -1 : 1;
}

static void check_order(const struct history *h, const struct tree *t, const struct mz_teams *teams,
    int64_t now_us, int64_t *ret_clear)
{
    for (int32_t a = 0; a < t->count; a++) {
        long double use = history_use(h, t, a, false, now_us) / 3.6e12L;

        assert_true(fabsl(mz_teams_use_chip_hours(teams, a, now_us) - use) <= 1e-12L * use);
        assert_false(mz_teams_before(teams, a, a, now_us));
        for (int32_t b = 0; b < t->count; b++) {
            int32_t order = a == b ? 0 : history_order(h, t, a, b, now_us);
            bool before = mz_teams_before(teams, a, b, now_us);

            if (order != 0 && before != (order < 0))
                fail_msg("teams %d and %d at %lld", a, b, (long long)now_us);
            *ret_clear += order != 0;
            if (a != b)
                assert_int_equal(before, !mz_teams_before(teams, b, a, now_us));
        }
    }
    for (int32_t a = 0; a < t->count; a++) {
        for (int32_t b = 0; b < t->count; b++) {
            for (int32_t c = 0; c < t->count; c++)
                assert_true(!mz_teams_before(teams, a, b, now_us) ||
                    !mz_teams_before(teams, b, c, now_us) || mz_teams_before(teams, a, c, now_us));
        }
    }
}

/* One step of a history: a job begins, or one that runs ends. */
static void random_event(struct mz_random *random, struct history *h, const struct tree *t,
    struct mz_teams *teams, int64_t now_us, bool even)
{
    int32_t i = (int32_t)mz_random_below(random, HISTORY_MAX);

    if (i < h->count && h->spells[i].end_us == INT64_MAX) {
        h->spells[i].end_us = now_us;
        mz_teams_give(teams, h->spells[i].team, h->spells[i].milli, now_us);
    } else if (h->count < HISTORY_MAX) {
        struct spell *s = &h->spells[h->count++];

        *s = (struct spell){ .team = (int32_t)mz_random_below(random, (uint64_t)t->count),
            .milli = even ? 1000 : 1 + (int64_t)mz_random_below(random, CHIPS(1300000)),
            .begin_us = now_us,
            .end_us = INT64_MAX };
        mz_teams_take(teams, s->team, s->milli, now_us);
    }
}

static void order_is_that_of_the_whole_history(void **state)
{
    static const int64_t half_lives[] = { 0, HOUR, DAY, 7 * DAY, YEAR };
    static const int64_t steps[] = { 1000, HOUR / 60, HOUR, 3 * DAY, 20 * DAY };
    static struct history h;
    struct mz_random random;
    int64_t clear = 0;

    (void)state;
    mz_random_init(&random, test_seed());
    for (int32_t round = 0; round < 250; round++) {
        struct tree t;
        struct mz_teams *teams;
        int64_t step = steps[round / 5 % 5];
        int64_t now = INT64_C(1750000000000000) + (int64_t)mz_random_below(&random, YEAR);

        h.half_life_us = half_lives[round % 5];
        h.count = 0;
        teams = random_tree(&random, &t, h.half_life_us);
        for (int32_t i = 0; i < 300; i++) {
            random_event(&random, &h, &t, teams, now, round % 3 == 0);
            now += round % 3 == 0 ? step * (int64_t)mz_random_below(&random, 2)
                                  : (int64_t)mz_random_below(&random, 2 * (uint64_t)step);
            if (i % 60 == 59)
                check_order(&h, &t, teams, now, &clear);
        }
        check_order(&h, &t, teams, now + 3 * h.half_life_us + 1, &clear);
        mz_teams_free(teams);
    }
    assert_true(clear > 50000);
}

static void use_fades_by_half_in_a_half_life(void **state)
{
    struct mz_teams *teams = mz_teams_create(7 * DAY, 100);
    int32_t nlp = team_add(teams, "research/nlp");
    int32_t vision = team_add(teams, "research/vision");

    (void)state;
    /* docs/placement.md: 8 chips for a day, looked at after one and two half-lives */
    mz_teams_take(teams, nlp, CHIPS(8), 0);
    assert_true(fabs(mz_teams_use_chip_hours(teams, nlp, DAY) - 182.8001) < 1e-4);
    mz_teams_give(teams, nlp, CHIPS(8), DAY);
    assert_true(fabs(mz_teams_use_chip_hours(teams, nlp, 8 * DAY) - 91.4001) < 1e-4);
    assert_true(fabs(mz_teams_use_chip_hours(teams, nlp, 15 * DAY) - 45.7000) < 1e-4);
    /* and 4 chips for a day a week later weigh as much: the index decides */
    mz_teams_take(teams, vision, CHIPS(4), 7 * DAY);
    mz_teams_give(teams, vision, CHIPS(4), 8 * DAY);
    assert_true(mz_teams_before(teams, nlp, vision, 8 * DAY));
    mz_teams_set_weight(teams, vision, 2);
    assert_true(mz_teams_before(teams, vision, nlp, 8 * DAY));
    mz_teams_free(teams);
}

static void older_use_weighs_less_however_old(void **state)
{
    struct mz_teams *teams = mz_teams_create(HOUR, 100);
    int64_t start = -INT64_C(150) * HOUR - 7; /* before 1970 too */
    char path[16];

    (void)state;
    for (int32_t i = 0; i < 300; i++) {
        (void)snprintf(path, sizeof(path), "t%d", (int)i);
        assert_int_equal(team_add(teams, path), i);
        mz_teams_take(teams, i, CHIPS(8), start + i * HOUR);
        mz_teams_give(teams, i, CHIPS(8), start + i * HOUR + HOUR / 3);
        assert_true(
            fabs(mz_teams_use_chip_hours(teams, i, start + (i + 2) * HOUR) - 0.749974) < 1e-6);
    }
    for (int32_t a = 0; a < 300; a++) {
        for (int32_t b = 0; b < 300; b++)
            assert_int_equal(mz_teams_before(teams, a, b, start + 1000 * HOUR), a < b);
    }
    mz_teams_free(teams);
}

static void a_running_job_counts_while_it_runs(void **state)
{
    struct mz_teams *teams = mz_teams_create(YEAR, 100);
    int32_t a = team_add(teams, "a");
    int32_t b = team_add(teams, "b");

    (void)state;
    mz_teams_take(teams, a, CHIPS(1), 0);
    mz_teams_give(teams, a, CHIPS(1), HOUR);
    mz_teams_take(teams, b, CHIPS(1), HOUR);
    assert_true(mz_teams_before(teams, b, a, HOUR + 1));
    assert_true(mz_teams_before(teams, b, a, 2 * HOUR - HOUR / 1000));
    assert_true(mz_teams_before(teams, a, b, 2 * HOUR)); /* later use fades less */
    mz_teams_free(teams);
}

static void a_parent_does_not_gain_by_many_children(void **state)
{
    struct mz_teams *teams = mz_teams_create(0, 100);
    int32_t many[4];
    int32_t one = team_add(teams, "b/x");

    (void)state;
    many[0] = team_add(teams, "a/1");
    many[1] = team_add(teams, "a/2");
    many[2] = team_add(teams, "a/3");
    many[3] = team_add(teams, "a/4");
    mz_teams_take(teams, one, CHIPS(5), 0);
    for (int32_t i = 0; i < 3; i++)
        mz_teams_take(teams, many[i], CHIPS(2), 0);
    /* a used 6, b 5: b/x goes before a/4, which used nothing */
    assert_true(mz_teams_before(teams, one, many[3], 10));
    assert_true(mz_teams_before(teams, many[3], many[0], 10));
    mz_teams_free(teams);
}

static void ten_years_of_the_largest_fleet_stay_in_range(void **state)
{
    static const int64_t half_lives[] = { 0, 1000, HOUR, 7 * DAY, YEAR };

    (void)state;
    for (int32_t i = 0; i < COUNT(half_lives); i++) {
        struct mz_teams *teams = mz_teams_create(half_lives[i], 1300000);
        int32_t old = team_add(teams, "old");
        int32_t older = team_add(teams, "older");
        int32_t all = team_add(teams, "x/all");
        int64_t start = INT64_C(1750000000000000);
        double hours = half_lives[i] > 0 ? (double)half_lives[i] / 3.6e9 / log(2) : 87600;

        /* half a second of one chip, ten years ago, and half of that before */
        mz_teams_take(teams, older, CHIPS(1), start);
        mz_teams_give(teams, older, CHIPS(1), start + 250000);
        mz_teams_take(teams, old, CHIPS(1), start + 250000);
        mz_teams_give(teams, old, CHIPS(1), start + 750000);
        for (int64_t t = 0; t < 10 * YEAR; t += 10 * YEAR / 1000) {
            mz_teams_take(teams, all, CHIPS(1300000), start + t);
            mz_teams_give(teams, all, CHIPS(1300000), start + t + 10 * YEAR / 1000);
        }
        for (int64_t later = 0; later <= 10 * YEAR; later += YEAR) {
            int64_t now = start + 10 * YEAR + later;

            assert_true(mz_teams_before(teams, older, old, now)); /* still */
            assert_true(mz_teams_before(teams, old, all, now));
        }
        if (half_lives[i] == YEAR)
            hours *= 1 - exp2(-10);
        assert_true(fabs(mz_teams_use_chip_hours(teams, all, start + 10 * YEAR) / (1.3e6 * hours) -
                        1) < 1e-12);
        mz_teams_free(teams);
    }
}

/* The same bytes under every compiler: order and numbers after a long history, as one hash. */
static void the_same_history_gives_the_same_order_everywhere(void **state)
{
    static struct history h;
    struct mz_random random;
    struct tree t;
    struct mz_teams *teams;
    uint64_t hash = UINT64_C(14695981039346656037);
    int64_t now = 0;

    (void)state;
    mz_random_init(&random, 7);
    h = (struct history){ .half_life_us = 7 * DAY };
    do {
        teams = random_tree(&random, &t, h.half_life_us);
        if (t.count < TREE_MAX)
            mz_teams_free(teams);
    } while (t.count < TREE_MAX);
    for (int32_t i = 0; i < 1000; i++) {
        random_event(&random, &h, &t, teams, now, false);
        now += (int64_t)mz_random_below(&random, HOUR);
        for (int32_t a = 0; a < t.count; a++) {
            for (int32_t b = 0; b < t.count; b++)
                hash = (hash ^ mz_teams_before(teams, a, b, now)) * UINT64_C(1099511628211);
        }
    }
    mz_teams_free(teams);
    print_message("hash %016llx\n", (unsigned long long)hash);
    assert_true(hash == UINT64_C(0x625450ac778d4389));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_makes_its_parents_once),
        cmocka_unit_test(a_wrong_path_changes_nothing),
        cmocka_unit_test(there_are_as_many_teams_as_the_limit_says),
        cmocka_unit_test(a_team_gets_its_quota_and_what_others_lend),
        cmocka_unit_test(without_any_quota_nothing_binds),
        cmocka_unit_test(who_is_inside_its_quota_may_reclaim_from_who_borrows),
        cmocka_unit_test(random_takes_and_gives_agree_with_the_definition),
        cmocka_unit_test(use_fades_by_half_in_a_half_life),
        cmocka_unit_test(older_use_weighs_less_however_old),
        cmocka_unit_test(a_running_job_counts_while_it_runs),
        cmocka_unit_test(a_parent_does_not_gain_by_many_children),
        cmocka_unit_test(order_is_that_of_the_whole_history),
        cmocka_unit_test(ten_years_of_the_largest_fleet_stay_in_range),
        cmocka_unit_test(the_same_history_gives_the_same_order_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
