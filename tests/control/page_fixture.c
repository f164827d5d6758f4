/* page_fixture.c - made-up fleets: every number is derived from the index of its row */
#include "control/page_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JOBS_MANY = 2000, NODES_MANY = 6000, PARTNERS_MANY = 20, SPARK = 72 };

#define MIN_US INT64_C(60000000)
#define HOUR_US (60 * MIN_US)

const int64_t page_fixture_now_us = INT64_C(1773324607) * 1000000;
const char page_fixture_hostile[] =
    "</title><script>alert(1)</script>\"'&\x1b[31m\n]]>--><img src=x onerror=alert(2)> "
    "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xE2\x80\xAE";

struct plan { /* a job of the small fleets */
    int64_t id;
    const char *name;
    enum mz_run_state state;
    int32_t chips;
    const char *partner;
    const char *site;
    const char *chip;
    double age_h;
    double start_h; /* before now; 0: not started */
    double limit_h;
    int64_t price_micro;
    const char *note;
};

static const struct plan normal[] = {
    { 4127, "pretrain-9", MZ_RUN_RUNNING, 512, "azure", "azure/westus3", "h100-sxm", 19.4, 19, 26,
        3000000, "" },
    { 4131, "post-rl", MZ_RUN_RUNNING, 256, "oracle", "oracle/abilene", "gb300", 44, 43.8, 86,
        3410000, "" },
    { 4102, "serve-chat", MZ_RUN_RUNNING, 320, "coreweave", "coreweave/lv1", "h100-sxm", 290, 290,
        0, 2910000, "p95 0.41 s" },
    { 4140, "distill", MZ_RUN_RESTARTING, 64, "own", "mi1", "gb300", 21, 0.04, 72, 2450000,
        "node aws/use1/n0231 lost, from a checkpoint 14 min old" },
    { 4142, "evals", MZ_RUN_PENDING, 32, "", "", "", 0.18, 0, 1, 0, "" },
    { 4139, "tokenise-crawl-2026-02-part-0007-of-0064", MZ_RUN_DONE, 16, "own", "own/mi1", "cpu", 9,
        8.5, 0, 40000, "" },
    { 4133, "ablation-lr3e-4", MZ_RUN_FAILED, 8, "aws", "aws/use1", "h100-sxm", 12, 11.9, 4,
        3180000, "exit code 137 on n0231" },
};

static const char why_text[] =
    "Job 4142 'evals' waits (11 min). Expected start ~14:35 (25 min), confidence: fair.\n\n"
    "  Nearest place   own/mi1      48 free ≥ 32 needed    blocked: quota 'team-eval' 96 of 96 in "
    "use\n"
    "  2nd             aws/use1     16 free <  32 needed   frees 64 at 14:52 when 4138 ends\n"
    "  3rd             azure/wus3  256 free                blocked: reserved for 'pretrain' until "
    "18:00\n"
    "  Order in queue  2nd of 7     ahead: 4139 (priority 60 > 50)\n";

static const char log_text[] =
    "\x1b[32mINFO\x1b[0m rank 0 of 512, world ready in 41.2 s\n"
    "step   1  loss 11.03  tok/s 1.21M\nloading:  10%\rloading:  60%\rloading: 100%\n"
    "step 100  loss  6.40  tok/s 1.34M  mfu 41.8%\nstep 200  loss  5.12  tok/s 1.35M  mfu 42.0%\n"
    "caf\xE9 is not UTF-8, <b>nor is this HTML</b>\n"
    "checkpoint s3://ckpt/pretrain-9/step-200 written in 21 s\nstep 300  loss  4.71";

static void *new_rows(struct page_fixture *fixture, size_t count, size_t size)
{
    return mz_arena_alloc(fixture->arena, count > 0 ? count : 1, size);
}

static const char *text_of(struct page_fixture *fixture, const char *format, int32_t number)
{
    return mz_arena_printf(fixture->arena, format, (int)number);
}

static int64_t before(double hours)
{
    return page_fixture_now_us - (int64_t)(hours * (double)HOUR_US);
}

/* ---- jobs ---- */

static struct mz_attempt_row *add_attempt(struct page_fixture *fixture, const struct plan *plan)
{
    struct mz_attempt_row *row = new_rows(fixture, 1, sizeof(*row));
    bool is_over = mz_run_state_is_end(plan->state);

    *row = (struct mz_attempt_row){ .job = plan->id,
        .n = plan->state == MZ_RUN_RESTARTING ? 2 : 1,
        .state = is_over ? MZ_ATTEMPT_ENDED : MZ_ATTEMPT_RUNNING,
        .reason = is_over ? MZ_END_EXIT : MZ_END_NONE,
        .partner = plan->partner,
        .site = plan->site,
        .nodes = "n0011,n0012,n0013,n0014,n0015,n0016,n0017,n0018",
        .node_count = (plan->chips + 7) / 8,
        .chips_per_node = 8,
        .chips = plan->chips,
        .chip = plan->chip,
        .remote_id = "48112",
        .contract = "azure-250b",
        .price_micro_per_chip_hour = plan->price_micro,
        .created_us = before(plan->start_h + 0.01),
        .started_us = before(plan->start_h),
        .ended_us = is_over ? before(plan->start_h / 2) : 0,
        .exit_code = plan->state == MZ_RUN_FAILED ? 137
            : is_over                             ? 0
                                                  : MZ_EXIT_NONE,
        .checkpoint = plan->state == MZ_RUN_RESTARTING ? "s3://ckpt/distill/step-8100" : "" };
    return row;
}

static void fill_job(
    struct page_fixture *fixture, struct mz_page_job_row *row, const struct plan *plan)
{
    struct mz_job_row *job = new_rows(fixture, 1, sizeof(*job));
    bool is_over = mz_run_state_is_end(plan->state);

    *job = (struct mz_job_row){ .id = plan->id,
        .state = plan->state,
        .owner = "ada",
        .name = plan->name,
        .team = plan->state == MZ_RUN_PENDING ? "eval" : "post",
        .priority = 50,
        .chips = plan->chips,
        .attempt_count = plan->start_h > 0 ? 1 : 0,
        .exit_code = plan->state == MZ_RUN_FAILED ? 137
            : plan->state == MZ_RUN_DONE          ? 0
                                                  : MZ_EXIT_NONE,
        .submitted_us = before(plan->age_h),
        .started_us = plan->start_h > 0 ? before(plan->start_h) : 0,
        .ended_us = is_over ? before(plan->start_h / 2) : 0,
        .partner = plan->partner,
        .note = plan->note };
    *row = (struct mz_page_job_row){ .job = job,
        .attempt = plan->start_h > 0 ? add_attempt(fixture, plan) : NULL,
        .expected_us = plan->state == MZ_RUN_PENDING ? page_fixture_now_us + 25 * MIN_US : 0,
        .time_limit_us = (int64_t)(plan->limit_h * (double)HOUR_US),
        .waits_for = "" };
    if (plan->state == MZ_RUN_RESTARTING) {
        job->attempt_count = 2;
        job->restart_count = 1;
        job->started_us = before(20.5);
    }
}

static void fill_jobs(struct page_fixture *fixture, const struct plan *plans, int32_t count)
{
    struct mz_page_job_row *rows = new_rows(fixture, (size_t)count, sizeof(*rows));

    for (int32_t i = 0; i < count; i++) {
        fill_job(fixture, &rows[i], &plans[i]);
        fixture->jobs.summary.running += plans[i].state == MZ_RUN_RUNNING;
        fixture->jobs.summary.running_chips +=
            plans[i].state == MZ_RUN_RUNNING ? plans[i].chips : 0;
        fixture->jobs.summary.restarting += plans[i].state == MZ_RUN_RESTARTING;
        fixture->jobs.summary.restarting_chips +=
            plans[i].state == MZ_RUN_RESTARTING ? plans[i].chips : 0;
        fixture->jobs.summary.pending += plans[i].state == MZ_RUN_PENDING;
        fixture->jobs.summary.pending_chips +=
            plans[i].state == MZ_RUN_PENDING ? plans[i].chips : 0;
        fixture->jobs.summary.cost_micro_per_hour +=
            mz_run_state_is_end(plans[i].state) ? 0 : plans[i].chips * plans[i].price_micro;
    }
    fixture->jobs.row_count = count;
    fixture->jobs.rows = rows;
    fixture->jobs.jobs_known = count;
    fixture->overview.jobs_known = count;
}

static void make_many_jobs(struct page_fixture *fixture)
{
    static const enum mz_run_state states[] = { MZ_RUN_RUNNING, MZ_RUN_RUNNING, MZ_RUN_PENDING,
        MZ_RUN_DONE, MZ_RUN_RUNNING, MZ_RUN_FAILED, MZ_RUN_HELD, MZ_RUN_CANCELLED, MZ_RUN_PLACING,
        MZ_RUN_STOPPING, MZ_RUN_UNKNOWN };
    struct plan *plans = new_rows(fixture, JOBS_MANY, sizeof(*plans));

    for (int32_t i = 0; i < JOBS_MANY; i++) {
        enum mz_run_state state = states[i % 11];
        bool ran = state != MZ_RUN_PENDING && state != MZ_RUN_HELD && state != MZ_RUN_PLACING;

        plans[i] = (struct plan){ .id = 90000 - i,
            .name = text_of(fixture, "sweep-%04d", i),
            .state = state,
            .chips = 8 << (i % 6),
            .partner = ran ? text_of(fixture, "partner-%02d", i % PARTNERS_MANY) : "",
            .site = ran ? text_of(fixture, "site-%d", i % 7) : "",
            .chip = ran ? "h100-sxm" : "",
            .age_h = 1 + i % 90,
            .start_h = ran ? 0.5 + i % 20 : 0,
            .limit_h = 24,
            .price_micro = 2500000 + 1000 * i,
            .note = i % 5 ? "" : "restarted after a preemption by job 91" };
    }
    fill_jobs(fixture, plans, JOBS_MANY);
    fixture->jobs.next_cursor = "88001";
    fixture->jobs.jobs_known = 1234567;
}

/* ---- the Gantt: the rows of the list, with what came before ---- */

static void make_gantt(struct page_fixture *fixture)
{
    int32_t count = fixture->jobs.row_count;
    struct mz_page_gantt_row *rows = new_rows(fixture, (size_t)count, sizeof(*rows));

    for (int32_t i = 0; i < count; i++) {
        const struct mz_page_job_row *job = &fixture->jobs.rows[i];
        const struct mz_attempt_row **attempts = new_rows(fixture, 2, sizeof(*attempts));
        int32_t n = 0;

        if (job->job->state == MZ_RUN_RESTARTING) {
            struct mz_attempt_row *first = new_rows(fixture, 1, sizeof(*first));

            *first = *job->attempt;
            first->n = 1;
            first->partner = "aws";
            first->site = "aws/use1";
            first->started_us = before(20.5);
            first->ended_us = before(0.06);
            first->state = MZ_ATTEMPT_ENDED;
            first->reason = MZ_END_NODE_LOST;
            attempts[n++] = first;
        }
        if (job->attempt)
            attempts[n++] = job->attempt;
        rows[i] = (struct mz_page_gantt_row){ .job = job->job,
            .attempt_count = n,
            .attempts = attempts,
            .expected_us = job->expected_us,
            .limit_us = job->attempt && job->time_limit_us > 0
                ? job->attempt->started_us + job->time_limit_us
                : 0,
            .waits = job->job->state == MZ_RUN_PENDING ? "quota team-eval" : "" };
    }
    fixture->overview.gantt.window = MZ_PAGE_WINDOW_24H;
    fixture->overview.gantt.rows = rows;
    fixture->overview.gantt.row_count = count;
}

/* ---- partners and nodes ---- */

static void make_head(struct page_fixture *fixture, const char *const *names, int32_t count)
{
    struct mz_page_partner_name *partners = new_rows(fixture, (size_t)count, sizeof(*partners));
    struct mz_page_head head = { .now_us = page_fixture_now_us,
        .event_seq = 9001,
        .caller = "",
        .role = MZ_PAGE_VIEWER,
        .version = "0.1.0",
        .partner_count = count,
        .partners = partners };

    for (int32_t p = 0; p < count; p++) {
        partners[p].name = names[p];
        partners[p].is_own = strcmp(names[p], "own") == 0;
    }
    fixture->overview.head = head;
    fixture->jobs.head = head;
    fixture->job.head = head;
    fixture->waiting.head = head;
}

static void add_partner_nodes(struct page_fixture *fixture, struct mz_page_node *nodes,
    int32_t partner, int32_t count, int32_t chips, int64_t used)
{
    struct mz_page_overview *view = &fixture->overview;

    for (int32_t i = 0; i < count; i++) {
        int32_t here = used > chips ? chips : (int32_t)used;

        nodes[view->node_count++] = (struct mz_page_node){ .partner = partner,
            .name = text_of(fixture, "n%04d", partner * 200 + i),
            .site = "",
            .reason = "",
            .chips = chips,
            .chips_free = chips - here };
        used -= here;
    }
    view->nodes = nodes;
}

static void make_small_fleet(struct page_fixture *fixture)
{
    static const char *const names[] = { "azure", "oracle", "coreweave", "own", "aws" };
    static const int64_t chips[] = { 768, 384, 320, 64, 64 };
    static const int64_t used[] = { 512, 256, 320, 64, 0 };
    static const char *const contracts[] = { "azure-250b", "oracle-300b", "cw-22b", "", "aws-38b" };
    static const double percent[] = { 24.4, 12.7, 40.6, NAN, 32.6 };
    struct mz_page_partner *partners = new_rows(fixture, 5, sizeof(*partners));
    struct mz_page_node *nodes = new_rows(fixture, 400, sizeof(*nodes));

    make_head(fixture, names, 5);
    for (int32_t p = 0; p < 5; p++) {
        int32_t per_node = p == 1 ? 4 : 8;
        int32_t count = (int32_t)(chips[p] / per_node);

        partners[p] = (struct mz_page_partner){ .partner = p,
            .state = used[p] == chips[p] ? MZ_PAGE_PARTNER_FULL : MZ_PAGE_PARTNER_OK,
            .problem = "",
            .nodes = count,
            .nodes_up = count - (p == 4),
            .chips = chips[p],
            .chips_used = used[p],
            .chips_used_by_others = p == 0 ? 96 : 0,
            .jobs = used[p] > 0,
            .contract = contracts[p],
            .contract_percent = percent[p],
            .heard_us = before(0.001) };
        add_partner_nodes(fixture, nodes, p, count, per_node, used[p]);
    }
    nodes[fixture->overview.node_count - 1].state = MZ_PAGE_NODE_DOWN;
    nodes[fixture->overview.node_count - 1].reason = "no heartbeat for 45 s";
    nodes[5].state = MZ_PAGE_NODE_CORDONED;
    nodes[5].reason = "drained by ops: ECC errors";
    nodes[66].chips_free = 4; /* half used */
    fixture->overview.partner_count = 5;
    fixture->overview.partners = partners;
}

static void make_large_fleet(struct page_fixture *fixture)
{
    const char **names = new_rows(fixture, PARTNERS_MANY, sizeof(*names));
    struct mz_page_partner *partners = new_rows(fixture, PARTNERS_MANY, sizeof(*partners));
    struct mz_page_node *nodes = new_rows(fixture, NODES_MANY, sizeof(*nodes));

    for (int32_t p = 0; p < PARTNERS_MANY; p++)
        names[p] = text_of(fixture, "partner-%02d", p);
    make_head(fixture, names, PARTNERS_MANY);
    for (int32_t p = 0; p < PARTNERS_MANY; p++) {
        int32_t count = NODES_MANY / PARTNERS_MANY;
        int64_t used = (int64_t)count * 8 * (p + 1) / PARTNERS_MANY;

        partners[p] = (struct mz_page_partner){ .partner = p,
            .state = p == 3 ? MZ_PAGE_PARTNER_DRAINED
                : p == 4    ? MZ_PAGE_PARTNER_NEW
                            : MZ_PAGE_PARTNER_OK,
            .problem = "",
            .nodes = count,
            .nodes_up = count,
            .chips = count * 8,
            .chips_used = used,
            .jobs = 10 + p,
            .contract = text_of(fixture, "contract-with-a-long-name-%d", p),
            .contract_percent = 5.0 * p };
        add_partner_nodes(fixture, nodes, p, count, 8, used);
        for (int32_t i = 0; p == 7 && i < 12; i++)
            nodes[fixture->overview.node_count - 1 - 3 * i].state = MZ_PAGE_NODE_DOWN;
    }
    fixture->overview.partner_count = PARTNERS_MANY;
    fixture->overview.partners = partners;
}

/* ---- figures and events ---- */

static struct mz_page_spark make_spark(struct page_fixture *fixture, double last, double swing)
{
    double *values = new_rows(fixture, SPARK, sizeof(*values));

    for (int32_t i = 0; i < SPARK; i++)
        values[i] = last * (1 - swing * (SPARK - 1 - i) / SPARK) +
            last * swing * 0.25 * sin(i * 0.7) * (SPARK - 1 - i) / SPARK;
    values[3] = NAN;
    return (struct mz_page_spark){ SPARK, values };
}

static void make_tiles(struct page_fixture *fixture)
{
    struct mz_page_tiles *tiles = &fixture->overview.tiles;
    const struct mz_page_summary *summary = &fixture->jobs.summary;

    for (int32_t p = 0; p < fixture->overview.partner_count; p++) {
        const struct mz_page_partner *partner = &fixture->overview.partners[p];

        tiles->chips += partner->chips;
        tiles->chips_used_by_others += partner->chips_used_by_others;
        tiles->chips_used += partner->chips_used - partner->chips_used_by_others;
    }
    tiles->jobs_waiting = summary->pending;
    tiles->chips_waiting = summary->pending_chips;
    tiles->oldest_submitted_us = summary->pending > 0 ? before(0.18) : 0;
    tiles->jobs_running = summary->running;
    tiles->cost_micro_per_hour = summary->cost_micro_per_hour;
    tiles->power_mw = summary->running > 0 ? 1.88 : NAN;
    tiles->power_cap_mw = 2.4;
    tiles->tokens_per_s = NAN;
    tiles->latency_p95_s = NAN;
    tiles->ended_day_done = summary->running > 0 ? 31 : 0;
    tiles->ended_day_failed = summary->running > 0 ? 2 : 0;
    if (summary->running == 0)
        return;
    tiles->use = make_spark(fixture, (double)tiles->chips_used, 0.4);
    tiles->waiting = make_spark(fixture, (double)tiles->chips_waiting, 0.9);
    tiles->cost = make_spark(fixture, (double)tiles->cost_micro_per_hour / 1e6, 0.3);
    tiles->power = make_spark(fixture, tiles->power_mw, 0.3);
    tiles->ended = make_spark(fixture, 3, 0.8);
}

static void make_events(struct page_fixture *fixture)
{
    static const struct mz_event_row events[] = {
        { 9001, 0, 4140, 2, "started", "own", "", "attempt 2 at own/mi1" },
        { 9000, 0, 4140, 2, "placed", "own", "",
            "own/mi1 on n0601,n0602: nearest copy of its data" },
        { 8999, 0, 4140, 1, "attempt-ended", "aws", "",
            "node-lost, checkpoint step-8100 verified" },
        { 8998, 0, 0, 0, "node-lost", "aws", "", "aws/use1/n0231: no heartbeat for 45 s" },
        { 8997, 0, 4142, 0, "submitted", "", "uid 1000 ada", "32 chips" },
        { 8996, 0, 4127, 1, "checkpoint", "azure", "", "s3://ckpt/pretrain-9/step-200" },
        { 8995, 0, 0, 0, "drained", "azure", "token ops", "azure/n0005: ECC errors" },
        { 8994, 0, 4133, 1, "failed", "aws", "", "exit code 137 on n0231" },
    };
    struct mz_event_row *rows = new_rows(fixture, 8, sizeof(*rows));

    for (int32_t i = 0; i < 8; i++) {
        rows[i] = events[i];
        rows[i].at_us = page_fixture_now_us - (i * i * 4 + 1) * INT64_C(40000000);
    }
    fixture->overview.events = rows;
    fixture->overview.event_count = 8;
}

static void make_job_pages(struct page_fixture *fixture)
{
    struct mz_page_checkpoint *checkpoints = new_rows(fixture, 2, sizeof(*checkpoints));
    const struct mz_page_job_row *row = &fixture->jobs.rows[0];

    checkpoints[0] = (struct mz_page_checkpoint){ before(0.2), 1, "s3://ckpt/pretrain-9/step-200" };
    checkpoints[1] = (struct mz_page_checkpoint){ before(0.9), 1, "s3://ckpt/pretrain-9/step-100" };
    fixture->job.row = *row;
    fixture->job.attempt_count = row->attempt ? 1 : 0;
    fixture->job.attempts = row->attempt;
    fixture->job.events = fixture->overview.events;
    fixture->job.event_count = fixture->overview.event_count;
    fixture->job.why = "Job 4127 'pretrain-9' is running at azure/westus3 (n0011 … n0018), attempt "
                       "1.\n  Chosen: earliest finish, then cost.\n";
    fixture->job.log = (struct mz_page_log){
        .attempt = 1, .size = 7000000, .bytes = log_text, .length = sizeof(log_text) - 1
    };
    fixture->job.log.size = (int64_t)fixture->job.log.length;
    fixture->job.cost_micro = INT64_C(29184000000);
    fixture->job.chip_seconds = INT64_C(512) * 19 * 3600;
    fixture->job.checkpoint_count = 2;
    fixture->job.checkpoints = checkpoints;
    fixture->job.command = "torchrun --nnodes 64 train.py --config pretrain-9.yaml";
    fixture->job.spec = "{\"name\":\"pretrain-9\",\"chips\":512,\"gang\":true}";
    fixture->waiting.row = fixture->jobs.rows[4 % fixture->jobs.row_count];
    fixture->waiting.why = why_text;
    fixture->waiting.event_count = 1;
    fixture->waiting.events = &fixture->overview.events[4];
    fixture->waiting.command = "python eval.py";
}

static void make_alerts(struct page_fixture *fixture, bool partner_lost)
{
    struct mz_page_alert *alerts = new_rows(fixture, 2, sizeof(*alerts));

    alerts[fixture->overview.alert_count++] =
        (struct mz_page_alert){ partner_lost ? MZ_PAGE_BAD : MZ_PAGE_WARN, before(0.05),
            partner_lost ? "oracle is lost: 1 job restarts elsewhere" : "1 node lost at aws/use1",
            0 };
    alerts[fixture->overview.alert_count++] = (struct mz_page_alert){ MZ_PAGE_WARN, before(0.04),
        "restarting at own/mi1 from a checkpoint 14 min old", 4140 };
    fixture->overview.alerts = alerts;
}

/* ---- kinds ---- */

static void lose_partner(struct page_fixture *fixture)
{
    struct mz_page_partner *oracle = (struct mz_page_partner *)&fixture->overview.partners[1];

    oracle->state = MZ_PAGE_PARTNER_LOST;
    oracle->problem = "slurmrestd at https://abilene.example: connection refused";
    oracle->heard_us = before(0.2);
    ((struct mz_job_row *)fixture->jobs.rows[1].job)->state = MZ_RUN_UNKNOWN;
    ((struct mz_attempt_row *)fixture->jobs.rows[1].attempt)->state = MZ_ATTEMPT_LOST;
    for (int32_t i = 0; i < fixture->overview.node_count; i++) {
        struct mz_page_node *node = (struct mz_page_node *)&fixture->overview.nodes[i];

        if (node->partner == 1) {
            node->state = MZ_PAGE_NODE_DOWN;
            node->reason = "its partner is lost";
        }
    }
    fixture->overview.head.trouble = "The journal cannot be written (disk full): what runs runs "
                                     "on, nothing new is accepted.";
}

static void make_hostile(struct page_fixture *fixture)
{
    const char *bad = page_fixture_hostile;

    for (int32_t p = 0; p < fixture->overview.partner_count; p++) {
        struct mz_page_partner *partner = (struct mz_page_partner *)&fixture->overview.partners[p];

        ((struct mz_page_partner_name *)&fixture->overview.head.partners[p])->name = bad;
        partner->contract = bad;
        partner->problem = bad;
        partner->state = MZ_PAGE_PARTNER_LOST;
    }
    for (int32_t i = 0; i < fixture->jobs.row_count; i++) {
        struct mz_page_job_row *row = (struct mz_page_job_row *)&fixture->jobs.rows[i];
        struct mz_job_row *job = (struct mz_job_row *)row->job;
        struct mz_attempt_row *attempt = (struct mz_attempt_row *)row->attempt;

        job->name = job->team = job->owner = job->partner = job->note = bad;
        row->waits_for = bad;
        if (attempt)
            attempt->partner = attempt->site = attempt->nodes = attempt->chip = attempt->contract =
                attempt->checkpoint = bad;
        ((struct mz_page_gantt_row *)&fixture->overview.gantt.rows[i])->waits = bad;
    }
    for (int32_t i = 0; i < fixture->overview.node_count; i++) {
        struct mz_page_node *node = (struct mz_page_node *)&fixture->overview.nodes[i];

        node->name = node->site = node->reason = bad;
    }
    for (int32_t i = 0; i < fixture->overview.event_count; i++) {
        struct mz_event_row *event = (struct mz_event_row *)&fixture->overview.events[i];

        event->kind = event->partner = event->actor = event->text = bad;
    }
    for (int32_t i = 0; i < fixture->overview.alert_count; i++)
        ((struct mz_page_alert *)&fixture->overview.alerts[i])->text = bad;
    fixture->overview.head.caller = fixture->overview.head.trouble = bad;
    fixture->overview.head.version = bad;
    fixture->jobs.filter = (struct mz_page_filter){ bad, bad, bad, bad, bad, bad };
    fixture->jobs.next_cursor = bad;
    fixture->job.why = fixture->job.command = fixture->job.spec = bad;
    fixture->job.log.bytes = bad;
    fixture->job.log.length = strlen(bad);
    ((struct mz_page_checkpoint *)fixture->job.checkpoints)[0].path = bad;
    fixture->job.row = fixture->jobs.rows[0];
    fixture->waiting.row = fixture->jobs.rows[4];
}

struct page_fixture *page_fixture_new(enum page_fixture_kind kind)
{
    struct mz_arena *arena = mz_arena_create();
    struct page_fixture *fixture = mz_arena_alloc(arena, 1, sizeof(*fixture));

    fixture->arena = arena;
    if (kind == PAGE_EMPTY) {
        make_head(fixture, NULL, 0);
        fixture->overview.gantt.window = MZ_PAGE_WINDOW_24H;
        fixture->overview.head.event_seq = fixture->jobs.head.event_seq = 0;
        make_tiles(fixture);
        return fixture;
    }
    if (kind == PAGE_MANY) {
        make_large_fleet(fixture);
        make_many_jobs(fixture);
    } else {
        make_small_fleet(fixture);
        fill_jobs(fixture, normal, sizeof(normal) / sizeof(normal[0]));
        make_alerts(fixture, kind == PAGE_LOST);
    }
    make_gantt(fixture);
    make_tiles(fixture);
    make_events(fixture);
    make_job_pages(fixture);
    if (kind == PAGE_LOST)
        lose_partner(fixture);
    if (kind == PAGE_HOSTILE)
        make_hostile(fixture);
    return fixture;
}

void page_fixture_free(struct page_fixture *fixture)
{
    mz_arena_free(fixture->arena);
}
