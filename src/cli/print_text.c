/* print_text.c - text from elsewhere onto a terminal (print_text.h)
 * The tamer holds at most one unfinished thing: an escape sequence from its ESC on, or a UTF-8
 * character from its first byte on. With a next byte that cannot belong to it, the held bytes are
 * given up as '?' and the byte is looked at afresh. */
#include "cli/print_text.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void mz_print_text(FILE *stream, const char *text)
{
    for (const char *s = text; *s;) {
        size_t length = strcspn(s, "\n");
        char *line = strndup(s, length);
        char *printable = line ? malloc(length + 1) : NULL;

        if (printable)
            (void)fprintf(stream, "%s\n", mz_text_printable(printable, length + 1, line));
        free(printable);
        free(line);
        s += length + (s[length] == '\n');
    }
}

/* How many bytes a character that begins so has; 0: none begins so. */
static int32_t utf8_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

static void give_up(struct mz_tame *tame, FILE *stream)
{
    if (tame->held_count > 0)
        (void)fputc('?', stream);
    tame->held_count = 0;
}

static void flush_held(struct mz_tame *tame, FILE *stream)
{
    (void)fwrite(tame->held, 1, (size_t)tame->held_count, stream);
    tame->held_count = 0;
}

/* A byte while an escape sequence is held; true when it was used. */
static bool take_escape(struct mz_tame *tame, FILE *stream, uint8_t byte)
{
    if (tame->held_count == 1) {
        if (byte != '[') {
            give_up(tame, stream);
            return false;
        }
    } else if (byte == 'm') {
        tame->held[tame->held_count++] = byte;
        flush_held(tame, stream);
        return true;
    } else if (byte >= 0x40 && byte <= 0x7E) { /* another sequence: the whole of it goes */
        give_up(tame, stream);
        return true;
    } else if (!(byte >= '0' && byte <= ';') ||
        tame->held_count == (int32_t)sizeof(tame->held) - 1) {
        give_up(tame, stream);
        return byte >= 0x20 && byte < 0x40;
    }
    tame->held[tame->held_count++] = byte;
    return true;
}

/* C1 controls, marks that turn the direction of text around, and what is no UTF-8. */
static bool is_hostile(const uint8_t *bytes, int32_t count)
{
    if (count == 2)
        return bytes[0] == 0xC2 && bytes[1] < 0xA0;
    if (count == 3 && bytes[0] == 0xE0)
        return bytes[1] < 0xA0;
    if (count == 3 && bytes[0] == 0xED)
        return bytes[1] > 0x9F;
    if (count == 4)
        return (bytes[0] == 0xF0 && bytes[1] < 0x90) || (bytes[0] == 0xF4 && bytes[1] > 0x8F);
    if (count == 3 && bytes[0] == 0xE2)
        return (bytes[1] == 0x80 && bytes[2] >= 0xAA && bytes[2] <= 0xAE) ||
            (bytes[1] == 0x81 && bytes[2] >= 0xA6 && bytes[2] <= 0xA9);
    return false;
}

static bool take_character(struct mz_tame *tame, FILE *stream, uint8_t byte)
{
    if ((byte & 0xC0) != 0x80) {
        give_up(tame, stream);
        return false;
    }
    tame->held[tame->held_count++] = byte;
    if (tame->held_count < utf8_length(tame->held[0]))
        return true;
    if (is_hostile(tame->held, tame->held_count))
        give_up(tame, stream);
    else
        flush_held(tame, stream);
    return true;
}

static void take_first(struct mz_tame *tame, FILE *stream, uint8_t byte)
{
    if (byte == 0x1B || utf8_length(byte) > 1)
        tame->held[tame->held_count++] = byte;
    else if ((byte >= 0x20 && byte < 0x7F) || (byte && strchr("\n\r\t\b", byte)))
        (void)fputc(byte, stream);
    else
        (void)fputc('?', stream);
}

void mz_tame_write(struct mz_tame *tame, FILE *stream, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        bool used = false;

        if (tame->held_count > 0 && tame->held[0] == 0x1B)
            used = take_escape(tame, stream, byte);
        else if (tame->held_count > 0)
            used = take_character(tame, stream, byte);
        if (!used)
            take_first(tame, stream, byte);
    }
}

void mz_tame_finish(struct mz_tame *tame, FILE *stream)
{
    give_up(tame, stream);
}
