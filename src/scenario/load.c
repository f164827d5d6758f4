/* load.c - the order of loading, and what all of it shares
 * tree -> changes -> first pass (check.c) -> second pass (load_*.c) -> lost partners. */
#include "scenario/load.h"

#include "base/month.h"
#include "base/text.h"
#include "scenario/lose.h"
#include "scenario/override.h"
#include "scenario/scenario.h"

#include <string.h>

enum { KNOWN_SHOWN_MAX = 300 };

void mz_load_assume(struct mz_loader *load, struct mz_mark mark, const char *key, const char *value,
    const char *source, bool verified)
{
    struct mz_scenario *scenario = load->scenario;

    load->assumptions = mz_arena_grow(load->arena, load->assumptions,
        (size_t)scenario->assumption_count, (size_t)scenario->assumption_count + 1,
        &load->assumption_capacity, sizeof(*load->assumptions));
    load->assumptions[scenario->assumption_count++] = (struct mz_assumption){
        .key = key, .value = value, .source = source, .verified = verified, .mark = mark
    };
    scenario->assumptions = load->assumptions;
}

void mz_load_hint(struct mz_loader *load, struct mz_diag *diag, const char *word,
    const char *const *known, size_t known_count)
{
    if (load->check.diags->error_count > MZ_HINTED_ERROR_COUNT_MAX)
        return;
    diag->suggestion = mz_nearest_word(word, known, known_count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(load->arena, "did you mean '%s'?", diag->suggestion);
}

int32_t mz_load_find(struct mz_loader *load, const struct mz_names *names, const char *what,
    const char *const *known, int32_t known_count, const char *name, struct mz_mark mark)
{
    int32_t index = mz_names_find(names, name);
    char buffer[KNOWN_SHOWN_MAX];
    struct mz_diag *diag;

    if (index >= 0 || mz_name_problem(name)) /* a broken name was reported as one */
        return index;
    diag = mz_check_error(&load->check, "M0120", mark, "there is no %s '%.80s'", what, name);
    mz_load_hint(load, diag, name, known, (size_t)known_count);
    if (known_count > 0)
        diag->note = mz_arena_printf(load->arena, "known %ss: %s", what,
            mz_words_join(buffer, sizeof(buffer), known, (size_t)known_count));
    return -1;
}

int32_t mz_load_partner(struct mz_loader *load, const char *name, struct mz_mark mark)
{
    int32_t count = load->scenario->partner_count;
    int32_t index = mz_names_find(load->partner_names, name);
    const char *known[MZ_PARTNER_COUNT_MAX + 1];

    if (index >= 0)
        return index;
    for (int32_t i = 0; i < count; i++)
        known[i] = load->partners[i].name;
    return mz_load_find(load, load->partner_names, "partner", known, count, name, mark);
}

size_t mz_load_section(struct mz_loader *load, const char *section, int32_t count_max,
    const struct mz_entry **ret_entries)
{
    const struct mz_node *node = mz_node_value(load->root, section);

    if (!node || node->kind != MZ_NODE_MAP)
        return 0;
    *ret_entries = node->entries;
    if (node->count <= (size_t)count_max)
        return node->count;
    mz_check_error(&load->check, "M0127", node->entries[count_max].key_mark, "more than %d %s",
        count_max, section);
    return (size_t)count_max;
}

void mz_load_order(struct mz_loader *load, const struct mz_view *view, const char *from,
    const char *to, const char *what)
{
    int32_t first = mz_view_month(view, from, MZ_MONTH_ALWAYS);
    int32_t last = mz_view_month(view, to, MZ_MONTH_NEVER);
    char month[MZ_MONTH_TEXT_MAX];
    struct mz_diag *diag;

    if (last >= first)
        return;
    diag = mz_check_error(
        &load->check, "M0121", mz_view_mark(view, to), "%s ends before it begins", what);
    diag->label =
        mz_arena_printf(load->arena, "must be %s or later", mz_month_format(month, first));
    diag->other = mz_view_mark(view, from);
    diag->other_label = "begins here";
}

static void load_override_names(struct mz_loader *load)
{
    const struct mz_entry *entries = NULL;
    size_t count = mz_load_section(load, "overrides", MZ_OVERRIDE_COUNT_MAX, &entries);
    const char **names = mz_arena_alloc(load->arena, count + 1, sizeof(*names));

    for (size_t i = 0; i < count; i++)
        names[i] = entries[i].key;
    load->scenario->overrides = names;
    load->scenario->override_count = (int32_t)count;
}

static struct mz_scenario *load_nouns(
    struct mz_loader *load, const char *file, const struct mz_node *root)
{
    load->root = root;
    load->scenario = mz_arena_alloc(load->arena, 1, sizeof(*load->scenario));
    load->scenario->file = file;
    mz_load_horizon(load);
    mz_load_chips(load);
    mz_load_partners(load);
    mz_load_sites(load);
    mz_load_contracts(load);
    mz_load_workloads(load);
    mz_load_finance(load);
    mz_load_limits(load);
    load_override_names(load);
    return load->scenario;
}

/* Where each change "stands": no line, but a name by which its text can be found again. */
static struct mz_mark *change_marks(
    struct mz_arena *arena, const struct mz_change *changes, size_t change_count)
{
    static const char *const options[] = { "--override", "--set", "--sweep", "--what-if" };
    struct mz_mark *marks = mz_arena_alloc(arena, change_count + 1, sizeof(*marks));

    for (size_t i = 0; i < change_count; i++)
        marks[i] = (struct mz_mark){ mz_arena_strdup(arena, options[changes[i].kind]), 0, 1, 0 };
    return marks;
}

/* Diagnostics about an option show its text in place of a line of the file. */
static void show_options(struct mz_arena *arena, struct mz_diags *diags,
    const struct mz_change *changes, size_t change_count, const struct mz_mark *marks)
{
    for (size_t i = 0; i < diags->count; i++) {
        struct mz_diag *diag = &diags->list[i];

        for (size_t j = 0; j < change_count && diag->mark.line == 0; j++) {
            if (diag->mark.file != marks[j].file)
                continue;
            if (changes[j].kind == MZ_CHANGE_SET)
                diag->shown = mz_arena_printf(arena, "%s=%s", changes[j].path, changes[j].value);
            else
                diag->shown = changes[j].name ? changes[j].name : changes[j].path;
        }
    }
}

enum mz_status mz_scenario_load(struct mz_arena *arena, const struct mz_source *source,
    const struct mz_catalogue *catalogue, const struct mz_change *changes, size_t change_count,
    struct mz_diags *diags, const struct mz_scenario **ret_scenario)
{
    struct mz_loader load = { .arena = arena, .check = { arena, diags }, .catalogue = catalogue };
    struct mz_mark *marks = change_marks(arena, changes, change_count);
    struct mz_editor editor = { .check = load.check, .generation = 1 };
    struct mz_scenario *scenario;
    struct mz_node *root = NULL;
    enum mz_status status =
        mz_tree_parse(arena, source->file, source->bytes, source->length, 0, diags, &root);

    if (status != MZ_OK)
        return status == MZ_E_PARSE ? MZ_E_PARSE : MZ_E_INPUT;
    if (root->kind != MZ_NODE_MAP) {
        mz_check_file(&load.check, root);
        return MZ_E_INPUT;
    }
    editor.root = root;
    mz_edit_changes(&editor, mz_node_value(root, "overrides"), changes, change_count, marks);
    mz_check_file(&load.check, editor.root);
    scenario = load_nouns(&load, source->file, editor.root);
    mz_check_overrides(&load.check, root, changes, change_count, 2);
    mz_scenario_lose(&load.check, scenario, load.contracts, changes, change_count, marks);
    show_options(arena, diags, changes, change_count, marks);
    mz_diags_sort(diags);
    if (diags->error_count > 0)
        return MZ_E_INPUT;
    *ret_scenario = scenario;
    return MZ_OK;
}
