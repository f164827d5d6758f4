/* daemon.c - start, turns, stop; and what the core asks for
 *
 * A turn: whatever callbacks one iteration of the loop runs. It ends before the loop waits
 * (uv_prepare) and right after it waited (uv_check): mz_core_flush. Decisions and durable batches
 * come in through one uv_async. One timer serves the core's wake time. */
#include "control/daemon_impl.h"

#include "control/clock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define TRIM_EVERY_US (5 * SECOND_US)

enum {
    TRIM_JOBS = 1000, /* ended since memory was given back */
    DESCRIPTORS_WANTED = 100000 + 512,
    DESCRIPTORS_OWN = 512,
    CONNECTIONS_MIN = 64,
    CONNECTIONS_FEW = 4096
};

void mz_daemon_log(struct mz_daemon *daemon, const char *format, ...)
{
    char line[1024];
    va_list list;

    if (!daemon->setup.log)
        return;
    va_start(list, format);
    (void)vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    daemon->setup.log(daemon->setup.context, line);
}

void mz_daemon_now(struct mz_daemon *daemon)
{
    mz_core_time(daemon->core, mz_clock_mono_us(), mz_clock_wall_us());
}

/* ---- tickets ---- */

struct mz_ticket *mz_ticket_create(struct mz_daemon *daemon, struct mz_http_request *request,
    void (*answer)(struct mz_ticket *ticket, const struct mz_core_answer *answer))
{
    struct mz_ticket *ticket = mz_xcalloc(1, sizeof(*ticket));

    ticket->daemon = daemon;
    ticket->request = request;
    ticket->answer = answer;
    ticket->next = daemon->tickets;
    if (ticket->next)
        ticket->next->prev = ticket;
    daemon->tickets = ticket;
    return ticket;
}

void mz_ticket_end(struct mz_ticket *ticket)
{
    if (ticket->prev)
        ticket->prev->next = ticket->next;
    else
        ticket->daemon->tickets = ticket->next;
    if (ticket->next)
        ticket->next->prev = ticket->prev;
    if (ticket->free)
        ticket->free(ticket->data);
    free(ticket);
}

/* The journal failed, or the daemon stops: nobody will answer these any more. */
void mz_ticket_fail_all(struct mz_daemon *daemon)
{
    struct mz_ticket *next;

    for (struct mz_ticket *ticket = daemon->tickets; ticket; ticket = next) {
        next = ticket->next;
        (void)mz_api_shim_renew(ticket); /* it rests on nothing that is not written */
    }
    while (daemon->tickets) {
        struct mz_ticket *ticket = daemon->tickets;

        mz_api_problem(ticket->request, 503, "M0607",
            "the journal cannot be written just now; what was asked did not happen. Try again");
        mz_ticket_end(ticket);
    }
}

/* ---- what the core asks for ---- */

static void op_commit(void *context, int64_t number, const struct mz_record *records, size_t count)
{
    struct mz_daemon *daemon = context;

    daemon->last_number = number;
    mz_writer_post(daemon->writer, number, records, count);
}

static void op_answer(void *context, void *ticket, const struct mz_core_answer *answer)
{
    struct mz_ticket *own = ticket;

    (void)context;
    own->answer(own, answer);
}

static void submit_there(struct mz_daemon *daemon, int32_t partner, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt)
{
    const struct mz_job_spec *spec = mz_daemon_spec(daemon, job->spec);
    struct mz_arena *arena = mz_arena_create();
    const char **nodes = mz_arena_alloc(arena, (size_t)attempt->node_count + 1, sizeof(*nodes));
    const char **names =
        mz_arena_alloc(arena, spec ? (size_t)spec->pass_count + 1 : 1, sizeof(*names));
    const char **values =
        mz_arena_alloc(arena, spec ? (size_t)spec->pass_count + 1 : 1, sizeof(*values));
    char name[MZ_ATTEMPT_NAME_MAX];
    char token[65];
    char node[256];
    struct mz_driver_submit submit = { .job = job->id,
        .n = attempt->n,
        .name = mz_attempt_name(name, daemon->install, job->id, attempt->n),
        .node_count = attempt->node_count,
        .nodes = nodes,
        .chips_per_node = attempt->chips_per_node,
        .cpus_per_node = spec ? spec->cpus_per_node : 0,
        .memory_mib = spec ? spec->memory_mib : 0,
        .chip = attempt->chips_per_node > 0 && attempt->chip
            ? mz_daemon_partner_chip(daemon, partner, attempt->chip)
            : "",
        .time_us = spec ? spec->time_us : 0,
        .token = mz_daemon_attempt_token(daemon, name, token),
        .pass_names = names,
        .pass_values = values,
        .comment = job->name ? job->name : "" };

    if (attempt->chips_per_node == 0) /* cores are the chips */
        submit.cpus_per_node = (attempt->chips + attempt->node_count - 1) / attempt->node_count;
    /* Some schedulers give a job that states no memory all that a node has: its share, then. */
    if (submit.memory_mib == 0)
        submit.memory_mib = (int32_t)(daemon->memory_share_mib[partner] *
            (attempt->chips_per_node > 0 ? attempt->chips_per_node : submit.cpus_per_node));
    for (int32_t i = 0; i < attempt->node_count; i++)
        nodes[i] = mz_arena_strdup(
            arena, mz_nth_name(attempt->nodes ? attempt->nodes : "", i, node, sizeof(node)));
    for (int32_t i = 0; spec && i < spec->pass_count; i++) {
        if (strcmp(spec->pass[i].partner, attempt->partner) != 0 &&
            strcmp(spec->pass[i].partner, "*") != 0)
            continue;
        names[submit.pass_count] = spec->pass[i].key;
        values[submit.pass_count++] = spec->pass[i].value;
    }
    if (daemon->drivers[partner]->caps.runs_here)
        mz_daemon_directories(daemon, arena, spec, job->id, &submit.directory, &submit.checkpoints);
    else
        mz_daemon_make_directories(daemon, spec, job->id);
    daemon->drivers[partner]->ops->submit(daemon->drivers[partner], &submit);
    mz_arena_free(arena);
}

static void op_act(void *context, enum mz_core_action action, int32_t partner,
    const struct mz_job_row *job, const struct mz_attempt_row *attempt,
    const struct mz_driver_ref *ref)
{
    struct mz_daemon *daemon = context;
    struct mz_driver *driver = daemon->drivers[partner];

    switch (action) {
    case MZ_ACT_SUBMIT: submit_there(daemon, partner, job, attempt); break;
    case MZ_ACT_CANCEL: driver->ops->cancel(driver, ref); break;
    case MZ_ACT_OBSERVE: driver->ops->observe(driver); break;
    }
}

static void op_plan(void *context, const struct mz_plan_message *message)
{
    struct mz_daemon *daemon = context;

    mz_planner_thread_post(daemon->planner, message);
}

static void op_event(void *context, const struct mz_event_row *event)
{
    struct mz_daemon *daemon = context;
    enum mz_run_state state;

    if (mz_run_state_parse(event->kind, &state) && mz_run_state_is_end(state)) {
        daemon->ended_since++;
        daemon->ended_untrimmed++;
    }
    if (strcmp(event->kind, "attempt-ended") == 0)
        mz_daemon_forget_address(context, event->job, event->attempt);
    mz_stream_event(context, event);
}

const struct mz_core_ops mz_daemon_ops = { op_commit, op_answer, op_act, op_plan, op_event };

/* ---- turns ---- */

static void on_timer(uv_timer_t *timer)
{
    struct mz_daemon *daemon = timer->data;

    (void)daemon; /* the turn's end does the work */
}

static void begin_anew(struct mz_daemon *daemon)
{
    struct mz_error err = { MZ_OK, "" };

    mz_daemon_close_core(daemon);
    mz_writer_reset(daemon->writer);
    daemon->is_narrow = true;
    daemon->retry_us = mz_clock_mono_us() + SECOND_US;
    if (mz_daemon_open_core(daemon, &err) != MZ_OK) {
        mz_daemon_log(daemon, "the journal cannot be read: %s; stopping", err.text);
        mz_daemon_close_core(daemon);
        uv_stop(&daemon->loop);
        daemon->is_stopping = true;
    }
}

/* What ended jobs leave lies between rows that stay: the C library keeps it unless it is told. */
static void give_back_memory(struct mz_daemon *daemon, int64_t now_us)
{
    if (daemon->ended_untrimmed < TRIM_JOBS || now_us < daemon->trim_us)
        return;
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
    daemon->ended_untrimmed = 0;
    daemon->trim_us = mz_clock_mono_us() + TRIM_EVERY_US;
}

/* In the narrow mode nothing is flushed; each second one turn is, to see. */
static void end_turn(struct mz_daemon *daemon)
{
    int64_t now_us = mz_clock_mono_us();
    int64_t wait_us;
    bool has_more;

    if (!daemon->core || daemon->is_stopping)
        return;
    mz_daemon_now(daemon);
    if (now_us >= mz_core_wake_us(daemon->core))
        mz_core_tick(daemon->core);
    if (!daemon->is_narrow || now_us >= daemon->retry_us) {
        if (daemon->is_narrow) {
            daemon->retry_us = now_us + SECOND_US;
            mz_core_probe(daemon->core);
        }
        (void)mz_core_flush(daemon->core);
    }
    if (now_us >= daemon->prune_us)
        mz_daemon_keep_house(daemon, now_us);
    give_back_memory(daemon, now_us);
    has_more = mz_logs_tick(daemon);
    mz_pages_tick(daemon);
    wait_us = mz_core_wake_us(daemon->core) - now_us;
    if (mz_streams_tick(daemon, now_us) || has_more)
        wait_us = 0;
    if (wait_us > SECOND_US)
        wait_us = SECOND_US;
    (void)uv_timer_start(
        &daemon->timer, on_timer, wait_us > 0 ? (uint64_t)(wait_us + 999) / 1000 : 1, 0);
}

static void on_prepare(uv_prepare_t *handle)
{
    end_turn(handle->data);
}

static void on_check(uv_check_t *handle)
{
    end_turn(handle->data);
}

static void decided(void *context, const struct mz_plan_decision *decision)
{
    struct mz_daemon *daemon = context;

    mz_core_decision(daemon->core, decision);
}

static void on_async(uv_async_t *async)
{
    struct mz_daemon *daemon = async->data;
    struct mz_error failure = { MZ_OK, "" };
    int64_t durable;
    int64_t failed;

    if (!daemon->core || daemon->is_stopping)
        return;
    (void)pthread_mutex_lock(&daemon->lock);
    durable = daemon->durable;
    failed = daemon->failed;
    if (failed)
        failure = daemon->failure;
    (void)pthread_mutex_unlock(&daemon->lock);
    mz_daemon_now(daemon);
    mz_core_durable(daemon->core, durable);
    if (failed) {
        if (!daemon->is_narrow)
            mz_daemon_log(daemon,
                "the journal cannot be written: %s. What runs runs on; nothing new is accepted",
                failure.text);
        begin_anew(daemon);
        return;
    }
    if (daemon->is_narrow && durable > daemon->first_number) {
        daemon->is_narrow = false;
        mz_daemon_log(daemon, "the journal can be written again");
    }
    mz_planner_thread_drain(daemon->planner, decided, daemon);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct mz_daemon *daemon = handle->data;

    mz_daemon_log(daemon, "signal %d: stopping; jobs run on under their shims", number);
    daemon->is_stopping = true;
    uv_stop(&daemon->loop);
}

/* ---- start and stop ---- */

static const struct mz_scenario *this_machine(struct mz_arena *arena)
{
    struct mz_scenario *scenario = mz_arena_alloc(arena, 1, sizeof(*scenario));
    struct mz_partner *partner = mz_arena_alloc(arena, 1, sizeof(*partner));

    partner->name = "local";
    partner->label = "this machine";
    partner->is_own = true;
    partner->rofr.holder = -1;
    partner->driver.kind = "local";
    scenario->name = "this machine";
    scenario->file = "";
    scenario->is_fleet = true;
    scenario->partner_count = 1;
    scenario->partners = partner;
    return scenario;
}

/* How many connections there may be. Each running rank has one, and a descriptor for its process at
 * a local partner: half of what the system gives, so that connections never take what the journal,
 * logs and new jobs need. Jobs inherit the limit, so it is not made larger than that. */
static int32_t connections_max(struct mz_daemon *daemon)
{
    struct rlimit limit;
    int64_t count;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return CONNECTIONS_MIN;
    if (limit.rlim_cur < DESCRIPTORS_WANTED) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    count = limit.rlim_cur < DESCRIPTORS_WANTED ? (int64_t)limit.rlim_cur : DESCRIPTORS_WANTED;
    count = (count - DESCRIPTORS_OWN) / 2;
    count = count > CONNECTIONS_MIN ? count : CONNECTIONS_MIN;
    if (count < CONNECTIONS_FEW)
        mz_daemon_log(daemon,
            "the limit of open files is %" PRIu64 ": at most %" PRId64
            " connections, one for each running rank of a job. Raise it (LimitNOFILE=)",
            (uint64_t)limit.rlim_cur, count);
    return (int32_t)count;
}

static enum mz_status listen_all(struct mz_daemon *daemon, struct mz_error *err)
{
    struct mz_http_limits limits = mz_http_limits_default();
    enum mz_status status = MZ_OK;

    limits.connection_count_max = connections_max(daemon);
    daemon->server = mz_http_server_create(&daemon->loop, &limits, mz_api_handle, daemon);
    if (daemon->setup.tls_certificate)
        status = mz_http_server_use_tls(
            daemon->server, daemon->setup.tls_certificate, daemon->setup.tls_key, err);
    for (int32_t i = 0; status == MZ_OK && i < daemon->setup.listen_count; i++)
        status = mz_http_server_listen(daemon->server, daemon->setup.listen[i], 0666, err);
    return status;
}

static void start_handles(struct mz_daemon *daemon)
{
    static const int numbers[2] = { SIGTERM, SIGINT };

    (void)uv_prepare_init(&daemon->loop, &daemon->prepare);
    (void)uv_check_init(&daemon->loop, &daemon->check);
    (void)uv_timer_init(&daemon->loop, &daemon->timer);
    daemon->prepare.data = daemon->check.data = daemon->timer.data = daemon;
    (void)uv_prepare_start(&daemon->prepare, on_prepare);
    (void)uv_check_start(&daemon->check, on_check);
    for (size_t s = 0; s < 2; s++) {
        (void)uv_signal_init(&daemon->loop, &daemon->signals[s]);
        daemon->signals[s].data = daemon;
        (void)uv_signal_start(&daemon->signals[s], on_signal, numbers[s]);
    }
}

static void say_ready(struct mz_daemon *daemon)
{
    struct mz_text where = { 0 };

    for (int32_t i = 0; i < daemon->setup.listen_count; i++) {
        const char *address = daemon->setup.listen[i];

        mz_text_addf(&where, "%s%s%s", i ? ", " : "",
            strncmp(address, "unix:", 5) == 0 ? "" : "http://", address);
    }
    if (daemon->setup.ready)
        daemon->setup.ready(daemon->setup.context, mz_text_string(&where));
    mz_text_finish(&where);
}

static enum mz_status open_all(struct mz_daemon *daemon, struct mz_error *err)
{
    enum mz_status status;

    daemon->http = mz_http_client_create(&daemon->loop, 64);
    daemon->shim_server = "";
    for (int32_t i = daemon->setup.listen_count - 1; i >= 0; i--) {
        if (strncmp(daemon->setup.listen[i], "unix:", 5) == 0)
            daemon->shim_server = daemon->setup.listen[i];
    }
    status = mz_daemon_open_journal(daemon, err);
    if (status == MZ_OK)
        status = mz_daemon_open_drivers(daemon, err);
    if (status == MZ_OK)
        status = mz_daemon_open_core(daemon, err);
    if (status == MZ_OK)
        status = listen_all(daemon, err);
    return status;
}

static void stopped(void *context)
{
    *(bool *)context = true;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_all(struct mz_daemon *daemon)
{
    bool is_done = false;

    daemon->is_stopping = true;
    if (daemon->server) {
        mz_stream_close_all(daemon);
        mz_logs_close_all(daemon);
        mz_ticket_fail_all(daemon);
        mz_http_server_stop(daemon->server, 500, stopped, &is_done);
        for (int32_t i = 0; i < 100 && !is_done; i++)
            (void)uv_run(&daemon->loop, UV_RUN_ONCE);
        mz_http_server_free(daemon->server);
    }
    for (int32_t p = 0; p < MZ_PARTNER_COUNT_MAX; p++)
        mz_driver_free(daemon->drivers[p]);
    if (daemon->core)
        mz_daemon_close_core(daemon);
    mz_http_client_free(daemon->http);
    mz_writer_free(daemon->writer);
    mz_store_free(daemon->store);
    uv_walk(&daemon->loop, close_handle, NULL);
    (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&daemon->loop);
    for (int32_t i = 0; i < MZ_SPEC_CACHE_COUNT; i++)
        mz_arena_free(daemon->specs[i].arena);
    for (int32_t t = 0; t < daemon->token_count; t++) {
        free(daemon->tokens[t].name);
        free(daemon->tokens[t].hash);
    }
    free(daemon->tokens);
    EVP_MAC_CTX_free(daemon->hmac);
    for (size_t i = 0; i < mz_map_places(daemon->addresses); i++)
        free(mz_map_at(daemon->addresses, i));
    mz_map_free(daemon->addresses);
    (void)pthread_mutex_destroy(&daemon->lock);
    mz_arena_free(daemon->arena);
    free(daemon);
}

enum mz_status mz_daemon_run(const struct mz_daemon_setup *setup, struct mz_error *err)
{
    struct mz_daemon *daemon = mz_xcalloc(1, sizeof(*daemon));
    enum mz_status status;

    daemon->setup = *setup;
    daemon->arena = mz_arena_create();
    daemon->scenario = setup->scenario ? setup->scenario : this_machine(daemon->arena);
    daemon->addresses = mz_map_create();
    daemon->started_us = mz_clock_wall_us();
    daemon->prune_us = mz_clock_mono_us() +
        (setup->keep_jobs_us < 100 * SECOND_US ? setup->keep_jobs_us / 10 : 10 * SECOND_US);
    (void)pthread_mutex_init(&daemon->lock, NULL);
    if (gethostname(daemon->host, sizeof(daemon->host) - 1) != 0)
        (void)snprintf(daemon->host, sizeof(daemon->host), "localhost");
    (void)signal(SIGPIPE, SIG_IGN);
    (void)uv_loop_init(&daemon->loop);
    (void)uv_async_init(&daemon->loop, &daemon->async, on_async);
    daemon->async.data = daemon;
    status = open_all(daemon, err);
    if (status == MZ_OK) {
        start_handles(daemon);
        say_ready(daemon);
        (void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
    }
    close_all(daemon);
    return status;
}
