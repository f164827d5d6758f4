/* cmd_demo.c - mizan demo: a tour on this machine in one temporary directory
 *
 * Every step is a command that the reader could type; it is shown, run, and its output shown. What
 * the demo does itself: three partners that pretend (real processes, no accelerators), the loss of
 * one of them (its shims are killed and it stops answering), waiting, and the comparison of the
 * moved run's losses with an undisturbed run's. However it ends, by Ctrl-C too, it cancels what
 * lives and leaves nothing behind.
 * Exit status: 0 all went as told, 1 something did not, 2 wrong use, 128 + N stopped by signal N. */
#include "cli/commands.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WORD_MAX = 24, WAIT_S = 60, CLEAN_S = 10, STEPS = 240, LINE_MAX_BYTES = 4096 };

const struct option mz_demo_long_options[] = {
    { "keep", no_argument, NULL, 'k' },
    { "no-plan", no_argument, NULL, 'p' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "mizan demo             plan, run six jobs at three partners, lose one of them; under 60 s\n"
    "\n"
    "  --keep      leave the directory with journal, logs and report\n"
    "  --no-plan   only the live part\n"
    "\n"
    "Everything happens in one temporary directory and on loopback; both are gone at the end.\n"
    "Exit status: 0 all went as told, 1 something did not, 2 wrong use, 128 + N stopped by\n"
    "             signal N (Ctrl-C cleans up first).\n";

struct demo {
    struct mz_arena *arena;
    const char *self;     /* this binary */
    const char *train;    /* train-tiny */
    const char *scenario; /* the shipped case */
    const char *directory;
    int port;
    pid_t daemon;
    bool keep;
    bool no_plan;
};

/* ---- small things ---- */

static volatile sig_atomic_t stopped_by; /* a signal; 0: none */

static void stop_by(int signal)
{
    stopped_by = signal;
}

static void catch_signals(void)
{
    static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    struct sigaction action = { .sa_handler = stop_by };

    for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
        (void)sigaction(caught[i], &action, NULL);
}

static void nap_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    (void)nanosleep(&time, NULL);
}

/* Naps unless a signal came; false then. */
static bool wait_ms(long ms)
{
    if (!stopped_by)
        nap_ms(ms);
    return !stopped_by;
}

static const char *in_directory(const struct demo *demo, const char *name)
{
    return mz_arena_printf(demo->arena, "%s/%s", demo->directory, name);
}

/* The first of these paths, relative to the folder of this binary, that is there. */
static const char *find_beside(const struct demo *demo, const char *const *paths)
{
    const char *path = NULL;

    while (*paths && !path)
        path = mz_cli_beside(demo->arena, *paths++, R_OK);
    return path;
}

static bool write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    bool ok = file && fputs(text, file) >= 0;

    return file && fclose(file) == 0 && ok;
}

/* A port of loopback that nobody has: 8730, else any. */
static int free_port(void)
{
    for (int try = 0; try < 2; try++) {
        struct sockaddr_in address = { .sin_family = AF_INET,
            .sin_port = htons(try == 0 ? 8730 : 0),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            getsockname(fd, (struct sockaddr *)&address, &length) == 0;

        if (fd >= 0)
            (void)close(fd);
        if (ok)
            return ntohs(address.sin_port);
    }
    return 8730;
}

/* ---- running mizan ---- */

/* Starts `mizan WORDS...`; out: descriptor for its stdout, -1: ours. Apart: in a process group of
 * its own, which Ctrl-C does not reach. */
static pid_t start(const struct demo *demo, const char *const *words, int out, bool is_apart)
{
    const char *argv[WORD_MAX + 2] = { demo->self };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    int count = 1;

    for (; *words && count <= WORD_MAX; words++)
        argv[count++] = *words;
    (void)posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    (void)posix_spawnattr_init(&attributes);
    if (is_apart)
        (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (posix_spawn(&pid, demo->self, &actions, &attributes, (char *const *)argv, environ) != 0)
        pid = -1;
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;

    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : MZ_EXIT_FAILED;
}

/* Shows the command as one would type it, runs it, and answers its exit status. */
static int show(const struct demo *demo, const char *const *words)
{
    if (stopped_by)
        return MZ_EXIT_FAILED;
    printf("\n$ mizan");
    for (int i = 0; words[i]; i++)
        printf(strpbrk(words[i], " $;'") ? " '%s'" : " %s", words[i]);
    printf("\n");
    (void)fflush(stdout);
    return wait_for(start(demo, words, -1, false));
}

/* The JSON that a command prints; NULL: it failed. */
static json_t *ask(const struct demo *demo, const char *const *words)
{
    int ends[2];
    json_t *json = NULL;
    pid_t pid;
    FILE *file;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    pid = start(demo, words, ends[1], false);
    (void)close(ends[1]);
    file = fdopen(ends[0], "r");
    if (file) {
        json = json_loadf(file, 0, NULL);
        (void)fclose(file);
    }
    if (wait_for(pid) == MZ_EXIT_DONE)
        return json;
    json_decref(json);
    return NULL;
}

/* The member of a job by number; NULL: no such job. The caller owns it. */
static json_t *job_member(const struct demo *demo, int64_t id, const char *name)
{
    const char *words[] = { "ps", "--all", "--json", NULL };
    json_t *answer = ask(demo, words);
    json_t *found = NULL;
    size_t i;
    json_t *job;

    json_array_foreach(json_object_get(answer, "data"), i, job)
    {
        if (json_integer_value(json_object_get(job, "id")) == id)
            found = json_incref(json_object_get(job, name));
    }
    json_decref(answer);
    return found;
}

static bool job_says(const struct demo *demo, int64_t id, const char *name, const char *value)
{
    json_t *member = job_member(demo, id, name);
    bool same = json_is_string(member) && strcmp(json_string_value(member), value) == 0;

    json_decref(member);
    return same;
}

/* ---- the scene ---- */

static const char fleet[] =
    "mizan: 1\n"
    "partners:\n"
    "  north: {driver: fake}\n"
    "  south: {driver: fake}\n"
    "  own: {driver: fake}\n"
    "sites:\n"
    "  north/n1: {nodes: 2, chips_per_node: 8, chip: h100-sxm, pretend: true}\n"
    "  south/s1: {nodes: 4, chips_per_node: 8, chip: h100-sxm, pretend: true}\n"
    "  own/o1: {nodes: 1, chips_per_node: 8, chip: h100-sxm, pretend: true}\n"
    "contracts:\n"
    "  north-30k: {partner: north, kind: committed, commit: 30k USD, price: 2.10 USD/chip-hour, "
    "start: 2026-01, end: 2035-12}\n"
    "  south-flex: {partner: south, kind: on-demand, price: 3.40 USD/chip-hour}\n";

static bool prepare(struct demo *demo)
{
    static const char *const trains[] = { "../libexec/mizan/train-tiny",
        "examples/train-tiny/train-tiny", "train-tiny", NULL };
    static const char *const scenarios[] = { "../share/mizan/examples/openai-2025.yaml",
        "../examples/openai-2025.yaml", NULL };
    char *directory = mz_arena_strdup(demo->arena, "/tmp/mizan-demo-XXXXXX");

    demo->self = mz_cli_self(demo->arena);
    if (!demo->self)
        return false;
    demo->train = find_beside(demo, trains);
    demo->scenario = find_beside(demo, scenarios);
    if (!demo->train) {
        (void)fprintf(stderr, "mizan: demo: train-tiny is not beside mizan; build or install it\n");
        return false;
    }
    if (!mkdtemp(directory)) {
        (void)fprintf(stderr, "mizan: demo: no directory in /tmp: %s\n", strerror(errno));
        return false;
    }
    demo->directory = directory;
    demo->port = free_port();
    (void)setenv("MIZAN_SERVER", mz_arena_printf(demo->arena, "unix:%s/s", directory), 1);
    return write_text(in_directory(demo, "fleet.yaml"), fleet);
}

static bool start_daemon(struct demo *demo)
{
    const char *words[] = { "up", "--fleet", in_directory(demo, "fleet.yaml"), "--state",
        in_directory(demo, "state"), "--listen", getenv("MIZAN_SERVER"), "--http",
        mz_arena_printf(demo->arena, "127.0.0.1:%d", demo->port), "--quiet", NULL };
    const char *partners[] = { "partners", "--json", NULL };

    demo->daemon = start(demo, words, -1, true);
    for (int try = 0; try < 100 && wait_ms(50); try++) {
        json_t *json;

        if (access(in_directory(demo, "s"), F_OK) != 0)
            continue;
        json = ask(demo, partners);
        json_decref(json);
        if (json)
            return true;
    }
    return false;
}

/* ---- acts ---- */

static void act_plan(const struct demo *demo)
{
    const char *words[] = { "plan", demo->scenario, "--report", in_directory(demo, "plan.html"),
        NULL };

    printf("1. Which contracts to sign, and what runs where, over seven years.\n");
    if (demo->scenario)
        (void)show(demo, words);
}

static bool submit(const struct demo *demo, const char *const *options, const char *command)
{
    const char *words[WORD_MAX] = { "submit", "--lease", "5s", "--partners", "north,south,own" };
    int count = 5;

    for (; *options; options++)
        words[count++] = *options;
    words[count++] = "--";
    words[count++] = "sh";
    words[count++] = "-c";
    words[count++] = command;
    return show(demo, words) == MZ_EXIT_DONE;
}

static bool act_submit(const struct demo *demo)
{
    const char *train = mz_arena_printf(demo->arena,
        "exec %s --steps %d --step-ms 75 --checkpoint-every 20 --loss-file %s/losses", demo->train,
        STEPS, demo->directory);
    static const char *const gang[] = { "-N", "2", "--chips-per-node", "8", "--name", "gang",
        NULL };
    static const char *const large[] = { "-N", "4", "--chips-per-node", "8", "--name", "pretrain",
        NULL };
    static const char *const tiny[] = { "--chips", "8", "--name", "train-tiny",
        "--checkpoint-signal", "USR1@2s", NULL };
    static const char *const evals[] = { "--chips", "4", "--name", "evals", NULL };
    static const char *const distill[] = { "--chips", "4", "--name", "distill", NULL };
    static const char *const report[] = { "--chips", "1", "--name", "report", "--dependency",
        "afterok:4", NULL };

    return submit(demo, tiny, train) && submit(demo, gang, "sleep 8") &&
        submit(demo, large, "sleep 6") && submit(demo, evals, "echo score 0.87; sleep 4") &&
        submit(demo, distill, "sleep 10") && submit(demo, report, "echo evals are done");
}

/* The next shim of this demo among the processes, and its command line; 0: no more. */
static pid_t next_shim(const struct demo *demo, DIR *processes, char line[LINE_MAX_BYTES])
{
    struct dirent *entry;

    while (processes && (entry = readdir(processes))) {
        char path[300];
        ssize_t length;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        fd = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? open(path, O_RDONLY | O_CLOEXEC)
                                                                : -1;
        length = fd >= 0 ? read(fd, line, LINE_MAX_BYTES - 1) : -1;
        if (fd >= 0)
            (void)close(fd);
        for (ssize_t b = 0; b < length; b++)
            line[b] = line[b] ? line[b] : ' ';
        line[length > 0 ? length : 0] = '\0';
        if (strstr(line, "mizan-shim") && strstr(line, demo->directory))
            return (pid_t)atoi(entry->d_name);
    }
    return 0;
}

static bool is_at(const struct demo *demo, json_t *jobs, const char *partner, const char *line)
{
    size_t i;
    json_t *job;

    json_array_foreach(jobs, i, job)
    {
        const char *there = json_string_value(json_object_get(job, "partner"));
        const char *name = mz_arena_printf(demo->arena, "-%lld-%lld ",
            (long long)json_integer_value(json_object_get(job, "id")),
            (long long)json_integer_value(json_object_get(job, "attempts")));

        if (there && strcmp(there, partner) == 0 && strstr(line, name))
            return true;
    }
    return false;
}

/* SIGKILL to the shims of attempts at the partner: its machines are gone. */
static int kill_shims(const struct demo *demo, const char *partner)
{
    const char *words[] = { "ps", "--json", NULL };
    json_t *answer = ask(demo, words);
    DIR *processes = opendir("/proc");
    char line[LINE_MAX_BYTES];
    int killed = 0;
    pid_t shim;

    while ((shim = next_shim(demo, processes, line)) > 0) {
        if (is_at(demo, json_object_get(answer, "data"), partner, line))
            killed += kill(shim, SIGKILL) == 0;
    }
    if (processes)
        (void)closedir(processes);
    json_decref(answer);
    return killed;
}

/* Sends the signal to every shim that is left; 0: to look. How many there are. */
static int signal_shims(const struct demo *demo, int signal)
{
    DIR *processes = opendir("/proc");
    char line[LINE_MAX_BYTES];
    int count = 0;
    pid_t shim;

    while ((shim = next_shim(demo, processes, line)) > 0)
        count += kill(shim, signal) == 0;
    if (processes)
        (void)closedir(processes);
    return count;
}

static const char *place_of(const struct demo *demo, int64_t id)
{
    json_t *member = job_member(demo, id, "partner");
    const char *copy =
        json_is_string(member) ? mz_arena_strdup(demo->arena, json_string_value(member)) : "";

    json_decref(member);
    return copy;
}

static bool act_lose(const struct demo *demo)
{
    static const char *const ps[] = { "ps", NULL };
    static const char *const why[] = { "why", "1", NULL };
    const char *partner = place_of(demo, 1);
    const char *faults =
        in_directory(demo, mz_arena_printf(demo->arena, "state/faults-%s", partner));
    int killed;

    if (!wait_ms(3000))
        return false;
    printf("\n3. Partner '%s' is lost: its machines and its controller are gone.\n", partner);
    if (!*partner || !write_text(faults, "dead\n"))
        return false;
    killed = kill_shims(demo, partner);
    printf("   (%d processes killed with SIGKILL)\n", killed);
    (void)wait_ms(3000);
    (void)show(demo, ps);
    (void)show(demo, why);
    for (int s = 0; s < 10 * WAIT_S && wait_ms(100); s++) {
        if (job_says(demo, 1, "state", "running") && strcmp(place_of(demo, 1), partner) != 0)
            break;
    }
    if (stopped_by)
        return false;
    printf("\n4. The lease has run out, so it cannot be running there any more; job 1 goes on "
           "elsewhere,\n   from its newest checkpoint.\n");
    (void)show(demo, ps);
    return killed > 0;
}

static bool act_end(const struct demo *demo)
{
    static const char *const all[] = { "ps", "--all", NULL };
    static const char *const events[] = { "events", "--job", "1", NULL };
    static const char *const contracts[] = { "contracts", NULL };
    static const char *const live[] = { "ps", "--json", NULL };

    for (int s = 0; s < 10 * WAIT_S && wait_ms(100); s++) {
        json_t *answer = ask(demo, live);
        size_t count = json_array_size(json_object_get(answer, "data"));

        json_decref(answer);
        if (answer && count == 0)
            break;
    }
    if (stopped_by)
        return false;
    printf("\n5. All have ended.\n");
    (void)show(demo, all);
    (void)show(demo, events);
    (void)show(demo, contracts);
    return job_says(demo, 1, "state", "done");
}

/* Are the losses of the moved run those of a run that nothing disturbed? */
static bool act_compare(const struct demo *demo)
{
    const char *command = mz_arena_printf(demo->arena,
        "%s --steps %d --quiet --dir %s/calm --loss-file %s/calm-losses && cmp %s/losses "
        "%s/calm-losses && wc -l < %s/losses",
        demo->train, STEPS, demo->directory, demo->directory, demo->directory, demo->directory,
        demo->directory);
    FILE *pipe = popen(command, "r");
    int lines = 0;
    bool ok = pipe && fscanf(pipe, "%d", &lines) == 1;

    ok = pipe && pclose(pipe) == 0 && ok && lines == STEPS;
    printf("\n6. Losses of the moved run against a run that nothing disturbed: %s\n",
        ok ? "equal, byte for byte" : "THEY DIFFER");
    return ok;
}

static void remove_tree(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        char child[4096];
        struct stat info;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        if (lstat(child, &info) == 0 && S_ISDIR(info.st_mode))
            remove_tree(child);
        else
            (void)unlink(child);
    }
    if (directory)
        (void)closedir(directory);
    (void)rmdir(path);
}

/* Shims outlive their daemon, as they should: so what lives is cancelled first, and what cannot
 * hear that (it is at the lost partner) is stopped here. */
static void end_jobs(const struct demo *demo)
{
    const char *cancel[] = { "cancel", "--all", "--yes", "--quiet", NULL };
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)wait_for(start(demo, cancel, out, true));
    if (out >= 0)
        (void)close(out);
    for (int try = 0; try < 20 && signal_shims(demo, 0) > 0; try++)
        nap_ms(100);
    for (int try = 0; try < 10 * CLEAN_S && signal_shims(demo, try == 0 ? SIGTERM : 0) > 0; try++)
        nap_ms(100);
    (void)signal_shims(demo, SIGKILL); /* their jobs die with them */
}

static void clean(const struct demo *demo)
{
    if (demo->daemon > 0) {
        if (signal_shims(demo, 0) > 0)
            end_jobs(demo);
        (void)kill(demo->daemon, SIGTERM);
        (void)wait_for(demo->daemon);
    }
    if (!demo->directory)
        return;
    if (demo->keep) {
        printf(
            "Kept: %s (journal, logs, plan.html). Remove it to be rid of it.\n", demo->directory);
    } else {
        remove_tree(demo->directory);
        printf("Nothing is left of it: the daemon is stopped, %s removed.\n", demo->directory);
    }
}

static bool tour(struct demo *demo)
{
    static const char *const partners[] = { "partners", NULL };
    static const char *const ps[] = { "ps", NULL };
    bool ok;

    if (!demo->no_plan)
        act_plan(demo);
    printf("\n2. A daemon with three partners, and six jobs. Dashboard while this runs:\n"
           "   http://127.0.0.1:%d\n",
        demo->port);
    if (!start_daemon(demo)) {
        (void)fprintf(stderr, "mizan: demo: the daemon did not come up; try: mizan doctor\n");
        return false;
    }
    (void)show(demo, partners);
    if (!act_submit(demo) || !wait_ms(1000))
        return false;
    (void)show(demo, ps);
    ok = act_lose(demo);
    ok = act_end(demo) && ok; /* shown in any case */
    return !stopped_by && act_compare(demo) && ok;
}

int mz_cmd_demo(int argc, char **argv)
{
    struct demo demo = { .arena = mz_arena_create() };
    int option;
    bool ok;

    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", mz_demo_long_options, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(usage, stdout);
            mz_arena_free(demo.arena);
            return MZ_EXIT_DONE;
        }
        if (option == '?') {
            mz_arena_free(demo.arena);
            return mz_cli_fail_option("demo", mz_demo_long_options, argv[optind - 1]);
        }
        demo.keep = demo.keep || option == 'k';
        demo.no_plan = demo.no_plan || option == 'p';
    }
    catch_signals();
    ok = prepare(&demo) && tour(&demo);
    printf(stopped_by ? "\nStopped by signal %d.\n" : "\n", (int)stopped_by);
    clean(&demo);
    mz_arena_free(demo.arena);
    if (stopped_by)
        return 128 + (int)stopped_by;
    return ok ? MZ_EXIT_DONE : MZ_EXIT_FAILED;
}
