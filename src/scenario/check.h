/* check.h - does a tree say only what the table of keys knows?
 *
 * The first of two passes over a tree. It knows nothing but the table: unknown and missing keys,
 * shapes, units, ranges, words, dates and their order, names. Everything it finds wrong goes to
 * the list, and the loader (the second pass) reads around it in silence, so that no mistake is
 * told twice.
 */
#ifndef MZ_SCENARIO_CHECK_H
#define MZ_SCENARIO_CHECK_H

#include "base/diag.h"
#include "scenario/schema.h"
#include "scenario/tree.h"

enum {
    MZ_NAME_BYTES_MAX = 100,
    MZ_HINTED_ERROR_COUNT_MAX = 200 /* beyond it nobody reads hints, and finding them takes time */
};

struct mz_check {
    struct mz_arena *arena;
    struct mz_diags *diags;
};

/* Where a map stands: partners.oracle. */
struct mz_path {
    const struct mz_path *up; /* NULL: the root */
    const char *name;
};

/* The whole file. */
void mz_check_file(struct mz_check *check, const struct mz_node *root);

/* One named noun of a section ("contracts", "aws-38b"), or the whole section where name is NULL or
 * the section holds no named nouns. Unknown sections and names are no error here. */
void mz_check_part(
    struct mz_check *check, const struct mz_node *root, const char *section, const char *name);

/* Kinds of a noun as bits: the one that it states, else all of them. *ret_known says which. */
uint32_t mz_check_kind_bits(
    const struct mz_schema *schema, const struct mz_node *node, bool *ret_known);

/* check_value.c: single values; each answers whether it is right. */
struct mz_diag *mz_check_error(struct mz_check *check, const char *code, struct mz_mark mark,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
bool mz_check_scalar(struct mz_check *check, const char *name, const struct mz_node *node);
bool mz_check_quantity(
    struct mz_check *check, const char *name, const struct mz_node *node, const struct mz_key *key);
bool mz_check_series(
    struct mz_check *check, const char *name, const struct mz_node *node, const struct mz_key *key);
void mz_check_chip_series(
    struct mz_check *check, const struct mz_node *node, const struct mz_key *key);
void mz_check_month(struct mz_check *check, const char *text, struct mz_mark mark);
void mz_check_bool(struct mz_check *check, const char *name, const struct mz_node *node);
void mz_check_word(
    struct mz_check *check, const char *name, const struct mz_node *node, const char *const *words);

/* The rule for names: no dot, 1 to 100 bytes, no control characters. What is broken, or NULL. */
const char *mz_name_problem(const char *name);
bool mz_check_name(struct mz_check *check, const char *name, struct mz_mark mark);

/* An entry without a value: reported, and the answer is false. */
bool mz_check_present(struct mz_check *check, const struct mz_entry *entry);

#endif
