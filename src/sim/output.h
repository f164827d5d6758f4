/* output.h - results of simulations for people and programs
 *
 * Several results of one trace and fleet, one row or object a policy. The table is report/table.h's
 * and is written by the caller to a terminal or a pipe. JSON is the `data` of the envelope: an array
 * with one object a policy; keys as in sim.h, hash as 16 hex digits. The page is one file of HTML:
 * docs/placement.md, "The report". A synthetic trace is called so in each of them.
 */
#ifndef MZ_SIM_OUTPUT_H
#define MZ_SIM_OUTPUT_H

#include "base/text.h"
#include "report/language.h"
#include "report/table.h"
#include "sim/packing.h"
#include "sim/sim.h"
#include "sim/tune.h"

#include <jansson.h>
#include <stdio.h>

struct mz_sim_run_set {
    const char *fleet_text;       /* "12 x 8 chips", "fleet.yaml: 3,412 nodes, 27,296 chips" */
    const struct mz_fleet *fleet; /* of the first run: names */
    const struct mz_trace *trace;
    int32_t count;
    const struct mz_sim_result *const *results;
    const struct mz_sim_options *options;
};

/* Policy, avg/p99 JCT, avg/p99 queue, makespan, utilisation, goodput, preemptions, lost chip-hours.
 * Columns without meaning for all rows (no failures, no preemption) are left out. */
void mz_sim_fill_table(
    struct mz_arena *arena, const struct mz_sim_run_set *set, struct mz_table *ret_table);

/* One line on what was simulated, for stderr: jobs, fleet, span, offered load, "synthetic". */
const char *mz_sim_summary(struct mz_arena *arena, const struct mz_sim_run_set *set);

json_t *mz_sim_json(const struct mz_sim_run_set *set);

/* The page; `command` is what the user typed, for the appendix. */
void mz_sim_write_html(const struct mz_sim_run_set *set, enum mz_language language,
    const char *command, struct mz_text *out);

/* --pack: one row a policy (alloc at 100 and 130 %: mean, min, max), JSON with every seed. */
void mz_packing_fill_table(struct mz_arena *arena, const struct mz_packing_result *results,
    int32_t count, struct mz_table *ret_table);
json_t *mz_packing_json(const struct mz_packing_result *results, int32_t count);

/* --tune TRIALS: the built-in weights and the tuned ones, on both halves. */
void mz_tune_fill_table(
    struct mz_arena *arena, const struct mz_tune_result *result, struct mz_table *ret_table);
json_t *mz_tune_json(struct mz_arena *arena, const struct mz_tune_result *result);

/* --events: a sink that writes CSV to a stream: header, then
 * time_us,seq,event,job,attempt,partner,site,node,chips_milli,until_us,reason. Names of the trace,
 * the line number where a job has none. finish reports the first write error. */
struct mz_events_csv;
struct mz_events_csv *mz_events_csv_create(
    FILE *stream, const struct mz_fleet *fleet, const struct mz_trace *trace);
const struct mz_sim_sink *mz_events_csv_sink(struct mz_events_csv *csv);
enum mz_status mz_events_csv_finish(struct mz_events_csv *csv, struct mz_error *err); /* frees */

#endif
