/* view.c - typed reading of a map through the table of keys
 * Every reader takes unit, range and words from the table, so a key means here what it means to
 * the check and to the JSON Schema. */
#include "scenario/load.h"

#include "base/month.h"

#include <assert.h>
#include <string.h>

struct mz_view mz_view_of(
    struct mz_loader *load, const struct mz_schema *schema, const struct mz_node *node)
{
    struct mz_view view = { load, schema, node, MZ_KIND_ALL };
    bool known;

    if (node && node->kind != MZ_NODE_MAP)
        view.node = NULL;
    if (view.node)
        view.bits = mz_check_kind_bits(schema, view.node, &known);
    return view;
}

static const struct mz_key *key_of(const struct mz_view *view, const char *name)
{
    const struct mz_key *key = mz_schema_find(view->schema, name, view->bits);

    assert(key); /* a reader asks only for keys of the table */
    return key;
}

const struct mz_node *mz_view_node(const struct mz_view *view, const char *key)
{
    if (!view->node || !mz_key_applies(key_of(view, key), view->bits))
        return NULL;
    return mz_node_value(view->node, key);
}

bool mz_view_has(const struct mz_view *view, const char *key)
{
    return mz_view_node(view, key) != NULL;
}

struct mz_mark mz_view_mark(const struct mz_view *view, const char *key)
{
    const struct mz_node *node = mz_view_node(view, key);

    return node ? node->mark : (struct mz_mark){ 0 };
}

struct mz_view mz_view_map(const struct mz_view *view, const char *key)
{
    return mz_view_of(view->load, key_of(view, key)->schema, mz_view_node(view, key));
}

static const char *scalar_text(const struct mz_view *view, const char *key)
{
    const struct mz_node *node = mz_view_node(view, key);

    return node && node->kind == MZ_NODE_SCALAR ? node->text : NULL;
}

static bool read_number(const struct mz_key *key, const struct mz_node *node, double *ret_value)
{
    double value;

    if (node->kind != MZ_NODE_SCALAR ||
        mz_quantity_parse(node->text, key->quantity, &value, NULL) != MZ_OK ||
        !mz_range_holds(key->range, value))
        return false;
    *ret_value = value;
    return true;
}

double mz_view_number(const struct mz_view *view, const char *key, double fallback)
{
    const struct mz_node *node = mz_view_node(view, key);
    double value = fallback;

    if (node)
        (void)read_number(key_of(view, key), node, &value);
    return value;
}

int32_t mz_view_whole(const struct mz_view *view, const char *key, int32_t fallback)
{
    return (int32_t)mz_view_number(view, key, fallback); /* the ranges of such keys fit */
}

int32_t mz_view_month(const struct mz_view *view, const char *key, int32_t fallback)
{
    const char *text = scalar_text(view, key);
    int32_t month = fallback;

    if (text)
        (void)mz_month_parse(text, false, &month);
    return month;
}

bool mz_view_bool(const struct mz_view *view, const char *key, bool fallback)
{
    const char *text = scalar_text(view, key);

    if (text && strcmp(text, "true") == 0)
        return true;
    if (text && strcmp(text, "false") == 0)
        return false;
    return fallback;
}

int32_t mz_view_word(const struct mz_view *view, const char *key, int32_t fallback)
{
    const char *text = scalar_text(view, key);
    int32_t word = text ? mz_words_find(key_of(view, key)->words, text) : -1;

    return word < 0 ? fallback : word;
}

const char *mz_view_text(const struct mz_view *view, const char *key, const char *fallback)
{
    const char *text = scalar_text(view, key);

    return text ? text : fallback;
}

struct mz_series mz_series_constant(struct mz_loader *load, double value, enum mz_before before)
{
    struct mz_step *step = mz_arena_alloc(load->arena, 1, sizeof(*step));

    *step = (struct mz_step){ MZ_MONTH_ALWAYS, value };
    return (struct mz_series){ .steps = step, .step_count = 1, .before = before };
}

struct mz_series mz_read_series(
    struct mz_loader *load, const struct mz_key *key, const struct mz_node *node)
{
    struct mz_series series = { .before = key->before };
    struct mz_step *steps;
    double value;

    if (!node || node->kind == MZ_NODE_LIST)
        return series;
    series.mark = node->mark;
    if (node->kind == MZ_NODE_SCALAR) {
        if (read_number(key, node, &value))
            series = mz_series_constant(load, value, key->before);
        series.mark = node->mark;
        return series;
    }
    steps = mz_arena_alloc(load->arena, node->count + 1, sizeof(*steps));
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];
        int32_t month = MZ_MONTH_ALWAYS;

        if (strcmp(entry->key, "ramp") == 0) {
            series.linear = !mz_node_is_null(entry->value);
            continue;
        }
        if ((!entry->always && !mz_month_parse(entry->key, false, &month)) ||
            !read_number(key, entry->value, &value) ||
            (series.step_count > 0 && steps[series.step_count - 1].month >= month))
            continue;
        steps[series.step_count++] = (struct mz_step){ month, value };
    }
    series.steps = steps;
    return series;
}

struct mz_series mz_view_series(const struct mz_view *view, const char *key)
{
    return mz_read_series(view->load, key_of(view, key), mz_view_node(view, key));
}

const struct mz_chip_series *mz_view_chip_series(
    const struct mz_view *view, const char *name, int32_t *ret_count)
{
    const struct mz_node *node = mz_view_node(view, name);
    const struct mz_key *key = key_of(view, name);
    struct mz_loader *load = view->load;
    struct mz_chip_series *list;

    *ret_count = 0;
    if (!node || node->kind == MZ_NODE_LIST ||
        (node->kind == MZ_NODE_SCALAR && mz_key_word(key, node->text)))
        return NULL;
    list = mz_arena_alloc(load->arena, node->count + 1, sizeof(*list));
    if (node->kind == MZ_NODE_SCALAR || mz_node_is_dated(node)) {
        list[0] = (struct mz_chip_series){ -1, mz_read_series(load, key, node) };
        *ret_count = 1;
        return list;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_node *value = node->entries[i].value;
        int32_t chip = mz_load_chip(load, node->entries[i].key);

        if (chip >= 0 && !(value->kind == MZ_NODE_SCALAR && mz_key_word(key, value->text)))
            list[(*ret_count)++] =
                (struct mz_chip_series){ chip, mz_read_series(load, key, value) };
    }
    return list;
}
