/* load_finance.c - cash, costs and funding */
#include "scenario/load.h"

#include <string.h>

/* Of two keys that exclude each other the second one, where both stand. */
static void exclude(
    struct mz_loader *load, const struct mz_view *view, const char *first, const char *second)
{
    struct mz_diag *diag;

    if (!mz_view_has(view, first) || !mz_view_has(view, second))
        return;
    diag = mz_check_error(&load->check, "M0123", mz_view_mark(view, second),
        "'%s' does not go together with '%s'", second, first);
    diag->label = "certain money has when and amount; money to choose has from, to and max";
    diag->other = mz_view_mark(view, first);
    diag->other_label = "stands here";
}

static void load_equity(
    struct mz_loader *load, const struct mz_view *view, struct mz_funding *funding)
{
    bool when = mz_view_has(view, "when");
    bool amount = mz_view_has(view, "amount");
    const char *missing = NULL;

    funding->kind = when || amount ? MZ_FUNDING_EQUITY_CERTAIN : MZ_FUNDING_EQUITY;
    funding->when_month = mz_view_month(view, "when", load->scenario->start_month);
    funding->amount_usd = mz_view_number(view, "amount", 0);
    funding->cost_per_year = mz_view_number(view, "cost", 0);
    if (when != amount)
        missing = when ? "amount" : "when";
    else if (!when && !mz_view_has(view, "max"))
        missing = "max";
    if (missing)
        mz_check_error(&load->check, "M0108", funding->mark,
            "'%s' is missing in finance.funding.%.80s", missing, funding->name)
            ->note = "certain money has when and amount; money to choose has from, to and max";
    if (!when && !amount)
        return;
    exclude(load, view, when ? "when" : "amount", "max");
    exclude(load, view, when ? "when" : "amount", "from");
    exclude(load, view, when ? "when" : "amount", "to");
}

static void load_funding(struct mz_loader *load, const struct mz_node *node)
{
    struct mz_finance *finance = &load->scenario->finance;
    struct mz_funding *list;

    if (!node || node->kind != MZ_NODE_MAP)
        return;
    list = mz_arena_alloc(load->arena, node->count + 1, sizeof(*list));
    for (size_t i = 0; i < node->count; i++) {
        struct mz_view view = mz_view_of(load, &mz_schema_funding, node->entries[i].value);
        struct mz_funding *funding = &list[finance->funding_count];
        int32_t kind = mz_view_word(&view, "kind", -1);

        if (kind < 0)
            continue;
        finance->funding_count++;
        funding->name = node->entries[i].key;
        funding->mark = node->entries[i].key_mark;
        funding->from_month = mz_view_month(&view, "from", load->scenario->start_month);
        funding->to_month = mz_view_month(&view, "to", load->last_month);
        funding->max_usd = mz_view_number(&view, "max", 0);
        funding->fee = mz_view_number(&view, "fee", 0);
        funding->kind = MZ_FUNDING_DEBT;
        if (kind == 0) {
            load_equity(load, &view, funding);
        } else {
            funding->interest_per_year = mz_view_number(&view, "interest", 0);
            funding->term_months = mz_view_whole(&view, "term", 1);
        }
        mz_load_order(load, &view, "from", "to", "the window");
    }
    finance->funding = list;
}

void mz_load_finance(struct mz_loader *load)
{
    struct mz_view file = mz_view_of(load, &mz_schema_file, load->root);
    struct mz_view view = mz_view_map(&file, "finance");
    struct mz_finance *finance = &load->scenario->finance;

    if (!view.node)
        return;
    finance->present = true;
    finance->mark = mz_node_find(load->root, "finance")->key_mark;
    finance->cash_usd = mz_view_number(&view, "cash", 0);
    finance->costs_usd_per_month = mz_view_series(&view, "costs");
    finance->revenue_usd_per_month = mz_view_series(&view, "revenue");
    load_funding(load, mz_view_node(&view, "funding"));
}
