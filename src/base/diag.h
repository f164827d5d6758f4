/* diag.h - what is wrong with an input file, all of it, with places
 *
 * A reader collects every independent error of a file in one run. A diagnostic has a stable code
 * (M0107, explained by `mizan explain`), the place, the sentence, and optionally a label under
 * the mark ("did you mean 'max_share'?"), a note ("known keys: ...") and a second place
 * ("starts here"). Printing is in the command line's room (cli/print_diag.c); this is the list.
 */
#ifndef MZ_BASE_DIAG_H
#define MZ_BASE_DIAG_H

#include "base/arena.h"
#include "base/mark.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_severity { MZ_SEVERITY_ERROR, MZ_SEVERITY_WARNING };

struct mz_diag {
    enum mz_severity severity;
    const char *code;       /* "M0107" */
    const char *message;    /* "unknown key 'max_shear' in partners.oracle" */
    const char *label;      /* under the mark; NULL: none */
    const char *note;       /* behind "= "; NULL: none */
    const char *suggestion; /* the nearest known word; NULL: none */
    struct mz_mark mark;
    struct mz_mark other; /* line 0: none */
    const char *other_label;
    const char *shown; /* a mark of line 0: the text of the option it points into; else NULL */
};

/* At most this many are kept; the count goes on. */
enum { MZ_DIAG_COUNT_MAX = 1000 };

struct mz_diags {
    struct mz_arena *arena; /* borrowed: where texts live */
    struct mz_diag *list;
    size_t count; /* kept */
    size_t capacity;
    size_t error_count; /* seen, kept or not */
    size_t warning_count;
};

void mz_diags_init(struct mz_diags *diags, struct mz_arena *arena);

/* Adds one and returns it, so that label, note, suggestion and other place can be set; never
 * NULL. Texts given to it must live in the arena or be static. */
struct mz_diag *mz_diags_add(struct mz_diags *diags, enum mz_severity severity, const char *code,
    struct mz_mark mark, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Stable order: line, then column, then the order they were added in; command-line values (line 0)
 * come first. */
void mz_diags_sort(struct mz_diags *diags);

#endif
