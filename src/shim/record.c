/* record.c - reading and writing of KEY SP LENGTH LF BYTES LF */
#include "shim/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LENGTH_DIGITS_MAX = 9 }; /* bodies are smaller by far, and a product cannot overflow */

static bool is_key_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || byte == '_';
}

enum mz_record_read mz_record_next(struct mz_records *records, struct mz_record *ret_record)
{
    char *at = records->next;
    char *end = records->end;
    size_t length = 0;
    char *digits;

    if (at == end)
        return MZ_RECORD_END;
    ret_record->key = at;
    while (at < end && is_key_byte(*at) && at - records->next < MZ_RECORD_KEY_MAX)
        at++;
    ret_record->key_length = (size_t)(at - records->next);
    if (ret_record->key_length == 0 || at == end || *at++ != ' ')
        return MZ_RECORD_BAD;
    digits = at;
    while (at < end && *at >= '0' && *at <= '9' && at - digits < LENGTH_DIGITS_MAX)
        length = length * 10 + (size_t)(*at++ - '0');
    if (at == digits || (*digits == '0' && at - digits > 1) || at == end || *at++ != '\n')
        return MZ_RECORD_BAD;
    if ((size_t)(end - at) < length + 1 || at[length] != '\n')
        return MZ_RECORD_BAD;
    ret_record->bytes = at;
    ret_record->length = length;
    records->next = at + length + 1;
    return MZ_RECORD_ONE;
}

bool mz_record_is(const struct mz_record *record, const char *key)
{
    return strlen(key) == record->key_length && memcmp(key, record->key, record->key_length) == 0;
}

bool mz_record_number(const struct mz_record *record, int64_t max, int64_t *ret_value)
{
    int64_t value = 0;

    if (record->length == 0 || record->length > 18)
        return false;
    for (size_t i = 0; i < record->length; i++) {
        if (record->bytes[i] < '0' || record->bytes[i] > '9')
            return false;
        value = value * 10 + (record->bytes[i] - '0');
    }
    if (value > max)
        return false;
    *ret_value = value;
    return true;
}

void mz_record_add(struct mz_buffer *buffer, const char *key, const char *bytes, size_t length)
{
    mz_buffer_addf(buffer, "%s %zu\n", key, length);
    mz_buffer_add(buffer, bytes, length);
    mz_buffer_add(buffer, "\n", 1);
}

void mz_record_add_text(struct mz_buffer *buffer, const char *key, const char *text)
{
    mz_record_add(buffer, key, text, strlen(text));
}

void mz_record_add_number(struct mz_buffer *buffer, const char *key, int64_t value)
{
    char digits[24];

    mz_record_add(buffer, key, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRId64, value));
}
