/* test_synth.c - made traces: the load they offer, what they are fitted to, what is refused */
#include "sim/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define S INT64_C(1000000)

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

static struct mz_trace *make(struct mz_arena *arena, int64_t chips, int days, uint64_t seed)
{
    const struct mz_synth synth = { "llm", chips, days * 86400 * S, 0.8, seed };
    struct mz_trace *trace = NULL;
    struct mz_error err = { MZ_OK, "" };

    if (mz_trace_synthesise(arena, &synth, &trace, &err) != MZ_OK)
        fail_msg("%s", err.text);
    assert_true(trace->synthetic);
    assert_non_null(strstr(trace->synthetic_source, "NSDI'24"));
    return trace;
}

static double work_of(const struct mz_trace *trace)
{
    double work_s = 0;

    for (int64_t i = 0; i < trace->job_count; i++)
        work_s += trace->jobs[i].chips * ((double)trace->jobs[i].run_us / 1e6);
    return work_s;
}

static void made_traces_offer_the_load_asked_for(void **state)
{
    static const struct {
        int64_t chips;
        int days;
    } cases[] = { { 1, 30 }, { 96, 30 }, { 2416, 30 }, { 100000, 3 } };

    for (size_t i = 0; i < COUNT(cases); i++) {
        for (uint64_t seed = 0; seed < 3; seed++) {
            struct mz_trace *trace = make(*state, cases[i].chips, cases[i].days, seed);
            double load = work_of(trace) / ((double)cases[i].chips * cases[i].days * 86400);

            assert_true(load > 0.8 * 0.98 && load < 0.8 * 1.02);
            for (int64_t j = 0; j < trace->job_count; j++) {
                const struct mz_trace_job *job = &trace->jobs[j];

                assert_true(job->submit_us >= (j > 0 ? job[-1].submit_us : 0));
                assert_true(job->submit_us < cases[i].days * 86400 * S);
                assert_true(job->chips >= 1 && job->chips <= cases[i].chips);
                assert_true(job->run_us >= 1 && job->limit_us >= job->run_us);
            }
        }
    }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(value > expected - tolerance && value < expected + tolerance))
        fail_msg("%g is not within %g of %g", value, tolerance, expected);
}

/* The figures of the source, each with the tolerance that half a year of jobs needs. */
static void made_traces_look_like_their_source(void **state)
{
    struct mz_trace *trace = make(*state, 2416, 720, 1);
    int64_t *run_us = mz_arena_alloc(*state, (size_t)trace->job_count, sizeof(*run_us));
    double count = (double)trace->job_count;
    double chips = 0;
    double run_s = 0;
    double pretrain_s = 0;
    double pretrain = 0;
    double large_s = 0;
    double single = 0;

    for (int64_t i = 0; i < trace->job_count; i++) {
        const struct mz_trace_job *job = &trace->jobs[i];
        double work_s = job->chips * ((double)job->run_us / 1e6);
        bool is_pretrain = strncmp(job->name, "pretrain-", 9) == 0;

        run_us[i] = job->run_us;
        chips += job->chips;
        run_s += (double)job->run_us / 1e6;
        pretrain += is_pretrain;
        pretrain_s += is_pretrain ? work_s : 0;
        large_s += job->chips >= 256 ? work_s : 0;
        single += job->chips == 1;
        assert_int_equal(job->checkpoint_us, is_pretrain ? 1800 * S : -1);
    }
    qsort(run_us, (size_t)trace->job_count, sizeof(*run_us), by_value);
    assert_near(chips / count, 26.8, 1.5);
    assert_true(single / count > 0.5); /* median 1 */
    assert_near(run_s / count, 1260, 100);
    assert_near((double)run_us[trace->job_count / 2] / 1e6, 124, 5);
    assert_near(pretrain / count, 0.032, 0.002);
    assert_near(pretrain_s / work_of(trace), 0.94, 0.015);
    assert_true(large_s / work_of(trace) > 0.96);
}

static void one_seed_makes_one_trace(void **state)
{
    struct mz_trace *first = make(*state, 512, 20, 42);
    struct mz_trace *again = make(*state, 512, 20, 42);
    struct mz_trace *other = make(*state, 512, 20, 43);

    assert_int_equal(first->job_count, again->job_count);
    for (int64_t i = 0; i < first->job_count; i++) {
        const struct mz_trace_job *a = &first->jobs[i];
        const struct mz_trace_job *b = &again->jobs[i];

        assert_true(a->submit_us == b->submit_us && a->run_us == b->run_us &&
            a->limit_us == b->limit_us && a->chips == b->chips && a->team == b->team &&
            a->user == b->user && strcmp(a->name, b->name) == 0);
    }
    assert_true(other->job_count != first->job_count ||
        other->jobs[0].submit_us != first->jobs[0].submit_us);
}

static void a_trace_that_cannot_be_made_is_refused(void **state)
{
    static const struct {
        struct mz_synth synth;
        enum mz_status status;
        const char *words;
    } cases[] = {
        { { "lm", 8, S, 1, 1 }, MZ_E_INPUT, "'lm'; did you mean 'llm'?" },
        { { "llm", 0, S, 1, 1 }, MZ_E_RANGE, "fleet with chips" },
        { { "llm", 8, 0, 1, 1 }, MZ_E_RANGE, "span" },
        { { "llm", 8, S, 0, 1 }, MZ_E_RANGE, "load" },
        { { "llm", 8, S, -1, 1 }, MZ_E_RANGE, "load" },
        { { "llm", 8, S, 1e300, 1 }, MZ_E_RANGE, "load" },
        { { "llm", 1000000, INT64_C(36500) * 86400 * S, 1, 1 }, MZ_E_LIMIT, "jobs" },
    };
    struct mz_trace *trace = NULL;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(
            mz_trace_synthesise(*state, &cases[i].synth, &trace, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_null(trace);
    }
}

#define synth_test(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        synth_test(made_traces_offer_the_load_asked_for),
        synth_test(made_traces_look_like_their_source),
        synth_test(one_seed_makes_one_trace),
        synth_test(a_trace_that_cannot_be_made_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
