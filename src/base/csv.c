/* csv.c - a reader of one pass: a field is either bare or quoted, decided by its first byte */
#include "base/csv.h"

#include <string.h>

void mz_csv_init(
    struct mz_csv *csv, const char *name, const char *bytes, size_t length, struct mz_arena *arena)
{
    *csv = (struct mz_csv){
        .name = name, .next = bytes, .end = bytes + length, .next_line = 1, .arena = arena
    };
}

static enum mz_status read_quoted(struct mz_csv *csv, char **ret_field, struct mz_error *err)
{
    const char *begin = ++csv->next;
    size_t length = 0;
    char *field;

    for (;; csv->next++) {
        if (csv->next == csv->end)
            return mz_fail(
                err, MZ_E_PARSE, "%s:%d: a quoted field is not closed", csv->name, (int)csv->line);
        if (*csv->next == '\n')
            csv->next_line++;
        if (*csv->next == '\0')
            return mz_fail(err, MZ_E_PARSE, "%s:%d: a NUL byte inside a quoted field", csv->name,
                (int)csv->line);
        if (*csv->next != '"') {
            length++;
            continue;
        }
        if (csv->next + 1 == csv->end || csv->next[1] != '"')
            break;
        csv->next++;
        length++;
    }
    field = mz_arena_alloc(csv->arena, length + 1, 1);
    for (const char *from = begin, *to = csv->next; from < to; from++) {
        *field++ = *from;
        if (*from == '"')
            from++;
    }
    *ret_field = field - length;
    csv->next++;
    return MZ_OK;
}

static enum mz_status read_field(struct mz_csv *csv, char **ret_field, struct mz_error *err)
{
    const char *begin = csv->next;
    size_t length;

    if (csv->next < csv->end && *csv->next == '"')
        return read_quoted(csv, ret_field, err);
    while (csv->next < csv->end && *csv->next != ',' && *csv->next != '\n' && *csv->next != '\r') {
        if (*csv->next == '"' || *csv->next == '\0')
            return mz_fail(err, MZ_E_PARSE, "%s:%d: a %s inside a bare field", csv->name,
                (int)csv->line, *csv->next ? "quote" : "NUL byte");
        csv->next++;
    }
    length = (size_t)(csv->next - begin);
    *ret_field = mz_arena_strndup(csv->arena, begin, length);
    return MZ_OK;
}

enum mz_status mz_csv_read(
    struct mz_csv *csv, struct mz_csv_record *record, bool *ret_more, struct mz_error *err)
{
    *ret_more = csv->next < csv->end;
    if (!*ret_more)
        return MZ_OK;
    csv->line = csv->next_line;
    record->line = csv->line;
    record->count = 0;
    for (;;) {
        enum mz_status status;

        if (record->count == MZ_CSV_FIELD_COUNT_MAX)
            return mz_fail(err, MZ_E_LIMIT, "%s:%d: more than %d fields", csv->name, (int)csv->line,
                (int)MZ_CSV_FIELD_COUNT_MAX);
        status = read_field(csv, &record->fields[record->count], err);
        if (status != MZ_OK)
            return status;
        record->count++;
        if (csv->next < csv->end && *csv->next == ',') {
            csv->next++;
            continue;
        }
        if (csv->end - csv->next >= 2 && csv->next[0] == '\r' && csv->next[1] == '\n')
            csv->next++;
        if (csv->next < csv->end && *csv->next != '\n')
            return mz_fail(
                err, MZ_E_PARSE, "%s:%d: text behind a quoted field", csv->name, (int)csv->line);
        if (csv->next < csv->end)
            csv->next++;
        csv->next_line++;
        return MZ_OK;
    }
}
