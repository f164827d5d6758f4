/* branch.h - branch and bound over warm linear programs
 *
 * The integer programs of a plan have few integers and a large LP: a re-solve from the parent's
 * basis costs a hundredth of the first solve, and what has to be branched on is known (rows
 * "sum of z = 1", one_site of a training run). mz_branch_solve uses that. It works over any adapter
 * of solver.h, owns no static state and uses no clock but options->now, so that the same program
 * takes the same path on every run.
 *
 * It gives up at named limits (nodes, open nodes, simplex iterations); solver.c then hands what is
 * known to the library's own integer solver.
 */
#ifndef MZ_SOLVER_BRANCH_H
#define MZ_SOLVER_BRANCH_H

#include "solver/solver.h"

enum mz_branch_end {
    MZ_BRANCH_DONE,   /* proved: optimal to the gap, or infeasible */
    MZ_BRANCH_LIMIT,  /* a limit of this file was reached, or the LP solver had trouble */
    MZ_BRANCH_STOPPED /* options->stop or the time limit */
};

/* state holds lp with its bounds of now; `solution` holds its relaxation, solved to optimality
 * (x, d, objective), and comes back with status, x, objective, bound, nodes and iterations; y, d
 * and ray are scratch. The state has its bounds back at the end.
 * status: OPTIMAL (DONE), FEASIBLE (stopped with a point), INFEASIBLE (DONE), STOPPED. The bound is
 * a proved lower bound of the integer program, also without a point.
 * Integers count as whole within 1e-6; the point returned has them exactly whole. Nodes are dropped
 * when they cannot improve the best point by more than max(gap, 1e-9) * max(1, |objective|). */
enum mz_branch_end mz_branch_solve(const struct mz_solver_adapter *adapter, void *state,
    const struct mz_lp *lp, const struct mz_solver_options *options, struct mz_solution *solution);

#endif
