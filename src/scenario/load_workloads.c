/* load_workloads.c - workloads: demand, regions, throughput, training runs */
#include "scenario/load.h"

#include "base/month.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Shares are read from decimal text: their sum is off by rounding only. */
static const double region_sum_tolerance = 1e-9;

static void load_regions(
    struct mz_loader *load, const struct mz_view *view, struct mz_workload *workload)
{
    const struct mz_node *regions = mz_view_node(view, "regions");
    const struct mz_key *key = mz_schema_find(&mz_schema_workload, "regions", MZ_BIT_SERVE);
    struct mz_region_share *list;
    bool all_read = true;
    double sum = 0;
    char number[MZ_NUMBER_MAX];

    if (!regions || regions->kind != MZ_NODE_MAP || regions->count == 0)
        return;
    list = mz_arena_alloc(load->arena, regions->count, sizeof(*list));
    for (size_t i = 0; i < regions->count; i++) {
        const struct mz_entry *entry = &regions->entries[i];
        int32_t region = mz_load_find(load, load->region_names, "region", load->regions,
            load->scenario->region_count, entry->key, entry->key_mark);
        double share = 0;

        if (entry->value->kind != MZ_NODE_SCALAR ||
            mz_quantity_parse(entry->value->text, key->quantity, &share, NULL) != MZ_OK ||
            !mz_range_holds(key->range, share))
            all_read = false;
        sum += share;
        if (region >= 0)
            list[workload->region_count++] = (struct mz_region_share){ region, share };
    }
    workload->regions = list;
    if (all_read && fabs(sum - 1) > region_sum_tolerance)
        mz_check_error(&load->check, "M0126", regions->mark,
            "the regions of '%.80s' add up to %s, not to 100%%", workload->name,
            mz_format_percent(number, sum, 1));
}

/* "each share must be served by sites of that region, unless anywhere: true" */
static void apply_anywhere(
    struct mz_loader *load, const struct mz_view *view, struct mz_workload *workload)
{
    struct mz_diag *diag;

    if (!mz_view_bool(view, "anywhere", false))
        return;
    workload->region_count = 0;
    if (!mz_view_has(view, "regions"))
        return;
    diag = mz_diags_add(load->check.diags, MZ_SEVERITY_WARNING, "M0136",
        mz_view_mark(view, "regions"), "the regions of '%.80s' do nothing", workload->name);
    diag->label = "it is served anywhere";
    diag->other = mz_view_mark(view, "anywhere");
    diag->other_label = "because of this";
}

static void load_demand(
    struct mz_loader *load, const struct mz_view *view, struct mz_workload *workload)
{
    struct mz_series *demand = &workload->demand_tokens_per_day;

    *demand = mz_view_series(view, "demand");
    demand->growth_per_year = mz_view_number(view, "growth", 0);
    demand->growth_month = load->scenario->start_month;
    if (demand->linear && mz_view_has(view, "growth")) {
        struct mz_diag *diag = mz_check_error(&load->check, "M0119", mz_view_mark(view, "growth"),
            "'growth' of '%.80s' does not go together with a ramp", workload->name);

        diag->label = "remove one of the two";
        diag->other = demand->mark;
        diag->other_label = "ramp here";
        demand->growth_per_year = 0;
    }
}

static void load_training(
    struct mz_loader *load, const struct mz_view *view, struct mz_workload *workload)
{
    struct mz_view window = mz_view_map(view, "window");
    struct mz_view chips = mz_view_map(view, "chips");

    workload->tokens = mz_view_number(view, "tokens", 0);
    workload->window_from_month = mz_view_month(&window, "from", load->scenario->start_month);
    workload->window_end_month = mz_view_month(&window, "to", workload->window_from_month) + 1;
    mz_load_order(load, &window, "from", "to", "the window");
    workload->one_site = mz_view_bool(view, "one_site", false);
    workload->late_stated = mz_view_has(view, "late");
    workload->late_usd_per_month = mz_view_number(view, "late", 0);
    workload->chips_min = mz_view_number(&chips, "min", 0);
    workload->chips_max = mz_view_number(&chips, "max", 0);
    if (mz_view_has(&chips, "max")) {
        if (workload->chips_min > workload->chips_max && workload->chips_max > 0) {
            struct mz_diag *diag =
                mz_check_error(&load->check, "M0123", mz_view_mark(&chips, "max"),
                    "'%.80s' has more chips at least than at most", workload->name);

            diag->other = mz_view_mark(&chips, "min");
            diag->other_label = "at least";
        }
    } else if (mz_view_has(&chips, "min") || workload->one_site) {
        struct mz_mark mark = mz_view_mark(&chips, "min");

        mz_check_error(&load->check, "M0108", mark.file ? mark : mz_view_mark(view, "one_site"),
            "'chips.max' is missing in workloads.%.80s", workload->name)
            ->note = "a run with chips.min or one_site needs to know its most chips";
    }
}

static void check_model(struct mz_loader *load, const struct mz_view *view)
{
    const struct mz_node *model = mz_view_node(view, "model");
    const struct mz_catalogue_table *table = mz_catalogue_find_table(load->catalogue, "models");
    size_t row_count = table ? table->row_count : 0;
    const char **known;
    struct mz_diag *diag;
    size_t length;

    if (!model || model->kind != MZ_NODE_SCALAR)
        return;
    length = strlen(model->text);
    if (strchr(model->text, '/') || (length > 5 && strcmp(model->text + length - 5, ".json") == 0))
        return; /* a path: whoever computes with it opens it */
    if (table && mz_catalogue_find_row(table, model->text) >= 0)
        return;
    known = mz_arena_alloc(load->arena, row_count + 1, sizeof(*known));
    for (size_t i = 0; i < row_count; i++)
        known[i] = table->rows[i][0];
    diag = mz_check_error(
        &load->check, "M0120", model->mark, "model '%.80s' is not in the catalogue", model->text);
    mz_load_hint(load, diag, model->text, known, row_count);
    diag->note = "a path of a config.json has a '/' or ends in .json";
}

/* Which chips room size has to answer for. Without an answer nothing could run, so a model is
 * needed where something is left open. */
static void load_throughput(
    struct mz_loader *load, const struct mz_view *view, struct mz_workload *workload)
{
    const struct mz_key *key = mz_schema_find(&mz_schema_workload, "throughput", MZ_BIT_SERVE);
    const struct mz_node *node = mz_view_node(view, "throughput");
    bool named = node && node->kind == MZ_NODE_MAP && !mz_node_is_dated(node);
    int32_t *chips = mz_arena_alloc(load->arena, named ? node->count + 1 : 1, sizeof(*chips));
    struct mz_diag *diag;

    workload->throughput_tokens_per_s =
        mz_view_chip_series(view, "throughput", &workload->throughput_count);
    workload->size_chips = chips;
    workload->size_others = !mz_node_find(view->node, "throughput") ||
        (node && node->kind == MZ_NODE_SCALAR && mz_key_word(key, node->text));
    for (size_t i = 0; named && i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];
        int32_t chip = mz_load_chip(load, entry->key);

        if (entry->value->kind != MZ_NODE_SCALAR || !mz_key_word(key, entry->value->text))
            continue;
        if (strcmp(entry->key, MZ_CHIPS_OTHERS) == 0)
            workload->size_others = true;
        else if (chip >= 0)
            chips[workload->size_count++] = chip;
    }
    if ((!workload->size_others && workload->size_count == 0) || mz_node_find(view->node, "model"))
        return;
    if (!node)
        return; /* both are missing: reported */
    diag = mz_check_error(&load->check, "M0137", node->mark,
        "the throughput of '%.80s' cannot be computed without its model", workload->name);
    diag->label = mz_arena_printf(
        load->arena, "state 'model' in workloads.%.80s, or tokens/s here", workload->name);
}

static void load_workload(
    struct mz_loader *load, const struct mz_entry *entry, struct mz_workload *workload)
{
    struct mz_view view = mz_view_of(load, &mz_schema_workload, entry->value);
    int32_t kind = mz_view_word(&view, "kind", -1);
    struct mz_view request;

    workload->name = entry->key;
    workload->mark = entry->key_mark;
    workload->kind = (enum mz_workload_kind)(kind < 0 ? MZ_WORKLOAD_BATCH : kind);
    workload->model = mz_view_text(&view, "model", NULL);
    workload->model_mark = mz_view_mark(&view, "model");
    check_model(load, &view);
    if (kind < 0)
        return; /* reported; what its keys mean is unknown */
    workload->unserved_usd_per_mtok = mz_view_series(&view, "unserved");
    load_throughput(load, &view, workload);
    if (workload->kind == MZ_WORKLOAD_TRAIN) {
        load_training(load, &view, workload);
        return;
    }
    request = mz_view_map(&view, "tokens");
    workload->tokens_in = mz_view_number(&request, "in", 0);
    workload->tokens_out = mz_view_number(&request, "out", 0);
    workload->ttft_s = mz_view_number(&view, "ttft", 0);
    workload->tpot_s = mz_view_number(&view, "tpot", 0);
    workload->load = mz_view_number(&view, "load", 0);
    load_demand(load, &view, workload);
    load_regions(load, &view, workload);
    apply_anywhere(load, &view, workload);
    workload->revenue_usd_per_mtok = mz_view_series(&view, "revenue");
    workload->critical = mz_view_bool(&view, "critical", false);
    workload->wait_days = mz_view_number(&view, "wait", 0);
}

void mz_load_workloads(struct mz_loader *load)
{
    const struct mz_entry *entries = NULL;
    size_t count = mz_load_section(load, "workloads", MZ_WORKLOAD_COUNT_MAX, &entries);

    load->workloads = mz_arena_alloc(load->arena, count + 1, sizeof(*load->workloads));
    load->scenario->workloads = load->workloads;
    for (size_t i = 0; i < count; i++)
        load_workload(load, &entries[i], &load->workloads[i]);
    load->scenario->workload_count = (int32_t)count;
}
