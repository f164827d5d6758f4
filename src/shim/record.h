/* record.h - the shim's bodies: KEY SP LENGTH LF BYTES LF, again and again
 *
 * KEY: 1 to 32 of a-z and '_'. LENGTH: decimal, no sign, no leading zero. Anything else is BAD, and
 * so is a body that ends inside a record; what was read before it is not taken back.
 */
#ifndef MZ_SHIM_RECORD_H
#define MZ_SHIM_RECORD_H

#include "shim/buffer.h"

#include <stdint.h>

enum { MZ_RECORD_KEY_MAX = 32 };

struct mz_records { /* a reader */
    char *next;
    char *end;
};

struct mz_record {
    const char *key; /* not terminated */
    size_t key_length;
    char *bytes; /* followed by the record's LF */
    size_t length;
};

enum mz_record_read { MZ_RECORD_ONE, MZ_RECORD_END, MZ_RECORD_BAD };

enum mz_record_read mz_record_next(struct mz_records *records, struct mz_record *ret_record);
bool mz_record_is(const struct mz_record *record, const char *key);
/* Decimal digits alone, at most max. */
bool mz_record_number(const struct mz_record *record, int64_t max, int64_t *ret_value);

void mz_record_add(struct mz_buffer *buffer, const char *key, const char *bytes, size_t length);
void mz_record_add_text(struct mz_buffer *buffer, const char *key, const char *text);
void mz_record_add_number(struct mz_buffer *buffer, const char *key, int64_t value);

#endif
