/* core_impl.h - the inside of the core, for the files that make it up (core.h lists them)
 *
 * Memory. A job that has ended is a row and its name; what only a live one needs stands in `live`.
 * Rows own their name and note (heap); other strings are interned. An attempt owns its strings.
 *
 * Who writes. Whoever changes a row touches it (mz_core_touch_job, mz_core_touch_attempt); flush
 * writes each touched row once, as it then stands. A row that goes away in the turn (an attempt that
 * ended) is written when it goes (mz_core_write_attempt).
 */
#ifndef MZ_CONTROL_CORE_IMPL_H
#define MZ_CONTROL_CORE_IMPL_H

#include "control/core.h"

struct core_rank {
    bool is_permitted;
    bool has_exited;
    int32_t exit_code;
    char *nonce; /* heap; NULL until permitted */
    char *boot_id;
    char *node;
    int64_t granted_us; /* wall */
    int64_t heard_us;   /* monotonic */
    int64_t expiry_us;  /* monotonic: lease and grace are over */
    void *poll;         /* a parked lease request */
    int64_t poll_until_us;
};

struct core_attempt {
    struct mz_attempt_row row; /* site, nodes, parts, chip, remote_id, checkpoint: heap */
    int32_t partner;
    int32_t rank_count;
    struct core_rank *ranks;
    int32_t permitted_count;
    int32_t exited_count;
    int32_t order; /* number of the newest; 0: none */
    bool order_stops;
    enum mz_end_reason stop_reason;  /* why it was ordered to stop; NONE: a rank failed */
    enum mz_end_reason first_reason; /* of the first rank that did not just exit with 0 */
    int32_t first_code;
    int64_t stop_us;   /* monotonic: when ordered */
    int64_t cancel_us; /* monotonic: when the partner was last asked to end it; 0 */
    int64_t act_us;    /* monotonic: when it was sent, or when the core began */
    int64_t loaded_us; /* monotonic: when it was read from the journal; 0: it is this core's, or was
                          seen alive since */
    bool is_sent;      /* handed to the driver by this core */
    bool is_known;     /* the partner has it, for all that is known */
    bool is_queued;    /* as last seen */
    bool may_have_twin; /* another run of it was refused, perhaps before the core began: what the
                           partner says of its end may be said of that one */
    int32_t missed;     /* lists in a row that lacked it */
    int32_t shut_seen;  /* lists in a row that had it queued for a node that takes nothing */
    int64_t seen_pass;  /* of the observation that has it */
    bool is_touched;
};

struct core_live {
    struct mz_need *need;
    struct core_attempt *attempt; /* NULL: none */
    int32_t index;                /* in core->live */
    bool in_planner;
    int64_t wait; /* number of the last message to the planner about it */
    bool counts_in_array;
    uint64_t avoid_mask;
    int64_t avoid_until_us;
    int32_t mishap_count; /* attempts in a row that a partner lost or never had */
    int64_t promise_us;
    char *checkpoint; /* newest published; heap; NULL */
    int32_t dependent_count;
    int32_t dependent_capacity;
    int64_t *dependents;
};

struct core_job {
    struct mz_job_row row;  /* name, note: heap */
    struct core_live *live; /* NULL: it has ended */
    bool is_touched;
};

struct core_array { /* with a limit on how many run at once */
    int64_t array_job;
    int32_t limit;
    int32_t active;
    int64_t next; /* lowest element that was turned away for want of room; INT64_MAX: none */
};

struct core_partner {
    const char *name;
    struct mz_driver_caps caps;
    struct mz_partner_row row;
    char *problem;           /* heap; NULL */
    int64_t heard_us;        /* monotonic: last observation; 0 */
    int64_t silent_since_us; /* first failed observation in a row; 0 */
    int64_t next_observe_us;
    bool is_asked; /* an observation is under way */
    bool is_heard;
    bool is_touched;
    int32_t live_attempts;
};

enum core_effect_kind { EFFECT_ANSWER, EFFECT_ACT, EFFECT_EVENT };

struct core_effect {
    enum core_effect_kind kind;
    void *ticket;
    struct mz_core_answer answer; /* text: in the batch's arena */
    enum mz_core_action action;
    int32_t partner;
    int64_t job;
    int32_t n;
    const struct mz_driver_ref *ref; /* cancel; in the arena */
    struct mz_event_row event;       /* strings in the arena */
};

struct core_batch {
    int64_t number;
    struct mz_arena *arena;
    struct core_effect *effects;
    size_t effect_count;
    size_t effect_capacity;
};

struct core_key { /* of a batch that is not durable yet */
    char *key;
    char *hash;
    int64_t job;
    int32_t job_count;
    int64_t batch;
};

struct core_contract {
    const char *name;
    int64_t ended_micro;
};

struct mz_core {
    struct mz_core_ops ops;
    void *context;
    char install[MZ_INSTALL_ID_LENGTH + 1];
    struct mz_intern *intern;
    int64_t grace_us;
    int64_t queue_wait_us;
    int64_t avoid_us;
    int64_t mono_us;
    int64_t wall_us;

    struct core_job **jobs; /* [id - first] */
    int64_t first;
    int64_t job_count; /* places used: the newest id is first + job_count - 1 */
    int64_t job_capacity;
    int64_t known_count;
    int64_t next_job;
    int64_t next_spec;
    int64_t next_event;
    int64_t state_counts[MZ_RUN_STATE_COUNT];
    struct core_job **live;
    int32_t live_count;
    int32_t live_capacity;
    int64_t *due; /* jobs to be considered, because one that they depend on has ended */
    size_t due_count;
    struct core_array *arrays;
    int32_t array_count;
    int32_t array_capacity;

    int32_t partner_count;
    struct core_partner partners[MZ_CORE_PARTNER_MAX];
    char **cordoned; /* "alpha/a3" */
    int32_t cordoned_count;
    int64_t pass; /* number of the observation being read */
    int64_t next_wait;

    struct core_contract *contracts;
    int32_t contract_count;

    /* the turn */
    struct core_batch turn;
    struct mz_record *records;
    size_t record_count;
    size_t record_capacity;
    int64_t *touched; /* jobs whose row or attempt changed */
    size_t touched_count;
    size_t touched_capacity;
    int64_t number;             /* of the last batch */
    struct core_batch *waiting; /* not durable yet, oldest first */
    int32_t waiting_count;
    int32_t waiting_capacity;
    struct core_key *keys;
    int32_t key_count;
    int32_t key_capacity;
    int64_t wake_us;
};

/* core.c */
struct core_job *mz_core_find(const struct mz_core *core, int64_t id);
struct core_job *mz_core_add_job(struct mz_core *core, int64_t id); /* zeroed, live */
void mz_core_touch_job(struct mz_core *core, struct core_job *job);
void mz_core_touch_attempt(struct mz_core *core, struct core_job *job);
void mz_core_add_record(struct mz_core *core, const struct mz_record *record);
void mz_core_write_attempt(struct mz_core *core, const struct core_attempt *attempt);
void mz_core_set_state(struct mz_core *core, struct core_job *job, enum mz_run_state state);
void mz_core_set_note(struct mz_core *core, struct core_job *job, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* job NULL: about no job. */
void mz_core_event(struct mz_core *core, const struct core_job *job, const char *kind,
    const char *partner, const char *actor, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Gated answers; the second form without the gate. */
void mz_core_answer(struct mz_core *core, void *ticket, const struct mz_core_answer *answer);
void mz_core_answer_now(struct mz_core *core, void *ticket, const struct mz_core_answer *answer);
void mz_core_fail(struct mz_core *core, void *ticket, enum mz_core_result result,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
void mz_core_act(struct mz_core *core, enum mz_core_action action, int32_t partner,
    const struct core_job *job, const struct mz_driver_ref *ref);
void mz_core_wake_by(struct mz_core *core, int64_t mono_us);
const char *mz_core_turn_text(struct mz_core *core, const char *text);
void mz_core_drop_live(struct mz_core *core, struct core_job *job);

/* core_job.c */
/* Partners that it may go to now. */
uint64_t mz_core_mask(const struct mz_core *core, const struct core_job *job);
void mz_core_consider(struct mz_core *core, struct core_job *job);
/* It holds one of the places of its array, if that has a limit. */
void mz_core_count_in_array(struct mz_core *core, struct core_job *job);
void mz_core_plan_end(struct mz_core *core, struct core_job *job);
void mz_core_end_job(
    struct mz_core *core, struct core_job *job, enum mz_run_state state, int32_t exit_code);
/* Its attempt has ended for this reason: what becomes of the job. */
void mz_core_after_attempt(struct mz_core *core, struct core_job *job, int32_t partner,
    enum mz_end_reason reason, int32_t exit_code);
void mz_core_link_dependencies(struct mz_core *core, struct core_job *job);

/* core_attempt.c */
struct core_attempt *mz_core_new_attempt(
    struct core_job *job, const struct mz_attempt_row *row, int32_t partner);
void mz_core_free_attempt(struct core_attempt *attempt);
/* Orders it to stop; without a permit it ends at once. */
void mz_core_stop_attempt(struct mz_core *core, struct core_job *job, enum mz_end_reason reason);
void mz_core_note_reason(struct mz_core *core, struct core_job *job);
void mz_core_end_attempt(
    struct mz_core *core, struct core_job *job, enum mz_end_reason reason, int32_t exit_code);
/* Has every rank that may still run reported? Then it ends. */
void mz_core_check_finished(struct mz_core *core, struct core_job *job);
/* The partner says that nothing of it runs any more. */
void mz_core_confirm_end(struct mz_core *core, struct core_job *job, const char *why);
void mz_core_cancel_there(struct mz_core *core, struct core_job *job);
int64_t mz_core_silence_us(const struct core_live *live);
int64_t mz_core_poll_us(const struct core_live *live);

/* core_partner.c */
/* Does the partner take something new on these nodes? */
bool mz_core_is_open(const struct mz_core *core, int32_t partner, const char *nodes);
void mz_core_set_cordon(struct mz_core *core, const char *place, bool is_cordoned);
void mz_core_plan_cordon(struct mz_core *core, const char *place, bool is_cordoned);
/* Tells the planner which partners and nodes take nothing, once after loading. */
void mz_core_plan_partners(struct mz_core *core);

#endif
