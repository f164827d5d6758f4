/* run.c - the words of jobs and attempts, and the names of attempts */
#include "domain/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const run_state_names[MZ_RUN_STATE_COUNT] = { "pending", "held", "placing",
    "running", "restarting", "stopping", "unknown", "done", "failed", "cancelled" };

static const char *const attempt_state_names[MZ_ATTEMPT_STATE_COUNT] = { "intent", "submitted",
    "released", "running", "stopping", "lost", "ended" };

static const char *const end_reason_names[MZ_END_REASON_COUNT] = { "", "exit", "cancelled",
    "preempted", "moved", "refused", "withdrawn", "node-lost", "partner-lost", "time-limit",
    "launch-failed" };

static bool find_word(const char *text, const char *const *names, int32_t count, int32_t *ret_index)
{
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

const char *mz_run_state_name(enum mz_run_state state)
{
    assert(state >= 0 && state < MZ_RUN_STATE_COUNT);
    return run_state_names[state];
}

bool mz_run_state_parse(const char *text, enum mz_run_state *ret_state)
{
    int32_t index;

    if (!find_word(text, run_state_names, MZ_RUN_STATE_COUNT, &index))
        return false;
    *ret_state = (enum mz_run_state)index;
    return true;
}

bool mz_run_state_is_end(enum mz_run_state state)
{
    return state == MZ_RUN_DONE || state == MZ_RUN_FAILED || state == MZ_RUN_CANCELLED;
}

const char *mz_attempt_state_name(enum mz_attempt_state state)
{
    assert(state >= 0 && state < MZ_ATTEMPT_STATE_COUNT);
    return attempt_state_names[state];
}

bool mz_attempt_state_parse(const char *text, enum mz_attempt_state *ret_state)
{
    int32_t index;

    if (!find_word(text, attempt_state_names, MZ_ATTEMPT_STATE_COUNT, &index))
        return false;
    *ret_state = (enum mz_attempt_state)index;
    return true;
}

const char *mz_end_reason_name(enum mz_end_reason reason)
{
    assert(reason >= 0 && reason < MZ_END_REASON_COUNT);
    return end_reason_names[reason];
}

bool mz_end_reason_parse(const char *text, enum mz_end_reason *ret_reason)
{
    int32_t index;

    if (!find_word(text, end_reason_names, MZ_END_REASON_COUNT, &index))
        return false;
    *ret_reason = (enum mz_end_reason)index;
    return true;
}

const char *mz_attempt_name(char *buffer, const char *install, int64_t job, int32_t n)
{
    (void)snprintf(buffer, MZ_ATTEMPT_NAME_MAX, "mz-%.8s-%" PRId64 "-%" PRId32, install, job, n);
    return buffer;
}

/* A number of digits alone, without leading zero; moves *text behind it. */
static bool read_number(const char **text, int64_t max, int64_t *ret_value)
{
    const char *at = *text;
    int64_t value = 0;

    if (*at < '1' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > (max - (*at - '0')) / 10)
            return false;
        value = value * 10 + (*at - '0');
    }
    *text = at;
    *ret_value = value;
    return true;
}

int64_t mz_attempt_rate(const struct mz_attempt_row *attempt)
{
    return attempt && attempt->started_us ? attempt->chips * attempt->price_micro_per_chip_hour : 0;
}

bool mz_attempt_name_parse(const char *name, const char *install, int64_t *ret_job, int32_t *ret_n)
{
    int64_t job;
    int64_t n;

    if (strncmp(name, "mz-", 3) != 0 || strncmp(name + 3, install, MZ_INSTALL_ID_LENGTH) != 0 ||
        name[3 + MZ_INSTALL_ID_LENGTH] != '-')
        return false;
    name += 3 + MZ_INSTALL_ID_LENGTH + 1;
    if (!read_number(&name, INT64_MAX, &job) || *name++ != '-' ||
        !read_number(&name, INT32_MAX, &n) || *name != '\0')
        return false;
    *ret_job = job;
    *ret_n = (int32_t)n;
    return true;
}
