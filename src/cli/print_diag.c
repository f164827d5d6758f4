/* print_diag.c - the shape of an error
 * Columns of a mark count code points, as libyaml does; what is printed counts terminal columns.
 * A long line is cut to a window around its mark. */
#include "cli/print_diag.h"

#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_COLUMNS_MAX = 100, LINE_BEFORE_MARK = 40, PARENTS_SHOWN_MAX = 2 };

struct printer {
    FILE *stream;
    const struct mz_source *source;
    struct mz_arena *arena;
    bool colour;
    int gutter; /* digits of the largest line number */
};

enum style { STYLE_NONE, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_YELLOW };

static const char *on(const struct printer *p, enum style style)
{
    static const char *const codes[] = { "", "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;33m" };

    return p->colour ? codes[style] : "";
}

static const char *off(const struct printer *p)
{
    return p->colour ? "\x1b[0m" : "";
}

/* A text from a file or the command line, harmless for a terminal; tabs become blanks. */
static const char *clean(const struct printer *p, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mz_arena_strdup(p->arena, text);
    char *buffer = mz_arena_alloc(p->arena, size, 1);

    for (char *s = copy; *s; s++) {
        if (*s == '\t')
            *s = ' ';
    }
    return mz_text_printable(buffer, size, copy);
}

/* Byte offset of code point `count`, or of the end. */
static size_t offset_of(const char *text, int32_t count)
{
    const char *s = text;

    for (; *s && count > 0; count--) {
        s++;
        while ((*s & 0xC0) == 0x80)
            s++;
    }
    return (size_t)(s - text);
}

static int32_t code_points(const char *text)
{
    int32_t count = 0;

    for (const char *s = text; *s; s++)
        count += (*s & 0xC0) != 0x80;
    return count;
}

/* The part of a line that is shown: code points from ... to. */
struct window {
    const char *line;
    int32_t from;
    int32_t to;
};

static struct window window_of(const char *line, int32_t column)
{
    struct window w = { line, 0, code_points(line) };

    if (w.to <= LINE_COLUMNS_MAX)
        return w;
    if (column - 1 > LINE_COLUMNS_MAX - LINE_BEFORE_MARK / 2)
        w.from = column - 1 - LINE_BEFORE_MARK;
    if (w.from > w.to - LINE_COLUMNS_MAX)
        w.from = w.to - LINE_COLUMNS_MAX;
    w.to = w.from + LINE_COLUMNS_MAX;
    return w;
}

static const char *slice(const struct printer *p, const char *line, int32_t from, int32_t to)
{
    size_t begin = offset_of(line, from);
    size_t end = offset_of(line, to > from ? to : from);

    return clean(p, mz_arena_strndup(p->arena, line + begin, end - begin));
}

static void print_gutter(const struct printer *p, int32_t line)
{
    if (line > 0)
        (void)fprintf(p->stream, "%s%*d |%s", on(p, STYLE_DIM), p->gutter, (int)line, off(p));
    else
        (void)fprintf(p->stream, "%s%*s |%s", on(p, STYLE_DIM), p->gutter, "", off(p));
}

static void print_line(const struct printer *p, int32_t number, struct window w)
{
    const char *text = slice(p, w.line, w.from, w.to);

    print_gutter(p, number);
    if (*text)
        (void)fprintf(p->stream, " %s%s%s", w.from > 0 ? "…" : "", text,
            w.line[offset_of(w.line, w.to)] ? "…" : "");
    (void)fputc('\n', p->stream);
}

/* The marks under a line, and what is said there. */
static void print_marks(const struct printer *p, struct window w, const struct mz_mark *mark,
    char sign, enum style style, const char *label)
{
    int32_t begin = mark->column > 0 ? mark->column - 1 : 0;
    int32_t end = mark->end_column > mark->column ? mark->end_column - 1 : begin + 1;
    int32_t before;
    int32_t width;

    if (begin < w.from || begin > w.to)
        return;
    before = mz_text_columns(slice(p, w.line, w.from, begin)) + (w.from > 0);
    width = mz_text_columns(slice(p, w.line, begin, end < w.to ? end : w.to));
    print_gutter(p, 0);
    (void)fprintf(p->stream, " %*s%s", (int)before, "", on(p, style));
    for (int32_t i = 0; i < (width > 0 ? width : 1); i++)
        (void)fputc(sign, p->stream);
    if (label)
        (void)fprintf(p->stream, " %s", clean(p, label));
    (void)fprintf(p->stream, "%s\n", off(p));
}

static size_t indent_of(const char *line)
{
    return strspn(line, " ");
}

/* Lines straight above that the line hangs under: "partners:", "  aws:". Answers how many. */
static int32_t parents_above(const struct printer *p, int32_t line, const char **ret_lines)
{
    size_t indent = indent_of(mz_source_line(p->arena, p->source, line));
    int32_t count = 0;

    while (count < PARENTS_SHOWN_MAX && line - count > 1 && indent > 0) {
        const char *above = mz_source_line(p->arena, p->source, line - count - 1);
        size_t above_indent = indent_of(above);

        if (above_indent >= indent || above[above_indent] == '\0' || above[above_indent] == '#')
            break;
        ret_lines[count++] = above;
        indent = above_indent;
    }
    return count;
}

static void print_place(
    const struct printer *p, const struct mz_diag *diag, const struct mz_mark *first, bool other)
{
    const char *parents[PARENTS_SHOWN_MAX];
    int32_t count = parents_above(p, first->line, parents);
    const struct mz_mark *main = &diag->mark;
    struct window w = window_of(mz_source_line(p->arena, p->source, main->line), main->column);

    for (int32_t i = count; i > 0; i--)
        print_line(p, first->line - i, window_of(parents[i - 1], 1));
    if (other && first != main) {
        struct window o =
            window_of(mz_source_line(p->arena, p->source, first->line), first->column);

        print_line(p, first->line, o);
        print_marks(p, o, first, '-', STYLE_YELLOW, diag->other_label);
        if (main->line - first->line > 1)
            (void)fprintf(p->stream, "...\n");
    }
    print_line(p, main->line, w);
    print_marks(p, w, main, '^', STYLE_RED, diag->label);
    if (other && first == main && diag->other.line == main->line) {
        print_marks(p, w, &diag->other, '-', STYLE_YELLOW, diag->other_label);
    } else if (other && first == main) {
        struct window o =
            window_of(mz_source_line(p->arena, p->source, diag->other.line), diag->other.column);

        if (diag->other.line - main->line > 1)
            (void)fprintf(p->stream, "...\n");
        print_line(p, diag->other.line, o);
        print_marks(p, o, &diag->other, '-', STYLE_YELLOW, diag->other_label);
    }
}

static int digits_of(int32_t number)
{
    int digits = 1;

    for (; number > 9; number /= 10)
        digits++;
    return digits;
}

static void print_head(const struct printer *p, const struct mz_diag *diag)
{
    bool error = diag->severity == MZ_SEVERITY_ERROR;

    (void)fprintf(p->stream, "%s%s[%s]%s%s: %s%s\n", on(p, error ? STYLE_RED : STYLE_YELLOW),
        error ? "error" : "warning", diag->code, off(p), on(p, STYLE_BOLD), clean(p, diag->message),
        off(p));
}

static void print_one(struct printer *p, const struct mz_diag *diag)
{
    const struct mz_mark *mark = &diag->mark;
    bool other = diag->other.line > 0 && mark->line > 0;
    const struct mz_mark *first = other && diag->other.line < mark->line ? &diag->other : mark;
    const char *file = mark->file ? clean(p, mark->file) : "";

    p->gutter = digits_of(other && diag->other.line > mark->line ? diag->other.line : mark->line);
    print_head(p, diag);
    if (mark->line > 0)
        (void)fprintf(p->stream, "%s%*s-->%s %s:%d:%d\n", on(p, STYLE_DIM), p->gutter, "", off(p),
            file, (int)mark->line, (int)mark->column);
    else if (*file)
        (void)fprintf(p->stream, "%s%*s-->%s %s\n", on(p, STYLE_DIM), p->gutter, "", off(p), file);
    if (mark->line > 0 || diag->shown) {
        print_gutter(p, 0);
        (void)fputc('\n', p->stream);
    }
    if (mark->line > 0) {
        print_place(p, diag, first, other);
    } else if (diag->shown) {
        struct window w = window_of(diag->shown, mark->column);

        print_line(p, 0, w);
        print_marks(p, w, mark, '^', STYLE_RED, diag->label);
    }
    if (diag->note) {
        print_gutter(p, 0);
        (void)fprintf(p->stream, "\n%*s = %s\n", p->gutter, "", clean(p, diag->note));
    }
    (void)fputc('\n', p->stream);
}

static void print_closing(
    const struct printer *p, const struct mz_diags *diags, size_t shown, const char *code)
{
    size_t total = diags->error_count + diags->warning_count;
    const char *file = clean(p, p->source->file ? p->source->file : "");

    if (total > shown)
        (void)fprintf(p->stream, "%zu more\n\n", total - shown);
    if (diags->error_count > 0)
        (void)fprintf(p->stream,
            "%zu error%s in %s. Nothing was run.   Explain one: mizan explain %s\n",
            diags->error_count, diags->error_count == 1 ? "" : "s", file, code);
    else
        (void)fprintf(p->stream, "%zu warning%s in %s.   Explain one: mizan explain %s\n",
            diags->warning_count, diags->warning_count == 1 ? "" : "s", file, code);
}

void mz_diags_print(
    FILE *stream, const struct mz_diags *diags, const struct mz_source *source, bool colour)
{
    struct printer p = { stream, source, mz_arena_create(), colour, 1 };
    const char *code = NULL;
    bool warned = false;
    size_t shown = 0;

    for (size_t i = 0; i < diags->count && shown < MZ_DIAGS_SHOWN_MAX; i++) {
        const struct mz_diag *diag = &diags->list[i];

        if (diag->severity == MZ_SEVERITY_WARNING && diags->error_count >= MZ_DIAGS_SHOWN_MAX)
            continue; /* warnings give way to errors */
        if (!code || (warned && diag->severity == MZ_SEVERITY_ERROR)) {
            code = diag->code; /* the first error, else the first warning */
            warned = diag->severity == MZ_SEVERITY_WARNING;
        }
        print_one(&p, diag);
        shown++;
    }
    if (shown > 0)
        print_closing(&p, diags, shown, code);
    mz_arena_free(p.arena);
}

static json_t *text_or_null(const struct printer *p, const char *text)
{
    json_t *value = text ? json_string(clean(p, text)) : NULL;

    return value ? value : json_null();
}

static json_t *number_or_null(int32_t number)
{
    return number > 0 ? json_integer(number) : json_null();
}

void mz_diags_print_json(FILE *stream, const struct mz_diags *diags)
{
    struct printer p = { .stream = stream, .arena = mz_arena_create() };

    for (size_t i = 0; i < diags->count; i++) {
        const struct mz_diag *diag = &diags->list[i];
        json_t *object = json_object();
        char help[64];
        char *line;

        (void)snprintf(help, sizeof(help), "mizan explain %s", diag->code);
        json_object_set_new(object, "schema", json_string("mizan.error/1"));
        json_object_set_new(object, "code", json_string(diag->code));
        json_object_set_new(object, "severity",
            json_string(diag->severity == MZ_SEVERITY_ERROR ? "error" : "warning"));
        json_object_set_new(object, "message", text_or_null(&p, diag->message));
        json_object_set_new(object, "file", text_or_null(&p, diag->mark.file));
        json_object_set_new(object, "line", number_or_null(diag->mark.line));
        json_object_set_new(object, "column", number_or_null(diag->mark.column));
        json_object_set_new(object, "end_column", number_or_null(diag->mark.end_column));
        json_object_set_new(object, "suggestion", text_or_null(&p, diag->suggestion));
        json_object_set_new(object, "help", json_string(help));
        line = json_dumps(object, JSON_COMPACT);
        (void)fprintf(stream, "%s\n", line ? line : "{}");
        free(line);
        json_decref(object);
    }
    mz_arena_free(p.arena);
}

bool mz_colour_wanted(FILE *stream, const char *when)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (when && strcmp(when, "always") == 0)
        return true;
    if (when && strcmp(when, "never") == 0)
        return false;
    return isatty(fileno(stream)) && (!no_color || !*no_color) &&
        !(term && strcmp(term, "dumb") == 0);
}
