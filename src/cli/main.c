/* main.c - one binary, one command table */
#include "base/text.h"
#include "cli/commands.h"

#include <string.h>

#ifndef MZ_VERSION
#define MZ_VERSION "0.1.0"
#endif

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
};

static const struct command commands[] = {
    { "plan", mz_cmd_plan, "which contracts to sign, what to build, what runs where" },
    { "sim", mz_cmd_sim, "a trace of jobs through the placement engine, policies side by side" },
    { "size", mz_cmd_size,
        "how a model trains or serves on a chip, with an error band" },
    { "up", mz_cmd_up, "the daemon: one queue over several partners" },
    { "check", mz_cmd_check, "is this scenario right? every error with its place" },
    { "catalogue", mz_cmd_catalogue, "built-in chips, models, sites, prices, with sources" },
    { "explain", mz_cmd_explain, "what an error code means" },
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static void print_front(FILE *stream)
{
    (void)fprintf(stream,
        "mizan - plan, place and account for compute from several partners\n\n"
        "  mizan plan case.yaml                        which contracts to sign, where, when\n"
        "  mizan plan case.yaml --report plan.html     the same as a report for the board\n"
        "  mizan plan case.yaml --what-if lose=aws@2028Q1\n"
        "  mizan sim fleet.yaml --trace mizan:jobs.csv --policy fifo,easy,fair+easy\n"
        "  mizan check case.yaml                       every error of a scenario, with its line\n"
        "  mizan catalogue chips gb300-nvl72           what is built in, with sources\n\n"
        "Commands\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(stream, "  %-10s  %s\n", commands[i].name, commands[i].what);
    (void)fprintf(stream, "\nRun 'mizan COMMAND -h' or 'mizan help COMMAND' for one command.\n");
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT];
    const char *nearest;
    char printable[128];

    for (int i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    nearest = mz_nearest_word(word, names, COMMAND_COUNT);
    (void)fprintf(stderr, "mizan: '%s' is not a command.",
        mz_text_printable(printable, sizeof(printable), word));
    if (nearest)
        (void)fprintf(stderr, " Did you mean '%s'?\n", nearest);
    else
        (void)fprintf(stderr, " Run 'mizan' to see the commands.\n");
    return MZ_EXIT_USE;
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int help(int argc, char **argv)
{
    char option[] = "-h";
    char *help_argv[3] = { NULL, option, NULL };
    const struct command *command;

    if (argc < 2) {
        print_front(stdout);
        return MZ_EXIT_DONE;
    }
    command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    help_argv[0] = argv[1];
    return command->run(2, help_argv);
}

/* A result that could not be written is not a success: a full disk, a closed pipe. */
static int flushed(int status)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) &&
        (status == MZ_EXIT_DONE || status == MZ_EXIT_STOPPED)) {
        (void)fprintf(stderr, "mizan: the result could not be written to stdout in full\n");
        return MZ_EXIT_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
        print_front(stdout);
        return flushed(MZ_EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("mizan %s\n", MZ_VERSION);
        return flushed(MZ_EXIT_DONE);
    }
    if (strcmp(argv[1], "help") == 0)
        return flushed(help(argc - 1, argv + 1));
    command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    return flushed(command->run(argc - 1, argv + 1));
}
