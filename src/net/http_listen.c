/* http_listen.c - addresses to listening sockets, and who is at the other end
 *
 * A Unix socket's file: nobody can connect between bind and listen, and its mode is set between
 * the two, so the process' umask does not matter. A socket file that is in the way is removed only
 * when connecting to it is refused, which means that nobody listens on it; any other kind of file
 * stays. Two servers that start at the same instant can both find a stale file: whoever may run
 * only once has to hold a lock of its own.
 */
#include "net/http_conn.h"

#include "base/arena.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, HOST_MAX = 64 };

/* Removes a socket file that nobody listens on. */
static enum mz_status clear_stale(
    const char *path, const struct sockaddr_un *address, struct mz_error *err)
{
    struct stat info;
    int fd, result, code;

    if (lstat(path, &info) != 0)
        return errno == ENOENT ? MZ_OK
                               : mz_fail(err, MZ_E_IO, "socket '%s': %s", path, strerror(errno));
    if (!S_ISSOCK(info.st_mode))
        return mz_fail(err, MZ_E_IO, "socket '%s': there is a file of another kind", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return mz_fail(err, MZ_E_IO, "socket '%s': %s", path, strerror(errno));
    result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    code = errno;
    (void)close(fd);
    if (result == 0 || code == EAGAIN)
        return mz_fail(err, MZ_E_IO, "socket '%s': another process listens on it", path);
    if (code == ENOENT)
        return MZ_OK;
    if (code != ECONNREFUSED)
        return mz_fail(err, MZ_E_IO, "socket '%s': %s", path, strerror(code));
    if (unlink(path) != 0 && errno != ENOENT)
        return mz_fail(
            err, MZ_E_IO, "socket '%s': cannot replace the stale one: %s", path, strerror(errno));
    return MZ_OK;
}

static enum mz_status open_unix(
    struct mz_http_listener *listener, const char *path, uint32_t mode, struct mz_error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat info;
    enum mz_status status;
    bool is_bound = false;

    if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path))
        return mz_fail(err, MZ_E_IO, "socket '%s': a path has 1 to %zu bytes", path,
            sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    status = clear_stale(path, &address, err);
    if (status != MZ_OK)
        return status;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        goto fail;
    if (bind(listener->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        goto fail;
    is_bound = true;
    if (chmod(path, (mode_t)mode) != 0 || lstat(path, &info) != 0 ||
        listen(listener->fd, BACKLOG) != 0)
        goto fail;
    listener->is_unix = true;
    listener->path = mz_xcalloc(strlen(path) + 1, 1);
    memcpy(listener->path, path, strlen(path));
    listener->device = info.st_dev;
    listener->inode = info.st_ino;
    return MZ_OK;
fail:
    status = mz_fail(err, MZ_E_IO, "socket '%s': %s", path, strerror(errno));
    if (is_bound)
        (void)unlink(path);
    if (listener->fd >= 0)
        (void)close(listener->fd);
    listener->fd = -1;
    return status;
}

/* "127.0.0.1:8730", "[::1]:0" */
static bool read_address(const char *text, struct sockaddr_storage *ret_address)
{
    const char *colon = strrchr(text, ':');
    bool is_v6 = text[0] == '[';
    char host[HOST_MAX];
    size_t length;
    long port;
    char *end;

    if (!colon || strspn(colon + 1, "0123456789") != strlen(colon + 1) || colon[1] == '\0')
        return false;
    port = strtol(colon + 1, &end, 10);
    length = (size_t)(colon - text) - (is_v6 ? 2 : 0);
    if (port > 65535 || (size_t)(colon - text) < 3 || length >= sizeof(host) ||
        (is_v6 && colon[-1] != ']'))
        return false;
    memcpy(host, text + (is_v6 ? 1 : 0), length);
    host[length] = '\0';
    memset(ret_address, 0, sizeof(*ret_address));
    if (is_v6)
        return uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)ret_address) == 0;
    return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret_address) == 0;
}

static enum mz_status open_tcp(
    struct mz_http_listener *listener, const char *text, int32_t *ret_port, struct mz_error *err)
{
    struct sockaddr_storage address;
    socklen_t length;
    enum mz_status status;
    int on = 1;
    bool is_v6;

    if (!read_address(text, &address))
        return mz_fail(err, MZ_E_IO,
            "'%s' is no address to listen on: write \"unix:/run/mizan.sock\", "
            "\"127.0.0.1:8730\" or \"[::1]:8730\"",
            text);
    is_v6 = address.ss_family == AF_INET6;
    length = is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    listener->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0 ||
        setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (is_v6 && setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(listener->fd, (struct sockaddr *)&address, length) != 0 ||
        listen(listener->fd, BACKLOG) != 0 ||
        getsockname(listener->fd, (struct sockaddr *)&address, &length) != 0)
        goto fail;
    *ret_port = ntohs(is_v6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                            : ((struct sockaddr_in *)&address)->sin_port);
    return MZ_OK;
fail:
    status = mz_fail(err, MZ_E_IO, "cannot listen on '%s': %s", text, strerror(errno));
    if (listener->fd >= 0)
        (void)close(listener->fd);
    listener->fd = -1;
    return status;
}

enum mz_status mz_http_listen_open(struct mz_http_listener *listener, const char *address,
    uint32_t unix_mode, int32_t *ret_port, struct mz_error *err)
{
    listener->fd = -1;
    if (strncmp(address, "unix:", 5) == 0)
        return open_unix(listener, address + 5, unix_mode, err);
    return open_tcp(listener, address, ret_port, err);
}

void mz_http_listen_close(struct mz_http_listener *listener)
{
    struct stat info;

    if (listener->fd < 0)
        return;
    (void)close(listener->fd);
    listener->fd = -1;
    if (listener->path && lstat(listener->path, &info) == 0 && info.st_dev == listener->device &&
        info.st_ino == listener->inode)
        (void)unlink(listener->path);
    free(listener->path);
    listener->path = NULL;
}

static bool is_loopback_v6(const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        return address->s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(address);
}

void mz_http_peer_read(int fd, bool is_unix, struct mz_http_peer *peer, char *address)
{
    struct sockaddr_storage remote = { 0 };
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&remote;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&remote;
    struct ucred who = { 0, UINT32_MAX, UINT32_MAX };
    socklen_t length = sizeof(who);
    char host[HOST_MAX] = "";

    peer->is_unix = is_unix;
    peer->is_loopback = is_unix;
    if (is_unix && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0)
        who = (struct ucred){ 0, UINT32_MAX, UINT32_MAX };
    peer->uid = who.uid;
    peer->gid = who.gid;
    peer->pid = who.pid;
    (void)snprintf(address, MZ_HTTP_ADDRESS_MAX, "%s", is_unix ? "unix" : "unknown");
    length = sizeof(remote);
    if (is_unix || getpeername(fd, (struct sockaddr *)&remote, &length) != 0)
        return;
    if (remote.ss_family == AF_INET) {
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
        peer->is_loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
        (void)snprintf(address, MZ_HTTP_ADDRESS_MAX, "%s:%d", host, (int)ntohs(v4->sin_port));
    } else if (remote.ss_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
        peer->is_loopback = is_loopback_v6(&v6->sin6_addr);
        (void)snprintf(address, MZ_HTTP_ADDRESS_MAX, "[%s]:%d", host, (int)ntohs(v6->sin6_port));
    }
}
