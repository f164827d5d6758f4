/* trace_field.c - numbers, times, and the records of a table */
#include "sim/trace_field.h"

#include "base/text.h"
#include "sim/trace.h"

#include <assert.h>
#include <string.h>

enum {
    MICRO_DIGITS = 6,
    SECOND_US = 1000 * 1000,
    DAY_S = 24 * 60 * 60,
    SHOWN_MAX = 48 /* bytes of a value that a sentence shows */
};

enum mz_status mz_trace_field_fail(const struct mz_trace_place *place, enum mz_status status,
    const char *text, const char *expected, struct mz_error *err)
{
    char shown[SHOWN_MAX];

    if (!*text)
        return mz_fail(err, status, "%s:%d: column '%s' is empty: %s", place->file,
            (int)place->line, place->column, expected);
    return mz_fail(err, status, "%s:%d: '%s' in column '%s': %s", place->file, (int)place->line,
        mz_text_printable(shown, sizeof(shown), text), place->column, expected);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits from *text on, at most INT64_MAX / 10; *text behind them. False: none, or too large; too
 * large leaves *text on a digit. */
static bool read_digits(const char **text, int64_t *ret_value)
{
    const char *s = *text;
    int64_t value = 0;

    for (; is_digit(*s); s++) {
        if (value > INT64_MAX / 10 - 9)
            break;
        value = value * 10 + (*s - '0');
    }
    *ret_value = value;
    if (s == *text || is_digit(*s)) {
        *text = s;
        return false;
    }
    *text = s;
    return true;
}

static enum mz_status fail_range(const struct mz_trace_place *place, const char *text, int64_t min,
    int64_t max, struct mz_error *err)
{
    char shown[SHOWN_MAX];

    return mz_fail(err, MZ_E_RANGE, "%s:%d: '%s' in column '%s': from %lld to %lld is allowed",
        place->file, (int)place->line, mz_text_printable(shown, sizeof(shown), text), place->column,
        (long long)min, (long long)max);
}

enum mz_status mz_trace_field_integer(const struct mz_trace_place *place, const char *text,
    int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err)
{
    bool negative = text[0] == '-';
    const char *s = text + (negative ? 1 : 0);
    int64_t value;
    bool fits = read_digits(&s, &value);

    assert(min <= max);
    if (!fits && is_digit(*s)) {
        while (is_digit(*s))
            s++;
        if (!*s)
            return fail_range(place, text, min, max, err);
    }
    if (!fits || *s)
        return mz_trace_field_fail(
            place, MZ_E_PARSE, text, "a whole number is expected, such as 8", err);
    if (negative)
        value = -value;
    if (value < min || value > max)
        return fail_range(place, text, min, max, err);
    *ret_value = value;
    return MZ_OK;
}

/* Decimals behind a point at *text, as microseconds; false when they are finer. */
static bool read_decimals(const char **text, int64_t *ret_us)
{
    const char *s = *text;
    int64_t us = 0;
    int digits = 0;

    for (; is_digit(*s); s++, digits++) {
        if (digits < MICRO_DIGITS)
            us = us * 10 + (*s - '0');
        else if (*s != '0')
            return false;
    }
    if (digits == 0)
        return false;
    for (; digits < MICRO_DIGITS; digits++)
        us *= 10;
    *ret_us = us;
    *text = s;
    return true;
}

enum mz_status mz_trace_field_seconds(
    const struct mz_trace_place *place, const char *text, int64_t *ret_us, struct mz_error *err)
{
    static const char expected[] =
        "seconds are expected, such as 3600 or 0.25 (at most 6 decimals)";
    bool negative = text[0] == '-' && is_digit(text[1]);
    const char *s = text + (negative ? 1 : 0);
    int64_t seconds;
    int64_t decimals_us = 0;
    bool fits = read_digits(&s, &seconds);

    while (!fits && is_digit(*s))
        s++;
    if (s == text || (*s == '.' && (s++, !read_decimals(&s, &decimals_us))) || *s)
        return mz_trace_field_fail(place, MZ_E_PARSE, text, expected, err);
    if (negative)
        return mz_trace_field_fail(place, MZ_E_RANGE, text, "seconds cannot be negative", err);
    if (!fits || seconds >= MZ_TRACE_TIME_MAX_US / SECOND_US)
        return mz_trace_field_fail(
            place, MZ_E_RANGE, text, "seconds beyond 1.15e12 are not allowed", err);
    *ret_us = seconds * SECOND_US + decimals_us;
    return MZ_OK;
}

/* Exactly `count` digits at *text. */
static bool read_fixed(const char **text, int count, int32_t *ret_value)
{
    int32_t value = 0;

    for (int i = 0; i < count; i++) {
        if (!is_digit((*text)[i]))
            return false;
        value = value * 10 + ((*text)[i] - '0');
    }
    *text += count;
    *ret_value = value;
    return true;
}

static bool read_char(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

/* Days from 1970-01-01; proleptic Gregorian. Source: Hinnant, "chrono-compatible low-level date
 * algorithms", days_from_civil; years count from March here so that leap days come last. */
static int64_t days_of(int32_t year, int32_t month, int32_t day)
{
    int32_t y = month <= 2 ? year - 1 : year;
    int32_t era = y / 400; /* y >= 0: the caller reads four digits, and year 0 is refused */
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int64_t)era * 146097 + day_of_era - 719468;
}

static bool read_date(const char **text, int64_t *ret_days)
{
    static const int8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int32_t year;
    int32_t month;
    int32_t day;
    bool leap;

    if (!read_fixed(text, 4, &year) || !read_char(text, '-') || !read_fixed(text, 2, &month) ||
        !read_char(text, '-') || !read_fixed(text, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && leap ? 1 : 0))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

/* "HH:MM[:SS[.ffffff]]", then nothing, "Z" or an offset. */
static bool read_clock(const char **text, int64_t *ret_us)
{
    int32_t hour;
    int32_t minute;
    int32_t second = 0;
    int64_t decimals_us = 0;
    int32_t offset_s = 0;

    if (!read_fixed(text, 2, &hour) || !read_char(text, ':') || !read_fixed(text, 2, &minute))
        return false;
    if (read_char(text, ':')) {
        if (!read_fixed(text, 2, &second))
            return false;
        if (read_char(text, '.') && !read_decimals(text, &decimals_us))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    if (**text == '+' || **text == '-') {
        int32_t sign = *(*text)++ == '+' ? 1 : -1;
        int32_t offset_hour;
        int32_t offset_minute;

        if (!read_fixed(text, 2, &offset_hour) || !read_char(text, ':') ||
            !read_fixed(text, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59)
            return false;
        offset_s = sign * (offset_hour * 3600 + offset_minute * 60);
    } else {
        (void)read_char(text, 'Z');
    }
    *ret_us = (int64_t)(hour * 3600 + minute * 60 + second - offset_s) * SECOND_US + decimals_us;
    return true;
}

bool mz_trace_date_parse(const char *text, int64_t *ret_us, bool *ret_day_only)
{
    int64_t days;
    int64_t clock_us = 0;

    if (!read_date(&text, &days))
        return false;
    *ret_day_only = !*text;
    if (*text) {
        if (!read_char(&text, ' ') && !read_char(&text, 'T'))
            return false;
        if (!read_clock(&text, &clock_us) || *text)
            return false;
    }
    *ret_us = days * DAY_S * SECOND_US + clock_us;
    return true;
}

enum mz_status mz_trace_field_time(const struct mz_trace_place *place, const char *text, bool bare,
    int64_t *ret_us, struct mz_error *err)
{
    bool day_only;
    int64_t us;

    if (bare && text[strspn(text, "-0123456789.")] == '\0' && *text && !strchr(text + 1, '-'))
        return mz_trace_field_seconds(place, text, ret_us, err);
    if (!mz_trace_date_parse(text, &us, &day_only) || day_only)
        return mz_trace_field_fail(place, MZ_E_PARSE, text,
            bare ? "a time is expected: 2017-10-01 12:30:00, 2017-10-01T12:30:00Z, or seconds"
                 : "a time is expected, such as 2017-10-01 12:30:00",
            err);
    if (us < 0)
        return mz_trace_field_fail(
            place, MZ_E_RANGE, text, "times before 1970 are not allowed", err);
    *ret_us = us;
    return MZ_OK;
}

/* A quoted field at *next (behind its first quote): unquotes in place, *next behind it. */
static const char *split_quoted(char **next)
{
    char *to = *next;
    char *from = *next;

    for (;; from++) {
        if (!*from)
            return "a quoted field is not closed on its line";
        if (*from == '"' && *++from != '"')
            break;
        *to++ = *from;
    }
    if (*from && *from != ',')
        return "text behind a quoted field";
    *next = from;
    if (*from)
        ++*next;
    *to = '\0';
    return *from == ',' ? NULL : "";
}

/* Cuts a line into fields in place. NULL, or what is wrong. */
static const char *split(char *line, bool plain, char **fields, size_t *ret_count)
{
    char separator = plain ? '|' : ',';
    size_t count = 0;

    for (;;) {
        char *end;

        if (count == MZ_CSV_FIELD_COUNT_MAX)
            return "too many fields";
        if (!plain && *line == '"') {
            const char *problem;

            fields[count++] = ++line;
            problem = split_quoted(&line);
            if (problem && *problem)
                return problem;
            if (problem)
                break;
            continue;
        }
        fields[count++] = line;
        end = strchrnul(line, separator);
        if (!plain && memchr(line, '"', (size_t)(end - line)))
            return "a quote inside a field that does not begin with one";
        if (!*end)
            break;
        *end = '\0';
        line = end + 1;
    }
    *ret_count = count;
    return NULL;
}

/* Reads the next line that is not empty and cuts it. */
static enum mz_status next_record(
    struct mz_trace_table *table, size_t *ret_count, bool *ret_more, struct mz_error *err)
{
    const char *problem;
    char *line = NULL;

    do {
        enum mz_status status = mz_trace_lines_next(table->lines, &line, ret_more, err);

        if (status != MZ_OK || !*ret_more)
            return status;
    } while (!*line);
    problem = split(line, table->columns->plain, table->fields, ret_count);
    if (problem)
        return mz_fail(
            err, MZ_E_PARSE, "%s:%d: %s", table->lines->name, (int)table->lines->line, problem);
    return MZ_OK;
}

/* The known column that `name` may have been meant to be: near, or with a unit too few or too many
 * ("run" for "run_s", "submit_time" for "submit"). */
static const char *nearest_column(const struct mz_trace_columns *columns, const char *name)
{
    size_t length = strlen(name);

    for (int32_t i = 0; i < columns->count && length > 0; i++) {
        const char *known = columns->names[i];
        size_t known_length = strlen(known);
        size_t shared = length < known_length ? length : known_length;

        if (strncmp(known, name, shared) == 0 && (known[shared] == '_' || name[shared] == '_'))
            return known;
    }
    return mz_nearest_word(name, columns->names, (size_t)columns->count);
}

static enum mz_status fail_unknown(
    const struct mz_trace_table *table, const char *name, struct mz_error *err)
{
    const char *nearest = nearest_column(table->columns, name);
    struct mz_text known = { 0 };
    char shown[SHOWN_MAX];

    for (int32_t i = 0; i < table->columns->count; i++)
        mz_text_addf(&known, "%s%s", i > 0 ? ", " : "", table->columns->names[i]);
    mz_text_printable(shown, sizeof(shown), name);
    (void)mz_fail(err, MZ_E_PARSE, "%s:%d: unknown column '%s'%s%s%s; known are %s",
        table->lines->name, (int)table->lines->line, shown, nearest ? "; did you mean '" : "",
        nearest ? nearest : "", nearest ? "'" : "", mz_text_string(&known));
    mz_text_finish(&known);
    return MZ_E_PARSE;
}

/* Which field of the header is which known column. */
static enum mz_status find_columns(struct mz_trace_table *table, struct mz_error *err)
{
    const struct mz_trace_columns *columns = table->columns;
    char shown[SHOWN_MAX];

    for (size_t f = 0; f < table->width; f++) {
        int32_t i = 0;

        while (i < columns->count && strcmp(columns->names[i], table->fields[f]) != 0)
            i++;
        if (i == columns->count) {
            if (columns->others)
                continue;
            return fail_unknown(table, table->fields[f], err);
        }
        if (table->field_of[i] >= 0)
            return mz_fail(err, MZ_E_PARSE, "%s:%d: column '%s' is there twice", table->lines->name,
                (int)table->lines->line, columns->names[i]);
        table->field_of[i] = (int16_t)f;
    }
    for (int32_t i = 0; i < columns->count; i++) {
        const char *nearest;

        if (table->field_of[i] >= 0 ||
            !((columns->required | columns->present) & (UINT32_C(1) << i)))
            continue;
        nearest =
            mz_nearest_word(columns->names[i], (const char *const *)table->fields, table->width);
        if (nearest)
            nearest = mz_text_printable(shown, sizeof(shown), nearest);
        return mz_fail(err, MZ_E_PARSE, "%s:%d: no column '%s', which %s needs%s%s%s",
            table->lines->name, (int)table->lines->line, columns->names[i], columns->kind,
            nearest ? "; is it '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    return MZ_OK;
}

enum mz_status mz_trace_table_begin(struct mz_trace_table *table, struct mz_trace_lines *lines,
    const struct mz_trace_columns *columns, struct mz_error *err)
{
    enum mz_status status;
    bool more = false;

    assert(columns->count <= MZ_TRACE_COLUMN_COUNT_MAX);
    table->lines = lines;
    table->columns = columns;
    for (size_t i = 0; i < MZ_TRACE_COLUMN_COUNT_MAX; i++)
        table->field_of[i] = -1;
    status = next_record(table, &table->width, &more, err);
    if (status != MZ_OK)
        return status;
    if (!more)
        return mz_fail(err, MZ_E_PARSE, "%s:1: the file is empty; %s begins with a header line",
            lines->name, columns->kind);
    return find_columns(table, err);
}

enum mz_status mz_trace_table_next(
    struct mz_trace_table *table, bool *ret_more, struct mz_error *err)
{
    size_t count = 0;
    enum mz_status status = next_record(table, &count, ret_more, err);

    if (status != MZ_OK || !*ret_more)
        return status;
    if (count != table->width)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: %zu fields, where the header has %zu",
            table->lines->name, (int)table->lines->line, count, table->width);
    return MZ_OK;
}

bool mz_trace_table_has(const struct mz_trace_table *table, int32_t column)
{
    return table->field_of[column] >= 0;
}

struct mz_trace_place mz_trace_table_place(const struct mz_trace_table *table, int32_t column)
{
    return (struct mz_trace_place){
        .file = table->lines->name,
        .column = table->columns->names[column],
        .line = table->lines->line,
    };
}

enum mz_status mz_trace_table_text(
    const struct mz_trace_table *table, int32_t column, const char **ret_text, struct mz_error *err)
{
    const char *text = table->field_of[column] < 0 ? "" : table->fields[table->field_of[column]];

    if (!*text && (table->columns->required & (UINT32_C(1) << column))) {
        struct mz_trace_place place = mz_trace_table_place(table, column);

        return mz_trace_field_fail(&place, MZ_E_PARSE, text, "every job has to state it", err);
    }
    *ret_text = text;
    return MZ_OK;
}

enum mz_status mz_trace_table_int32(const struct mz_trace_table *table, int32_t column, int32_t min,
    int32_t max, int32_t *value, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, column);
    const char *text = "";
    int64_t wide = 0;
    enum mz_status status = mz_trace_table_text(table, column, &text, err);

    if (status != MZ_OK || !*text)
        return status;
    status = mz_trace_field_integer(&place, text, min, max, &wide, err);
    if (status == MZ_OK)
        *value = (int32_t)wide;
    return status;
}

enum mz_status mz_trace_table_seconds(
    const struct mz_trace_table *table, int32_t column, int64_t *us, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, column);
    const char *text = "";
    enum mz_status status = mz_trace_table_text(table, column, &text, err);

    if (status != MZ_OK || !*text)
        return status;
    return mz_trace_field_seconds(&place, text, us, err);
}

enum mz_status mz_trace_table_time(const struct mz_trace_table *table, int32_t column, bool bare,
    int64_t *us, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, column);
    const char *text = "";
    enum mz_status status = mz_trace_table_text(table, column, &text, err);

    if (status != MZ_OK || !*text)
        return status;
    return mz_trace_field_time(&place, text, bare, us, err);
}
