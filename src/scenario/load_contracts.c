/* load_contracts.c - contracts: pools, prices, terms; what may stand where which kind is signed */
#include "scenario/load.h"

#include "base/month.h"
#include "base/text.h"

#include <string.h>

enum { CHIP_WORDS = MZ_CHIP_COUNT_MAX / 64 };

struct chip_set {
    uint64_t bits[CHIP_WORDS];
};

static bool set_add(struct chip_set *set, int32_t chip)
{
    uint64_t bit = (uint64_t)1 << (chip % 64);
    bool had = (set->bits[chip / 64] & bit) != 0;

    set->bits[chip / 64] |= bit;
    return !had;
}

static bool set_has(const struct chip_set *set, int32_t chip)
{
    return (set->bits[chip / 64] >> (chip % 64) & 1) != 0;
}

/* The site of a pool; -1 when it is unknown or another partner's. */
static int32_t pool_site(
    struct mz_loader *load, const struct mz_contract *contract, const struct mz_entry *entry)
{
    int32_t site = mz_names_find(load->site_names, entry->key);

    if (site < 0)
        return mz_load_find(load, load->site_names, "site", load->site_list,
            load->scenario->site_count, entry->key, entry->key_mark);
    if (contract->partner >= 0 && load->sites[site].partner >= 0 &&
        load->sites[site].partner != contract->partner) {
        struct mz_diag *diag = mz_check_error(&load->check, "M0124", entry->key_mark,
            "contract '%.80s' of %.80s has a pool at a site of %.80s", contract->name,
            load->partners[contract->partner].name, load->partners[load->sites[site].partner].name);

        diag->label = "pools lie at sites of the contract's partner";
        return -1;
    }
    return site;
}

struct pool_list {
    struct mz_pool *pools;
    size_t count;
    size_t capacity;
    struct chip_set chips; /* of any pool */
};

static void add_pool(struct mz_loader *load, struct pool_list *list, int32_t site,
    const struct mz_node *node, struct chip_set *here)
{
    int32_t chip = node->kind == MZ_NODE_SCALAR ? mz_load_chip(load, node->text) : -1;

    if (chip < 0)
        return;
    if (!set_add(here, chip)) {
        mz_check_error(
            &load->check, "M0124", node->mark, "chip '%.80s' stands twice at this site", node->text)
            ->label = "remove one";
        return;
    }
    set_add(&list->chips, chip);
    if (site < 0)
        return;
    list->pools = mz_arena_grow(load->arena, list->pools, list->count, list->count + 1,
        &list->capacity, sizeof(*list->pools));
    list->pools[list->count++] = (struct mz_pool){ site, chip };
}

static void load_pools(struct mz_loader *load, const struct mz_view *view,
    struct mz_contract *contract, struct pool_list *list)
{
    const struct mz_node *pools = mz_view_node(view, "pools");

    for (size_t i = 0; pools && pools->kind == MZ_NODE_MAP && i < pools->count; i++) {
        const struct mz_entry *entry = &pools->entries[i];
        int32_t site = pool_site(load, contract, entry);
        struct chip_set here = { { 0 } };

        if (entry->value->kind == MZ_NODE_SCALAR)
            add_pool(load, list, site, entry->value, &here);
        for (size_t j = 0; entry->value->kind == MZ_NODE_LIST && j < entry->value->count; j++)
            add_pool(load, list, site, entry->value->entries[j].value, &here);
    }
    contract->pools = list->pools;
    contract->pool_count = (int32_t)list->count;
}

/* A price by chip has to name every chip of the pools. */
static void check_prices(struct mz_loader *load, const struct mz_view *view,
    const struct mz_contract *contract, const struct chip_set *chips)
{
    struct chip_set priced = { { 0 } };
    const char *missing[4];
    size_t missing_count = 0;
    char buffer[256];

    if (contract->price_count == 0)
        return;
    for (int32_t i = 0; i < contract->price_count; i++) {
        if (contract->price_usd_per_chip_hour[i].chip < 0)
            return;
        set_add(&priced, contract->price_usd_per_chip_hour[i].chip);
    }
    for (int32_t i = 0; i < load->scenario->chip_count && missing_count < 4; i++) {
        if (set_has(chips, i) && !set_has(&priced, i))
            missing[missing_count++] = load->chips[i].name;
    }
    if (missing_count > 0)
        mz_check_error(&load->check, "M0125", mz_view_mark(view, "price"),
            "contract '%.80s' has no price for %s", contract->name,
            mz_words_join(buffer, sizeof(buffer), missing, missing_count))
            ->note = "a price by chip names every chip of the pools";
}

static int32_t contract_partner(
    struct mz_loader *load, const struct mz_view *view, const struct mz_contract *contract)
{
    const struct mz_node *node = mz_view_node(view, "partner");
    int32_t own = mz_names_find(load->partner_names, "own");
    bool known_kind = mz_view_word(view, "kind", -1) >= 0;

    if (!node || node->kind != MZ_NODE_SCALAR)
        return known_kind && contract->kind == MZ_CONTRACT_OWN ? own : -1;
    if (known_kind && contract->kind == MZ_CONTRACT_OWN && strcmp(node->text, "own") != 0) {
        mz_check_error(&load->check, "M0123", node->mark,
            "contract '%.80s' is of kind own, but its partner is '%.80s'", contract->name,
            node->text)
            ->label = "remove it, or write own";
        return own;
    }
    return mz_load_partner(load, node->text, node->mark);
}

/* start ... end, where `term` ends what is not signed later. */
static void load_life(
    struct mz_loader *load, const struct mz_view *view, struct mz_contract *contract)
{
    bool signed_later =
        /* an unknown kind was reported; as `own` nothing else is held against it */
        contract->kind == MZ_CONTRACT_OPTION || contract->kind == MZ_CONTRACT_OWN;
    bool has_start = mz_view_has(view, "start");
    struct mz_diag *diag;
    int32_t end;
    char month[MZ_MONTH_TEXT_MAX];

    contract->start_month = mz_view_month(view, "start", load->scenario->start_month);
    end = mz_view_month(view, "end", MZ_MONTH_NEVER - 1);
    contract->end_month = end + 1;
    contract->lead_months = mz_view_whole(view, "lead", 0);
    contract->term_months = contract->kind == MZ_CONTRACT_OWN
        ? mz_view_whole(view, "life", 1)
        : mz_view_whole(view, "term", MZ_MONTH_NEVER);
    if (end < contract->start_month && has_start) {
        diag = mz_check_error(&load->check, "M0121", mz_view_mark(view, "end"),
            "contract '%.80s' ends before it starts", contract->name);
        diag->label = mz_arena_printf(
            load->arena, "must be %s or later", mz_month_format(month, contract->start_month));
        diag->other = mz_view_mark(view, "start");
        diag->other_label = "starts here";
    } else if (end < contract->start_month) {
        diag =
            mz_diags_add(load->check.diags, MZ_SEVERITY_WARNING, "M0135", mz_view_mark(view, "end"),
                "contract '%.80s' ends before the scenario starts", contract->name);
        diag->label = "it does nothing";
    }
    if (!signed_later && contract->term_months < MZ_MONTH_NEVER &&
        contract->start_month + contract->term_months < contract->end_month)
        contract->end_month = contract->start_month + contract->term_months;
}

static void load_commitment(
    struct mz_loader *load, const struct mz_view *view, struct mz_contract *contract)
{
    contract->commit_usd = mz_view_number(view, "commit", 0);
    contract->commit_per_year = mz_view_word(view, "commit_per", 0) == 1;
    contract->take_or_pay = mz_view_number(view, "take_or_pay", 1);
    contract->commit_mark = mz_view_mark(view, "commit");
    if (mz_view_has(view, "commit") && !mz_view_has(view, "end") && !mz_view_has(view, "term"))
        mz_check_error(&load->check, "M0108", contract->commit_mark,
            "contract '%.80s' has a commitment but no end", contract->name)
            ->label = "state 'end' or 'term'";
}

static void load_sign(
    struct mz_loader *load, const struct mz_view *view, struct mz_contract *contract)
{
    struct mz_view sign = mz_view_map(view, "sign");

    contract->sign_from_month = mz_view_month(&sign, "from", load->scenario->start_month);
    contract->sign_to_month = mz_view_month(&sign, "to", load->last_month);
    contract->sign_mark = sign.node ? sign.node->mark : contract->mark;
    mz_load_order(load, &sign, "from", "to", "the window");
}

/* A plan needs to know what can be had where. In a fleet a contract without pools is about all that
 * its partner has, and one without capacity about as much as stands there. */
static void require_offer(
    struct mz_loader *load, const struct mz_view *view, const struct mz_contract *contract)
{
    bool is_promise =
        contract->kind == MZ_CONTRACT_COMMITTED || contract->kind == MZ_CONTRACT_OPTION;

    if (load->scenario->is_fleet)
        return;
    if (!mz_view_has(view, "pools"))
        mz_check_error(&load->check, "M0108", contract->mark,
            "'pools' is missing in contracts.%.80s", contract->name)
            ->note = "pools: where which chips can be delivered";
    if (is_promise && !mz_view_has(view, "capacity"))
        mz_check_error(&load->check, "M0108", contract->mark,
            "'capacity' is missing in contracts.%.80s", contract->name)
            ->note = "capacity: chips on offer, over time (R1)";
}

static void load_contract(
    struct mz_loader *load, const struct mz_entry *entry, struct mz_contract *contract)
{
    struct mz_view view = mz_view_of(load, &mz_schema_contract, entry->value);
    struct pool_list list = { 0 };

    contract->name = entry->key;
    contract->mark = entry->key_mark;
    contract->kind = (enum mz_contract_kind)mz_view_word(&view, "kind", MZ_CONTRACT_OWN);
    contract->partner = contract_partner(load, &view, contract);
    require_offer(load, &view, contract);
    load_pools(load, &view, contract, &list);
    load_life(load, &view, contract);
    contract->capacity_chips = mz_view_series(&view, "capacity");
    contract->price_usd_per_chip_hour = mz_view_chip_series(&view, "price", &contract->price_count);
    check_prices(load, &view, contract, &list.chips);
    load_commitment(load, &view, contract);
    load_sign(load, &view, contract);
    contract->whole = mz_view_bool(&view, "whole", false);
    contract->capex_usd_per_chip = mz_view_series(&view, "capex");
    contract->opex_usd_per_chip_hour = mz_view_series(&view, "opex");
    contract->rofr = mz_load_rofr(&view);
    if (!mz_view_has(&view, "rofr") && contract->partner >= 0)
        contract->rofr = load->partners[contract->partner].rofr;
    if (contract->rofr.holder == contract->partner)
        contract->rofr.holder = -1; /* nobody asks himself */
}

/* Kinds of energy only where everything is our own: a rented price includes its power. */
static void check_energy(struct mz_loader *load)
{
    for (int32_t i = 0; i < load->scenario->contract_count; i++) {
        const struct mz_contract *contract = &load->contracts[i];

        if (contract->kind == MZ_CONTRACT_OWN)
            continue;
        for (int32_t j = 0; j < contract->pool_count; j++) {
            const struct mz_site *site = &load->sites[contract->pools[j].site];
            struct mz_diag *diag;

            if (site->energy_kind_count == 0)
                continue;
            diag = mz_check_error(&load->check, "M0132", site->energy_kinds[0].mark,
                "site '%.80s' has kinds of energy, but contract '%.80s' is not of kind own",
                site->name, contract->name);
            diag->other = contract->mark;
            diag->other_label = "this price includes its power";
            break;
        }
    }
}

void mz_load_contracts(struct mz_loader *load)
{
    const struct mz_entry *entries = NULL;
    size_t count = mz_load_section(load, "contracts", MZ_CONTRACT_COUNT_MAX, &entries);

    load->contracts = mz_arena_alloc(load->arena, count + 1, sizeof(*load->contracts));
    load->scenario->contracts = load->contracts;
    for (size_t i = 0; i < count; i++)
        load_contract(load, &entries[i], &load->contracts[i]);
    load->scenario->contract_count = (int32_t)count;
    check_energy(load);
}
