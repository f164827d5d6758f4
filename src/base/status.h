/* status.h - what a call answers: a status for the program, a sentence for the user
 *
 * A function that can fail returns enum mz_status and takes a struct mz_error as its last
 * parameter. The sentence is written where the facts are known; callers add context or pass it
 * up. A failed call leaves its results untouched. `err` may be NULL when the caller needs only
 * the status.
 */
#ifndef MZ_BASE_STATUS_H
#define MZ_BASE_STATUS_H

enum mz_status {
    MZ_OK = 0,
    MZ_E_IO,       /* a file or stream could not be read or written */
    MZ_E_PARSE,    /* text is not in the format it claims to be */
    MZ_E_INPUT,    /* well-formed input that asks for something impossible or unknown */
    MZ_E_RANGE,    /* a number outside its allowed range */
    MZ_E_LIMIT,    /* a named limit of this program was reached */
    MZ_E_SOLVER,   /* the solver library failed or returned something that did not check */
    MZ_E_INTERRUPT /* stopped by the user */
};

enum { MZ_ERROR_TEXT_MAX = 1024 };

struct mz_error {
    enum mz_status status;
    char text[MZ_ERROR_TEXT_MAX]; /* one sentence, no newline at the end, cut when too long */
};

/* Writes the sentence into err (when not NULL) and returns status. */
enum mz_status mz_fail(struct mz_error *err, enum mz_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
