/* check.c - the first pass over maps: known keys, required keys, shapes */
#include "scenario/check.h"

#include "base/text.h"

#include <string.h>

enum { NOTE_MAX = 600, KEYS_MAX = 64 };

static void check_map(struct mz_check *check, const struct mz_schema *schema,
    const struct mz_node *node, const struct mz_path *path, struct mz_mark mark);

/* "partners.oracle"; "the file" for the root. */
static const char *path_text(struct mz_arena *arena, const struct mz_path *path)
{
    if (!path || !path->name)
        return "the file";
    if (!path->up || !path->up->name)
        return mz_arena_printf(arena, "%.100s", path->name);
    return mz_arena_printf(arena, "%s.%.100s", path_text(arena, path->up), path->name);
}

uint32_t mz_check_kind_bits(
    const struct mz_schema *schema, const struct mz_node *node, bool *ret_known)
{
    const struct mz_node *kind = schema->kinds ? mz_node_value(node, "kind") : NULL;
    int32_t word =
        kind && kind->kind == MZ_NODE_SCALAR ? mz_words_find(schema->kinds, kind->text) : -1;

    *ret_known = word >= 0;
    return word >= 0 ? 1u << word : MZ_KIND_ALL;
}

/* Names of the keys that mean something here, each once. */
static size_t known_keys(const struct mz_schema *schema, uint32_t kind_bits, const char **names)
{
    size_t count = 0;

    for (size_t i = 0; i < schema->key_count && count < KEYS_MAX; i++) {
        const struct mz_key *key = &schema->keys[i];

        if (mz_key_applies(key, kind_bits) &&
            (count == 0 || strcmp(names[count - 1], key->name) != 0))
            names[count++] = key->name;
    }
    return count;
}

static void report_unknown(struct mz_check *check, const struct mz_schema *schema,
    uint32_t kind_bits, const struct mz_entry *entry, const struct mz_path *path)
{
    const char *names[KEYS_MAX];
    char buffer[NOTE_MAX];
    size_t count = known_keys(schema, kind_bits, names);
    struct mz_diag *diag = mz_check_error(check, "M0107", entry->key_mark,
        "unknown key '%.80s' in %s", entry->key, path_text(check->arena, path));

    if (check->diags->error_count > MZ_HINTED_ERROR_COUNT_MAX)
        return;
    diag->suggestion = mz_nearest_word(entry->key, names, count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(check->arena, "did you mean '%s'?", diag->suggestion);
    diag->note = mz_arena_printf(
        check->arena, "known keys: %s", mz_words_join(buffer, sizeof(buffer), names, count));
}

static void report_useless(struct mz_check *check, const struct mz_schema *schema,
    const struct mz_node *node, const struct mz_key *key, const struct mz_entry *entry,
    const struct mz_path *path)
{
    const char *kinds[8];
    char buffer[NOTE_MAX];
    size_t count = 0;
    const struct mz_node *kind = mz_node_value(node, "kind");
    struct mz_diag *diag;

    for (size_t i = 0; schema->kinds[i] && count < 8; i++) {
        if (key->kinds & (1u << i))
            kinds[count++] = schema->kinds[i];
    }
    diag = mz_check_error(check, "M0110", entry->key_mark, "'%s' does nothing in %s, which is %s",
        key->name, path_text(check->arena, path), kind ? kind->text : "of another kind");
    diag->label = mz_arena_printf(
        check->arena, "only for kind %s", mz_words_join(buffer, sizeof(buffer), kinds, count));
}

static void check_missing(struct mz_check *check, const struct mz_schema *schema,
    const struct mz_node *node, const struct mz_path *path, struct mz_mark mark)
{
    bool known;
    uint32_t bits = mz_check_kind_bits(schema, node, &known);

    for (size_t i = 0; i < schema->key_count; i++) {
        const struct mz_key *key = &schema->keys[i];
        bool required = known ? (key->required & bits) != 0 : key->required == MZ_KIND_ALL;

        if (required && !mz_node_find(node, key->name) &&
            !(key->unless && mz_node_find(node, key->unless)))
            mz_check_error(check, "M0108", mark, "'%s' is missing in %s", key->name,
                path_text(check->arena, path))
                ->note = mz_arena_printf(check->arena, "%s: %s", key->name, key->doc);
    }
}

static bool check_shape(struct mz_check *check, const char *name, const struct mz_node *node,
    enum mz_node_kind kind, const char *what)
{
    if (node->kind == kind)
        return true;
    mz_check_error(check, "M0109", node->mark, "'%.80s' must be %s, not %s", name, what,
        mz_node_kind_name(node));
    return false;
}

static void check_named(struct mz_check *check, const struct mz_key *key,
    const struct mz_node *node, const struct mz_path *path)
{
    if (!check_shape(check, key->name, node, MZ_NODE_MAP, "a map of names"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];
        struct mz_path below = { path, entry->key };

        mz_check_name(check, entry->key, entry->key_mark);
        if (!mz_check_present(check, entry) ||
            !check_shape(check, entry->key, entry->value, MZ_NODE_MAP, "a map of keys"))
            continue;
        check_map(check, key->schema, entry->value, &below, entry->key_mark);
    }
}

static void check_list(struct mz_check *check, const struct mz_key *key, const struct mz_node *node,
    const struct mz_path *path)
{
    if (!check_shape(check, key->name, node, MZ_NODE_LIST, "a list of maps"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_node *value = node->entries[i].value;

        if (check_shape(check, key->name, value, MZ_NODE_MAP, "a list of maps"))
            check_map(check, key->schema, value, path, value->mark);
    }
}

static void check_energy(struct mz_check *check, const struct mz_key *key,
    const struct mz_node *node, const struct mz_path *path)
{
    bool kinds = node->kind == MZ_NODE_MAP && node->count > 0 && !mz_node_is_dated(node);

    if (kinds)
        check_named(check, key, node, path);
    else
        mz_check_series(check, key->name, node, key);
}

static void check_texts(struct mz_check *check, const char *name, const struct mz_node *node,
    enum mz_node_kind shape, bool names)
{
    if (!check_shape(check, name, node, shape, shape == MZ_NODE_LIST ? "a list" : "a map"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        if (!mz_check_present(check, entry))
            continue;
        if (mz_check_scalar(check, name, entry->value) && names)
            mz_check_name(check, entry->value->text, entry->value->mark);
    }
}

static void check_losses(
    struct mz_check *check, const struct mz_key *key, const struct mz_node *node)
{
    struct mz_diag *diag;

    if (node->kind == MZ_NODE_LIST) {
        check_texts(check, key->name, node, MZ_NODE_LIST, true);
        return;
    }
    if (node->kind == MZ_NODE_SCALAR && mz_words_find(key->words, node->text) >= 0)
        return;
    diag = mz_check_error(
        check, "M0116", node->mark, "'%s' must be none, any or a list of partners", key->name);
    if (node->kind != MZ_NODE_SCALAR)
        return;
    diag->suggestion = mz_nearest_word(node->text, key->words, mz_words_count(key->words));
    if (!diag->suggestion)
        diag->suggestion = mz_arena_printf(check->arena, "[%.80s]", node->text);
    diag->label = mz_arena_printf(check->arena, "did you mean %s?", diag->suggestion);
}

static void check_pools(
    struct mz_check *check, const struct mz_key *key, const struct mz_node *node)
{
    if (!check_shape(check, key->name, node, MZ_NODE_MAP, "a map of sites"))
        return;
    if (node->count == 0)
        mz_check_error(check, "M0111", node->mark, "'%s' has no value", key->name)->label =
            "name at least one site with its chips";
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        mz_check_name(check, entry->key, entry->key_mark);
        if (!mz_check_present(check, entry))
            continue;
        if (entry->value->kind == MZ_NODE_SCALAR)
            mz_check_name(check, entry->value->text, entry->value->mark);
        else
            check_texts(check, entry->key, entry->value, MZ_NODE_LIST, true);
        if (entry->value->kind == MZ_NODE_LIST && entry->value->count == 0)
            mz_check_error(check, "M0111", entry->value->mark, "'%.80s' has no chips", entry->key);
    }
}

/* A map of names to quantities (regions) or to quantities over time (chip_supply). */
static void check_quantity_map(
    struct mz_check *check, const struct mz_key *key, const struct mz_node *node)
{
    if (!check_shape(check, key->name, node, MZ_NODE_MAP, "a map of names"))
        return;
    if (node->count == 0)
        mz_check_error(check, "M0111", node->mark, "'%s' has no value", key->name);
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        mz_check_name(check, entry->key, entry->key_mark);
        if (!mz_check_present(check, entry))
            continue;
        if (key->value == MZ_VALUE_SHARES)
            mz_check_quantity(check, entry->key, entry->value, key);
        else
            mz_check_series(check, entry->key, entry->value, key);
    }
}

static void check_version(
    struct mz_check *check, const struct mz_key *key, const struct mz_node *node)
{
    if (mz_check_scalar(check, key->name, node) && strcmp(node->text, "1") != 0)
        mz_check_error(check, "M0129", node->mark,
            "version '%.40s' of the format is not understood", node->text)
            ->label = "this program reads version 1";
}

static void check_overrides(
    struct mz_check *check, const struct mz_key *key, const struct mz_node *node)
{
    if (!check_shape(check, key->name, node, MZ_NODE_MAP, "a map of names"))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        mz_check_name(check, entry->key, entry->key_mark);
        if (mz_check_present(check, entry))
            check_shape(check, entry->key, entry->value, MZ_NODE_MAP, "a map of paths");
    }
}

static void check_value(struct mz_check *check, const struct mz_key *key,
    const struct mz_entry *entry, const struct mz_path *path)
{
    const struct mz_node *node = entry->value;

    switch (key->value) {
    case MZ_VALUE_VERSION: check_version(check, key, node); break;
    case MZ_VALUE_QUANTITY: mz_check_quantity(check, key->name, node, key); break;
    case MZ_VALUE_SERIES: mz_check_series(check, key->name, node, key); break;
    case MZ_VALUE_CHIP_SERIES: mz_check_chip_series(check, node, key); break;
    case MZ_VALUE_CHIP_MAP:
    case MZ_VALUE_SHARES: check_quantity_map(check, key, node); break;
    case MZ_VALUE_WORD: mz_check_word(check, key->name, node, key->words); break;
    case MZ_VALUE_BOOL: mz_check_bool(check, key->name, node); break;
    case MZ_VALUE_MONTH:
        if (mz_check_scalar(check, key->name, node))
            mz_check_month(check, node->text, node->mark);
        break;
    case MZ_VALUE_NAME:
        if (mz_check_scalar(check, key->name, node))
            mz_check_name(check, node->text, node->mark);
        break;
    case MZ_VALUE_TEXT: mz_check_scalar(check, key->name, node); break;
    case MZ_VALUE_TEXT_LIST: check_texts(check, key->name, node, MZ_NODE_LIST, false); break;
    case MZ_VALUE_TEXT_MAP: check_texts(check, key->name, node, MZ_NODE_MAP, false); break;
    case MZ_VALUE_LOSSES: check_losses(check, key, node); break;
    case MZ_VALUE_POOLS: check_pools(check, key, node); break;
    case MZ_VALUE_ENERGY: check_energy(check, key, node, path); break;
    case MZ_VALUE_MAP:
        if (check_shape(check, key->name, node, MZ_NODE_MAP, "a map of keys"))
            check_map(check, key->schema, node, path, entry->key_mark);
        break;
    case MZ_VALUE_NAMED: check_named(check, key, node, path); break;
    case MZ_VALUE_LIST: check_list(check, key, node, path); break;
    case MZ_VALUE_OVERRIDES: check_overrides(check, key, node); break;
    }
}

static void check_map(struct mz_check *check, const struct mz_schema *schema,
    const struct mz_node *node, const struct mz_path *path, struct mz_mark mark)
{
    bool known;
    uint32_t bits = mz_check_kind_bits(schema, node, &known);

    if (node->count == 0 && !schema->empty_ok)
        mz_check_error(check, "M0111", mark, "%s has no keys", path_text(check->arena, path));
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];
        const struct mz_key *key = mz_schema_find(schema, entry->key, bits);
        struct mz_path below = { path, entry->key };

        if (!key)
            report_unknown(check, schema, bits, entry, path);
        else if (!mz_key_applies(key, bits))
            report_useless(check, schema, node, key, entry, path);
        else if (mz_check_present(check, entry) && (known || !schema->kinds || key->kinds == 0))
            check_value(check, key, entry, &below);
    }
    if (node->count > 0)
        check_missing(check, schema, node, path, mark);
}

void mz_check_file(struct mz_check *check, const struct mz_node *root)
{
    struct mz_path path = { NULL, NULL };
    struct mz_mark mark = root->mark;

    mark.end_column = 0;
    if (check_shape(check, "the file", root, MZ_NODE_MAP, "a map of keys"))
        check_map(check, &mz_schema_file, root, &path, mark);
}

void mz_check_part(
    struct mz_check *check, const struct mz_node *root, const char *section, const char *name)
{
    const struct mz_entry *entry = mz_node_find(root, section);
    const struct mz_key *key = mz_schema_find(&mz_schema_file, section, MZ_KIND_ALL);
    struct mz_path top = { NULL, NULL };
    struct mz_path path = { &top, section };
    struct mz_path below = { &path, name };
    const struct mz_entry *noun;

    if (!entry || !key || mz_node_is_null(entry->value))
        return;
    noun = name && key->value == MZ_VALUE_NAMED ? mz_node_find(entry->value, name) : NULL;
    if (noun && noun->value->kind == MZ_NODE_MAP)
        check_map(check, key->schema, noun->value, &below, noun->key_mark);
    else
        check_value(check, key, entry, &path);
}
