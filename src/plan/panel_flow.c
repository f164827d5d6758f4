/* panel_flow.c - panel 8: who uses what?
 * Chip-hours of a workload in a pool are split over the contracts that deliver there, in proportion
 * to what each delivers: in a pool all chips are alike. Sites are summed up. */
#include "plan/panel_list.h"

#include "report/chart_sankey.h"

#include <math.h>

struct flows { /* growing */
    struct mz_chart_flow *list;
    size_t count;
    size_t capacity;
    double total;
    double *by_contract; /* [contract] */
    double *by_workload; /* [workload] */
};

static int32_t pool_index(const struct mz_plan_result *result, struct mz_pool pool)
{
    for (int32_t k = 0; k < result->pool_count; k++) {
        if (result->pools[k].site == pool.site && result->pools[k].chip == pool.chip)
            return k;
    }
    return -1;
}

static const struct mz_contract *terms_of(const struct mz_panels *panels, int32_t contract)
{
    return &panels->scenario->contracts[panels->result->contracts[contract].contract];
}

/* [pool * period_count + t] chips delivered by all contracts. */
static double *delivered_by_pool(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    double *delivered = mz_arena_alloc(panels->arena,
        (size_t)result->pool_count * (size_t)result->period_count + 1, sizeof(*delivered));

    for (int32_t g = 0; g < result->contract_count; g++) {
        for (int32_t i = 0; i < terms_of(panels, g)->pool_count; i++) {
            int32_t k = pool_index(result, terms_of(panels, g)->pools[i]);

            for (int32_t t = 0; k >= 0 && t < result->period_count; t++)
                delivered[k * result->period_count + t] +=
                    result->contracts[g].pool_chips[i * result->period_count + t];
        }
    }
    return delivered;
}

/* Adds the chip-hours that each workload takes from one pool of a contract to hours[workload]. */
static void add_pool(const struct mz_panels *panels, int32_t contract, int32_t pool,
    const double *delivered, double *hours)
{
    const struct mz_plan_result *result = panels->result;
    int32_t k = pool_index(result, terms_of(panels, contract)->pools[pool]);

    for (int32_t t = 0; k >= 0 && t < result->period_count; t++) {
        int32_t at = k * result->period_count + t;
        double own = result->contracts[contract].pool_chips[pool * result->period_count + t];

        if (!(own > 0))
            continue;
        for (int32_t w = 0; w < result->workload_count; w++)
            hours[w] += own / delivered[at] * result->workloads[w].pool_chips[at] *
                panels->periods[t].hours;
    }
}

static void add_flow(const struct mz_panels *panels, struct flows *flows, int32_t contract,
    int32_t chip, int32_t w, double amount)
{
    const struct mz_scenario *scenario = panels->scenario;
    const struct mz_contract *terms = terms_of(panels, contract);

    if (!(amount > 0))
        return;
    flows->list = mz_arena_grow(panels->arena, flows->list, flows->count, flows->count + 1,
        &flows->capacity, sizeof(flows->list[0]));
    flows->list[flows->count++] = (struct mz_chart_flow){
        { terms->name, scenario->chips[chip].name,
            scenario->workloads[panels->result->workloads[w].workload].name },
        mz_panel_partner_color(panels, terms->partner), amount
    };
    flows->total += amount;
    flows->by_contract[contract] += amount;
    flows->by_workload[w] += amount;
}

static void collect(const struct mz_panels *panels, struct flows *flows)
{
    const struct mz_plan_result *result = panels->result;
    const double *delivered = delivered_by_pool(panels);
    double *hours =
        mz_arena_alloc(panels->arena, (size_t)result->workload_count + 1, sizeof(*hours));

    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract *terms = terms_of(panels, g);

        for (int32_t i = 0; i < terms->pool_count; i++) {
            bool seen = false;

            for (int32_t j = 0; j < i; j++)
                seen = seen || terms->pools[j].chip == terms->pools[i].chip;
            if (seen)
                continue;
            for (int32_t w = 0; w < result->workload_count; w++)
                hours[w] = 0;
            for (int32_t j = i; j < terms->pool_count; j++) {
                if (terms->pools[j].chip == terms->pools[i].chip)
                    add_pool(panels, g, j, delivered, hours);
            }
            for (int32_t w = 0; w < result->workload_count; w++)
                add_flow(panels, flows, g, terms->pools[i].chip, w, hours[w]);
        }
    }
}

static int32_t largest(const double *values, int32_t count)
{
    int32_t best = 0;

    for (int32_t i = 1; i < count; i++)
        best = values[i] > values[best] ? i : best;
    return best;
}

static const char *headline(const struct mz_panels *panels, const struct flows *flows)
{
    const struct mz_plan_result *result = panels->result;
    int32_t user = largest(flows->by_workload, result->workload_count);
    int32_t giver = largest(flows->by_contract, result->contract_count);

    return mz_panel_fill(panels, MZ_SAY_FLOW_HEAD,
        MZ_ARGS(panels->scenario->workloads[result->workloads[user].workload].name,
            mz_panel_percent(panels, flows->by_workload[user] / flows->total, 0),
            terms_of(panels, giver)->name,
            mz_panel_percent(panels, flows->by_contract[giver] / flows->total, 0)));
}

static struct mz_table *flow_table(
    const struct mz_panels *panels, const struct mz_chart_flow *flows, int32_t count)
{
    struct mz_table *table = mz_arena_alloc(panels->arena, 1, sizeof(*table));
    struct mz_column *columns = mz_arena_alloc(panels->arena, 4, sizeof(*columns));

    columns[0] = (struct mz_column){ "contract", mz_panel_say(panels, MZ_SAY_CONTRACT), NULL,
        MZ_COLUMN_FIXED };
    columns[1] =
        (struct mz_column){ "chip", mz_panel_say(panels, MZ_SAY_CHIP), NULL, MZ_COLUMN_FIXED };
    columns[2] = (struct mz_column){ "workload", mz_panel_say(panels, MZ_SAY_WORKLOAD), NULL,
        MZ_COLUMN_FIXED };
    columns[3] = (struct mz_column){ "chip_hours", mz_panel_say(panels, MZ_SAY_FLOW_HOURS), "M",
        MZ_COLUMN_NUMBER };
    mz_table_init(table, panels->arena, columns, 4);
    for (int32_t i = 0; i < count; i++) {
        for (int32_t c = 0; c < 3; c++)
            mz_table_add(table, flows[i].names[c]);
        mz_table_add_number(table, flows[i].amount / 1e6, 1);
    }
    return table;
}

void mz_panel_flow_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    struct flows flows = {
        .by_contract =
            mz_arena_alloc(panels->arena, (size_t)result->contract_count + 1, sizeof(double)),
        .by_workload =
            mz_arena_alloc(panels->arena, (size_t)result->workload_count + 1, sizeof(double)),
    };
    struct mz_chart_sankey sankey = { .column_titles = { mz_panel_say(panels, MZ_SAY_CONTRACT),
                                          mz_panel_say(panels, MZ_SAY_CHIP),
                                          mz_panel_say(panels, MZ_SAY_WORKLOAD) },
        .other_name = mz_panel_say(panels, MZ_SAY_OTHER),
        .format = mz_format_count };
    const char *subtitle = mz_panel_fill(
        panels, MZ_SAY_FLOW_SUB, MZ_ARGS(mz_panel_count(panels, MZ_SANKEY_FLOW_COUNT_MAX)));
    struct mz_chart chart = mz_panel_chart(panels, "sankey", mz_panel_say(panels, MZ_SAY_P_FLOW),
        mz_panel_say(panels, MZ_SAY_FLOW_HOURS), "", 0);

    collect(panels, &flows);
    if (flows.count == 0) {
        mz_panel_empty(panels, "flow", 8, MZ_SAY_P_FLOW, MZ_SAY_FLOW_NONE);
        return;
    }
    sankey.flows = flows.list;
    sankey.flow_count = (int32_t)flows.count;
    mz_panel_open(panels, "flow", 8, MZ_SAY_P_FLOW, headline(panels, &flows), subtitle);
    mz_panel_figure(panels, &chart);
    mz_chart_sankey_draw(&chart, &sankey);
    mz_html_figure_close(
        &panels->html, flow_table(panels, flows.list, (int32_t)flows.count), "flows");
    mz_html_section_close(&panels->html);
}
