/* script.c - #SBATCH and #MIZAN lines of a script
 *
 * As sbatch reads them: up to the first line that is neither blank nor a comment; words end at
 * blanks, quotes ("" and '') and backslash keep them together, an unquoted # ends the line; the last
 * of two equal options counts; long options may be shortened while only one fits. Columns count
 * code points. The script itself is not changed and not understood beyond that. */
#include "jobfile/jobfile.h"

#include "jobfile/options.h"
#include "jobfile/parse.h"

#include <assert.h>
#include <string.h>

enum { WORDS_MAX = 256 };

struct word {
    const char *text;
    struct mz_mark mark;
};

struct script {
    struct mz_job_sizes sizes;
    struct mz_arena *arena;
    struct mz_diags *diags;
    const char *file;
    uint8_t where; /* of the line */
    struct word words[WORDS_MAX];
    size_t word_count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static int32_t columns_between(const char *begin, const char *end)
{
    int32_t count = 0;

    for (const char *s = begin; s < end; s++)
        count += (*s & 0xC0) != 0x80;
    return count;
}

/* One word from *s on. False: a quote is not closed. */
static bool take_word(struct script *script, const char **s, const char *end, char *buffer)
{
    size_t length = 0;
    char quote = 0;

    for (; *s < end && (quote || !is_blank(**s)); (*s)++) {
        char c = **s;

        if (c == '\\' && *s + 1 < end) {
            (*s)++;
            buffer[length++] = **s;
        } else if (quote && c == quote) {
            quote = 0;
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
        } else if (!quote && c == '#') {
            break;
        } else {
            buffer[length++] = c;
        }
    }
    script->words[script->word_count].text = mz_arena_strndup(script->arena, buffer, length);
    return quote == 0;
}

static bool split_line(
    struct script *script, const char *line, const char *rest, const char *end, int32_t number)
{
    char *buffer = mz_arena_alloc(script->arena, (size_t)(end - rest) + 1, 1);
    const char *s = rest;

    script->word_count = 0;
    while (s < end) {
        struct word *word = &script->words[script->word_count];
        const char *begin;
        bool closed;

        if (is_blank(*s)) {
            s++;
            continue;
        }
        if (*s == '#')
            break;
        begin = s;
        word->mark = (struct mz_mark){ script->file, number, columns_between(line, s) + 1, 0 };
        if (script->word_count + 1 >= WORDS_MAX) {
            mz_check_error(&script->sizes.reader->check, "M0210", word->mark,
                "more than %d words in one line", WORDS_MAX - 1);
            return false;
        }
        closed = take_word(script, &s, end, buffer);
        word->mark.end_column = word->mark.column + columns_between(begin, s);
        if (!closed) {
            mz_check_error(
                &script->sizes.reader->check, "M0225", word->mark, "a quote is not closed")
                ->label = "it begins in this word";
            return false;
        }
        script->word_count++;
    }
    return true;
}

static void report_unknown(struct script *script, const struct word *word, const char *name)
{
    bool sbatch = script->where == MZ_IN_SBATCH;
    struct mz_diag *diag = mz_check_error(
        &script->sizes.reader->check, "M0220", word->mark, "unknown option '%.80s'", word->text);
    const struct mz_job_option *mizan =
        strlen(name) > 1 ? mz_job_option_find(name, MZ_IN_MIZAN, false) : NULL;

    if (sbatch && mizan) {
        diag->label =
            mz_arena_printf(script->arena, "an option of mizan: write #MIZAN --%s", mizan->name);
        return;
    }
    diag->suggestion = mz_job_option_nearest(name, script->where);
    if (diag->suggestion)
        diag->label = mz_arena_printf(script->arena, "did you mean '--%s'?", diag->suggestion);
}

static void report_value(
    struct script *script, const struct word *word, const char *what, const char *problem)
{
    mz_check_error(&script->sizes.reader->check, "M0223", word->mark, "'%s' %s", what, problem);
}

/* Mark of the part of a word that begins at `from` bytes; words with quotes are marked whole. */
static struct mz_mark mark_from(const struct word *word, size_t from)
{
    struct mz_mark mark = word->mark;
    int32_t all = columns_between(word->text, word->text + strlen(word->text));

    if (mark.end_column - mark.column == all && word->text[from])
        mark.column += columns_between(word->text, word->text + from);
    return mark;
}

/* "--name", "--name=value", "--name value"; answers how many words it took. */
static size_t take_long(struct script *script, size_t at)
{
    const struct word *word = &script->words[at];
    size_t length = strcspn(word->text, "=");
    const char *name = mz_arena_strndup(script->arena, word->text + 2, length - 2);
    const char *value = word->text[length] ? word->text + length + 1 : NULL;
    const struct mz_job_option *option =
        strlen(name) > 1 ? mz_job_option_find(name, script->where, true) : NULL;
    const char *what = mz_arena_strndup(script->arena, word->text, length);
    struct mz_mark mark = word->mark;
    size_t taken = 1;

    if (!option) {
        report_unknown(script, word, name);
        if (!value && at + 1 < script->word_count && script->words[at + 1].text[0] != '-')
            taken = 2; /* most likely its value */
        return taken;
    }
    if (value)
        mark = mark_from(word, length + 1);
    if (option->value == MZ_VALUE_NEEDED && !value) {
        if (at + 1 >= script->word_count) {
            report_value(script, word, what, "needs a value");
            return 1;
        }
        value = script->words[at + 1].text;
        mark = script->words[at + 1].mark;
        taken = 2;
    }
    if (option->value == MZ_VALUE_NONE && value)
        report_value(script, word, what, "takes no value");
    else
        mz_job_option_apply(&script->sizes, option, what, value, mark);
    return taken;
}

/* "-N2", "-N 2", "-Hn4"; answers how many words it took. */
static size_t take_letters(struct script *script, size_t at)
{
    const struct word *word = &script->words[at];

    for (const char *s = word->text + 1; *s; s++) {
        const char *name = mz_arena_strndup(script->arena, s, 1);
        const struct mz_job_option *option = mz_job_option_find(name, script->where, false);
        const char *what = mz_arena_printf(script->arena, "-%s", name);

        if (!option) {
            report_unknown(script, word, name);
            return 1;
        }
        if (option->value == MZ_VALUE_NONE) {
            mz_job_option_apply(&script->sizes, option, what, NULL, word->mark);
        } else if (s[1] || option->value == MZ_VALUE_MAY) {
            mz_job_option_apply(&script->sizes, option, what, s[1] ? s + 1 : NULL,
                mark_from(word, (size_t)(s + 1 - word->text)));
            return 1;
        } else if (at + 1 < script->word_count) {
            mz_job_option_apply(&script->sizes, option, what, script->words[at + 1].text,
                script->words[at + 1].mark);
            return 2;
        } else {
            report_value(script, word, what, "needs a value");
        }
    }
    return 1;
}

static void read_line(
    struct script *script, const char *line, const char *rest, const char *end, int32_t number)
{
    if (!split_line(script, line, rest, end, number))
        return;
    for (size_t i = 0; i < script->word_count;) {
        const char *text = script->words[i].text;

        if (strncmp(text, "--", 2) == 0 && text[2]) {
            i += take_long(script, i);
        } else if (text[0] == '-' && text[1] && text[1] != '-') {
            i += take_letters(script, i);
        } else {
            bool parts = strcmp(text, "hetjob") == 0 || strcmp(text, "packjob") == 0;

            mz_check_error(&script->sizes.reader->check, parts ? "M0222" : "M0223",
                script->words[i].mark, "'%.80s' %s", text,
                parts ? "is not supported" : "is not an option")
                ->label = parts ? "a job has one kind of node" : "options begin with - or --";
            i++;
        }
    }
}

static bool begins(const char *line, const char *end, const char *word)
{
    size_t length = strlen(word);

    return (size_t)(end - line) >= length && memcmp(line, word, length) == 0 &&
        (line + length == end || is_blank(line[length]));
}

static void read_lines(struct script *script, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    bool header = true;
    int32_t number = 0;

    for (const char *line = bytes; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline ? newline : end;
        bool sbatch = begins(line, stop, "#SBATCH");
        bool mizan = begins(line, stop, "#MIZAN");
        struct mz_mark mark = { script->file, ++number, 1, sbatch ? 8 : mizan ? 7 : 5 };

        if (header && (sbatch || mizan)) {
            script->where = sbatch ? MZ_IN_SBATCH : MZ_IN_MIZAN;
            read_line(script, line, line + (sbatch ? 7 : 6), stop, number);
        } else if (sbatch || mizan) {
            mz_diags_add(script->diags, MZ_SEVERITY_WARNING, "M0224", mark, "this line is not read")
                ->label = "a command stands before it";
            return;
        } else if (header && (begins(line, stop, "#PBS") || begins(line, stop, "#BSUB"))) {
            mz_diags_add(script->diags, MZ_SEVERITY_WARNING, "M0221", mark, "this line is ignored")
                ->label = "write its options as #SBATCH or #MIZAN";
        } else {
            const char *s = line;

            while (s < stop && is_blank(*s))
                s++;
            header = header && (s == stop || *s == '#');
        }
        line = newline ? newline + 1 : end;
    }
}

/* What makes it no script at all. */
static bool check_bytes(struct mz_check *check, const struct mz_jobfile_source *source)
{
    struct mz_mark mark = { source->file, 1, 1, 0 };
    const char *cr = memchr(source->bytes, '\r', source->length);

    if (!mz_jobfile_is_script(source)) {
        mz_check_error(check, "M0226", mark, "this is not a script")->label =
            "the first line names its interpreter: #!/bin/sh";
        return false;
    }
    if (source->length > MZ_SPEC_TEXT_BYTES_MAX) {
        mz_check_error(
            check, "M0210", mark, "the script is larger than %d bytes", MZ_SPEC_TEXT_BYTES_MAX);
        return false;
    }
    if (mz_bytes_find_bad(source->bytes, source->length, &mark.line, &mark.column)) {
        mz_check_error(check, "M0102", mark, "this byte is not UTF-8 text");
        return false;
    }
    if (cr && cr + 1 < source->bytes + source->length && cr[1] == '\n') {
        for (const char *s = source->bytes; s < cr; s++)
            mark.line += *s == '\n';
        mz_check_error(check, "M0226", mark, "the lines of the script end as on Windows")->label =
            "write them anew: sed -i 's/\\r$//' FILE";
        return false;
    }
    return true;
}

enum mz_status mz_jobfile_read_script(struct mz_arena *arena,
    const struct mz_jobfile_source *source, struct mz_job_spec *spec, struct mz_diags *diags)
{
    struct mz_job_spec copy = *spec;
    struct mz_job_reader reader = { { arena, diags }, MZ_JOB_OPTION, source->directory, &copy };
    struct script *script = mz_arena_alloc(arena, 1, sizeof(*script));
    size_t errors_before = diags->error_count;

    assert(source->directory && source->directory[0] == '/');
    if (!check_bytes(&reader.check, source))
        return MZ_E_INPUT;
    *script = (struct script){ .sizes = { .reader = &reader, .whole = true },
        .arena = arena,
        .diags = diags,
        .file = source->file };
    copy.run = NULL;
    copy.argc = 0;
    copy.argv = NULL;
    copy.script = mz_arena_strndup(arena, source->bytes, source->length);
    read_lines(script, source->bytes, source->length);
    if (!copy.name)
        copy.name = mz_job_default_name(arena, source->file, &copy);
    if (!copy.workdir)
        copy.workdir = source->directory; /* where sbatch would start it */
    mz_job_options_finish(&script->sizes);
    mz_diags_sort(diags);
    if (diags->error_count > errors_before)
        return MZ_E_INPUT;
    copy.workdir = mz_arena_strdup(arena, copy.workdir);
    *spec = copy;
    return MZ_OK;
}
