/* cmd_up.c - mizan up: the daemon
 * Exit status: 0 stopped by a signal, 1 it could not start or go on, 2 wrong use or a wrong fleet
 * file. */
#include "base/duration.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/print_diag.h"
#include "control/clock.h"
#include "control/daemon.h"
#include "jobfile/parse.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MZ_VERSION
#define MZ_VERSION "0.1.0"
#endif

enum {
    OPTION_FLEET = 256,
    OPTION_STATE,
    OPTION_LISTEN,
    OPTION_HTTP,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
    OPTION_SHIM,
    OPTION_POLICY,
    OPTION_KEEP_JOBS,
    OPTION_KEEP_LOGS,
    OPTION_LOG_SIZE
};

const struct option mz_up_long_options[] = {
    { "fleet", required_argument, NULL, OPTION_FLEET },
    { "state", required_argument, NULL, OPTION_STATE },
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "http", required_argument, NULL, OPTION_HTTP },
    { "tls-cert", required_argument, NULL, OPTION_TLS_CERT },
    { "tls-key", required_argument, NULL, OPTION_TLS_KEY },
    { "shim", required_argument, NULL, OPTION_SHIM },
    { "policy", required_argument, NULL, OPTION_POLICY },
    { "keep-jobs", required_argument, NULL, OPTION_KEEP_JOBS },
    { "keep-logs", required_argument, NULL, OPTION_KEEP_LOGS },
    { "log-size", required_argument, NULL, OPTION_LOG_SIZE },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "mizan up                                  this machine as the one partner 'local'\n"
    "mizan up --fleet fleet.yaml --http 127.0.0.1:8730\n"
    "mizan up --fleet fleet.yaml --state DIR --listen unix:PATH\n"
    "\n"
    "  --fleet FILE     partners, sites and contracts (docs/control.md, \"Fleet file\")\n"
    "  --state DIR      journal, logs and checkpoints; default $XDG_STATE_HOME/mizan\n"
    "  --listen ADDR    unix:PATH or HOST:PORT; may be given again. Default\n"
    "                   unix:$XDG_RUNTIME_DIR/mizan.sock, else unix:DIR/mizan.sock\n"
    "  --http ADDR      API and dashboard, HOST:PORT; without a token from this host only, to "
    "read\n"
    "  --tls-cert FILE --tls-key FILE   TCP listeners speak TLS with them\n"
    "  --shim FILE      mizan-shim on this machine; default: beside mizan, then in PATH\n"
    "  --policy NAME    order of the queue: priority+easy+preempt (default), fifo, easy, sjf, ...\n"
    "  --keep-jobs TIME ended jobs are forgotten after so long, and their output; default 30d\n"
    "  --keep-logs SIZE all output together; the oldest of ended jobs goes; default 50GiB\n"
    "  --log-size SIZE  output that is kept of one rank; default 256MiB\n"
    "  -q, --quiet      only errors\n"
    "\n"
    "The daemon stops on SIGTERM and Ctrl-C; jobs run on, and a new daemon finds them.\n"
    "Exit status: 0 stopped by a signal, 1 it could not start, 2 wrong use or a wrong fleet "
    "file.\n";

struct up {
    struct mz_arena *arena;
    struct mz_daemon_setup setup;
    struct mz_catalogue catalogue;
    bool quiet;
    bool help;
};

static const char *default_listen(struct mz_arena *arena, const char *state)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (runtime && *runtime == '/' && access(runtime, W_OK) == 0)
        return mz_arena_printf(arena, "unix:%s/mizan.sock", runtime);
    return mz_arena_printf(arena, "unix:%s/mizan.sock", state);
}

static const char *default_shim(struct mz_arena *arena)
{
    const char *beside = mz_cli_beside(arena, "mizan-shim", X_OK);
    const char *list = getenv("PATH");

    if (beside)
        return beside;
    while (list && *list) {
        size_t size = strcspn(list, ":");
        const char *there = mz_arena_printf(arena, "%.*s/mizan-shim", (int)size, list);

        if (size > 0 && access(there, X_OK) == 0)
            return there;
        list += size + (list[size] == ':');
    }
    return NULL;
}

static int read_bytes(const char *name, const char *value, int64_t *ret_bytes)
{
    struct mz_error err;
    int64_t mib;

    if (mz_job_memory_parse(value, false, INT64_C(1) << 40, &mib, &err) != MZ_OK || mib < 1)
        return mz_cli_fail_use(
            "up", "--%s is a size from 1 MiB on, such as 50GiB, not '%.40s'", name, value);
    *ret_bytes = mib * 1024 * 1024;
    return 0;
}

static int take_option(struct up *up, int option, const char *value)
{
    struct mz_daemon_setup *setup = &up->setup;

    switch (option) {
    case OPTION_FLEET: setup->fleet_file = value; break;
    case OPTION_STATE: setup->state_directory = value; break;
    case OPTION_LISTEN:
    case OPTION_HTTP:
        if (setup->listen_count == MZ_LISTEN_MAX - 1)
            return mz_cli_fail_use("up", "at most %d addresses", MZ_LISTEN_MAX - 1);
        setup->listen[setup->listen_count++] = value;
        break;
    case OPTION_TLS_CERT: setup->tls_certificate = value; break;
    case OPTION_TLS_KEY: setup->tls_key = value; break;
    case OPTION_SHIM: setup->shim_path = value; break;
    case OPTION_POLICY: setup->policy = value; break;
    case OPTION_KEEP_JOBS:
        if (!mz_duration_parse(value, &setup->keep_jobs_us) || setup->keep_jobs_us < 1000000)
            return mz_cli_fail_use(
                "up", "--keep-jobs is a time from 1 s on, such as 30d, not '%.40s'", value);
        break;
    case OPTION_KEEP_LOGS: return read_bytes("keep-logs", value, &setup->keep_log_bytes);
    case OPTION_LOG_SIZE: return read_bytes("log-size", value, &setup->log_bytes_max);
    case 'q': up->quiet = true; break;
    case 'h': up->help = true; break;
    default: return MZ_EXIT_USE;
    }
    return 0;
}

static int read_options(struct up *up, int argc, char **argv)
{
    int option;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "qh", mz_up_long_options, NULL)) != -1) {
        int status = option == '?' ? mz_cli_fail_option("up", mz_up_long_options, argv[optind - 1])
                                   : take_option(up, option, optarg);

        if (status != 0)
            return status;
    }
    if (optind < argc)
        return mz_cli_fail_use("up", "'%s' is one word too many", argv[optind]);
    return 0;
}

/* Absolute, since jobs are told of it; made if it is not there. */
static const char *absolute(struct mz_arena *arena, const char *path)
{
    char here[4096];

    if (path[0] == '/' || !getcwd(here, sizeof(here)))
        return path;
    return mz_arena_printf(arena, "%s/%s", here, path);
}

static void make_parents(struct mz_arena *arena, const char *path)
{
    char *copy = mz_arena_strdup(arena, path);

    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(copy, 0755);
        *slash = '/';
    }
}

static int fill_in(struct up *up)
{
    struct mz_daemon_setup *setup = &up->setup;
    bool has_unix = false;

    setup->state_directory = absolute(
        up->arena, setup->state_directory ? setup->state_directory : mz_state_directory(up->arena));
    make_parents(up->arena, setup->state_directory);
    (void)mkdir(setup->state_directory, 0700);
    for (int32_t i = 0; i < setup->listen_count; i++) {
        if (strncmp(setup->listen[i], "unix:", 5) != 0)
            continue;
        has_unix = true;
        setup->listen[i] =
            mz_arena_printf(up->arena, "unix:%s", absolute(up->arena, setup->listen[i] + 5));
    }
    if (!has_unix)
        setup->listen[setup->listen_count++] = default_listen(up->arena, setup->state_directory);
    for (int32_t i = 0; i < setup->listen_count; i++) {
        if (strncmp(setup->listen[i], "unix:", 5) == 0 &&
            strlen(setup->listen[i] + 5) >= sizeof(((struct sockaddr_un *)0)->sun_path))
            return mz_cli_fail_use("up",
                "'%s' is too long for a Unix socket; give a shorter one with --listen unix:PATH",
                setup->listen[i] + 5);
    }
    if (!setup->shim_path)
        setup->shim_path = default_shim(up->arena);
    if (!setup->shim_path)
        return mz_cli_fail_use("up",
            "mizan-shim is neither beside mizan nor in PATH; say where it is with --shim FILE");
    setup->shim_path = absolute(up->arena, setup->shim_path);
    return 0;
}

static int load_fleet(struct up *up)
{
    struct mz_source source;
    struct mz_diags diags;
    struct mz_error err;
    enum mz_status status = mz_source_read(up->arena, up->setup.fleet_file, &source, &err);

    if (status != MZ_OK)
        return mz_cli_fail("up", &err);
    mz_diags_init(&diags, up->arena);
    status =
        mz_scenario_load(up->arena, &source, &up->catalogue, NULL, 0, &diags, &up->setup.scenario);
    if (status == MZ_OK)
        return 0;
    mz_diags_print(stderr, &diags, &source, mz_colour_wanted(stderr, "auto"));
    return MZ_EXIT_USE;
}

static void say_ready(void *context, const char *where)
{
    const struct up *up = context;
    const char *notify = getenv("NOTIFY_SOCKET");

    if (!up->quiet)
        (void)fprintf(stderr, "mizan: up at %s; state in %s\n", where, up->setup.state_directory);
    if (notify && (*notify == '/' || *notify == '@')) { /* systemd's Type=notify */
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", notify);
        if (*notify == '@')
            address.sun_path[0] = '\0';
        if (fd >= 0) {
            (void)sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(notify)));
            (void)close(fd);
        }
    }
}

static void say_line(void *context, const char *line)
{
    const struct up *up = context;
    char when[32];

    if (!up->quiet)
        (void)fprintf(stderr, "%s %s\n", mz_clock_format(when, mz_clock_wall_us()), line);
}

int mz_cmd_up(int argc, char **argv)
{
    struct up up = { .arena = mz_arena_create(),
        .setup.keep_jobs_us = INT64_C(30) * 24 * 3600 * 1000000,
        .setup.keep_log_bytes = INT64_C(50) * 1024 * 1024 * 1024,
        .setup.log_bytes_max = INT64_C(256) * 1024 * 1024 };
    struct mz_error err = { MZ_OK, "" };
    int status = read_options(&up, argc, argv);

    if (status == 0 && up.help) {
        (void)fputs(usage, stdout);
        mz_arena_free(up.arena);
        return MZ_EXIT_DONE;
    }
    if (status == 0)
        status = fill_in(&up);
    if (status == 0 && mz_catalogue_open(up.arena, &up.catalogue, &err) != MZ_OK)
        status = mz_cli_fail("up", &err);
    if (status == 0 && up.setup.fleet_file)
        status = load_fleet(&up);
    if (status == 0) {
        up.setup.catalogue = &up.catalogue;
        up.setup.version = MZ_VERSION;
        up.setup.ready = say_ready;
        up.setup.log = say_line;
        up.setup.context = &up;
        if (mz_daemon_run(&up.setup, &err) != MZ_OK)
            status = mz_cli_fail("up", &err);
    }
    mz_arena_free(up.arena);
    return status;
}
