/* cmd_explain.c - mizan explain M0112: a diagnostic code at length */
#include "base/text.h"
#include "cli/commands.h"
#include "scenario/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODES_MAX = 256, CODE_LENGTH_MAX = 8 };

static void print_example(const char *title, const char *example)
{
    printf("\n%s\n", title);
    for (const char *line = example; *line;) {
        size_t length = strcspn(line, "\n");

        printf("  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void print_code(const struct mz_code *code)
{
    printf("%s: %s\n\n%s", code->code, code->title, code->text);
    if (code->wrong)
        print_example("Wrong", code->wrong);
    if (code->right)
        print_example("Right", code->right);
}

/* "m112" and "112" are understood too. */
static void normalise(const char *word, char *code)
{
    const char *digits = word + (*word == 'M' || *word == 'm');
    size_t length = strlen(digits);

    if (length > 0 && length <= 4 && strspn(digits, "0123456789") == length)
        (void)snprintf(code, CODE_LENGTH_MAX, "M%04d", atoi(digits));
    else
        (void)snprintf(code, CODE_LENGTH_MAX, "%.7s", word);
}

static int fail_unknown(const char *word, const char *code)
{
    const char *known[CODES_MAX];
    char printable[128];
    const char *nearest;

    for (size_t i = 0; i < mz_code_count && i < CODES_MAX; i++)
        known[i] = mz_codes[i].code;
    nearest = mz_nearest_word(code, known, mz_code_count);
    (void)fprintf(stderr, "mizan: there is no code '%s'.",
        mz_text_printable(printable, sizeof(printable), word));
    if (nearest)
        (void)fprintf(stderr, " Did you mean '%s'?", nearest);
    (void)fprintf(stderr, "  All of them: mizan explain\n");
    return 2;
}

int mz_cmd_explain(int argc, char **argv)
{
    char word[CODE_LENGTH_MAX];
    const struct mz_code *code;

    if (argc >= 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
        printf("mizan explain M0112    what a diagnostic means, and an example\n"
               "mizan explain          all codes\n");
        return 0;
    }
    if (argc > 2) {
        (void)fprintf(stderr, "mizan: one code at a time: mizan explain M0112\n");
        return 2;
    }
    if (argc < 2) {
        for (size_t i = 0; i < mz_code_count; i++)
            printf("%s\t%s\n", mz_codes[i].code, mz_codes[i].title);
        return 0;
    }
    normalise(argv[1], word);
    code = mz_code_find(word);
    if (!code)
        return fail_unknown(argv[1], word);
    print_code(code);
    return 0;
}
