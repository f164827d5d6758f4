/* cli.c - what the commands share (declared in commands.h) */
#include "cli/commands.h"

#include "base/text.h"
#include "control/clock.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int mz_cli_fail(const char *command, const struct mz_error *err)
{
    char printable[MZ_ERROR_TEXT_MAX];

    (void)fprintf(stderr, "mizan: %s: %s\n", command,
        mz_text_printable(printable, sizeof(printable), err->text));
    switch (err->status) {
    case MZ_OK:
    case MZ_E_IO:
    case MZ_E_SOLVER:
    case MZ_E_INTERRUPT: return MZ_EXIT_FAILED;
    case MZ_E_PARSE:
    case MZ_E_INPUT:
    case MZ_E_RANGE:
    case MZ_E_LIMIT: return MZ_EXIT_USE;
    }
    return MZ_EXIT_FAILED;
}

int mz_cli_fail_use(const char *command, const char *format, ...)
{
    char text[512];
    char printable[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "mizan: %s: %s\n  Usage: mizan %s -h\n", command,
        mz_text_printable(printable, sizeof(printable), text), command);
    return MZ_EXIT_USE;
}

int mz_cli_fail_option(const char *command, const struct option *known, const char *word)
{
    const char *names[64];
    size_t count = 0;
    const char *nearest;
    char printable[256];

    for (const struct option *o = known; o->name && count < 64; o++)
        names[count++] = o->name;
    nearest = strncmp(word, "--", 2) == 0 ? mz_nearest_word(word + 2, names, count) : NULL;
    (void)fprintf(stderr, "mizan: %s: '%s' is not understood, or lacks its value.", command,
        mz_text_printable(printable, sizeof(printable), word));
    if (nearest)
        (void)fprintf(stderr, " Did you mean '--%s'?", nearest);
    (void)fprintf(stderr, "  Usage: mizan %s -h\n", command);
    return MZ_EXIT_USE;
}

const char *mz_cli_generated_at(char *buffer)
{
    return getenv("SOURCE_DATE_EPOCH") ? NULL : mz_clock_format(buffer, mz_clock_wall_us());
}

static const char *home_of(struct mz_arena *arena)
{
    const char *home = getenv("HOME");
    const struct passwd *user;

    if (home && home[0] == '/')
        return home;
    user = getpwuid(getuid());
    return mz_arena_strdup(arena, user && user->pw_dir ? user->pw_dir : "/");
}

const char *mz_state_directory(struct mz_arena *arena)
{
    const char *state = getenv("XDG_STATE_HOME");

    if (state && state[0] == '/')
        return mz_arena_printf(arena, "%s/mizan", state);
    return mz_arena_printf(arena, "%s/.local/state/mizan", home_of(arena));
}

const char *mz_cli_self(struct mz_arena *arena)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path));

    return length > 0 ? mz_arena_strndup(arena, path, (size_t)length) : NULL;
}

const char *mz_cli_beside(struct mz_arena *arena, const char *path, int mode)
{
    const char *self = mz_cli_self(arena);
    const char *slash = self ? strrchr(self, '/') : NULL;
    const char *beside =
        slash ? mz_arena_printf(arena, "%.*s/%s", (int)(slash - self), self, path) : NULL;

    return beside && access(beside, mode) == 0 ? beside : NULL;
}

int mz_cli_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;

    if (columns && atoi(columns) >= 40 && atoi(columns) <= 1000)
        return atoi(columns);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 80;
}

static void add_word(struct mz_text *text, const char *word)
{
    if (word[0] && !strpbrk(word, " \t\n{}[]*?$'\"\\`&|;<>()#~!")) {
        mz_text_addf(text, " %s", word);
        return;
    }
    mz_text_add(text, " '");
    for (const char *s = word; *s; s++)
        mz_text_addf(text, *s == '\'' ? "'\\''" : "%c", *s);
    mz_text_add(text, "'");
}

const char *mz_cli_command_line(struct mz_arena *arena, int argc, char **argv)
{
    struct mz_text text;
    const char *result;

    mz_text_init(&text);
    mz_text_add(&text, "mizan");
    for (int i = 0; i < argc; i++) {
        add_word(&text, argv[i]);
    }
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}
