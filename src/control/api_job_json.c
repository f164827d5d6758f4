/* api_job_json.c - jobs, attempts, events and contracts as JSON (docs/api/openapi.yaml) */
#include "control/daemon_impl.h"

#include "base/month.h"
#include "control/clock.h"

#include <stdio.h>
#include <string.h>

#define MICRO 1e6

static json_t *positive(int64_t value)
{
    return value > 0 ? json_integer(value) : json_null();
}

json_t *mz_json_job(struct mz_daemon *daemon, const struct mz_job_row *row)
{
    const struct mz_attempt_row *attempt = mz_core_attempt(daemon->core, row->id);
    const struct mz_need *need = mz_core_need(daemon->core, row->id);
    int64_t now_us = mz_clock_wall_us();
    int64_t end_us = row->ended_us ? row->ended_us : now_us;
    bool runs = attempt && attempt->started_us;
    json_t *j = json_object();

    json_object_set_new(j, "id", json_integer(row->id));
    json_object_set_new(j, "name", mz_api_text(row->name));
    json_object_set_new(j, "state", json_string(mz_run_state_name(row->state)));
    json_object_set_new(j, "partner", mz_api_text(row->partner));
    json_object_set_new(j, "site", mz_api_text(attempt ? attempt->site : NULL));
    json_object_set_new(j, "chip", mz_api_text(attempt ? attempt->chip : NULL));
    json_object_set_new(j, "chips", json_integer(row->chips));
    json_object_set_new(j, "nodes", mz_api_text(attempt ? attempt->nodes : NULL));
    json_object_set_new(j, "attempts", json_integer(row->attempt_count));
    json_object_set_new(j, "restarts", json_integer(row->restart_count));
    json_object_set_new(j, "exit_code",
        row->exit_code == MZ_EXIT_NONE ? json_null() : json_integer(row->exit_code));
    json_object_set_new(j, "team", mz_api_text(row->team));
    json_object_set_new(j, "owner", mz_api_text(row->owner));
    json_object_set_new(j, "priority", json_integer(row->priority));
    json_object_set_new(j, "array_job", positive(row->array_job));
    json_object_set_new(
        j, "array_index", row->array_job ? json_integer(row->array_index) : json_null());
    json_object_set_new(j, "submitted_at", mz_api_time(row->submitted_us));
    json_object_set_new(j, "started_at", mz_api_time(row->started_us));
    json_object_set_new(j, "ended_at", mz_api_time(row->ended_us));
    json_object_set_new(
        j, "expected_start_at", mz_api_time(mz_core_promise_us(daemon->core, row->id)));
    json_object_set_new(j, "age_s", json_real((double)(end_us - row->submitted_us) / MICRO));
    json_object_set_new(
        j, "run_s", runs ? json_real((double)(now_us - attempt->started_us) / MICRO) : json_null());
    json_object_set_new(j, "time_limit_s",
        need && need->time_us > 0 ? json_real((double)need->time_us / MICRO) : json_null());
    json_object_set_new(j, "cost_usd_per_hour",
        runs ? json_real((double)mz_attempt_rate(attempt) / MICRO) : json_null());
    json_object_set_new(j, "contract", mz_api_text(attempt ? attempt->contract : NULL));
    json_object_set_new(j, "checkpoint", mz_api_text(attempt ? attempt->checkpoint : NULL));
    json_object_set_new(j, "note", mz_api_text(row->note));
    return j;
}

json_t *mz_json_attempt(const struct mz_attempt_row *row)
{
    json_t *j = json_object();

    json_object_set_new(j, "n", json_integer(row->n));
    json_object_set_new(j, "state", json_string(mz_attempt_state_name(row->state)));
    json_object_set_new(j, "reason", mz_api_text(mz_end_reason_name(row->reason)));
    json_object_set_new(j, "partner", mz_api_text(row->partner));
    json_object_set_new(j, "site", mz_api_text(row->site));
    json_object_set_new(j, "nodes", mz_api_text(row->nodes));
    json_object_set_new(j, "chips", json_integer(row->chips));
    json_object_set_new(j, "chip", mz_api_text(row->chip));
    json_object_set_new(j, "remote_id", mz_api_text(row->remote_id));
    json_object_set_new(j, "contract", mz_api_text(row->contract));
    json_object_set_new(
        j, "price_usd_per_chip_hour", json_real((double)row->price_micro_per_chip_hour / MICRO));
    json_object_set_new(j, "created_at", mz_api_time(row->created_us));
    json_object_set_new(j, "started_at", mz_api_time(row->started_us));
    json_object_set_new(j, "ended_at", mz_api_time(row->ended_us));
    json_object_set_new(j, "exit_code",
        row->exit_code == MZ_EXIT_NONE ? json_null() : json_integer(row->exit_code));
    json_object_set_new(j, "checkpoint", mz_api_text(row->checkpoint));
    return j;
}

json_t *mz_json_event(const struct mz_event_row *row)
{
    json_t *j = json_object();

    json_object_set_new(j, "seq", json_integer(row->seq));
    json_object_set_new(j, "at", mz_api_time(row->at_us));
    json_object_set_new(j, "job", positive(row->job));
    json_object_set_new(j, "attempt", positive(row->attempt));
    json_object_set_new(j, "kind", json_string(row->kind));
    json_object_set_new(j, "partner", mz_api_text(row->partner));
    json_object_set_new(j, "actor", mz_api_text(row->actor));
    json_object_set_new(
        j, "text", row->text && *row->text ? mz_api_text(row->text) : json_string(""));
    return j;
}

/* ---- contracts ---- */

/* Price by chip: the lowest of those stated. */
static double price_usd(const struct mz_contract *contract, int32_t month)
{
    double lowest = -1;

    if (contract->kind == MZ_CONTRACT_OWN)
        return mz_series_at(&contract->opex_usd_per_chip_hour, month);
    for (int32_t p = 0; p < contract->price_count; p++) {
        double price = mz_series_at(&contract->price_usd_per_chip_hour[p].series, month);

        if (lowest < 0 || price < lowest)
            lowest = price;
    }
    return lowest;
}

static json_t *month_or_null(int32_t month)
{
    char text[MZ_MONTH_TEXT_MAX];

    if (month >= MZ_MONTH_NEVER || month <= MZ_MONTH_ALWAYS)
        return json_null();
    return json_string(mz_month_format(text, month));
}

static json_t *contract_json(
    struct mz_daemon *daemon, const struct mz_contract *contract, const struct mz_core_spend *spend)
{
    bool committed = contract->commit_usd > 0;
    double due = contract->commit_usd * contract->take_or_pay;
    double spent = (double)(spend->ended_micro + spend->running_micro) / MICRO;
    double rate = (double)spend->rate_micro_per_hour / MICRO;
    double price = price_usd(contract, mz_planner_month(mz_clock_wall_us()));
    json_t *j = json_object();

    json_object_set_new(j, "name", mz_api_text(contract->name));
    json_object_set_new(j, "partner",
        mz_api_text(contract->partner >= 0 ? daemon->partner_names[contract->partner] : ""));
    json_object_set_new(j, "kind", json_string(mz_contract_kind_name(contract->kind)));
    json_object_set_new(j, "commit_usd", committed ? json_real(contract->commit_usd) : json_null());
    json_object_set_new(j, "due_usd", committed ? json_real(due) : json_null());
    json_object_set_new(j, "spent_usd", json_real(spent));
    json_object_set_new(j, "spent_percent", due > 0 ? json_real(100 * spent / due) : json_null());
    json_object_set_new(j, "rate_usd_per_hour", json_real(rate));
    json_object_set_new(j, "price_usd_per_chip_hour", price >= 0 ? json_real(price) : json_null());
    json_object_set_new(j, "marginal_usd_per_chip_hour",
        due > spent      ? json_real(0)
            : price >= 0 ? json_real(price)
                         : json_null());
    json_object_set_new(j, "running_chips", json_integer(spend->running_chips));
    json_object_set_new(j, "start", month_or_null(contract->start_month));
    json_object_set_new(j, "end", month_or_null(contract->end_month - 1));
    json_object_set_new(j, "runs_out_at",
        due > spent && rate > 0 && (due - spent) / rate < 24 * 366 * 50
            ? mz_api_time(mz_clock_wall_us() + (int64_t)((due - spent) / rate * 3600 * MICRO))
            : json_null());
    return j;
}

json_t *mz_json_contracts(struct mz_daemon *daemon)
{
    const struct mz_scenario *scenario = daemon->scenario;
    struct mz_arena *arena = mz_arena_create();
    int32_t max = scenario->contract_count + 64;
    struct mz_core_spend *spends = mz_arena_alloc(arena, (size_t)max, sizeof(*spends));
    int32_t count = mz_core_spend(daemon->core, spends, max);
    json_t *list = json_array();

    for (int32_t c = 0; c < scenario->contract_count; c++) {
        struct mz_core_spend none = { .contract = scenario->contracts[c].name };
        const struct mz_core_spend *spend = &none;

        for (int32_t s = 0; s < count; s++) {
            if (strcmp(spends[s].contract, scenario->contracts[c].name) == 0)
                spend = &spends[s];
        }
        json_array_append_new(list, contract_json(daemon, &scenario->contracts[c], spend));
    }
    mz_arena_free(arena);
    return list;
}
