/* panel_decisions.c - panel 3: what do we sign, when? */
#include "plan/panel_list.h"

#include "report/chart_gantt.h"

#include <math.h>
#include <string.h>

static enum mz_phrase decision_phrase(enum mz_decision decision)
{
    switch (decision) {
    case MZ_DECISION_HELD: return MZ_SAY_D_HELD;
    case MZ_DECISION_SIGN: return MZ_SAY_D_SIGN;
    case MZ_DECISION_BUILD: return MZ_SAY_D_BUILD;
    case MZ_DECISION_BUY: return MZ_SAY_D_BUY;
    case MZ_DECISION_UNUSED: return MZ_SAY_D_UNUSED;
    }
    return MZ_SAY_D_UNUSED;
}

static const struct mz_contract *contract_of(
    const struct mz_panels *panels, const struct mz_contract_result *contract)
{
    return &panels->scenario->contracts[contract->contract];
}

static const char *headline(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t used = 0;
    int32_t first = -1;
    const char *used_text;
    const char *all_text;

    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *contract = &result->contracts[g];

        used += contract->chip_hours > 0;
        if (contract->decide_by_month < 0 || contract->decision == MZ_DECISION_HELD ||
            contract->decision == MZ_DECISION_UNUSED)
            continue;
        if (first < 0 || contract->decide_by_month < result->contracts[first].decide_by_month)
            first = g;
    }
    used_text = mz_panel_count(panels, used);
    all_text = mz_panel_count(panels, result->contract_count);
    if (first < 0)
        return mz_panel_fill(panels, MZ_SAY_DEC_HEAD_NONE, MZ_ARGS(used_text, all_text));
    return mz_panel_fill(panels, MZ_SAY_DEC_HEAD,
        MZ_ARGS(used_text, all_text,
            mz_panel_month(panels, result->contracts[first].decide_by_month),
            contract_of(panels, &result->contracts[first])->name));
}

static const char *years_text(const struct mz_panels *panels, int32_t begin, int32_t end)
{
    int32_t first = begin / 12;
    int32_t last = (end - 1) / 12;

    if (first == last)
        return mz_arena_printf(panels->arena, "%d", (int)first);
    return mz_arena_printf(panels->arena, "%d–%d", (int)first, (int)last);
}

static const char *term_text(
    const struct mz_panels *panels, const struct mz_contract_result *contract)
{
    const struct mz_contract *terms = contract_of(panels, contract);
    int32_t from = -1;
    int32_t to = -1;

    if (contract->decision == MZ_DECISION_HELD && terms->end_month < MZ_MONTH_NEVER)
        return years_text(panels, terms->start_month, terms->end_month);
    for (int32_t t = 0; t < panels->period_count; t++) {
        if (contract->chips[t] > 0.5) {
            from = from < 0 ? t : from;
            to = t;
        }
    }
    if (from < 0)
        return "-";
    return years_text(panels, panels->periods[from].month_begin, panels->periods[to].month_end);
}

static void add_reservation(
    const struct mz_panels *panels, struct mz_table *table, double reservation)
{
    if (isinf(reservation))
        mz_table_add_value(table, NAN, 2, mz_panel_say(panels, MZ_SAY_DEC_ANY_PRICE));
    else
        mz_table_add_number(table, reservation, 2);
}

static void add_row(const struct mz_panels *panels, struct mz_table *table,
    const struct mz_contract_result *contract, double buy_billion, bool with_reservation)
{
    const struct mz_contract *terms = contract_of(panels, contract);
    bool unused = contract->decision == MZ_DECISION_UNUSED;
    bool held = contract->decision == MZ_DECISION_HELD;

    mz_table_add(table, terms->name);
    mz_table_add(table, mz_panel_partner_label(panels, terms->partner));
    mz_table_add(table, term_text(panels, contract));
    mz_table_add_number(table, contract->commit_usd > 0 ? contract->commit_usd / 1e9 : NAN, 1);
    mz_table_add_number(table, buy_billion, 1);
    mz_table_add_number(table, contract->used_fraction * 100, 1);
    mz_table_add_number(table, unused ? NAN : contract->peak_power_mw / 1e3, 2);
    mz_table_add_number(table, contract->usd_per_chip_hour, 2);
    if (with_reservation)
        add_reservation(panels, table, contract->reservation_usd_per_chip_hour);
    mz_table_add(table,
        contract->decide_by_month < 0 ? "-" : mz_panel_month(panels, contract->decide_by_month));
    mz_table_add_look(table, mz_panel_say(panels, decision_phrase(contract->decision)),
        unused     ? MZ_CELL_DIM
            : held ? MZ_CELL_PLAIN
                   : MZ_CELL_GOOD);
}

/* A row that has a name and money only. */
static void add_sum(struct mz_table *table, const char *name, double buy_billion)
{
    mz_table_add(table, name);
    for (int32_t c = 1; c < table->column_count; c++) {
        if (strcmp(table->columns[c].key, "buy_busd") == 0)
            mz_table_add_number(table, buy_billion, 1);
        else if (table->columns[c].kind == MZ_COLUMN_NUMBER)
            mz_table_add_value(table, NAN, 1, "");
        else
            mz_table_add(table, "");
    }
}

static bool any_reservation(const struct mz_plan_result *result)
{
    for (int32_t g = 0; g < result->contract_count; g++) {
        if (!isnan(result->contracts[g].reservation_usd_per_chip_hour))
            return true;
    }
    return false;
}

/* What is part of the plan's cost and of no contract: power that is built, fees, interest. */
static double rest_usd(const struct mz_plan_result *result)
{
    double sum = 0;

    for (int32_t t = 0; t < result->period_count; t++) {
        sum += result->ledger[t].fees_usd + result->ledger[t].interest_usd;
        for (int32_t s = 0; s < result->site_count; s++)
            sum += result->sites[s].capex_usd[t];
    }
    return sum;
}

static void fill_rows(struct mz_panels *panels, struct mz_table *table, bool with_reservation)
{
    const struct mz_plan_result *result = panels->result;
    int32_t count = result->contract_count;
    double *buy = mz_arena_alloc(panels->arena, (size_t)count + 1, sizeof(*buy));
    double total;

    for (int32_t g = 0; g < count; g++)
        buy[g] = result->contracts[g].total_usd / 1e9;
    buy[count] = rest_usd(result) / 1e9;
    total = mz_round_to_total(buy, count + 1, 1, buy);
    for (int32_t g = 0; g < count; g++)
        add_row(panels, table, &result->contracts[g], buy[g], with_reservation);
    if (buy[count] > 0)
        add_sum(table, mz_panel_say(panels, MZ_SAY_DEC_REST), buy[count]);
    add_sum(table, mz_panel_say(panels, MZ_SAY_TOTAL), total);
    table->has_total = true;
}

static void write_table(struct mz_panels *panels)
{
    const struct mz_column all[] = {
        { "contract", mz_panel_say(panels, MZ_SAY_CONTRACT), NULL, MZ_COLUMN_FIXED },
        { "partner", mz_panel_say(panels, MZ_SAY_PARTNER), NULL, MZ_COLUMN_TEXT },
        { "term", mz_panel_say(panels, MZ_SAY_DEC_TERM), NULL, MZ_COLUMN_FIXED },
        { "commit_busd", mz_panel_say(panels, MZ_SAY_DEC_COMMIT), "$B", MZ_COLUMN_NUMBER },
        { "buy_busd", mz_panel_say(panels, MZ_SAY_DEC_BUY), "$B", MZ_COLUMN_NUMBER },
        { "used_percent", mz_panel_say(panels, MZ_SAY_DEC_USED), "%", MZ_COLUMN_NUMBER },
        { "peak_gw", mz_panel_say(panels, MZ_SAY_DEC_PEAK), "GW", MZ_COLUMN_NUMBER },
        { "usd_per_chip_hour", mz_panel_say(panels, MZ_SAY_DEC_PRICE), "$/chip-h",
            MZ_COLUMN_NUMBER },
        { "reservation_usd_per_chip_hour", mz_panel_say(panels, MZ_SAY_DEC_UP_TO), "$/chip-h",
            MZ_COLUMN_NUMBER },
        { "decide_by", mz_panel_say(panels, MZ_SAY_DEC_BY), NULL, MZ_COLUMN_FIXED },
        { "decision", mz_panel_say(panels, MZ_SAY_DEC_DECISION), NULL, MZ_COLUMN_FIXED },
    };
    bool with_reservation = any_reservation(panels->result);
    struct mz_column columns[11];
    int32_t count = 0;
    struct mz_table table;

    for (int32_t c = 0; c < 11; c++) {
        if (c != 8 || with_reservation)
            columns[count++] = all[c];
    }
    mz_table_init(&table, panels->arena, columns, count);
    fill_rows(panels, &table, with_reservation);
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_P_DECISIONS), "decisions");
}

static void write_gantt(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    struct mz_chart_gantt_row *rows =
        mz_arena_alloc(panels->arena, (size_t)result->contract_count + 1, sizeof(*rows));
    struct mz_panel_column *columns =
        mz_arena_alloc(panels->arena, (size_t)result->contract_count + 1, sizeof(*columns));
    struct mz_chart chart = mz_panel_chart(panels, "gantt", mz_panel_say(panels, MZ_SAY_GANTT_HEAD),
        mz_panel_fill_plain(panels, MZ_SAY_GANTT_SUB, MZ_NO_ARGS), "", 0);
    int32_t count = 0;

    for (int32_t g = 0; g < result->contract_count && count < MZ_TABLE_COLUMN_COUNT_MAX - 1; g++) {
        const struct mz_contract_result *contract = &result->contracts[g];
        const struct mz_contract *terms = contract_of(panels, contract);

        if (contract->decision == MZ_DECISION_UNUSED && mz_panel_is_empty(panels, contract->chips))
            continue;
        rows[count] = (struct mz_chart_gantt_row){ .name = terms->name,
            .color = mz_panel_partner_color(panels, terms->partner),
            .values = contract->chips,
            .is_outlined = contract->decision != MZ_DECISION_HELD,
            .mark_month = contract->decision == MZ_DECISION_HELD ? -1 : contract->decide_by_month,
            .text = mz_panel_fill_plain(panels, MZ_SAY_GANTT_PEAK,
                MZ_ARGS(mz_panel_chips(panels, mz_panel_max(panels, contract->chips)))) };
        if (mz_panel_is_empty(panels, contract->chips))
            rows[count].text = mz_panel_say(panels, MZ_SAY_GANTT_NONE);
        columns[count++] = (struct mz_panel_column){ terms->name, terms->name, "k chips",
            mz_panel_scaled(panels, contract->chips, 1e-3), 1 };
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_GANTT_HEAD),
        mz_panel_fill(panels, MZ_SAY_GANTT_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_gantt_draw(&chart, rows, count);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, count, 0), "contract-ramps");
}

void mz_panel_decisions_write(struct mz_panels *panels)
{
    mz_panel_open(panels, "decisions", 3, MZ_SAY_P_DECISIONS, headline(panels),
        mz_panel_fill(panels, MZ_SAY_DEC_SUB, MZ_NO_ARGS));
    write_table(panels);
    write_gantt(panels);
    mz_html_section_close(&panels->html);
}
