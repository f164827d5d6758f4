/* panel_shares.c - who pays: work lost to failures, contracts drawn down, teams */
#include "sim/panel.h"

#include "report/chart_bar.h"

#include <math.h>
#include <string.h>

enum { CONTRACT_COUNT_MAX = 40, TEAM_COUNT_MAX = 40 };

/* Failures */

static bool is_disturbed(const struct mz_sim_result *result)
{
    return result->failures > 0 || result->interruptions > 0 || result->lost_chip_hours > 0 ||
        result->checkpoint_chip_hours > 0;
}

bool mz_sim_panel_failures_has(const struct mz_sim_page *page)
{
    for (int32_t i = 0; i < page->set->count; i++) {
        if (is_disturbed(page->set->results[i]))
            return true;
    }
    return false;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static void add_failure_row(struct mz_table *table, const struct mz_sim_page *page, int32_t run)
{
    const struct mz_sim_result *result = mz_sim_page_run(page, run);

    mz_table_add(table, page->run_names[run]);
    mz_table_add_number(table, (double)result->failures, 0);
    mz_table_add_number(table, (double)result->interruptions, 0);
    mz_table_add_number(table, (double)result->preemptions, 0);
    mz_table_add_number(table, result->lost_chip_hours, 1);
    mz_table_add_number(table, result->checkpoint_chip_hours, 1);
    mz_table_add_number(table, result->used_chip_hours, 1);
    mz_table_add_value(table, result->goodput, 4, mz_sim_page_percent(page, result->goodput));
    if (run == page->best && page->set->count > 1)
        mz_table_look(table, MZ_CELL_BOLD);
}

static void write_failure_bars(struct mz_sim_page *page, const struct mz_table *table)
{
    struct mz_chart_bar bars[MZ_SIM_RUN_SHOWN_MAX];
    const char *title = mz_sim_page_say(page, MZ_SAY_SIM_FAIL_CHART);
    struct mz_chart chart = mz_sim_page_figure(page, "failure-bars", title, title, "", 0);

    for (int32_t i = 0; i < page->shown_count; i++) {
        int32_t run = page->shown[i];
        const struct mz_sim_result *result = mz_sim_page_run(page, run);
        double lost = result->lost_chip_hours;

        bars[i] = (struct mz_chart_bar){ .name = page->run_names[run],
            .color = run == page->best ? MZ_COLOR_ACCENT : MZ_COLOR_SOFT,
            .value = isfinite(lost) ? lost : 0,
            .whole = NAN,
            .mark = NAN,
            .text = mz_sim_page_fill_plain(page, MZ_SAY_SIM_FAIL_BAR,
                MZ_ARGS(mz_sim_page_percent(page, share(lost, result->used_chip_hours)),
                    mz_sim_page_percent(
                        page, share(result->checkpoint_chip_hours, result->used_chip_hours)))) };
    }
    mz_chart_bars_draw(&chart, bars, page->shown_count);
    mz_html_figure_close(&page->html, table, "failures");
}

/* The best run, or when nothing disturbed it the one that lost most. */
static int32_t most_disturbed(const struct mz_sim_page *page)
{
    int32_t most = page->best;

    if (is_disturbed(mz_sim_page_best(page)))
        return most;
    for (int32_t i = 0; i < page->set->count; i++) {
        const struct mz_sim_result *result = mz_sim_page_run(page, i);

        if (is_disturbed(result) &&
            (!is_disturbed(mz_sim_page_run(page, most)) ||
                result->lost_chip_hours > mz_sim_page_run(page, most)->lost_chip_hours))
            most = i;
    }
    return most;
}

void mz_sim_panel_failures_write(struct mz_sim_page *page)
{
    int32_t run = most_disturbed(page);
    const struct mz_sim_result *best = mz_sim_page_run(page, run);
    const struct mz_column heads[] = {
        { "policy", mz_sim_page_say(page, MZ_SAY_SIM_POLICY), NULL, MZ_COLUMN_FIXED },
        { "failures", mz_sim_page_say(page, MZ_SAY_SIM_FAILURES), NULL, MZ_COLUMN_NUMBER },
        { "interruptions", mz_sim_page_say(page, MZ_SAY_SIM_INTERRUPTIONS), NULL,
            MZ_COLUMN_NUMBER },
        { "preemptions", mz_sim_page_say(page, MZ_SAY_SIM_PREEMPTIONS), NULL, MZ_COLUMN_NUMBER },
        { "lost_chip_hours", mz_sim_page_say(page, MZ_SAY_SIM_LOST), "chip-h", MZ_COLUMN_NUMBER },
        { "checkpoint_chip_hours", mz_sim_page_say(page, MZ_SAY_SIM_CHECKPOINTS), "chip-h",
            MZ_COLUMN_NUMBER },
        { "used_chip_hours", mz_sim_page_say(page, MZ_SAY_SIM_USED_HOURS), "chip-h",
            MZ_COLUMN_NUMBER },
        { "goodput", mz_sim_page_say(page, MZ_SAY_SIM_GOODPUT), NULL, MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    mz_table_init(&table, page->arena, heads, sizeof(heads) / sizeof(heads[0]));
    for (int32_t i = 0; i < page->set->count; i++)
        add_failure_row(&table, page, i);
    mz_sim_page_open(page, "failures", MZ_SAY_SIM_P_FAILURES,
        mz_sim_page_fill(page, MZ_SAY_SIM_FAIL_HEAD,
            MZ_ARGS(mz_sim_page_count(page, (double)best->failures),
                mz_sim_page_count(page, (double)best->interruptions), page->run_names[run],
                mz_sim_page_percent(page, share(best->lost_chip_hours, best->used_chip_hours)))),
        mz_sim_page_fill(page, MZ_SAY_SIM_FAIL_SUB, MZ_NO_ARGS));
    write_failure_bars(page, &table);
    mz_sim_page_note_drawn(page);
    mz_html_section_close(&page->html);
}

/* Contracts */

bool mz_sim_panel_contracts_has(const struct mz_sim_page *page)
{
    return page->best >= 0 && mz_sim_page_best(page)->contract_count > 0;
}

static const char *contracts_headline(const struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    double committed = 0;
    double met = 0;
    double drawn = 0;

    for (int32_t c = 0; c < best->contract_count; c++) {
        const struct mz_sim_contract *contract = &best->contracts[c];
        double ours = isfinite(contract->drawn_usd) ? contract->drawn_usd : 0;

        drawn += ours;
        if (contract->commit_usd > 0) {
            committed += contract->commit_usd;
            met += fmin(ours, contract->commit_usd);
        }
    }
    if (committed > 0)
        return mz_sim_page_fill(page, MZ_SAY_SIM_MONEY_HEAD,
            MZ_ARGS(page->run_names[page->best], mz_sim_page_usd(page, met),
                mz_sim_page_usd(page, committed), mz_sim_page_percent(page, met / committed)));
    return mz_sim_page_fill(page, MZ_SAY_SIM_MONEY_FREE,
        MZ_ARGS(page->run_names[page->best], mz_sim_page_usd(page, drawn)));
}

static struct mz_chart_bar contract_bar(
    const struct mz_sim_page *page, const struct mz_sim_contract *contract)
{
    double drawn = contract->drawn_usd;
    bool committed = contract->commit_usd > 0;
    const char *text = committed
        ? mz_sim_page_fill_plain(page, MZ_SAY_SIM_MONEY_BAR,
              MZ_ARGS(mz_sim_page_usd(page, drawn), mz_sim_page_usd(page, contract->commit_usd),
                  mz_sim_page_percent(page, drawn / contract->commit_usd)))
        : mz_sim_page_fill_plain(
              page, MZ_SAY_SIM_MONEY_BAR_FREE, MZ_ARGS(mz_sim_page_usd(page, drawn)));

    return (struct mz_chart_bar){ .name = mz_sim_page_name(page, contract->name),
        .color = MZ_COLOR_ACCENT,
        .value = isfinite(drawn) ? drawn : 0,
        .whole = committed ? contract->commit_usd : NAN,
        .mark = NAN,
        .text = text };
}

/* Drawn under each of the runs that are shown; they have the same contracts in the same order. */
static struct mz_table *contracts_table(const struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    struct mz_table *table = mz_arena_alloc(page->arena, 1, sizeof(*table));
    struct mz_column *heads = mz_arena_alloc(page->arena, MZ_SIM_RUN_SHOWN_MAX + 2, sizeof(*heads));

    heads[0] = (struct mz_column){ "contract", mz_sim_page_say(page, MZ_SAY_CONTRACT), NULL,
        MZ_COLUMN_FIXED };
    heads[1] = (struct mz_column){ "commit_usd", mz_sim_page_say(page, MZ_SAY_SIM_COMMITTED), NULL,
        MZ_COLUMN_NUMBER };
    for (int32_t i = 0; i < page->shown_count; i++) {
        const char *name = page->run_names[page->shown[i]];

        heads[i + 2] = (struct mz_column){ mz_arena_printf(page->arena, "drawn_usd_%s", name),
            mz_sim_page_fill_plain(page, MZ_SAY_SIM_DRAWN_UNDER, MZ_ARGS(name)), NULL,
            MZ_COLUMN_NUMBER };
    }
    mz_table_init(table, page->arena, heads, page->shown_count + 2);
    for (int32_t c = 0; c < best->contract_count && c < CONTRACT_COUNT_MAX; c++) {
        double commit = best->contracts[c].commit_usd;

        commit = commit > 0 ? commit : NAN;
        mz_table_add(table, mz_sim_page_name(page, best->contracts[c].name));
        mz_table_add_value(table, commit, 2, mz_sim_page_usd(page, commit));
        for (int32_t i = 0; i < page->shown_count; i++) {
            const struct mz_sim_result *result = mz_sim_page_run(page, page->shown[i]);
            double drawn =
                c < result->contract_count ? result->contracts[c].drawn_usd : (double)NAN;

            mz_table_add_value(table, drawn, 2, mz_sim_page_usd(page, drawn));
        }
    }
    return table;
}

void mz_sim_panel_contracts_write(struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    struct mz_chart_bar bars[CONTRACT_COUNT_MAX];
    const char *title = mz_sim_page_say(page, MZ_SAY_SIM_P_CONTRACTS);
    struct mz_chart chart;
    double spent = 0;
    int32_t count = 0;

    for (int32_t p = 0; p < best->partner_count; p++)
        spent += isfinite(best->partners[p].spent_usd) ? best->partners[p].spent_usd : 0;
    for (int32_t c = 0; c < best->contract_count && count < CONTRACT_COUNT_MAX; c++)
        bars[count++] = contract_bar(page, &best->contracts[c]);
    mz_sim_page_open(page, "contracts", MZ_SAY_SIM_P_CONTRACTS, contracts_headline(page),
        mz_sim_page_fill(page, MZ_SAY_SIM_MONEY_SUB, MZ_ARGS(mz_sim_page_usd(page, spent))));
    chart = mz_sim_page_figure(page, "contract-bars", title, title, "", 0);
    mz_chart_bars_draw(&chart, bars, count);
    mz_html_figure_close(&page->html, contracts_table(page), "contracts");
    if (count < best->contract_count)
        mz_html_paragraph(&page->html, "note",
            mz_sim_page_fill(page, MZ_SAY_SIM_CONTRACTS_SOME,
                MZ_ARGS(mz_sim_page_count(page, count),
                    mz_sim_page_count(page, best->contract_count))));
    mz_html_section_close(&page->html);
}

/* Teams */

struct teams {
    int32_t count; /* drawn */
    int32_t order[TEAM_COUNT_MAX];
    double hours; /* of all */
};

bool mz_sim_panel_teams_has(const struct mz_sim_page *page)
{
    return page->best >= 0 && mz_sim_page_best(page)->team_count > 1;
}

/* The largest by chip-hours; ties as they come. */
static void order_teams(const struct mz_sim_result *result, struct teams *teams)
{
    *teams = (struct teams){ 0 };
    for (int32_t t = 0; t < result->team_count; t++) {
        double ours = result->team_chip_hours[t];
        int32_t place = teams->count;

        teams->hours += isfinite(ours) ? ours : 0;
        while (place > 0 && ours > result->team_chip_hours[teams->order[place - 1]])
            place--;
        if (place == TEAM_COUNT_MAX)
            continue;
        if (teams->count < TEAM_COUNT_MAX)
            teams->count++;
        memmove(&teams->order[place + 1], &teams->order[place],
            sizeof(teams->order[0]) * (size_t)(teams->count - 1 - place));
        teams->order[place] = t;
    }
}

static const char *teams_headline(const struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    int32_t least = -1;
    int32_t most = -1;

    for (int32_t t = 0; t < best->team_count; t++) {
        double wait = best->team_avg_queue_s[t];

        if (!isfinite(wait))
            continue;
        least = least < 0 || wait < best->team_avg_queue_s[least] ? t : least;
        most = most < 0 || wait > best->team_avg_queue_s[most] ? t : most;
    }
    if (least < 0)
        return mz_sim_page_fill(page, MZ_SAY_SIM_H1_NONE, MZ_NO_ARGS);
    return mz_sim_page_fill(page, MZ_SAY_SIM_TEAMS_HEAD,
        MZ_ARGS(page->run_names[page->best], mz_sim_page_name(page, best->team_names[most]),
            mz_sim_page_duration(page, best->team_avg_queue_s[most]),
            mz_sim_page_name(page, best->team_names[least]),
            mz_sim_page_duration(page, best->team_avg_queue_s[least])));
}

/* A team's wait in another run: the team with the same name, which mostly has the same index. */
static double wait_in(const struct mz_sim_result *result, const char *name, int32_t hint)
{
    if (hint < result->team_count && strcmp(result->team_names[hint], name) == 0)
        return result->team_avg_queue_s[hint];
    for (int32_t t = 0; t < result->team_count; t++) {
        if (strcmp(result->team_names[t], name) == 0)
            return result->team_avg_queue_s[t];
    }
    return NAN;
}

static struct mz_table *teams_table(const struct mz_sim_page *page, const struct teams *teams)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    struct mz_table *table = mz_arena_alloc(page->arena, 1, sizeof(*table));
    struct mz_column *heads = mz_arena_alloc(page->arena, MZ_SIM_RUN_SHOWN_MAX + 2, sizeof(*heads));

    heads[0] =
        (struct mz_column){ "team", mz_sim_page_say(page, MZ_SAY_SIM_TEAM), NULL, MZ_COLUMN_FIXED };
    heads[1] = (struct mz_column){ "used_chip_hours", mz_sim_page_say(page, MZ_SAY_SIM_CHIP_HOURS),
        NULL, MZ_COLUMN_NUMBER };
    for (int32_t i = 0; i < page->shown_count; i++) {
        const char *name = page->run_names[page->shown[i]];

        heads[i + 2] = (struct mz_column){ mz_arena_printf(page->arena, "avg_queue_s_%s", name),
            mz_sim_page_fill_plain(page, MZ_SAY_SIM_WAIT_UNDER, MZ_ARGS(name)), NULL,
            MZ_COLUMN_NUMBER };
    }
    mz_table_init(table, page->arena, heads, page->shown_count + 2);
    for (int32_t n = 0; n < teams->count; n++) {
        int32_t t = teams->order[n];

        mz_table_add(table, mz_sim_page_name(page, best->team_names[t]));
        mz_table_add_number(table, best->team_chip_hours[t], 1);
        for (int32_t i = 0; i < page->shown_count; i++) {
            double wait = wait_in(mz_sim_page_run(page, page->shown[i]), best->team_names[t], t);

            mz_table_add_value(table, wait, 2, mz_sim_page_duration(page, wait));
        }
    }
    return table;
}

void mz_sim_panel_teams_write(struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    struct mz_chart_bar bars[TEAM_COUNT_MAX];
    const char *title = mz_sim_page_say(page, MZ_SAY_SIM_P_TEAMS);
    struct mz_chart chart;
    struct teams teams;

    order_teams(best, &teams);
    for (int32_t n = 0; n < teams.count; n++) {
        int32_t t = teams.order[n];
        double wait = best->team_avg_queue_s[t];

        bars[n] = (struct mz_chart_bar){ .name = mz_sim_page_name(page, best->team_names[t]),
            .color = MZ_COLOR_ACCENT,
            .value = isfinite(wait) ? wait : 0,
            .whole = NAN,
            .mark = NAN,
            .text = mz_sim_page_fill_plain(page, MZ_SAY_SIM_TEAMS_BAR,
                MZ_ARGS(mz_sim_page_duration(page, wait),
                    mz_sim_page_percent(page, share(best->team_chip_hours[t], teams.hours)))) };
    }
    mz_sim_page_open(page, "teams", MZ_SAY_SIM_P_TEAMS, teams_headline(page),
        mz_sim_page_fill(page, MZ_SAY_SIM_TEAMS_SUB, MZ_NO_ARGS));
    chart = mz_sim_page_figure(page, "team-bars", title, title, "", 0);
    mz_chart_bars_draw(&chart, bars, teams.count);
    mz_html_figure_close(&page->html, teams_table(page, &teams), "teams");
    if (teams.count < best->team_count)
        mz_html_paragraph(&page->html, "note",
            mz_sim_page_fill(page, MZ_SAY_SIM_TEAMS_SOME,
                MZ_ARGS(mz_sim_page_count(page, teams.count),
                    mz_sim_page_count(page, best->team_count))));
    mz_html_section_close(&page->html);
}
