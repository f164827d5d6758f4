/* bench_sim.c - bench_sim KIND:FILE VC NODES FROM TO COPIES POLICY...: replays, timed
 * Reads the trace once, then replays it under each policy on NODES x 8 chips, fleet and arrivals
 * COPIES times; with fair share every team has an equal quota. Prints one JSON line: CPU seconds of reading, and of each replay with its events. */
#include "bench_common.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void replay(struct mz_arena *arena, const struct mz_trace *trace, int32_t nodes,
    int64_t begin_us, const char *name)
{
    struct mz_sim_options options = { .begin_us = begin_us, .why_job = -1 };
    struct mz_sim_teams teams = { .half_life_us = INT64_C(7) * 86400 * 1000000 };
    struct mz_team_setting *settings =
        mz_arena_alloc(arena, (size_t)trace->team_count + 1, sizeof(*settings));
    struct mz_sim_result *result;
    struct mz_policy policy;
    struct mz_fleet *fleet;
    struct mz_error err;
    double begin;
    double cpu_s;

    mz_bench_require(mz_policy_parse(name, &policy, &err), &err);
    mz_bench_require(mz_fleet_plain(arena, nodes, 8, NULL, &fleet, &err), &err);
    /* Every team owns an equal part of the chips. */
    for (int32_t t = 0; t < trace->team_count && policy.order == MZ_ORDER_FAIR; t++)
        settings[teams.count++] = (struct mz_team_setting){ .name = trace->team_names[t],
            .quota_chips = fleet->chip_total / trace->team_count,
            .borrow_chips_max = MZ_TEAM_NO_LIMIT,
            .lend_chips_max = MZ_TEAM_NO_LIMIT };
    teams.settings = settings;
    begin = mz_cpu_seconds();
    mz_bench_require(
        mz_sim_run(arena, fleet, trace, &policy, &teams, NULL, &options, &result, &err), &err);
    cpu_s = mz_cpu_seconds() - begin;
    printf("{\"policy\": \"%s\", \"cpu_s\": %.6f, \"events\": %lld, \"events_per_s\": %.0f, "
           "\"avg_jct_s\": %.2f, \"avg_queue_s\": %.2f, \"makespan_s\": %.0f, "
           "\"preemptions\": %lld, \"hash\": \"%016llx\"}",
        name, cpu_s, (long long)result->events, (double)result->events / cpu_s, result->avg_jct_s,
        result->avg_queue_s, result->makespan_s, (long long)result->preemptions,
        (unsigned long long)result->result_hash);
}

int main(int argc, char **argv)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_trace *trace;
    struct mz_error err;
    enum mz_trace_kind kind;
    struct rusage usage;
    char *colon;
    int64_t from_us;
    int64_t to_us;
    int32_t copies;
    double begin = mz_cpu_seconds();
    double read_s;

    if (argc < 8 || !(colon = strchr(argv[1], ':')))
        mz_bench_fail("bench_sim KIND:FILE VC NODES FROM TO COPIES POLICY...");
    *colon = '\0';
    copies = atoi(argv[6]);
    if (!mz_trace_kind_parse(argv[1], &kind) || copies < 1 ||
        !mz_trace_parse_time(argv[4], false, &from_us) ||
        !mz_trace_parse_time(argv[5], true, &to_us))
        mz_bench_fail("KIND, FROM, TO or COPIES is wrong");
    mz_bench_require(mz_trace_read(arena, kind, colon + 1, &trace, &err), &err);
    mz_bench_require(
        mz_trace_filter(trace, strcmp(argv[2], "-") == 0 ? NULL : argv[2], from_us, to_us, &err),
        &err);
    read_s = mz_cpu_seconds() - begin;
    mz_trace_scale(trace, arena, copies);
    printf(
        "{\"jobs\": %lld, \"read_s\": %.6f, \"replays\": [", (long long)trace->job_count, read_s);
    for (int i = 7; i < argc; i++) {
        printf("%s", i > 7 ? ", " : "");
        replay(arena, trace, atoi(argv[3]) * copies, from_us, argv[i]);
    }
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("], \"rss_mib\": %.0f}\n", (double)usage.ru_maxrss / 1024);
    mz_arena_free(arena);
    return 0;
}
