/* slurm_rest.h - the transport by slurmrestd: what its files share
 *
 * A call is one request on its way; a work goes from call to call by its `step`. Works use at most
 * REST_WORK_CALLS_MAX connections, the observation two more for as long as it lasts. */
#ifndef MZ_DRIVER_SLURM_REST_H
#define MZ_DRIVER_SLURM_REST_H

#include "driver/slurm_impl.h"
#include "net/child.h"
#include "net/http_client.h"

enum { REST_WORK_CALLS_MAX = 3 };

struct slurm_token {
    struct mz_slurm *slurm;
    char *bytes; /* NULL: none */
    char user[MZ_SLURM_NAME_MAX];
    int64_t until_s; /* wall time; used until then */
    struct mz_child *child;
    int64_t asked_us;                /* when the command was started last; 0: never */
    char problem[MZ_SLURM_TEXT_MAX]; /* why there is none; "" */
};

struct slurm_rest {
    struct mz_slurm *slurm;
    char *base;      /* "http://127.0.0.1:6820" */
    char *unix_path; /* NULL: by TCP */
    struct slurm_token token;
    int32_t version; /* 0: not negotiated */
    bool is_asking;  /* for the version */
    int32_t work_calls;
    struct rest_call *calls; /* all under way */
    bool is_observe_waiting; /* for token or version */
    struct rest_observation *observation;
};

struct rest_call {
    struct slurm_rest *rest;
    struct rest_call *next;
    struct rest_call *previous;
    struct mz_http_call *http;
    struct mz_slurm_work *work; /* NULL: none */
    void (*step)(struct rest_call *call, const struct mz_http_answer *answer);
    int64_t begin_us;
    /* of works */
    int64_t id;
    int32_t tries;
    int32_t id_count; /* of a cancel by name: what is still to cancel */
    int64_t *ids;
};

struct rest_observation {
    struct slurm_rest *rest; /* NULL: the driver gave it up, nobody waits for it */
    struct mz_slurm *slurm;
    struct rest_call *calls[2]; /* jobs, nodes; NULL when answered */
    char *bodies[2];
    size_t lengths[2];
    uv_work_t work;
    struct mz_arena *arena;
    struct mz_slurm_list list;
    enum mz_status status;
    struct mz_error error;
};

struct rest_call *mz_slurm_rest_call(struct slurm_rest *rest, struct mz_slurm_work *work);
/* path: behind /slurm/v0.0.N/. body NULL: none. step is called with the answer; the call lives on
 * until mz_slurm_rest_call_free. */
void mz_slurm_rest_start(struct rest_call *call, const char *method, const char *path,
    const struct mz_text *body, int64_t timeout_ms,
    void (*step)(struct rest_call *call, const struct mz_http_answer *answer));
void mz_slurm_rest_call_free(struct rest_call *call);
/* What an answer that is not 2xx says, a sentence. Notes what it tells about token and version. */
const char *mz_slurm_rest_problem(
    struct rest_call *call, const struct mz_http_answer *answer, int64_t *ret_number, char *buffer);
/* Starts the steps of a work. */
void mz_slurm_rest_submit(struct rest_call *call);
void mz_slurm_rest_cancel(struct rest_call *call);

/* Is there a token that can be used? Starts token_command when one has to be made;
 * mz_slurm_pump_soon follows when it has ended. */
enum slurm_ready { SLURM_READY, SLURM_WAIT, SLURM_FAILED };
enum slurm_ready mz_slurm_token_ready(struct slurm_token *token);
/* It was refused, it seems: makes a new one, though not too often. */
void mz_slurm_token_suspect(struct slurm_token *token);
void mz_slurm_token_stop(struct slurm_token *token);
void mz_slurm_token_finish(struct slurm_token *token);

#endif
