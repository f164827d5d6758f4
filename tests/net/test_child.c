/* test_child.c - commands that behave and commands that do not */
#include "net/child.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct told {
    int32_t count;
    bool started;
    bool timed_out;
    bool is_cut;
    int32_t exit_code;
    char out[4096];
    size_t out_length;
    char error_out[4096];
    size_t error_length;
    char error[512];
};

static void on_done(void *context, const struct mz_child_answer *answer)
{
    struct told *told = context;

    told->count++;
    told->started = answer->started;
    told->timed_out = answer->timed_out;
    told->is_cut = answer->is_cut;
    told->exit_code = answer->exit_code;
    told->out_length = answer->out_length;
    told->error_length = answer->error_length;
    assert_int_equal(answer->out[answer->out_length], 0);
    assert_int_equal(answer->error_out[answer->error_length], 0);
    (void)snprintf(told->out, sizeof(told->out), "%.4000s", answer->out);
    (void)snprintf(told->error_out, sizeof(told->error_out), "%.4000s", answer->error_out);
    (void)snprintf(told->error, sizeof(told->error), "%.500s", answer->error);
}

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static struct mz_child_spec shell(const char *const *argv)
{
    return (struct mz_child_spec){ .argv = argv, .timeout_ms = 20000, .output_bytes_max = 2000 };
}

static struct told run_spec(const struct mz_child_spec *spec, int64_t kill_after_ms)
{
    struct told told = { 0 };
    uv_loop_t loop;
    struct mz_child *child;
    int64_t begin = now_ms();

    assert_int_equal(uv_loop_init(&loop), 0);
    child = mz_child_start(&loop, spec, on_done, &told);
    assert_int_equal(told.count, 0);
    while (kill_after_ms > 0 && now_ms() - begin < kill_after_ms)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    if (kill_after_ms >= 0)
        mz_child_kill(child);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(told.count, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
    return told;
}

static struct told run(const char *script)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    struct mz_child_spec spec = shell(argv);

    return run_spec(&spec, -1);
}

static void a_command_says_what_it_says(void **state)
{
    struct told told = run("echo out; echo err >&2; echo more > /dev/stderr; exit 3");

    (void)state;
    assert_true(told.started);
    assert_false(told.timed_out);
    assert_false(told.is_cut);
    assert_int_equal(told.exit_code, 3);
    assert_string_equal(told.out, "out\n");
    assert_string_equal(told.error_out, "err\nmore\n");
    assert_string_equal(told.error, "");
    assert_int_equal(run("kill -TERM $$").exit_code, 128 + SIGTERM);
}

static void a_command_that_is_not_there_did_not_start(void **state)
{
    const char *argv[] = { "no-such-command-here", NULL };
    struct mz_child_spec spec = shell(argv);
    struct told told = run_spec(&spec, -1);

    (void)state;
    assert_false(told.started);
    assert_non_null(strstr(told.error, "'no-such-command-here'"));
    assert_non_null(strstr(told.error, "no such file"));
    spec.input = "x";
    spec.input_length = 1;
    argv[0] = "/tmp";
    assert_false(run_spec(&spec, 0).started); /* kill has nothing to kill */
}

static void input_is_fed_and_ended(void **state)
{
    const char *argv[] = { "sh", "-c", "wc -c; echo done", NULL };
    struct mz_child_spec spec = shell(argv);
    char *input = calloc(1, 3000000);

    (void)state;
    spec.input = input;
    spec.input_length = 3000000;
    assert_string_equal(run_spec(&spec, -1).out, "3000000\ndone\n");
    spec.input_length = 0;
    assert_string_equal(run_spec(&spec, -1).out, "0\ndone\n");
    spec.input = NULL;
    assert_string_equal(run_spec(&spec, -1).out, "0\ndone\n"); /* /dev/null */
    spec.input = input;
    spec.input_length = 3000000;
    argv[2] = "exec 0<&-; echo closed"; /* and a child that wants none of it does no harm */
    assert_string_equal(run_spec(&spec, -1).out, "closed\n");
    argv[2] = "exec 0<&-; sleep 0.2; echo later";
    assert_string_equal(run_spec(&spec, -1).out, "later\n");
    free(input);
}

static void output_over_the_limit_is_dropped_and_said(void **state)
{
    struct told told = run("head -c 3000000 /dev/zero | tr '\\0' x; echo few >&2");

    (void)state;
    assert_int_equal(told.exit_code, 0);
    assert_true(told.is_cut);
    assert_int_equal(told.out_length, 2000);
    assert_string_equal(told.error_out, "few\n");
    told = run("head -c 2000 /dev/zero | tr '\\0' x");
    assert_false(told.is_cut);
    assert_int_equal(told.out_length, 2000);
}

static void the_deadline_kills_the_group(void **state)
{
    const char *argv[] = { "sh", "-c", "trap '' TERM INT; echo $$; sleep 60 & sleep 60", NULL };
    struct mz_child_spec spec = shell(argv);
    struct told told;
    int64_t begin = now_ms();

    (void)state;
    spec.timeout_ms = 200;
    told = run_spec(&spec, -1);
    assert_true(told.started);
    assert_true(told.timed_out);
    assert_int_equal(told.exit_code, 128 + SIGKILL);
    assert_true(now_ms() - begin < 5000);
    for (int i = 0; i < 200 && kill(-atoi(told.out), 0) == 0; i++)
        (void)usleep(10000); /* the grandchild is reaped by another */
    assert_int_not_equal(kill(-atoi(told.out), 0), 0);
}

static void kill_ends_it_and_done_still_comes(void **state)
{
    const char *argv[] = { "sleep", "60", NULL };
    struct mz_child_spec spec = shell(argv);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct told told = run_spec(&spec, i * 50);

        assert_false(told.timed_out);
        assert_int_equal(told.exit_code, 128 + SIGKILL);
    }
}

static void a_grandchild_that_holds_the_pipes_is_not_waited_for(void **state)
{
    int64_t begin = now_ms();
    struct told told = run("sleep 30 & echo $!; echo out");

    (void)state;
    assert_int_equal(told.exit_code, 0);
    assert_non_null(strstr(told.out, "out\n"));
    assert_true(now_ms() - begin < 5000);
    assert_int_equal(kill(atoi(told.out), SIGKILL), 0); /* and it lives on */
}

static void the_environment_is_ours_with_changes(void **state)
{
    static const char *const names[] = { "MZ_TEST_A", "MZ_TEST_NEW" };
    static const char *const values[] = { "changed", "a b=c" };
    const char *argv[] = { "sh", "-c", "echo \"$MZ_TEST_A|$MZ_TEST_B|$MZ_TEST_NEW|$MZ_TEST_AB\"",
        NULL };
    struct mz_child_spec spec = shell(argv);

    (void)state;
    (void)setenv("MZ_TEST_A", "a", 1);
    (void)setenv("MZ_TEST_AB", "ab", 1);
    (void)setenv("MZ_TEST_B", "b", 1);
    spec.env_count = 2;
    spec.env_names = names;
    spec.env_values = values;
    assert_string_equal(run_spec(&spec, -1).out, "changed|b|a b=c|ab\n");
}

static void a_child_gets_a_group_default_signals_and_three_descriptors(void **state)
{
    int fd = dup2(1, 77); /* without O_CLOEXEC */
    struct told told;

    (void)state;
    assert_int_equal(fd, 77);
    (void)signal(SIGPIPE, SIG_IGN);
    told = run("ls /proc/$$/fd | tr '\\n' ' '; grep SigIgn /proc/$$/status; "
               "ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat; echo $$");
    (void)close(fd);
    assert_int_equal(strncmp(told.out, "0 1 2 ", 6), 0);
    assert_null(strstr(told.out, " 77 "));
    assert_non_null(strstr(told.out, "SigIgn:\t0000000000000000\n"));
    {
        char *pgid = strchr(told.out, '\n') + 1;
        char *pid = strchr(pgid, '\n') + 1;

        assert_int_equal(atoi(pgid), atoi(pid));
    }
}

static void many_children_run_at_once(void **state)
{
    enum { CHILDREN = 40 };
    static struct told told[CHILDREN];
    const char *argv[] = { "sh", "-c", "cat; sleep 0.05", NULL };
    struct mz_child_spec spec = shell(argv);
    uv_loop_t loop;

    (void)state;
    spec.input = "hello";
    spec.input_length = 5;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (int i = 0; i < CHILDREN; i++)
        (void)mz_child_start(&loop, &spec, on_done, &told[i]);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(told[i].count, 1);
        assert_string_equal(told[i].out, "hello");
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_says_what_it_says),
        cmocka_unit_test(a_command_that_is_not_there_did_not_start),
        cmocka_unit_test(input_is_fed_and_ended),
        cmocka_unit_test(output_over_the_limit_is_dropped_and_said),
        cmocka_unit_test(the_deadline_kills_the_group),
        cmocka_unit_test(kill_ends_it_and_done_still_comes),
        cmocka_unit_test(a_grandchild_that_holds_the_pipes_is_not_waited_for),
        cmocka_unit_test(the_environment_is_ours_with_changes),
        cmocka_unit_test(a_child_gets_a_group_default_signals_and_three_descriptors),
        cmocka_unit_test(many_children_run_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
