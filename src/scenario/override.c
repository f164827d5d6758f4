/* override.c - putting values into a tree
 * Rules (docs/plan-model.md, "Values, dates, names, overrides"): a path is cut at dots and only
 * its last key may be new. Maps merge key by key; null removes; anything else replaces. A map of
 * dates keeps the steps before its own first date and replaces the rest; a scalar that it lands on
 * becomes the value since ever. `ramp` is the override's, else the old one. */
#include "scenario/override.h"

#include "base/month.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_PARTS_MAX = 16 };

static struct mz_node *new_map(struct mz_editor *editor, struct mz_mark mark)
{
    struct mz_node *map = mz_arena_alloc(editor->check.arena, 1, sizeof(*map));

    map->kind = MZ_NODE_MAP;
    map->mark = mark;
    map->generation = editor->generation;
    map->size = 1;
    map->height = 1;
    return map;
}

/* The node itself when this editor made it, else a copy of it that it may change. */
static struct mz_node *own(struct mz_editor *editor, struct mz_node *node)
{
    struct mz_arena *arena = editor->check.arena;
    struct mz_node *copy;

    if (node->generation == editor->generation)
        return node;
    copy = mz_arena_alloc(arena, 1, sizeof(*copy));
    *copy = *node;
    copy->generation = editor->generation;
    copy->index = NULL; /* of the old entries */
    copy->capacity = node->count;
    copy->entries = mz_arena_alloc(arena, node->count + 1, sizeof(*copy->entries));
    for (size_t i = 0; i < node->count; i++)
        copy->entries[i] = node->entries[i];
    return copy;
}

static void append(struct mz_editor *editor, struct mz_node *map, struct mz_entry entry)
{
    map->entries = mz_arena_grow(editor->check.arena, map->entries, map->count, map->count + 1,
        &map->capacity, sizeof(*map->entries));
    map->entries[map->count++] = entry;
}

static void remove_entry(struct mz_node *map, struct mz_entry *entry)
{
    size_t at = (size_t)(entry - map->entries);

    memmove(entry, entry + 1, (map->count - at - 1) * sizeof(*entry));
    map->count--;
}

/* A value that lands where nothing was: nulls in it have nothing to remove. */
static struct mz_node *without_nulls(struct mz_editor *editor, struct mz_node *node)
{
    struct mz_node *map;

    if (node->kind != MZ_NODE_MAP)
        return node;
    map = new_map(editor, node->mark);
    for (size_t i = 0; i < node->count; i++) {
        struct mz_entry entry = node->entries[i];

        if (mz_node_is_null(entry.value))
            continue;
        entry.value = without_nulls(editor, entry.value);
        append(editor, map, entry);
    }
    return map;
}

/* First month of a map of dates, MZ_MONTH_NEVER when it has none that is one. */
static int32_t first_month(const struct mz_node *map)
{
    int32_t first = MZ_MONTH_NEVER;

    for (size_t i = 0; i < map->count; i++) {
        int32_t month;

        if (mz_month_parse(map->entries[i].key, false, &month) && month < first)
            first = month;
    }
    return first;
}

/* The steps of `old` that lie before `first`, then those of `over`. */
static struct mz_node *merge_dates(
    struct mz_editor *editor, const struct mz_node *old, const struct mz_node *over)
{
    struct mz_node *map = new_map(editor, over->mark);
    const struct mz_entry *ramp = mz_node_find(over, "ramp");
    int32_t first = first_month(over);

    if (old && old->kind == MZ_NODE_SCALAR)
        append(editor, map,
            (struct mz_entry){ .key = "since ever",
                .key_mark = old->mark,
                .value = (struct mz_node *)(uintptr_t)old,
                .always = true });
    if (old && old->kind == MZ_NODE_MAP && mz_node_is_dated(old)) {
        for (size_t i = 0; i < old->count; i++) {
            const struct mz_entry *entry = &old->entries[i];
            int32_t month;

            if (strcmp(entry->key, "ramp") == 0
                    ? !ramp
                    : entry->always || (mz_month_parse(entry->key, false, &month) && month < first))
                append(editor, map, *entry);
        }
    }
    for (size_t i = 0; i < over->count; i++) {
        if (!mz_node_is_null(over->entries[i].value))
            append(editor, map, over->entries[i]);
    }
    return map;
}

static struct mz_node *merged(struct mz_editor *editor, struct mz_node *old, struct mz_node *over)
{
    struct mz_node *map;

    if (over->kind != MZ_NODE_MAP)
        return over;
    if (mz_node_is_dated(over)) {
        bool keep =
            old && !mz_node_is_null(old) && (old->kind == MZ_NODE_SCALAR || mz_node_is_dated(old));

        return merge_dates(editor, keep ? old : NULL, over);
    }
    if (!old || old->kind != MZ_NODE_MAP || mz_node_is_dated(old))
        return without_nulls(editor, over);
    map = own(editor, old);
    for (size_t i = 0; i < over->count; i++) {
        struct mz_entry entry = over->entries[i];
        struct mz_entry *there = mz_node_find(map, entry.key);

        if (mz_node_is_null(entry.value)) {
            if (there)
                remove_entry(map, there);
        } else if (there) {
            there->value = merged(editor, there->value, entry.value);
        } else {
            entry.value = without_nulls(editor, entry.value);
            append(editor, map, entry);
        }
    }
    return map;
}

/* A path in parts, each with its place. */
struct path_parts {
    const char *names[PATH_PARTS_MAX];
    struct mz_mark marks[PATH_PARTS_MAX];
    size_t count;
};

static bool cut_path(
    struct mz_editor *editor, const char *path, struct mz_mark mark, struct path_parts *parts)
{
    /* the parts have places of their own where the text of the file is the path itself */
    int32_t columns = mz_text_columns(path);
    bool plain = mark.end_column == 0 ? mark.line == 0 : mark.end_column - mark.column == columns;
    const char *rest = path;

    parts->count = 0;
    for (;;) {
        size_t length = strcspn(rest, ".");
        struct mz_mark at = mark;
        char *name;

        if (parts->count == PATH_PARTS_MAX || length == 0) {
            mz_check_error(&editor->check, "M0131", mark, "'%.100s' is not a path", path)->label =
                "names with dots between them";
            return false;
        }
        name = mz_arena_strndup(editor->check.arena, rest, length);
        if (plain) {
            at.column = mark.column +
                mz_text_columns(mz_arena_strndup(editor->check.arena, path, (size_t)(rest - path)));
            at.end_column = at.column + mz_text_columns(name);
        }
        parts->names[parts->count] = name;
        parts->marks[parts->count++] = at;
        if (rest[length] == '\0')
            return true;
        rest += length + 1;
    }
}

static void report_part(struct mz_editor *editor, const struct mz_node *map,
    const struct path_parts *parts, size_t part)
{
    struct mz_arena *arena = editor->check.arena;
    const char *name = parts->names[part];
    char buffer[300];
    struct mz_diag *diag = mz_check_error(&editor->check, "M0131", parts->marks[part],
        part ? "the path leads nowhere: there is no '%.80s' in '%.80s'"
             : "the path leads nowhere: there is no '%.80s' in the file",
        name, part ? parts->names[part - 1] : "");
    const char *const *keys;

    if (editor->check.diags->error_count > MZ_HINTED_ERROR_COUNT_MAX)
        return;
    keys = mz_node_keys(arena, map);
    diag->suggestion = mz_nearest_word(name, keys, map->count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(arena, "did you mean '%s'?", diag->suggestion);
    diag->note = mz_arena_printf(arena, "only the last key of a path may be new; known: %s",
        mz_words_join(buffer, sizeof(buffer), keys, map->count));
}

/* The map that the last part belongs to, ours to change; NULL after reporting. */
static struct mz_node *walk(struct mz_editor *editor, const struct path_parts *parts)
{
    struct mz_node *map = editor->root = own(editor, editor->root);

    if (strcmp(parts->names[0], "overrides") == 0) {
        mz_check_error(&editor->check, "M0131", parts->marks[0], "overrides cannot be overridden");
        return NULL;
    }
    for (size_t i = 0; i + 1 < parts->count; i++) {
        struct mz_entry *entry = mz_node_find(map, parts->names[i]);

        if (!entry || mz_node_is_null(entry->value)) {
            report_part(editor, map, parts, i);
            return NULL;
        }
        if (entry->value->kind != MZ_NODE_MAP) {
            mz_check_error(&editor->check, "M0131", parts->marks[i + 1],
                "the path leads nowhere: '%.80s' is %s, not a map", parts->names[i],
                mz_node_kind_name(entry->value));
            return NULL;
        }
        entry->value = own(editor, entry->value);
        map = entry->value;
    }
    return map;
}

static void warn_nothing(
    struct mz_editor *editor, const struct mz_node *map, const char *name, struct mz_mark mark)
{
    struct mz_diag *diag = mz_diags_add(editor->check.diags, MZ_SEVERITY_WARNING, "M0133", mark,
        "there is no '%.80s' to remove", name);

    if (editor->check.diags->warning_count > MZ_HINTED_ERROR_COUNT_MAX)
        return;
    diag->suggestion = mz_nearest_word(name, mz_node_keys(editor->check.arena, map), map->count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(editor->check.arena, "did you mean '%s'?", diag->suggestion);
}

bool mz_edit_put(
    struct mz_editor *editor, const char *path, struct mz_mark mark, struct mz_node *value)
{
    struct path_parts parts;
    struct mz_node *map;
    struct mz_entry *entry;
    const char *last;

    if (!cut_path(editor, path, mark, &parts) || !(map = walk(editor, &parts)))
        return false;
    last = parts.names[parts.count - 1];
    entry = mz_node_find(map, last);
    if (mz_node_is_null(value)) {
        if (entry)
            remove_entry(map, entry);
        else
            warn_nothing(editor, map, last, parts.marks[parts.count - 1]);
    } else if (entry) {
        entry->value = merged(editor, entry->value, value);
    } else {
        append(editor, map,
            (struct mz_entry){ .key = last,
                .key_mark = parts.marks[parts.count - 1],
                .value = without_nulls(editor, value) });
    }
    return true;
}

void mz_edit_override(struct mz_editor *editor, const struct mz_node *override)
{
    size_t count = override->kind == MZ_NODE_MAP ? override->count : 0;

    if (count > MZ_OVERRIDE_PATH_COUNT_MAX) {
        mz_check_error(&editor->check, "M0127",
            override->entries[MZ_OVERRIDE_PATH_COUNT_MAX].key_mark,
            "more than %d paths in one override", MZ_OVERRIDE_PATH_COUNT_MAX);
        count = MZ_OVERRIDE_PATH_COUNT_MAX;
    }
    for (size_t i = 0; i < count; i++)
        mz_edit_put(editor, override->entries[i].key, override->entries[i].key_mark,
            override->entries[i].value);
}

/* "38B USD" times 1.1 is "41.8...B USD": the suffix and the unit stay. */
static bool scale_scalar(struct mz_editor *editor, struct mz_node **node, double factor)
{
    size_t length = mz_number_length((*node)->text);
    struct mz_node *scaled;

    if (length == 0)
        return false;
    scaled = own(editor, *node);
    scaled->text = mz_arena_printf(editor->check.arena, "%.17g%s",
        strtod((*node)->text, NULL) * factor, (*node)->text + length);
    *node = scaled;
    return true;
}

static bool scale_node(
    struct mz_editor *editor, struct mz_node **node, double factor, int32_t depth)
{
    bool dated = mz_node_is_dated(*node);

    if ((*node)->kind == MZ_NODE_SCALAR)
        return scale_scalar(editor, node, factor);
    /* dates under chips are the deepest that quantities stand */
    if ((*node)->kind == MZ_NODE_LIST || depth >= 2 || (*node)->count == 0)
        return false;
    *node = own(editor, *node);
    for (size_t i = 0; i < (*node)->count; i++) {
        struct mz_entry *entry = &(*node)->entries[i];

        if (strcmp(entry->key, "ramp") == 0)
            continue;
        if (!scale_node(editor, &entry->value, factor, dated ? 2 : depth + 1))
            return false;
    }
    return true;
}

bool mz_edit_scale(struct mz_editor *editor, const char *path, struct mz_mark mark, double factor)
{
    struct path_parts parts;
    struct mz_node *map;
    struct mz_entry *entry;

    if (!cut_path(editor, path, mark, &parts) || !(map = walk(editor, &parts)))
        return false;
    entry = mz_node_find(map, parts.names[parts.count - 1]);
    if (!entry) {
        report_part(editor, map, &parts, parts.count - 1);
        return false;
    }
    if (scale_node(editor, &entry->value, factor, 0))
        return true;
    mz_check_error(&editor->check, "M0134", parts.marks[parts.count - 1],
        "'%.80s' holds no quantity to scale", parts.names[parts.count - 1]);
    return false;
}
