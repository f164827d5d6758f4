/* world_impl.h - the inside of a world: world.c (clock, daemon), world_plan.c (planner),
 * world_partner.c (partners and their drivers), world_shim.c (shims), world_user.c (users, faults),
 * world_check.c (the judge) */
#ifndef MZ_TESTS_CONTROL_WORLD_IMPL_H
#define MZ_TESTS_CONTROL_WORLD_IMPL_H

#include "world.h"

#include "base/random.h"
#include "control/core.h"
#include "state/record.h"

#include <stddef.h>

#define SECOND INT64_C(1000000)

enum {
    PARTNERS = 3,
    NODES = 4, /* of a partner */
    NODE_CHIPS = 4,
    RANKS_MAX = NODES,
    JOBS_MAX = 128,
    SPECS_MAX = 128,
    ATTEMPTS_MAX = 4096,
    RUNS_MAX = 8192,
    WINDOWS_MAX = 4 /* freezes of one shim */
};

struct world;
typedef void world_step(struct world *w, int64_t a, int64_t b, void *data);

struct world_event {
    int64_t at_us;
    int64_t seq;
    world_step *step;
    int64_t a;
    int64_t b;
    void *data; /* one block, freed behind the step; NULL */
};

/* ---- what is asked for ---- */

struct world_spec {
    int32_t nodes;
    int32_t chips_per_node;
    int32_t priority;
    int64_t lease_us;
    int64_t stop_us;
    int64_t work_us;
    int32_t fails_permille; /* of its attempts end with exit code 3 */
    bool restart_on_failure;
    bool preemptible;
    bool is_held;
    int32_t max_restarts;
    enum mz_partner_loss on_loss;
    uint64_t partner_mask;
    int32_t array_count;
    int32_t array_parallel;
    int32_t dependency_count;
    struct mz_dependency dependencies[2];
    char key[32]; /* "": none */
    int64_t job;  /* first, once an answer came */
};

/* ---- the journal as it was written, and what shims did ---- */

struct world_attempt {
    int64_t job;
    int32_t n;
    int32_t node_count;
    int32_t partner;
    enum mz_attempt_state state;
    int64_t ended_at_us; /* of the world, when the journal had it */
};

struct world_job {
    int64_t id; /* 0: none */
    int64_t array_job;
    int32_t spec;
    enum mz_run_state state;
    bool is_accepted; /* its submit was answered */
    bool is_touched;
    int64_t ended_at_us;
    int32_t live_attempts;
    int32_t attempt_count;
    int32_t restart_count;
    int32_t exit_code;
    int32_t published_n; /* of the newest publication that was answered */
    char checkpoint[48]; /* newest one written down */
    bool cancel_is_wanted;
    bool cancel_is_confirmed;
};

struct world_run { /* of a user's command, for one rank; by its shim */
    int64_t job;
    int32_t n;
    int32_t rank;
    int32_t run; /* of the partner's script: one for all ranks */
    int64_t begin_us;
    int64_t end_us; /* 0: goes on */
    int32_t exit_code;
    bool ended_itself;
    int32_t window_count; /* the shim was frozen from ... to */
    int64_t windows[WINDOWS_MAX][2];
};

/* ---- partners ---- */

struct world_node {
    char name[16];
    bool is_up;
    bool is_cut;     /* its shims run, nobody can speak with it */
    bool is_drained; /* by its controller: what runs there runs on, nothing begins */
    int32_t boot;
};

struct world_partner {
    char name[16];
    struct world_node nodes[NODES];
    bool is_silent;     /* its controller answers nothing */
    bool shims_are_cut; /* nor do its nodes reach the daemon */
    int64_t next_id;
    bool tells_ends;
};

enum remote_state { REMOTE_QUEUED, REMOTE_RUNNING, REMOTE_ENDED };

struct world_remote { /* a job as a partner has it */
    int32_t partner;
    int64_t job;
    int32_t n;
    char id[16];
    int64_t submit_s;
    int32_t node_count;
    int32_t nodes[RANKS_MAX];
    int32_t chips_per_node;
    int32_t spec;
    enum remote_state state;
    char reason[16];
    int64_t ended_us;
    bool is_forgotten; /* by a controller that lost its memory */
    int32_t run;       /* the newest; earlier ones are not known to the partner */
    bool was_twinned;
    bool twin_is_known; /* to the daemon: it has refused one of them */
    int64_t list_epoch; /* of the daemon that was shown the list before ... */
    int32_t shut_lists; /* and how many in a row have it queued for a node that is shut */
};

enum shim_state { SHIM_STARTING, SHIM_ASKING, SHIM_RUNNING, SHIM_REPORTING, SHIM_GONE };

struct world_shim {
    int32_t remote;
    int32_t run;
    int32_t rank;
    int32_t node;
    int32_t boot;
    enum shim_state state;
    bool never_starts;
    bool is_cut; /* from the daemon */
    bool is_frozen;
    int64_t thaw_us;
    int64_t fast_until_us;
    int64_t asked_since_us;
    int64_t request; /* number of the newest; older answers are not read */
    int64_t sent_us;
    int32_t tries;
    int64_t lease_end_us;
    int64_t lease_no; /* renewals */
    int64_t end_no;   /* of the command's planned end */
    bool is_stopping;
    int32_t seen;
    int32_t record; /* in runs; -1 */
    int32_t exit_code;
    const char *cause;
    int32_t published;
};

/* ---- the daemon ---- */

struct world_batch {
    int64_t number;
    size_t count;
    struct mz_record *records;
    char *room;
};

enum ticket_kind { TICKET_PERMIT, TICKET_LEASE, TICKET_PUBLISH, TICKET_EXIT, TICKET_USER };

struct world_ticket {
    enum ticket_kind kind;
    int64_t number;
    int32_t index; /* in w->tickets */
    int32_t shim;
    int64_t request; /* 0: nobody reads the answer */
    int32_t use;     /* enum user_kind */
    int32_t spec;
    int64_t job;
    char path[48];
};

struct plan_entry { /* a job as the planner stand-in knows it */
    int64_t job;
    int64_t wait;
    int32_t nodes_wanted;
    int32_t chips_per_node;
    uint64_t mask;
    int32_t priority;
    bool preemptible;
    bool runs;
    bool is_stopping;
    int32_t partner;
    int32_t node_count;
    int32_t nodes[RANKS_MAX];
};

struct world {
    struct mz_random random;
    int64_t now_us;
    int64_t wall_us; /* beyond now_us */
    int64_t mono_us; /* beyond now_us: of this boot */
    bool is_calm;
    bool is_shown;
    char failure[WORLD_FAILURE_MAX];
    struct world_event *heap;
    int32_t heap_count;
    int32_t heap_capacity;
    int64_t next_seq;
    char lines[WORLD_TRACE_LINES][WORLD_LINE_MAX];
    int64_t line_count;
    struct world_sums sums;

    struct mz_store *store;
    struct mz_core *core; /* NULL: it is down */
    int64_t epoch;        /* of the core */
    struct mz_intern *intern;
    struct world_batch *batches; /* handed over, not durable */
    int32_t batch_count;
    int32_t batch_capacity;
    bool is_writing;
    bool flush_is_due;
    int64_t tick_us; /* 0: none is due */
    struct world_ticket **tickets;
    int32_t ticket_count;
    int32_t ticket_capacity;
    int64_t next_ticket;

    struct plan_entry *plans;
    int32_t plan_count;
    int32_t plan_states[PARTNERS];
    bool plan_nodes_up[PARTNERS][NODES];
    bool plan_nodes_cordoned[PARTNERS][NODES];
    bool plan_is_due;
    int64_t plan_told_us; /* decisions arrive in order */

    struct world_partner partners[PARTNERS];
    struct world_remote *remotes;
    int32_t remote_count;
    int32_t remote_capacity;
    struct world_shim *shims;
    int32_t shim_count;
    int32_t shim_capacity;

    struct world_spec specs[SPECS_MAX];
    int32_t spec_count;
    bool drained[PARTNERS];

    struct world_job jobs[JOBS_MAX]; /* [id] */
    int64_t newest_job;
    int32_t spec_of_row[SPECS_MAX]; /* spec rows of the journal are numbered from 1 */
    struct world_attempt attempts[ATTEMPTS_MAX];
    int32_t attempt_count;
    struct world_run runs[RUNS_MAX];
    int32_t run_count;
    int64_t event_seq;
};

/* world.c */
int64_t world_below(struct world *w, int64_t bound);
bool world_chance(struct world *w, int32_t permille);
bool world_fault(struct world *w, int32_t permille); /* never once it is calm */
int64_t world_between(struct world *w, int64_t low_us, int64_t high_us);
void world_later(
    struct world *w, int64_t delay_us, world_step *step, int64_t a, int64_t b, void *data);
void world_say(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_begin_turn(struct world *w); /* before a call of the core */
void world_end_turn(struct world *w);   /* behind it */
void world_crash(struct world *w, int64_t down_us);
struct world_ticket *world_ticket_new(struct world *w, enum ticket_kind kind);
struct world_ticket *world_ticket_find(struct world *w, int64_t number);
void world_ticket_free(struct world *w, struct world_ticket *ticket);
struct mz_need *world_need(struct world *w, int32_t spec);

/* world_plan.c */
void world_plan_reset(struct world *w);
void world_plan_tell(struct world *w, const struct mz_plan_message *message);

/* world_partner.c */
void world_partners_make(struct world *w);
void world_act(struct world *w, enum mz_core_action action, int32_t partner,
    const struct mz_attempt_row *attempt, const struct mz_driver_ref *ref);
void world_remote_check(struct world *w, int32_t remote); /* have all its shims gone? */
void world_pump(struct world *w, int32_t partner);
void world_lose_memory(struct world *w, int32_t partner);
void world_lose_node(struct world *w, int32_t partner, int32_t node, bool is_cut);
void world_drain_node(struct world *w, int32_t partner);

/* world_shim.c */
void world_shims_start(struct world *w, int32_t remote, int64_t after_us);
void world_shim_kill(struct world *w, int32_t shim);
void world_shim_freeze(struct world *w, int32_t shim, int64_t for_us);
void world_shim_answer(
    struct world *w, const struct world_ticket *ticket, const struct mz_core_answer *answer);
void world_shim_dropped(struct world *w, const struct world_ticket *ticket);

/* world_user.c */
void world_users_make(struct world *w);
void world_user_answer(
    struct world *w, const struct world_ticket *ticket, const struct mz_core_answer *answer);
void world_calm(struct world *w);

/* world_check.c */
void world_check_record(struct world *w, const struct mz_record *record); /* now in the journal */
void world_check_batch(struct world *w);
void world_check_permit(struct world *w, const struct world_shim *shim); /* answered: may begin */
void world_check_submit(struct world *w, const struct mz_attempt_row *attempt);
void world_check_publication(
    struct world *w, int64_t job, int32_t n, const char *path); /* answered: stands */
void world_check_accepted(struct world *w, int64_t job, int32_t count);
void world_check_cancel(struct world *w, int64_t job);
/* A list was shown that has it queued; had the core it before, without a permit? */
void world_check_queued(
    struct world *w, struct world_remote *remote, bool is_shut, bool was_waiting);
bool world_is_waiting(const struct world *w, const struct world_remote *remote);
int32_t world_run_begin(struct world *w, const struct world_shim *shim);
void world_check_end(struct world *w);
struct world_attempt *world_find_attempt(struct world *w, int64_t job, int32_t n);

#endif
