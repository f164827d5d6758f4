/* task.c - a job that records, from inside, when it ran
 *
 *   task DIR KEY SLOT SECONDS EXIT [publish]
 *
 * DIR/records gets one line for each thing that happens, by a single write with O_APPEND:
 *   WHAT KEY JOB ATTEMPT RANK PARTNER WALL_NS BOOT_NS PID TEXT
 *   S begun   E at its end (TEXT: exit code)   T told to stop by SIGTERM   U by SIGUSR1
 *   X another attempt's task, or this one's twin, runs at this moment (TEXT: its pid)
 *   P published, Q refused to (TEXT: what the shim's socket said)
 *
 * DIR/locks proves that nothing runs twice at once: each task holds a lock on the byte
 * SLOT x SLOT_BYTES + ATTEMPT x RANK_MAX + RANK until the kernel has ended it, however it ends.
 * It takes its own byte first and then looks for others in the slot, so of two that run at once at
 * least one sees the other. SLOT is the submission's (an array adds its index): two jobs made from
 * one key meet in it too. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { SLOT_BYTES = 65536, RANK_MAX = 16, LINE_MAX_BYTES = 512, STOPPED_EXIT = 143 };

static const char *key;
static int records = -1;
static volatile sig_atomic_t is_stopped;
static volatile sig_atomic_t is_signalled;

static const char *word(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : "-";
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void record(char what, const char *text)
{
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof(line), "%c %s %s %s %s %s %" PRId64 " %" PRId64 " %d %s\n",
        what, key, word("MIZAN_JOB_ID"), word("MIZAN_ATTEMPT"), word("MIZAN_NODE_RANK"),
        word("MIZAN_PARTNER"), clock_ns(CLOCK_REALTIME), clock_ns(CLOCK_BOOTTIME), (int)getpid(),
        text);

    if (write(records, line, (size_t)length) != length)
        _exit(99);
}

static void record_number(char what, long number)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%ld", number);
    record(what, text);
}

static void on_signal(int number)
{
    if (number == SIGTERM)
        is_stopped = 1;
    else
        is_signalled = 1;
}

/* A stretch of the slot, or -1: all of it behind the start. Records who holds a part of it. */
static void look(int locks, off_t start, off_t length)
{
    struct flock other = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length
    };

    if (length > 0 && fcntl(locks, F_GETLK, &other) == 0 && other.l_type != F_UNLCK)
        record_number('X', (long)other.l_pid);
}

static void lock(int locks, off_t slot)
{
    off_t attempt = strtoll(word("MIZAN_ATTEMPT"), NULL, 10) * RANK_MAX;
    off_t rank = strtoll(word("MIZAN_NODE_RANK"), NULL, 10);
    struct flock own = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

    own.l_start = slot * SLOT_BYTES + attempt + rank;
    if (fcntl(locks, F_SETLK, &own) != 0)
        look(locks, own.l_start, 1);
    look(locks, slot * SLOT_BYTES, attempt);
    look(locks, slot * SLOT_BYTES + attempt + RANK_MAX, SLOT_BYTES - attempt - RANK_MAX);
}

/* Asks to publish a checkpoint named after the attempt; recorded is what came back. */
static void publish(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char text[128];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t got = -1;

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", word("MIZAN_PUBLISH"));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        int length = snprintf(text, sizeof(text), "ckpt-%s\n", word("MIZAN_ATTEMPT"));

        if (write(fd, text, (size_t)length) == length)
            got = read(fd, text, sizeof(text) - 1);
        if (got > 0) {
            text[got] = '\0';
            text[strcspn(text, "\n")] = '\0';
            record(strcmp(text, "ok") == 0 ? 'P' : 'Q', text);
        }
    }
    if (fd >= 0)
        (void)close(fd);
}

int main(int argc, char **argv)
{
    struct sigaction action = { .sa_handler = on_signal };
    const char *index = getenv("MIZAN_ARRAY_INDEX");
    char path[4096];
    char full_key[256];
    int64_t slot;
    int64_t end_ns;
    int locks;

    if (argc < 6)
        return 64;
    slot = strtoll(argv[3], NULL, 10) + (index ? strtoll(index, NULL, 10) : 0);
    (void)snprintf(
        full_key, sizeof(full_key), "%s%s%s", argv[2], index ? "." : "", index ? index : "");
    key = full_key;
    (void)snprintf(path, sizeof(path), "%s/records", argv[1]);
    records = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    (void)snprintf(path, sizeof(path), "%s/locks", argv[1]);
    locks = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (records < 0 || locks < 0)
        return 98;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    record_number('S', (long)getppid());
    lock(locks, (off_t)slot);
    end_ns = clock_ns(CLOCK_BOOTTIME) + (int64_t)(strtod(argv[4], NULL) * 1e9);
    while (!is_stopped && clock_ns(CLOCK_BOOTTIME) < end_ns) {
        int64_t left_ns = end_ns - clock_ns(CLOCK_BOOTTIME);
        struct timespec nap = { .tv_nsec = left_ns < 500000000 ? (long)left_ns : 500000000 };

        if (left_ns > 0)
            (void)nanosleep(&nap, NULL);
        if (is_signalled) {
            is_signalled = 0;
            record('U', "-");
        }
        if (argc > 6 && !is_stopped)
            publish();
    }
    if (is_stopped) {
        record('T', "-");
        return STOPPED_EXIT;
    }
    record_number('E', strtol(argv[5], NULL, 10));
    return (int)strtol(argv[5], NULL, 10);
}
