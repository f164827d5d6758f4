/* panel_context.c - what the panels of a simulation's report share */
#include "sim/panel.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    ARG_COUNT_MAX = 10,
    HEADING_PX = 32, /* names fit on one line of the largest heading, */
    HEADING_WIDTH_PX = 800,
    BREAK_EM = 10 /* and may be broken where a narrow window needs it */
};

const char *mz_sim_page_say(const struct mz_sim_page *page, enum mz_phrase phrase)
{
    return mz_say(page->language, phrase);
}

/* The letter of UTF-8 at `s`: its bytes, one for what is not UTF-8. */
static size_t letter_length(const char *s)
{
    size_t length = 1;

    while ((s[length] & 0xC0) == 0x80 && length < 4)
        length++;
    return length;
}

const char *mz_sim_page_breakable(const struct mz_sim_page *page, const char *text)
{
    struct mz_text out = { 0 };
    const char *kept;
    double width_em = 0;

    for (const char *s = text; *s; s += letter_length(s)) {
        char letter[5] = { 0 };

        memcpy(letter, s, letter_length(s));
        width_em = *s == ' ' ? 0 : width_em + mz_svg_text_width(letter, 1, true);
        if (width_em > BREAK_EM) {
            mz_text_add(&out, "\xE2\x80\x8B"); /* zero width space */
            width_em = 0;
        }
        mz_text_add(&out, letter);
    }
    kept = mz_arena_strdup(page->arena, mz_text_string(&out));
    mz_text_finish(&out);
    return kept;
}

const char *mz_sim_page_fill(
    const struct mz_sim_page *page, enum mz_phrase phrase, const char *const *args)
{
    const char *breakable[ARG_COUNT_MAX + 1] = { NULL };

    for (int32_t i = 0; i < ARG_COUNT_MAX && args[i]; i++)
        breakable[i] = mz_sim_page_breakable(page, args[i]);
    return mz_say_html(page->arena, page->language, phrase, breakable);
}

const char *mz_sim_page_fill_plain(
    const struct mz_sim_page *page, enum mz_phrase phrase, const char *const *args)
{
    return mz_say_plain(page->arena, page->language, phrase, args);
}

const char *mz_sim_page_cut(const struct mz_sim_page *page, const char *text, int32_t most)
{
    const char *end = text;

    for (int32_t i = 0; *end && i < most; i++)
        end += letter_length(end);
    if (*end == '\0')
        return text;
    return mz_arena_printf(page->arena, "%.*s\xE2\x80\xA6", (int)(end - text), text);
}

const char *mz_sim_page_name(const struct mz_sim_page *page, const char *name)
{
    if (!name)
        return "-";
    return mz_svg_text_cut(page->arena, mz_sim_page_cut(page, name, MZ_SIM_NAME_MAX), HEADING_PX,
        true, HEADING_WIDTH_PX);
}

const char *mz_sim_page_job(const struct mz_sim_page *page, int32_t job)
{
    const struct mz_trace *trace = page->set->trace;

    if (job < 0 || job >= trace->job_count)
        return "-";
    if (trace->jobs[job].name)
        return mz_sim_page_name(page, trace->jobs[job].name);
    return mz_arena_printf(page->arena, "%d", (int)trace->jobs[job].line);
}

const char *mz_sim_page_count(const struct mz_sim_page *page, double count)
{
    char buffer[MZ_NUMBER_MAX];

    if (fabs(count) < 10 && count != floor(count))
        return mz_arena_strdup(page->arena, mz_format_fixed(buffer, count, 1));
    return mz_arena_strdup(page->arena, mz_format_count(buffer, round(count)));
}

const char *mz_sim_page_percent(const struct mz_sim_page *page, double fraction)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_strdup(page->arena, mz_format_percent(buffer, fraction, 1));
}

const char *mz_sim_page_duration(const struct mz_sim_page *page, double seconds)
{
    return mz_xy_duration(page->arena, seconds);
}

const char *mz_sim_page_when(const struct mz_sim_page *page, const char *name)
{
    struct mz_text text = { 0 };
    const char *kept;

    for (const char *s = name; *s; s++) {
        if (*s == ' ')
            mz_text_add(&text, "\xC2\xA0");
        else
            mz_text_add_bytes(&text, s, 1);
        if (*s == '-')
            mz_text_add(&text, "\xE2\x81\xA0"); /* word joiner */
    }
    kept = mz_arena_strdup(page->arena, mz_text_string(&text));
    mz_text_finish(&text);
    return kept;
}

const char *mz_sim_page_usd(const struct mz_sim_page *page, double usd)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_strdup(page->arena, mz_format_usd(buffer, usd));
}

const struct mz_sim_result *mz_sim_page_run(const struct mz_sim_page *page, int32_t run)
{
    assert(run >= 0 && run < page->set->count);
    return page->set->results[run];
}

const struct mz_sim_result *mz_sim_page_best(const struct mz_sim_page *page)
{
    return mz_sim_page_run(page, page->best);
}

struct mz_xy_line mz_sim_page_line(
    const struct mz_sim_page *page, int32_t shown, const double *values)
{
    /* none of the first colours: those are partners */
    static const int32_t colors[MZ_SIM_RUN_SHOWN_MAX] = { MZ_COLOR_ACCENT, 8, 12, 9, 10, 7 };
    static const int32_t dashes[MZ_SIM_RUN_SHOWN_MAX] = { 0, 1, 3, 4, 2, 5 };

    return (struct mz_xy_line){ .name = page->run_names[page->shown[shown]],
        .color = colors[shown],
        .dash = dashes[shown],
        .values = values };
}

/* Which run is better: more jobs ended, then sooner on average, then the first given. A run that
 * ended only its short jobs would look better than it is. */
static bool is_better(const struct mz_sim_result *a, const struct mz_sim_result *b)
{
    if (a->jobs != b->jobs)
        return a->jobs > b->jobs;
    if (isnan(a->avg_jct_s) || isnan(b->avg_jct_s))
        return !isnan(a->avg_jct_s) && isnan(b->avg_jct_s);
    return a->avg_jct_s < b->avg_jct_s;
}

static bool is_shown(const struct mz_sim_page *page, int32_t run)
{
    for (int32_t i = 0; i < page->shown_count; i++) {
        if (page->shown[i] == run)
            return true;
    }
    return false;
}

/* The best run that is not chosen yet; -1: all are. */
static int32_t next_best(const struct mz_sim_page *page)
{
    int32_t best = -1;

    for (int32_t i = 0; i < page->set->count; i++) {
        if (is_shown(page, i))
            continue;
        if (best < 0 || is_better(mz_sim_page_run(page, i), mz_sim_page_run(page, best)))
            best = i;
    }
    return best;
}

static void name_runs(struct mz_sim_page *page)
{
    const struct mz_sim_run_set *set = page->set;

    page->run_names = mz_arena_alloc(page->arena, (size_t)set->count + 1, sizeof(char *));
    for (int32_t i = 0; i < set->count; i++) {
        const char *policy = set->results[i]->policy;
        bool twice = false;

        page->run_names[i] = mz_sim_page_name(page, policy);
        for (int32_t j = 0; j < set->count && !twice; j++)
            twice = j != i && policy && set->results[j]->policy &&
                strcmp(policy, set->results[j]->policy) == 0;
        if (twice)
            page->run_names[i] = mz_sim_page_fill_plain(page, MZ_SAY_SIM_RUN_SEED,
                MZ_ARGS(page->run_names[i],
                    mz_arena_printf(page->arena, "%" PRIu64, set->results[i]->seed)));
    }
}

void mz_sim_page_choose(struct mz_sim_page *page)
{
    int32_t next;

    name_runs(page);
    page->shown_count = 0;
    page->best = next_best(page);
    page->rival = -1;
    if (page->best < 0)
        return;
    page->shown[page->shown_count++] = page->best;
    if (page->best != 0)
        page->shown[page->shown_count++] = 0;
    while (page->shown_count < MZ_SIM_RUN_SHOWN_MAX && (next = next_best(page)) >= 0)
        page->shown[page->shown_count++] = next;
    page->rival = page->shown_count > 1 ? page->shown[1] : -1; /* the first given, or the next */
}

int32_t mz_sim_page_peak(const double *values, int32_t count)
{
    int32_t peak = -1;

    for (int32_t i = 0; i < count; i++) {
        if (isfinite(values[i]) && (peak < 0 || values[i] > values[peak]))
            peak = i;
    }
    return peak;
}

struct mz_table *mz_sim_page_time_table(const struct mz_sim_page *page,
    const struct mz_sim_cells *cells, const struct mz_sim_column *columns, int32_t count,
    int32_t sum_count)
{
    struct mz_table *table = mz_arena_alloc(page->arena, 1, sizeof(*table));
    struct mz_column *heads = mz_arena_alloc(page->arena, (size_t)count + 1, sizeof(*heads));
    double *row = mz_arena_alloc(page->arena, (size_t)count + 1, sizeof(*row));

    assert(sum_count == 0 || sum_count < count);
    heads[0] =
        (struct mz_column){ "from", mz_sim_page_say(page, MZ_SAY_SIM_TIME), NULL, MZ_COLUMN_FIXED };
    for (int32_t c = 0; c < count; c++)
        heads[c + 1] = (struct mz_column){ columns[c].key, columns[c].title, columns[c].unit,
            MZ_COLUMN_NUMBER };
    mz_table_init(table, page->arena, heads, count + 1);
    for (int32_t t = 0; t < cells->count; t++) {
        for (int32_t c = 0; c < count; c++)
            row[c] = columns[c].values[t];
        if (sum_count > 0)
            row[sum_count] = mz_round_to_total(row, sum_count, columns[0].decimals, row);
        mz_table_add(table, cells->names[t]);
        for (int32_t c = 0; c < count; c++) {
            char buffer[MZ_NUMBER_MAX];

            if (columns[c].is_fraction)
                mz_table_add_value(table, row[c], 4, mz_format_percent(buffer, row[c], 1));
            else
                mz_table_add_number(table, row[c], columns[c].decimals);
        }
    }
    return table;
}

void mz_sim_page_open(struct mz_sim_page *page, const char *id, enum mz_phrase kicker,
    const char *headline_html, const char *subtitle_html)
{
    mz_html_section_open(&page->html, id, 2, page->number++, mz_sim_page_say(page, kicker),
        headline_html, subtitle_html);
}

struct mz_chart mz_sim_page_figure(struct mz_sim_page *page, const char *id, const char *title,
    const char *desc, const char *unit, int32_t height)
{
    mz_html_figure_open(
        &page->html, mz_sim_page_fill_plain(page, MZ_SAY_CHART_SCROLLS, MZ_ARGS(title)));
    return (struct mz_chart){ .out = page->html.out,
        .arena = page->arena,
        .id = id,
        .title = title,
        .desc = desc,
        .unit = unit,
        .height = height };
}

void mz_sim_page_note_drawn(struct mz_sim_page *page)
{
    if (page->shown_count < page->set->count)
        mz_html_paragraph(&page->html, "note",
            mz_sim_page_fill(page, MZ_SAY_SIM_DRAWN,
                MZ_ARGS(mz_sim_page_count(page, page->shown_count),
                    mz_sim_page_count(page, page->set->count))));
}
