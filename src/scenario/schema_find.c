/* schema_find.c - questions about the table of keys */
#include "scenario/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MONTHS_MAX = 3600, COUNT_MAX = 10 * 1000 * 1000 };

bool mz_key_applies(const struct mz_key *key, uint32_t kind_bits)
{
    return key->kinds == 0 || (key->kinds & kind_bits) != 0;
}

bool mz_key_word(const struct mz_key *key, const char *text)
{
    return key->words && mz_words_find(key->words, text) >= 0;
}

const struct mz_key *mz_schema_find(
    const struct mz_schema *schema, const char *name, uint32_t kind_bits)
{
    const struct mz_key *other = NULL;

    for (size_t i = 0; i < schema->key_count; i++) {
        const struct mz_key *key = &schema->keys[i];

        if (strcmp(key->name, name) != 0)
            continue;
        if (mz_key_applies(key, kind_bits))
            return key;
        other = key;
    }
    return other;
}

size_t mz_words_count(const char *const *words)
{
    size_t count = 0;

    while (words && words[count])
        count++;
    return count;
}

int32_t mz_words_find(const char *const *words, const char *word)
{
    for (int32_t i = 0; words && words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

const char *mz_words_join(char *buffer, size_t size, const char *const *words, size_t count)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (size_t i = 0; i < count && used + 8 < size; i++) {
        int put;

        if (used + strlen(words[i]) + 8 > size) {
            (void)snprintf(buffer + used, size - used, ", ...");
            break;
        }
        put = snprintf(buffer + used, size - used, "%s%s", i ? ", " : "", words[i]);
        used += put > 0 ? (size_t)put : 0;
    }
    return buffer;
}

const char *mz_range_text(enum mz_range range)
{
    switch (range) {
    case MZ_RANGE_ANY: return NULL;
    case MZ_RANGE_NOT_NEGATIVE: return "0 or more";
    case MZ_RANGE_POSITIVE: return "more than 0";
    case MZ_RANGE_SHARE: return "0% to 100%";
    case MZ_RANGE_SHARE_POSITIVE: return "more than 0%, and 100% at most";
    case MZ_RANGE_AT_LEAST_ONE: return "1 or more";
    case MZ_RANGE_GROWTH: return "more than -100%/year";
    case MZ_RANGE_MONTHS: return "0 to 3600 months";
    case MZ_RANGE_MONTHS_POSITIVE: return "1 to 3600 months";
    case MZ_RANGE_COUNT: return "a whole number from 0 to 10 million";
    case MZ_RANGE_COUNT_POSITIVE: return "a whole number from 1 to 10 million";
    }
    return NULL;
}

bool mz_range_holds(enum mz_range range, double value)
{
    switch (range) {
    case MZ_RANGE_ANY: return true;
    case MZ_RANGE_NOT_NEGATIVE: return value >= 0;
    case MZ_RANGE_POSITIVE: return value > 0;
    case MZ_RANGE_SHARE: return value >= 0 && value <= 1;
    case MZ_RANGE_SHARE_POSITIVE: return value > 0 && value <= 1;
    case MZ_RANGE_AT_LEAST_ONE: return value >= 1;
    case MZ_RANGE_GROWTH: return value > -1;
    case MZ_RANGE_MONTHS: return value >= 0 && value <= MONTHS_MAX;
    case MZ_RANGE_MONTHS_POSITIVE: return value >= 1 && value <= MONTHS_MAX;
    case MZ_RANGE_COUNT: return value >= 0 && value <= COUNT_MAX && value == floor(value);
    case MZ_RANGE_COUNT_POSITIVE: return value >= 1 && value <= COUNT_MAX && value == floor(value);
    }
    return false;
}
