/* branch_tree.h - what the branch_*.c files share: the search, its nodes, its LP solves
 *
 * Internal to the solver room. Integers are counted 0..count-1 ("index"); `columns` maps an index
 * to its LP column. A node is the list of bounds that differ from the root's, and the basis to
 * start from. Every node but the one at hand waits in a heap ordered by bound, then by sequence.
 *
 * Invariants: now_lower/now_upper are the bounds that the LP has; lower/upper are valid for every
 * point that is still of interest (root bounds, tightened by reduced costs).
 */
#ifndef MZ_SOLVER_BRANCH_TREE_H
#define MZ_SOLVER_BRANCH_TREE_H

#include "solver/branch.h"

/* A value this near to a whole number is one. */
#define MZ_WHOLE_TOLERANCE 1e-6
/* Least improvement worth looking for, relative to max(1, |objective|). */
#define MZ_CUT_TOLERANCE 1e-9

enum {
    MZ_BRANCH_CHILDREN_MAX = 32, /* of one node; larger sets are split in halves */
    MZ_BRANCH_OPEN_MAX = 20000
};

struct mz_basis {
    int32_t users;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct mz_bound_change {
    int32_t index;
    double lower;
    double upper;
};

/* How a node came to be, to learn from its objective. index -1: by a set. */
struct mz_branch_step {
    int32_t index;
    bool up;
    double distance; /* from the parent's value to the new bound */
    double from;     /* objective of the parent */
};

struct mz_node {
    double bound; /* proved */
    int64_t seq;
    int32_t depth;
    struct mz_branch_step step;
    struct mz_basis *basis;
    int32_t change_count;
    struct mz_bound_change changes[];
};

struct mz_pseudo {
    double sum[2]; /* objective per unit; [1]: up */
    int32_t seen[2];
};

/* A row over 0/1 columns with coefficient 1 and upper side 1. */
struct mz_branch_set {
    int32_t begin; /* in members */
    int32_t end;
    bool is_exact; /* exactly one */
};

struct mz_search {
    const struct mz_solver_adapter *adapter;
    void *state;
    const struct mz_lp *lp;
    const struct mz_solver_options *options;
    struct mz_solution *lp_solution; /* of the last LP; arrays are the caller's */
    double deadline;
    bool interrupted;
    bool trouble; /* the LP solver failed at a node: only bounds proved so far hold */
    int32_t count;
    int32_t *columns;
    double *lower;
    double *upper;
    double *now_lower;
    double *now_upper;
    struct mz_pseudo *pseudo;
    int32_t set_count;
    struct mz_branch_set *sets;
    int32_t *members;
    double *value;   /* [count] integers of the node at hand */
    double *reduced; /* [count] their reduced costs */
    double *scratch; /* [columns] for the bound of a dual */
    double root_objective;
    double *root_value;
    double *root_reduced;
    double *root_reduced_all; /* [columns] */
    double *implied_lower;    /* [columns] of every point better than the best, once has_implied */
    double *implied_upper;
    bool has_implied;
    bool has_best;
    double best; /* objective of best_x */
    double *best_x;
    double dropped_bound; /* least bound of a node dropped for being within the gap */
    struct mz_node **open;
    int32_t open_count;
    int64_t seq;
    int32_t nodes;
    int64_t iterations;
};

/* One way down from a node; changes lie in the branching's array. */
struct mz_child {
    int32_t begin;
    int32_t end;
    double bound;  /* proved */
    double guess;  /* at least the bound */
    double weight; /* LP value of what it sets to 1; likely ones are solved first */
    bool is_dead;
    struct mz_branch_step step;
    struct mz_basis *basis; /* where its LP ended, or NULL */
};

struct mz_branching {
    int32_t child_count;
    struct mz_child children[MZ_BRANCH_CHILDREN_MAX];
    struct mz_bound_change *changes;
    int32_t change_count;
    int32_t change_capacity;
};

/* --- branch_node.c: nodes, bounds and LPs ------------------------------------------------ */

/* Objectives from here on are of no interest; MZ_INFINITY without a point. */
double mz_search_cutoff(const struct mz_search *search);
bool mz_search_is_stopped(struct mz_search *search);

struct mz_basis *mz_basis_save(struct mz_search *search);
struct mz_basis *mz_basis_use(struct mz_basis *basis);
void mz_basis_release(struct mz_basis *basis);

/* A node below parent (NULL: the root) with more changes. */
struct mz_node *mz_node_create(struct mz_search *search, const struct mz_node *parent,
    const struct mz_bound_change *changes, int32_t count);
void mz_node_free(struct mz_node *node);
void mz_open_push(struct mz_search *search, struct mz_node *node);
struct mz_node *mz_open_pop(struct mz_search *search); /* least bound; NULL: none */

void mz_search_set_bounds(struct mz_search *search, int32_t index, double lower, double upper);
/* The bounds of a node, and nothing else. False: they contradict the root's. */
bool mz_search_enter(struct mz_search *search, const struct mz_node *node);

enum mz_lp_end {
    MZ_LP_SOLVED, /* optimal; objective and value are set */
    MZ_LP_CUT,    /* proved: at or above the cutoff, or infeasible */
    MZ_LP_UNSURE  /* stopped at the limit, by an interrupt or by trouble */
};

/* Solves the LP as it stands from the basis it has. *ret_bound is a proved lower bound. With a
 * limit (else MZ_INFINITY) it may stop once the objective is past it. */
enum mz_lp_end mz_search_solve(struct mz_search *search, double limit, double *ret_bound);

/* Largest distance to a whole number among the values; *ret_index its index. */
double mz_search_fraction(const struct mz_search *search, int32_t *ret_index);

/* Fixes the integers at their nearest whole numbers, solves, keeps the point when it is the best.
 * The LP's bounds and the search's values are as before afterwards. True: a point with that
 * objective exists; *ret_objective is set. */
bool mz_search_try_whole(struct mz_search *search, double *ret_objective);

/* --- branch_dive.c: points, and what they imply ------------------------------------------ */

/* Looks for a point below the node. Leaves the LP with other bounds. */
void mz_search_dive(struct mz_search *search, const struct mz_node *node);

/* After a better point. */
void mz_search_imply_bounds(struct mz_search *search);

/* --- branch_pick.c: what to branch on ---------------------------------------------------- */

void mz_sets_find(struct mz_search *search);

/* Chooses and evaluates the ways down from the node at hand (its LP is solved, its bounds are in
 * force, its fractional values are in search->value). The children's bounds are proved. */
void mz_branching_choose(struct mz_search *search, const struct mz_node *node, double objective,
    struct mz_basis *basis, struct mz_branching *branching);
void mz_branching_finish(struct mz_branching *branching);

/* What a unit of an integer costs in the objective, downwards or up, as far as is known. */
double mz_pseudo_cost(const struct mz_search *search, int32_t index, bool up);
void mz_pseudo_learn(struct mz_search *search, const struct mz_branch_step *step, double objective);

#endif
