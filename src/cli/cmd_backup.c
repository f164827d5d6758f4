/* cmd_backup.c - mizan backup FILE, mizan restore FILE: the journal, copied while the daemon runs,
 * and a journal from such a copy. Neither asks the daemon. */
#include "cli/client_json.h"
#include "cli/command_table.h"
#include "cli/commands.h"
#include "control/clock.h"
#include "state/store.h"

#include <inttypes.h>
#include <stdio.h>

static const struct mz_arg_option options[] = {
    { "state", 0, "DIR", "the daemon's directory; default $XDG_STATE_HOME/mizan" },
};

static const char exit_text[] = "0 done, 1 it failed and nothing was made, 2 wrong use";

const struct mz_arg_command mz_backup_args = {
    .name = "backup",
    .synopsis = "mizan backup mizan-2026-11-23.db      while the daemon runs, or not\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_HELP,
    .word = "file",
    .word_min = 1,
    .word_max = 1,
    .missing = "into which file?",
    .closing =
        "The journal is all that may not be lost: jobs, attempts, events, tokens. Output and\n"
        "checkpoints are files of their own.\n",
    .exit_text = exit_text,
};

const struct mz_arg_command mz_restore_args = {
    .name = "restore",
    .synopsis = "mizan restore mizan-2026-11-23.db     then: mizan up\n",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .groups = MZ_ARGS_HELP,
    .word = "file",
    .word_min = 1,
    .word_max = 1,
    .missing = "from which backup?",
    .closing =
        "Into a directory without a journal. Jobs that had not ended come back held, for they\n"
        "may have ended since, or still run: their shims stop them when the lease is over.\n",
    .exit_text = exit_text,
};

static const char *state_of(struct mz_arena *arena, const struct mz_args *args)
{
    const char *state = mz_args_value(args, "state");

    return state ? state : mz_state_directory(arena);
}

static int backup(struct mz_arena *arena, const struct mz_args *args)
{
    struct mz_error err;

    if (mz_store_backup_sqlite(state_of(arena, args), args->words[0], &err) != MZ_OK)
        return mz_cli_fail("backup", &err);
    return MZ_EXIT_DONE;
}

static int restore(struct mz_arena *arena, const struct mz_args *args)
{
    struct mz_store_restored restored = { 0 };
    struct mz_error err;
    char buffer[32];

    if (mz_store_restore_sqlite(
            args->words[0], state_of(arena, args), mz_clock_wall_us(), &restored, &err) != MZ_OK)
        return mz_cli_fail("restore", &err);
    printf("%" PRId64 " jobs as of %s; %" PRId64 " had not ended and are held.\n",
        restored.job_count,
        restored.newest_us > 0 ? mz_clock_format(buffer, restored.newest_us) : "never",
        restored.held_count);
    if (restored.held_count > 0)
        printf(
            "Start the daemon. What still runs of them stops when its lease is over (5 min if the\n"
            "job says nothing else). Then: mizan release --all --owner '*', or cancel what has\n"
            "ended since.\n");
    return MZ_EXIT_DONE;
}

static int run(const struct mz_arg_command *command, int argc, char **argv,
    int (*act)(struct mz_arena *arena, const struct mz_args *args))
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_args args;
    int status = mz_args_read(arena, command, argc, argv, &args);

    if (status < 0)
        status = act(arena, &args);
    mz_arena_free(arena);
    return status;
}

int mz_cmd_backup(int argc, char **argv)
{
    return run(&mz_backup_args, argc, argv, backup);
}

int mz_cmd_restore(int argc, char **argv)
{
    return run(&mz_restore_args, argc, argv, restore);
}
