/* state.h - all that one shim knows, and what its topics ask of each other
 *
 * run.c is the loop; each topic has a step that looks at the clock, does what is due, and says with
 * mz_shim_wake when it wants to be called next; and an `answered` for the calls that it made.
 *
 *   permit.c   asks for the start permit, launches       lease.c    renews, obeys orders
 *   stop.c     the steps from signal to SIGKILL          publish.c  the socket for checkpoints
 *   output.c   sends the output                          report.c   the exit record
 *
 * Two links: `kept` carries permit, lease (which waits for orders at the daemon) and exit record;
 * `side` is opened when something else is to be said meanwhile: publications first, then output.
 */
#ifndef MZ_SHIM_STATE_H
#define MZ_SHIM_STATE_H

#include "shim/clock.h"
#include "shim/group.h"
#include "shim/link.h"
#include "shim/sheet.h"
#include "shim/spool.h"

#include <signal.h>

enum { MZ_TOKEN_MAX = 4096, MZ_PUBLISH_CLIENT_COUNT = 4, MZ_PUBLISH_PATH_MAX = 4096 };

/* Short jobs have ended by then, also where many share few processors. */
#define MZ_PUBLISH_WAIT_US (MZ_SECOND_US / 5)

enum mz_phase {
    MZ_PHASE_PERMIT, /* nothing runs yet */
    MZ_PHASE_JOB,
    MZ_PHASE_REPORT, /* nothing runs any more */
    MZ_PHASE_OVER
};

enum mz_call {
    MZ_CALL_NONE,
    MZ_CALL_PERMIT,
    MZ_CALL_LEASE,
    MZ_CALL_EXIT,
    MZ_CALL_PUBLISH,
    MZ_CALL_LOG
};

enum mz_cause { MZ_CAUSE_EXIT, MZ_CAUSE_STOPPED, MZ_CAUSE_LEASE, MZ_CAUSE_TIME, MZ_CAUSE_LAUNCH };

struct mz_options { /* borrowed from the command line */
    const char *server;
    const char *attempt;
    const char *nonce;
    const char *directory; /* NULL: the default */
    const char *node;      /* NULL: the machine's name */
    const char *self;      /* path of this program */
    int64_t permit_timeout_us;
    int32_t rank;
    char token[MZ_TOKEN_MAX];
};

struct mz_stop { /* from the first signal to SIGKILL */
    bool is_on;
    bool is_termed;
    bool is_killed;
    enum mz_cause cause;
    int64_t term_us;
    int64_t kill_us;
    int64_t round_us; /* when SIGKILL is given out again */
    int64_t round_wait_us;
};

struct mz_lease {
    int64_t sent_us; /* when the request was sent that renewed it last */
    int64_t length_us;
    int64_t next_us; /* when to ask again */
    int64_t wait_us; /* asked of the daemon in the call that runs */
    int64_t seen;    /* newest order obeyed */
    struct mz_backoff backoff;
};

struct mz_output {
    int fd;         /* -1: the job writes to a file of its own */
    int64_t offset; /* what the daemon has */
    int64_t next_us;
    int64_t progress_us; /* when the daemon took something last */
    bool is_unwanted;    /* the daemon keeps no more */
    bool is_over;
    struct mz_backoff backoff;
};

struct mz_publisher {
    int fd;        /* -1: free */
    bool is_asked; /* its whole line is there, the daemon is to be asked */
    int64_t until_us;
    size_t length;
    char line[MZ_PUBLISH_PATH_MAX + 2];
};

struct mz_publish {
    int fd; /* listens; -1: not yet, or not possible */
    bool is_tried;
    bool is_in_default; /* the socket lies below /tmp since DIR's path is too long for one */
    int64_t open_us;
    int64_t next_us;
    int32_t asking; /* whom the call that runs is for; -1 */
    struct mz_backoff backoff;
    struct mz_spool other; /* where is_in_default */
    char path[128];
    struct mz_publisher clients[MZ_PUBLISH_CLIENT_COUNT];
};

struct mz_report {
    enum mz_cause cause;
    int code;
    char text[512];
    int64_t begun_us;
    int64_t next_us;
    bool is_saved; /* DIR/exit is there, or cannot be written */
    bool is_over;
    struct mz_buffer record;
    struct mz_backoff backoff;
};

struct mz_shim {
    struct mz_options options;
    char instance[17];
    char boot[64];
    char node[256];
    uint64_t random;
    struct mz_server server;
    struct mz_link kept;
    struct mz_link side;
    enum mz_call kept_call;
    enum mz_call side_call;
    enum mz_phase phase;
    int64_t now_us; /* of this round of the loop */
    int64_t wake_us;
    int64_t begun_us;
    int64_t permit_next_us;
    struct mz_backoff permit_backoff;
    struct mz_sheet sheet;
    struct mz_spool spool;
    struct mz_group group;
    int64_t started_us; /* of the job */
    int64_t every_us;   /* when the next checkpoint signal is due */
    int64_t side_idle_us;
    struct mz_stop stop;
    struct mz_lease lease;
    struct mz_output output;
    struct mz_publish publish;
    struct mz_report report;
    int timer; /* -1: not needed so far */
    int64_t timer_us;
    int exit_code;
};

/* Set by signals, let in only while the loop waits. */
extern volatile sig_atomic_t mz_shim_child_signal;
extern volatile sig_atomic_t mz_shim_stop_signal;

void mz_shim_wake(struct mz_shim *shim, int64_t at_us);
/* A line on stderr: the partner's log of the shim. */
void mz_shim_say(const struct mz_shim *shim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The records that every request carries. */
void mz_shim_identify(const struct mz_shim *shim, struct mz_buffer *body);

/* run.c. Returns the exit code of the process. */
int mz_shim_run(struct mz_shim *shim);

/* permit.c */
void mz_permit_step(struct mz_shim *shim);
void mz_permit_answered(struct mz_shim *shim);

/* lease.c */
void mz_lease_begin(struct mz_shim *shim);
void mz_lease_step(struct mz_shim *shim);
void mz_lease_answered(struct mz_shim *shim);
int64_t mz_lease_stop_us(const struct mz_shim *shim); /* when the job has to begin to stop */
int64_t mz_lease_kill_us(const struct mz_shim *shim); /* when nothing of it may be left */

/* stop.c */
void mz_stop_begin(struct mz_shim *shim, enum mz_cause cause, int64_t lead_us, int64_t kill_us);
void mz_stop_now(struct mz_shim *shim, enum mz_cause cause); /* SIGKILL */
void mz_stop_step(struct mz_shim *shim);

/* publish.c */
void mz_publish_step(struct mz_shim *shim);
void mz_publish_answered(struct mz_shim *shim);
bool mz_publish_place(struct mz_shim *shim); /* chooses the path */
void mz_publish_close(struct mz_shim *shim);
int mz_publish_main(const char *path); /* mizan-shim --publish PATH */

/* output.c */
bool mz_output_open(struct mz_shim *shim);
void mz_output_step(struct mz_shim *shim);
void mz_output_answered(struct mz_shim *shim);
void mz_output_close(struct mz_shim *shim);

/* report.c */
void mz_report_begin(struct mz_shim *shim, enum mz_cause cause, int code);
void mz_report_step(struct mz_shim *shim);
void mz_report_answered(struct mz_shim *shim);

#endif
