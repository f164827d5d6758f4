/* load_partners.c - who provides capacity; the partner `own` is there whenever it is needed */
#include "scenario/load.h"

#include <string.h>

struct mz_rofr mz_load_rofr(const struct mz_view *view)
{
    struct mz_view map = mz_view_map(view, "rofr");
    const struct mz_node *holder = map.node ? mz_view_node(&map, "holder") : NULL;
    struct mz_rofr rofr = { .holder = -1, .until_month = MZ_MONTH_NEVER };

    if (!map.node)
        return rofr;
    rofr.mark = map.node->mark;
    rofr.until_month = mz_view_month(&map, "until", MZ_MONTH_NEVER);
    if (holder && holder->kind == MZ_NODE_SCALAR)
        rofr.holder = mz_load_partner(view->load, holder->text, holder->mark);
    return rofr;
}

static void load_driver(const struct mz_view *view, struct mz_driver_keys *driver)
{
    static const char *const kinds[] = { "slurm", "local", "fake" };
    const struct mz_node *env = mz_view_node(view, "env");
    int32_t word = mz_view_word(view, "driver", -1);
    struct mz_arena *arena = view->load->arena;
    const char **names;
    const char **values;

    driver->kind = word < 0 ? NULL : kinds[word];
    driver->url = mz_view_text(view, "url", NULL);
    driver->user = mz_view_text(view, "user", NULL);
    driver->token_command = mz_view_text(view, "token_command", NULL);
    driver->partition = mz_view_text(view, "partition", NULL);
    driver->ssh = mz_view_text(view, "ssh", NULL);
    driver->callback = mz_view_text(view, "callback", NULL);
    driver->shim = mz_view_text(view, "shim", NULL);
    driver->directory = mz_view_text(view, "directory", NULL);
    driver->commands = mz_view_bool(view, "commands", false);
    if (!env || env->kind != MZ_NODE_MAP)
        return;
    names = mz_arena_alloc(arena, env->count + 1, sizeof(*names));
    values = mz_arena_alloc(arena, env->count + 1, sizeof(*values));
    for (size_t i = 0; i < env->count; i++) {
        names[i] = env->entries[i].key;
        values[i] =
            env->entries[i].value->kind == MZ_NODE_SCALAR ? env->entries[i].value->text : "";
    }
    driver->env_count = (int32_t)env->count;
    driver->env_names = names;
    driver->env_values = values;
}

static void load_partner(
    struct mz_loader *load, const struct mz_view *view, struct mz_partner *partner)
{
    const struct mz_node *backs = mz_view_node(view, "backs");
    const char **list;

    partner->label = mz_view_text(view, "label", partner->name);
    partner->rofr = mz_load_rofr(view);
    load_driver(view, &partner->driver);
    if (!backs || backs->kind != MZ_NODE_LIST)
        return;
    list = mz_arena_alloc(load->arena, backs->count + 1, sizeof(*list));
    for (size_t i = 0; i < backs->count; i++) {
        if (backs->entries[i].value->kind == MZ_NODE_SCALAR)
            list[partner->back_count++] = backs->entries[i].value->text;
    }
    partner->backs = list;
}

/* Does a site or a contract need the partner `own`? */
static bool needs_own(const struct mz_node *root)
{
    const struct mz_node *sites = mz_node_value(root, "sites");
    const struct mz_node *contracts = mz_node_value(root, "contracts");

    for (size_t i = 0; sites && sites->kind == MZ_NODE_MAP && i < sites->count; i++) {
        if (strncmp(sites->entries[i].key, "own/", 4) == 0)
            return true;
    }
    for (size_t i = 0; contracts && contracts->kind == MZ_NODE_MAP && i < contracts->count; i++) {
        const struct mz_node *kind = mz_node_value(contracts->entries[i].value, "kind");
        const struct mz_node *partner = mz_node_value(contracts->entries[i].value, "partner");

        if ((kind && kind->kind == MZ_NODE_SCALAR && strcmp(kind->text, "own") == 0) ||
            (partner && partner->kind == MZ_NODE_SCALAR && strcmp(partner->text, "own") == 0))
            return true;
    }
    return false;
}

void mz_load_partners(struct mz_loader *load)
{
    struct mz_scenario *scenario = load->scenario;
    const struct mz_entry *entries = NULL;
    size_t count = mz_load_section(load, "partners", MZ_PARTNER_COUNT_MAX, &entries);
    bool own = needs_own(load->root);

    load->partners = mz_arena_alloc(load->arena, count + 1, sizeof(*load->partners));
    load->partner_names = mz_names_create(load->arena);
    scenario->partners = load->partners;
    for (size_t i = 0; i < count; i++) {
        load->partners[i] = (struct mz_partner){ .name = entries[i].key,
            .label = entries[i].key,
            .is_own = strcmp(entries[i].key, "own") == 0,
            .rofr = { .holder = -1 },
            .mark = entries[i].key_mark };
        mz_names_add(load->partner_names, entries[i].key, (int32_t)i);
    }
    scenario->partner_count = (int32_t)count;
    if (own && mz_names_find(load->partner_names, "own") < 0) {
        if (count == MZ_PARTNER_COUNT_MAX) {
            mz_check_error(&load->check, "M0127", entries[count - 1].key_mark,
                "more than %d partners, with own", MZ_PARTNER_COUNT_MAX);
            return;
        }
        load->partners[count] = (struct mz_partner){
            .name = "own", .label = "own", .is_own = true, .rofr = { .holder = -1 }
        };
        mz_names_add(load->partner_names, "own", scenario->partner_count++);
    }
    for (size_t i = 0; i < count; i++) { /* behind the names: a holder may stand further down */
        struct mz_view view = mz_view_of(load, &mz_schema_partner, entries[i].value);

        load_partner(load, &view, &load->partners[i]);
    }
}
