/* csv.h - comma-separated values after RFC 4180
 *
 * The reader works on text in memory and yields one record at a time; fields are unquoted copies
 * in the caller's arena. LF and CRLF end a record; a quoted field may hold both. Errors name
 * file and line. The writer is mz_text_add_csv (text.h).
 */
#ifndef MZ_BASE_CSV_H
#define MZ_BASE_CSV_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MZ_CSV_FIELD_COUNT_MAX = 256 };

struct mz_csv {
    const char *name; /* for messages */
    const char *next;
    const char *end;
    int32_t line; /* of the record that was read last */
    int32_t next_line;
    struct mz_arena *arena;
};

struct mz_csv_record {
    char *fields[MZ_CSV_FIELD_COUNT_MAX];
    size_t count;
    int32_t line;
};

void mz_csv_init(
    struct mz_csv *csv, const char *name, const char *bytes, size_t length, struct mz_arena *arena);

/* Reads one record. *ret_more is false at the end (record untouched). MZ_E_PARSE on a stray
 * quote, an unclosed one, a NUL byte or more than MZ_CSV_FIELD_COUNT_MAX fields. */
enum mz_status mz_csv_read(
    struct mz_csv *csv, struct mz_csv_record *record, bool *ret_more, struct mz_error *err);

#endif
