/* tree.h - YAML as a tree of maps, lists and scalars, each with its place
 *
 * Scalars stay text: what a text means depends on the key that it stands under, and only the
 * schema knows that. Aliases share the node they name, so a tree is a directed acyclic graph;
 * `size` and `height` count as if they were copies, and that is what the limits bound.
 * Nodes are constant once built. Overrides build new nodes beside them (override.c), so the tree
 * of the file can be overridden again and again.
 */
#ifndef MZ_SCENARIO_TREE_H
#define MZ_SCENARIO_TREE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/mark.h"
#include "base/status.h"
#include "scenario/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_node_kind { MZ_NODE_SCALAR, MZ_NODE_LIST, MZ_NODE_MAP };

struct mz_node;

struct mz_entry {
    const char *key; /* NULL in a list */
    struct mz_mark key_mark;
    struct mz_node *value; /* never NULL */
    bool always; /* the value that a date map took over from a scalar: it holds since ever */
};

struct mz_node {
    enum mz_node_kind kind;
    int32_t height;      /* 1 for a scalar */
    uint32_t generation; /* which run of the override machine may change this node in place */
    bool quoted;
    struct mz_mark mark;
    const char *text; /* scalar */
    struct mz_entry *entries;
    size_t count;
    size_t capacity;
    size_t size;            /* nodes in it with itself, aliases as copies */
    struct mz_names *index; /* large maps: key -> entry */
};

/* Reads one document. Syntax errors, wrong aliases, bytes that are not UTF-8 and limits end it:
 * MZ_E_PARSE or MZ_E_LIMIT, with exactly one diagnostic. Duplicate keys, merge keys and tags are
 * collected, and the answer is then MZ_OK with the errors counted in diags.
 * option_column: 0 for a file; for the value of a command-line option the column at which it
 * begins there, and then every mark has line 0. */
enum mz_status mz_tree_parse(struct mz_arena *arena, const char *file, const char *bytes,
    size_t length, int32_t option_column, struct mz_diags *diags, struct mz_node **ret_root);

/* The entry of a key; NULL when there is none or the node is not a map. */
struct mz_entry *mz_node_find(const struct mz_node *map, const char *key);

/* Its value; NULL also when the value is null. */
const struct mz_node *mz_node_value(const struct mz_node *map, const char *key);

/* Nothing, ~ or null. */
bool mz_node_is_null(const struct mz_node *node);

/* "a map", "a list", "a value": for sentences. */
const char *mz_node_kind_name(const struct mz_node *node);

/* Does this key look like a date (four digits, then nothing, '-' or 'Q')? It may still be a wrong
 * one: what looks like a date is reported as a wrong date and not as an unknown chip. */
bool mz_key_looks_dated(const char *key);

/* Is this map one of dates (or of `ramp` alone) and not one of names? */
bool mz_node_is_dated(const struct mz_node *node);

/* Last line of the file that the node or anything in it begins on. */
int32_t mz_node_last_line(const struct mz_node *node);

/* The keys of a map as an array for mz_nearest_word; count is node->count. */
const char *const *mz_node_keys(struct mz_arena *arena, const struct mz_node *map);

/* The first place in `bytes` that is not UTF-8 or is a NUL; false when there is none. Line and
 * column count from 1. */
bool mz_bytes_find_bad(const char *bytes, size_t length, int32_t *ret_line, int32_t *ret_column);

/* Length of the decimal number at the beginning of a text, 0 when there is none; no suffix. */
size_t mz_number_length(const char *text);

/* Length of the line break at s (0: none) as YAML 1.1 counts them: LF, CRLF, CR, NEL, LS, PS. */
size_t mz_line_break(const char *s, const char *end);

#endif
