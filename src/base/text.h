/* text.h - a growing string, and numbers written for people
 *
 * struct mz_text is a heap string that grows; it is always NUL-terminated once something was
 * added. `init` or zero-initialise, `finish` frees. All numbers use ASCII digits and a point,
 * whatever the locale is (the program never calls setlocale).
 */
#ifndef MZ_BASE_TEXT_H
#define MZ_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_text {
    char *bytes; /* NULL while empty; use mz_text_string */
    size_t length;
    size_t capacity;
};

void mz_text_init(struct mz_text *text);
void mz_text_finish(struct mz_text *text);
void mz_text_clear(struct mz_text *text); /* keeps the memory */

/* The content as a C string, "" when empty; valid until the next change. */
const char *mz_text_string(const struct mz_text *text);

void mz_text_add(struct mz_text *text, const char *string);
void mz_text_add_bytes(struct mz_text *text, const char *bytes, size_t length);
void mz_text_addf(struct mz_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Escapes & < > " ' for HTML text and attributes; control characters become U+FFFD, and bytes
 * that are not UTF-8 too, so that a hostile name cannot break the page. */
void mz_text_add_html(struct mz_text *text, const char *string);

/* One CSV field, quoted when it has to be (RFC 4180). */
void mz_text_add_csv(struct mz_text *text, const char *string);

/* Columns a UTF-8 string takes on a terminal (wide East Asian forms count as 1; combining marks
 * as 0). Invalid bytes count as 1 each. */
int32_t mz_text_columns(const char *string);

/* Copies `string` into `buffer` for a terminal: control characters, escape sequences and invalid
 * UTF-8 are replaced by '?', so that a name from a file cannot drive the terminal. */
const char *mz_text_printable(char *buffer, size_t buffer_size, const char *string);

/* Numbers for people; each writes into the caller's buffer of at least MZ_NUMBER_MAX and returns
 * it. Three or four significant digits, SI powers: 38.0B, 4.50 GW, 27.3M. NaN prints as "-". */
enum { MZ_NUMBER_MAX = 40 };
const char *mz_format_usd(char *buffer, double usd);           /* $38.0B, -$4.8B, $0 */
const char *mz_format_count(char *buffer, double count);       /* 1,480  27.3M  155k */
const char *mz_format_power_mw(char *buffer, double power_mw); /* 4.50 GW, 95.0 MW, 12.0 kW */
const char *mz_format_fixed(char *buffer, double value, int32_t decimals);      /* 12,345.6 */
const char *mz_format_percent(char *buffer, double fraction, int32_t decimals); /* 97.5% */
/* The shortest decimal text that reads back as the same double: 60, 0.1, 1050; with an exponent
 * only below 1e-5 and from 1e15 on. */
const char *mz_format_exact(char *buffer, double value);

/* The candidate nearest to `word` by edit distance (insert, delete, replace, swap = 1 each), or
 * NULL when none is near enough to be a likely slip: at most a third of the longer word, at least
 * one edit allowed. Ties: the first candidate. */
const char *mz_nearest_word(
    const char *word, const char *const *candidates, size_t candidate_count);

#endif
