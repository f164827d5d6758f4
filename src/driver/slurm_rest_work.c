/* slurm_rest_work.c - the steps of a submit and of a cancel by slurmrestd
 *
 *   submit:  POST job/submit ── id ──> GET job/ID (name and submit time; three tries) ──> OK
 *   cancel with an id:  GET job/ID ── name and submit time are right ──> DELETE job/ID ──> OK
 *   cancel by name:     GET jobs ── all of that name, one after the other ──> DELETE job/ID ──> OK
 *
 * What came of a POST is told by Slurm's number under HTTP 500: from 2000 on the controller has
 * said no; 1800 and 1001 are a connection that could not be made; 5004, 5005 and all the rest may
 * have been carried out. A bad token reads as 5005 too, which is one more reason to watch its end.
 * After a failure of this kind what still waits is not tried: each would cost the controller's 10
 * s.
 *
 * A job that was accepted and whose submit time cannot be read is reported as UNKNOWN: without the
 * time its identity is not known, and a list will show both. */
#include "driver/slurm_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUMBER_AGAIN = 11, /* EAGAIN: too many jobs for now */
    NUMBER_CONNECT_OLD = 1001,
    NUMBER_CONNECT = 1800,
    NUMBER_CONTROLLER = 2000, /* from here on the controller itself said no */
    NUMBER_UNKNOWN_JOB = 2017,
    NUMBER_DONE_ALREADY = 2021,
    NUMBER_STANDBY = 2043,
    NUMBER_COMMUNICATION = 5000,
    NUMBER_REST = 9000, /* slurmrestd did not understand */
    READ_TRIES_MAX = 3
};

static bool is_good(const struct mz_http_answer *answer)
{
    return answer->outcome == MZ_HTTP_ANSWERED && answer->status >= 200 && answer->status < 300;
}

static enum mz_driver_outcome outcome_of(const struct mz_http_answer *answer, int64_t number)
{
    if (answer->outcome == MZ_HTTP_NOT_SENT)
        return MZ_DRIVER_NOT_SENT;
    if (answer->outcome != MZ_HTTP_ANSWERED)
        return MZ_DRIVER_UNKNOWN;
    if (answer->status == 401 || answer->status == 403 || answer->status == 404)
        return MZ_DRIVER_NOT_SENT;
    if (number == NUMBER_AGAIN || number == NUMBER_CONNECT || number == NUMBER_CONNECT_OLD ||
        number == NUMBER_STANDBY)
        return MZ_DRIVER_NOT_SENT;
    if ((number >= NUMBER_CONTROLLER && number < NUMBER_COMMUNICATION) || number >= NUMBER_REST ||
        answer->status == 400)
        return MZ_DRIVER_REFUSED;
    return MZ_DRIVER_UNKNOWN;
}

/* The end of a work; the call goes with it. */
static void finish(struct rest_call *call, enum mz_driver_outcome outcome, const char *remote_id,
    int64_t submit_s, const char *text)
{
    struct mz_slurm_work *work = call->work;

    mz_slurm_work_done(call->rest->slurm, work, outcome, remote_id, submit_s, text);
    mz_slurm_rest_call_free(call);
}

/* The end after an answer that is not good. */
static void finish_bad(
    struct rest_call *call, const struct mz_http_answer *answer, const char *before)
{
    struct mz_slurm *slurm = call->rest->slurm;
    char buffer[MZ_SLURM_TEXT_MAX];
    char text[2 * MZ_SLURM_TEXT_MAX];
    int64_t number;
    const char *problem = mz_slurm_rest_problem(call, answer, &number, buffer);
    enum mz_driver_outcome outcome = outcome_of(answer, number);
    bool is_lost = outcome == MZ_DRIVER_UNKNOWN || number == NUMBER_CONNECT;

    if (number == NUMBER_COMMUNICATION + 5)
        mz_slurm_token_suspect(&call->rest->token);
    if (before) { /* the job is there: only its identity is not known */
        outcome = MZ_DRIVER_UNKNOWN;
        (void)snprintf(text, sizeof(text), "%s: %s", before, problem);
    } else {
        (void)snprintf(text, sizeof(text), "%s", problem);
    }
    if (is_lost && !slurm->is_freed)
        mz_slurm_queues_fail(slurm, MZ_DRIVER_NOT_SENT, problem);
    finish(call, outcome, "", 0, text);
}

/* The job of an answer about one; NULL when it is not there. */
static const struct mz_slurm_job *job_of(struct mz_slurm_list *list, const char *id)
{
    for (int32_t i = 0; i < list->job_count; i++) {
        if (strcmp(list->jobs[i].id, id) == 0)
            return &list->jobs[i];
    }
    return NULL;
}

static void on_submit_read(struct rest_call *call, const struct mz_http_answer *answer);

static void read_submitted(struct rest_call *call)
{
    char path[64];

    call->tries++;
    (void)snprintf(path, sizeof(path), "job/%lld", (long long)call->id);
    mz_slurm_rest_start(call, "GET", path, NULL, MZ_SLURM_WORK_TIMEOUT_MS, on_submit_read);
}

static void on_submit_read(struct rest_call *call, const struct mz_http_answer *answer)
{
    struct mz_slurm *slurm = call->rest->slurm;
    struct mz_slurm_list list = { .arena = NULL };
    struct mz_error error = { .text = "" };
    const struct mz_slurm_job *job = NULL;
    char id[32];
    char before[64];

    (void)snprintf(id, sizeof(id), "%lld", (long long)call->id);
    (void)snprintf(before, sizeof(before), "accepted as job %s", id);
    if (!is_good(answer)) {
        if (call->tries < READ_TRIES_MAX && answer->outcome == MZ_HTTP_ANSWERED && !slurm->is_freed)
            read_submitted(call);
        else
            finish_bad(call, answer, before);
        return;
    }
    list.arena = mz_arena_create();
    if (!mz_slurm_json_jobs(&list, answer->body, answer->length, &error))
        job = job_of(&list, id);
    if (job && strcmp(job->name, call->work->name) == 0 && job->submit_s > 0)
        finish(call, MZ_DRIVER_OK, id, job->submit_s, "");
    else
        finish(call, MZ_DRIVER_UNKNOWN, "", 0,
            error.text[0] ? error.text : "the accepted job is not the one that was sent");
    mz_arena_free(list.arena);
}

static void on_submit(struct rest_call *call, const struct mz_http_answer *answer)
{
    struct mz_error error = { .text = "" };

    if (!is_good(answer)) {
        finish_bad(call, answer, NULL);
        return;
    }
    if (mz_slurm_json_submitted(answer->body, answer->length, &call->id, &error))
        finish(call, MZ_DRIVER_UNKNOWN, "", 0, error.text);
    else if (call->rest->slurm->is_freed)
        finish(call, MZ_DRIVER_UNKNOWN, "", 0, "");
    else
        read_submitted(call);
}

void mz_slurm_rest_submit(struct rest_call *call)
{
    struct mz_text body = { 0 };

    mz_slurm_body(&body, call->rest->version, call->rest->slurm->keys, &call->work->submit,
        call->work->script);
    mz_slurm_rest_start(call, "POST", "job/submit", &body, MZ_SLURM_WORK_TIMEOUT_MS, on_submit);
    mz_text_finish(&body);
}

static void on_deleted(struct rest_call *call, const struct mz_http_answer *answer);

/* The next of the jobs that are to be deleted; at the end: OK. */
static void delete_next(struct rest_call *call)
{
    char path[64];

    if (call->id_count == 0) {
        finish(call, MZ_DRIVER_OK, "", 0, "");
        return;
    }
    call->id_count--;
    (void)snprintf(path, sizeof(path), "job/%lld", (long long)call->ids[call->id_count]);
    mz_slurm_rest_start(call, "DELETE", path, NULL, MZ_SLURM_WORK_TIMEOUT_MS, on_deleted);
}

static bool is_unknown_job(const struct mz_http_answer *answer)
{
    struct mz_slurm_errors errors = { 0 };

    if (answer->outcome != MZ_HTTP_ANSWERED)
        return false;
    mz_slurm_json_errors(answer->body, answer->length, &errors);
    return errors.number == NUMBER_UNKNOWN_JOB || errors.number == NUMBER_DONE_ALREADY;
}

static void on_deleted(struct rest_call *call, const struct mz_http_answer *answer)
{
    if (call->rest->slurm->is_freed)
        finish(call, MZ_DRIVER_UNKNOWN, "", 0, "");
    else if (is_good(answer) || is_unknown_job(answer))
        delete_next(call);
    else
        finish_bad(call, answer, NULL);
}

/* Which of the listed jobs are the one that is meant, and still there. */
static void choose(struct rest_call *call, const struct mz_slurm_list *list)
{
    const struct slurm_rest *rest = call->rest;
    const struct mz_slurm_work *work = call->work;
    const char *user = rest->slurm->keys->user ? rest->slurm->keys->user : rest->token.user;

    call->ids = mz_xcalloc((size_t)list->job_count + 1, sizeof(*call->ids));
    for (int32_t i = 0; i < list->job_count; i++) {
        const struct mz_slurm_job *job = &list->jobs[i];

        if (strcmp(job->name, work->name) != 0 || job->state == MZ_REMOTE_ENDED ||
            (user[0] && strcmp(user, job->user) != 0) ||
            (work->remote_id[0] && strcmp(work->remote_id, job->id) != 0) ||
            (work->remote_submit_s && work->remote_submit_s != job->submit_s))
            continue;
        call->ids[call->id_count++] = strtoll(job->id, NULL, 10);
    }
}

static void on_cancel_read(struct rest_call *call, const struct mz_http_answer *answer)
{
    struct mz_slurm_list list = { .arena = NULL };
    struct mz_error error = { .text = "" };
    enum mz_status status;

    if (call->work->remote_id[0] && is_unknown_job(answer)) {
        finish(call, MZ_DRIVER_OK, "", 0, "");
        return;
    }
    if (!is_good(answer)) {
        finish_bad(call, answer, NULL);
        return;
    }
    list.arena = mz_arena_create();
    status = mz_slurm_json_jobs(&list, answer->body, answer->length, &error);
    if (!status)
        choose(call, &list);
    mz_arena_free(list.arena);
    if (status || call->rest->slurm->is_freed)
        finish(call, MZ_DRIVER_UNKNOWN, "", 0, error.text);
    else
        delete_next(call);
}

void mz_slurm_rest_cancel(struct rest_call *call)
{
    const char *id = call->work->remote_id;
    struct mz_text path = { 0 };

    mz_text_addf(&path, id[0] ? "job/%s" : "jobs", id);
    mz_slurm_rest_start(
        call, "GET", mz_text_string(&path), NULL, MZ_SLURM_WORK_TIMEOUT_MS, on_cancel_read);
    mz_text_finish(&path);
}
