/* override.h - changes to a tree: named overrides, --set, --sweep
 *
 * An editor works on one copy of a tree. It copies a node the first time it changes something in
 * it (`generation` tells), so the tree of the file stays as it was and thousands of changes to one
 * map cost one copy of it.
 */
#ifndef MZ_SCENARIO_OVERRIDE_H
#define MZ_SCENARIO_OVERRIDE_H

#include "scenario/check.h"
#include "scenario/scenario.h"
#include "scenario/tree.h"

enum { MZ_OVERRIDE_PATH_COUNT_MAX = 1024 };

struct mz_editor {
    struct mz_check check;
    struct mz_node *root;
    uint32_t generation;
};

/* Puts `value` at a path: maps merge, null removes, anything else replaces. `mark` is of the path.
 * False when the path leads nowhere, which was reported. */
bool mz_edit_put(
    struct mz_editor *editor, const char *path, struct mz_mark mark, struct mz_node *value);

/* Multiplies every quantity at the path. */
bool mz_edit_scale(struct mz_editor *editor, const char *path, struct mz_mark mark, double factor);

/* All entries of one override. */
void mz_edit_override(struct mz_editor *editor, const struct mz_node *override);

/* Everything of `changes` but MZ_CHANGE_LOSE, in order. marks[i] is the place of change i. */
void mz_edit_changes(struct mz_editor *editor, const struct mz_node *overrides,
    const struct mz_change *changes, size_t change_count, const struct mz_mark *marks);

/* Checks the overrides that are not among the changes, each alone on a copy of the tree. */
void mz_check_overrides(struct mz_check *check, struct mz_node *root,
    const struct mz_change *changes, size_t change_count, uint32_t generation);

#endif
