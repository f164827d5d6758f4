/* output_table.c - results of simulations as a table, and as one line
 * A column is left out when it would say the same nothing in every row: no failures, no preemption,
 * no deadline, one seed. Text is for people, the number behind it is exact (report/table.h). */
#include "sim/output.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

enum column {
    POLICY,
    TRACE,
    STATE,
    SEED,
    JOBS,
    AVG_JCT,
    P99_JCT,
    AVG_QUEUE,
    P99_QUEUE,
    MAKESPAN,
    UTILISATION,
    GOODPUT,
    PREEMPTIONS,
    LOST,
    DEADLINES,
    DROPPED,
    UNFINISHED,
    COLUMN_COUNT
};

static const struct mz_column all_columns[COLUMN_COUNT] = {
    [POLICY] = { "policy", "POLICY", NULL, MZ_COLUMN_FIXED },
    [TRACE] = { "trace_kind", "TRACE", NULL, MZ_COLUMN_FIXED },
    [STATE] = { "complete", "COMPLETE", NULL, MZ_COLUMN_FIXED },
    [SEED] = { "seed", "SEED", NULL, MZ_COLUMN_FIXED },
    [JOBS] = { "jobs", "JOBS", NULL, MZ_COLUMN_NUMBER },
    [AVG_JCT] = { "avg_jct_s", "AVG JCT", "s", MZ_COLUMN_NUMBER },
    [P99_JCT] = { "p99_jct_s", "P99 JCT", "s", MZ_COLUMN_NUMBER },
    [AVG_QUEUE] = { "avg_queue_s", "AVG QUEUE", "s", MZ_COLUMN_NUMBER },
    [P99_QUEUE] = { "p99_queue_s", "P99 QUEUE", "s", MZ_COLUMN_NUMBER },
    [MAKESPAN] = { "makespan_s", "MAKESPAN", "s", MZ_COLUMN_NUMBER },
    [UTILISATION] = { "utilisation", "USED", "%", MZ_COLUMN_NUMBER },
    [GOODPUT] = { "goodput", "GOODPUT", "%", MZ_COLUMN_NUMBER },
    [PREEMPTIONS] = { "preemptions", "PREEMPTED", NULL, MZ_COLUMN_NUMBER },
    [LOST] = { "lost_chip_hours", "LOST", "chip-h", MZ_COLUMN_NUMBER },
    [DEADLINES] = { "deadlines_met", "DEADLINES", "met", MZ_COLUMN_FIXED },
    [DROPPED] = { "dropped", "DROPPED", NULL, MZ_COLUMN_NUMBER },
    [UNFINISHED] = { "unfinished", "UNFINISHED", NULL, MZ_COLUMN_NUMBER },
};

/* Does this row have something to say in a column that may be left out? */
static bool says(const struct mz_sim_run_set *set, int32_t row, enum column column)
{
    const struct mz_sim_result *result = set->results[row];
    const struct mz_sim_result *first = set->results[0];

    switch (column) {
    case POLICY:
    case AVG_JCT:
    case P99_JCT:
    case AVG_QUEUE:
    case P99_QUEUE:
    case MAKESPAN:
    case UTILISATION: return true;
    case TRACE: return set->trace->synthetic;
    case STATE: return !result->is_complete;
    case SEED: return result->seed != first->seed;
    case JOBS: return result->jobs != first->jobs;
    case GOODPUT: return isfinite(result->goodput) && result->goodput < 1;
    case PREEMPTIONS: return result->preemptions > 0;
    case LOST: return result->lost_chip_hours > 0;
    case DEADLINES: return result->deadline_count > 0;
    case DROPPED: return result->dropped > 0;
    case UNFINISHED: return result->unfinished > 0;
    case COLUMN_COUNT: break;
    }
    return false;
}

static void add_percent(struct mz_table *table, double fraction)
{
    char buffer[MZ_NUMBER_MAX];

    mz_table_add_value(table, fraction, 6, mz_format_fixed(buffer, fraction * 100, 1));
}

static void add_cell(struct mz_table *table, const struct mz_sim_result *result, enum column column)
{
    char buffer[2 * MZ_NUMBER_MAX];

    switch (column) {
    case POLICY: mz_table_add(table, result->policy); break;
    case TRACE: mz_table_add(table, "synthetic"); break;
    case STATE:
        mz_table_add_look(table, result->is_complete ? "yes" : "no",
            result->is_complete ? MZ_CELL_PLAIN : MZ_CELL_WARN);
        break;
    case SEED:
        (void)snprintf(buffer, sizeof(buffer), "%" PRIu64, result->seed);
        mz_table_add(table, buffer);
        break;
    case JOBS: mz_table_add_number(table, (double)result->jobs, 0); break;
    case AVG_JCT: mz_table_add_number(table, result->avg_jct_s, 2); break;
    case P99_JCT: mz_table_add_number(table, result->p99_jct_s, 0); break;
    case AVG_QUEUE: mz_table_add_number(table, result->avg_queue_s, 2); break;
    case P99_QUEUE: mz_table_add_number(table, result->p99_queue_s, 0); break;
    case MAKESPAN: mz_table_add_number(table, result->makespan_s, 0); break;
    case UTILISATION: add_percent(table, result->utilisation); break;
    case GOODPUT: add_percent(table, result->goodput); break;
    case PREEMPTIONS: mz_table_add_number(table, (double)result->preemptions, 0); break;
    case LOST: mz_table_add_number(table, result->lost_chip_hours, 1); break;
    case DEADLINES:
        (void)snprintf(buffer, sizeof(buffer), "%" PRId64 " of %" PRId64, result->deadline_met,
            result->deadline_count);
        mz_table_add(table, buffer);
        break;
    case DROPPED: mz_table_add_number(table, (double)result->dropped, 0); break;
    case UNFINISHED: mz_table_add_number(table, (double)result->unfinished, 0); break;
    case COLUMN_COUNT: assert(column != COLUMN_COUNT); break;
    }
}

void mz_sim_fill_table(
    struct mz_arena *arena, const struct mz_sim_run_set *set, struct mz_table *ret_table)
{
    struct mz_column *heads = mz_arena_alloc(arena, COLUMN_COUNT, sizeof(*heads));
    enum column shown[COLUMN_COUNT];
    int32_t count = 0;

    for (int32_t c = 0; c < COLUMN_COUNT; c++) {
        bool any = c == POLICY;

        for (int32_t i = 0; i < set->count && !any; i++)
            any = says(set, i, (enum column)c);
        if (!any)
            continue;
        heads[count] = all_columns[c];
        shown[count++] = (enum column)c;
    }
    mz_table_init(ret_table, arena, heads, count);
    for (int32_t i = 0; i < set->count; i++) {
        for (int32_t c = 0; c < count; c++)
            add_cell(ret_table, set->results[i], shown[c]);
    }
}

/* Chip-seconds asked for against those there are from the first to the last submission. */
static double offered_load(const struct mz_sim_run_set *set, double span_s)
{
    double asked = 0;

    for (int64_t i = 0; i < set->trace->job_count; i++) {
        const struct mz_trace_job *job = &set->trace->jobs[i];

        if (job->run_us > 0)
            asked += (double)job->chips * job->chip_milli / MZ_MILLI * ((double)job->run_us / 1e6);
    }
    return span_s > 0 && set->fleet->chip_total > 0
        ? asked / ((double)set->fleet->chip_total * span_s)
        : NAN;
}

/* From the first to the last submission; jobs are sorted by it. NAN without times. */
static double submit_span_s(const struct mz_trace *trace)
{
    if (trace->job_count == 0 || trace->jobs[0].submit_us < 0)
        return NAN;
    return (double)(trace->jobs[trace->job_count - 1].submit_us - trace->jobs[0].submit_us) / 1e6;
}

static void add_span(struct mz_text *text, double span_s)
{
    char buffer[MZ_NUMBER_MAX];
    bool days = span_s >= 172800;

    if (isfinite(span_s))
        mz_text_addf(text, " over %s %s",
            mz_format_fixed(buffer, span_s / (days ? 86400 : 3600), 1), days ? "days" : "hours");
}

const char *mz_sim_summary(struct mz_arena *arena, const struct mz_sim_run_set *set)
{
    const struct mz_trace *trace = set->trace;
    struct mz_text text = { 0 };
    char number[MZ_NUMBER_MAX];
    double span_s = submit_span_s(trace);
    double load = offered_load(set, span_s);
    char *printable;
    const char *name = trace->name ? trace->name : "-";

    if (trace->synthetic)
        mz_text_addf(&text, "SYNTHETIC trace '%s': ", name);
    else
        mz_text_addf(&text, "%s trace '%s': ", mz_trace_kind_name(trace->kind), name);
    mz_text_addf(&text, "%s job%s", mz_format_fixed(number, (double)trace->job_count, 0),
        trace->job_count == 1 ? "" : "s");
    add_span(&text, span_s);
    mz_text_addf(&text, " on %s", set->fleet_text ? set->fleet_text : "-");
    if (isfinite(load))
        mz_text_addf(&text, ", offered load %s", mz_format_percent(number, load, 1));
    if (trace->skipped_count > 0)
        mz_text_addf(
            &text, "; %s rows skipped", mz_format_fixed(number, (double)trace->skipped_count, 0));
    if (trace->synthetic && trace->synthetic_source)
        mz_text_addf(&text, "; source: %s", trace->synthetic_source);
    printable = mz_arena_alloc(arena, 1, text.length + 1);
    mz_text_printable(printable, text.length + 1, mz_text_string(&text));
    mz_text_finish(&text);
    return printable;
}

/* --pack */

struct spread {
    double mean;
    double min;
    double max;
};

static struct spread spread_of(const struct mz_packing_result *result, bool at_100)
{
    struct spread spread = { 0, NAN, NAN };

    for (int32_t i = 0; i < result->seed_count; i++) {
        double value =
            at_100 ? result->seeds[i].alloc_at_100_percent : result->seeds[i].alloc_at_130_percent;

        spread.mean += value / result->seed_count;
        spread.min = fmin(spread.min, value); /* ignores the NAN of the start */
        spread.max = fmax(spread.max, value);
    }
    if (result->seed_count == 0)
        spread.mean = NAN;
    return spread;
}

static void add_allocated(struct mz_table *table, double fraction)
{
    char buffer[MZ_NUMBER_MAX];

    mz_table_add_value(table, fraction, 6, mz_format_fixed(buffer, fraction * 100, 2));
}

void mz_packing_fill_table(struct mz_arena *arena, const struct mz_packing_result *results,
    int32_t count, struct mz_table *ret_table)
{
    double tune = count > 0 ? results[0].tune : 1.3;
    const char *unit = mz_arena_printf(arena, "%% at %.0f%%", tune * 100);
    const struct mz_column heads[] = {
        { "policy", "POLICY", NULL, MZ_COLUMN_FIXED },
        { "seeds", "SEEDS", NULL, MZ_COLUMN_NUMBER },
        { "alloc_at_100_percent_mean", "ALLOCATED", "% at 100%", MZ_COLUMN_NUMBER },
        { "alloc_at_100_percent_min", "MIN", NULL, MZ_COLUMN_NUMBER },
        { "alloc_at_100_percent_max", "MAX", NULL, MZ_COLUMN_NUMBER },
        { "alloc_at_130_percent_mean", "ALLOCATED", unit, MZ_COLUMN_NUMBER },
        { "alloc_at_130_percent_min", "MIN", NULL, MZ_COLUMN_NUMBER },
        { "alloc_at_130_percent_max", "MAX", NULL, MZ_COLUMN_NUMBER },
        { "dropped_mean", "DROPPED", "pods", MZ_COLUMN_NUMBER },
    };
    enum { HEAD_COUNT = sizeof(heads) / sizeof(heads[0]) };
    struct mz_column *columns = mz_arena_alloc(arena, HEAD_COUNT, sizeof(*columns));

    for (int32_t c = 0; c < HEAD_COUNT; c++)
        columns[c] = heads[c];
    mz_table_init(ret_table, arena, columns, HEAD_COUNT);
    for (int32_t i = 0; i < count; i++) {
        const struct mz_packing_result *result = &results[i];
        double dropped = 0;

        for (int32_t s = 0; s < result->seed_count; s++)
            dropped += (double)result->seeds[s].dropped_count / result->seed_count;
        mz_table_add(ret_table, mz_pack_policy_name(result->policy));
        mz_table_add_number(ret_table, result->seed_count, 0);
        for (int32_t at_100 = 1; at_100 >= 0; at_100--) {
            struct spread spread = spread_of(result, at_100 == 1);

            add_allocated(ret_table, spread.mean);
            add_allocated(ret_table, spread.min);
            add_allocated(ret_table, spread.max);
        }
        mz_table_add_number(ret_table, dropped, 0);
    }
}
