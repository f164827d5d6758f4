/* test_page.c - facts about the report of simulations, its charts and its time axes */
#include "sim/sim_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/chart_lanes.h"
#include "report/xml_check.h"
#include "sim/panel.h"

enum { PAGE_BYTES_MAX = 600 * 1000 };

/* A name that would break out of HTML, CSV, a terminal and a JSON script. */
static const char hostile[] =
    "<script>alert(1)</script>\"'&\x1b[31m,\n]]>--><!-- \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D";

static void write_page(
    const struct sim_fixture *fixture, enum mz_language language, struct mz_text *out)
{
    mz_text_clear(out);
    mz_sim_write_html(&fixture->set, language, sim_fixture_command, out);
}

static void assert_page_is_sound(const struct mz_text *page)
{
    const char *text = mz_text_string(page);
    const char *error = xml_check_drawings(text);

    if (!error)
        error = xml_check_ids(text);
    if (error)
        fail_msg("%s", error);
    assert_null(strstr(text, "=\"http"));
    assert_null(strstr(text, "url(http"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf\""));
    assert_true(page->length < PAGE_BYTES_MAX);
}

static void a_synthetic_trace_is_called_so_on_the_page(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(2);
    struct mz_text page = { 0 };

    (void)state;
    fixture->trace.synthetic = true;
    fixture->trace.name = "llm";
    fixture->trace.synthetic_source = "statistics of somebody, 2024";
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "<title>Simulation of a synthetic trace: llm"));
    assert_non_null(strstr(mz_text_string(&page), "<strong>▲ Synthetic trace"));
    assert_non_null(strstr(mz_text_string(&page), "statistics of somebody, 2024"));
    write_page(fixture, MZ_LANGUAGE_ARABIC, &page);
    assert_non_null(strstr(mz_text_string(&page), "<strong>▲ سجل اصطناعي"));
    fixture->trace.synthetic_source = NULL;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "<strong>▲ Synthetic trace"));
    fixture->trace.synthetic = false;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_null(strstr(mz_text_string(&page), "ynthetic trace"));
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void the_page_is_well_formed_small_and_always_the_same(void **state)
{
    static const int32_t counts[] = { 0, 1, 4, SIM_FIXTURE_RUN_COUNT_MAX };
    struct mz_text page = { 0 };
    struct mz_text again = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct sim_fixture *fixture = sim_fixture_new(counts[i]);

        for (int32_t l = 0; l < 2; l++) {
            write_page(fixture, (enum mz_language)l, &page);
            assert_page_is_sound(&page);
            fixture->results[0].cpu_s += 1; /* what differs from run to run is not in it */
            fixture->results[0].events_per_s += 1;
            write_page(fixture, (enum mz_language)l, &again);
            assert_string_equal(mz_text_string(&page), mz_text_string(&again));
        }
        sim_fixture_free(fixture);
    }
    mz_text_finish(&again);
    mz_text_finish(&page);
}

static void panels_without_data_are_left_out(void **state)
{
    static const char *const ids[] = { "used", "queue", "waiting", "fragmentation", "places",
        "failures", "contracts", "teams" };
    struct sim_fixture *fixture = sim_fixture_new(4);
    struct mz_text page = { 0 };

    (void)state;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_non_null(strstr(
            mz_text_string(&page), mz_arena_printf(fixture->arena, "<section id=\"%s\"", ids[i])));
        assert_non_null(
            strstr(mz_text_string(&page), mz_arena_printf(fixture->arena, "href=\"#%s\"", ids[i])));
    }
    sim_fixture_free(fixture);
    fixture = sim_fixture_new(0);
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_null(
            strstr(mz_text_string(&page), mz_arena_printf(fixture->arena, "id=\"%s\"", ids[i])));
        assert_null(
            strstr(mz_text_string(&page), mz_arena_printf(fixture->arena, "href=\"#%s\"", ids[i])));
    }
    assert_non_null(strstr(mz_text_string(&page), "No job of this trace ended."));
    fixture->set.count = 0;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_page_is_sound(&page);
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void the_headline_is_computed(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(0);
    struct mz_text page = { 0 };

    (void)state;
    sim_fixture_make_plain(fixture);
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page),
        "sjf finishes jobs soonest: 53.0\xC2\xA0min after they were submitted on average, 13.8% "
        "sooner than fifo."));
    assert_non_null(strstr(mz_text_string(&page),
        "Jobs wait least under sjf: 5.21\xC2\xA0min on average; longest under fifo: "
        "13.7\xC2\xA0min"));
    /* a run that ended fewer jobs is not the best, however soon it was */
    fixture->results[1].jobs = 11;
    fixture->results[1].is_complete = false;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "Under fifo a job is done 61.5\xC2\xA0min"));
    assert_non_null(strstr(mz_text_string(&page), "▲ Stopped early: sjf."));
    fixture->results[1].jobs = fixture->results[0].jobs;
    fixture->results[1].avg_jct_s = fixture->results[0].avg_jct_s;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "fifo and sjf finish jobs equally soon"));
    /* the same policy with another seed is named by it */
    fixture->results[1].policy = "fifo";
    fixture->results[1].seed = 43;
    fixture->results[1].avg_jct_s = 100;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "fifo, seed 43 finishes jobs soonest"));
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void fifty_policies_are_six_lines_and_fifty_rows(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(50);
    struct mz_text page = { 0 };
    const char *figure;
    const char *end;
    int32_t lines = 0;

    (void)state;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_non_null(strstr(mz_text_string(&page), "6 of 50 runs are drawn"));
    assert_non_null(strstr(mz_text_string(&page), "policy-49"));
    figure = strstr(mz_text_string(&page), "aria-labelledby=\"waits-t");
    assert_non_null(figure);
    end = strstr(figure, "</svg>");
    for (const char *s = figure; (s = strstr(s, " l\" d=\"M")) && s < end; s++)
        lines++;
    for (const char *s = figure; (s = strstr(s, " l d\" d=\"M")) && s < end; s++)
        lines++;
    for (const char *s = figure; (s = strstr(s, " l q\" d=\"M")) && s < end; s++)
        lines++;
    for (const char *s = figure; (s = strstr(s, "stroke-dasharray")) && s < end; s++)
        lines++;
    assert_int_equal(lines, 2 * 6); /* each with its key */
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void begin_page(struct mz_sim_page *page, const struct sim_fixture *fixture)
{
    *page = (struct mz_sim_page){ .arena = fixture->arena, .set = &fixture->set, .number = 2 };
    mz_sim_page_choose(page);
    mz_sim_page_make_cells(page);
}

static double integral(const struct mz_sim_cells *cells, const double *values)
{
    double sum = 0;

    for (int32_t t = 0; t < cells->count; t++)
        sum += isfinite(values[t]) ? values[t] * (cells->edges[t + 1] - cells->edges[t]) : 0;
    return sum / 3600;
}

static void cells_keep_what_the_spans_sum_to(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(4);
    struct mz_sim_page page;

    (void)state;
    begin_page(&page, fixture);
    assert_int_equal(page.shown_count, 4);
    assert_true(page.all.count <= MZ_SIM_CELL_COUNT_MAX && page.own.count > 80);
    assert_int_equal(page.all.axis.scale, MZ_XY_DATES);
    for (int32_t i = 0; i < page.shown_count; i++) {
        const struct mz_sim_result *result = mz_sim_page_run(&page, page.shown[i]);
        const double *used =
            mz_sim_page_resample(&page, &page.all, &result->series, result->series.used_chips);
        double partners = 0;

        for (int32_t p = 0; p < result->partner_count; p++) {
            double hours = integral(&page.all,
                mz_sim_page_resample(
                    &page, &page.all, &result->series, result->series.partner_used_chips[p]));

            /* the cell in which a run ends is wider than what it covers: a mean, not a sum */
            assert_true(fabs(hours - result->partners[p].used_chip_hours) < 0.02 * hours);
            partners += hours;
        }
        assert_true(fabs(integral(&page.all, used) - partners) < 1e-6 * partners);
    }
    {
        const struct mz_sim_result *best = mz_sim_page_best(&page);
        double hours = integral(&page.own,
            mz_sim_page_resample(&page, &page.own, &best->series, best->series.used_chips));

        assert_true(fabs(hours - best->used_chip_hours) < 1e-6 * hours);
    }
    sim_fixture_free(fixture);
}

/* Rows of the data table of a figure, from its CSV link: the sum of the first `count` numbers
 * against the one behind them. */
static void assert_rows_sum(const char *page, const char *file, int32_t count, int32_t least_rows)
{
    const char *row = strstr(page, file);
    const char *end;
    int32_t rows = 0;

    assert_non_null(row);
    end = strchr(row, '>');
    for (row = strstr(row, "%0D%0A"); row && row < end; row = strstr(row + 6, "%0D%0A")) {
        const char *at = row + 6;
        double sum = 0;

        if (at >= end - 1)
            break;
        for (int32_t i = 0; i < count; i++) {
            at = strchr(at, ',') + 1;
            sum += strtod(at, NULL);
        }
        at = strchr(at, ',') + 1;
        assert_true(fabs(sum - strtod(at, NULL)) < 1e-6);
        rows++;
    }
    assert_true(rows >= least_rows && rows <= 250);
}

static void the_printed_partners_sum_to_the_printed_total(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(4);
    struct mz_text page = { 0 };

    (void)state;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_rows_sum(mz_text_string(&page), "download=\"chips-in-use.csv\"", 3, 90);
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

struct rect {
    double x, y, width, height;
};

static int32_t read_rects(const char *drawing, struct rect *rects, int32_t most)
{
    const char *end = strstr(drawing, "</svg>");
    int32_t count = 0;

    for (const char *s = drawing; (s = strstr(s, "<rect ")) && s < end; s++) {
        const char *class_name = strstr(s, "class=\"");
        struct rect rect;

        if (sscanf(s, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"", &rect.x, &rect.y,
                &rect.width, &rect.height) != 4)
            fail_msg("not a bar: %.80s", s);
        if (strncmp(class_name + 9, " n\"", 3) == 0 && count < most) /* "f3 n" */
            rects[count++] = rect;
    }
    return count;
}

static void bars_of_lanes_never_cover_each_other(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(4);
    struct mz_text page = { 0 };
    static struct rect rects[400];
    int32_t count;

    (void)state;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    count = read_rects(strstr(mz_text_string(&page), "places-lanes-t"), rects, 400);
    assert_true(count >= 160);
    for (int32_t i = 0; i < count; i++) {
        assert_true(rects[i].x >= 0 && rects[i].x + rects[i].width <= MZ_CHART_WIDTH + 0.2);
        for (int32_t j = 0; j < i; j++) {
            bool apart = rects[i].x + rects[i].width <= rects[j].x + 0.15 ||
                rects[j].x + rects[j].width <= rects[i].x + 0.15 ||
                rects[i].y + rects[i].height <= rects[j].y + 0.15 ||
                rects[j].y + rects[j].height <= rects[i].y + 0.15;

            if (!apart)
                fail_msg("bars %d and %d overlap", (int)i, (int)j);
        }
    }
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void make_hostile(struct sim_fixture *fixture)
{
    static char very_long[5000];
    static const struct mz_fleet_site sites[] = { { .name = hostile, .partner = 0 },
        { .name = hostile, .partner = 1 }, { .name = "c", .partner = 1 },
        { .name = very_long, .partner = 2 } };
    static const char *const names[] = { hostile, very_long, "=cmd|'/C calc'!A0" };
    const char **teams = mz_arena_alloc(fixture->arena, 5, sizeof(*teams));

    memset(very_long, 'W', sizeof(very_long) - 1);
    fixture->fleet->sites = sites;
    fixture->fleet->partner_names = names;
    fixture->trace.name = hostile;
    fixture->set.fleet_text = hostile;
    for (int32_t i = 0; i < 5; i++)
        teams[i] = i == 2 ? very_long : hostile;
    for (int64_t i = 0; i < fixture->trace.job_count; i++)
        fixture->trace.jobs[i].name = i % 2 ? hostile : very_long;
    for (int32_t i = 0; i < fixture->set.count; i++) {
        struct mz_sim_result *result = &fixture->results[i];

        result->policy = i == 0 ? very_long : hostile;
        result->team_names = teams;
        result->drop_reason = hostile;
        result->dropped = 1;
        result->first_dropped = 1;
        result->why_text = hostile;
        for (int32_t p = 0; p < result->partner_count; p++)
            result->partners[p].name = names[p];
        for (int32_t c = 0; c < result->contract_count; c++)
            result->contracts[c].name = names[c];
    }
}

static void hostile_names_are_harmless(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(3);
    struct mz_text page = { 0 };
    struct mz_table table;
    struct mz_text out = { 0 };
    json_t *data;

    (void)state;
    make_hostile(fixture);
    for (int32_t l = 0; l < 2; l++) {
        mz_text_clear(&page);
        mz_sim_write_html(&fixture->set, (enum mz_language)l, hostile, &page);
        assert_page_is_sound(&page);
        assert_null(strstr(mz_text_string(&page), "<script>alert"));
        assert_null(strstr(mz_text_string(&page), "\x1b"));
        assert_null(strstr(mz_text_string(&page), "<!-- "));
    }
    mz_sim_fill_table(fixture->arena, &fixture->set, &table);
    mz_table_write_terminal(&table, &(struct mz_table_style){ .width = 80 }, &out);
    assert_null(strstr(mz_text_string(&out), "\x1b"));
    assert_null(strstr(mz_sim_summary(fixture->arena, &fixture->set), "\x1b"));
    data = mz_sim_json(&fixture->set);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(data, 1), "policy")), hostile);
    json_decref(data);
    mz_text_finish(&out);
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void one_job_makes_a_page(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(1);
    struct mz_sim_result *result = &fixture->results[0];
    struct mz_text page = { 0 };

    (void)state;
    fixture->trace.job_count = 1;
    result->job_count = result->jobs = 1;
    result->attempt_count = 1;
    result->team_count = 1;
    result->series.count = 1;
    result->queue_s[0] = 0;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_page_is_sound(&page);
    assert_non_null(strstr(mz_text_string(&page), "all 1 attempts"));
    assert_null(strstr(mz_text_string(&page), "id=\"teams\""));
    /* times of nothing: a series without width, an attempt that lasts no time */
    result->series.width_us = 0;
    ((struct mz_sim_attempt *)(uintptr_t)result->attempts)[0].end_us = result->attempts[0].start_us;
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_page_is_sound(&page);
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void gaps_and_huge_numbers_make_a_page(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(3);
    struct mz_text page = { 0 };

    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        struct mz_sim_result *result = &fixture->results[i];

        for (int64_t j = 0; j < result->job_count; j++)
            result->queue_s[j] = j % 3 == 0 ? NAN : i == 1 ? 1e6 + (double)j : 1e12;
        result->avg_queue_s = i == 1 ? 1e6 : NAN;
        result->p99_queue_s = 1e12;
        result->goodput = NAN;
        result->lost_chip_hours = i == 2 ? NAN : 1e15;
        for (int32_t t = 0; t < result->series.count; t += 2) {
            result->series.used_chips[t] = NAN;
            result->series.fragmentation[t] = NAN;
            result->series.waiting_jobs[t] = 1e9;
            result->series.partner_used_chips[0][t] = NAN;
        }
        for (int32_t t = 0; t < result->team_count; t++)
            result->team_avg_queue_s[t] = NAN;
        result->contracts[0].drawn_usd = NAN;
        result->partners[0].spent_usd = NAN;
    }
    for (int32_t l = 0; l < 2; l++) {
        write_page(fixture, (enum mz_language)l, &page);
        assert_page_is_sound(&page);
    }
    for (int32_t i = 0; i < 3; i++) {
        struct mz_sim_series *series = &fixture->results[i].series;

        for (int32_t t = 0; t < series->count; t++)
            series->fragmentation[t] = series->used_chips[t] = series->down_chips[t] = NAN;
        series->partner_used_chips = NULL;
        fixture->results[i].queue_s = NULL;
    }
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_page_is_sound(&page);
    assert_null(strstr(mz_text_string(&page), "id=\"fragmentation\""));
    assert_null(strstr(mz_text_string(&page), "id=\"waiting\""));
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

static void many_teams_and_contracts_are_cut_and_said_so(void **state)
{
    enum { MANY = 2000 };
    struct sim_fixture *fixture = sim_fixture_new(2);
    struct mz_text page = { 0 };
    const char **names = mz_arena_alloc(fixture->arena, MANY, sizeof(*names));

    (void)state;
    for (int32_t t = 0; t < MANY; t++)
        names[t] = mz_arena_printf(fixture->arena, "team-%d", (int)t);
    for (int32_t i = 0; i < 2; i++) {
        struct mz_sim_result *result = &fixture->results[i];

        result->team_count = result->contract_count = MANY;
        result->team_names = names;
        result->team_avg_queue_s = mz_arena_alloc(fixture->arena, MANY, sizeof(double));
        result->team_chip_hours = mz_arena_alloc(fixture->arena, MANY, sizeof(double));
        result->contracts = mz_arena_alloc(fixture->arena, MANY, sizeof(*result->contracts));
        for (int32_t t = 0; t < MANY; t++) {
            result->team_chip_hours[t] = t;
            result->contracts[t] = (struct mz_sim_contract){ names[t], t * 10, t * 5 };
        }
    }
    write_page(fixture, MZ_LANGUAGE_ENGLISH, &page);
    assert_page_is_sound(&page);
    assert_non_null(strstr(mz_text_string(&page), "The 40 largest of 2,000 teams."));
    assert_non_null(strstr(mz_text_string(&page), "The first 40 of 2,000 contracts."));
    assert_non_null(strstr(mz_text_string(&page), "too long for this page"));
    mz_text_finish(&page);
    sim_fixture_free(fixture);
}

/* Axes */

struct name_case {
    struct mz_xy_axis axis;
    double value;
    const char *name;
};

static const struct name_case name_cases[] = {
    { { MZ_XY_DATES, 1506816000, 1512086340 }, 1506816000, "2017-10-01 00:00" },
    { { MZ_XY_DATES, 951782400, 951785000 }, 951782401, "2000-02-29 00:00:01" },
    { { MZ_XY_SINCE, 100, 100 + 400000 }, 100 + 93784,
        "1\xC2\xA0"
        "d 02:03" },
    { { MZ_XY_SINCE, 0, 4000 }, 3661, "01:01:01" },
    { { MZ_XY_SINCE, 0, 60 }, 1.25, "1.2\xC2\xA0s" },
    { { MZ_XY_LOG, 1, 1e6 }, 90, "1.50\xC2\xA0min" },
    { { MZ_XY_LOG, 1, 1e6 }, 0, "0\xC2\xA0s" },
    { { MZ_XY_LOG, 1, 1e6 }, 1e6,
        "11.6\xC2\xA0"
        "d" },
    { { MZ_XY_LOG, 1, 1e6 }, 7200, "2\xC2\xA0h" },
    { { MZ_XY_LOG, 1, 1e6 }, 89.99, "90.0\xC2\xA0s" },
    { { MZ_XY_LOG, 1, 1e6 }, NAN, "-" },
};

static void points_of_an_axis_are_named(void **state)
{
    struct mz_arena *arena = mz_arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(name_cases) / sizeof(name_cases[0]); i++)
        assert_string_equal(
            mz_xy_point_name(arena, &name_cases[i].axis, name_cases[i].value), name_cases[i].name);
    mz_arena_free(arena);
}

static int32_t tick_count(const char *drawing)
{
    int32_t count = 0;

    for (const char *s = drawing; (s = strstr(s, "<path class=\"z\"")); s++)
        count++;
    return count;
}

static void any_span_has_a_few_ticks(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_plot plot = { .left = 40, .right = 700, .top = 24, .bottom = 300 };

    (void)state;
    for (double span = 3; span < 9e11; span *= 1.7) {
        for (int32_t scale = MZ_XY_DATES; scale <= MZ_XY_LOG; scale++) {
            struct mz_text out = { 0 };
            struct mz_chart chart = { .out = &out, .arena = arena };
            const struct mz_xy_axis axis = { (enum mz_xy_scale)scale,
                scale == MZ_XY_LOG ? 1 : 1506816123.5,
                scale == MZ_XY_LOG ? fmax(1 + span, 10) : 1506816123.5 + span };
            int32_t count;

            mz_xy_draw_axis(&chart, &plot, &axis);
            count = tick_count(mz_text_string(&out));
            if (count > 14 || count < 2)
                fail_msg("%d ticks for %g s on scale %d", (int)count, span, (int)scale);
            mz_text_finish(&out);
        }
    }
    mz_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_synthetic_trace_is_called_so_on_the_page),
        cmocka_unit_test(the_page_is_well_formed_small_and_always_the_same),
        cmocka_unit_test(panels_without_data_are_left_out),
        cmocka_unit_test(the_headline_is_computed),
        cmocka_unit_test(fifty_policies_are_six_lines_and_fifty_rows),
        cmocka_unit_test(cells_keep_what_the_spans_sum_to),
        cmocka_unit_test(the_printed_partners_sum_to_the_printed_total),
        cmocka_unit_test(bars_of_lanes_never_cover_each_other),
        cmocka_unit_test(hostile_names_are_harmless),
        cmocka_unit_test(one_job_makes_a_page),
        cmocka_unit_test(gaps_and_huge_numbers_make_a_page),
        cmocka_unit_test(many_teams_and_contracts_are_cut_and_said_so),
        cmocka_unit_test(points_of_an_axis_are_named),
        cmocka_unit_test(any_span_has_a_few_ticks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
