/* run_metrics.c - integrals over time, and the result
 *
 * Values: 0 used milli-chips, 1 waiting jobs, 2 waiting chips, 3 down chips, then used milli-chips
 * of each partner.
 */
#include "sim/run_impl.h"

#include <math.h>

void mz_run_metrics_init(struct mz_run *run)
{
    struct mz_run_metrics *m = &run->metrics;
    const struct mz_trace *trace = run->trace;
    int64_t span_us = trace->jobs[trace->job_count - 1].submit_us - trace->jobs[0].submit_us;

    m->begin_us = trace->jobs[0].submit_us;
    if (run->options->begin_us >= 0 && run->options->begin_us < m->begin_us)
        m->begin_us = run->options->begin_us;
    m->last_us = m->begin_us;
    m->width_us = span_us / (MZ_RUN_BUCKET_COUNT / 2) + 1;
    m->value_count = MZ_RUN_VALUE_FIXED_COUNT + run->fleet->partner_count;
    m->values = mz_arena_alloc(run->arena, (size_t)m->value_count, sizeof(*m->values));
    m->sums =
        mz_arena_alloc(run->arena, (size_t)m->value_count * MZ_RUN_BUCKET_COUNT, sizeof(*m->sums));
    m->fragmentation = mz_arena_alloc(run->arena, MZ_RUN_BUCKET_COUNT, sizeof(*m->fragmentation));
    for (int32_t b = 0; b < MZ_RUN_BUCKET_COUNT; b++)
        m->fragmentation[b] = NAN;
}

/* Two buckets become one. */
static void double_width(struct mz_run_metrics *m)
{
    int32_t half = MZ_RUN_BUCKET_COUNT / 2;

    for (int32_t b = 0; b < MZ_RUN_BUCKET_COUNT; b++) {
        bool is_new = b >= half;

        for (int32_t v = 0; v < m->value_count; v++)
            m->sums[b * m->value_count + v] = is_new
                ? 0
                : m->sums[2 * b * m->value_count + v] + m->sums[(2 * b + 1) * m->value_count + v];
        m->fragmentation[b] = is_new ? NAN : m->fragmentation[2 * b + 1];
    }
    m->width_us *= 2;
    m->bucket /= 2;
}

/* Nodes of one pool may have different numbers of chips: each is whole by its own. */
static int64_t whole_chips_of(const struct mz_fleet *fleet, int32_t p)
{
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    int64_t whole_chips = 0;

    if (pool->uniform)
        return (int64_t)pool->free_sets[pool->chips_per_node].count * pool->chips_per_node;
    for (int32_t node = pool->node_begin; node < pool->node_end; node++) {
        if (fleet->node_pool[node] == p && fleet->node_counted[node] == fleet->node_chips[node])
            whole_chips += fleet->node_chips[node];
    }
    return whole_chips;
}

static double fragmentation_now(const struct mz_fleet *fleet)
{
    int64_t free_chips = 0;
    int64_t whole_chips = 0;

    for (int32_t p = 0; p < fleet->pool_count; p++) {
        free_chips += fleet->pools[p].free_chips;
        whole_chips += whole_chips_of(fleet, p);
    }
    return free_chips > 0 ? 1 - (double)whole_chips / (double)free_chips : NAN;
}

void mz_run_metrics_move(struct mz_run *run, int64_t now_us)
{
    struct mz_run_metrics *m = &run->metrics;

    while (m->last_us < now_us) {
        int64_t bucket_end = m->begin_us + (m->bucket + 1) * m->width_us;
        int64_t until_us = now_us < bucket_end ? now_us : bucket_end;
        double span_us = (double)(until_us - m->last_us);
        double *sums = &m->sums[m->bucket * m->value_count];

        for (int32_t v = 0; v < m->value_count; v++)
            sums[v] += (double)m->values[v] * span_us;
        m->last_us = until_us;
        if (until_us < bucket_end)
            break;
        m->fragmentation[m->bucket] = fragmentation_now(run->fleet);
        if (++m->bucket == MZ_RUN_BUCKET_COUNT)
            double_width(m);
    }
}

/* The k-th smallest (from 0) of the values, which are moved about (Hoare's selection); those before
 * `low` are known to be the smallest. */
static double select_value(double *values, int64_t low, int64_t count, int64_t k)
{
    int64_t high = count - 1;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        int64_t i = low;
        int64_t j = high;

        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                double held = values[i];

                values[i++] = values[j];
                values[j--] = held;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

/* Mean and percentiles (nearest rank) of the values that are numbers; `numbers` is room for them. */
static void summarise(double *numbers, const double *values, int64_t count, double *ret_mean,
    double *ret_p50, double *ret_p99)
{
    int64_t n = 0;
    double sum = 0;

    for (int64_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        numbers[n++] = values[i];
        sum += values[i];
    }
    *ret_mean = *ret_p50 = *ret_p99 = NAN;
    if (n == 0)
        return;
    *ret_mean = sum / (double)n;
    *ret_p50 = select_value(numbers, 0, n, (n * 50 + 99) / 100 - 1);
    *ret_p99 = select_value(numbers, (n * 50 + 99) / 100 - 1, n, (n * 99 + 99) / 100 - 1);
}

static double *series_of(struct mz_run *run, int32_t value, int32_t count, double scale)
{
    struct mz_run_metrics *m = &run->metrics;
    double *out = mz_arena_alloc(run->arena, (size_t)count + 1, sizeof(*out));

    for (int32_t b = 0; b < count; b++) {
        int64_t end_us = m->begin_us + (b + 1) * m->width_us;
        int64_t span_us = m->width_us - (end_us > m->last_us ? end_us - m->last_us : 0);

        out[b] = span_us > 0 ? m->sums[b * m->value_count + value] / (double)span_us / scale : 0;
    }
    return out;
}

static void fill_series(struct mz_run *run)
{
    struct mz_run_metrics *m = &run->metrics;
    struct mz_sim_series *series = &run->result->series;
    int32_t count = m->last_us > m->begin_us
        ? (int32_t)((m->last_us - m->begin_us + m->width_us - 1) / m->width_us)
        : 0;
    double **partners =
        mz_arena_alloc(run->arena, (size_t)run->fleet->partner_count, sizeof(*partners));

    *series = (struct mz_sim_series){ .begin_us = m->begin_us,
        .width_us = m->width_us,
        .count = count,
        .used_chips = series_of(run, 0, count, MZ_MILLI),
        .waiting_jobs = series_of(run, 1, count, 1),
        .waiting_chips = series_of(run, 2, count, 1),
        .down_chips = series_of(run, 3, count, 1),
        .fragmentation = m->fragmentation };
    for (int32_t p = 0; p < run->fleet->partner_count; p++)
        partners[p] = series_of(run, MZ_RUN_VALUE_FIXED_COUNT + p, count, MZ_MILLI);
    series->partner_used_chips = partners;
}

static void fill_partners(struct mz_run *run)
{
    struct mz_sim_result *result = run->result;
    const struct mz_fleet *fleet = run->fleet;
    struct mz_run_metrics *m = &run->metrics;

    for (int32_t p = 0; p < fleet->pool_count; p++)
        result->partners[fleet->sites[fleet->pools[p].site].partner].chip_total +=
            fleet->pools[p].chip_total;
    for (int32_t p = 0; p < fleet->partner_count; p++) {
        double chip_milli_us = 0;

        for (int32_t b = 0; b < MZ_RUN_BUCKET_COUNT; b++)
            chip_milli_us += m->sums[b * m->value_count + MZ_RUN_VALUE_FIXED_COUNT + p];
        result->partners[p].name = fleet->partner_names[p];
        result->partners[p].used_chip_hours = chip_milli_us / MZ_MILLI / 3.6e9;
    }
    if (!run->contracts)
        return;
    result->contract_count = run->contracts->count;
    result->contracts =
        mz_arena_alloc(run->arena, (size_t)result->contract_count + 1, sizeof(*result->contracts));
    result->contract_count = 0;
    for (int32_t c = 0; c < run->contracts->count; c++) {
        const struct mz_place_contract *contract = &run->contracts->contracts[c];

        if (c > 0 && contract->name == contract[-1].name)
            continue; /* another price of the same contract */
        result->contracts[result->contract_count++] = (struct mz_sim_contract){
            .name = contract->name,
            .commit_usd = (double)contract->commit_micro / 1e6,
            .drawn_usd = (double)contract->drawn_micro / 1e6,
        };
    }
}

/* Teams that have jobs in the trace as it was filtered, in the order of the trace. */
static void fill_teams(struct mz_run *run)
{
    struct mz_sim_result *result = run->result;
    const struct mz_trace *trace = run->trace;
    size_t count = (size_t)trace->team_count + 1;
    const char **names = mz_arena_alloc(run->arena, count, sizeof(*names));
    int32_t *place = mz_arena_alloc(run->arena, count, sizeof(*place)); /* from 1; 0: none */
    double *jobs = mz_arena_alloc(run->arena, count, sizeof(*jobs));

    for (int64_t i = 0; i < trace->job_count; i++) {
        if (trace->jobs[i].team >= 0)
            place[trace->jobs[i].team] = 1;
    }
    for (int32_t t = 0; t < trace->team_count; t++) {
        if (place[t] == 0)
            continue;
        names[result->team_count] = trace->team_names[t];
        place[t] = ++result->team_count;
    }
    result->team_names = names;
    result->team_avg_queue_s = mz_arena_alloc(run->arena, count, sizeof(double));
    result->team_chip_hours = mz_arena_alloc(run->arena, count, sizeof(double));
    for (int64_t i = 0; i < trace->job_count; i++) {
        const struct mz_trace_job *job = &trace->jobs[i];
        int32_t t = job->team >= 0 ? place[job->team] - 1 : -1;

        if (t < 0 || isnan(result->queue_s[i]))
            continue;
        jobs[t]++;
        result->team_avg_queue_s[t] += result->queue_s[i];
    }
    for (int32_t t = 0; t < trace->team_count; t++) {
        if (place[t] > 0)
            result->team_chip_hours[place[t] - 1] = run->team_chip_us[t] / 3.6e9;
    }
    for (int32_t t = 0; t < result->team_count; t++)
        result->team_avg_queue_s[t] = jobs[t] > 0 ? result->team_avg_queue_s[t] / jobs[t] : NAN;
}

void mz_run_finish(struct mz_run *run)
{
    struct mz_sim_result *result = run->result;
    const struct mz_trace *trace = run->trace;
    int64_t last_us = run->last_end_us > 0 ? run->last_end_us : run->metrics.last_us;
    double span_us = (double)(last_us - run->metrics.begin_us);
    /* What runs when a run is stopped has held its chips until now, not to the last end. */
    double watched_us =
        (double)((run->left_count == 0 ? last_us : run->metrics.last_us) - run->metrics.begin_us);
    double counted_chip_us; /* held by attempts that are over: only of these it is known what for */
    double *numbers = mz_arena_alloc(run->arena, (size_t)trace->job_count, sizeof(*numbers));

    summarise(numbers, result->jct_s, trace->job_count, &result->avg_jct_s, &result->p50_jct_s,
        &result->p99_jct_s);
    summarise(numbers, result->queue_s, trace->job_count, &result->avg_queue_s,
        &result->p50_queue_s, &result->p99_queue_s);
    result->makespan_s = span_us / 1e6;
    for (int32_t b = 0; b < MZ_RUN_BUCKET_COUNT; b++)
        run->used_chip_us += run->metrics.sums[b * run->metrics.value_count] / MZ_MILLI;
    result->utilisation =
        watched_us > 0 ? run->used_chip_us / ((double)run->fleet->chip_total * watched_us) : NAN;
    counted_chip_us = run->useful_chip_us + run->lost_chip_us + run->checkpoint_chip_us;
    result->goodput = counted_chip_us > 0 ? run->useful_chip_us / counted_chip_us : NAN;
    result->used_chip_hours = run->used_chip_us / 3.6e9;
    result->lost_chip_hours = run->lost_chip_us / 3.6e9;
    result->checkpoint_chip_hours = run->checkpoint_chip_us / 3.6e9;
    result->result_hash = run->hash;
    result->attempts = run->attempts;
    fill_series(run);
    fill_partners(run);
    fill_teams(run);
}
