/* core_view.c - what may be looked at */
#include "control/core_impl.h"

#include "place/contract.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct mz_job_row *mz_core_job(const struct mz_core *core, int64_t id)
{
    const struct core_job *job = mz_core_find(core, id);

    return job ? &job->row : NULL;
}

const struct mz_need *mz_core_need(const struct mz_core *core, int64_t id)
{
    const struct core_job *job = mz_core_find(core, id);

    return job && job->live ? job->live->need : NULL;
}

const struct mz_attempt_row *mz_core_attempt(const struct mz_core *core, int64_t id)
{
    const struct core_job *job = mz_core_find(core, id);

    return job && job->live && job->live->attempt ? &job->live->attempt->row : NULL;
}

const char *mz_core_exited_node(const struct mz_core *core, int64_t id, int32_t n, int32_t rank)
{
    const struct core_job *job = mz_core_find(core, id);
    const struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;

    if (!attempt || attempt->row.n != n || rank >= attempt->rank_count ||
        !attempt->ranks[rank].has_exited)
        return NULL;
    return attempt->ranks[rank].node ? attempt->ranks[rank].node : "";
}

int64_t mz_core_promise_us(const struct mz_core *core, int64_t id)
{
    const struct core_job *job = mz_core_find(core, id);

    return job && job->live ? job->live->promise_us : 0;
}

const char *mz_core_waits_for(const struct mz_core *core, int64_t id, char *buffer, size_t size)
{
    const struct core_job *job = mz_core_find(core, id);
    const struct mz_need *need = job && job->live ? job->live->need : NULL;

    buffer[0] = '\0';
    if (!need || job->live->attempt || job->live->in_planner)
        return buffer;
    if (job->row.state == MZ_RUN_HELD) {
        (void)snprintf(buffer, size, "held: mizan release %" PRId64, id);
        return buffer;
    }
    for (int32_t d = 0; d < need->dependency_count; d++) {
        const struct core_job *other = mz_core_find(core, need->dependencies[d].job);

        if (other && other->live) {
            (void)snprintf(buffer, size, "waits for job %" PRId64 " (%s)",
                need->dependencies[d].job, mz_dependency_kind_name(need->dependencies[d].kind));
            return buffer;
        }
    }
    if (need->array_parallel > 0 && !job->live->counts_in_array)
        (void)snprintf(buffer, size, "its array runs %" PRId32 " at once", need->array_parallel);
    else
        (void)snprintf(buffer, size, "no partner to try just now%s%s",
            job->row.note && *job->row.note ? ": " : "", job->row.note ? job->row.note : "");
    return buffer;
}

void mz_core_each_job(const struct mz_core *core, int64_t before,
    bool (*visit)(void *context, const struct mz_job_row *row), void *context)
{
    int64_t from = core->first + core->job_count - 1;

    if (before > 0 && before - 1 < from)
        from = before - 1;
    for (int64_t id = from; id >= core->first; id--) {
        const struct core_job *job = mz_core_find(core, id);

        if (job && !visit(context, &job->row))
            return;
    }
}

int32_t mz_core_live_count(const struct mz_core *core)
{
    return core->live_count;
}

int64_t mz_core_next_job(const struct mz_core *core)
{
    return core->next_job;
}

int64_t mz_core_live_at(const struct mz_core *core, int32_t index)
{
    return core->live[index]->row.id;
}

int64_t mz_core_known_count(const struct mz_core *core)
{
    return core->known_count;
}

int64_t mz_core_state_count(const struct mz_core *core, enum mz_run_state state)
{
    return core->state_counts[state];
}

int32_t mz_core_partner_count(const struct mz_core *core)
{
    return core->partner_count;
}

struct mz_core_partner_view mz_core_partner(const struct mz_core *core, int32_t p)
{
    const struct core_partner *partner = &core->partners[p];
    struct mz_core_partner_view view = { .row = partner->row,
        .problem = partner->problem ? partner->problem : "",
        .heard_us = partner->heard_us,
        .is_heard = partner->is_heard,
        .live_attempts = partner->live_attempts };
    size_t length = strlen(partner->name);

    for (int32_t c = 0; c < core->cordoned_count; c++)
        view.cordoned_nodes += strncmp(core->cordoned[c], partner->name, length) == 0 &&
            core->cordoned[c][length] == '/';
    return view;
}

int64_t mz_core_event_seq(const struct mz_core *core)
{
    return core->next_event - 1;
}

static int32_t spend_of(struct mz_core_spend *spends, int32_t *count, int32_t max, const char *name)
{
    for (int32_t i = 0; i < *count; i++) {
        if (strcmp(spends[i].contract, name) == 0)
            return i;
    }
    if (*count == max)
        return -1;
    spends[*count] = (struct mz_core_spend){ .contract = name };
    return (*count)++;
}

int32_t mz_core_spend(const struct mz_core *core, struct mz_core_spend *ret_spends, int32_t max)
{
    int32_t count = 0;

    for (int32_t c = 0; c < core->contract_count; c++) {
        int32_t at = spend_of(ret_spends, &count, max, core->contracts[c].name);

        if (at >= 0)
            ret_spends[at].ended_micro += core->contracts[c].ended_micro;
    }
    for (int32_t i = 0; i < core->live_count; i++) {
        const struct core_attempt *attempt = core->live[i]->live->attempt;
        int64_t ran_us = attempt ? core->wall_us - attempt->row.started_us : 0;
        int32_t at;

        if (!attempt || !attempt->row.started_us || !*attempt->row.contract)
            continue;
        at = spend_of(ret_spends, &count, max, attempt->row.contract);
        if (at < 0)
            continue;
        ret_spends[at].running_micro += mz_price_times((int64_t)attempt->row.chips * MZ_MILLI,
            ran_us > 0 ? ran_us : 0, attempt->row.price_micro_per_chip_hour);
        ret_spends[at].rate_micro_per_hour += mz_attempt_rate(&attempt->row);
        ret_spends[at].running_chips += attempt->row.chips;
    }
    return count;
}
