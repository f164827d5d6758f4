/* trace_field.h - records with a header line, and strict reading of their fields
 *
 * A table is a trace whose first line names the columns. Fields are told apart as in RFC 4180 (a
 * field may be quoted, "" is a quote; but a record is one line) or, for sacct, by '|' alone. Empty
 * lines are skipped. Every record has as many fields as the header.
 *
 * Fields are read strictly: nothing but ASCII digits, a point, a sign where negative numbers mean
 * something; no blanks, exponents, hexadecimal, NaN or infinity. What is wrong is one sentence with
 * file, line, column, the value, and what is expected: MZ_E_PARSE when the text is not of that form,
 * MZ_E_RANGE when the number is out of range.
 */
#ifndef MZ_SIM_TRACE_FIELD_H
#define MZ_SIM_TRACE_FIELD_H

#include "base/csv.h"
#include "base/status.h"
#include "sim/trace_lines.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a field stands, for the sentence. */
struct mz_trace_place {
    const char *file;
    const char *column;
    int32_t line;
};

/* "'VALUE' in column 'COLUMN': EXPECTED" with file and line; control characters shown as '?'. */
enum mz_status mz_trace_field_fail(const struct mz_trace_place *place, enum mz_status status,
    const char *text, const char *expected, struct mz_error *err);

/* A whole number in [min, max]. */
enum mz_status mz_trace_field_integer(const struct mz_trace_place *place, const char *text,
    int64_t min, int64_t max, int64_t *ret_value, struct mz_error *err);

/* Seconds >= 0, decimals allowed ("0.25"), as microseconds, exactly: digits behind the sixth
 * decimal have to be 0. At most MZ_TRACE_TIME_MAX_US. */
enum mz_status mz_trace_field_seconds(
    const struct mz_trace_place *place, const char *text, int64_t *ret_us, struct mz_error *err);

/* A point in time: "2017-10-01 12:30:00", with 'T', with up to 6 decimals, with "Z" or "+02:00"
 * (none: UTC); with `bare` also seconds since 1970, decimals allowed. */
enum mz_status mz_trace_field_time(const struct mz_trace_place *place, const char *text, bool bare,
    int64_t *ret_us, struct mz_error *err);

/* The date and time part alone, in Unix microseconds, which may be negative. Reads as much of
 * "YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]][Z|(+|-)HH:MM]]" as there is; false unless all of the text
 * is read. *ret_day_only: it was a date without time. */
bool mz_trace_date_parse(const char *text, int64_t *ret_us, bool *ret_day_only);

enum { MZ_TRACE_COLUMN_COUNT_MAX = 24 };

/* What a kind of trace knows. */
struct mz_trace_columns {
    const char *kind; /* for messages: "a philly trace" */
    const char *const *names;
    int32_t count;
    uint32_t required; /* bit i: names[i] has to be there, and its fields may not be empty */
    uint32_t present;  /* bit i: names[i] has to be there */
    bool others;       /* columns with other names may be there; they are not read */
    bool plain;        /* '|' instead of commas, no quotes */
};

struct mz_trace_table {
    struct mz_trace_lines *lines;
    const struct mz_trace_columns *columns;
    int16_t field_of[MZ_TRACE_COLUMN_COUNT_MAX]; /* of each known column; -1: not there */
    size_t width;                                /* fields of the header */
    char *fields[MZ_CSV_FIELD_COUNT_MAX];        /* of the record, until the next one is read */
};

/* Reads the header. MZ_E_PARSE: no header, a column that is missing, unknown (the nearest named) or
 * there twice. The table borrows lines and columns. */
enum mz_status mz_trace_table_begin(struct mz_trace_table *table, struct mz_trace_lines *lines,
    const struct mz_trace_columns *columns, struct mz_error *err);

enum mz_status mz_trace_table_next(
    struct mz_trace_table *table, bool *ret_more, struct mz_error *err);

bool mz_trace_table_has(const struct mz_trace_table *table, int32_t column);
struct mz_trace_place mz_trace_table_place(const struct mz_trace_table *table, int32_t column);

/* The field of the record, "" when the column is not there. Where it is required and empty:
 * MZ_E_PARSE. */
enum mz_status mz_trace_table_text(const struct mz_trace_table *table, int32_t column,
    const char **ret_text, struct mz_error *err);

/* As the readers above. An empty field that is not required leaves the value as it was. */
enum mz_status mz_trace_table_int32(const struct mz_trace_table *table, int32_t column, int32_t min,
    int32_t max, int32_t *value, struct mz_error *err);
enum mz_status mz_trace_table_seconds(
    const struct mz_trace_table *table, int32_t column, int64_t *us, struct mz_error *err);
enum mz_status mz_trace_table_time(const struct mz_trace_table *table, int32_t column, bool bare,
    int64_t *us, struct mz_error *err);

#endif
