/* test_validate.c - validation files, kind and hostile, and the statistics of errors by hand */
#include "base/file.h"
#include "size/validate.h"
#include "size_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "id,source_id,task,model,layers,hidden,heads,kv_heads,ffn,gated,vocab,n_experts,topk,moe_ffn," \
    "seq,chip,n_gpus,tp,seq_par,cp,pp,vp,ep,dp,zero,mbs,gbs,precision,recompute,step_time_s,"      \
    "tokens_per_s_per_gpu,tflops_per_gpu,flops_kind,mfu,samples_per_s,gpu_hours,total_tokens,"     \
    "power_w_per_gpu,primary_metric,verified,source,notes\n"
#define ROW(id, source, seconds, verified, notes)                                                  \
    id "," source ",pretrain,gpt-22b,48,6144,64,64,24576,0,51200,,,,2048,a100-80g-sxm,8,8,1,1,1,"  \
       "1,,1,0,4,4,fp16,selective," seconds ",,,,,,,,,step_time_s," verified ",x," notes "\n"

static enum mz_status read_text(
    struct mz_arena *arena, const char *text, struct mz_validation *v, struct mz_error *err)
{
    return mz_validation_read(arena, size_catalogue(), "file.csv", text, strlen(text), v, err);
}

static void rows_are_skipped_with_a_reason(void **state)
{
    static const char text[] = HEADER ROW("a", "s1", "1.1", "read", "")
        ROW("b", "s1", "1.1", "\"recalled, unverified\"", "")
            ROW("c", "s1", "1.1", "read", "KNOWN REGRESSION in this container")
                ROW("d", "s1", "1.1", "read", "step_time_s here INCLUDES evaluation")
                    ROW("e", "s1", "", "read", "");
    static const char *const reasons[] = { NULL, "recalled", "regression", "evaluation",
        "no value" };
    struct mz_arena *arena = mz_arena_create();
    struct mz_validation v;

    (void)state;
    assert_int_equal(read_text(arena, text, &v, NULL), MZ_OK);
    assert_int_equal(v.count, 5);
    assert_int_equal(v.skipped, 4);
    for (size_t i = 0; i < v.count; i++) {
        if (!reasons[i])
            assert_null(v.rows[i].skip);
        else
            assert_non_null(strstr(v.rows[i].skip, reasons[i]));
    }
    mz_arena_free(arena);
}

static void hostile_files_stop_with_file_and_line(void **state)
{
    static const struct {
        const char *text;
        enum mz_status status;
        const char *says;
    } cases[] = {
        { "", MZ_E_INPUT, "file.csv:1" },
        { "a,b\n1,2\n", MZ_E_INPUT, "not a training file" },
        { HEADER "only,three,fields\n", MZ_E_PARSE, "file.csv:2" },
        { HEADER ROW("a", "s", "abc", "read", ""), MZ_E_PARSE, "file.csv:2: step_time_s" },
        { HEADER ROW("a", "s", "-1", "read", ""), MZ_E_RANGE, "file.csv:2: step_time_s" },
        { HEADER ROW("a", "s", "nan", "read", ""), MZ_E_PARSE, "file.csv:2: step_time_s" },
        { HEADER ROW("a", "s", "1e999", "read", ""), MZ_E_PARSE, "file.csv:2: step_time_s" },
        { HEADER "x,s,pretrain,gpt-22b,,,,,,,,,,,2048,a100-80g-sxm,1.5,,,,,,,,,,4,,,1,,,,,,,,,"
                 "step_time_s,read,,\n",
            MZ_E_PARSE, "file.csv:2: n_gpus" },
        { HEADER "x,s,pretrain,(odd),3,0,4,4,8,0,10,,,,2048,a100-80g-sxm,8,,,,,,,,,,4,,,1,,,,,,,,,"
                 "step_time_s,read,,\n",
            MZ_E_RANGE, "hidden" },
        { HEADER "x,s,pretrain,gpt-22b,,,,,,,,,,,2048,a100-80g-sxm,8,,,,,,,,,,4,,,1,,,,,,,,,"
                 "weather,read,,\n",
            MZ_E_INPUT, "file.csv:2: primary_metric" },
        { HEADER "\"x", MZ_E_PARSE, "file.csv:2" },
        { "n_gpus,gbs,mbs,hidden,heads,layers,seq,tp,dp,pp,step_time_ms\n2,16,8,-4,16,24,1024,1,1,"
          "2,372\n",
            MZ_E_RANGE, "file.csv:2: hidden" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_arena *arena = mz_arena_create();
        struct mz_validation v = { NULL, 99, 0 };
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(read_text(arena, cases[i].text, &v, &err), cases[i].status);
        if (!strstr(err.text, cases[i].says))
            fail_msg("case %zu: '%s' does not say '%s'", i, err.text, cases[i].says);
        assert_int_equal(v.count, 99);
        mz_arena_free(arena);
    }
}

/* Layouts that divide by nothing, unknown chips and giant numbers end in reasons, not in traps. */
static void odd_rows_end_in_reasons(void **state)
{
    static const char text[] = HEADER
        "a,s,pretrain,gpt-22b,,,,,,,,,,,2048,a100-80g-sxm,8,7,1,1,1,1,,1,0,4,4,fp16,full,1,,,,,,,,,"
        "step_time_s,read,,\n"
        "b,s,pretrain,gpt-22b,,,,,,,,,,,2048,abacus,8,8,1,1,1,1,,1,0,4,4,fp16,full,1,,,,,,,,,"
        "step_time_s,read,,\n"
        "c,s,pretrain,gpt-22b,,,,,,,,,,,2048,a100-80g-sxm,8,8,1,1,1,1,,1,0,1000000,4,fp16,full,1,,"
        ",,,,,,,step_time_s,read,,\n"
        "d,s,pretrain,gpt-22b,,,,,,,,,,,268435456,a100-80g-sxm,16777216,8,1,1,1,1,,1,0,1,"
        "268435456,fp16,full,1,,,,,,,,,step_time_s,read,,\n"
        "e,s,pretrain,no-such-model,,,,,,,,,,,2048,a100-80g-sxm,8,8,1,1,1,1,,1,0,1,4,fp16,full,1,,"
        ",,,,,,,step_time_s,read,,\n"
        "f,s,pretrain,gpt-22b,,,,,,,,,,,2048,a100-80g-sxm,8,8,1,1,1,1,,1,0,1,4,fp8,full,1,,,,,,,,,"
        "step_time_s,read,,\n";
    struct mz_arena *arena = mz_arena_create();
    struct mz_validation v;

    (void)state;
    assert_int_equal(read_text(arena, text, &v, NULL), MZ_OK);
    mz_validation_predict(&v, size_params(), false, size_memo());
    for (size_t i = 0; i < v.count; i++)
        assert_true(v.rows[i].skip != NULL || isfinite(v.rows[i].error));
    assert_non_null(v.rows[1].skip);
    assert_non_null(v.rows[4].skip);
    assert_non_null(strstr(v.rows[5].skip, "fp8"));
    mz_arena_free(arena);
}

static void every_source_weighs_the_same(void **state)
{
    static const char text[] = HEADER ROW("a", "s1", "1", "read", "")
        ROW("b", "s1", "1", "read", "") ROW("c", "s2", "1", "read", "");
    static const double errors[] = { 0.10, -0.20, 0.50 };
    struct mz_arena *arena = mz_arena_create();
    struct mz_error_group *groups;
    struct mz_validation v;

    (void)state;
    assert_int_equal(read_text(arena, text, &v, NULL), MZ_OK);
    for (size_t i = 0; i < 3; i++) {
        v.rows[i].predicted = v.rows[i].measured * (1 + errors[i]);
        v.rows[i].error = errors[i];
        v.rows[i].band = 0.3;
    }
    assert_int_equal(mz_validation_group(arena, &v, MZ_BY_ALL, &groups), 1);
    assert_int_equal(groups[0].summary.sources, 2);
    assert_true(fabs(groups[0].summary.mean - (0.15 / 2 + 0.5 / 2)) < 1e-12);
    assert_true(fabs(groups[0].summary.median - 0.20) < 1e-12);
    assert_true(fabs(groups[0].summary.max - 0.50) < 1e-12);
    assert_true(fabs(groups[0].summary.inside - 0.5) < 1e-12);
    assert_int_equal(mz_validation_group(arena, &v, MZ_BY_SOURCE, &groups), 2);
    assert_string_equal(groups[1].name, "s2");
    assert_true(fabs(groups[0].summary.mean - 0.15) < 1e-12);
    mz_arena_free(arena);
}

static void a_grid_tells_what_the_choice_costs(void **state)
{
    static const char text[] = HEADER ROW("a", "s1", "1.0", "read", "") ROW("b", "s1", "1.1",
        "read", "") ROW("c", "s1", "1.5", "read", "") ROW("d", "s1", "1.2", "read", "");
    static const double predicted[] = { 1.05, 1.0, 1.3, 1.2 };
    struct mz_arena *arena = mz_arena_create();
    struct mz_grid_choice *grids;
    struct mz_validation v;

    (void)state;
    assert_int_equal(read_text(arena, text, &v, NULL), MZ_OK);
    for (size_t i = 0; i < 4; i++)
        v.rows[i].predicted = predicted[i];
    assert_int_equal(mz_validation_grids(arena, &v, &grids), 1);
    assert_int_equal(grids[0].rows, 4);
    assert_true(fabs(grids[0].loss - 0.1) < 1e-12);
    assert_int_equal(grids[0].rank, 2);
    mz_arena_free(arena);
}

/* The published runs, when the file is at hand (MIZAN_TRAINING_CSV): the goals of the model. */
static void published_runs_meet_the_goals(void **state)
{
    const char *path = getenv("MIZAN_TRAINING_CSV");
    struct mz_arena *arena = mz_arena_create();
    struct mz_error_group *groups;
    struct mz_validation v;
    char *bytes;
    size_t length;

    (void)state;
    if (!path)
        skip();
    assert_int_equal(
        mz_file_read(arena, path, MZ_VALIDATION_BYTES_MAX, &bytes, &length, NULL), MZ_OK);
    assert_int_equal(
        mz_validation_read(arena, size_catalogue(), path, bytes, length, &v, NULL), MZ_OK);
    mz_validation_predict(&v, size_params(), false, size_memo());
    assert_int_equal(mz_validation_group(arena, &v, MZ_BY_ALL, &groups), 1);
    print_message("mean %.2f %%, inside the band %.0f %%\n", 100 * groups[0].summary.mean,
        100 * groups[0].summary.inside);
    assert_true(groups[0].summary.mean <= 0.08);
    assert_int_equal(groups[0].summary.out_of_memory, 0);
    mz_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_skipped_with_a_reason),
        cmocka_unit_test(hostile_files_stop_with_file_and_line),
        cmocka_unit_test(odd_rows_end_in_reasons),
        cmocka_unit_test(every_source_weighs_the_same),
        cmocka_unit_test(a_grid_tells_what_the_choice_costs),
        cmocka_unit_test(published_runs_meet_the_goals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
