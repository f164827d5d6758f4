/* print_result.h - what a command found, on standard output: a table or a document */
#ifndef MZ_CLI_PRINT_RESULT_H
#define MZ_CLI_PRINT_RESULT_H

#include "report/table.h"

#include <jansson.h>
#include <stdbool.h>

/* Aligned on a terminal, coloured as `colour` says (mz_colour_wanted); tab-separated elsewhere. */
void mz_result_print_table(const struct mz_table *table, const char *colour, bool no_header);

/* {schema, generated_at, data}, indented; takes data over. */
void mz_result_print_json(const char *schema, json_t *data);

#endif
