/* test_serve_step.c - time and memory of one engine step */
#include "serve_fixture.h"
#include "size/collective.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_step_drafts_one_more_token_for_each_accepted(void **state)
{
    (void)state;
    assert_true(fabs(mz_spec_tokens_per_step(0, 0.9) - 1) < 1e-12);
    assert_true(fabs(mz_spec_tokens_per_step(3, 0.5) - 1.875) < 1e-12);
    assert_true(fabs(mz_spec_tokens_per_step(3, 1) - 4) < 1e-12);
    assert_true(fabs(mz_spec_tokens_per_step(3, 0) - 1) < 1e-12);
}

static void few_tokens_touch_few_experts_and_many_touch_all(void **state)
{
    (void)state;
    assert_true(fabs(mz_experts_touched(256, 8, 1) - 8) < 1e-9);
    assert_true(mz_experts_touched(256, 8, 4) < 32);
    assert_true(mz_experts_touched(256, 8, 10000) > 255.99);
    assert_true(mz_experts_touched(0, 0, 10) <= 0);
}

static void a_decode_step_reads_every_weight_once(void **state)
{
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout tp4 = { 4, 1, 1, 1 };
    struct mz_step_load load = { .batch = 1, .context = 1 };
    struct mz_step_time step;
    double head = mz_model_embedding_params(&shape);
    double bytes = (mz_model_params(&shape) - 2 * head + 2 * head) / 4;

    (void)state;
    mz_serve_step(&c, &tp4, &load, &step);
    assert_true(fabs(step.floor_s * chip.hbm_bytes_per_s / bytes - 1) < 0.02);
    assert_true(step.total > step.floor_s);
}

static void the_total_is_the_sum_of_the_terms(void **state)
{
    struct mz_model_shape shape = size_model("deepseek-v3");
    struct mz_size_chip chip = size_chip("b200-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout dep = { .tp = 1, .dp = 8, .ep = 8, .pp = 1 };
    struct mz_step_load load = { 64, 4000, 2048, 1024 };
    struct mz_step_time s;

    (void)state;
    for (c.spec_tokens = 0; c.spec_tokens <= 3; c.spec_tokens++) {
        mz_serve_step(&c, &dep, &load, &s);
        assert_true(fabs(s.gemm + s.experts + s.attention + s.elementwise + s.gaps + s.reduce +
                        s.exchange + s.head + s.host - s.total) < 1e-12);
        assert_true(s.exchange > 0 && s.experts > 0);
    }
}

static void more_of_anything_takes_longer(void **state)
{
    static const char *const models[] = { "llama3-8b", "gpt-oss-120b", "deepseek-v3" };
    struct mz_size_chip chip = size_chip("h200-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_layout tp4 = { 4, 1, 1, 1 };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct mz_model_shape shape = size_model(models[i]);
        struct mz_serve_case c = serve_case(&shape, &chip, &params);
        struct mz_step_load load = { 8, 1000, 0, 0 };
        struct mz_step_time base, batch, context, prefill;

        mz_serve_step(&c, &tp4, &load, &base);
        load.batch = 64;
        mz_serve_step(&c, &tp4, &load, &batch);
        load.context = 8000;
        mz_serve_step(&c, &tp4, &load, &context);
        load.prefill_tokens = 2048;
        load.prefill_context = 1024;
        mz_serve_step(&c, &tp4, &load, &prefill);
        assert_true(base.total < batch.total && batch.total < context.total);
        assert_true(context.total < prefill.total);
    }
}

static double reduce_of_one_s(double prompt, int32_t tp)
{
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout layout = { tp, 1, 1, 1 };
    struct mz_step_load load = { .batch = 1, .context = 100, .prefill_tokens = prompt };
    struct mz_step_time step;

    mz_serve_step(&c, &layout, &load, &step);
    return step.reduce / 160;
}

/* Published: 2.3 us of latency on 8 chips at best (NCCL issue 1940), 15.8 us by the library's ring. */
static void a_small_all_reduce_takes_one_step_for_any_number_of_chips(void **state)
{
    (void)state;
    assert_true(reduce_of_one_s(0, 8) > 2.3e-6 && reduce_of_one_s(0, 8) < 15.8e-6);
    assert_true(reduce_of_one_s(0, 8) / reduce_of_one_s(0, 2) < 1.1);
    assert_true(reduce_of_one_s(0, 1) <= 0);
}

static void a_large_all_reduce_is_the_library_s(void **state)
{
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_size_params params;
    struct mz_group eight = { .size = 8, .stride = 1 };
    double bytes = 8001 * 2 * 8192.0;

    (void)state;
    mz_size_params_default(&params);
    assert_true(fabs(reduce_of_one_s(8000, 8) /
                        mz_collective_s(&chip, &params, MZ_ALL_REDUCE, eight, bytes) -
                    1) < 1e-9);
}

/* One token reads the experts it chose; many tokens pay for their FLOP. */
static void a_block_of_experts_takes_its_bytes_or_its_flop(void **state)
{
    struct mz_model_shape shape = size_model("qwen3-30b-a3b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout one = { 1, 1, 1, 1 };
    struct mz_step_load load = { .batch = 1, .context = 100 };
    double weights = 3.0 * shape.hidden * shape.expert_ffn;
    double flop = 2 * weights * shape.topk;
    struct mz_step_time step;
    double bytes_s, flop_s;

    (void)state;
    c.weights = MZ_WEIGHTS_16;
    mz_serve_params_bare(&params);
    mz_serve_step(&c, &one, &load, &step);
    bytes_s = shape.topk * weights * 2 / chip.hbm_bytes_per_s;
    assert_true(step.experts / shape.moe_layers > bytes_s);
    assert_true(step.experts / shape.moe_layers < 2 * bytes_s);
    load.batch = 65536;
    mz_serve_step(&c, &one, &load, &step);
    flop_s = load.batch * flop / chip.gemm[MZ_DTYPE_16].flops_inf;
    assert_true(step.experts / shape.moe_layers > flop_s);
    assert_true(step.experts / shape.moe_layers < 2.5 * flop_s);
}

static void a_bare_stack_leaves_the_host_out(void **state)
{
    struct mz_model_shape shape = size_model("llama3-8b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout one = { 1, 1, 1, 1 };
    struct mz_step_load load = { .batch = 64, .context = 1000 };
    struct mz_step_time with, bare;

    (void)state;
    for (int engine = 0; engine < MZ_ENGINE_COUNT; engine++) {
        c.engine = (enum mz_serve_engine)engine;
        mz_serve_params_default(&params);
        mz_serve_step(&c, &one, &load, &with);
        mz_serve_params_bare(&params);
        mz_serve_step(&c, &one, &load, &bare);
        assert_true(with.host > 0 && !(bare.host > 0));
        assert_true(fabs(with.total - with.host - bare.total) < 1e-12);
    }
}

static void small_weights_help_a_chip_that_has_to_widen_them(void **state)
{
    struct mz_model_shape shape = size_model("gpt-oss-120b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout tp2 = { 2, 1, 1, 1 };
    struct mz_step_load load = { .batch = 64, .context = 1000 };
    struct mz_step_time wide, small;

    (void)state;
    c.weights = MZ_WEIGHTS_16;
    mz_serve_step(&c, &tp2, &load, &wide);
    c.weights = MZ_WEIGHTS_FP4;
    mz_serve_step(&c, &tp2, &load, &small);
    assert_true(small.experts < wide.experts);
}

static void the_cache_of_llama_70b_is_160_kib_a_token_in_8_bits(void **state)
{
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_serve_layout one = { 1, 1, 1, 1 };
    struct mz_serve_layout tp16 = { 16, 1, 1, 1 };
    struct mz_serve_memory memory;

    (void)state;
    mz_serve_memory(&c, &one, &memory);
    assert_true(fabs(memory.kv_per_token - 163840) < 1e-6);
    mz_serve_memory(&c, &tp16, &memory); /* 8 heads on 16 chips: every head is held twice */
    assert_true(fabs(memory.kv_per_token - 163840 / 8.0) < 1e-6);
}

static void a_layout_that_cannot_run_is_refused_with_the_reason(void **state)
{
    static const struct {
        struct mz_serve_layout layout;
        const char *why;
    } cases[] = {
        { { 0, 1, 1, 1 }, "1 or more" },
        { { 3, 1, 1, 1 }, "divide" },
        { { 8, 1, 8, 1 }, "experts" },
        { { 1, 1, 1, 1000 }, "fewer" },
        { { 1 << 20, 1 << 20, 1, 1 << 20 }, "1 or more" },
    };
    struct mz_model_shape shape = size_model("llama3-70b");
    struct mz_size_chip chip = size_chip("h100-sxm");
    struct mz_serve_params params = serve_params();
    struct mz_serve_case c = serve_case(&shape, &chip, &params);
    struct mz_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_not_equal(mz_serve_layout_check(&c, &cases[i].layout, &err), MZ_OK);
        assert_non_null(strstr(err.text, cases[i].why));
    }
}

static void constants_are_set_by_name_only(void **state)
{
    struct mz_serve_params params = serve_params();
    struct mz_error err;

    (void)state;
    assert_int_equal(mz_serve_params_set(&params, "mla_bw=3.5", &err), MZ_OK);
    assert_true(fabs(params.mla_bw - 3.5) < 1e-12);
    assert_int_equal(mz_serve_params_set(&params, "mla_bw=-1", &err), MZ_E_INPUT);
    assert_int_equal(mz_serve_params_set(&params, "mla_bw=nan", &err), MZ_E_INPUT);
    assert_int_equal(mz_serve_params_set(&params, "moe=1", &err), MZ_E_INPUT);
    assert_int_equal(mz_serve_params_set(&params, "mla_bw", &err), MZ_E_INPUT);
    for (int i = 0; i < MZ_SERVE_PARAM_COUNT; i++)
        assert_true(strlen(mz_serve_param_name(i)) > 0 && strlen(mz_serve_param_text(i)) > 0 &&
            mz_serve_param_get(&params, i) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_drafts_one_more_token_for_each_accepted),
        cmocka_unit_test(few_tokens_touch_few_experts_and_many_touch_all),
        cmocka_unit_test(a_decode_step_reads_every_weight_once),
        cmocka_unit_test(the_total_is_the_sum_of_the_terms),
        cmocka_unit_test(more_of_anything_takes_longer),
        cmocka_unit_test(a_small_all_reduce_takes_one_step_for_any_number_of_chips),
        cmocka_unit_test(a_large_all_reduce_is_the_library_s),
        cmocka_unit_test(a_block_of_experts_takes_its_bytes_or_its_flop),
        cmocka_unit_test(a_bare_stack_leaves_the_host_out),
        cmocka_unit_test(small_weights_help_a_chip_that_has_to_widen_them),
        cmocka_unit_test(the_cache_of_llama_70b_is_160_kib_a_token_in_8_bits),
        cmocka_unit_test(a_layout_that_cannot_run_is_refused_with_the_reason),
        cmocka_unit_test(constants_are_set_by_name_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
