/* test_local.c - the local driver with real shims and a small daemon on the same loop
 *
 * usage: test_local MIZAN_SHIM. Everything a shim asks is granted unless the world says otherwise;
 * the job is `command`, run by sh. A driver that is freed and made again is a daemon that restarts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "driver/driver.h"
#include "net/http_server.h"
#include "shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#define INSTALL "ab12cd34"

enum { WAIT_MS = 20000, EVENT_COUNT_MAX = 4096, NODE_COUNT = 8 };

struct told { /* an event, copied */
    enum mz_driver_event_kind kind;
    enum mz_driver_outcome outcome;
    int64_t job;
    int32_t job_count;
    bool lists_job; /* OBSERVED: is world->job among them, running */
    char remote_id[64];
    char partner[16];
    char text[256];
};

struct world {
    uv_loop_t loop;
    uv_timer_t timer;
    struct mz_http_server *server;
    struct mz_driver *driver;
    struct mz_partner partner;
    char folder[64];
    char address[128];
    char out[128];
    const char *command;
    int32_t permit_status;
    int32_t permit_count;
    int32_t exit_count;
    char exits[EVENT_COUNT_MAX]; /* causes and codes, "exit 0;stopped 143;" */
    char requests[4096];         /* of the permits */
    struct told *told;
    int32_t told_count;
    int64_t job; /* the newest */
    bool frees_in_sink;
};

static const char *shim_path;

/* ---- the daemon ---- */

static const char *field(const char *body, const char *key, char *buffer, size_t size)
{
    char start[40];
    const char *at;
    size_t length;

    (void)snprintf(start, sizeof(start), "%s ", key);
    at = strstr(body, start);
    assert_non_null(at);
    length = strtoul(at + strlen(start), NULL, 10);
    at = strchr(at, '\n') + 1;
    (void)snprintf(buffer, size, "%.*s", (int)length, at);
    return buffer;
}

static void add(struct mz_text *sheet, const char *key, const char *value)
{
    mz_text_addf(sheet, "%s %zu\n%s\n", key, strlen(value), value);
}

static void permit(struct world *world, struct mz_http_request *request, const char *body)
{
    struct mz_text sheet = { 0 };
    char node[64];
    char rank[64];

    world->permit_count++;
    (void)snprintf(world->requests + strlen(world->requests),
        sizeof(world->requests) - strlen(world->requests), "%s@%s;",
        field(body, "rank", rank, sizeof(rank)), field(body, "node", node, sizeof(node)));
    if (world->permit_status != 200) {
        mz_http_respond(request, world->permit_status, "text/plain", "", 0);
        return;
    }
    add(&sheet, "arg", "sh");
    add(&sheet, "arg", "-c");
    add(&sheet, "arg", world->command);
    add(&sheet, "output", world->out);
    add(&sheet, "lease_ms", "60000");
    add(&sheet, "kill_ms", "5000");
    mz_http_respond(request, 200, "text/plain", mz_text_string(&sheet), sheet.length);
    mz_text_finish(&sheet);
}

static void handle(void *context, struct mz_http_request *request)
{
    struct world *world = context;
    const char *path = mz_http_request_path(request);
    const char *body = mz_http_request_body(request, NULL);
    char code[16];
    char cause[16];

    assert_string_equal(mz_http_request_header(request, "Authorization"), "Bearer t0ken");
    if (strcmp(path, MZ_SHIM_PATH_PERMIT) == 0) {
        permit(world, request, body);
    } else if (strcmp(path, MZ_SHIM_PATH_EXIT) == 0) {
        world->exit_count++;
        (void)snprintf(world->exits + strlen(world->exits),
            sizeof(world->exits) - strlen(world->exits), "%s %s;",
            field(body, "cause", cause, sizeof(cause)), field(body, "code", code, sizeof(code)));
        mz_http_respond(request, 200, "text/plain", "", 0);
    } else if (strcmp(path, MZ_SHIM_PATH_LEASE) == 0) { /* it paces itself */
        mz_http_respond(request, 200, "text/plain", "lease_ms 5\n60000\n", 17);
    } else {
        mz_http_respond(request, 404, "text/plain", "", 0);
    }
}

/* ---- the world ---- */

static void sink(void *context, const struct mz_driver_event *event)
{
    struct world *world = context;
    struct told *told = &world->told[world->told_count++];
    char name[MZ_ATTEMPT_NAME_MAX];

    assert_true(world->told_count < EVENT_COUNT_MAX);
    *told = (struct told){ .kind = event->kind,
        .outcome = event->outcome,
        .job = event->job,
        .job_count = event->job_count };
    (void)snprintf(told->remote_id, sizeof(told->remote_id), "%s", event->remote_id);
    (void)snprintf(told->partner, sizeof(told->partner), "%s", event->partner);
    (void)snprintf(told->text, sizeof(told->text), "%s", event->text);
    (void)mz_attempt_name(name, INSTALL, world->job, 1);
    for (int32_t i = 0; i < event->job_count; i++) {
        if (strcmp(event->jobs[i].name, name) != 0)
            continue;
        told->lists_job = event->jobs[i].state == MZ_REMOTE_RUNNING;
        (void)snprintf(told->remote_id, sizeof(told->remote_id), "%s", event->jobs[i].remote_id);
    }
    if (world->frees_in_sink && event->kind == MZ_DRIVER_SUBMITTED) {
        mz_driver_free(world->driver);
        world->driver = NULL;
    }
}

static struct mz_driver *make_driver(struct world *world, const struct mz_partner *partner)
{
    struct mz_driver_setup setup = { .loop = &world->loop,
        .partner = partner,
        .install = INSTALL,
        .shim_path = shim_path,
        .shim_server = world->address,
        .directory = world->folder,
        .sink = sink,
        .context = world };
    struct mz_driver *driver = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_driver_create(&setup, &driver, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return driver;
}

static void tick(uv_timer_t *timer)
{
    (void)timer;
}

static void open_world(struct world *world)
{
    struct mz_http_limits limits = mz_http_limits_default();
    struct mz_error err = { MZ_OK, "" };

    memset(world, 0, sizeof(*world));
    world->command = "true";
    world->permit_status = 200;
    world->partner.name = "here";
    world->partner.driver.kind = "local";
    world->told = calloc(EVENT_COUNT_MAX, sizeof(*world->told));
    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/mz-local-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->address, sizeof(world->address), "unix:%s/sock", world->folder);
    (void)snprintf(world->out, sizeof(world->out), "%s/out", world->folder);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    assert_int_equal(uv_timer_init(&world->loop, &world->timer), 0);
    world->server = mz_http_server_create(&world->loop, &limits, handle, world);
    if (mz_http_server_listen(world->server, world->address, 0600, &err) != MZ_OK)
        fail_msg("%s", err.text);
    world->driver = make_driver(world, &world->partner);
}

static void turn(struct world *world)
{
    (void)uv_timer_start(&world->timer, tick, 5, 0);
    (void)uv_run(&world->loop, UV_RUN_ONCE);
}

static void close_world(struct world *world)
{
    char command[128];

    mz_driver_free(world->driver);
    mz_http_server_stop(world->server, 0, NULL, NULL);
    uv_close((uv_handle_t *)&world->timer, NULL);
    (void)uv_run(&world->loop, UV_RUN_DEFAULT);
    mz_http_server_free(world->server);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    (void)snprintf(command, sizeof(command), "rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world->told);
}

static void restart_driver(struct world *world)
{
    mz_driver_free(world->driver);
    turn(world);
    world->driver = make_driver(world, &world->partner);
}

static int32_t count_told(const struct world *world, enum mz_driver_event_kind kind)
{
    int32_t count = 0;

    for (int32_t i = 0; i < world->told_count; i++)
        count += world->told[i].kind == kind;
    return count;
}

static const struct told *last_told(const struct world *world, enum mz_driver_event_kind kind)
{
    for (int32_t i = world->told_count; i > 0; i--)
        if (world->told[i - 1].kind == kind)
            return &world->told[i - 1];
    fail_msg("no event of kind %d", (int)kind);
    return NULL;
}

static const struct told *wait_told(
    struct world *world, enum mz_driver_event_kind kind, int32_t count)
{
    uint64_t end = uv_hrtime() / 1000000 + WAIT_MS;

    while (count_told(world, kind) < count && uv_hrtime() / 1000000 < end)
        turn(world);
    if (count_told(world, kind) < count)
        fail_msg("%d of %d events of kind %d", (int)count_told(world, kind), (int)count, (int)kind);
    return last_told(world, kind);
}

static void turn_for(struct world *world, uint64_t ms)
{
    for (uint64_t end = uv_hrtime() / 1000000 + ms; uv_hrtime() / 1000000 < end;)
        turn(world);
}

static void submit(struct world *world, int64_t job, int32_t node_count)
{
    static const char *const nodes[NODE_COUNT] = { "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7" };
    char name[MZ_ATTEMPT_NAME_MAX];
    struct mz_driver_submit spec = { .job = job,
        .n = 1,
        .name = mz_attempt_name(name, INSTALL, job, 1),
        .node_count = node_count,
        .nodes = nodes,
        .chip = "",
        .token = "t0ken",
        .directory = world->folder,
        .comment = "" };
    int32_t before = world->told_count;

    world->job = job;
    world->driver->ops->submit(world->driver, &spec);
    assert_int_equal(world->told_count, before); /* never from inside the call */
}

static void cancel(struct world *world, int64_t job, const char *remote_id)
{
    char name[MZ_ATTEMPT_NAME_MAX];
    struct mz_driver_ref ref = {
        .job = job, .n = 1, .name = mz_attempt_name(name, INSTALL, job, 1), .remote_id = remote_id
    };

    world->driver->ops->cancel(world->driver, &ref);
}

static const struct told *observe(struct world *world)
{
    world->driver->ops->observe(world->driver);
    return wait_told(world, MZ_DRIVER_OBSERVED, count_told(world, MZ_DRIVER_OBSERVED) + 1);
}

/* Words that the job wrote; waits for so many. */
static const char *wait_out(struct world *world, int32_t count)
{
    static char text[8192];
    uint64_t end = uv_hrtime() / 1000000 + WAIT_MS;

    for (;;) {
        int fd = open(world->out, O_RDONLY);
        ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
        int32_t lines = 0;

        if (fd >= 0)
            (void)close(fd);
        text[length > 0 ? length : 0] = '\0';
        for (const char *at = text; *at; at++)
            lines += *at == '\n';
        if (lines >= count)
            return text;
        assert_true(uv_hrtime() / 1000000 < end);
        turn(world);
    }
}

static bool is_alive(pid_t pid)
{
    char path[64];
    char text[512] = "";
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (!fgets(text, sizeof(text), file))
        text[0] = '\0';
    (void)fclose(file);
    return strrchr(text, ')') && strrchr(text, ')')[2] != 'Z';
}

/* ---- facts ---- */

static void a_job_is_submitted_runs_and_ends(void **state)
{
    struct world world;
    const struct told *told;
    struct stat info;
    char path[128];

    (void)state;
    open_world(&world);
    world.command = "env | grep -v -e ^_= -e ^SHLVL= -e ^PWD= -e ^OLDPWD= | cut -d= -f1 | sort | "
                    "tr '\\n' ' '; echo; ls /proc/self/fd | wc -l; exit 3";
    assert_int_equal(setenv("SECRET_OF_THE_DAEMON", "x", 1), 0);
    submit(&world, 7, 1);
    told = wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    assert_int_equal(told->outcome, MZ_DRIVER_OK);
    assert_non_null(strchr(told->remote_id, ':'));
    assert_true(atoi(told->remote_id) > 1);
    assert_string_equal(told->partner, "here");
    told = wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(told->job, 7);
    assert_string_equal(told->text, "");
    assert_string_equal(world.exits, "exit 3;");
    assert_string_equal(world.requests, "0@n0;");
    assert_null(strstr(wait_out(&world, 2), "SECRET"));
    assert_non_null(strstr(wait_out(&world, 2), "MIZAN_ATTEMPT_NAME MIZAN_PARTNER MIZAN_PUBLISH "));
    assert_non_null(strstr(wait_out(&world, 2), "\n4\n")); /* 0, 1, 2 and the folder's own */
    assert_int_equal(observe(&world)->job_count, 0);
    (void)snprintf(path, sizeof(path), "%s/shim.log", world.folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0);
    (void)snprintf(path, sizeof(path), "%s/.shim-1.0", world.folder);
    assert_int_equal(stat(path, &info), -1);
    close_world(&world);
}

static void every_rank_gets_a_shim_and_the_end_waits_for_all(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.command = "sleep 0.$(( ($$ % 5) ))";
    submit(&world, 8, NODE_COUNT);
    (void)wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    assert_true(observe(&world)->lists_job);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(world.exit_count, NODE_COUNT);
    for (int32_t i = 0; i < NODE_COUNT; i++) {
        char want[16];

        (void)snprintf(want, sizeof(want), "%d@n%d;", (int)i, (int)i);
        assert_non_null(strstr(world.requests, want));
    }
    assert_int_equal(count_told(&world, MZ_DRIVER_ENDED), 1);
    close_world(&world);
}

static void a_refused_shim_is_an_end(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.permit_status = 409;
    submit(&world, 9, 2);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(world.permit_count, 2);
    assert_int_equal(world.exit_count, 0);
    close_world(&world);
}

static void a_cancelled_job_is_stopped(void **state)
{
    struct world world;
    const struct told *told;
    char remote_id[64];

    (void)state;
    open_world(&world);
    world.command = "echo up; exec sleep 300";
    submit(&world, 10, 2);
    told = wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    (void)snprintf(remote_id, sizeof(remote_id), "%s", told->remote_id);
    (void)wait_out(&world, 2);
    cancel(&world, 10, "1:1"); /* another one under this number: not it */
    assert_int_equal(wait_told(&world, MZ_DRIVER_CANCELLED, 1)->outcome, MZ_DRIVER_OK);
    turn_for(&world, 100);
    assert_int_equal(count_told(&world, MZ_DRIVER_ENDED), 0);
    cancel(&world, 10, remote_id);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_string_equal(world.exits, "stopped 143;stopped 143;");
    cancel(&world, 10, remote_id); /* it is not there any more */
    assert_int_equal(wait_told(&world, MZ_DRIVER_CANCELLED, 3)->outcome, MZ_DRIVER_OK);
    close_world(&world);
}

#define DAEMONISE "setsid sh -c 'echo $$; exec sleep 300' & (sleep 300 & echo $!); echo $$; wait"

static void the_end_waits_for_what_a_killed_shim_left(void **state)
{
    struct world world;
    const struct told *told;
    int pids[3];

    (void)state;
    open_world(&world);
    world.command = DAEMONISE;
    submit(&world, 11, 1);
    told = wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    assert_int_equal(sscanf(wait_out(&world, 3), "%d %d %d", &pids[0], &pids[1], &pids[2]), 3);
    assert_int_equal(kill(atoi(told->remote_id), SIGKILL), 0);
    told = wait_told(&world, MZ_DRIVER_ENDED, 1);
    for (int32_t i = 0; i < 3; i++)
        assert_false(is_alive(pids[i]));
    assert_string_equal(told->text, "its shim was killed by signal 9");
    close_world(&world);
}

static void a_daemon_that_comes_back_adopts_its_shims(void **state)
{
    struct world world;
    const struct told *told;
    char remote_id[64];

    (void)state;
    open_world(&world);
    world.command = "echo up; exec sleep 300";
    submit(&world, 12, 3);
    told = wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    (void)snprintf(remote_id, sizeof(remote_id), "%s", told->remote_id);
    (void)wait_out(&world, 3);
    restart_driver(&world);
    told = observe(&world);
    assert_true(told->lists_job);
    assert_string_equal(told->remote_id, remote_id);
    assert_int_equal(told->job_count, 1);
    assert_int_equal(observe(&world)->job_count, 1);
    /* Rank 0 goes; what is left is still known by its name. */
    assert_int_equal(kill(atoi(remote_id), SIGTERM), 0);
    while (world.exit_count < 1)
        turn(&world);
    restart_driver(&world);
    told = observe(&world);
    assert_true(told->lists_job);
    assert_string_equal(told->remote_id, remote_id);
    cancel(&world, 12, remote_id);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(world.exit_count, 3);
    assert_int_equal(observe(&world)->job_count, 0);
    close_world(&world);
}

static void a_cancel_right_after_a_restart_finds_the_shim(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.command = "echo up; exec sleep 300";
    submit(&world, 13, 1);
    (void)wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    (void)wait_out(&world, 1);
    restart_driver(&world);
    cancel(&world, 13, "");
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_string_equal(world.exits, "stopped 143;");
    close_world(&world);
}

static void leftovers_of_a_shim_that_died_unseen_are_swept(void **state)
{
    struct world world;
    const struct told *told;
    int pids[3];

    (void)state;
    open_world(&world);
    world.command = DAEMONISE;
    submit(&world, 14, 1);
    told = wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    assert_int_equal(sscanf(wait_out(&world, 3), "%d %d %d", &pids[0], &pids[1], &pids[2]), 3);
    mz_driver_free(world.driver);
    turn(&world);
    assert_int_equal(kill(atoi(told->remote_id), SIGKILL), 0);
    assert_int_equal(waitpid(atoi(told->remote_id), NULL, 0), atoi(told->remote_id));
    assert_true(is_alive(pids[0]));
    world.driver = make_driver(&world, &world.partner);
    assert_true(observe(&world)->lists_job); /* something of it runs */
    told = wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(told->job, 14);
    assert_false(is_alive(pids[0]) || is_alive(pids[1]) || is_alive(pids[2]));
    assert_int_equal(observe(&world)->job_count, 0);
    close_world(&world);
}

static void two_local_partners_do_not_see_each_other_s(void **state)
{
    struct world world;
    struct mz_partner other;
    struct mz_driver *here;

    (void)state;
    open_world(&world);
    other = world.partner;
    other.name = "there";
    world.command = "echo up; exec sleep 300";
    submit(&world, 15, 1);
    (void)wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    (void)wait_out(&world, 1);
    here = world.driver;
    world.driver = make_driver(&world, &other);
    assert_int_equal(observe(&world)->job_count, 0);
    mz_driver_free(world.driver);
    world.driver = here;
    assert_int_equal(observe(&world)->job_count, 1);
    cancel(&world, 15, "");
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    close_world(&world);
}

static void a_shim_that_cannot_be_started_is_refused(void **state)
{
    struct world world;
    struct mz_driver_setup setup;
    struct mz_driver *driver = NULL;
    struct mz_error err = { MZ_OK, "" };
    char path[128];
    FILE *file;

    (void)state;
    open_world(&world);
    (void)snprintf(path, sizeof(path), "%s/broken-shim", world.folder);
    setup = (struct mz_driver_setup){ .loop = &world.loop,
        .partner = &world.partner,
        .install = INSTALL,
        .shim_path = path,
        .shim_server = world.address,
        .directory = world.folder,
        .sink = sink,
        .context = &world };
    assert_int_equal(mz_driver_create(&setup, &driver, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, path));
    file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("#!/no/such/interpreter\n", file);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
    mz_driver_free(world.driver);
    assert_int_equal(mz_driver_create(&setup, &world.driver, &err), MZ_OK);
    submit(&world, 16, 2);
    assert_int_equal(wait_told(&world, MZ_DRIVER_SUBMITTED, 1)->outcome, MZ_DRIVER_REFUSED);
    assert_non_null(strstr(last_told(&world, MZ_DRIVER_SUBMITTED)->text, "broken-shim"));
    turn_for(&world, 50);
    assert_int_equal(count_told(&world, MZ_DRIVER_ENDED), 0);
    assert_int_equal(observe(&world)->job_count, 0);
    close_world(&world);
}

static void an_attempt_that_is_here_is_not_started_again(void **state)
{
    struct world world;
    char remote_id[64];

    (void)state;
    open_world(&world);
    world.command = "echo up; exec sleep 300";
    submit(&world, 17, 1);
    (void)snprintf(
        remote_id, sizeof(remote_id), "%s", wait_told(&world, MZ_DRIVER_SUBMITTED, 1)->remote_id);
    submit(&world, 17, 1);
    assert_string_equal(wait_told(&world, MZ_DRIVER_SUBMITTED, 2)->remote_id, remote_id);
    (void)wait_out(&world, 1);
    turn_for(&world, 100);
    assert_int_equal(world.permit_count, 1);
    cancel(&world, 17, remote_id);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    close_world(&world);
}

static void the_sink_may_free_the_driver(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.frees_in_sink = true;
    submit(&world, 18, 1);
    submit(&world, 19, 1);
    world.driver->ops->observe(world.driver);
    (void)wait_told(&world, MZ_DRIVER_SUBMITTED, 1);
    while (world.exit_count < 2)
        turn(&world);
    turn_for(&world, 50);
    assert_int_equal(count_told(&world, MZ_DRIVER_SUBMITTED), 1);
    assert_int_equal(
        world.told[world.told_count - 1].kind, MZ_DRIVER_SUBMITTED); /* none after it */
    close_world(&world);
    while (waitpid(-1, NULL, 0) > 0) {
    }
}

static void a_cancel_while_it_starts_stops_it(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.command = "exec sleep 300";
    submit(&world, 30, NODE_COUNT);
    cancel(&world, 30, "");
    assert_int_equal(wait_told(&world, MZ_DRIVER_SUBMITTED, 1)->outcome, MZ_DRIVER_OK);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(observe(&world)->job_count, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    close_world(&world);
}

static void it_is_submitted_again_while_it_starts(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    submit(&world, 31, 2);
    submit(&world, 31, 2);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    assert_int_equal(count_told(&world, MZ_DRIVER_SUBMITTED), 1); /* one answer is for both */
    assert_int_equal(world.permit_count, 2);
    close_world(&world);
}

/* The daemon ends before it knows that the shims were started: the next one adopts them. */
static void a_daemon_that_ends_while_it_starts_leaves_it_to_the_next(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    world.command = "echo up; exec sleep 300";
    submit(&world, 32, 1);
    restart_driver(&world);
    (void)wait_out(&world, 1);
    assert_int_equal(count_told(&world, MZ_DRIVER_SUBMITTED), 0);
    assert_true(observe(&world)->lists_job);
    cancel(&world, 32, "");
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    close_world(&world);
}

/* Descriptors for a part of its ranks only: none of them may have asked for a permit. */
static void a_gang_that_starts_in_part_is_taken_back_without_a_permit(void **state)
{
    struct world world;
    struct rlimit limit;
    struct rlimit small;
    int next;

    (void)state;
    open_world(&world);
    submit(&world, 33, 1); /* the threads are there, and what they need */
    (void)wait_told(&world, MZ_DRIVER_ENDED, 1);
    world.permit_count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    next = dup(0);
    assert_true(next >= 0);
    (void)close(next);
    small = limit;
    small.rlim_cur = (rlim_t)(next > 10 ? next : 10) + 5;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
    submit(&world, 34, NODE_COUNT);
    (void)wait_told(&world, MZ_DRIVER_SUBMITTED, 2);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(last_told(&world, MZ_DRIVER_SUBMITTED)->outcome, MZ_DRIVER_NOT_SENT);
    turn_for(&world, 200);
    assert_int_equal(world.permit_count, 0);
    assert_int_equal(count_told(&world, MZ_DRIVER_ENDED), 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(observe(&world)->job_count, 0);
    submit(&world, 34, NODE_COUNT);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 2);
    assert_int_equal(world.permit_count, NODE_COUNT);
    close_world(&world);
}

static void other_children_of_the_daemon_are_left_alone(void **state)
{
    struct world world;
    int status = 0;
    pid_t child;

    (void)state;
    open_world(&world);
    child = fork();
    if (child == 0)
        _exit(42);
    for (int64_t job = 20; job < 24; job++)
        submit(&world, job, 1);
    (void)wait_told(&world, MZ_DRIVER_ENDED, 4);
    turn_for(&world, 50);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and its own are all reaped */
    close_world(&world);
}

static void many_jobs_come_and_go(void **state)
{
    enum { COUNT = 300 };
    struct world world;

    (void)state;
    open_world(&world);
    for (int64_t job = 100; job < 100 + COUNT; job++)
        submit(&world, job, 1);
    world.driver->ops->observe(world.driver);
    world.driver->ops->observe(world.driver);
    (void)wait_told(&world, MZ_DRIVER_ENDED, COUNT);
    assert_int_equal(count_told(&world, MZ_DRIVER_SUBMITTED), COUNT);
    assert_int_equal(count_told(&world, MZ_DRIVER_OBSERVED), 1); /* asked again before: no more */
    assert_int_equal(world.exit_count, COUNT);
    close_world(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_submitted_runs_and_ends),
        cmocka_unit_test(every_rank_gets_a_shim_and_the_end_waits_for_all),
        cmocka_unit_test(a_refused_shim_is_an_end),
        cmocka_unit_test(a_cancelled_job_is_stopped),
        cmocka_unit_test(the_end_waits_for_what_a_killed_shim_left),
        cmocka_unit_test(a_daemon_that_comes_back_adopts_its_shims),
        cmocka_unit_test(a_cancel_right_after_a_restart_finds_the_shim),
        cmocka_unit_test(leftovers_of_a_shim_that_died_unseen_are_swept),
        cmocka_unit_test(two_local_partners_do_not_see_each_other_s),
        cmocka_unit_test(a_shim_that_cannot_be_started_is_refused),
        cmocka_unit_test(an_attempt_that_is_here_is_not_started_again),
        cmocka_unit_test(the_sink_may_free_the_driver),
        cmocka_unit_test(a_cancel_while_it_starts_stops_it),
        cmocka_unit_test(it_is_submitted_again_while_it_starts),
        cmocka_unit_test(a_daemon_that_ends_while_it_starts_leaves_it_to_the_next),
        cmocka_unit_test(a_gang_that_starts_in_part_is_taken_back_without_a_permit),
        cmocka_unit_test(other_children_of_the_daemon_are_left_alone),
        cmocka_unit_test(many_jobs_come_and_go),
    };

    if (argc < 2)
        return 64;
    shim_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
