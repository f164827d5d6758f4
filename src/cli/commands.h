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
    MZ_EXIT_STOPPED = 4,
    MZ_EXIT_UNREACHABLE = 5
};

int mz_cmd_cancel(int argc, char **argv);
int mz_cmd_catalogue(int argc, char **argv);
int mz_cmd_check(int argc, char **argv);
int mz_cmd_completion(int argc, char **argv);
int mz_cmd_contracts(int argc, char **argv);
int mz_cmd_demo(int argc, char **argv);
int mz_cmd_doctor(int argc, char **argv);
int mz_cmd_drain(int argc, char **argv);
int mz_cmd_events(int argc, char **argv);
int mz_cmd_explain(int argc, char **argv);
int mz_cmd_hold(int argc, char **argv);
int mz_cmd_logs(int argc, char **argv);
int mz_cmd_move(int argc, char **argv);
int mz_cmd_nodes(int argc, char **argv);
int mz_cmd_partners(int argc, char **argv);
int mz_cmd_plan(int argc, char **argv);
int mz_cmd_ps(int argc, char **argv);
int mz_cmd_release(int argc, char **argv);
int mz_cmd_resume(int argc, char **argv);
int mz_cmd_sim(int argc, char **argv);
int mz_cmd_size(int argc, char **argv);
int mz_cmd_submit(int argc, char **argv);
int mz_cmd_token(int argc, char **argv);
int mz_cmd_backup(int argc, char **argv);
int mz_cmd_restore(int argc, char **argv);
int mz_cmd_top(int argc, char **argv);
int mz_cmd_up(int argc, char **argv);
int mz_cmd_why(int argc, char **argv);

/* Tables of options of the commands that read them with getopt_long; for completion too. */
extern const struct option mz_catalogue_long_options[];
extern const struct option mz_check_long_options[];
extern const struct option mz_plan_long_options[];
extern const struct option mz_sim_long_options[];
extern const struct option mz_size_long_options[];
extern const struct option mz_size_serve_long_options[];
extern const struct option mz_up_long_options[];
extern const struct option mz_demo_long_options[];

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

/* ${XDG_STATE_HOME:-~/.local/state}/mizan */
const char *mz_state_directory(struct mz_arena *arena);

/* The path of this binary; NULL when it cannot be read. */
const char *mz_cli_self(struct mz_arena *arena);
/* What the build and the installation put at a path relative to this binary's folder; NULL when it
 * is not there, or not with access(2)'s mode. */
const char *mz_cli_beside(struct mz_arena *arena, const char *path, int mode);

/* Width of the terminal: $COLUMNS, else what the terminal says, else 80. */
int mz_cli_width(void);

#endif
