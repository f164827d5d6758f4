/* test_page.c - facts about the dashboard's pages */
#include "control/page_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/xml_check.h"

enum { ASSET_BYTES_MAX = 120 * 1000, PAGE_BYTES_MAX = 120 * 1000, DEPTH_MAX = 40 };

static const enum page_fixture_kind kinds[] = { PAGE_NORMAL, PAGE_EMPTY, PAGE_LOST, PAGE_HOSTILE,
    PAGE_MANY };

/* ---- soundness ---- */

/* NULL when every element is closed in its turn and every attribute is quoted and given once. */
static const char *check_tags(const char *page)
{
    static const char *const empty[] = { "meta", "link", "input", "rect", "path", "line", "circle",
        "!doctype" };
    static char message[200];
    char open[DEPTH_MAX][16];
    int32_t depth = 0;

    for (const char *s = strchr(page, '<'); s; s = strchr(s + 1, '<')) {
        char name[16] = "";
        bool is_end = s[1] == '/';
        size_t length = strcspn(s + 1 + is_end, " >");
        const char *quote = NULL;

        (void)snprintf(name, sizeof(name), "%.*s", (int)length, s + 1 + is_end);
        for (s++; *s && (quote || *s != '>'); s++) {
            if (*s == '"')
                quote = quote ? NULL : s;
        }
        (void)snprintf(
            message, sizeof(message), "<%s%s> at depth %d", is_end ? "/" : "", name, (int)depth);
        if (is_end) {
            if (depth == 0 || strcmp(open[--depth], name) != 0)
                return message;
            continue;
        }
        for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
            is_end = is_end || strcmp(name, empty[i]) == 0;
        if (is_end || s[-1] == '/')
            continue;
        if (depth == DEPTH_MAX)
            return message;
        (void)snprintf(open[depth++], sizeof(open[0]), "%s", name);
    }
    return depth == 0 ? NULL : message;
}

static void assert_sound(const struct mz_text *out, size_t bytes_max)
{
    const char *page = mz_text_string(out);
    const char *error = xml_check_ids(page);

    if (!error)
        error = check_tags(page);
    if (error)
        fail_msg("%s", error);
    assert_null(strstr(page, "=\"http"));
    assert_null(strstr(page, " style="));
    assert_null(strstr(page, "<style"));
    assert_null(strstr(page, "<script>"));
    assert_null(strstr(page, "javascript:"));
    assert_null(strstr(page, "=\"//"));
    assert_null(strstr(page, "nan"));
    assert_null(strstr(page, "(null)"));
    assert_null(strstr(page, "inf%"));
    assert_true(out->length < bytes_max);
}

static void write_each(
    struct page_fixture *fixture, enum page_fixture_kind kind, void (*check)(struct mz_text *, int))
{
    struct mz_text out = { 0 };

    assert_true(mz_page_overview_write(&fixture->overview, NULL, &out));
    check(&out, 0);
    mz_text_clear(&out);
    assert_true(mz_page_jobs_write(&fixture->jobs, NULL, &out));
    check(&out, 1);
    for (int32_t i = 0; i < 2 && kind != PAGE_EMPTY; i++) {
        mz_text_clear(&out);
        assert_true(mz_page_job_write(i ? &fixture->waiting : &fixture->job, NULL, &out));
        check(&out, 2 + i);
    }
    mz_text_finish(&out);
}

static void check_sound(struct mz_text *out, int page)
{
    assert_sound(out, page == 1 ? 10 * PAGE_BYTES_MAX : PAGE_BYTES_MAX);
    assert_non_null(strstr(mz_text_string(out), "<h1"));
    assert_non_null(strstr(mz_text_string(out), "</html>\n"));
}

static void every_page_of_every_fleet_is_sound(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct page_fixture *fixture = page_fixture_new(kinds[k]);

        write_each(fixture, kinds[k], check_sound);
        page_fixture_free(fixture);
    }
}

static void check_harmless(struct mz_text *out, int page)
{
    const char *text = mz_text_string(out);

    (void)page;
    assert_null(strstr(text, "<script>"));
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "\x1b"));
    assert_non_null(strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    for (const char *href = strstr(text, "href=\""); href; href = strstr(href + 1, "href=\"")) {
        assert_true(href[6] == '/' || href[6] == '#');
        assert_true(strcspn(href + 6, " <>'\n") >= strcspn(href + 6, "\""));
    }
}

static void hostile_names_stay_text(void **state)
{
    struct page_fixture *fixture = page_fixture_new(PAGE_HOSTILE);

    (void)state;
    write_each(fixture, PAGE_HOSTILE, check_harmless);
    page_fixture_free(fixture);
}

/* ---- what pages say ---- */

static void assert_says(const struct mz_text *out, const char *const *texts)
{
    for (; *texts; texts++) {
        if (!strstr(mz_text_string(out), *texts))
            fail_msg("'%s' is missing in:\n%s", *texts, mz_text_string(out));
    }
}

static void the_overview_says_what_the_rows_say(void **state)
{
    static const char *const said[] = { "data-seq=\"9001\"",
        "<strong>1,056<span> / 1,600</span></strong><small>66.0% · 96 by others",
        "<strong>1 job<span> · 32 chips</span></strong><small>oldest 11 min",
        "<strong>$3,497<span>/h</span></strong><small>3 jobs running",
        "<strong>1.88 MW</strong><small>cap 2.40 MW",
        "aria-label=\"attempt 1 at aws/use1, 11 Mar 17:40 to 14:06, node-lost; attempt 2 at mi1, ",
        "waits: quota team-eval</text>", "8 nodes, 1 down", "<bdi>n0807</bdi></b> down",
        "▲</i>1 down</span>", "azure-250b</bdi> <span class=\"dim\">24.4%",
        "<a href=\"/?window=7d\" aria-label=\"7 days\">7d</a>",
        "<a href=\"/?events=partners\">partners</a>", NULL };
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text out = { 0 };

    (void)state;
    (void)mz_page_overview_write(&fixture->overview, NULL, &out);
    assert_says(&out, said);
    assert_null(strstr(mz_text_string(&out), "Tokens/s"));
    fixture->overview.tiles.tokens_per_s = 412000;
    fixture->overview.tiles.latency_p95_s = 0.41;
    mz_text_clear(&out);
    (void)mz_page_overview_write(&fixture->overview, "tiles", &out);
    assert_says(&out, (const char *const[]){ "<strong>412,000</strong><small>p95 0.41 s", NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void a_choice_keeps_the_other_choice(void **state)
{
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text out = { 0 };

    (void)state;
    fixture->overview.gantt.window = mz_page_window_parse("6h");
    fixture->overview.events_of = mz_page_events_parse("jobs");
    (void)mz_page_overview_write(&fixture->overview, "gantt,events", &out);
    assert_says(&out,
        (const char *const[]){ "<a href=\"/?window=7d&amp;events=jobs\"",
            "<a href=\"/?window=6h\">all</a>",
            "<a href=\"/?window=6h&amp;events=jobs\" aria-current=\"true\">jobs</a>", NULL });
    assert_int_equal(mz_page_window_parse(NULL), MZ_PAGE_WINDOW_24H);
    assert_int_equal(mz_page_events_parse("money"), MZ_PAGE_EVENTS_ALL);
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void a_row_of_the_list_has_the_columns_of_ps(void **state)
{
    static const char *const said[] = {
        "<tr><td class=\"n id\">4127</td><td class=\"name\"><a href=\"/jobs/4127\"><bdi>pretrain-9"
        "</bdi></a></td><td><span class=\"st good\"><i aria-hidden=\"true\">●</i>running</span>"
        "</td><td class=\"n\">512</td>",
        "azure/westus3</bdi></td><td class=\"low\">h100-sxm</td><td class=\"n\">19 h</td>",
        "<span>73%</span></td><td class=\"n mid\">7 h</td><td class=\"n mid\">$1,536</td>",
        "~25 min", "own/mi1",
        "<b>3 running</b> on 1,088 chips · <b>1 restarting</b> (64) · <b>1 "
        "pending</b> (32) · $3,497/h",
        "<a href=\"/v1/jobs?format=csv\">CSV</a>", "<code>mizan ps --all</code>", NULL
    };
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text out = { 0 };

    (void)state;
    (void)mz_page_jobs_write(&fixture->jobs, NULL, &out);
    assert_says(&out, said);
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void filters_are_in_addresses_and_in_the_command(void **state)
{
    static const char *const said[] = {
        "href=\"/v1/jobs?state=pending,held&amp;team=a%26b%20c&amp;format=csv\"",
        "<code>mizan ps --state pending,held --team &#39;a&amp;b c&#39;</code>",
        "<a href=\"/jobs?state=failed&amp;team=a%26b%20c\">Failed</a>",
        "href=\"/jobs?state=pending,held&amp;team=a%26b%20c&amp;cursor=88001\">Older</a>",
        "<input type=\"hidden\" name=\"state\" value=\"pending,held\">",
        "aria-current=\"true\">Waiting</a>", NULL
    };
    struct page_fixture *fixture = page_fixture_new(PAGE_MANY);
    struct mz_text out = { 0 };

    (void)state;
    fixture->jobs.filter.state = "pending,held";
    fixture->jobs.filter.team = "a&b c";
    (void)mz_page_jobs_write(&fixture->jobs, NULL, &out);
    assert_says(&out, said);
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void an_opened_job_shows_its_log_as_a_terminal_would(void **state)
{
    static const char *const said[] = { "INFO rank 0 of 512", "\nloading: 100%\nstep 100",
        "caf\xEF\xBF\xBD is not UTF-8, &lt;b&gt;nor", "$1,536/h", "$29,184",
        "<code>mizan move 4127</code>", "73% <span class=\"dim nw\">of 26 h", "data-every=\"5\"",
        "data-job=\"4127\"", NULL };
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text out = { 0 };

    (void)state;
    (void)mz_page_job_write(&fixture->job, NULL, &out);
    assert_says(&out, said);
    assert_null(strstr(mz_text_string(&out), "loading:  10%"));
    assert_null(strstr(mz_text_string(&out), "[32m"));
    mz_text_clear(&out);
    (void)mz_page_job_write(&fixture->waiting, NULL, &out);
    assert_says(&out,
        (const char *const[]){ "Why it waits", "blocked: quota &#39;team-eval&#39; 96 of 96",
            "<code>mizan hold 4142</code>", "It has not been started yet.", "Expected start",
            NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void a_cut_log_begins_with_a_whole_line(void **state)
{
    static const char tail[] = "half a line\nwhole\n\x1b]0;title\x07text\x1b[";
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text out = { 0 };

    (void)state;
    fixture->job.log.bytes = tail;
    fixture->job.log.length = sizeof(tail) - 1;
    fixture->job.log.size = 5 << 20;
    (void)mz_page_job_write(&fixture->job, "log", &out);
    assert_says(&out,
        (const char *const[]){
            "aria-label=\"Output, the end\">whole\ntext</pre>", ", the end of 5.0 MiB", NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void an_attempt_being_stopped_is_not_lost_yet(void **state)
{
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_attempt_row *attempt = (struct mz_attempt_row *)fixture->jobs.rows[0].attempt;
    struct mz_text out = { 0 };

    (void)state;
    attempt->state = MZ_ATTEMPT_STOPPING;
    attempt->reason = MZ_END_TIME_LIMIT;
    fixture->overview.gantt.row_count = 1;
    (void)mz_page_overview_write(&fixture->overview, "gantt", &out);
    assert_null(strstr(mz_text_string(&out), "class=\"cross\""));
    mz_text_clear(&out);
    (void)mz_page_job_write(&fixture->job, "attempts", &out);
    assert_says(&out, (const char *const[]){ "<td>stopping: time-limit</td>", NULL });
    attempt->state = MZ_ATTEMPT_ENDED;
    attempt->ended_us = page_fixture_now_us;
    mz_text_clear(&out);
    (void)mz_page_overview_write(&fixture->overview, "gantt", &out);
    assert_says(&out, (const char *const[]){ "class=\"cross\"", "to 14:10, time-limit", NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

/* ---- nothing, and too much ---- */

static void empty_fleets_say_how_to_begin(void **state)
{
    struct page_fixture *fixture = page_fixture_new(PAGE_EMPTY);
    struct mz_text out = { 0 };

    (void)state;
    (void)mz_page_overview_write(&fixture->overview, NULL, &out);
    assert_says(&out,
        (const char *const[]){ "<code>mizan submit -G 1 -- nvidia-smi</code>",
            "<code>mizan demo</code>", "No partner has told of a node yet.",
            "Nothing has happened yet.", "aria-label=\"Alerts\" hidden><ul></ul>", NULL });
    mz_text_clear(&out);
    (void)mz_page_jobs_write(&fixture->jobs, NULL, &out);
    assert_says(&out,
        (const char *const[]){
            "No jobs yet. Submit one:", "<code>mizan submit -G 1 -- nvidia-smi</code>", NULL });
    fixture->jobs.jobs_known = 7;
    fixture->jobs.filter.state = "failed";
    mz_text_clear(&out);
    (void)mz_page_jobs_write(&fixture->jobs, "jobs", &out);
    assert_says(
        &out, (const char *const[]){ "No job matches. <a href=\"/jobs\">Show all 7</a>", NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void a_large_fleet_is_drawn_within_limits(void **state)
{
    struct page_fixture *fixture = page_fixture_new(PAGE_MANY);
    struct mz_text out = { 0 };
    int32_t squares = 0;
    int32_t rows = 0;

    (void)state;
    (void)mz_page_overview_write(&fixture->overview, NULL, &out);
    for (const char *s = mz_text_string(&out); (s = strstr(s, "<i class=\"q")) != NULL; s++)
        squares++;
    for (const char *s = mz_text_string(&out); (s = strstr(s, "class=\"lane\"")) != NULL; s++)
        rows++;
    assert_in_range(squares, 2000, MZ_PAGE_SQUARE_COUNT_MAX + 40);
    assert_int_equal(rows, MZ_PAGE_GANTT_ROW_MAX);
    assert_says(&out,
        (const char *const[]){ "1 square = 3 nodes", "and 1,960 more jobs", "12 down", NULL });
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void problems_have_a_page(void **state)
{
    struct mz_page_problem problem = { .head = { .now_us = page_fixture_now_us },
        .status = 403,
        .code = "M0609",
        .detail = "this needs the role <operator>",
        .command = "mizan ps" };
    struct mz_text out = { 0 };

    (void)state;
    mz_page_problem_write(&problem, &out);
    assert_sound(&out, PAGE_BYTES_MAX);
    assert_says(&out,
        (const char *const[]){ "403 · M0609", "You may not see this", "role &lt;operator&gt;",
            "<code>mizan explain M0609</code>", "<code>mizan ps</code>", NULL });
    mz_text_finish(&out);
}

/* ---- panels and assets ---- */

static void a_panel_alone_is_the_panel_of_the_page(void **state)
{
    static const char *const names[] = { "alerts", "tiles", "gantt", "partners", "nodes",
        "events" };
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_text page = { 0 };
    struct mz_text panel = { 0 };

    (void)state;
    (void)mz_page_overview_write(&fixture->overview, NULL, &page);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        mz_text_clear(&panel);
        assert_true(mz_page_overview_write(&fixture->overview, names[i], &panel));
        assert_non_null(strstr(mz_text_string(&page), mz_text_string(&panel)));
    }
    mz_text_clear(&panel);
    assert_true(mz_page_overview_write(&fixture->overview, "nodes,alerts", &panel));
    assert_ptr_equal(strstr(mz_text_string(&panel), "<section class=\"panel\" id=\"panel-nodes\""),
        mz_text_string(&panel));
    mz_text_finish(&panel);
    mz_text_finish(&page);
    page_fixture_free(fixture);
}

static void unknown_panels_are_refused(void **state)
{
    static const char many[] = "tiles,tiles,tiles,tiles,tiles,tiles,tiles,tiles,tiles,tiles,"
                               "tiles,tiles,tiles,tiles,tiles,tiles,tiles";
    static const char *const wrong[] = { "", ",", "node", "nodes,", "nodes,x", "nodesx", many };
    struct page_fixture *fixture = page_fixture_new(PAGE_EMPTY);
    struct mz_text out = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(mz_page_overview_write(&fixture->overview, wrong[i], &out));
        assert_int_equal(out.length, 0);
    }
    mz_text_finish(&out);
    page_fixture_free(fixture);
}

static void assets_are_small_and_linked_by_their_hash(void **state)
{
    struct mz_page_problem problem = { .status = 404 };
    struct mz_text out = { 0 };
    size_t bytes = 0;

    (void)state;
    mz_page_problem_write(&problem, &out);
    for (int32_t i = 0; i < mz_page_asset_count; i++) {
        const struct mz_asset *asset = &mz_page_assets[i];
        char link[120];

        (void)snprintf(link, sizeof(link), "/assets/%s?v=%.16s\"", asset->name, asset->hash);
        assert_non_null(strstr(mz_text_string(&out), link));
        assert_int_equal(strlen(asset->hash), 64);
        assert_int_equal(strlen(asset->bytes), asset->length);
        assert_null(strstr(asset->bytes, "@import"));
        assert_null(strstr(asset->bytes, "url("));
        assert_ptr_equal(mz_page_asset(asset->name), asset);
        bytes += asset->length;
    }
    assert_true(bytes < ASSET_BYTES_MAX);
    assert_null(mz_page_asset("passwd"));
    mz_text_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_of_every_fleet_is_sound),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(the_overview_says_what_the_rows_say),
        cmocka_unit_test(a_choice_keeps_the_other_choice),
        cmocka_unit_test(a_row_of_the_list_has_the_columns_of_ps),
        cmocka_unit_test(filters_are_in_addresses_and_in_the_command),
        cmocka_unit_test(an_opened_job_shows_its_log_as_a_terminal_would),
        cmocka_unit_test(a_cut_log_begins_with_a_whole_line),
        cmocka_unit_test(an_attempt_being_stopped_is_not_lost_yet),
        cmocka_unit_test(empty_fleets_say_how_to_begin),
        cmocka_unit_test(a_large_fleet_is_drawn_within_limits),
        cmocka_unit_test(problems_have_a_page),
        cmocka_unit_test(a_panel_alone_is_the_panel_of_the_page),
        cmocka_unit_test(unknown_panels_are_refused),
        cmocka_unit_test(assets_are_small_and_linked_by_their_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
