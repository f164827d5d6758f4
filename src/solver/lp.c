/* lp.c - building and checking a matrix
 * Compression is a counting sort by column after a counting sort by row: linear in the entries,
 * and the order of the result does not depend on the order of adding. */
#include "solver/lp.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void mz_lp_init(struct mz_lp *lp)
{
    *lp = (struct mz_lp){ 0 };
}

void mz_lp_finish(struct mz_lp *lp)
{
    free(lp->row_lower);
    free(lp->row_upper);
    free(lp->col_lower);
    free(lp->col_upper);
    free(lp->cost);
    free(lp->is_integer);
    free(lp->starts);
    free(lp->rows);
    free(lp->values);
    free(lp->entries);
    *lp = (struct mz_lp){ 0 };
}

static void columns_reserve(struct mz_lp *lp)
{
    size_t capacity;

    if (lp->column_count < lp->column_capacity)
        return;
    lp->column_capacity = lp->column_capacity ? lp->column_capacity * 2 : 1024;
    capacity = (size_t)lp->column_capacity;
    lp->col_lower = mz_xrealloc(lp->col_lower, capacity, sizeof(double));
    lp->col_upper = mz_xrealloc(lp->col_upper, capacity, sizeof(double));
    lp->cost = mz_xrealloc(lp->cost, capacity, sizeof(double));
    lp->is_integer = mz_xrealloc(lp->is_integer, capacity, sizeof(bool));
}

int32_t mz_lp_add_column(struct mz_lp *lp, double lower, double upper, double cost)
{
    int32_t column = lp->column_count;

    columns_reserve(lp);
    lp->col_lower[column] = lower;
    lp->col_upper[column] = upper;
    lp->cost[column] = cost;
    lp->is_integer[column] = false;
    lp->column_count++;
    return column;
}

int32_t mz_lp_add_integer(struct mz_lp *lp, double lower, double upper, double cost)
{
    int32_t column = mz_lp_add_column(lp, lower, upper, cost);

    lp->is_integer[column] = true;
    lp->integer_count++;
    return column;
}

int32_t mz_lp_add_row(struct mz_lp *lp, double lower, double upper)
{
    if (lp->row_count == lp->row_capacity) {
        lp->row_capacity = lp->row_capacity ? lp->row_capacity * 2 : 1024;
        lp->row_lower = mz_xrealloc(lp->row_lower, (size_t)lp->row_capacity, sizeof(double));
        lp->row_upper = mz_xrealloc(lp->row_upper, (size_t)lp->row_capacity, sizeof(double));
    }
    lp->row_lower[lp->row_count] = lower;
    lp->row_upper[lp->row_count] = upper;
    return lp->row_count++;
}

void mz_lp_add_entry(struct mz_lp *lp, int32_t row, int32_t column, double value)
{
    assert(row >= 0 && row < lp->row_count && column >= 0 && column < lp->column_count);
    assert(isfinite(value));
    if (value == 0)
        return;
    if (lp->entry_used == lp->entry_capacity) {
        lp->entry_capacity = lp->entry_capacity ? lp->entry_capacity * 2 : 4096;
        lp->entries = mz_xrealloc(lp->entries, lp->entry_capacity, sizeof(*lp->entries));
    }
    lp->entries[lp->entry_used++] = (struct mz_lp_entry){ row, column, value };
}

/* Stable counting sort of entries by row into a fresh array. */
static struct mz_lp_entry *sorted_by_row(const struct mz_lp *lp)
{
    size_t *next = mz_xcalloc((size_t)lp->row_count + 1, sizeof(size_t));
    struct mz_lp_entry *sorted = mz_xcalloc(lp->entry_used, sizeof(*sorted));

    for (size_t i = 0; i < lp->entry_used; i++)
        next[lp->entries[i].row + 1]++;
    for (int32_t r = 0; r < lp->row_count; r++)
        next[r + 1] += next[r];
    for (size_t i = 0; i < lp->entry_used; i++)
        sorted[next[lp->entries[i].row]++] = lp->entries[i];
    free(next);
    return sorted;
}

void mz_lp_compress(struct mz_lp *lp)
{
    struct mz_lp_entry *sorted = sorted_by_row(lp);
    int32_t *next;
    int32_t used = 0;

    assert(lp->entry_used < INT32_MAX);
    lp->starts = mz_xcalloc((size_t)lp->column_count + 2, sizeof(int32_t));
    lp->rows = mz_xcalloc(lp->entry_used, sizeof(int32_t));
    lp->values = mz_xcalloc(lp->entry_used, sizeof(double));
    next = mz_xcalloc((size_t)lp->column_count + 1, sizeof(int32_t));
    for (size_t i = 0; i < lp->entry_used; i++)
        lp->starts[sorted[i].column + 1]++;
    for (int32_t c = 0; c < lp->column_count; c++) {
        lp->starts[c + 1] += lp->starts[c];
        next[c] = lp->starts[c];
    }
    for (size_t i = 0; i < lp->entry_used; i++) {
        int32_t c = sorted[i].column;

        if (next[c] > lp->starts[c] && lp->rows[next[c] - 1] == sorted[i].row) {
            lp->values[next[c] - 1] += sorted[i].value;
            continue;
        }
        lp->rows[next[c]] = sorted[i].row;
        lp->values[next[c]++] = sorted[i].value;
    }
    for (int32_t c = 0; c < lp->column_count; c++) { /* close the gaps that merging left */
        int32_t begin = lp->starts[c];

        lp->starts[c] = used;
        for (int32_t i = begin; i < next[c]; i++) {
            if (lp->values[i] == 0)
                continue;
            lp->rows[used] = lp->rows[i];
            lp->values[used++] = lp->values[i];
        }
    }
    lp->starts[lp->column_count] = used;
    lp->entry_count = used;
    free(next);
    free(sorted);
    free(lp->entries);
    lp->entries = NULL;
    lp->entry_used = lp->entry_capacity = 0;
}

static void *copy_array(const void *from, size_t count, size_t size)
{
    void *copy = mz_xcalloc(count, size);

    if (count > 0)
        memcpy(copy, from, count * size);
    return copy;
}

void mz_lp_copy(const struct mz_lp *from, struct mz_lp *ret_copy)
{
    size_t rows = (size_t)from->row_count;
    size_t columns = (size_t)from->column_count;
    size_t entries = (size_t)from->entry_count;

    assert(from->starts && !from->entries);
    *ret_copy = *from;
    ret_copy->row_capacity = from->row_count;
    ret_copy->column_capacity = from->column_count;
    ret_copy->row_lower = copy_array(from->row_lower, rows, sizeof(double));
    ret_copy->row_upper = copy_array(from->row_upper, rows, sizeof(double));
    ret_copy->col_lower = copy_array(from->col_lower, columns, sizeof(double));
    ret_copy->col_upper = copy_array(from->col_upper, columns, sizeof(double));
    ret_copy->cost = copy_array(from->cost, columns, sizeof(double));
    ret_copy->is_integer = copy_array(from->is_integer, columns, sizeof(bool));
    ret_copy->starts = copy_array(from->starts, columns + 1, sizeof(int32_t));
    ret_copy->rows = copy_array(from->rows, entries, sizeof(int32_t));
    ret_copy->values = copy_array(from->values, entries, sizeof(double));
}
