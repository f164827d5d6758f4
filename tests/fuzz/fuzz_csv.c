/* fuzz_csv.c - any bytes as CSV: every record is read or refused with a line; reading ends. */
#include "base/csv.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_csv_record record;
    struct mz_error err = { MZ_OK, "" };
    struct mz_csv csv;
    bool more = true;
    size_t records = 0;

    mz_csv_init(&csv, "input", (const char *)data, size, arena);
    while (more && mz_csv_read(&csv, &record, &more, &err) == MZ_OK) {
        assert(++records <= size + 1);
        for (size_t i = 0; more && i < record.count; i++)
            assert(strlen(record.fields[i]) <= size);
    }
    mz_arena_free(arena);
    return 0;
}
