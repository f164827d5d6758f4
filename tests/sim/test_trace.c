/* test_trace.c - readers of traces: what they read, what they refuse and how they say it
 * The first argument is the folder with good/ and broken/ (default tests/sim). */
#include "sim/trace.h"

#include "base/random.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define S INT64_C(1000000)

static const char *folder = "tests/sim";

static int arena_setup(void **state)
{
    *state = mz_arena_create();
    return 0;
}

static int arena_teardown(void **state)
{
    mz_arena_free(*state);
    return 0;
}

static const char *path_of(struct mz_arena *arena, const char *name)
{
    return mz_arena_printf(arena, "%s/%s", folder, name);
}

static struct mz_trace *read_good(struct mz_arena *arena, enum mz_trace_kind kind, const char *name)
{
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_trace_read(arena, kind, path_of(arena, name), &trace, &err) != MZ_OK)
        fail_msg("%s", err.text);
    assert_int_equal(trace->kind, kind);
    assert_false(trace->synthetic);
    return trace;
}

static struct mz_trace *read_text(struct mz_arena *arena, enum mz_trace_kind kind, const char *text)
{
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_trace_read_bytes(arena, kind, "text", text, strlen(text), &trace, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return trace;
}

struct broken {
    const char *file; /* its first word is the kind */
    int line;
    enum mz_status status;
    const char *words; /* in the sentence */
};

static const struct broken broken_files[] = {
    { "philly-empty.csv", 1, MZ_E_PARSE, "empty; a philly trace begins with a header" },
    { "philly-only-header.csv", 1, MZ_E_PARSE, "no job" },
    { "philly-missing-column.csv", 1, MZ_E_PARSE,
        "'num_gpus', which a philly trace needs; is it "
        "'num_gpu'?" },
    { "philly-duplicate-column.csv", 1, MZ_E_PARSE, "'vc' is there twice" },
    { "philly-negative-duration.csv", 3, MZ_E_RANGE, "'-5' in column 'duration_s'" },
    { "philly-nan.csv", 2, MZ_E_PARSE, "'NaN' in column 'duration_s': seconds are expected" },
    { "philly-inf.csv", 2, MZ_E_PARSE, "'inf' in column 'duration_s': seconds are expected" },
    { "philly-exponent.csv", 2, MZ_E_PARSE, "'1e3'" },
    { "philly-hexadecimal.csv", 2, MZ_E_PARSE, "'0x10'" },
    { "philly-blank-in-number.csv", 2, MZ_E_PARSE, "' 60'" },
    { "philly-overflow-seconds.csv", 2, MZ_E_RANGE, "'9223372036854775808'" },
    { "philly-too-fine.csv", 2, MZ_E_PARSE, "at most 6 decimals" },
    { "philly-overflow-chips.csv", 2, MZ_E_RANGE, "from 1 to 4194304" },
    { "philly-zero-chips.csv", 4, MZ_E_RANGE, "'0' in column 'num_gpus': from 1 to" },
    { "philly-text-in-number.csv", 2, MZ_E_PARSE, "'eight' in column 'num_gpus': a whole number" },
    { "philly-half-chip.csv", 2, MZ_E_PARSE, "'1.5' in column 'num_gpus': a whole number" },
    { "philly-month-13.csv", 2, MZ_E_PARSE, "'2017-13-40 00:00:00' in column 'submit_time'" },
    { "philly-february-29.csv", 2, MZ_E_PARSE, "'2017-02-29 00:00:00'" },
    { "philly-hour-24.csv", 2, MZ_E_PARSE, "'2017-10-01 24:00:00'" },
    { "philly-before-1970.csv", 2, MZ_E_RANGE, "before 1970" },
    { "philly-date-only.csv", 2, MZ_E_PARSE, "'2017-10-01' in column 'submit_time'" },
    { "philly-empty-time.csv", 2, MZ_E_PARSE, "column 'submit_time' is empty" },
    { "philly-empty-vc.csv", 2, MZ_E_PARSE, "column 'vc' is empty" },
    { "philly-field-missing.csv", 3, MZ_E_PARSE, "3 fields, where the header has 4" },
    { "philly-field-too-many.csv", 2, MZ_E_PARSE, "5 fields, where the header has 4" },
    { "philly-quoted-newline.csv", 2, MZ_E_PARSE, "not closed on its line" },
    { "philly-stray-quote.csv", 2, MZ_E_PARSE, "a quote inside" },
    { "philly-text-behind-quote.csv", 2, MZ_E_PARSE, "behind a quoted field" },
    { "philly-nul-byte.csv", 2, MZ_E_PARSE, "NUL byte" },
    { "philly-utf-16.csv", 1, MZ_E_PARSE, "UTF-16" },
    { "openb-empty.csv", 1, MZ_E_PARSE, "empty; an openb pod list" },
    { "openb-only-header.csv", 1, MZ_E_PARSE, "no job" },
    { "openb-missing-column.csv", 1, MZ_E_PARSE, "no column 'gpu_milli'" },
    { "openb-unknown-column.csv", 1, MZ_E_PARSE, "'gpu_spek'; did you mean 'gpu_spec'" },
    { "openb-gpu-milli-1001.csv", 3, MZ_E_RANGE, "'1001' in column 'gpu_milli'" },
    { "openb-share-of-two.csv", 3, MZ_E_RANGE, "needs num_gpu to be 1" },
    { "openb-milli-without-gpu.csv", 3, MZ_E_RANGE, "gpu_milli has to be 0" },
    { "openb-gpu-without-milli.csv", 3, MZ_E_RANGE, "gpu_milli is 0" },
    { "openb-negative-gpus.csv", 3, MZ_E_RANGE, "'-1' in column 'num_gpu'" },
    { "openb-negative-time.csv", 3, MZ_E_RANGE, "'-1' in column 'creation_time'" },
    { "openb-ends-before-start.csv", 3, MZ_E_RANGE, "deletion_time lies before scheduled_time" },
    { "openb-memory-overflow.csv", 3, MZ_E_RANGE, "'4294967296' in column 'memory_mib'" },
    { "openb-nan.csv", 3, MZ_E_PARSE, "'nan' in column 'cpu_milli'" },
    { "openb-unknown-qos.csv", 3, MZ_E_PARSE, "'GOLD' in column 'qos': LS" },
    { "openb-empty-model.csv", 3, MZ_E_PARSE, "'T4||P100' in column 'gpu_spec'" },
    { "openb-time-missing.csv", 3, MZ_E_PARSE, "no submit time, unlike line 2" },
    { "openb-empty-name.csv", 3, MZ_E_PARSE, "column 'name' is empty" },
    { "openb-wrong-field-count.csv", 3, MZ_E_PARSE, "5 fields, where the header has 11" },
    { "nodes-empty.csv", 1, MZ_E_PARSE, "empty; an openb node list" },
    { "nodes-only-header.csv", 1, MZ_E_PARSE, "no node" },
    { "nodes-missing-column.csv", 1, MZ_E_PARSE, "no column 'model'" },
    { "nodes-too-many-chips.csv", 3, MZ_E_RANGE, "'65' in column 'gpu'" },
    { "nodes-no-model.csv", 3, MZ_E_PARSE, "column 'model' is empty" },
    { "nodes-model-without-chips.csv", 3, MZ_E_PARSE, "'T4' in column 'model'" },
    { "nodes-no-cpu.csv", 3, MZ_E_RANGE, "'0' in column 'cpu_milli'" },
    { "nodes-twice.csv", 4, MZ_E_PARSE, "node 'n0' is there twice" },
    { "nodes-long-name.csv", 3, MZ_E_LIMIT, "name" },
    { "swf-empty.swf", 1, MZ_E_PARSE, "no job" },
    { "swf-only-comments.swf", 2, MZ_E_PARSE, "no job" },
    { "swf-field-missing.swf", 4, MZ_E_PARSE, "17 fields" },
    { "swf-field-too-many.swf", 3, MZ_E_PARSE, "more than 18 fields" },
    { "swf-negative-submit.swf", 4, MZ_E_RANGE, "'-1' in column '2 submit time'" },
    { "swf-text.swf", 3, MZ_E_PARSE, "'sixty' in column '4 run time'" },
    { "swf-inf.swf", 3, MZ_E_PARSE, "'inf'" },
    { "swf-decimal.swf", 3, MZ_E_PARSE, "'60.5'" },
    { "swf-overflow.swf", 3, MZ_E_RANGE, "'99999999999' in column '5 allocated processors'" },
    { "swf-status-6.swf", 3, MZ_E_RANGE, "'6' in column '11 status'" },
    { "swf-start-not-a-number.swf", 1, MZ_E_PARSE, "'yesterday' in column 'UnixStartTime'" },
    { "swf-start-too-late.swf", 3, MZ_E_PARSE, "before the first job" },
    { "swf-nul-byte.swf", 3, MZ_E_PARSE, "NUL byte" },
    { "swf-all-skipped.swf", 3, MZ_E_PARSE, "no job in it, 1 rows skipped" },
    { "sacct-empty.txt", 1, MZ_E_PARSE, "empty; sacct output" },
    { "sacct-only-header.txt", 1, MZ_E_PARSE, "no job" },
    { "sacct-missing-submit.txt", 1, MZ_E_PARSE, "no column 'Submit'" },
    { "sacct-missing-end.txt", 1, MZ_E_PARSE, "no column 'End' and none 'Elapsed'" },
    { "sacct-missing-tres.txt", 1, MZ_E_PARSE, "no column 'AllocTRES' and none 'ReqTRES'" },
    { "sacct-duplicate-column.txt", 1, MZ_E_PARSE, "'End' is there twice" },
    { "sacct-name-with-bar.txt", 3, MZ_E_PARSE, "9 fields, where the header has 8" },
    { "sacct-submit-unknown.txt", 3, MZ_E_PARSE, "'Unknown' in column 'Submit'" },
    { "sacct-submit-month-13.txt", 3, MZ_E_PARSE, "'2024-13-01T00:00:00'" },
    { "sacct-end-before-start.txt", 3, MZ_E_RANGE, "End lies before Start" },
    { "sacct-limit.txt", 3, MZ_E_PARSE, "'1h' in column 'Timelimit'" },
    { "sacct-limit-minute-60.txt", 3, MZ_E_PARSE, "'01:60:00'" },
    { "sacct-tres-no-number.txt", 3, MZ_E_PARSE, "KEY=NUMBER" },
    { "sacct-tres-text.txt", 3, MZ_E_PARSE, "'many' in column 'AllocTRES'" },
    { "sacct-tres-converted.txt", 3, MZ_E_PARSE, "'1.5K'" },
    { "sacct-tres-negative.txt", 3, MZ_E_RANGE, "'-8'" },
    { "sacct-tres-memory.txt", 3, MZ_E_PARSE, "mem=64G" },
    { "sacct-tres-memory-nan.txt", 3, MZ_E_PARSE, "mem=64G" },
    { "sacct-tres-no-type.txt", 3, MZ_E_PARSE, "without a type" },
    { "sacct-tres-too-many.txt", 3, MZ_E_RANGE, "more than 4194304 chips" },
    { "sacct-tres-overflow.txt", 3, MZ_E_RANGE, "'99999999999999999999'" },
    { "sacct-nodes.txt", 3, MZ_E_PARSE, "'two' in column 'NNodes'" },
    { "sacct-memory-of-a-node.txt", 3, MZ_E_RANGE, "memory on a node" },
    { "mizan-empty.csv", 1, MZ_E_PARSE, "empty; a mizan trace" },
    { "mizan-only-header.csv", 1, MZ_E_PARSE, "no job" },
    { "mizan-blank-lines.csv", 1, MZ_E_PARSE, "empty; a mizan trace" },
    { "mizan-missing-column.csv", 1, MZ_E_PARSE, "no column 'chips'" },
    { "mizan-unit-missing.csv", 1, MZ_E_PARSE, "'run'; did you mean 'run_s'" },
    { "mizan-unit-too-much.csv", 1, MZ_E_PARSE, "'submit_time'; did you mean 'submit'" },
    { "mizan-unknown-column.csv", 1, MZ_E_PARSE,
        "'pritority'; did you mean 'priority'; known are" },
    { "mizan-duplicate-column.csv", 1, MZ_E_PARSE, "'chips' is there twice" },
    { "mizan-negative-submit.csv", 2, MZ_E_RANGE, "'-1' in column 'submit'" },
    { "mizan-submit-empty.csv", 3, MZ_E_PARSE, "column 'submit' is empty" },
    { "mizan-submit-date.csv", 2, MZ_E_PARSE, "'2017-13-40' in column 'submit'" },
    { "mizan-submit-offset.csv", 2, MZ_E_PARSE, "'2017-10-01T00:00:00+2'" },
    { "mizan-submit-too-far.csv", 2, MZ_E_RANGE, "'1152921504607'" },
    { "mizan-run-negative.csv", 2, MZ_E_RANGE, "'-0.5' in column 'run_s'" },
    { "mizan-run-nan.csv", 2, MZ_E_PARSE, "'nan' in column 'run_s'" },
    { "mizan-run-point.csv", 2, MZ_E_PARSE, "'5.' in column 'run_s'" },
    { "mizan-asks-for-nothing.csv", 2, MZ_E_RANGE, "asks for nothing" },
    { "mizan-chips-negative.csv", 2, MZ_E_RANGE, "'-8' in column 'chips'" },
    { "mizan-chips-overflow.csv", 2, MZ_E_RANGE, "'4194305' in column 'chips'" },
    { "mizan-share-of-two.csv", 2, MZ_E_RANGE, "only one chip can be shared" },
    { "mizan-chip-milli-0.csv", 2, MZ_E_RANGE, "'0' in column 'chip_milli'" },
    { "mizan-chip-milli-1001.csv", 2, MZ_E_RANGE, "'1001' in column 'chip_milli'" },
    { "mizan-chips-per-node.csv", 2, MZ_E_RANGE, "not a multiple" },
    { "mizan-level.csv", 2, MZ_E_PARSE, "'row' in column 'required': node, rack" },
    { "mizan-preferred-above.csv", 2, MZ_E_RANGE, "above the required" },
    { "mizan-deadline-before.csv", 2, MZ_E_RANGE, "before the submit time" },
    { "mizan-limit-0.csv", 2, MZ_E_RANGE, "column 'limit_s': more than 0" },
    { "mizan-checkpoint-0.csv", 2, MZ_E_RANGE, "column 'checkpoint_s': more than 0" },
    { "mizan-preemptible.csv", 2, MZ_E_PARSE, "'maybe' in column 'preemptible': yes or no" },
    { "mizan-chip-list.csv", 2, MZ_E_PARSE, "'h100|' in column 'chip'" },
    { "mizan-priority-overflow.csv", 2, MZ_E_RANGE, "'2147483648' in column 'priority'" },
    { "mizan-control-character.csv", 2, MZ_E_PARSE, "'?[2J' in column 'chips'" },
    { "mizan-quoted-newline.csv", 2, MZ_E_PARSE, "not closed on its line" },
    { "mizan-carriage-return.csv", 1, MZ_E_PARSE, "carriage return" },
};

static enum mz_status read_any(struct mz_arena *arena, const char *file, struct mz_error *err)
{
    char word[16] = "";
    enum mz_trace_kind kind;
    struct mz_trace *trace = NULL;
    struct mz_fleet *fleet = NULL;
    enum mz_status status;

    assert_int_equal(sscanf(file, "%15[a-z]", word), 1);
    if (strcmp(word, "nodes") == 0) {
        status = mz_trace_read_nodes(
            arena, path_of(arena, mz_arena_printf(arena, "broken/%s", file)), 1, &fleet, err);
    } else {
        assert_true(mz_trace_kind_parse(word, &kind));
        status = mz_trace_read(
            arena, kind, path_of(arena, mz_arena_printf(arena, "broken/%s", file)), &trace, err);
    }
    assert_null(trace);
    assert_null(fleet);
    return status;
}

static void what_is_broken_is_refused_with_file_line_and_reason(void **state)
{
    int failed = 0;

    for (size_t i = 0; i < COUNT(broken_files); i++) {
        const struct broken *b = &broken_files[i];
        struct mz_error err = { MZ_OK, "" };
        enum mz_status status = read_any(*state, b->file, &err);
        const char *place = mz_arena_printf(*state, "%s/broken/%s:%d: ", folder, b->file, b->line);

        if (status == b->status && err.status == status &&
            strncmp(err.text, place, strlen(place)) == 0 && strstr(err.text, b->words))
            continue;
        print_error("%s: status %d, \"%s\"; expected line %d, status %d, \"%s\"\n", b->file,
            (int)status, err.text, b->line, (int)b->status, b->words);
        failed++;
    }
    assert_int_equal(failed, 0);
}

static void kinds_have_names_that_read_back(void **state)
{
    enum mz_trace_kind kind;

    (void)state;
    for (int i = MZ_TRACE_PHILLY; i <= MZ_TRACE_MIZAN; i++) {
        assert_true(mz_trace_kind_parse(mz_trace_kind_name((enum mz_trace_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(mz_trace_kind_parse("Philly", &kind));
    assert_false(mz_trace_kind_parse("", &kind));
}

/* philly.csv has a byte order mark, CRLF, a quoted field, an empty line, a column more, and no line
 * end at the end. */
static void philly_is_read_in_any_column_order_and_sorted(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_PHILLY, "good/philly.csv");
    const struct mz_trace_job *jobs = trace->jobs;

    assert_int_equal(trace->job_count, 3);
    assert_int_equal(jobs[0].submit_us, 1506902399 * S); /* date -u -d '2017-10-01 23:59:59' +%s */
    assert_int_equal(jobs[0].run_us, 250000);
    assert_int_equal(jobs[0].chips, 1);
    assert_int_equal(jobs[0].line, 3);
    assert_int_equal(jobs[1].submit_us, 1506902400 * S);
    assert_int_equal(jobs[1].chips, 8);
    assert_int_equal(jobs[2].chips, 16);
    assert_int_equal(jobs[2].run_us, 0);
    assert_int_equal(jobs[2].line, 5);
    assert_int_equal(trace->team_count, 2);
    assert_string_equal(trace->team_names[jobs[0].team], "a");
    assert_string_equal(trace->team_names[jobs[1].team], "b");
    assert_int_equal(jobs[1].team, jobs[2].team);
    assert_int_equal(jobs[0].limit_us, -1);
    assert_int_equal(jobs[0].deadline_us, -1);
    assert_int_equal(jobs[0].checkpoint_us, -1);
    assert_int_equal(jobs[0].user, -1);
    assert_int_equal(jobs[0].chip_milli, 1000);
    assert_int_equal(jobs[0].required, MZ_LEVEL_PARTNER);
    assert_int_equal(jobs[0].preferred, MZ_LEVEL_NODE);
    assert_true(jobs[0].preemptible);
    assert_null(jobs[0].name);
    assert_null(jobs[0].chip);
}

static void openb_pods_run_from_when_they_were_scheduled(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_OPENB, "good/openb.csv");
    const struct mz_trace_job *jobs = trace->jobs;

    assert_int_equal(trace->job_count, 3);
    assert_string_equal(jobs[0].name, "pod-1"); /* never scheduled: from its creation */
    assert_int_equal(jobs[0].submit_us, 50 * S);
    assert_int_equal(jobs[0].run_us, 40 * S);
    assert_int_equal(jobs[0].chips, 0);
    assert_int_equal(jobs[0].chip_milli, 1000);
    assert_int_equal(jobs[0].cpu_milli, 500);
    assert_int_equal(jobs[0].memory_mib, 1024);
    assert_int_equal(jobs[0].priority, 0);
    assert_string_equal(jobs[1].name, "pod-2"); /* not deleted: run time unknown */
    assert_int_equal(jobs[1].run_us, -1);
    assert_string_equal(jobs[1].chip, "V100M16|V100M32");
    assert_int_equal(jobs[1].priority, 1);
    assert_int_equal(jobs[2].run_us, 250 * S);
    assert_int_equal(jobs[2].chip_milli, 460);
    assert_int_equal(jobs[2].priority, 2);
    assert_null(jobs[2].chip);
    assert_int_equal(jobs[2].required, MZ_LEVEL_NODE);
    assert_int_equal(trace->skipped_count, 0);
}

static void openb_pods_without_times_keep_their_order(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_OPENB, "good/openb-short.csv");

    assert_int_equal(trace->job_count, 2);
    assert_int_equal(trace->jobs[0].submit_us, -1);
    assert_int_equal(trace->jobs[0].run_us, -1);
    assert_string_equal(trace->jobs[0].name, "pod-0");
    assert_string_equal(trace->jobs[1].name, "pod-1");
}

static void openb_nodes_become_a_fleet_replicated_as_a_whole(void **state)
{
    struct mz_fleet *fleet = NULL;
    struct mz_error err = { MZ_OK, "" };
    char name[MZ_NODE_NAME_MAX];

    assert_int_equal(
        mz_trace_read_nodes(*state, path_of(*state, "good/nodes.csv"), 1, &fleet, &err), MZ_OK);
    assert_int_equal(fleet->node_count, 4);
    assert_int_equal(fleet->chip_total, 12);
    assert_int_equal(fleet->chip_count, 2);
    assert_string_equal(fleet->chip_names[0], "P100");
    assert_string_equal(fleet->chip_names[1], "V100M16");
    assert_string_equal(mz_fleet_node_name(fleet, 1, name), "n-1");
    assert_int_equal(
        mz_trace_read_nodes(*state, path_of(*state, "good/nodes.csv"), 3, &fleet, &err), MZ_OK);
    assert_int_equal(fleet->node_count, 12);
    assert_int_equal(fleet->chip_total, 36);
    assert_string_equal(mz_fleet_node_name(fleet, 3, name), "n-3");
    assert_string_equal(mz_fleet_node_name(fleet, 4, name), "n-0.2");
    assert_string_equal(mz_fleet_node_name(fleet, 11, name), "n-3.3");
}

static void swf_counts_from_its_start_time_and_skips_what_never_ran(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_SWF, "good/jobs.swf");
    const struct mz_trace_job *jobs = trace->jobs;

    assert_int_equal(trace->job_count, 3);
    assert_int_equal(trace->skipped_count, 3); /* cancelled; a part of a job; no processors */
    assert_string_equal(jobs[0].name, "2");
    assert_int_equal(jobs[0].submit_us, 1000000005 * S);
    assert_int_equal(jobs[0].chips, 4); /* requested, as allocated is unknown */
    assert_int_equal(jobs[0].limit_us, -1);
    assert_string_equal(trace->team_names[jobs[0].team], "partition-7");
    assert_string_equal(jobs[1].name, "6"); /* cancelled, but after it ran 40 s */
    assert_int_equal(jobs[1].run_us, 40 * S);
    assert_int_equal(jobs[1].team, -1);
    assert_int_equal(jobs[1].user, -1);
    assert_string_equal(jobs[2].name, "1");
    assert_int_equal(jobs[2].chips, 8);
    assert_int_equal(jobs[2].run_us, 60 * S);
    assert_int_equal(jobs[2].limit_us, 120 * S);
    assert_string_equal(trace->team_names[jobs[2].team], "queue-2");
    assert_string_equal(trace->user_names[jobs[2].user], "3");
}

static void sacct_jobs_have_their_resources_by_node(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_SACCT, "good/sacct.txt");
    const struct mz_trace_job *jobs = trace->jobs;

    assert_int_equal(trace->job_count, 4);
    assert_int_equal(trace->skipped_count, 3); /* pending, running, cancelled before its start */
    assert_string_equal(jobs[0].name, "101_7");
    assert_int_equal(jobs[0].run_us, 30 * S);
    assert_int_equal(jobs[0].limit_us, -1);
    assert_int_equal(jobs[0].chips, 1);
    assert_null(jobs[0].chip); /* it asked for any */
    assert_int_equal(jobs[0].memory_mib, 1536);
    assert_string_equal(trace->team_names[jobs[0].team], "vision");
    assert_string_equal(trace->user_names[jobs[0].user], "bob");
    assert_string_equal(jobs[1].name, "100");
    assert_int_equal(jobs[1].submit_us, 1709287200 * S); /* 2024-03-01 10:00:00 UTC */
    assert_int_equal(jobs[1].run_us, 25 * 3600 * S);
    assert_int_equal(jobs[1].limit_us, 48 * 3600 * S);
    assert_int_equal(jobs[1].chips, 16);
    assert_int_equal(jobs[1].chips_per_node, 8);
    assert_int_equal(jobs[1].cpu_milli, 64000);
    assert_int_equal(jobs[1].memory_mib, 512000);
    assert_string_equal(jobs[1].chip, "h100");
    assert_string_equal(jobs[2].name, "102+0"); /* 8 chips and 3001 KiB on 3 nodes */
    assert_int_equal(jobs[2].chips_per_node, 0);
    assert_int_equal(jobs[2].cpu_milli, 3334);
    assert_int_equal(jobs[2].memory_mib, 1);
    assert_string_equal(jobs[3].name, "106");
    assert_int_equal(jobs[3].chips, 0);
}

static void sacct_priorities_beyond_32_bits_keep_their_order(void **state)
{
    struct mz_trace *high = read_good(*state, MZ_TRACE_SACCT, "good/sacct.txt");
    struct mz_trace *usual = read_text(*state, MZ_TRACE_SACCT,
        "JobID|Submit|Start|Elapsed|AllocTRES|Priority\n"
        "1|2024-01-01T00:00:00|2024-01-01T00:00:00|00:00:01|gres/gpu=1|2147483647\n"
        "2|2024-01-01T00:00:00|2024-01-01T00:00:00|00:01|gres/gpu=1|7\n");

    assert_int_equal(high->jobs[1].priority, INT32_MAX); /* 4294901760 */
    assert_int_equal(high->jobs[0].priority, INT32_MAX - 1);
    assert_true(high->jobs[2].priority < 0);
    assert_int_equal(usual->jobs[0].priority, INT32_MAX);
    assert_int_equal(usual->jobs[1].priority, 7);
    assert_int_equal(usual->jobs[1].run_us, S);
}

static void sacct_with_a_bar_at_the_line_end_is_read_too(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_SACCT, "good/sacct-trailing.txt");

    assert_int_equal(trace->job_count, 1);
    assert_int_equal(trace->jobs[0].chips, 2);
    assert_string_equal(trace->jobs[0].chip, "a|b");
    assert_int_equal(trace->jobs[0].run_us, 10 * S);
}

static void mizan_says_all_that_a_job_has(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_MIZAN, "good/mizan.csv");
    const struct mz_trace_job *jobs = trace->jobs;

    assert_int_equal(trace->job_count, 3);
    assert_string_equal(jobs[0].name, "small");
    assert_int_equal(jobs[0].submit_us, 1735686000 * S); /* 2024-12-31 23:00:00 UTC */
    assert_int_equal(jobs[0].run_us, 1);
    assert_int_equal(jobs[0].chip_milli, 250);
    assert_int_equal(jobs[0].priority, -3);
    assert_true(jobs[0].preemptible);
    assert_string_equal(jobs[1].name, "cpu");
    assert_int_equal(jobs[1].submit_us, 1735686000 * S + 500000);
    assert_int_equal(jobs[1].chips, 0);
    assert_int_equal(jobs[1].cpu_milli, 1000);
    assert_int_equal(jobs[1].required, MZ_LEVEL_FLEET);
    assert_int_equal(jobs[1].team, -1);
    assert_string_equal(jobs[2].name, "big");
    assert_int_equal(jobs[2].submit_us, 1735689600 * S); /* 01:00 at +01:00 is 00:00 UTC */
    assert_int_equal(jobs[2].limit_us, 7200 * S);
    assert_int_equal(jobs[2].deadline_us, 1735776000 * S);
    assert_int_equal(jobs[2].checkpoint_us, 600500000);
    assert_string_equal(jobs[2].chip, "h100|h200");
    assert_int_equal(jobs[2].chip_milli, 1000);
    assert_int_equal(jobs[2].chips_per_node, 8);
    assert_int_equal(jobs[2].cpu_milli, 64000);
    assert_int_equal(jobs[2].memory_mib, 512000);
    assert_int_equal(jobs[2].required, MZ_LEVEL_SPINE);
    assert_int_equal(jobs[2].preferred, MZ_LEVEL_RACK);
    assert_string_equal(jobs[2].data_site, "us-east");
    assert_false(jobs[2].preemptible);
    assert_string_equal(trace->user_names[jobs[2].user], "ann");
    assert_int_equal(jobs[0].team, jobs[2].team);
}

static void equal_submit_times_keep_the_order_of_the_file(void **state)
{
    enum { JOBS = 5000 };
    struct mz_text text = { 0 };
    struct mz_random random;
    struct mz_trace *trace;

    mz_random_init(&random, 7);
    mz_text_add(&text, "submit,run_s,chips\n");
    for (int i = 0; i < JOBS; i++)
        mz_text_addf(&text, "%d,%d,1\n", (int)mz_random_below(&random, 100), i);
    trace = read_text(*state, MZ_TRACE_MIZAN, mz_text_string(&text));
    mz_text_finish(&text);
    assert_int_equal(trace->job_count, JOBS);
    for (int i = 1; i < JOBS; i++) {
        const struct mz_trace_job *job = &trace->jobs[i];

        assert_true(job[-1].submit_us <= job->submit_us);
        assert_true(job[-1].submit_us < job->submit_us || job[-1].line < job->line);
        assert_int_equal(job->run_us, (job->line - 2) * S);
    }
}

static void seconds_are_exact_to_the_microsecond(void **state)
{
    static const struct {
        const char *text;
        int64_t run_us;
    } cases[] = {
        { "0", 0 },
        { "0.000001", 1 },
        { "0.1", 100000 },
        { "0.300000000000", 300000 },
        { "1.999999", 1999999 },
        { "0012", 12 * S },
        { "16777217.000001", 16777217000001 },
        { "4503599627.370497", 4503599627370497 },
        { "1152921504605.846975", 1152921504605846975 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_trace *trace = read_text(*state, MZ_TRACE_MIZAN,
            mz_arena_printf(*state, "submit,run_s,chips\n0,%s,1\n", cases[i].text));

        assert_int_equal(trace->jobs[0].run_us, cases[i].run_us);
    }
}

struct time_case {
    const char *text;
    bool is_end;
    bool good;
    int64_t us;
};

static void times_are_read_in_these_forms_only(void **state)
{
    static const struct time_case cases[] = {
        { "1970-01-01", false, true, 0 },
        { "2017-10-01", false, true, 1506816000 * S },
        { "2017-11-30", true, true, 1512086400 * S - 1 },
        { "2017-11-30 23:59", true, true, 1512086340 * S },
        { "2017-11-30T23:59:07", false, true, 1512086347 * S },
        { "2017-11-30 23:59:07.25Z", false, true, 1512086347 * S + 250000 },
        { "2017-11-30T23:59:07-01:30", false, true, 1512091747 * S },
        { "2000-02-29", false, true, 951782400 * S },
        { "9999-12-31", false, true, 253402214400 * S },
        { "1969-12-31", false, true, -86400 * S },
        { "1900-02-29", false, false, 0 },
        { "2017-13-40", false, false, 0 },
        { "2017-00-01", false, false, 0 },
        { "2017-10-00", false, false, 0 },
        { "0000-01-01", false, false, 0 },
        { "2017-10-1", false, false, 0 },
        { "2017-10-01 ", false, false, 0 },
        { "2017-10-01Z", false, false, 0 },
        { "2017-10-01 24:00", false, false, 0 },
        { "2017-10-01 23:60", false, false, 0 },
        { "2017-10-01 23:59:60", false, false, 0 },
        { "2017-10-01 23", false, false, 0 },
        { "2017-10-01 23:59:", false, false, 0 },
        { "2017-10-01 23:59:00.", false, false, 0 },
        { "2017-10-01 23:59:00x", false, false, 0 },
        { "2017-10-01 23:59:00+1", false, false, 0 },
        { "2017-10-01 23:59:00+24:00", false, false, 0 },
        { "", false, false, 0 },
        { "0", false, false, 0 },
        { "now", false, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t us = 0;

        if (mz_trace_parse_time(cases[i].text, cases[i].is_end, &us) != cases[i].good ||
            us != cases[i].us)
            fail_msg("'%s': %lld", cases[i].text, (long long)us);
    }
}

/* A philly trace of one job whose last field makes its line so long. */
static char *long_line(struct mz_arena *arena, size_t length)
{
    static const char header[] = "submit_time,duration_s,num_gpus,vc\n";
    static const char begin[] = "2017-10-01 00:00:00,60,1,";
    size_t header_length = sizeof(header) - 1;
    char *text = mz_arena_alloc(arena, header_length + length + 1, 1);

    memset(text, 'v', header_length + length);
    memcpy(text, header, header_length);
    memcpy(text + header_length, begin, sizeof(begin) - 1);
    return text;
}

static void a_line_may_be_64_kib_long_and_no_longer(void **state)
{
    struct mz_trace *trace =
        read_text(*state, MZ_TRACE_PHILLY, long_line(*state, MZ_TRACE_LINE_MAX));
    char *bytes = long_line(*state, MZ_TRACE_LINE_MAX + 1);
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(trace->job_count, 1);
    trace = NULL;
    assert_int_equal(
        mz_trace_read_bytes(*state, MZ_TRACE_PHILLY, "x", bytes, strlen(bytes), &trace, &err),
        MZ_E_LIMIT);
    assert_null(trace);
    assert_memory_equal(err.text, "x:2: a line of more than 65536 bytes", 36);
}

static void an_endless_line_is_refused_at_once(void **state)
{
    struct mz_trace *trace = NULL;
    struct mz_fleet *fleet = NULL;
    struct mz_error err = { MZ_OK, "" };

    for (int kind = MZ_TRACE_PHILLY; kind <= MZ_TRACE_MIZAN; kind++)
        assert_int_equal(
            mz_trace_read(*state, (enum mz_trace_kind)kind, "/dev/zero", &trace, &err), MZ_E_LIMIT);
    assert_int_equal(mz_trace_read_nodes(*state, "/dev/zero", 1, &fleet, &err), MZ_E_LIMIT);
    assert_true(mz_arena_bytes(*state) < 1024 * 1024);
}

static void what_cannot_be_opened_or_read_says_so(void **state)
{
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_trace_read(*state, MZ_TRACE_SWF, "/nonexistent/x", &trace, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "cannot read '/nonexistent/x'"));
    assert_int_equal(mz_trace_read(*state, MZ_TRACE_SWF, folder, &trace, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "cannot read"));
    assert_null(trace);
}

static void a_dash_is_standard_input(void **state)
{
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };
    int kept = dup(STDIN_FILENO);
    int fd = open(path_of(*state, "good/mizan-short.csv"), O_RDONLY);

    assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    assert_int_equal(mz_trace_read(*state, MZ_TRACE_MIZAN, "-", &trace, &err), MZ_OK);
    assert_int_equal(trace->job_count, 3);
    assert_string_equal(trace->name, "standard input");
    (void)close(fd);
    if (kept >= 0) {
        (void)dup2(kept, STDIN_FILENO);
        (void)close(kept);
    }
}

static void a_filter_keeps_a_team_and_a_time_and_fails_without_a_change(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_PHILLY, "good/philly.csv");
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_trace_filter(trace, "c", 0, INT64_MAX, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "no job of team 'c'; did you mean"));
    assert_int_equal(mz_trace_filter(trace, "a", 1506902400 * S, INT64_MAX, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "of team 'a'"));
    assert_int_equal(trace->job_count, 3);
    assert_int_equal(mz_trace_filter(trace, NULL, 1506902399 * S, 1506902399 * S, &err), MZ_OK);
    assert_int_equal(trace->job_count, 1);
    trace = read_good(*state, MZ_TRACE_PHILLY, "good/philly.csv");
    assert_int_equal(mz_trace_filter(trace, "b", INT64_MIN, INT64_MAX, &err), MZ_OK);
    assert_int_equal(trace->job_count, 2);
    assert_int_equal(trace->jobs[1].chips, 16);
}

static void a_trace_without_times_cannot_be_cut_by_time(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_OPENB, "good/openb-short.csv");
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_trace_filter(trace, NULL, 5, INT64_MAX, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "no submit times"));
    assert_int_equal(mz_trace_filter(trace, NULL, 0, INT64_MAX, &err), MZ_OK);
    assert_int_equal(trace->job_count, 2);
}

static void scaling_repeats_each_arrival_in_place(void **state)
{
    struct mz_trace *trace = read_good(*state, MZ_TRACE_PHILLY, "good/philly.csv");

    mz_trace_scale(trace, *state, 1);
    assert_int_equal(trace->job_count, 3);
    mz_trace_scale(trace, *state, 4);
    assert_int_equal(trace->job_count, 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(trace->jobs[i].chips, i < 4 ? 1 : i < 8 ? 8 : 16);
}

#define trace_test(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        trace_test(what_is_broken_is_refused_with_file_line_and_reason),
        trace_test(kinds_have_names_that_read_back),
        trace_test(philly_is_read_in_any_column_order_and_sorted),
        trace_test(openb_pods_run_from_when_they_were_scheduled),
        trace_test(openb_pods_without_times_keep_their_order),
        trace_test(openb_nodes_become_a_fleet_replicated_as_a_whole),
        trace_test(swf_counts_from_its_start_time_and_skips_what_never_ran),
        trace_test(sacct_jobs_have_their_resources_by_node),
        trace_test(sacct_priorities_beyond_32_bits_keep_their_order),
        trace_test(sacct_with_a_bar_at_the_line_end_is_read_too),
        trace_test(mizan_says_all_that_a_job_has),
        trace_test(equal_submit_times_keep_the_order_of_the_file),
        trace_test(seconds_are_exact_to_the_microsecond),
        trace_test(times_are_read_in_these_forms_only),
        trace_test(a_line_may_be_64_kib_long_and_no_longer),
        trace_test(an_endless_line_is_refused_at_once),
        trace_test(what_cannot_be_opened_or_read_says_so),
        trace_test(a_dash_is_standard_input),
        trace_test(a_filter_keeps_a_team_and_a_time_and_fails_without_a_change),
        trace_test(a_trace_without_times_cannot_be_cut_by_time),
        trace_test(scaling_repeats_each_arrival_in_place),
    };

    if (argc > 1)
        folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
