/* main.c - one binary, one command table */
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#ifndef MZ_VERSION
#define MZ_VERSION "0.1.0"
#endif

static int unknown_command(const char *word)
{
    const char *names[64];
    const char *nearest;
    char printable[128];
    size_t count = 0;

    for (; count < 64 && (int32_t)count < mz_command_count; count++)
        names[count] = mz_commands[count].name;
    nearest = mz_nearest_word(word, names, count);
    (void)fprintf(stderr, "mizan: '%s' is not a command.",
        mz_text_printable(printable, sizeof(printable), word));
    if (nearest)
        (void)fprintf(stderr, " Did you mean '%s'?\n", nearest);
    else
        (void)fprintf(stderr, " Run 'mizan' to see the commands.\n");
    return MZ_EXIT_USE;
}

static int help(int argc, char **argv)
{
    char option[] = "-h";
    char *help_argv[3] = { NULL, option, NULL };
    const struct mz_command *command;

    if (argc < 2) {
        mz_front_print();
        return MZ_EXIT_DONE;
    }
    command = mz_command_find(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    help_argv[0] = argv[1];
    return command->run(2, help_argv);
}

/* Options before the command: which daemon, and as who. They stand for the variables of the same
 * name, so that every command has them. *ret_first: what comes behind them. 0, or the exit
 * status. */
static int read_before(int argc, char **argv, int *ret_first)
{
    static const struct {
        const char *option;
        const char *variable;
    } known[] = { { "--server", "MIZAN_SERVER" }, { "--token-file", "MIZAN_TOKEN_FILE" } };
    int at = 1;

    while (at < argc) {
        int before = at;

        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && at == before; i++) {
            size_t length = strlen(known[i].option);
            const char *value = NULL;

            if (strncmp(argv[at], known[i].option, length) != 0)
                continue;
            if (argv[at][length] == '=')
                value = argv[at] + length + 1;
            else if (argv[at][length] != '\0')
                continue;
            else if (at + 1 < argc)
                value = argv[++at];
            if (!value) {
                (void)fprintf(stderr, "mizan: %s needs a value\n", known[i].option);
                return MZ_EXIT_USE;
            }
            (void)setenv(known[i].variable, value, 1);
            at++;
        }
        if (at == before)
            break;
    }
    *ret_first = at;
    return 0;
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
    const struct mz_command *command;
    int first = 1;
    int status = read_before(argc, argv, &first);
    const char *word;

    if (status != 0)
        return status;
    word = first < argc ? argv[first] : "-h";
    argc -= first;
    argv += first;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        mz_front_print();
        return flushed(MZ_EXIT_DONE);
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("mizan %s\n", MZ_VERSION);
        return flushed(MZ_EXIT_DONE);
    }
    if (strcmp(word, "help") == 0)
        return flushed(help(argc, argv));
    command = mz_command_find(word);
    if (!command)
        return unknown_command(word);
    return flushed(command->run(argc, argv));
}
