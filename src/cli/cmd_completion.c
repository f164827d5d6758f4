/* cmd_completion.c - mizan completion bash|zsh|fish
 * Written from the tables that the commands read their options with, so that it cannot fall behind.
 * Numbers of jobs and names of partners are asked for while completing; only harmless ones (letters,
 * digits, . _ -) are offered, because a shell would expand others. */
#include "cli/command_table.h"
#include "cli/commands.h"

#include "base/text.h"
#include "domain/run.h"

#include <stdio.h>
#include <string.h>

const struct mz_arg_command mz_completion_args = {
    .name = "completion",
    .synopsis = "eval \"$(mizan completion bash)\"             in ~/.bashrc\n"
                "mizan completion zsh > ~/.zfunc/_mizan      with ~/.zfunc in fpath\n"
                "mizan completion fish > ~/.config/fish/completions/mizan.fish\n",
    .groups = MZ_ARGS_HELP,
    .word = "bash zsh fish",
    .word_min = 1,
    .word_max = 1,
    .missing = "for which shell: bash, zsh or fish?",
    .exit_text = "0 done, 2 wrong use",
};

struct shown { /* an option of any command */
    const char *name;
    char letter;
    bool takes;
    const char *value; /* "PARTNER"; NULL: not known */
    const char *doc;   /* NULL: not known */
};

/* The option number at of a command; false past the end. */
static bool option_at(const struct mz_command *command, int32_t at, struct shown *ret)
{
    struct mz_arg_option buffer;
    const struct mz_arg_option *option;
    int32_t own = 0;

    for (int t = 0; command->getopt && command->getopt[t]; t++) {
        for (const struct option *o = command->getopt[t]; o->name; o++) {
            if (at-- > 0)
                continue;
            *ret = (struct shown){ o->name, o->val < 256 ? (char)o->val : '\0',
                o->has_arg != no_argument, NULL, NULL };
            return true;
        }
    }
    if (!command->args)
        return false;
    option = mz_args_option_at(command->args, at);
    if (option) {
        *ret = (struct shown){ option->name, mz_args_letter(command->args, option),
            option->value != NULL, option->value, option->doc };
        return true;
    }
    while (mz_args_option_at(command->args, own))
        own++;
    option = command->args->foreign_at ? command->args->foreign_at(at - own, &buffer) : NULL;
    if (option)
        *ret = (struct shown){ option->name, option->letter, option->value != NULL, option->value,
            option->doc };
    return option != NULL;
}

static const char *word_of(const struct mz_command *command)
{
    const char *word = command->args ? command->args->word : command->word;

    return word ? word : "";
}

static void print_states(const char *separator)
{
    printf("live");
    for (int i = 0; i < MZ_RUN_STATE_COUNT; i++)
        printf("%s%s", separator, mz_run_state_name((enum mz_run_state)i));
}

/* In single quotes of sh, zsh and fish alike. */
static void print_quoted(const char *text)
{
    for (const char *s = text; *s; s++) {
        if (*s == '\'')
            printf("'\\''");
        else
            printf("%c", *s);
    }
}

static void print_bash_words(const struct mz_command *command)
{
    const char *word = word_of(command);
    struct shown option;

    printf("        %s)\n            options='", command->name);
    for (int32_t i = 0; option_at(command, i, &option); i++)
        printf("%s--%s", i > 0 ? " " : "", option.name);
    printf("'\n            takes='");
    for (int32_t i = 0; option_at(command, i, &option); i++) {
        if (option.takes)
            printf(" --%s", option.name);
    }
    printf("'\n");
    if (strcmp(word, "job") == 0)
        printf("            words=$(_mizan_ask ps -o id)\n");
    else if (strcmp(word, "partner") == 0)
        printf("            words=$(_mizan_ask partners -o name)\n");
    else if (strcmp(word, "file") == 0)
        printf("            files=1\n");
    else
        printf("            words='%s'\n", word);
    printf("            ;;\n");
}

static void print_bash(void)
{
    printf("# mizan completion for bash\n"
           "_mizan_ask() {\n"
           "    command mizan \"$@\" --no-header -q 2>/dev/null </dev/null |\n"
           "        grep -x '[A-Za-z0-9._-]*'\n"
           "}\n"
           "_mizan() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local options='' takes='' words='' files=''\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ] || { [ \"${COMP_WORDS[1]}\" = help ] &&\n"
           "        [ \"$COMP_CWORD\" -eq 2 ]; }; then\n"
           "        COMPREPLY=($(compgen -W 'help");
    for (int32_t i = 0; i < mz_command_count; i++)
        printf(" %s", mz_commands[i].name);
    printf("' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (int32_t i = 0; i < mz_command_count; i++)
        print_bash_words(&mz_commands[i]);
    printf("    esac\n"
           "    case $prev in\n"
           "        --partner|--to|--partners)\n"
           "            COMPREPLY=($(compgen -W \"$(_mizan_ask partners -o name)\" -- \"$cur\"))\n"
           "            return ;;\n"
           "        --job) COMPREPLY=($(compgen -W \"$(_mizan_ask ps -o id)\" -- \"$cur\"))\n"
           "            return ;;\n"
           "        --state) COMPREPLY=($(compgen -W '");
    print_states(" ");
    printf(
        "' -- \"$cur\"))\n"
        "            return ;;\n"
        "        --role) COMPREPLY=($(compgen -W 'viewer user operator' -- \"$cur\")); return ;;\n"
        "        --color) COMPREPLY=($(compgen -W 'auto always never' -- \"$cur\")); return ;;\n"
        "    esac\n"
        "    case \"$takes \" in\n"
        "        *\" $prev \"*) files=1 words='' options='' ;;\n"
        "    esac\n"
        "    case $cur in\n"
        "        -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
        "        *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
        "    esac\n"
        "    [ -z \"$files\" ] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
        "}\n"
        "complete -o filenames -F _mizan mizan\n");
}

/* What completes the value of an option, in zsh. */
static const char *zsh_action(const struct shown *option)
{
    if (!option->value)
        return "_files";
    if (strstr(option->value, "PARTNER"))
        return "_mizan_partners";
    if (strstr(option->value, "STATE"))
        return "_mizan_states";
    if (strcmp(option->value, "WHEN") == 0)
        return "(auto always never)";
    if (strcmp(option->value, "ROLE") == 0)
        return "(viewer user operator)";
    return strcmp(option->value, "FILE") == 0 || strcmp(option->value, "VALUE") == 0 ? "_files"
                                                                                     : "";
}

/* [doc]:value:action' */
static void print_zsh_doc(const struct shown *option)
{
    printf("[");
    for (const char *s = option->doc ? option->doc : ""; *s; s++) {
        if (*s == '\'')
            printf("'\\''");
        else
            printf("%s%c", *s == '[' || *s == ']' || *s == ':' ? "\\" : "", *s);
    }
    printf("]");
    if (option->takes)
        printf(":value:%s", zsh_action(option));
    printf("'");
}

static void print_zsh_command(const struct mz_command *command)
{
    const char *word = word_of(command);
    struct shown option;

    printf("        %s)\n            _arguments -s", command->name);
    for (int32_t i = 0; option_at(command, i, &option); i++) {
        printf(" \\\n                '*--%s%s", option.name, option.takes ? "=" : "");
        print_zsh_doc(&option);
        if (!option.letter)
            continue;
        printf(" \\\n                '*-%c%s", option.letter, option.takes ? "+" : "");
        print_zsh_doc(&option);
    }
    if (strcmp(word, "job") == 0 || strcmp(word, "partner") == 0)
        printf(" \\\n                '*:%s:_mizan_%ss'", word, word);
    else if (strcmp(word, "file") == 0)
        printf(" \\\n                '*:file:_files'");
    else if (word[0])
        printf(" \\\n                '1:what:(%s)'", word);
    printf("\n            ;;\n");
}

static void print_zsh(void)
{
    printf("#compdef mizan\n"
           "# mizan completion for zsh\n"
           "_mizan_ask() {\n"
           "    command mizan \"$@\" --no-header -q 2>/dev/null </dev/null |\n"
           "        grep -x '[A-Za-z0-9._-]*'\n"
           "}\n"
           "_mizan_jobs() { compadd -- ${(f)\"$(_mizan_ask ps -o id)\"} }\n"
           "_mizan_partners() { compadd -- ${(f)\"$(_mizan_ask partners -o name)\"} }\n"
           "_mizan_states() { compadd -- ");
    print_states(" ");
    printf(" }\n"
           "_mizan() {\n"
           "    local -a commands\n"
           "    commands=(\n");
    for (int32_t i = 0; i < mz_command_count; i++) {
        printf("        '%s:", mz_commands[i].name);
        print_quoted(mz_commands[i].what);
        printf("'\n");
    }
    printf("        'help:one screen about a command'\n"
           "    )\n"
           "    if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    local command=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $command in\n");
    for (int32_t i = 0; i < mz_command_count; i++)
        print_zsh_command(&mz_commands[i]);
    printf(
        "    esac\n"
        "}\n"
        "if [ \"$funcstack[1]\" = _mizan ]; then _mizan \"$@\"; else compdef _mizan mizan; fi\n");
}

static void print_fish_command(const struct mz_command *command)
{
    const char *word = word_of(command);
    struct shown option;

    printf("complete -c mizan -n __fish_use_subcommand -f -a %s -d '", command->name);
    print_quoted(command->what);
    printf("'\n");
    for (int32_t i = 0; option_at(command, i, &option); i++) {
        printf("complete -c mizan -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            option.name);
        if (option.letter)
            printf(" -s %c", option.letter);
        if (option.takes)
            printf(" -r");
        printf(" -d '");
        print_quoted(option.doc ? option.doc : "");
        printf("'\n");
    }
    if (strcmp(word, "file") == 0 || !word[0])
        return;
    printf("complete -c mizan -n '__fish_seen_subcommand_from %s' -f -a '", command->name);
    if (strcmp(word, "job") == 0)
        printf("(mizan ps -o id --no-header -q 2>/dev/null)");
    else if (strcmp(word, "partner") == 0)
        printf("(mizan partners -o name --no-header -q 2>/dev/null)");
    else
        printf("%s", word);
    printf("'\n");
}

int mz_cmd_completion(int argc, char **argv)
{
    struct mz_arena *command_arena = mz_arena_create();
    struct mz_args args;
    int status = mz_args_read(command_arena, &mz_completion_args, argc, argv, &args);

    if (status < 0) {
        status = MZ_EXIT_DONE;
        if (strcmp(args.words[0], "bash") == 0)
            print_bash();
        else if (strcmp(args.words[0], "zsh") == 0)
            print_zsh();
        else if (strcmp(args.words[0], "fish") == 0)
            for (int32_t i = 0; i < mz_command_count; i++)
                print_fish_command(&mz_commands[i]);
        else
            status = mz_cli_fail_use("completion", "there are bash, zsh and fish");
    }
    mz_arena_free(command_arena);
    return status;
}
