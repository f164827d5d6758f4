/* publish.c - the socket through which a job makes a checkpoint the one to restart from
 *
 * The job finds it in MIZAN_PUBLISH. It is opened a moment after the start (0.2 s), so that jobs
 * that end before cost nothing; `mizan-shim --publish` waits for it. A client sends one line and
 * gets one: READ -> ASKED -> answered and closed. The daemon decides, by the number of the attempt;
 * while it cannot be reached the client waits, for ASK_US at most.
 * Limits: 4 clients at once (more wait in the socket's queue), 4 KiB of path.
 */
#include "shim/shim.h"
#include "shim/state.h"

#include "shim/record.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_US (10 * MZ_SECOND_US)
#define ASK_US (60 * MZ_SECOND_US)
#define CALL_US (15 * MZ_SECOND_US)
#define RETRY_MIN_US (MZ_SECOND_US / 10)
#define RETRY_MAX_US (2 * MZ_SECOND_US)

enum { APPEAR_MS = 5000, ANSWER_MS = 120000 };

static bool set_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address->sun_path))
        return false;
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

bool mz_publish_place(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;
    const struct mz_spool *spool = &shim->spool;
    struct sockaddr_un address;
    char path[MZ_SPOOL_PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/publish", spool->path);
    if (!set_address(&address, path)) {
        publish->is_in_default = true;
        if (!mz_spool_init(&publish->other, NULL, shim->options.attempt, shim->options.rank))
            return false;
        (void)snprintf(path, sizeof(path), "%s/publish", publish->other.path);
    }
    publish->is_tried = !set_address(&address, path);
    (void)snprintf(publish->path, sizeof(publish->path), "%s", address.sun_path);
    return !publish->is_tried;
}

static void open_socket(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;
    struct mz_spool *spool = publish->is_in_default ? &publish->other : &shim->spool;
    struct sockaddr_un address;

    publish->is_tried = true;
    if (!set_address(&address, publish->path) || !mz_spool_make(spool))
        return;
    mz_spool_remove(spool, "publish");
    publish->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (publish->fd >= 0 &&
        bind(publish->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(publish->fd, 64) == 0)
        return;
    mz_shim_say(shim, "cannot listen on '%s': %s", publish->path, strerror(errno));
    if (publish->fd >= 0)
        (void)close(publish->fd);
    publish->fd = -1;
}

static void answer(struct mz_publisher *client, const char *line)
{
    (void)send(client->fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(client->fd);
    *client = (struct mz_publisher){ .fd = -1 };
}

static void accept_clients(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;

    for (int32_t i = 0; i < MZ_PUBLISH_CLIENT_COUNT; i++) {
        struct mz_publisher *client = &publish->clients[i];

        if (client->fd >= 0)
            continue;
        client->fd = accept4(publish->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client->fd < 0)
            return;
        client->until_us = shim->now_us + READ_US;
    }
}

static void read_client(struct mz_shim *shim, struct mz_publisher *client)
{
    ssize_t count =
        recv(client->fd, client->line + client->length, sizeof(client->line) - client->length, 0);
    char *end;

    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        answer(client, "");
        return;
    }
    client->length += (size_t)count;
    end = memchr(client->line, '\n', client->length);
    if (end == NULL && client->length == sizeof(client->line)) {
        answer(client, "no the path is too long\n");
    } else if (end == client->line) {
        answer(client, "no there is no path\n");
    } else if (end != NULL) {
        client->length = (size_t)(end - client->line);
        client->is_asked = true;
        client->until_us = shim->now_us + ASK_US;
    }
}

/* Asks the daemon for the first that waits; output under way is given up for it. */
static void ask(struct mz_shim *shim, int32_t index)
{
    struct mz_publish *publish = &shim->publish;
    struct mz_buffer *body = mz_link_body(&shim->side);

    mz_shim_identify(shim, body);
    mz_record_add(body, "path", publish->clients[index].line, publish->clients[index].length);
    publish->asking = index;
    shim->side_call = MZ_CALL_PUBLISH;
    mz_link_send(&shim->side, MZ_SHIM_PATH_PUBLISH, 64 * 1024, CALL_US);
}

static void step_client(struct mz_shim *shim, int32_t index)
{
    struct mz_publish *publish = &shim->publish;
    struct mz_publisher *client = &publish->clients[index];
    bool is_under_way = shim->side_call == MZ_CALL_PUBLISH;

    if (client->fd >= 0 && !client->is_asked)
        read_client(shim, client);
    if (client->fd < 0)
        return;
    if (shim->now_us >= client->until_us && !(is_under_way && publish->asking == index)) {
        answer(client, client->is_asked ? "no the daemon cannot be reached\n" : "");
        return;
    }
    mz_shim_wake(shim, client->until_us);
    if (!client->is_asked || is_under_way)
        return;
    if (shim->now_us >= publish->next_us)
        ask(shim, index);
    else
        mz_shim_wake(shim, publish->next_us);
}

void mz_publish_step(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;

    if (!publish->is_tried) {
        if (shim->now_us < publish->open_us) {
            mz_shim_wake(shim, publish->open_us);
            return;
        }
        open_socket(shim);
    }
    if (publish->fd < 0 || shim->stop.is_killed)
        return;
    accept_clients(shim);
    for (int32_t i = 0; i < MZ_PUBLISH_CLIENT_COUNT; i++)
        step_client(shim, i);
}

void mz_publish_answered(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;
    struct mz_publisher *client = &publish->clients[publish->asking];
    struct mz_link *link = &shim->side;
    int status = link->result == MZ_LINK_ANSWERED ? link->answer.status : 0;
    char line[64];

    if (client->fd < 0)
        return;
    publish->next_us = shim->now_us;
    if (shim->stop.is_killed) {
        answer(client, "no the attempt is over\n");
    } else if (status == 200) {
        publish->backoff.wait_us = 0;
        answer(client, "ok\n");
    } else if (status == 404 || status == 409 || status == 410) {
        answer(client, "no another attempt has taken over\n");
    } else if (status >= 400 && status < 500 && status != 429 && status != 408) {
        (void)snprintf(line, sizeof(line), "no the daemon refused it with %d\n", status);
        answer(client, line);
    } else {
        publish->next_us =
            shim->now_us + mz_backoff_next(&publish->backoff, RETRY_MIN_US, RETRY_MAX_US);
    }
}

void mz_publish_close(struct mz_shim *shim)
{
    struct mz_publish *publish = &shim->publish;

    if (publish->fd < 0)
        return;
    for (int32_t i = 0; i < MZ_PUBLISH_CLIENT_COUNT; i++)
        if (publish->clients[i].fd >= 0)
            answer(&publish->clients[i], "no the job has ended\n");
    if (shim->side_call == MZ_CALL_PUBLISH) {
        mz_link_close(&shim->side);
        shim->side_call = MZ_CALL_NONE;
    }
    (void)close(publish->fd);
    publish->fd = -1;
    mz_spool_remove(publish->is_in_default ? &publish->other : &shim->spool, "publish");
    if (publish->is_in_default)
        mz_spool_finish(&publish->other);
}

/* A connection to the shim, which may open its socket a moment later than it starts the job. */
static int connect_shim(const char *path)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || !set_address(&address, path))
        return -1;
    for (int waited_ms = 0;; waited_ms += 20) {
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
            return fd;
        if ((errno != ENOENT && errno != ECONNREFUSED) || waited_ms >= APPEAR_MS)
            break;
        (void)poll(NULL, 0, 20);
    }
    (void)close(fd);
    return -1;
}

static bool say_path(int fd, const char *path)
{
    char line[MZ_PUBLISH_PATH_MAX + 2] = "";
    size_t length;
    int count;

    if (path[0] != '/' && strstr(path, "://") == NULL &&
        getcwd(line, MZ_PUBLISH_PATH_MAX / 2) == NULL)
        return false;
    length = strlen(line);
    count = snprintf(line + length, sizeof(line) - length, "%s%s\n", length > 0 ? "/" : "", path);
    if (count < 0 || (size_t)count >= sizeof(line) - length || strchr(path, '\n') != NULL)
        return false;
    return send(fd, line, length + (size_t)count, MSG_NOSIGNAL) ==
        (ssize_t)(length + (size_t)count);
}

int mz_publish_main(const char *path)
{
    const char *socket_path = getenv("MIZAN_PUBLISH");
    struct pollfd wait = { .events = POLLIN };
    char text[256] = "";
    ssize_t count = 0;

    if (socket_path == NULL || path[0] == '\0') {
        (void)fprintf(stderr, "mizan-shim: --publish PATH works inside a job (MIZAN_PUBLISH)\n");
        return MZ_SHIM_EXIT_USAGE;
    }
    wait.fd = connect_shim(socket_path);
    if (wait.fd < 0) {
        (void)fprintf(stderr, "mizan-shim: the job's shim does not answer at '%s'\n", socket_path);
        return 1;
    }
    if (say_path(wait.fd, path) && poll(&wait, 1, ANSWER_MS) == 1)
        count = recv(wait.fd, text, sizeof(text) - 1, 0);
    (void)close(wait.fd);
    if (count >= 3 && memcmp(text, "ok\n", 3) == 0)
        return 0;
    text[count > 0 ? strcspn(text, "\n") : 0] = '\0';
    (void)fprintf(stderr, "mizan-shim: '%s' was not published: %s\n", path,
        strncmp(text, "no ", 3) == 0 ? text + 3 : "no answer");
    return 1;
}
