/* screen.c - a full screen that is drawn again and again (screen.h)
 * Each line is followed by "erase to its end" and the rest of the screen is erased after the last:
 * nothing flickers, since nothing is cleared before it is drawn over. */
#include "cli/screen.h"

#include "cli/client.h"
#include "cli/commands.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int32_t screen_height(void)
{
    const char *lines = getenv("LINES");
    struct winsize size;

    if (lines && atoi(lines) >= 5 && atoi(lines) <= 1000)
        return atoi(lines);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row >= 5)
        return size.ws_row;
    return 24;
}

void mz_screen_stale(struct mz_text *out, const char *sentence)
{
    char printable[512];
    char at[16];
    time_t now = time(NULL);
    struct tm local;

    (void)localtime_r(&now, &local);
    (void)strftime(at, sizeof(at), "%H:%M:%S", &local);
    mz_text_addf(out, "\xE2\x97\x8B stale since %s: %s", at,
        mz_text_printable(printable, sizeof(printable), sentence));
}

/* The first `height` lines of text, each erased to its end. */
static void put_lines(const char *text, int32_t height)
{
    int32_t line = 0;

    for (const char *s = text; *s && line < height; line++) {
        size_t length = strcspn(s, "\n");

        printf("%s%.*s\x1b[K", line > 0 ? "\r\n" : "", (int)length, s);
        s += length + (s[length] == '\n');
    }
}

static void show(const char *frame, const char *stale, int32_t height)
{
    printf("\x1b[H");
    put_lines(frame, height - 1);
    printf("\x1b[J");
    if (stale) {
        printf("\x1b[%d;1H", (int)height);
        put_lines(stale, 1);
    }
    (void)fflush(stdout);
}

/* True when the user wants to leave. */
static bool wait_for_key(int64_t ms, bool has_keys)
{
    int64_t end = mz_client_now_ms() + ms;

    for (int64_t left = ms; left > 0 && !mz_client_stopped(); left = end - mz_client_now_ms()) {
        struct pollfd keys = { .fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN };
        char key = 0;

        if (poll(&keys, 1, left > 100 ? 100 : (int)left) <= 0)
            continue;
        if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == '\x1b')
            return true;
        if (key == ' ' || key == '\n')
            return false; /* now */
    }
    return mz_client_stopped();
}

int mz_screen_run(int64_t interval_ms, mz_screen_draw *draw, void *context)
{
    struct mz_text frame = { 0 };
    struct mz_text next = { 0 };
    struct termios before;
    bool has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

    mz_client_catch_signals();
    if (has_keys) {
        struct termios raw = before;

        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    printf("\x1b[?1049h\x1b[?25l");
    do {
        int32_t height = screen_height();
        bool fresh;

        mz_text_clear(&next);
        fresh = draw(context, mz_cli_width(), height, &next);
        if (mz_client_stopped())
            break;
        if (fresh) {
            struct mz_text swap = frame;

            frame = next;
            next = swap;
        }
        show(mz_text_string(&frame), fresh ? NULL : mz_text_string(&next), height);
    } while (!wait_for_key(interval_ms, has_keys));
    printf("\x1b[?25h\x1b[?1049l");
    (void)fflush(stdout);
    if (has_keys)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    mz_text_finish(&frame);
    mz_text_finish(&next);
    return MZ_EXIT_DONE;
}
