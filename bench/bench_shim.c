/* bench_shim.c - pairs of mizan-shim and /bin/true a second, and what the local driver adds
 *
 * usage: bench_shim SHIM [COUNT [AT_ONCE]]
 * One JSON line: bare /bin/true started and waited for; shims against a server that only answers
 * (an epoll loop in a process of its own); the same jobs through the local driver and the HTTP
 * server of room net on one loop, as the daemon has them, without the daemon.
 */
#include "base/cpu.h"
#include "driver/driver.h"
#include "net/http_server.h"
#include "shim/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define SHEET                                                                                      \
    "arg 9\n/bin/true\noutput 9\n/dev/null\nlease_ms 6\n300000\nkill_ms 5\n10000\nworkdir 1\n/\n"

enum { REQUEST_MAX = 8192, EVENT_COUNT = 64 };

static char folder[] = "/tmp/mz-bench-XXXXXX";
static char address[128];

struct rate {
    double per_s;
    double cpu_us; /* of each, ours and of those that ended */
};

static double used_s(int who)
{
    struct rusage usage;

    (void)getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the trivial server ---- */

static void answer(int client)
{
    static const char permit[] = SHEET;
    char request[REQUEST_MAX];
    char reply[512];
    ssize_t length = recv(client, request, sizeof(request) - 1, 0);
    int count;

    if (length <= 0) {
        (void)close(client);
        return;
    }
    request[length] = '\0'; /* a shim's request comes in one piece here */
    if (strncmp(request, "POST " MZ_SHIM_PATH_PERMIT, strlen("POST " MZ_SHIM_PATH_PERMIT)) == 0)
        count = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
            sizeof(permit) - 1, permit);
    else
        count = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    (void)send(client, reply, (size_t)count, MSG_NOSIGNAL);
}

static void serve(int listener)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[EVENT_COUNT];
        int count = epoll_wait(epoll, events, EVENT_COUNT, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (event.data.fd >= 0)
                (void)epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}

static pid_t start_server(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t server;

    (void)snprintf(name.sun_path, sizeof(name.sun_path), "%.100s", path);
    if (bind(listener, (struct sockaddr *)&name, sizeof(name)) != 0 || listen(listener, 1024) != 0)
        exit(1);
    server = fork();
    if (server == 0)
        serve(listener);
    (void)close(listener);
    return server;
}

/* ---- bare processes ---- */

static struct rate run_bare(char *const *args, char *name, int32_t count, int32_t at_once)
{
    extern char **environ;
    double cpu_s = used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN);
    double begin_s = now_s();
    int32_t running = 0;
    int32_t done = 0;

    for (int32_t started = 0; done < count;) {
        pid_t pid;
        int status;

        if (started < count && running < at_once) {
            (void)sprintf(name, "mz-bench-%d-1", started);
            if (posix_spawn(&pid, args[0], NULL, NULL, args, environ) != 0)
                exit(1);
            started++;
            running++;
            continue;
        }
        if (waitpid(-1, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            exit(1);
        running--;
        done++;
    }
    return (struct rate){ count / (now_s() - begin_s),
        (used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN) - cpu_s) / count * 1e6 };
}

/* ---- the driver ---- */

struct run {
    uv_loop_t loop;
    struct mz_driver *driver;
    int32_t count;
    int32_t started;
    int32_t done;
};

static void handle(void *context, struct mz_http_request *request)
{
    bool is_permit = strcmp(mz_http_request_path(request), MZ_SHIM_PATH_PERMIT) == 0;

    (void)context;
    mz_http_respond(request, 200, "text/plain", SHEET, is_permit ? strlen(SHEET) : 0);
}

static void submit_next(struct run *run)
{
    static const char *const nodes[] = { "n0" };
    char name[MZ_ATTEMPT_NAME_MAX];
    struct mz_driver_submit submit = { .job = ++run->started,
        .n = 1,
        .name = mz_attempt_name(name, "benchben", run->started, 1),
        .node_count = 1,
        .nodes = nodes,
        .chip = "",
        .token = "0123456789abcdef0123456789abcdef",
        .directory = folder,
        .comment = "" };

    run->driver->ops->submit(run->driver, &submit);
}

static void sink(void *context, const struct mz_driver_event *event)
{
    struct run *run = context;

    if (event->kind != MZ_DRIVER_ENDED)
        return;
    run->done++;
    if (run->started < run->count)
        submit_next(run);
    if (run->done == run->count)
        uv_stop(&run->loop);
}

static struct rate run_driver(const char *shim, int32_t count, int32_t at_once, double *ret_loop_us)
{
    struct run run = { .count = count };
    struct mz_http_limits limits = mz_http_limits_default();
    struct mz_partner partner = { .name = "here", .driver.kind = "local" };
    struct mz_http_server *server;
    struct mz_driver_setup setup = { .loop = &run.loop,
        .partner = &partner,
        .install = "benchben",
        .shim_path = shim,
        .shim_server = address,
        .directory = folder,
        .sink = sink,
        .context = &run };
    struct rate rate;
    double begin_s;
    double loop_s;
    double cpu_s;

    (void)uv_loop_init(&run.loop);
    server = mz_http_server_create(&run.loop, &limits, handle, NULL);
    if (mz_http_server_listen(server, address, 0600, NULL) != MZ_OK ||
        mz_driver_create(&setup, &run.driver, NULL) != MZ_OK)
        exit(1);
    begin_s = now_s();
    loop_s = mz_cpu_seconds();
    cpu_s = used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN);
    for (int32_t i = 0; i < at_once && i < count; i++)
        submit_next(&run);
    (void)uv_run(&run.loop, UV_RUN_DEFAULT);
    rate.per_s = count / (now_s() - begin_s);
    rate.cpu_us = (used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN) - cpu_s) / count * 1e6;
    *ret_loop_us = (mz_cpu_seconds() - loop_s) / count * 1e6;
    mz_driver_free(run.driver);
    mz_http_server_stop(server, 0, NULL, NULL);
    (void)uv_run(&run.loop, UV_RUN_DEFAULT);
    mz_http_server_free(server);
    (void)uv_loop_close(&run.loop);
    return rate;
}

int main(int argc, char **argv)
{
    int32_t count = argc > 2 ? atoi(argv[2]) : 3000;
    int32_t at_once = argc > 3 ? atoi(argv[3]) : 8;
    char path[64];
    char token[64];
    char name[32] = "";
    char *bare[] = { "/bin/true", NULL };
    char *shim[] = { argc > 1 ? argv[1] : NULL, "--server", address, "--attempt", name, "--nonce",
        "n", "--rank", "0", "--token-file", token, "--node", "n0", NULL };
    struct stat info;
    struct rate bare_rate;
    struct rate pair_rate;
    struct rate driver_rate;
    double loop_us;
    pid_t server;
    FILE *file;

    if (argc < 2 || stat(argv[1], &info) != 0 || !mkdtemp(folder)) {
        (void)fprintf(stderr, "usage: bench_shim SHIM [COUNT [AT_ONCE]]\n");
        return 2;
    }
    (void)snprintf(path, sizeof(path), "%s/sock", folder);
    (void)snprintf(address, sizeof(address), "unix:%s", path);
    (void)snprintf(token, sizeof(token), "%s/token", folder);
    file = fopen(token, "we");
    if (!file || fputs("secret", file) < 0 || fclose(file) != 0)
        return 1;
    bare_rate = run_bare(bare, name, count, at_once);
    server = start_server(path);
    pair_rate = run_bare(shim, name, count, at_once);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    (void)unlink(path);
    driver_rate = run_driver(argv[1], count, at_once, &loop_us);
    (void)printf("{\"bare_true_per_s\": %.0f, \"bare_true_cpu_us\": %.0f, \"pairs_per_s\": %.0f, "
                 "\"pair_cpu_us\": %.0f, \"driver_per_s\": %.0f, \"driver_share\": %.2f, "
                 "\"driver_cpu_us\": %.0f, \"driver_loop_cpu_us\": %.0f, \"shim_bytes\": %lld}\n",
        bare_rate.per_s, bare_rate.cpu_us, pair_rate.per_s, pair_rate.cpu_us, driver_rate.per_s,
        driver_rate.per_s / pair_rate.per_s, driver_rate.cpu_us, loop_us, (long long)info.st_size);
    (void)unlink(token);
    (void)snprintf(path, sizeof(path), "%s/shim.log", folder);
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}
