/* load_limits.c - limits, goals and penalties */
#include "scenario/load.h"

#include <string.h>

static void load_shares(struct mz_loader *load, const struct mz_view *limits)
{
    const struct mz_node *node = mz_view_node(limits, "partner_share");
    struct mz_limits *out = &load->scenario->limits;
    struct mz_share_limit *list;

    if (!node || node->kind != MZ_NODE_LIST)
        return;
    list = mz_arena_alloc(load->arena, node->count + 1, sizeof(*list));
    for (size_t i = 0; i < node->count; i++) {
        struct mz_view view = mz_view_of(load, &mz_schema_share, node->entries[i].value);
        const struct mz_node *partner = mz_view_node(&view, "partner");
        struct mz_share_limit *share = &list[out->share_count];

        if (!view.node)
            continue;
        out->share_count++;
        share->of = (enum mz_share_measure)mz_view_word(&view, "of", 0);
        share->max = mz_view_number(&view, "max", 1);
        share->partner = partner && partner->kind == MZ_NODE_SCALAR
            ? mz_load_partner(load, partner->text, partner->mark)
            : -1;
        share->from_month = mz_view_month(&view, "from", load->scenario->start_month);
        share->to_month = mz_view_month(&view, "to", load->last_month);
        share->mark = view.node->mark;
        mz_load_order(load, &view, "from", "to", "the limit");
    }
    out->shares = list;
}

static uint64_t listed_losses(struct mz_loader *load, const struct mz_node *node)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < node->count; i++) {
        const struct mz_node *name = node->entries[i].value;
        int32_t partner;

        if (name->kind != MZ_NODE_SCALAR || mz_node_is_null(name))
            continue;
        partner = mz_load_partner(load, name->text, name->mark);
        if (partner >= 0)
            mask |= (uint64_t)1 << partner;
    }
    return mask;
}

static void load_losses(struct mz_loader *load, const struct mz_view *limits)
{
    const struct mz_node *node = mz_view_node(limits, "survive_loss_of");
    struct mz_limits *out = &load->scenario->limits;

    out->survive_from_month = mz_view_month(limits, "survive_from", MZ_MONTH_ALWAYS);
    if (!node)
        return;
    out->survive_mark = node->mark;
    if (node->kind == MZ_NODE_LIST) {
        out->survive_mask = listed_losses(load, node);
    } else if (node->kind == MZ_NODE_SCALAR && strcmp(node->text, "any") == 0) {
        for (int32_t i = 0; i < load->scenario->contract_count; i++) {
            int32_t partner = load->contracts[i].partner;

            if (partner >= 0 && !load->partners[partner].is_own)
                out->survive_mask |= (uint64_t)1 << partner;
        }
    }
}

static void load_supply(struct mz_loader *load, const struct mz_view *limits)
{
    const struct mz_node *node = mz_view_node(limits, "chip_supply");
    const struct mz_key *key = mz_schema_find(&mz_schema_limits, "chip_supply", MZ_KIND_ALL);
    struct mz_limits *out = &load->scenario->limits;
    struct mz_chip_supply *list;

    if (!node || node->kind != MZ_NODE_MAP)
        return;
    list = mz_arena_alloc(load->arena, node->count + 1, sizeof(*list));
    for (size_t i = 0; i < node->count; i++) {
        int32_t chip = mz_load_chip(load, node->entries[i].key);

        if (chip >= 0)
            list[out->chip_supply_count++] =
                (struct mz_chip_supply){ chip, mz_read_series(load, key, node->entries[i].value) };
    }
    out->chip_supply = list;
}

static void load_penalties(struct mz_loader *load, const struct mz_view *view)
{
    load->scenario->penalties = (struct mz_penalties){
        .unserved_critical_usd_per_chip_hour = mz_view_number(view, "unserved_critical", 200),
        .n1_usd_per_chip_hour = mz_view_number(view, "n1", 100),
        .cash_gap_usd_per_usd = mz_view_number(view, "cash_gap", 10),
        .share_usd_per_unit = mz_view_number(view, "share", 10),
        .carbon_usd_per_t = mz_view_number(view, "carbon", 10000),
        .goal_usd_per_w = mz_view_number(view, "goal", 5),
        .unserved_usd_per_chip_hour = mz_view_number(view, "unserved", 20),
    };
}

void mz_load_limits(struct mz_loader *load)
{
    struct mz_view file = mz_view_of(load, &mz_schema_file, load->root);
    struct mz_view limits = mz_view_map(&file, "limits");
    struct mz_view goals = mz_view_map(&file, "goals");
    struct mz_view penalties = mz_view_map(&file, "penalties");
    struct mz_view carbon = mz_view_map(&limits, "carbon");
    struct mz_limits *out = &load->scenario->limits;

    load_shares(load, &limits);
    load_losses(load, &limits);
    load_supply(load, &limits);
    out->critical_share = mz_view_number(&limits, "critical_share", 1);
    out->cash_floor_usd = mz_view_series(&limits, "cash_floor");
    out->build_rate_mw_per_week = mz_view_series(&limits, "build_rate");
    out->carbon_price_usd_per_t = mz_view_series(&carbon, "price");
    out->carbon_cap_t_per_year = mz_view_series(&carbon, "cap");
    load->scenario->goal_build_rate_mw_per_week = mz_view_series(&goals, "build_rate");
    load_penalties(load, &penalties);
}
