/* test_model_shape.c - shapes from the catalogue and from config.json, kind and hostile */
#include "size/model_shape.h"
#include "size_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void parameters_follow_from_the_shape(void **state)
{
    const struct mz_catalogue_table *models = mz_catalogue_find_table(size_catalogue(), "models");

    (void)state;
    for (size_t row = 0; row < models->row_count; row++) {
        struct mz_model_shape shape;
        double billions;
        double active;

        if (mz_model_shape_find(size_catalogue(), models->rows[row][0], &shape, NULL) != MZ_OK ||
            !mz_catalogue_number(models, row, "params_b_calc", &billions) ||
            !mz_catalogue_number(models, row, "active_b_calc", &active))
            continue;
        assert_true(fabs(mz_model_params(&shape) / 1e9 / billions - 1) < 0.005);
        if (shape.experts == 0)
            assert_true(fabs(mz_model_params(&shape) / 1e9 / active - 1) < 0.005);
    }
}

static void hybrids_have_the_size_of_their_name(void **state)
{
    struct mz_model_shape nano = size_model("nemotron-3-nano-30b-a3b");
    struct mz_model_shape super = size_model("nemotron-3-super-120b-a12b");
    struct mz_model_shape qwen = size_model("qwen3.5-397b-a17b");
    struct mz_model_shape other;
    struct mz_error err;

    (void)state;
    assert_true(fabs(mz_model_params(&qwen) / 1e9 / 397 - 1) < 0.03);
    assert_true(fabs(mz_model_active_params(&qwen, true) / 1e9 / 17 - 1) < 0.1);
    assert_true(fabs(mz_model_params(&nano) / 1e9 / 31.6 - 1) < 0.03);
    assert_true(fabs(mz_model_params(&super) / 1e9 / 120 - 1) < 0.05);
    assert_int_equal(mz_model_shape_find(size_catalogue(), "lama3-8b", &other, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "llama3-8b"));
}

static const char llama[] = "{\"model_type\": \"llama\", \"hidden_size\": 4096, "
                            "\"intermediate_size\": 14336, \"num_attention_heads\": 32, "
                            "\"num_hidden_layers\": 32, \"num_key_value_heads\": 8, "
                            "\"vocab_size\": 128256, \"tie_word_embeddings\": false}";

static void a_config_gives_the_shape_of_the_catalogue(void **state)
{
    struct mz_model_shape from_file;
    struct mz_model_shape known = size_model("llama3-8b");

    (void)state;
    assert_int_equal(
        mz_model_shape_parse("config.json", llama, sizeof(llama) - 1, &from_file, NULL), MZ_OK);
    assert_true(mz_model_params(&from_file) == mz_model_params(&known));
    assert_int_equal(from_file.head_dim, 128);
    assert_true(from_file.gated);
}

static void experts_and_latent_attention_are_read(void **state)
{
    static const char deepseek[] =
        "{\"hidden_size\": 7168, \"intermediate_size\": 18432, \"moe_intermediate_size\": 2048, "
        "\"num_attention_heads\": 128, \"num_hidden_layers\": 61, \"num_key_value_heads\": 128, "
        "\"vocab_size\": 129280, \"n_routed_experts\": 256, \"num_experts_per_tok\": 8, "
        "\"n_shared_experts\": 1, \"first_k_dense_replace\": 3, \"q_lora_rank\": 1536, "
        "\"kv_lora_rank\": 512, \"qk_rope_head_dim\": 64, \"qk_nope_head_dim\": 128, "
        "\"v_head_dim\": 128, \"num_nextn_predict_layers\": 1}";
    struct mz_model_shape shape;
    struct mz_model_shape known = size_model("deepseek-v3");

    (void)state;
    assert_int_equal(
        mz_model_shape_parse("config.json", deepseek, sizeof(deepseek) - 1, &shape, NULL), MZ_OK);
    assert_int_equal(shape.moe_layers, 58);
    assert_true(fabs(mz_model_params(&shape) / mz_model_params(&known) - 1) < 1e-9);
}

static void hostile_configs_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        enum mz_status status;
        const char *says;
    } cases[] = {
        { "", MZ_E_PARSE, "config.json" },
        { "[]", MZ_E_PARSE, "not an object" },
        { "{}", MZ_E_INPUT, "num_hidden_layers" },
        { "{\"a\": 1, \"a\": 2}", MZ_E_PARSE, "" },
        { "{\"num_hidden_layers\": -1}", MZ_E_RANGE, "num_hidden_layers" },
        { "{\"num_hidden_layers\": 1e30}", MZ_E_RANGE, "num_hidden_layers" },
        { "{\"num_hidden_layers\": 999999999, \"hidden_size\": 1, \"num_attention_heads\": 1, "
          "\"vocab_size\": 1}",
            MZ_E_RANGE, "layers" },
        { "{\"num_hidden_layers\": 2, \"hidden_size\": 64, \"num_attention_heads\": 4, "
          "\"vocab_size\": 10, \"num_experts\": 8, \"num_experts_per_tok\": 9, "
          "\"moe_intermediate_size\": 4}",
            MZ_E_RANGE, "experts a token" },
        { "{\"num_hidden_layers\": 2, \"hidden_size\": 64, \"num_attention_heads\": 4, "
          "\"vocab_size\": 10, \"num_key_value_heads\": 5}",
            MZ_E_RANGE, "kv_heads" },
        { "{\"hybrid_override_pattern\": \"M*\"}", MZ_E_INPUT, "not modelled" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_model_shape shape = { .layers = 77 };
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(
            mz_model_shape_parse("config.json", cases[i].text, strlen(cases[i].text), &shape, &err),
            cases[i].status);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_int_equal(shape.layers, 77); /* a failed call changes nothing */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_follow_from_the_shape),
        cmocka_unit_test(hybrids_have_the_size_of_their_name),
        cmocka_unit_test(a_config_gives_the_shape_of_the_catalogue),
        cmocka_unit_test(experts_and_latent_attention_are_read),
        cmocka_unit_test(hostile_configs_are_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
