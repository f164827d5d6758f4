/* change.c - the changes a caller asks for, and the check of those that nobody asked for */
#include "scenario/override.h"

#include "base/text.h"

#include <string.h>

enum { SCRATCH_ENTRY_COUNT_MAX = 4096 };

static void apply_override(struct mz_editor *editor, const struct mz_node *overrides,
    const char *name, struct mz_mark mark)
{
    const struct mz_entry *entry = mz_node_find(overrides, name);
    struct mz_arena *arena = editor->check.arena;
    const char *const *known;
    char buffer[300];
    struct mz_diag *diag;

    if (entry) {
        mz_edit_override(editor, entry->value);
        return;
    }
    diag = mz_check_error(&editor->check, "M0130", mark, "there is no override '%.80s'", name);
    if (!overrides || overrides->kind != MZ_NODE_MAP) {
        diag->note = "the file has no overrides";
        return;
    }
    known = mz_node_keys(arena, overrides);
    diag->suggestion = mz_nearest_word(name, known, overrides->count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(arena, "did you mean '%s'?", diag->suggestion);
    diag->note = mz_arena_printf(arena, "known overrides: %s",
        mz_words_join(buffer, sizeof(buffer), known, overrides->count));
}

static void apply_set(struct mz_editor *editor, const struct mz_change *change, struct mz_mark mark)
{
    /* a broken value is one diagnostic, and must not empty the list of the others */
    struct mz_diags own_diags;
    struct mz_node *value = NULL;
    int32_t column = mz_text_columns(change->path) + 2;
    enum mz_status status;

    mz_diags_init(&own_diags, editor->check.arena);
    status = mz_tree_parse(editor->check.arena, mark.file, change->value, strlen(change->value),
        column, &own_diags, &value);
    for (size_t i = 0; i < own_diags.count; i++) {
        struct mz_diag *diag = mz_diags_add(editor->check.diags, own_diags.list[i].severity,
            own_diags.list[i].code, own_diags.list[i].mark, "%s", own_diags.list[i].message);
        const char *message = diag->message;

        *diag = own_diags.list[i];
        diag->message = strcmp(diag->code, "M0103") == 0
            ? "the value is empty: write null to remove something"
            : message;
    }
    if (status == MZ_OK && value)
        mz_edit_put(editor, change->path, mark, value);
}

void mz_edit_changes(struct mz_editor *editor, const struct mz_node *overrides,
    const struct mz_change *changes, size_t change_count, const struct mz_mark *marks)
{
    for (size_t i = 0; i < change_count; i++) {
        switch (changes[i].kind) {
        case MZ_CHANGE_OVERRIDE:
            apply_override(editor, overrides, changes[i].name, marks[i]);
            break;
        case MZ_CHANGE_SET: apply_set(editor, &changes[i], marks[i]); break;
        case MZ_CHANGE_SCALE:
            mz_edit_scale(editor, changes[i].path, marks[i], changes[i].factor);
            break;
        case MZ_CHANGE_LOSE: /* on the nouns, when they are there */ break;
        }
    }
}

static bool is_applied(const char *name, const struct mz_change *changes, size_t change_count)
{
    for (size_t i = 0; i < change_count; i++) {
        if (changes[i].kind == MZ_CHANGE_OVERRIDE && strcmp(changes[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Runs the first pass over every noun that the override touched. */
static void check_touched(
    struct mz_check *check, const struct mz_node *root, const struct mz_node *override)
{
    const char *last_section = "";
    const char *last_name = "";

    for (size_t i = 0; i < override->count; i++) {
        const char *path = override->entries[i].key;
        size_t first = strcspn(path, ".");
        char *section = mz_arena_strndup(check->arena, path, first);
        char *name = NULL;

        if (path[first] == '.')
            name = mz_arena_strndup(check->arena, path + first + 1, strcspn(path + first + 1, "."));
        if (strcmp(section, last_section) == 0 && strcmp(name ? name : "", last_name) == 0)
            continue;
        mz_check_part(check, root, section, name);
        last_section = section;
        last_name = name ? name : "";
    }
}

/* One override on a copy of the tree. What it breaks elsewhere shows only when it is applied. */
static void check_override(
    struct mz_check *check, struct mz_node *root, const struct mz_entry *entry, uint32_t generation)
{
    struct mz_editor editor = { .check = *check, .root = root, .generation = generation };
    int32_t first = entry->key_mark.line;
    int32_t last = mz_node_last_line(entry->value);
    struct mz_diags found;
    struct mz_check scratch = { check->arena, &found };

    mz_diags_init(&found, check->arena);
    mz_edit_override(&editor, entry->value);
    check_touched(&scratch, editor.root, entry->value);
    for (size_t i = 0; i < found.count; i++) {
        struct mz_diag *diag = &found.list[i];

        if (diag->mark.line >= first && diag->mark.line <= last)
            *mz_diags_add(check->diags, diag->severity, diag->code, diag->mark, "%s", "") = *diag;
    }
}

void mz_check_overrides(struct mz_check *check, struct mz_node *root,
    const struct mz_change *changes, size_t change_count, uint32_t generation)
{
    const struct mz_node *overrides = mz_node_value(root, "overrides");

    if (!overrides || overrides->kind != MZ_NODE_MAP || overrides->count > MZ_OVERRIDE_COUNT_MAX)
        return;
    for (size_t i = 0; i < root->count; i++) {
        /* reported as too many already; copies of such a map would only cost time */
        if (root->entries[i].value->count > SCRATCH_ENTRY_COUNT_MAX)
            return;
    }
    for (size_t i = 0; i < overrides->count; i++) {
        const struct mz_entry *entry = &overrides->entries[i];

        if (entry->value->kind == MZ_NODE_MAP && !is_applied(entry->key, changes, change_count))
            check_override(check, root, entry, generation + (uint32_t)i);
    }
}
