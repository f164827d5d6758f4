/* html.h - building blocks of a page: one file, no network, readable without scripts
 *
 * A page is: mz_html_open, mz_html_nav, sections with tiles, figures, tables, notes,
 * mz_html_close. Everything a name from a file goes into is escaped here; parameters called
 * *_html are HTML already (mz_say_html makes them).
 * A figure is a scroll container that can have the focus, holding one chart, then the folded data
 * table with a CSV link. Charts over time need a table whose first rows are their periods: the
 * script reads it aloud under the pointer and with the arrow keys.
 */
#ifndef MZ_REPORT_HTML_H
#define MZ_REPORT_HTML_H

#include "base/arena.h"
#include "base/text.h"
#include "report/language.h"
#include "report/table.h"

#include <stdbool.h>
#include <stdint.h>

struct mz_html {
    struct mz_text *out;
    struct mz_arena *arena;
    enum mz_language language;
};

enum mz_html_state { MZ_HTML_PLAIN, MZ_HTML_GOOD, MZ_HTML_WARN };

/* Up to the first thing that is seen; mz_html_nav begins <main>. The title is escaped. */
void mz_html_open(struct mz_html *html, const char *title);
/* Ends <main>; adds the script and ends the page. */
void mz_html_close(struct mz_html *html);

struct mz_html_anchor {
    const char *id;
    const char *text;
};

void mz_html_nav(
    struct mz_html *html, const char *label, const struct mz_html_anchor *anchors, int32_t count);

/* number 0: none; the first section of a page has the level 1, others 2. subtitle NULL: none. */
void mz_html_section_open(struct mz_html *html, const char *id, int32_t level, int32_t number,
    const char *kicker, const char *headline_html, const char *subtitle_html);
void mz_html_section_close(struct mz_html *html);

/* A heading inside a section, level 3, with an optional line under it. */
void mz_html_heading(struct mz_html *html, const char *text, const char *subtitle_html);

struct mz_html_tile {
    const char *label;
    const char *figure;    /* "$699.8B": escaped here */
    const char *note_html; /* the limit it is judged by */
    enum mz_html_state state;
    const char *state_text; /* "within limit": read aloud with the mark; NULL with PLAIN */
};

void mz_html_tiles(struct mz_html *html, const struct mz_html_tile *tiles, int32_t count);

/* <figure>, then the chart is written into html->out, then close. `label` names the scroll
 * container for those who do not see it. */
void mz_html_figure_open(struct mz_html *html, const char *label);
/* The folded data table; file_name of the CSV without its ending. */
void mz_html_figure_close(struct mz_html *html, const struct mz_table *data, const char *file_name);

/* A table that is shown at once, in its own scroll container, with a CSV link. */
void mz_html_table(
    struct mz_html *html, const struct mz_table *table, const char *label, const char *file_name);

/* The same, folded behind a summary. */
void mz_html_folded_table(
    struct mz_html *html, const char *summary, const struct mz_table *table, const char *file_name);

/* A paragraph; class_name "" or "note" or "empty" (a panel without data). */
void mz_html_paragraph(struct mz_html *html, const char *class_name, const char *text_html);

/* Folded plain text. */
void mz_html_folded(struct mz_html *html, const char *summary, const char *text);

/* Shows one of two parts, by radio buttons that need no script. Order: open, part 0, middle,
 * part 1, close. `name` is unique in the page. */
void mz_html_switch_open(struct mz_html *html, const char *name, const char *label,
    const char *first, const char *second);
void mz_html_switch_middle(struct mz_html *html);
void mz_html_switch_close(struct mz_html *html);

/* JSON as data that no browser runs; '<' is written as \u003c. */
void mz_html_json(struct mz_html *html, const char *id, const char *json);

/* html_style.c, html_script.c: the page's parts that never change. */
extern const char mz_html_style[];
extern const char mz_html_script[];
extern const char mz_html_script_hash[]; /* base64 of its SHA-256, for the policy */

#endif
