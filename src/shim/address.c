/* address.c - reading and resolving the daemon's address */
#include "shim/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static bool parse_unix(struct mz_server *server, const char *path)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&server->addresses[0].socket;
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof(address->sun_path))
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    server->addresses[0].length = sizeof(*address);
    server->address_count = 1;
    (void)snprintf(server->authority, sizeof(server->authority), "localhost");
    return true;
}

static void add_address(struct mz_server *server, const struct sockaddr *address, socklen_t length)
{
    struct mz_address *slot = &server->addresses[server->address_count];

    if (server->address_count == MZ_ADDRESS_COUNT_MAX || length > sizeof(slot->socket))
        return;
    memcpy(&slot->socket, address, length);
    slot->length = length;
    server->address_count++;
}

static void add_numeric(struct mz_server *server, const char *host)
{
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(server->port) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(server->port) };

    if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
        add_address(server, (struct sockaddr *)&four, sizeof(four));
    else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
        add_address(server, (struct sockaddr *)&six, sizeof(six));
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
    uint32_t port = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (uint32_t)(*text - '0');
        if (port > 65535)
            return false;
    }
    *ret_port = (uint16_t)port;
    return port > 0;
}

static bool parse_host(struct mz_server *server, const char *text)
{
    bool is_bracketed = *text == '[';
    const char *start = text + (is_bracketed ? 1 : 0);
    const char *end = is_bracketed ? strchr(start, ']') : strchr(start, ':');
    size_t length = end == NULL ? 0 : (size_t)(end - start);

    if (length == 0 || length >= sizeof(server->host) || (is_bracketed && end[1] != ':'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (start[i] <= ' ' || start[i] == '/' || start[i] >= 0x7f)
            return false;
    if (!parse_port(end + (is_bracketed ? 2 : 1), &server->port))
        return false;
    memcpy(server->host, start, length);
    server->host[length] = '\0';
    (void)snprintf(server->authority, sizeof(server->authority), "%s", text);
    return true;
}

bool mz_server_parse(struct mz_server *server, const char *text)
{
    *server = (struct mz_server){ .port = 0 };
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(server, text + 5);
    if (strncmp(text, "http://", 7) != 0 || !parse_host(server, text + 7))
        return false;
    if (strcmp(server->host, "localhost") == 0) {
        add_numeric(server, "127.0.0.1");
        add_numeric(server, "::1");
    } else {
        add_numeric(server, server->host);
    }
    return true;
}

bool mz_server_resolve(struct mz_server *server)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    char port[8];

    (void)snprintf(port, sizeof(port), "%u", (unsigned)server->port);
    if (server->host[0] == '\0' || getaddrinfo(server->host, port, &hints, &list) != 0)
        return false;
    server->address_count = 0;
    for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
        add_address(server, at->ai_addr, at->ai_addrlen);
    freeaddrinfo(list);
    return server->address_count > 0;
}
