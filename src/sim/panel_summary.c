/* panel_summary.c - which policy, how good, and the table of all of them */
#include "sim/panel.h"

#include "report/chart_bar.h"

#include <inttypes.h>
#include <math.h>

enum { TILE_COUNT_MAX = 8, BAR_COUNT_MAX = 20 };

/* How much sooner the best run finishes jobs than its rival, as a share; NAN: there is none. */
static double sooner(const struct mz_sim_page *page)
{
    double ours;
    double theirs;

    if (page->rival < 0)
        return NAN;
    ours = mz_sim_page_best(page)->avg_jct_s;
    theirs = mz_sim_page_run(page, page->rival)->avg_jct_s;
    return theirs > 0 ? 1 - ours / theirs : NAN;
}

static const char *headline(const struct mz_sim_page *page)
{
    const struct mz_sim_result *best;
    double share = sooner(page);
    const char *name;
    const char *jct;

    if (page->best < 0 || !isfinite(mz_sim_page_best(page)->avg_jct_s))
        return mz_sim_page_fill(page, MZ_SAY_SIM_H1_NONE, MZ_NO_ARGS);
    best = mz_sim_page_best(page);
    name = page->run_names[page->best];
    jct = mz_sim_page_duration(page, best->avg_jct_s);
    if (!(share >= 0)) /* one run, or the rival ended fewer jobs */
        return mz_sim_page_fill(page, MZ_SAY_SIM_H1_ONE,
            MZ_ARGS(name, jct, mz_sim_page_duration(page, best->avg_queue_s)));
    return mz_sim_page_fill(page, share < 5e-4 ? MZ_SAY_SIM_H1_EQUAL : MZ_SAY_SIM_H1_BEST,
        MZ_ARGS(name, jct, mz_sim_page_percent(page, share), page->run_names[page->rival]));
}

static const char *subtitle(const struct mz_sim_page *page)
{
    const struct mz_trace *trace = page->set->trace;
    const char *first = mz_sim_page_fill(page, MZ_SAY_SIM_H1_SUB,
        MZ_ARGS(mz_sim_page_count(page, (double)trace->job_count),
            mz_sim_page_name(page, trace->name),
            mz_sim_page_cut(page, page->set->fleet_text, 200)));

    if (page->set->count < 2)
        return first;
    return mz_arena_printf(page->arena, "%s %s", first,
        mz_sim_page_fill(page, MZ_SAY_SIM_H1_DETAIL, MZ_ARGS(page->run_names[page->best])));
}

static struct mz_html_tile jobs_tile(
    const struct mz_sim_page *page, const struct mz_sim_result *best)
{
    int64_t all = page->set->trace->job_count;
    bool good = best->jobs >= all;

    return (struct mz_html_tile){ mz_sim_page_say(page, MZ_SAY_SIM_JOBS),
        mz_sim_page_count(page, (double)best->jobs),
        mz_sim_page_fill(
            page, MZ_SAY_SIM_T_JOBS_NOTE, MZ_ARGS(mz_sim_page_count(page, (double)all))),
        good ? MZ_HTML_GOOD : MZ_HTML_WARN,
        good ? mz_sim_page_say(page, MZ_SAY_SIM_T_JOBS_GOOD)
             : mz_sim_page_fill_plain(page, MZ_SAY_SIM_T_JOBS_WARN,
                   MZ_ARGS(mz_sim_page_count(page, (double)(all - best->jobs)))) };
}

static struct mz_html_tile tile(
    const struct mz_sim_page *page, enum mz_phrase label, const char *figure, const char *note)
{
    return (struct mz_html_tile){ mz_sim_page_say(page, label), figure, note, MZ_HTML_PLAIN, NULL };
}

static void write_tiles(struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    struct mz_html_tile tiles[TILE_COUNT_MAX];
    int32_t count = 0;

    tiles[count++] = jobs_tile(page, best);
    if (sooner(page) >= 0)
        tiles[count++] = tile(page, MZ_SAY_SIM_T_BEST, mz_sim_page_percent(page, sooner(page)),
            mz_sim_page_fill(page, MZ_SAY_SIM_T_BEST_NOTE,
                MZ_ARGS(page->run_names[page->best], page->run_names[page->rival])));
    tiles[count++] = tile(page, MZ_SAY_SIM_AVG_WAIT, mz_sim_page_duration(page, best->avg_queue_s),
        mz_sim_page_fill(
            page, MZ_SAY_SIM_T_WAIT_NOTE, MZ_ARGS(mz_sim_page_duration(page, best->p50_queue_s))));
    tiles[count++] = tile(page, MZ_SAY_SIM_P99_WAIT, mz_sim_page_duration(page, best->p99_queue_s),
        mz_sim_page_fill(page, MZ_SAY_SIM_T_P99_NOTE, MZ_NO_ARGS));
    tiles[count++] =
        tile(page, MZ_SAY_SIM_UTILISATION, mz_sim_page_percent(page, best->utilisation),
            mz_sim_page_fill(page, MZ_SAY_SIM_T_USED_NOTE,
                MZ_ARGS(mz_sim_page_duration(page, best->makespan_s))));
    if (best->lost_chip_hours > 0 || best->checkpoint_chip_hours > 0)
        tiles[count++] = tile(page, MZ_SAY_SIM_GOODPUT, mz_sim_page_percent(page, best->goodput),
            mz_sim_page_fill(page, MZ_SAY_SIM_T_GOOD_NOTE,
                MZ_ARGS(mz_sim_page_count(page, best->lost_chip_hours))));
    if (best->preemptions > 0 || best->interruptions > 0)
        tiles[count++] =
            tile(page, MZ_SAY_SIM_PREEMPTIONS, mz_sim_page_count(page, (double)best->preemptions),
                mz_sim_page_fill(page, MZ_SAY_SIM_T_PREEMPT_NOTE,
                    MZ_ARGS(mz_sim_page_count(page, (double)best->interruptions))));
    mz_html_tiles(&page->html, tiles, count);
}

static void write_warning(struct mz_sim_page *page, const char *text_html)
{
    mz_html_paragraph(
        &page->html, "empty", mz_arena_printf(page->arena, "<strong>%s</strong>", text_html));
}

/* What a reader must not miss: made-up jobs, runs that were stopped, jobs that nothing can hold. */
static void write_warnings(struct mz_sim_page *page)
{
    const struct mz_trace *trace = page->set->trace;

    if (trace->synthetic && trace->synthetic_source)
        write_warning(page,
            mz_sim_page_fill(page, MZ_SAY_SIM_SYNTHETIC,
                MZ_ARGS(mz_sim_page_cut(page, trace->synthetic_source, 400))));
    else if (trace->synthetic)
        write_warning(page, mz_sim_page_fill(page, MZ_SAY_SIM_SYNTHETIC_UNKNOWN, MZ_NO_ARGS));
    for (int32_t i = 0; i < page->shown_count; i++) {
        int32_t run = page->shown[i];

        if (!mz_sim_page_run(page, run)->is_complete)
            write_warning(
                page, mz_sim_page_fill(page, MZ_SAY_SIM_STOPPED, MZ_ARGS(page->run_names[run])));
    }
    if (page->best >= 0 && mz_sim_page_best(page)->dropped > 0) {
        const struct mz_sim_result *best = mz_sim_page_best(page);

        write_warning(page,
            mz_sim_page_fill(page, MZ_SAY_SIM_NEVER_FIT,
                MZ_ARGS(mz_sim_page_count(page, (double)best->dropped),
                    mz_sim_page_job(page, best->first_dropped),
                    best->drop_reason ? mz_sim_page_cut(page, best->drop_reason, 160) : "-")));
    }
}

void mz_sim_panel_summary_write(struct mz_sim_page *page)
{
    const struct mz_trace *trace = page->set->trace;
    enum mz_phrase kicker = trace->synthetic ? MZ_SAY_SIM_TITLE_SYNTHETIC : MZ_SAY_SIM_TITLE;

    mz_html_section_open(&page->html, "summary", 1, 0,
        mz_sim_page_fill_plain(page, kicker,
            MZ_ARGS(mz_sim_page_breakable(page, mz_sim_page_name(page, trace->name)))),
        headline(page), subtitle(page));
    if (page->best >= 0)
        write_tiles(page);
    write_warnings(page);
    mz_html_section_close(&page->html);
}

/* The table */

enum column {
    POLICY,
    SEED,
    JOBS,
    AVG_JCT,
    P99_JCT,
    AVG_WAIT,
    P50_WAIT,
    P99_WAIT,
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

/* `always`: not left out when it says nothing in any row. Keys as in the JSON. */
static const struct {
    const char *key;
    enum mz_phrase title;
    enum mz_phrase below; /* the second line; MZ_PHRASE_COUNT: none */
    enum mz_column_kind kind;
    bool always;
} columns_known[COLUMN_COUNT] = {
    [POLICY] = { "policy", MZ_SAY_SIM_POLICY, MZ_PHRASE_COUNT, MZ_COLUMN_FIXED, true },
    [SEED] = { "seed", MZ_SAY_SIM_SEED, MZ_PHRASE_COUNT, MZ_COLUMN_FIXED, false },
    [JOBS] = { "jobs", MZ_SAY_SIM_JOBS, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER, true },
    [AVG_JCT] = { "avg_jct_s", MZ_SAY_SIM_JCT, MZ_SAY_SIM_MEAN, MZ_COLUMN_NUMBER, true },
    [P99_JCT] = { "p99_jct_s", MZ_SAY_SIM_JCT, MZ_SAY_SIM_99, MZ_COLUMN_NUMBER, true },
    [AVG_WAIT] = { "avg_queue_s", MZ_SAY_SIM_WAIT, MZ_SAY_SIM_MEAN, MZ_COLUMN_NUMBER, true },
    [P50_WAIT] = { "p50_queue_s", MZ_SAY_SIM_WAIT, MZ_SAY_SIM_HALF, MZ_COLUMN_NUMBER, true },
    [P99_WAIT] = { "p99_queue_s", MZ_SAY_SIM_WAIT, MZ_SAY_SIM_99, MZ_COLUMN_NUMBER, true },
    [MAKESPAN] = { "makespan_s", MZ_SAY_SIM_MAKESPAN, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER, true },
    [UTILISATION] = { "utilisation", MZ_SAY_SIM_UTILISATION, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER,
        true },
    [GOODPUT] = { "goodput", MZ_SAY_SIM_GOODPUT, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER, false },
    [PREEMPTIONS] = { "preemptions", MZ_SAY_SIM_PREEMPTIONS, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER,
        false },
    [LOST] = { "lost_chip_hours", MZ_SAY_SIM_LOST, MZ_SAY_SIM_CHIP_HOURS, MZ_COLUMN_NUMBER, false },
    [DEADLINES] = { "deadlines_met", MZ_SAY_SIM_DEADLINES, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER,
        false },
    [DROPPED] = { "dropped", MZ_SAY_SIM_DROPPED, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER, false },
    [UNFINISHED] = { "unfinished", MZ_SAY_SIM_UNFINISHED, MZ_PHRASE_COUNT, MZ_COLUMN_NUMBER,
        false },
};

static double value_of(const struct mz_sim_result *result, enum column column)
{
    switch (column) {
    case POLICY: break;
    case SEED: return (double)result->seed;
    case JOBS: return (double)result->jobs;
    case AVG_JCT: return result->avg_jct_s;
    case P99_JCT: return result->p99_jct_s;
    case AVG_WAIT: return result->avg_queue_s;
    case P50_WAIT: return result->p50_queue_s;
    case P99_WAIT: return result->p99_queue_s;
    case MAKESPAN: return result->makespan_s;
    case UTILISATION: return result->utilisation;
    case GOODPUT: return result->goodput;
    case PREEMPTIONS: return (double)result->preemptions;
    case LOST: return result->lost_chip_hours;
    case DEADLINES:
        return result->deadline_count > 0
            ? (double)result->deadline_met / (double)result->deadline_count
            : NAN;
    case DROPPED: return (double)result->dropped;
    case UNFINISHED: return (double)result->unfinished;
    case COLUMN_COUNT: break;
    }
    return NAN;
}

static bool says(const struct mz_sim_page *page, enum column column)
{
    for (int32_t i = 0; i < page->set->count; i++) {
        const struct mz_sim_result *result = page->set->results[i];
        double value = value_of(result, column);
        bool nothing = column == SEED ? result->seed == page->set->results[0]->seed
            : column == GOODPUT       ? !(value < 1)
            : column == DEADLINES     ? isnan(value)
                                      : !(value > 0);

        if (!nothing)
            return true;
    }
    return columns_known[column].always;
}

static void add_cell(
    struct mz_sim_page *page, struct mz_table *table, int32_t run, enum column column)
{
    const struct mz_sim_result *result = mz_sim_page_run(page, run);
    double value = value_of(result, column);

    switch (column) {
    case POLICY: mz_table_add(table, mz_sim_page_name(page, result->policy)); break;
    case SEED: mz_table_add(table, mz_arena_printf(page->arena, "%" PRIu64, result->seed)); break;
    case AVG_JCT:
    case P99_JCT:
    case AVG_WAIT:
    case P50_WAIT:
    case P99_WAIT:
    case MAKESPAN: mz_table_add_value(table, value, 3, mz_sim_page_duration(page, value)); break;
    case UTILISATION:
    case GOODPUT:
    case DEADLINES: mz_table_add_value(table, value, 4, mz_sim_page_percent(page, value)); break;
    case JOBS:
    case PREEMPTIONS:
    case DROPPED:
    case UNFINISHED: mz_table_add_number(table, value, 0); break;
    case LOST: mz_table_add_value(table, value, 3, mz_sim_page_count(page, value)); break;
    case COLUMN_COUNT: break;
    }
    if (run == page->best && page->set->count > 1)
        mz_table_look(table, MZ_CELL_BOLD);
}

static void write_table(struct mz_sim_page *page)
{
    struct mz_column *heads = mz_arena_alloc(page->arena, COLUMN_COUNT, sizeof(*heads));
    enum column shown[COLUMN_COUNT];
    struct mz_table table;
    int32_t count = 0;

    for (int32_t c = 0; c < COLUMN_COUNT; c++) {
        if (!says(page, (enum column)c))
            continue;
        heads[count] =
            (struct mz_column){ columns_known[c].key, mz_sim_page_say(page, columns_known[c].title),
                columns_known[c].below == MZ_PHRASE_COUNT
                    ? NULL
                    : mz_sim_page_say(page, columns_known[c].below),
                columns_known[c].kind };
        shown[count++] = (enum column)c;
    }
    mz_table_init(&table, page->arena, heads, count);
    for (int32_t i = 0; i < page->set->count; i++) {
        for (int32_t c = 0; c < count; c++)
            add_cell(page, &table, i, shown[c]);
    }
    mz_html_table(&page->html, &table, mz_sim_page_say(page, MZ_SAY_SIM_P_POLICIES), "policies");
}

static void write_bars(struct mz_sim_page *page)
{
    struct mz_chart_bar bars[BAR_COUNT_MAX];
    int32_t count = page->set->count < BAR_COUNT_MAX ? page->set->count : BAR_COUNT_MAX;
    const char *title = mz_sim_page_say(page, MZ_SAY_SIM_POL_CHART);
    const struct mz_column heads[] = {
        { "policy", mz_sim_page_say(page, MZ_SAY_SIM_POLICY), NULL, MZ_COLUMN_FIXED },
        { "avg_queue_s", mz_sim_page_say(page, MZ_SAY_SIM_AVG_WAIT), "s", MZ_COLUMN_NUMBER },
    };
    struct mz_chart chart;
    struct mz_table table;

    mz_table_init(&table, page->arena, heads, 2);
    for (int32_t i = 0; i < count; i++) {
        const struct mz_sim_result *result = mz_sim_page_run(page, i);
        double wait = result->avg_queue_s;

        bars[i] = (struct mz_chart_bar){ .name = page->run_names[i],
            .color = i == page->best ? MZ_COLOR_ACCENT : MZ_COLOR_SOFT,
            .value = isfinite(wait) ? wait : 0,
            .whole = NAN,
            .mark = NAN,
            .text = mz_sim_page_fill_plain(page, MZ_SAY_SIM_POL_BAR,
                MZ_ARGS(mz_sim_page_duration(page, wait),
                    mz_sim_page_duration(page, result->p99_queue_s))) };
        mz_table_add(&table, page->run_names[i]);
        mz_table_add_number(&table, wait, 2);
    }
    chart = mz_sim_page_figure(page, "policy-bars", title, title, "", 0);
    mz_chart_bars_draw(&chart, bars, count);
    mz_html_figure_close(&page->html, &table, "mean-wait");
}

static const char *policies_headline(const struct mz_sim_page *page)
{
    const struct mz_sim_result *best = mz_sim_page_best(page);
    int32_t least = -1;
    int32_t most = -1;

    for (int32_t i = 0; i < page->set->count; i++) {
        double wait = mz_sim_page_run(page, i)->avg_queue_s;

        if (!isfinite(wait))
            continue;
        least = least < 0 || wait < mz_sim_page_run(page, least)->avg_queue_s ? i : least;
        most = most < 0 || wait > mz_sim_page_run(page, most)->avg_queue_s ? i : most;
    }
    if (least < 0 || least == most)
        return mz_sim_page_fill(page, MZ_SAY_SIM_POL_ONE,
            MZ_ARGS(page->run_names[page->best], mz_sim_page_duration(page, best->avg_queue_s),
                mz_sim_page_duration(page, best->p99_queue_s)));
    return mz_sim_page_fill(page, MZ_SAY_SIM_POL_HEAD,
        MZ_ARGS(page->run_names[least],
            mz_sim_page_duration(page, mz_sim_page_run(page, least)->avg_queue_s),
            page->run_names[most],
            mz_sim_page_duration(page, mz_sim_page_run(page, most)->avg_queue_s)));
}

void mz_sim_panel_policies_write(struct mz_sim_page *page)
{
    mz_sim_page_open(page, "policies", MZ_SAY_SIM_P_POLICIES, policies_headline(page),
        mz_sim_page_fill(page, MZ_SAY_SIM_POL_SUB, MZ_NO_ARGS));
    write_table(page);
    if (page->set->count > 1)
        write_bars(page);
    mz_html_section_close(&page->html);
}
