/* shim.h - what stands between a partner's machine and a user's command, and what it says
 *
 * mizan-shim is a static program without libraries (musl), one for each rank (node) of an attempt.
 * The partner starts it; it asks the daemon for a start permit, and only with it knows what to run.
 * It holds the job's process group, renews the lease, obeys orders, and reports the end until
 * somebody has written it down. It outlives the daemon.
 *
 *   mizan-shim --server ADDR --attempt NAME --nonce N (--rank R | --rank-env SLURM_NODEID)
 *              (--token-fd FD | --token-file PATH) [--dir DIR] [--node NAME] [--permit-timeout S]
 *   mizan-shim --publish PATH    inside a job: makes a checkpoint the one to restart from
 *   mizan-shim --version
 *
 * ADDR is unix:/path or http://host:port. DIR is the shim's own directory for this rank: output
 * and records that are not yet acknowledged; default /tmp/mizan-UID/NAME.R, made 0700.
 *
 * Requests are HTTP/1.1 POST with "Authorization: Bearer TOKEN", kept alive on one connection.
 * Bodies and answers of 200 are records:  KEY SP LENGTH LF BYTES LF  in any order; unknown keys are
 * skipped (an old shim talks to a new daemon). Every request carries: attempt, rank, nonce (of the
 * run: one for all ranks, made by the script that the partner runs), instance (of this process, 16
 * hex digits), boot (boot id), version (MZ_SHIM_VERSION).
 *
 * POST /shim/v1/permit      + node, node_count (of the partner's allocation; 1 when unknown), pid
 *   200: the launch sheet
 *     arg (repeated), env (NAME=VALUE, repeated), unset (repeated), workdir,
 *     script: bytes to write to DIR/script (0700); an arg "{script}" is replaced by its path
 *     output: file for stdout and stderr, appended; absent: DIR/output, sent to the daemon
 *     output_max: bytes to which that file is cut back while the job runs (0: it may grow)
 *     lease_ms, checkpoint_signal, lead_ms, kill_ms, every_ms (checkpoint signal repeated; 0: no),
 *     time_ms (0: no limit)
 *   409: refused, for good: another run has the permit, or the attempt is over. The shim ends with
 *     exit code MZ_SHIM_EXIT_REFUSED and has started nothing.
 *   anything else, or no answer: asked again, 0.1 s to 5 s apart, for --permit-timeout (600 s).
 *   The same instance may ask again and gets the same answer.
 * POST /shim/v1/lease       + seen (number of the newest order obeyed; 0), wait_ms
 *   200, at once or when an order comes, at the latest after wait_ms:
 *     lease_ms: the lease lasts so long from when this request was SENT (CLOCK_BOOTTIME)
 *     order: "checkpoint" or "stop"; order_number
 *   409, 410: the attempt is over for the daemon: the job is killed at once, no publication.
 * POST /shim/v1/publish     + path: 200 published and written down; 409: fenced off
 * POST /shim/v1/exit        + code (exit code, 128 + signal), cause: "exit", "stopped" (by order),
 *                             "lease", "time", "launch" (+ text), run_ms
 *   200: written down. 404, 409, 410: nobody wants to know. Else: repeated, for a week. What is not
 *   acknowledged within 0.2 s is written to DIR/exit and synced before it is tried again.
 * POST /shim/v1/log?attempt=NAME&rank=R&offset=N   the body is output from that offset on
 *   200: size: what the daemon has; the shim goes on from there. 413: no more is kept.
 *
 * Time. Without renewal the shim begins to stop its job at lease - lead_ms - kill_ms after the last
 * renewal was sent (at the earliest at half of the lease): checkpoint signal, lead_ms, SIGTERM,
 * kill_ms, SIGKILL to everything; so that nothing of it runs when the lease is over. The same steps
 * for order "stop" and for the time limit. When the daemon has answered 200 in the meantime a stop
 * for lease that has not passed its first signal is called off. The checkpoint signal goes to those
 * processes of the job that have a handler for it; without one in the sheet lead_ms counts as 0.
 * SIGTERM to the shim is a stop with at most 5 s of lead and 10 s to kill.
 *
 * The job: a session and process group of its own, PR_SET_PDEATHSIG KILL, default signals, the shim
 * as sub-reaper: what daemonises inside the job stays a child of the shim and is killed at the
 * end. stdin /dev/null. Job's environment: the shim's own, changed by the sheet; added:
 * MIZAN_ATTEMPT_NAME, MIZAN_PUBLISH (a Unix socket in DIR, there 0.2 s after the start: send
 * "PATH\n", read "ok\n" or "no REASON\n"), MIZAN_SHIM (its own path).
 */
#ifndef MZ_SHIM_SHIM_H
#define MZ_SHIM_SHIM_H

enum {
    MZ_SHIM_VERSION = 1,
    MZ_SHIM_EXIT_USAGE = 64,
    MZ_SHIM_EXIT_REFUSED = 75, /* the permit was refused, or never came */
    MZ_SHIM_EXIT_LAUNCH = 126, /* the command could not be started: what the exit record says */
    MZ_SHIM_RECORD_BYTES_MAX = 8 * 1024 * 1024,
    MZ_SHIM_LOG_BYTES_MAX = 256 * 1024 /* of one log request */
};

#define MZ_SHIM_PATH_PERMIT "/shim/v1/permit"
#define MZ_SHIM_PATH_LEASE "/shim/v1/lease"
#define MZ_SHIM_PATH_PUBLISH "/shim/v1/publish"
#define MZ_SHIM_PATH_EXIT "/shim/v1/exit"
#define MZ_SHIM_PATH_LOG "/shim/v1/log"

#endif
