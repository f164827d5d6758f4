/* team.c - the tree of teams: who may use how much, and who is first
 *
 * Nodes. nodes[0] is the root, team t is nodes[t + 1]; parents stand before their children. Every
 * node knows, in milli-chips and kept up to date on the way to the root by each change:
 *   all.used     what jobs of the team and of all below it hold
 *   direct.used  what jobs of the team itself hold. In a team with children these jobs are like one
 *                more child, whose own is the rest of the quota that the children do not have, with
 *                weight 1 and an index before theirs
 *   kept         quota - lend limit: its own that nobody else may use even when it does not
 *   demand       direct.used + what its children need; a team needs max(kept, demand)
 *
 * Admission, level by level from the team to the root. Inside its own quota a team is let in, even
 * if others have borrowed it: to take it back is what reclaim is for. Beyond its quota a team
 *   stays within its borrow limit, and
 *   finds it under its parent: demand of the parent <= its quota + its borrow limit. What goes
 *   beyond the parent's quota the parent borrows in turn, one level up; the root has root_chips.
 * So nobody borrows what a third one keeps. O(depth).
 *
 * Fair share. What was used until now counts V(now) = integral of used(s) 2^(s/h) ds: the decayed
 * use U = V 2^(-now/h) times a factor that all teams share, so teams compare by V, and a team that
 * does nothing keeps its V. V is a mantissa below 2^96 and an exponent of 2 in 64 bits, so neither
 * runs over: the exponent is the number of half-lives, and the mantissa is cut below by less than
 * 2^-94 of itself in each sum. An account adds, when its `used` changes and when it is looked at,
 *   used d E(at) phi(d/h)            d = now - at, E(t) = 2^(t/h), phi(y) = (2^y - 1) / (y ln 2)
 *   used h / ln 2 (E(now) - E(at))   the same, for d >= h
 * d and used are whole numbers; E and phi are 64-bit fixed point from power series in integers,
 * each term cut below, within 2^-57 of their value. So V is within 2^-55 of the true integral
 * however many the changes: all terms are positive, nothing cancels. No floating point takes part in an
 * order; V without a half-life is exact. Two teams compare as V_a weight_b : V_b weight_a, exactly,
 * then by index.
 *
 * Time does not run backwards: an earlier now counts as the last one seen by the account. */
#include "place/team.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

enum {
    MANTISSA_BITS = 96, /* times a weight of 31 bits stays below 2^127 */
    ROOT = 0
};

#define MILLI INT64_C(1000)
#define CHIPS_MAX (INT64_C(1) << 36)         /* more in a quota means so many: sums stay in range */
#define LN2_Q64 UINT64_C(0xB17217F7D1CF79AB) /* ln 2 * 2^64 */
#define PER_LN2_Q63 UINT64_C(0xB8AA3B295C17F0BC) /* 1 / ln 2 * 2^63 */

struct big { /* mantissa * 2^exponent */
    u128 mantissa;
    int64_t exponent;
};

struct growth { /* mantissa / 2^63 * 2^exponent; 2^63 <= mantissa */
    uint64_t mantissa;
    int64_t exponent;
};

struct account {
    struct big had; /* V up to at_us */
    int64_t used_milli;
    int64_t at_us;
    struct growth growth; /* E(at_us) */
};

struct node {
    struct account all;
    struct account direct;
    char *path;
    int32_t parent;
    int32_t depth; /* of the root 0 */
    int32_t weight;
    bool stated; /* has a quota */
    int64_t own_milli;
    int64_t borrow_milli_max;
    int64_t kept_milli;
    int64_t children_own_milli;
    int64_t demand_milli;
};

struct mz_teams {
    int64_t half_life_us;
    int32_t node_count;
    int32_t node_capacity;
    int32_t stated_count;
    struct node *nodes;
    int32_t *table; /* open addressing by path; 0: empty */
    uint32_t table_size;
};

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- numbers ---- */

static int32_t bit_length(u128 x)
{
    uint64_t high = (uint64_t)(x >> 64);
    uint64_t low = (uint64_t)x;

    return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

static u128 shift(u128 x, int64_t left)
{
    if (left >= 0)
        return left < 128 ? x << left : 0;
    return left > -128 ? x >> -left : 0;
}

static uint64_t multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t)(((u128)a * b) >> 64);
}

/* Cut to MANTISSA_BITS. */
static struct big big_make(u128 mantissa, int64_t exponent)
{
    int32_t excess = bit_length(mantissa) - MANTISSA_BITS;

    if (excess <= 0)
        return (struct big){ mantissa, exponent };
    return (struct big){ mantissa >> excess, exponent + excess };
}

/* Exact as long as the sum has MANTISSA_BITS, else cut below. */
static struct big big_add(struct big a, struct big b)
{
    int64_t top;
    int64_t exponent;

    if (a.mantissa == 0 || b.mantissa == 0)
        return a.mantissa == 0 ? b : a;
    top = max_i64(bit_length(a.mantissa) + a.exponent, bit_length(b.mantissa) + b.exponent);
    exponent = max_i64(min_i64(a.exponent, b.exponent), top + 1 - MANTISSA_BITS);
    return (struct big){ shift(a.mantissa, a.exponent - exponent) +
            shift(b.mantissa, b.exponent - exponent),
        exponent };
}

/* -1, 0 or 1 as a / a_weight is less than, equal to or more than b / b_weight: exact. */
static int32_t big_compare(struct big a, int32_t a_weight, struct big b, int32_t b_weight)
{
    u128 x = a.mantissa * (u128)b_weight;
    u128 y = b.mantissa * (u128)a_weight;
    int64_t x_top = bit_length(x) + a.exponent;
    int64_t y_top = bit_length(y) + b.exponent;

    if (x == 0 || y == 0)
        return (x != 0) - (y != 0);
    if (x_top != y_top)
        return x_top < y_top ? -1 : 1;
    if (a.exponent > b.exponent) /* equal tops: the shift fills up to the other's length */
        x <<= a.exponent - b.exponent;
    else
        y <<= b.exponent - a.exponent;
    return (x > y) - (x < y);
}

/* 2^(t/h). The series of e^z, z = fraction * ln 2, in 2^-64. */
static struct growth growth_at(const struct mz_teams *teams, int64_t at_us)
{
    int64_t h = teams->half_life_us;
    int64_t whole;
    int64_t rest;
    uint64_t z;
    uint64_t term;
    u128 sum = (u128)1 << 64;

    if (h <= 0)
        return (struct growth){ UINT64_C(1) << 63, 0 };
    whole = at_us / h;
    rest = at_us % h;
    if (rest < 0) {
        whole--;
        rest += h;
    }
    z = multiply_high((uint64_t)(((u128)rest << 64) / (u128)h), LN2_Q64);
    term = z;
    for (uint64_t k = 2; term > 0; k++) {
        sum += term;
        term = multiply_high(term, z) / k;
    }
    return (struct growth){ (uint64_t)(sum >> 1), whole };
}

/* phi(y) of the file's head in 2^-63, for 0 <= y < 1: the sum of z^k / (k + 1)!. */
static uint64_t phi_of(int64_t us, int64_t half_life_us)
{
    uint64_t z = multiply_high((uint64_t)(((u128)us << 64) / (u128)half_life_us), LN2_Q64);
    uint64_t term = z / 2;
    u128 sum = (u128)1 << 64;

    for (uint64_t k = 3; term > 0; k++) {
        sum += term;
        term = multiply_high(term, z) / k;
    }
    return (uint64_t)(sum >> 1);
}

/* ---- accounts ---- */

/* The integral from account->at_us to now. */
static struct big accrued(
    const struct mz_teams *teams, const struct account *account, int64_t now_us)
{
    int64_t h = teams->half_life_us;
    int64_t d = now_us - account->at_us;
    struct growth e = account->growth;
    uint64_t factor; /* in 2^-62 */
    u128 amount;
    int32_t excess;

    if (h <= 0)
        return big_make((u128)account->used_milli * (u128)d, 0);
    if (d < h) {
        amount = (u128)account->used_milli * (u128)d;
        factor = multiply_high(e.mantissa, phi_of(d, h));
    } else {
        struct growth end = growth_at(teams, now_us);
        int64_t apart = end.exponent - e.exponent;
        uint64_t before = apart < 64 ? e.mantissa >> apart : 0;

        amount = (u128)account->used_milli * (u128)h;
        factor = multiply_high(end.mantissa - before, PER_LN2_Q63);
        e = end;
    }
    excess = bit_length(amount) - 64;
    if (excess < 0)
        excess = 0;
    return big_make((amount >> excess) * factor, e.exponent - 62 + excess);
}

static struct big value_at(
    const struct mz_teams *teams, const struct account *account, int64_t now_us)
{
    if (account->used_milli == 0 || now_us <= account->at_us)
        return account->had;
    return big_add(account->had, accrued(teams, account, now_us));
}

static void change_account(const struct mz_teams *teams, struct account *account,
    int64_t change_milli, int64_t now_us, struct growth growth)
{
    account->had = value_at(teams, account, now_us);
    if (now_us >= account->at_us) {
        account->at_us = now_us;
        account->growth = growth;
    }
    account->used_milli += change_milli;
    assert(account->used_milli >= 0 && account->used_milli <= CHIPS_MAX * MILLI);
}

/* ---- making the tree ---- */

static struct node *node_of(const struct mz_teams *teams, int32_t team)
{
    assert(team >= 0 && team + 1 < teams->node_count);
    return &teams->nodes[team + 1];
}

static struct node *parent_of(const struct mz_teams *teams, const struct node *node)
{
    return &teams->nodes[node->parent];
}

static int32_t team_of(const struct mz_teams *teams, const struct node *node)
{
    return (int32_t)(node - teams->nodes) - 1;
}

struct mz_teams *mz_teams_create(int64_t half_life_us, int64_t root_chips)
{
    struct mz_teams *teams = mz_xcalloc(1, sizeof(*teams));

    assert(root_chips >= 0);
    teams->half_life_us = half_life_us;
    teams->node_count = 1;
    teams->node_capacity = 16;
    teams->nodes = mz_xcalloc((size_t)teams->node_capacity, sizeof(*teams->nodes));
    teams->nodes[ROOT] = (struct node){ .all = { .at_us = INT64_MIN },
        .direct = { .at_us = INT64_MIN },
        .parent = -1,
        .weight = 1,
        .own_milli = min_i64(root_chips, CHIPS_MAX) * MILLI };
    teams->table_size = 64;
    teams->table = mz_xcalloc(teams->table_size, sizeof(*teams->table));
    return teams;
}

void mz_teams_free(struct mz_teams *teams)
{
    if (!teams)
        return;
    for (int32_t n = 0; n < teams->node_count; n++)
        free(teams->nodes[n].path);
    free(teams->nodes);
    free(teams->table);
    free(teams);
}

/* Where the path stands in the table, or would. FNV-1a; no result depends on its order. */
static int32_t *table_place(const struct mz_teams *teams, const char *path, size_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    uint32_t mask = teams->table_size - 1;
    uint32_t at;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)path[i]) * UINT64_C(1099511628211);
    for (at = (uint32_t)(hash ^ (hash >> 32)) & mask; teams->table[at] != 0; at = (at + 1) & mask) {
        const char *known = teams->nodes[teams->table[at]].path;

        if (strncmp(known, path, length) == 0 && known[length] == '\0')
            break;
    }
    return &teams->table[at];
}

static void table_grow(struct mz_teams *teams)
{
    free(teams->table);
    teams->table_size *= 2;
    teams->table = mz_xcalloc(teams->table_size, sizeof(*teams->table));
    for (int32_t n = 1; n < teams->node_count; n++)
        *table_place(teams, teams->nodes[n].path, strlen(teams->nodes[n].path)) = n;
}

/* parent: a node. Returns the new node. */
static int32_t add_node(struct mz_teams *teams, int32_t parent, const char *path, size_t length)
{
    int32_t n = teams->node_count;
    char *copy = mz_xcalloc(length + 1, 1);

    if (n == teams->node_capacity) {
        teams->node_capacity *= 2;
        teams->nodes =
            mz_xrealloc(teams->nodes, (size_t)teams->node_capacity, sizeof(*teams->nodes));
    }
    if (2 * (uint32_t)n >= teams->table_size)
        table_grow(teams);
    memcpy(copy, path, length);
    teams->nodes[n] = (struct node){ .all = { .at_us = INT64_MIN },
        .direct = { .at_us = INT64_MIN },
        .path = copy,
        .parent = parent,
        .depth = teams->nodes[parent].depth + 1,
        .weight = 1,
        .borrow_milli_max = CHIPS_MAX * MILLI };
    *table_place(teams, path, length) = n;
    teams->node_count++;
    return n;
}

enum mz_status mz_teams_add(
    struct mz_teams *teams, const char *path, int32_t *ret_team, struct mz_error *err)
{
    int32_t depth = 0;
    int32_t known = 0; /* parts that are there already */
    int32_t node = ROOT;

    for (const char *part = path;; part += strcspn(part, "/") + 1) {
        size_t end = (size_t)(part - path) + strcspn(part, "/");
        int32_t found;

        if (*part == '/' || *part == '\0')
            return mz_fail(err, MZ_E_INPUT,
                "team '%.200s': part %d of the path is empty; write it like 'research/nlp'", path,
                depth + 1);
        if (++depth > MZ_TEAM_DEPTH_MAX)
            return mz_fail(err, MZ_E_LIMIT, "team '%.200s' lies more than %d levels deep", path,
                MZ_TEAM_DEPTH_MAX);
        found = *table_place(teams, path, end);
        if (found != 0) {
            node = found;
            known = depth;
        }
        if (path[end] == '\0')
            break;
    }
    if (teams->node_count - 1 + depth - known > MZ_TEAM_COUNT_MAX)
        return mz_fail(err, MZ_E_LIMIT, "team '%.200s' would be one of more than %d teams", path,
            MZ_TEAM_COUNT_MAX);
    depth = 0;
    for (const char *part = path;; part += strcspn(part, "/") + 1) {
        size_t end = (size_t)(part - path) + strcspn(part, "/");

        if (++depth > known)
            node = add_node(teams, node, path, end);
        if (path[end] == '\0')
            break;
    }
    *ret_team = node - 1;
    return MZ_OK;
}

static int64_t need_of(const struct node *node)
{
    return max_i64(node->kept_milli, node->demand_milli);
}

/* What the node needs has grown by so much: its parents' demand follows. */
static void raise_demand(struct mz_teams *teams, const struct node *node, int64_t grown)
{
    while (node->parent >= 0 && grown != 0) {
        struct node *parent = parent_of(teams, node);
        int64_t before = need_of(parent);

        parent->demand_milli += grown;
        grown = need_of(parent) - before;
        node = parent;
    }
}

void mz_teams_set_quota(struct mz_teams *teams, int32_t team, int64_t quota_chips,
    int64_t borrow_chips_max, int64_t lend_chips_max)
{
    struct node *node = node_of(teams, team);
    int64_t before = need_of(node);
    int64_t own;

    assert(quota_chips >= MZ_TEAM_NO_LIMIT && borrow_chips_max >= MZ_TEAM_NO_LIMIT);
    assert(lend_chips_max >= MZ_TEAM_NO_LIMIT);
    teams->stated_count += (quota_chips >= 0) - node->stated;
    node->stated = quota_chips >= 0;
    own = node->stated ? min_i64(quota_chips, CHIPS_MAX) * MILLI : 0;
    parent_of(teams, node)->children_own_milli += own - node->own_milli;
    node->own_milli = own;
    node->borrow_milli_max =
        (borrow_chips_max < 0 ? CHIPS_MAX : min_i64(borrow_chips_max, CHIPS_MAX)) * MILLI;
    node->kept_milli =
        lend_chips_max < 0 ? 0 : own - min_i64(own, min_i64(lend_chips_max, CHIPS_MAX) * MILLI);
    raise_demand(teams, node, need_of(node) - before);
}

void mz_teams_set_weight(struct mz_teams *teams, int32_t team, int32_t weight)
{
    assert(weight > 0);
    node_of(teams, team)->weight = weight;
}

int32_t mz_teams_count(const struct mz_teams *teams)
{
    return teams->node_count - 1;
}

const char *mz_teams_path(const struct mz_teams *teams, int32_t team)
{
    return node_of(teams, team)->path;
}

/* ---- quota ---- */

/* The part of a quota that no child has: the own of the team's direct jobs. */
static int64_t rest_of(const struct node *node)
{
    return max_i64(0, node->own_milli - node->children_own_milli);
}

bool mz_teams_admits(
    const struct mz_teams *teams, int32_t team, int64_t chips_milli, int32_t *ret_blocker)
{
    const struct node *node = node_of(teams, team);
    bool borrows = node->direct.used_milli + chips_milli > rest_of(node);
    int64_t grown = chips_milli; /* of what the part below needs */
    int32_t blocker = team;

    assert(chips_milli >= 0 && chips_milli <= CHIPS_MAX * MILLI);
    if (teams->stated_count == 0 || chips_milli == 0)
        return true;
    for (; node->parent >= 0; node = parent_of(teams, node)) {
        int64_t limit = node->own_milli + node->borrow_milli_max;
        int64_t used = node->all.used_milli + chips_milli;
        int64_t demand = node->demand_milli + grown;

        blocker = team_of(teams, node);
        if (used > limit || (borrows && grown > 0 && demand > limit))
            goto fail;
        borrows = used > node->own_milli || (borrows && demand > node->own_milli);
        grown = max_i64(node->kept_milli, demand) - need_of(node);
    }
    if (!borrows || grown == 0 || node->demand_milli + grown <= node->own_milli)
        return true;
fail:
    if (ret_blocker)
        *ret_blocker = blocker;
    return false;
}

static void change_use(struct mz_teams *teams, int32_t team, int64_t change_milli, int64_t now_us)
{
    struct growth growth = growth_at(teams, now_us);
    struct node *node = node_of(teams, team);
    int64_t before = need_of(node);

    change_account(teams, &node->direct, change_milli, now_us, growth);
    node->demand_milli += change_milli;
    raise_demand(teams, node, need_of(node) - before);
    for (; node->parent >= 0; node = parent_of(teams, node)) /* nobody compares the root */
        change_account(teams, &node->all, change_milli, now_us, growth);
}

void mz_teams_take(struct mz_teams *teams, int32_t team, int64_t chips_milli, int64_t now_us)
{
    assert(chips_milli >= 0);
    change_use(teams, team, chips_milli, now_us);
}

void mz_teams_give(struct mz_teams *teams, int32_t team, int64_t chips_milli, int64_t now_us)
{
    assert(chips_milli >= 0);
    change_use(teams, team, -chips_milli, now_us);
}

int64_t mz_teams_used_milli(const struct mz_teams *teams, int32_t team)
{
    return node_of(teams, team)->all.used_milli;
}

int64_t mz_teams_quota_chips(const struct mz_teams *teams, int32_t team)
{
    return node_of(teams, team)->own_milli / MILLI;
}

int64_t mz_teams_borrowed_milli(const struct mz_teams *teams, int32_t team)
{
    const struct node *node = node_of(teams, team);

    return max_i64(0, node->all.used_milli - node->own_milli);
}

/* ---- where two teams meet ---- */

struct meeting {
    const struct node *node; /* that both are part of */
    const struct node *a;    /* the child of it towards a; NULL: a is the node itself */
    const struct node *b;
};

static struct meeting meet(const struct mz_teams *teams, int32_t a_team, int32_t b_team)
{
    struct meeting m = { NULL, NULL, NULL };
    const struct node *a = node_of(teams, a_team);
    const struct node *b = node_of(teams, b_team);

    while (a != b) {
        if (a->depth >= b->depth) {
            m.a = a;
            a = parent_of(teams, a);
            continue;
        }
        m.b = b;
        b = parent_of(teams, b);
    }
    m.node = a;
    return m;
}

bool mz_teams_may_reclaim(
    const struct mz_teams *teams, int32_t team, int64_t chips_milli, int32_t other)
{
    struct meeting m = meet(teams, team, other);

    if (team == other || teams->stated_count == 0)
        return false;
    if (!m.a && m.node->direct.used_milli + chips_milli > rest_of(m.node))
        return false;
    for (const struct node *n = node_of(teams, team); n != m.node; n = parent_of(teams, n)) {
        if (n->all.used_milli + chips_milli > n->own_milli)
            return false;
    }
    if (!m.b)
        return m.node->direct.used_milli > rest_of(m.node);
    for (const struct node *n = node_of(teams, other); n != m.node; n = parent_of(teams, n)) {
        if (n->all.used_milli > n->own_milli)
            return true;
    }
    return false;
}

/* ---- fair share ---- */

bool mz_teams_before(const struct mz_teams *teams, int32_t a, int32_t b, int64_t now_us)
{
    struct meeting m = meet(teams, a, b);
    int32_t order;

    if (a == b)
        return false;
    order = big_compare(value_at(teams, m.a ? &m.a->all : &m.node->direct, now_us),
        m.a ? m.a->weight : 1, value_at(teams, m.b ? &m.b->all : &m.node->direct, now_us),
        m.b ? m.b->weight : 1);
    if (order != 0)
        return order < 0;
    /* A child stands behind its parent, so NULL, the parent itself, is the lowest. */
    return !m.a || (m.b && m.a < m.b);
}

double mz_teams_use_chip_hours(const struct mz_teams *teams, int32_t team, int64_t now_us)
{
    const struct account *account = &node_of(teams, team)->all;
    struct big value = value_at(teams, account, now_us);
    struct growth now = growth_at(teams, max_i64(now_us, account->at_us));
    int64_t exponent = value.exponent - now.exponent + 63;

    if (value.mantissa == 0 || exponent < -4096)
        return 0;
    return ldexp((double)value.mantissa / (double)now.mantissa, (int)exponent) / (1e3 * 3.6e9);
}
