/* explain.h - why no plan satisfies all rules, and what would help
 *
 * For a strict plan that is infeasible. Three steps:
 *  1. conflict.c: an irreducible set of rules that cannot hold together. From the Farkas ray of the
 *     LP when it checks, else from all rules; periods are dropped first, then rules, each dropped
 *     for good when the rest is still infeasible. Rules of a kind share a line. What is left is
 *     infeasible by itself, and feasible without any one of its rules.
 *  2. shortage: the same scenario with broken rules priced says what is short, in the user's unit.
 *  3. remedy.c: for each rule of the set the least change that makes room, rounded up, written as a
 *     --set, loaded and solved again with all rules strict. Only what was solved is offered.
 * When the relaxation is feasible and only the whole numbers are not, step 1 works on the program
 * with whole numbers, up to EXPLAIN_INTEGER_SOLVES solves.
 */
#ifndef MZ_PLAN_EXPLAIN_H
#define MZ_PLAN_EXPLAIN_H

#include "plan/study.h"

enum { MZ_ELEMENT_COUNT_MAX = 4096, MZ_REMEDY_COUNT_MAX = 6 };

/* One rule about one thing, over all its periods: what can be kept or dropped. */
struct mz_element {
    enum mz_rule rule;
    int32_t entity;
    int32_t sub;
    int32_t limit_count;
    const struct mz_limit **limits;
    bool kept;
};

struct mz_conflict_set {
    int32_t element_count;
    struct mz_element *elements;
    bool *period_kept; /* [t] */
    bool integers;     /* found on the program with whole numbers */
};

/* Is this limit part of what was found? Limits over the whole horizon belong to every period. */
bool mz_limit_kept(const struct mz_conflict_set *set, const struct mz_element *element,
    const struct mz_limit *limit);

/* Step 1. */
enum mz_status mz_conflict_find(
    struct mz_plan *plan, struct mz_conflict_set *ret_set, struct mz_error *err);

/* Does the program with only these limits (and the physics that nobody can drop) have a plan?
 * `without` is left out as well; NULL: none. */
enum mz_status mz_conflict_feasible(struct mz_plan *plan, const struct mz_conflict_set *set,
    const struct mz_element *without, bool *ret_feasible, struct mz_error *err);

/* Step 3: fills remedies. Its solves start from the basis of `elastic`, the plan with broken rules
 * priced: a remedy is a few bounds away from it. */
enum mz_status mz_remedies_find(const struct mz_study *study, struct mz_plan *plan,
    const struct mz_plan *elastic, const struct mz_conflict_set *set,
    struct mz_infeasibility *infeasibility, struct mz_error *err);

/* All steps: sets plan->result->infeasibility. */
enum mz_status mz_plan_explain(
    const struct mz_study *study, struct mz_plan *plan, struct mz_error *err);

#endif
