/* test_serve_validate.c - the reader of inference.csv, its readings of rows, and error tables */
#include "size/serve_validate.h"

#include "serve_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "id,source_id,engine,engine_version,model,chip,n_gpus,mode,tp,pp,ep,dp_attn,moe_tp,"           \
    "weight_precision,kv_precision,isl,osl,batch,concurrency,prefill_workers,prefill_tp,"          \
    "prefill_ep,prefill_dp_attn,prefill_batch,decode_workers,decode_tp,decode_ep,decode_dp_attn,"  \
    "decode_batch,metric,value,unit,ttft_ms,tpot_ms,out_tok_s_per_gpu,verified,source,notes\n"
#define LLAMA                                                                                      \
    "a,inferencex,vllm,1,llama3-70b,h100-sxm,4,agg,4,1,1,1,4,fp8,,1024,1024,16,16,,,,,,,,,,,"      \
    "ttft_and_tpot,13.2,tpot_ms,121,13.2,300,read,s,n\n"

static enum mz_status read_text(struct mz_arena *arena, const char *text, size_t length,
    struct mz_serve_validation *v, struct mz_error *err)
{
    return mz_serve_validation_read(arena, size_catalogue(), "f.csv", text, length, v, err);
}

/* Reads header + rows, predicts, and returns the rows. */
static struct mz_serve_validation read_rows(struct mz_arena *arena, const char *rows)
{
    struct mz_serve_validation v = { 0 };
    static struct mz_serve_params params;
    struct mz_error err = { MZ_OK, "" };
    char *text = mz_arena_printf(arena, "%s%s", HEADER, rows);

    params = serve_params();
    if (read_text(arena, text, strlen(text), &v, &err) != MZ_OK)
        fail_msg("%s", err.text);
    mz_serve_validation_predict(&v, size_params(), &params, true);
    return v;
}

static void broken_files_are_refused_with_file_and_line(void **state)
{
    static const struct {
        const char *text;
        enum mz_status status;
        const char *why;
    } cases[] = {
        { "", MZ_E_PARSE, "f.csv:1: the file is empty" },
        { "id,source_id\n", MZ_E_INPUT, "f.csv:1: no column 'engine'" },
        { HEADER "a,b,vllm,1,llama3-70b,h100-sxm,4,agg,x,1\n", MZ_E_PARSE, "f.csv:2: tp: not a" },
        { HEADER "a,b,vllm,1,llama3-70b,h100-sxm,4,agg,-4,1\n", MZ_E_RANGE, "f.csv:2: tp: out" },
        { HEADER "a,b,vllm,1,llama3-70b,h100-sxm,4,agg,1e9,1\n", MZ_E_RANGE, "f.csv:2: tp: out" },
        { HEADER "a,b,vllm,1,llama3-70b,h100-sxm,4,agg,1.5,1\n", MZ_E_PARSE, "not a whole" },
        { HEADER "a,b,vllm,1,llama3-70b,h100-sxm,4,agg,nan,1\n", MZ_E_PARSE, "f.csv:2: tp" },
        { HEADER LLAMA "a,b,vllm,1,llama3-70b,h100-sxm,4,guess,4,1\n", MZ_E_INPUT,
            "f.csv:3: mode" },
        { HEADER "\"a,b\n", MZ_E_PARSE, "f.csv:" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_arena *arena = mz_arena_create();
        struct mz_serve_validation v = { 0 };
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(
            read_text(arena, cases[i].text, strlen(cases[i].text), &v, &err), cases[i].status);
        if (!strstr(err.text, cases[i].why))
            fail_msg("'%s' lacks '%s'", err.text, cases[i].why);
        mz_arena_free(arena);
    }
}

static void changed_bytes_are_refused_or_predicted_with_finite_numbers(void **state)
{
    static const char base[] = HEADER LLAMA
        "b,inferencex,trtllm,1,deepseek-r1,b200-sxm,16,disagg,,,,,,fp8,,1024,1024,,64,1,8,8,1,1,1,"
        "1,"
        "8,8,32,ttft_and_tpot,13.2,tpot_ms,121,13.2,300,read,s,n\n"
        "c,o,tensorrt-llm,1,llama3-8b,h100-sxm,1,offline_max_throughput,1,1,,1,,fp8,fp8,128,128,,,,"
        ",,,,,,,,,output_throughput,20000,x,,,20000,read,s,n\n";
    static const char letters[] = "0123456789.-,\"\nexyz";
    unsigned seed = 20260823;
    struct mz_serve_params params = serve_params();

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 3000; round++) {
        struct mz_arena *arena = mz_arena_create();
        struct mz_serve_validation v = { 0 };
        struct mz_error err = { MZ_OK, "" };
        char text[sizeof(base)];
        size_t head = sizeof(HEADER) - 1;

        memcpy(text, base, sizeof(base));
        for (int i = 0; i < 1 + round % 6; i++)
            text[head + (size_t)rand() % (sizeof(base) - 1 - head)] =
                letters[(size_t)rand() % (sizeof(letters) - 1)];
        if (read_text(arena, text, sizeof(base) - 1, &v, &err) != MZ_OK) {
            assert_non_null(strstr(err.text, "f.csv:"));
        } else {
            mz_serve_validation_predict(&v, size_params(), &params, true);
            for (size_t i = 0; i < v.count; i++)
                assert_true(v.rows[i].skip || v.rows[i].out_of_memory ||
                    (isfinite(v.rows[i].predicted_tokens_s) && v.rows[i].result.tpot_s >= 0));
        }
        mz_arena_free(arena);
    }
}

static void a_published_run_is_predicted_in_the_right_order_of_size(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_serve_validation v = read_rows(arena, LLAMA);

    (void)state;
    assert_int_equal(v.count, 1);
    assert_null(v.rows[0].skip);
    assert_false(v.rows[0].out_of_memory);
    assert_true(fabs(v.rows[0].error_tpot) < 0.3 && fabs(v.rows[0].error_tokens) < 0.3);
    assert_true(v.rows[0].band.tpot > 1.05 && v.rows[0].band.rows > 0);
    mz_arena_free(arena);
}

static void an_expert_degree_counted_twice_is_taken_out(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_serve_validation v = read_rows(arena,
        "a,inferencex,sglang,1,deepseek-r1,b200-sxm,64,agg,64,1,8,1,8,nvfp4,,1024,1024,4,4,,,,,,,,,"
        ",,"
        "m,8,ms,189,8,7.8,read,s,n\n"
        "b,inferencex,sglang,1,deepseek-r1,b200-sxm,8,agg,8,1,8,1,1,nvfp4,,1024,1024,4,4,,,,,,,,,,,"
        "m,8,ms,189,8,62,read,s,n\n"
        "c,inferencex,trtllm,1,deepseek-r1,b200-sxm,64,agg,1,1,8,64,8,fp8,,1024,1024,64,64,,,,,,,,,"
        ",,m,18,ms,1809,18,53,read,s,n\n");

    (void)state;
    assert_int_equal(v.rows[0].layout.tp, 8);
    assert_int_equal(v.rows[1].layout.tp, 8);
    assert_true(fabs(v.rows[0].result.tpot_s / v.rows[1].result.tpot_s - 1) < 1e-12);
    assert_int_equal(v.rows[2].layout.dp, 8);
    mz_arena_free(arena);
}

static void rows_that_do_not_say_enough_are_skipped_with_the_reason(void **state)
{
    static const char *const why[] = { "lengths", "not one instance", "catalogue", "chip",
        "prefix cache", "concurrency" };
    struct mz_arena *arena = mz_arena_create();
    struct mz_serve_validation v = read_rows(arena,
        "a,s,vllm,1,llama3-8b,h200-sxm,1,agg,1,1,,1,,bf16,bf16,,,8,8,,,,,,,,,,,m,9,u,,9,9,read,s,"
        "n\n"
        "b,s,trtllm,1,deepseek-r1,gb200-nvl72,36,agg,36,1,1,1,36,fp8,,1024,1024,8,8,,,,,,,,,,,m,9,"
        "u,"
        "9,9,9,read,s,n\n"
        "c,s,vllm,1,no-model,h200-sxm,1,agg,1,1,,1,,bf16,bf16,9,9,8,8,,,,,,,,,,,m,9,u,9,9,9,read,s,"
        "n\n"
        "d,s,vllm,1,llama3-8b,no-chip,1,agg,1,1,,1,,bf16,bf16,9,9,8,8,,,,,,,,,,,m,9,u,9,9,9,read,s,"
        "n\n"
        "e,s,vllm,1,llama3-8b,h200-sxm,1,agg,1,1,,1,,fp8,fp8,8000,10,8,8,,,,,,,,,,,m,9,u,9,9,5000,"
        "read,s,n\n"
        "f,s,trtllm,1,deepseek-r1,b200-sxm,16,disagg,,,,,,fp8,,1024,1024,,,1,8,8,1,1,1,8,8,1,32,m,"
        "1,"
        "u,1,1,1,read,s,n\n");

    (void)state;
    assert_int_equal(v.skipped, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_non_null(v.rows[i].skip);
        if (!strstr(v.rows[i].skip, why[i]))
            fail_msg("row %zu: '%s' lacks '%s'", i, v.rows[i].skip, why[i]);
    }
    mz_arena_free(arena);
}

static void groups_count_each_row_once_and_rank_it(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    char *rows = mz_arena_strdup(arena, "");
    struct mz_serve_validation v;
    struct mz_serve_group *groups;
    size_t count;

    (void)state;
    for (int load = 1; load <= 64; load *= 2)
        rows = mz_arena_printf(arena,
            "%sa,inferencex,vllm,1,llama3-70b,h100-sxm,4,agg,4,1,1,1,4,fp8,,1024,1024,%d,%d,,,,,,,,"
            ",,"
            ",m,13.2,ms,121,%d,%d,read,s,n\n",
            rows, load, load, 10 + load, 25 * load);
    v = read_rows(arena, rows);
    count = mz_serve_validation_group(arena, &v, MZ_SERVE_GROUP_MODEL, MZ_SERVE_BY_TPOT, &groups);
    assert_int_equal(count, 1);
    assert_string_equal(groups[0].name, "llama3-70b");
    assert_int_equal(groups[0].summary.rows, 7);
    assert_true(fabs(groups[0].summary.spearman - 1) < 1e-12);
    assert_true(groups[0].summary.median <= groups[0].summary.p90 &&
        groups[0].summary.p90 <= groups[0].summary.max);
    mz_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_files_are_refused_with_file_and_line),
        cmocka_unit_test(changed_bytes_are_refused_or_predicted_with_finite_numbers),
        cmocka_unit_test(a_published_run_is_predicted_in_the_right_order_of_size),
        cmocka_unit_test(an_expert_degree_counted_twice_is_taken_out),
        cmocka_unit_test(rows_that_do_not_say_enough_are_skipped_with_the_reason),
        cmocka_unit_test(groups_count_each_row_once_and_rank_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
