/* test_commands.c - exit status of mizan check and mizan explain
 * Argument: the folder that holds good/ and broken/. */
#include "support.h"

#include "cli/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 6 };

static const char *folder = "tests/scenario";

struct command_case {
    int (*run)(int argc, char **argv);
    const char *words[WORDS_MAX]; /* '@' stands for the folder */
    int status;
};

static const struct command_case command_cases[] = {
    { mz_cmd_check, { "check", "@/good/every-key.yaml" }, 0 },
    { mz_cmd_check, { "check", "@/good/every-key.yaml", "--override", "o" }, 0 },
    { mz_cmd_check, { "check", "@/good/every-key.yaml", "--override", "q" }, 2 },
    { mz_cmd_check, { "check", "--set", "discount=5%", "@/good/every-key.yaml", "--json" }, 0 },
    { mz_cmd_check, { "check", "--set", "discount=5", "@/good/every-key.yaml" }, 2 },
    { mz_cmd_check, { "check", "--set", "discount", "@/good/every-key.yaml" }, 2 },
    { mz_cmd_check, { "check", "@/broken/several.yaml" }, 2 },
    { mz_cmd_check, { "check", "@/broken/several.yaml", "--json" }, 2 },
    { mz_cmd_check, { "check", "@/broken/warning-nothing-to-remove.yaml" }, 0 },
    { mz_cmd_check, { "check", "@/no-such-file.yaml" }, 2 },
    { mz_cmd_check, { "check", "@" }, 1 }, /* a folder cannot be read */
    { mz_cmd_check, { "check" }, 2 },
    { mz_cmd_check, { "check", "a", "b" }, 2 },
    { mz_cmd_check, { "check", "--jsn" }, 2 },
    { mz_cmd_check, { "check", "--override" }, 2 },
    { mz_cmd_check, { "check", "-h" }, 0 },
    { mz_cmd_check, { "check", "--schema" }, 0 },
    { mz_cmd_explain, { "explain" }, 0 },
    { mz_cmd_explain, { "explain", "M0112" }, 0 },
    { mz_cmd_explain, { "explain", "112" }, 0 },
    { mz_cmd_explain, { "explain", "M0301" }, 0 },
    { mz_cmd_explain, { "explain", "M0999" }, 2 },
    { mz_cmd_explain, { "explain", "units" }, 2 },
    { mz_cmd_explain, { "explain", "M0112", "M0107" }, 2 },
};

/* Runs a command with its output going nowhere. */
static int run_quiet(const struct command_case *c)
{
    char texts[WORDS_MAX][512];
    char *argv[WORDS_MAX + 1];
    int argc = 0;
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    int nowhere = open("/dev/null", O_WRONLY);
    int status;

    for (; argc < WORDS_MAX && c->words[argc]; argc++) {
        bool at = c->words[argc][0] == '@';

        (void)snprintf(
            texts[argc], sizeof(texts[argc]), "%s%s", at ? folder : "", c->words[argc] + at);
        argv[argc] = texts[argc];
    }
    argv[argc] = NULL;
    (void)fflush(stdout);
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    status = c->run(argc, argv);
    (void)fflush(stdout);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    (void)close(nowhere);
    return status;
}

static void commands_answer_with_their_exit_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(command_cases) / sizeof(command_cases[0]); i++) {
        int status = run_quiet(&command_cases[i]);

        if (status != command_cases[i].status)
            fail_msg("case %zu: status %d, wanted %d", i, status, command_cases[i].status);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_answer_with_their_exit_status),
    };

    if (argc > 1)
        folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
