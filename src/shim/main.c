/* main.c - mizan-shim: options, token, identity
 *
 * What it starts with: standard streams that are open, a token that only this process can read
 * (the descriptor or file it came from is closed), and a random instance number.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#ifndef MZ_VERSION
#define MZ_VERSION "unknown"
#endif

#define PERMIT_TIMEOUT_S 600

enum { NUMBER_MAX = 1000 * 1000 * 1000, ATTEMPT_LENGTH_MAX = 63 };

static int usage(const char *problem, const char *what)
{
    (void)fprintf(stderr,
        "mizan-shim: %s%s\n"
        "usage: mizan-shim --server ADDR --attempt NAME --nonce N (--rank R | --rank-env NAME)\n"
        "                  (--token-fd FD | --token-file PATH) [--dir DIR] [--node NAME]\n"
        "                  [--permit-timeout S]\n"
        "       mizan-shim --publish PATH\n"
        "       mizan-shim --version\n",
        problem, what);
    return MZ_SHIM_EXIT_USAGE;
}

static bool read_number(const char *text, int32_t *ret_value)
{
    int32_t value = 0;

    if (text == NULL || *text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || value > NUMBER_MAX / 10 - 1)
            return false;
        value = value * 10 + (*text - '0');
    }
    *ret_value = value;
    return true;
}

/* The first line of a file, less than size; read no further than it: what comes from a pipe may be
 * held open by others. False: none, or too long. */
static bool read_line(int fd, char *text, size_t size)
{
    const char *end = NULL;
    size_t length = 0;
    ssize_t count = 1;

    while (fd >= 0 && length < size && count > 0 && end == NULL) {
        count = read(fd, text + length, size - length);
        if (count > 0)
            end = memchr(text + length, '\n', (size_t)count);
        length += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    if (end != NULL)
        length = (size_t)(end - text);
    if (length == size)
        return false;
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    text[length] = '\0';
    return length > 0;
}

static bool read_token(struct mz_options *options, const char *fd_text, const char *path)
{
    int32_t fd = -1;

    if (fd_text != NULL && !read_number(fd_text, &fd))
        return false;
    if (fd_text == NULL)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!read_line(fd, options->token, sizeof(options->token)))
        return false;
    for (const char *at = options->token; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7f)
            return false; /* it would break the header */
    return true;
}

/* Names go into paths and targets. */
static bool is_name(const char *text)
{
    size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return length > 0 && length <= ATTEMPT_LENGTH_MAX && text[length] == '\0' && text[0] != '.';
}

struct words { /* options as they stand */
    const char *server, *attempt, *nonce, *rank, *rank_env, *token_fd, *token_file, *dir, *node,
        *permit_timeout;
};

static const char **find_word(struct words *words, const char *name)
{
    const struct {
        const char *name;
        const char **word;
    } known[] = { { "--server", &words->server }, { "--attempt", &words->attempt },
        { "--nonce", &words->nonce }, { "--rank", &words->rank },
        { "--rank-env", &words->rank_env }, { "--token-fd", &words->token_fd },
        { "--token-file", &words->token_file }, { "--dir", &words->dir },
        { "--node", &words->node }, { "--permit-timeout", &words->permit_timeout } };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].word;
    return NULL;
}

/* 0, or the exit code. */
static int read_options(struct mz_shim *shim, char **args)
{
    struct mz_options *options = &shim->options;
    struct words words = { 0 };
    int32_t timeout_s = PERMIT_TIMEOUT_S;

    for (; *args != NULL; args += 2) {
        const char **word = find_word(&words, args[0]);

        if (word == NULL || args[1] == NULL)
            return usage(word == NULL ? "unknown option " : "no value for ", args[0]);
        *word = args[1];
    }
    if (words.server == NULL || !mz_server_parse(&shim->server, words.server))
        return usage("--server unix:/PATH or http://HOST:PORT is needed", "");
    if (words.attempt == NULL || !is_name(words.attempt))
        return usage("--attempt is needed: letters, digits, '.', '_', '-'", "");
    if (words.nonce == NULL || words.nonce[0] == '\0')
        return usage("--nonce is needed", "");
    if (words.rank_env != NULL)
        words.rank = getenv(words.rank_env);
    if (!read_number(words.rank, &options->rank))
        return usage("--rank or --rank-env with a number is needed", "");
    if (words.permit_timeout != NULL && !read_number(words.permit_timeout, &timeout_s))
        return usage("--permit-timeout is a number of seconds", "");
    if ((words.token_fd == NULL) == (words.token_file == NULL) ||
        !read_token(options, words.token_fd, words.token_file))
        return usage("one of --token-fd and --token-file is needed, with a token in it", "");
    options->server = words.server;
    options->attempt = words.attempt;
    options->nonce = words.nonce;
    options->node = words.node;
    options->permit_timeout_us = timeout_s * MZ_SECOND_US;
    if (!mz_spool_init(&shim->spool, words.dir, words.attempt, options->rank))
        return usage("--dir is too long", "");
    return 0;
}

static void hold_streams(int free_fd)
{
    int fd = free_fd <= STDERR_FILENO ? open("/dev/null", O_RDWR) : free_fd;

    while (fd >= 0 && fd < STDERR_FILENO)
        fd = dup(fd);
}

static bool identify(struct mz_shim *shim)
{
    unsigned char random[8];
    int boot = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    int lowest = boot;

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(shim->instance + 2 * i, 3, "%02x", random[i]);
    memcpy(&shim->random, random, sizeof(shim->random));
    shim->random |= 1;
    if (!read_line(boot, shim->boot, sizeof(shim->boot)))
        (void)snprintf(shim->boot, sizeof(shim->boot), "unknown");
    hold_streams(lowest);
    if (shim->options.node != NULL)
        (void)snprintf(shim->node, sizeof(shim->node), "%s", shim->options.node);
    else if (gethostname(shim->node, sizeof(shim->node) - 1) != 0)
        (void)snprintf(shim->node, sizeof(shim->node), "unknown");
    return true;
}

static void init(struct mz_shim *shim)
{
    *shim = (struct mz_shim){ .timer = -1,
        .output.fd = -1,
        .output.is_over = true,
        .publish.fd = -1,
        .publish.asking = -1,
        .group.is_empty = true };
    for (size_t i = 0; i < MZ_PUBLISH_CLIENT_COUNT; i++)
        shim->publish.clients[i].fd = -1;
    shim->permit_backoff.random = shim->lease.backoff.random = shim->output.backoff.random =
        shim->publish.backoff.random = shim->report.backoff.random = &shim->random;
}

/* The job calls it by this: a program that was started without a slash is looked up by the kernel. */
static const char *find_self(const char *called, char *path, size_t size)
{
    ssize_t length;

    if (called[0] == '/')
        return called;
    length = readlink("/proc/self/exe", path, size - 1);
    path[length > 0 ? length : 0] = '\0';
    return path;
}

int main(int argc, char **argv)
{
    static struct mz_shim shim;
    static char self[MZ_SPOOL_PATH_MAX];
    int code;

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("mizan-shim %s, protocol %d\n", MZ_VERSION, MZ_SHIM_VERSION);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--publish") == 0)
        return mz_publish_main(argv[2]);
    if (argc < 2)
        return usage("what is to be run comes from the daemon", "");
    init(&shim);
    code = read_options(&shim, argv + 1);
    if (code != 0)
        return code;
    shim.options.self = find_self(argv[0], self, sizeof(self));
    if (!identify(&shim) || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        (void)fprintf(stderr, "mizan-shim: no randomness, or no sub-reaper on this kernel\n");
        return MZ_SHIM_EXIT_LAUNCH;
    }
    mz_link_init(&shim.kept, &shim.server, shim.options.token);
    mz_link_init(&shim.side, &shim.server, shim.options.token);
    code = mz_shim_run(&shim);
    mz_spool_remove(&shim.spool, "script");
    if (shim.report.is_over)
        mz_spool_remove(&shim.spool, "output");
    mz_spool_finish(&shim.spool);
    return code;
}
