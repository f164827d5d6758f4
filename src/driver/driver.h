/* driver.h - how the daemon makes a partner start, stop and show things
 *
 * One driver for each partner. All calls return at once; what came of them is an event, given to
 * the sink on the loop's thread, never from inside the call. A driver remembers nothing that must
 * survive: the journal does. It is told what to do and reports what it saw.
 *
 * The safety of the whole does not rest on a driver. A user's command runs only under a start
 * permit, which the daemon grants once; a partner that starts an attempt twice, late, or under a
 * wrong id, starts shims that are refused. So jobs are not submitted held: a hold would cost a
 * second call for each job and add nothing to the permit (docs/control.md, "Why no hold").
 * What a driver owes is honesty about the outcome: OK, REFUSED (the partner said no, nothing of it
 * is there), NOT_SENT (the partner has seen nothing), or UNKNOWN (a timeout, a 5xx, a broken
 * connection). After UNKNOWN the control room looks at a list before it sends again.
 *
 * Identity of a remote job: its name (mz_attempt_name), its id and its submit time together: ids
 * are used again. cancel reads name and submit time again before it acts.
 */
#ifndef MZ_DRIVER_DRIVER_H
#define MZ_DRIVER_DRIVER_H

#include "base/status.h"
#include "domain/run.h"
#include "domain/scenario.h"

#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;
struct mz_driver;
struct mz_http_client;

enum mz_driver_outcome { MZ_DRIVER_OK, MZ_DRIVER_REFUSED, MZ_DRIVER_NOT_SENT, MZ_DRIVER_UNKNOWN };

struct mz_driver_caps {
    int64_t observe_us;   /* how often it likes to be asked to observe */
    int64_t look_wait_us; /* after an UNKNOWN submit: a list that lacks it proves its absence only
                             when it was taken so long after the send; 0: at once */
    int64_t loss_us;      /* unreachable for so long: the partner counts as lost */
    bool finds_nodes;     /* its nodes come from observations, not from the fleet file */
    bool starts_twice; /* it may run one attempt twice under one id (Slurm, when its controller dies
                             just after a start): what it says of an end may be of the other run */
    bool runs_here;    /* on this machine: logs and checkpoints are files of the daemon's user */
};

/* An attempt to start. Borrowed during the call. */
struct mz_driver_submit {
    int64_t job;
    int32_t n;
    const char *name; /* mz_attempt_name */
    int32_t node_count;
    const char *const *nodes; /* names as the partner knows them; rank order */
    int32_t chips_per_node;   /* of an accelerator; 0: cores are what is asked for */
    int32_t cpus_per_node;    /* 0: not stated (for chips that are cores: chips_per_node's count) */
    int32_t memory_mib;       /* 0: not stated */
    const char *chip;         /* kind at these nodes as the partner calls it ("h100"); "" */
    int64_t time_us;          /* 0: not stated */
    const char *token;        /* for the shim */
    const char *directory;    /* where the driver runs here, which makes it: the job's; else NULL */
    const char *checkpoints;  /* a second one that it makes; NULL: none */
    int32_t pass_count;       /* keys for the partner's scheduler */
    const char *const *pass_names;
    const char *const *pass_values;
    const char *comment;
};

struct mz_driver_ref {
    int64_t job;
    int32_t n;
    const char *name;
    const char *remote_id;   /* ""; not known: by name alone */
    int64_t remote_submit_s; /* 0: not known */
};

enum mz_remote_state { MZ_REMOTE_QUEUED, MZ_REMOTE_RUNNING, MZ_REMOTE_ENDED };

struct mz_remote_job { /* one whose name begins with "mz-INSTALL-" */
    const char *name;
    const char *remote_id;
    int64_t submit_s;
    enum mz_remote_state state;
    const char *reason; /* the partner's own word: "Resources", "NODE_FAIL", "TIMEOUT"; "" */
};

struct mz_remote_node {
    const char *name;
    bool is_up;       /* false: down, drained, not responding */
    bool is_cordoned; /* up, keeps what runs, takes nothing new */
    int32_t chips;    /* accelerators; 0: its cores count as chips */
    const char *chip; /* "h100"; "" */
    int32_t cpus;
    int64_t memory_mib;
    const char *reason; /* why it is not up; "" */
};

struct mz_remote_use { /* of a node by a job that is not ours */
    const char *node;
    const char *job; /* "4711 of bob" */
    int32_t chips;
    int32_t cpus;
    int64_t memory_mib;
    int64_t end_unix_s; /* its time limit; 0: not known */
};

enum mz_driver_event_kind {
    MZ_DRIVER_SUBMITTED, /* outcome; OK: remote_id, remote_submit_s */
    MZ_DRIVER_CANCELLED, /* outcome; OK: it is being stopped, or is not there any more */
    MZ_DRIVER_OBSERVED,
    MZ_DRIVER_UNREACHABLE, /* an observation that got no answer; text says why */
    MZ_DRIVER_ENDED        /* told without being asked: this attempt's shims are gone here */
};

struct mz_driver_event { /* borrowed during the call of the sink */
    enum mz_driver_event_kind kind;
    const char *partner;
    int64_t job; /* submitted, cancelled, ended */
    int32_t n;
    enum mz_driver_outcome outcome;
    const char *remote_id;
    int64_t remote_submit_s;
    const char *text; /* what went wrong, a sentence; "" */
    /* observed: taken between begin_us and now (the loop's clock, uv_now in microseconds) */
    int64_t begin_us;
    int32_t job_count;
    const struct mz_remote_job *jobs;
    int32_t node_count; /* 0 unless caps.finds_nodes */
    const struct mz_remote_node *nodes;
    int32_t use_count;
    const struct mz_remote_use *uses;
};

typedef void mz_driver_sink(void *context, const struct mz_driver_event *event);

struct mz_driver_ops {
    void (*submit)(struct mz_driver *driver, const struct mz_driver_submit *submit);
    void (*cancel)(struct mz_driver *driver, const struct mz_driver_ref *ref);
    /* One OBSERVED or UNREACHABLE follows; asked again before that: nothing more happens. */
    void (*observe)(struct mz_driver *driver);
    void (*free)(struct mz_driver *driver);
};

struct mz_driver { /* every kind begins with it */
    const struct mz_driver_ops *ops;
    struct mz_driver_caps caps;
    const char *partner;
};

/* What a driver of either kind is made from. Borrowed for its life. */
struct mz_driver_setup {
    struct uv_loop_s *loop;
    struct mz_http_client *http; /* shared by all */
    const struct mz_partner *partner;
    const char *install;     /* install id */
    const char *shim_path;   /* the shim on this machine; partner's `shim:` goes before it */
    const char *shim_server; /* where shims find the daemon; `callback:` goes before it */
    const char *directory;   /* the daemon's state directory */
    mz_driver_sink *sink;
    void *context;
};

/* By partner->driver.kind. MZ_E_INPUT says which key is missing or wrong. */
enum mz_status mz_driver_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err);
/* No event comes after it. The loop has to run once more for its handles to close. */
void mz_driver_free(struct mz_driver *driver); /* NULL is fine */

/* The kinds, for mz_driver_create. */
enum mz_status mz_driver_local_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err);
enum mz_status mz_driver_slurm_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err);
/* The local driver behind faults, for tests and the demo (fake.c). */
enum mz_status mz_driver_fake_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err);

#endif
