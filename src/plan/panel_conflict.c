/* panel_conflict.c - in place of panels 2 ... 10 when there is no plan: which rules contradict each
 * other, why, and what would make a plan possible */
#include "plan/panel_list.h"

#include <math.h>

static void write_rules(struct mz_panels *panels, const struct mz_infeasibility *why)
{
    const struct mz_column columns[] = {
        { "place", mz_panel_say(panels, MZ_SAY_PLACE), NULL, MZ_COLUMN_FIXED },
        { "rule", mz_panel_say(panels, MZ_SAY_RULE), NULL, MZ_COLUMN_TEXT },
        { "text", mz_panel_say(panels, MZ_SAY_WHAT), NULL, MZ_COLUMN_TEXT },
        { "when", mz_panel_say(panels, MZ_SAY_WHEN), NULL, MZ_COLUMN_FIXED },
    };
    struct mz_table table;

    mz_table_init(&table, panels->arena, columns, 4);
    for (int32_t i = 0; i < why->conflict_count; i++) {
        const struct mz_conflict *conflict = &why->conflicts[i];

        mz_table_add(&table, mz_panel_mark(panels, conflict->mark));
        mz_table_add(&table, mz_panel_rule(panels, conflict->rule));
        mz_table_add(&table, conflict->text ? conflict->text : conflict->what);
        mz_table_add(&table, mz_panel_range(panels, conflict->from_period, conflict->to_period));
    }
    if (why->conflict_count > 0)
        mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_P_CONFLICT), "conflict");
}

static void write_remedies(struct mz_panels *panels, const struct mz_infeasibility *why)
{
    const struct mz_column columns[] = {
        { "change", mz_panel_say(panels, MZ_SAY_INF_CHANGE), NULL, MZ_COLUMN_TEXT },
        { "cost_usd", mz_panel_say(panels, MZ_SAY_INF_COST), NULL, MZ_COLUMN_NUMBER },
        { "place", mz_panel_say(panels, MZ_SAY_PLACE), NULL, MZ_COLUMN_FIXED },
        { "set", mz_panel_say(panels, MZ_SAY_INF_TRY), NULL, MZ_COLUMN_TEXT },
    };
    struct mz_table table;

    if (why->remedy_count == 0) {
        mz_html_paragraph(
            &panels->html, "empty", mz_panel_fill(panels, MZ_SAY_INF_NO_FIX, MZ_NO_ARGS));
        return;
    }
    mz_table_init(&table, panels->arena, columns, 4);
    for (int32_t i = 0; i < why->remedy_count; i++) {
        const struct mz_remedy *remedy = &why->remedies[i];

        mz_table_add(&table, remedy->text);
        mz_table_add_value(&table, remedy->cost_usd, 0, mz_panel_usd(panels, remedy->cost_usd));
        mz_table_add(&table, mz_panel_mark(panels, remedy->mark));
        mz_table_add(
            &table, remedy->set ? mz_arena_printf(panels->arena, "--set '%s'", remedy->set) : "");
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_INF_FIX),
        mz_panel_fill(panels, MZ_SAY_INF_FIX_SUB, MZ_NO_ARGS));
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_INF_FIX), "remedies");
}

static void write_shortages(struct mz_panels *panels, const struct mz_infeasibility *why)
{
    const struct mz_column columns[] = {
        { "rule", mz_panel_say(panels, MZ_SAY_RULE), NULL, MZ_COLUMN_TEXT },
        { "what", mz_panel_say(panels, MZ_SAY_WHAT), NULL, MZ_COLUMN_TEXT },
        { "period", mz_panel_say(panels, MZ_SAY_PERIOD), NULL, MZ_COLUMN_FIXED },
        { "amount", mz_panel_say(panels, MZ_SAY_AMOUNT), NULL, MZ_COLUMN_NUMBER },
        { "unit", mz_panel_say(panels, MZ_SAY_UNIT), NULL, MZ_COLUMN_FIXED },
    };
    struct mz_table table;
    char number[MZ_NUMBER_MAX];

    if (why->shortage_count == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 5);
    for (int32_t i = 0; i < why->shortage_count; i++) {
        const struct mz_violation *shortage = &why->shortages[i];

        mz_table_add(&table, mz_panel_rule(panels, shortage->rule));
        mz_table_add(&table, shortage->what);
        mz_table_add(&table, mz_panel_range(panels, shortage->period, shortage->period));
        mz_table_add_value(&table, shortage->amount, 3, mz_format_count(number, shortage->amount));
        mz_table_add(&table, shortage->unit);
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_INF_SHORT), NULL);
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_INF_SHORT), "shortages");
}

void mz_panel_conflict_write(struct mz_panels *panels)
{
    const struct mz_infeasibility *why = panels->result->infeasibility;
    struct mz_text text = { 0 };

    if (!why)
        return;
    mz_panel_open(panels, "conflict", 2, MZ_SAY_P_CONFLICT,
        mz_panel_fill(
            panels, why->conflict_count == 1 ? MZ_SAY_INF_RULE : MZ_SAY_INF_RULES, MZ_NO_ARGS),
        NULL);
    write_rules(panels, why);
    if (why->why) {
        mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_INF_WHY), NULL);
        mz_say_add_name(&text, panels->language, why->why);
        mz_html_paragraph(&panels->html, "why", mz_text_string(&text));
        mz_text_finish(&text);
    }
    write_remedies(panels, why);
    write_shortages(panels, why);
    mz_html_section_close(&panels->html);
}
