/* branch_pick.c - what to branch on
 * Candidates of a node, each evaluated by short LP solves from its basis (strong branching):
 *   - rows "sum of z = 1" with a fractional member: one child per member that can still be 1. Of a
 *     binary branching on such a z only "up" does anything; as long as there is such a row nothing
 *     else is looked at. Rows with too many members are split in halves.
 *   - rows "sum of z <= 1" with two fractional members: two children, either half at 0.
 *   - single integers: down and up. Those that were tried often enough are judged by what they did
 *     (pseudo-costs) instead of by solving.
 * The candidate with the least expected work wins: the sum over its children of 2^(-gain / unit).
 */
#include "solver/branch_tree.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SET_CANDIDATES_MAX = 4, /* near the root; deeper SET_CANDIDATES_DEEP */
    SET_CANDIDATES_DEEP = 2,
    SINGLE_CANDIDATES_MAX = 8,
    CANDIDATES_MAX = SET_CANDIDATES_MAX * 2 + SINGLE_CANDIDATES_MAX,
    DEPTH_TOP = 3,     /* nodes above it count as near the root */
    RELIABLE_COUNT = 4 /* pseudo-costs seen this often are believed */
};
/* A child that is worse than its parent by this share of the objective is bad enough to know. */
#define STRONG_SHARE 0.005

struct candidate {
    struct mz_branching way;
    double work; /* expected */
};

struct pick {
    struct mz_search *search;
    const struct mz_node *node;
    struct mz_basis *basis;
    double objective;
    double *value; /* copies of the node's: solving children writes over the search's own */
    double *reduced;
    double *lower;
    double *upper;
    struct candidate *candidates;
    int32_t candidate_count;
    double least_work; /* of the candidates so far */
};

/* --- sets -------------------------------------------------------------------------------- */

/* Counts per row: entries, and entries that are 1 on a 0/1 integer. */
static void count_rows(const struct mz_search *search, int32_t *all, int32_t *ones)
{
    const struct mz_lp *lp = search->lp;

    for (int32_t c = 0; c < lp->column_count; c++) {
        bool is_binary = lp->is_integer[c] && lp->col_lower[c] >= 0 && lp->col_upper[c] <= 1;

        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++) {
            all[lp->rows[i]]++;
            ones[lp->rows[i]] += is_binary && lp->values[i] == 1;
        }
    }
}

void mz_sets_find(struct mz_search *search)
{
    const struct mz_lp *lp = search->lp;
    int32_t *all = mz_xcalloc((size_t)lp->row_count * 2, sizeof(int32_t));
    int32_t *ones = all + lp->row_count; /* later: set of the row + 1 */
    int32_t member_count = 0;

    count_rows(search, all, ones);
    search->sets = mz_xcalloc((size_t)lp->row_count, sizeof(*search->sets));
    for (int32_t r = 0; r < lp->row_count; r++) {
        bool is_set = all[r] >= 2 && all[r] == ones[r] && lp->row_upper[r] == 1 &&
            lp->row_lower[r] <= 1 && (lp->row_lower[r] == 1 || lp->row_lower[r] <= 0);

        ones[r] = 0;
        if (!is_set)
            continue;
        search->sets[search->set_count] =
            (struct mz_branch_set){ member_count, member_count, lp->row_lower[r] == 1 };
        ones[r] = ++search->set_count;
        member_count += all[r];
    }
    search->members = mz_xcalloc((size_t)member_count, sizeof(int32_t));
    for (int32_t k = 0; k < search->count; k++) {
        int32_t c = search->columns[k];

        for (int32_t i = lp->starts[c]; i < lp->starts[c + 1]; i++) {
            int32_t set = ones[lp->rows[i]] - 1;

            if (set >= 0)
                search->members[search->sets[set].end++] = k;
        }
    }
    free(all);
}

/* --- children ---------------------------------------------------------------------------- */

static void add_change(struct mz_branching *way, int32_t index, double lower, double upper)
{
    if (way->change_count == way->change_capacity) {
        way->change_capacity = way->change_capacity ? way->change_capacity * 2 : 32;
        way->changes =
            mz_xrealloc(way->changes, (size_t)way->change_capacity, sizeof(*way->changes));
    }
    way->changes[way->change_count++] = (struct mz_bound_change){ index, lower, upper };
}

static struct mz_child *begin_child(const struct pick *pick, struct mz_branching *way)
{
    struct mz_child *child = &way->children[way->child_count++];

    assert(way->child_count <= MZ_BRANCH_CHILDREN_MAX);
    *child = (struct mz_child){ .begin = way->change_count,
        .bound = pick->objective,
        .guess = pick->objective,
        .step = { .index = -1, .from = pick->objective } };
    return child;
}

void mz_branching_finish(struct mz_branching *branching)
{
    for (int32_t i = 0; i < branching->child_count; i++)
        mz_basis_release(branching->children[i].basis);
    free(branching->changes);
    *branching = (struct mz_branching){ 0 };
}

static bool can_be_one(const struct pick *pick, int32_t index)
{
    return pick->upper[index] >= 1;
}

static bool is_fractional(const struct pick *pick, int32_t index)
{
    return fabs(pick->value[index] - nearbyint(pick->value[index])) > MZ_WHOLE_TOLERANCE;
}

static void add_member_children(
    struct pick *pick, struct candidate *candidate, const struct mz_branch_set *set)
{
    const struct mz_search *search = pick->search;
    struct mz_branching *way = &candidate->way;

    for (int32_t i = set->begin; i < set->end; i++) {
        int32_t one = search->members[i];
        struct mz_child *child;

        if (!can_be_one(pick, one))
            continue;
        child = begin_child(pick, way);
        child->weight = pick->value[one];
        if (pick->value[one] <= pick->lower[one] + 1e-9 && pick->reduced[one] > 0)
            child->bound += pick->reduced[one]; /* the dual point stays feasible */
        add_change(way, one, 1, 1);
        for (int32_t j = set->begin; j < set->end; j++) {
            if (j != i && can_be_one(pick, search->members[j]))
                add_change(way, search->members[j], 0, 0);
        }
        child->end = way->change_count;
    }
}

/* Members in their own order (periods, mostly); cut where half of the sum is passed. */
static void add_half_children(
    struct pick *pick, struct candidate *candidate, const struct mz_branch_set *set)
{
    const struct mz_search *search = pick->search;
    struct mz_branching *way = &candidate->way;
    int32_t cut = set->begin;
    double total = 0;
    double left = 0;

    for (int32_t i = set->begin; i < set->end; i++)
        total += pick->value[search->members[i]];
    while (cut < set->end && left + pick->value[search->members[cut]] < total / 2)
        left += pick->value[search->members[cut++]];
    /* the member that passes the half goes to the side that leaves both sides something */
    if (left <= MZ_WHOLE_TOLERANCE)
        cut++;
    for (int32_t side = 0; side < 2; side++) {
        struct mz_child *child = begin_child(pick, way);

        for (int32_t i = side ? cut : set->begin; i < (side ? set->end : cut); i++) {
            if (can_be_one(pick, search->members[i]))
                add_change(way, search->members[i], 0, 0);
        }
        child->end = way->change_count;
    }
}

static void add_single_children(struct pick *pick, struct candidate *candidate, int32_t index)
{
    double value = pick->value[index];
    double below = floor(value);

    for (int32_t up = 0; up < 2; up++) {
        struct mz_child *child = begin_child(pick, &candidate->way);

        child->step = (struct mz_branch_step){ index, up, up ? below + 1 - value : value - below,
            pick->objective };
        if (up)
            add_change(&candidate->way, index, below + 1, pick->upper[index]);
        else
            add_change(&candidate->way, index, pick->lower[index], below);
        child->end = candidate->way.change_count;
    }
}

/* --- evaluation -------------------------------------------------------------------------- */

void mz_pseudo_learn(struct mz_search *search, const struct mz_branch_step *step, double objective)
{
    struct mz_pseudo *pseudo;

    if (step->index < 0 || step->distance < MZ_WHOLE_TOLERANCE || !isfinite(objective))
        return;
    pseudo = &search->pseudo[step->index];
    pseudo->sum[step->up] += fmax(0, objective - step->from) / step->distance;
    pseudo->seen[step->up]++;
}

double mz_pseudo_cost(const struct mz_search *search, int32_t index, bool up)
{
    const struct mz_pseudo *pseudo = &search->pseudo[index];
    double sum = 0;
    int32_t seen = 0;

    if (pseudo->seen[up] > 0)
        return pseudo->sum[up] / pseudo->seen[up];
    for (int32_t k = 0; k < search->count; k++) {
        sum += search->pseudo[k].sum[up];
        seen += search->pseudo[k].seen[up];
    }
    return seen > 0 ? sum / seen : 1;
}

static void solve_child(struct pick *pick, struct mz_branching *way, struct mz_child *child)
{
    struct mz_search *search = pick->search;
    double limit = pick->objective + STRONG_SHARE * fmax(1, fabs(pick->objective));
    struct mz_node *node;
    double bound;
    enum mz_lp_end end;
    int32_t worst;

    if (child->bound >= mz_search_cutoff(search)) {
        search->dropped_bound = fmin(search->dropped_bound, child->bound);
        child->is_dead = true;
        return;
    }
    node =
        mz_node_create(search, pick->node, way->changes + child->begin, child->end - child->begin);
    if (!mz_search_enter(search, node)) {
        child->is_dead = true;
        mz_node_free(node);
        return;
    }
    search->adapter->set_basis(search->state, pick->basis->bytes);
    end = mz_search_solve(search, limit, &bound);
    child->bound = fmax(child->bound, bound);
    child->guess = fmax(child->bound, end == MZ_LP_UNSURE ? limit : bound);
    if (end == MZ_LP_CUT) {
        child->is_dead = true;
        search->dropped_bound = fmin(search->dropped_bound, child->bound);
    } else if (!search->interrupted) {
        child->basis = mz_basis_save(search);
    }
    if (end == MZ_LP_SOLVED) {
        mz_pseudo_learn(search, &child->step, bound);
        if (mz_search_fraction(search, &worst) <= MZ_WHOLE_TOLERANCE)
            (void)mz_search_try_whole(search, &bound);
    }
    mz_node_free(node);
}

/* The gain that halves the work expected below a child: a part of what is left to the cutoff, or
 * of the span in which strong branching looks when the cutoff is far. */
static double gain_unit(const struct pick *pick)
{
    double span = STRONG_SHARE * fmax(1, fabs(pick->objective));
    double left = mz_search_cutoff(pick->search) - pick->objective;

    return fmax(fmin(span / 8, left / 4), 1e-9);
}

static bool is_likelier(const struct mz_child *a, const struct mz_child *b)
{
    return a->bound != b->bound ? a->bound < b->bound : a->weight > b->weight;
}

static double child_work(const struct pick *pick, const struct mz_child *child)
{
    double unit = gain_unit(pick);

    return child->is_dead ? 0 : exp2(-fmin((child->guess - pick->objective) / unit, 1000));
}

/* Likely children first: a point found among them cuts the others short, and a candidate with more
 * work than the best so far is given up (its work is then infinite). */
static void solve_children(struct pick *pick, struct candidate *candidate)
{
    struct mz_branching *way = &candidate->way;
    bool done[MZ_BRANCH_CHILDREN_MAX] = { false };

    candidate->work = 0;
    for (int32_t step = 0; step < way->child_count; step++) {
        int32_t next = -1;

        for (int32_t i = 0; i < way->child_count; i++) {
            if (!done[i] && (next < 0 || is_likelier(&way->children[i], &way->children[next])))
                next = i;
        }
        done[next] = true;
        if (mz_search_is_stopped(pick->search))
            return;
        solve_child(pick, way, &way->children[next]);
        candidate->work += child_work(pick, &way->children[next]);
        if (candidate->work > pick->least_work && step + 1 < way->child_count) {
            candidate->work = MZ_INFINITY;
            return;
        }
    }
    pick->least_work = fmin(pick->least_work, candidate->work);
}

static int32_t live_count(const struct mz_branching *way)
{
    int32_t live = 0;

    for (int32_t i = 0; i < way->child_count; i++)
        live += !way->children[i].is_dead;
    return live;
}

/* --- choice ------------------------------------------------------------------------------ */

static struct candidate *next_candidate(struct pick *pick)
{
    assert(pick->candidate_count < CANDIDATES_MAX);
    return &pick->candidates[pick->candidate_count++];
}

/* Sets with fractional members, those with the most of them first. Returns how many. */
static int32_t list_sets(const struct pick *pick, bool exact, int32_t *list, int32_t list_max)
{
    const struct mz_search *search = pick->search;
    int32_t fractional[SET_CANDIDATES_MAX];
    int32_t count = 0;

    for (int32_t s = 0; s < search->set_count; s++) {
        int32_t found = 0;
        int32_t at;

        if (search->sets[s].is_exact != exact)
            continue;
        for (int32_t i = search->sets[s].begin; i < search->sets[s].end; i++)
            found += is_fractional(pick, search->members[i]);
        if (found < 2)
            continue;
        at = count < list_max ? count++ : list_max;
        if (at == list_max && found <= fractional[--at])
            continue;
        for (; at > 0 && fractional[at - 1] < found; at--) {
            fractional[at] = fractional[at - 1];
            list[at] = list[at - 1];
        }
        fractional[at] = found;
        list[at] = s;
    }
    return count;
}

static bool is_decided(const struct pick *pick)
{
    return pick->candidate_count > 0 &&
        live_count(&pick->candidates[pick->candidate_count - 1].way) <= 1;
}

/* True: a candidate leaves at most one child, nothing can be better. */
static bool try_sets(struct pick *pick, bool exact)
{
    int32_t list[SET_CANDIDATES_MAX];
    int32_t count = list_sets(pick, exact, list,
        pick->node->depth < DEPTH_TOP ? SET_CANDIDATES_MAX : SET_CANDIDATES_DEEP);

    for (int32_t i = 0; i < count; i++) {
        const struct mz_branch_set *set = &pick->search->sets[list[i]];
        struct candidate *candidate = next_candidate(pick);
        int32_t possible = 0;

        for (int32_t j = set->begin; j < set->end; j++)
            possible += can_be_one(pick, pick->search->members[j]);
        if (exact && possible <= MZ_BRANCH_CHILDREN_MAX)
            add_member_children(pick, candidate, set);
        else
            add_half_children(pick, candidate, set);
        solve_children(pick, candidate);
        if (is_decided(pick))
            return true;
    }
    return false;
}

static double single_score(const struct pick *pick, int32_t index)
{
    double value = pick->value[index];
    double down = (value - floor(value)) * mz_pseudo_cost(pick->search, index, 0);
    double up = (floor(value) + 1 - value) * mz_pseudo_cost(pick->search, index, 1);

    return fmax(down, 1e-6) * fmax(up, 1e-6);
}

static int32_t list_singles(const struct pick *pick, int32_t *list, double least)
{
    double scores[SINGLE_CANDIDATES_MAX];
    int32_t count = 0;

    for (int32_t k = 0; k < pick->search->count; k++) {
        double score;
        int32_t at;

        if (fabs(pick->value[k] - nearbyint(pick->value[k])) <= least)
            continue;
        score = single_score(pick, k);
        at = count < SINGLE_CANDIDATES_MAX ? count++ : SINGLE_CANDIDATES_MAX;
        if (at == SINGLE_CANDIDATES_MAX && score <= scores[--at])
            continue;
        for (; at > 0 && scores[at - 1] < score; at--) {
            scores[at] = scores[at - 1];
            list[at] = list[at - 1];
        }
        scores[at] = score;
        list[at] = k;
    }
    return count;
}

static void guess_children(struct pick *pick, struct candidate *candidate, int32_t index)
{
    candidate->work = 0;
    for (int32_t up = 0; up < 2; up++) {
        struct mz_child *child = &candidate->way.children[up];

        child->guess =
            pick->objective + child->step.distance * mz_pseudo_cost(pick->search, index, up);
        candidate->work += child_work(pick, child);
    }
    pick->least_work = fmin(pick->least_work, candidate->work);
}

static bool try_singles(struct pick *pick, double least)
{
    int32_t list[SINGLE_CANDIDATES_MAX];
    int32_t count = list_singles(pick, list, least);

    for (int32_t i = 0; i < count; i++) {
        struct candidate *candidate = next_candidate(pick);
        const struct mz_pseudo *pseudo = &pick->search->pseudo[list[i]];

        add_single_children(pick, candidate, list[i]);
        if (pseudo->seen[0] >= RELIABLE_COUNT && pseudo->seen[1] >= RELIABLE_COUNT) {
            guess_children(pick, candidate, list[i]);
            continue;
        }
        solve_children(pick, candidate);
        if (is_decided(pick))
            return true;
    }
    return false;
}

static int32_t best_candidate(const struct pick *pick)
{
    int32_t best = 0;

    for (int32_t i = 1; i < pick->candidate_count; i++) {
        if (pick->candidates[i].work < pick->candidates[best].work)
            best = i;
    }
    return best;
}

void mz_branching_choose(struct mz_search *search, const struct mz_node *node, double objective,
    struct mz_basis *basis, struct mz_branching *branching)
{
    size_t count = (size_t)search->count;
    double *copies = mz_xcalloc(count * 4, sizeof(double));
    struct pick pick = { .search = search,
        .node = node,
        .basis = basis,
        .objective = objective,
        .value = copies,
        .reduced = copies + count,
        .lower = copies + 2 * count,
        .upper = copies + 3 * count,
        .least_work = MZ_INFINITY };
    int32_t best;

    memcpy(pick.value, search->value, count * sizeof(double));
    memcpy(pick.reduced, search->reduced, count * sizeof(double));
    memcpy(pick.lower, search->now_lower, count * sizeof(double));
    memcpy(pick.upper, search->now_upper, count * sizeof(double));
    pick.candidates = mz_xcalloc(CANDIDATES_MAX, sizeof(*pick.candidates));
    if (!try_sets(&pick, true) && pick.candidate_count == 0 && !try_sets(&pick, false))
        (void)try_singles(&pick, MZ_WHOLE_TOLERANCE);
    if (pick.candidate_count == 0) /* whole within the tolerance, but not good when made whole */
        (void)try_singles(&pick, 0);
    assert(pick.candidate_count > 0);
    best = is_decided(&pick) ? pick.candidate_count - 1 : best_candidate(&pick);
    *branching = pick.candidates[best].way;
    pick.candidates[best].way = (struct mz_branching){ 0 };
    for (int32_t i = 0; i < pick.candidate_count; i++)
        mz_branching_finish(&pick.candidates[i].way);
    free(pick.candidates);
    free(copies);
}
