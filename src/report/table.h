/* table.h - tables of text: for a terminal, for a pipe, for CSV; HTML writes them too (html.h)
 *
 * A table is columns and rows of cells, filled once and written in any form:
 * - terminal: aligned, title line and (where any column has one) unit line above, numbers right;
 *   when it is wider than asked, the widest text column that may be cut is cut with an ellipsis,
 *   then the next widest. Numbers and fixed columns (ids, states) are never cut.
 * - pipe: tab-separated, nothing cut, no colour, titles as the first line unless left out.
 * - CSV: keys as the first line, numbers without thousands separators.
 * Every text goes through mz_text_printable for the terminal and the pipe, so a name from a file
 * cannot drive the terminal. Everything lives in the caller's arena.
 */
#ifndef MZ_REPORT_TABLE_H
#define MZ_REPORT_TABLE_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_column_kind {
    MZ_COLUMN_TEXT,  /* left, may be cut */
    MZ_COLUMN_FIXED, /* left, never cut: ids, states, dates */
    MZ_COLUMN_NUMBER /* right, never cut */
};

struct mz_column {
    const char *key;   /* of JSON and CSV: "cost_usd" */
    const char *title; /* for people */
    const char *unit;  /* below the title; NULL or "": none */
    enum mz_column_kind kind;
};

enum mz_cell_look {
    MZ_CELL_PLAIN,
    MZ_CELL_BOLD,
    MZ_CELL_DIM,
    MZ_CELL_GOOD,
    MZ_CELL_WARN,
    MZ_CELL_BAD
};

struct mz_cell {
    const char *text;
    double number;    /* of a number cell; NAN: absent */
    int32_t decimals; /* in CSV */
    bool is_number;
    enum mz_cell_look look;
};

struct mz_table {
    struct mz_arena *arena;
    const struct mz_column *columns;
    int32_t column_count;
    struct mz_cell *cells; /* [row * column_count + column] */
    size_t cell_count;
    size_t cell_capacity;
    bool has_total; /* the last row is a total */
};

struct mz_table_style {
    int32_t width; /* columns of the terminal; 0: unlimited */
    bool colour;   /* bold, dim and colours by escape sequences */
};

enum { MZ_TABLE_COLUMN_COUNT_MAX = 80 };

/* `columns` is borrowed. */
void mz_table_init(struct mz_table *table, struct mz_arena *arena, const struct mz_column *columns,
    int32_t column_count);

/* Cells are added from left to right, row after row. The text is copied; NULL is "-". */
void mz_table_add(struct mz_table *table, const char *text);
void mz_table_add_look(struct mz_table *table, const char *text, enum mz_cell_look look);
/* "1,480.5"; "-" for NAN, "unlimited" marks are the caller's text. */
void mz_table_add_number(struct mz_table *table, double value, int32_t decimals);
/* The number as the text says it, exactly in CSV. */
void mz_table_add_value(struct mz_table *table, double value, int32_t decimals, const char *text);
/* Marks the cell that was added last. */
void mz_table_look(struct mz_table *table, enum mz_cell_look look);

int32_t mz_table_row_count(const struct mz_table *table);
const struct mz_cell *mz_table_cell(const struct mz_table *table, int32_t row, int32_t column);

void mz_table_write_terminal(
    const struct mz_table *table, const struct mz_table_style *style, struct mz_text *out);
/* The narrowest the table gets on a terminal when no text column is cut below text_min. */
int32_t mz_table_width_least(const struct mz_table *table, int32_t text_min);
void mz_table_write_pipe(const struct mz_table *table, bool no_header, struct mz_text *out);
void mz_table_write_csv(const struct mz_table *table, struct mz_text *out);

/* One block character a value, from the lowest (0 or below it) to the highest; gaps are blanks. */
void mz_spark_add(struct mz_text *out, const double *values, int32_t count);

/* Rounds values to `decimals` so that they sum to their rounded sum: by largest remainder, ties to
 * the first. Gaps stay gaps. ret_rounded may be values itself. Returns the rounded sum. */
double mz_round_to_total(
    const double *values, int32_t count, int32_t decimals, double *ret_rounded);

#endif
