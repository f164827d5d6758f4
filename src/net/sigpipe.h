/* sigpipe.h - a peer that goes away is an error of a write, not the end of this process */
#ifndef MZ_NET_SIGPIPE_H
#define MZ_NET_SIGPIPE_H

/* Ignores SIGPIPE unless the program has chosen something itself. libuv and OpenSSL write with
 * write(2), which raises it. */
void mz_net_sigpipe_ignore(void);

#endif
