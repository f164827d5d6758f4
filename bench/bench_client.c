/* bench_client.c - so many clients who each wait for their answer and ask again, over HTTP/1.1
 *
 *   bench_client ADDR CLIENTS SECONDS REQUEST [COUNT]
 *
 * ADDR is unix:/path or HOST:PORT (numbers). REQUEST is a file with the bytes of one request, kept
 * alive; a server that closes gets a new connection. A "%d" in its path is the number of the request,
 * from 1 on. It ends after SECONDS, or after COUNT requests if that comes first. An answer counts
 * when its status is below 300. One JSON line; waits are of the answers that count. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENT_MAX = 1024, ANSWER_MAX = 65536, SAMPLE_MAX = 1024 * 1024 };

struct client {
    int fd; /* -1: to be connected */
    size_t got;
    size_t body_left; /* of what is not kept */
    bool has_head;
    bool closes;
    int status;
    double sent_s;
    char head[ANSWER_MAX];
};

struct load {
    struct sockaddr_storage address;
    socklen_t address_length;
    char *request;
    size_t request_length;
    char *number; /* where "%d" stands in it; NULL */
    int64_t sent;
    int64_t count_max;
    int64_t good;
    int64_t bad;
    float *waits_s;
    char problem[200];
};

static double now_s(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void require(bool is_good, const char *sentence)
{
    if (is_good)
        return;
    (void)fprintf(stderr, "bench_client: %s: %s\n", sentence, strerror(errno));
    exit(1);
}

static void read_address(struct load *load, const char *text)
{
    const char *colon = strrchr(text, ':');

    if (strncmp(text, "unix:", 5) == 0) {
        struct sockaddr_un *name = (struct sockaddr_un *)&load->address;

        name->sun_family = AF_UNIX;
        (void)snprintf(name->sun_path, sizeof(name->sun_path), "%s", text + 5);
        load->address_length = sizeof(*name);
    } else {
        struct sockaddr_in *name = (struct sockaddr_in *)&load->address;
        char host[64];

        require(colon != NULL, "HOST:PORT");
        (void)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
        name->sin_family = AF_INET;
        name->sin_port = htons((uint16_t)atoi(colon + 1));
        require(inet_pton(AF_INET, host, &name->sin_addr) == 1, "HOST is a number");
        load->address_length = sizeof(*name);
    }
}

static void read_request(struct load *load, const char *path)
{
    FILE *file = fopen(path, "re");
    long size = 0;

    require(file && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0, path);
    rewind(file);
    load->request = calloc((size_t)size + 1, 1);
    require(load->request && fread(load->request, 1, (size_t)size, file) == (size_t)size, path);
    (void)fclose(file);
    load->request_length = (size_t)size;
    load->number = strstr(load->request, "%d");
    if (load->number && load->number > strchr(load->request, '\n'))
        load->number = NULL;
}

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = send(fd, bytes, length, MSG_NOSIGNAL);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* reading finds out */
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

static void ask(struct load *load, struct client *client)
{
    int one = 1;

    client->got = 0;
    client->has_head = false;
    if (load->sent == load->count_max) {
        if (client->fd >= 0)
            (void)close(client->fd);
        client->fd = -1;
        return;
    }
    client->sent_s = now_s();
    if (client->fd < 0) {
        client->fd = socket(load->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        require(client->fd >= 0 &&
                connect(client->fd, (struct sockaddr *)&load->address, load->address_length) == 0,
            "connect");
        if (load->address.ss_family == AF_INET)
            (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    load->sent++;
    if (load->number) {
        size_t before = (size_t)(load->number - load->request);
        char *bytes = malloc(load->request_length + 24);
        int length;

        require(bytes != NULL, "memory");
        memcpy(bytes, load->request, before);
        length = sprintf(bytes + before, "%lld", (long long)load->sent);
        memcpy(bytes + before + length, load->number + 2, load->request_length - before - 2);
        write_all(client->fd, bytes, load->request_length - 2 + (size_t)length);
        free(bytes);
    } else {
        write_all(client->fd, load->request, load->request_length);
    }
}

/* Finds the head's end; what of the body came with it is counted. */
static void read_head(struct client *client)
{
    char *end;
    char *line;

    client->head[client->got] = '\0';
    end = strstr(client->head, "\r\n\r\n");
    if (!end) {
        require(client->got < ANSWER_MAX - 1, "an answer's head is too long");
        return;
    }
    client->has_head = true;
    client->closes = false;
    client->status = atoi(client->head + 9);
    client->body_left = 0;
    for (line = strstr(client->head, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
            client->body_left = strtoul(line + 17, NULL, 10);
        if (strncasecmp(line + 2, "Connection: close", 17) == 0)
            client->closes = true;
    }
    client->body_left -= client->got - (size_t)(end + 4 - client->head);
}

static void take_answer(struct load *load, struct client *client)
{
    if (client->status < 300 && client->status >= 200) {
        if (load->good < SAMPLE_MAX)
            load->waits_s[load->good] = (float)(now_s() - client->sent_s);
        load->good++;
    } else if (load->bad++ == 0) {
        const char *body = strstr(client->head, "\r\n\r\n");

        (void)snprintf(
            load->problem, sizeof(load->problem), "%d%s", client->status, body ? body + 2 : "");
    }
    if (client->closes) {
        (void)close(client->fd);
        client->fd = -1;
    }
    ask(load, client);
}

static void hear(struct load *load, struct client *client)
{
    char rest[ANSWER_MAX];
    ssize_t got;

    if (client->has_head)
        got = recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT);
    else
        got = recv(
            client->fd, client->head + client->got, ANSWER_MAX - 1 - client->got, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) { /* closed between two requests, or a failure: asked again */
        load->bad += client->got > 0;
        load->sent--;
        (void)close(client->fd);
        client->fd = -1;
        ask(load, client);
        return;
    }
    if (client->has_head) {
        client->body_left -= (size_t)got;
    } else {
        client->got += (size_t)got;
        read_head(client);
    }
    if (client->has_head && client->body_left == 0)
        take_answer(load, client);
}

static int compare_float(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

static double wait_ms(const struct load *load, double at)
{
    int64_t count = load->good < SAMPLE_MAX ? load->good : SAMPLE_MAX;

    return count > 0 ? 1e3 * (double)load->waits_s[(int64_t)(at * (double)(count - 1))] : 0;
}

static void print(struct load *load, double spent_s)
{
    int64_t count = load->good < SAMPLE_MAX ? load->good : SAMPLE_MAX;

    qsort(load->waits_s, (size_t)count, sizeof(*load->waits_s), compare_float);
    printf("{\"per_s\": %.1f, \"good\": %lld, \"bad\": %lld, \"spent_s\": %.3f, \"p50_ms\": %.3f, "
           "\"p99_ms\": %.3f}\n",
        (double)load->good / spent_s, (long long)load->good, (long long)load->bad, spent_s,
        wait_ms(load, 0.5), wait_ms(load, 0.99));
    if (load->bad > 0)
        (void)fprintf(stderr, "bench_client: %lld bad answers; the first: %s\n",
            (long long)load->bad, load->problem);
}

int main(int argc, char **argv)
{
    int clients = argc > 2 ? atoi(argv[2]) : 0;
    double seconds = argc > 3 ? atof(argv[3]) : 0;
    struct load load = { .count_max = argc > 5 ? atoll(argv[5]) : INT64_MAX };
    struct client *all;
    struct pollfd *polls;
    double begin_s;

    errno = 0;
    require(argc > 4 && clients > 0 && clients <= CLIENT_MAX,
        "usage: bench_client ADDR CLIENTS SECONDS REQUEST [COUNT]");
    read_address(&load, argv[1]);
    read_request(&load, argv[4]);
    all = calloc((size_t)clients, sizeof(*all));
    polls = calloc((size_t)clients, sizeof(*polls));
    load.waits_s = calloc(SAMPLE_MAX, sizeof(*load.waits_s));
    require(all && polls && load.waits_s, "memory");
    begin_s = now_s();
    for (int i = 0; i < clients; i++) {
        all[i].fd = -1;
        ask(&load, &all[i]);
    }
    while (now_s() - begin_s < seconds && load.good + load.bad < load.count_max) {
        for (int i = 0; i < clients; i++)
            polls[i] = (struct pollfd){ .fd = all[i].fd, .events = POLLIN };
        (void)poll(polls, (nfds_t)clients, 100);
        for (int i = 0; i < clients; i++) {
            if (polls[i].fd >= 0 && polls[i].revents)
                hear(&load, &all[i]);
        }
    }
    print(&load, now_s() - begin_s);
    return 0;
}
