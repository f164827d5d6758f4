/* panel_why.c - panel 12: what drives this, what if we are wrong? */
#include "plan/panel_list.h"

#include "report/chart_bar.h"

#include <math.h>

enum { BINDING_SHOWN_MAX = 20, TORNADO_ROW_MAX = 15 };

static const char *level_text(const struct mz_panels *panels, const struct mz_binding *binding)
{
    char number[MZ_NUMBER_MAX];

    if (!isfinite(binding->level))
        return "-";
    return mz_arena_printf(panels->arena, "%s %s", mz_format_count(number, binding->level),
        binding->level_unit ? binding->level_unit : "");
}

static const char *per_text(const struct mz_panels *panels, const struct mz_binding *binding)
{
    const char *unit = binding->unit ? binding->unit : "";

    /* "1k chips" and "1M USD" carry their number already */
    return unit[0] >= '0' && unit[0] <= '9' ? unit : mz_arena_printf(panels->arena, "1 %s", unit);
}

static const char *headline(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_binding *first;

    if (result->binding_count == 0)
        return mz_panel_fill(panels, MZ_SAY_WHY_NONE, MZ_NO_ARGS);
    first = &result->bindings[0];
    return mz_panel_fill(panels, MZ_SAY_WHY_HEAD,
        MZ_ARGS(mz_panel_rule(panels, first->rule), first->what, per_text(panels, first),
            mz_panel_usd(panels, first->worth_usd)));
}

static void write_bindings(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_column columns[] = {
        { "rule", mz_panel_say(panels, MZ_SAY_RULE), NULL, MZ_COLUMN_TEXT },
        { "what", mz_panel_say(panels, MZ_SAY_WHAT), NULL, MZ_COLUMN_FIXED },
        { "when", mz_panel_say(panels, MZ_SAY_WHEN), NULL, MZ_COLUMN_FIXED },
        { "level", mz_panel_say(panels, MZ_SAY_WHY_LEVEL), NULL, MZ_COLUMN_FIXED },
        { "worth_usd", mz_panel_say(panels, MZ_SAY_WHY_WORTH), NULL, MZ_COLUMN_NUMBER },
        { "unit", mz_panel_say(panels, MZ_SAY_WHY_PER), NULL, MZ_COLUMN_FIXED },
        { "place", mz_panel_say(panels, MZ_SAY_PLACE), NULL, MZ_COLUMN_FIXED },
    };
    int32_t shown =
        result->binding_count < BINDING_SHOWN_MAX ? result->binding_count : BINDING_SHOWN_MAX;
    struct mz_table table;

    if (shown == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 7);
    for (int32_t i = 0; i < shown; i++) {
        const struct mz_binding *binding = &result->bindings[i];

        mz_table_add(&table, mz_panel_rule(panels, binding->rule));
        mz_table_add(&table, binding->what);
        mz_table_add(&table, mz_panel_range(panels, binding->from_period, binding->to_period));
        mz_table_add(&table, level_text(panels, binding));
        mz_table_add_value(&table, binding->worth_usd, 0, mz_panel_usd(panels, binding->worth_usd));
        mz_table_add(&table, per_text(panels, binding));
        mz_table_add(&table, mz_panel_mark(panels, binding->mark));
    }
    mz_html_table(&panels->html, &table, mz_panel_say(panels, MZ_SAY_P_WHY), "bindings");
    if (shown < result->binding_count)
        mz_html_paragraph(&panels->html, "note",
            mz_panel_fill(panels, MZ_SAY_WHY_MORE,
                MZ_ARGS(
                    mz_panel_count(panels, shown), mz_panel_count(panels, result->binding_count))));
}

/* The change of the objective at the smallest and the largest factor of a sweep. */
static bool tornado_row(
    const struct mz_panels *panels, const struct mz_sweep *sweep, struct mz_chart_tornado *row)
{
    int32_t low = -1;
    int32_t high = -1;
    double base = panels->result->objective_usd;

    for (int32_t i = 0; i < sweep->point_count; i++) {
        const struct mz_sweep_point *point = &sweep->points[i];
        bool solved = point->status == MZ_PLAN_OPTIMAL || point->status == MZ_PLAN_FEASIBLE;

        if (!solved)
            continue;
        low = low < 0 || point->factor < sweep->points[low].factor ? i : low;
        high = high < 0 || point->factor > sweep->points[high].factor ? i : high;
    }
    if (low < 0 || low == high)
        return false;
    *row = (struct mz_chart_tornado){ .name = sweep->path,
        .low = sweep->points[low].objective_usd - base,
        .high = sweep->points[high].objective_usd - base };
    row->low_text = mz_arena_printf(panels->arena, "\xC3\x97%.2f: %s", sweep->points[low].factor,
        mz_panel_usd_change(panels, row->low));
    row->high_text = mz_arena_printf(panels->arena, "\xC3\x97%.2f: %s", sweep->points[high].factor,
        mz_panel_usd_change(panels, row->high));
    return true;
}

static double tornado_width(const struct mz_chart_tornado *row)
{
    return fmax(fmax(row->low, row->high), 0) - fmin(fmin(row->low, row->high), 0);
}

static void write_tornado(struct mz_panels *panels, const struct mz_comparisons *others)
{
    struct mz_chart_tornado rows[TORNADO_ROW_MAX];
    const struct mz_column columns[] = {
        { "path", mz_panel_say(panels, MZ_SAY_AS_KEY), NULL, MZ_COLUMN_TEXT },
        { "low_busd", mz_panel_say(panels, MZ_SAY_AL_LEAST), "$B", MZ_COLUMN_NUMBER },
        { "high_busd", mz_panel_say(panels, MZ_SAY_AL_MOST), "$B", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;
    struct mz_chart chart = mz_panel_chart(panels, "tornado", mz_panel_say(panels, MZ_SAY_TOR_HEAD),
        mz_panel_fill_plain(panels, MZ_SAY_TOR_SUB, MZ_NO_ARGS), "", 0);
    int32_t count = 0;

    for (int32_t i = 0; i < others->sweep_count && count < TORNADO_ROW_MAX; i++) {
        struct mz_chart_tornado row;
        int32_t at = count;

        if (!tornado_row(panels, &others->sweeps[i], &row))
            continue;
        for (; at > 0 && tornado_width(&rows[at - 1]) < tornado_width(&row); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
        count++;
    }
    if (count == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 3);
    for (int32_t i = 0; i < count; i++) {
        mz_table_add(&table, rows[i].name);
        mz_table_add_number(&table, rows[i].low / 1e9, 2);
        mz_table_add_number(&table, rows[i].high / 1e9, 2);
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_TOR_HEAD),
        mz_panel_fill(panels, MZ_SAY_TOR_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_tornado_draw(&chart, rows, count);
    mz_html_figure_close(&panels->html, &table, "tornado");
}

/* Without sweeps: the worth of the binding rules as bars. */
static void write_worth_bars(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    struct mz_chart_bar bars[10];
    const struct mz_column columns[] = {
        { "what", mz_panel_say(panels, MZ_SAY_WHAT), NULL, MZ_COLUMN_TEXT },
        { "worth_usd", mz_panel_say(panels, MZ_SAY_WHY_WORTH), NULL, MZ_COLUMN_NUMBER },
    };
    struct mz_table table;
    struct mz_chart chart =
        mz_panel_chart(panels, "worth", mz_panel_say(panels, MZ_SAY_TOR_BIND_HEAD),
            mz_panel_fill_plain(panels, MZ_SAY_TOR_BIND_SUB, MZ_NO_ARGS), "", 0);
    int32_t count = 0;

    if (result->binding_count == 0)
        return;
    mz_table_init(&table, panels->arena, columns, 2);
    for (; count < result->binding_count && count < 10; count++) {
        const struct mz_binding *binding = &result->bindings[count];
        const char *worth = mz_panel_usd(panels, binding->worth_usd);

        bars[count] = (struct mz_chart_bar){ .name = binding->what,
            .color = MZ_COLOR_ACCENT,
            .value = binding->worth_usd,
            .whole = NAN,
            .mark = NAN,
            .text = mz_arena_printf(panels->arena, "%s / %s, %s", worth, per_text(panels, binding),
                mz_panel_range(panels, binding->from_period, binding->to_period)) };
        mz_table_add(&table, binding->what);
        mz_table_add_value(&table, binding->worth_usd, 0, worth);
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_TOR_BIND_HEAD),
        mz_panel_fill(panels, MZ_SAY_TOR_BIND_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_bars_draw(&chart, bars, count);
    mz_html_figure_close(&panels->html, &table, "worth");
}

static bool any_sized(const struct mz_scenario *scenario)
{
    for (int32_t i = 0; i < scenario->assumption_count; i++) {
        if (scenario->assumptions[i].sized)
            return true;
    }
    return false;
}

/* Layout and band stand in columns of their own where room size computed anything. */
static void add_sized(
    struct mz_panels *panels, const struct mz_sized *sized, struct mz_table *table)
{
    bool fits = sized && sized->layout;
    char percent[MZ_NUMBER_MAX];

    mz_table_add(table, fits ? sized->layout : NULL);
    mz_table_add(table,
        fits ? mz_arena_printf(
                   panels->arena, "±%s", mz_format_percent(percent, sized->error_band, 0))
             : NULL);
}

static void write_assumptions(struct mz_panels *panels)
{
    const struct mz_scenario *scenario = panels->scenario;
    bool sized = any_sized(scenario);
    const struct mz_column all[] = {
        { "key", mz_panel_say(panels, MZ_SAY_AS_KEY), NULL, MZ_COLUMN_FIXED },
        { "value", mz_panel_say(panels, MZ_SAY_AS_VALUE), NULL, MZ_COLUMN_FIXED },
        { "layout", mz_panel_say(panels, MZ_SAY_AS_LAYOUT), NULL, MZ_COLUMN_FIXED },
        { "error_band", mz_panel_say(panels, MZ_SAY_AS_BAND), NULL, MZ_COLUMN_FIXED },
        { "source", mz_panel_say(panels, MZ_SAY_AS_SOURCE), NULL, MZ_COLUMN_TEXT },
        { "verified", mz_panel_say(panels, MZ_SAY_AS_VERIFIED), NULL, MZ_COLUMN_FIXED },
        { "place", mz_panel_say(panels, MZ_SAY_PLACE), NULL, MZ_COLUMN_FIXED },
    };
    struct mz_column columns[sizeof(all) / sizeof(all[0])];
    struct mz_table table;
    int32_t unverified = 0;
    int32_t column_count = 0;
    const char *count_text = mz_panel_count(panels, scenario->assumption_count);

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (sized || (i != 2 && i != 3))
            columns[column_count++] = all[i];
    }
    mz_table_init(&table, panels->arena, columns, column_count);
    for (int32_t i = 0; i < scenario->assumption_count; i++) {
        const struct mz_assumption *assumption = &scenario->assumptions[i];
        enum mz_phrase verified = assumption->verified ? MZ_SAY_YES : MZ_SAY_AS_UNVERIFIED;

        unverified += !assumption->verified;
        mz_table_add(&table, assumption->key);
        mz_table_add(&table, assumption->value);
        if (sized)
            add_sized(panels, assumption->sized, &table);
        mz_table_add(&table, assumption->source);
        mz_table_add_look(&table, mz_panel_say(panels, verified),
            assumption->verified ? MZ_CELL_PLAIN : MZ_CELL_WARN);
        mz_table_add(&table, mz_panel_mark(panels, assumption->mark));
    }
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_AS_HEAD),
        scenario->assumption_count == 0
            ? mz_panel_fill(panels, MZ_SAY_AS_NONE, MZ_NO_ARGS)
            : mz_panel_fill(
                  panels, MZ_SAY_AS_SUB, MZ_ARGS(count_text, mz_panel_count(panels, unverified))));
    if (scenario->assumption_count > 0)
        mz_html_folded_table(&panels->html,
            mz_panel_fill_plain(panels, MZ_SAY_AS_SHOW, MZ_ARGS(count_text)), &table,
            "assumptions");
}

void mz_panel_why_write(struct mz_panels *panels)
{
    const struct mz_comparisons *others = panels->report->comparisons;

    mz_panel_open(panels, "why", 12, MZ_SAY_P_WHY, headline(panels),
        panels->result->binding_count > 0 ? mz_panel_fill(panels, MZ_SAY_WHY_SUB, MZ_NO_ARGS)
                                          : NULL);
    write_bindings(panels);
    if (others && others->sweep_count > 0)
        write_tornado(panels, others);
    else
        write_worth_bars(panels);
    write_assumptions(panels);
    mz_html_section_close(&panels->html);
}
