/* output_json.c - results of simulations as JSON: the `data` of the envelope
 * Keys keep their order: first those that design and benches know, then what else there is. Absent
 * numbers and names that are not UTF-8 are null; a seed beyond the integers of JSON is a text.
 */
#include "sim/output.h"

#include <inttypes.h>
#include <math.h>

static json_t *number(double value)
{
    json_t *json = isfinite(value) ? json_real(value) : NULL;

    return json ? json : json_null();
}

static json_t *text(const char *string)
{
    json_t *json = string ? json_string(string) : NULL;

    return json ? json : json_null();
}

static json_t *integer(int64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *unsigned_integer(uint64_t value)
{
    char buffer[24];

    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    (void)snprintf(buffer, sizeof(buffer), "%" PRIu64, value);
    return json_string(buffer);
}

static json_t *hash(uint64_t value)
{
    char buffer[24];

    (void)snprintf(buffer, sizeof(buffer), "%016" PRIx64, value);
    return json_string(buffer);
}

static json_t *job_name(const struct mz_trace *trace, int32_t job)
{
    char buffer[16];

    if (job < 0 || job >= trace->job_count)
        return json_null();
    if (trace->jobs[job].name)
        return text(trace->jobs[job].name);
    (void)snprintf(buffer, sizeof(buffer), "%d", (int)trace->jobs[job].line);
    return json_string(buffer);
}

static json_t *partners(const struct mz_sim_result *result)
{
    json_t *array = json_array();

    for (int32_t p = 0; p < result->partner_count; p++) {
        const struct mz_sim_partner *partner = &result->partners[p];
        json_t *object = json_object();

        json_object_set_new(object, "name", text(partner->name));
        json_object_set_new(object, "chips", integer(partner->chip_total));
        json_object_set_new(object, "used_chip_hours", number(partner->used_chip_hours));
        json_object_set_new(object, "spent_usd", number(partner->spent_usd));
        json_object_set_new(object, "starts", integer(partner->start_count));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *contracts(const struct mz_sim_result *result)
{
    json_t *array = json_array();

    for (int32_t c = 0; c < result->contract_count; c++) {
        const struct mz_sim_contract *contract = &result->contracts[c];
        json_t *object = json_object();

        json_object_set_new(object, "name", text(contract->name));
        json_object_set_new(object, "commit_usd",
            contract->commit_usd > 0 ? number(contract->commit_usd) : json_null());
        json_object_set_new(object, "drawn_usd", number(contract->drawn_usd));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *teams(const struct mz_sim_result *result)
{
    json_t *array = json_array();

    for (int32_t t = 0; t < result->team_count; t++) {
        json_t *object = json_object();

        json_object_set_new(object, "name", text(result->team_names[t]));
        json_object_set_new(object, "avg_queue_s", number(result->team_avg_queue_s[t]));
        json_object_set_new(object, "used_chip_hours", number(result->team_chip_hours[t]));
        json_array_append_new(array, object);
    }
    return array;
}

/* The keys of the design page, in its order; p50_queue_s stands beside its kin. */
static void add_figures(json_t *object, const struct mz_sim_result *result)
{
    json_object_set_new(object, "policy", text(result->policy));
    json_object_set_new(object, "seed", unsigned_integer(result->seed));
    json_object_set_new(object, "jobs", integer(result->jobs));
    json_object_set_new(object, "avg_jct_s", number(result->avg_jct_s));
    json_object_set_new(object, "p50_jct_s", number(result->p50_jct_s));
    json_object_set_new(object, "p99_jct_s", number(result->p99_jct_s));
    json_object_set_new(object, "avg_queue_s", number(result->avg_queue_s));
    json_object_set_new(object, "p50_queue_s", number(result->p50_queue_s));
    json_object_set_new(object, "p99_queue_s", number(result->p99_queue_s));
    json_object_set_new(object, "makespan_s", number(result->makespan_s));
    json_object_set_new(object, "utilisation", number(result->utilisation));
    json_object_set_new(object, "goodput", number(result->goodput));
    json_object_set_new(object, "preemptions", integer(result->preemptions));
    json_object_set_new(object, "lost_chip_hours", number(result->lost_chip_hours));
    json_object_set_new(object, "decisions", integer(result->decisions));
    json_object_set_new(object, "cpu_s", number(result->cpu_s));
    json_object_set_new(object, "events_per_s", number(result->events_per_s));
    json_object_set_new(object, "result_hash", hash(result->result_hash));
}

static json_t *result_json(const struct mz_sim_run_set *set, const struct mz_sim_result *result)
{
    const struct mz_trace *trace = set->trace;
    json_t *object = json_object();

    add_figures(object, result);
    json_object_set_new(object, "complete", json_boolean(result->is_complete));
    json_object_set_new(object, "synthetic", json_boolean(trace->synthetic));
    json_object_set_new(
        object, "synthetic_source", trace->synthetic ? text(trace->synthetic_source) : json_null());
    json_object_set_new(object, "trace", text(trace->name));
    json_object_set_new(object, "trace_kind",
        trace->synthetic ? text("synthetic") : text(mz_trace_kind_name(trace->kind)));
    json_object_set_new(object, "trace_jobs", integer(trace->job_count));
    json_object_set_new(object, "trace_skipped", integer(trace->skipped_count));
    json_object_set_new(object, "fleet", text(set->fleet_text));
    json_object_set_new(object, "fleet_chips", integer(set->fleet->chip_total));
    json_object_set_new(object, "dropped", integer(result->dropped));
    json_object_set_new(object, "first_dropped", job_name(trace, result->first_dropped));
    json_object_set_new(object, "drop_reason", text(result->drop_reason));
    json_object_set_new(object, "unfinished", integer(result->unfinished));
    json_object_set_new(object, "failures", integer(result->failures));
    json_object_set_new(object, "interruptions", integer(result->interruptions));
    json_object_set_new(object, "checkpoint_chip_hours", number(result->checkpoint_chip_hours));
    json_object_set_new(object, "used_chip_hours", number(result->used_chip_hours));
    json_object_set_new(object, "events", integer(result->events));
    json_object_set_new(object, "deadlines", integer(result->deadline_count));
    json_object_set_new(object, "deadlines_met", integer(result->deadline_met));
    json_object_set_new(object, "partners", partners(result));
    json_object_set_new(object, "contracts", contracts(result));
    json_object_set_new(object, "teams", teams(result));
    json_object_set_new(object, "why", text(result->why_text));
    return object;
}

json_t *mz_sim_json(const struct mz_sim_run_set *set)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < set->count; i++)
        json_array_append_new(array, result_json(set, set->results[i]));
    return array;
}

static json_t *spread(const struct mz_packing_result *result, bool at_100)
{
    double sum = 0;
    double least = NAN;
    double most = NAN;
    json_t *object = json_object();

    for (int32_t i = 0; i < result->seed_count; i++) {
        const struct mz_packing_seed *seed = &result->seeds[i];
        double value = 100 * (at_100 ? seed->alloc_at_100_percent : seed->alloc_at_130_percent);

        sum += value;
        least = fmin(least, value); /* ignores the NAN of the start */
        most = fmax(most, value);
    }
    json_object_set_new(object, "mean", number(sum / result->seed_count));
    json_object_set_new(object, "min", number(least));
    json_object_set_new(object, "max", number(most));
    return object;
}

static json_t *packing_json(const struct mz_packing_result *result)
{
    json_t *object = json_object();
    json_t *seeds = json_array();

    for (int32_t i = 0; i < result->seed_count; i++) {
        const struct mz_packing_seed *seed = &result->seeds[i];
        json_t *one = json_object();

        json_object_set_new(one, "seed", unsigned_integer(seed->seed));
        json_object_set_new(one, "alloc_at_100_percent", number(100 * seed->alloc_at_100_percent));
        json_object_set_new(one, "alloc_at_130_percent", number(100 * seed->alloc_at_130_percent));
        json_object_set_new(one, "pods", integer(seed->pod_count));
        json_object_set_new(one, "dropped", integer(seed->dropped_count));
        json_object_set_new(one, "result_hash", hash(seed->hash));
        json_array_append_new(seeds, one);
    }
    json_object_set_new(object, "policy", text(mz_pack_policy_name(result->policy)));
    json_object_set_new(object, "tune", number(result->tune));
    json_object_set_new(object, "alloc_at_100_percent", spread(result, true));
    json_object_set_new(object, "alloc_at_130_percent", spread(result, false));
    json_object_set_new(object, "cpu_s", number(result->cpu_s));
    json_object_set_new(object, "seeds", seeds);
    return object;
}

json_t *mz_packing_json(const struct mz_packing_result *results, int32_t count)
{
    json_t *array = json_array();

    for (int32_t i = 0; i < count; i++)
        json_array_append_new(array, packing_json(&results[i]));
    return array;
}
