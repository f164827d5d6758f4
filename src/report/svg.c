/* svg.c - numbers, measured words and paths in SVG */
#include "report/svg.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Helvetica, thousandths of an em, U+0020 ... U+007E. Source: Adobe's core font metrics. */
static const int16_t glyph_width[95] = { 278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584,
    278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584,
    556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
    722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722,
    500, 500, 500, 334, 260, 334, 584 };

/* Fonts differ; what is measured may be this much wider on the reader's machine. */
static const double width_margin = 1.06;

static int32_t glyph_milli_em(uint32_t code)
{
    if (code >= 0x20 && code <= 0x7E)
        return glyph_width[code - 0x20];
    if ((code >= 0x300 && code < 0x370) || (code >= 0x64B && code < 0x660))
        return 0; /* marks above and below letters */
    if ((code >= 0x200B && code <= 0x200F) || (code >= 0x2066 && code <= 0x2069))
        return 0; /* direction marks */
    if (code == 0xA0)
        return glyph_width[0];
    if (code >= 0x600 && code < 0x700)
        return 600;
    if (code >= 0x2E80)
        return 1000; /* wide East Asian forms, symbols */
    return code >= 0x2000 ? 900 : 650;
}

/* One character of UTF-8 that may be invalid: then a byte counts as one. */
static const char *next_code(const char *text, uint32_t *ret_code)
{
    const unsigned char *s = (const unsigned char *)text;
    int32_t length = s[0] < 0xC0 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? s[0] : s[0] & (0x7Fu >> length);

    for (int32_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *ret_code = s[0];
            return text + 1;
        }
        code = code << 6 | (s[i] & 0x3F);
    }
    *ret_code = code;
    return text + length;
}

double mz_svg_text_width(const char *text, double size_px, bool bold)
{
    int64_t milli = 0;

    while (*text) {
        uint32_t code;

        text = next_code(text, &code);
        milli += glyph_milli_em(code);
    }
    return (double)milli / 1000 * size_px * width_margin * (bold ? 1.08 : 1);
}

const char *mz_svg_text_cut(
    struct mz_arena *arena, const char *text, double size_px, bool bold, double width_px)
{
    const char *end = text;
    double room = width_px - mz_svg_text_width("\xE2\x80\xA6", size_px, bold);

    if (mz_svg_text_width(text, size_px, bold) <= width_px)
        return mz_arena_strdup(arena, text);
    while (*end) {
        uint32_t code;
        const char *next = next_code(end, &code);
        const char *head = mz_arena_strndup(arena, text, (size_t)(next - text));

        if (mz_svg_text_width(head, size_px, bold) > room)
            break;
        end = next;
    }
    return mz_arena_printf(arena, "%.*s\xE2\x80\xA6", (int)(end - text), text);
}

const char *mz_svg_color_class(char buffer[8], char prefix, int32_t color)
{
    static const char special[] = { 'o', 'm', 'a', 'b', 'n', 'r', 'x' };

    if (color < MZ_COLOR_OWN)
        (void)snprintf(buffer, 8, "%c%d", prefix, (int)(color % MZ_COLOR_COUNT));
    else
        (void)snprintf(buffer, 8, "%c%c", prefix, special[color - MZ_COLOR_OWN]);
    return buffer;
}

/* Tenths of a pixel as the shortest decimal. */
static void add_tenths(struct mz_text *out, double tenths)
{
    long long value = (long long)tenths;
    long long size = value < 0 ? -value : value;
    const char *sign = value < 0 ? "-" : "";

    if (size % 10 == 0)
        mz_text_addf(out, "%s%lld", sign, size / 10);
    else if (size < 10)
        mz_text_addf(out, "%s.%lld", sign, size);
    else
        mz_text_addf(out, "%s%lld.%lld", sign, size / 10, size % 10);
}

static double tenths_of(double value)
{
    assert(isfinite(value) && fabs(value) < 1e9);
    return round(value * 10);
}

void mz_svg_add_number(struct mz_text *out, double value)
{
    add_tenths(out, tenths_of(value));
}

static void add_next_tenths(struct mz_text *out, double tenths)
{
    if (tenths >= 0)
        mz_text_add(out, " ");
    add_tenths(out, tenths);
}

void mz_svg_add_next(struct mz_text *out, double value)
{
    add_next_tenths(out, tenths_of(value));
}

static void add_attribute(struct mz_text *out, const char *name, double value)
{
    mz_text_addf(out, " %s=\"", name);
    mz_svg_add_number(out, value);
    mz_text_add(out, "\"");
}

static void add_class(struct mz_text *out, const char *class_names)
{
    if (class_names[0] != '\0')
        mz_text_addf(out, " class=\"%s\"", class_names);
}

void mz_svg_add_text(
    struct mz_text *out, double x, double y, const char *class_names, const char *text)
{
    mz_text_add(out, "<text");
    add_attribute(out, "x", x);
    add_attribute(out, "y", y);
    add_class(out, class_names);
    mz_text_add(out, ">");
    mz_text_add_html(out, text);
    mz_text_add(out, "</text>");
}

void mz_svg_add_rect(
    struct mz_text *out, double x, double y, double width, double height, const char *class_names)
{
    if (width < 0.05 || height < 0.05)
        return;
    mz_text_add(out, "<rect");
    add_attribute(out, "x", x);
    add_attribute(out, "y", y);
    add_attribute(out, "width", width);
    add_attribute(out, "height", height);
    add_class(out, class_names);
    mz_text_add(out, "/>");
}

void mz_svg_add_line(
    struct mz_text *out, double x1, double y1, double x2, double y2, const char *class_names)
{
    struct mz_svg_pen pen = { .out = out };

    mz_text_add(out, "<path");
    add_class(out, class_names);
    mz_text_add(out, " d=\"");
    mz_svg_pen_move(&pen, x1, y1);
    mz_svg_pen_line(&pen, x2, y2);
    mz_svg_pen_end(&pen, false);
    mz_text_add(out, "\"/>");
}

static double pen_tenths(const struct mz_svg_pen *pen, double value)
{
    return pen->whole_pixels ? round(value) * 10 : tenths_of(value);
}

static void flush_level(struct mz_svg_pen *pen)
{
    if (pen->level == 0)
        return;
    mz_text_add(pen->out, "h");
    add_tenths(pen->out, pen->level);
    pen->level = 0;
}

void mz_svg_pen_move(struct mz_svg_pen *pen, double x, double y)
{
    flush_level(pen);
    pen->x = pen_tenths(pen, x);
    pen->y = pen_tenths(pen, y);
    mz_text_add(pen->out, "M");
    add_tenths(pen->out, pen->x);
    add_next_tenths(pen->out, pen->y);
}

void mz_svg_pen_line(struct mz_svg_pen *pen, double x, double y)
{
    double dx = pen_tenths(pen, x) - pen->x;
    double dy = pen_tenths(pen, y) - pen->y;

    pen->x += dx;
    pen->y += dy;
    if (dy == 0) {
        pen->level += dx;
        return;
    }
    flush_level(pen);
    if (dx == 0) {
        mz_text_add(pen->out, "v");
        add_tenths(pen->out, dy);
        return;
    }
    mz_text_add(pen->out, "l");
    add_tenths(pen->out, dx);
    add_next_tenths(pen->out, dy);
}

void mz_svg_pen_end(struct mz_svg_pen *pen, bool close)
{
    flush_level(pen);
    if (close)
        mz_text_add(pen->out, "z");
}
