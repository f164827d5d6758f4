/* panel_commitment.c - panel 4: are we going to pay for what we do not use? */
#include "plan/panel_list.h"

#include "report/chart_bar.h"
#include "report/chart_multiples.h"

#include <math.h>

struct committed { /* one contract with a commitment */
    const struct mz_contract_result *contract;
    const char *name;
    int32_t color;
    double *cumulative; /* billions, end of period */
    double *due;
    int32_t reached; /* period in which the floor is reached; -1 */
};

static int32_t collect(const struct mz_panels *panels, struct committed *list)
{
    const struct mz_plan_result *result = panels->result;
    int32_t count = 0;

    for (int32_t g = 0; g < result->contract_count; g++) {
        const struct mz_contract_result *contract = &result->contracts[g];
        const struct mz_contract *terms = &panels->scenario->contracts[contract->contract];
        struct committed *one = &list[count];
        double sum = 0;

        if (!(contract->commit_usd > 0) || count == MZ_TABLE_COLUMN_COUNT_MAX / 2 - 1)
            continue;
        *one = (struct committed){ contract, terms->name,
            mz_panel_partner_color(panels, terms->partner), mz_panel_series(panels),
            mz_panel_series(panels), -1 };
        for (int32_t t = 0; t < panels->period_count; t++) {
            sum += contract->spend_usd[t];
            one->cumulative[t] = sum / 1e9;
            one->due[t] = contract->due_usd / 1e9;
            if (one->reached < 0 && sum >= contract->due_usd - 0.5)
                one->reached = t;
        }
        count++;
    }
    return count;
}

static const char *headline(
    const struct mz_panels *panels, const struct committed *list, int32_t count)
{
    double sum = 0;
    int32_t worst = 0;

    for (int32_t i = 0; i < count; i++) {
        double short_usd = list[i].contract->short_total_usd;

        sum += short_usd;
        worst = short_usd > list[worst].contract->short_total_usd ? i : worst;
    }
    if (sum < 0.5e6)
        return mz_panel_fill(panels, MZ_SAY_COM_ALL_USED, MZ_NO_ARGS);
    return mz_panel_fill(
        panels, MZ_SAY_COM_SHORT, MZ_ARGS(mz_panel_usd(panels, sum), list[worst].name));
}

static const char *bar_text(
    const struct mz_panels *panels, const struct mz_contract_result *contract)
{
    const char *spent = mz_panel_usd(panels, contract->spend_total_usd);
    const char *commit = mz_panel_usd(panels, contract->commit_usd);

    if (contract->short_total_usd >= 0.5e6)
        return mz_panel_fill_plain(panels, MZ_SAY_COM_TEXT_SHORT,
            MZ_ARGS(spent, commit, mz_panel_usd(panels, contract->short_total_usd)));
    if (!(contract->due_usd > 0))
        return mz_panel_fill_plain(panels, MZ_SAY_COM_TEXT_FREE, MZ_ARGS(spent, commit));
    return mz_panel_fill_plain(
        panels, MZ_SAY_COM_TEXT, MZ_ARGS(spent, commit, mz_panel_usd(panels, contract->due_usd)));
}

static void write_bars(struct mz_panels *panels, const struct committed *list, int32_t count)
{
    struct mz_chart_bar *bars = mz_arena_alloc(panels->arena, (size_t)count, sizeof(*bars));
    const struct mz_column columns[] = {
        { "contract", mz_panel_say(panels, MZ_SAY_CONTRACT), NULL, MZ_COLUMN_FIXED },
        { "spent_busd", mz_panel_say(panels, MZ_SAY_COM_SPENT), "$B", MZ_COLUMN_NUMBER },
        { "commit_busd", mz_panel_say(panels, MZ_SAY_DEC_COMMIT), "$B", MZ_COLUMN_NUMBER },
        { "due_busd", mz_panel_say(panels, MZ_SAY_COM_DUE), "$B", MZ_COLUMN_NUMBER },
        { "short_busd", mz_panel_say(panels, MZ_SAY_COM_PAID_SHORT), "$B", MZ_COLUMN_NUMBER },
    };
    struct mz_table table;
    struct mz_chart chart =
        mz_panel_chart(panels, "commitments", mz_panel_say(panels, MZ_SAY_P_COMMITMENT),
            mz_panel_fill_plain(panels, MZ_SAY_COM_SUB, MZ_NO_ARGS), "", 0);

    mz_table_init(&table, panels->arena, columns, 5);
    for (int32_t i = 0; i < count; i++) {
        const struct mz_contract_result *contract = list[i].contract;
        bool is_short = contract->short_total_usd >= 0.5e6;

        bars[i] = (struct mz_chart_bar){ .name = list[i].name,
            .color = list[i].color,
            .value = contract->spend_total_usd,
            .whole = contract->commit_usd,
            .mark = contract->due_usd > 0 ? contract->due_usd : NAN,
            .is_warning = is_short,
            .text = bar_text(panels, contract) };
        mz_table_add(&table, list[i].name);
        mz_table_add_number(&table, contract->spend_total_usd / 1e9, 2);
        mz_table_add_number(&table, contract->commit_usd / 1e9, 2);
        mz_table_add_number(&table, contract->due_usd / 1e9, 2);
        mz_table_add_number(&table, contract->short_total_usd / 1e9, 2);
    }
    mz_panel_figure(panels, &chart);
    mz_chart_bars_draw(&chart, bars, count);
    mz_html_figure_close(&panels->html, &table, "commitments");
}

static void write_cumulative(struct mz_panels *panels, const struct committed *list, int32_t count)
{
    struct mz_chart_cell *cells = mz_arena_alloc(panels->arena, (size_t)count, sizeof(*cells));
    struct mz_panel_column *columns =
        mz_arena_alloc(panels->arena, (size_t)count * 2, sizeof(*columns));
    struct mz_chart chart =
        mz_panel_chart(panels, "draw-down", mz_panel_say(panels, MZ_SAY_COM_CUM_HEAD),
            mz_panel_fill_plain(panels, MZ_SAY_COM_CUM_SUB, MZ_NO_ARGS), "$B", 0);
    struct mz_chart_multiples multiples = { cells, 0, 4, 90, false };

    for (int32_t i = 0; i < count; i++) {
        struct mz_chart_series *lines = mz_arena_alloc(panels->arena, 2, sizeof(*lines));
        bool reached = list[i].reached >= 0;

        lines[0] = (struct mz_chart_series){ .name = list[i].name,
            .color = MZ_COLOR_TEXT,
            .look = MZ_LOOK_LIMIT,
            .values = list[i].due };
        lines[1] = (struct mz_chart_series){ .name = list[i].name,
            .color = list[i].color,
            .values = list[i].cumulative,
            .is_balance = true };
        cells[multiples.cell_count] = (struct mz_chart_cell){ .name = list[i].name,
            .figure = reached ? mz_panel_fill_plain(panels, MZ_SAY_COM_REACHED,
                                    MZ_ARGS(panels->period_names[list[i].reached]))
                              : mz_panel_say(panels, MZ_SAY_COM_NOT_REACHED),
            .is_warning = !reached,
            .lines = lines,
            .line_count = 2 };
        multiples.cell_count += list[i].contract->due_usd > 0;
        columns[i] =
            (struct mz_panel_column){ list[i].name, list[i].name, "$B", list[i].cumulative, 2 };
    }
    if (multiples.cell_count == 0)
        return;
    mz_html_heading(&panels->html, mz_panel_say(panels, MZ_SAY_COM_CUM_HEAD),
        mz_panel_fill(panels, MZ_SAY_COM_CUM_SUB, MZ_NO_ARGS));
    mz_panel_figure(panels, &chart);
    mz_chart_multiples_draw(&chart, &multiples);
    mz_html_figure_close(
        &panels->html, mz_panel_time_table(panels, columns, count, 0), "cumulative-spend");
}

void mz_panel_commitment_write(struct mz_panels *panels)
{
    struct committed *list =
        mz_arena_alloc(panels->arena, (size_t)panels->result->contract_count + 1, sizeof(*list));
    int32_t count = collect(panels, list);

    if (count == 0) {
        mz_panel_empty(panels, "commitments-panel", 4, MZ_SAY_P_COMMITMENT, MZ_SAY_COM_NONE);
        return;
    }
    mz_panel_open(panels, "commitments-panel", 4, MZ_SAY_P_COMMITMENT,
        headline(panels, list, count), mz_panel_fill(panels, MZ_SAY_COM_SUB, MZ_NO_ARGS));
    write_bars(panels, list, count);
    write_cumulative(panels, list, count);
    mz_html_section_close(&panels->html);
}
