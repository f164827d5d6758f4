/* list_print.h - a list from the server as a table, or as JSON
 *
 * A list is described once: its columns with their JSON keys. From that come the table of a
 * terminal, the tab-separated one of a pipe, -o, --sort, --where, --json and --jsonl. On a terminal
 * that is too narrow, columns leave by their `drop` (largest first) before texts are cut; with -o
 * nothing leaves.
 */
#ifndef MZ_CLI_LIST_PRINT_H
#define MZ_CLI_LIST_PRINT_H

#include "cli/client.h"
#include "report/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct mz_list_context {
    struct mz_arena *arena;
    int64_t now_s; /* when the server answered */
    bool terminal; /* bars and unicode are wanted */
};

struct mz_list_column;

/* What stands in the cell, NULL: nothing. In the context's arena or static. */
typedef const char *mz_list_cell(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look);

struct mz_list_column {
    const char *key; /* in the rows; what -o, --sort and --where name */
    const char *title;
    enum mz_column_kind kind;
    mz_list_cell *cell;
    bool is_wide; /* only with -o wide */
    int32_t drop; /* 0: never leaves */
};

struct mz_list {
    const struct mz_list_column *columns;
    int32_t column_count;
    const char *empty; /* said on stderr when there is no row: "No jobs." */
};

/* Prints document.data, an array, as the options ask. The document's data is filtered and sorted in
 * place. `summary` (may be NULL) is said on stderr below a table, dim. Returns the exit status. */
int mz_list_print(const struct mz_client *client, const struct mz_list *list, json_t *document,
    const char *summary);

/* The table for a screen of `width` columns, at most `rows_max` rows (0: all). */
void mz_list_write(const struct mz_client *client, const struct mz_list *list,
    const json_t *document, int32_t width, int32_t rows_max, struct mz_text *out);

/* Cells. */
mz_list_cell mz_cell_plain; /* text, whole numbers, lists with commas */
mz_list_cell mz_cell_count; /* 1,480 */
mz_list_cell mz_cell_usd;   /* 1,536; 1.52 below 10 */
mz_list_cell mz_cell_price; /* 2.05 */
mz_list_cell mz_cell_span;  /* seconds: 19 h */
mz_list_cell mz_cell_time;  /* 14:35, 3 May 14:35, 2027-05-03 */
mz_list_cell mz_cell_state; /* of a job, a partner or a node; coloured */
mz_list_cell mz_cell_warn;  /* text in yellow */
mz_list_cell mz_cell_dim;
mz_list_cell mz_cell_yes; /* true: yes */

/* "14:35" on the day of now, "3 May 14:35" within half a year, else the date. Local time. */
const char *mz_time_text(struct mz_arena *arena, int64_t at_s, int64_t now_s);
const char *mz_span_text(struct mz_arena *arena, double seconds);
const char *mz_usd_text(struct mz_arena *arena, double usd);
/* "███████▎" of `cells` columns, or "" when not wanted. share in [0, 1]. */
const char *mz_bar_text(struct mz_arena *arena, double share, int32_t cells);

#endif
