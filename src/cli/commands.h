/* commands.h - the commands of mizan, and what they share
 *
 * A command gets its own argv (argv[0] is its name) and returns the exit status:
 *   0 done · 1 the work failed · 2 wrong use or wrong input · 3 the question has no answer ·
 *   4 stopped early with a usable result · 5 a daemon or partner cannot be reached ·
 *   10 only with --detailed-exitcode: worked, and something would change
 * Results go to stdout, everything else to stderr.
 */
#ifndef MZ_CLI_COMMANDS_H
#define MZ_CLI_COMMANDS_H

#include "base/arena.h"
#include "base/status.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

enum mz_exit {
    MZ_EXIT_DONE = 0,
    MZ_EXIT_FAILED = 1,
    MZ_EXIT_USE = 2,
    MZ_EXIT_NO_ANSWER = 3,
    MZ_EXIT_STOPPED = 4
};

int mz_cmd_catalogue(int argc, char **argv);
int mz_cmd_check(int argc, char **argv);
int mz_cmd_explain(int argc, char **argv);
int mz_cmd_plan(int argc, char **argv);
int mz_cmd_sim(int argc, char **argv);
int mz_cmd_size(int argc, char **argv);
int mz_cmd_up(int argc, char **argv);

/* "mizan: plan: SENTENCE" on stderr; returns the exit status that goes with the status. */
int mz_cli_fail(const char *command, const struct mz_error *err);
int mz_cli_fail_use(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An option that getopt_long did not take: names it, and the nearest known one. */
int mz_cli_fail_option(const char *command, const struct option *known, const char *word);

/* RFC 3339 time of now into the buffer of at least 32; NULL when SOURCE_DATE_EPOCH is set, which
 * asks for equal bytes from equal input. */
const char *mz_cli_generated_at(char *buffer);

/* What to type to get this again: as given, quoted for a shell where it has to be. */
const char *mz_cli_command_line(struct mz_arena *arena, int argc, char **argv);

/* Width of the terminal: $COLUMNS, else what the terminal says, else 80. */
int mz_cli_width(void);

#endif
