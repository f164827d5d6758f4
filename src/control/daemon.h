/* daemon.h - `mizan up`: everything live in one process
 *
 *   loop thread     libuv: API, shims, drivers, the core; nothing on it waits for a disk
 *   writer thread   commits what the core hands over (state/writer.h)
 *   planner thread  places (planner_thread.h)
 *
 * One iteration of the loop is one turn of the core: what came in together is committed together.
 * When the journal cannot be written (a full disk) the daemon goes on in a narrow mode: leases are
 * renewed, so that what runs runs on; everything that would have to be written is answered 503. It
 * tries again each second, and begins anew from the journal. */
#ifndef MZ_CONTROL_DAEMON_H
#define MZ_CONTROL_DAEMON_H

#include "base/status.h"
#include "catalogue/catalogue.h"
#include "domain/scenario.h"

#include <stdbool.h>
#include <stdint.h>

enum { MZ_LISTEN_MAX = 8 };

struct mz_daemon_setup {
    const struct mz_scenario *scenario; /* of the fleet file; NULL: this machine */
    const char *fleet_file;             /* for people; NULL */
    const struct mz_catalogue *catalogue;
    const char *state_directory;
    int32_t listen_count;
    const char *listen[MZ_LISTEN_MAX]; /* "unix:/path", "127.0.0.1:8730" */
    const char *tls_certificate;       /* of TCP listeners; NULL: none */
    const char *tls_key;
    const char *shim_path;
    const char *policy;   /* NULL: the planner's default */
    int64_t keep_jobs_us; /* ended jobs are forgotten after so long, with what they left */
    int64_t
        keep_log_bytes; /* outputs take no more than this; those of ended jobs go (retention.h) */
    int64_t log_bytes_max; /* of one rank; what it writes beyond is lost */
    const char *version;
    /* Called once everything listens: where, for people. */
    void (*ready)(void *context, const char *where);
    void (*log)(void *context, const char *line); /* what operators should see; NULL: nobody */
    void *context;
};

/* Runs until SIGTERM or SIGINT; jobs run on under their shims. */
enum mz_status mz_daemon_run(const struct mz_daemon_setup *setup, struct mz_error *err);

#endif
