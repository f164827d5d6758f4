/* lp.h - a linear program with integer columns, and how it is put together
 *
 *     minimise  cost . x   subject to   row_lower <= A x <= row_upper,  col_lower <= x <= col_upper
 *
 * Columns and rows are added in any order; entries may come in any order, entries of the same place
 * add up. mz_lp_compress turns them into compressed columns (rows ascending in each); after it no
 * entry may be added, bounds and costs may still be changed by whoever owns the LP.
 * There is no objective offset: a constant is the cost of a column fixed at 1.
 * Infinite bounds are -MZ_INFINITY and MZ_INFINITY.
 */
#ifndef MZ_SOLVER_LP_H
#define MZ_SOLVER_LP_H

#include "base/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MZ_INFINITY HUGE_VAL

struct mz_lp_entry {
    int32_t row;
    int32_t column;
    double value;
};

struct mz_lp {
    int32_t row_count;
    int32_t column_count;
    int32_t integer_count;
    double *row_lower;
    double *row_upper;
    double *col_lower;
    double *col_upper;
    double *cost;
    bool *is_integer;
    /* after mz_lp_compress */
    int32_t entry_count;
    int32_t *starts; /* [column_count + 1] */
    int32_t *rows;
    double *values;
    /* while building */
    struct mz_lp_entry *entries;
    size_t entry_used;
    size_t entry_capacity;
    int32_t row_capacity;
    int32_t column_capacity;
};

void mz_lp_init(struct mz_lp *lp);
void mz_lp_finish(struct mz_lp *lp); /* frees everything; fine on a zeroed one */

int32_t mz_lp_add_column(struct mz_lp *lp, double lower, double upper, double cost);
int32_t mz_lp_add_integer(struct mz_lp *lp, double lower, double upper, double cost);
int32_t mz_lp_add_row(struct mz_lp *lp, double lower, double upper);

/* Adds value to the entry (row, column); a value of 0 is dropped. */
void mz_lp_add_entry(struct mz_lp *lp, int32_t row, int32_t column, double value);

/* Compresses the entries. Entries that cancel to exactly 0 vanish. */
void mz_lp_compress(struct mz_lp *lp);

/* Copies bounds, costs and matrix: for a thread or a variant that changes its own. */
void mz_lp_copy(const struct mz_lp *from, struct mz_lp *ret_copy);

/* Writes free MPS with %.17g numbers: rows r0..., columns c0..., no objective offset, integer
 * markers, ranges and bounds in full. Reading it back gives the same doubles. */
struct mz_text;
void mz_lp_write_mps(const struct mz_lp *lp, const char *name, struct mz_text *out);

/* Largest violations of a point, recomputed from the matrix by plain arithmetic:
 * rows and bounds relative to max(1, |bound|), dual signs and complementarity relative to the
 * largest cost. `y` and `d` (row duals, reduced costs) may be NULL: primal only. */
struct mz_lp_check {
    double primal;          /* worst row or bound violation */
    double integrality;     /* worst distance to a whole number */
    double dual;            /* worst sign violation of a reduced cost or dual */
    double dual_equation;   /* worst |cost - A'y - d| */
    double complementarity; /* worst |slack * dual| relative to |objective| */
    double objective;       /* cost . x, summed with compensation */
};

void mz_lp_check(const struct mz_lp *lp, const double *x, const double *y, const double *d,
    struct mz_lp_check *ret_check);

/* What Farkas multipliers prove: the least that y . (A x) has to be by the rows, less the most that
 * it can be by the columns' bounds, for y scaled to a largest multiplier of 1. Above 0 (above 1e-7
 * with rounding): no x satisfies the program. -MZ_INFINITY: proves nothing. Integers count as
 * continuous. */
double mz_lp_infeasibility(const struct mz_lp *lp, const double *y);

#endif
