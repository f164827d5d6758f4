/* core_bench.h - a core on a bench: journal in memory, hands that write down what it asks for
 *
 * Time stands still unless it is made to pass. Every call is a turn; its batch is written and told
 * at once unless is_slow, then bench_write does so. Answers, actions and messages to the planner are
 * kept in the order they came. A partner's list is what bench_remote put into it. */
#ifndef MZ_TESTS_CONTROL_CORE_BENCH_H
#define MZ_TESTS_CONTROL_CORE_BENCH_H

#include "control/core.h"

#define SECOND INT64_C(1000000)
#define INSTALL "0123abcd"

enum {
    BENCH_PARTNERS = 3,
    BENCH_LOG_MAX = 512,
    BENCH_NEEDS_MAX = 64,
    BENCH_REMOTES_MAX = 64,
    BENCH_NODES_MAX = 16,
    BENCH_GRACE_S = 5,
    BENCH_QUEUE_S = 120,
    BENCH_AVOID_S = 60,
    BENCH_LOOK_S = 15,
    BENCH_LOSS_S = 10,
    BENCH_LEASE_S = 60
};

struct bench_answer { /* a ticket */
    int32_t count;    /* how often it was answered */
    enum mz_core_result result;
    int64_t job;
    int32_t job_count;
    bool is_repeated;
    int32_t order;
    bool order_stops;
    char text[200];
};

struct bench_act {
    enum mz_core_action action;
    int32_t partner;
    int64_t job;
    int32_t n;
    char name[MZ_ATTEMPT_NAME_MAX]; /* cancel */
    char remote_id[16];
};

struct bench_message {
    enum mz_plan_kind kind;
    int64_t job;
    int64_t wait;
    uint64_t mask;
    int32_t partner;
    int32_t state;
};

struct bench_batch {
    int64_t number;
    size_t count;
    struct mz_record *records;
    char *room;
};

struct bench {
    struct mz_store *store;
    struct mz_core *core;
    int64_t now_us;  /* monotonic */
    int64_t wall_us; /* beyond it */
    bool is_slow;
    struct bench_batch *batches;
    int32_t batch_count;
    int64_t batches_written;
    struct mz_need needs[BENCH_NEEDS_MAX]; /* specs in the journal are numbers of these */
    int32_t need_count;
    struct bench_answer answers[BENCH_LOG_MAX];
    int32_t answer_count;
    struct bench_act acts[BENCH_LOG_MAX];
    int32_t act_count;
    struct bench_message messages[BENCH_LOG_MAX];
    int32_t message_count;
    int64_t events;
    char last_event[32];
    struct mz_remote_job remotes[BENCH_REMOTES_MAX];
    char names[BENCH_REMOTES_MAX][MZ_ATTEMPT_NAME_MAX];
    int32_t remote_partner[BENCH_REMOTES_MAX];
    int32_t remote_count;
    struct mz_remote_node nodes[BENCH_NODES_MAX];
    int32_t node_partner[BENCH_NODES_MAX];
    int32_t node_count;
    int64_t ended_max;
};

void bench_make(struct bench *b);
void bench_finish(struct bench *b);
/* The core goes without a word, tickets are forgotten; a new one is made from the journal. */
void bench_restart(struct bench *b);

void bench_pass(struct bench *b, int64_t us); /* with every tick that is due, nothing heard */
void bench_flush(struct bench *b);
/* The next `count` batches reach the journal; the core is told of them when is_told. */
void bench_write(struct bench *b, int32_t count, bool is_told);
struct bench_answer *bench_ticket(struct bench *b);

struct mz_need bench_need(void); /* one chip anywhere, lease 60 s, 5 s to stop, 3 restarts */
int64_t bench_submit(struct bench *b, const struct mz_need *need); /* answers the job */
struct bench_answer *bench_submit_key(struct bench *b, const struct mz_need *need, const char *key,
    const char *hash, int32_t array_count);
/* The planner has decided: on nodes "a,b" of a partner. */
void bench_start(struct bench *b, int64_t job, int32_t partner, const char *nodes);
void bench_preempt(struct bench *b, int64_t job, int64_t by);
void bench_submitted(
    struct bench *b, int64_t job, int32_t n, enum mz_driver_outcome outcome, const char *remote_id);
/* Sets what the partner's list says of an attempt; NULL id: it is not there. */
void bench_remote(struct bench *b, int32_t partner, int64_t job, int32_t n, const char *remote_id,
    enum mz_remote_state state, const char *reason);
/* Sets what the partner's list says of a node; name: a literal. */
void bench_node(struct bench *b, int32_t partner, const char *name, bool is_up, bool is_cordoned);
void bench_observe(struct bench *b, int32_t partner); /* the list as it is now */
void bench_observe_since(struct bench *b, int32_t partner, int64_t begin_us);
void bench_unreachable(struct bench *b, int32_t partner);

/* Of run `run` at the partner; instance and boot id follow from run and rank. */
enum mz_core_result bench_permit(
    struct bench *b, int64_t job, int32_t n, int32_t rank, const char *run);
struct bench_answer *bench_lease(
    struct bench *b, int64_t job, int32_t n, int32_t rank, const char *run, int32_t seen);
enum mz_core_result bench_exit(struct bench *b, int64_t job, int32_t n, int32_t rank,
    const char *run, int32_t code, const char *cause);
enum mz_core_result bench_publish(
    struct bench *b, int64_t job, int32_t n, const char *run, const char *path);
/* Submit, place at partner 0 on "a" (or "a,b" ...), taken, every rank permitted in run "r". */
int64_t bench_running(struct bench *b, const struct mz_need *need, int32_t ranks);

enum mz_core_result bench_cancel(struct bench *b, int64_t job);
enum mz_core_result bench_move(struct bench *b, int64_t job, const char *to);
enum mz_core_result bench_hold(struct bench *b, int64_t job);
enum mz_core_result bench_release(struct bench *b, int64_t job);
enum mz_core_result bench_drain(struct bench *b, const char *place, bool move);

enum mz_run_state bench_state(const struct bench *b, int64_t job);
int32_t bench_attempt(const struct bench *b, int64_t job); /* the live one's number; 0 */
int32_t bench_acts(const struct bench *b, enum mz_core_action action, int64_t job, int32_t n);
const struct bench_message *bench_message(const struct bench *b, int64_t job); /* the last; NULL */
bool bench_waits(const struct bench *b, int64_t job); /* the planner has it, waiting */

/* In the file of the caller, whose bench is `b`: a test that has it made anew. */
int bench_setup(void **state);
int bench_teardown(void **state);
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, bench_setup, bench_teardown, b)

/* Asserts in the file of the caller. */
#define assert_state(b, job, state)                                                                \
    assert_string_equal(mz_run_state_name(bench_state(b, job)), mz_run_state_name(state))
#define assert_note(b, job, part)                                                                  \
    assert_non_null(                                                                               \
        strstr(mz_core_job((b)->core, job)->note ? mz_core_job((b)->core, job)->note : "", part))

#endif
