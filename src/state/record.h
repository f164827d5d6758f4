/* record.h - the shape of each kind of record: its fields, their names and which of them name it
 *
 * Inside the room only. One table serves both stores and the writer: copying a record with its
 * strings, comparing identities, binding and reading columns. A field's name is its column's name;
 * the fields that make the identity come first.
 */
#ifndef MZ_STATE_RECORD_H
#define MZ_STATE_RECORD_H

#include "state/store.h"

enum { MZ_RECORD_KIND_COUNT = MZ_RECORD_META + 1 };

enum mz_field_type {
    MZ_FIELD_INT64,
    MZ_FIELD_INT32,
    MZ_FIELD_UINT32,
    MZ_FIELD_BOOL,
    MZ_FIELD_TEXT,
    MZ_FIELD_RUN_STATE, /* these three are words in the journal */
    MZ_FIELD_ATTEMPT_STATE,
    MZ_FIELD_END_REASON
};

struct mz_field {
    const char *name;
    enum mz_field_type type;
    size_t offset; /* in struct mz_record */
};

struct mz_record_shape {
    const char *table;
    const struct mz_field *fields;
    int32_t field_count;
    int32_t key_count; /* so many fields, the first, make the identity */
};

const struct mz_record_shape *mz_record_shape(enum mz_record_kind kind);

/* Where a field of a record lies. */
const void *mz_record_field(const struct mz_record *record, const struct mz_field *field);
void *mz_record_field_mutable(struct mz_record *record, const struct mz_field *field);

/* Order of two identities of the same table: numbers by size, texts by bytes. The first `key_count`
 * fields are compared. */
int mz_record_compare(const struct mz_record *a, const struct mz_record *b, int32_t key_count);

/* Bytes that the strings of a record take, with their ends. */
size_t mz_record_text_bytes(const struct mz_record *record);

/* Copies a record; its strings go to `room` of mz_record_text_bytes bytes. */
void mz_record_copy(struct mz_record *to, const struct mz_record *from, char *room);

#endif
