/* panel_places.c - what ran where: the largest attempts of the best run in lanes of places
 * A run has up to millions of attempts; those with most chip-hours are picked in one pass, the
 * smallest of them making way (ties: the first stays). */
#include "sim/panel.h"

#include "report/chart_lanes.h"

#include <math.h>
#include <string.h>

enum { BAR_COUNT_MAX = 160, LANE_COUNT_MAX = 16 };

struct picked {
    int32_t count;
    int64_t attempts[BAR_COUNT_MAX]; /* indices, in the end ascending */
    double chip_hours[BAR_COUNT_MAX];
    double picked_hours;
    double all_hours;
};

struct lanes {
    int32_t count;
    int32_t site_count; /* with attempts */
    int32_t sites[LANE_COUNT_MAX];
};

static double hours_of(const struct mz_sim_attempt *attempt)
{
    return attempt->chips * ((double)(attempt->end_us - attempt->start_us) / 3.6e9);
}

static int32_t smallest(const struct picked *picked)
{
    int32_t least = 0;

    for (int32_t i = 1; i < picked->count; i++) {
        if (picked->chip_hours[i] <= picked->chip_hours[least]) /* ties: the last goes */
            least = i;
    }
    return least;
}

static int32_t lane_of(const struct lanes *lanes, int32_t site)
{
    for (int32_t l = 0; l < lanes->count; l++) {
        if (lanes->sites[l] == site)
            return l;
    }
    return -1;
}

/* The places with most chip-hours, in the order of the fleet. */
static void find_lanes(const struct mz_sim_page *page, struct lanes *lanes)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    const struct mz_fleet *fleet = page->set->fleet;
    double *hours = mz_arena_alloc(page->arena, (size_t)fleet->site_count + 1, sizeof(*hours));

    *lanes = (struct lanes){ 0 };
    for (int64_t i = 0; i < result->attempt_count; i++) {
        const struct mz_sim_attempt *attempt = &result->attempts[i];

        if (attempt->site >= 0 && attempt->site < fleet->site_count)
            hours[attempt->site] += fmax(hours_of(attempt), 1e-12);
    }
    for (int32_t s = 0; s < fleet->site_count; s++) {
        int32_t ahead = 0;

        if (!(hours[s] > 0))
            continue;
        lanes->site_count++;
        for (int32_t other = 0; other < fleet->site_count; other++)
            ahead += hours[other] > hours[s] || (hours[other] == hours[s] && other < s);
        if (ahead < LANE_COUNT_MAX)
            lanes->sites[lanes->count++] = s;
    }
}

static void sort_picked(struct picked *picked)
{
    for (int32_t i = 1; i < picked->count; i++) {
        int64_t attempt = picked->attempts[i];
        int32_t j = i;

        for (; j > 0 && picked->attempts[j - 1] > attempt; j--)
            picked->attempts[j] = picked->attempts[j - 1];
        picked->attempts[j] = attempt;
    }
}

static void pick(const struct mz_sim_page *page, const struct lanes *lanes, struct picked *picked)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    int32_t least = 0;

    *picked = (struct picked){ 0 };
    for (int64_t i = 0; i < result->attempt_count; i++) {
        double hours = hours_of(&result->attempts[i]);

        picked->all_hours += hours;
        if (lane_of(lanes, result->attempts[i].site) < 0)
            continue;
        if (picked->count < BAR_COUNT_MAX) {
            picked->attempts[picked->count] = i;
            picked->chip_hours[picked->count++] = hours;
        } else if (hours > picked->chip_hours[least]) {
            memmove(&picked->attempts[least], &picked->attempts[least + 1],
                sizeof(picked->attempts[0]) * (size_t)(BAR_COUNT_MAX - 1 - least));
            memmove(&picked->chip_hours[least], &picked->chip_hours[least + 1],
                sizeof(picked->chip_hours[0]) * (size_t)(BAR_COUNT_MAX - 1 - least));
            picked->attempts[BAR_COUNT_MAX - 1] = i;
            picked->chip_hours[BAR_COUNT_MAX - 1] = hours;
        } else {
            continue;
        }
        least = smallest(picked);
    }
    for (int32_t i = 0; i < picked->count; i++)
        picked->picked_hours += picked->chip_hours[i];
    sort_picked(picked);
}

static enum mz_lane_end end_of(const struct mz_sim_attempt *attempt)
{
    const char *outcome = attempt->outcome ? attempt->outcome : "end";

    return strcmp(outcome, "fail") == 0   ? MZ_LANE_FAILED
        : strcmp(outcome, "preempt") == 0 ? MZ_LANE_PREEMPTED
        : strcmp(outcome, "reclaim") == 0 ? MZ_LANE_RECLAIMED
                                          : MZ_LANE_DONE;
}

static const char *place_name(const struct mz_sim_page *page, int32_t site)
{
    const struct mz_fleet *fleet = page->set->fleet;
    const char *partner = fleet->partner_names[fleet->sites[site].partner];

    const char *name = fleet->sites[site].name;
    size_t length = strlen(partner);

    /* Sites are named partner/site as a rule. */
    if (strncmp(partner, name, length) == 0 && (name[length] == '\0' || name[length] == '/'))
        return mz_sim_page_name(page, name);
    return mz_sim_page_name(page, mz_arena_printf(page->arena, "%s/%s", partner, name));
}

static double site_chips(const struct mz_fleet *fleet, int32_t site)
{
    double chips = 0;

    for (int32_t p = 0; p < fleet->pool_count; p++)
        chips += fleet->pools[p].site == site ? (double)fleet->pools[p].chip_total : 0;
    return chips;
}

static struct mz_xy_axis make_axis(const struct mz_sim_page *page, const struct picked *picked)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    struct mz_xy_axis axis = page->own.axis;

    if (page->own.count > 0)
        return axis;
    axis = (struct mz_xy_axis){ MZ_XY_SINCE, HUGE_VAL, -HUGE_VAL };
    for (int32_t i = 0; i < picked->count; i++) {
        const struct mz_sim_attempt *attempt = &result->attempts[picked->attempts[i]];

        axis.begin = fmin(axis.begin, (double)attempt->start_us / 1e6);
        axis.end = fmax(axis.end, (double)attempt->end_us / 1e6);
    }
    if (!(axis.end > axis.begin))
        axis.end = axis.begin + 1;
    return axis;
}

static void draw(struct mz_sim_page *page, const struct picked *picked, const struct lanes *lanes,
    const struct mz_xy_axis *axis, const char *const *end_names)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    const struct mz_fleet *fleet = page->set->fleet;
    struct mz_lane drawn[LANE_COUNT_MAX];
    struct mz_lane_bar bars[BAR_COUNT_MAX];
    const struct mz_chart_lanes all = { .axis = *axis,
        .lanes = drawn,
        .lane_count = lanes->count,
        .bars = bars,
        .bar_count = picked->count,
        .end_names = end_names };
    struct mz_chart chart =
        mz_sim_page_figure(page, "places-lanes", mz_sim_page_say(page, MZ_SAY_SIM_P_PLACES),
            mz_sim_page_fill_plain(page, MZ_SAY_SIM_PLACES_SUB, MZ_NO_ARGS), "", 0);

    for (int32_t l = 0; l < lanes->count; l++)
        drawn[l] = (struct mz_lane){ place_name(page, lanes->sites[l]),
            mz_arena_printf(page->arena, "%s chips",
                mz_sim_page_count(page, site_chips(fleet, lanes->sites[l]))),
            fleet->sites[lanes->sites[l]].partner % MZ_COLOR_COUNT };
    for (int32_t i = 0; i < picked->count; i++) {
        const struct mz_sim_attempt *attempt = &result->attempts[picked->attempts[i]];

        bars[i] = (struct mz_lane_bar){ .lane = lane_of(lanes, attempt->site),
            .begin = (double)attempt->start_us / 1e6,
            .end = (double)attempt->end_us / 1e6,
            .size = attempt->chips,
            .color = fleet->sites[attempt->site].partner % MZ_COLOR_COUNT,
            .name = mz_sim_page_job(page, attempt->job),
            .how = end_of(attempt) };
    }
    mz_chart_lanes_draw(&chart, &all);
}

static struct mz_table *make_table(const struct mz_sim_page *page, const struct picked *picked,
    const struct mz_xy_axis *axis, const char *const *end_names)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    const struct mz_column heads[] = {
        { "job", mz_sim_page_say(page, MZ_SAY_SIM_JOB), NULL, MZ_COLUMN_FIXED },
        { "attempt", mz_sim_page_say(page, MZ_SAY_SIM_ATTEMPT), NULL, MZ_COLUMN_NUMBER },
        { "place", mz_sim_page_say(page, MZ_SAY_SITE), NULL, MZ_COLUMN_FIXED },
        { "chips", mz_sim_page_say(page, MZ_SAY_CHIPS), NULL, MZ_COLUMN_NUMBER },
        { "start", mz_sim_page_say(page, MZ_SAY_SIM_START), NULL, MZ_COLUMN_FIXED },
        { "end", mz_sim_page_say(page, MZ_SAY_SIM_END), NULL, MZ_COLUMN_FIXED },
        { "chip_hours", mz_sim_page_say(page, MZ_SAY_SIM_CHIP_HOURS), NULL, MZ_COLUMN_NUMBER },
        { "outcome", mz_sim_page_say(page, MZ_SAY_SIM_OUTCOME), NULL, MZ_COLUMN_FIXED },
    };
    enum { HEAD_COUNT = sizeof(heads) / sizeof(heads[0]) };
    struct mz_column *columns = mz_arena_alloc(page->arena, HEAD_COUNT, sizeof(*columns));
    struct mz_table *table = mz_arena_alloc(page->arena, 1, sizeof(*table));

    memcpy(columns, heads, sizeof(heads));
    mz_table_init(table, page->arena, columns, HEAD_COUNT);
    for (int32_t i = 0; i < picked->count; i++) {
        const struct mz_sim_attempt *attempt = &result->attempts[picked->attempts[i]];

        mz_table_add(table, mz_sim_page_job(page, attempt->job));
        mz_table_add_number(table, attempt->attempt, 0);
        mz_table_add(table, place_name(page, attempt->site));
        mz_table_add_number(table, attempt->chips, 0);
        mz_table_add(table, mz_xy_point_name(page->arena, axis, (double)attempt->start_us / 1e6));
        mz_table_add(table, mz_xy_point_name(page->arena, axis, (double)attempt->end_us / 1e6));
        mz_table_add_number(table, hours_of(attempt), 1);
        mz_table_add(table, end_names[end_of(attempt)]);
    }
    return table;
}

bool mz_sim_panel_places_has(const struct mz_sim_page *page)
{
    struct lanes lanes;

    if (page->best < 0 || mz_sim_page_best(page)->attempt_count == 0)
        return false;
    find_lanes(page, &lanes);
    return lanes.count > 0;
}

void mz_sim_panel_places_write(struct mz_sim_page *page)
{
    const struct mz_sim_result *result = mz_sim_page_best(page);
    const char *const end_names[MZ_LANE_END_COUNT] = { mz_sim_page_say(page, MZ_SAY_SIM_OUT_DONE),
        mz_sim_page_say(page, MZ_SAY_SIM_OUT_FAIL), mz_sim_page_say(page, MZ_SAY_SIM_OUT_PREEMPT),
        mz_sim_page_say(page, MZ_SAY_SIM_OUT_RECLAIM) };
    struct picked *picked = mz_arena_alloc(page->arena, 1, sizeof(*picked));
    const char *name = page->run_names[page->best];
    const char *count = mz_sim_page_count(page, (double)result->attempt_count);
    struct lanes lanes;
    struct mz_xy_axis axis;
    const char *headline;

    find_lanes(page, &lanes);
    pick(page, &lanes, picked);
    axis = make_axis(page, picked);
    headline = picked->count == result->attempt_count
        ? mz_sim_page_fill(page, MZ_SAY_SIM_PLACES_ALL, MZ_ARGS(name, count))
        : mz_sim_page_fill(page, MZ_SAY_SIM_PLACES_HEAD,
              MZ_ARGS(name, mz_sim_page_count(page, picked->count), count,
                  mz_sim_page_percent(page, picked->picked_hours / picked->all_hours)));
    mz_sim_page_open(page, "places", MZ_SAY_SIM_P_PLACES, headline,
        mz_sim_page_fill(page, MZ_SAY_SIM_PLACES_SUB, MZ_NO_ARGS));
    draw(page, picked, &lanes, &axis, end_names);
    mz_html_figure_close(&page->html, make_table(page, picked, &axis, end_names), "attempts");
    if (lanes.count < lanes.site_count)
        mz_html_paragraph(&page->html, "note",
            mz_sim_page_fill(page, MZ_SAY_SIM_PLACES_LANES,
                MZ_ARGS(mz_sim_page_count(page, lanes.count),
                    mz_sim_page_count(page, lanes.site_count))));
    mz_html_section_close(&page->html);
}
