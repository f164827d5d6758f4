/* html.c - page, sections, figures, tables */
#include "report/html.h"

#include <assert.h>
#include <string.h>

static void add_name(struct mz_html *html, const char *text)
{
    mz_say_add_name(html->out, html->language, text);
}

static const char *say(const struct mz_html *html, enum mz_phrase phrase)
{
    return mz_say(html->language, phrase);
}

void mz_html_open(struct mz_html *html, const char *title)
{
    struct mz_text *out = html->out;

    mz_text_addf(out,
        "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; script-src 'sha256-%s'; img-src data:; base-uri 'none'; "
        "form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        mz_language_code(html->language), mz_language_direction(html->language),
        mz_html_script_hash);
    mz_text_add_html(out, title);
    mz_text_add(out, "</title>\n<style>");
    mz_text_add(out, mz_html_style);
    mz_text_add(out, "</style></head>\n<body data-hint=\"");
    mz_text_add_html(out, say(html, MZ_SAY_READ_OUT_HINT));
    mz_text_add(out, "\"><a class=skip href=\"#main\">");
    mz_text_add_html(out, say(html, MZ_SAY_SKIP));
    /* the hatch that every chart uses for what is missing */
    mz_text_add(out,
        "</a>\n<svg class=defs width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
        "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><path class=hb d=\"M0 0h6v6h-6z\"/>"
        "<path class=hl d=\"M1.5 0v6\"/></pattern></defs></svg>\n");
}

void mz_html_nav(
    struct mz_html *html, const char *label, const struct mz_html_anchor *anchors, int32_t count)
{
    mz_text_add(html->out, "<nav aria-label=\"");
    mz_text_add_html(html->out, label);
    mz_text_add(html->out, "\"><ol>");
    for (int32_t i = 0; i < count; i++) {
        mz_text_addf(html->out, "<li><a href=\"#%s\">", anchors[i].id);
        mz_text_add_html(html->out, anchors[i].text);
        mz_text_add(html->out, "</a></li>");
    }
    mz_text_add(html->out, "</ol></nav>\n<main id=main>\n");
}

void mz_html_close(struct mz_html *html)
{
    mz_text_add(html->out, "</main>\n<script>");
    mz_text_add(html->out, mz_html_script);
    mz_text_add(html->out, "</script></body></html>\n");
}

void mz_html_section_open(struct mz_html *html, const char *id, int32_t level, int32_t number,
    const char *kicker, const char *headline_html, const char *subtitle_html)
{
    struct mz_text *out = html->out;

    mz_text_addf(out, "<section id=\"%s\" aria-labelledby=\"%s-h\"><p class=kick>", id, id);
    if (number > 0)
        mz_text_addf(out, "<b>%d</b> ", (int)number);
    mz_text_add_html(out, kicker);
    mz_text_addf(out, "</p><h%d id=\"%s-h\">%s</h%d>\n", (int)level, id, headline_html, (int)level);
    if (subtitle_html)
        mz_text_addf(out, "<p class=sub>%s</p>\n", subtitle_html);
}

void mz_html_section_close(struct mz_html *html)
{
    mz_text_add(html->out, "</section>\n");
}

void mz_html_heading(struct mz_html *html, const char *text, const char *subtitle_html)
{
    mz_text_add(html->out, "<h3>");
    mz_text_add_html(html->out, text);
    mz_text_add(html->out, "</h3>\n");
    if (subtitle_html)
        mz_text_addf(html->out, "<p class=sub>%s</p>\n", subtitle_html);
}

void mz_html_tiles(struct mz_html *html, const struct mz_html_tile *tiles, int32_t count)
{
    struct mz_text *out = html->out;

    mz_text_add(out, "<dl class=tiles>");
    for (int32_t i = 0; i < count; i++) {
        const struct mz_html_tile *tile = &tiles[i];
        const char *class_name = tile->state == MZ_HTML_GOOD ? "good"
            : tile->state == MZ_HTML_WARN                    ? "warn"
                                                             : "plain";

        mz_text_addf(out, "<div class=%s><dt>", class_name);
        mz_text_add_html(out, tile->label);
        mz_text_add(out, "</dt><dd><strong>");
        add_name(html, tile->figure);
        mz_text_addf(out, "</strong><span class=lim>%s</span>", tile->note_html);
        if (tile->state_text) {
            mz_text_addf(out, "<span class=st><i aria-hidden=true>%s</i> ",
                tile->state == MZ_HTML_WARN ? "\xE2\x96\xB2" : "\xE2\x9C\x93");
            mz_text_add_html(out, tile->state_text);
            mz_text_add(out, "</span>");
        }
        mz_text_add(out, "</dd></div>");
    }
    mz_text_add(out, "</dl>\n");
}

static void add_csv_link(struct mz_html *html, const struct mz_table *table, const char *file_name)
{
    struct mz_text csv = { 0 };

    mz_table_write_csv(table, &csv);
    mz_text_addf(html->out, "<a class=csv download=\"%s.csv\" href=\"data:text/csv;charset=utf-8,",
        file_name);
    for (const char *s = mz_text_string(&csv); *s; s++) {
        unsigned char byte = (unsigned char)*s;
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= 'a' && byte <= 'z') || strchr("-_.,/:@!$()*;", *s);

        if (plain)
            mz_text_add_bytes(html->out, s, 1);
        else
            mz_text_addf(html->out, "%%%02X", byte);
    }
    mz_text_addf(html->out, "\">CSV</a>");
    mz_text_finish(&csv);
}

static const char *look_class(enum mz_cell_look look)
{
    switch (look) {
    case MZ_CELL_PLAIN: return "";
    case MZ_CELL_BOLD: return "b";
    case MZ_CELL_DIM: return "dim";
    case MZ_CELL_GOOD: return "good";
    case MZ_CELL_WARN: return "warn";
    case MZ_CELL_BAD: return "warn";
    }
    return "";
}

static void add_cell(
    struct mz_html *html, const struct mz_table *table, int32_t row, int32_t column)
{
    struct mz_text *out = html->out;
    const struct mz_cell *cell = mz_table_cell(table, row, column);
    const char *look = look_class(cell->look);
    enum mz_column_kind kind = table->columns[column].kind;
    bool is_text = kind != MZ_COLUMN_NUMBER;
    const char *text = strcmp(cell->text, "-") == 0 ? "\xE2\x80\x93" : cell->text;

    if (column == 0)
        mz_text_add(out, "<tr><th scope=row>");
    else if (is_text)
        mz_text_addf(out,
            look[0] || kind == MZ_COLUMN_TEXT ? "<td class=\"t%s%s%s\">" : "<td class=t>",
            kind == MZ_COLUMN_TEXT ? " w" : "", look[0] ? " " : "", look);
    else if (look[0] != '\0')
        mz_text_addf(out, "<td class=%s>", look);
    else
        mz_text_add(out, "<td>");
    if (is_text && column > 0)
        add_name(html, text);
    else
        mz_text_add_html(out, text);
    mz_text_add(out, column == 0 ? "</th>" : "</td>");
}

static void add_table(struct mz_html *html, const struct mz_table *table, const char *label)
{
    struct mz_text *out = html->out;
    int32_t row_count = mz_table_row_count(table);

    mz_text_add(out, "<div class=tw tabindex=0 role=group aria-label=\"");
    mz_text_add_html(out, label);
    mz_text_addf(out, "\"><table%s><thead><tr>", table->has_total ? " class=sum" : "");
    for (int32_t c = 0; c < table->column_count; c++) {
        const struct mz_column *column = &table->columns[c];
        bool is_text = column->kind != MZ_COLUMN_NUMBER;

        mz_text_addf(out, "<th scope=col%s>", is_text ? " class=t" : "");
        add_name(html, column->title);
        if (column->unit && column->unit[0] != '\0') {
            mz_text_add(out, " <small>");
            add_name(html, column->unit);
            mz_text_add(out, "</small>");
        }
        mz_text_add(out, "</th>");
    }
    mz_text_add(out, "</tr></thead><tbody>");
    for (int32_t r = 0; r < row_count; r++) {
        mz_text_add(out, "\n");
        for (int32_t c = 0; c < table->column_count; c++)
            add_cell(html, table, r, c);
        mz_text_add(out, "</tr>");
    }
    mz_text_add(out, "</tbody></table></div>\n");
}

void mz_html_figure_open(struct mz_html *html, const char *label)
{
    mz_text_add(html->out, "<figure><div class=c tabindex=0 role=group aria-label=\"");
    mz_text_add_html(html->out, label);
    mz_text_add(html->out, "\">\n");
}

void mz_html_figure_close(struct mz_html *html, const struct mz_table *data, const char *file_name)
{
    struct mz_text *out = html->out;

    mz_text_add(out, "</div><p class=r aria-live=polite></p><details><summary>");
    mz_text_add_html(out, say(html, MZ_SAY_DATA));
    mz_text_add(out, "</summary>");
    add_csv_link(html, data, file_name);
    add_table(html, data, say(html, MZ_SAY_DATA_TABLE));
    mz_text_add(out, "</details></figure>\n");
}

void mz_html_table(
    struct mz_html *html, const struct mz_table *table, const char *label, const char *file_name)
{
    add_table(html, table, label);
    mz_text_add(html->out, "<details class=only><summary>");
    mz_text_add_html(html->out, say(html, MZ_SAY_DOWNLOAD));
    mz_text_add(html->out, "</summary>");
    add_csv_link(html, table, file_name);
    mz_text_add(html->out, "</details>\n");
}

void mz_html_folded_table(
    struct mz_html *html, const char *summary, const struct mz_table *table, const char *file_name)
{
    mz_text_add(html->out, "<details><summary>");
    mz_text_add_html(html->out, summary);
    mz_text_add(html->out, "</summary>");
    add_csv_link(html, table, file_name);
    add_table(html, table, summary);
    mz_text_add(html->out, "</details>\n");
}

void mz_html_paragraph(struct mz_html *html, const char *class_name, const char *text_html)
{
    if (class_name[0] != '\0')
        mz_text_addf(html->out, "<p class=\"%s\">%s</p>\n", class_name, text_html);
    else
        mz_text_addf(html->out, "<p>%s</p>\n", text_html);
}

void mz_html_folded(struct mz_html *html, const char *summary, const char *text)
{
    struct mz_text *out = html->out;

    mz_text_add(out, "<details><summary>");
    mz_text_add_html(out, summary);
    mz_text_add(out, "</summary><pre tabindex=0 role=group aria-label=\"");
    mz_text_add_html(out, summary);
    mz_text_add(out, "\">");
    mz_text_add_html(out, text);
    mz_text_add(out, "</pre></details>\n");
}

void mz_html_switch_open(struct mz_html *html, const char *name, const char *label,
    const char *first, const char *second)
{
    struct mz_text *out = html->out;

    mz_text_add(out, "<fieldset class=sw><legend>");
    mz_text_add_html(out, label);
    mz_text_addf(out,
        "</legend><input type=radio name=\"%s\" id=\"%s-0\" class=sw0 checked>"
        "<label for=\"%s-0\">",
        name, name, name);
    mz_text_add_html(out, first);
    mz_text_addf(out,
        "</label><input type=radio name=\"%s\" id=\"%s-1\" class=sw1>"
        "<label for=\"%s-1\">",
        name, name, name);
    mz_text_add_html(out, second);
    mz_text_add(out, "</label><div class=v0>");
}

void mz_html_switch_middle(struct mz_html *html)
{
    mz_text_add(html->out, "</div><div class=v1>");
}

void mz_html_switch_close(struct mz_html *html)
{
    mz_text_add(html->out, "</div></fieldset>\n");
}

void mz_html_json(struct mz_html *html, const char *id, const char *json)
{
    mz_text_addf(html->out, "<script type=\"application/json\" id=\"%s\">", id);
    for (const char *s = json; *s; s++) {
        if (*s == '<')
            mz_text_add(html->out, "\\u003c");
        else
            mz_text_add_bytes(html->out, s, 1);
    }
    mz_text_add(html->out, "</script>\n");
}
