/* group.c - starting, signalling and ending the processes of the job
 *
 * The child is made by vfork: it shares the shim's memory until it has become the command, so it
 * changes nothing there but the two fields of `struct start` that say what went wrong. All signals
 * are blocked meanwhile (the loop lets them in only while it waits).
 *
 * Who belongs to the job is read from /proc by parents, since the shim is the sub-reaper. A process
 * id may be used again once it is reaped. Children of the shim are safe, only it reaps them: SIGKILL
 * goes to nobody else, except to the leader's group while the leader is not reaped. Other signals
 * go to all below; a mishap there needs the id to be used again within the microseconds between.
 * Limits: 65,536 processes on the machine are looked at; the rest is found in the next round.
 */
#include "shim/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESS_COUNT_MAX = 65536, PATH_LENGTH_MAX = 4096, CANDIDATE_COUNT_MAX = 64 };

#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

struct start { /* what the child needs, made before it exists */
    const struct mz_launch *launch;
    pid_t parent;
    char *paths; /* candidates for the program, each terminated, one after the other */
    int32_t path_count;
    volatile int problem;      /* errno of the child */
    const char *volatile step; /* what it was doing */
};

static void __attribute__((noreturn)) give_up(struct start *start, const char *step)
{
    start->problem = errno;
    start->step = step;
    _exit(127);
}

static void reset_signals(void)
{
    static const int ignored_sometimes[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM,
        SIGUSR1, SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ };
    sigset_t none;

    for (size_t i = 0; i < sizeof(ignored_sometimes) / sizeof(ignored_sometimes[0]); i++)
        (void)signal(ignored_sometimes[i], SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_streams(struct start *start)
{
    const struct mz_launch *launch = start->launch;
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int output = launch->output_fd;

    if (input < 0)
        give_up(start, "cannot open /dev/null");
    if (launch->output != NULL)
        output = open(launch->output, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, 0666);
    if (output < 0)
        give_up(start, "cannot open the output file");
    /* 0, 1 and 2 are taken since main, so neither is among them. */
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        give_up(start, "cannot set up the streams");
}

/* The candidates in turn, as execvp does. */
static void __attribute__((noreturn)) become(struct start *start)
{
    const struct mz_launch *launch = start->launch;
    const char *path = start->paths;
    int problem = ENOENT;

    for (int32_t i = 0; i < start->path_count; i++, path += strlen(path) + 1) {
        (void)execve(path, launch->args, launch->environment);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
            problem = errno;
            break;
        }
        if (errno == EACCES)
            problem = EACCES;
    }
    errno = problem;
    give_up(start, "");
}

static void __attribute__((noreturn)) run_child(struct start *start)
{
    if (setsid() < 0)
        give_up(start, "cannot begin a session");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != start->parent)
        give_up(start, "cannot be tied to the shim");
    if (start->launch->workdir != NULL && chdir(start->launch->workdir) != 0)
        give_up(start, "cannot enter the working directory");
    set_streams(start);
    reset_signals();
    become(start);
}

static const char *find_path(char *const *environment)
{
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0)
            return *environment + 5;
    return PATH_DEFAULT;
}

/* Where the program may lie: itself when it has a slash, else below each folder of the job's PATH. */
static bool list_paths(struct start *start)
{
    const char *program = start->launch->args[0];
    const char *folder = find_path(start->launch->environment);
    size_t length = strlen(program);
    size_t used = 0;

    if (strchr(program, '/') != NULL) {
        start->paths = strdup(program);
        start->path_count = 1;
        return start->paths != NULL;
    }
    start->paths = malloc(strlen(folder) + (length + 3) * CANDIDATE_COUNT_MAX);
    if (start->paths == NULL)
        return false;
    while (start->path_count < CANDIDATE_COUNT_MAX) {
        size_t count = strcspn(folder, ":");

        memcpy(start->paths + used, count == 0 ? "." : folder, count == 0 ? 1 : count);
        used += count == 0 ? 1 : count;
        start->paths[used++] = '/';
        memcpy(start->paths + used, program, length + 1);
        used += length + 1;
        start->path_count++;
        if (folder[count] == '\0')
            break;
        folder += count + 1;
    }
    return true;
}

static void describe(const struct start *start, char *text, size_t text_size)
{
    const char *what = start->launch->args[0];

    if (start->step[0] == '\0')
        (void)snprintf(
            text, text_size, "cannot start '%.200s': %s", what, strerror(start->problem));
    else if (strstr(start->step, "directory") != NULL)
        (void)snprintf(text, text_size, "%s '%.200s': %s", start->step, start->launch->workdir,
            strerror(start->problem));
    else
        (void)snprintf(text, text_size, "%s%s%.200s%s: %s", start->step,
            start->launch->output != NULL ? " '" : "",
            start->launch->output != NULL ? start->launch->output : "",
            start->launch->output != NULL ? "'" : "", strerror(start->problem));
}

bool mz_group_start(
    struct mz_group *group, const struct mz_launch *launch, char *text, size_t text_size)
{
    struct start start = { .launch = launch, .parent = getpid(), .step = "" };
    pid_t child;

    *group = (struct mz_group){ .is_empty = true };
    if (!list_paths(&start)) {
        (void)snprintf(text, text_size, "no memory");
        return false;
    }
    child = vfork();
    if (child == 0)
        run_child(&start);
    if (child < 0) {
        (void)snprintf(text, text_size, "cannot make a process: %s", strerror(errno));
    } else if (start.problem != 0) {
        (void)waitpid(child, NULL, 0);
        describe(&start, text, text_size);
    } else {
        *group = (struct mz_group){ .leader = child };
    }
    free(start.paths);
    return !group->is_empty;
}

struct process {
    pid_t pid;
    pid_t parent;
    bool is_ours; /* below the shim */
};

/* The parent of a process; 0: it is gone. */
static pid_t read_parent(int proc, const char *name)
{
    char path[32];
    char text[512];
    const char *at;
    ssize_t count;
    int fd;

    (void)snprintf(path, sizeof(path), "%.16s/stat", name);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    count = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[count > 0 ? count : 0] = '\0';
    at = strrchr(text, ')'); /* the name before it may hold anything */
    return at != NULL && at[1] == ' ' && at[2] != '\0' ? (pid_t)strtol(at + 3, NULL, 10) : 0;
}

static int compare_pids(const void *a, const void *b)
{
    return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

static bool mark_round(struct process *list, size_t count, pid_t self)
{
    bool is_more = false;

    for (size_t i = 0; i < count; i++) {
        struct process key = { .pid = list[i].parent };
        const struct process *parent;

        if (list[i].is_ours)
            continue;
        parent = bsearch(&key, list, count, sizeof(key), compare_pids);
        if (list[i].parent == self || (parent != NULL && parent->is_ours))
            list[i].is_ours = is_more = true;
    }
    return is_more;
}

/* All processes of the machine, those below the shim marked; the caller frees. */
static struct process *list_processes(size_t *ret_count)
{
    DIR *proc = opendir("/proc");
    struct process *list = proc == NULL ? NULL : calloc(PROCESS_COUNT_MAX, sizeof(*list));
    size_t count = 0;
    struct dirent *entry;

    while (list != NULL && count < PROCESS_COUNT_MAX && (entry = readdir(proc)) != NULL) {
        pid_t parent;

        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        parent = read_parent(dirfd(proc), entry->d_name);
        if (parent > 0)
            list[count++] =
                (struct process){ (pid_t)strtol(entry->d_name, NULL, 10), parent, false };
    }
    if (proc != NULL)
        (void)closedir(proc);
    if (list != NULL)
        qsort(list, count, sizeof(*list), compare_pids);
    while (list != NULL && mark_round(list, count, getpid())) {
    }
    *ret_count = count;
    return list;
}

void mz_group_signal(const struct mz_group *group, int signal_number)
{
    size_t count;
    struct process *list;

    if (group->is_empty)
        return;
    if (!group->leader_ended)
        (void)kill(-group->leader, signal_number);
    list = list_processes(&count);
    for (size_t i = 0; list != NULL && i < count; i++)
        if (list[i].is_ours && (group->leader_ended || getpgid(list[i].pid) != group->leader))
            (void)kill(list[i].pid, signal_number);
    free(list);
}

static bool has_handler(pid_t pid, int signal_number)
{
    char text[4096];
    const char *mask;
    ssize_t count;
    int fd;

    (void)snprintf(text, sizeof(text), "/proc/%d/status", (int)pid);
    fd = open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    count = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    text[count > 0 ? count : 0] = '\0';
    mask = strstr(text, "\nSigCgt:");
    return mask != NULL && (strtoull(mask + 8, NULL, 16) >> (signal_number - 1) & 1) != 0;
}

void mz_group_ask(const struct mz_group *group, int signal_number)
{
    size_t count;
    struct process *list;

    if (group->is_empty)
        return;
    list = list_processes(&count);
    for (size_t i = 0; list != NULL && i < count; i++)
        if (list[i].is_ours && has_handler(list[i].pid, signal_number))
            (void)kill(list[i].pid, signal_number);
    free(list);
}

void mz_group_kill(const struct mz_group *group)
{
    pid_t self = getpid();
    size_t count;
    struct process *list;

    if (group->is_empty)
        return;
    if (!group->leader_ended) {
        (void)kill(-group->leader, SIGKILL);
        (void)kill(group->leader, SIGKILL); /* its group may be another one by now */
    }
    list = list_processes(&count);
    for (size_t i = 0; list != NULL && i < count; i++)
        if (list[i].parent == self)
            (void)kill(list[i].pid, SIGKILL);
    free(list);
}

void mz_group_reap(struct mz_group *group)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != group->leader || group->leader_ended)
            continue;
        group->leader_ended = true;
        group->status = status;
    }
    if (pid < 0 && errno == ECHILD)
        group->is_empty = true;
}
