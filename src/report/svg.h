/* svg.h - drawing in SVG text: numbers, words that are measured before they are placed, paths
 *
 * Everything is written into a struct mz_text. Coordinates are CSS pixels with one decimal.
 * Colours and strokes come from classes (html_style.c), never from attributes, so that dark mode
 * and print can change them:
 *   f0 ... f13, fo       fill of partner colour 0 ... 13, of "own"; fm, fa, fb, fn, fr, fx: muted,
 *                        accent, soft, faint, warning, as text
 *   s0 ... s13, so ...   stroke of the same
 *   t0 ... t13, to ...   text in the same hue, dark enough to be read (4.5:1)
 *   e, m                 text that ends at, is centred on its x; b bold
 * Text is measured with a built-in table of the glyph widths of Helvetica (Arial and Liberation
 * Sans have the same), with a margin for wider fonts.
 */
#ifndef MZ_REPORT_SVG_H
#define MZ_REPORT_SVG_H

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The colour of a series: 0 ... MZ_COLOR_COUNT - 1, or one of the special ones. */
enum {
    MZ_COLOR_COUNT = 14,
    MZ_COLOR_OWN = 100, /* nearly black */
    MZ_COLOR_MUTED,     /* grey: "other" */
    MZ_COLOR_ACCENT,    /* the accent of the page: series that belong to nobody */
    MZ_COLOR_SOFT,      /* a lighter shade of it */
    MZ_COLOR_FAINT,     /* a lighter grey */
    MZ_COLOR_WARN,      /* what is missing or beyond a limit */
    MZ_COLOR_TEXT       /* as running text */
};

/* The class of a colour behind the prefix 'f', 's' or 't': "f3", "so". Buffer of 8 bytes. */
const char *mz_svg_color_class(char buffer[8], char prefix, int32_t color);

/* Widest that `text` (UTF-8) is likely to be, px. Arabic letters count 0.6 em each. */
double mz_svg_text_width(const char *text, double size_px, bool bold);

/* The text, cut with an ellipsis so that it fits; lives in the arena. */
const char *mz_svg_text_cut(
    struct mz_arena *arena, const char *text, double size_px, bool bold, double width_px);

/* "12", "12.5", ".5": one decimal at most. */
void mz_svg_add_number(struct mz_text *out, double value);
/* A number and a blank before it unless it begins with '-'. */
void mz_svg_add_next(struct mz_text *out, double value);

/* <text>; class_names may be "" and is not escaped, the text is. */
void mz_svg_add_text(
    struct mz_text *out, double x, double y, const char *class_names, const char *text);

/* <rect>; nothing when it would be thinner than half a tenth of a pixel. */
void mz_svg_add_rect(
    struct mz_text *out, double x, double y, double width, double height, const char *class_names);

/* <path d="Mx1 y1L..."> straight from one point to another. */
void mz_svg_add_line(
    struct mz_text *out, double x1, double y1, double x2, double y2, const char *class_names);

/* The d attribute of a path, point by point, in the shortest relative commands. The pen remembers
 * the rounded place, so that rounding never adds up; a level run is written as one command. End
 * each path with mz_svg_pen_end. */
struct mz_svg_pen {
    struct mz_text *out;
    bool whole_pixels; /* round to pixels instead of tenths: for small charts */
    double x;          /* in tenths of a pixel */
    double y;
    double level; /* horizontal way not written yet */
};

void mz_svg_pen_move(struct mz_svg_pen *pen, double x, double y);
void mz_svg_pen_line(struct mz_svg_pen *pen, double x, double y);
/* Writes what is left; `close` closes the figure. The next command has to be a move. */
void mz_svg_pen_end(struct mz_svg_pen *pen, bool close);

#endif
