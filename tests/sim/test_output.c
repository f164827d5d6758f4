/* test_output.c - facts about the table, the JSON and the events of simulations */
#include "sim/sim_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *table_text(const struct sim_fixture *fixture, bool csv)
{
    struct mz_table table;
    struct mz_text out = { 0 };
    char *text;

    mz_sim_fill_table(fixture->arena, &fixture->set, &table);
    if (csv)
        mz_table_write_csv(&table, &out);
    else
        mz_table_write_pipe(&table, false, &out);
    text = mz_arena_strdup(fixture->arena, mz_text_string(&out));
    mz_text_finish(&out);
    return text;
}

static void the_table_leaves_out_columns_that_say_nothing(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(0);

    (void)state;
    sim_fixture_make_plain(fixture);
    assert_string_equal(table_text(fixture, false),
        "POLICY\tAVG JCT s\tP99 JCT s\tAVG QUEUE s\tP99 QUEUE s\tMAKESPAN s\tUSED %\n"
        "fifo\t3,691.59\t1,000,000\t821.91\t12,346\t5,444,859\t43.2\n"
        "sjf\t3,182.56\t1,000,000\t312.87\t12,346\t5,444,859\t43.2\n");
    assert_string_equal(table_text(fixture, true),
        "policy,avg_jct_s,p99_jct_s,avg_queue_s,p99_queue_s,makespan_s,utilisation\r\n"
        "fifo,3691.59,1000000,821.91,12346,5444859,0.432160\r\n"
        "sjf,3182.56,1000000,312.87,12346,5444859,0.432160\r\n");
    fixture->results[1].preemptions = 7;
    fixture->results[1].lost_chip_hours = 12.34;
    fixture->results[1].goodput = 0.9876;
    fixture->results[1].deadline_count = 10;
    fixture->results[1].deadline_met = 9;
    fixture->results[1].unfinished = 3;
    fixture->results[1].dropped = 2;
    fixture->results[1].jobs = 11892;
    fixture->results[1].seed = UINT64_MAX;
    fixture->results[1].is_complete = false;
    assert_string_equal(table_text(fixture, false),
        "POLICY\tCOMPLETE\tSEED\tJOBS\tAVG JCT s\tP99 JCT s\tAVG QUEUE s\tP99 QUEUE s\t"
        "MAKESPAN s\tUSED %\tGOODPUT %\tPREEMPTED\tLOST chip-h\tDEADLINES met\tDROPPED\t"
        "UNFINISHED\n"
        "fifo\tyes\t42\t11,897\t3,691.59\t1,000,000\t821.91\t12,346\t5,444,859\t43.2\t100.0\t0\t"
        "0.0\t0 of 0\t0\t0\n"
        "sjf\tno\t18446744073709551615\t11,892\t3,182.56\t1,000,000\t312.87\t12,346\t5,444,859\t"
        "43.2\t98.8\t7\t12.3\t9 of 10\t2\t3\n");
    sim_fixture_free(fixture);
}

static void absent_numbers_are_dashes_in_the_table(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(0);

    (void)state;
    assert_string_equal(table_text(fixture, false),
        "POLICY\tAVG JCT s\tP99 JCT s\tAVG QUEUE s\tP99 QUEUE s\tMAKESPAN s\tUSED %\n"
        "fifo\t-\t-\t-\t-\t-\t-\n");
    fixture->set.count = 0;
    assert_string_equal(table_text(fixture, false), "POLICY\n");
    sim_fixture_free(fixture);
}

static void the_json_has_the_keys_of_the_design_first(void **state)
{
    static const char *const keys[] = { "policy", "seed", "jobs", "avg_jct_s", "p50_jct_s",
        "p99_jct_s", "avg_queue_s", "p50_queue_s", "p99_queue_s", "makespan_s", "utilisation",
        "goodput", "preemptions", "lost_chip_hours", "decisions", "cpu_s", "events_per_s",
        "result_hash" };
    struct sim_fixture *fixture = sim_fixture_new(4);
    json_t *data = mz_sim_json(&fixture->set);
    json_t *one = json_array_get(data, 3);
    void *iter = json_object_iter(one);
    double hours = 0;

    (void)state;
    assert_int_equal(json_array_size(data), 4);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_string_equal(json_object_iter_key(iter), keys[i]);
        iter = json_object_iter_next(one, iter);
    }
    assert_string_equal(json_string_value(json_object_get(one, "result_hash")), "00c0ffee1234567b");
    assert_int_equal(json_integer_value(json_object_get(one, "seed")), 42);
    for (size_t i = 0; i < 3; i++)
        hours += json_number_value(json_object_get(
            json_array_get(json_object_get(one, "partners"), i), "used_chip_hours"));
    assert_true(fabs(hours - json_number_value(json_object_get(one, "used_chip_hours"))) < 1e-6);
    assert_int_equal(json_array_size(json_object_get(one, "contracts")), 3);
    assert_int_equal(json_array_size(json_object_get(one, "teams")), 5);
    assert_true(json_is_false(json_object_get(one, "synthetic")));
    json_decref(data);
    sim_fixture_free(fixture);
}

static void absent_numbers_and_bad_names_are_null_in_json(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(0);
    json_t *data;
    json_t *one;

    (void)state;
    fixture->results[0].policy = "\xff\xfe";
    fixture->results[0].seed = UINT64_MAX;
    fixture->results[0].lost_chip_hours = INFINITY;
    data = mz_sim_json(&fixture->set);
    one = json_array_get(data, 0);
    assert_true(json_is_null(json_object_get(one, "policy")));
    assert_true(json_is_null(json_object_get(one, "avg_jct_s")));
    assert_true(json_is_null(json_object_get(one, "lost_chip_hours")));
    assert_true(json_is_null(json_object_get(one, "first_dropped")));
    assert_string_equal(json_string_value(json_object_get(one, "seed")), "18446744073709551615");
    json_decref(data);
    fixture->set.count = 0;
    data = mz_sim_json(&fixture->set);
    assert_int_equal(json_array_size(data), 0);
    json_decref(data);
    sim_fixture_free(fixture);
}

static void packing_is_told_by_seed_and_by_mean(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_packing_seed seeds[2] = {
        { .seed = 42,
            .alloc_at_100_percent = 0.9,
            .alloc_at_130_percent = 0.95,
            .pod_count = 100,
            .dropped_count = 3,
            .hash = 7 },
        { .seed = 43,
            .alloc_at_100_percent = 0.92,
            .alloc_at_130_percent = 0.96,
            .pod_count = 102,
            .dropped_count = 5,
            .hash = 8 },
    };
    const struct mz_packing_result results[2] = {
        { .policy = MZ_PACK_FRAG, .tune = 1.3, .seed_count = 2, .seeds = seeds, .cpu_s = NAN },
        { .policy = MZ_PACK_FGD, .tune = 1.3 },
    };
    struct mz_table table;
    struct mz_text out = { 0 };
    json_t *data = mz_packing_json(results, 2);
    json_t *first = json_array_get(data, 0);
    json_t *at_130 = json_object_get(first, "alloc_at_130_percent");

    (void)state;
    mz_packing_fill_table(arena, results, 2, &table);
    mz_table_write_pipe(&table, false, &out);
    assert_string_equal(mz_text_string(&out),
        "POLICY\tSEEDS\tALLOCATED % at 100%\tMIN\tMAX\tALLOCATED % at 130%\tMIN\tMAX\t"
        "DROPPED pods\n"
        "frag\t2\t91.00\t90.00\t92.00\t95.50\t95.00\t96.00\t4\n"
        "fgd\t0\t-\t-\t-\t-\t-\t-\t0\n");
    assert_true(fabs(json_number_value(json_object_get(at_130, "mean")) - 95.5) < 1e-9);
    assert_true(fabs(json_number_value(json_object_get(at_130, "min")) - 95) < 1e-9);
    assert_true(fabs(json_number_value(json_object_get(at_130, "max")) - 96) < 1e-9);
    assert_int_equal(json_array_size(json_object_get(first, "seeds")), 2);
    assert_true(json_is_null(json_object_get(first, "cpu_s")));
    assert_true(json_is_null(
        json_object_get(json_object_get(json_array_get(data, 1), "alloc_at_100_percent"), "mean")));
    json_decref(data);
    mz_text_finish(&out);
    mz_arena_free(arena);
}

static void a_synthetic_trace_is_called_so(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(2);
    json_t *data;

    (void)state;
    fixture->trace.synthetic = true;
    fixture->trace.name = "llm";
    fixture->trace.synthetic_source = "statistics of somebody, 2024";
    assert_non_null(strstr(mz_sim_summary(fixture->arena, &fixture->set), "SYNTHETIC trace 'llm'"));
    assert_non_null(strstr(table_text(fixture, false), "fifo\tsynthetic\t"));
    data = mz_sim_json(&fixture->set);
    for (size_t i = 0; i < 2; i++) {
        json_t *one = json_array_get(data, i);

        assert_true(json_is_true(json_object_get(one, "synthetic")));
        assert_string_equal(json_string_value(json_object_get(one, "trace_kind")), "synthetic");
        assert_string_equal(json_string_value(json_object_get(one, "synthetic_source")),
            "statistics of somebody, 2024");
    }
    json_decref(data);
    sim_fixture_free(fixture);
}

static void the_summary_is_one_line_on_what_was_run(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(1);
    struct mz_trace_job jobs[2] = {
        { .submit_us = 0, .run_us = 3600000000, .chips = 640, .chip_milli = 1000 },
        { .submit_us = 7200000000, .run_us = 3600000000, .chips = 640, .chip_milli = 1000 }
    };

    (void)state;
    fixture->trace.jobs = jobs;
    fixture->trace.job_count = 2;
    assert_string_equal(mz_sim_summary(fixture->arena, &fixture->set),
        "mizan trace 'jobs.csv': 2 jobs over 2.0 hours on fleet.yaml: 160 nodes, 1,280 chips, "
        "offered load 50.0%; 12 rows skipped");
    fixture->trace.job_count = 1;
    fixture->trace.skipped_count = 0;
    fixture->trace.name = "a\x1b[31m\nb";
    assert_string_equal(mz_sim_summary(fixture->arena, &fixture->set),
        "mizan trace 'a?[31m?b': 1 job over 0.0 hours on fleet.yaml: 160 nodes, 1,280 chips");
    sim_fixture_free(fixture);
}

/* Events */

static char *events_text(
    const struct sim_fixture *fixture, const struct mz_sim_event *events, int32_t count)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&bytes, &length);
    struct mz_events_csv *csv = mz_events_csv_create(stream, fixture->fleet, &fixture->trace);
    const struct mz_sim_sink *sink = mz_events_csv_sink(csv);
    struct mz_error err = { 0 };
    char *text;

    for (int32_t i = 0; i < count; i++)
        sink->event(sink->context, &events[i]);
    assert_int_equal(mz_events_csv_finish(csv, &err), MZ_OK);
    (void)fclose(stream);
    text = mz_arena_strdup(fixture->arena, bytes);
    free(bytes);
    return text;
}

static void events_are_csv_to_the_byte(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(1);
    const struct mz_sim_event events[] = {
        { 0, 0, "submit", 0, 0, -1, 0, 0, -1, NULL },
        { 1500000, 1, "start", 1, 1, 41, 8000, 0xff, 9000000, "backfill" },
        { 1500000, 2, "reserve", 2, 0, -1, 0, 0, INT64_MAX, "first, \"in\" queue" },
        { INT64_MIN, INT64_MAX, "fail", -1, 0, 159, INT32_MIN, 0, -1, "" },
    };

    (void)state;
    fixture->trace.jobs[0].name = "a,\"b\"\nc";
    fixture->trace.jobs[1].name = NULL;
    assert_string_equal(events_text(fixture, events, 4),
        "time_us,seq,event,job,attempt,partner,site,node,chips_milli,until_us,reason\n"
        "0,0,submit,\"a,\"\"b\"\"\nc\",0,,,,0,,\n"
        "1500000,1,start,3,1,aws,usw2,usw2/0001,8000,9000000,backfill\n"
        "1500000,2,reserve,4,0,,,,0,9223372036854775807,\"first, \"\"in\"\" queue\"\n"
        "-9223372036854775808,9223372036854775807,fail,,0,own,mi1,mi1/0039,-2147483648,,\n");
    assert_string_equal(events_text(fixture, events, 0),
        "time_us,seq,event,job,attempt,partner,site,node,chips_milli,until_us,reason\n");
    sim_fixture_free(fixture);
}

/* Names longer than the buffer, and rows that end exactly at its edge. */
static void events_of_any_length_are_whole(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(1);
    size_t length = 600 * 1000;
    char *name = mz_arena_alloc(fixture->arena, 1, length + 1);
    struct mz_sim_event events[3] = { { 1, 1, "submit", 0, 0, 0, 1, 0, 2, "r" },
        { 2, 2, "end", 1, 1, 1, 1, 0, -1, name }, { 3, 3, "submit", 1, 1, 1, 1, 0, -1, "x" } };

    (void)state;
    memset(name, 'n', length);
    fixture->trace.jobs[0].name = name;
    fixture->trace.jobs[1].name = NULL;
    for (size_t cut = 0; cut < 200; cut += 7) {
        const char *text;
        char *expected;

        name[262144 - cut] = '\0';
        expected = mz_arena_printf(fixture->arena,
            "1,1,submit,%s,0,aws,use1,use1/0000,1,2,r\n"
            "2,2,end,3,1,aws,use1,use1/0001,1,,%s\n"
            "3,3,submit,3,1,aws,use1,use1/0001,1,,x\n",
            name, name);
        text = events_text(fixture, events, 3);
        assert_string_equal(strchr(text, '\n') + 1, expected);
        name[262144 - cut] = 'n';
    }
    assert_true(strlen(events_text(fixture, events, 2)) > 2 * length);
    sim_fixture_free(fixture);
}

static void a_full_disk_is_reported_when_the_events_are_finished(void **state)
{
    struct sim_fixture *fixture = sim_fixture_new(1);
    FILE *full = fopen("/dev/full", "w");
    const struct mz_sim_event event = { 0, 0, "submit", 0, 0, -1, 0, 0, -1, NULL };
    struct mz_events_csv *csv;
    struct mz_error err = { 0 };

    (void)state;
    if (!full)
        skip();
    for (int32_t rows = 1; rows <= 100001; rows += 100000) {
        csv = mz_events_csv_create(full, fixture->fleet, &fixture->trace);
        for (int32_t i = 0; i < rows; i++)
            mz_events_csv_sink(csv)->event(mz_events_csv_sink(csv)->context, &event);
        assert_int_equal(mz_events_csv_finish(csv, &err), MZ_E_IO);
        assert_string_equal(
            err.text, "cannot write the events: No space left on device; the file is not complete");
    }
    assert_int_equal(mz_events_csv_finish(NULL, &err), MZ_OK);
    (void)fclose(full);
    sim_fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_leaves_out_columns_that_say_nothing),
        cmocka_unit_test(absent_numbers_are_dashes_in_the_table),
        cmocka_unit_test(the_json_has_the_keys_of_the_design_first),
        cmocka_unit_test(absent_numbers_and_bad_names_are_null_in_json),
        cmocka_unit_test(packing_is_told_by_seed_and_by_mean),
        cmocka_unit_test(a_synthetic_trace_is_called_so),
        cmocka_unit_test(the_summary_is_one_line_on_what_was_run),
        cmocka_unit_test(events_are_csv_to_the_byte),
        cmocka_unit_test(events_of_any_length_are_whole),
        cmocka_unit_test(a_full_disk_is_reported_when_the_events_are_finished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
