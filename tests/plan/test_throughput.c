/* test_throughput.c - what a scenario leaves to room size, and what comes back */
#include "base/file.h"
#include "plan/plan_fixture.h"
#include "plan/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] =
    "mizan: 1\nname: t\nstart: 2026-01\nperiods: {months: 2}\n"
    "chips: {x1: {power: 1 kW/chip}}\npartners: {north: {}}\nsites: {north/a: {}}\n"
    "contracts:\n"
    "  c: {kind: on-demand, partner: north, pools: {north/a: [h100-sxm, gb200-nvl72, x1]},\n"
    "    price: 2 USD/chip-hour}\n"
    "workloads:\n"; /* workloads begin on line 12 */

struct loaded {
    struct mz_diags diags;
    enum mz_status status;
    const struct mz_scenario *scenario;
};

/* `file` is what paths of models are beside. */
static struct loaded load(
    struct plan_fixture *f, const char *file, const char *workloads, struct mz_rate_cache *cache)
{
    const char *text = mz_arena_printf(f->arena, "%s%s", head, workloads);
    struct mz_source source = { file, text, strlen(text) };
    struct loaded loaded = { .scenario = NULL };
    struct mz_study study = { .arena = f->arena,
        .source = &source,
        .catalogue = &f->catalogue,
        .diags = &loaded.diags,
        .rates = cache };

    mz_diags_init(&loaded.diags, f->arena);
    loaded.status = mz_study_load(&study, f->arena, NULL, 0, &loaded.diags, &loaded.scenario);
    return loaded;
}

static const struct mz_scenario *load_right(struct plan_fixture *f, const char *workloads)
{
    struct loaded loaded = load(f, "t.yaml", workloads, NULL);

    for (size_t i = 0; i < loaded.diags.count; i++)
        print_error("%d: %s %s\n", (int)loaded.diags.list[i].mark.line, loaded.diags.list[i].code,
            loaded.diags.list[i].message);
    assert_int_equal(loaded.status, MZ_OK);
    return loaded.scenario;
}

static const struct mz_assumption *assumed(const struct mz_scenario *scenario, const char *key)
{
    for (int32_t i = 0; i < scenario->assumption_count; i++) {
        if (strcmp(scenario->assumptions[i].key, key) == 0)
            return &scenario->assumptions[i];
    }
    return NULL;
}

/* -1: it cannot run there. */
static double throughput(const struct mz_scenario *scenario, int32_t w, const char *chip)
{
    const struct mz_workload *workload = &scenario->workloads[w];

    for (int32_t c = 0; c < scenario->chip_count; c++) {
        const struct mz_series *series = strcmp(scenario->chips[c].name, chip) != 0
            ? NULL
            : mz_chip_series_find(workload->throughput_tokens_per_s, workload->throughput_count, c);

        if (series)
            return mz_series_mean(series, &scenario->periods[1]);
    }
    return -1;
}

static void what_is_stated_stays_and_asks_nothing(void **state)
{
    const struct mz_scenario *s = load_right(*state,
        "  a: {kind: batch, model: llama3-8b, demand: 1B tokens/day, throughput: 7 tokens/s}\n"
        "  b: {kind: batch, model: llama3-8b, demand: 1B tokens/day,\n"
        "    throughput: {h100-sxm: 8 tokens/s}}\n");

    assert_true(throughput(s, 0, "x1") == 7);
    assert_true(throughput(s, 1, "h100-sxm") == 8);
    assert_true(throughput(s, 1, "gb200-nvl72") == -1);
    assert_null(assumed(s, "workloads.a.ttft"));
    assert_null(assumed(s, "workloads.b.throughput.gb200-nvl72"));
}

static void every_chip_on_offer_gets_an_answer_or_a_reason(void **state)
{
    const struct mz_scenario *s =
        load_right(*state, "  a: {kind: serve, model: deepseek-v3, demand: 1B tokens/day}\n");
    const struct mz_assumption *h100 = assumed(s, "workloads.a.throughput.h100-sxm");
    const struct mz_assumption *x1 = assumed(s, "workloads.a.throughput.x1");

    assert_non_null(h100);
    assert_non_null(h100->sized);
    assert_true(h100->sized->error_band > 0.05);
    assert_non_null(strstr(h100->sized->layout, "tp"));
    assert_string_equal(h100->source,
        "mizan size serve deepseek-v3 --chip h100-sxm --in 1000 --out 1000 --ttft 2s --tpot "
        "0.05s, times 60.0% load");
    assert_int_equal(h100->mark.line, 12);
    assert_near(throughput(s, 0, "h100-sxm"), h100->sized->tokens_per_s_per_chip);
    assert_true(throughput(s, 0, "gb200-nvl72") > throughput(s, 0, "h100-sxm"));
    assert_non_null(x1);
    assert_null(x1->sized->layout);
    assert_string_equal(x1->value, "left out");
    assert_non_null(strstr(x1->source, "not in the catalogue"));
    assert_true(throughput(s, 0, "x1") == -1);
    assert_string_equal(assumed(s, "workloads.a.ttft")->value, "2 s");
    assert_string_equal(assumed(s, "workloads.a.tpot")->value, "50 ms");
    assert_string_equal(assumed(s, "workloads.a.load")->value, "60%");
    assert_string_equal(assumed(s, "workloads.a.tokens.in")->value, "1000 tokens");
}

static void what_is_stated_beside_it_is_kept(void **state)
{
    const struct mz_scenario *s = load_right(*state,
        "  a: {kind: batch, model: llama3-8b, demand: 1B tokens/day,\n"
        "    throughput: {x1: 5 tokens/s, others: size}}\n"
        "  b: {kind: batch, model: llama3-8b, demand: 1B tokens/day,\n"
        "    throughput: {h100-sxm: size}}\n");

    assert_true(throughput(s, 0, "x1") == 5);
    assert_null(assumed(s, "workloads.a.throughput.x1"));
    assert_true(throughput(s, 0, "h100-sxm") > 1000);
    assert_true(throughput(s, 0, "h100-sxm") == throughput(s, 1, "h100-sxm"));
    assert_true(throughput(s, 1, "gb200-nvl72") == -1);
}

static void load_and_targets_count(void **state)
{
    const struct mz_scenario *s = load_right(*state,
        "  a: {kind: serve, model: llama3-70b, demand: 1B tokens/day, load: 100%}\n"
        "  b: {kind: serve, model: llama3-70b, demand: 1B tokens/day, load: 50%}\n"
        "  c: {kind: serve, model: llama3-70b, demand: 1B tokens/day, load: 100%,\n"
        "    tpot: 20 ms, tokens: {in: 1000, out: 1000}}\n"
        "  d: {kind: batch, model: llama3-70b, demand: 1B tokens/day}\n");
    double full = throughput(s, 0, "h100-sxm");

    assert_true(fabs(throughput(s, 1, "h100-sxm") / full - 0.5) < 1e-3);
    assert_true(throughput(s, 2, "h100-sxm") < full);
    assert_true(throughput(s, 3, "h100-sxm") >= full);
    assert_null(assumed(s, "workloads.a.load"));
    assert_null(assumed(s, "workloads.c.tokens.in"));
    assert_null(assumed(s, "workloads.d.ttft"));
}

static void a_training_run_is_asked_at_its_scale(void **state)
{
    const struct mz_scenario *s = load_right(*state,
        "  a: {kind: train, model: llama3-70b, tokens: 15T, window: {from: 2026-01, to: 2026-02},\n"
        "    chips: {min: 10k chips, max: 20k chips}}\n"
        "  b: {kind: train, model: llama3-70b, tokens: 1T, window: {from: 2026-01, to: "
        "2026-02}}\n");
    const struct mz_assumption *a = assumed(s, "workloads.a.throughput.h100-sxm");
    const struct mz_assumption *b = assumed(s, "workloads.b.throughput.h100-sxm");

    assert_non_null(strstr(a->source, " --chips 16384 "));
    assert_non_null(strstr(a->source, "% goodput"));
    assert_non_null(strstr(b->source, " --chips 256 ")); /* 6 x 70e9 x 1e12 at 40 % in 59 days */
    assert_true(b->sized->tokens_per_s_per_chip > a->sized->tokens_per_s_per_chip);
}

static void a_workload_that_nothing_can_run_is_an_error_with_its_place(void **state)
{
    struct plan_fixture *f = *state;
    struct loaded none = load(f, "t.yaml",
        "  a: {kind: batch, model: llama3-8b, demand: 1B tokens/day}\n"
        "  b: {kind: serve, model: deepseek-v3, tpot: 1 ms, demand: 1B tokens/day}\n",
        NULL);

    assert_int_equal(none.status, MZ_E_INPUT);
    assert_int_equal(none.diags.count, 1);
    assert_string_equal(none.diags.list[0].code, "M0138");
    assert_int_equal(none.diags.list[0].mark.line, 13);
    assert_int_equal(none.diags.list[0].mark.column, 3);
    assert_non_null(strstr(none.diags.list[0].note, "h100-sxm: no layout keeps 2 s"));
    assert_non_null(strstr(none.diags.list[0].note, "x1: the chip is not in the catalogue"));
}

static void a_model_may_be_a_config_beside_the_file(void **state)
{
    static const char config[] =
        "{\"hidden_size\": 4096, \"num_hidden_layers\": 32, \"num_attention_heads\": 32, "
        "\"num_key_value_heads\": 8, \"intermediate_size\": 14336, \"vocab_size\": 128256, "
        "\"hidden_act\": \"silu\", \"model_type\": \"llama\"}";
    struct plan_fixture *f = *state;
    char folder[] = "/tmp/mizan-throughput-XXXXXX";
    struct mz_error err = { MZ_OK, "" };
    const char *file;
    const char *model;
    struct loaded found;
    struct loaded missing;

    assert_non_null(mkdtemp(folder));
    file = mz_arena_printf(f->arena, "%s/case.yaml", folder);
    model = mz_arena_printf(f->arena, "%s/config.json", folder);
    assert_int_equal(mz_file_write(model, config, strlen(config), &err), MZ_OK);
    found = load(f, file, "  a: {kind: batch, model: config.json, demand: 1B tokens/day}\n", NULL);
    missing = load(f, file, "  a: {kind: batch, model: none.json, demand: 1B tokens/day}\n", NULL);
    (void)unlink(model);
    (void)rmdir(folder);
    assert_int_equal(found.status, MZ_OK);
    assert_true(throughput(found.scenario, 0, "h100-sxm") > 0);
    assert_int_equal(missing.status, MZ_E_INPUT);
    assert_string_equal(missing.diags.list[0].code, "M0137");
    assert_int_equal(missing.diags.list[0].mark.line, 12);
    assert_int_equal(missing.diags.list[0].mark.column, 27);
    assert_non_null(strstr(missing.diags.list[0].label, "none.json"));
}

static void answers_are_kept_between_loads(void **state)
{
    struct plan_fixture *f = *state;
    static const char text[] = "  a: {kind: serve, model: deepseek-v3, demand: 1B tokens/day}\n";
    struct mz_rate_cache *cache = mz_rate_cache_create(f->arena, &f->catalogue);
    struct loaded first = load(f, "t.yaml", text, cache);
    struct loaded again = load(f, "t.yaml", text, cache);
    struct loaded alone = load(f, "t.yaml", text, NULL);
    const char *key = "workloads.a.throughput.h100-sxm";

    assert_ptr_equal(assumed(first.scenario, key)->sized->layout,
        assumed(again.scenario, key)->sized->layout); /* the same answer, not an equal one */
    assert_true(
        throughput(first.scenario, 0, "h100-sxm") == throughput(alone.scenario, 0, "h100-sxm"));
    assert_int_equal(first.scenario->assumption_count, alone.scenario->assumption_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        plan_test(what_is_stated_stays_and_asks_nothing),
        plan_test(every_chip_on_offer_gets_an_answer_or_a_reason),
        plan_test(what_is_stated_beside_it_is_kept),
        plan_test(load_and_targets_count),
        plan_test(a_training_run_is_asked_at_its_scale),
        plan_test(a_workload_that_nothing_can_run_is_an_error_with_its_place),
        plan_test(a_model_may_be_a_config_beside_the_file),
        plan_test(answers_are_kept_between_loads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
