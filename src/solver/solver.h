/* solver.h - solving an LP or MIP, whoever does it
 *
 * One interface over the libraries: CLP and CBC always, HiGHS when the build found it. A solver
 * object holds one program; bounds and costs may be changed between solves, the matrix may not.
 * A solver is not thread-safe; several solvers in several threads are fine, each with its own
 * program, except that integer solves through CBC take turns (its entry point keeps static state).
 *
 * mz_solver_solve minimises with the integers, unless `relaxed`. It first solves the relaxation,
 * then the integers to the gap asked for (branch.h over the warm LP; CBC when that reaches its
 * limits), then fixes them and solves the LP again, so that values are exact and duals belong to
 * "these contracts fixed". A result is checked by the caller with mz_lp_check.
 *
 * Determinism: fixed seeds, one thread a solve, no time in the results unless the time limit or an
 * interrupt stops it.
 */
#ifndef MZ_SOLVER_SOLVER_H
#define MZ_SOLVER_SOLVER_H

#include "base/status.h"
#include "solver/lp.h"

#include <stdatomic.h>

struct mz_solver;

enum mz_solver_kind {
    MZ_SOLVER_DEFAULT, /* as CLP */
    MZ_SOLVER_CLP,     /* CLP, integers by our own branch and bound; CBC when that gives up */
    MZ_SOLVER_HIGHS,   /* HiGHS does both */
    MZ_SOLVER_CBC      /* CLP, integers straight to CBC: to compare with */
};

enum mz_solve_status {
    MZ_SOLVE_OPTIMAL,    /* within the gap asked for */
    MZ_SOLVE_FEASIBLE,   /* stopped with a solution; see bound */
    MZ_SOLVE_INFEASIBLE, /* proved */
    MZ_SOLVE_UNBOUNDED,
    MZ_SOLVE_STOPPED /* stopped without a solution */
};

enum mz_start {
    MZ_START_COLD,  /* forget the last basis */
    MZ_START_DUAL,  /* from the last basis, after a change of bounds */
    MZ_START_PRIMAL /* from the last basis, after a change of costs */
};

struct mz_solver_options {
    enum mz_solver_kind kind;
    double gap;              /* relative, of the objective */
    double seconds_max;      /* wall clock of one integer solve; 0: none */
    double (*now)(void);     /* a clock in seconds that only grows; NULL: our own branch and bound
                              * knows no time and only the library's solver keeps seconds_max */
    const atomic_bool *stop; /* set by a signal handler; NULL: never */
};

struct mz_solution {
    enum mz_solve_status status;
    double objective;   /* recomputed: cost . x */
    double bound;       /* proved lower bound; equals objective for an LP */
    double *x;          /* [columns]; owned by the solver, valid until its next solve */
    double *y;          /* [rows] duals: change of the objective per unit of the right side */
    double *d;          /* [columns] reduced costs */
    double *ray;        /* [rows] Farkas multipliers when an LP is infeasible (mz_lp_infeasibility
                       * says what they prove); or NULL */
    const char *solver; /* what found it: "CLP 1.17.6 + branch and bound"; static text */
    int32_t iterations;
    int32_t nodes;
};

/* Copies the program. */
enum mz_status mz_solver_create(const struct mz_lp *lp, const struct mz_solver_options *options,
    struct mz_solver **ret_solver, struct mz_error *err);
void mz_solver_free(struct mz_solver *solver);

void mz_solver_set_column(struct mz_solver *solver, int32_t column, double lower, double upper);
void mz_solver_set_row(struct mz_solver *solver, int32_t row, double lower, double upper);
void mz_solver_set_cost(struct mz_solver *solver, int32_t column, double cost);

/* Starts `to` from the basis of `from`; nothing happens when their sizes differ. */
void mz_solver_copy_basis(struct mz_solver *to, const struct mz_solver *from);

enum mz_status mz_solver_solve(struct mz_solver *solver, enum mz_start start, bool relaxed,
    struct mz_solution *ret_solution, struct mz_error *err);

/* The program as the solver has it now: bounds and costs changed, matrix as given. */
const struct mz_lp *mz_solver_lp(const struct mz_solver *solver);

/* "CLP 1.17.6", "CLP 1.17.6 + branch and bound", "HiGHS 1.7.2": what begins to solve a program with
 * or without integers. What finished it is in struct mz_solution. */
const char *mz_solver_name(enum mz_solver_kind kind, bool integers);
bool mz_solver_available(enum mz_solver_kind kind);

/* --- between solver.c and the adapters ---------------------------------------------------- */

/* What is known before the library's integer solver begins; NULL: nothing. */
struct mz_mip_start {
    const double *x;  /* a point with its integers whole; NULL: none */
    double objective; /* of x */
    double bound;     /* proved */
};

struct mz_solver_adapter {
    void *(*create)(const struct mz_lp *lp);
    void (*destroy)(void *state);
    void (*set_column)(void *state, int32_t column, double lower, double upper);
    void (*set_row)(void *state, int32_t row, double lower, double upper);
    void (*set_cost)(void *state, int32_t column, double cost);
    void (*copy_basis)(void *to, const void *from);
    /* A basis as bytes, for the same program under other bounds. */
    size_t (*basis_size)(const void *state);
    void (*get_basis)(void *state, void *ret_bytes);
    void (*set_basis)(void *state, const void *bytes);
    /* From now on solve_lp may end STOPPED when its dual objective passes cutoff (MZ_INFINITY:
     * never); y is then a dual point to be judged by whoever asked for it. */
    void (*set_cutoff)(void *state, double cutoff);
    /* LP only: fills x, y, d and, when it is not NULL, ray in the caller's arrays (ray becomes NULL
     * when there is none); adds to iterations. */
    enum mz_solve_status (*solve_lp)(void *state, enum mz_start start,
        const struct mz_solver_options *options, struct mz_solution *solution);
    /* Integers: fills status, bound and x; adds to nodes. `lp` has the bounds and costs of now. */
    enum mz_solve_status (*solve_mip)(void *state, const struct mz_lp *lp,
        const struct mz_solver_options *options, const struct mz_mip_start *start,
        struct mz_solution *solution);
    const char *(*lp_name)(void);
    const char *(*mip_name)(void);    /* of solve_mip */
    const char *(*branch_name)(void); /* of branch.h over solve_lp */
};

extern const struct mz_solver_adapter mz_solver_clp;
#ifdef MZ_HAVE_HIGHS
extern const struct mz_solver_adapter mz_solver_highs;
#endif

#endif
