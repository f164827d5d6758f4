/* codes.h - what each diagnostic code means
 *
 * A code is one kind of mistake and never changes its meaning. M01xx: scenario files,
 * and what job files share with them. M02xx: jobs. M0301: a plan that no choice can satisfy.
 */
#ifndef MZ_SCENARIO_CODES_H
#define MZ_SCENARIO_CODES_H

#include <stddef.h>

struct mz_code {
    const char *code;  /* "M0112" */
    const char *title; /* one line */
    const char *text;  /* a paragraph; lines end in \n */
    const char *wrong; /* an example; lines end in \n; NULL: none */
    const char *right;
};

/* In order of code. */
extern const struct mz_code mz_codes[];
extern const size_t mz_code_count;

/* NULL when there is none. */
const struct mz_code *mz_code_find(const char *code);

#endif
