/* panel_summary.c - panel 1: is this plan good, and can it be trusted? */
#include "plan/panel_list.h"

#include <math.h>
#include <string.h>

/* Below this a plan's demand counts as served: what an LP leaves over as rounding. */
static const double served_enough = 0.9995;

static const char *status_text(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    double gap = fmax(result->gap, result->gap_asked);

    switch (result->status) {
    case MZ_PLAN_OPTIMAL:
        if (result->relaxed)
            return mz_panel_say(panels, MZ_SAY_ST_RELAXED);
        if (gap <= 0)
            return mz_panel_say(panels, MZ_SAY_ST_OPTIMAL);
        return mz_panel_fill_plain(panels, MZ_SAY_ST_OPTIMAL_GAP,
            MZ_ARGS(mz_panel_percent(panels, gap, gap < 0.001 ? 2 : 1)));
    case MZ_PLAN_FEASIBLE:
        return mz_panel_fill_plain(panels, MZ_SAY_ST_FEASIBLE,
            MZ_ARGS(mz_panel_percent(panels, result->gap, result->gap < 0.001 ? 2 : 1)));
    case MZ_PLAN_INFEASIBLE: return mz_panel_say(panels, MZ_SAY_ST_INFEASIBLE);
    case MZ_PLAN_UNBOUNDED: return mz_panel_say(panels, MZ_SAY_ST_UNBOUNDED);
    case MZ_PLAN_STOPPED: return mz_panel_say(panels, MZ_SAY_ST_STOPPED);
    }
    return "";
}

static double horizon_years(const struct mz_panels *panels)
{
    return (panels->periods[panels->period_count - 1].month_end - panels->periods[0].month_begin) /
        12.0;
}

static double mean_price(const struct mz_plan_result *result)
{
    double chip_hours = 0;

    for (int32_t g = 0; g < result->contract_count; g++)
        chip_hours += result->contracts[g].chip_hours;
    return chip_hours > 0 ? result->cost_usd / chip_hours : NAN;
}

static const char *served_sentence(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t short_count = 0;
    int32_t first_short = -1;
    int32_t worst_period;
    double worst = mz_served_worst(result, &worst_period);
    const char *worst_name = panels->period_names[worst_period];
    const char *worst_text = mz_panel_percent(panels, worst, 1);

    for (int32_t t = 0; t < result->period_count; t++) {
        if (result->served_fraction[t] < served_enough) {
            first_short = first_short < 0 ? t : first_short;
            short_count++;
        }
    }
    if (short_count == 0)
        return mz_panel_fill(
            panels, MZ_SAY_V_ALL, MZ_ARGS(panels->period_names[result->period_count - 1]));
    if (first_short > 0 && first_short + short_count == result->period_count)
        return mz_panel_fill(panels, MZ_SAY_V_UNTIL,
            MZ_ARGS(panels->period_names[first_short - 1], worst_name, worst_text));
    return mz_panel_fill(panels, MZ_SAY_V_PART,
        MZ_ARGS(mz_panel_count(panels, short_count), mz_panel_count(panels, result->period_count),
            worst_name, worst_text));
}

static struct mz_html_tile cost_tile(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    bool proved = result->status == MZ_PLAN_OPTIMAL && !result->relaxed;

    return (struct mz_html_tile){ mz_panel_say(panels, MZ_SAY_T_COST),
        mz_panel_usd(panels, result->cost_usd),
        mz_panel_fill(panels, MZ_SAY_T_COST_NOTE,
            MZ_ARGS(mz_panel_fixed(panels, horizon_years(panels), 1),
                mz_panel_usd(panels, mean_price(result)))),
        proved ? MZ_HTML_GOOD : MZ_HTML_WARN,
        mz_panel_say(panels, proved ? MZ_SAY_T_PROVED : MZ_SAY_T_UNPROVED) };
}

static struct mz_html_tile served_tile(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t period;
    int32_t short_period = 0;
    double worst = mz_served_worst(result, &period);
    struct mz_html_tile tile = { mz_panel_say(panels, MZ_SAY_T_SERVED),
        mz_panel_percent(panels, worst, 1), mz_panel_fill(panels, MZ_SAY_T_SERVED_ALL, MZ_NO_ARGS),
        MZ_HTML_GOOD, mz_panel_say(panels, MZ_SAY_T_SERVED_GOOD) };

    if (worst >= served_enough)
        return tile;
    for (int32_t t = 0; t < result->period_count; t++) {
        if (result->chips_short[t] > result->chips_short[short_period])
            short_period = t;
    }
    tile.state = MZ_HTML_WARN;
    tile.note_html =
        mz_panel_fill(panels, MZ_SAY_T_SERVED_NOTE, MZ_ARGS(panels->period_names[period]));
    tile.state_text = mz_panel_fill_plain(panels, MZ_SAY_T_SERVED_WARN,
        MZ_ARGS(mz_panel_chips(panels, result->chips_short[short_period]),
            panels->period_names[short_period]));
    return tile;
}

static struct mz_html_tile power_tile(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t peak = 0;
    double limit_mw = 0;
    const char *figure;
    const char *note;

    for (int32_t t = 0; t < result->period_count; t++) {
        if (result->power_mw[t] > result->power_mw[peak])
            peak = t;
    }
    for (int32_t s = 0; s < result->site_count; s++)
        limit_mw += result->sites[s].limit_mw[peak];
    figure = mz_panel_power(panels, result->power_mw[peak]);
    if (!isfinite(limit_mw)) {
        note = mz_panel_fill(panels, MZ_SAY_T_POWER_FREE, MZ_ARGS(panels->period_names[peak]));
        return (struct mz_html_tile){ mz_panel_say(panels, MZ_SAY_T_POWER), figure, note,
            MZ_HTML_PLAIN, NULL };
    }
    note = mz_panel_fill(panels, MZ_SAY_T_POWER_NOTE,
        MZ_ARGS(panels->period_names[peak], mz_panel_power(panels, limit_mw)));
    return (struct mz_html_tile){ mz_panel_say(panels, MZ_SAY_T_POWER), figure, note, MZ_HTML_GOOD,
        mz_panel_say(panels, MZ_SAY_T_WITHIN) };
}

static struct mz_html_tile cash_tile(const struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    int32_t period;
    double lowest = mz_cash_lowest(result, &period);
    double floor_usd = isfinite(lowest) ? result->ledger[period].floor_usd : NAN;
    double gap = 0;
    struct mz_html_tile tile = { mz_panel_say(panels, MZ_SAY_T_CASH), mz_panel_usd(panels, lowest),
        mz_panel_fill(panels, MZ_SAY_T_CASH_NONE, MZ_NO_ARGS), MZ_HTML_PLAIN, NULL };

    if (!isfinite(lowest))
        return tile;
    for (int32_t t = 0; t < result->period_count; t++)
        gap += result->ledger[t].gap_usd;
    tile.note_html = mz_panel_fill(panels, MZ_SAY_T_CASH_NOTE,
        MZ_ARGS(panels->period_names[period],
            mz_panel_usd(panels, isfinite(floor_usd) ? floor_usd : 0)));
    tile.state = MZ_HTML_GOOD;
    tile.state_text = mz_panel_say(panels,
        isfinite(floor_usd) && lowest - floor_usd < 0.5e6 ? MZ_SAY_T_AT_FLOOR : MZ_SAY_T_ABOVE);
    if (gap > 0.5) {
        tile.state = MZ_HTML_WARN;
        tile.state_text =
            mz_panel_fill_plain(panels, MZ_SAY_T_CASH_GAP, MZ_ARGS(mz_panel_usd(panels, gap)));
    }
    return tile;
}

static struct mz_html_tile share_tile(const struct mz_panels *panels)
{
    double share;
    double limit;
    int32_t period;
    int32_t partner = mz_panel_largest_share(panels, panels->result, &share, &period);
    struct mz_html_tile tile = { mz_panel_say(panels, MZ_SAY_T_SHARE),
        mz_panel_percent(panels, share, 1), "", MZ_HTML_PLAIN, NULL };
    const char *name;

    if (partner < 0)
        return tile;
    name = mz_panel_partner_label(panels, partner);
    limit = mz_panel_share_limit(panels, partner, period);
    if (!isfinite(limit)) {
        tile.note_html =
            mz_panel_fill(panels, MZ_SAY_T_SHARE_FREE, MZ_ARGS(name, panels->period_names[period]));
        return tile;
    }
    tile.note_html = mz_panel_fill(panels, MZ_SAY_T_SHARE_NOTE,
        MZ_ARGS(name, panels->period_names[period], mz_panel_percent(panels, limit, 0)));
    tile.state = share <= limit + 5e-4 ? MZ_HTML_GOOD : MZ_HTML_WARN;
    tile.state_text =
        mz_panel_say(panels, tile.state == MZ_HTML_GOOD ? MZ_SAY_T_WITHIN : MZ_SAY_T_BEYOND);
    return tile;
}

enum { BROKEN_SHOWN_MAX = 12 };

static void add_broken(
    const struct mz_panels *panels, struct mz_table *table, const struct mz_violation *violation)
{
    char number[MZ_NUMBER_MAX];

    mz_table_add(table, mz_panel_rule(panels, violation->rule));
    mz_table_add(table, violation->what);
    mz_table_add(table, mz_panel_range(panels, violation->period, violation->period));
    mz_table_add_value(table, violation->amount, 3, mz_format_count(number, violation->amount));
    mz_table_add(table, violation->unit);
    mz_table_add_value(table, violation->usd, 0, mz_panel_usd(panels, violation->usd));
    mz_table_add(table, mz_panel_mark(panels, violation->mark));
}

/* Does this one belong to the BROKEN_SHOWN_MAX costliest (ties: the first)? */
static bool broken_is_shown(const struct mz_plan_result *result, int32_t index)
{
    int32_t ahead = 0;

    for (int32_t i = 0; i < result->violation_count; i++)
        ahead += result->violations[i].usd > result->violations[index].usd ||
            (result->violations[i].usd == result->violations[index].usd && i < index);
    return ahead < BROKEN_SHOWN_MAX;
}

static void write_broken(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_column columns[] = {
        { "rule", mz_panel_say(panels, MZ_SAY_RULE), NULL, MZ_COLUMN_TEXT },
        { "what", mz_panel_say(panels, MZ_SAY_WHAT), NULL, MZ_COLUMN_TEXT },
        { "period", mz_panel_say(panels, MZ_SAY_PERIOD), NULL, MZ_COLUMN_FIXED },
        { "amount", mz_panel_say(panels, MZ_SAY_AMOUNT), NULL, MZ_COLUMN_NUMBER },
        { "unit", mz_panel_say(panels, MZ_SAY_UNIT), NULL, MZ_COLUMN_FIXED },
        { "penalty_usd", mz_panel_say(panels, MZ_SAY_PENALTY), NULL, MZ_COLUMN_NUMBER },
        { "place", mz_panel_say(panels, MZ_SAY_PLACE), NULL, MZ_COLUMN_FIXED },
    };
    struct mz_table shown;
    struct mz_table all;
    const char *title = mz_panel_say(panels, MZ_SAY_BROKEN_HEAD);

    if (result->violation_count == 0)
        return;
    mz_table_init(&shown, panels->arena, columns, 7);
    mz_table_init(&all, panels->arena, columns, 7);
    for (int32_t i = 0; i < result->violation_count; i++) {
        add_broken(panels, &all, &result->violations[i]);
        if (broken_is_shown(result, i))
            add_broken(panels, &shown, &result->violations[i]);
    }
    mz_html_heading(&panels->html, title, mz_panel_fill(panels, MZ_SAY_BROKEN_SUB, MZ_NO_ARGS));
    if (result->violation_count <= BROKEN_SHOWN_MAX) {
        mz_html_table(&panels->html, &shown, title, "broken-limits");
        return;
    }
    mz_html_table(&panels->html, &shown, title, "broken-limits-costliest");
    mz_html_folded_table(&panels->html,
        mz_panel_fill_plain(
            panels, MZ_SAY_BROKEN_ALL, MZ_ARGS(mz_panel_count(panels, result->violation_count))),
        &all, "broken-limits");
}

static void write_meta(struct mz_panels *panels)
{
    const struct mz_html_report *report = panels->report;
    const struct mz_plan_result *result = panels->result;
    struct mz_text text = { 0 };
    const char *hash = report->scenario_hash ? report->scenario_hash : "-";

    mz_text_add(&text,
        mz_panel_fill(panels, MZ_SAY_META,
            MZ_ARGS(panels->scenario->name ? panels->scenario->name : "-",
                mz_arena_printf(panels->arena, "%.16s", hash),
                report->version ? report->version : "-", result->solver ? result->solver : "-",
                mz_panel_count(panels, result->row_count),
                mz_panel_count(panels, result->column_count),
                mz_panel_count(panels, result->integer_count))));
    if (report->generated_at) {
        mz_text_add(&text, " ");
        mz_text_add(&text, mz_panel_fill(panels, MZ_SAY_META_DATE, MZ_ARGS(report->generated_at)));
    }
    if (report->command_line) {
        mz_text_add(&text, "<br>");
        mz_text_add(&text, mz_panel_fill(panels, MZ_SAY_META_AGAIN, MZ_NO_ARGS));
        mz_text_add(&text, " <code>");
        mz_text_add_html(&text, report->command_line);
        mz_text_add(&text, "</code>");
    }
    mz_html_paragraph(&panels->html, "meta", mz_text_string(&text));
    mz_text_finish(&text);
}

static const char *page_kicker(const struct mz_panels *panels)
{
    const struct mz_period *last = &panels->periods[panels->period_count - 1];

    return mz_panel_fill_plain(panels, MZ_SAY_PAGE_KICKER,
        MZ_ARGS(panels->scenario->name ? panels->scenario->name : "-",
            mz_panel_month(panels, panels->periods[0].month_begin),
            mz_panel_month(panels, last->month_end - 1)));
}

void mz_panel_summary_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    enum mz_phrase phrase = result->violation_count == 0 ? MZ_SAY_V_RULES_KEPT
        : result->violation_count == 1                   ? MZ_SAY_V_RULES_ONE
                                                         : MZ_SAY_V_RULES_BROKEN;
    const char *rules =
        mz_panel_fill(panels, phrase, MZ_ARGS(mz_panel_count(panels, result->violation_count)));
    const char *headline = mz_arena_printf(panels->arena, "%s %s", served_sentence(panels), rules);
    const char *subtitle = mz_panel_fill(panels, MZ_SAY_V_SUB,
        MZ_ARGS(status_text(panels), mz_panel_usd(panels, result->cost_usd),
            mz_panel_fixed(panels, horizon_years(panels), 1),
            mz_panel_usd(panels, mean_price(result))));
    const struct mz_html_tile tiles[] = { cost_tile(panels), served_tile(panels),
        power_tile(panels), cash_tile(panels), share_tile(panels) };

    mz_html_section_open(&panels->html, "summary", 1, 0, page_kicker(panels), headline, subtitle);
    mz_html_tiles(&panels->html, tiles, 5);
    write_meta(panels);
    write_broken(panels);
    mz_html_section_close(&panels->html);
}

void mz_panel_no_plan_write(struct mz_panels *panels)
{
    const struct mz_plan_result *result = panels->result;
    const struct mz_infeasibility *why = result->infeasibility;
    enum mz_phrase headline = result->status == MZ_PLAN_UNBOUNDED ? MZ_SAY_INF_UNBOUNDED
        : result->status == MZ_PLAN_STOPPED                       ? MZ_SAY_INF_STOPPED
                                                                  : MZ_SAY_INF_HEAD;
    const char *subtitle = NULL;

    if (why && why->conflict_count > 0)
        subtitle =
            mz_panel_fill(panels, why->conflict_count == 1 ? MZ_SAY_INF_SUB_ONE : MZ_SAY_INF_SUB,
                MZ_ARGS(mz_panel_count(panels, why->conflict_count)));
    mz_html_section_open(&panels->html, "summary", 1, 0, page_kicker(panels),
        mz_panel_fill(panels, headline, MZ_NO_ARGS), subtitle);
    write_meta(panels);
    mz_html_section_close(&panels->html);
}
