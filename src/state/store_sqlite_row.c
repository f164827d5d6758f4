/* store_sqlite_row.c - records to parameters and columns to records, by the fields' table
 * Words of enums are read back by the same functions that users' words are. */
#include "base/text.h"
#include "state/store_sqlite.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- statements --- */

static void add_names(struct mz_text *sql, const struct mz_record_shape *shape)
{
    for (int32_t f = 0; f < shape->field_count; f++)
        mz_text_addf(sql, "%s%s", f > 0 ? "," : "", shape->fields[f].name);
}

static void add_replacement(struct mz_text *sql, const struct mz_record_shape *shape)
{
    mz_text_add(sql, " ON CONFLICT DO UPDATE SET ");
    for (int32_t f = shape->key_count; f < shape->field_count; f++)
        mz_text_addf(sql, "%s%s=excluded.%s", f > shape->key_count ? "," : "",
            shape->fields[f].name, shape->fields[f].name);
}

char *mz_sqlite_put_sql(enum mz_record_kind kind)
{
    const struct mz_record_shape *shape = mz_record_shape(kind);
    struct mz_text sql = { NULL, 0, 0 };

    if (kind == MZ_RECORD_TOKEN_GONE) {
        mz_text_addf(&sql, "DELETE FROM %s WHERE %s=?1", shape->table, shape->fields[0].name);
        return sql.bytes;
    }
    mz_text_addf(&sql, "INSERT INTO %s(", shape->table);
    add_names(&sql, shape);
    mz_text_add(&sql, ") VALUES(");
    for (int32_t f = 0; f < shape->field_count; f++)
        mz_text_addf(&sql, "%s?%d", f > 0 ? "," : "", f + 1);
    mz_text_add(&sql, ")");
    if (kind != MZ_RECORD_EVENT) /* events are only added */
        add_replacement(&sql, shape);
    return sql.bytes;
}

char *mz_sqlite_select_sql(enum mz_record_kind kind, const char *rest)
{
    const struct mz_record_shape *shape = mz_record_shape(kind);
    struct mz_text sql = { NULL, 0, 0 };

    mz_text_add(&sql, "SELECT ");
    add_names(&sql, shape);
    mz_text_addf(&sql, " FROM %s %s", shape->table, rest);
    return sql.bytes;
}

/* --- to parameters --- */

static int bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    assert(text); /* "" means none, never NULL */
    return sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static int bind_field(sqlite3_stmt *statement, int at, const void *value, enum mz_field_type type)
{
    switch (type) {
    case MZ_FIELD_INT64: return sqlite3_bind_int64(statement, at, *(const int64_t *)value);
    case MZ_FIELD_INT32: return sqlite3_bind_int64(statement, at, *(const int32_t *)value);
    case MZ_FIELD_UINT32: return sqlite3_bind_int64(statement, at, *(const uint32_t *)value);
    case MZ_FIELD_BOOL: return sqlite3_bind_int64(statement, at, *(const bool *)value ? 1 : 0);
    case MZ_FIELD_TEXT: return bind_text(statement, at, *(const char *const *)value);
    case MZ_FIELD_RUN_STATE:
        return bind_text(statement, at, mz_run_state_name(*(const enum mz_run_state *)value));
    case MZ_FIELD_ATTEMPT_STATE:
        return bind_text(
            statement, at, mz_attempt_state_name(*(const enum mz_attempt_state *)value));
    case MZ_FIELD_END_REASON:
        return bind_text(statement, at, mz_end_reason_name(*(const enum mz_end_reason *)value));
    }
    return SQLITE_MISUSE;
}

int mz_sqlite_bind(sqlite3_stmt *statement, const struct mz_record *record)
{
    const struct mz_record_shape *shape = mz_record_shape(record->kind);
    int result = SQLITE_OK;

    for (int32_t f = 0; f < shape->field_count && result == SQLITE_OK; f++)
        result = bind_field(
            statement, f + 1, mz_record_field(record, &shape->fields[f]), shape->fields[f].type);
    return result;
}

/* --- from columns --- */

static const char *column_text(sqlite3_stmt *statement, int at)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);

    return text ? text : "";
}

static bool read_number(sqlite3_stmt *statement, int at, int64_t min, int64_t max, int64_t *ret)
{
    *ret = sqlite3_column_int64(statement, at);
    return *ret >= min && *ret <= max;
}

/* False: the column holds nothing that the field can hold. */
static bool read_field(sqlite3_stmt *statement, int at, void *value, enum mz_field_type type)
{
    int64_t number;

    switch (type) {
    case MZ_FIELD_INT64: *(int64_t *)value = sqlite3_column_int64(statement, at); return true;
    case MZ_FIELD_INT32:
        if (!read_number(statement, at, INT32_MIN, INT32_MAX, &number))
            return false;
        *(int32_t *)value = (int32_t)number;
        return true;
    case MZ_FIELD_UINT32:
        if (!read_number(statement, at, 0, UINT32_MAX, &number))
            return false;
        *(uint32_t *)value = (uint32_t)number;
        return true;
    case MZ_FIELD_BOOL:
        if (!read_number(statement, at, 0, 1, &number))
            return false;
        *(bool *)value = number == 1;
        return true;
    case MZ_FIELD_TEXT: *(const char **)value = column_text(statement, at); return true;
    case MZ_FIELD_RUN_STATE: return mz_run_state_parse(column_text(statement, at), value);
    case MZ_FIELD_ATTEMPT_STATE: return mz_attempt_state_parse(column_text(statement, at), value);
    case MZ_FIELD_END_REASON: return mz_end_reason_parse(column_text(statement, at), value);
    }
    return false;
}

/* "job 7", "attempt 7/2": table and identity, which are the first columns. */
static void describe(
    char *buffer, size_t size, sqlite3_stmt *statement, const struct mz_record_shape *shape)
{
    size_t used = (size_t)snprintf(buffer, size, "%s ", shape->table);

    for (int32_t f = 0; f < shape->key_count && used < size; f++)
        used += (size_t)snprintf(
            buffer + used, size - used, "%s%.80s", f > 0 ? "/" : "", column_text(statement, f));
}

enum mz_status mz_sqlite_row(const char *path, sqlite3_stmt *statement, enum mz_record_kind kind,
    struct mz_record *ret_record, struct mz_error *err)
{
    const struct mz_record_shape *shape = mz_record_shape(kind);
    char row[300];

    assert(sqlite3_column_count(statement) == shape->field_count);
    ret_record->kind = kind;
    for (int32_t f = 0; f < shape->field_count; f++) {
        const struct mz_field *field = &shape->fields[f];

        if (read_field(statement, f, mz_record_field_mutable(ret_record, field), field->type))
            continue;
        describe(row, sizeof(row), statement, shape);
        return mz_fail(err, MZ_E_PARSE,
            "journal '%s': row %s: %s '%.80s' is nothing that this program knows; correct the row "
            "or use the program that wrote it",
            path, row, field->name, column_text(statement, f));
    }
    return MZ_OK;
}
