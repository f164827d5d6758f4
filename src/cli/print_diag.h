/* print_diag.h - diagnostics for people and for programs
 *
 * For people: the sentence, the place, the line with what is meant marked under it, what to do
 * (ux-examples section 6); the first ten, then how many more. For programs: one JSON object a
 * line (schema mizan.error/1). Every text that comes from the file is made harmless first.
 */
#ifndef MZ_CLI_PRINT_DIAG_H
#define MZ_CLI_PRINT_DIAG_H

#include "base/diag.h"
#include "scenario/scenario.h"

#include <stdbool.h>
#include <stdio.h>

enum { MZ_DIAGS_SHOWN_MAX = 10 };

/* `source` is the file that the marks point into. Ends with the closing line ("3 errors in
 * case.yaml. Nothing was run."); prints nothing where there is nothing to say. */
void mz_diags_print(
    FILE *stream, const struct mz_diags *diags, const struct mz_source *source, bool colour);

/* All of them, one object a line. */
void mz_diags_print_json(FILE *stream, const struct mz_diags *diags);

/* Is colour wanted on this stream? `when`: "always", "never", or "auto" or NULL: on a terminal,
 * with NO_COLOR empty and TERM not "dumb". */
bool mz_colour_wanted(FILE *stream, const char *when);

#endif
