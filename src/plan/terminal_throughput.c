/* terminal_throughput.c - throughputs that room size computed, beside the plan that used them */
#include "plan/terminal.h"

#include <math.h>

/* On a terminal the commands are long lines that say little new: with -o wide, or in the pipe. */
static bool has_source(const struct mz_terminal *terminal)
{
    return terminal->wide || !terminal->is_terminal;
}

static void add_row(const struct mz_terminal *terminal, const struct mz_scenario *scenario,
    const struct mz_assumption *assumption, struct mz_table *table)
{
    const struct mz_sized *sized = assumption->sized;
    bool fits = sized->layout != NULL;

    mz_table_add(table, scenario->workloads[sized->workload].name);
    mz_table_add(table, scenario->chips[sized->chip].name);
    mz_table_add_number(table, fits ? sized->tokens_per_s_per_chip : (double)NAN,
        sized->tokens_per_s_per_chip < 1000 ? 1 : 0);
    mz_table_add_number(table, fits ? 100 * sized->error_band : (double)NAN, 0);
    mz_table_add(table, fits ? sized->layout : "left out");
    if (!fits)
        mz_table_look(table, MZ_CELL_WARN);
    if (has_source(terminal))
        mz_table_add(table, assumption->source);
}

void mz_terminal_throughputs(
    const struct mz_terminal *terminal, const struct mz_scenario *scenario, struct mz_text *out)
{
    static const struct mz_column columns[] = {
        { "workload", "WORKLOAD", NULL, MZ_COLUMN_FIXED },
        { "chip", "CHIP", NULL, MZ_COLUMN_FIXED },
        { "tokens_per_s_per_chip", "TOKENS", "/s/chip", MZ_COLUMN_NUMBER },
        { "error_band_percent", "BAND", "±%", MZ_COLUMN_NUMBER },
        { "layout", "LAYOUT", NULL, MZ_COLUMN_TEXT },
        { "source", "SOURCE", NULL, MZ_COLUMN_TEXT },
    };
    struct mz_table table;

    mz_table_init(&table, terminal->arena, columns, has_source(terminal) ? 6 : 5);
    for (int32_t i = 0; i < scenario->assumption_count; i++) {
        if (scenario->assumptions[i].sized)
            add_row(terminal, scenario, &scenario->assumptions[i], &table);
    }
    if (mz_table_row_count(&table) == 0)
        return;
    if (terminal->is_terminal)
        mz_text_addf(out,
            "Assumed throughputs, by 'mizan size'; four of five unseen runs lie in the band%s\n",
            terminal->wide ? "" : " (commands: -o wide)");
    mz_terminal_table(terminal, &table, "throughputs", out);
}
