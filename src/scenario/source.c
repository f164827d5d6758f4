/* source.c - the bytes of a file, and single lines of it for showing */
#include "base/file.h"
#include "scenario/scenario.h"
#include "scenario/tree.h"

#include <string.h>

enum mz_status mz_source_read(
    struct mz_arena *arena, const char *path, struct mz_source *ret_source, struct mz_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    enum mz_status status = mz_file_read(arena, path, MZ_SCENARIO_BYTES_MAX, &bytes, &length, err);

    if (status != MZ_OK)
        return status;
    *ret_source = (struct mz_source){ mz_arena_strdup(arena, path), bytes, length };
    return MZ_OK;
}

const char *mz_source_line(struct mz_arena *arena, const struct mz_source *source, int32_t line)
{
    const char *s = source->bytes;
    const char *end = s + source->length;
    const char *begin;
    size_t brk;

    if (line < 1 || !s)
        return "";
    if (source->length >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
        s += 3;
    for (int32_t at = 1; at < line && s < end;) {
        brk = mz_line_break(s, end);
        at += brk > 0;
        s += brk > 0 ? brk : 1;
    }
    begin = s;
    while (s < end && mz_line_break(s, end) == 0)
        s++;
    return mz_arena_strndup(arena, begin, (size_t)(s - begin));
}
