/* load_chips.c - which chips the file speaks of, and what they draw
 * A first walk over the tree collects the names in order of appearance, so that the order of the
 * chips is the order of the file and not that of the loader. */
#include "scenario/load.h"

#include <string.h>

static void add_chip(struct mz_loader *load, const char *name, struct mz_mark mark)
{
    struct mz_scenario *scenario = load->scenario;

    if (mz_name_problem(name) || mz_names_find(load->chip_names, name) >= 0)
        return;
    if (scenario->chip_count == MZ_CHIP_COUNT_MAX) {
        if (!load->chips_full)
            mz_check_error(&load->check, "M0127", mark, "the file names more than %d chips",
                MZ_CHIP_COUNT_MAX);
        load->chips_full = true;
        return;
    }
    mz_names_add(load->chip_names, name, scenario->chip_count);
    load->chips[scenario->chip_count++] =
        (struct mz_chip){ .name = name, .from_month = MZ_MONTH_ALWAYS, .mark = mark };
}

/* `but`: a key that is no chip; NULL: none. */
static void add_keys(struct mz_loader *load, const struct mz_node *map, const char *but)
{
    for (size_t i = 0; map && map->kind == MZ_NODE_MAP && i < map->count; i++) {
        if (!but || strcmp(map->entries[i].key, but) != 0)
            add_chip(load, map->entries[i].key, map->entries[i].key_mark);
    }
}

static void add_scalar(struct mz_loader *load, const struct mz_node *node)
{
    if (node && node->kind == MZ_NODE_SCALAR && !mz_node_is_null(node))
        add_chip(load, node->text, node->mark);
}

static void add_pools(struct mz_loader *load, const struct mz_node *pools)
{
    for (size_t i = 0; pools && pools->kind == MZ_NODE_MAP && i < pools->count; i++) {
        const struct mz_node *chips = pools->entries[i].value;

        add_scalar(load, chips);
        for (size_t j = 0; chips->kind == MZ_NODE_LIST && j < chips->count; j++)
            add_scalar(load, chips->entries[j].value);
    }
}

/* The chips under one noun: its keys in the order of the file. */
static void add_noun(struct mz_loader *load, const struct mz_node *noun)
{
    for (size_t i = 0; noun->kind == MZ_NODE_MAP && i < noun->count; i++) {
        const struct mz_entry *entry = &noun->entries[i];
        bool throughput = strcmp(entry->key, "throughput") == 0;
        bool by_chip = throughput || strcmp(entry->key, "price") == 0;

        if (by_chip && !mz_node_is_dated(entry->value))
            add_keys(load, entry->value, throughput ? MZ_CHIPS_OTHERS : NULL);
        else if (strcmp(entry->key, "pools") == 0)
            add_pools(load, entry->value);
        else if (strcmp(entry->key, "chip") == 0)
            add_scalar(load, entry->value);
    }
}

static void collect(struct mz_loader *load)
{
    static const char *const nouns[] = { "sites", "contracts", "workloads", NULL };

    for (size_t i = 0; i < load->root->count; i++) {
        const struct mz_entry *section = &load->root->entries[i];

        if (strcmp(section->key, "limits") == 0)
            add_keys(load, mz_node_value(section->value, "chip_supply"), NULL);
        else if (strcmp(section->key, "chips") == 0)
            add_keys(load, section->value, NULL);
        else if (mz_words_find(nouns, section->key) >= 0 && section->value->kind == MZ_NODE_MAP) {
            for (size_t j = 0; j < section->value->count; j++)
                add_noun(load, section->value->entries[j].value);
        }
    }
}

static void report_unknown(struct mz_loader *load, const struct mz_chip *chip, bool listed)
{
    const struct mz_catalogue_table *table = mz_catalogue_find_table(load->catalogue, "chips");
    size_t row_count = table ? table->row_count : 0;
    size_t known_count = 0;
    const char **known = mz_arena_alloc(
        load->arena, row_count + (size_t)load->scenario->chip_count + 1, sizeof(*known));
    struct mz_diag *diag;

    for (size_t i = 0; i < row_count; i++)
        known[known_count++] = table->rows[i][0];
    for (int32_t i = 0; i < load->scenario->chip_count; i++) {
        if (load->chips[i].server_w > 0)
            known[known_count++] = load->chips[i].name;
    }
    diag = mz_check_error(&load->check, "M0128", chip->mark,
        "chip '%.80s' is not in the catalogue and has no power", chip->name);
    mz_load_hint(load, diag, chip->name, known, known_count);
    diag->note = listed ? "state its server watts: power: 1.4 kW/chip"
                        : mz_arena_printf(load->arena,
                              "or state it under chips: {%.60s: {power: 1.4 kW/chip}}", chip->name);
}

/* What the file does not state comes from the catalogue, as an assumption. */
static bool take_from_catalogue(struct mz_loader *load, struct mz_chip *chip)
{
    const char *source = "";
    bool verified = false;

    if (!mz_catalogue_chip_server_w(
            load->catalogue, chip->name, &chip->server_w, &source, &verified))
        return false;
    mz_load_assume(load, chip->mark, mz_arena_printf(load->arena, "chips.%s.power", chip->name),
        mz_arena_printf(load->arena, "%.12g W/chip", chip->server_w), source, verified);
    return true;
}

void mz_load_chips(struct mz_loader *load)
{
    const struct mz_node *stated = mz_node_value(load->root, "chips");

    load->chips = mz_arena_alloc(load->arena, MZ_CHIP_COUNT_MAX, sizeof(*load->chips));
    load->scenario->chips = load->chips;
    load->chip_names = mz_names_create(load->arena);
    collect(load);
    for (int32_t i = 0; i < load->scenario->chip_count; i++) {
        struct mz_chip *chip = &load->chips[i];
        struct mz_view view = mz_view_of(load, &mz_schema_chip, mz_node_value(stated, chip->name));

        chip->from_month = mz_view_month(&view, "from", MZ_MONTH_ALWAYS);
        chip->server_w = mz_view_number(&view, "power", 0);
    }
    for (int32_t i = 0; i < load->scenario->chip_count; i++) {
        struct mz_chip *chip = &load->chips[i];
        const struct mz_entry *listed = mz_node_find(stated, chip->name);

        /* a stated but wrong power was reported already */
        if (chip->server_w <= 0 && !(listed && mz_node_value(listed->value, "power")) &&
            !take_from_catalogue(load, chip))
            report_unknown(load, chip, listed != NULL);
    }
}

int32_t mz_load_chip(const struct mz_loader *load, const char *name)
{
    return mz_names_find(load->chip_names, name);
}
