/* api_pages.c - the dashboard: views filled from the same rows as the commands (page.h)
 *
 * What the planner knows (partners, nodes, why) is asked of its thread; the page is written when
 * the answer is back. Spark lines come from samples that the daemon takes while it runs. */
#include "control/daemon_impl.h"

#include "base/text.h"
#include "control/clock.h"
#include "place/contract.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)
#define SAMPLE_US (6 * 3600 * SECOND_US / MZ_SAMPLE_COUNT)

enum page_kind { PAGE_OVERVIEW, PAGE_JOBS, PAGE_JOB };
enum { ROW_MAX = 200, GANTT_MAX = MZ_PAGE_GANTT_ROW_MAX };

struct page {
    enum page_kind kind;
    struct mz_daemon *daemon;
    struct mz_ticket *ticket; /* NULL: answered otherwise */
    struct mz_arena *arena;
    struct mz_page_head head;
    int64_t job;
    int32_t node_count;
    const struct mz_planner_node *nodes;
    json_t *why; /* from the planner; NULL: the job does not wait for a place */
};

/* ---- answers ---- */

static void send_html(struct mz_http_request *request, int32_t status, const struct mz_text *html)
{
    mz_http_response_header(request, "Cache-Control", "no-store");
    mz_http_response_header(request, "Content-Security-Policy", MZ_PAGE_POLICY);
    mz_http_response_header(request, "Referrer-Policy", "no-referrer");
    mz_http_respond(
        request, status, "text/html; charset=utf-8", mz_text_string(html), html->length);
}

static void send_problem(struct mz_http_request *request, struct mz_page_head head, int32_t status,
    const char *code, const char *detail, const char *command)
{
    struct mz_page_problem problem = {
        .head = head, .status = status, .code = code, .detail = detail, .command = command
    };
    struct mz_text html = { 0 };

    mz_page_problem_write(&problem, &html);
    send_html(request, status, &html);
    mz_text_finish(&html);
}

static void send_page(struct page *page, bool ok, const struct mz_text *html)
{
    if (ok)
        send_html(page->ticket->request, 200, html);
    else
        send_problem(page->ticket->request, page->head, 404, "M0602",
            "there is no such panel on this page", "");
}

static void forget_ticket(void *data)
{
    ((struct page *)data)->ticket = NULL;
}

static void end_page(struct page *page)
{
    if (page->ticket)
        mz_ticket_end(page->ticket);
    json_decref(page->why);
    mz_arena_free(page->arena);
    free(page);
}

/* ---- head ---- */

static void fill_head(struct mz_daemon *daemon, struct mz_arena *arena,
    const struct mz_caller *caller, enum mz_role role, struct mz_page_head *head)
{
    int32_t count = daemon->scenario->partner_count;
    struct mz_page_partner_name *names = mz_arena_alloc(arena, (size_t)count + 1, sizeof(*names));

    for (int32_t p = 0; p < count; p++)
        names[p] = (struct mz_page_partner_name){ daemon->partner_names[p],
            daemon->scenario->partners[p].is_own };
    *head = (struct mz_page_head){ .now_us = mz_clock_wall_us(),
        .event_seq = mz_core_event_seq(daemon->core),
        .caller = mz_arena_strdup(arena, caller->name),
        .role = role == MZ_ROLE_OPERATOR ? MZ_PAGE_OPERATOR
            : role == MZ_ROLE_USER       ? MZ_PAGE_USER
                                         : MZ_PAGE_VIEWER,
        .version = daemon->setup.version,
        .trouble = daemon->is_narrow
            ? "the journal cannot be written: nothing new is accepted, what runs runs on"
            : "",
        .partner_count = count,
        .partners = names };
}

static struct mz_page_job_row row_of(
    struct mz_daemon *daemon, struct mz_arena *arena, const struct mz_job_row *row)
{
    const struct mz_need *need = mz_core_need(daemon->core, row->id);
    char waits[256];

    (void)mz_core_waits_for(daemon->core, row->id, waits, sizeof(waits));
    return (struct mz_page_job_row){ .job = row,
        .attempt = mz_core_attempt(daemon->core, row->id),
        .expected_us = mz_core_promise_us(daemon->core, row->id),
        .time_limit_us = need ? need->time_us : 0,
        .waits_for = mz_arena_strdup(arena, waits) };
}

/* ---- samples ---- */

static void count_use(struct mz_daemon *daemon, struct mz_sample *sample)
{
    *sample = (struct mz_sample){ .ended = daemon->ended_since };
    daemon->ended_since = 0;
    for (int32_t i = 0; i < mz_core_live_count(daemon->core); i++) {
        int64_t id = mz_core_live_at(daemon->core, i);
        const struct mz_job_row *row = mz_core_job(daemon->core, id);
        const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, id);

        if (attempt && attempt->started_us) {
            sample->used += attempt->chips;
            sample->cost += (double)mz_attempt_rate(attempt) / 1e6;
        } else if (row->state == MZ_RUN_PENDING || row->state == MZ_RUN_RESTARTING) {
            sample->waiting += row->chips;
        }
    }
}

void mz_pages_tick(struct mz_daemon *daemon)
{
    int64_t now_us = mz_clock_mono_us();

    if (now_us < daemon->sample_us)
        return;
    daemon->sample_us = now_us + SAMPLE_US;
    count_use(daemon, &daemon->samples[daemon->sample_count++ % MZ_SAMPLE_COUNT]);
}

static struct mz_page_spark spark_of(
    struct mz_daemon *daemon, struct mz_arena *arena, int32_t which)
{
    int64_t have = daemon->sample_count < MZ_SAMPLE_COUNT ? daemon->sample_count : MZ_SAMPLE_COUNT;
    double *values = mz_arena_alloc(arena, (size_t)have + 1, sizeof(*values));

    for (int64_t i = 0; i < have; i++) {
        const struct mz_sample *s =
            &daemon->samples[(daemon->sample_count - have + i) % MZ_SAMPLE_COUNT];

        values[i] = which == 0 ? s->used
            : which == 1       ? s->waiting
            : which == 2       ? s->cost
                               : s->ended;
    }
    return (struct mz_page_spark){ (int32_t)have, values };
}

/* ---- overview ---- */

struct ended_count {
    int64_t since_us;
    struct mz_page_tiles *tiles;
};

static bool count_ended(void *context, const struct mz_job_row *row)
{
    const struct ended_count *count = context;

    if (row->ended_us >= count->since_us) {
        count->tiles->ended_day_done += row->state == MZ_RUN_DONE;
        count->tiles->ended_day_failed += row->state == MZ_RUN_FAILED;
    }
    return true;
}

static void fill_tiles(struct page *page, struct mz_page_tiles *tiles)
{
    struct ended_count ended = { page->head.now_us - DAY_US, tiles };
    struct mz_daemon *daemon = page->daemon;
    struct mz_node_sum sum = mz_api_sum_nodes(page->nodes, page->node_count, -1);

    *tiles = (struct mz_page_tiles){
        .power_mw = NAN, .power_cap_mw = NAN, .tokens_per_s = NAN, .latency_p95_s = NAN
    };
    mz_core_each_job(daemon->core, 0, count_ended, &ended);
    tiles->chips = sum.chips;
    tiles->chips_used = sum.chips_used - sum.chips_others;
    tiles->chips_used_by_others = sum.chips_others;
    for (int32_t i = 0; i < mz_core_live_count(daemon->core); i++) {
        int64_t id = mz_core_live_at(daemon->core, i);
        const struct mz_job_row *row = mz_core_job(daemon->core, id);
        const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, id);

        if (attempt && attempt->started_us) {
            tiles->jobs_running++;
            tiles->cost_micro_per_hour += mz_attempt_rate(attempt);
        } else if (!attempt && row->state != MZ_RUN_HELD) {
            tiles->jobs_waiting++;
            tiles->chips_waiting += row->chips;
            if (!tiles->oldest_submitted_us || row->submitted_us < tiles->oldest_submitted_us)
                tiles->oldest_submitted_us = row->submitted_us;
        }
    }
    tiles->use = spark_of(daemon, page->arena, 0);
    tiles->waiting = spark_of(daemon, page->arena, 1);
    tiles->cost = spark_of(daemon, page->arena, 2);
    tiles->ended = spark_of(daemon, page->arena, 3);
}

static void fill_partners(struct page *page, struct mz_page_overview *view)
{
    struct mz_daemon *daemon = page->daemon;
    int32_t count = daemon->scenario->partner_count;
    struct mz_page_partner *list = mz_arena_alloc(page->arena, (size_t)count + 1, sizeof(*list));

    for (int32_t p = 0; p < count; p++) {
        struct mz_core_partner_view core = mz_core_partner(daemon->core, p);
        struct mz_node_sum sum = mz_api_sum_nodes(page->nodes, page->node_count, p);

        list[p] = (struct mz_page_partner){ .partner = p,
            .state = mz_api_partner_state(&core, &sum),
            .nodes = sum.nodes,
            .nodes_up = sum.up,
            .nodes_cordoned = sum.cordoned,
            .chips = sum.chips,
            .chips_used = sum.chips_used,
            .chips_used_by_others = sum.chips_others,
            .problem = mz_arena_strdup(page->arena, core.problem),
            .jobs = core.live_attempts,
            .contract = "",
            .contract_percent = NAN,
            .heard_us =
                core.heard_us ? page->head.now_us - (mz_clock_mono_us() - core.heard_us) : 0 };
    }
    view->partner_count = count;
    view->partners = list;
}

static void fill_nodes(struct page *page, struct mz_page_overview *view)
{
    struct mz_page_node *list =
        mz_arena_alloc(page->arena, (size_t)page->node_count + 1, sizeof(*list));

    for (int32_t n = 0; n < page->node_count; n++) {
        const struct mz_planner_node *node = &page->nodes[n];

        list[n] = (struct mz_page_node){ .partner = node->partner,
            .name = node->name,
            .site = node->site,
            .reason = node->reason,
            .state = (enum mz_page_node_state)node->state,
            .chips = node->chips,
            .chips_free = node->chips_free,
            .chips_others = node->chips_others };
    }
    view->node_count = page->node_count;
    view->nodes = list;
}

/* The largest contract of each partner, as /v1/contracts tells it. */
static void fill_contracts(struct page *page, struct mz_page_overview *view)
{
    json_t *list = mz_json_contracts(page->daemon);
    struct mz_page_partner *partners = (struct mz_page_partner *)view->partners;
    size_t i;
    json_t *contract;

    json_array_foreach(list, i, contract)
    {
        const char *name = json_string_value(json_object_get(contract, "partner"));
        int32_t p = name ? mz_core_find_partner(page->daemon->core, name) : -1;
        const json_t *percent = json_object_get(contract, "spent_percent");

        if (p < 0)
            continue;
        partners[p].cost_micro_per_hour +=
            (int64_t)(1e6 * json_number_value(json_object_get(contract, "rate_usd_per_hour")));
        if (partners[p].contract[0] && !json_is_number(percent))
            continue;
        partners[p].contract =
            mz_arena_strdup(page->arena, json_string_value(json_object_get(contract, "name")));
        partners[p].contract_percent = json_is_number(percent) ? json_number_value(percent) : NAN;
    }
    json_decref(list);
}

struct gantt_listing {
    struct page *page;
    int64_t begin_us;
    struct mz_page_gantt_row *rows;
    int32_t count;
    int64_t left_out;
};

static bool list_gantt(void *context, const struct mz_job_row *row)
{
    struct gantt_listing *listing = context;
    struct mz_daemon *daemon = listing->page->daemon;
    struct mz_arena *arena = listing->page->arena;
    const struct mz_attempt_row *attempts = NULL;
    const struct mz_attempt_row **own;
    const struct mz_attempt_row *live;
    int32_t count = 0;
    struct mz_page_job_row line;

    if (row->ended_us && row->ended_us < listing->begin_us)
        return true;
    if (listing->count == GANTT_MAX) {
        listing->left_out++;
        return listing->left_out < 10000;
    }
    (void)mz_store_attempts(daemon->store, arena, row->id, &attempts, &count, NULL);
    own = mz_arena_alloc(arena, (size_t)count + 2, sizeof(*own));
    live = mz_core_attempt(daemon->core, row->id);
    line = row_of(daemon, arena, row);
    listing->rows[listing->count] = (struct mz_page_gantt_row){ .job = row,
        .attempts = own,
        .expected_us = line.expected_us,
        .limit_us = live && live->started_us && line.time_limit_us
            ? live->started_us + line.time_limit_us
            : 0,
        .waits = line.waits_for };
    for (int32_t a = 0; a < count; a++) {
        const struct mz_attempt_row *attempt =
            live && live->n == attempts[a].n ? live : &attempts[a];

        if (attempt->started_us && (!attempt->ended_us || attempt->ended_us > listing->begin_us))
            own[listing->rows[listing->count].attempt_count++] = attempt;
    }
    listing->count++;
    return true;
}

static void fill_gantt(struct page *page, struct mz_page_overview *view, const char *window)
{
    struct gantt_listing listing = { .page = page,
        .rows = mz_arena_alloc(page->arena, GANTT_MAX, sizeof(*listing.rows)) };

    view->gantt.window = mz_page_window_parse(window);
    listing.begin_us = page->head.now_us - mz_page_window_us(view->gantt.window);
    mz_core_each_job(page->daemon->core, 0, list_gantt, &listing);
    view->gantt.row_count = listing.count;
    view->gantt.rows = listing.rows;
    view->gantt.left_out = listing.left_out;
}

static void fill_events(struct page *page, struct mz_page_overview *view, const char *of)
{
    const struct mz_event_row *rows = NULL;
    struct mz_event_row *own;
    int32_t count = 0;
    int32_t kept = 0;

    view->events_of = mz_page_events_parse(of);
    (void)mz_store_events(page->daemon->store, page->arena, 0, 0, true, 200, &rows, &count, NULL);
    own = mz_arena_alloc(page->arena, (size_t)count + 1, sizeof(*own));
    for (int32_t i = count - 1; i >= 0 && kept < 30; i--) {
        if (view->events_of == MZ_PAGE_EVENTS_ALL ||
            (rows[i].job > 0) == (view->events_of == MZ_PAGE_EVENTS_JOBS))
            own[kept++] = rows[i];
    }
    view->event_count = kept;
    view->events = own;
}

static void fill_alerts(struct page *page, struct mz_page_overview *view)
{
    struct mz_daemon *daemon = page->daemon;
    struct mz_page_alert *list = mz_arena_alloc(page->arena, 32, sizeof(*list));
    int32_t count = 0;

    for (int32_t p = 0; p < daemon->scenario->partner_count && count < 16; p++) {
        struct mz_core_partner_view core = mz_core_partner(daemon->core, p);

        if (!core.row.is_reachable)
            list[count++] = (struct mz_page_alert){ .level = MZ_PAGE_BAD,
                .at_us = core.row.lost_us,
                .text = mz_arena_printf(page->arena, "%s is not reachable%s%s",
                    daemon->partner_names[p], *core.problem ? ": " : "", core.problem) };
    }
    for (int32_t i = 0; i < mz_core_live_count(daemon->core) && count < 24; i++) {
        const struct mz_job_row *row = mz_core_job(daemon->core, mz_core_live_at(daemon->core, i));

        if (row->state == MZ_RUN_UNKNOWN || row->state == MZ_RUN_RESTARTING)
            list[count++] = (struct mz_page_alert){ .level = MZ_PAGE_WARN,
                .text = mz_arena_printf(page->arena, "job %" PRId64 " '%s' is %s%s%s", row->id,
                    row->name ? row->name : "", mz_run_state_name(row->state),
                    row->note ? ": " : "", row->note ? row->note : ""),
                .job = row->id };
    }
    view->alert_count = count;
    view->alerts = list;
}

static void write_overview(struct page *page)
{
    struct mz_http_request *request = page->ticket->request;
    struct mz_page_overview view = { .head = page->head,
        .jobs_known = mz_core_known_count(page->daemon->core) };
    struct mz_text html = { 0 };

    fill_tiles(page, &view.tiles);
    fill_nodes(page, &view);
    fill_partners(page, &view);
    fill_contracts(page, &view);
    fill_gantt(page, &view, mz_http_request_query(request, "window"));
    fill_events(page, &view, mz_http_request_query(request, "events"));
    fill_alerts(page, &view);
    send_page(
        page, mz_page_overview_write(&view, mz_http_request_query(request, "panel"), &html), &html);
    mz_text_finish(&html);
}

/* ---- one job ---- */

static void fill_log(struct page *page, const struct mz_job_row *row, struct mz_page_log *log)
{
    struct mz_text path = { 0 };
    char *bytes = mz_arena_alloc(page->arena, MZ_PAGE_LOG_MAX + 1, 1);
    struct stat info;
    ssize_t got = 0;
    int fd;

    *log = (struct mz_page_log){ .attempt = row->attempt_count, .bytes = bytes, .problem = "" };
    fd = open(mz_daemon_log_path(page->daemon, row->id, row->attempt_count, 0, &path),
        O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        int64_t from = info.st_size > MZ_PAGE_LOG_MAX ? info.st_size - MZ_PAGE_LOG_MAX : 0;

        log->size = info.st_size;
        got = pread(fd, bytes, MZ_PAGE_LOG_MAX, from);
    } else {
        log->attempt = 0;
    }
    log->length = got > 0 ? (size_t)got : 0;
    if (fd >= 0)
        (void)close(fd);
    mz_text_finish(&path);
}

static void fill_attempts(struct page *page, struct mz_page_job *view)
{
    const struct mz_attempt_row *rows = NULL;
    int32_t count = 0;

    (void)mz_store_attempts(page->daemon->store, page->arena, page->job, &rows, &count, NULL);
    view->attempts = rows;
    view->attempt_count = count;
    for (int32_t a = 0; a < count; a++) {
        int64_t end_us = rows[a].ended_us ? rows[a].ended_us : page->head.now_us;

        if (!rows[a].started_us || end_us < rows[a].started_us)
            continue;
        view->chip_seconds += rows[a].chips * ((end_us - rows[a].started_us) / SECOND_US);
        view->cost_micro += mz_price_times((int64_t)rows[a].chips * MZ_MILLI,
            end_us - rows[a].started_us, rows[a].price_micro_per_chip_hour);
    }
}

static void fill_history(struct page *page, struct mz_page_job *view)
{
    const struct mz_event_row *rows = NULL;
    int32_t count = 0;
    struct mz_page_checkpoint *checkpoints;

    (void)mz_store_events(page->daemon->store, page->arena, 0, page->job, true, MZ_PAGE_EVENT_MAX,
        &rows, &count, NULL);
    view->events = rows;
    view->event_count = count;
    checkpoints = mz_arena_alloc(page->arena, (size_t)count + 1, sizeof(*checkpoints));
    for (int32_t i = count - 1; i >= 0; i--) {
        if (strcmp(rows[i].kind, "checkpoint") == 0)
            checkpoints[view->checkpoint_count++] =
                (struct mz_page_checkpoint){ rows[i].at_us, rows[i].attempt, rows[i].text };
    }
    view->checkpoints = checkpoints;
}

static const char *command_of(struct page *page, const struct mz_job_row *row)
{
    const struct mz_job_spec *spec = mz_daemon_spec(page->daemon, row->spec);
    struct mz_text line = { 0 };
    const char *copy;

    if (!spec)
        return "";
    for (int32_t a = 0; a < spec->argc; a++)
        mz_text_addf(&line, "%s%s", a ? " " : "", spec->argv[a]);
    copy = spec->run   ? mz_arena_strdup(page->arena, spec->run)
        : spec->script ? "(a script)"
                       : mz_arena_strdup(page->arena, mz_text_string(&line));
    mz_text_finish(&line);
    return copy;
}

static void write_job(struct page *page)
{
    struct mz_http_request *request = page->ticket->request;
    const struct mz_job_row *row = mz_core_job(page->daemon->core, page->job);
    struct mz_page_job view = { .head = page->head, .why = "", .command = "" };
    const char *spec = NULL;
    struct mz_text html = { 0 };

    if (!row) {
        send_problem(request, page->head, 404, "M0602", "there is no such job", "mizan ps --all");
        return;
    }
    view.row = row_of(page->daemon, page->arena, row);
    if (page->why)
        view.why = json_string_value(json_object_get(page->why, "text"));
    fill_attempts(page, &view);
    if (!view.row.attempt && view.attempt_count > 0)
        view.row.attempt = &view.attempts[view.attempt_count - 1];
    fill_history(page, &view);
    if (page->head.role >= MZ_PAGE_USER)
        fill_log(page, row, &view.log);
    else
        view.log = (struct mz_page_log){ .bytes = "",
            .problem = "output is for the job's owner: mizan logs" };
    if (page->head.role >= MZ_PAGE_USER) { /* arguments and environment may hold secrets */
        view.command = command_of(page, row);
        (void)mz_store_spec(page->daemon->store, page->arena, row->spec, &spec, NULL);
    }
    view.spec = spec ? spec : "";
    send_page(
        page, mz_page_job_write(&view, mz_http_request_query(request, "panel"), &html), &html);
    mz_text_finish(&html);
}

/* ---- the list ---- */

struct job_listing {
    struct page *page;
    struct mz_page_filter filter;
    uint32_t states;
    struct mz_page_job_row *rows;
    int32_t count;
    bool has_more;
    struct mz_page_summary summary;
};

static bool matches(const char *wanted, const char *value)
{
    return !*wanted || strcmp(wanted, value ? value : "") == 0;
}

static void sum_up(struct job_listing *listing, const struct mz_job_row *row)
{
    struct mz_page_summary *sum = &listing->summary;

    sum->live += !mz_run_state_is_end(row->state);
    if (row->state == MZ_RUN_RUNNING) {
        sum->running++;
        sum->running_chips += row->chips;
    } else if (row->state == MZ_RUN_RESTARTING) {
        sum->restarting++;
        sum->restarting_chips += row->chips;
    } else if (row->state == MZ_RUN_PENDING) {
        sum->pending++;
        sum->pending_chips += row->chips;
    }
    sum->cost_micro_per_hour +=
        mz_attempt_rate(mz_core_attempt(listing->page->daemon->core, row->id));
}

static bool list_row(void *context, const struct mz_job_row *row)
{
    struct job_listing *listing = context;
    const struct mz_page_filter *filter = &listing->filter;

    if (!(listing->states >> row->state & 1) || !matches(filter->team, row->team) ||
        !matches(filter->owner, row->owner) || !matches(filter->partner, row->partner) ||
        (*filter->name && (!row->name || !strstr(row->name, filter->name))))
        return true;
    sum_up(listing, row);
    if (listing->count < ROW_MAX)
        listing->rows[listing->count++] = row_of(listing->page->daemon, listing->page->arena, row);
    else
        listing->has_more = true;
    return true;
}

static const char *asked(struct mz_http_request *request, const char *name)
{
    const char *value = mz_http_request_query(request, name);

    return value ? value : "";
}

static void write_jobs(struct page *page)
{
    struct mz_http_request *request = page->ticket->request;
    struct job_listing listing = { .page = page,
        .states = ~0U,
        .rows = mz_arena_alloc(page->arena, ROW_MAX, sizeof(*listing.rows)),
        .filter = { asked(request, "state"), asked(request, "team"), asked(request, "owner"),
            asked(request, "partner"), asked(request, "name"), asked(request, "cursor") } };
    struct mz_page_jobs view = { .head = page->head, .next_cursor = "" };
    struct mz_text html = { 0 };

    if (*listing.filter.state && !mz_api_read_states(listing.filter.state, &listing.states))
        listing.states = 0;
    mz_core_each_job(
        page->daemon->core, strtoll(listing.filter.cursor, NULL, 10), list_row, &listing);
    view.filter = listing.filter;
    view.row_count = listing.count;
    view.rows = listing.rows;
    view.summary = listing.summary;
    view.jobs_known = mz_core_known_count(page->daemon->core);
    if (listing.has_more)
        view.next_cursor =
            mz_arena_printf(page->arena, "%" PRId64, listing.rows[listing.count - 1].job->id);
    send_page(
        page, mz_page_jobs_write(&view, mz_http_request_query(request, "panel"), &html), &html);
    mz_text_finish(&html);
}

/* ---- to the planner and back ---- */

static void ask_planner(struct mz_planner *planner, int64_t now_us, void *context)
{
    struct page *page = context;

    if (page->kind == PAGE_JOB)
        page->why = mz_planner_why(planner, now_us, page->job);
    else
        page->nodes = mz_planner_nodes(planner, page->arena, &page->node_count);
}

static void planner_answered(void *context)
{
    struct page *page = context;

    if (page->ticket) {
        page->head.event_seq = mz_core_event_seq(page->daemon->core);
        if (page->kind == PAGE_JOB)
            write_job(page);
        else
            write_overview(page);
    }
    end_page(page);
}

static bool send_asset(struct mz_http_request *request, const char *name)
{
    const struct mz_asset *asset = mz_page_asset(name);
    const char *known = mz_http_request_header(request, "If-None-Match");
    char tag[128];

    if (!asset)
        return false;
    (void)snprintf(tag, sizeof(tag), "\"%.64s\"", asset->hash);
    mz_http_response_header(request, "ETag", tag);
    mz_http_response_header(request, "Cache-Control",
        mz_http_request_query(request, "v") ? "public, max-age=31536000, immutable" : "no-cache");
    if (known && strcmp(known, tag) == 0)
        mz_http_respond(request, 304, asset->content_type, "", 0);
    else
        mz_http_respond(request, 200, asset->content_type, asset->bytes, asset->length);
    return true;
}

/* Which page a path names; false: none. */
static bool find_page(const char *path, enum page_kind *ret_kind, int64_t *ret_job)
{
    char *end;

    *ret_job = 0;
    if (strcmp(path, "/") == 0)
        *ret_kind = PAGE_OVERVIEW;
    else if (strcmp(path, "/jobs") == 0)
        *ret_kind = PAGE_JOBS;
    else if (strncmp(path, "/jobs/", 6) == 0 && path[6] >= '1' && path[6] <= '9' &&
        strlen(path) < 24) {
        *ret_kind = PAGE_JOB;
        *ret_job = strtoll(path + 6, &end, 10);
        return *end == '\0';
    } else
        return false;
    return true;
}

bool mz_api_page(struct mz_daemon *daemon, struct mz_http_request *request)
{
    const char *path = mz_http_request_path(request);
    struct mz_caller caller;
    enum page_kind kind;
    struct page *page;
    enum mz_role role;
    int64_t job;

    if (strcmp(mz_http_request_method(request), "GET") != 0 &&
        strcmp(mz_http_request_method(request), "HEAD") != 0)
        return false;
    if (strncmp(path, "/assets/", 8) == 0)
        return send_asset(request, path + 8);
    if (!find_page(path, &kind, &job))
        return false;
    caller = mz_api_caller(daemon, request, &role);
    if (role == MZ_ROLE_NONE) {
        send_problem(request, (struct mz_page_head){ .now_us = mz_clock_wall_us() }, 401, "M0608",
            "the token is missing or not known", "mizan token add NAME --role viewer");
        return true;
    }
    if (!mz_api_allow(daemon, request, MZ_ROLE_VIEWER, &caller))
        return true;
    page = mz_xcalloc(1, sizeof(*page));
    page->kind = kind;
    page->daemon = daemon;
    page->job = job;
    page->arena = mz_arena_create();
    page->ticket = mz_ticket_create(daemon, request, NULL);
    page->ticket->data = page;
    page->ticket->free = forget_ticket;
    fill_head(daemon, page->arena, &caller, role, &page->head);
    if (kind == PAGE_JOBS) {
        write_jobs(page);
        end_page(page);
    } else {
        mz_planner_thread_ask(daemon->planner, ask_planner, planner_answered, page);
    }
    return true;
}
