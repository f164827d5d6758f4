/* args.h - options of the client commands: one table each for reading, help and completion
 *
 * A command is a struct: its own options, the groups of options it shares with others, and what
 * its words are. The same struct is read by the parser here, by `mizan CMD --help`, by the
 * completion scripts and (through the help) by the test that compares man pages.
 *
 * Forms: --name=value, --name value, -x value, -xvalue, -abc of letters without values, and `--`,
 * behind which everything is `rest`. Options and words may be mixed.
 */
#ifndef MZ_CLI_ARGS_H
#define MZ_CLI_ARGS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct mz_arg_option {
    const char *name;  /* without dashes */
    char letter;       /* 0: none */
    const char *value; /* what to write there: "PARTNER"; NULL: it takes none */
    const char *doc;
};

enum {                  /* groups of options that commands share */
    MZ_ARGS_CLIENT = 1, /* --server --token-file --color --quiet --help */
    MZ_ARGS_JSON = 2,   /* --json */
    MZ_ARGS_LIST = 4,   /* --jsonl --columns --sort --where --no-header */
    MZ_ARGS_CHANGE = 8, /* --yes --dry-run */
    MZ_ARGS_HELP = 16   /* --help alone */
};

struct mz_arg_command {
    const char *name;
    const char *synopsis; /* lines for the head of the help */
    const struct mz_arg_option *options;
    int32_t option_count;
    uint32_t groups;
    const char *word; /* what its words are, for completion: "job", "partner", "file"; NULL: none */
    int32_t word_min;
    int32_t word_max;    /* -1: any number */
    const char *missing; /* asked when words are missing: "which job?" */
    bool takes_rest;     /* what stands behind -- */
    /* Options of another table: -1 unknown, 0 without a value, 1 with one. NULL: none. Its letters
     * come before those of the groups, save -h. */
    int32_t (*foreign_arity)(const char *name);
    /* Those of them that help and completion show, by number; into the buffer. NULL: past the end. */
    const struct mz_arg_option *(*foreign_at)(int32_t at, struct mz_arg_option *buffer);
    const char *closing;   /* below the options in the help */
    const char *exit_text; /* "0 done, 1 ..."; NULL: what all clients share */
};

struct mz_arg_value {
    const struct mz_arg_option *option; /* NULL: foreign */
    const char *name;
    const char *value; /* NULL: none */
};

struct mz_args {
    struct mz_arena *arena;
    const struct mz_arg_command *command;
    struct mz_arg_value *values;
    int32_t value_count;
    char **words;
    int32_t word_count;
    char **rest; /* behind --; NULL: there was none */
    int32_t rest_count;
    bool has_rest;
};

/* Reads argv (argv[0] is the command's name). -1: go on; else the exit status, after a sentence on
 * stderr or the help on stdout. */
int mz_args_read(struct mz_arena *arena, const struct mz_arg_command *command, int argc,
    char **argv, struct mz_args *ret_args);

/* The last value given, or NULL. The option has to be in the table (assert). */
const char *mz_args_value(const struct mz_args *args, const char *name);
bool mz_args_has(const struct mz_args *args, const char *name);

/* A whole number of an option within [min, max]; *ret_number is left when the option is not given.
 * -1, or the exit status after a sentence. */
int mz_args_number(
    const struct mz_args *args, const char *name, int64_t min, int64_t max, int64_t *ret_number);

/* The option number i of the command, its own before those of groups; NULL past the end. Without
 * foreign ones. */
const struct mz_arg_option *mz_args_option_at(const struct mz_arg_command *command, int32_t i);

/* The letter by which the command takes this option; 0: none, or another option has it. */
char mz_args_letter(const struct mz_arg_command *command, const struct mz_arg_option *option);

#endif
