/* language.h - every word of a report, in English and Arabic
 *
 * Phrases are sentences with numbered places {0} ... {9}, so that word order is free in each
 * language. All of them stand in language_table.h, both languages side by side: a phrase without
 * its translation does not compile.
 * Digits are ASCII in both; names of partners, chips and units stay in Latin script. In Arabic
 * text they are kept together by <bdi> in HTML and by direction marks in plain text.
 */
#ifndef MZ_REPORT_LANGUAGE_H
#define MZ_REPORT_LANGUAGE_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum mz_language { MZ_LANGUAGE_ENGLISH, MZ_LANGUAGE_ARABIC };

enum mz_phrase {
#define MZ_PHRASE(key, english, arabic) MZ_SAY_##key,
#include "report/language_table.h"
#undef MZ_PHRASE
    MZ_PHRASE_COUNT
};

const char *mz_language_code(enum mz_language language);      /* "en" */
const char *mz_language_direction(enum mz_language language); /* "ltr" */

/* The phrase as it stands. */
const char *mz_say(enum mz_language language, enum mz_phrase phrase);

/* The phrase with its places filled, as HTML (everything escaped; names in <bdi> where they need
 * it) or as plain text. args ends with NULL: MZ_ARGS("azure", "45.0%"). Lives in the arena. */
#define MZ_ARGS(...)                                                                               \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define MZ_NO_ARGS                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        NULL                                                                                       \
    }
const char *mz_say_html(struct mz_arena *arena, enum mz_language language, enum mz_phrase phrase,
    const char *const *args);
const char *mz_say_plain(struct mz_arena *arena, enum mz_language language, enum mz_phrase phrase,
    const char *const *args);

/* A text from a file as HTML: escaped, and kept apart from the writing direction around it. */
void mz_say_add_name(struct mz_text *out, enum mz_language language, const char *name);

#endif
