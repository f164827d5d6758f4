/* node.c - questions about a tree, and about the bytes it came from */
#include "scenario/tree.h"

#include <string.h>

struct mz_entry *mz_node_find(const struct mz_node *map, const char *key)
{
    if (!map || map->kind != MZ_NODE_MAP)
        return NULL;
    if (map->index) {
        int32_t i = mz_names_find(map->index, key);

        return i < 0 ? NULL : &map->entries[i];
    }
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->entries[i].key, key) == 0)
            return &map->entries[i];
    }
    return NULL;
}

const struct mz_node *mz_node_value(const struct mz_node *map, const char *key)
{
    const struct mz_entry *entry = mz_node_find(map, key);

    return entry && !mz_node_is_null(entry->value) ? entry->value : NULL;
}

bool mz_node_is_null(const struct mz_node *node)
{
    return node->kind == MZ_NODE_SCALAR && !node->quoted &&
        (node->text[0] == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

const char *mz_node_kind_name(const struct mz_node *node)
{
    switch (node->kind) {
    case MZ_NODE_SCALAR: return "a single value";
    case MZ_NODE_LIST: return "a list";
    case MZ_NODE_MAP: return "a map";
    }
    return "invalid";
}

bool mz_key_looks_dated(const char *key)
{
    if (strspn(key, "0123456789") != 4)
        return false;
    return key[4] == '\0' || key[4] == 'Q' ||
        (key[4] == '-' && strspn(key + 5, "0123456789-") == strlen(key + 5));
}

bool mz_node_is_dated(const struct mz_node *node)
{
    if (node->kind != MZ_NODE_MAP)
        return false;
    for (size_t i = 0; i < node->count; i++) {
        if (node->entries[i].always || strcmp(node->entries[i].key, "ramp") == 0 ||
            mz_key_looks_dated(node->entries[i].key))
            return true;
    }
    return false;
}

int32_t mz_node_last_line(const struct mz_node *node)
{
    int32_t line = node->mark.line;

    for (size_t i = 0; i < node->count; i++) {
        int32_t below = mz_node_last_line(node->entries[i].value);

        line = below > line ? below : line;
    }
    return line;
}

const char *const *mz_node_keys(struct mz_arena *arena, const struct mz_node *map)
{
    const char **keys = mz_arena_alloc(arena, map->count + 1, sizeof(*keys));

    for (size_t i = 0; i < map->count; i++)
        keys[i] = map->entries[i].key;
    return keys;
}

size_t mz_number_length(const char *text)
{
    const char *s = text + (*text == '+' || *text == '-');
    size_t whole = strspn(s, "0123456789");
    size_t fraction = s[whole] == '.' ? strspn(s + whole + 1, "0123456789") : 0;
    size_t exponent;

    if (whole + fraction == 0)
        return 0;
    s += whole + (s[whole] == '.' ? 1 + fraction : 0);
    if (*s == 'e' || *s == 'E') {
        const char *digits = s + 1 + (s[1] == '+' || s[1] == '-');

        exponent = strspn(digits, "0123456789");
        s = exponent ? digits + exponent : s;
    }
    return (size_t)(s - text);
}

size_t mz_line_break(const char *s, const char *end)
{
    if (*s == '\n')
        return 1;
    if (*s == '\r')
        return s + 1 < end && s[1] == '\n' ? 2 : 1;
    if (end - s >= 2 && memcmp(s, "\xC2\x85", 2) == 0)
        return 2;
    if (end - s >= 3 && (memcmp(s, "\xE2\x80\xA8", 3) == 0 || memcmp(s, "\xE2\x80\xA9", 3) == 0))
        return 3;
    return 0;
}

/* Length of the UTF-8 sequence at s, 0 when it is none or a NUL. */
static size_t sequence_length(const unsigned char *s, size_t left)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

    if (s[0] == 0 || s[0] > 0xF4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    }
    /* overlong forms, surrogates, beyond U+10FFFF */
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return length;
}

bool mz_bytes_find_bad(const char *bytes, size_t length, int32_t *ret_line, int32_t *ret_column)
{
    const char *end = bytes + length;
    int32_t line = 1;
    int32_t column = 1;

    for (const char *s = bytes; s < end;) {
        size_t step = sequence_length((const unsigned char *)s, (size_t)(end - s));
        size_t brk = step ? mz_line_break(s, end) : 0;

        if (step == 0) {
            *ret_line = line;
            *ret_column = column;
            return true;
        }
        line += brk > 0;
        column = brk > 0 ? 1 : column + 1;
        s += brk > 0 ? brk : step;
    }
    return false;
}
