/* panel_context.c - what the panels of a plan's report share */
#include "plan/panel_context.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const char *mz_panel_say(const struct mz_panels *panels, enum mz_phrase phrase)
{
    return mz_say(panels->language, phrase);
}

const char *mz_panel_fill(
    const struct mz_panels *panels, enum mz_phrase phrase, const char *const *args)
{
    return mz_say_html(panels->arena, panels->language, phrase, args);
}

const char *mz_panel_fill_plain(
    const struct mz_panels *panels, enum mz_phrase phrase, const char *const *args)
{
    return mz_say_plain(panels->arena, panels->language, phrase, args);
}

const char *mz_panel_usd(const struct mz_panels *panels, double usd)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_strdup(panels->arena, mz_format_usd(buffer, usd));
}

const char *mz_panel_usd_change(const struct mz_panels *panels, double usd)
{
    const char *text = mz_panel_usd(panels, usd);

    return usd > 0 && strcmp(text, "$0") != 0 ? mz_arena_printf(panels->arena, "+%s", text) : text;
}

const char *mz_panel_chips(const struct mz_panels *panels, double chips)
{
    char buffer[MZ_NUMBER_MAX];

    if (fabs(chips) >= 9999.5 && fabs(chips) < 999.5e3)
        return mz_arena_printf(panels->arena, "%.0fk", chips / 1000);
    return mz_arena_strdup(panels->arena, mz_format_count(buffer, round(chips)));
}

const char *mz_panel_power(const struct mz_panels *panels, double power_mw)
{
    char buffer[MZ_NUMBER_MAX];
    char *blank = strchr(mz_format_power_mw(buffer, power_mw), ' ');

    if (!blank)
        return mz_arena_strdup(panels->arena, buffer);
    *blank = '\0'; /* a no-break space keeps number and unit on one line */
    return mz_arena_printf(panels->arena, "%s\xC2\xA0%s", buffer, blank + 1);
}

const char *mz_panel_percent(const struct mz_panels *panels, double fraction, int32_t decimals)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_strdup(panels->arena, mz_format_percent(buffer, fraction, decimals));
}

const char *mz_panel_fixed(const struct mz_panels *panels, double value, int32_t decimals)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_strdup(panels->arena, mz_format_fixed(buffer, value, decimals));
}

const char *mz_panel_count(const struct mz_panels *panels, int32_t count)
{
    return mz_panel_fixed(panels, count, 0);
}

const char *mz_panel_mark(const struct mz_panels *panels, struct mz_mark mark)
{
    const char *slash;

    if (mark.line <= 0 || !mark.file)
        return "";
    slash = strrchr(mark.file, '/');
    return mz_arena_printf(panels->arena, "%s:%d", slash ? slash + 1 : mark.file, (int)mark.line);
}

const char *mz_panel_range(const struct mz_panels *panels, int32_t from, int32_t to)
{
    if (from < 0 || from >= panels->period_count)
        return "-";
    if (to <= from || to >= panels->period_count)
        return panels->period_names[from];
    return mz_arena_printf(
        panels->arena, "%s – %s", panels->period_names[from], panels->period_names[to]);
}

const char *mz_panel_month(const struct mz_panels *panels, int32_t month)
{
    char buffer[MZ_MONTH_TEXT_MAX];

    return mz_arena_strdup(panels->arena, mz_month_format(buffer, month));
}

const char *mz_panel_rule(const struct mz_panels *panels, const char *rule)
{
    static const struct {
        const char *rule;
        enum mz_phrase phrase;
    } names[] = { { "power", MZ_SAY_R_POWER }, { "capacity", MZ_SAY_R_CAPACITY },
        { "chip_supply", MZ_SAY_R_CHIP_SUPPLY }, { "build_rate", MZ_SAY_R_BUILD_RATE },
        { "partner_share", MZ_SAY_R_SHARE }, { "share", MZ_SAY_R_SHARE }, { "cash", MZ_SAY_R_CASH },
        { "cash_floor", MZ_SAY_R_CASH }, { "cash_gap", MZ_SAY_R_CASH_GAP }, { "n1", MZ_SAY_R_N1 },
        { "survive_loss_of", MZ_SAY_R_N1 }, { "carbon", MZ_SAY_R_CARBON },
        { "unserved_critical", MZ_SAY_R_UNSERVED }, { "demand", MZ_SAY_R_DEMAND },
        { "commit", MZ_SAY_R_COMMIT }, { "funding", MZ_SAY_R_FUNDING },
        { "expand", MZ_SAY_R_EXPAND }, { "energy", MZ_SAY_R_ENERGY }, { "train", MZ_SAY_R_TRAIN },
        { "goal", MZ_SAY_R_GOAL } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].rule, rule) == 0)
            return mz_panel_say(panels, names[i].phrase);
    }
    return rule;
}

int32_t mz_panel_partner_color(const struct mz_panels *panels, int32_t partner)
{
    int32_t color = 0;

    if (partner < 0 || partner >= panels->scenario->partner_count)
        return MZ_COLOR_MUTED;
    if (panels->scenario->partners[partner].is_own)
        return MZ_COLOR_OWN;
    for (int32_t p = 0; p < partner; p++)
        color += panels->scenario->partners[p].is_own ? 0 : 1;
    return color % MZ_COLOR_COUNT;
}

const char *mz_panel_partner_label(const struct mz_panels *panels, int32_t partner)
{
    const struct mz_partner *found = &panels->scenario->partners[partner];

    return found->label ? found->label : found->name;
}

double *mz_panel_series(const struct mz_panels *panels)
{
    return mz_arena_alloc(panels->arena, (size_t)panels->period_count, sizeof(double));
}

double *mz_panel_scaled(const struct mz_panels *panels, const double *values, double factor)
{
    double *scaled = mz_panel_series(panels);

    for (int32_t t = 0; t < panels->period_count; t++)
        scaled[t] = values[t] * factor;
    return scaled;
}

double *mz_panel_yearly(const struct mz_panels *panels, const double *values, double factor)
{
    double *yearly = mz_panel_series(panels);

    for (int32_t t = 0; t < panels->period_count; t++)
        yearly[t] = values[t] * factor * 12 / panels->periods[t].month_count;
    return yearly;
}

bool mz_panel_is_empty(const struct mz_panels *panels, const double *values)
{
    for (int32_t t = 0; t < panels->period_count; t++) {
        if (isfinite(values[t]) && fabs(values[t]) > 1e-6)
            return false;
    }
    return true;
}

double mz_panel_sum(const struct mz_panels *panels, const double *values)
{
    double sum = 0;

    for (int32_t t = 0; t < panels->period_count; t++)
        sum += isfinite(values[t]) ? values[t] : 0;
    return sum;
}

double mz_panel_max(const struct mz_panels *panels, const double *values)
{
    double most = 0;

    for (int32_t t = 0; t < panels->period_count; t++)
        most = isfinite(values[t]) ? fmax(most, values[t]) : most;
    return most;
}

double mz_panel_share_limit(const struct mz_panels *panels, int32_t partner, int32_t t)
{
    const struct mz_limits *limits = &panels->scenario->limits;
    int32_t month = panels->periods[t].month_begin;
    double least = NAN;

    for (int32_t i = 0; i < limits->share_count; i++) {
        const struct mz_share_limit *limit = &limits->shares[i];

        if (limit->of != MZ_SHARE_POWER || month < limit->from_month || month > limit->to_month)
            continue;
        if (limit->partner >= 0 && limit->partner != partner)
            continue;
        least = fmin(least, limit->max); /* fmin ignores the NAN of the start */
    }
    return least;
}

int32_t mz_panel_largest_partner(const struct mz_panels *panels,
    const struct mz_plan_result *result, int32_t t, double *ret_share)
{
    int32_t largest = -1;

    *ret_share = NAN;
    for (int32_t p = 0; p < result->partner_count; p++) {
        double share = result->partners[p].share_fraction[t];

        if (panels->scenario->partners[result->partners[p].partner].is_own || !isfinite(share))
            continue;
        if (largest < 0 || share > *ret_share) {
            largest = result->partners[p].partner;
            *ret_share = share;
        }
    }
    return largest;
}

int32_t mz_panel_largest_share(const struct mz_panels *panels, const struct mz_plan_result *result,
    double *ret_share, int32_t *ret_period)
{
    int32_t largest = -1;
    double best_use = -1;

    /* Where a limit holds, the largest share against it counts: a high share before the limit
     * begins is history. Without any limit, the largest share at all. */
    *ret_share = NAN;
    *ret_period = 0;
    for (int32_t round = 0; round < 2 && largest < 0; round++) {
        for (int32_t t = 0; t < result->period_count; t++) {
            double share;
            int32_t partner = mz_panel_largest_partner(panels, result, t, &share);
            double limit = partner < 0 ? NAN : mz_panel_share_limit(panels, partner, t);
            double use = round == 0 ? share / limit : share;

            if (partner < 0 || !(use > best_use + 1e-9))
                continue;
            best_use = use;
            largest = partner;
            *ret_share = share;
            *ret_period = t;
        }
    }
    return largest;
}

void mz_panel_demand(const struct mz_panels *panels, const struct mz_plan_result *result,
    double *ret_chips, double *ret_power_mw, double *ret_short_power_mw)
{
    const struct mz_scenario *scenario = result->scenario;

    (void)panels;
    for (int32_t t = 0; t < result->period_count; t++) {
        double chips = 0;
        double power_mw = 0;
        double mean_kw = result->chips[t] > 0 ? result->power_mw[t] / result->chips[t] * 1000 : 0;
        double missing = isfinite(result->chips_short[t]) ? result->chips_short[t] : 0;

        for (int32_t w = 0; w < result->workload_count; w++) {
            for (int32_t k = 0; k < result->pool_count; k++) {
                const struct mz_pool pool = result->pools[k];
                double assigned = result->workloads[w].pool_chips[k * result->period_count + t];
                double availability = scenario->sites[pool.site].availability;
                double needed = availability > 0 ? assigned / availability : assigned;

                chips += needed;
                power_mw += needed * mz_pool_kw(scenario, pool) / 1000;
            }
        }
        ret_chips[t] = chips + missing;
        ret_power_mw[t] = power_mw + missing * mean_kw / 1000;
        ret_short_power_mw[t] = missing * mean_kw / 1000;
    }
}

struct mz_table *mz_panel_time_table(const struct mz_panels *panels,
    const struct mz_panel_column *columns, int32_t column_count, int32_t sum_count)
{
    struct mz_table *table = mz_arena_alloc(panels->arena, 1, sizeof(*table));
    struct mz_column *heads =
        mz_arena_alloc(panels->arena, (size_t)column_count + 1, sizeof(*heads));
    double *row = mz_arena_alloc(panels->arena, (size_t)column_count + 1, sizeof(*row));

    assert(sum_count == 0 || sum_count < column_count);
    heads[0] =
        (struct mz_column){ "period", mz_panel_say(panels, MZ_SAY_PERIOD), NULL, MZ_COLUMN_FIXED };
    for (int32_t c = 0; c < column_count; c++)
        heads[c + 1] = (struct mz_column){ columns[c].key, columns[c].title, columns[c].unit,
            MZ_COLUMN_NUMBER };
    mz_table_init(table, panels->arena, heads, column_count + 1);
    for (int32_t t = 0; t < panels->period_count; t++) {
        for (int32_t c = 0; c < column_count; c++)
            row[c] = columns[c].values[t];
        if (sum_count > 0)
            row[sum_count] = mz_round_to_total(row, sum_count, columns[0].decimals, row);
        mz_table_add(table, panels->period_names[t]);
        for (int32_t c = 0; c < column_count; c++)
            mz_table_add_number(table, row[c], columns[c].decimals);
    }
    return table;
}

void mz_panel_open(struct mz_panels *panels, const char *id, int32_t number, enum mz_phrase kicker,
    const char *headline_html, const char *subtitle_html)
{
    mz_html_section_open(
        &panels->html, id, 2, number, mz_panel_say(panels, kicker), headline_html, subtitle_html);
}

void mz_panel_empty(struct mz_panels *panels, const char *id, int32_t number, enum mz_phrase kicker,
    enum mz_phrase sentence)
{
    const char *name = mz_panel_say(panels, kicker);
    struct mz_text headline = { 0 };

    mz_text_add_html(&headline, name);
    mz_panel_open(panels, id, number, kicker, mz_text_string(&headline), NULL);
    mz_text_finish(&headline);
    mz_html_paragraph(&panels->html, "empty", mz_panel_fill(panels, sentence, MZ_NO_ARGS));
    mz_html_section_close(&panels->html);
}

struct mz_chart mz_panel_chart(struct mz_panels *panels, const char *id, const char *title,
    const char *desc, const char *unit, int32_t height)
{
    return (struct mz_chart){ .out = panels->html.out,
        .arena = panels->arena,
        .id = id,
        .title = title,
        .desc = desc,
        .unit = unit,
        .height = height,
        .periods = panels->periods,
        .period_count = panels->period_count };
}

void mz_panel_figure(struct mz_panels *panels, const struct mz_chart *chart)
{
    mz_html_figure_open(
        &panels->html, mz_panel_fill_plain(panels, MZ_SAY_CHART_SCROLLS, MZ_ARGS(chart->title)));
}
