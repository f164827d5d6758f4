/* terminal.h - a plan as text: the first block, the tables, what binds, why it is impossible
 *
 * On a terminal aligned and with marks; otherwise the same tables tab-separated under `#contracts`
 * and `#years`, nothing cut. Order: status, cost, service, power, cash - then contracts, years, what
 * binds, throughputs that were assumed - then comparisons.
 */
#ifndef MZ_PLAN_TERMINAL_H
#define MZ_PLAN_TERMINAL_H

#include "base/arena.h"
#include "base/text.h"
#include "plan/compare.h"
#include "plan/result.h"
#include "report/table.h"

struct mz_terminal {
    struct mz_arena *arena;
    bool is_terminal;
    bool colour;
    bool no_header;
    bool wide; /* -o wide: reservation price, due, kind */
    int32_t width;
};

/* Dollars in one unit of a table, and its name: $B, $M or $k by the size of the plan. */
double mz_terminal_usd_unit(const struct mz_plan_result *result, const char **ret_name);

/* One table in the form that the terminal asks for; `name` stands before it in a pipe. */
void mz_terminal_table(const struct mz_terminal *terminal, const struct mz_table *table,
    const char *name, struct mz_text *out);

void mz_terminal_plan(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out);
void mz_terminal_whatifs(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_comparisons *comparisons, struct mz_text *out);
void mz_terminal_comparisons(const struct mz_terminal *terminal, const struct mz_plan_result *base,
    const struct mz_comparisons *comparisons, struct mz_text *out);
/* What room size said of workloads on chips; nothing when the file states every throughput. */
void mz_terminal_throughputs(
    const struct mz_terminal *terminal, const struct mz_scenario *scenario, struct mz_text *out);
void mz_terminal_infeasible(
    const struct mz_terminal *terminal, const struct mz_plan_result *result, struct mz_text *out);

#endif
