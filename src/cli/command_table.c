/* command_table.c - every command of mizan, and the front door made from the table */
#include "cli/command_table.h"

#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static const struct option *const plan_tables[] = { mz_plan_long_options, NULL };
static const struct option *const sim_tables[] = { mz_sim_long_options, NULL };
static const struct option *const size_tables[] = { mz_size_long_options,
    mz_size_serve_long_options, NULL };
static const struct option *const up_tables[] = { mz_up_long_options, NULL };
static const struct option *const demo_tables[] = { mz_demo_long_options, NULL };
static const struct option *const check_tables[] = { mz_check_long_options, NULL };
static const struct option *const catalogue_tables[] = { mz_catalogue_long_options, NULL };

const struct mz_command mz_commands[] = {
    { "plan", mz_cmd_plan, "Plan", "which contracts to sign, what to build, what runs where", NULL,
        plan_tables, "file" },
    { "sim", mz_cmd_sim, "Plan",
        "a trace of jobs through the placement engine, policies side by side", NULL, sim_tables,
        "file" },
    { "size", mz_cmd_size, "Plan", "how a model trains or serves on a chip, with an error band",
        NULL, size_tables, "train serve" },
    { "check", mz_cmd_check, "Plan", "is this scenario right? every error with its place", NULL,
        check_tables, "file" },
    { "up", mz_cmd_up, "Run", "the daemon: one queue over several partners", NULL, up_tables,
        NULL },
    { "submit", mz_cmd_submit, "Run", "run a job wherever it fits best", &mz_submit_args, NULL,
        NULL },
    { "ps", mz_cmd_ps, "Run", "what runs where", &mz_ps_args, NULL, NULL },
    { "why", mz_cmd_why, "Run", "why a job waits, place by place", &mz_why_args, NULL, NULL },
    { "logs", mz_cmd_logs, "Run", "what a job wrote", &mz_logs_args, NULL, NULL },
    { "cancel", mz_cmd_cancel, "Run", "end jobs", &mz_cancel_args, NULL, NULL },
    { "hold", mz_cmd_hold, "Run", "keep waiting jobs from starting", &mz_hold_args, NULL, NULL },
    { "release", mz_cmd_release, "Run", "let held jobs start", &mz_release_args, NULL, NULL },
    { "move", mz_cmd_move, "Run", "stop a job where it is and start it elsewhere", &mz_move_args,
        NULL, NULL },
    { "top", mz_cmd_top, "Run", "partners and jobs on one screen", &mz_top_args, NULL, NULL },
    { "events", mz_cmd_events, "Run", "what happened, and what happens", &mz_events_args, NULL,
        NULL },
    { "partners", mz_cmd_partners, "System", "who there is, and what is in use", &mz_partners_args,
        NULL, NULL },
    { "nodes", mz_cmd_nodes, "System", "every node and what is free on it", &mz_nodes_args, NULL,
        NULL },
    { "drain", mz_cmd_drain, "System", "let nothing new start at a partner or node", &mz_drain_args,
        NULL, NULL },
    { "resume", mz_cmd_resume, "System", "end a drain", &mz_resume_args, NULL, NULL },
    { "contracts", mz_cmd_contracts, "System", "what is drawn of each contract", &mz_contracts_args,
        NULL, NULL },
    { "token", mz_cmd_token, "System", "who may reach the daemon over the network", &mz_token_args,
        NULL, NULL },
    { "backup", mz_cmd_backup, "System", "a copy of the journal, while the daemon runs",
        &mz_backup_args, NULL, NULL },
    { "restore", mz_cmd_restore, "System", "a journal from a backup, its live jobs held",
        &mz_restore_args, NULL, NULL },
    { "doctor", mz_cmd_doctor, "System", "what is in order, what is not, and the fix",
        &mz_doctor_args, NULL, NULL },
    { "demo", mz_cmd_demo, "Help", "a tour on this machine: six jobs, three partners, one lost",
        NULL, demo_tables, NULL },
    { "catalogue", mz_cmd_catalogue, "Help", "built-in chips, models, sites, prices, with sources",
        NULL, catalogue_tables, "chips models sites prices carbon contracts facts" },
    { "explain", mz_cmd_explain, "Help", "what an error code means", NULL, NULL, NULL },
    { "completion", mz_cmd_completion, "Help", "completion for bash, zsh and fish",
        &mz_completion_args, NULL, NULL },
};
const int32_t mz_command_count = (int32_t)(sizeof(mz_commands) / sizeof(mz_commands[0]));

const struct mz_command *mz_command_find(const char *name)
{
    for (int32_t i = 0; i < mz_command_count; i++) {
        if (strcmp(mz_commands[i].name, name) == 0)
            return &mz_commands[i];
    }
    return NULL;
}

/* "Run      submit  ps  why ..." */
static void print_group(const char *group)
{
    printf("%-8s", group);
    for (int32_t i = 0; i < mz_command_count; i++) {
        if (strcmp(mz_commands[i].group, group) == 0)
            printf(" %s", mz_commands[i].name);
    }
    printf("\n");
}

static void print_example(const char *command, const char *line, const char *what)
{
    if (mz_command_find(command))
        printf("  %-44s %s\n", line, what);
}

void mz_front_print(void)
{
    printf("mizan - plan, place and account for compute from several partners\n\n");
    print_example("demo", "mizan demo", "a complete tour on this machine");
    print_example("plan", "mizan plan case.yaml", "which contracts to sign, where, when");
    print_example("plan", "mizan plan case.yaml --report plan.html", "the same as a report");
    print_example(
        "sim", "mizan sim fleet.yaml --trace mizan:jobs.csv", "a trace of jobs, replayed");
    print_example(
        "size", "mizan size train llama3-70b --chip h100-sxm", "how a model trains on a chip");
    print_example("up", "mizan up", "the daemon, with this machine as a partner");
    print_example("submit", "mizan submit -G 512 train.sh", "run a job wherever it fits best");
    print_example("ps", "mizan ps", "what runs where");
    print_example("why", "mizan why 12", "why job 12 waits");
    printf("\n");
    print_group("Plan");
    print_group("Run");
    print_group("System");
    print_group("Help");
    printf("\nRun 'mizan help COMMAND' for one command. With --server ADDRESS before the command,\n"
           "or MIZAN_SERVER, another daemon is asked: unix:PATH or http://HOST:PORT.\n");
}
