/* text.c - growing strings, escaping, nearest words */
#include "base/text.h"

#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mz_text_init(struct mz_text *text)
{
    *text = (struct mz_text){ 0 };
}

void mz_text_finish(struct mz_text *text)
{
    free(text->bytes);
    *text = (struct mz_text){ 0 };
}

void mz_text_clear(struct mz_text *text)
{
    text->length = 0;
    if (text->bytes)
        text->bytes[0] = '\0';
}

const char *mz_text_string(const struct mz_text *text)
{
    return text->bytes ? text->bytes : "";
}

static void reserve(struct mz_text *text, size_t extra)
{
    size_t need = text->length + extra + 1;
    size_t capacity = text->capacity ? text->capacity : 256;

    if (need <= text->capacity)
        return;
    while (capacity < need)
        capacity *= 2;
    text->bytes = mz_xrealloc(text->bytes, capacity, 1);
    text->capacity = capacity;
}

void mz_text_add_bytes(struct mz_text *text, const char *bytes, size_t length)
{
    reserve(text, length);
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void mz_text_add(struct mz_text *text, const char *string)
{
    mz_text_add_bytes(text, string, strlen(string));
}

void mz_text_addf(struct mz_text *text, const char *format, ...)
{
    va_list args;
    va_list again;
    size_t room = text->capacity - text->length;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, args);
    va_end(args);
    assert(length >= 0);
    if ((size_t)length >= room) { /* formatting is the dear part: twice only where it did not fit */
        reserve(text, (size_t)length);
        (void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
    }
    va_end(again);
    text->length += (size_t)length;
}

/* Length of the valid UTF-8 sequence at s (1..4), 0 when it is not valid. */
static size_t utf8_length(const unsigned char *s, uint32_t *ret_code)
{
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    uint32_t code;

    if (length == 0 || s[0] > 0xF4)
        return 0;
    code = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3F);
    }
    if (code < smallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    *ret_code = code;
    return length;
}

static bool is_control(uint32_t code)
{
    /* C0, DEL, C1, and the bidirectional and line-separator controls that reorder what follows */
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
        (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void mz_text_add_html(struct mz_text *text, const char *string)
{
    const unsigned char *s = (const unsigned char *)string;

    while (*s) {
        uint32_t code = 0;
        size_t length = utf8_length(s, &code);

        if (length == 0 || (is_control(code) && code != '\n' && code != '\t'))
            mz_text_add(text, "\xEF\xBF\xBD");
        else if (code == '&')
            mz_text_add(text, "&amp;");
        else if (code == '<')
            mz_text_add(text, "&lt;");
        else if (code == '>')
            mz_text_add(text, "&gt;");
        else if (code == '"')
            mz_text_add(text, "&quot;");
        else if (code == '\'')
            mz_text_add(text, "&#39;");
        else
            mz_text_add_bytes(text, (const char *)s, length);
        s += length ? length : 1;
    }
}

void mz_text_add_csv(struct mz_text *text, const char *string)
{
    if (!strpbrk(string, ",\"\r\n")) {
        mz_text_add(text, string);
        return;
    }
    mz_text_add(text, "\"");
    for (const char *s = string; *s; s++)
        mz_text_add_bytes(text, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    mz_text_add(text, "\"");
}

int32_t mz_text_columns(const char *string)
{
    const unsigned char *s = (const unsigned char *)string;
    int32_t columns = 0;

    while (*s) {
        uint32_t code = 0;
        size_t length = utf8_length(s, &code);
        bool combining =
            length > 0 && ((code >= 0x300 && code < 0x370) || (code >= 0x64B && code < 0x660));

        columns += combining ? 0 : 1;
        s += length ? length : 1;
    }
    return columns;
}

const char *mz_text_printable(char *buffer, size_t buffer_size, const char *string)
{
    const unsigned char *s = (const unsigned char *)string;
    size_t used = 0;

    assert(buffer_size > 0);
    while (*s) {
        uint32_t code = 0;
        size_t length = utf8_length(s, &code);
        bool bad = length == 0 || is_control(code);
        size_t bytes = bad ? 1 : length;

        if (used + bytes + 1 > buffer_size)
            break;
        if (bad)
            buffer[used] = '?';
        else
            memcpy(buffer + used, s, length);
        used += bytes;
        s += length ? length : 1;
    }
    buffer[used] = '\0';
    return buffer;
}

enum { WORD_MAX = 64 };

/* Optimal string alignment distance; rows of three, because a swap looks two rows back. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *now = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *reused = before;

        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        before = last;
        last = now;
        now = reused;
    }
    return last[b_length];
}

const char *mz_nearest_word(const char *word, const char *const *candidates, size_t candidate_count)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    size_t word_length = strlen(word);

    if (word_length == 0 || word_length > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < candidate_count; i++) {
        size_t length = strlen(candidates[i]);
        size_t longer = length > word_length ? length : word_length;
        size_t allowed = longer / 3 ? longer / 3 : 1;
        size_t distance;

        if (length > WORD_MAX)
            continue;
        distance = edit_distance(word, candidates[i]);
        if (distance <= allowed && distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}
