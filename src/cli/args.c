/* args.c - reading options of the client commands, and their help */
#include "cli/args.h"

#include "base/text.h"
#include "cli/commands.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 160, HELP_INDENT = 26 };

static const struct mz_arg_option change_options[] = {
    { "yes", 'y', NULL, "do not ask" },
    { "dry-run", 0, NULL, "show what would be done; nothing is changed" },
};
static const struct mz_arg_option json_options[] = {
    { "json", 0, NULL, "one JSON document" },
};
static const struct mz_arg_option list_options[] = {
    { "jsonl", 0, NULL, "one JSON object a line" },
    { "columns", 'o', "COL,COL", "these columns, by their JSON keys; 'wide': all" },
    { "sort", 0, "COL", "by this column; -COL: largest first" },
    { "where", 0, "COL=VALUE", "only rows that have it; may be given again" },
    { "no-header", 0, NULL, "no header line when not on a terminal" },
};
static const struct mz_arg_option client_options[] = {
    { "server", 0, "ADDRESS",
        "unix:PATH or http://HOST:PORT; default: $MIZAN_SERVER, else the "
        "socket of this user's daemon" },
    { "token-file", 0, "FILE", "a file with the token; default: $MIZAN_TOKEN_FILE" },
    { "color", 0, "WHEN", "auto, always or never" },
    { "quiet", 'q', NULL, "only results and errors" },
    { "help", 'h', NULL, "this" },
};
static const struct mz_arg_option help_options[] = {
    { "help", 'h', NULL, "this" },
};

#define COUNT(table) ((int32_t)(sizeof(table) / sizeof((table)[0])))

static const struct {
    uint32_t group;
    const struct mz_arg_option *options;
    int32_t count;
} groups[] = {
    { MZ_ARGS_CHANGE, change_options, COUNT(change_options) },
    { MZ_ARGS_JSON, json_options, COUNT(json_options) },
    { MZ_ARGS_LIST, list_options, COUNT(list_options) },
    { MZ_ARGS_CLIENT, client_options, COUNT(client_options) },
    { MZ_ARGS_HELP, help_options, COUNT(help_options) },
};

const struct mz_arg_option *mz_args_option_at(const struct mz_arg_command *command, int32_t i)
{
    if (i < command->option_count)
        return &command->options[i];
    i -= command->option_count;
    for (int32_t g = 0; g < COUNT(groups); g++) {
        if (!(command->groups & groups[g].group))
            continue;
        if (i < groups[g].count)
            return &groups[g].options[i];
        i -= groups[g].count;
    }
    return NULL;
}

static const struct mz_arg_option *find_long(
    const struct mz_arg_command *command, const char *name, size_t length)
{
    const struct mz_arg_option *option;

    for (int32_t i = 0; (option = mz_args_option_at(command, i)); i++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static bool is_foreign(const struct mz_arg_command *command, const char *name)
{
    return command->foreign_arity && command->foreign_arity(name) >= 0;
}

static const struct mz_arg_option *find_letter(const struct mz_arg_command *command, char letter)
{
    const struct mz_arg_option *option;
    const char name[2] = { letter, '\0' };

    for (int32_t i = 0; (option = mz_args_option_at(command, i)); i++) {
        if (option->letter == letter &&
            (i < command->option_count || letter == 'h' || !is_foreign(command, name)))
            return option;
    }
    return NULL;
}

static void add_value(
    struct mz_args *args, const struct mz_arg_option *option, const char *name, const char *value)
{
    args->values[args->value_count++] = (struct mz_arg_value){ option, name, value };
}

static int fail_unknown(const struct mz_args *args, const char *text)
{
    const struct mz_arg_command *command = args->command;
    const char *word = mz_arena_strndup(args->arena, text, strcspn(text, "="));
    const char *names[OPTIONS_MAX];
    const struct mz_arg_option *option;
    struct mz_arg_option foreign;
    const char *nearest = NULL;
    char printable[256];
    int32_t count = 0;

    for (int32_t i = 0; count < OPTIONS_MAX && (option = mz_args_option_at(command, i)); i++)
        names[count++] = option->name;
    for (int32_t i = 0; count < OPTIONS_MAX && command->foreign_at; i++) {
        option = command->foreign_at(i, &foreign);
        if (!option)
            break;
        names[count++] = option->name;
    }
    if (strncmp(word, "--", 2) == 0)
        nearest = mz_nearest_word(word + 2, names, (size_t)count);
    (void)fprintf(stderr, "mizan: %s: there is no option '%s'%s%s%s  Usage: mizan %s -h\n",
        command->name, mz_text_printable(printable, sizeof(printable), word),
        nearest ? ": did you mean '--" : ".", nearest ? nearest : "", nearest ? "'?" : "",
        command->name);
    return MZ_EXIT_USE;
}

static int fail_value(const struct mz_arg_command *command, const char *name, bool needs)
{
    return mz_cli_fail_use(command->name, "%s%s %s", strlen(name) == 1 ? "-" : "--", name,
        needs ? "needs a value" : "takes no value");
}

/* "--name" or "--name=value" at argv[*at]. */
static int read_long(struct mz_args *args, int argc, char **argv, int *at)
{
    const struct mz_arg_command *command = args->command;
    char *word = argv[*at] + 2;
    char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct mz_arg_option *option = find_long(command, word, length);
    const char *name = option ? option->name : mz_arena_strndup(args->arena, word, length);
    const char *value = equals ? equals + 1 : NULL;
    bool foreign = !option && is_foreign(command, name) && length > 1;
    bool takes = option ? option->value != NULL : foreign && command->foreign_arity(name) == 1;

    if (!option && !foreign)
        return fail_unknown(args, argv[*at]);
    if (option && !takes && value)
        return fail_value(command, name, false);
    if (takes && !value) {
        if (*at + 1 >= argc)
            return fail_value(command, name, true);
        value = argv[++*at];
    }
    add_value(args, option, name, value);
    return -1;
}

/* "-abc", "-xvalue" or "-x" "value" at argv[*at]. */
static int read_letters(struct mz_args *args, int argc, char **argv, int *at)
{
    const struct mz_arg_command *command = args->command;

    for (const char *s = argv[*at] + 1; *s; s++) {
        const struct mz_arg_option *option = find_letter(command, *s);
        const char *name = mz_arena_strndup(args->arena, s, 1);
        bool foreign = !option && is_foreign(command, name);

        if (!option && !foreign)
            return fail_unknown(args, mz_arena_printf(args->arena, "-%c", *s));
        if (option ? option->value == NULL : command->foreign_arity(name) == 0) {
            add_value(args, option, option ? option->name : name, NULL);
            continue;
        }
        if (s[1] == '\0' && *at + 1 >= argc)
            return fail_value(command, name, true);
        add_value(args, option, option ? option->name : name, s[1] ? s + 1 : argv[++*at]);
        return -1;
    }
    return -1;
}

/* All of a doc, continued under itself. */
static void print_doc(const char *doc)
{
    enum { DOC_COLUMNS = 72 };
    int32_t at = 0;

    for (const char *s = doc; *s;) {
        size_t length = strcspn(s, " ");

        if (at > 0 && at + 1 + (int32_t)length > DOC_COLUMNS) {
            printf("\n%*s", HELP_INDENT, "");
            at = 0;
        }
        at += printf("%s%.*s", at > 0 ? " " : "", (int)length, s);
        s += length + (s[length] == ' ');
    }
    printf("\n");
}

char mz_args_letter(const struct mz_arg_command *command, const struct mz_arg_option *option)
{
    return option->letter && find_letter(command, option->letter) == option ? option->letter : '\0';
}

static void print_option(char letter, const struct mz_arg_option *option)
{
    char head[128];
    int length = snprintf(head, sizeof(head), "  %s%s--%s%s%s",
        letter ? (char[]){ '-', letter, '\0' } : "", letter ? ", " : "", option->name,
        option->value ? " " : "", option->value ? option->value : "");

    if (length < HELP_INDENT - 1)
        printf("%-*s", HELP_INDENT, head);
    else
        printf("%s\n%*s", head, HELP_INDENT, "");
    print_doc(option->doc);
}

static void print_help(const struct mz_arg_command *command)
{
    const struct mz_arg_option *option;
    struct mz_arg_option foreign;

    printf("%s\n", command->synopsis);
    for (int32_t i = 0; (option = mz_args_option_at(command, i)); i++)
        print_option(mz_args_letter(command, option), option);
    if (command->foreign_at)
        printf("\nOf the job, over what the file says\n");
    for (int32_t i = 0; command->foreign_at && (option = command->foreign_at(i, &foreign)); i++)
        print_option(option->letter, option);
    if (command->closing)
        printf("\n%s", command->closing);
    printf("\nExit status: %s\n",
        command->exit_text ? command->exit_text
                           : "0 done, 1 failed, 2 wrong use, 5 the daemon cannot be reached");
}

static int check_words(const struct mz_args *args)
{
    const struct mz_arg_command *command = args->command;

    if (args->word_count < command->word_min && !args->has_rest)
        return mz_cli_fail_use(command->name, "%s", command->missing);
    if (command->word_max >= 0 && args->word_count > command->word_max)
        return mz_cli_fail_use(
            command->name, "'%s' is a word too many", args->words[command->word_max]);
    if (args->has_rest && !command->takes_rest)
        return mz_cli_fail_use(command->name, "nothing may stand behind --");
    return -1;
}

int mz_args_read(struct mz_arena *arena, const struct mz_arg_command *command, int argc,
    char **argv, struct mz_args *ret_args)
{
    struct mz_args *args = ret_args;
    size_t letters = 1;
    int status = -1;
    int at = 1;

    for (int i = 1; i < argc; i++)
        letters += strlen(argv[i]) + 1;
    *args = (struct mz_args){ .arena = arena, .command = command };
    args->values = mz_arena_alloc(arena, letters, sizeof(args->values[0]));
    args->words = mz_arena_alloc(arena, (size_t)argc + 1, sizeof(args->words[0]));
    for (; status < 0 && at < argc; at++) {
        if (strcmp(argv[at], "--") == 0) {
            args->has_rest = true;
            args->rest = argv + at + 1;
            args->rest_count = argc - at - 1;
            break;
        }
        if (strncmp(argv[at], "--", 2) == 0) {
            status = read_long(args, argc, argv, &at);
        } else if (argv[at][0] == '-' && argv[at][1] != '\0') {
            status = read_letters(args, argc, argv, &at);
        } else {
            args->words[args->word_count++] = argv[at];
        }
    }
    if (status >= 0)
        return status;
    if (mz_args_has(args, "help")) {
        print_help(command);
        return MZ_EXIT_DONE;
    }
    return check_words(args);
}

static const struct mz_arg_value *find_value(const struct mz_args *args, const char *name)
{
    const struct mz_arg_value *found = NULL;

    assert(find_long(args->command, name, strlen(name)));
    for (int32_t i = 0; i < args->value_count; i++) {
        if (args->values[i].option && strcmp(args->values[i].name, name) == 0)
            found = &args->values[i];
    }
    return found;
}

const char *mz_args_value(const struct mz_args *args, const char *name)
{
    const struct mz_arg_value *found = find_value(args, name);

    return found ? found->value : NULL;
}

bool mz_args_has(const struct mz_args *args, const char *name)
{
    return find_value(args, name) != NULL;
}

int mz_args_number(
    const struct mz_args *args, const char *name, int64_t min, int64_t max, int64_t *ret_number)
{
    const char *text = mz_args_value(args, name);
    size_t digits = text ? strspn(text, "0123456789") : 0;
    long long number;

    if (!text)
        return -1;
    number = digits > 0 && digits <= 18 ? strtoll(text, NULL, 10) : -1;
    if (text[digits] != '\0' || number < min || number > max)
        return mz_cli_fail_use(args->command->name,
            "--%s is a whole number from %lld to %lld, "
            "not '%s'",
            name, (long long)min, (long long)max, text);
    *ret_number = number;
    return -1;
}
