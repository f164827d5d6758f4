/* slurm_impl.h - what the files of the Slurm driver share
 *
 *   slurm.c            the driver: its two queues, its events, its life
 *   slurm_script.c     the batch script that becomes the shim, and quoting
 *   slurm_rest.c       transport by slurmrestd: the observation, the waiting for token and version
 *   slurm_rest_work.c  the steps of a submit and of a cancel there
 *   slurm_token.c      the token: who makes it and how long it lasts
 *   slurm_body.c       versions of the REST interface, and a job as JSON for each
 *   slurm_json.c       answers of slurmrestd, all versions, into the structs below
 *   slurm_commands.c   transport by sbatch, squeue, scancel, scontrol, here or through ssh
 *   slurm_shell.c      the shell scripts that it sends
 *   slurm_text.c       the output of these commands into the structs below
 *   slurm_words.c      lists of hosts, gres, states: the notations that both transports meet
 *   slurm_observe.c    ours and foreign, nodes and use: from the structs below to an event
 */
#ifndef MZ_DRIVER_SLURM_IMPL_H
#define MZ_DRIVER_SLURM_IMPL_H

#include "base/arena.h"
#include "base/text.h"
#include "driver/driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum {
    MZ_SLURM_QUEUE_MAX = 100000,     /* submits or cancels that wait in the driver */
    MZ_SLURM_NODE_COUNT_MAX = 65536, /* of one job or one cluster */
    MZ_SLURM_NAME_MAX = 256,         /* of a node or a user */
    MZ_SLURM_COUNT_MAX = 1 << 20,    /* CPUs, or chips, of one node or one job */
    MZ_SLURM_TOKEN_BYTES_MAX = 16384,
    MZ_SLURM_LIST_BYTES_MAX = 256 * 1024 * 1024,
    MZ_SLURM_OBSERVE_TIMEOUT_MS = 8000,
    MZ_SLURM_WORK_TIMEOUT_MS = 12000, /* behind Slurm's own 10 s, so that its sentence is heard */
    MZ_SLURM_TEXT_MAX = 512           /* a sentence about what went wrong */
};

/* What was read. Everything lives in the arena of its list; strings are never NULL. */
struct mz_slurm_share { /* what a job has of a node */
    const char *node;
    int32_t chips; /* -1: not stated: the node's own count tells */
    int32_t cpus;
    int64_t memory_mib;
};

struct mz_slurm_job {
    const char *id;
    const char *name;
    const char *user;
    const char *reason;
    enum mz_remote_state state;
    int64_t submit_s;
    int64_t end_s; /* 0: not known */
    int32_t share_count;
    struct mz_slurm_share *shares;
};

struct mz_slurm_node {
    const char *name;
    const char *chip;
    const char *reason;
    const char *partitions; /* "train,spot" */
    bool is_up;
    bool is_cordoned;
    int32_t chips;
    int32_t cpus;
    int64_t memory_mib;
    int32_t used_chips; /* by all jobs; -1: not told */
    int32_t used_cpus;
    int64_t used_memory_mib;
};

struct mz_slurm_list {
    struct mz_arena *arena; /* borrowed */
    const char *user;       /* whose jobs are ours; "": anybody's of our name */
    int32_t job_count;
    size_t job_capacity;
    struct mz_slurm_job *jobs;
    int32_t node_count;
    size_t node_capacity;
    struct mz_slurm_node *nodes;
};

struct mz_slurm_job *mz_slurm_list_add_job(struct mz_slurm_list *list);
struct mz_slurm_node *mz_slurm_list_add_node(struct mz_slurm_list *list);
/* Gives each of the named nodes an equal part of the totals. chips: of each node, or -1. */
void mz_slurm_job_share(struct mz_slurm_list *list, struct mz_slurm_job *job, const char *nodes,
    int32_t cpus_total, int32_t chips, int64_t memory_mib);

/* "a[1-3,7],b4" into names; false when it is malformed or names more than the bound. */
bool mz_slurm_hosts(
    struct mz_arena *arena, const char *text, char ***ret_names, int32_t *ret_count);
/* "gpu:h100:8(S:0-1)", "gres/gpu:h100=8", "gres:gpu:4": GPUs of all kinds together, and the name
 * of the first kind that is named (buffer of MZ_SLURM_NAME_MAX, ""). 0 when there is none. */
int32_t mz_slurm_gres(const char *text, char *kind);
int64_t mz_slurm_memory_mib(const char *text); /* "100M", "1.5G", "2048" */
/* What a partner says is not to be trusted with arithmetic: every number is brought between 0 and
 * a bound that no machine reaches, so that sums over a cluster stay exact. */
int32_t mz_slurm_count(int64_t stated);  /* of CPUs or chips: MZ_SLURM_COUNT_MAX */
int64_t mz_slurm_mib(int64_t stated);    /* 2^40 MiB */
int64_t mz_slurm_unix_s(int64_t stated); /* 2^37: the year 6325 */
/* One word of a job's state ("RUNNING"); unknown ones run, which is the careful reading. */
enum mz_remote_state mz_slurm_job_state(const char *word);
/* Words of a node's state, "IDLE+DRAIN", "down*", "MIXED": called once, or with a word each time,
 * from zeroed words on. settle sets is_up and is_cordoned: a node that is drained and has no work
 * counts as not up. */
struct mz_slurm_node_words {
    bool is_down;
    bool is_drain;
    bool is_busy;
};
void mz_slurm_node_word(struct mz_slurm_node_words *words, const char *text);
void mz_slurm_node_settle(const struct mz_slurm_node_words *words, struct mz_slurm_node *node);

/* Answers of slurmrestd. `bytes` need not end with NUL. */
struct mz_slurm_errors {
    bool any;
    int64_t number; /* of the first one that has a number; 0 */
    char text[MZ_SLURM_TEXT_MAX];
};
enum mz_status mz_slurm_json_jobs(
    struct mz_slurm_list *list, const char *bytes, size_t length, struct mz_error *err);
enum mz_status mz_slurm_json_nodes(
    struct mz_slurm_list *list, const char *bytes, size_t length, struct mz_error *err);
enum mz_status mz_slurm_json_submitted(
    const char *bytes, size_t length, int64_t *ret_id, struct mz_error *err);
/* What an answer complains of; `any` is false when it is no JSON or has no errors. */
void mz_slurm_json_errors(const char *bytes, size_t length, struct mz_slurm_errors *ret_errors);
/* The highest version that an /openapi answer offers and we know; 0: none. */
int32_t mz_slurm_json_version(const char *bytes, size_t length);
/* Expiry and user of a JWT; exp 0 and user "" when it does not tell. */
void mz_slurm_token_read(const char *token, int64_t *ret_exp_s, char *user, size_t user_size);

/* Output of the commands: lines that begin with the mark of the call; see slurm_shell.c. */
enum mz_status mz_slurm_text_observed(struct mz_slurm_list *list, const char *mark,
    const char *bytes, size_t length, struct mz_error *err);
struct mz_slurm_text_result { /* of one submit or cancel of a script */
    bool has_begun;
    bool has_ended;
    int32_t exit_code;
    const char *said; /* what the command printed, one line; "" */
    const char *id;
    int64_t submit_s; /* 0: not found */
};
/* results: one for each command of the script. *ret_is_whole: the script came to its end. */
void mz_slurm_text_results(struct mz_arena *arena, const char *mark, const char *bytes,
    size_t length, struct mz_slurm_text_result *results, int32_t count, bool *ret_is_whole);
/* What a failure of sbatch or scancel means for the outcome. */
enum mz_driver_outcome mz_slurm_text_outcome(int32_t exit_code, const char *said);

/* One submit or cancel on its way. */
struct mz_slurm_kept;
struct mz_slurm_work {
    struct mz_slurm_work *next;
    struct mz_slurm_kept *kept; /* the strings */
    bool is_cancel;
    const char *refusal; /* why it ended without having been sent; NULL: it has not */
    enum mz_driver_outcome refusal_outcome;
    const char *name;
    const char *remote_id;   /* of a cancel; "" */
    int64_t remote_submit_s; /* of a cancel; 0 */
    const char *script;
    struct mz_driver_submit submit; /* job and n also of a cancel */
};

struct mz_slurm_queue {
    struct mz_slurm_work *head;
    struct mz_slurm_work *tail;
    int32_t count;
};

struct mz_slurm;

struct mz_slurm_transport_ops { /* called on the loop, never from inside a call of the driver */
    void (*pump)(struct mz_slurm *slurm); /* something waits in a queue, or there is room again */
    void (*observe)(struct mz_slurm *slurm);
    /* Ends what is under way; what comes back later finds slurm->is_freed. */
    void (*stop)(struct mz_slurm *slurm);
    void (*free)(void *transport); /* nothing is under way any more */
};

struct mz_slurm {
    struct mz_driver driver; /* first */
    struct mz_driver_setup setup;
    const struct mz_driver_keys *keys;
    const struct mz_slurm_transport_ops *ops;
    void *transport;
    struct mz_slurm_queue submits;
    struct mz_slurm_queue cancels;
    struct mz_slurm_queue refused;
    uv_timer_t timer;
    bool is_observing;   /* asked for, and neither event was sent */
    bool is_observe_due; /* asked for, and the transport does not know */
    int64_t observe_begin_us;
    int32_t busy; /* calls, children and threads that will still come back */
    bool is_freed;
    bool is_closed;     /* the timer's handle */
    int32_t rest_count; /* leftovers of the observation before: what nobody accounted for */
    struct mz_slurm_rest_use *rest_uses;
};

/* For the transports. */
struct mz_slurm_work *mz_slurm_queue_take(struct mz_slurm_queue *queue); /* NULL: empty */
void mz_slurm_queue_put(struct mz_slurm_queue *queue, struct mz_slurm_work *work);
void mz_slurm_pump_soon(struct mz_slurm *slurm);
/* The end of a work: sends the event, frees the work, looks for more. */
void mz_slurm_work_done(struct mz_slurm *slurm, struct mz_slurm_work *work,
    enum mz_driver_outcome outcome, const char *remote_id, int64_t remote_submit_s,
    const char *text);
/* All that waits ends so. */
void mz_slurm_queues_fail(struct mz_slurm *slurm, enum mz_driver_outcome outcome, const char *text);
void mz_slurm_unreachable(struct mz_slurm *slurm, const char *text);
void mz_slurm_observed(struct mz_slurm *slurm, const struct mz_slurm_list *list);
int64_t mz_slurm_now_us(const struct mz_slurm *slurm);
int64_t mz_slurm_observe_timeout_ms(const struct mz_slurm *slurm);
/* Something that was counted in `busy` has come back for good: nothing of the driver may be
 * touched behind it when it was freed meanwhile. */
void mz_slurm_release(struct mz_slurm *slurm);
/* Where what nobody accounted for was seen before. */
struct mz_slurm_rest_use {
    char node[64];
    int32_t chips;
    int32_t cpus;
    int64_t memory_mib;
};
void mz_slurm_observe_event(
    struct mz_slurm *slurm, const struct mz_slurm_list *list, struct mz_driver_event *event);

enum mz_status mz_slurm_rest_create(struct mz_slurm *slurm, struct mz_error *err);
enum mz_status mz_slurm_commands_create(struct mz_slurm *slurm, struct mz_error *err);

/* Scripts and bodies. */
void mz_slurm_quote(struct mz_text *text, const char *word); /* for a POSIX shell */
/* NULL when the submit can be asked of Slurm; else why not. Buffer of MZ_SLURM_TEXT_MAX. */
const char *mz_slurm_submit_check(const struct mz_driver_submit *submit, char *buffer);
void mz_slurm_script(struct mz_text *text, const struct mz_driver_setup *setup,
    const struct mz_driver_submit *submit);
/* The partner's own `partition:` unless a key of the job says another; "". */
const char *mz_slurm_partition(
    const struct mz_driver_keys *keys, const struct mz_driver_submit *submit);
const char *mz_slurm_directory(const struct mz_driver_keys *keys); /* to run in */
int64_t mz_slurm_minutes(int64_t time_us); /* rounded up; 0: no limit stated */
/* The body of POST job/submit. */
void mz_slurm_body(struct mz_text *text, int32_t version, const struct mz_driver_keys *keys,
    const struct mz_driver_submit *submit, const char *script);
bool mz_slurm_version_is_known(int32_t version);

#endif
