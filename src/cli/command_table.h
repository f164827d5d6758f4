/* command_table.h - every command of mizan, in one table: for main, help and completion */
#ifndef MZ_CLI_COMMAND_TABLE_H
#define MZ_CLI_COMMAND_TABLE_H

#include "cli/args.h"
#include "cli/client.h"

#include <getopt.h>
#include <stdint.h>

struct mz_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *group; /* of the front door: "Plan", "Run", "System" */
    const char *what;
    const struct mz_arg_command *args;  /* client commands */
    const struct option *const *getopt; /* the others: their tables, NULL at the end; NULL: none */
    const char *word;                   /* what completes a word of the others */
};

extern const struct mz_command mz_commands[];
extern const int32_t mz_command_count;

const struct mz_command *mz_command_find(const char *name); /* NULL: there is none */
void mz_front_print(void);

/* Runs a client command: reads its options, finds the server, calls run. */
int mz_client_main(const struct mz_arg_command *command, int argc, char **argv,
    int (*run)(const struct mz_client *client));

extern const struct mz_arg_command mz_submit_args;
extern const struct mz_arg_command mz_ps_args;
extern const struct mz_arg_command mz_why_args;
extern const struct mz_arg_command mz_logs_args;
extern const struct mz_arg_command mz_cancel_args;
extern const struct mz_arg_command mz_hold_args;
extern const struct mz_arg_command mz_release_args;
extern const struct mz_arg_command mz_move_args;
extern const struct mz_arg_command mz_drain_args;
extern const struct mz_arg_command mz_resume_args;
extern const struct mz_arg_command mz_partners_args;
extern const struct mz_arg_command mz_nodes_args;
extern const struct mz_arg_command mz_contracts_args;
extern const struct mz_arg_command mz_events_args;
extern const struct mz_arg_command mz_top_args;
extern const struct mz_arg_command mz_doctor_args;
extern const struct mz_arg_command mz_token_args;
extern const struct mz_arg_command mz_backup_args;
extern const struct mz_arg_command mz_restore_args;
extern const struct mz_arg_command mz_completion_args;

#endif
