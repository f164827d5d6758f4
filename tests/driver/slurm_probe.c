/* slurm_probe.c - a Slurm driver on a loop of its own, led by lines from standard input
 *
 *   slurm_probe KEY=VALUE...     of a partner in a fleet file, env.NAME=VALUE, and: install, shim,
 *                                server
 *   submit JOB N NODES CHIPS CPUS MIB SECONDS [KEY=VALUE...]   NODES "a1,a2"; CHIPS of kind h100
 *   burst JOB COUNT NODE         COUNT submits with numbers from JOB on, one line when all are told
 *   cancel JOB N ID SECONDS      ID "-": by name
 *   observe                      summary | observe-quiet: counts only
 *   quit
 * Every event is one line of JSON. Unlike the daemon it prints, and dies when it is led wrongly. */
#include "base/text.h"
#include "driver/driver.h"
#include "net/http_client.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum { PARTS_MAX = 64, LINE_MAX_BYTES = 8192 };

static struct {
    uv_loop_t loop;
    uv_pipe_t in;
    struct mz_http_client *http;
    struct mz_driver *driver;
    struct mz_partner partner;
    const char *install;
    char line[LINE_MAX_BYTES];
    size_t length;
    bool is_quiet;
    int32_t burst_left;
    int32_t burst_ok;
    int32_t burst_count;
    uint64_t burst_ns;
    uint64_t observe_ns;
} probe;

static const char *const outcomes[] = { "ok", "refused", "not-sent", "unknown" };
static const char *const kinds[] = { "submitted", "cancelled", "observed", "unreachable", "ended" };
static const char *const states[] = { "queued", "running", "ended" };

static void print_json(json_t *line)
{
    char *dump = json_dumps(line, JSON_COMPACT);

    (void)printf("%s\n", dump ? dump : "{}");
    (void)fflush(stdout);
    free(dump);
    json_decref(line);
}

static json_t *observed(const struct mz_driver_event *event)
{
    json_t *line = json_pack("{s:i,s:i,s:i,s:f,s:I}", "job_count", event->job_count, "node_count",
        event->node_count, "use_count", event->use_count, "took_ms",
        (double)(uv_hrtime() - probe.observe_ns) / 1e6, "observe_us",
        (json_int_t)probe.driver->caps.observe_us);
    json_t *jobs = json_array();
    json_t *nodes = json_array();
    json_t *uses = json_array();

    for (int32_t i = 0; i < event->job_count && !probe.is_quiet; i++) {
        const struct mz_remote_job *job = &event->jobs[i];

        json_array_append_new(jobs,
            json_pack("{s:s,s:s,s:I,s:s,s:s}", "name", job->name, "id", job->remote_id, "submit_s",
                (json_int_t)job->submit_s, "state", states[job->state], "reason", job->reason));
    }
    for (int32_t i = 0; i < event->node_count && !probe.is_quiet; i++) {
        const struct mz_remote_node *node = &event->nodes[i];

        json_array_append_new(nodes,
            json_pack("{s:s,s:b,s:b,s:i,s:s,s:i,s:I,s:s}", "name", node->name, "up", node->is_up,
                "cordoned", node->is_cordoned, "chips", node->chips, "chip", node->chip, "cpus",
                node->cpus, "memory_mib", (json_int_t)node->memory_mib, "reason", node->reason));
    }
    for (int32_t i = 0; i < event->use_count && !probe.is_quiet; i++) {
        const struct mz_remote_use *use = &event->uses[i];

        json_array_append_new(uses,
            json_pack("{s:s,s:s,s:i,s:i,s:I,s:I}", "node", use->node, "job", use->job, "chips",
                use->chips, "cpus", use->cpus, "memory_mib", (json_int_t)use->memory_mib, "end_s",
                (json_int_t)use->end_unix_s));
    }
    json_object_set_new(line, "jobs", jobs);
    json_object_set_new(line, "nodes", nodes);
    json_object_set_new(line, "uses", uses);
    return line;
}

static void on_event(void *context, const struct mz_driver_event *event)
{
    json_t *line;

    (void)context;
    if (event->kind == MZ_DRIVER_SUBMITTED && probe.burst_left > 0) {
        probe.burst_ok += event->outcome == MZ_DRIVER_OK;
        if (--probe.burst_left == 0) {
            double seconds = (double)(uv_hrtime() - probe.burst_ns) / 1e9;

            print_json(json_pack("{s:s,s:i,s:i,s:f}", "event", "burst", "count", probe.burst_count,
                "ok", probe.burst_ok, "per_s", probe.burst_count / seconds));
        }
        return;
    }
    line = event->kind == MZ_DRIVER_OBSERVED ? observed(event) : json_object();
    json_object_set_new(line, "event", json_string(kinds[event->kind]));
    json_object_set_new(line, "partner", json_string(event->partner));
    json_object_set_new(line, "text", json_string(event->text));
    json_object_set_new(line, "begin_us", json_integer(event->begin_us));
    json_object_set_new(line, "now_us", json_integer((json_int_t)uv_now(&probe.loop) * 1000));
    if (event->kind == MZ_DRIVER_SUBMITTED || event->kind == MZ_DRIVER_CANCELLED) {
        json_object_set_new(line, "job", json_integer(event->job));
        json_object_set_new(line, "n", json_integer(event->n));
        json_object_set_new(line, "outcome", json_string(outcomes[event->outcome]));
        json_object_set_new(line, "id", json_string(event->remote_id));
        json_object_set_new(line, "submit_s", json_integer(event->remote_submit_s));
    }
    print_json(line);
}

static int32_t cut(char *text, const char *between, char **parts)
{
    int32_t count = 0;
    char *rest = NULL;

    for (char *part = strtok_r(text, between, &rest); part && count < PARTS_MAX;
         part = strtok_r(NULL, between, &rest))
        parts[count++] = part;
    return count;
}

static void submit(int64_t job, int32_t n, char *nodes, char **parts, int32_t count)
{
    char name[MZ_ATTEMPT_NAME_MAX];
    char *names[PARTS_MAX];
    const char *pass_names[PARTS_MAX];
    const char *pass_values[PARTS_MAX];
    struct mz_driver_submit what = { .job = job,
        .n = n,
        .chip = "",
        .token = "token-of-the-shim",
        .comment = "a comment, with 'quotes' and $HOME",
        .nodes = (const char *const *)names,
        .pass_names = pass_names,
        .pass_values = pass_values };

    what.name = mz_attempt_name(name, probe.install, job, n);
    what.node_count = cut(nodes, ",", names);
    what.chips_per_node = atoi(parts[0]);
    what.chip = what.chips_per_node ? "h100" : "";
    what.cpus_per_node = atoi(parts[1]);
    what.memory_mib = atoi(parts[2]);
    what.time_us = (int64_t)atoi(parts[3]) * 1000000;
    for (int32_t i = 4; i < count; i++) {
        char *value = strchr(parts[i], '=');

        assert(value);
        *value++ = '\0';
        pass_names[what.pass_count] = parts[i];
        pass_values[what.pass_count++] = value;
    }
    probe.driver->ops->submit(probe.driver, &what);
}

static void burst(int64_t job, int32_t count, const char *node)
{
    char zero[] = "0";
    char cpus[] = "1";
    char memory[] = "10";
    char seconds[] = "60";
    char *parts[] = { zero, cpus, memory, seconds };

    probe.burst_left = probe.burst_count = count;
    probe.burst_ok = 0;
    probe.burst_ns = uv_hrtime();
    for (int32_t i = 0; i < count; i++) {
        char copy[64];

        (void)snprintf(copy, sizeof(copy), "%s", node);
        submit(job + i, 1, copy, parts, 4);
    }
}

static void finish(void)
{
    probe.driver->ops->free(probe.driver);
    probe.driver = NULL;
    mz_http_client_free(probe.http);
    uv_close((uv_handle_t *)&probe.in, NULL);
}

static void do_line(char *line)
{
    char *parts[PARTS_MAX];
    int32_t count = cut(line, " ", parts);

    if (count == 0)
        return;
    if (strcmp(parts[0], "submit") == 0 && count >= 8) {
        submit(atoll(parts[1]), atoi(parts[2]), parts[3], parts + 4, count - 4);
    } else if (strcmp(parts[0], "burst") == 0 && count == 4) {
        burst(atoll(parts[1]), atoi(parts[2]), parts[3]);
    } else if (strcmp(parts[0], "cancel") == 0 && count == 5) {
        char name[MZ_ATTEMPT_NAME_MAX];
        struct mz_driver_ref ref = { .job = atoll(parts[1]),
            .n = atoi(parts[2]),
            .remote_id = strcmp(parts[3], "-") == 0 ? "" : parts[3],
            .remote_submit_s = atoll(parts[4]) };

        ref.name = mz_attempt_name(name, probe.install, ref.job, ref.n);
        probe.driver->ops->cancel(probe.driver, &ref);
    } else if (strncmp(parts[0], "observe", 7) == 0) {
        probe.is_quiet = parts[0][7] != '\0';
        probe.observe_ns = uv_hrtime();
        probe.driver->ops->observe(probe.driver);
    } else if (strcmp(parts[0], "quit") == 0) {
        finish();
    } else {
        (void)fprintf(stderr, "slurm_probe: '%s'?\n", parts[0]);
        exit(2);
    }
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)handle;
    (void)size;
    *buffer =
        uv_buf_init(probe.line + probe.length, (unsigned)(sizeof(probe.line) - 1 - probe.length));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    char *end;

    (void)stream;
    (void)buffer;
    if (length < 0) {
        if (probe.driver)
            finish();
        return;
    }
    probe.length += (size_t)length;
    probe.line[probe.length] = '\0';
    while (probe.driver && (end = strchr(probe.line, '\n'))) {
        char line[LINE_MAX_BYTES];

        *end = '\0';
        (void)snprintf(line, sizeof(line), "%s", probe.line);
        probe.length -= (size_t)(end + 1 - probe.line);
        memmove(probe.line, end + 1, probe.length + 1);
        do_line(line);
    }
}

static bool set_key(struct mz_driver_keys *keys, const char *name, const char *value)
{
    static const char *env_names[PARTS_MAX];
    static const char *env_values[PARTS_MAX];
    struct {
        const char *name;
        const char **at;
    } texts[] = { { "url", &keys->url }, { "user", &keys->user },
        { "token_command", &keys->token_command }, { "partition", &keys->partition },
        { "ssh", &keys->ssh }, { "callback", &keys->callback }, { "directory", &keys->directory } };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].at = value;
            return true;
        }
    }
    if (strncmp(name, "env.", 4) == 0) {
        env_names[keys->env_count] = name + 4;
        env_values[keys->env_count++] = value;
        keys->env_names = env_names;
        keys->env_values = env_values;
        return true;
    }
    keys->commands |= strcmp(name, "commands") == 0;
    return strcmp(name, "commands") == 0;
}

int main(int argc, char **argv)
{
    struct mz_driver_setup setup = { .install = "testtest",
        .shim_server = "http://127.0.0.1:1",
        .shim_path = "/bin/true",
        .directory = "/tmp",
        .sink = on_event };
    struct mz_error error;

    probe.partner = (struct mz_partner){ .name = "probe", .driver = { .kind = "slurm" } };
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        assert(value);
        *value++ = '\0';
        if (strcmp(argv[i], "install") == 0)
            setup.install = value;
        else if (strcmp(argv[i], "shim") == 0)
            setup.shim_path = value;
        else if (strcmp(argv[i], "server") == 0)
            setup.shim_server = value;
        else if (!set_key(&probe.partner.driver, argv[i], value))
            return 2;
    }
    (void)uv_loop_init(&probe.loop);
    probe.http = mz_http_client_create(&probe.loop, 16);
    probe.install = setup.install;
    setup.loop = &probe.loop;
    setup.http = probe.http;
    setup.partner = &probe.partner;
    if (mz_driver_slurm_create(&setup, &probe.driver, &error)) {
        (void)fprintf(stderr, "slurm_probe: %s\n", error.text);
        return 1;
    }
    (void)uv_pipe_init(&probe.loop, &probe.in, 0);
    (void)uv_pipe_open(&probe.in, 0);
    (void)uv_read_start((uv_stream_t *)&probe.in, on_alloc, on_read);
    (void)uv_run(&probe.loop, UV_RUN_DEFAULT);
    assert(uv_loop_close(&probe.loop) == 0);
    return 0;
}
