/* address.h - where the daemon is: "unix:/path" or "http://host:port" */
#ifndef MZ_SHIM_ADDRESS_H
#define MZ_SHIM_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { MZ_ADDRESS_COUNT_MAX = 4, MZ_HOST_MAX = 256 };

struct mz_address {
    struct sockaddr_storage socket;
    socklen_t length;
};

struct mz_server {
    char host[MZ_HOST_MAX];           /* without brackets; "" for a Unix socket */
    char authority[MZ_HOST_MAX + 16]; /* for the Host header */
    uint16_t port;
    int32_t address_count;
    struct mz_address addresses[MZ_ADDRESS_COUNT_MAX];
};

/* Reads the text; Unix sockets, numeric addresses and localhost need nothing more. */
bool mz_server_parse(struct mz_server *server, const char *text);

/* Asks for the addresses of a name; it may wait for seconds, so nothing may depend on the clock
 * meanwhile (it is not called while a job runs). False: none found, the old ones stay. */
bool mz_server_resolve(struct mz_server *server);

#endif
